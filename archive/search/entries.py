"""From ledger rows and kept text to entries: what changed after a ledger sequence, and how it stands now.

The reading is split in two: `changed` runs in the ledger and only fetches rows; `batch_of` unpacks and builds, which takes
long and needs no ledger. Entries show the present rows, so going over the same events again changes nothing.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.reading.kept import HEAD
from archive.search import legacy_entries
from archive.search.entry import Batch, Entry
from archive.search.kept_texts import affordable, texts
from archive.search.legacy_entries import EXCHANGED
from archive.search.question import MACHINES
from schemas import instants
from schemas.messages import Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling

LOG: Final = logging.getLogger("yizhan")

BATCH: Final = 200
"""Submissions in one batch."""

LINES: Final = 2000
"""Documents from before in one batch: they come all at once, most without a text. What is sent meanwhile shares their batches."""

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
    """Rows of what changed up to `upto`, in the order of the changes; `gone` are items without erasable rows.

    `evidence_id` is that of the event `upto`, "" while there is none. `legacy` are rows of documents from before, and `place` is
    how far their batch, which is the event behind `upto`, is covered; 0 when none is begun. `ahead` is the last event whose
    submissions were taken in before their turn while such a batch goes on.
    """

    rows: Sequence[Any]
    recipients: Mapping[str, Sequence[Any]]
    addressees: Mapping[str, Sequence[str]]
    gone: tuple[str, ...]
    upto: int
    evidence_id: str
    legacy: Sequence[Any] = ()
    place: int = 0
    ahead: int = 0


class _Touched(NamedTuple):
    """The touched submissions, each with the event that touched it first, what was erased, and the last event that was looked at.

    `imported` is that event when it made a batch of documents from before visible; nothing else is touched then.
    """

    ids: dict[str, int]
    gone: tuple[str, ...]
    upto: int
    imported: str = ""


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


def items(tx: Tx) -> int:
    """Return how many entries an index of this ledger holds."""
    return int(tx.row("SELECT count(*) AS count FROM submission_text").count) + legacy_entries.items(tx)


def changed(
    tx: Tx, after: int, *, fresh_upto: int = 0, most: int = BATCH, text: int = TEXT, place: int = 0, ahead: int = 0, lines: int = LINES
) -> Changes:
    """Return what changed after a ledger sequence: at most `most` submissions, with about `text` bytes of text at most.

    An index that is made anew begins with nothing and takes every submission in once, as it stands: up to `fresh_upto`,
    which was the newest event when it began, only acceptances are followed, for later events are in the rows already.
    `upto` is the last event that is covered; when nothing is left it is the newest of all. A batch of documents from before
    is followed `lines` at a time, behind `place`, and with each of these comes what happened behind `ahead`: nobody's mail waits
    for a hundred thousand old ones. It is not covered by that; its turn comes again, and changes nothing then.
    """
    touched = _touched(tx, after, fresh_upto, most)
    if not touched.imported:
        return _changes(tx, touched, text)
    page = legacy_entries.page(tx, touched.imported, place, lines, text)
    upto = touched.upto - (1 if page.line else 0)
    beside = Changes((), {}, {}, (), 0, "")
    if page.line and not fresh_upto:
        beside = _changes(tx, _touched(tx, max(ahead, touched.upto), 0, most, imports=False), text)
    gone = touched.gone + beside.gone
    return replace(
        beside,
        gone=gone,
        upto=upto,
        evidence_id=evidence_at(tx, upto),
        legacy=page.rows,
        place=page.line,
        ahead=beside.upto if page.line else 0,
    )


def _changes(tx: Tx, touched: _Touched, text: int) -> Changes:
    """Return the rows of touched submissions, as many as `text` allows."""
    ids, gone, upto, _ = touched
    if not ids:
        return Changes((), {}, {}, gone, upto, evidence_at(tx, upto))
    ids, upto = _affordable(tx, ids, upto, text)
    names = json.dumps(list(ids))
    rows = tx.rows(_SUBMISSIONS, ids=names, acceptance=Event.SUBMISSION_ACCEPTANCE.value)
    recipients, addressees = defaultdict(list), defaultdict(list)
    for row in tx.rows(_DELIVERIES, ids=names):
        recipients[row.submission].append(row)
    for row in tx.rows(_ADDRESSEES, ids=names):
        addressees[row.submission].append(row.person)
    gone += tuple(sorted(ids.keys() - {row.id for row in rows}))
    return Changes(rows, recipients, addressees, gone, upto, evidence_at(tx, upto))


def batch_of(changes: Changes) -> Batch:
    """Return the batch. A text or metadata that cannot be read leaves an entry that is found by what else is known of it."""
    entries = (_entry(row, changes.recipients.get(row.id, ()), changes.addressees.get(row.id, ())) for row in changes.rows)
    return Batch((*entries, *map(legacy_entries.entry, changes.legacy)), changes.gone, changes.upto)


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
    "SELECT id, submission, event, evidence_id FROM event WHERE id > :after AND id <= :until"
    " AND (event = :import OR (event = :acceptance AND submission IS NOT NULL)) ORDER BY id LIMIT :most"
)
_FOLLOWED: Final = "SELECT id, submission, event, evidence_id FROM event WHERE id > :after ORDER BY id LIMIT :most"
_WHOLE: Final = {"acceptance": Event.SUBMISSION_ACCEPTANCE.value, "import": Event.LEGACY_IMPORT.value}


def _touched(tx: Tx, after: int, fresh_upto: int, most: int, *, imports: bool = True) -> _Touched:
    """Look through the events behind `after`, as far as one batch goes; past those of `imports` where they are not wanted."""
    fresh = after < fresh_upto
    rows = tx.rows(_FRESH, after=after, until=fresh_upto, most=most, **_WHOLE) if fresh else _following(tx, after, most)
    touched, erasing, upto = dict[str, int](), list[str](), after
    for row in rows:
        if row.event == Event.LEGACY_IMPORT and imports:
            if touched:
                break
            return _Touched({}, legacy_entries.erased(tx, erasing), row.id, row.evidence_id)
        if row.submission is None and row.event == Event.DESTRUCTION:
            erasing.append(row.evidence_id)
        elif row.submission is not None and row.submission not in touched:
            if len(touched) == most:
                break
            touched[row.submission] = row.id
        upto = row.id
    else:
        upto = fresh_upto if fresh and len(rows) < most else upto
    return _Touched(touched, legacy_entries.erased(tx, erasing), upto)


def _following(tx: Tx, after: int, most: int) -> Sequence[Any]:
    return tx.rows(_FOLLOWED, after=after, most=most * _EVENTS)


def _affordable(tx: Tx, touched: dict[str, int], upto: int, text: int) -> tuple[dict[str, int], int]:
    """Cut the submissions before the one with which their text becomes too much; what was cut is not covered."""
    heads = {row.submission: bytes(row.head or b"") for row in tx.rows(_HEADS, ids=json.dumps(list(touched)), length=HEAD.size)}
    last = affordable(((event, heads.get(submission, b"")) for submission, event in touched.items()), text)
    behind = min((event for event in touched.values() if event > last), default=upto + 1)
    return {submission: event for submission, event in touched.items() if event <= last}, behind - 1


_HEADS: Final = (
    "SELECT submission, substr(body, 1, :length) AS head FROM json_each(:ids) AS wanted"
    " JOIN kept_text ON kept_text.submission = wanted.value"
)


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
        accepted=EXCHANGED + row.accepted,
        title=row.title,
        number=row.number or "",
        filing_number=f"{row.office}-{row.filing_year}-{row.filing_ordinal:06}",
        files=files,
        texts=texts(row.body, f"submission {row.id}"),
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
