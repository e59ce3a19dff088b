from archive.reading.reading import Line, Page, flowing, flowing_with_pages


def page(number: int, *texts: str, y: float = 0.1):
    return Page(number, tuple(Line(text, 0.1, y, 0.5, 0.02) for text in texts))


def test_each_page_begins_where_its_first_character_stands():
    pages = [page(1, "各乡镇人民政府：", "现将"), page(2, "安全生产"), page(3, "page three"), page(4, "and four")]
    text, starts = flowing_with_pages(pages)
    assert text == flowing(pages) == "各乡镇人民政府：现将安全生产page three and four"
    assert [(number, text[index : index + 4]) for number, index in starts] == [(1, "各乡镇人"), (2, "安全生产"), (3, "page"), (4, "and ")]


def test_a_page_without_text_begins_where_the_flow_then_ends():
    pages = [page(1), page(2, "公文"), page(3, " "), page(4, "- 4 -", y=0.9), page(5, "县"), page(6)]
    assert flowing_with_pages(pages) == ("公文县", ((1, 0), (2, 0), (3, 2), (4, 2), (5, 2), (6, 3)))


def test_no_pages_have_no_text():
    assert flowing_with_pages([]) == ("", ())


def test_a_figure_that_a_line_or_page_end_broke_is_whole_again():
    pages = [page(1, "截至202", "6年3月，完成3.", "5"), page(2, "%，增长120"), page(3, "万元")]
    assert flowing(pages) == "截至2026年3月，完成3.5%，增长120万元"


def test_figures_in_a_narrow_column_stay_apart():
    column = Page(1, tuple(Line(text, 0.1, 0.1, 0.1, 0.02) for text in ("120", "340", "5.5")))
    assert flowing([column]) == "120 340 5.5"
