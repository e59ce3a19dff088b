"""A backup can be restored, damage to it is refused, and what was restored signs nothing before it is confirmed."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import ledger_maker
import msgspec
import pytest
from ledger_maker import NOW

from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from exchange import fsck
from exchange.backup import backup, keys_of, restore
from exchange.clock import FakeClock
from exchange.config import Settings
from exchange.confirmation import halt_restored
from exchange.control import hold
from exchange.county import County, open_folder
from exchange.founding import found_county
from exchange.office import store
from keys import notes
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, OfficeKind

LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `county`, and `out` with `out.keys`, its backup; nobody changes them."""
    folder = tmp_path_factory.mktemp("made")

    async def make() -> None:
        async with ledger_maker.filled(folder / "county") as filled:
            filled.county.refusal_key(2026)
            await backup(filled.county, folder / "out")

    asyncio.run(make())
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "place"))


async def refused(source: Path, folder: Path, checkpoint: str | None = None, waiver: str | None = None) -> ProblemType:
    """Return why a restore was refused; it left nothing behind."""
    before = sorted(folder.parent.iterdir())
    with pytest.raises(Problem) as problem:
        await restore(source, folder, checkpoint=checkpoint, waiver=waiver, clock=FakeClock(LATER))
    assert sorted(folder.parent.iterdir()) == before
    return problem.value.kind


async def halted(folder: Path) -> str:
    return str((await fsck.check(open_folder(folder)))["signing_stopped"])


async def checkpoint_of(county: County, size: int | None = None) -> bytes:
    async with ledger_maker.opened(county, LATER) as filled:
        rows = await filled.database.read(lambda tx: tx.rows("SELECT size, note FROM checkpoint ORDER BY size"))
    return bytes(next(row.note for row in reversed(rows) if size is None or row.size == size))


async def confirmations(folder: Path) -> list[Receipt]:
    async with ledger_maker.opened(open_folder(folder), LATER) as filled:
        rows = await filled.database.read(lambda tx: tx.rows("SELECT receipt FROM event WHERE event = 'LedgerConfirmation'"))
    return [decode(row.receipt, Receipt) for row in rows]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_a_backup_holds_ledger_blobs_and_settings_and_apart_from_them_the_keys(place: Path):
    backed = files(place / "out")
    assert {"ledger.db", "county.toml", "backups.jsonl", "SHA256SUMS"} < backed
    assert sum(name.startswith("blobs/2026-11-20/") for name in backed) == 3
    assert len(backed) == 7
    keys = files(place / "out.keys")
    assert {"keys/root.key.pem", "keys/log.key.pem", "keys/passphrase", "trust/root.pem", "README.txt", "SHA256SUMS"} < keys
    assert not any("refusal" in name for name in keys)
    assert (place / "county" / "keys" / "refusal" / "2026.key").exists()
    assert (place / "out.keys").stat().st_mode & 0o777 == 0o700
    assert "另一介质" in (place / "out.keys" / "README.txt").read_text()
    backups = [path for name in ("out", "out.keys") for path in (place / name).rglob("*")]
    assert not [path for path in backups if path.stat().st_mode & 0o077]


@pytest.mark.parametrize("name", ["out", "out.keys"])
def test_the_sums_are_those_that_sha256sum_checks(place: Path, name: str):
    assert (
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=place / name, check=False, timeout=60).returncode
        == 0
    )
    listed = {line.split("  ", 1)[1] for line in (place / name / "SHA256SUMS").read_text().splitlines()}
    assert listed | {"SHA256SUMS"} == files(place / name)


