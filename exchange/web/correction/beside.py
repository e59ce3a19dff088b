"""What stands beside an item on its pages: its versions, other items with its number, and what its elements are found to lack."""

from datetime import date
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.reading.kept import kept
from exchange.correction import redirecting, same_number
from exchange.correction.chain import Version, chain
from exchange.correction.redirecting import Redirected
from exchange.correction.same_number import Same
from exchange.delivery import describing, store
from exchange.elements import rules, submitted
from exchange.elements.rules import Finding
from exchange.office.store import Person
from schemas.messages import Submission
from schemas.problems import Problem

LONGEST: Final = 4 << 20
"""Bytes of kept text, packed, that are looked through for hints."""


class Beside(NamedTuple):
    """What is known; `message` and `body`, its kept text, are there where the caller may have the content."""

    versions: list[Version]
    same: Same | None
    redirected: list[Redirected]
    message: Submission | None
    body: bytes


def beside(tx: Tx, caller: Person, submission: str, *, hinted: bool = False) -> Beside:
    """Gather it; with `hinted`, what hints are made of as well. Raises Problem NOT_FOUND."""
    versions, same = chain(tx, caller, submission), same_number.same(tx, caller, submission)
    redirected = redirecting.redirected(tx, caller, submission)
    described = describing.described(tx, caller, submission) if hinted else None
    if described is None or not described.readable:
        return Beside(versions, same, redirected, None, b"")
    row = tx.row("SELECT body FROM kept_text WHERE submission = :id AND length(body) <= :most", id=submission, most=LONGEST)
    return Beside(versions, same, redirected, described.message, b"" if row is None else bytes(row.body))


def nothing() -> Beside:
    """Return what stands beside an item that is closed to the office."""
    return Beside([], None, [], None, b"")


def gathered(tx: Tx, caller: Person, submission: str, *, hinted: bool = False) -> Beside:
    """Return what stands beside an item, nothing where it is closed to the caller's office. Raises Problem NOT_FOUND."""
    if store.is_shut(tx, caller, submission):
        return nothing()
    return beside(tx, caller, submission, hinted=hinted)


def hints(found: Beside, today: date) -> tuple[Finding, ...]:
    """Return what the elements are found to lack. Unpacks the text: for a thread."""
    if found.message is None:
        return ()
    try:
        parts = kept(found.body) if found.body else ()
    except Problem:
        parts = ()  # `fsck` tells of it
    return rules.check(submitted.elements(found.message, today, submitted.said(found.message, parts)))
