"""Whoever leaves or moves is out at once, and nothing that only they could see is lost with them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from ledger_maker import NOW, Filled, filled
from msgspec import structs

from archive.blobs.files import FileBlobs
from exchange import commands, staff_changes
from exchange.checking.events import check_events
from exchange.checking.findings import Findings
from exchange.checking.staff import check_staff
from exchange.checking.submissions import check_submissions
from exchange.clock import FakeClock, Watch
from exchange.delivery import moves, store
from exchange.delivery.answers import Move
from exchange.delivery.moves import Asked
from exchange.delivery.states import Action, Opening, Review
from exchange.duty import deadlines, messages, roster, settings
from exchange.duty.messages import Address
from exchange.office import groups
from exchange.office import store as offices
from exchange.office.administration import COMMAND, Acting
from exchange.office.store import Person
from exchange.paper import items as papers
from exchange.paper import printing
from exchange.paper import store as paper_store
from exchange.paper.items import Courier
from exchange.paper.words import PaperDirection
from exchange.registers import changes as register_changes
from exchange.registers.rules import Column
from exchange.staff import departing, deputies, keeping, leaving, requests, sheet
from exchange.staff import store as registry
from exchange.staff.filing import ChangeKind, StaffFiling, State, Training
from exchange.staff.leaving import Why
from exchange.staff.requests import Handing, StaffProposal
from keys import statement
from keys.trust import Purpose, Trust, validate
from schemas import instants
from schemas.messages import Statement
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Role

LEAVER, LEADER, SUCCESSOR, OTHER = "T01.1", "T01.2", "T01.3", "T01.4"

NOBODY = Handing()


class Made:
    """A county with T01's clerk who is going to leave, its leader and two more clerks."""

    def __init__(self, ledger: Filled) -> None:
        self.ledger, self.clock = ledger, FakeClock(NOW)
        self.watch = Watch(self.clock)

    @property
    def desk(self) -> commands.Desk:
        return commands.Desk(self.ledger.county, self.ledger.database, self.watch, acting=Acting("county.2"))

    def later(self) -> Any:
        self.clock.advance(timedelta(seconds=2))
        self.ledger.now = self.clock.now()
        return self.ledger.now

    async def read(self, unit: Any, *arguments: Any) -> Any:
        return await self.ledger.database.read(unit, *arguments)

    async def write(self, unit: Any, *arguments: Any, **named: Any) -> Any:
        return await self.ledger.database.write(unit, *arguments, **named)

    async def person(self, person: str) -> Person:
        found: Person = await self.read(offices.person, person)
        return found

    async def propose(self, by: str, **fields: Any) -> str:
        caller = await self.person(by)
        asked = StaffProposal(**fields)
        id_: str = await self.write(requests.propose, self.ledger.county.notary, caller, caller.office, asked, self.later())
        return id_

    async def confirm(self, id_: str) -> staff_changes.Settled:
        self.later()
        done: staff_changes.Settled = await self.write(staff_changes.confirm, self.desk, await self.person("county.2"), id_)
        return done

    async def leave(self, handing: Handing = NOBODY, by: str = LEADER) -> staff_changes.Settled:
        return await self.confirm(await self.propose(by, kind=ChangeKind.LEAVING, person=LEAVER, handing=handing))

    async def hand_over(self, by: str, handing: Handing, leaver: str = LEAVER) -> int:
        caller = await self.person(by)
        count: int = await self.write(leaving.hand_over, self.ledger.county.notary, caller, leaver, handing, self.later())
        return count

    async def lying(self, leaver: str = LEAVER) -> list[leaving.Lying]:
        found: list[leaving.Lying] = await self.read(leaving.lying, await self.person(LEADER), leaver)
        return found

    async def sees(self, person: str, submission: str) -> bool:
        caller = await self.person(person)
        return submission in {each.submission for each in (await self.read(store.inbox, caller)).rows}


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[Made]:
    async with filled(tmp_path / "county") as ledger:
        for name, role in (("王镇长", Role.LEADER), ("李四", Role.CLERK), ("赵五", Role.CLERK)):
            await ledger.person("T01", role, name)
        await ledger.person(COUNTY, Role.ADMINISTRATOR, "县管理员")
        yield Made(ledger)


