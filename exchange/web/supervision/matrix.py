"""The receipt matrix 签收矩阵 of a sent item: a row an office, urging by one click or for all at once, on A4, and as a spreadsheet."""

import asyncio
import re
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import hdrs, web
from multidict import MultiDict

from archive.ledger.database import Tx
from exchange.delivery import sender, store
from exchange.delivery.api import submission_id
from exchange.delivery.states import Action, Opening, Position, Recall, Review, Side, decide
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.supervision import urging
from exchange.supervision.answers import Cell, Matrix
from exchange.supervision.matrix import matrix
from exchange.supervision.urging import Asked, Urged, Way
from exchange.web.finding.lists import xlsx
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK, language_of, moment
from exchange.web.texts import CHINESE
from schemas.problems import Problem, ProblemType
from schemas.words import NOTICE_EN, NOTICE_ZH, Label, Word

PATH: Final = "/sent/{submission:[0-9a-f]{64}}"
MOST_URGED: Final = 1000
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = (
    Label("单位代码", "code"),
    Label("单位", "office"),
    Label("主送/抄送", "main or copy"),
    Label("状态", "state"),
    Label("送达时间", "delivered"),
    Label("阅读时间", "opened"),
    Label("签收时间", "signed for"),
    Label("退回时间", "returned"),
    Label("撤回时间", "withdrawn"),
    Label("签收期限", "to be signed for by"),
    Label("是否超期", "over the limit"),
    Label("催办次数", "times urged"),
    Label("最近催办", "urged last"),
    Label("方式", "way"),
    Label("催办人", "urged by"),
    Label("电话", "telephone"),
)
WIDTHS: Final = (10, 24, 8, 10, 16, 16, 16, 16, 16, 16, 8, 8, 16, 12, 12, 18)
_WAITS: Final = Position(Opening.CONSIGNED, Review.PENDING)
_MAIN, _COPY, _YES = Label("主送", "main"), Label("抄送", "copy"), Label("是", "yes")


async def show(request: web.Request) -> web.Response:
    """GET /sent/{id}/matrix?only=waiting. Raises Problem NOT_FOUND, and NOT_ALLOWED for who received it."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    found, title = await service.database.read(_read, person, submission, service.watch.now())
    waiting_only = request.query.get("only") == "waiting"
    sends = sender.is_sender(person, found.filing_number.rsplit("-", 2)[0])
    return request.app[DESK].render(
        request,
        "supervision/matrix.html",
        matrix=found,
        title=title,
        rows=[cell for cell in found.rows if cell.waits or not waiting_only],
        waiting_only=waiting_only,
        sends=sends,
        may_urge=sends and title is not None and may_urge_as(person),
        standing=standing,
        tone=tone,
        dial=dial,
        done=told(request.query),
    )


def _read(tx: Tx, person: Person, submission: str, now: Any) -> tuple[Matrix, str | None]:
    """Return the matrix, and the title where the item is not sealed."""
    return matrix(tx, person, submission, now), store.require_visible(tx, person, submission).title


def may_urge_as(person: Person) -> bool:
    """Say whether a person's role lets them urge."""
    try:
        decide(_WAITS, Action.URGE, person.role, side=Side.SENDER)
    except Problem:
        return False
    return True


def standing(cell: Cell) -> Word:
    """Return where a copy stands, in one word."""
    if cell.recall is Recall.REQUESTED:
        return cell.recall
    return cell.opening if cell.waits else cell.review


def tone(cell: Cell) -> str:
    """Return the tone of the badge that shows it."""
    bad = {Review.RETURNED, Review.MISDIRECTED}
    return "good" if cell.review is Review.SIGNED_FOR else "bad" if cell.review in bad else "note" if cell.opening == "opened" else ""


def dial(phone: str) -> str:
    """Return a number as a telephone dials it: what stands behind 转 or 分机 is for the person who answers."""
    return re.sub(r"[^0-9+*#]", "", re.split("[转分]", phone)[0])


def told(query: Any) -> dict[str, int] | None:
    """Return what the address says of the urging that led here."""
    counts = {name: query.get(name, "") for name in ("urged", "called", "before")}
    if not any(counts.values()):
        return None
    return {name: int(text) if text.isdecimal() and len(text) < 5 else 0 for name, text in counts.items()}  # noqa: PLR2004 - at most 9999


