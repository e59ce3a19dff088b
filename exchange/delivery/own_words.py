"""What a person signs when they do one thing to several recipients: a statement for each, since one names one recipient."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from archive.ledger.receipts import Stated
from exchange.delivery import moves
from exchange.delivery.answers import Move
from exchange.office.store import Person
from keys.trust import Trust
from schemas.messages import OfficeCode
from schemas.problems import Problem, ProblemType

MOST: Final = 100
"""Statements of one request, which has 64 KiB: what is more goes in several requests, each of it done wholly or not at all."""

OwnWords = Mapping[str, Stated]
"""What was signed, by the recipient that it names; an act for a recipient that is not among them is on the service's word."""


class OwnWord(Struct, frozen=True, forbid_unknown_fields=True):
    """A `Statement` in canonical form that names this office in `recipient`, and a detached CAdES over it, both base64."""

    office: OfficeCode
    statement: bytes
    signature: bytes


Words = Annotated[tuple[OwnWord, ...], Meta(max_length=MOST)]


def stated_each(words: Sequence[OwnWord], caller: Person, trust: Trust, now: datetime) -> OwnWords:
    """Return what the caller signed, by office; that it is about this act is checked where it is done (`sender.act_as_sender`).

    Raises Problem STATEMENT_INVALID, also for two words about one office.
    """
    found = {}
    for word in words:
        signed = moves.stated(Move(statement=word.statement, signature=word.signature), caller, trust, now)
        if signed is None or word.office in found:
            raise Problem(ProblemType.STATEMENT_INVALID, word.office)
        found[word.office] = signed
    return found


def for_one(signed: Stated | None, offices: Sequence[str], each: OwnWords) -> OwnWords:
    """Add to the words for each office a single one, which speaks for the only office that is named.

    Raises Problem STATEMENT_INVALID where several offices or none are named.
    """
    if signed is None:
        return each
    if len(offices) != 1 or offices[0] in each:
        raise Problem(ProblemType.STATEMENT_INVALID, "one office at a time")
    return {**each, offices[0]: signed}
