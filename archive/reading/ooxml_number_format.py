"""Words that the number formats of a sheet put around a value: `"机密★"0"年"` shows 机密★1年 where the cell holds 1."""

import functools
import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(
    r'"([^"]{0,2000})"?|\\(.)|_.?|\*(.?)|\[\$([^\]\-]{0,99})[^\]]{0,99}\]?|\[[^\]]{0,99}\]?|(;)|(@)|([^\x00-\x7f]+)|.', re.DOTALL
)
_USUAL: Final = re.compile(r"[\x00-\x7f年月日时時分秒上下午元￥¥€£\u00a0]*")
_VALUE: Final = "\x00"
_DATED: Final = re.compile("[年月日时時分秒]")
_SECTIONS: Final = 3


def words(code: str) -> list[str]:
    """Return the words of each section of a format without the value; empty when there are none but usual signs."""
    if _USUAL.fullmatch(code):
        return []
    return [section.replace(_VALUE, "") for section in _sections(code)]


def around(code: str, value: str, number: float | None, *, dated: bool = False) -> str:
    """Return a value with the words that its format puts around it.

    `number` is None for a value that is a text; a `dated` one bears year, month and day already.
    """
    if _USUAL.fullmatch(code):
        return value
    sections = _sections(code)
    if number is None:
        section = sections[-1] if len(sections) > _SECTIONS or "@" in code else _VALUE
    elif number < 0 < len(sections) - 1:
        section = sections[1]
    else:
        section = sections[2] if number == 0 and len(sections) >= _SECTIONS else sections[0]
    return (_DATED.sub("", section) if dated else section).replace(_VALUE, value)


@functools.lru_cache(maxsize=256)
def _sections(code: str) -> list[str]:
    return "".join(_pieces(code)).split(";")[: _SECTIONS + 1]


def _pieces(code: str) -> Iterator[str]:
    """Give the words of a format, and one sign for each stretch of what stands for the value."""
    valued = False
    for found in _TOKEN.finditer(code):
        quoted, escaped, filling, currency, end, _, plain = found.groups()
        word = (quoted or escaped or filling or currency or plain or "").replace(";", ",").replace(_VALUE, "")
        if end:
            yield ";"
            valued = False
        elif word:
            yield word
        elif found.group()[0] not in '"\\_*[' and not valued:
            yield _VALUE
            valued = True
