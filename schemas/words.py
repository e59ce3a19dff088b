"""The vocabulary: code, Chinese shown, English shown. Codes travel and are stored; labels are only shown.

Sources: the fifteen statutory kinds 文种 are those of 党政机关公文处理工作条例 (2012) article 8; the form of the document
number follows GB/T 9704-2012 clause 7.2.5; event names follow ETSI EN 319 522 where that has a name.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple, Self


class Label(NamedTuple):
    """One text in the two languages of the house."""

    zh: str
    en: str


class Word(StrEnum):
    """A code with its label; `str(word)` is the code."""

    zh: str
    en: str

    def __new__(cls, code: str, zh: str = "", en: str = "") -> Self:
        """Make a member from its code and its two labels; `Role("clerk")` looks one up."""
        word = str.__new__(cls, code)
        word._value_ = code
        word.zh, word.en = zh, en
        return word

    @classmethod
    def named(cls, text: str) -> Self:
        """Return the word that a person typed: its code or its Chinese or English label. Raises ValueError."""
        wanted = text.strip().casefold()
        for word in cls:
            if wanted in (word.value.casefold(), word.zh, word.en.casefold()):
                return word
        raise ValueError(text)


class Kind(Word):
    """Kind of document 文种; the first fifteen are statutory and need a document number."""

    RESOLUTION = "resolution", "决议", "resolution"
    DECISION = "decision", "决定", "decision"
    ORDER = "order", "命令", "order"
    COMMUNIQUE = "communique", "公报", "communiqué"
    ANNOUNCEMENT = "announcement", "公告", "public announcement"
    PUBLIC_NOTICE = "public_notice", "通告", "public notice"
    OPINION = "opinion", "意见", "opinion"
    NOTICE = "notice", "通知", "notice"
    CIRCULAR = "circular", "通报", "circular"
    REPORT = "report", "报告", "report"
    REQUEST = "request", "请示", "request for instructions"
    REPLY = "reply", "批复", "reply"
    MOTION = "motion", "议案", "motion"
    LETTER = "letter", "函", "letter"
    MINUTES = "minutes", "纪要", "minutes"
    INFORMATION = "information", "信息", "information"
    BULLETIN = "bulletin", "简报", "bulletin"
    RESEARCH = "research", "调研报告", "research report"
    STATISTICS = "statistics", "报表", "statistical form"
    SUMMARY = "summary", "总结", "summary"
    PLAN = "plan", "方案", "plan"
    MEETING = "meeting", "会议材料", "meeting material"
    REPLY_FORM = "reply_form", "回执", "reply form"
    NAME_LIST = "name_list", "名单", "name list"
    NOTE = "note", "便函", "informal letter"
    OTHER = "other", "其他", "other material"

    @property
    def statutory(self) -> bool:
        """Whether this is one of the fifteen statutory kinds."""
        return self in STATUTORY


STATUTORY: Final = frozenset(list(Kind)[:15])

NUMBER: Final = re.compile(r"[^\s\d〔〕\[\]【】()（）<>&\"']{1,24}〔(?:19|20)[0-9]{2}〕[1-9][0-9]{0,4}号")
"""Document number 发文字号: 机关代字〔年〕序号号, hexagonal brackets, no leading zeros, no 第 (GB/T 9704-2012, 7.2.5)."""

OFFICE_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
COUNTY: Final = "county"
"""The county office's own code."""

UNCLASSIFIED: Final = "非涉密"
"""The only declared classification that is let in."""

NOTICE_ZH: Final = "本系统为非涉密系统，严禁处理、存储、传输国家秘密。"
NOTICE_EN: Final = "This is a non-classified system: no state secret may be processed, stored or sent here."


class Urgency(Word):
    """How urgent 紧急程度."""

    NORMAL = "normal", "平件", "normal"
    URGENT = "urgent", "加急", "urgent"
    EXTRA_URGENT = "extra_urgent", "特急", "extra urgent"


class Origin(Word):
    """How a file came to be; the scan of a sealed paper is the normal case in townships."""

    BORN_DIGITAL = "born_digital", "电子原件", "born digital"
    SCAN = "scan_of_sealed_paper", "盖章件扫描", "scan of the sealed paper"


class DocumentRole(Word):
    """What a file is within its submission."""

    MAIN = "main", "正文", "main document"
    EDITABLE = "editable", "可编辑稿", "editable version"
    ATTACHMENT = "attachment", "附件", "attachment"
    REVIEW_FORM = "review_form", "保密审查表", "secrecy review form"


