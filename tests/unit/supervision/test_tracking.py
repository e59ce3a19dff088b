"""Tracking: counters follow every move, limits are laid down once, what is late is told once, urging leaves its event."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from tracking_maker import COUNTY, NOW, Ledger, ledger

from exchange.delivery import counts
from exchange.delivery import store as deliveries
from exchange.delivery.states import Action, Review
from exchange.duty.working_days import Rules
from exchange.office.store import Person
from exchange.supervision import limits, overdue, recount, urging
from exchange.supervision.urging import Asked, Way
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, Role, Urgency

RULES = Rules()
MEETING = {"kind": Kind.MEETING}


@pytest.fixture
async def made() -> AsyncIterator[Ledger]:
    async with ledger() as given:
        yield given


@pytest.fixture
async def sender(made: Ledger) -> Person:
    return await made.person(COUNTY, Role.REVIEWER, "王五")


@pytest.fixture
async def clerk(made: Ledger) -> Person:
    return await made.person("T01")


async def limit_of(made: Ledger, submission: str, office: str = "T01") -> str | None:
    row = await made.database.read(
        lambda tx: tx.row("SELECT sign_by FROM tracking WHERE submission = :id AND office = :office", id=submission, office=office)
    )
    return None if row is None else row.sign_by


async def test_counters_agree_with_a_recount_after_every_kind_of_move(made: Ledger, sender: Person, clerk: Person):
    first = await made.send(sender, "T01", "T02", "T03", **MEETING)
    second = await made.send(sender, "T01", **MEETING)
    await made.send(clerk, COUNTY)
    await made.act(clerk, first, Action.OPEN, Action.SIGN_FOR, Action.RETURN)
    await made.act(clerk, second, Action.OPEN, Action.MISDIRECT)
    assert await made.database.read(recount.differences) == []
    assert await made.database.read(counts.received, clerk) == {Review.RETURNED: 1, Review.MISDIRECTED: 1}
    assert await made.database.read(counts.sent, sender) == {Review.PENDING: 1, Review.RETURNED: 1, Review.MISDIRECTED: 1}
    assert await made.database.read(counts.of_county) == {"waiting": 3, "unread": 3, "overdue": 0}


async def test_what_is_for_named_persons_is_counted_for_them_alone(made: Ledger, sender: Person, clerk: Person):
    other = await made.person("T01", name="李四")
    await made.send(sender, "T01", addressees=[clerk.id], **MEETING)
    assert await made.database.read(counts.received, clerk) == {Review.PENDING: 1}
    assert await made.database.read(counts.received, other) == {}
    colleague = await made.person(COUNTY)
    assert await made.database.read(counts.sent, sender) == {Review.PENDING: 1}
    assert await made.database.read(counts.sent, colleague) == {}
    assert await made.database.read(recount.differences) == []


async def test_a_wrong_counter_is_found(made: Ledger, sender: Person):
    await made.send(sender, "T01", **MEETING)
    await made.database.write(lambda tx: tx.run("UPDATE delivery_count SET count = 7 WHERE side = 'received'"))
    found = await made.database.read(recount.differences)
    assert len(found) == 2
    assert all(line.startswith("delivery_count: received T01 pending") for line in found)


async def test_limits_follow_the_urgency_and_stay_when_the_rules_change(made: Ledger, sender: Person):
    urgent = await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, **MEETING)
    usual = await made.send(sender, "T01", **MEETING)
    await made.database.write(limits.fix, RULES, 10)
    assert await limit_of(made, urgent) == instants.write(NOW + timedelta(hours=2))
    laid_down = await limit_of(made, usual)
    assert laid_down is not None
    assert await made.database.write(limits.fix, RULES, 10) == 0
    assert await limit_of(made, usual) == laid_down


async def test_what_is_late_is_recorded_once_and_may_still_be_signed_for(made: Ledger, sender: Person, clerk: Person):
    submission = await made.send(sender, "T01", "T02", urgency=Urgency.EXTRA_URGENT, **MEETING)
    await made.database.write(limits.fix, RULES, 10)
    late = NOW + timedelta(hours=3)
    assert await made.database.write(overdue.expire, made.notary, NOW) == []
    assert len(await made.database.write(overdue.expire, made.notary, late)) == 2
    assert await made.database.write(overdue.expire, made.notary, late) == []
    assert (await made.database.read(counts.of_county))["overdue"] == 2
    await made.act(clerk, submission, Action.OPEN, Action.SIGN_FOR, now=late)
    assert await made.database.read(counts.of_county) == {"waiting": 1, "unread": 1, "overdue": 1}
    assert await made.database.read(recount.differences) == []
    happened = [each.event for each in (await made.database.read(deliveries.status, sender, submission)).events if each.recipient == "T01"]
    assert happened[1:] == [Event.ACCEPTANCE_REJECTION_EXPIRY, Event.CONTENT_HANDOVER, Event.CONSIGNMENT_ACCEPTANCE]


async def test_more_time_lays_down_another_limit(made: Ledger, sender: Person):
    submission = await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, **MEETING)
    await made.database.write(limits.fix, RULES, 10)
    await made.database.write(overdue.expire, made.notary, NOW + timedelta(hours=3))
    await made.database.write(limits.extend, submission, "T01", date(2026, 11, 24))
    await made.database.write(limits.fix, RULES, 10)
    assert await limit_of(made, submission) == "2026-11-24T09:30:00.000Z"
    assert await made.database.write(overdue.expire, made.notary, NOW + timedelta(hours=4)) == []


async def test_everyone_who_has_not_signed_is_urged_at_once(made: Ledger, sender: Person, clerk: Person):
    submission = await made.send(sender, "T01", "T02", "T03", **MEETING)
    await made.act(clerk, submission, Action.OPEN, Action.SIGN_FOR)
    done = await made.database.write(urging.urge, made.notary, sender, submission, Asked(), NOW)
    assert list(done.done) == ["T02", "T03"]
    last = await made.database.read(urging.last, submission)
    assert {office: (each.by, each.way) for office, each in last.items()} == {"T02": (sender.id, Way.WEB), "T03": (sender.id, Way.WEB)}
    assert await made.database.read(recount.differences) == []


async def test_a_button_pressed_twice_urges_once_but_a_call_comes_on_top(made: Ledger, sender: Person):
    submission = await made.send(sender, "T01", **MEETING)
    await made.database.write(urging.urge, made.notary, sender, submission, Asked(("T01",)), NOW)
    again = await made.database.write(urging.urge, made.notary, sender, submission, Asked(("T01",)), NOW + timedelta(seconds=2))
    assert (again.done, again.before) == ({}, ("T01",))
    call = Asked(("T01",), Way.PHONE, " 值班员\n已接 ")
    await made.database.write(urging.urge, made.notary, sender, submission, call, NOW + timedelta(seconds=3))
    (last,) = (await made.database.read(urging.last, submission)).values()
    assert (last.way, last.note) == (Way.PHONE, "值班员 已接")


async def test_nobody_is_urged_for_what_is_signed_for_or_not_theirs(made: Ledger, sender: Person, clerk: Person):
    submission = await made.send(sender, "T01", **MEETING)
    for caller, kind in ((clerk, ProblemType.NOT_ALLOWED), (await made.person("T02"), ProblemType.NOT_FOUND)):
        with pytest.raises(Problem) as refused:
            await made.database.write(urging.urge, made.notary, caller, submission, Asked(), NOW)
        assert refused.value.kind is kind
    await made.act(clerk, submission, Action.OPEN, Action.SIGN_FOR)
    with pytest.raises(Problem) as refused:
        await made.database.write(urging.urge, made.notary, sender, submission, Asked(), NOW)
    assert refused.value.kind is ProblemType.ACTION_NOT_POSSIBLE
