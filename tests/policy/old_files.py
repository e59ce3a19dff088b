"""Small compound files as old office programs wrote them: a directory of named streams, no real document in any."""

import random
import struct
from typing import Final

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SECTOR: Final = 512
_END: Final = 0xFFFFFFFE
_FREE: Final = 0xFFFFFFFF
_FAT: Final = 0xFFFFFFFD
_STREAM_SECTORS: Final = 8


def compound(*names: str, seed: int = 0) -> bytes:
    """Return a compound file with streams of these names, at most three; each holds 4,096 bytes of chance."""
    count = len(names)
    fat = [_FAT, _END]
    for at in range(count):
        first = 2 + at * _STREAM_SECTORS
        fat += [*range(first + 1, first + _STREAM_SECTORS), _END]
    fat += [_FREE] * (_SECTOR // 4 - len(fat))
    header = struct.pack("<8s16xHHHHH6xIIIIIIIIII", MAGIC, 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0, 0)
    header += struct.pack("<I", _FREE) * 108
    entries = [_entry("Root Entry", 5, child=1, start=_END, size=0)]
    for at, name in enumerate(names):
        following = at + 2 if at + 1 < count else _FREE
        entries.append(_entry(name, 2, right=following, start=2 + at * _STREAM_SECTORS, size=_SECTOR * _STREAM_SECTORS))
    directory = b"".join(entries).ljust(_SECTOR, b"\0")
    content = random.Random(seed).randbytes(_SECTOR * _STREAM_SECTORS * count)
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + content


def _entry(name: str, kind: int, *, right: int = _FREE, child: int = _FREE, start: int, size: int) -> bytes:
    said = name.encode("utf-16-le")
    return struct.pack("<64sHBBIII16xI16xIQ", said, len(said) + 2, kind, 1, _FREE, right, child, 0, start, size)
