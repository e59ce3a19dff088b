"""The county's list of reasons for returning 退回原因, as dated rows over the built-in one."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.correction.builtin import BUILT_IN, Reason
from exchange.correction.written import compose
from exchange.office import administration
from exchange.office.administration import Act, Acting
from schemas import instants
from schemas.problems import Problem, ProblemType

CODE: Final = re.compile("[a-z][a-z0-9-]{1,39}")
MOST: Final = 40
"""Reasons on the list: nobody reads a longer one."""
MOST_CODES: Final = 12
"""Reasons that one return gives."""
LONGEST: Final = 60


class Change(NamedTuple):
    """A change of the list: the code, its words since then (None: taken off), and until when they held."""

    code: str
    zh: str | None
    en: str | None
    clause: str
    since: str
    until: str | None


def listed(tx: Tx) -> tuple[Reason, ...]:
    """Return the list of today, in its order."""
    rows = {row.code: row for row in tx.rows("SELECT code, place, zh, en, clause FROM return_reason WHERE valid_to IS NULL ORDER BY code")}
    places = {reason.code: (place, reason) for place, reason in enumerate(BUILT_IN)}
    for code, row in rows.items():
        places.pop(code, None)
        if row.zh is not None:
            places[code] = (row.place, Reason(code, row.zh, row.en, row.clause))
    return tuple(reason for _, reason in sorted(places.values(), key=lambda each: (each[0], each[1].code)))


def known(tx: Tx) -> dict[str, Reason]:
    """Return every reason that ever was on the list, by code, in its newest words: for what was returned before."""
    rows = tx.rows("SELECT code, zh, en, clause FROM return_reason WHERE zh IS NOT NULL ORDER BY code, valid_from")
    return {reason.code: reason for reason in BUILT_IN} | {row.code: Reason(row.code, row.zh, row.en, row.clause) for row in rows}


def changes(tx: Tx) -> list[Change]:
    """Return how the list was changed, the newest first."""
    rows = tx.rows("SELECT code, zh, en, clause, valid_from, valid_to FROM return_reason ORDER BY valid_from DESC, code")
    return [Change(row.code, row.zh, row.en, row.clause, row.valid_from, row.valid_to) for row in rows]


def put(tx: Tx, acting: Acting, reason: Reason, now: datetime) -> None:
    """Put a reason on the list, or give the one with this code other words; a new one stands last.

    Raises Problem REQUEST_MALFORMED for a code or words that are none and for a list that is too long.
    """
    zh, en, clause = reason.zh.strip(), reason.en.strip() or reason.zh.strip(), reason.clause.strip()
    if not CODE.fullmatch(reason.code) or not _fits(zh) or not _fits(en) or (clause and not _fits(clause)):
        raise Problem(ProblemType.REQUEST_MALFORMED, "reason")
    order = [each.code for each in listed(tx)]
    if reason.code not in order and len(order) >= MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"at most {MOST} reasons")
    administration.begin(tx, acting)
    place = order.index(reason.code) if reason.code in order else max([len(BUILT_IN), *_places(tx)]) + 1
    _write(tx, Reason(reason.code, zh, en, clause), place, now)
    administration.note(tx, acting, Act.RETURN_REASON_SET, None, reason.code, now)


def drop(tx: Tx, acting: Acting, code: str, now: datetime) -> None:
    """Take a reason off the list; what was returned for it keeps its words. Raises Problem RETURN_CODE_UNKNOWN."""
    if code not in {each.code for each in listed(tx)}:
        raise Problem(ProblemType.RETURN_CODE_UNKNOWN, "code")
    administration.begin(tx, acting)
    _write(tx, Reason(code, "", ""), 0, now)
    administration.note(tx, acting, Act.RETURN_REASON_DROPPED, None, code, now)


def _places(tx: Tx) -> list[int]:
    return [row.place for row in tx.rows("SELECT place FROM return_reason WHERE valid_to IS NULL ORDER BY place")]


def _write(tx: Tx, reason: Reason, place: int, now: datetime) -> None:
    at = instants.write(now)
    tx.run("UPDATE return_reason SET valid_to = :at WHERE code = :code AND valid_to IS NULL AND valid_from <> :at", at=at, code=reason.code)
    tx.run(
        "INSERT OR REPLACE INTO return_reason (code, valid_from, place, zh, en, clause) VALUES (:code, :at, :place, :zh, :en, :clause)",
        code=reason.code,
        at=at,
        place=place,
        zh=reason.zh or None,
        en=reason.en or None,
        clause=reason.clause,
    )


def _fits(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isprintable() and not set("〔〕；") & set(text)


def composed(tx: Tx, codes: Sequence[str], words: str) -> str:
    """Return a reason in its documented form. Raises Problem RETURN_CODE_UNKNOWN for a code that is not on the list of today."""
    if not codes:
        return words
    reasons = {reason.code: reason for reason in listed(tx)}
    unknown = [code for code in codes if code not in reasons]
    if unknown or len(codes) > MOST_CODES:
        raise Problem(ProblemType.RETURN_CODE_UNKNOWN, f"codes, {len(unknown)} unknown")
    return compose((reasons[code] for code in dict.fromkeys(codes)), words)
