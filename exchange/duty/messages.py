"""Messages to telephones and mailboxes, in the ledger: what is to be sent, to whom, and how far that is. Counts, never a document's words.

At least once, and never twice on purpose: before a message is sent its next try is put off, so that whatever happens meanwhile it is
tried again later, under the same id; once it is known to be sent it is not sent again.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.staff import deputies
from exchange.supervision import expected
from schemas import instants
from schemas.words import Word

BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30, 60, 120, 240))
"""How long to wait after each try; after the last one it is given up."""
AT_ONCE: Final = 20
"""Messages of one round."""
KEPT: Final = timedelta(days=92)
"""How long it is known that there was a message."""
ANSWERS_LOOKED_BACK: Final = timedelta(days=92)
"""So long after its day an answer is still asked for."""


class Channel(Word):
    """How a message goes out."""

    MAIL = "mail", "电子邮件", "e-mail"
    SMS = "sms", "短信", "text message"


class State(Word):
    """How far a message is."""

    WAITING = "waiting", "待发", "to be sent"
    SENT = "sent", "已发", "sent"
    FAILED = "failed", "未发出", "not sent"


class Counts(NamedTuple):
    """What waits to be signed for at an office, how much of it is extra urgent; which answers are expected, how many are over their day."""

    pending: int
    urgent: int
    answers: int = 0
    late: int = 0


class Address(NamedTuple):
    """Where messages for an office or a person go; each may be empty."""

    mail: str = ""
    mobile: str = ""


class Outgoing(NamedTuple):
    """A message that is to be sent now; `id` goes out with it."""

    id: str
    channel: Channel
    address: str
    text: str


class Outlet(NamedTuple):
    """What messages go out by here, and in whose name; `random(n)` gives n bytes."""

    channels: frozenset[Channel]
    county: str
    random: Callable[[int], bytes]


class Note(NamedTuple):
    """A message to be put in: about which office's papers, for whom, why, where to and what."""

    office: str
    holder: str
    cause: str
    to: Address
    text: str


class Noted(NamedTuple):
    """A message as an administrator sees it."""

    channel: Channel
    office: str
    made_at: str
    state: State
    tries: int
    ended_at: str | None
    fault: str


def worded(counts: Counts, sender: str, office: str = "") -> str:
    """Return the only words that are ever sent: counts, and who sends them; `office` where it is not the reader's own."""
    urgent = f"（其中特急 {counts.urgent} 件）" if counts.urgent else ""
    late = f"（其中超期 {counts.late} 件）" if counts.late else ""
    waits = [f"{counts.pending} 件公文待签收{urgent}"] if counts.pending or not counts.answers else []
    waits += [f"{counts.answers} 件公文待回复{late}"] if counts.answers else []
    return f"{office or '您单位'}有 {'、'.join(waits)}，请登录电子公文传输系统查看。【{sender}】"


def counts(tx: Tx, office: str, today: date | None = None) -> Counts:
    """Count what an office has not signed for yet, and with a day also what it has not answered yet.

    What is sealed is not counted, nor what is for named persons: a number tells of it.
    """
    row = tx.row(
        "SELECT count(*) AS pending, coalesce(sum(submission.urgency = 'extra_urgent'), 0) AS urgent FROM delivery"
        " JOIN submission ON submission.id = delivery.submission JOIN submission_text ON submission_text.submission = submission.id"
        " WHERE delivery.office = :office AND delivery.review = 'pending' AND submission.named = 0",
        office=office,
    )
    answers = (0, 0) if today is None else _answers(tx, "expected.office = :holder AND expected.named = 0", office, today)
    return Counts(int(row.pending), int(row.urgent), *answers)


def _answers(tx: Tx, whose: str, holder: str, today: date) -> tuple[int, int]:
    """Count the answers that are expected, and those of them that are over their day."""
    row = tx.row(
        "SELECT count(*) AS answers, coalesce(sum(expected.day < :today), 0) AS late FROM expected_answer AS expected"  # noqa: S608 - constants
        " JOIN submission_text ON submission_text.submission = expected.submission"
        f" WHERE {whose} AND {expected.KNOWN} AND expected.day >= :since",
        holder=holder,
        today=today.isoformat(),
        since=(today - ANSWERS_LOOKED_BACK).isoformat(),
    )
    return int(row.answers), int(row.late)


