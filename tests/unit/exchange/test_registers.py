"""The registers on a ledger in memory: numbers without gaps, columns of the paper book, corrections, locked years, what is carried over."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import ledger_maker
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysqlite3 import dbapi2 as sqlite

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.memory import MemoryDatabase
from archive.ledger.migrate import migrate, migrations
from archive.ledger.receipts import Fact, Stated, record
from exchange.checking.findings import Findings
from exchange.checking.registers import check_registers
from exchange.delivery import moving, sender
from exchange.delivery.states import Action
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.policy.rules import load
from exchange.registers import carrying, changes, describing, numbering, rules, store
from exchange.registers.answers import Entry
from exchange.registers.changes import Change, Year
from exchange.registers.rules import Book, Column
from exchange.sealing import content
from schemas import instants
from schemas.messages import Document, Receipt, SecrecyCheck, Statement, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, UNCLASSIFIED, DocumentRole, Event, Handling, Kind, OfficeKind, Origin, Role

NOW = ledger_maker.NOW
NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
"""Midnight in Beijing: an hour before it is still 2026 there."""
NOTARY = ledger_maker.notary()


class Ledger:
    """A ledger in memory with the county, T01 and T02, and somebody of every role at each; `at` is its clock."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.database = MemoryDatabase(log.close_group(NOTARY), instants.write(NOW))
        self.at = NOW
        self.sent = 0

        def begin(tx: Tx) -> dict[tuple[str, Role], Person]:
            ledger_maker.begin(tx, NOTARY)
            for code, name in (("T01", "城关镇"), ("T02", "河西乡")):
                offices.add_office(tx, NOTARY, code, name, OfficeKind.TOWNSHIP, NOW)
            everybody = [(office, role) for office in (COUNTY, "T01", "T02") for role in Role]
            return {(office, role): offices.person(tx, offices.add_person(tx, office, role.zh, role, NOW)) for office, role in everybody}

        self.people = self.write(begin)

    def close(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def write(self, unit: Any, *args: Any, **options: Any) -> Any:
        return self.runner.run(self.database.write(unit, *args, **options))

    def read(self, unit: Any, *args: Any, **options: Any) -> Any:
        return self.runner.run(self.database.read(unit, *args, **options))

    def who(self, office: str = COUNTY, role: Role = Role.CLERK) -> Person:
        return self.people[office, role]

    def send(self, *to: str, sender: str = "T01", pages: int | None = None, **fields: Any) -> str:
        self.sent += 1
        document = Document(
            name="a.txt",
            role=DocumentRole.MAIN,
            origin=Origin.BORN_DIGITAL,
            media_type="text/plain",
            size=1,
            sha256=hashlib.sha256(b"a").hexdigest(),
        )
        values: dict[str, Any] = {"to": list(to or (COUNTY,)), "title": f"关于第{self.sent}件的报告", "kind": Kind.REPORT} | fields
        message = Submission(
            type="submission/v1",
            reference=f"00000000-0000-4000-8000-{self.sent:012x}",
            version=1,
            from_=sender,
            date_issued="2026-11-20",
            classification=UNCLASSIFIED,
            secrecy_check=SecrecyCheck(by="张三", at=instants.write(NOW)),
            documents=[document],
            **values,
        )
        digest = hashlib.sha256(message.reference.encode()).hexdigest()
        accepted = Accepted(
            submission=digest,
            container=hashlib.sha256(digest.encode()).hexdigest(),
            size=1,
            message=message,
            metadata=canonical(message),
            person=self.who(sender).id,
            received_at=self.at,
            policy="usual-000000000000",
            handling=Handling.NORMAL,
            kept=b"",
            pages=pages,
        )
        self.write(submissions.accept, NOTARY, accepted, self.at)
        return digest

    def move(self, submission: str, *actions: Action, office: str = COUNTY, reason: str = "原因") -> str:
        evidence = ""
        for action in actions:
            evidence = self.write(moving.move, NOTARY, self.who(office), submission, action, self.at, reason=reason)
        return evidence

    def entries(self, book: Book = Book.INCOMING, who: Person | None = None, year: int = 2026, **narrowed: Any) -> list[Entry]:
        def read(tx: Tx) -> list[Entry]:
            person = who or self.who()
            rows = store.rows(tx, person, book, year, store.Range(0, 100), store.Narrowing.of(year, **narrowed))
            assert len(rows) == store.count(tx, person, book, year, store.Narrowing.of(year, **narrowed))
            return describing.entries(tx, person, book, rows)

        return self.read(read)

    def correct(
        self, entry: Entry, values: dict[Column, str], who: Person | None = None, reason: str = "写错", signed: Stated | None = None
    ) -> str:
        return self.write(changes.correct, NOTARY, who or self.who(), Change(entry.evidence_id, values, reason), self.at, signed)

    def problems(self) -> list[str]:
        def look(tx: Tx) -> list[str]:
            findings = Findings()
            check_registers(tx, findings)
            return [problem["what"] for problem in findings.problems]

        return self.read(look)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with closing(Ledger()) as made:
        yield made
        assert made.problems() == []


def refused(kind: ProblemType, call: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(Problem) as caught:
        call(*args, **options)
    assert caught.value.kind is kind


def test_a_signed_item_stands_in_both_offices_books_with_the_paper_books_columns(ledger: Ledger):
    ledger.send(COUNTY, cc=["T02"], number="城政发〔2026〕12号", copies=3, signatory="王五", pages=4, title="关于防汛的报告")
    first = ledger.send()
    second = ledger.send(sender="T02")
    ledger.move(second, Action.OPEN, Action.SIGN_FOR)
    ledger.move(first, Action.OPEN, Action.SIGN_FOR, Action.CONCLUDE, reason="已转防办办理")
    received = ledger.entries()
    assert [(entry.number, entry.submission, entry.other, entry.handler) for entry in received] == [
        (1, second, "河西乡", "经办人"),
        (2, first, "城关镇", "经办人"),
    ]
    assert (received[1].ending, received[1].result, received[0].ending) == ("concluded", "已转防办办理", "")
    sent = ledger.entries(Book.OUTGOING, ledger.who("T01"))
    assert [entry.number for entry in sent] == [1, 2]
    entry = sent[0]
    assert (entry.other, entry.copied, entry.document_number, entry.title) == ("示例县", "河西乡", "城政发〔2026〕12号", "关于防汛的报告")
    assert (entry.copies, entry.pages, entry.signatory, entry.handler, entry.day) == (3, 4, "王五", "经办人", "2026-11-20")
    assert ledger.entries(Book.OUTGOING) == []


def test_what_is_returned_or_withdrawn_stays_in_the_book_with_a_note(ledger: Ledger):
    returned, other = ledger.send(COUNTY, "T02"), ledger.send()
    ledger.move(returned, Action.OPEN, Action.SIGN_FOR, Action.RETURN)
    ledger.move(other, Action.OPEN, Action.RETURN)
    assert [(entry.submission, entry.ending) for entry in ledger.entries()] == [(returned, "returned")]
    sent = ledger.entries(Book.OUTGOING, ledger.who("T01"))
    assert [(entry.ending, entry.ended, entry.recipients) for entry in sent] == [("returned", 1, 2), ("returned", 1, 1)]


def test_what_was_taken_back_keeps_its_line_and_is_called_nothing(ledger: Ledger):
    submission = ledger.send(title="防汛", number="城政发〔2026〕12号")
    ledger.move(submission, Action.OPEN, Action.SIGN_FOR)
    ledger.write(sender.act_as_sender, NOTARY, ledger.who("T01"), submission, COUNTY, Action.ASK_BACK, ledger.at, reason="有误")
    ledger.move(submission, Action.CONSENT)
    (entry,) = ledger.entries()
    assert (entry.number, entry.hidden, entry.ending, entry.title, entry.document_number) == (1, "shut", "withdrawn", "", "")
    assert ledger.entries(text="防汛") == []
    assert [each.title for each in ledger.entries(Book.OUTGOING, ledger.who("T01"), text="防汛")] == ["防汛"]


def test_numbers_begin_anew_with_the_year_of_beijing(ledger: Ledger):
    for at in (NEW_YEAR - timedelta(seconds=1), NEW_YEAR, NEW_YEAR + timedelta(seconds=1)):
        ledger.at = at
        ledger.move(ledger.send(), Action.OPEN, Action.SIGN_FOR)
    assert [(entry.number, entry.day) for entry in ledger.entries()] == [(1, "2026-12-31")]
    assert [(entry.number, entry.day) for entry in ledger.entries(year=2027)] == [(1, "2027-01-01"), (2, "2027-01-01")]
    assert ledger.read(store.years, ledger.who(), Book.INCOMING) == [2027, 2026]


def test_months_and_words_narrow_a_book_down(ledger: Ledger):
    for month, title in ((11, "防汛"), (12, "秋收")):
        ledger.at = datetime(2026, month, 25, tzinfo=UTC)
        ledger.move(ledger.send(title=title), Action.OPEN, Action.SIGN_FOR)
    assert [entry.title for entry in ledger.entries(month=12)] == ["秋收"]
    assert [entry.number for entry in ledger.entries(text="防")] == [1]
    assert [entry.number for entry in ledger.entries(text="城关")] == [1, 2]
    assert ledger.entries(text="没有") == []


def test_named_items_keep_their_number_and_tell_nothing_to_others(ledger: Ledger):
    named = ledger.who(COUNTY, Role.REVIEWER)
    submission = ledger.send(addressees=[named.id], title="任免", number="城政人〔2026〕3号", copies=2, pages=7)
    for action in (Action.OPEN, Action.SIGN_FOR):
        ledger.write(moving.move, NOTARY, named, submission, action, NOW)
    (whole,) = ledger.entries(who=named)
    assert (whole.title, whole.hidden) == ("任免", "")
    evidence = ledger.correct(whole, {Column.PLACE: "二号柜"}, named)
    (entry,) = ledger.entries()
    assert (entry.number, entry.hidden, entry.title, entry.document_number, entry.submission, entry.copies, entry.pages, entry.place) == (
        *(1, "named", "", "", None, None, None),
        "",
    )
    assert [(each.evidence_id, each.values, each.reason) for each in entry.corrections] == [(evidence, {}, "")]
    assert ledger.entries(text="任免") == []
    assert len(ledger.entries(text="任免", who=named)) == 1
    refused(ProblemType.NOT_ALLOWED, ledger.correct, entry, {Column.PLACE: "一号柜"})


def test_a_correction_shows_what_stood_there_and_what_stands_there_now(ledger: Ledger):
    ledger.move(ledger.send(copies=3), Action.OPEN, Action.SIGN_FOR)
    (entry,) = ledger.entries()
    ledger.correct(entry, {Column.COPIES: "03", Column.PLACE: "一号柜"})
    ledger.correct(entry, {Column.COPIES: "5", Column.OTHER: "城关镇人民政府"}, reason="数错了")
    (now,) = ledger.entries()
    assert (now.copies, now.place, now.other) == (5, "一号柜", "城关镇人民政府")
    first, second = now.corrections
    assert (first.before, first.values) == ({Column.COPIES: "3", Column.PLACE: ""}, {Column.COPIES: "3", Column.PLACE: "一号柜"})
    assert (second.before[Column.COPIES], second.values[Column.COPIES], second.reason, second.by) == ("3", "5", "数错了", "经办人")


def test_a_sealed_item_keeps_number_and_day_and_loses_what_corrections_said(ledger: Ledger):
    submission = ledger.send(title="防汛")
    ledger.move(submission, Action.OPEN, Action.SIGN_FOR)
    (before,) = ledger.entries()
    ledger.correct(before, {Column.TITLE: "防汛抗旱"}, reason="标题抄错")
    taken = ledger.write(content.take, submission)
    assert ledger.read(lambda tx: tx.rows("SELECT * FROM reason")) == []
    (sealed,) = ledger.entries()
    assert (sealed.number, sealed.day, sealed.title) == (1, "2026-11-20", "")
    assert [(each.values, each.reason) for each in sealed.corrections] == [({}, "")]
    assert ledger.problems() == []
    ledger.write(content.give_back, submission, taken)
    (after,) = ledger.entries()
    assert (after.title, after.corrections[0].reason) == ("防汛抗旱", "标题抄错")


def said(who: Person, subject: str | None, reason: str, event: Event = Event.REGISTER_CORRECTION, submission: str | None = None) -> Stated:
    """Return a statement of a correction; its signature is not looked at here (`moves.stated` has done that)."""
    matter: dict[str, Any] = {"submission": submission, "subject": subject, "office": who.office, "person": who.id, "reason": reason}
    statement = Statement(type="statement/v1", event=event.value, at=instants.write(NOW), nonce="5a" * 16, **matter)
    return Stated(canonical(statement), b"signature")


def test_what_a_person_signed_of_a_correction_is_that_correction_and_is_taken_out_with_its_words(ledger: Ledger):
    submission, who = ledger.send(copies=3), ledger.who()
    ledger.move(submission, Action.OPEN, Action.SIGN_FOR)
    (entry,) = ledger.entries()
    values, subject = {Column.COPIES: "05"}, "incoming/2026/1"
    kept = hashlib.sha256(rules.correct(values, "数错").encode()).hexdigest()
    for other in (
        said(who, "incoming/2026/2", kept),
        said(who, subject, "0" * 64),
        said(who, subject, kept, Event.REGISTER_LOCK),
        said(ledger.who(role=Role.REVIEWER), subject, kept),
        said(who, None, kept, submission=submission),
    ):
        refused(ProblemType.STATEMENT_INVALID, ledger.correct, entry, values, reason="数错", signed=other)
    evidence = ledger.correct(entry, values, reason="数错", signed=said(who, subject, kept))
    assert ledger.correct(entry, values, reason="数错", signed=said(who, subject, kept)) == evidence, "once"
    receipt = decode(ledger.read(lambda tx: tx.row("SELECT receipt FROM event WHERE evidence_id = :id", id=evidence)).receipt, Receipt)
    assert (receipt.asserted_by, receipt.subject) == ("person", subject)
    statements = "SELECT count(*) AS count FROM statement"
    taken = ledger.write(content.take, submission)
    assert ledger.read(lambda tx: tx.row(statements)).count == 0, "a digest of a title tells the title"
    ledger.write(content.give_back, submission, taken)
    assert ledger.read(lambda tx: tx.row(statements)).count == 1


@pytest.mark.parametrize("role", Role)
def test_three_roles_correct_and_two_lock(ledger: Ledger, role: Role):
    ledger.move(ledger.send(), Action.OPEN, Action.SIGN_FOR)
    (entry,) = ledger.entries()
    who = ledger.who(COUNTY, role)
    for allowed, act in (
        (role in (Role.CLERK, Role.REVIEWER, Role.ARCHIVIST), lambda: ledger.correct(entry, {Column.PLACE: "柜"}, who)),
        (role in (Role.ARCHIVIST, Role.LEADER), lambda: ledger.write(changes.lock, NOTARY, who, Year(Book.INCOMING, 2026, 1), NEW_YEAR)),
    ):
        if allowed:
            act()
        else:
            refused(ProblemType.NOT_ALLOWED, act)


def test_nobody_corrects_another_offices_book(ledger: Ledger):
    ledger.move(ledger.send(), Action.OPEN, Action.SIGN_FOR)
    (entry,) = ledger.entries()
    refused(ProblemType.REGISTER_OTHER_OFFICE, ledger.correct, entry, {Column.PLACE: "柜"}, ledger.who("T01"))
    refused(ProblemType.NOT_FOUND, ledger.correct, entry, {Column.PLACE: "柜"}, ledger.who("T02"))


@pytest.mark.parametrize(
    ("values", "reason", "kind"),
    [
        ({Column.COPIES: "三"}, "写错", ProblemType.REQUEST_MALFORMED),
        ({Column.PAGES: "0"}, "写错", ProblemType.REQUEST_MALFORMED),
        ({Column.COPIES: "100000000"}, "写错", ProblemType.REQUEST_MALFORMED),
        ({Column.PLACE: "柜" * 201}, "写错", ProblemType.REQUEST_MALFORMED),
        ({Column.PLACE: "一\u202e二"}, "写错", ProblemType.REQUEST_MALFORMED),
        ({}, "写错", ProblemType.REQUEST_MALFORMED),
        ({Column.PLACE: "柜"}, "  ", ProblemType.REASON_REQUIRED),
    ],
)
def test_a_correction_says_something_and_why(values: dict[Column, str], reason: str, kind: ProblemType):
    refused(kind, rules.correct, values, reason)


def test_a_year_is_locked_once_when_it_is_over_and_corrected_no_more(ledger: Ledger):
    ledger.move(ledger.send(), Action.OPEN, Action.SIGN_FOR)
    (entry,) = ledger.entries()
    ledger.correct(entry, {Column.PLACE: "一号柜"})
    archivist = ledger.who(COUNTY, Role.ARCHIVIST)
    refused(ProblemType.REGISTER_YEAR_NOT_OVER, ledger.write, changes.lock, NOTARY, archivist, Year(Book.INCOMING, 2026, 1), NOW)
    ledger.at = NEW_YEAR
    refused(ProblemType.REGISTER_CHANGED, ledger.write, changes.lock, NOTARY, archivist, Year(Book.INCOMING, 2026, 2), ledger.at)
    refused(ProblemType.NOT_FOUND, ledger.write, changes.lock, NOTARY, archivist, Year(Book.INCOMING, 2025, 0), ledger.at)
    ledger.write(changes.lock, NOTARY, archivist, Year(Book.INCOMING, 2026, 1), ledger.at)
    lock = ledger.read(store.lock, COUNTY, Book.INCOMING, 2026)
    assert (lock.entries, lock.digest) == ledger.read(numbering.digest_of, COUNTY, Book.INCOMING, 2026)
    refused(ProblemType.REGISTER_LOCKED, ledger.correct, entry, {Column.PLACE: "二号柜"})
    refused(ProblemType.REGISTER_LOCKED, ledger.write, changes.lock, NOTARY, archivist, Year(Book.INCOMING, 2026, 1), ledger.at)


def test_a_new_year_takes_over_what_was_open_and_says_what_became_of_it(ledger: Ledger):
    unsigned, signed, done, gone = (ledger.send(title=title) for title in "甲乙丙丁")
    for submission in (signed, done):
        ledger.move(submission, Action.OPEN, Action.SIGN_FOR)
    ledger.move(done, Action.CONCLUDE)
    ledger.move(gone, Action.OPEN, Action.RETURN)
    ledger.at = NEW_YEAR + timedelta(days=3)
    ledger.move(ledger.send(title="戊"), Action.OPEN)

    def carried(book: Book = Book.INCOMING, who: Person | None = None) -> list[tuple[Any, ...]]:
        found = ledger.read(carrying.carried, who or ledger.who(), book, 2027)
        return [(each.title, each.year, each.number, each.then, each.now) for each in found]

    assert carried() == [("乙", 2026, 1, "unconcluded", ""), ("甲", None, None, "unsigned", "")]
    assert carried(Book.OUTGOING, ledger.who("T01")) == [("甲", 2026, 1, "unsigned", "")]
    ledger.move(unsigned, Action.OPEN, Action.SIGN_FOR)
    ledger.move(signed, Action.CONCLUDE)
    assert carried() == [("乙", 2026, 1, "unconcluded", "concluded"), ("甲", None, None, "unsigned", "signed_for")]


def test_what_was_misdirected_in_the_new_year_is_carried_over_without_its_title(ledger: Ledger):
    submission = ledger.send(title="防汛", number="城政发〔2026〕12号")
    ledger.at = NEW_YEAR + timedelta(days=3)
    ledger.move(submission, Action.MISDIRECT)
    (carried,) = ledger.read(carrying.carried, ledger.who(), Book.INCOMING, 2027)
    assert (carried.title, carried.document_number, carried.now) == ("", "", "misdirected")
    (sent,) = ledger.read(carrying.carried, ledger.who("T01"), Book.OUTGOING, 2027)
    assert sent.title == "防汛"


ACTS = st.sampled_from(("send", "open", "sign", "return", "conclude", "paper in", "paper out", "later"))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 5), st.sampled_from((COUNTY, "T01", "T02"))), max_size=30))
def test_whatever_happens_numbers_are_gapless_and_in_the_order_of_events(acts: list[tuple[str, int, str]]):
    with closing(Ledger()) as ledger:
        _do(ledger, acts)
        entries = ledger.read(lambda tx: tx.rows("SELECT * FROM register_entry ORDER BY office, book, year, number"))
        for office, book, year in {(row.office, row.book, row.year) for row in entries}:
            own = [row for row in entries if (row.office, row.book, row.year) == (office, book, year)]
            assert [row.number for row in own] == list(range(1, len(own) + 1))
            assert [row.at for row in own] == sorted(row.at for row in own)
        assert ledger.problems() == []
        _require_migrated_alike(ledger, entries)


