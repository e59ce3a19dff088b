"""Who is believed, for what, and when; bad certificates as a table."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from authority_maker import County, make_county, make_key
from certificate_maker import PERSON_USAGES, UNKNOWN, authority_draft, draft, sign_bytes, unknown, uris
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from keys.authority import BACKDATED, Issuer, Revoked, Subject, make_issuing
from keys.trust import MOST_CERTIFICATES, Identity, Purpose, Trust, fingerprint, identify, key_usage, validate
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Case:
    """What is shown to a verifier; the chain is the county's own unless a case brings another."""

    certificate: x509.Certificate
    chain: Sequence[x509.Certificate]
    trust: Trust
    at: datetime = NOW
    purpose: Purpose = Purpose.SUBMISSION

    def validate(self) -> Identity:
        return validate(self.certificate, self.chain, self.trust, at=self.at, purpose=self.purpose)


@pytest.fixture(scope="module")
def county() -> County:
    return make_county(NOW)


def good(county: County, **changes: object) -> Case:
    """Show a person's certificate with these changes to it."""
    return Case(draft(county, make_key(), **changes).sign(), county.chain, county.trust)


def refusal(case: Case) -> ProblemType:
    with pytest.raises(Problem) as refused:
        case.validate()
    return refused.value.kind


def service(county: County, **changes: object) -> Case:
    stamp = {"usage": key_usage("digital_signature"), "extended": [ExtendedKeyUsageOID.TIME_STAMPING], "extended_critical": True}
    return replace(good(county, **(stamp | {"names": uris("urn:yizhan:service:timestamp")} | changes)), purpose=Purpose.TIME_STAMP)


def receipt(county: County, *names: str) -> Case:
    return replace(good(county, extended=[ExtendedKeyUsageOID.EMAIL_PROTECTION], names=uris(*names)), purpose=Purpose.RECEIPT)


def signed_by(county: County, key_owner: x509.Certificate, issuer: Issuer, *chain: x509.Certificate) -> Case:
    case = good(county, issuer=issuer.certificate.subject, issuer_key=issuer.key)
    return replace(case, chain=(key_owner, *chain, *county.chain))


def by_a_person(county: County) -> Case:
    person = county.person_signer()
    return signed_by(county, person.certificate, Issuer(person.certificate, person.private_key))


def by_an_authority_below_the_issuing_one(county: County) -> Case:
    key = make_key()
    issuing = county.issuing
    below = authority_draft(county, "下级", key, issuer=issuing.certificate.subject, issuer_key=issuing.key).sign()
    return signed_by(county, below, Issuer(below, key))


def by_an_authority_that_may_not_certify(county: County) -> Case:
    key = make_key()
    other = authority_draft(county, "吊销专用", key, usage=key_usage("crl_sign")).sign()
    return signed_by(county, other, Issuer(other, key))


def by_an_authority_without_constraints(county: County) -> Case:
    key = make_key()
    other = authority_draft(county, "无约束", key, authority=None).sign()
    return signed_by(county, other, Issuer(other, key))


def of_another_county(name: str) -> Callable[[County], Case]:
    def show(county: County) -> Case:
        other = make_county(NOW, name)
        signer = other.person_signer()
        return Case(signer.certificate, (*signer.chain, other.root), replace(county.trust, crls=(*county.trust.crls, other.crl)))

    return show


def self_signed(county: County) -> Case:
    key = make_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "张三")])
    return Case(draft(county, key, issuer=name, issuer_key=key).sign(), county.chain, county.trust)


def imitated_issuer(county: County) -> Case:
    return good(county, issuer_key=make_key())


def tampered(county: County) -> Case:
    der = county.person_signer("T01", "T01.1").certificate.public_bytes(Encoding.DER)
    forged = x509.load_der_x509_certificate(der.replace(b"office:T01", b"office:T02"))
    return Case(forged, county.chain, county.trust)


def expired(county: County) -> Case:
    return replace(good(county), at=NOW + timedelta(days=366))


def of_an_expired_authority(county: County) -> Case:
    key = make_key()
    short = authority_draft(county, "短期", key, end=NOW + timedelta(days=5)).sign()
    return replace(signed_by(county, short, Issuer(short, key)), at=NOW + timedelta(days=6))


