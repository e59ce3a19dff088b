"""Makes counties whose ledgers hold something, without HTTP: offices, people with keys, accepted submissions, moves."""

import asyncio
import contextlib
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from submission_maker import Letter, pack

from archive.blobs.files import FileBlobs
from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from archive.ledger.sqlite import SqliteDatabase
from archive.reading import plain
from archive.reading.kept import keep
from exchange.config import Settings
from exchange.county import County, today
from exchange.delivery import moving
from exchange.delivery.states import Action
from exchange.founding import found_county
from exchange.intake import store as submissions
from exchange.intake.store import Accepted
from exchange.office import enrol, store
from exchange.service import issue_crl
from keys import authority, container
from keys.custody import KeySigner
from keys.notes import LogKey
from keys.trust import Purpose
from schemas import instants
from schemas.messages import Submission, decode
from schemas.words import COUNTY, Handling, OfficeKind, Role

NOW = datetime(2026, 11, 20, 1, 0, 0, 250_000, tzinfo=UTC)


@cache
def notary() -> Notary:
    """Return a notary with keys of its own, for ledgers without a county folder."""
    keys = {name: ec.derive_private_key(seed, ec.SECP256R1()) for seed, name in enumerate(("root", "issuing", "receipt", "stamp"), 7)}
    root = authority.make_root("示例县", keys["root"], NOW)
    issuing = authority.make_issuing("示例县", root, keys["root"], keys["issuing"], NOW)
    issuer = authority.Issuer(issuing, keys["issuing"])

    def signer(name: str, subject: authority.Subject, purpose: Purpose) -> KeySigner:
        return KeySigner(keys[name], issuer.issue(subject, keys[name].public_key(), purpose, NOW, 1000), (issuing,))

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return Notary(
        receipts=signer("receipt", authority.Subject(name="receipts", office=COUNTY, service="receipt"), Purpose.RECEIPT),
        timestamps=signer("stamp", authority.Subject(name="stamps", service="timestamp"), Purpose.TIME_STAMP),
        log_private=private,
        log=LogKey("yizhan.invalid/test", private.public_key().public_bytes_raw()),
    )


def begin(tx: Tx, who: Notary) -> None:
    """Write the first rows of a ledger: its identity and the county's office."""
    log.found(tx, "示例县", who, "0" * 64, instants.write(NOW))
    store.add_office(tx, who, COUNTY, "示例县", OfficeKind.COUNTY, NOW)


@dataclass
class Filled:
    """An open county ledger and the people who can act in it."""

    county: County
    database: SqliteDatabase
    now: datetime = NOW
    people: dict[str, KeySigner] = field(default_factory=dict)

    async def office(self, code: str) -> None:
        await self.database.write(store.add_office, self.county.notary, code, f"{code} 镇", OfficeKind.TOWNSHIP, self.now)

    async def person(self, office: str, role: Role = Role.CLERK, name: str = "张三") -> str:
        person = await self.database.write(store.add_person, office, name, role, self.now)
        invitation = await self.database.write(enrol.invite, person, self.now)
        key = ec.generate_private_key(ec.SECP256R1())
        der = await self.database.write(enrol._certify, self.county, invitation, person, key.public_key(), self.now)
        self.people[person] = KeySigner(key, x509.load_der_x509_certificate(der), (self.county.issuer.certificate,))
        return person

    async def send(self, person: str, *to: str, files: dict[str, bytes] | None = None, **fields: Any) -> str:
        """Accept a submission of plain texts, blob first; returns its id."""
        letter = Letter(sender=person.split(".", maxsplit=1)[0], to=to or (COUNTY,), at=self.now, fields=fields)
        if files is not None:
            letter = replace(letter, files=files)
        packed = pack(letter, self.people[person])
        sha256 = hashlib.sha256(packed).hexdigest()
        await asyncio.to_thread(FileBlobs(self.county.folder / "blobs").put, sha256, len(packed), [packed], today(self.now))
        reader = container.Reader()
        reader.feed(packed)
        head = reader.finish().head
        accepted = Accepted(
            submission=head.manifest_sha256,
            container=sha256,
            size=len(packed),
            message=decode(head.metadata, Submission),
            metadata=head.metadata,
            person=person,
            received_at=self.now,
            policy="usual-000000000000",
            handling=Handling.NORMAL,
            kept=read_now(packed),
        )
        await self.database.write(submissions.accept, self.county.notary, accepted, self.now)
        return accepted.submission

    async def move(self, person: str, submission: str, action: Action, reason: str = "") -> str:
        caller = await self.database.read(store.person, person)
        return await self.database.write(moving.move, self.county.notary, caller, submission, action, self.now, reason=reason)


def read_now(packed: bytes) -> bytes:
    """Return the kept text of a container of plain texts, as the reading processes would have read it."""
    whole = container.read(io.BytesIO(packed))
    return keep({part.name: plain.read(packed[part.offset : part.offset + part.size]) for part in whole.parts})


def revoke(tx: Tx, county: County, person: str, now: datetime) -> None:
    """Revoke a person's certificates as the county's command does."""
    store.revoke(tx, county.notary, person, now)
    issue_crl(tx, county, now)


async def found(folder: Path, now: datetime = NOW) -> County:
    return await found_county(folder, Settings(name="示例县人民政府办公室"), now)


@contextlib.asynccontextmanager
async def opened(county: County, now: datetime = NOW) -> AsyncIterator[Filled]:
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now))
    try:
        yield Filled(county, database, now)
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def filled(folder: Path, now: datetime = NOW) -> AsyncIterator[Filled]:
    """Give a county with two townships, their people `T01.1`, `T02.1`, `county.1`, three submissions and some moves."""
    async with opened(await found(folder, now), now) as made:
        for code in ("T01", "T02"):
            await made.office(code)
        for office in ("T01", "T02", COUNTY):
            await made.person(office, Role.CLERK if office != COUNTY else Role.REVIEWER)
        first = await made.send("T01.1", COUNTY)
        second = await made.send("T01.1", COUNTY, cc=["T02"])
        await made.send("T02.1", COUNTY, addressees=["county.1"])
        await made.move("county.1", first, Action.OPEN)
        await made.move("county.1", first, Action.SIGN_FOR)
        await made.move("county.1", second, Action.OPEN)
        await made.move("county.1", second, Action.RETURN, "缺少附件")
        yield made


def database_of(connection: Any) -> Any:
    """Return the engine's own connection of an open database's writer: a fault test reaches inside."""
    return connection._writer._conn
