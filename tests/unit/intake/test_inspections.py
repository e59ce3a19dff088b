"""Jobs in memory: whose turn comes when, how many may wait, what is kept of them, and that nothing of one is left behind."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from exchange.intake.inspections import Answer, Bounds, Inspections, Job, Wanted
from schemas.problems import Problem, ProblemType
from schemas.words import Urgency

DONE = Answer(201, b"receipt", "a" * 64)


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Desk:
    """Begins jobs that look for as long as the test says, and notes the order in which they got their turns."""

    def __init__(self, **bounds: Any) -> None:
        self.time = Time()
        self.jobs = Inspections(self.time, Bounds(**bounds))
        self.turns: list[str] = []
        self.released: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.ends: list[tuple[Any, float]] = []
        self.jobs.noted = lambda ended, seconds: self.ends.append((ended, seconds))

    def begin(self, name: str, office: str = "T01", urgency: Urgency = Urgency.NORMAL, size: int = 10, ends: Any = DONE) -> Job:
        self.gates[name] = asyncio.Event()

        async def work(job: Job) -> Answer:
            async with self.jobs.turn(job):
                self.turns.append(name)
                await self.gates[name].wait()
            if isinstance(ends, BaseException):
                raise ends
            assert isinstance(ends, Answer)
            return ends

        release = lambda: self.released.append(name)  # noqa: E731 - a name for one line
        wanted = Wanted(office=office, urgency=urgency, submission=f"m{name}", container=name, size=size, pages=3, release=release)
        return self.jobs.begin(wanted, work)

    async def let(self, *names: str) -> None:
        for name in names:
            self.gates[name].set()
            await settle()


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def test_a_few_have_their_turn_at_once_and_the_others_wait_in_order() -> None:
    desk = Desk(at_once=2)
    jobs = [desk.begin(name, f"T0{name}") for name in "1234"]
    await settle()
    assert desk.turns == ["1", "2"]
    assert [desk.jobs.standing(job).place for job in jobs] == [0, 0, 1, 2]
    assert [desk.jobs.standing(job).state for job in jobs] == ["looking", "looking", "waiting", "waiting"]
    await desk.let("2", "1", "3", "4")
    assert desk.turns == ["1", "2", "3", "4"]
    assert [job.ended for job in jobs] == [DONE] * 4


async def test_what_is_extra_urgent_comes_first_whenever_it_came() -> None:
    desk = Desk(at_once=1)
    desk.begin("running", "T09")
    desk.begin("normal", "T01")
    desk.begin("urgent", "T02", Urgency.URGENT)
    desk.begin("extra", "T03", Urgency.EXTRA_URGENT)
    second = desk.begin("another", "T04", Urgency.EXTRA_URGENT)
    await settle()
    assert desk.jobs.standing(second).place == 1
    await desk.let("running", "extra", "urgent", "another", "normal")
    assert desk.turns == ["running", "urgent", "extra", "another", "normal"]


async def test_what_is_more_urgent_than_all_that_is_looked_at_need_not_wait_for_the_end_of_it() -> None:
    desk = Desk(at_once=1)
    for number in range(4):
        desk.begin(f"extra {number}", f"T1{number}", Urgency.EXTRA_URGENT)
    desk.begin("urgent", "T02", Urgency.URGENT)
    assert desk.jobs.looking == 1
    await desk.jobs.stop()
    desk = Desk(at_once=1)
    desk.begin("normal", "T01")
    desk.begin("extra", "T03", Urgency.EXTRA_URGENT)
    desk.begin("extra too", "T04", Urgency.EXTRA_URGENT)
    assert (desk.jobs.looking, desk.jobs.waiting) == (2, 1)
    await desk.jobs.stop()


async def test_an_office_with_many_scans_lets_the_others_in_between() -> None:
    desk = Desk(at_once=1)
    for name in ("a1", "a2", "a3", "a4"):
        desk.begin(name, "T01")
    desk.begin("b1", "T02")
    desk.begin("c1", "T03")
    await settle()
    await desk.let("a1", "b1", "c1", "a2", "a3", "a4")
    assert desk.turns == ["a1", "b1", "c1", "a2", "a3", "a4"]


async def test_what_one_office_calls_urgent_does_not_hold_up_the_ordinary_scans_of_others_for_ever() -> None:
    desk = Desk(at_once=1, patience=600.0)
    desk.begin("x0", "T01", Urgency.EXTRA_URGENT)
    waiting = desk.begin("normal", "T02")
    await settle()
    for number in range(1, 9):
        desk.begin(f"x{number}", "T01", Urgency.EXTRA_URGENT)
        desk.time.seconds += 299.0
        if desk.turns[-1] == "normal":
            break
        await desk.let(f"x{number - 1}")
    # 1495 seconds after it came: twice its patience, when it counts as much, and the office whose turn it is not yet had goes first
    assert desk.turns == ["x0", "x1", "x2", "x3", "x4", "normal"]
    assert waiting.rank == 0  # the eyes are told so too
    await desk.jobs.stop()


async def test_one_step_of_age_makes_ordinary_as_urgent_as_urgent_and_no_more() -> None:
    desk = Desk(at_once=1, patience=600.0)
    desk.begin("running", "T09", Urgency.EXTRA_URGENT)
    old = desk.begin("old", "T01")
    desk.time.seconds = 599.9
    urgent = desk.begin("urgent", "T02", Urgency.URGENT)
    assert (desk.jobs.standing(urgent).place, desk.jobs.standing(old).place) == (1, 2)
    desk.time.seconds = 600.0
    assert (desk.jobs.standing(old).place, desk.jobs.standing(urgent).place) == (1, 2)
    extra = desk.begin("extra", "T03", Urgency.EXTRA_URGENT)
    assert [desk.jobs.standing(job).place for job in (extra, old, urgent)] == [1, 2, 3]
    await desk.jobs.stop()


@pytest.mark.parametrize(
    ("bounds", "office", "size"),
    [
        ({"jobs": 2}, "T03", 1),
        ({"jobs_of_office": 1}, "T01", 1),
        ({"size": 25}, "T03", 6),
        ({"size_of_office": 15}, "T01", 6),
    ],
)
async def test_there_is_no_room_beyond_any_bound(bounds: dict[str, Any], office: str, size: int) -> None:
    desk = Desk(**bounds)
    desk.begin("1", "T01")
    desk.begin("2", "T02")
    with pytest.raises(Problem) as caught:
        desk.begin("3", office, size=size)
    assert caught.value.kind is ProblemType.INSPECTION_QUEUE_FULL
    assert caught.value.members["retry_after"] > 0
    assert desk.released == []  # what was not taken over is the caller's to give back
    await desk.let("1", "2")
    desk.begin("3", office, size=size)
    await desk.let("3")
    assert desk.released.count("3") >= 1


async def test_one_office_that_has_spent_its_share_leaves_room_for_others() -> None:
    desk = Desk(jobs=10, jobs_of_office=2)
    for name in "12":
        desk.begin(name, "T01")
    with pytest.raises(Problem, match="inspection-queue-full"):
        desk.begin("3", "T01")
    desk.begin("4", "T02")
    await desk.jobs.stop()


async def test_a_container_larger_than_an_offices_share_gets_in_when_it_is_alone() -> None:
    desk = Desk(size=100, size_of_office=20)
    desk.begin("large", "T01", size=50)
    with pytest.raises(Problem, match="inspection-queue-full"):
        desk.begin("small", "T01", size=1)
    await desk.jobs.stop()


async def test_an_answer_is_kept_for_a_while_and_then_forgotten() -> None:
    desk = Desk(remembered=60.0)
    accepted, refused = desk.begin("1"), desk.begin("2", ends=Problem(ProblemType.SECRECY_MARK, "rules", findings=[1]))
    await settle()
    await desk.let("1", "2")
    desk.time.seconds = 59
    assert desk.jobs.find(accepted.token).ended == DONE
    ended = desk.jobs.find(refused.token).ended
    assert isinstance(ended, Problem)
    assert (ended.kind, ended.detail, ended.members) == (ProblemType.SECRECY_MARK, "rules", {"findings": [1]})
    desk.time.seconds = 61
    for job in (accepted, refused):
        with pytest.raises(Problem, match="send-again"):
            desk.jobs.find(job.token)


async def test_an_ended_refusal_holds_nothing_of_what_was_read() -> None:
    class Read:
        """What a reading would be."""

    desk, kept = Desk(), []

    async def work(_job: Job) -> Answer:
        read = Read()
        kept.append(weakref.ref(read))
        await asyncio.sleep(0)
        raise Problem(ProblemType.SECRECY_MARK)

    wanted = Wanted(office="T01", urgency=Urgency.NORMAL, submission="m", container="c", size=1, pages=1, release=lambda: None)
    job = desk.jobs.begin(wanted, work)
    await settle()
    gc.collect()
    assert isinstance(desk.jobs.find(job.token).ended, Problem)
    assert kept[0]() is None


async def test_the_same_container_joins_and_is_no_longer_joined_once_it_has_ended() -> None:
    desk = Desk()
    job = desk.begin("1")
    assert desk.jobs.joined("1") is job
    assert desk.jobs.joined("2") is None
    assert (desk.jobs.is_known("m1"), desk.jobs.is_known("m2")) == (True, False)
    await desk.let("1")
    assert desk.jobs.joined("1") is None
    assert not desk.jobs.is_known("m1")


async def test_tokens_are_long_and_never_the_same() -> None:
    desk = Desk(jobs=50, jobs_of_office=50)
    tokens = {desk.begin(str(number)).token for number in range(40)}
    assert len(tokens) == 40
    assert {len(token) for token in tokens} == {43}  # 256 bits in base 64
    await desk.jobs.stop()


async def test_stopping_gives_everything_back_and_forgets_the_tokens() -> None:
    desk = Desk(at_once=1)
    jobs = [desk.begin(name) for name in "123"]
    await settle()
    await desk.jobs.stop()
    assert set(desk.released) == {"1", "2", "3"}
    assert (desk.jobs.waiting, desk.jobs.looking, desk.jobs.staged) == (0, 0, 0)
    for job in jobs:
        with pytest.raises(Problem, match="send-again"):
            desk.jobs.find(job.token)
    with pytest.raises(Problem, match="inspection-queue-full"):
        desk.begin("4")


async def test_stopping_before_a_job_took_its_first_step_gives_back_as_well() -> None:
    desk = Desk()
    desk.begin("1")
    await desk.jobs.stop()
    assert desk.released.count("1") >= 1
    assert desk.turns == []


async def test_a_bug_in_the_work_is_an_incident_and_the_next_has_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(at_once=1)
    job, following = desk.begin("1", ends=RuntimeError("鹿鸣")), desk.begin("2", "T02")
    await settle()
    await desk.let("1", "2")
    ended = desk.jobs.find(job.token).ended
    assert isinstance(ended, Problem)
    assert ended.kind is ProblemType.INTERNAL
    assert ended.members["incident"]
    assert "鹿鸣" not in caplog.text + str(ended)
    assert following.ended == DONE


async def test_the_end_of_each_is_noted_with_how_long_it_took() -> None:
    desk = Desk()
    desk.begin("1")
    desk.begin("2", ends=Problem(ProblemType.SCAN_ILLEGIBLE))
    await settle()
    desk.time.seconds = 7.5
    await desk.let("1", "2")
    assert [seconds for _, seconds in desk.ends] == [7.5, 7.5]
    assert desk.ends[0][0] == DONE
    assert isinstance(desk.ends[1][0], Problem)


async def test_progress_is_never_more_than_all() -> None:
    desk = Desk()
    job = desk.begin("1")
    job.told(5, 3)
    standing = desk.jobs.standing(job)
    assert (standing.pages_done, standing.pages) == (3, 3)
    await desk.jobs.stop()


async def test_a_turn_that_is_cancelled_goes_to_the_next() -> None:
    desk = Desk(at_once=1)
    desk.begin("1")
    second = desk.begin("2", "T02")
    await settle()
    task = next(iter(desk.jobs._tasks))
    for each in desk.jobs._tasks:
        if each.get_coro().cr_frame.f_locals["job"].wanted.container == "1":  # type: ignore[union-attr]
            task = each
    task.cancel()
    await settle()
    assert desk.turns == ["1", "2"]
    assert desk.jobs.standing(second).state == "looking"
    await desk.jobs.stop()
