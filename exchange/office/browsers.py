"""Browsers that are signed in: a cookie names a session, the session a person of today.

The cookie alone never suffices for an act: what changes something must come from a page of ours, which browsers say of their
own accord (W3C Fetch Metadata Request Headers, `Sec-Fetch-Site`; `Origin` where they do not).
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from cryptography import x509

from archive.ledger.database import Tx
from exchange.office import store
from exchange.office.store import Person
from exchange.service import SERVICE, Service
from keys.trust import Purpose, validate
from schemas import instants
from schemas.problems import Problem, ProblemType

COOKIE: Final = "__Host-desk"
"""The prefix makes browsers take it over HTTPS only, for this host and the whole of it (RFC 6265bis, 4.1.3.2)."""

IDLE: Final = timedelta(hours=10)
"""Unused for so long, a session has ended: overnight, but not over lunch."""
LONGEST: Final = timedelta(days=7)
NOTED_EVERY: Final = timedelta(minutes=5)
"""How exactly the last use is kept."""
CONFIRMED_FOR: Final = timedelta(minutes=10)
"""How long a person who has shown again that it is they may do what asks for it."""
SAFE: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_AGENT: Final = 200


class Session(NamedTuple):
    """A browser that is signed in. `id` is the SHA-256 of its token; `certificate` of the key it signed in with, None without one."""

    id: str
    person: Person
    certificate: str | None
    method: str
    agent: str
    created_at: datetime
    seen_at: datetime
    confirmed_at: datetime

    def is_confirmed(self, now: datetime) -> bool:
        """Say whether the person has shown just now that it is they."""
        return now - self.confirmed_at <= CONFIRMED_FOR


SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
"""The session that a request came with."""


def begin(tx: Tx, person: str, method: str, agent: str, now: datetime, certificate: str | None = None) -> str:
    """Sign a browser in; returns the token for its cookie. Sessions that have ended are swept on the way."""
    token = secrets.token_urlsafe(32)
    tx.run(
        "DELETE FROM browser_session WHERE seen_at < :idle OR created_at < :oldest",
        idle=instants.write(now - IDLE),
        oldest=instants.write(now - LONGEST),
    )
    tx.run(
        "INSERT INTO browser_session (id, person, certificate, method, agent, created_at, seen_at, confirmed_at)"
        " VALUES (:id, :person, :certificate, :method, :agent, :now, :now, :now)",
        id=_digest(token),
        person=person,
        certificate=certificate,
        method=method,
        agent=agent[:_AGENT],
        now=instants.write(now),
    )
    return token


def find(tx: Tx, token: str, now: datetime) -> Session:
    """Return the session of a token, with its person as things stand now. Raises Problem SIGNED_OUT."""
    row = tx.row("SELECT * FROM browser_session WHERE id = :id", id=_digest(token))
    if row is None:
        raise Problem(ProblemType.SIGNED_OUT)
    session = _session(tx, row)
    if now - session.seen_at > IDLE or now - session.created_at > LONGEST:
        raise Problem(ProblemType.SIGNED_OUT)
    return session


def sessions(tx: Tx, person: str, now: datetime) -> list[Session]:
    """Return where a person is signed in, the newest first."""
    rows = tx.rows("SELECT * FROM browser_session WHERE person = :person ORDER BY created_at DESC, id", person=person)
    found = [_session(tx, row) for row in rows]
    return [each for each in found if now - each.seen_at <= IDLE and now - each.created_at <= LONGEST]


def require_signed_in(tx: Tx, session: Session, now: datetime) -> None:
    """Raise Problem SIGNED_OUT for a browser that was signed out between asking and this transaction: no further way in follows from it."""
    _again(tx, session.id, now)


def note_use(tx: Tx, session: str, now: datetime) -> None:
    """Keep when it was last used."""
    tx.run("UPDATE browser_session SET seen_at = :now WHERE id = :id", id=session, now=instants.write(now))


def confirm(tx: Tx, session: str, now: datetime) -> None:
    """Keep that the person has just shown that it is they."""
    tx.run("UPDATE browser_session SET confirmed_at = :now WHERE id = :id", id=session, now=instants.write(now))


def end(tx: Tx, person: str, session: str) -> None:
    """Sign one of a person's browsers out. Another's is left alone."""
    tx.run("DELETE FROM browser_session WHERE id = :id AND person = :person", id=session, person=person)


def end_token(tx: Tx, token: str) -> None:
    """Sign out the browser that has this token, if there is one."""
    tx.run("DELETE FROM browser_session WHERE id = :id", id=_digest(token))


def end_all(tx: Tx, person: str, but: str = "") -> None:
    """Sign all of a person's browsers out, but one."""
    tx.run("DELETE FROM browser_session WHERE person = :person AND id <> :but", person=person, but=but)


