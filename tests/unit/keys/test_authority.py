"""What the authority issues, as openssl reads and judges it."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority_maker import COUNTY_NAME, County, make_county, make_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store

from keys.authority import BACKDATED, Issuer, Revoked, Subject, make_issuing, make_request, make_root, read_request
from keys.trust import Purpose, validate
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is the judge here")


def openssl(*arguments: str) -> str:
    ran = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    return re.sub(r" +\n", "\n", ran.stdout + ran.stderr)  # versions differ in spaces at line ends


@dataclass(frozen=True)
class Folder:
    """A county's public files, for openssl."""

    path: Path
    county: County

    def write(self, name: str, content: x509.Certificate | x509.CertificateRevocationList | x509.CertificateSigningRequest) -> str:
        file = self.path / name
        file.write_bytes(content.public_bytes(Encoding.PEM))
        return str(file)

    def verify(self, certificate: x509.Certificate, *options: str, at: datetime = LATER) -> str:
        trusted = ["-CAfile", self.write("root", self.county.root), "-untrusted", self.write("issuing", self.county.issuing.certificate)]
        leaf = self.write("leaf", certificate)
        return openssl("verify", "-x509_strict", "-attime", str(int(at.timestamp())), *trusted, *options, leaf)

    def text(self, certificate: x509.Certificate) -> str:
        return openssl("x509", "-noout", "-text", "-nameopt", "RFC2253,-esc_msb,utf8", "-in", self.write("leaf", certificate))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("county"), make_county(NOW))


def test_openssl_finds_a_strict_path_with_list_for_every_profile(folder: Folder) -> None:
    county = folder.county
    tls = county.issuing.issue_tls(["county.example"], make_key().public_key(), NOW, 365)
    lists = ["-crl_check", "-CRLfile", folder.write("crl", county.crl)]
    for certificate in (county.person_signer().certificate, county.receipt_signer.certificate, county.timestamp_signer.certificate, tls):
        assert folder.verify(certificate, *lists).endswith("leaf: OK\n")


def test_openssl_reads_the_list_and_refuses_the_revoked(folder: Folder) -> None:
    county = folder.county
    person = county.person_signer().certificate
    crl = folder.write("crl", county.issuing.crl(7, [Revoked(person.serial_number, LATER)], LATER, 7))
    text = openssl("crl", "-noout", "-text", "-in", crl, "-CAfile", folder.write("issuing", county.issuing.certificate))
    assert "verify OK" in text
    identifier = county.issuing.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert identifier.hex(":").upper() in text
    assert "X509v3 CRL Number:\n                7\n" in text
    assert f"{person.serial_number:X}" in text
    assert "Revocation Date: Mar  2 02:00:00 2026 GMT" in text
    assert "certificate revoked" in folder.verify(person, "-crl_check", "-CRLfile", crl)
    assert folder.verify(county.receipt_signer.certificate, "-crl_check", "-CRLfile", crl).endswith("OK\n")


@pytest.mark.parametrize(
    ("kind", "good_for"),
    [
        ("person", {"sslclient", "smimesign"}),
        ("receipt", {"smimesign"}),
        ("timestamp", {"timestampsign"}),
        ("tls", {"sslserver"}),
    ],
)
def test_openssl_allows_each_certificate_its_own_purpose_only(folder: Folder, kind: str, good_for: set[str]) -> None:
    county = folder.county
    certificate = {
        "person": county.person_signer().certificate,
        "receipt": county.receipt_signer.certificate,
        "timestamp": county.timestamp_signer.certificate,
        "tls": county.issuing.issue_tls(["county.example"], make_key().public_key(), NOW, 365),
    }[kind]
    purposes = ("sslclient", "sslserver", "smimesign", "smimeencrypt", "crlsign", "timestampsign")
    assert {purpose for purpose in purposes if folder.verify(certificate, "-purpose", purpose).endswith("OK\n")} == good_for


