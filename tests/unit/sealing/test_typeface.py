"""The incident sheet brings its Chinese font along where the machine has one that can be embedded; judged by pypdf."""

import importlib.util
import io
import shutil
from pathlib import Path
from typing import Any

import pypdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from exchange.sealing import typeface


def fonts_of(name: str) -> tuple[str, list[Any]]:
    """Return a page's text and its Chinese fonts, drawn with the typeface of this name."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setFont(name, 12)
    canvas.drawString(72, 700, "封存事件单")
    canvas.save()
    page = pypdf.PdfReader(out).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]  # pypdf's objects
    return page.extract_text(), [font for font in fonts if font["/BaseFont"] != "/Helvetica"]


@pytest.fixture
def microhei(tmp_path: Path) -> Path:
    package = importlib.util.find_spec("paperang_p2_fonts_cjk")
    assert package is not None
    assert package.submodule_search_locations
    (font,) = Path(package.submodule_search_locations[0]).rglob("*.ttc")
    (tmp_path / "truetype").mkdir()
    return Path(shutil.copy(font, tmp_path / "truetype" / "wqy-microhei.ttc"))


def test_a_font_of_the_machine_is_embedded_and_its_text_can_be_read(microhei: Path):
    text, fonts = fonts_of(typeface.register((microhei.parents[1],)))
    assert "封存事件单" in text
    assert fonts
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)


@pytest.mark.parametrize("content", [None, b"", b"no font at all"])
def test_without_a_usable_font_the_sheet_is_still_printed(content: bytes | None, tmp_path: Path):
    if content is not None:
        (tmp_path / "simsun.ttc").write_bytes(content)
    assert typeface.register((tmp_path, tmp_path / "none")) == typeface.NAMED
    text, fonts = fonts_of(typeface.NAMED)
    assert "封存事件单" in text
    assert [font["/BaseFont"] for font in fonts] == [f"/{typeface.NAMED}"]
