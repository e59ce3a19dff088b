"""Where a mark is found: in a title or file name, in a line of a page, in a text outside the pages.

Each function gives what it finds, in order; what follows from a rule the policy says.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from archive.reading.reading import Line, Page
from exchange.policy import layout, marks
from exchange.policy.found import HEAD, Found
from exchange.policy.labels import MARKING
from exchange.policy.spelling import canonical, is_ordinary, spellings, windows
from schemas.words import Outcome

_CELLS: Final = re.compile(r"\s{2,}|\t|\u3000")
_MAXIMUM_CELLS: Final = 200
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_TAIL: Final = r"(?:[ ,:]{0,4}(?:注意保存|妥善保管|不得外传|请勿外传|严禁外传|仅供\S{0,8}))?"
_NOT_OURS: Final = re.compile("内部|工作秘密|商业秘密|商密|敏感")
_FULL_LINE: Final = 15
_ENDS_SENTENCE: Final = tuple("。!?！？：:；;")
_HEADLIKE: Final = frozenset({"title", "number", "property", "annotation", "form", "stamp", "encoding"})
"""Places that are as telling as the head of page 1."""

_BARE: Final = frozenset({"level-head", "level-line"})
_STARRED: Final = frozenset({"star-head", "star-line"})
_NEAR: Final = 0.01
_LABELLED: Final = re.compile(r"(?i)^msip_label_.{1,60}_name$|sensitivity|classification|securitylabel|密级|保密级别|涉密等级")
_SENSITIVE: Final = re.compile(
    r"(?i)(?<!non)(?<!non-)(?<!non )(?<!un)(?:secret|confidential|restricted|classified)|[绝机]密|(?<!商业)(?<!工作)秘密"
)


def name(text: str, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    """Judge a title, number or one component of a file name: nobody writes a level with a star, or in brackets, by chance there."""
    for whole in spellings(_EXTENSION.sub("", text)):
        for plain in windows(whole):
            yield from _name(plain, markings)


def _name(plain: str, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    starred = marks.STARRED.search(plain)
    if starred:
        before, after = plain[: starred.start()], plain[starred.end() :]
        quoted = before[-1:] in tuple("“\"'‘「《") or after[:1] in tuple("”\"'’」》")
        yield Found("star-sentence" if quoted else "star-line", plain)
    elif marks.bare(plain):
        yield Found("level-head", plain)
    elif marks.bracketed(plain) or (marks.LEADING.search(plain) and marks.one_level(plain)):
        yield Found("name-bracket", plain)
    elif marks.TOKEN.search(plain) and marks.one_level(plain):
        yield Found("name-token", plain)
    else:
        yield from _line(plain, head=True, markings=markings)


def free(place: str, text: str, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    """Judge a text that stands outside the pages, line by line, and as one where a mark may be split over its lines."""
    rows = text.splitlines()
    for row in rows:
        yield from line(row, head=place in _HEADLIKE, markings=markings)
    if len(rows) > 1:
        yield from layout.split([Line(row, 0.0, 1.0 + number, 0.1, 0.02) for number, row in enumerate(rows)], first=False)


def stated(key: str, text: str, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    """Judge one of a file's own properties; the names of sensitivity labels (MSIP_Label_…_Name) are told by their key."""
    found = list(free("property", text, markings))
    yield from found
    if not found and _LABELLED.search(key[:100]) and _SENSITIVE.search(text[:1000]):
        yield Found("label", text)


