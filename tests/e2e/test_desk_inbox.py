"""The inbox in a real browser: a reviewer empties it from the keyboard, two reviewers meet, many items at once, and it stays up to date."""

import base64
import json
import re
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pypdfium2
import pytest
from bundle_maker import run_script
from desk_maker import NARROW, WIDE, DeskCounty, Visitor, Watched, desk, printed
from entering_maker import enrol, module
from inbox_maker import fill, stored
from looks_maker import counted
from paper_maker import pdf
from playwright.sync_api import Route
from submission_maker import Letter

from schemas.words import Handling, Kind, Urgency

MANY, BY_KEYBOARD, CUT = 300, 50, 20
HEAVIEST = 60_000
"""Bytes that a page's first load carries, compressed, without the viewer."""
TITLES = ("关于报送防汛工作总结的报告", "关于申请公路养护资金的请示", "第17期政务信息：森林防火", "三季度固定资产投资报表")
PAPER = pdf()


@dataclass
class Inbox:
    """A county with a full inbox, and its people."""

    county: DeskCounty
    clerk: Visitor
    first: Visitor
    second: Visitor
    items: dict[str, list[str]]


def letters() -> dict[str, list[Letter]]:
    """Return what has come, by what a test does with it."""

    def letter(title: str, files: dict[str, bytes] | None = None, **fields: Any) -> Letter:
        given = {"files": files} if files else {}
        return Letter(title=title, at=datetime.now(UTC), fields=fields, **given)

    urgencies = (Urgency.NORMAL, Urgency.NORMAL, Urgency.URGENT, Urgency.EXTRA_URGENT)
    return {
        "keyboard": [letter(TITLES[n % 4], kind=Kind.PLAN, urgency=urgencies[n % 4]) for n in range(BY_KEYBOARD + 2)],
        "batch": [letter(f"报表{n}", kind=Kind.STATISTICS) for n in range(MANY)],
        "cut": [letter(f"断线{n}", kind=Kind.OTHER) for n in range(CUT)],
        "all": [letter(f"回执单{n}", kind=Kind.REPLY_FORM) for n in range(3)],
        "shared": [letter("两人同时办理的一件", kind=Kind.NOTE), letter("另一件便函", kind=Kind.NOTE)],
        "own": [letter(f"本人签名{n}", kind=Kind.LETTER, number=f"城政函〔2026〕{n}号") for n in (1, 2)],
        "returned": [letter("签收后退回的一件", kind=Kind.RESEARCH)],
        "plain": [letter(f"无脚本{n}", kind=Kind.SUMMARY) for n in range(3)],
        "paper": [
            letter(
                "带附件的报告",
                {"报告.pdf": PAPER, "台账 一.txt": "台账第一行".encode()},
                kind=Kind.REPORT,
                number="城政发〔2026〕12号",
                handling=Handling.INTERNAL,
                respond_by="2026-12-01",
                signatory="李镇长",
            )
        ],
        "damaged": [letter("后来损坏的一件", kind=Kind.MEETING)],
        "slip": [
            letter("关于申请水毁道路抢修资金的请示", kind=Kind.REQUEST, number="城政发〔2026〕31号", copies=2, respond_by="2026-12-08")
        ],
        "unread": [letter("审计只看一眼", kind=Kind.NAME_LIST)],
        "light": [letter("第一次打开的一件", kind=Kind.DECISION)],
    }


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    with desk(tmp_path_factory) as county:
        clerk = county.visitor("T01", "张三")
        assert clerk.home is not None
        groups = letters()
        ids = iter(fill(county.process, clerk.home, [each for group in groups.values() for each in group]))
        items = {name: [next(ids) for _ in group] for name, group in groups.items()}
        yield Inbox(county, clerk, county.visitor("county", "王五", "reviewer"), county.visitor("county", "赵六", "reviewer"), items)


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def pending(page: Watched) -> int:
    return int(page.locator("#folders").get_attribute("data-pending"))


def current(page: Watched) -> Any:
    return page.evaluate("document.querySelector('#pane [data-item]')?.dataset.item ?? null")


