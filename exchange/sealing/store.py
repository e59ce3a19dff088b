"""Sealed submissions in the ledger: the second step of sealing, what officers do with one, and the keys of its package."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, Notary, moment, record
from exchange.office.store import Person
from exchange.office.store import person as person_of_today
from exchange.sealing import content
from exchange.sealing.states import LOOKERS, Act, Rule, Seal, decide
from keys import sealed
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Label, Role

_ROW: Final = (
    "SELECT sealing.*, submission.office, submission.container, submission.size, submission.received_at, submission.accepted_at,"
    " submission.filing_year, submission.filing_ordinal, submission.person AS sent_by"
    " FROM sealing JOIN submission ON submission.id = sealing.submission"
)


NO_OFFICER: Final = Label(
    "未登记县保密员：封存件暂由县端密钥保管，请尽快用 invite --office county --role confidentiality 登记",
    "no confidentiality officer of the county is enrolled: the county's own key keeps what is sealed until one is",
)


class Recipient(NamedTuple):
    """A key for which packages are wrapped: its name (`keys.sealed.recipient`), whose it is, and the key."""

    name: str
    person: str | None
    key: ec.EllipticCurvePublicKey


class Wrapped(NamedTuple):
    """A package's key, wrapped for one recipient."""

    recipient: str
    person: str | None
    key: bytes


class Locked(NamedTuple):
    """A package that is durable: its SHA-256, its size, and its key for each recipient."""

    package: str
    size: int
    keys: Sequence[Wrapped]


def context(submission: str) -> bytes:
    """Return what binds a package and its wrapped keys to their submission."""
    return bytes.fromhex(submission)


def officers(tx: Tx, now: datetime) -> list[Recipient]:
    """Return the keys of the county's confidentiality officers 保密员 of now: certificates in force of people of today."""
    rows = tx.rows(
        "SELECT certificate.der, certificate.person FROM certificate JOIN person ON person.id = certificate.person"
        " JOIN person_period ON person_period.person = person.id AND person_period.valid_to IS NULL"
        " WHERE person.office = :county AND person_period.role = :role AND certificate.revoked_at IS NULL"
        " AND certificate.expires_at > :now ORDER BY certificate.issued_at, certificate.sha256",
        county=COUNTY,
        role=Role.CONFIDENTIALITY.value,
        now=instants.write(now),
    )
    found: dict[str, Recipient] = {}
    for row in rows:
        key = x509.load_der_x509_certificate(row.der).public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            found[sealed.recipient(key)] = Recipient(sealed.recipient(key), row.person, key)
    return list(found.values())


def in_state(tx: Tx, *states: Seal) -> list[Any]:
    """Return the sealings in these states, the oldest first."""
    return tx.rows(
        f"{_ROW} WHERE sealing.state IN (SELECT value FROM json_each(:states)) ORDER BY sealing.since, sealing.submission",  # noqa: S608 - a constant
        states=json.dumps([state.value for state in states]),
    )


def one(tx: Tx, submission: str) -> Any:
    """Return a sealing with what the ledger knows of its submission. Raises Problem NOT_FOUND."""
    row = tx.row(f"{_ROW} WHERE sealing.submission = :id", id=submission)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND)
    return row


def require_looker(caller: Person) -> None:
    """Let the county's confidentiality officers and leaders see what is sealed. Raises Problem NOT_ALLOWED."""
    if caller.office != COUNTY or caller.role not in LOOKERS:
        raise Problem(ProblemType.NOT_ALLOWED, f"sealed: {caller.role.value}")


def contained(tx: Tx, submission: str) -> bytes:
    """Return the rows of a contained submission. Raises Problem NOT_FOUND."""
    row = tx.row("SELECT body FROM sealing_content WHERE submission = :id", id=submission)
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "contained rows")
    return bytes(row.body)


def lock(tx: Tx, submission: str, version: int, locked: Locked, now: datetime) -> None:
    """Do the second step of sealing: the package holds everything, so the ledger lets go of its rows. Raises Problem STATE_CHANGED."""
    _swap(tx, submission, version, Seal.CONTAINED, Seal.SEALED, now)
    tx.run(
        "UPDATE sealing SET package = :package, package_size = :size, locked_at = :at, purged = 0 WHERE submission = :id",
        at=instants.write(now),
        package=locked.package,
        size=locked.size,
        id=submission,
    )
    tx.run("DELETE FROM sealing_content WHERE submission = :id", id=submission)
    _keep_keys(tx, submission, locked.keys)


def rewrap(tx: Tx, submission: str, keys: Sequence[Wrapped]) -> None:
    """Put these wrapped keys in the place of all that there are, while there is a package. Raises Problem ACTION_NOT_POSSIBLE."""
    if one(tx, submission).state not in (Seal.SEALED, Seal.ORDERED) or not keys:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "rewrap")
    _keep_keys(tx, submission, keys)


