"""Whoever takes a list or a bundle away is kept: who, when, how narrowed, how many rows; never a title, never the words looked for."""

import asyncio
import contextlib
import csv
import hashlib
import io
import json
import random
import re
import socket
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import pytest_asyncio
from admin_maker import NOW, AtDesk, at_desk, county_with_township
from aiohttp import ClientPayloadError
from bundle_maker import run_script
from county_maker import Running
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange.county import today
from exchange.delivery import store as deliveries
from exchange.office import browsers
from exchange.office.administration import Act, List, Taking
from keys import bundle
from schemas.messages import Envelope, decode
from schemas.words import Handling, Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
TITLE = "关于玫瑰种植补贴的请示"


@dataclass
class Papers:
    """A county that received a normal and an internal item from T01 and opened both, and a third that it did not open."""

    county: Running
    reviewer: AtDesk
    normal: str
    internal: str
    unopened: str

    async def taken(self) -> list[tuple[str, str, str, str]]:
        """Return person, act, office and subject of everything that was taken away."""
        return await self.county.service.database.read(_taken)


def _taken(tx: Tx) -> list[tuple[str, str, str, str]]:
    rows = tx.rows("SELECT person, act, office, subject FROM administration WHERE act IN ('list_taken', 'evidence_taken') ORDER BY id")
    return [(row.person, row.act, row.office, row.subject) for row in rows]


async def accepted(county: Running, clerk: str, handling: Handling = Handling.NORMAL) -> str:
    letter = Letter(title=TITLE, at=NOW, fields={"handling": handling})
    status, body = await county.submit(pack(letter, county.people[clerk]))
    assert status == 201, body
    submission = decode(body, Envelope).submission
    assert submission is not None
    return submission


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def papers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Papers]:
    async with county_with_township(tmp_path_factory.mktemp("takings") / "county") as county:
        clerk = await county.person("T01", "张三")
        found = [await accepted(county, clerk, handling) for handling in (Handling.NORMAL, Handling.INTERNAL, Handling.NORMAL)]
        reviewer = await at_desk(county, "county", "收文员", Role.REVIEWER)
        for submission in found[:2]:
            status, _ = await county.ask("POST", f"/api/v1/inbox/{submission}/open", reviewer.id)
            assert status == 200
        yield Papers(county, reviewer, *found)


async def found_by(someone: AtDesk, path: str) -> bytes:
    """Return a list once the index has caught up."""
    while (answer := await someone.get(path)).status != 200 or TITLE.encode() not in answer.body:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.02)
    return answer.body


async def test_a_bundle_off_the_web_is_proved_by_its_own_script(papers: Papers, tmp_path: Path):
    page = await papers.reviewer.get(f"/items/{papers.normal}")
    assert f'href="/items/{papers.normal}/evidence.zip"' in page.text
    before = await papers.taken()
    answer = await papers.reviewer.get(f"/items/{papers.normal}/evidence.zip")
    assert answer.status == 200
    (tmp_path / "bundle.zip").write_bytes(answer.body)
    root = papers.county.county.fingerprint
    report = bundle.check_bundle(tmp_path / "bundle.zip", root)
    assert (report.submission, report.office) == (papers.normal, "T01")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extractall(tmp_path / "empty")
    verdict = run_script(tmp_path / "empty", root)
    assert verdict.status == 0, verdict.output
    assert run_script(tmp_path / "empty", "0" * 64).status == 1
    (taken,) = (await papers.taken())[len(before) :]
    assert taken == (papers.reviewer.id, Act.EVIDENCE_TAKEN, "county", papers.normal)


async def until_it_broke(papers: Papers, name: str) -> tuple[bytes, bool]:
    """Return what came of a download, and whether it broke off."""
    headers = {"Cookie": f"{browsers.COOKIE}={papers.reviewer.token}", "Sec-Fetch-Site": "same-origin"}
    came = b""
    try:
        async with asyncio.timeout(10):  # an answer with another one in it never ends
            answer = await papers.county.client.get(f"/items/{papers.normal}/{name}", headers=headers)
            async for piece in answer.content.iter_any():
                came += piece
    except ClientPayloadError:
        return came, True
    return came, False