def post(visitor: Visitor, path: str, *fields: tuple[str, str], **headers: str) -> Any:
    """Send a form as a page of ours does."""
    sent = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"} | headers
    return visitor.context.request.post(visitor.county.url + path, data=urlencode(fields), headers=sent, max_redirects=0)


def test_a_reviewer_clears_fifty_items_from_the_keyboard(inbox: Inbox):
    page = inbox.first.open(f"/inbox?kind={Kind.PLAN}")
    before = pending(page)
    assert page.locator("#rows > .row").count() == BY_KEYBOARD
    assert page.locator(".badge.urgent", has_text="特急").count() > 0
    took: list[float] = []
    page.on("requestfinished", lambda request: took.append(request.timing["responseEnd"]) if request.method == "POST" else None)
    page.keyboard.press("j")
    page.keyboard.press("o")
    until(lambda: current(page))
    page.evaluate("document.getElementById('one-reason').style.height = '9rem'")  # drawn larger by hand: the next one inherits no style
    seen = []
    for _ in range(BY_KEYBOARD):
        seen.append(current(page))
        page.keyboard.press("a")
        until(lambda: current(page) not in (None, seen[-1]))
    held: list[Route] = []
    page.route("**/sign-for*", lambda route: held.append(route))  # noqa: PLW0108 -- it must be a function
    last = current(page)
    page.keyboard.press("a")
    page.keyboard.press("z")  # the last one is taken back at once, before it even waits: it was never sent
    until(lambda: "已撤销，未提交" in page.locator("#messages").inner_text() and held)
    held.pop().continue_()  # the answer about the one before it comes now, and takes nothing away that was said since
    until(lambda: pending(page) == before - BY_KEYBOARD)
    assert "已撤销，未提交" in page.locator("#messages").inner_text()
    until(lambda: current(page) == last)
    assert len(set(seen)) == BY_KEYBOARD
    assert page.complaints == []
    took.sort()
    print(f"requests {len(took)}, p50 {took[len(took) // 2]:.0f} ms, p95 {took[int(len(took) * 0.95)]:.0f} ms, most {took[-1]:.0f} ms")
    page.close()


def test_what_was_signed_for_is_only_returned_and_that_needs_its_reason(inbox: Inbox):
    (item,) = inbox.items["returned"]
    assert post(inbox.second, f"/inbox/{item}/sign-for").status == 303
    page = inbox.first.open(f"/inbox/{item}?kind={Kind.RESEARCH}&folder=signed_for")
    until(lambda: page.locator("#giving-back").count() and page.locator("[data-open]").count() == 0)
    assert page.locator("form[data-act=sign_for]").count() == 0  # the state table has no way back to signing for
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    until(lambda: "请填写退回原因" in page.locator("#one-reason-error").inner_text())
    assert page.evaluate("document.activeElement.id") == "one-reason"
    page.locator("#giving-back [name=chip]").first.check()
    page.locator("#one-reason").fill("另请补盖章页")
    page.keyboard.press("Control+Enter")
    until(lambda: "已退回" in page.locator("#messages").inner_text())
    again = inbox.second.open(f"/inbox/{item}")
    assert "缺少附件；另请补盖章页" in again.locator("#pane").inner_text()
    own = inbox.clerk.open(f"/items/{item}")
    told = own.locator(".message.bad").inner_text()
    assert all(text in told for text in ("退回原因：", "缺少附件；另请补盖章页", "示例县人民政府办公室 王五"))
    assert own.locator("header nav [aria-current]").inner_text() == "已发"
    assert inbox.clerk.home is not None
    mended = Letter(title="补正的一件", at=datetime.now(UTC), fields={"kind": Kind.RESEARCH, "replaces": item})
    (correction,) = fill(inbox.county.process, inbox.clerk.home, [mended])
    third = inbox.first.open(f"/inbox/{correction}?kind={Kind.RESEARCH}")
    until(lambda: third.locator("form[data-act=sign_for]").count() and third.locator("[data-open]").count() == 0)
    assert re.search(r"上次退回： *缺少附件；另请补盖章页\s+王五", third.locator("#pane .message.warn").inner_text())
    third.keyboard.press("r")
    assert not third.locator("form[data-act=sign_for]").is_visible()  # one decides for one of the two
    for each in (page, again, own, third):
        each.close()


