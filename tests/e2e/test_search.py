"""Search through the whole service: real papers, the real index, and nobody finds what is not theirs."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
import pytest_asyncio
from county_maker import Running, found, really_serving, serving
from paper_maker import SONG
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from submission_maker import Letter, pack

from archive.search.question import Found, Hit, Question
from exchange.clock import FakeClock
from exchange.edge import LONGEST_LINE
from exchange.finding.answers import Answer
from schemas.words import Kind, Role, Urgency

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TITLE, NUMBER = "关于做好防汛工作的通知", "青政发〔2026〕12号"
NAMED = "给指定人员的山洪预案"
PAGES = (
    ("关于做好防汛工作的通知", "各乡镇要层层落实防汛责", "任制，逐村逐户排查隐患，", "备足沙袋、抽水泵等物资。各级值守"),
    ("人员须昼夜在岗，遇有险情立即转移群众，", "不得迟报、漏报。"),
)


def paper(pages: Sequence[Sequence[str]]) -> bytes:
    """Return a PDF of these lines."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(210 * mm, 297 * mm), invariant=True)
    for lines in pages:
        canvas.setFont(SONG, 16)
        for row, line in enumerate(lines):
            canvas.drawString(28 * mm, (240 - 10 * row) * mm, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@dataclass
class Scene:
    """T01 sent `plain` to T02 (not opened yet) and `named` to T02.1 alone; T02 sent nine short ones to the county."""

    county: Running
    plain: str
    named: str

    async def ask(self, q: str, person: str = "T01.1", **parameters: Any) -> tuple[int, Any]:
        return await self.county.ask("GET", f"/api/v1/search?{urlencode({'q': q, **parameters})}", person)

    async def find(self, q: str, person: str = "T01.1", **parameters: Any) -> Any:
        status, answer = await self.ask(q, person, **parameters)
        assert status == 200, answer
        msgspec.convert(answer, Answer)
        return answer

    async def titles(self, q: str, person: str = "T01.1", **parameters: Any) -> list[str]:
        return [hit["title"] for hit in (await self.find(q, person, **parameters))["hits"]]

    async def send(self, letter: Letter) -> str:
        status, body = await self.county.submit(pack(letter, self.county.people[f"{letter.sender}.1"]))
        assert status == 201, body
        self.county.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined] # a fake
        return str(json.loads(body)["submission"])

    async def bulletin(self, number: int) -> str:
        files = {f"第{number}期.txt": f"乡镇动态第{number}期：秋收进展顺利。".encode()}
        return await self.send(Letter(sender="T02", at=self.county.clock.now(), title=f"柳河信息第{number}期", files=files))

    async def settled(self) -> None:
        """Wait until the index has taken in what the ledger has."""
        async with asyncio.timeout(60):
            while True:
                status, answer = await self.ask("", "county.1", size=1)
                if status == 200 and not answer["index"]["behind"]:
                    return
                await asyncio.sleep(0.02)


async def people(county: Running) -> None:
    for code, name in (("T01", "城关镇"), ("T02", "柳河乡"), ("T03", "石桥镇")):
        await county.office(code, name)
        for role in (Role.CLERK, Role.CLERK, Role.ADMINISTRATOR, Role.AUDITOR):
            await county.person(code, role.zh, role)
    await county.person("county", "县收文", Role.REVIEWER)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("search") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as county:
        await people(county)
        made = Scene(county, "", "")
        notice = {"kind": Kind.NOTICE, "number": NUMBER, "urgency": Urgency.URGENT, "date_issued": "2026-03-05"}
        files = {"防汛通知.pdf": paper(PAGES), "物资清单.txt": "附表：沙袋二千只，抽水泵六台。".encode()}
        made.plain = await made.send(Letter(at=county.clock.now(), title=TITLE, to=("T02",), files=files, fields=notice))
        named = {"预案.txt": "山洪预案由专人掌握，责任到人。".encode()}
        letter = Letter(at=county.clock.now(), title=NAMED, to=("T02",), files=named, fields={"addressees": ["T02.1"]})
        made.named = await made.send(letter)
        for number in range(1, 10):
            await made.bulletin(number)
        await made.settled()
        yield made


# ---- before anything is opened ----


