"""Checkpoints, proofs and cosignatures: official examples, openssl as a second reader, and every malformed spelling."""

import base64
import json
import pathlib
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.cosignatures import Cosignature, WitnessKey, cosign, open_cosignatures
from keys.merkle import EMPTY_ROOT, inclusion_proof, leaf_hash, root
from keys.notes import (
    Checkpoint,
    LogKey,
    open_checkpoint,
    open_note,
    read_proof,
    sign_checkpoint,
    sign_note,
    verify_proof,
    write_proof,
)
from keys.signed_note import MOST_SIGNATURES, signature_line, signature_matches, split_note
from keys.tiles import ENTRIES, Edge, decode_entries, grow, node_from_tiles, tile_path
from schemas.problems import Problem, ProblemType

VECTORS = pathlib.Path(__file__).resolve().parents[3].parent / "shared" / "vectors"
OFFICIAL_LOG = VECTORS / "tlog-tiles"
WYCHEPROOF = VECTORS / "wycheproof" / "ed25519_test.json"
OFFICIAL_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

# the example of C2SP signed-note, section "Verifier keys"
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# golang.org/x/mod sumdb/note, note_test.go
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
SAYING = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

# transparency-dev/formats, note_cosigv1_test.go
REMORA_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = LogKey("county.example/log", PRIVATE.public_key().public_bytes_raw())
WITNESS_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
WITNESS = WitnessKey("t01.county.example", WITNESS_PRIVATE.public_key().public_bytes_raw())
ROOT = leaf_hash(b"entry")
ROOT64 = base64.b64encode(ROOT).decode()


def refused(kind: ProblemType) -> "pytest.RaisesExc[Problem]":
    return pytest.raises(Problem, match=kind.type)


def signed(text: str) -> bytes:
    return sign_note(text, LOG, PRIVATE)


def test_the_official_example_opens_and_its_key_is_written_back():
    key = LogKey.parse(EXAMPLE_KEY)
    assert open_note(EXAMPLE, key) == "This is an example message.\n"
    assert key.verifier == EXAMPLE_KEY
    assert key.id.hex() == "530d903a"


@pytest.mark.parametrize(("verifier", "signatures"), [(PETER_KEY, PETER), (PETER_KEY, PETER + ENOCH), (ENOCH_KEY, PETER + ENOCH)])
def test_signatures_of_the_go_implementation_are_read_and_unknown_ones_ignored(verifier: str, signatures: str):
    assert open_note(f"{SAYING}\n{signatures}".encode(), LogKey.parse(verifier)) == SAYING


@pytest.mark.parametrize(
    "note",
    [
        SAYING,
        SAYING + "\n",
        SAYING + "\n" + PETER[:-1],
        "\x01" + SAYING + "\n" + PETER,
        SAYING.replace(" ", "\t", 1) + "\n" + PETER,
        SAYING + "\r\n" + PETER,
        SAYING + "\n" + PETER.replace("PeterNeumann", "Bad Name"),
        SAYING + "\n" + PETER.replace("PeterNeumann", "Bad\u2003Name"),
        SAYING + "\n" + PETER.replace("PeterNeumann", "Peter+Neumann"),
        SAYING + "\n" + PETER.replace("PeterNeumann", ""),
        SAYING + "\n" + PETER + "Unexpected line.\n",
        SAYING + "\n" + PETER.replace("—", "-"),
        SAYING + "\n" + PETER.replace("AM=", "AM"),
        SAYING + "\n" + PETER.replace("AM=", "AN="),
        SAYING + "\n" + PETER.replace("=\n", "= \n"),
        SAYING + "\n" + PETER + ENOCH.replace("BPM", "B!M").replace("QQ=", "Q?="),
        SAYING + "\n— PeterNeumann x08gow==\n" + PETER,
        SAYING + "\n" + PETER * (MOST_SIGNATURES + 1),
        SAYING + "\n" + PETER + "\n",
        SAYING + " " * (1 << 20) + "\n\n" + PETER,
    ],
)
def test_a_malformed_note_is_refused_although_it_bears_a_good_signature(note: str):
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        open_note(note.encode(), LogKey.parse(PETER_KEY))


def test_a_note_that_is_not_utf8_is_refused():
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        open_note(b"\xff" + f"{SAYING}\n{PETER}".encode(), LogKey.parse(PETER_KEY))


