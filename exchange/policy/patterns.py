"""The patterns behind the rules, for a judge in another language: a browser looks before a byte leaves it.

Every pattern and constant of the modules that find marks is told, so that there is one place where they are written. Python's
`re` and ECMAScript's RegExp (flag `u`) differ in what they call a letter, a digit and a space, and in a few spellings: here
they are translated, and a test holds the two judges against each other.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from archive.reading import legible
from exchange.policy import found, layout, marks, places, rules, spelling
from exchange.policy.presets import Policy

FORMAT: Final = "patterns/v1"
_MODULES: Final = (found, layout, legible, marks, places, spelling)
_SPACE: Final = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_LETTER: Final = r"\p{L}\p{N}_"
_DIGIT: Final = r"\p{Nd}"
_OUTSIDE: Final = {
    "w": f"[{_LETTER}]",
    "W": f"[^{_LETTER}]",
    "d": _DIGIT,
    "D": r"\P{Nd}",
    "s": f"[{_SPACE}]",
    "S": f"[^{_SPACE}]",
    "b": f"(?:(?<=[{_LETTER}])(?![{_LETTER}])|(?<![{_LETTER}])(?=[{_LETTER}]))",
}
_WITHIN: Final = {"w": _LETTER, "d": _DIGIT, "s": _SPACE, "D": r"\P{Nd}"}
_SYNTAX: Final = frozenset(r"^$\.*+?()[]{}|/")
_LETTERS: Final = "nrtfv"
_COUNT: Final = re.compile(r"\{\d*,?\d*\}")
_CODE: Final = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})")


def published(policy: Policy) -> bytes:
    """Return all of them, and what follows from each by this policy, as JSON, UTF-8. Equal policies give equal bytes."""
    told: dict[str, Any] = {module.__name__.rpartition(".")[2]: _told(vars(module)) for module in _MODULES}
    markings = {word: {"outcome": outcome.value, "alone": _plain(places.alone(word))} for word, outcome in policy.markings.items()}
    outcomes = {rule: outcome.value for rule, outcome in policy.outcomes.items()}
    rest = {"type": FORMAT, "policy": policy.version, "outcomes": outcomes, "markings": markings, "findings": rules.MAXIMUM_FINDINGS}
    return json.dumps(rest | told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _told(names: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in names.items():
        if not name.isupper():
            continue
        plain = None if isinstance(value, str) and name.startswith("_") else _plain(value)  # pieces of patterns are no data
        if plain is not None:
            told[name] = plain
    return told


def _plain(value: object) -> object:
    """Return a pattern or constant as JSON has it, None for what is neither."""
    if isinstance(value, re.Pattern):
        return {"source": translated(value.pattern), "flags": "iu" if value.flags & re.IGNORECASE else "u"}
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, frozenset | tuple) and all(isinstance(each, str) for each in value):
        return sorted(value) if isinstance(value, frozenset) else list(value)
    if isinstance(value, dict) and all(isinstance(key, int) and isinstance(each, int) for key, each in value.items()):
        return {chr(key): chr(each) for key, each in value.items()}
    return None


def translated(source: str) -> str:
    """Return a pattern of Python's as ECMAScript's with the flag `u` reads it the same way. Raises ValueError for what it cannot say."""
    return "".join(_pieces(source.removeprefix("(?i)")))


def _pieces(source: str) -> Iterable[str]:
    place, folding = 0, [False]
    while place < len(source):
        sign = source[place]
        if sign == "\\":
            piece, place = _escaped(source, place + 1, _OUTSIDE)
            yield piece
        elif sign == "[":
            piece, place = _class(source, place, folded=folding[-1])
            yield piece
        elif source.startswith("(?P<", place):
            folding.append(folding[-1])
            yield "(?<"
            place += 4
        elif source.startswith("(?i:", place):
            folding.append(True)
            yield "(?:"
            place += 4
        elif sign == "(":
            folding.append(folding[-1])
            yield sign
            place += 1
        elif sign == ")":
            folding.pop()
            yield sign
            place += 1
        elif sign == "{" and (count := _COUNT.match(source, place)):
            yield count.group()
            place = count.end()
        else:
            yield _single(sign, folded=folding[-1])
            place += 1


def _single(sign: str, *, folded: bool) -> str:
    if sign == ".":
        return r"[^\n]"
    if sign == "$":
        return r"(?=\n?(?![^]))"
    if sign in "{}]":
        return f"\\{sign}"
    return f"[{sign.lower()}{sign.upper()}]" if folded and sign.isascii() and sign.isalpha() else sign


def _escaped(source: str, place: int, known: Mapping[str, str]) -> tuple[str, int]:
    """Return what stands for the escape whose letter is at `place`, and where the pattern goes on."""
    letter = source[place]
    code = _CODE.match(source, place)
    if code:
        return f"\\u{{{int(next(filter(None, code.groups())), 16):x}}}", code.end()
    if letter in known:
        return known[letter], place + 1
    if letter in _SYNTAX or letter in _LETTERS or (letter == "-" and known is _WITHIN):
        return f"\\{letter}", place + 1
    if letter.isalnum():
        message = f"\\{letter}"
        raise ValueError(message)
    return letter, place + 1


def _class(source: str, place: int, *, folded: bool) -> tuple[str, int]:
    """Return the class that begins at `place`, and where the pattern goes on."""
    end = place + 1
    start = "[^" if source.startswith("^", end) else "["
    end += len(start) - 1
    kept, also, first = [], [], True
    while first or source[end] != "]":
        first = False
        if source.startswith("\\W", end):
            also.append(f"[^{_LETTER}]")
            end += 2
        elif source.startswith("\\S", end):
            also.append(f"[^{_SPACE}]")
            end += 2
        elif source[end] == "\\":
            piece, end = _escaped(source, end + 1, _WITHIN)
            kept.append(piece)
        else:
            sign = source[end]
            kept.append(f"\\{sign}" if sign in "[]" else sign)
            kept += [sign.swapcase()] if folded and sign.isascii() and sign.isalpha() else []
            end += 1
    inside = "".join(kept)
    if start == "[^" and also:
        return f"(?:(?![{inside}]|{'|'.join(also)})[^])" if inside else f"(?:(?!{'|'.join(also)})[^])", end + 1
    if also:
        return f"(?:{'|'.join(also + ([f'[{inside}]'] if inside else []))})", end + 1
    return f"{start}{inside}]", end + 1