async def named(made: Made, *people: str) -> str:
    return await made.ledger.send("county.1", "T01", addressees=list(people or (LEAVER,)))


async def test_certificates_and_sessions_end_when_the_county_confirms_and_not_before(made: Made):
    id_ = await made.propose("T01.3", kind=ChangeKind.LEAVING, person=LEAVER)
    signer, county = made.ledger.people[LEAVER], made.ledger.county
    assert (await made.person(LEAVER)).id == LEAVER
    await made.confirm(id_)
    lists = await made.read(offices.current_crls, made.later())
    trust = Trust(county.root, (county.issuer.certificate,), tuple(map(x509.load_der_x509_crl, lists)))
    with pytest.raises(Problem) as refused:
        validate(signer.certificate, (), trust, at=made.clock.now(), purpose=Purpose.REQUEST)
    assert refused.value.kind is ProblemType.SIGNER_REVOKED
    with pytest.raises(Problem, match="person-unknown"):
        await made.person(LEAVER)
    events = await made.read(lambda tx: [row.event for row in tx.rows("SELECT event FROM event ORDER BY id DESC LIMIT 3")])
    assert set(events) == {Event.STAFF_CHANGE_REQUEST, Event.STAFF_CHANGE, Event.CERTIFICATE_REVOCATION}


async def test_a_named_item_goes_to_the_successor_and_to_nobody_else(made: Made):
    item = await named(made)
    lying = (await made.lying())[0]
    assert (lying.submission, lying.why, lying.title, lying.alone) == (item, Why.NAMED_UNSIGNED, None, True), "no title"
    planned = await made.propose(LEADER, kind=ChangeKind.LEAVING, person=LEAVER, handing=Handing(others=SUCCESSOR))
    assert not await made.sees(SUCCESSOR, item), "a plan opens nothing"
    assert (await made.confirm(planned)).handed == 2, "and one that was returned"
    assert [person for person in (LEADER, SUCCESSOR, OTHER, "T02.1") if await made.sees(person, item)] == [SUCCESSOR]
    status = await made.read(store.status, await made.person("county.1"), item)
    last = status.events[-1]
    assert (last.event, last.recipient, last.by) == (Event.STAFF_CHANGE, "T01", LEADER), "the sender sees that it happened"
    assert await made.read(leaving.noted, item) == {last.evidence_id: (None, "→ 李四")}
    await made.ledger.move(SUCCESSOR, item, Action.OPEN)
    await made.ledger.move(SUCCESSOR, item, Action.SIGN_FOR)


async def test_a_person_who_left_between_opening_and_signing_signs_nothing_and_the_successor_does(made: Made):
    item = await named(made)
    stale = await made.person(LEAVER)
    await made.ledger.move(LEAVER, item, Action.OPEN)
    await made.leave(Handing(items={item: SUCCESSOR}))
    asked = Asked(Action.SIGN_FOR, Move())
    with pytest.raises(Problem) as refused:  # asked before the county confirmed, come to its turn after
        await made.write(moves.act, made.ledger.county.notary, stale, item, asked, made.later())
    assert (refused.value.kind, refused.value.detail) == (ProblemType.NOT_ALLOWED, "left")
    received = await made.read(store.received, await made.person(SUCCESSOR), item)
    assert (received.opening, received.review) == (Opening.OPENED, Review.PENDING)
    await made.write(moves.act, made.ledger.county.notary, await made.person(SUCCESSOR), item, asked, made.later())
    events = (await made.read(store.status, await made.person("county.1"), item)).events
    told = [(each.event, each.by) for each in events if each.recipient == "T01" and each.by]
    assert told == [(Event.CONTENT_HANDOVER, LEAVER), (Event.STAFF_CHANGE, LEADER), (Event.CONSIGNMENT_ACCEPTANCE, SUCCESSOR)]