def foreign_and_expired(county: County) -> Case:
    return replace(imitated_issuer(county), at=NOW + timedelta(days=366))


def revoked(county: County) -> Case:
    case = good(county)
    return replace(case, trust=county.trust_after(2, [Revoked(case.certificate.serial_number, NOW)], NOW))


BAD: dict[str, tuple[ProblemType, Callable[[County], Case]]] = {
    # path
    "another county": (ProblemType.SIGNER_UNKNOWN, of_another_county("白水县人民政府办公室")),
    "another root with the same name": (ProblemType.SIGNER_UNKNOWN, of_another_county("青山县人民政府办公室")),
    "self-signed": (ProblemType.SIGNER_UNKNOWN, self_signed),
    "another key under the issuer's name": (ProblemType.SIGNER_UNKNOWN, imitated_issuer),
    "tampered": (ProblemType.SIGNER_UNKNOWN, tampered),
    "intermediate missing": (ProblemType.SIGNER_UNKNOWN, lambda county: replace(good(county), chain=())),
    "issued by a person": (ProblemType.SIGNER_UNKNOWN, by_a_person),
    "issued below the issuing authority": (ProblemType.SIGNER_UNKNOWN, by_an_authority_below_the_issuing_one),
    "issuer may only sign lists": (ProblemType.SIGNER_UNKNOWN, by_an_authority_that_may_not_certify),
    "issuer is no authority": (ProblemType.SIGNER_UNKNOWN, by_an_authority_without_constraints),
    "too many certificates": (
        ProblemType.SIGNER_UNKNOWN,
        lambda county: replace(good(county), chain=county.chain * (MOST_CERTIFICATES + 1)),
    ),
    "the root as signer": (ProblemType.SIGNER_UNKNOWN, lambda county: Case(county.root, county.chain, county.trust)),
    # time
    "expired": (ProblemType.SIGNER_EXPIRED, expired),
    "issuer expired": (ProblemType.SIGNER_EXPIRED, of_an_expired_authority),
    "expired and never ours": (ProblemType.SIGNER_UNKNOWN, foreign_and_expired),
    "not yet valid": (ProblemType.SIGNER_NOT_YET_VALID, lambda county: replace(good(county), at=NOW - SECOND)),
    # authorities do not sign documents
    "issuing authority as signer": (ProblemType.SIGNER_PURPOSE, lambda county: Case(county.chain[0], (), county.trust)),
    "authority with a person's usages": (
        ProblemType.SIGNER_PURPOSE,
        lambda county: good(county, authority=x509.BasicConstraints(ca=True, path_length=None)),
    ),
    "no constraints": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, authority=None)),
    # extended key usage
    "a receipt service's usage": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, extended=[ExtendedKeyUsageOID.EMAIL_PROTECTION])),
    "one usage more": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, extended=[*PERSON_USAGES, ExtendedKeyUsageOID.SERVER_AUTH])),
    "a usage twice": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, extended=[*PERSON_USAGES, PERSON_USAGES[0]])),
    "any usage": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, extended=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])),
    "no extended usage": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, extended=None)),
    "time stamp usage not critical": (ProblemType.SIGNER_PURPOSE, lambda county: service(county, extended_critical=False)),
    "time stamp usage not alone": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: service(c, extended=[ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION]),
    ),
    # key usage
    "no commitment": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, usage=key_usage("digital_signature"))),
    "commitment only": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, usage=key_usage("content_commitment"))),
    "encipherment too": (
        ProblemType.SIGNER_PURPOSE,
        lambda county: good(county, usage=key_usage("digital_signature", "content_commitment", "key_encipherment")),
    ),
    "key usage not critical": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, usage_critical=False)),
    "no key usage": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, usage=None)),
    "time stamp with commitment": (
        ProblemType.SIGNER_PURPOSE,
        lambda county: service(county, usage=key_usage("digital_signature", "content_commitment")),
    ),
    # names
    "no names": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, names=None)),
    "office only": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, names=uris("urn:yizhan:office:T01"))),
    "person only": (ProblemType.SIGNER_PURPOSE, lambda county: good(county, names=uris("urn:yizhan:person:T01.1"))),
    "two offices": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(c, names=uris("urn:yizhan:office:T01", "urn:yizhan:office:T02", "urn:yizhan:person:T01.1")),
    ),
    "the same office twice": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(c, names=uris("urn:yizhan:office:T01", "urn:yizhan:office:T01", "urn:yizhan:person:T01.1")),
    ),
    "service and person": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(c, names=uris("urn:yizhan:office:T01", "urn:yizhan:person:T01.1", "urn:yizhan:service:receipt")),
    ),
    "a kind that is unknown": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(c, names=uris("urn:yizhan:office:T01", "urn:yizhan:person:T01.1", "urn:yizhan:role:leader")),
    ),
    "another scheme": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, names=uris("urn:exchange:office:T01", "urn:yizhan:person:T01.1"))),
    "text before the scheme": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(c, names=uris("xurn:yizhan:office:T01", "urn:yizhan:person:T01.1")),
    ),
    "malformed office": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, names=uris("urn:yizhan:office:T01\n", "urn:yizhan:person:T01.1"))),
    "malformed person": (ProblemType.SIGNER_PURPOSE, lambda c: good(c, names=uris("urn:yizhan:office:T01", "urn:yizhan:person:T01"))),
    "a host among the names": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(
            c, names=x509.SubjectAlternativeName([*uris("urn:yizhan:office:T01", "urn:yizhan:person:T01.1"), x509.DNSName("a.b")])
        ),
    ),
    "receipts of a township": (
        ProblemType.SIGNER_PURPOSE,
        lambda county: receipt(county, "urn:yizhan:office:T01", "urn:yizhan:service:receipt"),
    ),
    "receipts of another service": (
        ProblemType.SIGNER_PURPOSE,
        lambda county: receipt(county, "urn:yizhan:office:county", "urn:yizhan:service:timestamp"),
    ),
    "time stamps with an office": (
        ProblemType.SIGNER_PURPOSE,
        lambda county: service(county, names=uris("urn:yizhan:service:timestamp", "urn:yizhan:office:county")),
    ),
    # extensions
    "unknown critical extension": (ProblemType.SIGNER_UNKNOWN, lambda county: good(county, more=unknown(), more_critical=True)),
    "critical name constraints": (
        ProblemType.SIGNER_PURPOSE,
        lambda c: good(c, more=x509.NameConstraints([x509.DNSName("a.b")], None), more_critical=True),
    ),
    # revocation
    "revoked": (ProblemType.SIGNER_REVOKED, revoked),
    "no list": (ProblemType.REVOCATION_UNKNOWN, lambda county: replace(good(county), trust=Trust(county.root, (), ()))),
}

