"""What earlier versions of a PDF show that the last one does not: pages that were changed or taken out.

A page that an update left alone consists of the same objects at the same places of the file; only others are read again. What
annotations and fields said in an earlier version is found by the gate, which looks at every version.
"""

from collections.abc import Iterator
from typing import Any, Final

from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from schemas.problems import Problem, ProblemType

_INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_MAXIMUM_STEPS: Final = 500_000
_MAXIMUM_ANCESTORS: Final = 64

Signature = frozenset[tuple[Any, ...]]


def changed(before: PdfReader, last: PdfReader) -> list[int]:
    """Return the indexes of the pages of an earlier version of a file that its last version does not have just so.

    Raises Problem DOCUMENT_TOO_COMPLEX where that cannot be found out within bounds.
    """
    now, then = _Signatures(last), _Signatures(before)
    kept = {now.of(page) for page in last.pages}
    return [index for index, page in enumerate(before.pages) if then.of(page) not in kept]


class _Signatures:
    """Tells pages apart by the places of everything that their content is drawn with."""

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader
        self._steps = 0

    def of(self, page: PageObject) -> Signature:
        """Return the same for two pages of two versions only if they are drawn with the same bytes of the file."""
        roots = [("/Contents", dict.get(page, "/Contents")), *((name, _inherited(page, name)) for name in _INHERITED)]
        found: set[tuple[Any, ...]] = set()
        stack: list[tuple[Any, Any]] = list(roots)
        while stack:
            way, item = stack.pop()
            self._steps += 1
            if self._steps > _MAXIMUM_STEPS:
                raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too much in earlier versions")
            if isinstance(item, IndirectObject):
                entry = (way, item.idnum, *self._place(item))
                if entry not in found:
                    found.add(entry)
                    stack.append((item.idnum, item.get_object()))
                continue
            stack += _inside(way, item)
            if not isinstance(item, (ArrayObject, DictionaryObject)):
                found.add((way, repr(item)))
        return frozenset(found)

    def _place(self, reference: IndirectObject) -> tuple[Any, ...]:
        packed = self._reader.xref_objStm.get(reference.idnum)
        if packed is not None:
            return packed[1], self._offset(packed[0], 0)
        return (self._offset(reference.idnum, reference.generation),)

    def _offset(self, number: int, generation: int) -> int:
        return int(self._reader.xref.get(generation, {}).get(number, -1))


def _inside(way: Any, item: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(item, ArrayObject):
        yield from (((way, place), child) for place, child in enumerate(list.__iter__(item)))
    elif isinstance(item, DictionaryObject) and dict.get(item, "/Type") not in {"/Page", "/Pages"}:
        yield from (((way, name), child) for name, child in dict.items(item) if name not in {"/Parent", "/StructParents"})


def _inherited(page: DictionaryObject, name: str) -> Any:
    node: Any = page
    for _ in range(_MAXIMUM_ANCESTORS):
        if not isinstance(node, DictionaryObject) or name in node:
            break
        parent = dict.get(node, "/Parent")
        node = parent.get_object() if isinstance(parent, IndirectObject) else parent
    return dict.get(node, name) if isinstance(node, DictionaryObject) else None
