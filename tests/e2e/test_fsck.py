"""`fsck` finds whatever does not fit: one county, one change at a time, and nothing is repaired."""

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import ledger_maker
import pytest
from ledger_maker import NOW
from pysqlite3 import dbapi2 as sqlite

from archive.ledger import log
from exchange import fsck
from exchange.county import open_folder
from exchange.delivery.states import Action
from keys import cms, notes, timestamp
from schemas import instants
from schemas.problems import Problem, ProblemType


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a county folder that nobody changes; it has every kind of row."""
    folder = tmp_path_factory.mktemp("made") / "county"

    async def make() -> None:
        async with ledger_maker.filled(folder) as filled:
            gone = await filled.person("T02")
            filled.now = NOW + timedelta(seconds=5)
            await filled.database.write(ledger_maker.revoke, filled.county, gone, filled.now)

    asyncio.run(make())
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "county"))


async def checks(folder: Path) -> set[str]:
    report = await fsck.check(open_folder(folder))
    assert report["ok"] == (not report["problems"])
    return {problem["check"] for problem in report["problems"]}


def change(folder: Path, *statements: str, **parameters: Any) -> None:
    """Change rows as someone would who has the file: without references, and past the triggers, which come back afterwards."""
    connection = sqlite.connect(str(folder / "ledger.db"), isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        used = {name: value for name, value in parameters.items() if f":{name}" in statement}
        assert connection.execute(statement, used).rowcount != 0, statement
    for _, sql in triggers:
        connection.execute(sql)
    connection.close()


def row_of(folder: Path, sql: str) -> Any:
    connection = sqlite.connect(str(folder / "ledger.db"))
    found = connection.execute(sql).fetchone()
    connection.close()
    return found


def blob_of(folder: Path) -> Path:
    return next(path for path in sorted(folder.glob("blobs/2*/*")))


async def test_an_untouched_county_is_whole_and_every_check_had_something_to_look_at(folder: Path):
    report = await fsck.check(open_folder(folder))
    assert report["problems"] == []
    assert report["ok"] is True
    assert report["signing_stopped"] == ""
    counted = report["checked"]
    assert counted["submissions"] == 3
    assert counted["deliveries"] == 4
    assert counted["reasons"] == 1
    assert counted["certificates"] == 4
    assert counted["revocation_lists"] == 2
    assert counted["events"] == counted["leaves"] == 20
    assert counted["orphan_blobs"] == 0
    assert all(counted[name] for name in ("bytes", "signatures", "checkpoints", "tiles", "moves", "texts"))


# the last of the 20 events has the id 20, and is the public one of a revocation
CHANGES: dict[str, tuple[str, set[str]]] = {
    "a delivery is said to be urgent": ("UPDATE delivery SET rank = 0", {"recipients"}),
    "a delivery was to nobody who is named": (
        "UPDATE delivery SET office = 'T02' WHERE office = 'county' AND version = 1",
        {"recipients", "register"},
    ),
    "an office is said to have issued it too": (
        "INSERT INTO joint_issuer SELECT id, 'T02', 'T02.1', accepted_at FROM submission WHERE office = 'T01' LIMIT 1",
        {"joint-issuer", "register"},
    ),
    "a register is searched by other words": ("UPDATE register_words SET words = words || '。' WHERE book = 'outgoing'", {"register"}),
    "a register names another recipient": ("DELETE FROM register_party WHERE book = 'outgoing'", {"register"}),
    "a submission has another size": ("UPDATE submission SET size = size + 1", {"blob"}),
    "a submission has another container": ("UPDATE submission SET container = printf('%064d', 0) WHERE named = 1", {"blob", "answer"}),
    "a submission has another person": ("UPDATE submission SET person = 'T02.1' WHERE office = 'T01'", {"submission-signer", "answer"}),
    "a submission has another office": (
        "UPDATE submission SET office = 'T02', filing_ordinal = filing_ordinal + 7 WHERE office = 'T01'",
        {"submission-signer", "submission-text", "answer"},
    ),
    "a submission has another instant of reception": (
        "UPDATE submission SET received_at = '2026-11-20T01:00:00.251Z' WHERE named = 1",
        {"answer"},
    ),
    "a submission was received before any list": (
        "UPDATE submission SET received_at = '2026-11-19T01:00:00.251Z' WHERE named = 1",
        {"answer", "submission-signer"},
    ),
    "a submission is gone": ("DELETE FROM submission WHERE named = 1", {"acceptance", "answer", "delivery", "foreign-key"}),
    "metadata are others": ("UPDATE submission_text SET metadata = CAST('{}' AS BLOB)", {"submission-text"}),
    "a kept text is gone": ("DELETE FROM kept_text", {"kept-text"}),
    "a kept text is empty": ("UPDATE kept_text SET body = x''", {"kept-text"}),
    "a kept text is cut": ("UPDATE kept_text SET body = substr(body, 1, length(body) - 1)", {"kept-text"}),
    "a kept text is of a newer program": (
        "UPDATE kept_text SET body = CAST(substr(body, 1, 4) || x'02' || substr(body, 6) AS BLOB)",
        {"kept-text"},
    ),
    "title and metadata are erased and the kept text is not": ("DELETE FROM submission_text", {"kept-text"}),
    "an answer is empty": ("UPDATE answer SET body = NULL", {"answer"}),
    "an answer has other bytes": ("UPDATE answer SET body = CAST(body || ' ' AS BLOB)", {"answer"}),
    "an answer is gone": ("DELETE FROM answer", {"answer"}),
    "an answer is of another event": ("UPDATE answer SET evidence_id = (SELECT evidence_id FROM event WHERE id = 20)", {"answer"}),
    "a delivery has another review": ("UPDATE delivery SET review = 'signed_for' WHERE review = 'returned'", {"delivery"}),
    "a delivery has another opening": ("UPDATE delivery SET opening = 'consigned' WHERE opening = 'opened'", {"delivery"}),
    "a delivery has another version": ("UPDATE delivery SET version = version + 1", {"delivery"}),
    "a delivery is gone": ("DELETE FROM delivery WHERE office = 'T02'", {"delivery", "register"}),
    "a delivery has no submission": (
        "INSERT INTO delivery SELECT printf('%064d', 0), code, 0, '', 'consigned', 'pending', 1, '', 'none', 2 FROM office LIMIT 1",
        {"delivery", "foreign-key"},
    ),
    "a receipt is spelt differently": (
        "UPDATE event SET receipt = CAST(replace(CAST(receipt AS TEXT), ',\"at\"', ', \"at\"') AS BLOB) WHERE id = 20",
        {"event-form", "event-signature", "checkpoint", "proof", "tile"},
    ),
    "a receipt says something else": (
        "UPDATE event SET receipt = CAST(replace(CAST(receipt AS TEXT), 'T02', 'T01') AS BLOB) WHERE id = 20",
        {"event-form", "event-signature", "checkpoint", "proof", "tile"},
    ),
    "a receipt is not JSON": (
        "UPDATE event SET receipt = CAST('x' AS BLOB) WHERE id = 20",
        {"event-form", "event-signature", "certificate"},
    ),
    "an event has another person": ("UPDATE event SET person = 'T01.1' WHERE id = 20", {"event-form"}),
    "an event has another recipient": ("UPDATE event SET recipient = 'T01' WHERE recipient = 'T02'", {"event-form", "delivery"}),
    "an event has another name": ("UPDATE event SET event = 'ContentHandover' WHERE event = 'OfficeRegistration'", {"event-form"}),
    "an event happened later": (
        "UPDATE event SET at = '2026-11-21T00:00:00.000Z' WHERE id = 3",
        {"event-form", "event-time", "event-stamp"},
    ),
    "an event happened at no instant": ("UPDATE event SET at = 'now' WHERE id = 3", {"event-form", "event-time", "event-stamp"}),
    "a number of an office is missing": ("UPDATE event SET sequence = sequence + 1 WHERE id = 20", {"event-form", "event-sequence"}),
    "the chain of a submission is broken": (
        "UPDATE event SET submission = (SELECT max(submission) FROM event) WHERE event = 'SubmissionAcceptance'",
        {"event-form", "answer"},
    ),
    "a signature is another event's": (
        "UPDATE event SET signature = (SELECT signature FROM event WHERE id = 1) WHERE id = 2",
        {"event-signature", "checkpoint", "proof", "tile"},
    ),
    "a signature is none": ("UPDATE event SET signature = x'3000' WHERE id = 2", {"event-signature"}),
    "a time stamp is another event's": (
        "UPDATE event SET timestamp = (SELECT timestamp FROM event WHERE id = 1) WHERE id = 2",
        {"event-stamp"},
    ),
    "a proof is another event's": ("UPDATE event SET proof = (SELECT proof FROM event WHERE id = 1) WHERE id = 6", {"proof"}),
    "a proof is gone": ("UPDATE event SET proof = NULL WHERE id = 6", {"proof", "leaf"}),
    "a leaf is gone": ("UPDATE event SET leaf = NULL WHERE id = 20", {"leaf", "checkpoint", "tile"}),
    "leaves have a gap": ("UPDATE event SET leaf = leaf + 1 WHERE id = 20", {"leaf"}),
    "an event is gone": ("DELETE FROM event WHERE id = 8", {"leaf"}),
    "the last event is gone": ("DELETE FROM event WHERE id = 20", {"checkpoint", "tile", "certificate"}),
    "a checkpoint is gone": ("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)", {"checkpoint", "proof"}),
    "an early checkpoint is gone": ("DELETE FROM checkpoint WHERE size = 2", {"proof"}),
    "a checkpoint has another root": ("UPDATE checkpoint SET root = zeroblob(32) WHERE size = 3", {"checkpoint"}),
    "a checkpoint has another note": (
        "UPDATE checkpoint SET note = (SELECT max(note) FROM checkpoint) WHERE note = (SELECT min(note) FROM checkpoint)",
        {"checkpoint", "proof"},
    ),
    "a checkpoint is over nothing": ("INSERT INTO checkpoint SELECT 0, root, note, at FROM checkpoint LIMIT 1", {"checkpoint"}),
    "a checkpoint is over what is not there": ("INSERT INTO checkpoint SELECT 99, root, note, at FROM checkpoint LIMIT 1", {"checkpoint"}),
    "a checkpoint has another instant": ("UPDATE checkpoint SET at = '2026-11-20T00:00:00.000Z' WHERE size = 3", {"checkpoint"}),
    "a tile has other hashes": ("UPDATE tile SET hashes = zeroblob(length(hashes))", {"tile"}),
    "a tile is too short": ("UPDATE tile SET width = width - 1", {"tile"}),
    "a tile is too much": ("INSERT INTO tile VALUES (1, 0, 1, zeroblob(32))", {"tile"}),
    "a tile is gone": ("DELETE FROM tile", {"tile"}),
    "a reason is another": ("UPDATE reason SET text = '好'", {"reason"}),
    "a reason has another salt": ("UPDATE reason SET salt = x'00'", {"reason"}),
    "a reason is of an event without one": ("UPDATE reason SET evidence_id = (SELECT evidence_id FROM event WHERE id = 1)", {"reason"}),
    "a reason is of no event": ("UPDATE reason SET evidence_id = 'x'", {"reason", "foreign-key"}),
    "a certificate has other bytes": ("UPDATE certificate SET der = (SELECT max(der) FROM certificate)", {"certificate"}),
    "a certificate is no certificate": ("UPDATE certificate SET der = x'00' WHERE person = 'T01.1'", {"certificate"}),
    "a certificate is another person's": ("UPDATE certificate SET person = 'T02.1' WHERE person = 'T01.1'", {"certificate"}),
    "a certificate has no event": ("DELETE FROM event WHERE event = 'CertificateIssuance'", {"certificate", "leaf"}),
    "a certificate is gone": ("DELETE FROM certificate WHERE person = 'T01.1'", {"certificate"}),
    "a revocation has no event": (
        "UPDATE certificate SET revoked_at = '2026-11-20T01:00:00.250Z' WHERE person = 'T01.1'",
        {"certificate", "revocation-list"},
    ),
    "a revocation is taken back": ("UPDATE certificate SET revoked_at = NULL", {"certificate"}),
    "a list is gone": ("DELETE FROM crl WHERE number = 1", {"revocation-list", "event-trust", "submission-signer"}),
    "all lists are gone": ("DELETE FROM crl", {"revocation-list", "event-trust"}),
    "a list is another": ("UPDATE crl SET der = (SELECT der FROM crl WHERE number = 1) WHERE number = 2", {"revocation-list"}),
    "a list is no list": ("UPDATE crl SET der = x'00' WHERE number = 1", {"revocation-list", "event-trust"}),
    "a list has another span": ("UPDATE crl SET next_update = '2027-11-20T01:00:00.000Z' WHERE number = 2", {"revocation-list"}),
    "a table is too much": ("CREATE TABLE other (id INTEGER)", {"schema"}),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_of_a_row_is_found(folder: Path, what: str):
    statement, expected = CHANGES[what]
    change(folder, statement)
    assert expected <= await checks(folder)


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-600] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [(_remove, {"blob"}), (_cut, {"blob", "container"}), (_flip, {"blob", "container"})],
    ids=("removed", "cut", "flipped"),
)
async def test_damage_to_a_blob_is_found(folder: Path, damage: Callable[[Path], None], expected: set[str]):
    damage(blob_of(folder))
    assert expected <= await checks(folder)


async def test_a_trigger_that_was_dropped_is_found(folder: Path):
    connection = sqlite.connect(str(folder / "ledger.db"), isolation_level=None)
    connection.execute("DROP TRIGGER event_stays")
    connection.close()
    assert await checks(folder) == {"schema"}


async def test_a_fork_signed_by_our_own_key_is_found(folder: Path):
    county = open_folder(folder)
    forged = notes.Checkpoint(county.notary.log.origin, 3, b"\1" * 32)
    change(
        folder,
        "UPDATE checkpoint SET root = :root, note = :note WHERE size = 3",
        root=forged.root,
        note=notes.sign_checkpoint(forged, county.notary.log_private),
    )
    assert "checkpoint" in await checks(folder)


async def test_a_receipt_signed_by_a_key_that_is_not_the_countys_is_found(folder: Path):
    stranger = ledger_maker.notary()
    (receipt,) = row_of(folder, "SELECT receipt FROM event WHERE id = 20")
    at = instants.read(row_of(folder, "SELECT max(at) FROM event")[0])
    signature = cms.sign(hashlib.sha256(receipt).digest(), stranger.receipts, at)
    change(
        folder,
        "UPDATE event SET signature = :signature, timestamp = :timestamp WHERE id = 20",
        signature=signature,
        timestamp=timestamp.stamp(signature, stranger.timestamps, at, 1),
    )
    assert {"event-trust", "checkpoint", "proof", "tile"} <= await checks(folder)


async def test_a_torn_page_is_found_or_refused(folder: Path):
    ledger = folder / "ledger.db"
    content = bytearray(ledger.read_bytes())
    for page in range(8, len(content) // 4096, 5):
        content[page * 4096 : page * 4096 + 64] = bytes(64)
    ledger.write_bytes(content)
    try:
        assert "database" in await checks(folder)
    except Problem as problem:
        assert problem.kind is ProblemType.LEDGER_DAMAGED  # noqa: PT017 - either is right


async def test_blobs_without_a_submission_are_counted_and_are_no_problem(folder: Path):
    blob = blob_of(folder)
    (blob.parent / hashlib.sha256(b"orphan").hexdigest()).write_bytes(b"orphan")
    report = await fsck.check(open_folder(folder))
    assert report["ok"]
    assert report["checked"]["orphan_blobs"] == 1


async def test_nothing_is_repaired_and_nothing_is_written(folder: Path):
    change(folder, "DELETE FROM tile")
    blob_of(folder).unlink()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    await checks(folder)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix not in {".db-wal", ".db-shm"}}
    assert {path: content for path, content in before.items() if path in after} == after


async def test_a_halted_ledger_is_checked_like_any_other(folder: Path):
    async with ledger_maker.opened(open_folder(folder)) as filled:
        await filled.database.write(log.halt, "ledger-behind: 1 < 2")
    report = await fsck.check(open_folder(folder))
    assert report["ok"]
    assert report["signing_stopped"] == "ledger-behind: 1 < 2"


async def test_a_ledger_that_is_being_written_is_checked_as_it_stood_at_one_moment(tmp_path: Path):
    async with ledger_maker.filled(tmp_path / "county") as filled:

        async def write() -> None:
            for _ in range(5):
                submission = await filled.send("T01.1")
                await filled.move("county.1", submission, Action.OPEN)

        reports = await asyncio.gather(fsck.check(filled.county), write(), fsck.check(filled.county))
        assert reports[0]["problems"] == reports[2]["problems"] == []
        report = await fsck.check(filled.county)
    assert report["ok"]
    assert report["checked"]["submissions"] == 8


async def test_of_many_problems_of_one_kind_only_the_first_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("exchange.checking.findings.SHOWN", 2)
    change(folder, "UPDATE event SET signature = x'3000'")
    report = await fsck.check(open_folder(folder))
    told = [problem["what"] for problem in report["problems"] if problem["check"] == "event-signature"]
    assert len(told) == 3
    assert told[-1] == "… and 18 more"


async def test_another_countys_ledger_is_refused(folder: Path, tmp_path: Path):
    other = await ledger_maker.found(tmp_path / "other")
    shutil.copy(other.ledger, folder / "ledger.db")
    with pytest.raises(Problem) as refused:
        await fsck.check(open_folder(folder))
    assert refused.value.kind is ProblemType.LEDGER_FOREIGN


async def test_a_folder_without_a_ledger_is_refused_and_none_is_made(folder: Path):
    (folder / "ledger.db").unlink()
    with pytest.raises(Problem) as refused:
        await fsck.check(open_folder(folder))
    assert refused.value.kind is ProblemType.FOLDER_UNKNOWN
    assert not (folder / "ledger.db").exists()