OURS = {"too many certificates", "the root as signer"}
"""Refused by limits of ours, not of X.509."""


@pytest.mark.parametrize("name", BAD)
def test_a_bad_certificate_is_refused_for_its_reason(county: County, name: str) -> None:
    expected, make = BAD[name]
    case = make(county)
    assert refusal(case) is expected
    assert refusal(case) is expected  # and nothing is remembered that would let it in the second time


def test_the_drafts_are_good_but_for_their_changes(county: County) -> None:
    assert good(county).validate().office == "T01"
    assert service(county).validate().service == "timestamp"
    assert receipt(county, "urn:yizhan:office:county", "urn:yizhan:service:receipt").validate().office == COUNTY
    key = make_key()
    other = authority_draft(county, "另一签发机构", key).sign()
    case = signed_by(county, other, Issuer(other, key))
    lists = (Issuer(other, key).crl(1, (), NOW, 7),)
    assert replace(case, trust=Trust(county.root, (), lists)).validate().person == "T01.1"


def test_a_person_is_named_by_office_and_person(county: County) -> None:
    signer = county.person_signer("D07", "T01.12")
    for purpose in (Purpose.SUBMISSION, Purpose.REQUEST):
        identity = Case(signer.certificate, signer.chain, county.trust, purpose=purpose).validate()
        assert identity == Identity("D07", "T01.12", "", signer.certificate)


