"""The walk of one submission, in a straight line; every refusal happens before anything is kept.

1. the bytes, as they come: one strict form, at most 1 MiB before the signer is known   `keys.container`
2. already known? the stored answer, whatever has changed since                          invariant 2
3. signature, signing time, certificate path and revocation, sending office              `keys.cms`, `keys.trust`
4. what the metadata says, against itself, the manifest and the ledger                   `rules`, `store`
5. the declared level                                                                    `exchange.policy`
6. all bytes here: digests and sizes                                                     `keys.container`, `rules`
7. every file read in the sandbox, the policy's verdict, the text to be kept             `archive.reading`, `exchange.policy`
8. bytes durable                                                                         `archive.blobs`
9. one transaction: submission, deliveries, events, receipts, leaves, checkpoint, answer `archive.ledger`
10. the answer
"""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

from archive.blobs.store import storage_problems
from archive.ledger import receipts
from archive.ledger.database import Tx
from archive.reading.kept import LONG, Allowance, keep, length
from archive.reading.reading import Reading
from archive.reading.sandbox import document_of
from exchange.county import today
from exchange.intake import rules, store
from exchange.intake.limits import Gate
from exchange.intake.staging import StagedItem
from exchange.intake.store import Accepted
from exchange.office.store import person
from exchange.policy.rules import Declared, judge
from exchange.policy.verdict import Verdict
from exchange.service import Service
from keys import cms, container, trust
from keys.container import Container, Head, StoredPart
from schemas.messages import Hit, Refusal, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Handling, Outcome, Role, Scope

READERS_AT_ONCE: Final = 2
"""Documents of one container, and containers of one office, that are read at the same time: nobody starves the others."""

HEAD_SECONDS: Final = 20.0
CONTAINER_SECONDS: Final = 120.0
SMALL: Final = 256 * 1024
MUCH: Final = 15_000
"""Characters from which judging takes so long (some ten milliseconds) that it belongs into a thread."""

_UNCERTAIN: Final = frozenset({ProblemType.STORAGE_FAILED, ProblemType.STORAGE_FULL, ProblemType.BUSY})


@dataclass(frozen=True)
class Answer:
    """What the sender gets: 201 for a new submission, 200 for a repetition, the same bytes either way."""

    status: int
    body: bytes
    submission: str


@dataclass(frozen=True)
class Admitted:
    """A head that passed steps 3 to 5."""

    head: Head
    message: Submission
    identity: trust.Identity
    signed: list[cms.Signed]


