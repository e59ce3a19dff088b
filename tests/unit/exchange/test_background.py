"""What the service does by itself goes on, whatever becomes of one round, and the log tells of it without its words."""

import asyncio
import contextlib
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from exchange.background import round_of
from exchange.service import SERVICE
from exchange.supervision import overdue
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


async def test_what_is_overdue_is_recorded_round_by_round_though_what_stands_before_it_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    stirs: list[Any] = []
    looked = [asyncio.Event(), asyncio.Event()]

    async def broken(_: object) -> None:
        raise KeyError(WORD)

    async def record(_: object) -> int:
        next(each for each in looked if not each.is_set()).set()
        return 0

    monkeypatch.setattr(overdue, "PAUSE", 0)
    monkeypatch.setattr(overdue, "work_out_limits", broken)
    monkeypatch.setattr(overdue, "work_out_answers", broken)
    monkeypatch.setattr(overdue, "record_overdue", record)
    app: Any = {SERVICE: SimpleNamespace(database=SimpleNamespace(after_commit=stirs.append))}
    async with asyncio.timeout(30), contextlib.asynccontextmanager(overdue.watching)(app):
        await looked[0].wait()
        stirs[0]()
        await looked[1].wait()
