"""Carriers of pictures: PDF, with or without a text layer that may lie, JPEG, PNG, OFD, ZIP."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from PIL import Image
from policy import carriers_ofd, scans
from policy.carriers_pdf import SONG, _named
from policy.carriers_plain import zipped
from policy.drawings import drawn
from policy.papers import HEIGHT, Paper, Sheet
from policy.scans import Scanning
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def pdf(images: Sequence[Image.Image], scanning: Scanning, layers: Sequence[Sheet] = ()) -> bytes:
    """Return a PDF of the pictures, edge to edge; `layers` are the invisible words of each page."""
    out = io.BytesIO()
    canvas: Any = Canvas(out, invariant=True)
    for at, image in enumerate(images):
        size = image.width * 72 / scanning.dots, image.height * 72 / scanning.dots
        canvas.setPageSize(size)
        canvas.drawImage(ImageReader(io.BytesIO(scans.jpeg(image, scanning))), 0, 0, *size)
        if at < len(layers):
            _hide(canvas, layers[at])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _hide(canvas: Any, sheet: Sheet) -> None:
    for run in sheet:
        layer = canvas.beginText(run.x * mm, (HEIGHT - run.y) * mm)
        layer.setFont(_named(SONG), run.size)
        layer.setTextRenderMode(3)
        layer.textOut(run.text)
        canvas.drawText(layer)


def _plain(paper: Paper, scanning: Scanning) -> bytes:
    return pdf(scans.pictures(paper, scanning), scanning)


def _read_out(paper: Paper, scanning: Scanning) -> bytes:
    """Return a scan to which a program has added what it recognised, rightly."""
    return pdf(scans.pictures(paper, scanning), scanning, drawn(paper)[:1])


def _lying(paper: Paper, scanning: Scanning) -> bytes:
    """Return a scan whose hidden layer says all but the mark."""
    return pdf(scans.pictures(paper, scanning), scanning, drawn(replace(paper, mark=""))[:1])


def _ofd(paper: Paper, scanning: Scanning) -> bytes:
    images = scans.pictures(paper, scanning)
    return carriers_ofd.pictures([scans.jpeg(image, scanning) for image in images], lying=images[0].width > images[0].height)


def _zip(paper: Paper, scanning: Scanning) -> bytes:
    return zipped({"扫描件/第1页.jpg": scans.jpeg(scans.pictures(paper, scanning)[0], scanning)})


def _pages(paper: Paper, scanning: Scanning) -> bytes:
    return pdf(scans.pictures(replace(paper, pages=3), scanning, 3), scanning)


SCANS: Final[dict[str, tuple[str, Callable[[Paper, Scanning], bytes]]]] = {
    "scan pdf": ("pdf", _plain),
    "scan pdf, layer right": ("pdf", _read_out),
    "scan pdf, layer lies": ("pdf", _lying),
    "scan pdf, 3 pages": ("pdf", _pages),
    "scan jpeg": ("jpg", lambda paper, scanning: scans.jpeg(scans.pictures(paper, scanning)[0], scanning)),
    "scan png": ("png", lambda paper, scanning: scans.png(scans.pictures(paper, scanning)[0], scanning)),
    "scan ofd": ("ofd", _ofd),
    "scan zip": ("zip", _zip),
}


def with_photographs(paper: Paper, seed: int) -> bytes:
    """Return a text PDF whose last two pages are photographs without words."""
    from policy.carriers_pdf import _show  # noqa: PLC0415 - the one place that mixes both

    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=(210 * mm, HEIGHT * mm), invariant=True)
    for page in drawn(paper):
        for run in page:
            _show(canvas, run, _named(SONG))
        canvas.showPage()
    for at in range(2):
        picture = scans.jpeg(scans.landscape(seed + at), Scanning(quality=60))
        canvas.drawImage(ImageReader(io.BytesIO(picture)), 10 * mm, 70 * mm, 190 * mm, 150 * mm)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
