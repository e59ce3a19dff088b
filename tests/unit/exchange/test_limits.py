"""Counts a minute and bodies at once: exact, fair between keys, and never set back."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.config import Limits
from exchange.intake import limits, rules
from exchange.intake.limits import DAY, Bodies, Gate, Rate
from schemas.problems import Problem, ProblemType


def spent(rate: Rate, key: str, elapsed: float) -> bool:
    try:
        rate.spend(key, elapsed)
    except Problem as problem:
        assert problem.kind is ProblemType.TOO_MANY_REQUESTS  # noqa: PT017 - both outcomes are right
        assert 1 <= problem.members["retry_after"] <= 61  # noqa: PT017 - the same
        return False
    return True


def test_a_key_has_its_number_in_each_minute_and_others_have_theirs():
    rate = Rate(3)
    assert [spent(rate, "a", second) for second in (0, 1, 59, 59.9, 60, 61, 62, 63)] == [True, True, True, False, True, True, True, False]
    assert spent(rate, "b", 63)


def test_asking_spends_nothing():
    rate = Rate(1)
    for _ in range(5):
        rate.require("a", 0)
    assert spent(rate, "a", 0)


def test_an_instant_of_an_earlier_minute_does_not_set_the_count_back():
    rate = Rate(2)
    assert [spent(rate, "a", 60), spent(rate, "a", 61)] == [True, True]
    assert not spent(rate, "a", 59)  # a body that began in the minute before
    assert not spent(rate, "a", 62)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 600)), max_size=60), st.integers(1, 5))
def test_in_no_minute_does_a_key_get_more_than_its_number(asked: list[tuple[str, float]], limit: int):
    rate, granted = Rate(limit), dict.fromkeys([(key, minute) for key in "ab" for minute in range(11)], 0)
    for key, elapsed in sorted(asked, key=lambda each: each[1]):
        granted[key, int(elapsed // 60)] += spent(rate, key, elapsed)
    assert max(granted.values()) <= limit


def test_memory_for_keys_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "MOST_KEYS", 10)
    rate = Rate(1)
    for number in range(100):
        spent(rate, str(number), 0)
    assert len(rate._counts) <= 12


def test_places_are_counted_for_each_address_and_in_all_and_come_free():
    bodies = Bodies(Limits(bodies_at_once=3, bodies_at_once_per_address=2))
    with ExitStack() as stack:
        for address in ("a", "a", "b"):
            stack.enter_context(bodies.one(address))
        for address, kind in (("a", ProblemType.BUSY), ("c", ProblemType.BUSY)):
            with pytest.raises(Problem) as caught, bodies.one(address):
                pass
            assert caught.value.kind is kind
            assert caught.value.members["retry_after"] == 5
    with bodies.one("a"), bodies.one("a"):
        with pytest.raises(Problem) as caught, bodies.one("a"):
            pass
        assert caught.value.kind is ProblemType.TOO_MANY_REQUESTS
    assert not bodies._by_address


def test_a_place_comes_free_when_the_body_fails():
    bodies = Bodies(Limits(bodies_at_once=1))
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), bodies.one("a"):
            raise ValueError("broken")


def test_the_gate_takes_its_numbers_from_the_settings():
    assert Gate(Limits(submissions_per_office_per_minute=7)).submissions.limit == 7


def test_a_body_has_a_minute_and_then_must_keep_a_pace():
    assert rules.deadline(0) == 60
    assert rules.deadline(16 * 1024 * 100) == 160


def test_a_share_of_the_day_is_counted_in_amounts_and_begins_anew_the_next_day():
    volume = Rate(100, DAY, ProblemType.QUOTA_SPENT)
    volume.spend("T01", 10.0, 60)
    with pytest.raises(Problem) as caught:
        volume.require("T01", 20.0, 41)
    assert caught.value.kind is ProblemType.QUOTA_SPENT
    assert 86_000 < caught.value.members["retry_after"] <= 86_401
    volume.require("T02", 20.0, 100)
    volume.count("T01", 30.0, 500)  # what was accepted counts, also above the share
    volume.spend("T01", DAY + 1, 100)
