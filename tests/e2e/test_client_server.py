"""The whole walk with real processes: a county that serves, townships that run `yizhan`, and openssl as the stranger."""

import base64
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import paper_maker
import pytest
from county_process import COUNTY, TOWNSHIP, CountyProcess, Township, county_process, run
from paper_maker import Mark

TEXT = "关于今年防汛准备工作的情况。\n各村已完成隐患排查，储备沙袋二千只。\n"


class World:
    """One county with a township T01 and the county's own reviewer, made once for this module."""

    def __init__(self, folder: Path, county: CountyProcess) -> None:
        self.folder, self.county = folder, county
        county.office("T01", "城关镇")
        county.office("T02", "青山乡")
        self.town = county.enrol(folder / "t01", "T01", "张三")
        self.reviewer = county.enrol(folder / "office", "county", "李四", "reviewer")
        self.main = folder / "正文.pdf"
        self.main.write_bytes(paper_maker.pdf())
        self.attachment = folder / "附件 一.txt"
        self.attachment.write_text(TEXT, "utf-8")

    def options(self, title: str, *, to: str = "county") -> list[object]:
        return [self.main, "--title", title, "--kind", "信息", "--to", to]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with county_process(folder / "county") as county:
        yield World(folder, county)


def waiting_bytes(township: Township) -> list[Path]:
    return list((township.home / "outbox").iterdir())


def test_a_submission_is_read_returned_corrected_signed_for_and_proved(world: World, tmp_path: Path) -> None:
    town, reviewer = world.town, world.reviewer
    letter = [*world.options("防汛准备工作情况"), "--attach", world.attachment, "--cc", "T02", "--urgency", "加急"]
    sent = town.run("submit", *letter).json
    first = sent["submission"]
    assert sent["status"] == "accepted"
    assert json.loads(base64.b64decode(sent["receipt"]["receipt"]))["event"] == "SubmissionAcceptance"
    assert waiting_bytes(town) == []

    (item,) = reviewer.run("inbox").json["items"]
    assert (item["submission"], item["opening"], item["urgency"]) == (first, "consigned", "urgent")
    opened = reviewer.run("open", first[:8], "--out", tmp_path / "读").json
    assert [Path(name).read_bytes() for name in opened["documents"]] == [world.main.read_bytes(), world.attachment.read_bytes()]
    assert reviewer.run("return", first, "--reason", "缺附表").json["status"] == "returned"

    status = town.run("status", first[:12]).json
    assert (status["deliveries"][0]["review"], status["deliveries"][0]["reason"]) == ("returned", "缺附表")
    second = town.run("submit", *letter, "--replaces", first).json["submission"]
    assert town.run("status", first).json["replaced_by"] == second
    assert reviewer.run("sign-for", second).json["status"] == "signed_for"
    assert reviewer.run("sign-for", second, expect=8).err.startswith("{")

    listed = town.run("status").json
    assert listed["receipts"]["gapless"]
    assert [row["submission"] for row in listed["items"][:2]] == [second, first]
    events = [row["event"] for row in town.run("receipts", first, "--out", tmp_path / "回执").json["receipts"]]
    assert events[0] == "SubmissionAcceptance"
    assert events[-1] == "ConsignmentRejection"
    assert town.run("verify", tmp_path / "回执" / "001.json").json["ok"]


def test_evidence_convinces_openssl_and_tampered_evidence_nobody(world: World, tmp_path: Path) -> None:
    submission = world.town.run("submit", *world.options("给陌生人看的证据")).json["submission"]
    zipped = tmp_path / "证据.zip"
    root = world.town.run("evidence", submission, "--out", zipped).json["root"]
    stranger = tmp_path / "nobody"
    assert run([*TOWNSHIP, "--home", str(stranger), "--json"], "verify", zipped, "--root", root).json["submission"] == submission
    assert run([*TOWNSHIP, "--home", str(stranger)], "verify", zipped, "--root", "0" * 64, expect=5)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "unzipped")
    script = subprocess.run(["bash", "verify.sh"], cwd=tmp_path / "unzipped", env={"PATH": "/usr/bin:/bin", "ROOT": root}, check=False)
    assert script.returncode == 0
    assert run([*TOWNSHIP, "--home", str(stranger)], "verify", tmp_path / "unzipped" / "receipts" / "001.json", "--root", root)
    assert run([*TOWNSHIP, "--json", "--home", str(world.town.home)], "verify", tmp_path / "unzipped" / "container.asice").json["ok"]
    content = bytearray(zipped.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "altered.zip").write_bytes(content)
    assert run([*TOWNSHIP, "--home", str(stranger)], "verify", tmp_path / "altered.zip", expect=9)