@pytest.mark.parametrize(
    "note",
    [
        SAYING.replace("problem", "Problem") + "\n" + PETER,
        SAYING + "\n" + PETER.replace("ZJku", "ZJkv"),
        SAYING + "\n" + PETER + PETER.replace("ZJku", "ZJkv"),
        SAYING + "\n" + PETER[:60] + "ABCD" + PETER[60:],
        SAYING + "\n" + ENOCH,
        SAYING + "\n" + PETER.replace("PeterNeumann", "CarmenSandiego"),
        SAYING + "\n" + PETER.replace("x08g", "xxxx"),
    ],
)
def test_a_note_is_refused_when_a_known_key_does_not_match_or_is_not_there(note: str):
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        open_note(note.encode(), LogKey.parse(PETER_KEY))


def test_sixteen_and_more_signatures_are_accepted():
    assert open_note(f"{SAYING}\n{ENOCH * (MOST_SIGNATURES - 1)}{PETER}".encode(), LogKey.parse(PETER_KEY)) == SAYING


def test_no_part_of_a_verifier_line_and_no_neighbour_of_it_is_a_verifier_line():
    manglings = {PETER_KEY[start:end] for start in range(len(PETER_KEY)) for end in range(start, len(PETER_KEY) + 1)} - {PETER_KEY}
    manglings |= {PETER_KEY[:place] + chr(ord(PETER_KEY[place]) + 1) + PETER_KEY[place + 1 :] for place in range(len(PETER_KEY))}
    manglings |= {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER_KEY.replace("c74f20a3", "C74F20A3"),
        REMORA_KEY,
    }
    for mangled in manglings:
        with refused(ProblemType.CONFIG_INVALID):
            LogKey.parse(mangled)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x00", "\ud800"])
def test_a_name_that_no_note_can_bear_is_refused(name: str):
    with refused(ProblemType.CONFIG_INVALID):
        LogKey(name, LOG.public)
    with refused(ProblemType.CONFIG_INVALID):
        WitnessKey(name, LOG.public)


@pytest.mark.skipif(not OFFICIAL_LOG.is_dir(), reason="official tlog-tiles vectors are not beside the checkout")
@pytest.mark.parametrize("size", range(16))
def test_the_official_checkpoints_open_and_their_roots_are_ours(size: int):
    checkpoint = open_checkpoint((OFFICIAL_LOG / f"checkpoint.{size}").read_bytes(), LogKey.parse(OFFICIAL_KEY))
    entries = decode_entries((OFFICIAL_LOG / tile_path(ENTRIES, 0, size)).read_bytes()) if size else ()
    tiles, _ = grow(Edge(), [leaf_hash(entry) for entry in entries])
    top = root(node_from_tiles(lambda *_: b"", size, tiles), size)
    assert checkpoint == Checkpoint("example.com/log/testdata", size, top)


