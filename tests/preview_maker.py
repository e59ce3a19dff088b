"""Makes documents as offices write them (a red head in OFD and DOCX, a report form in XLSX), and writes their previews."""

import html
import io
from pathlib import Path
from typing import Any

import ofd_maker
import ooxml_maker
import xlsxwriter
from office_package_maker import Part
from PIL import Image, ImageDraw

from archive.reading import formats
from archive.reading.preview import making
from archive.reading.preview.shapes import Preview
from exchange.web.preview.pages import WORDS, leaves

STYLES = Path(__file__).parents[1] / "exchange/web/static/preview/preview.css"
RED = "255 0 0"
HEAD = "临江县人民政府文件"
NUMBER = "临政发〔2026〕12号"
TITLE = "关于做好2026年度农村低保动态管理工作的通知"
BODY = (
    "各乡镇人民政府，县直有关单位：",
    "为进一步规范农村居民最低生活保障工作，切实做到应保尽保、",
    "应退尽退，经县政府同意，现就有关事项通知如下。",
    "一、提高思想认识",
    "各乡镇要成立工作专班，于2026年12月10日前完成入户核查。",
)
DATE = "2026年11月20日"
SIDE, LEFT = 36.0, 28.0


def preview(name: str, content: bytes, first: int = 1) -> Preview:
    """Draw a document as the reading process does, in this very process."""
    return making.preview(name, formats.media_type_of(name), content, first)


def written(found: Preview, language: str = "zh-CN") -> str:
    """Return the leaves of a preview as the service writes them."""
    made, _ = leaves(found, WORDS[language], "隐藏页")
    sections = (
        f'<section class="leaf {found.kind} {"placed" if leaf.height else "flowing"}" data-number="{leaf.number}">'
        f"<p>{html.escape(leaf.name)}</p>{leaf.content}</section>"
        for leaf in made
    )
    return f'<div class="preview">{"".join(sections)}</div>'


def laid_out(found: Preview) -> str:
    """Return a page that shows a preview, with our own style and a policy that lets nothing else in."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; style-src-attr 'none'; img-src data:"
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{STYLES.read_text()}</style></head><body>{written(found)}</body></html>"
    )


def seal(side: int = 300) -> bytes:
    """Return the picture of a round red seal that lets the paper shine through."""
    drawn = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((6, 6, side - 6, side - 6), outline=(220, 0, 0, 255), width=10)
    pen.regular_polygon((side / 2, side / 2, side / 6), 5, fill=(220, 0, 0, 255))
    return saved(drawn)


def saved(drawn: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return an image as a file."""
    out = io.BytesIO()
    drawn.save(out, kind, **options)
    return out.getvalue()


def der(tag: int, content: bytes) -> bytes:
    """Return one element of a DER structure."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x84]) + size.to_bytes(4, "big")
    return bytes([tag]) + length + content


def electronic_seal(picture: bytes) -> bytes:
    """Return a structure in which a seal's picture lies as deep as the standards put it."""
    return der(0x30, der(0x02, b"\x04") + der(0x30, der(0x0C, "印章".encode()) + der(0x30, der(0x16, b"png") + der(0x04, picture))))


def red(words: str, x: float, y: float, size: float, step: float, font: int = 2) -> str:
    """Return red letters, each in its place."""
    return (
        f'<ofd:TextObject ID="9" Font="{font}" Size="{size}" Boundary="{x} {y} {step * len(words)} {size + 2}">'
        f'<ofd:FillColor Value="{RED}"/><ofd:TextCode X="0" Y="{size}" DeltaX="g {len(words) - 1} {step}">'
        f"{words}</ofd:TextCode></ofd:TextObject>"
    )


def rule(y: float, width: float = 0.7, x: float = LEFT, length: float = 156, colour: str = RED) -> str:
    """Return a red line across the page."""
    return (
        f'<ofd:PathObject ID="6" Boundary="{x} {y} {length} 2" LineWidth="{width}"><ofd:StrokeColor Value="{colour}"/>'
        f"<ofd:AbbreviatedData>M 0 0.5 L {length} 0.5</ofd:AbbreviatedData></ofd:PathObject>"
    )


def official_ofd(*, more: str = "", picture: bytes | None = None) -> bytes:
    """Return an official document: the red head on a template, a page of text, and the picture of a seal over its date."""
    words = ofd_maker.text
    body = "".join(words(line, LEFT + (0 if not at else 10.5), 138 + 10 * at, size=5.6) for at, line in enumerate(BODY))
    page = ofd_maker.page(
        words(TITLE, 38, 116, size=6.2, attributes='Weight="700"').replace('Font="1"', 'Font="3"') + body + words(DATE, 130, 215) + more,
        '<ofd:Template TemplateID="2" ZOrder="Background"/>',
    )
    head = red(HEAD, 30, 50, 15, 16.5) + words(NUMBER, 77, 88, size=5.6) + rule(100)
    fonts = '<ofd:Font ID="2" FontName="方正小标宋简体"/><ofd:Font ID="3" FontName="黑体"/>'
    parts = ofd_maker.parts(
        page,
        common='<ofd:TemplatePage ID="2" Name="红头" BaseLoc="Tpls/Tpl_0/Content.xml"/>',
        resources=f"<ofd:Fonts>{fonts}</ofd:Fonts>",
        body="<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>",
    )
    signature = (
        f'<ofd:SignedInfo><ofd:StampAnnot ID="1" PageRef="1" Boundary="128 198 {SIDE} {SIDE}"/>'
        "<ofd:Seal><ofd:BaseLoc>Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
    )
    return ofd_maker.zipped(
        parts
        | {
            "Doc_0/Tpls/Tpl_0/Content.xml": ofd_maker.page(head),
            "Doc_0/Signs/Signatures.xml": ofd_maker.xml("Signatures", '<ofd:Signature ID="1" Type="Seal" BaseLoc="Sign_0/Signature.xml"/>'),
            "Doc_0/Signs/Sign_0/Signature.xml": ofd_maker.xml("Signature", signature),
            "Doc_0/Signs/Sign_0/Seal.esl": electronic_seal(seal() if picture is None else picture),
        }
    )