def test_what_must_not_leave_the_office_does_not(world: World, tmp_path: Path) -> None:
    marked = tmp_path / "marked.pdf"
    marked.write_bytes(paper_maker.pdf([Mark("机密★5年", *paper_maker.HEAD_RIGHT)]))
    before = world.county.status()
    declared = world.town.do("submit", *world.options("防汛"), "--classification", "秘密", expect=4).json
    assert (declared["status"], declared["error"]["type"]) == ("refused", "/problems/classified-declared")
    refused = world.town.do("submit", marked, "--title", "某事", "--kind", "信息", "--to", "county", expect=4).json
    assert refused["error"]["findings"][0]["part"] == "marked.pdf"
    packed = tmp_path / "x.asice"
    world.town.do("pack", marked, "--title", "某事", "--kind", "信息", "--to", "county", "--out", packed, expect=4)
    assert not packed.exists()
    checked = world.town.do("check", marked, world.main, expect=4).lines
    assert [(line["verdict"], bool(line["findings"])) for line in checked] == [("BLOCK", True), ("PASS", False)]
    after = world.county.status()
    assert (after["receipts"], after["counters"]) == (before["receipts"], before["counters"])
    assert waiting_bytes(world.town) == []
    rows = [row for row in world.town.do("outbox").json["items"] if row["status"] == "refused"]
    assert rows
    assert all(row["advice"] and row["submission"] is None and "title" not in row for row in rows)
    assert "某事".encode() not in (world.town.home / "outbox.db").read_bytes()


def test_a_refusal_by_the_county_is_for_good(world: World) -> None:
    refused = world.town.do("submit", *world.options("发给不存在的单位", to="T77"), expect=2).json
    assert refused["error"]["type"] == "/problems/recipient-unknown"
    assert waiting_bytes(world.town) == []


def test_a_statutory_kind_without_number_is_refused_before_anything_is_written(world: World) -> None:
    options = [world.main, "--title", "请示", "--kind", "请示", "--to", "county"]
    assert world.town.do("submit", *options, expect=2).json["error"]["type"] == "/problems/number-required"


def test_the_same_container_again_gets_the_same_receipt_and_says_when_it_was_returned(world: World, tmp_path: Path) -> None:
    packed = tmp_path / "件.asice"
    world.town.do("pack", *world.options("同一数据包"), "--out", packed)
    first = world.town.do("send", packed).json
    assert world.town.do("send", packed).json["receipt"] == first["receipt"]
    world.reviewer.do("return", first["submission"], "--reason", "重复")
    again = world.town.do("send", packed, expect=8).json
    assert (again["status"], again["receipt"], again["error"]["detail"]) == ("returned", first["receipt"], "重复")


