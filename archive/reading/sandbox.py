"""Reading a stranger's file without touching it: the parent's side of the zygote, and the convenience for the client.

The document is a sealed memfd that the child maps; neither its bytes nor a page of it enter this process, only the answer.
"""

import asyncio
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from typing import Final

import msgspec

from archive.reading import answer, formats, unconfined
from archive.reading.answer import LENGTH, Request
from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType

if sys.platform == "linux":  # the client imports this module everywhere
    import fcntl

SECONDS: Final = 20.0
"""Wall-clock limit for one document."""

MAXIMUM_PART: Final = 200 << 20
_START_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 5.0
_PIECE: Final = 1 << 18
_ROOT: Final = pathlib.Path(__file__).resolve().parents[2]


def document_of(chunks: Iterable[bytes]) -> int:
    """Return a new memfd that holds the chunks and is sealed: nobody, its maker included, can change it any more.

    The caller closes it. Raises Problem PART_TOO_LARGE above 200 MiB.
    """
    document = os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        _fill(document, chunks)
        fcntl.fcntl(document, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(document)
        raise
    return document


def _fill(document: int, chunks: Iterable[bytes]) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAXIMUM_PART:
            raise Problem(ProblemType.PART_TOO_LARGE)
        view = memoryview(chunk)
        while view:
            view = view[os.write(document, view) :]


_SEALS: Final = 0b1111  # F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, which only Linux names


class Sandbox:
    """Reads documents in children of a zygote, at most two at once; further callers wait.

    Belongs to one event loop. A zygote that dies or hangs is replaced at the next document; the one in hand is refused.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """Give each document `seconds` of wall-clock time."""
        self._seconds = seconds
        self.inside = 0
        """Documents that are being read, `answer.CHILDREN` of them at most, or wait for it."""
        self._slots = asyncio.Semaphore(answer.CHILDREN)
        self._starting = asyncio.Lock()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def start(self) -> None:
        """Start the zygote and wait until it is warm. Raises Problem INTERNAL when it does not come up."""
        async with self._starting:
            await self._ensure()

    async def stop(self) -> None:
        """Kill the zygote, and with it every child; documents in hand are refused."""
        async with self._starting:
            self._bury()

    async def read(self, name: str, media_type: str, document: int, size: int) -> Reading:
        """Read the sealed memfd `document` of `size` bytes; its name and media type must fit its content.

        Raises Problem PART_TOO_LARGE, FORMAT_NOT_INSPECTABLE, DOCUMENT_ENCRYPTED, _BROKEN, _ACTIVE, _WITHOUT_TEXT, and
        DOCUMENT_TOO_COMPLEX, which also stands for a child that died, hung, or answered too much. Cancelling kills the
        child. The descriptor stays the caller's.
        """
        if size > MAXIMUM_PART:
            raise Problem(ProblemType.PART_TOO_LARGE)
        if fcntl.fcntl(document, fcntl.F_GET_SEALS) & _SEALS != _SEALS or os.fstat(document).st_size != size:
            raise ValueError("not a sealed memfd of this size")  # a caller's mistake, not a sender's
        self.inside += 1
        try:
            async with self._slots:
                framed = await self._ask(Request(name, media_type, size, self._seconds), document)
        finally:
            self.inside -= 1
        return answer.open_answer(framed)

    async def _ask(self, request: Request, document: int) -> bytearray:
        async with self._starting:
            control = await self._ensure()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with closing(ours):
            ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
            with closing(theirs):
                self._send(control, request, document, theirs)
            return await self._receive(ours)

    def _send(self, control: socket.socket, request: Request, document: int, channel: socket.socket) -> None:
        try:
            socket.send_fds(control, [msgspec.json.encode(request)], [document, channel.fileno()])
        except OSError as error:
            self._bury()
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "the reading process is gone") from error

    async def _receive(self, channel: socket.socket) -> bytearray:
        """Collect the answer; it ends with its announced length, or when the child is gone."""
        loop = asyncio.get_running_loop()
        framed = bytearray()
        try:
            async with asyncio.timeout(self._seconds + _GRACE_SECONDS):
                while piece := await loop.sock_recv(channel, _PIECE):
                    framed += piece
                    if len(framed) >= LENGTH.size and len(framed) >= LENGTH.size + LENGTH.unpack_from(framed)[0]:
                        break
                    if len(framed) > LENGTH.size + answer.MAXIMUM:
                        break
        except TimeoutError:
            self._bury()  # the zygote itself should have ended the child long ago
            return bytearray()
        except ConnectionError:
            return bytearray()
        return framed

    async def _ensure(self) -> socket.socket:
        if self._zygote is not None and self._control is not None and self._zygote.poll() is None:
            return self._control
        self._bury()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with closing(theirs):
                self._zygote = _spawn(theirs.fileno())
            ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
            async with asyncio.timeout(_START_SECONDS):
                greeting = await asyncio.get_running_loop().sock_recv(ours, len(answer.READY))
        except BaseException as error:
            ours.close()
            self._bury()
            if isinstance(error, (OSError, TimeoutError)):
                raise Problem(ProblemType.INTERNAL, "the reading process does not start") from error
            raise
        if greeting != answer.READY:
            ours.close()
            self._bury()
            raise Problem(ProblemType.INTERNAL, "the reading process does not start")
        self._control = ours
        return ours

    def _bury(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote.wait()
            self._zygote = None


def _spawn(descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-s", "-P", "-B", "-m", "archive.reading.zygote", str(descriptor), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # a traceback could hold text
        pass_fds=(descriptor,),
        env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )


def read_file(path: pathlib.Path, media_type: str = "", seconds: float = SECONDS) -> Reading:
    """Read one file of one's own, for the client; not to be called inside an event loop.

    `media_type` defaults to the one that goes with the name. Off Linux the file is read in a killable process of its own,
    without the sandbox, and the reading says so. Raises the Problems of `Sandbox.read`, and INPUT_UNREADABLE.
    """
    media_type = media_type or formats.media_type_of(path.name)
    try:
        size = path.stat().st_size
        if size > MAXIMUM_PART:
            raise Problem(ProblemType.PART_TOO_LARGE)
        if sys.platform != "linux":
            return unconfined.read_file(path, media_type, seconds)
        with path.open("rb") as file:
            document = document_of(iter(lambda: file.read(_PIECE), b""))
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error
    try:
        return asyncio.run(_read_once(path.name, media_type, document, seconds))
    finally:
        os.close(document)


async def _read_once(name: str, media_type: str, document: int, seconds: float) -> Reading:
    sandbox = Sandbox(seconds)
    try:
        return await sandbox.read(name, media_type, document, os.fstat(document).st_size)
    finally:
        await sandbox.stop()
