"""One suite for every search index; what only those in folders do follows at its end."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from entry_maker import COUNTY, TOWN, Halted, batch, entry

from archive.search.entry import Batch, Entry
from archive.search.index import SearchIndex
from archive.search.memory import MemoryIndex
from archive.search.question import And, Between, Everything, Found, Node, Not, Number, OneOf, Or, Place, Question, Viewer, Words
from archive.search.tantivy_index import TantivyIndex
from archive.search.whoosh_index import WhooshIndex
from schemas.problems import Problem, ProblemType

FOLDERS: Final = {"tantivy": TantivyIndex.open, "whoosh": WhooshIndex.open}
Open = Callable[[], SearchIndex]

APPLY_IN_ANOTHER_PROCESS: Final = """
import sys
from pathlib import Path
from archive.search.{engine}_index import {kind}
from archive.search.entry import Batch
from schemas.problems import Problem
index = {kind}.open(Path(sys.argv[1]))
try:
    index.apply(Batch((), (), 9))
except Problem as problem:
    print(problem.kind.name)
"""


@pytest.fixture(params=["memory", *FOLDERS])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    opened: SearchIndex = MemoryIndex() if request.param == "memory" else FOLDERS[request.param](tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture(params=list(FOLDERS))
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Return what opens the same folder, each time with a new handle."""
    handles: list[SearchIndex] = []

    def opened() -> SearchIndex:
        handles.append(FOLDERS[request.param](tmp_path / "index"))
        return handles[-1]

    yield opened
    for handle in handles:
        handle.close()


def ask(index: SearchIndex, node: Node | str, viewer: Viewer = COUNTY, **more: object) -> Found:
    return index.search(Question(node=Words(node) if isinstance(node, str) else node, viewer=viewer, **more))  # type: ignore[arg-type]


def ordinals(found: Found) -> list[int]:
    """Return the hits by the ordinals that they were made with, after a look at what else they say."""
    assert [int(hit.submission, 16) for hit in found.hits] == [hit.accepted for hit in found.hits]
    return [hit.accepted for hit in found.hits]


def found(index: SearchIndex, node: Node | str, viewer: Viewer = COUNTY) -> list[int]:
    answer = ask(index, node, viewer, size=100)
    assert answer.total == len(answer.hits)
    return ordinals(answer)


def refused(act: Callable[[], object]) -> ProblemType:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.kind


def test_a_new_index_covers_nothing_and_finds_nothing(index: SearchIndex):
    assert (index.upto(), index.count()) == (0, 0)
    assert ask(index, Everything()) == Found(total=0, hits=(), facets={"office": {}, "kind": {}, "year": {}, "state": {}}, upto=0)


def test_what_was_applied_is_found_and_the_answer_says_how_far_the_index_is(index: SearchIndex):
    index.apply(batch(entry(1), entry(2), upto=17))
    answer = ask(index, "有关事项")
    assert (answer.total, ordinals(answer), answer.upto) == (2, [2, 1], 17)
    assert (index.upto(), index.count()) == (17, 2)


def test_applying_a_batch_again_changes_nothing(index: SearchIndex):
    index.apply(batch(entry(1), entry(2)))
    again = batch(entry(2, title="改了"), entry(3), gone=(entry(1).submission,))
    answers = []
    for _ in range(2):
        index.apply(again)
        answers.append((index.upto(), index.count(), ask(index, Everything()), ask(index, "改了")))
    assert answers[0] == answers[1]
    assert found(index, Everything()) == [3, 2]


def test_an_entry_takes_the_place_of_the_one_under_its_id(index: SearchIndex):
    index.apply(batch(entry(1, title="旧题", kind="notice"), entry(2)))
    index.apply(batch(entry(1, title="新题", kind="report", readers=("office:T02",)), upto=3))
    assert found(index, "旧题") == []
    assert found(index, "新题") == []
    assert found(index, "新题", Viewer("T02", "T02.1")) == [1]
    assert (index.count(), ask(index, Everything()).facets["kind"]) == (2, {"notice": 1})