def hold_key(inbox: Inbox, page: Watched) -> None:
    """Let the first reviewer's browser hold their key."""
    if module(page, "signing/keys.js", "async (keys) => (await keys.current()) === null"):
        code = inbox.county.process.invite("county", "王五", "reviewer")["code"]
        module(page, "signing/keys.js", "async (keys, code) => void await keys.enrol(code)", code)


def finished(page: Watched) -> None:
    """Wait until the last piece of a batch is answered."""
    page.locator("#results").wait_for()
    page.locator(".under-way").wait_for(state="detached", timeout=60_000)


def latest(inbox: Inbox, item: str) -> dict[str, Any]:
    """Return the last receipt of an item as the sender gets it."""
    answer = inbox.clerk.context.request.get(f"{inbox.county.url}/api/v1/submissions/{item}/receipts").json()
    return dict(answer["receipts"][-1])


def said(envelope: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(envelope["receipt"])))


def test_where_the_browser_holds_the_persons_key_the_receipt_is_on_their_own_word(inbox: Inbox):
    page = inbox.first.open(f"/inbox/{inbox.items['own'][0]}?kind={Kind.LETTER}")
    hold_key(inbox, page)
    until(lambda: page.locator("form[data-act=sign_for]").count() and page.locator("[data-open]").count() == 0)
    page.keyboard.press("a")
    until(lambda: current(page) == inbox.items["own"][1])
    page.keyboard.press("r")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    until(lambda: current(page) is None)
    assert "全部办完" in page.locator("#pane").inner_text()
    for item, event in zip(inbox.items["own"], ("ConsignmentAcceptance", "ConsignmentRejection"), strict=True):
        receipt = said(latest(inbox, item))
        assert (receipt["event"], receipt["asserted_by"]) == (event, "person")
    assert page.complaints == []
    page.close()


def test_two_reviewers_see_each_other_and_the_second_is_told_who_was_quicker(inbox: Inbox):
    item = inbox.items["shared"][0]
    first = inbox.first.open(f"/inbox/{item}?kind={Kind.NOTE}")
    until(lambda: first.locator("form[data-act=sign_for]").count() and first.locator("[data-open]").count() == 0)
    second = inbox.second.open(f"/inbox/{item}?kind={Kind.NOTE}")
    assert "王五 正在办理此件" in second.locator("#claim").inner_text()
    version = second.locator("#pane [name=version]").first.input_value()
    done = post(inbox.first, f"/inbox/{item}/sign-for?kind={Kind.NOTE}", ("version", version))
    assert (done.status, done.headers["location"].split("?")[0]) == (303, f"/inbox/{inbox.items['shared'][1]}")
    late = post(inbox.second, f"/inbox/{item}/sign-for", ("version", version))
    assert late.status == 409
    told = re.sub(r"<[^>]+>|\s+", " ", late.text())
    assert re.search(r"已被他人先行办理 *: *王五 *\d{4}-\d\d-\d\d \d\d:\d\d *签收", told)
    second.locator("form[data-act=sign_for]").evaluate("form => form.requestSubmit()")
    second.locator(".grace").wait_for()
    second.keyboard.press("e")
    second.evaluate("window.dispatchEvent(new Event('pagehide'))")  # leaving sends what waits
    until(lambda: "王五" in second.locator("#messages").inner_text())
    assert "两人同时办理的一件" in second.locator("#messages").inner_text()
    first.close()
    second.close()