def test_services_are_named(county: County) -> None:
    for signer, purpose, expected in (
        (county.receipt_signer, Purpose.RECEIPT, (COUNTY, "", "receipt")),
        (county.timestamp_signer, Purpose.TIME_STAMP, ("", "", "timestamp")),
    ):
        identity = Case(signer.certificate, signer.chain, county.trust, purpose=purpose).validate()
        assert (identity.office, identity.person, identity.service) == expected


def test_every_certificate_is_good_for_its_own_purpose_only(county: County) -> None:
    signers = {
        Purpose.SUBMISSION: county.person_signer(),
        Purpose.RECEIPT: county.receipt_signer,
        Purpose.TIME_STAMP: county.timestamp_signer,
    }
    tls = county.issuing.issue_tls(["localhost"], make_key().public_key(), NOW, 30)
    for purpose in Purpose:
        assert refusal(Case(tls, county.chain, county.trust, purpose=purpose)) is ProblemType.SIGNER_PURPOSE
        for own, signer in signers.items():
            case = Case(signer.certificate, signer.chain, county.trust, purpose=purpose)
            if own is purpose or {own, purpose} == {Purpose.SUBMISSION, Purpose.REQUEST}:
                assert case.validate().certificate == signer.certificate
            else:
                assert refusal(case) is ProblemType.SIGNER_PURPOSE


def test_an_unknown_extension_that_is_not_critical_is_ignored(county: County) -> None:
    assert UNKNOWN not in PERSON_USAGES
    assert good(county, more=unknown()).validate().person == "T01.1"


def test_the_intermediate_may_come_from_either_side(county: County) -> None:
    certificate = county.person_signer().certificate
    assert Case(certificate, (), replace(county.trust, intermediates=county.chain)).validate().office == "T01"
    other = make_county(NOW, "白水县")
    confusing = (certificate, other.root, *other.chain, county.root, *county.chain)
    assert Case(county.person_signer().certificate, confusing, county.trust).validate().office == "T01"


def test_both_ends_of_a_validity_count_and_parts_of_a_second_do_not(county: County) -> None:
    trust = replace(county.trust, crls=(county.issuing.crl(1, (), NOW - timedelta(days=1), 1000),))
    certificate = county.person_signer(days=10).certificate
    start, end = NOW - BACKDATED, NOW + timedelta(days=10)
    case = Case(certificate, county.chain, trust)
    for at in (start, start + SECOND / 2, end, end + SECOND * 0.9):
        assert replace(case, at=at).validate().office == "T01"
    for _ in range(2):  # before and after a path is remembered
        assert refusal(replace(case, at=start - SECOND / 10)) is ProblemType.SIGNER_NOT_YET_VALID
        assert refusal(replace(case, at=end + SECOND)) is ProblemType.SIGNER_EXPIRED


def test_a_time_in_another_zone_is_the_same_time(county: County) -> None:
    beijing = NOW.astimezone(timezone(timedelta(hours=8)))
    assert replace(good(county), at=beijing).validate().office == "T01"


def test_a_naive_time_is_a_mistake_and_no_refusal(county: County) -> None:
    with pytest.raises(ValueError, match="naive"):
        replace(good(county), at=datetime(2026, 3, 2)).validate()  # noqa: DTZ001 - the naive time is the point


def test_a_remembered_path_still_asks_for_revocation(county: County) -> None:
    case = good(county)
    assert case.validate().office == "T01"
    later = replace(case, at=NOW + timedelta(hours=2))
    serial = case.certificate.serial_number
    trust = county.trust_after(2, [Revoked(serial, NOW + timedelta(hours=1))], NOW + timedelta(hours=1))
    assert refusal(replace(later, trust=trust)) is ProblemType.SIGNER_REVOKED
    assert later.validate().office == "T01"
    assert refusal(replace(later, at=NOW + timedelta(days=8))) is ProblemType.REVOCATION_UNKNOWN


def test_a_remembered_path_belongs_to_its_root_and_purpose(county: County) -> None:
    case = good(county)
    assert case.validate().office == "T01"
    other = make_county(NOW)
    assert refusal(replace(case, trust=Trust(other.root, (), (other.crl, county.crl)))) is ProblemType.SIGNER_UNKNOWN
    assert refusal(replace(case, purpose=Purpose.RECEIPT)) is ProblemType.SIGNER_PURPOSE


