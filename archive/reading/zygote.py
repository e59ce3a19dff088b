"""The warmed process that forks one child for each document: `python -m archive.reading.zygote FD PARENT CHILDREN`, Linux only.

It is exec'ed, never forked from the service: it holds no key, no ledger, no text. It stays single-threaded, for pdfium is not
thread-safe and a fork copies only one thread. Over FD (a Unix socket that keeps messages apart) it takes requests with three
descriptors: the document; the socket for the answer or for drawn pages, which the child alone writes, so that text and pixels
never pass through here; and a line on which the zygote alone says how the child ended. Closing that line on the other side
cancels: the child is killed.

One child is forked ahead while there is room; it waits, confined, for its one document.
"""

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Final, NoReturn

import msgspec

from archive.reading import answer, confine, frames, read_document, warm_up
from archive.reading.answer import KILLED, LATE, Request
from archive.reading.confinement import Confinement
from archive.reading.preview import making
from archive.reading.workbook import reading
from schemas.problems import Problem

_LINE: Final = 3


@dataclass(frozen=True)
class Fork:
    """A confined process that waits at the other end of `line` for its one document."""

    process: int
    handle: int
    line: socket.socket


PATIENCE: Final = 1.0
"""Seconds after which a child gives way: ordinary documents take a hundredth of that, and their senders wait."""

_GIVES_WAY: Final = 10


@dataclass(frozen=True)
class Child:
    """A process at work; `fate` is where its end is told, `begun` when it was given its document."""

    fork: Fork
    fate: socket.socket
    begun: float
    deadline: float


class Zygote:
    """The loop: one request, one child, so many at a time; further requests wait in the socket."""

    def __init__(self, control: socket.socket, children: int, confinement: Confinement) -> None:
        """Serve requests that come over `control`."""
        self._control = control
        self._most = children
        self._confinement = confinement
        self._process = os.getpid()
        self._children: dict[int, Child] = {}
        self._prompt: dict[int, Child] = {}
        self._ahead: Fork | None = None
        self._selector = selectors.DefaultSelector()
        self._listening = False
        self._thrifty = False

    def run(self) -> None:
        """Serve until the other side closes; children that still work are killed then."""
        while True:
            free = len(self._children) < self._most
            self._listen(wanted=free)
            missing = free and self._ahead is None and not self._thrifty
            events = self._selector.select(0 if missing else self._rest())
            if missing and not events:
                self._ahead = self._fork()
            for key, _ in events:
                if key.data is None:
                    if not self._accept():
                        return
                else:
                    self._heard(key.fd, key.data)
            for child in [child for child in self._children.values() if child.deadline <= time.monotonic()]:
                self._ended(child, LATE)
            for child in [child for child in self._prompt.values() if child.begun + PATIENCE <= time.monotonic()]:
                os.setpriority(os.PRIO_PROCESS, child.fork.process, _GIVES_WAY)
                del self._prompt[child.fork.process]

    def _rest(self) -> float | None:
        waits = [child.deadline for child in self._children.values()] + [child.begun + PATIENCE for child in self._prompt.values()]
        soonest = min(waits, default=None)
        return None if soonest is None else max(0.0, soonest - time.monotonic())

    def _listen(self, *, wanted: bool) -> None:
        if wanted and not self._listening:
            self._selector.register(self._control, selectors.EVENT_READ, None)
        elif self._listening and not wanted:
            self._selector.unregister(self._control)
        self._listening = wanted

    def _fork(self) -> Fork:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = os.fork()
        if process == 0:
            _live(theirs.fileno(), self._process, self._confinement)
        theirs.close()
        fork = Fork(process, os.pidfd_open(process), ours)
        self._selector.register(fork.handle, selectors.EVENT_READ, process)
        return fork

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, answer.LONGEST_REQUEST, 3)
        if not message:
            return False
        document, channel, fate = descriptors
        fork, self._ahead = self._ahead or self._fork(), None
        with contextlib.suppress(ConnectionError):  # a process that is gone will be found below
            socket.send_fds(fork.line, [message], [document, channel])
        os.close(document)
        os.close(channel)
        request = msgspec.json.decode(message, type=Request)
        now = time.monotonic()
        child = Child(fork, socket.socket(fileno=fate), now, now + request.seconds)
        self._children[fork.process] = self._prompt[fork.process] = child
        self._selector.register(child.fate, selectors.EVENT_READ, fork.process)
        return True

    def _heard(self, descriptor: int, process: int) -> None:
        child = self._children.get(process)
        if child is not None:
            self._ended(child, None if descriptor == child.fork.handle else KILLED)
        elif self._ahead is not None and self._ahead.process == process:
            self._bury(self._ahead)
            self._ahead, self._thrifty = None, True  # one that dies without work would be followed by the next for ever

    def _ended(self, child: Child, fate: int | None) -> None:
        """Bury a child that has ended by itself, or end it first: it outlived its time (LATE) or lost its listener (KILLED)."""
        if fate is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(child.fork.handle, signal.SIGKILL)
        del self._children[child.fork.process]
        self._prompt.pop(child.fork.process, None)
        self._selector.unregister(child.fate)
        status = self._bury(child.fork)
        with contextlib.suppress(OSError):  # nobody listens any more
            child.fate.send(bytes([answer.fate(status) if fate is None else fate]))
        child.fate.close()

    def _bury(self, fork: Fork) -> int:
        _, status = os.waitpid(fork.process, 0)
        self._selector.unregister(fork.handle)
        os.close(fork.handle)
        fork.line.close()
        return status


