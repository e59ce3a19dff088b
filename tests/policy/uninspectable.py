"""Files that nobody can inspect, each with the problems that say so: a right refusal names the right one."""

import functools
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import ofd_maker
import ooxml_maker
import paper_maker
from office_package_maker import OFFICE, Part
from policy import carriers_ofd, carriers_office, carriers_pdf, carriers_plain, scans
from policy.carriers_scan import pdf as scan_pdf
from policy.drawings import drawn
from policy.old_files import compound
from policy.papers import Paper
from policy.scans import Scanning
from reportlab.lib import pdfencrypt

from schemas.problems import ProblemType as P


@dataclass(frozen=True)
class Unreadable:
    """A file, how it is called, and the problems of which one must be the answer."""

    name: str
    file: str
    media_type: str
    make: Callable[[Paper], bytes]
    problems: frozenset[P]


_SEVEN: Final = b"7z\xbc\xaf\x27\x1c\x00\x04"
_PDF: Final = "application/pdf"
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ZIP: Final = "application/zip"


def _rows(*rows: tuple[str, str, str, Callable[[Paper], bytes], tuple[P, ...]]) -> list[Unreadable]:
    return [Unreadable(name, file, media, make, frozenset(problems)) for name, file, media, make, problems in rows]


def _locked(paper: Paper) -> bytes:
    lock = pdfencrypt.StandardEncryption("user", ownerPassword="owner", strength=128)
    return carriers_pdf.written(drawn(paper), carriers_pdf._named(carriers_pdf.SONG), encrypt=lock)


def _page(paper: Paper) -> bytes:
    scanning = Scanning(seed=paper.seed)
    return scans.jpeg(scans.pictures(paper, scanning)[0], scanning)


def _object(paper: Paper) -> bytes:
    """Return a DOCX that holds an object of an old program."""
    part = Part(_word(paper), f"{OFFICE}.oleObject")
    return ooxml_maker.docx(relations=[("rE", "oleObject", "o.bin", False)], parts={"word/o.bin": part})


def _old(*names: str) -> Callable[[Paper], bytes]:
    return lambda paper: compound(*names, seed=paper.seed)


_word = _old("WordDocument", "1Table")


def _bits(paper: Paper) -> bytes:
    return random.Random(paper.seed).randbytes(5000)


def _half(make: Callable[[Paper], bytes]) -> Callable[[Paper], bytes]:
    def cut(paper: Paper) -> bytes:
        whole = make(paper)
        return whole[: len(whole) // 2]

    return cut


def _docx(paper: Paper) -> bytes:
    return carriers_office.settled(carriers_office.DOCX["paragraph"](paper))


def _encrypted_zip(paper: Paper) -> bytes:
    """Return a zip whose one member says that it is encrypted."""
    content = bytearray(carriers_plain.zip_of_text(paper))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        members = archive.infolist()
    for member in members:
        content[member.header_offset + 6] |= 1
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    return bytes(content)


def _nested(depth: int) -> Callable[[Paper], bytes]:
    def make(paper: Paper) -> bytes:
        content = carriers_plain.zip_of_text(paper)
        for at in range(depth):
            content = carriers_plain.zipped({f"第{at}层.zip": content})
        return content

    return make


def _many(_: Paper) -> bytes:
    return carriers_plain.zipped({f"{at:04}.txt": f"第{at}份材料".encode() for at in range(160)})


@functools.cache
def _spaces() -> bytes:
    return carriers_plain.zipped({"空白.txt": b" " * (240 << 20)})


def _coarse(paper: Paper) -> bytes:
    scanning = Scanning(dots=100, seed=paper.seed)
    return scan_pdf(scans.pictures(paper, scanning), scanning)


def _blurred(paper: Paper) -> bytes:
    scanning = Scanning(dots=200, blur=14, noise=12, seed=paper.seed)
    return scan_pdf(scans.pictures(paper, scanning), scanning)


def _blank(paper: Paper) -> bytes:
    scanning = Scanning(dots=150, faint=1.0, noise=3, seal="", seed=paper.seed)
    return scan_pdf(scans.pictures(paper, scanning), scanning)


def _glyphs(_: Paper) -> bytes:
    return paper_maker.glyph_numbers()


def _many_pages(_: Paper) -> bytes:
    return paper_maker.raw(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%s]/Count 12000>>" % b" ".join(b"%d 0 R" % (5 + at) for at in range(12_000)),
            paper_maker.stream(paper_maker.TEXT),
            paper_maker.HELVETICA,
            *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 3 0 R>>"] * 12_000,
        ]
    )


