"""A secrecy review in real browsers: a clerk packs, a leader looks and signs, in a browser of their own or on the same computer."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from desk_maker import NARROW, DeskCounty, Visitor, Watched, desk
from entering_maker import enrol, module
from playwright.sync_api import expect
from submission_maker import TEXT

from keys import container

PATIENCE = 30_000
PACK = """async (keys, text) => {
  const there = new URL("../signing/container.js", document.querySelector('script[src*="/core/page.js"]').src);
  const { pack } = await import(there);
  const message = {
    to: ["county"], kind: "information", title: "要件", date_issued: "2026-11-20", classification: "非涉密",
    secrecy_check: { by: "张三", at: new Date().toISOString() },
  };
  const file = { name: "要件.txt", blob: new Blob([text]), role: "main", origin: "born_digital", mediaType: "text/plain" };
  const { blob } = await pack((await keys.all()).find(({ name }) => name === "张三"), message, [file]);
  return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
}"""
"""Packs in a page what no page would pack."""
WORK_SECRET = "工作秘密\n".encode() + TEXT


@dataclass
class People:
    """A county, and browsers that hold their persons' keys."""

    county: DeskCounty
    clerk: Watched
    leader: Watched


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with desk(tmp_path_factory) as county:
        yield People(county, enrol(county.stranger(), "T01", "张三"), enrol(county.stranger(), "T01", "李四", "leader"))


def go(page: Watched, path: str) -> Watched:
    page.goto("/".join(page.url.split("/")[:3]) + path)
    return page


