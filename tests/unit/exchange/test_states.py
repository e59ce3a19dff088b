"""The state table of a delivery: what leads where, who may do it, and nothing else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.delivery.states import DECIDERS, MAX_REASON, READERS, TRANSITIONS, Action, Opening, Position, Review, decide, possible
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event, Role

POSITIONS = [Position(*pair) for pair in itertools.product(Opening, Review)]
START = Position(Opening.CONSIGNED, Review.PENDING)


def refusal(position: Position, action: Action, role: Role, reason: str = "原因") -> ProblemType:
    with pytest.raises(Problem) as caught:
        decide(position, action, role, reason)
    return caught.value.kind


def test_the_table_is_this_one():
    found = {(state.value, action.value): (rule.to.value, rule.event, rule.needs_reason) for (state, action), rule in TRANSITIONS.items()}
    assert found == {
        ("consigned", "open"): ("opened", Event.CONTENT_HANDOVER, False),
        ("pending", "sign_for"): ("signed_for", Event.CONSIGNMENT_ACCEPTANCE, False),
        ("pending", "return"): ("returned", Event.CONSIGNMENT_REJECTION, True),
        ("signed_for", "return"): ("returned", Event.CONSIGNMENT_REJECTION, True),
        ("signed_for", "propose"): ("signed_for", Event.PROPOSAL, True),
        ("signed_for", "instruct"): ("signed_for", Event.INSTRUCTION, True),
        ("signed_for", "conclude"): ("signed_for", Event.CONCLUSION, True),
    }


def test_leaders_alone_instruct_no_service_account_writes_on_a_slip_and_what_is_written_moves_nothing():
    signed_for = Position(Opening.OPENED, Review.SIGNED_FOR)
    may = {role: {action for action in possible(signed_for, role) if TRANSITIONS[Review.SIGNED_FOR, action].inner} for role in Role}
    assert may[Role.CLERK] == may[Role.REVIEWER] == may[Role.DUTY] == {Action.PROPOSE, Action.CONCLUDE}
    assert may[Role.LEADER] == {Action.INSTRUCT, Action.CONCLUDE}
    assert {role for role, acts in may.items() if not acts} == set(Role) - {Role.CLERK, Role.REVIEWER, Role.DUTY, Role.LEADER}
    for (state, _), rule in TRANSITIONS.items():
        assert (rule.to is state) == rule.inner
    assert {rule.event for rule in TRANSITIONS.values() if rule.inner} == INNER_EVENTS


@pytest.mark.parametrize("role", Role)
def test_a_look_of_auditor_or_administrator_is_no_reception_and_five_roles_decide(role: Role):
    assert (role in READERS) == (role not in (Role.AUDITOR, Role.ADMINISTRATOR))
    assert (role in DECIDERS) == (role in (Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.SERVICE))
    if role not in READERS:
        assert refusal(START, Action.OPEN, role) is ProblemType.NOT_ALLOWED
    if role not in DECIDERS:
        for action in (Action.SIGN_FOR, Action.RETURN):
            assert refusal(START, action, role) is ProblemType.NOT_ALLOWED


@given(st.sampled_from(POSITIONS), st.sampled_from(Action), st.sampled_from(Role), st.text(max_size=MAX_REASON + 5))
def test_a_decision_is_possible_exactly_when_it_is_offered(position: Position, action: Action, role: Role, reason: str):
    try:
        rule = decide(position, action, role, reason)
    except Problem as problem:
        offered = action in possible(position, role)
        wanting = {ProblemType.REASON_REQUIRED, ProblemType.WORDS_REQUIRED}
        expected = wanting if offered else {ProblemType.NOT_ALLOWED, ProblemType.ACTION_NOT_POSSIBLE}
        assert problem.kind in expected  # noqa: PT017 - both outcomes are right
        return
    assert action in possible(position, role)
    after = position.after(rule.to)
    assert sum(before != now for before, now in zip(position, after, strict=True)) == (not rule.inner)


@given(st.lists(st.sampled_from(Action), max_size=8))
def test_no_path_leads_back_and_nothing_follows_a_return(actions: list[Action]):
    position, seen = START, [START]
    for action in actions:
        if action in possible(position, Role.CLERK):
            rule = decide(position, action, Role.CLERK, "原因")
            position = position.after(rule.to)
            assert (position in seen) == rule.inner
            seen.append(position)
    if position.review is Review.RETURNED:
        assert set(possible(position, Role.CLERK)) <= {Action.OPEN}


def test_who_may_not_is_told_before_what_is_not_possible_and_that_before_the_reason():
    returned = Position(Opening.OPENED, Review.RETURNED)
    assert refusal(returned, Action.RETURN, Role.AUDITOR, "") is ProblemType.NOT_ALLOWED
    assert refusal(returned, Action.RETURN, Role.CLERK, "") is ProblemType.ACTION_NOT_POSSIBLE
    for reason in ("", " \n\t", "　", "长" * (MAX_REASON + 1)):
        assert refusal(START, Action.RETURN, Role.CLERK, reason) is ProblemType.REASON_REQUIRED
        signed_for = Position(Opening.OPENED, Review.SIGNED_FOR)
        assert refusal(signed_for, Action.INSTRUCT, Role.LEADER, reason) is ProblemType.WORDS_REQUIRED
