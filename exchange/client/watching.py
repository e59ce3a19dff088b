"""`watch DIR`: a folder becomes an outbox.

What is dropped there is inspected, packed, sent, and moved to `done` with its receipt, or to `refused` with a reason that a
person can read. Nothing is copied anywhere but into the signed container in the outbox, and that only after this computer's own check has
passed. A thing leaves the folder only when its end is certain; a kill at any instant leaves it where it is, and the next run
finds by its content that it was sent already. Every end is written down before the thing is moved.
"""

import asyncio
import errno
import functools
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from exchange.client import drops, speech
from exchange.client.asking import placed
from exchange.client.inspection import Inspector
from exchange.client.sending import Result, Sender, refused
from exchange.terminal import said as told
from exchange.terminal import spoken
from schemas import instants
from schemas.messages import canonical
from schemas.problems import Exit, Problem, ProblemType

LOCK: Final = ".yizhan-watch"
SETTLE: Final = 3.0
"""Seconds for which a dropped thing must not change before it is taken for whole."""
PAUSE: Final = 1.0
_STAYS: Final = (Exit.NETWORK, Exit.UNEXPECTED, Exit.NOT_ALLOWED)
_OPEN_ELSEWHERE: Final = (ProblemType.INPUT_UNREADABLE, ProblemType.INPUT_CHANGED)


@dataclass(frozen=True)
class End:
    """What became of one dropped thing this time. `moved` is where it went; None while it stays in the folder."""

    thing: str
    status: str
    code: int
    moved: Path | None
    shown: Mapping[str, Any]
    problem: Problem | None = None


@dataclass
class Watcher:
    """Watches one folder. `given` are the fields of an order that hold for everything that is dropped."""

    folder: Path
    given: Mapping[str, Any]
    sender: Sender
    inspector: Inspector
    settle: float = SETTLE
    clock: Callable[[], float] = field(default=lambda: asyncio.get_running_loop().time())
    _seen: dict[Path, tuple[drops.Look, float]] = field(default_factory=dict, init=False)
    _waiting: dict[Path, tuple[drops.Look, float]] = field(default_factory=dict, init=False)

    async def ends(self, *, once: bool = False) -> AsyncIterator[End]:
        """Yield what becomes of what is dropped, as it becomes it; with `once`, until what lies there now has been tried."""
        for name in (drops.DONE, drops.REFUSED):
            _make(self.folder / name)
        place = self._place()
        tried: set[Path] = set()
        while True:
            if self._place() != place:
                raise Problem(ProblemType.FOLDER_UNKNOWN, f"{self.folder}: 已被替换 / it is another folder now")
            things = drops.dropped(self.folder)
            self._forget(things)
            for thing in things:
                if not (once and thing in tried) and self._whole(thing):
                    tried.add(thing)
                    yield await self._take(thing)
            if once and not set(drops.dropped(self.folder)) - tried:
                return
            await self.sender.sleep(min(PAUSE, self.settle))

    def _place(self) -> tuple[int, int]:
        """Return which folder it is, whatever its name leads to."""
        try:
            seen = self.folder.stat()
        except OSError as error:
            raise Problem(ProblemType.FOLDER_UNKNOWN, str(self.folder)) from error
        return seen.st_dev, seen.st_ino

    def _forget(self, things: list[Path]) -> None:
        for kept in (self._seen, self._waiting):
            for gone in set(kept) - set(things):
                del kept[gone]

    def _whole(self, thing: Path) -> bool:
        """Say whether a thing has not changed for a while, and is not one that just failed for want of the network."""
        now = self.clock()
        try:
            seen = drops.look(thing)
        except Problem:
            return False
        before, since = self._seen.get(thing, (None, now))
        if before != seen:
            self._seen[thing] = (seen, now)
            return self.settle == 0
        put_off, until = self._waiting.get(thing, (None, 0.0))
        return now - since >= self.settle and (put_off != seen or now >= until)

    async def _take(self, thing: Path) -> End:
        try:
            result = await self._sent(thing)
        except OSError as error:
            result = refused(Problem(ProblemType.INPUT_UNREADABLE, f"{drops.printable(thing.name)}: {error.strerror}"))
        except Problem as problem:
            if problem.kind.exit in (Exit.INTEGRITY, Exit.SIGNATURE) and problem.kind.status == 0:
                raise  # the county contradicts itself, or the key is gone: nothing more is sent
            result = refused(problem)
        if result.code == Exit.OK:
            return self._done(thing, result)
        stays = result.shown["status"] == "kept" or (result.problem is not None and _says_nothing_of_it(result.problem))
        return self._put_off(thing, result) if stays else self._refused(thing, result)

    async def _sent(self, thing: Path) -> Result:
        if thing.suffix.lower() == drops.CONTAINER and thing.is_file():
            return await self.sender.take(thing, self.inspector)
        unchanged = functools.partial(drops.require_same, thing, self._seen[thing][0])
        return await self.sender.submit(drops.order_of(thing, self.given), self.inspector, once=True, unchanged=unchanged)

    def _done(self, thing: Path, result: Result) -> End:
        target = self._moved(thing, drops.DONE, drops.RECEIPT, canonical(result.shown["receipt"]))
        self.sender.outbox.told([str(result.shown["submission"])])
        return End(drops.printable(thing.name), "accepted", Exit.OK, target, result.shown)

    def _refused(self, thing: Path, result: Result) -> End:
        problem = result.problem or Problem(ProblemType.INTERNAL)
        said = reason(drops.printable(thing.name), problem, self.sender.now()).encode("utf-8", "replace")
        target = self._moved(thing, drops.REFUSED, drops.REASON, said)
        return End(drops.printable(thing.name), str(result.shown["status"]), result.code, target, result.shown, problem)

    def _moved(self, thing: Path, name: str, ending: str, content: bytes) -> Path | None:
        """Write down the end of a thing and move it; returns where it went.

        None when it is no longer what was tried: it stays and is tried anew, for what lies in `done` must be what was sent.
        """
        seen, folder = self._seen[thing][0], self.folder / name
        _make(folder)
        try:
            drops.require_same(thing, seen)
            target, beside = drops.free_places(folder, thing.name, ending, content)
            with placed(beside) as file:
                file.write(content)
            thing.replace(target)
            try:
                drops.require_same(target, seen)
            except Problem:
                target.replace(drops.free_name(self.folder, thing.name))
                beside.unlink()
                raise
        except Problem as problem:
            if problem.kind is not ProblemType.INPUT_CHANGED:
                raise
            return None
        except OSError as error:
            if not os.path.lexists(thing):
                return None
            raise Problem(ProblemType.FOLDER_READ_ONLY, f"{folder}: {error.strerror}") from error
        return target

    def _put_off(self, thing: Path, result: Result) -> End:
        look = self._seen.get(thing, (drops.Look(()), 0.0))[0]
        self._waiting[thing] = (look, self.clock() + max(self.sender.patience, 30.0))
        return End(drops.printable(thing.name), "kept", result.code, None, result.shown, result.problem)