def test_a_list_is_packed_and_sent_in_its_order_and_a_bad_line_stops_no_other(world: World, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(TEXT + "一", "utf-8")
    (tmp_path / "two.txt").write_text(TEXT + "二", "utf-8")
    rows = [
        {"main": "one.txt", "title": "第一件", "kind": "简报", "to": "county"},
        {"main": "missing.txt", "title": "没有的", "kind": "简报", "to": "county"},
        {"main": "two.txt", "title": "第二件", "kind": "bulletin", "to": ["county"], "attach": ["one.txt"]},
    ]
    listed = tmp_path / "list.jsonl"
    listed.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    assert [row["status"] for row in world.town.do("submit", "--from", listed, expect=3).lines] == ["accepted", "refused", "accepted"]
    packed = world.town.do("pack", "--from", listed, "--out-dir", tmp_path / "out", expect=3).lines
    assert [row["status"] for row in packed] == ["packed", "refused", "packed"]
    assert [row["status"] for row in world.town.do("send", packed[0]["file"], packed[2]["file"]).lines] == ["accepted", "accepted"]


def test_a_slip_with_another_fingerprint_keeps_nothing_and_sends_no_code(world: World, tmp_path: Path) -> None:
    slip = world.county.invite("T02", "王五")
    home = Township(tmp_path / "t02")
    wrong = "0" * 64
    home.do("enrol", world.county.url, "--code", slip["code"], "--fingerprint", wrong, expect=5)
    assert not home.home.exists()
    home.do("enrol", world.county.url, "--code", "00000-00000", "--fingerprint", slip["fingerprint"], expect=7)
    assert not list((home.home / "keys").glob("*.key.pem"))
    done = home.do("enrol", world.county.url, "--code", slip["code"], "--fingerprint", slip["fingerprint"]).json
    assert (done["office"], done["name"]) == ("T02", "王五")
    other = Township(tmp_path / "other")
    other.do("enrol", world.county.url, "--code", slip["code"], "--fingerprint", slip["fingerprint"], expect=7)
    again = world.county.invite("T02", "王五")
    before = json.loads((home.home / "identity.json").read_bytes())
    home.do("enrol", world.county.url, "--code", again["code"], "--fingerprint", again["fingerprint"])
    after = json.loads((home.home / "identity.json").read_bytes())
    assert before["key"] != after["key"]
    assert [path.name for path in (home.home / "keys").glob("*.key.pem")] == [after["key"]]
    assert home.do("submit", *world.options("重新注册之后")).json["status"] == "accepted"


def test_a_home_that_nobody_enrolled_says_so(tmp_path: Path) -> None:
    assert Township(tmp_path / "empty").run("status", expect=2).err


def test_a_county_that_is_down_gets_it_later_with_the_same_identity(world: World) -> None:
    world.county.stop()
    try:
        kept = world.town.do("submit", *world.options("断网时的一件"), "--patience", 0, expect=6).json
        assert (kept["status"], kept["receipt"]) == ("kept", None)
        (row,) = [row for row in world.town.do("outbox").json["items"] if row["status"] == "saved"]
        assert (row["title"], row["attempts"]) == ("断网时的一件", 1)
        assert world.town.do("submit", *world.options("断网时的一件"), "--patience", 0, expect=6).json["submission"] == kept["submission"]
    finally:
        world.county.serve()
    sent = world.town.do("outbox", "--retry").json
    assert (sent["submission"], sent["status"]) == (kept["submission"], "accepted")
    assert waiting_bytes(world.town) == []
    assert world.town.do("status").json["receipts"]["gapless"]


def test_a_clerk_reads_numbers_names_and_chinese_labels(world: World, tmp_path: Path) -> None:
    clerk = [*TOWNSHIP, "--home", str(world.town.home)]
    assert "T02     青山乡                乡镇 township" in run(clerk, "offices").out
    assert {"code": "T02", "name": "青山乡", "kind": "township"} in world.town.do("offices").json["items"]
    accepted, number = run(clerk, "submit", *world.options("给人看的一件", to="T02")).out.splitlines()
    submission = accepted.split()[-1]
    filing_number = world.town.do("status", submission).json["filing_number"]
    assert accepted.startswith("✓ 已接收 accepted")
    assert number.endswith(f"{filing_number}  给人看的一件  → 青山乡（T02）")
    assert "待签收 pending" in next(line for line in run(clerk, "status").out.splitlines() if line.startswith(filing_number))
    assert "→ 青山乡（T02）" in run(clerk, "status", submission[:12]).out
    assert submission in run(clerk, "status", filing_number.lower()).out
    assert "接收回执" in run(clerk, "receipts", submission, "--out", tmp_path / "回执").out

    status = run(COUNTY, "status", world.county.folder).out
    unlabelled = [
        line for line in status.splitlines() if not re.match(r"\s*(?:[\u4e00-\u9fff]|- |python|sqlite|tantivy|opencc|not accepted)", line)
    ]
    assert unlabelled == []
    assert run(COUNTY, "fsck", world.county.folder).out.startswith("✓ 全部相符")


def test_a_county_restored_from_an_older_copy_is_noticed(tmp_path: Path) -> None:
    with county_process(tmp_path / "county") as county:
        county.office("T01", "城关镇")
        town = county.enrol(tmp_path / "t01", "T01", "张三")
        letter = tmp_path / "正文.txt"
        letter.write_text(TEXT, "utf-8")
        options = [letter, "--kind", "信息", "--to", "county", "--title"]
        town.do("submit", *options, "之前")
        county.stop()
        shutil.copytree(county.folder, tmp_path / "older")
        county.serve()
        town.do("submit", *options, "之后")
        county.stop()
        shutil.rmtree(county.folder)
        shutil.copytree(tmp_path / "older", county.folder)
        county.serve()
        stopped = town.do("submit", *options, "再来", "--patience", 0, expect=6).json
        assert stopped["error"]["type"] == "/problems/signing-stopped"
        assert "ledger-behind" in stopped["error"]["detail"]
