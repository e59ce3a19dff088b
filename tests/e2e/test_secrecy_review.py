"""What the policy would have reviewed is let in when somebody answers for it: a leader's signature, a form, or an earlier item."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from cryptography.hazmat.primitives.serialization import Encoding
from script_maker import Scripts, blob, key, scripts
from submission_maker import TEXT, Letter, pack_with

from exchange.client.countersigning import countersign
from exchange.clock import FakeClock
from exchange.fsck import check
from exchange.intake.reviews import approvals
from exchange.policy.rules import load_published
from keys import cms, container
from keys.custody import KeySigner
from schemas import instants
from schemas.messages import SecrecyReview, SecrecySeries
from schemas.problems import Problem
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WORK_SECRET = "工作秘密\n".encode() + TEXT
AT = instants.write(NOW)
FINE = "不涉及国家秘密，可以报送。"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("reviews") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office, "张三")
            await running.person(office, "王五", Role.LEADER)
        await running.person("T01", "赵六")
        await running.person("county", "钱七", Role.CONFIDENTIALITY)
        await running.person("county", "李四", Role.REVIEWER)
        yield running


def packed(
    county: Running, review: SecrecyReview | None, further: Sequence[str] = (), content: bytes = WORK_SECRET, **fields: Any
) -> bytes:
    letter = Letter(at=NOW, files={"件.txt": content}, fields={"secrecy_review": review} | fields)
    return pack_with(letter, county.people["T01.1"], further=[county.people[person] for person in further])


def reviewed(**more: Any) -> SecrecyReview:
    return SecrecyReview(**({"by": "王五", "at": AT, "conclusion": FINE} | more))


async def sent(county: Running, content: bytes) -> tuple[int, Any]:
    status, body = await county.submit(content)
    return status, json.loads(body)


async def test_without_a_review_it_is_refused_with_its_receipt(county: Running):
    status, problem = await sent(county, packed(county, None))
    assert (status, problem["type"]) == (422, "/problems/secrecy-review-needed")
    assert problem["receipt"]


async def test_with_the_leaders_signature_it_is_let_in_and_says_so(county: Running):
    status, receipt = await sent(county, packed(county, reviewed(), ["T01.2"]))
    assert status == 201, receipt
    _, shown = await county.ask("GET", f"/api/v1/submissions/{receipt['submission']}", "T01.1")
    assert shown["reviewed"]
    _, inbox = await county.ask("GET", "/api/v1/inbox", "county.2")
    assert next(item for item in inbox["items"] if item["submission"] == receipt["submission"])["reviewed"] == shown["reviewed"]
    _, listed = await county.ask("GET", "/api/v1/reviews", "county.1")
    (row,) = [row for row in listed["items"] if row["submission"] == receipt["submission"]]
    assert (row["from"], row["basis"], row["approver"], row["rules"]) == ("T01", "countersignature", "T01.2", shown["reviewed"])


@pytest.mark.parametrize(
    ("further", "review"),
    [
        ([], reviewed()),
        (["T01.3"], reviewed()),
        (["T02.2"], reviewed()),
        (["T01.2"], reviewed(conclusion="不同意报送")),
    ],
    ids=["nobody signed", "a clerk signed", "another office's leader signed", "the conclusion is no"],
)
async def test_a_review_that_nobody_entitled_stands_for_lets_nothing_in(county: Running, further: list[str], review: SecrecyReview):
    before = await county.kept()
    status, problem = await sent(county, packed(county, review, further))
    assert (status, problem["type"]) == (422, "/problems/secrecy-review-needed")
    assert problem["receipt"]
    assert (await county.kept()).blobs == before.blobs


async def test_a_mark_is_never_reviewed(county: Running):
    status, problem = await sent(county, packed(county, reviewed(), ["T01.2"], content="机密★1年\n".encode() + TEXT))
    assert (status, problem["type"]) == (422, "/problems/secrecy-mark")


async def test_a_review_needed_for_the_title_alone_waits_for_the_whole_container(county: Running):
    status, _ = await sent(county, packed(county, reviewed(), ["T01.2"], notes="工作秘密"))
    assert status == 201


async def test_a_series_is_approved_once_and_ends(county: Running):
    first = packed(county, reviewed(series=SecrecySeries(name="每日值班情况", months=1)), ["T01.2"])
    _, receipt = await sent(county, first)
    approved_by = receipt["submission"]
    status, following = await sent(county, packed(county, reviewed(approved_by=approved_by)))
    assert status == 201, following
    _, listed = await county.ask("GET", "/api/v1/reviews", "county.1")
    (row,) = [row for row in listed["items"] if row["submission"] == following["submission"]]
    assert (row["basis"], row["approved_by"]) == ("series", approved_by)
    for unknown in ("0" * 64, following["submission"]):
        status, problem = await sent(county, packed(county, reviewed(approved_by=unknown)))
        assert (status, problem["type"]) == (422, "/problems/secrecy-review-needed")
    await county.service.database.write(ended, approved_by)
    status, problem = await sent(county, packed(county, reviewed(approved_by=approved_by)))
    assert (status, problem["type"]) == (422, "/problems/secrecy-review-needed")


def ended(tx: Any, submission: str) -> None:
    tx.run("UPDATE secrecy_review SET valid_until = :at WHERE submission = :id", at=AT, id=submission)


async def test_an_approval_that_is_taken_away_before_the_commit_lets_nothing_in(county: Running, monkeypatch: pytest.MonkeyPatch):
    _, receipt = await sent(county, packed(county, reviewed(series=SecrecySeries(name="值班", months=1)), ["T01.2"]))
    before, put = await county.kept(), county.service.blobs.put

    def taken_away(*arguments: Any) -> None:
        put(*arguments)
        asyncio.run_coroutine_threadsafe(county.service.database.write(removed, receipt["submission"]), loop).result()

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(county.service.blobs, "put", taken_away)
    status, problem = await sent(county, packed(county, reviewed(approved_by=receipt["submission"])))
    assert (status, problem["type"], bool(problem["receipt"])) == (422, "/problems/secrecy-review-needed", True)
    assert (await county.kept()).blobs == before.blobs


def removed(tx: Any, submission: str) -> None:
    tx.run("DELETE FROM secrecy_review WHERE submission = :id", id=submission)


async def test_only_the_countys_confidentiality_officer_is_told_of_reviews(county: Running):
    for person in ("T01.1", "T01.2", "county.2"):
        status, problem = await county.ask("GET", "/api/v1/reviews", person)
        assert (status, problem["type"]) == (403, "/problems/not-allowed"), person


async def test_the_policy_in_force_is_published_under_its_version(county: Running):
    answer = await county.client.get("/api/v1/policy")
    policy = load_published(await answer.read())
    assert (policy, answer.headers["ETag"]) == (county.service.policy, f'"{policy.version}"')
    assert (await county.client.get("/healthz")).headers["Yizhan-Policy"] == policy.version
    assert (await county.client.get("/api/v1/policy", headers={"If-None-Match": f'"{policy.version}"'})).status == 304
    assert (await county.client.get("/api/v1/policy", headers={"If-Match": '"another"'})).status == 412


# ---- signed in the browser


def signed_in_the_browser(packed_: bytes, signer: KeySigner, run: Scripts, at: datetime = NOW) -> bytes:
    """Return what the page makes of a clerk's container and another person's key."""
    opened = run("signing/countersign.js", "open", blob(packed_))
    opened["files"] = [each | {"blob": blob(each["blob"])} for each in opened["files"]]
    own = {
        "privateKey": key(signer.private_key),
        "certificate": signer.certificate.public_bytes(Encoding.DER),
        "issuing": signer.chain[0].public_bytes(Encoding.DER),
    }
    return bytes(run("signing/countersign.js", "countersign", opened, own, at))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    with scripts(tmp_path_factory.mktemp("scripts")) as running:
        yield running


async def test_what_a_leader_signed_in_the_browser_is_let_in_and_the_officer_of_the_county_is_told(county: Running, run: Scripts):
    series = SecrecySeries(name="每周值班情况", months=3)
    status, receipt = await sent(county, signed_in_the_browser(packed(county, reviewed(series=series)), county.people["T01.2"], run))
    assert status == 201, receipt
    _, shown = await county.ask("GET", f"/api/v1/submissions/{receipt['submission']}", "T01.1")
    assert (shown["sent_by"], bool(shown["reviewed"])) == ("T01.1", True)
    _, listed = await county.ask("GET", "/api/v1/reviews", "county.1")
    (row,) = [row for row in listed["items"] if row["submission"] == receipt["submission"]]
    assert (row["basis"], row["approver"], row["series"]) == ("countersignature", "T01.2", "每周值班情况")
    offered = await county.service.database.read(approvals, "T01", county.clock.now(), 50)
    assert [each.submission for each in offered if each.series == "每周值班情况"] == [receipt["submission"]]
    assert await county.service.database.read(approvals, "T02", county.clock.now(), 50) == []
    assert receipt["submission"] not in [
        each.submission for each in await county.service.database.read(approvals, "T01", county.clock.now() + timedelta(days=100), 50)
    ]


@pytest.mark.parametrize("signer", ["T01.1", "T01.3", "T02.2"], ids=["whoever packed it", "a clerk", "another office's leader"])
async def test_a_signature_in_the_browser_that_counts_for_nothing_lets_nothing_in(county: Running, run: Scripts, signer: str):
    before = await county.kept()
    status, problem = await sent(county, signed_in_the_browser(packed(county, reviewed()), county.people[signer], run))
    assert (status, problem["type"]) == (422, "/problems/secrecy-review-needed")
    assert (await county.kept()).blobs == before.blobs


async def test_the_signature_of_a_leader_who_was_revoked_meanwhile_lets_nothing_in(county: Running, run: Scripts):
    leaver = await county.person("T01", "孙九", Role.LEADER)
    signed = signed_in_the_browser(packed(county, reviewed()), county.people[leaver], run)
    await county.leave(leaver)
    county.clock.advance(timedelta(seconds=2))  # type: ignore[attr-defined]
    before = await county.kept()
    status, problem = await sent(county, signed)
    assert (status, problem["type"]) == (403, "/problems/signer-revoked")
    assert (await county.kept()).blobs == before.blobs


# ---- the township's side


async def test_a_leader_adds_a_signature_to_what_a_clerk_packed_and_it_is_the_same_submission(county: Running, tmp_path: Path):
    path = tmp_path / "件.asice"
    path.write_bytes(packed(county, reviewed()))
    before = container.read(io.BytesIO(path.read_bytes()))
    await asyncio.to_thread(countersign, path, before, county.people["T01.2"], NOW)
    after = container.read(io.BytesIO(path.read_bytes()))
    assert after.head.manifest_sha256 == before.head.manifest_sha256
    assert (after.head.metadata, [part.sha256 for part in after.parts]) == (before.head.metadata, [part.sha256 for part in before.parts])
    ((manifest, signature),) = after.head.further
    signed = cms.verify(signature, hashlib.sha256(manifest).digest())
    assert signed.certificate == county.people["T01.2"].certificate
    status, receipt = await sent(county, path.read_bytes())
    assert (status, receipt["submission"]) == (201, before.head.manifest_sha256)
    assert [found_.name for found_ in tmp_path.iterdir()] == [path.name]


async def test_the_same_is_written_as_if_both_had_signed_at_once(county: Running, tmp_path: Path):
    path = tmp_path / "件.asice"
    path.write_bytes(packed(county, reviewed(), ["T01.2", "T02.2"]))
    whole = container.read(io.BytesIO(path.read_bytes()))
    countersign(path, whole, county.people["T01.3"], NOW)
    third = container.read(io.BytesIO(path.read_bytes()))
    assert third.head.further[:2] == whole.head.further
    assert len(third.head.further) == 3


async def test_a_container_that_changed_since_it_was_looked_at_is_not_signed(county: Running, tmp_path: Path):
    path = tmp_path / "件.asice"
    path.write_bytes(packed(county, reviewed()))
    whole = container.read(io.BytesIO(path.read_bytes()))
    other = bytearray(path.read_bytes())
    other[whole.parts[0].offset] ^= 1
    path.write_bytes(other)
    with pytest.raises(Problem, match="input-changed"):
        countersign(path, whole, county.people["T01.2"], NOW)
    assert path.read_bytes() == bytes(other)
    assert [found_.name for found_ in tmp_path.iterdir()] == [path.name]


async def test_what_was_reviewed_stands_the_check_of_the_whole_ledger(county: Running):
    assert (await check(county.county))["problems"] == []
