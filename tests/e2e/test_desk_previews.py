"""Previews in a real browser: what stands where on the sheet, in the viewer and without scripts; and whom they are for."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_maker import DeskCounty, Visitor, desk
from inbox_maker import fill
from PIL import Image, ImageStat
from preview_maker import HEAD, LEFT, SIDE, TITLE, form_xlsx, laid_out, many_pages, official_docx, official_ofd, preview
from submission_maker import Letter

FILES = {"通知.ofd": official_ofd(), "通知.docx": official_docx(), "报表.xlsx": form_xlsx(), "扫描.tif": many_pages(7)}
PIXELS_A_MILLIMETRE = 4
PIECE = {"HX-Request": "true"}


@dataclass
class Previews:
    """A county with an item whose documents are to be looked at, and its people."""

    county: DeskCounty
    clerk: Visitor
    reviewer: Visitor
    item: str

    def path(self, number: int, more: str = "") -> str:
        return f"/items/{self.item}/parts/{number}/preview{more}"


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previews]:
    with desk(tmp_path_factory) as county:
        clerk = county.visitor("T01", "张三")
        assert clerk.home is not None
        (item,) = fill(county.process, clerk.home, [Letter(title="关于农村低保工作的通知", at=datetime.now(UTC), files=FILES)])
        yield Previews(county, clerk, county.visitor("county", "王五", "reviewer"), item)


def test_red_and_black_stand_on_the_sheet_where_the_document_puts_them(previews: Previews, tmp_path: Path):
    page = previews.county.browser.new_page(viewport={"width": 210 * PIXELS_A_MILLIMETRE + 20, "height": 1200})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.set_content(laid_out(preview("通知.ofd", FILES["通知.ofd"])))
    shot = page.locator(".drawn").screenshot(path=tmp_path / "sheet.png")
    sheet = Image.open(io.BytesIO(shot)).convert("RGB")
    scale = sheet.width / 210

    def ink(x: float, y: float, width: float, height: float) -> tuple[float, ...]:
        return tuple(ImageStat.Stat(sheet.crop(tuple(round(edge * scale) for edge in (x, y, x + width, y + height)))).mean)

    def is_red(of: tuple[float, ...]) -> bool:
        return of[0] > 200 and of[1] < of[0] - 20 and of[2] < of[0] - 20

    assert is_red(ink(31, 51, 13, 13))  # the first sign of the head
    assert is_red(ink(30 + 8 * 16.5, 51, 13, 13))  # and the last
    assert is_red(ink(LEFT + 1, 100.3, 154, 0.4))  # the rule
    assert is_red(ink(128, 198 + SIDE / 2 - 1, 2, 2))  # the left edge of the seal
    red, green, _ = ink(38, 116, 60, 8)  # the title, which is black
    assert red < 240
    assert abs(red - green) < 3
    assert ink(0, 0, 210, 45) == (255, 255, 255)
    places = page.evaluate(
        "() => [...document.querySelectorAll('.drawn text')].slice(0, 1).map(text => ["
        "...Array(text.textContent.length).keys()].map(at => text.getStartPositionOfChar(at).x))"
    )
    assert places == [pytest.approx([16.5 * at for at in range(len(HEAD))], abs=0.01)]
    assert TITLE in page.inner_text("body") or TITLE in page.text_content("body")
    assert complaints == []
    page.close()


def test_a_document_is_drawn_for_whoever_may_read_it_once_it_is_opened(previews: Previews):
    reviewer = previews.reviewer.context.request
    closed = reviewer.get(previews.county.url + previews.path(1), headers=PIECE)
    assert closed.status in {403, 404, 409}
    assert HEAD not in closed.text()
    stranger = previews.county.stranger().context.request.get(previews.county.url + previews.path(1), max_redirects=0)
    assert stranger.status in {303, 401}
    own = previews.clerk.context.request.get(previews.county.url + previews.path(1), headers=PIECE)
    assert own.status == 200
    assert HEAD in own.text()
    assert own.headers["cache-control"] == "no-store"


def test_the_viewer_shows_sheets_and_further_ones_as_one_goes_on(previews: Previews):
    watched = previews.reviewer.open(f"/inbox/{previews.item}")
    frame = watched.page.frame_locator("#viewer iframe")
    frame.locator(".leaf.ofd .drawn text").first.wait_for(state="attached")
    assert frame.locator(".leaf.ofd").count() == 1
    watched.page.locator(".documents a.show").nth(2).click()
    frame.locator(".leaf.xlsx td", has_text="12,034.50").wait_for()
    watched.page.locator(".documents a.show").nth(3).click()
    frame.locator(".sheet").nth(6).wait_for(state="attached")
    frame.locator(".sheet").nth(6).scroll_into_view_if_needed()
    frame.locator('.leaf[data-number="7"] image').wait_for(state="attached")
    assert watched.complaints == []
    watched.page.close()


def test_without_scripts_each_document_is_a_page_of_its_own(previews: Previews):
    for number, words in ((1, HEAD), (2, "逾期不报的"), (3, "隐藏的一行"), (4, "第 1–5 页，共 7 页")):
        watched = previews.clerk.open(previews.path(number))
        assert words in (watched.page.text_content("main") or "")
        assert watched.page.get_by_role("link", name="下载原件").count() == 1
        assert watched.complaints == []
        assert number != 3 or watched.axe() == []
        watched.page.close()
    answers = [
        previews.clerk.context.request.get(previews.county.url + previews.path(4, more)) for more in ("?first=6", "?first=0", "?first=x")
    ]
    assert [answer.status for answer in answers] == [200, 400, 400]
    assert 'data-number="7"' in answers[0].text()
