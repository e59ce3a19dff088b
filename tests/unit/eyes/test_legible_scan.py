import pytest

from archive.reading.eyes import legible_scan
from archive.reading.eyes.seen import Glimpse, Sighting
from archive.reading.reading import Format, Page, Picture, Reading, Reason, unseen
from schemas.problems import Problem, ProblemType


def page_of(dots: int, form: Format = "pdf", reason: Reason = "scan") -> Reading:
    return Reading(format=form, pages=(Page(1, (), Picture(reason, dots)),))


def refused(reading: Reading) -> bool:
    try:
        legible_scan.require_dots(reading, unseen(reading))
    except Problem as problem:
        return problem.kind is ProblemType.SCAN_TOO_COARSE
    return False


@pytest.mark.parametrize(
    ("dots", "form", "reason", "coarse"),
    [
        (143, "pdf", "scan", True),
        (144, "pdf", "scan", False),
        (120, "ofd", "scan", True),
        (120, "image", "scan", False),
        (95, "image", "scan", True),
        (96, "docx", "scan", False),
        (72, "docx", "scan", True),
        (0, "pdf", "scan", False),
        (72, "pdf", "head", False),
        (72, "pdf", "illegible", False),
    ],
)
def test_a_scan_needs_150_dots_an_inch_and_what_may_be_a_photograph_100(dots: int, form: Format, reason: Reason, coarse: bool) -> None:  # noqa: FBT001 - a parameter
    assert refused(page_of(dots, form, reason)) is coarse


def test_a_coarse_scan_inside_an_archive_is_found_and_the_refusal_names_no_file() -> None:
    archive = Reading(format="zip", pages=(), parts=(("名单.pdf", page_of(100)),))
    with pytest.raises(Problem) as caught:
        legible_scan.require_dots(archive, unseen(archive))
    assert caught.value.detail == "page 1: 100 dpi"


def test_a_page_that_was_seen_already_is_not_judged_again() -> None:
    legible_scan.require_dots(page_of(100), [])


def sighting(scores: list[float], page: int = 1, *, whole: bool = True) -> Sighting:
    lines = tuple(Glimpse("字", 0.1, index / 100, 0.5, 0.02, score) for index, score in enumerate(scores))
    return Sighting("", page, whole, lines)


@pytest.mark.parametrize(
    "fine",
    [
        sighting([]),
        sighting([0.2] * 9),  # a photograph's chance shapes
        sighting([0.99] * 12 + [0.1] * 11),  # text with many stamps and signatures
        sighting([0.2] * 30, page=2),
        sighting([0.2] * 30, whole=False),
    ],
)
def test_a_page_is_illegible_only_where_it_is_the_first_and_most_of_many_lines_cannot_be_read(fine: Sighting) -> None:
    legible_scan.require_words(fine)
    with pytest.raises(Problem) as caught:
        legible_scan.require_words(sighting([0.3] * 12 + [0.99] * 11))
    assert caught.value.kind is ProblemType.SCAN_ILLEGIBLE
