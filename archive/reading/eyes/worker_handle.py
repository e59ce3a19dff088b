"""A looking process as the service holds it: started, asked, killed and replaced. See `archive.reading.eyes.worker`."""

import asyncio
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Awaitable
from contextlib import closing, suppress
from typing import Final

import msgspec

from archive.reading.confinement import Confinement
from archive.reading.eyes.seen import DONE, LAST, LONGEST, LONGEST_GREETING, Job, Sighting
from schemas.problems import Problem, ProblemType

_START_SECONDS: Final = 60.0
_ROOT: Final = pathlib.Path(__file__).resolve().parents[3]
_ADMITTED: Final = frozenset({ProblemType.DOCUMENT_BROKEN, ProblemType.DOCUMENT_TOO_COMPLEX, ProblemType.READER_KILLED})
_WORKER: Final = "archive.reading.eyes.worker"


class WorkerLost(Exception):  # noqa: N818 - what happened, not what is wrong
    """The process died, hung, or said what no worker says: it has been ended, and the job may be tried with another.

    `kind` is what to tell when that is in vain.
    """

    def __init__(self, kind: ProblemType = ProblemType.READER_KILLED) -> None:
        """Say why."""
        super().__init__(kind.type)
        self.kind = kind


class WorkerHandle:
    """One process at a time; it is started at the first job, and anew after it was lost. Belongs to one event loop."""

    def __init__(self, module: str = _WORKER) -> None:
        """Run this module; another one only in tests."""
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.confinement: Confinement | None = None
        """What it could be locked with, once it runs."""

    @property
    def process(self) -> int:
        """Its number, 0 while there is none."""
        return 0 if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start it unless it runs; returns once it is warm. Raises Problem RECOGNITION_MISSING when it does not come up."""
        if self._process is not None and self._process.poll() is None:
            return
        self.end()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._control = ours
        try:
            with closing(theirs):
                self._process = _spawn(self._module, theirs.fileno())
            async with asyncio.timeout(_START_SECONDS):
                greeting = await asyncio.get_running_loop().sock_recv(ours, LONGEST_GREETING)
            self.confinement = msgspec.json.decode(greeting, type=Confinement)
        except (OSError, TimeoutError, msgspec.DecodeError) as error:
            self.end()
            raise Problem(ProblemType.RECOGNITION_MISSING, "the looking process does not start") from error
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Kill it, if it is there."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def look(self, job: Job, channel: socket.socket, drawing: Awaitable[None], seconds: float) -> list[Sighting]:
        """Have it look at what comes out of `channel`, into which `drawing` has it drawn; `channel` is closed here.

        Raises WorkerLost, after `seconds` as READER_TIMEOUT; what `drawing` raises; and Problem DOCUMENT_BROKEN,
        DOCUMENT_TOO_COMPLEX or READER_KILLED for what was drawn. Whatever is raised, nothing goes on afterwards.
        """
        drawn = asyncio.ensure_future(drawing)
        at_rest = False
        try:
            async with asyncio.timeout(seconds):
                seen = await self._asked(job, channel)
                await self._rested()
                at_rest = True
                await drawn  # a page that could not be drawn was not seen: what became of the drawing goes first
        except TimeoutError as error:
            raise WorkerLost(ProblemType.READER_TIMEOUT) from error
        finally:
            channel.close()
            drawn.cancel()
            with suppress(asyncio.CancelledError, Problem):
                await drawn
            if not at_rest:
                self.end()  # it may still be at work on what nobody wants any more
        return _required(seen, job.pages)

    async def _asked(self, job: Job, channel: socket.socket) -> list[Sighting]:
        await self.start()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with closing(ours):
            ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
            with closing(theirs):
                try:
                    socket.send_fds(self._connected(), [msgspec.json.encode(job)], [channel.fileno(), theirs.fileno()])
                except OSError as error:
                    raise WorkerLost from error
            channel.close()
            return await _told(ours, job.pages)

    async def _rested(self) -> None:
        """Wait until it is free again; one that leaves is buried and replaced at the next job. Raises WorkerLost."""
        try:
            said = await asyncio.get_running_loop().sock_recv(self._connected(), len(DONE))
        except OSError as error:
            raise WorkerLost from error
        if said == LAST:
            self.end()
        elif said != DONE:
            raise WorkerLost

    def _connected(self) -> socket.socket:
        if self._control is None:
            raise WorkerLost
        return self._control


async def _told(answer: socket.socket, pages: int) -> list[Sighting]:
    """Collect what is said of so many pages. Raises WorkerLost."""
    loop = asyncio.get_running_loop()
    seen: list[Sighting] = []
    rest = bytearray()
    while True:
        try:
            piece = await loop.sock_recv(answer, 1 << 16)
        except OSError as error:
            raise WorkerLost from error
        rest += piece
        *lines, rest = rest.split(b"\n") if b"\n" in piece else [rest]
        seen += [_sighting(line) for line in lines]
        if len(rest) > LONGEST or len(seen) > pages + 1:
            raise WorkerLost
        if not piece:
            return seen


def _sighting(line: bytes | bytearray) -> Sighting:
    try:
        return msgspec.json.decode(line, type=Sighting)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WorkerLost from error


def _required(seen: list[Sighting], pages: int) -> list[Sighting]:
    """Return what was seen on so many pages, no fewer. Raises the Problem at which the worker stopped."""
    for sighting in seen:
        if sighting.problem:
            kind = ProblemType.named(sighting.problem)
            raise Problem(kind if kind in _ADMITTED else ProblemType.DOCUMENT_BROKEN, "while looking at it")
    if len(seen) != pages:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "not every page could be drawn")
    return seen


def _spawn(module: str, descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-s", "-P", "-B", "-m", module, str(descriptor), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a traceback could hold text
        pass_fds=(descriptor,),
        env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd="/",
        start_new_session=True,
    )
