"""OFD and office files through the whole intake: text kept when accepted, nothing kept when refused, the client judging alike."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import archive_maker
import ofd_maker
import ooxml_maker
import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from paper_maker import TITLE
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from archive.reading.kept import KeptPart, kept
from archive.reading.sandbox import Sandbox
from exchange.client.inspection import Inspector
from exchange.client.policy import PRESET
from exchange.clock import FakeClock
from exchange.policy.rules import load
from schemas.problems import Problem, ProblemType

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MARK = "机密★1年"

GOOD = {
    "件.ofd": (ofd_maker.signed(), TITLE),
    "件.docx": (ooxml_maker.docx(), TITLE),
    "件.xlsx": (ooxml_maker.xlsx(), "2026年度农村低保名册"),
    "件.pptx": (ooxml_maker.pptx(), TITLE),
    "件.zip": (archive_maker.zipped({"甲/通知.docx": ooxml_maker.docx()}), TITLE),
}
DOCX, XLSX, PPTX = ooxml_maker.docx_carriers(MARK), ooxml_maker.xlsx_carriers(MARK), ooxml_maker.pptx_carriers(MARK)
MARKED: dict[str, tuple[str, bytes, str]] = {
    "line of an OFD": ("件.ofd", ofd_maker.on_pages(MARK)["text"], "star-head"),
    "annotation of an OFD": ("件.ofd", ofd_maker.beside_pages(MARK)["annotation's remark"], "star-head"),
    "template of an OFD": ("件.ofd", ofd_maker.on_pages(MARK)["template"], "star-head"),
    "property of an OFD": ("件.ofd", ofd_maker.beside_pages(MARK)["title"], "star-head"),
    "header of a DOCX": ("件.docx", DOCX["header"], "star-head"),
    "core properties of a DOCX": ("件.docx", DOCX["core properties"], "star-head"),
    "hidden sheet of an XLSX": ("件.xlsx", XLSX["hidden sheet"], "star-line"),
    "a DOCX in a zip": ("件.zip", archive_maker.zipped({"内.zip": archive_maker.zipped({"通知.docx": DOCX["header"]})}), "star-head"),
    "notes of a PPTX": ("件.pptx", PPTX["notes"], "star-line"),
}
UNREADABLE: dict[str, tuple[str, bytes, ProblemType]] = {
    "an OFD that carries an old file": (
        "件.ofd",
        ofd_maker.attached("Doc_0/Attachs/file.dat", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), "file.dat"),
        ProblemType.FORMAT_NOT_INSPECTABLE,
    ),
    "an encrypted OFD": ("件.ofd", ofd_maker.ofd(members={"Encryptions.xml": b"<x/>"}), ProblemType.DOCUMENT_ENCRYPTED),
    "a scanned OFD": ("件.ofd", ofd_maker.unreadable()["scan"], ProblemType.DOCUMENT_WITHOUT_TEXT),
    "half an OFD": ("件.ofd", GOOD["件.ofd"][0][:-200], ProblemType.DOCUMENT_CUT_SHORT),
    "an OFD called DOCX": ("件.docx", GOOD["件.ofd"][0], ProblemType.EXTENSION_MISMATCH),
    "a DOCX called OFD": ("件.ofd", GOOD["件.docx"][0], ProblemType.EXTENSION_MISMATCH),
    "an XLSX called DOCX": ("件.docx", GOOD["件.xlsx"][0], ProblemType.EXTENSION_MISMATCH),
    "a bomb": ("件.zip", archive_maker.zipped({"a.txt": bytes(40 << 20)}), ProblemType.DOCUMENT_BOMB),
    "an old file in a zip": ("件.zip", archive_maker.zipped({"甲/旧.doc": b"abc"}), ProblemType.FORMAT_OLD),
    "an archive in a zip": ("件.zip", archive_maker.zipped({"包.rar": b"Rar!\x1a\x07"}), ProblemType.ARCHIVE_NOT_INSPECTABLE),
    "no file in a zip": ("件.zip", archive_maker.zipped({}), ProblemType.DOCUMENT_EMPTY),
    "a zip called DOCX": ("件.docx", ofd_maker.zipped({"a.txt": b"a"}), ProblemType.EXTENSION_MISMATCH),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("formats") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01")
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def township() -> AsyncIterator[Inspector]:
    sandbox = Sandbox()
    yield Inspector(load(PRESET), sandbox)
    await sandbox.stop()


def texts_of(tx: Tx) -> list[KeptPart]:
    return [part for row in tx.rows("SELECT body FROM kept_text ORDER BY rowid") for part in kept(bytes(row.body))]


async def submitted(county: Running, name: str, content: bytes) -> tuple[int, dict[str, Any]]:
    status, body = await county.submit(pack(Letter(at=NOW, files={name: content}), county.people["T01.1"]))
    return status, json.loads(body)


async def judged(township: Inspector, folder: Path, name: str, content: bytes) -> Problem:
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        await township.document(path)
    return caught.value


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_file_is_accepted_its_text_kept_and_the_client_agrees(county: Running, township: Inspector, name: str, tmp_path: Path):
    content, words = GOOD[name]
    status, _ = await submitted(county, name, content)
    assert status == 201
    part = (await county.service.database.read(texts_of))[-1]
    assert part.name == (f"{name}/甲/通知.docx" if name == "件.zip" else name)
    assert words in part.text
    (tmp_path / name).write_bytes(content)
    await township.document(tmp_path / name)


@pytest.mark.parametrize("place", MARKED)
async def test_a_mark_is_refused_and_named_to_the_sender_alone(county: Running, township: Inspector, place: str, tmp_path: Path):
    name, content, rule = MARKED[place]
    before = await county.kept()
    status, problem = await submitted(county, name, content)
    assert (status, problem["type"]) == (422, f"/problems/{ProblemType.SECRECY_MARK.type}")
    assert {(hit["part"].partition("/")[0], hit["rule"]) for hit in problem["findings"]} >= {(name, rule)}
    after = await county.kept()
    assert after.rows == before.rows | {"event": before.rows["event"] + 1, "checkpoint": before.rows["checkpoint"] + 1}
    assert (after.blobs, after.staged, after.free) == (before.blobs, [], before.free)
    receipt = base64.b64decode(problem["receipt"]["receipt"]).decode()
    assert MARK not in receipt
    assert name not in receipt
    own = await judged(township, tmp_path, name, content)
    assert own.kind is ProblemType.SECRECY_MARK
    assert {(hit["rule"], hit["page"], hit["text"]) for hit in own.members["findings"]} == {
        (hit["rule"], hit["page"], hit["text"]) for hit in problem["findings"]
    }


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_what_cannot_be_inspected_is_refused_alike_on_both_sides(county: Running, township: Inspector, kind: str, tmp_path: Path):
    name, content, reason = UNREADABLE[kind]
    before = await county.kept()
    status, problem = await submitted(county, name, content)
    assert (status, problem["type"]) == (422, f"/problems/{reason.type}")
    after = await county.kept()
    assert (after.blobs, after.staged, after.rows["kept_text"]) == (before.blobs, [], before.rows["kept_text"])
    assert (await judged(township, tmp_path, name, content)).kind is reason
