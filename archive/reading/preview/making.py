"""One piece of a document as shapes, from the bytes to the framed answer: imported only by processes to be lost."""

import mmap

from archive.reading import formats
from archive.reading.answer import Request
from archive.reading.made import PREVIEWS
from archive.reading.preview import book_preview, ofd_preview, scans, slide_preview, word_preview
from archive.reading.preview.shapes import Preview
from schemas.problems import Problem, ProblemType


def preview(name: str, media_type: str, content: bytes | mmap.mmap, first: int) -> Preview:
    """Draw a document from sheet number `first` on. Raises a Problem of `answer.REFUSALS`, FORMAT_NOT_INSPECTABLE for other formats."""
    try:
        match formats.format_of(name, media_type, content).format:
            case "ofd":
                return ofd_preview.preview(content, first)
            case "docx":
                return word_preview.preview(content, first)
            case "xlsx":
                return book_preview.preview(content, first)
            case "pptx":
                return slide_preview.preview(content, first)
            case "image":
                return scans.preview(content, first)
    except (RecursionError, MemoryError) as error:
        raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, type(error).__name__) from error
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, "no preview")


def make(request: Request, document: int) -> bytes:
    """Return the framed answer to a request with `preview`; runs in a process to be lost."""
    content = mmap.mmap(document, request.size, access=mmap.ACCESS_COPY)
    return PREVIEWS.framed(lambda: preview(request.name, request.media_type, content, request.preview))
