"""THE state table of a sealed submission: `(state, act) -> Rule`. Checks and texts derive from it."""

from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Role, Word


class Seal(Word):
    """How far the sealing of a submission is."""

    CONTAINED = "contained", "封存中", "being sealed"
    SEALED = "sealed", "已封存", "sealed"
    ORDERED = "ordered", "待销毁", "destruction ordered"
    DESTROYING = "destroying", "销毁中", "being destroyed"
    DESTROYED = "destroyed", "已销毁", "destroyed"
    RELEASED = "released", "已解除封存", "released"


class Act(Word):
    """What an officer of the county may do with one."""

    LOOK = "look", "查看", "look at it"
    RELEASE = "release", "解除封存", "release it"
    DESTROY = "destroy", "申请销毁", "order its destruction"
    CONFIRM = "confirm", "确认销毁", "confirm the destruction"


class Rule(NamedTuple):
    """Where an act leads, whose it is, and the event it leaves."""

    to: Seal
    role: Role
    event: Event
    needs_reason: bool = False


OFFICER: Final = Role.CONFIDENTIALITY
REPORTERS: Final = frozenset({Role.CONFIDENTIALITY, Role.ADMINISTRATOR})
"""Who may seal by hand."""
LOOKERS: Final = frozenset({Role.CONFIDENTIALITY, Role.LEADER})
"""Who may see what is sealed: that it is, when and why; never what."""

TRANSITIONS: Final[dict[tuple[Seal, Act], Rule]] = {
    (Seal.SEALED, Act.LOOK): Rule(Seal.SEALED, OFFICER, Event.SEAL_OPENING),
    (Seal.ORDERED, Act.LOOK): Rule(Seal.ORDERED, OFFICER, Event.SEAL_OPENING),
    (Seal.SEALED, Act.RELEASE): Rule(Seal.RELEASED, OFFICER, Event.SEAL_RELEASE, needs_reason=True),
    (Seal.ORDERED, Act.RELEASE): Rule(Seal.RELEASED, OFFICER, Event.SEAL_RELEASE, needs_reason=True),
    (Seal.SEALED, Act.DESTROY): Rule(Seal.ORDERED, OFFICER, Event.DESTRUCTION_ORDER, needs_reason=True),
    (Seal.ORDERED, Act.CONFIRM): Rule(Seal.DESTROYING, Role.LEADER, Event.DESTRUCTION),
}
"""What the program does by itself is no act of a person: contained -> sealed, and destroying -> destroyed."""

MAX_REASON: Final = 500


def decide(state: Seal, act: Act, office: str, role: Role, reason: str = "") -> Rule:
    """Return the rule that applies. Raises Problem NOT_ALLOWED, ACTION_NOT_POSSIBLE or REASON_REQUIRED, in this order."""
    if office != COUNTY or not any(rule.role is role for (_, possible), rule in TRANSITIONS.items() if possible is act):
        raise Problem(ProblemType.NOT_ALLOWED, f"{act.value}: {role.value}")
    rule = TRANSITIONS.get((state, act))
    if rule is None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, f"{act.value}: {state.value}")
    if rule.needs_reason:
        require_reason(reason)
    return rule


def require_reason(reason: str) -> str:
    """Return the reason without outer spaces. Raises Problem REASON_REQUIRED."""
    cleaned = reason.strip()
    if not cleaned or len(cleaned) > MAX_REASON:
        raise Problem(ProblemType.REASON_REQUIRED, f"1 to {MAX_REASON} characters")
    return cleaned
