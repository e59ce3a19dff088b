"""Changes of the registry in the API: those that wait and those that were settled, and the county's word on each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from archive.ledger.database import Tx
from exchange import staff_changes
from exchange.commands import Desk
from exchange.office import browsers, naming
from exchange.office.administration import Acting
from exchange.office.session import BODY, caller
from exchange.office.store import INVITATION_LIFE, Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import INSTANT, PAGED, Listing, Window, window
from exchange.representation import answer
from exchange.service import SERVICE
from exchange.staff import requests
from exchange.staff.api import OFFICE
from exchange.staff.filing import ChangeKind, Sight, StaffFiling, State, may_settle, require_sight
from exchange.staff.requests import Change, Words
from exchange.staff_changes import Settled
from schemas import instants
from schemas.messages import OfficeCode, PersonId, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

CHANGES: Final = Listing("staff-changes", (INSTANT, "[0-9a-f]{32}"))
_ID: Final = "[0-9a-f]{32}"
CHANGE: Final = Parameter("change", "path", Label("变动标识", "the change's id"), {"type": "string", "pattern": f"^{_ID}$"})
STATE: Final = Parameter(
    "state",
    "query",
    Label("办理状态，默认待确认；all 为全部", "how far it is, those that wait by default; `all` for all"),
    {"type": "string", "enum": [*map(str, State), "all"], "default": State.OPEN.value},
)


class StaffChange(Struct, frozen=True, kw_only=True):
    """A change: what stood there and what is to stand there, null once it was erased; `words` are the county's where it was returned.

    `direct` is what the county did of itself; `proposed_by` is then its administrator, or null for the command on its machine.
    """

    id: str
    office: OfficeCode
    kind: ChangeKind
    state: State
    person: PersonId | None
    name: str
    proposed_by: PersonId | None
    proposed_at: str
    settled_by: PersonId | None
    settled_at: str | None
    direct: bool
    before: StaffFiling | None
    after: StaffFiling | None
    to: OfficeCode | None
    note: str
    words: str | None


class StaffChanges(Struct, frozen=True):
    """Changes, the newest first."""

    items: list[StaffChange]
    next: str | None


class ConfirmStaffChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`code`: make whoever arrives a one-time code. It is answered once and kept nowhere."""

    code: bool = False


class ReturnStaffChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is returned, in the county's words to the office."""

    words: Words


class ArrivalCode(Struct, frozen=True):
    """Who arrived, with the one-time code and the fingerprint that go on their slip."""

    person: PersonId
    code: str
    fingerprint: str
    ends_at: str