async def test_nobody_gets_at_a_named_item_while_the_person_is_there(made: Made):
    await named(made)
    with pytest.raises(Problem, match="action-not-possible"):
        await made.hand_over(LEADER, Handing(others=LEADER))
    for by in (SUCCESSOR, OTHER):
        with pytest.raises(Problem, match="not-allowed"):
            await made.propose(by, kind=ChangeKind.LEAVING, person=LEAVER, handing=Handing(others=by))
    id_ = await made.propose(LEADER, kind=ChangeKind.LEAVING, person=LEAVER, handing=Handing(others=LEADER))
    await made.write(requests.withdraw, made.ledger.county.notary, await made.person(LEADER), id_, made.later())
    assert await made.read(lambda tx: tx.rows("SELECT person FROM addressee WHERE person = :p", p=LEADER)) == []


async def test_who_was_sent_away_at_once_by_the_county_still_hands_over_by_the_leader(made: Made):
    first, second = await named(made), await named(made, LEAVER, OTHER)
    made.later()
    await commands.revoke(made.desk, person=LEAVER, left=True)
    assert await made.read(leaving.unhanded, await made.person(LEADER)) == {LEAVER: 1}, "the other one has another addressee"
    for by, handing, refusal in (
        (SUCCESSOR, Handing(others=SUCCESSOR), "not-allowed"),
        ("county.2", Handing(others=SUCCESSOR), "not-allowed"),
        (LEADER, Handing(others="T02.1"), "request-malformed"),
        (LEADER, Handing(items={first: LEAVER}), "request-malformed"),
    ):
        with pytest.raises(Problem, match=refusal):
            await made.hand_over(by, handing)
    assert await made.hand_over(LEADER, Handing(items={first: SUCCESSOR})) == 1
    assert (await made.sees(SUCCESSOR, first), await made.sees(SUCCESSOR, second)) == (True, False)
    assert await made.hand_over(LEADER, Handing(others=SUCCESSOR)) == 2, "and what they sent and was returned"
    assert await made.hand_over(LEADER, Handing(others=OTHER)) == 0, "once"
    assert await made.read(leaving.unhanded, await made.person(LEADER)) == {}


async def test_a_leader_of_another_office_names_nobody(made: Made):
    await named(made)
    other = await made.ledger.person("T02", Role.LEADER, "他乡镇长")
    await made.leave()
    with pytest.raises(Problem, match="not-found"):
        await made.hand_over(other, Handing(others=other))


async def test_what_they_sent_to_named_people_stays_in_sight_of_the_office(made: Made):
    sent = await made.ledger.send(LEAVER, COUNTY, addressees=["county.1"])
    await made.ledger.move("county.1", sent, Action.OPEN)
    await made.ledger.move("county.1", sent, Action.RETURN, "缺附件")
    assert next(each.why for each in await made.lying()) is Why.SENT_NAMED
    await made.leave(Handing(others=SUCCESSOR))
    assert (await made.read(store.status, await made.person(SUCCESSOR), sent)).deliveries[0].reason == "缺附件"
    await made.ledger.send(SUCCESSOR, COUNTY, addressees=["county.1"], replaces=sent)
    with pytest.raises(Problem, match="not-found"):
        await made.read(store.status, await made.person(OTHER), sent)