def test_an_issuing_authority_renewed_with_its_key_takes_over(county: County) -> None:
    key = make_key()
    first = authority_draft(county, "签发机构", key, end=NOW + timedelta(days=5)).sign()
    renewed = authority_draft(county, "签发机构", key, start=NOW + timedelta(days=4), end=NOW + timedelta(days=50)).sign()
    case = replace(
        signed_by(county, first, Issuer(first, key), renewed), trust=Trust(county.root, (), (Issuer(first, key).crl(1, (), NOW, 40),))
    )
    for days in (1, 10, 1, 10):
        assert replace(case, at=NOW + timedelta(days=days)).validate().office == "T01"
    assert refusal(replace(case, at=NOW + timedelta(days=60))) is ProblemType.SIGNER_EXPIRED


def test_certificates_of_two_issuing_authorities_are_believed(county: County) -> None:
    key = make_key()
    second = Issuer(make_issuing("青山县", county.root, county.root_key, key, NOW), key)
    certificate = second.issue(Subject("李四", office="T02", person="T02.1"), make_key().public_key(), Purpose.SUBMISSION, NOW, 30)
    trust = Trust(county.root, (second.certificate, *county.chain), (county.crl, second.crl(1, (), NOW, 7)))
    assert Case(certificate, (), trust).validate().office == "T02"
    assert Case(county.person_signer().certificate, (), trust).validate().office == "T01"


def test_identify_reads_names_without_asking_who_signed(county: County) -> None:
    assert identify(self_signed(county).certificate, Purpose.SUBMISSION).person == "T01.1"


@pytest.mark.parametrize("content", [b"", b"\x05", b"\x30\x80", b"\xff" * 40], ids=repr)
@pytest.mark.parametrize("oid", ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"])
def test_a_malformed_extension_is_refused(county: County, oid: str, content: bytes) -> None:
    left_out = {"2.5.29.15": "usage", "2.5.29.17": "names", "2.5.29.19": "authority", "2.5.29.37": "extended"}[oid]
    malformed = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), content)
    case = good(county, **{left_out: None, "more": malformed})
    assert refusal(case) in {ProblemType.SIGNER_PURPOSE, ProblemType.SIGNER_UNKNOWN}


def test_an_extension_that_stands_twice_is_refused(county: County) -> None:
    alternative_name, issuer_alternative_name = bytes.fromhex("0603551d11"), bytes.fromhex("0603551d12")
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), b"\x30\x00")
    inside = good(county, more=other).certificate.tbs_certificate_bytes.replace(issuer_alternative_name, alternative_name)
    assert inside.count(alternative_name) == 2
    twice = x509.load_der_x509_certificate(sign_bytes(inside, county.issuing.key))
    assert refusal(Case(twice, county.chain, county.trust)) in {ProblemType.SIGNER_PURPOSE, ProblemType.SIGNER_UNKNOWN}


def test_a_fingerprint_is_the_digest_of_the_der(county: County) -> None:
    assert fingerprint(county.root) == hashlib.sha256(county.root.public_bytes(Encoding.DER)).hexdigest()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is the judge here")
@pytest.mark.parametrize(
    "name", sorted(name for name, (kind, _) in BAD.items() if kind is not ProblemType.SIGNER_PURPOSE and name not in OURS)
)
def test_openssl_refuses_the_same_paths(county: County, name: str, tmp_path: Path) -> None:
    case = BAD[name][1](county)
    for file, certificates in (
        ("root", [case.trust.root]),
        ("chain", case.chain),
        ("leaf", [case.certificate]),
        ("crl", case.trust.crls[-1:]),
    ):
        (tmp_path / file).write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    trusted = ["-CAfile", str(tmp_path / "root"), *(["-untrusted", str(tmp_path / "chain")] if case.chain else [])]
    lists = ["-crl_check", *(["-CRLfile", str(tmp_path / "crl")] if case.trust.crls else [])]
    command = ["openssl", "verify", "-attime", str(int(case.at.timestamp())), *trusted, *lists, str(tmp_path / "leaf")]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0
