"""The oracle itself, judged by hand: what it finds, in which order, and for whom."""

from dataclasses import replace

import pytest

from archive.search.entry import Batch, Entry
from archive.search.index import SearchIndex
from archive.search.memory import MemoryIndex
from archive.search.query import parse
from archive.search.question import Order, Place, Question, Viewer

SENDER, READER, STRANGER = Viewer("T01", "T01.1"), Viewer("T02", "T02.1"), Viewer("T03", "T03.1")
PLAIN = Entry(
    submission="plain",
    accepted=3,
    title="关于做好防汛工作的通知",
    number="青政发〔2026〕12号",
    filing_number="T01-2026-000003",
    files=("通知.pdf", "附表.xlsx"),
    texts=("各乡镇要落实防汛责任制，做好保险理赔。", "附表：沙袋"),
    office="T01",
    recipients=("T02", "county"),
    kind="notice",
    urgency="urgent",
    date=20260305,
    received=20260306,
    readers=("office:T01", "office:T02", "office:county"),
    standings=("T02:received:pending", "county:received:signed_for", "T01:sent:pending", "T01:sent:signed_for"),
)
INFORMATION = replace(
    PLAIN, submission="information", accepted=5, title="简况", number="", kind="information", date=20251231, files=("简况.txt",)
)
NAMED = replace(PLAIN, submission="named", accepted=9, title="防汛人员", readers=("person:T01.1", "person:T02.7"))


@pytest.fixture
def index() -> MemoryIndex:
    made = MemoryIndex()
    made.apply(Batch((PLAIN, INFORMATION, NAMED), (), 9))
    return made


def found(index: MemoryIndex, text: str, viewer: Viewer = READER, order: Order = "best", after: Place | None = None) -> list[str]:
    answer = index.search(Question(node=parse(text), viewer=viewer, order=order, after=after))
    return [hit.submission for hit in answer.hits]


def test_it_is_a_search_index(index: MemoryIndex):
    seam: SearchIndex = index
    assert (seam.upto(), seam.count()) == (9, 3)
    seam.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["information", "plain"]),
        ("防汛", ["plain", "information"]),
        ("防汛責任", ["information", "plain"]),
        ("沙袋", ["information", "plain"]),
        ("赔", ["information", "plain"]),
        ("理赔附表", []),
        ("标题:防汛", ["plain"]),
        ("青政发[2026]012号", ["plain"]),
        ("(2026)12号", ["plain"]),
        ("文号:青政发", ["plain"]),
        ("文号:T01-2026-000003", ["information", "plain"]),
        ("附件:附表", ["plain"]),
        ("附件:沙袋", []),
        ("来自:T01 -文种:通知", ["information"]),
        ("主送:T02", ["information", "plain"]),
        ("主送:T01", []),
        ("紧急:加急", ["information", "plain"]),
        ("状态:待签收", ["information", "plain"]),
        ("状态:收到:待签收", ["information", "plain"]),
        ("状态:发出:待签收", []),
        ("状态:已签收", []),
        ("年份:2025", ["information"]),
        ("日期:2026-03", ["plain"]),
        ("收到:2026-03-06", ["information", "plain"]),
        ("收到:..2026-03-05", []),
        ("防汛 OR 简况", ["information", "plain"]),
        ("-防汛", []),
    ],
)
def test_a_recipient_finds(index: MemoryIndex, text: str, expected: list[str]):
    assert found(index, text) == expected


def test_the_newest_come_first_when_asked_for(index: MemoryIndex):
    assert found(index, "防汛", order="newest") == ["information", "plain"]


def test_a_named_item_is_there_for_the_named_and_the_sender_alone(index: MemoryIndex):
    assert found(index, "防汛人员", SENDER) == ["named"]
    assert found(index, "防汛人员", Viewer("T02", "T02.7")) == ["named"]
    for viewer in (READER, STRANGER, Viewer("T01", "T01.2")):
        assert found(index, "防汛人员", viewer) == []


def test_a_stranger_finds_counts_and_learns_nothing(index: MemoryIndex):
    answer = index.search(Question(node=parse(""), viewer=STRANGER))
    assert (answer.total, answer.hits) == (0, ())
    assert set(answer.facets) == {"office", "kind", "year", "state"}
    assert not any(answer.facets.values())


def test_facets_count_all_matches_and_the_own_states_alone(index: MemoryIndex):
    answer = index.search(Question(node=parse("防汛"), viewer=SENDER, size=1))
    assert answer.total == 3
    assert [hit.submission for hit in answer.hits] == ["named"]
    assert answer.facets == {
        "office": {"T01": 3},
        "kind": {"notice": 2, "information": 1},
        "year": {"2026": 2, "2025": 1},
        "state": {"sent:pending": 3, "sent:signed_for": 3},
    }
    assert index.search(Question(node=parse("防汛"), viewer=SENDER, facets=False)).facets == {}


def test_a_page_begins_behind_its_place(index: MemoryIndex):
    assert found(index, "防汛", SENDER) == ["named", "plain", "information"]
    assert found(index, "防汛", SENDER, after=Place(0, 9)) == ["plain", "information"]
    assert found(index, "防汛", SENDER, after=Place(0, 3)) == ["information"]
    assert found(index, "防汛", SENDER, after=Place(1, 5)) == []


def test_entries_are_replaced_and_removed(index: MemoryIndex):
    index.apply(Batch((replace(PLAIN, title="改后"),), ("named", "unknown"), 12))
    assert (index.upto(), index.count()) == (12, 2)
    assert found(index, "标题:防汛", SENDER) == []
    assert found(index, "标题:改后", SENDER) == ["plain"]