def test_the_last_of_several_entries_under_one_id_stays(index: SearchIndex):
    index.apply(batch(entry(1, title="先来"), entry(2), entry(1, title="后到")))
    assert (found(index, "先来"), found(index, "后到"), index.count()) == ([], [1], 2)


def test_what_is_gone_is_not_found_and_what_never_was_may_go(index: SearchIndex):
    index.apply(batch(entry(1), entry(2)))
    index.apply(batch(gone=(entry(1).submission, "f" * 64), upto=9))
    assert (found(index, Everything()), index.count(), index.upto()) == ([2], 1, 9)


def test_an_entry_in_the_same_batch_stays_although_its_id_is_gone(index: SearchIndex):
    index.apply(batch(entry(1, title="先来")))
    index.apply(batch(entry(1, title="后到"), gone=(entry(1).submission,)))
    assert (found(index, "先来"), found(index, "后到")) == ([], [1])


def test_a_batch_without_entries_says_only_how_far_the_index_is(index: SearchIndex):
    index.apply(batch(entry(1)))
    index.apply(batch(upto=40))
    assert (index.upto(), index.count(), found(index, Everything())) == (40, 1, [1])
    assert ask(index, Not(Words("没有")), facets=False) == Found(total=1, hits=ask(index, Everything()).hits, upto=40)


def test_only_an_office_that_is_a_party_finds_an_item(index: SearchIndex):
    index.apply(batch(entry(1), entry(2, readers=("office:T02", "office:county"))))
    assert found(index, Everything(), COUNTY) == [2, 1]
    assert found(index, Everything(), TOWN) == [1]
    assert found(index, Everything(), Viewer("T02", "T02.9")) == [2]
    assert found(index, Everything(), Viewer("T0", "T0.1")) == []


def test_only_named_persons_find_a_named_item_in_list_count_and_facet(index: SearchIndex):
    index.apply(batch(entry(1), entry(2, readers=("person:T01.3", "person:county.1"), kind="report")))
    for viewer, seen in ((TOWN, [1]), (Viewer("T01", "T01.3"), [2, 1]), (COUNTY, [2, 1]), (Viewer("county", "county.2"), [1])):
        assert found(index, Everything(), viewer) == seen
        assert found(index, Not(Words("没有")), viewer) == seen
        assert found(index, Or((Words("安全生产"), OneOf("kind", ("report",)))), viewer) == seen
        assert ("report" in ask(index, Everything(), viewer).facets["kind"]) == (2 in seen)


def test_an_office_is_no_person_and_a_person_no_office(index: SearchIndex):
    index.apply(batch(entry(1, readers=("person:T01",)), entry(2, readers=("office:T01.1",))))
    assert found(index, Everything(), TOWN) == []


TEXTS: Final = entry(
    1,
    title="关于安全生产的通知",
    number="青政發〔２０２６〕第０12号",
    filing_number="T01-2026-000007",
    files=("附件1 名单.pdf", "說明.txt"),
    texts=("请用 A4 纸\n打印，共３份。\u200b臺灣", "第二部分：公公公公"),
    kind="report",
    urgency="urgent",
    date=20251231,
    received=20260102,
    office="T01",
    recipients=("county", "T02"),
    standings=("county:received:pending", "T02:received:returned", "T01:sent:pending", "T01:sent:returned"),
)


