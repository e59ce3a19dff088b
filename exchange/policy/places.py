"""Where a mark is found: in a title or file name, in a line of a page, split over several, in a text outside the pages.

Each function gives (rule, text) of what it finds, in order; what follows from a rule the policy says.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from archive.reading.reading import Line, Page
from exchange.policy import marks
from exchange.policy.spelling import STARS, canonical, is_ordinary, spellings, windows
from schemas.words import Outcome

Finding = tuple[str, str]

HEAD: Final = 0.30
"""The head zone: the upper 30 % of a page, over its whole width, for old documents bear the mark at the right."""

MARKING: Final = "marking"

_CELLS: Final = re.compile(r"\s{2,}|\t|\u3000")
_MAXIMUM_CELLS: Final = 200
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_TAIL: Final = r"(?:[ ,:]{0,4}(?:注意保存|妥善保管|不得外传|请勿外传|严禁外传|仅供\S{0,8}))?"
_LABEL: Final = re.compile(r"密级(?:[和及与、]保密期限)?[ :]{0,2}")
_NOT_OURS: Final = re.compile("内部|工作秘密|商业秘密|商密|敏感")
_FULL_LINE: Final = 15
_ENDS_SENTENCE: Final = tuple("。!?！？：:；;")
_PIECE_LENGTH: Final = 40
_MAXIMUM_PIECES: Final = 500
_SIGNS: Final = re.compile(rf"[^\w{re.escape(STARS)}]|_")
_BEGINS_PIECE: Final = re.compile(
    rf"[\W_]{{0,{_PIECE_LENGTH}}}[绝絕絶机機⺎秘祕密宻级級件]|[\W_]{{0,{_PIECE_LENGTH}}}(?<=[{re.escape(STARS)}])"
)
_ROW: Final = 0.01
_COLUMN: Final = 0.02
_HEADLIKE: Final = frozenset({"title", "number", "property", "annotation", "form", "stamp", "encoding"})
"""Places that are as telling as the head of page 1."""


def name(text: str, markings: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Judge a title, number or one component of a file name: nobody writes a level with a star, or in brackets, by chance there."""
    for whole in spellings(_EXTENSION.sub("", text)):
        for plain in windows(whole):
            yield from _name(plain, markings)


def _name(plain: str, markings: Mapping[str, Outcome]) -> Iterator[Finding]:
    starred = marks.STARRED.search(plain)
    if starred:
        before, after = plain[: starred.start()], plain[starred.end() :]
        quoted = before[-1:] in tuple("“\"'‘「《") or after[:1] in tuple("”\"'’」》")
        yield ("star-sentence" if quoted else "star-line"), plain
    elif marks.bare(plain):
        yield "level-head", plain
    elif marks.bracketed(plain) or (marks.LEADING.search(plain) and marks.one_level(plain)):
        yield "name-bracket", plain
    elif marks.TOKEN.search(plain) and marks.one_level(plain):
        yield "name-token", plain
    else:
        yield from _line(plain, head=True, markings=markings)


