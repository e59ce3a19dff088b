from dataclasses import dataclass
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from archive.search import han, highlight
from archive.search.question import Words

SIGNS = "公文县县ﬁab 1\n\u200b\u0301（）㎡\ufe0f\u00a8。"
WORDS = st.lists(st.text(st.sampled_from("公文县fabm12()。 "), min_size=1, max_size=4).map(Words), min_size=1, max_size=4)
TEXTS = st.text(st.sampled_from(SIGNS), max_size=200)


@dataclass(frozen=True)
class Part:
    name: str
    text: str
    pages: tuple[tuple[int, int], ...] = ((1, 0),)
    others: tuple[tuple[str, str], ...] = ()


@given(TEXTS, WORDS)
def test_marks_are_all_that_was_found_and_nothing_else(text: str, words: list[Words]):
    folded, places = han.fold_with_places(text)
    covered = set()
    for word in filter(None, (han.fold(word.text) for word in words)):
        for at in range(len(folded)):
            if folded.startswith(word, at):
                covered.update(places[at : at + len(word)])
    marked = {place for start, end in highlight.marks(words, text) for place in range(start, end)}
    assert covered <= marked
    assert {place for place in marked - covered if han.fold(text[place]) not in ("", "\u0301")} <= set(
        range(min(covered, default=0), max(covered, default=0)),
    )


@given(st.lists(TEXTS, max_size=3), WORDS, st.integers(1, 4), st.integers(1, 40), st.integers(1, 20))
def test_snippets_show_each_word_that_a_text_holds_and_mark_it(texts: list[str], words: list[Words], most: int, width: int, piece: int):
    parts = [Part(str(place), text) for place, text in enumerate(texts)]
    with patch.object(highlight, "_PIECE", piece):
        found = highlight.snippets(words, parts, most, width)
    folded = {han.fold(word.text) for word in words} - {""}
    held = {word for word in folded if any(word in han.fold(text) for text in texts)}
    assert len(found) <= most
    assert bool(found) == bool(held)
    for snippet in found:
        assert han.fold(snippet.text) in han.fold(texts[int(snippet.part)])
        assert snippet.marks
        for start, end in snippet.marks:
            assert any(word in han.fold(snippet.text[start:end]) for word in folded)
    if most >= len(words):
        assert held == {word for word in held if any(word in han.fold(snippet.text) for snippet in found)}
