"""Taking rows of a register in: each file is read in the sandbox and judged by the policy; what is refused leaves nothing.

Asked for some rows at a time by `command`, so that a run that was killed goes on where it stopped.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import structs

from archive.reading import formats
from archive.reading.kept import keep
from archive.reading.reading import Reading, unseen
from exchange.county import today
from exchange.intake import parts
from exchange.intake.staging import StagedItem
from exchange.legacy import store
from exchange.legacy.files import Arrival
from exchange.legacy.register import Entry, Fault
from exchange.legacy.store import File
from exchange.paper import store as papers
from exchange.policy.labels import label_of
from exchange.policy.rules import Declared, judge
from exchange.policy.verdict import Verdict
from exchange.service import Service
from keys.container import Limits, StoredPart
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import UNCLASSIFIED, Label, Outcome

if TYPE_CHECKING:
    from exchange.commands import Desk

AT_ONCE: Final = 4
FORGOTTEN_AFTER: Final = 20
"""Tries to let go of erased words, while others read."""
_ASKED_AGAIN: Final = 0.1
_PIECE: Final = 1 << 18
_OF_THE_FILE: Final = frozenset({ProblemType.INPUT_UNREADABLE, ProblemType.PART_TOO_LARGE})
_NO_FILE: Final = Label("目录中没有这个文件，或无法读取", "not in the folder, or not readable")
_RANK: Final = 9
"""Scans of today are looked at before those of years ago."""


async def begin(desk: "Desk", *, register: str, office: str, name: str) -> dict[str, Any]:
    """Begin a batch, or go on with one."""
    service = _service(desk)
    return {"complete": await service.database.write(store.begin, register, office, name, service.watch.now())}


async def rows(desk: "Desk", *, register: str, folder: str, entries: list[dict[str, Any]], dry: bool) -> dict[str, Any]:
    """Judge rows, and keep the good ones unless it is a dry run; returns `{"faults": {line: [Fault, …]}}`.

    Raises Problem STATE_CHANGED for a batch that another run has completed or taken out meanwhile.
    """
    service = _service(desk)
    wanted = [msgspec.convert(each, Entry) for each in entries]
    lines = [each.line for each in wanted]
    there = set() if dry else await service.database.read(store.kept_lines, register, min(lines), max(lines))
    new = [each for each in wanted if each.line not in there]
    with service.legacy_files.arrival() as arrival:
        answers = await _all(service, new, Path(folder), None if dry else arrival)
        good = [each for each in answers if not isinstance(each, list)]
        if good and not dry:
            await service.database.write(store.keep, register, good)
    bad = {str(entry.line): answer for entry, answer in zip(new, answers, strict=True) if isinstance(answer, list)}
    return {"faults": msgspec.to_builtins(bad)}


async def _all(
    service: Service, entries: list[Entry], folder: Path, arrival: Arrival | None
) -> list[tuple[Entry, File | None] | list[Fault]]:
    """Judge rows, a few at a time; returns each with its file, or all that is wrong with it. When one fails the others have ended, too."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(entry: Entry) -> tuple[Entry, File | None] | list[Fault]:
        async with places:
            wrong = _wrong_words(service, entry)
            # words that are refused are told once, and the file is judged without them
            judged = structs.replace(entry, title="", number="", counterpart="") if wrong else entry
            try:
                kept = await _file(service, judged, folder, None if wrong else arrival)
            except Problem as problem:
                if problem.kind.exit not in (Exit.POLICY, Exit.REVIEW) and problem.kind not in _OF_THE_FILE:
                    raise
                return wrong + _wrong_file(problem)
            return wrong or (entry, kept)

    answers = await asyncio.gather(*(one(each) for each in entries), return_exceptions=True)
    done = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        done.append(answer)
    return done


async def finish(desk: "Desk", *, register: str, skipped: int) -> dict[str, Any]:
    """Make the batch visible."""
    service = _service(desk)
    return {"rows": await service.sign(store.finish, service.county.notary, register, skipped, service.watch.signing_now())}


async def abandon(desk: "Desk", *, register: str) -> dict[str, Any]:
    """Take an incomplete batch out again, with its files."""
    service = _service(desk)
    gone = await service.database.write(store.abandon, register)
    await service.legacy_files.discard(gone)
    return {"removed": len(gone)}


async def erase(desk: "Desk", *, item: str) -> dict[str, Any]:
    """Take the words, and the file, of one document from before or of one registered paper out, for good.

    Whatever stops it half way, it may be asked for again. What may be left of it in the index's files is purged by the sealer beside
    what was sealed. Raises Problem NOT_FOUND, SIGNING_STOPPED, and BUSY while somebody reads an older state of the ledger: the words
    are hidden then, and still in its file.
    """
    service = _service(desk)
    if not item.isdigit():
        await service.database.write(papers.erase, item, service.watch.now())
    else:
        blob = await service.sign(store.erase, service.county.notary, int(item), service.watch.signing_now())
        if blob is not None:
            await service.legacy_files.discard([blob])
            await service.database.write(store.erased, blob)
    await _forget(service)
    return {"erased": item}


