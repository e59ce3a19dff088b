import dataclasses
import hashlib
import pathlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from asn1crypto import cms as oracle  # type: ignore[import-untyped]  # it has no stubs
from cryptography.hazmat import asn1
from cryptography.hazmat.asn1 import TLV, GeneralizedTime, SetOf, UTCTime
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import SignatureAlgorithmOID
from hypothesis import example, given, settings
from hypothesis import strategies as st
from signer_maker import AT, authority, certify, new_authority, new_key, open_key, pem

from keys import cms
from keys.custody import KeySigner
from keys.suites import SHA256, SHA384
from schemas.problems import Problem, ProblemType

CONTENT = "<asic:ASiCManifest>公文</asic:ASiCManifest>".encode()
DIGEST = hashlib.sha256(CONTENT).digest()
SIGNER = authority().signer()
SIGNATURE = cms.sign(DIGEST, SIGNER, AT)
ELSEWHERE = ObjectIdentifier("1.2.3.4")


def refusal(signature: bytes, kind: ProblemType, digest: bytes = DIGEST) -> str:
    with pytest.raises(Problem) as caught:
        cms.verify(signature, digest)
    assert caught.value.kind is kind, caught.value
    return caught.value.detail


def openssl(*arguments: str | pathlib.Path, succeeds: bool = True) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == succeeds, done.stderr
    return done.stdout + done.stderr


# ---- what we sign


def test_a_signature_says_who_and_when() -> None:
    signed = cms.verify(SIGNATURE, DIGEST)
    assert signed.certificate == SIGNER.certificate
    assert signed.certificates == (authority().issuing,)
    assert signed.signing_time == AT


