"""Reply forms from end to end: asked by command, answered in the browser and by command, urged, rolled up, merged, printed."""

import base64
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from desk_maker import DeskCounty, Visitor, desk, printed
from entering_maker import enrol
from forms_maker import TEMPLATE, book

DUE = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
PERIOD = DUE[:7]
CAR = {"key": "car", "label": "是否乘车", "type": "yes_no"}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as served:
        yield served


@pytest.fixture(scope="module")
def boss(county: DeskCounty) -> Visitor:
    return county.visitor("county", "王五")


@pytest.fixture(scope="module")
def clerk(county: DeskCounty) -> Visitor:
    return county.visitor("T02", "赵六")


def asked(boss: Visitor, folder: Path, form: dict[str, Any], *more: object, expect: int = 0) -> str:
    (folder / "通知.txt").write_text("请按时回复。", "utf-8")
    (folder / "form.json").write_text(json.dumps(form | {"respond_by": DUE}, ensure_ascii=False), "utf-8")
    assert boss.home is not None
    words = ("--title", "关于召开防汛会议的通知", "--kind", "便函", "--to", "T01,T02", "--reply-form", folder / "form.json", *more)
    ran = boss.home.do("submit", folder / "通知.txt", *words, expect=expect)
    return str(json.loads(ran.out.splitlines()[-1])["submission"]) if expect == 0 else ""


def told(visitor: Visitor, command: str, *words: object) -> dict[str, Any]:
    assert visitor.home is not None
    return dict(json.loads(visitor.home.do(command, *words).out.splitlines()[-1]))


def test_a_meeting_is_answered_in_the_browser_under_the_persons_own_key(
    county: DeskCounty, boss: Visitor, clerk: Visitor, tmp_path: Path
) -> None:
    item = asked(boss, tmp_path, {"kind": "meeting", "fields": [CAR]})
    visitor = county.stranger()
    enrol(visitor, "T01", "李四").page.close()
    page = visitor.open("/")
    page.click("#forms a.title")
    page.click("main form button")
    page.fill("[name='r0.name']", "李四")
    page.click("button[value=more]")
    page.fill("[name='r1.name']", "张三")
    page.check("[name='r1.attendance'][value=leave]")
    page.click(".actions button[value=send]")
    page.wait_for_selector("[aria-invalid=true]")
    assert page.locator("[aria-invalid=true]").get_attribute("name") == "r0.phone"
    assert page.axe() == []
    page.fill("[name='r0.phone']", "13800001234")
    page.click(".actions button[value=send]")
    page.wait_for_url("**done=1")
    # what a person does is on their own word, the answer and the signing-for alike
    receipts = page.page.evaluate("id => fetch(`/api/v1/submissions/${id}/receipts`).then((answer) => answer.json())", item)
    said = [json.loads(base64.b64decode(each["receipt"])) for each in receipts["receipts"]]
    acts = {each["event"]: each["asserted_by"] for each in said if each.get("recipient") == "T01"}
    assert (acts["FormAnswer"], acts["ConsignmentAcceptance"]) == ("person", "person")
    (tmp_path / "answer.json").write_text(json.dumps({"rows": [{"attendance": "substitute", "name": "钱七", "phone": "0999-1234567"}]}))
    assert told(clerk, "answer", item, "--form", tmp_path / "answer.json", "--sign-for")["number"] == 1
    rolled = boss.open(f"/forms/{item}")
    assert [each.inner_text() for each in rolled.locator(".tally b").all()] == ["1", "1", "1", "0"]
    assert rolled.axe() == []
    assert rolled.complaints == []
    assert all("422" in complaint for complaint in page.complaints)  # the answer that lacked a telephone number
    sheet = boss.open(f"/forms/{item}/sheet")
    paper = pypdf.PdfReader(printed(sheet, tmp_path / "sheet.pdf"))
    text = paper.pages[0].extract_text()
    assert len(paper.pages) == 1
    assert all(word in text for word in ("签到表", "李四", "钱七", "请假", "张三"))
    taken = boss.context.request.get(f"{county.url}/forms/{item}/answers.xlsx").body()
    rows = openpyxl.load_workbook(io.BytesIO(taken))["回执汇总"]
    assert [[cell.value for cell in row][:3] for row in rows.iter_rows(min_row=2)] == [
        ["城关镇", "参会", "李四"],
        ["城关镇", "请假", "张三"],
        ["河西乡", "替会", "钱七"],
    ]


