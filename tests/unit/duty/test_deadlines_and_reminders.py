"""Extensions, reminders and alarms in a ledger in memory: noted once, told once, and never with a document's words."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from tracking_maker import COUNTY, NOW, Ledger, ledger

from exchange.checking.acts import check_acts
from exchange.checking.duty import differences
from exchange.checking.findings import Findings
from exchange.delivery.states import Action
from exchange.duty import alarms, deadlines, keeping, messages, reminders, roster, settings, standing
from exchange.duty.messages import Address, Channel, Counts, Outlet, State
from exchange.duty.reminders import rule_of
from exchange.duty.roster import Shift
from exchange.duty.settings import Settings
from exchange.duty.working_days import ARRANGED_UNTIL, Adjustment, OfficeClock, Rules
from exchange.office.administration import COMMAND
from exchange.office.store import Person
from exchange.supervision import expected, limits
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, Role, Urgency

RULES = Rules()
MEETING = {"kind": Kind.MEETING}
TOLD_BY_NO_MESSAGE = "关于某重大事项的通知"
OUTLET = Outlet(frozenset(Channel), "示例县", lambda _count: next(_IDS))
_IDS = (number.to_bytes(16) for number in range(1, 10_000))


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


async def fixed(made: Ledger) -> None:
    await made.database.write(limits.fix, RULES, 100)


async def extended(made: Ledger, caller: Person, submission: str, until: date, *offices: str, now: datetime = NOW) -> list[str]:
    return await made.database.write(deadlines.extend, made.notary, caller, submission, list(offices), until, "台风影响", now)


async def test_an_extension_is_an_event_with_its_day_and_reason_and_the_latest_counts(made: Ledger, sender: Person):
    one = await made.send(sender, "T01", "T02", respond_by="2026-11-25", **MEETING)
    await extended(made, sender, one, date(2026, 12, 5), "T01")
    await extended(made, sender, one, date(2026, 12, 8), "T01")
    found = await made.database.read(deadlines.deadlines, sender, one, RULES)
    assert [(each.office, each.answer_by) for each in found] == [("T01", date(2026, 12, 8)), ("T02", date(2026, 11, 25))]
    events = await made.database.read(
        lambda tx: tx.rows(
            "SELECT event.office, recipient, reason.text FROM event JOIN reason USING (evidence_id) WHERE event = :event ORDER BY event.id",
            event=Event.DEADLINE_EXTENSION.value,
        )
    )
    assert [tuple(each) for each in events] == [(COUNTY, "T01", "2026-12-05 台风影响"), (COUNTY, "T01", "2026-12-08 台风影响")]
    assert await made.database.read(differences) == []


async def test_all_recipients_are_given_time_but_those_who_are_through(made: Ledger, sender: Person, clerk: Person):
    one = await made.send(sender, "T01", "T02", "T03", **MEETING)
    await made.act(clerk, one, Action.OPEN, Action.RETURN)
    assert len(await extended(made, sender, one, date(2026, 12, 5))) == 2
    assert [each.office for each in await made.database.read(deadlines.extensions, sender, one)] == ["T02", "T03"]


async def test_a_recipient_learns_of_its_own_extension_alone(made: Ledger, sender: Person, clerk: Person):
    one = await made.send(sender, "T01", "T02", **MEETING)
    await extended(made, sender, one, date(2026, 12, 5), "T02")
    assert await made.database.read(deadlines.extensions, clerk, one) == []
    assert [each.office for each in await made.database.read(deadlines.deadlines, clerk, one, RULES)] == ["T01"]


@pytest.mark.parametrize("until", [date(2026, 11, 19), date(2032, 1, 1)])
async def test_a_day_that_is_over_or_far_away_is_refused(made: Ledger, sender: Person, until: date):
    one = await made.send(sender, "T01", **MEETING)
    with pytest.raises(Problem) as caught:
        await extended(made, sender, one, until)
    assert caught.value.kind is ProblemType.DEADLINE_PAST
    assert await made.database.read(deadlines.extensions, sender, one) == []


async def test_nobody_is_made_overdue_by_being_given_time(made: Ledger, sender: Person):
    one = await made.send(sender, "T01", **MEETING)
    evening = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    with pytest.raises(Problem) as caught:
        await extended(made, sender, one, date(2026, 11, 20), now=evening)
    assert caught.value.kind is ProblemType.DEADLINE_PAST
    assert len(await extended(made, sender, one, date(2026, 11, 20))) == 1, "in the morning there is still the day"


async def test_what_is_closed_to_an_office_asks_it_for_nothing(made: Ledger, sender: Person, clerk: Person):
    one = await made.send(sender, "T01", "T02", respond_by="2026-12-01", **MEETING)
    await made.act(clerk, one, Action.MISDIRECT)
    assert await made.database.read(deadlines.deadlines, clerk, one, RULES) == []
    assert len(await made.database.read(deadlines.deadlines, sender, one, RULES)) == 2


async def test_a_recipient_extends_nothing_and_one_wrong_office_leaves_all_undone(made: Ledger, sender: Person, clerk: Person):
    one = await made.send(sender, "T01", **MEETING)
    with pytest.raises(Problem) as caught:
        await extended(made, clerk, one, date(2026, 12, 5), "T01")
    assert caught.value.kind is ProblemType.NOT_ALLOWED
    with pytest.raises(Problem):
        await extended(made, sender, one, date(2026, 12, 5), "T01", "T09")
    assert await made.database.read(deadlines.extensions, sender, one) == []


async def test_fsck_finds_an_extension_without_its_event_and_a_day_that_was_changed(made: Ledger, sender: Person):
    one = await made.send(sender, "T01", "T02", **MEETING)
    first, second = await extended(made, sender, one, date(2026, 12, 5))
    await made.database.write(lambda tx: tx.run("UPDATE deadline_extension SET until = '2026-12-31' WHERE evidence_id = :id", id=first))
    await made.database.write(lambda tx: tx.run("DELETE FROM deadline_extension WHERE evidence_id = :id", id=second))
    assert len(await made.database.read(differences)) == 2


CLOCK = OfficeClock()
FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("today", "rule"),
    [
        (date(2026, 11, 17), None),
        (date(2026, 11, 18), "before:2"),
        (date(2026, 11, 19), "before:1"),
        (FRIDAY, "on"),
        (date(2026, 11, 21), None),  # a Saturday is no working day after
        (date(2026, 11, 23), "after:1"),
        (date(2026, 11, 24), "after:1"),
        (date(2026, 11, 25), "after:3"),
        (date(2026, 12, 25), "after:3"),
    ],
)
def test_the_latest_rule_applies(today: date, rule: str | None):
    assert rule_of(FRIDAY, today, Settings(before_days=(1, 2), after_days=(1, 3)), CLOCK) == rule


async def remind(made: Ledger, now: datetime, wanted: Settings | None = None) -> list[str]:
    due = await made.database.read(reminders.due, CLOCK, wanted or Settings(), now)
    await made.database.write(reminders.note, due, now)
    return await made.database.write(reminders.announce, OUTLET, now)


async def texts(made: Ledger) -> list[str]:
    rows = await made.database.read(lambda tx: tx.rows("SELECT text FROM message ORDER BY made_at, office, channel"))
    return [row.text for row in rows]


async def test_an_office_is_reminded_once_however_often_one_looks(made: Ledger, sender: Person):
    await made.database.write(messages.set_address, "T01", Address("t01@example.cn", "13800000000"), NOW)
    for _ in range(3):
        await made.send(sender, "T01", title=TOLD_BY_NO_MESSAGE, **MEETING)
    await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, title=TOLD_BY_NO_MESSAGE, **MEETING)
    await fixed(made)
    later = NOW + timedelta(days=4)  # 2026-11-24, the day before the limit of what is not urgent
    assert await remind(made, later) == ["T01"]
    assert await remind(made, later + timedelta(minutes=10)) == []
    assert await texts(made) == ["您单位有 4 件公文待签收（其中特急 1 件），请登录电子公文传输系统查看。【示例县】"] * 2
    assert await remind(made, later + timedelta(days=1)) == ["T01"]  # on the day


async def test_an_extension_begins_the_reminders_anew(made: Ledger, sender: Person):
    one = await made.send(sender, "T01", **MEETING)
    await fixed(made)
    assert await remind(made, NOW + timedelta(days=5)) == ["T01"]
    await extended(made, sender, one, date(2026, 12, 4), now=NOW + timedelta(days=5))
    await fixed(made)
    assert await remind(made, NOW + timedelta(days=6)) == []
    assert await remind(made, NOW + timedelta(days=13)) == ["T01"]


async def test_what_is_signed_for_is_not_reminded_of(made: Ledger, sender: Person, clerk: Person):
    one = await made.send(sender, "T01", **MEETING)
    await fixed(made)
    due = await made.database.read(reminders.due, CLOCK, Settings(), NOW + timedelta(days=5))
    await made.act(clerk, one, Action.OPEN, Action.SIGN_FOR)
    assert await made.database.write(reminders.note, due, NOW + timedelta(days=5)) == 0


async def asked_by(made: Ledger, sender: Person, day: str, *to: str, **fields: object) -> str:
    one = await made.send(sender, *(to or ("T01",)), respond_by=day, **(MEETING | fields))
    await worked_out(made)
    return one


async def worked_out(made: Ledger, now: datetime = NOW) -> None:
    await fixed(made)
    await made.database.write(expected.fix, now, 100)


async def test_an_answer_that_is_expected_is_reminded_of_once_a_rule_until_it_comes(made: Ledger, sender: Person, clerk: Person):
    await made.database.write(messages.set_address, "T01", Address(mobile="13800000000"), NOW)
    one = await asked_by(made, sender, "2026-11-27", title=TOLD_BY_NO_MESSAGE)
    await made.act(clerk, one, Action.OPEN, Action.SIGN_FOR)
    await worked_out(made)
    eve = datetime(2026, 11, 26, 2, tzinfo=NOW.tzinfo)
    told = []
    for days in (0, 0, 1, 2, 4, 4):
        told.append(await remind(made, eve + timedelta(days=days)))
        await made.database.write(messages.take, eve + timedelta(days=days))  # and goes out
    assert told == [["T01"], [], ["T01"], [], ["T01"], []]  # the day before, on the day, one working day after it
    assert (await texts(made))[::2] == [
        "您单位有 1 件公文待回复，请登录电子公文传输系统查看。【示例县】",
        "您单位有 1 件公文待回复（其中超期 1 件），请登录电子公文传输系统查看。【示例县】",
    ]
    assert (await made.database.read(standing.standing, clerk, eve + timedelta(days=4))).answers == 1
    found = await made.database.read(reminders.due, CLOCK, Settings(), eve + timedelta(days=7))
    assert [each.rule for each in found] == ["answer:after:3"]
    await made.send(clerk, COUNTY, in_reply_to=one)
    assert await made.database.write(reminders.note, found, eve + timedelta(days=7)) == 0
    assert (await made.database.read(standing.standing, clerk, eve + timedelta(days=7))).answers == 0


async def test_more_time_begins_the_reminders_of_an_answer_anew(made: Ledger, sender: Person):
    one = await asked_by(made, sender, "2026-11-27", "T01", "T02")
    await made.act(await made.person("T01"), one, Action.OPEN, Action.SIGN_FOR)
    await made.act(await made.person("T02"), one, Action.OPEN, Action.SIGN_FOR)
    await extended(made, sender, one, date(2026, 12, 4), "T01")
    await worked_out(made)
    assert await remind(made, datetime(2026, 11, 26, 2, tzinfo=NOW.tzinfo)) == ["T02"]
    assert await remind(made, datetime(2026, 12, 3, 2, tzinfo=NOW.tzinfo)) == ["T01", "T02"]


async def test_an_answer_asked_of_named_persons_is_told_to_them_alone(made: Ledger, sender: Person, clerk: Person):
    await made.database.write(messages.set_address, "T01", Address(mobile="13800000000"), NOW)
    await made.database.write(messages.set_address, clerk.id, Address(mobile="13899999999"), NOW)
    one = await asked_by(made, sender, "2026-11-27", addressees=[clerk.id])
    await made.act(clerk, one, Action.OPEN, Action.SIGN_FOR)
    await worked_out(made)
    await remind(made, datetime(2026, 11, 27, 2, tzinfo=NOW.tzinfo))
    rows = await made.database.read(lambda tx: tx.rows("SELECT address, text FROM message"))
    assert [tuple(row) for row in rows] == [("13899999999", "您有 1 件公文待回复，请登录电子公文传输系统查看。【示例县】")]


async def test_urging_by_hand_reminds(made: Ledger, sender: Person):
    from exchange.delivery.sender import act_as_sender  # noqa: PLC0415 - another room's act

    await made.database.write(messages.set_address, "T01", Address(mobile="13800000000"), NOW)
    one = await made.send(sender, "T01", **MEETING)
    await made.database.write(act_as_sender, made.notary, sender, one, "T01", Action.URGE, NOW)
    assert await made.database.write(reminders.announce, OUTLET, NOW) == ["T01"]
    assert len(await texts(made)) == 1


def test_a_message_says_counts_and_nothing_else():
    assert messages.worded(Counts(2, 0), "示例县") == "您单位有 2 件公文待签收，请登录电子公文传输系统查看。【示例县】"


async def taken(made: Ledger, now: datetime) -> list[str]:
    return [each.id for each in await made.database.write(messages.take, now)]


async def test_a_message_that_was_taken_comes_again_after_a_kill_and_not_after_it_was_sent(made: Ledger):
    await made.database.write(messages.put, OUTLET, messages.Note("T01", "T01", "x", Address("a@b.cn"), "text"), NOW)
    (one,) = await taken(made, NOW)
    assert await taken(made, NOW) == []
    assert await taken(made, NOW + timedelta(minutes=1)) == [one]
    await made.database.write(messages.note_sent, one, NOW)
    assert await taken(made, NOW + timedelta(days=1)) == []
    row = await made.database.read(lambda tx: tx.row("SELECT address, text, state FROM message"))
    assert tuple(row) == (None, None, State.SENT)


async def test_a_message_is_given_up_after_its_last_try(made: Ledger):
    await made.database.write(messages.put, OUTLET, messages.Note("T01", "T01", "x", Address("a@b.cn"), "text"), NOW)
    now, tries = NOW, 0
    while (found := await taken(made, now)) and tries < 50:
        tries += 1
        await made.database.write(messages.note_fault, found[0], "smtp 450", now)
        now += timedelta(hours=5)
    (noted,) = await made.database.read(messages.newest, 10)
    assert (tries, noted.state, noted.fault) == (len(messages.BACK_OFF), State.FAILED, "smtp 450")


async def test_one_cause_makes_one_message(made: Ledger):
    note = messages.Note("T01", "T01", "x", Address("a@b.cn", "13800000000"), "text")
    assert await made.database.write(messages.put, OUTLET, note, NOW) == 2
    assert await made.database.write(messages.put, OUTLET, note, NOW) == 0


async def step(made: Ledger, now: datetime) -> list[int]:
    found = await made.database.read(alarms.waiting, 15, now)
    return [each.step for each in found if await made.database.write(alarms.take, OUTLET, each, now)]


async def test_an_alarm_goes_from_officer_to_leader_to_the_county_and_ends(made: Ledger, sender: Person, clerk: Person):
    night = datetime(2026, 11, 20, 15, 0, tzinfo=NOW.tzinfo)
    day = roster.day_of(night)
    await made.database.write(roster.keep, made.notary, clerk, [Shift(day, "赵值班", "13811110000", "钱带班", "13822220000")], NOW)
    await made.database.write(roster.keep, made.notary, sender, [Shift(day, "孙县", "13833330000", "李县", "13844440000")], NOW)
    one = await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, now=night, title=TOLD_BY_NO_MESSAGE, **MEETING)
    taken_steps = [await step(made, night + timedelta(minutes=minutes)) for minutes in (0, 1, 14, 15, 16, 30, 45, 90)]
    assert taken_steps == [[0], [], [], [1], [], [2], [], []]
    rows = await made.database.read(lambda tx: tx.rows("SELECT address, text FROM message ORDER BY made_at"))
    assert [row.address for row in rows] == ["13811110000", "13822220000", "13833330000"]
    assert "T01镇有 1 件公文待签收（其中特急 1 件）" in rows[2].text
    assert not any(TOLD_BY_NO_MESSAGE in row.text for row in rows)
    assert [each.name for each in await made.database.read(alarms.steps, clerk, one)] == ["赵值班", "钱带班", "孙县"]


async def test_an_alarm_ends_when_somebody_opens_it(made: Ledger, sender: Person, clerk: Person):
    one = await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, **MEETING)
    assert await step(made, NOW) == [0]
    found = await made.database.read(alarms.waiting, 15, NOW + timedelta(minutes=15))
    await made.act(clerk, one, Action.OPEN)
    assert [await made.database.write(alarms.take, OUTLET, each, NOW) for each in found] == [False]
    assert await step(made, NOW + timedelta(minutes=30)) == []


async def test_a_step_is_taken_once_and_after_a_pause_the_next_waits_its_time(made: Ledger, sender: Person):
    await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, **MEETING)
    (one,) = await made.database.read(alarms.waiting, 15, NOW)
    assert await made.database.write(alarms.take, OUTLET, one, NOW)
    assert not await made.database.write(alarms.take, OUTLET, one, NOW)
    later = NOW + timedelta(hours=3)  # the service was down
    assert [await step(made, later), await step(made, later + timedelta(minutes=14)), await step(made, later + timedelta(minutes=15))] == [
        [1],
        [],
        [2],
    ]


async def test_settings_and_days_are_kept_with_who_set_them(made: Ledger):
    await made.database.write(settings.set_all, COMMAND, Settings(alarm_minutes=5), NOW)
    assert (await made.database.read(settings.settings)).alarm_minutes == 5
    day = date(2026, 11, 23)
    await made.database.write(settings.lay_down, COMMAND, [Adjustment(day, works=False, note="县庆")], NOW)
    assert not (await made.database.read(settings.clock)).is_working_day(day)
    await made.database.write(settings.lay_down, COMMAND, [Adjustment(day, works=True)], NOW + timedelta(minutes=1))
    await made.database.write(settings.take_back, COMMAND, day, NOW + timedelta(minutes=2))
    assert await made.database.read(settings.adjustments) == []
    kept = await made.database.read(lambda tx: tx.rows("SELECT valid_to FROM calendar_adjustment ORDER BY valid_from"))
    assert [row.valid_to for row in kept] == [instants.write(NOW + timedelta(minutes=each)) for each in (1, 2)]


@pytest.mark.parametrize(
    ("today", "laid_down", "missing"),
    [
        (date(ARRANGED_UNTIL, 11, 30), [], []),
        (date(ARRANGED_UNTIL, 12, 1), [], [ARRANGED_UNTIL + 1]),
        (date(ARRANGED_UNTIL, 12, 1), [date(ARRANGED_UNTIL + 1, 2, 20)], []),
        (date(ARRANGED_UNTIL + 1, 3, 1), [], [ARRANGED_UNTIL + 1]),
    ],
)
async def test_next_years_calendar_is_asked_for_from_december_on(made: Ledger, today: date, laid_down: list[date], missing: list[int]):
    now = datetime(today.year, today.month, today.day, 2, tzinfo=NOW.tzinfo)
    await made.database.write(settings.lay_down, COMMAND, [Adjustment(day, works=True) for day in laid_down], NOW)
    assert await made.database.read(settings.missing_years, now) == missing


async def test_names_of_duty_are_erased_after_their_years_and_events_stay(made: Ledger, sender: Person, clerk: Person):
    old, new = NOW - timedelta(days=11 * 366), NOW - timedelta(days=9 * 365)
    for moment in (old, new):
        day = roster.day_of(moment)
        await made.database.write(roster.keep, made.notary, clerk, [Shift(day, "赵值班", "13811110000", "钱带班", "13822220000")], moment)
        await made.database.write(roster.write_entry, clerk, "接孙主任电话", moment)
    await made.send(sender, "T01", urgency=Urgency.EXTRA_URGENT, **MEETING)
    await step(made, NOW)
    await made.database.write(lambda tx: tx.run("UPDATE alarm_step SET name = '赵值班', at = :at", at=instants.write(old)))
    years = (await made.database.read(settings.settings)).names_years
    assert (years, await made.database.write(keeping.erase, years, NOW), await made.database.write(keeping.erase, years, NOW)) == (10, 4, 0)
    for moment, names in ((old, ["", None]), (new, ["赵值班", "接孙主任电话"])):
        day = roster.day_of(moment)
        (entry,) = await made.database.read(roster.entries, "T01", day)
        assert [(await made.database.read(roster.shift, "T01", day)).officer, entry.text] == names
    left = await made.database.read(lambda tx: tx.rows("SELECT name FROM alarm_step UNION ALL SELECT person FROM duty_entry"))
    assert [tuple(row) for row in left] == [(None,), (None,), (clerk.id,)]


async def test_a_change_of_the_roster_leaves_one_receipt_without_names_or_numbers(made: Ledger, clerk: Person):
    first, second = date(2026, 11, 23), date(2026, 11, 24)
    wanted = [Shift(first, "赵值班", "13811110000", "钱带班", "13822220000"), Shift(second, "孙值班", "13811110001")]

    async def keep(*shifts: Shift) -> str | None:
        evidence: str | None = await made.database.write(roster.keep, made.notary, clerk, shifts, NOW)
        return evidence

    async def found() -> list[str]:
        findings = Findings()
        await made.database.read(check_acts, findings)
        return [each["check"] for each in findings.report()["problems"]]

    evidence = await keep(*wanted)
    assert await keep(*wanted) is None, "the same once more changes nothing and leaves no second event"
    row = await made.database.read(lambda tx: tx.row("SELECT receipt, text FROM event JOIN reason USING (evidence_id) ORDER BY id DESC"))
    told = decode(row.receipt, Receipt)
    assert (told.evidence_id, told.event, told.by, told.subject) == (evidence, "DutyRosterChange", clerk.id, "2026-11-23 2026-11-24 2")
    assert not any(words in row.receipt.decode() for words in ("赵值班", "钱带班", "13811110000"))
    assert "13811110000" not in row.text, "nor is a number kept with it"
    with pytest.raises(Problem):
        await keep(Shift(first, "周值班"), Shift(second, "x" * 100))
    assert (await made.database.read(roster.shift, "T01", first)).officer == "赵值班", "all or none"
    await keep(Shift(first, "赵值班", "13899990000", "钱带班", "13822220000"))
    await keep(Shift(second))
    assert [each.days for each in await made.database.read(roster.changes, "T01", 9)] == [1, 1, 2]
    assert await found() == []
    await made.database.write(lambda tx: tx.run("DELETE FROM reason WHERE evidence_id = :id", id=evidence))  # as if it had grown old
    assert await found() == []
    for change in (
        "UPDATE duty_roster SET officer = '吴值班'",
        "UPDATE duty_roster SET officer = '赵值班', evidence_id = NULL",
        "DELETE FROM duty_roster",
    ):
        await made.database.write(lambda tx, sql=change: tx.run(sql))
        assert await found() == ["roster"], change


async def test_what_is_for_named_persons_is_told_to_them_alone(made: Ledger, sender: Person, clerk: Person):
    await made.database.write(messages.set_address, "T01", Address(mobile="13800000000"), NOW)
    await made.database.write(messages.set_address, clerk.id, Address(mobile="13899999999"), NOW)
    await made.send(sender, "T01", addressees=[clerk.id], urgency=Urgency.EXTRA_URGENT, **MEETING)
    await fixed(made)
    assert await step(made, NOW) == [0]
    assert await step(made, NOW + timedelta(hours=1)) == []
    await remind(made, NOW + timedelta(days=3))
    rows = await made.database.read(lambda tx: tx.rows("SELECT address, text FROM message ORDER BY made_at"))
    assert {row.address for row in rows} == {"13899999999"}
    assert rows[0].text.startswith("您有 1 件公文待签收")
