"""How long a sender keeps trying, with a wire and a clock that the test holds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exchange.client.core import Answer
from exchange.client.outbox import Item, Outbox, State
from exchange.client.sending import Sender
from schemas.problems import Problem, ProblemType

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Wire:
    """Answers from a list; when it is empty the network is gone."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.count = list(answers), 0

    async def upload(self, _path: str, _container: Path, _told: object) -> Answer:
        self.count += 1
        if not self.answers:
            raise Problem(ProblemType.NETWORK)
        return self.answers.pop(0)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def refusal(kind: ProblemType, retry_after: float | None = None) -> Answer:
    import json  # noqa: PLC0415 - one line of this module

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


async def test_an_inspection_that_does_not_end_is_undecided(saved: tuple[Outbox, Item]) -> None:
    box, item = saved
    result = await sender(box, Wire(Answer(202, b"")), Clock(), 0).send(item)
    assert (result.code, result.shown["status"]) == (3, "kept")


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