async def test_a_recipient_is_shown_no_text_before_the_item_is_opened(scene: Scene):
    (hit,) = (await scene.find("防汛责任制", "T02.2"))["hits"]
    assert (hit["title"], hit["snippets"]) == (TITLE, [])
    assert (await scene.county.ask("POST", f"/api/v1/inbox/{scene.plain}/open", "T02.2", b"{}"))[0] == 200
    await scene.settled()
    (hit,) = (await scene.find("防汛责任制", "T02.2"))["hits"]
    assert hit["snippets"]


# ---- what is found ----


async def test_a_hit_says_what_the_lists_say_and_marks_what_was_found(scene: Scene):
    answer = await scene.find("防汛 沙袋")
    (hit,) = answer["hits"]
    _, status = await scene.county.ask("GET", f"/api/v1/submissions/{scene.plain}", "T01.1")
    assert {name: status[name] for name in hit if name in status} == {name: hit[name] for name in hit if name in status}
    assert {"submission", "filing_number", "number", "title", "from", "kind", "urgency", "accepted_at", "deliveries"} <= set(hit)
    assert hit["date"] == "2026-03-05"
    assert [hit["title"][start:end] for start, end in hit["title_marks"]] == ["防汛"]
    assert {snippet["part"] for snippet in hit["snippets"]} == {"防汛通知.pdf", "物资清单.txt"}
    assert {snippet["text"][start:end] for snippet in hit["snippets"] for start, end in snippet["marks"]} == {"防汛", "沙袋"}
    assert (answer["total"], answer["next"], answer["query"], answer["index"]) == (1, None, "防汛 沙袋", {"behind": False})


@pytest.mark.parametrize("q", ["防汛责任制", "“防汛责任制”", "防汛責任制", "防汛 责任 制", "落实 -迟到"])
async def test_a_phrase_across_a_line_end_is_found_in_any_script(scene: Scene, q: str):
    assert await scene.titles(q) == [TITLE]


async def test_a_phrase_across_a_page_end_is_found_marked_and_placed(scene: Scene):
    (hit,) = (await scene.find("值守人员"))["hits"]
    (snippet,) = hit["snippets"]
    assert (snippet["part"], snippet["page"]) == ("防汛通知.pdf", 1)
    assert [snippet["text"][start:end] for start, end in snippet["marks"]] == ["值守人员"]
    (hit,) = (await scene.find("昼夜在岗"))["hits"]
    assert [snippet["page"] for snippet in hit["snippets"]] == [2]


SPELLINGS = [
    "青政发〔2026〕12号",
    "青政发[2026]12号",
    "青政发（2026）第012号",
    "青政發【２０２６】１２號",
    "青政发2026年12号",
    "(2026)12号",
]


@pytest.mark.parametrize("q", [*SPELLINGS, *(f"文号:{each}" for each in SPELLINGS), "文号:12号", "文号：青政发"])
async def test_a_number_is_found_in_every_spelling_and_marked(scene: Scene, q: str):
    (hit,) = (await scene.find(q))["hits"]
    assert hit["submission"] == scene.plain
    assert hit["number_marks"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("标题:防汛", [TITLE]),
        ("附件:物资清单", [TITLE]),
        ("来自:城关 文种:通知", [TITLE]),
        ("来自:T01 紧急:加急 年份:2026 日期:2026年3月", [TITLE]),
        ("主送:柳河乡 -文种:信息", [TITLE]),
        ("收到:2026-11-22 文种:通知", [TITLE]),
        ("日期:..2026-03-04", []),
        ("来自:柳河乡", []),
        ("防汛 OR 山洪", [NAMED, TITLE]),
        ("沙袋 OR 山洪", [NAMED, TITLE]),
        ("", [NAMED, TITLE]),
    ],
)
async def test_fields_narrow_what_is_found(scene: Scene, q: str, expected: list[str]):
    assert await scene.titles(q) == expected


async def test_facets_count_with_labels(scene: Scene):
    facets = (await scene.find("", "T02.1"))["facets"]
    assert facets["office"] == [{"value": "T02", "label": "柳河乡", "count": 9}, {"value": "T01", "label": "城关镇", "count": 2}]
    assert facets["kind"] == [{"value": "information", "label": "信息", "count": 10}, {"value": "notice", "label": "通知", "count": 1}]
    assert facets["year"] == [{"value": "2026", "label": "2026", "count": 11}]
    assert {(one["value"], one["label"], one["count"]) for one in facets["state"]} == {
        ("sent:pending", "发出 待签收", 9),
        ("received:pending", "收到 待签收", 2),
    }
    assert (await scene.find("", "T02.1", facets=0))["facets"] == {}


