"""Answers against a small ledger: who may give them, what they leave behind, who is told, and what two at once come to."""

import asyncio
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from finder_maker import NOW, SmallLedger, small_ledger
from forms_maker import MEETING, MONTHLY, REPORT, answer, attendee
from ledger_maker import notary
from msgspec import structs

from archive.ledger.database import Tx
from archive.ledger.receipts import Stated
from exchange.checking.acts import check_acts
from exchange.checking.findings import Findings
from exchange.checking.forms import check_forms
from exchange.delivery import store as deliveries
from exchange.delivery import supplement
from exchange.delivery.states import Action, Opening, Review
from exchange.duty import deadlines, later_days
from exchange.duty.working_days import Rules
from exchange.forms import answering, api, gathering, listing, repetition, rules, store, urging
from exchange.forms.answering import Answer
from exchange.forms.rules import Filing
from exchange.forms.store import Writing
from exchange.forms.urging import Wanted
from exchange.office import scopes
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.sealing import content
from exchange.supervision import expected, limits, overdue
from schemas import instants
from schemas.messages import Receipt, ReplyForm, Statement, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, OfficeKind, Role, Scope


async def person(ledger: SmallLedger, name: str) -> Person:
    return await ledger.database.read(offices.person, name)


async def sent(ledger: SmallLedger, form: ReplyForm = MEETING, **fields: Any) -> str:
    fields = {"sender": "county", "to": ("T01", "T02"), "kind": Kind.NOTE} | fields
    return await ledger.accept("关于召开防汛会议的通知", reply_form=form, **fields)


async def reply(ledger: SmallLedger, item: str, given: Answer, *, previous: int = 0, now: datetime = NOW, **more: Any) -> str:
    caller = await person(ledger, more.pop("by", "T01.1"))
    return await ledger.database.write(store.answer, notary(), caller, item, Writing(given, previous, **more), now)


async def stands(ledger: SmallLedger, item: str, now: datetime = NOW) -> dict[str, list[tuple[Filing, bool]]]:
    found = await ledger.database.read(store.rollup, await person(ledger, "county.1"), item, now)
    return {row.office: [(each.filing, each.late) for each in row.standings.values()] for row in found.rows}


async def refused(work: Any) -> ProblemType:
    with pytest.raises(Problem) as caught:
        await work
    return caught.value.kind


async def test_an_answer_opens_the_item_leaves_an_event_and_can_sign_for_it_in_the_same_step():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        await reply(ledger, item, answer(attendee()), sign_for=True)
        received = await ledger.database.read(deliveries.received, await person(ledger, "T01.1"), item)
        assert (received.opening, received.review) == (Opening.OPENED, Review.SIGNED_FOR)
        status = await ledger.database.read(deliveries.status, await person(ledger, "county.1"), item)
        assert [each.event for each in status.events if each.recipient == "T01"][-3:] == [
            Event.CONTENT_HANDOVER,
            Event.FORM_ANSWER,
            Event.CONSIGNMENT_ACCEPTANCE,
        ]
        assert await stands(ledger, item) == {"T01": [(Filing.FILED, False)], "T02": [(Filing.OPEN, False)]}


async def test_a_correction_supersedes_and_all_are_kept():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        await reply(ledger, item, answer(attendee("李四")))
        await reply(ledger, item, answer(attendee("王五", "substitute")), previous=1)
        kept = (await ledger.database.read(store.replies, item))["T01"]
        assert [each.answer.rows[0]["name"] for each in kept if each.answer] == ["李四", "王五"]
        found = await ledger.database.read(store.rollup, await person(ledger, "county.1"), item, NOW)
        assert found.rows[0].last["2026-12"].answer.rows[0]["name"] == "王五"  # type: ignore[union-attr]


async def test_of_two_clerks_at_once_one_answers_and_the_other_is_told():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        both = await asyncio.gather(*(reply(ledger, item, answer(attendee(name))) for name in ("李四", "王五")), return_exceptions=True)
        problems = [each.kind for each in both if isinstance(each, Problem)]
        assert problems == [ProblemType.STATE_CHANGED]
        assert len((await ledger.database.read(store.replies, item))["T01"]) == 1


