"""The names of members of a ZIP: in which encoding they stand, and which may not be.

A zip says of a name that it is UTF-8, or nothing. Chinese Windows then writes GBK, macOS UTF-8 all the same; where bytes can be
read in both ways the other reading is given too, for some program shows it.
"""

import struct
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from typing import Final

from schemas.problems import Problem, ProblemType

OTHER_NAME: Final = 0x7075
"""The extra field that repeats a name in UTF-8."""

MAXIMUM_FOLDERS: Final = 32
_LONGEST: Final = 1000
_UTF8: Final = 1 << 11
_CHECKED: Final = struct.Struct("<BI")
_THREE_BYTES: Final = "\u0800"
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, among them those that turn the direction: a name must read as it is written."""


def decoded(raw: bytes, flags: int, fields: Mapping[int, bytes]) -> list[str]:
    """Return the name with forward slashes, and every other way in which it may be read.

    Raises Problem DOCUMENT_BROKEN for a name that leads out of its folder, is absolute, or holds unseen characters, and
    NESTED_TOO_DEEP for one of too many folders.
    """
    if len(raw) > _LONGEST:
        raise Problem(ProblemType.NESTED_TOO_DEEP, f"a name of more than {_LONGEST} bytes")
    found = [_utf8(raw)] if flags & _UTF8 else readings(raw)
    other = fields.get(OTHER_NAME, b"")
    if len(other) > _CHECKED.size and _CHECKED.unpack_from(other)[1] == zlib.crc32(raw):
        found.insert(0, _utf8(other[_CHECKED.size :]))
    return list(dict.fromkeys(_allowed(name.replace("\\", "/")) for name in found))


def readings(raw: bytes) -> list[str]:
    """Return what bytes without a known encoding may say, the likeliest first."""
    utf8, gbk = (_as(raw, encoding) for encoding in ("utf-8", "gb18030"))
    likely = all(sign.isascii() or sign >= _THREE_BYTES for sign in utf8)
    both = [utf8, gbk] if likely else [gbk, utf8]
    return list(dict.fromkeys(filter(None, both))) or [raw.decode("cp437")]


def refuse_ambiguous(names: Sequence[str]) -> None:
    """Refuse names that one folder could not hold side by side. Raises Problem DOCUMENT_BROKEN."""
    spelled = [unicodedata.normalize("NFKC", name.removesuffix("/")).casefold() for name in names]
    files = {name for name, said in zip(spelled, names, strict=True) if not said.endswith("/")}
    folders = {"/".join(steps[:depth]) for steps in (name.split("/") for name in spelled) for depth in range(1, len(steps))}
    if len(set(spelled)) != len(spelled) or files & folders:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "two members have the same name")


def _as(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "a member's name is not what it says") from error


def _allowed(name: str) -> str:
    steps = name.removesuffix("/").split("/")
    if len(steps) > MAXIMUM_FOLDERS:
        raise Problem(ProblemType.NESTED_TOO_DEEP, f"more than {MAXIMUM_FOLDERS} folders")
    unshown = any(unicodedata.category(sign) in _UNSHOWN for sign in name)
    if unshown or ":" in name or any(step.strip() in {"", ".", ".."} for step in steps):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "a member's name is not allowed")
    return name