def _says_nothing_of_it(problem: Problem) -> bool:
    """Say whether a problem is of the way, or of a file that is just being written: the thing stays and is tried again."""
    return problem.kind.exit in _STAYS or problem.kind in _OPEN_ELSEWHERE


def reason(name: str, problem: Problem, at: datetime) -> str:
    """Return the page that lies beside a refused document: what, where, what to do. It quotes nothing of the document."""
    lines = [
        f"{name}",
        f"{at.astimezone(instants.BEIJING):%Y-%m-%d %H:%M}  未予接收，未取得回执 = 未报送成功。",
        "",
        f"原因：{told(problem)}",
        f"办法：{problem.kind.advice.zh}",
    ]
    findings = [speech.found(finding | {"text": ""}) for finding in problem.members.get("findings", [])]
    lines += ["位置：", *(f"  · {finding}" for finding in findings)] if findings else []
    _, english = spoken(problem.detail)
    lines += ["", f"Refused: {problem.kind.title.en}. {problem.kind.advice.en}", *([f"(detail: {english})"] if english else [])]
    lines += [f"({problem.kind.type})", ""]
    return "\r\n".join(lines)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder against a second watcher, who would send everything twice. Raises Problem FOLDER_IN_USE, FOLDER_READ_ONLY.

    The lock is a transaction of a small database: it ends with the process, however that ends, on every system.
    """
    try:
        connection = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        kind = ProblemType.FOLDER_IN_USE if "locked" in str(error) else ProblemType.FOLDER_READ_ONLY
        raise Problem(kind, str(folder)) from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():  # what is moved there would go elsewhere
            raise NotADirectoryError(errno.ENOTDIR, "快捷方式 / a link")
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{folder}: {error.strerror}") from error
