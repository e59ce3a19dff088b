"""Documents from before in the ledger: rows of a batch that nobody sees until the whole of it is there, then listed for its office."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, record
from archive.search.legacy_entries import PREFIX
from exchange.delivery.handling import Use, require_permitted
from exchange.delivery.store import WITHOUT_CONTENT
from exchange.legacy.register import Entry
from exchange.office import store as offices
from exchange.office.administration import COMMAND, Act, note
from exchange.office.store import Person
from exchange.paging import ORDINAL, Listing, Slice, Window, cut
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling, Kind

ITEMS: Final = Listing("legacy", (r"[0-9-]{0,10}", ORDINAL))
_NEWEST: Final = ("9999", str(10**15 - 1))


class File(NamedTuple):
    """A file that passed the policy: its digest, size, media type, text as it is kept, and how it may be handled."""

    blob: str
    size: int
    media_type: str
    body: bytes
    handling: Handling


class Legacy(NamedTuple):
    """One document from before, as it is listed."""

    id: int
    office: str
    direction: str
    counterpart: str
    number: str
    title: str | None
    kind: Kind
    dated: str
    pages: int
    file: str
    blob: str | None
    size: int
    media_type: str
    handling: Handling
    imported_at: str


def begin(tx: Tx, register: str, office: str, name: str, now: datetime) -> bool:
    """Begin a batch, or go on with one that was interrupted. Says whether it is complete already. Raises Problem OFFICE_UNKNOWN."""
    if not offices.known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    tx.run(
        "INSERT INTO legacy_batch (register, office, name, begun_at) VALUES (:register, :office, :name, :at) ON CONFLICT DO NOTHING",
        register=register,
        office=office,
        name=name,
        at=instants.write(now),
    )
    return tx.row("SELECT evidence_id FROM legacy_batch WHERE register = :register", register=register).evidence_id is not None


def is_open(tx: Tx, register: str) -> bool:
    """Say whether a batch was begun, and neither completed nor taken out again."""
    return tx.row("SELECT 1 AS found FROM legacy_batch WHERE register = :register AND evidence_id IS NULL", register=register) is not None


def require_open(tx: Tx, register: str) -> None:
    """Raise Problem STATE_CHANGED for a batch that is not open any more: another run ended it meanwhile."""
    if not is_open(tx, register):
        raise Problem(ProblemType.STATE_CHANGED, "legacy batch")


def kept_lines(tx: Tx, register: str, first: int, last: int) -> set[int]:
    """Return which of these lines an earlier run has kept."""
    kept = "SELECT line FROM legacy_item WHERE register = :register AND line BETWEEN :first AND :last"
    rows = tx.rows(kept, register=register, first=first, last=last)
    return {row.line for row in rows}


def keep(tx: Tx, register: str, entries: list[tuple[Entry, File | None]]) -> None:
    """Keep rows of a batch that is not complete; a row that is there stays as it is.

    Raises Problem STATE_CHANGED where another run of the same register has completed the batch, or taken it out, meanwhile.
    """
    require_open(tx, register)
    for entry, file in entries:
        tx.run(
            "INSERT INTO legacy_item (register, line, office, direction, counterpart, number, title, kind, dated, pages, file, blob,"
            " size, media_type, handling, body) VALUES (:register, :line, :office, :direction, :counterpart, :number, :title, :kind,"
            " :dated, :pages, :file, :blob, :size, :media_type, :handling, :body) ON CONFLICT DO NOTHING",
            register=register,
            line=entry.line,
            office=entry.office,
            direction=entry.direction,
            counterpart=entry.counterpart or None,
            number=entry.number or None,
            title=entry.title,
            kind=entry.kind,
            dated=entry.dated,
            pages=entry.pages,
            file=entry.file or None,
            blob=None if file is None else file.blob,
            size=None if file is None else file.size,
            media_type=None if file is None else file.media_type,
            handling=(Handling.NORMAL if file is None else file.handling).value,
            body=None if file is None else file.body,
        )


def finish(tx: Tx, notary: Notary, register: str, skipped: int, now: datetime) -> int:
    """Make a batch visible, with its event; returns how many rows it has. Once more changes nothing.

    Raises Problem SIGNING_STOPPED, and STATE_CHANGED for one that was taken out again.
    The receipt names the register's digest and the count: what was brought in, and that no more came with it.
    """
    batch = tx.row("SELECT office, rows, evidence_id FROM legacy_batch WHERE register = :register", register=register)
    if batch is not None and batch.evidence_id is not None:
        return int(batch.rows)
    require_open(tx, register)
    rows = int(tx.row("SELECT count(*) AS count FROM legacy_item WHERE register = :register", register=register).count)
    evidence = record(tx, notary, Fact(event=Event.LEGACY_IMPORT, office=batch.office, subject=f"{register} {rows}"), now)
    tx.run(
        "UPDATE legacy_batch SET evidence_id = :evidence, rows = :rows, skipped = :skipped, ended_at = :at WHERE register = :register",
        evidence=evidence,
        rows=rows,
        skipped=skipped,
        at=instants.write(now),
        register=register,
    )
    note(tx, COMMAND, Act.LEGACY_IMPORTED, batch.office, f"{rows} {register[:12]}", now)
    return rows


def abandon(tx: Tx, register: str) -> list[str]:
    """Take an incomplete batch out again; returns the blobs that nothing else names. A complete one stays as it is."""
    if not is_open(tx, register):
        return []
    blobs = tx.rows(
        "SELECT DISTINCT blob FROM legacy_item WHERE register = :register AND blob IS NOT NULL AND blob NOT IN"
        " (SELECT blob FROM legacy_item WHERE register != :register AND blob IS NOT NULL) ORDER BY blob",
        register=register,
    )
    tx.run("DELETE FROM legacy_item WHERE register = :register", register=register)
    tx.run("DELETE FROM legacy_batch WHERE register = :register", register=register)
    return [row.blob for row in blobs]


def erase(tx: Tx, notary: Notary, id_: int, now: datetime) -> str | None:
    """Take the words of one document out, for good: it should never have been taken over. The row stays, so that it counts.

    Its event, which names the number alone, is what the index follows; what may be left on the disk is purged behind it
    (`exchange.legacy.erasing`). Returns its file, which the row holds until `erased`; for what is erased already no more than that is
    done. Raises Problem NOT_FOUND, also in a batch that is not whole and may yet be taken out, and SIGNING_STOPPED.
    """
    row = tx.row(
        "SELECT legacy_item.office, title, blob FROM legacy_item JOIN legacy_batch USING (register)"
        " WHERE id = :id AND legacy_batch.evidence_id IS NOT NULL",
        id=id_,
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "legacy")
    if row.title is not None:
        tx.run(
            "UPDATE legacy_item SET counterpart = NULL, number = NULL, title = NULL, file = NULL, size = NULL, media_type = NULL,"
            " body = NULL WHERE id = :id",
            id=id_,
        )
        evidence = record(tx, notary, Fact(event=Event.DESTRUCTION, office=row.office, subject=f"{PREFIX}{id_}"), now)
        tx.run("INSERT INTO erasure (item, evidence_id) VALUES (:item, :evidence)", item=id_, evidence=evidence)
        note(tx, COMMAND, Act.WORDS_ERASED, row.office, f"{id_}", now)
    return None if row.blob is None else str(row.blob)


def erased(tx: Tx, blob: str) -> None:
    """Note that the file of what was erased is gone, unless another document has it."""
    tx.run("UPDATE legacy_item SET blob = NULL WHERE blob = :blob AND title IS NULL", blob=blob)


def half_erased(tx: Tx) -> list[str]:
    """Return the files that erased rows still hold."""
    return [row.blob for row in tx.rows("SELECT DISTINCT blob FROM legacy_item WHERE title IS NULL AND blob IS NOT NULL ORDER BY blob")]


def named(tx: Tx, files: Sequence[str]) -> set[str]:
    """Return which of these files a document has; an erased one has none."""
    rows = tx.rows(
        "SELECT DISTINCT blob FROM legacy_item WHERE title IS NOT NULL AND blob IN (SELECT value FROM json_each(:files))",
        files=json.dumps(list(files)),
    )
    return {row.blob for row in rows}


LISTED: Final = (
    "SELECT legacy_item.id, legacy_item.office, direction, counterpart, number, title, kind, dated, pages, file, blob, size, media_type,"
    " handling, coalesce(length(body), 0) AS kept_bytes, legacy_batch.ended_at"
    " FROM legacy_item JOIN legacy_batch ON legacy_batch.register = legacy_item.register"
    " WHERE legacy_item.office = :office AND legacy_batch.evidence_id IS NOT NULL"
)
"""Those of one office, `:office`, out of batches that are whole: nobody else sees any of them."""
_FOUND: Final = (
    " AND (legacy_item.title LIKE :text ESCAPE '\\' OR legacy_item.number LIKE :text ESCAPE '\\'"
    " OR legacy_item.counterpart LIKE :text ESCAPE '\\')"
)


def listed(tx: Tx, caller: Person, words: str, wanted: Window) -> Slice[Legacy]:
    """Return the caller's office's documents from before whose title, number or counterpart hold all the words; newest first."""
    dated, id_ = wanted.place or _NEWEST
    texts = {f"text{at}": f"%{_escaped(word)}%" for at, word in enumerate(words.split()[:8])}
    rows = tx.rows(
        LISTED
        + "".join(_FOUND.replace(":text", f":{name}") for name in texts)
        + " AND (legacy_item.dated, legacy_item.id) < (:dated, :id) ORDER BY legacy_item.dated DESC, legacy_item.id DESC LIMIT :rows",
        office=caller.office,
        dated=dated,
        id=int(id_),
        rows=wanted.size + 1,
        **texts,
    )
    return cut([legacy_of(row) for row in rows], wanted.size, ITEMS, lambda one: (one.dated, str(one.id)))


def item(tx: Tx, caller: Person, id_: int, *, content: bool = False) -> Legacy:
    """Return one of the caller's office. Raises Problem NOT_FOUND, and NOT_ALLOWED for who may not have its `content`."""
    row = tx.row(f"{LISTED} AND legacy_item.id = :id", office=caller.office, id=id_)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "legacy")
    found = legacy_of(row)
    if content:
        if caller.role in WITHOUT_CONTENT:
            raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
        require_permitted(found.handling, Use.FETCH, caller.role)
        if found.blob is None:
            raise Problem(ProblemType.NOT_FOUND, "file")
    return found


def legacy_of(row: Any) -> Legacy:
    """Return what a row of `LISTED` says."""
    return Legacy(
        id=row.id,
        office=row.office,
        direction=row.direction,
        counterpart=row.counterpart or "",
        number=row.number or "",
        title=row.title,
        kind=Kind(row.kind),
        dated=row.dated,
        pages=row.pages,
        file=row.file or "",
        blob=None if row.title is None else row.blob,
        size=row.size or 0,
        media_type=row.media_type or "",
        handling=Handling(row.handling),
        imported_at=row.ended_at,
    )


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
