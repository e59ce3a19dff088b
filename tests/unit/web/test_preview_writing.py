"""Previews as markup: words are escaped, and no number, colour or name of a shape becomes anything else."""

import re

import lxml.html
import ofd_maker
import ooxml_maker
from preview_maker import preview

from archive.reading.preview.shapes import (
    Box,
    Cell,
    Drawn,
    Flowing,
    Image,
    Inset,
    Letters,
    Outline,
    Paragraph,
    Picture,
    Preview,
    Row,
    Rule,
    Span,
    Table,
)
from exchange.web.preview import svg
from exchange.web.preview.pages import WORDS, leaves

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;\x00\x1b"
PNG = b"\x89PNG\r\n\x1a\n"
ELEMENTS = frozenset(
    re.split(r"\s+", "svg text path use image defs p span b i u s sup sub font hr br del table colgroup col thead tbody tr td th div")
)
ATTRIBUTES = frozenset(
    re.split(
        r"\s+",
        "class viewbox width height x y font-size fill font-weight font-style text-decoration opacity transform xml:space d stroke"
        " stroke-width stroke-dasharray fill-rule href id preserveaspectratio aria-hidden role aria-label aria-level color title"
        " colspan rowspan bgcolor scope",
    )
)


def shown(found: Preview) -> lxml.html.HtmlElement:
    made, _ = leaves(found, WORDS["zh-CN"], "隐藏")
    return lxml.html.fromstring(f"<div>{''.join(leaf.content for leaf in made)}</div>")


def evil() -> Preview:
    """Return what a reading process could say that was taken over."""
    bad = 'red" onload="alert(1)'
    huge, place = (1e308, float("nan")), (float("inf"), 0.0, 0.0, -1e308, 1.0, 1.0)
    span = Span(EVIL, bold=True, struck=True, size=1e308, colour=bad, family=bad, raised=bad, kept="deleted")  # type: ignore[arg-type]
    paragraph = Paragraph((span, Inset(5, 1e308, EVIL), Inset(0, -5.0, EVIL)), bad, 99, EVIL, 1e9, -1e9, bad, bad)  # type: ignore[arg-type]
    table = Table((Row((Cell((paragraph,), -1, 10**9, bad, bad),), EVIL, hidden=True),), (1.0, 1e308), (EVIL,))
    marks = (
        Letters(EVIL, huge, huge, 1e308, bad, bad, place=place),  # type: ignore[arg-type]
        Outline(f"M 0 0{bad}", bad, bad, 1e308, huge),
        Outline("M 0 0 L 1 1", bad, bad),
        Image(0, place, (1.0, 1e308, 1.0, 1.0)),
        Image(-1, place),
    )
    box = Box(bad, (paragraph, table, Rule(bad)))  # type: ignore[arg-type]
    sheets = (Drawn(1, 1e308, -5.0, marks, hidden=True), Flowing(2, (paragraph, table, box), EVIL, 1e308, hidden=True))
    return Preview(kind="ofd", sheets=sheets, pictures=(Picture("png", -3, 10**12, PNG + EVIL.encode()), Picture("jpeg", 1, 1, b"<svg/>")))


def test_nothing_that_a_shape_says_becomes_an_element_or_an_attribute_of_another_kind():
    page = shown(evil())
    elements = [one for one in page.iter() if isinstance(one.tag, str) and one is not page]
    assert {one.tag for one in elements} <= ELEMENTS
    assert {name.lower() for one in elements for name in one.attrib} <= ATTRIBUTES
    for one in elements:
        for name in ("x", "y", "width", "height", "font-size", "stroke-width", "colspan", "rowspan", "stroke-dasharray", "transform"):
            assert not re.search(r"[^0-9a-z().% -]|nan|inf|e[+0-9]", one.get(name, "").replace("translate", "")), one.get(name)
        assert re.fullmatch("(#picture-[0-9]+-[0-9]+|data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+)?", one.get("href", ""))
        assert re.fullmatch("(#[0-9a-f]{6}|none)?", one.get("fill", "") or one.get("color", "") or one.get("bgcolor", ""))
        assert "onload" not in str(one.attrib).replace(EVIL, "")
    assert "<script>alert(1)</script>" in page.text_content()


def test_markup_in_a_document_stays_its_text():
    for name, content in (
        ("件.ofd", ofd_maker.ofd(ofd_maker.page(ofd_maker.text("<b>粗</b>&amp;")))),
        ("件.docx", ooxml_maker.docx(ooxml_maker.paragraph("<b>粗</b>&amp;"))),
    ):
        page = shown(preview(name, content))
        assert "<b>粗</b>&amp;" in page.text_content()
        assert not page.xpath("//b")


def test_characters_beyond_the_first_plane_keep_the_others_in_their_places():
    mark = Letters("a\U00020000b", (0.0, 10.0, 20.0), (5.0,), 5.0)
    (text,) = shown(Preview(kind="ofd", sheets=(Drawn(1, 100.0, 100.0, (mark,)),))).xpath("//text")
    assert text.get("x") == "0 10 10 20"


def test_pictures_are_written_once_for_a_leaf_and_within_a_bound():
    whole = Picture("png", 10, 10, PNG + bytes(svg.MAXIMUM // 3))
    marks = tuple(Image(0, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)) for _ in range(5))
    found = Preview(kind="ofd", sheets=tuple(Drawn(number, 10.0, 10.0, marks) for number in range(1, 6)), pictures=(whole,))
    made, is_short = leaves(found, WORDS["en"], "hidden")
    assert [leaf.content.count("data:image/png") for leaf in made] == [1, 1, 0, 0, 0]
    assert is_short
