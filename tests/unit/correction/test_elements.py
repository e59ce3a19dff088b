"""The rules over elements, case by case: what is in order has no finding, what is not has just the one that is meant."""

from datetime import date
from typing import Any

import pytest

from archive.reading.reading import Line, Page, Reading
from exchange.correction.builtin import BUILT_IN
from exchange.elements import lone
from exchange.elements.answers import Asked, hints
from exchange.elements.rules import Elements, Severity, check
from exchange.elements.said import Said, of_reading, of_text
from schemas.words import Kind, Urgency

TODAY = date(2026, 11, 20)
SAID = Said(contact=True, whole=True)
GOOD: dict[str, Any] = {
    "kind": Kind.REQUEST,
    "number": "柳政发〔2026〕12号",
    "title": "关于解决柳河大桥维修资金的请示",
    "date_issued": "2026-11-19",
    "sender": "T01",
    "to": ("county",),
    "today": TODAY,
    "signatory": "王建国",
    "said": SAID,
}
REPORT = {"kind": Kind.REPORT, "title": "关于防汛工作情况的报告"}
NOTICE = {"kind": Kind.NOTICE, "title": "关于召开全县农业工作会议的通知", "sender": "county", "to": ("T01", "T02"), "signatory": ""}
LETTER = {"kind": Kind.LETTER, "title": "关于商请协助调查的函", "to": ("T02",), "signatory": ""}


def elements(**changes: Any) -> Elements:
    return Elements(**(GOOD | changes))


def found(**changes: Any) -> list[str]:
    return [finding.rule for finding in check(elements(**changes))]


@pytest.mark.parametrize(
    "good",
    [
        {},
        REPORT,
        NOTICE,
        LETTER,
        {"said": None},
        {"number": "柳府〔2026〕1号"},
        {"number": "中共柳河镇委〔2026〕10009号"},
        {"number": "柳政发〔2026〕12号 "},
        {"date_issued": "2026-11-20"},
        {"date_issued": "2026-01-05", "number": "柳政发〔2026〕1号"},
        {"title": "柳河镇人民政府关于解决柳河大桥维修资金的请示"},
        {"title": "关于解决柳河大桥维修资金的请示（代拟稿）"},
        {"kind": Kind.OPINION, "title": "关于加强河道管理的意见"},
        {"kind": Kind.OPINION, "title": "关于加强河道管理的意见", "sender": "county", "to": ("T01",), "signatory": ""},
        {"kind": Kind.REPLY, "title": "关于同意维修柳河大桥的批复", "sender": "county", "to": ("T01",), "signatory": ""},
        {"kind": Kind.LETTER, "title": "关于柳河大桥维修资金的复函", "to": ("county",), "signatory": ""},
        {"kind": Kind.MINUTES, "title": "柳河镇防汛工作会议纪要", "signatory": ""},
        {"kind": Kind.ORDER, "title": "示例县人民政府森林防火令", "sender": "county", "to": ("T01",), "signatory": ""},
        {"kind": Kind.INFORMATION, "title": "柳河镇秋收进度", "number": "", "signatory": ""},
        {"kind": Kind.STATISTICS, "title": "十月份农业报表", "number": "", "signatory": ""},
        {"kind": Kind.NOTE, "title": "请予安排车辆", "number": "", "signatory": ""},
        {"annexes": ("附件/预算表.xlsx",), "said": Said(annexes=("维修资金预算表",), contact=True, whole=True)},
        {"annexes": ("附件/1.预算表.xlsx", "附件/2.照片.pdf"), "said": Said(annexes=("预算表", "照片"), contact=True, whole=True)},
        {"said": Said(annexes=("预算表", "照片"), inside=2, contact=True, whole=True)},
        {"said": Said(number="柳政发〔2026〕12号", title="关于解决柳河大桥维修资金的 请示", date_issued="2026-11-19", contact=True)},
        {"annexes": ("附件/表.xlsx",), "kind": Kind.INFORMATION, "title": "秋收进度", "number": "", "signatory": ""},
        {"said": Said(urgency="特急", contact=True, whole=True), "urgency": Urgency.EXTRA_URGENT},
        {"annexes": ("附件/表.xlsx",), "said": Said(contact=True)},  # of a scan the first and last page were read alone
    ],
)
def test_what_is_in_order_has_no_finding(good: dict[str, Any]):
    assert found(**good) == []