async def test_what_the_office_sees_anyway_is_listed_and_handed_over_without_a_right(made: Made):
    item, wrong = await made.ledger.send("county.1", "T01"), await made.ledger.send("county.1", "T01")
    for each in (item, wrong):
        await made.ledger.move(LEAVER, each, Action.OPEN)
    lying = {each.submission: each for each in await made.lying()}
    assert (lying[item].why, lying[item].title) == (Why.OPENED, "防汛准备工作情况")
    await made.leave(Handing(others=SUCCESSOR))
    assert await made.read(lambda tx: tx.rows("SELECT 1 FROM addressee WHERE submission = :id", id=item)) == []
    rows = await made.read(leaving.handed, await made.person(LEADER), LEAVER)
    assert {row.submission: row.title for row in rows}[item] == "防汛准备工作情况"
    taken = {each.submission: each for each in await made.read(leaving.taken_over, await made.person(SUCCESSOR))}
    assert (taken[item].person, taken[item].title, taken[item].received) == (LEAVER, "防汛准备工作情况", True)
    await made.ledger.move(SUCCESSOR, item, Action.SIGN_FOR)
    assert item not in {each.submission for each in await made.read(leaving.taken_over, await made.person(SUCCESSOR))}
    await made.ledger.move(SUCCESSOR, wrong, Action.MISDIRECT, "不属本镇")
    rows = await made.read(leaving.handed, await made.person(LEADER), LEAVER)
    assert {row.submission: row.title for row in rows}[wrong] == "", "what is closed to the office is called nothing there either"


async def test_a_successor_who_has_gone_too_is_passed_over_and_the_item_is_still_told(made: Made):
    item = await named(made)
    planned = await made.propose(LEADER, kind=ChangeKind.LEAVING, person=LEAVER, handing=Handing(others=SUCCESSOR))
    made.later()
    await commands.revoke(made.desk, person=SUCCESSOR, left=True)
    assert (await made.confirm(planned)).handed == 0
    assert await made.read(leaving.unhanded, await made.person(LEADER)) == {LEAVER: 1}
    await made.hand_over(LEADER, Handing(others=OTHER))
    assert await made.sees(OTHER, item)


async def test_who_moves_leaves_the_one_office_and_arrives_at_the_other_with_a_new_id_and_the_history_linked(made: Made):
    item = await named(made)
    id_ = await made.propose(LEADER, kind=ChangeKind.MOVE, person=LEAVER, to="T02", handing=Handing(others=SUCCESSOR))
    done = await made.confirm(id_)
    assert done.invited is not None
    arrived = done.invited.person
    assert (arrived.id, arrived.office, arrived.name) == ("T02.2", "T02", "张三")
    assert [each.after for each in await made.read(registry.former, "T01")] == ["T02.2"]
    assert not await made.sees("T02.2", item), "nothing of the old office goes along"
    with pytest.raises(Problem, match="person-unknown"):
        await made.person(LEAVER)


async def test_deputies_are_told_for_their_days_and_get_no_certificate(made: Made):
    notary, leader = made.ledger.county.notary, await made.person(LEADER)
    before = await made.read(lambda tx: tx.row("SELECT count(*) AS count FROM certificate").count)
    now = made.later()
    day, later = deputies.today(now), deputies.today(now + timedelta(days=3))
    await made.write(deputies.name_deputy, notary, leader, LEAVER, SUCCESSOR, (day, later), now)
    second = await made.write(deputies.name_deputy, notary, leader, SUCCESSOR, OTHER, (day, day), now)
    assert await made.write(deputies.name_deputy, notary, leader, SUCCESSOR, OTHER, (day, day), now) == second, "once more is the same"
    assert await made.read(deputies.routed, [LEAVER, LEADER], now) == {LEAVER: OTHER, LEADER: LEADER}
    assert await made.read(deputies.stand_in, LEAVER, now + timedelta(days=1)) == SUCCESSOR
    assert await made.read(deputies.stand_in, LEAVER, now + timedelta(days=4)) is None
    with pytest.raises(Problem, match="action-not-possible"):
        await made.write(deputies.name_deputy, notary, leader, LEAVER, OTHER, (later, later), now)
    for days in ((later, day), ("x", day), ("2020-01-01", "2020-01-02"), (day, "2099-01-01")):
        with pytest.raises(Problem, match="request-malformed"):
            await made.write(deputies.name_deputy, notary, leader, LEADER, OTHER, days, now)
    with pytest.raises(Problem, match="not-found"):
        await made.write(deputies.name_deputy, notary, leader, LEADER, "T02.1", (day, day), now)
    assert await made.read(lambda tx: tx.row("SELECT count(*) AS count FROM certificate").count) == before
    await made.leave()
    ended = await made.read(lambda tx: tx.rows("SELECT person FROM event WHERE event = 'DeputyEnd'"))
    assert len(ended) == 1, "what others did for who left is ended by an event too"
    assert await made.read(deputies.acting, "T01", now) == [deputies.Deputy(2, SUCCESSOR, "李四", OTHER, "赵五", day, day, second)]


