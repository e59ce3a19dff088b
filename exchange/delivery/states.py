"""THE state table of a delivery: `(state, action) -> Rule`. Checks, buttons, texts and property tests derive from it.

Three small axes: has a person of the recipient office opened it, what did the office say of it, and is the sender asking for it back.
"""

import unicodedata
from enum import Enum, auto
from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event, Role, Word


class Opening(Word):
    """Whether the recipient's staff has read it; the first reading is the time of reception."""

    CONSIGNED = "consigned", "已送达", "delivered"
    OPENED = "opened", "已阅", "opened"


class Review(Word):
    """What the recipient office said."""

    PENDING = "pending", "待签收", "to be signed for"
    SIGNED_FOR = "signed_for", "已签收", "signed for"
    RETURNED = "returned", "已退回", "returned"
    MISDIRECTED = "misdirected", "误投已退", "misdirected"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class Recall(Word):
    """Whether the sender has asked for it back 撤回, which needs the recipient's consent once it was opened."""

    NONE = "none", "无", "none"
    REQUESTED = "requested", "申请撤回中", "recall requested"


class Side(Enum):
    """Whose act it is."""

    RECIPIENT = auto()
    SENDER = auto()
    CLOCK = auto()
    """Nobody's: a deadline has passed."""


class Action(Word):
    """What a person may do with a delivery."""

    OPEN = "open", "阅读", "open"
    SIGN_FOR = "sign_for", "签收", "sign for"
    RETURN = "return", "退回补正", "return"
    PROPOSE = "propose", "拟办", "propose an action"
    INSTRUCT = "instruct", "批示", "instruct"
    CONCLUDE = "conclude", "办理结果", "note the result"
    MISDIRECT = "misdirect", "误投退件", "say that it was misdirected"
    WITHDRAW = "withdraw", "撤回", "withdraw"
    ASK_BACK = "ask_back", "申请撤回", "ask for it back"
    CONSENT = "consent", "同意撤回", "consent to the recall"
    REFUSE = "refuse", "不同意撤回", "refuse the recall"
    URGE = "urge", "催办", "urge"
    EXTEND = "extend", "延期", "extend the deadline"
    EXPIRE = "expire", "逾期未签收", "note that it is overdue"


State = Opening | Review | Recall
OPEN_ENDED: Final = frozenset({Review.PENDING, Review.SIGNED_FOR})
"""From the other states of review nothing leads on."""
CLOSED: Final = frozenset({Review.MISDIRECTED, Review.WITHDRAWN})
"""In these the office has the item no more: neither its content nor what it is called."""

READERS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.CONFIDENTIALITY, Role.ARCHIVIST, Role.SERVICE})
"""An auditor's or an administrator's look is never a reception. A service account's scope is asked before this table."""
DECIDERS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.SERVICE})
PROPOSERS: Final = frozenset({Role.CLERK, Role.REVIEWER, Role.DUTY})
"""Who lays a paper before a leader: whoever signs for papers in an office. A small one has clerks alone."""
LEADERS: Final = frozenset({Role.LEADER})
CONCLUDERS: Final = PROPOSERS | LEADERS
"""On a slip people write: no service account does."""
SENDERS: Final = frozenset({Role.CLERK, Role.LEADER, Role.REVIEWER, Role.DUTY, Role.SERVICE})
"""Who looks after what an office has sent."""


class Rule(NamedTuple):
    """Where an action leads, who may do it, and the event it leaves.

    `needs_reason` says that it needs words, `side` whose act it is, `beside` what the other axes must show, `unless` what must not
    have happened to this delivery before.
    """

    to: State
    roles: frozenset[Role]
    event: Event
    needs_reason: bool = False
    side: Side = Side.RECIPIENT
    beside: frozenset[State] = frozenset()
    unless: Event | None = None

    @property
    def inner(self) -> bool:
        """Whether it is the recipient office's inner matter, of which no other office learns, and which leaves the delivery as it is."""
        return self.event in INNER_EVENTS


