"""What was done and has no event of its own: by administrators 管理操作, and what anybody took away 导出.

Rows stay for ever, so they hold no titles and no words that somebody looked for: a title must be erasable.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Word

REPEATED: Final = "this form was sent before"
"""The detail of the problem that a form meets when it comes again."""


class Act(Word):
    """What is done."""

    OFFICE_ADDED = "office_added", "登记单位", "office added"
    OFFICE_RENAMED = "office_renamed", "单位更名", "office renamed"
    OFFICE_CLOSED = "office_closed", "撤销单位", "office closed"
    OFFICE_REOPENED = "office_reopened", "恢复单位", "office reopened"
    CONTACT_NAMED = "contact_named", "登记联系人", "contact named"
    DUTY_DESK_NAMED = "duty_desk_named", "登记值班电话", "duty desk named"
    PERSON_RENAMED = "person_renamed", "更正姓名", "person's name corrected"
    INVITED = "invited", "发放注册码", "one-time code given"
    REVOKED = "revoked", "停用本机登记", "enrolments ended"
    LEFT = "left", "办理离岗", "person left"
    STAFF_SETTLED = "staff_settled", "办理人员备案", "staff registry changed"
    STAFF_ERASED = "staff_erased", "清除离岗人员资料", "data of somebody who left erased"
    STAFF_REQUEST_ERASED = "staff_request_erased", "清除未到岗人员资料", "data of somebody who never came erased"
    SCOPES_SET = "scopes_set", "设定接口权限", "scopes set"
    POLICY_CHANGED = "policy_changed", "变更检查规则", "policy changed"
    PAPER_STOP_SET = "paper_stop_set", "设定停收纸质日期", "end of paper set"
    WORDS_ERASED = "words_erased", "清除登记内容", "words of a register erased"
    LEGACY_IMPORTED = "legacy_imported", "导入历史件", "documents from before imported"
    RETURN_REASON_SET = "return_reason_set", "设定退回原因", "reason for returning set"
    RETURN_REASON_DROPPED = "return_reason_dropped", "停用退回原因", "reason for returning taken off"
    DUTY_SET = "duty_set", "设定期限与提醒", "deadlines and reminders set"
    CALENDAR_CHANGED = "calendar_changed", "调整工作日", "working days changed"
    NOTICE_ADDRESS_SET = "notice_address_set", "登记通知地址", "address for messages set"
    DUTY_CODE_GIVEN = "duty_code_given", "签发临时注册码", "temporary code given"
    CODE_TAKEN_BACK = "code_taken_back", "作废注册码", "one-time code taken back"
    LIST_TAKEN = "list_taken", "导出清单", "list exported"
    MEDIUM_MADE = "medium_made", "制作断网介质", "medium made for an office"
    EVIDENCE_TAKEN = "evidence_taken", "下载存证包", "evidence bundle downloaded"


TAKINGS: Final = frozenset({Act.LIST_TAKEN, Act.EVIDENCE_TAKEN})
"""What anybody does who takes something away; all else is done by administrators."""


class List(Word):
    """A list that can be taken away."""

    SEARCH = "search", "检索结果", "what a search found"
    REGISTER = "register", "登记簿", "register"
    PEOPLE = "people", "人员名单", "people"
    PAPERLESS = "paperless", "无纸化率表", "paperless rate"
    STAFF = "staff", "人员备案表", "staff registry"
    AUDIT = "audit", "审计记录", "audit trail"
    ACTS = "acts", "管理操作", "acts of administrators"
    TAKINGS = "takings", "导出记录", "exports"
    RETURNS = "returns", "退回统计", "returns"


class Taking(NamedTuple):
    """A list that was taken away: which one, as what file, how many rows, and how it was narrowed down, by name.

    What is narrowed are choices out of lists, and days. Of words that were looked for it is kept that there were some.
    """

    of: List
    form: str
    rows: int
    narrowed: Mapping[str, str]

    def written(self) -> str:
        """Return it as it is kept."""
        kept = {"list": self.of.value, "form": self.form, "rows": self.rows, "narrowed": dict(self.narrowed)}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> "Taking":
        """Return what was kept."""
        kept = json.loads(text)
        return cls(List(kept["list"]), kept["form"], kept["rows"], kept["narrowed"])


class Acting(NamedTuple):
    """Who acts, None for the command on the county's machine; and which form it came by, empty where it was none."""

    person: str | None = None
    once: str = ""


COMMAND: Final = Acting()


def begin(tx: Tx, acting: Acting) -> None:
    """Raise Problem ACTION_NOT_POSSIBLE for a form that was sent before: codes are shown once, and nothing is done twice.

    Raises NOT_ALLOWED for who has left between asking and this transaction.
    """
    if acting.person is not None and not _is_here(tx, acting.person):
        raise Problem(ProblemType.NOT_ALLOWED, "left")
    if acting.once and tx.row("SELECT 1 AS found FROM administration WHERE once = :once", once=acting.once) is not None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, REPEATED)


def _is_here(tx: Tx, person: str) -> bool:
    return tx.row("SELECT 1 AS found FROM person_period WHERE person = :id AND valid_to IS NULL", id=person) is not None


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


def note_taking(tx: Tx, person: str, office: str, taking: Taking, now: datetime) -> None:
    """Keep that a person takes a list away; call it before the list is answered."""
    note(tx, Acting(person), Act.LIST_TAKEN, office, taking.written(), now)
