"""Deliveries in the ledger: who may see what, lists of them, and their receipts. What writes them is in `moving`."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from archive.ledger.database import Tx
from archive.ledger.receipts import ENVELOPE, envelope, stated_envelope
from exchange.delivery.answers import Delivery, Occurrence, Received, ReceivedNow, Sent, Status
from exchange.delivery.handling import Use, require_permitted
from exchange.delivery.states import CLOSED, EXCLUDING, OPEN_ENDED, Opening, Position, Recall, Review, possible
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.paging import INSTANT, ORDINAL, SHA256, Listing, Slice, Window, cut
from schemas import instants
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, INNER_EVENTS, Event, Handling, Kind, Role, Urgency

INBOX: Final = Listing("inbox", (INSTANT, SHA256))
INBOX_NARROWED: Final = Listing("inbox-narrowed", (INSTANT, SHA256))
SENT: Final = Listing("sent", (INSTANT, SHA256))
RECEIPTS: Final = Listing("receipts", (ORDINAL,))
_WHOLE: Final = Window()
_NOTHING: Final[Mapping[str, str]] = {}
_NEVER: Final = "9999"
"""Behind every instant: where the newest begin."""

NAMED_ONLY: Final = (
    "(submission.named = 0 OR submission.person = :person"
    " OR EXISTS (SELECT 1 FROM addressee WHERE addressee.submission = submission.id AND addressee.person = :person)"
    " OR EXISTS (SELECT 1 FROM joint_issuer WHERE joint_issuer.submission = submission.id AND joint_issuer.person = :person))"
)
"""Items with named addressees 指定签收人 are seen by these, and by the persons who signed them as sent; by nobody else."""

ISSUER: Final = "(submission.office = :office OR EXISTS (SELECT 1 FROM joint_issuer AS joint WHERE joint.submission = submission.id AND joint.office = :office))"  # noqa: E501 - one condition, one line
"""An office issued it: as its sender, or jointly 联合发文."""

PARTY: Final = f"({ISSUER} OR EXISTS (SELECT 1 FROM delivery AS party WHERE party.submission = submission.id AND party.office = :office))"  # noqa: S608 - constants
"""A person sees what their office sent or received."""

WITHOUT_CONTENT: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""They look at what happened, not into papers."""
INNER: Final = ", ".join(sorted(f"'{each.value}'" for each in INNER_EVENTS))
"""What is written on a recipient's handling slip 文件处理笺, as SQL lists it."""

CONCERNS: Final = (
    f"(event.recipient IS NULL OR event.recipient = :office OR event.event = '{Event.SUPPLEMENTARY_DELIVERY.value}'"  # noqa: S608 - constants
    f" OR (event.event NOT IN ({INNER}) AND EXISTS (SELECT 1 FROM submission WHERE submission.id = event.submission AND {ISSUER})))"
)
"""What one recipient did with a submission is the sender's and that recipient's business, not the other recipients'; what it wrote on
its handling slip is its own alone. That it went to a further office is told to all, as the recipients named in it are."""

WITHIN_THE_SEAL: Final = (Event.SEAL_OPENING, Event.SEAL_REWRAPPING, Event.DESTRUCTION_ORDER)
"""What officers do with a sealed submission before it is released or destroyed."""

_WITHIN: Final = ", ".join(f"'{each.value}'" for each in WITHIN_THE_SEAL)

TOLD: Final = (
    f"{CONCERNS} AND (event.event NOT IN ({_WITHIN}) OR :insider OR event.person = :person"  # noqa: S608 - constants
    " OR EXISTS (SELECT 1 FROM sealing WHERE sealing.submission = event.submission AND :person IN (ordered_by, confirmed_by)))"
)
"""Of that, what stays within the seal is told to the county's confidentiality officers and auditors, to who did it, and to the two
who destroy; everybody else learns that the item is sealed, released or destroyed, and no more."""

