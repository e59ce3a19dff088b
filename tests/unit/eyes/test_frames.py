import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as some

from archive.reading import frames
from archive.reading.frames import HEAD, MAXIMUM_SIDE, Frame
from schemas.problems import Problem, ProblemType


@contextmanager
def written(*pieces: bytes | Frame) -> Iterator[socket.socket]:
    """Give the end from which these pieces, bytes or frames, are read."""
    ours, theirs = socket.socketpair()

    def write() -> None:
        with theirs:
            try:
                for piece in pieces:
                    if isinstance(piece, Frame):
                        frames.send(theirs, piece)
                    else:
                        theirs.sendall(piece)
            except OSError:  # nobody reads on
                return

    writer = threading.Thread(target=write)
    writer.start()
    with ours:
        yield ours
    writer.join()


def head(width: int, height: int, size: int, *, magic: bytes = b"YZFR", path: int = 0) -> bytes:
    return HEAD.pack(magic, 1, width, height, 200, path, 0, size)


@given(some.lists(some.tuples(some.text(max_size=20), some.integers(1, 9), some.integers(1, 60), some.integers(1, 60)), max_size=4))
def test_frames_arrive_as_they_were_sent(told: list[tuple[str, int, int, int]]) -> None:
    sent = [Frame(path, page, width, height, 200, bytes(width * height * 3)) for path, page, width, height in told]
    with written(*sent) as channel:
        assert list(frames.received(channel)) == sent


@pytest.mark.parametrize(
    "wrong",
    [
        head(10, 10, 299),
        head(10, 10, 301),
        head(0, 10, 0),
        head(10, 10, 300, magic=b"PNG\0"),
        head(10, 10, 300, path=frames.LONGEST_PATH + 1),
        head(MAXIMUM_SIDE + 1, 1, 3 * (MAXIMUM_SIDE + 1)),
        head(8000, 8000, 3 * 8000 * 8000),
        head(2**32 - 1, 2**32 - 1, (3 * (2**32 - 1) ** 2) % 2**64),
    ],
)
def test_a_head_out_of_bounds_is_refused_before_anything_is_made_of_it(wrong: bytes) -> None:
    with written(Frame("", 1, 2, 2, 200, bytes(12)), wrong) as channel:
        coming = frames.received(channel)
        assert next(coming).width == 2
        with pytest.raises(Problem) as caught:
            next(coming)
    assert caught.value.kind is ProblemType.DOCUMENT_BROKEN


@pytest.mark.parametrize("cut", [1, HEAD.size - 1, HEAD.size, HEAD.size + 299])
def test_an_end_within_a_frame_is_no_end(cut: int) -> None:
    with written((head(10, 10, 300) + bytes(300))[:cut]) as channel, pytest.raises(Problem) as caught:
        list(frames.received(channel))
    assert caught.value.kind is ProblemType.READER_KILLED
