"""OFD carriers: the mark in page text, a template page, an annotation, an attachment, a property, a bookmark."""

from dataclasses import replace
from xml.sax.saxutils import quoteattr

import ofd_maker as maker
from policy.carriers_pdf import NEUTRAL, embedded
from policy.drawings import drawn
from policy.papers import HEIGHT, WIDTH, Paper, Run, Sheet, mark_place

_POINT = 0.3528


def _object(run: Run) -> str:
    size = run.size * _POINT
    colour = " ".join(str(round(255 * part)) for part in run.colour)
    fill = f'<ofd:FillColor Value="{colour}"/>' if any(run.colour) else ""
    step = f'X="0" Y="{size:.2f}" DeltaX="g {max(0, len(run.text) - 1)} {size:.2f}"'
    turn = {90: 'CTM="0 -1 1 0 0 0"', 270: 'CTM="0 1 -1 0 0 0"', 180: 'CTM="-1 0 0 -1 0 0"', 40: 'CTM="0.77 -0.64 0.64 0.77 0 0"'}
    attributes = turn.get(int(run.turn), "")
    return maker.text(run.text, round(run.x, 2), round(run.y - size, 2), size=round(size, 2), attributes=attributes, code=step, inside=fill)


def _page(sheet: Sheet) -> str:
    return "".join(_object(run) for run in sheet)


def _bare(paper: Paper) -> list[str]:
    return [_page(sheet) for sheet in drawn(replace(paper, mark=""))]


def _mark(paper: Paper, x: float | None = None, y: float | None = None) -> str:
    left, upper = mark_place(paper.template)
    return _object(Run(paper.mark or NEUTRAL, left if x is None else x, upper if y is None else y))


def text(paper: Paper) -> bytes:
    return maker.ofd(*(maker.page(_page(sheet)) for sheet in drawn(paper)))


def template_page(paper: Paper) -> bytes:
    used = '<ofd:Template TemplateID="2" ZOrder="Background"/>'
    pages = [maker.page(content, used) for content in _bare(paper)]
    return maker.templated(_mark(paper), *pages)


def annotation(paper: Paper) -> bytes:
    pages = [maker.page(content) for content in _bare(paper)]
    return maker.annotated(maker.annotation(_mark(paper, 2, 8)), *pages)


def remark(paper: Paper) -> bytes:
    said = f"<ofd:Remark>{paper.mark or NEUTRAL}</ofd:Remark>"
    return maker.annotated(maker.annotation(_object(Run("已阅", 2, 8)), said), *(maker.page(content) for content in _bare(paper)))


def information(paper: Paper) -> bytes:
    words = f"<ofd:Keywords><ofd:Keyword>{paper.mark or NEUTRAL}</ofd:Keyword></ofd:Keywords>"
    return maker.ofd(*(maker.page(content) for content in _bare(paper)), information=words)


def bookmark(paper: Paper) -> bytes:
    entry = f"<ofd:OutlineElem Title={quoteattr(paper.mark or NEUTRAL)}>{maker.acts('<ofd:Goto/>')}</ofd:OutlineElem>"
    return maker.ofd(*(maker.page(content) for content in _bare(paper)), document=f"<ofd:Outlines>{entry}</ofd:Outlines>")


def attachment(paper: Paper) -> bytes:
    """Return an unmarked OFD with a marked PDF attached."""
    listed = '<ofd:Attachment ID="4" Name="附件" Format="pdf"><ofd:FileLoc>fujian.pdf</ofd:FileLoc></ofd:Attachment>'
    return maker.ofd(
        *(maker.page(content) for content in _bare(paper)),
        document="<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        members={"Doc_0/Attachs/Attachments.xml": maker.xml("Attachments", listed), "Doc_0/Attachs/fujian.pdf": embedded(paper)},
    )


def pictures(images: list[bytes], *, lying: bool = False) -> bytes:
    """Return an OFD whose pages are these JPEG pictures, edge to edge, on A4 that stands or lies."""
    width, height = (HEIGHT, WIDTH) if lying else (WIDTH, HEIGHT)
    media = "".join(
        f'<ofd:MultiMedia ID="{70 + at}" Type="Image" Format="JPEG"><ofd:MediaFile>image_{at}.jpg</ofd:MediaFile></ofd:MultiMedia>'
        for at in range(len(images))
    )
    pages = [maker.page(maker.image(0, 0, width, height).replace('ResourceID="7"', f'ResourceID="{70 + at}"')) for at in range(len(images))]
    members = {f"Doc_0/Res/image_{at}.jpg": image for at, image in enumerate(images)}
    return maker.ofd(*pages, resources=f"<ofd:MultiMedias>{media}</ofd:MultiMedias>", members=members, area=f"0 0 {width} {height}")
