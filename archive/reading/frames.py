"""Pages as pixels, on their way from the child that draws them to the process that looks at them; no other process holds them.

On the wire: 32 bytes of head (`HEAD`), the path in UTF-8, then the pixels, red, green, blue, row by row from the top. The one
who looks bounds every number before it reads on: pixels are all that a child which was taken over can say.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType

HEAD: Final = struct.Struct(">4sIIIHHIQ")
LONGEST_PATH: Final = 4096
MAXIMUM_SIDE: Final = 8192
MAXIMUM_PIXELS: Final = 40_000_000
"""Of one page; 40 megapixels are A4 at 640 dots an inch."""

_MAGIC: Final = b"YZFR"


class Frame(NamedTuple):
    """One page as pixels; `pixels` are `width * height * 3` bytes, `dots` the pixels an inch in which the page was drawn."""

    path: str
    page: int
    width: int
    height: int
    dots: int
    pixels: bytes | bytearray | memoryview


def send(channel: socket.socket, frame: Frame) -> None:
    """Write a frame; waits while the other side is busy, so that there is never more than one on its way."""
    path = frame.path.encode()
    channel.sendall(HEAD.pack(_MAGIC, frame.page, frame.width, frame.height, frame.dots, len(path), 0, len(frame.pixels)) + path)
    channel.sendall(frame.pixels)


def received(channel: socket.socket) -> Iterator[Frame]:
    """Give the frames that come, until the other side closes.

    Raises Problem READER_KILLED when it ends within a frame, and DOCUMENT_BROKEN for a head that is out of bounds.
    """
    while head := _exactly(channel, HEAD.size, may_end=True):
        magic, page, width, height, dots, length, _, size = HEAD.unpack(head)
        fits = width * height * 3 == size and width * height <= MAXIMUM_PIXELS and max(width, height) <= MAXIMUM_SIDE
        if magic != _MAGIC or not fits or not size or length > LONGEST_PATH:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a page without proper pixels")
        path = _exactly(channel, length).decode("utf-8", "replace") if length else ""
        yield Frame(path, page, width, height, dots, _exactly(channel, size))


def _exactly(channel: socket.socket, size: int, *, may_end: bool = False) -> bytearray:
    whole = bytearray(size)
    view, place = memoryview(whole), 0
    while place < size:
        count = channel.recv_into(view[place:])
        if not count:
            if may_end and not place:
                return bytearray()
            raise Problem(ProblemType.READER_KILLED, "the drawing process ended early")
        place += count
    return whole
