"""Documents from before: a register of a hundred thousand rows with three bad ones, all or nothing, and on after a kill."""

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import paper_maker
import pytest
import pytest_asyncio
import xlsxwriter  # type: ignore[import-untyped]
from admin_maker import NOW, at_desk, county_with_township
from county_maker import Running
from finder_maker import small_ledger
from ledger_maker import notary
from paper_maker import Mark

from archive.ledger.database import Tx
from exchange import backup, fsck
from exchange.at_service import Ask
from exchange.commands import COMMANDS, Desk
from exchange.legacy import command, register, store
from exchange.legacy.register import Entry
from exchange.office import store as offices
from exchange.paging import Window
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEAD = ["序号", "文 号", "标题", "文种", "来文单位", "收文日期", "页数", "文件名"]


def book(path: Path, rows: list[list[Any]], head: list[str] | None = None) -> Path:
    made = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet, day = made.add_worksheet(), made.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_string(0, 0, "收文登记簿（2019）")
    for number, row in enumerate([HEAD if head is None else head, *rows], 1):
        for column, cell in enumerate(row):
            if isinstance(cell, dt.date):
                sheet.write_datetime(number, column, cell, day)  # type: ignore[arg-type]
            else:
                sheet.write(number, column, cell)
    made.close()
    return path


def row(**fields: Any) -> list[Any]:
    given = {"title": "关于植树的通知", "number": "县发〔2019〕1号", "kind": "通知", "day": dt.date(2019, 3, 1), "pages": 3, "file": ""}
    given |= fields
    return [1, given["number"], given["title"], given["kind"], "县林业局", given["day"], given["pages"], given["file"]]


async def test_columns_are_known_by_their_names_and_every_fault_by_its_row(tmp_path: Path) -> None:
    rows = [
        row(),
        row(day="2019年3月5日"),
        row(day="某日"),
        row(title=""),
        row(file="../外面.pdf"),
        row(kind="别的"),
        row(title="关于\u202e"),
    ]
    found = list(register.entries(book(tmp_path / "a.xlsx", rows), "T01"))
    assert [(each.line, each.fault.partition(" ")[0]) for each in found if each.fault] == [
        (5, "日期"),
        (6, "标题"),
        (7, "文件名"),
        (9, "含特殊字符"),
    ]
    assert (found[0].number, found[0].kind, found[0].dated, found[0].pages) == ("县发〔2019〕1号", "notice", "2019-03-01", 3)
    assert (found[1].dated, found[5].kind, found[0].office) == ("2019-03-05", Kind.OTHER.value, "T01")
    assert register.entry(3, {"title": "=1+1"}, "T01").fault.startswith("公式")
    for broken in (book(tmp_path / "b.xlsx", [], ["甲", "乙"]), tmp_path / "nothing.xlsx", Path(__file__)):
        with pytest.raises(Problem) as caught:
            list(register.entries(broken, "T01"))
        assert caught.value.kind is ProblemType.INPUT_UNREADABLE


async def test_a_batch_is_seen_by_its_office_alone_and_only_once_it_is_complete() -> None:
    async with small_ledger() as ledger:
        caller = await ledger.database.read(offices.person, "T01.1")
        other = await ledger.database.read(offices.person, "T02.1")
        given = [
            {"line": line, "title": f"防汛 {line}", "number": f"县发〔2019〕{line}号", "dated": f"2019-01-0{line}"} for line in range(2, 6)
        ]
        entries = [(Entry(office="T01", **each), None) for each in given]
        assert not await ledger.database.write(store.begin, "a" * 64, "T01", "a.xlsx", NOW)
        for _ in range(2):  # a run that was killed begins again
            await ledger.database.write(store.keep, "a" * 64, entries)
        assert (await ledger.database.read(store.listed, caller, "", Window())).rows == []
        assert await ledger.database.write(store.finish, notary(), "a" * 64, 1, NOW) == 4
        assert await ledger.database.write(store.finish, notary(), "a" * 64, 1, NOW) == 4
        assert await ledger.database.write(store.begin, "a" * 64, "T01", "a.xlsx", NOW)
        page = await ledger.database.read(store.listed, caller, "", Window(size=3))
        assert [one.dated[-2:] for one in page.rows] == ["05", "04", "03"]
        following = await ledger.database.read(store.listed, caller, "", Window(store.ITEMS.read(page.following or ""), 3))
        assert [one.dated[-2:] for one in following.rows] == ["02"]
        found = await ledger.database.read(store.listed, caller, "防汛 〔2019〕4号", Window())
        assert [one.title for one in found.rows] == ["防汛 4"]
        assert (await ledger.database.read(store.listed, caller, "100%", Window())).rows == []
        assert (await ledger.database.read(store.listed, other, "", Window())).rows == []
        with pytest.raises(Problem):
            await ledger.database.read(store.item, other, found.rows[0].id)
        assert await ledger.database.write(store.abandon, "a" * 64) == []
        assert len((await ledger.database.read(store.listed, caller, "", Window())).rows) == 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with county_with_township(tmp_path_factory.mktemp("legacy") / "county") as running:
        yield running