def end_since(tx: Tx, person: str, since: str) -> None:
    """Sign a person's browsers out that came in at this instant or later."""
    tx.run("DELETE FROM browser_session WHERE person = :person AND created_at >= :since", person=person, since=since)


def end_others_by(tx: Tx, person: str, method: str, here: str) -> None:
    """Sign out a person's browsers that came in this way, but this one: it is given up because somebody else may have it."""
    tx.run(
        "DELETE FROM browser_session WHERE person = :person AND method = :method AND id <> :here", person=person, method=method, here=here
    )


async def current(request: web.Request) -> Session:
    """Return the session that a request came with, and keep that it was used.

    Raises Problem SIGNED_OUT, also for a key that was revoked or has expired since; CROSS_SITE for what did not come from a page
    of ours; NOT_ALLOWED for a person who has left.
    """
    service, token = request.app[SERVICE], request.cookies.get(COOKIE, "")
    if not token:
        raise Problem(ProblemType.SIGNED_OUT)
    require_same_site(request)
    now = service.watch.now()
    session = await service.database.glance(find, token, now)
    if session.certificate is not None:
        await require_certificate(service, session.certificate)
    if now - session.seen_at > NOTED_EVERY:
        await service.database.write(note_use, session.id, now)
    request[SESSION] = session
    return session


async def require_certificate(service: Service, certificate: str) -> None:
    """Raise Problem SIGNED_OUT when the key that a session began with does not count any more."""
    row = await service.database.glance(store.certificate, certificate)
    try:
        validate(x509.load_der_x509_certificate(row.der), (), service.trust, at=service.watch.now(), purpose=Purpose.REQUEST)
    except Problem as problem:
        raise Problem(ProblemType.SIGNED_OUT, problem.kind.type) from problem


async def still(service: Service, session: Session) -> Person:
    """Return whose session this is, as things stand now: for answers that go on long after `current` looked. Raises what it raises."""
    now = service.watch.now()
    row = await service.database.glance(_again, session.id, now)
    if row.certificate is not None:
        await require_certificate(service, row.certificate)
    return row.person


def require_same_site(request: web.Request) -> None:
    """Raise Problem CROSS_SITE for a request that another site's page made, and for an act that is not known to be ours."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if request.method in SAFE:
        # a navigation from elsewhere (a link in a message) is welcome; another site's scripts and pictures are not
        navigation = request.headers.get("Sec-Fetch-Mode") == "navigate"
        if site in ("cross-site", "same-site") and not navigation:
            raise Problem(ProblemType.CROSS_SITE)
        return
    same = site == "same-origin" if site is not None else origin is not None and host_of(origin) == request.host
    if not same:
        raise Problem(ProblemType.CROSS_SITE)


def host_of(address: str) -> str:
    """Return the host of an address that a browser names, empty for what is none."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def set_cookie(response: web.StreamResponse, token: str) -> None:
    """Give a browser its token."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Lax")


def drop_cookie(response: web.StreamResponse) -> None:
    """Take a browser's token from it."""
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")


def _again(tx: Tx, session: str, now: datetime) -> Session:
    row = tx.row("SELECT * FROM browser_session WHERE id = :id", id=session)
    if row is None:
        raise Problem(ProblemType.SIGNED_OUT)
    found = _session(tx, row)
    if now - found.created_at > LONGEST:
        raise Problem(ProblemType.SIGNED_OUT)
    return found


def _session(tx: Tx, row: Any) -> Session:
    try:
        person = store.person(tx, row.person)
    except Problem as problem:
        raise Problem(ProblemType.SIGNED_OUT, "left") from problem
    at = [instants.read(text) for text in (row.created_at, row.seen_at, row.confirmed_at)]
    return Session(row.id, person, row.certificate, row.method, row.agent, *at)


def _digest(token: str) -> str:
    return hashlib.sha256(f"yizhan browser session {token}".encode()).hexdigest()
