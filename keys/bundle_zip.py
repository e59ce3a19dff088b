"""The bundle as a zip: written as a stream, and read strictly when it comes from a stranger.

Read are plain files only, each name once and safe, sizes bounded, no bytes before the first member or after the end record.
"""

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from keys import member_names
from keys.bundle_members import Member
from schemas.problems import Problem, ProblemType

LARGEST_MEMBER: Final = 500_000_000
LARGEST: Final = 3 * LARGEST_MEMBER
"""Bytes of all members together, unpacked: the container, the same unpacked, and what surrounds them."""
LARGEST_TEXT: Final = 2**20
"""Bytes of a member that is read at once."""
MOST_MEMBERS: Final = 50_000

_CHUNK: Final = 2**18
_END: Final = struct.Struct("<4s4H2IH")
_END_SIGNATURE: Final = b"PK\x05\x06"
_LARGEST_DIRECTORY: Final = 2**24
# deflate's level, a data descriptor, a name in UTF-8
_FLAGS: Final = 0x6 | 0x8 | 0x800
_UTF8_NAME: Final = 0x800
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
# what zipfile and zlib raise over a malformed file; an encrypted or exotic member raises RuntimeError or its subclass
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error)


def zip_pieces(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield a zip of the members in order, stored, piece by piece; the same members give the same bytes.

    Raises Problem INPUT_CHANGED when a member's bytes are not those that were announced.
    """
    out = _Drain()
    with zipfile.ZipFile(out, "w") as archive:  # type: ignore[call-overload]  # it writes and needs nothing else
        for member in members:
            entry = zipfile.ZipInfo(member.name, _FIRST_DAY)
            entry.create_system, entry.external_attr, entry.file_size = _UNIX, (stat.S_IFREG | member.mode) << 16, member.size
            sha256 = hashlib.sha256()
            with archive.open(entry, "w") as place:
                for chunk in member.chunks():
                    sha256.update(chunk)
                    place.write(chunk)
                    yield out.taken()
            if sha256.hexdigest() != member.sha256:
                raise Problem(ProblemType.INPUT_CHANGED, member_names.shown(member.name))
    yield out.taken()


class _Drain:
    """What a zip is written to on its way to somebody else: it can be neither sought nor read, so nothing is written twice."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: whoever takes the pieces decides when."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class Members:
    """The members of an open zip; nothing is believed of what a member says about itself but its bytes."""

    def __init__(self, file: BinaryIO, check_name: Callable[[str], None]) -> None:
        """Read the directory; `check_name` refuses names that do not belong. Raises Problem BUNDLE_MALFORMED."""
        _check_end(file)
        with _refusing_broken():
            self._zip = zipfile.ZipFile(file)
        entries = self._zip.infolist()
        for entry in entries:
            _check_entry(entry)
            check_name(entry.filename)
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names) or sum(entry.file_size for entry in entries) > LARGEST:
            raise _malformed("a name stands twice, or the members are too large")
        self.sizes = {entry.filename: entry.file_size for entry in entries}

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes in small pieces. Raises Problem BUNDLE_MALFORMED, also when it is missing."""
        if name not in self.sizes:
            raise _malformed(f"{name} is missing")
        with _refusing_broken(), self._zip.open(name) as member:
            while chunk := member.read(_CHUNK):
                yield chunk

    def read(self, name: str) -> bytes:
        """Return a small member. Raises Problem BUNDLE_MALFORMED."""
        if self.sizes.get(name, 0) > LARGEST_TEXT:
            raise _malformed(f"{member_names.shown(name)} is larger than {LARGEST_TEXT} bytes")
        return b"".join(self.chunks(name))


def _check_end(file: BinaryIO) -> None:
    """Look at the end record before the directory is read: its size bounds what reading costs."""
    size = file.seek(0, 2)
    file.seek(max(size - _END.size, 0))
    record = file.read(_END.size)
    if len(record) < _END.size or not record.startswith(_END_SIGNATURE):
        raise _malformed("not a zip, or bytes after its end")
    _, disk, first_disk, here, count, directory, offset, comment = _END.unpack(record)
    if disk or first_disk or comment or here != count or count > MOST_MEMBERS or directory > _LARGEST_DIRECTORY:
        raise _malformed("end record")
    if offset + directory + _END.size != size:
        raise _malformed("bytes before the first or after the last member")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.flag_bits & ~_FLAGS or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _malformed("an encrypted or exotic member")
    if entry.is_dir() or kind not in {0, stat.S_IFREG} or entry.file_size > LARGEST_MEMBER:
        raise _malformed("a folder, link or too large member")
    if entry.orig_filename != entry.filename or not (entry.filename.isascii() or entry.flag_bits & _UTF8_NAME):
        raise _malformed("a name that two readers read differently")


@contextmanager
def _refusing_broken() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise _malformed("not a readable zip") from error


def _malformed(detail: str) -> Problem:
    return Problem(ProblemType.BUNDLE_MALFORMED, detail)
