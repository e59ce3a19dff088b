"""GET /api/v1/groups: groups of recipients, for choosing them together; what is sent lists the offices."""

from aiohttp import web
from msgspec import Struct

from exchange.office import groups
from exchange.office.groups import Keeping
from exchange.office.session import caller
from exchange.operation import JSON, Body, Operation
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import OfficeCode
from schemas.words import Label, Scope


class Group(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A group of recipients; `members` are offices of today, `closed` those of its members that are no more."""

    id: str
    name: str
    keeping: Keeping
    members: tuple[OfficeCode, ...]
    closed: tuple[OfficeCode, ...] = ()


class Groups(Struct, frozen=True):
    """Every group that the caller may choose."""

    items: list[Group]


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/groups."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(groups.groups, person)
    return answer(Groups([Group(id=one.id, name=one.name, keeping=one.keeping, members=one.members, closed=one.closed) for one in found]))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="listGroups",
            method="GET",
            path="/api/v1/groups",
            handler=listed,
            text=Label("收文单位组：按类别的、全县通用的、本单位的", "groups of recipients: by kind, county-wide, the own office's"),
            tag="offices",
            scope=Scope.SUBMIT,
            answers={200: Body(JSON, Groups)},
        )
    ]
