"""Who may administer, and that it is they: a county administrator who has shown just now that it is they.

What is done here is done by the units of `exchange.commands`, the same as by the command on the county's machine.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from aiohttp import web

from exchange import commands
from exchange.office import browsers
from exchange.office.administration import REPEATED, Acting
from exchange.office.session import CALLER
from exchange.service import SERVICE, Service
from exchange.web.pages import Handler, Page, go
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role

ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
ONLOOKERS: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_CONFLICT: Final = 409


class Section(NamedTuple):
    """A part of the administration, for the tabs above each page."""

    path: str
    text: Label


SECTIONS: Final = (
    Section("/admin", Label("系统状态", "Status")),
    Section("/admin/offices", Label("单位", "Offices")),
    Section("/admin/people", Label("人员", "Staff")),
    Section("/admin/staff", Label("人员备案", "Staff registry")),
    Section("/admin/accounts", Label("接口账号", "Service accounts")),
    Section("/admin/policy", Label("检查规则", "Policy")),
    Section("/admin/returns", Label("退回原因", "Reasons for returning")),
    Section("/admin/deadlines", Label("期限与提醒", "Deadlines")),
    Section("/admin/audit", Label("审计记录", "Audit trail")),
)


def room(path: str, handler: Handler, id_: str, text: Label, roles: frozenset[Role] = ADMINISTRATORS) -> Page:
    """Return a page of the administration, for people of the county's own office alone."""
    return Page(id=id_, path=path, handler=_of_county(handler), text=text, roles=roles)


def act(path: str, handler: Handler, id_: str, text: Label) -> Page:
    """Return what a form of the administration is sent to."""
    return Page(id=id_, path=path, handler=_of_county(handler), text=text, method="POST", roles=ADMINISTRATORS)


def _of_county(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request[CALLER].office != COUNTY:
            raise Problem(ProblemType.NOT_ALLOWED, "county")
        return await handler(request)

    return handle


def render(request: web.Request, template: str, here: str, status: int = 200, **context: object) -> web.Response:
    """Return a page of the administration; `here` is the path of its section."""
    sections = SECTIONS if request[CALLER].role is Role.ADMINISTRATOR else [each for each in SECTIONS if each.path == here]
    around = {"sections": sections, "here": here, "once": secrets.token_hex(16), "confirmed": is_confirmed(request)}
    return request.app[DESK].render(request, f"admin/{template}", status, **around, **context)


def now_of(request: web.Request) -> datetime:
    """Return the time."""
    return request.app[SERVICE].watch.now()


def is_confirmed(request: web.Request) -> bool:
    """Say whether the person has shown just now that it is they."""
    return request[browsers.SESSION].is_confirmed(now_of(request))


def require_confirmed(request: web.Request) -> None:
    """Raise Problem CONFIRM_AGAIN for a person who has not shown for a while that it is they."""
    if not is_confirmed(request):
        raise Problem(ProblemType.CONFIRM_AGAIN)


def confirm_address(path: str, values: Mapping[str, str] | None = None) -> str:
    """Return where a person confirms, and comes back from to what they were filling in."""
    back = f"{path}?{urlencode(values)}" if values else path
    return f"/confirm?next={quote(back, safe='')}"


def confirm_first(path: str, values: Mapping[str, str] | None = None) -> web.Response:
    """Lead to where a person confirms."""
    return go(confirm_address(path, values))


def commanding(request: web.Request, once: str = "") -> commands.Desk:
    """Return what the commands of the county's machine work on, in the name of whoever is signed in.

    `once` names the form that was sent; without one the act may be done again. Raises Problem CONFIRM_AGAIN.
    """
    require_confirmed(request)
    service = request.app[SERVICE]
    return replace(of_service(service), acting=Acting(request[CALLER].id, once[:64]))


def of_service(service: Service) -> commands.Desk:
    """Return the commands' desk of a running service, for looking."""
    return commands.Desk.of(service)


def is_repetition(problem: Problem) -> bool:
    """Say whether a form was refused because it was sent before."""
    return problem.kind is ProblemType.ACTION_NOT_POSSIBLE and problem.detail == REPEATED


def done_before(request: web.Request, here: str) -> web.Response:
    """Say that this form was sent before, and that its codes are not shown again."""
    return render(request, "repeated.html", here, _CONFLICT)
