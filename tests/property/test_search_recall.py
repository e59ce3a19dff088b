"""Every engine answers as reading every entry would: nothing is missed, nothing is too much, and the unseen changes nothing."""

import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from entry_maker import COUNTY, OFFICES, archive, batch, piece, random_node
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.search import han
from archive.search.entry import Entry
from archive.search.fields import folded, readers
from archive.search.index import SearchIndex
from archive.search.memory import MemoryIndex
from archive.search.question import Place, Question, Viewer, Words
from archive.search.tantivy_index import TantivyIndex
from archive.search.whoosh_index import WhooshIndex

VIEWERS: Final = (COUNTY, Viewer("county", "county.2"), *(Viewer(office, f"{office}.1") for office in OFFICES), Viewer("T99", "T99.1"))
ENGINES: Final = {"tantivy": (TantivyIndex.open, 2000, 10_000), "whoosh": (WhooshIndex.open, 200, 400)}
"""How each is opened, how many entries it gets and how many pieces of their texts are asked for."""

Shelf = tuple[SearchIndex, list[Entry]]


@pytest.fixture(scope="module", params=list(ENGINES))
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shelf, int]]:
    opens, count, asked = ENGINES[request.param]
    entries = archive(20261122, count, longest=80)
    index = opens(tmp_path_factory.mktemp(request.param) / "index")
    for start in range(0, count, count // 4):
        index.apply(batch(*entries[start : start + count // 4]))
    yield (index, entries), asked
    index.close()


def questions(chance: random.Random, entries: list[Entry], count: int, viewers: tuple[Viewer, ...] = VIEWERS) -> Iterator[Question]:
    for _ in range(count):
        after = Place(chance.randrange(2), chance.randrange(len(entries) + 2)) if chance.random() < 0.3 else None
        yield Question(
            node=random_node(chance, entries),
            viewer=chance.choice(viewers),
            order=chance.choice(("best", "newest")),
            after=after,
            size=chance.choice((1, 5, 500)),
        )


def test_every_piece_of_a_text_finds_exactly_the_entries_that_hold_it(shelf: tuple[Shelf, int]):
    (index, entries), asked = shelf
    seen = [entry for entry in reversed(entries) if not set(readers(COUNTY)).isdisjoint(entry.readers)]
    texts = [(entry.accepted, folded(entry).texts["any"]) for entry in seen]
    chance = random.Random(1)
    for _ in range(asked):
        cut = piece(chance, seen)
        text = han.fold(cut)
        expected = [accepted for accepted, whole in texts if text in whole]
        found = index.search(Question(node=Words(cut), viewer=COUNTY, order="newest", size=10, facets=False))
        assert (found.total, [hit.accepted for hit in found.hits]) == (len(expected), expected[:10]), cut
        # a number stands in the index in its one spelling, and a piece of another spelling may stand nowhere
        assert expected or any(cut in entry.number for entry in seen)


def test_any_question_is_answered_as_by_reading_every_entry(shelf: tuple[Shelf, int]):
    (index, entries), _ = shelf
    oracle = MemoryIndex()
    oracle.apply(batch(*entries))
    for question in questions(random.Random(2), entries, 150):
        assert index.search(question) == oracle.search(question)


def test_answers_are_the_same_when_all_that_the_viewer_may_not_see_is_taken_away(shelf: tuple[Shelf, int]):
    (index, entries), _ = shelf
    viewer = Viewer("T01", "T01.1")
    unseen = [entry for entry in entries if set(readers(viewer)).isdisjoint(entry.readers)]
    asked_before = list(questions(random.Random(3), entries, 60, (viewer,)))
    before = [index.search(question) for question in asked_before]
    index.apply(batch(gone=tuple(entry.submission for entry in unseen), upto=index.upto()))
    assert index.count() == len(entries) - len(unseen) < len(entries)
    assert [index.search(question) for question in asked_before] == before
    index.apply(batch(*unseen, upto=index.upto()))
    assert [index.search(question) for question in asked_before] == before


def compared(opens: Callable[[Path], SearchIndex], seed: int) -> None:
    """Put a small archive into a new index in several batches, with changes and removals, and compare it after each."""
    chance = random.Random(seed)
    entries = archive(seed, chance.randrange(1, 12), longest=20)
    with tempfile.TemporaryDirectory() as folder:
        index, oracle = opens(Path(folder) / "index"), MemoryIndex()
        for upto in range(1, 4):
            changed = [replace(each, title=chance.choice(entries).title) for each in entries if chance.random() < 0.6]
            gone = tuple(each.submission for each in entries if chance.random() < 0.2)
            for each in (index, oracle):
                each.apply(batch(*changed, gone=gone, upto=upto))
            assert index.count() == oracle.count()
            for question in questions(chance, entries, 15):
                assert index.search(question) == oracle.search(question)
        index.close()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_tantivy_answers_as_by_reading_every_entry_whatever_came_and_went(seed: int):
    compared(TantivyIndex.open, seed)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whoosh_answers_as_by_reading_every_entry_whatever_came_and_went(seed: int):
    compared(WhooshIndex.open, seed)
