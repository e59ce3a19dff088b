"""Documents with a secrecy mark that reached the county only to be read for a clerk's form: nobody submitted them.

So there is no refusal and no receipt, which would answer a submission. But the document was here, and those whom a refusal concerns are
to know: when, whose, by which rules. Nothing of the content is kept, only the keyed digest that lets an investigator who holds the
document ask whether it came.
"""

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.office.refusals import concerned
from exchange.office.store import Person
from schemas import instants
from schemas.words import Role

MOST: Final = 50
_TOLD: Final = frozenset({Role.LEADER, Role.CONFIDENTIALITY})
"""Who is told without asking."""


class Stop(NamedTuple):
    """What is kept of a document that was stopped: the rules' ids, the policy's version, and HMAC-SHA-256 of the bytes' SHA-256."""

    rules: tuple[str, ...]
    policy: str
    document_hmac: str
    hmac_key: str


class Stopped(NamedTuple):
    """One document that was stopped while it was read: when, whose, by which rules."""

    at: str
    office: str
    person: str
    rules: tuple[str, ...]


def remember(tx: Tx, person: Person, stop: Stop, now: datetime) -> None:
    """Keep that a person's document was stopped; rows are never changed."""
    tx.run(
        "INSERT INTO stopped_reading (at, office, person, rules, policy, document_hmac, hmac_key)"
        " VALUES (:at, :office, :person, :rules, :policy, :hmac, :key)",
        at=instants.write(now),
        office=person.office,
        person=person.id,
        rules=json.dumps(stop.rules),
        policy=stop.policy,
        hmac=stop.document_hmac,
        key=stop.hmac_key,
    )


def stopped(tx: Tx, caller: Person) -> list[Stopped]:
    """Return the newest that concern the caller, as refusals do. Raises Problem NOT_ALLOWED for those who see counts, or nothing."""
    rows = tx.rows(
        "SELECT at, office, person, rules FROM stopped_reading"  # noqa: S608 - constants
        f" WHERE {concerned(caller, 'stopped_reading')} ORDER BY at DESC, id DESC LIMIT :most",
        office=caller.office,
        person=caller.id,
        most=MOST,
    )
    return [_stopped(row) for row in rows]


def count(tx: Tx, caller: Person, since: datetime) -> int:
    """Return how many concern a leader or confidentiality officer and are younger than that; none concern anybody else's day."""
    if caller.role not in _TOLD:
        return 0
    asked = f"SELECT count(*) AS count FROM stopped_reading WHERE at >= :since AND {concerned(caller, 'stopped_reading')}"  # noqa: S608 - constants
    return int(tx.row(asked, since=instants.write(since), office=caller.office, person=caller.id).count)


def _stopped(row: Any) -> Stopped:
    return Stopped(row.at, row.office, row.person, tuple(json.loads(row.rules)))
