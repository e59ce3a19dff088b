"""Makes evidence for tests: a county that is long gone, a real container, receipts in a real log, revocation lists.

Everything happens in 2005 and every certificate has expired by now: whoever looks at a clock refuses it.
"""

import dataclasses
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from authority_maker import County, make_county
from cryptography.hazmat.primitives.serialization import Encoding

from keys import bundle, cms, container, merkle, notes, timestamp
from keys.authority import Revoked
from keys.container import Part, Source
from keys.custody import Signer
from keys.evidence import Anchor
from keys.notes import Checkpoint, LogKey
from keys.trust import Trust
from schemas import instants
from schemas.messages import Digests, Document, Envelope, LogIdentity, Receipt, SecrecyCheck, Submission, canonical
from schemas.words import DocumentRole, Event, Kind, Origin

FOUNDED = datetime(2005, 3, 1, tzinfo=UTC)
RECEIVED = datetime(2005, 5, 10, 8, 30, 15, 250_000, tzinfo=UTC)
REVOKED = datetime(2005, 5, 12, 9, tzinfo=UTC)
ORIGIN = "qingshan.example/receipts"
TITLE = '关于"防汛"工作的报告 \\","from":"T99'
FILES = {"关于防汛工作的报告.pdf": b"%PDF-1.7 main document", "attachments/降雨 量&表.csv": b"day,mm\n1,20\n", "attachments/空.txt": b""}


@dataclass
class Book:
    """The county's log: whatever is written into it gets its proof when the case is closed."""

    county: County
    receipt_signer: Signer
    timestamp_signer: Signer
    entries: list[bytes] = field(default_factory=list)
    signed: list[tuple[int, Receipt, bytes, bytes, bytes]] = field(default_factory=list)

    @property
    def log(self) -> LogKey:
        return LogKey(ORIGIN, self.county.log_key.public_key().public_bytes_raw())

    def fill(self, count: int) -> None:
        """Let other offices' receipts pass."""
        self.entries += [hashlib.sha256(b"other %d" % len(self.entries)).digest() for _ in range(count)]

    def write(
        self,
        receipt: Receipt,
        *,
        stamped: timedelta = timedelta(),
        signed: timedelta = timedelta(),
        message: bytes | None = None,
    ) -> None:
        """Sign, stamp and log a receipt, or `message` in its place; token and signature may be dated otherwise than the receipt."""
        at = instants.read(receipt.at)
        message = canonical(receipt) if message is None else message
        signature = cms.sign(hashlib.sha256(message).digest(), self.receipt_signer, at + signed)
        stamp = timestamp.stamp(signature, self.timestamp_signer, at + stamped, len(self.entries) + 1)
        self.signed.append((len(self.entries), receipt, message, signature, stamp))
        self.entries.append(hashlib.sha256(message + signature).digest())

    def envelopes(self, size: int | None = None) -> list[Envelope]:
        """Return all receipts with proofs to one checkpoint."""
        size = size or len(self.entries)
        node_at = nodes(self.entries)
        checkpoint = Checkpoint(ORIGIN, size, merkle.root(node_at, size))
        note = notes.sign_checkpoint(checkpoint, self.county.log_key)
        return [
            Envelope(
                submission=receipt.submission,
                receipt=message,
                signature=signature,
                timestamp=stamp,
                proof=notes.write_proof(leaf, merkle.inclusion_proof(node_at, leaf, size), note),
            )
            for leaf, receipt, message, signature, stamp in self.signed
        ]


