"""What is sealed: its package is there and whole, nothing of it is left in the open; what was destroyed is nowhere."""

import hashlib
import json
from typing import Any, Final

from archive.blobs.store import BlobStore
from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.sealing.orphans import Orphans
from exchange.sealing.packages import Packages
from exchange.sealing.states import Seal
from schemas.problems import Problem, ProblemType
from schemas.words import Event

OPEN: Final = frozenset({Seal.RELEASED, Seal.CONTAINED})
"""States in which the container lies in the store as it was received; a submission that was never sealed counts as released."""
_LOCKED: Final = frozenset({Seal.SEALED, Seal.ORDERED})
_GONE: Final = frozenset({Seal.DESTROYING, Seal.DESTROYED})
_LAST: Final = {
    Seal.CONTAINED: Event.SEALING,
    Seal.SEALED: Event.SEALING,
    Seal.ORDERED: Event.DESTRUCTION_ORDER,
    Seal.DESTROYING: Event.DESTRUCTION,
    Seal.DESTROYED: Event.DESTRUCTION,
    Seal.RELEASED: Event.SEAL_RELEASE,
}
_NAMES: Final = {
    "acts": json.dumps([Event.SEALING, Event.SEAL_RELEASE, Event.DESTRUCTION_ORDER, Event.DESTRUCTION]),
    "sealing": Event.SEALING.value,
    "order": Event.DESTRUCTION_ORDER.value,
    "destruction": Event.DESTRUCTION.value,
}
_ROWS: Final = (
    "SELECT (SELECT count(*) FROM submission_text WHERE submission = :id) AS texts,"
    " (SELECT count(*) FROM sealing_content WHERE submission = :id) AS contained,"
    " (SELECT count(*) FROM sealing_key WHERE submission = :id) AS keys,"
    " (SELECT count(*) FROM secrecy_review WHERE submission = :id) + (SELECT count(*) FROM whole_look WHERE submission = :id)"
    " + (SELECT count(*) FROM reason JOIN event USING (evidence_id) WHERE event.submission = :id AND event.id <"
    "  (SELECT max(id) FROM event WHERE submission = :id AND event = :sealing))"
    " + (SELECT count(*) FROM statement JOIN event USING (evidence_id) WHERE event.submission = :id) AS rest,"
    " (SELECT person FROM event WHERE submission = :id AND event = :order ORDER BY id DESC LIMIT 1) AS ordered_by,"
    " (SELECT person FROM event WHERE submission = :id AND event = :destruction ORDER BY id DESC LIMIT 1) AS confirmed_by,"
    " (SELECT event FROM event WHERE submission = :id AND event IN (SELECT value FROM json_each(:acts)) ORDER BY id DESC LIMIT 1) AS last"
)


def check_sealed(tx: Tx, row: Any, blobs: BlobStore, packages: Packages, findings: Findings, name: str) -> None:
    """Hold one submission's rows, container and package against the state of its sealing. Raises Problem for what is missing."""
    seal, found = Seal(row.seal), tx.row(_ROWS, id=row.id, **_NAMES)
    said = None if seal is Seal.RELEASED and found.last is None else _LAST[seal]
    findings.expect(found.last == said, "sealed", f"{name}: {seal.value} after {found.last}")
    findings.expect(found.contained == (seal is Seal.CONTAINED), "sealed", f"{name}: {seal.value} with {found.contained} contained")
    findings.expect(bool(found.keys) == (seal in _LOCKED), "sealed", f"{name}: {seal.value} with {found.keys} keys")
    if seal is not Seal.RELEASED:
        findings.checked["sealed"] += 1
        findings.expect(not found.texts, "sealed", f"{name}: {seal.value}, and its title is in the ledger")
        findings.expect(not found.rest, "sealed", f"{name}: {seal.value}, and a review, a look or a reason of before is in the ledger")
    if seal not in OPEN:
        findings.expect(not _is_there(blobs, row.container), "sealed", f"{name}: {seal.value}, and its container is in the store")
        aside = Orphans(packages.folder.parent)
        findings.expect(not aside.holds(row.container), "sealed", f"{name}: {seal.value}, and its container is in orphans/")
    if seal in _GONE:
        findings.expect(found.ordered_by != found.confirmed_by, "sealed", f"{name}: {seal.value} by one person")
    if seal in _LOCKED:
        _require_whole(packages, row)
    elif seal is Seal.DESTROYED:
        findings.expect(row.package not in packages.names(), "sealed", f"{name}: destroyed, and its package is there")


def _is_there(blobs: BlobStore, container: str) -> bool:
    try:
        blobs.stat(container)
    except Problem:
        return False
    return True


def _require_whole(packages: Packages, row: Any) -> None:
    digest = hashlib.sha256()
    for piece in packages.read(row.package):
        digest.update(piece)
    if digest.hexdigest() != row.package or packages.size(row.package) != row.package_size:
        raise Problem(ProblemType.LEDGER_DAMAGED, "the package is not the one that was made")
