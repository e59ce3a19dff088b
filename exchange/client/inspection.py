"""Looking before sending: the county's own reading and policy, on this computer, before anything is written.

Only the county's verdict counts; this one spares a person from sending what must not leave the office.
"""

import asyncio
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from archive.reading import formats
from archive.reading.kept import Allowance
from archive.reading.reading import Reading
from archive.reading.sandbox import MAXIMUM_PART, SECONDS, Sandbox, document_of
from exchange.policy.rules import Declared, Policy, judge, load
from exchange.policy.verdict import Verdict
from keys import container
from keys.container import Part
from schemas.messages import Hit, Submission, decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

PRESET: Final = "usual"
_CHUNK: Final = 1 << 18
SECRECY: Final = (Exit.POLICY, Exit.REVIEW)
Chunks = Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Seen:
    """A file that was read: what it says, and which bytes said so."""

    part: Part
    reading: Reading


class Inspector:
    """Reads files in the sandbox and judges them by the usual policy."""

    def __init__(self, policy: Policy, sandbox: Sandbox) -> None:
        """Use `inspector()` instead."""
        self.policy = policy
        self._sandbox = sandbox

    async def read(self, name: str, media_type: str, chunks: Chunks) -> Seen:
        """Read one file, member name and media type given. Raises the reader's Problems, with the finding, and INPUT_UNREADABLE."""
        measure = _Measure()
        try:
            reading = await self._reading(name, media_type, measure.through(chunks()))
        except Problem as problem:
            if problem.kind.exit in SECRECY:
                raise _with(problem, [Hit(rule=problem.kind.type, part=name)]) from problem
            raise
        except OSError as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, f"{name}: {error.strerror}") from error
        return Seen(Part(name, media_type, measure.size, measure.sha256.hexdigest()), reading)

    async def _reading(self, name: str, media_type: str, chunks: Iterator[bytes]) -> Reading:
        if sys.platform != "linux":
            return await asyncio.to_thread(_read_elsewhere, name, media_type, chunks)
        document = await asyncio.to_thread(document_of, chunks)
        try:
            return await self._sandbox.read(name, media_type, document, os.fstat(document).st_size)
        finally:
            os.close(document)

    def judge(self, declared: Declared, readings: Mapping[str, Reading]) -> Verdict:
        """Return a PASS. Raises Problem with the member `findings` for anything else, too much text in all among it."""
        allowance = Allowance()
        for name, reading in readings.items():
            try:
                allowance.take(reading)
            except Problem as refused:
                raise _with(refused, [Hit(rule=refused.kind.type, part=name)]) from refused
        verdict = judge(declared, readings, self.policy)
        if verdict.outcome is Outcome.PASS:
            return verdict
        problem = verdict.problem()
        raise _with(Problem(problem.kind, problem.detail), verdict.hits)

    async def container(self, path: Path) -> container.Container:
        """Inspect a packed container as the county will. Raises its Problems and those of `keys.container`."""
        try:
            with path.open("rb") as file:
                whole = await asyncio.to_thread(container.read, file)
        except OSError as error:
            raise Problem(ProblemType.INPUT_UNREADABLE, f"{path.name}: {error.strerror}") from error
        message = decode(whole.head.metadata, Submission)
        seen = [await self.read(part.name, part.media_type, slice_of(path, part.offset, part.size)) for part in whole.parts]
        self.judge(Declared.of(message), {each.part.name: each.reading for each in seen})
        return whole

    async def document(self, path: Path) -> Verdict:
        """Inspect one document before it is packed. Raises like `read` and `judge`."""
        seen = await self.read(path.name, media_type_of(path.name), file_of(path))
        return self.judge(Declared(UNCLASSIFIED, names=(path.name,)), {path.name: seen.reading})


@asynccontextmanager
async def inspector() -> Any:
    """Start the reading process and end it afterwards."""
    sandbox = Sandbox()
    try:
        yield Inspector(load(PRESET), sandbox)
    finally:
        await sandbox.stop()


def media_type_of(name: str) -> str:
    """Return the media type that goes with a name. Raises Problem FORMAT_NOT_INSPECTABLE with the finding."""
    try:
        return formats.media_type_of(name)
    except Problem as problem:
        raise _with(problem, [Hit(rule=problem.kind.type, part=name)]) from problem


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


def _with(problem: Problem, hits: Sequence[Hit]) -> Problem:
    findings = [{"rule": hit.rule, "part": hit.part, "page": hit.page, "text": hit.text} for hit in hits]
    return Problem(problem.kind, problem.detail, findings=findings)


def _read_elsewhere(name: str, media_type: str, chunks: Iterator[bytes]) -> Reading:
    """Off Linux: a copy that lives as long as the reading, in a killable process, without the sandbox."""
    from archive.reading import unconfined  # noqa: PLC0415 - not needed on Linux

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / Path(name).name
        with copy.open("wb") as out:
            out.writelines(chunks)
        return unconfined.read_file(copy, media_type, SECONDS)