VISIBLE: Final = f"{PARTY} AND {NAMED_ONLY}"

SEALED: Final = "EXISTS (SELECT 1 FROM sealing WHERE sealing.submission = submission.id AND sealing.state != 'released')"
"""What is sealed has no text in `submission_text` either, so a list that joins it leaves the item out by itself."""


SHUT: Final = (
    "(submission.office <> :office AND EXISTS (SELECT 1 FROM delivery AS shut WHERE shut.submission = submission.id"  # noqa: S608 - constants
    f" AND shut.office = :office AND shut.review IN ({', '.join(sorted(repr(each.value) for each in CLOSED))})))"
)
"""What was misdirected to the caller's office, or taken back from it: the row stays in its lists, without title, number and content."""

SHUT_BECAUSE: Final = {Review.MISDIRECTED: ProblemType.MISDIRECTED, Review.WITHDRAWN: ProblemType.WITHDRAWN}


def insider(caller: Person) -> bool:
    """Say whether a caller is told what happens within a seal (`TOLD`)."""
    return caller.office == COUNTY and caller.role in (Role.CONFIDENTIALITY, Role.AUDITOR)


def mine(tx: Tx, caller: Person, submission: str) -> Any:
    """Return the caller's delivery of a submission.

    Raises Problem NOT_FOUND, also for what the caller may not see, and SEALED for what nobody may.
    """
    row = tx.row(
        "SELECT delivery.opening, delivery.review, delivery.recall, delivery.version, submission.office AS sender,"  # noqa: S608 - constants
        f" {SEALED} AS sealed FROM delivery JOIN submission ON submission.id = delivery.submission"
        f" WHERE delivery.submission = :id AND delivery.office = :office AND {VISIBLE}",
        id=submission,
        office=caller.office,
        person=caller.id,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    if row.sealed:
        raise Problem(ProblemType.SEALED)
    return row


def happened(tx: Tx, submission: str, office: str) -> frozenset[Event]:
    """Return which events have happened to an office's delivery that keep it from some moves (`states.EXCLUDING`)."""
    rows = tx.rows(
        "SELECT DISTINCT event FROM event WHERE submission = :id AND recipient = :office"
        " AND event IN (SELECT value FROM json_each(:events)) ORDER BY event",
        id=submission,
        office=office,
        events=json.dumps(sorted(each.value for each in EXCLUDING)),
    )
    return frozenset(Event(row.event) for row in rows)


_LISTED: Final = (
    "submission.id, submission.filing_year, submission.filing_ordinal, submission.office AS sender, submission.kind, submission.urgency,"  # noqa: S608 - constants
    " submission.handling, submission.accepted_at, submission.replaces, submission.named,"
    f" CASE WHEN {SHUT} THEN NULL ELSE submission_text.number END AS number,"
    f" CASE WHEN submission_text.title IS NOT NULL AND {SHUT} THEN '' ELSE submission_text.title END AS title,"
    " (SELECT rules FROM secrecy_review WHERE secrecy_review.submission = submission.id) AS reviewed,"
    " (SELECT json_group_array(office) FROM joint_issuer WHERE joint_issuer.submission = submission.id) AS joint,"
    " EXISTS (SELECT 1 FROM sealing WHERE sealing.submission = submission.id AND sealing.state IN ('destroying', 'destroyed')) AS destroyed"
)


_RECEIVED: Final = f"{_LISTED}, delivery.opening, delivery.review, delivery.recall, delivery.version, delivery.copy, delivery.consigned_at"
_REASON: Final = (
    f"CASE WHEN delivery.recall = '{Recall.REQUESTED.value}' OR delivery.review NOT IN"  # noqa: S608 - constants
    f" ({', '.join(sorted(repr(each.value) for each in OPEN_ENDED))}) THEN"
    " (SELECT reason.text FROM event JOIN reason USING (evidence_id) WHERE event.submission = delivery.submission"
    " AND event.recipient = delivery.office AND event.event IN (SELECT value FROM json_each(:reasoned)) ORDER BY event.id DESC LIMIT 1) END"
)
"""Why a copy stands where it stands, where somebody said it: it was given back, taken back, or is being asked for."""
_REASONED: Final = json.dumps(
    [each.value for each in (Event.CONSIGNMENT_REJECTION, Event.MISDIRECTION, Event.RECALL_REQUEST, Event.WITHDRAWAL)]
)
"""What says why a copy stands where it stands: the last of these, while it stands there."""
_CARRIED: Final = (
    f"CASE WHEN delivery.opening = '{Opening.CONSIGNED.value}' THEN (SELECT max(at) FROM medium_export"  # noqa: S608 - a constant
    " WHERE medium_export.submission = delivery.submission AND medium_export.office = delivery.office) END"
)
"""Since when a copy lies on a medium for an office that has said nothing of opening it."""


def _listed(row: Any) -> dict[str, Any]:
    """Return the members of `Listed`."""
    return {
        "submission": row.id,
        "filing_number": f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}",
        "from_": row.sender,
        "kind": Kind(row.kind),
        "urgency": Urgency(row.urgency),
        "number": row.number,
        "title": row.title or "",
        "sealed": row.title is None,
        "destroyed": bool(row.destroyed),
        "accepted_at": row.accepted_at,
        "handling": Handling(row.handling),
        "named": bool(row.named),
        "replaces": row.replaces,
        "joint": tuple(sorted(json.loads(row.joint))),
        "reviewed": tuple(json.loads(row.reviewed or "[]")),
    }