def _flate_bomb(_: Paper) -> bytes:
    return _bomb()


@functools.cache
def _bomb() -> bytes:
    packed = paper_maker.packed(b" ", 1 << 30)
    return paper_maker.raw(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            paper_maker.PAGES,
            paper_maker.page(),
            paper_maker.stream(packed, b"/Filter/FlateDecode"),
            paper_maker.HELVETICA,
        ]
    )


def _hostile(name: str) -> Callable[[Paper], bytes]:
    return lambda _: ooxml_maker.hostile()[name]


def _script(_: Paper) -> bytes:
    return paper_maker.ACTIVE["script on opening"]


_BROKEN: Final = (P.DOCUMENT_BROKEN, P.DOCUMENT_CUT_SHORT)
_HEAVY: Final = (P.DOCUMENT_BOMB, P.DOCUMENT_TOO_COMPLEX, P.READER_KILLED, P.READER_TIMEOUT)
_UNKNOWN: Final = (P.FORMAT_NOT_INSPECTABLE, P.EXTENSION_MISMATCH)

UNREADABLE: Final = _rows(
    ("encrypted pdf", "加密.pdf", _PDF, _locked, (P.DOCUMENT_ENCRYPTED,)),
    ("encrypted zip", "加密.zip", _ZIP, _encrypted_zip, (P.DOCUMENT_ENCRYPTED, P.ARCHIVE_NOT_INSPECTABLE, P.DOCUMENT_BROKEN)),
    ("old doc called docx", "改名.docx", _DOCX, _word, (P.EXTENSION_MISMATCH, P.FORMAT_OLD, P.FORMAT_NOT_INSPECTABLE)),
    ("encrypted docx", "加密.docx", _DOCX, _old("EncryptionInfo", "EncryptedPackage"), (P.DOCUMENT_ENCRYPTED,)),
    ("half a pdf", "半份.pdf", _PDF, _half(carriers_pdf.named_font), _BROKEN),
    ("half an ofd", "半份.ofd", "application/ofd", _half(carriers_ofd.text), _BROKEN),
    ("half a docx", "半份.docx", _DOCX, _half(_docx), _BROKEN),
    ("half a zip", "半份.zip", _ZIP, _half(carriers_plain.zip_of_pdf), _BROKEN),
    ("half a jpeg", "半张.jpg", "image/jpeg", _half(_page),
     (*_BROKEN, P.SCAN_ILLEGIBLE)),
    ("no bytes", "空.pdf", _PDF, lambda _: b"", (P.DOCUMENT_EMPTY,)),
    ("no bytes docx", "空.docx", _DOCX, lambda _: b"", (P.DOCUMENT_EMPTY,)),
    ("no bytes txt", "空.txt", "text/plain", lambda _: b"", (P.DOCUMENT_EMPTY,)),
    ("spaces alone", "空白.txt", "text/plain", lambda _: b"  \r\n" * 40, (P.DOCUMENT_WITHOUT_TEXT, P.DOCUMENT_EMPTY)),
    ("pdf called docx", "文件.docx", _DOCX, carriers_pdf.named_font, _UNKNOWN),
    ("docx called pdf", "文件.pdf", _PDF, _docx, _UNKNOWN),
    ("docx called ofd", "文件.ofd", "application/ofd", _docx, _UNKNOWN),
    ("zip called docx", "文件.docx", _DOCX, carriers_plain.zip_of_text, (*_UNKNOWN, P.DOCUMENT_BROKEN)),
    ("jpeg called png", "照片.png", "image/png", _page, _UNKNOWN),
    ("old doc", "文件.doc", "application/msword", _word, (P.FORMAT_OLD,)),
    ("old xls", "表格.xls", "application/vnd.ms-excel", _old("Workbook"), (P.FORMAT_OLD,)),
    ("old ppt", "演示.ppt", "application/vnd.ms-powerpoint", _old("PowerPoint Document"), (P.FORMAT_OLD,)),
    ("wps", "文件.wps", "application/octet-stream", _word, (P.FORMAT_OLD,)),
    ("et", "表格.et", "application/octet-stream", _old("Workbook"), (P.FORMAT_OLD,)),
    ("rtf", "文件.rtf", "application/rtf", lambda _: b"{\\rtf1\\ansi\\ansicpg936 text}", (P.FORMAT_OLD,)),
    ("rar", "材料.rar", "application/vnd.rar", lambda paper: b"Rar!\x1a\x07\x01\x00" + _bits(paper), (P.ARCHIVE_NOT_INSPECTABLE,)),
    ("7z", "材料.7z", "application/x-7z-compressed", lambda paper: _SEVEN + _bits(paper), (P.ARCHIVE_NOT_INSPECTABLE,)),
    ("rar in zip", "材料.zip", _ZIP, lambda paper: carriers_plain.zipped({"内.rar": b"Rar!\x1a\x07\x01\x00" + _bits(paper)}),
     (P.ARCHIVE_NOT_INSPECTABLE,)),
    ("old doc in zip", "材料.zip", _ZIP, lambda paper: carriers_plain.zipped({"内.doc": _word(paper)}), (P.FORMAT_OLD,)),
    ("program in zip", "材料.zip", _ZIP, lambda paper: carriers_plain.zipped({"安装.exe": b"MZ\x90\0" + _bits(paper)}),
     (*_UNKNOWN, P.DOCUMENT_ACTIVE)),
    ("unknown bits", "数据.bin", "application/octet-stream", _bits, _UNKNOWN),
    ("bits called pdf", "数据.pdf", _PDF, lambda paper: b"%PDF-1.7\n" + _bits(paper), _BROKEN),
    ("zips in zips", "多层.zip", _ZIP, _nested(6), (P.NESTED_TOO_DEEP,)),
    ("160 files in a zip", "很多.zip", _ZIP, _many, (P.NESTED_TOO_DEEP, P.DOCUMENT_TOO_COMPLEX)),
    ("zip bomb", "炸弹.zip", _ZIP, lambda _: _spaces(), (P.DOCUMENT_BOMB,)),
    ("docx bomb", "炸弹.docx", _DOCX, _hostile("a bomb"), _HEAVY),
    ("Flate bomb", "炸弹.pdf", _PDF, _flate_bomb, _HEAVY),
    ("laughs", "实体.docx", _DOCX, _hostile("a billion laughs"), (*_HEAVY, P.DOCUMENT_BROKEN, P.DOCUMENT_ACTIVE)),
    ("12,000 pages", "万页.pdf", _PDF, _many_pages, (P.TOO_MANY_PAGES, P.DOCUMENT_TOO_COMPLEX)),
    ("macros", "宏.docx", _DOCX, _hostile("macros"), (P.DOCUMENT_ACTIVE,)),
    ("type with macros", "宏.docm", "application/vnd.ms-word.document.macroEnabled.12", _hostile("a type with macros"),
     (P.DOCUMENT_ACTIVE, *_UNKNOWN)),
    ("OLE object", "对象.docx", _DOCX, _object, (P.DOCUMENT_ACTIVE, P.FORMAT_OLD, P.FORMAT_NOT_INSPECTABLE)),
    ("script", "脚本.pdf", _PDF, _script, (P.DOCUMENT_ACTIVE,)),
    ("sound in an ofd", "有声.ofd", "application/ofd", lambda _: ofd_maker.active()["sound"], (P.DOCUMENT_ACTIVE,)),
    ("no way to characters", "字形.pdf", _PDF, _glyphs, (P.TEXT_UNMAPPED, P.SCAN_ILLEGIBLE, P.DOCUMENT_WITHOUT_TEXT)),
    ("scan of 100 dpi", "粗.pdf", _PDF, _coarse, (P.SCAN_TOO_COARSE,)),
    ("blurred scan", "模糊.pdf", _PDF, _blurred, (P.SCAN_ILLEGIBLE,)),
    ("photograph alone", "照片.jpg", "image/jpeg", lambda paper: scans.jpeg(scans.landscape(paper.seed), Scanning()),
     (P.SCAN_ILLEGIBLE, P.DOCUMENT_WITHOUT_TEXT)),
    ("empty scan", "白纸.pdf", _PDF, _blank, (P.SCAN_ILLEGIBLE, P.DOCUMENT_WITHOUT_TEXT)),
)  # fmt: skip