@pytest.mark.parametrize(
    ("wrong", "rules"),
    [
        ({"number": ""}, ["number-missing"]),
        ({"number": "  "}, ["number-missing"]),
        ({"number": "柳政发[2026]12号"}, ["number-brackets"]),
        ({"number": "柳政发（2026）12号"}, ["number-brackets"]),
        ({"number": "柳政发【2026】12号"}, ["number-brackets"]),
        ({"number": "柳政发2026年12号"}, ["number-brackets"]),
        ({"number": "柳政发〔2026〕第12号"}, ["number-word"]),
        ({"number": "柳政发〔2026〕012号"}, ["number-zeros"]),
        ({"number": "柳政发〔2026〕12"}, ["number-end"]),
        ({"number": "柳政发[2026]第012"}, ["number-brackets", "number-word", "number-zeros", "number-end"]),
        ({"number": "第12号文件"}, ["number-form"]),
        ({"number": "柳政发〔2025〕12号"}, ["number-year"]),
        ({"number": "柳政发〔2027〕1号"}, ["number-year"]),
        ({"date_issued": ""}, ["date-missing"]),
        ({"date_issued": "2026-02-30"}, ["date-missing"]),
        ({"date_issued": "2026-11-21"}, ["date-future"]),
        ({"date_issued": "2027-01-01"}, ["number-year", "date-future"]),
        ({"date_issued": "2025-06-01", "number": "柳政发〔2025〕3号"}, ["number-last-year", "date-old"]),
        ({"said": Said(contact=True, whole=True, han_date=True)}, ["date-figures"]),
        ({"signatory": ""}, ["signatory-missing"]),
        (REPORT | {"signatory": " "}, ["signatory-missing"]),
        ({"kind": Kind.OPINION, "title": "关于加强河道管理的意见", "signatory": ""}, ["signatory-missing"]),
        ({"to": ("county", "T02")}, ["request-recipients"]),
        (REPORT | {"to": ("county", "T02")}, ["upward-recipients"]),
        ({"to": ("T02",)}, ["kind-upward"]),
        (REPORT | {"to": ("T02",)}, ["kind-upward"]),
        (REPORT | {"sender": "county", "to": ("T01",)}, ["kind-upward"]),
        ({"kind": Kind.REPLY, "title": "关于同意的批复"}, ["kind-downward"]),
        ({"kind": Kind.DECISION, "title": "关于表彰先进的决定"}, ["kind-downward"]),
        ({"kind": Kind.CIRCULAR, "title": "关于某某情况的通报"}, ["kind-downward"]),
        ({"kind": Kind.PUBLIC_NOTICE, "title": "关于封路的通告"}, ["kind-downward"]),
        ({"kind": Kind.REPLY, "title": "关于同意的批复", "to": ("T02",)}, ["kind-reply"]),
        ({"kind": Kind.NOTICE, "title": "关于开会的通知"}, ["notice-upward"]),
        ({"title": ""}, ["title-missing"]),
        ({"title": "关于解决维修资金的请示。"}, ["title-mark"]),
        ({"title": "关于解决维修资金的报告"}, ["title-other-kind"]),
        ({"title": "关于解决维修资金的函"}, ["title-other-kind"]),
        ({"title": "关于解决维修资金"}, ["title-kind"]),
        (NOTICE | {"title": "全县农业工作会议安排"}, ["title-kind"]),
        ({"said": Said(annexes=("预算表",), contact=True, whole=True)}, ["attachments-missing"]),
        ({"said": Said(annexes=("甲", "乙", "丙"), inside=2, contact=True, whole=True)}, ["attachments-missing"]),
        ({"annexes": ("甲.pdf", "乙.pdf"), "said": Said(annexes=("甲",), contact=True, whole=True)}, ["attachments-more"]),
        ({"annexes": ("甲.pdf",)}, ["attachments-unlisted"]),
        ({"annexes": ("预算表.pdf", "丙.pdf"), "said": Said(annexes=("预算表", "照片"), contact=True, whole=True)}, ["attachments-names"]),
        ({"said": Said(number="柳政发〔2026〕13号", contact=True)}, ["number-differs"]),
        ({"said": Said(title="关于解决柳河小桥维修资金的请示", contact=True)}, ["title-differs"]),
        ({"said": Said(date_issued="2026-11-18", contact=True)}, ["date-differs"]),
        ({"said": Said(signatory="李四", contact=True)}, ["signatory-differs"]),
        ({"said": Said(urgency="加急", contact=True)}, ["urgency-differs"]),
        (REPORT | {"said": Said(asks=True, whole=True)}, ["report-asks"]),
        ({"said": Said(whole=True)}, ["request-contact"]),
    ],
)
def test_what_is_wrong_is_found_by_its_rule_and_by_no_other(wrong: dict[str, Any], rules: list[str]):
    assert sorted(found(**wrong)) == sorted(rules)


def test_a_number_of_the_year_before_is_usual_until_march():
    january = {"number": "柳政发〔2025〕99号", "date_issued": "2026-01-08", "today": date(2026, 1, 9)}
    april = {"number": "柳政发〔2025〕99号", "date_issued": "2026-04-01", "today": date(2026, 4, 1)}
    assert [each.severity for each in check(elements(**january))] == [Severity.LOOK]
    assert [each.severity for each in check(elements(**april))] == [Severity.LIKELY]


@pytest.mark.parametrize(
    ("number", "today", "told"),
    [
        ("柳政发〔2026〕12号", date(2027, 1, 1), "3月31日前可照常报送"),
        ("柳政发〔2026〕12号", date(2027, 3, 31), "3月31日前可照常报送"),
        ("柳政发〔2026〕12号", date(2027, 4, 1), "3月31日已过"),
        ("柳政发〔2026〕12号", date(2026, 12, 31), None),
        ("", date(2027, 1, 1), None),
    ],
)
def test_last_years_numbers_are_taken_with_a_hint(number: str, today: date, told: str | None):
    (*said,) = (each for each in check(elements(number=number, date_issued="2026-12-30", today=today)) if each.rule == "number-last-year")
    assert [(told or "?") in each.text.zh for each in said] == ([True] if told else [])
    assert all(each.severity is Severity.LOOK for each in said)


