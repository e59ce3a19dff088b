"""The staff registry in a real browser and by command: an office proposes, the county confirms, somebody leaves, nothing is lost."""

import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pypdf
import pytest
from desk_maker import NARROW, DeskCounty, Visitor, Watched, desk, printed
from looks_maker import strange_words

from exchange.staff.sheet import COLUMNS

HERE = "/staff"


@dataclass
class Office:
    """A county with T01's leader and two clerks, the one of whom leaves; T02's clerk, who writes to them; and the county's people."""

    county: DeskCounty
    leader: Visitor
    leaver: Visitor
    successor: Visitor
    sender: Visitor
    administrator: Visitor
    reviewer: Visitor
    auditor: Visitor


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with desk(tmp_path_factory) as county:
        yield Office(
            county,
            county.visitor("T01", "王镇长", "leader"),
            county.visitor("T01", "李四"),
            county.visitor("T01", "赵五"),
            county.visitor("T02", "钱七"),
            county.visitor("county", "县管理员", "administrator"),
            county.visitor("county", "收文岗甲", "reviewer"),
            county.visitor("county", "审计甲", "auditor"),
        )


def clean(page: Watched) -> None:
    assert page.axe() == page.complaints == []
    assert not strange_words(page.page.content(), "zh-CN")
    page.set_viewport_size(NARROW)
    assert not page.is_wider_than_the_screen()


def told_by(pdf: Path) -> str:
    """Return what a PDF says; some letters come out as the radicals that look like them."""
    return unicodedata.normalize("NFKC", "".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages))


def go_on(page: Watched, button: str, place: int = 0) -> None:
    page.page.get_by_role("button", name=button).nth(place).click()
    page.page.wait_for_load_state()


def send_named(office: Office, folder: Path, title: str) -> str:
    paper = folder / "通知.txt"
    paper.write_text(f"{title}\n请尽快办理。\n", encoding="utf-8")
    assert office.sender.home is not None
    asked = ["--title", title, "--kind", "便函", "--to", "T01", "--addressee", "T01.2"]
    return str(office.sender.home.do("submit", paper, *asked).json["submission"])


def test_a_proposal_is_shown_as_old_and_new_and_the_county_confirms_or_returns_it(office: Office) -> None:
    page = office.leaver.open(f"{HERE}/people/T01.2")
    for name, value in (("post", "党政办干事"), ("mobile", "13800000001"), ("birth_year", "1990"), ("since", "2024-03")):
        page.page.fill(f"[name={name}]", value)
    page.page.select_option("[name=full_time]", "yes")
    page.page.locator("[name=training_date]").first.fill("2026-03-02")
    page.page.locator("[name=training_subject]").first.fill("公文处理与保密")
    page.page.locator("[name=training_hours]").first.fill("8")
    go_on(page, "报县端确认")
    assert "待县端确认" in page.inner_text("main")
    clean(page)
    county = office.administrator.open("/admin/staff")
    row = county.inner_text(".proposals li")
    assert all(told in row for told in ("李四", "手机", "13800000001", "公文处理与保密"))
    clean(county)
    go_on(county, "确认变动")
    assert "已确认" in county.inner_text("main")
    page = office.leaver.open(f"{HERE}/people/T01.2")
    page.page.fill("[name=mobile]", "13800000002")
    go_on(page, "报县端确认")
    county = office.administrator.open("/admin/staff")
    assert "13800000001" in county.inner_text(".old")
    county.page.click("text=退回并说明")
    county.page.fill("textarea", "号码请再核对")
    go_on(county, "退回申报")
    assert "号码请再核对" in office.leaver.open(HERE).inner_text("main")


def test_mobiles_are_for_the_office_and_the_countys_callers_alone(office: Office) -> None:
    address = f"{office.county.url}/api/v1/staff?office=T01"
    told = {
        name: visitor.context.request.get(address)
        for name, visitor in (
            ("reviewer", office.reviewer),
            ("sender", office.sender),
            ("auditor", office.auditor),
            ("own", office.successor),
        )
    }
    assert {name: answer.status for name, answer in told.items()} == {"reviewer": 200, "sender": 403, "auditor": 403, "own": 200}
    assert "13800000001" in told["reviewer"].text()
    assert '"birth_year":1990' not in told["reviewer"].text()
    for visitor in (office.sender, office.auditor):
        page = visitor.open(f"{HERE}?office=T01")
        assert "13800000001" not in page.page.content()
    trail = office.auditor.open("/admin/audit?office=T01")
    assert "确认人员变动" in trail.inner_text("main")
    assert "13800000001" not in trail.page.content()
    assert office.sender.home is not None
    assert office.successor.home is not None
    said = json.loads(office.successor.home.do("staff").out)
    assert [one["mobile"] for one in said["items"] if one["person"] == "T01.2"] == ["13800000001"]


