"""Whatever the sizes: proofs verify, changed ones do not, and how a tree grew does not show."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from keys.merkle import consistency_proof, inclusion_proof, leaf_hash, node_hash, root, verify_consistency, verify_inclusion
from keys.notes import read_proof, write_proof
from keys.tiles import (
    ENTRIES,
    FULL,
    Edge,
    ReadTile,
    Tile,
    decode_entries,
    edge_at,
    encode_entries,
    grow,
    node_from_tiles,
    parse_tile_path,
    tile_path,
)
from schemas.problems import Problem

LEAVES = [leaf_hash(number.to_bytes(4)) for number in range(2000)]
SIZES = st.integers(1, len(LEAVES)) | st.sampled_from([1, 2, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025])
ALL_TILES, _ = grow(Edge(), LEAVES)
STORED = {(tile.level, tile.index): tile.content for tile in ALL_TILES}


def read_stored(level: int, index: int, _width: int) -> bytes:
    return STORED[level, index]


def reader(kept: dict[tuple[int, int], Tile]) -> ReadTile:
    return lambda level, index, _width: kept[level, index].content


def defined_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


@st.composite
def changes(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """Return a proof that differs from this one: a flipped bit, one hash less, one more, two exchanged."""
    place = draw(st.integers(0, max(0, len(proof) - 1)))
    kind = draw(st.sampled_from(["flip", "drop", "add", "swap", "shorten"] if proof else ["add"]))
    if kind == "flip":
        bit = draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[place]) ^ (1 << bit)).to_bytes(32)
        return [*proof[:place], flipped, *proof[place + 1 :]]
    if kind == "drop":
        return proof[:place] + proof[place + 1 :]
    if kind == "swap" and len(proof) > 1:
        other = (place + 1) % len(proof)
        swapped = list(proof)
        swapped[place], swapped[other] = proof[other], proof[place]
        return swapped
    if kind == "shorten":
        return [*proof[:place], proof[place][:31], *proof[place + 1 :]]
    return [*proof[:place], draw(st.binary(min_size=32, max_size=32)), *proof[place:]]


@given(data=st.data(), size=SIZES)
@settings(deadline=None)
def test_an_inclusion_proof_verifies_and_a_changed_one_does_not(data: st.DataObject, size: int):
    index = data.draw(st.integers(0, size - 1))
    node_at = node_from_tiles(read_stored, size)
    top, proof = root(node_at, size), inclusion_proof(node_at, index, size)
    assert verify_inclusion(index, size, LEAVES[index], proof, top)
    assert not verify_inclusion(index, size, LEAVES[index], data.draw(changes(proof)), top)
    other = data.draw(st.integers(0, size).filter(lambda number: number != index))
    assert not verify_inclusion(other, size, LEAVES[index], proof, top)
    assert not verify_inclusion(index, size, leaf_hash(b"another"), proof, top)


@given(data=st.data(), size=SIZES)
@settings(deadline=None)
def test_a_consistency_proof_verifies_and_a_changed_one_does_not(data: st.DataObject, size: int):
    earlier = data.draw(st.integers(1, size))
    node_at = node_from_tiles(read_stored, size)
    root1, root2 = root(node_at, earlier), root(node_at, size)
    proof = consistency_proof(node_at, earlier, size)
    assert verify_consistency(earlier, size, root1, root2, proof)
    assert not verify_consistency(earlier, size, root1, root2, data.draw(changes(proof)))
    assert not verify_consistency(earlier, size, leaf_hash(b"another"), root2, proof)
    assert not verify_consistency(earlier, size, root1, leaf_hash(b"another"), proof)


@given(size=SIZES)
@settings(max_examples=30, deadline=None)
def test_the_root_over_tiles_is_the_root_of_the_definition(size: int):
    assert root(node_from_tiles(read_stored, size), size) == defined_root(LEAVES[:size])


@given(size=SIZES, cuts=st.sets(st.integers(0, len(LEAVES)), max_size=8))
@settings(max_examples=50, deadline=None)
def test_how_the_leaves_came_in_batches_does_not_show(size: int, cuts: set[int]):
    borders = [0, *sorted(cut for cut in cuts if cut < size), size]
    kept: dict[tuple[int, int], Tile] = {}
    edge = Edge()
    for start, end in itertools.pairwise(borders):
        assert edge_at(reader(kept), edge.size) == edge
        tiles, edge = grow(edge, LEAVES[start:end])
        assert all(len(tile.content) == tile.width * 32 and 0 < tile.width <= FULL for tile in tiles)
        kept |= {(tile.level, tile.index): tile for tile in tiles}
        for level, hashes in enumerate(edge.levels):  # each checkpoint finds its incomplete tiles
            assert not hashes or kept[level, edge.size >> (8 * (level + 1))].content == hashes
    whole, whole_edge = grow(Edge(), LEAVES[:size])
    assert kept == {(tile.level, tile.index): tile for tile in whole}
    assert edge == whole_edge


@given(level=st.integers(0, 63) | st.just(ENTRIES), index=st.integers(0, 10**18), width=st.integers(1, 256))
@settings(deadline=None)
def test_every_tile_has_one_path(level: int, index: int, width: int):
    name = parse_tile_path(tile_path(level, index, width))
    assert (name.level, name.index, name.width) == (level, index, width)


@given(path=st.from_regex(r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,3}[0-9]{3}(\.p/[0-9]{1,3})?", fullmatch=True))
@settings(deadline=None)
def test_a_path_is_read_only_in_the_spelling_that_is_written(path: str):
    try:
        name = parse_tile_path(path)
    except Problem:
        return
    assert name.path == path


@given(entries=st.lists(st.binary(max_size=300), max_size=FULL))
@settings(deadline=None)
def test_an_entry_bundle_is_read_back(entries: list[bytes]):
    assert list(decode_entries(encode_entries(entries))) == entries


@given(index=st.integers(0, 2**63 - 1), path=st.lists(st.binary(min_size=32, max_size=32), max_size=63), note=st.binary(max_size=50))
@settings(deadline=None)
def test_a_proof_file_is_read_back(index: int, path: list[bytes], note: bytes):
    assert read_proof(write_proof(index, path, note)) == (index, tuple(path), note)