@pytest.mark.parametrize("at", [AT, datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)])
def test_openssl_verifies_ours(tmp_path: pathlib.Path, at: datetime) -> None:
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "signature.p7s").write_bytes(cms.sign(DIGEST, SIGNER, at))
    root = authority().write_root(tmp_path)
    verify = (
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-cades",
        "-purpose",
        "any",
        "-in",
        tmp_path / "signature.p7s",
        "-CAfile",
        root,
    )
    assert "CAdES Verification successful" in openssl(*verify, "-content", tmp_path / "content", "-out", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    (tmp_path / "content").write_bytes(CONTENT + b"\n")
    openssl(*verify, "-content", tmp_path / "content", "-out", tmp_path / "out", succeeds=False)


def test_openssl_verifies_an_embedded_content(tmp_path: pathlib.Path) -> None:
    attached = cms.sign(DIGEST, SIGNER, AT, content=CONTENT)
    (tmp_path / "signature.p7m").write_bytes(attached)
    root = authority().write_root(tmp_path)
    verify = (
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-cades",
        "-purpose",
        "any",
        "-in",
        tmp_path / "signature.p7m",
        "-CAfile",
        root,
    )
    openssl(*verify, "-out", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert "detached" in refusal(attached, ProblemType.SIGNATURE_MALFORMED)


def test_the_structure_is_der_to_a_second_reader() -> None:
    read = oracle.ContentInfo.load(SIGNATURE, strict=True)
    signed_data = read["content"]
    signer = signed_data["signer_infos"][0]
    assert signed_data["version"].native == "v1"
    assert len(signed_data["signer_infos"]) == 1
    assert signed_data["encap_content_info"]["content"].native is None
    in_der_order = (cms.CONTENT_TYPE, cms.SIGNING_TIME, cms.MESSAGE_DIGEST, cms.SIGNING_CERTIFICATE_V2)
    assert [attribute["type"].dotted for attribute in signer["signed_attrs"]] == [type_.dotted_string for type_ in in_der_order]
    assert {certificate.chosen.dump() for certificate in signed_data["certificates"]} == {
        certificate.public_bytes(Encoding.DER) for certificate in (SIGNER.certificate, *SIGNER.chain)
    }
    assert signer["signature_algorithm"]["algorithm"].native == "sha256_ecdsa"
    assert read.dump(force=True) == SIGNATURE  # the second reader's own DER, with sorted sets, is the same bytes


@pytest.mark.parametrize(
    ("at", "name"),
    [(AT, "utc_time"), (datetime(2049, 12, 31, tzinfo=UTC), "utc_time"), (datetime(2050, 1, 1, tzinfo=UTC), "generalized_time")],
)
def test_signing_time_changes_its_form_in_2050(at: datetime, name: str) -> None:
    signer = oracle.ContentInfo.load(cms.sign(DIGEST, SIGNER, at))["content"]["signer_infos"][0]
    times = [attribute["values"][0] for attribute in signer["signed_attrs"] if attribute["type"].native == "signing_time"]
    assert [(time.name, time.native) for time in times] == [(name, at)]


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9990, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_every_signing_time_comes_back_in_whole_seconds(at: datetime) -> None:
    found = cms.verify(cms.sign(DIGEST, SIGNER, at), DIGEST).signing_time
    assert found == at.astimezone(UTC).replace(microsecond=0)


def test_a_time_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zone"):
        cms.sign(DIGEST, SIGNER, AT.replace(tzinfo=None))


@pytest.mark.parametrize(("digest", "content"), [(DIGEST[:31], None), (DIGEST + b"x", None), (DIGEST, CONTENT + b".")])
def test_a_digest_of_something_else_is_a_bug(digest: bytes, content: bytes | None) -> None:
    with pytest.raises(ValueError, match="digest"):
        cms.sign(digest, SIGNER, AT, content=content)


# ---- what openssl signs


def openssl_signature(folder: pathlib.Path, *options: str, key: Any = None, chain: bool = True) -> bytes:
    house, key = authority(), key or new_key()
    (folder / "content").write_bytes(CONTENT)
    (folder / "key.pem").write_bytes(open_key(key))
    (folder / "signer.pem").write_bytes(pem(certify("乡镇", key, house.issuing, house.issuing_key)))
    (folder / "chain.pem").write_bytes(pem(house.issuing))
    parts: list[str | pathlib.Path] = [
        "-signer",
        folder / "signer.pem",
        "-inkey",
        folder / "key.pem",
        "-in",
        folder / "content",
        "-out",
        folder / "signature.p7s",
    ]
    if chain:
        parts += ["-certfile", folder / "chain.pem"]
    openssl("cms", "-sign", "-binary", "-outform", "DER", *options, *parts)
    return (folder / "signature.p7s").read_bytes()


@pytest.mark.parametrize("options", [("-cades", "-md", "sha256"), ("-cades", "-md", "sha256", "-nosmimecap")])
def test_we_verify_what_openssl_signs(tmp_path: pathlib.Path, options: tuple[str, ...]) -> None:
    signed = cms.verify(openssl_signature(tmp_path, *options), DIGEST)
    assert pem(signed.certificate) == (tmp_path / "signer.pem").read_bytes()
    assert signed.certificates == (authority().issuing,)
    assert abs(signed.signing_time - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("-md", "sha256"), ProblemType.SIGNED_ATTRIBUTES_MISSING),  # no signingCertificateV2: not CAdES
        (("-md", "sha256", "-noattr"), ProblemType.SIGNED_ATTRIBUTES_MISSING),
        (("-cades", "-md", "sha384"), ProblemType.SUITE_NOT_ALLOWED),
        (("-cades", "-md", "sha1"), ProblemType.SUITE_NOT_ALLOWED),
        (("-cades", "-md", "sha256", "-nodetach"), ProblemType.SIGNATURE_MALFORMED),
        (("-cades", "-md", "sha256", "-nocerts"), ProblemType.SIGNATURE_MALFORMED),
        (("-cades", "-md", "sha256", "-keyid"), ProblemType.SIGNATURE_MALFORMED),
        (("-cades", "-md", "sha256", "-stream", "-indef"), ProblemType.SIGNATURE_MALFORMED),  # BER, not DER
    ],
)
def test_what_is_outside_the_profile_is_refused(tmp_path: pathlib.Path, options: tuple[str, ...], kind: ProblemType) -> None:
    refusal(openssl_signature(tmp_path, *options, chain="-nocerts" not in options), kind)


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_another_kind_of_key_is_refused(tmp_path: pathlib.Path, key: Any) -> None:
    refusal(openssl_signature(tmp_path, "-cades", "-md", "sha256", key=key), ProblemType.SUITE_NOT_ALLOWED)