def counts_of(tx: Tx, person: str, today: date | None = None) -> Counts:
    """Count what is for this person by name and not signed for yet, and with a day also what is not answered yet."""
    row = tx.row(
        "SELECT count(*) AS pending, coalesce(sum(submission.urgency = 'extra_urgent'), 0) AS urgent FROM addressee"
        " JOIN person ON person.id = addressee.person JOIN submission ON submission.id = addressee.submission"
        " JOIN submission_text ON submission_text.submission = submission.id"
        " JOIN delivery ON delivery.submission = submission.id AND delivery.office = person.office"
        " WHERE addressee.person = :person AND delivery.review = 'pending'",
        person=person,
    )
    whose = (
        "(expected.submission, expected.office) IN (SELECT addressee.submission, person.office FROM addressee"
        " JOIN person ON person.id = addressee.person WHERE addressee.person = :holder)"
    )
    return Counts(int(row.pending), int(row.urgent), *((0, 0) if today is None else _answers(tx, whose, person, today)))


def put_for_addressees(tx: Tx, outlet: Outlet, submission: str, office: str, cause: str, now: datetime, *, answers: bool = False) -> None:
    """Put in a message for each person of an office to whom an item is addressed by name, and who has an address.

    It counts what they are to sign for, and with `answers` also what they are to answer; who has nothing of it is sent nothing.
    Whoever is away has it sent to who acts for them 代班; it names no item, and gives nobody a right. Who has left is sent nothing.
    """
    rows = tx.rows(
        "SELECT addressee.person FROM addressee JOIN person ON person.id = addressee.person"
        " JOIN person_period AS here ON here.person = addressee.person AND here.valid_to IS NULL"
        " WHERE submission = :id AND person.office = :office ORDER BY addressee.person",
        id=submission,
        office=office,
    )
    today = now.astimezone(instants.BEIJING).date() if answers else None
    for person, holder in deputies.routed(tx, [row.person for row in rows], now).items():
        counted = counts_of(tx, person, today)
        if not (counted.pending or counted.answers):
            continue
        text = worded(counted, outlet.county, "您" if holder == person else "由您代班的同事")
        put(tx, outlet, Note(office, holder, cause, address(tx, holder), text), now)


def address(tx: Tx, holder: str) -> Address:
    """Return where messages for an office (its code) or a person (their id) go; a person's mobile as the staff registry has it."""
    row = tx.row(
        "SELECT coalesce(max(mail), '') AS mail, coalesce(nullif(max(mobile), ''), (SELECT mobile FROM staff_period"
        " WHERE staff_period.person = :holder AND valid_to IS NULL), '') AS mobile FROM notice_address WHERE holder = :holder",
        holder=holder,
    )
    return Address(row.mail, row.mobile)


def set_address(tx: Tx, holder: str, wanted: Address, now: datetime) -> None:
    """Put this in the place of what was known, nothing where it is empty."""
    tx.run("DELETE FROM notice_address WHERE holder = :holder", holder=holder)
    if any(wanted):
        at = instants.write(now)
        tx.run(
            "INSERT INTO notice_address (holder, mail, mobile, at) VALUES (:holder, :mail, :mobile, :at)",
            holder=holder,
            at=at,
            **wanted._asdict(),
        )


def put(tx: Tx, outlet: Outlet, note: Note, now: datetime) -> int:
    """Put a message in for each channel that there is an address for, once for each cause and holder; returns how many are new.

    One that nobody has tried to send yet is told the newer counts instead: a hundred papers at once are one message, not a hundred.
    """
    to = note.to
    wanted = ((Channel.MAIL, to.mail), (Channel.SMS, to.mobile))
    return sum(
        not _newer(tx, note, channel, target)
        and tx.run(
            "INSERT INTO message (id, channel, office, holder, cause, address, text, made_at, next_at, state)"
            " VALUES (:id, :channel, :office, :holder, :cause, :address, :text, :at, :at, :state) ON CONFLICT DO NOTHING",
            id=outlet.random(16).hex(),
            channel=channel.value,
            office=note.office,
            holder=note.holder,
            cause=note.cause,
            address=target,
            text=note.text,
            at=instants.write(now),
            state=State.WAITING.value,
        )
        for channel, target in wanted
        if target and channel in outlet.channels
    )