async def test_a_restored_county_is_whole_and_halted(place: Path):
    answer = await restore(place / "out", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    assert answer["submissions"] == 3
    assert answer["missing"] == 0
    assert answer["confirmed"] == ""
    assert answer["signing_stopped"].startswith("restored-unconfirmed: ")
    report = await fsck.check(open_folder(place / "new"))
    assert report["problems"] == []
    assert report["signing_stopped"] == answer["signing_stopped"]
    assert report["checked"] == (await fsck.check(open_folder(place / "county")))["checked"]
    assert not [path for path in place.iterdir() if path.name.startswith(".")]


async def test_a_restored_ledger_signs_nothing(place: Path):
    await restore(place / "out", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    async with ledger_maker.opened(open_folder(place / "new"), LATER) as filled:
        with pytest.raises(Problem) as stopped:
            await filled.database.write(store.add_office, filled.county.notary, "T09", "新镇", OfficeKind.TOWNSHIP, LATER)
    assert stopped.value.kind is ProblemType.SIGNING_STOPPED


async def test_a_townships_last_checkpoint_confirms_and_the_event_names_it(place: Path):
    note = await checkpoint_of(open_folder(place / "county"))
    (place / "checkpoint").write_bytes(note)
    answer = await restore(place / "out", place / "new", checkpoint=str(place / "checkpoint"), waiver=None, clock=FakeClock(LATER))
    county = open_folder(place / "new")
    seen = notes.open_checkpoint(note, county.notary.log)
    assert answer["confirmed"] == f"checkpoint {seen.size} {seen.root.hex()}"
    assert answer["signing_stopped"] == ""
    (receipt,) = await confirmations(place / "new")
    assert (receipt.event, receipt.office, receipt.subject) == (Event.LEDGER_CONFIRMATION, COUNTY, answer["confirmed"])
    assert (await fsck.check(county))["problems"] == []


async def test_an_earlier_checkpoint_confirms_too(place: Path):
    (place / "checkpoint").write_bytes(await checkpoint_of(open_folder(place / "county"), 4))
    answer = await restore(place / "out", place / "new", checkpoint=str(place / "checkpoint"), waiver=None, clock=FakeClock(LATER))
    assert answer["confirmed"].startswith("checkpoint 4 ")


async def test_a_waiver_confirms_and_its_reason_is_public(place: Path):
    answer = await restore(place / "out", place / "new", checkpoint=None, waiver=" 各乡镇均无记录 ", clock=FakeClock(LATER))
    assert answer["confirmed"] == "waived: 各乡镇均无记录"
    (receipt,) = await confirmations(place / "new")
    assert receipt.subject == "waived: 各乡镇均无记录"


async def test_a_confirmation_is_provable_when_every_revocation_list_had_run_out(place: Path):
    clock = FakeClock(NOW + timedelta(days=30))
    answer = await restore(place / "out", place / "new", checkpoint=None, waiver="after a month", clock=clock)
    assert answer["signing_stopped"] == ""
    assert (await fsck.check(open_folder(place / "new")))["problems"] == []


async def test_a_restored_folder_is_confirmed_later_and_only_once(place: Path):
    (place / "checkpoint").write_bytes(await checkpoint_of(open_folder(place / "county")))
    await restore(place / "out", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    assert await refused(place / "out", place / "new") is ProblemType.FOLDER_EXISTS
    answer = await restore(place / "out", place / "new", checkpoint=str(place / "checkpoint"), waiver=None, clock=FakeClock(LATER))
    assert answer["signing_stopped"] == ""
    assert await refused(place / "out", place / "new", waiver="again") is ProblemType.FOLDER_EXISTS
    assert len(await confirmations(place / "new")) == 1


async def test_a_county_that_was_never_restored_is_not_touched(place: Path):
    before = (place / "county" / "ledger.db").read_bytes()
    assert await refused(place / "out", place / "county", waiver="why not") is ProblemType.FOLDER_EXISTS
    assert (place / "county" / "ledger.db").read_bytes() == before


async def test_a_checkpoint_newer_than_the_backup_is_refused(place: Path):
    async with ledger_maker.opened(open_folder(place / "county"), LATER) as filled:
        await filled.office("T03")
    (place / "checkpoint").write_bytes(await checkpoint_of(open_folder(place / "county")))
    assert await refused(place / "out", place / "new", str(place / "checkpoint")) is ProblemType.CHECKPOINT_REFUSED
    await restore(place / "out", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    assert await refused(place / "out", place / "new", str(place / "checkpoint")) is ProblemType.CHECKPOINT_REFUSED
    assert (await halted(place / "new")).startswith("restored-unconfirmed: ")


async def test_a_checkpoint_with_another_root_is_refused(place: Path):
    county = open_folder(place / "county")
    forged = notes.Checkpoint(county.notary.log.origin, 4, b"\1" * 32)
    (place / "checkpoint").write_bytes(notes.sign_checkpoint(forged, county.notary.log_private))
    assert await refused(place / "out", place / "new", str(place / "checkpoint")) is ProblemType.CHECKPOINT_REFUSED


async def test_a_checkpoint_of_another_log_is_refused(place: Path):
    other = await ledger_maker.found(place / "other")
    (place / "checkpoint").write_bytes(await checkpoint_of(other))
    assert await refused(place / "out", place / "new", str(place / "checkpoint")) is ProblemType.CHECKPOINT_REFUSED


@pytest.mark.parametrize("content", [b"", b"no note", b"\xff" * 100_000])
async def test_a_file_that_is_no_checkpoint_is_refused(place: Path, content: bytes):
    (place / "checkpoint").write_bytes(content)
    assert await refused(place / "out", place / "new", str(place / "checkpoint")) is ProblemType.CHECKPOINT_REFUSED


async def test_what_cannot_be_a_ground_is_refused(place: Path):
    assert await refused(place / "out", place / "new", str(place / "nothing")) is ProblemType.INPUT_UNREADABLE
    assert await refused(place / "out", place / "new", waiver="  ") is ProblemType.REASON_REQUIRED
    assert await refused(place / "out", place / "new", waiver="a\nb") is ProblemType.REASON_REQUIRED
    assert await refused(place / "out", place / "new", waiver="a" * 501) is ProblemType.REASON_REQUIRED
    assert await refused(place / "out", place / "new", str(place / "out" / "ledger.db"), "both") is ProblemType.REQUEST_MALFORMED


async def test_proof_that_the_ledger_is_behind_is_waived_and_never_confirmed_by_a_checkpoint(place: Path):
    await restore(place / "out", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    async with ledger_maker.opened(open_folder(place / "new"), LATER) as filled:
        await filled.database.write(log.halt, "ledger-behind: 1 < 2")
        assert await filled.database.read(log.halted) == "ledger-behind: 1 < 2"
        await filled.database.write(log.halt, "ledger-forked: 1")
        assert await filled.database.read(log.halted) == "ledger-behind: 1 < 2"
    (place / "note").write_bytes(b"whatever")
    assert await refused(place / "out", place / "new", checkpoint=str(place / "note")) is ProblemType.FOLDER_EXISTS
    answer = await restore(place / "out", place / "new", checkpoint=None, waiver="the disk is lost", clock=FakeClock(LATER))
    assert (answer["confirmed"], answer["signing_stopped"]) == ("waived: the disk is lost", "")


async def test_a_backup_of_a_halted_ledger_restores_to_a_ledger_halted_for_the_same_reason(place: Path):
    async with ledger_maker.opened(open_folder(place / "county"), LATER) as filled:
        await filled.database.write(log.halt, "ledger-behind: 1 < 2")
    await backup(open_folder(place / "county"), place / "second")
    await restore(place / "second", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    assert await halted(place / "new") == "ledger-behind: 1 < 2"


async def test_a_clock_before_the_last_event_confirms_nothing(place: Path):
    with pytest.raises(Problem) as problem:
        await restore(place / "out", place / "new", checkpoint=None, waiver="clock", clock=FakeClock(NOW - timedelta(days=1)))
    assert problem.value.kind is ProblemType.CLOCK_WRONG
    assert not (place / "new").exists()


async def test_a_folder_that_a_service_holds_is_not_confirmed(place: Path):
    await restore(place / "out", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    with hold(place / "new"):
        assert await refused(place / "out", place / "new", waiver="held") is ProblemType.FOLDER_IN_USE


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _blob(source: Path) -> Path:
    return next(path for path in sorted(source.glob("blobs/2*/*")))


def _listed(source: Path, line: str) -> None:
    with (source / "SHA256SUMS").open("a") as sums:
        sums.write(line)


DAMAGES: dict[str, tuple[Callable[[Path], None], ProblemType]] = {
    "a flipped bit in the ledger": (lambda out: _flip(out / "ledger.db"), ProblemType.BACKUP_DAMAGED),
    "a flipped bit in a blob": (lambda out: _flip(_blob(out)), ProblemType.BACKUP_DAMAGED),
    "a flipped bit in the settings": (lambda out: _flip(out / "county.toml"), ProblemType.BACKUP_DAMAGED),
    "a missing blob": (lambda out: _blob(out).unlink(), ProblemType.BACKUP_DAMAGED),
    "no ledger": (lambda out: (out / "ledger.db").unlink(), ProblemType.BACKUP_DAMAGED),
    "no sums": (lambda out: (out / "SHA256SUMS").unlink(), ProblemType.BACKUP_DAMAGED),
    "no backup": (shutil.rmtree, ProblemType.BACKUP_DAMAGED),
    "a line that is cut": (lambda out: _listed(out, "0123"), ProblemType.BACKUP_DAMAGED),
    "a name outside": (lambda out: _listed(out, f"{'0' * 64}  ../out.keys/README.txt\n"), ProblemType.BACKUP_DAMAGED),
    "an absolute name": (lambda out: _listed(out, f"{'0' * 64}  /etc/hostname\n"), ProblemType.BACKUP_DAMAGED),
    "a name with a dot": (lambda out: _listed(out, f"{'0' * 64}  blobs/./x\n"), ProblemType.BACKUP_DAMAGED),
    "a file named twice": (
        lambda out: _listed(out, (out / "SHA256SUMS").read_text().splitlines(keepends=True)[0]),
        ProblemType.BACKUP_DAMAGED,
    ),
    "no keys": (lambda out: shutil.rmtree(keys_of(out)), ProblemType.KEY_UNREADABLE),
    "no passphrase": (lambda out: (keys_of(out) / "keys" / "passphrase").unlink(), ProblemType.KEY_UNREADABLE),
    "a key is missing": (lambda out: (keys_of(out) / "keys" / "log.key.pem").unlink(), ProblemType.BACKUP_DAMAGED),
    "a flipped bit in a key": (lambda out: _flip(keys_of(out) / "keys" / "log.key.pem"), ProblemType.BACKUP_DAMAGED),
}


@pytest.mark.parametrize("what", DAMAGES)
async def test_a_damaged_backup_is_refused_and_nothing_is_left(place: Path, what: str):
    damage, expected = DAMAGES[what]
    damage(place / "out")
    assert await refused(place / "out", place / "new") is expected


async def test_the_keys_of_another_county_are_refused(place: Path):
    other = await ledger_maker.found(place / "other")
    await backup(other, place / "second")
    shutil.rmtree(place / "out.keys")
    (place / "second.keys").rename(place / "out.keys")
    assert await refused(place / "out", place / "new") is ProblemType.LEDGER_FOREIGN


@pytest.mark.parametrize("name", ["out", "out.keys"])
async def test_a_backup_never_replaces_another(place: Path, name: str):
    shutil.rmtree(place / ("out.keys" if name == "out" else "out"))
    before = files(place / name)
    with pytest.raises(Problem) as problem:
        await backup(open_folder(place / "county"), place / "out")
    assert problem.value.kind is ProblemType.FOLDER_EXISTS
    assert files(place / name) == before


async def test_a_backup_without_a_place_is_refused(place: Path):
    with pytest.raises(Problem) as problem:
        await backup(open_folder(place / "county"), place / "no" / "such" / "place")
    assert problem.value.kind is ProblemType.FOLDER_READ_ONLY


async def test_a_backup_that_fails_half_way_leaves_nothing_that_looks_whole(place: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("exchange.backup._copy_keys", fail)
    before = sorted(place.iterdir())
    with pytest.raises(Problem) as problem:
        await backup(open_folder(place / "county"), place / "second")
    assert problem.value.kind is ProblemType.STORAGE_FULL
    assert sorted(place.iterdir()) == before


async def test_a_missing_and_a_damaged_blob_are_named_and_everything_else_is_kept(place: Path):
    blobs = sorted((place / "county").glob("blobs/2*/*"))
    blobs[0].unlink()
    _flip(blobs[1])
    answer = await backup(open_folder(place / "county"), place / "second")
    assert not answer["ok"]
    assert {name.split(":")[0] for name in answer["missing"]} == {blobs[0].name, blobs[1].name}
    assert answer["submissions"] == 1
    restored = await restore(place / "second", place / "new", checkpoint=None, waiver=None, clock=FakeClock(LATER))
    assert restored["missing"] == 2
    report = await fsck.check(open_folder(place / "new"))
    assert {problem["check"] for problem in report["problems"]} == {"blob"}


async def test_a_blob_without_a_submission_is_not_backed_up(place: Path):
    stray = hashlib.sha256(b"stray").hexdigest()
    (_blob(place / "county").parent / stray).write_bytes(b"stray")
    await backup(open_folder(place / "county"), place / "second")
    assert not [name for name in files(place / "second") if stray in name]


async def test_a_damaged_ledger_is_not_backed_up(place: Path):
    ledger = place / "county" / "ledger.db"
    content = bytearray(ledger.read_bytes())
    for page in range(6, len(content) // 4096, 3):
        content[page * 4096 : page * 4096 + 64] = bytes(64)
    ledger.write_bytes(content)
    with pytest.raises(Problem) as problem:
        await backup(open_folder(place / "county"), place / "second")
    assert problem.value.kind is ProblemType.LEDGER_DAMAGED


async def test_a_backup_beside_writers_is_a_whole_county_of_one_moment(tmp_path: Path):
    async with ledger_maker.filled(tmp_path / "county") as filled:

        async def write() -> None:
            for _ in range(6):
                await filled.send("T01.1")

        answers = await asyncio.gather(backup(filled.county, tmp_path / "first"), write(), backup(filled.county, tmp_path / "second"))
    for answer, name in ((answers[0], "first"), (answers[2], "second")):
        assert answer["ok"]
        restored = await restore(tmp_path / name, tmp_path / f"new-{name}", checkpoint=None, waiver=None, clock=FakeClock(LATER))
        assert restored["log"] == answer["log"]
        assert restored["submissions"] == answer["submissions"]
        assert (await fsck.check(open_folder(tmp_path / f"new-{name}")))["problems"] == []


async def test_a_policy_file_beside_the_settings_is_backed_up(tmp_path: Path):
    source = Path(fsck.__file__).parent / "policy" / "rules" / "usual.toml"
    county = await found_county(tmp_path / "county", Settings(name="示例县"), NOW)
    (tmp_path / "county" / "ours.toml").write_bytes(source.read_bytes())
    changed = msgspec.structs.replace(county.settings, policy="ours.toml")
    await backup(County(county.folder, changed, county.root, county.issuer, county.notary), tmp_path / "out")
    assert (tmp_path / "out" / "ours.toml").read_bytes() == source.read_bytes()


async def test_restoring_twice_gives_two_ledgers_of_which_each_is_halted(place: Path):
    for name in ("one", "two"):
        await restore(place / "out", place / name, checkpoint=None, waiver=None, clock=FakeClock(LATER))
        assert (await halted(place / name)).startswith("restored-unconfirmed")


async def test_halting_again_keeps_a_restored_ledger_unconfirmed(place: Path):
    county = open_folder(place / "county")
    await halt_restored(county, LATER)
    assert await halted(place / "county") == f"{log.UNCONFIRMED}: {instants.write(LATER)}"
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(LATER))
    try:
        assert await database.read(log.last_instant) == instants.write(NOW)
    finally:
        await database.close()
