"""Refused 未予接收: when, by which rules, and what to do next. There is no title to show: nothing of the content was kept."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office import naming, stops
from exchange.office.contacts import Contact, contacts
from exchange.office.refusals import MONTHS, REFUSALS, Month, Refused, months, refusals
from exchange.office.session import CALLER
from exchange.office.stops import Stopped
from exchange.office.store import Person
from exchange.paging import Listing, Slice, Window
from exchange.policy.labels import RULES, label_of
from exchange.policy.rules import Policy
from exchange.service import SERVICE
from exchange.web.pages import STAFF, Page
from exchange.web.rendering import DESK
from schemas.problems import ProblemType
from schemas.words import Label, Outcome, Role

SIZE = 50

REVIEW_FIRST = Label(
    "请送本单位保密员和分管领导审查；同意后由其在“会签”页签名，或附上保密审查表，再重新报送。",
    "Let your confidentiality officer or leader review it; when they agree, send it again with their signature or the review form.",
)


class Shown(NamedTuple):
    """A page of refusals, with names by id and by code, and whom to call; `stopped` are documents that were never submitted."""

    page: Slice[Any]
    people: Mapping[str, str]
    offices: Mapping[str, str]
    contacts: list[Contact]
    stopped: list[Stopped]


async def listed(request: web.Request) -> web.Response:
    """GET /refused?after=…: those that the caller may see; an auditor is shown counts a month."""
    person, service = request[CALLER], request.app[SERVICE]
    counting = person.role is Role.AUDITOR
    wanted = _window(request, MONTHS if counting else REFUSALS)
    shown = await service.database.read(_months if counting else _refusals, person, wanted)
    return request.app[DESK].render(
        request,
        "refused_months.html" if counting else "refused.html",
        shown=shown,
        label_of=label_of,
        next_step=lambda refused: next_step(refused, service.policy),
        first=wanted.place is None,
        mark_found=ProblemType.SECRECY_MARK.advice,
    )


def next_step(refused: Refused, policy: Policy) -> Label:
    """Return what the sender does next: what the gravest of the rules asks for.

    A rule of an older policy that this one does not have is taken as a block.
    """
    kinds = {kind.type: kind for kind in ProblemType}
    of_files = [kinds[rule] for rule in refused.rules if rule in kinds]
    marks = [rule for rule in refused.rules if rule not in kinds]
    if not marks:
        return of_files[0].advice if of_files else ProblemType.SECRECY_MARK.advice
    review = all(_outcome(rule, policy) is Outcome.REVIEW for rule in marks)
    return REVIEW_FIRST if review else ProblemType.SECRECY_MARK.advice


def _outcome(rule: str, policy: Policy) -> Outcome:
    if rule in RULES:
        return policy.outcomes.get(rule, Outcome.BLOCK)
    return policy.markings.get(rule.partition(":")[2], Outcome.BLOCK)


def _window(request: web.Request, listing: Listing) -> Window:
    after = request.query.get("after")
    return Window(None if after is None else listing.read(after), SIZE)


def _refusals(tx: Tx, person: Person, wanted: Window) -> Shown:
    page: Slice[Refused] = refusals(tx, person, wanted)
    stopped = stops.stopped(tx, person) if wanted.place is None else []
    rows: list[Refused | Stopped] = [*page.rows, *stopped]
    people = naming.people(tx, [row.person for row in rows if row.person])
    return Shown(page, people, naming.offices(tx, [row.office for row in rows]), contacts(tx, person.office), stopped)


def _months(tx: Tx, person: Person, wanted: Window) -> Shown:
    page: Slice[Month] = months(tx, person, wanted)
    return Shown(page, {}, naming.offices(tx, (row.office for row in page.rows)), [], [])


def pages() -> list[Page]:
    """Return the pages of this room."""
    may = STAFF - {Role.ADMINISTRATOR}
    return [Page(id="refused", path="/refused", handler=listed, text=Label("未予接收", "refused"), roles=may)]
