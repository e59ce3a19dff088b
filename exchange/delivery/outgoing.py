"""What an office sent, narrowed down: by where a recipient's copy stands, by recipient, kind and days."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.delivery import counts as standings
from exchange.delivery import store
from exchange.delivery.answers import Sent
from exchange.delivery.states import Review
from exchange.delivery.store import ISSUER, NAMED_ONLY, SEALED
from exchange.office.store import Person
from exchange.paging import INSTANT, SHA256, Listing, Slice, Window
from schemas.words import Kind, Word

LISTING: Final = Listing("sent-narrowed", (INSTANT, SHA256))


class Standing(Word):
    """Where the copies of a sent item stand, as one chooses it in the list: one copy that stands so is enough."""

    PENDING = "pending", "待签收", "waiting to be signed for"
    SIGNED_FOR = "signed_for", "已签收", "signed for"
    RETURNED = "returned", "已退回", "returned"
    MISDIRECTED = "misdirected", "误投已退", "misdirected"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    SEALED = "sealed", "已封存", "sealed"


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """What of the sent items is wanted; None or empty is everything. `since` and `before` are instants of the acceptance."""

    standing: Standing | None = None
    to: str = ""
    kind: Kind | None = None
    since: str = ""
    before: str = ""


_ONE: Final = "EXISTS (SELECT 1 FROM delivery WHERE delivery.submission = submission.id AND delivery.{} = :{})"


def page(tx: Tx, caller: Person, narrowing: Narrowing, wanted: Window) -> Slice[Sent]:
    """Return what the caller's office issued and the caller may see, newest first; of what is sealed, only that it is."""
    return store.sent(tx, caller, wanted, LISTING, *_narrowed(narrowing))


def counts(tx: Tx, caller: Person) -> Mapping[Standing, int]:
    """Return how many of the office's items that the caller may see have a copy that stands so; sealed ones count as sealed alone."""
    found = {Standing(review.value): count for review, count in standings.sent(tx, caller).items()}
    row = tx.row(
        "SELECT count(*) AS count FROM sealing JOIN submission ON submission.id = sealing.submission"  # noqa: S608 - constants
        f" WHERE {ISSUER} AND {NAMED_ONLY} AND sealing.state != 'released'",
        office=caller.office,
        person=caller.id,
    )
    return found | ({Standing.SEALED: row.count} if row.count else {})


def recipients(tx: Tx, caller: Person) -> list[Any]:
    """Return code and name of every office that the caller's office sent something to that the caller may see, by code."""
    return tx.rows(
        "SELECT office_period.office AS code, office_period.name FROM office_period WHERE valid_to IS NULL AND EXISTS"  # noqa: S608 - constants
        " (SELECT 1 FROM tracking WHERE tracking.sender = :office AND tracking.office = office_period.office"
        " AND (tracking.named = 0 OR EXISTS"
        f" (SELECT 1 FROM submission WHERE submission.id = tracking.submission AND {NAMED_ONLY}))) ORDER BY office_period.office",
        office=caller.office,
        person=caller.id,
    )


def _narrowed(narrowing: Narrowing) -> tuple[str, dict[str, str]]:
    """Return the further conditions and their values."""
    conditions: list[str] = []
    values: dict[str, str] = {}
    if narrowing.standing is Standing.SEALED:
        conditions.append(SEALED)
    elif narrowing.standing is not None:
        conditions.append(f"NOT {SEALED} AND {_ONE.format('review', 'review')}")
        values["review"] = Review(narrowing.standing.value).value
    if narrowing.to:
        conditions.append(_ONE.format("office", "to"))
        values["to"] = narrowing.to
    if narrowing.kind is not None:
        conditions.append("submission.kind = :kind")
        values["kind"] = narrowing.kind.value
    if narrowing.since:
        conditions.append("submission.accepted_at >= :since")
        values["since"] = narrowing.since
    if narrowing.before:
        conditions.append("submission.accepted_at < :before")
        values["before"] = narrowing.before
    return "".join(f" AND {each}" for each in conditions), values
