import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.client import core
from exchange.client.core import Accepted, Answer, Inspecting, Known, Later, Refused
from schemas.messages import Envelope, canonical
from schemas.problems import Exit, Problem, ProblemType

ENVELOPE = Envelope(submission="a" * 64, receipt=b"{}", signature=b"s", timestamp=b"t", proof=b"p")
PROBLEM_TYPE = "application/problem+json"


def answer(kind: ProblemType, status: int | None = None, **more: object) -> Answer:
    body = Problem(kind, "why", **more).render()
    return Answer(status or kind.status, json.dumps(body).encode(), PROBLEM_TYPE, None)


@pytest.mark.parametrize("status", [200, 201])
def test_a_receipt_is_an_acceptance_still_to_be_verified(status: int) -> None:
    decision = core.decide(Answer(status, canonical(ENVELOPE), "application/json"))
    assert decision == Accepted(ENVELOPE, canonical(ENVELOPE))


def test_an_inspection_that_still_runs_decides_nothing() -> None:
    told = b'{"state":"looking","pages_done":2,"pages":9,"place":0,"a newer word":1}'
    decision = core.decide(Answer(202, told, "application/json", 3.0, "/api/v1/inspections/abc"))
    assert decision == Inspecting("/api/v1/inspections/abc", 3.0, core.Progress("looking", 2, 9, 0))


@pytest.mark.parametrize("place", ["", "https://elsewhere.example/api/v1/inspections/abc", "//elsewhere.example/x", "/api/v1/inbox", "/x"])
def test_an_inspection_is_never_asked_for_at_another_place(place: str) -> None:
    assert core.decide(Answer(202, b"", "", 3.0, place)) == Inspecting("", 3.0, None)


REFUSED = [
    ProblemType.CLASSIFIED_DECLARED,
    ProblemType.SECRECY_MARK,
    ProblemType.SECRECY_REVIEW_NEEDED,
    ProblemType.DOCUMENT_ENCRYPTED,
    ProblemType.SIGNATURE_INVALID,
    ProblemType.SIGNER_REVOKED,
    ProblemType.SIGNING_TIME,
    ProblemType.CONTAINER_TOO_LARGE,
    ProblemType.PART_TOO_LARGE,
    ProblemType.RECIPIENT_UNKNOWN,
    ProblemType.METADATA_MALFORMED,
    ProblemType.DIGEST_MISMATCH,
    ProblemType.REPLACES_UNKNOWN,
    ProblemType.NOT_ALLOWED,
]
LATER = [
    ProblemType.BUSY,
    ProblemType.TOO_MANY_REQUESTS,
    ProblemType.STORAGE_FULL,
    ProblemType.STORAGE_FAILED,
    ProblemType.SIGNING_STOPPED,
    ProblemType.BODY_TOO_SLOW,
    ProblemType.REVOCATION_UNKNOWN,
    ProblemType.INTERNAL,
    ProblemType.TRUNCATED,
    ProblemType.REQUEST_MALFORMED,
    ProblemType.NOT_FOUND,
]


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.type)
def test_a_refusal_of_content_signature_or_size_is_for_good(kind: ProblemType) -> None:
    decision = core.decide(answer(kind))
    assert isinstance(decision, Refused)
    assert (decision.problem.kind, decision.problem.detail) == (kind, "why")


@pytest.mark.parametrize("kind", LATER, ids=lambda kind: kind.type)
def test_trouble_of_the_way_or_the_service_keeps_the_bytes(kind: ProblemType) -> None:
    assert isinstance(core.decide(answer(kind)), Later)


@pytest.mark.parametrize("kind", [ProblemType.REFERENCE_USED, ProblemType.ALREADY_SENT_OTHER_SIGNATURE])
def test_what_the_county_knows_already_is_asked_about(kind: ProblemType) -> None:
    assert isinstance(core.decide(answer(kind)), Known)


@pytest.mark.parametrize("kind", [kind for kind in ProblemType if kind.exit in (Exit.POLICY, Exit.REVIEW)], ids=lambda kind: kind.type)
def test_no_policy_refusal_ever_keeps_bytes(kind: ProblemType) -> None:
    assert isinstance(core.decide(answer(kind)), Refused)


def test_a_refusal_that_only_a_newer_county_knows_does_not_keep_bytes_that_may_be_confidential() -> None:
    body = json.dumps({"type": "/problems/mark-on-picture", "title": "图上有标志", "status": 422}).encode()
    decision = core.decide(Answer(422, body, PROBLEM_TYPE))
    assert isinstance(decision, Refused)
    assert "mark-on-picture" in decision.problem.detail
    assert isinstance(core.decide(Answer(503, body, PROBLEM_TYPE)), Later)


@pytest.mark.parametrize(
    "strange",
    [
        Answer(200, b"<html>please log in</html>", "text/html"),
        Answer(403, b"<html>blocked</html>", "text/html"),
        Answer(413, b"", ""),
        Answer(502, b"{", PROBLEM_TYPE),
        Answer(422, b'{"type": 7}', PROBLEM_TYPE),
        Answer(422, b"[]", PROBLEM_TYPE),
    ],
)
def test_the_page_of_a_gateway_is_not_the_countys_word(strange: Answer) -> None:
    decision = core.decide(strange)
    assert isinstance(decision, Later)
    assert decision.problem.kind is ProblemType.NETWORK


def test_members_of_a_problem_come_through_and_never_clash() -> None:
    told = [{"rule": "star-head", "part": "a.pdf", "page": 1, "text": "…"}]
    problem = core.problem_of(answer(ProblemType.SECRECY_MARK, findings=told, receipt={"proof": "x"}))
    assert problem.members == {"findings": told, "receipt": {"proof": "x"}}
    assert problem.render()["findings"] == told


@given(st.integers(200, 599), st.binary(max_size=200), st.sampled_from([PROBLEM_TYPE, "application/json", "text/html", ""]))
def test_any_answer_leads_to_a_decision(status: int, body: bytes, media_type: str) -> None:
    assert isinstance(core.decide(Answer(status, body, media_type)), Accepted | Refused | Known | Later | Inspecting)


@given(st.integers(1, 200), st.none() | st.floats(0, 100), st.floats(0, 1))
def test_waits_grow_are_bounded_and_never_shorter_than_asked(attempts: int, asked: float | None, jitter: float) -> None:
    wait = core.wait(attempts, asked, jitter)
    assert wait >= (asked or 0)
    assert core.FIRST_WAIT / 2 <= wait <= max(core.LONGEST_WAIT, asked or 0)


@pytest.mark.parametrize(("codes", "expected"), [([], 0), ([0, 0], 0), ([4], 4), ([4, 4], 4), ([0, 4], 3), ([6, 4], 3)])
def test_several_items_share_a_code_or_the_command_is_partial(codes: list[int], expected: int) -> None:
    assert core.exit_code(codes) == expected