def _newer(tx: Tx, note: Note, channel: Channel, target: str) -> bool:
    """Write newer words into a message of the same sort to the same place about the same office; says whether there was one."""
    return bool(
        tx.run(
            "UPDATE message SET text = :text WHERE channel = :channel AND office = :office AND holder = :holder AND address = :address"
            " AND state = 'waiting' AND tries = 0 AND cause GLOB :sort",
            text=note.text,
            sort=note.cause.partition(":")[0] + ":*",
            channel=channel.value,
            office=note.office,
            holder=note.holder,
            address=target,
        )
    )


def take(tx: Tx, now: datetime) -> list[Outgoing]:
    """Return messages whose time has come, the oldest first, and put their next try off: they are the caller's to send now.

    One whose last try was cut off by a kill is given up: it may have gone out each time.
    """
    rows = tx.rows(
        "SELECT id, channel, address, text, tries FROM message WHERE state = 'waiting' AND next_at <= :now"
        " ORDER BY next_at, id LIMIT :most",
        now=instants.write(now),
        most=AT_ONCE,
    )
    for row in rows:
        if row.tries >= len(BACK_OFF):
            _end(tx, row.id, State.FAILED, "last try", now)
            continue
        wait = instants.write(now + BACK_OFF[row.tries])
        tx.run("UPDATE message SET tries = tries + 1, next_at = :next WHERE id = :id", next=wait, id=row.id)
    return [Outgoing(row.id, Channel(row.channel), row.address, row.text) for row in rows if row.tries < len(BACK_OFF)]


def is_due(tx: Tx, now: datetime) -> bool:
    """Say whether a message's time has come."""
    sql = "SELECT 1 AS found FROM message WHERE state = 'waiting' AND next_at <= :now LIMIT 1"
    return tx.row(sql, now=instants.write(now)) is not None


def note_sent(tx: Tx, message: str, now: datetime) -> None:
    """Keep that a message is sent; where to and what it said is kept no longer."""
    _end(tx, message, State.SENT, "", now)


def note_fault(tx: Tx, message: str, fault: str, now: datetime, *, final: bool = False) -> None:
    """Keep that a try failed; after the last one, or a `final` fault, it is given up. `fault` is a word of ours, no address."""
    row = tx.row("SELECT tries FROM message WHERE id = :id AND state = 'waiting'", id=message)
    if row is None:
        return
    if final or row.tries >= len(BACK_OFF):
        _end(tx, message, State.FAILED, fault, now)
    else:
        tx.run("UPDATE message SET fault = :fault WHERE id = :id", fault=fault[:60], id=message)


def _end(tx: Tx, message: str, state: State, fault: str, now: datetime) -> None:
    tx.run(
        "UPDATE message SET state = :state, fault = :fault, ended_at = :at, address = NULL, text = NULL"
        " WHERE id = :id AND state = 'waiting'",
        state=state.value,
        fault=fault[:60],
        at=instants.write(now),
        id=message,
    )


def sweep(tx: Tx, now: datetime) -> int:
    """Forget messages that ended long ago; returns how many."""
    return tx.run("DELETE FROM message WHERE state <> 'waiting' AND made_at < :before", before=instants.write(now - KEPT))


def newest(tx: Tx, most: int) -> list[Noted]:
    """Return the newest messages, for an administrator: neither where to nor what they said."""
    rows = tx.rows(
        "SELECT channel, office, made_at, state, tries, ended_at, fault FROM message ORDER BY made_at DESC, id LIMIT :most", most=most
    )
    return [Noted(Channel(row.channel), row.office, row.made_at, State(row.state), row.tries, row.ended_at, row.fault) for row in rows]
