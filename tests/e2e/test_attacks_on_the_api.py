"""What an attacker tried on the described API: each stays mended."""

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import raw_request_maker as raw
from county_maker import Running, found, really_serving
from http_message_signatures import HTTPMessageSigner
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from multidict import CIMultiDict
from stream_maker import EVENTS, headers
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange.clock import FakeClock
from exchange.intake import accept
from exchange.intake.accept import Intake
from exchange.office import scopes, store
from exchange.request_signature import TAG, Message, sign_request
from keys.trust import fingerprint
from schemas import messages
from schemas.problems import Problem, ProblemType
from schemas.words import Role, Scope

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
INBOX = "/api/v1/inbox"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("api") / "county"
    await found(folder, NOW)
    async with really_serving(folder, FakeClock(NOW)) as running:
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office)
        yield running


async def send(county: Running, **files: bytes) -> str:
    letter = Letter(at=NOW, to=("T02",))
    letter.files.update({name.replace("_", "."): content for name, content in files.items()})
    status, body = await county.submit(pack(letter, county.people["T01.1"]))
    assert status == 201, body
    return str(json.loads(body)["submission"])


def signed(county: Running, method: str, path: str, person: str = "T02.1") -> CIMultiDict[str]:
    message = Message(method, f"https://county{path}", CIMultiDict())
    sign_request(message, None, county.people[person], county.clock.now())
    return message.headers


async def asked(county: Running, method: str, path: str, *fields: tuple[str, str], host: str = "county") -> bytes:
    """Return every byte that comes back on a connection of its own, which the caller keeps open until then."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in fields), "Connection: close"]
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send("\r\n".join([*lines, "", ""]).encode())
        return await wire.closed()


@pytest.mark.parametrize("end", ["#", "?", "/#", "%23"])
async def test_a_host_header_does_not_lend_a_signature_to_another_path(county: Running, end: str):
    submission = await send(county)
    opened = signed(county, "POST", f"{INBOX}/{submission}/open")
    answer = await asked(county, "POST", f"{INBOX}/{submission}/sign-for", *opened.items(), host=f"county{INBOX}/{submission}/open{end}")
    assert answer.startswith(b"HTTP/1.1 401 ")
    _, now = await county.ask("GET", f"{INBOX}/{submission}", "T02.1")
    assert (now["opening"], now["review"]) == ("consigned", "pending")


@pytest.mark.parametrize("host", ["", "[", "a:99999", "a b", "other.example:1", f"county{INBOX}#"])
async def test_whatever_host_is_named_a_signed_request_is_answered(county: Running, host: str):
    assert (await asked(county, "GET", INBOX, *signed(county, "GET", INBOX).items(), host=host)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(("seconds", "status"), [(30, 200), (31, 401)])
async def test_a_signature_ends_when_its_signer_says_so(county: Running, seconds: int, status: int):
    person, now = county.people["T02.1"], county.clock.now()
    message = Message("GET", str(county.client.make_url(INBOX)), CIMultiDict())
    engine = HTTPMessageSigner(signature_algorithm=ECDSA_P256_SHA256)
    prepared = engine.prepare(
        message,
        key_id=fingerprint(person.certificate),
        created=now - timedelta(seconds=seconds),
        expires=now - timedelta(seconds=seconds - 30),
        label=TAG,
        tag=TAG,
        covered_component_ids=("@method", "@path", "@query"),
    )
    engine.apply(message, prepared, ECDSA_P256_SHA256.signature_from_der(person.sign(prepared.signature_base)))
    assert (await county.client.get(INBOX, headers=message.headers)).status == status


async def test_signatures_without_end_are_refused_before_they_are_read(county: Running, monkeypatch: pytest.MonkeyPatch):
    known = fingerprint(county.people["T02.1"].certificate)  # certificates are issued in public: anyone knows their fingerprints
    first = ("Signature-Input", f'{TAG}=("@method" "@path" "@query");created={int(NOW.timestamp())};keyid="{known}";tag="{TAG}"')
    more = [("Signature-Input", f"x{number}=(" + '"@method" ' * 700 + '"@path")') for number in range(60)]
    read: list[object] = []
    monkeypatch.setattr("exchange.request_signature._Verifier.verify", lambda *_arguments, **_keywords: read.append(None))
    answer = await asked(county, "GET", INBOX, first, *more, ("Signature", f"{TAG}=:AA==:"))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert not read


class Name(str):
    """A name that counts how often it is held against another."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


async def test_repeated_names_are_found_without_holding_each_against_each():
    names = [Name(number) for number in range(2000)]  # a body of 64 KiB took everybody's second and a half, metadata minutes
    with pytest.raises(ValueError, match="1999"):
        messages._unique([(name, 1) for name in [*names, Name(1999)]])
    assert Name.compared < 100


