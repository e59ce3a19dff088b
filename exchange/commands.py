"""What the county's administrator does, the same beside a running service and without one.

Each command is `(desk, arguments) -> answer`, plain JSON both ways: the command line runs it in its own process when the
folder is free, and sends it through the local socket when `serve` holds the folder.
"""

import asyncio
import base64
import contextlib
import platform
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Final, NamedTuple

from msgspec.structs import asdict
from pysqlite3 import dbapi2 as sqlite

from archive.ledger import log
from archive.ledger.database import Database, Tx
from archive.reading.confinement import Confinement
from archive.reading.eyes.eyes import Eyes
from archive.search import han
from archive.search.engines import engine
from archive.search.feeder import Finder
from exchange.clock import Watch
from exchange.county import County
from exchange.duty import codes, settings
from exchange.intake import afterwards
from exchange.legacy import importing
from exchange.office import administration, browsers, contacts, enrol, passkeys_store, scopes, signing_in, store, taking_back
from exchange.office.administration import Act, Acting, List, Taking
from exchange.paper import carrying, medium
from exchange.sealing import store as sealing
from exchange.service import Service, issue_crl
from exchange.staff import departing, sheet
from exchange.staff.requests import Change
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, OfficeKind, Role, Scope, Word

PROGRESS_SECONDS: Final = 1.0
"""How long a question for progress waits for the end."""


@dataclass
class Desk:
    """What a command may use; `service` is the running one, and `refresh` lets it take new revocation lists into use.

    `acting` says who does it, which is kept with what is done.
    """

    county: County
    database: Database
    watch: Watch
    refresh: Callable[[], Awaitable[None]] | None = None
    counters: dict[str, int] = field(default_factory=dict)
    service: Service | None = None
    acting: Acting = administration.COMMAND

    @classmethod
    def of(cls, service: Service) -> "Desk":
        """Return the desk of a running service."""
        return cls(service.county, service.database, service.watch, service.reload_trust, service.counters, service)

    def finder(self) -> Finder:
        """Return the running service's finder, or one that nobody has started."""
        if self.service is not None:
            return self.service.finder
        return Finder(self.database, self.county.index, engine(self.county.settings.search.engine), self.watch.now)


def _word(kind: type[Word], text: str) -> Any:
    try:
        return kind.named(text)
    except ValueError as error:
        here = "、".join(f"{word.value} {word.zh}" for word in kind)
        there = ", ".join(f"{word.value} ({word.en})" for word in kind)
        raise Problem(ProblemType.REQUEST_MALFORMED, f"{text}: 没有这一项，可用 {here} / choose from {there}") from error


def _office_add(tx: Tx, desk: Desk, code: str, name: str, kind: OfficeKind) -> None:
    now = desk.watch.signing_now()
    administration.begin(tx, desk.acting)
    store.add_office(tx, desk.county.notary, code, name, kind, now)
    administration.note(tx, desk.acting, Act.OFFICE_ADDED, code, name.strip(), now)


async def office_add(desk: Desk, *, code: str, name: str, kind: str) -> dict[str, Any]:
    """Register an office."""
    chosen = _word(OfficeKind, kind)
    await desk.database.write(_office_add, desk, code, name, chosen)
    return {"office": code, "name": name.strip(), "kind": chosen.value}


def _offices(tx: Tx) -> list[dict[str, str]]:
    return [row._asdict() for row in store.offices(tx)]


async def offices(desk: Desk) -> dict[str, Any]:
    """List every office of today; the code is what the other commands take."""
    return {"offices": await desk.database.read(_offices)}


def _scopes(texts: list[str]) -> frozenset[Scope]:
    return frozenset(_word(Scope, text) for text in texts)


class Wanted(NamedTuple):
    """Who is to be invited: somebody of that name and role at the office, who is registered if need be; an account's scopes."""

    office: str
    name: str
    role: Role
    scopes: frozenset[Scope] = frozenset()


class Invited(NamedTuple):
    """A person of today with a code of theirs."""

    person: store.Person
    invitation: enrol.Invitation


def invite_all(tx: Tx, desk: Desk, wanted: Sequence[Wanted]) -> list[Invited]:
    """Make a one-time code for each, or for none: whoever cannot be invited leaves nothing done."""
    administration.begin(tx, desk.acting)
    return [invite_person(tx, desk, _registered(tx, desk, one)) for one in wanted]


def invite_again(tx: Tx, desk: Desk, person: str) -> Invited:
    """Make a further one-time code for somebody who is registered. Raises Problem PERSON_UNKNOWN."""
    administration.begin(tx, desk.acting)
    return invite_person(tx, desk, person)


def invite_person(tx: Tx, desk: Desk, person: str) -> Invited:
    """Make a one-time code for a person, and keep who gave it."""
    found, now = store.person(tx, person), desk.watch.signing_now()
    administration.note(tx, desk.acting, Act.INVITED, found.office, person, now)
    return Invited(found, enrol.invite(tx, person, now))


