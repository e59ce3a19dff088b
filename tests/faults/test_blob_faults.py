"""Every call that `put` makes of the disk fails once, with and without its work done; then the store is looked at and tried again."""

import errno
import hashlib
import itertools
import pathlib
import signal
import subprocess
import sys

import pytest
from faulty_disk import FaultyDisk

from archive.blobs.files import FileBlobs
from schemas.problems import Problem, ProblemType

DAY = "2026-11-22"
CONTENT = bytes(range(256)) * 400
NAME = hashlib.sha256(CONTENT).hexdigest()
KINDS = {errno.EIO: ProblemType.STORAGE_FAILED, errno.ENOSPC: ProblemType.STORAGE_FULL, errno.EDQUOT: ProblemType.STORAGE_FULL}

PUT_FOR_EVER = """
import hashlib, os, pathlib, sys
from archive.blobs.files import FileBlobs
blobs = FileBlobs(pathlib.Path(sys.argv[1]))
while True:
    content = os.urandom(100_000)
    name = hashlib.sha256(content).hexdigest()
    blobs.put(name, len(content), [content[:50_000], content[50_000:]], "2026-11-22")
    print(name, flush=True)
"""


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    return FaultyDisk(monkeypatch)


def put(blobs: FileBlobs) -> None:
    blobs.put(NAME, len(CONTENT), [CONTENT[:1000], CONTENT[1000:]], DAY)


def whole(blobs: FileBlobs) -> bool:
    """Whether the blob is there; if it is, it must be whole."""
    try:
        content = b"".join(blobs.read(NAME))
    except Problem as problem:
        assert problem.kind is ProblemType.NOT_FOUND  # noqa: PT017 - absence is one of the two right answers
        return False
    assert content == CONTENT
    return True


def calls_of_a_put(disk: FaultyDisk, folder: pathlib.Path) -> list[str]:
    blobs = FileBlobs(folder)
    with disk.armed():
        put(blobs)
    return disk.done


def test_file_then_name_then_folder_are_made_durable_in_this_order(disk: FaultyDisk, tmp_path: pathlib.Path):
    made = [call for call in calls_of_a_put(disk, tmp_path) if call not in {"open", "close"}]
    assert made == ["write", "write", "fsync", "mkdir", "fsync", "rename", "fsync"]


def test_a_repeated_put_flushes_the_folder_since_an_earlier_run_may_not_have(disk: FaultyDisk, tmp_path: pathlib.Path):
    put(FileBlobs(tmp_path))
    blobs = FileBlobs(tmp_path)
    with disk.armed():
        put(blobs)
    assert disk.done.count("fsync") == 2
    assert "rename" not in disk.done


@pytest.mark.parametrize("restart", [False, True], ids=["same-run", "after-restart"])
@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed-but-persisted"])
@pytest.mark.parametrize("error", KINDS, ids=errno.errorcode.__getitem__)
def test_a_fault_at_any_call_leaves_a_whole_blob_or_none_and_a_retry_works(
    disk: FaultyDisk,
    tmp_path: pathlib.Path,
    error: int,
    persisted: bool,  # noqa: FBT001 - a parameter of the table
    restart: bool,  # noqa: FBT001 - the same
):
    calls = calls_of_a_put(disk, tmp_path / "count")
    for at, call in enumerate(calls):
        folder = tmp_path / str(at)
        blobs = FileBlobs(folder)
        try:
            with disk.armed(at, persisted=persisted, error=error):
                put(blobs)
        except Problem as problem:
            assert problem.kind is KINDS[error]  # noqa: PT017 - success is judged below
            told = False
        else:
            # a folder that is there in spite of the error is as good as one that was made
            assert (call, persisted) == ("mkdir", True)
            told = True
        assert disk.done[at] == call
        assert not list((folder / "incoming").iterdir())
        if restart:
            blobs = FileBlobs(folder)
        assert whole(blobs) or not told
        put(blobs)
        assert whole(blobs)
        assert whole(FileBlobs(folder))
        assert list(blobs.keys()) == [NAME]


@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed-but-persisted"])
def test_what_a_failed_put_left_can_be_discarded_in_the_same_run(disk: FaultyDisk, tmp_path: pathlib.Path, persisted: bool):  # noqa: FBT001 - a parameter of the table
    calls = calls_of_a_put(disk, tmp_path / "count")
    blobs = FileBlobs(tmp_path / "blobs")
    with pytest.raises(Problem), disk.armed(len(calls) - 2, persisted=persisted):
        put(blobs)
    assert list(blobs.keys()) == [NAME]
    blobs.discard(NAME)
    assert list(FileBlobs(tmp_path / "blobs").keys()) == []


def test_a_fault_while_reading_is_a_storage_failure_not_an_absence(disk: FaultyDisk, tmp_path: pathlib.Path):
    blobs = FileBlobs(tmp_path)
    put(blobs)
    for at in range(3):
        with pytest.raises(Problem) as caught, disk.armed(at):
            list(blobs.read(NAME))
        assert caught.value.kind is ProblemType.STORAGE_FAILED
    assert whole(blobs)


def test_a_fault_at_opening_is_told(disk: FaultyDisk, tmp_path: pathlib.Path):
    with pytest.raises(Problem) as caught, disk.armed(0, error=errno.ENOSPC):
        FileBlobs(tmp_path / "new" / "blobs")
    assert caught.value.kind is ProblemType.STORAGE_FULL


def test_a_kill_at_any_instant_loses_no_blob_that_was_acknowledged_and_keeps_no_part_of_one(tmp_path: pathlib.Path):
    acknowledged: set[str] = set()
    for acknowledgements in (1, 3, 7):
        with subprocess.Popen([sys.executable, "-c", PUT_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged |= {line.strip() for line in itertools.islice(writer.stdout, acknowledgements)}
            writer.send_signal(signal.SIGKILL)
            acknowledged |= {line.strip() for line in writer.stdout if len(line) == 65}
    blobs = FileBlobs(tmp_path)
    kept = set(blobs.keys())
    assert acknowledged <= kept
    assert all(hashlib.sha256(b"".join(blobs.read(name))).hexdigest() == name for name in kept)
    assert not list((tmp_path / "incoming").iterdir())
