"""Tracking at the desk: the receipt matrix, urging by click and by telephone, what the urged office sees, what to look after."""

import base64
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from desk_maker import NARROW, DeskCounty, Visitor, desk
from entering_maker import enrol
from letters_maker import act, ask, judge, send
from openpyxl import load_workbook
from playwright.sync_api import expect
from submission_maker import Letter

from schemas.words import NOTICE_ZH, Kind, Urgency

TITLE = "关于召开森林防火工作会议的通知"
OFFICES = {"T01": "城关镇", "T02": "河西乡", "T03": "石门镇", "T04": "白水镇"}


@dataclass
class Scene:
    """The county sent `notice` to four townships: T01 has signed for it, T02 has read it."""

    county: DeskCounty
    reviewer: Visitor
    first: Visitor
    second: Visitor
    notice: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with desk(tmp_path_factory) as county:
        for code, name in list(OFFICES.items())[2:]:
            county.process.office(code, name)
        reviewer = county.visitor("county", "李四", "reviewer")
        first, second = county.visitor("T01", "张三"), county.visitor("T02", "王五")
        fields = {"kind": Kind.NOTICE, "number": "县政办发〔2026〕41号", "urgency": Urgency.EXTRA_URGENT}
        notice = send(reviewer, Letter(sender="county", to=tuple(OFFICES), title=TITLE, fields=fields))
        act(first, notice, "open")
        act(first, notice, "sign-for")
        act(second, notice, "open")
        yield Scene(county, reviewer, first, second, notice)


def matrix(scene: Scene) -> dict[str, dict[str, object]]:
    status, found = ask(scene.reviewer, "GET", f"/api/v1/submissions/{scene.notice}/matrix")
    assert status == 200, found
    return {row["office"]: row for row in found["rows"]}


def test_urging_one_by_telephone_and_all_the_others_at_once(scene: Scene) -> None:
    page = scene.reviewer.open(f"/sent/{scene.notice}/matrix")
    expect(page.page.locator("button[name=chosen]").first).to_be_disabled()
    page.fill("#note", "值班员已接")
    page.click("button[name=call][value=T02]")
    assert "已记下电话通知：1 家" in page.inner_text("main")
    page.click("button[name=everyone]")
    assert "已催办 3 个单位" in page.inner_text("main")
    rows = matrix(scene)
    assert {code: row.get("urged", 0) for code, row in rows.items()} == {"T01": 0, "T02": 2, "T03": 1, "T04": 1}
    assert rows["T03"]["urged_way"] == "web"
    assert rows["T03"]["urged_by_name"] == "李四"
    expect(page.page.locator("button[name=everyone]")).to_be_disabled()  # all were urged just now, and the rows say from when on again
    assert page.page.locator("button[name=urge]:disabled").count() == page.page.locator("table").get_by_text("后可再催").count() == 3
    answer = ask(scene.reviewer, "POST", f"/api/v1/submissions/{scene.notice}/urge", {"note": "再催一次"})
    assert (answer[0], answer[1]["type"]) == (409, "/problems/urged-lately")


def test_urging_is_on_the_persons_own_word_for_each_office_where_the_browser_holds_their_key(scene: Scene) -> None:
    item = send(scene.reviewer, Letter(sender="county", to=("T01", "T02"), title="请报送材料", fields={"kind": Kind.NOTE}))
    visitor = scene.county.stranger()
    enrol(visitor, "county", "赵八", "reviewer").page.close()
    page = visitor.open(f"/sent/{item}/matrix")
    page.wait_for_selector("#urging[data-own]")
    page.fill("#note", " 请  尽快 ")
    page.click("button[name=everyone]")
    expect(page.page.locator(".message.good")).to_contain_text("已催办 2 个单位")
    page.page.goto(f"{scene.county.url}/sent/{item}/extend")
    page.wait_for_selector("form[data-own]")
    page.fill("#until", (datetime.now(UTC) + timedelta(days=9)).date().isoformat())
    page.fill("#reason", "因防汛延期")
    page.click("form[data-extend] button")
    expect(page.page.locator(".message.good")).to_be_visible()
    _, found = ask(scene.reviewer, "GET", f"/api/v1/submissions/{item}/receipts")
    receipts = [json.loads(base64.b64decode(one["receipt"])) for one in found["receipts"]]
    acts = [(each["event"], each["recipient"], each["asserted_by"]) for each in receipts if each.get("recipient")]
    for event in ("NotificationForAcceptance", "DeadlineExtension"):
        assert [act for act in acts if act[0] == event] == [(event, office, "person") for office in ("T01", "T02")]
    assert page.complaints == []