async def test_the_ledger_checks_out_afterwards_and_an_addressee_from_nowhere_is_found(made: Made):
    await named(made)
    await made.leave(Handing(others=SUCCESSOR))
    findings = Findings()
    await made.read(check_staff, findings)
    assert findings.report()["problems"] == []
    item = await named(made, OTHER)
    await made.write(lambda tx: tx.run("INSERT INTO addressee (submission, person) VALUES (:id, 'T01.2')", id=item))
    await made.write(lambda tx: tx.run("UPDATE staff_handover SET successor = :other", other=OTHER))
    await made.read(check_staff, findings)
    assert {each["check"] for each in findings.report()["problems"]} == {"addressee", "handover"}


async def test_the_county_lets_somebody_go_by_the_way_that_a_proposal_goes(made: Made):
    item = await named(made)
    day = deputies.today(made.clock.now())
    await made.write(
        deputies.name_deputy, made.ledger.county.notary, await made.person(LEADER), SUCCESSOR, LEAVER, (day, day), made.later()
    )
    await made.propose(LEADER, kind=ChangeKind.LEAVING, person=LEAVER, handing=Handing(others=SUCCESSOR))
    waits = await made.propose(LEADER, kind=ChangeKind.MOVE, person=OTHER, to="T02")
    made.later()
    assert (await commands.revoke(made.desk, person=LEAVER, left=True))["handed"] == 2, "as the leader had planned"
    assert await made.sees(SUCCESSOR, item)
    assert await made.read(deputies.of_office, "T01", made.clock.now()) == []
    made.later()
    await commands.revoke(replace(made.desk, acting=COMMAND), person=OTHER, left=True)  # by the command on the county's machine
    settled = {each.person: each for each in await made.read(requests.settled, "T01") if each.id != waits}
    told = {person: (each.kind, each.state, each.direct, each.by) for person, each in settled.items()}
    confirmed = (ChangeKind.LEAVING, State.CONFIRMED)
    assert told == {LEAVER: (*confirmed, False, LEADER), OTHER: (*confirmed, True, "")}
    overtaken = await made.read(requests.one, waits)
    assert (overtaken.state, overtaken.words) == (State.RETURNED, departing.OVERTAKEN)
    (form,) = await made.read(sheet.forms, ["T01"], made.clock.now())
    assert [each.person for each in form.entries] == [LEADER, SUCCESSOR]
    assert form.left == "本年度离岗人员：张三（离岗，2026年11月20日）、赵五（离岗，2026年11月20日）"
    events = await made.read(lambda tx: [row.event for row in tx.rows("SELECT event FROM event WHERE office = 'T01'")])
    assert (events.count(Event.STAFF_CHANGE_REQUEST), events.count(Event.CERTIFICATE_REVOCATION)) == (2, 2)
    findings = Findings()
    await made.read(check_staff, findings)
    assert findings.problems == []
    with pytest.raises(Problem, match="person-unknown"):
        await commands.revoke(made.desk, person=OTHER, left=True)


