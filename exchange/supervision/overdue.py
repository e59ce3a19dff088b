"""What was not signed for in time 逾期未签收: one event a delivery, recorded when its limit has passed. Signing late stays possible."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.background import round_of
from exchange.delivery.states import Action, Opening, Position, Review
from exchange.duty import settings
from exchange.service import SERVICE, Service
from exchange.supervision import expected, limits
from schemas import instants

EVERY: Final = 10.0
"""Seconds between two looks at most; what comes in is looked at after `PAUSE`."""
PAUSE: Final = 0.5
LIMITS_AT_ONCE: Final = 500
ANSWERS_AT_ONCE: Final = 100
EVENTS_AT_ONCE: Final = 50
"""How many in one transaction: others wait for it."""

_LATE: Final = (
    "SELECT tracking.submission, tracking.office, tracking.sender, tracking.opening FROM tracking"
    " WHERE review = 'pending' AND expired_at IS NULL AND sign_by != '' AND sign_by < :now"
    # nobody can sign for what is sealed
    " AND NOT EXISTS (SELECT 1 FROM sealing WHERE sealing.submission = tracking.submission AND sealing.state != 'released')"
    " ORDER BY sign_by, submission, office LIMIT :most"
)


def expire(tx: Tx, notary: Notary, now: datetime, most: int = EVENTS_AT_ONCE) -> list[str]:
    """Record what is overdue, at most so many; returns the evidence ids.

    The event marks its delivery in the same transaction, so that killed at any point it is recorded once. Raises Problem SIGNING_STOPPED.
    """
    now = moment(tx, now)
    evidence = []
    for row in tx.rows(_LATE, now=instants.write(now), most=most):
        rule = Position(Opening(row.opening), Review.PENDING).rule(Action.EXPIRE)
        if rule is not None:
            fact = Fact(event=rule.event, office=row.sender, submission=row.submission, recipient=row.office)
            evidence.append(record(tx, notary, fact, now))
    return evidence


def is_any(tx: Tx, now: datetime) -> bool:
    """Say whether something is overdue and was not recorded."""
    return tx.row(_LATE, now=instants.write(now), most=1) is not None


def is_without_limit(tx: Tx) -> bool:
    """Say whether a delivery waits whose limit is not worked out."""
    return tx.row("SELECT 1 AS found FROM tracking WHERE review = 'pending' AND sign_by = '' LIMIT 1") is not None


async def look(service: Service) -> int:
    """Work out limits and days of answers, and record what is overdue now; returns how many events. Raises Problem."""
    await work_out_limits(service)
    await work_out_answers(service)
    return await record_overdue(service)


async def work_out_limits(service: Service) -> None:
    """Work out by when what was delivered is to be signed for."""
    while await service.database.read(is_without_limit):
        await service.database.write(limits.fix, await service.database.read(settings.rules), LIMITS_AT_ONCE)


async def work_out_answers(service: Service) -> None:
    """Work out by when what was asked is to be answered."""
    while await service.database.read(expected.is_any, service.watch.now()):
        await service.database.write(expected.fix, service.watch.now(), ANSWERS_AT_ONCE)


async def record_overdue(service: Service) -> int:
    """Record what is overdue now; returns how many events. Raises Problem."""
    count = 0
    while await service.database.read(is_any, service.watch.now()):
        done = await service.sign(expire, service.county.notary, service.watch.signing_now())
        count += len(done)
        if not done:
            break
    return count


async def watching(app: web.Application) -> AsyncIterator[None]:
    """Look whenever something was committed, and again and again, while the service runs."""
    service, stirred = app[SERVICE], asyncio.Event()
    service.database.after_commit(stirred.set)

    async def run() -> None:
        while True:
            stirred.clear()
            for step in (work_out_limits, work_out_answers, record_overdue):  # each for itself: none holds up the next
                await round_of("what is overdue", partial(step, service))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await stirred.wait()
            await asyncio.sleep(PAUSE)

    task = asyncio.create_task(run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
