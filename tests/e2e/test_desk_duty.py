"""Deadlines and nights in a real browser: the roster, what is extra urgent, an extension, a code for the night, the county's days."""

import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from county_process import Township
from desk_maker import DeskCounty, Visitor, desk, printed
from letters_maker import act, ask, judge, send
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect
from pypdf import PdfReader
from submission_maker import Letter

from exchange.client.home import open_home
from exchange.duty import roster
from schemas.words import Kind, Urgency

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = ("日期", "值班员", "值班员电话", "带班领导", "带班领导电话")
ON = roster.day_of(datetime.now(UTC))
MONTH = f"{ON:%Y-%m}"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def clerk(county: DeskCounty) -> Visitor:
    return county.visitor("T01", "张三")


@pytest.fixture(scope="module")
def sender(county: DeskCounty) -> Visitor:
    return county.visitor("county", "王五", "clerk")


@pytest.fixture(scope="module")
def officer(county: DeskCounty) -> Visitor:
    return county.visitor("county", "县值班", "duty")


def notice(**fields: object) -> Letter:
    return Letter(sender="county", to=("T01", "T02"), fields={"kind": Kind.MEETING, **fields})


def workbook(*rows: tuple[object, ...]) -> dict[str, object]:
    book, out = Workbook(), io.BytesIO()
    for row in (HEAD, *rows):
        book.active.append(row)
    book.save(out)
    return {"name": "roster.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}


def test_the_roster_is_typed_brought_taken_and_printed(clerk: Visitor, tmp_path: Path):
    page = clerk.open(f"/duty/roster?month={MONTH}&lang=zh-CN")
    page.fill(f"[name=officer-{ON.day}]", "赵明")
    page.fill(f"[name=officer_phone-{ON.day}]", "13800001111")
    page.click("form.printed button")
    expect(page.locator(".message.good")).to_be_visible()
    other = ON.replace(day=1 if ON.day != 1 else 2)
    wrong = ((other.isoformat(), "孙丽", "电话", "", ""), ("某日", "李四", "", "", ""), (other, "=1+1", "", "", ""))
    page.set_input_files("#roster", workbook(*wrong))
    page.click("form[enctype] button")
    told = page.locator(".message.bad").inner_text()
    assert all(words in told for words in ("第 2 行", "值班员电话有误", "第 3 行", "日期应写成", "第 4 行", "公式"))
    page.page.goto(page.url.split("/duty")[0] + f"/duty/roster?month={MONTH}")
    assert page.input_value(f"[name=officer-{other.day}]") == ""
    page.set_input_files("#roster", workbook((other, "孙丽", 13800003333, "李镇长", "0571-88880000")))
    page.click("form[enctype] button")
    expect(page.locator(f"[name=officer_phone-{other.day}]")).to_have_value("13800003333")
    taken = load_workbook(io.BytesIO(clerk.context.request.get(clerk.county.url + f"/duty/roster.xlsx?month={MONTH}").body()))
    rows = {row[0]: row[1:] for row in taken.active.iter_rows(values_only=True)}
    assert rows[other.isoformat()] == ("孙丽", "13800003333", "李镇长", "0571-88880000")
    paper = "".join(sheet.extract_text() for sheet in PdfReader(printed(page, tmp_path / "roster.pdf")).pages)
    assert "赵明" in paper
    assert "保存本月值班表" not in paper
    path = f"/api/v1/duty/roster?from={ON}&until={ON}"
    assert ask(clerk, "GET", path)[1]["items"] == [{"day": ON.isoformat(), "officer": "赵明", "officer_phone": "13800001111"}]
    assert ask(clerk, "GET", f"{path}&office=T02")[0] == 403
    assert ask(clerk, "POST", "/api/v1/duty/diary", {"text": " 22:40 接县值班室电话 "})[1]["items"][0]["text"] == "22:40 接县值班室电话"
    assert ask(clerk, "POST", "/api/v1/duty/diary", {"text": " "})[1]["type"] == "/problems/words-required"
    assert "赵明" in clerk.open("/contacts").inner_text("main")
    judge(clerk, f"/duty/roster?month={MONTH}")


def test_what_is_extra_urgent_is_told_while_one_looks_and_until_somebody_opens_it(clerk: Visitor, sender: Visitor, officer: Visitor):
    page = clerk.open("/?lang=zh-CN")
    expect(page.locator("#duty[data-ready]")).to_be_attached()
    expect(page.locator("#duty-urgent")).to_be_hidden()
    assert not page.locator("#duty-sound").is_checked()
    one = send(sender, notice(urgency=Urgency.EXTRA_URGENT, title="关于防范寒潮的紧急通知"))
    expect(page.locator("#duty-urgent")).to_be_visible()
    duty = officer.open("/duty?lang=zh-CN")
    end = time.monotonic() + 30
    while "尚未阅读" not in duty.content():
        assert time.monotonic() < end
        duty.reload()
    assert "寒潮" not in duty.content()
    act(clerk, one, "open")
    expect(page.locator("#duty-urgent")).to_be_hidden()
    assert page.complaints == []
    judge(clerk, "/duty")


def test_an_extension_is_shown_on_both_sides(clerk: Visitor, sender: Visitor):
    asked = (ON + timedelta(days=3)).isoformat()
    until = (ON + timedelta(days=9)).isoformat()
    one = send(sender, notice(respond_by=asked, title="关于报送总结的通知"))
    page = sender.open(f"/sent/{one}/extend?lang=zh-CN")
    page.select_option("#office", "T01")
    page.fill("#until", until)
    page.fill("#reason", "因防汛延期")
    page.click("form[data-extend] button")
    expect(page.locator(".message.good")).to_be_visible()
    assert f"{until}" in page.inner_text("main table")
    assert f"原定 {asked}" in page.inner_text("main table")
    assert f"{until} 前" in clerk.open(f"/inbox/{one}?lang=zh-CN").inner_text("#pane")
    status, told = ask(clerk, "GET", f"/api/v1/submissions/{one}/deadlines")
    assert (status, [each["office"] for each in told["items"]]) == (200, ["T01"])
    assert told["extensions"][0]["reason"] == f"{until} 因防汛延期"
    assert ask(clerk, "POST", f"/api/v1/submissions/{one}/extension", {"until": until, "reason": "x"})[0] == 403
    past = (ON - timedelta(days=2)).isoformat()
    assert (
        ask(sender, "POST", f"/api/v1/submissions/{one}/extension", {"until": past, "reason": "x"})[1]["type"] == "/problems/deadline-past"
    )
    judge(sender, f"/sent/{one}/extend")


def test_a_code_of_the_night_enrols_until_the_morning_and_leads_to_nothing_that_lasts(
    county: DeskCounty, clerk: Visitor, officer: Visitor, tmp_path: Path
):
    judge(officer, "/duty/codes?office=T01")
    page = officer.open("/duty/codes?office=T01&lang=zh-CN")
    for name, value in (("person", "代班员"), ("called", "李主任"), ("number", "0571-88880000")):
        page.fill(f"#{name}", value)
    page.click("main form button")
    code = page.inner_text(".code-of-night")
    night = Visitor(county, county.stranger().context, Township(tmp_path / "night"))
    fingerprint = page.inner_text(".fingerprint").strip()
    night.home.run("enrol", county.url, "--code", code, "--fingerprint", fingerprint)
    county.sign_in(night, night.home)
    certificate = open_home(night.home.home).signer.certificate
    assert certificate.not_valid_after_utc < datetime.now(UTC) + timedelta(hours=12, minutes=1)
    refused = night.open("/account/password?lang=zh-CN")
    refused.fill("[name=password]", "correct horse battery staple 8")
    refused.fill("[name=again]", "correct horse battery staple 8")
    refused.click("main form button")
    expect(refused.locator("main")).to_contain_text("临时注册码")
    assert clerk.context.request.get(county.url + "/duty/codes").status == 403
    listed = officer.open("/duty/codes?lang=zh-CN")
    listed.click("form[action$='/withdrawal'] button")
    assert "已即刻吊销" in listed.inner_text(".message.good")
    assert listed.locator("form[action$='/withdrawal']").count() == 0
    ended = night.open("/inbox")
    ended.page.wait_for_url("**/signin**")


def test_the_county_lays_down_its_days(county: DeskCounty):
    administrator = county.visitor("county", "管理员", "administrator")
    page = administrator.open("/admin/deadlines/days?year=2028&lang=zh-CN")
    assert "2028 年放假安排尚未公布" in page.inner_text("main")
    content = "日期,上班或休息,说明\n2028-01-29,上班,春节调休\n2028-02-30,休息,\n2028-03-01,也许,".encode("gb18030")
    page.set_input_files("#days", {"name": "days.csv", "mimeType": "text/csv", "buffer": content})
    page.click("form[enctype] button")
    assert "第 3 行" in page.inner_text(".message.bad")
    assert "春节调休" not in page.inner_text("main table")
    page.page.goto(f"{county.url}/admin/deadlines/days?year=2028")
    page.fill("#day", "2028-01-29")
    page.select_option("#works", "1")
    page.fill("#note", "春节调休")
    page.click("form[action='/admin/deadlines/days'] button")
    expect(page.locator("main table")).to_contain_text("春节调休")
    days = "/api/v1/calendar?from=2028-01-29&until=2028-01-31"
    told = ask(administrator, "GET", days)[1]
    assert [(each["works"], each["own"]) for each in told["items"]] == [(True, True), (False, False), (True, False)]
    assert told["not_arranged"] == [2028]
    assert ask(administrator, "PUT", "/api/v1/calendar", {"items": [{"day": "2028-01-30", "works": True}]})[0] == 200
    away = administrator.context.request.delete(f"{county.url}/api/v1/calendar/2028-01-29", headers={"Sec-Fetch-Site": "same-origin"})
    assert away.status == 204
    assert [each["works"] for each in ask(administrator, "GET", days)[1]["items"]] == [False, True, True]
    judge(administrator, "/admin/deadlines")
    judge(administrator, "/admin/deadlines/days?year=2028")