async def test_an_answer_after_the_last_day_is_taken_and_marked():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        late = NOW + timedelta(days=30)
        await reply(ledger, item, answer(attendee()), now=late)
        assert (await stands(ledger, item, late))["T01"] == [(Filing.FILED, True)]


async def test_nobody_answers_for_another_office_or_what_was_returned_or_without_the_right():
    async with small_ledger() as ledger:
        item = await sent(ledger, to=("T01",))
        assert await refused(reply(ledger, item, answer(attendee()), by="T02.1")) is ProblemType.NOT_FOUND
        assert await refused(reply(ledger, item, answer(attendee()), by="county.1")) is ProblemType.NOT_FOUND
        await ledger.database.write(offices.add_person, "T01", "李审", Role.AUDITOR, NOW)
        assert await refused(reply(ledger, item, answer(attendee()), by="T01.2")) is ProblemType.NOT_ALLOWED
        await ledger.move("T01.1", item, Action.RETURN, "不属本单位")
        assert await refused(reply(ledger, item, answer(attendee()))) is ProblemType.ACTION_NOT_POSSIBLE
        plain = await ledger.accept("没有回执单", sender="county", to=("T01",))
        assert await refused(reply(ledger, plain, answer(attendee()))) is ProblemType.NOT_FOUND


async def test_an_answer_that_was_signed_as_another_offices_act_is_refused():
    async with small_ledger() as ledger:
        item, given = await sent(ledger), answer(attendee())
        digest = answering.digest(answering.written(answering.settled(MEETING, rules.periods(MEETING, "2026-11-20", None), given)))
        said = Statement(
            type="statement/v1", event=Event.FORM_ANSWER.value, submission=item, office="T01", person="T01.1", recipient="county",
            at=instants.write(NOW), reason=digest, nonce="5a" * 16,
        )  # fmt: skip
        signed = Stated(canonical(said), b"signature")
        assert await refused(reply(ledger, item, given, signed=signed)) is ProblemType.STATEMENT_INVALID
        signed = Stated(canonical(structs.replace(said, recipient=None)), b"signature")
        await reply(ledger, item, given, signed=signed)
        await reply(ledger, item, answer(attendee(name="李四")), previous=1)
        await reply(ledger, item, given, signed=signed, previous=2)
        numbers = await ledger.database.read(lambda tx: [row.number for row in tx.rows("SELECT number FROM form_answer ORDER BY number")])
        assert numbers == [1, 2], "what was signed once does not become the last word again"


async def test_a_refused_answer_leaves_not_even_the_opening():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        assert await refused(reply(ledger, item, answer({"attendance": "attend"}))) is ProblemType.ANSWER_WRONG
        received = await ledger.database.read(deliveries.received, await person(ledger, "T01.1"), item)
        assert received.opening is Opening.CONSIGNED


async def test_one_recipient_learns_nothing_of_anothers_answer():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        await reply(ledger, item, answer(attendee("李四")))
        await ledger.move("T02.1", item, Action.OPEN)
        other = await person(ledger, "T02.1")
        seen = await ledger.database.read(api.shown, other, item, NOW)
        assert seen.offices == ()
        assert seen.mine is not None
        assert [each.state for each in seen.mine.periods] == [Filing.OPEN]
        assert await refused(ledger.database.read(store.rollup, other, item, NOW)) is ProblemType.NOT_ALLOWED
        status = await ledger.database.read(deliveries.status, other, item)
        assert Event.FORM_ANSWER not in [each.event for each in status.events]
        assert await refused(ledger.database.read(api.shown, await person(ledger, "T01.1"), "0" * 64, NOW)) is ProblemType.NOT_FOUND


async def test_the_form_is_read_once_the_item_was_opened_and_by_nobody_who_looks_into_no_paper():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        assert await refused(ledger.database.read(api.shown, await person(ledger, "T01.1"), item, NOW)) is ProblemType.ACTION_NOT_POSSIBLE
        await ledger.database.write(offices.add_person, "county", "李审", Role.AUDITOR, NOW)
        assert await refused(ledger.database.read(api.shown, await person(ledger, "county.2"), item, NOW)) is ProblemType.NOT_ALLOWED


