"""What an address asks of the inbox, and who is at an item: pure rules."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.office.store import Person
from exchange.web.inbox.claims import LASTS, Claims
from exchange.web.inbox.forms import item, version
from exchange.web.inbox.rows import Folder, Order, Wanted
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Role, Urgency

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
FIRST = Person("county.1", "county", "张三", Role.REVIEWER, "县政府办")
SECOND = Person("county.2", "county", "李四", Role.REVIEWER, "县政府办")
STRANGER = Person("T01.1", "T01", "王五", Role.CLERK, "城关镇")

WANTED = st.builds(
    Wanted,
    folder=st.sampled_from(Folder),
    office=st.sampled_from(["", "T01", "county-2"]),
    kind=st.none() | st.sampled_from(Kind),
    urgency=st.none() | st.sampled_from(Urgency),
    unread=st.booleans(),
    starred=st.booleans(),
    since=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    until=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    order=st.sampled_from(Order),
    size=st.sampled_from([50, 300]),
)


@given(WANTED)
def test_the_whole_state_of_a_list_stands_in_its_address(wanted: Wanted):
    assert Wanted.read(dict(parse_qsl(wanted.query()))) == wanted


def test_what_is_as_usual_is_not_written_and_what_is_unknown_is_passed_over():
    assert Wanted().query() == ""
    assert Wanted.read({"after": "x", "lang": "en", "kind": ""}) == Wanted()
    assert Wanted(kind=Kind.REPORT).query(after="abc", folder="") == "kind=report&after=abc"


@pytest.mark.parametrize(
    "query",
    [{"folder": "bin"}, {"office": "<x>"}, {"kind": "x"}, {"unread": "yes"}, {"since": "2026-13-01"}, {"size": "1000"}, {"order": "title"}],
)
def test_an_address_that_asks_for_what_there_is_not_is_refused(query: dict[str, str]):
    with pytest.raises(Problem) as refused:
        Wanted.read(query)
    assert refused.value.kind is ProblemType.REQUEST_MALFORMED


def test_days_are_those_of_china_and_the_last_one_counts():
    bounds = Wanted(since=date(2026, 11, 20), until=date(2026, 11, 20)).bounds()
    assert bounds == {"since": "2026-11-19T16:00:00.000Z", "until": "2026-11-20T16:00:00.000Z"}


def test_items_and_versions_of_forms_are_read_strictly():
    assert item(f"{'a' * 64}:3") == ("a" * 64, 3)
    assert (version(""), version("2")) == (None, 2)
    for wrong in ("a:1", f"{'a' * 64}:0", f"{'a' * 64}:1\n", f"{'a' * 64}"):
        with pytest.raises(Problem):
            item(wrong)
    for wrong in ("0", "x", "1\n", "９"):
        with pytest.raises(Problem):
            version(wrong)


def test_the_first_at_an_item_is_named_to_colleagues_until_they_go_or_fall_silent():
    changed: list[str] = []
    claims = Claims(changed.append)
    assert claims.take(FIRST, "a", NOW) is None
    assert claims.take(FIRST, "a", NOW) is None
    assert claims.take(SECOND, "a", NOW) == "张三"
    assert changed == [FIRST.office]  # once for whoever came; a sign of life is no news
    assert claims.others(SECOND, NOW) == {"a": "张三"}
    assert claims.others(FIRST, NOW) == {}
    assert claims.others(STRANGER, NOW) == {}
    assert claims.take(STRANGER, "a", NOW) is None
    assert claims.take(SECOND, "a", NOW + LASTS) is None
    assert claims.take(SECOND, "b", NOW + LASTS) is None  # a person is at one item
    assert claims.others(FIRST, NOW + LASTS) == {"b": "李四"}
    claims.release(FIRST, "b")
    assert claims.others(FIRST, NOW + LASTS) == {"b": "李四"}
    claims.release(SECOND, "b")
    assert claims.others(FIRST, NOW + LASTS + timedelta(seconds=1)) == {}
