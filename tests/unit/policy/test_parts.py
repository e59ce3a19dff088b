"""Files inside files, watermarks, labels and labels of a person: every part is judged as if it had come alone, and named."""

import pathlib

import pytest

from archive.reading import plain
from archive.reading.reading import Line, Page, Picture, Reading
from exchange.policy.labels import RULES, label_of, where
from exchange.policy.presets import FLOOR
from exchange.policy.rules import Declared, judge, load
from exchange.policy.verdict import Verdict, told
from schemas.messages import Hit
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Handling, Outcome

USUAL = load("usual")
CLEAN = plain.read("关于做好防汛工作的通知\n各村要做好准备。".encode())
MARKED = plain.read("机密★1年\n关于做好防汛工作的通知".encode())
INTERNAL = plain.read("内部资料\n关于做好防汛工作的通知".encode())


def zipped(*parts: tuple[str, Reading]) -> Reading:
    return Reading(format="zip", pages=(), parts=parts)


def verdict(reading: Reading, name: str = "附件.zip") -> Verdict:
    return judge(Declared(UNCLASSIFIED), {name: reading}, USUAL)


def at(text: str, x: float, y: float, height: float = 0.02) -> Line:
    return Line(text, x, y, 0.022 * len(text), height)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_mark_is_found_however_deep_and_named_by_its_path(depth: int):
    reading, path = MARKED, "附件.zip"
    for level in range(depth):
        reading = zipped((f"内{level}.bin", reading), ("旁.txt", CLEAN))
    for level in reversed(range(depth)):
        path += f"/内{level}.bin"
    found = verdict(reading)
    assert found.outcome is Outcome.BLOCK
    assert [(hit.rule, hit.part, hit.page, hit.place) for hit in found.hits] == [("star-head", path, 1, "upper")]


def test_the_first_page_of_a_file_inside_is_a_head_page():
    inner = Reading(format="pdf", pages=(Page(1, (at("机密", 0.13, 0.1), at("关于防汛", 0.3, 0.5))),))
    outer = Reading(format="pdf", pages=(Page(1, (at("关于防汛", 0.3, 0.5),)),), parts=(("附表.pdf", inner),))
    assert verdict(outer, "正文.pdf").rules == ("level-head",)


@pytest.mark.parametrize("name", ["机密★1年.txt", "【秘密】名单.xlsx", "绝密/名单.txt", "名单/机密/三.txt"])
def test_the_names_of_files_inside_are_judged_as_file_names(name: str):
    found = verdict(zipped((name, CLEAN)))
    assert found.outcome is Outcome.BLOCK
    assert {hit.part for hit in found.hits} == {f"附件.zip/{name}"}


def test_a_declassified_part_softens_itself_alone():
    old = plain.read("机密★10年\n已解密\n关于防汛".encode())
    assert verdict(zipped(("旧.txt", old))).outcome is Outcome.REVIEW
    assert verdict(zipped(("旧.txt", old), ("新.txt", MARKED))).outcome is Outcome.BLOCK


def test_an_internal_marking_of_a_file_inside_makes_the_whole_internal():
    assert verdict(zipped(("一.txt", CLEAN), ("二.txt", INTERNAL))).handling is Handling.INTERNAL


EMPTY = Reading(format="text", pages=(Page(1, ()),))


@pytest.mark.parametrize("reading", [EMPTY, zipped(), zipped(("空.txt", EMPTY), ("一.txt", CLEAN)), zipped(("内.zip", zipped()))])
def test_a_file_without_a_word_is_never_clean_wherever_it_lies(reading: Reading):
    with pytest.raises(Problem) as caught:
        verdict(reading)
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT


def test_a_picture_inside_that_nobody_looked_at_is_named():
    photo = Reading(format="image", pages=(Page(1, (), Picture("scan", 200)),))
    with pytest.raises(Problem) as caught:
        verdict(zipped(("一.txt", CLEAN), ("图.jpg", photo)))
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT
    assert caught.value.detail == "附件.zip/图.jpg: page 1 was not looked at"


