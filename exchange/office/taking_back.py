"""Taking back one-time codes 作废注册码: what went to the wrong number or the wrong hands enrols nobody, and what it brought ends.

Whoever has a code has only the one that was given last: a further one ends those before it that nobody has used.
"""

from datetime import datetime
from typing import NamedTuple

from archive.ledger.database import Tx
from exchange.county import County
from exchange.office import browsers, passkeys_store, passwords_store, store
from exchange.office.administration import Acting
from exchange.service import issue_crl
from schemas import instants
from schemas.problems import Problem, ProblemType


class Taken(NamedTuple):
    """A code that was taken back: whose, and how many certificates it had brought that were in force until now: one or none."""

    person: str
    revoked: int


def is_withdrawn(tx: Tx, selector: str, secret: str) -> bool:
    """Say whether somebody who knows the whole code, by its SHA-256, holds one that ended before its time."""
    sql = "SELECT 1 AS found FROM invitation JOIN withdrawn_code USING (selector) WHERE selector = :selector AND secret = :secret"
    return tx.row(sql, selector=selector, secret=secret) is not None


def require_in_force(tx: Tx, selector: str) -> None:
    """Raise Problem CODE_WITHDRAWN for a code that was taken back, also while an enrolment with it was under way."""
    if tx.row("SELECT 1 AS found FROM withdrawn_code WHERE selector = :selector", selector=selector) is not None:
        raise Problem(ProblemType.CODE_WITHDRAWN)


def end_unused(tx: Tx, person: str, now: datetime, by: str | None = None, followed_by: str | None = None) -> int:
    """End a person's codes that nobody has used and that would still work, but the one that follows them; returns how many."""
    rows = tx.rows(
        "SELECT selector FROM invitation WHERE person = :person AND used_at IS NULL AND expires_at > :now AND selector IS NOT :next"
        " ORDER BY created_at, selector",
        person=person,
        now=instants.write(now),
        next=followed_by,
    )
    for row in rows:
        keep(tx, row.selector, now, by, followed_by=followed_by)
    return len(rows)


def keep(tx: Tx, selector: str, now: datetime, by: str | None, *, followed_by: str | None = None, evidence: str | None = None) -> None:
    """Keep that a code ended now, by whom, which one took its place, and the event that says so."""
    at = instants.write(now)
    tx.run("UPDATE invitation SET expires_at = min(expires_at, :at) WHERE selector = :selector", at=at, selector=selector)
    tx.run(
        "INSERT INTO withdrawn_code (selector, at, person, followed_by, evidence_id) VALUES (:selector, :at, :by, :next, :evidence)",
        selector=selector,
        at=at,
        by=by,
        next=followed_by,
        evidence=evidence,
    )


def holder(tx: Tx, selector: str, acting: Acting, now: datetime) -> str:
    """Return whose code this is that can be taken back.

    Raises Problem NOT_FOUND; CODE_WITHDRAWN for one that ended before its time already; ACTION_NOT_POSSIBLE for one that has ended by
    itself, with all that it brought; NOT_ALLOWED for the one that the caller's own certificate came of.
    """
    row = tx.row(
        "SELECT invitation.person, expires_at > :now AS works, used_at, EXISTS (SELECT 1 FROM certificate"
        " WHERE certificate.sha256 = invitation.certificate AND revoked_at IS NULL AND certificate.expires_at > :now) AS in_force"
        " FROM invitation WHERE selector = :selector",
        selector=selector,
        now=instants.write(now),
    )
    if row is None:
        raise Problem(ProblemType.NOT_FOUND, "code")
    require_in_force(tx, selector)
    if not (row.in_force if row.used_at else row.works):
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "the code has ended")
    if row.used_at and row.person == acting.person:
        raise Problem(ProblemType.NOT_ALLOWED, "oneself")
    return str(row.person)


def take_back(tx: Tx, county: County, acting: Acting, selector: str, now: datetime, evidence: str | None = None) -> Taken:
    """Take a code back: one that nobody used enrols nobody; the certificate of a used one is revoked, with a new revocation list.

    Of the certificate that was enrolled with it alone: what the person had before stays. What was set up since, whoever did it, goes as
    well: passkeys, a password, browsers that are signed in. Whoever calls this lets the service take the new list into use. Raises what
    `holder` raises.
    """
    person = holder(tx, selector, acting, now)
    row = tx.row("SELECT certificate, used_at FROM invitation WHERE selector = :selector", selector=selector)
    keep(tx, selector, now, acting.person, evidence=evidence)
    if row.certificate is None:
        return Taken(person, 0)
    revoked = store.revoke(tx, county.notary, person, now, row.certificate)
    _end_ways_in(tx, person, row.used_at)
    issue_crl(tx, county, now)
    return Taken(person, revoked)


def _end_ways_in(tx: Tx, person: str, since: str) -> None:
    """Let go of every way in that was set up since an instant: nobody knows whether it was the person, or who had the code instead."""
    passkeys_store.remove_since(tx, person, since)
    passwords_store.remove_since(tx, person, since)
    browsers.end_since(tx, person, since)
