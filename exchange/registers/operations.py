"""The operations on registers, described."""

from collections.abc import Callable
from typing import Any, Final

from exchange.idempotency import KEY
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import PAGED
from exchange.registers import api
from exchange.registers.answers import CarriedOver, Correct, Lock, Register
from exchange.registers.rules import FIRST_YEAR, LAST_YEAR, Book
from exchange.registers.taking import TYPES
from schemas.messages import Envelope
from schemas.problems import ProblemType
from schemas.words import Label, Scope

_BOOK: Final = Parameter(
    "book",
    "path",
    Label("登记簿：incoming 收文、outgoing 发文", "which register: incoming or outgoing"),
    {"type": "string", "enum": [book.value for book in Book]},
    required=True,
)
_YEAR: Final = Parameter(
    "year",
    "query",
    Label("年度（北京时间），不带则为本年", "the year, by Beijing time; without it the present one"),
    {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR},
)
_MONTH: Final = Parameter(
    "month",
    "query",
    Label("只要这一月；0 或不带为全年", "this month alone; 0, or nothing, for the whole year"),
    {"type": "integer", "minimum": 0, "maximum": 12},
)
_TEXT: Final = Parameter(
    "text",
    "query",
    Label("标题、文号或对方单位名称中的字句", "words in title, number or the other office's name"),
    {"type": "string", "maxLength": api.LONGEST_TEXT},
)
_SCOPES: Final = Label(
    "收文登记簿须 inbox 权限，发文登记簿须 sent 权限（接口账号）。只能查看本单位的登记簿。",
    "A service account needs the scope inbox for the incoming register, sent for the outgoing one. One's own office's registers alone.",
)
_ONE: Final = "/api/v1/registers/{book}"


def operations() -> list[Operation]:
    """Return the operations of this room."""
    return [
        Operation(
            id="showRegister",
            method="GET",
            path=_ONE,
            handler=api.register,
            text=Label("本单位的收文、发文登记簿，按登记号", "the office's own register of a year, by number"),
            more=_SCOPES,
            tag="registers",
            scope=Scope.INBOX,
            also=(Scope.SENT,),
            parameters=(_BOOK, _YEAR, _MONTH, _TEXT, *PAGED),
            answers={200: Body(JSON, Register)},
            problems=(ProblemType.NOT_FOUND,),
        ),
        Operation(
            id="listCarriedOver",
            method="GET",
            path=f"{_ONE}/carried",
            handler=api.carried,
            text=Label("结转：年初未办结、未签收的件", "what was carried over: open when the year began"),
            tag="registers",
            scope=Scope.INBOX,
            also=(Scope.SENT,),
            parameters=(_BOOK, _YEAR),
            answers={200: Body(JSON, CarriedOver)},
            problems=(ProblemType.NOT_FOUND,),
        ),
        _file("xlsx", "takeRegisterWorkbook", api.workbook, Label("登记簿 XLSX（日期、数字为真值）", "the register as XLSX")),
        _file("pdf", "takeRegisterSheets", api.printed, Label("登记簿 PDF（A4 横向，纸质登记簿样式）", "the register as PDF, A4 across")),
        Operation(
            id="correctRegister",
            method="POST",
            path="/api/v1/register-corrections",
            handler=api.correct,
            text=Label("更正登记簿的一条（原登记保留）", "correct an entry; what stood there is kept"),
            more=Label(
                "由本单位经办人、收文岗、档案员办理；entry 是该条的 evidence_id；封年后不能更正。",
                "By the office's own clerks, reviewers and archivists; `entry` is its evidence_id. A locked year is corrected no more.",
            ),
            tag="registers",
            parameters=(KEY,),
            body=Body(JSON, Correct, example={"entry": "0" * 32, "values": {"place": "一号柜"}, "reason": "补登存放处"}),
            answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
            problems=(
                ProblemType.NOT_FOUND,
                ProblemType.SEALED,
                ProblemType.REASON_REQUIRED,
                ProblemType.SECRECY_MARK,
                ProblemType.SECRECY_REVIEW_NEEDED,
                ProblemType.REGISTER_OTHER_OFFICE,
                ProblemType.REGISTER_LOCKED,
                ProblemType.IDEMPOTENCY_KEY_USED,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
        Operation(
            id="lockRegister",
            method="POST",
            path=f"{_ONE}/lock",
            handler=api.lock,
            text=Label("封年：锁定已结束年度的登记簿", "lock the register of a year that is over"),
            more=Label(
                "由本单位档案员（没有档案员的由分管领导）办理。回执载明全年各条编号、事件、时间和更正的 SHA-256。",
                "By the office's archivist or leader. The receipt names the SHA-256 over numbers, events, times and corrections.",
            ),
            tag="registers",
            parameters=(_BOOK, KEY),
            body=Body(JSON, Lock, example={"year": 2026, "entries": 312}),
            answers={200: Body(JSON, Envelope, Label("回执", "the receipt"))},
            problems=(
                ProblemType.NOT_FOUND,
                ProblemType.REGISTER_YEAR_NOT_OVER,
                ProblemType.REGISTER_LOCKED,
                ProblemType.REGISTER_CHANGED,
                ProblemType.IDEMPOTENCY_KEY_USED,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
    ]


def _file(form: str, name: str, handler: Callable[..., Any], text: Label) -> Operation:
    return Operation(
        id=name,
        method="GET",
        path=f"{_ONE}/{form}",
        handler=handler,
        text=text,
        more=Label("导出有记录；内部件的标题不随 XLSX 导出。", "The export is recorded; titles of internal items are not in the workbook."),
        tag="registers",
        scope=Scope.INBOX,
        also=(Scope.SENT,),
        parameters=(_BOOK, _YEAR, _MONTH, _TEXT),
        answers={200: Body(TYPES["xlsx" if form == "xlsx" else "pdf"], text=text)},
        problems=(ProblemType.NOT_FOUND,),
    )
