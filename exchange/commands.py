"""What the county's administrator does, the same beside a running service and without one.

Each command is `(desk, arguments) -> answer`, plain JSON both ways: the command line runs it in its own process when the
folder is free, and sends it through the local socket when `serve` holds the folder.
"""

import platform
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite

from archive.ledger import log
from archive.ledger.database import Database, Tx
from exchange.clock import Watch
from exchange.county import County
from exchange.office import enrol, store
from exchange.service import issue_crl
from schemas.problems import Problem, ProblemType
from schemas.words import OfficeKind, Role, Word


@dataclass
class Desk:
    """What a command may use. `refresh` lets a running service take new revocation lists into use."""

    county: County
    database: Database
    watch: Watch
    refresh: Callable[[], Awaitable[None]] | None = None
    counters: dict[str, int] = field(default_factory=dict)


def _word(kind: type[Word], text: str) -> Any:
    try:
        return kind.named(text)
    except ValueError as error:
        choices = ", ".join(f"{word.value} {word.zh}" for word in kind)
        raise Problem(ProblemType.REQUEST_MALFORMED, f"{text}: {choices}") from error


async def office_add(desk: Desk, *, code: str, name: str, kind: str) -> dict[str, Any]:
    """Register an office."""
    chosen, now = _word(OfficeKind, kind), desk.watch.signing_now()
    await desk.database.write(store.add_office, desk.county.notary, code, name, chosen, now)
    return {"office": code, "name": name.strip(), "kind": chosen.value}


def _invite(tx: Tx, office: str, name: str, role: Role, desk: Desk) -> tuple[str, enrol.Invitation]:
    now = desk.watch.signing_now()
    name = store.require_name(name)
    person = store.find_person(tx, office, name, role) or store.add_person(tx, office, name, role, now)
    return person, enrol.invite(tx, person, now)


async def invite(desk: Desk, *, office: str, person: str, role: str, url: str = "") -> dict[str, Any]:
    """Make a one-time code for a person, who is registered if need be; the code is shown once and kept only as a digest."""
    person_id, invitation = await desk.database.write(_invite, office, person, _word(Role, role), desk)
    return {
        "code": invitation.shown,
        "fingerprint": desk.county.fingerprint,
        "url": url or desk.county.settings.url,
        "office": office,
        "person": person_id,
    }


def _revoke(tx: Tx, county: County, person: str, *, left: bool, desk: Desk) -> int:
    now = desk.watch.signing_now()
    count = store.revoke(tx, county.notary, person, now)
    if left:
        store.leave(tx, person, now)
    issue_crl(tx, county, now)
    return count


async def revoke(desk: Desk, *, person: str, left: bool = False) -> dict[str, Any]:
    """Revoke a person's certificates at once, with a new revocation list; `left` also ends the person's period."""
    count = await desk.database.write(_revoke, desk.county, person, left=left, desk=desk)
    if desk.refresh is not None:
        await desk.refresh()
    return {"person": person, "revoked": count, "left": left}


async def people(desk: Desk) -> dict[str, Any]:
    """List everybody of today; the id is what `revoke` takes."""
    rows = await desk.database.read(store.people)
    return {"people": [row._asdict() for row in rows]}


def _status(tx: Tx) -> dict[str, Any]:
    published = log.latest(tx)
    count = tx.row(
        "SELECT (SELECT count(*) FROM submission) AS submissions, (SELECT count(*) FROM office) AS offices,"
        " (SELECT count(*) FROM person_period WHERE valid_to IS NULL) AS people, (SELECT coalesce(sum(size), 0) FROM submission) AS bytes,"
        " (SELECT count(*) FROM event WHERE event = 'SubmissionRejection') AS refusals, (SELECT count(*) FROM event) AS receipts,"
        " (SELECT number FROM crl ORDER BY number DESC LIMIT 1) AS crl, (SELECT halted FROM ledger) AS halted",
    )
    return {
        "submissions": count.submissions,
        "bytes": count.bytes,
        "refusals": count.refusals,
        "receipts": count.receipts,
        "offices": count.offices,
        "people": count.people,
        "crl": count.crl,
        "log": {"size": published.size, "root": published.root.hex()},
        "signing_stopped": count.halted,
        "last_event": log.last_instant(tx),
    }


async def status(desk: Desk) -> dict[str, Any]:
    """Say how the county stands: counts, log, why signing is stopped if it is, and versions."""
    found = await desk.database.read(_status)
    return found | {
        "county": desk.county.settings.name,
        "fingerprint": desk.county.fingerprint,
        "running": desk.refresh is not None,
        "signing_stopped": found["signing_stopped"] or desk.watch.stopped,
        "counters": desk.counters,
        "versions": {"yizhan": metadata.version("yizhan"), "python": platform.python_version(), "sqlite": sqlite.sqlite_version},
    }


COMMANDS: Final[dict[str, Callable[..., Awaitable[dict[str, Any]]]]] = {
    "office-add": office_add,
    "invite": invite,
    "revoke": revoke,
    "people": people,
    "status": status,
}
