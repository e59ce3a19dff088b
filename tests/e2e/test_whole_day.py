"""A township's whole day at one browser: enrolled, a scan sent, a mark stopped, a return corrected, a meeting answered, a notice
signed for, the registers printed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unicodedata import normalize

import pypdf
import pytest
import scan_maker
from desk_maker import DeskCounty, Visitor, Watched, desk, printed
from entering_maker import invite, order
from playwright.sync_api import expect
from policy.carriers import BY_NAME
from policy.papers import Paper
from policy.templates_tuning import TEMPLATES

PATIENCE = 60_000
BRIDGE = next(template for template in TEMPLATES if template.name == "bridge")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as served:
        order(served, "contact", office="T01", person="周敏", phone="0900-2210001")
        yield served


@pytest.fixture(scope="module")
def reviewer(county: DeskCounty) -> Visitor:
    return county.visitor("county", "李四", "reviewer")


def send_down(reviewer: Visitor, folder: Path, title: str, form: dict[str, str] | None = None) -> str:
    """Send a paper from the county to the township; returns its id."""
    assert reviewer.home is not None
    (folder / "通知.txt").write_text("请按通知要求办理。", "utf-8")
    more: list[object] = []
    if form is not None:
        (folder / "form.json").write_text(json.dumps(form), "utf-8")
        more = ["--reply-form", folder / "form.json"]
    ran = reviewer.home.do("submit", folder / "通知.txt", "--title", title, "--kind", "便函", "--to", "T01", *more)
    return str(json.loads(ran.out.splitlines()[-1])["submission"])


def submission_of(page: Watched) -> str:
    """Go from the filled form to the receipt; returns the submission's id."""
    page.click("#next")
    expect(page.locator("#confirm")).to_be_visible(timeout=PATIENCE)
    page.click("#send")
    expect(page.locator("#done")).to_be_visible(timeout=PATIENCE)
    return str(page.locator("#done a").first.get_attribute("href")).rpartition("/")[2]


def choose_scan(page: Watched, scan: Path) -> None:
    """Choose a scan and say of its head that it bears no mark."""
    page.wait_for_selector("#submit:not([hidden])")
    page.set_input_files("#files", str(scan))
    page.click("dialog.look .none", timeout=PATIENCE)
    expect(page.locator(".document .badge")).to_contain_text("已检查", timeout=PATIENCE)


def test_a_clerk_does_a_whole_days_work_in_one_browser(county: DeskCounty, reviewer: Visitor, tmp_path: Path) -> None:
    scan, marked = tmp_path / "扫描件.pdf", tmp_path / "要件.pdf"
    scan.write_bytes(scan_maker.pdf([scan_maker.scanned(scan_maker.Sheet(), scan_maker.Scanner(dots=150))], dots=150))
    marked.write_bytes(BY_NAME["pdf embedded font"].make(Paper(BRIDGE, "机密★1年")))
    page = county.stranger().open(f"/enrol#code={invite(county, 'T01', '张三')}")
    page.click("#enrol button")
    page.click("#enter")
    page.wait_for_url(f"{county.url}/")

    page.click('nav a[href="/submit"]')
    choose_scan(page, scan)
    expect(page.locator(".guessed").first).to_be_visible(timeout=PATIENCE)
    first = submission_of(page)

    page.goto(f"{county.url}/submit")
    page.wait_for_selector("#submit:not([hidden])")
    page.set_input_files("#files", str(marked))
    expect(page.locator("#stopped")).to_contain_text("文件没有离开本机", timeout=PATIENCE)

    assert reviewer.home is not None
    reviewer.home.do("return", first, "--reason", "附件不全")
    page.goto(f"{county.url}/")
    page.locator(f'a[href*="{first}"]').first.click()
    page.locator(f'a[href="/submit?replaces={first}"]').first.click()
    expect(page.locator("#about")).to_contain_text("退回原因： 附件不全")
    choose_scan(page, scan)
    again = submission_of(page)
    assert again != first

    due = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    send_down(reviewer, tmp_path, "关于召开防汛会议的通知", {"kind": "meeting", "respond_by": due})
    page.goto(f"{county.url}/")
    page.click("#forms a.title")
    page.click("main form button")
    page.fill("[name='r0.name']", "张三")
    page.fill("[name='r0.phone']", "13800001234")
    page.click(".actions button[value=send]")
    page.wait_for_url("**done=1")

    notice = send_down(reviewer, tmp_path, "关于做好冬季防火工作的便函")
    page.goto(f"{county.url}/inbox/{notice}")
    page.wait_for_selector("form[data-act=sign_for]")
    page.keyboard.press("a")
    page.wait_for_selector(".grace")
    page.goto(f"{county.url}/")  # leaving the page sends what waits
    page.wait_for_function(
        "async (id) => (await (await fetch(`/api/v1/inbox/${id}`)).json()).review === 'signed_for'", arg=notice, timeout=PATIENCE
    )

    for book, titles in (
        ("outgoing", [scan_title(page, first)] * 2),
        ("incoming", ["关于召开防汛会议的通知", "关于做好冬季防火工作的便函"]),
    ):
        sheet = page
        sheet.goto(f"{county.url}/registers/{book}/print")
        text = "".join(each.extract_text() for each in pypdf.PdfReader(printed(sheet, tmp_path / f"{book}.pdf")).pages)
        squeezed = "".join(normalize("NFKC", text).split())
        assert [squeezed.count(title) for title in titles] == [titles.count(title) for title in titles]
    assert [complaint for complaint in page.complaints if "404" not in complaint] == []


def scan_title(page: Watched, submission: str) -> str:
    """Return the title under which something was sent."""
    return str(page.evaluate("async (id) => (await (await fetch(`/api/v1/submissions/${id}`)).json()).title", submission))