async def test_of_an_office_without_a_leader_the_countys_administrator_names_successors_and_reads_no_title(made: Made):
    item = await made.ledger.send("county.1", "T01")
    await made.ledger.move(LEAVER, item, Action.OPEN)
    sealed = await named(made)
    for person in (LEADER, LEAVER):
        made.later()
        await commands.revoke(made.desk, person=person, left=True)
    administrator = await made.person("county.2")
    lying = await made.read(leaving.lying, administrator, LEAVER)
    assert ({each.submission for each in lying} > {item, sealed}, {each.title for each in lying}) == (True, {None})
    assert await made.read(leaving.unhanded, administrator, "T01") == {LEAVER: 1}
    for by in (SUCCESSOR, "county.1"):
        with pytest.raises(Problem, match="not-allowed"):
            await made.hand_over(by, Handing(others=SUCCESSOR))
    with pytest.raises(Problem, match="request-malformed"):
        await made.hand_over("county.2", Handing(others="county.2"))
    assert await made.hand_over("county.2", Handing(others=SUCCESSOR)) == 3
    assert await made.sees(SUCCESSOR, sealed)
    told = (await made.read(store.status, await made.person("county.1"), sealed)).events[-1]
    assert (told.event, told.by, told.recipient) == (Event.STAFF_CHANGE, "county.2", "T01")


async def test_what_somebody_was_filed_with_is_erased_years_after_they_left_and_their_name_stays(made: Made):
    filed = StaffFiling(name="张三", role=Role.CLERK, mobile="13800000001", birth_year=1990, training=(Training("2026-03-02", "保密", 8),))
    await made.confirm(await made.propose(LEADER, kind=ChangeKind.CORRECTION, person=LEAVER, filing=filed))
    stays = structs.replace(filed, name="李四", mobile="13800000002")
    await made.confirm(await made.propose(LEADER, kind=ChangeKind.CORRECTION, person=SUCCESSOR, filing=stays))
    await made.write(messages.set_address, LEAVER, Address(mobile="13800000001"), made.later())
    await named(made)
    await made.leave(Handing(others=SUCCESSOR))
    assert await made.read(lambda tx: tx.rows("SELECT * FROM notice_address")) == [], "nobody writes to them any more"
    held = "SELECT (SELECT count(*) FROM staff_period) + (SELECT count(*) FROM reason JOIN staff_request ON id = evidence_id) AS count"
    before, years = (await made.read(lambda tx: tx.row(held))).count, (await made.read(settings.settings)).staff_years
    left = made.clock.now()
    assert (years, await made.write(keeping.erase, years, left + timedelta(days=years * 365 - 2))) == (3, 0)
    later = left + timedelta(days=years * 366 + 1)
    assert [await made.write(keeping.erase, years, later) for _ in range(2)] == [1, 0]
    assert (await made.read(lambda tx: tx.row(held))).count == before - 3, "one filing, two texts of changes"
    assert not await made.read(lambda tx: tx.rows("SELECT 1 FROM reason WHERE text LIKE '%13800000001%'"))
    (former,) = await made.read(registry.former, "T01")
    assert (former.name, former.kept) == ("张三", False)
    assert (await made.read(registry.entry, SUCCESSOR)).filing.mobile == "13800000002", "who is here is filed as before"
    findings = Findings()
    await made.read(check_staff, findings)
    assert findings.problems == []


class UndoneError(Exception):
    """What was changed by hand is taken back."""


async def found_of(made: Made, change: str, check: Callable[[Any, Findings], None]) -> set[str]:
    """Return the checks that find a change by hand, which does not last."""
    findings = Findings()

    def look(tx: Any) -> None:
        if change:
            tx.run(change)
        check(tx, findings)
        raise UndoneError

    with pytest.raises(UndoneError):
        await made.write(look)
    return {each["check"] for each in findings.report()["problems"]}


async def test_what_was_changed_by_hand_in_the_registry_is_found(made: Made):
    await named(made)
    await made.leave()
    assert await found_of(made, "", check_staff) == set()
    for change in (
        "UPDATE staff_request SET state = 'returned'",
        "UPDATE staff_request SET person = 'T01.2'",
        "UPDATE staff_request SET office = 'county'",
        "UPDATE staff_request SET settled_by = 'T01.2'",
        "UPDATE staff_request SET kind = 'move'",
    ):
        assert await found_of(made, change, check_staff) == {"staff-change"}, change
    for change in ("UPDATE submission SET named = 0", "DELETE FROM addressee"):
        assert await found_of(made, change, check_staff) == {"addressee"}, change


