"""Makes ZIP files as usual programs write them, and such as no program does, for tests."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping

from archive.reading import read_document
from archive.reading.reading import Reading

UTF8 = 1 << 11
DESCRIBED = 1 << 3
ZIP64 = 0xFFFF_FFFF


def zipped(files: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """Return a ZIP as Python writes it, with UTF-8 names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def streamed(files: Mapping[str, bytes], *, marked: bool = True, long: bool = False) -> bytes:
    """Return a ZIP with data descriptors, as macOS and programs that stream write it; `marked` and `long` say of which form."""
    return written({name: Member(content, flags=UTF8 | DESCRIBED, marked=marked, long=long) for name, content in files.items()})


class Member:
    """A member by its bytes and everything that may be said wrongly about it."""

    def __init__(
        self, content: bytes, *, flags: int = 0, raw: bytes | None = None, marked: bool = True, long: bool = False, **more: int
    ) -> None:
        self.content = content
        self.flags = flags
        self.raw = raw
        self.marked = marked
        self.long = long
        self.size = more.get("size", len(content))
        self.method = more.get("method", 8)
        self.outer = more.get("outer", 0)
        self.made = more.get("made", 20)


def written(members: Mapping[str, Member], *, long_end: bool = False, comment: bytes = b"") -> bytes:
    """Return a ZIP of these members, byte by byte."""
    body, directory = b"", b""
    for name, member in members.items():
        raw = name.encode() if member.raw is None else member.raw
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = member.content if member.method == 0 else packer.compress(member.content) + packer.flush()
        crc = zlib.crc32(member.content)
        described = member.flags & DESCRIBED
        said = (0, 0, 0) if described else (crc, ZIP64, ZIP64) if member.long else (crc, len(packed), member.size)
        extra = struct.pack("<2H2Q", 1, 16, member.size, len(packed)) if member.long and not described else b""
        header = len(body)
        body += struct.pack(
            "<4s5H3I2H", b"PK\3\4", 45 if member.long else 20, member.flags, member.method, 0, 0x5D74, *said, len(raw), len(extra)
        )
        body += raw + extra + packed
        if described:
            body += b"PK\7\x08" * member.marked + struct.pack("<I2Q" if member.long else "<3I", crc, len(packed), member.size)
        sizes = (ZIP64, ZIP64) if member.long else (len(packed), member.size)
        extra = struct.pack("<2H2Q", 1, 16, member.size, len(packed)) if member.long else b""
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", member.made, 20, member.flags, member.method, 0, 0x5D74, crc, *sizes, len(raw), len(extra), 0, 0, 0,
            member.outer, header,
        ) + raw + extra  # fmt: skip
    count, start = len(members), len(body)
    end = b""
    if long_end:
        end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start)
        end += struct.pack("<4sIQI", b"PK\6\7", 0, start + len(directory), 1)
        end += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, ZIP64, ZIP64, len(comment))
    else:
        end += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), start, len(comment))
    return body + directory + end + comment


def read(content: bytes, name: str = "附件.zip", media_type: str = "application/zip") -> Reading:
    """Read a file in this very process."""
    document = os.memfd_create("test")
    try:
        os.write(document, content)
        return read_document.read(name, media_type, document, len(content))
    finally:
        os.close(document)


def shown(
    content: bytes, pages: list[tuple[str, int]], name: str = "附件.zip", media_type: str = "application/zip"
) -> list[tuple[str, int]]:
    """Return path and page of each frame that is drawn, in this very process."""
    document = os.memfd_create("test")
    try:
        os.write(document, content)
        return [(frame.path, frame.page) for frame in read_document.show(name, media_type, document, len(content), pages)]
    finally:
        os.close(document)
