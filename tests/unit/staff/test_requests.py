"""Changes of the registry are proposed by an office and settled by the county: on what was seen, once, and whole."""

import io
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from finder_maker import NOW
from ledger_maker import notary
from msgspec.structs import replace
from staff_maker import ADMINISTRATOR, AUDITOR, CALLER, CLERK, FILED, LEADER, REVIEWER, SECOND, Registry, registry

from archive.ledger.receipts import Fact, Stated, record
from exchange import commands, staff_changes
from exchange.checking.acts import check_acts
from exchange.checking.findings import Findings
from exchange.duty import messages
from exchange.office import store as offices
from exchange.office.administration import Acting
from exchange.staff import answers, deputies, keeping, requests, sheet, store
from exchange.staff.filing import ChangeKind, Sight, StaffFiling, State, Training, checked, differences, sight
from schemas import instants
from schemas.messages import Receipt, Statement, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Role


@dataclass
class Still:
    """A watch that stands."""

    registry: Registry

    def signing_now(self) -> Any:
        return self.registry.later()

    now = signing_now


def desk(made: Registry, once: str = "") -> commands.Desk:
    county: Any = SimpleNamespace(notary=notary())
    watch: Any = Still(made)
    return commands.Desk(county, made.ledger.database, watch, acting=Acting(ADMINISTRATOR, once))


async def confirm(made: Registry, id_: str, by: str = ADMINISTRATOR, **named: Any) -> staff_changes.Settled:
    found: staff_changes.Settled = await made.write(staff_changes.confirm, desk(made), await made.person(by), id_, **named)
    return found


async def test_what_the_county_confirms_stands_in_the_registry_and_what_was_is_kept():
    async with registry() as made:
        await confirm(made, await made.correct(LEADER, CLERK, FILED))
        moved = replace(FILED, mobile="13800000002", name="李思", role=Role.REVIEWER)
        id_ = await made.correct(CLERK, CLERK, moved)
        waiting = await made.read(requests.waiting, "T01")
        assert [(each.id, each.state) for each in waiting] == [(id_, State.OPEN)]
        assert (await made.read(store.entry, CLERK)).filing == FILED, "nothing happens before the county says so"
        await confirm(made, id_)
        assert (await made.read(store.entry, CLERK)).filing == moved
        assert (await made.person(CLERK)).role is Role.REVIEWER
        rows = await made.read(lambda tx: tx.rows("SELECT mobile, valid_to FROM staff_period ORDER BY valid_from"))
        assert [row.mobile for row in rows] == ["13800000001", "13800000002"]
        assert [row.valid_to is None for row in rows] == [False, True]


async def test_receipts_hold_no_personal_data():
    async with registry() as made:
        await confirm(made, await made.correct(LEADER, CLERK, FILED))
        rows = await made.read(lambda tx: tx.rows("SELECT event, receipt FROM event WHERE event LIKE 'StaffChange%' ORDER BY id"))
        assert [row.event for row in rows] == [Event.STAFF_CHANGE_REQUEST, Event.STAFF_CHANGE]
        for row in rows:
            text = row.receipt.decode()
            assert not any(told in text for told in ("13800000001", "李四", "党政办", "保密"))
        assert decode(rows[0].receipt, Receipt).reason is not None, "a salted digest of what was asked"
        assert decode(rows[0].receipt, Receipt).subject == f"correction {CLERK}"


async def test_a_change_on_what_somebody_else_changed_meanwhile_is_refused_when_it_is_proposed_and_when_it_is_confirmed():
    async with registry() as made:
        old = await made.correct(LEADER, CLERK, FILED)
        await made.write(lambda tx: store.put(tx, CLERK, replace(FILED, post="副主任"), made.later()))
        with pytest.raises(Problem) as refused:
            await confirm(made, old)
        assert refused.value.kind is ProblemType.STATE_CHANGED
        assert (await made.read(requests.one, old)).state is State.OPEN, "nothing half done"
        assert (await made.read(store.entry, CLERK)).filing.post == "副主任"
        await made.write(staff_changes.send_back, desk(made), await made.person(ADMINISTRATOR), old, "已另行登记")
        with pytest.raises(Problem) as refused:
            await made.propose(LEADER, kind=ChangeKind.CORRECTION, person=CLERK, seen="0" * 32, filing=FILED)
        assert refused.value.kind is ProblemType.STATE_CHANGED


