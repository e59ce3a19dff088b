"""What the sender does with its deliveries: recall, supplementary delivery, joint issue; and groups of recipients."""

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import ledger_maker
import pytest
from ledger_maker import NOW
from msgspec import structs

from archive.ledger import log
from archive.ledger.memory import MemoryDatabase
from exchange.checking.submissions import replay
from exchange.delivery import identifying, moving, recall, sender, store, supplement
from exchange.delivery.answers import Move
from exchange.delivery.moves import Asked
from exchange.delivery.states import Action, Opening, Position, Recall, Review
from exchange.duty import deadlines
from exchange.duty.working_days import Rules
from exchange.idempotency import Once
from exchange.intake import admission
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.office import contacts, groups, periods
from exchange.office import store as offices
from exchange.office.groups import Keeping
from exchange.office.store import Person
from exchange.registers import describing, numbering, searching
from exchange.registers import store as registers
from exchange.registers.answers import Entry
from exchange.registers.rules import Book
from exchange.registers.store import Range
from exchange.sealing import content, late
from exchange.supervision import urging
from exchange.supervision.matrix import matrix
from exchange.web.directions import part
from keys import evidence
from keys.evidence import Checked, check_history
from keys.trust import Identity
from schemas import instants
from schemas.messages import Document, Receipt, SecrecyCheck, Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, UNCLASSIFIED, DocumentRole, Event, Handling, Kind, OfficeKind, Origin, Role, Scope

TOWNSHIPS = ("T01", "T02", "T03", "T04")
REASON = "附件有误"

LETTER = Submission(
    type="submission/v1",
    reference="00000000-0000-4000-8000-000000000000",
    version=1,
    from_=COUNTY,
    to=["T01", "T02"],
    kind=Kind.INFORMATION,
    title="防汛",
    date_issued="2026-11-20",
    classification=UNCLASSIFIED,
    secrecy_check=SecrecyCheck(by="张三", at=instants.write(NOW)),
    documents=[
        Document(
            name="a.txt",
            role=DocumentRole.MAIN,
            origin=Origin.BORN_DIGITAL,
            media_type="text/plain",
            size=1,
            sha256=hashlib.sha256(b"a").hexdigest(),
        )
    ],
)


