"""Files within files: members of a ZIP, attachments and embedded files, each read by its own reader one level deeper.

The bounds hold for the whole outermost document, whatever lies in what: 3 levels, 100 files, 200 MiB unpacked, 200 to 1.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType

MAXIMUM_DEPTH: Final = 3
"""Levels below the outermost document: a.zip/b.zip/c.zip/d.pdf is read, and nothing that lies in d.pdf."""

MAXIMUM_PARTS: Final = 100
MAXIMUM_UNPACKED: Final = 200 << 20
"""Bytes that everything inside may unpack to, files within files counted at each level."""

RATIO: Final = 200
SMALL: Final = 16 << 20
"""Bytes up to which a document may unpack whatever the ratio: text packs well."""

LONGEST_DETAIL: Final = 120
_LONGEST_NAME: Final = 1000

Dispatch = Callable[[str, str, bytes, "Nest"], Reading]
"""Reads a file inside by what it holds: name, media type (or ""), bytes, and the nest for what lies in it."""


@dataclass
class _Whole:
    """What all files inside one outermost document have used up; `wanted` are the paths that `found` is to keep the bytes of."""

    size: int
    wanted: Collection[str] = ()
    found: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    parts: int = 0
    unpacked: int = 0


class Located(Problem):
    """A problem whose detail names the file already."""


class Nest:
    """What a reader hands the files to that it finds inside the document it reads.

    A nest that was made with `wanted` paths reads nothing but what leads there, and keeps those files' bytes: `found`.
    """

    def __init__(self, dispatch: Dispatch, size: int, name: str = "", wanted: Collection[str] = ()) -> None:
        """Begin the nest of an outermost document of `size` bytes; its `name` begins the paths in details."""
        self._label = f"{name}/" if name else ""
        self._dispatch = dispatch
        self._whole = _Whole(size, frozenset(wanted))
        self._path = ""
        self._depth = 0
        self._parts: list[tuple[str, Reading]] = []

    @property
    def parts(self) -> tuple[tuple[str, Reading], ...]:
        """The files read so far that lie directly in this document, each under a name of its own."""
        return tuple(self._parts)

    @property
    def found(self) -> dict[str, tuple[str, str, bytes]]:
        """Name, media type and bytes of the wanted files, by path."""
        return self._whole.found

    def read(self, name: str, content: bytes, media_type: str = "") -> None:
        """Read a file inside this document and keep it as one of its parts; what it holds decides how it is read.

        `name` may carry folders ("甲/乙.pdf"). Raises NESTED_TOO_DEEP, DOCUMENT_BOMB, and the Problems of all readers, with the
        path of the file, the outermost name first, before the detail ("附件.zip/表.xls: ..."), which is for the sender alone.
        """
        name = self._own(name)
        path = f"{self._path}/{name}" if self._path else name
        try:
            self.require(1)
            self._whole.parts += 1
            self.weigh(len(content))
            if self._is_passed_over(path, name, media_type, content):
                return
            inner = self._deeper(path)
            reading = self._dispatch(name, media_type, content, inner)
        except Located:
            raise
        except Problem as problem:
            raise Located(problem.kind, located(self._label + path, problem.detail)) from problem
        self._parts.append((name, reading))

    def require(self, count: int) -> None:
        """Raise Problem NESTED_TOO_DEEP unless so many files more may be read; for readers that know before they unpack."""
        if self._whole.parts + count > MAXIMUM_PARTS:
            raise Problem(ProblemType.NESTED_TOO_DEEP, f"more than {MAXIMUM_PARTS} files inside")

    def weigh(self, size: int) -> None:
        """Count bytes that are about to be unpacked. Raises Problem DOCUMENT_BOMB when the whole unpacks to too much."""
        self._whole.unpacked += size
        if self._whole.unpacked > min(MAXIMUM_UNPACKED, max(SMALL, RATIO * self._whole.size)):
            raise Problem(ProblemType.DOCUMENT_BOMB, "it unpacks to too much")

    def _deeper(self, path: str) -> "Nest":
        if self._depth >= MAXIMUM_DEPTH:
            raise Problem(ProblemType.NESTED_TOO_DEEP, f"more than {MAXIMUM_DEPTH} levels")
        inner = Nest(self._dispatch, 0)
        inner._whole, inner._path, inner._depth = self._whole, path, self._depth + 1
        inner._label = self._label
        return inner

    def _own(self, name: str) -> str:
        """Return the name, or another where a file before it has the same path."""
        name = "/".join(step for step in name.replace("\\", "/").split("/") if step.strip(". "))[-_LONGEST_NAME:] or "?"
        start, number = f"{self._path}/" if self._path else "", 1
        taken = name
        while start + taken in self._whole.paths:
            number += 1
            taken = f"{name} ({number})"
        self._whole.paths.add(start + taken)
        return taken

    def _is_passed_over(self, path: str, name: str, media_type: str, content: bytes) -> bool:
        wanted = self._whole.wanted
        if path in wanted:
            self._whole.found[path] = (name, media_type, content)
        return bool(wanted) and not any(one.startswith(f"{path}/") for one in wanted)


def located(path: str, detail: str) -> str:
    """Return a detail that names a file; a path that is too long loses its beginning, for its end tells more."""
    room = max(20, LONGEST_DETAIL - len(detail) - 2)
    path = path if len(path) <= room else f"…{path[1 - room :]}"
    return (f"{path}: {detail}" if detail else path)[:LONGEST_DETAIL]


def alone() -> Nest:
    """Return a nest for a document in which nothing may lie. Its `read` raises Problem NESTED_TOO_DEEP."""
    return Nest(_refuse, MAXIMUM_UNPACKED)


def _refuse(name: str, media_type: str, content: bytes, nest: Nest) -> Reading:  # noqa: ARG001 - the shape of Dispatch
    raise Problem(ProblemType.NESTED_TOO_DEEP, "nothing may lie inside")
