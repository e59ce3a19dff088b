"""The registers in a real browser and by the command: read, corrected, printed on A4, taken away; of one's own office alone."""

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pypdf
import pytest
from desk_maker import NARROW, DeskCounty, Visitor, desk, printed
from inbox_maker import fill
from openpyxl import load_workbook
from playwright.sync_api import expect
from submission_maker import Letter

ACROSS = (842, 595)
OURS = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="module")
def clerk(county: DeskCounty) -> Visitor:
    """The clerk of T01, who sent sixty letters."""
    visitor = county.visitor("T01", "张三")
    assert visitor.home is not None
    fill(county.process, visitor.home, [Letter(title=f"第{number:02}期信息", fields={"copies": number}) for number in range(1, 61)])
    return visitor


@pytest.fixture(scope="module")
def reviewer(county: DeskCounty, clerk: Visitor) -> Visitor:
    """The county's reviewer, who signed for the first letter."""
    visitor = county.visitor("county", "李四", "reviewer")
    assert visitor.home is not None
    first = clerk.context.request.get(f"{county.url}/api/v1/registers/outgoing").json()["entries"][0]
    for act in ("open", "sign-for"):
        answer = visitor.context.request.post(f"{county.url}/api/v1/inbox/{first['submission']}/{act}", headers=OURS, data="{}")
        assert answer.ok, answer.text()
    return visitor


def test_a_book_is_read_from_the_newest_and_narrowed_down(clerk: Visitor):
    page = clerk.open("/registers/outgoing")
    assert page.locator("td.number a").first.inner_text() == "60"
    page.get_by_role("link", name=re.compile("下一页|→")).click()
    assert page.locator("td.number a").last.inner_text() == "1"
    page.fill("#text", "第07期")
    page.get_by_role("button", name="查看").click()
    assert page.locator("td.number a").all_inner_texts() == ["7"]
    assert page.complaints == []
    assert page.axe() == []


def test_an_entry_is_corrected_beside_what_stood_there(reviewer: Visitor):
    page = reviewer.open("/registers/incoming")
    page.locator("td.number a").first.click()
    page.fill("#place", "办公室二号柜")
    page.fill("#reason", "补登存放处")
    page.get_by_role("button", name="登记更正").click()
    expect(page.locator("ins")).to_have_text(["办公室二号柜"])
    assert "补登存放处" in page.locator(".timeline").inner_text()
    page.goto(page.url)
    assert page.locator(".timeline > li").count() == 1
    assert page.complaints == []
    assert page.axe() == []
    page.goto(f"{reviewer.county.url}/registers/incoming")
    assert "更正" in page.locator("td.kept").first.inner_text()


def test_where_the_browser_holds_the_key_a_correction_bears_the_persons_own_signature(county: DeskCounty, reviewer: Visitor):
    slip = county.order("invite", office="county", person="李四", role="reviewer", url="", scope=None)
    keyed = county.stranger()
    page = keyed.open(f"/enrol#code={slip['code']}")
    page.click("#enrol button")
    page.click("#enter")
    page.wait_for_url(f"{county.url}/")
    page.goto(f"{county.url}/registers/incoming")
    page.locator("td.number a").first.click()
    page.fill("#title", '第01期"信息"（更正）')
    page.fill("#copies", "07")
    page.fill("#reason", "标题、份数登错")
    page.get_by_role("button", name="登记更正").click()
    page.wait_for_selector(".timeline > li:nth-child(2)")
    assert {"7", '第01期"信息"（更正）'} <= set(page.locator("ins").all_inner_texts())
    entry = reviewer.context.request.get(f"{county.url}/api/v1/registers/incoming").json()["entries"][0]
    paper = {"direction": "received", "counterpart": "T01", "title": "纸质来文", "kind": "notice", "reason": "outage"}
    answer = reviewer.context.request.post(f"{county.url}/api/v1/paper", headers=OURS, data=json.dumps(paper))
    evidence = json.loads(base64.b64decode(answer.json()["receipt"]))["evidence_id"]
    page.goto(f"{county.url}/paper/{evidence}")
    for _ in ("linked", "linked once more, which is once"):
        page.fill("#filed", f" {entry['filing_number']}")
        page.get_by_role("button", name="关联扫描件").click()
        page.wait_for_selector(".timeline > li")
    assert page.locator(".timeline > li").count() == 1
    assert page.complaints == []
    assert page.axe() == []
    told = reviewer.context.request.get(f"{county.url}/api/v1/receipts").json()["receipts"]
    said = [json.loads(base64.b64decode(each["receipt"])) for each in told]
    asserted = {each["event"]: each["asserted_by"] for each in said}
    assert (asserted["RegisterCorrection"], asserted["ScanAttachment"]) == ("person", "person")
    again = json.dumps({"submission": entry["submission"]})
    answer = reviewer.context.request.post(f"{county.url}/api/v1/paper/{evidence}/scans", headers=OURS, data=again)
    linked = [each["evidence_id"] for each in said if each["event"] == "ScanAttachment"]
    assert [json.loads(base64.b64decode(answer.json()["receipt"]))["evidence_id"]] == linked


