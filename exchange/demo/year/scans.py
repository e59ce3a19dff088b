"""Scans of sealed papers, as a township sends them: one grey page at 150 dots an inch, printed, stamped and a little askew.

The letters are drawn with a Chinese font that this machine has; without one there are no scans, and the story's papers are texts.
"""

import importlib.util
import io
import math
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from exchange.demo.papers import Paper

DOTS: Final = 150
SIZE: Final = (round(210 / 25.4 * DOTS), round(297 / 25.4 * DOTS))
"""Pixels of an A4 page."""

_PACKAGES: Final = (("paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc"), ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"))
_FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_NAMES: Final = ("*CJK*.tt[cf]", "*CJK*.otf", "wqy*.ttc", "uming.ttc", "ukai.ttc")
_INK, _RED, _PAPER = (30, 30, 30), (200, 40, 40), (250, 249, 246)
_PER_LINE: Final = 24


@lru_cache
def font_file() -> Path | None:
    """Return a Chinese font of this machine, None where there is none."""
    for package, name in _PACKAGES:
        found = importlib.util.find_spec(package)
        if found is not None and found.origin is not None and (path := Path(found.origin).parent / name).exists():
            return path
    return next((path for folder in _FOLDERS if folder.is_dir() for name in _NAMES for path in sorted(folder.rglob(name))), None)


@lru_cache(maxsize=16)
def _face(size: int) -> ImageFont.FreeTypeFont:
    path = font_file()
    if path is None:
        message = "no Chinese font"
        raise RuntimeError(message)
    return ImageFont.truetype(path, size)


def scan(paper: Paper, place: str, random: Random) -> bytes:
    """Return a PDF of one page that is a picture of the paper."""
    sheet = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(sheet)
    middle, height = SIZE[0] // 2, 230
    if paper.number is not None:
        draw.text((middle, height), f"{place}人民政府文件", font=_face(64), fill=_RED, anchor="mm")
        draw.text((middle, height + 110), paper.number, font=_face(32), fill=_INK, anchor="mm")
        draw.line((160, height + 150, SIZE[0] - 160, height + 150), fill=_RED, width=4)
        height += 230
    for line in _lines(paper.title, 20):
        draw.text((middle, height), line, font=_face(44), fill=_INK, anchor="mm")
        height += 64
    height += 40
    for text in paper.body:
        for line in _lines(f"　　{text}", _PER_LINE):
            draw.text((160, height), line, font=_face(34), fill=_INK)
            height += 60
    height += 60
    for line in (f"{place}人民政府", paper.dated):
        draw.text((SIZE[0] - 200, height), line, font=_face(34), fill=_INK, anchor="ra")
        height += 60
    _stamp(draw, (SIZE[0] - 330, height - 90))
    askew = sheet.convert("L").rotate(random.uniform(-0.4, 0.4), Image.Resampling.BILINEAR, fillcolor=250)
    return _page(askew)


def _stamp(draw: ImageDraw.ImageDraw, centre: tuple[int, int]) -> None:
    """Draw a round red stamp with a star, as an old one looks: nothing in it can be read."""
    x, y = centre
    draw.ellipse((x - 120, y - 120, x + 120, y + 120), outline=_RED, width=6)
    turns = [math.pi / 2 + 4 * math.pi * turn / 5 for turn in range(5)]
    draw.polygon([(x + 40 * math.cos(turn), y - 40 * math.sin(turn)) for turn in turns], fill=_RED)


def _page(picture: Image.Image) -> bytes:
    packed, out = io.BytesIO(), io.BytesIO()
    picture.save(packed, "JPEG", quality=60)
    packed.seek(0)
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.drawImage(ImageReader(packed), 0, 0, *A4)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _lines(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]
