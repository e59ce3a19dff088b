"""A folder as an outbox: real processes, a real county; what is dropped ends in `done` or `refused`, once, whatever happens."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paper_maker
import pytest
from county_process import CountyProcess, Township, county_process
from paper_maker import Mark

SECONDS = 30


class World:
    def __init__(self, folder: Path, county: CountyProcess) -> None:
        self.folder, self.county = folder, county
        county.office("T01", "城关镇")
        self.town = county.enrol(folder / "t01", "T01", "张三")
        self.reviewer = county.enrol(folder / "office", "county", "李四", "reviewer")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("watching")
    with county_process(folder / "county") as county:
        yield World(folder, county)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "待报送"
    folder.mkdir()
    return folder


def watch(town: Township, folder: Path, *more: object, expect: int | None = 0) -> list[dict[str, object]]:
    return town.do("watch", folder, "--once", "--settle", "0.05", "--patience", "0", *more, expect=expect).lines


def titles(world: World) -> list[str]:
    return [item["title"] for item in world.reviewer.do("inbox").json["items"]]


def test_what_is_dropped_arrives_and_moves_to_done_with_its_receipt(world: World, drop: Path):
    (drop / "五月防汛信息.pdf").write_bytes(paper_maker.pdf())
    (drop / "~$五月防汛信息.pdf").write_bytes(b"lock file of an editor")
    (drop / "下载中.pdf.part").write_bytes(b"half")
    (end,) = watch(world.town, drop)
    assert (end["status"], end["file"]) == ("accepted", "五月防汛信息.pdf")
    assert (drop / "done" / "五月防汛信息.pdf").read_bytes() == paper_maker.pdf()
    receipt = json.loads((drop / "done" / "五月防汛信息.pdf.receipt.json").read_text())
    assert set(receipt) >= {"receipt", "signature", "timestamp", "proof"}
    assert titles(world)[0] == "五月防汛信息"
    left = {path.name for path in drop.iterdir()} - {".yizhan-watch"}
    assert left == {"done", "refused", "下载中.pdf.part", "~$五月防汛信息.pdf"}


def test_the_same_document_dropped_again_is_not_sent_twice(world: World, drop: Path):
    for _ in range(2):
        (drop / "重复.txt").write_text("今年重复放入的情况说明。\n", "utf-8")
        (end,) = watch(world.town, drop)
        assert end["status"] == "accepted"
    assert titles(world).count("重复") == 1
    assert sorted(path.name for path in (drop / "done").iterdir() if path.suffix == ".txt") == ["重复 (2).txt", "重复.txt"]


def test_a_refused_document_lies_beside_a_reason_that_quotes_nothing_of_it(world: World, drop: Path):
    (drop / "情况.pdf").write_bytes(paper_maker.pdf(marks=[Mark("机密★1年")]))
    (end,) = watch(world.town, drop, expect=4)
    assert end["status"] == "refused"
    reason = (drop / "refused" / "情况.pdf.reason.txt").read_text("utf-8")
    assert "未取得回执" in reason
    assert "报告本单位保密员" in reason
    assert "第 1 页" in reason
    assert "机密★1年" not in reason
    assert not list((world.town.home / "outbox").iterdir())


def test_a_folder_is_one_submission_with_its_attachments(world: World, drop: Path):
    paper = drop / "关于换届工作的报告"
    (paper / "附件").mkdir(parents=True)
    (paper / "报告.pdf").write_bytes(paper_maker.pdf())
    (paper / "附件" / "名单.txt").write_text("第一组：某某，某某某。\n", "utf-8")
    (paper / "order.json").write_text(json.dumps({"kind": "报告", "number": "城政发〔2026〕8号", "urgency": "加急"}), "utf-8")
    (end,) = watch(world.town, drop)
    assert end["status"] == "accepted"
    item = next(item for item in world.reviewer.do("inbox").json["items"] if item["submission"] == end["submission"])
    assert (item["title"], item["number"], item["urgency"]) == ("关于换届工作的报告", "城政发〔2026〕8号", "urgent")
    assert (drop / "done" / "关于换届工作的报告" / "附件" / "名单.txt").is_file()


@pytest.mark.parametrize("order", ['{"main": "../../外面.txt"}', '{"attach": ["/etc/hostname"]}', '{"nobody": 1}', "[]", "{"])
def test_an_order_that_cannot_be_is_refused_with_a_reason(world: World, drop: Path, order: str):
    paper = drop / "材料"
    paper.mkdir()
    (paper / "正文.txt").write_text("今年工作情况。\n", "utf-8")
    (drop.parent / "外面.txt").write_text("外面的文件。\n", "utf-8")
    (paper / "order.json").write_text(order, "utf-8")
    watch(world.town, drop, expect=2)
    assert (drop / "refused" / "材料" / "正文.txt").is_file()
    assert "原因" in (drop / "refused" / "材料.reason.txt").read_text("utf-8")


def test_names_of_every_kind_come_to_an_end_and_hold_up_nothing(world: World, drop: Path):
    names = ["关于" + "进一步" * 26 + ".txt", "两\n行.txt", "CON.txt", os.fsdecode(b"\xb1\xa8\xb8\xe6.txt"), "尾.txt"]
    for name in names:
        (drop / name).write_text(f"{names.index(name)}号情况说明。\n", "utf-8")
    ends = watch(world.town, drop, expect=None)
    assert len(ends) == len(names)
    accepted = {end["file"] for end in ends if end["status"] == "accepted"}
    assert {names[0], names[-1]} <= accepted
    assert len(list((drop / "done").iterdir())) == 2 * len(accepted)
    assert len(list((drop / "refused").iterdir())) == 2 * (len(names) - len(accepted))
    assert not list(drop.glob("*.txt"))


def test_a_link_is_not_followed(world: World, drop: Path):
    outside = drop.parent / "外面.txt"
    outside.write_text("不应发送的内容。\n", "utf-8")
    (drop / "链接.txt").symlink_to(outside)
    assert watch(world.town, drop) == []
    assert outside.is_file()


def test_without_a_network_it_stays_and_goes_later(world: World, drop: Path):
    (drop / "断网.txt").write_text("断网时放入的情况说明。\n", "utf-8")
    world.county.stop()
    (end,) = watch(world.town, drop, expect=6)
    assert (end["status"], end["moved"]) == ("kept", None)
    assert (drop / "断网.txt").is_file()
    world.county.serve()
    (end,) = watch(world.town, drop)
    assert end["status"] == "accepted"
    assert titles(world).count("断网") == 1


def test_a_second_watcher_of_a_folder_is_refused(world: World, drop: Path):
    first = world.town.start("watch", drop, "--settle", "0.05")
    try:
        (drop / "先到.txt").write_text("先到的情况说明。\n", "utf-8")
        assert json.loads(first.stdout.readline())["status"] == "accepted"
        refused = world.town.run("watch", drop, "--once", expect=None)
        assert refused.code != 0
        assert json.loads(refused.err.splitlines()[-1])["type"] == "/problems/folder-in-use"
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=SECONDS)


def test_a_kill_at_any_moment_sends_everything_once(world: World, drop: Path):
    names = [f"连续报送{number}" for number in range(8)]
    for name in names:
        (drop / f"{name}.txt").write_text(f"{name}的情况说明。\n", "utf-8")
    for wait in (0.9, 1.1, 1.3, 1.5):
        process = world.town.start("watch", drop, "--once", "--settle", "0.05")
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=SECONDS)
    watch(world.town, drop)
    sent = titles(world)
    assert [sent.count(name) for name in names] == [1] * len(names)
    assert sorted(path.stem for path in (drop / "done").glob("*.txt")) == names