def _registered(tx: Tx, desk: Desk, one: Wanted) -> str:
    now, name = desk.watch.signing_now(), store.require_name(one.name)
    scopes.require_fitting(one.role, one.scopes)
    person = store.find_person(tx, one.office, name, one.role) or store.add_person(tx, one.office, name, one.role, now)
    if one.role is Role.SERVICE:
        scopes.grant(tx, person, one.scopes, now)
    return person


async def invite(desk: Desk, *, office: str, person: str, role: str, url: str = "", scope: list[str] | None = None) -> dict[str, Any]:
    """Make a one-time code for a person, who is registered if need be; the code is shown once and kept only as a digest.

    A service account needs scopes, which replace those it had; nobody else has any.
    """
    chosen, held = _word(Role, role), _scopes(scope or [])
    scopes.require_fitting(chosen, held)
    (invited,) = await desk.database.write(invite_all, desk, [Wanted(office, person, chosen, held)])
    return {
        "code": invited.invitation.shown,
        "fingerprint": desk.county.fingerprint,
        "url": url or desk.county.settings.url,
        "office": office,
        "person": invited.person.id,
    }


def end_enrolments(tx: Tx, county: County, person: str, *, left: bool, desk: Desk) -> int:
    """Revoke a person's certificates, with a new revocation list, and sign their browsers out; `left` ends their period.

    Returns how many certificates there were; whoever calls this lets the service take the new list into use (`Desk.refresh`).
    """
    now = desk.watch.signing_now()
    administration.begin(tx, desk.acting)
    office = store.person(tx, person).office
    count = store.revoke(tx, county.notary, person, now)
    taking_back.end_unused(tx, person, now, desk.acting.person)  # a code on its way to them would begin anew what ends here
    browsers.end_all(tx, person)
    passkeys_store.remove_all(tx, person)  # a lost computer may be one of them
    if left:
        store.leave(tx, person, now)
        signing_in.forget(tx, person)
    administration.note(tx, desk.acting, Act.LEFT if left else Act.REVOKED, office, person, now)
    issue_crl(tx, county, now)
    return count


class Departed(NamedTuple):
    """Somebody who has left: how many certificates were revoked, and how many items found a successor."""

    revoked: int
    handed: int


def depart(tx: Tx, desk: Desk, change: Change) -> Departed:
    """Bring about that somebody leaves: certificates, sessions, registry, deputies, and what lies open, all in one transaction."""
    revoked = end_enrolments(tx, desk.county, str(change.person), left=True, desk=desk)
    return Departed(revoked, departing.carry_out(tx, desk.county.notary, change, desk.acting.person, desk.watch.signing_now()))


def _depart_at_once(tx: Tx, desk: Desk, person: str) -> Departed:
    if store.person(tx, person).role is Role.SERVICE:  # no person, and in no registry
        return Departed(end_enrolments(tx, desk.county, person, left=True, desk=desk), 0)
    administration.begin(tx, desk.acting)
    return depart(tx, desk, departing.directly(tx, desk.county.notary, desk.acting.person, person, desk.watch.signing_now()))


async def revoke(desk: Desk, *, person: str, left: bool = False) -> dict[str, Any]:
    """Revoke a person's certificates at once, with a new revocation list, and sign their browsers out.

    `left` ends their period as well, just as a proposal of their office that is confirmed does.
    """
    if left:
        done = await desk.database.write(_depart_at_once, desk, person)
    else:
        done = Departed(await desk.database.write(end_enrolments, desk.county, person, left=False, desk=desk), 0)
    if desk.refresh is not None:
        await desk.refresh()
    return {"person": person, "revoked": done.revoked, "left": left, "handed": done.handed}


def _grant(tx: Tx, person: str, held: frozenset[Scope], desk: Desk) -> None:
    account, now = store.person(tx, person), desk.watch.now()
    administration.begin(tx, desk.acting)
    scopes.require_fitting(account.role, held)
    scopes.grant(tx, person, held, now)
    administration.note(tx, desk.acting, Act.SCOPES_SET, account.office, f"{person}: {', '.join(sorted(held))}", now)


async def grant(desk: Desk, *, person: str, scope: list[str]) -> dict[str, Any]:
    """Replace a service account's scopes; the very next request and every open stream are held against the new ones."""
    held = _scopes(scope)
    await desk.database.write(_grant, person, held, desk)
    return {"person": person, "scopes": sorted(held)}


async def duty_code(desk: Desk, *, office: str, person: str, called: str, answered: str = "", url: str = "") -> dict[str, Any]:
    """Give somebody a code for the night, after a call back; `answered` is who took the call, the person itself without one."""
    wanted = codes.Wanted(office, person, answered or person, called)
    given = await desk.database.write(codes.give, desk.county.notary, desk.acting, wanted, desk.watch.signing_now())
    return {
        "code": given.invitation.shown,
        "fingerprint": desk.county.fingerprint,
        "url": url or desk.county.settings.url,
        "office": office,
        "person": given.person.id,
        "deputy": given.deputy,
        "ends_at": instants.write(given.ends_at),
    }