def test_of_three_hundred_at_once_each_is_signed_by_the_person_and_three_are_stale_and_named(inbox: Inbox, tmp_path: Path):
    page = Watched(inbox.first.context.new_page())
    page.page.route("**/api/v1/events*", lambda route: route.abort())  # this page does not learn what happens meanwhile
    page.page.goto(f"{inbox.county.url}/inbox?kind={Kind.STATISTICS}&size=300")
    hold_key(inbox, page)
    assert page.locator("#rows > .row").count() == MANY
    assert page.axe() == []
    for item in inbox.items["batch"][:3]:
        assert post(inbox.second, f"/inbox/{item}/sign-for").status == 303
    page.locator("#choose-all").check()
    assert "300" in page.locator("#chosen").inner_text()
    page.get_by_role("button", name="签收所选", exact=True).click()
    finished(page)
    assert page.locator("#results-title").inner_text() == f"共 {MANY} 件，已办 {MANY - 3} 件: 签收"
    assert page.locator("#results [data-outcome=done]").count() == MANY - 3
    assert "由您本人逐件签名" in page.locator("#results").inner_text()
    stale = page.locator("#results [data-outcome=stale]")
    assert stale.count() == 3
    assert all("赵六" in text for text in stale.all_inner_texts())
    until(lambda: page.locator("#rows > .row").count() == 0)
    page.close()
    receipts = {item: latest(inbox, item) for item in inbox.items["batch"][:12]}
    assert [said(each)["asserted_by"] for each in receipts.values()] == ["county-service"] * 3 + ["person"] * 9
    item = inbox.items["batch"][7]
    statement = json.loads(base64.b64decode(receipts[item]["statement"]))
    assert (statement["submission"], statement["event"]) == (item, "ConsignmentAcceptance")
    for name in ("statement", "statement_signature"):
        (tmp_path / name).write_bytes(base64.b64decode(receipts[item][name]))
    root = inbox.county.process.folder / "trust/root.pem"
    command = f"openssl cms -verify -cades -binary -inform DER -in statement_signature -content statement -CAfile {root} -purpose any"
    told = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr


def test_after_an_answer_was_lost_one_goes_on_and_what_was_done_is_only_said(inbox: Inbox):
    page = Watched(inbox.first.context.new_page())
    page.page.route("**/api/v1/events*", lambda route: route.abort())
    page.page.goto(f"{inbox.county.url}/inbox?kind={Kind.OTHER}")
    hold_key(inbox, page)
    sent: list[Route] = []

    def break_off(route: Route) -> None:
        """The first piece is done, and its answer is lost as when the county is killed; nothing else gets through."""
        sent.append(route)
        if len(sent) == 1:
            route.fetch()
        route.abort()

    page.page.route("**/inbox/batch*", break_off)
    page.locator("#choose-all").check()
    page.locator("#batch .giving-back summary").click()
    page.get_by_role("button", name="退回所选", exact=True).click()
    until(lambda: "请填写退回原因" in page.locator("#messages").inner_text())
    page.locator("#batch [name=chip]").first.check()
    page.locator("#many-reason").fill("补" * 1500)  # as long as it may be: fewer of them go together
    page.get_by_role("button", name="退回所选", exact=True).click()
    until(lambda: f"尚无结果的有 {CUT} 件" in page.locator("#unfinished").inner_text())
    assert len(sent) == 1
    states = [said(latest(inbox, item))["event"] for item in inbox.items["cut"]]
    assert sorted(set(states)) == ["ConsignmentRejection", "ContentConsignment"]  # each was done with its receipt, or was not touched
    page.page.unroute("**/inbox/batch*")
    page.locator("#unfinished button").click()
    finished(page)
    assert page.locator("#results-title").inner_text() == f"共 {CUT} 件，已办 {CUT} 件: 退回补正"
    before = page.locator("#results [data-outcome=before]")
    assert before.count() == states.count("ConsignmentRejection")
    assert "您此前已办" in before.first.inner_text()
    receipts = [said(latest(inbox, item)) for item in inbox.items["cut"]]
    assert {(each["event"], each["asserted_by"]) for each in receipts} == {("ConsignmentRejection", "person")}
    page.close()


def test_everything_that_matches_is_counted_and_confirmed_first(inbox: Inbox):
    asked = post(inbox.first, f"/inbox/batch?kind={Kind.SUMMARY}", ("act", "all:sign_for"))
    seal = re.search(r'name="seal" value="([0-9a-f]{32})"', asked.text())
    assert asked.status == 200
    assert "符合条件的公文：3 件" in asked.text()
    assert seal is not None
    assert post(inbox.second, f"/inbox/{inbox.items['plain'][2]}/sign-for").status == 303
    changed = post(inbox.first, f"/inbox/batch?kind={Kind.SUMMARY}", ("act", "all:sign_for"), ("seal", seal[1]))
    assert "列表在此期间有变化" in changed.text()
    assert "符合条件的公文：2 件" in changed.text()
    assert "由县级系统代为证明" in changed.text()


