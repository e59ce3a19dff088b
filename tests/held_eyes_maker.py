"""Scans without pixels: a text file that says what each page shows, a reader that finds pictures in it, and eyes the test holds.

What is under test is who waits for whom and what is kept when; the real eyes have tests of their own.
"""

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

from county_maker import Running
from msgspec.structs import replace

from archive.reading.reading import Line, Page, Picture, Reading, unseen
from schemas.problems import Problem

MAGIC = "scan without pixels"


def scan(*pages: tuple[str, str]) -> bytes:
    """Return a file whose pages show a head and a body."""
    return json.dumps([MAGIC, *pages], ensure_ascii=False).encode()


def plain_scan(pages: int = 2, body: str = "各村已完成隐患排查，储备沙袋二千只。") -> bytes:
    return scan(*((f"关于防汛准备工作的情况第{number}页", body) for number in range(1, pages + 1)))


def _shown(document: int) -> list[tuple[str, str]] | None:
    content = os.pread(document, os.fstat(document).st_size, 0)
    if MAGIC.encode() not in content:
        return None
    return [(head, body) for head, body in json.loads(content)[1:]]


def _line(text: str, y: float) -> Line:
    return Line(text, 0.15, y, 0.7, 0.02)


def _seen(page: Page, shown: tuple[str, str], *, whole: bool) -> Page:
    head, body = shown
    lines = [_line(head, 0.1)] if head else []
    if whole and body:
        lines.append(_line(body, 0.5))
    return replace(page, seen=tuple(lines), look="whole" if whole else "head")


class HeldEyes:
    """Sees what the file says: heads, or the whole. Every look waits for the gate; what is `broken` is raised."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun: list[str] = []
        self.ranks: list[int] = []
        self.looking = 0
        self.there = True
        self.broken: Problem | None = None

    def available(self) -> bool:
        return self.there

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def look(
        self,
        name: str,
        _media_type: str,
        document: int,
        _size: int,
        reading: Reading,
        *,
        whole: bool = False,
        rank: int = 0,
        progress: Callable[[int, int], None] = lambda _done, _pages: None,
    ) -> Reading:
        shown, wanted = _shown(document) or [], {number for _, number in unseen(reading, whole=whole)}
        self.begun.append(name)
        self.ranks.append(rank)
        self.looking += 1
        try:
            await self.gate.wait()
            if self.broken is not None:
                raise self.broken
        finally:
            self.looking -= 1
        pages = []
        for page in reading.pages:
            pages.append(_seen(page, shown[page.number - 1], whole=whole) if page.number in wanted else page)
            progress(len(pages), len(wanted))
        return replace(reading, pages=tuple(pages))


def with_eyes(county: Running, monkeypatch: Any) -> HeldEyes:
    """Give a county these eyes, and a reader that knows such scans; everything else is read as ever."""
    eyes, read = HeldEyes(), county.service.sandbox.read

    async def reading(name: str, media_type: str, document: int, size: int) -> Reading:
        shown = _shown(document)
        if shown is None:
            return await read(name, media_type, document, size)
        await asyncio.sleep(0)
        return Reading(format="pdf", pages=tuple(Page(number, (), Picture("scan", 200)) for number in range(1, len(shown) + 1)))

    monkeypatch.setattr(county.service, "eyes", eyes)
    monkeypatch.setattr(county.service.sandbox, "read", reading)
    return eyes