def page(sheet: Page, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    """Judge what the file itself says of a page: each of its lines, and what only the places of several give away."""
    yield from lines_of(sheet.lines, first=sheet.number == 1, markings=markings)


def lines_of(rows: Sequence[Line], *, first: bool, markings: Mapping[str, Outcome], whole: bool = False) -> Iterator[Found]:
    """Judge lines of one page; `first` says that marks stand in its head, `whole` that no mark is to be put together from pieces."""
    previous, offered, told = "", layout.choices(rows), set[int]()
    for row in rows:
        head = first and row.y < HEAD
        wrapped = len(previous) >= _FULL_LINE and not previous.endswith(_ENDS_SENTENCE)
        found = line(row.text, head=head, wrapped=wrapped, markings=markings if row.y < HEAD else {})
        for each in found:
            if row not in offered or each.rule not in _BARE:
                told |= {round(row.y / _NEAR)} if each.rule in _STARRED else set()
                yield each._replace(y=row.y)
        previous = row.text
    yield from layout.beside(rows, first=first)
    if not whole:
        yield from layout.split(rows, first=first)
    for text, y in layout.joined_rows(rows):
        if told & {round(y / _NEAR) + step for step in (-1, 0, 1)}:
            continue  # the mark was found in one of its lines
        yield from (each._replace(y=y) for each in line(text, head=first and y < HEAD, markings={}) if each.rule in _STARRED)


def line(text: str, *, head: bool, markings: Mapping[str, Outcome], wrapped: bool = False) -> Iterator[Found]:
    """Judge one line; `head` says that it stands where marks stand, `wrapped` that it goes on with the sentence of the line before."""
    if is_ordinary(text) and not any(marking[0] in text for marking in markings):
        return
    cells: list[Found] | None = None
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


def _cells(text: str, *, head: bool, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    """Judge the pieces between wide gaps as lines of their own."""
    cells = _CELLS.split(text, maxsplit=_MAXIMUM_CELLS)
    if len(cells) < 2:  # noqa: PLR2004 - one piece is the line itself
        return
    found: list[Found] = []
    for cell in cells:
        plain = canonical(cell)
        if marks.TELLING.search(plain):
            for piece in windows(plain):
                found += _line(piece, head=head, markings=markings)
    offered = {level for each in found if each.rule in _BARE for level in marks.LEVELS.findall(each.text)}
    yield from (each for each in found if len(offered) < layout.LEVELS or each.rule not in _BARE)


def _line(text: str, *, head: bool, markings: Mapping[str, Outcome], wrapped: bool = False) -> Iterator[Found]:
    where = "head" if head else "line"
    starred = marks.STARRED.search(text)
    if marks.stands_alone(text, starred, head=head) if starred else marks.scattered(text):
        yield Found(f"star-{where}", text)
    elif marks.bare(text) and not (marks.flows(text) and (wrapped or not head)):
        yield Found(f"{'field' if marks.fielded(text) else 'level'}-{where}", text)
    elif marks.fielded(text):
        yield Found(f"field-{where}", text)
    elif marks.ticked(text):
        yield Found("ticked", text)
    elif starred:
        yield Found("star-sentence", text[max(0, starred.start() - 8) :])
    elif marks.HEADING.search(text) or (marks.bracketed(text) and not marks.flows(text)):
        yield Found(f"level-{where}", text)
    elif head and marks.APART.search(text) and marks.one_level(text) and not marks.flows(text):
        yield Found("name-token", text)
    elif marks.ENGLISH.search(text):
        yield Found("english", text)
    elif marks.BEHEADED.fullmatch(text) and not _NOT_OURS.search(text):
        yield Found("star-sentence", text)
    else:
        yield from _marking(text, markings)


def _marking(text: str, markings: Mapping[str, Outcome]) -> Iterator[Found]:
    for marking in markings:
        if marking in text and alone(marking).fullmatch(text):
            yield Found(f"{MARKING}:{marking}", text)


@functools.lru_cache(maxsize=64)
def alone(marking: str) -> re.Pattern[str]:
    """Return what a line is that holds a marking and nothing else."""
    return re.compile(rf"[\[【(〔<《*★]? ?{re.escape(marking)} ?[\]】)〕>》*★]?{_TAIL}[。!]?(?: ?★? ?\d{{1,3}}年)?")
