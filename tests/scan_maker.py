"""Makes scans of sealed papers, the commonest thing a township sends: a red-headed sheet, signed, sealed, and put on a scanner.

A `Sheet` is what is printed, a `Scanner` is what happens to it afterwards. The same two and the same seed give the same
pixels. Nothing in it is a real paper: office, number and text are invented, and marks are put on to be found.
"""

import io
import math
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import manimgx_fonts_cjk
import numpy as np
import paperang_p2_fonts_cjk
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WIDTH: Final = 210.0
HEIGHT: Final = 297.0
_MILLIMETRE: Final = 72 / 25.4
_TOP, _LEFT, _MEASURE = 37.0, 28.0, 156.0
_LINE: Final = 225 / 22
_THREE: Final = 5.6
"""Size no. 3 三号 in millimetres."""

_RED: Final = (205, 30, 30)
_INK: Final = (25, 25, 25)

_BLACK_FACE: Final = pathlib.Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"
TEXT_FACE: Final = pathlib.Path(paperang_p2_fonts_cjk.__file__).parent / "fonts" / "wqy-microhei.ttc"
_SIMPLIFIED: Final = 2
_BOLD: Final = 700

BODY: Final = (
    "为进一步做好今年汛期地质灾害防范工作，切实保障人民群众生命财产安全，根据县防汛抗旱指挥部统一部署，"
    "我镇对辖区内十六处隐患点逐一开展了排查，建立了台账，落实了监测责任人。现将有关情况报告如下："
    "一是加强值班值守，严格执行领导带班和二十四小时值班制度；二是备足抢险物资，组织应急演练三次，参加人数一百八十余人；"
    "三是做好群众转移安置预案，明确转移路线和安置场所。下一步，我镇将继续压实责任，确保安全度汛。特此报告。"
)


@dataclass(frozen=True)
class Sheet:
    """What is printed; an empty part is left out. `body` is set again and again until the page is full when `pages` go on."""

    mark: str = ""
    mark_side: Literal["left", "right"] = "left"
    mark_line: int = 1
    mark_ink: tuple[int, int, int] = _INK
    mark_bold: bool = True
    mark_size: float = _THREE
    copy_number: str = ""
    urgency: str = ""
    head: str = "青川县石桥镇人民政府文件"
    number: str = "石政报〔2026〕37号"
    title: str = "关于汛期地质灾害防范工作情况的报告"
    body: str = BODY
    signed: bool = True
    seal: bool = True
    seal_over_mark: bool = False
    seal_ink: tuple[int, int, int] = _RED
    page: int = 1


@dataclass(frozen=True)
class Scanner:
    """What becomes of the sheet: `dots` per inch, `skew` in degrees, `turn` in quarter turns anticlockwise, `faint` 0 to 1."""

    dots: int = 200
    skew: float = 0.0
    noise: float = 5.0
    blur: float = 0.5
    faint: float = 0.0
    grey: bool = False
    turn: int = 0
    watermark: bool = False
    photo: bool = False
    seed: int = 1


@lru_cache(maxsize=64)
def _face(pixels: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    if not bold:
        return ImageFont.truetype(TEXT_FACE, pixels, index=0)
    face = ImageFont.truetype(_BLACK_FACE, pixels, index=_SIMPLIFIED)
    face.set_variation_by_axes([_BOLD])
    return face


class _Pen:
    """Writes on a sheet in millimetres."""

    def __init__(self, dots: int) -> None:
        self.scale = dots / 25.4
        self.paper = Image.new("RGB", (round(WIDTH * self.scale), round(HEIGHT * self.scale)), (252, 251, 248))
        self.draw = ImageDraw.Draw(self.paper)

    def pixels(self, *millimetres: float) -> list[int]:
        return [round(one * self.scale) for one in millimetres]

    def write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        ink: tuple[int, int, int] = _INK,
        anchor: str = "la",
    ) -> None:
        place = (x * self.scale, y * self.scale)
        self.draw.text(place, text, font=_face(round(size * self.scale), bold=bold), fill=ink, anchor=anchor)


