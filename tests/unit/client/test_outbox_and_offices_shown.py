"""What a clerk reads of refusals that have no title, of offices, and of what was taken from everybody."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from exchange.client import dispatch, inspection, listing, officer, offices, progress, speech
from exchange.client.outbox import Outbox
from exchange.client.sending import Sender
from exchange.policy.labels import label_of
from schemas.problems import Problem, ProblemType

NAMES = {"T01": "城关镇", "county": "县政府办公室"}
ITEM: dict[str, Any] = {
    "submission": "ab" * 32,
    "filing_number": "T01-2026-000007",
    "from": "T01",
    "kind": "report",
    "urgency": "normal",
    "title": "防汛",
    "number": None,
    "accepted_at": "2026-11-22T08:00:00.000Z",
    "deliveries": [
        {"office": "county", "copy": False, "opening": "consigned", "review": "pending", "changed_at": "2026-11-22T08:00:00.000Z"}
    ],
}


class Directory:
    """A line to a county with two pages of offices; `asked` are the paths."""

    def __init__(self, problem: Problem | None = None) -> None:
        self.asked: list[str] = []
        self._problem = problem

    async def get(self, path: str) -> bytes:
        self.asked.append(path)
        if self._problem:
            raise self._problem
        codes, following = (["T01"], "x y") if "after" not in path else (["county"], None)
        rows = [{"code": code, "name": NAMES[code], "kind": "township"} for code in codes]
        return json.dumps({"items": rows, "next": following}).encode()


async def shown_outbox(home: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool = False) -> str:
    await dispatch.outbox(argparse.Namespace(retry=False, home=home, json=as_json))
    return capsys.readouterr().out


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dispatch, "open_home", lambda _folder: None)
    with Outbox(tmp_path) as box:
        box.note_refusal("1a2b3c4d" + "0" * 24, Problem(ProblemType.SECRECY_MARK), "star-head,level-line", "2026-11-22T08:00:00.000Z")
        box.note_refusal("5e6f7081" + "0" * 24, Problem(ProblemType.DOCUMENT_EMPTY), "document-empty", "2026-11-22T08:00:00.000Z")
    return tmp_path


async def test_refusals_are_told_apart_by_number_entry_and_rule(refused: Path, capsys: pytest.CaptureFixture[str]):
    said = await shown_outbox(refused, capsys)
    first, second = said.split("\n2. ")
    assert first.startswith("1. ")
    assert "1a2b3c4d" in first
    assert label_of("star-head").zh in first
    assert label_of("level-line").zh in first
    assert ProblemType.SECRECY_MARK.advice.zh in first
    assert "5e6f7081" in second
    assert ProblemType.DOCUMENT_EMPTY.advice.zh in second


async def test_a_footnote_says_why_refusals_have_no_title(refused: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert (await shown_outbox(refused, capsys)).rstrip().endswith(speech.NO_TITLES)
    empty = tmp_path / "empty"
    assert speech.NO_TITLES not in await shown_outbox(empty, capsys)


async def test_the_objects_of_the_outbox_stay_as_they_were(refused: Path, capsys: pytest.CaptureFixture[str]):
    rows = json.loads(await shown_outbox(refused, capsys, as_json=True))["items"]
    names = {"status", "submission", "created_at", "changed_at", "problem", "says", "advice", "advice_en", "rules"}
    assert [set(row) for row in rows] == [names, names]


async def test_names_are_fetched_once_and_kept(tmp_path: Path):
    line: Any = Directory()
    assert await offices.names(tmp_path, line) == NAMES
    assert await offices.names(tmp_path, line) == NAMES
    assert line.asked == ["/api/v1/offices", "/api/v1/offices?after=x%20y"]


@pytest.mark.parametrize("kind", [ProblemType.NETWORK, ProblemType.NOT_ALLOWED])
async def test_without_the_directory_codes_stay_codes(kind: ProblemType, tmp_path: Path):
    line: Any = Directory(Problem(kind))
    assert await offices.names(tmp_path, line) == {}
    assert speech.called("T01", {}) == "T01"
    assert speech.called("T01", NAMES) == "城关镇（T01）"


@pytest.mark.parametrize("content", ["", "[]", '{"items": [{}]}', '{"items": 3}'])
def test_a_broken_list_of_names_is_no_names(content: str, tmp_path: Path):
    (tmp_path / offices.FILE).write_text(content)
    assert offices.known(tmp_path) == {}


def test_an_acceptance_names_the_filing_number_and_the_recipients():
    said = speech.received_as(ITEM, NAMES)
    assert "报送编号" in said
    assert "T01-2026-000007" in said
    assert "县政府办公室（county）" in said


def test_lists_and_states_name_the_offices():
    received = ITEM | {"review": "pending", "opening": "consigned", "deliveries": []}
    for said in (speech.row(received, NAMES), speech.whole(ITEM, NAMES)):
        assert "城关镇（T01）" in said
    for said in (speech.row(ITEM, NAMES), speech.whole(ITEM, NAMES)):
        assert "县政府办公室（county）" in said
        assert "T01-2026-000007" in said, "what one office reads to another over the telephone"
    many = ITEM | {"deliveries": [ITEM["deliveries"][0] | {"office": f"T{n:02}", "review": "signed_for"} for n in range(1, 19)]}
    assert "城关镇（T01）等 18 家" in speech.row(many, NAMES)
    assert "已签收 signed for 18/18" in speech.row(many, NAMES)


@pytest.mark.parametrize(("more", "word"), [({"sealed": True}, "已封存"), ({"sealed": True, "destroyed": True}, "已销毁")])
def test_what_was_taken_from_everybody_waits_for_nobody(more: dict[str, bool], word: str):
    item = ITEM | more | {"title": ""}
    for said in (speech.row(item, NAMES), speech.whole(item, NAMES)):
        assert word in said
        assert "待签收" not in said


def test_whom_to_call_is_said_once_with_the_county_first(tmp_path: Path):
    own = {"office": "T01", "office_name": "城关镇", "name": "王谨", "phone": "0555-1"}
    county = {"office": "county", "office_name": "县政府办公室", "name": "李慎", "phone": "0555-2"}
    (tmp_path / inspection.CONTACT).write_text(json.dumps({**own, "items": [own, county]}, ensure_ascii=False), "utf-8")
    args = argparse.Namespace(home=tmp_path)
    (line,) = listing.calls(args, [ITEM, ITEM | {"sealed": True, "destroyed": True}, ITEM | {"sealed": True}])
    assert line.index("李慎 0555-2") < line.index("王谨 0555-1")
    assert listing.calls(args, [ITEM]) == []
    assert listing.calls(argparse.Namespace(home=tmp_path / "none"), [ITEM | {"sealed": True}]) == []


def test_what_is_read_here_is_said_with_its_pages():
    assert progress.wording_here("扫描.pdf", 3, 9) == "本机正在识别 扫描.pdf 3/9 页 looking at it here"
    assert "本机正在检查 大表.xlsx" in progress.wording_here("大表.xlsx", 0, 0)


def test_rules_in_lists_of_officers_have_their_names():
    assert officer._called(["star-head", "quite-new"]) == f"{' '.join(label_of('star-head'))}（star-head）、quite-new"


@pytest.mark.parametrize(("destroyed", "detail"), [(False, ""), (True, "其后已销毁 / destroyed since")])
def test_who_sends_a_sealed_item_again_is_told_whom_to_call(*, destroyed: bool, detail: str, tmp_path: Path):
    items = [{"office": "T01", "name": "王谨", "phone": "0555-1"}, {"office": "county", "name": "李慎", "phone": "0555-2"}]
    (tmp_path / inspection.CONTACT).write_text(json.dumps({"items": items}, ensure_ascii=False), "utf-8")
    made: Any = Sender
    sender = made(argparse.Namespace(folder=tmp_path), None, None, None, 0.0)
    problem = sender._sealed({"sealed": True, "destroyed": destroyed})
    assert problem.detail == detail
    assert "李慎 0555-2" in speech.to_call(problem)
