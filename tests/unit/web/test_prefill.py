"""What is read off documents: by the tuning half's papers in several carriers, and by lines that are hard to tell."""

import asyncio
import re
from collections import Counter
from typing import Final

import pytest
from policy.carriers import BY_NAME, MEDIA
from policy.decide import decide
from policy.papers import Paper, Template
from policy.templates_tuning import TEMPLATES

from archive.reading.reading import Line, Page, Picture, Reading
from archive.reading.sandbox import Sandbox
from exchange.elements.layout import Guesses
from exchange.intake.prefill import guess
from exchange.policy.rules import load
from schemas.words import Kind

CARRIERS: Final = ("pdf embedded font", "ofd text", "docx paragraph", "txt UTF-8")
LEAST: Final = 0.95
_KINDS: Final = {kind.zh: kind.value for kind in Kind}


def expected(template: Template) -> dict[str, str | None]:
    """Return what stands on a paper; None where it has no such element."""
    found = re.fullmatch(r"(\d{4})年(\d{1,2})月(\d{1,2})日", template.date)
    numbered = re.fullmatch(r".+〔\d{4}〕\d+号", template.number)
    return {
        "number": template.number if numbered else None,
        "title": template.title,
        "kind": _KINDS.get(template.kind),
        "date_issued": f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None,
        "signatory": None,
    }


def test_elements_are_read_off_the_papers_of_the_tuning_half() -> None:
    async def read() -> list[tuple[str, Template, Guesses]]:
        sandbox, policy, found = Sandbox(), load("usual"), []
        await sandbox.start()
        try:
            for name in CARRIERS:
                carrier = BY_NAME[name]
                for template in TEMPLATES:
                    file = f"a.{carrier.ending}"
                    decision = await decide(sandbox, None, policy, file, MEDIA[carrier.ending], carrier.make(Paper(template)))
                    assert decision.reading is not None
                    found.append((name, template, guess(decision.reading)))
        finally:
            await sandbox.stop()
        return found

    right: Counter[tuple[str, str]] = Counter()
    all_: Counter[tuple[str, str]] = Counter()
    for carrier, template, guesses in asyncio.run(read()):
        for name, value in expected(template).items():
            told = getattr(guesses, name)
            all_[carrier, name] += 1
            right[carrier, name] += (None if told is None else told.value) == value
    for carrier, name in all_:
        print(f"{carrier:20} {name:12} {right[carrier, name]:3} of {all_[carrier, name]}")
    assert {key: right[key] for key in all_ if right[key] < LEAST * all_[key]} == {}


def paper(*rows: tuple[str, float, float], page: int = 1, height: float = 0.02) -> Page:
    """Return a page of lines (text, y, height); a height of 0 is the usual one."""
    return Page(page, tuple(Line(text, 0.1, y, 0.8, size or height) for text, y, size in rows))


def read_off(*pages: Page) -> dict[str, str]:
    found = guess(Reading(format="pdf", pages=pages))
    return {name: each.value for name, each in found._asdict().items() if each is not None}


HEAD: Final = (("城关镇人民政府文件", 0.25, 0.04), ("城政发〔2026〕12号", 0.33, 0), ("城关镇人民政府关于防汛工作情况的报告", 0.4, 0.03))


def test_the_signatory_stands_beside_the_number_of_an_upward_paper() -> None:
    found = read_off(paper(HEAD[0], ("城政发〔2026〕12号          签发人：张 三", 0.33, 0), HEAD[2], ("县人民政府：", 0.5, 0)))
    assert (found["number"], found["signatory"]) == ("城政发〔2026〕12号", "张三")
    assert found["title"] == "城关镇人民政府关于防汛工作情况的报告"


@pytest.mark.parametrize("number", ["城政发[2026]12号", "城政发（2026）第12号", "城政发【2026】012号", "城 政 发 〔 2026 〕 12 号"])
def test_a_number_in_other_brackets_is_put_into_its_form(number: str) -> None:
    assert read_off(paper(HEAD[0], (number, 0.33, 0), HEAD[2]))["number"] == "城政发〔2026〕12号"


def test_a_number_that_a_sentence_names_is_another_papers() -> None:
    found = read_off(
        paper(("关于协助工作的函", 0.2, 0.03), ("县水利局：", 0.3, 0), ("你局《关于检查的通知》（临水发〔2026〕3号）收悉。", 0.35, 0))
    )
    assert "number" not in found


@pytest.mark.parametrize(
    ("date", "value"),
    [
        ("二〇二六年三月十二日", "2026-03-12"),
        ("二○二六年十月三十一日", "2026-10-31"),
        ("二零二五年十二月二十日", "2025-12-20"),
        ("2026 年 4 月 8 日", "2026-04-08"),
        ("2026年2月30日", None),
    ],
)
def test_the_date_may_be_written_in_han_figures(date: str, value: str | None) -> None:
    found = read_off(
        paper(*HEAD, ("县人民政府：", 0.5, 0), ("现将有关情况报告如下。", 0.55, 0), ("城关镇人民政府", 0.7, 0), (date, 0.74, 0))
    )
    assert found.get("date_issued") == value


def test_the_date_beneath_the_body_is_taken_and_not_those_of_an_annex() -> None:
    first = paper(*HEAD, ("现将有关情况报告如下。", 0.55, 0), ("2026年4月8日", 0.74, 0))
    annex = paper(("附件", 0.1, 0), ("2025年12月31日", 0.2, 0), page=2)
    assert read_off(first, annex)["date_issued"] == "2026-04-08"


def test_failing_a_date_of_its_own_the_day_of_printing_is_taken() -> None:
    page = paper(*HEAD, ("现将有关情况报告如下。", 0.55, 0), ("城关镇党政办公室    2026年4月9日印发", 0.93, 0))
    assert read_off(page)["date_issued"] == "2026-04-09"


def test_a_title_over_several_lines_is_one() -> None:
    rows = (
        *HEAD[:2],
        ("城关镇人民政府关于印发《2026年度森林草原防灭火", 0.4, 0.03),
        ("工作方案》的通知", 0.44, 0.03),
        ("各村（居）民委员会：", 0.5, 0),
    )
    found = read_off(paper(*rows))
    assert (found["title"], found["kind"]) == ("城关镇人民政府关于印发《2026年度森林草原防灭火工作方案》的通知", "notice")


def test_what_was_recognised_on_a_scan_is_read_off_like_text() -> None:
    seen = tuple(Line(text, 0.1, y, 0.8, size or 0.02) for text, y, size in HEAD)
    found = guess(Reading(format="image", pages=(Page(1, (), Picture("scan", 200), seen, "whole"),)))
    assert found.title is not None
    assert found.title.value == HEAD[2][0]


def test_nothing_is_invented() -> None:
    assert read_off() == {}
    assert read_off(paper(("—— 1 ——", 0.9, 0))) == {}
    assert "title" not in read_off(paper(("今年以来，各项工作进展顺利，", 0.1, 0), ("现将有关情况报告如下。", 0.15, 0)))
