"""Of what was refused, nothing remains: not in the ledger, its journal, blobs, staging, temporary files or logs (invariant 3)."""

import asyncio
import base64
import contextlib
import json
import logging
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import authority_maker
import paper_maker
import pytest
import raw_request_maker as raw
from county_maker import Running, found, open_files_in, really_serving
from submission_maker import Letter, pack, pack_with

from exchange.clock import FakeClock
from exchange.config import Limits
from exchange.intake.staging import Staging

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WORD = "鹿鸣九皋声闻于野"
"""Stands in every refused submission and nowhere else."""
MARKED = f"机密★1年\n{WORD}\n关于有关工作的情况。\n" + "正文内容。\n" * 5


def spellings() -> list[bytes]:
    """Return the word as it could lie somewhere: encodings, and what tools make of them."""
    plain = WORD.encode()
    found_ = [WORD.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    for raw_bytes in found_[:4]:
        found_ += [raw_bytes.hex().encode(), raw_bytes.hex().upper().encode()]
        # wherever the word begins within a group of three bytes, its inner characters are these
        found_ += [base64.b64encode(b"\0" * shift + raw_bytes)[4:-4] for shift in range(3)]
    found_ += [json.dumps(WORD).strip('"').encode(), repr(plain)[2:-1].encode(), "".join(f"%{byte:02X}" for byte in plain).encode()]
    return found_


SPELLINGS = spellings()


def traces(content: bytes) -> list[bytes]:
    return [spelling for spelling in SPELLINGS if spelling in content]


def searched(*folders: Path) -> list[tuple[str, list[bytes]]]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [(path.name, found_) for path in files if (found_ := traces(path.name.encode() + content_of(path)))]


def content_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # the index replaces its files while it follows
        return b""


@pytest.fixture
async def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Running]:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    await found(tmp_path / "county", NOW, Limits(seconds_between_chunks=2))
    async with really_serving(tmp_path / "county", FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01")
        yield running


def assert_clean(county: Running, caplog: pytest.LogCaptureFixture) -> None:
    folder = county.county.folder
    assert searched(folder, folder.parent / "temporary") == []
    assert open_files_in(folder / "staging") == []
    for record in caplog.records:
        assert traces((caplog.handler.format(record) + repr(record.__dict__)).encode()) == [], record.name
    assert traces(repr(county.service.counters).encode()) == []


def test_the_search_would_find_the_word_in_every_spelling(tmp_path: Path):
    for number, spelling in enumerate(SPELLINGS):
        (tmp_path / str(number)).write_bytes(b"before" + spelling + b"after")
    (tmp_path / "base64").write_bytes(base64.b64encode(f"x{WORD}y".encode()))
    assert len(searched(tmp_path)) == len(SPELLINGS) + 1


async def test_what_is_accepted_is_found_by_the_same_search(county: Running, caplog: pytest.LogCaptureFixture):
    assert (await county.submit(pack(Letter(at=NOW, title=WORD), county.people["T01.1"])))[0] == 201
    assert {name for name, _ in searched(county.county.folder)} >= {"ledger.db-wal"}
    assert all(traces(caplog.handler.format(record).encode()) == [] for record in caplog.records)


REFUSED: dict[str, Letter] = {
    "title": Letter(at=NOW, title=f"{WORD}（机密）"),
    "file name": Letter(at=NOW, files={f"机密★1年{WORD}.txt": MARKED.encode()}),
    "text": Letter(at=NOW, files={"件.txt": MARKED.encode()}),
    "text in UTF-16": Letter(at=NOW, files={"件.txt": b"\xff\xfe" + MARKED.encode("utf-16-le")}),
    "text in GB 18030": Letter(at=NOW, files={"件.txt": MARKED.encode("gb18030")}),
    "page of a PDF": Letter(at=NOW, files={"件.pdf": paper_maker.pdf([paper_maker.Mark("机密★1年"), paper_maker.Mark(WORD, y=70)])}),
    "property of a PDF": Letter(at=NOW, files={"件.pdf": paper_maker.pdf(information={"Title": f"机密★ {WORD}"})}),
    "notes": Letter(at=NOW, fields={"notes": f"{WORD}\n绝密★"}),
    "signatory": Letter(at=NOW, fields={"signatory": f"秘密★ {WORD}"}),
    "declared level": Letter(at=NOW, title=WORD, fields={"classification": "机密"}),
    "not inspectable": Letter(at=NOW, title=WORD, files={f"{WORD}.docx": MARKED.encode()}),
    "encrypted": Letter(at=NOW, title=WORD, files={f"{WORD}.pdf": paper_maker.encrypted("secret")}),
    "broken": Letter(at=NOW, title=WORD, files={f"{WORD}.pdf": paper_maker.hostile()["half a file"]}),
    "review": Letter(at=NOW, title=WORD, files={"件.txt": f"工作秘密\n{MARKED}".encode()}),
    "number": Letter(at=NOW, title=WORD, fields={"number": WORD}),
    "unknown recipient": Letter(at=NOW, title=WORD, to=("T77",)),
}


@pytest.mark.parametrize("staged_in", ["memory", "sealed file"])
async def test_no_byte_of_a_refused_submission_is_anywhere(county: Running, caplog: pytest.LogCaptureFixture, staged_in: str):
    if staged_in == "sealed file":
        county.service.staging = Staging(county.county.folder / "staging", memory=0)
    for name, letter in REFUSED.items():
        letter.fields.setdefault("reference", f"00000000-0000-4000-8000-{list(REFUSED).index(name):012}")
        content = pack(letter, county.people["T01.1"])
        assert traces(content) or "PDF" in name or "UTF-16" in name or "GB" in name
        status, _ = await county.submit(content)
        assert 400 <= status < 500, name
    stranger = authority_maker.make_county(NOW).person_signer()
    assert (await county.submit(pack(Letter(at=NOW, title=WORD), stranger)))[0] == 403
    bad = pack_with(Letter(at=NOW, title=WORD), county.people["T01.1"], change=lambda text: text + f'"{WORD}"'.encode())
    assert (await county.submit(bad))[0] == 422
    assert_clean(county, caplog)


async def test_no_byte_of_it_is_in_the_logs_when_the_request_itself_is_broken(county: Running, caplog: pytest.LogCaptureFixture):
    port, word = raw.port_of(county.client), WORD.encode()
    content = pack(Letter(at=NOW, files={"件.txt": MARKED.encode()}), county.people["T01.1"])
    for broken in (
        raw.head(10) + content,  # what is left over is read as the next request
        raw.head(None, Transfer_Encoding="chunked") + b"5;" + word + b"\r\nhello\r\n" + word + b"\r\n",
        raw.head(None, Transfer_Encoding="chunked") + word,
        raw.head(len(content), Content_Encoding="gzip") + content,
        raw.head(len(content), Content_Encoding="br") + content,
        word + b" / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + word + b"\r\n\r\n",
        b"POST /" + word + b" HTTP/1.1\r\nHost: " + word + b"\r\n\r\n",
        raw.head(None, path="/api/v1/inbox", method="GET") + raw.head(3) + word,
        raw.head(None, path="/log/checkpoint", method="GET") + word + b"\r\n\r\n",
        raw.head(len(word), path="/api/v1/enrolments") + word,
    ):
        async with raw.wire(port) as wire:
            await wire.send(broken)
            with contextlib.suppress(TimeoutError):
                await wire.closed(0.3)
    assert_clean(county, caplog)


async def test_a_failure_inside_is_logged_without_a_word_of_the_document(
    county: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_arguments: object) -> None:
        raise RuntimeError(MARKED)

    monkeypatch.setattr("exchange.intake.accept.judge", broken)
    status, body = await county.submit(pack(Letter(at=NOW, title=WORD), county.people["T01.1"]))
    assert status == 500
    assert traces(body) == []
    assert any("incident" in record.getMessage() for record in caplog.records)
    assert_clean(county, caplog)


async def test_what_is_staged_on_disk_is_unreadable_and_has_no_name(county: Running, caplog: pytest.LogCaptureFixture):
    folder = county.county.folder
    county.service.staging = Staging(folder / "staging", memory=0)
    content = pack(Letter(at=NOW, files={"件.txt": MARKED.encode() * 4000}), county.people["T01.1"])
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(raw.head(len(content)) + content[:-100])
        await until_staged(folder)
        for descriptor in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()).startswith(f"{folder}/staging/"):
                    assert traces(descriptor.read_bytes()) == []
        assert list((folder / "staging").iterdir()) == []
        await wire.send(content[-100:])
        assert (await wire.answer()).status == 422
    assert_clean(county, caplog)


