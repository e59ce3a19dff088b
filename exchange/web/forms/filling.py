"""What stands in the boxes of a form while it is filled in: read from an answer, or from what a browser sent."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from multidict import MultiDict

from exchange.forms.answering import MOST_ROWS, NO, YES, Answer
from exchange.forms.rules import fields_of
from exchange.forms.workbooks import said
from exchange.web.inbox.forms import decoded
from schemas.messages import FormField, ReplyForm, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Attendance, FieldType, FormKind, Label

_KIND: Final = {FieldType.DATE: "date", FieldType.PHONE: "tel", FieldType.NUMBER: "text", FieldType.TEXT: "text"}
_ROW: Final = re.compile(r"r(\d{1,2})\.([a-z][a-z0-9_]{0,31})")


class Box(NamedTuple):
    """One field as it stands on the page: `options` are (code, words) of a choice, `error` says what is wrong."""

    name: str
    label: str
    kind: str
    value: str
    options: tuple[tuple[str, str], ...]
    required: bool
    error: Label | None
    attributes: dict[str, str]


def boxes(form: ReplyForm, rows: Sequence[Mapping[str, str]], wrong: Mapping[str, Label], *, chinese: bool) -> list[list[Box]]:
    """Return the boxes of each row."""
    fields = fields_of(form)
    return [
        [_box(field, number, row.get(field.key, ""), wrong.get(f"rows.{number}.{field.key}"), chinese=chinese) for field in fields]
        for number, row in enumerate(rows)
    ]


def _box(field: FormField, number: int, value: str, error: Label | None, *, chinese: bool) -> Box:
    options: tuple[tuple[str, str], ...] = ()
    if field.key == "attendance":
        options = tuple((each.value, each.zh if chinese else each.en) for each in Attendance)
    elif field.type is FieldType.CHOICE:
        options = (("", ""), *((choice, choice) for choice in field.choices))
    elif field.type is FieldType.YES_NO:
        options = (("", ""), (YES, "是" if chinese else "yes"), (NO, "否" if chinese else "no"))
    attributes = {"maxlength": "500"} if field.type is FieldType.TEXT else {}
    if field.type is FieldType.NUMBER:
        attributes = {"inputmode": "decimal"}
    if field.key in ("name", "phone"):
        attributes |= {"autocomplete": "off"}
    kind = "radio" if field.key == "attendance" else "select" if options else _KIND[field.type]
    return Box(f"r{number}.{field.key}", said(field, chinese=chinese), kind, value, options, field.required, error, attributes)


def begun(form: ReplyForm, last: Answer | None) -> list[dict[str, str]]:
    """Return the rows that a page starts with: those of the last answer, else one that is empty."""
    if last is not None and last.rows:
        return [dict(row) for row in last.rows]
    return [{"attendance": Attendance.ATTEND.value} if form.kind is FormKind.MEETING else {}]


def sent(form: ReplyForm, fields: MultiDict[str], period: str) -> Answer:
    """Return what a browser sent: its boxes, or the exact answer that was signed. Raises Problem REQUEST_MALFORMED."""
    if fields.get("answer"):
        return decode(decoded(fields["answer"], "answer"), Answer, ProblemType.REQUEST_MALFORMED)
    nil = fields.get("act") == "nil"
    return Answer(
        type="form-answer/v1", period=period, nil=nil, rows=[] if nil else rows(form, fields), remarks=fields.get("remarks", "")[:2000]
    )


def rows(form: ReplyForm, fields: MultiDict[str]) -> list[dict[str, str]]:
    """Return the rows of the boxes that a browser sent, in their order; what is in none of them is left out."""
    keys = {field.key for field in fields_of(form)}
    found: dict[int, dict[str, str]] = {}
    for name, value in fields.items():
        match = _ROW.fullmatch(name)
        if match is None or match[2] not in keys:
            continue
        if int(match[1]) >= MOST_ROWS:
            raise Problem(ProblemType.REQUEST_MALFORMED, "rows")
        found.setdefault(int(match[1]), {})[match[2]] = value[:2000]
    return [found[number] for number in sorted(found)]


def filled(form: ReplyForm, given: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Leave out rows in which nothing was written but whether somebody attends: those are boxes that nobody used."""
    used = [dict(row) for row in given if any(value.strip() for key, value in row.items() if key != "attendance")]
    return used or [dict(row) for row in given[:1]] if form.kind is FormKind.MEETING else [dict(row) for row in given]
