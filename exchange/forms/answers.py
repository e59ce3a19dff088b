"""What the API says of reply forms: frozen values, as they travel. Readers ignore members that they do not know."""

from typing import Annotated

from msgspec import Meta, Struct

from exchange.delivery.answers import EvidenceId
from exchange.delivery.own_words import Words
from exchange.forms.answering import Answer
from exchange.forms.rules import Filing
from schemas.messages import Date, Digest, Envelope, Instant, OfficeCode, PersonId, ReplyForm

PeriodKey = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}$(?!\\n)")]


class Turn(Struct, frozen=True):
    """A period of a form: the month in which it is due, and the last day in time."""

    period: PeriodKey
    due: Date


class Stand(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where an office stands in a period. `number` is that of its last answer: a new one names it as `previous`.

    `due` is the last day of this office, which an extension 延期 moves.

    `upload` is the submission that brought a filled workbook; `answer` what was filled in, where its text is kept.
    """

    period: PeriodKey
    state: Filing
    number: int
    due: Date | None = None
    late: bool = False
    at: Instant | None = None
    upload: Digest | None = None
    answer: Answer | None = None
    by: PersonId | None = None


class OfficeStands(Struct, frozen=True):
    """An office that is asked, and where it stands in each period."""

    office: OfficeCode
    name: str
    periods: tuple[Stand, ...]


class FormShown(Struct, frozen=True, omit_defaults=True, kw_only=True, rename={"from_": "from"}):
    """A reply form 回执单; `based_on` is the document on which it rests.

    To its recipient `mine` tells where the own office stands, to its sender `offices` where each does. `closure` is the receipt of the
    event FormClosure of a monthly form that is closed; one that was closed before there was such an event has none.
    """

    submission: Digest
    title: str
    number: str | None
    from_: OfficeCode
    form: ReplyForm
    based_on: str
    periods: tuple[Turn, ...]
    closed_at: Instant | None = None
    closure: Envelope | None = None
    mine: OfficeStands | None = None
    offices: tuple[OfficeStands, ...] = ()


class FormListed(Struct, frozen=True, omit_defaults=True, kw_only=True, rename={"from_": "from"}):
    """A form in a list; `due` is the last day of the period of now. To its sender, `answered` of `asked` offices have answered."""

    submission: Digest
    title: str
    number: str | None
    from_: OfficeCode
    kind: str
    period: PeriodKey
    due: Date
    state: Filing | None = None
    late: bool = False
    answered: int = 0
    asked: int = 0


class Forms(Struct, frozen=True):
    """Forms that the office is asked to answer, the soonest due first; and those that it sent, the newest first."""

    to_answer: tuple[FormListed, ...]
    sent: tuple[FormListed, ...]


class AnswerBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The body of an answer. `previous` is the number of the last one that was seen, 0 where there was none.

    `sign_for` signs for the document in the same step. What the person signs of it is a `Statement` of the event FormAnswer whose
    reason is the SHA-256 (hexadecimal) of the answer in canonical form.
    """

    answer: Answer
    previous: Annotated[int, Meta(ge=0)] = 0
    sign_for: bool = False
    statement: bytes = b""
    signature: bytes = b""


class Urged(Struct, frozen=True):
    """The offices that were urged."""

    urged: tuple[OfficeCode, ...]


class PeriodBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Which period is meant."""

    period: PeriodKey


class UrgeBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which period is urged for, and which offices: without any, all that have not answered.

    `signed` has what the person signed for each: a `Statement` of the event NotificationForAcceptance that names the office in
    `recipient`, with `催报回执单`, a space and the period as its reason.
    """

    period: PeriodKey
    offices: Annotated[tuple[OfficeCode, ...], Meta(max_length=1000)] = ()
    signed: Words = ()


class SameBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a new form would ask: its labels, and its template's name."""

    labels: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=200)] = []
    template: Annotated[str, Meta(max_length=255)] | None = None


class SameAsked(Struct, frozen=True):
    """A document of this quarter that asked for the same."""

    submission: Digest
    title: str
    number: str | None
    office: str
    day: Date
    labels: tuple[str, ...]
    sheet: bool


class Same(Struct, frozen=True):
    """Those documents, the newest first."""

    items: tuple[SameAsked, ...]


class Answered(Struct, frozen=True):
    """The evidence id of an answer's receipt."""

    evidence_id: EvidenceId