def test_the_urged_office_sees_it_and_no_other_does(scene: Scene) -> None:
    page = scene.second.open("/inbox")
    assert "已催办" in page.inner_text(f"#row-{scene.notice}")
    page = scene.second.open(f"/inbox/{scene.notice}")
    said = page.inner_text("#pane")
    assert "发文单位催办：" in said
    assert "签收期限：" in said
    assert "值班员已接" in said
    assert "催办" not in scene.first.open(f"/items/{scene.notice}").inner_text("main")


def test_the_matrix_is_the_senders_alone(scene: Scene) -> None:
    page = scene.first.open(f"/sent/{scene.notice}/matrix")
    assert "李四" not in page.inner_text("main")
    answer = scene.first.context.request.get(f"{scene.county.url}/api/v1/submissions/{scene.notice}/matrix")
    assert (answer.status, answer.json()["type"]) == (403, "/problems/not-allowed")


def test_what_is_to_be_looked_after_stands_one_click_from_urging(scene: Scene) -> None:
    page = scene.reviewer.open("/watch?state=near")
    assert page.page.locator("tbody tr").count() == 3
    page.check(f'input[value="{scene.notice}:T04"]')
    page.click("button[name=chosen][value=phone]")
    assert "已记下电话通知：1 家" in page.inner_text("main")
    assert matrix(scene)["T04"]["urged_way"] == "phone"
    page = scene.second.open("/watch?side=received")
    assert TITLE in page.inner_text("tbody")
    assert page.page.locator("button[name=urge]").count() == 0


def test_the_pages_are_kind_to_everybody(scene: Scene) -> None:
    for visitor, path in (
        (scene.reviewer, f"/sent/{scene.notice}/matrix"),
        (scene.reviewer, "/watch"),
        (scene.second, "/watch?side=received"),
    ):
        judge(visitor, path)
        page = visitor.open(path)
        page.page.set_viewport_size(NARROW)
        assert not page.is_wider_than_the_screen()


def test_the_matrix_is_printed_and_exported(scene: Scene) -> None:
    page = scene.reviewer.open(f"/sent/{scene.notice}/matrix")
    paper = pypdfium2.PdfDocument(page.page.pdf(prefer_css_page_size=True))
    width, height = paper[0].get_size()
    text = unicodedata.normalize("NFKC", "".join(paper[0].get_textpage().get_text_bounded().split()))
    assert (round(width), round(height)) == (842, 595)
    assert all(code in text for code in OFFICES), text
    assert "催办全部" not in text
    answer = scene.reviewer.context.request.get(f"{scene.county.url}/sent/{scene.notice}/matrix.xlsx")
    sheet = load_workbook(io.BytesIO(answer.body())).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:5]] == list(OFFICES.values())
    assert [row[3] for row in rows[1:5]] == ["已签收", "已阅", "已送达", "已送达"]
    assert NOTICE_ZH in [row[0] for row in rows]


def test_a_printed_receipt_of_urging_is_verified_by_anybody(scene: Scene) -> None:
    _, found = ask(scene.reviewer, "GET", f"/api/v1/submissions/{scene.notice}/receipts")
    receipts = [base64.b64decode(one["receipt"]) for one in found["receipts"]]
    urging = next(one for one in receipts if json.loads(one)["event"] == "NotificationForAcceptance")
    address = f"/verify/{scene.notice}/{hashlib.sha256(urging).hexdigest()}"
    for language, word in (("zh-CN", "催办"), ("en", "urged to sign for it")):
        page = scene.county.stranger(language).open(f"{address}?lang={language}")
        said = page.inner_text("main")
        assert word in said
        assert not any(kept in page.page.content() for kept in (TITLE, "李四", "值班员"))


def test_the_township_urges_with_the_command(scene: Scene) -> None:
    assert scene.second.home is not None
    reply = send(scene.second, Letter(sender="T02", to=("county", "T03"), title="会议回执"))
    done = scene.second.home.run("urge", reply[:12], "--office", "T03", "--phone").json
    assert [one["office"] for one in done["urged"]] == ["T03"]
    found = scene.second.home.run("matrix", reply[:12]).json
    assert {row["office"]: row.get("urged_way") for row in found["rows"]} == {"T03": "phone", "county": None}
