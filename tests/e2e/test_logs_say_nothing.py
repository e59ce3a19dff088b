"""A whole story, logged in every detail: no word that anybody sent, asked or is called stands in the log."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
import raw_request_maker as raw
from county_maker import Running, found, really_serving
from stream_maker import following
from submission_maker import TEXT, Letter, pack

from exchange import logbook
from exchange.access import ID_HEADER
from exchange.clock import FakeClock
from exchange.delivery import store
from exchange.logbook import Line, open_logbook

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WORDS = {
    "title": "鹿鸣九皋声闻于野",
    "file": "鹤立于渚其羽翩然",
    "text": "蒹葭苍苍白露为霜之地",
    "marked": "沧浪之水濯我冠缨者",
    "query": "昔我往矣杨柳依依也",
    "reason": "桃之夭夭灼灼其华兮",
    "header": "投我以木瓜报之琼琚",
    "path": "青青子衿悠悠我心者",
    "json": "关关雎鸠在河之洲上",
    "person": "欧阳采薇采薇薇亦作",
    "bug": "如切如磋如琢如磨者",
}
FIELDS = {"at", "level", "event", "request", "operation", "method", "status", "ms", "office", "problem"}
ODDITIES = {"incident", "exception", "trace", "logger", "place"}


@dataclass
class Story:
    """A running county and what it has logged so far, in both forms."""

    county: Running
    text: io.StringIO
    lines: io.StringIO

    @property
    def told(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    root, ours = logging.getLogger(), logbook.LOG
    before = (list(root.handlers), root.level, ours.level, logging.raiseExceptions)
    text, lines = io.StringIO(), io.StringIO()
    open_logbook("text", text)
    second = logging.StreamHandler(lines)
    second.setFormatter(Line("json"))
    root.addHandler(second)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    try:
        await found(tmp_path / "county", NOW)
        async with really_serving(tmp_path / "county", FakeClock(NOW)) as county:
            for office in ("T01", "T02"):
                await county.office(office)
                await county.person(office, WORDS["person"])
            yield Story(county, text, lines)
    finally:
        root.handlers, root.level, ours.level, logging.raiseExceptions = list(before[0]), *before[1:]


def spellings(word: str) -> list[str]:
    """Return a word as it could be written: as it is, in escapes of JSON, URLs and bytes, in hexadecimal and base64."""
    plain = word.encode()
    found_ = [word, json.dumps(word).strip('"'), quote(word), quote(word).lower(), repr(plain)[2:-1], plain.hex(), plain.decode("latin-1")]
    return found_ + [base64.b64encode(b"\0" * shift + plain).decode()[4:-4] for shift in range(3)]


def test_the_words_would_be_found():
    assert all(spelling in f"x{spelling}y" for word in WORDS.values() for spelling in spellings(word))
    assert all(len(spelling) >= 8 for word in WORDS.values() for spelling in spellings(word))


async def send(county: Running) -> str:
    letter = Letter(at=NOW, title=WORDS["title"], to=("T02",), files={f"{WORDS['file']}.txt": TEXT + WORDS["text"].encode()})
    status, body = await county.submit(pack(letter, county.people["T01.1"]))
    assert status == 201
    return str(json.loads(body)["submission"])


async def refuse(county: Running) -> None:
    marked = Letter(at=NOW, title=WORDS["title"], files={f"{WORDS['file']}.txt": f"机密★1年\n{WORDS['marked']}\n".encode() + TEXT})
    assert (await county.submit(pack(marked, county.people["T01.1"])))[0] == 422


async def ask(county: Running, submission: str) -> None:
    assert (await county.ask("POST", f"/api/v1/inbox/{submission}/open", "T02.1", b""))[0] == 200
    reason = json.dumps({"reason": WORDS["reason"]}, ensure_ascii=False).encode()
    assert (await county.ask("POST", f"/api/v1/inbox/{submission}/return", "T02.1", reason))[0] == 200
    for query in (WORDS["query"], f'"{WORDS["query"]}', f"({WORDS['query']}"):
        await county.ask("GET", f"/api/v1/search?q={quote(query)}", "T01.1")
    async with following(county, "T01.1", "/api/v1/events?after=0") as follower:
        await follower.next()


async def disturb(county: Running) -> None:
    """Send what nobody should, with words in every place where a request has room for some."""
    client, word = county.client, WORDS["header"]
    await client.get(f"/{quote(WORDS['path'])}/../{WORDS['path']}?{WORDS['path']}={WORDS['path']}")
    await client.get(f"/api/v1/submissions/{quote(WORDS['path'])}")
    await client.get(f"/problems/{quote(WORDS['path'])}")
    await client.request("PROPFIND", f"/api/v1/inbox/{quote(WORDS['path'])}")
    for name in ("X-Request-Id", "Yizhan-Checkpoint", "Last-Event-ID", "Idempotency-Key", "If-Match", "User-Agent", "Signature-Input"):
        await client.get("/api/v1/inbox", headers={name: word})
    await client.get("/api/v1/inbox", headers={"Yizhan-Checkpoint": base64.b64encode(word.encode()).decode()})
    for body in (f'{{"code":"{WORDS["json"]}","csr":""}}', f'{{"{WORDS["json"]}":1}}', WORDS["json"]):
        await client.post("/api/v1/enrolments", data=body.encode(), headers={"Content-Type": "application/json"})
    for content in (WORDS["json"].encode(), WORDS["json"].encode() * 50_000):
        await client.post("/api/v1/submissions", data=io.BytesIO(content))
    for lines in (f"GET /{WORDS['path']} HTTP/1.1\r\nHost: {word}\r\n\r\n", f"{word}\r\n\r\n", f"GET / HTTP/1.1\r\n{word}: {word}\r\n\r\n"):
        async with raw.wire(raw.port_of(client)) as wire:
            await wire.send(lines.encode())
            await wire.closed() if not lines.startswith("GET /") or "Host" not in lines else await wire.answer()


async def break_down(county: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError(WORDS["bug"])

    monkeypatch.setattr(store, "inbox", broken)
    assert (await county.ask("GET", "/api/v1/inbox", "T01.1"))[0] == 500


async def test_no_word_of_anybody_stands_in_the_log(story: Story, monkeypatch: pytest.MonkeyPatch):
    county = story.county
    submission = await send(county)
    await refuse(county)
    await ask(county, submission)
    await disturb(county)
    await break_down(county, monkeypatch)
    async with asyncio.timeout(20):
        while "followEvents" not in story.lines.getvalue():  # noqa: ASYNC110 - nobody tells when a peer's going was noticed
            await asyncio.sleep(0.05)
    for written in (story.text.getvalue(), story.lines.getvalue()):
        assert len(written.splitlines()) > 25
        for place, word in WORDS.items():
            assert [spelling for spelling in spellings(word) if spelling in written] == [], place
    for line in story.told:
        assert set(line) <= FIELDS | ODDITIES, line
    seen = [(line.get("operation"), line.get("status"), line.get("office")) for line in story.told if line["event"] == "request"]
    for expected in (
        ("submit", 201, None),
        ("submit", 422, None),
        ("returnDelivery", 200, "T02"),
        ("search", 400, "T01"),
        ("followEvents", 200, "T01"),
        ("none", 404, None),
        ("enrol", 403, None),
        ("listInbox", 500, "T01"),
    ):
        assert expected in seen, expected
    (incident,) = [line for line in story.told if line["event"] == "incident"]
    assert incident["exception"] == "RuntimeError"
    assert "test_logs_say_nothing" in str(incident["trace"])


async def test_each_request_leaves_one_line_under_the_id_that_its_answer_names(story: Story):
    client = story.county.client
    given = await client.get("/healthz", headers={ID_HEADER: "from-the-proxy_1"})
    made = await client.get("/api/v1/inbox")
    replaced = await client.get("/nothing", headers={ID_HEADER: "not a token"})
    ids = [answer.headers[ID_HEADER] for answer in (given, made, replaced)]
    assert ids[0] == "from-the-proxy_1"
    lines = [line for line in story.told if line["event"] == "request"]
    assert [line["request"] for line in lines[-3:]] == ids
    assert [(line["operation"], line["status"], line.get("problem")) for line in lines[-3:]] == [
        ("healthy", 200, None),
        ("listInbox", 401, "request-not-signed"),
        ("none", 404, "not-found"),
    ]
