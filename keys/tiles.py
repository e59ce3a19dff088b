"""The log's tree as C2SP tlog-tiles cuts it: paths, growing at the right edge, nodes read from tiles, entry bundles.

A tile holds up to 256 consecutive hashes of one level; level 0 holds leaf hashes, and each hash of level `n + 1` is the
root of a full tile of level `n`. Nothing here stores anything: tiles come in through `read_tile` and go out as values.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from keys.merkle import HASH_SIZE, NodeAt, node_hash
from schemas.problems import Problem, ProblemType

FULL: Final = 256
"""Hashes in a full tile, entries in a full bundle."""

ENTRIES: Final = -1
"""The level that stands for entry bundles, as if they lay below the leaf hashes."""

ReadTile = Callable[[int, int, int], bytes]
"""`read_tile(level, index, width)` returns the tile's hashes, at least `width` of them; a fuller tile serves as well."""

_HEIGHT: Final = 8  # 256 = 2**8: one tile spans eight levels of the tree
_LEVELS: Final = 64
_LONGEST_ENTRY: Final = 0xFFFF
_PATH: Final = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True)
class TileName:
    """Which tile: level 0 to 63 or ENTRIES, index within the level, width 1 to 256."""

    level: int
    index: int
    width: int = FULL

    @property
    def path(self) -> str:
        """The tile's path under the log's prefix."""
        return tile_path(self.level, self.index, self.width)


@dataclass(frozen=True, kw_only=True)
class Tile(TileName):
    """A tile to write: `content` is `width` hashes one after the other."""

    content: bytes


@dataclass(frozen=True)
class Edge:
    """The right edge of the tree of `size` leaves: for each level the hashes of its incomplete tile, `b""` when there is none.

    Raises Problem LOG_MALFORMED when the hashes do not fit the size.
    """

    size: int = 0
    levels: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an edge that does not belong to a tree of this size."""
        if [len(level) for level in self.levels] != [width * HASH_SIZE for width in _edge_widths(self.size)]:
            raise Problem(ProblemType.LOG_MALFORMED, f"edge does not fit {self.size} leaves")


def tile_path(level: int, index: int, width: int = FULL) -> str:
    """Return the path of a tile or, at level ENTRIES, of an entry bundle: `tile/0/x001/x234/067.p/8`."""
    elements = [f"{index % 1000:03}"]
    while index := index // 1000:
        elements.append(f"x{index % 1000:03}")
    partial = "" if width == FULL else f".p/{width}"
    return f"tile/{'entries' if level == ENTRIES else level}/{'/'.join(reversed(elements))}{partial}"


def parse_tile_path(path: str) -> TileName:
    """Read a path that `tile_path` could have written; any other spelling raises Problem NOT_FOUND."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Problem(ProblemType.NOT_FOUND, "no such tile")
    level, number, width = match.groups()
    name = TileName(
        level=ENTRIES if level == "entries" else int(level),
        index=int(number.replace("x", "").replace("/", "")),
        width=FULL if width is None else int(width),
    )
    if name.level >= _LEVELS or not 0 < name.width <= FULL or name.path != path:
        raise Problem(ProblemType.NOT_FOUND, "no such tile")
    return name


def edge_at(read_tile: ReadTile, size: int) -> Edge:
    """Return the edge of the tree of `size` leaves from its stored tiles. Raises Problem LOG_MALFORMED."""
    levels = []
    for level, width in enumerate(_edge_widths(size)):
        levels.append(_read(read_tile, TileName(level, size >> (_HEIGHT * (level + 1)), width)) if width else b"")
    return Edge(size, tuple(levels))