async def test_what_lists_and_counters_are_made_of_is_held_against_what_was_signed(made: Made):
    await named(made)
    blobs = FileBlobs(made.ledger.county.folder / "blobs", sweep=False)

    def look(tx: Any, findings: Findings) -> None:
        check_submissions(tx, made.ledger.county, blobs, findings)

    before = await found_of(made, "", look)
    assert "submission-text" not in before
    for change in (
        "UPDATE submission SET kind = 'report'",
        "UPDATE submission SET urgency = 'extra_urgent'",
        "UPDATE submission SET named = 1 - named",
        "UPDATE submission SET replaces = 'x'",
        "UPDATE submission SET in_reply_to = 'x'",
        "UPDATE submission_text SET title = '别的标题'",
        "UPDATE submission_text SET number = '示政发〔2026〕1号'",
    ):
        assert await found_of(made, change, look) == before | {"submission-text"}, change


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("UPDATE delivery SET consigned_at = '2026-11-19T00:00:00.000Z' WHERE office = 'T01'", "delivery"),
        ("UPDATE submission SET accepted_at = '2026-11-19T00:00:00.000Z'", "answer"),
        ("UPDATE submission SET filing_ordinal = filing_ordinal + 100", "acceptance"),
        ("INSERT INTO joint_issuer (submission, office, person, accepted_at) SELECT id, 'T01', 'T01.4', accepted_at FROM submission", ""),
    ],
)
async def test_when_it_came_under_which_number_and_who_issued_it_is_held_against_events_and_signatures(made: Made, change: str, check: str):
    await named(made)
    blobs = FileBlobs(made.ledger.county.folder / "blobs", sweep=False)

    def look(tx: Any, findings: Findings) -> None:
        check_submissions(tx, made.ledger.county, blobs, findings)

    def told(tx: Any) -> Findings:
        findings = Findings()
        look(tx, findings)
        return findings

    before = {each["what"] for each in (await made.read(told)).problems}
    await made.write(lambda tx: tx.run(change))
    new = {each["check"] for each in (await made.read(told)).problems if each["what"] not in before}
    assert (check or "submission-signer") in new


async def test_words_and_signatures_that_are_gone_while_the_item_is_there_are_found(made: Made):
    item = await made.ledger.send("county.1", "T01")
    await made.ledger.move(LEAVER, item, Action.OPEN)
    await made.ledger.move(LEAVER, item, Action.RETURN, "缺附件")

    def look(tx: Any, findings: Findings) -> None:
        check_events(tx, made.ledger.county, findings)

    assert "reason" not in await found_of(made, "", look)
    assert "reason" in await found_of(made, "DELETE FROM reason", look)


async def test_handovers_that_were_changed_by_hand_are_found(made: Made):
    item = await made.ledger.send("county.1", "T01")
    await made.ledger.move(LEAVER, item, Action.OPEN)
    leader, days = await made.person(LEADER), ("2026-11-20", "2026-11-25")
    await made.write(deputies.name_deputy, made.ledger.county.notary, leader, OTHER, SUCCESSOR, days, made.later())
    await made.leave(Handing(others=SUCCESSOR))
    assert await found_of(made, "", check_staff) == set()
    for change, check in (
        ("UPDATE staff_handover SET person = 'T01.4'", "handover"),
        ("UPDATE staff_handover SET at = '2020-01-01T00:00:00.000Z'", "handover"),
        ("UPDATE staff_request SET settled_at = '2020-01-01T00:00:00.000Z'", "staff-change"),
    ):
        assert await found_of(made, change, check_staff) == {check}, change