def test_another_offices_entry_is_not_found(county: DeskCounty, clerk: Visitor, reviewer: Visitor):
    entry = reviewer.context.request.get(f"{county.url}/api/v1/registers/incoming").json()["entries"][0]
    assert clerk.context.request.get(f"{county.url}/registers/incoming/{entry['evidence_id']}").status == 404
    body = {"entry": entry["evidence_id"], "values": {"place": "柜"}, "reason": "试"}
    answer = clerk.context.request.post(f"{county.url}/api/v1/register-corrections", headers=OURS, data=json.dumps(body))
    assert (answer.status, answer.json()["type"].rsplit("/", 1)[-1]) == (403, "register-other-office")


def test_the_print_is_a4_across_with_the_head_on_every_sheet(clerk: Visitor, tmp_path: Path):
    page = clerk.open("/registers/outgoing/print")
    page.page.pdf(path=str(tmp_path / "book.pdf"), prefer_css_page_size=True)
    sheets = pypdf.PdfReader(tmp_path / "book.pdf").pages
    assert len(sheets) >= 3
    for sheet in sheets:
        assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == ACROSS
        assert "发文日期" in re.sub(r"\s", "", normalize("NFKC", sheet.extract_text()))
    assert page.complaints == []
    assert printed(clerk.open("/registers/outgoing"), tmp_path / "list.pdf").exists()


def test_no_page_is_wider_than_a_telephone(county: DeskCounty, reviewer: Visitor):
    narrow = county.visitor("county", "钱十", "archivist", viewport=NARROW)
    entry = reviewer.context.request.get(f"{county.url}/api/v1/registers/incoming").json()["entries"][0]["evidence_id"]
    for path in ("", "/print", "/carried", "/lock", f"/{entry}"):
        page = narrow.open(f"/registers/incoming{path}")
        assert not page.is_wider_than_the_screen(), path
        assert page.axe() == [], path
        page.close()


def test_the_command_lists_and_saves_the_register(clerk: Visitor, tmp_path: Path):
    assert clerk.home is not None
    listed = clerk.home.do("register", "outgoing").json
    assert [entry["number"] for entry in listed["entries"]] == list(range(1, 61))
    clerk.home.do("register", "outgoing", "--out", str(tmp_path / "册.xlsx"))
    sheet = load_workbook(io.BytesIO((tmp_path / "册.xlsx").read_bytes())).worksheets[0]
    assert [row[0].value for row in sheet.iter_rows(min_row=3)] == list(range(1, 61))
    clerk.home.do("register", "outgoing", "--out", str(tmp_path / "册.pdf"))
    assert len(pypdf.PdfReader(tmp_path / "册.pdf").pages) >= 3
