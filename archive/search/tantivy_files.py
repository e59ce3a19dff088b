"""What the index on tantivy keeps in its folder: the fields of an entry, and whether the files still are what was written."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from tantivy import Document, Schema, SchemaBuilder

from archive.search import han
from archive.search.entry import Entry
from archive.search.fields import folded
from schemas.problems import Problem, ProblemType

ONES: Final = "_ones"
COVERED: Final = ""
"""The id of the document that holds `upto`: it has no reader, so that no question finds it, and no submission's is empty."""

_PLACES: Final = ("any", "title", "number", "file")
_META: Final = "meta.json"
_MANAGED: Final = ".managed.json"
_PASSING: Final = (".tantivy-", ".tmp")
_COMPONENTS: Final = ("fast", "fieldnorm", "idx", "pos", "store", "term")
# every file of a segment ends with a text in JSON that holds the CRC-32 of all before it, its length, and this number
_FOOTER_MAGIC: Final = (1337).to_bytes(4, "little")
_FOOTER_END: Final = 8
_PIECE: Final = 1 << 20


class _Deletes(Struct):
    opstamp: int


class _Segment(Struct):
    segment_id: str
    deletes: _Deletes | None


class _Meta(Struct):
    segments: tuple[_Segment, ...]


class _Footer(Struct):
    crc: int


def schema() -> Schema:
    """Return the fields: an index with any others is not ours."""
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for place in _PLACES:
        builder.add_text_field(place, tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(place + ONES, tokenizer_name="whitespace", index_option="basic")
    for keyword in ("number_key", "reader", "to", "urgency"):
        builder.add_text_field(keyword, tokenizer_name="raw", index_option="basic")
    for keyword in ("from", "kind", "standing"):
        builder.add_text_field(keyword, tokenizer_name="raw", index_option="basic", fast=True)
    for span in ("year", "date", "received"):
        builder.add_integer_field(span, fast=True)
    for sequence in ("accepted", "covered"):
        builder.add_unsigned_field(sequence, fast=True)
    return builder.build()


def document(entry: Entry) -> Document:
    """Return an entry as it is placed in the index."""
    placed = Document()
    placed.add_text("id", entry.submission)
    found = folded(entry)
    for place, text in found.texts.items():
        placed.add_text(place, han.stream(text))
        placed.add_text(place + ONES, han.ones(text))
    words = {
        "number_key": found.number_keys,
        "reader": entry.readers,
        "from": (entry.office,),
        "to": entry.recipients,
        "kind": (entry.kind,),
        "urgency": (entry.urgency,),
        "standing": entry.standings,
    }
    for keyword, values in words.items():
        for value in dict.fromkeys(filter(None, values)):
            placed.add_text(keyword, value)
    for span, day in (("year", entry.date // 10_000), ("date", entry.date), ("received", entry.received)):
        if day:
            placed.add_integer(span, day)
    placed.add_unsigned("accepted", entry.accepted)
    return placed


def covering(upto: int) -> Document:
    """Return the document that says how far the index covers the ledger."""
    placed = Document()
    placed.add_text("id", COVERED)
    placed.add_unsigned("covered", upto)
    return placed


def refuse_damage(folder: Path) -> None:
    """Refuse a folder whose committed files are not all there as they were written; all of them are read.

    An empty folder, or one in which a new index was just begun, is in order. Raises Problem INDEX_BROKEN, OSError.
    """
    names = {path.name for path in folder.iterdir() if not path.name.startswith(_PASSING)}
    missing = {_META, _MANAGED} - names
    if not names or names == {_MANAGED}:
        return
    if missing:
        raise Problem(ProblemType.INDEX_BROKEN, f"{min(missing)} is missing")
    listed = (folder / _META).read_bytes()
    damaged = next((name for name in _committed(listed) if not _is_whole(folder / name)), None)
    if damaged is None:
        return
    if (folder / _META).read_bytes() == listed:
        raise Problem(ProblemType.INDEX_BROKEN, f"{damaged} is damaged or missing")
    # another process has committed meanwhile, and removed what its state no longer needs
    refuse_damage(folder)


def _committed(listed: bytes) -> Iterator[str]:
    """Return the names of the files that the last commit needs; others may be left over from a kill, and torn."""
    try:
        meta = msgspec.json.decode(listed, type=_Meta)
    except msgspec.DecodeError as error:
        raise Problem(ProblemType.INDEX_BROKEN, f"{_META} is damaged") from error
    for segment in meta.segments:
        name = segment.segment_id.replace("-", "")
        yield from (f"{name}.{component}" for component in _COMPONENTS)
        if segment.deletes is not None:
            yield f"{name}.{segment.deletes.opstamp}.del"


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _FOOTER_END))
            end = file.read()
            length = int.from_bytes(end[:4], "little")
            rest = size - _FOOTER_END - length
            if end[4:] != _FOOTER_MAGIC or rest < 0:
                return False
            file.seek(rest)
            expected = msgspec.json.decode(file.read(length), type=_Footer).crc
            file.seek(0)
            found = 0
            while piece := file.read(min(_PIECE, rest)):
                found, rest = zlib.crc32(piece, found), rest - len(piece)
            return found == expected
    except (FileNotFoundError, msgspec.DecodeError):
        return False
