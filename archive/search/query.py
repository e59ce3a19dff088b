"""The query language: what people type becomes a tree, or a refusal that points at the place.

Words beside each other must all hold; OR binds less tightly; a minus or NOT excludes. The tables stand in `syntax.py`, the
rules of splitting in `lexer.py`. The tree is as written: brackets that change nothing leave no trace, nothing is reordered.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, NoReturn, cast

from archive.search import han, spans
from archive.search.lexer import LONGEST_NUMBER, ORDINAL, Piece, Sign, Token, tokens
from archive.search.number import canonical, number_of
from archive.search.question import MACHINES, OUTSIDE, And, Everything, Keyword, Node, Not, Number, OneOf, Or, Span, Where, Words
from archive.search.syntax import SIDES, STATES, TERM_EXPECTED, Field, wrong
from schemas.words import Label, Word


class OfficeName(NamedTuple):
    """What somebody wrote for an office, and where."""

    text: str
    position: int


@dataclass(frozen=True)
class Query:
    """A query that was understood. `offices` are the names in `from:` and `to:`, which only the ledger can turn into codes."""

    node: Node
    offices: tuple[OfficeName, ...] = ()


def parse(text: str) -> Node:
    """Return the tree of a query; an empty one asks for everything.

    Values of `from:` and `to:` are as they were typed. Raises Problem QUERY_INVALID with the members `position` (index in
    the text), `expected`, `expected_en` and, where a word is near, `suggestion`.
    """
    return read(text).node


def read(text: str) -> Query:
    """Return the tree of a query and the office names in it. Raises what `parse` raises."""
    return _Parser(tokens(text)).run()


def titled(node: Node) -> Node | None:
    """Return what must hold for an item to stand in front: the words of the query, looked for in title and number alone.

    None when the query has no word or number that could stand in either; filters and exclusions play no part.
    """
    match node:
        case Words(text, "any"):
            return Or((Words(text, "title"), Words(text, "number")))
        case Number():
            return node
        case And(nodes) | Or(nodes):
            kept = tuple(each for each in map(titled, nodes) if each is not None)
            return None if not kept else kept[0] if len(kept) == 1 else type(node)(kept)
        case _:
            return None


def with_offices(node: Node, codes: Mapping[str, tuple[str, ...]]) -> Node:
    """Return the tree with the codes of every office name in its place."""

    def change(leaf: Node) -> Node:
        if not isinstance(leaf, OneOf) or leaf.keyword not in ("from", "to"):
            return leaf
        return replace(leaf, values=tuple(sorted({code for value in leaf.values for code in codes[value]})))

    return _changed(node, change)


def without_texts(node: Node) -> Node:
    """Return the tree for somebody who may see an item but not read it: words are looked for everywhere but in its text."""

    def change(leaf: Node) -> Node:
        if not isinstance(leaf, Words) or leaf.where != "any":
            return leaf
        return Or(_outside(leaf.text))

    return _changed(node, change)


def for_machines(node: Node) -> Node:
    """Return the tree for a service account: what is internal is found by words outside its text alone."""

    def change(leaf: Node) -> Node:
        if not isinstance(leaf, Words) or leaf.where != "any":
            return leaf
        return Or((*_outside(leaf.text), And((leaf, OneOf("reader", (MACHINES,))))))

    return _changed(node, change)


def _outside(text: str) -> tuple[Words, ...]:
    return tuple(Words(text, where) for where in OUTSIDE)


def _changed(node: Node, change: Callable[[Node], Node]) -> Node:
    match node:
        case And(nodes) | Or(nodes):
            return type(node)(tuple(_changed(each, change) for each in nodes))
        case Not(inner):
            return Not(_changed(inner, change))
        case _:
            return change(node)


class _Parser:
    """Recursive descent; the lexer has bounded the depth."""

    def __init__(self, found: list[Token]) -> None:
        self.found = found
        self.place = 0
        self.offices: list[OfficeName] = []

    def run(self) -> Query:
        if self.found[0].sign is Sign.END:
            return Query(Everything())
        return Query(self.either(), tuple(self.offices))

    def either(self) -> Node:
        nodes = [self.together()]
        while self.took(Sign.OR):
            nodes.append(self.together())
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def together(self) -> Node:
        nodes = [self.factor()]
        while self.now.sign not in (Sign.OR, Sign.CLOSE, Sign.END):
            self.took(Sign.AND)
            nodes.append(self.factor())
        if all(isinstance(node, Not) for node in nodes):
            nodes.insert(0, Everything())
        return nodes[0] if len(nodes) == 1 else And(tuple(nodes))

    def factor(self) -> Node:
        return Not(self.single()) if self.took(Sign.NOT) else self.single()

    def single(self) -> Node:
        if self.took(Sign.OPEN):
            node = self.either()
            self.place += 1  # the lexer has paired the brackets
            return node
        token = self.now
        if token.sign is not Sign.TERM:
            wrong(token.position, TERM_EXPECTED)
        self.place += 1
        return self.term(token)

    @property
    def now(self) -> Token:
        return self.found[self.place]

    def took(self, sign: Sign) -> bool:
        if self.now.sign is not sign:
            return False
        self.place += 1
        return True

    # terms

    def term(self, token: Token) -> Node:
        field, piece = token.field, token.pieces[0]
        if field is None:
            return _plain(piece)
        if field.sort == "words":
            return _words(piece, cast("Where", field.key))
        if field.sort == "span":
            return spans.read(cast("Span", field.key), piece.text, piece.position + piece.quoted)
        return OneOf(cast("Keyword", field.key), self.values(field, token.pieces))

    def values(self, field: Field, pieces: tuple[Piece, ...]) -> tuple[str, ...]:
        if field.sort == "offices":
            self.offices += [OfficeName(piece.text, piece.position) for piece in pieces]
        read_one: Callable[[Piece], tuple[str, ...]] = {
            "offices": lambda piece: (piece.text,),
            "choice": lambda piece: (_choice(field, piece),),
            "state": _states,
        }[field.sort]
        return tuple(dict.fromkeys(value for piece in pieces for value in read_one(piece)))


def _plain(piece: Piece) -> Node:
    number = None if piece.quoted else _number(piece.text)
    return Words(piece.text) if number is None else Or((number, Words(canonical(piece.text))))


def _words(piece: Piece, where: Where) -> Node:
    number = _number(piece.text) if where == "number" and not piece.quoted else None
    if where == "number" and not piece.quoted and (ordinal := ORDINAL.fullmatch(han.fold(piece.text))):
        return Words(f"){ordinal[1]}号", where)  # the whole ordinal: 12号 is not the end of 112号
    return number or Words(piece.text, where)


def _number(text: str) -> Number | None:
    return number_of(text) if len(text) <= LONGEST_NUMBER else None


def _choice(field: Field, piece: Piece) -> str:
    words = cast("type[Word]", field.choices)
    try:
        return words.named(han.fold(piece.text)).value
    except ValueError:
        names = [name for word in words for name in (word.zh, word.value, word.en)]
        _unknown(piece, names, Label("、".join(word.zh for word in words), ", ".join(words)))


def _states(piece: Piece) -> tuple[str, ...]:
    side, colon, state = han.fold(piece.text).rpartition(":")
    found = [code for code, names in STATES.items() if state in names]
    sides = [code for code, names in SIDES.items() if not colon or side in names]
    if not found or not sides:
        names = [name for names in STATES.values() for name in names]
        _unknown(piece, names, Label("、".join(names[-1] for names in STATES.values()), ", ".join(STATES)))
    return tuple(f"{side}:{found[0]}" for side in sides)


_NEAR: Final = 0.5


def _unknown(piece: Piece, names: list[str], possible: Label) -> NoReturn:
    near = difflib.get_close_matches(piece.text[:LONGEST_NUMBER].casefold(), names, n=1, cutoff=_NEAR)
    label = Label(f"应为下列之一：{possible.zh}", f"one of these is expected: {possible.en}")
    wrong(piece.position, label, **({"suggestion": near[0]} if near else {}))
