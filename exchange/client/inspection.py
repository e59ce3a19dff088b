"""Looking before sending: the county's own reading and policy, on this computer, before anything is written.

Only the county's verdict counts; this one spares a person from sending what must not leave the office. Scans are looked at here
where recognition is installed; elsewhere the county looks at them, and until then nothing is decided.
"""

import asyncio
import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from archive.reading import formats
from archive.reading.confinement import Confinement
from archive.reading.eyes.eyes import Eyes
from archive.reading.kept import Allowance
from archive.reading.reading import Reading, unseen
from archive.reading.sandbox import MAXIMUM_PART, SECONDS, Sandbox, document_of
from exchange.client import elements
from exchange.client.policy import policy_of
from exchange.client.progress import Progress, Silent
from exchange.elements.answers import Hint
from exchange.looking import look_for_verdict
from exchange.policy.rules import Declared, Policy, judge
from exchange.policy.verdict import Verdict, told
from keys import container
from keys.container import Part
from schemas.messages import Hit, Submission, decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import COUNTY, UNCLASSIFIED, Outcome

CONTACT: Final = "contact.json"
"""Whom to call at the county, in the home."""

PATIENCE: Final = 1.0
"""Seconds of reading after which a person is told that it goes on."""
_CHUNK: Final = 1 << 18
SECRECY: Final = (Exit.POLICY, Exit.REVIEW)
_HERE_ONLY: Final = frozenset({ProblemType.RECOGNITION_MISSING, ProblemType.INSPECTION_QUEUE_FULL, ProblemType.READER_RESTARTING})
"""Problems of this computer's recognition, which say nothing about the document."""

Chunks = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Seen:
    """A file that was read: what it says, and which bytes said so."""

    part: Part
    reading: Reading

    @property
    def undecided(self) -> bool:
        """Whether there are pages that only the county can look at."""
        return bool(unseen(self.reading))


class Contact(Struct, frozen=True, kw_only=True):
    """Whom to call: the confidentiality officer's name and telephone number. A newer file may say more."""

    name: str = ""
    phone: str = ""
    office_name: str = ""
    office: str = ""


class _Contacts(Contact, frozen=True, kw_only=True):
    """`contact.json`: one contact, or the county's answer to `GET /api/v1/contacts` as it came."""

    items: tuple[Contact, ...] = ()


NOBODY: Final = Contact()


class Inspector:
    """Reads files in the sandbox, looks at scans where that can be done here, and judges them by the county's policy."""

    def __init__(
        self, policy: Policy, sandbox: Sandbox, eyes: Eyes | None = None, contact: Contact = NOBODY, progress: Progress | None = None
    ) -> None:
        """Use `inspector()` instead."""
        self.policy, self._progress = policy, progress or Silent()
        self._sandbox, self._eyes, self._contact = sandbox, eyes, contact

    @property
    def confinement(self) -> Confinement:
        """What holds the reading process, once something has been read; nothing does off Linux."""
        return self._sandbox.confinement

    async def read(self, name: str, media_type: str, chunks: Chunks) -> Seen:
        """Read one file, member name and media type given. Raises the reader's Problems, with the finding, and INPUT_UNREADABLE."""
        measure = _Measure()
        late = asyncio.get_running_loop().call_later(PATIENCE, self._progress.reads, name, 0, 0)
        try:
            reading = await self._reading(name, media_type, measure.through(chunks()))
        except Problem as problem:
            if problem.kind.exit in SECRECY:
                raise self._with(problem, [Hit(rule=problem.kind.type, part=name)]) from problem
            raise
        except OSError as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, f"{name}: {error.strerror}") from error
        finally:
            late.cancel()
            self._progress.has_read(name)
        return Seen(Part(name, media_type, measure.size, measure.sha256.hexdigest()), reading)

    async def _reading(self, name: str, media_type: str, chunks: Iterator[bytes]) -> Reading:
        if sys.platform != "linux":
            return await asyncio.to_thread(_read_elsewhere, name, media_type, chunks)
        document = await asyncio.to_thread(document_of, chunks)
        try:
            size = os.fstat(document).st_size
            reading = await self._sandbox.read(name, media_type, document, size)
            return await self._looked_at(name, media_type, document, size, reading)
        finally:
            os.close(document)

    async def _looked_at(self, name: str, media_type: str, document: int, size: int, reading: Reading) -> Reading:
        if self._eyes is None or not unseen(reading):
            return reading
        try:
            tell = functools.partial(self._progress.reads, name)
            return await look_for_verdict(self._eyes, name, media_type, document, size, reading, told=tell)
        except Problem as problem:
            if problem.kind in _HERE_ONLY:
                return reading
            raise

    def judge(self, declared: Declared, readings: Mapping[str, Reading], *, reviewed: bool = False) -> Verdict:
        """Return what is not refused: a PASS of everything that could be looked at here, or a REVIEW of what was `reviewed`.

        Raises Problem with the member `findings` for anything else, too much text in all among it. Pages that only the county can
        look at are judged there; so is whether a review holds.
        """
        allowance = Allowance()
        for name, reading in readings.items():
            try:
                allowance.take(reading)
            except Problem as refused:
                raise self._with(refused, [Hit(rule=refused.kind.type, part=name)]) from refused
        try:
            verdict = judge(declared, readings, self.policy, partial=True)
        except Problem as refused:
            raise self._with(refused, [Hit(rule=refused.kind.type, part=refused.detail.partition(": page ")[0])]) from refused
        if verdict.outcome is Outcome.PASS or (reviewed and verdict.outcome is Outcome.REVIEW):
            return verdict
        problem = verdict.problem()
        raise self._with(problem, verdict.hits)

    def _with(self, problem: Problem, hits: Sequence[Hit]) -> Problem:
        """Return the problem with its findings and with whom to call."""
        contact = {name: getattr(self._contact, name) for name in ("name", "phone", "office_name")}
        called = {"contact": contact} if self._contact.phone else {}
        return Problem(problem.kind, problem.detail, findings=told(hits), **called)

    async def container(self, path: Path) -> "Looked":
        """Inspect a packed container as the county will. Raises its Problems and those of `keys.container`."""
        try:
            with path.open("rb") as file:
                whole = await asyncio.to_thread(container.read, file)
        except OSError as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, f"{path.name}: {error.strerror}") from error
        message = decode(whole.head.metadata, Submission)
        seen = [await self.read(part.name, part.media_type, slice_of(path, part.offset, part.size)) for part in whole.parts]
        readings = {each.part.name: each.reading for each in seen}
        self.judge(Declared.of(message), readings, reviewed=message.secrecy_review is not None)
        undecided = tuple(each.part.name for each in seen if each.undecided)
        return Looked(whole, undecided, elements.found(message, readings, datetime.now(UTC)))

    async def document(self, path: Path) -> "Document":
        """Inspect one document before it is packed. Raises like `judge`."""
        seen = await self.read(path.name, media_type_of(path.name), file_of(path))
        # a photograph may be meant as an attachment: only in a submission is it known which file is the main document
        self.judge(Declared(UNCLASSIFIED, names=(path.name,)), {path.name: seen.reading})
        return Document((path.name,) if seen.undecided else (), elements.found_in(seen.reading, datetime.now(UTC)))