TRANSITIONS: Final[dict[tuple[State, Action], Rule]] = {
    (Opening.CONSIGNED, Action.OPEN): Rule(Opening.OPENED, READERS, Event.CONTENT_HANDOVER),
    (Review.PENDING, Action.SIGN_FOR): Rule(Review.SIGNED_FOR, DECIDERS, Event.CONSIGNMENT_ACCEPTANCE),
    (Review.PENDING, Action.RETURN): Rule(Review.RETURNED, DECIDERS, Event.CONSIGNMENT_REJECTION, needs_reason=True),
    (Review.SIGNED_FOR, Action.RETURN): Rule(
        Review.RETURNED, DECIDERS, Event.CONSIGNMENT_REJECTION, needs_reason=True, unless=Event.CONCLUSION
    ),
    # the handling slip 文件处理笺: one entry after another, on what the office has signed for
    (Review.SIGNED_FOR, Action.PROPOSE): Rule(Review.SIGNED_FOR, PROPOSERS, Event.PROPOSAL, needs_reason=True),
    (Review.SIGNED_FOR, Action.INSTRUCT): Rule(Review.SIGNED_FOR, LEADERS, Event.INSTRUCTION, needs_reason=True),
    (Review.SIGNED_FOR, Action.CONCLUDE): Rule(Review.SIGNED_FOR, CONCLUDERS, Event.CONCLUSION, needs_reason=True),
    # not for us 误投: the body is closed to the office at once
    (Review.PENDING, Action.MISDIRECT): Rule(Review.MISDIRECTED, DECIDERS, Event.MISDIRECTION, needs_reason=True),
    # recall 撤回: at once while nobody has opened it, with the recipient's consent afterwards
    (Review.PENDING, Action.WITHDRAW): Rule(
        Review.WITHDRAWN, SENDERS, Event.WITHDRAWAL, needs_reason=True, side=Side.SENDER, beside=frozenset({Opening.CONSIGNED})
    ),
    (Review.PENDING, Action.ASK_BACK): Rule(
        Recall.REQUESTED,
        SENDERS,
        Event.RECALL_REQUEST,
        needs_reason=True,
        side=Side.SENDER,
        beside=frozenset({Opening.OPENED, Recall.NONE}),
    ),
    (Review.SIGNED_FOR, Action.ASK_BACK): Rule(
        Recall.REQUESTED, SENDERS, Event.RECALL_REQUEST, needs_reason=True, side=Side.SENDER, beside=frozenset({Recall.NONE})
    ),
    (Recall.REQUESTED, Action.CONSENT): Rule(Review.WITHDRAWN, DECIDERS, Event.WITHDRAWAL),
    (Recall.REQUESTED, Action.REFUSE): Rule(Recall.NONE, DECIDERS, Event.RECALL_REFUSAL, needs_reason=True),
    # what the sender and the clock do leaves the delivery where it is
    (Review.PENDING, Action.URGE): Rule(Review.PENDING, SENDERS, Event.NOTIFICATION_FOR_ACCEPTANCE, side=Side.SENDER),
    # who has signed for it may still owe the reply that it asks for
    (Review.SIGNED_FOR, Action.URGE): Rule(Review.SIGNED_FOR, SENDERS, Event.NOTIFICATION_FOR_ACCEPTANCE, side=Side.SENDER),
    (Review.PENDING, Action.EXTEND): Rule(Review.PENDING, SENDERS, Event.DEADLINE_EXTENSION, needs_reason=True, side=Side.SENDER),
    (Review.SIGNED_FOR, Action.EXTEND): Rule(Review.SIGNED_FOR, SENDERS, Event.DEADLINE_EXTENSION, needs_reason=True, side=Side.SENDER),
    (Review.PENDING, Action.EXPIRE): Rule(Review.PENDING, frozenset(), Event.ACCEPTANCE_REJECTION_EXPIRY, side=Side.CLOCK),
}

MAX_REASON: Final = 2000


_OF_THE_SENDER: Final = frozenset(action for (_, action), rule in TRANSITIONS.items() if rule.side is Side.SENDER)
_UNASKED: Final = {
    Action.WITHDRAW: ProblemType.CONSENT_NEEDED,
    Action.CONSENT: ProblemType.RECALL_NOT_ASKED,
    Action.REFUSE: ProblemType.RECALL_NOT_ASKED,
}


