import re

from hypothesis import given
from hypothesis import strategies as st

from archive.search import han, number
from archive.search.question import Number
from schemas.words import NUMBER

ISSUERS = st.text(st.sampled_from("青政党办发函字县乡T0政"), max_size=8).map(lambda text: text.rstrip("0"))
SPACES = st.sampled_from(["", "", " ", "\n", "\u3000", "\u200b"])
BRACKETS = st.sampled_from(["〔〕", "［］", "【】", "()", "（）", "[]", "﹝﹞", "〖〗"])
DIGITS = st.sampled_from(["0123456789", "０１２３４５６７８９"])
HAN_DIGITS = st.sampled_from(["0123456789", "０１２３４５６７８９", "〇一二三四五六七八九", "○一二三四五六七八九", "零一二三四五六七八九"])
NUMBERS = st.builds(Number, st.integers(1900, 2100), st.integers(1, 999_999), ISSUERS.map(han.fold))


@st.composite
def spelled(draw: st.DrawFn, wanted: Number):
    def written(figure: str, digits: st.SearchStrategy[str]) -> str:
        return "".join(draw(digits)[int(digit)] for digit in figure)

    year = written(str(wanted.year), HAN_DIGITS)
    ordinal = written("0" * draw(st.integers(0, 3)) + str(wanted.ordinal), DIGITS)
    pair = draw(BRACKETS)
    year = draw(st.sampled_from([[pair[0], year, pair[1]], [year, "年"]]))
    pieces = [*wanted.issuer, *year, *draw(st.sampled_from([[], ["第"]])), ordinal, draw(st.sampled_from("号號"))]
    return "".join(piece + draw(SPACES) for piece in pieces)


@given(NUMBERS, st.data())
def test_any_spelling_gives_the_same_key(wanted: Number, data: st.DataObject):
    text = data.draw(spelled(wanted))
    assert number.number_of(text) == wanted
    assert number.keys(text)[0] == number.key(wanted)
    assert number.canonical(number.canonical(text)) == number.canonical(text)
    found = number.pattern(wanted).search(han.fold(f"按照{text}"))
    assert found is not None
    assert len(found.group()) <= number.longest(wanted)


@given(st.from_regex(re.compile(r"[\u4e00-\u9fa5A-Z]{1,12}" + NUMBER.pattern[NUMBER.pattern.index("〔(") :], re.ASCII), fullmatch=True))
def test_every_number_that_a_submission_may_bear_is_one(text: str):
    assert number.number_of(text) is not None


@given(st.text())
def test_any_text_has_a_canonical_form_that_is_folded(text: str):
    assert han.fold(number.canonical(text)) == number.canonical(text)
