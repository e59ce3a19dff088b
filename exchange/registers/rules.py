"""What a register is: its two books, the columns that may be corrected, who does what, and how years meet."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from exchange.policy.rules import Declared, Policy, judge
from schemas import instants
from schemas.messages import canonical
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome, Role, Word


class Book(Word):
    """Which register."""

    INCOMING = "incoming", "收文登记簿", "incoming register"
    OUTGOING = "outgoing", "发文登记簿", "outgoing register"


class Column(Word):
    """A column that a correction may set; an empty value says that nothing stands there."""

    OTHER = "other", "来文单位／主送", "the other office"
    DOCUMENT_NUMBER = "document_number", "文号", "document number"
    TITLE = "title", "标题", "title"
    COPIES = "copies", "份数", "copies"
    PAGES = "pages", "页数", "pages"
    HANDLER = "handler", "承办人", "handler"
    PLACE = "place", "存放处", "kept at"
    REMARK = "remark", "备注", "remark"


CORRECTORS: Final = frozenset({Role.CLERK, Role.REVIEWER, Role.ARCHIVIST})
"""Who keeps an office's books; a leader reads them, a duty officer leaves them to the morning."""
LOCKERS: Final = frozenset({Role.ARCHIVIST, Role.LEADER})
"""The archivist; the leader in charge where an office has none, as most townships."""

MAX_VALUE: Final = 200
MAX_REASON: Final = 500
_COUNTED: Final = frozenset({Column.COPIES, Column.PAGES})
_DECLARED: Final = (Column.TITLE, Column.DOCUMENT_NUMBER)
_MOST: Final = 10_000
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
_YEAR: Final = re.compile("[0-9]{4}")
_COUNT: Final = re.compile("[0-9]{1,6}")


class Corrected(Struct, frozen=True, forbid_unknown_fields=True):
    """What a correction says, as its event's reason keeps it: canonical JSON, so that the receipt's digest binds every value."""

    reason: str
    values: dict[Column, str]


class Line(NamedTuple):
    """What a locked year is proved by, of one entry: nothing that tells content."""

    number: int
    evidence_id: str
    at: str
    corrections: tuple[str, ...]


def year_of(instant: datetime) -> int:
    """Return the year of an instant, by Beijing time."""
    return instant.astimezone(instants.BEIJING).year


def begin_of(year: int, month: int = 1) -> str:
    """Return the instant at which a month begins in Beijing; month 13 is the next year's first."""
    year, month = (year + 1, 1) if month > 12 else (year, month)  # noqa: PLR2004 - months
    return instants.write(datetime(year, month, 1, tzinfo=instants.BEIJING).astimezone(UTC))


def require_year(text: str) -> int:
    """Return a year that somebody asks for. Raises Problem REQUEST_MALFORMED."""
    if not _YEAR.fullmatch(text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise Problem(ProblemType.REQUEST_MALFORMED, "year")
    return int(text)


def digest(lines: Iterable[Line]) -> tuple[int, str]:
    """Return how many lines a year's book has, and the SHA-256 over them: canonical JSON, a line each, in their order."""
    count, whole = 0, hashlib.sha256()
    for line in lines:
        count += 1
        whole.update(json.dumps([line.number, line.evidence_id, line.at, *line.corrections], separators=(",", ":")).encode() + b"\n")
    return count, whole.hexdigest()


def subject(book: Book, year: int, number: int) -> str:
    """Return how a receipt names an entry."""
    return f"{book.value}/{year}/{number}"


def lock_subject(book: Book, year: int, entries: int, digest_: str) -> str:
    """Return how a receipt names a locked year: so many entries, and their digest."""
    return f"{book.value}/{year}/{entries}/sha256:{digest_}"


def correct(values: Mapping[Column, str], reason: str) -> str:
    """Return a correction as it is kept. Raises Problem REASON_REQUIRED, or REQUEST_MALFORMED naming the column."""
    said = reason.strip()
    if not said or len(said) > MAX_REASON or not said.replace("\n", "").isprintable():
        raise Problem(ProblemType.REASON_REQUIRED)
    if not values:
        raise Problem(ProblemType.REQUEST_MALFORMED, "values")
    kept = {column: _value(column, text) for column, text in values.items()}
    return canonical(Corrected(said, kept)).decode()


def require_unmarked(values: Mapping[Column, str], reason: str, policy: Policy) -> None:
    """Judge the words of a correction as any declared text is judged. Raises the verdict's Problem; nothing may be kept then."""
    others = tuple((column.value, text) for column, text in values.items() if text and column not in _DECLARED)
    title, number = values.get(Column.TITLE, ""), values.get(Column.DOCUMENT_NUMBER) or None
    verdict = judge(Declared(UNCLASSIFIED, title, number, others=(*others, ("reason", reason))), {}, policy)
    if verdict.outcome is not Outcome.PASS:
        raise verdict.problem()


def read(text: str) -> Corrected:
    """Return what `correct` gave. Raises Problem LEDGER_DAMAGED."""
    try:
        return msgspec.json.decode(text, type=Corrected)
    except msgspec.DecodeError as error:
        raise Problem(ProblemType.LEDGER_DAMAGED, "correction") from error


def _value(column: Column, text: str) -> str:
    value = text.strip()
    counted = column in _COUNTED and value and not (_COUNT.fullmatch(value) and 0 < int(value) <= _MOST)
    if counted or len(value) > MAX_VALUE or not value.isprintable():
        raise Problem(ProblemType.REQUEST_MALFORMED, column.value)
    return str(int(value)) if column in _COUNTED and value else value
