"""From what a clerk typed to a signed container: inspected first, and the very bytes that were inspected are packed."""

import asyncio
import hashlib
import os
import unicodedata
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from exchange.client import elements, inspection
from exchange.client.home import Home
from exchange.client.inspection import Inspector, Seen
from exchange.elements.answers import Hint
from exchange.forms.rules import require_sound
from exchange.policy.rules import Declared
from keys import cms, container, member_names
from schemas import instants
from schemas.messages import Document, ReplyForm, SecrecyCheck, SecrecyReview, SecrecySeries, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import NUMBER, UNCLASSIFIED, DocumentRole, Handling, Kind, Origin, Urgency, Word

W = TypeVar("W", bound=Word)
Several = list[str] | str
_NOWHERE: Final = "00000000-0000-0000-0000-000000000000"
_NEVER: Final = "1970-01-01T00:00:00.000Z"
_NO_DATE: Final = "1970-01-01"


class Order(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be sent: one line of LIST.jsonl, or the options of `pack` and `submit`. Paths as they were typed."""

    main: Annotated[str, Meta(min_length=1)]
    title: str
    kind: str
    to: Several
    attach: Several = []
    editable: str | None = None
    number: str | None = None
    cc: Several = []
    urgency: str = Urgency.NORMAL.value
    classification: str = UNCLASSIFIED
    date: str | None = None
    signatory: str | None = None
    addressee: Several = []
    joint: Several = []
    replaces: str | None = None
    in_reply_to: str | None = None
    reply_form: str | None = None
    origin: str = Origin.BORN_DIGITAL.value
    handling: str = Handling.NORMAL.value
    notes: str | None = None
    checked_by: str | None = None
    review_form: str | None = None
    review_by: str | None = None
    review_conclusion: str | None = None
    review_series: str | None = None
    review_months: int = 12
    approved_by: str | None = None


@dataclass(frozen=True)
class File:
    """A file on its way into a container, under its member name."""

    path: Path
    name: str
    role: DocumentRole


@dataclass(frozen=True)
class Draft:
    """Inspected and described, not yet signed. `intent` is the same for two drafts that say the same about the same bytes."""

    message: Submission
    files: tuple[tuple[File, Seen], ...]
    intent: str
    hints: tuple[Hint, ...] = ()


def orders(path: Path) -> Iterator[Order | Problem]:
    """Yield the lines of a LIST.jsonl, or what is wrong with one; relative paths count from the list's folder, else from here."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _placed(decode(line.encode(), Order), path.parent)
            except Problem as problem:
                yield Problem(problem.kind, f"{path.name}:{number}: {problem.detail}")


def _placed(order: Order, folder: Path) -> Order:
    def place(name: str) -> str:
        return str(folder / name) if (folder / name).exists() else name

    editable, form, asked = (None if name is None else place(name) for name in (order.editable, order.review_form, order.reply_form))
    attach = [place(name) for name in several(order.attach)]
    return msgspec.structs.replace(order, main=place(order.main), attach=attach, editable=editable, review_form=form, reply_form=asked)


async def draft(home: Home, order: Order, inspector: Inspector, now: datetime) -> Draft:
    """Inspect every file and describe it all.

    Raises Problem: the reader's and the policy's (with `findings`), METADATA_MALFORMED, NUMBER_REQUIRED, NUMBER_MALFORMED,
    UNSAFE_NAME, DUPLICATE_NAME, INPUT_UNREADABLE, PART_TOO_LARGE. Nothing is written.
    """
    files = _files(order)
    seen = [await inspector.read(file.name, inspection.media_type_of(file.name), inspection.file_of(file.path)) for file in files]
    message = _message(home, order, list(zip(files, seen, strict=True)), now)
    readings = {each.part.name: each.reading for each in seen}
    inspector.judge(Declared.of(message), readings, reviewed=message.secrecy_review is not None)
    _require_sendable(message, now)
    return Draft(message, tuple(zip(files, seen, strict=True)), _intent(message, order), elements.found(message, readings, now))


def _intent(message: Submission, order: Order) -> str:
    """Return a digest of what is said, without what is drawn or read off a clock for each run."""
    check, review = SecrecyCheck(by=message.secrecy_check.by, at=_NEVER), message.secrecy_review
    if review is not None:
        review = msgspec.structs.replace(review, at=_NEVER)
    date_issued = order.date or _NO_DATE
    lasting = msgspec.structs.replace(message, reference=_NOWHERE, secrecy_check=check, secrecy_review=review, date_issued=date_issued)
    return hashlib.sha256(canonical(lasting)).hexdigest()


def write(draft: Draft, home: Home, out: Path, now: datetime) -> str:
    """Sign and write the container to a new file, durable on return; returns the submission's id.

    Raises Problem INPUT_CHANGED when a file is no longer what was inspected, and what `keys.container.write` raises.
    """
    signer = home.signer

    def sign(manifest: bytes) -> bytes:
        return cms.sign(hashlib.sha256(manifest).digest(), signer, now)

    parts = [(seen.part, lambda path=file.path: path.open("rb")) for file, seen in draft.files]
    try:
        with open(out, "xb", opener=private) as stream:
            submission = container.write(stream, canonical(draft.message), parts, sign)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        out.unlink(missing_ok=True)
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{out.name}: {error.strerror}") from error
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return submission


async def write_to(draft: Draft, home: Home, out: Path, now: datetime) -> str:
    """Write a container under a name of the person's choice; the name appears when all of it is there."""
    new = out.with_name(f".{out.name}.{uuid.uuid4().hex}.new")
    submission = await asyncio.to_thread(write, draft, home, new, now)
    try:
        new.replace(out)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{out}: {error.strerror}") from error
    return submission


def several(value: Several) -> list[str]:
    """Return the values of an option that may be given several times, or once with commas."""
    return [value] if isinstance(value, str) else value


def codes(value: Several) -> list[str]:
    """Return office codes or person ids, also from one text with commas."""
    return [code.strip() for text in several(value) for code in text.replace("，", ",").split(",") if code.strip()]


def word(kind: type[W], text: str, option: str) -> W:
    """Return the word that was typed: code, Chinese or English. Raises Problem METADATA_MALFORMED with the choices."""
    try:
        return kind.named(text)
    except ValueError as error:
        choices = "，".join(f"{each.value} {each.zh}" for each in kind)
        raise Problem(ProblemType.METADATA_MALFORMED, f"{option}: {text!r}; {choices}") from error


def _files(order: Order) -> list[File]:
    found = [_file(order.main, DocumentRole.MAIN)]
    if order.editable is not None:
        found.append(_file(order.editable, DocumentRole.EDITABLE))
    found += [_file(name, DocumentRole.ATTACHMENT) for name in several(order.attach)]
    if order.review_form is not None:
        found.append(_file(order.review_form, DocumentRole.REVIEW_FORM))
    for file in found:
        member_names.check_document(file.name)
    member_names.check_distinct([file.name for file in found])
    return found


def _file(text: str, role: DocumentRole) -> File:
    path = Path(text)
    if not path.is_file():
        raise Problem(ProblemType.INPUT_UNREADABLE, text)
    folder = member_names.ATTACHMENTS if role in (DocumentRole.ATTACHMENT, DocumentRole.REVIEW_FORM) else ""
    return File(path, folder + unicodedata.normalize("NFC", path.name), role)


def _message(home: Home, order: Order, files: list[tuple[File, Seen]], now: datetime) -> Submission:
    origin, form = word(Origin, order.origin, "origin"), None if order.reply_form is None else _form(order.reply_form)
    documents = [
        Document(
            name=file.name,
            role=file.role,
            origin=Origin.BORN_DIGITAL if file.role is DocumentRole.EDITABLE else origin,
            media_type=seen.part.media_type,
            size=seen.part.size,
            sha256=seen.part.sha256,
        )
        for file, seen in files
    ]
    return Submission(
        type="submission/v1",
        reference=str(uuid.uuid4()),
        version=1 if order.replaces is None else 2,
        from_=home.enrolled.office,
        to=codes(order.to),
        cc=codes(order.cc),
        addressees=codes(order.addressee),
        joint=codes(order.joint),
        kind=word(Kind, order.kind, "kind"),
        number=order.number or None,
        title=order.title.strip(),
        urgency=word(Urgency, order.urgency, "urgency"),
        date_issued=order.date or now.astimezone(instants.BEIJING).date().isoformat(),
        signatory=order.signatory or None,
        classification=order.classification,
        secrecy_check=SecrecyCheck(by=order.checked_by or home.enrolled.name, at=instants.write(now)),
        secrecy_review=_review(home, order, now),
        handling=word(Handling, order.handling, "handling"),
        documents=documents,
        replaces=order.replaces,
        in_reply_to=order.in_reply_to,
        notes=order.notes or None,
        respond_by=None if form is None else form.respond_by,
        reply_form=form,
    )


def _form(name: str) -> ReplyForm:
    """Return the reply form of a JSON file. Raises Problem INPUT_UNREADABLE or METADATA_MALFORMED."""
    try:
        return decode(Path(name).read_bytes(), ReplyForm)
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, Path(name).name) from error


