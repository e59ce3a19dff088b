"""Scans: what was recognised is judged with tolerance for what recognition misreads, and what nobody looked at is never clean."""

from typing import Any

import pytest

from archive.reading.reading import Line, Look, Page, Picture, Reading, Reason
from exchange.policy.recognised import mended
from exchange.policy.rules import Declared, judge, load
from exchange.policy.verdict import Verdict
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

USUAL = load("usual")
HEAD = [
    ("城关镇人民政府文件", 0.16, 0.15, 0.68, 0.05),
    ("城政发〔2026〕12号", 0.38, 0.23, 0.24, 0.02),
    ("关于做好防汛工作的通知", 0.26, 0.28, 0.5, 0.03),
]
Place = tuple[str, float, float]


def lines(*found: Place) -> tuple[Line, ...]:
    return tuple(Line(text, x, y, 0.022 * len(text), 0.02) for text, x, y in found)


def scan(
    *found: Place, number: int = 1, look: Look = "head", layer: tuple[Line, ...] = (), reason: Reason = "scan", red: bool = True
) -> Page:
    seen = lines(*found) + (tuple(Line(*row) for row in HEAD) if red else ())
    return Page(number, layer, Picture(reason, 200), seen, look)


def verdict(*pages: Page, main: str = "正文.pdf", **rest: Any) -> Verdict:
    return judge(Declared(UNCLASSIFIED, main=main), {"正文.pdf": Reading(format="pdf", pages=pages, **rest)}, USUAL)


@pytest.mark.parametrize(
    "text",
    [
        *("机密★1年", "机密大1年", "机密女1年", "机密娘1年", "机密*1年", "机密六1年", "机密太1年", "机密☆1年", "机密食1年", "机密＊1年"),
        *("机密+1年", "机密公1年", "绝密大", "绝密女", "秘密 大 长期", "秘密六长朋", "机密★I年", "机密★l0年", "机密大1牛", "绝密★长斯"),
        *("机蜜★1年", "秘蜜", "绝蜜★", "机宓★1年", "秘宓", "机窑★1年", "札密★1年", "杌密大1年", "秒密★10年", "艳密★长期"),
        *("機密★1年", "祕密", "秘宻", "机密1年", "秘密10年", "绝密长期", "000012 机密大1年", "特急 机密大1年", "机密大1年 特急"),
        *("机密★后用前", "绝密大启用前", "机密大2030年12月31", "人机密大1年", "机密级大1年", "机密大大1年", "[机密]", "机·密★1年"),
    ],
)
def test_a_mark_in_the_head_of_a_scan_is_blocked_however_it_was_misread(text: str):
    assert verdict(scan((text, 0.13, 0.08))).outcome is Outcome.BLOCK
    assert verdict(scan((text, 0.72, 0.08))).outcome is Outcome.BLOCK


@pytest.mark.parametrize("text", ["密★1年", "密大1年", "蜜★长期", "★1年", "M密★长期"])
def test_what_is_left_of_a_mark_is_reviewed(text: str):
    assert verdict(scan((text, 0.13, 0.08))).outcome is Outcome.REVIEW


@pytest.mark.parametrize("text", ["机密大1年", "绝密★", "机蜜★1年", "秘密六长期"])
@pytest.mark.parametrize(("number", "y"), [(1, 0.7), (5, 0.08), (5, 0.7)])
def test_a_starred_mark_is_blocked_wherever_it_was_recognised(text: str, number: int, y: float):
    assert verdict(scan(), scan((text, 0.13, y), number=number, red=number == 1)).outcome is Outcome.BLOCK


