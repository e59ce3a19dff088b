"""Landlock: files and TCP out of reach, whatever the user may do (documentation: kernel.org, userspace-api/landlock).

The calls have the same numbers on every architecture.
"""

import os
import struct
from typing import Final

from archive.reading import kernel

_CREATE_RULESET: Final = 444
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1

_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights over files each version knows; 16 from version 5."""

_NETWORK_SINCE: Final = 4
_SCOPES_SINCE: Final = 6
_BIND_AND_CONNECT: Final = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11


def version() -> int:
    """Return the version of the interface that the kernel has; 0 where it has none or it is switched off."""
    try:
        return kernel.call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def lock() -> int:
    """Give up every right over files that Landlock knows, and no right is granted back; returns the version, 0 without.

    From version 4 no TCP port can be bound or reached; from version 6 neither abstract Unix sockets nor processes outside
    can. What is open already stays open. Needs `no_new_privs`. Raises OSError when the kernel refuses what it offers.
    """
    known = version()
    if not known:
        return 0
    rights = (1 << _FILE_RIGHTS.get(known, 16)) - 1
    rules = struct.pack("Q", rights)
    if known >= _NETWORK_SINCE:
        rules += struct.pack("Q", _BIND_AND_CONNECT)
    if known >= _SCOPES_SINCE:
        rules += struct.pack("Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = kernel.call(_CREATE_RULESET, rules, len(rules), 0)
    try:
        kernel.call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return known
