"""Document numbers 发文字号 in every spelling that people use: one key for all of them.

A number is an issuer's code, a year and an ordinal: 青政发〔2026〕12号 (the form of GB/T 9704-2012, 7.2.5), and also with
[ ] 【 】 （ ） in full or half width, leading zeros, 第12号, 2026年12号, 2026年第12号, the year as 二〇二六, traditional
characters, spaces anywhere. Without the issuer it stands for that year and ordinal of any issuer. Years go from 1900 to
2100, ordinals to 999999.
"""

import re
from functools import lru_cache
from typing import Final

from archive.search import han
from archive.search.question import Number

_YEARS: Final = range(1900, 2101)
_DIGITS: Final = ("0〇○零", "1一", "2二", "3三", "4四", "5五", "6六", "7七", "8八", "9九")
_TO_DIGITS: Final = str.maketrans({sign: spellings[0] for spellings in _DIGITS for sign in spellings})
_DIGIT: Final = f"[{''.join(_DIGITS)}]"
# (year年), 第, six zeros and six digits, 号
_LONGEST_REST: Final = 21
_SPELLED: Final = re.compile(
    rf"(?P<issuer>[^\s()|号,;:!?。《》<>&\"'“”‘’]{{0,24}})"
    rf"(?:\((?P<bracketed>{_DIGIT}{{4}})年?\)|(?<!{_DIGIT})(?P<plain>{_DIGIT}{{4}})年)"
    r"第?0{0,6}(?P<ordinal>[1-9][0-9]{0,5})号",
)


def number_of(text: str) -> Number | None:
    """Return the number that this text is, as a whole; None when it is none (a date, a house number, a bare ordinal)."""
    spelled = _SPELLED.fullmatch(han.fold(text).replace(" ", ""))
    if spelled is None:
        return None
    year = int((spelled["bracketed"] or spelled["plain"]).translate(_TO_DIGITS))
    return Number(year, int(spelled["ordinal"]), spelled["issuer"]) if year in _YEARS else None


def canonical(text: str) -> str:
    """Return the one spelling of a number, 青政发(2026)12号 with its issuer folded; any other text is only folded."""
    number = number_of(text)
    return han.fold(text) if number is None else f"{number.issuer}({number.year}){number.ordinal}号"


def key(number: Number) -> str:
    """Return the key under which the index holds this number: `青政发|2026|12`, or `|2026|12` for any issuer's."""
    return f"{number.issuer}|{number.year}|{number.ordinal}"


def keys(text: str) -> tuple[str, ...]:
    """Return the keys under which a document with this number is found; none for a text that is no number."""
    number = number_of(text)
    if number is None:
        return ()
    return tuple(dict.fromkeys((key(number), key(Number(number.year, number.ordinal)))))


@lru_cache(256)  # what people ask for has no end
def pattern(number: Number) -> re.Pattern[str]:
    """Return what finds this number within folded text, however it is spelled there."""
    year = "".join(f"[{_DIGITS[int(digit)]}]" for digit in str(number.year))
    issuer = "".join(f"{re.escape(sign)} ?" for sign in number.issuer)
    return re.compile(rf"{issuer}(?:\({year}年?\)|(?<!{_DIGIT}){year}年)第?0{{0,6}}{number.ordinal}号")


def longest(number: Number) -> int:
    """Return a length that no spelling of this number in folded text exceeds."""
    return 2 * len(number.issuer) + _LONGEST_REST
