"""What a document says of itself: number, title, kind, date and signatory, read off its layout. Pure; guesses, never facts.

The layout is that of GB/T 9704-2012: the number 发文字号 stands alone on a line beneath the red head (7.2.5), 签发人 beside it
(7.2.6), the title in the largest letters of the page between them and the line of addressees 主送机关 (7.3.1, 7.3.2), the date
成文日期 on a line of its own beneath the body (7.3.5.4). Other materials keep to it more or less. A person confirms each guess.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from archive.reading.reading import Line, Page, Reading
from schemas.words import NUMBER, STATUTORY, Kind

MOST_PAGES: Final = 60
"""Pages among which the date is looked for."""

_TITLE_ZONE: Final = 0.62
_ALIKE: Final = 0.12
_NEXT: Final = 3.2
_LONGEST_TITLE: Final = 120
_MOST_LINES: Final = 5
_SHORTEST: Final = 4
_HIGH: Final = 4
"""Lines among which the title is where all letters are of one size."""

_SIGNATURE: Final = re.compile(r"签\s*发\s*人\s*[:：]?\s*((?:[\u4e00-\u9fff·]\s?){2,4})(?![\u4e00-\u9fff])")
_SPACED: Final = re.compile(r"(?<=[\u4e00-\u9fff〔〕《》（）\d]) (?=[\u4e00-\u9fff〔〕《》（）\d])")
"""Some programs set figures as wide as Han signs; what is read then has gaps in it."""

_SIGNED: Final = re.compile(r"签\s*发\s*人.*$")
_NUMBERED: Final = re.compile(
    r"(?P<code>[^\s\d〔〕\[\]【】()（）<>&\"'：:，,。、]{1,24}) ?[〔\[【(（［﹝〈<] ?(?P<year>(?:19|20)\d\d) ?[〕\]】)）］﹞〉>]"
    r" ?第? ?0*(?P<serial>[1-9]\d{0,4}) ?号"
)
_BESIDE_NUMBER: Final = 6
_DAY: Final = re.compile(r"(?P<year>(?:19|20)\d\d) ?年 ?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?日")
_HAN_DAY: Final = re.compile(
    r"(?P<year>[一二][〇○Ｏ零一二三四五六七八九]{3}) ?年 ?(?P<month>[一二三四五六七八九十]{1,3}) ?月 ?"
    r"(?P<day>[一二三四五六七八九十廿]{1,3}) ?日"
)
_FIGURES: Final = str.maketrans("〇○Ｏ零一二三四五六七八九", "0000123456789")
_ADDRESSEES: Final = re.compile(r"^[^。；;?？!！]{2,80}[:：]$")
_LABELS: Final = re.compile(r"^(?:附件|附|签发人|抄送|联系人|主题词|密级|份号|填报单位|注|备注|报|送|一|二|三)[\d、]{0,3} ?[:：]")
_OFFICE: Final = re.compile(r"(?:政府|办公室|委员会|党委|局|站|室|部|院|会|中心|所|队|指挥部|领导小组|办)(?:文件)?$")
_ISSUE: Final = re.compile(r"第? ?\d{1,4} ?期|会议材料之")
_NOISE: Final = re.compile(r"^(?:\d{4,8}|特急|加急|平急|急件|[—\-_=·. ]+|第?\s*\d+\s*页?|[—\- ]*\d+[—\- ]*)$")
_BRACKETS: Final = re.compile(r"[（(][^（）()]{1,12}[)）]$")
_OF_KIND: Final = {
    "统计表": Kind.STATISTICS, "情况表": Kind.STATISTICS, "汇总表": Kind.STATISTICS, "报表": Kind.STATISTICS, "台账": Kind.STATISTICS,
    "调研报告": Kind.RESEARCH, "调研与思考": Kind.RESEARCH, "调研": Kind.RESEARCH, "回执": Kind.REPLY_FORM, "名单公示": Kind.NAME_LIST,
    "名单": Kind.NAME_LIST, "花名册": Kind.NAME_LIST, "发言": Kind.MEETING, "讲话": Kind.MEETING, "议程": Kind.MEETING,
    "会议材料": Kind.MEETING, "工作总结": Kind.SUMMARY, "总结": Kind.SUMMARY, "工作方案": Kind.PLAN, "方案": Kind.PLAN,
    "计划": Kind.PLAN, "简报": Kind.BULLETIN, "便函": Kind.NOTE, "信息": Kind.INFORMATION,
} | {kind.zh: kind for kind in Kind if kind in STATUTORY}  # fmt: skip
"""What a title ends in, and the kind that this says."""


class Guess(NamedTuple):
    """A value, and where it was read: the page, and how far down as a fraction of it; `words` where they say it otherwise."""

    value: str
    page: int
    y: float
    words: str = ""


class Guesses(NamedTuple):
    """What was read off a document; None for what was not found. `kind` holds the code of a `Kind`, the date is ISO 8601."""

    number: Guess | None = None
    title: Guess | None = None
    kind: Guess | None = None
    date_issued: Guess | None = None
    signatory: Guess | None = None
    respond_by: Guess | None = None


def guess(reading: Reading) -> Guesses:
    """Read off what can be read, all but by when an answer is asked for. Files inside the document are not looked at."""
    if not reading.pages:
        return Guesses()
    first = reading.pages[0]
    lines = [row for row in rows(first) if row.text.strip()]
    at, number = _number(lines, first.number)
    title = _title(lines, at, first.number)
    return Guesses(number, title, _kind(lines, title, number), _date(reading.pages[:MOST_PAGES]), _signatory(lines, first.number))


def written_number(reading: Reading) -> str:
    """Return the number as it stands on the document, its brackets and zeros as they are; empty where none was found."""
    found = _numbered(rows(reading.pages[0])) if reading.pages else None
    return "" if found is None else found[1].group()


def rows(page: Page) -> list[Line]:
    """Return the lines of a page from above to below; of a picture those that were recognised."""
    lines = page.seen if page.picture is not None and page.seen else page.lines
    return sorted(lines, key=lambda line: (round(line.y, 2), line.x))


def _number(rows: Sequence[Line], page: int) -> tuple[int | None, Guess | None]:
    """Return the place and value of the number."""
    found = _numbered(rows)
    return (None, None) if found is None else (found[0], Guess(_as_it_should_be(found[1]), page, rows[found[0]].y))


def _numbered(rows: Sequence[Line]) -> tuple[int, re.Match[str]] | None:
    """Return the place and the words of the number that stands on a line by itself, or beside 签发人."""
    for at, row in enumerate(rows):
        if row.y > _TITLE_ZONE:
            break
        text = _SPACED.sub("", _SIGNED.sub("", row.text)).strip()
        found = _NUMBERED.search(text)
        if found is None or len(text) - len(found.group()) > _BESIDE_NUMBER or "《" in text or "。" in text:
            continue
        if NUMBER.fullmatch(_as_it_should_be(found)):
            return at, found
    return None


def _as_it_should_be(found: re.Match[str]) -> str:
    return f"{found['code']}〔{found['year']}〕{found['serial']}号"


def _title(rows: Sequence[Line], number: int | None, page: int) -> Guess | None:
    """Return the title: the line that most looks like one, with those of the same size around it."""
    end = next((at for at, row in enumerate(rows) if at > (number or 0) and _is_addressees(row.text.strip())), len(rows))
    zone = [row for row in rows[(0 if number is None else number + 1) : end] if row.y < _TITLE_ZONE and not _is_noise(row.text.strip())]
    if not zone:
        return None
    largest = max((row.height for row in zone if not row.text.strip().endswith("文件")), default=0.0)
    smallest = min(row.height for row in rows)
    varied = largest > (1 + _ALIKE) * smallest
    scored = [(_score(row, at, largest, varied=varied, last=row is zone[-1]), -at) for at, row in enumerate(zone)]
    score, place = max(scored)
    if score < 0:
        return None
    lines = _around(zone, -place, varied=varied)
    text = "".join(row.text.strip() for row in lines)
    return Guess(_SPACED.sub("", text)[:_LONGEST_TITLE], page, lines[0].y)


def _score(row: Line, place: int, largest: float, *, varied: bool, last: bool) -> int:
    """Say how much a line looks like a title: by its words, its size where sizes differ, and where it stands."""
    text = row.text.strip()
    score = 3 * ("关于" in text and not text.endswith("。")) + 2 * (_kind_of(text) is not None) + last
    score += 4 * (varied and row.height > (1 - _ALIKE) * largest)
    score -= 3 * (_OFFICE.search(text) is not None and "关于" not in text) + 4 * (_ISSUE.search(text) is not None)
    score -= 6 * (_DAY.fullmatch(text) is not None or len(text) < _SHORTEST) + 2 * (not varied and place >= _HIGH)
    return score - 3 * ("。" in text or text.endswith(("，", "、", "；"))) - 2 * (row.text.startswith("\u3000\u3000"))


def _around(zone: Sequence[Line], at: int, *, varied: bool) -> list[Line]:
    """Return the line with those before and after it that belong to the same title: of its size, and near."""
    lines = [zone[at]]
    if not varied:
        return lines
    for step in (-1, 1):
        place = at + step
        while 0 <= place < len(zone) and len(lines) < _MOST_LINES:
            other, beside = zone[place], lines[0] if step < 0 else lines[-1]
            if abs(other.height - beside.height) > _ALIKE * beside.height or abs(other.y - beside.y) > _NEXT * beside.height:
                break
            if _ISSUE.search(other.text) or (step < 0 and _OFFICE.search(other.text.strip()) and other.text.strip().endswith("文件")):
                break
            lines = [other, *lines] if step < 0 else [*lines, other]
            place += step
    return lines


def _is_addressees(text: str) -> bool:
    return _ADDRESSEES.match(text) is not None and _LABELS.match(text) is None and "关于" not in text


def _is_noise(text: str) -> bool:
    return _NOISE.match(text) is not None or _LABELS.match(text) is not None


def _kind_of(text: str) -> Kind | None:
    plain = _BRACKETS.sub("", text.strip())
    ends = [word for word in _OF_KIND if plain.endswith(word)]
    return _OF_KIND[max(ends, key=len)] if ends else None


def _kind(rows: Sequence[Line], title: Guess | None, number: Guess | None) -> Guess | None:
    """Return the kind that the title ends in; 便函 in the number, or the head of a bulletin, says more than the title."""
    if title is None:
        return None
    kind = _kind_of(title.value)
    if number is not None and "便函" in number.value:
        kind = Kind.NOTE
    if number is None:
        heads = " ".join(row.text for row in rows[:6])
        said = next((word for word in ("调研报告", "会议材料", "简报") if word in heads and word not in title.value), "")
        issue = re.search(r"第 ?\d{1,4} ?期", heads)
        said = said or ("简报" if issue and kind is None else "")
        kind = _OF_KIND[said] if said and kind is None else kind
    return None if kind is None else Guess(kind.value, title.page, title.y)


def _date(pages: Sequence[Page]) -> Guess | None:
    """Return the first date that stands alone on a line beneath the head; failing that, the one of printing 印发."""
    printed, body = None, False
    for page in pages:
        for row in rows(page):
            body = body or "。" in row.text
            text = re.sub(r"\s", "", row.text)
            found = _DAY.search(text) or _HAN_DAY.search(text)
            if found is None:
                continue
            value = _iso(found)
            alone = found.start() == 0 and len(text) - len(found.group()) <= 1
            if value and alone and body:  # above the body a date is another's
                return Guess(value, page.number, row.y)
            if value and text.endswith("印发") and printed is None:
                printed = Guess(value, page.number, row.y)
    return printed


def _iso(found: re.Match[str]) -> str:
    """Return the date as ISO 8601, nothing where there is no such day."""
    try:
        if found.re is _DAY:
            return date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()
        return date(int(found["year"].translate(_FIGURES)), _small(found["month"]), _small(found["day"])).isoformat()
    except ValueError:
        return ""


def _small(text: str) -> int:
    """Return a number up to 39 that is written in Han figures."""
    tens, ten, ones = text.replace("廿", "二十").partition("十")
    first = int(tens.translate(_FIGURES)) if tens else 1
    return first * 10 + (int(ones.translate(_FIGURES)) if ones else 0) if ten else first


def _signatory(rows: Sequence[Line], page: int) -> Guess | None:
    for row in rows:
        found = _SIGNATURE.search(row.text)
        if found and row.y < _TITLE_ZONE:
            return Guess(re.sub(r"\s", "", found.group(1)), page, row.y)
    return None