@pytest.mark.parametrize(
    "text",
    [
        *(
            "秘密投票",
            "秘密投票人",
            "机密性",
            "秘书科",
            "保密科",
            "密码",
            "手机密码1年",
            "司机密码3个月",
            "计算机密码",
            "机密码",
        ),
        *(
            "商业秘密保护",
            "工作秘密事项",
            "蜂蜜1年",
            "甜蜜",
            "机要文件",
            "保密期限10年",
            "解密",
            "秘密会见",
            "秘密据点",
            "特急",
            "密级:公开",
        ),
        *("密级：非密", "口绝密 口机密 口秘密", "□绝密□机密□秘密 ☑非密", "绝密、机密、秘密", "★2026年11月20日", "人民政府★2026年3月1日"),
        *("☆", "大", "密切联系群众", "农机大户1年", "机关大院1年", "2026年大旱", "纯蜜大1瓶", "随机密度1天"),
    ],
)
@pytest.mark.parametrize("y", [0.08, 0.5])
def test_ordinary_words_of_a_scan_pass(text: str, y: float):
    found = verdict(scan((text, 0.13, y)))
    assert found.outcome is Outcome.PASS, found.hits


@pytest.mark.parametrize(
    "pieces",
    [
        [("机密", 0.13, 0.08), ("★", 0.19, 0.081), ("1年", 0.22, 0.08)],
        [("机密", 0.13, 0.08), ("大", 0.19, 0.081), ("1年", 0.22, 0.08)],
        [("1年", 0.22, 0.082), ("机密", 0.13, 0.08), ("女", 0.19, 0.079)],
        [("机蜜", 0.13, 0.08), ("★长期", 0.2, 0.08)],
        [("秘", 0.13, 0.08), ("密★10年", 0.16, 0.08)],
        [("机", 0.13, 0.08), ("密", 0.13, 0.11), ("★", 0.13, 0.14)],
        [("札", 0.13, 0.08), ("密", 0.16, 0.08)],
        [("机", 0.13, 0.08), ("蜜", 0.13, 0.105)],
    ],
)
def test_a_mark_whose_boxes_were_torn_apart_is_blocked(pieces: list[Place]):
    assert verdict(scan(*pieces)).outcome is Outcome.BLOCK


def test_a_torn_mark_is_blocked_on_a_later_page_and_told_once():
    torn = [("机密", 0.13, 0.5), ("★", 0.19, 0.501), ("1年", 0.22, 0.5)]
    assert verdict(scan(), scan(*torn, number=4, red=False)).outcome is Outcome.BLOCK
    whole = verdict(scan(("机密★1年", 0.13, 0.08), ("民", 0.4, 0.08), ("★", 0.5, 0.08)))
    assert [hit.text for hit in whole.hits] == ["机密★1年"]


def test_the_characters_of_a_seal_are_no_split_mark():
    seal = [(sign, 0.3 + 0.03 * place, 0.5 + 0.01 * (place % 3)) for place, sign in enumerate("临江县委机要和保密局")]
    assert verdict(scan(*seal, ("★", 0.45, 0.6))).outcome is Outcome.PASS


def test_the_three_levels_side_by_side_are_a_choice_and_two_are_not():
    three = [("绝密", 0.2, 0.2), ("机密", 0.4, 0.2), ("秘密", 0.6, 0.2)]
    assert verdict(scan(*three)).outcome is Outcome.PASS
    down = [(text, 0.2, 0.4 + x / 8) for text, x, _ in three]
    assert verdict(scan(*down)).outcome is Outcome.PASS
    assert verdict(scan(("机密", 0.2, 0.08), *down)).outcome is Outcome.BLOCK
    assert verdict(scan(*three[:2])).outcome is Outcome.BLOCK
    assert verdict(scan(*three, ("机密★1年", 0.13, 0.08))).outcome is Outcome.BLOCK


@pytest.mark.parametrize("reason", ["scan", "outlines", "illegible", "head"])
def test_a_page_that_nobody_looked_at_is_never_clean(reason: Reason):
    layer = lines(("关于做好防汛工作的通知，各村要做好准备", 0.2, 0.2))
    with pytest.raises(Problem) as caught:
        verdict(Page(1, layer), Page(2, layer, Picture(reason, 200)))
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


@pytest.mark.parametrize(("look", "seen"), [("whole", []), ("whole", [("一二三", 0.1, 0.1)]), ("head", []), ("head", [("·—", 0.1, 0.1)])])
def test_a_main_document_on_whose_first_page_nothing_can_be_read_is_illegible(look: Look, seen: list[Place]):
    page, more = scan(*seen, look=look, red=False), scan(number=2)
    with pytest.raises(Problem) as caught:
        verdict(page, more)
    assert caught.value.kind is ProblemType.SCAN_ILLEGIBLE
    assert verdict(page, more, main="别的.pdf").outcome is Outcome.PASS