def test_openssl_shows_usages_and_names_of_a_person(folder: Folder) -> None:
    text = folder.text(folder.county.person_signer("T01", "T01.3", "买买提·艾合买提").certificate)
    assert f"Subject: CN=买买提·艾合买提,OU=T01镇人民政府,O={COUNTY_NAME},C=CN\n" in text
    assert "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n" in text
    assert "X509v3 Extended Key Usage:\n" in text
    for usage in ("TLS Web Client Authentication", "E-mail Protection"):
        assert usage in text
    assert "URI:urn:yizhan:office:T01, URI:urn:yizhan:person:T01.3\n" in text
    assert "X509v3 Basic Constraints: critical\n                CA:FALSE\n" in text
    assert "X509v3 Subject Key Identifier" in text
    assert "X509v3 Authority Key Identifier" in text
    assert "ASN1 OID: prime256v1" in text
    assert "Signature Algorithm: ecdsa-with-SHA256" in text


def test_openssl_shows_usages_and_names_of_services_and_server(folder: Folder) -> None:
    receipt, stamp = (folder.text(signer.certificate) for signer in (folder.county.receipt_signer, folder.county.timestamp_signer))
    assert "X509v3 Extended Key Usage:\n                E-mail Protection\n" in receipt
    assert "URI:urn:yizhan:office:county, URI:urn:yizhan:service:receipt\n" in receipt
    assert "X509v3 Key Usage: critical\n                Digital Signature\n" in stamp
    assert "X509v3 Extended Key Usage: critical\n                Time Stamping\n" in stamp
    assert "URI:urn:yizhan:service:timestamp\n" in stamp
    hosts = ["county.example", "localhost", "127.0.0.1", "2001:db8::1"]
    tls = folder.text(folder.county.issuing.issue_tls(hosts, make_key().public_key(), NOW, 365))
    assert "DNS:county.example, DNS:localhost, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1\n" in tls
    assert "X509v3 Key Usage: critical\n                Digital Signature\n" in tls
    assert "X509v3 Extended Key Usage:\n                TLS Web Server Authentication\n" in tls


def test_openssl_shows_what_authorities_may_do(folder: Folder) -> None:
    usage = "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n"
    for certificate, below in ((folder.county.root, 1), (folder.county.issuing.certificate, 0)):
        text = folder.text(certificate)
        assert usage in text
        assert f"X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:{below}\n" in text
    assert folder.county.root.not_valid_after_utc.year == NOW.year + 20
    assert folder.county.issuing.certificate.not_valid_after_utc.year == NOW.year + 10


def test_chinese_names_are_utf8_strings(folder: Folder) -> None:
    structure = openssl("asn1parse", "-in", folder.write("leaf", folder.county.person_signer().certificate))
    shown = [line for line in structure.splitlines() if "STRING" in line and "prim" in line]
    assert sum("UTF8STRING" in line for line in shown) == 5  # issuer's O and CN; O, OU and CN of the subject
    assert sum("PRINTABLESTRING" in line for line in shown) == 2  # the country, twice


def test_the_webs_own_rules_accept_the_server_certificate(folder: Folder) -> None:
    county = folder.county
    certificate = county.issuing.issue_tls(["county.example"], make_key().public_key(), NOW, 365)
    policy = PolicyBuilder().store(Store([county.root])).time(LATER)
    chain = policy.build_server_verifier(x509.DNSName("county.example")).verify(certificate, [county.issuing.certificate])
    assert chain[-1] == county.root
    assert folder.verify(certificate, "-verify_hostname", "county.example").endswith("OK\n")
    assert "mismatch" in folder.verify(certificate, "-verify_hostname", "other.example")


def test_a_certificate_starts_a_little_before_it_is_made(folder: Folder) -> None:
    for certificate in (folder.county.root, folder.county.issuing.certificate, folder.county.person_signer().certificate):
        assert certificate.not_valid_before_utc == NOW - BACKDATED
    assert folder.county.crl.last_update_utc == NOW


def test_serial_numbers_are_random_and_positive(folder: Folder) -> None:
    serials = {folder.county.person_signer().certificate.serial_number for _ in range(20)}
    assert len(serials) == 20
    assert min(serials) > 0
    assert max(serial.bit_length() for serial in serials) > 120


