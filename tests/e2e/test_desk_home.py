"""A township's everyday pages in a real browser: today, sent, one item, its receipts on paper, what was refused; and nobody else's."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from desk_maker import DeskCounty, Visitor, desk, printed
from letters_maker import act, ask, judge, refuse, send, send_all
from submission_maker import Letter

from schemas.words import NOTICE_ZH, Kind, Urgency

TITLE, REASON = "关于申请拨付农村公路养护资金的请示", "附件二缺盖章页，请补齐后重报。"
NAMED, DOWN = "给指定人员的预案", "关于报送三季度工作总结的通知"
MANY = 300
KEEP = """async ([script, submission, title]) => {
  const outbox = await import(script);
  await outbox.keep({submission, reference: crypto.randomUUID(), title, to: ["county"], blob: new Blob(["x"]), anchor: {}});
}"""


@dataclass
class Scene:
    """T01 sent `plain` (signed for), `returned`, `both` to two offices, and `named`; the county sent `down` to T01."""

    county: DeskCounty
    clerk: Visitor
    neighbour: Visitor
    reviewer: Visitor
    plain: str = ""
    returned: str = ""
    both: str = ""
    named: str = ""
    down: str = ""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with desk(tmp_path_factory) as county:
        clerk, neighbour, reviewer = (
            county.visitor("T01", "张三"),
            county.visitor("T02", "王五"),
            county.visitor("county", "李四", "reviewer"),
        )
        yield Scene(county, clerk, neighbour, reviewer)


def _fill(scene: Scene) -> None:
    """Send one of each, once: what was empty before is looked at before."""
    if scene.plain:
        return
    report = {"kind": Kind.REPORT, "number": "城政发〔2026〕12号", "urgency": Urgency.URGENT, "notes": "附清单一份。"}
    scene.plain = send(scene.clerk, Letter(title="防汛准备工作情况", fields=report))
    scene.returned = send(scene.clerk, Letter(title=TITLE))
    scene.both = send(scene.clerk, Letter(title="城关镇信息第3期", to=("county", "T02")))
    scene.named = send(scene.clerk, Letter(title=NAMED, fields={"addressees": ["county.1"]}))
    soon = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
    down = {"kind": Kind.NOTICE, "number": "县政办发〔2026〕40号", "respond_by": soon}
    scene.down = send(scene.reviewer, Letter(sender="county", to=("T01",), title=DOWN, fields=down))
    act(scene.reviewer, scene.plain, "open")
    act(scene.reviewer, scene.plain, "sign-for")
    act(scene.reviewer, scene.returned, "open")
    act(scene.reviewer, scene.returned, "return", reason=REASON)
    assert "secrecy-mark" in refuse(scene.clerk, Letter(title="绝密★启用前 计划"))["type"]
    scene.county.process.run("contact", scene.county.process.folder, "--office", "county", "--person", "周密", "--phone", "0555-7654321")


def test_a_new_office_is_greeted_kindly(scene: Scene) -> None:
    assert not scene.plain
    judge(scene.neighbour, "/")
    page = scene.neighbour.open("/")
    assert "现在没有待办。" in page.inner_text("main")
    assert page.page.locator("main").get_by_role("link", name="报送公文").get_attribute("href") == "/submit"
    for path, said in (("/sent", "本单位还没有报送过。"), ("/refused", "没有未予接收的件。")):
        page.page.goto(scene.county.url + path)
        assert said in page.inner_text("main")


def test_today_shows_what_waits_and_what_to_do_about_it(scene: Scene) -> None:
    _fill(scene)
    judge(scene.clerk, "/")
    page = scene.clerk.open("/")
    returned = page.page.locator("#returned .row")
    assert returned.count() == 1
    assert REASON in returned.inner_text()
    assert returned.get_by_role("link", name="修改后重报").get_attribute("href") == f"/submit?replaces={scene.returned}"
    assert DOWN in page.inner_text("#due")
    assert DOWN in page.inner_text("#to-sign")
    assert "防汛准备工作情况" in page.inner_text("section:has(#fresh-title)")
    assert page.page.locator("#unreceipted").is_hidden()
    # the reviewer's day begins with what came; an auditor has none
    reviewer = scene.reviewer.open("/")
    assert "城关镇信息第3期" in reviewer.inner_text("#to-sign")
    assert reviewer.page.locator("#returned, #due").count() == 0


def test_an_answer_or_a_correction_ends_the_waiting(scene: Scene) -> None:
    _fill(scene)
    again = send(scene.clerk, Letter(title=TITLE, fields={"replaces": scene.returned, "version": 2}))
    send(scene.clerk, Letter(title="三季度工作总结", fields={"in_reply_to": scene.down}))
    page = scene.clerk.open("/")
    assert page.page.locator("#returned, #due").count() == 0
    page.page.goto(f"{scene.county.url}/items/{scene.returned}")
    assert page.page.get_by_role("link", name="查看重报的件").get_attribute("href") == f"/items/{again}"
    assert page.page.get_by_role("link", name="修改后重报").count() == 0


def test_what_this_browser_keeps_without_a_receipt_is_counted(scene: Scene) -> None:
    page = scene.clerk.open("/")
    script = page.page.eval_on_selector("script[src*='home/unreceipted.js']", "e => e.src").replace("home/unreceipted", "sending/outbox")
    page.page.evaluate(KEEP, [script, "ab" * 32, "尚未报出的件"])
    page.page.reload()
    page.page.locator("#unreceipted .row").wait_for()
    assert "1\n尚未取得回执" in re.sub(r"\s+", "\n", page.inner_text("#unreceipted-card"))
    assert "尚未报出的件" in page.inner_text("#unreceipted")
    assert "示例县人民政府办公室" in page.inner_text("#unreceipted")
    assert "现在没有待办。" not in page.inner_text("main")
    assert page.axe() == []
    # it is this browser's alone, and this office's alone
    other = scene.neighbour.open("/")
    assert "尚未报出的件" not in other.inner_text("main")
    # what got its receipt meanwhile, in whatever tab, leaves the page by itself
    second = scene.clerk.open("/sent")
    second.page.evaluate("async ([script, submission]) => (await import(script)).discard(submission)", [script, "ab" * 32])
    page.page.locator("#unreceipted").wait_for(state="hidden")
    assert page.page.locator("#unreceipted-card").is_hidden()


def test_sent_says_where_each_copy_stands_in_300_rows(scene: Scene) -> None:
    _fill(scene)
    send_all(scene.neighbour, [Letter(sender="T02", title=f"河西信息第{number}期") for number in range(1, MANY + 1)])
    judge(scene.neighbour, "/sent")
    page, seen = scene.neighbour.open("/sent"), list[str]()
    while True:
        seen += page.page.locator(".rows .title").all_inner_texts()
        following = page.page.locator("a[rel=next]")
        if following.count() == 0:
            break
        following.click()
    assert len(seen) == len(set(seen)) == MANY
    assert page.page.locator("a[rel=prev]").count() == 1
    clerk = scene.clerk.open("/sent?state=returned")
    assert clerk.page.locator(".rows .title").all_inner_texts() == [TITLE]
    clerk.page.goto(f"{scene.county.url}/sent?kind=report")
    assert "城政发〔2026〕12号" in clerk.inner_text(".rows")
    assert clerk.page.locator(".rows .row").count() == 1
    for wrong in ("state=none", "kind=none", "from=2026-13-01", "to=..", "after=x", "until=9999-12-31"):
        answer = clerk.page.goto(f"{scene.county.url}/sent?{wrong}")
        assert answer is not None
        assert answer.status == 400, wrong
    clerk.page.goto(f"{scene.county.url}/sent?to=T02&from=2020-01-01")
    assert clerk.page.locator(".rows .title").all_inner_texts() == ["城关镇信息第3期"]


def test_an_item_tells_its_whole_way(scene: Scene) -> None:
    _fill(scene)
    judge(scene.clerk, f"/items/{scene.plain}")
    page = scene.clerk.open(f"/items/{scene.plain}")
    said = page.inner_text("main")
    for text in ("T01-2026-000001", "城政发〔2026〕12号", "附清单一份。", "示例县人民政府办公室 李四", "签收", "已签收"):
        assert text in said
    with page.page.expect_download() as saved:
        page.page.get_by_role("link", name="下载 防汛准备工作情况.txt").click()
    assert "沙袋二千只" in Path(saved.value.path()).read_text("utf-8")
    # a recipient sees the elements, and no notes or files before it was opened; that is done in the inbox
    down = scene.clerk.open(f"/items/{scene.down}")
    assert down.page.get_by_role("link", name="到收文箱阅读办理").get_attribute("href") == f"/inbox/{scene.down}"
    assert down.page.locator("a[href*='/parts/']").count() == 0
    neighbour = scene.neighbour.open(f"/items/{scene.both}")
    assert "示例县" not in neighbour.inner_text("main")  # what the other recipient does is not its business


def test_a_receipt_is_a_paper_whose_code_leads_to_the_county(scene: Scene, tmp_path: Path) -> None:
    _fill(scene)
    status, answer = ask(scene.clerk, "GET", f"/api/v1/submissions/{scene.plain}")
    assert status == 200
    path = f"/items/{scene.plain}/receipts/{answer['events'][0]['evidence_id']}"
    judge(scene.clerk, path)
    page = scene.clerk.open(path)
    assert "完整收到并接收了城关镇报送的这一件" in page.inner_text(".receipt")
    assert page.inner_text(".receipt h1") == "接收回执"
    assert re.search(r"回执编号\s+T01-\d+$", page.inner_text(".receipt .facts"))
    pdf = pypdfium2.PdfDocument(printed(page, tmp_path / "receipt.pdf"))
    assert len(pdf) == 1
    text = pdf[0].get_textpage().get_text_range()
    assert {NOTICE_ZH, "防汛准备工作情况", "T01-2026-000001", "接收回执"} <= {
        each for each in (NOTICE_ZH, "防汛准备工作情况", "T01-2026-000001", "接收回执") if each in text
    }
    assert not {"退出", "详情", "收文箱"} & {each for each in ("退出", "详情", "收文箱") if each in text}
    (code,) = zxingcpp.read_barcodes(pdf[0].render(scale=2).to_numpy())
    page.page.locator("summary", has_text="详情").click()
    with page.page.expect_download() as saved:
        page.page.get_by_role("link", name="receipt.json").click()
    kept = Path(saved.value.path()).read_bytes()
    assert json.loads(kept)["event"] == "SubmissionAcceptance"
    assert code.text == f"{scene.county.url}/verify/{scene.plain}/{hashlib.sha256(kept).hexdigest()}"
    assert "防汛" not in code.text
    # whoever holds the paper may ask, signed in or not, and is told nothing that the paper does not say
    stranger = scene.county.stranger()
    verified = stranger.open(code.text.removeprefix(scene.county.url))
    assert "本回执确由本县出具。" in verified.inner_text("main")
    assert "防汛" not in verified.page.content()
    wrong = stranger.open(f"/verify/{scene.plain}/{'0' * 64}")
    assert "本县没有出具过这份回执。" in wrong.inner_text("main")
    judge(stranger, code.text.removeprefix(scene.county.url))


def test_what_was_refused_is_told_by_its_rule_alone(scene: Scene) -> None:
    _fill(scene)
    judge(scene.clerk, "/refused")
    page = scene.clerk.open("/refused")
    said = page.inner_text("main")
    assert "密级★期限" in said
    assert "立即停止处理" in said
    assert "0555-7654321" in said
    assert "启用前" not in page.page.content()
