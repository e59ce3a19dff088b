"""Check the paper leg: what is kept of a paper is what its event holds a digest of, and the counters are what a recount gives."""

import hashlib
from typing import Any, Final

from archive.blobs.files import FileBlobs
from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.paper import printing, rate
from exchange.paper.items import Paper
from exchange.paper.words import EVENTS, PaperDirection, PaperReason
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind

_ERASED: Final = (
    "SELECT legacy_item.id, legacy_item.office, title, erasure.item, erasure.evidence_id, event.event, event.office AS of_office"
    " FROM legacy_item LEFT JOIN erasure ON erasure.item = legacy_item.id LEFT JOIN event ON event.evidence_id = erasure.evidence_id"
    " WHERE title IS NULL OR erasure.item IS NOT NULL ORDER BY legacy_item.id"
)


_STRAY_MEDIA: Final = (
    "SELECT submission FROM medium_import JOIN submission ON submission.id = medium_import.submission"
    " WHERE medium_import.container != submission.container UNION SELECT submission FROM medium_export"
    " WHERE (submission, office) NOT IN (SELECT submission, office FROM delivery) ORDER BY 1"
)


def check_paper(tx: Tx, findings: Findings) -> None:
    """Check papers against their events, and the counters of the paperless rate against a recount."""
    _check_items(tx, findings)
    _check_prints(tx, findings)
    for row in tx.rows(_STRAY_MEDIA):
        findings.problem("paper", f"medium: {row.submission} is not what it brought or took along")
    kept, again = rate.counted(tx), rate.recounted(tx)
    findings.checked["exchange_counts"] += len(kept)
    for key in sorted(kept.keys() | again.keys()):
        findings.expect(kept[key] == again[key], "exchange-count", f"{' '.join(key)}: {kept[key]} instead of {again[key]}")


def _check_prints(tx: Tx, findings: Findings) -> None:
    """Check that copies are numbered without a gap, office by office, and that every event of a print has its copies."""
    last: dict[tuple[str, str, str], int] = {}
    rows = tx.rows(
        "SELECT printing.*, event.event, event.office AS of_office, event.person AS of_person, event.at AS event_at,"
        " event.receipt AS said FROM printing"
        " JOIN event ON event.evidence_id = printing.evidence_id ORDER BY event.id"
    )
    for row in rows:
        findings.checked["prints"] += 1
        name = (row.office, row.submission, row.receipt or "")
        said = decode(row.said, Receipt, ProblemType.LEDGER_DAMAGED)
        told = (row.event, row.of_office, row.of_person, row.event_at, said.subject, row.first)
        due = (
            Event.PRINTING.value,
            row.office,
            row.person,
            row.at,
            printing.subject(row.submission, row.receipt, row.first, row.copies),
            last.get(name, 0) + 1,
        )
        findings.expect(told == due, "print", f"{row.evidence_id}: not what its event says, or not the next number")
        last[name] = row.first + row.copies - 1
    events = tx.row("SELECT count(*) AS count FROM event WHERE event = :event", event=Event.PRINTING.value).count
    findings.expect(events == len(rows), "print", f"{events} events, {len(rows)} prints")


def check_legacy(tx: Tx, blobs: FileBlobs | None, findings: Findings) -> None:
    """Check that every file of a document from before is there, whole, and that as many rows came as the receipt of their batch says.

    `blobs` is None where there is no folder of such files at all.
    """
    named = set()
    for row in tx.rows("SELECT DISTINCT blob, size FROM legacy_item WHERE blob IS NOT NULL AND title IS NOT NULL ORDER BY blob"):
        named.add(row.blob)
        findings.checked["legacy_files"] += 1
        if blobs is None:
            findings.problem("legacy", f"{row.blob}: no folder of files")
            continue
        try:
            digest, size = hashlib.sha256(), 0
            for piece in blobs.read(row.blob):
                digest.update(piece)
                size += len(piece)
            findings.expect((digest.hexdigest(), size) == (row.blob, row.size), "legacy", f"{row.blob}: damaged")
        except Problem as problem:
            findings.problem("legacy", f"{row.blob}: {problem.kind.type}")
    if blobs is not None:
        findings.checked["legacy_orphans"] += sum(name not in named for name in blobs.keys())  # noqa: SIM118 - a store, not a dict
    batches = tx.rows(
        "SELECT event.evidence_id, event.receipt, event.office, legacy_batch.office AS kept_for, register, rows,"
        " (SELECT count(*) FROM legacy_item WHERE legacy_item.register = legacy_batch.register AND office != event.office) AS strays"
        " FROM event LEFT JOIN legacy_batch USING (evidence_id)"
        " WHERE event.event = :event ORDER BY event.id",
        event=Event.LEGACY_IMPORT.value,
    )
    for batch in batches:
        said = decode(batch.receipt, Receipt, ProblemType.RECEIPT_MALFORMED).subject
        there = tx.row("SELECT count(*) AS count FROM legacy_item WHERE register = :register", register=batch.register).count
        findings.expect(said == f"{batch.register} {there}", "legacy", f"{batch.evidence_id}: {there} rows, not what its receipt says")
        findings.expect(there == batch.rows, "legacy", f"{batch.register}: {there} rows instead of {batch.rows}")
        theirs = batch.kept_for == batch.office and not batch.strays  # an office sees those of its own
        findings.expect(theirs, "legacy", f"{batch.register}: {batch.strays} rows of another office than its event's")
    _check_erasures(tx, findings)


