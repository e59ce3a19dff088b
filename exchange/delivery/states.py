"""THE state table of a delivery: `(state, action) -> Rule`. Checks, buttons, texts and property tests derive from it.

Two small axes: has a person of the recipient office opened it, and what did the office say of it.
"""

import unicodedata
from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event, Role, Word


class Opening(Word):
    """Whether the recipient's staff has read it; the first reading is the time of reception."""

    CONSIGNED = "consigned", "已送达", "consigned"
    OPENED = "opened", "已阅", "opened"


class Review(Word):
    """What the recipient office said."""

    PENDING = "pending", "待签收", "to be signed for"
    SIGNED_FOR = "signed_for", "已签收", "signed for"
    RETURNED = "returned", "已退回", "returned"


class Action(Word):
    """What a person may do with a delivery."""

    OPEN = "open", "阅读", "open"
    SIGN_FOR = "sign_for", "签收", "sign for"
    RETURN = "return", "退回补正", "return"
    PROPOSE = "propose", "拟办", "propose an action"
    INSTRUCT = "instruct", "批示", "instruct"
    CONCLUDE = "conclude", "办理结果", "note the result"


State = Opening | Review

READERS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.CONFIDENTIALITY, Role.ARCHIVIST, Role.SERVICE})
"""An auditor's or an administrator's look is never a reception. A service account's scope is asked before this table."""
DECIDERS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.SERVICE})
PROPOSERS: Final = frozenset({Role.CLERK, Role.REVIEWER, Role.DUTY})
"""Who lays a paper before a leader: whoever signs for papers in an office. A small one has clerks alone."""
LEADERS: Final = frozenset({Role.LEADER})
CONCLUDERS: Final = PROPOSERS | LEADERS
"""On a slip people write: no service account does."""


class Rule(NamedTuple):
    """Where an action leads, who may do it, and the event it leaves; `needs_reason` says that it needs words."""

    to: State
    roles: frozenset[Role]
    event: Event
    needs_reason: bool = False

    @property
    def inner(self) -> bool:
        """Whether it is the recipient office's inner matter, of which no other office learns, and which leaves the delivery as it is."""
        return self.event in INNER_EVENTS


TRANSITIONS: Final[dict[tuple[State, Action], Rule]] = {
    (Opening.CONSIGNED, Action.OPEN): Rule(Opening.OPENED, READERS, Event.CONTENT_HANDOVER),
    (Review.PENDING, Action.SIGN_FOR): Rule(Review.SIGNED_FOR, DECIDERS, Event.CONSIGNMENT_ACCEPTANCE),
    (Review.PENDING, Action.RETURN): Rule(Review.RETURNED, DECIDERS, Event.CONSIGNMENT_REJECTION, needs_reason=True),
    (Review.SIGNED_FOR, Action.RETURN): Rule(Review.RETURNED, DECIDERS, Event.CONSIGNMENT_REJECTION, needs_reason=True),
    # the handling slip 文件处理笺: one entry after another, on what the office has signed for
    (Review.SIGNED_FOR, Action.PROPOSE): Rule(Review.SIGNED_FOR, PROPOSERS, Event.PROPOSAL, needs_reason=True),
    (Review.SIGNED_FOR, Action.INSTRUCT): Rule(Review.SIGNED_FOR, LEADERS, Event.INSTRUCTION, needs_reason=True),
    (Review.SIGNED_FOR, Action.CONCLUDE): Rule(Review.SIGNED_FOR, CONCLUDERS, Event.CONCLUSION, needs_reason=True),
}

MAX_REASON: Final = 2000


class Position(NamedTuple):
    """Where a delivery stands on both axes."""

    opening: Opening
    review: Review

    def after(self, state: State) -> "Position":
        """Return the position once one axis has moved to `state`."""
        return Position(state, self.review) if isinstance(state, Opening) else Position(self.opening, state)


def decide(position: Position, action: Action, role: Role, reason: str = "") -> Rule:
    """Return the rule that applies.

    Raises Problem NOT_ALLOWED, ACTION_NOT_POSSIBLE, or REASON_REQUIRED or WORDS_REQUIRED for words that are missing or too many, in
    this order.
    """
    if not any(role in rule.roles for (_, possible), rule in TRANSITIONS.items() if possible is action):
        raise Problem(ProblemType.NOT_ALLOWED, f"{action.value}: {role.value}")
    rule = next((TRANSITIONS[state, action] for state in position if (state, action) in TRANSITIONS), None)
    if rule is None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, f"{action.value}: {position.opening.value}, {position.review.value}")
    wanting = ProblemType.WORDS_REQUIRED if rule.inner else ProblemType.REASON_REQUIRED
    if rule.needs_reason and not any(map(_shows, reason)):
        raise Problem(wanting)
    if len(reason) > MAX_REASON:
        raise Problem(wanting, f"at most {MAX_REASON} characters")
    return rule


def possible(position: Position, role: Role) -> tuple[Action, ...]:
    """Return the actions that a role has in a position."""
    return tuple(action for action in Action for state in position if role in TRANSITIONS.get((state, action), _NOTHING).roles)


def _shows(character: str) -> bool:
    """Say whether a character is seen at all: spaces, controls and what has no width leave a paper that says nothing."""
    return unicodedata.category(character)[0] not in "ZC"


_NOTHING: Final = Rule(Opening.CONSIGNED, frozenset(), Event.CONTENT_HANDOVER)
