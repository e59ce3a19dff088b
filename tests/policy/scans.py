"""Papers of the set as pictures: printed, sealed, stamped, then scanned or photographed. It shares nothing with the readers' own tests."""

import functools
import io
import math
import random
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from policy.carriers_pdf import font_file
from policy.drawings import drawn
from policy.papers import BLACK, HEIGHT, RED, WIDTH, Paper, Run, Sheet

_INCH: Final = 25.4
_SIMPLIFIED: Final = 2
_SEAL: Final = (200, 25, 30)
_WATERMARKS: Final = ("由 全能扫描王 扫描创建", "CS 扫描全能王", "由手机扫描宝生成", "Scanned with PhoneScanner")


@dataclass(frozen=True)
class Scanning:
    """What becomes of a printed paper: dots an inch, turn in degrees, JPEG quality, and what else happens to it."""

    dots: int = 200
    skew: float = 0.0
    quality: int = 70
    noise: float = 4.0
    blur: float = 0.4
    faint: float = 0.0
    seal: str = "signature"
    """Where a seal stands: nowhere "", over the "signature", over the "mark"."""
    stamped: bool = False
    """The mark is no print: a red rubber stamp, put on by hand."""
    photo: bool = False
    watermark: bool = False
    turn: int = 0
    grey: bool = False
    bilevel: bool = False
    red_head: bool = True
    seed: int = 0


@functools.cache
def _file(face: str) -> tuple[str, int]:
    if face == "micro":
        return str(font_file("paperang-p2-fonts-cjk", ".ttc")), 0
    return str(font_file("manimgx-fonts-cjk", ".ttc")), _SIMPLIFIED


@functools.lru_cache(maxsize=200)
def _font(face: str, pixels: int, role: str) -> ImageFont.FreeTypeFont:
    if role in ("head", "title", "mark"):
        face = "noto"
    file, index = _file(face)
    font = ImageFont.truetype(file, pixels, index=index)
    if face != "micro":
        font.set_variation_by_axes([{"head": 800, "title": 700, "mark": 600}.get(role, 300 if face == "noto light" else 400)])
    return font


def _show(page: Image.Image, run: Run, face: str, scale: float) -> None:
    pixels = max(2, round(run.size / 72 * _INCH * scale))
    ink = tuple(round(255 * part) for part in run.colour)
    if run.role == "rule":
        thick = max(2, round(0.6 * scale))
        ImageDraw.Draw(page).line((run.x * scale, run.y * scale, (WIDTH - 26) * scale, run.y * scale), fill=ink, width=thick)
        return
    font = _font(face, pixels, run.role)
    if not run.turn:
        ImageDraw.Draw(page).text((run.x * scale, run.y * scale), run.text, font=font, fill=ink, anchor="ls")
        return
    side = round(font.getlength(run.text)) * 2 + pixels * 2
    layer = Image.new("L", (side, side), 0)
    ImageDraw.Draw(layer).text((side / 2, side / 2), run.text, font=font, fill=255, anchor="ls")
    layer = layer.rotate(run.turn, resample=Image.Resampling.BICUBIC)
    page.paste(ink, (round(run.x * scale - side / 2), round(run.y * scale - side / 2)), layer)