@pytest.mark.parametrize(
    "node",
    [
        Words("安全生产"),
        Words("全生"),
        Words("产"),
        Words("安全生产的通"),
        Words("用A4纸打印"),
        Words("A"),
        Words("3份。台湾"),
        Words("Ａ４"),
        Words("，"),
        Words("公公公"),
        Words("公公公公"),
        Words("青政发〔2026〕12号"),
        Words("000007"),
        Words("名单"),
        Words("说明.txt"),
        Words("说明", "file"),
        Words("明", "file"),
        Words("安全", "title"),
        Words("关", "title"),
        Words("政发(2026)12", "number"),
        Words("2026-0000", "number"),
        Words("7", "number"),
        Number(2026, 12, "青政发"),
        Number(2026, 12),
        OneOf("from", ("T09", "T01")),
        OneOf("to", ("T02",)),
        OneOf("kind", ("report",)),
        OneOf("urgency", ("urgent", "normal")),
        OneOf("state", ("pending",)),
        OneOf("state", ("received:pending",)),
        OneOf("state", ("returned", "received:pending")),
        Between("year", 2025, 2025),
        Between("date", 20251231, 20251231),
        Between("received", 0, 20260102),
        Between("received", -(10**30), 10**30),
        Everything(),
        Not(Words("没有")),
        Not(Not(Everything())),
        And((Words("安全"), Words("A4"), Not(Words("没有")))),
        And((Not(Words("没有")), Not(Words("也没有")))),
        And((Words("安全"),)),
        Or((Words("没有"), Words("安全"))),
        Or((Words("没有"), Not(Words("没有")))),
        Or((Everything(),)),
        Not(And((Words("安全"), Words("没有")))),
        Not(Or((Words("没有"), Number(2026, 13)))),
    ],
    ids=repr,
)
def test_a_question_that_holds_finds_and_its_opposite_does_not(shelf: SearchIndex, node: Node):
    assert 1 in found(shelf, node)
    assert 1 not in found(shelf, Not(node))


@pytest.mark.parametrize(
    "node",
    [
        Words("安全通知"),
        Words("的通知青政发"),
        Words("青政发(2026)12号t01"),
        Words("txt请用"),
        Words("公公公公公"),
        Words("请用A 4纸"),
        Words("安全", "number"),
        Words("产", "file"),
        Words("请用", "title"),
        Words("台", "title"),
        Words("安", "number"),
        Number(2026, 1),
        Number(2026, 12, "政发"),
        Number(2025, 12, "青政发"),
        OneOf("from", ("T02", "t01", "")),
        OneOf("from", ()),
        OneOf("to", ("T01",)),
        OneOf("kind", ("报告",)),
        OneOf("state", ("returned",)),
        OneOf("state", ("sent:pending", "T01:sent:pending", "T02:received:returned", "received", "")),
        Between("year", 2026, 2026),
        Between("date", 20260102, 20260102),
        Between("date", 20260101, 20250101),
        Not(Everything()),
        And((Words("安全"), Not(Words("A4")))),
        Or((Words("没有"), Not(Everything()))),
    ],
    ids=repr,
)
def test_a_question_that_does_not_hold_finds_nothing_and_its_opposite_all(shelf: SearchIndex, node: Node):
    assert 1 not in found(shelf, node)
    assert 1 in found(shelf, Not(node))


OTHER: Final = entry(
    2, title="另一件", number="", filing_number="x", files=(), texts=(), office="T03", standings=(), date=20200101, received=20400101
)


@pytest.fixture(scope="module", params=["memory", *FOLDERS])
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    """Return an index with two entries, which the tests of questions share."""
    folder = tmp_path_factory.mktemp(request.param) / "index"
    opened: SearchIndex = MemoryIndex() if request.param == "memory" else FOLDERS[request.param](folder)
    opened.apply(batch(TEXTS, OTHER))
    yield opened
    opened.close()


def test_the_state_is_the_viewers_own(index: SearchIndex):
    index.apply(batch(entry(1, standings=("county:received:pending", "T01:sent:returned", "T010:sent:pending"))))
    assert found(index, OneOf("state", ("pending",)), COUNTY) == [1]
    assert found(index, OneOf("state", ("pending",)), TOWN) == []
    assert found(index, OneOf("state", ("sent:returned",)), TOWN) == [1]
    assert ask(index, Everything(), COUNTY).facets["state"] == {"received:pending": 1}
    assert ask(index, Everything(), TOWN).facets["state"] == {"sent:returned": 1}


def shelf_of_tiers() -> Batch:
    """Return entries of which the even ones have the word in their title and all have it in their text."""
    return batch(*(entry(n, title="防汛通知" if n % 2 == 0 else "通知", texts=(f"防汛工作之{n}",)) for n in range(1, 12)))


