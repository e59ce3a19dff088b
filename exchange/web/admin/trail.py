"""What the audit trail asks of the ledger: events, and what was done that has none, narrowed down, the newest first."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.store import INNER, NAMED_ONLY, PARTY, WITHIN_THE_SEAL, insider
from exchange.office.administration import TAKINGS, Act
from exchange.office.store import Person
from exchange.paging import CODE
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import PUBLIC_EVENTS, Event

FIELDS: Final = ("office", "who", "event", "act", "from", "until")
KINDS: Final = tuple(event for event in Event if event is not Event.SUBMISSION_REJECTION)
"""Refusals are not in the trail: auditors see how many there were a month, administrators nothing."""
LONGEST_NAME: Final = 60

_WITHIN: Final = ", ".join(f"'{event.value}'" for event in WITHIN_THE_SEAL)
_TOLD: Final = (
    f"event.event != '{Event.SUBMISSION_REJECTION.value}' AND (event.event NOT IN ({INNER}) OR event.recipient = :office)"
    f" AND (event.event NOT IN ({_WITHIN}) OR :insider OR event.person = :person)"
)
"""What stays within a seal is told as everywhere (`exchange.delivery.store.TOLD`), and what an office wrote on its handling slips to
itself alone; of all else that it happened, never what it was."""

_MEANT: Final = (
    "(SELECT id FROM person WHERE id = :who UNION SELECT person FROM person_period WHERE length(:who) > 0 AND instr(name, :who) > 0)"
)
"""Whom a text means: by id, or by a part of a name that they have or had."""


class Narrowing(NamedTuple):
    """What of the trail is wanted; empty is everything. Instants, `before` not included; `who` is an id or a part of a name."""

    office: str = ""
    who: str = ""
    event: str = ""
    act: str = ""
    since: str = ""
    before: str = ""


class Item(NamedTuple):
    """The item that something is about: how it is filed, whether it is for named persons, and whether the caller may see it."""

    id: str
    filed: str
    named: bool
    visible: bool


class Entry(NamedTuple):
    """One event; `number` is its place in this ledger. What it is `about` is said where it is public: an office, a person, a policy."""

    number: int
    at: str
    event: Event
    office: str
    recipient: str | None
    person: str | None
    leaf: int | None
    evidence_id: str
    about: str
    item: Item | None

    @property
    def public(self) -> bool:
        """Whether its receipt is public under `/log/events/`."""
        return self.event in PUBLIC_EVENTS and self.leaf is not None


class Deed(NamedTuple):
    """One act that has no event; no person: by the command on the county's machine."""

    number: int
    at: str
    person: str | None
    act: Act
    office: str | None
    subject: str
    item: Item | None


def narrowed(chosen: Mapping[str, str]) -> Narrowing:
    """Return what an address asks for. Raises Problem REQUEST_MALFORMED, naming the fields."""
    office, event, act = chosen.get("office", ""), chosen.get("event", ""), chosen.get("act", "")
    try:
        since = _begin(chosen["from"]) if "from" in chosen else ""
        before = _begin(chosen["until"], timedelta(days=1)) if "until" in chosen else ""
    except (ValueError, OverflowError) as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "from, until") from error
    if (office and not re.fullmatch(CODE, office)) or (event and event not in set(KINDS)) or (act and act not in set(Act)):
        raise Problem(ProblemType.REQUEST_MALFORMED, "office, event, act")
    return Narrowing(office, chosen.get("who", "")[:LONGEST_NAME], event, act, since, before)


def _begin(text: str, later: timedelta = timedelta()) -> str:
    day = date.fromisoformat(text)
    return instants.write(datetime(day.year, day.month, day.day, tzinfo=instants.BEIJING) + later)


