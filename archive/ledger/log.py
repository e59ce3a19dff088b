"""The log 防篡改日志 in the ledger's own tables: grown in the closing step of a group, served from committed rows.

COMMIT is publication: leaves, tiles, the signed checkpoint, the proofs and the stored answers appear together or not at
all. Nothing of the log is kept in memory between groups; the frontier is read inside the transaction that moves it.
"""

from typing import Any, Final, NamedTuple

from archive.ledger.database import Closing, Tx
from archive.ledger.receipts import Notary, entry, envelope
from keys import merkle, notes, tiles
from schemas import instants
from schemas.messages import canonical
from schemas.problems import Problem, ProblemType

UNCONFIRMED: Final = "restored-unconfirmed"
"""How the reason begins with which a restored ledger is halted; only this one can be confirmed by a checkpoint."""

BEHIND: Final = "ledger-behind"
FORKED: Final = "ledger-forked"
"""How the reasons begin when a client's checkpoint does not fit; only a waiver, which is public, lets signing go on then."""


class Published(NamedTuple):
    """The newest checkpoint: tree size, root (32 bytes) and the signed note."""

    size: int
    root: bytes
    note: bytes


def latest(tx: Tx) -> Published:
    """Return the newest checkpoint. Raises Problem NOT_FOUND on an empty log."""
    row = tx.row("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1")
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "checkpoint")
    return Published(row.size, row.root, row.note)


def _size(tx: Tx) -> int:
    return int(tx.row("SELECT coalesce(max(size), 0) AS size FROM checkpoint").size)


def _reader(tx: Tx) -> tiles.ReadTile:
    def read_tile(level: int, index: int, width: int) -> bytes:
        row = tx.row("SELECT hashes FROM tile WHERE level = :level AND number = :index", level=level, index=index)
        if row is None:
            raise Problem(ProblemType.NOT_FOUND, tiles.tile_path(level, index, width))
        return bytes(row.hashes)

    return read_tile


def close_group(notary: Notary) -> Closing:
    """Return the closing step that grows the log by the group's events."""

    def close(tx: Tx) -> None:
        fresh = tx.rows("SELECT id, at, submission, receipt, signature, timestamp FROM event WHERE leaf IS NULL ORDER BY id")
        if fresh:
            _grow(tx, notary, fresh)

    return close


def _grow(tx: Tx, notary: Notary, fresh: list[Any]) -> None:
    before = _size(tx)
    size = before + len(fresh)
    leaves = [merkle.leaf_hash(entry(row.receipt, row.signature)) for row in fresh]
    grown, _ = tiles.grow(tiles.edge_at(_reader(tx), before), leaves)
    for tile in grown:
        tx.run(
            "INSERT INTO tile (level, number, width, hashes) VALUES (:level, :number, :width, :hashes)"
            " ON CONFLICT (level, number) DO UPDATE SET width = :width, hashes = :hashes",
            level=tile.level,
            number=tile.index,
            width=tile.width,
            hashes=tile.content,
        )
    node_at = tiles.node_from_tiles(_reader(tx), size, grown)
    root = merkle.root(node_at, size)
    note = notes.sign_checkpoint(notes.Checkpoint(notary.log.origin, size, root), notary.log_private)
    tx.run(
        "INSERT INTO checkpoint (size, root, note, at) VALUES (:size, :root, :note, :at)",
        size=size,
        root=root,
        note=note,
        at=fresh[-1].at,
    )
    for leaf, row in enumerate(fresh, before):
        proof = notes.write_proof(leaf, merkle.inclusion_proof(node_at, leaf, size), note)
        tx.run("UPDATE event SET leaf = :leaf, proof = :proof WHERE id = :id", leaf=leaf, proof=proof, id=row.id)
    _store_answers(tx)


def _store_answers(tx: Tx) -> None:
    for row in tx.rows(
        "SELECT answer.submission, receipt, signature, timestamp, proof FROM answer"
        " JOIN event USING (evidence_id) WHERE body IS NULL ORDER BY event.id",
    ):
        tx.run("UPDATE answer SET body = :body WHERE submission = :id", body=canonical(envelope(row)), id=row.submission)


def tile(tx: Tx, path: str) -> bytes:
    """Return a tile or an entry bundle by its C2SP path; only what a checkpoint covers is served. Raises Problem NOT_FOUND."""
    name = tiles.parse_tile_path(path)
    if name.level == tiles.ENTRIES:
        return _entries(tx, name)
    row = tx.row("SELECT width, hashes FROM tile WHERE level = :level AND number = :index", level=name.level, index=name.index)
    if row is None or row.width < name.width:
        raise Problem(ProblemType.NOT_FOUND, path)
    return bytes(row.hashes[: name.width * merkle.HASH_SIZE])


