"""What is sent in the story: a paper, its metadata and the container that its sender signs."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from exchange.demo.papers import Paper
from exchange.demo.year import scans
from exchange.demo.year.people import Actor
from keys import cms, container
from keys.container import Part, Source
from schemas import instants
from schemas.messages import Document, SecrecyCheck, Submission, canonical
from schemas.words import UNCLASSIFIED, DocumentRole, Origin, Urgency

_PDF: Final = "application/pdf"
_TEXT: Final = "text/plain"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One submission to be: `extra` are further members of the metadata."""

    sender: Actor
    place: str
    to: tuple[str, ...]
    paper: Paper
    scanned: bool
    urgency: Urgency = Urgency.NORMAL
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def numbered(self) -> bool:
        """Whether it bears a document number."""
        return self.paper.number is not None


def pack(letter: Letter, random: Random, now: datetime) -> bytes:
    """Return the signed container; the same letter, chance and instant give the same submission."""
    paper = letter.paper
    scanned = letter.scanned and scans.font_file() is not None
    name = f"{paper.stem}.{'pdf' if scanned else 'txt'}"
    content = scans.scan(paper, letter.place, random) if scanned else _text(letter)
    reference = str(UUID(int=random.getrandbits(128), version=4))

    def metadata(parts: Any) -> bytes:
        (part,) = parts
        return canonical(_message(letter, part, reference, now, scanned=scanned))

    def sign(manifest: bytes) -> bytes:
        return cms.sign(hashlib.sha256(manifest).digest(), letter.sender.signer, now)

    out = io.BytesIO()
    container.pack(out, metadata, [Source(name, _PDF if scanned else _TEXT, lambda: io.BytesIO(content))], sign)
    return out.getvalue()


def _text(letter: Letter) -> bytes:
    paper = letter.paper
    lines = [paper.title, "", *(f"　　{part}" for part in paper.body), "", letter.place, paper.dated, ""]
    return "\n".join(lines).encode()


def _message(letter: Letter, part: Part, reference: str, now: datetime, *, scanned: bool) -> Submission:
    paper, sender = letter.paper, letter.sender
    document = Document(
        name=part.name,
        role=DocumentRole.MAIN,
        origin=Origin.SCAN if scanned else Origin.BORN_DIGITAL,
        media_type=part.media_type,
        size=part.size,
        sha256=part.sha256,
    )
    return Submission(
        type="submission/v1",
        reference=reference,
        version=1,
        from_=sender.office,
        to=list(letter.to),
        kind=paper.kind,
        number=paper.number,
        title=paper.title,
        urgency=letter.urgency,
        date_issued=now.astimezone(instants.BEIJING).date().isoformat(),
        classification=UNCLASSIFIED,
        secrecy_check=SecrecyCheck(by=sender.name, at=instants.write(now)),
        documents=[document],
        **letter.extra,
    )
