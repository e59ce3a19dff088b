import errno
import os
import pathlib
import re
import stat
import subprocess
import sys
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from signer_maker import authority, new_key, open_key

from keys import custody
from keys.custody import KeySigner
from keys.suites import P256_SHA256, key_of
from schemas.problems import Problem, ProblemType

PASSPHRASE = b"0" * 64


def refused(kind: ProblemType) -> pytest.RaisesExc[Problem]:
    return pytest.RaisesExc(Problem, check=lambda problem: problem.kind is kind)


def mode_of(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_passphrase_is_256_random_bits_for_the_owner_only(tmp_path: pathlib.Path) -> None:
    made = custody.make_passphrase(tmp_path / "passphrase")
    assert re.fullmatch(b"[0-9a-f]{64}", made)
    assert custody.read_passphrase(tmp_path / "passphrase") == made
    assert mode_of(tmp_path / "passphrase") == 0o600
    assert custody.make_passphrase(tmp_path / "other") != made


def test_a_passphrase_is_never_replaced(tmp_path: pathlib.Path) -> None:
    made = custody.make_passphrase(tmp_path / "passphrase")
    with refused(ProblemType.KEY_EXISTS):
        custody.make_passphrase(tmp_path / "passphrase")
    assert custody.read_passphrase(tmp_path / "passphrase") == made
    assert [path.name for path in tmp_path.iterdir()] == ["passphrase"]


def test_a_missing_or_short_passphrase_file_is_said_to_be_unreadable(tmp_path: pathlib.Path) -> None:
    (tmp_path / "short").write_bytes(b"secret\n")
    for name in ("short", "missing", "."):
        with refused(ProblemType.KEY_UNREADABLE):
            custody.read_passphrase(tmp_path / name)


def test_keys_come_back_as_they_were_stored(tmp_path: pathlib.Path) -> None:
    signing, log = new_key(), ed25519.Ed25519PrivateKey.generate()
    custody.store_key(tmp_path / "signing.pem", signing, PASSPHRASE)
    custody.store_key(tmp_path / "log.pem", log, PASSPHRASE)
    assert custody.load_signing_key(tmp_path / "signing.pem", PASSPHRASE).public_key() == signing.public_key()
    assert custody.load_log_key(tmp_path / "log.pem", PASSPHRASE).public_key() == log.public_key()
    assert custody.load_key(tmp_path / "log.pem", PASSPHRASE).public_key() == log.public_key()
    for wrong, load in (("log.pem", custody.load_signing_key), ("signing.pem", custody.load_log_key)):
        with refused(ProblemType.KEY_UNREADABLE):
            load(tmp_path / wrong, PASSPHRASE)


def test_openssl_reads_the_stored_key_and_it_is_encrypted(tmp_path: pathlib.Path) -> None:
    key = new_key()
    custody.store_key(tmp_path / "key.pem", key, PASSPHRASE)
    assert (tmp_path / "key.pem").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert mode_of(tmp_path / "key.pem") == 0o600
    command = ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-passin", f"pass:{PASSPHRASE.decode()}"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == open_key(key)


def test_a_stored_key_is_never_replaced(tmp_path: pathlib.Path) -> None:
    first = new_key()
    custody.store_key(tmp_path / "key.pem", first, PASSPHRASE)
    with refused(ProblemType.KEY_EXISTS):
        custody.store_key(tmp_path / "key.pem", new_key(), PASSPHRASE)
    assert custody.load_signing_key(tmp_path / "key.pem", PASSPHRASE).public_key() == first.public_key()
    assert [path.name for path in tmp_path.iterdir()] == ["key.pem"]


def test_a_dangling_link_is_not_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "key.pem").symlink_to(tmp_path / "elsewhere")
    with refused(ProblemType.KEY_EXISTS):
        custody.store_key(tmp_path / "key.pem", new_key(), PASSPHRASE)
    assert not (tmp_path / "elsewhere").exists()


def test_of_two_that_store_at_once_one_wins_whole(tmp_path: pathlib.Path) -> None:
    keys, refusals = [new_key() for _ in range(8)], []
    together = threading.Barrier(len(keys))

    def store(key: ec.EllipticCurvePrivateKey) -> None:
        together.wait()
        try:
            custody.store_key(tmp_path / "key.pem", key, PASSPHRASE)
        except Problem as problem:
            refusals.append(problem.kind)

    threads = [threading.Thread(target=store, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals == [ProblemType.KEY_EXISTS] * 7
    winner = custody.load_signing_key(tmp_path / "key.pem", PASSPHRASE).public_key()
    assert sum(winner == key.public_key() for key in keys) == 1


def test_a_short_passphrase_stores_nothing(tmp_path: pathlib.Path) -> None:
    for passphrase in (b"", b"x" * 31):
        with refused(ProblemType.CONFIG_INVALID):
            custody.store_key(tmp_path / "key.pem", new_key(), passphrase)
    assert list(tmp_path.iterdir()) == []
    custody.store_key(tmp_path / "key.pem", new_key(), b"x" * 32)


def unreadable_keys() -> dict[str, bytes]:
    rsa_key = rsa.generate_private_key(65537, 2048)
    encrypted = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    return {
        "empty": b"",
        "not-encrypted": new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "rsa": rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)),
        "cut": encrypted[:120],
        "damaged": encrypted.replace(b"A", b"B"),
        "noise": os.urandom(300),
    }