async def test_a_long_text_in_a_single_line_is_not_judged_where_everybody_waits(county: Running, monkeypatch: pytest.MonkeyPatch):
    judged: list[tuple[bool, bool]] = []
    judge = accept.judge

    def told(declared: Any, readings: Any, policy: Any) -> Any:
        judged.append((bool(readings), threading.current_thread() is threading.main_thread()))
        return judge(declared, readings, policy)

    monkeypatch.setattr(accept, "judge", told)
    await send(county, 正文_txt="防汛准备工作情况通报。".encode() * 2000)
    await send(county)
    assert judged == [(False, True), (True, False), (False, True), (True, True)]


@pytest.mark.parametrize("damage", ["cut", "gone"])
async def test_an_answer_that_breaks_off_is_followed_by_no_other_on_its_connection(county: Running, damage: str):
    submission = await send(county)
    await county.ask("POST", f"{INBOX}/{submission}/open", "T02.1")
    path = f"/api/v1/submissions/{submission}/container"
    _, whole = await county.ask("GET", path, "T02.1")
    (blob,) = (county.county.folder / "blobs").rglob(hashlib.sha256(whole).hexdigest())
    if damage == "cut":
        blob.write_bytes(whole[:100])
    else:
        blob.unlink()
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed(county, "GET", path).items())
    request = f"GET {path} HTTP/1.1\r\nHost: county\r\n{fields}\r\n".encode()
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(request + b"GET /healthz HTTP/1.1\r\nHost: county\r\nConnection: close\r\n\r\n")
        answers = await wire.closed()
    assert answers.count(b"HTTP/1.1 200 OK") == 1
    if damage == "cut":
        assert answers.count(b"HTTP/1.1 ") == 1  # what would follow would be taken for the rest of it
        assert answers.partition(b"\r\n\r\n")[2] in (b"", whole[:100])
    else:
        assert answers.startswith(b"HTTP/1.1 404 ")
        assert answers.endswith(b"ok\n")


async def test_a_reader_who_leaves_in_the_middle_is_no_incident(
    county: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    submission, blobs = await send(county), county.service.blobs
    await county.ask("POST", f"{INBOX}/{submission}/open", "T02.1")
    path = f"/api/v1/submissions/{submission}/container"
    released = threading.Event()

    def slow(_name: str) -> Any:
        yield bytes(100)
        released.wait(15)
        yield bytes(100)
        yield bytes(100)

    fields = "".join(f"{name}: {value}\r\n" for name, value in signed(county, "GET", path).items())
    with monkeypatch.context() as patched, caplog.at_level("INFO", "yizhan"):
        patched.setattr(blobs, "read", slow)
        async with raw.wire(raw.port_of(county.client)) as wire:
            await wire.send(f"GET {path} HTTP/1.1\r\nHost: county\r\n{fields}\r\n".encode())
            await wire.reader.readuntil(b"\r\n\r\n")
        released.set()
        async with asyncio.timeout(15):
            while not (lines := [line for line in caplog.records if getattr(line, "fields", {}).get("operation") == "fetchContainer"]):
                await county.client.get("/healthz")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert len(lines) == 1


async def test_a_stream_is_kept_by_no_cache(county: Running):
    async with county.client.get(EVENTS, headers=headers(county, "T02.1")) as answer:
        assert answer.headers["Cache-Control"] == "no-store"


async def test_monitoring_that_asks_for_a_version_that_is_none_gets_its_numbers(county: Running):
    answer = await county.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=abc"})
    assert (answer.status, answer.content_type) == (200, "text/plain")


def _keys(tx: Tx) -> int:
    return int(tx.row("SELECT count(*) AS count FROM idempotency").count)


async def test_opening_what_is_open_leaves_nothing_however_often_and_under_whatever_key(county: Running):
    submission, before = await send(county), await county.service.database.read(_keys)
    answers = [
        await county.ask("POST", f"{INBOX}/{submission}/open", "T02.1", **{"Idempotency-Key": f"another-key-{number:08}"})
        for number in range(4)
    ]
    assert {status for status, _ in answers} == {200}
    assert len({answer["receipt"] for _, answer in answers}) == 1
    assert await county.service.database.read(_keys) == before + 1


@pytest.mark.parametrize("lost", ["scope", "person"])
async def test_who_may_not_send_any_more_when_the_last_byte_comes_has_sent_nothing(county: Running, lost: str):
    account = await county.person("T01", f"OA接口{lost}", Role.SERVICE)
    await county.service.database.write(scopes.grant, account, frozenset({Scope.SUBMIT}), NOW)
    content, before = pack(Letter(at=NOW, to=("T02",)), county.people[account]), await county.kept()

    async def trickled() -> AsyncIterator[bytes]:
        yield content[:-1]  # the head is there: who sends was asked by now; at the slowest the rest takes hours
        if lost == "scope":
            await county.service.database.write(scopes.grant, account, frozenset({Scope.SENT}), NOW)
        else:
            await county.service.database.write(store.leave, account, NOW)
        yield content[-1:]

    with pytest.raises(Problem) as caught:
        await Intake(county.service).receive(trickled())
    assert caught.value.kind is {"scope": ProblemType.NOT_ALLOWED, "person": ProblemType.SIGNER_UNKNOWN}[lost]
    assert await county.kept() == before