def test_nothing_outlives_its_issuer() -> None:
    county = make_county(NOW)
    certificate = county.person_signer(days=20_000).certificate
    assert certificate.not_valid_after_utc == county.issuing.certificate.not_valid_after_utc
    late = NOW + timedelta(days=365 * 15)
    key = make_key()
    assert make_issuing("县", county.root, county.root_key, key, late).not_valid_after_utc == county.root.not_valid_after_utc
    with pytest.raises(Problem) as expired:
        county.issuing.issue(Subject("张三", office="T01", person="T01.1"), key.public_key(), Purpose.SUBMISSION, late, 1)
    assert expired.value.kind is ProblemType.SIGNER_EXPIRED
    with pytest.raises(Problem) as expired:
        make_issuing("县", county.root, county.root_key, key, NOW + timedelta(days=365 * 21))
    assert expired.value.kind is ProblemType.SIGNER_EXPIRED


def test_an_issuer_with_another_key_is_refused() -> None:
    county = make_county(NOW)
    with pytest.raises(Problem) as refused:
        Issuer(county.issuing.certificate, make_key())
    assert refused.value.kind is ProblemType.KEY_UNREADABLE
    with pytest.raises(Problem) as refused:
        make_issuing("县", county.root, make_key(), make_key(), NOW)
    assert refused.value.kind is ProblemType.KEY_UNREADABLE


def test_two_issuing_authorities_of_one_county_have_different_names() -> None:
    root_key = make_key()
    root = make_root("县", root_key, NOW)
    first, second = (make_issuing("县", root, root_key, make_key(), NOW) for _ in range(2))
    assert first.subject != second.subject


def test_an_earlier_revocation_date_wins() -> None:
    crl = make_county(NOW).issuing.crl(2, [Revoked(5, LATER), Revoked(5, NOW), Revoked(5, LATER)], LATER, 7)
    assert [(entry.serial_number, entry.revocation_date_utc) for entry in crl] == [(5, NOW)]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        make_root("县", make_key(), datetime(2026, 3, 2))  # noqa: DTZ001 - the naive time is the point


@pytest.mark.parametrize(
    "subject",
    [
        Subject("", office="T01", person="T01.1"),
        Subject("　", office="T01", person="T01.1"),
        Subject("三" * 22, office="T01", person="T01.1"),
        Subject("x" * 65, office="T01", person="T01.1"),
        Subject("张\x00三", office="T01", person="T01.1"),
        Subject("张\u202e三", office="T01", person="T01.1"),
        Subject("张\ud800三", office="T01", person="T01.1"),
        Subject("张三", office="T01", office_name="镇" * 65, person="T01.1"),
        Subject("张三", office="T01", office_name="镇\n", person="T01.1"),
        Subject("张三", office="T 01", person="T01.1"),
        Subject("张三", office="T01:x", person="T01.1"),
        Subject("张三", office="T01\n", person="T01.1"),
        Subject("张三", office="T01", person="T01"),
        Subject("张三", office="T01", person=""),
        Subject("张三", office="", person="T01.1"),
        Subject("张三", office="T01", person="T01.1", service="receipt"),
    ],
    ids=repr,
)
def test_a_name_that_cannot_stand_in_a_certificate_is_refused(subject: Subject) -> None:
    county = make_county(NOW)
    with pytest.raises(Problem) as refused:
        county.issuing.issue(subject, make_key().public_key(), Purpose.SUBMISSION, NOW, 365)
    assert refused.value.kind is ProblemType.NAME_NOT_ALLOWED


@pytest.mark.parametrize(
    ("purpose", "subject"),
    [
        (Purpose.RECEIPT, Subject("回执", office="T01", service="receipt")),
        (Purpose.RECEIPT, Subject("回执", office=COUNTY, service="timestamp")),
        (Purpose.RECEIPT, Subject("回执", office=COUNTY, person="county.1")),
        (Purpose.TIME_STAMP, Subject("时间戳", office=COUNTY, service="timestamp")),
        (Purpose.TIME_STAMP, Subject("时间戳", service="receipt")),
    ],
    ids=repr,
)
def test_a_service_is_named_as_its_purpose_wants(purpose: Purpose, subject: Subject) -> None:
    with pytest.raises(Problem) as refused:
        make_county(NOW).issuing.issue(subject, make_key().public_key(), purpose, NOW, 365)
    assert refused.value.kind is ProblemType.NAME_NOT_ALLOWED