async def test_what_was_misdirected_or_taken_back_is_not_called_by_its_title_in_a_handover(made: Made):
    shut = await made.ledger.send("county.1", "T01", addressees=[LEADER, LEAVER])
    plain = await made.ledger.send("county.1", "T01")
    await made.ledger.move(LEAVER, plain, Action.OPEN)
    assert {each.title for each in await made.lying()} == {"防汛准备工作情况"}
    await made.leave(Handing(others=LEADER))
    for item in (shut, plain):
        await made.ledger.move(LEADER, item, Action.MISDIRECT, "不属本单位")
    leader = await made.person(LEADER)
    handed = {row.submission: row.title for row in await made.read(leaving.handed, leader, LEAVER)}
    assert [handed[item] for item in (shut, plain)] == ["", ""]
    assert not {shut, plain} & {each.submission for each in await made.lying() if each.title}
    assert not {shut, plain} & {each.submission for each in await made.read(leaving.taken_over, leader)}


async def test_who_left_meanwhile_neither_registers_nor_prints_nor_corrects_nor_extends_anything(made: Made):
    item = await made.ledger.send("county.1", "T01")
    await made.ledger.move(LEAVER, item, Action.OPEN)
    entry = await made.ledger.move(LEAVER, item, Action.SIGN_FOR)
    sent, stale = await made.ledger.send(LEAVER, COUNTY), await made.person(LEAVER)
    await made.leave()
    notary = made.ledger.county.notary
    line = papers.read({"direction": "received", "counterpart": "市政府办", "title": "通知", "kind": "notice"}, {}, "T01")
    acts: list[tuple[Any, ...]] = [
        (printing.print_item, notary, stale, item, 1, "存档", made.later()),
        (paper_store.register, notary, stale, line, made.later()),
        (paper_store.count_courier, stale, Courier(direction=PaperDirection.SENT, count=1), made.later()),
        (register_changes.correct, notary, stale, entry, register_changes.Change(entry, {Column.PLACE: "一号柜"}, "补登"), made.later()),
        (deadlines.extend, notary, stale, sent, [], made.clock.now().date(), "延期", made.later()),
        (roster.write_entry, stale, "夜间无事", made.later()),
        (roster.keep, notary, stale, [roster.Shift(made.clock.now().date(), "张三")], made.later()),
        (groups.keep, stale, "沿河乡镇", ["T02"], made.later()),
        (groups.end, stale, "1", made.later()),
    ]
    for act in acts:
        with pytest.raises(Problem) as refused:
            await made.write(*act)
        assert (refused.value.kind, refused.value.detail) == (ProblemType.NOT_ALLOWED, "left"), act[0]


async def test_what_was_signed_with_a_certificate_that_is_revoked_before_it_is_recorded_stands_behind_nothing(made: Made):
    item, county = await made.ledger.send("T02.1", "T01"), made.ledger.county
    caller, now = await made.person(LEAVER), made.later()
    trust = Trust(county.root, (county.issuer.certificate,), tuple(map(x509.load_der_x509_crl, await made.read(offices.current_crls, now))))
    said = Statement(
        type="statement/v1", event=Event.CONTENT_HANDOVER.value, submission=item, office="T01", person=LEAVER, at=instants.write(now),
        nonce="5a" * 16,
    )  # fmt: skip
    body, signature = statement.sign(said, made.ledger.people[LEAVER], now)
    asked = Asked(Action.OPEN, Move(), signed=moves.stated(Move(statement=body, signature=signature), caller, trust, now))
    await made.write(lambda tx: commands.end_enrolments(tx, county, LEAVER, left=False, desk=made.desk))  # while it waits for its turn
    with pytest.raises(Problem) as refused:
        await made.write(moves.act, county.notary, caller, item, asked, made.later())
    assert refused.value.kind is ProblemType.STATEMENT_INVALID
    findings = Findings()
    await made.read(check_events, county, findings)
    assert findings.report()["problems"] == []
