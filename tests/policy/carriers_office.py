"""Office carriers: the mark in the many places of a DOCX, XLSX or PPTX, with the paper's own words around it."""

import io
import zipfile
from collections.abc import Callable
from typing import Final

import ooxml_maker as maker
from office_package_maker import NAMESPACES, OFFICE, SHEET_NAMESPACE, Part
from ooxml_maker import Sheet, Slide, paragraph, run
from policy.carriers_pdf import NEUTRAL
from policy.papers import Paper
from policy.papers import rows as listed

_DAY: Final = (2026, 11, 20, 8, 0, 0)


def settled(package: bytes) -> bytes:
    """Return the same zip with one date for all members: what the set makes is the same at any time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            new.writestr(zipfile.ZipInfo(member.filename, _DAY), old.read(member), member.compress_type)
    return out.getvalue()


def _said(paper: Paper) -> str:
    return paper.mark or NEUTRAL


def _body(paper: Paper) -> str:
    filler = listed(paper.seed, 40) if paper.pages > 1 else []
    return "".join(paragraph(words) for words in (*paper.paragraphs, *filler))


def _story(kind: str, root: str, inside: str) -> Callable[[Paper], bytes]:
    def make(paper: Paper) -> bytes:
        content = f"<w:{root} {NAMESPACES}>{inside.format(paragraph(_said(paper)))}</w:{root}>"
        reference = f'<w:{kind}Reference w:type="default" r:id="rX"/>' if kind in ("header", "footer") else ""
        return maker.with_part(kind, content, section=reference, body=_body(paper))

    return make


def _before(make: Callable[[str], str]) -> Callable[[Paper], bytes]:
    return lambda paper: maker.docx(make(_said(paper)) + _body(paper))


def _split(mark: str) -> str:
    return "<w:p>" + "".join(run(piece) for piece in (mark[:1], mark[1:3], mark[3:]) if piece) + "</w:p>"


def _properties(kind: str, content: str) -> Callable[[Paper], bytes]:
    def make(paper: Paper) -> bytes:
        parts, roots = maker.properties(kind, content.format(_said(paper)))
        return maker.docx(_body(paper), parts=parts, roots=roots)

    return make


DOCX: Final[dict[str, Callable[[Paper], bytes]]] = {
    "paragraph": _before(paragraph),
    "split runs": _before(_split),
    "hidden run": _before(lambda mark: f"<w:p>{run(mark, '<w:vanish/>')}</w:p>"),
    "white run": _before(lambda mark: "<w:p>" + run(mark, "<w:color w:val='FFFFFF'/>") + "</w:p>"),
    "header": _story("header", "hdr", "{}"),
    "footer": _story("footer", "ftr", "{}"),
    "text box": _before(maker.text_box),
    "old text box": _before(maker.old_text_box),
    "table cell": _before(lambda mark: maker.table([mark, "平件"])),
    "insertion": _before(lambda mark: f"<w:p><w:ins w:id='1'>{run(mark)}</w:ins></w:p>"),
    "deletion": _before(lambda mark: f"<w:p><w:del w:id='1'>{run(mark, tag='w:delText')}</w:del></w:p>"),
    "content control": _before(lambda mark: f"<w:sdt><w:sdtContent>{paragraph(mark)}</w:sdtContent></w:sdt>"),
    "core properties": _properties("core", "<cp:keywords>{}</cp:keywords>"),
    "category": _properties("core", "<cp:category>{}</cp:category>"),
    "label": _properties("custom", "<property name='MSIP_Label_1_Name'><vt:lpwstr>{}</vt:lpwstr></property>"),
    "comment": _story("comments", "comments", "<w:comment>{}</w:comment>"),
    "footnote": _story("footnotes", "footnotes", "<w:footnote>{}</w:footnote>"),
}


def _table(paper: Paper) -> list[tuple[str, ...]]:
    about = paper.template
    return [
        (about.title,),
        ("村", "户数", "人数", "金额"),
        *(tuple(row.split()[1:5]) for row in listed(paper.seed, 15)),
        *((each,) for each in paper.more),
    ]


def _sheet(paper: Paper, *first: tuple[str, ...]) -> str:
    return maker.rows(*first, *_table(paper))


def _comments(paper: Paper) -> bytes:
    said = f"<commentList><comment ref='A1'><text><r><t>{_said(paper)}</t></r></text></comment></commentList>"
    content = f"<comments {SHEET_NAMESPACE}>{said}</comments>"
    return maker.xlsx(Sheet(_sheet(paper)), parts={"xl/comments1.xml": maker.sheet_part("comments", content)})


XLSX: Final[dict[str, Callable[[Paper], bytes]]] = {
    "cell": lambda paper: maker.xlsx(Sheet(_sheet(paper, (_said(paper),)))),
    "header": lambda paper: maker.xlsx(
        Sheet(f'{_sheet(paper)}<headerFooter><oddHeader>&amp;L&amp;"黑体,常规"&amp;16{_said(paper)}</oddHeader></headerFooter>')
    ),
    "name of a sheet": lambda paper: maker.xlsx(Sheet(_sheet(paper), _said(paper).replace("*", "☆")[:31])),
    "second sheet": lambda paper: maker.xlsx(Sheet(_sheet(paper)), Sheet(maker.rows((_said(paper),)), "附表")),
    "hidden sheet": lambda paper: maker.xlsx(Sheet(_sheet(paper)), Sheet(maker.rows((_said(paper),)), "附表", "hidden")),
    "comment": _comments,
}


def _shapes(paper: Paper) -> str:
    words = paper.paragraphs
    title = maker.text_shape(paper.template.title, "457200 800000 8229600 800000")
    return title + "".join(maker.text_shape(text, f"457200 {1800000 + 800000 * at} 8229600 700000") for at, text in enumerate(words[-6:]))


def _box(paper: Paper) -> str:
    return maker.text_shape(_said(paper), "457200 100000 2600000 400000")


def _notes(paper: Paper) -> bytes:
    part = Part(maker.slide_part("notes", maker.text_shape(_said(paper))), f"{OFFICE}.presentationml.notesSlide+xml")
    slide = Slide(_shapes(paper), relations=[("rN", "notesSlide", "../notesSlides/n.xml", False)])
    return maker.pptx(slide, parts={"ppt/notesSlides/n.xml": part})


PPTX: Final[dict[str, Callable[[Paper], bytes]]] = {
    "shape": lambda paper: maker.pptx(Slide(_box(paper) + _shapes(paper))),
    "second slide": lambda paper: maker.pptx(Slide(_shapes(paper)), Slide(_box(paper))),
    "notes": _notes,
    "master": lambda paper: maker.with_layout("", _box(paper), _shapes(paper)),
    "table": lambda paper: maker.pptx(Slide(maker.slide_table([_said(paper), "乙"]) + _shapes(paper))),
}