def test_a_second_signer_added_by_openssl_is_refused(tmp_path: pathlib.Path) -> None:
    openssl_signature(tmp_path, "-cades", "-md", "sha256")
    (tmp_path / "signature.p7s").rename(tmp_path / "one.p7s")
    other = authority().signer("另一人")
    (tmp_path / "key.pem").write_bytes(open_key(other.private_key))
    (tmp_path / "signer.pem").write_bytes(pem(other.certificate))
    parts = ("-signer", tmp_path / "signer.pem", "-inkey", tmp_path / "key.pem", "-out", tmp_path / "two.p7s")
    openssl("cms", "-resign", "-inform", "DER", "-outform", "DER", "-in", tmp_path / "one.p7s", "-cades", *parts)
    refusal((tmp_path / "two.p7s").read_bytes(), ProblemType.SEVERAL_SIGNERS)


# ---- what a forger, or another program, may bring


def element(value: Any) -> TLV:
    return asn1.decode_der(TLV, asn1.encode_der(value))


def attribute(type_: ObjectIdentifier, *values: Any) -> cms.Attribute:
    return cms.Attribute(type=type_, values=SetOf([element(value) for value in values]))


def reference(digest: bytes, algorithm: ObjectIdentifier | None = None, times: int = 1) -> cms.SigningCertificateV2:
    hash_algorithm = cms.AlgorithmIdentifier(algorithm=algorithm) if algorithm else None
    one = cms.CertificateReferenceV2(hash_algorithm=hash_algorithm, digest=digest, issuer_serial=None)
    return cms.SigningCertificateV2(references=[one] * times, policies=None)


PRINT = SIGNER.certificate.fingerprint(hashes.SHA256())
GOOD = {
    "type": attribute(cms.CONTENT_TYPE, cms.DATA),
    "digest": attribute(cms.MESSAGE_DIGEST, DIGEST),
    "time": attribute(cms.SIGNING_TIME, UTCTime(AT)),
    "reference": attribute(cms.SIGNING_CERTIFICATE_V2, reference(PRINT)),
}


def parts_of(signature: bytes) -> tuple[cms.ContentInfo, cms.SignedData, cms.SignerInfo]:
    outer = cms.decode(cms.ContentInfo, signature)
    return outer, outer.content, outer.content.signers.as_list()[0]


def rebuilt(signer: dict[str, Any] | None = None, data: dict[str, Any] | None = None) -> bytes:
    """The good signature with parts replaced, not signed anew."""
    outer, signed_data, signer_info = parts_of(SIGNATURE)
    changed = {"signers": SetOf([dataclasses.replace(signer_info, **(signer or {}))]), **(data or {})}
    return cms.encode(dataclasses.replace(outer, content=dataclasses.replace(signed_data, **changed)))


def signed_over(attributes: list[cms.Attribute], *, order: Callable[[list[cms.Attribute]], list[cms.Attribute]] | None = None) -> bytes:
    """A signature whose value is right for these attributes, whatever they are."""
    in_order = order(attributes) if order else sorted(attributes, key=cms.encode)
    value = SIGNER.sign(cms._signed_bytes(attributes))
    return rebuilt(signer={"signed_attributes": in_order, "signature": value})


def without(*names: str) -> list[cms.Attribute]:
    return [value for name, value in GOOD.items() if name not in names]


