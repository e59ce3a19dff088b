"""A drawn page as SVG: `svg`, `g`, `text`, `path`, `use` and `image`, presentation attributes alone, every word escaped."""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Final

from markupsafe import Markup, escape

from archive.reading.preview.shapes import UNMOVED, Drawn, Image, Letters, Mark, Outline, Picture
from exchange.web.preview.writing import colour, family, figure, figures, plain

_STEPS: Final = re.compile("[MLQCAZ0-9. -]*")
_STARTS: Final = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
_LEAST: Final = 0.05
MAXIMUM: Final = 8 << 20
"""Bytes of the pictures of one answer, those that stand on several leaves counted for each."""


class Store:
    """The pictures of a preview as data of the page: each leaf holds those that it shows, so that it can stand alone.

    What one picture weighs counts for each leaf; beyond `MAXIMUM` no further ones are written.
    """

    def __init__(self, pictures: Sequence[Picture]) -> None:
        """Begin with no leaf."""
        self.pictures = pictures
        self.is_short = False
        self._weight = 0
        self._leaf = 0
        self._used: dict[int, None] = {}

    def begin(self, leaf: int) -> None:
        """Begin a leaf."""
        self._leaf = leaf
        self._used = {}

    def use(self, number: int) -> str:
        """Return the name by which a picture is used on this leaf; empty where there is none, or no room for it."""
        if not 0 <= number < len(self.pictures) or not self.pictures[number].content.startswith(_STARTS[self.pictures[number].kind]):
            return ""
        if number not in self._used:
            if self._weight + len(self.pictures[number].content) > MAXIMUM:
                self.is_short = True
                return ""
            self._weight += len(self.pictures[number].content)
            self._used[number] = None
        return f"picture-{int(self._leaf)}-{number}"

    def written(self) -> str:
        """Return the pictures that the leaf uses."""
        made = []
        for number in self._used:
            one = self.pictures[number]
            source = f"data:image/{one.kind};base64,{base64.b64encode(one.content).decode()}"
            name = self.use(number)
            made.append(f'<image id="{name}" width="1" height="1" preserveAspectRatio="none" href="{source}"/>')
        return f"<defs>{''.join(made)}</defs>" if made else ""


def page(drawn: Drawn, store: Store, label: str = "") -> Markup:
    """Return one page; its size is a ratio, the place in which it stands says how large it is. `label` is written in its corner."""
    width, height = max(1.0, drawn.width), max(1.0, drawn.height)
    store.begin(drawn.number)
    marks = "".join(_marks(drawn.marks, store))
    corner = f'<text x="2" y="6" font-size="5" class="f-sans" fill="#9b1c1c">{escape(label)}</text>' if label else ""
    box = f"0 0 {figure(width)} {figure(height)}"
    return Markup(f'<svg class="drawn" viewBox="{box}" width="100%">{store.written()}{marks}{corner}</svg>')  # noqa: S704 - escaped above


def inset(store: Store, number: int) -> str:
    """Return a picture as it stands among words; empty where there is none."""
    name = store.use(number)
    if not name:
        return ""
    width, height = (max(1, min(100_000, int(side))) for side in (store.pictures[number].width, store.pictures[number].height))
    used = f'<use href="#{name}" transform="scale({width} {height})"/>'
    return f'<svg class="inset" viewBox="0 0 {width} {height}" preserveAspectRatio="none">{used}</svg>'


def defined(store: Store) -> str:
    """Return the pictures that the words of a leaf use, to stand before them."""
    written = store.written()
    return f'<svg class="store" width="0" height="0" aria-hidden="true">{written}</svg>' if written else ""


def _marks(marks: Iterable[Mark], store: Store) -> Iterable[str]:
    for mark in marks:
        if isinstance(mark, Letters):
            yield _letters(mark)
        elif isinstance(mark, Outline):
            yield _outline(mark)
        else:
            yield _image(mark, store)


def _letters(mark: Letters) -> str:
    text = plain(mark.text)
    along = _each(mark.x, text), _each(mark.y, text)
    said = [
        f'x="{along[0]}" y="{along[1]}" font-size="{figure(max(_LEAST, mark.size))}" class="{family(mark.family)}"',
        f'fill="{colour(mark.colour) or "#000000"}"',
        'font-weight="700"' if mark.bold else "",
        'font-style="italic"' if mark.italic else "",
        'text-decoration="underline"' if mark.underlined else "",
        _opacity(mark.opacity),
        _placed(mark.place),
    ]
    return f'<text {" ".join(filter(None, said))} xml:space="preserve">{escape(text)}</text>'


def _each(places: tuple[float, ...], text: str) -> str:
    """Write a place for each character; browsers count one beyond the first plane as two."""
    if len(places) < 2 or all(sign <= "\uffff" for sign in text):  # noqa: PLR2004 - the first alone
        return figures(places)
    twice = [place for place, sign in zip(places, text, strict=False) for _ in range(1 + (sign > "\uffff"))]
    return figures(tuple(twice))


def _outline(mark: Outline) -> str:
    if not _STEPS.fullmatch(mark.steps):
        return ""
    stroke = colour(mark.stroke)
    said = [
        f'd="{mark.steps}" fill="{colour(mark.fill) or "none"}"',
        f'stroke="{stroke}" stroke-width="{figure(mark.width)}"' if stroke else "",
        f'stroke-dasharray="{figures(mark.dashes)}"' if stroke and mark.dashes else "",
        'fill-rule="evenodd"' if mark.even_odd else "",
        _opacity(mark.opacity),
        _placed(mark.place),
    ]
    return f"<path {' '.join(filter(None, said))}/>"


def _image(mark: Image, store: Store) -> str:
    name = store.use(mark.picture)
    if not name:
        return ""
    used = f'<use href="#{name}" {_opacity(mark.opacity)} {_placed(mark.place)}/>'
    if mark.box is None:
        return used
    x, y, width, height = map(figure, mark.box)
    return f'<svg x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{x} {y} {width} {height}">{used}</svg>'


def _opacity(value: float) -> str:
    return "" if value >= 1 else f'opacity="{figure(max(0.0, value))}"'


def _placed(place: tuple[float, ...]) -> str:
    if tuple(place) == UNMOVED:
        return ""
    if tuple(place[:4]) == UNMOVED[:4]:
        return f'transform="translate({figures(place[4:])})"'
    return f'transform="matrix({_fine(place)})"'


def _fine(place: tuple[float, ...]) -> str:
    """Write a matrix; its first four numbers may be small, for they are factors."""
    return " ".join([*(f"{max(-1e6, min(1e6, part)):.6f}".rstrip("0").rstrip(".") for part in place[:4]), *map(figure, place[4:])])
