"""How long a sender keeps trying, with a wire and a clock that the test holds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exchange.client.core import Answer
from exchange.client.outbox import Item, Outbox, State
from exchange.client.progress import Silent
from exchange.client.sending import LONGEST_LOOKED, Sender
from schemas.problems import Problem, ProblemType

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Wire:
    """Answers from a list; when it is empty the network is gone."""

    def __init__(self, *answers: Answer | Problem) -> None:
        self.answers, self.count = list(answers), 0
        self.asked: list[str] = []

    async def upload(self, _path: str, _container: Path, _told: object) -> Answer:
        self.count += 1
        return self.answer()

    async def ask(self, path: str) -> Answer:
        self.asked.append(path)
        return self.answer()

    def answer(self) -> Answer:
        answer = self.answers.pop(0) if self.answers else Problem(ProblemType.NETWORK)
        if isinstance(answer, Problem):
            raise answer
        return answer


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def refusal(kind: ProblemType, retry_after: float | None = None) -> Answer:
    return Answer(kind.status, json.dumps(Problem(kind).render()).encode(), "application/problem+json", retry_after)


@pytest.fixture
def saved(tmp_path: Path) -> Any:
    with Outbox(tmp_path) as box:
        new = box.folder / ".new"
        new.write_bytes(b"bytes")
        yield box, box.add("item", new, "a" * 64, "b" * 64, "intent", "2026-11-22T08:00:00.000Z")


def sender(box: Outbox, wire: Wire, clock: Clock, patience: float) -> Sender:
    made: Any = Sender
    return made(None, box, wire, None, patience, now=lambda: NOW, sleep=clock.sleep, elapsed=lambda: clock.seconds)


async def test_a_dead_network_is_tried_until_patience_ends_and_the_item_stays(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire, clock = Wire(), Clock()
    result = await sender(box, wire, clock, 20).send(item)
    assert (result.code, result.shown["status"]) == (6, "kept")
    assert 3 <= wire.count <= 7
    assert clock.seconds <= 20
    assert (box.item("item").state, box.item("item").attempts) == (State.SAVED, wire.count)
    assert box.bytes_of("item").exists()


async def test_without_patience_there_is_one_attempt(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire, clock = Wire(), Clock()
    await sender(box, wire, clock, 0).send(item)
    assert (wire.count, clock.slept) == (1, [])


async def test_a_wait_that_the_county_asks_for_is_kept(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire, clock = Wire(refusal(ProblemType.TOO_MANY_REQUESTS, 42.0), refusal(ProblemType.SECRECY_MARK)), Clock()
    result = await sender(box, wire, clock, 1).send(item)
    assert clock.slept == [42.0]
    assert result.code == 4


async def test_a_refusal_for_good_is_tried_once_and_deletes_the_bytes(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire = Wire(refusal(ProblemType.SIGNER_REVOKED))
    result = await sender(box, wire, Clock(), 20).send(item)
    assert (result.code, wire.count) == (5, 1)
    assert not box.bytes_of("item").exists()
    assert box.item("item").submission is None


PLACE = "/api/v1/inspections/abc"


def inspecting(done: int = 0, pages: int = 9, place: int = 0, after: float | None = 3.0) -> Answer:
    told = {"state": "waiting" if place else "looking", "pages_done": done, "pages": pages, "place": place}
    return Answer(202, json.dumps(told).encode(), "application/json", after, PLACE)


class Told(Silent):
    """Notes what is shown to the person."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int, int, int]] = []
        self.seen_to: list[str] = []

    def looked(self, item: str, done: int, pages: int, place: int) -> None:
        self.said.append((item, done, pages, place))

    def seen(self, item: str) -> None:
        self.seen_to.append(item)