async def test_of_an_item_that_is_sealed_meanwhile_no_further_piece_is_sent(papers: Papers, monkeypatch: pytest.MonkeyPatch):
    whole = (await papers.reviewer.get(f"/items/{papers.normal}/evidence.zip")).body
    asked: list[str] = []
    # sealed after the first look: what has gone has gone, and what comes then is no page within a file
    monkeypatch.setattr(deliveries, "is_sealed", lambda _tx, submission: asked.append(submission) or len(asked) > 1)
    came, broke = await until_it_broke(papers, "evidence.zip")
    assert (broke, came) == (True, whole[: len(came)])
    assert await until_it_broke(papers, "parts/1") == (b"", True)
    assert asked == [papers.normal] * 3


async def test_an_internal_item_is_taken_alone_and_by_those_who_may_read_it(papers: Papers):
    assert (await papers.reviewer.get(f"/items/{papers.internal}/evidence.zip")).status == 200
    before = await papers.taken()
    stranger = await at_desk(papers.county, "T01", "外人", Role.CLERK)
    assert (await stranger.get(f"/items/{papers.internal}/evidence.zip")).status == 200  # the sender's own office
    for role, status in ((Role.ADMINISTRATOR, 403), (Role.AUDITOR, 403)):
        onlooker = await at_desk(papers.county, "county", role.value, role)
        assert (await onlooker.get(f"/items/{papers.internal}/evidence.zip")).status == status
        assert "evidence.zip" not in (await onlooker.get(f"/items/{papers.internal}")).text
    assert (await papers.reviewer.get(f"/items/{papers.unopened}/evidence.zip")).status == 409
    assert (await papers.reviewer.get(f"/items/{'0' * 64}/evidence.zip")).status == 404
    await papers.county.office("T02", "北关乡")
    elsewhere = await at_desk(papers.county, "T02", "别处", Role.CLERK)
    assert (await elsewhere.get(f"/items/{papers.normal}/evidence.zip")).status == 404
    assert len(await papers.taken()) == len(before) + 1


async def test_a_list_of_what_was_found_leaves_a_row_without_titles_or_words(papers: Papers):
    before = await papers.taken()
    listed = await found_by(papers.reviewer, "/search/list.csv?q=玫瑰&from=T01")
    assert len(list(csv.reader(io.StringIO(listed.decode("utf-8-sig"))))) >= 3
    person, act, office, subject = (await papers.taken())[-1]
    assert (person, act, office) == (papers.reviewer.id, Act.LIST_TAKEN, "county")
    assert Taking.read(subject) == Taking(List.SEARCH, "csv", 2, {"from": "T01", "words": "yes"})
    assert "玫瑰" not in subject
    rows = len(await papers.taken())
    assert rows > len(before)
    assert (await papers.reviewer.get("/search/list.xlsx?year=latest")).status == 400
    assert len(await papers.taken()) == rows


async def test_the_trail_says_who_took_what_in_words_and_is_itself_recorded_when_it_is_taken(papers: Papers):
    auditor = await at_desk(papers.county, "county", "审计甲", Role.AUDITOR)
    assert (await papers.reviewer.get(f"/items/{papers.normal}/evidence.zip")).status == 200
    shown = await auditor.get("/admin/audit/takings")
    assert "下载存证包" in shown.text
    assert f'<a href="/items/{papers.normal}" data-content lang="zh-CN">T01-2026-000001</a>' in shown.text
    assert "检索结果" in shown.text
    assert "含检索词" in shown.text
    assert TITLE not in shown.text
    alone = await auditor.get(f"/admin/audit/takings?act=evidence_taken&who={papers.reviewer.id}")
    assert "检索结果 <span" not in alone.text
    assert "没有符合条件的记录" in (await auditor.get("/admin/audit/takings?who=没有此人")).text
    assert (await auditor.get("/admin/audit/takings?act=none")).status == 400
    taken = await auditor.get("/admin/audit/takings.xlsx?who=收文员&from=2026-11-01")
    sheet = openpyxl.load_workbook(io.BytesIO(taken.body)).active
    assert sheet is not None
    cells = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert any("下载存证包" in row[2] and "收文员" in row[3] for row in cells[1:])
    _, act, _, subject = (await papers.taken())[-1]
    kept = Taking.read(subject)
    assert (act, kept.of, kept.form, kept.narrowed) == (Act.LIST_TAKEN, List.TAKINGS, "xlsx", {"who": "yes", "since": "2026-11-01"})


