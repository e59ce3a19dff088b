"""Makes OLE objects: old binary files that hold streams, as Office writes them for embedded files, for tests."""

import struct
from collections.abc import Mapping

FREE, END, TABLE = 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Return a file with these streams; small ones lie in the stream of small sectors, as everywhere."""
    sectors: list[bytes] = []
    chains: list[int] = []

    def put(content: bytes) -> int:
        if not content:
            return END
        first, count = len(sectors), -(-len(content) // SECTOR)
        sectors.extend(content[at * SECTOR : (at + 1) * SECTOR].ljust(SECTOR, b"\0") for at in range(count))
        chains.extend([*range(first + 1, first + count), END])
        return first

    small, small_chains, starts = b"", [], {}
    for name, content in streams.items():
        if len(content) < CUTOFF:
            first, count = len(small) // MINI, -(-len(content) // MINI)
            starts[name] = first
            small += content.ljust(count * MINI, b"\0")
            small_chains += [*range(first + 1, first + count), END]
        else:
            starts[name] = put(content)
    minis = put(small)
    mini_table = put(b"".join(struct.pack("<I", one) for one in small_chains))
    entries = _entry("Root Entry", 5, minis, len(small), child=1 if streams else FREE)
    for number, (name, content) in enumerate(streams.items(), 1):
        entries += _entry(name, 2, starts[name], len(content), right=number + 1 if number < len(streams) else FREE)
    folder = put(entries)
    tables = 1
    while (len(chains) + tables) * 4 > tables * SECTOR:
        tables += 1
    places = list(range(len(sectors), len(sectors) + tables))
    table = b"".join(struct.pack("<I", one) for one in (*chains, *([TABLE] * tables))).ljust(tables * SECTOR, b"\xff")
    head = struct.pack(
        "<8s16s5H6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        bytes(16),
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        tables,
        folder,
        0,
        CUTOFF,
        mini_table,
        1,
        END,
        0,
    )
    listed = b"".join(struct.pack("<I", one) for one in (*places, *([FREE] * (109 - tables))))
    return head + listed + b"".join(sectors) + table


def _entry(name: str, kind: int, start: int, size: int, right: int = FREE, child: int = FREE) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBB3I16sI16s3I", raw, len(raw), kind, 1, FREE, right, child, bytes(16), 0, bytes(16), start, size, 0)


def packaged(name: str, content: bytes) -> bytes:
    """Return the stream in which the packager keeps any file."""
    raw = name.encode("gbk")
    path = b"C:\\Temp\\" + raw + b"\0"
    inner = b"\2\0" + raw + b"\0" + path + b"\0\0\3\0" + struct.pack("<I", len(path)) + path + struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(inner)) + inner
