"""What a reply form must be, the periods in which it is asked, and where an office stands in each. Pure.

A monthly form is due on the same day of each month, on the month's last day where there is no such day; a period is named by the
month in which it is due. It begins on the day after the one before it was due, the first one with the document.
"""

import calendar
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from schemas import instants
from schemas.messages import FormField, ReplyForm, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Attendance, FieldType, FormKind, Repeat, Word

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEETING: Final = (
    FormField(key="attendance", label="参会情况", type=FieldType.CHOICE, required=True, choices=[each.value for each in Attendance]),
    FormField(key="name", label="姓名", type=FieldType.TEXT, required=True),
    FormField(key="post", label="职务", type=FieldType.TEXT),
    FormField(key="phone", label="电话", type=FieldType.PHONE),
    FormField(key="remarks", label="备注", type=FieldType.TEXT),
)
"""What every meeting reply asks of each attendee; the form's own fields come after."""
MOST_PERIODS: Final = 60


class Filing(Word):
    """Where an office stands with a form in one period."""

    OPEN = "open", "未报", "not yet"
    FILED = "filed", "已报", "filed"
    NIL = "nil", "零报告", "nothing to report"
    RETURNED = "returned", "已退回", "returned"


UNANSWERED: Final = frozenset({Filing.OPEN, Filing.RETURNED})
"""While an office stands so, its answer is still to come."""


class Period(NamedTuple):
    """One turn of a form: the month in which it is due (`2026-12`), and the last day in time (`2026-12-05`)."""

    key: str
    due: str


class Given(NamedTuple):
    """An answer of an office, as it counts: its period, its number from 1, whether it says that there is nothing, when it came."""

    period: str
    number: int
    nil: bool
    at: str
    evidence_id: str


class Upload(NamedTuple):
    """A filled workbook that came as a submission in reply; `standing` says that its recipient has not given it back."""

    submission: str
    at: str
    replaces: str | None
    standing: bool


class Extended(NamedTuple):
    """More time that the asking office gave an office 延期: to which day, and when it was given."""

    until: str
    at: str


class Standing(NamedTuple):
    """Where an office stands in a period, on what, and whether that came after the last day; `last_day` is that of this office."""

    filing: Filing
    at: str = ""
    late: bool = False
    number: int = 0
    upload: str = ""
    last_day: str = ""


def fields_of(form: ReplyForm) -> tuple[FormField, ...]:
    """Return what is asked of each row: of a meeting's attendee, or of a report."""
    return (*MEETING, *form.fields) if form.kind is FormKind.MEETING else tuple(form.fields)


def require_sound(message: Submission, now: datetime) -> None:
    """Check a submission's form against itself, its documents and the day. Raises Problem REPLY_FORM_WRONG."""
    form = message.reply_form
    if form is None:
        return
    try:
        due = date.fromisoformat(form.respond_by)
    except ValueError as error:
        raise _wrong("respond_by") from error
    if due < now.astimezone(instants.BEIJING).date():
        raise _wrong("respond_by: is past")
    if form.kind is FormKind.MEETING and (form.template is not None or form.repeat is not Repeat.NONE):
        raise _wrong("a meeting's reply has neither template nor repeat")
    if form.kind is FormKind.REPORT and not form.fields and form.template is None:
        raise _wrong("neither fields nor template")
    keys = [each.key for each in fields_of(form)]
    labels = [each.label.strip() for each in fields_of(form)]
    if len(set(keys)) != len(keys) or len(set(labels)) != len(labels):
        raise _wrong("a field named twice")
    for each in form.fields:
        _require_field(each)
    sheets = [document.name for document in message.documents if document.media_type == XLSX]
    if form.template is not None and form.template not in sheets:
        raise _wrong("template: no XLSX among the documents")


def _require_field(field: FormField) -> None:
    if not all(text.strip() and text.isprintable() for text in (field.label, *field.choices)):
        raise _wrong(f"{field.key}: control characters, or nothing")
    if (field.type is FieldType.CHOICE) != bool(field.choices) or len(set(field.choices)) != len(field.choices):
        raise _wrong(f"{field.key}: choices")


