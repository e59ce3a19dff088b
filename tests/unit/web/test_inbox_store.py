"""Lists of the inbox against a small ledger: filters, pages, what comes next, marks and views; and what nobody else may count."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from finder_maker import NOW, SmallLedger, small_ledger

from archive.ledger.database import Tx
from exchange.delivery.states import Action
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.web.inbox import marks, store, views
from exchange.web.inbox.rows import Folder, Order, Wanted
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Role, Urgency

ME = "county.1"
EVERY = Wanted(folder=Folder.ALL)


async def person(ledger: SmallLedger, name: str = ME) -> Person:
    return await ledger.database.read(offices.person, name)


async def ask(ledger: SmallLedger, unit: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return await ledger.database.read(unit, await person(ledger), *arguments, **named)


async def titles(ledger: SmallLedger, wanted: Wanted) -> list[str]:
    return [row.title for row in (await ask(ledger, store.listed, wanted)).rows]


@pytest.mark.parametrize("unread", [False, True])
@pytest.mark.parametrize("order", Order)
async def test_pages_of_any_order_hold_every_item_once(order: Order, *, unread: bool):
    async with small_ledger() as ledger:
        for n in range(7):
            item = await ledger.accept(f"{n}", urgency=list(Urgency)[n % 3])
            if n % 2:  # some were never opened, some were marked unread again
                await ledger.move(ME, item, Action.OPEN)
                await ledger.database.write(marks.mark, await person(ledger), item, unread=True)
        await ledger.move(ME, await ledger.accept("已读"), Action.OPEN)
        wanted, place, seen = Wanted(order=order, size=2, unread=unread), None, []
        while True:
            page = await ask(ledger, store.listed, wanted, place)
            seen += page.rows
            if page.following is None:
                break
            place = wanted.sorting.listing.read(page.following)
        assert sorted(row.title for row in seen) == [*(f"{n}" for n in range(7)), *([] if unread else ["已读"])]
        assert await ask(ledger, store.count, wanted) == len(seen)
        ranks = [list(Urgency).index(row.urgency) for row in seen]
        assert wanted.sorting is not Order.URGENT or ranks == sorted(ranks, reverse=True)
        assert [row.submission for row in seen] == [row.submission for row in await ask(ledger, store.matching, wanted, 300)]


async def test_filters_choose_by_what_an_item_is_and_by_the_offices_marks():
    async with small_ledger() as ledger:
        report = await ledger.accept("报告", kind=Kind.REPORT, respond_by="2026-12-01")
        other = await ledger.accept("信息", sender="T02", urgency=Urgency.EXTRA_URGENT)
        await ledger.accept("不是给县里的", to=("T02",))
        assert await titles(ledger, Wanted(kind=Kind.REPORT)) == ["报告"]
        assert await titles(ledger, Wanted(office="T02")) == ["信息"]
        assert await titles(ledger, Wanted(urgency=Urgency.EXTRA_URGENT)) == ["信息"]
        today = (NOW + timedelta(hours=8)).date()
        assert len(await titles(ledger, Wanted(since=today, until=today))) == 2
        assert await titles(ledger, Wanted(since=today + timedelta(days=1))) == []
        await ledger.move(ME, report, Action.OPEN)
        assert await titles(ledger, Wanted(unread=True)) == ["信息"]
        await ledger.database.write(marks.mark, await person(ledger), report, unread=True)
        row = await ledger.database.write(marks.mark, await person(ledger), report, starred=True)
        assert (row.unread, row.starred, row.respond_by) == (True, True, "2026-12-01")
        assert await titles(ledger, Wanted(starred=True, unread=True)) == ["报告"]
        await ledger.move(ME, other, Action.SIGN_FOR)
        assert await titles(ledger, Wanted(folder=Folder.SIGNED_FOR)) == ["信息"]
        assert await ask(ledger, store.folders) == dict.fromkeys(Folder, 0) | {Folder.PENDING: 1, Folder.SIGNED_FOR: 1, Folder.ALL: 2}
        assert await ask(ledger, store.count, EVERY) == 2


async def test_the_next_item_is_the_one_behind_it_that_is_yet_to_be_signed_for():
    async with small_ledger() as ledger:
        for n in range(4):
            await ledger.accept(f"{n}")
        order = [row.submission for row in (await ask(ledger, store.listed, Wanted())).rows]
        await ledger.move(ME, order[1], Action.SIGN_FOR)

        async def after(place: int, *passed: int) -> str | None:
            found = await ask(ledger, store.following, Wanted(), order[place], frozenset(order[n] for n in passed))
            return None if found is None else str(found)

        assert await after(0) == order[2]
        assert await after(1) == order[2]  # it left the list, and still has its place in it
        assert await after(0, 2) == order[3]
        assert await after(3) == order[0]
        assert await after(3, 0, 2) is None
        assert await ask(ledger, store.following, Wanted(), "f" * 64) == order[0]


async def test_what_is_for_named_persons_is_in_nobody_elses_list_count_or_marks():
    async with small_ledger() as ledger:
        other = await ledger.database.write(offices.add_person, "county", "李四", Role.REVIEWER, NOW)
        secret = await ledger.accept("只给李四", addressees=[other])
        assert await titles(ledger, EVERY) == []
        assert (await ask(ledger, store.folders))[Folder.ALL] == 0
        assert await ask(ledger, store.count, EVERY) == 0
        assert await ask(ledger, store.one, secret) is None
        assert (await ledger.database.read(store.folders, await person(ledger, other)))[Folder.PENDING] == 1
        with pytest.raises(Problem) as refused:
            await ledger.database.write(marks.mark, await person(ledger), secret, starred=True)
        assert refused.value.kind is ProblemType.NOT_FOUND


async def test_who_moved_it_last_is_named_to_colleagues():
    async with small_ledger() as ledger:
        item = await ledger.accept()
        assert await ask(ledger, store.last_move, item) is None
        await ledger.move(ME, item, Action.SIGN_FOR)
        moved = await ask(ledger, store.last_move, item)
        assert (moved.name, moved.event.value) == ("张三", "ConsignmentAcceptance")


async def test_views_are_ones_own_or_the_offices_and_count_what_is_there_now():
    async with small_ledger() as ledger:
        await ledger.accept(kind=Kind.REPORT)
        me = await person(ledger)
        colleague = await person(ledger, await ledger.database.write(offices.add_person, "county", "李四", Role.REVIEWER, NOW))
        await ledger.database.write(views.save, me, "报告", Wanted(kind=Kind.REPORT), NOW, shared=True)
        await ledger.database.write(views.save, me, "我的", Wanted(starred=True), NOW, shared=False)
        mine = await ledger.database.read(views.views, me)
        assert [(view.name, view.query, view.items, view.shared) for view in mine] == [
            ("报告", "kind=report", 1, True),
            ("我的", "starred=1", 0, False),
        ]
        assert [view.name for view in await ledger.database.read(views.views, colleague)] == ["报告"]
        assert await ledger.database.read(views.views, await person(ledger, "T01.1")) == []
        await ledger.database.write(views.drop, colleague, mine[1].id)
        await ledger.database.write(views.drop, colleague, mine[0].id)
        assert [view.name for view in await ledger.database.read(views.views, me)] == ["我的"]
        await ledger.change("UPDATE saved_view SET query = 'folder=of-a-later-program'")
        assert len(await ledger.database.read(views.views, me)) == 1
        for n in range(views.MOST - 1):
            await ledger.database.write(views.save, me, f"{n}", Wanted(), NOW, shared=False)
        with pytest.raises(Problem):
            await ledger.database.write(views.save, me, "一个太多", Wanted(), NOW, shared=False)


def _plan(tx: Tx) -> str:
    rows = tx.rows("EXPLAIN QUERY PLAN SELECT review, count(*) FROM delivery WHERE office = 'county' GROUP BY review ORDER BY review")
    return " ".join(row.detail for row in rows)


async def test_folders_are_counted_from_the_index_alone():
    async with small_ledger() as ledger:
        assert "COVERING INDEX delivery_by_review" in await ledger.database.read(_plan)


async def test_what_is_urgent_stands_before_what_is_merely_new_while_it_waits_and_no_more_once_it_is_signed_for():
    async with small_ledger() as ledger:
        for title, urgency in (
            ("特急", Urgency.EXTRA_URGENT),
            ("加急", Urgency.URGENT),
            ("平件一", Urgency.NORMAL),
            ("平件二", Urgency.NORMAL),
        ):
            await ledger.accept(title, urgency=urgency)
        waiting = await titles(ledger, Wanted())
        assert waiting[:2] == ["特急", "加急"]
        assert sorted(waiting[2:]) == ["平件一", "平件二"]
        plan = await ledger.database.read(
            lambda tx: tx.rows(
                "EXPLAIN QUERY PLAN SELECT submission FROM delivery WHERE office = 'county' AND review = 'pending'"
                " ORDER BY rank, consigned_at DESC, submission DESC LIMIT 50"
            )
        )
        assert [row.detail for row in plan] == ["SEARCH delivery USING COVERING INDEX delivery_by_rank (office=? AND review=?)"]