class Intake:
    """Takes submissions in for one service."""

    def __init__(self, service: Service) -> None:
        """Start with empty counts."""
        self.service = service
        self.gate = Gate(service.county.settings.limits)
        self._keeping: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._reading: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def receive(self, body: AsyncIterable[bytes]) -> Answer:
        """Take one container in. Raises Problem; a policy refusal carries its rejection receipt as `receipt`."""
        reader, admitted, known = container.Reader(), None, False
        clock = self.service.watch.clock
        begun = clock.elapsed()
        with self.service.staging.item() as staged, self.gate.heads.share() as head:
            async for chunk in body:
                if admitted is None and not known:
                    head.take(len(chunk))
                    if clock.elapsed() - begun > HEAD_SECONDS:
                        raise Problem(ProblemType.BODY_TOO_SLOW, "head")
                reader.feed(chunk)
                if not known:
                    staged.write(chunk)
                if reader.head is not None and admitted is None and not known:
                    known = await self.service.database.glance(store.known_container, reader.head.manifest_sha256) is not None
                    if known:
                        staged.close()
                    else:
                        admitted = await self._admit(reader.head)
                    head.give_back()
            whole = reader.finish()
            if admitted is None:
                return await self._stored(200, whole)
            received_at = self.service.watch.signing_now()
            # certificates, people and scopes are judged at reception, and that is the last byte
            self._identify(admitted.signed, received_at)
            await self.service.database.glance(_require_sender, admitted.identity)
            staged.seal()
            rules.require_sizes(admitted.message.documents, whole)
            verdict, kept = await self._inspect(admitted, whole, staged)
            return await self._keep(_accepted(admitted, whole, received_at, verdict, kept), whole, staged)

    async def _stored(self, status: int, whole: Container) -> Answer:
        submission = whole.head.manifest_sha256
        return Answer(status, await self.service.database.glance(store.stored_answer, submission, whole.sha256), submission)

    async def _admit(self, head: Head) -> Admitted:
        """Do steps 3 to 5. Until the signer is known nothing is recorded but a count."""
        service, now = self.service, self.service.watch.signing_now()
        signed = [cms.verify(signature, hashlib.sha256(manifest).digest()) for manifest, signature in _signatures(head)]
        for each in signed:
            rules.require_signing_time(each.signing_time, now)
        identities = self._identify(signed, now)
        message = decode(head.metadata, Submission)
        if identities[0].office != message.from_:
            raise Problem(ProblemType.SIGNER_OTHER_OFFICE, identities[0].office)
        elapsed = service.watch.clock.elapsed()
        self.gate.submissions.spend(message.from_, elapsed)
        self.gate.volume.require(message.from_, elapsed, sum(document.size for document in message.documents))
        await service.database.glance(_require_admissible, identities[0], message, head)
        admitted = Admitted(head, message, identities[0], signed)
        await self._judge(admitted, _unread(message), {})
        return admitted

    def _identify(self, signed: list[cms.Signed], at: datetime) -> list[trust.Identity]:
        """Check every signer's path and revocation at an instant. Raises what `validate` raises."""
        purpose, known = trust.Purpose.SUBMISSION, self.service.trust
        return [trust.validate(each.certificate, each.certificates, known, at=at, purpose=purpose) for each in signed]

    async def _judge(self, admitted: Admitted, declared: Declared, readings: dict[str, Reading]) -> Verdict:
        if length(readings) > MUCH:  # a long text must not hold up everybody else, were it in a single line
            verdict = await asyncio.to_thread(judge, declared, readings, self.service.policy)
        else:
            verdict = judge(declared, readings, self.service.policy)
        if verdict.outcome is not Outcome.PASS:
            raise await self._refused(admitted, verdict.problem(), list(verdict.hits))
        return verdict

    async def _inspect(self, admitted: Admitted, whole: Container, staged: StagedItem) -> tuple[Verdict, bytes]:
        """Do step 7; returns the verdict and, since it is PASS, the text that is kept for search.

        The first file that cannot be read refuses the container, and the others are not read to their end.
        """
        office = admitted.message.from_
        async with self._reading.setdefault(office, asyncio.Semaphore(READERS_AT_ONCE)):
            outcomes = await self._read(whole, staged)
        readings = {}
        for part, outcome in zip(whole.parts, outcomes, strict=True):
            if isinstance(outcome, Problem) and outcome.kind in rules.POLICY_PROBLEMS:
                raise await self._refused(admitted, outcome, [Hit(rule=outcome.kind.type, part=part.name)])
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                readings[part.name] = outcome
        verdict = await self._judge(admitted, Declared.of(admitted.message), readings)
        return verdict, await asyncio.to_thread(keep, readings) if length(readings) > LONG else keep(readings)

    async def _read(self, whole: Container, staged: StagedItem) -> list[Reading | BaseException | None]:
        """Return a reading or an error for each part, None for those that another's refusal or the end of time stopped."""
        places, allowance = asyncio.Semaphore(READERS_AT_ONCE), Allowance()

        async def read(part: StoredPart) -> Reading:
            async with places:
                with storage_problems():  # memory and descriptors run out as disks do
                    document = await _document(staged, part)
                try:
                    return allowance.take(await self.service.sandbox.read(part.name, part.media_type, document, part.size))
                finally:
                    with contextlib.suppress(OSError):
                        os.close(document)  # it is memory: whatever the answer, it is given back

        tasks = [asyncio.create_task(read(part)) for part in whole.parts]
        try:
            done, late = await asyncio.wait(tasks, timeout=CONTAINER_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if late and not any(task.exception() for task in done):
            return [Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "the whole takes too long") for _ in tasks]
        return [None if task not in done else task.exception() or task.result() for task in tasks]

    async def _refused(self, admitted: Admitted, problem: Problem, hits: list[Hit]) -> Problem:
        """Record the refusal and return the problem with its receipt; rule and place are told to the sender only."""
        service, now = self.service, self.service.watch.signing_now()
        refusal = Refusal(
            rules=sorted({hit.rule for hit in hits}),
            policy=service.policy.version,
            manifest_hmac=rules.remember(service.county.refusal_key(now.year), admitted.head.manifest),
            hmac_key=str(now.year),
        )
        office = admitted.message.from_
        evidence = await service.sign(store.reject, service.county.notary, office, refusal, now, now)
        envelope = await service.database.read(receipts.envelope_of, evidence)
        told = [{"rule": hit.rule, "part": hit.part, "page": hit.page, "text": hit.text} for hit in hits]
        return Problem(problem.kind, problem.detail, receipt=decode(canonical(envelope), dict), findings=told)

    async def _keep(self, accepted: Accepted, whole: Container, staged: StagedItem) -> Answer:
        """Do steps 8 to 10. A kill after 8 leaves an orphan that the next start sweeps; a kill after 9 loses nothing."""
        service = self.service
        lock = self._keeping.setdefault(whole.sha256, asyncio.Lock())
        async with lock:
            await asyncio.to_thread(service.blobs.put, whole.sha256, whole.size, staged.chunks(), today(accepted.received_at))
            try:
                body = await service.sign(store.accept, service.county.notary, accepted, service.watch.signing_now())
            except Problem as problem:
                # after a storage error the row may yet be there once the engine has recovered: the sweep at start decides
                if problem.kind not in _UNCERTAIN and not await service.database.read(store.is_referenced, whole.sha256):
                    await asyncio.to_thread(service.blobs.discard, whole.sha256)
                raise
        self.gate.volume.count(accepted.message.from_, service.watch.clock.elapsed(), whole.size)
        return Answer(201, body, accepted.submission)