def test_the_best_are_those_with_the_words_in_their_title_and_newest_first(index: SearchIndex):
    index.apply(shelf_of_tiers())
    answer = ask(index, "防汛", size=20)
    assert [(hit.tier, hit.accepted) for hit in answer.hits] == [
        *((0, n) for n in (10, 8, 6, 4, 2)),
        *((1, n) for n in (11, 9, 7, 5, 3, 1)),
    ]
    newest = ask(index, "防汛", size=20, order="newest")
    assert [(hit.tier, hit.accepted) for hit in newest.hits] == [(1, n) for n in range(11, 0, -1)]


def test_the_order_is_that_of_acceptance_and_not_that_of_arrival_in_the_index(index: SearchIndex):
    for ordinal in (5, 9, 1, 7):
        index.apply(batch(entry(ordinal)))
    index.apply(batch(entry(5, texts=("改了",))))
    assert found(index, Everything()) == [9, 7, 5, 1]


def test_pages_follow_one_another_without_gap_or_repetition(index: SearchIndex):
    index.apply(shelf_of_tiers())
    for order in ("best", "newest"):
        whole = ask(index, "防汛", size=100, order=order)
        for size in (1, 2, 3, 5, 6, 7, 11, 20):
            seen: list[object] = []
            place: Place | None = None
            while True:
                page = ask(index, "防汛", size=size, order=order, after=place)
                assert (page.total, page.facets) == (11, whole.facets)
                seen += page.hits
                if len(page.hits) < size:
                    break
                place = Place(page.hits[-1].tier, page.hits[-1].accepted)
            assert seen == list(whole.hits)


@pytest.mark.parametrize("after", [Place(0, 10**30), Place(0, -1), Place(9, 0), Place(-1, 5)])
def test_a_place_that_no_answer_had_is_a_place_all_the_same(shelf: SearchIndex, after: Place):
    expected = [2, 1] if after in (Place(0, 10**30), Place(-1, 5), Place(0, -1)) else []
    assert ordinals(ask(shelf, Everything(), after=after)) == expected


def test_what_comes_and_goes_meanwhile_moves_no_later_page(index: SearchIndex):
    index.apply(shelf_of_tiers())
    first = ask(index, "防汛", size=3)
    assert ordinals(first) == [10, 8, 6]
    index.apply(batch(entry(12, title="防汛通知"), gone=(entry(10).submission, entry(4).submission)))
    second = ask(index, "防汛", size=3, after=Place(0, 6))
    assert (second.total, ordinals(second)) == (10, [2, 11, 9])
    assert ordinals(ask(index, "防汛", size=3, after=Place(1, 9))) == [7, 5, 3]


@pytest.mark.parametrize("size", [0, 1])
def test_behind_the_last_there_is_an_empty_page_with_the_whole_count(index: SearchIndex, size: int):
    index.apply(shelf_of_tiers())
    page = ask(index, "防汛", size=size, after=Place(1, 1))
    assert (page.total, page.hits, page.facets["kind"]) == (11, (), {"notice": 11})


def test_facets_count_all_matches_and_not_only_the_page(index: SearchIndex):
    index.apply(
        batch(
            *(
                entry(
                    n,
                    office=f"T{n % 3:02d}",
                    kind="notice" if n % 2 else "report",
                    date=20240101 + n % 4 * 10_000,
                    standings=("county:received:pending", "county:sent:returned") if n % 5 == 0 else ("county:received:signed_for",),
                )
                for n in range(1, 31)
            )
        )
    )
    facets = ask(index, "安全", size=2).facets
    assert facets["office"] == {"T00": 10, "T01": 10, "T02": 10}
    assert facets["kind"] == {"notice": 15, "report": 15}
    assert facets["year"] == {"2024": 7, "2025": 8, "2026": 8, "2027": 7}
    assert facets["state"] == {"received:pending": 6, "sent:returned": 6, "received:signed_for": 24}
    assert ask(index, And((Words("安全"), OneOf("kind", ("report",)), Between("year", 2024, 2024)))).facets["office"] == {
        "T00": 2,
        "T01": 3,
        "T02": 2,
    }
    assert ask(index, "安全", facets=False).facets == {}


