"""What a person asks the county about their office's submissions and does with its deliveries; every receipt is verified."""

import base64
import os
import secrets
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final

from cryptography.hazmat.primitives.serialization import Encoding

from exchange.client import http, identifying, telling
from exchange.client.calling import keep_contact
from exchange.client.core import Receipts
from exchange.client.home import Home, open_home
from exchange.client.http import Line
from exchange.client.outbox import Outbox
from exchange.client.packing import private
from exchange.client.policy import follow_policy
from exchange.client.proof import Prover
from keys import bundle, container, evidence, statement
from keys.container import Container
from keys.evidence import Checked
from schemas import instants
from schemas.messages import Envelope, Statement, Submission, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event

_STATED: Final = {
    "sign-for": Event.CONSIGNMENT_ACCEPTANCE,
    "return": Event.CONSIGNMENT_REJECTION,
    "misdirect": Event.MISDIRECTION,
    "consent": Event.WITHDRAWAL,
    "refuse": Event.RECALL_REFUSAL,
}
"""What a person says under their own key, by the last part of the move's path."""
_SUFFIXES: Final = {"json": "receipt", "p7s": "signature", "tsr": "timestamp", "tlog-proof": "proof"}
_STATED_SUFFIXES: Final = {"statement.json": "statement", "statement.p7s": "statement_signature"}


class Desk:
    """A person at their desk: home, outbox, an open line."""

    def __init__(self, home: Home, outbox: Outbox, line: Line) -> None:
        """Take what is open already."""
        self.home, self.outbox, self.line = home, outbox, line
        self.prover = Prover(home, outbox, line)

    async def known(self, text: str, lists: Sequence[str] = identifying.LISTS) -> str:
        """Return the whole id of what is meant by an id, its first 8 or more digits, or a filing number.

        Raises what `identifying.identified` raises.
        """
        return await identifying.identified(text, self.line, self.outbox, lists)

    async def listed(self, which: str) -> list[dict[str, Any]]:
        """Return all rows of `inbox`, `submissions` or another list of the county's, newest first."""
        return await identifying.listed(self.line, which)

    async def status(self, submission: str) -> dict[str, Any]:
        """Return one submission with its deliveries and events."""
        return decode(await self.line.get(f"/api/v1/submissions/{submission}"), dict[str, Any])

    async def move(self, submission: str, action: str, reason: str = "") -> Envelope:
        """Open, sign for or return; returns the verified receipt. A POST, signed: no prefetch is ever a reception.

        What is signed for or returned is said under the person's own key, so the receipt stands on their word. An answer that
        was lost is asked for again under the same key, and the act is done once.
        """
        body = canonical(({"reason": reason} if reason else {}) | self.stated(submission, _STATED.get(action), reason))
        answer = await self.line.act(f"/api/v1/inbox/{submission}/{action}", body, str(uuid.uuid4()))
        envelope = decode(answer, Envelope, ProblemType.RECEIPT_MALFORMED)
        await self.prover.receipt(envelope, submission)
        return envelope

    def stated(self, submission: str, event: Event | None, reason: str, recipient: str | None = None) -> dict[str, str]:
        """Return the members of a move that hold what the person signs of it; a first reading is on the service's word.

        `recipient` is the office whose delivery it is when the sender acts.
        """
        now = self.line.now()
        if event is None or self.line.signer is None:
            return {}
        said = Statement(
            type="statement/v1",
            event=event.value,
            submission=submission,
            office=self.home.enrolled.office,
            person=self.home.enrolled.person,
            at=instants.write(now),
            nonce=secrets.token_hex(16),
            recipient=recipient,
            reason=reason.strip() or None,
        )
        signed = statement.sign(said, self.line.signer, now)
        return dict(zip(("statement", "signature"), (base64.b64encode(part).decode() for part in signed), strict=True))

    async def receipts(self, submission: str) -> list[tuple[Envelope, Checked]]:
        """Return every receipt that concerns the own office, verified, in order."""
        body = await self.line.get(f"/api/v1/submissions/{submission}/receipts")
        envelopes = decode(body, Receipts, ProblemType.RECEIPT_MALFORMED).receipts
        return [(envelope, await self.prover.receipt(envelope, submission)) for envelope in envelopes]

    async def fetch(self, submission: str, out: BinaryIO) -> Container:
        """Write the container to a file opened for reading too, and verify it against its acceptance receipt."""
        trust, _ = await self.prover.trust_covering(submission)
        await self.line.download(f"/api/v1/submissions/{submission}/container", out)
        out.seek(0)
        whole = container.read(out)
        accepted = [one for _, one in await self.receipts(submission) if one.receipt.event == Event.SUBMISSION_ACCEPTANCE.value]
        if len(accepted) != 1:
            raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, "acceptance")
        evidence.check_acceptance(accepted[0], whole, trust)
        return whole

    async def open(self, submission: str, out: Path) -> tuple[Envelope, Submission, list[Path]]:
        """Record the first reading, then write the documents, `metadata.json` and the container itself to a folder."""
        envelope = await self.move(submission, "open")
        make(out)
        with placed(out / "container.asice") as copy:
            whole = await self.fetch(submission, copy)
            written = [write_part(copy, out, part) for part in whole.parts]
        with placed(out / "metadata.json") as file:
            file.write(whole.head.metadata)
        return envelope, decode(whole.head.metadata, Submission), written

    async def evidence(self, submission: str, out: Path, *, slip: bool = False) -> bundle.Report:
        """Write an evidence zip; it gets its name once it has passed the check that a stranger would make.

        It is made to be given away: what the office wrote on its own handling slip is in it only when asked for.
        """
        make(out.parent)
        pem = b"".join(each.public_bytes(Encoding.PEM) for each in (self.home.root, self.home.issuing))
        with TemporaryFile() as content, placed(out) as zipped:
            await self.fetch(submission, content)
            receipts = [envelope for envelope, _ in await self.receipts(submission) if slip or not evidence.is_inner(envelope)]
            _, lists = await self.prover.trust_covering(submission)
            bundle.write_bundle(zipped, container=content, receipts=receipts, trust_pem=pem, crls=lists, log_key=self.prover.log)
            zipped.flush()
            return bundle.check_bundle(Path(zipped.name), self.home.trust.root_fingerprint)


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """Open a home, its outbox and the line to its county. Raises what `open_home` and `Outbox` raise."""
    home = open_home(folder)
    pem = home.root.public_bytes(Encoding.PEM)
    with Outbox(folder) as box:
        box.sweep()
        async with http.line(home.enrolled.url, home.enrolled.tls, pem, home.signer) as line:
            opened = Desk(home, box, line)
            await telling.tell(opened)
            yield opened
            if line.date is not None:  # the county was heard; who could not reach it is not made to wait once more
                await keep_contact(folder, line)
            await follow_policy(folder, line)


