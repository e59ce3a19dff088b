"""An answer to a reply form as it is written and kept: checked against what was asked, in one spelling. Pure."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from exchange.forms.rules import Period, fields_of
from exchange.policy.rules import Declared, Policy, judge
from schemas.messages import FormField, ReplyForm, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Attendance, FieldType, FormKind, Label, Outcome

MOST_ROWS: Final = 50
LONGEST: Final = 500
YES, NO = "yes", "no"

_PHONE: Final = re.compile(r"[0-9+(][0-9 ()+*#-]{4,29}")
_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,6})?")

MISSING: Final = Label("此项必填。", "This must be filled in.")
NO_PHONE: Final = Label("请填写电话号码，如 13800001234 或 0999-1234567。", "Give a telephone number, for instance 13800001234.")
NO_NUMBER: Final = Label("请填写数字，如 12 或 3.5；单位不要写在里面。", "Give a number, for instance 12 or 3.5, without its unit.")
NO_DATE: Final = Label("请填写日期，如 2026-12-01。", "Give a date, for instance 2026-12-01.")
NO_CHOICE: Final = Label("请从所列选项中选择。", "Choose one of those that are listed.")
TOO_LONG: Final = Label(f"最多 {LONGEST} 字，不含换行和控制字符。", f"At most {LONGEST} characters, on one line.")


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What an office replies for one period: a row for each attendee of a meeting, one row of a report, or `nil` 零报告.

    Values stand under the keys of the fields, as texts: numbers plainly, dates as 2026-12-01, yes and no as such.
    """

    type: Literal["form-answer/v1"]
    period: Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}$(?!\\n)")]
    nil: bool = False
    rows: Annotated[list[dict[str, Annotated[str, Meta(max_length=2000)]]], Meta(max_length=MOST_ROWS)] = []
    remarks: Annotated[str, Meta(max_length=LONGEST)] = ""


def written(answer: Answer) -> str:
    """Return the text that is kept: canonical JSON."""
    return json.dumps({**_plain(answer), "type": answer.type}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(answer: Answer) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(canonical(answer))
    return plain


def digest(text: str) -> str:
    """Return what a person signs of an answer, as the reason of their statement: SHA-256 of the kept text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str) -> Answer:
    """Return the answer of a kept text. Raises Problem LEDGER_DAMAGED."""
    return decode(text.encode(), Answer, ProblemType.LEDGER_DAMAGED)


def settled(form: ReplyForm, asked: Sequence[Period], answer: Answer) -> Answer:
    """Return an answer in the one spelling in which it is kept.

    Raises Problem ANSWER_WRONG; its member `fields` says of each place (`rows.0.phone`) what is wrong, in both languages.
    """
    if answer.period not in {period.key for period in asked}:
        raise Problem(ProblemType.ANSWER_WRONG, "period", fields={})
    if answer.nil and (form.kind is FormKind.MEETING or answer.rows):
        raise Problem(ProblemType.ANSWER_WRONG, "nil", fields={})
    rows = [row for row in answer.rows if any(value.strip() for value in row.values())]
    if not answer.nil and (not rows or (form.kind is FormKind.REPORT and len(rows) != 1)):
        raise Problem(ProblemType.ANSWER_WRONG, "rows", fields={})
    wrong: dict[str, Label] = {}
    kept = [_row(fields_of(form), row, f"rows.{number}", wrong) for number, row in enumerate(rows)]
    remarks = unicodedata.normalize("NFC", answer.remarks).strip()
    if not _is_line(remarks.replace("\n", " ").replace("\r", "")):
        wrong["remarks"] = TOO_LONG
    if wrong:
        raise Problem(ProblemType.ANSWER_WRONG, ", ".join(wrong), fields={place: [said.zh, said.en] for place, said in wrong.items()})
    return Answer(type="form-answer/v1", period=answer.period, nil=answer.nil, rows=kept, remarks=remarks)


def _row(fields: Sequence[FormField], row: Mapping[str, str], place: str, wrong: dict[str, Label]) -> dict[str, str]:
    unknown = set(row) - {field.key for field in fields}
    if unknown:
        raise Problem(ProblemType.ANSWER_WRONG, f"{place}: unknown field", fields={})
    kept = {}
    for field in fields:
        value = unicodedata.normalize("NFC", row.get(field.key, "")).strip()
        value, problem = _value(field, value)
        if problem is None and not value and _is_required(field, row):
            problem = MISSING
        if problem is not None:
            wrong[f"{place}.{field.key}"] = problem
        elif value:
            kept[field.key] = value
    return kept


def _is_required(field: FormField, row: Mapping[str, str]) -> bool:
    """Say whether a field must be filled in: whoever attends a meeting can be called, whoever is excused need not say more."""
    if field.key == "phone" and "attendance" in row:
        return row["attendance"] != Attendance.LEAVE
    return field.required and not (row.get("attendance") == Attendance.LEAVE and field.key not in ("attendance", "name"))


def _value(field: FormField, value: str) -> tuple[str, Label | None]:
    """Return a value in its one spelling, and what is wrong with it."""
    plain = unicodedata.normalize("NFKC", value)
    if field.type is FieldType.NUMBER:
        plain = plain.replace(",", "").replace(" ", "").removeprefix("+")
    kept, fits, problem = {
        FieldType.NUMBER: (plain, plain.isascii() and _NUMBER.fullmatch(plain) is not None, NO_NUMBER),
        FieldType.PHONE: (plain, plain.isascii() and _PHONE.fullmatch(plain) is not None, NO_PHONE),
        FieldType.DATE: (plain, _is_day(plain), NO_DATE),
        FieldType.CHOICE: (value, value in field.choices, NO_CHOICE),
        FieldType.YES_NO: (value, value in (YES, NO), NO_CHOICE),
        FieldType.TEXT: (value, _is_line(value), TOO_LONG),
    }[field.type]
    return kept, None if fits or not value else problem


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_line(text: str) -> bool:
    return len(text) <= LONGEST and (not text or text.isprintable())


def require_unmarked(answer: Answer, policy: Policy) -> None:
    """Judge the words of an answer as those of a document. Raises the verdict's Problem: nobody reviews an answer, it goes another way."""
    texts = [value for row in answer.rows for value in row.values()] + [answer.remarks]
    verdict = judge(Declared(UNCLASSIFIED, others=tuple(("answer", text) for text in texts if text)), {}, policy)
    if verdict.outcome is not Outcome.PASS:
        raise verdict.problem()
