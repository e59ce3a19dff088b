"""The tables of sealing and of handling: who may do what, and nothing else."""

import pytest

from exchange.delivery.handling import PERMISSIONS, Use, require_permitted
from exchange.sealing.states import TRANSITIONS, Act, Seal, decide
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Handling, Role


def refusal(state: Seal, act: Act, office: str, role: Role, reason: str = "why") -> ProblemType | None:
    try:
        decide(state, act, office, role, reason)
    except Problem as problem:
        return problem.kind
    return None


@pytest.mark.parametrize("act", list(Act))
def test_an_act_is_one_roles_of_the_county_and_nobody_elses(act: Act):
    state = next(state for state, possible in TRANSITIONS if possible is act)
    allowed = {role for role in Role if refusal(state, act, COUNTY, role) is None}
    assert allowed == {Role.LEADER if act is Act.CONFIRM else Role.CONFIDENTIALITY}
    assert {refusal(state, act, "T01", role) for role in Role} == {ProblemType.NOT_ALLOWED}


@pytest.mark.parametrize("state", list(Seal))
@pytest.mark.parametrize("act", list(Act))
def test_an_act_outside_the_table_is_not_possible(state: Seal, act: Act):
    role = Role.LEADER if act is Act.CONFIRM else Role.CONFIDENTIALITY
    assert refusal(state, act, COUNTY, role) is (None if (state, act) in TRANSITIONS else ProblemType.ACTION_NOT_POSSIBLE)


def test_destroying_takes_an_order_before_and_two_roles():
    reached = {
        rule.to: (state, rule.role)
        for (state, _), rule in TRANSITIONS.items()
        if rule.to in (Seal.ORDERED, Seal.DESTROYING) and rule.to is not state
    }
    assert reached == {Seal.ORDERED: (Seal.SEALED, Role.CONFIDENTIALITY), Seal.DESTROYING: (Seal.ORDERED, Role.LEADER)}
    assert {rule.event for rule in TRANSITIONS.values()} == {
        Event.SEAL_OPENING,
        Event.SEAL_RELEASE,
        Event.DESTRUCTION_ORDER,
        Event.DESTRUCTION,
    }


@pytest.mark.parametrize(("act", "reason"), [(Act.RELEASE, " "), (Act.DESTROY, ""), (Act.DESTROY, "x" * 501)])
def test_a_reason_is_asked_for(act: Act, reason: str):
    assert refusal(Seal.SEALED, act, COUNTY, Role.CONFIDENTIALITY, reason) is ProblemType.REASON_REQUIRED


def test_internal_items_are_for_people_one_at_a_time():
    assert set(PERMISSIONS) == {(handling, use) for handling in Handling for use in Use}
    for role in Role:
        for use in Use:
            assert not require_permitted(Handling.NORMAL, use, role).names_reader
    with pytest.raises(Problem, match="not-allowed"):
        require_permitted(Handling.INTERNAL, Use.FETCH, Role.SERVICE)
    for role in Role:
        with pytest.raises(Problem, match="not-allowed"):
            require_permitted(Handling.INTERNAL, Use.EXPORT, role)
    assert require_permitted(Handling.INTERNAL, Use.PRINT, Role.CLERK).names_reader
    assert require_permitted(Handling.INTERNAL, Use.FETCH, Role.CLERK).allowed
