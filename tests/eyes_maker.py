"""What eyes are given in tests: a sandbox that draws pictures of ours, readings of scans, and eyes with processes without models."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence

from PIL import Image

from archive.reading import frames
from archive.reading.eyes.eyes import Eyes
from archive.reading.eyes.worker_handle import WorkerHandle
from archive.reading.frames import Frame
from archive.reading.reading import Page, Picture, Reading
from schemas.problems import Problem, ProblemType

Drawn = Callable[[str, int], Frame]


def frame_of(image: Image.Image, dots: int = 200, page: int = 1, path: str = "") -> Frame:
    return Frame(path, page, image.width, image.height, dots, image.convert("RGB").tobytes())


def blank(path: str, page: int, width: int = 40) -> Frame:
    """Draw a page of this width, which tells the fake worker what to do."""
    return Frame(path, page, width, 10, 200, bytes(width * 10 * 3))


class DrawingSandbox:
    """Draws what it is told by `drawn`; notes which pages were asked for, in order."""

    def __init__(self, drawn: Drawn = blank) -> None:
        self.drawn = drawn
        self.asked: list[tuple[str, tuple[tuple[str, int], ...]]] = []
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def show(
        self,
        name: str,
        media_type: str,
        document: int,
        size: int,
        pages: tuple[tuple[str, int], ...],
        channel: socket.socket,
        seconds: float,
    ) -> None:
        assert media_type
        assert document >= 0
        assert size >= 0
        assert seconds > 0
        self.asked.append((name, pages))
        self.begun.set()
        with channel:
            await self.gate.wait()
            await asyncio.to_thread(self._draw, pages, channel)

    def _draw(self, pages: Sequence[tuple[str, int]], channel: socket.socket) -> None:
        with contextlib.suppress(OSError):  # nobody looks any more
            for path, number in pages:
                frames.send(channel, self.drawn(path, number))
            channel.shutdown(socket.SHUT_WR)


class BrokenSandbox(DrawingSandbox):
    """Its child is killed in the middle of a page."""

    async def show(self, *arguments: object) -> None:
        channel = arguments[5]
        assert isinstance(channel, socket.socket)
        with channel:
            channel.sendall(frames.HEAD.pack(b"YZFR", 1, 10, 10, 200, 0, 0, 300))
        raise Problem(ProblemType.READER_KILLED, "by the test")


def scan(pages: int = 1, dots: int = 200, **parts: Reading) -> Reading:
    """Return the reading of a PDF of so many scanned pages, with these parts."""
    picture = Picture("scan", dots)
    return Reading(format="pdf", pages=tuple(Page(one, (), picture) for one in range(1, pages + 1)), parts=tuple(parts.items()))


def quick_eyes(sandbox: DrawingSandbox, *, workers: int = 1, waiting: int = 64) -> Eyes:
    """Return eyes whose processes know no models, and start at once."""
    return Eyes(sandbox, workers=workers, waiting=waiting, worker=lambda: WorkerHandle("tests.fake_eyes_worker"))
