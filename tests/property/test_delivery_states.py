"""Deliveries under random people doing random things: always on the table, one event a move, and nobody sees what is not theirs."""

import asyncio
import hashlib
from typing import Any

import ledger_maker
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_maker import NOW

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.memory import MemoryDatabase
from exchange.checking.findings import Findings
from exchange.checking.submissions import Replayed, replay
from exchange.checking.tree import check_tree
from exchange.delivery import moving
from exchange.delivery import store as deliveries
from exchange.delivery.states import Action, Opening, Position, Recall, Review
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.office import store
from exchange.office.store import Person
from exchange.paging import Window
from keys.evidence import check_sequence, gaps
from schemas import instants
from schemas.messages import Document, Receipt, SecrecyCheck, Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, UNCLASSIFIED, DocumentRole, Handling, Kind, OfficeKind, Origin, Role

OFFICES = ("T01", "T02", "D01", "county")
NOBODY = "0" * 64


def _letter(number: int, sender: str, to: list[str], cc: list[str], addressees: list[str]) -> Submission:
    document = Document(
        name="a.txt",
        role=DocumentRole.MAIN,
        origin=Origin.BORN_DIGITAL,
        media_type="text/plain",
        size=1,
        sha256=hashlib.sha256(b"a").hexdigest(),
    )
    return Submission(
        type="submission/v1",
        reference=f"00000000-0000-4000-8000-{number:012x}",
        version=1,
        from_=sender,
        to=to,
        cc=cc,
        addressees=addressees,
        kind=Kind.INFORMATION,
        title="防汛",
        date_issued="2026-11-20",
        classification=UNCLASSIFIED,
        secrecy_check=SecrecyCheck(by="张三", at=instants.write(NOW)),
        documents=[document],
    )


def _state(tx: Tx) -> tuple[Any, ...]:
    """Return everything that a refused move must leave alone."""
    return (
        tx.rows("SELECT * FROM delivery ORDER BY submission, office"),
        tx.row("SELECT count(*) AS count FROM event"),
        tx.row("SELECT count(*) AS count FROM reason"),
        tx.row("SELECT max(size) AS size FROM checkpoint"),
    )


def _position(row: Any) -> Position:
    return Position(Opening(row.opening), Review(row.review), Recall(row.recall))


