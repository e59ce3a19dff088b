"""Files inside a PDF: embedded, attached to a note, associated, or the members of a portfolio; each is handed on once."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from pypdf.generic import DictionaryObject, IndirectObject, StreamObject, TextStringObject

from archive.reading.legible import repaired
from archive.reading.nested import Nest

LONGEST_NAME: Final = 200
_NAMES: Final = ("/UF", "/F", "/Unix", "/DOS", "/Mac")


class Files:
    """Collects the files while the objects of a PDF are walked over."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[int, tuple[str, StreamObject]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    def take(self, dictionary: DictionaryObject) -> None:
        """Keep the files that this object stands for, if it stands for any; a stream found before keeps its best name."""
        embedded = _plain(dict.get(dictionary, "/EF"))
        if isinstance(embedded, DictionaryObject):
            name = _name(dictionary)
            for stream in dict.values(embedded):
                self._keep(_plain(stream), name)
        elif isinstance(dictionary, StreamObject) and _plain(dict.get(dictionary, "/Type")) == "/EmbeddedFile":
            self._keep(dictionary, "")

    def _keep(self, stream: Any, name: str) -> None:
        if isinstance(stream, StreamObject) and (name or id(stream) not in self._found):
            self._found[id(stream)] = name, stream

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Give the name and the bytes of each file, unpacked one at a time, in the order in which they were found."""
        for number, (name, stream) in enumerate(self._found.values(), 1):
            yield name or f"{number}", stream.get_data()


def read(files: Files, nest: Nest, known: set[bytes]) -> None:
    """Have each file read as a part; `known` are digests of those that were read already. Raises the nest's Problems."""
    for name, content in files.contents():
        digest = hashlib.sha256(content).digest()
        if digest not in known:
            known.add(digest)
            nest.read(name, content)


def _name(specification: DictionaryObject) -> str:
    for key in _NAMES:
        value = _plain(dict.get(specification, key))
        if isinstance(value, TextStringObject) and value.strip():
            return repaired(value.replace("\0", "").strip())[-LONGEST_NAME:]
        if isinstance(value, bytes) and value:
            return value.decode("gb18030", "replace")[-LONGEST_NAME:]
    return ""


def _plain(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
