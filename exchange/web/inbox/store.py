"""Lists of the inbox in the ledger: what an office received and a person of it may see, with the office's own marks."""

from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import counts
from exchange.delivery.states import CLOSED, Opening, Review
from exchange.delivery.store import NAMED_ONLY
from exchange.office.store import Person
from exchange.paging import Slice, cut
from exchange.web.inbox.rows import Folder, Order, Row, Wanted
from schemas.words import Event, Handling, Kind, Urgency

COUNTED: Final = 1000
"""So many are counted; there are more is all that is said beyond."""

_GONE: Final = f"delivery.review IN ({', '.join(sorted(repr(each.value) for each in CLOSED))})"
"""What was misdirected here or taken back: that it was here is told, and no more."""

_UNREAD: Final = "(delivery.opening = 'consigned' OR coalesce(mark.unread, 0) = 1)"
_BESIDE: Final = (
    " JOIN submission ON submission.id = delivery.submission"
    # what is sealed has no text, so it is in no list
    " JOIN submission_text ON submission_text.submission = delivery.submission"
    " LEFT JOIN tracking ON tracking.submission = delivery.submission AND tracking.office = delivery.office"
    " LEFT JOIN mark ON mark.submission = delivery.submission AND mark.office = delivery.office"
    f" WHERE delivery.office = :office AND {NAMED_ONLY}"
)
_FROM: Final = f" FROM delivery{_BESIDE}"
_ROW: Final = (
    "SELECT submission.id, submission.filing_year, submission.filing_ordinal, submission.office AS sender, submission.kind,"  # noqa: S608 - constants
    " submission.urgency, submission.handling, submission.named, submission.replaces,"
    f" CASE WHEN {_GONE} THEN NULL ELSE submission_text.number END AS number,"
    f" CASE WHEN {_GONE} THEN '' ELSE submission_text.title END AS title,"
    " (SELECT name FROM office_period WHERE office_period.office = submission.office AND valid_to IS NULL) AS sender_name,"
    f" CASE WHEN {_GONE} THEN NULL ELSE"
    " coalesce(max(tracking.extended, tracking.respond_by), tracking.extended, tracking.respond_by) END AS respond_by,"
    " EXISTS (SELECT 1 FROM secrecy_review WHERE secrecy_review.submission = submission.id) AS reviewed,"
    " delivery.opening, delivery.review, delivery.version, delivery.copy, delivery.consigned_at, delivery.rank,"
    f" {_UNREAD} AS unread, coalesce(mark.starred, 0) AS starred, tracking.urged,"
    " tracking.review = 'pending' AND tracking.expired_at IS NOT NULL AS late"
)
_NARROWED: Final = {
    "office": "submission.office = :sender",
    "kind": "submission.kind = :kind",
    "urgency": "submission.urgency = :urgency",
    "starred": "mark.starred = 1",
    "since": "delivery.consigned_at >= :since",
    "until": "delivery.consigned_at < :until",
}
_BEHIND: Final = {
    Order.NEWEST: "(delivery.consigned_at, delivery.submission) < (:at, :id)",
    Order.OLDEST: "(delivery.consigned_at, delivery.submission) > (:at, :id)",
    Order.URGENT: "(delivery.rank > :rank OR (delivery.rank = :rank AND (delivery.consigned_at, delivery.submission) < (:at, :id)))",
}
_ORDERED: Final = {
    Order.NEWEST: "{0}consigned_at DESC, {0}{1} DESC",
    Order.OLDEST: "{0}consigned_at, {0}{1}",
    Order.URGENT: "{0}rank, {0}consigned_at DESC, {0}{1} DESC",
}


def _halves(order: Order, *, unread: bool) -> list[str]:
    """Return where the rows of a list come from, up to the first condition of their own: all of one index, or of what is unread two.

    What nobody has opened has an index of its own in each order, and so has the little that was marked unread again: neither half
    passes over what was read.
    """
    if not unread:
        return [_FROM]
    index = "delivery_unopened_by_rank" if order is Order.URGENT else "delivery_unopened"
    marked = "SELECT submission FROM mark WHERE office = :office AND unread = 1"
    return [
        f" FROM delivery INDEXED BY {index}{_BESIDE} AND delivery.opening = 'consigned'",
        f"{_FROM} AND delivery.opening <> 'consigned' AND delivery.submission IN ({marked})",
    ]


