"""Which revocation list is believed about which moment."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority_maker import County, make_county, make_key
from certificate_maker import authority_draft, draft, entry, make_list, sign_bytes, unknown
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from keys.authority import Issuer, Revoked
from keys.custody import KeySigner
from keys.trust import Purpose, Trust, key_usage, validate
from schemas.problems import Problem, ProblemType

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

Crl = x509.CertificateRevocationList


@pytest.fixture(scope="module")
def county() -> County:
    return make_county(NOW)


@pytest.fixture(scope="module")
def person(county: County) -> KeySigner:
    return county.person_signer()


def verdict(county: County, person: KeySigner, *crls: Crl, at: datetime = NOW) -> ProblemType | None:
    """Return why the person is refused; None when the person is believed."""
    try:
        validate(person.certificate, person.chain, Trust(county.root, (), crls), at=at, purpose=Purpose.SUBMISSION)
    except Problem as problem:
        return problem.kind
    return None


def test_a_list_speaks_from_this_update_to_next_update(county: County, person: KeySigner) -> None:
    assert county.crl.next_update_utc == NOW + 7 * DAY
    for at in (NOW, NOW + DAY, NOW + 7 * DAY, NOW + 7 * DAY + SECOND * 0.9):
        assert verdict(county, person, county.crl, at=at) is None
    for at in (NOW - SECOND, NOW + 7 * DAY + SECOND, NOW + 30 * DAY):
        assert verdict(county, person, county.crl, at=at) is ProblemType.REVOCATION_UNKNOWN


def test_a_certificate_is_revoked_from_its_date_on(county: County, person: KeySigner) -> None:
    crl = county.issuing.crl(2, [Revoked(person.certificate.serial_number, NOW + HOUR)], NOW, 7)
    assert verdict(county, person, crl, at=NOW + HOUR - SECOND) is None
    for at in (NOW + HOUR, NOW + HOUR + SECOND / 2, NOW + 2 * HOUR):
        assert verdict(county, person, crl, at=at) is ProblemType.SIGNER_REVOKED


def test_another_serial_number_harms_nobody(county: County, person: KeySigner) -> None:
    serial = person.certificate.serial_number
    crl = county.issuing.crl(2, [Revoked(other, NOW) for other in (1, serial - 1, serial + 1, serial // 256)], NOW, 7)
    assert verdict(county, person, crl) is None


def test_of_the_lists_that_cover_a_moment_the_highest_number_speaks(county: County, person: KeySigner) -> None:
    serial = person.certificate.serial_number
    second = county.issuing.crl(2, [Revoked(serial, NOW + HOUR)], NOW + HOUR, 7)
    third = county.issuing.crl(3, [], NOW + 2 * HOUR, 7)
    for crls in ((county.crl, second), (second, county.crl)):
        assert verdict(county, person, *crls, at=NOW + HOUR - SECOND) is None
        assert verdict(county, person, *crls, at=NOW + HOUR) is ProblemType.SIGNER_REVOKED
    assert verdict(county, person, third, second, county.crl, at=NOW + HOUR) is ProblemType.SIGNER_REVOKED
    assert verdict(county, person, third, second, county.crl, at=NOW + 2 * HOUR) is None


def test_a_verdict_about_the_past_does_not_change_when_lists_are_added(county: County, person: KeySigner) -> None:
    backdated = county.issuing.crl(9, [Revoked(person.certificate.serial_number, NOW)], NOW + DAY, 7)
    assert verdict(county, person, county.crl, backdated, at=NOW + HOUR) is None
    assert verdict(county, person, county.crl, backdated, at=NOW + DAY) is ProblemType.SIGNER_REVOKED


def without_next_update(county: County) -> Crl:
    """Lists without next update cannot be built; take the field out of the bytes."""
    inside = county.issuing.crl(2, [], NOW, 7).tbs_certlist_bytes
    moment = b"\x17\x0d" + f"{NOW + 7 * DAY:%y%m%d%H%M%SZ}".encode()
    assert inside.count(moment) == 1
    shorter = bytearray(inside.replace(moment, b""))
    assert shorter[:2] == b"\x30\x81"
    shorter[2] -= len(moment)
    return x509.load_der_x509_crl(sign_bytes(bytes(shorter), county.issuing.key))


def by_a_key_of_another_kind(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, hashed: hashes.HashAlgorithm | None
) -> Callable[[County], Crl]:
    def make(county: County) -> Crl:
        builder = x509.CertificateRevocationListBuilder().issuer_name(county.issuing.certificate.subject)
        builder = builder.last_update(NOW).next_update(NOW + DAY).add_extension(x509.CRLNumber(2), critical=False)
        return builder.sign(key, hashed)  # type: ignore[arg-type]  # Ed25519 takes no hash

    return make


def tampered(county: County) -> Crl:
    der = county.issuing.crl(2, [Revoked(0x55667788, NOW)], NOW, 7).public_bytes(Encoding.DER)
    return x509.load_der_x509_crl(der.replace(b"\x55\x66\x77\x88", b"\x55\x66\x77\x89"))


def ours(county: County, **parts: object) -> Crl:
    return make_list(county.issuing.certificate.subject, county.issuing.key, NOW, **parts)  # type: ignore[arg-type]  # the test's own names


def scope(**only: bool) -> x509.IssuingDistributionPoint:
    parts = {
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(full_name=None, relative_name=None, only_some_reasons=None, **(parts | only))


def issuer_entry(county: County, *, critical: bool) -> x509.RevokedCertificate:
    return entry(77, NOW, x509.CertificateIssuer([x509.DirectoryName(county.root.subject)]), critical=critical)


def freshest() -> x509.FreshestCRL:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier("http://a.b/d")], None, None, None)
    return x509.FreshestCRL([point])


UNUSABLE: dict[str, Callable[[County], Crl]] = {
    "another county's": lambda _: make_county(NOW).crl,
    "the root's": lambda c: make_list(c.root.subject, c.root_key, NOW),
    "another key under the issuer's name": lambda c: make_list(c.issuing.certificate.subject, make_key(), NOW),
    "the issuer's key under another name": lambda c: make_list(c.root.subject, c.issuing.key, NOW),
    "a person's": lambda c: make_list(c.issuing.certificate.subject, c.person_signer().private_key, NOW),
    "an RSA key's": by_a_key_of_another_kind(rsa.generate_private_key(65537, 2048), hashes.SHA256()),
    "an Ed25519 key's": by_a_key_of_another_kind(ed25519.Ed25519PrivateKey.generate(), None),
    "tampered": tampered,
    "delta": lambda c: ours(c, more=x509.DeltaCRLIndicator(1), critical=True),
    "delta, not critical": lambda c: ours(c, more=x509.DeltaCRLIndicator(1)),
    "indirect": lambda c: ours(c, more=scope(indirect_crl=True), critical=True),
    "indirect, not critical": lambda c: ours(c, more=scope(indirect_crl=True)),
    "authorities only": lambda c: ours(c, more=scope(only_contains_ca_certs=True), critical=True),
    "persons only": lambda c: ours(c, more=scope(only_contains_user_certs=True), critical=True),
    "points to delta lists": lambda c: ours(c, more=freshest()),
    "unknown critical extension": lambda c: ours(c, more=unknown(), critical=True),
    "malformed extension": lambda c: ours(c, number=None, more=x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.20"), b"\xff")),
    "entry with an unknown critical extension": lambda c: ours(c, entries=[entry(77, NOW, unknown(), critical=True)]),
    "entry of another issuer": lambda c: ours(c, entries=[issuer_entry(c, critical=True)]),
    "entry of another issuer, not critical": lambda c: ours(c, entries=[issuer_entry(c, critical=False)]),
    "no number": lambda c: ours(c, number=None),
    "no next update": without_next_update,
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_list_is_as_good_as_absent(county: County, person: KeySigner, name: str) -> None:
    crl = UNUSABLE[name](county)
    assert verdict(county, person, crl) is ProblemType.REVOCATION_UNKNOWN
    assert verdict(county, person, crl, county.crl) is None
    assert verdict(county, person, county.crl, crl) is None


def test_harmless_extensions_do_no_harm(county: County, person: KeySigner) -> None:
    reason = entry(77, NOW, x509.CRLReason(x509.ReasonFlags.key_compromise))
    assert verdict(county, person, ours(county, more=unknown(), entries=[reason])) is None
    held = entry(person.certificate.serial_number, NOW, x509.CRLReason(x509.ReasonFlags.certificate_hold))
    assert verdict(county, person, ours(county, entries=[held])) is ProblemType.SIGNER_REVOKED


def test_an_authority_that_may_not_sign_lists_has_none(county: County) -> None:
    key = make_key()
    issuing = Issuer(authority_draft(county, "不签列表", key, usage=key_usage("key_cert_sign")).sign(), key)
    person = _person_of(issuing, county)
    assert verdict(county, person, issuing.crl(1, [], NOW, 7)) is ProblemType.REVOCATION_UNKNOWN


def _person_of(issuing: Issuer, county: County) -> KeySigner:
    key: ec.EllipticCurvePrivateKey = make_key()
    certificate = draft(county, key, issuer=issuing.certificate.subject, issuer_key=issuing.key).sign()
    return KeySigner(key, certificate, (issuing.certificate,))


def test_the_roots_lists_are_heeded_when_they_exist_however_old(county: County, person: KeySigner) -> None:
    root = Issuer(county.root, county.root_key)
    harmless = root.crl(1, [Revoked(5, NOW)], NOW, 7)
    revoked = root.crl(2, [Revoked(county.issuing.certificate.serial_number, NOW + HOUR)], NOW + HOUR, 1)
    later = county.issuing.crl(2, [], NOW + 30 * DAY, 7)
    assert verdict(county, person, county.crl, harmless) is None
    assert verdict(county, person, county.crl, harmless, revoked) is None
    for at in (NOW + HOUR, NOW + 6 * DAY, NOW + 31 * DAY):
        assert verdict(county, person, county.crl, later, harmless, revoked, at=at) is ProblemType.SIGNER_REVOKED
    forged = make_list(county.root.subject, make_key(), NOW, entries=[entry(county.issuing.certificate.serial_number, NOW)])
    assert verdict(county, person, county.crl, forged) is None


def test_a_certificate_may_stand_on_a_list_twice(county: County, person: KeySigner) -> None:
    serial = person.certificate.serial_number
    crl = ours(county, entries=[entry(serial, NOW + 2 * HOUR), entry(serial, NOW + HOUR), entry(serial, NOW + 3 * HOUR)])
    assert verdict(county, person, crl, at=NOW + HOUR - SECOND) is None
    assert verdict(county, person, crl, at=NOW + HOUR) is ProblemType.SIGNER_REVOKED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is the judge here")
@pytest.mark.parametrize(
    ("at", "said"),
    [(NOW - SECOND, "CRL is not yet valid"), (NOW + HOUR, "OK"), (NOW + 8 * DAY, "CRL has expired")],
)
def test_openssl_agrees_about_the_span_of_a_list(county: County, person: KeySigner, tmp_path: Path, at: datetime, said: str) -> None:
    for name, content in (("root", county.root), ("issuing", county.chain[0]), ("crl", county.crl), ("leaf", person.certificate)):
        (tmp_path / name).write_bytes(content.public_bytes(Encoding.PEM))
    options = ["-crl_check", "-CAfile", "root", "-untrusted", "issuing", "-CRLfile", "crl", "-attime", str(int(at.timestamp()))]
    ran = subprocess.run(["openssl", "verify", *options, "leaf"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said in ran.stdout + ran.stderr
    assert (ran.returncode == 0) == (verdict(county, person, county.crl, at=at) is None)
