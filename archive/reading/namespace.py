"""A network namespace without a way out, an empty root, and no privileges: what a process gives up once, before it opens anything."""

import ctypes
import os
import struct
import tempfile
from contextlib import suppress
from typing import Final

from archive.reading import kernel

_NEW_NETWORK: Final = 0x40000000
_NEW_USER: Final = 0x10000000
_NOBODY: Final = 65534

_CAPGET: Final = {"x86_64": 125, "aarch64": 90}
_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_VERSION: Final = 0x20080522
_CHANGING_USER: Final = 0b11100000
"""CAP_KILL (or nobody could end what has become another user), CAP_SETGID, CAP_SETUID."""
_ALL: Final = (1 << 64) - 1


def leave_network(*, keep_capabilities: bool = False) -> bool:
    """Stand in a network namespace of one's own from now on, where not even the loopback is up; False where that is not granted.

    A user's process needs a user namespace for it, and with it loses its death signal (`confine.die_with`) and whatever
    rights it had over other users' files; what it may do within that namespace it gives up here, or with `keep_capabilities`
    once it has left the files as well (`give_up_privileges`). Only for a process without threads.
    """
    with suppress(OSError):
        kernel.unshare(_NEW_NETWORK)
        return True
    with suppress(OSError):
        kernel.unshare(_NEW_NETWORK | _NEW_USER)
        if not keep_capabilities:
            _drop_capabilities()
        return True
    return False


def leave_files() -> bool:
    """Stand in a root that is empty and has no name; False where that is not granted.

    Landlock and the filter keep files from being opened, not from being asked after: `fstatat` cannot be told from `fstat` by
    a filter, which sees no names. Which containers a county holds would be told by their names alone. Before privileges are given up.
    """
    with suppress(OSError):
        empty = tempfile.mkdtemp()
        above = os.open(os.path.dirname(empty), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH120 - no path is made of it
        try:
            os.chroot(empty)
            os.chdir("/")
            return True
        finally:
            os.rmdir(os.path.basename(empty), dir_fd=above)  # noqa: PTH119 - as above
            os.close(above)
    return False


def give_up_privileges() -> bool:
    """Become nobody where the process is root, and drop every capability; False where some remain, or it still is root.

    Like `leave_network` this clears the death signal.
    """
    if _capabilities() & _CHANGING_USER == _CHANGING_USER and os.geteuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    if _capabilities():
        _drop_capabilities()
    return os.geteuid() != 0 and not _capabilities()


def _drop_capabilities() -> None:
    with suppress(OSError, KeyError):  # what remains is looked at by whoever asks
        kernel.call(_CAPSET[os.uname().machine], struct.pack("=Ii", _CAPABILITIES_VERSION, 0), bytes(24))


def _capabilities() -> int:
    """Return the effective ones, one bit each; all where the kernel does not say. No file is asked, for there may be none."""
    told = ctypes.create_string_buffer(24)
    try:
        kernel.call(_CAPGET[os.uname().machine], struct.pack("=Ii", _CAPABILITIES_VERSION, 0), told)
    except (OSError, KeyError):
        return _ALL
    low, high = struct.unpack("=IxxxxxxxxIxxxxxxxx", told.raw)
    return int(low | high << 32)
