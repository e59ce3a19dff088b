"""The real models on scans of our own making: marks must be found whatever was done to the page.

One document for all: its first page is looked at whole, of the others only the heads.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from eyes_maker import DrawingSandbox, frame_of, scan
from PIL import Image, ImageDraw, ImageFont
from scan_maker import BODY, TEXT_FACE, Scanner, Sheet, jpeg, opened, scanned

from archive.reading.eyes.eyes import Eyes
from archive.reading.frames import Frame
from archive.reading.reading import Reading, flowing

PAGES = {
    "the seal lies over the mark": ("机密★1年", Sheet(mark="机密★1年", seal_over_mark=True), Scanner(150, skew=2)),
    "printed in red, on the right": ("秘密", Sheet(mark="秘密", mark_ink=(205, 30, 30), mark_side="right"), Scanner(150)),
    "faint and askew": ("绝密★", Sheet(mark="绝密★"), Scanner(150, skew=-3, faint=0.7)),
    "grey, with the seal over it": ("秘密★6个月", Sheet(mark="秘密★6个月", seal_over_mark=True), Scanner(150, grey=True)),
    "a photo by a phone": ("机密★长期", Sheet(mark="机密★长期"), Scanner(150, photo=True, watermark=True)),
    "on its head": ("秘密★1年", Sheet(mark="秘密★1年"), Scanner(150, turn=2)),
}


def across(sheet: Image.Image, words: str, opacity: int) -> Image.Image:
    """Return the sheet with large words aslant over its text, as a watermark."""
    layer = Image.new("RGBA", sheet.size, (0, 0, 0, 0))
    face = ImageFont.truetype(TEXT_FACE, 280)
    ImageDraw.Draw(layer).text((300, 600), words, font=face, fill=(120, 120, 120, opacity))
    turned = layer.rotate(45)
    return Image.alpha_composite(sheet.convert("RGBA"), turned).convert("RGB")


def drawn(image: Image.Image, page: int) -> Frame:
    return frame_of(opened(jpeg(image, 150)), 150, page)


@asynccontextmanager
async def real_eyes(pages: dict[int, Image.Image], workers: int) -> AsyncIterator[Eyes]:
    eyes = Eyes(DrawingSandbox(lambda _, page: drawn(pages[page], page)), workers=workers)
    try:
        yield eyes
    finally:
        await eyes.stop()


async def look(eyes: Eyes, reading: Reading) -> Reading:
    return await eyes.look("扫描件.pdf", "application/pdf", 0, 0, reading)


def head_of(reading: Reading, page: int) -> list[str]:
    return [line.text for line in reading.pages[page - 1].seen if line.y < 0.3]


async def test_marks_are_found_in_the_heads_of_scans_whatever_was_done_to_the_page() -> None:
    cases = list(PAGES.items())
    images = {number: scanned(sheet, scanner) for number, (_, (_, sheet, scanner)) in enumerate(cases, 2)}
    images[1] = across(scanned(Sheet(), Scanner(150)), "机密", 90)
    images[len(images) + 1] = Image.effect_noise((900, 700), 80).resize((1500, 1200))  # a photograph of a meadow, say
    async with real_eyes(images, workers=2) as eyes:
        await eyes.start()
        seen = await look(eyes, scan(len(images), dots=150))
        _require_locked(eyes)
    assert any("机密" in line.text for line in seen.pages[0].seen)
    for number, (case, (mark, _, _)) in enumerate(cases, 2):
        head = head_of(seen, number)
        assert any(mark in text for text in head), (case, head)
    first, last = seen.pages[0], seen.pages[-1]
    assert [line.text for line in first.seen if "密" in line.text] == ["机密"]
    assert "青川县石桥镇人民政府文件" in head_of(seen, 1)
    assert BODY[:150] in flowing([first])
    assert (first.look, last.look, last.seen) == ("whole", "whole", ())


def _require_locked(eyes: Eyes) -> None:
    """A worker that has worked still holds what it was locked with."""
    held = eyes.confinement
    assert held is not None
    for worker in eyes._workers:
        status = Path(f"/proc/{worker.process}/status").read_text(encoding="utf-8")
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert told["NoNewPrivs"] == "1"
        assert told["Seccomp"] == ("2" if held.seccomp else "0")
        assert not held.unprivileged or int(told["CapEff"], 16) == 0
        if os.geteuid() == 0:  # nobody else may look
            assert held.empty_root == (Path(f"/proc/{worker.process}/root").readlink() != Path("/"))