def test_who_leaves_is_refused_at_once_and_the_named_item_reaches_the_successor_alone(office: Office, tmp_path: Path) -> None:
    item = send_named(office, tmp_path, "仅供李四办理的便函")
    assert office.leaver.home is not None
    assert office.successor.home is not None
    office.leaver.home.do("open", item, "--out", tmp_path / "opened")
    page = office.leader.open(f"{HERE}/leaving/T01.2")
    assert "已阅" in page.inner_text("main")
    assert "仅供李四办理的便函" not in page.page.content(), "its title is not the leader's to read"
    clean(page)
    page.page.select_option("#others", label="赵五")
    go_on(page, "报县端确认")
    office.leaver.home.do("inbox")
    county = office.administrator.open("/admin/staff")
    assert "证书立即吊销" in county.inner_text("main")
    go_on(county, "确认变动")
    assert office.leaver.home.do("sign-for", item, expect=None).code != 0
    answer = office.leaver.context.request.get(f"{office.county.url}/api/v1/inbox")
    assert answer.status == 401, "the browser is signed out"
    office.successor.home.do("sign-for", item)
    for visitor in (office.leader, office.reviewer):
        assert visitor.context.request.get(f"{office.county.url}/api/v1/inbox/{item}").status == 404
    assert office.sender.home is not None
    events = office.sender.home.do("status", item).json["events"]
    assert [each["event"] for each in events if each["recipient"] == "T01"][-2:] == ["StaffChange", "ConsignmentAcceptance"]


def test_the_handover_sheet_and_the_filing_form_are_printed_and_the_workbook_opens_elsewhere(office: Office, tmp_path: Path) -> None:
    sheet = office.leader.open(f"{HERE}/leaving/T01.2/sheet")
    text = told_by(printed(sheet, tmp_path / "sheet.pdf"))
    assert [told for told in ("移交人", "赵五", "监交人") if told not in text] == [], text
    form = office.leader.open(f"{HERE}/form")
    clean(form)
    paper = printed(form, tmp_path / "form.pdf")
    assert pypdf.PdfReader(paper).pages[0].mediabox.width > pypdf.PdfReader(paper).pages[0].mediabox.height, "A4 across"
    assert "公文办理人员备案表" in told_by(paper).replace(" ", "")
    for path, sheets in ((f"{HERE}/form.xlsx", ["T01 城关镇"]), ("/admin/staff/form.xlsx", ["全县汇总", "T01 城关镇", "T02 河西乡"])):
        visitor = office.leader if path.startswith(HERE) else office.administrator
        book = openpyxl.load_workbook(io.BytesIO(visitor.context.request.get(office.county.url + path).body()))
        assert book.sheetnames[: len(sheets)] == sheets
        rows = [[cell.value for cell in row] for row in book["T01 城关镇"].iter_rows(min_row=3)]
        assert rows[0] == [name for name, _ in COLUMNS]
        assert (rows[1][1], rows[1][3]) == ("王镇长", "分管领导")
    office.county.process.run("staff", office.county.folder / "county", "--out", tmp_path / "all.xlsx")
    assert openpyxl.load_workbook(tmp_path / "all.xlsx").sheetnames[0] == "全县汇总"


def test_a_deputy_is_told_where_one_looks_for_somebody(office: Office) -> None:
    page = office.leader.open(HERE)
    page.page.click("summary")
    page.page.select_option("[name=away]", "T01.1")
    page.page.select_option("[name=deputy]", "T01.3")
    page.page.fill("[name=last_day]", page.page.input_value("[name=first_day]"))
    go_on(page, "登记代班")
    page.page.wait_for_selector("text=今日代班")
    clean(page)
    contacts = office.successor.open("/contacts")
    assert "赵五 代 王镇长" in contacts.inner_text("main")
    clean(contacts)
    go_on(page, "已返岗")
    page.page.wait_for_selector("text=提前结束", state="attached")
    trail = office.auditor.open("/admin/audit").locator("main tbody tr").all_inner_texts()[:2]
    assert ["结束代班" in trail[0], "登记代班" in trail[1]] == [True, True], trail