def _do(ledger: Ledger, acts: list[tuple[str, int, str]]) -> None:
    sent: list[str] = []
    for act, which, office in acts:
        if act == "send":
            to = [each for each in (COUNTY, "T01", "T02") if each != office][: 1 + which % 2]
            sent.append(ledger.send(*to, sender=office))
        elif act == "later":
            ledger.at += timedelta(days=9)
        elif act.startswith("paper"):
            event = Event.RECEIVED_FROM_NON_ERDS if act == "paper in" else Event.RELAY_TO_NON_ERDS
            ledger.write(record, NOTARY, Fact(event=event, office=office, by=ledger.who(office).id), ledger.at)
        elif sent:
            action = {"open": Action.OPEN, "sign": Action.SIGN_FOR, "return": Action.RETURN, "conclude": Action.CONCLUDE}[act]
            try:
                ledger.move(sent[which % len(sent)], action, office=office)
            except Problem:
                continue


def _require_migrated_alike(ledger: Ledger, entries: list[Any]) -> None:
    """An older ledger with the same events gets the same entries from the migration."""
    steps = migrations()
    before = [step for step in steps if step.name < "0019"]
    with closing(sqlite.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "", before)
        for row in ledger.database.connection.execute("SELECT * FROM event ORDER BY id").fetchall():
            connection.execute(f"INSERT INTO event VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - places alone
        migrate(connection, "", steps)
        made = connection.execute("SELECT * FROM register_entry ORDER BY office, book, year, number").fetchall()
        assert [tuple(row) for row in made] == [tuple(row) for row in entries]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM register_entry WHERE number = 1",
        "UPDATE register_entry SET number = number + 7",
        "UPDATE register_entry SET evidence_id = (SELECT evidence_id FROM event WHERE id = 1) WHERE book = 'incoming' AND number = 2",
        "UPDATE register_entry SET year = 2025 WHERE book = 'outgoing'",
        "DELETE FROM register_correction",
        "UPDATE register_correction SET number = number + 1",
        "DELETE FROM register_lock",
        "UPDATE register_lock SET digest = printf('%064d', 0)",
        "UPDATE register_lock SET entries = entries + 1",
    ],
)
def test_a_register_that_was_changed_by_hand_is_found(change: str):
    with closing(Ledger()) as ledger:
        for _ in range(2):
            ledger.move(ledger.send(), Action.OPEN, Action.SIGN_FOR)
        ledger.correct(ledger.entries()[0], {Column.PLACE: "一号柜"})
        ledger.write(changes.lock, NOTARY, ledger.who(COUNTY, Role.ARCHIVIST), Year(Book.INCOMING, 2026, 2), NEW_YEAR)
        assert ledger.problems() == []
        connection = ledger.database.connection
        connection.execute("PRAGMA foreign_keys = OFF")
        for name in ("register_entry_is_immutable", "register_entry_stays"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(change)
        assert ledger.problems()


def test_what_was_taken_back_after_it_was_signed_for_has_no_title_in_the_book(ledger: Ledger):
    taken, kept = ledger.send(title="收回的报告", number="城政发〔2026〕1号", signatory="王五", pages=4), ledger.send(title="留下的报告")
    ledger.move(taken, Action.OPEN, Action.SIGN_FOR)
    ledger.move(kept, Action.OPEN, Action.SIGN_FOR)
    (entry, _) = ledger.entries()
    ledger.correct(entry, {Column.TITLE: "收回的那份报告"})
    _take_back(ledger, taken)
    (shut, other) = ledger.entries()
    assert (shut.number, shut.title, shut.document_number, shut.signatory, shut.ending) == (1, "", "", "", "withdrawn")
    assert (shut.hidden, shut.corrections[0].values, shut.pages) == ("shut", {}, None)
    assert other.title == "留下的报告"
    assert ledger.entries(text="收回") == []
    refused(ProblemType.NOT_ALLOWED, ledger.correct, shut, {Column.TITLE: "还叫收回的报告"})
    (sent, _) = ledger.entries(Book.OUTGOING, ledger.who("T01"))
    assert (sent.title, sent.ending) == ("收回的报告", "withdrawn")
    assert [each.title for each in ledger.read(carrying.carried, ledger.who(), Book.INCOMING, 2027)] == ["留下的报告"]


def test_what_was_open_at_new_year_and_taken_back_since_is_carried_without_its_title(ledger: Ledger):
    misdirected = ledger.send(title="误投的报告")
    ledger.move(misdirected, Action.OPEN)
    ledger.at = NEW_YEAR + timedelta(days=1)
    ledger.move(misdirected, Action.MISDIRECT)
    (carried,) = ledger.read(carrying.carried, ledger.who(), Book.INCOMING, 2027)
    assert (carried.now, carried.title, carried.hidden) == ("misdirected", "", True)
    (theirs,) = ledger.read(carrying.carried, ledger.who("T01"), Book.OUTGOING, 2027)
    assert theirs.title == "误投的报告"


def _take_back(ledger: Ledger, submission: str) -> None:
    ledger.write(sender.act_as_sender, NOTARY, ledger.who("T01"), submission, COUNTY, Action.ASK_BACK, ledger.at, reason="发错了")
    ledger.move(submission, Action.CONSENT)


@pytest.mark.parametrize("text", ["020261234", "0999999999", "02026", "2026 ", "二〇二六"])
def test_a_year_is_four_digits(text: str):
    with pytest.raises(Problem):
        rules.require_year(text)


@pytest.mark.parametrize("text", ["010000999999", "10001", "0", "-1"])
def test_a_count_in_a_correction_has_its_bounds(text: str):
    with pytest.raises(Problem):
        rules.correct({Column.COPIES: text}, "写错")


def test_a_secrecy_mark_in_a_correction_is_refused():
    for values, reason in (({Column.TITLE: "机密★1年 关于某事的报告"}, "写错"), ({Column.PLACE: "一号柜"}, "绝密★长期")):
        with pytest.raises(Problem) as caught:
            rules.require_unmarked(values, reason, load("usual"))
        assert caught.value.kind is ProblemType.SECRECY_MARK
    rules.require_unmarked({Column.PLACE: "一号柜"}, "补登存放处", load("usual"))
