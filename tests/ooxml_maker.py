"""Makes Office files for tests by hand, part by part: plain ones, ones that carry a mark at every place we know, hostile ones.

Nothing here comes from a real document.
"""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import paper_maker
from office_package_maker import (
    MAIN,
    MEDIA_TYPES,
    NAMESPACES,
    OFFICE,
    OLD,
    PICTURE,
    SHEET_NAMESPACE,
    Part,
    overlapping,
    package,
    patched,
    strict,
    with_a_name_twice,
    zipped,
)


def paragraph(text: str, properties: str = "") -> str:
    """Return a paragraph of a DOCX."""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


BODY = "".join(paragraph(text) for text in (paper_maker.TITLE, *paper_maker.BODY))


def document(body: str, section: str = "") -> str:
    """Return the main part of a DOCX."""
    size = '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:left="1587" w:right="1474" w:bottom="1984"/>'
    begin = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{begin}<w:document {NAMESPACES}><w:body>{body}<w:sectPr>{section}{size}</w:sectPr></w:body></w:document>"


def docx(
    body: str = BODY,
    *,
    section: str = "",
    relations: Sequence[tuple[str, str, str, bool]] = (),
    parts: Mapping[str, Part] | None = None,
    roots: Sequence[tuple[str, str]] = (),
    **options: int,
) -> bytes:
    """Return a DOCX of this body; `parts` come with `relations` of the main part or `roots` of the package."""
    name, type_ = MAIN["docx"]
    return package(
        {name: Part(document(body, section), type_, list(relations)), **(parts or {})}, [("officeDocument", name), *roots], **options
    )


def word_part(kind: str, content: str) -> Part:
    """Return a part of a DOCX such as header, footnotes or comments."""
    return Part(content, f"{OFFICE}.wordprocessingml.{kind}+xml")


def with_part(kind: str, content: str, *, section: str = "", body: str = BODY) -> bytes:
    """Return a DOCX with one more part to which its main part is related."""
    return docx(
        body, section=section, relations=[("rX", kind, f"{kind}1.xml", False)], parts={f"word/{kind}1.xml": word_part(kind, content)}
    )