def test_everything_that_matches_is_signed_by_the_person_where_the_browser_holds_their_key(inbox: Inbox):
    page = inbox.first.open(f"/inbox?kind={Kind.REPLY_FORM}")
    hold_key(inbox, page)
    page.locator("[data-everything]").click()
    until(lambda: "由您本人逐件签名" in page.locator("#word").inner_text())
    assert page.axe() == []
    assert post(inbox.second, f"/inbox/{inbox.items['all'][1]}/sign-for").status == 303
    page.locator("#everything button").click()
    finished(page)
    assert page.locator("#results-title").inner_text() == "共 3 件，已办 2 件: 签收"
    words = [said(latest(inbox, item))["asserted_by"] for item in inbox.items["all"]]
    assert words == ["person", "county-service", "person"]
    assert page.complaints == []
    page.close()


def test_a_form_that_does_not_sign_every_item_does_nothing(inbox: Inbox):
    (item,) = inbox.items["unread"]
    for more in ([("statements", "e30=")], [("statements", "e30="), ("signatures", "e30="), ("signatures", "e30=")], [("statements", "*")]):
        assert post(inbox.second, "/inbox/batch", ("act", "sign_for"), ("items", f"{item}:1"), *more).status == 400
    wrong = post(inbox.second, "/inbox/batch", ("act", "sign_for"), ("items", f"{item}:1"), ("statements", "e30="), ("signatures", "e30="))
    assert "共 1 件，已办 0 件" in re.sub("<[^>]+>", "", wrong.text())


def test_without_scripts_everything_is_links_and_forms(inbox: Inbox):
    bare = inbox.county.stranger(java_script_enabled=False)
    bare.context.add_cookies(inbox.second.context.cookies())
    page = bare.open(f"/inbox?kind={Kind.SUMMARY}")
    page.locator("#rows a.title").first.click()
    assert page.locator(".documents").count() == 0  # a look is no reading
    page.get_by_role("button", name="打开阅读").click()
    page.get_by_role("link", name="下载原件").first.wait_for()
    page.locator(".documents a.show").first.click()
    assert "防汛准备工作" in page.locator(".words").first.inner_text()
    page.go_back()
    before = pending(page)
    page.get_by_role("button", name="签收", exact=True).click()
    assert "已签收。" in page.locator("main").inner_text()
    assert pending(page) == before - 1
    assert f"kind={Kind.SUMMARY}" in page.url
    page.close()


def test_a_document_is_shown_beside_its_verdict_and_had_as_it_was_sent(inbox: Inbox, tmp_path: Path):
    (item,) = inbox.items["paper"]
    page = inbox.first.open(f"/inbox?kind={Kind.REPORT}")
    assert all(text in page.locator("#rows").inner_text() for text in ("内部", "2026-12-01 前回复", "城政发〔2026〕12号"))
    page.locator("#rows a.title").click()
    frame = page.frame_locator("#viewer iframe")
    frame.locator(".textLayer span").first.wait_for(state="attached")
    until(lambda: "农村" in frame.locator(".textLayer").inner_text())
    assert frame.locator(".sheet canvas").count() >= 1
    assert frame.locator(".sheet").first.bounding_box()["y"] < WIDE["height"] / 2  # what is signed for is seen
    page.locator(".verdict summary").click()
    verdict = page.locator(".verdict.good").inner_text()
    assert all(text in verdict for text in ("报送签名：验签通过", "城关镇 张三", "现在有效", "防篡改日志"))
    assert page.complaints == []
    assert page.axe() == []
    with page.page.expect_download() as downloading:
        page.locator(".documents li").first.get_by_role("link", name="下载原件").click()
    downloading.value.save_as(tmp_path / "original.pdf")
    assert (tmp_path / "original.pdf").read_bytes() == PAPER
    assert downloading.value.suggested_filename == "报告.pdf"
    part = inbox.first.context.request.get(f"{inbox.county.url}/items/{item}/parts/2")
    assert part.body() == "台账第一行".encode()
    said = part.headers
    assert said["content-type"] == "application/octet-stream"
    assert said["content-disposition"].startswith("attachment;")
    assert said["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert said["x-content-type-options"] == "nosniff"
    assert inbox.clerk.context.request.get(f"{inbox.county.url}/items/{item}/parts/3").status == 404
    assert inbox.clerk.context.request.get(f"{inbox.county.url}/inbox/{item}").status == 404  # the sender received nothing
    empty = inbox.clerk.open("/inbox")
    assert "没有待签收的公文" in empty.locator("#list").inner_text()
    assert empty.axe() == []
    page.close()
    empty.close()


def test_an_item_opened_on_a_first_visit_beside_a_full_list_is_light(inbox: Inbox):
    (item,) = inbox.items["light"]
    page = Watched(inbox.first.context.new_page())
    weights = counted(inbox.first, page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition(inbox.county.url)[2]))
    page.goto(f"{inbox.county.url}/inbox/{item}")
    until(lambda: page.locator("#pane [data-open]").count() == 0 and page.locator("#viewer [aria-label], #viewer p").count())
    page.wait_for_load_state("load")
    print(f"{weights.weight} B, {weights.requests} requests")
    assert weights.weight <= HEAVIEST
    assert not any(url.startswith("/inbox?") for url in asked)  # its row came with the answer: the list is not asked for again
    page.close()