def _where(caller: Person, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """Return the conditions of a list, and their values."""
    asked = [each for each in _NARROWED if getattr(wanted, each)]
    review = wanted.folder.review
    conditions = [_NARROWED[each] for each in asked] + (["delivery.review = :review"] if review else [])
    values = {"sender": wanted.office, "kind": wanted.kind, "urgency": wanted.urgency, "review": review} | wanted.bounds()
    used = {name: value.value if isinstance(value, Kind | Urgency | Review) else value for name, value in values.items() if value}
    return "".join(f" AND {each}" for each in conditions), used | {"office": caller.office, "person": caller.id}


def _behind(order: Order, place: tuple[str, ...] | None) -> tuple[str, dict[str, Any]]:
    """Return the condition for what comes behind a place, and its values."""
    if place is None:
        return "", {}
    rank, (at, submission) = (int(place[0]) if order is Order.URGENT else 0), place[-2:]
    return f" AND {_BEHIND[order]}", {"at": at, "id": submission} | ({"rank": rank} if order is Order.URGENT else {})


def _rows(tx: Tx, caller: Person, wanted: Wanted, place: tuple[str, ...] | None, most: int) -> list[Row]:
    where, values = _where(caller, wanted)
    behind, more = _behind(wanted.sorting, place)
    order = _ORDERED[wanted.sorting]
    halves = [
        f"SELECT * FROM ({_ROW}{half}{where}{behind} ORDER BY {order.format('delivery.', 'submission')} LIMIT :most)"  # noqa: S608 - constants
        for half in _halves(wanted.sorting, unread=wanted.unread)
    ]
    sql = halves[0] if len(halves) == 1 else f"{' UNION ALL '.join(halves)} ORDER BY {order.format('', 'id')} LIMIT :most"
    return [_row(row) for row in tx.rows(sql, **values, **more, most=most)]


def listed(tx: Tx, caller: Person, wanted: Wanted, place: tuple[str, ...] | None = None) -> Slice[Row]:
    """Return a page of the list."""
    found = _rows(tx, caller, wanted, place, wanted.size + 1)
    return cut(found, wanted.size, wanted.sorting.listing, lambda row: row.place(wanted.sorting))


def one(tx: Tx, caller: Person, submission: str) -> Row | None:
    """Return one item as the lists have it, or None where they do not have it."""
    values = {"office": caller.office, "person": caller.id, "id": submission}
    row = tx.row(f"{_ROW}{_FROM} AND delivery.submission = :id", **values)
    return None if row is None else _row(row)


def matching(tx: Tx, caller: Person, wanted: Wanted, most: int) -> list[Row]:
    """Return everything that a list has, in its order, at most so many."""
    return _rows(tx, caller, wanted, None, most)


def following(tx: Tx, caller: Person, wanted: Wanted, submission: str, passed: frozenset[str] = frozenset()) -> str | None:
    """Return the next item behind this one that is yet to be signed for; behind the last one the first. None when there is none.

    `passed` are not taken: an act on them is on its way.
    """
    waiting = wanted.but(folder=Folder.PENDING)
    here = one(tx, caller, submission)
    places = [None] if here is None else [here.place(waiting.sorting), None]
    for place in places:
        for row in _rows(tx, caller, waiting, place, len(passed) + 2):
            if row.submission != submission and row.submission not in passed:
                return row.submission
    return None


def count(tx: Tx, caller: Person, wanted: Wanted) -> int:
    """Return how many items a list has, at most `COUNTED`."""
    where, values = _where(caller, wanted)
    halves = (f"SELECT * FROM (SELECT 1{half}{where} LIMIT :most)" for half in _halves(wanted.sorting, unread=wanted.unread))  # noqa: S608 - constants
    return int(tx.row(f"SELECT min(count(*), :most) AS count FROM ({' UNION ALL '.join(halves)})", **values, most=COUNTED).count)  # noqa: S608 - constants


def folders(tx: Tx, caller: Person) -> dict[Folder, int]:
    """Return how many items that this person sees each folder has."""
    found = counts.received(tx, caller)
    each = {folder: 0 if folder.review is None else found.get(folder.review, 0) for folder in Folder}
    return each | {Folder.ALL: sum(each.values())}


class Moved(NamedTuple):
    """Who moved a delivery last: the person's name, what it was, when, and the reason while it is returned."""

    name: str
    event: Event
    at: str
    person: str


def last_move(tx: Tx, caller: Person, submission: str) -> Moved | None:
    """Return who signed for the caller's delivery last, or gave it back. The caller may see it: ask `received` first."""
    row = tx.row(
        "SELECT event.person, event.event, event.at FROM event WHERE submission = :id AND recipient = :office"
        " AND event.event IN (:accepted, :rejected, :misdirected) ORDER BY event.id DESC LIMIT 1",
        id=submission,
        office=caller.office,
        accepted=Event.CONSIGNMENT_ACCEPTANCE.value,
        rejected=Event.CONSIGNMENT_REJECTION.value,
        misdirected=Event.MISDIRECTION.value,
    )
    return None if row is None else Moved(names(tx, {row.person}).get(row.person, row.person), Event(row.event), row.at, row.person)


def names(tx: Tx, people: set[str]) -> dict[str, str]:
    """Return the newest name of each of these people, also of those who have left."""
    newest = "SELECT name FROM person_period WHERE person = :id ORDER BY valid_from DESC LIMIT 1"
    found = {person: tx.row(newest, id=person) for person in people}
    return {person: row.name for person, row in found.items() if row is not None}


def office_names(tx: Tx, codes: list[str]) -> dict[str, str]:
    """Return what offices are called today; those that are no more by their codes."""
    today = "SELECT name FROM office_period WHERE office = :code AND valid_to IS NULL"
    found = {code: tx.row(today, code=code) for code in codes}
    return {code: code if row is None else row.name for code, row in found.items()}


def _row(row: Any) -> Row:
    return Row(
        submission=row.id,
        filing_number=f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}",
        sender=row.sender,
        sender_name=row.sender_name or row.sender,
        kind=Kind(row.kind),
        urgency=Urgency(row.urgency),
        number=row.number,
        title=row.title,
        consigned_at=row.consigned_at,
        opening=Opening(row.opening),
        review=Review(row.review),
        version=row.version,
        copy=bool(row.copy),
        handling=Handling(row.handling),
        named=bool(row.named),
        corrects=row.replaces is not None,
        reviewed=bool(row.reviewed),
        respond_by=row.respond_by,
        unread=bool(row.unread),
        starred=bool(row.starred),
        urged=row.urged if row.review == Review.PENDING else 0,
        late=bool(row.late),
    )