def test_a_good_layer_does_not_make_an_illegible_first_page_legible():
    layer = lines(("关于做好防汛工作的通知，各村要做好准备", 0.2, 0.2))
    with pytest.raises(Problem) as caught:
        verdict(scan(look="whole", layer=layer, red=False))
    assert caught.value.kind is ProblemType.SCAN_ILLEGIBLE


def test_photographs_pass_once_they_were_looked_at_as_a_whole():
    photo, glance = Page(1, (), Picture("scan", 0), (), "whole"), Page(1, (), Picture("scan", 0), (), "head")
    files = {"正文.pdf": Reading(format="pdf", pages=(scan(),)), "attachments/现场.jpg": Reading(format="image", pages=(photo,))}
    declared = Declared(UNCLASSIFIED, names=tuple(files), main="正文.pdf")
    assert judge(declared, files, USUAL).outcome is Outcome.PASS
    with pytest.raises(Problem) as caught:
        judge(declared, files | {"attachments/现场.jpg": Reading(format="image", pages=(glance,))}, USUAL)
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT
    assert verdict(scan(), scan(number=2, look="head", red=False)).outcome is Outcome.PASS


LIE = lines(("关于召开春节联欢晚会的请示及节目单安排", 0.2, 0.1), ("请于本周五前报送名单", 0.2, 0.2))
HONEST = lines(("城关镇人民政府文忤", 0.16, 0.15), ("城政发〔2026）12号", 0.4, 0.23), ("关于做好防讯工作的通如", 0.3, 0.28))


@pytest.mark.parametrize(
    ("layer", "rules"),
    [
        (LIE, ("layer-differs",)),
        (HONEST, ()),
        ((), ()),
        (lines(("扫描全能王 创建", 0.6, 0.97)), ()),
        (lines(("Jnf%& lkj UIOPasd fghj klqw ertyu iopas dfghj", 0.1, 0.1)), ()),
        (lines(("收文 20261120", 0.7, 0.05)), ()),
        (tuple(Line(row.text, row.x, row.y + 0.4, row.width, row.height) for row in LIE), ()),
    ],
)
def test_a_hidden_layer_that_says_something_else_than_the_head_shows_is_reviewed(layer: tuple[Line, ...], rules: tuple[str, ...]):
    assert verdict(scan(layer=layer)).rules == rules


@pytest.mark.parametrize("reason", ["outlines", "illegible", "head"])
def test_only_the_layer_of_a_scan_is_held_against_the_picture(reason: Reason):
    assert verdict(scan(layer=LIE, reason=reason)).outcome is Outcome.PASS


def test_a_mark_is_found_in_the_layer_as_well_as_in_the_picture():
    assert verdict(scan(layer=lines(("机密★1年", 0.13, 0.08)))).outcome is Outcome.BLOCK


def test_what_recognition_misreads_is_put_right_in_pictures_only():
    text = lines(("机密大1年", 0.13, 0.08), ("关于做好防汛工作的通知", 0.26, 0.28))
    assert verdict(Page(1, text)).outcome is Outcome.PASS
    assert verdict(scan(("机密大1年", 0.13, 0.08))).outcome is Outcome.BLOCK


@pytest.mark.parametrize("text", ["", "关于做好防汛工作的通知", "机密" * 100, "密" * 31, "🔒密"])
def test_a_line_that_is_no_mark_is_not_put_right(text: str):
    assert list(mended(text)) == []


def test_the_finding_says_where_on_the_page():
    hits = verdict(scan(("机密★1年", 0.13, 0.08)), scan(("绝密★", 0.5, 0.5), number=2), scan(("秘密★长期", 0.5, 0.9), number=3)).hits
    assert {(hit.page, hit.place) for hit in hits} == {(1, "upper"), (2, "middle"), (3, "lower")}
