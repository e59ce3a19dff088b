"""Which format a file has: its content decides, and the name and declared media type of what is sent must agree.

Of a file inside another the content alone decides: names in packages are often wrong or missing.
"""

import pathlib
from collections.abc import Iterable
from mmap import mmap
from typing import Final, NamedTuple

from archive.reading import archive_zip
from archive.reading.nested import Located, located
from archive.reading.reading import Format
from schemas.problems import Problem, ProblemType


class Accepted(NamedTuple):
    """One format that can be inspected, with the name ending and the media type that go with it.

    `inside` is the member by which a zip shows that it is one of this kind; other formats have none.
    """

    format: Format
    extension: str
    media_type: str
    inside: str = ""


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_CONTENT_TYPES: Final = "[Content_Types].xml"
PDF: Final = Accepted("pdf", ".pdf", "application/pdf")
OFD: Final = Accepted("ofd", ".ofd", "application/ofd", "OFD.xml")
DOCX: Final = Accepted("docx", ".docx", f"{_OFFICE}.wordprocessingml.document", _CONTENT_TYPES)
XLSX: Final = Accepted("xlsx", ".xlsx", f"{_OFFICE}.spreadsheetml.sheet", _CONTENT_TYPES)
PPTX: Final = Accepted("pptx", ".pptx", f"{_OFFICE}.presentationml.presentation", _CONTENT_TYPES)
TEXT: Final = Accepted("text", ".txt", "text/plain")
JPG: Final = Accepted("image", ".jpg", "image/jpeg")
JPEG: Final = Accepted("image", ".jpeg", "image/jpeg")
PNG: Final = Accepted("image", ".png", "image/png")
TIF: Final = Accepted("image", ".tif", "image/tiff")
TIFF: Final = Accepted("image", ".tiff", "image/tiff")
BMP: Final = Accepted("image", ".bmp", "image/bmp")
_WEBP: Final = Accepted("image", ".webp", "image/webp")  # inside other files alone, where programs put it
ZIP: Final = Accepted("zip", ".zip", "application/zip")
ACCEPTED: Final = (PDF, OFD, DOCX, XLSX, PPTX, TEXT, JPG, JPEG, PNG, TIF, TIFF, BMP, ZIP)

READABLE: Final = "PDF, OFD, DOCX, XLSX, PPTX, TXT, JPG, PNG, TIFF, BMP, ZIP"
"""The formats as texts for users name them."""


def _endings(names: str) -> frozenset[str]:
    return frozenset(names.split())


_OLD: Final = _endings(".doc .dot .xls .xlt .ppt .pps .pot .wps .wpt .et .ett .dps .dpt .rtf .xlsb")
_ARCHIVES: Final = _endings(".rar .7z .gz .tgz .tar .iso .bz2 .xz .zst .cab .lzh .arj .z .zipx")
_ACTIVE: Final = _endings(
    ".docm .dotm .xlsm .xltm .xlam .pptm .potm .ppsm .ppam .exe .com .dll .scr .msi .bat .cmd .ps1 .vbs .js .hta .jar .lnk .apk"
)
_PICTURES: Final = _endings(".heic .heif .avif .webp .gif .jp2 .jxl .psd .svg .wmf .emf .raw .dng .ico")
_MARKED_UP: Final = _endings(".html .htm .mht .mhtml .xml .eml .url .svg")
"""Texts that a program shows otherwise than they stand."""

