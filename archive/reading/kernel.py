"""Calls into the kernel that Python has no name for (Linux); elsewhere each raises OSError."""

import ctypes
import errno
import os
import sys
from typing import Any, Final

# looked up before any limit stands, for a library cannot be loaded later
_LIBRARY: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
if _LIBRARY is not None:
    _LIBRARY.syscall.restype = ctypes.c_long
    _LIBRARY.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def call(number: int, *arguments: Any) -> int:
    """Make the system call `number`; whole numbers are passed as 64 bits. Raises OSError."""
    if _LIBRARY is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    wide = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    answer = _LIBRARY.syscall(ctypes.c_long(number), *wide)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(answer)


def control(option: int, *arguments: int) -> int:
    """Make the call `prctl`. Raises OSError."""
    if _LIBRARY is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    answer = _LIBRARY.prctl(option, *arguments, *[0] * (4 - len(arguments)))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(answer)


def unshare(flags: int) -> None:
    """Take namespaces of one's own. Raises OSError."""
    if _LIBRARY is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if _LIBRARY.unshare(ctypes.c_int(flags)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
