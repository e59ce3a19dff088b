"""A county for a benchmark: founded in a folder, with townships whose clerks' keys the benchmark holds."""

import hashlib
import io
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.sqlite import SqliteDatabase
from exchange.config import Limits, Settings
from exchange.county import PERSON_DAYS, County, open_folder
from exchange.founding import found_county
from exchange.office import store
from keys import cms, container
from keys.authority import Subject
from keys.container import Part, Source
from keys.custody import KeySigner
from keys.trust import Purpose, fingerprint
from schemas import instants
from schemas.messages import Document, SecrecyCheck, Submission, canonical
from schemas.words import COUNTY, UNCLASSIFIED, DocumentRole, Kind, OfficeKind, Origin, Role

MANY: Final = 10**9
OPEN: Final = Limits(
    submissions_per_office_per_minute=MANY,
    failures_per_address_per_minute=MANY,
    inspection_seconds=60,
)
"""No limit of rates: a benchmark asks how fast, not how often."""


async def founded(folder: Path, townships: int) -> list[KeySigner]:
    """Found a county with so many townships `T01`… and return one clerk's signer for each."""
    now = datetime.now(UTC)
    county = await found_county(folder, Settings(name="示例县人民政府办公室", limits=OPEN), now)
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now), readers=0)
    try:
        return [await database.write(_clerk, county, f"T{number:02}", now) for number in range(1, townships + 1)]
    finally:
        await database.close()


async def reader(folder: Path) -> KeySigner:
    """Give the county office of a founded county a reviewer, who finds whatever was sent to it; returns the signer."""
    now, county = datetime.now(UTC), open_folder(folder)
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now), readers=0)
    try:
        return await database.write(_person, county, COUNTY, Role.REVIEWER, now)
    finally:
        await database.close()


def _clerk(tx: Tx, county: County, office: str, now: datetime) -> KeySigner:
    store.add_office(tx, county.notary, office, f"乡镇{office}", OfficeKind.TOWNSHIP, now)
    return _person(tx, county, office, Role.CLERK, now)


def _person(tx: Tx, county: County, office: str, role: Role, now: datetime) -> KeySigner:
    holder = store.person(tx, store.add_person(tx, office, "张三", role, now))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = Subject(name=holder.name, office=office, office_name=holder.office_name, person=holder.id)
    made = county.issuer.issue(subject, key.public_key(), Purpose.SUBMISSION, now, PERSON_DAYS)
    der, serial = made.public_bytes(Encoding.DER), f"{made.serial_number:x}"
    store.add_certificate(tx, county.notary, holder, store.Issued(der, fingerprint(made), serial, made.not_valid_after_utc), now)
    return KeySigner(key, made, (county.issuer.certificate,))


def packed(office: str, signer: KeySigner, title: str, files: Mapping[str, bytes]) -> bytes:
    """Return a signed container from an office to the county, as a client sends it; names end in `.pdf`."""
    at = datetime.now(UTC)

    def described(parts: Sequence[Part]) -> bytes:
        return canonical(_message(office, title, parts, at))

    def sign(manifest: bytes) -> bytes:
        return cms.sign(hashlib.sha256(manifest).digest(), signer, at)

    out = io.BytesIO()
    sources = [Source(name, "application/pdf", partial(io.BytesIO, content)) for name, content in files.items()]
    container.pack(out, described, sources, sign)
    return out.getvalue()


def _message(office: str, title: str, parts: Sequence[Part], at: datetime) -> Submission:
    roles = [DocumentRole.MAIN, *[DocumentRole.ATTACHMENT] * (len(parts) - 1)]
    return Submission(
        type="submission/v1",
        reference=str(uuid.uuid4()),
        version=1,
        from_=office,
        to=["county"],
        kind=Kind.INFORMATION,
        title=title,
        date_issued=at.date().isoformat(),
        classification=UNCLASSIFIED,
        secrecy_check=SecrecyCheck(by="张三", at=instants.write(at)),
        documents=[
            Document(name=part.name, role=role, origin=Origin.BORN_DIGITAL, media_type=part.media_type, size=part.size, sha256=part.sha256)
            for role, part in zip(roles, parts, strict=True)
        ],
    )
