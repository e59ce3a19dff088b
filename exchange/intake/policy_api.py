"""GET /api/v1/policy: the policy in force, so that a township judges before it sends as the county does afterwards."""

from typing import Final

from aiohttp import hdrs, web

from exchange.operation import JSON, Body, Operation
from exchange.representation import Tags
from exchange.service import SERVICE
from schemas.problems import Problem, ProblemType
from schemas.words import Label

POLICY_HEADER: Final = "Yizhan-Policy"
"""The version of the policy in force, on every answer: who keeps a copy sees at once that there is a newer one."""

_UNCHANGED: Final = 304


async def policy(request: web.Request) -> web.Response:
    """Answer with the policy; its version is the tag. Raises Problem PRECONDITION_FAILED or REQUEST_MALFORMED."""
    in_force = request.app[SERVICE].policy
    wanted, known, tag = Tags.read(request, hdrs.IF_MATCH), Tags.read(request, hdrs.IF_NONE_MATCH), f'"{in_force.version}"'
    if wanted is not None and not wanted.hold_strongly(tag):
        raise Problem(ProblemType.PRECONDITION_FAILED)
    if known is not None and known.hold_weakly(tag):
        return web.Response(status=_UNCHANGED, headers={hdrs.ETAG: tag})
    return web.Response(body=in_force.published(), content_type=JSON, headers={hdrs.ETAG: tag})


async def tell_policy(request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer which policy is in force."""
    response.headers[POLICY_HEADER] = request.app[SERVICE].policy.version


def operations() -> list[Operation]:
    """Return the operation of this module."""
    return [
        Operation(
            id="readPolicy",
            method="GET",
            path="/api/v1/policy",
            handler=policy,
            text=Label("现行检查规则（公开）", "the policy in force, which is public"),
            more=Label(
                "ETag 即规则版本；每个答复的 Yizhan-Policy 也载明版本。发送前检查用同一规则；是否接收以县端检查为准。",
                "The ETag is the policy's version, which every answer names in Yizhan-Policy. Checks before sending use the same policy;"
                " the county's verdict alone counts.",
            ),
            tag="submissions",
            security="none",
            tagged=True,
            answers={200: Body(JSON, text=Label("规则", "the policy"))},
        )
    ]