def paper(sheet: Sheet, dots: int = 200) -> Image.Image:
    """Return the sheet as it was printed, signed and sealed, A4."""
    pen = _Pen(dots)
    line = _printed_head(pen, sheet) if sheet.page == 1 else 0
    characters = round(_MEASURE / _THREE)
    text = ("　　" + sheet.body) if sheet.page == 1 else sheet.body * 2
    for start in range(0, len(text), characters):
        if line > 16:
            break
        pen.write(text[start : start + characters], _LEFT, _TOP + line * _LINE, _THREE)
        line += 1
    pen.write(f"— {sheet.page} —", WIDTH / 2, HEIGHT - 28, 4.9, anchor="ma")
    if sheet.page == 1:
        pen.write("2026年6月18日", WIDTH - _LEFT - 22, _TOP + 20 * _LINE, _THREE, anchor="ra")
    if sheet.signed and sheet.page == 1:
        _sign(pen, 150, 120)
    if sheet.seal and sheet.page == 1:
        _seal(pen, 150, _TOP + 20 * _LINE, sheet.seal_ink)
    if sheet.seal_over_mark:
        x = _LEFT + 14 if sheet.mark_side == "left" else WIDTH - _LEFT - 10
        _seal(pen, x, _TOP + sheet.mark_line * _LINE, sheet.seal_ink)
    return pen.paper


def _printed_head(pen: _Pen, sheet: Sheet) -> int:
    """Print everything above the text; returns the line on which the text begins."""
    if sheet.copy_number:
        pen.write(sheet.copy_number, _LEFT, _TOP, _THREE)
    if sheet.urgency:
        pen.write(sheet.urgency, _LEFT, _TOP + 2 * _LINE, _THREE, bold=True)
    if sheet.mark:
        left = sheet.mark_side == "left"
        x, y = (_LEFT if left else WIDTH - _LEFT), _TOP + sheet.mark_line * _LINE
        pen.write(sheet.mark, x, y, sheet.mark_size, bold=sheet.mark_bold, ink=sheet.mark_ink, anchor="la" if left else "ra")
    if not sheet.head:
        pen.write(sheet.title, WIDTH / 2, _TOP + 4 * _LINE, 7.7, bold=True, anchor="ma")
        return 6
    size = min(13.0, (_MEASURE - 4) / len(sheet.head))
    pen.write(sheet.head, WIDTH / 2, 72, size, bold=True, ink=_RED, anchor="ma")
    pen.write(sheet.number, WIDTH / 2, 102, _THREE, anchor="ma")
    pen.draw.line(pen.pixels(_LEFT, 111, WIDTH - _LEFT, 111), fill=_RED, width=max(2, pen.pixels(0.7)[0]))
    pen.write(sheet.title, WIDTH / 2, 124, 7.7, bold=True, anchor="ma")
    return 10


def _sign(pen: _Pen, x: float, y: float) -> None:
    """Put three strokes of a pen, no name."""
    for start, bend in ((0.0, 1.0), (4.0, -1.4), (9.0, 0.8)):
        points = [(pen.scale * (x + start + 9 * step / 20), pen.scale * (y + 4 * bend * math.sin(step / 3 + start))) for step in range(21)]
        pen.draw.line(points, fill=(30, 40, 110), width=max(2, round(0.6 * pen.scale)), joint="curve")


def _seal(pen: _Pen, x: float, y: float, ink: tuple[int, int, int]) -> None:
    """Put a round seal of 42 mm with its centre there; it is shown as ink is, darker over what it covers."""
    side = round(44 * pen.scale)
    layer = Image.new("RGB", (side, side), (255, 255, 255))
    draw = ImageDraw.Draw(layer)
    middle, radius = side / 2, 21 * pen.scale
    draw.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), outline=ink, width=round(1.2 * pen.scale))
    star = [
        (middle + length * math.sin(turn * math.pi / 5), middle - length * math.cos(turn * math.pi / 5))
        for turn in range(10)
        for length in [(6.5 if turn % 2 == 0 else 2.6) * pen.scale]
    ]
    draw.polygon(star, fill=ink)
    for index, character in enumerate("青川县石桥镇人民政府"):
        angle = -130 + 260 * index / 9
        glyph = Image.new("L", (round(7 * pen.scale),) * 2, 0)
        ImageDraw.Draw(glyph).text((glyph.width / 2,) * 2, character, font=_face(round(5 * pen.scale), bold=False), fill=255, anchor="mm")
        turned = glyph.rotate(-angle, resample=Image.Resampling.BICUBIC)
        reach = 16.2 * pen.scale
        place = (
            round(middle + reach * math.sin(math.radians(angle)) - glyph.width / 2),
            round(middle - reach * math.cos(math.radians(angle)) - glyph.height / 2),
        )
        layer.paste(ink, place, turned)
    corner = (round(x * pen.scale - middle), round(y * pen.scale - middle))
    whole = Image.new("RGB", pen.paper.size, (255, 255, 255))
    whole.paste(layer, corner)
    pen.paper.paste(ImageChops.multiply(pen.paper, whole))


