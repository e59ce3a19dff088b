"""Found submissions in the ledger: it is asked again what the caller may see, whatever an index said."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from archive.ledger.database import Tx
from archive.search import han
from archive.search.query import OfficeName
from archive.search.syntax import wrong
from exchange.delivery import store as deliveries
from exchange.delivery.answers import Delivery
from exchange.delivery.store import SHUT, VISIBLE
from exchange.office.store import Person
from schemas.problems import Problem
from schemas.words import Event, Label


@dataclass(frozen=True, kw_only=True)
class Found:
    """One hit's row, its deliveries as the caller may know them, and how much kept text of it the caller may read."""

    row: Any
    date: str
    deliveries: tuple[Delivery, ...]
    kept_bytes: int

    @property
    def id(self) -> str:
        """The submission's id."""
        return str(self.row.id)


class _Issued(msgspec.Struct, frozen=True):
    date_issued: str


_UNKNOWN: Final = Label("没有这个单位：请写单位名称、其中几个字或单位代码", "no such office: write its name, a part of it, or its code")


def codes(tx: Tx, names: Iterable[OfficeName]) -> dict[str, tuple[str, ...]]:
    """Return the codes that each name means: an office with this code, else with this very name, else with it in its name.

    Former names count like present ones. Raises Problem QUERY_INVALID at the place of a name that no office ever had.
    """
    rows = tx.rows("SELECT office AS code, name FROM office_period ORDER BY office, valid_from")
    known = [(row.code, han.fold(row.code), han.fold(row.name)) for row in rows]
    return {name.text: _meant(name, known) for name in names}


def _meant(name: OfficeName, known: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    wanted = han.fold(name.text)
    by_code = {code for code, folded, _ in known if folded == wanted}
    by_name = {code for code, _, called in known if called == wanted}
    by_part = {code for code, _, called in known if wanted in called}
    found = by_code or by_name or by_part
    if not found:
        wrong(name.position, _UNKNOWN)
    return tuple(sorted(found))


def office_names(tx: Tx, wanted: Iterable[str]) -> dict[str, str]:
    """Return the newest name of each of these offices."""
    rows = tx.rows(
        "SELECT office AS code, name FROM office_period WHERE office IN (SELECT value FROM json_each(:codes)) ORDER BY office, valid_from",
        codes=json.dumps(list(wanted)),
    )
    return {row.code: row.name for row in rows}


_FOUND: Final = (
    "SELECT submission.id, submission.filing_year, submission.filing_ordinal, submission.office AS sender, submission.kind,"  # noqa: S608 - VISIBLE is a constant
    " submission.urgency, submission.handling, submission.accepted_at, submission.replaces, submission.named,"
    " submission_text.number, submission_text.title, submission_text.metadata,"
    " coalesce((SELECT length(body) FROM kept_text WHERE kept_text.submission = submission.id), 0) AS kept_bytes"
    " FROM json_each(:ids) AS wanted JOIN submission ON submission.id = wanted.value"
    " JOIN submission_text ON submission_text.submission = submission.id"
    f" WHERE {VISIBLE} AND NOT {SHUT} ORDER BY wanted.key"
)


def found(tx: Tx, caller: Person, submissions: Sequence[str]) -> list[Found]:
    """Return those of the submissions that the caller may see now, in this order."""
    rows = tx.rows(_FOUND, ids=json.dumps(list(submissions)), office=caller.office, person=caller.id)
    return [
        Found(
            row=row,
            date=_date(row),
            deliveries=deliveries.deliveries(tx, caller, row.id),
            kept_bytes=row.kept_bytes if _may_read(tx, caller, row.id) else 0,
        )
        for row in rows
    ]


def kept_bodies(tx: Tx, submissions: Sequence[str]) -> dict[str, bytes]:
    """Return the kept text of submissions, packed, where there is one."""
    rows = tx.rows(
        "SELECT submission, body FROM kept_text WHERE submission IN (SELECT value FROM json_each(:ids)) ORDER BY submission",
        ids=json.dumps(list(submissions)),
    )
    return {row.submission: bytes(row.body) for row in rows}


def newest_event(tx: Tx) -> int:
    """Return the sequence of the newest event, 0 when there is none."""
    return int(tx.row("SELECT coalesce(max(id), 0) AS sequence FROM event").sequence)


def sealed_after(tx: Tx, caller: Person, upto: int) -> bool:
    """Say whether something that the caller could see was taken from them after an event: an index that covers no more still counts it.

    Sealed, or misdirected to the caller's office, or withdrawn from it; or erased, if it was a document of the office from before.
    """
    erased = "SELECT 1 AS found FROM event WHERE id > :upto AND event = :erasure AND submission IS NULL AND office = :office LIMIT 1"
    return (
        tx.row(erased, upto=upto, erasure=Event.DESTRUCTION.value, office=caller.office) is not None
        or tx.row(
            "SELECT 1 AS found FROM event JOIN submission ON submission.id = event.submission"  # noqa: S608 - VISIBLE is a constant
            f" WHERE event.id > :upto AND (event.event = :sealing OR (event.event IN (:misdirection, :withdrawal)"
            f" AND event.recipient = :office)) AND {VISIBLE} LIMIT 1",
            upto=upto,
            sealing=Event.SEALING.value,
            misdirection=Event.MISDIRECTION.value,
            withdrawal=Event.WITHDRAWAL.value,
            office=caller.office,
            person=caller.id,
        )
        is not None
    )


def _may_read(tx: Tx, caller: Person, submission: str) -> bool:
    """Say whether the caller may have the content: the one rule of the deliveries, so that a snippet is no way around it."""
    try:
        deliveries.require_readable(tx, caller, submission)
    except Problem:
        return False
    return True


def _date(row: Any) -> str:
    """Return the date of issue that was declared; where the metadata cannot be read, the day it was accepted."""
    try:
        return msgspec.json.decode(bytes(row.metadata), type=_Issued).date_issued
    except (msgspec.DecodeError, UnicodeDecodeError):
        return str(row.accepted_at)[:10]