def write_receipts(envelopes: list[Envelope], out: Path) -> list[Path]:
    """Write receipts as 001.json, 001.p7s, 001.tsr, 001.tlog-proof and so on; returns the JSON files."""
    make(out)
    for number, envelope in enumerate(envelopes, 1):
        for suffix, field in (_SUFFIXES | (_STATED_SUFFIXES if envelope.statement else {})).items():
            with placed(out / f"{number:03}.{suffix}") as file:
                file.write(getattr(envelope, field))
    return [out / f"{number:03}.json" for number in range(1, len(envelopes) + 1)]


def read_receipt(path: Path) -> Envelope:
    """Read a receipt: an envelope, or the receipt's JSON with its siblings. Raises Problem INPUT_UNREADABLE or RECEIPT_MALFORMED."""
    try:
        content = path.read_bytes()
        try:
            return decode(content, Envelope, ProblemType.RECEIPT_MALFORMED)
        except Problem:
            signature, stamp, proof = (path.with_suffix(f".{suffix}").read_bytes() for suffix in ("p7s", "tsr", "tlog-proof"))
            beside = [path.with_suffix(f".{suffix}") for suffix in _STATED_SUFFIXES]
            said = [each.read_bytes() for each in beside] if beside[0].exists() else [b"", b""]
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, Path(str(error.filename)).name) from error
    return Envelope(receipt=content, signature=signature, timestamp=stamp, proof=proof, statement=said[0], statement_signature=said[1])


@contextmanager
def placed(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name when all of it is there. Raises Problem FOLDER_READ_ONLY."""
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}.new")
    try:
        with open(new, "x+b", opener=private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{path}: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)


def write_part(copy: BinaryIO, out: Path, part: container.StoredPart) -> Path:
    """Write one file of a container into a folder; returns where."""
    path = out / part.name
    make(path.parent)
    with placed(path) as file:
        copy.seek(part.offset)
        left = part.size
        while left and (piece := copy.read(min(left, 1 << 18))):
            file.write(piece)
            left -= len(piece)
    return path


def make(folder: Path) -> None:
    """Make a private folder, with what is above it. Raises Problem FOLDER_READ_ONLY."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{folder}: {error.strerror}") from error