class Handling(Word):
    """Who may see an accepted item."""

    NORMAL = "normal", "一般", "normal"
    INTERNAL = "internal", "内部", "internal"


class Disclosure(Word):
    """Disclosure to the public 公开属性."""

    PROACTIVE = "proactive", "主动公开", "published"
    ON_REQUEST = "on_request", "依申请公开", "on request"
    WITHHELD = "withheld", "不予公开", "withheld"


class FormKind(Word):
    """What a reply form 回执单 is for."""

    MEETING = "meeting", "会议回执", "meeting reply"
    REPORT = "report", "报表", "report"


class FieldType(Word):
    """What is written in one field of a reply form."""

    TEXT = "text", "文字", "text"
    NUMBER = "number", "数字", "number"
    DATE = "date", "日期", "date"
    CHOICE = "choice", "单选", "choice"
    PHONE = "phone", "电话", "telephone"
    YES_NO = "yes_no", "是否", "yes or no"


class Repeat(Word):
    """Whether a reply form is asked for again and again."""

    NONE = "none", "一次", "once"
    MONTHLY = "monthly", "按月", "monthly"


class Attendance(Word):
    """What a meeting reply says of one person."""

    ATTEND = "attend", "参会", "attends"
    LEAVE = "leave", "请假", "excused"
    SUBSTITUTE = "substitute", "替会", "substitute"


class OfficeKind(Word):
    """Kind of office 单位."""

    COUNTY = "county", "县级机关", "county office"
    DEPARTMENT = "department", "县直部门", "county department"
    TOWNSHIP = "township", "乡镇", "township"
    DISTRICT = "district", "区", "district office"


class Role(Word):
    """Role of a person within one office."""

    CLERK = "clerk", "经办人", "clerk"
    LEADER = "leader", "分管领导", "leader"
    REVIEWER = "reviewer", "收文岗", "reviewer"
    CONFIDENTIALITY = "confidentiality", "保密员", "confidentiality officer"
    ARCHIVIST = "archivist", "档案员", "archivist"
    AUDITOR = "auditor", "审计", "auditor"
    ADMINISTRATOR = "administrator", "管理员", "administrator"
    DUTY = "duty", "值班员", "duty officer"
    SERVICE = "service", "接口账号", "service account"


class Scope(Word):
    """What a service account may do; a person may do all that their role allows."""

    SUBMIT = "submit", "报送", "submit containers"
    SENT = "sent", "查看已报送件", "read what the office sent"
    INBOX = "inbox", "查看收件", "read what the office received"
    MOVE = "move", "签收与退回", "open, sign for and return"
    CONTENT = "content", "取出文件", "fetch containers"
    SEARCH = "search", "检索", "search"
    EVENTS = "events", "接收动态", "follow the office's events"


