"""A zygote whose children try to break out instead of reading, and answer with what the kernel said.

`python -m confinement_probe LIFTED FD PARENT CHILDREN`: the real zygote's machinery, from which the protections named in LIFTED
(joined by commas) are taken away beforehand. The document is one JSON object: `attempts` are names of `ATTEMPTS`, the rest says
what they aim at.
"""

# ruff: noqa: PTH108, PTH116, PTH208, S606 - the shortest way to the kernel

import ctypes
import errno
import json
import mmap
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from archive.reading import confine, kernel, landlock, namespace, seccomp, zygote
from archive.reading.answer import LENGTH, Answer, Request
from archive.reading.reading import Line, Page, Reading

PROTECTIONS = {
    "limits": (confine, "limit", None),
    "landlock": (landlock, "lock", 0),
    "seccomp": (seccomp, "narrow", False),
    "network": (namespace, "leave_network", False),
    "files": (namespace, "leave_files", False),
    "privileges": (namespace, "give_up_privileges", False),
}

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_PTRACE_SEIZE = 0x4206
_NEW_USER = 0x10000000


def _checked(answer: int) -> None:
    if answer < 0:
        raise OSError(ctypes.get_errno(), "")


def _open(path: str, mode: str = "rb") -> None:
    with open(path, mode):  # noqa: PTH123 - the shortest way to the kernel
        pass


def _memory_file() -> None:
    os.write(os.memfd_create("probe"), b"x")


def _ask_as_of_an_open_one(path: str) -> None:
    """Ask as the C library's `fstat` does, which names no file, but with a name: no filter can tell one from the other."""
    number = {"x86_64": 262, "aarch64": 79}[os.uname().machine]
    here, told, of_the_descriptor = ctypes.c_long(-100), ctypes.create_string_buffer(256), ctypes.c_long(0x1000)
    _checked(_LIBRARY.syscall(ctypes.c_long(number), here, path.encode(), told, of_the_descriptor))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _thread() -> None:
    try:
        threading.Thread(target=int).start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, "") from error


def _connect(family: int, kind: int, address: Any) -> None:
    with socket.socket(family, kind) as own:
        own.settimeout(1)
        own.connect(address)
        own.send(b"x")


def _many_descriptors() -> None:
    for _ in range(2 * confine.OPEN_FILES):
        os.dup(0)


def _memory() -> None:
    mmap.mmap(-1, confine.MEMORY).close()


ATTEMPTS: dict[str, Callable[[dict[str, Any]], None]] = {
    "read a file": lambda aim: _open(aim["file"]),
    "read its own program": lambda _: _open(confine.__file__),
    "read its own descriptors": lambda _: os.listdir("/proc/self/fd") and None,
    "list a folder": lambda _: os.listdir("/") and None,
    "ask for a file's size": lambda aim: os.stat(aim["file"]) and None,
    "ask for a file's size as of an open one": lambda aim: _ask_as_of_an_open_one(aim["file"]),
    "write a file": lambda aim: _open(f"{aim['folder']}/new", "wb"),
    "write shared memory": lambda aim: _open(f"/dev/shm/{aim['abstract']}", "wb"),  # noqa: S108 - the very place
    "change a file": lambda aim: os.truncate(f"{aim['folder']}/old", 0),
    "delete a file": lambda aim: os.unlink(f"{aim['folder']}/old"),
    "fill a memory file": lambda _: _memory_file(),
    "get System V memory": lambda _: _checked(_LIBRARY.shmget(0, 4096, 0o1600)),
    "start a program": lambda _: os.execv("/bin/true", ["true"]),
    "start a process": lambda _: _fork(),
    "start a thread": lambda _: _thread(),
    "reach a TCP port": lambda aim: _connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", aim["port"])),
    "send a datagram": lambda aim: _connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", aim["port"])),
    "reach an abstract socket": lambda aim: _connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + aim["abstract"]),
    "reach a socket in a folder": lambda aim: _connect(socket.AF_UNIX, socket.SOCK_STREAM, f"{aim['folder']}/socket"),
    "signal the zygote": lambda _: os.kill(os.getppid(), 0),
    "signal the service": lambda aim: os.kill(aim["service"], 0),
    "trace the zygote": lambda _: _checked(_LIBRARY.ptrace(_PTRACE_SEIZE, os.getppid(), None, None)),
    "limit the zygote": lambda _: resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0)) and None,
    "be in another namespace": lambda _: kernel.unshare(_NEW_USER),
    "become root": lambda _: os.setuid(0),
    "make memory executable": lambda _: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC).close(),
    "be dumped": lambda _: kernel.control(4, 1) and None,
    "take 1 GiB": lambda _: _memory(),
    "open many files": lambda _: _many_descriptors(),
}


def _outcome(name: str, aim: dict[str, Any]) -> str:
    try:
        ATTEMPTS[name](aim)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "refused")
    return "done"


def make(request: Request, document: int) -> bytes:
    """Stand in for `read_document.make`: a reading whose lines are `attempt: outcome`."""
    aim = json.loads(os.pread(document, request.size, 0))
    lines = tuple(Line(f"{name}: {_outcome(name, aim)}", 0, 0, 0, 0) for name in aim["attempts"])
    encoded = msgspec.json.encode(Answer(Reading(format="text", pages=(Page(1, lines),))))
    return LENGTH.pack(len(encoded)) + encoded


def main(arguments: list[str]) -> int:
    """Run the zygote with less than it should have."""
    for name in filter(None, arguments[0].split(",")):
        module, function, answer = PROTECTIONS[name]
        setattr(module, function, lambda *_, _answer=answer, **__: _answer)
    zygote.read_document.make = make
    zygote.warm_up.read_one_of_each = lambda: None
    return zygote.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