def test_a_level_at_the_same_place_of_every_page_is_a_watermark():
    pages = tuple(Page(number, (at("秘密", 0.4, 0.6), at(f"第{number}章", 0.1, 0.2))) for number in (1, 2, 3))
    found = verdict(Reading(format="pdf", pages=pages), "正文.pdf")
    assert (found.outcome, "watermark" in found.rules) == (Outcome.BLOCK, True)


def test_a_level_written_large_is_a_watermark():
    page = Page(1, (at("机密", 0.2, 0.4, 0.2), at("关于防汛", 0.1, 0.2)))
    assert verdict(Reading(format="pdf", pages=(page,)), "正文.pdf").outcome is Outcome.BLOCK


def test_a_column_of_levels_in_a_table_is_no_watermark():
    rows = [at("秘密", 0.4, 0.2 + 0.05 * row) for row in range(12)]
    pages = tuple(Page(number, (at("序号", 0.1, 0.1), *rows)) for number in (2, 3))
    assert "watermark" not in verdict(Reading(format="pdf", pages=(Page(1, (at("统计表", 0.1, 0.1),)), *pages)), "正文.pdf").rules


@pytest.mark.parametrize(
    ("key", "value", "rules"),
    [
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name", "Highly Confidential - Staff", ("english",)),
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name", "All staff (restricted)", ("label",)),
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name", "机密", ("level-head",)),
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name", "核心机密资料库", ("label",)),
        ("Sensitivity", "company secret data", ("label",)),
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name", "Public", ()),
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_Name", "Non-Confidential", ()),
        ("MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_SiteId", "5b7f9f1c-1111-4444-8888-secretsecret", ()),
        ("Title", "the restricted area of the reservoir", ()),
    ],
)
def test_sensitivity_labels_are_found_by_their_key(key: str, value: str, rules: tuple[str, ...]):
    page = Page(1, (at("关于防汛", 0.1, 0.2),))
    assert verdict(Reading(format="docx", pages=(page,), properties={key: value}), "正文.docx").rules == rules


def test_a_finding_tells_a_clerk_what_and_where():
    (one,) = told([Hit(rule="star-head", part="附件.zip/表.pdf", page=2, text="机密★1年", place="upper")])
    assert where(one) == (
        "附件.zip/表.pdf 第 2 页上部  首页上部有“密级★期限”标志：机密★1年\n"
        "      level, star and term in the head of page 1, page 2, upper third [star-head]"
    )
    assert where({"rule": "document-encrypted", "part": "a.pdf"}).startswith("a.pdf  文件已加密")
    assert where({"rule": "declared"}).startswith("报送信息 metadata  申报的密级")


def test_every_rule_has_a_label_and_an_unknown_one_is_its_own():
    assert label_of("marking:工作秘密").zh == "内部标志“工作秘密”"
    assert label_of("rule-of-tomorrow").zh == "rule-of-tomorrow"
    assert len({label.zh for label in RULES.values()}) == len({label.en for label in RULES.values()}) == len(RULES)


PAGE = (pathlib.Path(__file__).resolve().parents[3] / "docs" / "policy.md").read_text("utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_the_page_for_officers_says_of_every_rule_what_follows(rule: str):
    label, words = RULES[rule], [load(preset).outcomes[rule].value for preset in ("usual", "strict")]
    assert f"| `{rule}` | {label.zh} {label.en} | {words[0]} | {words[1]}{'（不可放宽 fixed）' if rule in FLOOR else ''} |" in PAGE


@pytest.mark.parametrize("marking", sorted({*load("usual").markings, *load("strict").markings}))
def test_the_page_for_officers_says_of_every_marking_what_follows(marking: str):
    assert f"| {marking} | {load('usual').markings[marking].value} | {load('strict').markings[marking].value} |" in PAGE
