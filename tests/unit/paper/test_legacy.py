"""Documents from before: a register of a hundred thousand rows with three bad ones, all or nothing, and on after a kill."""

import asyncio
import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import paper_maker
import pypdf
import pytest
import pytest_asyncio
import xlsxwriter  # type: ignore[import-untyped]
from admin_maker import NOW, AtDesk, at_desk, county_with_township
from county_maker import Running
from finder_maker import small_ledger
from ledger_maker import notary
from paper_maker import Mark

from archive.blobs.files import FileBlobs
from archive.ledger.database import Tx
from exchange import backup, fsck
from exchange.at_service import Ask
from exchange.checking.findings import Findings
from exchange.checking.paper import check_legacy
from exchange.commands import COMMANDS, Desk
from exchange.legacy import command, erasing, register, store
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
    told = [(each.line, [(one.cell, one.column, one.name) for one in each.faults]) for each in found if each.faults]
    assert told == [
        (5, [("F5", "收文日期", "dated")]),
        (6, [("C6", "标题", "title")]),
        (7, [("H7", "文件名", "file")]),
        (9, [("C9", "标题", "title")]),
    ]
    assert (found[0].number, found[0].kind, found[0].dated, found[0].pages) == ("县发〔2019〕1号", "notice", "2019-03-01", 3)
    assert (found[1].dated, found[5].kind, found[0].office) == ("2019-03-05", Kind.OTHER.value, "T01")
    (formula,) = register.entry(3, {"title": "=1+1"}, "T01").faults
    assert "公式" in formula.said.zh
    wrong = {"title": "", "number": "号" * 101, "dated": "某日", "pages": "三", "direction": "转", "office": "T02", "file": "/etc/a.pdf"}
    assert {fault.name for fault in register.entry(3, wrong, "T01").faults} == set(wrong)
    assert [register.Column("", place).cell(7) for place in (0, 25, 26, 63)] == ["A7", "Z7", "AA7", "BL7"]
    for broken in (book(tmp_path / "b.xlsx", [], ["甲", "乙"]), tmp_path / "nothing.xlsx", Path(__file__)):
        with pytest.raises(Problem) as caught:
            list(register.entries(broken, "T01"))
        assert caught.value.kind is ProblemType.INPUT_UNREADABLE


async def test_a_register_that_unpacks_to_more_than_a_machine_holds_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = book(tmp_path / "登记簿.xlsx", [row()])
    monkeypatch.setattr(register, "MOST_UNPACKED", 1000)
    with pytest.raises(Problem) as caught:
        list(register.entries(made, "T01"))
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


async def test_words_that_went_without_an_erasure_or_stayed_in_spite_of_one_are_found_by_the_check(tmp_path: Path) -> None:
    async with small_ledger() as ledger:
        await ledger.take_over("T01", *(Entry(line=line, office="T01", title="旧件") for line in (2, 3, 4)))
        await ledger.database.write(store.erase, notary(), 1, NOW)

        async def problems() -> list[str]:
            findings = Findings()
            await ledger.database.read(check_legacy, FileBlobs(tmp_path / "legacy"), findings)
            return [problem["what"] for problem in findings.problems]

        assert await problems() == []
        await ledger.change("UPDATE legacy_item SET title = '旧件' WHERE id = 1")
        await ledger.change("UPDATE legacy_item SET title = NULL WHERE id = 2")
        assert await problems() == ["1: erased, and it has words", "2: no erasure took its words"]


@pytest.mark.parametrize("table", ["legacy_item", "legacy_batch"])
async def test_documents_from_before_that_were_moved_to_another_office_by_hand_are_found(table: str) -> None:
    async with small_ledger() as ledger:
        await ledger.take_over("T01", Entry(line=2, office="T01", title="旧件"))
        await ledger.change(f"UPDATE {table} SET office = 'T02'")  # noqa: S608 - one of two names
        findings = Findings()
        await ledger.database.read(check_legacy, None, findings)
        assert [problem["check"] for problem in findings.problems] == ["legacy"]


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


async def sought(who: AtDesk, q: str, **parameters: Any) -> Any:
    """Return the search's answer once its index has taken in what the ledger has."""
    async with asyncio.timeout(30):
        while True:
            answer = json.loads((await who.get(f"/api/v1/search?{urlencode({'q': q, 'size': 100, **parameters})}")).body)
            if "index" in answer and not answer["index"]["behind"]:
                return answer
            await asyncio.sleep(0.02)