def _wrong(detail: str) -> Problem:
    return Problem(ProblemType.REPLY_FORM_WRONG, detail)


def day_of(at: str) -> str:
    """Return the day in Beijing of an instant as it is written."""
    return instants.read(at).astimezone(instants.BEIJING).date().isoformat()


def periods(form: ReplyForm, today: str, closed_on: str | None = None) -> tuple[Period, ...]:
    """Return the periods that have begun by `today`, or had when the form was closed; the oldest first, at most the last 60."""
    first = date.fromisoformat(form.respond_by)
    until = date.fromisoformat(min(today, closed_on) if closed_on else today)
    found = [first]
    if form.repeat is Repeat.MONTHLY:
        while found[-1] < until:
            found.append(_months_after(first, len(found)))
    return tuple(Period(due.isoformat()[:7], due.isoformat()) for due in found[-MOST_PERIODS:])


def _months_after(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def current(asked: Sequence[Period], today: str) -> Period:
    """Return the period that is asked for now: the first that is not yet over, else the last."""
    return next((period for period in asked if period.due >= today), asked[-1])


def standings(
    asked: Sequence[Period], answers: Sequence[Given], uploads: Sequence[Upload], extensions: Sequence[Extended] = ()
) -> dict[str, Standing]:
    """Return where one office stands in each period, by its key.

    Answers name their period. An uploaded workbook does not: it counts for that of the one which it replaces, else for the oldest
    period that had begun and had nothing when it came, else for the newest that had begun. Whatever came last in a period counts.

    An extension moves the last day of every period that had begun when it was given, and was then unanswered or not over: the latest
    counts, but it never takes away from what was asked of all. What had come late before it stays late.
    """
    found = {period.key: Standing(Filing.OPEN, last_day=period.due) for period in asked}
    placed: dict[str, str] = {}
    happened: list[tuple[str, int, Extended | Given | Upload]] = [(each.at, 0, each) for each in extensions]
    happened += [(each.at, 1, each) for each in answers]
    happened += [(each.at, 2, each) for each in uploads]
    for at, _, each in sorted(happened, key=lambda one: one[:2]):
        day = day_of(at)
        if isinstance(each, Extended):
            _extend(asked, found, each, day)
            continue
        if isinstance(each, Given):
            key, filing = each.period, Filing.NIL if each.nil else Filing.FILED
        else:
            key = placed.get(each.replaces or "") or _place(asked, found, day)
            placed[each.submission], filing = key, Filing.FILED if each.standing else Filing.RETURNED
        if key not in found or (filing is Filing.RETURNED and found[key].filing is not Filing.OPEN):
            continue
        before = found[key]
        number = each.number if isinstance(each, Given) else before.number
        upload = "" if isinstance(each, Given) else each.submission
        found[key] = Standing(filing, at, day > before.last_day, number, upload, before.last_day)
    for given in answers:  # the number of the last answer is what a new one must follow, whatever counts
        if given.period in found:
            held = found[given.period]
            found[given.period] = held._replace(number=max(held.number, given.number))
    return found


def _begun(asked: Sequence[Period], day: str) -> list[Period]:
    return [period for index, period in enumerate(asked) if index == 0 or asked[index - 1].due < day]


def _extend(asked: Sequence[Period], found: dict[str, Standing], given: Extended, day: str) -> None:
    for period in _begun(asked, day):
        held = found[period.key]
        if held.filing in UNANSWERED or held.last_day >= day:
            found[period.key] = held._replace(last_day=max(period.due, given.until))


def _place(asked: Sequence[Period], found: dict[str, Standing], day: str) -> str:
    begun = _begun(asked, day)
    vacant = (period.key for period in begun if found[period.key].filing in UNANSWERED)
    return next(vacant, begun[-1].key)