async def test_one_change_of_a_person_waits_at_a_time_and_can_be_taken_back():
    async with registry() as made:
        first = await made.correct(LEADER, CLERK, FILED)
        with pytest.raises(Problem) as refused:
            await made.correct(CLERK, CLERK, replace(FILED, post="主任"))
        assert (refused.value.kind, refused.value.detail) == (ProblemType.ACTION_NOT_POSSIBLE, requests.WAITING)
        with pytest.raises(Problem, match="not-found"):
            await made.write(requests.withdraw, notary(), await made.person("T02.1"), first, made.later())
        await made.write(requests.withdraw, notary(), await made.person(CLERK), first, made.later())
        with pytest.raises(Problem, match="state-changed"):
            await confirm(made, first)
        await made.correct(CLERK, CLERK, replace(FILED, post="主任"))


async def test_a_change_is_settled_once_and_returned_with_words():
    async with registry() as made:
        id_ = await made.correct(LEADER, CLERK, FILED)
        county = await made.person(ADMINISTRATOR)
        with pytest.raises(Problem, match="reason-required"):
            await made.write(staff_changes.send_back, desk(made), county, id_, "  ")
        await made.write(staff_changes.send_back, desk(made), county, id_, "手机号少一位，请核对")
        change = (await made.read(requests.settled, "T01"))[0]
        assert (change.state, change.words, change.settled_by) == (State.RETURNED, "手机号少一位，请核对", ADMINISTRATOR)
        for again in (confirm(made, id_), made.write(staff_changes.send_back, desk(made), county, id_, "再退")):
            with pytest.raises(Problem, match="state-changed"):
                await again
        assert not (await made.read(store.entry, CLERK)).filed


@pytest.mark.parametrize("by", [REVIEWER, "T02.1", AUDITOR, CALLER])
async def test_only_clerks_and_leaders_propose_and_only_the_countys_administrator_settles(by: str):
    async with registry() as made:
        caller = await made.person(by)
        with pytest.raises(Problem, match="not-allowed"):
            await made.write(
                requests.propose, notary(), caller, "T01", requests.StaffProposal(kind=ChangeKind.LEAVING, person=CLERK), made.now
            )
        id_ = await made.correct(LEADER, CLERK, FILED)
        for act in (confirm(made, id_, by), made.write(staff_changes.send_back, desk(made), caller, id_, "不")):
            with pytest.raises(Problem, match="not-allowed"):
                await act


async def test_who_arrives_is_registered_when_the_county_confirms_with_a_code_if_it_is_wanted():
    async with registry() as made:
        id_ = await made.propose(CLERK, kind=ChangeKind.ARRIVAL, filing=replace(FILED, name="新来的", in_charge=True))
        settled = await confirm(made, id_)
        assert settled.invited is not None
        assert (settled.invited.person.id, settled.invited.person.name, settled.invited.person.role) == ("T01.5", "新来的", Role.CLERK)
        assert (await made.read(requests.one, id_)).person == "T01.5"
        assert (await made.read(store.entry, "T01.5")).filing.in_charge
        other = await made.propose(CLERK, kind=ChangeKind.ARRIVAL, filing=replace(FILED, name="另一位"))
        assert (await confirm(made, other, code=False)).invited is None