def test_the_forgers_workbench_makes_good_signatures() -> None:
    assert cms.verify(rebuilt(), DIGEST) == cms.verify(SIGNATURE, DIGEST)
    assert cms.verify(signed_over(without()), DIGEST).signing_time == AT


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_attribute_is_refused(name: str) -> None:
    refusal(signed_over(without(name)), ProblemType.SIGNED_ATTRIBUTES_MISSING)


@pytest.mark.parametrize("attributes", [None, []])
def test_no_attributes_at_all_are_refused(attributes: list[cms.Attribute] | None) -> None:
    refusal(rebuilt(signer={"signed_attributes": attributes, "signature": SIGNER.sign(CONTENT)}), ProblemType.SIGNED_ATTRIBUTES_MISSING)


@pytest.mark.parametrize("name", GOOD)
def test_a_repeated_attribute_is_refused(name: str) -> None:
    assert "repeated" in refusal(signed_over([*without(), GOOD[name]]), ProblemType.SIGNATURE_MALFORMED)


def test_an_attribute_with_other_than_one_value_is_refused() -> None:
    for values in ((), (b"a", b"b")):
        assert "one value" in refusal(signed_over([*without(), attribute(ELSEWHERE, *values)]), ProblemType.SIGNATURE_MALFORMED)
    two = attribute(cms.MESSAGE_DIGEST, DIGEST, bytes(32))
    assert "one value" in refusal(signed_over([*without("digest"), two]), ProblemType.SIGNATURE_MALFORMED)


def test_a_further_attribute_is_allowed_once() -> None:
    further = attribute(ELSEWHERE, b"?")
    assert cms.verify(signed_over([*without(), further]), DIGEST).signing_time == AT
    refusal(signed_over([*without(), further, further]), ProblemType.SIGNATURE_MALFORMED)


def test_unsorted_attributes_are_refused() -> None:
    backwards = signed_over(without(), order=lambda attributes: sorted(attributes, key=cms.encode, reverse=True))
    assert "not DER" in refusal(backwards, ProblemType.SIGNATURE_MALFORMED)


WRONG_VALUES = {
    "other content type": ("type", attribute(cms.CONTENT_TYPE, cms.TIME_STAMP_INFO), ProblemType.SIGNATURE_MALFORMED),
    "content type is no identifier": ("type", attribute(cms.CONTENT_TYPE, 1), ProblemType.SIGNATURE_MALFORMED),
    "other digest": ("digest", attribute(cms.MESSAGE_DIGEST, bytes(32)), ProblemType.SIGNATURE_INVALID),
    "empty digest": ("digest", attribute(cms.MESSAGE_DIGEST, b""), ProblemType.SIGNATURE_INVALID),
    "digest is no octets": ("digest", attribute(cms.MESSAGE_DIGEST, 1), ProblemType.SIGNATURE_MALFORMED),
    "time is no time": ("time", attribute(cms.SIGNING_TIME, 1), ProblemType.SIGNATURE_MALFORMED),
    "generalized before 2050": ("time", attribute(cms.SIGNING_TIME, GeneralizedTime(AT)), ProblemType.SIGNATURE_MALFORMED),
    "fraction of a second": (
        "time",
        attribute(cms.SIGNING_TIME, GeneralizedTime(datetime(2051, 1, 1, microsecond=5, tzinfo=UTC))),
        ProblemType.SIGNATURE_MALFORMED,
    ),
    "other certificate": (
        "reference",
        attribute(cms.SIGNING_CERTIFICATE_V2, reference(authority().issuing.fingerprint(hashes.SHA256()))),
        ProblemType.SIGNATURE_INVALID,
    ),
    "no reference": ("reference", attribute(cms.SIGNING_CERTIFICATE_V2, reference(PRINT, times=0)), ProblemType.SIGNATURE_MALFORMED),
    "two references": ("reference", attribute(cms.SIGNING_CERTIFICATE_V2, reference(PRINT, times=2)), ProblemType.SIGNATURE_MALFORMED),
    "sha-1 reference": (
        "reference",
        attribute(cms.SIGNING_CERTIFICATE_V2, reference(bytes(20), ObjectIdentifier("1.3.14.3.2.26"))),
        ProblemType.SUITE_NOT_ALLOWED,
    ),
    "reference of version 1": (
        "reference",
        attribute(
            cms.SIGNING_CERTIFICATE,
            cms.SigningCertificate(
                references=[cms.CertificateReference(digest=SIGNER.certificate.fingerprint(hashes.SHA1()), issuer_serial=None)],  # noqa: S303 - what RFC 2634 has
                policies=None,
            ),
        ),
        ProblemType.SIGNED_ATTRIBUTES_MISSING,
    ),
}


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_a_wrong_attribute_value_is_refused_though_it_is_signed(case: str) -> None:
    name, wrong, kind = WRONG_VALUES[case]
    refusal(signed_over([*without(name), wrong]), kind)