async def _document(staged: StagedItem, part: StoredPart) -> int:
    """Return a part as the sandbox takes it; a small one is sooner copied than handed to a thread."""
    chunks = staged.chunks(part.offset, part.size)
    return document_of(chunks) if part.size <= SMALL else await asyncio.to_thread(document_of, chunks)


def _unread(message: Submission) -> Declared:
    """Return what can be judged before a document has come: everything declared, file names as mere texts."""
    declared = Declared.of(message)
    return replace(declared, names=(), others=(*declared.others, *(("name", name) for name in declared.names)))


def _signatures(head: Head) -> list[tuple[bytes, bytes]]:
    return [(head.manifest, head.signature), *head.further]


def _require_admissible(tx: Tx, identity: trust.Identity, message: Submission, head: Head) -> None:
    """Ask the ledger about the sender and the message, in one unit. Raises what the three raise, in this order."""
    _require_sender(tx, identity)
    rules.require_consistent(message, head)
    store.require_admissible(tx, message, head.manifest_sha256, identity.person)


def _require_sender(tx: Tx, identity: trust.Identity) -> None:
    """Let people of today send, in any role but the auditor's, and service accounts whose scopes say so.

    Raises Problem SIGNING_STOPPED, SIGNER_UNKNOWN, NOT_ALLOWED.
    """
    halted = tx.row("SELECT halted FROM ledger").halted
    if halted:
        raise Problem(ProblemType.SIGNING_STOPPED, halted)
    try:
        sender = person(tx, identity.person)
    except Problem as problem:
        raise Problem(ProblemType.SIGNER_UNKNOWN, "left") from problem
    if sender.role is Role.AUDITOR or sender.office != identity.office:
        raise Problem(ProblemType.NOT_ALLOWED, sender.role.value)
    sender.require_scope(Scope.SUBMIT)


def _accepted(admitted: Admitted, whole: Container, received_at: datetime, verdict: Verdict, kept: bytes) -> Accepted:
    return Accepted(
        submission=whole.head.manifest_sha256,
        container=whole.sha256,
        size=whole.size,
        message=admitted.message,
        metadata=whole.head.metadata,
        person=admitted.identity.person,
        received_at=received_at,
        policy=verdict.policy,
        handling=max(verdict.handling, admitted.message.handling, key=list(Handling).index),
        kept=kept,
    )