def seal(scale: float, words: str, ink: tuple[int, int, int] = _SEAL) -> tuple[Image.Image, Image.Image]:
    """Return the picture of a round seal of 42 mm and its mask."""
    side = round(44 * scale)
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    middle, radius = side / 2, 21 * scale
    draw.ellipse((middle - radius, middle - radius, middle + radius, middle + radius), outline=235, width=max(2, round(1.1 * scale)))
    points = [
        (middle + reach * math.sin(math.pi * at / 5), middle - reach * math.cos(math.pi * at / 5))
        for at in range(10)
        for reach in [(6.5 if at % 2 == 0 else 2.6) * scale]
    ]
    draw.polygon(points, fill=235)
    font = _font("noto", round(4.6 * scale), "mark")
    for at, sign in enumerate(words[:14]):
        angle = math.radians(-130 + 260 * at / max(1, len(words[:14]) - 1))
        glyph = Image.new("L", (round(8 * scale),) * 2, 0)
        ImageDraw.Draw(glyph).text((glyph.width / 2, glyph.height / 2), sign, font=font, fill=235, anchor="mm")
        glyph = glyph.rotate(-math.degrees(angle), resample=Image.Resampling.BICUBIC)
        place = (middle + 16.5 * scale * math.sin(angle) - glyph.width / 2, middle - 16.5 * scale * math.cos(angle) - glyph.height / 2)
        mask.paste(235, (round(place[0]), round(place[1])), glyph)
    return Image.new("RGB", (side, side), ink), mask


