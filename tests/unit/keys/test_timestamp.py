import dataclasses
import hashlib
import pathlib
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core, tsp  # type: ignore[import-untyped]  # it has no stubs
from cryptography.x509 import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st
from signer_maker import AT, authority, pem

from keys import cms, timestamp
from keys.suites import SHA256
from keys.timestamp import POLICY, POLICY_UUID, Failure
from schemas.problems import Problem, ProblemType

VECTORS = pathlib.Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "rfc3161"
MESSAGE = b"a signature that is stamped"
STAMPER = authority().stamper()


def openssl(*arguments: str | pathlib.Path, succeeds: bool = True) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == succeeds, done.stderr
    return done.stdout + done.stderr


def refusal(response: bytes, message: bytes = MESSAGE) -> str:
    with pytest.raises(Problem) as caught:
        timestamp.verify(response, message)
    assert caught.value.kind is ProblemType.RECEIPT_TIME_STAMP
    return caught.value.detail


def test_a_stamp_says_when_by_whom_and_which() -> None:
    at = datetime(2026, 3, 1, 16, 30, 15, 999_999, tzinfo=UTC)
    found = timestamp.verify(timestamp.stamp(MESSAGE, STAMPER, at, 7), MESSAGE)
    assert found.at == at.replace(microsecond=0)
    assert found.serial == 7
    assert found.certificate == STAMPER.certificate
    assert found.certificates == STAMPER.chain


@given(
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2060, 1, 1), timezones=st.timezones()),  # noqa: DTZ001 - hypothesis adds the zone
    serial=st.integers(1, 2**159 - 1),
    message=st.binary(max_size=100),
)
def test_every_instant_serial_and_message_comes_back(at: datetime, serial: int, message: bytes) -> None:
    found = timestamp.verify(timestamp.stamp(message, STAMPER, at, serial), message)
    assert (found.serial, found.at.microsecond) == (serial, 0)
    assert timedelta(0) <= at - found.at < timedelta(seconds=1)


def test_a_stamp_over_another_message_is_refused() -> None:
    assert "another message" in refusal(timestamp.stamp(MESSAGE, STAMPER, AT, 7), MESSAGE + b".")


def test_openssl_verifies_a_stamp_and_reads_its_fields(tmp_path: pathlib.Path) -> None:
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "stamp.tsr").write_bytes(timestamp.stamp(MESSAGE, STAMPER, AT, 0xABCDEF))
    root = authority().write_root(tmp_path)
    verified = openssl("ts", "-verify", "-in", tmp_path / "stamp.tsr", "-data", tmp_path / "message", "-CAfile", root)
    assert "Verification: OK" in verified
    shown = openssl("ts", "-reply", "-in", tmp_path / "stamp.tsr", "-text")
    for line in ("Status: Granted.", f"Policy OID: 2.25.{POLICY_UUID.int}", "Hash Algorithm: sha256", "Serial number: 0xABCDEF"):
        assert line in shown
    assert "Time stamp: Mar  1 08:30:15 2026 GMT" in shown
    assert "Accuracy: 0x01 seconds" in shown
    (tmp_path / "message").write_bytes(MESSAGE + b".")
    openssl("ts", "-verify", "-in", tmp_path / "stamp.tsr", "-data", tmp_path / "message", "-CAfile", root, succeeds=False)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_openssl_asks_and_verifies_the_answer(tmp_path: pathlib.Path, digest: str) -> None:
    (tmp_path / "message").write_bytes(MESSAGE)
    query = tmp_path / "query.tsq"
    openssl("ts", "-query", "-data", tmp_path / "message", f"-{digest}", "-cert", "-tspolicy", POLICY.dotted_string, "-out", query)
    answer = timestamp.respond(query.read_bytes(), STAMPER, AT, 8)
    (tmp_path / "answer.tsr").write_bytes(answer)
    root = authority().write_root(tmp_path)
    verified = openssl("ts", "-verify", "-in", tmp_path / "answer.tsr", "-queryfile", query, "-CAfile", root)
    assert "Verification: OK" in verified  # openssl compares the nonce here
    assert timestamp.verify(answer, MESSAGE).serial == 8


