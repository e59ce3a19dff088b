"""The Merkle tree against the published vectors and against the recursive definition."""

import base64
import json
import pathlib
from functools import cache

import pytest

from keys.merkle import (
    EMPTY_ROOT,
    NodeAt,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = pathlib.Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "merkle"

ENTRIES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def nodes_of(leaves: list[bytes]) -> NodeAt:
    @cache
    def node_at(level: int, index: int) -> bytes:
        return leaves[index] if level == 0 else node_hash(node_at(level - 1, 2 * index), node_at(level - 1, 2 * index + 1))

    return node_at


def defined_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def vectors(folder: str) -> list[pathlib.Path]:
    return sorted((VECTORS / folder).rglob("*.json"))


def name_of(path: object) -> str:
    return str(path.relative_to(VECTORS)) if isinstance(path, pathlib.Path) else str(path)


def decoded(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="official Merkle vectors are not beside the checkout")
@pytest.mark.parametrize(("folder", "count"), [("inclusion", 98), ("consistency", 98)])
def test_all_official_vectors_are_there(folder: str, count: int):
    assert len(vectors(folder)) == count


@pytest.mark.skipif(not VECTORS.is_dir(), reason="official Merkle vectors are not beside the checkout")
@pytest.mark.parametrize("path", vectors("inclusion"), ids=name_of)
def test_inclusion_is_judged_as_the_vector_says(path: pathlib.Path):
    case = json.loads(path.read_text())
    leaf, top = decoded([case["leafHash"] or "", case["root"] or ""])
    assert verify_inclusion(case["leafIdx"], case["treeSize"], leaf, decoded(case["proof"]), top) is not case["wantErr"]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="official Merkle vectors are not beside the checkout")
@pytest.mark.parametrize("path", vectors("consistency"), ids=name_of)
def test_consistency_is_judged_as_the_vector_says(path: pathlib.Path):
    case = json.loads(path.read_text())
    root1, root2 = decoded([case["root1"] or "", case["root2"] or ""])
    assert verify_consistency(case["size1"], case["size2"], root1, root2, decoded(case["proof"])) is not case["wantErr"]


@pytest.mark.skip(reason="proofs of subtrees (subtreeinclusion, subtreeconsistency) are not made or read here")
def test_subtree_proofs_are_judged_as_the_vectors_say():
    """Stand here so that the gap is seen."""


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_certificate_transparency_reference_tree(size: int):
    assert root(nodes_of([leaf_hash(entry) for entry in ENTRIES]), size).hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root():
    assert root(nodes_of([]), 0).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", [*range(1, 40), 63, 64, 65])
def test_every_leaf_and_every_earlier_tree_is_proved(size: int):
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    node_at = nodes_of(leaves)
    top = root(node_at, size)
    assert top == defined_root(leaves)
    for index in range(size):
        assert verify_inclusion(index, size, leaves[index], inclusion_proof(node_at, index, size), top)
        earlier = root(node_at, index + 1)
        assert verify_consistency(index + 1, size, earlier, top, consistency_proof(node_at, index + 1, size))


def test_a_tree_of_more_than_two_to_the_forty_leaves_needs_no_recursion():
    size = (1 << 40) + 12345
    same = [leaf_hash(b"the same")]
    for _ in range(41):
        same.append(node_hash(same[-1], same[-1]))

    def node_at(level: int, _index: int) -> bytes:
        return same[level]

    top = root(node_at, size)
    for index in (0, 1, (1 << 40) - 1, 1 << 40, size - 1):
        proof = inclusion_proof(node_at, index, size)
        assert len(proof) <= 41
        assert verify_inclusion(index, size, same[0], proof, top)
    for size1 in (1, 255, 1 << 39, 1 << 40, size - 1, size):
        assert verify_consistency(size1, size, root(node_at, size1), top, consistency_proof(node_at, size1, size))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(nodes_of([b"x" * 32] * 3), index, size)


@pytest.mark.parametrize(("size1", "size2"), [(0, 3), (4, 3), (-1, 3)])
def test_there_is_no_proof_from_an_empty_or_larger_tree(size1: int, size2: int):
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(nodes_of([b"x" * 32] * 4), size1, size2)
    assert not verify_consistency(size1, size2, EMPTY_ROOT, EMPTY_ROOT, [])


def test_a_hash_of_another_length_is_never_accepted():
    leaf = leaf_hash(b"entry")
    assert verify_inclusion(0, 1, leaf, [], leaf)
    assert not verify_inclusion(0, 1, leaf[:31], [], leaf[:31])
    assert not verify_consistency(1, 2, leaf[:31], node_hash(leaf[:31], leaf), [leaf])
