"""What the text of a main document says that its elements can be held against. Pure; a few facts, never the text itself.

From a reading line by line, or from kept text as one flow; facts that need lines are left open there. The clauses of
GB/T 9704-2012 are those of the layout: 附件说明 7.3.4, 成文日期 7.3.5, 附注 7.3.6, 紧急程度 7.2.2 f.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from archive.reading.reading import Page, Reading

MOST: Final = 30
"""Attachments that are taken off a list."""
_LONGEST: Final = 120
_MOST_PAGES: Final = 60
_HEAD_LINES: Final = 12
_SCANNED: Final = 400_000

Short = Annotated[str, Meta(max_length=200)]


class Said(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What was read off a main document; None and empty for what was not found there or not looked for.

    `annexes` are the titles on the list of attachments, `inside` is how many attachments follow within the document itself, `asks` says
    that it asks for a decision as a 请示 does, `contact` that somebody to call stands in it, `han_date` that the date is in Han figures,
    `whole` that all of its text was read.
    """

    number: Short | None = None
    title: Short | None = None
    kind: Short | None = None
    date_issued: Short | None = None
    signatory: Short | None = None
    annexes: Annotated[tuple[Short, ...], Meta(max_length=MOST)] = ()
    inside: Annotated[int, Meta(ge=0, le=1000)] = 0
    urgency: Annotated[str, Meta(pattern="^(?:特急|加急)?$")] = ""
    asks: bool = False
    contact: bool = False
    han_date: bool = False
    whole: bool = False


_LIST: Final = re.compile(r"^\s*附\s*件\s*[:：]\s*(?P<rest>.*)$")
_ITEM: Final = re.compile(r"^\s*(?P<number>\d{1,2})\s*[.．、]\s*(?P<title>\S.*)$")
_INSIDE: Final = re.compile(r"^\s*附\s*件\s*(?P<number>[0-9０-９一二三四五六七八九十]{0,3})\s*[:：]?\s*$")
_ENDS: Final = re.compile(
    r"^\s*(?:[（(].*|.*\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日\s*|.*(?:人民政府|办公室|委员会|局|党委|中心|站|所))\s*$"
)
_HAN_DATE: Final = re.compile(
    r"^\s*[一二][〇○Ｏ零一二三四五六七八九]{3}\s*年\s*[一二三四五六七八九十]{1,3}\s*月\s*[一二三四五六七八九十廿]{1,3}\s*日\s*$"
)
_ASKS: Final = re.compile(r"(?:妥否|当否|可否|是否妥当|以上请示)[^。]{0,12}(?:批示|批复|审批|指示)|请予(?:批准|批复|审批)[。！]|特此请示")
_CONTACT: Final = re.compile(r"联系(?:人|电话|方式)|[（(][^（()）]{0,20}电话[:：]?\s*\d{3,}")
_URGENT: Final = re.compile(r"^\s*(特\s*急|加\s*急)\s*$")
_LISTED: Final = re.compile(r"附件[:：]\s*1\s*[.．、]\s*(?P<list>.{2,600})")
_ANNEX: Final = re.compile(r"附件\s*\d{1,2}(?=[^\d.．、:：）)]{2})")
_SPLIT: Final = re.compile(r"(?<!\d)\d{1,2}\s*[.．、]\s*(?!\d)")


def of_reading(reading: Reading, guesses: Sequence[tuple[str, str]] = ()) -> Said:
    """Return what a reading says; `guesses` are elements that were read off its layout, by name."""
    pages = [_lines(page) for page in reading.pages[:_MOST_PAGES]]
    lines = [line for page in pages for line in page]
    flow = "".join(line.strip() for line in lines)[:_SCANNED]
    head = pages[0][:_HEAD_LINES] if pages else []
    urgent = next((found[1] for line in head if (found := _URGENT.match(line))), "")
    return Said(
        annexes=_annexes(lines),
        inside=sum(_INSIDE.match(line) is not None for line in lines),
        urgency=re.sub(r"\s", "", urgent),
        asks=_ASKS.search(flow) is not None,
        contact=_CONTACT.search(flow) is not None,
        han_date=any(_HAN_DATE.match(line) for line in lines),
        whole=bool(lines) and len(pages) >= reading.pages[-1].number,
        **{name: value[:200] for name, value in guesses},
    )


def of_text(text: str) -> Said:
    """Return what kept text says, where lines are no more: the list of attachments is taken only where it is numbered."""
    flow = text[:_SCANNED]
    found = _LISTED.search(flow)
    titles = _cut(found["list"]) if found else ()
    return Said(
        annexes=titles,
        inside=len(_ANNEX.findall(flow[found.start("list") :] if found else "")),
        asks=_ASKS.search(flow) is not None,
        contact=_CONTACT.search(flow) is not None,
        whole=True,
    )


def _cut(text: str) -> tuple[str, ...]:
    """Return the titles of a list that runs on: up to what cannot be a title any more."""
    ended = re.split(r"[。；\n]|（联系|(?:19|20)\d\d年\d{1,2}月", text, maxsplit=1)[0]
    titles = [re.sub(r"\s", "", each).strip("，,、") for each in _SPLIT.split(ended)]
    # behind the last title stands, without a mark between them, whoever signs: it alone may be longer than it is
    return tuple(each[:_LONGEST] for each in titles if each)[:MOST]


def _lines(page: Page) -> list[str]:
    lines = page.seen if page.picture is not None and page.seen else page.lines
    return [line.text for line in sorted(lines, key=lambda line: (round(line.y, 2), line.x)) if line.text.strip()]


def _annexes(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the titles on the list of attachments 附件说明: what begins with 附件： and goes on by numbers, over broken lines."""
    for at, line in enumerate(lines):
        found = _LIST.match(line)
        if found is None or not found["rest"].strip():
            continue
        titles: list[str] = []
        for row in (found["rest"], *lines[at + 1 :]):
            item = _ITEM.match(row)
            if item is not None:
                titles.append(item["title"].strip())
            elif not titles:
                titles.append(row.strip())
                if not _ITEM.match(lines[at + 1] if at + 1 < len(lines) else ""):
                    break
            elif _ENDS.match(row) or _INSIDE.match(row) or len(titles[-1]) + len(row) > _LONGEST:
                break
            else:
                titles[-1] += row.strip()
            if len(titles) == MOST:
                break
        return tuple(title[:_LONGEST] for title in titles)
    return ()
