"""Reading a stranger's file without touching it: the parent's side of the zygote, and the convenience for the client.

The document is a sealed memfd that the child maps; neither its bytes nor a page of it enter this process, only the answer.
"""

import asyncio
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec
from msgspec import structs

from archive.reading import answer, formats, unconfined
from archive.reading.answer import Request
from archive.reading.confinement import Confinement
from archive.reading.made import PREVIEWS, WORKBOOKS
from archive.reading.preview.shapes import Preview
from archive.reading.reading import Reading
from archive.reading.workbook.shapes import Workbook
from schemas.problems import Problem, ProblemType

if sys.platform == "linux":  # the client imports this module everywhere
    import fcntl

SECONDS: Final = 20.0
"""Wall-clock limit for one document."""

MAXIMUM_PART: Final = 200 << 20
_START_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 5.0
_PIECE: Final = 1 << 18
_ZYGOTE = "archive.reading.zygote"
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
    """Reads documents in children of a zygote, and shows their pages; further callers wait.

    Belongs to one event loop. A zygote that dies or hangs is replaced at the next document; those in hand are to be sent
    again, for it was not they that ended it.
    """

    def __init__(self, seconds: float = SECONDS, *, children: int = answer.CHILDREN) -> None:
        """Read `children` documents at once, each in `seconds` of wall-clock time at most."""
        self._seconds = seconds
        self.children = children
        self.inside = 0
        """Documents that are being read, `children` of them at most, or wait for it."""
        self.confinement = Confinement()
        """What the zygote found when it was started last; nothing before."""
        self._reading = asyncio.Semaphore(children)
        self._showing = asyncio.Semaphore(answer.SHOWING)
        self._previews = asyncio.Semaphore(answer.PREVIEWS)
        self._starting = asyncio.Lock()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def start(self) -> None:
        """Start the zygote and wait until it is warm. Raises Problem INTERNAL when it does not come up."""
        async with self._starting:
            await self._ensure()

    async def stop(self) -> None:
        """Kill the zygote, and with it every child; documents in hand end in READER_RESTARTING."""
        async with self._starting:
            self._bury()

    async def read(self, name: str, media_type: str, document: int, size: int) -> Reading:
        """Read the sealed memfd `document` of `size` bytes; its name and media type must fit its content.

        Raises Problem PART_TOO_LARGE; whatever `answer.REFUSALS` names; READER_KILLED when the child died (the kernel ended
        it: memory, a crash), READER_TIMEOUT when its time was over: these refuse the document for good. READER_RESTARTING
        says nothing about the document: the zygote is gone, and the next caller starts another. Cancelling kills the child.
        The descriptor stays the caller's.
        """
        _require_document(document, size)
        self.inside += 1
        try:
            async with self._reading:
                framed = await self._ask(Request(name, media_type, size, self._seconds), document)
        finally:
            self.inside -= 1
        return answer.open_answer(framed)

    async def preview(self, name: str, media_type: str, opened: Callable[[], Awaitable[int]], first: int) -> Preview:
        """Draw a document for people, from its sheet number `first` on, within `SECONDS` of wall-clock time.

        `opened` gives its sealed memfd, which is closed here; it is asked for once there is a place: at most `answer.PREVIEWS`
        are at work, further callers wait, none takes a place from `read`. Raises what `read` raises. Cancelling kills the child.
        """
        framed = await self._beside(Request(name, media_type, 0, SECONDS, preview=first), opened, PREVIEWS.maximum)
        return await asyncio.to_thread(PREVIEWS.opened, framed)  # megabytes: not in the way of receipts

    async def workbook(self, name: str, media_type: str, opened: Callable[[], Awaitable[int]]) -> Workbook:
        """Tell the cells of a workbook, in the places and on the terms of `preview`; FORMAT_NOT_INSPECTABLE for what is none."""
        framed = await self._beside(Request(name, media_type, 0, SECONDS, cells=True), opened, WORKBOOKS.maximum)
        return await asyncio.to_thread(WORKBOOKS.opened, framed)

    async def _beside(self, request: Request, opened: Callable[[], Awaitable[int]], most: int) -> bytearray:
        async with self._previews:
            document = await opened()
            try:
                size = os.fstat(document).st_size
                _require_document(document, size)
                if not size:
                    raise Problem(ProblemType.DOCUMENT_EMPTY)
                return await self._ask(structs.replace(request, size=size), document, most)
            finally:
                os.close(document)

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
        """Let a child draw these pages (path and number) of the sealed memfd `document` as frames into `channel`.

        `channel` is closed here, whatever happens, once the child holds it; it is a blocking socket, so the child waits while
        the other side looks, and `seconds` of wall-clock time count that too. Returns when the child has ended, also because
        the other side closed. At most `answer.SHOWING` are at work, further callers wait; none takes a place from `read`.
        Raises Problem like `read`, and TOO_MANY_PAGES where the request alone is too long. Cancelling kills the child.
        """
        with channel:
            _require_document(document, size)
            async with self._showing:
                fate = await self._begin(Request(name, media_type, size, seconds, pages), document, channel)
                channel.close()  # at once, or the other side would wait for more when the child has ended
                with fate:
                    answer.raise_fate(await self._fate(fate, seconds))

    async def _ask(self, request: Request, document: int, most: int = answer.MAXIMUM) -> bytearray:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with ours:
            with theirs:
                fate = await self._begin(request, document, theirs)
            with fate:
                ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
                framed = await self._receive(ours, request.seconds, most)
                if not answer.is_whole(framed, most):
                    answer.raise_fate(await self._fate(fate, _GRACE_SECONDS))
            return framed

    async def _begin(self, request: Request, document: int, channel: socket.socket) -> socket.socket:
        """Hand a document and where its answer goes to the zygote; returns the line on which its end will be told."""
        message = msgspec.json.encode(request)
        if len(message) > answer.LONGEST_REQUEST:
            raise Problem(ProblemType.TOO_MANY_PAGES)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        try:
            with theirs:
                await self._hand_over(message, [document, channel.fileno(), theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return ours

    async def _hand_over(self, message: bytes, descriptors: list[int]) -> None:
        """Send a request to the zygote, and to a new one where it turns out to be gone."""
        for _ in range(2):
            async with self._starting:
                control = await self._ensure()
                try:
                    socket.send_fds(control, [message], descriptors)
                except OSError:
                    self._bury()
                else:
                    return
        raise Problem(ProblemType.READER_RESTARTING)

    async def _fate(self, line: socket.socket, seconds: float) -> bytes:
        """Return the byte that tells how a child ended, or none where nobody is left to tell."""
        try:
            async with asyncio.timeout(seconds + _GRACE_SECONDS):
                return await asyncio.get_running_loop().sock_recv(line, 1)
        except TimeoutError:
            self._bury()  # the zygote itself should have ended the child long ago
            return b""
        except ConnectionError:
            return b""

    async def _receive(self, channel: socket.socket, seconds: float, most: int) -> bytearray:
        """Collect the answer; it ends with its announced length, or when the child is gone."""
        loop = asyncio.get_running_loop()
        framed = bytearray()
        try:
            async with asyncio.timeout(seconds + _GRACE_SECONDS):
                while not answer.is_whole(framed, most) and (piece := await loop.sock_recv(channel, _PIECE)):
                    framed += piece
        except TimeoutError:
            self._bury()  # as above
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
            with theirs:
                self._zygote = _spawn(theirs.fileno(), self.children + answer.SHOWING + answer.PREVIEWS)
            ours.setblocking(False)  # noqa: FBT003 - as above
            async with asyncio.timeout(_START_SECONDS):
                greeting = await asyncio.get_running_loop().sock_recv(ours, answer.LONGEST_GREETING)
            self.confinement = msgspec.json.decode(greeting, type=Confinement)
        except BaseException as error:
            ours.close()
            self._bury()
            if isinstance(error, (OSError, TimeoutError, msgspec.DecodeError)):
                raise Problem(ProblemType.INTERNAL, "the reading process does not start") from error
            raise
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


def _require_document(document: int, size: int) -> None:
    if size > MAXIMUM_PART:
        raise Problem(ProblemType.PART_TOO_LARGE)
    if fcntl.fcntl(document, fcntl.F_GET_SEALS) & _SEALS != _SEALS or os.fstat(document).st_size != size:
        raise ValueError("not a sealed memfd of this size")  # a caller's mistake, not a sender's


def _spawn(descriptor: int, children: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-s", "-P", "-B", "-m", _ZYGOTE, str(descriptor), str(os.getpid()), str(children)],
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
