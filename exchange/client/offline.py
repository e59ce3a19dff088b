"""Verification without the county and without a network: an evidence zip, a container, or a receipt with its siblings."""

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from exchange.client.asking import read_receipt
from exchange.client.home import IDENTITY, open_home
from keys import bundle, evidence
from keys.evidence import Anchor, Checked
from keys.notes import LogKey
from keys.trust import Trust
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType


def verify(path: Path, folder: Path, root: str | None) -> dict[str, Any]:
    """Verify a file and return what is so; by its name: `.asice`, `.json`, or anything else as an evidence zip.

    `folder` is a home that may or may not be enrolled, `root` an expected root fingerprint (64 hexadecimal digits).
    Without either, what was found is the word of whoever made the file, and `root` in the answer is to be compared.
    Raises Problem.
    """
    expected = None if root is None else root.strip().replace(":", "").lower()
    own = _own_anchor(folder)
    if path.suffix.lower() == ".json":
        return _receipt(path, own, expected)
    if path.suffix.lower() == ".asice":
        if own is not None and expected is not None:
            _require_root(own.trust.root_fingerprint, expected)
        return _report(path, bundle.check_container(path, own))
    trusted = expected or (None if own is None else own.trust.root_fingerprint)
    return _report(path, bundle.check_bundle(path, trusted)) | {"root_compared": trusted is not None}


def _own_anchor(folder: Path) -> Anchor | None:
    if not (folder / IDENTITY).is_file():
        return None
    home = open_home(folder)
    return Anchor(home.trust, home.log)


def _receipt(path: Path, own: Anchor | None, expected: str | None) -> dict[str, Any]:
    """Check a receipt against the evidence folder that it lies in, else against the home's own trust."""
    envelope = read_receipt(path)
    said = decode(envelope.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
    anchor = _anchor_beside(path.absolute().parent.parent, said.log.origin) or own
    if anchor is None:
        raise Problem(ProblemType.FOLDER_UNKNOWN, "没有可对照的根证书：请先注册，或放回证据包目录 / no root to check against")
    trusted = expected or (None if own is None else own.trust.root_fingerprint)
    if trusted is not None:
        _require_root(anchor.trust.root_fingerprint, trusted)
    checked = evidence.check_receipt(envelope, anchor)
    shown = {"file": str(path), "ok": True, "root": anchor.trust.root_fingerprint}
    return shown | ({"submission": checked.receipt.submission, "receipts": [_told(checked)], "steps": []})


def _anchor_beside(folder: Path, origin: str) -> Anchor | None:
    """Return what an unzipped evidence folder brings along."""
    try:
        pem, log = (folder / "trust.pem").read_bytes(), (folder / "log.pub.pem").read_bytes()
        lists = [path.read_bytes() for path in sorted((folder / "crls").glob("*.pem"))]
    except OSError:
        return None
    try:
        first, *others = x509.load_pem_x509_certificates(pem)
        crls = tuple(x509.load_pem_x509_crl(one) for one in lists)
        public = load_pem_public_key(log).public_bytes_raw()  # type: ignore[union-attr]  # another kind of key raises AttributeError
    except (ValueError, AttributeError) as error:
        raise Problem(ProblemType.BUNDLE_MALFORMED, folder.name) from error
    return Anchor(Trust(first, tuple(others), crls), LogKey(origin, public))


def _require_root(found: str, expected: str) -> None:
    if found != expected:
        raise Problem(ProblemType.ROOT_MISMATCH, found)


def _report(path: Path, report: bundle.Report) -> dict[str, Any]:
    return {
        "file": str(path),
        "ok": True,
        "root": report.root,
        "log": "" if report.log is None else report.log.verifier,
        "submission": report.submission,
        "office": report.office,
        "person": report.person,
        "received_at": report.received_at,
        **({"extract_for": report.extract_for} if report.extract_for else {}),
        "receipts": [_told(checked) for checked in report.receipts],
        "steps": [outcome.render() for outcome in report.outcomes],
    }


def _told(checked: Checked) -> dict[str, Any]:
    receipt = checked.receipt
    told = {
        "event": receipt.event,
        "at": receipt.at,
        "time_stamp": instants.write(checked.at),
        "evidence_id": receipt.evidence_id,
        "office": receipt.office,
        "sequence": receipt.sequence,
        "recipient": receipt.recipient,
        "by": receipt.by,
        "leaf": checked.leaf,
    }
    return {name: value for name, value in told.items() if value is not None}
