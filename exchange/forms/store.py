"""Reply forms in the ledger: what is asked of whom, answers by compare-and-swap with their event, and where every office stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, Stated, moment, record
from exchange.delivery import describing, moving, own_act
from exchange.delivery import store as deliveries
from exchange.delivery.handling import Use, require_permitted
from exchange.delivery.sender import require_sender
from exchange.delivery.states import DECIDERS, OPEN_ENDED, SENDERS, Action, Opening
from exchange.delivery.store import NAMED_ONLY, WITHOUT_CONTENT
from exchange.forms import answering, rules
from exchange.forms.answering import Answer
from exchange.forms.rules import Extended, Given, Period, Standing, Upload
from exchange.office import naming
from exchange.office.store import Person
from schemas import instants
from schemas.messages import ReplyForm, Statement, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling, Kind, Repeat

OPEN: Final = ", ".join(sorted(f"'{each.value}'" for each in OPEN_ENDED))
"""States of a delivery in which its office is asked, as SQL lists them."""


class Asked(NamedTuple):
    """A form with the document that it belongs to; `basis` is the document that it rests on, as people name it.

    `closure` is the event that closed it, None while it is open and where it was closed before that was an event.
    """

    submission: str
    title: str
    number: str | None
    sender: str
    form: ReplyForm
    periods: tuple[Period, ...]
    closed_at: str | None
    closure: str | None
    basis: str


class Reply(NamedTuple):
    """One kept answer; `answer` is None where its text was erased."""

    given: Given
    answer: Answer | None
    by: str


class Writing(NamedTuple):
    """An answer on its way in: what it says, the number of the one that was seen before it, and whether to sign for the item too.

    `signed` and `signed_for` are what the person signed of the answer and of the signing-for, as `moves.stated` returns it.
    """

    answer: Answer
    previous: int = 0
    sign_for: bool = False
    signed: Stated | None = None
    signed_for: Stated | None = None


def asked(tx: Tx, caller: Person, submission: str, now: datetime) -> Asked:
    """Return a form to those who may read its document.

    Raises Problem NOT_FOUND, also for a document without a form, SEALED, NOT_ALLOWED, ACTION_NOT_POSSIBLE before it was opened.
    """
    deliveries.require_readable(tx, caller, submission)
    return _asked(tx, caller, submission, now)


def _asked(tx: Tx, caller: Person, submission: str, now: datetime) -> Asked:
    described = describing.described(tx, caller, submission)
    row = tx.row("SELECT closed_at, closure FROM form WHERE submission = :id", id=submission)
    form = None if described is None else described.message.reply_form
    if described is None or form is None or row is None:
        raise Problem(ProblemType.NOT_FOUND, "reply form")
    message = described.message
    closed_on = None if row.closed_at is None else rules.day_of(row.closed_at)
    return Asked(
        submission,
        message.title,
        message.number,
        message.from_,
        form,
        rules.periods(form, today(now), closed_on),
        row.closed_at,
        row.closure,
        form.based_on or message.number or message.title,
    )


def today(now: datetime) -> str:
    """Return the day in Beijing."""
    return now.astimezone(instants.BEIJING).date().isoformat()


def answer(tx: Tx, notary: Notary, caller: Person, submission: str, writing: Writing, now: datetime) -> str:
    """Keep an answer: compare and swap on the number before it, event and row in one transaction; returns the evidence id.

    Whoever answers has opened the item: the opening is recorded where there was none yet. Raises Problem NOT_FOUND, SEALED,
    NOT_ALLOWED, ACTION_NOT_POSSIBLE for what was returned or withdrawn and for who has a copy alone, ANSWER_WRONG,
    STATE_CHANGED where someone else of the
    office has answered meanwhile, STATEMENT_INVALID.
    """
    received, now = deliveries.received(tx, caller, submission), moment(tx, now)
    if caller.role not in DECIDERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    require_permitted(Handling(received.handling), Use.FETCH, caller.role)
    if received.review not in OPEN_ENDED or received.copy:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, received.review.value if not received.copy else "a copy: not asked")
    if received.opening is Opening.CONSIGNED:
        moving.move(tx, notary, caller, submission, Action.OPEN, now)
    form = _asked(tx, caller, submission, now)
    kept = answering.settled(form.form, form.periods, writing.answer)
    text = answering.written(kept)
    if writing.signed is not None:
        _require_same_act(decode(writing.signed.body, Statement), caller, submission, text)
        if (done := moving.said_before(tx, caller, submission, caller.office, writing.signed)) is not None:
            return done
    before = _last_number(tx, submission, caller.office, kept.period)
    if before != writing.previous:
        raise Problem(ProblemType.STATE_CHANGED, f"answer {before}")
    fact = Fact(
        event=Event.FORM_ANSWER,
        office=received.from_,
        submission=submission,
        recipient=caller.office,
        by=caller.id,
        reason=text,
        stated=writing.signed,
    )
    evidence = record(tx, notary, fact, now)
    tx.run(
        "INSERT INTO form_answer (submission, office, period, number, evidence_id, nil)"
        " VALUES (:id, :office, :period, :number, :evidence, :nil)",
        id=submission,
        office=caller.office,
        period=kept.period,
        number=before + 1,
        evidence=evidence,
        nil=int(kept.nil),
    )
    if writing.sign_for and Action.SIGN_FOR in received.actions:
        moving.move(tx, notary, caller, submission, Action.SIGN_FOR, now, signed=writing.signed_for)
    return evidence


def _require_same_act(stated: Statement, caller: Person, submission: str, text: str) -> None:
    """Raise Problem STATEMENT_INVALID when what was signed is not this answer."""
    said = (stated.event, stated.submission, stated.office, stated.recipient, stated.person, stated.reason)
    if said != (Event.FORM_ANSWER.value, submission, caller.office, None, caller.id, answering.digest(text)):
        raise Problem(ProblemType.STATEMENT_INVALID, "another answer")


def _last_number(tx: Tx, submission: str, office: str, period: str) -> int:
    row = tx.row(
        "SELECT coalesce(max(number), 0) AS last FROM form_answer WHERE submission = :id AND office = :office AND period = :period",
        id=submission,
        office=office,
        period=period,
    )
    return int(row.last)


_REPLIES: Final = (
    "SELECT form_answer.office, form_answer.period, form_answer.number, form_answer.nil, form_answer.evidence_id, event.at,"
    " event.person, reason.text FROM form_answer JOIN event USING (evidence_id) LEFT JOIN reason USING (evidence_id)"
    " WHERE form_answer.submission = :id AND (:office = '' OR form_answer.office = :office) ORDER BY event.id"
)


def replies(tx: Tx, submission: str, office: str = "") -> dict[str, list[Reply]]:
    """Return every answer by office, the oldest first; of one office alone where it is named. The caller has been let in before."""
    found: dict[str, list[Reply]] = defaultdict(list)
    for row in tx.rows(_REPLIES, id=submission, office=office):
        given = Given(row.period, row.number, bool(row.nil), row.at, row.evidence_id)
        found[row.office].append(Reply(given, None if row.text is None else answering.read(row.text), row.person))
    return dict(found)


def given(tx: Tx, submission: str, office: str = "") -> dict[str, list[Given]]:
    """Return which answers there are, by office, without a word of them; of one office alone where it is named."""
    rows = tx.rows(
        "SELECT form_answer.*, event.at FROM form_answer JOIN event USING (evidence_id) WHERE form_answer.submission = :id"
        " AND (:office = '' OR form_answer.office = :office) ORDER BY event.id",
        id=submission,
        office=office,
    )
    found: dict[str, list[Given]] = defaultdict(list)
    for row in rows:
        found[row.office].append(Given(row.period, row.number, bool(row.nil), row.at, row.evidence_id))
    return dict(found)


def extensions(tx: Tx, submission: str, office: str = "") -> dict[str, list[Extended]]:
    """Return who was given more time, by office, the oldest first; of one office alone where it is named. Let the caller in before.

    An office to which it was delivered later has had its own day from the beginning.
    """
    rows = tx.rows(
        "SELECT office, until, at, rowid AS turn FROM deadline_extension WHERE submission = :id AND (:office = '' OR office = :office)"
        " UNION ALL SELECT office, day, at, 0 FROM later_day WHERE submission = :id AND (:office = '' OR office = :office)"
        " ORDER BY at, turn, office",
        id=submission,
        office=office,
    )
    found: dict[str, list[Extended]] = defaultdict(list)
    for row in rows:
        found[row.office].append(Extended(row.until, row.at))
    return dict(found)


_UPLOADS: Final = (
    "SELECT submission.id, submission.office, submission.accepted_at, submission.replaces, delivery.review FROM submission"
    " JOIN delivery ON delivery.submission = submission.id AND delivery.office = :sender"
    " JOIN submission_text ON submission_text.submission = submission.id"
    " WHERE submission.in_reply_to = :id AND submission.kind = :kind AND (:office = '' OR submission.office = :office)"
)


def uploads(tx: Tx, caller: Person | None, submission: str, sender: str, office: str = "") -> dict[str, list[Upload]]:
    """Return the workbooks that came in reply, by office: statistics that name the form's document, as far as the caller sees them.

    Without a caller it is the service that asks, for what it works out and shows to nobody: then all of them.
    """
    seen = "" if caller is None else f" AND {NAMED_ONLY}"
    rows = tx.rows(
        f"{_UPLOADS}{seen} ORDER BY submission.accepted_at, submission.id",
        id=submission,
        sender=sender,
        office=office,
        person="" if caller is None else caller.id,
        kind=Kind.STATISTICS.value,
    )
    found: dict[str, list[Upload]] = defaultdict(list)
    for row in rows:
        found[row.office].append(Upload(row.id, row.accepted_at, row.replaces, row.review in OPEN_ENDED))
    return dict(found)


class Rolled(NamedTuple):
    """One office that is asked, and where it stands by period; `last` are its newest kept answers by period."""

    office: str
    name: str
    standings: Mapping[str, Standing]
    last: Mapping[str, Reply]


class Rollup(NamedTuple):
    """A form with every office that it asks, in the order of their codes; `people` are the names of those who answered."""

    asked: Asked
    rows: tuple[Rolled, ...]
    people: Mapping[str, str]


def rollup(tx: Tx, caller: Person, submission: str, now: datetime) -> Rollup:
    """Return what became of a form, to the office that sent it.

    Main recipients are asked, those of a copy are not; whoever was sent it by mistake or was asked to give it back is not any more.
    Raises Problem NOT_FOUND, NOT_ALLOWED for another office and for who looks into no paper, SEALED.
    """
    sent = require_sender(tx, caller, submission)
    if caller.role in WITHOUT_CONTENT:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    require_permitted(Handling(sent.handling), Use.FETCH, caller.role)
    form = _asked(tx, caller, submission, now)
    rows = tx.rows(
        f"SELECT office FROM delivery WHERE submission = :id AND copy = 0 AND review IN ({OPEN}) ORDER BY office",  # noqa: S608 - constants
        id=submission,
    )
    names = naming.offices(tx, [row.office for row in rows])
    told, sheets, more = replies(tx, submission), uploads(tx, caller, submission, caller.office), extensions(tx, submission)
    rolled = tuple(
        _rolled(form, code, names.get(code, code), told.get(code, []), sheets.get(code, []), more.get(code, []))
        for code in (row.office for row in rows)
    )
    people = naming.people(tx, {reply.by for each in rolled for reply in each.last.values()})
    return Rollup(form, rolled, people)


def _rolled(form: Asked, office: str, name: str, told: Sequence[Reply], sheets: Sequence[Upload], more: Sequence[Extended]) -> Rolled:
    standings = rules.standings(form.periods, [reply.given for reply in told], sheets, more)
    return Rolled(office, name, standings, {reply.given.period: reply for reply in told})


def own(tx: Tx, caller: Person, submission: str, now: datetime) -> tuple[Asked, Rolled]:
    """Return a form with where the caller's own office stands. Raises what `asked` raises, and NOT_FOUND for what was not sent to it."""
    deliveries.received(tx, caller, submission)
    form = asked(tx, caller, submission, now)
    told = replies(tx, submission, caller.office).get(caller.office, [])
    sheets = uploads(tx, caller, submission, form.sender, caller.office).get(caller.office, [])
    more = extensions(tx, submission, caller.office).get(caller.office, [])
    return form, _rolled(form, caller.office, caller.office_name, told, sheets, more)


