"""Returns and corrections in a real browser: reasons by code, what was misdirected, versions side by side, hints before signing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from desk_maker import DeskCounty, Visitor, desk
from entering_maker import invite
from letters_maker import act, ask, judge, send
from playwright.sync_api import expect
from submission_maker import Letter

from schemas.words import Kind

PATIENCE = 30_000
FIRST = "全镇共有12个村。已完成三处隐患点的治理工作，投入资金15.5万元。各村储备沙袋二千只。下一步继续巡查。"
SECOND = "全镇共有13个村。已完成三处隐患点的整治工作，投入资金25.5万元。各村储备沙袋二千只。下一步继续巡查，加强值守。"


@dataclass
class Scene:
    """T01 sent to the county and to T02; the county returned one, which was corrected."""

    county: DeskCounty
    clerk: Visitor
    reviewer: Visitor
    other: Visitor
    returned: str
    corrected: str
    wrong: str
    plain: str


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with desk(tmp_path_factory) as county:
        clerk, reviewer = county.visitor("T01", "张三"), county.visitor("county", "王五", "reviewer")
        other = county.visitor("T02", "李四")
        number = {"kind": Kind.REPORT, "number": "城政发〔2026〕9号", "signatory": "王建国"}
        returned = send(clerk, Letter(title="关于防汛工作的报告", files={"报告.txt": FIRST.encode()}, fields=number))
        act(reviewer, returned, "open")
        act(reviewer, returned, "return", codes=["content-wrong", "attachment-missing"], reason="村数有误")
        again = number | {"replaces": returned, "version": 2, "signatory": "李建国"}
        files = {"报告.txt": SECOND.encode(), "attachments/隐患点清单.txt": "清单".encode()}
        corrected = send(clerk, Letter(title="关于防汛工作情况的报告", files=files, fields=again))
        act(reviewer, corrected, "open")
        letter = {"kind": Kind.LETTER, "number": "城政函〔2026〕3号"}
        wrong = send(clerk, Letter(title="关于河道采砂管理的函", to=("T02",), fields=letter))
        plain = send(clerk, Letter(title="召开会议", fields={"kind": Kind.REQUEST, "number": "城政发〔2025〕7号"}))
        yield Scene(county, clerk, reviewer, other, returned, corrected, wrong, plain)


def test_versions_stand_side_by_side_for_both_offices(scene: Scene):
    for visitor in (scene.clerk, scene.reviewer):
        page = visitor.open(f"/items/{scene.corrected}/differences")
        elements = page.get_by_role("region", name="有改动的要素")
        expect(elements).to_contain_text("李建国")
        assert page.locator("ins", has_text="13").count() == 1
        assert page.locator("del", has_text="15.5").count() == 1
        expect(page.locator("main")).to_contain_text("新增")  # said, not only coloured
        assert not page.axe()
        assert not page.complaints
    stranger = scene.other.open(f"/items/{scene.corrected}/differences")
    expect(stranger.locator("main")).not_to_contain_text("隐患")


def test_a_reviewer_sees_the_chain_and_what_the_elements_lack(scene: Scene):
    page = scene.reviewer.open(f"/inbox/{scene.corrected}?folder=all")
    versions = page.locator(".versions li")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("内容、数据有误；缺少附件；村数有误")
    act(scene.reviewer, scene.plain, "open")
    page = scene.reviewer.open(f"/inbox/{scene.plain}?folder=all")
    page.locator(".hints summary").click()
    hints = page.locator(".hints")
    for words in ("年份与成文日期", "签发人", "没有文种", "附注"):
        expect(hints).to_contain_text(words)


def test_a_return_by_chips_is_kept_by_code_and_counted(scene: Scene):
    page = scene.reviewer.open(f"/inbox/{scene.plain}?folder=all")
    page.locator("#giving-back summary").click()
    page.locator("#giving-back").get_by_label("缺签发人").check()
    page.locator("#one-reason").fill("请补签")
    page.locator("#giving-back form button.danger").click()
    expect(page.locator("#messages")).to_contain_text("召开会议", timeout=PATIENCE)
    _, status = ask(scene.clerk, "GET", f"/api/v1/submissions/{scene.plain}")
    assert status["deliveries"][0]["reason"] == "缺签发人〔signatory-missing〕；请补签"
    counted = scene.clerk.open("/returns")
    expect(counted.get_by_role("region", name="按退回原因")).to_contain_text("缺签发人")
    judge(scene.reviewer, "/returns?side=given&year=2026&office=T01")


def test_what_was_misdirected_is_closed_and_sent_to_the_right_office(scene: Scene):
    page = scene.other.open(f"/inbox/{scene.wrong}")
    expect(page.locator("#item-title")).to_have_text("关于河道采砂管理的函")
    expect(page.locator("[data-open]")).to_have_count(0)  # the pane is filled anew once it is opened
    page.locator("#misdirecting summary").click()
    page.locator("#misdirect-reason").fill("此件应送县府办")
    page.get_by_role("button", name="确认误投退件").click()
    expect(page.locator("#messages")).to_contain_text("误投退件", timeout=PATIENCE)
    page = scene.other.open(f"/inbox/{scene.wrong}?folder=misdirected")
    expect(page.locator("main")).not_to_contain_text("河道采砂")
    expect(page.locator("#pane .message.bad")).to_contain_text("此件应送县府办")
    assert scene.other.context.request.get(f"{scene.county.url}/items/{scene.wrong}/parts/1").status == 409
    assert not page.axe()
    page = scene.clerk.open(f"/items/{scene.wrong}")
    expect(page.locator(".misdirected")).to_contain_text("称此件误投。 此件应送县府办")
    assert not page.axe()
    page.locator(".misdirected input[name=office]").fill("county")
    page.get_by_role("button", name="改投").click()
    expect(page.locator(".misdirected")).to_contain_text("已改投")
    assert ask(scene.reviewer, "GET", f"/api/v1/inbox/{scene.wrong}")[1]["title"] == "关于河道采砂管理的函"


def test_the_administrator_keeps_the_list(scene: Scene):
    page = scene.county.visitor("county", "管理", "administrator").open("/admin/returns")
    page.get_by_label("中文表述").fill("未附电子表")
    page.get_by_role("button", name="加入清单").click()
    expect(page.locator("main")).to_contain_text("清单已更新")
    _, listed = ask(scene.reviewer, "GET", "/api/v1/return-reasons")
    assert listed["items"][-1]["zh"] == listed["items"][-1]["en"] == "未附电子表"


def test_a_clerk_is_told_before_signing_what_is_likely_to_be_returned(scene: Scene, tmp_path: Path):
    file = tmp_path / "请示.txt"
    file.write_text(
        "关于解决维修资金的请示\n县政府：\n因故申请资金。\n附件：1. 预算表\n2. 现场照片\n城关镇人民政府\n2026年11月20日\n", "utf-8"
    )
    page = scene.county.stranger().open(f"/enrol#code={invite(scene.county, 'T01', '赵四')}")
    page.click("#enrol button")
    page.click("#enter")
    page.wait_for_url(f"{scene.county.url}/")
    page.goto(f"{scene.county.url}/submit")
    with page.expect_file_chooser() as chooser:
        page.click("#choose")
    chooser.value.set_files([str(file)])
    expect(page.locator("#reading")).not_to_have_text("", timeout=PATIENCE)
    expect(page.locator("#reading")).not_to_contain_text("正在", timeout=PATIENCE)
    page.fill("#title", "关于解决维修资金的请示")
    page.select_option("#kind", "request")
    page.fill("#number", "城政发〔2026〕9号")
    page.fill("#date_issued", "2026-11-20")
    expect(page.locator("#number-twice")).to_contain_text("联合发文")
    page.locator("#number-twice").get_by_label("确属两件").check()
    page.click("#next")
    hints = page.locator("#confirm .elements")
    expect(hints).to_contain_text("上行文须标注签发人", timeout=PATIENCE)
    expect(hints).to_contain_text("正文列有 2 个附件，实际附上 0 个")
    expect(hints).to_contain_text("近一年本单位有 1 件因此被退回")
    assert not page.axe()
    page.page.route("**/api/v1/submissions", lambda route: route.abort())  # the line is cut: another page sends it, and the answer with it
    page.click("#send")
    expect(page.locator("#sending-words")).to_contain_text("等待网络", timeout=PATIENCE)
    page.page.unroute("**/api/v1/submissions")
    page.goto(f"{scene.county.url}/outbox")
    expect(page.locator("#kept-nothing")).to_be_visible(timeout=PATIENCE)
    _, sent = ask(scene.clerk, "GET", "/api/v1/submissions")
    submission = next(each["submission"] for each in sent["items"] if each["title"] == "关于解决维修资金的请示")
    _, same = ask(scene.reviewer, "GET", f"/api/v1/submissions/{submission}/same-number")
    assert same["said"] == "distinct"
    assert [each["title"] for each in same["others"]] == ["关于防汛工作情况的报告"]