_AS_PICTURE: Final = "请另存为 JPG 或 PNG / save it as JPG or PNG"
_COMPOUND_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_STREAMS: Final = tuple(
    name.encode("utf-16-le") for name in ("WordDocument", "Workbook", "Book", "PowerPoint Document", "MatOST", "CONTENTS")
)
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_MAGICS: Final[tuple[tuple[bytes, Accepted | tuple[ProblemType, str]], ...]] = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPG),
    (b"II*\x00", TIF),
    (b"MM\x00*", TIF),
    (b"{\\rtf", (ProblemType.FORMAT_OLD, "RTF")),
    *(
        (magic, (ProblemType.ARCHIVE_NOT_INSPECTABLE, name))
        for magic, name in (
            (b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf", "7Z"), (b"\x1f\x8b", "GZ"), (b"BZh91AY", "BZ2"), (b"\xfd7zXZ", "XZ"),
            (b"MSCF\x00", "CAB"),
            (b"\x28\xb5\x2f\xfd", "ZST"), (b"PK\x07\x08", "分卷 / a part of several"), (b"PK00PK", "分卷 / a part of several"),
        )
    ),
    *(
        (magic, (ProblemType.DOCUMENT_ACTIVE, "程序 / a program"))
        for magic in (b"MZ\x90\x00", b"\x7fELF", b"L\x00\x00\x00\x01\x14\x02\x00")
    ),
    *(
        (magic, (ProblemType.FORMAT_NOT_INSPECTABLE, _AS_PICTURE))
        for magic in (b"GIF87a", b"GIF89a", b"8BPS", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51", b"\xd7\xcd\xc6\x9a")
    ),
)  # fmt: skip
_MARKUP: Final = (b"<?xml", b"<!doctype", b"<html", b"<svg", b"%!ps", b"mime-version:")
_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
_HEAD: Final = 64
_ZIP_MAGIC: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_PLACED: Final = (
    (4, b"ftyp", ProblemType.FORMAT_NOT_INSPECTABLE, _AS_PICTURE),  # HEIC, AVIF, and films
    (40, b" EMF", ProblemType.FORMAT_NOT_INSPECTABLE, _AS_PICTURE),
    (257, b"ustar", ProblemType.ARCHIVE_NOT_INSPECTABLE, "TAR"),
    (0x8001, b"CD001", ProblemType.ARCHIVE_NOT_INSPECTABLE, "ISO"),
)
_DECLARED: Final = 1024
_MAINS: Final = (
    (b"wordprocessingml.document.main+xml", DOCX),
    (b"spreadsheetml.sheet.main+xml", XLSX),
    (b"presentationml.presentation.main+xml", PPTX),
)


def media_type_of(name: str) -> str:
    """Return the media type that goes with a file name.

    Raises Problem FORMAT_OLD, ARCHIVE_NOT_INSPECTABLE, DOCUMENT_ACTIVE, FORMAT_NOT_INSPECTABLE; its detail names the file.
    """
    try:
        return _named(name).media_type
    except Problem as problem:
        raise Located(problem.kind, located(pathlib.PurePath(name).name, problem.detail)) from problem


def format_of(name: str, media_type: str, content: bytes | mmap) -> Accepted:
    """Return the format of a file that was sent: content, extension and media type must name the same.

    Raises Problem: DOCUMENT_EMPTY, FORMAT_OLD, ARCHIVE_NOT_INSPECTABLE, DOCUMENT_ACTIVE, DOCUMENT_ENCRYPTED, EXTENSION_MISMATCH,
    FORMAT_NOT_INSPECTABLE, and for a zip DOCUMENT_BROKEN, DOCUMENT_CUT_SHORT and NESTED_TOO_DEEP.
    """
    if not len(content):
        raise Problem(ProblemType.DOCUMENT_EMPTY)
    accepted = _named(name)
    found = _of_content(content)
    if found is None and accepted is not TEXT:
        raise Problem(ProblemType.EXTENSION_MISMATCH)
    if found is not None and found.inside == _CONTENT_TYPES:
        found = _office_kind(content)
    if found is not None and found.media_type != accepted.media_type:
        raise Problem(ProblemType.EXTENSION_MISMATCH, f"内容是 {found.extension} / it holds {found.extension}")
    if media_type.split(";", maxsplit=1)[0].strip().lower() != accepted.media_type:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"the content is not {media_type}")
    return accepted


