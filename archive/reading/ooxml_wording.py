"""The words of one paragraph of a DOCX in all the wordings a reader may be shown.

Final, before the tracked changes, with hidden text, without what is too faint to be seen, as old and as new programs choose
among alternatives, readings above the characters, what is drawn from the codes of fields.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from lxml import etree

from archive.reading import ooxml_fields
from archive.reading.ooxml_choice import Choice, choices
from archive.reading.ooxml_names import own, short, switched_on, whole
from archive.reading.ooxml_paper import Frame, Item
from archive.reading.reading import HAN

_SIGNS: Final = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "-", "w:p": "\n", "w:tc": "\n"}
_SKIPPED: Final = frozenset({"w:pPr", "w:rPr", "w:sdtPr", "w:tblPr", "w:tblGrid", "w:trPr", "w:tcPr", "w:ffData"})
_WRITTEN: Final = frozenset({"w:t", "m:t"})
_DRAWN: Final = frozenset({"w:drawing", "w:pict", "w:object"})
_BRACKETS: Final = frozenset({"m:chr", "m:begChr", "m:sepChr", "m:endChr"})
_INSERTED: Final = frozenset({"w:ins", "w:moveTo"})
_DELETED: Final = frozenset({"w:del", "w:moveFrom"})
_STARS: Final = {("wingdings", 0xAB): "★", ("wingdings", 0xB5): "✪", ("wingdings", 0xB6): "☆"}
_SIGN_FONT: Final = "wingdings"
_LATIN_STAR: Final = "\u00ab"  # the star of Wingdings, where it is written as the Latin-1 character of the same code
_PRIVATE: Final = 0xF000
_PRIVATE_END: Final = 0xF100
_BYTE: Final = 0x100
_TELLING: Final = re.compile(f"[{HAN}★☆]")
_FAINT_SIZE: Final = 4
"""Half points, up to which nobody reads a character."""

_FAINT_WIDTH: Final = 10
"""Per cent of a character's width, likewise."""


class _State(NamedTuple):
    """How words are marked: by tracked changes, as hidden, as faint, as a reading, as turned, as of an alternative, in a font of signs."""

    inserted: bool = False
    deleted: bool = False
    hidden: bool = False
    faint: bool = False
    reading: bool = False
    signs: bool = False
    turned: bool = False
    choice: Choice = Choice()

    @property
    def shown(self) -> bool:
        return self.choice.shown and not (self.deleted or self.hidden or self.reading)


