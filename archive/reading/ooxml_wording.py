"""The words of one paragraph of a DOCX in all the wordings a reader may be shown: final, before the tracked changes, with hidden text."""

from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from lxml import etree

from archive.reading.ooxml_graphic import branch
from archive.reading.ooxml_names import own, short, switched_on
from archive.reading.ooxml_paper import Frame, Item
from schemas.problems import Problem, ProblemType

_SIGNS: Final = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "-", "w:p": "\n", "w:tc": "\n"}
_SKIPPED: Final = frozenset({"w:pPr", "w:rPr", "w:sdtPr", "w:tblPr", "w:tblGrid", "w:trPr", "w:tcPr", "w:rt", "w:ffData"})
_WRITTEN: Final = frozenset({"w:t", "m:t"})
_DRAWN: Final = frozenset({"w:drawing", "w:pict", "w:object"})
_INSERTED: Final = frozenset({"w:ins", "w:moveTo"})
_DELETED: Final = frozenset({"w:del", "w:moveFrom"})
_STARS: Final = {("wingdings", 0xAB): "★", ("wingdings", 0xB5): "✪", ("wingdings", 0xB6): "☆"}
_SIGN_FONT: Final = "wingdings"
_LATIN_STAR: Final = "\u00ab"  # the star of Wingdings, where it is written as the Latin-1 character of the same code
_PRIVATE: Final = 0xF000
_FETCHING: Final = frozenset({"DDE", "DDEAUTO", "INCLUDETEXT", "LINK", "IMPORT", "DATABASE"})


class _State(NamedTuple):
    """How words are marked: by tracked changes, as hidden, as set in a font of signs."""

    inserted: bool = False
    deleted: bool = False
    hidden: bool = False
    signs: bool = False


class Wording:
    """A paragraph in the making.

    `shown` are the pieces that a reader sees (a forced line end is a line end, a page break a form feed), `written` all words
    that stand in the file, `drawn` the drawings that are anchored in it. Raises Problem DOCUMENT_ACTIVE for a field that
    fetches something from elsewhere.
    """

    def __init__(
        self,
        draw: Callable[[etree._Element], list[Item]],
        blocks: Callable[[etree._Element], list[Item]],
        hiding: Collection[str],
        codes: list[str],
    ) -> None:
        """Begin an empty paragraph; `codes` are the fields that are open where it begins, `hiding` styles that hide text."""
        self.shown: list[str] = []
        self.written: list[str] = []
        self.drawn: list[Item] = []
        self._everything: list[str] = []
        self._original: list[str] = []
        self._hidden: list[str] = []
        self._draw = draw
        self._blocks = blocks
        self._hiding = hiding
        self._codes = codes

    def read(self, paragraph: etree._Element, *, hidden: bool) -> None:
        """Read a whole paragraph; `hidden` says that its style hides it."""
        self._walk(paragraph, _State(hidden=hidden))

    def otherwise(self) -> Iterator[tuple[str, str]]:
        """Give (place, text) of every other wording: with deleted and hidden words, without inserted ones, hidden words alone."""
        shown, everything, original, hidden = map("".join, (self.shown, self._everything, self._original, self._hidden))
        if everything not in {shown, hidden}:
            yield ("hidden" if hidden else "deleted"), everything.replace("\f", "\n")
        if original not in {shown, everything}:
            yield "deleted", original.replace("\f", "\n")
        yield "hidden", hidden.replace("\f", "\n")

    def _add(self, text: str, state: _State) -> None:
        if state.signs:
            text = text.replace(_LATIN_STAR, "★")
        self._everything.append(text)
        if not state.inserted:
            self._original.append(text)
        if state.hidden:
            self._hidden.append(text)
        elif not state.deleted:
            self.shown.append(text)

    def _walk(self, element: etree._Element, state: _State) -> None:
        for child in element:
            name = short(child)
            if name in _WRITTEN:
                self.written.append(child.text or "")
                self._add(child.text or "", state)
            elif name in _DRAWN:
                self.drawn += self._draw(child)
            elif name == "w:txbxContent":
                self.drawn.append(Frame(self._blocks(child), None, None))
            elif name == "mc:AlternateContent":
                shown = branch(child)
                if shown is not None:
                    self._walk(shown, state)
            elif name not in _SKIPPED:
                inner = self._marked(child, name, state)
                self._sign(child, name, inner)
                self._field(child, name)
                self._walk(child, inner)

    def _sign(self, element: etree._Element, name: str, state: _State) -> None:
        """Take in what is no word: line ends, signs, deleted words, the codes of fields."""
        if name in _SIGNS:
            self._add(_SIGNS[name], state)
        elif name == "w:br":
            self._add("\f" if own(element, "type") == "page" else "\n", state)
        elif name == "w:delText":
            self._add(element.text or "", state._replace(deleted=True))
        elif name == "w:sym":
            self._add(_symbol(own(element, "font"), own(element, "char")), state)

    def _field(self, element: etree._Element, name: str) -> None:
        if name == "w:fldSimple":
            _refuse_fetching(own(element, "instr"))
        elif name == "w:fldChar" and own(element, "fldCharType") == "begin":
            self._codes.append("")
        elif name == "w:fldChar" and self._codes:
            _refuse_fetching(self._codes[-1])
            if own(element, "fldCharType") == "end":
                self._codes.pop()
        elif name in {"w:instrText", "w:delInstrText"} and self._codes:
            self._codes[-1] += element.text or ""

    def _marked(self, element: etree._Element, name: str, state: _State) -> _State:
        """Return how the words within an element are marked."""
        if name in _INSERTED:
            return state._replace(inserted=True)
        if name in _DELETED:
            return state._replace(deleted=True)
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
        return state


def _symbol(font: str, code: str) -> str:
    """Return the character of a sign font: the stars, which are part of a mark, as such; others as private characters."""
    try:
        place = int(code, 16) & 0xFF
    except ValueError:
        return ""
    return _STARS.get((font.lower(), place), chr(_PRIVATE + place))


def _refuse_fetching(code: str) -> None:
    if (code.split() or [""])[0].upper() in _FETCHING:
        raise Problem(ProblemType.DOCUMENT_ACTIVE, "a field that fetches content from elsewhere")