@pytest.mark.parametrize(
    "hosts", [[], [""], ["*.example"], ["县.example"], ["a b"], ["-a.example"], ["a..b"], ["a." * 130 + "b"]], ids=repr
)
def test_a_host_that_is_no_ascii_name_is_refused(hosts: list[str]) -> None:
    with pytest.raises(Problem) as refused:
        make_county(NOW).issuing.issue_tls(hosts, make_key().public_key(), NOW, 365)
    assert refused.value.kind is ProblemType.NAME_NOT_ALLOWED


def test_the_longest_names_fit(folder: Folder) -> None:
    subject = Subject("三" * 21, office="T" * 32, office_name="镇" * 64, person="T" * 32 + ".999999")
    signer = folder.county.signer(subject, Purpose.SUBMISSION)
    assert validate(signer.certificate, signer.chain, folder.county.trust, at=NOW, purpose=Purpose.SUBMISSION).person == subject.person
    assert folder.verify(signer.certificate).endswith("OK\n")


@pytest.mark.parametrize("office", ["x" * 65, "", "县\u200b"])
def test_a_county_with_an_impossible_name_is_refused(office: str) -> None:
    with pytest.raises(Problem) as refused:
        make_root(office, make_key(), NOW)
    assert refused.value.kind is ProblemType.NAME_NOT_ALLOWED


def test_only_p256_keys_are_certified() -> None:
    county, other = make_county(NOW), ec.generate_private_key(ec.SECP384R1())
    attempts: tuple[Callable[[], x509.Certificate], ...] = (
        lambda: make_root("县", other, NOW),
        lambda: make_issuing("县", county.root, county.root_key, other, NOW),
        lambda: county.issuing.issue_tls(["localhost"], other.public_key(), NOW, 1),
        lambda: county.issuing.issue(Subject("张三", office="T01", person="T01.1"), other.public_key(), Purpose.SUBMISSION, NOW, 1),
    )
    for attempt in attempts:
        with pytest.raises(Problem) as refused:
            attempt()
        assert refused.value.kind is ProblemType.CSR_MALFORMED


def test_a_request_carries_the_key_and_openssl_agrees(tmp_path: Path) -> None:
    key = make_key()
    der = make_request(key, "城关镇 张三")
    assert read_request(der) == key.public_key()
    (tmp_path / "request.der").write_bytes(der)
    assert "verify OK" in openssl("req", "-verify", "-noout", "-inform", "DER", "-in", str(tmp_path / "request.der"))


def test_a_request_made_by_openssl_is_read_and_its_subject_and_extensions_ignored(tmp_path: Path) -> None:
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "r")]
    said = openssl("req", "-new", "-outform", "DER", "-subj", "/CN=root", "-addext", "basicConstraints=critical,CA:TRUE", *new)
    assert (tmp_path / "r").exists(), said
    assert isinstance(read_request((tmp_path / "r").read_bytes()), ec.EllipticCurvePublicKey)


def _requested(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, hashed: hashes.HashAlgorithm | None
) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashed).public_bytes(Encoding.DER)  # type: ignore[arg-type]  # Ed25519 takes no hash


def _flipped(der: bytes) -> bytes:
    return der[:-1] + bytes([der[-1] ^ 1])


BAD_REQUESTS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "no DER": lambda: b"hello",
    "PEM": lambda: b"-----BEGIN CERTIFICATE REQUEST-----\n",
    "trailing byte": lambda: make_request(make_key(), "x") + b"\0",
    "cut": lambda: make_request(make_key(), "x")[:-3],
    "flipped signature": lambda: _flipped(make_request(make_key(), "x")),
    "another name than signed": lambda: make_request(make_key(), "abcdef").replace(b"abcdef", b"abcdeg"),
    "P-384": lambda: _requested(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()),
    "P-256 with SHA-512": lambda: _requested(make_key(), hashes.SHA512()),
    "RSA": lambda: _requested(rsa.generate_private_key(65537, 2048), hashes.SHA256()),
    "Ed25519": lambda: _requested(ed25519.Ed25519PrivateKey.generate(), None),
    "certificate": lambda: make_county(NOW).root.public_bytes(Encoding.DER),
    "too long": lambda: make_request(make_key(), "x") + bytes(10_000),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_a_bad_request_is_refused(case: str) -> None:
    with pytest.raises(Problem) as refused:
        read_request(BAD_REQUESTS[case]())
    assert refused.value.kind is ProblemType.CSR_MALFORMED