def close(tx: Tx, notary: Notary, caller: Person, submission: str, now: datetime, signed: Stated | None = None) -> str | None:
    """Ask for a monthly form no more from now on; returns the evidence id of its event FormClosure, which all recipients are told.

    Twice is once: a form that is closed answers with the event that closed it, None where that was before there was one.
    `signed` is the caller's own statement. Raises what `require_sender` raises, NOT_ALLOWED for other roles, ACTION_NOT_POSSIBLE for a
    form that is asked for once, and STATEMENT_INVALID.
    """
    require_sender(tx, caller, submission)
    if caller.role not in SENDERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)
    now = moment(tx, now)
    asked_ = _asked(tx, caller, submission, now)
    if asked_.form.repeat is not Repeat.MONTHLY:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "asked for once")
    if asked_.closed_at is not None:
        return asked_.closure
    fact = Fact(event=Event.FORM_CLOSURE, office=caller.office, submission=submission, by=caller.id, stated=signed)
    own_act.require_same_act(fact)
    evidence = record(tx, notary, fact, now)
    tx.run(
        "UPDATE form SET closed_at = :at, closed_by = :person, closure = :evidence WHERE submission = :id",
        at=instants.write(now),
        person=caller.id,
        evidence=evidence,
        id=submission,
    )
    return evidence


def asks_for_report(tx: Tx, submission: str) -> bool:
    """Say whether a submission asks for a report, which a workbook may answer; asked of what the caller was shown already."""
    return tx.row("SELECT 1 AS found FROM form WHERE submission = :id AND kind = 'report'", id=submission) is not None


def template_parts(tx: Tx, caller: Person, submission: str, template: str) -> tuple[tuple[int, str], ...]:
    """Return number and name of the sheet that is to be filled in, to those who may read the item."""
    described = describing.described(tx, caller, submission)
    documents = [] if described is None or not described.readable else described.message.documents
    return tuple((number, document.name) for number, document in enumerate(documents, 1) if document.name == template)