def free(place: str, text: str, markings: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Judge a text that stands outside the pages, line by line, and as one where a mark may be split over its lines."""
    rows = text.splitlines()
    for row in rows:
        yield from line(row, head=place in _HEADLIKE, markings=markings)
    if len(rows) > 1:
        yield from _split([Line(row, 0.0, 1.0 + number, 0.1, 0.02) for number, row in enumerate(rows)], first=False)


def page(sheet: Page, markings: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Judge a page: each of its lines, the cells of a form beside each other, and what is split over lines."""
    previous = ""
    for row in sheet.lines:
        head = sheet.number == 1 and row.y < HEAD
        wrapped = len(previous) >= _FULL_LINE and not previous.endswith(_ENDS_SENTENCE)
        yield from line(row.text, head=head, wrapped=wrapped, markings=markings if row.y < HEAD else {})
        previous = row.text
    yield from _beside(sheet)
    yield from _split(sheet.lines, first=sheet.number == 1)


def line(text: str, *, head: bool, markings: Mapping[str, Outcome], wrapped: bool = False) -> Iterator[Finding]:
    """Judge one line; `head` says that it stands where marks stand, `wrapped` that it goes on with the sentence of the line before."""
    if is_ordinary(text) and not any(marking[0] in text for marking in markings):
        return
    cells: list[Finding] | None = None
    for whole in spellings(text):
        if not marks.TELLING.search(whole):
            yield from _marking(whole, markings)
            continue
        for plain in windows(whole):
            found = list(_line(plain, head=head, markings=markings, wrapped=wrapped))
            if not found or found[0][0] in {"star-sentence", "name-token"}:
                cells = list(_cells(text, head=head, markings=markings)) if cells is None else cells  # once, however long the line
                found = cells or found
            yield from found


def _cells(text: str, *, head: bool, markings: Mapping[str, Outcome]) -> Iterator[Finding]:
    """Judge the pieces between wide gaps as lines of their own."""
    cells = _CELLS.split(text, maxsplit=_MAXIMUM_CELLS)
    if len(cells) < 2:  # noqa: PLR2004 - one piece is the line itself
        return
    for cell in cells:
        plain = canonical(cell)
        if marks.TELLING.search(plain):
            for piece in windows(plain):
                yield from _line(piece, head=head, markings=markings)


def _line(text: str, *, head: bool, markings: Mapping[str, Outcome], wrapped: bool = False) -> Iterator[Finding]:
    where = "head" if head else "line"
    starred = marks.STARRED.search(text)
    if starred and marks.stands_alone(text, starred, head=head):
        yield f"star-{where}", text
    elif marks.bare(text) and not (marks.flows(text) and (wrapped or not head)):
        yield f"{'field' if marks.FIELD.search(text) else 'level'}-{where}", text
    elif marks.FIELD.search(text):
        yield f"field-{where}", text
    elif marks.TICKED.search(text):
        yield "ticked", text
    elif starred:
        yield "star-sentence", text[max(0, starred.start() - 8) :]
    elif marks.HEADING.search(text) or (marks.bracketed(text) and not marks.flows(text)):
        yield f"level-{where}", text
    elif head and marks.APART.search(text) and marks.one_level(text) and not marks.flows(text):
        yield "name-token", text
    elif marks.ENGLISH.search(text):
        yield "english", text
    elif marks.BEHEADED.fullmatch(text) and not _NOT_OURS.search(text):
        yield "star-sentence", text
    else:
        yield from _marking(text, markings)


def _marking(text: str, markings: Mapping[str, Outcome]) -> Iterator[Finding]:
    for marking in markings:
        if marking in text and _alone(marking).fullmatch(text):
            yield f"{MARKING}:{marking}", text


@functools.lru_cache(maxsize=64)
def _alone(marking: str) -> re.Pattern[str]:
    return re.compile(rf"[\[【(〔<《*★]? ?{re.escape(marking)} ?[\]】)〕>》*★]?{_TAIL}[。!]?(?: ?★? ?\d{{1,3}}年)?")


def _beside(sheet: Page) -> Iterator[Finding]:
    """Find 密级 in one cell of a form and the level in the cell to its right."""
    short = [row for row in sheet.lines if len(row.text) <= _PIECE_LENGTH and "密" in row.text]
    if len(short) < 2:  # noqa: PLR2004 - a label and a level
        return
    rows = [(row, canonical(row.text)) for row in short]
    labels = [row for row, text in rows if _LABEL.fullmatch(text)][:_MAXIMUM_CELLS]
    for row, text in rows if labels else ():
        if marks.bare(text) and any(abs(label.y - row.y) < label.height and label.x < row.x for label in labels):
            yield ("field-head" if sheet.number == 1 and row.y < HEAD else "field-line"), text


def _tight(text: str) -> str:
    return _SIGNS.sub("", canonical(text))


def _split(lines: Sequence[Line], *, first: bool) -> Iterator[Finding]:
    """Find a mark that is split over short lines anywhere on a page: side by side, downwards, upwards or aslant.

    Only lines that could be a piece of a mark are looked at, so nothing that stands between them can part them.
    """
    short = (row for row in lines if len(row.text) <= _PIECE_LENGTH and _BEGINS_PIECE.match(row.text))
    found_pieces = ((row, text) for row in short if (text := _tight(row.text)) and marks.PIECE.fullmatch(text))
    pieces = list(itertools.islice(found_pieces, _MAXIMUM_PIECES))
    if len(pieces) < 2:  # noqa: PLR2004 - one piece is no split
        return
    found = next((text for text in _together(pieces) if marks.STARRED.search(text)), None)
    if found is not None:
        yield "split-star", found
        return
    # a level that is whole in its line was judged there; 密级 is the label of a form
    parted = [(row, text) for row, text in pieces if text != "密级" and not marks.LEVELS.search(text)]
    found = next((text for text in _together(parted) if marks.LEVELS.search(text)), None)
    if found is not None:
        head = first and any(row.y < HEAD and set(text) & set("绝机秘") for row, text in pieces)
        yield ("level-head" if head else "split-level"), found


def _together(pieces: Sequence[tuple[Line, str]]) -> list[str]:
    """Return the pieces put together in every order in which they may be meant to be read."""
    rows = _banded(pieces, lambda row: row.y, _ROW)
    columns = _banded(pieces, lambda row: row.x + row.width / 2, _COLUMN)
    edges = _banded(pieces, lambda row: row.x, _COLUMN)
    across = sorted(pieces, key=lambda piece: (rows[id(piece[0])], piece[0].x))
    down = sorted(pieces, key=lambda piece: (columns[id(piece[0])], piece[0].y))
    orders = [list(pieces), across, down]
    orders.append(sorted(pieces, key=lambda piece: (edges[id(piece[0])], piece[0].y)))
    orders.append(sorted(pieces, key=lambda piece: (-columns[id(piece[0])], piece[0].y)))
    orders.append(sorted(pieces, key=lambda piece: piece[0].y))
    orders.append(sorted(pieces, key=lambda piece: piece[0].x))
    joined = ["".join(text for _, text in order) for order in (*orders, *(order[::-1] for order in orders))]
    return list(dict.fromkeys(joined))


def _banded(pieces: Sequence[tuple[Line, str]], measure: Callable[[Line], float], width: float) -> dict[int, int]:
    """Return the number of the band in which each piece stands; neighbours nearer than `width` share one."""
    bands: dict[int, int] = {}
    band, last = 0, float("-inf")
    for row, _ in sorted(pieces, key=lambda piece: measure(piece[0])):
        band += measure(row) - last > width
        last = measure(row)
        bands[id(row)] = band
    return bands
