"""Sending what lies in the outbox until the county's receipt is verified, or it says no for good."""

import asyncio
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from exchange.client import core, elements, packing
from exchange.client.core import Accepted, Answer, Decision, Inspecting, Known, Later, Refused
from exchange.client.home import Home
from exchange.client.http import Line
from exchange.client.inspection import Inspector, county_contact
from exchange.client.outbox import Item, Outbox, State, keep_receipt
from exchange.client.packing import Draft, Order
from exchange.client.progress import Progress, Silent
from exchange.client.proof import Prover
from exchange.correction import written
from keys import container
from keys.container import Container
from schemas import instants
from schemas.messages import Envelope, canonical, decode
from schemas.problems import Exit, Problem, ProblemType

LONGEST_ASKED: Final = 65.0
"""A wait in seconds that the county may ask for and a person still sits through."""
LONGEST_LOOKED: Final = 7200.0
"""Seconds for which one scan's inspection is followed; after that it stays in the outbox, and the next run asks again."""
ASKED_AGAIN: Final = 2.0
"""Seconds between two questions how far a scan is, where the county does not say."""
_UNPROVED: Final = frozenset({ProblemType.NETWORK, ProblemType.REVOCATION_UNKNOWN})


@dataclass(frozen=True)
class Result:
    """What became of one container: the object that `--json` prints, and its exit code."""

    shown: dict[str, Any]
    code: int
    problem: Problem | None = None


