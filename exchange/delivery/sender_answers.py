"""What the API takes and says where the sending office acts on its deliveries."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.delivery.states import MAX_REASON
from schemas.messages import Date, Instant, OfficeCode, PersonId
from schemas.words import Event


class Taking(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a recall everywhere: why, in words that the recipients are shown."""

    reason: Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern=r"\S")]


class Further(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of a supplementary delivery: to which offices, as copies or not, and why.

    `respond_by` is the day by which the new offices are to answer what asks for an answer. Without it the document's own day counts, and
    where that is over the ordinary number of working days from now.
    """

    offices: Annotated[list[OfficeCode], Meta(min_length=1, max_length=200)]
    copy: bool = False
    reason: Annotated[str, Meta(max_length=MAX_REASON)] = ""
    respond_by: Date | None = None


class RecallStep(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One step of a recall: asked, refused, or taken back; `words` are absent where there are none or they were erased."""

    event: Event
    recipient: OfficeCode
    at: Instant
    by: PersonId
    words: str | None = None


class RecallSteps(Struct, frozen=True):
    """What was asked and answered, in order: all of it to the sender, its own to a recipient."""

    steps: list[RecallStep]