def _press(page: Image.Image, at: tuple[float, float], scale: float, words: str) -> None:
    """Put a seal with its centre at a place in millimetres; it darkens what lies beneath, as ink does."""
    picture, mask = seal(scale, words)
    corner = (round(at[0] * scale - picture.width / 2), round(at[1] * scale - picture.height / 2))
    box = (*corner, corner[0] + picture.width, corner[1] + picture.height)
    beneath = page.crop(box)
    inked = Image.composite(picture, Image.new("RGB", picture.size, (255, 255, 255)), mask)
    page.paste(Image.fromarray((np.asarray(beneath).astype(np.uint16) * np.asarray(inked) // 255).astype(np.uint8)), corner)


def _stamp(page: Image.Image, run: Run, scale: float, choice: random.Random) -> None:
    """Put the mark on as a rubber stamp: red, framed, a little turned, worn."""
    pixels = round(20 / 72 * _INCH * scale)
    font = _font("noto", pixels, "mark")
    length = round(font.getlength(run.text))
    layer = Image.new("L", (length + pixels, pixels * 2), 0)
    draw = ImageDraw.Draw(layer)
    draw.rectangle((2, 2, layer.width - 3, layer.height - 3), outline=230, width=max(2, round(0.5 * scale)))
    draw.text((pixels / 2, layer.height / 2), run.text, font=font, fill=230, anchor="lm")
    worn = np.random.default_rng(choice.randrange(1 << 30)).random((layer.height, layer.width)) > 0.12
    layer = Image.fromarray((np.asarray(layer) * worn).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.4))
    layer = layer.rotate(choice.uniform(-4, 4), expand=True, resample=Image.Resampling.BICUBIC)
    page.paste((205, 30, 40), (round(run.x * scale), round((run.y - 10) * scale)), layer)


def _printed(paper: Paper, sheet: Sheet, scanning: Scanning, choice: random.Random) -> Image.Image:
    scale = scanning.dots / _INCH
    page = Image.new("RGB", (round(WIDTH * scale), round(HEIGHT * scale)), (253, 252, 249))
    marks = [run for run in sheet if run.role == "mark"]
    for run in sheet:
        if run.role == "mark" and scanning.stamped:
            _stamp(page, run, scale, choice)
        else:
            coloured = run if scanning.red_head or run.colour != RED else replace(run, colour=BLACK)
            _show(page, coloured, paper.template.style.font, scale)
    words = paper.template.signed or paper.template.issuer
    if scanning.seal == "mark":
        at = (marks[0].x + 14, marks[0].y - 2) if marks else (42.0, 44.0)
        _press(page, at, scale, words)
    if scanning.seal:
        lowest = max((run.y for run in sheet if run.role == "body"), default=200.0)
        _press(page, (150, min(250.0, lowest - 20)), scale, words)
    return page


def _turned_on_glass(image: Image.Image, scanning: Scanning) -> Image.Image:
    return image.rotate(scanning.skew, resample=Image.Resampling.BICUBIC, fillcolor=(244, 244, 241)) if scanning.skew else image


def _photographed(image: Image.Image, choice: random.Random) -> Image.Image:
    """Return the paper on a table, from a little aside, lit from one corner."""
    width, height = image.size
    inset = [choice.uniform(0.015, 0.05) for _ in range(8)]
    quad = (
        -width * inset[0], -height * inset[1], -width * inset[2], height * (1 + inset[3]),
        width * (1 + inset[4]), height * (1 + inset[5]), width * (1 + inset[6]), -height * inset[7],
    )  # fmt: skip
    bent = image.transform((width, height), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=(96, 84, 70))
    light = (
        np.linspace(1.0, choice.uniform(0.62, 0.8), width)[None, :, None]
        * np.linspace(1.0, choice.uniform(0.8, 0.95), height)[:, None, None]
    )
    warm = np.array([1.0, 0.97, 0.9])
    return Image.fromarray(np.clip(np.asarray(bent) * light * warm, 0, 255).astype(np.uint8))


def _worn(image: Image.Image, scanning: Scanning) -> Image.Image:
    if scanning.blur:
        image = image.filter(ImageFilter.GaussianBlur(scanning.blur * scanning.dots / 200))
    pixels = np.asarray(image).astype(np.int16)
    if scanning.faint:
        pixels = (238 - (238 - pixels) * (1 - scanning.faint)).astype(np.int16)
    if scanning.noise:
        grain = np.random.default_rng(scanning.seed)
        pixels += (grain.standard_normal(pixels.shape[:2], dtype=np.float32) * scanning.noise).astype(np.int16)[:, :, None]
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if scanning.bilevel:
        return image.convert("L").point(lambda value: 255 if value > 150 else 0).convert("RGB")
    return image.convert("L").convert("RGB") if scanning.grey else image


def pictures(paper: Paper, scanning: Scanning, most: int = 1) -> list[Image.Image]:
    """Return the first pages of the paper, `most` of them, as the scanner or the telephone gives them."""
    choice = random.Random(scanning.seed)
    images = []
    for sheet in drawn(paper)[:most]:
        image = _turned_on_glass(_printed(paper, sheet, scanning, choice), scanning)
        if scanning.photo:
            image = _photographed(image, choice)
        if scanning.watermark:
            scale = scanning.dots / _INCH
            font = _font("micro", round(4 * scale), "body")
            place = (image.width - 6 * scale, image.height - 5 * scale)
            ImageDraw.Draw(image).text(place, choice.choice(_WATERMARKS), font=font, fill=(110, 150, 190), anchor="rs")
        image = _worn(image, scanning)
        images.append(image.rotate(scanning.turn, expand=True) if scanning.turn else image)
    return images


def landscape(seed: int, size: tuple[int, int] = (1600, 1200)) -> Image.Image:
    """Return a photograph without a word: sky, hills, a road."""
    grain, choice = np.random.default_rng(seed), random.Random(seed)
    width, height = size
    low = Image.fromarray(grain.integers(60, 200, (12, 16, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(low)
    draw.rectangle((0, 0, width, height * 0.35), fill=(150, 180, 215))
    for _ in range(5):
        middle, wide, tall = choice.randrange(width), choice.randrange(200, 700), choice.randrange(100, 400)
        draw.polygon(
            ((middle - wide, height * 0.5), (middle, height * 0.5 - tall), (middle + wide, height * 0.5)),
            fill=(70, choice.randrange(80, 130), 60),
        )
    draw.polygon(
        ((width * 0.45, height * 0.5), (width * 0.55, height * 0.5), (width * 0.8, height), (width * 0.2, height)), fill=(130, 125, 120)
    )
    pixels = np.asarray(low.filter(ImageFilter.GaussianBlur(2))).astype(np.int16) + grain.integers(-8, 8, (height, width, 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, scanning: Scanning) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=scanning.quality, dpi=(scanning.dots, scanning.dots))
    return out.getvalue()


def png(image: Image.Image, scanning: Scanning) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(scanning.dots, scanning.dots), compress_level=1)
    return out.getvalue()
