"""Bad containers: every fault has its own name, is seen at the first byte that shows it, whatever the chunks."""

import dataclasses
import io
import random
import struct
import warnings
import zipfile
from collections.abc import Callable

import container_maker as maker
import pytest

from keys import container, zip_stream
from keys.container import Limits
from schemas.problems import ProblemType

GOOD = maker.zipped(maker.members())
ENTRIES = zip_stream.laid_out([(name, zipfile.crc32(content), len(content)) for name, content in maker.members()])
TAIL = ENTRIES[-1].end
P = ProblemType


def changed(place: int, new: bytes, content: bytes = GOOD) -> bytes:
    assert content[place : place + len(new)] != new
    return content[:place] + new + content[place + len(new) :]


def central(number: int) -> int:
    """Place of the central record of this member."""
    return TAIL + sum(46 + len(entry.name.encode()) for entry in ENTRIES[:number])


def both(number: int, local: int, new: bytes) -> bytes:
    """Change a field in the local header and in the central record alike (its place there is 2 bytes further on)."""
    return changed(central(number) + local + 2, new, changed(ENTRIES[number].offset + local, new))


def with_fault(number: int, **attributes: int | bytes) -> bytes:
    """Let `zipfile` write one member with other attributes."""
    members: list[tuple[str | zipfile.ZipInfo, bytes]] = list(maker.members())
    information = maker.information(str(members[number][0]))
    for name, value in attributes.items():
        setattr(information, name, value)
    members[number] = (information, members[number][1])
    return maker.zipped(members)


def reordered(one: int, other: int, further: int = 0) -> bytes:
    members = maker.members(further=further)
    members[one], members[other] = members[other], members[one]
    return maker.zipped(members)


def replaced(number: int, content: bytes) -> bytes:
    members = maker.members()
    members[number] = (members[number][0], content)
    return maker.zipped(members)