@pytest.mark.skipif(not WYCHEPROOF.is_file(), reason="Wycheproof vectors are not beside the checkout")
def test_the_signature_check_agrees_with_all_wycheproof_vectors():
    suite = json.loads(WYCHEPROOF.read_text())
    judged = {"valid": 0, "invalid": 0}
    for group in suite["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            good = signature_matches(public, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert good == (case["result"] == "valid"), case["comment"]
            judged[case["result"]] += 1
    assert sum(judged.values()) == suite["numberOfTests"] == 151


def test_a_checkpoint_is_signed_and_opened_again():
    checkpoint = Checkpoint(LOG.origin, 7, ROOT)
    note = sign_checkpoint(checkpoint, PRIVATE)
    assert note.startswith(f"county.example/log\n7\n{ROOT64}\n\n— county.example/log ".encode())
    assert open_checkpoint(note, LOG) == checkpoint


def test_extension_lines_are_kept_and_signed():
    checkpoint = Checkpoint(LOG.origin, 7, ROOT, ("first", "第二"))
    note = sign_checkpoint(checkpoint, PRIVATE)
    assert open_checkpoint(note, LOG) == checkpoint
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        open_checkpoint(note.replace(b"first", b"First"), LOG)


def test_openssl_verifies_a_checkpoint(tmp_path: pathlib.Path):
    note = sign_checkpoint(Checkpoint(LOG.origin, 7, ROOT), PRIVATE)
    text, (signature,) = split_note(note)
    public = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("text", text.encode()), ("signature", signature.value), ("public", public)):
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public", "-rawin", "-in", "text", "-sigfile", "signature"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "text").write_bytes(text.replace("7", "8").encode())
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    "text",
    [
        "county.example/log\n",
        "county.example/log\n7\n",
        f"\n7\n{ROOT64}\n",
        f"county.example/log\n07\n{ROOT64}\n",
        f"county.example/log\n+7\n{ROOT64}\n",
        f"county.example/log\n-7\n{ROOT64}\n",
        f"county.example/log\n7 \n{ROOT64}\n",
        f"county.example/log\n7_0\n{ROOT64}\n",
        f"county.example/log\n٧\n{ROOT64}\n",
        f"county.example/log\n0x7\n{ROOT64}\n",
        f"county.example/log\n7.0\n{ROOT64}\n",
        f"county.example/log\n{1 << 63}\n{ROOT64}\n",
        f"county.example/log\n{'9' * 5000}\n{ROOT64}\n",
        f"county.example/log\n7\n{ROOT64[:-1]}\n",
        f"county.example/log\n7\n{ROOT64} \n",
        f"county.example/log\n7\n {ROOT64}\n",
        f"county.example/log\n7\n{ROOT64[:-2]}{chr(ord(ROOT64[-2]) + 1)}=\n",
        f"county.example/log\n7\n{base64.b64encode(bytes(31)).decode()}\n",
        f"county.example/log\n7\n{base64.b64encode(bytes(33)).decode()}\n",
        f"county.example/log\n7\n{ROOT64}\n\n",
        f"county.example/log\n7\n{ROOT64}\n\nextension\n",
        f"county.example/log\n0\n{ROOT64}\n",
        f"other.example/log\n7\n{ROOT64}\n",
    ],
)
def test_a_checkpoint_in_another_spelling_is_refused_although_it_is_signed(text: str):
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        open_checkpoint(signed(text), LOG)


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint(LOG.origin, -1, ROOT),
        Checkpoint(LOG.origin, 1 << 63, ROOT),
        Checkpoint(LOG.origin, 0, ROOT),
        Checkpoint(LOG.origin, 1, ROOT[:31]),
        Checkpoint(LOG.origin, 1, ROOT, ("",)),
        Checkpoint(LOG.origin, 1, ROOT, ("two\nlines",)),
        Checkpoint(LOG.origin, 1, ROOT, ("tab\t",)),
    ],
)
def test_what_no_reader_would_take_is_not_signed(checkpoint: Checkpoint):
    with pytest.raises(ValueError, match=r"."):
        sign_checkpoint(checkpoint, PRIVATE)


def test_the_empty_tree_has_a_checkpoint():
    checkpoint = Checkpoint(LOG.origin, 0, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(checkpoint, PRIVATE), LOG) == checkpoint


def a_proof(index: int = 3, size: int = 7) -> tuple[bytes, bytes]:
    entries = [leaf_hash(bytes([number])) for number in range(size)]
    tiles, _ = grow(Edge(), [leaf_hash(entry) for entry in entries])
    node_at = node_from_tiles(lambda *_: b"", size, tiles)
    note = sign_checkpoint(Checkpoint(LOG.origin, size, root(node_at, size)), PRIVATE)
    return write_proof(index, inclusion_proof(node_at, index, size), note), entries[index]


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 7), (3, 7), (6, 7), (255, 256)])
def test_a_proof_is_verified(index: int, size: int):
    proof, entry = a_proof(index, size)
    found, checkpoint = verify_proof(proof, entry, LOG)
    assert (found, checkpoint.size) == (index, size)


def test_a_proof_is_written_as_its_specification_shows_it():
    proof = write_proof(1, [ROOT], b"note")
    assert proof == f"c2sp.org/tlog-proof@v1\nindex 1\n{ROOT64}\n\nnote".encode()
    assert read_proof(proof) == (1, (ROOT,), b"note")
    assert write_proof(0, [], b"note") == b"c2sp.org/tlog-proof@v1\nindex 0\n\nnote"


