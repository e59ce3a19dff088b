"""One suite for every blob store; what only files do follows at its end."""

import hashlib
import itertools
import os
import pathlib
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from archive.blobs.days import Days
from archive.blobs.files import FileBlobs
from archive.blobs.memory import MemoryBlobs
from archive.blobs.store import CHUNK, BlobStore
from schemas.problems import Problem, ProblemType

DAY = "2026-11-22"
CONTENT = bytes(range(256)) * 2500
ABSENT = "0" * 64


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(blobs: BlobStore, content: bytes, day: str = DAY) -> str:
    blobs.put(digest(content), len(content), [content[:1000], content[1000:]], day)
    return digest(content)


def refused(act: Callable[[], object]) -> ProblemType:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.kind


@pytest.fixture(params=["files", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> BlobStore:
    return FileBlobs(tmp_path / "blobs") if request.param == "files" else MemoryBlobs()


def test_what_was_put_is_read_back_and_has_its_size_and_name(blobs: BlobStore):
    name = put(blobs, CONTENT)
    pieces = list(blobs.read(name))
    assert b"".join(pieces) == CONTENT
    assert max(map(len, pieces)) <= CHUNK
    assert blobs.stat(name) == len(CONTENT)
    assert list(blobs.keys()) == [name]


def test_an_empty_blob_is_a_blob(blobs: BlobStore):
    blobs.put(digest(b""), 0, [], DAY)
    assert list(blobs.read(digest(b""))) == []
    assert blobs.stat(digest(b"")) == 0


@pytest.mark.parametrize("offset", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, len(CONTENT) - 1, len(CONTENT), len(CONTENT) + 1])
@pytest.mark.parametrize("length", [None, 0, 1, CHUNK, CHUNK + 1, 10**9])
def test_a_range_is_what_a_slice_would_be(blobs: BlobStore, offset: int, length: int | None):
    name = put(blobs, CONTENT)
    end = None if length is None else offset + length
    assert b"".join(blobs.read(name, offset, length)) == CONTENT[offset:end]


@pytest.mark.parametrize(("offset", "length"), [(-1, None), (0, -1)])
def test_a_negative_range_is_a_bug_of_the_caller(blobs: BlobStore, offset: int, length: int | None):
    name = put(blobs, CONTENT)
    with pytest.raises(ValueError, match=r"-1"):
        blobs.read(name, offset, length)


@pytest.mark.parametrize("name", [ABSENT, "", "../../etc/passwd", digest(CONTENT).upper()])
def test_what_nobody_put_is_not_found_at_the_call(blobs: BlobStore, name: str):
    put(blobs, CONTENT)
    assert refused(lambda: blobs.read(name)) is ProblemType.NOT_FOUND
    assert refused(lambda: blobs.stat(name)) is ProblemType.NOT_FOUND
    blobs.discard(name)
    assert list(blobs.keys()) == [digest(CONTENT)]


@pytest.mark.parametrize(
    ("name", "size", "chunks"),
    [
        (digest(CONTENT), len(CONTENT), [CONTENT[:-1]]),
        (digest(CONTENT), len(CONTENT), [CONTENT, b"x"]),
        (digest(CONTENT), len(CONTENT), [CONTENT[:-1] + b"x"]),
        (digest(CONTENT), len(CONTENT) + 1, [CONTENT]),
        (digest(CONTENT).upper(), len(CONTENT), [CONTENT]),
        ("../../stolen", len(CONTENT), [CONTENT]),
        (ABSENT, 0, []),
    ],
    ids=["short", "long", "altered", "other-size", "upper-case", "path-as-name", "nothing"],
)
def test_bytes_that_are_not_the_announced_ones_leave_nothing(blobs: BlobStore, name: str, size: int, chunks: list[bytes]):
    assert refused(lambda: blobs.put(name, size, chunks, DAY)) is ProblemType.STORAGE_FAILED
    assert list(blobs.keys()) == []
    assert refused(lambda: blobs.stat(digest(CONTENT))) is ProblemType.NOT_FOUND


@pytest.mark.parametrize("day", ["20261122", "2026-13-01", "2026-W47-7", "../2026", ""])
def test_a_day_that_is_none_is_a_bug_of_the_caller(blobs: BlobStore, day: str):
    with pytest.raises(ValueError, match=r"."):
        put(blobs, CONTENT, day)
    assert list(blobs.keys()) == []


def test_a_repeated_put_reads_nothing_and_changes_nothing(blobs: BlobStore):
    def never() -> Iterator[bytes]:
        pytest.fail("the chunks were read")
        yield b""

    name = put(blobs, CONTENT)
    blobs.put(name, len(CONTENT), never(), "2026-11-23")
    assert b"".join(blobs.read(name)) == CONTENT
    assert list(blobs.keys()) == [name]


def test_what_the_chunks_raise_comes_through_and_leaves_nothing(blobs: BlobStore):
    def broken() -> Iterator[bytes]:
        yield CONTENT[:1000]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        blobs.put(digest(CONTENT), len(CONTENT), broken(), DAY)
    assert list(blobs.keys()) == []
    put(blobs, CONTENT)


def test_a_discarded_blob_is_gone_and_may_come_again(blobs: BlobStore):
    name = put(blobs, CONTENT)
    blobs.discard(name)
    blobs.discard(name)
    assert refused(lambda: blobs.read(name)) is ProblemType.NOT_FOUND
    assert list(blobs.keys()) == []
    put(blobs, CONTENT)
    assert blobs.stat(name) == len(CONTENT)


def test_a_read_that_has_begun_ends_although_the_blob_is_discarded(blobs: BlobStore):
    name = put(blobs, CONTENT)
    reading = blobs.read(name)
    first = next(reading)
    blobs.discard(name)
    assert first + b"".join(reading) == CONTENT


def test_threads_put_the_same_and_other_blobs_side_by_side(blobs: BlobStore):
    contents = [bytes([number]) * 30_000 for number in range(16)] * 4
    days = itertools.cycle(["2026-11-22", "2026-11-23", "2026-11-24"])
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda pair: put(blobs, *pair), zip(contents, days, strict=False)))
    assert set(blobs.keys()) == set(names)
    assert all(b"".join(blobs.read(digest(content))) == content for content in contents)