async def _search_finds_them(clerk: AtDesk, auditor: AtDesk, stranger: AtDesk, item: int) -> None:
    """The office finds them by title, number, counterpart and text, marked as what they are; nobody else by anything."""
    text = pypdf.PdfReader(io.BytesIO(paper_maker.pdf())).pages[0].extract_text()
    assert "困难群众" in text
    (found,) = (await sought(clerk, "困难群众"))["legacy"]
    assert (found["item"], found["title"], found["signed"], found["date"], found["counterpart"]) == (
        item,
        "有原文",
        False,
        "2019-03-01",
        "县林业局",
    )
    assert "困难群众" in found["snippets"][0]["text"]
    everything = await sought(clerk, "")
    assert (everything["total"], everything["hits"], len(everything["legacy"])) == (297, [], 100)
    assert everything["facets"]["state"] == [{"value": "received:legacy", "label": "收到 历史件", "count": 297}]
    assert (everything["facets"]["year"], everything["facets"]["office"]) == ([{"value": "2019", "label": "2019", "count": 297}], [])
    following = await sought(clerk, "", after=everything["next"])
    assert not {each["item"] for each in everything["legacy"]} & {each["item"] for each in following["legacy"]}
    for q in ("县林业局", "文号:县发〔2019〕1号", "状态:历史件", "日期:2019年3月", "标题:有原文"):
        assert (await sought(clerk, q))["total"] == (1 if "标题" in q else 297), q
    assert (await sought(clerk, "-状态:历史件"))["total"] == 0
    page = await clerk.get("/search?q=有原文&state=received:legacy")
    assert f'href="/paper/legacy/{item}"' in page.text
    assert "历史件·无签名" in page.text
    assert "历史件·无签名" in (await clerk.get("/search/list.csv?q=有原文")).body.decode()

    assert (await sought(auditor, "困难群众"))["total"] == 0
    (seen,) = (await sought(auditor, "有原文"))["legacy"]
    assert seen["snippets"] == []
    for q in ("", "困难群众", "有原文", "县林业局", "〔2019〕1号", "状态:历史件", "年份:2019", "-没有"):
        nothing = await sought(stranger, q)
        assert (nothing["total"], nothing["hits"], nothing["legacy"], nothing["next"]) == (0, [], [], None), q
        assert not any(nothing["facets"].values()), q


async def _erasing_leaves_nothing(county: Running, ask: Ask, clerk: AtDesk, link: str) -> None:
    generation = county.service.finder.state()["generation"]
    await ask("erase", {"item": link})
    assert (await clerk.get(f"/paper/legacy/{link}/file")).status == 404
    assert "有原文" not in (await clerk.get("/paper/legacy")).text + (await clerk.get(f"/paper/legacy/{link}")).text
    assert "有原文".encode() not in (county.county.folder / "ledger.db").read_bytes()
    after = await sought(clerk, "")
    assert (after["total"], [each["item"] for each in after["legacy"] if each["item"] == int(link)]) == (296, [])
    assert (await sought(clerk, "有原文"))["total"] == (await sought(clerk, "困难群众"))["total"] == 0
    # an engine packs its words too tightly for a grep: one that was begun afterwards never held them
    async with asyncio.timeout(20):
        while await county.service.database.read(erasing.unpurged):  # noqa: ASYNC110 - the sealer rings no bell
            await asyncio.sleep(0.02)
    assert county.service.finder.state()["generation"] > generation
    assert (await sought(clerk, ""))["total"] == 296