class Event(Word):
    """Immutable facts; named by ETSI EN 319 522 where that has a name (down to ReceivedFromNonERDS), the others are ours."""

    SUBMISSION_ACCEPTANCE = "SubmissionAcceptance", "接收回执", "submission accepted"
    SUBMISSION_REJECTION = "SubmissionRejection", "未予接收", "submission refused"
    CONTENT_CONSIGNMENT = "ContentConsignment", "已送达", "delivered"
    CONTENT_HANDOVER = "ContentHandover", "已阅", "opened by a reader"
    CONSIGNMENT_ACCEPTANCE = "ConsignmentAcceptance", "签收", "signed for"
    CONSIGNMENT_REJECTION = "ConsignmentRejection", "退回补正", "returned for correction"
    NOTIFICATION_FOR_ACCEPTANCE = "NotificationForAcceptance", "催办", "urged to sign for it"
    ACCEPTANCE_REJECTION_EXPIRY = "AcceptanceRejectionExpiry", "逾期未签收", "not signed for in time"
    RELAY_TO_NON_ERDS = "RelayToNonERDS", "纸质发出", "sent on paper"
    RECEIVED_FROM_NON_ERDS = "ReceivedFromNonERDS", "纸质收到", "received on paper"
    MISDIRECTION = "Misdirection", "误投退件", "said to be misdirected"
    SUPPLEMENTARY_DELIVERY = "SupplementaryDelivery", "补发", "delivered to a further recipient"
    RECALL_REQUEST = "RecallRequest", "申请撤回", "asked back"
    RECALL_REFUSAL = "RecallRefusal", "不同意撤回", "recall refused"
    WITHDRAWAL = "Withdrawal", "撤回", "withdrawn"
    DEADLINE_EXTENSION = "DeadlineExtension", "延期", "deadline extended"
    FORM_ANSWER = "FormAnswer", "填报回执单", "reply form answered"
    FORM_CLOSURE = "FormClosure", "停止填报", "reply form closed"
    PRINTING = "Printing", "打印", "printed"
    SCAN_ATTACHMENT = "ScanAttachment", "补附扫描件", "scan of a paper linked"
    LEGACY_IMPORT = "LegacyImport", "导入历史件", "documents from before imported"
    PROPOSAL = "Proposal", "拟办", "action proposed"
    INSTRUCTION = "Instruction", "批示", "instruction given"
    CONCLUSION = "Conclusion", "办理结果", "result noted"
    OFFICE_REGISTRATION = "OfficeRegistration", "单位登记", "office registered"
    OFFICE_RENAMING = "OfficeRenaming", "单位更名", "office renamed"
    OFFICE_CLOSURE = "OfficeClosure", "单位撤销", "office closed"
    CERTIFICATE_ISSUANCE = "CertificateIssuance", "签发证书", "certificate issued"
    CERTIFICATE_REVOCATION = "CertificateRevocation", "吊销证书", "certificate revoked"
    STAFF_CHANGE_REQUEST = "StaffChangeRequest", "申报人员变动", "change of staff proposed"
    STAFF_CHANGE = "StaffChange", "确认人员变动", "change of staff settled"
    DEPUTY_APPOINTMENT = "DeputyAppointment", "登记代班", "deputy named"
    DEPUTY_END = "DeputyEnd", "结束代班", "deputy's time ended"
    DUTY_ROSTER_CHANGE = "DutyRosterChange", "变更值班表", "roster of duty changed"
    DUTY_CODE_ISSUANCE = "DutyCodeIssuance", "签发临时码", "temporary code issued"
    DUTY_CODE_WITHDRAWAL = "DutyCodeWithdrawal", "作废临时码", "temporary code taken back"
    REGISTER_CORRECTION = "RegisterCorrection", "登记更正", "register corrected"
    REGISTER_LOCK = "RegisterLock", "登记簿封年", "register of a year locked"
    POLICY_CHANGE = "PolicyChange", "规则变更", "policy changed"
    INSPECTION_COMPLETION = "InspectionCompletion", "全文检查完毕", "the whole text was inspected"
    SEALING = "Sealing", "封存", "sealed"
    SEAL_OPENING = "SealOpening", "查看封存件", "a sealed item was looked at"
    SEAL_REWRAPPING = "SealRewrapping", "更换封存密钥", "the key of a sealed item was wrapped anew"
    SEAL_RELEASE = "SealRelease", "解除封存", "released from seal"
    DESTRUCTION_ORDER = "DestructionOrder", "销毁审批", "destruction ordered"
    DESTRUCTION = "Destruction", "销毁", "destroyed"
    LEDGER_CONFIRMATION = "LedgerConfirmation", "台账确认", "restored ledger confirmed"


PUBLIC_EVENTS: Final = frozenset(
    {
        Event.OFFICE_REGISTRATION,
        Event.OFFICE_RENAMING,
        Event.OFFICE_CLOSURE,
        Event.CERTIFICATE_ISSUANCE,
        Event.CERTIFICATE_REVOCATION,
        Event.DUTY_CODE_ISSUANCE,
        Event.DUTY_CODE_WITHDRAWAL,
        Event.POLICY_CHANGE,
        Event.LEDGER_CONFIRMATION,
    },
)
"""Events whose receipts anyone may read under `/log/events/<index>`."""


WHOLE_EVENTS: Final = frozenset({Event.FORM_CLOSURE})
"""What a sender does to an item as a whole: their receipts and the person's own statement name no recipient, and all of them are told."""

INNER_EVENTS: Final = frozenset({Event.PROPOSAL, Event.INSTRUCTION, Event.CONCLUSION})
"""Entries of a handling slip 文件处理笺: a recipient office's inner matter. Their receipts are its own, the history that others are shown
goes on without them, and no receipt of another event names one."""


class Outcome(Word):
    """What the policy says of a document."""

    PASS = "PASS", "通过", "pass"
    REVIEW = "REVIEW", "需保密审查", "needs a secrecy review"
    BLOCK = "BLOCK", "拦截", "blocked"


FORBIDDEN_WORDS: Final = (
    "电子印章",
    "电子签章",
    "可靠电子签名",
    "与纸质同等效力",
    "具有法律效力",
    "符合密评",
    "符合等保",
    "符合国标",
    "无需保留纸质",
)
"""What we never say, in any text; we say 报送签名 and 验签通过. A test looks for these in all texts."""
