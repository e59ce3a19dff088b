"""Makes submissions for tests: signed containers as a township's client sends them, and what is needed around them."""

import hashlib
import io
import pathlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from archive.reading import formats
from keys import cms, container
from keys.container import Part, Source
from keys.custody import Signer
from schemas import instants
from schemas.messages import Document, SecrecyCheck, Submission, canonical
from schemas.words import UNCLASSIFIED, DocumentRole, Kind, Origin

TEXT = "关于今年防汛准备工作的情况。\n各村已完成隐患排查，储备沙袋二千只。\n".encode()


@dataclass(kw_only=True)
class Letter:
    """What a clerk wants to send; `fields` override the metadata's."""

    sender: str = "T01"
    to: tuple[str, ...] = ("county",)
    title: str = "防汛准备工作情况"
    files: dict[str, bytes] = field(default_factory=lambda: {"防汛准备工作情况.txt": TEXT})
    media_types: dict[str, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    fields: dict[str, Any] = field(default_factory=dict)

    def message(self, parts: Sequence[Part]) -> Submission:
        documents = [
            Document(
                name=part.name,
                role=DocumentRole.MAIN if place == 0 else DocumentRole.ATTACHMENT,
                origin=Origin.BORN_DIGITAL,
                media_type=part.media_type,
                size=part.size,
                sha256=part.sha256,
            )
            for place, part in enumerate(parts)
        ]
        fields: dict[str, Any] = {
            "type": "submission/v1",
            "reference": str(uuid.uuid4()),
            "version": 1,
            "from_": self.sender,
            "to": list(self.to),
            "kind": Kind.INFORMATION,
            "title": self.title,
            "date_issued": "2026-11-20",
            "classification": UNCLASSIFIED,
            "secrecy_check": SecrecyCheck(by="张三", at=instants.write(self.at)),
            "documents": documents,
        }
        return Submission(**(fields | self.fields))

    def media_type(self, name: str) -> str:
        known = {accepted.extension: accepted.media_type for accepted in formats.ACCEPTED}
        return self.media_types.get(name) or known.get(pathlib.PurePath(name).suffix, "application/octet-stream")


def pack_with(
    letter: Letter,
    signer: Signer,
    *,
    change: Callable[[bytes], bytes] = bytes,
    sign: Callable[[bytes], bytes] | None = None,
    further: Sequence[Signer] = (),
) -> bytes:
    """Return a container whose metadata bytes went through `change`, or whose signature is what `sign(manifest)` gives."""
    out = io.BytesIO()
    sources = [Source(name, letter.media_type(name), lambda content=content: io.BytesIO(content)) for name, content in letter.files.items()]

    def signing(by: Signer) -> Callable[[bytes], bytes]:
        return lambda manifest: cms.sign(hashlib.sha256(manifest).digest(), by, letter.at)

    def metadata_of(parts: Sequence[Part]) -> bytes:
        return change(canonical(letter.message(parts)))

    container.pack(out, metadata_of, sources, sign or signing(signer), [signing(by) for by in further])
    return out.getvalue()


def head_of(packed: bytes) -> bytes:
    """Return what comes before the first document's local header: all that is needed to know the signer."""
    first = container.read(io.BytesIO(packed)).parts[0]
    return packed[: first.offset - 30 - len(first.name.encode())]


def pack(letter: Letter, signer: Signer) -> bytes:
    """Return the container's bytes."""
    out = io.BytesIO()
    sources = [Source(name, letter.media_type(name), lambda content=content: io.BytesIO(content)) for name, content in letter.files.items()]

    def sign(manifest: bytes) -> bytes:
        return cms.sign(hashlib.sha256(manifest).digest(), signer, letter.at)

    container.pack(out, lambda parts: canonical(letter.message(parts)), sources, sign)
    return out.getvalue()