def text_box(text: str, position: str = "") -> str:
    """Return a paragraph with a text box as new programs write it, with the fallback for old ones."""
    inside = f"<w:txbxContent>{paragraph(text)}</w:txbxContent>"
    return (
        "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:anchor>"
        f"{position}<wp:extent cx='1800000' cy='360000'/><wp:docPr id='1' name='文本框 1'/><a:graphic><a:graphicData><wps:wsp>"
        f"<wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice>"
        "<mc:Fallback><w:pict><v:shape style='position:absolute;width:100pt;height:30pt'>"
        f"<v:textbox>{inside}</v:textbox></v:shape></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )


def old_text_box(text: str, style: str = "position:absolute;width:100pt;height:30pt") -> str:
    """Return a paragraph with a text box as old programs write it."""
    return (
        f"<w:p><w:r><w:pict><v:shape style='{style}'><v:textbox><w:txbxContent>{paragraph(text)}</w:txbxContent></v:textbox></v:shape>"
        "</w:pict></w:r></w:p>"
    )


def picture(width: int, height: int, *, anchored: bool = False) -> str:
    """Return a paragraph with a picture of this size in millimetres."""
    holder = "wp:anchor" if anchored else "wp:inline"
    size = f"cx='{width * 36000}' cy='{height * 36000}'"
    return (
        f"<w:p><w:r><w:drawing><{holder}><wp:extent {size}/><wp:docPr id='9' name='图片 9'/><a:graphic><a:graphicData><pic:pic>"
        f"<pic:blipFill><a:blip r:embed='rP'/></pic:blipFill><pic:spPr><a:xfrm><a:ext {size}/></a:xfrm></pic:spPr></pic:pic>"
        f"</a:graphicData></a:graphic></{holder}></w:drawing></w:r></w:p>"
    )


def with_picture(body: str) -> bytes:
    """Return a DOCX whose pictures have their file."""
    return docx(body, relations=[("rP", "image", "media/a.png", False)], parts={"word/media/a.png": Part(PICTURE, "image/png")})


def table(*rows: Sequence[str]) -> str:
    """Return a table with these cells."""
    body = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>" for row in rows)
    grid = '<w:gridCol w:w="2000"/>' * len(rows[0])
    return f"<w:tbl><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"


def chart(*texts: str) -> Part:
    """Return a chart whose series bear these names."""
    series = "".join(
        "<c:ser><c:tx><c:strRef><c:f>Sheet1!$B$1</c:f><c:strCache><c:pt idx='0'>"
        f"<c:v>{text}</c:v></c:pt></c:strCache></c:strRef></c:tx></c:ser>"
        for text in texts
    )
    return Part(
        f"<c:chartSpace {NAMESPACES}><c:chart><c:plotArea>{series}</c:plotArea></c:chart></c:chartSpace>", f"{OFFICE}.drawingml.chart+xml"
    )


def diagram(*texts: str) -> Part:
    """Return the data of a diagram (SmartArt)."""
    points = "".join(f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>" for text in texts)
    return Part(f"<dgm:dataModel {NAMESPACES}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>", f"{OFFICE}.drawingml.diagramdata+xml")


def drawing(inside: str) -> str:
    """Return a paragraph with a drawing."""
    return (
        "<w:p><w:r><w:drawing><wp:inline><wp:extent cx='1800000' cy='360000'/><a:graphic><a:graphicData>"
        f"{inside}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def run(text: str, properties: str = "", tag: str = "w:t") -> str:
    """Return a run."""
    return f"<w:r><w:rPr>{properties}</w:rPr><{tag}>{text}</{tag}></w:r>"


def field_code(code: str, result: str = "") -> str:
    """Return a paragraph with a field."""
    parts = "".join(
        f"<w:r>{piece}</w:r>"
        for piece in (
            "<w:fldChar w:fldCharType='begin'/>",
            f"<w:instrText>{code}</w:instrText>",
            "<w:fldChar w:fldCharType='separate'/>",
            f"<w:t>{result}</w:t>",
            "<w:fldChar w:fldCharType='end'/>",
        )
    )
    return f"<w:p>{parts}</w:p>"


def properties(kind: str, content: str) -> tuple[dict[str, Part], list[tuple[str, str]]]:
    """Return parts and roots for one part of properties: core, extended or custom."""
    root = {"core": "cp:coreProperties", "extended": "Properties", "custom": "Properties"}[kind]
    spaces = f'xmlns="{OLD}/officeDocument/2006/x" xmlns:cp="urn:cp" xmlns:dc="urn:dc" xmlns:vt="urn:vt"'
    part = Part(f"<{root} {spaces}>{content}</{root}>", f"{OFFICE}.{kind}-properties+xml")
    return {f"docProps/{kind}.xml": part}, [(f"{kind}-properties", f"docProps/{kind}.xml")]


def docx_with_properties(kind: str, content: str) -> bytes:
    """Return a DOCX with properties."""
    parts, roots = properties(kind, content)
    return docx(parts=parts, roots=roots)


def docx_carriers(mark: str) -> dict[str, bytes]:
    """Return a DOCX for each place where a mark can stand."""
    header = f"<w:hdr {NAMESPACES}>{paragraph(mark)}</w:hdr>"
    split = "<w:p>" + "".join(run(piece) for piece in (mark[:1], mark[1:3], mark[3:])) + "</w:p>"
    hidden_style = f"<w:styles {NAMESPACES}><w:style w:styleId='H'><w:rPr><w:vanish/></w:rPr></w:style></w:styles>"
    tracked = "<w:p>{}</w:p>"
    form = "<w:p><w:r><w:fldChar w:fldCharType='begin'><w:ffData>{}</w:ffData></w:fldChar></w:r></w:p>"
    control = f"<w:sdt><w:sdtPr><w:alias w:val='{mark}'/></w:sdtPr><w:sdtContent>{paragraph('正文')}</w:sdtContent></w:sdt>"
    return {
        "paragraph": docx(paragraph(mark) + BODY),
        "split runs": docx(split + BODY),
        "hidden run": docx(f"<w:p>{run(mark, '<w:vanish/>')}</w:p>" + BODY),
        "hidden by style": with_part("styles", hidden_style, body=paragraph(mark, "<w:pPr><w:pStyle w:val='H'/></w:pPr>") + BODY),
        "header": with_part("header", header, section='<w:headerReference w:type="default" r:id="rX"/>'),
        "footer": with_part("footer", header.replace("w:hdr", "w:ftr"), section='<w:footerReference w:type="default" r:id="rX"/>'),
        "header of no section": with_part("header", header),
        "text box": docx(text_box(mark) + BODY),
        "old text box": docx(old_text_box(mark) + BODY),
        "text box in the fallback alone": docx(text_box("甲").replace("甲", mark).replace(mark, "甲", 1) + BODY),
        "word art": docx(f"<w:p><w:r><w:pict><v:shape><v:textpath string='{mark}'/></v:shape></w:pict></w:r></w:p>" + BODY),
        "table cell": docx(table([mark, "特急"]) + BODY),
        "nested table": docx(f"<w:tbl><w:tr><w:tc>{table([mark])}<w:p/></w:tc></w:tr></w:tbl>" + BODY),
        "insertion": docx(tracked.format(f"<w:ins w:id='1'>{run(mark)}</w:ins>") + BODY),
        "deletion": docx(tracked.format(f"<w:del w:id='1'>{run(mark, tag='w:delText')}</w:del>") + BODY),
        "moved away": docx(tracked.format(f"<w:moveFrom w:id='1'>{run(mark)}</w:moveFrom>") + BODY),
        "content control": docx(f"<w:sdt><w:sdtContent>{paragraph(mark)}</w:sdtContent></w:sdt>" + BODY),
        "name of a content control": docx(control + BODY),
        "choice of a form": docx(form.format(f"<w:ddList><w:listEntry w:val='{mark}'/></w:ddList>") + BODY),
        "footnote": with_part("footnotes", f"<w:footnotes {NAMESPACES}><w:footnote>{paragraph(mark)}</w:footnote></w:footnotes>"),
        "endnote": with_part("endnotes", f"<w:endnotes {NAMESPACES}><w:endnote>{paragraph(mark)}</w:endnote></w:endnotes>"),
        "comment": with_part("comments", f"<w:comments {NAMESPACES}><w:comment>{paragraph(mark)}</w:comment></w:comments>"),
        "variable": with_part(
            "settings", f"<w:settings {NAMESPACES}><w:docVars><w:docVar w:name='a' w:val='{mark}'/></w:docVars></w:settings>"
        ),
        "building block": with_part("glossary", f"<w:glossaryDocument {NAMESPACES}>{paragraph(mark)}</w:glossaryDocument>"),
        "numbering": with_part("numbering", f"<w:numbering {NAMESPACES}><w:lvl><w:lvlText w:val='{mark}'/></w:lvl></w:numbering>"),
        "field code": docx(field_code(f'QUOTE "{mark}"') + BODY),
        "field result": docx(field_code("TITLE", mark) + BODY),
        "simple field": docx(f"<w:p><w:fldSimple w:instr='QUOTE {mark}'/></w:p>" + BODY),
        "alternative text": docx(picture(10, 10).replace("name='图片 9'", f"descr='{mark}'") + BODY),
        "bookmark": docx(f"<w:p><w:bookmarkStart w:id='0' w:name='{mark}'/></w:p>" + BODY),
        "tooltip": docx(f"<w:p><w:hyperlink w:tooltip='{mark}'>{run('链接')}</w:hyperlink></w:p>" + BODY),
        "address": docx(BODY, relations=[("rH", "hyperlink", f"http://example.test/\n{mark}", True)]),
        "mathematics": docx(f"<w:p><m:oMath><m:r><m:t>{mark}</m:t></m:r></m:oMath></w:p>" + BODY),
        "chart": docx(
            drawing("<c:chart r:id='rC'/>") + BODY,
            relations=[("rC", "chart", "charts/c.xml", False)],
            parts={"word/charts/c.xml": chart(mark)},
        ),
        "diagram": docx(
            drawing("<dgm:relIds r:dm='rD'/>") + BODY,
            relations=[("rD", "diagramData", "diagrams/d.xml", False)],
            parts={"word/diagrams/d.xml": diagram(mark)},
        ),
        "unrelated chart": docx(parts={"word/charts/c.xml": chart(mark)}),
        "custom XML": docx(parts={"customXml/item1.xml": Part(f"<form><level>{mark}</level></form>", "application/xml")}),
        "core properties": docx_with_properties("core", f"<cp:keywords>{mark}</cp:keywords>"),
        "company": docx_with_properties("extended", f"<Company>{mark}</Company>"),
        "custom property": docx_with_properties("custom", f"<property name='MSIP_Label_1_Name'><vt:lpwstr>{mark}</vt:lpwstr></property>"),
        "name of a custom property": docx_with_properties("custom", f"<property name='{mark}'><vt:i4>1</vt:i4></property>"),
        "label": docx(
            parts={
                "docMetadata/LabelInfo.xml": Part(
                    f"<labels><label name='{mark}'/></labels>", "application/vnd.ms-office.classificationlabels+xml"
                )
            }
        ),
        "author of a change": docx(tracked.format(f"<w:ins w:author='{mark}'>{run('字')}</w:ins>") + BODY),
        "part of an unknown kind": docx(parts={"x/y.xml": Part(f"<a><b>{mark}</b></a>", "application/x-unknown+xml")}),
        "UTF-16": package(
            {MAIN["docx"][0]: Part(document(paragraph(mark) + BODY).replace("UTF-8", "UTF-16").encode("utf-16"), MAIN["docx"][1])},
            [("officeDocument", MAIN["docx"][0])],
        ),
        "GB18030": package(
            {MAIN["docx"][0]: Part(document(paragraph(mark) + BODY).replace("UTF-8", "GB18030").encode("gb18030"), MAIN["docx"][1])},
            [("officeDocument", MAIN["docx"][0])],
        ),
        "strict": strict(docx(paragraph(mark) + BODY)),
    }


def cell(reference: str, text: str) -> str:
    """Return a cell with a text of its own; a number when the text is one."""
    if text.replace(".", "").isdigit():
        return f'<c r="{reference}"><v>{text}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def rows(*texts: Sequence[str]) -> str:
    """Return the data of a sheet."""
    body = "".join(
        f'<row r="{number}">' + "".join(cell(f"{chr(65 + place)}{number}", text) for place, text in enumerate(row) if text) + "</row>"
        for number, row in enumerate(texts, 1)
    )
    return f"<sheetData>{body}</sheetData>"


ROWS = rows(("2026年度农村低保名册",), ("乡镇", "户数"), ("城关镇", "412"), ("柳河镇", "388"))


@dataclass
class Sheet:
    """A sheet of a workbook: its XML within `worksheet`, its state, its relationships."""

    content: str = ROWS
    name: str = "名册"
    state: str = "visible"
    relations: list[tuple[str, str, str, bool]] = field(default_factory=list)


def xlsx(
    *sheets: Sheet, parts: Mapping[str, Part] | None = None, relations: Sequence[tuple[str, str, str, bool]] = (), more: str = ""
) -> bytes:
    """Return an XLSX; `more` stands in the workbook after its sheets."""
    sheets = sheets or (Sheet(),)
    listed = "".join(
        f"<sheet name={quoteattr(sheet.name)} sheetId='{n}' state='{sheet.state}' r:id='s{n}'/>" for n, sheet in enumerate(sheets, 1)
    )
    name, type_ = MAIN["xlsx"]
    targets = [(f"s{number}", "worksheet", f"worksheets/sheet{number}.xml", False) for number in range(1, len(sheets) + 1)]
    made = {name: Part(f"<workbook {SHEET_NAMESPACE}><sheets>{listed}</sheets>{more}</workbook>", type_, [*targets, *relations])}
    for number, sheet in enumerate(sheets, 1):
        content = f"<worksheet {SHEET_NAMESPACE}>{sheet.content}</worksheet>"
        made[f"xl/worksheets/sheet{number}.xml"] = Part(content, f"{OFFICE}.spreadsheetml.worksheet+xml", sheet.relations)
    return package({**made, **(parts or {})}, [("officeDocument", name)])


def sheet_part(kind: str, content: str) -> Part:
    """Return a part of an XLSX."""
    return Part(content, f"{OFFICE}.spreadsheetml.{kind}+xml")


def sheet_drawing(inside: str, *, row: int = 0) -> str:
    """Return a drawing of a sheet, anchored at a row."""
    corner = f"<xdr:from><xdr:col>0</xdr:col><xdr:row>{row}</xdr:row></xdr:from>"
    return f"<xdr:wsDr {NAMESPACES}><xdr:oneCellAnchor>{corner}{inside}</xdr:oneCellAnchor></xdr:wsDr>"


def with_drawing(inside: str, *, row: int = 0, **parts: Part) -> bytes:
    """Return an XLSX with a drawing; `parts` lie beside it as `xl/drawings/<name>.xml`, related under their names."""
    related = [(name, "chart", f"{name}.xml", False) for name in parts]
    made = {f"xl/drawings/{name}.xml": part for name, part in parts.items()}
    made["xl/drawings/drawing1.xml"] = Part(sheet_drawing(inside, row=row), f"{OFFICE}.drawing+xml", related)
    return xlsx(Sheet(relations=[("rD", "drawing", "../drawings/drawing1.xml", False)]), parts=made)


def shape(text: str) -> str:
    """Return a shape of a sheet with a text."""
    return f"<xdr:sp><xdr:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp>"


def xlsx_carriers(mark: str) -> dict[str, bytes]:
    """Return an XLSX for each place where a mark can stand."""
    strings = f"<sst {SHEET_NAMESPACE}><si><t>甲</t></si><si><r><t>{mark[:2]}</t></r><r><t>{mark[2:]}</t></r></si></sst>"
    shared = {"xl/sharedStrings.xml": sheet_part("sharedStrings", strings)}
    to_shared = [("rS", "sharedStrings", "sharedStrings.xml", False)]
    one = '<sheetData><row r="1"><c r="A1" t="{}">{}</c></row></sheetData>'
    comments = (
        f"<comments {SHEET_NAMESPACE}><commentList><comment ref='A1'><text><r><t>{mark}</t></r></text></comment></commentList></comments>"
    )
    threaded = f"<ThreadedComments xmlns='urn:t'><threadedComment><text>{mark}</text></threadedComment></ThreadedComments>"
    return {
        "cell": xlsx(Sheet(rows((mark,), ("甲", "乙")))),
        "shared string": xlsx(Sheet(one.format("s", "<v>1</v>")), parts=shared, relations=to_shared),
        "string that no cell shows": xlsx(parts=shared, relations=to_shared),
        "result of a formula": xlsx(Sheet(one.format("str", f"<f>A2&amp;B2</f><v>{mark}</v>"))),
        "formula": xlsx(Sheet(one.format("str", f'<f>IF(A1=1,"{mark}","")</f><v>甲</v>'))),
        "second sheet": xlsx(Sheet(), Sheet(rows((mark,)), "附表")),
        "hidden sheet": xlsx(Sheet(), Sheet(rows((mark,)), "附表", "hidden")),
        "very hidden sheet": xlsx(Sheet(), Sheet(rows((mark,)), "附表", "veryHidden")),
        "name of a sheet": xlsx(Sheet(name=mark)),
        "header": xlsx(
            Sheet(f'{ROWS}<headerFooter><oddHeader>&amp;L&amp;"黑体,常规"&amp;16{mark}&amp;C第&amp;P页</oddHeader></headerFooter>')
        ),
        "footer": xlsx(Sheet(f"{ROWS}<headerFooter><firstFooter>&amp;R{mark}</firstFooter></headerFooter>")),
        "defined name": xlsx(more=f"<definedNames><definedName name='级别'>\"{mark}\"</definedName></definedNames>"),
        "comment": xlsx(parts={"xl/comments1.xml": sheet_part("comments", comments)}),
        "threaded comment": xlsx(parts={"xl/threadedComments/t1.xml": Part(threaded, "application/vnd.ms-excel.threadedcomments+xml")}),
        "prompt": xlsx(Sheet(f"{ROWS}<dataValidations><dataValidation prompt='{mark}'/></dataValidations>")),
        "list of choices": xlsx(
            Sheet(f'{ROWS}<dataValidations><dataValidation><formula1>"{mark},无"</formula1></dataValidation></dataValidations>')
        ),
        "number format": xlsx(
            parts={
                "xl/styles.xml": sheet_part(
                    "styles", f"<styleSheet {SHEET_NAMESPACE}><numFmts><numFmt formatCode='\"{mark}\"0'/></numFmts></styleSheet>"
                )
            }
        ),
        "shape": with_drawing(shape(mark)),
        "chart": with_drawing("<xdr:graphicFrame><c:chart r:id='c1'/></xdr:graphicFrame>", c1=chart(mark)),
        "name of a column": xlsx(
            parts={"xl/tables/t.xml": sheet_part("table", f"<table {SHEET_NAMESPACE}><tableColumn name='{mark}'/></table>")}
        ),
        "record of a pivot table": xlsx(
            parts={
                "xl/p.xml": sheet_part(
                    "pivotCacheRecords", f"<pivotCacheRecords {SHEET_NAMESPACE}><r><s v='{mark}'/></r></pivotCacheRecords>"
                )
            }
        ),
        "strict": strict(xlsx(Sheet(rows((mark,), ("甲",))))),
    }


def text_shape(text: str, place: str = "", holder: str = "") -> str:
    """Return a shape of a slide; `place` is "x y width height" in English metric units, `holder` attributes of a placeholder."""
    transform = ""
    if place:
        x, y, width, height = place.split()
        transform = f"<a:xfrm><a:off x='{x}' y='{y}'/><a:ext cx='{width}' cy='{height}'/></a:xfrm>"
    held = f"<p:ph {holder}/>" if holder else ""
    body = f"<p:txBody><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></p:txBody>"
    return f"<p:sp><p:nvSpPr><p:cNvPr id='2' name='标题 1'/><p:nvPr>{held}</p:nvPr></p:nvSpPr><p:spPr>{transform}</p:spPr>{body}</p:sp>"


SHAPES = text_shape(paper_maker.TITLE, "457200 274638 8229600 1143000") + text_shape("各乡镇要高度重视", "457200 1600200 8229600 4525963")


@dataclass
class Slide:
    """A slide: its shapes, attributes, relationships."""

    shapes: str = SHAPES
    attributes: str = ""
    relations: list[tuple[str, str, str, bool]] = field(default_factory=list)
    background: str = ""


def slide_part(kind: str, shapes: str, attributes: str = "", background: str = "") -> str:
    """Return a slide, layout, master or notes page."""
    data = f"<p:cSld>{background}<p:spTree>{shapes}</p:spTree></p:cSld>"
    return f"<p:{kind} {NAMESPACES} {attributes}>{data}</p:{kind}>"


def pptx(*slides: Slide, parts: Mapping[str, Part] | None = None) -> bytes:
    """Return a PPTX."""
    slides = slides or (Slide(),)
    name, type_ = MAIN["pptx"]
    listed = "".join(f"<p:sldId id='{255 + number}' r:id='s{number}'/>" for number in range(1, len(slides) + 1))
    presentation = f"<p:presentation {NAMESPACES}><p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx='9144000' cy='6858000'/></p:presentation>"
    targets = [(f"s{number}", "slide", f"slides/slide{number}.xml", False) for number in range(1, len(slides) + 1)]
    made = {name: Part(presentation, type_, targets)}
    for number, slide in enumerate(slides, 1):
        content = slide_part("sld", slide.shapes, slide.attributes, slide.background)
        made[f"ppt/slides/slide{number}.xml"] = Part(content, f"{OFFICE}.presentationml.slide+xml", slide.relations)
    return package({**made, **(parts or {})}, [("officeDocument", name)])


def with_layout(shapes: str, master: str = "", slide: str = SHAPES) -> bytes:
    """Return a PPTX with a layout of these shapes and a master behind it."""
    parts = {
        "ppt/slideLayouts/l.xml": Part(
            slide_part("sldLayout", shapes),
            f"{OFFICE}.presentationml.slideLayout+xml",
            [("rM", "slideMaster", "../slideMasters/m.xml", False)],
        ),
        "ppt/slideMasters/m.xml": Part(slide_part("sldMaster", master), f"{OFFICE}.presentationml.slideMaster+xml"),
    }
    relation = [("rL", "slideLayout", "../slideLayouts/l.xml", False)]
    return pptx(Slide(slide, relations=relation), Slide(relations=relation), parts=parts)


def slide_table(*rows_: Sequence[str]) -> str:
    """Return a table of a slide."""
    body = "".join(
        "<a:tr>" + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for text in row) + "</a:tr>"
        for row in rows_
    )
    grid = "<a:gridCol w='100'/>" * len(rows_[0])
    place = "<p:xfrm><a:off x='457200' y='914400'/><a:ext cx='8229600' cy='1828800'/></p:xfrm>"
    inside = f"<a:tbl><a:tblGrid>{grid}</a:tblGrid>{body}</a:tbl>"
    return f"<p:graphicFrame>{place}<a:graphic><a:graphicData>{inside}</a:graphicData></a:graphic></p:graphicFrame>"


def slide_picture(width: float, height: float) -> str:
    """Return a picture of this share of a slide's width and height."""
    size = f"<a:off x='0' y='0'/><a:ext cx='{int(width * 9144000)}' cy='{int(height * 6858000)}'/>"
    return f"<p:pic><p:blipFill><a:blip r:embed='rP'/></p:blipFill><p:spPr><a:xfrm>{size}</a:xfrm></p:spPr></p:pic>"


def pptx_carriers(mark: str) -> dict[str, bytes]:
    """Return a PPTX for each place where a mark can stand."""
    box = text_shape(mark, "457200 100000 2000000 400000")
    grouped = f"<p:grpSp><p:grpSpPr><a:xfrm/></p:grpSpPr>{box}</p:grpSp>"
    notes = Part(slide_part("notes", text_shape(mark)), f"{OFFICE}.presentationml.notesSlide+xml")
    comments = Part(f"<p:cmLst {NAMESPACES}><p:cm><p:text>{mark}</p:text></p:cm></p:cmLst>", f"{OFFICE}.presentationml.comments+xml")
    frame = "<p:graphicFrame><a:graphic><a:graphicData>{}</a:graphicData></a:graphic></p:graphicFrame>"
    return {
        "shape": pptx(Slide(box + SHAPES)),
        "group": pptx(Slide(grouped + SHAPES)),
        "second slide": pptx(Slide(), Slide(box)),
        "hidden slide": pptx(Slide(), Slide(box, "show='0'")),
        "table": pptx(Slide(slide_table([mark, "乙"]) + SHAPES)),
        "notes": pptx(Slide(relations=[("rN", "notesSlide", "../notesSlides/n.xml", False)]), parts={"ppt/notesSlides/n.xml": notes}),
        "comment": pptx(parts={"ppt/comments/c.xml": comments}),
        "layout": with_layout(box),
        "master": with_layout("", box),
        "placeholder of a layout": with_layout(text_shape(mark, holder="type='body'")),
        "chart": pptx(
            Slide(frame.format("<c:chart r:id='rC'/>") + SHAPES, relations=[("rC", "chart", "../c.xml", False)]),
            parts={"ppt/c.xml": chart(mark)},
        ),
        "diagram": pptx(
            Slide(frame.format("<dgm:relIds r:dm='rD'/>") + SHAPES, relations=[("rD", "diagramData", "../d.xml", False)]),
            parts={"ppt/d.xml": diagram(mark)},
        ),
        "alternative text": pptx(Slide(SHAPES.replace("name='标题 1'", f"name='标题 1' descr='{mark}'"))),
        "strict": strict(pptx(Slide(box + SHAPES))),
    }


def hostile() -> dict[str, bytes]:
    """Return DOCX files that attack their reader or hold what may not come in."""
    name, type_ = MAIN["docx"]
    good = docx()
    laughs = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 1000 + '"><!ENTITY c "' + "&b;" * 1000 + '">]>'
    outside = '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    entity = "<w:p><w:r><w:t>&{};</w:t></w:r></w:p>"

    def main(content: str | bytes, **more: Part) -> bytes:
        return package({name: Part(content, type_), **more}, [("officeDocument", name)])

    def related(kind: str, target: str, part: Part | None = None, *, external: bool = False) -> bytes:
        return docx(relations=[("rE", kind, target, external)], parts={f"word/{target}": part} if part else None)

    deep = "<w:sdt><w:sdtContent>" * 200 + paragraph("深") + "</w:sdtContent></w:sdt>" * 200
    return {
        "empty file": b"",
        "a zip's magic alone": b"PK\x03\x04",
        "half a file": good[: len(good) // 2],
        "an end alone": good[-22:],
        "bytes after the end": good + b"more",
        "bytes before the beginning": b"more" + good,
        "a comment": good[:-2] + struct.pack("<H", 4) + b"more",
        "a wrong checksum": patched(good, 14, b"\0\0\0\0"),
        "a lying size": patched(good, 22, struct.pack("<I", 10)),
        "a bomb": main("<w:document>" + " " * (40 << 20)),
        "a bomb beside it": docx(parts={"word/media/a.png": Part(b"\0" * (20 << 20), "image/png")}),
        "many members": docx(
            parts={f"word/media/{number}.png": Part(b"", "image/png") for number in range(4100)}, compression=zipfile.ZIP_STORED
        ),
        "another compression": docx(compression=zipfile.ZIP_BZIP2),
        "a name that leads out": zipped({"../a": "", "[Content_Types].xml": ""}),
        "an absolute name": zipped({"/a": "", "[Content_Types].xml": ""}),
        "the same name twice": with_a_name_twice(good),
        "the same name in another case": docx(parts={"word/Document.xml": Part(document(BODY), type_)}),
        "overlapping members": overlapping(good),
        "a flag of encryption": patched(good, 6, b"\1\0", central=8),
        "a billion laughs": main(document(BODY + entity.format("c")).replace("<w:document", laughs + "<w:document", 1)),
        "an external entity": main(document(BODY + entity.format("a")).replace("<w:document", outside + "<w:document", 1)),
        "a document type in UTF-16": main(("\ufeff<!DOCTYPE a><a/>").encode("utf-16-le")),
        "an unknown encoding": main(document(BODY).replace("UTF-8", "UTF-7")),
        "two encodings": main(b"\xef\xbb\xbf" + document(BODY).replace("UTF-8", "GBK").encode()),
        "an unknown entity": main(document(BODY + entity.format("nbsp"))),
        "deep nesting": main(document(deep)),
        "deeper nesting": main("<a>" * 100_000 + "</a>" * 100_000),
        "a million elements": package(
            {name: Part(document("<a></a>" * 1_100_000), type_)}, [("officeDocument", name)], compression=zipfile.ZIP_STORED
        ),
        "no XML": main(b"\0\1\2\3"),
        "an empty main part": main(b""),
        "no main part": package({}, []),
        "no content types": zipped({name: document(BODY)}),
        "another main part": package({name: Part(document(BODY), MAIN["xlsx"][1])}, [("officeDocument", name)]),
        "a main part with another root": main(f"<w:styles {NAMESPACES}/>"),
        "no text": docx("<w:p/>"),
        "macros": docx(parts={"word/vbaProject.bin": Part(b"x", "application/vnd.ms-office.vbaProject")}),
        "a type with macros": package(
            {name: Part(document(BODY), "application/vnd.ms-word.document.macroEnabled.main+xml")}, [("officeDocument", name)]
        ),
        "a control": related("control", "activeX1.xml", Part("<a/>", "application/vnd.ms-office.activeX+xml")),
        "an OLE object": related("oleObject", "o.bin", Part(b"x", f"{OFFICE}.oleObject")),
        "an embedded workbook": related("package", "b.xlsx", Part(xlsx(), MEDIA_TYPES["xlsx"])),
        "another document inside": related("aFChunk", "c.htm", Part(b"<html/>", "text/html")),
        "an unknown member": docx(parts={"word/a.bin": Part(b"x", "application/octet-stream")}),
        "a chunk": docx(BODY + "<w:altChunk r:id='r1'/>"),
        "an external picture": related("image", "http://example.test/a.png", external=True),
        "an external template": related("attachedTemplate", "http://example.test/a.dotm", external=True),
        "a linked object": related("oleObject", "file:///a.xlsx", external=True),
        "a film": related("video", "a.mp4", Part(b"x", "video/mp4")),
        "a field that fetches": docx(field_code(" DDEAUTO c:\\\\x ", "x") + BODY),
        "a missing header": docx(section="<w:headerReference r:id='rNone'/>"),
        "a part outside the package": docx(relations=[("rO", "header", "../../a.xml", False)]),
        "text in no known script": docx(paragraph("\u0f40\u0f44\u0f0b" * 30)),
    }
