"""From ledger rows and kept text to entries: what changed after a ledger sequence, and how it stands now.

The reading is split in two: `changed` runs in the ledger and only fetches rows; `batch_of` unpacks and builds, which takes
long and needs no ledger. Entries show the present rows, so going over the same events again changes nothing.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.reading.kept import HEAD, kept, unpacked_size
from archive.search.entry import Batch, Entry
from archive.search.question import MACHINES
from schemas import instants
from schemas.messages import Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling

LOG: Final = logging.getLogger("yizhan")

BATCH: Final = 200
"""Submissions in one batch."""

TEXT: Final = 8 << 20
"""Bytes of unpacked text in one batch, unless a single submission has more."""

_SHUT: Final = frozenset({"misdirected", "withdrawn"})

_EVENTS: Final = 8
"""Events that are looked through for each submission of a batch."""


class Newest(NamedTuple):
    """How far the ledger is: the newest event's sequence, and the instant of the oldest one that is not covered ("" for none)."""

    sequence: int
    waiting_since: str


@dataclass(frozen=True)
class Changes:
    """Rows of what changed up to `upto`, in the order of the changes; `gone` are submissions without erasable rows.

    `evidence_id` is that of the event `upto`, "" while there is none.
    """

    rows: Sequence[Any]
    recipients: Mapping[str, Sequence[Any]]
    addressees: Mapping[str, Sequence[str]]
    gone: tuple[str, ...]
    upto: int
    evidence_id: str


def identity(tx: Tx) -> str:
    """Return what tells this ledger from every other: its log's origin and key, and the county's root."""
    row = tx.row("SELECT origin, log_key, root FROM ledger")
    return f"{row.origin} {row.log_key} {row.root}"


def newest(tx: Tx, covered: int) -> Newest:
    """Return how far the ledger is, and since when the first event after `covered` waits."""
    last = tx.row("SELECT coalesce(max(id), 0) AS sequence FROM event")
    first = tx.row("SELECT at FROM event WHERE id > :covered ORDER BY id LIMIT 1", covered=covered)
    return Newest(int(last.sequence), "" if first is None else str(first.at))


def evidence_at(tx: Tx, sequence: int) -> str:
    """Return the evidence id of the event with this sequence, "" when there is none; no two events bear the same."""
    row = tx.row("SELECT evidence_id FROM event WHERE id = :sequence", sequence=sequence)
    return "" if row is None else str(row.evidence_id)


def submissions(tx: Tx) -> int:
    """Return how many submissions an index of this ledger holds."""
    return int(tx.row("SELECT count(*) AS count FROM submission_text").count)


def changed(tx: Tx, after: int, *, fresh_upto: int = 0, most: int = BATCH, text: int = TEXT) -> Changes:
    """Return what changed after a ledger sequence: at most `most` submissions, with about `text` bytes of text at most.

    An index that is made anew begins with nothing and takes every submission in once, as it stands: up to `fresh_upto`,
    which was the newest event when it began, only acceptances are followed, for later events are in the rows already.
    `upto` is the last event that is covered; when nothing is left it is the newest of all.
    """
    ids, upto = _touched(tx, after, fresh_upto, most)
    if not ids:
        return Changes((), {}, {}, (), upto, evidence_at(tx, upto))
    ids, upto = _affordable(tx, ids, upto, text)
    names = json.dumps(list(ids))
    rows = tx.rows(_SUBMISSIONS, ids=names, acceptance=Event.SUBMISSION_ACCEPTANCE.value)
    recipients, addressees = defaultdict(list), defaultdict(list)
    for row in tx.rows(_DELIVERIES, ids=names):
        recipients[row.submission].append(row)
    for row in tx.rows(_ADDRESSEES, ids=names):
        addressees[row.submission].append(row.person)
    gone = tuple(sorted(ids.keys() - {row.id for row in rows}))
    return Changes(rows, recipients, addressees, gone, upto, evidence_at(tx, upto))


def batch_of(changes: Changes) -> Batch:
    """Return the batch. A text or metadata that cannot be read leaves an entry that is found by what else is known of it."""
    entries = (_entry(row, changes.recipients.get(row.id, ()), changes.addressees.get(row.id, ())) for row in changes.rows)
    return Batch(tuple(entries), changes.gone, changes.upto)


_SUBMISSIONS: Final = (
    "SELECT submission.id, submission.office, submission.person, filing_year, filing_ordinal, kind, urgency, handling, received_at, named,"
    " submission_text.number, submission_text.title, submission_text.metadata, kept_text.body,"
    " (SELECT event.id FROM event WHERE event.submission = submission.id AND event.event = :acceptance"
    "  ORDER BY event.id LIMIT 1) AS accepted,"
    " (SELECT json_group_array(json_array(office, person)) FROM joint_issuer WHERE joint_issuer.submission = submission.id) AS joint"
    " FROM json_each(:ids) AS wanted JOIN submission ON submission.id = wanted.value"
    " JOIN submission_text ON submission_text.submission = submission.id"
    " LEFT JOIN kept_text ON kept_text.submission = submission.id ORDER BY wanted.key"
)
_DELIVERIES: Final = (
    "SELECT submission, office, opening, review FROM json_each(:ids) AS wanted JOIN delivery ON delivery.submission = wanted.value"
    " ORDER BY wanted.key, office"
)
_ADDRESSEES: Final = (
    "SELECT submission, person FROM json_each(:ids) AS wanted JOIN addressee ON addressee.submission = wanted.value"
    " ORDER BY wanted.key, person"
)
_FRESH: Final = (
    "SELECT id, submission FROM event WHERE id > :after AND id <= :until AND event = :acceptance AND submission IS NOT NULL"
    " ORDER BY id LIMIT :most"
)
_FOLLOWED: Final = "SELECT id, submission FROM event WHERE id > :after ORDER BY id LIMIT :most"