def hand_over(tx: Tx, notary: Notary, submission: str, keys: Sequence[Wrapped], now: datetime) -> None:
    """Let the county's own key go of a package that officers have now, and record it. Raises what `rewrap` raises."""
    rewrap(tx, submission, keys)
    unpurge(tx, submission)
    _record_rewrapping(tx, notary, submission, None, now)


def _record_rewrapping(tx: Tx, notary: Notary, submission: str, by: str | None, now: datetime) -> None:
    """Record that other keys open a package from now on; for whom is in the register of the moment, not in the receipt."""
    fact = Fact(event=Event.SEAL_REWRAPPING, office=one(tx, submission).office, submission=submission, by=by)
    record(tx, notary, fact, now)


def rewrap_by(tx: Tx, notary: Notary, caller: Person, submission: str, keys: Sequence[Wrapped], now: datetime) -> None:
    """Take what an officer wrapped for the officers of now: their own keys anew, and for whoever has none. Raises ACTION_NOT_POSSIBLE.

    The event SealRewrapping is recorded with it, when somebody has a key now who had none, or the other way round.

    Nobody but its recipient can see whether a wrapped key opens anything, so what another officer holds stays as it is: noise in
    its place would be a destruction by one. Only who holds a key may do this; who is no officer any more loses theirs.
    """
    held, officers_of_now = keys_of(tx, submission), {each.person for each in keys}
    if caller.id not in {each.person for each in held}:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "rewrap: none of the keys is yours")
    others = [each for each in held if each.person in officers_of_now and each.person != caller.id]
    theirs = {each.recipient for each in others}
    after = [*others, *(each for each in keys if each.recipient not in theirs)]
    rewrap(tx, submission, after)
    if {each.recipient for each in after} != {each.recipient for each in held}:
        _record_rewrapping(tx, notary, submission, caller.id, now)


def _keep_keys(tx: Tx, submission: str, keys: Sequence[Wrapped]) -> None:
    tx.run("DELETE FROM sealing_key WHERE submission = :id", id=submission)
    for each in keys:
        tx.run(
            "INSERT INTO sealing_key (submission, recipient, person, wrapped) VALUES (:id, :recipient, :person, :wrapped)",
            id=submission,
            recipient=each.recipient,
            person=each.person,
            wrapped=each.key,
        )


def keys_of(tx: Tx, submission: str) -> list[Wrapped]:
    """Return a package's key as it is wrapped for each recipient."""
    rows = tx.rows("SELECT recipient, person, wrapped FROM sealing_key WHERE submission = :id ORDER BY recipient", id=submission)
    return [Wrapped(row.recipient, row.person, bytes(row.wrapped)) for row in rows]


def _swap(tx: Tx, submission: str, version: int, before: Seal, after: Seal, now: datetime) -> None:
    """Compare and swap. Raises Problem STATE_CHANGED."""
    changed = tx.run(
        "UPDATE sealing SET state = :after, version = version + 1, changed_at = :at"
        " WHERE submission = :id AND version = :version AND state = :before",
        after=after.value,
        at=instants.write(now),
        id=submission,
        version=version,
        before=before.value,
    )
    if changed != 1:
        raise Problem(ProblemType.STATE_CHANGED)


def act(tx: Tx, notary: Notary, caller: Person, submission: str, wanted: Act, now: datetime, reason: str = "", rows: bytes = b"") -> str:
    """Do what an officer asks for: compare and swap, event and leaf in one transaction; returns the evidence id.

    `rows` are the package's, for a release. What the caller may do is judged by their role of this moment: a release may have
    waited long for its turn. Raises Problem NOT_FOUND, STATE_CHANGED, what `decide` raises, PERSON_UNKNOWN for one who has left, and
    NOT_ALLOWED for one who would confirm their own order.
    """
    caller = person_of_today(tx, caller.id)
    rule = decide_for(tx, caller, submission, wanted, reason)
    row, now = one(tx, submission), moment(tx, now)
    if rule.to is not Seal(row.state):
        _swap(tx, submission, row.version, Seal(row.state), rule.to, now)
    fact = Fact(
        event=rule.event,
        office=row.office,
        submission=submission,
        by=caller.id,
        reason=reason.strip() if rule.needs_reason else None,
    )
    evidence = record(tx, notary, fact, now)
    _AFTERWARDS.get(wanted, _nothing)(tx, caller, submission, rows)
    return evidence


def decide_for(tx: Tx, caller: Person, submission: str, wanted: Act, reason: str = "") -> Rule:
    """Return the rule by which this person may do this now. Raises what `act` raises for them."""
    require_looker(caller)
    row = one(tx, submission)
    rule = decide(Seal(row.state), wanted, caller.office, caller.role, reason)
    if wanted is Act.CONFIRM and _same(tx, row.ordered_by, caller):
        raise Problem(ProblemType.NOT_ALLOWED, "the second person must be another one")
    return rule