async def test_three_bad_rows_are_told_first_then_all_or_nothing_then_all_but_these(county: Running, tmp_path: Path) -> None:
    files = tmp_path / "原文"
    files.mkdir()
    (files / "好.pdf").write_bytes(paper_maker.pdf())
    (files / "密.pdf").write_bytes(paper_maker.pdf([Mark("机密★1年")]))
    rows = [row(title=f"第 {n} 件") for n in range(300)]
    rows[7], rows[150], rows[299] = row(title="机密★1年 某事"), row(file="密.pdf"), row(file="没有.pdf")
    rows[20] = row(title="有原文", file="好.pdf")
    rows[150][2], rows[150][5] = "机密★1年 附件", "某日"
    path, ask = book(tmp_path / "登记簿.xlsx", rows), asking(county)
    wanted = {"10", "153", "302"}

    dry = await command.import_all(ask, path, files, "T01", dry=True, skip=False)
    assert (set(dry["faults"]), dry["rows"], dry["done"]) == (wanted, 300, False)
    assert "机密" not in json.dumps(dry["faults"], ensure_ascii=False)
    assert _cells(dry) == {"10": ["C10"], "153": ["C153", "F153", "H153"], "302": ["H302"]}, "each of them, not only the first"
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
    assert "没有报送签名" in (await clerk.get(f"/paper/legacy/{link}")).text
    answer = await clerk.get(f"/paper/legacy/{link}/file")
    assert hashlib.sha256(answer.body).hexdigest() == hashlib.sha256(paper_maker.pdf()).hexdigest()
    stranger = await at_desk(county, "county", "李四", Role.REVIEWER)
    assert (await stranger.get(f"/paper/legacy/{link}")).status == 404
    assert (await stranger.get(f"/paper/legacy/{link}/file")).status == 404
    auditor = await at_desk(county, "T01", "王五", Role.AUDITOR)
    assert "/file" not in (await auditor.get(f"/paper/legacy/{link}")).text
    assert (await auditor.get(f"/paper/legacy/{link}/file")).status == 403
    await _search_finds_them(clerk, auditor, stranger, int(link))

    report = await fsck.check(county.county)
    assert (report["ok"], report["checked"]["legacy_files"], report["checked"]["legacy_orphans"]) == (True, 1, 0), report["problems"]
    copied = await backup.backup(county.county, tmp_path / "backup", county.clock)
    assert copied["ok"]
    assert len(list((tmp_path / "backup" / "legacy").rglob("*"))) == 2

    await _erasing_leaves_nothing(county, ask, clerk, link)
    assert list(county.service.legacy.keys()) == []
    report = await fsck.check(county.county)
    assert (report["ok"], report["checked"]["erasures"]) == (True, 1), report["problems"]


def _cells(done: dict[str, Any]) -> dict[str, list[str]]:
    assert done["bad"] == len(done["faults"])
    return {line: [fault["cell"] for fault in faults] for line, faults in done["faults"].items()}


async def test_of_very_many_bad_rows_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    path, asked = book(tmp_path / "坏.xlsx", [row(day="某日")] * 1000), list[int]()

    async def ask(_name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append(len(arguments["entries"]))
        return {"faults": {}}

    done = await command.import_all(ask, path, tmp_path, "T01", dry=True, skip=False)
    assert (done["bad"], len(done["faults"]), sum(asked)) == (1000, command.MOST, command.MOST)
    assert any("另有 800 行" in line for line in command._lines(done, dry=True))


def broken(path: Path) -> Path:
    """Cut the sheet of a workbook in its middle, in a whole archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) * 2 // 3] if name.endswith("sheet1.xml") else content)
    return path


async def test_of_a_register_that_breaks_off_nothing_stays(county: Running, tmp_path: Path) -> None:
    before = await county.service.database.read(_rows)
    path = broken(book(tmp_path / "断.xlsx", [row(title=f"第 {n} 件") for n in range(900)]))
    with pytest.raises(Problem) as caught:
        await command.import_all(asking(county), path, tmp_path, "T01", dry=False, skip=True)
    assert caught.value.kind is ProblemType.INPUT_UNREADABLE
    assert await county.service.database.read(_rows) == before
    assert await county.service.database.read(lambda tx: tx.rows("SELECT name FROM legacy_batch WHERE evidence_id IS NULL")) == []


async def test_a_batch_that_another_run_took_out_is_said_to_be_gone(county: Running, tmp_path: Path) -> None:
    ask, name = asking(county), "b" * 64
    await ask("legacy-begin", {"register": name, "office": "T01", "name": "a.xlsx"})
    await ask("legacy-abandon", {"register": name})
    entry = msgspec.to_builtins(Entry(line=3, office="T01", title="关于植树的通知"))
    with pytest.raises(Problem) as caught:
        await ask("legacy-rows", {"register": name, "folder": str(tmp_path), "entries": [entry], "dry": False})
    assert caught.value.kind is ProblemType.STATE_CHANGED
    with pytest.raises(Problem) as caught:
        await ask("legacy-finish", {"register": name, "skipped": 0})
    assert caught.value.kind is ProblemType.STATE_CHANGED
