"""The process that looks at pixels: `python -m archive.reading.eyes.worker FD PARENT`, Linux only.

It is exec'ed, never forked from the service: it holds no key and no text but what it recognises. Models are loaded and tried
first; then it gives up files, programs and network, and lives on over many documents. Over FD (a Unix socket that keeps
messages apart) come jobs with two descriptors: the frames, and the socket for what is seen, one JSON object a line.

It leaves to be replaced after many pages or when its memory grows, for what it looks at may do harm that stays.
"""

import contextlib
import gc
import os
import pathlib
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import numpy as np

from archive.reading import confine, frames, namespace
from archive.reading.eyes import sight
from archive.reading.eyes.engine import Engine
from archive.reading.eyes.engine_models import models
from archive.reading.eyes.looking import Looker
from archive.reading.eyes.seen import DONE, LAST, LONGEST, Job, Sighting
from archive.reading.frames import Frame
from schemas.problems import Problem, ProblemType

MOST_PAGES: Final = 4000
"""After which it is replaced."""

MOST_RESIDENT: Final = 700 << 20
"""Bytes of memory in use after a job from which it is replaced; measured: 280 MiB."""

MEMORY: Final = 3 << 29
"""Bytes of address space; measured: 670 MiB."""

TOGETHER: Final = 4
"""Heads looked at on one montage."""

_STATM: Final = pathlib.Path("/proc/self/statm")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def sightings(looker: Looker, job: Job, coming: Iterator[Frame]) -> Iterator[Sighting]:
    """Give what is seen on each page of a job; first pages and small files' pictures are looked at whole, others in heads.

    Raises the Problems of `frames.received`.
    """
    heads: list[sight.Sight] = []
    for count, frame in enumerate(coming, 1):
        if count > job.pages:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "more pages than were wanted")
        page = sight.prepared(frame)
        if job.whole or page.page == 1:
            yield looker.whole(page)
            continue
        heads.append(page)
        if len(heads) == TOGETHER:
            yield from looker.heads(heads)
            heads = []
    if heads:
        yield from looker.heads(heads)


def serve(control: socket.socket, looker: Looker, resident: Callable[[], int]) -> None:
    """Do one job after the other until the other side closes or it is time to be replaced; `resident` gives bytes in use."""
    pages = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 12, 2)
        if not message:
            return
        job = msgspec.json.decode(message, type=Job)
        channel, answer = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        with channel, answer, contextlib.suppress(ConnectionError):  # nobody listens any more
            _answer(looker, job, channel, answer)
        pages += job.pages
        leaving = pages >= MOST_PAGES or resident() > MOST_RESIDENT
        control.send(LAST if leaving else DONE)
        if leaving:
            return


def _answer(looker: Looker, job: Job, channel: socket.socket, answer: socket.socket) -> None:
    try:
        for sighting in sightings(looker, job, frames.received(channel)):
            line = msgspec.json.encode(sighting)
            if len(line) >= LONGEST:
                line = msgspec.json.encode(Sighting(problem=ProblemType.DOCUMENT_TOO_COMPLEX.type))
            answer.sendall(line + b"\n")
    except Problem as problem:
        answer.sendall(msgspec.json.encode(Sighting(problem=problem.kind.type)) + b"\n")


def _try_out(looker: Looker) -> None:
    """Load all that is loaded at the first use: a page with a black bar on it, in each of the ways pages are looked at."""
    paper = np.full((512, 512, 3), 250, np.uint8)
    paper[40:80, 60:400:48] = 0
    paper[40:52, 60:400] = 0
    paper[200:240, 60:400] = (205, 30, 30)
    frame = Frame("", 2, 512, 512, 72, paper.tobytes())
    looker.heads([sight.prepared(frame)])
    looker.whole(sight.turned(sight.prepared(frame), 1))


def main(arguments: list[str]) -> int:
    """Look for the process that started it, over the socket whose descriptor is given."""
    descriptor, parent = (int(argument) for argument in arguments)
    confine.be_the_first_victim()
    network = namespace.leave_network()  # now: onnxruntime starts a thread as soon as it is loaded
    confine.die_with(parent)
    folder = models()
    if folder is None:
        return 1
    looker = Looker(Engine(folder))
    _try_out(looker)
    gc.collect()
    gc.freeze()
    with _STATM.open("rb", buffering=0) as statm, socket.socket(fileno=descriptor) as control:
        # the death signal is lost with the privileges, and is asked for anew before the filter stands
        held = confine.for_eyes(MEMORY, parent=parent)
        control.send(msgspec.json.encode(msgspec.structs.replace(held, network=network or held.network)))
        serve(control, looker, lambda: int(os.pread(statm.fileno(), 256, 0).split()[1]) * _PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