def _touched(tx: Tx, after: int, fresh_upto: int, most: int) -> tuple[dict[str, int], int]:
    """Return the touched submissions, each with the event that touched it first, and the last event that was looked at."""
    if after < fresh_upto:
        acceptance = Event.SUBMISSION_ACCEPTANCE.value
        rows = tx.rows(_FRESH, after=after, until=fresh_upto, acceptance=acceptance, most=most)
        return {row.submission: row.id for row in rows}, rows[-1].id if len(rows) == most else fresh_upto
    touched: dict[str, int] = {}
    upto = after
    for row in tx.rows(_FOLLOWED, after=after, most=most * _EVENTS):
        if row.submission is not None and row.submission not in touched:
            if len(touched) == most:
                break
            touched[row.submission] = row.id
        upto = row.id
    return touched, upto


def _affordable(tx: Tx, touched: dict[str, int], upto: int, text: int) -> tuple[dict[str, int], int]:
    """Cut the submissions before the one with which their text becomes too much; what was cut is not covered."""
    heads = {row.submission: bytes(row.head or b"") for row in tx.rows(_HEADS, ids=json.dumps(list(touched)), length=HEAD.size)}
    taken: dict[str, int] = {}
    total = 0
    for submission, event in touched.items():
        total += _cost(heads.get(submission, b""))
        if taken and total > text:
            return taken, event - 1
        taken[submission] = event
    return taken, upto


_HEADS: Final = (
    "SELECT submission, substr(body, 1, :length) AS head FROM json_each(:ids) AS wanted"
    " JOIN kept_text ON kept_text.submission = wanted.value"
)


def _cost(head: bytes) -> int:
    try:
        return unpacked_size(head)
    except Problem:
        return 0  # none, or none that can be unpacked


def _entry(row: Any, deliveries: Sequence[Any], addressees: Sequence[str]) -> Entry:
    received = instants.read(row.received_at).astimezone(instants.BEIJING)
    date, files = _declared(row, int(received.strftime("%Y%m%d")))
    # an office to which it was misdirected, or from which it was taken back, finds it no more by anything in it
    offices = tuple(delivery.office for delivery in deliveries if delivery.review not in _SHUT)
    shut = {delivery.office for delivery in deliveries} - set(offices)
    joint = json.loads(row.joint)  # pairs of an office that issued it with the sender, and who signed for it
    if row.named:
        named = (person for person in addressees if person.rpartition(".")[0] not in shut)
        readers = tuple(f"person:{person}" for person in dict.fromkeys((row.person, *(person for _, person in joint), *named)))
    else:
        readers = tuple(f"office:{office}" for office in dict.fromkeys((row.office, *(office for office, _ in joint), *offices)))
    machines = () if row.handling == Handling.INTERNAL else (MACHINES,)
    reviews = sorted({delivery.review for delivery in deliveries})
    sent = (f"{office}:sent:{review}" for office in (row.office, *(office for office, _ in joint)) for review in reviews)
    return Entry(
        submission=row.id,
        accepted=row.accepted,
        title=row.title,
        number=row.number or "",
        filing_number=f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}",
        files=files,
        texts=_texts(row),
        office=row.office,
        recipients=tuple(delivery.office for delivery in deliveries),
        kind=row.kind,
        urgency=row.urgency,
        date=date,
        received=int(received.strftime("%Y%m%d")),
        readers=(*readers, *machines),
        standings=(*(f"{delivery.office}:received:{delivery.review}" for delivery in deliveries), *sent),
    )


def _declared(row: Any, received: int) -> tuple[int, tuple[str, ...]]:
    """Return the day of issue and the file names as the metadata declares them."""
    try:
        message = decode(bytes(row.metadata), Submission, ProblemType.LEDGER_DAMAGED)
    except Problem as problem:
        LOG.warning("submission %s is indexed without its metadata: %s", row.id, problem.kind.type)
        return received, ()
    return int(message.date_issued.replace("-", "")), tuple(document.name for document in message.documents)


def _texts(row: Any) -> tuple[str, ...]:
    """Return the texts of all parts, pages before what stands outside them; none where nothing was kept."""
    if row.body is None:
        return ()
    try:
        parts = kept(bytes(row.body))
    except Problem as problem:
        LOG.warning("submission %s is indexed without its text: %s", row.id, problem.kind.type)
        return ()
    return tuple(text for part in parts for text in (part.text, *(other for _, other in part.others)) if text)
