"""Tracking: counters follow every move, limits are laid down once, what is late is told once, urging leaves its event."""

import hashlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from tracking_maker import COUNTY, NOW, Ledger, ledger

from archive.ledger.receipts import Stated
from exchange.checking.findings import Findings
from exchange.checking.tracking import check_tracking
from exchange.delivery import counts, supplement, waiting
from exchange.delivery import store as deliveries
from exchange.delivery.states import Action, Review
from exchange.duty import deadlines
from exchange.duty.working_days import Rules
from exchange.office import periods
from exchange.office.store import Person
from exchange.supervision import expected, limits, overdue, recount, urging, watch
from exchange.supervision.matrix import matrix
from exchange.supervision.urging import Asked, Way
from exchange.supervision.watch import Side, State, Wanted
from exchange.web.township import verifying
from schemas import instants
from schemas.messages import Statement, canonical
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


async def test_answers_stand_on_both_sides_as_near_and_over_their_day_and_are_urged_for(made: Ledger, sender: Person, clerk: Person):
    submission = await made.send(sender, "T01", "T02", cc=["T03"], respond_by="2026-11-25", **MEETING)
    await made.act(clerk, submission, Action.OPEN, Action.SIGN_FOR)
    await made.database.write(expected.fix, NOW, 100)
    seen = {}
    for day, state in ((20, State.ANSWER), (24, State.ANSWER_NEAR), (25, State.ANSWER_NEAR), (26, State.ANSWER_OVERDUE)):
        now = NOW.replace(day=day)
        for caller, side in ((sender, Side.SENT), (clerk, Side.RECEIVED)):
            counted = await made.database.read(watch.counts, caller, side, now)
            page = await made.database.read(watch.page, caller, Wanted(side=side, state=state), now, None, 10)
            seen[day, side] = counted[state], [(each.office, each.near, each.overdue) for each in page.rows]
    assert seen[20, Side.SENT] == (2, [("T01", False, False), ("T02", False, False)])
    assert seen[24, Side.SENT] == seen[25, Side.SENT] == (2, [("T01", True, False), ("T02", True, False)])
    assert seen[26, Side.RECEIVED] == (1, [(COUNTY, False, True)])
    items = [(submission, "T01")]
    done = await made.database.write(urging.urge_each, made.notary, sender, items, Way.WEB, "", NOW)
    assert list(done.done) == [f"{submission}:T01"]
    await made.send(clerk, COUNTY, in_reply_to=submission)
    assert (await made.database.read(watch.counts, clerk, Side.RECEIVED, NOW))[State.ANSWER] == 0
    again = await made.database.write(urging.urge_each, made.notary, sender, items, Way.WEB, "", NOW + timedelta(minutes=10))
    assert again == ({}, ())


async def answers_of(made: Ledger, clerk: Person) -> tuple[int, int]:
    """Return how many answers are still expected of an office: in the lists of what is asked, and on its own first page."""
    await made.database.write(expected.fix, NOW, 100)
    assert list(await made.database.read(lambda tx: list(expected.differences(tx)))) == []
    listed = (await made.database.read(watch.counts, clerk, Side.RECEIVED, NOW))[State.ANSWER]
    return listed, (await made.database.read(waiting.due, clerk, NOW, "2026-11-20", 10)).total


async def test_only_what_lies_with_who_asked_or_with_an_office_of_the_county_is_an_answer(made: Ledger, sender: Person, clerk: Person):
    asked = await made.send(sender, "T01", respond_by="2026-11-25", **MEETING)
    elsewhere = await made.send(clerk, "T02", in_reply_to=asked)
    assert await answers_of(made, clerk) == (1, 1), "naming it in a letter to a neighbour answers nobody"
    answer = await made.send(clerk, COUNTY, in_reply_to=asked)
    assert await answers_of(made, clerk) == (0, 0)
    await made.act(sender, answer, Action.OPEN, Action.RETURN)
    assert await answers_of(made, clerk) == (1, 1), "it was given back"
    await made.database.write(supplement.supplement, made.notary, clerk, elsewhere, [COUNTY], NOW, copy=False)
    assert await answers_of(made, clerk) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tracking SET extended = '2026-12-25'",
        "UPDATE tracking SET sign_by = '2020-01-01T00:00:00.000Z'",
        "UPDATE expected_answer SET sender = 'T02'",
        "UPDATE expected_answer SET named = 1",
        "UPDATE expected_answer SET office = 'T03'",
    ],
)
async def test_days_and_parties_that_were_changed_by_hand_are_found_by_the_check(made: Ledger, sender: Person, change: str):
    await made.send(sender, "T01", respond_by="2026-11-25", **MEETING)
    await made.database.write(limits.fix, RULES, 10)
    await made.database.write(expected.fix, NOW, 10)
    findings = Findings()
    await made.database.read(check_tracking, findings)
    assert findings.problems == []
    await made.database.write(lambda tx: tx.run(change))
    await made.database.read(check_tracking, findings)
    assert {problem["check"] for problem in findings.problems} == {"counter"}


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


