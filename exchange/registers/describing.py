"""Rows of a register as a person is told them: names of the day, what became of it, and what corrections made of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from archive.ledger.database import Tx
from exchange.delivery.states import Review
from exchange.delivery.store import WITHOUT_CONTENT
from exchange.office.store import Person
from exchange.registers import store
from exchange.registers.answers import Correction, Ending, Entry, Hidden
from exchange.registers.rules import Book, Column, read
from schemas import instants
from schemas.words import Handling, Kind, Urgency

MOST_NAMED: Final = 30
"""Recipients that a line names; of a notice to five hundred offices it says how many more there are."""
_ENDINGS: Final[Mapping[str, Ending]] = {
    Review.RETURNED.value: "returned",
    Review.WITHDRAWN.value: "withdrawn",
    Review.MISDIRECTED.value: "misdirected",
}


class _Said(Struct):
    """What a register takes from a submission's metadata."""

    signatory: str | None = None
    copies: int | None = None


class Names:
    """What offices and people were called at an instant; read once for many lines."""

    def __init__(self, tx: Tx) -> None:
        """Begin with nobody known."""
        self._tx = tx
        self._held: dict[tuple[str, str], list[Any]] = {}

    def office(self, code: str, at: str) -> str:
        """Return the name of an office at an instant."""
        return self._name("office", code, at)

    def person(self, id_: str | None, at: str) -> str:
        """Return the name of a person at an instant; empty for nobody."""
        return self._name("person", id_, at) if id_ else ""

    def _name(self, what: str, key: str, at: str) -> str:
        periods = self._held.get((what, key))
        if periods is None:
            sql = f"SELECT valid_from, name FROM {what}_period WHERE {what} = :key ORDER BY valid_from"  # noqa: S608 - one of two words
            periods = self._held[what, key] = self._tx.rows(sql, key=key)
        name = periods[0].name if periods else key
        for period in periods:
            if period.valid_from <= at:
                name = period.name
        return str(name)


def entries(tx: Tx, caller: Person, book: Book, rows: Sequence[Any]) -> list[Entry]:
    """Return lines as the caller is told them."""
    describing = _Describing(tx, caller, book, rows)
    return [describing.entry(row) for row in rows]


