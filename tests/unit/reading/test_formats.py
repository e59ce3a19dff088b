"""Which formats are read, and that name, media type, first bytes and members must agree."""

import pytest

from archive.reading import formats
from archive.reading.formats import DOCX, OFD, PDF, PPTX, TEXT, XLSX, Accepted
from schemas.problems import Problem, ProblemType

ZIP = b"PK\x03\x04" + bytes(60)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60)
HEADS = {PDF: b"%PDF-1.7\n", OFD: ZIP, DOCX: ZIP, XLSX: ZIP, PPTX: ZIP, TEXT: "关于工作的报告".encode()}
OLD = {
    "件.doc": "application/msword",
    "件.xls": "application/vnd.ms-excel",
    "件.ppt": "application/vnd.ms-powerpoint",
    "件.wps": "application/vnd.ms-works",
    "件.et": "application/octet-stream",
    "件.dps": "application/octet-stream",
    "件.docm": "application/vnd.ms-word.document.macroenabled.12",
    "件.rar": "application/vnd.rar",
    "件.7z": "application/x-7z-compressed",
    "件.zip": "application/zip",
    "件.jpg": "image/jpeg",
    "件.rtf": "application/rtf",
    "件.odt": "application/vnd.oasis.opendocument.text",
    "件.html": "text/html",
    "件.csv": "text/csv",
    "件": "text/plain",
}


@pytest.mark.parametrize("accepted", formats.ACCEPTED, ids=lambda accepted: accepted.format)
def test_name_media_type_and_first_bytes_that_agree_are_accepted(accepted: Accepted):
    name = f"正文{accepted.extension.upper()}"
    assert formats.media_type_of(name) == accepted.media_type
    assert formats.format_of(name, f"{accepted.media_type.upper()}; charset=utf-8", HEADS[accepted]) is accepted


@pytest.mark.parametrize("said", formats.ACCEPTED, ids=lambda accepted: accepted.format)
def test_what_is_not_what_it_says_is_refused(said: Accepted):
    for other in formats.ACCEPTED:
        if HEADS[other] != HEADS[said]:
            assert refused(f"正文{said.extension}", said.media_type, HEADS[other])
        if other is not said:
            assert refused(f"正文{said.extension}", other.media_type, HEADS[said])


@pytest.mark.parametrize("name", OLD)
def test_other_formats_are_refused_with_the_cure(name: str):
    for head in (COMPOUND, ZIP, b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xff\xd8\xff\xe0", b"{\\rtf1", b"<html>", b"abc"):
        problem = refused(name, OLD[name], head)
        assert all(word in problem.detail for word in ("PDF", "OFD", "DOCX"))
        assert "请用 WPS 另存为" in problem.kind.advice.zh
        assert all(word in problem.kind.advice.zh for word in ("PDF", "OFD", "DOCX"))
    with pytest.raises(Problem):
        formats.media_type_of(name)


def test_an_old_binary_file_is_left_to_the_office_reader_alone():
    assert formats.format_of("正文.docx", DOCX.media_type, COMPOUND) is DOCX  # it may hold an encrypted package
    for accepted in (PDF, OFD, TEXT):
        assert refused(f"正文{accepted.extension}", accepted.media_type, COMPOUND)


def test_a_zip_is_what_stands_inside_and_never_both():
    formats.confirm(OFD, ["OFD.xml", "Doc_0/Document.xml"])
    formats.confirm(XLSX, ["[Content_Types].xml", "xl/workbook.xml"])
    for accepted, members in (
        (OFD, ["[Content_Types].xml"]),
        (DOCX, ["OFD.xml"]),
        (OFD, ["OFD.xml", "[content_types].xml"]),
        (PPTX, ["ofd.XML", "[Content_Types].xml"]),
        (DOCX, ["mimetype", "content.xml"]),
        (OFD, []),
    ):
        with pytest.raises(Problem) as caught:
            formats.confirm(accepted, members)
        assert caught.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE


def refused(name: str, media_type: str, head: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        formats.format_of(name, media_type, head)
    assert caught.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE
    return caught.value