def take_back_code(tx: Tx, desk: Desk, selector: str) -> taking_back.Taken:
    """Take back a one-time code of any kind. Raises what `codes.take_back` and `taking_back.holder` raise."""
    now = desk.watch.signing_now()
    if codes.is_of_the_night(tx, selector):
        return codes.take_back(tx, desk.county, desk.acting, selector, now)
    administration.begin(tx, desk.acting)
    taken = taking_back.take_back(tx, desk.county, desk.acting, selector, now)
    administration.note(tx, desk.acting, Act.CODE_TAKEN_BACK, taken.person.rpartition(".")[0], taken.person, now)
    return taken


async def take_back(desk: Desk, *, code: str) -> dict[str, Any]:
    """Take back a one-time code, by its first four characters or the whole of it; what was enrolled with it ends at once."""
    selector = enrol.selector_of(code)
    taken = await desk.database.write(take_back_code, desk, selector)
    if desk.refresh is not None:
        await desk.refresh()
    return {"code": selector, "person": taken.person, "revoked": taken.revoked}


def _people(tx: Tx) -> list[dict[str, Any]]:
    return [
        row._asdict() | ({"scopes": sorted(scopes.granted(tx, row.id))} if row.role == Role.SERVICE else {}) for row in store.people(tx)
    ]


async def people(desk: Desk) -> dict[str, Any]:
    """List everybody of today, service accounts with their scopes; the id is what `revoke` and `scopes` take."""
    return {"people": await desk.database.read(_people)}


def _take_staff(tx: Tx, desk: Desk, office: str) -> list[sheet.OfficeForm]:
    if office and not store.known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    told, now = sheet.forms(tx, [office] if office else None, desk.watch.now()), desk.watch.now()
    taking = Taking(List.STAFF, "xlsx", sum(len(each.entries) for each in told), {"office": office} if office else {})
    administration.note(tx, desk.acting, Act.LIST_TAKEN, office or COUNTY, taking.written(), now)
    return told


async def staff(desk: Desk, *, office: str = "") -> dict[str, Any]:
    """Make the filing form 人员备案表 of one office or of all as a workbook, base64 of XLSX; that it was taken is kept."""
    told = await desk.database.write(_take_staff, desk, office)
    made = await asyncio.to_thread(sheet.workbook, desk.county.settings.name, told)
    return {"offices": len(told), "people": sum(len(each.entries) for each in told), "workbook": base64.b64encode(made).decode()}


def _contact(tx: Tx, office: str, person: str, phone: str, desk: Desk) -> contacts.Contact:
    now = desk.watch.now()
    administration.begin(tx, desk.acting)
    named = contacts.name_contact(tx, office, person, phone, now)
    administration.note(tx, desk.acting, Act.CONTACT_NAMED, office, named.name, now)
    return named


async def contact(desk: Desk, *, office: str, person: str, phone: str) -> dict[str, Any]:
    """Say whom to call at an office: its confidentiality officer. The one before is kept as a dated row."""
    return asdict(await desk.database.write(_contact, office, person, phone, desk))


def _status(tx: Tx) -> dict[str, Any]:
    published = log.latest(tx)
    count = tx.row(
        "SELECT (SELECT count(*) FROM submission) AS submissions, (SELECT count(*) FROM office_period WHERE valid_to IS NULL) AS offices,"
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
    found, eyes = service.sandbox.confinement, service.eyes.confinement
    # the looking processes are started with the first scan; what holds them is their own affair
    looking = {} if eyes is None else {"missing_where_scans_are_looked_at": _lacking(eyes)}
    return asdict(found) | {"missing": _lacking(found)} | looking


def _lacking(confinement: Confinement) -> list[str]:
    return [f"{label.zh} / {label.en}" for label in confinement.missing()]


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
        "calendar_missing": await desk.database.read(settings.missing_years, desk.watch.now()),
        "versions": _versions(),
    }


COMMANDS: Final[dict[str, Callable[..., Awaitable[dict[str, Any]]]]] = {
    "office-add": office_add,
    "offices": offices,
    "invite": invite,
    "revoke": revoke,
    "people": people,
    "staff": staff,
    "scopes": grant,
    "contact": contact,
    "duty-code": duty_code,
    "take-back": take_back,
    "reindex": reindex,
    "status": status,
    "import-medium": medium.import_medium,
    "export-medium": carrying.export_medium,
    "erase": importing.erase,
    "legacy-begin": importing.begin,
    "legacy-rows": importing.rows,
    "legacy-finish": importing.finish,
    "legacy-abandon": importing.abandon,
}
