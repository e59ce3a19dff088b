"""What is set aside lies there as ciphertext, can be brought back by those for whom it is, and goes after its month."""

import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sealing_maker import PHRASE, holding

from exchange.sealing import orphans
from exchange.sealing.orphans import Orphans, opened
from exchange.sealing.store import Recipient
from keys import custody, sealed
from schemas.problems import Exit, Problem, ProblemType

CONTENT = f"{PHRASE}\n".encode() * 20_000
NAME = hashlib.sha256(CONTENT).hexdigest()


def somebody() -> tuple[ec.EllipticCurvePrivateKey, Recipient]:
    private = ec.generate_private_key(ec.SECP256R1())
    return private, Recipient(sealed.recipient(private.public_key()), None, private.public_key())


def kept(folder: Path, *recipients: Recipient, content: bytes = CONTENT) -> Path:
    Orphans(folder).keep(NAME, [content[:7], content[7:]], recipients)
    (file,) = (folder / "orphans").iterdir()
    return file


def problem_of(file: Path, *keys: ec.EllipticCurvePrivateKey) -> ProblemType:
    with pytest.raises(Problem) as caught:
        b"".join(opened(file, keys)[1])
    return caught.value.kind


def test_each_of_its_recipients_opens_it_and_nobody_else(tmp_path: Path):
    (first, one), (second, other), (stranger, _) = somebody(), somebody(), somebody()
    file = kept(tmp_path, one, other)
    assert holding(tmp_path, PHRASE) == {}
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for private in (first, second):
        container, chunks = opened(file, [stranger, private])
        assert (container, b"".join(chunks)) == (NAME, CONTENT)
    assert problem_of(file, stranger) is ProblemType.KEY_UNREADABLE


def test_what_was_changed_cut_or_is_another_is_not_brought_back(tmp_path: Path):
    private, recipient = somebody()
    whole = kept(tmp_path, recipient).read_bytes()
    file = tmp_path / "file"
    for changed in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), whole[:40], b"", b"PK\3\4" + whole):
        file.write_bytes(changed)
        assert problem_of(file, private) is ProblemType.LEDGER_DAMAGED
    assert problem_of(kept(tmp_path, recipient, content=b"other bytes"), private) is ProblemType.LEDGER_DAMAGED


def test_what_an_earlier_edition_left_in_the_open_is_sealed_and_its_month_goes_on(tmp_path: Path):
    private, recipient = somebody()
    folder, aside = tmp_path / "orphans", Orphans(tmp_path)
    assert aside.plain() == []
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    os.utime(folder / NAME, (1e9, 1e9))
    assert aside.plain() == [NAME]
    aside.seal_plain(NAME, [recipient])
    (file,) = folder.iterdir()
    assert b"".join(opened(file, [private])[1]) == CONTENT
    aside.forget(1e9)
    assert file.exists()
    aside.forget(1e9 + 1)
    assert not file.exists()


def test_a_destruction_finds_it_in_either_form(tmp_path: Path):
    aside = Orphans(tmp_path)
    aside.discard(NAME)
    for file in (kept(tmp_path, somebody()[1]), tmp_path / "orphans" / NAME):
        file.write_bytes(b"x")
        assert aside.holds(NAME)
        aside.discard(NAME)
        assert not aside.holds(NAME)


def test_what_a_kill_left_half_written_goes(tmp_path: Path):
    aside = Orphans(tmp_path)
    file = kept(tmp_path, somebody()[1])
    half = file.with_name(f"{NAME}.new")
    half.write_bytes(b"half")
    aside.forget(0)
    assert list(file.parent.iterdir()) == [file]


def test_the_command_opens_with_the_keys_of_a_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    private, recipient = somebody()
    file, keys = kept(tmp_path, recipient), tmp_path / "keys"
    keys.mkdir()
    (keys / "passphrase").write_text("x" * 40)
    asked = [str(file), "--keys", str(keys), "--out", str(tmp_path / "out")]
    assert orphans.main(asked) == ProblemType.KEY_UNREADABLE.exit != Exit.OK
    assert not (tmp_path / "out").exists()
    custody.store_key(keys / "person.key.pem", private, b"x" * 40)
    assert orphans.main(asked) == 0
    assert (tmp_path / "out" / NAME).read_bytes() == CONTENT
    assert NAME in capsys.readouterr().out
