"""One document read from its bytes: imported only by processes to be lost, for it brings the libraries that read."""

import mmap

import msgspec

from archive.reading import formats, ofd, ooxml, pdf, plain
from archive.reading.answer import LENGTH, MAXIMUM, Answer, Request
from archive.reading.package import Package
from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType


def read(name: str, media_type: str, document: int, size: int) -> Reading:
    """Read the open file descriptor `document` of `size` bytes, in this very process: only ever called in a process to be lost.

    Raises Problem: FORMAT_NOT_INSPECTABLE, DOCUMENT_ENCRYPTED, _BROKEN, _ACTIVE, _TOO_COMPLEX, _WITHOUT_TEXT.
    """
    if size == 0:
        raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, "the file is empty")
    # private and writable, because pdfium takes its bytes in place only from a writable mapping; never closed by hand, because
    # pdfium's view of it may outlive a refusal
    content = mmap.mmap(document, size, access=mmap.ACCESS_COPY)
    head = content[:64]
    accepted = formats.format_of(name, media_type, head)
    if formats.is_zip(head):
        formats.confirm(accepted, Package(content).names())
    match accepted.format:
        case "pdf":
            return pdf.read(content)
        case "ofd":
            return ofd.read(content)
        case "docx" | "xlsx" | "pptx" as kind:
            return ooxml.read(content, kind)
    if size > plain.MAXIMUM:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "more than 8 MiB of text")
    return plain.read(content[:])


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
