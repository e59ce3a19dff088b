"""Answering as one act: judged by the policy before anything is kept, then written once."""

from datetime import datetime

from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange import idempotency
from exchange.delivery import moves
from exchange.forms import answering, store
from exchange.forms.store import Writing
from exchange.idempotency import Once
from exchange.office.store import Person
from exchange.service import Service


async def answer(service: Service, caller: Person, submission: str, writing: Writing, once: Once | None = None) -> str:
    """Keep an answer; returns the evidence id of its receipt. Under a key it is written once, whatever came since.

    Raises what `answering.require_unmarked` raises, and then nothing is kept; NOT_ALLOWED for who has left since; and what
    `store.answer` and `idempotency.recall` raise.
    """
    answering.require_unmarked(writing.answer, service.policy)
    return await service.sign(_once, service.county.notary, caller, submission, writing, once, service.watch.signing_now())


def _once(tx: Tx, notary: Notary, caller: Person, submission: str, writing: Writing, once: Once | None, now: datetime) -> str:
    moves.require_here(tx, caller)
    if once is not None and (before := idempotency.recall(tx, caller.id, once)) is not None:
        return before
    evidence = store.answer(tx, notary, caller, submission, writing, now)
    if once is not None:
        idempotency.remember(tx, caller.id, once, evidence, now)
    return evidence
