"""What administrators did 管理操作: kept beside the events, because inviting or naming somebody has none."""

from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Word

REPEATED: Final = "this form was sent before"
"""The detail of the problem that a form meets when it comes again."""


class Act(Word):
    """What an administrator does."""

    OFFICE_ADDED = "office_added", "登记单位", "office added"
    CONTACT_NAMED = "contact_named", "登记联系人", "contact named"
    INVITED = "invited", "发放注册码", "one-time code given"
    REVOKED = "revoked", "停用本机登记", "enrolments ended"
    LEFT = "left", "办理离岗", "person left"
    SCOPES_SET = "scopes_set", "设定接口权限", "scopes set"
    POLICY_CHANGED = "policy_changed", "变更检查规则", "policy changed"


class Acting(NamedTuple):
    """Who acts, None for the command on the county's machine; and which form it came by, empty where it was none."""

    person: str | None = None
    once: str = ""


COMMAND: Final = Acting()


def begin(tx: Tx, acting: Acting) -> None:
    """Raise Problem ACTION_NOT_POSSIBLE for a form that was sent before: codes are shown once, and nothing is done twice."""
    if acting.once and tx.row("SELECT 1 AS found FROM administration WHERE once = :once", once=acting.once) is not None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, REPEATED)


def note(tx: Tx, acting: Acting, act: Act, office: str | None, subject: str, now: datetime) -> None:
    """Keep that somebody did something; the first row of what one form does bears the form's name."""
    used = acting.once and tx.row("SELECT 1 AS found FROM administration WHERE once = :once", once=acting.once) is not None
    tx.run(
        "INSERT INTO administration (at, person, act, office, subject, once) VALUES (:at, :person, :act, :office, :subject, :once)",
        at=instants.write(now),
        person=acting.person,
        act=act.value,
        office=office,
        subject=subject,
        once=None if used or not acting.once else acting.once,
    )