@pytest.mark.parametrize("extra", ["extra AAAA\n", "extra \n"])
def test_an_extra_line_is_passed_over(extra: str):
    proof, entry = a_proof()
    assert verify_proof(proof.replace(b"index", extra.encode() + b"index"), entry, LOG)[0] == 3


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\n"),
        ("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\r\n"),
        ("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\n\n"),
        ("c2sp.org/tlog-proof@v1\n", "\nc2sp.org/tlog-proof@v1\n"),
        ("index 3\n", ""),
        ("index 3\n", "index 3\nindex 3\n"),
        ("index 3\n", "index  3\n"),
        ("index 3\n", "index 03\n"),
        ("index 3\n", "index -3\n"),
        ("index 3\n", "index ３\n"),
        ("index 3\n", "index 3 \n"),
        ("index 3\n", "index\n"),
        ("index 3\n", "index 9223372036854775808\n"),
        ("index 3\n", "extra !\nindex 3\n"),
        ("index 3\n", "extra AAAA\nextra AAAA\nindex 3\n"),
        ("index 3\n", "index 3\nextra AAAA\n"),
        ("index 3\n", "index 3\nAAAA\n"),
        ("index 3\n", f"index 3\n{ROOT64[:-1]}\n"),
        ("index 3\n", f"index 3\n{ROOT64} \n"),
        ("index 3\n", "index 3\n" + f"{ROOT64}\n" * 64),
        ("\n\n", "\n"),
    ],
)
def test_a_proof_in_another_spelling_is_refused(part: str, other: str):
    proof, entry = a_proof()
    with refused(ProblemType.RECEIPT_MALFORMED):
        verify_proof(proof.decode().replace(part, other).encode(), entry, LOG)


def test_a_proof_of_another_entry_index_or_log_is_refused():
    proof, entry = a_proof()
    with refused(ProblemType.INCLUSION_PROOF):
        verify_proof(proof, b"another entry", LOG)
    with refused(ProblemType.INCLUSION_PROOF):
        verify_proof(proof.replace(b"index 3", b"index 2"), entry, LOG)
    with refused(ProblemType.INCLUSION_PROOF):
        verify_proof(proof.replace(b"index 3\n", f"index 3\n{ROOT64}\n".encode()), entry, LOG)
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        verify_proof(proof, entry, LogKey.parse(PETER_KEY))


def test_a_witness_key_of_another_implementation_is_written_back():
    assert WitnessKey.parse(REMORA_KEY).verifier == REMORA_KEY
    with refused(ProblemType.CONFIG_INVALID):
        WitnessKey.parse(PETER_KEY)


def test_a_witness_cosigns_with_its_time_and_the_log_signature_stays_valid():
    note = sign_checkpoint(Checkpoint(LOG.origin, 7, ROOT), PRIVATE)
    both = note + cosign(note, LOG, WITNESS.name, WITNESS_PRIVATE, 1_679_315_147)
    assert open_checkpoint(both, LOG).size == 7
    assert open_cosignatures(both, [WITNESS]) == (Cosignature(WITNESS, 1_679_315_147),)
    assert open_cosignatures(note, [WITNESS]) == ()
    assert open_cosignatures(both, []) == ()


def test_the_cosigned_message_is_the_one_of_the_specification():
    text = f"{LOG.origin}\n7\n{ROOT64}\n"
    signature = WITNESS_PRIVATE.sign(f"cosignature/v1\ntime 5\n{text}".encode())
    line = signature_line(WITNESS.name, WITNESS.id, (5).to_bytes(8) + signature)
    note = signed(text)
    assert cosign(note, LOG, WITNESS.name, WITNESS_PRIVATE, 5) == line.encode()


def test_the_newest_cosignature_of_a_witness_counts_once():
    note = sign_checkpoint(Checkpoint(LOG.origin, 7, ROOT), PRIVATE)
    lines = b"".join(cosign(note, LOG, WITNESS.name, WITNESS_PRIVATE, at) for at in (5, 9, 7))
    assert open_cosignatures(note + lines, [WITNESS]) == (Cosignature(WITNESS, 9),)


def test_a_cosignature_that_does_not_match_is_refused():
    note = sign_checkpoint(Checkpoint(LOG.origin, 7, ROOT), PRIVATE)
    signature = WITNESS_PRIVATE.sign(f"cosignature/v1\ntime 5\n{LOG.origin}\n7\n{ROOT64}\n".encode())
    for value in ((6).to_bytes(8) + signature, (1 << 63).to_bytes(8) + signature, b"\x05", signature):
        with refused(ProblemType.CHECKPOINT_SIGNATURE):
            open_cosignatures(note + signature_line(WITNESS.name, WITNESS.id, value).encode(), [WITNESS])


def test_a_witness_does_not_cosign_what_the_log_has_not_signed_nor_at_an_impossible_time():
    note = sign_checkpoint(Checkpoint(LOG.origin, 7, ROOT), PRIVATE)
    with refused(ProblemType.CHECKPOINT_SIGNATURE):
        cosign(note, LogKey.parse(PETER_KEY), WITNESS.name, WITNESS_PRIVATE, 5)
    for at in (-1, 1 << 63):
        with pytest.raises(ValueError, match="no time"):
            cosign(note, LOG, WITNESS.name, WITNESS_PRIVATE, at)
