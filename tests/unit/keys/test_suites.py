import json
import pathlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from signer_maker import authority, certify, new_key

from keys.suites import P256_SHA256, RESERVED, suite_named, suite_of
from schemas.problems import Problem, ProblemType

VECTORS = pathlib.Path(__file__).resolve().parents[3].parent / "shared" / "vectors"
WYCHEPROOF = VECTORS / "wycheproof" / "ecdsa_secp256r1_sha256_test.json"


def wycheproof_groups() -> list[dict[str, Any]]:
    if not WYCHEPROOF.exists():
        pytest.skip(f"official vectors are not here: {WYCHEPROOF.name}")
    groups: list[dict[str, Any]] = json.loads(WYCHEPROOF.read_text())["testGroups"]
    return groups


def is_verified(key: object, message: bytes, signature: bytes) -> bool:
    try:
        P256_SHA256.verify(key, message, signature)
    except Problem as problem:
        kind = problem.kind
    else:
        return True
    assert kind is ProblemType.SIGNATURE_INVALID
    return False


def test_all_wycheproof_signatures_get_their_verdict() -> None:
    tried, wrong = 0, []
    for group in wycheproof_groups():
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        for case in group["tests"]:
            tried += 1
            verdict = is_verified(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            if verdict != (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"], case["result"]))
    assert tried == 484
    assert wrong == []


def test_what_is_signed_verifies_and_nothing_else_does() -> None:
    key = new_key()
    signature = P256_SHA256.sign(key, b"message")
    assert is_verified(key.public_key(), b"message", signature)
    assert not is_verified(key.public_key(), b"massage", signature)
    assert not is_verified(new_key().public_key(), b"message", signature)
    assert not is_verified(key.public_key(), b"message", signature + b"\0")
    assert not is_verified(key.public_key(), b"message", b"")


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)]
)
def test_a_key_of_another_kind_is_refused(key: Any) -> None:
    with pytest.raises(Problem) as caught:
        P256_SHA256.verify(key.public_key(), b"message", b"")
    assert caught.value.kind is ProblemType.SUITE_NOT_ALLOWED
    with pytest.raises(Problem) as caught:
        P256_SHA256.sign(key, b"message")
    assert caught.value.kind is ProblemType.SUITE_NOT_ALLOWED


def test_the_registry_knows_its_names() -> None:
    assert suite_named("p256-sha256-v1") is P256_SHA256
    for name in (*RESERVED, "p256-sha256-v2", ""):
        with pytest.raises(Problem) as caught:
            suite_named(name)
        assert caught.value.kind is ProblemType.SUITE_NOT_ALLOWED
        assert ("reserved" in caught.value.detail) == (name in RESERVED)


def test_the_suite_follows_from_the_certificate() -> None:
    house = authority()
    assert suite_of(house.signer().certificate) is P256_SHA256
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        with pytest.raises(Problem) as caught:
            suite_of(certify("另一种密钥", key, house.issuing, house.issuing_key))
        assert caught.value.kind is ProblemType.SUITE_NOT_ALLOWED
