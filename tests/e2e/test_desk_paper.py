"""The paper leg in a browser: a paper in one line, sheets with a foot, figures as a list, and what a medium brings."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import ooxml_maker
import openpyxl
import paper_maker
import pypdf
import pytest
from desk_maker import DeskCounty, Visitor, desk, printed
from playwright.sync_api import expect


@dataclass
class Scene:
    county: DeskCounty
    clerk: Visitor
    reviewer: Visitor
    folder: Path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with desk(tmp_path_factory) as county:
        clerk, reviewer = county.visitor("T01", "张三"), county.visitor("county", "李四", "reviewer")
        yield Scene(county, clerk, reviewer, tmp_path_factory.mktemp("files"))


def test_a_paper_is_one_line_and_enter_and_the_form_waits_for_the_next(scene: Scene) -> None:
    page = scene.clerk.open("/paper")
    for counterpart, title, reason in (("T02", "关于清理界河的函", "outage"), ("市林业局办公室", "关于造林统计的函", "")):
        expect(page.page.locator("#counterpart")).to_be_focused()
        page.page.fill("#counterpart", counterpart)
        page.page.fill("#title", title)
        page.page.select_option("#kind", "letter")
        page.page.select_option("#reason", reason)
        page.page.press("#title", "Enter")
        expect(page.page.locator("tbody")).to_contain_text(title)
        assert page.page.input_value("#kind") == "letter"
    assert page.page.locator('datalist option[value="市林业局办公室"]').count() == 1

    page.page.fill("#counterpart", "T02")
    page.page.fill("#title", "绝密★ 某事")
    page.page.select_option("#reason", "other")
    page.page.press("#title", "Enter")
    expect(page.page.locator("#title-error")).to_be_visible()
    assert "绝密★" not in page.content()
    assert page.page.input_value("#title") == ""
    page.complaints.clear()  # the browser's own, about the refusal

    page.page.goto(f"{scene.county.url}/paper")
    page.page.select_option("#reason", "courier")
    page.page.fill("#copies", "4")
    page.page.press("#copies", "Enter")
    expect(page.page.locator('.courier input[name="received"]')).to_have_value("4")
    assert page.page.locator("tbody tr").count() == 2
    assert (page.complaints, page.axe(), page.is_wider_than_the_screen()) == ([], [], False)


def test_figures_are_shown_against_the_line_and_given_as_a_list(scene: Scene) -> None:
    page = scene.clerk.open("/paper/rate")
    assert "无纸化率 = 网上 ÷（网上 + 纸质）" in page.inner_text("main")
    assert page.page.locator("svg.rate-bar").count() > 0
    answer = scene.clerk.context.request.get(f"{scene.county.url}/paper/rate.xlsx")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.body())).worksheets[0].iter_rows(values_only=True))
    assert rows[1] == ("T01", "城关镇", "收文", "0", "1", "0.0", "1")
    assert scene.clerk.context.request.get(f"{scene.county.url}/paper/rate?first=2026-13").status == 400
    assert (page.complaints, page.axe()) == ([], [])


def test_every_sheet_says_who_printed_it_and_which_copy_it_is(scene: Scene) -> None:
    main, annex, words = (scene.folder / name for name in ("正文.pdf", "附表.docx", "说明.txt"))
    main.write_bytes(paper_maker.pdf(pages=2))
    annex.write_bytes(ooxml_maker.docx())
    words.write_text("各村已完成隐患排查。\n", "utf-8")
    assert scene.clerk.home is not None
    attached = ["--attach", annex, "--attach", words]
    item = scene.clerk.home.run("submit", main, *attached, "--title", "防汛情况", "--kind", "信息", "--to", "county").json["submission"]
    page = scene.clerk.open(f"/items/{item}/print")
    page.page.fill("#copies", "2")
    page.page.fill("#purpose", "呈领导阅示")
    page.page.click("main form button")
    page.page.get_by_role("link", name="第 2 份").click()
    expect(page.page.locator("#print")).to_be_visible(timeout=60_000)
    assert page.page.locator("img.paper-sheet").count() == 2
    assert page.page.locator("div.paper-sheet iframe").count() == 1
    assert page.complaints == []
    sheets = pypdf.PdfReader(printed(page, scene.folder / "sheets.pdf")).pages
    assert len(sheets) >= 4
    for sheet in sheets:
        text = "".join(sheet.extract_text().split())
        assert "打印：城关镇张三" in text
        assert "第2份" in text
    again = scene.clerk.open(f"/items/{item}/print")
    assert "1 – 2" in again.inner_text("tbody")
    assert scene.reviewer.context.request.get(page.page.url).status in (404, 409)


def test_a_receipt_is_printed_with_a_number_and_looking_at_it_is_none(scene: Scene) -> None:
    sent = scene.clerk.context.request.get(f"{scene.county.url}/api/v1/submissions").json()
    submission = sent["items"][0]["submission"]
    page = scene.clerk.open(f"/items/{submission}")
    page.page.locator('a[href*="/receipts/"]').first.click()
    expect(page.page.locator(".receipt-bar .button")).to_be_visible()
    looked = pypdf.PdfReader(printed(page, scene.folder / "looked.pdf")).pages[0].extract_text()
    assert "未登记" in normalize("NFKC", looked).replace(" ", "")
    page.page.locator(".receipt-bar .button").click()
    expect(page.page.locator("#copies")).to_be_visible()
    page.page.fill("#copies", "2")
    page.page.fill("#purpose", "财务报销附件")
    assert (page.complaints, page.axe(), page.is_wider_than_the_screen()) == ([], [], False)
    page.page.locator("main form button").click()
    page.page.get_by_role("link", name="第 2 份").click()
    expect(page.page.locator("#print")).to_be_visible()
    expect(page.page.locator(".copy-foot")).to_contain_text("第 2 份")
    sheets = pypdf.PdfReader(printed(page, scene.folder / "receipt.pdf")).pages
    assert len(sheets) == 1
    text = normalize("NFKC", sheets[0].extract_text()).replace(" ", "")
    assert normalize("NFKC", "打印：城关镇张三") in text
    assert "第2份" in text
    assert (page.complaints, page.axe(), page.is_wider_than_the_screen()) == ([], [], False)


def test_a_medium_is_taken_in_once_and_its_receipt_is_the_same_for_ever(scene: Scene) -> None:
    assert scene.clerk.home is not None
    main, packed = scene.folder / "断网.pdf", scene.folder / "断网.asice"
    main.write_bytes(paper_maker.pdf())
    scene.clerk.home.run("pack", main, "--title", "断网时的信息", "--kind", "信息", "--to", "county", "--out", packed)
    page, receipts = scene.reviewer.open("/paper/medium"), []
    for said in ("已接收", "此前已接收"):
        page.page.set_input_files("#container", packed)
        page.page.click("form[enctype] button")
        expect(page.page.locator("table").first).to_contain_text(said)
        link = page.page.locator("table a").first.get_attribute("href")
        receipts.append(scene.reviewer.context.request.get(f"{scene.county.url}{link}").body())
    assert receipts[0] == receipts[1]
    page.page.set_input_files("#container", {"name": "坏.asice", "mimeType": "application/zip", "buffer": b"PK\x03\x04"})
    page.page.click("form[enctype] button")
    expect(page.page.locator("table").first).to_contain_text("未予接收")
    assert (page.complaints, page.axe()) == ([], [])
    assert scene.clerk.context.request.get(f"{scene.county.url}/paper/medium").status == 403