def test_files_are_found_again_after_a_restart_and_leftovers_are_swept(tmp_path: pathlib.Path):
    blobs = FileBlobs(tmp_path)
    names = [put(blobs, b"first" * 1000), put(blobs, b"second" * 1000, "2026-11-23")]
    leftover = tmp_path / "incoming" / "interrupted"
    leftover.write_bytes(CONTENT)
    FileBlobs(tmp_path, sweep=False)
    assert leftover.exists()
    reopened = FileBlobs(tmp_path)
    assert not leftover.exists()
    assert sorted(reopened.keys()) == sorted(names)
    assert b"".join(reopened.read(names[1])) == b"second" * 1000


def test_files_lie_in_folders_of_days_and_only_the_service_may_read_them(tmp_path: pathlib.Path):
    folder = tmp_path / "blobs"
    kept = folder / DAY / put(FileBlobs(folder), CONTENT)
    assert kept.read_bytes() == CONTENT
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, kept.parent, folder / "incoming")} == {0o700}
    assert not list((folder / "incoming").iterdir())


def test_strange_files_beside_the_blobs_are_left_alone(tmp_path: pathlib.Path):
    blobs = FileBlobs(tmp_path)
    name = put(blobs, CONTENT)
    (tmp_path / "lost+found").mkdir()
    (tmp_path / DAY / "notes.txt").write_text("x")
    assert list(FileBlobs(tmp_path).keys()) == [name]


def test_a_file_cut_short_is_told_by_its_size_and_replaced_by_the_next_put(tmp_path: pathlib.Path):
    name = put(FileBlobs(tmp_path), CONTENT)
    os.truncate(tmp_path / DAY / name, 10)
    blobs = FileBlobs(tmp_path)
    assert blobs.stat(name) == 10
    put(blobs, CONTENT, "2026-11-30")
    assert b"".join(blobs.read(name)) == CONTENT
    assert list(blobs.keys()) == [name]


def test_a_file_cut_short_during_a_read_is_a_storage_failure(tmp_path: pathlib.Path):
    blobs = FileBlobs(tmp_path)
    reading = blobs.read(put(blobs, CONTENT))
    next(reading)
    os.truncate(tmp_path / DAY / digest(CONTENT), CHUNK + 5)
    next(reading)
    assert refused(lambda: next(reading)) is ProblemType.STORAGE_FAILED


def test_copies_under_two_days_are_one_blob_and_go_together(tmp_path: pathlib.Path):
    name = put(FileBlobs(tmp_path), CONTENT)
    (tmp_path / "2026-11-23").mkdir()
    (tmp_path / "2026-11-23" / name).write_bytes(CONTENT)
    blobs = FileBlobs(tmp_path)
    assert blobs.stat(name) == len(CONTENT)
    blobs.discard(name)
    assert not list(tmp_path.glob("2026-*/*"))
    assert refused(lambda: blobs.stat(name)) is ProblemType.NOT_FOUND


def test_days_are_remembered_for_digests_that_look_alike():
    days, digest_bytes = Days(), bytes(32)
    days.add(digest_bytes, "2026-11-22")
    days.add(digest_bytes[:31] + b"\1", "2026-11-23")
    days.add(b"\0\1" + bytes(30), "2026-11-24")
    assert list(days.of(digest_bytes)) == ["2026-11-22", "2026-11-23"]
    assert list(days.of(b"\0\1" + bytes(30))) == ["2026-11-24"]
    assert list(days.of(b"\1" + bytes(31))) == []