async def test_the_same_form_sent_twice_confirms_once():
    async with registry() as made:
        id_ = await made.propose(CLERK, kind=ChangeKind.ARRIVAL, filing=FILED)
        acting = desk(made, once="f" * 32)
        await made.write(staff_changes.confirm, acting, await made.person(ADMINISTRATOR), id_)
        with pytest.raises(Problem, match="action-not-possible"):
            await made.write(staff_changes.confirm, acting, await made.person(ADMINISTRATOR), id_)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", " "),
        ("post", "主" * 41),
        ("post", "a\nb"),
        ("mobile", "无"),
        ("mobile", "123"),
        ("birth_year", 1900),
        ("birth_year", 2020),
        ("since", "2027-01"),
        ("since", "2024-3"),
        ("role", Role.ADMINISTRATOR),
        ("role", Role.SERVICE),
        ("training", (Training("2026-02-30", "x", 1),)),
        ("training", (Training("2027-01-01", "x", 1),)),
        ("training", (Training("2026-01-01", "", 1),)),
        ("training", (Training("2026-01-01", "x", 0),)),
        ("training", tuple(Training("2026-01-01", f"{n}", 1) for n in range(21))),
    ],
)
async def test_what_is_not_right_is_named_by_its_field(field: str, wrong: Any):
    async with registry() as made:
        with pytest.raises(Problem) as refused:
            await made.correct(LEADER, CLERK, replace(FILED, **{field: wrong}))
        assert (refused.value.kind, refused.value.detail) == (ProblemType.REQUEST_MALFORMED, field)


async def test_who_sees_what():
    async with registry() as made:
        await confirm(made, await made.correct(LEADER, CLERK, FILED))
        whole, contacts = Sight.WHOLE, Sight.CONTACTS
        for person, seen in (
            (LEADER, whole), (CLERK, whole), (ADMINISTRATOR, whole), (REVIEWER, contacts), (CALLER, contacts),
        ):  # fmt: skip
            told = await made.read(answers.staff, await made.person(person), "T01", made.now)
            one = next(each for each in told.items if each.person == CLERK)
            assert (told.sight, one.mobile) == (seen, "13800000001")
            assert (one.birth_year, one.age) == ((1990, 36) if seen is whole else (None, None))
            assert (one.training is None) == (seen is not whole)
        for person in (AUDITOR, "T02.1"):
            assert sight(await made.person(person), "T01") is Sight.NONE
            with pytest.raises(Problem, match="not-allowed"):
                await made.read(answers.staff, await made.person(person), "T01", made.now)


async def test_two_to_three_dedicated_people_and_one_leader_are_a_hint():
    async with registry() as made:
        told = await made.read(answers.staff, await made.person(LEADER), "T01", made.now)
        assert [each.zh for each in told.hints] == ["尚未填报分管领导。", "专职人员一般为 2 至 3 名，现填报 0 名。"]
        for person, filing in (
            (LEADER, StaffFiling(name="王镇长", role=Role.LEADER, in_charge=True, full_time=False)),
            (CLERK, FILED),
            ("T01.4", replace(FILED, name="赵五")),
        ):
            await confirm(made, await made.correct(LEADER, person, filing))
        assert (await made.read(answers.staff, await made.person(LEADER), "T01", made.now)).hints == []


async def test_what_was_filed_of_who_left_can_be_erased_and_events_stay():
    async with registry() as made:
        await confirm(made, await made.correct(LEADER, CLERK, FILED))
        county = await made.person(ADMINISTRATOR)
        with pytest.raises(Problem, match="action-not-possible"):
            await made.write(staff_changes.erase, desk(made), county, CLERK)
        await made.write(lambda tx: tx.run("UPDATE person_period SET valid_to = '2026-12-01T00:00:00.000Z' WHERE person = :p", p=CLERK))
        await made.write(staff_changes.erase, desk(made), county, CLERK)
        left = await made.read(lambda tx: [*tx.rows("SELECT * FROM staff_period"), *tx.rows("SELECT text FROM reason")])
        assert left == []
        assert (await made.read(requests.settled, "T01"))[0].kept is None, "that something changed is still told"


def test_differences_are_what_changes_and_no_more():
    assert [name for name, _, _ in differences(None, StaffFiling(name="甲", role=Role.CLERK))] == ["name", "role"]
    assert differences(FILED, replace(FILED, mobile="")) == [("mobile", "13800000001", "")]
    assert differences(FILED, replace(FILED, full_time=False)) == [("full_time", True, False)]
    assert differences(FILED, FILED) == []


