"""The walk of one submission, in a straight line; every refusal happens before anything is kept.

1. the bytes, as they come: one strict form, at most 1 MiB before the signer is known   `keys.container`
2. already known? the stored answer, whatever has changed since                          invariant 2
3. signature, signing time, certificate path and revocation, sending office              `keys.cms`, `keys.trust`
4. what the metadata says, against itself, the manifest and the ledger                   `rules`, `store`
5. the declared level                                                                    `exchange.policy`
6. all bytes here: digests and sizes                                                     `keys.container`, `rules`
7. every file read in the sandbox                                                        `archive.reading`
8. where pages are pictures: a job, which waits for the eyes; the answer is 202          `inspections`, `archive.reading.eyes`
9. the policy's verdict, a secrecy review where it asks for one, the text to be kept     `exchange.policy`, `reviews`
10. bytes durable                                                                        `archive.blobs`
11. one transaction: submission, deliveries, events, receipts, leaves, checkpoint, answer `archive.ledger`
12. the answer

From step 8 on a scan goes the same way as any other submission; only nobody waits on the line for it. Until 11 nothing of it is
in the ledger: a kill loses the job with its bytes, and the sender, who has got no receipt, sends again.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from archive.ledger import receipts
from archive.reading.eyes import legible_scan
from archive.reading.kept import LONG, keep, length
from archive.reading.reading import Reading, unseen, within
from exchange.county import today
from exchange.forms import rules as forms
from exchange.intake import admission, parts, reviews, rules, store
from exchange.intake.admission import Admitted
from exchange.intake.inspections import FULL_SECONDS, RANKS, Answer, Job, Wanted
from exchange.intake.limits import Gate
from exchange.intake.staging import StagedItem
from exchange.intake.store import Accepted
from exchange.office.contacts import contact_member
from exchange.policy import review
from exchange.policy.review import Reviewed
from exchange.policy.rules import Declared, judge
from exchange.policy.verdict import Verdict
from exchange.registers.counting import pages_of
from exchange.representation import encode
from exchange.service import Service
from keys import cms, container, trust
from keys.container import Container, Head
from schemas.messages import Hit, Refusal, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Handling, Outcome

HEAD_SECONDS: Final = 20.0
CONTAINERS_OF_OFFICE: Final = 8
"""Containers of one office that are being read, or wait for a place among the readers."""
JOB_SECONDS: Final = 900.0
"""How long one scan may be looked at: nobody's turn lasts for ever."""
MUCH: Final = 15_000
"""Characters from which judging takes so long (some ten milliseconds) that it belongs into a thread."""

LIGHT: Final = 200_000
CHARACTERS_A_PAGE: Final = 100
"""What a job may hold of text while it waits for its turn, a page counting as so many characters; more is read anew."""

_UNCERTAIN: Final = frozenset({ProblemType.STORAGE_FAILED, ProblemType.STORAGE_FULL, ProblemType.BUSY})


