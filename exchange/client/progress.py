"""A progress bar on the terminal while something large is on its way or being looked at, and nothing without a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

WORTH_A_BAR: Final = 1_000_000
"""Bytes; less is gone before anyone could read the bar."""


class Progress(Protocol):
    """Is told what is on its way, in bytes; several may be on their way at once."""

    def begin(self, size: int) -> None:
        """Begin with something of this size."""

    def sent(self, size: int) -> None:
        """Note that so many bytes are gone."""

    def end(self) -> None:
        """Note that something has arrived, or will not."""

    def looked(self, item: str, done: int, pages: int, place: int) -> None:
        """Note how far the county is with the scans of an item: pages, and its place in the queue (0: it is being looked at)."""

    def seen(self, item: str) -> None:
        """Note that the county has an answer for the item, or nobody waits for it."""

    def reads(self, name: str, done: int, pages: int) -> None:
        """Note how far this computer is with a file: pages of scans that it looked at; of none while it is only being read."""

    def has_read(self, name: str) -> None:
        """Note that this computer is done with a file."""


class Silent:
    """Says nothing."""

    def begin(self, size: int) -> None:
        """Say nothing."""

    def sent(self, size: int) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""

    def looked(self, item: str, done: int, pages: int, place: int) -> None:
        """Say nothing."""

    def seen(self, item: str) -> None:
        """Say nothing."""

    def reads(self, name: str, done: int, pages: int) -> None:
        """Say nothing."""

    def has_read(self, name: str) -> None:
        """Say nothing."""


def wording_here(name: str, done: int, pages: int) -> str:
    """Return what is said of this computer's own reading of a file."""
    return f"本机正在识别 {name} {done}/{pages} 页 looking at it here" if pages else f"本机正在检查 {name} reading it here"


def wording(done: int, pages: int, place: int) -> str:
    """Return what is said of the county's looking at scans."""
    if place:
        return f"排队等候识别（第 {place} 位），共 {pages} 页 waiting, no. {place} in the queue"
    return f"正在识别扫描件 {done}/{pages} 页 looking at the scans"


@contextmanager
def progress(*, wanted: bool) -> Iterator[Progress]:
    """Show a bar on stderr while sending, when that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield Silent()
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.stop()


class _Bar:
    """Is on the screen only while something is on its way, so that results stand on lines of their own."""

    def __init__(self) -> None:
        self._shown: Any = None
        self._task, self._total, self._under_way = 0, 0, 0
        self._looking: Any = None
        self._looked: dict[str, int] = {}

    def begin(self, size: int) -> None:
        self._under_way += 1
        self._total += size
        if self._shown is None and self._looking is None and size >= WORTH_A_BAR:
            self._start()
        if self._shown is not None:
            self._shown.update(self._task, total=self._total)

    def sent(self, size: int) -> None:
        if self._shown is not None:
            self._shown.update(self._task, advance=size)

    def end(self) -> None:
        self._under_way -= 1
        if self._under_way == 0:
            self._arrived()

    def looked(self, item: str, done: int, pages: int, place: int) -> None:
        self._look(item, wording(done, pages, place), done, pages)

    def reads(self, name: str, done: int, pages: int) -> None:
        item = f"here/{name}"
        if pages or item not in self._looked:  # that it is being read is old news once pages are counted
            self._look(item, wording_here(name, done, pages), done, pages)

    def has_read(self, name: str) -> None:
        self.seen(f"here/{name}")

    def _look(self, item: str, words: str, done: int, pages: int) -> None:
        if self._shown is not None:
            return  # one bar at a time
        if self._looking is None:
            self._looking = _bar("{task.description}")
        if item not in self._looked:
            self._looked[item] = self._looking.add_task("")
        from rich.markup import escape  # noqa: PLC0415 - only a terminal needs it

        # no total is a bar that only moves; a file's name is no markup
        self._looking.update(self._looked[item], description=escape(words), completed=done, total=pages or None)

    def seen(self, item: str) -> None:
        if item in self._looked:
            self._looking.remove_task(self._looked.pop(item))
        if not self._looked and self._looking is not None:
            self._looking.stop()
            self._looking = None

    def stop(self) -> None:
        self._arrived()
        for item in tuple(self._looked):
            self.seen(item)

    def _arrived(self) -> None:
        if self._shown is not None:
            self._shown.stop()
        self._shown, self._total = None, 0

    def _start(self) -> None:
        from rich.progress import DownloadColumn, TransferSpeedColumn  # noqa: PLC0415 - only a terminal needs it

        self._shown = _bar("上传 upload", DownloadColumn(), TransferSpeedColumn())
        self._task = self._shown.add_task("", total=self._total)


def _bar(text: str, *more: Any) -> Any:
    """Start a bar: not through the results on the screen, whose ids it would break at the edge."""
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415 - the same
    from rich.progress import Progress as RichProgress  # noqa: PLC0415 - the same

    columns = (TextColumn(text), BarColumn(), *more)
    bar = RichProgress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    bar.start()
    return bar
