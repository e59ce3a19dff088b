"""Texts of an Office document that stand outside its pages: whatever an XML part holds that was not laid out on one.

This sweep is what makes sure that nothing is missed: it knows no places, only that every text and every attribute that a
reader may be shown comes up either on a page or here.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from lxml import etree

from archive.reading.legible import printed
from archive.reading.ooxml_names import key, short
from archive.reading.ooxml_number_format import words as format_words
from schemas.problems import Problem, ProblemType

MAXIMUM_CHARACTERS: Final = 1_000_000
"""Characters of text outside the pages."""

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_LETTERS: Final = re.compile("[\U0001d400-\U0001d7ff]")  # of formulas, which are letters in another dress
_STAR: Final = str.maketrans({"\uf0ab": "★"})  # the star of Wingdings, where it is written as a character

_PARAGRAPHS: Final = frozenset({"w:p", "a:p", "x:si", "x:is", "x:text", "x:comment"})
"""Elements whose texts belong together."""

# numbers, formulas and base64: texts that no reader is shown
_MUTE: Final = frozenset(
    {
        "wp:posOffset", "wp:align", "pctWidth", "pctHeight", "x:v", "x:f", "c:f", "cx:f", "cx:nf", "DigestValue",
        "SignatureValue", "X509Certificate", "Modulus", "Exponent", "x:pos", "x:row", "x:col", "x:colOff", "x:rowOff", "xdr:row",
        "xdr:col", "xdr:colOff", "xdr:rowOff", "a:tableStyleId",
    }
)  # fmt: skip
_MUTE_PREFIX: Final = "xl:"  # how shapes of old programs are tied to cells
_FORMULAS: Final = frozenset({"x:definedName", "x:formula1", "x:formula2", "x:formula"})
_TEXT_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {"w:instrText": "field", "w:delInstrText": "field", "w:delText": "deleted", "x:definedName": "name", "x:formula1": "form",
     "x:formula2": "form", "x:formula": "form"}
)  # fmt: skip

_SHOWN: Final[Mapping[str, str]] = MappingProxyType(
    {"descr": "replacement", "title": "replacement", "alt": "replacement", "w:tooltip": "link", "tooltip": "link", "w:instr": "field",
     "prompt": "form", "promptTitle": "form", "error": "form", "errorTitle": "form", "string": "shape", "w:displayText": "form",
     }
)  # fmt: skip
"""Attributes that are shown whatever element bears them; any other only when it holds more than ASCII."""

_BEARERS: Final[Mapping[str, str]] = MappingProxyType(
    {"w:alias": "form", "w:tag": "form", "w:statusText": "form", "w:helpText": "form", "w:default": "form", "w:listEntry": "form",
     "w:listItem": "form", "w:docVar": "property", "w:lvlText": "numbering", "x:dataValidation": "form", "w:bookmarkStart": "bookmark",
     "x:definedName": "name", "wp:docPr": "replacement", "pic:cNvPr": "replacement", "xdr:cNvPr": "replacement",
     "p:cNvPr": "replacement", "x:sheet": "title", "v:imagedata": "replacement",
     "x:numFmt": "number format"}
)  # fmt: skip
_ALWAYS: Final = frozenset({"w:alias", "w:statusText", "w:helpText", "w:default", "w:listEntry", "w:docVar"})
"""Elements whose attributes are shown even when they are ASCII."""

_UNSHOWN: Final = frozenset(
    {
        "w:rFonts", "w:font", "w:altName", "a:latin", "a:ea", "a:cs", "a:sym", "a:buFont", "a:font", "w:style", "w:name", "w:aliases",
        "w:lsdException", "x:cellStyle", "x:rFont", "x:name", "a:buChar", "w:docPart", "w:pStyle", "w:rStyle", "w:tblStyle", "a:tblStyle",
        "a:tableStyle", "w:noLineBreaksBefore", "w:noLineBreaksAfter",
    }
)  # fmt: skip
_AUTHORS: Final = frozenset({"w:author", "w:initials", "author", "initials", "userName", "w15:author"})
_USUAL_NAME: Final = re.compile(
    r"(?:图片|图表|文本框|矩形|圆角矩形|直线|直接连接符|直接箭头连接符|组合|椭圆|标题|副标题|内容占位符|文本占位符|图片占位符|占位符|表格"
    r"|日期占位符|页脚占位符|页眉占位符|灯片编号占位符|幻灯片编号占位符|备注占位符|幻灯片图像占位符) ?\d{0,6}"
)
USUAL_NUMBERING: Final = re.compile(r"[第(（\[【〔]?(?:%\d[.．、]?){1,9}[章节条款项编篇部分目]{0,2}[、.．)）\]】〕:：]?|[^\w★☆✩✪*]{1,3}")
_USUAL_FIELD: Final = re.compile(
    r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|TOC|PAGEREF|HYPERLINK|REF|NOTEREF|SEQ|DATE|TIME|CREATEDATE|SAVEDATE|FORM(?:TEXT|CHECKBOX|DROPDOWN)"
    r"|SHAPE|EMBED|TITLE|INCLUDEPICTURE)\b[ -~\s]*"
)
USUAL_PROMPT: Final = re.compile(
    r"(?:单击|点击|按一下|双击)\S{0,6}(?:此处|以|图标)[^★☆密]{0,30}|第[一二三四五六七八九]级|[‹<]#[›>]|\d{1,4}[-/年.]\s?\d{1,2}[-/月.]\s?\d{1,4}[日.]?"
    r"|(?:Click|Edit) [A-Za-z ]{1,60}\.?|(?:Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth) [Ll]evel|"
)
"""What placeholders of layouts, masters and forms say until something is written into them."""

_USUAL_TEXTS: Final = MappingProxyType({"field": _USUAL_FIELD, "template": USUAL_PROMPT})
_USUAL: Final = MappingProxyType({"name": _USUAL_NAME, "w:val": USUAL_NUMBERING})
"""What these attributes say in any file."""

_LITERAL: Final = re.compile(r'"((?:[^"]|""){1,2000})"')
_LONGEST_WORD: Final = 200


@dataclass(kw_only=True)
class Outside:
    """What was found outside the pages; `properties` are the file's statements about itself."""

    properties: dict[str, str] = field(default_factory=dict)
    _texts: dict[tuple[str, str], None] = field(default_factory=dict)
    _authors: dict[str, None] = field(default_factory=dict)
    _characters: int = 0

    def note(self, place: str, text: str) -> None:
        """Keep a text, once for each place. Raises Problem DOCUMENT_TOO_COMPLEX above a million characters."""
        text = cleaned(text).strip()
        if not printed(text) or (place, text) in self._texts or _is_blob(text):
            return
        self._count(text)
        self._texts[place, text] = None

    def state(self, name: str, text: str) -> None:
        """Keep what the file says about itself; several statements of one name stand in lines of their own."""
        text = cleaned(text).strip()
        if printed(text):
            self._count(text)
            earlier = self.properties.get(name)
            self.properties[name] = text if earlier is None else f"{earlier}\n{text}"

    def sweep(self, root: etree._Element, place: str, laid_out: Collection[str] = ()) -> None:
        """Keep every text of a part that is not among those laid out on pages, which are given `packed`.

        `place` is said where no other is known.
        """
        rows: dict[str, list[str]] = {}
        for found, text in _texts(root, place):
            if packed(text) not in laid_out and not (found in _USUAL_TEXTS and _USUAL_TEXTS[found].fullmatch(text)):
                rows.setdefault(found, []).append(text)
        for found, texts in rows.items():
            self.note(found, "\n".join(texts))  # as one, for a mark may be split over paragraphs
        for found, text in _attributes(root, place):
            if found == "author":
                self._authors[cleaned(text)] = None
            elif found != "shape" or packed(text) not in laid_out:
                self.note(found, text)

    def texts(self) -> tuple[tuple[str, str], ...]:
        """Return all (place, text), in the order in which they were found."""
        for author in self._authors:
            self.state("author", author)
        self._authors.clear()
        return tuple(self._texts)

    def _count(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAXIMUM_CHARACTERS:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too much text outside the pages")


def cleaned(text: str) -> str:
    """Return the text without control characters, with the star of Wingdings and the letters of formulas as usual ones.

    These files say which characters they show, so nothing is repaired here.
    """
    text = _CONTROLS.sub("", text).translate(_STAR)
    return _LETTERS.sub(lambda letter: unicodedata.normalize("NFKC", letter.group()), text)


def literals(formula: str) -> list[str]:
    """Return the texts that stand in quotes in a formula."""
    return [one.replace('""', '"') for one in _LITERAL.findall(formula)]


def _told(formula: str) -> str:
    """Return what a formula may show: the texts in it, or all of it where it is no more than signs and references."""
    return "\n".join(literals(formula)) or ("" if formula.isascii() or "!" in formula else formula)


def packed(text: str) -> str:
    """Return the text without whitespace: tabs and line ends are elements of their own in these files."""
    return "".join(text.split())


def _is_blob(text: str) -> bool:
    return len(text) > _LONGEST_WORD and text.isascii() and max(map(len, text.split())) > _LONGEST_WORD and "%" not in text


class _Open(NamedTuple):
    """An element whose end has not come yet: its name, and the paragraph in which it stands, or itself where it stands in none."""

    name: str
    paragraph: etree._Element
    within: bool


def _texts(root: etree._Element, place: str) -> Iterator[tuple[str, str]]:
    """Give the texts, those of one paragraph joined; codes of fields and deleted words apart from the words around them."""
    pieces: dict[tuple[str, etree._Element], list[str]] = {}
    around: list[_Open] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            name = short(element)
            begins = name in _PARAGRAPHS
            goes_on = bool(around) and around[-1].within and not begins
            around.append(_Open(name, around[-1].paragraph if goes_on else element, begins or goes_on))
            words = element.text
        else:
            around.pop()
            words = element.tail
        if words and around and not words.isspace():
            name = around[-1].name
            if name not in _MUTE and not name.startswith(_MUTE_PREFIX):
                pieces.setdefault((_TEXT_PLACES.get(name, place), around[-1].paragraph), []).append(_shown(name, words))
    for (found, _), words_ in pieces.items():
        yield found, "".join(words_)


def _shown(name: str, words: str) -> str:
    """Return what the text of an element shows."""
    if name == "c:formatCode":
        return "\n".join(format_words(words))
    return _told(words) if name in _FORMULAS else words


def _attributes(root: etree._Element, place: str) -> Iterator[tuple[str, str]]:
    for element in root.iter():
        if not element.attrib:
            continue
        name = short(element)
        if name in _UNSHOWN:
            continue
        for attribute, value in cast("list[tuple[str, str]]", element.items()):
            said = key(attribute)
            if value.isascii() and said not in _SHOWN and (name not in _ALWAYS or said == "w:name"):
                continue
            if said in _AUTHORS:
                yield "author", value
            elif said not in _USUAL or not _USUAL[said].fullmatch(value):
                yield _SHOWN.get(said) or _BEARERS.get(name, place), "\n".join(format_words(value)) if said == "formatCode" else value
