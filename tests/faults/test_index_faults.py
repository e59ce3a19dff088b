"""Kills, full disks and damage: the index is as it was before or after a batch, or says that it must be made anew."""

import contextlib
import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from entry_maker import COUNTY, Halted, batch, entry
from tantivy import Query

from archive.search.entry import Batch
from archive.search.index import SearchIndex
from archive.search.question import Everything, Question, Words
from archive.search.tantivy_faults import told
from archive.search.tantivy_index import TantivyIndex
from archive.search.whoosh_index import WhooshIndex
from schemas.problems import Problem, ProblemType

ENGINES: Final = {"tantivy": TantivyIndex.open, "whoosh": WhooshIndex.open}
TESTS: Final = Path(__file__).parent.parent
PREAMBLE: Final = """
import os, resource, signal, sys
from pathlib import Path
from entry_maker import COUNTY, Halted, batch, entry
from archive.search.entry import Batch
from archive.search.question import Everything, Question
from archive.search.tantivy_index import TantivyIndex
from archive.search.whoosh_index import WhooshIndex
from schemas.problems import Problem
index = {"tantivy": TantivyIndex, "whoosh": WhooshIndex}[sys.argv[1]].open(Path(sys.argv[2]))
"""

# each batch adds two entries and tells in the title of the first of all which batch it was
APPLIES_UNTIL_KILLED: Final = (
    PREAMBLE
    + """
for upto in range(index.upto() + 1, 1000):
    index.apply(batch(entry(1, title=f"第{upto}批"), entry(2 * upto), entry(2 * upto + 1), upto=upto))
    print(upto, flush=True)
"""
)

DIES_INSIDE_A_BATCH: Final = (
    PREAMBLE
    + """
upto = index.upto() + 1
entries = [entry(1, title=f"第{upto}批"), entry(2 * upto), entry(2 * upto + 1)]
index.apply(Batch(Halted.over(entries, lambda: os.kill(os.getpid(), signal.SIGKILL), before=2), (), upto))
"""
)

MEETS_A_FULL_DISK: Final = (
    PREAMBLE
    + """
def everything():
    found = index.search(Question(node=Everything(), viewer=COUNTY))
    return found.total, found.upto, index.count()

index.apply(batch(*(entry(n) for n in range(1, 11))))
most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
text = "".join(chr(0x4E00 + n) for n in range(2_000))
for _ in range(2):
    try:
        index.apply(batch(*(entry(n, texts=(text,)) for n in range(5, 15))))
    except Problem as problem:
        print(problem.kind.name, *everything())
resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
index.apply(batch(*(entry(n, texts=(text,)) for n in range(5, 15))))
print("APPLIED", *everything())
index.close()
"""
)


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextlib.contextmanager
def opened(engine: str, folder: Path) -> Iterator[SearchIndex]:
    index = ENGINES[engine](folder)
    try:
        yield index
    finally:
        index.close()