class Wording:
    """A paragraph in the making.

    `written` are all words that stand in the file, `drawn` the drawings that are anchored in it. Raises Problem
    DOCUMENT_ACTIVE for a field that fetches something from elsewhere.
    """

    def __init__(
        self,
        draw: Callable[[etree._Element], list[Item]],
        blocks: Callable[[etree._Element], list[Item]],
        hiding: Collection[str],
        codes: list[str],
        prefix: str = "",
    ) -> None:
        """Begin an empty paragraph.

        `codes` are the fields that are open where it begins, `hiding` styles that hide text, `prefix` is what its numbering shows.
        """
        self.written: list[str] = []
        self.drawn: list[Item] = []
        self._pieces = [(prefix, _State())]
        self._fields: list[str] = []
        self._draw = draw
        self._blocks = blocks
        self._hiding = hiding
        self._codes = codes

    @property
    def shown(self) -> str:
        """What a reader sees; a forced line end is a line end, a page break a form feed."""
        return self._told(lambda state: state.shown)

    def read(self, paragraph: etree._Element, *, hidden: bool) -> None:
        """Read a whole paragraph; `hidden` says that its style hides it."""
        self._walk(paragraph, _State(hidden=hidden))

    def otherwise(self) -> Iterator[tuple[str, str]]:
        """Give (place, text) of every other wording that differs from those before it."""
        if len({state for _, state in self._pieces}) == 1 and self._pieces[0][1].shown and not self._fields:
            return
        hidden = self._told(lambda state: state.hidden)
        given = {self.shown, hidden}
        for place, wanted in (
            ("hidden" if hidden else "deleted", lambda state: state.choice.shown and not state.reading),
            ("deleted", lambda state: state.choice.shown and not (state.reading or state.inserted)),
            ("other", lambda state: state.choice.oldest and not (state.deleted or state.hidden or state.reading)),
            ("other", lambda state: state.choice.newest and not (state.deleted or state.hidden or state.reading)),
            ("other", lambda state: state.shown and not state.faint),
            ("other", lambda state: state.reading),
        ):
            text = self._told(wanted)
            if text not in given:
                given.add(text)
                yield place, text.replace("\f", "\n")
        yield "hidden", hidden.replace("\f", "\n")
        yield "field", "\n".join(self._fields)

    def _told(self, wanted: Callable[[_State], bool]) -> str:
        return "".join(text for text, state in self._pieces if wanted(state))

    def _add(self, text: str, state: _State) -> None:
        if text:
            self._pieces.append((text.replace(_LATIN_STAR, "★") if state.signs else text, state))

    def _walk(self, element: etree._Element, state: _State) -> None:
        for child in element:
            name = short(child)
            if name in _WRITTEN:
                self.written.append(child.text or "")
                self._add(child.text or "", state)
            elif name in _DRAWN:
                self.drawn += self._draw(child) if state.choice.shown else []
            elif name == "w:txbxContent":
                self.drawn += [Frame(self._blocks(child), None, None)] if state.choice.shown else []
            elif name == "mc:AlternateContent":
                for branch, choice in choices(child):
                    self._walk(branch, state._replace(choice=state.choice.within(choice)))
            elif name not in _SKIPPED:
                inner = self._marked(child, name, state)
                self._sign(child, name, inner)
                self._field(child, name, inner)
                start = len(self._pieces)
                self._walk(child, inner)
                if inner.turned and not state.turned:
                    self._pieces[start:] = [(text[::-1], said) for text, said in reversed(self._pieces[start:])]

    def _sign(self, element: etree._Element, name: str, state: _State) -> None:
        """Take in what is no word: line ends, signs, deleted words, signs of formulas."""
        if name in _SIGNS:
            self._add(_SIGNS[name], state)
        elif name == "w:br":
            self._add("\f" if own(element, "type") == "page" else "\n", state)
        elif name == "w:delText":
            self._add(element.text or "", state._replace(deleted=True))
        elif name == "w:sym":
            self._add(_symbol(own(element, "font"), own(element, "char")), state)
        elif name in _BRACKETS and _TELLING.search(own(element, "val")):
            self._add(own(element, "val"), state)

    def _field(self, element: etree._Element, name: str, state: _State) -> None:
        if name == "w:fldSimple":
            self._coded(own(element, "instr"), state)
        elif name == "w:fldChar" and own(element, "fldCharType") == "begin":
            self._codes.append("")
        elif name == "w:fldChar" and self._codes:
            self._coded(self._codes[-1], state)
            self._codes[-1] = ""
            if own(element, "fldCharType") == "end":
                self._codes.pop()
        elif name in {"w:instrText", "w:delInstrText"} and self._codes:
            self._codes[-1] += element.text or ""

    def _coded(self, code: str, state: _State) -> None:
        self._add(ooxml_fields.drawn(code), state)
        self._fields += ooxml_fields.words(code)

    def _marked(self, element: etree._Element, name: str, state: _State) -> _State:
        """Return how the words within an element are marked."""
        if name in _INSERTED:
            return state._replace(inserted=True)
        if name in _DELETED:
            return state._replace(deleted=True)
        if name == "w:bdo":
            return state._replace(turned=own(element, "val") == "rtl")
        if name == "w:rt":
            return state._replace(reading=True)
        for child in element if name == "w:r" else ():
            if short(child) == "w:rPr":
                return self._run(child, state)
        return state

    def _run(self, properties: etree._Element, state: _State) -> _State:
        for said in properties:
            name = short(said)
            if name == "w:vanish":
                state = state._replace(hidden=switched_on(said))
            elif name == "w:rStyle" and own(said, "val") in self._hiding:
                state = state._replace(hidden=True)
            elif name == "w:rFonts":
                state = state._replace(signs=_SIGN_FONT in (own(said, "ascii").lower(), own(said, "hAnsi").lower()))
            elif _is_faint(name, own(said, "val")):
                state = state._replace(faint=True)
        return state


def _is_faint(name: str, value: str) -> bool:
    """Say whether a property makes a character white, tiny or flat."""
    match name:
        case "w:color":
            return value.lower() == "ffffff"
        case "w:sz":
            return whole(value, _BYTE) <= _FAINT_SIZE
        case "w:w":
            return whole(value.removesuffix("%"), _BYTE) <= _FAINT_WIDTH
    return False


def _symbol(font: str, code: str) -> str:
    """Return a character that is named by its number.

    Of a font of signs the stars, which are part of a mark, are given as such, others as private characters.
    """
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    if number >= _BYTE and not _PRIVATE <= number < _PRIVATE_END:
        return ooxml_fields.character(number)
    place = number & 0xFF
    return _STARS.get((font.lower(), place), chr(_PRIVATE + place))