class Position(NamedTuple):
    """Where a delivery stands on its axes."""

    opening: Opening
    review: Review
    recall: Recall = Recall.NONE

    def after(self, state: State) -> "Position":
        """Return the position once one axis has moved to `state`; what has come to its end is asked for no more."""
        if isinstance(state, Opening):
            return self._replace(opening=state)
        if isinstance(state, Recall):
            return self._replace(recall=state)
        return self._replace(review=state, recall=self.recall if state in OPEN_ENDED else Recall.NONE)

    def shown(self) -> list[str]:
        """Return the codes of the axes, without a recall that nobody asks for."""
        return [state.value for state in self if state is not Recall.NONE]

    def rule(self, action: Action) -> Rule | None:
        """Return the rule for an action here, whoever it is for; none where the office has the item no more: not even a first reading."""
        if self.review in CLOSED:
            return None
        found = (TRANSITIONS[state, action] for state in self if (state, action) in TRANSITIONS)
        return next((rule for rule in found if rule.beside <= set(self)), None)


EXCLUDING: Final = frozenset(rule.unless for rule in TRANSITIONS.values() if rule.unless is not None)
"""What, once it has happened, keeps some rule from leading on."""


def decide(
    position: Position,
    action: Action,
    role: Role,
    reason: str = "",
    *,
    side: Side = Side.RECIPIENT,
    happened: frozenset[Event] = frozenset(),
) -> Rule:
    """Return the rule that applies; `happened` are those of `EXCLUDING` that this delivery has seen.

    Raises Problem NOT_ALLOWED, what `_impossible` says of an action that does not lead on, HANDLED_ALREADY, or REASON_REQUIRED or
    WORDS_REQUIRED for words that are missing or too many, in this order.
    """
    if not any(role in rule.roles and rule.side is side for (_, possible), rule in TRANSITIONS.items() if possible is action):
        raise Problem(ProblemType.NOT_ALLOWED, f"{action.value}: {role.value}")
    rule = position.rule(action)
    if rule is None:
        raise Problem(_impossible(position, action), f"{action.value}: {', '.join(position.shown())}")
    if rule.unless in happened:
        raise Problem(ProblemType.HANDLED_ALREADY, action.value)
    wanting = ProblemType.WORDS_REQUIRED if rule.inner else ProblemType.REASON_REQUIRED
    if rule.needs_reason and not any(map(_shows, reason)):
        raise Problem(wanting)
    if len(reason) > MAX_REASON:
        raise Problem(wanting, f"at most {MAX_REASON} characters")
    return rule


def _impossible(position: Position, action: Action) -> ProblemType:
    """Return why an action does not lead on, as precisely as one axis can tell it."""
    if position.review is Review.WITHDRAWN:
        return ProblemType.WITHDRAWN
    if position.review not in OPEN_ENDED:
        returned = position.review is Review.RETURNED and action in _OF_THE_SENDER
        return ProblemType.RETURNED if returned else ProblemType.ACTION_NOT_POSSIBLE
    if action is Action.ASK_BACK:
        return ProblemType.RECALL_PENDING if position.recall is Recall.REQUESTED else ProblemType.NOT_OPENED_YET
    return _UNASKED.get(action, ProblemType.ACTION_NOT_POSSIBLE)


def possible(
    position: Position, role: Role, *, side: Side = Side.RECIPIENT, happened: frozenset[Event] = frozenset()
) -> tuple[Action, ...]:
    """Return the actions that a role has in a position, on one side."""
    found = ((action, position.rule(action)) for action in Action)
    allowed = ((action, rule) for action, rule in found if rule is not None and rule.unless not in happened)
    return tuple(action for action, rule in allowed if rule.side is side and role in rule.roles)


def _shows(character: str) -> bool:
    """Say whether a character is seen at all: spaces, controls and what has no width leave a paper that says nothing."""
    return unicodedata.category(character)[0] not in "ZC"
