"""A network namespace without a way out, and no privileges: what a process gives up once, before it opens anything."""

import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

from archive.reading import kernel

_NEW_NETWORK: Final = 0x40000000
_NEW_USER: Final = 0x10000000
_NOBODY: Final = 65534

_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_VERSION: Final = 0x20080522
_CHANGING_USER: Final = 0b11100000
"""CAP_KILL (or nobody could end what has become another user), CAP_SETGID, CAP_SETUID."""


def leave_network() -> bool:
    """Stand in a network namespace of one's own from now on, where not even the loopback is up; False where that is not granted.

    A user's process needs a user namespace for it, and with it loses its death signal (`confine.die_with`) and whatever
    rights it had over other users' files; what it may do within that namespace it gives up here. Only for a process without
    threads.
    """
    with suppress(OSError):
        kernel.unshare(_NEW_NETWORK)
        return True
    with suppress(OSError):
        kernel.unshare(_NEW_NETWORK | _NEW_USER)
        _drop_capabilities()
        return True
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
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