def test_a_facet_has_as_many_values_as_there_are(index: SearchIndex):
    index.apply(batch(*(entry(n, office=f"T{n:03d}", texts=()) for n in range(1, 301))))
    assert ask(index, Everything()).facets["office"] == {f"T{n:03d}": 1 for n in range(1, 301)}


def test_every_search_is_over_one_committed_state(index: SearchIndex):
    done = threading.Event()
    seen: list[Found] = []

    def search() -> None:
        while not done.is_set():
            seen.append(ask(index, "防汛", size=100))

    searchers = [threading.Thread(target=search) for _ in range(2)]
    for searcher in searchers:
        searcher.start()
    try:
        for ordinal in range(2, 14, 2):
            index.apply(batch(*(entry(n, texts=("防汛",)) for n in (ordinal - 1, ordinal))))
    finally:
        done.set()
        for searcher in searchers:
            searcher.join()
    assert seen
    for answer in seen:
        assert ordinals(answer) == list(range(answer.upto, 0, -1))
        assert answer.total == answer.upto == sum(answer.facets["kind"].values())


def test_closing_twice_is_closing_once(index: SearchIndex):
    index.apply(batch(entry(1)))
    index.close()
    index.close()


def test_what_was_applied_is_there_when_the_folder_is_opened_again(open_again: Open):
    first = open_again()
    first.apply(batch(entry(1), entry(2)))
    first.apply(batch(entry(3), gone=(entry(1).submission,), upto=8))
    answer = ask(first, "安全")
    first.close()
    second = open_again()
    assert (second.upto(), second.count(), ask(second, "安全")) == (8, 2, answer)
    second.apply(batch(entry(4), upto=9))
    assert found(second, "安全") == [4, 3, 2]


def test_a_new_folder_that_nothing_was_applied_to_opens_again(open_again: Open):
    open_again().close()
    again = open_again()
    assert (again.upto(), again.count()) == (0, 0)


def test_a_second_writer_is_refused_at_once_in_this_and_in_another_process(
    open_again: Open, request: pytest.FixtureRequest, tmp_path: Path
):
    first, second = open_again(), open_again()
    engine = request.node.callspec.params["open_again"]
    program = APPLY_IN_ANOTHER_PROCESS.format(engine=engine, kind=type(first).__name__)
    said: list[object] = []

    def meanwhile() -> None:
        said.append(refused(lambda: first.apply(batch(entry(7)))))
        said.append(refused(lambda: second.apply(batch(entry(8)))))
        said.append(
            subprocess.run([sys.executable, "-c", program, str(tmp_path / "index")], capture_output=True, text=True, check=True).stdout
        )

    first.apply(Batch(Halted.over([entry(1), entry(2)], meanwhile, before=1), (), 2))
    assert said == [ProblemType.INDEX_LOCKED, ProblemType.INDEX_LOCKED, "INDEX_LOCKED\n"]
    assert (found(first, "安全"), first.upto()) == ([2, 1], 2)
    first.close()
    second.apply(batch(entry(3)))
    assert found(second, "安全") == [3, 2, 1]


def test_a_batch_that_fails_leaves_the_state_before(open_again: Open):
    index = open_again()
    index.apply(batch(entry(1)))

    def fail() -> None:
        raise KeyboardInterrupt

    entries: list[Entry] = [entry(1, title="改了"), entry(2), entry(3)]
    with pytest.raises(KeyboardInterrupt):
        index.apply(Batch(Halted.over(entries, fail, before=2), (), 3))
    assert (found(index, Everything()), found(index, "改了"), index.upto()) == ([1], [], 1)
    index.apply(batch(entry(4)))
    assert found(index, Everything()) == [4, 1]
    index.close()
    assert found(open_again(), Everything()) == [4, 1]


def test_a_closed_index_is_not_ready(open_again: Open):
    index = open_again()
    index.apply(batch(entry(1)))
    index.close()
    for act in (index.upto, index.count, lambda: ask(index, "安全"), lambda: index.apply(batch(entry(2)))):
        assert refused(act) is ProblemType.INDEX_NOT_READY
    open_again().apply(batch(entry(2)))