def run(text: str, size: float = 16, *, font: str = "仿宋_GB2312", colour: str = "", bold: bool = False) -> str:
    """Return a run of a DOCX; `size` is in points."""
    look = f'<w:rFonts w:eastAsia="{font}"/>{"<w:b/>" if bold else ""}<w:sz w:val="{round(size * 2)}"/>'
    look += f'<w:color w:val="{colour}"/>' if colour else ""
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{html.escape(text)}</w:t></w:r>'


def line(*runs: str, align: str = "", properties: str = "") -> str:
    """Return a paragraph of a DOCX."""
    aligned = f'<w:jc w:val="{align}"/>' if align else ""
    return f"<w:p><w:pPr>{properties}{aligned}</w:pPr>{''.join(runs)}</w:p>"


def official_docx() -> bytes:
    """Return an official document as a word processor writes it: red head, red rule, headings, a form, a seal, and its last lines."""
    indented = '<w:ind w:firstLineChars="200"/>'
    border = '<w:pBdr><w:bottom w:val="single" w:sz="18" w:color="FF0000"/></w:pBdr>'
    cells = (("乡镇", "低保户数", "备注"), ("城关镇", "1,203", ""), ("河西乡", "856", "含新增12户"))
    sides = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    rows = "".join("<w:tr>" + "".join(f"<w:tc>{line(run(cell, 12), align='center')}</w:tc>" for cell in row) + "</w:tr>" for row in cells)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in (3000, 2000, 3800))
    body = (
        line(run(HEAD, 42, font="方正小标宋简体", colour="FF0000"), align="center")
        + line(run(NUMBER), align="center", properties=border)
        + line(run(TITLE, 22, font="方正小标宋简体"), align="center")
        + line(run(BODY[0]))
        + line(run("".join(BODY[1:3])), properties=indented)
        + line(run(BODY[3], font="黑体"), properties=indented)
        + line(run(BODY[4]), run("逾期不报的，予以通报。", bold=True), properties=indented)
        + f"<w:tbl><w:tblPr><w:tblBorders>{sides}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
        + line(run("临江县人民政府"), align="right")
        + line(run(DATE), align="right")
        + ooxml_maker.picture(40, 40)
        + line('<w:r><w:br w:type="page"/></w:r>', run("附件：低保动态管理台账"))
    )
    return ooxml_maker.docx(body, relations=[("rP", "image", "media/a.png", False)], parts={"word/media/a.png": Part(seal(), "image/png")})


def form_xlsx() -> bytes:
    """Return a report form as another program writes it: merged heads, figures, a hidden sheet and a hidden row."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("农业生产情况表")
        head = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1, "bg_color": "#D9E2F3"})
        title = book.add_format({"bold": True, "align": "center", "font_size": 18, "font_name": "黑体"})
        cell, money = book.add_format({"border": 1}), book.add_format({"border": 1, "num_format": "#,##0.00"})
        share, day = book.add_format({"border": 1, "num_format": "0.0%"}), book.add_format({"border": 1, "num_format": "yyyy/m/d"})
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 5, 13)
        sheet.merge_range("A1:F1", "2026年第三季度农业生产情况统计表", title)
        sheet.merge_range("A3:A4", "乡镇", head)
        sheet.merge_range("B3:D3", "粮食", head)
        sheet.merge_range("E3:E4", "完成比例", head)
        sheet.merge_range("F3:F4", "上报日期", head)
        for column, words in enumerate(("面积（亩）", "单产（公斤）", "总产（公斤）"), 1):
            sheet.write(3, column, words, head)
        for row, (name, area, each, done) in enumerate((("城关镇", 12034.5, 412, 0.985), ("河西乡", 8560, 398.25, 1.02)), 4):
            sheet.write(row, 0, name, cell)
            sheet.write(row, 1, area, money)
            sheet.write(row, 2, each, money)
            sheet.write_formula(row, 3, f"=B{row + 1}*C{row + 1}", money, area * each)
            sheet.write(row, 4, done, share)
            sheet.write(row, 5, 46346, day)
        sheet.write(6, 0, "隐藏的一行", cell)
        sheet.set_row(6, None, None, {"hidden": True})
        sheet.write_comment("B5", "请核对面积")
        hidden = book.add_worksheet("内部测算")
        hidden.write(0, 0, "不对外")
        hidden.hide()
    return out.getvalue()


def many_pages(count: int) -> bytes:
    """Return an image file with so many black-and-white pages."""
    pages = []
    for number in range(1, count + 1):
        page = Image.new("1", (1240, 1754), 1)
        ImageDraw.Draw(page).rectangle((100, 100, 100 + 20 * number, 160), fill=0)
        pages.append(page)
    return saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], dpi=(150, 150), compression="group4")