async def test_a_state_is_the_own_one_and_follows_the_delivery(scene: Scene):
    submission = await scene.bulletin(70)
    await scene.settled()
    assert await scene.titles("第70期 状态:待签收", "county.1") == ["柳河信息第70期"]
    assert (await scene.county.ask("POST", f"/api/v1/inbox/{submission}/sign-for", "county.1", b"{}"))[0] == 200
    await scene.settled()
    assert await scene.titles("第70期 状态:待签收", "county.1") == []
    assert await scene.titles("第70期 状态:收到:已签收", "county.1") == ["柳河信息第70期"]
    assert await scene.titles("第70期 状态:发出:已签收", "T02.2") == ["柳河信息第70期"]
    assert await scene.titles("第70期 状态:收到:已签收", "T02.2") == []


async def test_pages_follow_one_another_without_gap_or_double_while_more_arrives(scene: Scene):
    everything = await scene.titles("秋收 OR 第3期", "county.1", size=100)
    assert everything[0] == "柳河信息第3期"
    for order in ("best", "newest"):
        seen, after, size = [], None, 2
        while True:
            page = await scene.find("秋收 OR 第3期", "county.1", size=size, order=order, **({"after": after} if after else {}))
            seen += [hit["title"] for hit in page["hits"]]
            if after is None:
                await scene.bulletin(80 if order == "best" else 90)  # stands in front of what was seen already
                await scene.settled()
            after, size = page["next"], 3
            if after is None:
                break
        assert len(seen) == len(set(seen))
        assert set(everything) <= set(seen)


# ---- what is not ----


async def stranger_sees(scene: Scene, q: str, person: str) -> Any:
    answer = await scene.find(q, person)
    return {name: member for name, member in answer.items() if name != "query"}


REVEALING = [
    "防汛",
    "沙袋",
    "防汛责任制",
    NUMBER,
    "文号:12号",
    "标题:防汛",
    "附件:物资清单",
    "来自:T01",
    "来自:城关镇",
    "主送:T02",
    "年份:2026",
    "文种:通知",
]


@pytest.mark.parametrize("q", REVEALING)
async def test_another_township_finds_nothing_in_any_way(scene: Scene, q: str):
    nothing = await stranger_sees(scene, "没有任何文件含有的字句", "T03.1")
    assert await stranger_sees(scene, q, "T03.1") == nothing
    assert nothing["total"] == 0
    assert not any(nothing["facets"].values())
    assert (await stranger_sees(scene, f"-{q}", "T03.1")) == nothing


@pytest.mark.parametrize("person", ["T01.2", "T01.3", "T02.2", "T02.3", "T02.4", "T03.1", "county.1"])
async def test_a_named_item_is_invisible_to_all_but_the_named(scene: Scene, person: str):
    nothing = await stranger_sees(scene, "没有任何文件含有的字句", person)
    for q in ("山洪", "山洪预案", "标题:给指定人员", "附件:预案", "责任到人"):
        assert await stranger_sees(scene, q, person) == nothing
    assert NAMED not in await scene.titles("", person, size=100)


async def test_the_sender_and_the_named_find_a_named_item(scene: Scene):
    for person in ("T01.1", "T02.1"):
        assert await scene.titles("山洪", person) == [NAMED]


@pytest.mark.parametrize("person", ["T01.3", "T01.4", "T02.3", "T02.4"])
async def test_auditor_and_administrator_find_by_title_but_never_by_text_nor_see_any(scene: Scene, person: str):
    (hit,) = (await scene.find("防汛", person))["hits"]
    assert (hit["title"], hit["snippets"]) == (TITLE, [])
    assert await scene.titles("物资清单", person) == [TITLE]
    for q in ("沙袋", "防汛责任制", "-沙袋 标题:没有", "沙袋 OR 昼夜在岗"):
        assert await scene.titles(q, person) == []


class Lying:
    """A finder that names what it was told to, whoever asks."""

    def __init__(self, *submissions: str) -> None:
        self.submissions = submissions
        self.asked: list[Question] = []

    async def ask(self, question: Question) -> Found:
        self.asked.append(question)
        return Found(total=7, hits=tuple(Hit(name, 9 - place, 1) for place, name in enumerate(self.submissions)), upto=10**9)


