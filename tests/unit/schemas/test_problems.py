"""The table of problems: one row a type, every field filled, and what a client gets to see."""

import re

import pytest

from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Label

# RFC 9110 section 15, RFC 4918 section 11.5 (507), RFC 6585 section 4 (429)
STATUSES = {0, 400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 415, 422, 429, 500, 503, 507}


def test_types_are_unique():
    types = [kind.type for kind in ProblemType]
    assert len(types) == len(set(types))
    assert len(ProblemType.__members__) == len(types)


@pytest.mark.parametrize("kind", ProblemType, ids=lambda kind: kind.type)
def test_a_row_is_filled_in_both_languages(kind: ProblemType):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.type)
    assert kind.name == kind.type.upper().replace("-", "_")
    assert kind.status in STATUSES
    assert isinstance(kind.exit, Exit)
    assert kind.exit is not Exit.OK
    for label in (kind.title, kind.advice):
        assert isinstance(label, Label)
        assert re.search(r"[\u4e00-\u9fff]", label.zh)
        assert re.match("[A-Za-z]", label.en)  # Chinese may follow: a document number has no other form
    assert kind.advice.zh.endswith("。")
    assert kind.advice.en.endswith(".")
    assert not kind.title.zh.endswith("。")
    assert not kind.title.en.endswith(".")


@pytest.mark.parametrize("kind", ProblemType, ids=lambda kind: kind.type)
def test_a_type_names_its_row(kind: ProblemType):
    assert ProblemType.named(kind.type) is kind


def test_a_type_that_a_newer_county_names_is_an_internal_problem():
    assert ProblemType.named("some-newer-problem") is ProblemType.INTERNAL


def test_exit_codes_are_the_outer_contract():
    assert [code.value for code in Exit] == list(range(10))


def test_a_problem_renders_chinese_first_and_leaves_out_an_empty_detail():
    rendered = Problem(ProblemType.TRUNCATED).render()
    assert rendered == {
        "type": "/problems/truncated",
        "title": "数据包不完整",
        "title_en": "the container is cut short",
        "status": 400,
        "advice": "请重新打包后再发送。",
        "advice_en": "Pack it again and send it.",
    }
    assert Problem(ProblemType.TRUNCATED, "a.pdf").render()["detail"] == "a.pdf"


def test_members_are_rendered_beside_the_standard_ones():
    assert Problem(ProblemType.SECRECY_MARK, "rule", receipt={"proof": "…"}).render()["receipt"] == {"proof": "…"}


def test_a_problem_says_its_type_when_it_is_logged():
    assert str(Problem(ProblemType.TRUNCATED, "a.pdf")) == "truncated: a.pdf"
    assert str(Problem(ProblemType.TRUNCATED)) == "truncated"
