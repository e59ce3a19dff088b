"""Takes a query apart into signs and terms, in one pass: every character is looked at a bounded number of times.

Rules for brackets, because document numbers hold them: a bracket inside a word belongs to the word when it is closed before
the next blank, as in 青政发(2026)12号; one at the start of a term groups, unless a document number begins with it.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from archive.search import han
from archive.search.number import number_of
from archive.search.syntax import (
    AND,
    BRACKET_CLOSES_NOTHING,
    BRACKET_OPEN,
    CLOSING,
    COLONS,
    CORNER,
    CORNER_END,
    DOUBLE,
    FIELD,
    MAX_DEPTH,
    MAX_TERM,
    MAX_TERMS,
    MAX_TEXT,
    MINUS,
    MINUS_ALONE,
    NOT,
    OPENING,
    OR,
    QUOTE_OPEN,
    SEPARATORS,
    TERM_EMPTY,
    TERM_TOO_LONG,
    TERMS_TOO_MANY,
    TEXT_TOO_LONG,
    TOO_DEEP,
    VALUE_EXPECTED,
    Field,
    wrong,
)
from schemas.words import Label

LONGEST_NUMBER: Final = 64
"""Nothing longer is taken for a document number."""

ORDINAL: Final = re.compile(r"第?0*(\d{1,6})号")
"""An ordinal alone, folded: under `number:` it means the whole ordinal."""

_BLANKS: Final = re.compile(r"\s*")
_PLAIN: Final = re.compile(rf"[^\s{OPENING}{CLOSING}]*")
_LISTED: Final = re.compile(rf"[^\s{OPENING}{CLOSING}{SEPARATORS}]*")
_BRACKET_OR_BLANK: Final = re.compile(rf"[\s{OPENING}{CLOSING}]")
_DOUBLE_END: Final = re.compile(f"[{DOUBLE}]")
_CORNER_END: Final = re.compile(f"[{CORNER_END}]")
_NAMED: Final = re.compile(rf"([A-Za-zＡ-Ｚａ-ｚ]{{2,16}}|[\u4e00-\u9fff]{{2,4}})[{COLONS}]")


class Sign(Enum):
    """What stands between terms."""

    OPEN = auto()
    CLOSE = auto()
    OR = auto()
    AND = auto()
    NOT = auto()
    TERM = auto()
    END = auto()


class Piece(NamedTuple):
    """A word or phrase as it was typed, without its quotes, and where it begins."""

    text: str
    position: int
    quoted: bool


class Token(NamedTuple):
    """A sign at a place; a term has one piece, or several where a field takes a list."""

    sign: Sign
    position: int
    pieces: tuple[Piece, ...] = ()
    field: Field | None = None


def tokens(text: str) -> list[Token]:
    """Return the tokens of a query; the last is END. Raises Problem QUERY_INVALID at the place that is wrong."""
    if len(text) > MAX_TEXT:
        wrong(MAX_TEXT, TEXT_TOO_LONG)
    return _Lexer(text).run()


_OPERATORS: Final = {word: sign for sign, words in ((Sign.OR, OR), (Sign.AND, AND), (Sign.NOT, NOT)) for word in words}
LONGEST_OPERATOR: Final = max(map(len, _OPERATORS))


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.terms = 0
        self.open: list[int] = []
        self.found: list[Token] = []

    def run(self) -> list[Token]:
        while not self._at_end_of_text():
            char = self.text[self.place]
            if char in CLOSING:
                self._close()
            elif char in OPENING and not self._number_begins():
                self._open()
            elif char in MINUS:
                self._minus()
            else:
                self._term()
        if self.open:
            wrong(self.open[-1], BRACKET_OPEN)
        self.found.append(Token(Sign.END, len(self.text)))
        return self.found

    def _at_end_of_text(self) -> bool:
        self.place = _BLANKS.match(self.text, self.place).end()  # type: ignore[union-attr] # it matches nothing at worst
        return self.place == len(self.text)

    def _char(self, place: int) -> str:
        return self.text[place : place + 1]

    # brackets and operators

    def _open(self) -> None:
        if len(self.open) == MAX_DEPTH:
            wrong(self.place, TOO_DEEP)
        self.open.append(self.place)
        self._sign(Sign.OPEN, 1)

    def _close(self) -> None:
        if not self.open:
            wrong(self.place, BRACKET_CLOSES_NOTHING)
        self.open.pop()
        self._sign(Sign.CLOSE, 1)

    def _minus(self) -> None:
        following = self._char(self.place + 1)
        if not following or following.isspace() or following in CLOSING:
            wrong(self.place, MINUS_ALONE)
        self._sign(Sign.NOT, 1)

    def _sign(self, sign: Sign, length: int) -> None:
        self.found.append(Token(sign, self.place))
        self.place += length

    def _number_begins(self) -> bool:
        end = self._word_end(self.place, _PLAIN, min(len(self.text), self.place + LONGEST_NUMBER))
        return number_of(self.text[self.place : end]) is not None

    # terms

    def _term(self) -> None:
        start = self.place
        if self._begins_phrase(start):
            self.found.append(Token(Sign.TERM, start, (self._phrase(),)))
            return
        named = _NAMED.match(self.text, start)
        if named and (field := self._field(named)):
            self.place = _BLANKS.match(self.text, named.end()).end()  # type: ignore[union-attr]
            self.found.append(Token(Sign.TERM, start, self._values(field), field))
            return
        end = self._word_end(start, _PLAIN, len(self.text), operators=True)
        operator = _OPERATORS.get(self.text[start:end]) if end - start <= LONGEST_OPERATOR else None
        if operator is not None:
            self._sign(operator, end - start)
        else:
            self.found.append(Token(Sign.TERM, start, (self._piece(start, end),)))

    def _field(self, named: re.Match[str]) -> Field | None:
        """Return the field of this name. An English name with one slip of the finger is refused; any other is text."""
        name = han.fold(named[1])
        if name in FIELD:
            return FIELD[name]
        meant = next((known for known in FIELD if len(known) >= len("from") and _one_slip(name, known)), None)
        if meant and not self.text.startswith("//", named.end()):
            wrong(
                named.start(),
                Label(
                    f"没有这个字段，是否指 {meant}:？要检索这些字本身，请加引号",
                    f"no such field; {meant}:? quote it to search for this text",
                ),
                suggestion=f"{meant}:",
            )
        return None

    def _values(self, field: Field) -> tuple[Piece, ...]:
        several = field.sort in ("offices", "choice", "state")
        pieces = [self._value(_LISTED if several else _PLAIN)]
        while several and self._char(self.place) and self._char(self.place) in SEPARATORS:
            self.place += 1
            pieces.append(self._value(_LISTED))
        return tuple(pieces)

    def _value(self, plain: re.Pattern[str]) -> Piece:
        if self._begins_phrase(self.place):
            return self._phrase()
        end = self._word_end(self.place, plain, len(self.text))
        if end == self.place:
            wrong(self.place, VALUE_EXPECTED)
        return self._piece(self.place, end)

    def _begins_phrase(self, place: int) -> bool:
        char = self._char(place)
        return char != "" and (char in DOUBLE or char in CORNER)

    def _phrase(self) -> Piece:
        start = self.place
        closing = (_DOUBLE_END if self._char(start) in DOUBLE else _CORNER_END).search(self.text, start + 1)
        if closing is None:
            wrong(start, QUOTE_OPEN)
        piece = self._piece(start, closing.start(), quoted=True)
        self.place = closing.end()
        return piece

    def _piece(self, start: int, end: int, *, quoted: bool = False) -> Piece:
        self.terms += 1
        if self.terms > MAX_TERMS:
            wrong(start, TERMS_TOO_MANY)
        if end - start - quoted > MAX_TERM:
            wrong(start, TERM_TOO_LONG)
        piece = Piece(self.text[start + quoted : end], start, quoted)
        if not han.fold(piece.text).strip():
            wrong(start, TERM_EMPTY)
        self.place = end
        return piece

    def _word_end(self, start: int, plain: re.Pattern[str], limit: int, *, operators: bool = False) -> int:
        """Return where a word ends: at a blank, at a bracket that it does not close itself, or at the limit."""
        place = plain.match(self.text, start, limit).end()  # type: ignore[union-attr]
        if operators and place - start <= LONGEST_OPERATOR and self.text[start:place] in _OPERATORS:
            return place
        while place < limit and self.text[place] in OPENING:
            closed = self._closed(place, limit)
            if closed is None:
                break
            place = plain.match(self.text, closed, limit).end()  # type: ignore[union-attr]
        return place

    def _closed(self, opening: int, limit: int) -> int | None:
        """Return the place behind the bracket that closes this one, if it comes before a blank and the limit."""
        depth = 0
        for sign in _BRACKET_OR_BLANK.finditer(self.text, opening, limit):
            if sign[0].isspace():
                return None
            depth += 1 if sign[0] in OPENING else -1
            if depth == 0:
                return sign.end()
        return None


def _one_slip(typed: str, known: str) -> bool:
    """Tell whether one letter was left out, added, changed, or swapped with its neighbour."""
    if not (typed.isascii() and known.isascii()) or typed == known or abs(len(typed) - len(known)) > 1:
        return False
    start = next((place for place, (one, other) in enumerate(zip(typed, known, strict=False)) if one != other), min(len(typed), len(known)))
    mine, theirs = typed[start:], known[start:]
    swapped = mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:]
    return swapped or mine[1:] == theirs[1:] or mine[1:] == theirs or mine == theirs[1:]
