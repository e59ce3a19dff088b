"""A tree back into text: how a query was understood, in the one spelling that means exactly that."""

from typing import Final

from archive.search import han, spans
from archive.search.lexer import ORDINAL, Sign, tokens
from archive.search.number import canonical, number_of
from archive.search.question import And, Between, Everything, Node, Not, Number, OneOf, Or, Words
from archive.search.syntax import CORNER_END, DOUBLE, FIELDS
from schemas.problems import Problem

_NAMES: Final = {field.key: field.names[0] for field in FIELDS}


def write(node: Node) -> str:
    """Return the text that `query.parse` reads as this tree.

    The tree is one that `parse` gives; raises ValueError for a text that holds both kinds of closing quotes and blanks,
    which no query can say.
    """
    match node:
        case Everything():
            return ""
        case Or(nodes):
            pair = _number_word(node)
            return pair if pair is not None else " OR ".join(_inner(each, in_or=True) for each in nodes)
        case And(nodes):
            return " ".join(_inner(each) for each in nodes if not isinstance(each, Everything))
        case Not(inner):
            return f"-{_inner(inner)}"
        case _:
            return _leaf(node)


def _inner(node: Node, *, in_or: bool = False) -> str:
    text = write(node)
    grouped = (isinstance(node, And) and not in_or) or (isinstance(node, Or) and _number_word(node) is None)
    return f"({text})" if grouped else text


def _number_word(node: Or) -> str | None:
    """Return the document number that a bare word of it would mean, if the tree is just that."""
    match node.nodes:
        case (Number() as number, Words(text, "any")) if text == canonical(_number(number)):
            return _number(number)
        case _:
            return None


def _number(number: Number) -> str:
    return f"{number.issuer}〔{number.year}〕{number.ordinal}号"


def _leaf(node: Node) -> str:
    match node:
        case Words(text, "number") if (alone := ORDINAL.fullmatch(text[1:])) and text == f"){alone[1]}号":
            return f"{_NAMES['number']}:{text[1:]}"
        case Words(text, where):
            name = "" if where == "any" else f"{_NAMES[where]}:"
            return name + _quoted(text, name)
        case Number():
            return f"{_NAMES['number']}:{_number(node)}"
        case OneOf(keyword, values):
            return f"{_NAMES[keyword]}:" + ",".join(_quoted(value, f"{_NAMES[keyword]}:") for value in values)
        case Between(span):
            return f"{_NAMES[span]}:{spans.write(node)}"
        case _:
            message = f"no leaf: {node!r}"
            raise ValueError(message)


def _quoted(text: str, name: str) -> str:
    """Return the text bare where the lexer takes it as one word of this text, quoted otherwise."""
    if _is_one_word(text, name):
        return text
    if not any(sign in text for sign in DOUBLE):
        return f'"{text}"'
    if not any(sign in text for sign in CORNER_END):
        return f"「{text}」"
    message = "no quotes fit this text"
    raise ValueError(message)


def _is_one_word(text: str, name: str) -> bool:
    if number_of(text) is not None or ORDINAL.fullmatch(han.fold(text)):
        return False
    try:
        # what stands behind it shows a bracket that would not be closed
        first, *rest = tokens(f"{name}{text} x")
    except Problem:
        return False
    alone = first.sign is Sign.TERM and len(rest) == 2 and (first.field is None) == (name == "")  # noqa: PLR2004 - the x and the end
    return alone and len(first.pieces) == 1 and first.pieces[0].text == text and not first.pieces[0].quoted
