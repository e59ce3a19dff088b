"""Staged bytes come back as written, never lie readable on a disk, and are gone after close."""

import errno
import os
import pathlib
import stat
from collections.abc import Callable, Iterator

import pytest
from faulty_disk import FaultyDisk
from hypothesis import given
from hypothesis import strategies as st

from exchange.intake.sealed_file import RECORD, TAG_SIZE
from exchange.intake.staging import ITEM_MEMORY, StagedItem, Staging
from schemas.problems import Problem, ProblemType

SECRET = "本件含有不应落盘的内容".encode() * 1000


def opened(folder: pathlib.Path, **budgets: int) -> Staging:
    staging = Staging(folder / "staging", **budgets)
    staging.wipe()
    return staging


def filled(staging: Staging, content: bytes, step: int = 65536) -> StagedItem:
    item = staging.item()
    for start in range(0, len(content), step):
        item.write(content[start : start + step])
    item.seal()
    return item


def on_disk(item: StagedItem) -> int:
    """Return the descriptor of the item's file."""
    assert item._file is not None
    return item._file._file.fileno()


def refused(act: Callable[[], object]) -> ProblemType:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.kind


def open_files_in(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the descriptors of this process that lie in `folder`, named or not."""
    found = []
    for descriptor in pathlib.Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith(f"{folder}/"):
            found.append(descriptor)
    return found


@pytest.mark.parametrize("size", [0, 1, RECORD, ITEM_MEMORY, ITEM_MEMORY + 1, ITEM_MEMORY + RECORD, 3 * ITEM_MEMORY + 17])
@pytest.mark.parametrize("memory", [0, 100_000, 32 * 1024 * 1024])
def test_what_was_written_is_read_back_however_large_and_however_full_the_memory(tmp_path: pathlib.Path, size: int, memory: int):
    content = os.urandom(size)
    staging = opened(tmp_path, memory=memory)
    with filled(staging, content) as item:
        pieces = list(item.chunks())
        assert item.size == size
        assert b"".join(pieces) == content
        assert all(0 < len(piece) <= RECORD for piece in pieces)
    assert staging.free == memory


@given(
    steps=st.lists(st.integers(0, 700), max_size=12),
    memory=st.integers(0, 2000),
    item_memory=st.integers(0, 2000),
    offset=st.integers(0, 5000),
    length=st.none() | st.integers(0, 5000),
)
def test_a_range_is_what_a_slice_would_be(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], memory: int, item_memory: int, offset: int, length: int | None
):
    content = os.urandom(sum(steps))
    staging = opened(tmp_path_factory.getbasetemp(), memory=memory, item_memory=item_memory)
    with staging.item() as item:
        written = 0
        for step in steps:
            item.write(content[written : written + step])
            written += step
            assert 0 <= staging.free <= memory
        item.seal()
        end = None if length is None else offset + length
        assert b"".join(item.chunks(offset, length)) == content[offset:end]
    assert staging.free == memory


def test_small_items_share_the_memory_and_the_rest_goes_to_disk(tmp_path: pathlib.Path):
    staging = opened(tmp_path, memory=250_000)
    items = [filled(staging, bytes([number]) * 100_000) for number in range(4)]
    assert [item._file is None for item in items] == [True, True, False, False]
    items[0].close()
    with filled(staging, b"x" * 100_000) as late:
        assert late._file is None
    for item in items[1:]:
        item.close()
    assert staging.free == 250_000


def test_two_reads_of_one_item_go_side_by_side(tmp_path: pathlib.Path):
    content = os.urandom(2 * ITEM_MEMORY)
    with filled(opened(tmp_path), content) as item:
        pairs = list(zip(item.chunks(), item.chunks(), strict=True))
    assert b"".join(first for first, _ in pairs) == b"".join(second for _, second in pairs) == content


@pytest.mark.parametrize("with_tmpfile", [True, False], ids=["O_TMPFILE", "created-and-unlinked"])
def test_no_plaintext_is_on_disk_and_the_file_has_no_name(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, with_tmpfile: bool):  # noqa: FBT001 - a parameter of the table
    really_open = os.open

    def open_without_tmpfile(path: object, flags: int, mode: int = 0o777, **rest: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return really_open(path, flags, mode, **rest)  # type: ignore[arg-type,no-any-return,unused-ignore] - only passed on

    if not with_tmpfile:
        monkeypatch.setattr(os, "open", open_without_tmpfile)
    staging = opened(tmp_path, memory=0)
    with filled(staging, SECRET, 20_000) as item:
        assert list(staging.folder.iterdir()) == []
        (file,) = open_files_in(staging.folder)
        raw = file.read_bytes()
        assert len(raw) > len(SECRET)
        assert SECRET[:33] not in raw
        assert all(SECRET[at : at + 8] not in raw for at in range(33))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert b"".join(item.chunks()) == SECRET
    assert open_files_in(staging.folder) == []
    assert stat.S_IMODE(staging.folder.stat().st_mode) == 0o700


def test_equal_bytes_have_other_ciphertexts_in_every_record_and_every_item(tmp_path: pathlib.Path):
    staging = opened(tmp_path, memory=0)
    with filled(staging, b"same" * 40_000, 32_000) as first, filled(staging, b"same" * 40_000, 32_000) as second:
        records = [
            os.pread(on_disk(item), 32_000 + TAG_SIZE, number * (32_000 + TAG_SIZE)) for item in (first, second) for number in range(5)
        ]
    assert len(set(records)) == 10


def altered(descriptor: int) -> None:
    byte = os.pread(descriptor, 1, 40_000)
    os.pwrite(descriptor, bytes([byte[0] ^ 1]), 40_000)


def cut(descriptor: int) -> None:
    os.truncate(descriptor, os.fstat(descriptor).st_size - 1)


def cut_by_a_record(descriptor: int) -> None:
    os.truncate(descriptor, 2 * (32_000 + TAG_SIZE))


def swapped(descriptor: int) -> None:
    size = 32_000 + TAG_SIZE
    first, second = os.pread(descriptor, size, 0), os.pread(descriptor, size, size)
    os.pwrite(descriptor, second + first, 0)


def emptied(descriptor: int) -> None:
    os.truncate(descriptor, 0)


@pytest.mark.parametrize("harm", [altered, cut, cut_by_a_record, swapped, emptied])
def test_ciphertext_that_was_harmed_is_a_storage_failure_and_closes_the_item(tmp_path: pathlib.Path, harm: Callable[[int], None]):
    staging = opened(tmp_path, memory=0)
    with filled(staging, os.urandom(96_000), 32_000) as item:
        harm(on_disk(item))
        assert refused(lambda: list(item.chunks())) is ProblemType.STORAGE_FAILED
        with pytest.raises(ValueError, match="closed"):
            item.chunks()
    assert open_files_in(staging.folder) == []


def test_a_range_that_misses_the_harmed_record_is_still_read(tmp_path: pathlib.Path):
    content = os.urandom(96_000)
    with filled(opened(tmp_path, memory=0), content, 32_000) as item:
        altered(on_disk(item))
        assert b"".join(item.chunks(64_000)) == content[64_000:]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(errno.ENOSPC, ProblemType.STORAGE_FULL), (errno.EDQUOT, ProblemType.STORAGE_FULL), (errno.EIO, ProblemType.STORAGE_FAILED)],
    ids=["ENOSPC", "EDQUOT", "EIO"],
)
@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed-but-persisted"])
def test_a_fault_at_any_call_while_writing_closes_the_item_and_the_next_one_works(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    error: int,
    kind: ProblemType,
    persisted: bool,  # noqa: FBT001 - a parameter of the table
):
    disk = FaultyDisk(monkeypatch)
    staging = opened(tmp_path, memory=50_000)
    with disk.armed():
        filled(staging, SECRET, 20_000).close()
    for at in range(len(disk.done)):
        item = staging.item()

        def write(item: StagedItem = item) -> None:
            for start in range(0, len(SECRET), 20_000):
                item.write(SECRET[start : start + 20_000])
            item.seal()

        with disk.armed(at, persisted=persisted, error=error):
            assert refused(write) is kind
        with pytest.raises(ValueError, match="closed"):
            item.write(b"x")
        assert staging.free == 50_000
        assert open_files_in(staging.folder) == []
    with filled(staging, SECRET, 20_000) as item:
        assert b"".join(item.chunks()) == SECRET


def test_an_item_is_written_then_sealed_then_read_and_nothing_else(tmp_path: pathlib.Path):
    item = opened(tmp_path).item()
    with pytest.raises(ValueError, match="not sealed"):
        item.chunks()
    item.write(b"abc")
    item.seal()
    with pytest.raises(ValueError, match="sealed"):
        item.write(b"x")
    with pytest.raises(ValueError, match="sealed"):
        item.seal()
    with pytest.raises(ValueError, match="-1"):
        item.chunks(-1)
    item.close()
    item.close()
    with pytest.raises(ValueError, match="closed"):
        item.chunks()


@pytest.mark.parametrize("memory", [0, 10 * ITEM_MEMORY], ids=["disk", "memory"])
def test_a_read_that_is_under_way_ends_when_the_item_is_closed(tmp_path: pathlib.Path, memory: int):
    item = filled(opened(tmp_path, memory=memory), b"x" * ITEM_MEMORY)
    reading: Iterator[bytes] = item.chunks()
    next(reading)
    item.close()
    with pytest.raises(ValueError, match="closed"):
        next(reading)


def test_what_an_earlier_run_left_is_wiped_at_start(tmp_path: pathlib.Path):
    folder = tmp_path / "staging"
    folder.mkdir()
    (folder / "left-by-a-crash").write_bytes(b"x")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(b"kept")
    opened(tmp_path)
    assert list(folder.iterdir()) == []
    assert (tmp_path / "elsewhere").read_bytes() == b"kept"


def test_a_folder_that_cannot_be_written_is_a_storage_failure(tmp_path: pathlib.Path):
    staging = Staging(tmp_path / "never-made", memory=0)
    with staging.item() as item:
        assert refused(lambda: item.write(b"x")) is ProblemType.STORAGE_FAILED
