"""Check the paper leg: what is kept of a paper is what its event holds a digest of, and the counters are what a recount gives."""

import hashlib
from typing import Any

from archive.blobs.files import FileBlobs
from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.paper import rate
from exchange.paper.items import Paper
from exchange.paper.words import EVENTS, PaperDirection, PaperReason
from schemas.problems import Problem
from schemas.words import Event, Kind


def check_paper(tx: Tx, findings: Findings) -> None:
    """Check papers against their events, and the counters of the paperless rate against a recount."""
    _check_items(tx, findings)
    kept, again = rate.counted(tx), rate.recounted(tx)
    findings.checked["exchange_counts"] += len(kept)
    for key in sorted(kept.keys() | again.keys()):
        findings.expect(kept[key] == again[key], "exchange-count", f"{' '.join(key)}: {kept[key]} instead of {again[key]}")


def check_legacy(tx: Tx, blobs: FileBlobs, findings: Findings) -> None:
    """Check that every file of a document from before is there, whole, and that nothing is left of what was taken out again."""
    named = set()
    for row in tx.rows("SELECT DISTINCT blob, size FROM legacy_item WHERE blob IS NOT NULL ORDER BY blob"):
        named.add(row.blob)
        findings.checked["legacy_files"] += 1
        try:
            digest, size = hashlib.sha256(), 0
            for piece in blobs.read(row.blob):
                digest.update(piece)
                size += len(piece)
            findings.expect((digest.hexdigest(), size) == (row.blob, row.size), "legacy", f"{row.blob}: damaged")
        except Problem as problem:
            findings.problem("legacy", f"{row.blob}: {problem.kind.type}")
    findings.checked["legacy_orphans"] += sum(name not in named for name in blobs.keys())  # noqa: SIM118 - a store, not a dict
    receipts = "SELECT register, rows FROM legacy_batch WHERE evidence_id IS NOT NULL"
    for batch in tx.rows(receipts):
        there = tx.row("SELECT count(*) AS count FROM legacy_item WHERE register = :register", register=batch.register).count
        findings.expect(there == batch.rows, "legacy", f"{batch.register}: {there} rows instead of {batch.rows}")


def _check_items(tx: Tx, findings: Findings) -> None:
    rows = tx.rows(
        "SELECT paper_item.*, event.event, event.office AS of_office, event.at AS event_at, reason.text FROM paper_item"
        " JOIN event ON event.evidence_id = paper_item.evidence_id LEFT JOIN reason ON reason.evidence_id = paper_item.evidence_id"
    )
    for row in rows:
        findings.checked["papers"] += 1
        said = (EVENTS[PaperDirection(row.direction)].value, row.office, row.at)
        findings.expect((row.event, row.of_office, row.event_at) == said, "paper", f"{row.evidence_id}: not what its event says")
        if row.title is None:
            findings.expect(row.text is None, "paper", f"{row.evidence_id}: erased, but the text behind its digest is there")
        else:
            findings.expect(_paper(row).line() == row.text, "paper", f"{row.evidence_id}: not what its receipt holds the digest of")
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
