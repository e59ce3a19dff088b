"""GET /api/v1/events: what concerns the caller's office, as Server-Sent Events (WHATWG HTML, section 9.2), read from the ledger."""

import asyncio
import contextlib
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import hdrs, web
from aiohttp_sse import EventSourceResponse

from exchange.events import store
from exchange.events.store import Happening, Place
from exchange.events.streams import BESIDE, CLAIMS, DUTY, STREAMS, Beside, Stream
from exchange.office.session import caller, present
from exchange.operation import Body, Operation, Parameter
from exchange.service import SERVICE
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Scope

HEARTBEAT_SECONDS: Final = 15
"""A comment so often, for proxies that close what is silent; the caller is looked at again as often."""

DRAIN_SECONDS: Final = 30
"""How long a page may take to leave; whoever takes longer is cut off and goes on later from the last id."""

RETRY_MILLISECONDS: Final = 5000
LAST: Final = "Last-Event-ID"


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """The `data` of a message; titles, numbers, names and reasons are asked for with the submission's id."""

    event: str
    submission: str
    at: str
    office: str
    evidence_id: str
    recipient: str | None = None
    by: str | None = None


def told(happening: Happening) -> str:
    """Return the `data` of a message: JSON in one line."""
    fields = {name: value for name, value in happening._asdict().items() if name != "place"}
    return msgspec.json.encode(Told(**fields)).decode()


async def follow(request: web.Request) -> web.StreamResponse:
    """Answer with a stream that ends when the service stops, the caller may no longer look, or does not take what is sent."""
    person = await caller(request)
    streams, database = request.app[STREAMS], request.app[SERVICE].database
    beside = _beside(request)
    named = request.headers.get(LAST) or request.query.get("after")
    place = await (database.read(store.newest) if named is None else database.read(store.find, named))
    with streams.one(person.id, request) as stream:
        response = EventSourceResponse(sep="\n", ping_interval=HEARTBEAT_SECONDS, send_timeout=DRAIN_SECONDS)
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        if not stream.alive:  # left while it was found out who they are: nobody takes an answer
            return web.Response(status=HTTPStatus.NO_CONTENT)
        await response.prepare(request)
        async with response:
            # gone, slow or cut; or no longer allowed, which is said when the stream is asked for again
            with contextlib.suppress(ConnectionError, TimeoutError, Problem):
                await _tell(request, response, stream, place, beside)
    return response


def _beside(request: web.Request) -> dict[str, Beside]:
    """Return what is asked for beside the events, by name. Raises Problem REQUEST_MALFORMED."""
    named = frozenset(filter(None, request.query.get("beside", "").split(",")))
    if not named <= {CLAIMS, DUTY}:
        raise Problem(ProblemType.REQUEST_MALFORMED, "beside")
    return {name: says for name, says in request.app.get(BESIDE, {}).items() if name in named}


async def _tell(request: web.Request, response: EventSourceResponse, stream: Stream, place: Place, beside: dict[str, Beside]) -> None:
    service, streams = request.app[SERVICE], request.app[STREAMS]
    # a first message without data: it is not shown to the application, but its id is kept for the next connection
    await response.write(f"retry: {RETRY_MILLISECONDS}\nid: {place.mark}\n\n".encode())
    number, said = place.number, dict.fromkeys(beside, "")
    while True:
        person = await present(request)
        person.require_scope(Scope.EVENTS)
        ring = streams.next_ring(person.office)  # before the reading, so that nothing falls between reading and waiting
        if streams.closing:
            return
        page = await service.database.read(store.page, person, number)
        await _send(response, stream, [(told(each), each.place.mark, each.event) for each in page.happenings])
        number = page.reached
        for name, says in beside.items():
            if (stands := await says(request, person)) != said[name]:
                # without an id: whoever comes back goes on behind the last event of the ledger, and is told anew how this stands
                await _send(response, stream, [(stands, None, name)])
                said[name] = stands
        if not page.more:
            await _wait(stream, ring)


async def _send(response: EventSourceResponse, stream: Stream, messages: list[tuple[str, str | None, str]]) -> None:
    """Send messages, each its data, id and event: they must leave in time as a whole.

    Raises TimeoutError, with the connection cut, and ConnectionError.
    """
    stream.sending = True
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            for text, mark, event in messages:
                await response.send(text, id=mark, event=event)
    except TimeoutError:
        stream.abort()
        raise
    finally:
        stream.sending = False


async def _wait(stream: Stream, ring: asyncio.Event) -> None:
    """Wait for a ring, at most until the next heartbeat. Raises ConnectionResetError once the peer is gone."""
    for _ in range(HEARTBEAT_SECONDS):
        if not stream.alive:
            raise ConnectionResetError
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await ring.wait()
            return


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="followEvents",
            method="GET",
            path="/api/v1/events",
            handler=follow,
            text=Label("接收本单位动态", "follow what concerns one's office"),
            more=Label(
                "事件流；断线后凭 Last-Event-ID 续接，不重不漏。不带编号则从现在起，after=0 从头开始。",
                "A stream of Server-Sent Events. After a break it goes on from Last-Event-ID, without gaps or repetitions; without one"
                " it begins now, with after=0 at the beginning.",
            ),
            answers={200: Body("text/event-stream", text=Label("每个事件一条消息", "one message an event"))},
            tag="events",
            scope=Scope.EVENTS,
            parameters=(
                Parameter(LAST, "header", Label("最后收到的编号", "the last id that was received"), {"type": "string"}),
                Parameter(
                    "after", "query", Label("从此编号之后开始；0 为从头", "begin after this id; 0 is the beginning"), {"type": "string"}
                ),
                Parameter(
                    "beside",
                    "query",
                    Label(
                        "claims：另告知本单位同事此刻正在办理哪些件（件号对姓名，不带编号，不留存）；"
                        "duty：另告知未阅特急件数和已提醒的待签收件数；可用逗号并列",
                        "claims: also tell which items the office's other people are at just now (names by submission; without an id,"
                        " kept nowhere); duty: also tell how many extra urgent items nobody has opened and of how many the office was"
                        " reminded; several are parted by commas",
                    ),
                    {"type": "string", "pattern": f"^({CLAIMS}|{DUTY})(,({CLAIMS}|{DUTY}))*$"},
                ),
            ),
            problems=(ProblemType.EVENTS_UNKNOWN, ProblemType.TOO_MANY_REQUESTS),
        ),
    ]
