"""Search 检索: the page around the one question. Its address holds everything: the words, what was chosen beside them, order and place."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from archive.search.question import Between, Node, OneOf, Order
from archive.search.syntax import FIELDS, MAX_TEXT
from exchange.finding import api
from exchange.finding.answers import Answer, Count, FromBefore, Mark
from exchange.finding.api import Asked
from exchange.finding.showing import SIDES, STATES
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.township.standing import standing, tone
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Label, Role

CHOICES: Final = {"from": "office", "kind": "kind", "year": "year", "state": "state"}
"""What may be chosen beside the words: the name in the address and the facet that counts it."""
TITLES: Final = {
    "from": Label("发文单位", "sender"),
    "kind": Label("文种", "kind"),
    "year": Label("成文年份", "year of issue"),
    "state": Label("状态", "state"),
}
_ORDERS: Final = ("best", "newest")
_SHOWN_HERE: Final = frozenset(
    {ProblemType.QUERY_INVALID, ProblemType.INDEX_NOT_READY, ProblemType.INDEX_BROKEN, ProblemType.INDEX_LOCKED, ProblemType.BUSY}
)
"""Refusals that stand beside the box, so that what was typed can be mended or asked again."""
_YEAR: Final = re.compile("[12][0-9]{3}")
_TITLES_ONLY: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})

Address = Callable[..., str]


class Wanted(NamedTuple):
    """What an address asks for: the words, the choices by name, the order, and where the page begins."""

    text: str
    chosen: Mapping[str, str]
    order: str
    after: str

    def address(self, path: str = "/search", /, **changed: str) -> str:
        """Return the address with something else; an empty value takes it away, and the list begins anew unless `after` is given."""
        values = {"q": self.text, **self.chosen, "order": "" if self.order == _ORDERS[0] else self.order} | changed
        kept = {name: value for name, value in values.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


class Choice(NamedTuple):
    """A value that may be chosen, how many there are, and the address with it, or without it where it is chosen already."""

    label: Label
    many: int | None
    address: str
    chosen: bool


class Misread(NamedTuple):
    """A query that was not understood, cut at the place; `expected` is what should stand there."""

    before: str
    at: str
    behind: str
    expected: Label
    position: int
    suggestion: str


async def searched(request: web.Request) -> web.Response:
    """GET /search. Raises Problem REQUEST_MALFORMED for a choice that is none."""
    person, service, wanted = request[CALLER], request.app[SERVICE], read(request)
    found, problem, offices = None, None, dict[str, str]()
    try:
        found = await api.find(service, person, asked(wanted), beside(wanted.chosen))
        codes = {hit.from_ for hit in found.hits} | {copy.office for hit in found.hits for copy in hit.deliveries}
        codes |= {each.office for each in found.legacy}
        offices = await service.database.read(naming.offices, codes | set(filter(None, [wanted.chosen.get("from")])))
    except Problem as refused:
        if refused.kind not in _SHOWN_HERE:
            raise
        problem = refused
    return request.app[DESK].render(
        request,
        "search.html",
        200 if problem is None else problem.kind.status,
        wanted=wanted,
        found=found,
        hits=[] if found is None else [(hit, isinstance(hit, FromBefore)) for hit in found.in_order()],
        problem=problem,
        misread=misread(wanted.text, problem),
        facets=facets(wanted, found, offices),
        titles=TITLES,
        offices=offices,
        pieces=pieces,
        standing=standing,
        tone=tone,
        fields=FIELDS,
        longest=MAX_TEXT,
        titles_only=person.role in _TITLES_ONLY,
    )


def read(request: web.Request) -> Wanted:
    """Return what an address asks for. Raises Problem REQUEST_MALFORMED."""
    order = request.query.get("order", "") or _ORDERS[0]
    if order not in _ORDERS:
        raise Problem(ProblemType.REQUEST_MALFORMED, "order")
    chosen = {name: request.query[name] for name in CHOICES if request.query.get(name)}
    return Wanted(request.query.get("q", ""), chosen, order, request.query.get("after", ""))


def asked(wanted: Wanted) -> Asked:
    """Return the question to the index. Raises Problem REQUEST_MALFORMED for a place that was never given."""
    order: Order = "best" if wanted.order == "best" else "newest"
    return Asked(wanted.text, order, api.place(order, wanted.after or None), api.SIZE, facets=True)


def beside(chosen: Mapping[str, str]) -> list[Node]:
    """Return what must hold besides the words. Raises Problem REQUEST_MALFORMED, naming the choice."""
    return [_leaf(name, value) for name, value in chosen.items()]


def _leaf(name: str, value: str) -> Node:
    malformed = Problem(ProblemType.REQUEST_MALFORMED, name)
    match name:
        case "from" if re.fullmatch(CODE, value):
            return OneOf("from", (value,))
        case "year" if _YEAR.fullmatch(value):
            return Between("year", int(value), int(value))
        case "kind" if value in set(Kind):
            return OneOf("kind", (value,))
        case "state" if value.partition(":")[0] in SIDES and value.partition(":")[2] in STATES:
            return OneOf("state", (value,))
    raise malformed


def facets(wanted: Wanted, found: Answer | None, offices: Mapping[str, str]) -> dict[str, list[Choice]]:
    """Return what can be chosen, by name; what is chosen is there even where nothing was found."""
    groups: dict[str, list[Choice]] = {}
    for name, facet in CHOICES.items():
        counts = () if found is None else found.facets.get(facet, ())
        chosen = wanted.chosen.get(name)
        choices = [
            Choice(
                label(name, each.value, each),
                each.count,
                wanted.address(**{name: "" if each.value == chosen else each.value}),
                each.value == chosen,
            )
            for each in counts
        ]
        if chosen is not None and all(each.value != chosen for each in counts):
            said = label(name, chosen, Count(value=chosen, label=offices.get(chosen, chosen), count=1))
            choices.insert(0, Choice(said, None, wanted.address(**{name: ""}), chosen=True))
        groups[name] = choices
    return groups


def label(name: str, value: str, count: Count) -> Label:
    """Return what a value is called in both languages; an office has one name."""
    if name == "kind":
        kind = Kind(value)
        return Label(kind.zh, kind.en)
    if name == "state":
        side, _, state = value.partition(":")
        said = STATES[state]
        return Label(f"{SIDES[side].zh} {said.zh}", f"{SIDES[side].en}: {said.en}")
    return Label(count.label, count.label)


def misread(text: str, problem: Problem | None) -> Misread | None:
    """Return where a query was not understood, when that is the problem."""
    if problem is None or problem.kind is not ProblemType.QUERY_INVALID:
        return None
    said = problem.members
    place = int(said["position"])
    expected = Label(str(said["expected"]), str(said["expected_en"]))
    return Misread(text[:place], text[place : place + 1], text[place + 1 :], expected, place + 1, str(said.get("suggestion", "")))


def pieces(text: str, marks: tuple[Mark, ...]) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it was found."""
    found, place = list[tuple[str, bool]](), 0
    for start, end in marks:
        found += [(text[place:start], False), (text[start:end], True)]
        place = end
    return [each for each in (*found, (text[place:], False)) if each[0]]


def all_of(wanted: Wanted) -> Asked:
    """Return the question for a list that is taken away: as many rows at once as there may be, and no pieces of text."""
    return replace(asked(wanted), size=100, facets=False, pieces=False)


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="search_page", path="/search", handler=searched, text=Label("检索", "search"))]