class StaffSettled(Struct, frozen=True):
    """A change that was settled; `handed` counts the items that found a successor."""

    id: str
    state: State
    person: PersonId | None
    handed: int
    arrival: ArrivalCode | None


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/staff/changes?office=CODE&state=…: of all offices for the county's administrator, of one's own for others."""
    person, service = await caller(request), request.app[SERVICE]
    person.require_scope(None)
    office = request.query.get("office") or (None if may_settle(person) else person.office)
    if office is not None:
        require_sight(person, office, Sight.WHOLE)
    state = request.query.get("state", State.OPEN.value)
    if state not in (*State, "all"):
        raise Problem(ProblemType.REQUEST_MALFORMED, "state")
    wanted = window(request, CHANGES)
    return answer(await service.database.read(_listed, office, None if state == "all" else State(state), wanted))


def _listed(tx: Tx, office: str | None, state: State | None, wanted: Window) -> StaffChanges:
    found = requests.listed(tx, office, state, wanted.place, wanted.size + 1)
    names = naming.people(tx, {each.person for each in found if each.person})
    items = [_told(each, names.get(each.person or "", "")) for each in found[: wanted.size]]
    more = len(found) > wanted.size
    return StaffChanges(items, CHANGES.write(items[-1].proposed_at, items[-1].id) if more else None)


def _told(one: Change, name: str) -> StaffChange:
    kept = one.kept
    after = None if kept is None else kept.after
    return StaffChange(
        id=one.id,
        office=one.office,
        kind=one.kind,
        state=one.state,
        person=one.person,
        name=name or (after.name if after is not None else ""),
        proposed_by=one.by or None,
        proposed_at=one.at,
        settled_by=one.settled_by,
        settled_at=one.settled_at,
        direct=one.direct,
        before=None if kept is None else kept.before,
        after=after,
        to=None if kept is None else kept.to,
        note="" if kept is None else kept.note,
        words=one.words,
    )


async def confirmed(request: web.Request) -> web.Response:
    """POST /api/v1/staff/changes/{change}/confirm."""
    person = await _settler(request)
    asked = decode(request[BODY] or b"{}", ConfirmStaffChange, ProblemType.REQUEST_MALFORMED)
    return await _settle(request, person, State.CONFIRMED, staff_changes.confirm, code=asked.code)


async def returned(request: web.Request) -> web.Response:
    """POST /api/v1/staff/changes/{change}/return."""
    person = await _settler(request)
    asked = decode(request[BODY] or b"{}", ReturnStaffChange, ProblemType.REQUEST_MALFORMED)
    return await _settle(request, person, State.RETURNED, staff_changes.send_back, words=asked.words)


async def _settler(request: web.Request) -> Person:
    """Return the county's administrator, at a browser one who has just shown that it is they.

    Raises Problem NOT_ALLOWED and CONFIRM_AGAIN.
    """
    person = await caller(request)
    if not may_settle(person):
        raise Problem(ProblemType.NOT_ALLOWED, "staff registry")
    session = request.get(browsers.SESSION)
    if session is not None and not session.is_confirmed(request.app[SERVICE].watch.now()):
        raise Problem(ProblemType.CONFIRM_AGAIN)
    return person


async def _settle(request: web.Request, person: Person, to: State, unit: Callable[..., Settled], **how: Any) -> web.Response:
    service, id_ = request.app[SERVICE], request.match_info["change"]
    desk = replace(Desk.of(service), acting=Acting(person.id))
    done = await desk.database.write(unit, desk, person, id_, **how)
    if desk.refresh is not None:
        await desk.refresh()
    arrival = None
    if done.invited is not None:
        code, ends = done.invited.invitation.shown, instants.write(service.watch.now() + INVITATION_LIFE)
        arrival = ArrivalCode(done.invited.person.id, code, service.county.fingerprint, ends)
    settled = await desk.database.read(requests.one, id_)
    return answer(StaffSettled(id_, to, settled.person, done.handed, arrival))


async def erased(request: web.Request) -> web.Response:
    """POST /api/v1/staff/changes/{change}/erasure."""
    person, service, id_ = await caller(request), request.app[SERVICE], request.match_info["change"]
    person.require_scope(None)
    await service.database.write(staff_changes.erase_who_never_came, Acting(person.id), person, id_, service.watch.now())
    await service.database.forget()  # nor in the ledger's files
    found = await service.database.read(requests.one, id_)
    return answer(_told(found, ""))


_WRONG: Final = (
    ProblemType.NOT_FOUND,
    ProblemType.NOT_ALLOWED,
    ProblemType.CONFIRM_AGAIN,
    ProblemType.STATE_CHANGED,
    ProblemType.MEDIA_TYPE_UNSUPPORTED,
    ProblemType.BODY_TOO_LARGE,
    ProblemType.BODY_TOO_SLOW,
    ProblemType.SIGNING_STOPPED,
)


def operations() -> list[Operation]:
    """Return the operations of this module."""
    one = f"/api/v1/staff/changes/{{change:{_ID}}}"
    return [
        Operation(
            id="listStaffChanges",
            method="GET",
            path="/api/v1/staff/changes",
            handler=listed,
            text=Label("人员变动：待确认的和已办的", "changes of the registry: those that wait, and those that were settled"),
            more=Label(
                "县管理员不带 office 时列全县；填报人只看本单位。",
                "The county's administrator gets all offices without `office`; those who file see their own office.",
            ),
            tag="staff",
            parameters=(OFFICE, STATE, *PAGED),
            answers={200: Body(JSON, StaffChanges)},
            problems=(ProblemType.NOT_ALLOWED,),
        ),
        Operation(
            id="confirmStaffChange",
            method="POST",
            path=one + "/confirm",
            handler=confirmed,
            text=Label("确认人员变动（县管理员），即时生效", "confirm a change (the county's administrator); it holds at once"),
            more=Label(
                "离岗、调出的，证书立即吊销，未办结事项按申报移交。到岗、调入的，code 为真时一并发放一次性注册码，只答复这一次。"
                "浏览器中须刚刚验证过本人。不能确认本人的离岗、调出。",
                "Of whoever leaves or moves, certificates are revoked at once and what lies open is handed over as planned. With `code`,"
                " whoever arrives is given a one-time code, which is answered this once. At a browser one has to have shown just now that"
                " it is oneself. Nobody confirms that they leave or move themselves.",
            ),
            tag="staff",
            parameters=(CHANGE,),
            body=Body(JSON, ConfirmStaffChange, required=False, example={"code": True}),
            answers={200: Body(JSON, StaffSettled)},
            problems=_WRONG,
        ),
        Operation(
            id="returnStaffChange",
            method="POST",
            path=one + "/return",
            handler=returned,
            text=Label("退回人员变动（县管理员），须说明原因", "return a change to its office, with words (the county's administrator)"),
            tag="staff",
            parameters=(CHANGE,),
            body=Body(JSON, ReturnStaffChange, example={"words": "号码请再核对"}),
            answers={200: Body(JSON, StaffSettled)},
            problems=(*_WRONG, ProblemType.REASON_REQUIRED),
        ),
        Operation(
            id="eraseStaffChange",
            method="POST",
            path=one + "/erasure",
            handler=erased,
            text=Label("清除被退回的到岗人员资料", "erase what was said of somebody whose arrival was returned"),
            more=Label(
                "本单位填报人和县管理员可立即清除，否则退回 90 天后自动清除。事件和回执保留，只含摘要。",
                "Those who file the office, and the county's administrator, do it at once; else it happens 90 days after the return."
                " Events and receipts stay: they hold digests alone.",
            ),
            tag="staff",
            parameters=(CHANGE,),
            answers={200: Body(JSON, StaffChange)},
            problems=(ProblemType.NOT_FOUND, ProblemType.NOT_ALLOWED, ProblemType.ACTION_NOT_POSSIBLE),
        ),
    ]
