"""What the kernel is told before a stranger's file is opened (Linux): limits, no way out, no privileges, no traces.

Once set, none of it can be taken back by the process, so a reader that has been taken over keeps it too. Each protection
stands for itself: where the kernel lacks one the others hold, and `Confinement` says which is missing.
"""

import math
import os
import resource
import signal
from pathlib import Path
from typing import Final, NamedTuple

from archive.reading import kernel, landlock, namespace, seccomp
from archive.reading.confinement import Confinement

MEMORY: Final = 1 << 30
"""Address space of a reading process in bytes, the mapped document included."""

PROCESSOR_SECONDS: Final = 15
PROCESSOR_SECONDS_A_PAGE: Final = 5
"""Besides those, for each page that is drawn: one takes less than one."""
OPEN_FILES: Final = 32
NICENESS: Final = 10

_SET_PARENT_DEATH_SIGNAL: Final = 1
_SET_DUMPABLE: Final = 4
_SET_NO_NEW_PRIVILEGES: Final = 38
_FIRST_VICTIM: Final = "1000"
_FILTERED: Final = 64


class Lock(NamedTuple):
    """What a process has been locked with: the version of Landlock (0 for none), and whether its system calls are filtered."""

    landlock: int
    seccomp: bool


def die_with(parent: int) -> None:
    """Be killed as soon as the parent dies; leaves at once when `parent` is no longer the parent."""
    kernel.control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def leave_no_trace() -> None:
    """No core dump, no memory for others to read, no privileges to gain."""
    kernel.control(_SET_DUMPABLE, 0)
    kernel.control(_SET_NO_NEW_PRIVILEGES, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def be_the_first_victim() -> None:
    """Ask the kernel to take this process and its children first where memory runs out, and not the service."""
    Path("/proc/self/oom_score_adj").write_text(_FIRST_VICTIM)


def withdraw(parent: int) -> Confinement:
    """Give up network, files, privileges and traces for this process and all that it will fork, and find out what they can be locked with.

    For a process without threads that has read what it needs: it may be another user afterwards. Raises OSError.
    """
    network = namespace.leave_network(keep_capabilities=True)
    empty_root = namespace.leave_files()
    unprivileged = namespace.give_up_privileges()
    leave_no_trace()
    die_with(parent)  # what came before has cleared it
    tried = _tried()
    return Confinement(tried.landlock, network, tried.seccomp, unprivileged, empty_root)


def limit(memory: int = MEMORY, open_files: int = OPEN_FILES) -> None:
    """Bound address space and open files; no file can be written and no process started.

    Root is exempt from RLIMIT_NPROC; `namespace.give_up_privileges` is why no reader is root.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))


def limit_time(seconds: float) -> None:
    """Bound the processor time that the process may use in all."""
    whole = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))


def lock(*, threads: bool = False) -> Lock:
    """Keep to what is open already: no other file, no program, no connection, no process, no signal to others.

    With `threads` the process may start threads; Landlock holds for the calling thread and those that it starts, the filter
    for all. Needs `leave_no_trace`. Raises OSError.
    """
    return Lock(landlock.lock(), seccomp.narrow(threads=threads))


def for_reading(expected: Confinement) -> None:
    """Limit and lock a process that will read one stranger's file. Raises OSError where less than `expected` comes about."""
    limit()
    if lock() != (expected.landlock, expected.seccomp):
        message = "less confined than the process that was tried"
        raise OSError(message)


def for_eyes(memory: int, open_files: int = 2 * OPEN_FILES, *, parent: int = 0) -> Confinement:
    """Limit and lock a process that looks at pixels, once its models are loaded; returns what holds.

    `memory` bounds the address space in bytes, libraries and models included; with `parent` it dies with that process, which
    what is given up here would undo. Threads may be started, processes not. Landlock counts as missing where threads run
    already, for they are not held by it; the filter holds them. The network namespace is the caller's to leave before it has
    threads (`namespace.leave_network`); it is tried here where there are none.
    """
    alone = len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - a count
    network = alone and namespace.leave_network()
    empty_root = namespace.leave_files()
    unprivileged = namespace.give_up_privileges()
    leave_no_trace()
    if parent:
        die_with(parent)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    held = lock(threads=True)
    if not held.seccomp:  # threads count as processes, so this holds both back
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return Confinement(held.landlock if alone else 0, network, held.seccomp, unprivileged, empty_root)


def _tried() -> Lock:
    """Return what a child could lock itself with. Raises OSError when it could not even be limited."""
    process = os.fork()
    if process == 0:
        code = 255
        try:
            limit()
            held = lock()
            code = held.landlock | _FILTERED * held.seccomp
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if not 0 <= code < 2 * _FILTERED:
        message = "a process cannot be confined"
        raise OSError(message)
    return Lock(code % _FILTERED, code >= _FILTERED)