@pytest.mark.parametrize(("name", "content"), unreadable_keys().items(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_no_key_of_ours_is_unreadable(tmp_path: pathlib.Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with refused(ProblemType.KEY_UNREADABLE):
        custody.load_key(tmp_path / name, PASSPHRASE)


def test_a_wrong_passphrase_and_a_missing_file_are_unreadable(tmp_path: pathlib.Path) -> None:
    custody.store_key(tmp_path / "key.pem", new_key(), PASSPHRASE)
    with refused(ProblemType.KEY_UNREADABLE):
        custody.load_key(tmp_path / "key.pem", b"1" * 64)
    with refused(ProblemType.KEY_UNREADABLE):
        custody.load_key(tmp_path / "missing.pem", PASSPHRASE)


def test_a_signer_signs_with_its_certificates_suite() -> None:
    signer = authority().signer()
    P256_SHA256.verify(key_of(signer.certificate), b"message", signer.sign(b"message"))


def test_a_signer_with_another_certificates_key_is_refused() -> None:
    house = authority()
    with refused(ProblemType.KEY_UNREADABLE):
        KeySigner(new_key(), house.signer().certificate)


def test_a_signer_shows_no_key() -> None:
    assert repr(authority().signer("城关镇")) == "KeySigner(CN=城关镇,O=测试县人民政府办公室)"


def test_writing_replaces_whole_and_leaves_nothing_beside(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "checkpoint"
    custody.write_durably(path, b"first", 0o644)
    custody.write_durably(path, b"second", 0o644)
    assert path.read_bytes() == b"second"
    assert mode_of(path) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_mode_holds_whatever_the_umask(tmp_path: pathlib.Path) -> None:
    before = os.umask(0o077)
    try:
        custody.write_durably(tmp_path / "public", b"x", 0o644)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "public") == 0o644


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
def test_a_failing_disk_is_told_and_the_old_content_stays(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    path = tmp_path / "checkpoint"
    custody.write_durably(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(failing, fail)
    with pytest.raises(OSError, match="input/output"):
        custody.write_durably(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_and_folder_are_synced_in_this_order(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, pathlib.Path.replace

    def note_sync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else f"file of {os.fstat(descriptor).st_size}")
        fsync(descriptor)

    def note_replace(self: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(pathlib.Path, "replace", note_replace)
    custody.write_durably(tmp_path / "checkpoint", b"content")
    assert steps == ["file of 7", "name", "folder"]


# A child dies without any clean-up at its n-th line inside custody.py; what it leaves is looked at from outside.
DIE = """
import os, pathlib, sys
from keys import custody
target, act, last = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
seen = 0
def on_line(frame, event, argument):
    global seen
    if frame.f_code.co_filename != custody.__file__:
        return None
    if event == "line":
        seen += 1
        if seen == last:
            os._exit(9)
    return on_line
sys.settrace(on_line)
if act == "write":
    custody.write_durably(target, b"new" * 1000)
else:
    custody.make_passphrase(target)
"""


def die_at(target: pathlib.Path, act: str, line: int) -> bool:
    """Return whether the child got through before its line came."""
    code = subprocess.run([sys.executable, "-c", DIE, str(target), act, str(line)], check=False).returncode
    assert code in (0, 9)
    return code == 0


@pytest.fixture
def from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pathlib.Path(custody.__file__).parents[1]))


@pytest.mark.usefixtures("from_the_checkout")
@pytest.mark.parametrize("act", ["write", "make"])
def test_a_kill_anywhere_leaves_the_old_or_the_new_whole(tmp_path: pathlib.Path, act: str) -> None:
    seen = set()
    for line in range(1, 60):
        target = tmp_path / f"{act}{line}"
        if act == "write":
            target.write_bytes(b"old")
        through = die_at(target, act, line)
        seen.add(target.read_bytes() if target.exists() else b"")
        if through:
            break
    else:
        pytest.fail("the child never got through")
    if act == "write":
        assert seen == {b"old", b"new" * 1000}
    else:
        assert {len(content) for content in seen} == {0, 65}


@pytest.mark.usefixtures("from_the_checkout")
def test_after_a_kill_the_work_can_be_done_again(tmp_path: pathlib.Path) -> None:
    for line in range(1, 12):
        die_at(tmp_path / "passphrase", "make", line)
    if not (tmp_path / "passphrase").exists():
        custody.make_passphrase(tmp_path / "passphrase")
    assert len(custody.read_passphrase(tmp_path / "passphrase")) == 64