def _check_erasures(tx: Tx, findings: Findings) -> None:
    """See that what was erased has no words, that nothing else lost them, and that each has the event that the index follows."""
    for row in tx.rows(_ERASED):
        findings.checked["erasures"] += row.item is not None
        said = row.item is None or row.title is not None
        findings.expect(not said, "legacy", f"{row.id}: {'no erasure took its words' if row.item is None else 'erased, and it has words'}")
        fits = row.evidence_id is None or (row.event, row.of_office) == (Event.DESTRUCTION.value, row.office)
        findings.expect(fits, "legacy", f"{row.id}: its erasure is not what its event says")
    for paper in tx.rows(
        "SELECT paper_item.evidence_id FROM erasure JOIN paper_item ON paper_item.evidence_id = erasure.paper WHERE title IS NOT NULL"
    ):
        findings.problem("paper", f"{paper.evidence_id}: erased, and it has words")


def _check_items(tx: Tx, findings: Findings) -> None:
    names: dict[str, set[str]] = {}
    for period in tx.rows("SELECT office, name FROM office_period"):
        names.setdefault(period.office, set()).add(period.name)
    rows = tx.rows(
        "SELECT paper_item.*, event.event, event.office AS of_office, event.at AS event_at, event.person AS of_person,"
        " reason.text, EXISTS (SELECT 1 FROM erasure WHERE erasure.paper = paper_item.evidence_id) OR EXISTS (SELECT 1 FROM paper_scan"
        " WHERE paper_scan.evidence_id = paper_item.evidence_id AND submission NOT IN (SELECT submission FROM submission_text))"
        " AS taken_out FROM paper_item"
        " JOIN event ON event.evidence_id = paper_item.evidence_id LEFT JOIN reason ON reason.evidence_id = paper_item.evidence_id"
    )
    for row in rows:
        findings.checked["papers"] += 1
        said = (EVENTS[PaperDirection(row.direction)].value, row.office, row.at)
        findings.expect((row.event, row.of_office, row.event_at) == said, "paper", f"{row.evidence_id}: not what its event says")
        dated = (instants.read(row.event_at).astimezone(instants.BEIJING).strftime("%Y-%m"), row.of_person)
        findings.expect((row.month, row.person) == dated, "paper", f"{row.evidence_id}: another month or person than its event's")
        outside = row.reason == PaperReason.OUTSIDE.value
        findings.expect(
            (row.other_office is None) is outside, "paper", f"{row.evidence_id}: within the county or outside, against its words"
        )
        if row.title is None:
            findings.expect(row.text is None, "paper", f"{row.evidence_id}: erased, but the text behind its digest is there")
            findings.expect(row.taken_out, "paper", f"{row.evidence_id}: neither an erasure nor a seal took its words")
        else:
            findings.expect(_paper(row).line() == row.text, "paper", f"{row.evidence_id}: not what its receipt holds the digest of")
            called = row.other_office is None or row.counterpart in names.get(row.other_office, ())
            findings.expect(called, "paper", f"{row.evidence_id}: an office that was never called {row.counterpart}")
    events = tx.row(
        "SELECT count(*) AS count FROM event WHERE event IN (:received, :sent)",
        received=Event.RECEIVED_FROM_NON_ERDS.value,
        sent=Event.RELAY_TO_NON_ERDS.value,
    )
    findings.expect(events.count == len(rows), "paper", f"{events.count} events, {len(rows)} papers")


def _paper(row: Any) -> Paper:
    return Paper(
        direction=PaperDirection(row.direction),
        counterpart=row.counterpart,
        other_office=row.other_office,
        number=row.number or "",
        title=row.title,
        kind=Kind(row.kind),
        dated=row.dated or "",
        copies=row.copies,
        pages=row.pages,
        reason=PaperReason(row.reason),
        late=row.late or "",
    )