def _review(home: Home, order: Order, now: datetime) -> SecrecyReview | None:
    """Return what is said of a secrecy review: on a form, by a leader who countersigns, or for a series that an item began.

    Raises Problem METADATA_MALFORMED for a leader's review without its conclusion: nobody else may draw it.
    """
    if (order.review_form, order.review_by, order.approved_by) == (None, None, None):
        return None
    conclusion = order.review_conclusion
    if conclusion is None and order.approved_by is not None:
        conclusion = "按同类文件的保密审查结论办理"
    if conclusion is None and order.review_form is not None:
        conclusion = "见所附保密审查表"
    if conclusion is None:
        raise Problem(ProblemType.METADATA_MALFORMED, "--review-conclusion: 请写明审查结论 / say with what result")
    series = None if order.review_series is None else SecrecySeries(name=order.review_series, months=order.review_months)
    by = order.review_by or order.checked_by or home.enrolled.name
    return SecrecyReview(by=by, at=instants.write(now), conclusion=conclusion, series=series, approved_by=order.approved_by)


def _require_sendable(message: Submission, now: datetime) -> None:
    """Find here what the county would refuse for its form.

    Raises Problem METADATA_MALFORMED, NUMBER_REQUIRED, NUMBER_MALFORMED, REPLY_FORM_WRONG.
    """
    decode(canonical(message), Submission)
    if message.kind.statutory and message.number is None:
        raise Problem(ProblemType.NUMBER_REQUIRED, f"{message.kind.zh} {message.kind.value}")
    if message.number is not None and not NUMBER.fullmatch(message.number):
        raise Problem(ProblemType.NUMBER_MALFORMED, message.number)
    if message.from_ in (*message.to, *message.cc):
        raise Problem(ProblemType.METADATA_MALFORMED, "发文单位不能是收文单位 / the sender is a recipient")
    require_sound(message, now)
    try:
        date.fromisoformat(message.date_issued)
    except ValueError as error:
        raise Problem(ProblemType.METADATA_MALFORMED, "date") from error


def private(name: str, flags: int) -> int:
    """Open a new file for its owner alone."""
    return os.open(name, flags, 0o600)
