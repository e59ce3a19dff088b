"""The bytes that must never change: receipts, log entry and leaf, checkpoint and proof of one fixed little county.

The files beside this one were written once. Whoever must change them changes what decades of receipts are verified with.
"""

import base64
import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import ledger_maker
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ledger_maker import NOW

from archive.ledger import log
from archive.ledger.memory import MemoryDatabase
from archive.ledger.receipts import Fact, Notary, entry, envelope_of, record
from keys import merkle, notes
from schemas import instants
from schemas.messages import Certificate, Digests, Envelope, Refusal, canonical
from schemas.words import COUNTY, Event

HERE: Final = Path(__file__).parent
SIGNATURE: Final = bytes(range(64))
"""Stands for a CAdES signature, which is another one every time."""
SUBMISSION: Final = "5b" * 32

FACTS: Final = {
    "acceptance": Fact(
        event=Event.SUBMISSION_ACCEPTANCE,
        office="T01",
        submission=SUBMISSION,
        received_at=NOW,
        by="T01.1",
        digests=Digests(manifest=SUBMISSION, container="c0" * 32),
    ),
    "consignment": Fact(event=Event.CONTENT_CONSIGNMENT, office=COUNTY, submission=SUBMISSION, recipient=COUNTY),
    "return": Fact(
        event=Event.CONSIGNMENT_REJECTION, office="T01", submission=SUBMISSION, recipient=COUNTY, by="county.1", reason="缺少附件"
    ),
    "refusal": Fact(
        event=Event.SUBMISSION_REJECTION,
        office="T01",
        received_at=NOW,
        refusal=Refusal(rules=["star-head"], policy="usual-0123456789ab", manifest_hmac="ab" * 32, hmac_key="2026"),
    ),
    "revocation": Fact(
        event=Event.CERTIFICATE_REVOCATION,
        office="T01",
        certificate=Certificate(sha256="de" * 32, serial="1a2b", office="T01", person="T01.1", revoked_at=instants.write(NOW)),
    ),
    "confirmation": Fact(event=Event.LEDGER_CONFIRMATION, office=COUNTY, subject=f"checkpoint 2 {'00' * 32}"),
}


def counted() -> Callable[[int], bytes]:
    """Return randomness that is none: SHA-256 of a counter, cut or repeated."""
    number = iter(range(10**6))
    return lambda size: (hashlib.sha256(str(next(number)).encode()).digest() * 2)[:size]


async def envelopes() -> dict[str, Envelope]:
    notary: Notary = replace(ledger_maker.notary(), random=counted())
    database = MemoryDatabase(log.close_group(notary), instants.write(NOW))
    await database.write(ledger_maker.begin, notary)
    await database.write(lambda tx: tx.run("INSERT INTO office (code, created_at) VALUES ('T01', '')"))
    try:
        return {name: await database.read(envelope_of, await database.write(record, notary, fact, NOW)) for name, fact in FACTS.items()}
    finally:
        await database.close()


def golden(name: str) -> bytes:
    return (HERE / name).read_bytes()


def leaves() -> list[bytes]:
    return [merkle.leaf_hash(entry(golden(f"receipt-{name}.json"), SIGNATURE)) for name in FACTS]


@pytest.mark.parametrize("name", FACTS)
async def test_receipts_are_spelt_as_ever(name: str):
    found = await envelopes()
    assert found[name].receipt == golden(f"receipt-{name}.json")


def test_entry_and_leaf_are_made_as_ever():
    written = golden("leaves.txt").decode().splitlines()
    receipts = [golden(f"receipt-{name}.json") for name in FACTS]
    assert [f"{entry(receipt, SIGNATURE).hex()} {leaf.hex()}" for receipt, leaf in zip(receipts, leaves(), strict=True)] == written


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True, timeout=60).stdout


def test_openssl_makes_the_same_entry_and_leaf():
    receipt = golden("receipt-acceptance.json")
    logged = openssl("dgst", "-sha256", "-binary", given=receipt + SIGNATURE)
    leaf = openssl("dgst", "-sha256", "-binary", given=b"\0" + logged)
    assert f"{logged.hex()} {leaf.hex()}" == golden("leaves.txt").decode().splitlines()[0]


def checkpoint() -> bytes:
    notary = ledger_maker.notary()
    root = merkle.node_hash(
        merkle.node_hash(merkle.node_hash(leaves()[0], leaves()[1]), merkle.node_hash(leaves()[2], leaves()[3])),
        merkle.node_hash(leaves()[4], leaves()[5]),
    )
    return notes.sign_checkpoint(notes.Checkpoint(notary.log.origin, 6, root), notary.log_private)


def test_checkpoints_are_written_and_signed_as_ever():
    assert checkpoint() == golden("checkpoint.txt")


def test_openssl_verifies_the_checkpoint(tmp_path: Path):
    text, _, signature = golden("checkpoint.txt").rpartition(b"\n\n")
    (tmp_path / "text").write_bytes(text + b"\n")
    (tmp_path / "signature").write_bytes(base64.b64decode(signature.split(b" ")[2])[4:])
    public = ledger_maker.notary().log_private.public_key()
    (tmp_path / "key").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    arguments = ["-inkey", f"{tmp_path}/key", "-in", f"{tmp_path}/text", "-sigfile", f"{tmp_path}/signature"]
    assert b"Verified Successfully" in openssl("pkeyutl", "-verify", "-pubin", "-rawin", *arguments)


def test_proofs_are_written_as_ever_and_prove():
    path = [leaves()[3], merkle.node_hash(leaves()[0], leaves()[1]), merkle.node_hash(leaves()[4], leaves()[5])]
    proof = notes.write_proof(2, path, checkpoint())
    assert proof == golden("proof.txt")
    logged = entry(golden("receipt-return.json"), SIGNATURE)
    assert notes.verify_proof(proof, logged, ledger_maker.notary().log)[0] == 2


async def test_an_answer_is_the_envelope_as_json_with_its_parts_in_base64():
    found = (await envelopes())["acceptance"]
    members = [f'"{name}":"{base64.b64encode(getattr(found, name)).decode()}"' for name in ("proof", "receipt", "signature")]
    stamp = base64.b64encode(found.timestamp).decode()
    assert canonical(found).decode() == "{" + ",".join([*members, f'"submission":"{SUBMISSION}"', f'"timestamp":"{stamp}"']) + "}"
