"""When a dropped thing is taken for whole: the clock is the test's own."""

import asyncio
import json
from collections.abc import Iterator
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
        self.outbox = SimpleNamespace(told=lambda _submissions: None)

    async def submit(self, order: Any, _inspector: object, *, once: bool) -> Result:
        assert once
        self.sent.append(Path(order.main).name)
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
