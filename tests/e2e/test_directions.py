"""Every direction by command and by page: groups, recall, further recipients, joint issue; and what a stranger can check of it."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from bundle_maker import run_script
from county_process import Township
from desk_maker import DeskCounty, Visitor, desk

TITLE: Final = "关于做好低温雨雪冰冻天气防范应对工作的通知"
SEARCHED: Final = """async ([words, item, waiting]) => {
  for (;;) {
    const answer = await (await fetch(`/api/v1/search?q=${encodeURIComponent(words)}`)).text();
    if (answer.includes(item) || !waiting) return answer.includes(item);
    await new Promise((done) => setTimeout(done, 50));
  }
}"""
"""Say whether a text finds an item; where it is waited for, as soon as it does."""
TEXT: Final = "各乡镇人民政府：\n请做好低温雨雪冰冻天气防范应对工作。\n"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        for code, name in (("T03", "山前乡"), ("T04", "旧石乡")):
            made.order("office-add", code=code, name=name, kind="township")
        made.order("office-add", code="D01", name="水务局", kind="department")
        yield made


@pytest.fixture(scope="module")
def people(county: DeskCounty) -> dict[str, Visitor]:
    named = (("county", "李四"), ("T01", "张三"), ("T02", "王五"), ("T03", "赵六"))
    return {office: county.visitor(office, name) for office, name in named}


def home(visitor: Visitor) -> Township:
    assert visitor.home is not None
    return visitor.home


def submit(visitor: Visitor, folder: Path, *more: object, command: str = "submit", text: str = TEXT) -> str:
    paper = folder / "通知.txt"
    paper.write_text(text, encoding="utf-8")
    ran = home(visitor).do(command, paper, "--title", TITLE, "--kind", "information", *more)
    return str(ran.json["submission"])


def told_by(visitor: Visitor, submission: str) -> dict[str, Any]:
    return dict(home(visitor).do("status", submission).json)


def test_a_group_is_sent_to_by_one_word_and_the_container_lists_its_offices(people: dict[str, Visitor], tmp_path: Path):
    listed = home(people["T01"]).do("groups").json["items"]
    assert {row["name"]: row["members"] for row in listed}["全体乡镇"] == ["T01", "T02", "T03", "T04"]
    item = submit(people["T01"], tmp_path, "--to", "@全体乡镇", "--cc", "@全体乡镇,D01")
    assert {copy["office"]: copy["copy"] for copy in told_by(people["T01"], item)["deliveries"]} == {
        "T02": False,
        "T03": False,
        "T04": False,
        "D01": True,
    }
    refused = home(people["T01"]).do(
        "submit", tmp_path / "通知.txt", "--title", "二", "--kind", "information", "--to", "@没有", expect=None
    )
    assert "没有这个单位组" in refused.out + refused.err


def test_a_recall_by_command_and_its_answers(people: dict[str, Visitor], tmp_path: Path):
    item = submit(people["county"], tmp_path, "--to", "T01,T02")
    home(people["T02"]).do("open", item, "--out", tmp_path / "opened")
    done = home(people["county"]).do("recall", item, "--reason", "附件有误").json["receipts"]
    assert {row["office"]: row["event"] for row in done} == {"T01": "Withdrawal", "T02": "RecallRequest"}
    late = home(people["T01"]).do("sign-for", item, expect=None)
    assert "withdrawn" in late.out + late.err
    home(people["T02"]).do("refuse-recall", item, "--reason", "已转各村")
    again = home(people["county"]).do("recall", item, "--office", "T02", "--reason", "请务必退还").json["receipts"]
    assert [row["event"] for row in again] == ["RecallRequest"]
    home(people["T02"]).do("consent", item)
    assert {copy["review"] for copy in told_by(people["county"], item)["deliveries"]} == {"withdrawn"}
    bundle(people["county"], item, tmp_path)
    gone = home(people["T02"]).do("evidence", item, "--out", tmp_path / "gone.zip", expect=None)
    assert "withdrawn" in gone.out + gone.err


def bundle(visitor: Visitor, item: str, folder: Path) -> str:
    """Take the evidence and let a stranger's script judge it; returns what it says."""
    zipped = folder / "evidence.zip"
    home(visitor).do("evidence", item, "--out", zipped)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder / zipped.stem)
    verdict = run_script(folder / zipped.stem)
    assert verdict.status == 0, verdict.output
    return str(verdict.output)


