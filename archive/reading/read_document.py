"""One document read from its bytes, with all that lies in it: imported only by processes to be lost, for it brings the libraries."""

import mmap
import pathlib
from collections.abc import Iterator, Sequence

import msgspec

from archive.reading import archive_zip, formats, image, ofd, ooxml, pdf, plain
from archive.reading.answer import LENGTH, MAXIMUM, Answer, Request
from archive.reading.formats import Accepted
from archive.reading.frames import Frame
from archive.reading.nested import Located, Nest, located
from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType


def read(name: str, media_type: str, document: int, size: int) -> Reading:
    """Read the open file descriptor `document` of `size` bytes, in this very process: only ever called in a process to be lost.

    Raises a Problem of `answer.REFUSALS`; its detail begins with the name of the file, and of the file inside it that is meant.
    """
    own = pathlib.PurePath(name).name
    try:
        content = _mapped(document, size)
        accepted = formats.format_of(name, media_type, content)
        return _read(accepted, content, Nest(_inside, size, own))
    except Located:
        raise
    except Problem as problem:
        raise Located(problem.kind, located(own, problem.detail)) from problem


def show(name: str, media_type: str, document: int, size: int, pages: Sequence[tuple[str, int]]) -> Iterator[Frame]:
    """Draw pages of the document that `read` gave as pictures, each by its path ("" for the document itself) and number.

    Frames come path by path, in the order in which the paths are first named; a page that is none is passed over. Raises what
    `read` raises.
    """
    content = _mapped(document, size)
    accepted = formats.format_of(name, media_type, content)
    wanted: dict[str, list[int]] = {}
    for path, number in pages:
        wanted.setdefault(path, []).append(number)
    nest = Nest(_inside, size, wanted=[path for path in wanted if path])
    if any(wanted):
        _read(accepted, content, nest)
    for path, numbers in wanted.items():
        if not path:
            yield from _frames(accepted, content, numbers, path)
        elif path in nest.found:
            inner, _, whole = nest.found.pop(path)
            yield from _frames(formats.inside(inner, whole), whole, numbers, path)


def make(request: Request, document: int) -> bytes:
    """Read the document and return the framed answer; runs in a process to be lost."""
    try:
        answer = Answer(read(request.name, request.media_type, document, request.size))
    except Problem as problem:
        answer = Answer(problem=problem.kind.type, detail=problem.detail)
    encoded = msgspec.json.encode(answer)
    if len(encoded) > MAXIMUM:
        encoded = msgspec.json.encode(Answer(problem=ProblemType.DOCUMENT_TOO_COMPLEX.type, detail="too much text"))
    return LENGTH.pack(len(encoded)) + encoded


def _mapped(document: int, size: int) -> mmap.mmap:
    if size == 0:
        raise Problem(ProblemType.DOCUMENT_EMPTY)
    # private and writable, because pdfium takes its bytes in place only from a writable mapping; never closed by hand, because
    # pdfium's view of it may outlive a refusal
    return mmap.mmap(document, size, access=mmap.ACCESS_COPY)


def _inside(name: str, media_type: str, content: bytes, nest: Nest) -> Reading:  # noqa: ARG001 - what a package says of a file counts for nothing
    return _read(formats.inside(name, content), content, nest)


def _read(accepted: Accepted, content: bytes | mmap.mmap, nest: Nest) -> Reading:
    reading = _by_format(accepted, content, nest)
    return msgspec.structs.replace(reading, parts=nest.parts) if nest.parts and not reading.parts else reading


def _by_format(accepted: Accepted, content: bytes | mmap.mmap, nest: Nest) -> Reading:
    match accepted.format:
        case "pdf":
            return pdf.read(content, nest)
        case "ofd":
            return ofd.read(content, nest)
        case "docx" | "xlsx" | "pptx" as kind:
            return ooxml.read(content, kind, nest)
        case "image":
            return image.read(content, nest)
        case "zip":
            return archive_zip.read(content, nest)
    if len(content) > plain.MAXIMUM:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "more than 8 MiB of text")
    return plain.read(content[:])


def _frames(accepted: Accepted, content: bytes | mmap.mmap, pages: Sequence[int], path: str) -> Iterator[Frame]:
    match accepted.format:
        case "pdf":
            return pdf.frames(content, pages, path)
        case "ofd":
            return ofd.frames(content, pages, path)
        case "docx" | "xlsx" | "pptx" as kind:
            return ooxml.frames(content, kind, pages, path)
        case "image":
            return image.frames(content, pages, path)
    return iter(())
