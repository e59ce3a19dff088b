"""The rules behind the everyday pages: what an address asks for, what is marked, what a list may hold, what to do next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search import query
from archive.search.question import Between, OneOf
from exchange.delivery.answers import Delivery
from exchange.delivery.outgoing import Standing
from exchange.delivery.states import Opening, Review
from exchange.office.refusals import Refused
from exchange.policy.presets import load
from exchange.web.finding import searching
from exchange.web.finding.lists import csv_of, guarded
from exchange.web.finding.searching import Wanted
from exchange.web.township import standing
from exchange.web.township.receipts import PROVES
from exchange.web.township.refused import REVIEW_FIRST, next_step
from exchange.web.township.sent import narrowed
from schemas.problems import Problem, ProblemType
from schemas.words import FORBIDDEN_WORDS, Kind

AT = "2026-11-22T08:00:00.000Z"


def copy(opening: Opening, review: Review) -> Delivery:
    return Delivery(office="county", copy=False, opening=opening, review=review, changed_at=AT)


def test_a_copy_stands_where_the_office_put_it_and_before_that_where_it_was_read() -> None:
    assert standing.standing(copy(Opening.CONSIGNED, Review.PENDING)) is Opening.CONSIGNED
    assert standing.standing(copy(Opening.OPENED, Review.PENDING)) is Opening.OPENED
    assert standing.standing(copy(Opening.CONSIGNED, Review.SIGNED_FOR)) is Review.SIGNED_FOR
    assert {standing.tone(copy(opening, review)) for opening in Opening for review in Review} == {"", "note", "good", "bad"}


def test_days_are_those_of_china_and_the_last_one_counts_whole() -> None:
    found = narrowed({"from": "2026-11-01", "until": "2026-11-22", "state": "returned", "kind": "report", "to": "T02"})
    assert (found.since, found.before) == ("2026-10-31T16:00:00.000Z", "2026-11-22T16:00:00.000Z")
    assert (found.standing, found.kind, found.to) == (Standing.RETURNED, Kind.REPORT, "T02")


@pytest.mark.parametrize("wrong", [{"from": "gestern"}, {"until": "9999-12-31"}, {"state": "lost"}, {"kind": "poem"}, {"to": "T02'--"}])
def test_what_the_form_does_not_have_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Problem) as refused:
        narrowed(wrong)
    assert refused.value.kind is ProblemType.REQUEST_MALFORMED


def test_choices_stand_beside_the_words_and_cannot_change_them() -> None:
    nodes = searching.beside({"from": "T01", "kind": "notice", "year": "2026", "state": "sent:returned"})
    assert nodes == [OneOf("from", ("T01",)), OneOf("kind", ("notice",)), Between("year", 2026, 2026), OneOf("state", ("sent:returned",))]
    for name, value in (("from", "T01 OR"), ("kind", "x"), ("year", "20260"), ("state", "returned"), ("state", "seen:returned")):
        with pytest.raises(Problem):
            searching.beside({name: value})


def test_an_address_keeps_everything_but_what_is_changed() -> None:
    wanted = Wanted("防汛 沙袋", {"kind": "notice"}, "newest", "cursor")
    assert wanted.address() == "/search?q=%E9%98%B2%E6%B1%9B+%E6%B2%99%E8%A2%8B&kind=notice&order=newest"
    assert wanted.address(kind="", order="", q="") == "/search"
    assert wanted.address("/search/list.csv", after="x").endswith("&order=newest&after=x")


@given(st.text(alphabet="防汛沙袋 x", max_size=30), st.lists(st.integers(0, 29), max_size=6, unique=True))
def test_pieces_are_the_whole_text_and_the_marks_in_it(text: str, ends: list[int]) -> None:
    places = sorted(end for end in ends if end <= len(text))
    marks = tuple(zip(places[::2], places[1::2], strict=False))
    pieces = searching.pieces(text, marks)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, found in pieces if found] == [text[start:end] for start, end in marks]


@pytest.mark.parametrize(("text", "at"), [("防汛 (", "("), ("“防汛", "“"), ("紧急:很急", "很"), ("防汛 OR", "")])
def test_a_query_that_is_not_understood_is_cut_at_the_place(text: str, at: str) -> None:
    with pytest.raises(Problem) as refused:
        query.read(text)
    found = searching.misread(text, refused.value)
    assert found is not None
    assert found.before + found.at + found.behind == text
    assert found.at == at
    assert searching.misread(text, Problem(ProblemType.BUSY)) is None


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "　＋1", "\r=1"])
def test_no_cell_of_a_list_is_ever_computed(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert f'"\'{cell}"'.encode() in csv_of([[cell]], [], "")


@pytest.mark.parametrize("cell", ["防汛", "", "2026-11-22", "城政发〔2026〕12号", "a=b"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


def test_the_next_step_is_what_the_gravest_rule_asks_for() -> None:
    policy = load("usual")

    def told(*rules: str) -> object:
        return next_step(Refused(evidence_id="0" * 32, at=AT, office="T01", rules=rules, policy=policy.version), policy)

    assert told("star-head") == ProblemType.SECRECY_MARK.advice
    assert told("english") == told("marking:工作秘密") == REVIEW_FIRST
    assert told("english", "star-head") == ProblemType.SECRECY_MARK.advice
    assert told("no-such-rule", "english") == ProblemType.SECRECY_MARK.advice
    assert told("document-encrypted") == ProblemType.DOCUMENT_ENCRYPTED.advice
    assert told() == ProblemType.SECRECY_MARK.advice


def test_no_receipt_promises_more_than_we_say() -> None:
    for label in PROVES.values():
        assert not [word for word in FORBIDDEN_WORDS if word in label.zh]