async def test_a_copy_is_not_asked():
    async with small_ledger() as ledger:
        item = await sent(ledger, to=("T01",), cc=["T02"])
        assert list(await stands(ledger, item)) == ["T01"]
        assert await ledger.database.read(listing.to_answer, await person(ledger, "T02.1"), NOW) == ()


async def test_a_workbook_in_reply_counts_and_a_letter_does_not():
    async with small_ledger() as ledger:
        item = await sent(ledger, MONTHLY)
        await ledger.accept("请求延期", in_reply_to=item, kind=Kind.NOTE)
        assert (await stands(ledger, item))["T01"] == [(Filing.OPEN, False)]
        sheet = await ledger.accept("报表", in_reply_to=item, kind=Kind.STATISTICS)
        assert (await stands(ledger, item))["T01"] == [(Filing.FILED, False)]
        await ledger.move("county.1", sheet, Action.RETURN, "数字有误")
        assert (await stands(ledger, item))["T01"] == [(Filing.RETURNED, False)]


async def test_urging_reaches_whoever_has_not_answered_once():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        await ledger.move("T02.1", item, Action.OPEN)
        await ledger.move("T02.1", item, Action.SIGN_FOR)
        await reply(ledger, item, answer(attendee()))
        caller = await person(ledger, "county.1")
        assert await ledger.database.write(urging.urge, notary(), caller, item, Wanted("2026-12"), NOW) == ("T02",)
        assert await ledger.database.write(urging.urge, notary(), caller, item, Wanted("2026-12"), NOW) == ()
        assert await refused(ledger.database.write(urging.urge, notary(), caller, item, Wanted("2030-01"), NOW)) is ProblemType.ANSWER_WRONG
        other = await person(ledger, "T01.1")
        assert await refused(ledger.database.write(urging.urge, notary(), other, item, Wanted("2026-12"), NOW)) is ProblemType.NOT_ALLOWED


async def test_a_monthly_form_is_asked_for_until_its_sender_closes_it():
    async with small_ledger() as ledger:
        item = await sent(ledger, MONTHLY)
        later = NOW + timedelta(days=60)
        assert len((await stands(ledger, item, later))["T01"]) == 3
        await reply(ledger, item, answer(nil=True))
        await ledger.database.write(store.close, notary(), await person(ledger, "county.1"), item, NOW)
        assert len((await stands(ledger, item, later))["T01"]) == 1
        once = await sent(ledger)
        closing = ledger.database.write(store.close, notary(), await person(ledger, "county.1"), once, NOW)
        assert await refused(closing) is ProblemType.ACTION_NOT_POSSIBLE


async def test_a_form_is_closed_once_with_a_receipt_that_everybody_asked_is_told_of():
    async with small_ledger() as ledger:
        item, county = await sent(ledger, MONTHLY), await person(ledger, "county.1")
        said = Statement(
            type="statement/v1", event=Event.FORM_CLOSURE.value, submission=item, office="county", person="county.1",
            at=instants.write(NOW), nonce="5a" * 16,
        )  # fmt: skip
        other = Stated(canonical(structs.replace(said, recipient="T01")), b"signature")
        assert await refused(ledger.database.write(store.close, notary(), county, item, NOW, other)) is ProblemType.STATEMENT_INVALID
        assert (await ledger.database.read(api.shown, county, item, NOW)).closed_at is None, "nothing half done"
        await ledger.move("T01.1", item, Action.OPEN)
        signed = Stated(canonical(said), b"signature")
        first = await ledger.database.write(store.close, notary(), county, item, NOW, signed)
        assert await ledger.database.write(store.close, notary(), county, item, NOW + timedelta(days=1)) == first
        for who in (county, await person(ledger, "T01.1")):
            found = await ledger.database.read(api.shown, who, item, NOW)
            receipt = decode(found.closure.receipt, Receipt)  # type: ignore[union-attr]
            assert (receipt.evidence_id, receipt.event, receipt.recipient) == (first, Event.FORM_CLOSURE, None)
            assert (receipt.by, receipt.asserted_by, receipt.at) == ("county.1", "person", found.closed_at)
            status = await ledger.database.read(deliveries.status, who, item)
            assert [each.event for each in status.events].count(Event.FORM_CLOSURE) == 1