def test_an_auditor_looks_and_nothing_was_received(inbox: Inbox):
    (item,) = inbox.items["unread"]
    auditor = inbox.county.visitor("county", "钱七", "auditor")
    page = auditor.open(f"/inbox/{item}")
    assert page.locator("#pane form[data-act]").count() == 0
    assert "无权办理" in page.locator("#pane").inner_text()
    assert post(auditor, f"/inbox/{item}/open").status == 303
    assert auditor.context.request.get(f"{inbox.county.url}/items/{item}/parts/1").status == 403
    assert "已阅" not in page.locator(".timeline").inner_text()
    assert inbox.first.context.request.get(f"{inbox.county.url}/items/{item}/parts/1").status == 409  # nobody reads before the reception
    assert post(auditor, f"/inbox/{item}/star", ("starred", "1")).status == 403
    page.close()


def test_bytes_that_changed_in_the_store_are_seen_at_once(inbox: Inbox):
    (item,) = inbox.items["damaged"]
    path = stored(inbox.county.process, item)
    content = bytearray(path.read_bytes())
    content[content.rindex("沙袋".encode())] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    page = inbox.second.open(f"/inbox/{item}")
    assert "报送签名：验签未通过" in page.locator(".verdict.bad").inner_text()
    page.close()


def test_what_comes_while_the_service_was_away_appears_without_reloading(inbox: Inbox):
    page = inbox.first.open(f"/inbox?kind={Kind.BULLETIN}")
    page.evaluate("window.untouched = true")
    before = pending(page)
    time.sleep(0.3)
    assert inbox.clerk.home is not None
    fill(inbox.county.process, inbox.clerk.home, [Letter(title="断线期间到的简报", at=datetime.now(UTC), fields={"kind": Kind.BULLETIN})])
    until(lambda: page.locator("#rows a.title", has_text="断线期间到的简报").count() == 1, 30)
    assert pending(page) == before + 1
    assert page.title().startswith(f"({before + 1}) ")
    assert page.evaluate("window.untouched") is True
    page.close()


def test_marks_and_views_are_the_offices_and_the_page_fits_a_narrow_screen(inbox: Inbox):
    (item,) = inbox.items["paper"]
    assert post(inbox.first, f"/inbox/{item}/star", ("starred", "1")).status == 303
    assert post(inbox.first, f"/inbox/{item}/unread", ("unread", "1")).status == 303
    assert post(inbox.first, "/inbox/views?starred=1", ("name", "要紧的"), ("shared", "1")).status == 303
    narrow = inbox.county.stranger(language="en", viewport=NARROW)
    narrow.context.add_cookies(inbox.second.context.cookies())
    page = narrow.open("/inbox?starred=1&unread=1")
    assert page.locator(".chips a").inner_text().split() == ["要紧的", "1"]
    assert not page.is_wider_than_the_screen()
    page.locator("#rows a.title").click()
    page.locator(".verdict").wait_for()
    assert not page.is_wider_than_the_screen()
    assert not page.locator("#list").is_visible()
    own = "[...document.querySelectorAll('main *')].filter(e => !e.closest('[data-content]') && !e.children.length).map(e => e.textContent)"
    assert [text for text in page.evaluate(own) if re.search("[\u4e00-\u9fff]", text)] == []
    page.close()