def test_what_is_likely_to_be_returned_stands_first():
    severities = [each.severity for each in check(elements(title="资金", signatory="", said=Said(whole=True)))]
    assert severities == sorted(severities, key=lambda each: each is not Severity.LIKELY)
    assert len(set(severities)) == 2


def test_every_finding_is_worded_in_both_languages_and_its_codes_are_on_the_list():
    known = {reason.code for reason in BUILT_IN}
    worst = elements(number="x", title="", date_issued="", signatory="", to=("county", "T02"), said=Said(annexes=("甲",), whole=True))
    for finding in check(worst):
        assert finding.text.zh.endswith("。")
        assert finding.text.en.endswith(".")
        assert set(finding.codes) <= known


def test_findings_say_how_often_the_office_had_something_returned_for_the_same():
    asked = Asked(kind=Kind.REQUEST, number="柳政发[2026]1号", title="关于资金的请示", date_issued="2026-11-19", to=("county",))
    told = {each.rule: each.before for each in hints(asked.elements("T01", TODAY), {"number-form": 4, "seal-missing": 9}).items}
    assert told == {"number-brackets": 4, "signatory-missing": 0}


def page(*lines: str, number: int = 1) -> Page:
    return Page(number, tuple(Line(text, 0.1, 0.05 + 0.04 * place, 0.8, 0.02) for place, text in enumerate(lines)))


def test_the_list_of_attachments_is_read_over_broken_lines():
    reading = Reading(
        format="pdf",
        pages=(
            page(
                "特急",
                "关于修路的请示",
                "县政府：",
                "妥否，请批示。",
                "附件：1. 柳河大桥维修",
                "工程预算表",
                "2. 现场照片",
                "柳河镇人民政府",
                "2026年11月19日",
            ),
            page("附件1", "预算表", number=2),
            page("附件2", "照片", "（联系人：张三，电话：5551234）", number=3),
        ),
    )
    said = of_reading(reading, [("number", "柳政发〔2026〕12号")])
    assert said.annexes == ("柳河大桥维修工程预算表", "现场照片")
    assert (said.inside, said.urgency, said.asks, said.contact, said.whole) == (2, "特急", True, True, True)
    assert said.number == "柳政发〔2026〕12号"


def test_a_single_attachment_needs_no_number():
    reading = Reading(format="pdf", pages=(page("附件：预算表", "柳河镇人民政府", "二〇二六年十一月十九日"),))
    assert of_reading(reading).annexes == ("预算表",)
    assert of_reading(reading).han_date


def test_a_scan_of_which_some_pages_were_read_is_not_read_whole():
    reading = Reading(format="pdf", pages=(page("关于修路的请示"), page("2026年11月19日", number=9)))
    assert not of_reading(reading).whole
    assert not of_reading(Reading(format="pdf", pages=())).whole


def test_kept_text_tells_how_many_attachments_there_are():
    said = of_text("以上请示妥否，请批示。附件：1.预算表2.现场照片柳河镇人民政府2026年11月19日附件1预算表单位万元附件2现场照片一览")
    assert len(said.annexes) == 2
    assert (said.inside, said.asks) == (2, True)
    assert of_text("没有附件的正文。").annexes == ()


REQUEST = (
    "城政发[2026]012号",
    "城关镇人民政府关于申请防汛物资的请示",
    "县人民政府：",
    "　　现申请物资一批。妥否，请批示。",
    "附件：1.物资清单",
)


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (
            (*REQUEST, "二〇二六年十一月二十日"),
            ["number-brackets", "number-zeros", "signatory-missing", "date-figures", "request-contact"],
        ),
        (("城政发〔2026〕12号　签发人：王建国", *REQUEST[1:4], "（联系人：李四，电话：1234567）", "2026年11月20日"), []),
        (("特急", "城政函〔2026〕3号", "城关镇人民政府关于商请协助的函", "水务局：", "　　请予协助。", "2026年11月20日"), []),
        (("云政批〔2026〕3号", "云水县人民政府关于同意维修大桥的批复", "城关镇人民政府：", "　　同意维修。", "2026年11月20日"), []),
        (("城政发〔2026〕12号", *REQUEST[1:4]), ["date-missing", "signatory-missing", "request-contact"]),
        (("防汛物资清单", "编织袋 3000 条"), []),  # not laid out as an official document: an attachment, perhaps
        ((), []),
    ],
)
def test_a_document_by_itself_is_held_against_what_stands_on_it_alone(lines: tuple[str, ...], rules: list[str]):
    assert [finding.rule for finding in lone.findings(Reading(format="pdf", pages=(page(*lines),) if lines else ()), TODAY)] == rules