def scanned(sheet: Sheet, scanner: Scanner = Scanner()) -> Image.Image:
    """Return the sheet as the scanner or the phone gives it."""
    random = np.random.default_rng(scanner.seed)
    image = paper(sheet, scanner.dots)
    if scanner.skew:
        image = image.rotate(scanner.skew, resample=Image.Resampling.BICUBIC, fillcolor=(247, 246, 242))
    if scanner.watermark:
        _watermark(image, scanner.dots)
    if scanner.photo:
        image = _photographed(image, random)
    if scanner.blur:
        image = image.filter(ImageFilter.GaussianBlur(scanner.blur * scanner.dots / 200))
    pixels = np.asarray(image).astype(np.float32)
    if scanner.faint:
        pixels = 235 - (235 - pixels) * (1 - scanner.faint)
    if scanner.noise:
        pixels += random.normal(0, scanner.noise, pixels.shape).astype(np.float32)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if scanner.grey:
        image = image.convert("L").convert("RGB")
    return image.rotate(90 * scanner.turn, expand=True) if scanner.turn else image


def _watermark(image: Image.Image, dots: int) -> None:
    """Put the line that scanner programs on phones put at the foot."""
    scale = dots / 25.4
    draw = ImageDraw.Draw(image)
    corner = (image.width - 6 * scale, image.height - 8 * scale)
    draw.text(corner, "扫描全能王 创建", font=_face(round(4 * scale), bold=False), fill=(120, 160, 150), anchor="rs")


def _photographed(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Put the sheet on a desk, seen a little from the side, with a shadow over it."""
    width, height = round(image.width * 1.12), round(image.height * 1.1)
    inset = [random.uniform(0.02, 0.06) for _ in range(8)]
    corners = [
        (width * inset[0], height * inset[1]),
        (width * (1 - inset[2]), height * inset[3]),
        (width * (1 - inset[4]), height * (1 - inset[5])),
        (width * inset[6], height * (1 - inset[7])),
    ]
    source = [(0, 0), (image.width, 0), (image.width, image.height), (0, image.height)]
    desk = Image.new("RGB", (width, height), (118, 92, 66))
    warped = image.transform((width, height), Image.Transform.PERSPECTIVE, _perspective(corners, source), Image.Resampling.BICUBIC)
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    desk.paste(warped, mask=mask)
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    shade = 1 - 0.4 / (1 + np.exp(-14 * (across + 0.5 * down - random.uniform(0.5, 0.9))))
    return Image.fromarray((np.asarray(desk) * shade[..., None]).astype(np.uint8))


def _perspective(target: Sequence[tuple[float, float]], source: Sequence[tuple[float, float]]) -> list[float]:
    """Return Pillow's eight numbers that take each target point to its source point."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(one) for one in np.linalg.solve(np.array(rows, float), np.array(values, float))]


def png(image: Image.Image, dots: int = 200) -> bytes:
    """Return the picture as PNG that states its resolution; `dots` 0 leaves that out."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, **({"dpi": (dots, dots)} if dots else {}))
    return out.getvalue()


def jpeg(image: Image.Image, dots: int = 200, quality: int = 60) -> bytes:
    """Return the picture as JPEG that states its resolution; `dots` 0 leaves that out."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **({"dpi": (dots, dots)} if dots else {}))
    return out.getvalue()


def pdf(images: Sequence[Image.Image], dots: int = 200, quality: int = 60, hidden: Sequence[str] = ()) -> bytes:
    """Return a PDF of pictures, a page each; `hidden` is the invisible text layer of each page, which may say anything."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    for index, image in enumerate(images):
        width, height = image.width * 72 / dots, image.height * 72 / dots
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(io.BytesIO(jpeg(image, dots, quality))), 0, 0, width, height)
        if index < len(hidden):
            _hide(canvas, hidden[index], height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _hide(canvas: Canvas, text: str, height: float) -> None:
    layer = canvas.beginText(_LEFT * _MILLIMETRE, height - _TOP * _MILLIMETRE)
    layer.setFont("STSong-Light", 16)
    layer.setTextRenderMode(3)
    layer.textLines(text)
    canvas.drawText(layer)


def opened(content: bytes) -> Image.Image:
    """Return the picture that such bytes hold."""
    return Image.open(io.BytesIO(content)).convert("RGB")
