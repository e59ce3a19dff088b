import numpy as np
import pytest
from scan_maker import Scanner, Sheet, paper, scanned

from archive.reading.eyes import colour, montage, sight, strip
from archive.reading.eyes.montage import Piece
from archive.reading.frames import Frame


def quad(left: float, upper: float, right: float, lower: float) -> montage.Quad:
    return np.array([[left, upper], [right, upper], [right, lower], [left, lower]], np.float32)


def test_what_is_found_on_a_sheet_is_given_back_in_the_pixels_of_its_piece() -> None:
    pieces = [Piece(np.full((300 * size, 800 * size), 250, np.uint8), 100 * size) for size in (1, 2, 4)]
    places = [(40, 60, 200, 90), (100, 200, 900, 260), (0, 800, 3200, 1200)]
    for piece, (left, upper, right, lower) in zip(pieces, places, strict=True):
        piece.picture[upper:lower, left:right] = 0
    sheet = montage.laid(pieces)
    assert [side % 32 for side in sheet.shape] == [0, 0]
    found = []
    row = 0
    for piece in pieces:
        band = np.argwhere(sheet[row : row + piece.size[1]] < 100)
        (upper, left), (lower, right) = band.min(axis=0), band.max(axis=0) + 1
        found.append(quad(left, upper + row, right, lower + row))
        row += piece.size[1] + 16
    for lines, piece, place in zip(montage.lifted(pieces, found), pieces, places, strict=True):
        (line,) = lines
        assert strip.box(line) == pytest.approx(place, abs=2 / piece.scale)


def test_sheets_hold_neighbours_and_never_more_than_their_bound() -> None:
    pieces = [Piece(np.full((height, 1654), 250, np.uint8), 200) for height in (795, 795, 795, 795, 2339, 795, 8000)]
    shared = montage.sheets(pieces)
    assert [one for sheet in shared for one in sheet] == list(range(len(pieces)))
    assert len(shared) < len(pieces)
    assert all(montage.laid([pieces[one] for one in sheet]).size < 1.2 * montage.SHEET for sheet in shared)


def test_red_ink_is_seen_where_there_is_some_and_brown_wood_is_none() -> None:
    assert colour.has_red_ink(np.asarray(paper(Sheet(), 75)))
    assert not colour.has_red_ink(np.asarray(paper(Sheet(head="", seal=False), 75)))
    assert not colour.has_red_ink(np.full((200, 200, 3), (118, 92, 66), np.uint8))


def test_black_ink_under_a_red_seal_stands_alone_once_the_red_is_taken_away() -> None:
    marked = Sheet(mark="机密★1年", head="", seal=False, seal_over_mark=True)
    bare = Sheet(mark="机密★1年", head="", seal=False)
    clear = colour.without_red(np.asarray(paper(marked, 150)))
    wanted = colour.grey(np.asarray(paper(bare, 150)))
    assert np.mean(np.abs(clear.astype(int) - wanted) > 60) < 0.0005
    assert np.mean(np.abs(colour.grey(np.asarray(paper(marked, 150))).astype(int) - wanted) > 60) > 0.003


@pytest.mark.parametrize("scanner", [Scanner(dots=75, faint=0.75), Scanner(dots=75, photo=True)])
def test_faint_and_shaded_pages_come_out_black_on_white(scanner: Scanner) -> None:
    page = colour.evened(colour.grey(np.asarray(scanned(Sheet(), scanner))))
    assert np.percentile(page, 60) > 215
    assert np.percentile(page, 1) < 100


def test_an_even_dark_page_is_left_as_it_is() -> None:
    page = colour.grey(np.asarray(paper(Sheet(), 75)))
    assert colour.evened(page) is page


def test_a_page_of_any_size_is_made_ready_within_bounds() -> None:
    for width, height in ((1, 1), (7000, 40), (40, 7000), (5000, 5000)):
        page = sight.prepared(Frame("", 1, width, height, 0, bytes(width * height * 3)))
        assert max(page.grey.shape) <= sight.LONGEST
        assert sight.head(page).grey.shape[1] == page.grey.shape[1]
        assert page.dots >= 1


def test_a_line_that_runs_downwards_is_laid_to_the_right() -> None:
    tall = np.vstack([np.full((20, 20), value, np.uint8) for value in (10, 20, 30)])
    flat = strip.side_by_side(tall)
    assert flat.shape == (20, 60)
    assert [int(flat[10, column]) for column in (10, 30, 50)] == [10, 20, 30]
    assert strip.is_tall(quad(0, 0, 20, 60))
    assert not strip.is_tall(quad(0, 0, 20, 30))
