"""One operation of the API as data: its route, its check of scopes and its description all come from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from schemas.problems import ProblemType
from schemas.words import Label, Scope

Security = Literal["signed", "container", "none"]
"""A request signed by a person's or service's key (RFC 9421); the container's own signature; nothing."""

JSON: Final = "application/json"


@dataclass(frozen=True)
class Parameter:
    """A query, path or header parameter with its JSON Schema."""

    name: str
    where: Literal["query", "path", "header"]
    text: Label
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True)
class Body:
    """What a request or an answer carries: a media type, and the msgspec type where it is JSON (None: bytes or text)."""

    media_type: str
    type: Any = None
    text: Label | None = None
    headers: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation. `problems` are those of its own; what every operation may answer is added where it is described."""

    id: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Handler
    text: Label
    answers: Mapping[int, Body]
    tag: str
    security: Security = "signed"
    scope: Scope | None = None
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    problems: tuple[ProblemType, ...] = ()
    expect_handler: Any = None


OPERATION: web.RequestKey[Operation] = web.RequestKey("operation", Operation)
"""The operation that a request reached: `caller` asks it for the scope, metrics and logs for its id."""


def add_operations(app: web.Application, operations: Sequence[Operation]) -> None:
    """Add the routes of these operations to an application."""
    for operation in operations:
        options = {} if operation.expect_handler is None else {"expect_handler": operation.expect_handler}
        app.router.add_route(operation.method, operation.path, _told(operation), **options)


def _told(operation: Operation) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = operation
        return await operation.handler(request)

    return handle