async def urge(request: web.Request) -> web.StreamResponse:
    """POST /sent/{id}/urge: `everyone`, or the `chosen` of `offices`, or the one that `urge` or `call` names."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    given = await form(request)
    asked = Asked(_offices(given), way(given), given.get("note", ""))
    now = service.watch.signing_now()
    try:
        done = await service.sign(urging.urge, service.county.notary, person, submission, asked, now)
    except Problem as problem:
        done = rested(problem, len(asked.offices))
    said = outcome(done, asked.way) | ({"only": "waiting"} if given.get("only") == "waiting" else {})
    return go(f"/sent/{submission}/matrix?{urlencode(said)}")


def outcome(done: Urged, by: Way) -> dict[str, str]:
    """Return what the address says of an urging, for `told`: a call that was noted is no word in the inbox."""
    return {"called" if by is Way.PHONE else "urged": str(len(done.done)), "before": str(len(done.before))}


def rested(problem: Problem, offices: int) -> Urged:
    """Return that nobody was urged, since all were of late: the page says from when on. Raises every other problem."""
    if problem.kind is not ProblemType.URGED_LATELY:
        raise problem
    return Urged({}, ("",) * max(offices, 1))


def way(given: MultiDict[str]) -> Way:
    """Return which way a form's button says. Raises Problem REQUEST_MALFORMED."""
    if "call" in given:
        return Way.PHONE
    try:
        return Way(given.get("chosen") or given.get("everyone") or Way.WEB.value)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "way") from error


def _offices(given: MultiDict[str]) -> tuple[str, ...]:
    """Return the offices that a form names; none is everyone who waits. Raises Problem REQUEST_MALFORMED when nobody was chosen."""
    if "everyone" in given:
        return ()
    one = given.get("call") or given.get("urge")
    offices = (one,) if one else tuple(given.getall("offices", []))
    if not offices or len(offices) > MOST_URGED:
        raise Problem(ProblemType.REQUEST_MALFORMED, "offices")
    return offices


async def sheet(request: web.Request) -> web.Response:
    """GET /sent/{id}/matrix.xlsx. Raises what `show` raises."""
    person, service, submission = request[CALLER], request.app[SERVICE], submission_id(request)
    found, _ = await service.database.read(_read, person, submission, service.watch.now())
    chinese = language_of(request) == CHINESE
    rows = [[_said(column, chinese=chinese) for column in COLUMNS], *(_row(cell, chinese=chinese) for cell in found.rows)]
    limits = [f"{_said(Label('报送编号', 'filing number'), chinese=chinese)} {found.filing_number} · {moment(found.at)}"]
    body = await asyncio.to_thread(xlsx, rows, limits, NOTICE_ZH if chinese else NOTICE_EN, WIDTHS)
    name = quote(f"签收矩阵-{found.filing_number}.xlsx", safe="")
    saved = f"attachment; filename=\"matrix.xlsx\"; filename*=UTF-8''{name}"
    return web.Response(body=body, content_type=SHEET, headers={hdrs.CONTENT_DISPOSITION: saved})


def _row(cell: Cell, *, chinese: bool) -> list[str]:
    times = (cell.consigned_at, cell.opened_at, cell.signed_at, cell.returned_at or cell.misdirected_at, cell.withdrawn_at, cell.sign_by)
    return [
        cell.office,
        cell.name,
        _said(_COPY if cell.copy else _MAIN, chinese=chinese),
        _said(standing(cell), chinese=chinese),
        *(moment(each) if each else "" for each in times),
        _said(_YES, chinese=chinese) if cell.overdue else "",
        str(cell.urged or ""),
        moment(cell.urged_at) if cell.urged_at else "",
        _said(cell.urged_way, chinese=chinese) if cell.urged_way else "",
        cell.urged_by_name or "",
        " ".join(filter(None, (cell.contact, cell.phone))),
    ]


def _said(label: Label | Word, *, chinese: bool) -> str:
    return label.zh if chinese else label.en


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="matrix", path=f"{PATH}/matrix", handler=show, text=Label("签收矩阵", "receipt matrix")),
        Page(id="matrix_sheet", path=f"{PATH}/matrix.xlsx", handler=sheet, text=Label("签收矩阵 XLSX", "receipt matrix as XLSX")),
        Page(id="matrix_urge", path=f"{PATH}/urge", handler=urge, text=Label("催办", "urge"), method="POST"),
    ]
