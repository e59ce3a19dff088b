"""What a clerk reads: whom to call only where secrecy is the matter, nothing twice, and what a review let in."""

import pytest

from exchange.client import speech
from exchange.policy.labels import where
from schemas.problems import Problem, ProblemType

CONTACT = {"name": "王谨", "phone": "0555-7654321"}


@pytest.mark.parametrize("kind", [ProblemType.SECRECY_MARK, ProblemType.CLASSIFIED_DECLARED, ProblemType.SECRECY_REVIEW_NEEDED])
def test_the_officer_is_named_where_secrecy_is_the_matter(kind: ProblemType):
    assert "0555-7654321" in speech.to_call(Problem(kind, contact=CONTACT))


@pytest.mark.parametrize("kind", [ProblemType.DOCUMENT_EMPTY, ProblemType.DOCUMENT_ENCRYPTED, ProblemType.SCAN_ILLEGIBLE])
def test_nobody_is_alarmed_for_an_empty_or_unreadable_file(kind: ProblemType):
    assert speech.to_call(Problem(kind, contact=CONTACT)) == ""


def test_a_file_that_the_problem_names_is_not_named_again():
    one = {"rule": ProblemType.DOCUMENT_EMPTY.type, "part": "空.txt", "page": 0}
    assert speech.findings(Problem(ProblemType.DOCUMENT_EMPTY, "空.txt", findings=[one])) == []
    assert speech.findings(Problem(ProblemType.DOCUMENT_EMPTY, "", findings=[one])) == [one]


def test_a_finding_without_a_page_is_said_to_stand_in_the_name_or_beside_the_text():
    told = where({"rule": "level-head", "part": "标密.zip/机密件.txt", "page": 0})
    assert told.startswith("标密.zip/机密件.txt（文件名、属性或批注）")


def test_what_a_secrecy_review_let_in_is_marked_in_lists():
    item = {"submission": "ab" * 32, "accepted_at": "2026-11-22T08:00:00.000Z", "from": "T01", "urgency": "normal", "title": "情况"}
    assert "〔经保密审查 reviewed〕情况" in speech.row(item | {"reviewed": ["marking:工作秘密"]})
    assert "经保密审查" not in speech.row(item | {"reviewed": []})