_ITEM: Final = (
    f"submission.id AS item, submission.named, submission.office AS sender, submission.filing_year, submission.filing_ordinal,"
    f" ({PARTY} AND {NAMED_ONLY}) AS visible"
)
_ABOUT_CERTIFICATES: Final = f"('{Event.CERTIFICATE_ISSUANCE.value}', '{Event.CERTIFICATE_REVOCATION.value}')"


def entries(tx: Tx, caller: Person, narrowing: Narrowing, below: int, most: int) -> list[Entry]:
    """Return events before a number, the newest first. Who did something is found, and whose certificate it was about."""
    rows = tx.rows(
        "SELECT event.id, event.at, event.event, event.office, event.recipient, event.person, event.leaf,"  # noqa: S608 - constants
        f" event.evidence_id, event.receipt, {_ITEM} FROM event LEFT JOIN submission ON submission.id = event.submission"
        " WHERE event.id < :below AND (:wanted = '' OR event.office = :wanted OR event.recipient = :wanted)"
        " AND (:event = '' OR event.event = :event) AND (:since = '' OR event.at >= :since) AND (:before = '' OR event.at < :before)"
        f" AND (:who = '' OR event.person IN {_MEANT} OR (event.event IN {_ABOUT_CERTIFICATES}"
        f" AND json_extract(CAST(event.receipt AS TEXT), '$.certificate.person') IN {_MEANT}))"
        f" AND {_TOLD} ORDER BY event.id DESC LIMIT :most",
        below=below,
        wanted=narrowing.office,
        event=narrowing.event,
        since=narrowing.since,
        before=narrowing.before,
        who=narrowing.who,
        insider=insider(caller),
        person=caller.id,
        office=caller.office,
        most=most,
    )
    return [
        Entry(row.id, row.at, Event(row.event), row.office, row.recipient, row.person, row.leaf, row.evidence_id, _about(row), _item(row))
        for row in rows
    ]


def _about(row: Any) -> str:
    """Return the office, person or policy that a public event is about, by code, id or version."""
    if row.event not in PUBLIC_EVENTS:
        return ""
    said = decode(row.receipt, Receipt, ProblemType.LEDGER_DAMAGED)
    return said.subject or (said.certificate.person if said.certificate else "")


def _item(row: Any) -> Item | None:
    if row.item is None:
        return None
    return Item(row.item, f"{row.sender}-{row.filing_year}-{row.filing_ordinal:06}", bool(row.named), bool(row.visible))


def deeds(tx: Tx, caller: Person, narrowing: Narrowing, page: tuple[int, int], *, taken: bool) -> list[Deed]:
    """Return acts that have no event, at most so many before a number, the newest first: of administrators, or what was `taken` away."""
    takings = ", ".join(sorted(f"'{act.value}'" for act in TAKINGS))
    rows = tx.rows(
        f"SELECT deed.id, deed.at, deed.person AS did, deed.act, deed.office AS of_office, deed.subject, {_ITEM}"  # noqa: S608 - constants
        f" FROM administration AS deed LEFT JOIN submission ON deed.act = '{Act.EVIDENCE_TAKEN.value}' AND submission.id = deed.subject"
        f" WHERE deed.id < :below AND (deed.act IN ({takings})) = :taken AND (:wanted = '' OR deed.office = :wanted)"
        " AND (:act = '' OR deed.act = :act) AND (:since = '' OR deed.at >= :since) AND (:before = '' OR deed.at < :before)"
        f" AND (:who = '' OR deed.person IN {_MEANT} OR (NOT :taken AND substr(deed.subject, 1, instr(deed.subject || ' ', ' ') - 1)"
        f" IN {_MEANT})) ORDER BY deed.id DESC LIMIT :most",
        below=page[0],
        most=page[1],
        taken=taken,
        wanted=narrowing.office,
        act=narrowing.act,
        since=narrowing.since,
        before=narrowing.before,
        who=narrowing.who,
        office=caller.office,
        person=caller.id,
    )
    return [Deed(row.id, row.at, row.did, Act(row.act), row.of_office, row.subject, _item(row)) for row in rows]
