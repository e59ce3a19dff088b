"""Tiles: their paths, growing at the edge, reading nodes back, entry bundles."""

import pathlib
from collections.abc import Callable

import pytest

from keys.merkle import inclusion_proof, leaf_hash, root, verify_inclusion
from keys.tiles import (
    ENTRIES,
    FULL,
    Edge,
    Tile,
    TileName,
    decode_entries,
    edge_at,
    encode_entries,
    grow,
    node_from_tiles,
    parse_tile_path,
    tile_path,
)
from schemas.problems import Problem, ProblemType

VECTORS = pathlib.Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "tlog-tiles"
without_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="official tlog-tiles vectors are not beside the checkout")


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4)) for number in range(size)]


def reader(tiles: list[Tile]) -> Callable[[int, int, int], bytes]:
    kept = {(tile.level, tile.index): tile.content for tile in tiles}
    return lambda level, index, _width: kept[level, index]


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 0, 1, "tile/0/000.p/1"),
        (1, 273, 112, "tile/1/273.p/112"),
        (63, 999, 255, "tile/63/999.p/255"),
        (0, 1000, 256, "tile/0/x001/000"),
        (2, 1234067, 256, "tile/2/x001/x234/067"),
        (2, 1234067, 7, "tile/2/x001/x234/067.p/7"),
        (ENTRIES, 5, 256, "tile/entries/005"),
        (ENTRIES, 123456, 9, "tile/entries/x123/456.p/9"),
    ],
)
def test_a_path_is_written_and_read_back(level: int, index: int, width: int, path: str):
    assert tile_path(level, index, width) == path
    assert parse_tile_path(path) == TileName(level, index, width)
    assert parse_tile_path(path).path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/000.p/１",
        "tile/0/０００",
        "tile/Entries/000",
        "tile/entries/../0/000",
        "tile/0/" + "x001/" * 20 + "000",
    ],
)
def test_another_spelling_of_a_path_is_no_tile(path: str):
    with pytest.raises(Problem) as refusal:
        parse_tile_path(path)
    assert refusal.value.kind is ProblemType.NOT_FOUND


@without_vectors
@pytest.mark.parametrize("size", range(1, 16))
def test_tiles_and_bundles_are_those_of_the_official_log(size: int):
    entries = decode_entries((VECTORS / tile_path(ENTRIES, 0, size)).read_bytes())
    assert len(entries) == size
    assert encode_entries(entries) == (VECTORS / tile_path(ENTRIES, 0, size)).read_bytes()
    tiles, edge = grow(Edge(), [leaf_hash(entry) for entry in entries])
    assert [tile.path for tile in tiles] == [f"tile/0/000.p/{size}"]
    assert tiles[0].content == (VECTORS / tiles[0].path).read_bytes()
    assert edge == Edge(size, (tiles[0].content,))


@without_vectors
def test_one_leaf_after_another_writes_the_official_tiles():
    entries = decode_entries((VECTORS / tile_path(ENTRIES, 0, 15)).read_bytes())
    edge = Edge()
    for entry in entries:
        tiles, edge = grow(edge, [leaf_hash(entry)])
        assert [tile.content for tile in tiles] == [(VECTORS / tile.path).read_bytes() for tile in tiles]


def test_a_tree_of_seventy_thousand_leaves_is_cut_as_the_specification_counts():
    tiles, edge = grow(Edge(), leaves_of(70_000))
    assert [sum(tile.level == level and tile.width == FULL for tile in tiles) for level in range(3)] == [273, 1, 0]
    assert [(tile.level, tile.index, tile.width) for tile in tiles if tile.width < FULL] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert [len(level) // 32 for level in edge.levels] == [112, 17, 1]
    assert edge_at(reader(tiles), 70_000) == edge


def test_a_full_tile_leaves_an_empty_edge_and_one_hash_above_it():
    tiles, edge = grow(Edge(), leaves_of(FULL))
    assert [tile.path for tile in tiles] == ["tile/0/000", "tile/1/000.p/1"]
    assert edge.levels == (b"", tiles[1].content)
    more, _ = grow(edge, leaves_of(1))
    assert [tile.path for tile in more] == ["tile/0/001.p/1"]


def test_growing_by_nothing_writes_nothing():
    _, edge = grow(Edge(), leaves_of(300))
    assert grow(edge, []) == ([], edge)
    assert grow(Edge(), []) == ([], Edge())


def test_an_edge_that_does_not_fit_its_size_is_refused():
    for size, levels in ((1, ()), (0, (b"",)), (1, (bytes(64),)), (256, (b"",)), (2, (bytes(63),))):
        with pytest.raises(Problem) as refusal:
            Edge(size, levels)
        assert refusal.value.kind is ProblemType.LOG_MALFORMED


def test_a_tile_that_is_too_short_is_refused():
    for read in (lambda: edge_at(lambda *_: bytes(32), 2), lambda: node_from_tiles(lambda *_: bytes(63), 2)(0, 0)):
        with pytest.raises(Problem) as refusal:
            read()
        assert refusal.value.kind is ProblemType.LOG_MALFORMED


def test_a_fuller_tile_serves_for_an_earlier_size():
    tiles, _ = grow(Edge(), leaves_of(700))
    earlier, edge = grow(Edge(), leaves_of(600))
    assert edge_at(reader(tiles), 600) == edge
    assert root(node_from_tiles(reader(tiles), 600), 600) == root(node_from_tiles(reader(earlier), 600), 600)


def test_each_tile_is_read_once_for_all_proofs_of_a_batch():
    size, reads = 70_000, []
    tiles, _ = grow(Edge(), leaves_of(size))
    read = reader(tiles)

    def counted(level: int, index: int, width: int) -> bytes:
        reads.append((level, index))
        return read(level, index, width)

    node_at = node_from_tiles(counted, size)
    top = root(node_at, size)
    leaves = leaves_of(size)
    for index in range(size - 64, size):
        assert verify_inclusion(index, size, leaves[index], inclusion_proof(node_at, index, size), top)
    assert len(reads) == len(set(reads))
    assert len(reads) <= 5


def test_tiles_that_were_just_made_are_not_read():
    tiles, edge = grow(Edge(), leaves_of(100))
    more, _ = grow(edge, leaves_of(700)[100:])
    node_at = node_from_tiles(reader([]), 700, [*tiles, *more])
    assert root(node_at, 700) == root(node_from_tiles(reader(grow(Edge(), leaves_of(700))[0]), 700), 700)


@pytest.mark.parametrize(("level", "index"), [(0, 5), (3, 0), (1, 2), (-1, 0), (0, -1), (64, 0)])
def test_a_node_that_the_tree_does_not_have_is_not_made_up(level: int, index: int):
    tiles, _ = grow(Edge(), leaves_of(5))
    with pytest.raises(ValueError, match="no node"):
        node_from_tiles(reader(tiles), 5)(level, index)


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x01ab", b"\x00\x00" * 257])
def test_a_bundle_cut_short_or_too_long_is_refused(bundle: bytes):
    with pytest.raises(Problem) as refusal:
        decode_entries(bundle)
    assert refusal.value.kind is ProblemType.LOG_MALFORMED


def test_an_entry_too_long_for_its_length_field_is_not_written():
    assert decode_entries(encode_entries([bytes(65535), b""])) == (bytes(65535), b"")
    with pytest.raises(ValueError, match="65536"):
        encode_entries([bytes(65536)])
