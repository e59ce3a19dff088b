"""What an answer of the county means for an item of the outbox: decisions without any input or output.

The question "may these bytes be kept?" is answered by what a refusal is about, never by its number: a refusal of the
content, the signature or the size is for ever, so the bytes go; everything else is tried again with the same bytes.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Struct

from schemas.messages import Envelope, decode
from schemas.problems import Exit, Problem, ProblemType

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 3600.0
_TERMINAL: Final = frozenset({Exit.POLICY, Exit.REVIEW, Exit.SIGNATURE, Exit.INTEGRITY, Exit.USAGE, Exit.CONFLICT})
_OF_THE_WAY: Final = frozenset({ProblemType.TRUNCATED, ProblemType.REQUEST_MALFORMED})
"""The bytes were damaged on the way, or the request around them was: the item itself is as good as before."""
_KNOWN_ALREADY: Final = frozenset({ProblemType.ALREADY_SENT_OTHER_SIGNATURE, ProblemType.REFERENCE_USED})
_UNPROCESSABLE: Final = 422
_PLACE: Final = re.compile(r"/api/v1/inspections/[A-Za-z0-9_-]{1,200}")
"""Where an inspection may be: on the same line, never another address."""
_PREFIX: Final = "/problems/"


class TrustAnswer(Struct, frozen=True):
    """GET /trust: the issuing certificate and the newest revocation lists, DER, and the log's verifier line."""

    issuing: bytes
    crls: list[bytes]
    log: str


class Receipts(Struct, frozen=True):
    """A list of receipts as the county gives it."""

    receipts: list[Envelope]


class Lists(Struct, frozen=True):
    """The revocation lists that cover a submission's instants, DER."""

    crls: list[bytes]


class Progress(Struct, frozen=True):
    """How far the county is with a scan: the body of a 202. `place` is its place in the queue, 0 while it is looked at."""

    state: str
    pages_done: int
    pages: int
    place: int


@dataclass(frozen=True)
class Answer:
    """An answer as it came; `retry_after` in seconds, `location` where the county says to ask next."""

    status: int
    body: bytes
    media_type: str = ""
    retry_after: float | None = None
    location: str = ""


@dataclass(frozen=True)
class Accepted:
    """The county says that it has it; believed only once the receipt is verified."""

    envelope: Envelope
    exact: bytes


@dataclass(frozen=True)
class Refused:
    """Said no for good: the bytes are deleted."""

    problem: Problem


@dataclass(frozen=True)
class Known:
    """The county knows the item, or its reference, already: its status tells what became of it."""

    problem: Problem


@dataclass(frozen=True)
class Later:
    """Nothing is decided: the same bytes are sent again. `after` is the county's own wish, in seconds."""

    problem: Problem
    after: float | None = None


@dataclass(frozen=True)
class Inspecting:
    """The county has all of it and is looking at the scans: nothing is decided, and `place` is where to ask how far it is.

    Without a place, from a county that names none of its own, the same bytes are sent again.
    """

    place: str
    after: float | None
    progress: Progress | None

    @property
    def problem(self) -> Problem:
        """What is noted with the item, and said when nobody waits any longer."""
        return Problem(ProblemType.INSPECTING)


Decision = Accepted | Refused | Known | Later | Inspecting


def decide(answer: Answer) -> Decision:
    """Say what an answer to a submission means."""
    if answer.status in (200, 201):
        return _taken(answer)
    if answer.status == 202:  # noqa: PLR2004 - still being inspected
        place = answer.location if _PLACE.fullmatch(answer.location) else ""
        return Inspecting(place, answer.retry_after, _progress(answer))
    problem = problem_of(answer)
    if problem.kind in _KNOWN_ALREADY:
        return Known(problem)
    return Refused(problem) if final(problem, answer.status) else Later(problem, answer.retry_after)


def _progress(answer: Answer) -> Progress | None:
    try:
        return decode(answer.body, Progress)
    except Problem:  # a newer county's words, or none: it is known all the same that it is looking
        return None


def final(problem: Problem, status: int) -> bool:
    """Say whether a refusal is for good.

    A type that a newer county names and we do not know counts as a refusal of the content when its status is 422: such
    bytes may be confidential, and are not kept for want of a word.
    """
    if problem.kind is ProblemType.INTERNAL:
        return status == _UNPROCESSABLE
    return problem.kind is ProblemType.NOT_ALLOWED or (problem.kind.exit in _TERMINAL and problem.kind not in _OF_THE_WAY)


def _taken(answer: Answer) -> Decision:
    try:
        return Accepted(decode(answer.body, Envelope, ProblemType.RECEIPT_MALFORMED), answer.body)
    except Problem:  # a gateway's page, not the county's word
        return Later(Problem(ProblemType.NETWORK, f"HTTP {answer.status}: 不是县端的答复 / not the county's answer"))


def problem_of(answer: Answer) -> Problem:
    """Return the refusal that an answer bears; what is not the county's word (a gateway's page) is a failure of the network."""
    body: dict[str, Any] = {}
    if "json" in answer.media_type:
        try:
            body = decode(answer.body, dict[str, Any])
        except Problem:
            body = {}
    type_ = body.pop("type", None)
    if not isinstance(type_, str) or not type_.startswith(_PREFIX):
        return Problem(ProblemType.NETWORK, f"HTTP {answer.status}: 不是县端的答复 / not the county's answer")
    kind, detail = ProblemType.named(type_.removeprefix(_PREFIX)), str(body.pop("detail", ""))
    if kind is ProblemType.INTERNAL and type_ != f"{_PREFIX}{kind.type}":
        detail = f"{type_.removeprefix(_PREFIX)}: {body.get('title', '')} {detail}".rstrip()
    spoken = ("title", "title_en", "status", "advice", "advice_en", "kind", "detail")
    return Problem(kind, detail, **{name: value for name, value in body.items() if name not in spoken})


def wait(attempts: int, asked: float | None, jitter: float) -> float:
    """Return the seconds to wait after so many attempts; `jitter` is between 0 and 1. A wait that was asked for is kept."""
    grown = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, 20))
    return max(asked or 0.0, grown * (0.5 + jitter / 2))


def exit_code(codes: list[int]) -> int:
    """Return the exit code of a command over several items: their common one, or "partial" when they differ."""
    return codes[0] if len(set(codes)) == 1 else int(Exit.REVIEW) if codes else int(Exit.OK)


def what_became_of_it(status: dict[str, Any]) -> str:
    """Return `accepted`, or `sealed`, or `returned` when a recipient has returned it: said, not hidden behind an old "accepted"."""
    if status.get("sealed"):
        return "sealed"
    reviews = [delivery.get("review") for delivery in status.get("deliveries", [])]
    return "returned" if "returned" in reviews else "accepted"
