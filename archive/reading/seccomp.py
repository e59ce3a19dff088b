"""The system calls that a process which only computes still needs; all others fail with EPERM, new ones of later kernels too.

A list of what is allowed, not of what is forbidden, written as a classic BPF program (documentation: kernel.org,
userspace-api/seccomp_filter). It holds on kernels that know no Landlock too: no file is opened there, nothing is connected,
started or signalled.
"""

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from archive.reading import kernel

_ARCHITECTURES: Final = {"x86_64": (0xC000003E, 317), "aarch64": (0xC00000B7, 277)}
"""As the kernel names them (AUDIT_ARCH), and their number of the call `seccomp`."""

_CALLS: Final = """
read 0 63             write 1 64            readv 19 65           writev 20 66          pread64 17 67
close 3 57            fstat 5 80            lseek 8 62            dup 32 23             dup3 292 24
poll 7 -              ppoll 271 73          select 23 -           pselect6 270 72       epoll_create1 291 20
epoll_ctl 233 21      epoll_wait 232 -      epoll_pwait 281 22    close_range 436 436   dup2 33 -
mmap 9 222            mprotect 10 226       munmap 11 215         mremap 25 216         brk 12 214
madvise 28 233        mincore 27 232        futex 202 98          futex_waitv 449 449   membarrier 324 283
rt_sigaction 13 134   rt_sigprocmask 14 135 rt_sigreturn 15 139   sigaltstack 131 132   restart_syscall 219 128
sendto 44 206         recvfrom 45 207       sendmsg 46 211        recvmsg 47 212        shutdown 48 210
getsockname 51 204    getpeername 52 205    setsockopt 54 208     getsockopt 55 209     getrandom 318 278
getpid 39 172         getppid 110 173       gettid 186 178        getuid 102 174        geteuid 107 175
getgid 104 176        getegid 108 177       uname 63 160          sysinfo 99 179        getrusage 98 165
getrlimit 97 163      setrlimit 160 164     times 100 153         getcpu 309 168        sched_yield 24 124
sched_getaffinity 204 123                   clock_gettime 228 113 clock_getres 229 114  gettimeofday 96 169
time 201 -            nanosleep 35 101      clock_nanosleep 230 115                     exit 60 93
exit_group 231 94     set_robust_list 273 99                      rseq 334 293          set_tid_address 218 96
arch_prctl 158 -      pause 34 -
fcntl 72 25           ioctl 16 29           prctl 157 167         prlimit64 302 261     newfstatat 262 79
clone 56 220          clone3 435 435
"""
"""Name, number on x86_64, number on aarch64."""


class _Only(NamedTuple):
    """A call that is allowed where an argument is one of `values`, or has (`has`) or lacks (`lacks`) certain bits."""

    argument: int
    values: tuple[int, ...] = ()
    has: int = 0
    lacks: int = 0


_CLONE_THREAD: Final = 0x10000
_EXECUTABLE: Final = 4
_OF_THE_DESCRIPTOR_ITSELF: Final = 0x1000
_CONDITIONS: Final = {
    # descriptors are copied, and blocking or not; none sends a signal to another process (F_SETOWN)
    "fcntl": _Only(1, values=(0, 1, 2, 3, 4, 1030, 1034)),
    "ioctl": _Only(1, values=(0x5421,)),  # FIONBIO
    "prctl": _Only(0, values=(15, 16)),  # the name of a thread
    "prlimit64": _Only(0, values=(0,)),  # its own limits, which can only shrink
    "newfstatat": _Only(3, has=_OF_THE_DESCRIPTOR_ITSELF),  # as the C library does `fstat`
    # no memory becomes code
    "mmap": _Only(2, lacks=_EXECUTABLE),
    "mprotect": _Only(2, lacks=_EXECUTABLE),
    "clone": _Only(0, has=_CLONE_THREAD),
}

_LOAD, _EQUAL, _AT_LEAST, _GREATER, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_DENY: Final = 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_SET_FILTER: Final = 1
_ALL_THREADS: Final = 1


def _calls(machine: str) -> dict[str, int]:
    words = _CALLS.split()
    column = 1 + list(_ARCHITECTURES).index(machine)
    rows = [words[place : place + 3] for place in range(0, len(words), 3)]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _only(number: int, condition: _Only) -> list[bytes]:
    """Return the steps that end the matter for one call, and are passed over for others; little-endian: the low word counts."""
    tests: list[bytes] = []
    if condition.has:
        tests = [_step(_HAS, condition.has, 0, 1), _step(_RETURN, _ALLOW)]
    elif condition.lacks:
        tests = [_step(_HAS, condition.lacks, 1, 0), _step(_RETURN, _ALLOW)]
    for value in condition.values:
        tests += [_step(_EQUAL, value, 0, 1), _step(_RETURN, _ALLOW)]
    steps = [_step(_LOAD, _ARGUMENTS + 8 * condition.argument), *tests, _step(_RETURN, _DENY | errno.EPERM)]
    return [_step(_EQUAL, number, 0, len(steps)), *steps]


def _ranges(numbers: list[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in [*numbers[1:], -1]:
        if number != last + 1:
            yield first, last
            first = number
        last = number


def _search(ranges: list[tuple[int, int]]) -> list[bytes]:
    """Return the steps of a binary search: allowed within one of the ranges, else denied."""
    if len(ranges) == 1:
        (low, high), denied = ranges[0], _step(_RETURN, _DENY | errno.EPERM)
        return [_step(_AT_LEAST, low, 0, 2), _step(_GREATER, high, 1, 0), _step(_RETURN, _ALLOW), denied]
    half = len(ranges) // 2
    below, above = _search(ranges[:half]), _search(ranges[half:])
    return [_step(_AT_LEAST, ranges[half][0], len(below), 0), *below, *above]


def program(machine: str, *, threads: bool) -> bytes:
    """Return the filter for a machine, x86_64 or aarch64; with `threads` the process may start threads, else nothing at all."""
    calls = _calls(machine)
    steps = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, _ARCHITECTURES[machine][0], 1, 0), _step(_RETURN, _KILL), _step(_LOAD, _NUMBER)]
    # the C library falls back on `clone`, whose flags can be looked at
    steps += [_step(_EQUAL, calls.pop("clone3"), 0, 1), _step(_RETURN, _DENY | errno.ENOSYS)]
    for name, condition in _CONDITIONS.items():
        number = calls.pop(name)
        if threads or name != "clone":
            steps += _only(number, condition)
    return b"".join([*steps, *_search(list(_ranges(sorted(calls.values()))))])


_MACHINE: Final = platform.machine() if sys.platform == "linux" and sys.byteorder == "little" else ""
_PROGRAMS: Final = {threads: program(_MACHINE, threads=threads) for threads in (False, True)} if _MACHINE in _ARCHITECTURES else {}


def narrow(*, threads: bool = False) -> bool:
    """Keep to the calls of the list from now on, in all threads of this process; returns False where there is no filter for it.

    Needs `no_new_privs`. Sealed memory, sockets and whatever else is open already stays in use.
    """
    if threads not in _PROGRAMS:
        return False
    steps = ctypes.create_string_buffer(_PROGRAMS[threads], len(_PROGRAMS[threads]))
    described = struct.pack("HxxxxxxP", len(steps) // 8, ctypes.addressof(steps))
    try:
        kernel.call(_ARCHITECTURES[_MACHINE][1], _SET_FILTER, _ALL_THREADS if threads else 0, described)
    except OSError:
        return False
    return True