def _live(line: int, zygote: int, confinement: Confinement) -> NoReturn:
    """Be the child: give up everything, read or show one document, vanish."""
    try:
        confine.die_with(zygote)
        # the other child's socket and the control socket must not be in reach of this document
        os.dup2(line, _LINE)
        os.closerange(_LINE + 1, os.sysconf("SC_OPEN_MAX"))
        confine.for_reading(confinement)
        with socket.socket(fileno=_LINE) as own:
            message, (document, channel), _, _ = socket.recv_fds(own, answer.LONGEST_REQUEST, 2)
        request = msgspec.json.decode(message, type=Request)
        with socket.socket(fileno=channel) as out:
            os._exit(_show(request, document, out) if request.show else _answer(request, document, out))
    finally:
        os._exit(KILLED)  # whatever was raised: no answer is an answer, and a traceback could hold text


def _answer(request: Request, document: int, out: socket.socket) -> int:
    confine.limit_time(min(confine.PROCESSOR_SECONDS, request.seconds))
    made = making.make if request.preview else reading.make if request.cells else read_document.make
    out.sendall(made(request, document))
    return answer.ENDED


def _show(request: Request, document: int, out: socket.socket) -> int:
    # processor time, not the wall's: whoever draws for ever would hold the worker that waits for it, and with it others' scans
    most = confine.PROCESSOR_SECONDS + confine.PROCESSOR_SECONDS_A_PAGE * len(request.show)
    confine.limit_time(min(request.seconds + 1, most))
    try:
        for frame in read_document.show(request.name, request.media_type, document, request.size, request.show):
            frames.send(out, frame)
    except Problem as problem:
        return answer.exit_code(problem.kind)
    except ConnectionError:
        return answer.ENDED  # whoever looks has seen enough, and knows why
    return answer.ENDED


def main(arguments: list[str]) -> int:
    """Run the zygote on the socket whose descriptor is given, as a child of the process given after it."""
    descriptor, parent, children = (int(argument) for argument in arguments)
    confine.die_with(parent)
    confine.be_the_first_victim()
    warm_up.read_one_of_each()
    confinement = confine.withdraw(parent)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as control:
        control.send(msgspec.json.encode(confinement))
        Zygote(control, children, confinement).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
