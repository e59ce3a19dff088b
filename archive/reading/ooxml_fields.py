"""What the fields of a DOCX show that have no result of their own: programs draw them from their code."""

import re
from typing import Final

from archive.reading.reading import HAN
from schemas.problems import Problem, ProblemType

_FETCHING: Final = frozenset({"DDE", "DDEAUTO", "INCLUDETEXT", "LINK", "IMPORT", "DATABASE"})
_BUTTONS: Final = frozenset({"MACROBUTTON", "GOTOBUTTON"})
_OPTION: Final = re.compile(r'\\\*\s{0,9}(?:"[^"]{0,99}"|\S{1,99})')
_EQUATION: Final = re.compile(rf"[{HAN}★☆0-9]+")
_SWITCH: Final = re.compile(r"\\[a-z]{1,3}\s{0,3}\d{0,3}", re.IGNORECASE)
_WORD: Final = re.compile(r'"([^"]*)"|(\S+)')
_MOST_DIGITS: Final = 8
_LAST: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


def drawn(code: str) -> str:
    """Return what a program draws from the code of a field: characters in circles and with readings, signs, buttons.

    Raises Problem DOCUMENT_ACTIVE for a field that fetches something from elsewhere.
    """
    name, _, rest = code.strip().partition(" ")
    match name.upper():
        case kind if kind in _FETCHING:
            raise Problem(ProblemType.DOCUMENT_ACTIVE, "a field that fetches content from elsewhere")
        case "EQ":
            return "".join(_EQUATION.findall(_SWITCH.sub(" ", _OPTION.sub(" ", rest))))
        case "SYMBOL":
            return _sign((rest.split() or [""])[0])
        case kind if kind in _BUTTONS:
            return rest.strip().partition(" ")[2].strip(' "')
    return ""


def words(code: str) -> list[str]:
    """Return the words of a code that may be shown as its result: those that are more than ASCII."""
    return [word for quoted, bare in _WORD.findall(code) if not (word := quoted or bare).isascii()]


def _sign(code: str) -> str:
    try:
        number = int(code[:_MOST_DIGITS], 0)
    except ValueError:
        return ""
    return character(number) if number > 0xFF else ""  # noqa: PLR2004 - below it is a sign of some font


def character(number: int) -> str:
    """Return the character of this number; surrogates and numbers beyond Unicode have none."""
    return chr(number) if 0 <= number <= _LAST and number not in _SURROGATES else ""
