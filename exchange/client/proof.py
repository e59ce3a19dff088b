"""Believing the county only so far as it proves: receipts, the log's growth, and the own office's receipts without a gap."""

import asyncio
import base64
import binascii
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from exchange.client import home as homes
from exchange.client.core import Lists, Receipts, TrustAnswer
from exchange.client.home import Home
from exchange.client.http import Line
from exchange.client.outbox import Outbox
from keys import evidence, notes
from keys.container import Container
from keys.custody import write_durably
from keys.evidence import Anchor, Checked
from keys.notes import Checkpoint
from keys.trust import Trust
from schemas import instants
from schemas.messages import Envelope, Receipt, decode
from schemas.problems import Problem, ProblemType

PAGE: Final = 100
"""Receipts that the county gives at once; fewer mean that there are no more."""


CHECKPOINT = "checkpoint"
"""The newest verified checkpoint as a file: what the county asks for when it has to confirm a restored ledger."""


class Prover:
    """Verifies what the county hands out, for one home on one line.

    The line's checkpoint is kept at the newest one that was verified. What contradicts itself is kept in the alarm folder.
    """

    def __init__(self, home: Home, outbox: Outbox, line: Line) -> None:
        """Continue from the newest verified checkpoint."""
        self.home, self.outbox, self.line = home, outbox, line
        self.log = home.log
        self._trust = home.trust
        self._following = asyncio.Lock()
        line.checkpoint = base64.b64encode(outbox.checkpoint()).decode()

    async def receipt(self, envelope: Envelope, submission: str | None = None) -> Checked:
        """Verify a receipt and the log's growth up to it.

        Raises what `keys.evidence.check_receipt` raises, REVOCATION_UNKNOWN when no list is to be had, CONSISTENCY_PROOF.
        """
        await self._cover(envelope)
        try:
            checked = evidence.check_receipt(envelope, Anchor(self._trust, self.log), submission=submission)
        except Problem as problem:
            self._alarm(problem.kind.type, {"receipt.json": envelope.receipt, "receipt.p7s": envelope.signature, "proof": envelope.proof})
            raise
        if checked.checkpoint is not None:
            await self._follow(checked.checkpoint, notes.read_proof(envelope.proof)[2])
        if checked.receipt.office == self.home.enrolled.office:
            self.outbox.hold_receipt(self.log.digest, checked.receipt.sequence, checked.receipt.evidence_id)
        return checked

    async def acceptance(self, envelope: Envelope, container: Container) -> Checked:
        """Verify an acceptance receipt against the container that it accepts. Raises also what `check_acceptance` raises."""
        checked = await self.receipt(envelope, container.head.manifest_sha256)
        evidence.check_acceptance(checked, container, self._trust)
        return checked

    async def trust_covering(self, submission: str) -> tuple[Trust, list[bytes]]:
        """Return the trust with every list that covers the submission's instants, and these lists (DER)."""
        lists = decode(await self.line.get(f"/api/v1/submissions/{submission}/crls"), Lists, ProblemType.NETWORK).crls
        self._take(lists)
        return self._trust, lists

    async def chain(self) -> dict[str, Any]:
        """Verify every new receipt of the own office, and that none is missing. Raises Problem SEQUENCE_GAP also.

        A receipt that this home holds and the county's list lacks, or has under another id, is a gap too.
        """
        after = begun = self.outbox.chain_end(self.log.digest)
        held = self.outbox.held_receipts(self.log.digest)
        while True:
            envelopes = decode(await self.line.get(f"/api/v1/receipts?beyond={after}"), Receipts, ProblemType.NETWORK).receipts
            checked = [(await self.receipt(envelope)).receipt for envelope in envelopes]
            self._require_own(checked, held)
            after = evidence.check_sequence(checked, after)
            self.outbox.extend_chain(self.log.digest, [(receipt.sequence, receipt.evidence_id) for receipt in checked])
            if len(envelopes) < PAGE:
                break
        if held and max(held) > after:
            raise Problem(ProblemType.SEQUENCE_GAP, f"{self.home.enrolled.office} {max(held)}")
        return {"count": after, "new": after - begun, "gapless": True}

    def _require_own(self, receipts: list[Receipt], held: dict[int, str]) -> None:
        for receipt in receipts:
            if receipt.office != self.home.enrolled.office:
                raise Problem(ProblemType.SEQUENCE_GAP, f"{receipt.office}: 不是本单位的 / another office's")
            if held.get(receipt.sequence, receipt.evidence_id) != receipt.evidence_id:
                raise Problem(ProblemType.SEQUENCE_GAP, f"{receipt.office} {receipt.sequence}: 两份不同的回执 / two different receipts")

    async def _cover(self, envelope: Envelope) -> None:
        """Have a revocation list for every instant of the receipt: those kept, the newest ones, the submission's own."""
        said = decode(envelope.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
        moments = [instants.read(at) for at in (said.at, said.received_at) if at is not None]
        if self._covered(moments):
            return
        self._take(decode(await self.line.get("/trust", signed=False), TrustAnswer, ProblemType.NETWORK).crls)
        if not self._covered(moments) and said.submission is not None:
            await self.trust_covering(said.submission)
        elif not self._covered(moments):
            for at in filter(None, (said.at, said.received_at)):
                self._take(decode(await self.line.get(f"/trust/crls?at={at}", signed=False), Lists, ProblemType.NETWORK).crls)
        if not self._covered(moments):
            raise Problem(ProblemType.REVOCATION_UNKNOWN, said.at)

    def _covered(self, moments: list[datetime]) -> bool:
        lists = [listed for kept in self._trust.lists.values() for listed in kept]
        return all(any(listed.covers(moment.replace(microsecond=0)) for listed in lists) for moment in moments)

    def _take(self, lists: list[bytes]) -> None:
        if homes.keep_crls(self.home.folder, lists):
            self._trust = self.home.trust

    async def _follow(self, new: Checkpoint, note: bytes) -> None:
        """Hold a checkpoint against the newest verified one, in whichever order they were signed. Raises CONSISTENCY_PROOF."""
        async with self._following:
            kept = self.outbox.root_at(new.size)
            if kept is not None and kept == new.root:
                return
            before = self.outbox.checkpoint()
            if before:
                old = notes.open_checkpoint(before, self.log)
                try:
                    smaller, larger = (old, new) if old.size <= new.size else (new, old)
                    evidence.check_consistency(smaller, larger, await self._grown(smaller.size, larger.size))
                except Problem as problem:
                    if problem.kind is ProblemType.CONSISTENCY_PROOF:
                        self._alarm(problem.kind.type, {"old.note": before, "new.note": note})
                    raise
            self.outbox.keep_checkpoint(new.size, new.root, note)
            write_durably(self.home.folder / CHECKPOINT, self.outbox.checkpoint())
            self.line.checkpoint = base64.b64encode(self.outbox.checkpoint()).decode()

    async def _grown(self, smaller: int, larger: int) -> list[bytes]:
        """Fetch the proof between two sizes; a county that says it has no such tree contradicts its own signature."""
        if smaller == larger:
            return []
        try:
            text = await self.line.get(f"/log/consistency/{smaller}/{larger}", signed=False)
            return [base64.b64decode(line, validate=True) for line in text.splitlines()]
        except binascii.Error as error:
            raise Problem(ProblemType.CONSISTENCY_PROOF, "base64") from error
        except Problem as problem:
            if problem.kind in (ProblemType.NOT_FOUND, ProblemType.REQUEST_MALFORMED):
                raise Problem(ProblemType.CONSISTENCY_PROOF, f"{smaller}, {larger}: {problem.kind.type}") from problem
            raise

    def _alarm(self, reason: str, parts: dict[str, bytes]) -> None:
        now = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        folder: Path = self.home.alarm / f"{now}-{reason}"
        homes.make_folder(folder)
        for name, content in parts.items():
            homes.keep(folder / name, content)