def _same(tx: Tx, person: str, caller: Person) -> bool:
    """Say whether these are one human: one id, or two under one name, for whoever has two roles is registered twice."""
    names = tx.rows("SELECT DISTINCT name FROM person_period WHERE person = :id", id=person)
    return person == caller.id or caller.name in {row.name for row in names}


def _nothing(tx: Tx, caller: Person, submission: str, rows: bytes) -> None:
    """Leave it at the event."""


def _release(tx: Tx, caller: Person, submission: str, rows: bytes) -> None:  # noqa: ARG001 - one of several
    content.give_back(tx, submission, rows)
    tx.run("DELETE FROM sealing_key WHERE submission = :id", id=submission)


def _order(tx: Tx, caller: Person, submission: str, rows: bytes) -> None:  # noqa: ARG001 - one of several
    tx.run("UPDATE sealing SET ordered_by = :person WHERE submission = :id", person=caller.id, id=submission)


def _confirm(tx: Tx, caller: Person, submission: str, rows: bytes) -> None:  # noqa: ARG001 - one of several
    """Let the keys go, and with them the package; and every text but the reason of the order, which the certificate tells."""
    tx.run("UPDATE sealing SET confirmed_by = :person, purged = 0 WHERE submission = :id", person=caller.id, id=submission)
    tx.run("DELETE FROM sealing_key WHERE submission = :id", id=submission)
    order = tx.row(
        "SELECT evidence_id FROM event WHERE submission = :id AND event = :event ORDER BY id DESC LIMIT 1",
        id=submission,
        event=Event.DESTRUCTION_ORDER.value,
    )
    content.erase_reasons(tx, submission, but=order.evidence_id)


_AFTERWARDS: Final[Mapping[Act, Any]] = {Act.RELEASE: _release, Act.DESTROY: _order, Act.CONFIRM: _confirm}


def waits_for_keys(tx: Tx) -> bool:
    """Say whether something is contained, or to be destroyed, or kept by the county's own key: asked after every commit."""
    row = tx.row("SELECT 1 AS found FROM sealing WHERE state IN ('contained', 'destroying') LIMIT 1")
    return row is not None or bool(kept_by_county(tx))


def kept_by_county(tx: Tx) -> list[Any]:
    """Return the packages whose key the county's own key keeps until an officer enrols."""
    return tx.rows(
        "SELECT sealing_key.submission, wrapped FROM sealing_key JOIN sealing ON sealing.submission = sealing_key.submission"
        " WHERE sealing_key.person IS NULL AND sealing.state IN ('sealed', 'ordered') ORDER BY sealing_key.submission"
    )


def unpurge(tx: Tx, submission: str) -> None:
    """Have the log of changes cut again: the key as it was wrapped for the county stood in it."""
    tx.run("UPDATE sealing SET purged = 0, version = version + 1 WHERE submission = :id", id=submission)


class Left(NamedTuple):
    """A submission of which something may be left on the disk, and the version of its sealing at which that was so."""

    submission: str
    version: int


def unpurged(tx: Tx) -> list[Left]:
    """Return the submissions of which something may be left in the index's files or in the ledger's log of changes."""
    rows = tx.rows(
        "SELECT submission, version FROM sealing WHERE purged = 0 AND state IN ('sealed', 'ordered', 'destroying')"
        " ORDER BY since, submission"
    )
    return [Left(row.submission, row.version) for row in rows]


def purged(tx: Tx, done: Sequence[Left], now: datetime) -> None:
    """Note that nothing is left of these, unless they were moved meanwhile; what was being destroyed is destroyed now."""
    for submission, version in done:
        tx.run(
            "UPDATE sealing SET purged = 1, version = version + 1, changed_at = CASE state WHEN 'destroying' THEN :at ELSE changed_at END,"
            " state = CASE state WHEN 'destroying' THEN 'destroyed' ELSE state END WHERE submission = :id AND version = :version",
            at=instants.write(now),
            id=submission,
            version=version,
        )


def looked(tx: Tx, submission: str, person: str) -> bool:
    """Say whether this person's look at a sealed submission is recorded since it was sealed."""
    return (
        tx.row(
            "SELECT 1 AS found FROM event WHERE submission = :id AND event = :event AND person = :person AND id >"
            " (SELECT max(id) FROM event WHERE submission = :id AND event = :sealing)",
            id=submission,
            event=Event.SEAL_OPENING.value,
            sealing=Event.SEALING.value,
            person=person,
        )
        is not None
    )


def standing(tx: Tx, now: datetime) -> dict[str, Any]:
    """Return how many officers are enrolled, how many submissions stand in each state, and what is to be minded."""
    rows = tx.rows("SELECT state, count(*) AS count FROM sealing GROUP BY state ORDER BY state")
    enrolled = len({each.person for each in officers(tx, now)})
    note = {} if enrolled else {"note": f"{NO_OFFICER.zh} / {NO_OFFICER.en}"}
    return {"officers": enrolled, "states": {row.state: row.count for row in rows}} | note
