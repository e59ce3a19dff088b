"""People's certificates against the public events that issued and revoked them, and the revocation lists one after the other."""

from typing import Any, Final

from cryptography import x509

from archive.ledger.database import Tx
from exchange.checking.events import Certified
from exchange.checking.findings import Findings, each
from exchange.county import County
from keys.trust import Purpose, fingerprint, identify
from schemas import instants
from schemas.problems import Problem, ProblemType

_CERTIFICATES: Final = (
    "SELECT sha256, serial, der, certificate.person, person.office, revoked_at FROM certificate"
    " LEFT JOIN person ON person.id = certificate.person WHERE sha256 > :after ORDER BY sha256 LIMIT :page"
)
_LISTS: Final = "SELECT number, this_update, next_update, der FROM crl WHERE number > :after ORDER BY number LIMIT :page"


def check_certificates(tx: Tx, said: Certified, findings: Findings) -> None:
    """Check that certificates and the events about them are the same."""
    for row in each(tx, _CERTIFICATES, "sha256", ""):
        findings.checked["certificates"] += 1
        with findings.guard("certificate", row.sha256):
            _require_certificate(row, said)
        said.issued.pop(row.sha256, None)
        said.revoked.pop(row.sha256, None)
    for sha256 in (*said.issued, *said.revoked):
        findings.problem("certificate", f"{sha256}: events without a certificate")


def _require_certificate(row: Any, said: Certified) -> None:
    damaged = ProblemType.LEDGER_DAMAGED
    certificate = x509.load_der_x509_certificate(row.der)
    issued, revoked = said.issued.get(row.sha256), said.revoked.get(row.sha256)
    if (fingerprint(certificate), f"{certificate.serial_number:x}") != (row.sha256, row.serial):
        raise Problem(damaged, "other bytes than were issued")
    found = identify(certificate, Purpose.SUBMISSION)
    if (found.office, found.person) != (row.office, row.person):
        raise Problem(damaged, f"names {found.person} instead of {row.person}")
    if issued is None or (issued.serial, issued.office, issued.person) != (row.serial, row.office, row.person):
        raise Problem(damaged, "no event issued it")
    if row.revoked_at != (None if revoked is None else revoked.revoked_at):
        raise Problem(damaged, "its revocation is not what the events say")


def check_lists(tx: Tx, county: County, findings: Findings) -> None:
    """Check that revocation lists are numbered without gaps, are ours, and that the newest names every revoked certificate."""
    number, newest = 0, None
    for row in each(tx, _LISTS, "number", 0):
        findings.checked["revocation_lists"] += 1
        findings.expect(row.number == number + 1, "revocation-list", f"{row.number} after {number}")
        number = row.number
        with findings.guard("revocation-list", str(row.number)):
            newest = x509.load_der_x509_crl(row.der)
            _require_list(row, newest, county)
    findings.expect(newest is not None, "revocation-list", "there is none")
    listed = set() if newest is None else {f"{each_.serial_number:x}" for each_ in newest}
    for row in tx.rows("SELECT serial FROM certificate WHERE revoked_at IS NOT NULL ORDER BY serial"):
        findings.expect(row.serial in listed, "revocation-list", f"certificate {row.serial} is revoked and not on the newest list")


def _require_list(row: Any, found: x509.CertificateRevocationList, county: County) -> None:
    issuer = county.issuer
    if found.issuer != issuer.certificate.subject or not found.is_signature_valid(issuer.key.public_key()):
        raise Problem(ProblemType.SIGNATURE_INVALID, "not the issuing authority's")
    until = found.next_update_utc
    said = (instants.write(found.last_update_utc), until and instants.write(until))
    if said != (row.this_update, row.next_update):
        raise Problem(ProblemType.LEDGER_DAMAGED, "its span is not the row's")
    if found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number != row.number:
        raise Problem(ProblemType.LEDGER_DAMAGED, "its number is not the row's")
