"""Flowing words as HTML: paragraphs, tables, rules and boxes; sizes and kinds are classes, for no style may stand in a page."""

import bisect
from collections.abc import Iterable
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from archive.reading.preview.shapes import Block, Box, Cell, Flowing, Inset, Paragraph, Row, Rule, Span, Table
from exchange.web.preview import svg
from exchange.web.preview.writing import colour, family, figure, plain

SIZES: Final = (
    *(half / 2 for half in range(10, 49)),
    *(float(point) for point in range(25, 37)),
    *(40.0, 42.0, 44.0, 48.0, 54.0, 60.0, 66.0, 72.0, 80.0, 96.0),
)
"""The sizes of letters, in points, for which there is a class: `z` and the number of half points."""

_WIDTHS: Final = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100)
_INDENTS: Final = 20
_PAPER: Final = 451.0
_DEEPEST: Final = 8
_MOST_ACROSS: Final = 1000
_EDGES: Final = "trbl"
_ALIGNED: Final = frozenset({"center", "right", "justify"})
_BOXES: Final = frozenset({"box", "head", "foot", "note"})


class Words(NamedTuple):
    """What the page says in the reader's language."""

    picture: str
    drawing: str
    hidden: str


class Writer:
    """Writes sheets, whose pictures are taken from a store."""

    def __init__(self, store: svg.Store, words: Words) -> None:
        """Write for a reader of these words."""
        self._store, self._words = store, words

    def sheet(self, sheet: Flowing) -> Markup:
        """Return what stands on a sheet."""
        self._store.begin(sheet.number)
        written = "".join(self._blocks(sheet.blocks, 0))
        return Markup(svg.defined(self._store) + written)  # noqa: S704 - every word in it was escaped

    def _blocks(self, blocks: Iterable[Block], depth: int) -> Iterable[str]:
        for block in blocks:
            match block:
                case Paragraph():
                    yield self._paragraph(block)
                case Table() if depth < _DEEPEST:
                    yield self._table(block, depth)
                case Rule():
                    yield _rule(block.colour)
                case Box() if depth < _DEEPEST:
                    kind = block.kind if block.kind in _BOXES else "box"
                    yield f'<div class="boxed {kind}">{"".join(self._blocks(block.blocks, depth + 1))}</div>'

    def _paragraph(self, one: Paragraph) -> str:
        size = next((piece.size for piece in one.pieces if isinstance(piece, Span)), 0.0)  # indents count in the letters of the paragraph
        classes = [f"to-{one.align}" if one.align in _ALIGNED else "", _step("in", one.indent), _step("first", one.first), _size(size)]
        heading = f' role="heading" aria-level="{min(6, 3 + one.level)}"' if one.level > 0 else ""
        inner = "".join(self._piece(piece) for piece in one.pieces)
        label = f'<span class="label">{escape(plain(one.label))}</span> ' if one.label else ""
        above = _rule(one.above) if one.above else ""
        below = _rule(one.below) if one.below else ""
        return f"{above}<p{_classed(classes)}{heading}>{label}{inner or '<br>'}</p>{below}"

    def _piece(self, piece: Span | Inset) -> str:
        if isinstance(piece, Inset):
            return self._inset(piece)
        text = str(escape(plain(piece.text))).replace("\n", "<br>")
        for held, name in ((piece.bold, "b"), (piece.italic, "i"), (piece.underlined, "u"), (piece.struck, "s")):
            text = f"<{name}>{text}</{name}>" if held else text
        if piece.raised in {"super", "sub"}:
            text = f"<{piece.raised[:3]}>{text}</{piece.raised[:3]}>"
        if colour(piece.colour):
            text = f'<font color="{colour(piece.colour)}">{text}</font>'
        if piece.kept:
            name = "del" if piece.kept == "deleted" else "span"
            text = f'<{name} class="unseen" title="{escape(self._words.hidden)}">{text}</{name}>'
        classes = [_size(piece.size), family(piece.family)]
        return f"<span{_classed(classes)}>{text}</span>" if any(classes) else text

    def _inset(self, piece: Inset) -> str:
        drawn = svg.inset(self._store, piece.picture)
        if not drawn:
            words = plain(piece.words)
            return f'<span class="undrawn">{escape(self._words.drawing)}{escape("：" + words if words else "")}</span>'
        share = _WIDTHS[min(len(_WIDTHS) - 1, bisect.bisect_left(_WIDTHS, piece.width / _PAPER * 100))]
        return f'<span class="picture w{share}" role="img" aria-label="{escape(piece.words or self._words.picture)}">{drawn}</span>'

    def _table(self, table: Table, depth: int) -> str:
        total = sum(table.widths) or 1.0
        named = 1 if table.names else 0
        columns = "".join(f'<col width="{figure(width / total * 100)}%">' for width in table.widths) if not named else ""
        head = "".join(f'<th scope="col">{escape(plain(name))}</th>' for name in table.names)
        head = f"<thead><tr><td></td>{head}</tr></thead>" if named else ""
        rows = "".join(self._row(row, depth, named=bool(named)) for row in table.rows)
        return f'<table class="{"grid" if named else "laid"}"><colgroup>{columns}</colgroup>{head}<tbody>{rows}</tbody></table>'

    def _row(self, row: Row, depth: int, *, named: bool) -> str:
        hidden = f' class="unseen" title="{escape(self._words.hidden)}"' if row.hidden else ""
        name = f'<th scope="row">{escape(plain(row.name))}</th>' if named else ""
        return f"<tr{hidden}>{name}{''.join(self._cell(cell, depth) for cell in row.cells)}</tr>"

    def _cell(self, cell: Cell, depth: int) -> str:
        said = [
            f' colspan="{min(_MOST_ACROSS, cell.across)}"' if cell.across > 1 else "",
            f' rowspan="{min(_MOST_ACROSS, cell.down)}"' if cell.down > 1 else "",
            f' bgcolor="{colour(cell.shade)}"' if colour(cell.shade) else "",
            _classed([*(f"e{edge}" for edge in _EDGES if edge in cell.edges), "middle" if cell.middle else ""]),
        ]
        return f"<td{''.join(said)}>{''.join(self._blocks(cell.blocks, depth + 1))}</td>"


def _rule(name: str) -> str:
    return f'<font color="{colour(name) or "#000000"}"><hr></font>'


def _size(points: float) -> str:
    if points <= 0:
        return ""
    at = min(len(SIZES) - 1, bisect.bisect_left(SIZES, points - 0.25))
    return f"z{round(SIZES[at] * 2)}"


def _step(name: str, characters: float) -> str:
    steps = round(min(_INDENTS, max(0.0, characters)))
    return f"{name}{steps}" if steps else ""


def _classed(classes: Iterable[str]) -> str:
    wanted = " ".join(filter(None, classes))
    return f' class="{wanted}"' if wanted else ""