@dataclass
class Desk:
    """A county's ledger in memory, with four townships and a department, a clerk in each."""

    notary: Any
    database: MemoryDatabase
    runner: asyncio.Runner
    people: dict[str, Person] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def do(self, unit: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self.runner.run(self.database.write(unit, *args, **kwargs))

    def send(self, joint: dict[str, str] | None = None, begins: str = "", **members: Any) -> str:
        reference = f"00000000-0000-4000-8000-{next(self.numbers):012x}"
        message = structs.replace(LETTER, reference=reference, joint=[*(joint or {})], **members)
        digest = begins + hashlib.sha256(reference.encode()).hexdigest()[len(begins) :]
        accepted = Accepted(
            submission=digest,
            container=hashlib.sha256(digest.encode()).hexdigest(),
            size=1,
            message=message,
            metadata=b"{}",
            person=self.people[message.from_].id,
            received_at=NOW,
            policy="usual-000000000000",
            handling=Handling.NORMAL,
            kept=b"",
            joint=joint or {},
        )
        self.do(submissions.accept, self.notary, accepted, NOW)
        return digest

    def act(self, submission: str, office: str, action: Action, by: str = COUNTY, reason: str = REASON, **more: Any) -> str:
        return str(self.do(sender.act_as_sender, self.notary, self.people[by], submission, office, action, NOW, reason=reason, **more))

    def move(self, submission: str, office: str, action: Action, reason: str = "") -> str:
        return str(self.do(moving.move, self.notary, self.people[office], submission, action, NOW, reason=reason))

    def add(self, submission: str, *codes: str, by: str = COUNTY, copy: bool = False) -> list[str]:
        return list(self.do(supplement.supplement, self.notary, self.people[by], submission, codes, NOW, copy=copy, reason="请研究"))

    def copy(self, submission: str, office: str) -> Any:
        found = self.do(store.deliveries, self.people[COUNTY], submission)
        return next(each for each in found if each.office == office)

    def told(self, submission: str, office: str) -> list[Receipt]:
        return [decode(each.receipt, Receipt) for each in self.do(store.receipts_of, self.people[office], submission)]


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    notary = ledger_maker.notary()
    runner = asyncio.Runner()
    made = Desk(notary, MemoryDatabase(log.close_group(notary), instants.write(NOW)), runner)

    def begin(tx: Any) -> None:
        ledger_maker.begin(tx, notary)
        for code in TOWNSHIPS:
            offices.add_office(tx, notary, code, f"{code} 镇", OfficeKind.TOWNSHIP, NOW)
        offices.add_office(tx, notary, "D01", "水务局", OfficeKind.DEPARTMENT, NOW)
        for code in (*TOWNSHIPS, "D01", COUNTY):
            made.people[code] = offices.person(tx, offices.add_person(tx, code, "张三", Role.CLERK, NOW))
        made.people["admin"] = offices.person(tx, offices.add_person(tx, COUNTY, "李四", Role.ADMINISTRATOR, NOW))
        made.people["auditor"] = offices.person(tx, offices.add_person(tx, COUNTY, "王五", Role.AUDITOR, NOW))

    made.do(begin)
    yield made
    runner.run(made.database.close())
    runner.close()


def refused(kind: ProblemType, *args: Any, **kwargs: Any) -> Problem:
    unit, *rest = args
    with pytest.raises(Problem) as caught:
        unit(*rest, **kwargs)
    assert caught.value.kind is kind
    return caught.value


def test_what_nobody_has_opened_is_withdrawn_at_once_and_its_recipient_keeps_knowing_why(desk: Desk):
    item = desk.send()
    desk.act(item, "T01", Action.WITHDRAW)
    taken = desk.do(store.received, desk.people["T01"], item)
    assert (taken.review, taken.reason, taken.version) == (Review.WITHDRAWN, REASON, 2)
    assert taken.actions in ((), (Action.OPEN,))
    refused(ProblemType.WITHDRAWN, desk.do, store.require_readable, desk.people["T01"], item)
    refused(ProblemType.WITHDRAWN, desk.move, item, "T01", Action.SIGN_FOR)
    refused(ProblemType.WITHDRAWN, desk.act, item, "T01", Action.WITHDRAW)
    assert desk.copy(item, "T02").review is Review.PENDING, "the other copy stays"


def test_what_was_opened_goes_back_only_with_consent(desk: Desk):
    item = desk.send()
    desk.move(item, "T01", Action.OPEN)
    refused(ProblemType.CONSENT_NEEDED, desk.act, item, "T01", Action.WITHDRAW)
    refused(ProblemType.RECALL_NOT_ASKED, desk.move, item, "T01", Action.CONSENT)
    refused(ProblemType.REASON_REQUIRED, desk.act, item, "T01", Action.ASK_BACK, reason=" ")
    desk.act(item, "T01", Action.ASK_BACK)
    assert (desk.copy(item, "T01").recall, desk.copy(item, "T01").reason) == (Recall.REQUESTED, REASON)
    assert desk.do(store.received, desk.people["T01"], item).reason == REASON
    desk.do(store.require_readable, desk.people["T01"], item)
    desk.do(store.require_still, desk.people["T01"], item)
    refused(ProblemType.RECALL_PENDING, desk.act, item, "T01", Action.ASK_BACK)
    desk.move(item, "T01", Action.REFUSE, "已按文办理")
    assert desk.copy(item, "T01").reason is None
    desk.move(item, "T01", Action.SIGN_FOR)
    desk.act(item, "T01", Action.ASK_BACK, reason="仍请退还")
    desk.move(item, "T01", Action.CONSENT)
    for again in (store.require_readable, store.require_still):
        refused(ProblemType.WITHDRAWN, desk.do, again, desk.people["T01"], item)
    found = desk.do(recall.steps, desk.people[COUNTY], item)
    assert [(each.event, each.words) for each in found] == [
        (Event.RECALL_REQUEST, REASON),
        (Event.RECALL_REFUSAL, "已按文办理"),
        (Event.RECALL_REQUEST, "仍请退还"),
        (Event.WITHDRAWAL, None),
    ]
    assert desk.do(recall.steps, desk.people["T02"], item) == [], "one recipient learns nothing of another's"
    events = desk.do(lambda tx: tx.rows("SELECT event FROM event WHERE submission = :id AND recipient = 'T01' ORDER BY id", id=item))
    assert replay([row.event for row in events]).position == Position(Opening.OPENED, Review.WITHDRAWN)


def test_a_recall_everywhere_takes_each_copy_its_own_way_and_leaves_what_came_back(desk: Desk):
    item = desk.send(to=["T01", "T02", "T03"])
    desk.move(item, "T02", Action.OPEN)
    desk.move(item, "T03", Action.RETURN, "缺少附件")
    made = desk.do(recall.recall_everywhere, desk.notary, desk.people[COUNTY], item, NOW, REASON)
    assert len(made) == 2
    states = {each.office: (each.review, each.recall) for each in desk.do(store.deliveries, desk.people[COUNTY], item)}
    assert states == {
        "T01": (Review.WITHDRAWN, Recall.NONE),
        "T02": (Review.PENDING, Recall.REQUESTED),
        "T03": (Review.RETURNED, Recall.NONE),
    }
    refused(ProblemType.WITHDRAWN, desk.do, recall.recall_everywhere, desk.notary, desk.people[COUNTY], item, NOW, REASON)


def test_only_the_sending_office_acts_on_a_delivery_and_only_on_the_version_that_was_seen(desk: Desk):
    item = desk.send()
    refused(ProblemType.NOT_ALLOWED, desk.act, item, "T01", Action.WITHDRAW, by="T02")
    refused(ProblemType.NOT_FOUND, desk.act, item, "T01", Action.WITHDRAW, by="T03")
    refused(ProblemType.NOT_FOUND, desk.act, item, "T03", Action.WITHDRAW)
    refused(ProblemType.NOT_ALLOWED, desk.act, item, "T01", Action.WITHDRAW, by="auditor")
    refused(ProblemType.STATE_CHANGED, desk.act, item, "T01", Action.WITHDRAW, version=2)
    refused(ProblemType.NOT_ALLOWED, desk.act, item, "T01", Action.SIGN_FOR)
    desk.act(item, "T01", Action.URGE, reason="已电话通知 李四", version=1)
    assert desk.copy(item, "T01").version == 1, "an urging moves nothing"


def test_what_was_taken_back_unread_is_received_no_more(desk: Desk):
    item = desk.send()
    desk.act(item, "T01", Action.WITHDRAW)
    assert desk.do(store.received, desk.people["T01"], item).actions == ()
    refused(ProblemType.WITHDRAWN, desk.move, item, "T01", Action.OPEN)
    assert [each.event for each in desk.told(item, "T01")][-1] == Event.WITHDRAWAL


def test_whoever_has_left_since_they_asked_does_nothing_with_what_the_office_sent(desk: Desk):
    item = desk.send()
    leaver = desk.do(lambda tx: offices.person(tx, offices.add_person(tx, COUNTY, "赵六", Role.CLERK, NOW)))
    desk.people["leaver"] = leaver
    desk.do(periods.change_role, leaver.id, Role.AUDITOR, NOW + timedelta(seconds=1))
    refused(ProblemType.NOT_ALLOWED, desk.act, item, "T01", Action.WITHDRAW, by="leaver")
    desk.do(offices.leave, leaver.id, NOW + timedelta(seconds=2))
    refused(ProblemType.NOT_ALLOWED, desk.act, item, "T01", Action.WITHDRAW, by="leaver")
    refused(ProblemType.NOT_ALLOWED, desk.add, item, "T03", by="leaver")
    refused(ProblemType.NOT_ALLOWED, desk.do, recall.recall_everywhere, desk.notary, leaver, item, NOW, REASON)


def test_a_key_finds_what_was_done_under_it_whatever_a_statement_is_worth_by_now(desk: Desk):
    item, once = desk.send(), Once("5f0c2d1e-0000-4000-8000-000000000001", "0" * 64)
    asked = Asked(Action.WITHDRAW, Move(REASON), once=once)
    assert desk.do(sender.done_before, desk.people[COUNTY], item, once) is None
    made = desk.do(sender.act, desk.notary, desk.people[COUNTY], item, "T01", asked, NOW)
    assert desk.do(sender.done_before, desk.people[COUNTY], item, once) == made
    refused(ProblemType.NOT_ALLOWED, desk.do, sender.done_before, desk.people["T02"], item, once)
    with_codes = Asked(Action.WITHDRAW, Move(REASON, codes=("seal-missing",)))
    refused(ProblemType.REQUEST_MALFORMED, desk.do, sender.act, desk.notary, desk.people[COUNTY], item, "T02", with_codes, NOW)


def test_named_items_are_acted_on_by_who_sent_them_alone(desk: Desk):
    named = [desk.people["T01"].id]
    item = desk.send(addressees=named)
    refused(ProblemType.NOT_FOUND, desk.act, item, "T01", Action.WITHDRAW, by="admin")
    refused(ProblemType.ADDRESSEE_ELSEWHERE, desk.add, item, "T03")
    desk.act(item, "T01", Action.WITHDRAW)


def test_a_further_recipient_gets_it_with_receipts_of_its_own_and_never_twice(desk: Desk):
    item = desk.send(to=["T01"])
    refused(ProblemType.ALREADY_RECIPIENT, desk.add, item, "T03", "T01")
    assert [each.office for each in desk.do(store.deliveries, desk.people[COUNTY], item)] == ["T01"], "all of them or none"
    desk.add(item, "T03", "D01", copy=True)
    refused(ProblemType.ALREADY_RECIPIENT, desk.add, item, "T03")
    refused(ProblemType.REQUEST_MALFORMED, desk.add, item, COUNTY)
    refused(ProblemType.RECIPIENT_UNKNOWN, desk.add, item, "T99")
    refused(ProblemType.NOT_ALLOWED, desk.add, item, "T04", by="T01")
    desk.move(item, "T03", Action.OPEN)
    desk.move(item, "T03", Action.SIGN_FOR)
    assert desk.copy(item, "T03").copy
    events = desk.do(lambda tx: tx.rows("SELECT event FROM event WHERE submission = :id AND recipient = 'T03' ORDER BY id", id=item))
    assert replay([row.event for row in events]).moves == 3


def checked(receipts: list[Receipt]) -> list[Checked]:
    """Return receipts as a checker has them once each was found good, with their places in the order of the log."""
    signer = Identity(COUNTY, "", "receipt", ledger_maker.notary().receipts.certificate)
    return [Checked(receipt, NOW, signer, number, None) for number, receipt in enumerate(receipts)]


def test_bundles_hold_for_sender_listed_and_further_recipients(desk: Desk):
    item = desk.send(to=["T01"])
    desk.add(item, "T03")
    desk.move(item, "T03", Action.OPEN)
    desk.move(item, "T01", Action.OPEN)
    assert evidence.gaps(desk.told(item, COUNTY)) == []
    told = desk.told(item, "T01")
    assert [each.event for each in told] == [
        "SubmissionAcceptance", "ContentConsignment", "SupplementaryDelivery", "ContentHandover"
    ]  # fmt: skip
    assert {each.recipient for each in told if each.event == "ContentHandover"} == {"T01"}
    for office, expected in ((COUNTY, ""), ("T01", "T01"), ("T03", "T03")):
        assert check_history(checked(desk.told(item, office)), ["T01"]) == expected
    without = [each for each in told if each.event != "SupplementaryDelivery"]
    refused(ProblemType.RECEIPT_CHAIN, check_history, checked(without), ["T01"])


def test_what_was_taken_back_from_everybody_goes_to_nobody_else(desk: Desk):
    item = desk.send(to=["T01"])
    desk.act(item, "T01", Action.WITHDRAW)
    refused(ProblemType.WITHDRAWN, desk.add, item, "T02")


def test_joint_issuers_have_it_among_what_they_sent_and_act_on_nothing(desk: Desk):
    item = desk.send(joint={"T04": desk.people["T04"].id}, to=["T01"])
    desk.move(item, "T01", Action.OPEN)
    assert item in {each.submission for each in desk.do(store.sent, desk.people["T04"]).rows}
    assert item not in {each.submission for each in desk.do(store.sent, desk.people["T01"]).rows}
    status = desk.do(store.status, desk.people["T04"], item)
    assert status.joint == ("T04",)
    assert [each.office for each in status.deliveries] == ["T01"]
    assert desk.do(store.status, desk.people["T01"], item).joint == ("T04",)
    desk.do(store.require_readable, desk.people["T04"], item)
    assert evidence.gaps(desk.told(item, "T04")) == []
    refused(ProblemType.NOT_ALLOWED, desk.act, item, "T01", Action.ASK_BACK, by="T04")
    refused(ProblemType.REQUEST_MALFORMED, desk.add, item, "T04")


def test_a_joint_issuer_reads_where_it_stands_and_is_offered_nothing_that_only_the_sender_does(desk: Desk):
    item = desk.send(joint={"T04": desk.people["T04"].id}, to=["T01", "T02"])
    lead, joined, recipient = (desk.people[code] for code in (COUNTY, "T04", "T01"))
    desk.do(urging.urge, desk.notary, lead, item, urging.Asked(("T01",), urging.Way.PHONE, "值班员已接"), NOW)
    desk.do(contacts.set_duty_desk, "T01", "0999-1234567", NOW)
    desk.do(deadlines.extend, desk.notary, lead, item, ["T01"], date(2026, 12, 5), "台风", NOW)
    whole, read = (desk.do(matrix, person, item, NOW) for person in (lead, joined))
    assert [each.office for each in read.rows] == ["T01", "T02"]
    assert (whole.rows[0].phone, whole.rows[0].note) == ("0999-1234567", "值班员已接")
    assert (read.rows[0].phone, read.rows[0].note, read.rows[0].urged) == (None, "", 1)
    assert [each.office for each in desk.do(deadlines.deadlines, joined, item, Rules())] == ["T01", "T02"]
    assert [each.office for each in desk.do(deadlines.extensions, joined, item)] == ["T01"]
    assert desk.do(deadlines.extensions, desk.people["T02"], item) == []
    refused(ProblemType.NOT_ALLOWED, desk.do, matrix, recipient, item, NOW)
    status = desk.do(store.status, joined, item)
    assert (sender.may_act(lead, status.from_, sealed=False), sender.may_act(joined, status.from_, sealed=False)) == (True, False)
    assert desk.do(part.sending, joined, status, NOW) is None
    for unit, args in (
        (urging.urge, (item, urging.Asked(), NOW)),
        (deadlines.extend, (item, [], date(2026, 12, 5), "台风", NOW)),
        (recall.recall_everywhere, (item, NOW, "台风")),
    ):
        refused(ProblemType.NOT_ALLOWED, desk.do, unit, desk.notary, joined, *args)


def entered(desk: Desk, office: str, item: str) -> Entry | None:
    def read(tx: Any) -> Entry | None:
        rows = registers.rows(tx, desk.people[office], Book.OUTGOING, NOW.year, Range(0, 100))
        return next((each for each in describing.entries(tx, desk.people[office], Book.OUTGOING, rows) if each.submission == item), None)

    return desk.do(read)


def test_a_joint_issue_stands_in_the_outgoing_register_of_each_issuer_and_of_nobody_else(desk: Desk):
    item = desk.send(joint={"T04": desk.people["T04"].id}, to=["T01", "T02"])
    desk.move(item, "T01", Action.OPEN)
    desk.move(item, "T01", Action.SIGN_FOR)
    lead, joined = entered(desk, COUNTY, item), entered(desk, "T04", item)
    assert lead is not None
    assert joined is not None
    assert lead.evidence_id == joined.evidence_id
    assert lead.remark == joined.remark == f"联合发文：{desk.people[COUNTY].office_name}（主办）、T04 镇"
    assert [entered(desk, office, item) for office in ("T01", "T02", "T03")] == [None] * 3

    def incoming(tx: Any) -> list[str]:
        rows = registers.rows(tx, desk.people["T01"], Book.INCOMING, NOW.year, Range(0, 100))
        return [each.other for each in describing.entries(tx, desk.people["T01"], Book.INCOMING, rows) if each.submission == item]

    assert desk.do(incoming) == [f"{desk.people[COUNTY].office_name}、T04 镇"]
    for office, book, text, found in (
        ("T04", Book.OUTGOING, "T02", True),  # to whom it went
        ("T01", Book.INCOMING, "T04", True),  # who issued it, the leading office or another
        ("T01", Book.INCOMING, "T02", False),  # another recipient
    ):
        rows = desk.do(registers.rows, desk.people[office], book, NOW.year, Range(0, 100), registers.Narrowing(text=text))
        assert (item in {row.submission for row in rows}) is found, (office, text)
    assert desk.do(lambda tx: [*numbering.recount(tx), *searching.recount(tx)]) == []


def test_what_a_register_is_searched_by_goes_and_comes_back_with_the_sealed_text(desk: Desk):
    item = desk.send(joint={"T04": desk.people["T04"].id}, to=["T01"], title="水库泄洪")

    def found() -> list[int]:
        words = registers.Narrowing(text="泄洪")
        return [desk.do(registers.count, desk.people[office], Book.OUTGOING, NOW.year, words) for office in (COUNTY, "T04", "T02")]

    assert found() == [1, 1, 0]
    body = desk.do(content.take, item)
    assert found() == [0, 0, 0]
    assert desk.do(lambda tx: tx.row("SELECT count(*) AS count FROM register_words WHERE instr(words, '泄洪')").count) == 0
    assert desk.do(lambda tx: [*searching.recount(tx)]) == []
    desk.do(content.give_back, item, body)
    assert found() == [1, 1, 0]
    assert desk.do(lambda tx: [*searching.recount(tx)]) == []


def test_who_signed_for_a_joint_issuer_is_the_first_of_its_people_who_may_send(desk: Desk):
    def signer(person: str, office: str) -> Identity:
        return Identity(office, person, "", ledger_maker.notary().receipts.certificate)

    def added(tx: Any) -> str:
        return offices.add_person(tx, "T04", "赵六", Role.AUDITOR, NOW)

    message = structs.replace(LETTER, joint=["T04"])
    lead, clerk, auditor = (signer(desk.people[COUNTY].id, COUNTY), signer(desk.people["T04"].id, "T04"), signer(desk.do(added), "T04"))
    assert desk.do(admission.require_signers, [lead, auditor, clerk], message) == {"T04": clerk.person}
    refused(ProblemType.JOINT_SIGNATURE_MISSING, desk.do, admission.require_signers, [lead, auditor], message)
    refused(ProblemType.JOINT_SIGNATURE_MISSING, desk.do, admission.require_signers, [clerk, lead], structs.replace(message, joint=["T03"]))


def test_groups_are_by_kind_county_wide_or_an_offices_own(desk: Desk):
    clerk, admin = desk.people["T01"], desk.people["admin"]
    built_in = {each.name: each.members for each in desk.do(groups.groups, clerk)}
    assert built_in["全体乡镇"] == TOWNSHIPS
    refused(ProblemType.NOT_ALLOWED, desk.do, groups.keep, clerk, "北片", ["T02"], NOW, shared=True)
    north = desk.do(groups.keep, admin, "北片", ["T02", "T03"], NOW, shared=True)
    own = desk.do(groups.keep, clerk, "常用", ["D01"], NOW)
    found = {each.name: each for each in desk.do(groups.groups, clerk)}
    assert (found["北片"].keeping, found["北片"].members) == (Keeping.COUNTY, ("T02", "T03"))
    assert found["常用"].keeping is Keeping.OWN
    assert "常用" not in {each.name for each in desk.do(groups.groups, desk.people["T02"])}
    refused(ProblemType.NOT_ALLOWED, desk.do, groups.keep, clerk, "北片", ["T02"], NOW, group=north)
    refused(ProblemType.NOT_FOUND, desk.do, groups.end, desk.people["T02"], own, NOW)
    refused(ProblemType.REQUEST_MALFORMED, desk.do, groups.keep, clerk, "全体乡镇", ["T02"], NOW)
    refused(ProblemType.REQUEST_MALFORMED, desk.do, groups.keep, clerk, "空", [], NOW)
    desk.do(groups.keep, clerk, "常用", ["D01", "T04"], NOW, group=own)
    desk.do(groups.end, clerk, own, NOW)
    assert "常用" not in {each.name for each in desk.do(groups.groups, clerk)}


def test_a_closed_office_is_said_to_be_closed_with_its_successor_and_leaves_its_groups(desk: Desk):
    admin = desk.people["admin"]

    def merge(tx: Any) -> None:
        offices.add_office(tx, desk.notary, "T90", "旧镇", OfficeKind.TOWNSHIP, NOW)
        groups.keep(tx, admin, "老片区", ["T90", "T02"], NOW, shared=True)
        periods.close_office(tx, desk.notary, "T90", NOW, successor="T01")

    desk.do(merge)
    problem = refused(ProblemType.RECIPIENT_CLOSED, desk.send, to=["T90"])
    assert problem.detail == "T90 旧镇 → T01 T01 镇"
    refused(ProblemType.RECIPIENT_UNKNOWN, desk.send, to=["T91"])
    found = {each.name: each for each in desk.do(groups.groups, desk.people["T03"])}
    assert (found["老片区"].members, found["老片区"].closed) == (("T02",), ("T90",))


def meant(desk: Desk, caller: str | Person, text: str) -> list[str]:
    person = desk.people[caller] if isinstance(caller, str) else caller
    return [each.submission for each in desk.do(identifying.identified, person, text).items]


def filed(desk: Desk, item: str) -> str:
    return str(desk.do(store.status, desk.people[COUNTY], item).filing_number)


def test_an_item_is_found_by_its_number_and_its_digits_by_those_alone_who_may_see_it(desk: Desk):
    item = desk.send(from_="T01", to=[COUNTY], cc=["T02"])
    number = filed(desk, item)
    year, ordinal = number.split("-")[1:]
    typed = (number, number.lower(), f" T01－{year}—{int(ordinal)} ", f"Ｔ０１-{year}-{ordinal}")
    for text in (item, item[:8], f" {item[:12]} ", *typed):
        for office in ("T01", "T02", COUNTY, "admin", "auditor"):
            assert meant(desk, office, text) == [item], (office, text)
        assert meant(desk, "T03", text) == [], "the same as for what there is not"
    assert meant(desk, "T01", f"T01-{year}-999999") == meant(desk, "T01", f"T09-{year}-000001") == []
    assert desk.do(identifying.visible_by_number, desk.people["T03"], identifying.filing.Filing("T01", int(year), int(ordinal))) is None
    for text in ("", "abc", "0123456g", item + "0", "T01-26-1", "T01-2026-1234567890", "%", "关于防汛"):
        refused(ProblemType.REQUEST_MALFORMED, desk.do, identifying.identified, desk.people["T01"], text)


def test_what_is_for_named_persons_or_issued_jointly_is_found_as_it_is_seen(desk: Desk):
    named = desk.send(from_="T01", to=["T02"], addressees=[desk.people["T02"].id])
    other = Person("T02.9", "T02", "李四", Role.CLERK, "T02 镇")
    for text in (named, named[:8]):
        assert meant(desk, "T02", text) == meant(desk, "T01", text) == [named]
        assert meant(desk, other, text) == []
    joint = desk.send(from_="T01", to=[COUNTY], joint={"T04": desk.people["T04"].id})
    assert meant(desk, "T04", filed(desk, joint)) == [joint]
    assert meant(desk, "T03", filed(desk, joint)) == []


def test_a_service_account_finds_among_what_its_scopes_list_and_a_looker_what_is_sealed(desk: Desk):
    item = desk.send(from_="T01", to=["T02"])
    both = frozenset({Scope.SENT, Scope.INBOX})
    for office, scope in (("T01", Scope.SENT), ("T02", Scope.INBOX)):
        for scopes in (frozenset({scope}), both, both - {scope}):
            account = Person(f"{office}.8", office, "门户", Role.SERVICE, office, scopes)
            assert meant(desk, account, item[:10]) == ([item] if scope in scopes else [])
    people = {role: Person(f"{COUNTY}.{role}", COUNTY, "赵六", role, "县") for role in (Role.CONFIDENTIALITY, Role.LEADER, Role.REVIEWER)}
    assert [meant(desk, person, item[:10]) for person in people.values()] == [[], [], []]
    desk.do(late.seal_late, desk.notary, item, ["level-head"], "usual-000000000000", NOW)
    assert [meant(desk, person, item[:10]) for person in people.values()] == [[item], [item], []]


def test_of_several_that_begin_alike_ten_are_named_and_an_index_answers(desk: Desk):
    for _ in range(identifying.MOST + 1):
        last = desk.send(from_="T01", to=["T02"], begins="0badc0de")
    found = desk.do(identifying.identified, desk.people["T02"], "0badc0de")
    assert (len(found.items), found.more) == (identifying.MOST, True)
    assert meant(desk, "T02", last[:20]) == [last]
    seen = {"office": "T02", "person": "T02.1", "sent": True, "received": True, "looks": True}
    for sql, values in (
        (identifying._BY_DIGITS, {"text": "0badc0de", "end": "0badc0deg", "rows": 11}),
        (identifying._BY_NUMBER, {"sender": "T01", "year": 2026, "ordinal": 1}),
    ):
        plan = [row.detail for row in desk.do(lambda tx, sql=sql, values=values: tx.rows(f"EXPLAIN QUERY PLAN {sql}", **values, **seen))]
        assert plan[0].startswith("SEARCH submission USING INDEX sqlite_autoindex_submission_"), plan
        assert [step for step in plan if step.startswith("SCAN") and not step.startswith("SCAN office ")] == [], plan
