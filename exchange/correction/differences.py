"""Two versions of an item side by side: elements, documents by digest, and the text of those that were changed."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from archive.ledger.database import Tx
from archive.reading.kept import KeptPart, kept
from exchange.correction import texts
from exchange.correction.chain import chain
from exchange.delivery import store
from exchange.office import naming
from exchange.office.store import Person
from schemas.messages import Digest, Document, Submission, decode
from schemas.problems import Problem, ProblemType

MOST_TEXTS: Final = 20
"""Documents whose texts are compared."""
ELEMENTS: Final = (
    "title", "number", "kind", "to", "cc", "date_issued", "signatory", "urgency", "handling", "respond_by", "notes", "disclosure", "copies",
)  # fmt: skip
Change = Literal["same", "renamed", "changed", "added", "removed"]


class Side(NamedTuple):
    """One version: its id, what its sender declared, and the kept text of its documents, packed."""

    submission: str
    accepted_at: str
    message: Submission
    body: bytes


class Element(Struct, frozen=True, kw_only=True):
    """One element on both sides, as a person reads it; None where it is not there."""

    name: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Whether it is another."""
        return self.before != self.after


class Piece(Struct, frozen=True):
    """A stretch of text: the same on both sides, gone, or new."""

    kind: Literal["same", "gone", "new"]
    text: str


class Place(Struct, frozen=True, kw_only=True):
    """One changed place of a text; `skipped` sentences before it are the same."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    skipped: int


class File(Struct, frozen=True, kw_only=True):
    """What became of one document. `places` are there where its text was changed: `more` are not shown, `cut` says that it is too long."""

    change: Change
    before: str | None
    after: str | None
    role: str
    compared: bool = False
    places: tuple[Place, ...] = ()
    more: int = 0
    same: int = 0
    cut: bool = False


class Differences(Struct, frozen=True, kw_only=True):
    """What was changed between two versions."""

    before: Digest
    after: Digest
    elements: tuple[Element, ...]
    files: Annotated[tuple[File, ...], Meta(max_length=200)]


def sides(tx: Tx, caller: Person, submission: str, other: str | None = None) -> tuple[Side, Side, dict[str, str]]:
    """Return two versions, the earlier one first, and what the offices in them are called.

    Without `other`, the item and the one that it replaces, or else the one that replaced it. Raises Problem NOT_FOUND for versions that
    are none of one item or that the caller may not see, and what `store.require_readable` raises for either.
    """
    versions = [each.submission for each in chain(tx, caller, submission)]
    if submission not in versions:
        raise Problem(ProblemType.NOT_FOUND, "no other version")
    here = versions.index(submission)
    if other is None:
        other = versions[here - 1] if here else versions[here + 1]
    if other not in versions or other == submission:
        raise Problem(ProblemType.NOT_FOUND, "no such version")
    earlier, later = sorted((submission, other), key=versions.index)
    found = _side(tx, caller, earlier), _side(tx, caller, later)
    codes = {code for side in found for code in (*side.message.to, *side.message.cc)}
    return (*found, naming.offices(tx, codes))


def _side(tx: Tx, caller: Person, submission: str) -> Side:
    row = store.require_readable(tx, caller, submission)
    text = tx.row("SELECT metadata FROM submission_text WHERE submission = :id", id=submission)
    body = tx.row("SELECT body FROM kept_text WHERE submission = :id", id=submission)
    message = decode(bytes(text.metadata), Submission, ProblemType.LEDGER_DAMAGED)
    return Side(submission, row.accepted_at, message, b"" if body is None else bytes(body.body))


def differences(before: Side, after: Side, offices: Mapping[str, str]) -> Differences:
    """Compare two versions. Pure; a second or two for texts of a megabyte, so it belongs into a thread."""
    elements = tuple(
        Element(name=name, before=_said(getattr(before.message, name), offices), after=_said(getattr(after.message, name), offices))
        for name in ELEMENTS
    )
    shown = tuple(each for each in elements if each.before is not None or each.after is not None)
    parts = tuple(kept(side.body) if side.body else () for side in (before, after))
    files: list[File] = []
    compared = 0
    for change, old, new in paired(before.message.documents, after.message.documents):
        file = File(
            change=change,
            before=None if old is None else old.name,
            after=None if new is None else new.name,
            role=next(each.role.value for each in (new, old) if each is not None),
        )
        if change == "changed" and old is not None and new is not None and compared < MOST_TEXTS:
            compared += 1
            file = _compared(file, _text(parts[0], old.name), _text(parts[1], new.name))
        files.append(file)
    return Differences(before=before.submission, after=after.submission, elements=shown, files=tuple(files))


def paired(before: Sequence[Document], after: Sequence[Document]) -> list[tuple[Change, Document | None, Document | None]]:
    """Return what became of each document: first by digest, then by name, then by what it is within the submission if that is but one."""
    left = list(before)
    pairs: dict[int, tuple[Change, Document | None]] = {}
    rules: tuple[Any, ...] = (
        lambda old, new: old.sha256 == new.sha256 and old.name == new.name,
        lambda old, new: old.sha256 == new.sha256,
        lambda old, new: old.name == new.name,
        lambda old, new: old.role == new.role and old.role.value in ("main", "editable"),
    )
    for rule in rules:
        for place, new in enumerate(after):
            old = next((each for each in left if rule(each, new)), None) if place not in pairs else None
            if old is not None:
                left.remove(old)
                equal = old.sha256 == new.sha256
                pairs[place] = ("same" if equal and old.name == new.name else "renamed" if equal else "changed", old)
    found: list[tuple[Change, Document | None, Document | None]] = []
    for place, new in enumerate(after):
        change, before_it = pairs.get(place, ("added", None))
        found.append((change, before_it, new))
    found += [("removed", old, None) for old in left]
    return found


def _compared(file: File, old: str, new: str) -> File:
    result = texts.compared(old, new)
    places = tuple(
        Place(
            before=tuple(Piece(each.kind, each.text) for each in block.before),
            after=tuple(Piece(each.kind, each.text) for each in block.after),
            skipped=block.skipped,
        )
        for block in result.blocks
    )
    return File(
        change=file.change,
        before=file.before,
        after=file.after,
        role=file.role,
        compared=bool(old.strip() or new.strip()),
        places=places,
        more=result.more,
        same=result.same,
        cut=result.cut,
    )


def _text(parts: Sequence[KeptPart], name: str) -> str:
    """Return the text of a document, with that of the files inside it."""
    own = [part for part in parts if part.name == name or part.name.startswith(f"{name}/")]
    return "\n".join(text for part in own for text in (part.text, *(other for _, other in part.others)) if text)


def _said(value: Any, offices: Mapping[str, str]) -> str | None:
    """Return an element's value as text; words by their codes, offices by their names."""
    if isinstance(value, list):
        return "、".join(offices.get(code, code) for code in value) or None
    return None if value is None else str(getattr(value, "value", value))