def _received(row: Any) -> dict[str, Any]:
    """Return the members of `Received`."""
    return _listed(row) | {
        "opening": Opening(row.opening),
        "review": Review(row.review),
        "recall": Recall(row.recall),
        "version": row.version,
        "copy": bool(row.copy),
        "consigned_at": row.consigned_at,
    }


def inbox(tx: Tx, caller: Person, wanted: Window = _WHOLE, review: Review | None = None) -> Slice[Received]:
    """Return what the caller's office received and the caller may see, newest first; `review` are those alone that stand so.

    What is sealed is left out, as it has no text. A narrowed list has pages of its own.
    """
    at, submission = wanted.place or (_NEVER, "")
    further, values = ("", {}) if review is None else (" AND delivery.review = :review", {"review": review.value})
    rows = tx.rows(
        f"SELECT {_RECEIVED} FROM delivery"  # noqa: S608 - constants
        " JOIN submission ON submission.id = delivery.submission JOIN submission_text ON submission_text.submission = submission.id"
        f" WHERE delivery.office = :office{further} AND {NAMED_ONLY} AND (delivery.consigned_at, delivery.submission) < (:at, :submission)"
        " ORDER BY delivery.consigned_at DESC, delivery.submission DESC LIMIT :rows",
        **values,
        office=caller.office,
        person=caller.id,
        at=at,
        submission=submission,
        rows=wanted.size + 1,
    )
    found = [Received(**_received(row)) for row in rows]
    return cut(found, wanted.size, INBOX if review is None else INBOX_NARROWED, lambda row: (row.consigned_at, row.submission))