def chosen(people: People, name: str, text: bytes) -> Watched:
    """Let the clerk choose and describe an item."""
    page = go(people.clerk, "/submit")
    with page.page.expect_file_chooser() as chooser:
        page.click("#choose")
    chooser.value.set_files([{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": text}])
    for field, value in (("title", name), ("date_issued", "2026-11-20")):
        page.fill(f"#{field}", value)
    page.select_option("#kind", "information")
    return page


def filled(people: People, name: str) -> Watched:
    """Let the clerk choose and describe an item that needs a review; the page says so and does not go on."""
    page = chosen(people, name, WORK_SECRET)
    expect(page.locator("#review")).to_be_visible(timeout=PATIENCE)
    page.click("#next")
    expect(page.locator("#messages")).to_contain_text("保密审查")
    return page


def packed(people: People, name: str, *, series: str = "") -> Watched:
    """Let the clerk pack and sign an item for the leader; nothing of it is sent."""
    page = filled(people, name)
    left: list[str] = []
    page.page.on("request", lambda request: left.append(request.url) if "/api/v1/" in request.url and request.method != "GET" else None)
    page.get_by_label("请分管领导（或保密员）在浏览器里会签").check()
    page.fill("#review_by", "李四")
    page.fill("#review_conclusion", "不涉及国家秘密，可以报送。")
    if series:
        page.locator("#review-for-series").check()
        page.fill("#review-series-name", series)
    page.click("#next")
    expect(page.locator("#confirm")).to_be_visible(timeout=PATIENCE)
    page.click("#send")
    expect(page.locator("#done")).to_contain_text("尚未报送", timeout=PATIENCE)
    assert page.axe() == []
    assert left == []
    return page


def saved(page: Watched, button: str, folder: Path) -> Path:
    with page.page.expect_download() as downloading:
        page.click(button)
    downloading.value.save_as(folder / downloading.value.suggested_filename)
    return folder / downloading.value.suggested_filename


def opened(page: Watched, file: Path) -> Watched:
    go(page, "/countersign")
    page.set_input_files("#file", str(file))
    expect(page.locator("#opened")).to_be_visible(timeout=PATIENCE)
    return page


def status(page: Watched, submission: str) -> dict[str, Any]:
    county = "/".join(page.url.split("/")[:3])
    return dict(page.page.context.request.get(f"{county}/api/v1/submissions/{submission}").json())


def test_a_leader_looks_signs_and_sends_and_the_county_lets_it_in(people: People, tmp_path: Path) -> None:
    file = saved(packed(people, "工作情况专报", series="每日值班情况"), "#save-package", tmp_path)
    assert file.name == "工作情况专报.asice"
    own = opened(people.clerk, file)
    expect(own.locator("#why-not")).to_contain_text("本人不能再会签")
    assert not any(own.locator(button).is_visible() for button in ("#sign-send", "#sign-save", "#send-it"))
    page = opened(people.leader, file)
    shown = page.locator("#opened").inner_text()
    words = ("工作情况专报", "不涉及国家秘密，可以报送。", "每日值班情况", "内部标志“工作秘密”", "城关镇 张三", "12 个月")
    assert [each for each in words if each not in shown] == []
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".looked-at")).to_contain_text("防汛准备工作")
    assert page.axe() == []
    page.set_viewport_size(NARROW)
    assert not page.is_wider_than_the_screen()
    page.click("#sign-send")
    expect(page.locator("#done")).to_be_visible(timeout=PATIENCE)
    submission = container.read(io.BytesIO(file.read_bytes())).head.manifest_sha256
    assert status(page, submission)["reviewed"] == ["marking:工作秘密"]
    assert page.complaints == []


def test_a_later_item_of_the_series_needs_no_further_signature(people: People) -> None:
    page = filled(people, "第二期值班情况")
    page.get_by_label("属于已经审查过的同类文件").check()
    expect(page.locator("#review-series option:checked")).to_contain_text("每日值班情况（至 20")
    expect(page.locator("#review-series-limits")).to_contain_text("李四")
    page.click("#next")
    expect(page.locator("#confirm")).to_be_visible(timeout=PATIENCE)
    page.click("#send")
    expect(page.locator("#done")).to_contain_text("回执", timeout=PATIENCE)
    submission = page.locator("#done a").first.get_attribute("href").rpartition("/")[2]
    assert status(page, submission)["reviewed"] == ["marking:工作秘密"]


def test_a_leader_signs_on_the_clerks_computer_and_the_clerk_sends(people: People, tmp_path: Path) -> None:
    page = packed(people, "本机会签的专报")
    page.click("#park-package")
    expect(page.locator("#handed")).to_contain_text("已留在本机等待会签")
    go(page, "/outbox")
    expect(page.locator("#parked")).to_contain_text("本机会签的专报")
    assert page.axe() == []
    here = Visitor(people.county, page.page.context)
    leader = go(enrol(here, "T01", "王五", "leader"), "/countersign")
    leader.get_by_role("button", name="本机会签的专报").click()
    expect(leader.locator("#opened")).to_be_visible(timeout=PATIENCE)
    whole = container.read(io.BytesIO(saved(leader, "#sign-save", tmp_path).read_bytes()))
    assert len(whole.head.further) == 1
    expect(leader.locator("#why-not")).to_contain_text("您已签名")
    leader.get_by_role("button", name="退出").click()
    leader.get_by_role("button", name="张三").click()
    leader.wait_for_url(f"{people.county.url}/")
    go(leader, "/countersign")
    leader.get_by_role("button", name="本机会签的专报").click()
    leader.locator("#send-it").click(timeout=PATIENCE)
    expect(leader.locator("#done")).to_be_visible(timeout=PATIENCE)
    assert status(leader, whole.head.manifest_sha256)["reviewed"]
    assert module(leader, "countersign/parked.js", "async (parked) => (await parked.parked()).length") == 0
    assert [each for each in leader.complaints if "404" not in each] == []  # the county knows nothing of what waits here


def test_a_package_that_was_changed_or_bears_a_mark_is_not_signed(people: People, tmp_path: Path) -> None:
    file = tmp_path / "件.asice"
    file.write_bytes(b"PK" * 100)
    page = go(people.leader, "/countersign")
    page.set_input_files("#file", str(file))
    expect(page.locator("#messages")).to_contain_text("不是本系统的公文数据包", timeout=PATIENCE)
    file.write_bytes(base64.b64decode(module(people.clerk, "signing/keys.js", PACK, "机密★1年\n" + TEXT.decode())))
    page.set_input_files("#file", str(file))
    expect(page.locator("#stopped")).to_be_visible(timeout=PATIENCE)
    assert not page.locator("#opened").is_visible()
    assert page.axe() == []


def test_two_offices_issue_a_document_together_and_it_stands_in_both_outgoing_registers(people: People, tmp_path: Path) -> None:
    page = chosen(people, "关于联合巡堤查险的通知", TEXT)
    page.click("#more summary")
    page.fill("#joint", "河西")
    page.locator("#joint-found [role=option]", has_text="河西乡").click()
    assert page.axe() == []
    page.click("#next")
    expect(page.locator("#signed")).to_contain_text("联合发文单位河西乡", timeout=PATIENCE)
    page.click("#send")
    expect(page.locator("#done")).to_contain_text("尚未报送：还缺联合发文单位的签名", timeout=PATIENCE)
    assert page.axe() == []
    packed_ = saved(page, "#save-package", tmp_path)
    own = opened(people.clerk, packed_)
    expect(own.locator("#why-not")).to_have_text("还待会签：河西乡。")
    assert not any(own.locator(button).is_visible() for button in ("#sign-send", "#sign-save", "#send-it"))
    other = opened(enrol(people.county.stranger(), "T02", "王五"), packed_)
    expect(other.locator("#opened-view")).to_contain_text("主办单位城关镇")
    expect(other.locator("#conclusion-joint")).to_contain_text("本单位与城关镇联合印发")
    assert not any(other.locator(button).is_visible() for button in ("#sign-send", "#send-it"))
    assert other.axe() == []
    other.set_viewport_size(NARROW)
    assert not other.is_wider_than_the_screen()
    signed = saved(other, "#sign-save", tmp_path)
    assert len(container.read(io.BytesIO(signed.read_bytes())).head.further) == 1
    sender = opened(people.clerk, signed)
    expect(sender.locator("#why-not")).to_have_text("联合发文各单位均已签名。")
    sender.click("#send-it")
    expect(sender.locator("#done")).to_be_visible(timeout=PATIENCE)
    item = container.read(io.BytesIO(signed.read_bytes())).head.manifest_sha256
    assert status(other, item)["joint"] == ["T02"]
    assert module(sender, "countersign/parked.js", "async (parked) => (await parked.parked()).length") == 0
    for page, remark in ((sender, "联合发文：城关镇（主办）、河西乡"), (other, "联合发文：城关镇（主办）、河西乡")):
        go(page, "/registers/outgoing")
        expect(page.locator("main")).to_contain_text("关于联合巡堤查险的通知")
        expect(page.locator("main")).to_contain_text(remark)
    assert other.complaints == []
    assert [each for each in sender.complaints if "404" not in each] == []  # the county knows nothing of what waits here


REVIEWED = """message.title = text.split("\\n")[0];
  message.secrecy_review = { by: "李四", at: new Date().toISOString(), conclusion: "不涉及国家秘密。" };
  const file ="""


def test_what_is_signed_is_what_stands_on_the_page_also_while_another_package_is_being_read(people: People, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.asice" for name in ("在看的", "后选的")}
    for name, file in files.items():
        made = module(people.clerk, "signing/keys.js", PACK.replace("const file =", REVIEWED), f"{name}\n工作秘密\n{TEXT.decode()}")
        file.write_bytes(base64.b64decode(made))
    held: list[Any] = []
    page = go(people.leader, "/countersign")
    page.page.route("**/api/v1/offices*", lambda route: route.abort())  # no line: names are missing
    page.set_input_files("#file", str(files["在看的"]))
    expect(page.locator("#opened-title")).to_have_text("在看的", timeout=PATIENCE)
    page.page.unroute("**/api/v1/offices*")
    page.page.route("**/api/v1/offices*", lambda route: held.append(route))  # noqa: PLW0108 - a method of C takes no mark
    with page.page.expect_request("**/api/v1/offices*"):
        page.set_input_files("#file", str(files["后选的"]))  # read, and all but shown
    expect(page.locator("#opened-title")).to_have_text("在看的")
    signed = container.read(io.BytesIO(saved(page, "#sign-save", tmp_path).read_bytes())).head
    assert signed.manifest_sha256 == container.read(io.BytesIO(files["在看的"].read_bytes())).head.manifest_sha256
    expect(page.locator("#opened-title")).to_have_text("在看的")
    page.page.unroute("**/api/v1/offices*")
