"""Signed requests: only the one who signed, only now, only this; and a checkpoint that we signed stops us when we are behind."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import raw_request_maker as raw
from county_maker import Running, found, serving
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from multidict import CIMultiDict
from submission_maker import Letter, pack

from archive.ledger import log
from exchange.clock import FakeClock
from exchange.office import store
from exchange.request_signature import CHECKPOINT_HEADER, Message, sign_request
from keys.custody import KeySigner
from keys.notes import Checkpoint, sign_checkpoint
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
INBOX = "/api/v1/inbox"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("session") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office)
        await running.person("county", "收文员", Role.REVIEWER)
        yield running


def signed(
    county: Running, person: str = "T01.1", path: str = INBOX, method: str = "GET", body: bytes | None = None, **more: Any
) -> CIMultiDict[str]:
    """Return the headers of a signed request."""
    kind = {"Content-Type": "application/json"} if body else {}
    message = Message(method, str(county.client.make_url(path)), CIMultiDict(kind | more.pop("headers", {})))
    sign_request(message, body, more.pop("signer", county.people.get(person)), county.clock.now() + more.pop("off", timedelta()))
    return message.headers


async def sent(
    county: Running, headers: CIMultiDict[str], path: str = INBOX, method: str = "GET", body: bytes | None = None
) -> tuple[int, str]:
    answer = await county.client.request(method, path, data=body, headers=headers)
    found_ = await answer.json()
    return answer.status, str(found_.get("type", "")).removeprefix("/problems/")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(minutes, (200, "")) for minutes in (0, -5, 5)] + [(minutes, (401, "request-out-of-time")) for minutes in (-5.02, 5.02, 99999)],
)
async def test_a_signature_holds_five_minutes_either_way(county: Running, minutes: float, expected: tuple[int, str]):
    assert await sent(county, signed(county, off=timedelta(minutes=minutes))) == expected


async def test_a_signature_counts_for_its_path_query_method_and_body_alone(county: Running):
    headers = signed(county, path=INBOX + "?size=1")
    assert (await sent(county, headers, INBOX + "?size=1"))[0] == 200
    for other in (INBOX, INBOX + "?size=2", INBOX + "?size=1&size=1", "/api/v1/submissions?size=1"):
        assert await sent(county, headers, other) == (401, "request-signature-invalid")
    path, body = f"/api/v1/inbox/{'0' * 64}/return", b'{"reason":"a"}'
    move = signed(county, path=path, method="POST", body=body)
    assert await sent(county, move, path, "POST", body) == (404, "not-found")
    for tampered in (b'{"reason":"b"}', b"", None):
        assert await sent(county, move, path, "POST", tampered) == (401, "request-signature-invalid")
    unsigned_body = signed(county, path=path, method="POST")
    assert await sent(county, unsigned_body, path, "POST", body) == (401, "request-signature-invalid")
    assert await sent(county, signed(county, path=path, method="GET"), path, "POST", None) == (401, "request-signature-invalid")


async def test_a_digest_that_was_exchanged_with_the_body_is_noticed(county: Running):
    path = f"/api/v1/inbox/{'0' * 64}/return"
    mine, other = (signed(county, path=path, method="POST", body=body) for body in (b'{"reason":"a"}', b'{"reason":"b"}'))
    mine["Content-Digest"] = other["Content-Digest"]
    assert await sent(county, mine, path, "POST", b'{"reason":"b"}') == (401, "request-signature-invalid")


@dataclass
class Impostor:
    """Names one person's certificate and signs with another's key."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    other: KeySigner

    def sign(self, message: bytes) -> bytes:
        return self.other.sign(message)


async def test_a_signature_of_another_key_under_ones_name_is_refused(county: Running):
    own = county.people["T01.1"]
    stranger = Impostor(own.certificate, own.chain, county.people["T02.1"])
    assert await sent(county, signed(county, signer=stranger)) == (401, "request-signature-invalid")
    headers = signed(county, "T02.1")
    headers["Signature-Input"] = signed(county)["Signature-Input"]
    assert await sent(county, headers) == (401, "request-signature-invalid")