@dataclass(frozen=True)
class Document:
    """One document: its name where only the county can look at it, and what it may be returned for by what stands on it."""

    undecided: tuple[str, ...]
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True)
class Looked:
    """A container, the names of the documents in it that only the county can look at, and what its elements may be returned for."""

    whole: container.Container
    undecided: tuple[str, ...]
    hints: tuple[Hint, ...] = ()


@asynccontextmanager
async def inspector(home: Path | None = None, progress: Progress | None = None) -> Any:
    """Start the reading process and end it afterwards. The policy is the one that the home's county last told, else the preset.

    `progress` is told how far a reading is that takes its time.
    """
    sandbox = Sandbox()
    eyes = Eyes(sandbox) if sys.platform == "linux" and Eyes.available() else None
    try:
        yield Inspector(policy_of(home), sandbox, eyes, contact_in(home), progress)
    finally:
        if eyes is not None:
            await eyes.stop()
        await sandbox.stop()


def contact_in(home: Path | None) -> Contact:
    """Return whom to call, as far as this home was told; what cannot be read is nobody."""
    return next(iter(contacts_in(home)), NOBODY)


def county_contact(home: Path | None) -> Contact:
    """Return whom to call about what was sealed: the county's officer, or the first who is known."""
    known = contacts_in(home)
    return next((one for one in known if one.office == COUNTY), next(iter(known), NOBODY))


def contacts_in(home: Path | None) -> tuple[Contact, ...]:
    """Return all whom this home was told of: of the own office first, then of the county."""
    try:
        kept = msgspec.json.decode(b"{}" if home is None else (home / CONTACT).read_bytes(), type=_Contacts)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()
    one = Contact(name=kept.name, phone=kept.phone, office_name=kept.office_name)
    return kept.items or ((one,) if one.phone else ())


def media_type_of(name: str) -> str:
    """Return the media type that goes with a name. Raises Problem FORMAT_NOT_INSPECTABLE with the finding."""
    try:
        return formats.media_type_of(name)
    except Problem as problem:
        raise Problem(problem.kind, problem.detail, findings=told([Hit(rule=problem.kind.type, part=name)])) from problem


def file_of(path: Path) -> Chunks:
    """Return what opens a file and gives its bytes."""
    return slice_of(path, 0, None)


def slice_of(path: Path, offset: int, size: int | None) -> Chunks:
    """Return what opens a file and gives a range of its bytes, to its end when no size is given."""

    def chunks() -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(offset)
            left = size
            while piece := file.read(_CHUNK if left is None else min(_CHUNK, left)):
                left = None if left is None else left - len(piece)
                yield piece

    return chunks


class _Measure:
    def __init__(self) -> None:
        self.size, self.sha256 = 0, hashlib.sha256()

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            if self.size > MAXIMUM_PART:
                raise Problem(ProblemType.PART_TOO_LARGE)
            self.sha256.update(chunk)
            yield chunk


def _read_elsewhere(name: str, media_type: str, chunks: Iterator[bytes]) -> Reading:
    """Off Linux: a copy that lives as long as the reading, in a killable process, without the sandbox."""
    from archive.reading import unconfined  # noqa: PLC0415 - not needed on Linux

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / Path(name).name
        with copy.open("wb") as out:
            out.writelines(chunks)
        return unconfined.read_file(copy, media_type, SECONDS)