def test_certificates_come_only_when_asked_for(tmp_path: pathlib.Path) -> None:
    (tmp_path / "message").write_bytes(MESSAGE)
    openssl("ts", "-query", "-data", tmp_path / "message", "-sha256", "-out", tmp_path / "query.tsq")
    answer = timestamp.respond((tmp_path / "query.tsq").read_bytes(), STAMPER, AT, 9)
    assert "certificate is not embedded" in refusal(answer)
    (tmp_path / "answer.tsr").write_bytes(answer)
    (tmp_path / "chain.pem").write_bytes(pem(STAMPER.certificate) + pem(STAMPER.chain[0]))
    parts = ("-queryfile", tmp_path / "query.tsq", "-CAfile", authority().write_root(tmp_path), "-untrusted", tmp_path / "chain.pem")
    assert "Verification: OK" in openssl("ts", "-verify", "-in", tmp_path / "answer.tsr", *parts)


def request(**changes: Any) -> bytes:
    imprint = cms.MessageImprint(algorithm=cms.AlgorithmIdentifier(algorithm=SHA256), digest=hashlib.sha256(MESSAGE).digest())
    asked = cms.TimeStampRequest(version=1, imprint=imprint, policy=None, nonce=None, certificate_wanted=True, extensions=None)
    return cms.encode(dataclasses.replace(asked, **changes))


def imprint_of(algorithm: ObjectIdentifier, digest: bytes) -> cms.MessageImprint:
    return cms.MessageImprint(algorithm=cms.AlgorithmIdentifier(algorithm=algorithm), digest=digest)


SHA1 = ObjectIdentifier("1.3.14.3.2.26")
BAD_REQUESTS = {
    "nothing": (b"", {"bad_data_format"}),
    "trailing byte": (request() + b"\0", {"bad_data_format"}),
    "other version": (request(version=2), {"bad_request"}),
    "sha-1": (request(imprint=imprint_of(SHA1, bytes(20))), {"bad_alg"}),
    "short digest": (request(imprint=imprint_of(SHA256, bytes(31))), {"bad_data_format"}),
    "other policy": (request(policy=ObjectIdentifier("1.2.3")), {"unaccepted_policy"}),
    "extension": (
        request(extensions=[cms.Extension(type=ObjectIdentifier("1.2.3"), critical=False, value=b"")]),
        {"unaccepted_extensions"},
    ),
    "two faults": (request(version=2, policy=ObjectIdentifier("1.2.3")), {"bad_request", "unaccepted_policy"}),
}


def status_of(answer: bytes) -> tsp.PKIStatusInfo:
    # asn1crypto takes no response without a token, so its outer sequence is opened first
    return tsp.PKIStatusInfo.load(core.Sequence.load(answer, strict=True)[0].dump(), strict=True)


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_a_bad_request_is_refused_in_the_protocol(tmp_path: pathlib.Path, case: str) -> None:
    asked, failures = BAD_REQUESTS[case]
    answer = timestamp.respond(asked, STAMPER, AT, 10)
    status = status_of(answer)
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == failures
    assert refusal(answer) == "not granted"
    (tmp_path / "answer.tsr").write_bytes(answer)
    assert "Status: Rejected." in openssl("ts", "-reply", "-in", tmp_path / "answer.tsr", "-text")


@pytest.mark.parametrize("failure", Failure)
def test_each_failure_is_encoded_as_der(failure: Failure) -> None:
    status = status_of(timestamp._rejected({failure}))
    bits = status["fail_info"].contents  # first octet: how many bits of the last one are unused
    assert len(status["fail_info"].native) == 1
    assert len(bits) == failure // 8 + 2
    assert bits[0] == 7 - failure % 8


def with_info(**changes: Any) -> bytes:
    """A granted response with a correctly signed, but changed TSTInfo."""
    response = cms.decode(cms.TimeStampResponse, timestamp.stamp(MESSAGE, STAMPER, AT, 7))
    assert response.token is not None
    content = response.token.content.encapsulated.content
    assert content is not None
    info = cms.encode(dataclasses.replace(cms.decode(cms.TimeStampInfo, content), **changes))
    token = cms.signed_content(hashlib.sha256(info).digest(), STAMPER, AT, content_type=cms.TIME_STAMP_INFO, content=info)
    return cms.encode(dataclasses.replace(response, token=token))


def extension(*, critical: bool) -> list[cms.Extension]:
    return [cms.Extension(type=ObjectIdentifier("1.2.3"), critical=critical, value=b"")]


def test_an_unknown_critical_extension_is_refused_and_another_ignored() -> None:
    assert "critical extension" in refusal(with_info(extensions=extension(critical=True)))
    assert timestamp.verify(with_info(extensions=extension(critical=False)), MESSAGE).at == AT