async def test_the_ledger_decides_what_is_shown_whatever_the_index_says(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scene.county.service, "finder", Lying(scene.named, scene.plain, "5" * 64, "none"))
    shown = {person: [hit["submission"] for hit in (await scene.find("山洪", person))["hits"]] for person in ("T01.1", "T02.2", "T03.1")}
    assert shown == {"T01.1": [scene.named, scene.plain], "T02.2": [scene.plain], "T03.1": []}


async def test_what_the_ledger_dropped_does_not_end_the_paging(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scene.county.service, "finder", Lying("5" * 64, scene.plain, scene.named))
    page = await scene.find("", "T01.1", size=2)
    assert [hit["submission"] for hit in page["hits"]] == [scene.plain]
    assert page["next"]


async def test_an_index_that_lags_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    class Lagging(Lying):
        async def ask(self, question: Question) -> Found:
            self.asked.append(question)
            return Found(total=0, hits=(), upto=1)

    monkeypatch.setattr(scene.county.service, "finder", Lagging())
    assert (await scene.find("防汛"))["index"] == {"behind": True}


# ---- what is refused ----


@pytest.mark.parametrize(
    ("q", "position"),
    [
        ("防汛 “沙袋", 3),
        ("防汛 OR", 5),
        ("(防汛", 0),
        ("文种:通只", 3),
        ("日期:2026-02-30", 3),
        ("防汛 来自:无此单位", 6),
        ("主送:T02,T99", 7),
    ],
)
async def test_a_mistake_is_pointed_at(scene: Scene, q: str, position: int):
    status, problem = await scene.ask(q)
    assert (status, problem["type"]) == (400, "/problems/query-invalid")
    assert problem["position"] == position
    assert problem["expected"]
    assert problem == (await scene.ask(q, "T03.1"))[1]


@pytest.mark.parametrize(
    "parameters",
    [{"order": "worst"}, {"size": 0}, {"size": 101}, {"size": "x"}, {"facets": 2}, {"after": "x"}, {"after": "MQ"}, {"unknown": 1}],
)
async def test_a_parameter_that_is_wrong_is_refused(scene: Scene, parameters: dict[str, Any]):
    status, problem = await scene.ask("防汛", **parameters)
    assert (status, problem["type"]) == (400, "/problems/request-malformed")


async def test_a_cursor_is_good_for_its_own_order_alone(scene: Scene):
    cursor = (await scene.find("秋收", "county.1", size=1))["next"]
    status, problem = await scene.ask("秋收", "county.1", size=1, order="newest", after=cursor)
    assert (status, problem["type"]) == (400, "/problems/request-malformed")


@pytest.mark.parametrize("raw", ["%00", "%FF%FE", "%ED%A0%80", "%E2%80%8B", "%F0%9F%98%80", "%E2%80%AEabc", "防汛%00沙袋", "%"])
async def test_nothing_that_can_be_typed_is_an_error_of_ours(scene: Scene, raw: str):
    status, _ = await scene.county.ask("GET", f"/api/v1/search?q={raw}", "T01.1")
    assert status in (200, 400)


async def test_nobody_searches_unsigned(scene: Scene):
    answer = await scene.county.client.get("/api/v1/search?q=x")
    assert (answer.status, (await answer.json())["type"]) == (401, "/problems/request-not-signed")


async def test_the_words_asked_for_are_in_no_log(scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch):
    words = "绝无仅有的检索词甲乙丙"
    with caplog.at_level(logging.DEBUG):
        await scene.find(words)
        await scene.ask(f"“{words}")
        monkeypatch.setattr(scene.county.service, "finder", None)
        assert (await scene.ask(words))[0] == 500
    assert caplog.records
    for form in (words, quote(words), ascii(words)):
        assert form not in caplog.text


async def test_ten_kilobytes_of_query_are_answered_by_a_server_as_it_is_served(tmp_path: Path):
    await found(tmp_path / "county", NOW)
    async with really_serving(tmp_path / "county", FakeClock(NOW), max_line_size=LONGEST_LINE) as county:
        await people(county)
        alone = Scene(county, "", "")
        await alone.bulletin(1)
        await alone.settled()
        text = " OR ".join(["秋收", *(f"“防汛工作第{ordinal}段{'一' * 50}”" for ordinal in range(62))])
        assert len(text.encode()) > 10_000
        assert await alone.titles(text, "county.1") == ["柳河信息第1期"]
