"""Office files that attack their reader or hold what may not come in: each is refused with the reason, and none costs much."""

import functools
import io
import struct
import zipfile

import ooxml_maker
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ooxml_maker import docx

from archive.reading import ooxml, zip_members
from archive.reading.ooxml_paper import MAXIMUM_PAGES, Break, Paper, Words
from archive.reading.package import Package, resolved
from archive.reading.reading import flowing
from schemas.problems import Problem, ProblemType

BROKEN = ProblemType.DOCUMENT_BROKEN
BOMB = ProblemType.DOCUMENT_BOMB
SHORT = ProblemType.DOCUMENT_CUT_SHORT
NESTED = ProblemType.NESTED_TOO_DEEP
COMPLEX = ProblemType.DOCUMENT_TOO_COMPLEX
ACTIVE = ProblemType.DOCUMENT_ACTIVE
UNKNOWN = ProblemType.FORMAT_NOT_INSPECTABLE
EXPECTED = {
    "empty file": SHORT,
    "a zip's magic alone": SHORT,
    "half a file": SHORT,
    "a bomb": BOMB,
    "a bomb beside it": BOMB,
    "many members": COMPLEX,
    "a million elements": COMPLEX,
    "another compression": UNKNOWN,
    "a flag of encryption": ProblemType.DOCUMENT_ENCRYPTED,
    "another main part": UNKNOWN,
    "an OLE object": NESTED,
    "an embedded workbook": NESTED,
    "another document inside": UNKNOWN,
    "an unknown member": UNKNOWN,
    "a chunk": UNKNOWN,
    "macros": ACTIVE,
    "a type with macros": ACTIVE,
    "a control": ACTIVE,
    "an external picture": ACTIVE,
    "an external template": ACTIVE,
    "a linked object": ACTIVE,
    "a film": ACTIVE,
    "a field that fetches": ACTIVE,
    "no text": ProblemType.DOCUMENT_WITHOUT_TEXT,
    "text in no known script": ProblemType.DOCUMENT_WITHOUT_TEXT,
}
GOOD = docx()


@functools.cache
def hostile() -> dict[str, bytes]:
    return ooxml_maker.hostile()


def refused(content: bytes, kind: ooxml.Kind = "docx") -> ProblemType:
    with pytest.raises(Problem) as caught:
        ooxml.read(content, kind)
    return caught.value.kind


def test_every_hostile_file_is_refused_with_its_reason():
    found = {name: refused(content) for name, content in hostile().items()}
    assert found == {name: EXPECTED.get(name, BROKEN) for name in found}
    assert EXPECTED.keys() <= found.keys()


@pytest.mark.parametrize(
    ("sheet", "relation"),
    [
        ("connections", ("rX", "connections", "connections.xml", False)),
        ("externalLink", ("rX", "externalLink", "externalLinks/e.xml", False)),
        ("macrosheet", ("rX", "xlMacrosheet", "macrosheets/m.xml", False)),
    ],
)
def test_a_workbook_that_fetches_or_runs_something_is_refused(sheet: str, relation: tuple[str, str, str, bool]):
    parts = {f"xl/{relation[2]}": ooxml_maker.sheet_part(sheet, "<a/>")}
    assert refused(ooxml_maker.xlsx(parts=parts, relations=[relation]), "xlsx") is ACTIVE


def test_a_slide_that_starts_a_program_is_refused():
    shapes = ooxml_maker.SHAPES.replace(
        "<p:cNvPr id='2'", "<p:cNvPr id='2'><a:hlinkClick action='ppaction://program'/></p:cNvPr><p:x id='2'", 1
    )
    assert refused(ooxml_maker.pptx(ooxml_maker.Slide(shapes)), "pptx") is ACTIVE


def test_a_cell_that_names_a_string_that_is_not_there_is_refused():
    sheet = ooxml_maker.Sheet('<sheetData><row r="1"><c r="A1" t="s"><v>7</v></c></row></sheetData>')
    assert refused(ooxml_maker.xlsx(sheet), "xlsx") is BROKEN


