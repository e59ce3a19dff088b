"""The search page in a real browser: one box, what is counted beside it, what was found and where, and a list to take away."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from desk_maker import NARROW, DeskCounty, Visitor, desk
from letters_maker import act, judge, send, send_all, settled
from submission_maker import Letter

from exchange.web.finding.lists import COLUMNS
from schemas.words import NOTICE_ZH, Kind, Urgency

TITLE, NUMBER = "关于做好防汛准备工作的报告", "城政发〔2026〕12号"
BULLETINS = 24


@dataclass
class Scene:
    """T01 sent a report, signed for by the county, and 24 bulletins; the last is to T02 too."""

    county: DeskCounty
    clerk: Visitor
    reviewer: Visitor
    report: str = ""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with desk(tmp_path_factory) as county:
        made = Scene(county, county.visitor("T01", "张三"), county.visitor("county", "李四", "reviewer"))
        report = {"kind": Kind.REPORT, "number": NUMBER, "urgency": Urgency.URGENT}
        made.report = send(made.clerk, Letter(title=TITLE, fields=report))
        files = {"信息.txt": "秋收进展顺利，秸秆禁烧到位。".encode()}
        send_all(made.clerk, [Letter(title=f"城关镇信息第{number}期", files=files) for number in range(1, BULLETINS + 1)])
        act(made.reviewer, made.report, "open")
        act(made.reviewer, made.report, "sign-for")
        settled(made.clerk)
        yield made


def test_the_page_is_whole_in_both_languages_and_with_nothing_found(scene: Scene) -> None:
    judge(scene.clerk, f"/search?q={quote('防汛 沙袋')}")
    judge(scene.clerk, f"/search?q={quote('没有的东西')}&kind=notice")
    judge(scene.clerk, f"/search?q={quote('防汛 (')}", refused=True)


def test_words_are_found_marked_and_counted_without_javascript(scene: Scene) -> None:
    plain = scene.county.browser.new_context(
        java_script_enabled=False, ignore_https_errors=True, locale="zh-CN", storage_state=scene.clerk.context.storage_state()
    )
    page = plain.new_page()
    page.goto(f"{scene.county.url}/search")
    assert "共 25 件" in page.inner_text(".total")
    assert page.locator("#hits .row").count() == 20
    page.get_by_role("link", name="下一页").click()
    assert page.locator("#hits .row").count() == 5
    page.fill("#q", "防汛 沙袋")
    page.press("#q", "Enter")
    assert "共 1 件" in page.inner_text(".total")
    assert "防汛" in page.locator("#hits .title mark").all_inner_texts()
    assert {"防汛", "沙袋"} <= set(page.locator("#hits .snippet mark").all_inner_texts())
    assert "防汛准备工作情况.txt · 第 1 页" in page.inner_text("#hits cite")
    assert page.locator("#preview").is_hidden()
    page.locator("#hits .title").click()
    assert page.url.endswith(f"/items/{scene.report}")
    plain.close()


def test_what_is_counted_narrows_down_and_lets_go_again(scene: Scene) -> None:
    page = scene.clerk.open("/search")
    page.page.get_by_role("link", name="报告 1").click()
    assert page.page.url.endswith("/search?kind=report")
    assert "共 1 件" in page.inner_text(".total")
    page.fill("#q", "信息")  # the choice stays while one asks anew
    page.page.press("#q", "Enter")
    assert "kind=report" in page.page.url
    assert "没有找到。" in page.inner_text("main")
    page.page.get_by_role("link", name="去掉条件再检索").click()
    assert f"共 {BULLETINS} 件" in page.inner_text(".total")
    page.page.go_back()
    page.page.locator(".facets [aria-current]").click()
    assert "kind=" not in page.page.url
    page.page.goto(f"{scene.county.url}/search?state=sent:signed_for&from=T01&year=2026&order=newest")
    assert page.page.locator("#hits .title").all_inner_texts() == [TITLE]
    assert page.page.locator(".facets [aria-current]").count() == 3
    for wrong in ("kind=x", "order=worst", "after=x", "from=T01%20OR", "state=x:y"):
        answer = page.page.goto(f"{scene.county.url}/search?{wrong}")
        assert answer is not None
        assert answer.status == 400, wrong


def test_a_query_that_is_not_understood_shows_the_place(scene: Scene) -> None:
    page = scene.clerk.open(f"/search?q={quote('紧急:很急 防汛')}")
    assert page.inner_text("#misread mark") == "很"
    assert "第 4 个字：" in page.inner_text("#misread")
    assert page.page.locator("#q").get_attribute("aria-invalid") == "true"
    assert page.page.input_value("#q") == "紧急:很急 防汛"
    assert page.page.locator(".language-help").get_attribute("open") is not None


def test_the_pane_shows_the_row_that_one_is_on_and_no_more_than_may_be_read(scene: Scene) -> None:
    page = scene.clerk.open(f"/search?q={quote('信息')}")
    first, second = page.page.locator("#hits .title").nth(0), page.page.locator("#hits .title").nth(1)
    assert page.inner_text("#preview h2") == first.inner_text()
    first.focus()
    page.page.keyboard.press("j")
    assert page.inner_text("#preview h2") == second.inner_text()
    page.page.keyboard.press("/")
    assert page.page.evaluate("document.activeElement.id") == "q"
    page.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    assert page.page.locator("#preview").is_hidden()
    assert page.complaints == []
    # the county has not opened the bulletins: found by their text, and no piece of it is shown
    reviewer = scene.reviewer.open(f"/search?q={quote('秸秆禁烧')}")
    assert f"共 {BULLETINS} 件" in reviewer.inner_text(".total")
    assert reviewer.page.locator("mark").count() == 0
    assert "秸秆禁烧" not in reviewer.inner_text("#preview")


def test_the_list_is_the_whole_answer_as_text(scene: Scene) -> None:
    page = scene.clerk.open(f"/search?q={quote('防汛 OR 信息')}")
    with page.page.expect_download() as saved:
        page.page.get_by_role("link", name="XLSX").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(saved.value.path()).read_bytes())).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == [title.zh for title, _ in COLUMNS]
    assert [NUMBER, TITLE, "报告", "加急"] in [row[1:5] for row in rows]
    assert sum(1 for row in rows if row[5] == "城关镇") == BULLETINS + 1
    assert rows[-1][0] == NOTICE_ZH
    assert saved.value.suggested_filename.startswith("search-20")
    with page.page.expect_download() as saved:
        page.page.get_by_role("link", name="CSV").click()
    said = Path(saved.value.path()).read_bytes()
    assert said.startswith(b"\xef\xbb\xbf")
    assert said.decode("utf-8-sig").count("城关镇信息第") == BULLETINS


def test_on_paper_the_list_stays_and_the_pane_goes(scene: Scene) -> None:
    page = scene.clerk.open(f"/search?q={quote('信息')}")
    page.page.emulate_media(media="print")
    assert page.page.locator("#hits .row").first.is_visible()
    assert page.page.locator(".total").is_visible()
    assert page.page.locator("#preview").is_hidden()


def test_an_example_of_the_help_asks_for_itself(scene: Scene) -> None:
    page = scene.clerk.open("/search")
    page.page.locator(".language-help summary").click()
    page.page.get_by_role("link", name="防汛 沙袋", exact=True).click()
    assert page.page.input_value("#q") == "防汛 沙袋"
    assert "共 1 件" in page.inner_text(".total")
