"""Conditions on a representation, as RFC 9110 has them: strong for acting, weak for reading, `*` for whatever there is."""

import pytest
from aiohttp import hdrs
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from exchange import representation
from exchange.representation import Tags
from schemas.problems import Problem, ProblemType

VALUE = {"a": 1}
CURRENT = representation.tag(representation.encode(VALUE))


def read(*lines: str) -> Tags | None:
    return Tags.read(make_mocked_request("GET", "/", headers=CIMultiDict([("If-Match", line) for line in lines])), "If-Match")


def answered(**conditions: str) -> int:
    request = make_mocked_request("GET", "/", headers={name.replace("_", "-"): value for name, value in conditions.items()})
    try:
        response = representation.tagged(request, VALUE)
    except Problem as problem:
        return problem.kind.status
    assert response.headers[hdrs.ETAG] == CURRENT
    assert bool(response.body) is (response.status == 200)
    return response.status


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({}, 200),
        ({"If_Match": CURRENT}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": f'"other", {CURRENT}'}, 200),
        ({"If_Match": f"W/{CURRENT}"}, 412),
        ({"If_Match": '"*"'}, 412),
        ({"If_Match": '"other"'}, 412),
        ({"If_Match": '""'}, 412),
        ({"If_None_Match": CURRENT}, 304),
        ({"If_None_Match": f"W/{CURRENT}"}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": f'"a,b" ,, {CURRENT} ,'}, 304),
        ({"If_None_Match": '"other"'}, 200),
        ({"If_Match": CURRENT, "If_None_Match": CURRENT}, 304),
        ({"If_Match": '"other"', "If_None_Match": CURRENT}, 412),
        ({"If_Match": '"other"', "If_None_Match": "x"}, 400),
        ({"If_Match": "x"}, 400),
        ({"If_Match": ""}, 400),
        ({"If_Match": "*, *"}, 400),
        ({"If_Match": '"a" "b"'}, 400),
        ({"If_Match": '"a'}, 400),
        ({"If_Match": 'w/"a"'}, 400),
    ],
)
def test_conditions_are_heeded(conditions: dict[str, str], status: int):
    assert answered(**conditions) == status


@given(st.lists(st.text(st.characters(codec="ascii", min_codepoint=0x21, exclude_characters='"\x7f'), max_size=8), min_size=1, max_size=5))
def test_a_list_names_what_it_names_in_one_line_or_several(values: list[str]):
    quoted = [f'"{value}"' for value in values]
    assert read(", ".join(quoted)) == read(*quoted) == Tags(frozenset(quoted))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str):
    try:
        tags = read(text)
    except Problem as problem:
        assert problem.kind is ProblemType.REQUEST_MALFORMED  # noqa: PT017 - one of the two right answers
    else:
        assert tags is not None


def test_a_long_list_costs_no_more_than_its_length():
    with pytest.raises(Problem, match="If-Match"):
        read('"a",' * 50_000 + "x")
    with pytest.raises(Problem, match="If-Match"):
        read(" ," * 50_000 + '"')


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=4), st.dictionaries(st.text(max_size=5), st.integers(), max_size=4))
def test_other_bytes_have_another_tag(one: dict[str, int], other: dict[str, int]):
    first, second = representation.encode(one), representation.encode(other)
    assert (representation.tag(first) == representation.tag(second)) is (first == second)