def test_the_countys_own_people_may_be_administrators_from_the_start():
    assert checked(StaffFiling(name="甲", role=Role.ADMINISTRATOR), COUNTY, None, NOW).role is Role.ADMINISTRATOR
    with pytest.raises(Problem, match="role"):
        checked(StaffFiling(name="甲", role=Role.CLERK), COUNTY, StaffFiling(name="甲", role=Role.ADMINISTRATOR), NOW)


async def test_the_countys_own_list_files_people_at_once_and_keeps_their_trainings():
    async with registry() as made:
        await confirm(made, await made.correct(LEADER, CLERK, FILED))
        listed = replace(FILED, name="名单上的名字", post="主任", training=())
        for times in (1, 1):  # the same list again changes nothing
            await made.write(staff_changes.file_directly, desk(made), await made.person(CLERK), listed)
            events = await made.read(lambda tx: tx.row("SELECT count(*) AS n FROM event WHERE event = 'StaffChange'").n)
            assert events == 1 + times
        filing = (await made.read(store.entry, CLERK)).filing
        assert (filing.name, filing.post, filing.training) == ("李四", "主任", FILED.training)


async def test_the_workbook_says_what_the_registry_says_and_computes_nothing():
    async with registry() as made:
        odd = replace(FILED, post="=1+1", training=(Training("2026-03-02", "@课", 8), Training("2026-01-02", "保密", 4)))
        await confirm(made, await made.correct(LEADER, CLERK, odd))
        told = await made.read(sheet.forms, None, made.now)
        named = [each._replace(name="名/称[很]长" * 8) for each in told]
        book = openpyxl.load_workbook(io.BytesIO(sheet.workbook("示例县", named)))
        assert len(book.sheetnames) == 1 + len(told)
        assert all(len(name) <= 31 for name in book.sheetnames)
        whole = [[cell.value for cell in row] for row in book["全县汇总"].iter_rows(min_row=4)]
        assert sorted(row[2] for row in whole) == sorted(["张三", "王镇长", "李四", "赵五", "张三", "张三", "县管理员", "县审计"])
        mine = next(row for row in whole if row[2] == "李四")
        assert mine[3:] == ["=1+1", "经办人", "1990", "36", "13800000001", "专职", "2024-03", mine[10], mine[11]]
        assert mine[11] == "2026-01-02 保密 4学时；2026-03-02 @课 8学时"
        assert all(cell.data_type != "f" for one in book.worksheets for row in one.iter_rows() for cell in row)
        with pytest.raises(Problem, match="not-found"):
            await made.read(sheet.forms, ["T99"], made.now)


async def test_an_arrival_proposed_again_while_it_waits_is_the_same_one():
    async with registry() as made:
        asked = {"kind": ChangeKind.ARRIVAL, "filing": replace(FILED, name="新来的", mobile="13800000009")}
        first = await made.propose(LEADER, **asked)
        assert await made.propose(LEADER, **asked) == first
        assert await made.propose(LEADER, **asked | {"note": "另一人"}) != first
        await confirm(made, first)
        assert await made.propose(LEADER, **asked) != first, "another of the same name may come later"


async def test_nobody_arrives_at_a_township_as_an_administrator_whatever_office_is_named_beside():
    async with registry() as made:
        for kind, person in ((ChangeKind.ARRIVAL, None), (ChangeKind.CORRECTION, CLERK)):
            with pytest.raises(Problem) as refused:
                await made.propose(LEADER, kind=kind, person=person, filing=replace(FILED, role=Role.ADMINISTRATOR), to=COUNTY)
            assert (refused.value.kind, refused.value.detail) == (ProblemType.REQUEST_MALFORMED, "to")


async def test_nothing_of_who_left_is_left_where_messages_went():
    async with registry() as made:
        await made.write(messages.set_address, CLERK, messages.Address("li@example.cn", "13800000001"), made.later())
        outlet = messages.Outlet(frozenset(messages.Channel), "示例县", lambda count: bytes(count - 1) + b"\1")
        sms = messages.Outlet(frozenset({messages.Channel.SMS}), "示例县", outlet.random)
        note = messages.Note("T01", CLERK, "cause", messages.Address("", "13800000001"), "您有 1 件公文待签收")
        await made.write(messages.put, sms, note, made.later())
        await made.write(
            lambda tx: tx.run("UPDATE person_period SET valid_to = :at WHERE person = :id", at="2026-11-21T00:00:00.000Z", id=CLERK)
        )
        await made.write(store.erase, CLERK)
        assert await made.read(messages.address, CLERK) == messages.Address()
        rows = await made.read(lambda tx: tx.rows("SELECT address FROM message"))
        assert [row.address for row in rows] == [None]


