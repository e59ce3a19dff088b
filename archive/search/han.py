"""The one fold of text for searching: the index, every question and every mark in a snippet go through it.

Rules, in this order; the first three work on each character alone and are repeated until nothing changes:

1. NFKC (full width, ligatures, compatibility forms), case folding, traditional to simplified Chinese by OpenCC's `t2s` table
   of single characters (no phrase rules), and radicals that stand for whole characters in the text of many PDFs (⻓ is 长).
2. All of 〔〕［］【】﹝﹞〖〗[] and （）() become ( and ).
3. Characters without ink are dropped: control and format characters (zero width, direction, soft hyphen, byte order mark),
   variation selectors, fillers, lone surrogates, and `SEPARATOR`; ␣, which `stream` needs, counts as whitespace.
4. Whitespace is dropped at both ends and beside Han, kana, punctuation and signs; between two other characters (Latin
   letters, digits) a run of it becomes one space. A word that a line end cuts in two is thus found, 两 字 is 两字, and
   A B is not AB.

Nothing is composed across characters: a letter with a combining mark of its own stays two characters. Joining of lines and
pages comes before, in `archive.reading.reading.flowing`. Whoever changes a rule here, or a key or spelling in `number`, raises `_RULES`.
"""

import re
import unicodedata
from functools import cache
from typing import Final

import opencc

_RULES: Final = 1
ANALYSIS: Final = f"{_RULES} opencc-{opencc.__version__} unicode-{unicodedata.unidata_version}"
"""Version of the whole analysis: an index that was made with another one is made anew."""

SEPARATOR: Final = "\u241e"
"""Stands between title, number, names and texts in the index; no folded text holds it, so no question reaches over it."""

_OPEN_BOX: Final = "\u2423"
_TOKEN: Final = 2
_WORDS: Final = "utf-32-le"
_LAST_REMEMBERED: Final = 0x3FFFF

_HAN_BLOCKS: Final = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
_BRACKETS: Final = dict(zip("〔【〖[〕】〗]", "(((())))", strict=True))
_RADICALS: Final = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳", "母民虎西见角贝车长长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟", strict=True
    ),
)
_WITHOUT_INK: Final = frozenset({"Cc", "Cf", "Cs"})
_DROPPED: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff\u241e]")

# Han, kana, punctuation and signs, of which ASCII's are most: full-width forms fold to them
_WIDE: Final = (
    r"!-/:-@\[-`{-~\u00a1-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2010-\u2bff\u2e00-\u9fff\uf900-\ufaff"
    r"\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uffef\U0001b000-\U0001b2ff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
# it begins with the space itself, which the engine then looks for: three times as fast as an alternative of two looks
_BESIDE_WIDE: Final = re.compile(f" (?:(?=[{_WIDE}])|(?<=[{_WIDE}] ))")


def fold(text: str) -> str:
    """Return the folded text. Folding twice changes nothing; the only whitespace left is the single space."""
    folded = text.translate(_table())
    if " " in folded:
        folded = _BESIDE_WIDE.sub("", " ".join(folded.split()))
    return folded


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """Return `fold(text)` and for each of its characters the index in `text` that it comes from, then `len(text)`.

    A space that stands for a run comes from the run's first character; all characters of a ligature from the same one.
    """
    table = _table()
    signs: list[str] = []
    places: list[int] = []
    for index, character in enumerate(text):
        for sign in table[ord(character)]:
            if sign != " " or (signs and signs[-1] != " "):
                signs.append(sign)
                places.append(index)
    if signs and signs[-1] == " ":
        del signs[-1], places[-1]
    folded = "".join(signs)
    for beside in _BESIDE_WIDE.finditer(folded):
        places[beside.start()] = -1
    return _BESIDE_WIDE.sub("", folded), [*(place for place in places if place >= 0), len(text)]


def stream(folded: str) -> str:
    """Return every two neighbouring characters as one token, in order, joined by spaces; one character gives itself.

    The token's ordinal is its position. A space inside a token is written ␣, so that a token never holds whitespace.
    """
    if len(folded) < _TOKEN:
        return folded
    # written by strides into one buffer: five times as fast as joining pairs, and without an object for each
    signs = memoryview(folded.replace(" ", _OPEN_BOX).encode(_WORDS)).cast("I")
    tokens = memoryview(bytearray(" ".encode(_WORDS) * (3 * len(signs) - 4))).cast("I")
    tokens[0::3], tokens[1::3] = signs[:-1], signs[1:]
    return str(tokens, _WORDS)


def ones(folded: str) -> str:
    """Return the distinct characters, joined by spaces: what a question of one character is looked up in."""
    return " ".join(sorted(set(folded).difference((" ", SEPARATOR))))


def phrase(folded: str) -> tuple[tuple[int, str], ...]:
    """Return tokens of `stream` with their offsets that together cover a text of at least two characters.

    Standing at these distances from one another they are an exact substring: offsets 0, 2, 4…, and the last token.
    Raises ValueError for a shorter text.
    """
    if len(folded) < _TOKEN:
        raise ValueError("a phrase has at least two characters")
    signs = folded.replace(" ", _OPEN_BOX)
    last = len(signs) - _TOKEN
    return tuple((offset, signs[offset : offset + _TOKEN]) for offset in (*range(0, last, _TOKEN), last))


def has_ink(character: str) -> bool:
    """Say whether folding keeps anything of this character, be it a space."""
    return bool(_table()[ord(character)])


class _Table(dict[int, str]):
    """What each code point folds to, made when it is first met; what few texts hold is not remembered."""

    def __init__(self, simplified: dict[str, str]) -> None:
        super().__init__()
        self._simplified = simplified

    def __missing__(self, code: int) -> str:
        character, before = chr(code), ""
        while character != before:
            before, character = character, "".join(map(self._once, character))
        if code <= _LAST_REMEMBERED:
            self[code] = character
        return character

    def _once(self, character: str) -> str:
        if character.isspace() or character == _OPEN_BOX:
            return " "
        if unicodedata.category(character) in _WITHOUT_INK or _DROPPED.match(character):
            return ""
        folded = unicodedata.normalize("NFKC", character).casefold()
        return "".join(self._letter(sign) for sign in folded)

    def _letter(self, sign: str) -> str:
        sign = _RADICALS.get(sign, sign)
        return _BRACKETS.get(sign) or self._simplified.get(sign, sign)


@cache
def _table() -> _Table:
    """Return the table, made at the first use: OpenCC is asked once, for all Han characters, each on a line of its own."""
    characters = [chr(code) for first, last in _HAN_BLOCKS for code in range(first, last + 1)]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, converted, strict=True)
    return _Table({before: after for before, after in pairs if before != after and len(after) == 1})