@dataclass
class Sender:
    """Sends items one by one or several at once. `patience` is how many seconds without success a run keeps trying.

    Without `waits` a run does not stay while the county is looking at scans: the item is left in the outbox, undecided.
    """

    home: Home
    outbox: Outbox
    line: Line
    prover: Prover
    patience: float
    progress: Progress = field(default_factory=Silent)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    elapsed: Callable[[], float] = time.monotonic
    waits: bool = True
    _heard: float = field(default=-1.0, init=False)

    async def submit(
        self, order: Order, inspector: Inspector, *, once: bool = False, unchanged: Callable[[], None] = lambda: None
    ) -> Result:
        """Inspect, pack, save, send. A refusal of this computer's own check leaves time and rule, nothing else.

        With `once`, a document that this home has sent with the same words before is not sent again: its state is told.
        `unchanged` raises when what was inspected should not be sent after all.
        """
        try:
            draft = await packing.draft(self.home, order, inspector, self.now())
        except Problem as problem:
            if problem.kind.exit in (Exit.POLICY, Exit.REVIEW):
                self.outbox.note_refusal(uuid.uuid4().hex, problem, _rules(problem), instants.write(self.now()))
            return refused(problem)
        unchanged()
        before = self.outbox.intended(draft.intent) if once else self.outbox.unfinished(draft.intent)
        result = await self.send(before or await self._save(draft))
        return replace(result, shown=result.shown | elements.members(draft.hints))

    async def take(self, path: Path, inspector: Inspector) -> Result:
        """Send a container that was packed before. One that was sent before gets its answer again, and its present state."""
        try:
            whole = (await inspector.container(path)).whole
        except Problem as problem:
            if problem.kind.exit in (Exit.POLICY, Exit.REVIEW):
                self.outbox.note_refusal(uuid.uuid4().hex, problem, _rules(problem), instants.write(self.now()))
            return refused(problem)
        known = self.outbox.known(whole.head.manifest_sha256)
        if known is not None and known.container == whole.sha256 and known.state is State.SAVED:
            return await self.send(known)
        new = self.outbox.folder / f".{uuid.uuid4().hex}.new"
        try:
            await asyncio.to_thread(_copy, path, new, whole)
            item = self._add(new, whole.head.manifest_sha256, whole.sha256, "")
        finally:
            new.unlink(missing_ok=True)
        return await self.send(item)

    async def _save(self, draft: Draft) -> Item:
        new = self.outbox.folder / f".{uuid.uuid4().hex}.new"
        try:
            submission = await asyncio.to_thread(packing.write, draft, self.home, new, self.now())
            with new.open("rb") as file:
                whole = await asyncio.to_thread(container.read, file)
            return self._add(new, submission, whole.sha256, draft.intent)
        finally:
            new.unlink(missing_ok=True)

    def _add(self, new: Path, submission: str, digest: str, intent: str) -> Item:
        return self.outbox.add(uuid.uuid4().hex, new, submission, digest, intent, instants.write(self.now()))

    async def send(self, item: Item) -> Result:
        """Send a saved item until something is decided or patience is at an end; then it stays in the outbox."""
        while True:
            item = self.outbox.item(item.id)
            if item.state is not State.SAVED:  # an earlier run was killed before it told, or another one was quicker
                return await self._finished(item)
            decision, again = await self._try(item)
            match decision:
                case Accepted(envelope, exact):
                    return await self._accepted(item, envelope, exact, again=again)
                case Refused(problem):
                    self.outbox.refuse(item.id, problem, _rules(problem), instants.write(self.now()))
                    return refused(problem, item.submission)
                case Known(problem):
                    return await self._known(item, problem)
                case _ if self.outbox.item(item.id).state is not State.SAVED:
                    continue  # another process of this home has finished it
                case Inspecting():  # nobody stays for it
                    self._put_off(item, decision.problem, decision.after or ASKED_AGAIN)
                    return Result(_shown(item.submission, "inspecting", None, decision.problem), Exit.REVIEW)
                case Later(problem, after):
                    wait = core.wait(item.attempts + 1, after, secrets.SystemRandom().random())
                    self._put_off(item, problem, wait)
                    if not self._worth_waiting(wait, after):
                        return kept(item, problem, Exit.NETWORK)
                    await self.sleep(wait)

    async def _finished(self, item: Item) -> Result:
        if item.state is State.REFUSED:
            return refused(Problem(ProblemType.named(item.problem or ""), item.rules or ""))
        envelope = decode((self.home.receipts / f"{item.submission}.json").read_bytes(), Envelope)
        return await self._as_it_stands(item, envelope)

    async def _try(self, item: Item) -> tuple[Decision, bool]:
        """Send once, and stay while scans are looked at. Says whether the answer was a repetition.

        A receipt that cannot be verified for want of the network decides nothing yet.
        """
        path = self.outbox.bytes_of(item.id)
        try:
            answer = await self._upload(path)
            self._heard = begun = self.elapsed()
            while isinstance(decision := core.decide(answer), Inspecting) and self._stays(begun):
                answer = await self._asked(item, path, decision) or answer
            if isinstance(decision, Accepted):
                await self.prover.acceptance(decision.envelope, await asyncio.to_thread(_read, path))
        except FileNotFoundError:
            return Later(Problem(ProblemType.LEDGER_DAMAGED, path.name)), False
        except Problem as problem:
            if problem.kind not in _UNPROVED:
                raise
            return Later(problem), False
        finally:
            self.progress.seen(item.id)
        return decision, answer.status == 200  # noqa: PLR2004 - OK, not Created

    def _stays(self, begun: float) -> bool:
        return self.waits and self.patience > 0 and self.elapsed() < begun + LONGEST_LOOKED

    async def _asked(self, item: Item, path: Path, running: Inspecting) -> Answer | None:
        """Ask how far the county is, a while later. None when there was no network; raises NETWORK once patience has ended.

        What the county has forgotten is decided as any refusal of the moment: it is sent again, and joins or begins anew.
        """
        if running.progress is not None:
            self.progress.looked(item.id, running.progress.pages_done, running.progress.pages, running.progress.place)
        await self.sleep(min(running.after or ASKED_AGAIN, LONGEST_ASKED))
        try:
            answer = await (self.line.ask(running.place) if running.place else self._upload(path))
        except Problem as problem:
            if problem.kind is not ProblemType.NETWORK or self.elapsed() > self._heard + self.patience:
                raise
            return None
        self._heard = self.elapsed()
        return answer

    async def _upload(self, path: Path) -> Answer:
        self.progress.begin(path.stat().st_size)
        try:
            return await self.line.upload("/api/v1/submissions", path, self.progress.sent)
        finally:
            self.progress.end()

    async def _accepted(self, item: Item, envelope: Envelope, exact: bytes, *, again: bool) -> Result:
        keep_receipt(self.home.receipts, str(item.submission), exact)
        self.outbox.accept(item.id, instants.write(self.now()))
        if again:
            return await self._as_it_stands(item, envelope)
        return Result(_shown(item.submission, "accepted", envelope), Exit.OK)

    async def _as_it_stands(self, item: Item, envelope: Envelope) -> Result:
        """Say what a person has said since: an old "accepted" must not hide it."""
        try:
            status = decode(await self.line.get(f"/api/v1/submissions/{item.submission}"), dict[str, Any])
        except Problem as problem:
            if problem.kind.exit is not Exit.NETWORK:
                raise
            return Result(_shown(item.submission, "accepted", envelope), Exit.OK)
        word = core.what_became_of_it(status)
        if word == "accepted":
            return Result(_shown(item.submission, word, envelope), Exit.OK)
        if word == "sealed":
            sealed = self._sealed(status)
            return Result(_shown(item.submission, word, envelope, sealed), int(sealed.kind.exit), sealed)
        self.outbox.accept(item.id, instants.write(self.now()), State.RETURNED)
        reasons = "；".join(written.shown(delivery["reason"], chinese=True) for delivery in status["deliveries"] if delivery.get("reason"))
        returned = Problem(ProblemType.RETURNED, reasons)
        return Result(_shown(item.submission, word, envelope, returned), int(returned.kind.exit), returned)

    def _sealed(self, status: dict[str, Any]) -> Problem:
        """Return what is said of an item that was taken from everybody, with whom to call."""
        detail = "其后已销毁 / destroyed since" if status.get("destroyed") else ""
        one = county_contact(self.home.folder)
        return Problem(ProblemType.SEALED, detail, **({"contact": {"name": one.name, "phone": one.phone}} if one.phone else {}))

    async def _known(self, item: Item, problem: Problem) -> Result:
        """Give up bytes whose manifest, or reference, the county has in another container; say how that one stands."""
        word = "refused"
        if problem.kind is ProblemType.ALREADY_SENT_OTHER_SIGNATURE:
            status = decode(await self.line.get(f"/api/v1/submissions/{item.submission}"), dict[str, Any])
            word = core.what_became_of_it(status)
        self.outbox.refuse(item.id, problem, "", instants.write(self.now()))
        return Result(_shown(item.submission, word, None, problem), int(problem.kind.exit), problem)

    def _put_off(self, item: Item, problem: Problem, wait: float) -> None:
        now = self.now()
        self.outbox.put_off(item.id, problem, instants.write(now), instants.write(now + timedelta(seconds=wait)))

    def _worth_waiting(self, wait: float, asked: float | None) -> bool:
        """Patience runs from the last time that the county was heard, so one dead line does not hold up a whole list."""
        if self._heard < 0:
            self._heard = self.elapsed()
        if asked is not None and asked <= LONGEST_ASKED and self.patience > 0:
            return True
        return self.elapsed() + wait <= self._heard + self.patience


