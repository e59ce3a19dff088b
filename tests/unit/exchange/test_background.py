"""What the service does by itself goes on, whatever becomes of one round, and the log tells of it without its words."""

import logging

import pytest

from exchange.background import round_of
from schemas.problems import Problem, ProblemType

WORD = "关于某某同志有关情况的专报"


async def test_a_round_that_goes_wrong_ends_nothing_and_its_words_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def refused() -> None:
        raise Problem(ProblemType.SIGNING_STOPPED, WORD)

    async def broken() -> None:
        raise ValueError(WORD)

    async def well() -> None:
        done.append("well")

    with caplog.at_level(logging.INFO, "yizhan"):
        for work in (refused, broken, well):
            await round_of("reminders", work)
    assert done == ["well"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.ERROR]
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert WORD not in told
    assert all(each in told for each in ("reminders put off", ProblemType.SIGNING_STOPPED.type, "ValueError"))
