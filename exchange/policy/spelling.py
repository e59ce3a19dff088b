"""The form in which the rules see a text: one spelling for the many ways to write, space out, disguise or encode the same words.

Every step is linear in the text, and whitespace is one space before any pattern looks: a refusal must not cost more than a reading.
"""

import base64
import html
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from archive.reading.legible import repaired

STARS: Final = "★☆✩✪✫✬✭✮✯✰⭐🌟🟊⍟*⋆✱∗✶✴✦✧✹✡✳✲"
WINDOW: Final = 2000
"""Characters of a line that are judged at once; a longer line is judged in windows that overlap."""

_OVERLAP: Final = 200
_FOLDED: Final = str.maketrans(
    "機⺎絕絶祕宻內資號長級屬業務現開啟後間會議結產産國敏電個時",
    "机机绝绝秘密内资号长级属业务现开启后间会议结产产国敏电个时",
)
_FOLDING: Final = re.compile("[" + "".join(map(chr, _FOLDED)) + "]")
_BLANK: Final = re.compile(r"[\s\u2800]+")
_USUAL: Final = re.compile("[ -~\u00b7\u2014\u2018-\u201d\u2026\u2605\u2606\u3001-\u3029\u4e00-\u9fff]*")
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0\ufffc\ufffd")
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf", "Cc", "Co", "Cs", "Cn"})
_ENCLOSED: Final = re.compile("㊙ ?密?")
_GAP: Final = r"[\W_〇]{1,24}"
_SECRET_GAPS: Final = re.compile(
    rf"(?<=[绝机秘解]){_GAP}(?=密)|(?<=密){_GAP}(?=级)|(?<=工){_GAP}(?=作)|(?<=商){_GAP}(?=业)|(?<=[作业]){_GAP}(?=秘)",
)
_INTERNAL_GAPS: Final = re.compile(
    rf"(?<=内){_GAP}(?=部)|(?<=部){_GAP}(?=[资文使刊])|(?<=资){_GAP}(?=料)|(?<=文){_GAP}(?=件)|(?<=使){_GAP}(?=用)|(?<=刊){_GAP}(?=物)",
)
_TURNS: Final = re.compile("[\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_CODED: Final = re.compile("[&+\u200f\u061c\u202a-\u202e\u2066-\u2069]|~\\{")
_UTF7: Final = re.compile(r"\+[A-Za-z0-9+/]{3,}")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def _but(signs: str, first: int, last: int) -> str:
    """Return a range of characters for a class of a pattern, with some signs left out."""
    edges = [first - 1, *sorted(ord(sign) for sign in signs if first <= ord(sign) <= last), last + 1]
    return "".join(f"{chr(low + 1)}-{chr(high - 1)}" for low, high in itertools.pairwise(edges) if low + 1 < high)


_ORDINARY: Final = re.compile(
    rf"[ !-%'-),./0-9:;<=>?@A-BD-Z\[\]a-bd-z\u00b7\u2014\u2018-\u201d\u2026{_but('', 0x3001, 0x3029)}"
    rf"{_but('密' + ''.join(map(chr, _FOLDED)), 0x4E00, 0x9FFF)}，。：；！？（）、％]*"
)


def is_ordinary(text: str) -> bool:
    """Say at once of a text that it is canonical but for its punctuation and cannot bear a level: no 密, no star, no odd sign.

    Most lines are; the full look costs ten times as much.
    """
    return _ORDINARY.fullmatch(text) is not None


def canonical(text: str) -> str:
    """Return the text as the rules see it.

    NFKC (full width, radicals, compatibility forms); GBK repaired, also around what is not seen; combining, invisible and
    private characters removed, traditional and variant characters folded; every run of whitespace is one space, and what
    stands between the characters of a mark's words (up to 24 signs that are neither letter nor digit) is closed.
    """
    text = _ENCLOSED.sub(" 秘密 ", _BLANK.sub(" ", repaired(text)))
    text = unicodedata.normalize("NFKC", text)
    if not _USUAL.fullmatch(text):
        text = "".join(sign for sign in text if sign not in _FILLERS and unicodedata.category(sign) not in _UNSEEN)
        # what is not seen may have stood inside GBK that was read as Latin-1
        text = _BLANK.sub(" ", unicodedata.normalize("NFKC", repaired(text)).translate(_FOLDED))
    elif _FOLDING.search(text):
        text = text.translate(_FOLDED)
    if "密" in text:
        text = _SECRET_GAPS.sub("", text)
    if "内" in text:
        text = _INTERNAL_GAPS.sub("", text)
    return text.strip()


def spellings(text: str) -> Iterator[str]:
    """Give the canonical text, then what it is when turned round, or decoded from UTF-7, HZ or character references."""
    first = canonical(text)
    yield first
    if not _CODED.search(text):
        return
    seen = {first}
    for other in _decoded(text):
        plain = canonical(other)
        if plain not in seen:
            seen.add(plain)
            yield plain


def _decoded(text: str) -> Iterator[str]:
    if _TURNS.search(text):
        yield text[::-1]
    if "&" in text:
        yield html.unescape(text)
    if "+" in text:
        yield _UTF7.sub(lambda run: _from_utf7(run.group()), text)
    if "~{" in text:
        yield _NOT_ASCII.sub(" ", text).encode("ascii").decode("hz", "replace")


def _from_utf7(run: str) -> str:
    digits = run[1:]
    octets = base64.b64decode(digits + "A" * (-len(digits) % 4))
    text = octets[: len(digits) * 6 // 16 * 2].decode("utf-16-be", "replace")
    return text if not text.isascii() else run


def windows(text: str) -> Iterator[str]:
    """Cut a long text into pieces of 2,000 characters; each begins 200 before the one before ends."""
    yield text[:WINDOW]
    for start in range(WINDOW - _OVERLAP, len(text) - _OVERLAP, WINDOW - _OVERLAP):
        yield text[start : start + WINDOW]
