"""The index fails in every way: submissions are accepted all the same, and search heals when the cause is gone."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from finder_maker import NOW, QUICK, Shelf, SmallLedger, caught_up, finding, found, small_ledger, until
from ledger_maker import notary

from archive.search import entries
from archive.search.engines import Name, engine
from archive.search.feeder import Finder
from exchange.delivery.states import Action
from exchange.legacy import store as legacy
from exchange.legacy.register import Entry
from schemas.problems import Problem, ProblemType

METHODS = ("open", "upto", "count", "apply", "search", "close")
FAULTS: dict[str, BaseException | None] = {
    **{kind.type: Problem(kind) for kind in (ProblemType.INDEX_LOCKED, ProblemType.STORAGE_FULL, ProblemType.STORAGE_FAILED)},
    "index-broken": Problem(ProblemType.INDEX_BROKEN),
    "a bug": ValueError("鹿鸣九皋"),
    "a panic": BaseException("鹿鸣九皋"),
    "hangs": None,
}
CASES = [
    *(("from the start", method, fault) for method in METHODS for fault in FAULTS),
    *(("later", method, fault) for method in ("apply", "search") for fault in FAULTS),
    *(("while it is made anew", method, fault) for method in ("open", "apply") for fault in FAULTS),
]
ACCEPTED_WITHIN = 10
"""Seconds: far more than an acceptance takes, far less than a hang."""


@pytest.fixture
async def ledger() -> AsyncIterator[SmallLedger]:
    async with small_ledger() as made:
        yield made


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def searched(finder: Finder) -> str:
    """Ask, and say how it went; an answer always comes."""
    try:
        async with asyncio.timeout(ACCEPTED_WITHIN):
            await found(finder, "防汛")
    except Problem as problem:
        return problem.kind.type
    except (ValueError, RuntimeError) as error:
        return type(error).__name__
    return "answered"


@pytest.mark.parametrize(("when", "method", "fault"), CASES)
async def test_nothing_waits_for_a_failing_index_and_it_heals(
    ledger: SmallLedger, shelf: Shelf, tmp_path: Path, when: str, method: str, fault: str, caplog: pytest.LogCaptureFixture
):
    shelf.faults = {method: FAULTS[fault]} if when == "from the start" else {}
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        if when != "from the start":
            await ledger.accept()
            await caught_up(finder, ledger)
            shelf.faults = {method: FAULTS[fault]}
        if when == "while it is made anew":
            finder.begin_rebuild()
        async with asyncio.timeout(ACCEPTED_WITHIN):
            for _ in range(3):
                submission = await ledger.accept()
                await ledger.move("county.1", submission, Action.OPEN)
        await searched(finder)
        await asyncio.sleep(0.02)
        assert isinstance(finder.behind().events, int)
        shelf.heal()
        await caught_up(finder, ledger)
        await until(lambda: finder.state()["problem"] == "")
        assert sorted(await found(finder, "防汛")) == sorted(ledger.sent)
    assert "鹿鸣" not in caplog.text


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "hangs"])
async def test_a_failing_search_fails_the_question_alone(ledger: SmallLedger, shelf: Shelf, tmp_path: Path, fault: str):
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        await ledger.accept()
        await caught_up(finder, ledger)
        shelf.faults = {"search": FAULTS[fault]}
        said = {"index-broken": "index-not-ready", "a bug": "ValueError", "a panic": "RuntimeError"}.get(fault, fault)
        assert await searched(finder) == said
        shelf.heal()
        await caught_up(finder, ledger)
        assert await searched(finder) == "answered"


async def test_damage_that_only_a_question_met_makes_the_index_anew(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        submission = await ledger.accept()
        await caught_up(finder, ledger)
        before = finder.state()["generation"]
        shelf.faults = {"search": Problem(ProblemType.INDEX_BROKEN)}
        assert await searched(finder) == "index-not-ready"
        shelf.heal()
        await until(lambda: finder.state()["generation"] != before and finder.state()["ready"])
        assert await found(finder, "防汛") == [submission]
        await until(lambda: not (tmp_path / "index" / before).exists())


async def test_searches_that_hang_are_given_up_and_cost_a_bounded_number_of_threads(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    async with finding(ledger, tmp_path / "index", shelf.engine, QUICK._replace(answer=0.05)) as finder:
        await caught_up(finder, ledger)
        shelf.faults = {"search": None}
        assert set(await asyncio.gather(*(searched(finder) for _ in range(30)))) == {"busy"}
        submission = await ledger.accept()
        shelf.heal()
        await caught_up(finder, ledger)
        assert await found(finder, "防汛") == [submission]


async def test_the_slow_questions_of_one_office_hold_up_no_other_office(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    async with finding(ledger, tmp_path / "index", shelf.engine, QUICK._replace(answer=0.05)) as finder:
        submission = await ledger.accept()
        await caught_up(finder, ledger)
        shelf.faults = {"search": None}
        assert set(await asyncio.gather(*(searched(finder) for _ in range(30)))) == {"busy"}
        shelf.faults.clear()  # those that hang go on hanging
        assert await found(finder, "防汛", "county") == [submission]
        assert await searched(finder) == "busy"
        shelf.heal()


async def test_questions_for_which_there_was_no_thread_take_no_place_for_ever(
    ledger: SmallLedger, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        submission = await ledger.accept()
        await caught_up(finder, ledger)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            assert {await searched(finder) for _ in range(20)} == {"busy"}
        assert await found(finder, "防汛") == [submission]


async def test_a_broken_index_answers_on_while_a_new_one_is_made(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        first = await ledger.accept()
        await caught_up(finder, ledger)
        shelf.faults = {"apply": Problem(ProblemType.INDEX_BROKEN)}
        await ledger.accept()
        await until(lambda: finder.state()["problem"] == "index-broken")
        assert await found(finder, "防汛") == [first]
        shelf.heal()
        await caught_up(finder, ledger)
        assert len(await found(finder, "防汛")) == 2
        assert finder.state()["generation"] > "000001"
        await until(lambda: len(list((tmp_path / "index").iterdir())) == 2)


async def test_one_that_is_made_anew_on_demand_fails_with_its_reason_and_the_old_one_stays(
    ledger: SmallLedger, shelf: Shelf, tmp_path: Path
):
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        submission = await ledger.accept()
        await caught_up(finder, ledger)
        shelf.faults = {"open": Problem(ProblemType.STORAGE_FULL)}
        with pytest.raises(Problem, match="storage-full"):
            await finder.rebuild()
        progress = finder.begin_rebuild()
        assert (await finder.rebuilt(5)).problem == progress.problem == "storage-full"
        assert await found(finder, "防汛") == [submission]
        shelf.heal()
        assert (await finder.rebuild()).finished
        assert await found(finder, "防汛") == [submission]


async def test_an_index_that_hangs_does_not_keep_the_service_from_ending(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    async with asyncio.timeout(ACCEPTED_WITHIN):
        async with finding(ledger, tmp_path / "index", shelf.engine, QUICK._replace(close=0.05)) as finder:
            await caught_up(finder, ledger)
            shelf.faults = {"apply": None}
            await ledger.accept()
            await until(lambda: finder.behind().events > 0)
            await asyncio.sleep(0.02)
    shelf.heal()


async def test_the_end_waits_for_the_batch_that_is_being_taken_in(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    async with finding(ledger, tmp_path / "index", shelf.engine, QUICK._replace(close=20)) as finder:
        await caught_up(finder, ledger)
        shelf.faults = {"apply": None}
        submission = await ledger.accept()
        await until(lambda: shelf.hanging)
        closing = asyncio.create_task(finder.close())
        await asyncio.sleep(0.02)
        assert not closing.done()
        shelf.heal()
        await closing
    assert [entry.submission for entry in shelf.batches[-1].entries] == [submission]


async def test_a_batch_from_before_that_was_half_taken_in_is_taken_in_whole_and_what_was_erased_meanwhile_is_gone(
    ledger: SmallLedger, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(entries, "LINES", 3)
    await ledger.accept()
    await ledger.take_over("T01", *(Entry(line=line, office="T01", title=f"防汛旧件 {line}") for line in range(2, 22)))
    async with finding(ledger, tmp_path / "index", shelf.engine):
        await until(lambda: any(entry.submission == "legacy-3" for batch in shelf.batches for entry in batch.entries))
    for item in (2, 19):
        await ledger.database.write(legacy.erase, notary(), item, NOW)
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        await ledger.accept()
        await caught_up(finder, ledger)
        expected = [*ledger.sent, *(f"legacy-{item}" for item in range(1, 21) if item not in (2, 19))]
        assert sorted(await found(finder, "防汛")) == sorted(expected)
        assert await found(finder, "防汛", "T02") == []
        await finder.rebuild()
        assert sorted(await found(finder, "防汛")) == sorted(expected)
        assert finder.state()["entries"] == len(expected)


async def test_an_index_of_a_newer_ledger_is_made_anew(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    for _ in range(2):
        await ledger.accept()
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        await caught_up(finder, ledger)
    async with small_ledger() as older:
        submission = await older.accept()
        async with finding(older, tmp_path / "index", shelf.engine) as finder:
            await caught_up(finder, older)
            assert await found(finder, "防汛") == [submission]
            assert finder.state()["generation"] == "000002"


async def test_an_index_of_a_ledger_that_went_another_way_since_is_made_anew(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    await ledger.accept()
    async with finding(ledger, tmp_path / "index", shelf.engine) as finder:
        await caught_up(finder, ledger)
    async with small_ledger() as other:
        for _ in range(5):
            await other.accept()
        async with finding(other, tmp_path / "index", shelf.engine) as finder:
            await caught_up(finder, other)
            assert sorted(await found(finder, "防汛")) == sorted(other.sent)


@pytest.mark.parametrize(
    ("damaged", "how"),
    [
        *((part, how) for part in ("engine/meta.json", "engine/*.term", "about.json", "../current") for how in ("gone", "half")),
        ("engine/meta.json", "other"),
        ("engine/*.store", "empty"),
    ],
)
async def test_a_damaged_index_is_made_anew(ledger: SmallLedger, tmp_path: Path, damaged: str, how: str):
    first, real = await ledger.accept(), engine("tantivy")
    async with finding(ledger, tmp_path / "index", real) as finder:
        await caught_up(finder, ledger)
    (path,) = next((tmp_path / "index").glob("0*")).glob(damaged)
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "other": b"x" * len(content)}[how])
    async with finding(ledger, tmp_path / "index", real) as finder:
        await caught_up(finder, ledger)
        assert await found(finder, "防汛") == [first]
        second = await ledger.accept()
        await caught_up(finder, ledger)
        assert await found(finder, "防汛") == [second, first]


async def test_another_engine_makes_the_index_anew(ledger: SmallLedger, tmp_path: Path):
    submission = await ledger.accept()
    names: tuple[Name, ...] = ("tantivy", "whoosh", "tantivy")
    for name in names:
        async with finding(ledger, tmp_path / "index", engine(name)) as finder:
            await caught_up(finder, ledger)
            assert await found(finder, "防汛") == [submission]
            assert finder.state()["engine"].startswith(f"{name} ")


async def test_two_finders_over_one_folder_end_in_one_index(ledger: SmallLedger, shelf: Shelf, tmp_path: Path):
    folder = tmp_path / "index"
    async with finding(ledger, folder, shelf.engine) as first, finding(ledger, folder, shelf.engine) as second:
        for number in range(20):
            submission = await ledger.accept()
            if number % 3 == 0:
                await ledger.move("county.1", submission, Action.OPEN)
            if number == 10:
                first.begin_rebuild()
        for finder in (first, second):
            await caught_up(finder, ledger)
            assert sorted(await found(finder, "防汛")) == sorted(ledger.sent)
    async with finding(ledger, folder, shelf.engine) as third:
        await caught_up(third, ledger)
        assert sorted(await found(third, "防汛")) == sorted(ledger.sent)


async def test_two_finders_with_a_lock_between_them_end_in_one_index(ledger: SmallLedger, tmp_path: Path):
    folder, real = tmp_path / "index", engine("tantivy")
    async with finding(ledger, folder, real) as second:
        await caught_up(second, ledger)
        await second.rebuild()  # its writer is taken with the first batch only
        async with finding(ledger, folder, real) as first:
            await ledger.accept()
            await ledger.accept()
            await until(lambda: min(first.behind().events, second.behind().events) == 0)
        await ledger.accept()
        await caught_up(second, ledger)
        assert sorted(await found(second, "防汛")) == sorted(ledger.sent)