def test_another_version_and_an_old_digest_are_refused() -> None:
    assert "version" in refusal(with_info(version=2))
    assert "digest algorithm" in refusal(with_info(imprint=imprint_of(SHA1, hashlib.sha1(MESSAGE, usedforsecurity=False).digest())))


def test_an_ordinary_signature_is_no_time_stamp() -> None:
    plain = cms.sign(hashlib.sha256(MESSAGE).digest(), STAMPER, AT, content=MESSAGE)
    response = cms.decode(cms.TimeStampResponse, timestamp.stamp(MESSAGE, STAMPER, AT, 7))
    swapped = dataclasses.replace(response, token=cms.decode(cms.ContentInfo, plain))
    assert refusal(cms.encode(swapped)) == "another content type"


# the official vectors: message, and a word of the refusal or none when the token holds
HELLO = b"hello"
VERDICTS: dict[str, str | None] = {
    "identrust/issue-104.tsr": None,  # RSA, signingCertificate version 1, certificates out of order
    "sigstage/response-invalid-signature.tsr": "does not match",
    "sigstage/response-no-embedded-cert.tsr": "certificate is not embedded",
    "sigstage/response-sha256.tsr": None,  # P-384 key with SHA-256
    "sigstage/response-sha384.tsr": None,
    "sigstage/response-sha512.tsr": None,
    "sigstore.mock/response-expired.tsr": "certificate is not embedded",  # and expiry is the path's question
    "test_tsa/other_response.tsr": None,
    "test_tsa/response-injected-certs.tsr": "outside the signer's chain",
    "test_tsa/response.tsr": None,
}


def vector(name: str) -> bytes:
    if not VECTORS.exists():
        pytest.skip(f"official vectors are not here: {VECTORS.name}/{name}")
    return (VECTORS / name).read_bytes()


@pytest.mark.parametrize("name", VERDICTS)
def test_official_tokens_get_their_verdict(name: str) -> None:
    response, verdict = vector(name), VERDICTS[name]
    message = vector("sigstore.mock/payload") if name.startswith("sigstore.mock") else HELLO
    if verdict is None:
        assert timestamp.verify(response, message).at == tsp_time(response)
    else:
        assert verdict in refusal(response, message)
    assert refusal(response, b"another message")


def tsp_time(response: bytes) -> datetime:
    token = tsp.TimeStampResp.load(response)["time_stamp_token"]["content"]
    found: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return found


def test_every_official_token_has_an_expected_verdict() -> None:
    vector("test_tsa/response.tsr")
    assert {str(path.relative_to(VECTORS)) for path in VECTORS.glob("*/*.tsr")} == set(VERDICTS)


def test_a_foreign_tokens_issuer_comes_along() -> None:
    found = timestamp.verify(vector("identrust/issue-104.tsr"), HELLO)
    assert [issuer.subject for issuer in found.certificates] == [found.certificate.issuer]
    found.certificate.verify_directly_issued_by(found.certificates[0])


@pytest.mark.parametrize("name", ["sigstage/request.der", "test_tsa/request.der", "test_tsa/other_request.der"])
def test_official_requests_are_granted(name: str) -> None:
    answer = timestamp.respond(vector(name), STAMPER, AT, 11)
    assert timestamp.verify(answer, HELLO).serial == 11
    asked = tsp.TimeStampReq.load(vector(name))["nonce"].native
    given = tsp.TimeStampResp.load(answer)["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert given["nonce"].native == asked


STAMPED = timestamp.stamp(MESSAGE, STAMPER, AT, 7)


@given(position=st.integers(0, len(STAMPED) - 1), value=st.integers(0, 255))
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # hostile certificates draw them
def test_a_changed_byte_is_refused_or_means_the_same(position: int, value: int) -> None:
    changed = bytearray(STAMPED)
    changed[position] = value
    try:
        found = timestamp.verify(bytes(changed), MESSAGE)
    except Problem as problem:
        kind = problem.kind
    else:
        kind = ProblemType.RECEIPT_TIME_STAMP
        assert (found.at, found.serial, found.certificate) == (AT, 7, STAMPER.certificate)
    assert kind is ProblemType.RECEIPT_TIME_STAMP


@given(st.binary(max_size=300))
def test_no_request_breaks_the_authority(asked: bytes) -> None:
    assert status_of(timestamp.respond(asked, STAMPER, AT, 12))["status"].native == "rejection"


def test_the_policy_is_the_uuids_own_identifier() -> None:
    assert POLICY.dotted_string == f"2.25.{POLICY_UUID.int}"
    assert POLICY_UUID.version == 4