def inside(name: str, content: bytes | mmap) -> Accepted:
    """Return the format of a file inside another, by its content; what is no known format may be plain text.

    Raises the Problems of `format_of`, save EXTENSION_MISMATCH.
    """
    if not len(content):
        raise Problem(ProblemType.DOCUMENT_EMPTY)
    extension = _extension(name)
    if extension in _ACTIVE:
        raise _refused(extension)
    found = _of_content(content)
    if found is not None and found.inside == _CONTENT_TYPES:
        return _office_kind(content)
    if found is None and (extension in _OLD | _ARCHIVES | _PICTURES | _MARKED_UP):
        raise _refused(extension)
    return found or TEXT


def _named(name: str) -> Accepted:
    extension = _extension(name)
    for accepted in ACCEPTED:
        if extension == accepted.extension:
            return accepted
    raise _refused(extension)


def _extension(name: str) -> str:
    return pathlib.PurePath(name).suffix.lower()


def _refused(extension: str) -> Problem:
    for extensions, kind in (
        (_OLD, ProblemType.FORMAT_OLD),
        (_ARCHIVES, ProblemType.ARCHIVE_NOT_INSPECTABLE),
        (_ACTIVE, ProblemType.DOCUMENT_ACTIVE),
    ):
        if extension in extensions:
            return Problem(kind)
    if extension in _PICTURES:
        return Problem(ProblemType.FORMAT_NOT_INSPECTABLE, _AS_PICTURE)
    return Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"{extension or '没有扩展名 no extension'}: {READABLE}")


def _of_content(content: bytes | mmap) -> Accepted | None:
    """Return what the bytes are, None for what has no mark of its own (it may be text); raise what they may not be."""
    head = bytes(content[:_HEAD])
    if head.startswith((_ZIP_MAGIC, _EMPTY_ZIP)):
        return _zipped(archive_zip.names(content))
    if head.startswith(_COMPOUND_MAGIC):
        raise _compound(content)
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return BMP
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _WEBP
    found = next((found for magic, found in _MAGICS if head.startswith(magic)), None) or _further_in(content)
    if found is None or isinstance(found, Accepted):
        return found
    raise Problem(*found)


def _further_in(content: bytes | mmap) -> tuple[ProblemType, str] | None:
    """Return why a file is refused that tells by a mark further in, or by markup, what it is."""
    for place, mark, kind, advice in _PLACED:
        if content[place : place + len(mark)] == mark:
            return kind, advice
    if content[:_HEAD].lstrip(_BLANKS).lower().startswith(_MARKUP):
        old = b"mso-application" in content[:_DECLARED]
        return ProblemType.FORMAT_OLD if old else ProblemType.FORMAT_NOT_INSPECTABLE, f"XML, HTML: {READABLE}"
    return None


def _compound(content: bytes | mmap) -> Problem:
    """Return why a file of the old binary kind is refused; a package with a password lies in one, too."""
    if content.find(_ENCRYPTED) >= 0:
        return Problem(ProblemType.DOCUMENT_ENCRYPTED, "opens only with a password")
    if any(content.find(stream) >= 0 for stream in _OLD_STREAMS):
        return Problem(ProblemType.FORMAT_OLD)
    return Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"OLE: {READABLE}")


def _zipped(members: Iterable[str]) -> Accepted:
    """Return which of the formats that are zips one with these members is; it may not be two documents."""
    names = {name.lower() for name in members}
    kinds = [kind for kind in (OFD, DOCX) if kind.inside.lower() in names]
    if len(kinds) > 1:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "two documents in one file")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Problem(ProblemType.DOCUMENT_ACTIVE, "宏 / macros")
    return kinds[0] if kinds else ZIP


def _office_kind(content: bytes | mmap) -> Accepted:
    types = archive_zip.member(content, _CONTENT_TYPES).replace(b"\x00", b"")  # they may be UTF-16
    if b"macroenabled" in types.lower():
        raise Problem(ProblemType.DOCUMENT_ACTIVE, "宏 / macros")
    found = [kind for mark, kind in _MAINS if mark in types]
    if len(found) == 1:
        return found[0]
    raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, READABLE)
