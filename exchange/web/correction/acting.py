"""What the sender does about an item that came back or bears a number used before: send it to the right office, say why."""

from aiohttp import web

from exchange.correction import redirecting, same_number, statistics
from exchange.correction.same_number import Reuse
from exchange.delivery.api import submission_id
from exchange.delivery.states import SENDERS
from exchange.elements.answers import Asked, hints
from exchange.office import naming
from exchange.office.session import CALLER, bounded_body, require_json
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import for_scripts
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from exchange.web.township.items import PATH
from schemas import instants
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import OFFICE_CODE, Label


async def redirect(request: web.Request) -> web.StreamResponse:
    """POST /items/{id}/redirect: `misdirected` is the wrong office, `office` the right one, by code or by name."""
    given, service, submission = await form(request), request.app[SERVICE], submission_id(request)
    wrong, office = given.get("misdirected", ""), given.get("office", "").strip()
    known = await service.database.read(naming.today)
    code = office if office in known else next((code for code, name in known.items() if name == office), "")
    if not OFFICE_CODE.fullmatch(code):
        raise Problem(ProblemType.RECIPIENT_UNKNOWN, "office")
    now = service.watch.signing_now()
    await service.sign(redirecting.redirect, service.county.notary, request[CALLER], submission, wrong, code, now)
    return go(f"/items/{submission}")


async def say(request: web.Request) -> web.StreamResponse:
    """POST /items/{id}/same-number: `said` is why the number was used again."""
    given, service, submission = await form(request), request.app[SERVICE], submission_id(request)
    said = given.get("said", "")
    if said not in {each.value for each in Reuse}:
        raise Problem(ProblemType.REQUEST_MALFORMED, "said")
    await service.database.write(same_number.say, request[CALLER], submission, Reuse(said), service.watch.now())
    return go(f"/items/{submission}")


async def elements(request: web.Request) -> web.StreamResponse:
    """POST /submit/elements: what the rules find in the elements as typed, and how often such items came back. Nothing is kept."""
    body = await bounded_body(request)
    require_json(request)
    asked = decode(body, Asked, ProblemType.REQUEST_MALFORMED)
    service, person, now = request.app[SERVICE], request[CALLER], request.app[SERVICE].watch.now()
    past = await service.database.read(statistics.before, person, now)
    found = hints(asked.elements(person.office, now.astimezone(instants.BEIJING).date()), past)
    said = [{"rule": each.rule, "severity": each.severity, "zh": each.zh, "en": each.en, "clause": each.clause, "before": each.before}
            for each in found.items]  # fmt: skip
    return web.json_response({"items": said})


def pages() -> list[Page]:
    """Return what the forms of this module are sent to."""
    return [
        Page(
            id="redirect", path=f"{PATH}/redirect", handler=redirect, text=Label("改投", "send to the right office"),
            method="POST", roles=SENDERS,
        ),
        Page(
            id="same_number", path=f"{PATH}/same-number", handler=say, text=Label("同文号说明", "why a number is used again"),
            method="POST", roles=SENDERS,
        ),
        Page(
            id="submit_elements", path="/submit/elements", handler=for_scripts(elements), text=Label("要素检查", "check of elements"),
            method="POST", roles=SENDERS,
        ),
    ]  # fmt: skip
