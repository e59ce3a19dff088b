"""Files within files: each under a path of its own, within bounds that hold for the whole outermost document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading.nested import LONGEST_DETAIL, MAXIMUM_DEPTH, MAXIMUM_PARTS, SMALL, Nest, alone
from archive.reading.reading import Reading, within
from schemas.problems import Problem, ProblemType

EMPTY = Reading(format="zip", pages=())


def dispatch(name: str, media_type: str, content: bytes, nest: Nest) -> Reading:  # noqa: ARG001 - the shape of Dispatch
    """Read `b"x/1;y"` as a file that holds x and y, x with the content 1; `b"!"` cannot be read."""
    if content == b"!":
        raise Problem(ProblemType.FORMAT_OLD, "why")
    for inner in filter(None, content.split(b";")):
        own, _, rest = inner.partition(b"/")
        nest.read(own.decode(), rest)
    return Reading(format="zip", pages=(), parts=nest.parts)


def outermost(size: int = 1 << 30, *, name: str = "外.zip", wanted: tuple[str, ...] = ()) -> Nest:
    return Nest(dispatch, size, name, wanted)


def refused(nest: Nest, name: str, content: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        nest.read(name, content)
    return caught.value


def test_files_are_parts_under_their_names_in_their_order():
    nest = outermost()
    nest.read("甲.zip", b"x/y;z")
    nest.read("乙/丙.pdf", b"")
    assert [path for path, _ in within(Reading(format="zip", pages=(), parts=nest.parts))] == [
        "", "甲.zip", "甲.zip/x", "甲.zip/x/y", "甲.zip/z", "乙/丙.pdf",
    ]  # fmt: skip


def test_two_files_never_have_the_same_path():
    nest = outermost()
    for name in ("a", "a", "a", "b/c", "b"):
        nest.read(name, b"c" if name == "b" else b"")
    paths = [path for path, _ in within(Reading(format="zip", pages=(), parts=nest.parts))]
    assert paths == ["", "a", "a (2)", "a (3)", "b/c", "b", "b/c (2)"]
    assert len(set(paths)) == len(paths)


@given(st.text(max_size=40))
def test_a_name_leads_nowhere(name: str):
    nest = outermost()
    nest.read(name, b"")
    ((own, _),) = nest.parts
    assert own
    assert not {"", ".", ".."} & set(own.split("/"))


def test_a_refusal_names_the_path_of_the_file_that_is_meant():
    assert refused(outermost(), "附件.zip", b"a/b/!").detail == "外.zip/附件.zip/a/b: why"
    assert refused(outermost(name=""), "表.xls", b"!").detail == "表.xls: why"


@given(st.text("甲乙/a", max_size=400))
def test_a_detail_is_never_long_and_keeps_the_end(name: str):
    detail = refused(outermost(), f"{name}表.xls", b"!").detail
    assert len(detail) <= LONGEST_DETAIL
    assert detail.endswith("表.xls: why")


def test_depth_and_number_are_bounded_over_the_whole():
    outermost().read("a", b"b/" * (MAXIMUM_DEPTH - 1))
    problem = refused(outermost(), "a", b"b/" * MAXIMUM_DEPTH)
    assert problem.kind is ProblemType.NESTED_TOO_DEEP
    nest = outermost()
    nest.read("a", b"b;" * (MAXIMUM_PARTS - 1))
    assert refused(nest, "c", b"").kind is ProblemType.NESTED_TOO_DEEP
    with pytest.raises(Problem):
        nest.require(1)


def test_what_is_unpacked_is_bounded_by_the_size_of_the_whole():
    small = outermost(1000)
    small.weigh(SMALL)
    assert refused(small, "a", b"x").kind is ProblemType.DOCUMENT_BOMB
    large = outermost()
    large.weigh(200 << 20)
    assert refused(large, "a", b"x").kind is ProblemType.DOCUMENT_BOMB


def test_only_what_leads_to_the_wanted_files_is_read_again():
    nest = outermost(wanted=("甲/x/y", "乙"))
    nest.read("甲", b"x/y/z;no/!")
    nest.read("乙", b"!")
    nest.read("丙", b"!")
    assert {path: content for path, (_, _, content) in nest.found.items()} == {"甲/x/y": b"z", "乙": b"!"}


def test_a_file_that_shares_its_path_is_found_again_under_the_same_path():
    content = {"b/c": b"", "b": b"c/1"}
    nest = outermost(wanted=("b/c (2)",))
    for name, inner in content.items():
        nest.read(name, inner)
    assert list(nest.found) == ["b/c (2)"]


def test_nothing_may_lie_in_a_document_that_stands_alone():
    assert refused(alone(), "a", b"").kind is ProblemType.NESTED_TOO_DEEP
