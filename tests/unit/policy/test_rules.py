"""The policy over everything that is declared and read: places, presets, and what may be kept of a refusal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading.reading import Line, Page, Reading
from exchange.policy import spelling
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Handling, Outcome

USUAL = load("usual")
BODY = "为进一步规范农村居民最低生活保障工作，现就有关事项通知如下。"
CLEAN = Declared(UNCLASSIFIED, "关于低保工作的通知", "临政办发〔2026〕12号", None, ())


def page(*lines: tuple[str, float, float], number: int = 1) -> Page:
    return Page(number, tuple(Line(text, x, y, 0.05, 0.02) for text, x, y in (*lines, (BODY, 0.13, 0.5))))


def reading(*pages: Page, **rest: Any) -> Reading:
    return Reading(format="pdf", pages=pages or (page(),), **rest)


def verdict(*pages: Page, declared: Declared = CLEAN, **rest: Any):
    return judge(declared, {"正文.pdf": reading(*pages, **rest)}, USUAL)


def declared(**changes: Any) -> Declared:
    return Declared(**{"classification": UNCLASSIFIED, **changes})


@pytest.mark.parametrize("classification", ["秘密", "机密", "绝密", "内部", "公开", "无", "", "非涉密 "])
def test_any_declared_level_but_unclassified_is_refused_as_declared(classification: str):
    found = verdict(declared=declared(classification=classification))
    assert found.outcome is Outcome.BLOCK
    assert found.problem().kind is ProblemType.CLASSIFIED_DECLARED


@pytest.mark.parametrize(
    ("lines", "number", "outcome", "rule"),
    [
        ([("机密★1年", 0.13, 0.1)], 1, Outcome.BLOCK, "star-head"),
        ([("机密★1年", 0.75, 0.1)], 1, Outcome.BLOCK, "star-head"),
        ([("机密★1年", 0.13, 0.9)], 1, Outcome.BLOCK, "star-line"),
        ([("机密★1年", 0.13, 0.1)], 7, Outcome.BLOCK, "star-line"),
        ([("机密", 0.13, 0.1)], 1, Outcome.BLOCK, "level-head"),
        ([("机密", 0.13, -3.0)], 1, Outcome.BLOCK, "level-head"),
        ([("机密", 0.13, 0.6)], 1, Outcome.REVIEW, "level-line"),
        ([("机密", 0.13, 0.1)], 2, Outcome.REVIEW, "level-line"),
        ([("密级", 0.13, 0.2), ("秘密", 0.3, 0.2)], 1, Outcome.BLOCK, "field-head"),
        ([("密级", 0.13, 0.6), ("秘密", 0.3, 0.6)], 1, Outcome.REVIEW, "field-line"),
        ([("机", 0.13, 0.10), ("密", 0.13, 0.13), ("★", 0.13, 0.16)], 1, Outcome.BLOCK, "split-star"),
        ([("★", 0.2, 0.1), ("密", 0.16, 0.1), ("机", 0.13, 0.1)], 1, Outcome.BLOCK, "split-star"),
        ([("机", 0.13, 0.10), ("密", 0.13, 0.13)], 1, Outcome.BLOCK, "level-head"),
        ([("机", 0.13, 0.50), ("密", 0.13, 0.53)], 1, Outcome.REVIEW, "split-level"),
        ([("机", 0.13, 0.10), ("密", 0.13, 0.13)], 2, Outcome.REVIEW, "split-level"),
        ([("机", 0.3, 0.7), ("密", 0.5, 0.5)], 1, Outcome.REVIEW, "split-level"),
        ([("密", 0.3, 0.7), ("机", 0.5, 0.5)], 1, Outcome.REVIEW, "split-level"),
        ([(sign, 0.05, 0.4 + place / 40) for place, sign in enumerate("机密★长期")], 1, Outcome.BLOCK, "split-star"),
        ([(sign, 0.05 + place % 2 / 100, 0.4 + place / 40) for place, sign in enumerate("期长★密机")], 3, Outcome.BLOCK, "split-star"),
        ([("机", 0.1, 0.07), ("密★长期", 0.5, 0.071)], 1, Outcome.BLOCK, "split-star"),
        ([("密★10年", 0.5, 0.07), ("秘", 0.1, 0.071)], 1, Outcome.BLOCK, "split-star"),
        (
            [("一", place / 20, 0.02) for place in range(15)] + [(sign, 0.1, 0.1 + place / 20) for place, sign in enumerate("机密★")],
            1,
            Outcome.BLOCK,
            "split-star",
        ),
        (
            [(text, 0.1, 0.5 + place / 50) for place, text in enumerate(["绝", "12", "一", "密", "甲", "★", "长期"])],
            2,
            Outcome.BLOCK,
            "split-star",
        ),
        ([("机密", 0.1, 0.7), ("★1年", 0.1, 0.74)], 2, Outcome.BLOCK, "split-star"),
    ],
)
def test_the_place_of_a_mark_decides(lines: list[tuple[str, float, float]], number: int, outcome: Outcome, rule: str):
    found = verdict(page(), page(*lines, number=number)) if number > 1 else verdict(page(*lines))
    assert (found.outcome, rule in found.rules) == (outcome, True)
    assert {hit.page for hit in found.hits} == {number}


@pytest.mark.parametrize("text", ["机密★1年", "【机密】关于某事的通知", "关于某事的通知（秘密）", "机密★1年关于某事的通知", "绝密"])
def test_a_mark_in_a_title_or_file_name_is_blocked(text: str):
    assert verdict(declared=declared(title=text)).outcome is Outcome.BLOCK
    name = f"attachments/{text}.pdf"
    assert judge(declared(names=(name,)), {name: reading()}, USUAL).outcome is Outcome.BLOCK


@pytest.mark.parametrize("text", ["机密_会议材料", "2026 秘密 方案", "标注“机密★1年”的说明"])
def test_a_doubtful_title_is_reviewed(text: str):
    assert verdict(declared=declared(title=text)).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    "text", ["关于加强保密工作的通知", "秘密投票办法", "商业秘密保护宣传方案", "国家秘密载体销毁通知", "解密行动观后感"]
)
def test_a_title_about_secrecy_passes(text: str):
    assert verdict(declared=declared(title=text, names=())).outcome is Outcome.PASS


@pytest.mark.parametrize("field", ["number", "notes"])
def test_numbers_and_notes_are_read(field: str):
    assert verdict(declared=declared(**{field: "机密★1年"})).outcome is Outcome.BLOCK


def test_other_declared_texts_are_read():
    assert verdict(declared=declared(others=(("paper annex", "秘密★10年"),))).outcome is Outcome.BLOCK


@pytest.mark.parametrize("place", ["annotation", "form", "bookmark", "layer", "stamp", "URI", "xmp dc:title"])
def test_texts_outside_the_pages_are_read(place: str):
    assert verdict(texts=((place, "备注\n机密★1年"),)).outcome is Outcome.BLOCK
    assert verdict(texts=((place, "机密"),)).outcome is not Outcome.PASS


def test_properties_are_read():
    assert verdict(properties={"Keywords": "机密"}).outcome is Outcome.BLOCK
    assert verdict(properties={"Subject": "低保工作"}).outcome is Outcome.PASS


def test_a_declassified_document_is_reviewed_and_its_neighbour_still_blocked():
    old = reading(page(("机密★10年", 0.13, 0.1), ("解密", 0.13, 0.14)))
    found = judge(CLEAN, {"old.pdf": old}, USUAL)
    assert (found.outcome, "declassified" in found.rules) == (Outcome.REVIEW, True)
    both = judge(CLEAN, {"old.pdf": old, "new.pdf": reading(page(("机密★10年", 0.13, 0.1)))}, USUAL)
    assert both.outcome is Outcome.BLOCK


def test_an_internal_marking_passes_with_internal_handling():
    found = verdict(page(("内部资料 注意保存", 0.13, 0.1)))
    assert (found.outcome, found.handling, found.hits) == (Outcome.PASS, Handling.INTERNAL, ())


def test_work_and_trade_secrets_are_reviewed_and_their_words_in_the_body_pass():
    assert verdict(page(("工作秘密", 0.13, 0.1))).problem().kind is ProblemType.SECRECY_REVIEW_NEEDED
    assert verdict(page(("涉及商业秘密的，按有关规定办理。", 0.13, 0.6))).outcome is Outcome.PASS


def test_a_file_that_was_not_read_or_gave_no_text_is_refused():
    with pytest.raises(Problem) as missing:
        judge(declared(names=("正文.pdf", "附件.pdf")), {"正文.pdf": reading()}, USUAL)
    assert missing.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE
    with pytest.raises(Problem) as empty:
        judge(CLEAN, {"正文.pdf": Reading(format="pdf", pages=(Page(1, ()),))}, USUAL)
    assert empty.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


def test_a_refusal_names_rules_and_policy_and_shows_the_text_to_the_sender_alone():
    problem = verdict(page(("机密★1年", 0.13, 0.1))).problem()
    assert problem.kind is ProblemType.SECRECY_MARK
    assert "机密★1年" not in str(problem) + problem.detail
    assert problem.detail == f"policy {USUAL.version}: star-head"
    assert problem.members["hits"] == [{"rule": "star-head", "part": "正文.pdf", "page": 1, "text": "机密★1年", "place": "upper"}]


def test_an_excerpt_is_short():
    found = verdict(page(("密级：机密" + "某" * 200, 0.13, 0.1)))
    assert max(len(hit.text) for hit in found.hits) == 40


def test_a_pass_is_no_problem():
    with pytest.raises(ValueError, match="PASS"):
        verdict().problem()


GAPS = st.sampled_from(["", " ", "　", "·", ".", "-", "\u200b", "\u2060", "  "])


@given(
    level=st.sampled_from(["绝密", "机密", "秘密", "絕密", "機密", "祕密"]),
    gaps=st.tuples(GAPS, GAPS, GAPS),
    star=st.sampled_from("★☆✩✰⭐*＊"),
    term=st.sampled_from(["", "1年", "１０年", "6个月", "长期", "会议开始前", "2027年3月", "30 年"]),
    before=st.sampled_from(["", "000012 ", "特急 "]),
)
def test_every_usual_way_to_write_a_mark_is_blocked(level: str, gaps: tuple[str, str, str], star: str, term: str, before: str):
    text = f"{before}{level[0]}{gaps[0]}{level[1]}{gaps[1]}{star}{gaps[2]}{term}"
    assert verdict(page((text, 0.13, 0.1))).outcome is Outcome.BLOCK, spelling.canonical(text)


@given(st.text(max_size=60))
def test_judging_never_fails(text: str):
    verdict(page((text, 0.13, 0.1)), declared=declared(title=text, notes=text), texts=(("form", text),))


def test_what_is_not_seen_does_not_keep_a_mojibake_mark_from_being_repaired():
    mojibake = "机密★1年".encode("gbk").decode("latin-1")
    for unseen in ("\u200b", "\u2060", "\ufeff"):
        assert verdict(page((unseen.join(mojibake), 0.13, 0.1))).outcome is Outcome.BLOCK


@given(st.text(alphabet="机密秘绝 ·-\u200b★☆一二三号机關级", max_size=20))
def test_the_canonical_form_is_stable(text: str):
    once = spelling.canonical(text)
    assert spelling.canonical(once) == once
