"""One page of the desk as data: its address, who may see it, and how a refusal looks on it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web

from exchange.edge import PROBLEM, problem_of
from exchange.office import browsers
from exchange.office.session import CALLER
from exchange.operation import OPERATION, Operation
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STAFF: Final = frozenset(Role) - {Role.SERVICE}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page, or what one of its forms is sent to.

    `roles` may reach it: others are told that they may not; None means that nobody need be signed in.
    """

    id: str
    path: str
    handler: Handler
    text: Label
    method: Literal["GET", "POST"] = "GET"
    roles: frozenset[Role] | None = STAFF


def add_pages(app: web.Application, pages: Sequence[Page]) -> None:
    """Add the routes of pages; whoever is not signed in is shown the way there, and comes back."""
    for page in pages:
        handler = _guarded(page)
        app.router.add_route(page.method, page.path, handler)
        if page.method == hdrs.METH_GET:
            app.router.add_route(hdrs.METH_HEAD, page.path, handler)


def _guarded(page: Page) -> Handler:
    named = Operation(id=page.id, method=page.method, path=page.path, handler=page.handler, text=page.text, answers={}, tag="desk")

    async def handle(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = named
        try:
            await _enter(request, page)
            return await page.handler(request)
        except Exception as error:  # the outer edge of a page: a refusal, or an incident, in words
            if request.writer.output_size:  # an answer is under way: `edge.problems` ends the connection, or words would end up in a file
                raise
            return refusal(request, error)

    return handle


async def _enter(request: web.Request, page: Page) -> None:
    """Find out who is signed in, and whether the page is for them."""
    try:
        session = await browsers.current(request)
        request[CALLER] = session.person
    except Problem as problem:
        if problem.kind is not ProblemType.SIGNED_OUT or page.roles is not None:
            raise
        if request.method not in browsers.SAFE:
            browsers.require_same_site(request)
        return
    if page.roles is not None and session.person.role not in page.roles:
        raise Problem(ProblemType.NOT_ALLOWED, session.person.role.value)


def refusal(request: web.Request, error: Exception) -> web.StreamResponse:
    """Return what a person is shown instead of the page: the words of the refusal, and what to do next."""
    problem, incident = problem_of(error)
    whole = request.headers.get("HX-Request") != "true"
    if problem.kind is ProblemType.SIGNED_OUT and whole and request.method in browsers.SAFE:
        return go(sign_in_address(request))
    if problem.kind is ProblemType.CONFIRM_AGAIN and whole:
        return go(confirm_address(request))
    template = "refusal.html" if whole else "refusal_piece.html"
    answer = request.app[DESK].render(request, template, problem.kind.status or 500, problem=problem, incident=incident)
    if not whole:
        answer.headers["HX-Retarget"] = "#messages"
        answer.headers["HX-Reswap"] = "innerHTML"
    answer[PROBLEM] = problem.kind
    return answer


def go(address: str) -> web.Response:
    """Lead on to an address of ours with a GET, whatever was asked before."""
    return web.Response(status=303, headers={hdrs.LOCATION: address})


def sign_in_address(request: web.Request) -> str:
    """Return where to sign in, and where to come back to from there."""
    wanted = str(request.rel_url) if request.method in browsers.SAFE else "/"
    return "/signin" if wanted == "/" else f"/signin?next={quote(wanted, safe='')}"


def confirm_address(request: web.Request) -> str:
    """Return where a person shows again that it is they, and comes back from: to this page, or to the one whose form was sent."""
    back = str(request.rel_url)
    if request.method not in browsers.SAFE:
        referer = request.headers.get(hdrs.REFERER, "")
        inside = browsers.host_of(referer) == request.host and urlsplit(referer).path.startswith("/")
        back = urlsplit(referer)._replace(scheme="", netloc="", fragment="").geturl() if inside else "/"
    return f"/confirm?next={quote(back, safe='')}"


def next_address(request: web.Request) -> str:
    """Return the address of ours that was wanted before signing in; anything else leads home."""
    wanted = request.query.get("next", "/")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\", "/api/")) and wanted.isprintable() and "\\" not in wanted
    return wanted if inside else "/"
