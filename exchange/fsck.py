"""Check a whole county folder, beside a running service or without one; nothing is changed, whatever is found.

The checks, by the name that a problem bears:

database              the engine's own integrity check; a section that could not be read on
foreign-key, schema   references, and tables and triggers as the migrations made them
blob                  every submission's blob is there, with its size and SHA-256
container             it reads strictly, and the submission's id is the digest of its manifest
sealed                what is sealed lies in its package, whole, and nowhere in the open; what was destroyed is nowhere
submission-text       metadata, office and reference are the container's
submission-signature  every signature in it; submission-signer: by the person of the row, trusted at reception
kept-text             the text that was read from every document is kept and can be unpacked
acceptance, answer    one acceptance and one stored answer a submission, byte for byte its receipt, with the row's digests
delivery              each state is what the table of states makes of the delivery's events
recipients            each delivery is the container's or a supplementary one; joint-issuer: who issued it with the sender
counter               tracking and counters are what a recount from deliveries and events gives
register              numbers without a gap, each entry its event's, each event its entry; register-lock: a locked year as it was
event-form            canonical receipts that say what the rows say; event-previous: the chain of a submission, and of each slip
event-sequence        no gap in an office's numbers; event-time: no instant before the one before
event-signature       the county's signature; event-stamp: the time stamp; event-trust: both keys trusted at that time
form                  reply forms are what their documents say, their answers what the events say, numbered without a gap
reason                kept reasons are those of the salted digests
extension             every extension of a deadline is what its event says
leaf, checkpoint      leaves without gaps; every checkpoint signed, with the root that the events give
tile, proof           every stored tile and every stored proof
paper, exchange-count papers are what their receipts hold digests of; the paperless counters are what a recount gives
legacy                files of documents from before are there, whole, and as many as were brought in
addressee, handover   named addressees are the sender's or a leader's successors; each handover stands on its event
staff-change          every change of the staff registry stands on its events
closure, scan         every form that is closed and every scan that is linked stands on its event, unless it is older than such events
deputy, roster        deputies, named and ended, and rosters of duty are what their events say, with the same exception
certificate           certificates and the public events about them; revocation-list: numbers, signatures, completeness

Blobs without a submission are counted as `orphan_blobs` and are no problem: the next start sweeps them. The search index is
not looked at: it decides nothing, and `reindex` makes it anew from what is checked here.
"""

import asyncio
from typing import Any

from archive.blobs.files import FileBlobs
from archive.ledger import log, migrate
from archive.ledger.database import Tx
from archive.ledger.snapshot import snapshot
from exchange.checking.acts import check_acts
from exchange.checking.certificates import check_certificates, check_lists
from exchange.checking.directions import check_directions
from exchange.checking.duty import check_codes, check_extensions
from exchange.checking.events import Certified, check_events
from exchange.checking.findings import Findings
from exchange.checking.forms import check_forms
from exchange.checking.paper import check_legacy, check_paper
from exchange.checking.registers import check_registers
from exchange.checking.staff import check_staff
from exchange.checking.submissions import check_orphans, check_submissions
from exchange.checking.tracking import check_tracking
from exchange.checking.tree import check_tree
from exchange.county import County
from exchange.service import LEGACY


async def check(county: County) -> dict[str, Any]:
    """Return `{"ok", "checked": {name: count}, "problems": [{"check", "what"}], "signing_stopped"}`.

    Raises Problem when there is no ledger of this county to look into: FOLDER_UNKNOWN, LEDGER_FOREIGN, LEDGER_NEWER,
    LEDGER_DAMAGED.
    """
    return await asyncio.to_thread(_check, county)


def _check(county: County) -> dict[str, Any]:
    findings = Findings()
    with snapshot(county.ledger) as tx:
        log.require_own(tx, county.notary)
        # after the snapshot: whatever it names is there by now
        blobs = FileBlobs(county.folder / "blobs", sweep=False)
        with findings.section("database"):
            _check_engine(tx, findings)
        said = Certified()
        with findings.section("events"):
            said = check_events(tx, county, findings)
        with findings.section("log"):
            check_tree(tx, county.notary.log, findings)
        with findings.section("submissions"):
            check_submissions(tx, county, blobs, findings)
        with findings.section("directions"):
            check_directions(tx, findings)
        with findings.section("registers"):
            check_registers(tx, findings)
        with findings.section("counters"):
            check_tracking(tx, findings)
            check_extensions(tx, findings)
            check_codes(tx, findings)
        with findings.section("forms"):
            check_forms(tx, findings)
        with findings.section("blobs"):
            check_orphans(tx, blobs, findings)
        with findings.section("paper"):
            check_paper(tx, findings)
            folder = county.folder / LEGACY
            check_legacy(tx, FileBlobs(folder, sweep=False) if folder.is_dir() else None, findings)
        with findings.section("staff"):
            check_staff(tx, findings)
        with findings.section("acts"):
            check_acts(tx, findings)
        with findings.section("certificates"):
            check_certificates(tx, said, findings)
            check_lists(tx, county, findings)
        return findings.report() | {"signing_stopped": log.halted(tx)}


def _check_engine(tx: Tx, findings: Findings) -> None:
    for row in tx.rows("PRAGMA integrity_check"):
        findings.expect(row[0] == "ok", "database", str(row[0]))
    for row in tx.rows("PRAGMA foreign_key_check"):
        findings.problem("foreign-key", f"{row[0]} row {row[1]} names no {row[2]}")
    ours, made = {tuple(row) for row in tx.rows(migrate.SCHEMA)}, set(migrate.schema())
    for kind, name, _ in sorted(ours ^ made):
        findings.problem("schema", f"{kind} {name}")