def test_a_handling_slip_is_written_signed_and_printed_and_the_sender_has_nothing_of_it(inbox: Inbox, tmp_path: Path):
    (item,) = inbox.items["slip"]
    leader = inbox.county.stranger()
    enrol(leader, "county", "周县长", "leader").close()
    for act in ("open", "sign-for"):
        assert post(inbox.first, f"/inbox/{item}/{act}").status == 303
    entry = (("words", "拟请交通运输局阅处\r\n限周五前"), ("once", "5a" * 16))
    for _ in range(2):  # sent twice, it is written once; without scripts it leads to the slip
        assert post(inbox.first, f"/inbox/{item}/slip/propose", *entry).headers["location"] == f"/inbox/{item}/slip"
    assert post(inbox.first, f"/inbox/{item}/slip/instruct", ("words", "同意")).status == 403
    assert post(inbox.first, f"/inbox/{item}/slip/propose", ("words", " ")).status == 422
    page = leader.open(f"/inbox/{item}?folder=signed_for")
    until(lambda: page.locator("[data-open]").count() == 0 and page.locator("#slip summary").count() == 2)
    page.locator("#slip summary", has_text="批示").click()
    writing = page.locator("#slip form[data-event=Instruction]")
    writing.locator("button:not([type])").click()
    until(lambda: "请先填写内容" in writing.locator(".error").inner_text())
    writing.locator("[data-phrase]", has_text="阅处").click()
    page.keyboard.type("财政局")  # in the place of the phrase's blank, which is marked
    writing.locator("button:not([type])").click()
    until(lambda: page.locator("#slip .entries > li").count() == 2)
    entries = page.locator("#slip .entries > li").all_inner_texts()
    assert "拟请交通运输局阅处\n限周五前" in entries[0]
    assert "系统登记" in entries[0]
    assert all(words in entries[1] for words in ("请财政局阅处", "周县长 分管领导", "本人签名"))
    assert page.axe() == []
    page.goto(f"{inbox.county.url}/inbox/{item}/slip")
    with pypdfium2.PdfDocument(printed(page, tmp_path / "slip.pdf")) as document:
        paper = "".join(sheet.get_textpage().get_text_range() for sheet in document)
        assert len(document) == 1
    for words in (
        "文件处理笺",
        "城关镇",
        "城政发〔2026〕31号",
        "水毁道路",
        "份数",
        "拟办意见",
        "请财政局阅处",
        "周县长",
        "办理结果",
        "本系统为非涉密系统",
    ):
        assert words in paper, words
    assert page.axe() == []
    assert page.complaints == []
    page.close()
    own = inbox.clerk.open(f"/items/{item}")
    assert [words for words in ("处理笺", "批示", "拟办", "周县长", "交通运输局") if words in own.content()] == []
    assert own.goto(f"{inbox.county.url}/inbox/{item}/slip").status == 404
    own.close()
    # a bundle is made to be given away: the slip is in the recipient's own when it is asked for, and in no other
    for visitor, name, options, words in (
        (inbox.clerk, "sender", ["--slip"], 0),
        (inbox.first, "given", [], 0),
        (inbox.first, "own", ["--slip"], 1),
    ):
        assert visitor.home is not None
        visitor.home.run("evidence", item, *options, "--out", tmp_path / f"{name}.zip")
        with zipfile.ZipFile(tmp_path / f"{name}.zip") as bundle:
            bundle.extractall(tmp_path / name)
        verdict = run_script(tmp_path / name)
        assert verdict.status == 0, verdict.output
        assert verdict.output.count("Instruction") == verdict.output.count("Proposal") == words
        assert sum("请财政局阅处" in path.read_text("utf-8") for path in (tmp_path / name / "receipts").glob("*.json")) == words
