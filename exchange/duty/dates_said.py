"""By when a document asks for an answer, in its own words. Pure; a guess that a person confirms, never a fact.

Read are dates that stand before 前, 之前, 止 and the like, after 截止 or 不迟于, and spans that begin with the reception 收到后3个工作日内.
What was done, what a meeting is called for and how far a plan reaches are dates too: a date counts the more the nearer it stands to words
that ask for an answer.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from exchange.duty.working_days import MOST_DAYS, OfficeClock
from schemas.instants import BEIJING

MOST_SIGNS: Final = 200_000
"""How much of a document is looked through."""


class Said(NamedTuple):
    """A day, the words that say it, the number of the line in which they begin, and whether it comes again every month."""

    day: date
    words: str
    line: int
    monthly: bool = False


_HAN: Final = "〇○零一二三四五六七八九十廿两"
_WIDE: Final = str.maketrans("０１２３４５６７８９：（）．／－○零两", "0123456789:()./-〇〇二")
_FIGURE: Final = str.maketrans("〇一二三四五六七八九", "0123456789")
_NUMBER: Final = rf"(?:\d{{1,3}}|[{_HAN}]{{1,4}})"
_WEEKDAYS: Final = {sign: place for signs in ("一二三四五六日", "1234567") for place, sign in enumerate(signs)} | {"天": 6, "末": 4}

_DAY: Final = (
    r"(?:"
    rf"(?P<year>20\d\d|二〇[{_HAN}]{{2}})[年./-](?P<month>{_NUMBER})[月./-](?P<day>{_NUMBER})[日号]?"
    rf"|(?P<near_year>今年|本年|明年)?(?P<near_month>{_NUMBER})月(?:份)?(?P<near_day>{_NUMBER})[日号]"
    r"|(?P<dot_month>1?\d)[./](?P<dot_day>[123]?\d)(?=前|之前|以前)"
    rf"|(?P<cycle>每月|每个月|次月|下月|下个月|当月|本月)(?:的)?(?P<cycle_day>{_NUMBER})[日号]"
    rf"|(?P<end_year>20\d\d年|二〇[{_HAN}]{{2}}年|今年|本年|明年)?(?P<end_month>{_NUMBER}|本|当|下个?|每)月(?:份|月)?(?:底|末)"
    r"|(?P<whole_year>今年|本年|20\d\d年)?(?:度)?年(?:底|末)"
    r"|(?P<week>本周|这周|下周|下个星期|本星期|下星期)(?P<weekday>[一二三四五六日天末])"
    r"|(?P<step>今天|今日|当日|当天|即日|明天|明日|次日|后天)"
    rf"|(?P<bare_day>\d{{1,2}})[日号]"
    r")"
)
_BESIDE: Final = (
    r"(?:\([^()]{1,14}\)|(?:星期|周)[一二三四五六日天])?"
    r"(?:(?:早上|上午|中午|下午|晚上|晚)?(?:(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:[:时点](?:\d{1,2}分?|整|半)?)?)?(?:下班|上班)?)?"
)
_BEFORE: Final = r"(?:之前|以前|前|止|为止|截止|内)"
_AHEAD: Final = (
    r"(?:截止(?:时间|日期|期限)?(?:为|是|到|至|[:,，])?|(?:不得?|不应)(?:迟|晚)于"
    r"|最(?:迟|晚)(?:于|在)?|(?:时限|期限|限期|限)(?:为|至|到|于|在|[:])?)"
)
_VERBS: Final = r"(?:将|把|报|上报|反馈|报送|提交|送|回复|函复|填报|发至|交)"

_UNTIL: Final = re.compile(rf"(?P<ahead>{_AHEAD})?{_DAY}{_BESIDE}(?P<before>{_BEFORE})?")
_SPAN: Final = re.compile(
    rf"(?P<from>(?:自|从)?收到(?:本|此|该)?(?:通知|文|文件|函|公文|来文|件)?(?:之日起|之日|起|后|之后)?|(?:自|从)?(?:本|此)?(?:通知|文件|文|函)?(?:印发|下发|发布|收文|接文|发文|接到通知)(?:之日起|之日|起|后|之后|当日起)?)"
    rf"[的,，]?(?P<count>{_NUMBER})(?P<unit>个?工作日|个?自然日|日|天|个?小时)(?:之内|以内|内)"
)
_PLAIN_SPAN: Final = re.compile(rf"(?:请|须|应|务必|务请)在?(?:于)?(?P<count>{_NUMBER})(?P<unit>个?工作日|日|天|个?小时)(?:之内|以内|内)")
_ASKED: Final = re.compile(
    r"报送|上报|反馈|报至|报到|回复|复函|函复|答复|提交|回执|报名|填报|报告|书面|发至|发送至|邮箱|送至|报我|报县|汇总|交至|送交|报|交"
)
_DONE: Final = re.compile(r"^(?:已|已经|完成了|共|累计|,?全[县镇]共|出生|参加工作|取得|登记在册|签订|建成)")
_MERE: Final = re.compile(r"(?:截至|截止目前|自|从|定于|兹定于|决定于|至|在|以|—|－|-|~|～)$")
_PLANNED: Final = re.compile(r"^[^。;；]{0,12}(?:完成|建成|实现|达到|开工|竣工|整改到位|落实到位|召开|举行|举办|开展)")
_CALLED: Final = re.compile(r"(?:请|务必|务|须|应|望|要求)(?:各[^。，,]{1,12})?(?:务必)?(?:于|在)$")
_LEAST: Final = 2


def propose(lines: Sequence[str], issued: date, clock: OfficeClock | None = None) -> Said | None:
    """Return by when an answer is asked for, None when nothing says so.

    `issued` is the day from which what is relative counts: the date of the document, or the day on which it came. What lies before it
    is no deadline. Of several dates the one that most looks like it is taken, and of those the first.
    """
    found = list(_found(lines, issued, clock or OfficeClock()))
    score, _, said = max(found, key=lambda each: (each[0], each[1]), default=(0, 0, None))
    return said if score >= _LEAST else None


def _found(lines: Sequence[str], issued: date, clock: OfficeClock) -> Iterator[tuple[int, int, Said]]:
    text, starts = _joined(lines)
    for pattern in (_SPAN, _PLAIN_SPAN):
        for match in pattern.finditer(text):
            day = _span_end(match, issued, clock)
            if day is not None:
                yield 3 + _asks(text, match.end()), -match.start(), Said(day, match.group(), _line(starts, match.start()))
    for match in _UNTIL.finditer(text):
        day = _day(match, issued)
        if day is None or day < issued:
            continue
        score = _score(text, match)
        words = match.group().strip("，,:")
        yield (
            score,
            -match.start(),
            Said(day, words, _line(starts, match.start()), (match["cycle"] or match["end_month"] or "").startswith("每")),
        )


def _joined(lines: Sequence[str]) -> tuple[str, list[int]]:
    """Return the lines as one text without spaces, figures in ASCII, and where each begins: sentences go over lines."""
    starts, pieces, length = [], [], 0
    for line in lines:
        piece = re.sub(r"\s", "", line.translate(_WIDE))
        starts.append(length)
        pieces.append(piece)
        length += len(piece)
        if length > MOST_SIGNS:
            break
    return "".join(pieces)[:MOST_SIGNS], starts


def _line(starts: Sequence[int], place: int) -> int:
    return max(at for at, start in enumerate(starts) if start <= place)


def _score(text: str, match: re.Match[str]) -> int:
    """Say how much a date looks like a deadline."""
    before, after = text[max(0, match.start() - 16) : match.start()], text[match.end() : match.end() + 60]
    marked = bool(match["ahead"] or match["before"])
    called = _CALLED.search(before) is not None
    if _DONE.match(after) or (_MERE.search(before) and not called):
        return 0
    if not marked:
        return 2 + _asks(text, match.end()) if called and re.match(_VERBS, after) else 0
    if match["bare_day"] and match["before"] in (None, "内"):
        return 0
    planned = _PLANNED.match(after) is not None and _asks(text, match.end()) < 2  # noqa: PLR2004 - near
    return 3 + called + 2 * _asks(text, match.end()) - 2 * planned


def _asks(text: str, place: int) -> int:
    """Say how near behind a date an answer is asked for: 2 in the same clause, 1 in the same sentence, 0 else."""
    sentence = re.split(r"[。;；]", text[place : place + 80], maxsplit=1)[0]
    found = _ASKED.search(sentence)
    return 0 if found is None else 2 if found.start() <= 30 else 1  # noqa: PLR2004 - a clause


def _span_end(match: re.Match[str], issued: date, clock: OfficeClock) -> date | None:
    count, unit = _number(match["count"]), match["unit"].removeprefix("个")
    if not 0 < count <= MOST_DAYS:
        return None
    if unit == "工作日":
        return clock.add_working_days(datetime.combine(issued, time(0), BEIJING).astimezone(UTC), count).astimezone(BEIJING).date()
    return issued + (timedelta(hours=count) if unit == "小时" else timedelta(days=count))


def _day(match: re.Match[str], issued: date) -> date | None:
    """Return the day that words say, None where there is no such day."""
    try:
        return _said(match, issued)
    except ValueError:
        return None


def _said(match: re.Match[str], issued: date) -> date | None:  # noqa: PLR0911 - one way of saying it a line
    if match["year"]:
        return date(_year(match["year"]), _number(match["month"]), _number(match["day"]))
    if match["near_month"]:
        return _coming(issued, _number(match["near_month"]), _number(match["near_day"]), match["near_year"])
    if match["dot_month"]:
        return _coming(issued, int(match["dot_month"]), int(match["dot_day"]), None)
    if match["cycle"]:
        return _in_month(issued, match["cycle"], _number(match["cycle_day"]))
    if match["end_month"]:
        return _month_end(issued, match["end_month"], match["end_year"])
    if match["week"]:
        monday = issued - timedelta(days=issued.weekday()) + timedelta(days=7 * match["week"].startswith("下"))
        return monday + timedelta(days=_WEEKDAYS[match["weekday"]])
    if match["step"]:
        return issued + timedelta(days={"明天": 1, "明日": 1, "次日": 1, "后天": 2}.get(match["step"], 0))
    if match["bare_day"]:
        return _in_month(issued, "每月", int(match["bare_day"]))
    return date(_near_year(match["whole_year"], issued), 12, 31)


def _coming(issued: date, month: int, day: int, year: str | None) -> date:
    """Return a day without a year: this year's, or the next one's when that lies well behind us."""
    if year:
        return date(_near_year(year, issued), month, day)
    this = date(issued.year, month, day)
    return this if this >= issued - timedelta(days=180) else date(issued.year + 1, month, day)


def _near_year(words: str | None, issued: date) -> int:
    if words and words not in ("今年", "本年", "明年"):
        return _year(words.removesuffix("年"))
    return issued.year + (words == "明年")


def _in_month(issued: date, month: str, day: int) -> date:
    """Return the day of this month or the next; 每月 is the first that is still to come, and a 31st its month's last."""
    for step in (1,) if month.startswith(("次", "下")) else (0, 1):
        year, number = _month(issued, step)
        if not 1 <= day <= 31:  # noqa: PLR2004 - a month
            raise ValueError(day)
        found = date(year, number, min(day, monthrange(year, number)[1]))
        if found >= issued or not month.startswith("每"):
            return found
    return found


def _month(issued: date, step: int) -> tuple[int, int]:
    months = issued.year * 12 + issued.month - 1 + step
    return months // 12, months % 12 + 1


def _month_end(issued: date, month: str, year: str | None) -> date:
    if month in ("本", "当", "每", "下", "下个"):
        found = _month(issued, int(month.startswith("下")))
    else:
        number = _number(month)
        found = (_near_year(year, issued) if year else _coming(issued, number, 28, None).year, number)
    return date(*found, monthrange(*found)[1])


def _year(text: str) -> int:
    return int(text.translate(_FIGURE))


def _number(text: str) -> int:
    """Return a number that is written in figures of either kind, up to 999."""
    if text.isdigit() and text.isascii():
        return int(text)
    tens, ten, ones = text.replace("廿", "二十").partition("十")
    first = int(tens.translate(_FIGURE)) if tens else 1
    return first * 10 + (int(ones.translate(_FIGURE)) if ones else 0) if ten else int(text.translate(_FIGURE))
