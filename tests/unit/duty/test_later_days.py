"""An office that gets an item later: no day that was over before counts for it, wherever limits are told or told of."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from tracking_maker import COUNTY, NOW, Ledger, ledger

from exchange.delivery import supplement, waiting
from exchange.duty import deadlines, later_days, reminders
from exchange.duty.settings import Settings
from exchange.duty.working_days import OfficeClock, Rules
from exchange.office.store import Person
from exchange.supervision import expected, limits, overdue
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Role

LATER = NOW + timedelta(days=11)
"""Tuesday 1 December 2026, when what was asked for by 25 November is over."""
ORDINARY = date(2026, 12, 4)
GIVEN = date(2026, 12, 10)


@pytest.fixture
async def made() -> AsyncIterator[Ledger]:
    async with ledger() as given:
        yield given


@pytest.fixture
async def sender(made: Ledger) -> Person:
    return await made.person(COUNTY, Role.REVIEWER, "王五")


async def later(made: Ledger, sender: Person, *offices: str, day: date | None = None, respond_by: str | None = "2026-11-25") -> str:
    fields = {"kind": Kind.MEETING} | ({} if respond_by is None else {"respond_by": respond_by})
    one = await made.send(sender, "T01", **fields)
    unit, values = supplement.supplement, {"copy": False, "reason": "请一并研究", "respond_by": day}
    await made.database.write(lambda tx: unit(tx, made.notary, sender, one, offices, LATER, **values))
    await made.database.write(limits.fix, Rules(), 100)
    await made.database.write(expected.fix, LATER, 100)
    return one


@pytest.mark.parametrize(("day", "counts"), [(None, ORDINARY), (GIVEN, GIVEN)])
async def test_the_new_office_has_a_day_of_its_own_wherever_one_looks(made: Ledger, sender: Person, day: date | None, counts: date):
    clerk = await made.person("T02")
    one = await later(made, sender, "T02", day=day)
    told = {each.office: each for each in await made.database.read(deadlines.deadlines, sender, one, Rules())}
    assert (told["T01"].asked, told["T02"].asked) == (date(2026, 11, 25), counts)
    closes = OfficeClock().close_of(ORDINARY)  # signing is ordinary in either case: it never waits for an answer's day
    kept = await made.database.read(lambda tx: tx.rows("SELECT office, sign_by FROM tracking ORDER BY office"))
    assert kept[1].sign_by == instants.write(closes) == instants.write(told["T02"].sign_by)
    asked = await made.database.read(lambda tx: tx.rows("SELECT office, day FROM expected_answer ORDER BY office"))
    assert [tuple(each) for each in asked] == [("T01", "2026-11-25"), ("T02", counts.isoformat())]
    await made.database.write(overdue.expire, made.notary, LATER)
    late = await made.database.read(lambda tx: tx.rows("SELECT recipient FROM event WHERE event = 'AcceptanceRejectionExpiry'"))
    assert [each.recipient for each in late] == ["T01"]
    due = await made.database.read(reminders.due, OfficeClock(), Settings(after_days=(1,), before_days=()), LATER)
    assert {each.office for each in due} == {"T01"}
    listed = await made.database.read(waiting.due, clerk, LATER, "2026-12-04", 9)
    assert [each.due for each in listed.rows] == [counts.isoformat()]
    assert await made.database.read(later_days.differences) == []
    await made.database.write(lambda tx: tx.run("UPDATE tracking SET respond_by = '2026-11-25'"))
    assert len(await made.database.read(later_days.differences)) == 1


async def test_the_day_stands_before_the_reason_so_that_its_digest_binds_it(made: Ledger, sender: Person):
    await later(made, sender, "T02", day=GIVEN)
    row = await made.database.read(
        lambda tx: tx.row("SELECT text FROM reason JOIN event USING (evidence_id) WHERE event = 'SupplementaryDelivery'")
    )
    assert row.text == "2026-12-10 请一并研究"


async def test_a_day_that_is_still_to_come_counts_for_everybody(made: Ledger, sender: Person):
    one = await later(made, sender, "T02", respond_by="2026-12-20")
    assert await made.database.read(lambda tx: tx.rows("SELECT * FROM later_day")) == []
    told = await made.database.read(deadlines.deadlines, sender, one, Rules())
    assert [each.asked for each in told] == [date(2026, 12, 20)] * 2


@pytest.mark.parametrize(
    ("asked", "day", "kind"),
    [
        ("2026-11-25", date(2026, 11, 30), ProblemType.DEADLINE_PAST),
        ("2026-12-20", GIVEN, ProblemType.REQUEST_MALFORMED),
        (None, GIVEN, ProblemType.REQUEST_MALFORMED),
    ],
)
async def test_which_days_cannot_be_given(made: Ledger, sender: Person, asked: str | None, day: date, kind: ProblemType):
    with pytest.raises(Problem) as caught:
        await later(made, sender, "T02", day=day, respond_by=asked)
    assert caught.value.kind is kind
    assert await made.database.read(lambda tx: tx.rows("SELECT 1 FROM delivery WHERE office = 'T02'")) == []


@pytest.mark.parametrize(
    ("asked", "standing"), [("2026-11-25", (True, True)), ("2026-12-02", (False, True)), ("2026-12-03", (False, False))]
)
async def test_a_day_is_asked_for_where_the_document_s_is_over_or_within_a_working_day(
    made: Ledger, sender: Person, asked: str, standing: tuple[bool, bool]
):
    one = await made.send(sender, "T01", respond_by=asked, kind=Kind.MEETING)
    found = await made.database.read(later_days.day_of, one, LATER)
    assert found is not None
    assert (found.over, found.near) == standing
    assert found.proposed == ORDINARY
