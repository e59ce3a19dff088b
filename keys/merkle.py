"""The Merkle tree of the log: hashes, roots, proofs and their verifiers, over any source of nodes.

The tree is that of RFC 6962 section 2.1 (the same in RFC 9162 section 2.1) with SHA-256. Nothing here stores or reads
anything: `node_at(level, index)` hands in the 32-byte hash of the complete subtree over the leaves
`index * 2**level` up to, not including, `(index + 1) * 2**level`. No recursion, so size does not matter.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_SIZE: Final = 32
"""Bytes of a hash."""

NodeAt = Callable[[int, int], bytes]

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(node_at: NodeAt, size: int) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    return _subtree(node_at, 0, size) if size else EMPTY_ROOT


def inclusion_proof(node_at: NodeAt, index: int, size: int) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves, the leaf's sibling first.

    Raises ValueError when there is no such leaf: whoever asks has looked first. RFC 9162 section 2.1.3.1.
    """
    if not 0 <= index < size:
        message = f"no leaf {index} in a tree of {size}"
        raise ValueError(message)
    start, end, proof = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(node_at, middle, end))
            end = middle
        else:
            proof.append(_subtree(node_at, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(node_at: NodeAt, size1: int, size2: int) -> list[bytes]:
    """Return the proof that the tree of `size1` leaves is the beginning of the tree of `size2`; empty when they are equal.

    Raises ValueError unless 0 < size1 <= size2: there is nothing to prove of an empty tree. RFC 9162 section 2.1.4.1.
    """
    if not 0 < size1 <= size2:
        message = f"no proof from {size1} to {size2} leaves"
        raise ValueError(message)
    start, end, proof = 0, size2, []
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            proof.append(_subtree(node_at, middle, end))
            end = middle
        else:
            proof.append(_subtree(node_at, start, middle))
            start = middle
    if start:  # otherwise the last subtree is the whole old tree, whose root the verifier has
        proof.append(_subtree(node_at, start, end))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` leads from the leaf's hash at `index` to the root of the tree of `size` leaves.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size or not _hashes(leaf, root, *proof):
        return False
    first, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            first, last = _up_to_right_child(first, last)
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree with `root1` is the beginning of the tree with `root2`.

    An empty first tree is never shown consistent: there is no proof of it, the caller decides. RFC 9162 section 2.1.4.2.
    """
    if not 0 < size1 <= size2:
        return False
    if size1 == size2:
        return not proof and root1 == root2
    if not proof or not _hashes(root1, root2, *proof):
        return False
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    first, last = _up_past_right_children(size1 - 1, size2 - 1)
    found1 = found2 = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            found1, found2 = node_hash(sibling, found1), node_hash(sibling, found2)
            first, last = _up_to_right_child(first, last)
        else:
            found2 = node_hash(found2, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found1 == root1 and found2 == root2


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(node_at: NodeAt, start: int, end: int) -> bytes:
    """Return the hash over the leaves from `start` to `end`, a range that the splits above have made."""
    complete = []
    while start < end:
        level = (end - start).bit_length() - 1
        complete.append(node_at(level, start >> level))
        start += 1 << level
    found = complete.pop()
    while complete:
        found = node_hash(complete.pop(), found)
    return found


def _up_to_right_child(first: int, last: int) -> tuple[int, int]:
    """Climb while the node is a left child without a sibling: such levels have no hash in the proof."""
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _up_past_right_children(first: int, last: int) -> tuple[int, int]:
    """Climb to the largest complete subtree at the end of the old tree, where the proof begins."""
    while first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _hashes(*candidates: bytes) -> bool:
    return all(len(candidate) == HASH_SIZE for candidate in candidates)
