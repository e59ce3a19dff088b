"""A progress bar on the terminal while something large is on its way, and nothing at all without a terminal."""

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


class Silent:
    """Says nothing."""

    def begin(self, size: int) -> None:
        """Say nothing."""

    def sent(self, size: int) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""


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

    def begin(self, size: int) -> None:
        self._under_way += 1
        self._total += size
        if self._shown is None and size >= WORTH_A_BAR:
            self._start()
        if self._shown is not None:
            self._shown.update(self._task, total=self._total)

    def sent(self, size: int) -> None:
        if self._shown is not None:
            self._shown.update(self._task, advance=size)

    def end(self) -> None:
        self._under_way -= 1
        if self._under_way == 0:
            self.stop()

    def stop(self) -> None:
        if self._shown is not None:
            self._shown.stop()
        self._shown, self._total = None, 0

    def _start(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn  # noqa: PLC0415 - the same
        from rich.progress import Progress as RichProgress  # noqa: PLC0415 - the same

        columns = (TextColumn("上传 upload"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        # not through rich: it would break an id at the edge of the screen
        self._shown = RichProgress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
        self._task = self._shown.add_task("", total=self._total)
        self._shown.start()
