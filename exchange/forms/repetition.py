"""Whether the same figures were asked before 减负: one form, one basis. It warns and never hinders."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery.store import SHUT, VISIBLE
from exchange.forms.rules import day_of
from exchange.office import naming
from exchange.office.store import Person
from schemas import instants
from schemas.messages import ReplyForm, Submission, decode
from schemas.problems import ProblemType
from schemas.words import FormKind

MOST: Final = 500
"""Forms of one quarter that are looked through, the newest first."""

_ASIDE: Final = re.compile(r"[（(][^（）()]{0,40}[）)]")
_SIGNS: Final = re.compile(r"[\W_]+")
_DATED: Final = re.compile(r"(?:19|20)\d\d年?|\d{1,2}月份?|第?[一二三四1-4]季度|上半年|下半年|\d+")
COMMON: Final = frozenset(
    {
        *("序号", "单位", "单位名称", "乡镇", "村", "村名", "姓名", "性别", "年龄", "职务", "电话", "联系电话", "联系人", "备注"),
        *("说明", "填表人", "填报人", "审核人", "日期", "合计"),
    }
)
"""What nearly every form asks: the same of these says nothing."""


class Earlier(NamedTuple):
    """A document that asked for the same; `labels` are those of the new form that it has too, `sheet` says that the template is alike."""

    submission: str
    title: str
    number: str | None
    office: str
    day: str
    labels: tuple[str, ...]
    sheet: bool


def plain(label: str) -> str:
    """Return what a label asks: without unit, signs and spaces."""
    return _SIGNS.sub("", _ASIDE.sub("", unicodedata.normalize("NFKC", label))).casefold()


def sheet_name(template: str | None) -> str:
    """Return what a template's name says: without folder, ending, year, month and numbers."""
    stem = (template or "").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return _DATED.sub("", plain(stem))


def alike(labels: Iterable[str], template: str | None, form: ReplyForm) -> tuple[tuple[str, ...], bool]:
    """Return which of the labels an earlier form has too, and whether the templates bear the same name. Pure."""
    before = {plain(field.label) for field in form.fields} - COMMON
    same = tuple(label for label in dict.fromkeys(labels) if plain(label) in before)
    named = sheet_name(template)
    return same, bool(named) and named == sheet_name(form.template)


def quarter_begin(now: datetime) -> datetime:
    """Return the first instant of the quarter, in Beijing."""
    here = now.astimezone(instants.BEIJING)
    return here.replace(month=(here.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def asked_this_quarter(tx: Tx, caller: Person, labels: Iterable[str], template: str | None, now: datetime) -> list[Earlier]:
    """Return the reports of this quarter that the caller may see and that asked for the same, the newest first."""
    wanted = list(labels)
    rows = tx.rows(
        "SELECT submission.id, submission.accepted_at, submission_text.metadata FROM form"  # noqa: S608 - constants
        " JOIN submission ON submission.id = form.submission JOIN submission_text ON submission_text.submission = submission.id"
        f" WHERE form.kind = :kind AND submission.accepted_at >= :since AND {VISIBLE} AND NOT {SHUT}"
        " ORDER BY submission.accepted_at DESC, submission.id LIMIT :most",
        kind=FormKind.REPORT.value,
        since=instants.write(quarter_begin(now)),
        office=caller.office,
        person=caller.id,
        most=MOST,
    )
    found = []
    for row in rows:
        message = decode(bytes(row.metadata), Submission, ProblemType.LEDGER_DAMAGED)
        same, sheet = ((), False) if message.reply_form is None else alike(wanted, template, message.reply_form)
        if same or sheet:
            found.append(Earlier(row.id, message.title, message.number, message.from_, day_of(row.accepted_at), same, sheet))
    names = naming.offices(tx, {each.office for each in found})
    return [each._replace(office=names.get(each.office, each.office)) for each in found]