async def test_a_certificate_that_we_never_issued_is_nobodys(county: Running):
    receipts: Any = county.county.notary.receipts
    assert await sent(county, signed(county, signer=receipts)) == (401, "request-not-signed")


ALL = '("@method" "@path" "@query")'
ODD = [
    "",
    "x",
    "yizhan",
    "yizhan=",
    "yizhan=()",
    "yizhan=();keyid",
    'yizhan=("@method");keyid="{key}"',
    f'yizhan={ALL};keyid="{{key}}";created=1',
    f'yizhan={ALL};keyid="{{key}}";created="x";tag="yizhan"',
    'yizhan=("@nothing");keyid="{key}";tag="yizhan"',
    'a=1, yizhan=2;keyid="{key}"',
    'yizhan=?1;keyid="{key}"',
    'yizhan=("@method";x="\\""  );keyid="{key}"',
    'yizhan=(1 2);keyid="{key}";tag="yizhan"',
    'é;keyid="{key}"',
    'yizhan=("@query-param";name="a");keyid="{key}";tag="yizhan"',
    f'yizhan={ALL};keyid="{{key}}";created=99999999999999999999;tag="yizhan"',
    f'yizhan={ALL};keyid="{{key}}";created=-1;tag="yizhan"',
    "(" * 3000 + 'keyid="{key}"',
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("signature", ["", "yizhan=:AAAA:", "yizhan=::", "yizhan=1", "\u00ff", "yizhan=:" + "A" * 96 + ":"])
async def test_odd_signatures_are_refusals_and_never_incidents(county: Running, odd: str, signature: str):
    key = signed(county)["Signature-Input"].split('keyid="')[1][:64]
    async with raw.wire(raw.port_of(county.client)) as wire:
        await wire.send(
            f"GET {INBOX} HTTP/1.1\r\nHost: a\r\nSignature-Input: {odd.replace('{key}', key)}\r\nSignature: {signature}\r\n\r\n".encode()
        )
        assert (await wire.answer()).status in (400, 401)


async def test_a_replay_changes_nothing(county: Running):
    submission = json.loads((await county.submit(pack(Letter(at=county.clock.now()), county.people["T01.1"])))[1])["submission"]
    for action, again in (("open", (200, "")), ("sign-for", (409, "action-not-possible"))):
        path = f"/api/v1/inbox/{submission}/{action}"
        headers = signed(county, "county.1", path, "POST")
        assert (await sent(county, headers, path, "POST"))[0] == 200
        before = await county.kept()
        assert await sent(county, headers, path, "POST") == again
        assert await county.kept() == before


async def test_one_who_left_and_one_who_is_revoked_ask_no_more(county: Running):
    left, revoked = await county.person("T02", "已离岗"), await county.person("T02", "已吊销")
    assert [(await sent(county, signed(county, person)))[0] for person in (left, revoked)] == [200, 200]
    await county.service.database.write(store.leave, left, county.clock.now())
    assert await sent(county, signed(county, left)) == (403, "not-allowed")
    await county.leave(revoked)
    clock: Any = county.clock
    clock.advance(timedelta(seconds=2))
    assert await sent(county, signed(county, revoked)) == (403, "not-allowed")


@pytest.mark.parametrize("after", ["-1", "1.5", "x", "", "9" * 20, "9" * 5000, "\uff11", "1 ", "%00"])
@pytest.mark.parametrize("name", ["beyond", "after", "size"])
async def test_a_sequence_number_a_cursor_or_a_size_that_is_none_is_malformed(county: Running, name: str, after: str):
    status, problem = await county.ask("GET", f"/api/v1/receipts?{name}={after}", "T01.1")
    assert (status, problem["type"]) == (400, "/problems/request-malformed")


@pytest.mark.parametrize("reason", ['"\\ud800"', '"\\u0000"', '"' + "长" * 2001 + '"', "null", "3", '"　"'])
async def test_a_reason_that_cannot_be_kept_is_refused(county: Running, reason: str):
    submission = json.loads((await county.submit(pack(Letter(at=county.clock.now()), county.people["T01.1"])))[1])["submission"]
    status, _ = await county.ask("POST", f"/api/v1/inbox/{submission}/return", "county.1", b'{"reason":' + reason.encode() + b"}")
    assert status in (200, 400, 422) if "u0000" in reason else status in (400, 422)


# ---- checkpoints


async def newest(county: Running) -> Any:
    return await county.service.database.read(log.latest)


def header(note: bytes) -> dict[str, str]:
    return {CHECKPOINT_HEADER: base64.b64encode(note).decode()}


async def test_a_checkpoint_of_ours_is_heard_and_is_part_of_what_is_signed(county: Running):
    old = header((await newest(county)).note)
    await county.submit(pack(Letter(at=county.clock.now()), county.people["T01.1"]))
    new = header((await newest(county)).note)
    assert old != new
    headers = signed(county, headers=new)
    assert (await sent(county, headers))[0] == 200
    headers[CHECKPOINT_HEADER] = old[CHECKPOINT_HEADER]
    assert await sent(county, headers) == (401, "request-signature-invalid")
    del headers[CHECKPOINT_HEADER]
    assert await sent(county, headers) == (401, "request-signature-invalid")
    added = signed(county)
    added.update(new)
    assert await sent(county, added) == (401, "request-signature-invalid")


async def test_a_checkpoint_that_anyone_could_have_made_is_malformed_and_stops_nothing(county: Running):
    ours, own = await newest(county), county.county.notary.log
    foreign = sign_checkpoint(Checkpoint(own.origin, ours.size + 5, bytes(32)), Ed25519PrivateKey.generate())
    renamed = sign_checkpoint(Checkpoint("another/log", ours.size + 5, bytes(32)), county.county.notary.log_private)
    changed = ours.note.replace(str(ours.size).encode(), str(ours.size + 1).encode(), 1)
    for value in (*(base64.b64encode(note).decode() for note in (foreign, renamed, changed, b"", b"\xff" * 50)), "!", "é", "=", "A"):
        async with raw.wire(raw.port_of(county.client)) as wire:
            await wire.send(f"GET /healthz HTTP/1.1\r\nHost: a\r\n{CHECKPOINT_HEADER}: {value}\r\n\r\n".encode())
            answer = await wire.answer()
        assert (answer.status, answer.kind) == (400, "request-malformed")
    assert (await county.client.get("/readyz")).status == 200


def larger(size: int, root: bytes) -> tuple[int, bytes]:
    return size + 1, root


def forked(size: int, _root: bytes) -> tuple[int, bytes]:
    return size, bytes(32)


@pytest.mark.parametrize(("change", "reason"), [(larger, "ledger-behind"), (forked, "ledger-forked")])
async def test_a_checkpoint_that_only_we_can_have_signed_and_that_does_not_fit_stops_signing_for_good(
    tmp_path: Path, change: Callable[[int, bytes], tuple[int, bytes]], reason: str
):
    await found(tmp_path / "county", NOW)
    async with serving(tmp_path / "county", FakeClock(NOW)) as county:
        await county.office("T01")
        await county.person("T01")
        known = pack(Letter(at=NOW), county.people["T01.1"])
        first, people, ours = await county.submit(known), county.people, await newest(county)
        notary = county.county.notary
        note = sign_checkpoint(Checkpoint(notary.log.origin, *change(ours.size, ours.root)), notary.log_private)
        answer = await county.client.get("/healthz", headers=header(note))
        assert (answer.status, (await answer.json())["type"]) == (503, "/problems/signing-stopped")
        assert reason in (await answer.json())["detail"]
    async with serving(tmp_path / "county", FakeClock(NOW), people) as county:
        before = await county.kept()
        for notes in ({}, {"notes": "绝密★"}):
            status, body = await county.submit(pack(Letter(at=NOW, fields=dict(notes)), people["T01.1"]))
            assert (status, json.loads(body)["type"]) == (503, "/problems/signing-stopped")
        assert await county.submit(known) == (200, first[1])
        assert (await county.client.get("/readyz")).status == 503
        assert (await county.ask("GET", "/api/v1/submissions", "T01.1"))[0] == 200
        assert await county.kept() == before
