"""A leader's signature added in the browser, byte for byte what the command adds, and what nobody is let sign. Run in Node."""

import hashlib
import io
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import authority_maker
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs
from script_maker import ScriptError, Scripts, blob, key, scripts
from submission_maker import Letter, pack

from keys import cms, container
from keys.countersignature import add_signature
from keys.custody import KeySigner
from schemas import instants
from schemas.messages import SecrecyReview, Submission

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
COUNTY = authority_maker.make_county(NOW)
CLERK = COUNTY.person_signer()
LEADER = COUNTY.person_signer(person="T01.2", name="李四")
SECOND = COUNTY.person_signer(person="T01.3", name="赵六")
STRANGERS = authority_maker.make_county(NOW).person_signer()
REVIEW = SecrecyReview(by="李四", at=instants.write(NOW), conclusion="不涉及国家秘密，同意报送。")
FILES = {"关于“防汛”的报告~1!.txt": b"main\n", "attachments/雨量 a&b'.csv": b"day,mm\n1,20\n", "attachments/空 格.txt": b"."}
PACKED = pack(Letter(at=NOW, files=FILES, fields={"secrecy_review": REVIEW}), CLERK)
MODULE = "signing/countersign.js"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    with scripts(tmp_path_factory.mktemp("scripts")) as running:
        yield running


def browser_key(signer: KeySigner) -> dict[str, Any]:
    return {
        "privateKey": key(signer.private_key),
        "certificate": signer.certificate.public_bytes(Encoding.DER),
        "issuing": signer.chain[0].public_bytes(Encoding.DER),
    }


def signed_here(run: Scripts, packed: bytes, signer: KeySigner) -> bytes:
    """Open and countersign; what was opened goes from one call to the other as plain values."""
    opened = run(MODULE, "open", blob(packed))
    opened["files"] = [each | {"blob": blob(each["blob"])} for each in opened["files"]]
    return bytes(run(MODULE, "countersign", opened, browser_key(signer), NOW))


def written_by_the_command(packed: bytes, signature: bytes) -> bytes:
    """Return what the command writes of the same container and the same signature."""
    out = io.BytesIO()
    add_signature(io.BytesIO(packed), container.read(io.BytesIO(packed)), out, lambda _manifest: signature)
    return out.getvalue()


def test_the_browser_adds_byte_for_byte_what_the_command_adds(run: Scripts, tmp_path: Path) -> None:
    packed, signers = PACKED, [CLERK]
    for signer in (LEADER, SECOND):
        ours, signers = signed_here(run, packed, signer), [*signers, signer]
        whole = container.read(io.BytesIO(ours))
        manifest, signature = whole.head.further[-1]
        assert ours == written_by_the_command(packed, signature)
        signed = cms.verify(signature, hashlib.sha256(manifest).digest())
        assert (signed.certificate, signed.signing_time) == (signer.certificate, NOW)
        assert whole.head.manifest_sha256 == container.read(io.BytesIO(PACKED)).head.manifest_sha256
        packed = ours
    (tmp_path / "manifest").write_bytes(manifest)
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "root.pem").write_bytes(COUNTY.root.public_bytes(Encoding.PEM))
    command = "cms -verify -cades -binary -inform DER -in signature -content manifest -CAfile root.pem -purpose any -out /dev/null"
    told = subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_it_is_said_what_stands_in_it_and_who_signed(run: Scripts) -> None:
    opened = run(MODULE, "open", blob(signed_here(run, PACKED, LEADER)))
    assert opened["submission"] == container.read(io.BytesIO(PACKED)).head.manifest_sha256
    assert {each["member"]: each["blob"] for each in opened["files"]} == FILES
    assert opened["message"]["secrecy_review"]["conclusion"] == REVIEW.conclusion
    said = run(MODULE, "signers", opened, CLERK.chain[0].public_bytes(Encoding.DER))
    assert [(each["office"], each["person"], each["name"]) for each in said] == [("T01", "T01.1", "张三"), ("T01", "T01.2", "李四")]


def flipped(packed: bytes, at: int) -> bytes:
    return packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]


def refused_as(run: Scripts, packed: bytes) -> str:
    """Return why nobody is let sign it."""
    with pytest.raises(ScriptError) as refused:
        run(MODULE, "signers", run(MODULE, "open", blob(packed)), CLERK.chain[0].public_bytes(Encoding.DER))
    return refused.value.type


def test_a_flipped_byte_anywhere_is_not_signed(run: Scripts) -> None:
    head = container.read(io.BytesIO(PACKED)).parts[0].offset
    for at in [*range(0, len(PACKED), 37), head, len(PACKED) - 1]:
        assert refused_as(run, flipped(PACKED, at)) in ("container-malformed", "signature-invalid"), at


@pytest.mark.parametrize(
    "wrong", [b"", b"%PDF-1.7", PACKED[:-1], PACKED + b"x", PACKED[100:]], ids=["empty", "pdf", "cut", "more", "headless"]
)
def test_what_is_no_container_is_said_to_be_none(run: Scripts, wrong: bytes) -> None:
    with pytest.raises(ScriptError, match="container-malformed"):
        run(MODULE, "open", blob(wrong))


def test_a_signature_by_another_county_does_not_hold(run: Scripts) -> None:
    opened = run(MODULE, "open", blob(PACKED))
    with pytest.raises(ScriptError, match="signature-invalid"):
        run(MODULE, "signers", opened, STRANGERS.chain[0].public_bytes(Encoding.DER))


def test_whoever_signs_is_shown_every_element_also_one_that_the_page_does_not_know(run: Scripts) -> None:
    plain = json.loads(container.read(io.BytesIO(PACKED)).head.metadata)
    said = {
        "addressees": ["county.7"],
        "replaces": "a" * 64,
        "in_reply_to": "b" * 64,
        "respond_by": "2026-12-01",
        "disclosure": "proactive",
        "copies": 3,
        "paper_original": {"kept_by": "李四", "place": "档案室"},
        "paper_annex": ["图纸一张"],
        "reply_form": {"kind": "meeting", "respond_by": "2026-12-05"},
        "added_later": {"deep": ["一", "二"]},
    }
    told = {"disclosure": {"proactive": "主动公开"}}
    shown = run("countersign/elements.js", "further", plain | said, told)
    assert [each["said"] for each in shown if each["term"] != "Classification"] == [
        "county.7", "a" * 64, "b" * 64, "2026-12-01", "主动公开", "3", "李四 档案室", "图纸一张",
        "meeting reply form · reply until 2026-12-05", "一；二",
    ]  # fmt: skip
    assert [each["item"] for each in shown if each["item"]] == ["a" * 64, "b" * 64]
    assert not {"a", "javascript:alert(1)"} & {
        each["item"] for each in run("countersign/elements.js", "further", {"replaces": "javascript:alert(1)"})
    }
    elsewhere = {field.encode_name for field in structs.fields(Submission)} - {*said, "classification"}
    assert run("countersign/elements.js", "further", dict.fromkeys(elsewhere, "x")) == []  # those have a place of their own in the view
    assert len(run("countersign/elements.js", "further", {"a_member_of_the_next_version": "x"})) == 1
