"""How pages are looked at, with a model that knows what stands where: it reads the grey of a bar as a word."""

import numpy as np
import pytest

from archive.reading.eyes.colour import Pixels
from archive.reading.eyes.engine import Words
from archive.reading.eyes.looking import Looker
from archive.reading.eyes.montage import Quad
from archive.reading.eyes.seen import MOST_LINES
from archive.reading.eyes.sight import Sight

PAPER = 250


class BarModel:
    """Finds dark bars; reads one by its grey, and surely only when left and top are its darker sides, as if it were written."""

    def __init__(self) -> None:
        self.sheets = 0

    def lines(self, picture: Pixels) -> list[Quad]:
        import cv2  # noqa: PLC0415 - one test's tool

        self.sheets += 1
        count, _, boxes, _ = cv2.connectedComponentsWithStats((picture < 200).astype(np.uint8))
        quads = []
        for left, upper, width, height, _ in boxes[1:count]:
            corners = [[left, upper], [left + width, upper], [left + width, upper + height], [left, upper + height]]
            quads.append(np.array(corners, np.float32))
        return quads

    def words(self, strips: list[Pixels]) -> list[Words]:
        return [self._word(strip) for strip in strips]

    def _word(self, strip: Pixels) -> Words:
        height, width = strip.shape
        left, right = strip[:, width // 8 : width // 3].mean(), strip[:, 2 * width // 3 : -max(1, width // 8)].mean()
        top, bottom = strip[height // 8 : height // 3].mean(), strip[2 * height // 3 : -max(1, height // 8)].mean()
        upright = left + 10 < right and top + 15 < bottom
        return Words(f"墨色{round(strip.mean() / 20)}字", 0.99 if upright else 0.3)


def page(bars: list[tuple[int, int, int]], number: int = 2, height: int = 1000) -> Sight:
    """Draw bars (upper edge, left edge, grey), each 200 x 24, getting lighter to the right and downwards."""
    grey = np.full((height, 700), PAPER, np.uint8)
    light = np.linspace(0, 50, 200)[None, :] + np.linspace(0, 50, 24)[:, None]
    for upper, left, shade in bars:
        grey[upper : upper + 24, left : left + 200] = (shade + light).astype(np.uint8)
    return Sight("", number, 75, grey)


HEAD = [(100, 60, 20), (200, 60, 60)]
FOOT = [(600, 60, 40), (700, 60, 80)]


def test_heads_of_several_pages_take_one_sheet_and_say_nothing_of_the_rest() -> None:
    model = BarModel()
    seen = Looker(model).heads([page(HEAD + FOOT, number) for number in (2, 3)])
    assert model.sheets == 1
    assert [(one.page, one.whole, len(one.glimpses)) for one in seen] == [(2, False, 2), (3, False, 2)]
    first = seen[0].glimpses[0]
    assert (first.x, first.y, first.width, first.height) == pytest.approx((60 / 700, 0.1, 200 / 700, 0.024), abs=0.004)


def test_a_page_whose_head_is_not_plainly_text_is_looked_at_whole() -> None:
    (seen,) = Looker(BarModel()).heads([page(HEAD[:1] + FOOT)])
    assert (seen.whole, len(seen.glimpses)) == (True, 3)
    (empty,) = Looker(BarModel()).heads([page([])])
    assert (empty.whole, empty.glimpses) == (True, ())


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_on_its_side_or_head_is_read_upright_and_its_places_are_those_of_the_upright_page(quarters: int) -> None:
    upright = page(HEAD + FOOT)
    lying = Sight("", 2, 75, np.ascontiguousarray(np.rot90(upright.grey, quarters)))
    (seen,) = Looker(BarModel()).heads([lying])
    wanted = Looker(BarModel()).whole(upright)
    assert [one.text for one in seen.glimpses] == [one.text for one in wanted.glimpses]
    for one, other in zip(seen.glimpses, wanted.glimpses, strict=True):
        assert (one.x, one.y, one.width, one.height) == pytest.approx((other.x, other.y, other.width, other.height), abs=0.005)


def test_lines_stand_in_rows_from_the_left() -> None:
    seen = Looker(BarModel()).whole(page([(104, 400, 100), (100, 60, 20), (200, 60, 60), (196, 400, 140)]))
    assert [(round(one.y, 1), one.x < 0.3) for one in seen.glimpses] == [(0.1, True), (0.1, False), (0.2, True), (0.2, False)]


def test_red_ink_is_read_too_and_what_stands_under_it_once() -> None:
    clear = page(HEAD).grey
    grey = page([*HEAD, (300, 60, 100)]).grey  # the third is red: only there while the red is
    grey[195:230, 50:270] = np.minimum(grey[195:230, 50:270], 90)  # a seal hides the second
    seen = Looker(BarModel()).whole(Sight("", 1, 75, grey, clear))
    plain, under, red = ([one for one in seen.glimpses if abs(one.y - y) < 0.01 and one.score > 0.9] for y in (0.1, 0.2, 0.3))
    assert [len(plain), len(under), len(red)] == [1, 1, 1]


def test_a_page_of_countless_specks_says_a_bounded_number_of_lines() -> None:
    grey = np.full((1000, 700), PAPER, np.uint8)
    grey[::20, ::20] = 0  # more than are ever told
    assert len(Looker(BarModel()).whole(Sight("", 1, 75, grey)).glimpses) <= MOST_LINES