async def _forget(service: Service) -> None:
    """Let the ledger's own file go of what was erased. Raises Problem BUSY."""
    for _ in range(FORGOTTEN_AFTER):
        with contextlib.suppress(Problem):
            return await service.database.forget()
        await asyncio.sleep(_ASKED_AGAIN)
    return await service.database.forget()


def _service(desk: "Desk") -> Service:
    if desk.service is None:
        raise Problem(ProblemType.FOLDER_IN_USE, "no service")
    return desk.service


async def _file(service: Service, entry: Entry, folder: Path, arrival: Arrival | None) -> File | None:
    """Judge a row's file beside what the row says, and keep it; None where it names none. Raises Problem."""
    if not entry.file:
        return None
    name = Path(entry.file).name
    with service.staging.item() as staged:
        digest = await asyncio.to_thread(_stage, folder, entry.file, staged)
        part = StoredPart(name=name, media_type=formats.media_type_of(name), size=staged.size, sha256=digest, offset=0)
        readings = {name: await _read(service, entry.office, part, staged)}
        verdict = _judged(service, entry, name, readings)
        if verdict.outcome is not Outcome.PASS:  # what needs a review is not taken over from a register
            raise verdict.problem()
        if arrival is not None:
            await arrival.put(digest, staged.size, staged.chunks(), today(service.watch.now()))
        return File(digest, staged.size, part.media_type, await asyncio.to_thread(keep, readings), verdict.handling)


def _stage(folder: Path, name: str, staged: StagedItem) -> str:
    """Stage a file of the folder; returns its digest. Raises Problem INPUT_UNREADABLE, also for a link that leads out of it."""
    digest, path = hashlib.sha256(), (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise Problem(ProblemType.INPUT_UNREADABLE, name)
    try:
        for piece in _pieces(path):
            digest.update(piece)
            staged.write(piece)
            if staged.size > Limits().part:
                raise Problem(ProblemType.PART_TOO_LARGE, name)
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, name) from error
    staged.seal()
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


async def _read(service: Service, office: str, part: StoredPart, staged: StagedItem) -> Reading:
    """Read a file in the sandbox, and look at its pictures. Raises what these raise."""
    (outcome,) = await parts.read(lambda one, opened: service.readers.read(office, one, opened), (part,), staged.chunks)
    if isinstance(outcome, BaseException):
        raise outcome
    assert outcome is not None  # noqa: S101 - one part: nothing else could have stopped it
    if not unseen(outcome):
        return outcome
    if not service.eyes.available():
        raise Problem(ProblemType.RECOGNITION_MISSING)
    return (await parts.look(service.eyes, (part,), staged.chunks, {part.name: outcome}, whole=True, rank=_RANK))[part.name]


def _judged(service: Service, entry: Entry, name: str, readings: dict[str, Reading]) -> Verdict:
    """Return what the policy says of a row and, where it has one, its file."""
    others = (("counterpart", entry.counterpart),) if entry.counterpart else ()
    declared = Declared(UNCLASSIFIED, entry.title, entry.number or None, names=(name,) if name else (), others=others, main=name)
    return judge(declared, readings, service.policy)


def _wrong_words(service: Service, entry: Entry) -> list[Fault]:
    """Return what the policy finds in the words of a row: each column by itself, once it is known that there is something."""
    if _judged(service, entry, "", {}).outcome is Outcome.PASS:
        return []
    bare, faults = structs.replace(entry, title="", number="", counterpart=""), list[Fault]()
    for name in ("title", "number", "counterpart"):
        verdict = _judged(service, structs.replace(bare, **{name: getattr(entry, name)}), "", {})
        if verdict.outcome is not Outcome.PASS:
            faults += [Fault(name, label_of(rule)) for rule in dict.fromkeys(verdict.rules)]
    return faults or [Fault("title", ProblemType.SECRECY_MARK.title)]


def _wrong_file(problem: Problem) -> list[Fault]:
    """Return what is wrong with the file of a row: each rule that found something, with the first page, and none of the text."""
    if problem.kind is ProblemType.INPUT_UNREADABLE:
        return [Fault("file", _NO_FILE)]
    pages: dict[str, int] = {}
    for hit in problem.members.get("hits", ()):
        pages.setdefault(hit["rule"], hit["page"])
    return [Fault("file", _on(label_of(rule), page)) for rule, page in pages.items()] or [Fault("file", problem.kind.title)]


def _on(label: Label, page: int) -> Label:
    return Label(f"{label.zh}（第 {page} 页）", f"{label.en} (page {page})") if page else label
