"""A leader's signature on what a clerk has packed, in the browser; and what earlier reviews approved for a series.

The county has nothing of such an item before it is accepted: the package goes from the clerk to the leader as a file, or stays on
the computer that both use. The page opens, judges, shows, signs and sends it there.
"""

from datetime import datetime
from typing import Any, Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import store as deliveries
from exchange.intake import reviews
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.policy.review import APPROVERS, NEVER_SERIAL
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import for_scripts
from exchange.web.pages import STAFF, Page
from exchange.web.rendering import DESK, day, language_of
from exchange.web.texts import CHINESE
from exchange.web.township import submitting
from schemas.problems import Problem, ProblemType
from schemas.words import Disclosure, Handling, Kind, Label, Role, Urgency

MOST: Final = 50
"""Approvals that are offered, the newest first."""
HANDLERS: Final = STAFF - {Role.AUDITOR, Role.ADMINISTRATOR}


async def countersign_page(request: web.Request) -> web.Response:
    """GET /countersign: where a package is opened; its bytes stay in the browser until it is sent."""
    person, chinese = request[CALLER], language_of(request) == CHINESE
    told = submitting.words(chinese=chinese) | {
        "kinds": {kind.value: kind.zh if chinese else kind.en for kind in Kind},
        "urgencies": {urgency.value: urgency.zh if chinese else urgency.en for urgency in Urgency},
        "disclosures": {each.value: each.zh if chinese else each.en for each in Disclosure},
        "handlings": {handling.value: handling.zh if chinese else handling.en for handling in Handling},
        "office": person.office,
        "person": person.id,
        "mayReview": person.role in APPROVERS,
        "neverSerial": sorted(NEVER_SERIAL),
        "contacts": await request.app[SERVICE].database.read(submitting.whom_to_call, person),
    }
    return request.app[DESK].render(request, "countersign.html", told=submitting.told_to_page(told), reviewer=person.role in APPROVERS)


async def approvals(request: web.Request) -> web.Response:
    """GET /countersign/approvals: the series that the caller's office may refer to today, the newest first."""
    service, person = request.app[SERVICE], request[CALLER]
    found = await service.database.read(_approved, person, service.watch.now())
    return web.json_response({"items": found})


def _approved(tx: Tx, person: Person, now: datetime) -> list[dict[str, Any]]:
    valid = [each for each in reviews.approvals(tx, person.office, now, MOST) if _may_see(tx, person, each.submission)]
    names = naming.people(tx, [each.approver for each in valid])
    return [
        {
            "submission": each.submission,
            "series": each.series,
            "rules": list(each.rules),
            "until": day(each.until),
            "approver": names.get(each.approver, each.approver),
        }
        for each in valid
    ]


def _may_see(tx: Tx, person: Person, submission: str) -> bool:
    try:
        deliveries.require_visible(tx, person, submission)
    except Problem as problem:
        if problem.kind is not ProblemType.NOT_FOUND:
            raise
        return False
    return True


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="countersign_page", path="/countersign", handler=countersign_page, text=Label("会签", "countersign"), roles=HANDLERS),
        Page(
            id="series_approvals",
            path="/countersign/approvals",
            handler=for_scripts(approvals),
            text=Label("已审查的同类文件", "series that were reviewed"),
            roles=HANDLERS,
        ),
    ]