def with_issuer_serial(issuer: TLV, serial: int) -> bytes:
    named = cms.IssuerSerial(issuer=cms.DirectoryName(name=issuer), serial=serial)
    one = cms.CertificateReferenceV2(hash_algorithm=None, digest=PRINT, issuer_serial=named)
    return signed_over(
        [*without("reference"), attribute(cms.SIGNING_CERTIFICATE_V2, cms.SigningCertificateV2(references=[one], policies=None))]
    )


def test_a_reference_may_repeat_issuer_and_serial_but_rightly() -> None:
    _, _, signer = parts_of(SIGNATURE)
    issuer, serial = signer.identifier.issuer, signer.identifier.serial
    assert cms.verify(with_issuer_serial(issuer, serial), DIGEST).signing_time == AT
    refusal(with_issuer_serial(issuer, serial + 1), ProblemType.SIGNATURE_INVALID)
    refusal(with_issuer_serial(element(SetOf([1])), serial), ProblemType.SIGNATURE_INVALID)


def test_a_reference_may_use_a_longer_digest() -> None:
    longer = attribute(cms.SIGNING_CERTIFICATE_V2, reference(SIGNER.certificate.fingerprint(hashes.SHA384()), SHA384))
    assert cms.verify(signed_over([*without("reference"), longer]), DIGEST).certificate == SIGNER.certificate


def test_another_content_is_refused() -> None:
    for digest in (hashlib.sha256(CONTENT + b"\n").digest(), b"", DIGEST[:31]):
        refusal(SIGNATURE, ProblemType.SIGNATURE_INVALID, digest)


def test_attributes_changed_after_signing_are_refused() -> None:
    later = attribute(cms.SIGNING_TIME, UTCTime(AT + timedelta(days=1)))
    changed = sorted([*without("time"), later], key=cms.encode)
    assert "does not match" in refusal(rebuilt(signer={"signed_attributes": changed}), ProblemType.SIGNATURE_INVALID)


def test_a_signature_over_the_content_itself_is_refused() -> None:
    refusal(rebuilt(signer={"signature": SIGNER.sign(CONTENT)}), ProblemType.SIGNATURE_INVALID)


def algorithm(identifier: ObjectIdentifier, *, null: bool = False) -> cms.AlgorithmIdentifier:
    return cms.AlgorithmIdentifier(algorithm=identifier, parameters=asn1.Null() if null else None)


def test_algorithms_outside_the_suite_are_refused() -> None:
    sha384 = algorithm(SHA384)
    refusal(rebuilt({"digest_algorithm": sha384}, {"digest_algorithms": SetOf([sha384])}), ProblemType.SUITE_NOT_ALLOWED)
    for identifier in (SignatureAlgorithmOID.ECDSA_WITH_SHA384, SignatureAlgorithmOID.ECDSA_WITH_SHA1, SignatureAlgorithmOID.ED25519):
        refusal(rebuilt({"signature_algorithm": algorithm(identifier)}), ProblemType.SUITE_NOT_ALLOWED)


