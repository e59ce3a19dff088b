"""Makes Office files that show a mark which does not stand in them as one text: each piece comes from another place.

Every maker takes two characters that a reader sees beside each other, and puts nothing else there that says what they say.
"""

from ooxml_maker import (
    BODY,
    NAMESPACES,
    OFFICE,
    OLD,
    PICTURE,
    ROWS,
    SHAPES,
    SHEET_NAMESPACE,
    Part,
    Sheet,
    Slide,
    chart,
    docx,
    drawing,
    field_code,
    paragraph,
    picture,
    pptx,
    run,
    sheet_part,
    text_box,
    with_drawing,
    with_part,
    word_part,
    xlsx,
)

_WORD_2010 = "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing"
_SENTENCE = "各乡镇要认真组织开展工作并及时上报结果"


def _p(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def _alternatives(choice: str, fallback: str, requires: str = "x9") -> str:
    return (
        f"<mc:AlternateContent><mc:Choice xmlns:x9='urn:unknown' Requires='{requires}'>{choice}</mc:Choice>"
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
    )


def _code(code: str) -> str:
    """Return a field without a result."""
    pieces = ("<w:fldChar w:fldCharType='begin'/>", f"<w:instrText>{code}</w:instrText>", "<w:fldChar w:fldCharType='end'/>")
    return "".join(f"<w:r>{piece}</w:r>" for piece in pieces)


def _ruby(reading: str, base: str) -> str:
    return f"<w:r><w:ruby><w:rt>{run(reading)}</w:rt><w:rubyBase>{run(base)}</w:rubyBase></w:ruby></w:r>"


def in_words(one: str, two: str) -> dict[str, bytes]:
    """Return DOCX files."""
    number = f"<w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:lvlText w:val='{one}'/></w:lvl></w:abstractNum>"
    numbering = f"<w:numbering {NAMESPACES}>{number}<w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>"
    direct = "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"
    styles = (
        f"<w:styles {NAMESPACES}><w:style w:styleId='L'><w:pPr>{direct}</w:pPr></w:style>"
        "<w:style w:styleId='M'><w:basedOn w:val='L'/></w:style></w:styles>"
    )
    delimiters = f"<m:dPr><m:begChr m:val='{one}'/><m:endChr m:val='{two}'/></m:dPr>"
    bodies = {
        "a fallback": _p(run(one), _alternatives(run("会"), run(two))),
        "a choice that only some programs take": _p(run(one), _alternatives(run(two), run("会"))),
        "a choice and a fallback": _p(_alternatives(run(one), run("会"), "wps"), _alternatives(run("会"), run(two))),
        "readings": _p(_ruby(one + two, _SENTENCE)),
        "readings of two words": _p(_ruby(one, "各乡镇要认真组织"), _ruby(two, "开展工作并及时上报")),
        "characters by number": _p(f"<w:r><w:sym w:font='宋体' w:char='{ord(one):X}'/><w:sym w:font='宋体' w:char='{ord(two):X}'/></w:r>"),
        "a quoting field": field_code(f'QUOTE "{one}{two}"'),
        "a choosing field": _p(_code(f'IF 1=1 "{one}{two}" "无"')),
        "characters in circles": _p(_code(rf"eq \o\ac(○,{one})"), _code(rf"eq \o\ac(○,{two})")),
        "characters with readings": _p(
            *(_code(rf'EQ \* jc2 \* "Font:宋体" \* hps10 \o\ad(\s\up 9({said}),{sign})') for sign, said in ((one, "jī"), (two, "mì")))
        ),
        "a button": _p(_code(f"MACROBUTTON NoMacro {one}{two}")),
        "fields of signs": _p(_code(rf"SYMBOL {ord(one)} \u \f 宋体"), _code(rf"SYMBOL 0x{ord(two):x} \u")),
        "turned round": _p(f"<w:bdo w:val='rtl'>{run(two)}{run(one)}</w:bdo>"),
        "turned round in part": _p(run(one), f"<w:bdo w:val='rtl'>{run(two)}</w:bdo>"),
        "brackets of a formula": _p(f"<m:oMath><m:d>{delimiters}<m:e/></m:d></m:oMath>"),
        "white between": _p(run(one), run("的", "<w:color w:val='FFFFFF'/>"), run(two)),
        "tiny between": _p(run(one), run("的", "<w:sz w:val='2'/>"), run(two)),
        "flat between": _p(run(one), run("的", "<w:w w:val='1'/>"), run(two)),
    }
    return {name: docx(body + BODY) for name, body in bodies.items()} | {
        "numbering": with_part("numbering", numbering, body=paragraph(two, f"<w:pPr>{direct}</w:pPr>") + BODY),
        "numbering of a style": docx(
            paragraph(two, "<w:pPr><w:pStyle w:val='M'/></w:pPr>") + BODY,
            relations=[("r8", "numbering", "numbering.xml", False), ("r9", "styles", "styles.xml", False)],
            parts={"word/numbering.xml": word_part("numbering", numbering), "word/styles.xml": word_part("styles", styles)},
        ),
    }


def _sheet(cell: str) -> Sheet:
    title = '<row r="2"><c r="A2" t="inlineStr"><is><t>2026年度名册</t></is></c></row>'
    return Sheet(f'<sheetData><row r="1">{cell}</row>{title}</sheetData>')


def _formatted(code: str, cell: str = '<c r="A1" s="1"><v>1</v></c>') -> bytes:
    formats = f"<numFmts><numFmt numFmtId='176' formatCode='{code}'/></numFmts><cellXfs><xf numFmtId='0'/><xf numFmtId='176'/></cellXfs>"
    styles = sheet_part("styles", f"<styleSheet {SHEET_NAMESPACE}>{formats}</styleSheet>")
    return xlsx(_sheet(cell), parts={"xl/styles.xml": styles}, relations=[("rS", "styles", "styles.xml", False)])


def _inline(inside: str, kind: str = "t='inlineStr'") -> str:
    return f'<c r="A1" {kind}><is>{inside}</is></c>'


def in_cells(one: str, two: str) -> dict[str, bytes]:
    """Return XLSX files."""
    other = f"<mc:AlternateContent xmlns:mc='{OLD}/markup-compatibility/2006'><mc:Fallback>%s</mc:Fallback></mc:AlternateContent>"
    whole = _inline(f"<t>{one}{two}</t>")
    cache = f'<c:numCache><c:formatCode>"{one}"{two}0</c:formatCode><c:pt><c:v>1</c:v></c:pt></c:numCache>'
    axis = Part(f"<c:chartSpace {NAMESPACES}><c:ser>{cache}</c:ser></c:chartSpace>", f"{OFFICE}.drawingml.chart+xml")
    return {
        "format without quotes": _formatted(f"{one}{two}0"),
        "format in pieces": _formatted(f"{one}&quot;{two}&quot;0"),
        "format with strokes": _formatted(rf"\{one}\{two}0"),
        "format as a currency": _formatted(f"[${one}-804]{two}0"),
        "format that fills": _formatted(f"{one}*{two}"),
        "format around a text": _formatted(f"@&quot;{two}&quot;", _inline(f"<t>{one}</t>", "s='1' t='inlineStr'")),
        "format of another section": _formatted(f"0;0;0;{one}{two}@"),
        "readings": xlsx(_sheet(_inline(f"<t>城关镇政府</t><rPh><t>{one}</t></rPh><rPh><t>{two}</t></rPh>"))),
        "wrapped cells": xlsx(_sheet(other % whole)),
        "wrapped rows": xlsx(Sheet(_sheet("").content.replace("<row", f"{other % f'<row>{whole}</row>'}<row", 1))),
        "wrapped text": xlsx(_sheet(_inline(f"<z xmlns='urn:z'><t xmlns='{OLD}/spreadsheetml/2006/main'>{one}{two}</t></z>"))),
        "text of a cell of another kind": xlsx(_sheet(_inline(f"<t>{one}{two}</t>", ""))),
        "text beside a value": xlsx(_sheet(f"<c r='A1'><v>1</v><is><t>{one}{two}</t></is></c>")),
        "formula": xlsx(_sheet(f"<c r='A1' t='str'><f>\"{one}\"&amp;\"{two}\"</f><v>甲</v></c>")),
        "name of the sheet": xlsx(Sheet(f"{ROWS}<headerFooter><oddHeader>&amp;L{one}&amp;A</oddHeader></headerFooter>", name=two)),
        "axis of a chart": with_drawing("<xdr:graphicFrame><c:chart r:id='c1'/></xdr:graphicFrame>", c1=axis),
    }


def _box(paragraphs: str) -> Slide:
    place = "<a:xfrm><a:off x='100' y='100'/><a:ext cx='2000000' cy='500000'/></a:xfrm>"
    return Slide(f"<p:sp><p:spPr>{place}</p:spPr><p:txBody>{paragraphs}</p:txBody></p:sp>{SHAPES}")


def _said(text: str, properties: str = "") -> str:
    return f"<a:r><a:rPr {properties}/><a:t>{text}</a:t></a:r>"


def on_slides(one: str, two: str) -> dict[str, bytes]:
    """Return PPTX files."""
    clear = (
        f"<a:r><a:rPr><a:solidFill><a:srgbClr val='0'><a:alpha val='0'/></a:srgbClr></a:solidFill></a:rPr><a:t>的</a:t></a:r>{_said(two)}"
    )
    tiny = _said("的", "sz='100'")
    return {
        "bullet": pptx(_box(f"<a:p><a:pPr><a:buChar char='{one}'/></a:pPr>{_said(two)}</a:p>")),
        "bullet of several characters": pptx(_box(f"<a:p><a:pPr><a:buChar char='{one}{two}'/></a:pPr>{_said('甲')}</a:p>")),
        "a fallback": pptx(_box(f"<a:p>{_said(one)}{_alternatives(_said('会'), _said(two))}</a:p>")),
        "tiny between": pptx(_box(f"<a:p>{_said(one)}{tiny}{_said(two)}</a:p>")),
        "transparent between": pptx(_box(f"<a:p>{_said(one)}{clear}</a:p>")),
    }


def _related(body: str, *more: tuple[str, str, str, bool], **parts: Part) -> bytes:
    relations = [("rP", "image", "media/a.png", False), *more]
    return docx(body + BODY, relations=relations, parts={"word/media/a.png": Part(PICTURE, "image/png"), **parts})


def scans() -> dict[str, tuple[bytes, str]]:
    """Return files whose pages are covered by a picture that does not say its size where pictures usually do, and their kinds."""
    size = "<wp14:sizeRel{0} xmlns:wp14='{1}' relativeFrom='page'><wp14:pct{2}>100000</wp14:pct{2}></wp14:sizeRel{0}>"
    sizes = size.format("H", _WORD_2010, "Width") + size.format("V", _WORD_2010, "Height")
    shape = "<v:shape style='position:absolute;width:{};height:{}{}'><v:imagedata r:id='rP'/></v:shape>"
    percent = shape.format("1pt", "1pt", ";mso-width-percent:1000;mso-height-percent:1000")
    second = "<v:shape style='width:1pt;height:1pt'/>" + shape.format("500pt", "800pt", "")
    filled = chart("甲")
    filled.content = str(filled.content).replace(
        "</c:chartSpace>", "<c:spPr><a:blipFill><a:blip r:embed='rP'/></a:blipFill></c:spPr></c:chartSpace>"
    )
    filled.relations = [("rP", "image", "../media/a.png", False)]
    large = drawing("<c:chart r:id='rC'/>").replace("cx='1800000' cy='360000'", "cx='7500000' cy='10000000'")
    old = f"<xml {NAMESPACES} xmlns:o='urn:schemas-microsoft-com:office:office'>"
    old += f"{shape.format('600pt', '800pt', '').replace('r:id', 'o:relid')}</xml>"
    drawn = Part(old, f"{OFFICE}.vmlDrawing", [("rP", "image", "../media/a.png", False)])
    header = xlsx(
        Sheet(relations=[("rV", "vmlDrawing", "../drawings/v.vml", False)]),
        parts={"xl/drawings/v.vml": drawn, "xl/media/a.png": Part(PICTURE, "image/png")},
    )
    return {
        "in per cent": (_related(picture(1, 1, anchored=True).replace("</wp:anchor>", f"{sizes}</wp:anchor>")), "docx"),
        "of an old shape in per cent": (_related(_p(f"<w:r><w:pict>{percent}</w:pict></w:r>")), "docx"),
        "the second of two shapes": (_related(_p(f"<w:r><w:pict>{second}</w:pict></w:r>")), "docx"),
        "behind a chart": (_related(large, ("rC", "chart", "charts/c.xml", False), **{"word/charts/c.xml": filled}), "docx"),
        "in a header of a sheet": (header, "xlsx"),
        "of the theme": (themed("1003"), "pptx"),
    }


def themed(background: str) -> bytes:
    """Return a PPTX with a background of its theme; the third is a picture."""
    theme = (
        f"<a:theme {NAMESPACES}><a:themeElements><a:fmtScheme><a:bgFillStyleLst><a:solidFill/><a:gradFill/>"
        "<a:blipFill><a:blip r:embed='rP'/></a:blipFill></a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
    slide = Slide(background=f"<p:bg><p:bgRef idx='{background}'/></p:bg>", relations=[("rT", "theme", "../theme/t.xml", False)])
    parts = {
        "ppt/theme/t.xml": Part(theme, f"{OFFICE}.theme+xml", [("rP", "image", "../media/a.png", False)]),
        "ppt/media/a.png": Part(PICTURE, "image/png"),
    }
    return pptx(Slide(), slide, parts=parts)


def usual() -> dict[str, tuple[bytes, str]]:
    """Return files of every day that use the same means, and their kinds."""
    return {
        "alternatives": (docx(text_box("附件一") + BODY), "docx"),
        "readings": (docx(_p(_ruby("jī", "机"), run("构改革和保密工作会议精神")) + BODY), "docx"),
        "circles": (docx(_p(_code(r"eq \o\ac(○,印)"), run("信")) + BODY), "docx"),
        "a list": (docx(field_code("HYPERLINK \\l &quot;_第一章&quot;", "第一章 涉密人员管理") + BODY), "docx"),
        "units": (_formatted("#,##0.00&quot;万元&quot;"), "xlsx"),
        "days": (_formatted("&quot;截至&quot;yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"), "xlsx"),
        "bullets": (pptx(_box(f"<a:p><a:pPr><a:buChar char='•'/></a:pPr>{_said('开展保守国家秘密宣传教育')}</a:p>")), "pptx"),
        "background of the theme": (themed("1001"), "pptx"),
    }
