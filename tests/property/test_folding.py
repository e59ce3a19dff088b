from hypothesis import given
from hypothesis import strategies as st

from archive.reading.reading import Line, Page, flowing
from archive.search import han

SIGNS = "公文關於后後發髮〔〕［］（），。：a B１2 \n\u3000\u200b\ufe0fﬁ㎡İßｶﾞ\u0301\u2ed3\ud800␣\u241e\u00a8-·.\U00020000"
TEXTS = st.text(st.sampled_from(SIGNS)) | st.text() | st.text(st.characters())
FOLDED = TEXTS.map(han.fold)
FEW = st.text(st.sampled_from("公文a b"), max_size=40).map(han.fold)


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str):
    assert han.fold(han.fold(text)) == han.fold(text)


@given(TEXTS)
def test_folding_with_places_is_folding(text: str):
    folded, places = han.fold_with_places(text)
    assert folded == han.fold(text)
    assert len(places) == len(folded) + 1
    assert places[-1] == len(text)
    assert places == sorted(places)
    for sign, place in zip(folded, places, strict=False):
        assert sign == " " or sign in han.fold(text[place])


@given(TEXTS)
def test_no_whitespace_but_single_spaces_and_no_reserved_sign_is_left(text: str):
    folded = han.fold(text)
    assert " ".join(folded.split()) == folded
    assert not {"␣", han.SEPARATOR} & set(folded)
    folded.encode()


@given(FOLDED)
def test_a_stream_holds_the_text(folded: str):
    tokens = han.stream(folded).split(" ")
    if len(folded) > 1:
        assert [token.replace("␣", " ") for token in tokens] == [folded[at : at + 2] for at in range(len(folded) - 1)]


def phrase_stands_in(phrase: tuple[tuple[int, str], ...], tokens: list[str]):
    return any(all(at + offset < len(tokens) and tokens[at + offset] == token for offset, token in phrase) for at in range(len(tokens)))


@given(FOLDED | FEW, st.data())
def test_a_phrase_stands_in_a_stream_exactly_where_the_text_holds_it(text: str, data: st.DataObject):
    pieces = st.builds(lambda first, size: han.fold(text[first : first + size]), st.integers(0, len(text)), st.integers(2, 9))
    wanted = data.draw((FOLDED | FEW | pieces).filter(lambda wanted: len(wanted) > 1))
    assert phrase_stands_in(han.phrase(wanted), han.stream(text).split(" ")) == (wanted in text)


@given(st.lists(st.text(st.sampled_from("公文。，ab1—“"), max_size=6)))
def test_a_flow_of_lines_folds_as_lines_joined_by_whitespace_do(lines: list[str]):
    page = Page(1, tuple(Line(line, 0.1, 0.1, 0.3, 0.02) for line in lines))
    assert han.fold(flowing([page])) == han.fold("\n".join(lines))