@dataclass(frozen=True)
class Arrived:
    """A container all of whose bytes are here: an admitted head, when its last byte came, and who signed for each joint issuer."""

    admitted: Admitted
    whole: Container
    received_at: datetime
    joint: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """What may be let in: verdict, review where it needed one, text to be kept, pages not wholly looked at, and all pages."""

    verdict: Verdict
    reviewed: Reviewed | None
    kept: bytes
    later: int
    pages: int | None


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
        with ExitStack() as held, self.gate.heads.share() as head:
            staged = held.enter_context(self.service.staging.item())
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
            joint = await self.service.database.glance(admission.require_signers, admitted.identities, admitted.message)
            staged.seal()
            rules.require_sizes(admitted.message.documents, whole)
            return await self._decide(Arrived(admitted, whole, received_at, joint), staged, held)

    async def _decide(self, arrived: Arrived, staged: StagedItem, held: ExitStack) -> Answer:
        """Do what is left: at once, or as a job when there are pages to be looked at, which then holds what was staged."""
        inspections, whole = self.service.inspections, arrived.whole
        joined = inspections.joined(whole.sha256)
        if joined is not None:
            return self.looked_at(joined)
        readings = await self._read(arrived, staged)
        pages = parts.pages_unseen(readings)
        if not pages:
            return await self._keep(arrived, await self._judged(arrived.admitted, readings), staged)
        await self._require_legible(arrived.admitted, readings)
        if not self.service.eyes.available():
            raise Problem(ProblemType.RECOGNITION_MISSING)
        joined = inspections.joined(whole.sha256)  # the same came twice, and the other one was read sooner
        if joined is not None:
            return self.looked_at(joined)
        message = arrived.admitted.message
        wanted = Wanted(
            office=message.from_,
            urgency=message.urgency,
            submission=whole.head.manifest_sha256,
            container=whole.sha256,
            size=whole.size,
            pages=pages,
            release=staged.close,
        )
        inspections.require_room(wanted.office, wanted.size)
        staged.spill()  # it will wait for a while: the memory is for those that do not
        held_readings = readings if _is_light(readings) else None
        job = inspections.begin(wanted, lambda job: self._look(job, arrived, held_readings, staged))
        held.pop_all()
        return self.looked_at(job)

    async def _require_legible(self, admitted: Admitted, readings: dict[str, Reading]) -> None:
        """Refuse at once what is too coarse to be recognised, for which nobody need wait."""
        for name, reading in readings.items():
            try:
                legible_scan.require_dots(reading, unseen(reading))
            except Problem as problem:
                raise await self._refused(admitted, problem, [Hit(rule=problem.kind.type, part=name)]) from problem

    def looked_at(self, job: Job) -> Answer:
        """Return how far a job is, with its token, or what it ended with. Raises the Problem that it ended with."""
        inspections = self.service.inspections
        if isinstance(job.ended, Problem):
            raise Problem(job.ended.kind, job.ended.detail, **job.ended.members)
        if job.ended is not None:
            return job.ended
        return Answer(202, encode(inspections.standing(job)), job.wanted.submission, job.token, inspections.retry(job))

    async def _look(self, job: Job, arrived: Arrived, readings: dict[str, Reading] | None, staged: StagedItem) -> Answer:
        """Do step 8 when its turn comes, and go on from there. Without readings, which were too much to wait with, they are read anew."""
        service, admitted = self.service, arrived.admitted
        try:
            async with service.inspections.turn(job), asyncio.timeout(JOB_SECONDS):
                if readings is None:
                    readings = await self._read(arrived, staged)
                readings = await parts.look(service.eyes, arrived.whole.parts, staged.chunks, readings, rank=job.rank, told=job.told)
        except TimeoutError as error:
            if job.shared:  # more urgent ones went before it, or larger ones: it is sent again, and not refused for good
                raise Problem(ProblemType.INSPECTION_QUEUE_FULL, "others took long", retry_after=FULL_SECONDS) from error
            problem = Problem(ProblemType.READER_TIMEOUT, "the whole takes too long")
            raise await self._refused(admitted, problem, [Hit(rule=problem.kind.type)]) from error
        except Problem as problem:
            if problem.kind not in rules.POLICY_PROBLEMS or "receipt" in problem.members:
                raise
            hit = Hit(rule=problem.kind.type, part=str(problem.members.get("part", "")))
            raise await self._refused(admitted, problem, [hit]) from problem
        return await self._keep(arrived, await self._judged(admitted, readings), staged)

    async def _stored(self, status: int, whole: Container) -> Answer:
        submission = whole.head.manifest_sha256
        return Answer(status, await self.service.database.glance(store.stored_answer, submission, whole.sha256), submission)

    async def _admit(self, head: Head) -> Admitted:
        """Do steps 3 to 5. Until the signer is known nothing is recorded but a count."""
        service, now = self.service, self.service.watch.signing_now()
        signed = [cms.verify(signature, hashlib.sha256(manifest).digest()) for manifest, signature in admission.signatures(head)]
        for each in signed:
            rules.require_signing_time(each.signing_time, now)
        identities = self._identify(signed, now)
        message = decode(head.metadata, Submission)
        if identities[0].office != message.from_:
            raise Problem(ProblemType.SIGNER_OTHER_OFFICE, identities[0].office)
        forms.require_sound(message, now)
        elapsed, size = service.watch.clock.elapsed(), sum(document.size for document in message.documents)
        self.gate.submissions.spend(message.from_, elapsed)
        self.gate.volume.require(message.from_, elapsed, size)
        await service.database.glance(admission.require_admissible, identities, message, head)
        if admission.said_to_be_scanned(message) and not service.inspections.is_known(head.manifest_sha256):
            service.inspections.require_room(message.from_, size)  # sooner than after all of it has come for nothing
        admitted = Admitted(head, message, identities, signed)
        verdict = await self._verdict(admission.unread(message), {})
        if verdict.outcome is Outcome.BLOCK or (verdict.outcome is Outcome.REVIEW and message.secrecy_review is None):
            raise await self._refused(admitted, verdict.problem(), list(verdict.hits))
        return admitted

    def _identify(self, signed: list[cms.Signed], at: datetime) -> list[trust.Identity]:
        """Check every signer's path and revocation at an instant. Raises what `validate` raises."""
        purpose, known = trust.Purpose.SUBMISSION, self.service.trust
        return [trust.validate(each.certificate, each.certificates, known, at=at, purpose=purpose) for each in signed]

    async def _verdict(self, declared: Declared, readings: dict[str, Reading]) -> Verdict:
        if length(readings) > MUCH:  # a long text must not hold up everybody else, were it in a single line
            return await asyncio.to_thread(judge, declared, readings, self.service.policy)
        return judge(declared, readings, self.service.policy)

    async def _judged(self, admitted: Admitted, readings: dict[str, Reading]) -> Judged:
        """Do step 9. Raises the refusal, with its receipt."""
        try:
            verdict = await self._verdict(Declared.of(admitted.message), readings)
        except Problem as problem:
            if problem.kind not in rules.POLICY_PROBLEMS:
                raise
            raise await self._refused(admitted, problem, [Hit(rule=problem.kind.type, part=problem.detail)]) from problem
        reviewed = None
        if verdict.outcome is not Outcome.PASS:
            try:
                reviewed = await self._reviewed(admitted, verdict, readings)
            except Problem as problem:
                if problem.kind not in rules.POLICY_PROBLEMS:
                    raise
                raise await self._refused(admitted, problem, list(verdict.hits)) from problem
        kept = await asyncio.to_thread(keep, readings) if length(readings) > LONG else keep(readings)
        return Judged(verdict, reviewed, kept, parts.pages_unseen(readings, whole=True), pages_of(admitted.message, readings))

    async def _reviewed(self, admitted: Admitted, verdict: Verdict, readings: dict[str, Reading]) -> Reviewed:
        """Return the review on which it may be let in. Raises the verdict's Problem where none holds."""
        service, message = self.service, admitted.message
        named = None if message.secrecy_review is None else message.secrecy_review.approved_by
        further = await service.database.glance(reviews.signers, admitted.identities[1:])
        return review.accept(
            verdict,
            message,
            sender=admitted.sender.person,
            further=further,
            readings=readings,
            approval=None if named is None else await service.database.glance(reviews.approval, named),
            now=service.watch.signing_now(),
        )

    async def _read(self, arrived: Arrived, staged: StagedItem) -> dict[str, Reading]:
        """Do step 7. The first file that cannot be read refuses the container, and the others are not read to their end."""
        admitted, whole = arrived.admitted, arrived.whole
        office = admitted.message.from_
        async with self._reading.setdefault(office, asyncio.Semaphore(CONTAINERS_OF_OFFICE)):
            outcomes = await parts.read(partial(self.service.readers.read, office), whole.parts, staged.chunks)
        readings = {}
        for part, outcome in zip(whole.parts, outcomes, strict=True):
            if isinstance(outcome, Problem) and outcome.kind in rules.POLICY_PROBLEMS:
                raise await self._refused(admitted, outcome, [Hit(rule=outcome.kind.type, part=part.name)])
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                readings[part.name] = outcome
        return readings

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
        by = admitted.sender.person
        evidence = await service.sign(store.reject, service.county.notary, office, refusal, now, now, person=by)
        contact = await service.database.glance(contact_member, office)
        envelope = await service.database.read(receipts.envelope_of, evidence)
        told = [{"rule": hit.rule, "part": hit.part, "page": hit.page, "place": hit.place, "text": hit.text} for hit in hits]
        return Problem(problem.kind, problem.detail, receipt=decode(canonical(envelope), dict), findings=told, **contact)

    async def _keep(self, arrived: Arrived, judged: Judged, staged: StagedItem) -> Answer:
        """Do steps 10 to 12. A kill after 10 leaves an orphan that the next start sweeps; a kill after 11 loses nothing."""
        service, whole, accepted = self.service, arrived.whole, _accepted(arrived, judged)
        lock = self._keeping.setdefault(whole.sha256, asyncio.Lock())
        async with lock:
            if await service.database.glance(store.known_container, accepted.submission) is not None:
                # the same container was quicker; it may be sealed by now, and its blob must not come back
                return await self._stored(200, whole)
            await asyncio.to_thread(service.blobs.put, whole.sha256, whole.size, staged.chunks(), today(accepted.received_at))
            try:
                body = await service.sign(store.accept, service.county.notary, accepted, service.watch.signing_now())
            except Problem as problem:
                # after a storage error the row may yet be there once the engine has recovered: the sweep at start decides
                if problem.kind not in _UNCERTAIN and not await service.database.read(store.is_referenced, whole.sha256):
                    await asyncio.to_thread(service.blobs.discard, whole.sha256)
                if problem.kind in rules.POLICY_PROBLEMS:  # what it was approved by is no longer there
                    raise await self._refused(arrived.admitted, problem, list(judged.verdict.hits)) from problem
                raise
        self.gate.volume.count(accepted.message.from_, service.watch.clock.elapsed(), whole.size)
        return Answer(201, body, accepted.submission)


def _is_light(readings: dict[str, Reading]) -> bool:
    """Say whether many jobs may hold such readings in memory while they wait."""
    pages = sum(len(part.pages) for reading in readings.values() for _, part in within(reading))
    return length(readings) + CHARACTERS_A_PAGE * pages <= LIGHT


def _accepted(arrived: Arrived, judged: Judged) -> Accepted:
    message, whole = arrived.admitted.message, arrived.whole
    return Accepted(
        submission=whole.head.manifest_sha256,
        container=whole.sha256,
        size=whole.size,
        message=message,
        metadata=whole.head.metadata,
        person=arrived.admitted.sender.person,
        received_at=arrived.received_at,
        policy=judged.verdict.policy,
        handling=max(judged.verdict.handling, message.handling, key=list(Handling).index),
        kept=judged.kept,
        reviewed=judged.reviewed,
        joint=arrived.joint,
        look=RANKS[message.urgency] if judged.later else None,
        pages=judged.pages,
    )
