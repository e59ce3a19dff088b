"""GET /api/v1/search: one question over what the caller's office sent and received. The words asked for are logged nowhere."""

import asyncio
import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

import msgspec
from aiohttp import web

from archive.search import highlight, legacy_entries, query
from archive.search.question import And, Everything, Node, Order, Place, Question, Viewer
from archive.search.question import Found as Matches
from archive.search.syntax import MAX_TEXT
from archive.search.writing import write
from exchange.finding import showing, store
from exchange.finding.answers import Answer, FromBefore, Hit, Index
from exchange.legacy import finding as legacy
from exchange.office.session import caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import AFTER, MOST, ORDINAL, Listing, window
from exchange.representation import answer
from exchange.service import SERVICE, Service
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role, Scope

SIZE: Final = 20
"""Hits of a page when nothing else is asked for."""
BYTES_AT_ONCE: Final = 8 << 20
"""Packed text in memory for one answer, unless a single submission has more."""
_HEARINGS: Final = 10
_HEARING_SECONDS: Final = 0.2
_RETRY_SECONDS: Final = 2
_ORDERS: Final = ("best", "newest")
_SWITCH: Final = {"0": False, "1": True}
LISTINGS: Final[Mapping[str, Listing]] = {order: Listing(f"search-{order}", ("[01]", ORDINAL)) for order in _ORDERS}
_TITLE_ONLY: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""They see that an item is there and never get its content, hence do not find by it either."""


@dataclass(frozen=True)
class Asked:
    """A request's parameters, judged. Without `pieces` nothing is marked, and no text is looked through for it."""

    text: str
    order: Order
    after: Place | None
    size: int
    facets: bool
    pieces: bool = True


def asked(request: web.Request) -> Asked:
    """Return what a request asks for. Raises Problem REQUEST_MALFORMED, naming the parameter."""
    given = request.query
    order, facets = given.get("order", "best"), given.get("facets", "1")
    if order not in _ORDERS:
        raise Problem(ProblemType.REQUEST_MALFORMED, "order")
    if facets not in _SWITCH:
        raise Problem(ProblemType.REQUEST_MALFORMED, "facets")
    size = window(request, LISTINGS[order]).size if "size" in given else SIZE
    return Asked(given.get("q", ""), cast("Order", order), place(order, given.get("after")), size, _SWITCH[facets])


def place(order: str, after: str | None) -> Place | None:
    """Return the place of a cursor. Raises Problem REQUEST_MALFORMED for one that this order never gave."""
    if after is None:
        return None
    tier, accepted = LISTINGS[order].read(after)
    return Place(int(tier), int(accepted))


async def search(request: web.Request) -> web.Response:
    """GET /api/v1/search. Raises what `find` raises."""
    person, wanted = await caller(request), asked(request)
    return answer(await find(request.app[SERVICE], person, wanted))


async def find(service: Service, person: Person, wanted: Asked, beside: Sequence[Node] = ()) -> Answer:
    """Answer a question; what stands `beside` it must hold as well, and is no part of the query.

    Offices stand there by their codes. Raises Problem QUERY_INVALID at its place, and what the index raises.
    """
    understood = await asyncio.to_thread(query.read, wanted.text)
    node = understood.node
    if understood.offices:
        node = query.with_offices(node, await service.database.read(store.codes, understood.offices))
    if beside:
        node = And((node, *beside))
    matches = await _matches(
        service,
        person,
        Question(
            node=_findable(person, node),
            viewer=Viewer(person.office, person.id),
            order=wanted.order,
            after=wanted.after,
            size=wanted.size + 1,
            facets=wanted.facets,
        ),
    )
    page = matches.hits[: wanted.size]
    following = LISTINGS[wanted.order].write(str(page[-1].tier), str(page[-1].accepted)) if len(matches.hits) > wanted.size else None
    hits, before = await _shown(service, person, [hit.submission for hit in page], node if wanted.pieces else Everything())
    return Answer(
        total=matches.total,
        hits=hits,
        legacy=before,
        facets=showing.counted(matches.facets, await _names(service, matches)),
        next=following,
        query=write(understood.node),
        index=Index(behind=await service.database.glance(store.newest_event) > matches.upto),
    )


def _findable(person: Person, node: Node) -> Node:
    """Return the tree with every word where this person may find by it."""
    if person.role in _TITLE_ONLY:
        return query.without_texts(node)
    return query.for_machines(node) if person.role is Role.SERVICE else node


async def _matches(service: Service, person: Person, question: Question) -> Matches:
    """Ask the index, again until it has heard of whatever was sealed: nothing that is sealed may be counted.

    Raises Problem INDEX_NOT_READY when it does not hear of it in time, and what the index raises.
    """
    for _ in range(_HEARINGS):
        matches = await service.finder.ask(question)
        if not await service.database.glance(store.sealed_after, person, matches.upto):
            return matches
        await asyncio.sleep(_HEARING_SECONDS)
    raise Problem(ProblemType.INDEX_NOT_READY, retry_after=_RETRY_SECONDS)


