"""A restored ledger may be older than what the county has signed since: it signs nothing until it is confirmed.

The ground is the last checkpoint that a township verified, which the ledger must contain, or a waiver: the reason why there
is none. Either stands for ever in a public event, recorded in the transaction that lets signing go on.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, record
from archive.ledger.sqlite import SqliteDatabase
from exchange import clock as clocks
from exchange.control import hold
from exchange.county import County
from exchange.service import renew_crl
from keys.notes import open_checkpoint
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event

LONGEST: Final = 500
_LONGEST_NOTE: Final = 64 * 1024


@dataclass(frozen=True)
class Ground:
    """Why a restored ledger may sign again: a checkpoint note, or a waiver."""

    note: bytes = b""
    waiver: str = ""


def ground_of(checkpoint: str | None, waiver: str | None) -> Ground | None:
    """Return what was given on the command line: a file with a checkpoint, a reason, or neither.

    Raises Problem INPUT_UNREADABLE, REASON_REQUIRED, or REQUEST_MALFORMED when both are given.
    """
    if checkpoint is not None and waiver is not None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "a checkpoint or a waiver, not both")
    if checkpoint is not None:
        try:
            with Path(checkpoint).open("rb") as file:
                return Ground(note=file.read(_LONGEST_NOTE))
        except OSError as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, checkpoint) from error
    if waiver is None:
        return None
    reason = waiver.strip()
    if not reason or len(reason) > LONGEST or not reason.isprintable():
        raise Problem(ProblemType.REASON_REQUIRED, f"1 to {LONGEST} characters, one line")
    return Ground(waiver=reason)


def can_be_confirmed(tx: Tx, ground: Ground) -> bool:
    """Say whether this ground lets signing go on: either, for want of confirmation; a waiver alone, against proof of a loss."""
    reason = log.halted(tx)
    return reason.startswith(log.UNCONFIRMED) or (bool(ground.waiver) and reason.startswith((log.BEHIND, log.FORKED)))


def require_fits(tx: Tx, county: County, ground: Ground | None) -> str:
    """Return the subject of the confirming event. Raises Problem CHECKPOINT_REFUSED.

    A checkpoint fits when our log's key signed it and the ledger holds one of its size with its root.
    """
    if ground is None or ground.waiver:
        return "" if ground is None else f"waived: {ground.waiver}"
    try:
        seen = open_checkpoint(ground.note, county.notary.log)
    except Problem as problem:
        raise Problem(ProblemType.CHECKPOINT_REFUSED, problem.detail) from problem
    reason = log.contradicts(tx, seen)
    if reason:
        raise Problem(ProblemType.CHECKPOINT_REFUSED, reason)
    return f"checkpoint {seen.size} {seen.root.hex()}"


async def halt_restored(county: County, now: datetime) -> None:
    """Stop signing in a ledger that has just been restored; a worse reason that it brings along stays."""
    async with _open(county, now) as database:
        await database.write(log.halt, f"{log.UNCONFIRMED}: {instants.write(now)}")


async def confirm(county: County, ground: Ground, now: datetime) -> str:
    """Let an unconfirmed ledger sign again and return the recorded subject.

    Raises Problem CHECKPOINT_REFUSED, SIGNING_STOPPED (halted for another reason, which nothing given here can cure),
    FOLDER_IN_USE while a service holds the folder, or CLOCK_WRONG.
    """
    with hold(county.folder):
        async with _open(county, now) as database:
            clocks.require_sane(now, instants.read(await database.read(log.last_instant)))
            return await database.write(_confirm, county, ground, now)


def _confirm(tx: Tx, county: County, ground: Ground, now: datetime) -> str:
    if not can_be_confirmed(tx, ground):
        raise Problem(ProblemType.SIGNING_STOPPED, log.halted(tx))
    subject = require_fits(tx, county, ground)
    if ground.waiver:
        subject = "; ".join([subject, *log.waive(tx, instants.write(now))])
    log.resume(tx)
    renew_crl(tx, county, now)
    record(tx, county.notary, Fact(event=Event.LEDGER_CONFIRMATION, office=COUNTY, subject=subject), now)
    return subject


@asynccontextmanager
async def _open(county: County, now: datetime) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now), readers=1)
    try:
        await database.read(log.require_own, county.notary)
        yield database
    finally:
        await database.close()