async def test_a_paper_and_its_receipt_keep_the_name_that_the_office_had(papers: Papers):
    administrator = await at_desk(papers.county, "county", "管理员甲", Role.ADMINISTRATOR)
    papers.county.clock.advance(timedelta(minutes=1))
    assert (await administrator.post("/admin/offices/T01/name", {"name": "城关街道"})).status == 303
    page = await papers.reviewer.get(f"/items/{papers.normal}")
    assert "城关镇" in page.text
    assert "城关街道" not in page.text
    (receipt, *_) = re.findall(rf"/items/{papers.normal}/receipts/[0-9a-f]{{32}}", page.text)
    assert "城关街道" not in (await papers.reviewer.get(receipt)).text
    assert "城关街道" in (await papers.reviewer.get("/search?q=玫瑰")).text


LARGE = 16 * 2**20
"""More than the socket buffers between a service and a client that does not read can hold."""


async def much_of_it(papers: Papers) -> tuple[str, bytes]:
    """Return an item that the reviewer opened, and a container that is larger than what its clerk sent."""
    submission, large = await accepted(papers.county, "T01.1"), random.Random(6).randbytes(LARGE)
    digest = hashlib.sha256(large).hexdigest()
    papers.county.service.blobs.put(digest, LARGE, [large], today(NOW))
    renamed = "UPDATE submission SET container = :container, size = :size WHERE id = :id"
    await papers.county.service.database.write(lambda tx: tx.run(renamed, container=digest, size=LARGE, id=submission))
    assert (await papers.county.ask("POST", f"/api/v1/inbox/{submission}/open", papers.reviewer.id))[0] == 200
    return submission, large


@pytest.mark.parametrize("way", ["misdirected", "withdrawn"])
async def test_a_slow_download_is_cut_when_its_item_is_no_longer_for_this_office(papers: Papers, way: str):
    submission, large = await much_of_it(papers)
    server = papers.county.client.server
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    slow.setblocking(False)  # noqa: FBT003 - the socket's own
    await asyncio.get_running_loop().sock_connect(slow, (server.host, server.port))
    reader, writer = await asyncio.open_connection(sock=slow, limit=1 << 16)
    path = f"/api/v1/submissions/{submission}/container"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\nCookie: {browsers.COOKIE}={papers.reviewer.token}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"200 OK" in head
    assert f"Content-Length: {LARGE}".encode() in head
    came = await reader.readexactly(1 << 16)  # and then it reads no more
    act = f"/api/v1/inbox/{submission}"
    if way == "misdirected":
        status, _ = await papers.county.ask("POST", f"{act}/misdirect", papers.reviewer.id, json.dumps({"reason": "送民政局"}).encode())
    else:
        asked = json.dumps({"reason": "发错"}).encode()
        status, said = await papers.county.ask("POST", f"/api/v1/submissions/{submission}/recall", "T01.1", asked)
        assert status == 200, said
        status, _ = await papers.county.ask("POST", f"{act}/consent", papers.reviewer.id, b"{}")
    assert status == 200
    with contextlib.suppress(ConnectionError):  # it may be reset
        while piece := await reader.read(1 << 16):
            came += piece
    writer.close()
    assert len(came) < LARGE
    assert large.startswith(came), "and nothing else is sent in its place"
    assert (await papers.county.ask("GET", path, papers.reviewer.id))[0] in (404, 409, 410)
