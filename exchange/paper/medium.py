"""What a medium brings while there is no network: sealed containers that go the very same way in, and receipts that go back on it.

    to-county/*.asice             containers, as `yizhan medium` or `yizhan pack` wrote them
    from-county/receipts/*.json   the stored receipt of each, byte for byte, by the submission's id
    from-county/crls/*.crl        the revocation lists that cover them, DER
    from-county/items/            what lies unopened for an office, sealed for its readers (`keys.carried`, `carrying`)

A container keeps its own signing time and id. It is judged as if it had come by the network, at the moment at which it is brought; one
that was brought before, or came by the network meanwhile, gets the receipt that it got then. It is no paper: nothing of it is
registered as paper, and its only event is its acceptance.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from archive.ledger.database import Tx
from exchange.intake.accept import Intake
from exchange.office import store as offices
from exchange.office.store import Person
from exchange.service import Service
from keys.carried import FROM_COUNTY
from keys.custody import write_durably
from schemas import instants
from schemas.messages import Envelope, Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Role

if TYPE_CHECKING:
    from exchange.commands import Desk

TO_COUNTY: Final = "to-county"
RECEIPTS: Final = "receipts"
LISTS: Final = "crls"
BRINGERS: Final = frozenset({Role.REVIEWER, Role.ADMINISTRATOR})
"""Who of the county's own office takes a medium in."""
_ASKED_AGAIN: Final = 1.0
_PIECE: Final = 1 << 18
PATIENCE: Final = 240.0
"""Seconds for which one command waits for a scan; brought again, it joins the same look or has its receipt."""


class Brought(NamedTuple):
    """What became of one container: the receipt, and whether it was there already; or the refusal; or that it is still looked at."""

    name: str
    submission: str = ""
    receipt: bytes = b""
    again: bool = False
    problem: Problem | None = None

    @property
    def state(self) -> str:
        """One word: accepted, known, refused or inspecting."""
        if self.problem is not None:
            return "refused"
        return "inspecting" if not self.receipt else "known" if self.again else "accepted"


def require_bringer(caller: Person) -> None:
    """Raise Problem NOT_ALLOWED for whom a medium is none of their business."""
    if caller.office != COUNTY or caller.role not in BRINGERS:
        raise Problem(ProblemType.NOT_ALLOWED, caller.role.value)


async def bring(service: Service, intake: Intake, name: str, body: AsyncIterable[bytes], person: str | None, patience: float) -> Brought:
    """Take one container in by the ordinary intake, and stay at most `patience` seconds while its scans are looked at."""
    try:
        answer = await intake.receive(body)
        status, waited = answer.status, 0.0
        while answer.token and waited < patience:
            await asyncio.sleep(_ASKED_AGAIN)
            waited += _ASKED_AGAIN
            answer = intake.looked_at(service.inspections.find(answer.token))
    except Problem as problem:
        return Brought(name, problem=problem)
    if answer.token:
        return Brought(name, answer.submission)
    receipt = decode(decode(answer.body, Envelope).receipt, Receipt)
    if receipt.submission is not None and receipt.digests is not None:
        await service.database.write(note, receipt.digests.container, receipt.submission, person, service.watch.now())
    return Brought(name, receipt.submission or "", answer.body, again=status == 200)  # noqa: PLR2004 - OK, not Created


def note(tx: Tx, container: str, submission: str, person: str | None, now: datetime) -> None:
    """Keep that a medium brought a container, the first time."""
    tx.run(
        "INSERT INTO medium_import (container, submission, at, person) VALUES (:container, :submission, :at, :person)"
        " ON CONFLICT DO NOTHING",
        container=container,
        submission=submission,
        at=instants.write(now),
        person=person,
    )


def brought(tx: Tx, most: int) -> list[Any]:
    """Return what media brought last: id, filing number's parts, when, and whose it is; no title."""
    return tx.rows(
        "SELECT medium_import.submission, medium_import.at, medium_import.person, submission.office, submission.filing_year,"
        " submission.filing_ordinal FROM medium_import JOIN submission ON submission.id = medium_import.submission"
        " ORDER BY medium_import.at DESC, medium_import.container LIMIT :most",
        most=most,
    )


def receipt_of(tx: Tx, submission: str) -> bytes:
    """Return the stored receipt of what a medium brought, byte for byte. Raises Problem NOT_FOUND for anything else."""
    row = tx.row(
        "SELECT answer.body FROM medium_import JOIN answer ON answer.submission = medium_import.submission"
        " WHERE medium_import.submission = :id LIMIT 1",
        id=submission,
    )
    if row is None or row.body is None:
        raise Problem(ProblemType.NOT_FOUND, "receipt")
    return bytes(row.body)


def lists_for(tx: Tx, receipts: list[bytes]) -> list[bytes]:
    """Return the revocation lists (DER) that cover these receipts' instants: without a network a township can ask for none."""
    said = [decode(decode(body, Envelope).receipt, Receipt) for body in receipts]
    return offices.crls_covering(tx, sorted({at for one in said for at in (one.at, one.received_at) if at is not None}))


def containers(places: list[Path]) -> list[Path]:
    """Return the containers that were named, or that lie in a folder or on a medium. Raises Problem INPUT_UNREADABLE."""
    found: list[Path] = []
    for place in places:
        folder = place / TO_COUNTY if (place / TO_COUNTY).is_dir() else place
        found += sorted(folder.glob("*.asice")) if folder.is_dir() else [place]
    for path in found:
        if not path.is_file():
            raise Problem(ProblemType.INPUT_UNREADABLE, str(path))
    return found


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """Yield a file piece by piece. Raises Problem INPUT_UNREADABLE: a medium may be pulled out."""
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error


def write_back(medium: Path, receipts: dict[str, bytes], lists: list[bytes]) -> list[Path]:
    """Write receipts and lists onto a medium, for its way back; never through a link that somebody else put there.

    Raises Problem FOLDER_READ_ONLY.
    """
    written = []
    try:
        for name, content, folder in (
            *((f"{submission}.json", body, RECEIPTS) for submission, body in receipts.items()),
            # by what they are: those of an earlier journey stay beside them until their receipts were taken
            *((f"{hashlib.sha256(der).hexdigest()[:32]}.crl", der, LISTS) for der in lists),
        ):
            place = medium / FROM_COUNTY / folder
            if not place.resolve().is_relative_to(medium.resolve()) or (place / name).is_symlink():
                raise Problem(ProblemType.FOLDER_READ_ONLY, f"{medium}: a link leads elsewhere")
            place.mkdir(parents=True, exist_ok=True)
            write_durably(place / name, content, 0o644)
            written.append(place / name)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, str(medium)) from error
    return written


async def import_medium(desk: "Desk", *, path: str) -> dict[str, Any]:
    """Take one container in: what the running service does for the command. Raises Problem FOLDER_IN_USE without a service."""
    if desk.service is None:
        raise Problem(ProblemType.FOLDER_IN_USE, "no service")
    return await import_one(desk.service, Path(path), PATIENCE)


async def import_one(service: Service, path: Path, patience: float) -> dict[str, Any]:
    """Take one file in and say what became of it, with the revocation lists that cover its receipt (DER, base64)."""
    found = await bring(service, Intake(service), path.name, pieces(path), None, patience)
    lists = await service.database.read(lists_for, [found.receipt]) if found.receipt else []
    said: dict[str, Any] = {"file": found.name, "state": found.state, "submission": found.submission, "receipt": found.receipt.decode()}
    said |= {"lists": [base64.b64encode(each).decode() for each in lists]}
    return said | ({} if found.problem is None else {"error": found.problem.render()})
