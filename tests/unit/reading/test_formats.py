"""Which formats are read, and that name, media type and content must agree; every refusal names the file and the cure."""

import io

import archive_maker
import ofd_maker
import ooxml_maker
import pytest
from archive_maker import zipped
from PIL import Image

from archive.reading import formats
from archive.reading.formats import ACCEPTED, BMP, DOCX, JPEG, JPG, OFD, PDF, PNG, PPTX, TEXT, TIF, TIFF, XLSX, ZIP, Accepted
from schemas.problems import Problem, ProblemType

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
OLD, ARCHIVE, ACTIVE = ProblemType.FORMAT_OLD, ProblemType.ARCHIVE_NOT_INSPECTABLE, ProblemType.DOCUMENT_ACTIVE
UNKNOWN, MISMATCH = ProblemType.FORMAT_NOT_INSPECTABLE, ProblemType.EXTENSION_MISMATCH
BY_NAME = {
    OLD: ("件.doc", "件.xls", "件.ppt", "件.wps", "件.et", "件.dps", "件.rtf", "件.DOC"),
    ARCHIVE: ("件.rar", "件.7z", "件.gz", "件.tar", "件.iso", "件.tar.gz"),
    ACTIVE: ("件.docm", "件.xlsm", "件.pptm", "件.exe", "件.js"),
    UNKNOWN: ("件.odt", "件.html", "件.csv", "件.heic", "件.webp", "件.svg", "件"),
}
NAMES = [(name, kind) for kind, names in BY_NAME.items() for name in names]


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), "white").save(out, kind)
    return out.getvalue()


CONTENTS: dict[Accepted, bytes] = {
    PDF: b"%PDF-1.7\n", OFD: ofd_maker.ofd(), DOCX: ooxml_maker.docx(), XLSX: ooxml_maker.xlsx(), PPTX: ooxml_maker.pptx(),
    TEXT: "关于工作的报告".encode(), JPG: picture("JPEG"), JPEG: picture("JPEG"), PNG: picture("PNG"), TIF: picture("TIFF"),
    TIFF: picture("TIFF"), BMP: picture("BMP"), ZIP: zipped({"甲.txt": "报告"}),
}  # fmt: skip


@pytest.mark.parametrize("accepted", ACCEPTED, ids=lambda accepted: accepted.extension)
def test_name_media_type_and_content_that_agree_are_accepted(accepted: Accepted):
    name = f"正文{accepted.extension.upper()}"
    assert formats.media_type_of(name) == accepted.media_type
    assert formats.format_of(name, f"{accepted.media_type.upper()}; charset=utf-8", CONTENTS[accepted]) is accepted


@pytest.mark.parametrize("said", ACCEPTED, ids=lambda accepted: accepted.extension)
def test_what_is_not_what_it_says_is_refused(said: Accepted):
    for other in ACCEPTED:
        if other.media_type != said.media_type:
            assert refused(f"正文{said.extension}", said.media_type, CONTENTS[other]) is MISMATCH
        if other.media_type != said.media_type:
            assert refused(f"正文{said.extension}", other.media_type, CONTENTS[said]) is UNKNOWN


def test_a_picture_under_the_name_of_another_kind_is_refused_and_taken_inside_another_file():
    for content in (CONTENTS[PNG], picture("WEBP")):
        assert refused("照片.jpg", "image/jpeg", content) is MISMATCH
        assert formats.inside("照片.jpg", content).format == "image"


@pytest.mark.parametrize(("name", "kind"), NAMES)
def test_other_formats_are_refused_by_their_name(name: str, kind: ProblemType):
    for content in (COMPOUND, CONTENTS[ZIP], b"Rar!\x1a\x07\x00", b"{\\rtf1", b"<html>", b"abc"):
        assert refused(name, "application/octet-stream", content) is kind
    with pytest.raises(Problem) as caught:
        formats.media_type_of(f"附件/{name}")
    assert caught.value.kind is kind
    assert caught.value.detail.startswith(name)
    assert caught.value.kind.advice.zh


def test_the_cure_is_told():
    assert all(word in OLD.advice.zh for word in ("请用 WPS 另存为", "PDF", "OFD", "DOCX"))
    assert "ZIP" in ARCHIVE.advice.zh
    with pytest.raises(Problem) as caught:
        formats.media_type_of("照片.heic")
    assert caught.value.detail == "照片.heic: 请另存为 JPG 或 PNG / save it as JPG or PNG"
    with pytest.raises(Problem) as caught:
        formats.media_type_of("数据.odt")
    assert formats.READABLE in caught.value.detail


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (COMPOUND + "WordDocument".encode("utf-16-le"), OLD),
        (COMPOUND + "Workbook".encode("utf-16-le"), OLD),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), ProblemType.DOCUMENT_ENCRYPTED),
        (COMPOUND, UNKNOWN),
        (b"{\\rtf1\\ansi", OLD),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>', OLD),
        (b"<html>", UNKNOWN),
        (b"Rar!\x1a\x07\x01\x00", ARCHIVE),
        (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
        (b"\x1f\x8b\x08", ARCHIVE),
        (bytes(257) + b"ustar", ARCHIVE),
        (b"\x00\x00\x00\x18ftypheic", UNKNOWN),
        (b"GIF89a", UNKNOWN),
        (b"MZ\x90\x00", ACTIVE),
        (b"", ProblemType.DOCUMENT_EMPTY),
        (CONTENTS[DOCX][:700], ProblemType.DOCUMENT_CUT_SHORT),
        (zipped({"[Content_Types].xml": "<a/>", "OFD.xml": "<a/>"}), ProblemType.DOCUMENT_BROKEN),
        (zipped({"[Content_Types].xml": "<a/>", "word/vbaProject.bin": "x"}), ACTIVE),
        (zipped({"[Content_Types].xml": "application/vnd.ms-word.document.macroEnabled.main+xml"}), ACTIVE),
        (zipped({"[Content_Types].xml": "wordprocessingml.template.main+xml"}), UNKNOWN),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), MISMATCH),
    ],
)  # fmt: skip
def test_what_lies_under_a_good_name_is_told_by_its_content(content: bytes, kind: ProblemType):
    assert refused("正文.docx", DOCX.media_type, content) is kind


@pytest.mark.parametrize("accepted", [one for one in ACCEPTED if one not in (JPEG, TIF, TIFF, BMP, PNG)], ids=lambda one: one.extension)
@pytest.mark.parametrize("name", ["正文", "正文.bak", "正文.doc", "正文.jpg"])
def test_inside_another_file_the_content_alone_decides(accepted: Accepted, name: str):
    content = CONTENTS[accepted]
    if accepted is TEXT and name == "正文.doc":
        with pytest.raises(Problem) as caught:
            formats.inside(name, content)
        assert caught.value.kind is OLD
    else:
        assert formats.inside(name, content).format == accepted.format


def test_every_refusal_of_a_file_names_it():
    for name, content in {"甲.docx": COMPOUND, "乙.txt": b"", "丙.pdf": b"abc", "丁.txt": bytes(range(256))}.items():
        with pytest.raises(Problem) as caught:
            archive_maker.read(content, f"附件/{name}", formats.media_type_of(name))
        assert caught.value.detail.startswith(name)


def refused(name: str, media_type: str, content: bytes) -> ProblemType:
    with pytest.raises(Problem) as caught:
        formats.format_of(name, media_type, content)
    return caught.value.kind