def test_algorithms_that_do_not_fit_together_are_refused() -> None:
    for listed in ([], [algorithm(SHA384)], [algorithm(SHA256), algorithm(SHA384)]):
        refusal(rebuilt(data={"digest_algorithms": SetOf(listed)}), ProblemType.SIGNATURE_MALFORMED)
    with_null = algorithm(SignatureAlgorithmOID.ECDSA_WITH_SHA256, null=True)
    assert "parameters" in refusal(rebuilt({"signature_algorithm": with_null}), ProblemType.SIGNATURE_MALFORMED)


def test_a_digest_algorithm_with_null_is_the_same_algorithm() -> None:
    with_null = algorithm(SHA256, null=True)
    assert cms.verify(rebuilt({"digest_algorithm": with_null}, {"digest_algorithms": SetOf([with_null])}), DIGEST).signing_time == AT


def test_versions_and_extras_outside_the_profile_are_refused() -> None:
    for version in (0, 2, 3, 5):
        refusal(rebuilt(data={"version": version}), ProblemType.SIGNATURE_MALFORMED)
    refusal(rebuilt({"version": 3}), ProblemType.SIGNATURE_MALFORMED)
    assert "revocation" in refusal(rebuilt(data={"revocation": []}), ProblemType.SIGNATURE_MALFORMED)
    refusal(rebuilt(data={"signers": SetOf([])}), ProblemType.SIGNATURE_MALFORMED)
    other = cms.EncapsulatedContentInfo(content_type=ELSEWHERE, content=None)
    refusal(rebuilt(data={"encapsulated": other}), ProblemType.SIGNATURE_MALFORMED)


def test_two_signers_are_refused() -> None:
    _, _, one = parts_of(SIGNATURE)
    _, _, two = parts_of(cms.sign(DIGEST, authority().signer("另一人"), AT))
    refusal(rebuilt(data={"signers": SetOf([one, two])}), ProblemType.SEVERAL_SIGNERS)
    refusal(rebuilt(data={"signers": SetOf([one, one])}), ProblemType.SEVERAL_SIGNERS)


def test_unsigned_attributes_are_ignored() -> None:
    assert cms.verify(rebuilt({"unsigned_attributes": [element(b"anything")]}), DIGEST).signing_time == AT


def test_certificates_are_the_signer_and_its_issuers_in_any_order() -> None:
    house = authority()
    for embedded in ([SIGNER.certificate], [SIGNER.certificate, house.issuing], [house.root, house.issuing, SIGNER.certificate]):
        found = cms.verify(rebuilt(data={"certificates": embedded}), DIGEST)
        assert found.certificate == SIGNER.certificate
        assert found.certificates == tuple(one for one in (house.issuing, house.root) if one in embedded)


def test_certificates_that_are_not_in_the_chain_are_refused() -> None:
    house, stranger = authority(), authority().signer("另一人").certificate
    twin = new_authority().issuing  # the same name, another key
    for embedded in (
        None,
        [],
        [house.issuing],
        [stranger],
        [SIGNER.certificate, stranger],
        [SIGNER.certificate, SIGNER.certificate],
        [SIGNER.certificate, house.root],
        [SIGNER.certificate, house.issuing, house.issuing],
        [SIGNER.certificate, house.issuing, twin],
    ):
        refusal(rebuilt(data={"certificates": embedded}), ProblemType.SIGNATURE_MALFORMED)


def test_a_certificate_with_the_same_issuer_and_serial_but_another_key_is_refused() -> None:
    key = new_key()
    twin = KeySigner(key, certify("城关镇", key, authority().issuing, authority().issuing_key))
    _, data, _ = parts_of(cms.sign(DIGEST, twin, AT))
    _, _, signer = parts_of(SIGNATURE)
    identifier = dataclasses.replace(signer.identifier, serial=twin.certificate.serial_number)
    swapped = rebuilt({"identifier": identifier}, {"certificates": data.certificates})
    assert "another certificate" in refusal(swapped, ProblemType.SIGNATURE_INVALID)


