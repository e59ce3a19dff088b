"""The way of an item out of a township: chosen, judged before a byte leaves, confirmed, signed, receipted; and whatever goes wrong."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import scan_maker
from desk_maker import NARROW, DeskCounty, Visitor, Watched, desk
from entering_maker import invite, module, order
from playwright.sync_api import expect
from policy.carriers import BY_NAME
from policy.papers import Paper
from policy.templates_tuning import TEMPLATES

from archive.reading.eyes.eyes import Eyes

PAPERS: Final = {template.name: template for template in TEMPLATES}
MOST_CLICKS: Final = 12
PATIENCE: Final = 60_000
BRIDGE: Final = PAPERS["bridge"]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        order(made, "contact", office="T01", person="周敏", phone="0900-2210001")
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of documents, as they lie on a clerk's disk."""
    made = tmp_path_factory.mktemp("documents")
    pdf, docx, named = BY_NAME["pdf embedded font"], BY_NAME["docx paragraph"], BY_NAME["pdf named font"]
    (made / "打印稿.pdf").write_bytes(named.make(Paper(BRIDGE)))
    (made / "打印要件.pdf").write_bytes(named.make(Paper(BRIDGE, "机密★10年")))
    (made / "请示.pdf").write_bytes(pdf.make(Paper(BRIDGE)))
    (made / "请示.docx").write_bytes(docx.make(Paper(BRIDGE)))
    (made / "说明.pdf").write_bytes(pdf.make(Paper(PAPERS["brief-clean"])))
    (made / "要件.pdf").write_bytes(pdf.make(Paper(BRIDGE, "机密★1年")))
    (made / "引文.pdf").write_bytes(pdf.make(Paper(BRIDGE, more=("标注为“机密★1年”的文件应当按规定保管，不得携带外出。",))))
    sheets = [scan_maker.scanned(scan_maker.Sheet(page=number), scan_maker.Scanner(dots=150)) for number in (1, 2)]
    (made / "扫描件.pdf").write_bytes(scan_maker.pdf([sheets[0], *[sheets[1]] * 5], dots=150))
    (made / "空.pdf").write_bytes(b"")
    (made / "旧稿.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    with (made / "太大.pdf").open("wb") as large:
        large.truncate(2 * 2**30)
    return made


@dataclass
class Hand:
    """A person's hand on a page: what is pressed is counted."""

    page: Watched
    clicks: int = 0
    begun: float = field(default_factory=time.monotonic)

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.clicks += 1

    def choose(self, *files: Path) -> None:
        """Choose files by the page's own button; picking and opening them in the system's dialog are two presses more."""
        with self.page.expect_file_chooser() as chooser:
            self.press("#choose")
        chooser.value.set_files([str(file) for file in files])
        self.clicks += 2

    def submitted(self) -> str:
        """Go from the filled form to the receipt; returns the filing number."""
        self.press("#next")
        return self.signed()

    def signed(self) -> str:
        """Go from what is signed to the receipt; returns the filing number."""
        expect(self.page.locator("#confirm")).to_be_visible(timeout=PATIENCE)
        self.press("#send")
        expect(self.page.locator("#done")).to_be_visible(timeout=PATIENCE)
        return str(self.page.locator(".filing").inner_text())


@pytest.fixture(scope="module")
def hand(county: DeskCounty) -> Hand:
    """Return someone who has just got a code slip, and uses it."""
    page = county.stranger().open(f"/enrol#code={invite(county, 'T01', '张三')}")
    hand = Hand(page)
    hand.press("#enrol button")
    hand.press("#enter")
    page.wait_for_url(f"{county.url}/")
    return hand


def opened(hand: Hand, path: str = "/submit") -> Watched:
    hand.page.goto(hand.page.url.split("/", 3)[0] + "//" + hand.page.url.split("/")[2] + path)
    expect(hand.page.locator("#submit")).to_be_visible()
    return hand.page


def values(page: Watched) -> dict[str, str]:
    return {name: page.locator(f"#{name}").input_value() for name in ("title", "number", "kind", "date_issued")}


def read(page: Watched) -> None:
    """Wait until the document has been read."""
    expect(page.locator(".guessed").first).to_be_visible(timeout=PATIENCE)


def inked(page: Watched, canvas: str) -> bool:
    """Say whether something is drawn on a canvas."""
    act = """(canvas) => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, at) => at % 4 < 3 && value < 128) }"""
    return bool(page.locator(canvas).first.evaluate(act))


def delete_draft(page: Watched) -> None:
    """Delete the draft: it is asked once, and said."""
    page.click("#clear")
    page.click("#kept")
    assert page.locator(".document").count() > 0
    page.click("#clear")
    expect(page.locator("#clearing")).to_contain_text("要删除草稿吗")
    page.click("#cleared")
    expect(page.locator(".document")).to_have_count(0)
    expect(page.locator("#messages")).to_contain_text("草稿已删除")


def drafts(page: Watched) -> list[dict[str, Any]]:
    """Return what lies among the drafts of this browser, files by their names."""
    return list(
        page.evaluate(
            """async () => {
      const asked = (question) => new Promise((done) => (question.onsuccess = () => done(question.result)));
      const database = await asked(indexedDB.open("drafts", 1));
      const all = (name) => asked(database.transaction(name).objectStore(name).getAll());
      const found = [...(await all("fields")), ...(await all("files"))];
      database.close();
      return found.map((each) => ({ ...each, files: each.files?.map((file) => file.name) }));
    }"""
        )
    )


def test_a_text_goes_from_the_code_slip_to_the_receipt_in_few_presses(hand: Hand, folder: Path) -> None:
    page = hand.page
    hand.press('nav a[href="/submit"]')
    expect(page.locator("#submit")).to_be_visible()
    assert page.axe() == []
    hand.choose(folder / "请示.pdf", folder / "请示.docx")
    read(page)
    assert values(page) == {"title": BRIDGE.title, "number": BRIDGE.number, "kind": "request", "date_issued": "2026-02-18"}
    assert page.locator(".document select").nth(2).input_value() == "editable"
    assert page.locator("#to-chosen").inner_text().startswith("示例县人民政府办公室")
    assert "从文件第 1 页读出，请核对" in page.locator(".guessed").first.inner_text()
    assert page.axe() == []
    hand.press("#next")
    signed = page.locator("#signed .document")
    expect(signed.nth(0).locator("canvas")).to_be_visible(timeout=PATIENCE)  # its first page
    assert inked(page, "#signed canvas")
    expect(signed.nth(0)).to_contain_text("已按文字检查")
    expect(signed.nth(1).locator(".thumbnail")).to_have_text("DOCX")
    expect(page.locator("#signed .twice")).to_have_count(0)
    assert page.axe() == []
    filing = hand.signed()
    print(f"text PDF: {hand.clicks} clicks, {time.monotonic() - hand.begun:.1f} s from the slip to the receipt {filing}")
    assert hand.clicks <= MOST_CLICKS
    assert re.fullmatch(r"T01-\d{4}-000001", filing)
    assert page.axe() == []
    assert drafts(page) == []
    assert page.complaints == []


@pytest.mark.skipif(not Eyes.available(), reason="recognition is not installed")
def test_a_scan_is_looked_at_by_the_person_before_it_leaves(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    entered, hand.clicks, hand.begun = 2, 0, time.monotonic()
    left: list[str] = []
    page.page.on("request", lambda request: left.append(request.url) if request.method != "GET" else None)
    hand.choose(folder / "扫描件.pdf")
    question = page.locator("dialog.look")
    expect(question).to_contain_text("本页版头有无密级标志")
    expect(question.locator("canvas")).to_be_visible()
    assert left == []
    assert page.axe() == []
    hand.press("dialog.look .none")
    read(page)
    assert values(page)["title"] == "关于汛期地质灾害防范工作情况的报告"
    assert page.locator(".document select").nth(1).input_value() == "scan_of_sealed_paper"
    hand.press("#next")
    expect(page.locator("#signed .looked")).to_contain_text("本页版头有无密级标志？ 本人回答：没有")
    expect(page.locator("#signed canvas")).to_be_visible(timeout=PATIENCE)
    hand.signed()
    clicks = hand.clicks + entered + 1
    print(f"scan of 6 pages: {clicks} clicks with enrolment, {time.monotonic() - hand.begun:.1f} s from the page to the receipt")
    assert clicks <= MOST_CLICKS
    submission = page.locator("#done a").first.get_attribute("href").rpartition("/")[2]
    said = sent(page, submission)
    assert said["secrecy_check"]["by"] == "张三"
    assert said["documents"][0]["origin"] == "scan_of_sealed_paper"


def test_a_document_that_does_not_hold_its_fonts_is_read_in_the_browser(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    left: list[str] = []
    page.page.on("request", lambda request: left.append(request.url) if request.method != "GET" else None)
    hand.choose(folder / "打印要件.pdf")
    expect(page.locator("#stopped")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#stopped")).to_contain_text("文件没有离开本机")
    assert left == []
    page = opened(hand)
    hand.choose(folder / "打印稿.pdf")
    expect(page.locator(".document .badge")).to_contain_text("已检查", timeout=PATIENCE)
    read(page)
    assert values(page) == {"title": BRIDGE.title, "number": BRIDGE.number, "kind": "request", "date_issued": "2026-02-18"}
    twice = page.locator("#number-twice")  # the paper of the first test has this number
    expect(twice).to_contain_text("本单位已用这个文号报送过")
    expect(twice.get_by_role("link", name=BRIDGE.title)).to_have_attribute("href", re.compile("^/items/[0-9a-f]{64}$"))
    assert page.axe() == []
    page.fill("#number", "柳政发〔2026〕222号")
    expect(twice).to_be_empty()
    origin = page.locator(".document select").nth(1)
    assert origin.input_value() == "born_digital"
    origin.select_option("scan_of_sealed_paper")
    expect(page.locator("dialog.look canvas")).to_be_visible()
    hand.press("dialog.look button:last-child")
    delete_draft(page)
    assert page.complaints == []


def test_what_is_missing_stands_above_the_bar_with_its_label(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    page.page.set_viewport_size({"width": 1280, "height": 420})
    page.set_input_files("#files", str(folder / "请示.pdf"))
    read(page)
    page.fill("#title", "")
    page.locator("#number").scroll_into_view_if_needed()
    page.click("#next")
    expect(page.locator("#title-error")).to_have_text("请填写标题。")
    expect(page.locator("#title")).to_be_focused()
    boxes = {name: page.locator(name).bounding_box() for name in ('label[for="title"]', "#title-error", "#submit .actions")}
    label, error, bar = boxes.values()
    assert label is not None
    assert error is not None
    assert bar is not None
    assert 0 <= label["y"] < error["y"]
    assert error["y"] + error["height"] <= bar["y"]
    page.page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#title").press_sequentially("关")
    expect(page.locator("#title-error")).to_be_hidden()  # not only when it is submitted again
    page.click("#to-chosen button")
    page.select_option("#kind", "information")
    page.fill("#number", "")
    page.select_option("#kind", "request")
    page.click("#next")
    expect(page.locator("#to")).to_be_focused()
    expect(page.locator("#number-error")).to_be_visible()
    expect(page.locator("#to-found")).to_be_visible()
    page.page.keyboard.press("Enter")
    expect(page.locator("#to-error")).to_be_hidden()
    page.select_option("#kind", "information")
    expect(page.locator("#number-error")).to_be_hidden()
    delete_draft(page)
    page.click("#next")
    expect(page.locator("#choose-error")).to_have_text("请至少选择一个文件。")
    expect(page.locator("#choose")).to_be_focused()
    page.set_input_files("#files", str(folder / "请示.pdf"))
    expect(page.locator(".document .badge")).to_contain_text("已检查", timeout=PATIENCE)
    expect(page.locator("#choose-error")).to_be_hidden()
    delete_draft(page)


def test_a_file_that_is_changed_and_a_disk_that_is_full_stop_in_words_and_lose_nothing(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    page.complaints.clear()
    worked_on = folder / "改动.pdf"
    worked_on.write_bytes((folder / "说明.pdf").read_bytes())
    hand.choose(worked_on)
    read(page)
    page.fill("#title", "关于有关工作的情况")
    page.select_option("#kind", "bulletin")
    page.fill("#date_issued", "2026-04-10")
    worked_on.write_bytes((folder / "请示.pdf").read_bytes())
    page.click("#next")
    expect(page.locator("#messages")).to_contain_text("在选取之后被修改", timeout=PATIENCE)
    expect(page.locator("#submit")).to_be_visible()
    page.get_by_role("button", name="移除 改动.pdf").click()
    hand.choose(folder / "说明.pdf")
    expect(page.locator(".document .badge")).to_contain_text("已检查", timeout=PATIENCE)
    page.click("#next")
    expect(page.locator("#confirm")).to_be_visible(timeout=PATIENCE)
    debugger = page.context.new_cdp_session(page.page)
    origin = "/".join(page.url.split("/")[:3])
    debugger.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})
    page.click("#send")
    expect(page.locator("#messages")).to_contain_text("本机空间不足", timeout=PATIENCE)
    expect(page.locator("#messages")).to_contain_text("尚未发出任何内容")
    assert page.locator("#title").input_value() == "关于有关工作的情况"
    debugger.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    hand.submitted()
    assert page.complaints == []


def sent(page: Watched, submission: str) -> dict[str, Any]:
    """Return the metadata of a container as the county gives it back."""
    answer = page.context.request.get(f"{page.url.partition('/submit')[0]}/api/v1/submissions/{submission}/container")
    with zipfile.ZipFile(io.BytesIO(answer.body())) as package:
        return dict(json.loads(package.read("metadata.json")))


def test_a_mark_stops_before_a_byte_leaves_and_nothing_stays(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    hand.choose(folder / "说明.pdf")
    read(page)
    page.fill("#notes", "", force=True)
    assert drafts(page) != []
    left: list[str] = []
    page.page.on("request", lambda request: left.append(request.url) if request.method != "GET" else None)
    hand.choose(folder / "要件.pdf")
    stopped = page.locator("#stopped")
    expect(stopped).to_be_visible(timeout=PATIENCE)
    expect(stopped).to_contain_text("发现疑似国家秘密标志")
    expect(stopped).to_contain_text("城关镇 周敏")
    expect(stopped).to_contain_text("0900-2210001")
    expect(stopped).not_to_contain_text("尚未登记保密员")
    expect(stopped.get_by_role("link", name="再报一件")).to_have_class("button quiet")
    expect(stopped).to_contain_text("要件.pdf")
    expect(stopped).to_contain_text("文件没有离开本机")
    assert left == []
    assert drafts(page) == []
    assert page.axe() == []
    opened(hand)
    assert page.locator(".document").count() == 0
    assert values(page)["title"] == ""


def test_a_level_that_is_chosen_or_named_stops_too(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    page.select_option("#classification", "秘密")
    expect(page.locator("#stopped")).to_contain_text("不是“非涉密”")
    page = opened(hand)
    hand.choose(folder / "说明.pdf")
    read(page)
    page.fill("#title", "机密★1年 关于有关工作的情况")
    page.select_option("#kind", "bulletin")
    page.fill("#date_issued", "2026-04-10")
    hand.press("#next")
    expect(page.locator("#stopped")).to_be_visible(timeout=PATIENCE)
    assert drafts(page) == []


def test_files_that_cannot_be_sent_are_refused_in_words(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    said = page.locator("#messages")
    for name, words in (("空.pdf", "0 字节"), ("太大.pdf", "超过 200 MB"), ("旧稿.doc", "旧格式")):
        page.set_input_files("#files", str(folder / name))
        expect(said).to_contain_text(words)
    names = ["../报告.txt", "报告\u202etxt.pdf", "a:b.txt", "con.txt"]
    dropped = """names => { const files = new DataTransfer();
      for (const name of names) files.items.add(new File(["正文"], name));
      dispatchEvent(Object.assign(new Event("drop", { cancelable: true }), { dataTransfer: files })) }"""
    for name in names:
        page.evaluate(dropped, [name])
        expect(said).to_contain_text("不能使用" if "不能使用" in said.inner_text() else "文件名")
        assert page.locator(".document").count() == 0
        assert "\u202e" not in said.inner_text()
    page.evaluate(dropped, [f"附件{number}.txt" for number in range(200)])
    expect(said).to_contain_text("最多 100 个文件")
    assert page.locator(".document").count() == 100
    page.evaluate(dropped, ["附件1.txt"])
    delete_draft(page)


def test_what_was_typed_outlives_the_session_the_line_and_the_page(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    page.context.set_offline(True)
    hand.choose(folder / "请示.pdf")
    expect(page.locator("#messages")).to_contain_text("连不上县端服务")
    assert page.locator(".document .badge").inner_text() == "正在检查"
    page.context.set_offline(False)
    read(page)
    kept = page.context.cookies()
    page.context.clear_cookies(name="__Host-desk")
    page.fill("#title", "关于防汛工作情况的报告")
    page.click("#documents-title")
    page.fill("#signatory", "李四")
    hand.choose(folder / "说明.pdf")
    expect(page.locator(".document")).to_have_count(2)
    page.locator(".document").nth(1).locator("select").first.select_option("main")
    expect(page.locator("#messages")).to_contain_text("请重新登录")
    expect(page.locator("#saved")).to_contain_text("草稿已存在本机")
    page.wait_for_timeout(600)
    page.context.add_cookies(kept)
    opened(hand)
    expect(page.locator(".document")).to_have_count(2)
    assert page.locator("#title").input_value() == "关于防汛工作情况的报告"
    assert page.locator("#signatory").input_value() == "李四"
    delete_draft(page)
    page.complaints.clear()


def test_a_needed_review_is_asked_for_and_its_form_makes_the_item_go(hand: Hand, folder: Path) -> None:
    page = opened(hand)
    hand.choose(folder / "引文.pdf")
    expect(page.locator("#review")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#review-why")).to_contain_text("句中或引号中有“密级★期限”")
    page.fill("#title", BRIDGE.title)
    page.select_option("#kind", "request")
    page.fill("#number", "柳政发[2026]第22号")
    page.fill("#date_issued", "2026-02-18")
    page.click("#next")
    expect(page.locator("#messages")).to_contain_text("保密审查")
    assert page.locator("#number").input_value() == "柳政发〔2026〕22号"
    form = folder / "保密审查表.txt"
    form.write_text(f"保密审查表\n文件标题：{BRIDGE.title}\n审查结论：不涉及国家秘密，同意报送。\n审查人：周敏\n")
    hand.choose(form)
    expect(page.locator(".document")).to_have_count(2)
    assert page.locator(".document").nth(1).locator("select").first.input_value() == "review_form"
    page.click("#next")
    expect(page.locator("#review_by-error")).to_contain_text("审查人")
    page.fill("#review_by", "周敏")
    page.fill("#review_conclusion", "不涉及国家秘密，同意报送")
    expect(page.locator(".document .badge").nth(1)).to_contain_text("已检查")
    assert re.fullmatch(r"T01-\d{4}-\d{6}", hand.submitted())


def test_a_returned_item_is_corrected_with_what_it_said(county: DeskCounty, hand: Hand, folder: Path) -> None:
    page = hand.page
    first = page.evaluate("async () => (await (await fetch('/api/v1/submissions')).json()).items.at(-1)")
    reviewer = county.process.enrol(county.folder / "reviewer", "county", "李四", "reviewer")
    reviewer.run("return", first["submission"], "--reason", "附件不全")
    opened(hand, f"/submit?replaces={first['submission']}")
    expect(page.locator("#about")).to_contain_text("被退回的文件")
    expect(page.locator("#about")).to_contain_text("退回原因： 附件不全")
    assert page.axe() == []
    assert values(page) == {"title": BRIDGE.title, "number": BRIDGE.number, "kind": "request", "date_issued": "2026-02-18"}
    assert page.locator(".guessed").count() == 0
    expect(page.locator("#number-twice")).to_be_empty()  # a correction bears the number of what it corrects
    hand.choose(folder / "请示.pdf")
    expect(page.locator(".document .badge")).to_contain_text("已检查")
    expect(page.locator("#reading")).to_have_text("要素与原件一致，请核对。", timeout=PATIENCE)
    assert page.locator(".guessed").count() == 0
    hand.submitted()
    expect(page.locator("#about")).to_have_count(0)
    again = page.locator("#done a").first.get_attribute("href").rpartition("/")[2]
    assert (sent(page, again)["replaces"], sent(page, again)["version"]) == (first["submission"], 2)
    answer = page.page.goto(f"{county.url}/submit?replaces={'0' * 64}")
    assert answer is not None
    assert answer.status == 404
    page.complaints.clear()


@pytest.fixture(scope="module")
def onlooker(county: DeskCounty) -> Visitor:
    return county.visitor("T02", "王五", language="en", viewport=NARROW)


def test_the_page_fits_a_narrow_screen_in_english(onlooker: Visitor) -> None:
    page = onlooker.open("/submit?lang=en")
    expect(page.locator("#submit")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("This browser cannot sign yet.")
    page.fill("#to", "城关")
    expect(page.locator("#to-found [role=option]")).to_have_count(1)
    assert page.axe() == []
    page.keyboard.press("Enter")
    expect(page.locator("#to-chosen button")).to_have_count(2)
    page.click("#next")
    expect(page.locator("#choose-error")).to_have_text("Choose at least one document.")
    expect(page.locator("#choose")).to_be_focused()
    assert not page.is_wider_than_the_screen()
    spoken = page.evaluate(
        "() => { const copy = document.querySelector('main').cloneNode(true);"
        " copy.querySelectorAll('[data-content], script').forEach((each) => each.remove()); return copy.innerText }"
    )
    assert re.findall(r"[\u4e00-\u9fff]+", spoken) == []
    assert page.locator("#classification").inner_text().splitlines()[0] == "Not a state secret"
    page.select_option("#classification", "秘密")
    expect(page.locator("#stopped")).to_contain_text("turn to the leader in charge")
    assert page.complaints == []


def test_reading_a_document_answers_with_guesses_and_keeps_nothing(county: DeskCounty, onlooker: Visitor, folder: Path) -> None:
    def ask(content: bytes, name: str = "a.pdf", **headers: str) -> Any:
        plain = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/pdf", "Yizhan-Document-Name": name} | headers
        return onlooker.context.request.post(f"{county.url}/submit/reading", data=content, headers=plain)

    told = ask((folder / "请示.pdf").read_bytes()).json()
    assert told["guesses"]["number"] == {"value": BRIDGE.number, "page": 1}
    assert (told["verdict"], told["scan"], told["looked"]) == ("PASS", False, True)
    blocked = ask((folder / "要件.pdf").read_bytes()).json()
    assert (blocked["verdict"], blocked["guesses"]) == ("BLOCK", {})
    assert [finding["rule"] for finding in blocked["findings"]] == ["star-head"]
    # it was not submitted, so nothing is refused; but it was here, and those whom it concerns are told
    told_of = onlooker.open("/refused?lang=zh-CN")
    expect(told_of.page.locator("main tbody tr")).to_have_count(1)
    expect(told_of.page.locator("main")).to_contain_text("读取要素时拦下（尚未报送）")
    expect(told_of.page.locator("main tbody")).to_contain_text("请立即停止处理")
    assert told_of.axe() == []
    assert onlooker.context.request.get(f"{county.url}/api/v1/refusals").json()["items"] == []
    for answer, status in (
        (ask(b""), 422),
        (ask(b"%PDF-1.7 broken"), 422),
        (ask(b"x", name=""), 400),
        (ask(b"x", name="..%2Fa.pdf"), 400),
        (ask(b"x", **{"Sec-Fetch-Site": "cross-site"}), 403),
        (county.stranger().context.request.post(f"{county.url}/submit/reading", data=b"x", headers={"Sec-Fetch-Site": "same-origin"}), 401),
    ):
        assert answer.status == status
    assert list((county.process.folder / "staging").iterdir()) == []


def test_only_the_own_office_is_told_what_it_sent_under_a_number(county: DeskCounty, hand: Hand, onlooker: Visitor) -> None:
    def ask(visitor: Any, body: Any = None, **headers: str) -> Any:
        plain = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"} | headers
        told = {"number": BRIDGE.number} if body is None else body
        return visitor.context.request.post(f"{county.url}/submit/number", data=json.dumps(told), headers=plain)

    told = ask(hand.page).json()["items"]
    assert {each["title"] for each in told} == {BRIDGE.title}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", told[0]["day"])
    newest = told[0]["submission"]
    assert newest not in [each["submission"] for each in ask(hand.page, {"number": BRIDGE.number, "replaces": newest}).json()["items"]]
    assert ask(hand.page, {"number": "无"}).json() == {"items": []}
    assert ask(onlooker).json() == {"items": []}
    assert [ask(hand.page, body).status for body in ({}, {"number": 1}, {"number": "一", "more": 1}, {"number": "x" * 200})] == [400] * 4
    assert ask(onlooker, **{"Sec-Fetch-Site": "cross-site"}).status == 403


def test_the_rules_are_told_with_a_tag(county: DeskCounty, onlooker: Visitor) -> None:
    first = onlooker.context.request.get(f"{county.url}/submit/patterns")
    assert first.json()["type"] == "patterns/v1"
    again = onlooker.context.request.get(f"{county.url}/submit/patterns", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body()) == (304, b"")
    assert module(onlooker.open("/submit"), "submit/fields.js", "m => m.mended('城政发2026 12')") == "城政发〔2026〕12号"
