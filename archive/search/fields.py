"""What of an entry is searched, folded once for whatever engine stands behind the seam: a new engine only places it."""

from collections.abc import Iterable
from dataclasses import dataclass

from archive.search import han, number
from archive.search.entry import Entry
from archive.search.question import Viewer, Where


@dataclass(frozen=True)
class Folded:
    """The folded texts of one entry, by where a question may look, and the keys of its document number."""

    texts: dict[Where, str]
    number_keys: tuple[str, ...]


def folded(entry: Entry) -> Folded:
    """Return what is searched of this entry; its parts are joined by `han.SEPARATOR`, which no question can hold."""
    title = han.fold(entry.title)
    numbers = _joined(text for text in (number.canonical(entry.number), han.fold(entry.filing_number)) if text)
    files = _joined(han.fold(name) for name in entry.files)
    texts = _joined(han.fold(text) for text in entry.texts)
    return Folded(
        {"any": _joined((title, numbers, files, texts)), "title": title, "number": numbers, "file": files},
        number.keys(entry.number),
    )


def readers(viewer: Viewer) -> tuple[str, str]:
    """Return the two names under which this viewer may find an entry."""
    return f"office:{viewer.office}", f"person:{viewer.person}"


def _joined(texts: Iterable[str]) -> str:
    return han.SEPARATOR.join(texts)