@pytest.mark.parametrize(
    ("urgency", "minutes", "a_day"), [(Urgency.NORMAL, 60, 3), (Urgency.URGENT, 30, 6), (Urgency.EXTRA_URGENT, 10, 12)]
)
async def test_a_word_comes_again_after_a_while_and_a_few_times_a_day_whatever_its_note(
    made: Ledger, sender: Person, urgency: Urgency, minutes: int, a_day: int
):
    one = await made.send(sender, "T01", "T02", urgency=urgency, **MEETING)
    begin = NOW.replace(minute=1, second=0, microsecond=0)

    async def say(minute: float, note: str, way: Way = Way.WEB, *offices: str) -> urging.Urged:
        asked = Asked(offices or ("T01",), way, note)
        return await made.database.write(urging.urge, made.notary, sender, one, asked, begin + timedelta(minutes=minute))

    async def refused(minute: float) -> str:
        with pytest.raises(Problem, match="urged-lately") as caught:
            await say(minute, f"第{minute}次")
        return str(caught.value.members["next_at"])

    for turn in range(a_day):
        await say(turn * minutes, f"第{turn}次")
        last = turn * minutes
        if turn + 1 < a_day:
            assert await refused(last + minutes - 1) == instants.write(begin + timedelta(minutes=last + minutes))
    assert await refused(last + minutes) == instants.write(begin + timedelta(days=1))
    assert list((await say(last + minutes, "值班员已接", Way.PHONE)).done) == ["T01"]
    assert await say(last + minutes, "两家", Way.WEB, "T01", "T02") == ({"T02": ANY}, ("T01",))
    shown = await made.database.read(matrix, sender, one, begin + timedelta(minutes=last + minutes))
    assert shown.rows[0].urge_from == instants.write(begin + timedelta(days=1))
    assert list((await say(24 * 60, "明天")).done) == ["T01"]
    assert await made.database.read(recount.differences) == []


async def test_what_was_signed_for_one_urging_stands_behind_no_second_one(made: Ledger, sender: Person):
    submission = await made.send(sender, "T01", **MEETING)
    said = Statement(
        type="statement/v1", event=Event.NOTIFICATION_FOR_ACCEPTANCE.value, submission=submission, office=COUNTY, person=sender.id,
        recipient="T01", at=instants.write(NOW), reason="phone", nonce="5a" * 16,
    )  # fmt: skip
    asked = Asked(("T01",), Way.PHONE, signed={"T01": Stated(canonical(said), b"signature")})
    first = await made.database.write(urging.urge, made.notary, sender, submission, asked, NOW)
    again = await made.database.write(urging.urge, made.notary, sender, submission, asked, NOW + timedelta(minutes=6))
    assert again.done == first.done


async def test_more_time_that_is_given_again_on_the_same_word_is_the_first_one_and_moves_no_later_day(made: Ledger, sender: Person):
    submission = await made.send(sender, "T01", **MEETING)
    said = Statement(
        type="statement/v1", event=Event.DEADLINE_EXTENSION.value, submission=submission, office=COUNTY, person=sender.id,
        recipient="T01", at=instants.write(NOW), reason="2026-12-01 再议", nonce="5a" * 16,
    )  # fmt: skip
    signed = {"T01": Stated(canonical(said), b"signature")}

    async def extend(day: int, words: str, **more: Any) -> list[str]:
        until = date(2026, 12, day)
        given: list[str] = await made.database.write(
            lambda tx: deadlines.extend(tx, made.notary, sender, submission, ["T01"], until, words, NOW, **more)
        )
        return given

    first = await extend(1, "再议", signed=signed)
    assert await extend(1, "再议", signed=signed) == first, "the answer was lost, and it is asked again"
    await extend(9, "又议")
    assert await extend(1, "再议", signed=signed) == first
    assert (await made.database.read(lambda tx: tx.row("SELECT extended FROM tracking"))).extended == "2026-12-09"
    assert await made.database.read(recount.differences) == []


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


async def test_who_still_waits_is_told_to_nobody_who_did_not_send_it(made: Ledger, sender: Person, clerk: Person):
    submission = await made.send(sender, "T01", "T02", "T03", **MEETING)
    await made.act(await made.person("T02"), submission, Action.SIGN_FOR)
    for office in ("T02", "T03"):  # one has signed for it, the other has not
        with pytest.raises(Problem) as refused:
            await made.database.write(urging.urge_each, made.notary, clerk, [(submission, office)], Way.WEB, "", NOW)
        assert refused.value.kind is ProblemType.NOT_ALLOWED, office


async def test_a_printed_receipt_is_verified_under_the_name_of_its_day(made: Ledger, clerk: Person):
    submission = await made.send(clerk, COUNTY)
    receipt = (await made.database.read(deliveries.receipts_of, clerk, submission))[0].receipt
    await made.database.write(periods.rename_office, made.notary, "T01", "新名镇", NOW + timedelta(days=1))
    digest = hashlib.sha256(receipt).hexdigest()
    found = await made.database.read(verifying._verified, submission, digest)
    assert found is not None
    assert (found.office, found.event) == ("T01镇", Event.SUBMISSION_ACCEPTANCE), "or a true paper looks like a changed one"
    assert await made.database.read(verifying._verified, submission, "0" * 64) is None
