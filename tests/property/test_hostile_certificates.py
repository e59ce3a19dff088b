"""Whatever the bytes of a certificate or list are, even signed by the county itself: an identity or a Problem, nothing else."""

from datetime import UTC, datetime

import pytest
from authority_maker import make_county, make_key
from certificate_maker import draft, sign_bytes
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import assume, given
from hypothesis import strategies as st

from keys.authority import Revoked, read_request
from keys.trust import Identity, Purpose, Trust, validate
from schemas.problems import Problem

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
COUNTY = make_county(NOW)
LISTED = COUNTY.issuing.crl(2, [Revoked(5, NOW), Revoked(6, NOW)], NOW, 7).tbs_certlist_bytes

# the library warns of serial numbers and names that it will refuse one day; they are refused or harmless here
pytestmark = pytest.mark.filterwarnings("ignore")

changes = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4)


def changed(content: bytes, where: list[tuple[int, int]]) -> bytes:
    result = bytearray(content)
    for position, byte in where:
        result[position % len(result)] = byte
    return bytes(result)


def answered(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...], trust: Trust) -> None:
    for purpose in Purpose:
        try:
            assert isinstance(validate(certificate, chain, trust, at=NOW, purpose=purpose), Identity)
        except Problem:
            continue


def loaded(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        assume(False)  # noqa: FBT003 - Hypothesis's own signature
        raise


@given(changes)
def test_a_mangled_certificate_is_answered(where: list[tuple[int, int]]) -> None:
    inside = draft(COUNTY, make_key()).sign().tbs_certificate_bytes
    answered(loaded(sign_bytes(changed(inside, where), COUNTY.issuing.key)), COUNTY.chain, COUNTY.trust)


@given(changes)
def test_a_mangled_intermediate_is_answered(where: list[tuple[int, int]]) -> None:
    inside = COUNTY.issuing.certificate.tbs_certificate_bytes
    answered(draft(COUNTY, make_key()).sign(), (loaded(sign_bytes(changed(inside, where), COUNTY.root_key)),), COUNTY.trust)


@given(changes)
def test_a_mangled_list_is_answered(where: list[tuple[int, int]]) -> None:
    try:
        crl = x509.load_der_x509_crl(sign_bytes(changed(LISTED, where), COUNTY.issuing.key))
    except (ValueError, x509.InvalidVersion):
        assume(False)  # noqa: FBT003 - Hypothesis's own signature
        raise
    answered(COUNTY.person_signer().certificate, COUNTY.chain, Trust(COUNTY.root, (), (crl,)))


@given(st.binary(max_size=300))
def test_a_request_of_any_bytes_is_refused(der: bytes) -> None:
    with pytest.raises(Problem):
        read_request(der)


@given(changes)
def test_a_mangled_request_is_answered(where: list[tuple[int, int]]) -> None:
    key = make_key()
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    try:
        read_request(sign_bytes(changed(request.tbs_certrequest_bytes, where), key))
    except Problem:
        return
