"""What the county's administrator does, the same beside a running service and without one.

Each command is `(desk, arguments) -> answer`, plain JSON both ways: the command line runs it in its own process when the
folder is free, and sends it through the local socket when `serve` holds the folder.
"""

import contextlib
import platform
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Final

from msgspec.structs import asdict
from pysqlite3 import dbapi2 as sqlite

from archive.ledger import log
from archive.ledger.database import Database, Tx
from archive.reading.eyes.eyes import Eyes
from archive.search import han
from archive.search.engines import engine
from archive.search.feeder import Finder
from exchange.clock import Watch
from exchange.county import County
from exchange.intake import afterwards
from exchange.office import contacts, enrol, scopes, store
from exchange.sealing import store as sealing
from exchange.service import Service, issue_crl
from schemas.problems import Problem, ProblemType
from schemas.words import OfficeKind, Role, Scope, Word

PROGRESS_SECONDS: Final = 1.0
"""How long a question for progress waits for the end."""


@dataclass
class Desk:
    """What a command may use; `service` is the running one, and `refresh` lets it take new revocation lists into use."""

    county: County
    database: Database
    watch: Watch
    refresh: Callable[[], Awaitable[None]] | None = None
    counters: dict[str, int] = field(default_factory=dict)
    service: Service | None = None

    def finder(self) -> Finder:
        """Return the running service's finder, or one that nobody has started."""
        if self.service is not None:
            return self.service.finder
        return Finder(self.database, self.county.index, engine(self.county.settings.search.engine), self.watch.now)


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


def _scopes(texts: list[str]) -> frozenset[Scope]:
    return frozenset(_word(Scope, text) for text in texts)


def _invite(tx: Tx, office: str, name: str, role: Role, held: frozenset[Scope], desk: Desk) -> tuple[str, enrol.Invitation]:
    now = desk.watch.signing_now()
    name = store.require_name(name)
    person = store.find_person(tx, office, name, role) or store.add_person(tx, office, name, role, now)
    if role is Role.SERVICE:
        scopes.grant(tx, person, held, now)
    return person, enrol.invite(tx, person, now)


async def invite(desk: Desk, *, office: str, person: str, role: str, url: str = "", scope: list[str] | None = None) -> dict[str, Any]:
    """Make a one-time code for a person, who is registered if need be; the code is shown once and kept only as a digest.

    A service account needs scopes, which replace those it had; nobody else has any.
    """
    chosen, held = _word(Role, role), _scopes(scope or [])
    scopes.require_fitting(chosen, held)
    person_id, invitation = await desk.database.write(_invite, office, person, chosen, held, desk)
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


def _grant(tx: Tx, person: str, held: frozenset[Scope], desk: Desk) -> None:
    scopes.require_fitting(store.person(tx, person).role, held)
    scopes.grant(tx, person, held, desk.watch.now())


async def grant(desk: Desk, *, person: str, scope: list[str]) -> dict[str, Any]:
    """Replace a service account's scopes; the very next request and every open stream are held against the new ones."""
    held = _scopes(scope)
    await desk.database.write(_grant, person, held, desk)
    return {"person": person, "scopes": sorted(held)}


def _people(tx: Tx) -> list[dict[str, Any]]:
    return [
        row._asdict() | ({"scopes": sorted(scopes.granted(tx, row.id))} if row.role == Role.SERVICE else {}) for row in store.people(tx)
    ]


async def people(desk: Desk) -> dict[str, Any]:
    """List everybody of today, service accounts with their scopes; the id is what `revoke` and `scopes` take."""
    return {"people": await desk.database.read(_people)}


def _contact(tx: Tx, office: str, person: str, phone: str, desk: Desk) -> contacts.Contact:
    return contacts.name_contact(tx, office, person, phone, desk.watch.now())


async def contact(desk: Desk, *, office: str, person: str, phone: str) -> dict[str, Any]:
    """Say whom to call at an office: its confidentiality officer. The one before is kept as a dated row."""
    return asdict(await desk.database.write(_contact, office, person, phone, desk))


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


async def _index(desk: Desk) -> dict[str, Any]:
    finder = desk.finder()
    if desk.service is not None:
        return finder.state()
    try:
        return await finder.look()
    finally:
        await finder.close()


def _queues(service: Service) -> dict[str, int]:
    return {
        "writer": service.database.waiting,
        "inspections_running": service.readers.reading,
        "inspections_waiting": service.readers.waiting,
        "scans_looking": service.inspections.looking,
        "scans_waiting": service.inspections.waiting,
        "staging_free_bytes": service.staging.free,
    }


def _confinement(service: Service) -> dict[str, Any]:
    found = service.sandbox.confinement
    return asdict(found) | {"missing": [f"{label.zh} / {label.en}" for label in found.missing()]}


def _versions() -> dict[str, str]:
    packages = {}
    for name in ("yizhan", "tantivy", "opencc"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            packages[name] = metadata.version(name)
    return packages | {"analysis": han.ANALYSIS, "python": platform.python_version(), "sqlite": sqlite.sqlite_version}


async def reindex(desk: Desk, *, begin: bool = True) -> dict[str, Any]:
    """Make the index anew beside the one in use, or only ask how far that is; answers within a second, with the progress."""
    finder = desk.finder()
    if begin:
        finder.begin_rebuild()
    return (await finder.rebuilt(PROGRESS_SECONDS)).told()


async def status(desk: Desk) -> dict[str, Any]:
    """Say how the county stands: counts, log, why signing is stopped if it is, index, queues, confinement, and versions."""
    found = await desk.database.read(_status)
    return found | {
        "county": desk.county.settings.name,
        "fingerprint": desk.county.fingerprint,
        "running": desk.refresh is not None,
        "recognition": Eyes.available(),
        "whole_looks": await desk.database.read(afterwards.standing),
        "signing_stopped": found["signing_stopped"] or desk.watch.stopped,
        "counters": desk.counters,
        "index": await _index(desk),
        "queues": _queues(desk.service) if desk.service else {},
        "confinement": _confinement(desk.service) if desk.service else {},
        "sealing": await desk.database.read(sealing.standing, desk.watch.now()),
        "versions": _versions(),
    }


COMMANDS: Final[dict[str, Callable[..., Awaitable[dict[str, Any]]]]] = {
    "office-add": office_add,
    "invite": invite,
    "revoke": revoke,
    "people": people,
    "scopes": grant,
    "contact": contact,
    "reindex": reindex,
    "status": status,
}