def inserted(number: int, name: str, content: bytes = b"") -> bytes:
    members = maker.members()
    members.insert(number, (name, content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile only warns of a name that it writes twice
        return maker.zipped(members)


def without(number: int) -> bytes:
    members = maker.members()
    del members[number]
    return maker.zipped(members)


def streamed() -> bytes:
    """Let `zipfile` write to a pipe: sizes in data descriptors."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_arguments: int) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    out = Pipe()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in maker.members():
            archive.writestr(maker.information(name), content)
    return out.getvalue()


def zip64() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, content) in enumerate(maker.members()):
            with archive.open(maker.information(name), "w", force_zip64=number == 4) as member:
                member.write(content)
    return out.getvalue()


def foreign() -> bytes:
    """ASiC-E as others order it: documents first, META-INF last."""
    mimetype, manifest, signature, *documents = maker.members()
    return maker.zipped([mimetype, *documents, manifest, signature])


def joined(*entries: zip_stream.Entry) -> bytes:
    """Write members by their entries, with whatever names these bear."""
    contents = [content for _, content in maker.members()]
    out = b""
    placed = []
    for entry, content in zip(entries, contents, strict=True):
        placed.append(dataclasses.replace(entry, offset=len(out)))
        out += zip_stream.local_header(entry) + content
    return out + zip_stream.tail(placed)


def named(number: int, name: str) -> bytes:
    return joined(*[dataclasses.replace(entry, name=name) if at == number else entry for at, entry in enumerate(ENTRIES)])


def listing(files: dict[str, bytes]) -> bytes:
    return maker.zipped(maker.members(listed=files))


MAIN = ENTRIES[4]
SIZE = struct.pack("<II", *[len(maker.FILES[maker.MAIN]) + 1] * 2)
COMMENTED = GOOD[:-2] + b"\x02\x00hi"

BAD: dict[str, tuple[ProblemType, Callable[[], bytes]]] = {
    "empty": (P.TRUNCATED, lambda: b""),
    "a PDF": (P.NOT_A_CONTAINER, lambda: b"%PDF-1.7 " + GOOD),
    "an empty zip": (P.NOT_A_CONTAINER, lambda: maker.zipped([])),
    "a word processor's file": (P.NOT_A_CONTAINER, lambda: maker.zipped([("[Content_Types].xml", b""), ("word/document.xml", b"")])),
    "mimetype not first": (P.NOT_A_CONTAINER, lambda: reordered(0, 1)),
    "mimetype of another kind": (P.NOT_A_CONTAINER, lambda: replaced(0, b"application/vnd.etsi.asic-s+zip")),
    "mimetype with a line end": (P.NOT_A_CONTAINER, lambda: replaced(0, container.MEDIA_TYPE.encode() + b"\n")),
    "mimetype compressed": (P.NOT_A_CONTAINER, lambda: with_fault(0, compress_type=zipfile.ZIP_DEFLATED)),
    "bytes in front": (P.NOT_A_CONTAINER, lambda: b"\0" + GOOD),
    "cut in a document": (P.TRUNCATED, lambda: GOOD[: MAIN.start + 3]),
    "cut before the directory": (P.TRUNCATED, lambda: GOOD[:TAIL]),
    "cut before the last byte": (P.TRUNCATED, lambda: GOOD[:-1]),
    "a byte behind": (P.TRAILING_BYTES, lambda: GOOD + b"\0"),
    "a second container behind": (P.TRAILING_BYTES, lambda: GOOD + GOOD),
    "archive comment": (P.HEADER_MISMATCH, lambda: COMMENTED),
    "bytes between members": (P.HEADER_MISMATCH, lambda: GOOD[: MAIN.offset] + b"gap!" + GOOD[MAIN.offset :]),
    "bytes before the directory": (P.HEADER_MISMATCH, lambda: GOOD[:TAIL] + b"gap!" + GOOD[TAIL:]),
    "no directory": (P.HEADER_MISMATCH, lambda: GOOD[:TAIL] + GOOD[-22:]),
    "ordinary ASiC-E": (P.MEMBER_ORDER, foreign),
    "signature before manifest": (P.MEMBER_ORDER, lambda: reordered(1, 2)),
    "metadata after the main document": (P.MEMBER_ORDER, lambda: reordered(3, 4)),
    "attachments exchanged": (P.MEMBER_ORDER, lambda: reordered(5, 6)),
    "attachment before the main document": (P.MEMBER_ORDER, lambda: reordered(4, 5)),
    "second pair exchanged with third": (P.MEMBER_ORDER, lambda: reordered(3, 5, further=2)),
    "second pair behind the metadata": (P.MEMBER_ORDER, lambda: reordered(3, 5, further=1)),
    "a manifest among the documents": (P.MEMBER_ORDER, lambda: inserted(5, "META-INF/ASiCManifest002.xml")),
    "compressed document": (P.MEMBER_COMPRESSED, lambda: with_fault(4, compress_type=zipfile.ZIP_DEFLATED)),
    "compressed manifest": (P.MEMBER_COMPRESSED, lambda: with_fault(1, compress_type=zipfile.ZIP_BZIP2)),
    "encrypted document": (P.MEMBER_COMPRESSED, lambda: both(4, 6, b"\x01\x08")),
    "data descriptors": (P.NOT_A_CONTAINER, streamed),
    "a data descriptor": (P.HEADER_MISMATCH, lambda: both(4, 6, b"\x08\x08")),
    "zip64": (P.HEADER_MISMATCH, zip64),
    "needs a newer version": (P.HEADER_MISMATCH, lambda: both(4, 4, b"\x2d\x00")),
    "extra field": (P.HEADER_MISMATCH, lambda: with_fault(4, extra=b"\xfe\xca\x00\x00")),
    "comment of a member": (P.HEADER_MISMATCH, lambda: with_fault(4, comment=b"hidden")),
    "symbolic link": (P.HEADER_MISMATCH, lambda: with_fault(4, external_attr=0o120777 << 16, create_system=3)),
    "folder attribute": (P.HEADER_MISMATCH, lambda: with_fault(4, external_attr=0x10)),
    "Chinese name without its flag": (P.HEADER_MISMATCH, lambda: both(4, 6, b"\x00\x00")),
    "packed size differs from size": (P.HEADER_MISMATCH, lambda: changed(MAIN.offset + 18, SIZE[:4])),
    "other name in the directory": (P.HEADER_MISMATCH, lambda: changed(central(5) + 46, b"attachments/snow.csv")),
    "other size in the directory": (P.HEADER_MISMATCH, lambda: changed(central(4) + 20, SIZE)),
    "other CRC in the directory": (P.HEADER_MISMATCH, lambda: changed(central(4) + 16, b"\0\0\0\0")),
    "other offset in the directory": (P.HEADER_MISMATCH, lambda: changed(central(4) + 42, b"\0\0\0\0")),
    "other flags in the directory": (P.HEADER_MISMATCH, lambda: changed(central(5) + 8, b"\x00\x08")),
    "other date in the directory": (P.HEADER_MISMATCH, lambda: changed(central(5) + 14, b"\x22\x00")),
    "other count at the end": (P.HEADER_MISMATCH, lambda: changed(len(GOOD) - 14, b"\x01\x00\x01\x00")),
    "a record more in the directory": (P.HEADER_MISMATCH, lambda: GOOD[:-22] + GOOD[central(6) : -22] + GOOD[-22:]),
    "size beyond the content": (P.HEADER_MISMATCH, lambda: changed(ENTRIES[5].offset, b"PK\x07\x08")),
    "CRC wrong on both sides": (P.DIGEST_MISMATCH, lambda: both(4, 14, b"\0\0\0\0")),
    "CRC of the signature wrong": (P.DIGEST_MISMATCH, lambda: both(2, 14, b"\0\0\0\0")),
    "other main document": (P.DIGEST_MISMATCH, lambda: replaced(4, b"%PDF-1.7 Main document")),
    "longer attachment": (P.DIGEST_MISMATCH, lambda: replaced(5, b"day,mm\n1,20\n2,40\n")),
    "other metadata": (P.DIGEST_MISMATCH, lambda: replaced(3, b"[]")),
    "unlisted document": (P.UNLISTED_MEMBER, lambda: inserted(7, "attachments/more.txt")),
    "unlisted document in between": (P.UNLISTED_MEMBER, lambda: inserted(5, "more.txt")),
    "unlisted file in META-INF": (P.UNLISTED_MEMBER, lambda: inserted(7, "META-INF/container.xml")),
    "no signature": (P.MEMBER_ORDER, lambda: without(2)),
    "no metadata": (P.MEMBER_ORDER, lambda: without(3)),
    "last attachment missing": (P.MISSING_MEMBER, lambda: without(6)),
    "only the mimetype": (P.MISSING_MEMBER, lambda: maker.zipped(maker.members()[:1])),
    "only the head": (P.MISSING_MEMBER, lambda: maker.zipped(maker.members()[:4])),
    "document twice": (P.DUPLICATE_NAME, lambda: inserted(7, maker.MAIN)),
    "document twice in other case": (P.DUPLICATE_NAME, lambda: inserted(7, "attachments/RAIN.csv")),
    "manifest twice": (P.DUPLICATE_NAME, lambda: inserted(2, "META-INF/ASiCManifest001.xml")),
    "signature twice": (P.DUPLICATE_NAME, lambda: inserted(7, "META-INF/signature001.p7s")),
    "mimetype twice": (P.DUPLICATE_NAME, lambda: inserted(1, "mimetype")),
    "listed twice": (P.DUPLICATE_NAME, lambda: listing(maker.FILES | {"attachments/Rain.CSV": b""})),
    "climbing name": (P.UNSAFE_NAME, lambda: named(6, "attachments/../../x")),
    "absolute name": (P.UNSAFE_NAME, lambda: named(6, "/etc/passwd")),
    "backslash in a name": (P.UNSAFE_NAME, lambda: named(6, "attachments\\x")),
    "folder": (P.UNSAFE_NAME, lambda: inserted(5, "attachments/")),
    "name in form NFD": (P.UNSAFE_NAME, lambda: named(6, "attachments/e\u0301")),
    "name not UTF-8": (P.UNSAFE_NAME, lambda: both(4, 30, b"\xff")),
    "name too long": (P.UNSAFE_NAME, lambda: named(6, "attachments/" + "a" * 300)),
    "unsafe name listed": (P.UNSAFE_NAME, lambda: listing(maker.FILES | {"../x": b""})),
    "main document in a folder": (P.UNSAFE_NAME, lambda: listing({"attachments/a.pdf": b"", "b.pdf": b""})),
    "manifest is not XML": (P.MANIFEST_MALFORMED, lambda: replaced(1, b"{}")),
    "manifest names another signature": (
        P.MANIFEST_MALFORMED,
        lambda: replaced(1, maker.manifest_xml({"metadata.json": b"{}"} | maker.FILES, "META-INF/signature002.p7s")),
    ),
    "second manifest names the first signature": (
        P.MANIFEST_MALFORMED,
        lambda: maker.zipped([(name, content.replace(b"signature002", b"signature001")) for name, content in maker.members(further=1)]),
    ),
    "second manifest lists less": (
        P.MANIFEST_MALFORMED,
        lambda: maker.zipped(
            [
                *maker.members()[:3],
                ("META-INF/ASiCManifest002.xml", maker.manifest_xml({"metadata.json": b"{}", "a.pdf": b""}, "META-INF/signature002.p7s")),
                ("META-INF/signature002.p7s", b""),
                *maker.members()[3:],
            ],
        ),
    ),
    "head too large": (P.HEAD_TOO_LARGE, lambda: replaced(2, bytes(2**20))),
    "part too large": (P.PART_TOO_LARGE, lambda: changed(MAIN.offset + 18, struct.pack("<II", *[200 * 2**20 + 1] * 2))),
    "too many signatures": (P.TOO_MANY_MEMBERS, lambda: maker.zipped(maker.members(further=20))),
    "too many documents": (P.TOO_MANY_MEMBERS, lambda: maker.zipped(maker.members({f"{number}.txt": b"" for number in range(125)}))),
    "too many with a second signature": (
        P.TOO_MANY_MEMBERS,
        lambda: maker.zipped(maker.members({f"{number}.txt": b"" for number in range(123)}, further=1)),
    ),
    "far too many documents": (P.TOO_MANY_MEMBERS, lambda: maker.zipped(maker.members({f"{number}.txt": b"" for number in range(1000)}))),
}


def test_the_container_from_which_the_bad_ones_are_made_is_good():
    assert maker.verdict(GOOD) == maker.verdict(joined(*ENTRIES))
    assert not isinstance(maker.verdict(GOOD), ProblemType)
    assert not isinstance(maker.verdict(maker.zipped(maker.members(further=19))), ProblemType)
    assert not isinstance(maker.verdict(maker.zipped(maker.members({f"{number}.txt": b"" for number in range(124)}))), ProblemType)


@pytest.mark.parametrize("name", BAD)
def test_bad_container_is_refused_by_its_own_name_in_any_chunks(name: str):
    kind, make = BAD[name]
    content = make()
    assert maker.verdict(content) is kind
    chance = random.Random(name)
    assert maker.verdict(content, [chance.choice([0, 1, 3, 29, 30, 500]) for _ in range(50)]) is kind
    if len(content) < 2**16:
        assert maker.refusal(content)[0] is kind


@pytest.mark.parametrize(
    ("name", "shown_at"),
    [
        ("a PDF", 4),
        ("a word processor's file", 30 + len("[Content_Types].xml")),
        ("mimetype of another kind", ENTRIES[0].end),
        ("ordinary ASiC-E", ENTRIES[1].offset + 30 + len("metadata.json")),
        ("compressed document", MAIN.offset + 30),
        ("part too large", MAIN.start),
        ("other metadata", ENTRIES[3].end),
        ("other main document", MAIN.end),
        ("other CRC in the directory", central(4) + 17),
        ("symbolic link", central(4) + 41),
        ("archive comment", len(GOOD) - 1),
        ("a byte behind", len(GOOD) + 1),
    ],
)
def test_problem_is_raised_at_the_first_byte_that_shows_it(name: str, shown_at: int):
    assert maker.refusal(BAD[name][1]())[1] == shown_at


def test_a_container_too_large_is_refused_at_the_header_that_says_so():
    kind, shown_at = maker.refusal(GOOD, Limits(container=MAIN.end - 1))
    assert (kind, shown_at) == (P.CONTAINER_TOO_LARGE, MAIN.start)
    kind, shown_at = maker.refusal(GOOD, Limits(container=len(GOOD) - 1))
    assert (kind, shown_at) == (P.CONTAINER_TOO_LARGE, TAIL + 4)


def test_a_head_too_large_is_refused_at_the_header_that_says_so():
    kind, shown_at = maker.refusal(GOOD, Limits(head=ENTRIES[3].end - 1))
    assert (kind, shown_at) == (P.HEAD_TOO_LARGE, ENTRIES[3].start)


def test_sixty_thousand_members_are_refused_in_the_head():
    names = {f"{number}.txt": b"" for number in range(60_000)}
    all_listed = maker.zipped(maker.members(names))
    assert maker.verdict(all_listed) is P.HEAD_TOO_LARGE
    assert maker.refusal(all_listed[:5000])[1] < 200
    some_listed = maker.zipped(maker.members(names, listed=dict(list(names.items())[:4000])))
    assert maker.verdict(some_listed) is P.TOO_MANY_MEMBERS
    assert maker.verdict(some_listed[: 2**20]) is P.TOO_MANY_MEMBERS


def test_a_foreign_zip_of_sixty_thousand_members_is_refused_at_its_first_name():
    content = maker.zipped([(f"{number}", b"") for number in range(60_000)])
    assert maker.refusal(content) == (P.NOT_A_CONTAINER, 31)


def test_every_single_changed_byte_is_refused():
    content = maker.packed({"报.txt": b"main", "attachments/a": b"x"})
    for place in range(len(content)):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            mutant = bytearray(content)
            mutant[place] ^= mask
            assert isinstance(maker.verdict(bytes(mutant)), ProblemType), f"byte {place} changed by {mask:#x}"


def test_every_prefix_is_truncated():
    content = maker.packed({"报.txt": b"main", "attachments/a": b"x"})
    for place in range(len(content)):
        assert maker.verdict(content[:place]) is P.TRUNCATED


def test_every_single_lost_or_doubled_byte_is_refused():
    content = maker.packed({"报.txt": b"main", "attachments/a": b"x"})
    for place in range(len(content)):
        assert isinstance(maker.verdict(content[:place] + content[place + 1 :]), ProblemType)
        assert isinstance(maker.verdict(content[: place + 1] + content[place:]), ProblemType)