def test_a_part_with_a_false_type_is_read_or_refused():
    notes = f"<w:footnotes {ooxml_maker.NAMESPACES}>{ooxml_maker.paragraph('机密★1年')}</w:footnotes>"
    for type_ in ("application/vnd.openxmlformats-officedocument.theme+xml", "image/png"):
        part = ooxml_maker.Part(notes, type_)
        content = docx(relations=[("rN", "footnotes", "footnotes.xml", False)], parts={"word/footnotes.xml": part})
        if type_ == "image/png":
            assert refused(content) is BROKEN
        else:
            assert ("other", "机密★1年") in ooxml.read(content, "docx").texts


def test_more_pages_than_anyone_reads_are_refused():
    paper = Paper()
    with pytest.raises(Problem) as caught:
        paper.lay([Words("页"), Break()] * (MAXIMUM_PAGES + 1))
    assert caught.value.kind is COMPLEX


def test_too_much_text_outside_the_pages_is_refused():
    text = "".join(chr(0x4E00 + number * number % 19_997) for number in range(1_000_001))
    comments = f"<w:comments {ooxml_maker.NAMESPACES}>{ooxml_maker.paragraph(text)}</w:comments>"
    assert refused(ooxml_maker.with_part("comments", comments)) is COMPLEX


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_as_it_was(data: st.DataObject):
    changed = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(GOOD) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        reading = ooxml.read(bytes(changed), "docx")
    except Problem:
        return
    assert flowing(reading.pages) == flowing(ooxml.read(GOOD, "docx").pages)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1))
def test_a_file_that_is_cut_short_is_refused(length: int):
    assert refused(GOOD[:length]) is SHORT


def test_a_streamed_zip_is_read():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.fp.seekable = lambda: False  # so that it writes data descriptors, as programs that stream do
        archive._seekable = False
        with zipfile.ZipFile(io.BytesIO(GOOD)) as made:
            for name in made.namelist():
                archive.writestr(name, made.read(name))
    assert struct.unpack_from("<H", out.getvalue(), 6)[0] & 0b1000
    assert ooxml.read(out.getvalue(), "docx") == ooxml.read(GOOD, "docx")


def test_folders_are_no_files_and_names_are_found_in_any_case():
    package = Package(ooxml_maker.zipped({"word/": "", "Word/A.xml": "<a/>", "甲.xml": "<b/>"}))
    assert package.names() == ("Word/A.xml", "甲.xml")
    assert "/word/a.XML" in package
    assert package.xml("/word/a.xml").tag == "a"


def test_a_name_in_gbk_is_read_as_old_programs_wrote_it():
    content = ooxml_maker.zipped({"aaaa.xml": "<a/>"}).replace(b"aaaa", "甲乙".encode("gbk"))
    assert Package(content).names() == ("甲乙.xml",)


def test_a_part_that_is_read_twice_counts_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archive.reading.package.MAXIMUM_TOTAL", 10)
    package = Package(ooxml_maker.zipped({"a": b"12345678", "b": b"123"}))
    for _ in range(3):
        assert package.read("a") == b"12345678"
    with pytest.raises(Problem) as caught:
        package.read("b")
    assert caught.value.kind is BOMB


@pytest.mark.parametrize(
    ("base", "target", "name"),
    [
        ("word/document.xml", "media/a.png", "word/media/a.png"),
        ("word/document.xml", "/customXml/item1.xml", "customXml/item1.xml"),
        ("xl/worksheets/sheet1.xml", "../drawings/./d.xml", "xl/drawings/d.xml"),
        ("", "word\\document.xml", "word/document.xml"),
    ],
)
def test_a_target_is_resolved_from_the_part_that_names_it(base: str, target: str, name: str):
    assert resolved(base, target) == name


@given(st.dictionaries(st.text("abc甲乙/", min_size=1, max_size=12), st.binary(max_size=200), max_size=8))
def test_what_another_program_zips_is_read_as_it_was(files: dict[str, bytes]):
    files = {f"f{name.replace('/', '_')}{number}": content for number, (name, content) in enumerate(files.items())}
    content = ooxml_maker.zipped(files)
    assert {member.name: zip_members.unpacked(content, member) for member in zip_members.members(content)} == files