async def test_the_data_of_somebody_who_never_arrived_can_be_erased():
    async with registry() as made:
        id_ = await made.propose(LEADER, kind=ChangeKind.ARRIVAL, filing=FILED)
        await made.write(requests.withdraw, notary(), await made.person(LEADER), id_, made.later())
        kept = await made.read(lambda tx: [row.text for row in tx.rows("SELECT text FROM reason")])
        assert not any("13800000001" in text for text in kept)


async def test_what_was_said_of_somebody_whom_the_county_returned_is_erased_when_one_wishes_or_after_some_weeks():
    async with registry() as made:
        county, leader = await made.person(ADMINISTRATOR), await made.person(LEADER)
        ids = [await made.propose(LEADER, kind=ChangeKind.ARRIVAL, filing=replace(FILED, name=name)) for name in ("甲某", "乙某")]
        waits = (staff_changes.erase_who_never_came, Acting(leader.id), leader, ids[0], made.now)
        with pytest.raises(Problem, match="action-not-possible"):
            await made.write(*waits)
        receipts = await made.read(lambda tx: [row.receipt for row in tx.rows("SELECT receipt FROM event ORDER BY id")])
        for id_ in ids:
            await made.write(staff_changes.send_back, desk(made), county, id_, "甲某乙某查无此人")
        assert all(each.erasable for each in await made.read(requests.settled, "T01"))
        with pytest.raises(Problem, match="not-found"):
            await made.write(staff_changes.erase_who_never_came, Acting("T02.1"), await made.person("T02.1"), ids[0], made.now)
        await made.write(staff_changes.erase_who_never_came, Acting(leader.id), leader, ids[0], made.now)
        with pytest.raises(Problem, match="action-not-possible"):
            await made.write(*waits)
        one, other = [await made.read(requests.one, id_) for id_ in ids]
        assert (one.kept, one.words, one.erasable, one.state) == (None, None, False, State.RETURNED)
        assert other.kept is not None
        noted = await made.read(lambda tx: tx.row("SELECT person, office, subject FROM administration WHERE act = 'staff_request_erased'"))
        assert tuple(noted) == (leader.id, "T01", ids[0])
        assert await made.write(keeping.erase, 10, made.now + requests.RETURNED_FOR - timedelta(hours=1)) == 0
        later = made.now + requests.RETURNED_FOR + timedelta(hours=1)
        assert [await made.write(keeping.erase, 10, later) for _ in range(2)] == [1, 0]
        assert await made.read(lambda tx: tx.rows("SELECT text FROM reason")) == []
        still = await made.read(lambda tx: [row.receipt for row in tx.rows("SELECT receipt FROM event ORDER BY id")])
        assert still[: len(receipts)] == receipts