async def test_an_office_that_gets_a_closed_form_later_has_time_to_sign_for_it():
    async with small_ledger() as ledger:
        await ledger.database.write(offices.add_office, notary(), "T03", "T03 镇", OfficeKind.TOWNSHIP, NOW)
        item, county = await sent(ledger, MONTHLY, respond_by=MONTHLY.respond_by), await person(ledger, "county.1")
        later = NOW + timedelta(days=60)
        await ledger.database.write(store.close, notary(), county, item, NOW)
        assert await ledger.database.read(later_days.day_of, item, later) is None, "nobody is asked for an answer by a day"
        await ledger.database.write(lambda tx: supplement.supplement(tx, notary(), county, item, ["T03"], later, copy=False))
        await ledger.database.write(limits.fix, Rules(), 100)
        await ledger.database.write(overdue.expire, notary(), later + timedelta(minutes=1))
        late = await ledger.database.read(lambda tx: tx.rows("SELECT recipient FROM event WHERE event = 'AcceptanceRejectionExpiry'"))
        assert sorted(each.recipient for each in late) == ["T01", "T02"]
        assert await ledger.database.read(later_days.differences) == []


async def test_fsck_holds_closures_against_their_events_and_leaves_alone_what_was_closed_before_there_were_any():
    async with small_ledger() as ledger:
        item, older, county = await sent(ledger, MONTHLY), await sent(ledger, MONTHLY), await person(ledger, "county.1")
        await ledger.database.write(store.close, notary(), county, item, NOW + timedelta(days=1))
        day_before = instants.write(NOW - timedelta(days=1))
        await ledger.change("UPDATE form SET closed_at = :at, closed_by = 'county.1' WHERE submission = :id", at=day_before, id=older)
        assert await acts_found(ledger) == []
        assert await ledger.database.write(store.close, notary(), county, older, NOW) is None, "closed it stays, and no event is made up"
        await ledger.change("UPDATE form SET closed_by = 'T01.1' WHERE submission = :id", id=item)
        assert await acts_found(ledger) == ["closure"]
        await ledger.change("UPDATE form SET closure = NULL WHERE submission = :id", id=item)
        assert await acts_found(ledger) == ["closure", "closure"], "without its event, and the event without its form"


async def acts_found(ledger: SmallLedger) -> list[str]:
    findings = Findings()
    await ledger.database.read(check_acts, findings)
    return [each["check"] for each in findings.report()["problems"]]


async def expected_days(ledger: SmallLedger, item: str, now: datetime = NOW) -> dict[str, str | None]:
    await ledger.database.write(expected.fix, now, 100)
    assert list(await ledger.database.read(lambda tx: list(expected.differences(tx)))) == []
    rows = await ledger.database.read(
        lambda tx: tx.rows("SELECT office, day FROM expected_answer WHERE submission = :id ORDER BY office", id=item)
    )
    return {row.office: row.day for row in rows}


async def test_more_time_for_one_office_moves_its_last_day_alone_and_both_sides_see_it():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        asker, until = await person(ledger, "county.1"), date(2026, 12, 8)
        await ledger.database.write(deadlines.extend, notary(), asker, item, ["T01"], until, "因防汛延期", NOW)
        assert await expected_days(ledger, item) == {"T01": "2026-12-08", "T02": "2026-12-05"}
        (found,) = await ledger.database.read(deadlines.deadlines, await person(ledger, "T01.1"), item, Rules())
        assert (found.asked, found.answer_by) == (date(2026, 12, 5), until)
        late = datetime(2026, 12, 8, 3, tzinfo=NOW.tzinfo)
        for by in ("T01.1", "T02.1"):
            await reply(ledger, item, answer(attendee()), now=late, by=by)
        assert await stands(ledger, item, late) == {"T01": [(Filing.FILED, False)], "T02": [(Filing.FILED, True)]}
        shown = await ledger.database.read(api.shown, asker, item, late)
        assert [each.periods[0].due for each in shown.offices] == ["2026-12-08", "2026-12-05"]
        assert await expected_days(ledger, item, late) == {"T01": None, "T02": None}


