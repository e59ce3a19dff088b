"""Containers in parts: a client library that we did not write, lines cut in the middle of a part, and what is left of it all."""

import asyncio
import base64
import hashlib
import io
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paper_maker
import pytest
import pytest_asyncio
import raw_request_maker as raw
from county_maker import Running, found, open_files_in, really_serving
from multidict import CIMultiDict
from submission_maker import Letter, pack
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.uploader import Uploader

from exchange.clock import FakeClock
from exchange.config import Limits
from exchange.intake.staging import Staging
from exchange.intake.uploads_api import PATH, UPLOADS
from exchange.office import browsers
from exchange.request_signature import Message, sign_request
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WORD = "鹿鸣九皋声闻于野"
PART = 64 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("uploads") / "county"
    await found(folder, NOW, Limits(seconds_between_chunks=2))
    async with really_serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01")
        await running.person("T01", "李四")
        await running.person("county", "王五", Role.REVIEWER)
        yield running


async def cookie(county: Running, person: str) -> dict[str, str]:
    token = await county.service.database.write(browsers.begin, person, "key", "test", county.clock.now())
    return {"Cookie": f"{browsers.COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}


@pytest_asyncio.fixture(loop_scope="module")
async def clerk(county: Running) -> AsyncIterator[dict[str, str]]:
    yield await cookie(county, "T01.1")
    county.client.app[UPLOADS].close()


def container(county: Running, title: str = "防汛准备工作情况", size: int = 0, **fields: Any) -> bytes:
    files = {"防汛准备工作情况.txt": f"关于{title}。\n".encode() + "各村已完成隐患排查。\n".encode() * (size // 31)}
    return pack(Letter(at=county.clock.now(), title=title, files=files, fields=fields), county.people["T01.1"])


class Browser:
    """Asks as a page of ours does."""

    def __init__(self, county: Running, headers: dict[str, str]) -> None:
        self.county, self.headers = county, headers | {"Tus-Resumable": "1.0.0"}

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.county.client.request(method, path, data=body, headers=self.headers | named)
        await answer.read()
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        return answer

    async def begin(self, length: int) -> str:
        answer = await self.ask("POST", PATH, Upload_Length=str(length))
        assert answer.status == 201, await answer.text()
        return str(answer.headers["Location"])

    async def send(self, place: str, offset: int, part: bytes) -> Any:
        return await self.ask("PATCH", place, part, Upload_Offset=str(offset), Content_Type="application/offset+octet-stream")

    async def stands(self, place: str) -> int:
        answer = await self.ask("HEAD", place)
        assert answer.status == 200
        assert "no-store" in answer.headers["Cache-Control"]
        return int(answer.headers["Upload-Offset"])

    async def whole(self, content: bytes) -> str:
        place = await self.begin(len(content))
        assert (await self.send(place, 0, content)).status == 204
        return place


async def kind(answer: Any) -> str:
    return str((await answer.json())["type"]).removeprefix("/problems/")


# ---- a client library that is not ours


async def test_tuspy_uploads_in_parts_stops_and_goes_on_and_the_receipt_is_that_of_a_post(county: Running, clerk: dict[str, str]):
    content = container(county, size=5 * PART)
    client = TusClient(str(county.client.make_url(PATH)), headers=clerk)

    def upload() -> str:
        uploader: Uploader = client.uploader(file_stream=io.BytesIO(content), chunk_size=PART)
        uploader.upload_chunk()
        uploader.upload_chunk()
        again = client.uploader(file_stream=io.BytesIO(content), chunk_size=PART, url=uploader.url)
        assert again.offset == 2 * PART
        again.upload()
        assert again.offset == len(content)
        return str(again.url)

    place = await asyncio.to_thread(upload)
    path = place.removeprefix(str(county.client.make_url("")).rstrip("/"))
    answer = await county.client.post(path + "/submission", headers=clerk)
    first = await answer.read()
    assert answer.status == 201
    assert answer.headers["Location"].startswith("/api/v1/submissions/")
    assert await county.submit(content) == (200, first)
    with pytest.raises(TusCommunicationError):
        await asyncio.to_thread(client.uploader, file_stream=io.BytesIO(content), url=place)


# ---- lines that break


@pytest.mark.parametrize("memory", [0, 32 * 2**20], ids=["sealed file", "memory"])
async def test_what_came_before_a_line_broke_counts_wherever_it_broke(county: Running, clerk: dict[str, str], memory: int):
    county.service.staging = Staging(county.county.folder / "staging", memory=memory)
    content, browser = container(county, f"断线续传 {memory}", size=4 * PART), Browser(county, clerk)
    place, offset = await browser.begin(len(content)), 0
    for cut in (1, 70_001, PART, 3):  # bytes after which the line breaks; the part announces all that is left
        head = raw.head(
            len(content) - offset,
            path=place,
            method="PATCH",
            Tus_Resumable="1.0.0",
            Upload_Offset=str(offset),
            Content_Type="application/offset+octet-stream",
            Cookie=clerk["Cookie"],
            Sec_Fetch_Site="same-origin",
        )
        async with raw.wire(raw.port_of(county.client)) as wire:
            await wire.send(head + content[offset : offset + cut])
            await until(lambda expected=offset + cut: standing(county, place).offset == expected)
        await until(lambda: standing(county, place).cut is None)
        offset += cut
        assert await browser.stands(place) == offset
    assert (await browser.send(place, offset, content[offset:])).status == 204
    answer = await browser.ask("POST", place + "/submission")
    assert answer.status == 201
    assert await county.submit(content) == (200, await answer.read())


def standing(county: Running, place: str) -> Any:
    return county.client.app[UPLOADS]._uploads[place.rsplit("/", 1)[1]]


async def until(come: Any) -> None:
    async with asyncio.timeout(10):
        while not come():  # noqa: ASYNC110 - nobody tells when a chunk has come
            await asyncio.sleep(0.005)


async def test_a_second_line_is_refused_while_one_is_open_and_a_silent_one_makes_way(county: Running, clerk: dict[str, str]):
    content, browser = container(county, "两条线路"), Browser(county, clerk)
    place = await browser.begin(len(content))
    head = raw.head(
        len(content),
        path=place,
        method="PATCH",
        Tus_Resumable="1.0.0",
        Upload_Offset="0",
        Content_Type="application/offset+octet-stream",
        Cookie=clerk["Cookie"],
        Sec_Fetch_Site="same-origin",
    )
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(head + content[:10])
        await until(lambda: standing(county, place).offset == 10)
        second = await browser.send(place, 10, content[10:])
        assert (second.status, await kind(second)) == (429, "too-many-requests")
        assert int(second.headers["Retry-After"]) > 0
        assert (await browser.ask("POST", place + "/submission")).status == 429
        standing(county, place).used_at -= 6
        assert await browser.stands(place) == 10
        assert await wire.closed() == b""
    assert (await browser.send(place, 10, content[10:])).status == 204
    assert (await browser.ask("POST", place + "/submission")).status == 201


async def test_a_line_that_falls_silent_ends_with_what_had_come(county: Running, clerk: dict[str, str]):
    content, browser = container(county, "慢"), Browser(county, clerk)
    place = await browser.begin(len(content))
    head = {"Tus_Resumable": "1.0.0", "Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    async with raw.wire(raw.port_of(county.client)) as wire:
        named = head | {"Cookie": clerk["Cookie"], "Sec_Fetch_Site": "same-origin"}
        await wire.send(raw.head(len(content), path=place, method="PATCH", **named) + content[:10])
        assert (await wire.answer()).kind == "body-too-slow"
    assert await browser.stands(place) == 10


# ---- whose it is, and what is refused


async def test_another_person_can_neither_see_nor_touch_it(county: Running, clerk: dict[str, str]):
    content = container(county, "只归本人")
    place = await Browser(county, clerk).whole(content)
    for person in ("T01.2", "county.1"):
        other = Browser(county, await cookie(county, person))
        answers = [
            await other.ask("GET", place),
            await other.send(place, len(content), b""),
            await other.ask("DELETE", place),
            await other.ask("POST", place + "/submission"),
        ]
        nothing = await other.ask("GET", f"{PATH}/{'A' * 43}")
        assert [(each.status, await each.read()) for each in answers] == [(404, await nothing.read())] * 4
    elsewhere = Browser(county, clerk | {"Sec-Fetch-Site": "cross-site"})
    assert await kind(await elsewhere.ask("POST", place + "/submission")) == "cross-site"
    assert (await county.client.post(PATH, headers={"Upload-Length": "1", "Tus-Resumable": "1.0.0"})).status == 401
    assert (await Browser(county, clerk).ask("DELETE", place)).status == 204
    assert (await Browser(county, clerk).ask("GET", place)).status == 404


async def test_what_is_asked_wrongly_is_refused_by_name_and_changes_nothing(county: Running, clerk: dict[str, str]):
    browser = Browser(county, clerk)
    place = await browser.begin(10)
    wrong = [
        (await browser.ask("POST", PATH), 400, "request-malformed"),
        (await browser.ask("POST", PATH, Upload_Length="-1"), 400, "request-malformed"),
        (await browser.ask("POST", PATH, Upload_Length="1e3"), 400, "request-malformed"),
        (await browser.ask("POST", PATH, Upload_Length="500000001"), 413, "container-too-large"),
        (await browser.ask("POST", PATH, Upload_Length="10", Tus_Resumable="0.2.2"), 412, "precondition-failed"),
        (await browser.ask("PATCH", place, b"x", Upload_Offset="0"), 415, "media-type-unsupported"),
        (await browser.send(place, 1, b"x"), 409, "upload-offset"),
        (await browser.send(place, 0, b"x" * 11), 413, "body-too-large"),
        (await browser.ask("POST", place + "/submission"), 409, "upload-offset"),
    ]
    for answer, status, name in wrong:
        assert (answer.status, await kind(answer)) == (status, name)
    assert wrong[4][0].headers["Tus-Version"] == "1.0.0"
    assert await browser.stands(place) == 0

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 11

    options = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    chunked = await county.client.patch(place, data=endless(), headers=browser.headers | options)
    assert (chunked.status, await kind(chunked)) == (413, "body-too-large")
    assert (await browser.ask("DELETE", place)).status == 204


async def test_a_person_has_a_few_at_once(county: Running, clerk: dict[str, str]):
    browser = Browser(county, clerk)
    places = [await browser.begin(10) for _ in range(8)]
    answer = await browser.ask("POST", PATH, Upload_Length="10")
    assert (answer.status, await kind(answer)) == (429, "too-many-requests")
    for place in places:
        assert (await browser.ask("DELETE", place)).status == 204


# ---- signed requests


async def test_a_signed_part_counts_only_when_it_is_what_was_signed(county: Running):
    content = container(county, "签名续传")
    status, _ = await county.ask("POST", PATH, "T01.1", None, **{"Upload-Length": str(len(content)), "Tus-Resumable": "1.0.0"})
    assert status == 201
    (upload,) = county.client.app[UPLOADS]._uploads.values()
    place = f"{PATH}/{upload.token}"

    async def send(signed: bytes | None, sent: bytes, **more: str) -> tuple[int, str]:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(upload.offset), "Content-Type": "application/offset+octet-stream"}
        message = Message("PATCH", str(county.client.make_url(place)), CIMultiDict(headers))
        sign_request(message, signed, county.people["T01.1"], county.clock.now())
        message.headers.update(more)
        answer = await county.client.patch(place, data=sent, headers=message.headers)
        return answer.status, "" if answer.status == 204 else await kind(answer)

    digest = base64.b64encode(hashlib.sha256(content[:100]).digest()).decode()
    assert await send(content[:100], content[1:101]) == (401, "request-signature-invalid")
    assert await send(None, content[:100]) == (401, "request-signature-invalid")
    assert await send(None, content[:100], **{"Content-Digest": f"sha-256=:{digest}:"}) == (401, "request-signature-invalid")
    assert upload.offset == 0
    assert await send(content[:100], content[:100]) == (204, "")
    assert await send(content[100:], content[100:]) == (204, "")
    status, envelope = await county.ask("POST", place + "/submission", "T01.1")
    assert status == 201
    assert envelope["submission"]


# ---- the answer is that of a POST, and then it is gone


async def test_every_answer_is_that_of_a_post_and_the_upload_is_gone_whatever_it_was(county: Running, clerk: dict[str, str]):
    browser = Browser(county, clerk)
    bad = container(county, "坏")
    for content, status in ((container(county, "机密★1年"), 422), (bad[:-5] + b"xxxxx", 400), (b"", 400), (container(county, "好"), 201)):
        place = await browser.whole(content)
        answer = await browser.ask("POST", place + "/submission")
        direct, body = await county.submit(content)
        assert (answer.status, direct) == (status, 200 if status == 201 else status), await answer.text()
        if status != 201:
            assert await kind(answer) == body.decode().split('"/problems/')[1].split('"')[0]
        assert (await browser.ask("GET", place)).status == 404
        assert (await browser.ask("POST", place + "/submission")).status == 404


async def test_nothing_of_a_refused_upload_remains(county: Running, clerk: dict[str, str], caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    folder = county.county.folder
    county.service.staging = Staging(folder / "staging", memory=0)
    paper = paper_maker.pdf([paper_maker.Mark("机密★1年"), paper_maker.Mark(WORD, y=70)])
    letter = Letter(at=county.clock.now(), title=WORD, files={f"{WORD}.pdf": paper, "附.txt": WORD.encode() * 9000})
    content, browser = pack(letter, county.people["T01.1"]), Browser(county, clerk)
    before = await county.kept()
    refused = await browser.whole(content)
    for descriptor in open_files_in(folder / "staging"):
        assert descriptor.endswith("(deleted)") or "#" in descriptor
    assert open_files_in(folder / "staging")
    for path in Path("/proc/self/fd").iterdir():
        if str(path.readlink() if path.is_symlink() else "").startswith(f"{folder}/staging/"):
            assert WORD.encode() not in path.read_bytes()
    assert await kind(await browser.ask("POST", refused + "/submission")) == "secrecy-mark"
    half = await browser.begin(len(content))
    assert (await browser.send(half, 0, content[: len(content) // 2])).status == 204
    county.clock.advance(timedelta(hours=2))  # what nobody goes on with is given up
    county.client.app[UPLOADS].sweep()
    after = await county.kept()
    assert (after.blobs, after.staged, after.free) == (before.blobs, [], 0)
    assert after.rows | {"event": 0, "checkpoint": 0} == before.rows | {"event": 0, "checkpoint": 0}
    words = [WORD.encode(encoding) for encoding in ("utf-8", "utf-16-le", "gb18030")] + [base64.b64encode(WORD.encode())]
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert not any(word in path.read_bytes() for word in words), path.name
    assert not any(word.decode("latin-1") in repr(record.__dict__) for record in caplog.records for word in words)
    assert WORD not in "".join(caplog.handler.format(record) for record in caplog.records)