def test_reports_of_townships_become_one_workbook(county: DeskCounty, boss: Visitor, clerk: Visitor, tmp_path: Path) -> None:
    (tmp_path / "防汛表.xlsx").write_bytes(TEMPLATE)
    item = asked(boss, tmp_path, {"kind": "report", "template": "attachments/防汛表.xlsx"}, "--attach", tmp_path / "防汛表.xlsx")
    (tmp_path / "填好.xlsx").write_bytes(book([["东村", 120, 35.5, ""], ["西村", "约80", 4, ""]]))
    assert clerk.home is not None
    words = ("--title", "防汛物资报表", "--kind", "报表", "--to", "county", "--in-reply-to", item)
    clerk.home.do("submit", tmp_path / "填好.xlsx", *words)
    other = county.visitor("T01", "孙八")
    (tmp_path / "nil.json").write_text('{"nil": true}')
    told(other, "answer", item, "--form", tmp_path / "nil.json")
    states = {office["office"]: office["periods"][0]["state"] for office in told(boss, "forms", item)["offices"]}
    assert states == {"T01": "nil", "T02": "filed"}
    told(boss, "forms", item, "--out", tmp_path / "汇总.xlsx")
    made = openpyxl.load_workbook(tmp_path / "汇总.xlsx")
    assert [cell.value for cell in made["汇总"][2]][:4] == ["河西乡", "东村", 120, 35.5]
    assert made["来源"]["C3"].value == "河西乡 · 填好.xlsx · 表1!B4"
    assert "约80" in made["核对"]["D2"].value
    matrix = boss.open(f"/forms/{item}")
    assert matrix.axe() == []
    assert matrix.locator("td.chosen").all_inner_texts() == ["零报告", "已报"]


def test_who_has_not_answered_is_urged_by_one_click_and_a_mark_is_refused(boss: Visitor, clerk: Visitor, tmp_path: Path) -> None:
    marked = {"kind": "report", "fields": [{"key": "f1", "label": "机密★10年", "type": "text"}]}
    asked(boss, tmp_path, marked, expect=4)
    item = asked(boss, tmp_path, {"kind": "report", "fields": [{"key": "f1", "label": "沙袋", "type": "number"}], "repeat": "monthly"})
    page = boss.open(f"/forms/{item}")
    page.click("form[action$='/urge'] button")
    page.wait_for_url("**urged=2")
    page.click("details.closing summary")
    page.click("form[action$='/close'] button")
    page.wait_for_selector("text=已停止收取")
    closed = told(boss, "forms", item, "--close")  # once more: the same receipt, on the word of the first
    assert json.loads(base64.b64decode(closed["closure"]["receipt"]))["event"] == "FormClosure"
    (tmp_path / "answer.json").write_text(json.dumps({"rows": [{"f1": "1"}], "remarks": "机密★10年"}))
    assert clerk.home is not None
    clerk.home.do("answer", item, "--form", tmp_path / "answer.json", expect=4)
    assert {each["state"] for office in told(boss, "forms", item)["offices"] for each in office["periods"]} == {"open"}


def test_composing_tells_who_asked_the_same_this_quarter(boss: Visitor, tmp_path: Path) -> None:
    item = asked(boss, tmp_path, {"kind": "report", "fields": [{"key": "f1", "label": "雨衣（件）", "type": "number"}]})
    page = boss.open("/submit")
    page.click("#reply-form summary")
    page.check("[name=reply_kind][value=report]")
    page.click("#reply-add")
    page.fill("#reply-fields [data-part=label]", "雨衣")
    page.wait_for_selector(f"#reply-same a[href='/items/{item}']")
    assert page.axe() == []
    assert page.complaints == []
