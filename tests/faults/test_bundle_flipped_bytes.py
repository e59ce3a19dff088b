"""One flipped byte anywhere in a bundle: both verifiers refuse it, and even after a forger has made the checksums anew."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundle_maker import Files, files_of, refused, run_script, summed, unpacked, with_receipts, zipped
from evidence_maker import make_case

from keys.bundle import check_bundle
from schemas.problems import Problem, ProblemType

# a flipped byte may make a serial number negative: pyca then warns beside parsing it, and our own checks refuse the bundle
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

CHANCE = random.Random(20051110)

# nothing signs these two, and a stranger brings his own copy of the script
UNSIGNED = {"SHA256SUMS", "README.txt", "verify.sh"}
# the answer around a time-stamp token, and certificates that came along with it, are nobody's word: other spellings are possible
PARTLY_SIGNED = "receipts/001.tsr"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("case")
    case = make_case()
    return summed(with_receipts(files_of(case, folder), list(case.receipts[:1])))


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << CHANCE.randrange(8)]) + content[place + 1 :]


def places(content: bytes, count: int) -> Iterator[int]:
    """Yield the first place, the last, and some between."""
    yield from sorted({0, len(content) - 1, *(CHANCE.randrange(len(content)) for _ in range(count))})


def with_content(files: Files) -> list[str]:
    return [name for name, content in files.items() if content]


def test_the_bundle_is_good_before_a_byte_is_flipped(files: Files, tmp_path: Path):
    assert run_script(unpacked(files, tmp_path / "unzipped")).status == 0
    check_bundle(zipped(files, tmp_path / "bundle.zip"))


def test_a_flipped_byte_in_any_member_is_refused_by_both(files: Files, tmp_path: Path):
    trusted = tmp_path / "trusted.sh"
    trusted.write_bytes(files["verify.sh"])
    folder = unpacked(files, tmp_path / "unzipped")
    for name in with_content(files):
        for place in places(files[name], 1):
            changed = flipped(files[name], place)
            (folder / name).write_bytes(changed)
            assert run_script(folder, script=str(trusted)).status == 1, (name, place)
            with pytest.raises(Problem) as refusal:
                check_bundle(zipped(files | {name: changed}, tmp_path / "bundle.zip"))
            assert refusal.value.kind in {ProblemType.BUNDLE_CHECKSUM, ProblemType.BUNDLE_MALFORMED, ProblemType.UNSAFE_NAME}
        (folder / name).write_bytes(files[name])
    assert run_script(folder, script=str(trusted)).status == 0


def test_a_flipped_byte_is_refused_by_both_when_the_checksums_were_made_anew(files: Files, tmp_path: Path):
    for name in with_content(files):
        if name not in UNSIGNED and name != PARTLY_SIGNED:
            for place in places(files[name], 0 if name.startswith("container/") else 1):
                refused(summed(files | {name: flipped(files[name], place)}), tmp_path)


def test_our_verifier_refuses_a_flipped_byte_at_many_more_places(files: Files, tmp_path: Path):
    for name in with_content(files):
        if name not in UNSIGNED and name != PARTLY_SIGNED:
            for place in places(files[name], 25):
                with pytest.raises(Problem):
                    check_bundle(zipped(summed(files | {name: flipped(files[name], place)}), tmp_path / "bundle.zip"))


def test_a_flipped_byte_in_what_a_time_stamp_says_is_refused_by_both(files: Files, tmp_path: Path):
    content = files[PARTLY_SIGNED]
    said = content.index(b"20050510083016Z")
    for place in (said + 13, content.index(b"\x02\x01\x01\x06", said - 120) + 6, len(content) - 1):
        found, _ = refused(summed(files | {PARTLY_SIGNED: flipped(content, place)}), tmp_path)
        assert found is ProblemType.RECEIPT_TIME_STAMP