def _entries(tx: Tx, name: tiles.TileName) -> bytes:
    first = name.index * tiles.FULL
    rows = tx.rows(
        "SELECT receipt, signature FROM event WHERE leaf >= :first AND leaf < :last ORDER BY leaf",
        first=first,
        last=first + name.width,
    )
    if len(rows) < name.width:
        raise Problem(ProblemType.NOT_FOUND, "entries")
    return tiles.encode_entries(entry(row.receipt, row.signature) for row in rows)


def proof_at(tx: Tx, leaf: int) -> bytes:
    """Return an inclusion proof to the newest checkpoint, longer than the stored one; used in evidence only."""
    published = latest(tx)
    if not 0 <= leaf < published.size:
        raise Problem(ProblemType.NOT_FOUND, "leaf")
    node_at = tiles.node_from_tiles(_reader(tx), published.size)
    return notes.write_proof(leaf, merkle.inclusion_proof(node_at, leaf, published.size), published.note)


def consistency(tx: Tx, size1: int, size2: int) -> list[bytes]:
    """Return the proof that the tree of `size2` continues the tree of `size1`. Raises Problem NOT_FOUND."""
    if not 0 < size1 <= size2 <= _size(tx):
        raise Problem(ProblemType.NOT_FOUND, "sizes")
    return merkle.consistency_proof(tiles.node_from_tiles(_reader(tx), size2), size1, size2)


def contradicts(tx: Tx, seen: notes.Checkpoint) -> str:
    """Say how a checkpoint that we once signed does not fit this ledger; empty when it does, or when that was waived.

    Every checkpoint that was ever published is a row, so one that is larger than ours, or is not there, or has another
    root, was signed by a ledger that this one is not a continuation of: an older copy was restored.
    """
    row = tx.row("SELECT root FROM checkpoint WHERE size = :size", size=seen.size)
    if row is not None and row.root == seen.root:
        return ""
    if tx.row(
        "SELECT 1 AS found FROM contradiction WHERE size = :size AND root = :root AND waived_at IS NOT NULL", size=seen.size, root=seen.root
    ):
        return ""
    newest = _size(tx)
    return f"{BEHIND}: {newest} < {seen.size}" if seen.size > newest else f"{FORKED}: {seen.size}"


def contradicted(tx: Tx, seen: notes.Checkpoint, reason: str, at: str) -> None:
    """Remember a checkpoint that does not fit, and stop signing."""
    tx.run(
        "INSERT INTO contradiction (size, root, seen_at) VALUES (:size, :root, :at) ON CONFLICT DO NOTHING",
        size=seen.size,
        root=seen.root,
        at=at,
    )
    halt(tx, reason)


def waive(tx: Tx, at: str) -> list[str]:
    """Let the remembered contradictions pass from now on; returns what they are, for the public event."""
    rows = tx.rows("SELECT size, root FROM contradiction WHERE waived_at IS NULL ORDER BY size, root")
    tx.run("UPDATE contradiction SET waived_at = :at WHERE waived_at IS NULL", at=at)
    return [f"{row.size} {row.root.hex()}" for row in rows]


def halt(tx: Tx, reason: str) -> None:
    """Stop signing; the first reason stays, but proof that the ledger is behind or forked replaces a mere want of confirmation."""
    tx.run(
        "UPDATE ledger SET halted = :reason WHERE halted = '' OR substr(halted, 1, :length) = :unconfirmed",
        reason=reason,
        length=len(UNCONFIRMED),
        unconfirmed=UNCONFIRMED,
    )


def halted(tx: Tx) -> str:
    """Return why signing is stopped; empty when it is not."""
    return str(tx.row("SELECT halted FROM ledger").halted)


def resume(tx: Tx) -> None:
    """Let signing go on; the caller records why."""
    tx.run("UPDATE ledger SET halted = ''")


def last_instant(tx: Tx) -> str:
    """Return the instant of the newest event, or the ledger's creation."""
    row = tx.row("SELECT at FROM event ORDER BY id DESC LIMIT 1")
    return str(row.at if row is not None else tx.row("SELECT created_at FROM ledger").created_at)


def found(tx: Tx, county_name: str, notary: Notary, root: str, now: str) -> None:
    """Write the ledger's one row of identity; the caller's first event follows in the same transaction."""
    instants.read(now)
    tx.run(
        "INSERT INTO ledger (one, county_name, origin, log_key, root, created_at) VALUES (1, :name, :origin, :log_key, :root, :now)",
        name=county_name,
        origin=notary.log.origin,
        log_key=notary.identity.key,
        root=root,
        now=now,
    )


def require_own(tx: Tx, notary: Notary) -> None:
    """Refuse a ledger that belongs to other keys. Raises Problem LEDGER_FOREIGN."""
    row = tx.row("SELECT origin, log_key FROM ledger")
    if row is None or (row.origin, row.log_key) != (notary.log.origin, notary.identity.key):
        raise Problem(ProblemType.LEDGER_FOREIGN, "log key")