async def until_staged(folder: Path) -> None:
    async with asyncio.timeout(10):
        while not open_files_in(folder / "staging"):  # noqa: ASYNC110 - nobody tells when a chunk has come
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("memory", [0, 32 * 2**20], ids=["sealed file", "memory"])
async def test_a_server_stopped_in_the_middle_of_a_body_leaves_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture, memory: int):
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "county"
    (tmp_path / "temporary").mkdir()
    await found(folder, NOW)
    async with really_serving(folder, FakeClock(NOW)) as county:
        await county.office("T01")
        await county.person("T01")
        county.service.staging = Staging(folder / "staging", memory=memory)
        before = await county.kept()
        content = pack(Letter(at=NOW, title=WORD, files={"件.txt": MARKED.encode() * 4000}), county.people["T01.1"])
        reader_writer = raw.wire(raw.port_of(county.client))
        wire = await reader_writer.__aenter__()
        await wire.send(raw.head(len(content)) + content[:-100])
        if not memory:
            await until_staged(folder)
    await reader_writer.__aexit__(None, None, None)
    assert_clean(county, caplog)
    async with really_serving(folder, FakeClock(NOW), county.people) as county:
        after = await county.kept()
        assert (after.rows, after.blobs, after.staged) == (before.rows, [], [])
        assert (await county.submit(content))[0] == 422
    assert_clean(county, caplog)


async def test_a_start_wipes_what_a_crash_left_in_staging(tmp_path: Path):
    await found(tmp_path / "county", NOW)
    (tmp_path / "county" / "staging" / "left").write_text(WORD)
    async with really_serving(tmp_path / "county", FakeClock(NOW)):
        assert searched(tmp_path / "county") == []
