"""What lies unopened for an office without a network, put on a medium for it: sealed for its readers, with the receipts so far.

It is no paper and no reception: the office opens it when its own program says so at the next contact. Who took the medium along, and
what was on it, is kept (`medium_export`); whoever makes the medium reads nothing.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from archive.ledger.database import Tx
from exchange.delivery import store as deliveries
from exchange.delivery.states import Opening, Recall, Review
from exchange.office import administration
from exchange.office import store as offices
from exchange.office.administration import Act, Acting
from exchange.office.store import Person
from exchange.paper.medium import lists_for, write_back
from exchange.service import Service
from keys import carried
from keys.custody import write_durably
from schemas import instants
from schemas.messages import Envelope, canonical
from schemas.problems import Problem, ProblemType

if TYPE_CHECKING:
    from exchange.commands import Desk

_WITHOUT: Final = ", ".join(sorted(f"'{each.value}'" for each in deliveries.WITHOUT_CONTENT))


class Lying(NamedTuple):
    """An item that waits for an office: its container, the receipts that the office is told, and the keys of who may read it."""

    submission: str
    container: str
    receipts: list[Envelope]
    readers: list[ec.EllipticCurvePublicKey]


def lying(tx: Tx, office: str, now: datetime) -> list[Lying]:
    """Return what an office has neither opened nor given back, the oldest first; what no reader of theirs may see is left out.

    Raises Problem OFFICE_UNKNOWN.
    """
    keys, found = _keys(tx, office, now), []
    for row in _waiting(tx, office):
        readers = [person for person in keys if _sees(tx, person, row.id)]
        if readers:
            told = deliveries.receipts_of(tx, readers[0], row.id)
            found.append(Lying(row.id, row.container, told, [key for person in readers for key in keys[person]]))
    return found


def _waiting(tx: Tx, office: str) -> list[Any]:
    """Return what an office has neither opened nor given back, the oldest first. Raises Problem OFFICE_UNKNOWN."""
    if not offices.known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    return tx.rows(
        "SELECT submission.id, submission.container FROM delivery JOIN submission ON submission.id = delivery.submission"  # noqa: S608 - constants
        " WHERE delivery.office = :office AND delivery.opening = :consigned AND delivery.review = :pending AND delivery.recall = :none"
        f" AND NOT {deliveries.SEALED} ORDER BY delivery.consigned_at, submission.id",
        office=office,
        consigned=Opening.CONSIGNED.value,
        pending=Review.PENDING.value,
        none=Recall.NONE.value,
    )


def _keys(tx: Tx, office: str, now: datetime) -> dict[Person, list[ec.EllipticCurvePublicKey]]:
    """Return the keys of the people of an office of today who may have content."""
    rows = tx.rows(
        "SELECT certificate.person, certificate.der FROM certificate JOIN person ON person.id = certificate.person"  # noqa: S608 - constants
        " JOIN person_period AS now ON now.person = person.id AND now.valid_to IS NULL"
        f" WHERE person.office = :office AND now.role NOT IN ({_WITHOUT}, 'service') AND revoked_at IS NULL AND expires_at > :now"
        " ORDER BY certificate.person, certificate.issued_at, certificate.sha256",
        office=office,
        now=instants.write(now),
    )
    found: dict[Person, list[ec.EllipticCurvePublicKey]] = {}
    for row in rows:
        key = x509.load_der_x509_certificate(bytes(row.der)).public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            found.setdefault(offices.person(tx, row.person), []).append(key)
    return found


def _sees(tx: Tx, person: Person, submission: str) -> bool:
    try:
        deliveries.received(tx, person, submission)
    except Problem:
        return False
    return True


async def export_medium(desk: "Desk", *, office: str, path: str) -> dict[str, Any]:
    """Put what lies unopened for an office onto a medium. Raises Problem FOLDER_IN_USE without a service, and what `export` raises."""
    if desk.service is None:
        raise Problem(ProblemType.FOLDER_IN_USE, "no service")
    return await export(desk.service, office, Path(path), desk.acting)


async def export(service: Service, office: str, place: Path, acting: Acting) -> dict[str, Any]:
    """Put what lies unopened for an office onto a medium; what lies on it whole already stays as it is.

    It is kept before anything is written: nothing leaves of which nobody knows, whatever happens meanwhile. `unreadable` counts what
    waits and stays behind, for nobody who may read it has a key.
    Raises Problem OFFICE_UNKNOWN and FOLDER_READ_ONLY.
    """
    found, waiting = await service.database.read(lambda tx: (lying(tx, office, service.watch.now()), len(_waiting(tx, office))))
    await service.database.write(note, office, [one.submission for one in found], acting, service.watch.now())
    written = [one.submission for one in found if await asyncio.to_thread(_write, service, office, one, place)]
    told = [canonical(envelope) for one in found for envelope in one.receipts]
    lists = await service.database.read(lists_for, told)
    await asyncio.to_thread(write_back, place, {}, lists)
    return {"office": office, "items": [one.submission for one in found], "written": written, "unreadable": waiting - len(found)}


def _write(service: Service, office: str, one: Lying, place: Path) -> bool:
    """Write one package and, last, what stands beside it; False for one that is there."""
    folder = place / carried.FROM_COUNTY / carried.ITEMS
    beside = folder / f"{one.submission}.json"
    if beside.is_file():
        return False
    said, records = carried.seal(one.submission, office, one.receipts, service.blobs.read(one.container), one.readers)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{one.submission}{carried.SEALED}").open("wb") as file:
            for record in records:
                file.write(record)
            file.flush()
            os.fsync(file.fileno())  # what stands beside it says that it is whole
        write_durably(beside, canonical(said), 0o644)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{place}: {error.strerror}") from error
    return True


def note(tx: Tx, office: str, submissions: list[str], acting: Acting, now: datetime) -> None:
    """Keep what goes out on a medium for an office, and who makes it."""
    for submission in submissions:
        tx.run(
            "INSERT INTO medium_export (submission, office, at, person) VALUES (:submission, :office, :at, :person)",
            submission=submission,
            office=office,
            at=instants.write(now),
            person=acting.person,
        )
    administration.note(tx, acting, Act.MEDIUM_MADE, office, f"{len(submissions)}", now)


def given(tx: Tx, most: int) -> list[Any]:
    """Return what was put on media last: id, the filing number's parts, for which office, when, whether it was opened since; no title."""
    return tx.rows(
        "SELECT medium_export.submission, medium_export.office, max(medium_export.at) AS at, submission.office AS sender,"
        " submission.filing_year, submission.filing_ordinal, delivery.opening = :opened AS opened FROM medium_export"
        " JOIN submission ON submission.id = medium_export.submission JOIN delivery ON delivery.submission = medium_export.submission"
        " AND delivery.office = medium_export.office GROUP BY medium_export.submission, medium_export.office"
        " ORDER BY at DESC, medium_export.submission LIMIT :most",
        opened=Opening.OPENED.value,
        most=most,
    )
