"""Pages that are pictures: what must have been looked at, and what is judged of that which was recognised.

Recognised lines are judged by the same rules as any others, and once more with what recognition is known to misread put right.
What the file claims to show there is judged as well, by `places.page`: it may be a lie, and then it is one to be told.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from archive.reading.reading import Line, Page, Reading, within
from exchange.policy import layout, places, recognised
from exchange.policy.found import HEAD, Found
from exchange.policy.spelling import canonical
from schemas.problems import Problem, ProblemType
from schemas.words import Outcome

LEAST_WHOLE: Final = 8
LEAST_HEAD: Final = 2
"""Characters that must have been recognised on the first page of a main document, in all of it and in its head."""

_LAYER: Final = 10
_ALIKE: Final = 0.4
_PRINTED: Final = re.compile(r"[^\W_]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_DATED: Final = re.compile(r"\d{4}")
_SECRET: Final = re.compile("[密蜜宓绝秘]")


def require_inspected(name: str, reading: Reading, *, main: bool) -> None:
    """Refuse what was not inspected: empty text is never clean text.

    Raises Problem DOCUMENT_WITHOUT_TEXT for a picture that nobody looked at, and for a file (inside another one, too) without a
    word unless it is pictures that were looked at as a whole; SCAN_ILLEGIBLE for a main document's first page without words.
    """
    for path, part in within(reading, name):
        for page in part.pages:
            if page.picture is not None and not page.look:
                raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"{path}: page {page.number} was not looked at")
        if wordless(part) or not (part.pages or part.parts):
            raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, path)
    if main and reading.pages and _illegible(reading.pages[0]):
        raise Problem(ProblemType.SCAN_ILLEGIBLE, f"{name}: page {reading.pages[0].number}")


def wordless(reading: Reading) -> bool:
    """Say of one file, not of those inside it, that it has pages, no word at all, and not all of it was looked at as a whole.

    Before it is judged every page of it must be: photographs are ordinary work, a blank head tells nothing of the rest.
    """
    if not reading.pages or any(line.text.strip() for page in reading.pages for line in (*page.lines, *page.seen)):
        return False
    return not all(page.picture is not None and page.look == "whole" for page in reading.pages)


def _illegible(page: Page) -> bool:
    if page.picture is None or page.picture.reason == "head":
        return False
    count = sum(len(_PRINTED.findall(line.text)) for line in page.seen)
    return count < (LEAST_WHOLE if page.look == "whole" else LEAST_HEAD)


def page(sheet: Page, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    """Judge what was recognised on a page, and whether the hidden text of a scan says the same."""
    if sheet.picture is None or not sheet.seen:
        return
    first = sheet.number == 1
    found = places.lines_of(sheet.seen, first=first, markings=markings, whole=True)
    yield from (each for each in found if not _is_seal(each))
    offered = layout.choices(sheet.seen)
    alone = ((row.text, row.y) for row in sheet.seen if row not in offered)
    for text, y in (*alone, *layout.joined_rows(sheet.seen)):
        for mended in recognised.mended(text):
            yield from (each._replace(y=y) for each in places.line(mended, head=first and y < HEAD, markings={}))
    yield from layout.split(recognised.pieces(sheet.seen), first=first)
    if sheet.picture.reason == "scan" and _differs(sheet):
        yield Found("layer-differs", " ".join(line.text for line in sheet.lines if line.y < HEAD), 0.0)


def _is_seal(found: Found) -> bool:
    """Say whether a star and a date are but the star of a seal that was set over the date, as every sealed paper has it."""
    return found.rule == "star-sentence" and _DATED.search(found.text) is not None and not _SECRET.search(found.text)


def _differs(sheet: Page) -> bool:
    """Compare the characters of both heads; a layer that is empty, or is no Chinese at all, hides nothing: what is seen is judged."""
    claimed, seen = _characters(sheet.lines), _characters(sheet.seen)
    if min(claimed.total(), seen.total()) < _LAYER:
        return False
    return (claimed & seen).total() < _ALIKE * min(claimed.total(), seen.total())


def _characters(lines: tuple[Line, ...]) -> Counter[str]:
    return Counter(sign for line in lines if line.y < HEAD for sign in _HAN.findall(canonical(line.text)))