def nodes(entries: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """Return `node_at` over a list of log entries."""

    def node_at(level: int, index: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(entries[index])
        return merkle.node_hash(node_at(level - 1, 2 * index), node_at(level - 1, 2 * index + 1))

    return node_at


def identity(log: LogKey) -> LogIdentity:
    return LogIdentity(origin=log.origin, key=log.digest)


@dataclass(frozen=True)
class Case:
    """One submission and what became of it."""

    county: County
    container: bytes
    submission: str
    receipts: tuple[Envelope, ...]
    crls: tuple[bytes, ...]
    log: LogKey

    @property
    def trust_pem(self) -> bytes:
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.county.root, *self.county.chain))

    @property
    def anchor(self) -> Anchor:
        return Anchor(Trust(self.county.root, self.county.chain, self.county.trust.crls), self.log)

    def write(self, path: Path) -> Path:
        """Write the bundle."""
        with path.open("wb") as out:
            bundle.write_bundle(
                out,
                container=io.BytesIO(self.container),
                receipts=self.receipts,
                trust_pem=self.trust_pem,
                crls=self.crls,
                log_key=self.log,
            )
        return path

    def but(self, **changes: object) -> "Case":
        """Return the case with other parts."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]  # the caller names fields


def metadata_for(office: str, recipients: Sequence[str], title: str = TITLE) -> Callable[[Sequence[Part]], bytes]:
    """Return what `container.pack` asks for."""

    def metadata_of(parts: Sequence[Part]) -> bytes:
        return canonical(
            Submission(
                type="submission/v1",
                reference="0f8fad5b-d9cb-469f-a165-70867728950e",
                version=1,
                from_=office,
                to=list(recipients),
                kind=Kind.REPORT,
                number="城政发〔2005〕12号",
                title=title,
                date_issued="2005-05-09",
                classification="非涉密",
                secrecy_check=SecrecyCheck(by="李四", at="2005-05-10T08:00:00.000Z"),
                documents=[
                    Document(
                        name=part.name,
                        role=DocumentRole.ATTACHMENT if number else DocumentRole.MAIN,
                        origin=Origin.SCAN,
                        media_type=part.media_type,
                        size=part.size,
                        sha256=part.sha256,
                    )
                    for number, part in enumerate(parts)
                ],
            )
        )

    return metadata_of


def packed(
    signers: Sequence[Signer],
    *,
    office: str = "T01",
    recipients: Sequence[str] = ("county",),
    files: dict[str, bytes] = FILES,
    title: str = TITLE,
) -> bytes:
    """Return a container that these signed a quarter of an hour before it was received."""

    def signing(signer: Signer) -> Callable[[bytes], bytes]:
        return lambda manifest: cms.sign(hashlib.sha256(manifest).digest(), signer, RECEIVED - timedelta(minutes=15))

    sources = [
        Source(name, "application/pdf" if name.endswith(".pdf") else "text/csv", lambda content=content: io.BytesIO(content))  # type: ignore[misc]  # a default binds the loop's value
        for name, content in files.items()
    ]
    out = io.BytesIO()
    first, *further = map(signing, signers)
    container.pack(out, metadata_for(office, recipients, title), sources, first, further)
    return out.getvalue()


def history(
    content: bytes, log: LogKey, *, office: str = "T01", by: str = "T01.1", recipients: Sequence[str] = ("county",)
) -> list[Receipt]:
    """Return the unsigned receipts of a submission: accepted, consigned to each recipient, signed for by each."""
    whole = container.read(io.BytesIO(content))
    submission = whole.head.manifest_sha256
    told: list[tuple[Event, str, str | None, str | None, datetime]] = [(Event.SUBMISSION_ACCEPTANCE, office, None, by, RECEIVED)]
    told += [(Event.CONTENT_CONSIGNMENT, one, one, None, RECEIVED) for one in recipients]
    told += [(Event.CONSIGNMENT_ACCEPTANCE, office, one, f"{one}.1", RECEIVED + timedelta(days=6)) for one in recipients]
    receipts: list[Receipt] = []
    sequences: dict[str, int] = {}
    for event, owner, recipient, person, at in told:
        sequences[owner] = sequences.get(owner, 0) + 1
        accepted = event is Event.SUBMISSION_ACCEPTANCE
        receipts.append(
            Receipt(
                event=event.value,
                evidence_id=hashlib.sha256(f"{submission} {len(receipts)}".encode()).hexdigest()[:32],
                submission=submission,
                office=owner,
                sequence=sequences[owner],
                recipient=recipient,
                received_at=instants.write(RECEIVED) if accepted else None,
                at=instants.write(at + timedelta(seconds=1)),
                by=person,
                previous=receipts[-1].evidence_id if receipts else None,
                digests=Digests(manifest=submission, container=whole.sha256) if accepted else None,
                log=identity(log),
            )
        )
    return receipts


def open_book(county: County) -> Book:
    return Book(county, county.receipt_signer, county.timestamp_signer)


def make_case(county: County | None = None, *, recipients: Sequence[str] = ("county",), title: str = TITLE) -> Case:
    """Make a whole case; its sender's certificate is revoked after the submission was received."""
    county = county or make_county(FOUNDED)
    signer = county.person_signer()
    content = packed([signer], recipients=recipients, title=title)
    before = county.issuing.crl(60, (), RECEIVED - timedelta(days=2), 7)
    after = county.issuing.crl(61, [Revoked(signer.certificate.serial_number, REVOKED)], REVOKED, 7)
    county = dataclasses.replace(county, trust=Trust(county.root, county.chain, (before, after)))
    book = open_book(county)
    book.fill(5)
    for receipt in history(content, book.log, recipients=recipients):
        book.write(receipt)
        book.fill(1)
    return Case(
        county=county,
        container=content,
        submission=container.read(io.BytesIO(content)).head.manifest_sha256,
        receipts=tuple(book.envelopes()),
        crls=tuple(each.public_bytes(Encoding.DER) for each in (before, after)),
        log=book.log,
    )