def received(tx: Tx, caller: Person, submission: str) -> ReceivedNow:
    """Return the caller's own delivery of a submission. Raises Problem NOT_FOUND, also for what the caller may not see, and SEALED."""
    mine(tx, caller, submission)
    row = tx.row(
        f"SELECT {_RECEIVED}, delivery.changed_at, {_REASON} AS reason FROM delivery"  # noqa: S608 - constants
        " JOIN submission ON submission.id = delivery.submission JOIN submission_text ON submission_text.submission = submission.id"
        f" WHERE delivery.submission = :id AND delivery.office = :office AND {VISIBLE}",
        id=submission,
        office=caller.office,
        person=caller.id,
        reasoned=_REASONED,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    members = _received(row)
    position = Position(members["opening"], members["review"], members["recall"])
    actions = possible(position, caller.role, happened=happened(tx, submission, caller.office))
    return ReceivedNow(**members, changed_at=row.changed_at, actions=actions, reason=row.reason)


def sent(
    tx: Tx, caller: Person, wanted: Window = _WHOLE, listing: Listing = SENT, further: str = "", values: Mapping[str, str] = _NOTHING
) -> Slice[Sent]:
    """Return what the caller's office issued and the caller may see, newest first; of what is sealed, only that it is.

    `further` are more conditions on `submission`, each after its AND, with their values; such a list has pages of its own.
    """
    at, submission = wanted.place or (_NEVER, "")
    rows = tx.rows(
        f"SELECT {_LISTED} FROM submission LEFT JOIN submission_text ON submission_text.submission = submission.id"  # noqa: S608 - constants
        f" WHERE submission.id IN ({_issued(f'(submission.accepted_at, submission.id) < (:at, :submission){further}')})"
        " ORDER BY submission.accepted_at DESC, submission.id DESC LIMIT :rows",
        **values,
        office=caller.office,
        person=caller.id,
        at=at,
        submission=submission,
        rows=wanted.size + 1,
    )
    page = cut(rows, wanted.size, listing, lambda row: (row.accepted_at, row.id))
    ids = [row.id for row in page.rows]
    copies, newer = _deliveries(tx, caller, ids), _replacements(tx, caller, ids)
    listed = [Sent(**_listed(row), deliveries=tuple(copies[row.id]), replaced_by=newer.get(row.id)) for row in page.rows]
    return Slice(listed, page.following)


def _replacements(tx: Tx, caller: Person, submissions: Sequence[str]) -> dict[str, str]:
    """Return what took the place of these, the first of each, as far as the caller may see it."""
    rows = tx.rows(
        "SELECT submission.id, submission.replaces FROM submission WHERE submission.replaces IN (SELECT value FROM json_each(:ids))"  # noqa: S608 - constants
        f" AND {VISIBLE} ORDER BY submission.accepted_at DESC, submission.id DESC",
        ids=json.dumps(submissions),
        office=caller.office,
        person=caller.id,
    )
    return {row.replaces: row.id for row in rows}


def _issued(further: str) -> str:
    """Return the ids of what the caller's office issued, as its sender or jointly, and the caller may see, as SQL: the newest `:rows`.

    `further` are more conditions on `submission`. Each half walks an index of its own from the newest on.
    """
    order = "ORDER BY {0}.accepted_at DESC, {0}.{1} DESC LIMIT :rows"
    sent_ = f"SELECT id FROM submission WHERE submission.office = :office AND {NAMED_ONLY} AND {further}"  # noqa: S608 - constants
    joint = (
        "SELECT submission.id FROM joint_issuer JOIN submission ON submission.id = joint_issuer.submission"  # noqa: S608 - constants
        f" WHERE joint_issuer.office = :office AND {NAMED_ONLY} AND {further}"
    )
    return (
        f"SELECT * FROM ({sent_} {order.format('submission', 'id')})"  # noqa: S608 - constants
        f" UNION ALL SELECT * FROM ({joint} {order.format('joint_issuer', 'submission')})"
    )


def deliveries(tx: Tx, caller: Person, submission: str) -> tuple[Delivery, ...]:
    """Return the recipients' positions, with the reason where there is one to tell: all to the sender, its own to a recipient."""
    return tuple(_deliveries(tx, caller, [submission])[submission])


def _deliveries(tx: Tx, caller: Person, submissions: Sequence[str]) -> dict[str, list[Delivery]]:
    """Return the same of several submissions."""
    found: dict[str, list[Delivery]] = {submission: [] for submission in submissions}
    for row in tx.rows(
        "SELECT delivery.submission, delivery.office, copy, opening, review, recall, version, changed_at,"  # noqa: S608 - constants
        f" {_REASON} AS reason, {_CARRIED} AS carried_at"
        " FROM delivery JOIN submission ON submission.id = delivery.submission"
        " WHERE delivery.submission IN (SELECT value FROM json_each(:ids))"
        f" AND (:office = delivery.office OR {ISSUER}) ORDER BY delivery.submission, copy, delivery.office",
        ids=json.dumps(submissions),
        office=caller.office,
        reasoned=_REASONED,
    ):
        found[row.submission].append(
            Delivery(
                office=row.office,
                copy=bool(row.copy),
                opening=Opening(row.opening),
                review=Review(row.review),
                changed_at=row.changed_at,
                version=row.version,
                recall=Recall(row.recall),
                reason=row.reason,
                carried_at=row.carried_at,
            )
        )
    return found


def require_visible(tx: Tx, caller: Person, submission: str) -> Any:
    """Return the submission's row; `sealed` says that it is, and then there is no title.

    Raises Problem NOT_FOUND when there is none or the caller may not see it.
    """
    row = tx.row(
        f"SELECT {_LISTED}, submission.container, submission.size, submission.received_at, submission.person AS sent_by,"  # noqa: S608 - constants
        f" {SEALED} AS sealed FROM submission LEFT JOIN submission_text ON submission_text.submission = submission.id"
        f" WHERE submission.id = :id AND {VISIBLE}",
        id=submission,
        office=caller.office,
        person=caller.id,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    return row


def require_readable(tx: Tx, caller: Person, submission: str) -> Any:
    """Return the row of a submission whose content the caller may have.

    The sender's office has it from the start; a recipient's staff only after an opening was recorded, so that nobody
    reads before the time of reception, and no more once it was misdirected or taken back.
    Raises Problem NOT_FOUND, NOT_ALLOWED, SEALED, MISDIRECTED, WITHDRAWN or ACTION_NOT_POSSIBLE.
    """
    row = require_visible(tx, caller, submission)
    if caller.role in WITHOUT_CONTENT:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    if row.sealed:
        raise Problem(ProblemType.SEALED)
    require_permitted(Handling(row.handling), Use.FETCH, caller.role)
    if caller.office in (row.sender, *json.loads(row.joint)):
        return row
    own = mine(tx, caller, submission)
    if (because := SHUT_BECAUSE.get(Review(own.review))) is not None:
        raise Problem(because)
    if own.opening != Opening.OPENED:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "请先打开阅读 / open it first")
    return row


def is_shut(tx: Tx, caller: Person, submission: str) -> bool:
    """Say whether an item is closed to the caller's office, which had received it: what it is called too."""
    wanted = f"SELECT 1 AS found FROM submission WHERE id = :id AND {SHUT}"  # noqa: S608 - constants
    return tx.row(wanted, id=submission, office=caller.office) is not None


def status(tx: Tx, caller: Person, submission: str) -> Status:
    """Return one submission with its deliveries, events and what replaced it; of a sealed one no text. Raises Problem NOT_FOUND."""
    row = require_visible(tx, caller, submission)
    events = tx.rows(
        f"SELECT evidence_id, event, at, recipient, person FROM event WHERE submission = :id AND {TOLD} ORDER BY id",  # noqa: S608 - constants
        id=submission,
        office=caller.office,
        person=caller.id,
        insider=insider(caller),
    )
    return Status(
        **_listed(row),
        container=row.container,
        size=row.size,
        received_at=row.received_at,
        sent_by=row.sent_by,
        deliveries=deliveries(tx, caller, submission),
        events=tuple(
            Occurrence(evidence_id=each.evidence_id, event=Event(each.event), at=each.at, recipient=each.recipient, by=each.person)
            for each in events
        ),
        replaced_by=_replacements(tx, caller, [submission]).get(submission),
    )


def receipts_of(tx: Tx, caller: Person, submission: str) -> list[Envelope]:
    """Return the receipts of a submission that concern the caller's office, in order.

    A recipient has those of what happened within a seal once it was released: its copy's history is then whole again. The
    sender's office has them all along, for they number on in its own chain.
    """
    row = require_visible(tx, caller, submission)
    whole = insider(caller) or not row.sealed or caller.office in (row.sender, *json.loads(row.joint))
    rows = tx.rows(
        f"SELECT event.event, {ENVELOPE} WHERE event.submission = :id AND {TOLD} ORDER BY event.id",
        id=submission,
        office=caller.office,
        person=caller.id,
        insider=whole,
    )
    return [_told(caller, row) for row in rows]


def receipts_for(tx: Tx, caller: Person, wanted: Window = _WHOLE) -> Slice[Envelope]:
    """Return the office's own receipts by sequence: the client checks that none is missing. A place is a sequence number.

    A receipt tells nothing of an item, but what a person signed of an act may hold a reason: it is with those of items that the
    caller may see, and with no other.
    """
    (beyond,) = wanted.place or ("0",)
    rows = tx.rows(
        f"SELECT EXISTS (SELECT 1 FROM submission WHERE submission.id = event.submission AND {VISIBLE}) AS visible, event.event, {ENVELOPE}"  # noqa: S608 - constants
        " WHERE event.office = :office AND event.sequence > :beyond ORDER BY event.sequence LIMIT :rows",
        office=caller.office,
        person=caller.id,
        beyond=int(beyond),
        rows=wanted.size + 1,
    )
    page = cut(rows, wanted.size, RECEIPTS, lambda row: (str(row.sequence),))
    return Slice([_told(caller, row) if row.visible else envelope(row) for row in page.rows], page.following)


def _told(caller: Person, row: Any) -> Envelope:
    """Return a receipt with what the person signed; the words of a handling slip are not for those who may not have content."""
    kept_back = row.event in INNER_EVENTS and caller.role in WITHOUT_CONTENT
    return envelope(row) if kept_back else stated_envelope(row)


def crls_of(tx: Tx, caller: Person, submission: str) -> list[bytes]:
    """Return the revocation lists (DER) that cover reception and every event that concerns the caller's office."""
    row = require_visible(tx, caller, submission)
    instants_ = tx.rows(f"SELECT at FROM event WHERE submission = :id AND {CONCERNS}", id=submission, office=caller.office)  # noqa: S608 - constants
    return offices.crls_covering(tx, sorted({row.received_at, *(event.at for event in instants_)}))


def is_sealed(tx: Tx, submission: str) -> bool:
    """Say whether a submission is sealed now: asked again while its bytes are on their way."""
    return tx.row(f"SELECT 1 AS found FROM submission WHERE id = :id AND {SEALED}", id=submission) is not None  # noqa: S608 - constants


def require_still(tx: Tx, caller: Person, submission: str) -> None:
    """Ask again while bytes are on their way to somebody who might have them: raises Problem SEALED, MISDIRECTED or WITHDRAWN."""
    if is_sealed(tx, submission):
        raise Problem(ProblemType.SEALED)
    if is_shut(tx, caller, submission):
        raise Problem(SHUT_BECAUSE[Review(mine(tx, caller, submission).review)])


def note_fetch(tx: Tx, caller: Person, submission: str, act: str, now: datetime) -> None:
    """Keep that a person takes the content: whom to ask, should it have to be called back. Raises what `require_readable` raises."""
    require_readable(tx, caller, submission)
    tx.run(
        "INSERT INTO fetched (submission, person, act, first_at, last_at, times) VALUES (:id, :person, :act, :at, :at, 1)"
        " ON CONFLICT (submission, person, act) DO UPDATE SET last_at = :at, times = times + 1",
        id=submission,
        person=caller.id,
        act=act,
        at=instants.write(now),
    )