def test_loops_of_issuers_end() -> None:
    first, second = new_authority(), new_authority()
    key = new_key()
    one = certify("环一", first.root_key, None, first.root_key, path_length=3)
    two = certify("环二", second.root_key, one, first.root_key, path_length=3)
    one = certify("环一", first.root_key, two, second.root_key, path_length=3)
    signer = KeySigner(key, certify("环中", key, one, first.root_key), (two, one))
    assert cms.verify(cms.sign(DIGEST, signer, AT), DIGEST).certificates == (one, two)


# ---- bytes


@pytest.mark.parametrize("tail", [b"\0", b"\0\0", SIGNATURE])
def test_trailing_bytes_are_refused(tail: bytes) -> None:
    refusal(SIGNATURE + tail, ProblemType.SIGNATURE_MALFORMED)


def test_every_shorter_piece_is_refused() -> None:
    for length in range(len(SIGNATURE)):
        refusal(SIGNATURE[:length], ProblemType.SIGNATURE_MALFORMED)


def test_a_long_input_is_refused_before_it_is_read() -> None:
    assert "longer" in refusal(bytes(cms.MAXIMUM_SIZE + 1), ProblemType.SIGNATURE_MALFORMED)


def verified_or_refused(signature: bytes) -> bool:
    try:
        found = cms.verify(signature, DIGEST)
    except Problem:
        return False
    assert (found.certificate, found.signing_time) == (SIGNER.certificate, AT)
    return True


ISSUING = SIGNATURE.index(authority().issuing.public_bytes(Encoding.DER))
ISSUING_END = ISSUING + len(authority().issuing.public_bytes(Encoding.DER))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # hostile certificates draw them
@given(position=st.integers(0, len(SIGNATURE) - 1), value=st.integers(0, 255))
@settings(max_examples=400)
def test_no_changed_byte_is_accepted_but_in_the_issuers_certificate(position: int, value: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[position] = value
    if verified_or_refused(bytes(changed)):
        # the issuer's certificate travels along unsigned: whether it fits is the path's question
        assert bytes(changed) == SIGNATURE or ISSUING <= position < ISSUING_END


@st.composite
def spliced(draw: st.DrawFn) -> bytes:
    """The good signature with pieces cut out, doubled, moved or replaced."""
    changed = SIGNATURE
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(st.integers(0, len(changed))), draw(st.integers(0, len(changed)))))
        piece = draw(st.one_of(st.binary(max_size=20), st.just(changed[start:end] * 2), st.just(changed[:start])))
        changed = changed[:start] + piece + changed[end:]
    return changed


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # as above
@given(spliced())
def test_spliced_bytes_are_refused_or_mean_the_same(changed: bytes) -> None:
    verified_or_refused(changed)


@given(st.binary(max_size=400))
@example(b"")
@example(b"\x30\x80\x00\x00")
@example(b"\x30\x84\xff\xff\xff\xff")
@example(b"\x30" * 400)
def test_noise_is_refused_as_malformed(noise: bytes) -> None:
    refusal(noise, ProblemType.SIGNATURE_MALFORMED)


def headers(der: bytes, start: int, end: int) -> list[int]:
    """Where each element begins, to any depth."""
    found = []
    while start < end:
        length, body = der[start + 1], start + 2
        if length & 0x80:
            octets = length & 0x7F
            length, body = int.from_bytes(der[body : body + octets], "big"), body + octets
        found.append(start)
        if der[start] & 0x20:
            found += headers(der, body, body + length)
        start = body + length
    return found


HEADERS = headers(SIGNATURE, 0, len(SIGNATURE))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # as above
def test_another_tag_anywhere_is_refused_or_means_the_same() -> None:
    tags = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0xA0, 0xA1, 0x80)
    for position in HEADERS:
        for tag in tags:
            changed = bytearray(SIGNATURE)
            changed[position] = tag
            if verified_or_refused(bytes(changed)):
                assert bytes(changed) == SIGNATURE or ISSUING <= position < ISSUING_END


def test_our_time_zone_is_no_matter() -> None:
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert cms.verify(cms.sign(DIGEST, SIGNER, beijing), DIGEST).signing_time == AT
