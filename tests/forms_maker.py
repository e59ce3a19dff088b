"""Makes reply forms, answers to them, and workbooks as townships fill them in."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from exchange.forms.answering import Answer
from exchange.forms.rules import XLSX
from schemas.messages import FormField, ReplyForm
from schemas.words import FieldType, FormKind, Repeat

DUE: Final = "2026-12-05"
MEETING: Final = ReplyForm(kind=FormKind.MEETING, respond_by=DUE, fields=[FormField(key="car", label="是否乘车", type=FieldType.YES_NO)])
SANDBAGS: Final = FormField(key="sandbags", label="沙袋储备（只）", type=FieldType.NUMBER, required=True)
REPORT: Final = ReplyForm(
    kind=FormKind.REPORT, respond_by=DUE, fields=[SANDBAGS, FormField(key="leader", label="带班领导", type=FieldType.TEXT)]
)
MONTHLY: Final = ReplyForm(kind=FormKind.REPORT, respond_by=DUE, fields=[SANDBAGS], repeat=Repeat.MONTHLY)
HEADINGS: Final = ("村名", "沙袋（只）", "编织袋（条）", "备注")


def attendee(name: str = "李四", attendance: str = "attend", **values: str) -> dict[str, str]:
    phone = {} if attendance == "leave" else {"phone": "13800001234"}
    return {"attendance": attendance, "name": name, "post": "副镇长", **phone, **values}


def answer(*rows: dict[str, str], period: str = "2026-12", **members: Any) -> Answer:
    return Answer(type="form-answer/v1", period=period, rows=list(rows), **members)


def book(rows: Sequence[Sequence[Any]], sheet: str = "表1", change: Callable[[Worksheet], None] | None = None) -> bytes:
    """Return a workbook: a title over all columns, the headings, these rows, and who filled it in."""
    made = Workbook()
    page = made.active
    assert page is not None
    page.title = sheet
    page.append(["防汛物资储备情况表"])
    page.merge_cells("A1:D1")
    page.append(list(HEADINGS))
    for row in rows:
        page.append(list(row))
    page.append(["填表人："])
    if change is not None:
        change(page)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


TEMPLATE: Final = book([["", None, None, None], ["合计", None, None, None]])
__all__ = ["DUE", "HEADINGS", "MEETING", "MONTHLY", "REPORT", "SANDBAGS", "TEMPLATE", "XLSX", "answer", "attendee", "book"]