def test_a_further_recipient_and_the_first_one_can_both_prove_it(people: dict[str, Visitor], tmp_path: Path):
    item = submit(people["county"], tmp_path, "--to", "T01")
    added = home(people["county"]).do("add-recipient", item, "T02", "--copy", "--reason", "请知悉").json["receipts"]
    assert [(row["office"], row["event"]) for row in added] == [("T02", "SupplementaryDelivery")]
    twice = home(people["county"]).do("add-recipient", item, "T02", expect=None)
    assert "already-recipient" in twice.out + twice.err
    for office in ("T02", "T01"):
        folder = tmp_path / office
        home(people[office]).do("open", item, "--out", folder)
        home(people[office]).do("sign-for", item)
    for office in ("county", "T01", "T02"):
        (tmp_path / f"of-{office}").mkdir()
        assert "补发 SupplementaryDelivery" in bundle(people[office], item, tmp_path / f"of-{office}")


def test_a_joint_issue_needs_the_other_offices_signature(people: dict[str, Visitor], tmp_path: Path):
    packed, text = tmp_path / "x.asice", "联合巡堤，一日两报"
    item = submit(people["T01"], tmp_path, "--to", "county", "--joint", "T02", "--out", packed, command="pack", text=text)
    refused = home(people["T01"]).do("send", packed, expect=None)
    assert "joint-signature-missing" in refused.out + refused.err
    home(people["T02"]).do("countersign", packed)
    home(people["T01"]).do("send", packed)
    assert told_by(people["T02"], item)["joint"] == ["T02"]
    bundle(people["T02"], item, tmp_path)
    for office, issued in (("T02", 1), ("T03", 0)):  # T02 waits until it is found, and then it is for T03 to find
        page = people[office].open("/sent")
        assert page.locator(f"a[href='/items/{item}']").count() == issued
        assert page.evaluate(SEARCHED, ["联合巡堤", item, bool(issued)]) is bool(issued)
    acceptance = told_by(people["county"], item)["events"][0]["evidence_id"]
    for path in (f"/items/{item}", f"/inbox/{item}", f"/items/{item}/receipts/{acceptance}"):  # each recipient sees both issuers
        shown = people["county"].open(path)
        assert shown.get_by_text("联合发文单位").count() == 1, path
        assert shown.complaints == [], path


def test_the_sender_takes_it_back_on_the_page_and_the_recipient_answers_on_theirs(people: dict[str, Visitor], tmp_path: Path):
    item = submit(people["county"], tmp_path, "--to", "T01,T02")
    home(people["T01"]).do("open", item, "--out", tmp_path / "opened")
    sender = people["county"].open(f"/items/{item}")
    sender.locator("summary", has_text="撤回").click()
    sender.get_by_label("撤回原因").fill("附件二有误，另行发送")
    assert sender.axe() == []
    sender.get_by_role("button", name="撤回", exact=True).last.click()
    sender.locator(".recalls li").nth(1).wait_for()
    assert not sender.complaints

    reader = people["T01"].open(f"/inbox/{item}")
    asked = reader.locator("#asked-back")
    assert "附件二有误" in asked.inner_text()
    assert reader.axe() == []
    asked.get_by_role("button", name="同意撤回", exact=True).click()
    reader.get_by_text("发文单位已撤回此件").first.wait_for()
    assert TITLE not in reader.locator("#pane").inner_text()
    other = people["T02"].open("/inbox")
    assert other.locator(f"#row-{item}").count() == 0
    assert not reader.complaints


def test_further_offices_are_chosen_on_the_page(people: dict[str, Visitor], tmp_path: Path):
    item = submit(people["T01"], tmp_path, "--to", "county")
    page = people["T01"].open(f"/items/{item}")
    page.locator("summary", has_text="补发给其他单位").click()
    page.get_by_label("水务局").check()
    page.get_by_label("作为抄送").check()
    page.get_by_role("button", name="发送", exact=True).click()
    page.locator("#copies").locator("..").get_by_text("水务局").first.wait_for()
    assert {copy["office"] for copy in told_by(people["T01"], item)["deliveries"]} == {"county", "D01"}


def test_a_group_is_kept_on_its_page_and_chosen_with_one_press(people: dict[str, Visitor]):
    page = people["T01"].open("/groups")
    page.get_by_label("组名").fill("东片乡镇")
    for name in ("山前乡", "旧石乡"):
        page.get_by_label(name).check()
    assert page.axe() == []
    page.get_by_role("button", name="新建", exact=True).click()
    page.locator(".groups h2", has_text="东片乡镇").wait_for()
    assert not page.complaints
    submitting = people["T01"].open("/submit")
    submitting.evaluate("document.getElementById('confirm').hidden = false")
    submitting.locator("#to").fill("@东片")
    submitting.locator("#to-found li", has_text="东片乡镇").click()
    submitting.locator("#to-chosen li").nth(1).wait_for()
    chosen = submitting.locator("#to-chosen li").all_inner_texts()
    assert [text.split()[0] for text in chosen][-2:] == ["山前乡", "旧石乡"]
