"""Files and pictures inside Office files: read one level deeper, or looked at, or refused with the cure."""

import functools
import io
import struct

import compound_maker
import ooxml_maker
import pytest
from archive_maker import read, shown, zipped
from compound_maker import packaged
from hypothesis import given, settings
from hypothesis import strategies as st
from ooxml_maker import BODY, MEDIA_TYPES, NAMESPACES, OFFICE, Part, Sheet, Slide, docx, paragraph, picture, pptx, xlsx
from PIL import Image, ImageDraw

from archive.reading import compound, ooxml, ooxml_metafile
from archive.reading.ooxml_parts import Kind
from archive.reading.reading import Reading, flowing, unseen
from schemas.problems import Problem, ProblemType

OLE = f"{OFFICE}.oleObject"


def opened(content: bytes, kind: Kind = "docx") -> Reading:
    return read(content, f"正文.{kind}", MEDIA_TYPES[kind])


def refused(content: bytes, kind: Kind = "docx") -> Problem:
    with pytest.raises(Problem) as caught:
        opened(content, kind)
    return caught.value


def holding(part: Part, kind: str = "package", name: str = "embeddings/工作簿.xlsx") -> bytes:
    return docx(relations=[("rE", kind, name, False)], parts={f"word/{name}": part})


def workbook(text: str) -> bytes:
    return xlsx(Sheet(f'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row></sheetData>'))


def test_an_embedded_workbook_is_a_part_of_its_document():
    reading = opened(holding(Part(workbook("全县人口统计表"), MEDIA_TYPES["xlsx"])))
    ((name, part),) = reading.parts
    assert (name, part.format) == ("工作簿.xlsx", "xlsx")
    assert flowing(part.pages) == "全县人口统计表"


@pytest.mark.parametrize(
    ("streams", "name"),
    [
        ({"Package": workbook("全县人口统计表"), "\1CompObj": b"x" * 90}, "o.bin"),
        ({"\1Ole10Native": packaged("统计表.xlsx", workbook("全县人口统计表"))}, "统计表.xlsx"),
        ({"\1Ole10Native": packaged("统计表.txt", "全县人口统计表".encode()), "\1Ole": b"x"}, "统计表.txt"),
        ({"Package": zipped({"统计表.txt": "全县人口统计表" * 900 + "".join(map(chr, range(0x4E00, 0x5E00)))})}, "o.bin"),
    ],
    ids=["package", "packager", "small file of the packager", "large"],
)
def test_an_object_that_holds_a_file_is_read_as_that_file(streams: dict[str, bytes], name: str):
    reading = opened(holding(Part(compound_maker.compound(streams), OLE), "oleObject", "embeddings/o.bin"))
    assert [inner for inner, _ in reading.parts] == [name]
    assert "全县人口统计表" in str(reading.parts)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (compound_maker.compound({"WordDocument": b"x" * 90}), ProblemType.FORMAT_OLD),
        (compound_maker.compound({"Workbook": b"x" * 9000}), ProblemType.FORMAT_OLD),
        (compound_maker.compound({"VBA": b"x", "Package": b"x"}), ProblemType.DOCUMENT_ACTIVE),
        (compound_maker.compound({"EncryptedPackage": b"x"}), ProblemType.DOCUMENT_ENCRYPTED),
        (compound_maker.compound({"Equation Native": b"x"}), ProblemType.FORMAT_NOT_INSPECTABLE),
        (compound_maker.compound({"Package": workbook("表"), "Other": b"x"}), ProblemType.FORMAT_NOT_INSPECTABLE),
        (compound_maker.compound({"\1Ole10Native": packaged("旧.doc", b"abc")}), ProblemType.FORMAT_OLD),
        (compound_maker.compound({"\1Ole10Native": b"\xff" * 40}), ProblemType.DOCUMENT_BROKEN),
        (compound_maker.compound({"Package": workbook("表")})[:700], ProblemType.DOCUMENT_BROKEN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ProblemType.DOCUMENT_BROKEN),
        (bytes(range(256)), ProblemType.FORMAT_NOT_INSPECTABLE),
    ],
)
def test_another_object_is_refused_by_its_kind(content: bytes, kind: ProblemType):
    problem = refused(holding(Part(content, OLE), "oleObject", "embeddings/o.bin"))
    assert problem.kind is kind
    assert problem.detail.startswith("正文.docx")