async def test_what_is_expected_follows_answers_returns_and_the_months():
    async with small_ledger() as ledger:
        item = await sent(ledger, MONTHLY)
        sheet = await ledger.accept("报表", in_reply_to=item, kind=Kind.STATISTICS)
        await reply(ledger, item, answer({"sandbags": "3"}), by="T02.1")
        assert await expected_days(ledger, item) == {"T01": None, "T02": None}
        await ledger.move("county.1", sheet, Action.RETURN, "数字有误")
        assert await expected_days(ledger, item) == {"T01": "2026-12-05", "T02": None}
        january = datetime(2026, 12, 6, 3, tzinfo=NOW.tzinfo)
        assert await expected_days(ledger, item, january) == {"T01": "2026-12-05", "T02": "2027-01-05"}
        await ledger.database.write(store.close, notary(), await person(ledger, "county.1"), item, january)
        await ledger.move("T01.1", item, Action.RETURN, "不属本单位")
        # what had begun when it was closed is asked for still
        assert await expected_days(ledger, item, january) == {"T01": None, "T02": "2027-01-05"}
        await ledger.change("UPDATE expected_answer SET day = '2026-12-31' WHERE office = 'T02'")
        assert len(await ledger.database.read(lambda tx: list(expected.differences(tx)))) == 1


async def test_lists_tell_what_waits_and_how_many_have_answered():
    async with small_ledger() as ledger:
        first, second = await sent(ledger), await sent(ledger, REPORT)
        await reply(ledger, first, answer(attendee()))
        mine = await ledger.database.read(listing.to_answer, await person(ledger, "T01.1"), NOW)
        assert [(each.submission, each.state) for each in mine] == [(second, Filing.OPEN), (first, Filing.FILED)]
        told = await ledger.database.read(listing.sent, await person(ledger, "county.1"), NOW)
        assert {each.submission: (each.answered, each.asked) for each in told} == {first: (1, 2), second: (0, 2)}
        assert await ledger.database.read(listing.sent, await person(ledger, "T01.1"), NOW) == ()


async def test_the_same_figures_are_told_of_documents_that_one_may_see():
    async with small_ledger() as ledger:
        item = await sent(ledger, REPORT, to=("T01",), number="示政办发〔2026〕3号")
        asked = repetition.asked_this_quarter
        found = await ledger.database.read(asked, await person(ledger, "county.1"), ["沙袋储备"], None, NOW)
        assert [(each.submission, each.number, each.labels) for each in found] == [(item, "示政办发〔2026〕3号", ("沙袋储备",))]
        assert await ledger.database.read(asked, await person(ledger, "T02.1"), ["沙袋储备"], None, NOW) == []
        assert await ledger.database.read(asked, await person(ledger, "county.1"), ["沙袋储备"], None, NOW + timedelta(days=60)) == []
        await ledger.move("T01.1", item, Action.MISDIRECT, "不属本镇")
        assert await ledger.database.read(asked, await person(ledger, "T01.1"), ["沙袋储备"], None, NOW) == [], "its title is closed"


async def test_sealing_takes_every_word_of_the_answers_and_a_release_gives_them_back():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        await reply(ledger, item, answer(attendee("李四")))
        rows = await ledger.database.write(content.take, item)
        assert [each.answer for each in (await ledger.database.read(store.replies, item))["T01"]] == [None]
        await ledger.database.write(content.give_back, item, rows)
        assert await stands(ledger, item) == {"T01": [(Filing.FILED, False)], "T02": [(Filing.OPEN, False)]}


