"""Which names the members of a container may bear: safe on every system that unpacks it, and never two that look alike.

The rules are the project's own (design, section 4): a name that one system cannot write, or that two systems read
differently, is refused where it is packed and where it is received, so that everybody unpacks the same files.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from schemas.problems import Problem, ProblemType

MIMETYPE: Final = "mimetype"
METADATA: Final = "metadata.json"
FOLDER: Final = "META-INF"
ATTACHMENTS: Final = "attachments/"

LONGEST: Final = 255
"""Bytes of UTF-8 in a whole name."""

# controls, formats (bidirectional overrides, zero-width and tag characters), surrogates, line and paragraph separators;
# private-use characters stay allowed: rare characters of personal and place names are kept there
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# what Windows cannot write; the colon also bars drive letters and alternate streams
_FORBIDDEN_CHARACTERS: Final = frozenset('\\<>:"|?*')
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)\s*(?:\..*)?", re.DOTALL)
_SHOWN: Final = 80


def folded(name: str) -> str:
    """Return the form in which two names count as the same: NFKC and case folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check(name: str) -> None:
    """Refuse a name that is not safe everywhere. Raises Problem UNSAFE_NAME."""
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in name):
        raise _unsafe("control or invisible character", name)
    if not _FORBIDDEN_CHARACTERS.isdisjoint(name):
        raise _unsafe("character that Windows cannot write", name)
    if not unicodedata.is_normalized("NFC", name):
        raise _unsafe("not in Unicode form NFC", name)
    if len(name.encode()) > LONGEST:
        raise _unsafe(f"longer than {LONGEST} bytes", name)
    for component in name.split("/"):
        if component in {"", ".", ".."}:
            raise _unsafe("empty, absolute or relative path", name)
        if component[-1] in ". ":
            raise _unsafe("ends with a dot or a space", name)
        if _DEVICE.fullmatch(folded(component)):
            raise _unsafe("name of a Windows device", name)


def check_document(name: str) -> None:
    """Refuse what a document may not be called, beyond `check`: reserved names, foreign folders. Raises Problem UNSAFE_NAME."""
    check(name)
    first = folded(name).split("/")[0]
    if first in {MIMETYPE, METADATA, FOLDER.casefold()}:
        raise _unsafe("reserved name", name)
    if "/" in name and not name.startswith(ATTACHMENTS):
        raise _unsafe(f"only {ATTACHMENTS} may hold documents", name)


def check_distinct(names: Sequence[str]) -> None:
    """Refuse names that would unpack onto one another, also as file and folder. Raises Problem DUPLICATE_NAME."""
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        path = folded(name)
        above = {path[: match.start()] for match in re.finditer("/", path)}
        if path in files or path in folders or not files.isdisjoint(above):
            raise Problem(ProblemType.DUPLICATE_NAME, shown(name))
        files.add(path)
        folders |= above


def shown(name: str) -> str:
    """Return a name fit for a message: quoted, invisible characters escaped, cut at 80 characters."""
    return repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…")


def _unsafe(reason: str, name: str) -> Problem:
    return Problem(ProblemType.UNSAFE_NAME, f"{reason}: {shown(name)}")