async def _names(service: Service, matches: Matches) -> dict[str, str]:
    offices = matches.facets.get("office", {})
    return await service.database.read(store.office_names, tuple(offices)) if offices else {}


class _Sort(NamedTuple):
    """How one sort of what was found is read from the ledger, and what is shown of it."""

    found: Callable[..., list[Any]]
    bodies: Callable[..., dict[Any, bytes]]
    shown: Callable[..., tuple[Any, ...]]


_SUBMISSIONS: Final = _Sort(store.found, store.kept_bodies, showing.shown)
_LEGACY: Final = _Sort(legacy.found, legacy.kept_bodies, showing.shown_legacy)


async def _shown(service: Service, person: Person, page: Sequence[str], node: Node) -> tuple[tuple[Hit, ...], tuple[FromBefore, ...]]:
    """Make what is shown of a page: submissions, and documents from before, each with how many of those stand before it."""
    numbers = {number: place for place, each in enumerate(page) if (number := legacy_entries.number_of(each)) is not None}
    hits = await _of(_SUBMISSIONS, service, person, [each for each in page if legacy_entries.number_of(each) is None], node)
    before = await _of(_LEGACY, service, person, list(numbers), node) if numbers else ()
    places = sorted(page.index(hit.submission) for hit in hits) if before else []
    return hits, tuple(msgspec.structs.replace(each, place=bisect.bisect(places, numbers[each.item])) for each in before)


async def _of(sort: _Sort, service: Service, person: Person, ids: Sequence[str | int], node: Node) -> tuple[Any, ...]:
    """Show one sort, with the kept text of a few hits in memory at a time, and of one question of an office."""
    wanted, shown = highlight.wanted(node), list[Any]()
    for group in _groups(await service.database.read(sort.found, person, ids)):
        readable = [each.id for each in group if each.kept_bytes] if wanted else []
        async with service.showing.turn(person.office):
            bodies = await service.database.read(sort.bodies, readable) if readable else {}
            shown += await service.apart.run(sort.shown, group, bodies, wanted)
    return tuple(shown)


def _groups(found: Sequence[Any]) -> Iterator[list[Any]]:
    group: list[Any] = []
    size = 0
    for each in found:
        if group and size + each.kept_bytes > BYTES_AT_ONCE:
            yield group
            group, size = [], 0
        group.append(each)
        size += each.kept_bytes
    if group:
        yield group


_PARAMETERS: Final = (
    Parameter(
        "q",
        "query",
        Label("检索式，写法见 docs/search.md；空则列出全部", "the query, see docs/search.md; empty for everything"),
        {"type": "string", "maxLength": MAX_TEXT, "default": ""},
    ),
    Parameter(
        "order",
        "query",
        Label("best：标题、文号命中的在前，再按新旧；newest：只按新旧", "best: title and number first, then newest; newest: newest first"),
        {"type": "string", "enum": list(_ORDERS), "default": "best"},
    ),
    AFTER,
    Parameter("size", "query", Label("每页件数", "hits of a page"), {"type": "integer", "minimum": 1, "maximum": MOST, "default": SIZE}),
    Parameter(
        "facets",
        "query",
        Label("是否统计单位、文种、年份、状态", "whether to count offices, kinds, years and states"),
        {"type": "string", "enum": list(_SWITCH), "default": "1"},
    ),
)


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="search",
            method="GET",
            path="/api/v1/search",
            handler=search,
            text=Label("检索本单位报送、收到的件和历史件", "search what the office sent and received, and its documents from before"),
            more=Label(
                "检索式有误时，答复的 position（从 0 起的字符序号）和 expected 指出位置与应填内容。审计和管理员只按标题、文号、文件名检索，"
                "接口账号检索内部件时也是；"
                "收文单位阅读之后才显示正文片段。legacy 是本页中的历史件：未签名、无回执，只有所属单位能找到。",
                "When the query cannot be understood, `position` (index of a character, from 0) and `expected` say where and what. Auditors"
                " and administrators search titles, numbers and file names alone, and so do service accounts among internal items; a"
                " recipient is shown snippets once the item was opened. `legacy` are the documents from before on this page: unsigned,"
                " without a receipt, and found by the office alone that they belong to.",
            ),
            tag="search",
            scope=Scope.SEARCH,
            parameters=_PARAMETERS,
            answers={200: Body(JSON, Answer)},
            problems=(ProblemType.QUERY_INVALID, ProblemType.INDEX_NOT_READY, ProblemType.INDEX_BROKEN, ProblemType.BUSY),
        )
    ]