def found_by_check(tx: Tx) -> list[str]:
    findings = Findings()
    check_forms(tx, findings)
    return [each["what"] for each in findings.problems]


async def test_a_recount_finds_what_does_not_fit_the_events():
    async with small_ledger() as ledger:
        item = await sent(ledger)
        await reply(ledger, item, answer(attendee()))
        assert await ledger.database.read(found_by_check) == []
        await ledger.change("UPDATE form_answer SET nil = 1")
        assert len(await ledger.database.read(found_by_check)) == 1
        await ledger.change("DELETE FROM form_answer")
        assert len(await ledger.database.read(found_by_check)) == 1
        await ledger.change("UPDATE form SET respond_by = '2027-01-01'")
        assert len(await ledger.database.read(found_by_check)) == 2


async def test_who_has_a_copy_alone_is_not_asked_and_answers_nothing():
    async with small_ledger() as ledger:
        item = await sent(ledger, to=("T01",), cc=["T02"])
        assert await refused(reply(ledger, item, answer(attendee()), by="T02.1")) is ProblemType.ACTION_NOT_POSSIBLE
        received = await ledger.database.read(deliveries.received, await person(ledger, "T02.1"), item)
        assert received.opening is Opening.CONSIGNED


async def test_the_same_figures_are_told_of_nothing_that_was_taken_back_or_misdirected():
    async with small_ledger() as ledger:
        item = await sent(ledger, REPORT)
        await ledger.move("T01.1", item, Action.MISDIRECT, "不属本单位")
        labels = [field.label for field in REPORT.fields]
        assert await ledger.database.read(repetition.asked_this_quarter, await person(ledger, "T01.1"), labels, None, NOW) == []
        (other,) = await ledger.database.read(repetition.asked_this_quarter, await person(ledger, "T02.1"), labels, None, NOW)
        assert other.title == "关于召开防汛会议的通知"


async def test_an_office_that_gets_a_form_after_its_day_has_a_day_of_its_own_in_lists_roll_up_and_limits():
    async with small_ledger() as ledger:
        item, caller, over = await sent(ledger, to=("T01",)), await person(ledger, "county.1"), NOW + timedelta(days=40)
        own = (over + timedelta(days=9)).date()
        given = {"copy": False, "respond_by": own}
        await ledger.database.write(lambda tx: supplement.supplement(tx, notary(), caller, item, ["T02"], over, **given))
        await ledger.database.write(expected.fix, over, 100)
        asked = await ledger.database.read(lambda tx: tx.rows("SELECT office, day FROM expected_answer ORDER BY office"))
        assert [tuple(each) for each in asked] == [("T01", MEETING.respond_by), ("T02", own.isoformat())]
        found = await ledger.database.read(store.rollup, caller, item, over)
        assert [[each.last_day for each in row.standings.values()] for row in found.rows] == [[MEETING.respond_by], [own.isoformat()]]
        told = await ledger.database.read(deadlines.deadlines, caller, item, Rules())
        assert [each.asked for each in told] == [date.fromisoformat(MEETING.respond_by), own]
        await reply(ledger, item, answer(attendee()), now=over, by="T02.1")
        assert (await stands(ledger, item, over))["T02"] == [(Filing.FILED, False)]
        assert list(await ledger.database.read(expected.differences)) == []


async def test_an_account_that_may_read_and_not_open_does_not_open_by_merging():
    async with small_ledger() as ledger:
        item = await sent(ledger, to=("T01",))
        made = await ledger.database.write(offices.add_person, "T01", "系统", Role.SERVICE, NOW)
        await ledger.database.write(scopes.grant, made, frozenset({Scope.CONTENT}), NOW)
        service: Any = SimpleNamespace(county=SimpleNamespace(notary=notary()))
        work = ledger.database.write(gathering._open_all, service, await person(ledger, made), [item], NOW)
        assert await refused(work) is ProblemType.NOT_ALLOWED
        received = await ledger.database.read(deliveries.received, await person(ledger, "T01.1"), item)
        assert received.opening is Opening.CONSIGNED
