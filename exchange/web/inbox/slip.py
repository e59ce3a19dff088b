"""The handling slip 文件处理笺 of an item: a page that prints like the paper form, and where its forms are sent."""

import hashlib
from datetime import date
from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.delivery import describing, moves
from exchange.delivery import store as deliveries
from exchange.delivery.answers import Move, Status
from exchange.delivery.api import PATHS, submission_id
from exchange.delivery.moves import Asked
from exchange.delivery.slip import WRITTEN
from exchange.delivery.states import Action
from exchange.duty import deadlines, settings
from exchange.idempotency import Once
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.web.inbox import slip_part, store
from exchange.web.inbox.forms import decoded, form, is_piece, version
from exchange.web.inbox.slip_part import Shown
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from schemas.messages import Submission
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Label

PATH: Final = "/inbox/{submission:[0-9a-f]{64}}/slip"
ACTIONS: Final = {path: action for path, action in PATHS.items() if action in WRITTEN}
"""The last part of the address that a form is sent to."""
LEVELS: Final = ("2", "3")
"""Where the slip stands on the page that it was written from: below the page's title, or in the pane."""
_KEY: Final = 32


class Paper(NamedTuple):
    """What stands on the printed form: the item's elements beside the slip."""

    status: Status
    message: Submission | None
    slip: Shown
    sender: str
    signed_for_at: str | None
    answer_by: date | None
    """The day by which this office is to answer, with what it was given beyond the document's own."""


def paper(tx: Tx, caller: Person, submission: str) -> Paper:
    """Gather it. Raises Problem NOT_FOUND, also where no slip has begun, and SEALED."""
    deliveries.received(tx, caller, submission)
    slip = slip_part.shown(tx, caller, submission)
    if slip is None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "sign for it first")
    status = deliveries.status(tx, caller, submission)
    described = describing.described(tx, caller, submission)
    signed_for = [each.at for each in status.events if (each.event, each.recipient) == (Event.CONSIGNMENT_ACCEPTANCE, caller.office)]
    return Paper(
        status,
        None if described is None else described.message,
        slip,
        store.office_names(tx, [status.from_])[status.from_],
        signed_for[-1] if signed_for else None,
        next(
            (each.answer_by for each in deadlines.deadlines(tx, caller, submission, settings.rules(tx)) if each.office == caller.office),
            None,
        ),
    )


async def show(request: web.Request) -> web.StreamResponse:
    """GET /inbox/{submission}/slip: the whole slip, made for A4."""
    found = await request.app[SERVICE].database.read(paper, request[CALLER], submission_id(request))
    return request.app[DESK].render(
        request, "inbox/slip.html", paper=found, one=found.status, slip=found.slip, fields=tuple(WRITTEN.values()), level="2"
    )


async def write(request: web.Request) -> web.StreamResponse:
    """POST /inbox/{submission}/slip/{act}: one entry; for a script the slip as it is now, else the slip's page."""
    given, submission, person, service = await form(request), submission_id(request), request[CALLER], request.app[SERVICE]
    words = given.get("words", "").replace("\r\n", "\n").strip()
    action = ACTIONS[request.match_info["act"]]
    once = _once(person, submission, action, given.get("once", ""), words)
    statement, signature = (decoded(given.get(name, ""), name) for name in ("statement", "signature"))
    body = Move(words, version(given.get("version", "")), statement, signature)
    if once is None or await service.database.read(moves.done_before, person, submission, once) is None:
        now = service.watch.signing_now()
        asked = Asked(action, body, once=once, signed=moves.stated(body, person, service.trust, now))
        await service.sign(moves.act, service.county.notary, person, submission, asked, now)
    if not is_piece(request):
        return go(f"/inbox/{submission}/slip")
    return await _piece(request, submission, given.get("level", ""))


async def _piece(request: web.Request, submission: str, level: str) -> web.Response:
    slip = await request.app[SERVICE].database.read(slip_part.shown, request[CALLER], submission)
    shown: dict[str, Any] = {"slip": slip, "level": level if level in LEVELS else LEVELS[0]}
    return request.app[DESK].render(request, "inbox/slip_part.html", **shown)


def _once(person: Person, submission: str, action: Action, key: str, words: str) -> Once | None:
    """Return the key that a form was shown with: whoever sends it twice has written once. Raises Problem REQUEST_MALFORMED."""
    if not key:
        return None
    if len(key) != _KEY or not key.isalnum():
        raise Problem(ProblemType.REQUEST_MALFORMED, "once")
    request = f"{person.id}\n{submission}\n{action.value}\n{words}"
    return Once(key, hashlib.sha256(request.encode("utf-8", "surrogateescape")).hexdigest())


def pages() -> list[Page]:
    """Return the pages of this module."""
    acts = "|".join(ACTIONS)
    return [
        Page(id="inbox_slip", path=PATH, handler=show, text=Label("文件处理笺", "the handling slip of an item")),
        Page(
            id="inbox_slip_write",
            path=f"{PATH}/{{act:{acts}}}",
            handler=write,
            text=Label("填写文件处理笺", "write on the handling slip"),
            method="POST",
        ),
    ]