class _Describing:
    def __init__(self, tx: Tx, caller: Person, book: Book, rows: Sequence[Any]) -> None:
        ids = [row.submission for row in rows if row.submission is not None]
        self.names, self.book, self.caller = Names(tx), book, caller
        self.recipients: dict[str, list[Any]] = {}
        self.concluded: dict[str, str] = {}
        if book is Book.OUTGOING:
            for each in store.recipients(tx, ids):
                self.recipients.setdefault(each.submission, []).append(each)
        else:
            self.concluded = store.conclusions(tx, caller, ids)
        self.corrections: dict[tuple[int, int], list[Any]] = {}
        for each in store.corrections(tx, caller, book, [(row.year, row.place) for row in rows]):
            self.corrections.setdefault((each.year, each.number), []).append(each)

    def entry(self, row: Any) -> Entry:
        hidden = _hidden(row)
        columns = self._columns(row, hidden)
        made, columns = self._corrected(row, columns, told=not hidden)
        ending, ended, all_ = self._ending(row)
        paper = row.paper is not None
        return Entry(
            number=row.place,
            day=instants.read(row.at).astimezone(instants.BEIJING).date().isoformat(),
            at=row.at,
            evidence_id=row.evidence_id,
            submission=None if hidden == "named" else row.submission,
            filing_number=f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}" if row.sender and hidden != "named" else None,
            paper=paper,
            hidden=hidden,
            internal=row.handling == Handling.INTERNAL,
            office=(row.other_office if paper else row.sender) if self.book is Book.INCOMING else None,
            copied=self._offices(row, copy=True),
            kind=_kind(row.paper_kind if paper else row.kind),
            urgency=Urgency(row.urgency or Urgency.NORMAL),
            signatory="" if hidden else _said(row).signatory or "",
            ending=ending,
            ended=ended,
            recipients=all_,
            result=self._result(row, hidden),
            archive_number="",
            corrections=tuple(made),
            other=columns[Column.OTHER],
            document_number=columns[Column.DOCUMENT_NUMBER],
            title=columns[Column.TITLE],
            copies=int(columns[Column.COPIES] or 0) or None,
            pages=int(columns[Column.PAGES] or 0) or None,
            handler=columns[Column.HANDLER],
            place=columns[Column.PLACE],
            remark=columns[Column.REMARK],
        )

    def _columns(self, row: Any, hidden: Hidden) -> dict[Column, str]:
        """Return what stands in the columns that may be corrected, before any correction."""
        said = _Said() if hidden else _said(row)
        paper = row.paper is not None
        # a document that comes by wire comes once, as the handling slip has it
        copies = row.paper_copies if paper else "" if hidden else said.copies or 1
        pages = row.paper_pages if paper else row.pages
        number, title = (row.paper_number, row.paper_title) if paper else (row.number, row.title)
        return {
            Column.OTHER: self._other(row),
            Column.DOCUMENT_NUMBER: "" if hidden else number or "",
            Column.TITLE: "" if hidden else title or "",
            Column.COPIES: str(copies or ""),
            Column.PAGES: "" if hidden else str(pages or ""),
            Column.HANDLER: self.names.person(row.done_by or row.sent_by, row.at),
            Column.PLACE: "",
            Column.REMARK: self._jointly(row),
        }

    def _other(self, row: Any) -> str:
        if row.paper is not None:
            return row.counterpart or (self.names.office(row.other_office, row.at) if row.other_office else "")
        if self.book is Book.INCOMING:
            return "、".join(self.names.office(code, row.at) for code in _issuers(row))
        return self._offices(row, copy=False)

    def _jointly(self, row: Any) -> str:
        """Return with whom it was issued: the office that led it and sent it stands first."""
        if self.book is Book.INCOMING or not (issuers := _issuers(row)[1:]):
            return ""
        lead = self.names.office(row.sender, row.at)
        return f"联合发文：{lead}（主办）、{'、'.join(self.names.office(code, row.at) for code in issuers)}"

    def _offices(self, row: Any, *, copy: bool) -> str:
        there = [each.office for each in self.recipients.get(row.submission or "", []) if bool(each.copy) is copy]
        named = "、".join(self.names.office(code, row.at) for code in there[:MOST_NAMED])
        return f"{named}等{len(there)}个单位" if len(there) > MOST_NAMED else named

    def _corrected(self, row: Any, columns: Mapping[Column, str], *, told: bool) -> tuple[list[Correction], dict[Column, str]]:
        now, made = dict(columns), []
        for each in self.corrections.get((row.year, row.place), ()):
            said = read(each.text) if told and each.text is not None else None
            values = {} if said is None else said.values
            before = {column: now[column] for column in values}
            now |= values
            by = self.names.person(each.person, each.at)
            made.append(Correction(each.evidence_id, each.at, by, before, values, "" if said is None else said.reason))
        return made, now

    def _ending(self, row: Any) -> tuple[Ending, int, int]:
        if self.book is Book.INCOMING:
            ending = _ENDINGS.get(row.review or "", "concluded" if row.submission in self.concluded else "")
            return ending, int(bool(ending)), 1
        there = self.recipients.get(row.submission or "", [])
        ended = [_ENDINGS[each.review] for each in there if each.review in _ENDINGS]
        return ended[0] if ended else "", len(ended), len(there)

    def _result(self, row: Any, hidden: Hidden) -> str:
        """Return the words of the conclusion, to whoever may read the slip."""
        return "" if hidden or self.caller.role in WITHOUT_CONTENT else self.concluded.get(row.submission or "", "")


def _issuers(row: Any) -> list[str]:
    """Return who issued it, the office that led it and sent it first; nobody where it is not an item of the exchange."""
    return [row.sender, *msgspec.json.decode(row.joint or "[]", type=list[str])] if row.sender else []


def _hidden(row: Any) -> Hidden:
    if row.seal is not None:
        return "destroyed" if row.seal in ("destroying", "destroyed") else "sealed"
    return "named" if not row.visible else "shut" if row.shut else ""


def _kind(text: str | None) -> Kind:
    return Kind(text) if text in _KINDS else Kind.OTHER


_KINDS: Final = frozenset(kind.value for kind in Kind)


def _said(row: Any) -> _Said:
    if row.metadata is None:
        return _Said()
    try:
        return _DECODER.decode(row.metadata)
    except msgspec.DecodeError:  # fsck tells of it
        return _Said()


_DECODER: Final = msgspec.json.Decoder(_Said)
