"""Whatever is typed is understood or refused at a place, and what was understood can be written down exactly."""

from collections.abc import Sequence
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from archive.search import han
from archive.search.number import canonical, number_of
from archive.search.query import parse, titled
from archive.search.question import And, Between, Everything, Keyword, Node, Not, Number, OneOf, Or, Span, Words
from archive.search.spans import EARLIEST, LATEST_DAY, LATEST_YEAR
from archive.search.syntax import CORNER_END, DOUBLE, FIELD, SIDES, STATES
from archive.search.writing import write
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Urgency

SIGNS = '防汛汛期年号2026aB -－|或非:："“”「」『』()（）〔〕,、.~至\u3000\u200b\x00😀'


def sayable(text: str) -> bool:
    """Tell whether some query holds this text: it has something to search for, and one kind of quotes fits around it."""
    return bool(han.fold(text)) and not (set(text) & set(DOUBLE) and set(text) & set(CORNER_END))


TEXTS = st.text(SIGNS, min_size=1, max_size=12).filter(sayable)
NUMBERS = st.builds(Number, st.integers(1900, 2100), st.integers(1, 999_999), st.text("青政办发县", max_size=5))
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(lambda day: day.year * 10_000 + day.month * 100 + day.day)


def spans(span: Span, points: SearchStrategy[int], latest: int) -> SearchStrategy[Node]:
    closed = st.tuples(points, points).map(sorted)
    bounds = closed | points.map(lambda last: (EARLIEST, last)) | points.map(lambda first: (first, latest))
    return bounds.map(lambda pair: Between(span, *pair))


def lists(keyword: Keyword, values: SearchStrategy[str]) -> SearchStrategy[Node]:
    return st.lists(values, min_size=1, max_size=4, unique=True).map(lambda found: OneOf(keyword, tuple(found)))


def number_word(number: Number) -> Node:
    return Or((number, Words(canonical(f"{number.issuer}({number.year}){number.ordinal}号"))))


LEAVES = st.one_of(
    TEXTS.map(Words),
    st.builds(Words, TEXTS.filter(lambda text: number_of(text) is None), st.sampled_from(["title", "number", "file"])),
    NUMBERS,
    NUMBERS.map(number_word),
    lists("from", TEXTS),
    lists("to", TEXTS),
    lists("kind", st.sampled_from([kind.value for kind in Kind])),
    lists("urgency", st.sampled_from([urgency.value for urgency in Urgency])),
    lists("state", st.sampled_from([f"{side}:{state}" for side in SIDES for state in STATES])),
    spans("year", st.integers(1, 9999), LATEST_YEAR),
    spans("date", DAYS, LATEST_DAY),
    spans("received", DAYS, LATEST_DAY),
)


def together(nodes: Sequence[Node]) -> Node:
    """Return what stands beside each other: with exclusions alone, everything else."""
    return And((Everything(), *nodes) if all(isinstance(node, Not) for node in nodes) else tuple(nodes))


def branches(inner: SearchStrategy[Node]) -> SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3)
    parts = st.lists(inner | inner.map(Not), min_size=2, max_size=3) | st.tuples(inner.map(Not))
    return several.map(lambda nodes: Or(tuple(nodes))) | parts.map(together)


TREES = st.recursive(LEAVES, branches, max_leaves=10) | st.just(Everything())


@given(TREES)
def test_a_tree_is_written_as_the_text_that_means_it(tree: Node):
    assert parse(write(tree)) == tree


@given(
    st.text(SIGNS, max_size=40)
    | st.text(max_size=40)
    | st.lists(st.sampled_from([*FIELD, *SIGNS, "OR ", ":", "通知", "2026"]), max_size=12).map("".join)
)
@example('a"」,b')
@example('from:a(,"」)')
@example("\ud800 a")
def test_any_text_is_understood_or_refused_at_a_place(text: str):
    try:
        tree = parse(text)
    except Problem as problem:
        assert problem.kind is ProblemType.QUERY_INVALID  # noqa: PT017 - either may happen
        assert 0 <= problem.members["position"] <= len(text)  # noqa: PT017 - the same
        return
    assert parse(write(tree)) == tree


@given(TREES)
def test_what_stands_in_front_asks_for_title_and_number_alone(tree: Node):
    def leaves(node: Node) -> list[Node]:
        match node:
            case And(nodes) | Or(nodes):
                return [leaf for each in nodes for leaf in leaves(each)]
            case _:
                return [node]

    first = titled(tree)
    if first is not None:
        assert all(isinstance(leaf, Number) or (isinstance(leaf, Words) and leaf.where in ("title", "number")) for leaf in leaves(first))
