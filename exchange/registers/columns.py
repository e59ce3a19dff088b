"""The columns of the paper books, and what stands in them, for every form in which a register is shown."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, NamedTuple

from exchange.registers.answers import Correction, Entry
from exchange.registers.rules import Book, Column
from schemas import instants
from schemas.words import UNCLASSIFIED, Label, Word

Value = str | int | date | None
"""What stands in a cell: a text, a number, a day, nothing."""


class Shown(NamedTuple):
    """A column: its head, its share of a sheet's width in millimetres, what stands there, and the column that corrections name."""

    label: Label
    width: int
    value: Callable[[Entry, bool], Value]
    corrected: Column | None = None


HIDDEN: Final = {
    "named": Label("（指定人员件）", "(for named persons)"),
    "shut": Label("（已收回或误投）", "(taken back or misdirected)"),
    "sealed": Label("（封存）", "(sealed)"),
    "destroyed": Label("（已销毁）", "(destroyed)"),
}
INTERNAL: Final = Label("（内部件，标题不随清单导出）", "(internal: its title does not leave with a list)")
_ENDINGS: Final = {
    "concluded": Label("办结", "concluded"),
    "returned": Label("退回", "returned"),
    "withdrawn": Label("撤回", "withdrawn"),
    "misdirected": Label("误投", "misdirected"),
}
_SHARE: Final = Label("{ending}（{ended}/{recipients} 个单位）", "{ending} ({ended} of {recipients} offices)")
_PAPER: Final = Label("纸质", "on paper")
_CORRECTED: Final = Label("更正", "corrected")
_EMPTY: Final = Label("（空）", "(empty)")


def said(label: Label | Word, *, chinese: bool) -> str:
    """Return a label in one of the two languages."""
    return label.zh if chinese else label.en


def title(entry: Entry, chinese: bool) -> str:  # noqa: FBT001 - a column's value takes the language
    """Return the title, or why there is none."""
    return said(HIDDEN[entry.hidden], chinese=chinese) if entry.hidden else entry.title


def result(entry: Entry, chinese: bool) -> str:  # noqa: FBT001 - a column's value takes the language
    """Return what became of it: the words of its conclusion, or that it was returned or withdrawn."""
    ending = said(_ENDINGS[entry.ending], chinese=chinese) if entry.ending else ""
    if entry.recipients > 1 and ending:
        ending = said(_SHARE, chinese=chinese).format(ending=ending, ended=entry.ended, recipients=entry.recipients)
    return entry.result if entry.ending == "concluded" and entry.result else ending


def remark(entry: Entry, chinese: bool) -> str:  # noqa: FBT001 - a column's value takes the language
    """Return what is remarked: on paper, the office's own words, and every correction."""
    parts = [said(_PAPER, chinese=chinese) if entry.paper else "", entry.remark]
    parts += [correction(each, chinese=chinese) for each in entry.corrections]
    return "；".join(filter(None, parts))


def outgoing_remark(entry: Entry, chinese: bool) -> str:  # noqa: FBT001 - a column's value takes the language
    """Return the same for what was sent, with what came back of it: the paper book has no column for that."""
    return "；".join(filter(None, (result(entry, chinese), remark(entry, chinese))))


def correction(made: Correction, *, chinese: bool) -> str:
    """Return a correction in a line: what stood there, what stands there, who, when, why."""
    empty = said(_EMPTY, chinese=chinese)
    changed = "、".join(
        f"{said(column, chinese=chinese)} {made.before.get(column) or empty}→{value or empty}" for column, value in made.values.items()
    )
    by = f"{made.by} {instants.read(made.at).astimezone(instants.BEIJING):%Y-%m-%d}"
    why = f"：{made.reason}" if made.reason else ""
    return f"{said(_CORRECTED, chinese=chinese)} {changed}（{by}{why}）".replace("  ", " ")


def _day(entry: Entry, _: bool) -> date:  # noqa: FBT001 - a column's value takes the language
    return date.fromisoformat(entry.day)


NUMBER: Final = Shown(Label("收文号", "No."), 11, lambda entry, _: entry.number)
_OUT_NUMBER: Final = NUMBER._replace(label=Label("发文号", "No."))
_TITLE: Final = Shown(Label("标题（事由）", "Title"), 56, title, Column.TITLE)
_LEVEL: Final = Shown(Label("密级", "Level"), 11, lambda _, chinese: UNCLASSIFIED if chinese else "not classified")
_URGENCY: Final = Shown(Label("紧急程度", "Urgency"), 13, lambda entry, chinese: said(entry.urgency, chinese=chinese))
_COPIES: Final = Shown(Label("份数", "Copies"), 9, lambda entry, _: entry.copies, Column.COPIES)
_PAGES: Final = Shown(Label("页数", "Pages"), 9, lambda entry, _: entry.pages, Column.PAGES)
_PLACE: Final = Shown(Label("存放处", "Kept at"), 16, lambda entry, _: entry.place, Column.PLACE)
_FILED: Final = Shown(Label("归档号", "Archive no."), 16, lambda entry, _: entry.archive_number)
_REMARK: Final = Shown(Label("备注", "Remarks"), 25, remark, Column.REMARK)

COLUMNS: Final[dict[Book, Sequence[Shown]]] = {
    Book.INCOMING: (
        NUMBER,
        Shown(Label("收文日期", "Received"), 19, _day),
        Shown(Label("来文单位", "From"), 24, lambda entry, _: entry.other, Column.OTHER),
        Shown(Label("来文字号", "Their number"), 29, lambda entry, _: entry.document_number, Column.DOCUMENT_NUMBER),
        _TITLE,
        _LEVEL,
        _URGENCY,
        _COPIES,
        _PAGES,
        Shown(Label("承办（签收）人", "Handled by"), 21, lambda entry, _: entry.handler, Column.HANDLER),
        Shown(Label("处理结果", "Result"), 18, result),
        _PLACE,
        _FILED,
        _REMARK,
    ),
    Book.OUTGOING: (
        _OUT_NUMBER,
        Shown(Label("发文日期", "Sent"), 19, _day),
        Shown(Label("发文字号", "Number"), 29, lambda entry, _: entry.document_number, Column.DOCUMENT_NUMBER),
        _TITLE._replace(width=52),
        Shown(Label("文种", "Kind"), 12, lambda entry, chinese: said(entry.kind, chinese=chinese)),
        Shown(Label("主送", "To"), 26, lambda entry, _: entry.other, Column.OTHER),
        Shown(Label("抄送", "Copies to"), 18, lambda entry, _: entry.copied),
        _LEVEL,
        _URGENCY,
        _COPIES,
        _PAGES,
        Shown(Label("签发人", "Signed by"), 14, lambda entry, _: entry.signatory),
        Shown(Label("经办人", "Handled by"), 14, lambda entry, _: entry.handler, Column.HANDLER),
        _PLACE._replace(width=14),
        _FILED._replace(width=14),
        _REMARK._replace(value=outgoing_remark, width=24),
    ),
}


def shown(value: Value) -> str:
    """Return a cell as text."""
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
