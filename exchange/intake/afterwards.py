"""What is looked at after the receipt: the whole of each scanned page, whose head alone was looked at before it.

Rows of the ledger say what is still to be done, so a kill loses nothing and a restart goes on. Nothing here is in a hurry: it
begins when no receipt is being waited for, and rests as long as it worked.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from archive.reading.kept import keep
from archive.reading.reading import Reading
from exchange import logbook
from exchange.intake import parts, reviews
from exchange.intake.inspections import RANKS
from exchange.policy.rules import Declared, judge
from exchange.policy.verdict import Verdict
from exchange.service import Service
from keys.container import Container, Reader, StoredPart
from schemas import instants
from schemas.messages import Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling, Outcome, Urgency

RANK: Final = 9
"""Behind every scan whose sender is waiting."""
TRIES: Final = 3
OVERDUE: Final = timedelta(hours=1)
"""After so long it is begun even though others wait for their receipts: a mark must not stay unseen for ever."""
PAUSE: Final = 0.5
IDLE: Final = 5.0
"""Seconds between two looks at whether there is something to do, at least and at most."""
LATER: Final = 30.0
"""Seconds after which is tried anew what failed for no fault of the document."""
LONGEST_REST: Final = 60.0

_NOT_ITS_FAULT: Final = frozenset(
    {ProblemType.READER_RESTARTING, ProblemType.RECOGNITION_MISSING, ProblemType.INSPECTION_QUEUE_FULL}
    | {ProblemType.BUSY, ProblemType.STORAGE_FULL, ProblemType.STORAGE_FAILED, ProblemType.SIGNING_STOPPED}
)

SealLate = Callable[[Tx, Notary, str, list[str], str, datetime], str]
"""Seals an accepted submission for a mark that was found only now: rules, version of the policy, instant. Returns an evidence id."""


@dataclass(frozen=True)
class Seen:
    """The whole of a submission: what the policy says of it, and the text to be kept in place of the one before."""

    verdict: Verdict
    kept: bytes


class Afterwards:
    """Does what the rows of `whole_look` ask for, one after the other; belongs to one event loop."""

    def __init__(self, service: Service, seal_late: SealLate) -> None:
        """Start with nothing; `run` does the work."""
        self._service, self._seal_late = service, seal_late
        self._stirred = asyncio.Event()
        self._passed_over: set[str] = set()
        service.database.after_commit(self._stirred.set)

    async def run(self) -> None:
        """Work until cancelled. What failed for good before is tried anew once, for readers and models may have changed."""
        await self._patiently(self._service.database.write(_begin_anew))
        while True:
            self._stirred.clear()
            begun = asyncio.get_running_loop().time()
            worked = await self._patiently(self.one())
            if worked is None:
                await asyncio.sleep(LATER)
            elif worked:
                await asyncio.sleep(min(LONGEST_REST, max(PAUSE, asyncio.get_running_loop().time() - begun)))
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE):
                        await self._stirred.wait()
                await asyncio.sleep(PAUSE)

    async def one(self) -> bool:
        """Look at the next submission, if there is one and nobody waits for a receipt. Says whether it did.

        Raises Problem for what can be tried again later.
        """
        service = self._service
        row = await service.database.glance(following, self._passed_over)
        if row is None and self._passed_over:
            self._passed_over.clear()
            return False
        if row is None or not self._may_begin(row):
            return False
        self._passed_over.add(row.submission)  # unless it ends here, the others have their turn before it is tried again
        try:
            seen = await self._look(row)
        except Problem as problem:
            if problem.kind in _NOT_ITS_FAULT:
                raise
            await service.database.write(put_off, row.submission, problem.kind.type)
            logbook.note(logging.WARNING, "whole look failed", submission=row.submission, problem=problem.kind.type, tries=row.tries + 1)
        else:
            await service.sign(self._complete, row.submission, seen, service.watch.signing_now())
        self._passed_over.discard(row.submission)
        return True

    def _is_overdue(self, row: Any) -> bool:
        return self._service.watch.now() - instants.read(row.since) >= OVERDUE

    def _may_begin(self, row: Any) -> bool:
        service = self._service
        return service.eyes.available() and (self._is_overdue(row) or (service.inspections.quiet and service.readers.waiting == 0))

    async def _look(self, row: Any) -> Seen:
        service = self._service
        whole = await asyncio.to_thread(self._stored, row.container)
        message = decode(whole.head.metadata, Submission, ProblemType.LEDGER_DAMAGED)

        def bytes_of(offset: int, size: int) -> Any:
            return service.blobs.read(row.container, offset, size)

        async def plainly(part: StoredPart, opened: parts.Opened) -> Reading:
            async with opened() as document:
                return await service.sandbox.read(part.name, part.media_type, document, part.size)

        outcomes = await parts.read(plainly, whole.parts, bytes_of, at_once=1)
        readings: dict[str, Reading] = {}
        for part, outcome in zip(whole.parts, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                readings[part.name] = outcome
        rank = RANKS[Urgency.EXTRA_URGENT] if self._is_overdue(row) else RANK  # behind all others its turn might never come
        readings = await parts.look(service.eyes, whole.parts, bytes_of, readings, whole=True, rank=rank)
        return await asyncio.to_thread(lambda: Seen(judge(Declared.of(message), readings, service.policy), keep(readings)))

    def _stored(self, sha256: str) -> Container:
        reader = Reader()
        for chunk in self._service.blobs.read(sha256):
            reader.feed(chunk)
        whole = reader.finish()
        if whole.sha256 != sha256:
            raise Problem(ProblemType.LEDGER_DAMAGED, "other bytes than were accepted")
        return whole

    def _complete(self, tx: Tx, submission: str, seen: Seen, now: datetime) -> None:
        complete(tx, self._service.county.notary, submission, seen, now, self._seal_late)

    async def _patiently(self, work: Any) -> bool | None:
        """Return what comes of it, None when it is to be tried again later."""
        try:
            return bool(await work)
        except Problem as problem:
            logbook.note(logging.WARNING, "whole look put off", problem=problem.kind.type)
        except Exception as error:  # noqa: BLE001 - a bug, or descriptors ran out: the work goes on
            incident = secrets.token_hex(4)
            logbook.note(logging.ERROR, "incident", incident=incident, exception=type(error).__name__, trace=logbook.where(error))
        return None


def following(tx: Tx, passed_over: Collection[str] = ()) -> Any:
    """Return submission, container, since and tries of what is to be looked at next, None when there is nothing.

    What is `passed_over` counts as not there.
    """
    return tx.row(
        "SELECT whole_look.submission, submission.container, whole_look.since, whole_look.tries FROM whole_look"
        " JOIN submission ON submission.id = whole_look.submission WHERE whole_look.state = 'waiting'"
        " AND whole_look.submission NOT IN (SELECT value FROM json_each(:passed_over))"
        " ORDER BY whole_look.tries, whole_look.rank, whole_look.since, whole_look.submission LIMIT 1",
        passed_over=json.dumps(sorted(passed_over)),
    )


def put_off(tx: Tx, submission: str, problem: str) -> None:
    """Count a try that failed; the third was the last."""
    tx.run(
        "UPDATE whole_look SET tries = tries + 1, problem = :problem, state = CASE WHEN tries + 1 >= :most THEN 'failed' ELSE 'waiting' END"
        " WHERE submission = :id",
        id=submission,
        problem=problem,
        most=TRIES,
    )


def complete(tx: Tx, notary: Notary, submission: str, seen: Seen, now: datetime, seal_late: SealLate) -> None:
    """Keep the whole text and record InspectionCompletion, or seal the submission: in one transaction with the end of the work.

    What was taken away in the meantime is left as it is. Raises Problem SIGNING_STOPPED.
    """
    still = tx.row(
        "SELECT submission.office, submission.handling FROM whole_look JOIN submission ON submission.id = whole_look.submission"
        " JOIN kept_text ON kept_text.submission = whole_look.submission WHERE whole_look.submission = :id",
        id=submission,
    )
    tx.run("DELETE FROM whole_look WHERE submission = :id", id=submission)
    if still is None:
        return
    verdict, now = seen.verdict, moment(tx, now)
    tx.run("UPDATE kept_text SET body = :body WHERE submission = :id", id=submission, body=seen.kept)  # sealed or not: it may be released
    passes = verdict.outcome is Outcome.PASS
    if not passes and not (verdict.outcome is Outcome.REVIEW and reviews.covered(tx, submission, verdict.rules)):
        seal_late(tx, notary, submission, list(verdict.rules), verdict.policy, now)
        return
    if verdict.handling is Handling.INTERNAL and still.handling != Handling.INTERNAL:
        tx.run("UPDATE submission SET handling = :handling WHERE id = :id", id=submission, handling=verdict.handling.value)
    record(tx, notary, Fact(event=Event.INSPECTION_COMPLETION, office=still.office, submission=submission), now)


def standing(tx: Tx) -> dict[str, Any]:
    """Return how many submissions are still to be looked at whole, and which could not be, with the type of the problem."""
    waiting = tx.row("SELECT count(*) AS count FROM whole_look WHERE state = 'waiting'").count
    failed = tx.rows("SELECT submission, problem FROM whole_look WHERE state = 'failed' ORDER BY since, submission LIMIT 100")
    return {"waiting": waiting, "failed": [{"submission": row.submission, "problem": row.problem} for row in failed]}


def _begin_anew(tx: Tx) -> None:
    tx.run("UPDATE whole_look SET state = 'waiting', tries = 0 WHERE state = 'failed'")