def asking(county: Running) -> Ask:
    service = county.service
    desk = Desk(county.county, service.database, service.watch, service.reload_trust, service.counters, service)
    return lambda name, arguments: COMMANDS[name](desk, **arguments)


def _rows(tx: Tx) -> int:
    return int(tx.row("SELECT count(*) AS count FROM legacy_item").count)


async def test_three_bad_rows_are_told_first_then_all_or_nothing_then_all_but_these(county: Running, tmp_path: Path) -> None:
    files = tmp_path / "原文"
    files.mkdir()
    (files / "好.pdf").write_bytes(paper_maker.pdf())
    (files / "密.pdf").write_bytes(paper_maker.pdf([Mark("机密★1年")]))
    rows = [row(title=f"第 {n} 件") for n in range(300)]
    rows[7], rows[150], rows[299] = row(title="机密★1年 某事"), row(file="密.pdf"), row(file="没有.pdf")
    rows[20] = row(title="有原文", file="好.pdf")
    path, ask = book(tmp_path / "登记簿.xlsx", rows), asking(county)
    wanted = {"10", "153", "302"}

    dry = await command.import_all(ask, path, files, "T01", dry=True, skip=False)
    assert (set(dry["faults"]), dry["rows"], dry["done"]) == (wanted, 300, False)
    assert not any("机密" in why for why in dry["faults"].values())
    refused = await command.import_all(ask, path, files, "T01", dry=False, skip=False)
    assert (set(refused["faults"]), refused["done"]) == (wanted, False)
    assert await county.service.database.read(_rows) == 0
    assert list(county.service.legacy.keys()) == []

    async def dies(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name == "legacy-finish":
            raise KeyboardInterrupt
        return await ask(name, arguments)

    with pytest.raises(KeyboardInterrupt):
        await command.import_all(dies, path, files, "T01", dry=False, skip=True)
    clerk = await at_desk(county, "T01", "张三", Role.CLERK)
    assert "第 3 件" not in (await clerk.get("/paper/legacy")).text
    done = await command.import_all(ask, path, files, "T01", dry=False, skip=True)
    assert (set(done["faults"]), done["done"], await county.service.database.read(_rows)) == (wanted, True, 297)
    assert (await command.import_all(ask, path, files, "T01", dry=False, skip=True))["again"]

    page = await clerk.get("/paper/legacy?q=有原文")
    assert "历史件" in page.text
    link = page.text.partition('href="/paper/legacy/')[2].partition('"')[0]
    answer = await clerk.get(f"/paper/legacy/{link}")
    assert hashlib.sha256(answer.body).hexdigest() == hashlib.sha256(paper_maker.pdf()).hexdigest()
    stranger = await at_desk(county, "county", "李四", Role.REVIEWER)
    assert (await stranger.get(f"/paper/legacy/{link}")).status == 404
    auditor = await at_desk(county, "T01", "王五", Role.AUDITOR)
    assert (await auditor.get(f"/paper/legacy/{link}")).status == 403

    report = await fsck.check(county.county)
    assert (report["ok"], report["checked"]["legacy_files"], report["checked"]["legacy_orphans"]) == (True, 1, 0), report["problems"]
    copied = await backup.backup(county.county, tmp_path / "backup", county.clock)
    assert copied["ok"]
    assert len(list((tmp_path / "backup" / "legacy").rglob("*"))) == 2

    await ask("erase", {"item": link})
    assert (await clerk.get(f"/paper/legacy/{link}")).status == 404
    assert "有原文" not in (await clerk.get("/paper/legacy")).text
    assert list(county.service.legacy.keys()) == []
    assert (await fsck.check(county.county))["ok"]