def test_a_chain_of_sectors_that_runs_in_circles_is_refused():
    content = bytearray(compound_maker.compound({"Package": b"x" * 9000}))
    table = content.rindex(struct.pack("<2I", compound_maker.END, compound_maker.TABLE)) // 512 * 512
    for place in range(table, table + 80, 4):
        content[place : place + 4] = bytes(4)
    assert refused(holding(Part(bytes(content), OLE), "oleObject", "embeddings/o.bin")).kind is ProblemType.DOCUMENT_BROKEN


def test_a_workbook_of_a_chart_is_read_through_the_chart():
    chart = Part(f"<c:chartSpace {NAMESPACES}/>", f"{OFFICE}.drawingml.chart+xml", [("rW", "package", "../embeddings/Book1.xlsx", False)])
    parts = {"word/charts/c.xml": chart, "word/embeddings/Book1.xlsx": Part(workbook("机密★1年"), MEDIA_TYPES["xlsx"])}
    reading = opened(docx(relations=[("rC", "chart", "charts/c.xml", False)], parts=parts))
    assert [name for name, _ in reading.parts] == ["Book1.xlsx"]
    assert "机密★1年" in flowing(reading.parts[0][1].pages)


def test_a_document_in_a_document_in_a_document_ends_somewhere():
    content = docx()
    for _ in range(3):
        content = holding(Part(content, MEDIA_TYPES["docx"]), name="embeddings/d.docx")
    assert opened(content).parts
    assert refused(holding(Part(content, MEDIA_TYPES["docx"]), name="embeddings/d.docx")).kind is ProblemType.NESTED_TOO_DEEP