async def test_who_stands_in_for_whom_is_proved_by_receipts_from_the_first_day_to_the_early_end():
    async with registry() as made:
        leader, days = await made.person(LEADER), (deputies.today(made.now), "2026-11-27")
        subject = f"{CLERK} {SECOND} {days[0]} {days[1]}"
        said = Statement(
            type="statement/v1", event=Event.DEPUTY_APPOINTMENT.value, subject=subject, office="T01", person=LEADER,
            at=instants.write(made.now), nonce="5a" * 16,
        )  # fmt: skip
        signed = Stated(canonical(said), b"signature")
        naming = (deputies.name_deputy, notary(), leader, CLERK, SECOND)
        with pytest.raises(Problem, match="another act"):
            await made.write(*naming, (days[0], "2026-11-28"), made.later(), signed)
        assert await made.read(deputies.of_office, "T01", made.now) == [], "nothing half done"
        first = await made.write(*naming, days, made.later(), signed)
        assert await made.write(*naming, days, made.later()) == first
        ended = await made.write(deputies.end_deputy, notary(), leader, first, made.later())
        assert await made.write(deputies.end_deputy, notary(), leader, first, made.later()) == ended
        await made.write(offices.add_person, "T02", "外人", Role.LEADER, made.later())
        with pytest.raises(Problem, match="not-found"):
            await made.write(deputies.end_deputy, notary(), await made.person("T02.2"), first, made.later())
        rows = await made.read(lambda tx: tx.rows("SELECT receipt FROM event WHERE event LIKE 'Deputy%' ORDER BY id"))
        told = [decode(row.receipt, Receipt) for row in rows]
        assert [(each.event, each.evidence_id, each.subject, each.asserted_by) for each in told] == [
            (Event.DEPUTY_APPOINTMENT, first, subject, "person"),
            (Event.DEPUTY_END, ended, subject, "county-service"),
        ]


async def test_fsck_finds_days_of_a_deputy_that_no_receipt_tells_and_knows_those_of_before():
    async with registry() as made:
        leader, day = await made.person(LEADER), deputies.today(made.now)
        await made.write(deputies.name_deputy, notary(), leader, CLERK, SECOND, (day, day), made.later())
        before = Fact(event=Event.STAFF_CHANGE, office="T01", by=LEADER, subject=f"deputy {SECOND} {CLERK}")
        evidence = await made.write(record, notary(), before, made.later())
        row = "INSERT INTO staff_deputy (person, deputy, first_day, last_day, evidence_id, ended_at) VALUES (:p, :d, :day, :day, :id, :at)"
        await made.write(lambda tx: tx.run(row, p=SECOND, d=CLERK, day=day, id=evidence, at=instants.write(NOW)))
        for change, found in (
            ("UPDATE staff_deputy SET ended_at = ended_at", []),
            ("UPDATE staff_deputy SET last_day = '2027-11-20' WHERE ended_at IS NULL", ["deputy"]),
            ("UPDATE staff_deputy SET last_day = first_day, ended_at = '2026-11-21T00:00:00.000Z'", ["deputy", "deputy"]),
        ):
            findings = Findings()
            await made.write(lambda tx, sql=change: tx.run(sql))
            await made.read(check_acts, findings)
            assert [each["check"] for each in findings.report()["problems"]] == found, change


async def test_no_day_is_too_far_away_for_a_deputy():
    async with registry() as made:
        leader, days = await made.person(LEADER), ("9999-12-31", "9999-12-31")
        with pytest.raises(Problem) as refused:
            await made.write(deputies.name_deputy, notary(), leader, CLERK, SECOND, days, made.later())
        assert refused.value.detail == "days"


async def test_what_was_signed_for_a_deputy_is_no_word_for_naming_or_ending_them_a_second_time():
    async with registry() as made:
        leader, days = await made.person(LEADER), (deputies.today(made.now),) * 2
        said = Statement(
            type="statement/v1", event=Event.DEPUTY_APPOINTMENT.value, subject=deputies.subject(CLERK, SECOND, *days), office="T01",
            person=LEADER, at=instants.write(made.now), nonce="5a" * 16,
        )  # fmt: skip
        signed = Stated(canonical(said), b"signature")
        naming = (deputies.name_deputy, notary(), leader, CLERK, SECOND, days)
        ending = Stated(canonical(replace(said, event=Event.DEPUTY_END.value)), b"signature")
        first = await made.write(*naming, made.later(), signed)
        await made.write(deputies.end_deputy, notary(), leader, first, made.later(), ending)
        with pytest.raises(Problem, match="signed for an act that is done"):
            await made.write(*naming, made.later(), signed)
        second = await made.write(*naming, made.later())
        with pytest.raises(Problem, match="signed for an act that is done"):
            await made.write(deputies.end_deputy, notary(), leader, second, made.later(), ending)
        assert [each.evidence_id for each in await made.read(deputies.of_office, "T01", made.now)] == [second], "nothing half done"