class Deliveries(RuleBasedStateMachine):
    """Four offices with a person of every role each; letters go out and are dealt with by anyone who tries."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.notary = ledger_maker.notary()
        self.database = MemoryDatabase(log.close_group(self.notary), instants.write(NOW))
        self.people: list[Person] = []
        self.sent: dict[str, Submission] = {}
        self.by: dict[str, str] = {}

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return self.runner.run(self.database.write(unit, *args, **kwargs))

    def read(self, unit: Any, *args: Any) -> Any:
        return self.runner.run(self.database.read(unit, *args))

    @initialize()
    def register(self) -> None:
        def begin(tx: Tx) -> list[Person]:
            ledger_maker.begin(tx, self.notary)
            for office in OFFICES[:-1]:
                store.add_office(tx, self.notary, office, office, OfficeKind.TOWNSHIP, NOW)
            return [store.person(tx, store.add_person(tx, office, role.zh, role, NOW)) for office in OFFICES for role in Role]

        self.people = self.write(begin)

    @rule(
        sender=st.sampled_from(OFFICES), to=st.sets(st.sampled_from(OFFICES), min_size=1, max_size=3), copies=st.booleans(), draw=st.data()
    )
    def send(self, sender: str, to: set[str], copies: bool, draw: st.DataObject) -> None:  # noqa: FBT001 - drawn
        recipients = sorted(to - {sender})
        if not recipients or len(self.sent) > 4:
            return
        cut = len(recipients) - 1 if copies and len(recipients) > 1 else len(recipients)
        there = [person.id for person in self.people if person.office in recipients]
        named = draw.draw(st.lists(st.sampled_from(there), max_size=2, unique=True))
        message = _letter(len(self.sent), sender, recipients[:cut], recipients[cut:], named)
        digest = hashlib.sha256(message.reference.encode()).hexdigest()
        person = draw.draw(st.sampled_from([person.id for person in self.people if person.office == sender]))
        accepted = Accepted(
            submission=digest,
            container=hashlib.sha256(digest.encode()).hexdigest(),
            size=1,
            message=message,
            metadata=b"{}",
            person=person,
            received_at=NOW,
            policy="usual-000000000000",
            handling=Handling.NORMAL,
            kept=b"",
        )
        self.write(submissions.accept, self.notary, accepted, NOW)
        self.sent[digest], self.by[digest] = message, person

    @precondition(lambda self: self.sent)
    @rule(
        draw=st.data(),
        action=st.sampled_from(Action),
        reason=st.sampled_from(["", "  ", "缺少附件", "长" * 2001]),
        stale=st.integers(-1, 1),
    )
    def act(self, draw: st.DataObject, action: Action, reason: str, stale: int) -> None:
        person = draw.draw(st.sampled_from(self.people))
        submission = draw.draw(st.sampled_from([*self.sent, NOBODY]))
        before = self.read(_state)
        mine = [row for row in before[0] if (row.submission, row.office) == (submission, person.office)]
        version = None if stale < 0 or not mine else mine[0].version - stale
        try:
            evidence = self.write(moving.move, self.notary, person, submission, action, NOW, reason=reason, version=version)
        except Problem as problem:
            assert self.read(_state) == before, "a refused move leaves nothing"
            self.require_reason_for(problem, person, submission, mine)
            return
        assert mine
        assert self.may_see(person, submission)
        after = self.read(_state)
        position = _position(mine[0])
        if action is Action.OPEN and position.opening is Opening.OPENED:
            assert after == before, "a second opening is no event"
            return
        rule_ = position.rule(action)
        assert rule_ is not None
        inner = rule_.inner
        (moved,) = mine if inner else set(after[0]) - set(before[0])
        assert (after[0] == before[0]) == inner, "what is written on a slip leaves the delivery as it is"
        assert person.role in rule_.roles
        assert _position(moved) == position.after(rule_.to)
        assert moved.version == mine[0].version + (not inner)
        assert after[1].count == before[1].count + 1
        assert after[3].size == before[3].size + 1
        assert after[2].count == before[2].count + rule_.needs_reason
        row = self.read(lambda tx: tx.row("SELECT event, office, recipient, person FROM event WHERE evidence_id = :id", id=evidence))
        belongs = person.office if inner else self.sent[submission].from_
        assert tuple(row) == (rule_.event.value, belongs, person.office, person.id)

    def require_reason_for(self, problem: Problem, person: Person, submission: str, mine: list[Any]) -> None:
        """Whoever may not see it is told nothing but that there is no such item."""
        if not mine or not self.may_see(person, submission):
            assert problem.kind is ProblemType.NOT_FOUND
            assert problem.detail == ""
        else:
            assert problem.kind in {
                ProblemType.STATE_CHANGED,
                ProblemType.NOT_ALLOWED,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.RECALL_NOT_ASKED,
                ProblemType.REASON_REQUIRED,
                ProblemType.WORDS_REQUIRED,
            }

    def may_see(self, person: Person, submission: str) -> bool:
        message = self.sent.get(submission)
        if message is None or person.office not in (message.from_, *message.to, *message.cc):
            return False
        return not message.addressees or person.id in message.addressees or person.id == self.by[submission]

    @invariant()
    def every_delivery_stands_where_its_events_lead(self) -> None:
        if not self.people:
            return

        def look(tx: Tx) -> None:
            for row in tx.rows("SELECT submission, office, opening, review, recall, version FROM delivery"):
                events = tx.rows(
                    "SELECT event FROM event WHERE submission = :submission AND recipient = :office ORDER BY id",
                    submission=row.submission,
                    office=row.office,
                )
                assert replay([event.event for event in events]) == Replayed(_position(row), row.version)
                assert row.version == sum(event.event not in INNER_EVENTS for event in events)

        self.read(look)

    @invariant()
    def nobody_sees_what_is_not_theirs(self) -> None:
        for person in self.people[:: 3 if len(self.sent) < 3 else 5]:
            listed = {row.submission for unit in (deliveries.inbox, deliveries.sent) for row in self.read(unit, person).rows}
            assert listed == {submission for submission in self.sent if self.may_see(person, submission)}
            for submission in (*self.sent, NOBODY):
                if not self.may_see(person, submission):
                    self.require_hidden(person, submission)

    @invariant()
    def slips_are_the_recipients_own(self) -> None:
        """Every office has its receipts without a gap, and each history can be told whole without what others wrote on their slips."""
        for person in self.people[:: 7 if len(self.sent) < 3 else 9]:
            own = [decode(each.receipt, Receipt) for each in self.read(deliveries.receipts_for, person, Window(None, 1000)).rows]
            assert check_sequence(own, 0) == len(own)
            for submission in self.sent:
                if self.may_see(person, submission):
                    told = [decode(each.receipt, Receipt) for each in self.read(deliveries.receipts_of, person, submission)]
                    assert {each.recipient for each in told if each.event in INNER_EVENTS} <= {person.office}
                    if self.sent[submission].from_ == person.office:
                        assert gaps(told) == []

    def require_hidden(self, person: Person, submission: str) -> None:
        for unit in (deliveries.status, deliveries.receipts_of, deliveries.crls_of, deliveries.require_readable):
            with pytest.raises(Problem) as problem:
                self.read(unit, person, submission)
            assert (problem.value.kind, problem.value.detail) == (ProblemType.NOT_FOUND, "")

    @invariant()
    def the_log_is_whole(self) -> None:
        if self.people:
            findings = Findings()
            self.read(check_tree, self.notary.log, findings)
            assert findings.problems == []


Deliveries.TestCase.settings = settings(max_examples=8, stateful_step_count=14, deadline=None)
TestDeliveries = Deliveries.TestCase