@contextlib.contextmanager
def child(program: str, engine: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    paths = os.pathsep.join((str(TESTS.parent), str(TESTS)))
    environment = {**os.environ, "PYTHONPATH": paths, "RUST_BACKTRACE": "0"}
    with subprocess.Popen(
        [sys.executable, "-c", program, engine, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def assert_whole(index: SearchIndex, at_least: int) -> int:
    """Look whether the index holds exactly the batches up to its `upto`, which is not before an acknowledged one."""
    upto = index.upto()
    assert upto >= at_least
    expected = {1, *range(2, 2 * upto + 2)} if upto else set()
    found = index.search(Question(node=Everything(), viewer=COUNTY, size=3000))
    assert {int(hit.submission, 16) for hit in found.hits} == expected
    assert (found.total, found.upto, index.count()) == (len(expected), upto, len(expected))
    if upto:
        assert [hit.accepted for hit in index.search(Question(node=Words(f"第{upto}批"), viewer=COUNTY)).hits] == [1]
    return upto


@pytest.mark.parametrize(("engine", "rounds"), [("tantivy", 3), ("whoosh", 2)])
def test_a_kill_loses_nothing_that_was_acknowledged_and_leaves_no_half_batch(engine: str, rounds: int, tmp_path: Path):
    chance = random.Random(9)
    folder, acknowledged = tmp_path / "index", 0
    for _ in range(rounds):
        with child(APPLIES_UNTIL_KILLED, engine, folder) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 6)):
                acknowledged = int(process.stdout.readline())
            # somewhere within the next batches, as a rule in the middle of a commit
            threading.Event().wait(chance.random() * 0.05)
            process.kill()
            acknowledged = max([acknowledged, *(int(line) for line in process.stdout if line.endswith("\n"))])
        with opened(engine, folder) as index:
            acknowledged = assert_whole(index, acknowledged)
            # whoever asks for the batches after `upto` again may get one that is in already
            index.apply(batch(entry(1, title=f"第{acknowledged}批"), upto=acknowledged))
            assert_whole(index, acknowledged)
    assert acknowledged >= rounds


def test_a_kill_inside_a_batch_leaves_the_state_before(engine: str, tmp_path: Path):
    folder = tmp_path / "index"
    for _ in range(2):
        with child(DIES_INSIDE_A_BATCH, engine, folder) as process:
            assert process.wait() == -signal.SIGKILL
        with opened(engine, folder) as index:
            upto = assert_whole(index, 0)
            index.apply(batch(entry(1, title=f"第{upto + 1}批"), entry(2 * upto + 2), entry(2 * upto + 3), upto=upto + 1))
            assert assert_whole(index, upto + 1) == upto + 1


def test_a_full_disk_is_told_and_the_state_before_goes_on_answering(engine: str, tmp_path: Path):
    with child(MEETS_A_FULL_DISK, engine, tmp_path / "index") as process:
        said, failed = process.communicate()
    assert failed == ""
    assert said.splitlines() == ["STORAGE_FULL 10 10 10", "STORAGE_FULL 10 10 10", "APPLIED 14 14 14"]
    with opened(engine, tmp_path / "index") as index:
        assert (index.count(), index.upto()) == (14, 14)


def usable(engine: str, folder: Path) -> None:
    with opened(engine, folder) as index:
        index.search(Question(node=Words("安全生产"), viewer=COUNTY))
        index.search(Question(node=Everything(), viewer=COUNTY))


def broken(act: Callable[[], object]) -> bool:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.kind is ProblemType.INDEX_BROKEN


@pytest.fixture(scope="module", params=list(ENGINES))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return an index of two commits, of which the second also removes."""
    folder = tmp_path_factory.mktemp(request.param) / "index"
    with opened(request.param, folder) as index:
        index.apply(batch(*(entry(n) for n in range(1, 6))))
        index.apply(batch(entry(6), entry(2, title="改了")))
    return request.param, folder


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


# Whoosh leaves the files open that it fails to read, and the collector closes them
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("damage", [missing, empty, half, garbage])
def test_a_file_that_is_not_as_it_was_written_is_a_broken_index(whole: tuple[str, Path], damage: Callable[[Path], None], tmp_path: Path):
    engine, folder = whole
    files = [path.name for path in folder.iterdir() if path.stat().st_size]
    assert len(files) >= 3
    for name in files:
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        damage(copy / name)
        assert broken(lambda copy=copy: usable(engine, copy)), name
    gc.collect()


def test_tantivy_sees_any_byte_that_changed_in_a_segment(tmp_path: Path):
    chance = random.Random(2)
    folder = tmp_path / "index"
    with opened("tantivy", folder) as index:
        index.apply(batch(*(entry(n) for n in range(1, 6))))
    for path in [path for path in folder.iterdir() if path.suffix != ".json" and path.stat().st_size]:
        content = path.read_bytes()
        # the last bytes are the checksum with its own frame, where some changes change nothing
        for place in (0, chance.randrange(len(content) - 100) if len(content) > 100 else 0):
            path.write_bytes(content[:place] + bytes((content[place] ^ 1 << chance.randrange(8),)) + content[place + 1 :])
            assert broken(lambda: usable("tantivy", folder)), path.name
        path.write_bytes(content)
    usable("tantivy", folder)


@pytest.mark.parametrize(
    ("engine", "other"), [("tantivy", "whoosh"), ("whoosh", "tantivy"), ("tantivy", "a letter"), ("whoosh", "a letter")]
)
def test_a_folder_of_something_else_is_refused_and_left_as_it_is(engine: str, other: str, tmp_path: Path):
    folder = tmp_path / "index"
    if other == "a letter":
        folder.mkdir(0o700)
        (folder / "letter.txt").write_text("this is no index", "utf-8")
    else:
        folder.mkdir(0o700)
        with opened(other, folder) as index:
            index.apply(batch(entry(1)))
    before = sorted((path.name, path.read_bytes()) for path in folder.iterdir())
    assert broken(lambda: ENGINES[engine](folder))
    assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == before


def test_an_index_with_other_fields_is_broken(tmp_path: Path):
    folder = tmp_path / "index"
    with opened("tantivy", folder) as index:
        index.apply(batch(entry(1)))
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    meta["schema"][0]["name"] = "identity"
    (folder / "meta.json").write_text(json.dumps(meta), "utf-8")
    assert broken(lambda: TantivyIndex.open(folder))


def test_a_creation_that_was_killed_is_begun_again(engine: str, tmp_path: Path):
    folder = tmp_path / "index"
    with opened(engine, folder):
        pass
    for path in folder.iterdir():
        if path.name in {"meta.json", "_MAIN_0.toc"}:
            path.unlink()
    with opened(engine, folder) as index:
        index.apply(batch(entry(1)))
        assert index.count() == 1


def test_a_panic_of_the_engine_is_a_broken_index_and_any_other_exception_stays_what_it_is(tmp_path: Path):
    with opened("tantivy", tmp_path / "index") as index:
        index.apply(batch(entry(1)))
        assert isinstance(index, TantivyIndex)
        state = index._state
        assert state is not None

        def panic() -> None:
            with told():
                state.searcher.search(Query.all_query(), limit=0)

        assert broken(panic)
    with pytest.raises(KeyboardInterrupt), told():
        raise KeyboardInterrupt


def test_what_merging_leaves_over_does_not_stay_in_the_folder(tmp_path: Path):
    folder = tmp_path / "index"
    with opened("tantivy", folder) as index:
        for ordinal in range(1, 25):
            index.apply(batch(entry(ordinal % 10 + 1, accepted=ordinal), upto=ordinal))
            index.search(Question(node=Words("安全"), viewer=COUNTY))
    with opened("tantivy", folder) as index:
        index.apply(batch(entry(99)))
    segments = {segment["segment_id"].replace("-", "") for segment in json.loads((folder / "meta.json").read_text("utf-8"))["segments"]}
    stems = {path.name.partition(".")[0] for path in folder.iterdir() if not path.name.startswith((".", "meta"))}
    assert stems == segments


def test_whoosh_removes_what_a_failed_write_left(tmp_path: Path):
    folder = tmp_path / "index"
    with opened("whoosh", folder) as index:
        index.apply(batch(entry(1)))
        before = {path.name for path in folder.iterdir()}
        with pytest.raises(ZeroDivisionError):
            index.apply(Batch(Halted.over([entry(2), entry(3)], lambda: 1 // 0, before=1), (), 3))
        assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o702])
def test_whoosh_opens_no_folder_that_others_may_enter(mode: int, tmp_path: Path):
    folder = tmp_path / "index"
    with opened("whoosh", folder) as index:
        index.apply(batch(entry(1)))
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(mode)
    assert broken(lambda: WhooshIndex.open(folder))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_whoosh_opens_no_folder_of_somebody_else(tmp_path: Path):
    folder = tmp_path / "index"
    folder.mkdir(0o700)
    os.chown(folder, 65534, 65534)
    assert broken(lambda: WhooshIndex.open(folder))
