"""A disk that fails once, at a chosen call: the call *failed*, or it *failed but persisted* (done, but answered with an error)."""

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

INDEX = "index"
"""The threads of the search index: it follows by itself, and what it writes is counted in no other's place."""

CALLS = ("open", "write", "pwrite", "pread", "fsync", "mkdir", "rename", "close")


class FaultyDisk:
    """While armed, counts the calls of `os` that touch the disk, and makes one of them fail; `done` names all that were made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self._armed = False
        self._at = -1
        self._persisted = False
        self._errno = errno.EIO
        for name in CALLS:
            monkeypatch.setattr(os, name, self._watched(name, getattr(os, name)))

    @contextlib.contextmanager
    def armed(self, at: int = -1, *, persisted: bool = False, error: int = errno.EIO) -> Iterator[None]:
        """Fail the call number `at` (from 0) inside the block; -1 fails none."""
        self.done, self._at, self._persisted, self._errno, self._armed = [], at, persisted, error, True
        try:
            yield
        finally:
            self._armed = False

    def _watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **keywords: Any) -> Any:
            if not self._armed or threading.current_thread().name == INDEX:
                return call(*arguments, **keywords)
            self.done.append(name)
            if len(self.done) - 1 != self._at:
                return call(*arguments, **keywords)
            # Linux closes a descriptor even when it answers with an error
            if self._persisted or name == "close":
                result = call(*arguments, **keywords)
                if name == "open":
                    os.close(result)
            raise OSError(self._errno, os.strerror(self._errno))

        return watched
