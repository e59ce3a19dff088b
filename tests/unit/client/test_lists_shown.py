"""How a person names an item, what a list shows first, and times that are the same on every computer."""

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from exchange.client import asking, identifying, listing, offices, packing, speech
from exchange.client.packing import Order
from schemas import filing
from schemas.problems import Problem, ProblemType
from schemas.words import Kind

ONE, TWO = "0badc0de" + "1" * 56, "0badc0de" + "2" * 56


def received(number: int, **more: Any) -> dict[str, Any]:
    """Return a row of an inbox, the later the greater its number."""
    return {
        "submission": f"{number:064x}",
        "filing_number": f"T01-2026-{number:06}",
        "from": "T01",
        "urgency": "normal",
        "title": f"第 {number} 件",
        "accepted_at": "2026-11-22T16:30:00.000Z",
        "opening": "opened",
        "review": "signed_for",
    } | more


def sent(number: int, *reviews: str, **more: Any) -> dict[str, Any]:
    """Return a row of what was sent, with a recipient for each review."""
    copies = [{"office": f"T{at:02}", "opening": "opened", "review": review} for at, review in enumerate(reviews, 2)]
    row = received(number, deliveries=copies, **more)
    return {name: value for name, value in row.items() if name not in ("opening", "review")}


class County:
    """A line to a county with lists of two rows a page; `asked` are the addresses. An old one knows no questions of today."""

    def __init__(self, *, old: bool = False, **lists: list[dict[str, Any]]) -> None:
        self.old, self.lists, self.asked = old, lists, list[str]()
        self.date = None

    async def get(self, path: str) -> bytes:
        self.asked.append(path)
        parts = urlsplit(path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        which = parts.path.removeprefix("/api/v1/")
        if self.old and (which == "submissions/find" or given.keys() - {"after"}):
            raise Problem(ProblemType.REQUEST_MALFORMED, "query: unknown parameter")
        if which == "submissions/find":
            rows = [row for row in self.lists["submissions"] if row["submission"].startswith(given["text"])]
            rows += [row for row in self.lists["submissions"] if row["filing_number"] == given["text"]]
            items = [{"submission": row["submission"], "filing_number": row["filing_number"]} for row in rows]
            return json.dumps({"items": items, "more": False}).encode()
        rows = [row for row in self.lists[which] if self._chosen(row, given)]
        start = int(given.get("after", 0))
        return json.dumps({"items": rows[start : start + 2], "next": str(start + 2) if len(rows) > start + 2 else None}).encode()

    @staticmethod
    def _chosen(row: dict[str, Any], given: dict[str, str]) -> bool:
        wanted = given.get("review") or given.get("standing")
        return wanted is None or wanted in (row.get("review"), *(one["review"] for one in row.get("deliveries", [])))


class Box:
    """An outbox in which these wait."""

    def __init__(self, *submissions: str) -> None:
        self.submissions = submissions

    def starting_with(self, text: str) -> list[str]:
        return [each for each in self.submissions if each.startswith(text)]


async def named(text: str, county: County, *own: str) -> str:
    line: Any = county
    box: Any = Box(*own)
    return await identifying.identified(text, line, box)


@pytest.mark.parametrize("old", [False, True])
async def test_an_item_is_named_by_its_number_or_its_first_digits_in_one_question(*, old: bool):
    county = County(old=old, submissions=[sent(n, "pending") for n in range(1, 8)], inbox=[])
    for text in ("T01-2026-000005", "T01－2026—000005", f"{5:064x}", f"{5:064x}".upper()):
        assert await named(text, county) == f"{5:064x}"
    assert old or len(county.asked) == 2, "a whole id is asked of nobody"
    with pytest.raises(Problem) as none:
        await named("T01-2026-000099", county)
    assert none.value.kind is ProblemType.NOT_FOUND


async def test_what_several_items_begin_with_names_them_and_what_is_no_id_says_what_one_is():
    county = County(submissions=[sent(1, submission=ONE), sent(2, submission=TWO)], inbox=[])
    with pytest.raises(Problem) as several:
        await named("0badc0de", county)
    assert several.value.kind is ProblemType.ITEM_AMBIGUOUS
    assert "T01-2026-000001、T01-2026-000002" in several.value.detail
    assert await named("0badc0de", county, ONE) == ONE, "the own outbox is asked before the county"
    for text in ("abc", "关于防汛", "T01-26-1"):
        with pytest.raises(Problem, match="T01-2026-000012"):
            await named(text, county)


@pytest.mark.parametrize(
    ("typed", "meant"), [("ｔ０１-2026-12", ("t01", 2026, 12)), (" D-1-2026-000007 ", ("D-1", 2026, 7)), ("T01-2026", None)]
)
def test_a_filing_number_is_read_as_people_type_it(typed: str, meant: tuple[str, int, int] | None):
    assert filing.read(typed) == meant
    assert str(filing.Filing("T01", 2026, 12)) == "T01-2026-000012"


@pytest.fixture
def at_desk(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the lists be asked of a county; returns what shows them."""

    async def names(*_: object) -> dict[str, str]:
        return {"T01": "城关镇"}

    async def chain() -> dict[str, int]:
        return {"count": 7}

    monkeypatch.setattr(offices, "names", names)

    def open_desk(county: County) -> None:
        enrolled = SimpleNamespace(name="李四", person="county.1", office="county", office_name="县政府办公室", county="云岭县")
        desk = SimpleNamespace(line=county, home=SimpleNamespace(enrolled=enrolled), prover=SimpleNamespace(chain=chain))

        class Opened:
            async def __aenter__(self) -> Any:
                return desk

            async def __aexit__(self, *_: object) -> None:
                """Nothing is open."""

        monkeypatch.setattr(asking, "desk", lambda _home: Opened())

    return open_desk


def wanted(**more: Any) -> argparse.Namespace:
    given = {"json": False, "home": Path("none"), "id": None, "waiting": False, "returned": False, "office": None, "most": None}
    return argparse.Namespace(**given | more)


@pytest.mark.parametrize("old", [False, True])
async def test_an_inbox_of_a_thousand_shows_what_waits_first_and_no_more_than_one_reads(
    *, old: bool, at_desk: Any, capsys: pytest.CaptureFixture[str]
):
    rows = [received(n) for n in range(1000, 0, -1)]
    rows[600] |= {"review": "pending", "opening": "consigned"}
    rows[900] |= {"review": "pending", "urgency": "extra_urgent"}
    county = County(old=old, inbox=rows)
    at_desk(county)
    await listing.inbox(wanted())
    head, *lines = capsys.readouterr().out.splitlines()
    assert "待签收 to be signed for: 2（特急 extra urgent 1）" in head
    assert [line.split()[0] for line in lines[:3]] == ["T01-2026-000100", "T01-2026-000400", "T01-2026-001000"]
    assert "未阅 unread" in lines[1]
    assert (len(lines), lines[-1].startswith("… ")) == (listing.SHOWN + 1, True)
    assert old or len(county.asked) <= 2 + listing.SHOWN, "what nobody reads is not asked for"
    await listing.inbox(wanted(waiting=True))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["T01-2026-000100", "T01-2026-000400"]
    await listing.inbox(wanted(json=True))
    assert len(json.loads(capsys.readouterr().out)["items"]) == 1000, "a program is given all"
    await listing.inbox(wanted(json=True, most=3))
    assert len(json.loads(capsys.readouterr().out)["items"]) == 3


async def test_what_came_back_and_was_not_corrected_stands_before_all_else_that_was_sent(at_desk: Any, capsys: pytest.CaptureFixture[str]):
    rows = [sent(n, "pending") for n in range(9, 0, -1)]
    rows[6] = sent(3, "returned", "signed_for")
    rows[7] = sent(2, "returned", replaced_by="f" * 64)
    at_desk(County(submissions=rows))
    await listing.status(wanted(most=4))
    *_, note, first, second, _third, _fourth, more = capsys.readouterr().out.splitlines()
    assert "待更正 1 件" in note
    assert first.split()[0] == "T01-2026-000003"
    assert "已退回 returned 1/2" in first
    assert second.split()[0] == "T01-2026-000009"
    assert more.startswith("… ")
    await listing.status(wanted(office=["T03"]))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("T01-")] == ["T01-2026-000003"]


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this computer's clock stand where it is still yesterday."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_times_and_the_date_of_issue_are_those_of_beijing_wherever_the_computer_thinks_it_is():
    assert speech.local("2026-11-22T16:30:00.000Z") == "2026-11-23 00:30"
    home: Any = SimpleNamespace(enrolled=SimpleNamespace(office="T01", name="张三"))
    order = Order(main="a.txt", title="防汛", kind=Kind.INFORMATION.value, to=["county"])
    made = packing._message(home, order, [], datetime(2026, 11, 22, 16, 30, tzinfo=UTC))
    assert made.date_issued == "2026-11-23"
    assert made.secrecy_check.at == "2026-11-22T16:30:00.000Z", "what is kept stays in UTC"
