"""Cursors say where a page ended, to us alone; what we did not write is refused."""

import base64

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from exchange.paging import CODE, INSTANT, MOST, ORDINAL, SHA256, Listing, Window, cut, window
from schemas.problems import Problem, ProblemType

INBOX = Listing("inbox", (INSTANT, SHA256))
SENT = Listing("sent", (INSTANT, SHA256))
RECEIPTS = Listing("receipts", (ORDINAL,))
OFFICES = Listing("offices", (CODE,))
PLACE = ("2026-11-22T08:00:00.000Z", "a" * 64)


def refused(listing: Listing, cursor: str) -> bool:
    try:
        listing.read(cursor)
    except Problem as problem:
        return problem.kind is ProblemType.REQUEST_MALFORMED
    return False


@given(st.sampled_from([(INBOX, PLACE), (SENT, PLACE), (RECEIPTS, ("17",)), (OFFICES, ("T01",))]))
def test_a_cursor_is_read_by_its_own_list_alone(case: tuple[Listing, tuple[str, ...]]):
    listing, place = case
    cursor = listing.write(*place)
    assert listing.read(cursor) == place
    assert all(refused(other, cursor) for other in (INBOX, SENT, RECEIPTS, OFFICES) if other is not listing)


@given(st.text(max_size=100) | st.binary(max_size=100).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")))
def test_whatever_else_is_refused(text: str):
    assert refused(INBOX, text)


@given(st.integers(0, 200), st.sampled_from("ABCabc019-_=+/ \n\u0661"))
def test_a_changed_cursor_is_another_one_of_ours_or_refused(place: int, letter: str):
    cursor = RECEIPTS.write("123456")
    changed = cursor[: place % len(cursor)] + letter + cursor[place % len(cursor) + 1 :]
    assert refused(RECEIPTS, changed) or RECEIPTS.write(*RECEIPTS.read(changed)) == changed


@pytest.mark.parametrize("place", [("2026-11-22T08:00:00.000Z", "a" * 63), (PLACE[0],), (*PLACE, "x"), ("", "")])
def test_a_place_of_another_form_is_refused(place: tuple[str, ...]):
    assert refused(INBOX, INBOX.write(*place))


@pytest.mark.parametrize("size", ["0", "101", "-1", "1.0", "", "٣", "1 ", "007", "9" * 400])
def test_a_size_that_is_none_is_refused(size: str):
    with pytest.raises(Problem, match="size"):
        window(make_mocked_request("GET", f"/x?size={size}"), INBOX)


def test_without_parameters_the_list_begins_with_a_whole_page():
    assert window(make_mocked_request("GET", "/x"), INBOX) == Window(None, MOST)


@given(st.lists(st.integers(0, 10**9), unique=True, max_size=60).map(sorted), st.integers(1, 20))
def test_pages_one_after_the_other_are_the_list(rows: list[int], size: int):
    seen: list[int] = []
    after = -1
    while True:
        page = cut([row for row in rows if row > after][: size + 1], size, RECEIPTS, lambda row: (str(row),))
        seen += page.rows
        if page.following is None:
            break
        after = int(RECEIPTS.read(page.following)[0])
    assert seen == rows
