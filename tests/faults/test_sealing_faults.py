"""A process that is killed, or a disk that fails, between the steps of sealing: what is sealed stays closed, and nothing is lost."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ledger_maker
import pytest
from ledger_maker import NOW, Filled
from sealing_maker import holding

from archive.blobs.files import FileBlobs
from archive.ledger.snapshot import snapshot
from exchange import fsck
from exchange.county import open_folder
from exchange.office import store as offices
from exchange.sealing import store
from exchange.sealing.late import seal_late
from exchange.sealing.packages import Packages
from exchange.sealing.sealer import Sealer
from exchange.sealing.states import Act, Seal
from keys import sealed
from schemas.problems import Problem, ProblemType
from schemas.words import Role

TITLE, PHRASE = "鹤鸣于九皋声闻于天之件", "蒹葭苍苍白露为霜所谓伊人在水一方"
FILES = {"渐渐之石.txt": PHRASE.encode()}


async def made(folder: Path) -> str:
    """Make a county with an officer and a leader, and one submission that is contained; returns its id."""
    async with ledger_maker.opened(await ledger_maker.found(folder)) as filled:
        await filled.office("T01")
        await filled.person("T01")
        await filled.person("county", Role.CONFIDENTIALITY)
        await filled.person("county", Role.LEADER, "赵领导")
        submission = await filled.send("T01.1", title=TITLE, files=FILES)
        await filled.database.write(seal_late, filled.county.notary, submission, ["mark.level"], "usual-1", NOW)
        return submission


def sealer_of(filled: Filled) -> Sealer:
    return Sealer.of(filled.county, filled.database, FileBlobs(filled.county.folder / "blobs"), lambda: NOW)


def die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:
    """Kill this process instead of calling a function."""
    setattr(owner, name, die)


def after(owner: Any, name: str) -> None:
    """Kill this process as soon as a function has done its work."""
    call = getattr(owner, name)

    def called(*arguments: Any, **options: Any) -> None:
        call(*arguments, **options)
        die()

    setattr(owner, name, called)


KILLS: dict[str, tuple[Callable[[], None], str]] = {
    "before the package is written": (lambda: before(sealed, "wrap"), "lock"),
    "when the package is durable": (lambda: after(Packages, "keep"), "lock"),
    "inside the transaction": (lambda: after(store, "_keep_keys"), "lock"),
    "before the plain container goes": (lambda: before(FileBlobs, "discard"), "lock"),
    "when the plain container is gone": (lambda: after(FileBlobs, "discard"), "lock"),
    "before the destroyed package goes": (lambda: before(Packages, "discard"), "destroy"),
    "when the destroyed package is gone": (lambda: after(Packages, "discard"), "destroy"),
    "when the released container is back": (lambda: after(FileBlobs, "put"), "release"),
    "before the released package goes": (lambda: before(Packages, "discard"), "release"),
}


async def work(folder: Path, submission: str, what: str, spoil: Callable[[], None]) -> None:
    """Do what is to be killed, in the process that is to die."""
    async with ledger_maker.opened(open_folder(folder)) as filled:
        sealer, notary, database = sealer_of(filled), filled.county.notary, filled.database
        if what == "lock":
            spoil()
            await sealer.lock_up()
            return
        officer, leader = [await database.read(offices.person, person) for person in ("county.1", "county.2")]
        key = await unwrapped(filled, submission, filled.county.notary.receipts.private_key)  # stands in for the officer's own
        if what == "release":
            spoil()
            async with sealer.restored(submission, key) as rows:
                await database.write(store.act, notary, officer, submission, Act.RELEASE, NOW, "误报", rows)
            return
        await database.write(store.act, notary, officer, submission, Act.DESTROY, NOW, "涉密")
        await database.write(store.act, notary, leader, submission, Act.CONFIRM, NOW)
        spoil()
        await sealer.lock_up()


async def unwrapped(filled: Filled, submission: str, private: Any) -> bytes:
    """Lock up for a key that this test holds, and return the package's key."""
    public = private.public_key()
    recipient = store.Recipient(sealed.recipient(public), "county.1", public)

    def stand_in(_tx: Any, _now: Any) -> list[store.Recipient]:
        return [recipient]

    officers, store.officers = store.officers, stand_in
    await sealer_of(filled).lock_up()
    store.officers = officers
    (wrapped,) = await filled.database.read(store.keys_of, submission)
    return sealed.unwrap(wrapped.key, private, bytes.fromhex(submission))


