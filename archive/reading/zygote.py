"""The warmed process that forks one child for each document: `python -m archive.reading.zygote FD`, Linux only.

It is exec'ed, never forked from the service: it holds no key, no ledger, no text. It stays single-threaded, for pdfium is not
thread-safe and a fork copies only one thread. Over FD (a Unix socket that keeps messages apart) it takes requests with two
descriptors, the document and the socket for the answer, which the child alone writes; the text never passes through here.
Closing the answer socket on the other side cancels: the child is killed.

One child is forked ahead while fewer than two work; it waits, confined, for its one document.
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

from archive.reading import confine, read_document, warm_up
from archive.reading.answer import CHILDREN, READY, Request

_LINE: Final = 3


@dataclass(frozen=True)
class Fork:
    """A confined process that waits at the other end of `line` for its one document."""

    process: int
    handle: int
    line: socket.socket


@dataclass(frozen=True)
class Child:
    """A process at work."""

    fork: Fork
    answer: socket.socket
    deadline: float


class Zygote:
    """The loop: one request, one child, at most two at a time; further requests wait in the socket."""

    def __init__(self, control: socket.socket) -> None:
        """Serve requests that come over `control`."""
        self._control = control
        self._children: dict[int, Child] = {}
        self._ahead: Fork | None = None
        self._selector = selectors.DefaultSelector()
        self._listening = False
        self._thrifty = False

    def run(self) -> None:
        """Serve until the other side closes; children that still work are killed then."""
        while True:
            free = len(self._children) < CHILDREN
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
                self._ended(child, exited=False)

    def _rest(self) -> float | None:
        soonest = min((child.deadline for child in self._children.values()), default=None)
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
            _live(theirs.fileno())
        theirs.close()
        fork = Fork(process, os.pidfd_open(process), ours)
        self._selector.register(fork.handle, selectors.EVENT_READ, process)
        return fork

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 2)
        if not message:
            return False
        document, channel = descriptors
        fork, self._ahead = self._ahead or self._fork(), None
        with contextlib.suppress(ConnectionError):  # a process that is gone will be found below
            socket.send_fds(fork.line, [message], descriptors)
        os.close(document)
        request = msgspec.json.decode(message, type=Request)
        child = Child(fork, socket.socket(fileno=channel), time.monotonic() + request.seconds)
        self._children[fork.process] = child
        self._selector.register(child.answer, selectors.EVENT_READ, fork.process)
        return True

    def _heard(self, descriptor: int, process: int) -> None:
        child = self._children.get(process)
        if child is not None:
            self._ended(child, exited=descriptor == child.fork.handle)
        elif self._ahead is not None and self._ahead.process == process:
            self._bury(self._ahead)
            self._ahead, self._thrifty = None, True  # one that dies without work would be followed by the next for ever

    def _ended(self, child: Child, *, exited: bool) -> None:
        """Bury a child that has ended, outlived its time, or lost its listener."""
        if not exited:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(child.fork.handle, signal.SIGKILL)
        del self._children[child.fork.process]
        self._selector.unregister(child.answer)
        self._bury(child.fork)
        child.answer.close()

    def _bury(self, fork: Fork) -> None:
        os.waitpid(fork.process, 0)
        self._selector.unregister(fork.handle)
        os.close(fork.handle)
        fork.line.close()


def _live(line: int) -> NoReturn:
    """Be the child: give up everything, read one document, answer, vanish."""
    try:
        confine.die_with(_ZYGOTE)
        # the other child's socket and the control socket must not be in reach of this document
        os.dup2(line, _LINE)
        os.closerange(_LINE + 1, os.sysconf("SC_OPEN_MAX"))
        confine.limit()
        with socket.socket(fileno=_LINE) as own:
            message, (document, channel), _, _ = socket.recv_fds(own, 1 << 16, 2)
        request = msgspec.json.decode(message, type=Request)
        with socket.socket(fileno=channel) as out:
            out.sendall(read_document.make(request, document))
        os._exit(0)
    finally:
        os._exit(1)  # whatever was raised: no answer is an answer, and a traceback could hold text


_ZYGOTE = 0


def main(arguments: list[str]) -> int:
    """Run the zygote on the socket whose descriptor is given, as a child of the process given after it."""
    global _ZYGOTE  # noqa: PLW0603 - asked for before every fork, and known only once the process runs
    descriptor, parent = (int(argument) for argument in arguments)
    _ZYGOTE = os.getpid()
    confine.die_with(parent)
    confine.leave_no_trace()
    warm_up.read_one_of_each()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as control:
        control.send(READY)
        Zygote(control).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
