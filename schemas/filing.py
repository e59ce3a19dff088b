"""The filing number 报送编号 by which people speak of an item: sender's code, year and ordinal, as T01-2026-000012."""

import re
import unicodedata
from typing import Final, NamedTuple

WRITTEN: Final = "[A-Za-z][A-Za-z0-9_-]{0,31}-[0-9]{4}-[0-9]{1,9}"
"""A filing number as it is written; zeros in front of the ordinal may be left out by who types it."""

_PARTS: Final = re.compile("([A-Za-z][A-Za-z0-9_-]{0,31})-([0-9]{4})-([0-9]{1,9})")
_DASHES: Final = str.maketrans("‐‑‒–—―−", "-------")


class Filing(NamedTuple):
    """A filing number in its parts. `sender` is as it was typed: codes are unlike each other whatever the case of their letters."""

    sender: str
    year: int
    ordinal: int

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.sender}-{self.year}-{self.ordinal:06}"


def typed(text: str) -> str:
    """Return what a person typed or pasted without spaces, and with plain letters, digits and hyphens for full-width ones."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def read(text: str) -> Filing | None:
    """Return the filing number that a person typed; None for what is none."""
    found = _PARTS.fullmatch(typed(text))
    return None if found is None else Filing(found[1], int(found[2]), int(found[3]))
