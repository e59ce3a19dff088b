"""The folder of indexes: one in use, a new one beside it, and nothing left over."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from faulty_disk import FaultyDisk
from finder_maker import Shelf

from archive.search.entries import Changes
from archive.search.generations import Generations
from schemas.problems import Problem, ProblemType

LEDGER = "yizhan.invalid/test 00 00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def generations(folder: Path, shelf: Shelf) -> Generations:
    return Generations(folder, shelf.engine)


def refusal(generations: Generations, ledger: str = LEDGER, broken: str = "") -> ProblemType:
    with pytest.raises(Problem) as refused:
        generations.current(ledger, broken)
    return refused.value.kind


def empty(upto: int) -> Changes:
    return Changes((), {}, {}, (), upto, f"evidence {upto}")


def test_there_is_none_before_the_first_is_adopted(generations: Generations):
    assert refusal(generations) is ProblemType.INDEX_NOT_READY
    generations.begin(LEDGER)
    assert refusal(generations) is ProblemType.INDEX_NOT_READY


def test_the_adopted_one_is_opened_with_what_it_holds(generations: Generations):
    begun = generations.begin(LEDGER)
    begun.take(empty(7))
    generations.adopt(begun)
    opened = generations.current(LEDGER)
    assert (opened.name, opened.counts.upto) == (begun.name, 7)
    covered = opened.covered()
    assert covered is not None
    assert (covered.sequence, covered.evidence_id) == (7, "evidence 7")


def test_a_kill_before_the_pointer_leaves_the_old_one_and_after_it_the_new_one(generations: Generations, folder: Path):
    old = generations.begin(LEDGER)
    generations.adopt(old)
    new = generations.begin(LEDGER)
    assert generations.current(LEDGER).name == old.name
    assert not new.folder.exists(), "what was left over is swept"
    new = generations.begin(LEDGER)
    generations.adopt(new)
    assert generations.current(LEDGER).name == new.name
    assert sorted(path.name for path in folder.iterdir()) == sorted([new.name, "current"])


def test_only_its_owner_may_look_into_it(generations: Generations, folder: Path):
    generations.adopt(generations.begin(LEDGER))
    before = os.umask(0)
    try:
        second = generations.begin(LEDGER)
        generations.adopt(second)
    finally:
        os.umask(before)
    for path in (folder, *folder.glob("0*"), *folder.glob("0*/engine")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    for path in (folder / "current", *folder.glob("0*/about.json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_what_another_engine_analysis_or_ledger_made_does_not_fit(generations: Generations, folder: Path, shelf: Shelf):
    generations.adopt(generations.begin(LEDGER))
    assert refusal(generations, f"{LEDGER}1") is ProblemType.INDEX_BROKEN
    other = Generations(folder, replace(shelf.engine, name="memory 2"))
    assert refusal(other) is ProblemType.INDEX_BROKEN
    about = folder / "000001" / "about.json"
    said = json.loads(about.read_bytes())
    for name, value in (("analysis", "0"), ("schema", 0), ("more", 1)):
        about.write_text(json.dumps(said | {name: value}))
        assert refusal(generations) is ProblemType.INDEX_BROKEN
    about.write_text(json.dumps(said))
    assert generations.current(LEDGER).name == "000001"


@pytest.mark.parametrize("content", [b"", b"000001", b"\xff\xfe", b"{}", b"[]"])
def test_a_broken_note_of_what_it_is_does_not_fit(generations: Generations, folder: Path, content: bytes):
    generations.adopt(generations.begin(LEDGER))
    (folder / "000001" / "about.json").write_bytes(content)
    assert refusal(generations) is ProblemType.INDEX_BROKEN


@pytest.mark.parametrize("content", [b"", b"1", b"../../..", b"\xff" * 6, b"000009", b"0000001", "００００１２".encode()])
def test_a_broken_pointer_does_not_fit_and_leads_nowhere(generations: Generations, folder: Path, content: bytes):
    generations.adopt(generations.begin(LEDGER))
    (folder / "current").write_bytes(content)
    assert refusal(generations) is ProblemType.INDEX_BROKEN


def test_a_broken_one_is_not_opened_again(generations: Generations):
    generations.adopt(generations.begin(LEDGER))
    assert refusal(generations, broken="000001") is ProblemType.INDEX_BROKEN


@pytest.mark.parametrize("content", [b"", b"{", b'{"sequence": "7"}', b"\xff"])
def test_a_torn_note_of_what_is_covered_is_none(generations: Generations, content: bytes):
    begun = generations.begin(LEDGER)
    begun.take(empty(7))
    (begun.folder / "covered.json").write_bytes(content)
    assert begun.covered() is None


def test_a_folder_that_is_none_may_become_one_again(generations: Generations, folder: Path):
    folder.write_text("")
    assert refusal(generations) is ProblemType.STORAGE_FAILED
    with pytest.raises(Problem) as refused:
        generations.begin(LEDGER)
    assert refused.value.kind is ProblemType.STORAGE_FAILED


def test_it_stands_while_the_pointer_names_it_and_it_is_there(generations: Generations):
    first = generations.begin(LEDGER)
    assert not first.stands()
    generations.adopt(first)
    assert first.stands()
    generations.adopt(generations.begin(LEDGER))
    assert not first.stands()
    generations.adopt(first)
    (first.folder / "about.json").unlink()
    assert not first.stands()


@pytest.mark.parametrize("persisted", [False, True], ids=["failed", "failed but persisted"])
def test_whatever_call_to_the_disk_fails_one_of_the_two_is_in_use(
    generations: Generations, folder: Path, monkeypatch: pytest.MonkeyPatch, *, persisted: bool
):
    disk = FaultyDisk(monkeypatch)
    generations.adopt(generations.begin(LEDGER))
    with disk.armed():
        generations.adopt(generations.begin(LEDGER))
    calls = len(disk.done)
    assert calls > 8
    for at in range(calls):
        before, begun = generations.current(LEDGER).name, None
        try:
            with disk.armed(at, persisted=persisted):
                begun = generations.begin(LEDGER)
                generations.adopt(begun)
        except Problem as problem:
            said = problem.kind
        else:
            said = None
        # only the making of the folder, which is there already, may fail unnoticed
        assert said is (None if at == 0 else ProblemType.STORAGE_FAILED)
        after = generations.current(LEDGER).name
        assert after == before or (begun is not None and after == begun.name)
        assert sorted(path.name for path in folder.iterdir()) == sorted([after, "current"])
