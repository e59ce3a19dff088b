"""One operation of the API as data: its route, its check of scopes and its description all come from here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from schemas.problems import Problem, ProblemType
from schemas.words import Label, Scope

Security = Literal["signed", "container", "none"]
"""A request signed by a person's or service's key (RFC 9421); the container's own signature; nothing."""

JSON: Final = "application/json"
HTML: Final = "text/html"
EVENTS: Final = "text/event-stream"

_PATTERN: Final = re.compile(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}")


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
    """What a request or an answer carries: a media type, and the msgspec type where it is JSON (None: bytes or text).

    `required` is asked of a request's body only; `example` is a whole body as it would travel. No media type: there is no body.
    """

    media_type: str
    type: Any = None
    text: Label | None = None
    headers: Mapping[str, Label] = field(default_factory=dict)
    required: bool = True
    example: Any = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation. `problems` are those of its own; what every operation may answer is added where it is described.

    `also` are scopes that do as well as `scope`: what was sent and what came are asked for alike.

    `text` is one line; `more` says what a caller must know beyond it. `tagged` says that the answer has an ETag and
    heeds If-Match and If-None-Match.
    """

    id: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Handler
    text: Label
    answers: Mapping[int, Body]
    tag: str
    more: Label | None = None
    security: Security = "signed"
    scope: Scope | None = None
    also: tuple[Scope, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    tagged: bool = False
    problems: tuple[ProblemType, ...] = ()
    expect_handler: Any = None

    @property
    def template(self) -> str:
        """The path with its names alone, as OpenAPI writes it."""
        return _PATTERN.sub(r"{\1}", self.path)

    @property
    def endless(self) -> bool:
        """Whether the answer is a stream of events."""
        return any(body.media_type == EVENTS for body in self.answers.values())


OPERATION: web.RequestKey[Operation] = web.RequestKey("operation", Operation)
"""The operation that a request reached: `caller` asks it for the scope, metrics and logs for its id."""


def add_operations(app: web.Application, operations: Sequence[Operation]) -> None:
    """Add the routes of these operations to an application; where GET is answered, HEAD is too, but for answers without end."""
    for operation in operations:
        handler = _told(operation)
        options = {} if operation.expect_handler is None else {"expect_handler": operation.expect_handler}
        app.router.add_route(operation.method, operation.path, handler, **options)
        if operation.method == "GET" and not operation.endless:
            app.router.add_route("HEAD", operation.path, handler)


def require_query(request: web.Request) -> None:
    """Refuse a query that the operation does not describe: a misspelled `after` would begin the list anew, for ever.

    Raises Problem REQUEST_MALFORMED for an unknown or repeated parameter and for a missing one that is required.
    """
    known = {parameter.name: parameter for parameter in request[OPERATION].parameters if parameter.where == "query"}
    for name in request.query:
        if name not in known:
            raise Problem(ProblemType.REQUEST_MALFORMED, "query: unknown parameter")
        if len(request.query.getall(name)) > 1:
            raise Problem(ProblemType.REQUEST_MALFORMED, f"{name}: more than once")
    for name, parameter in known.items():
        if parameter.required and name not in request.query:
            raise Problem(ProblemType.REQUEST_MALFORMED, f"{name}: missing")


def _told(operation: Operation) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = operation
        if operation.security != "signed":  # a signed request's query is judged once it is known who asks: in `caller`
            require_query(request)
        return await operation.handler(request)

    return handle
