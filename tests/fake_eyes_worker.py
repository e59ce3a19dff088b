"""A looking process without models, for tests: what it does with a page is told by the page's width in pixels.

Run as `python -m tests.fake_eyes_worker FD PARENT`, as the real one is. 1: dies, 2: hangs, 3: says what is no JSON, 4: says a
place out of bounds, 5: says nothing, 6: says it of another page, 7: says an endless line, 8: sees lines nobody can read,
9: leaves after the job; any other width: sees one line, the number of its process.
"""

import os
import socket
import sys
import time

import msgspec

from archive.reading import frames
from archive.reading.confinement import Confinement
from archive.reading.eyes.seen import DONE, LAST, Glimpse, Job, Sighting
from archive.reading.frames import Frame
from schemas.problems import Problem


def _line(text: str, score: float = 1.0, y: float = 0.1) -> Glimpse:
    return Glimpse(text, 0.1, y, 0.5, 0.02, score)


_LIES = {
    3: b"{]\n",
    4: b'{"path":"","page":1,"whole":true,"glimpses":[["a",1e9,0,0,0,1]]}\n',
    5: b"",
    6: msgspec.json.encode(Sighting("", 99, whole=True)) + b"\n",
    7: b"a" * (3 << 20),
    8: msgspec.json.encode(Sighting("", 1, whole=True, glimpses=tuple(_line("字", 0.2, y / 100) for y in range(40)))) + b"\n",
}


def _said(frame: Frame, job: Job) -> bytes:
    if frame.width == 1:
        os._exit(1)
    if frame.width == 2:
        time.sleep(60)
    if frame.width in _LIES:
        return _LIES[frame.width]
    whole = job.whole or frame.page == 1
    return msgspec.json.encode(Sighting(frame.path, frame.page, whole=whole, glimpses=(_line(str(os.getpid())),))) + b"\n"


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as control:
        control.send(msgspec.json.encode(Confinement()))
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1 << 12, 2)
            if not message:
                return
            job = msgspec.json.decode(message, type=Job)
            channel, answer = (socket.socket(fileno=one) for one in descriptors)
            leaving = False
            with channel, answer:
                try:
                    for frame in frames.received(channel):
                        leaving = leaving or frame.width == 9
                        answer.sendall(_said(frame, job))
                except Problem as problem:
                    answer.sendall(msgspec.json.encode(Sighting(problem=problem.kind.type)) + b"\n")
                except ConnectionError:
                    pass
            control.send(LAST if leaving else DONE)
            if leaving:
                return


if __name__ == "__main__":
    main()
