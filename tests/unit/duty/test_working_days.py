"""The office clock: weekends, holidays, days worked in exchange, what a county lays down, and when limits fall."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.duty.working_days import ARRANGED_UNTIL, Adjustment, Limits, OfficeClock, Rules, is_arranged, limit
from schemas.instants import BEIJING
from schemas.words import Urgency

CLOCK = OfficeClock()
DAYS = st.dates(date(2019, 1, 1), date(2029, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-14", True),  # a Saturday that is worked for the Spring Festival
        ("2026-02-15", False),
        ("2026-02-20", False),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-11-21", False),
        ("2026-11-23", True),
        ("2011-12-31", True),  # named by the arrangement of 2012
        ("2027-01-01", False),
    ],
)
def test_the_nation_s_days(day: str, works: bool):  # noqa: FBT001 - a column of the table
    assert CLOCK.is_working_day(date.fromisoformat(day)) is works


def test_a_year_without_an_arrangement_is_said_to_have_none():
    assert is_arranged(2026)
    assert not is_arranged(ARRANGED_UNTIL + 1)


def test_what_the_county_lays_down_goes_before():
    clock = OfficeClock([Adjustment(date(2026, 11, 23), works=False, note="县庆"), Adjustment(date(2026, 11, 22), works=True)])
    assert not clock.is_working_day(date(2026, 11, 23))
    assert clock.reason(date(2026, 11, 23)) == "县庆"
    assert clock.is_working_day(date(2026, 11, 22))
    assert clock.add_working_days(at("2026-11-20T10:00"), 2) == at("2026-11-24T17:30")


def test_working_days_begin_with_the_next_one():
    assert CLOCK.add_working_days(at("2026-11-20T10:00"), 1) == at("2026-11-23T17:30")
    assert CLOCK.add_working_days(at("2026-11-20T10:00"), 0) == at("2026-11-20T17:30")
    assert CLOCK.add_working_days(at("2026-11-20T18:00"), 0) == at("2026-11-23T17:30")
    assert CLOCK.add_working_days(at("2026-09-30T10:00"), 3) == at("2026-10-10T17:30")


@given(day=DAYS, count=st.integers(1, 30))
def test_as_many_working_days_lie_between_as_were_added(day: date, count: int):
    moment = datetime.combine(day, datetime.min.time(), BEIJING) + timedelta(hours=9)
    end = CLOCK.add_working_days(moment, count).astimezone(BEIJING).date()
    assert CLOCK.is_working_day(end)
    assert CLOCK.working_days_between(day, end) == count
    assert CLOCK.working_days_between(end, day) == -count


@pytest.mark.parametrize("count", [-1, 367])
def test_a_limit_is_no_age(count: int):
    with pytest.raises(ValueError, match="working days"):
        CLOCK.add_working_days(at("2026-11-20T10:00"), count)


def test_offices_are_at_work_by_day():
    assert CLOCK.is_at_work(at("2026-11-20T12:30"))
    assert not CLOCK.is_at_work(at("2026-11-20T17:30"))
    assert not CLOCK.is_at_work(at("2026-11-20T08:29"))
    assert not CLOCK.is_at_work(at("2026-11-21T10:00"))


RULES = Rules(CLOCK, Limits())


def test_limits_follow_the_urgency():
    came = at("2026-11-20T16:00")
    assert limit(Urgency.EXTRA_URGENT, came, None, RULES) == at("2026-11-20T18:00")
    assert limit(Urgency.URGENT, came, None, RULES) == at("2026-11-23T17:30")
    assert limit(Urgency.NORMAL, came, None, RULES) == at("2026-11-25T17:30")


def test_an_earlier_day_of_answering_is_the_limit_of_signing_too():
    came = at("2026-11-20T16:00")
    assert limit(Urgency.NORMAL, came, date(2026, 11, 23), RULES) == at("2026-11-23T17:30")
    assert limit(Urgency.NORMAL, came, date(2026, 12, 31), RULES) == at("2026-11-25T17:30")
    assert limit(Urgency.NORMAL, came, date(2026, 11, 1), RULES) == came


def test_an_extension_counts_alone():
    assert limit(Urgency.EXTRA_URGENT, at("2026-11-20T16:00"), date(2026, 11, 1), RULES, date(2026, 12, 5)) == at("2026-12-05T17:30")
