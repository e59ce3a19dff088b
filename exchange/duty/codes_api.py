"""Codes of the night over HTTP: which were given, and taking one back."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from exchange.duty import codes
from exchange.office.administration import Acting
from exchange.office.session import caller
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Instant, OfficeCode, PersonId
from schemas.problems import ProblemType
from schemas.words import Label

_CODES: Final = "/api/v1/duty/codes"
_MOST: Final = 100
_CODE: Final = Parameter(
    "code",
    "path",
    Label("注册码的前四位", "first four characters of the code"),
    {"type": "string", "pattern": "^[0-9A-Z]{4}$"},
)


class GivenCode(Struct, frozen=True, kw_only=True):
    """A code of the night, by its first four characters; `in_force` while it, or what was enrolled with it, still works."""

    code: str
    person: PersonId
    name: str
    office: OfficeCode
    deputy: bool
    at: Instant
    ends_at: Instant
    used_at: Instant | None
    withdrawn_at: Instant | None
    in_force: bool


class GivenCodes(Struct, frozen=True):
    """The codes of the night that were given last, the newest first."""

    items: list[GivenCode]


class TakenBack(Struct, frozen=True):
    """A code that was taken back: whose it was, and how many certificates ended with it."""

    code: str
    person: PersonId
    revoked: int


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/duty/codes."""
    codes.require_giver(await caller(request))
    service = request.app[SERVICE]
    found = await service.database.read(codes.given, _MOST, service.watch.now())
    return answer(
        GivenCodes(
            [
                GivenCode(
                    code=each.selector,
                    person=each.person,
                    name=each.name,
                    office=each.office,
                    deputy=each.deputy,
                    at=each.at,
                    ends_at=each.ends_at,
                    used_at=each.used_at,
                    withdrawn_at=each.withdrawn_at,
                    in_force=each.in_force,
                )
                for each in found
            ]
        )
    )


async def taken_back(request: web.Request) -> web.Response:
    """POST /api/v1/duty/codes/{code}/withdrawal."""
    person, service = await caller(request), request.app[SERVICE]
    codes.require_giver(person)
    code, now = request.match_info["code"], service.watch.signing_now()
    taken = await service.sign(codes.take_back, service.county, Acting(person.id), code, now)
    await service.reload_trust()
    return answer(TakenBack(code, taken.person, taken.revoked))


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="listDutyCodes",
            method="GET",
            path=_CODES,
            handler=listed,
            text=Label("最近签发的临时注册码（县值班员、管理员）", "the codes of the night given last, for the county's duty officers"),
            tag="offices",
            answers={200: Body(JSON, GivenCodes)},
            problems=(ProblemType.NOT_ALLOWED,),
        ),
        Operation(
            id="takeBackDutyCode",
            method="POST",
            path=f"{_CODES}/{{code}}/withdrawal",
            handler=taken_back,
            text=Label("作废临时注册码，已领证书同时吊销", "take back a code of the night, with the certificate that it brought"),
            more=Label(
                "未用的码不能再登记；已用的码所领证书即刻吊销，代班人员随之离岗。",
                "An unused code enrols nobody any more; the certificate of a used one is revoked at once, and a deputy of the night goes.",
            ),
            tag="offices",
            parameters=(_CODE,),
            answers={200: Body(JSON, TakenBack)},
            problems=(
                ProblemType.NOT_ALLOWED,
                ProblemType.NOT_FOUND,
                ProblemType.CODE_WITHDRAWN,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
    ]