def grow(edge: Edge, leaves: Sequence[bytes]) -> tuple[list[Tile], Edge]:
    """Add leaf hashes and return the tiles to write, and the new edge.

    The tiles are those that became full and the changed incomplete ones as they are at the end: widths passed on the way
    belong to no checkpoint and are not written.
    """
    tiles: list[Tile] = []
    levels: list[bytes] = []
    size = edge.size + len(leaves)
    rising, level = list(leaves), 0
    while rising or level < len(edge.levels):
        before = edge.levels[level] if level < len(edge.levels) else b""
        content = before + b"".join(rising)
        first = edge.size >> (_HEIGHT * (level + 1))
        full = len(content) // (FULL * HASH_SIZE)
        cuts = [content[start : start + FULL * HASH_SIZE] for start in range(0, len(content), FULL * HASH_SIZE)]
        if rising:
            tiles += [Tile(level, first + place, len(cut) // HASH_SIZE, content=cut) for place, cut in enumerate(cuts)]
        levels.append(cuts[full] if full < len(cuts) else b"")
        rising = [_layers(cut, _HEIGHT)[_HEIGHT][0] for cut in cuts[:full]]
        level += 1
    return tiles, Edge(size, tuple(levels))


def node_from_tiles(read_tile: ReadTile, size: int, known: Iterable[Tile] = ()) -> NodeAt:
    """Return a source of nodes for the tree of `size` leaves.

    Each tile is read at most once and its inner nodes are hashed at most once, so the proofs of a batch share the work;
    `known` are tiles that need not be read, for instance those that `grow` has just made. The source raises ValueError
    for a node that the tree does not have, and Problem LOG_MALFORMED when a tile is too short.
    """
    layers: dict[tuple[int, int], list[list[bytes]]] = {}
    fresh = {(tile.level, tile.index): tile.content for tile in known}

    def read_known(level: int, index: int, width: int) -> bytes:
        content = fresh.get((level, index), b"")
        return content if len(content) >= width * HASH_SIZE else read_tile(level, index, width)

    def node_at(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            message = f"no node {index} at level {level} in a tree of {size}"
            raise ValueError(message)
        tile_level, height = divmod(level, _HEIGHT)
        tile_index, offset = divmod(index << height, FULL)
        found = layers.get((tile_level, tile_index))
        if found is None:
            width = min(FULL, (size >> (_HEIGHT * tile_level)) - tile_index * FULL)
            found = _layers(_read(read_known, TileName(tile_level, tile_index, width)), 0)
            layers[tile_level, tile_index] = found
        while len(found) <= height:
            found.append(_pairs(found[-1]))
        return found[height][offset >> height]

    return node_at


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length as a big-endian uint16. Raises ValueError for an entry over 65535 bytes."""
    bundle = bytearray()
    for entry in entries:
        if len(entry) > _LONGEST_ENTRY:
            message = f"an entry of {len(entry)} bytes"
            raise ValueError(message)
        bundle += len(entry).to_bytes(2) + entry
    return bytes(bundle)


def decode_entries(bundle: bytes) -> tuple[bytes, ...]:
    """Return the entries of a bundle. Raises Problem LOG_MALFORMED when it is cut short or holds more than 256."""
    entries, position = [], 0
    while position < len(bundle):
        start = position + 2
        end = start + int.from_bytes(bundle[position:start])
        if start > len(bundle) or end > len(bundle):
            raise Problem(ProblemType.LOG_MALFORMED, "entry bundle cut short")
        entries.append(bundle[start:end])
        position = end
    if len(entries) > FULL:
        raise Problem(ProblemType.LOG_MALFORMED, "entry bundle too long")
    return tuple(entries)


def _edge_widths(size: int) -> list[int]:
    """Return how many hashes the incomplete tile of each level holds, up to the highest level that has any hash."""
    widths = []
    while size:
        widths.append(size % FULL)
        size >>= _HEIGHT
    return widths


def _read(read_tile: ReadTile, name: TileName) -> bytes:
    content = read_tile(name.level, name.index, name.width)
    if len(content) < name.width * HASH_SIZE:
        raise Problem(ProblemType.LOG_MALFORMED, f"{name.path} is too short")
    return content[: name.width * HASH_SIZE]


def _layers(content: bytes, height: int) -> list[list[bytes]]:
    """Return the tile's hashes and, above them, `height` layers of complete inner nodes."""
    layers = [[content[start : start + HASH_SIZE] for start in range(0, len(content), HASH_SIZE)]]
    for _ in range(height):
        layers.append(_pairs(layers[-1]))
    return layers


def _pairs(layer: Sequence[bytes]) -> list[bytes]:
    """Return the layer above, leaving out a last node without a sibling."""
    return [node_hash(left, right) for left, right in zip(layer[::2], layer[1::2], strict=False)]