def refused(problem: Problem, submission: str | None = None) -> Result:
    """Return the result of a refusal, here or at the county."""
    return Result(_shown(submission, "refused", None, problem), int(problem.kind.exit), problem)


def kept(item: Item, problem: Problem, code: Exit) -> Result:
    """Return the result of an item that stays in the outbox."""
    return Result(_shown(item.submission, "kept", None, problem), int(code), problem)


def _shown(submission: str | None, status: str, envelope: Envelope | None, problem: Problem | None = None) -> dict[str, Any]:
    receipt = None if envelope is None else decode(canonical(envelope), dict[str, Any])
    if problem is not None and receipt is None:
        receipt = problem.members.get("receipt")  # a refusal's own receipt
    return {"submission": submission, "status": status, "receipt": receipt} | ({} if problem is None else {"error": problem.render()})


def _rules(problem: Problem) -> str:
    findings = problem.members.get("findings", [])
    return ",".join(sorted({str(finding.get("rule")) for finding in findings})) or problem.kind.type


def _read(path: Path) -> Container:
    with path.open("rb") as file:
        return container.read(file)


def _copy(source: Path, new: Path, whole: Container) -> None:
    """Copy what was inspected, and nothing that has changed since."""
    with source.open("rb") as file, open(new, "xb", opener=packing.private) as out:
        while piece := file.read(1 << 18):
            out.write(piece)
    if _read(new).sha256 != whole.sha256:
        raise Problem(ProblemType.INPUT_CHANGED, source.name)