async def test_without_patience_an_inspection_is_left_undecided(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire = Wire(inspecting())
    result = await sender(box, wire, Clock(), 0).send(item)
    assert (result.code, result.shown["status"]) == (3, "inspecting")
    assert (wire.count, wire.asked) == (1, [])
    assert box.bytes_of("item").exists()


async def test_who_does_not_wait_leaves_the_item_in_the_outbox(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    made = sender(box, Wire(inspecting()), Clock(), 20)
    made.waits = False
    result = await made.send(item)
    assert (result.code, result.shown["status"], result.shown["receipt"]) == (3, "inspecting", None)
    assert box.item("item").state is State.SAVED


async def test_a_scan_is_asked_for_until_it_is_decided_and_its_progress_is_shown(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire = Wire(inspecting(place=2, after=5.0), inspecting(done=4), inspecting(done=8), refusal(ProblemType.SECRECY_MARK))
    clock, told = Clock(), Told()
    made = sender(box, wire, clock, 20)
    made.progress = told
    result = await made.send(item)
    assert (result.code, wire.count, wire.asked) == (4, 1, [PLACE] * 3)
    assert clock.slept == [5.0, 3.0, 3.0]
    assert told.said == [("item", 0, 9, 2), ("item", 4, 9, 0), ("item", 8, 9, 0)]
    assert told.seen_to == ["item"]
    assert not box.bytes_of("item").exists()


async def test_a_county_that_has_forgotten_the_scan_is_sent_it_again(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire = Wire(inspecting(), refusal(ProblemType.SEND_AGAIN), inspecting(), refusal(ProblemType.SCAN_ILLEGIBLE))
    result = await sender(box, wire, Clock(), 20).send(item)
    assert (result.code, wire.count, wire.asked) == (4, 2, [PLACE] * 2)


async def test_the_network_may_be_gone_for_a_while_without_anything_being_sent_again(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    gone = Problem(ProblemType.NETWORK)
    wire = Wire(inspecting(), gone, gone, inspecting(done=5), refusal(ProblemType.SCAN_ILLEGIBLE))
    result = await sender(box, wire, Clock(), 20).send(item)
    assert (result.code, wire.count, len(wire.asked)) == (4, 1, 4)


async def test_a_network_that_stays_gone_ends_patience_and_the_bytes_stay(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire, clock = Wire(inspecting()), Clock()
    result = await sender(box, wire, clock, 20).send(item)
    assert (result.code, result.shown["status"]) == (6, "kept")
    assert clock.seconds <= 30
    assert box.bytes_of("item").exists()


async def test_a_wait_for_a_scan_outlasts_patience_while_the_county_answers(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire = Wire(inspecting(), *(inspecting(done=done) for done in range(40)), refusal(ProblemType.SCAN_ILLEGIBLE))
    clock = Clock()
    result = await sender(box, wire, clock, 5).send(item)
    assert (result.code, clock.seconds) == (4, 123.0)


async def test_a_county_that_looks_for_ever_is_left_and_the_bytes_stay(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    wire, clock = Wire(*(inspecting(after=60.0) for _ in range(1000))), Clock()
    result = await sender(box, wire, clock, 20).send(item)
    assert (result.code, result.shown["status"]) == (3, "inspecting")
    assert clock.seconds <= LONGEST_LOOKED + 60
    assert box.bytes_of("item").exists()


async def test_what_another_process_has_finished_meanwhile_is_told_as_it_stands(saved: tuple[Outbox, Item]) -> None:
    box, item = saved

    class Slow(Wire):
        async def upload(self, _path: str, container: Path, _told: object) -> Answer:
            box.refuse("item", Problem(ProblemType.SECRECY_MARK), "star-head", "2026-11-22T08:00:01.000Z")
            raise FileNotFoundError(container)

    result = await sender(box, Slow(), Clock(), 0).send(item)
    assert (result.code, result.shown["status"]) == (4, "refused")


async def test_bytes_that_vanished_are_said_to_be_gone(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    box.bytes_of("item").unlink()
    result = await sender(box, Wire(), Clock(), 0).send(item)
    assert result.shown["error"]["type"] == "/problems/ledger-damaged"
