"""When a dropped thing is taken for whole: the clock is the test's own."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exchange.client import drops, watching
from exchange.client.sending import Result
from exchange.client.watching import Watcher
from schemas.problems import Exit, Problem, ProblemType


class Desk:
    """Stands for the sender: notes what was sent, answers as it is told; sleeping moves the clock, and lets the world happen."""

    def __init__(self) -> None:
        self.at, self.sent, self.patience = 100.0, [], 0.0
        self.answers: dict[str, Problem] = {}
        self.happens: Iterator[Any] = iter(())
        self.meanwhile: Callable[[], None] = lambda: None
        self.afterwards: Callable[[], None] = lambda: None
        self.outbox = SimpleNamespace(told=lambda _submissions: None)

    async def submit(self, order: Any, _inspector: object, *, once: bool, unchanged: Callable[[], None]) -> Result:
        assert once
        self.meanwhile()
        try:
            unchanged()
        finally:
            self.meanwhile = lambda: None
        self.sent.append(Path(order.main).name)
        self.afterwards()
        self.afterwards = lambda: None
        problem = self.answers.get(order.title)
        if problem is not None:
            status = "kept" if problem.kind.exit is Exit.NETWORK else "refused"
            return Result({"submission": None, "status": status, "receipt": None}, int(problem.kind.exit), problem)
        return Result({"submission": "0" * 64, "status": "accepted", "receipt": {}}, Exit.OK)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        next(self.happens, None)
        await asyncio.sleep(0)

    def now(self) -> Any:
        return watching.datetime(2026, 11, 22)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def watcher(folder: Path, desk: Desk, settle: float = 3.0) -> Watcher:
    given = {"to": ["county"], "kind": "information"}
    return Watcher(folder, given, desk, None, settle, lambda: desk.at)  # type: ignore[arg-type]


async def test_a_file_that_still_grows_is_left_alone(tmp_path: Path, desk: Desk):
    growing = tmp_path / "写入中.txt"
    growing.write_text("开头", "utf-8")
    seen: list[float] = []

    def grow() -> Iterator[None]:
        for _ in range(10):
            growing.write_text(growing.read_text("utf-8") + "继续", "utf-8")
            seen.append(desk.at)
            assert desk.sent == []
            yield

    desk.happens = grow()
    async for end in watcher(tmp_path, desk).ends():
        assert end.status == "accepted"
        break
    assert len(seen) == 10
    assert desk.at >= seen[-1] + 3
    assert (tmp_path / "done" / "写入中.txt").read_text("utf-8") == "开头" + "继续" * 10


async def test_what_the_network_held_up_is_tried_again_after_a_while_and_at_once_when_it_changes(tmp_path: Path, desk: Desk):
    (tmp_path / "断网.txt").write_text("情况", "utf-8")
    desk.answers["断网"] = Problem(ProblemType.NETWORK)
    ends = watcher(tmp_path, desk).ends()
    assert (await anext(ends)).moved is None
    first = desk.at
    assert (await anext(ends)).moved is None
    assert desk.at >= first + 30
    (tmp_path / "断网.txt").write_text("改过的情况", "utf-8")
    second = desk.at
    desk.answers.clear()
    assert (await anext(ends)).status == "accepted"
    assert desk.at < second + 30


async def test_a_county_that_contradicts_itself_ends_the_watching(tmp_path: Path, desk: Desk):
    (tmp_path / "情况.txt").write_text("情况", "utf-8")

    async def contradiction(*_: object, **__: object) -> Result:
        raise Problem(ProblemType.CONSISTENCY_PROOF)

    desk.submit = contradiction  # type: ignore[method-assign]
    with pytest.raises(Problem) as raised:
        await anext(watcher(tmp_path, desk).ends())
    assert raised.value.kind is ProblemType.CONSISTENCY_PROOF
    assert (tmp_path / "情况.txt").is_file()


@pytest.mark.parametrize("name", [".隐藏.txt", "~$报告.docx", "#报告.txt#", "报告.pdf.PART", "报告.tmp", "快捷方式.lnk"])
def test_hidden_and_half_written_names_are_not_dropped(tmp_path: Path, name: str):
    (tmp_path / name).write_text("x")
    assert drops.dropped(tmp_path) == []


def test_a_folder_with_two_documents_has_no_main_one(tmp_path: Path):
    for name in ("甲.pdf", "乙.pdf"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(Problem) as raised:
        drops.order_of(tmp_path, {"to": "county", "kind": "information"})
    assert raised.value.kind is ProblemType.METADATA_MALFORMED


def test_what_an_order_says_counts_before_what_watch_was_told(tmp_path: Path):
    (tmp_path / "报告.pdf").write_bytes(b"x")
    (tmp_path / "order.json").write_text(json.dumps({"title": "另题", "to": "T02"}))
    order = drops.order_of(tmp_path, {"to": "county", "kind": "information", "title": "原题"})
    assert (order.title, order.to, Path(order.main).name) == ("另题", "T02", "报告.pdf")


def test_a_reason_names_rule_and_place_and_quotes_nothing():
    findings = [{"rule": "star-line", "part": "报告.pdf", "page": 3, "text": "机密★1年"}]
    text = watching.reason("报告.pdf", Problem(ProblemType.SECRECY_MARK, findings=findings), watching.datetime(2026, 11, 22))
    assert "第 3 页" in text
    assert "star-line" in text
    assert "机密★1年" not in text


async def first(folder: Path, desk: Desk) -> watching.End:
    return await anext(watcher(folder, desk, settle=0).ends(once=True))


async def every(folder: Path, desk: Desk) -> list[watching.End]:
    return [end async for end in watcher(folder, desk, settle=0).ends(once=True)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("answer", [None, Problem(ProblemType.SECRECY_MARK)])
async def test_a_file_that_was_replaced_while_it_was_sent_stays_and_is_sent_itself(tmp_path: Path, desk: Desk, answer: Problem | None):
    thing = tmp_path / "情况.txt"
    thing.write_text("先前的", "utf-8")

    def replace() -> None:
        (tmp_path / ".新").write_text("后来的", "utf-8")
        (tmp_path / ".新").replace(thing)

    desk.afterwards = replace
    desk.answers |= {} if answer is None else {"情况": answer}
    assert (await first(tmp_path, desk)).moved is None
    assert thing.read_text("utf-8") == "后来的"
    assert names(tmp_path / "done") == names(tmp_path / "refused") == []
    desk.answers.clear()
    end = await first(tmp_path, desk)
    assert end.moved is not None
    assert end.moved.read_text("utf-8") == "后来的"
    assert len(desk.sent) == 2


async def test_a_file_that_grew_in_place_while_it_was_sent_stays(tmp_path: Path, desk: Desk):
    thing = tmp_path / "情况"
    thing.mkdir()
    (thing / "正文.txt").write_text("情况", "utf-8")
    (thing / "附件").mkdir()
    desk.afterwards = lambda: (thing / "附件" / "迟到.txt").write_text("附件", "utf-8") and None
    assert (await first(tmp_path, desk)).moved is None
    assert (thing / "附件" / "迟到.txt").is_file()


async def test_a_file_that_is_taken_away_while_it_is_sent_harms_nothing(tmp_path: Path, desk: Desk):
    for name in ("一.txt", "二.txt"):
        (tmp_path / name).write_text("情况", "utf-8")
    desk.afterwards = (tmp_path / "一.txt").unlink
    ends = await every(tmp_path, desk)
    assert [end.status for end in ends] == ["accepted", "accepted"]
    assert {end.moved for end in ends} == {None, tmp_path / "done" / "二.txt"}


async def test_what_became_a_link_while_it_was_read_is_not_sent(tmp_path: Path, desk: Desk):
    folder, secret = tmp_path / "待报送", tmp_path / "别处.txt"
    folder.mkdir()
    secret.write_text("别处的", "utf-8")
    (folder / "情况.txt").write_text("情况", "utf-8")

    def swap() -> None:
        (folder / "情况.txt").unlink()
        (folder / "情况.txt").symlink_to(secret)

    desk.meanwhile = swap
    assert (await first(folder, desk)).moved is None
    assert desk.sent == []
    assert await every(folder, desk) == []


@pytest.mark.parametrize("name", ["done", "refused"])
async def test_nothing_is_moved_through_a_link(tmp_path: Path, desk: Desk, name: str):
    folder, elsewhere = tmp_path / "待报送", tmp_path / "别处"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "情况.txt").write_text("情况", "utf-8")
    desk.answers |= {"情况": Problem(ProblemType.SECRECY_MARK)} if name == "refused" else {}

    def swap() -> None:
        (folder / name).rmdir()
        (folder / name).symlink_to(elsewhere)

    desk.afterwards = swap
    with pytest.raises(Problem) as raised:
        await first(folder, desk)
    assert raised.value.kind is ProblemType.FOLDER_READ_ONLY
    assert names(elsewhere) == []
    assert (folder / "情况.txt").is_file()


async def test_a_folder_that_became_another_one_is_left_alone(tmp_path: Path, desk: Desk):
    folder, elsewhere = tmp_path / "待报送", tmp_path / "别处"
    for each in (folder, elsewhere):
        each.mkdir()
        (each / "情况.txt").write_text("情况", "utf-8")
    ends = watcher(folder, desk, settle=0).ends()
    await anext(ends)

    def swap() -> Iterator[None]:
        folder.rename(tmp_path / "旧")
        folder.symlink_to(elsewhere)
        yield

    desk.happens = swap()
    with pytest.raises(Problem) as raised:
        await anext(ends)
    assert raised.value.kind is ProblemType.FOLDER_UNKNOWN
    assert desk.sent == ["情况.txt"]


def test_a_temporary_file_that_vanishes_does_not_end_the_watching(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "情况.txt").write_text("情况", "utf-8")
    there = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: iter([*there(self), self / "刚才还在.txt"]))
    assert [path.name for path in drops.dropped(tmp_path)] == ["情况.txt"]


@pytest.mark.parametrize("answer", [None, Problem(ProblemType.SECRECY_MARK)])
async def test_the_longest_names_are_moved_each_with_a_receipt_or_reason_of_its_own(tmp_path: Path, desk: Desk, answer: Problem | None):
    long = [f"{'关' * 82}{number}.txt" for number in range(2)] + ["3." + "关" * 84]
    for name in long:
        (tmp_path / name).write_text("情况", "utf-8")
        desk.answers |= {} if answer is None else {Path(name).stem: answer}
    ends = await every(tmp_path, desk)
    folder = tmp_path / ("done" if answer is None else "refused")
    assert len({end.moved for end in ends}) == len(long)
    assert len(names(folder)) == (2 * len(long) if answer else 2 + len(long))  # of two names that begin alike equal receipts are one file
    assert all(end.moved is not None and end.moved.is_file() for end in ends)


async def test_a_name_that_is_no_text_is_refused(tmp_path: Path, desk: Desk):
    name = os.fsdecode(b"\xb1\xa8\xb8\xe6.txt")  # GBK, as an old archive unpacks it
    (tmp_path / name).write_bytes(b"x")
    end = await first(tmp_path, desk)
    assert (end.status, desk.sent) == ("refused", [])
    assert end.moved is not None
    assert json.dumps(str(end.moved), ensure_ascii=False).encode()
    assert any("名" in path.read_text("utf-8") for path in (tmp_path / "refused").glob("*.reason.txt"))


@pytest.mark.parametrize(
    "order",
    [
        {"attach": 5}, {"attach": {"a": 1}}, {"attach": [None]}, {"main": "a\0b"}, {"main": "长" * 5000}, {"main": ""}, {"main": 7},
        {"main": "没有.txt"}, {"main": "order.json", "attach": ["/etc/hostname"]}, {"editable": "附件"}, {"main": "正文.txt/../../x"},
    ],
)  # fmt: skip
def test_an_order_that_names_what_is_no_file_here_is_refused(tmp_path: Path, order: dict[str, Any]):
    (tmp_path / "正文.txt").write_text("情况", "utf-8")
    (tmp_path / "附件").mkdir()
    (tmp_path / "order.json").write_text(json.dumps(order))
    with pytest.raises(Problem) as raised:
        drops.order_of(tmp_path, {"to": "county", "kind": "information"})
    assert raised.value.kind is ProblemType.METADATA_MALFORMED


@pytest.mark.parametrize("order", [{"attach": None}, {"main": None, "editable": None}])
def test_a_field_of_an_order_that_says_nothing_counts_as_not_there(tmp_path: Path, order: dict[str, Any]):
    (tmp_path / "正文.txt").write_text("情况", "utf-8")
    (tmp_path / "order.json").write_text(json.dumps(order))
    assert Path(drops.order_of(tmp_path, {"to": "county", "kind": "information"}).main).name == "正文.txt"


@pytest.mark.parametrize("left_out", ["图表/附图.txt", "附件/二级/附图.txt", "副本.txt"])
def test_a_folder_with_a_file_that_would_not_be_sent_is_refused(tmp_path: Path, left_out: str):
    (tmp_path / "正文.txt").write_text("情况", "utf-8")
    (tmp_path / left_out).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / left_out).write_text("情况", "utf-8")
    (tmp_path / "order.json").write_text(json.dumps({"main": "正文.txt"}))
    with pytest.raises(Problem) as raised:
        drops.order_of(tmp_path, {"to": "county", "kind": "information"})
    assert raised.value.kind is ProblemType.METADATA_MALFORMED
    (tmp_path / left_out).rename((tmp_path / left_out).with_name(".附图.txt"))
    assert drops.order_of(tmp_path, {"to": "county", "kind": "information"})


async def test_a_receipt_that_lies_there_is_never_written_over(tmp_path: Path, desk: Desk):
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "情况.txt.receipt.json").write_bytes(b"of another day")
    (tmp_path / "情况.txt").write_text("情况", "utf-8")
    await first(tmp_path, desk)
    assert names(tmp_path / "done") == ["情况 (2).txt", "情况 (2).txt.receipt.json", "情况.txt.receipt.json"]
    (tmp_path / "done" / "情况 (2).txt").unlink()
    (tmp_path / "情况.txt").write_text("情况", "utf-8")
    (tmp_path / "done" / "情况.txt.receipt.json").write_bytes(b"{}")  # what a killed run wrote before it moved the document
    await first(tmp_path, desk)
    assert "情况.txt" in names(tmp_path / "done")


def test_a_lock_that_is_none_is_said(tmp_path: Path):
    (tmp_path / watching.LOCK).write_bytes(b"no database, whatever its name says" * 100)
    with pytest.raises(Problem) as raised, watching.alone(tmp_path):
        pass
    assert raised.value.kind is ProblemType.FOLDER_READ_ONLY
