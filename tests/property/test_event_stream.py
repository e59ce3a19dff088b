"""Followers who connect, break off and come back at any moment see each event that is theirs once, in order, and no other."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Any

import ledger_maker
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from ledger_maker import NOW
from submission_maker import Letter

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.memory import MemoryDatabase
from exchange.delivery import moving
from exchange.delivery.states import Action
from exchange.events import store
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.office import store as offices
from exchange.office.store import Person
from schemas import instants
from schemas.messages import Submission
from schemas.problems import Problem
from schemas.words import Handling, OfficeKind, Role

OFFICES = ("T01", "T02", "D01")
ROLES = (Role.CLERK, Role.SERVICE, Role.AUDITOR)


@dataclass
class Follower:
    """Somebody who follows from a place on: what they were told since, and the mark they would come back with."""

    person: Person
    since: int
    number: int
    mark: str
    seen: list[int] = field(default_factory=list)


class Streams(RuleBasedStateMachine):
    """Three offices write to each other; followers read pages of two events out of spans of three rows, whenever they like."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(store, "PAGE", 2)
        self.patch.setattr(store, "SPAN", 3)
        self.runner = asyncio.Runner()
        self.notary = ledger_maker.notary()
        self.database = MemoryDatabase(log.close_group(self.notary), instants.write(NOW))
        self.sent: dict[str, tuple[Submission, str]] = {}
        self.followers: list[Follower] = []
        self.woken: list[tuple[int, frozenset[str]]] = []

    def teardown(self) -> None:
        for follower in self.followers:
            self.catch_up(follower)
            assert follower.seen == [number for number in self.theirs(follower.person) if number > follower.since]
        self.runner.run(self.database.close())
        self.runner.close()
        self.patch.undo()

    def read(self, unit: Any, *args: Any) -> Any:
        return self.runner.run(self.database.read(unit, *args))

    def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        """Write, and hold the hint for waking against what everybody may see of it."""
        before = self.read(store.newest).number
        try:
            return self.runner.run(self.database.write(unit, *args, **kwargs))
        finally:
            number, rung = self.read(store.concerned, before)
            assert number == self.read(store.newest).number
            for person in self.people:
                assert person.office in rung or not [theirs for theirs in self.theirs(person) if theirs > before]

    def theirs(self, person: Person) -> list[int]:
        """Return the events that a person may see: said once more, in other words than the query's."""
        found = []
        for row in self.read(lambda tx: tx.rows("SELECT id, submission, recipient FROM event ORDER BY id")):
            if row.submission is None:
                continue
            message, by = self.sent[row.submission]
            party = person.office == message.from_ or person.office in (*message.to, *message.cc)
            named = not message.addressees or person.id in (*message.addressees, by)
            business = row.recipient in (None, person.office) or person.office == message.from_
            if party and named and business:
                found.append(row.id)
        return found

    people: list[Person] = []  # noqa: RUF012 - filled by each machine anew

    @initialize()
    def register(self) -> None:
        def begin(tx: Tx) -> list[Person]:
            ledger_maker.begin(tx, self.notary)
            for office in OFFICES:
                offices.add_office(tx, self.notary, office, office, OfficeKind.TOWNSHIP, NOW)
            return [offices.person(tx, offices.add_person(tx, office, role.zh, role, NOW)) for office in OFFICES for role in ROLES]

        self.people = self.write(begin)

    @precondition(lambda self: len(self.sent) < 5)
    @rule(draw=st.data())
    def send(self, draw: st.DataObject) -> None:
        sender = draw.draw(st.sampled_from(self.people))
        to = draw.draw(st.lists(st.sampled_from([office for office in OFFICES if office != sender.office]), min_size=1, unique=True))
        there = [person.id for person in self.people if person.office in to]
        named = draw.draw(st.lists(st.sampled_from(there), max_size=1))
        reference = f"00000000-0000-4000-8000-{len(self.sent):012x}"
        message = Letter(sender=sender.office, to=tuple(to), at=NOW, fields={"reference": reference, "addressees": named}).message([])
        digest = hashlib.sha256(reference.encode()).hexdigest()
        accepted = Accepted(
            submission=digest,
            container=hashlib.sha256(digest.encode()).hexdigest(),
            size=1,
            message=message,
            metadata=b"{}",
            person=sender.id,
            received_at=NOW,
            policy="usual-000000000000",
            handling=Handling.NORMAL,
            kept=b"",
        )
        self.sent[digest] = (message, sender.id)
        self.write(submissions.accept, self.notary, accepted, NOW)

    @precondition(lambda self: self.sent)
    @rule(draw=st.data(), action=st.sampled_from(Action))
    def act(self, draw: st.DataObject, action: Action) -> None:
        person, submission = draw.draw(st.sampled_from(self.people)), draw.draw(st.sampled_from(list(self.sent)))
        try:
            self.write(moving.move, self.notary, person, submission, action, NOW, reason="缺少附件")
        except Problem:
            return

    @rule(draw=st.data(), beginning=st.booleans())
    def connect(self, draw: st.DataObject, *, beginning: bool) -> None:
        person = draw.draw(st.sampled_from(self.people))
        place = store.START if beginning else self.read(store.newest)
        self.followers.append(Follower(person, place.number, place.number, place.mark))

    @precondition(lambda self: self.followers)
    @rule(draw=st.data())
    def turn_a_page(self, draw: st.DataObject) -> None:
        self.page(draw.draw(st.sampled_from(self.followers)))

    @precondition(lambda self: self.followers)
    @rule(draw=st.data())
    def come_back(self, draw: st.DataObject) -> None:
        """Go on from the last id alone: how far the stream had looked beyond it is forgotten."""
        follower = draw.draw(st.sampled_from(self.followers))
        follower.number = self.read(store.find, follower.mark).number

    def page(self, follower: Follower) -> bool:
        page = self.read(store.page, follower.person, follower.number)
        assert len(page.happenings) <= 2
        assert follower.number <= page.reached <= follower.number + 3
        for happening in page.happenings:
            follower.seen.append(happening.place.number)
            follower.mark = happening.place.mark
        follower.number = page.reached
        return bool(page.more)

    def catch_up(self, follower: Follower) -> None:
        while self.page(follower):
            pass


Streams.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestStreams = Streams.TestCase


async def test_a_mark_of_another_ledger_is_not_taken_for_ours():
    notary = ledger_maker.notary()
    first, second = (MemoryDatabase(log.close_group(notary), instants.write(NOW)) for _ in range(2))
    try:
        for database in (first, second):
            await database.write(ledger_maker.begin, notary)
        place = await first.read(store.newest)
        assert await first.read(store.find, place.mark) == place
        for mark in (place.mark, f"{place.number + 1}-{place.mark[-8:]}"):
            with pytest.raises(Problem, match="events-unknown"):
                await second.read(store.find, mark)
        for mark in ("", "x", "-1", "1", "01-00000000", f"{place.mark}0", "９-00000000", "1" * 16 + "-00000000"):
            with pytest.raises(Problem, match="request-malformed"):
                await first.read(store.find, mark)
    finally:
        await first.close()
        await second.close()
