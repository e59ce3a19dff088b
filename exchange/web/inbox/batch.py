"""Many items at once: each is an act of its own, on the version that was shown, with a result of its own."""

import asyncio
import hashlib
from typing import Final, NamedTuple

from aiohttp import web

from exchange.delivery.answers import Move
from exchange.delivery.states import Action
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.web.inbox import showing, store
from exchange.web.inbox.acts import STALE, perform, reason_of
from exchange.web.inbox.forms import form, is_piece, item
from exchange.web.inbox.rows import LONG_PAGE, Row, Wanted
from exchange.web.inbox.store import Moved
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from schemas.problems import Problem, ProblemType
from schemas.words import Label

MOST: Final = LONG_PAGE
AT_ONCE: Final = 32
"""Acts under way at the same time: they are committed in groups."""
ACTS: Final = {"sign_for": Action.SIGN_FOR, "return": Action.RETURN}


EVERYTHING: Final = "all:"


class Result(NamedTuple):
    """What became of one item: done, or why not; `moved` says who was quicker."""

    submission: str
    row: Row | None
    problem: ProblemType | None = None
    moved: Moved | None = None

    @property
    def outcome(self) -> str:
        """`done`, `stale` (somebody else moved it first) or `impossible`."""
        if self.problem is None:
            return "done"
        return "stale" if self.problem in STALE else "impossible"


async def batch(request: web.Request) -> web.StreamResponse:
    """POST /inbox/batch: `act` on the `items` (submission:version), or, as `all:ACT`, on whatever the address's list has.

    For all, their number is shown first and confirmed; `seal` says what was shown, and anything else is shown again.
    """
    given, wanted = await form(request), Wanted.read(request.query)
    act = given.get("act", "")
    action = ACTS.get(act.removeprefix(EVERYTHING))
    if action is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "act")
    reason = reason_of(request, given.getall("chip", []), given.get("reason", "")) if action is Action.RETURN else ""
    asked = [item(text) for text in dict.fromkeys(given.getall("items", []))]
    if act.startswith(EVERYTHING):
        rows = await request.app[SERVICE].database.read(store.matching, request[CALLER], wanted, MOST)
        asked = [item(row.item) for row in rows]
        if given.get("seal") != seal(asked):
            return await _confirm(request, wanted, action, rows, changed="seal" in given)
    if len(asked) > MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"at most {MOST} items")
    if action is Action.RETURN and not reason and asked:
        raise Problem(ProblemType.REASON_REQUIRED)
    results = await act_on(request, asked, action, reason)
    template = "inbox/results.html" if is_piece(request) else "inbox/results_page.html"
    return request.app[DESK].render(request, template, results=results, action=action, wanted=wanted)


async def act_on(request: web.Request, asked: list[tuple[str, int]], action: Action, reason: str) -> list[Result]:
    """Act on each, and return what became of each, in the order in which they were asked for."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(submission: str, version: int) -> Result:
        async with places:
            return await _result(request, submission, action, Move(reason, version))

    return await asyncio.gather(*(one(submission, version) for submission, version in asked))


async def _result(request: web.Request, submission: str, action: Action, body: Move) -> Result:
    database, person = request.app[SERVICE].database, request[CALLER]
    problem, moved = None, None
    try:
        await perform(request, submission, action, body)
    except Problem as refused:
        problem = refused.kind
        if problem is ProblemType.NOT_FOUND:  # not theirs to see: nothing more is said
            return Result(submission, None, problem)
    row = await database.read(store.one, person, submission)
    if problem in STALE:
        moved = await database.read(store.last_move, person, submission)
    return Result(submission, row, problem, moved)


def seal(asked: list[tuple[str, int]]) -> str:
    """Return what stands for just these items in just these versions."""
    return hashlib.sha256("\n".join(f"{submission}:{version}" for submission, version in asked).encode()).hexdigest()[:32]


async def _confirm(request: web.Request, wanted: Wanted, action: Action, rows: list[Row], *, changed: bool) -> web.Response:
    """Show how many items a list has, and ask."""
    total = await request.app[SERVICE].database.read(store.count, request[CALLER], wanted)
    return request.app[DESK].render(
        request,
        "inbox/confirm.html",
        rows=rows,
        total=total,
        counted=store.COUNTED,
        action=action,
        seal=seal([item(row.item) for row in rows]),
        changed=changed,
        wanted=wanted,
        reasons=showing.REASONS,
    )


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [Page(id="inbox_batch", path="/inbox/batch", handler=batch, text=Label("批量办理", "act on many items"), method="POST")]
