"""What the kernel is told before a stranger's file is opened (Linux): limits, no privileges, no traces.

Once set, none of it can be taken back by the process, so a reader that has been taken over keeps it too.
"""

import ctypes
import os
import resource
import signal
import sys
from typing import Final

MEMORY: Final = 1 << 30
"""Address space in bytes, the mapped document included."""

PROCESSOR_SECONDS: Final = 15
OPEN_FILES: Final = 32

_SET_PARENT_DEATH_SIGNAL: Final = 1
_SET_DUMPABLE: Final = 4
_SET_NO_NEW_PRIVILEGES: Final = 38

# looked up before any limit stands, for a library cannot be loaded later
_library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _control(option: int, value: int) -> None:
    if _library is None or _library.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def die_with(parent: int) -> None:
    """Be killed as soon as the parent dies; leaves at once when `parent` is no longer the parent."""
    _control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def leave_no_trace() -> None:
    """No core dump, no memory for others to read, no privileges to gain."""
    _control(_SET_DUMPABLE, 0)
    _control(_SET_NO_NEW_PRIVILEGES, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit(processor_seconds: int = PROCESSOR_SECONDS) -> None:
    """Bound memory, processor time and open files; no file can be written and no process started.

    Root is exempt from RLIMIT_NPROC, so the last holds only where the service runs as a user, as it should.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