@functools.cache
def scan(kind: str = "JPEG", width: int = 1240, height: int = 1754) -> bytes:
    """Return a picture whose upper half is black."""
    whole = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(whole).rectangle((0, 0, width, height // 2), fill="black")
    out = io.BytesIO()
    whole.save(out, kind)
    return out.getvalue()


def pictured(content: bytes, body: str = BODY + picture(160, 226), type_: str = "image/jpeg") -> bytes:
    return docx(body, relations=[("rP", "image", "media/a.jpg", False)], parts={"word/media/a.jpg": Part(content, type_)})


def looked(reading: Reading) -> list[tuple[int, str, int]]:
    return [(page.number, page.picture.reason, page.picture.dots) for page in reading.pages if page.picture]


def test_a_scan_in_a_document_is_a_page_behind_its_text_with_the_dots_of_the_paper():
    reading = opened(pictured(scan()))
    last = len(reading.pages)
    assert looked(reading) == [(last, "scan", round(1240 / (160 / 25.4)))]
    assert unseen(reading) == [("", last)]
    assert shown(pictured(scan()), [("", last)], "正文.docx", MEDIA_TYPES["docx"]) == [("", last)]


def test_a_document_that_is_nothing_but_a_scan_is_looked_at_as_page_one():
    assert [number for number, _, _ in looked(opened(pictured(scan(), picture(160, 226))))] == [1]


@pytest.mark.parametrize(("turn", "bright"), [(0, "lower"), (10_800_000, "upper"), (5_400_000, "left"), (16_200_000, "right")])
def test_a_scan_is_drawn_as_the_document_turns_it(turn: int, bright: str):
    turned = picture(160, 226).replace(
        "<pic:pic>", f"<pic:pic><pic:spPr><a:xfrm rot='{turn}'><a:ext cx='5760000' cy='8136000'/></a:xfrm></pic:spPr>"
    )
    assert "rot=" in turned
    content = pictured(scan(), BODY + turned)
    number = len(ooxml.read(content, "docx").pages)
    (frame,) = ooxml.frames(content, "docx", [number], "")
    whole = Image.frombytes("RGB", (frame.width, frame.height), bytes(frame.pixels))
    places = {"upper": (0.5, 0.2), "lower": (0.5, 0.8), "left": (0.2, 0.5), "right": (0.8, 0.5)}
    found = [name for name, (x, y) in places.items() if whole.getpixel((int(whole.width * x), int(whole.height * y)))[0] > 200]
    assert bright in found
    assert {"upper": "lower", "lower": "upper", "left": "right", "right": "left"}[bright] not in found


def test_a_slide_on_a_picture_is_looked_at_and_its_paper_has_no_dots():
    reading = opened(
        pptx(
            Slide(),
            Slide(ooxml_maker.slide_picture(0.9, 0.9) + ooxml_maker.SHAPES, relations=[("rP", "image", "../media/a.jpg", False)]),
            parts={"ppt/media/a.jpg": Part(scan(), "image/jpeg")},
        ),
        "pptx",
    )
    assert looked(reading) == [(3, "scan", 0)]


def test_a_picture_in_a_header_that_could_hold_a_line_is_looked_at():
    header = Part(
        f"<w:hdr {NAMESPACES}>{picture(60, 15)}</w:hdr>", f"{OFFICE}.wordprocessingml.header+xml", [("rP", "image", "media/a.jpg", False)]
    )
    content = docx(
        section='<w:headerReference w:type="default" r:id="rX"/>',
        relations=[("rX", "header", "header1.xml", False)],
        parts={"word/header1.xml": header, "word/media/a.jpg": Part(scan(width=600, height=150), "image/jpeg")},
    )
    reading = opened(content)
    assert looked(reading) == [(len(reading.pages), "head", 0)]


def metafile(*records: bytes) -> bytes:
    """Return an EMF of these records."""
    head = struct.pack("<2I", 1, 108) + bytes(32) + b" EMF" + bytes(64)
    return head + b"".join(records) + struct.pack("<5I", 14, 20, 0, 0, 20)


def written(text: str, options: int = 0) -> bytes:
    raw = text.encode("utf-16-le")
    raw += b"\0" * (-len(raw) % 4)
    return struct.pack("<2I", 84, 76 + len(raw)) + bytes(36) + struct.pack("<3I", len(text), 76, options) + bytes(20) + raw


METAFILE = metafile(written("机密★1年"), struct.pack("<2I", 108, 52) + bytes(44), written("统计"))
OBJECT = compound_maker.compound({"Package": workbook("表"), "\1Ole": b"x" * 9})


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (metafile(written("统计"), struct.pack("<2I", 81, 8)), "image/x-emf"),
        (metafile(written("统计", options=0x10)), "image/x-emf"),
        (b"\xd7\xcd\xc6\x9a" + bytes(60), "image/x-wmf"),
        (b"GIF89a" + bytes(40), "image/gif"),
    ],
    ids=["EMF with a picture", "EMF of glyphs", "WMF", "GIF"],
)
def test_a_drawing_that_fills_a_page_is_refused_with_the_cure(content: bytes, type_: str):
    problem = refused(pictured(content, type_=type_))
    assert problem.kind is ProblemType.FORMAT_NOT_INSPECTABLE
    assert "a.jpg" in problem.detail
    assert "PNG" in problem.detail


def test_the_words_of_a_drawing_are_read_whatever_its_size():
    for size in ((160, 226), (20, 20)):
        reading = opened(pictured(metafile(written("机密★1年")), BODY + picture(*size), "image/x-emf"))
        assert ("shape", "机密★1年") in reading.texts
        assert not looked(reading)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([METAFILE, OBJECT]), st.data())
def test_damaged_objects_and_drawings_are_refused_or_read(whole: bytes, data: st.DataObject):
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, min(len(whole), 3000) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(changed[: data.draw(st.integers(1, len(whole)))])
    if whole is METAFILE:
        assert isinstance(ooxml_metafile.told(content).words, str)
    else:
        try:
            held = compound.held(content)
        except Problem:
            return
        assert len(held.content) <= len(whole)


def test_a_damaged_scan_is_refused_and_named():
    problem = refused(pictured(scan()[: len(scan()) // 2]))
    assert problem.kind is ProblemType.DOCUMENT_CUT_SHORT
    assert "a.jpg" in problem.detail


def test_small_pictures_are_not_looked_at():
    alone = "<w:p><w:r><w:br w:type='page'/></w:r></w:p>"
    assert not looked(opened(pictured(scan(), BODY + alone + picture(60, 20) + paragraph("附图"))))