def killed(folder: Path, submission: str, case: str) -> int:
    """Do a case in a process of its own; returns the number of the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            spoil, what = KILLS[case]
            asyncio.run(work(folder, submission, what, spoil))
        finally:
            os._exit(99)  # it was to be killed
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(scope="module")
def contained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("made") / "county"
    return folder, asyncio.run(made(folder))


@pytest.mark.parametrize("case", KILLS)
def test_the_next_start_finishes_what_a_kill_left(contained: tuple[Path, str], tmp_path: Path, case: str):
    folder, submission = Path(shutil.copytree(contained[0], tmp_path / "county")), contained[1]
    assert killed(folder, submission, case) == -signal.SIGKILL
    state = asyncio.run(started_anew(folder, submission))
    assert state in {"lock": (Seal.SEALED,), "destroy": (Seal.DESTROYING,), "release": (Seal.SEALED, Seal.RELEASED)}[KILLS[case][1]]
    report = asyncio.run(fsck.check(open_folder(folder)))
    assert report["problems"] == []
    assert bool(holding(folder, TITLE, PHRASE)) == (state == Seal.RELEASED)


async def started_anew(folder: Path, submission: str) -> Seal:
    """Do what a start does before it listens, and cut the log of changes."""
    async with ledger_maker.opened(open_folder(folder)) as filled:
        await sealer_of(filled).finish()
        await filled.database.forget()
        return Seal((await filled.database.read(store.one, submission)).state)


async def test_a_full_disk_leaves_it_contained_and_is_tried_again(
    contained: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder, submission = Path(shutil.copytree(contained[0], tmp_path / "county")), contained[1]
    async with ledger_maker.opened(open_folder(folder)) as filled:
        sealer = sealer_of(filled)
        with monkeypatch.context() as patched:
            patched.setattr(Packages, "keep", full)
            with pytest.raises(Problem) as refused:
                await sealer.lock_up()
        assert refused.value.kind is ProblemType.STORAGE_FULL
        assert (await filled.database.read(store.one, submission)).state == Seal.CONTAINED
        assert (await fsck.check(open_folder(folder)))["problems"] == []
        await sealer.lock_up()
        assert (await filled.database.read(store.one, submission)).state == Seal.SEALED


async def test_the_log_of_changes_is_not_cut_under_a_reader_and_the_writer_does_not_wait_for_one(
    contained: tuple[Path, str], tmp_path: Path
):
    folder, submission = Path(shutil.copytree(contained[0], tmp_path / "county")), contained[1]
    async with ledger_maker.opened(open_folder(folder)) as filled:
        with snapshot(folder / "ledger.db"):
            await sealer_of(filled).lock_up()
            with pytest.raises(Problem) as refused:
                await filled.database.forget()
            assert refused.value.kind is ProblemType.BUSY
        assert holding(folder, TITLE), "it is still in the log of changes"
        await filled.database.forget()
        assert (folder / "ledger.db-wal").stat().st_size == 0
        assert (await filled.database.read(store.one, submission)).state == Seal.SEALED
    assert holding(folder, TITLE, PHRASE) == {}


def full(*_arguments: Any) -> None:
    raise Problem(ProblemType.STORAGE_FULL)


async def test_a_damaged_container_is_not_locked_up_as_if_it_were_whole(contained: tuple[Path, str], tmp_path: Path):
    folder = Path(shutil.copytree(contained[0], tmp_path / "county"))
    (blob,) = folder.glob("blobs/2*/*")
    blob.write_bytes(b"x" + blob.read_bytes()[1:])
    async with ledger_maker.opened(open_folder(folder)) as filled:
        with pytest.raises(Problem) as refused:
            await sealer_of(filled).lock_up()
        assert refused.value.kind is ProblemType.STORAGE_FAILED
    assert list((folder / "sealed").iterdir()) == []
    assert blob.exists()
