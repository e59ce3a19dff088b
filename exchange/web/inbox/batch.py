"""Many items at once: each is an act of its own, on the version that was shown, with a result of its own.

A browser that holds the person's key sends them in pieces, each item with the person's own statement of it: see
`static/inbox/many.js`. Without one the county's service asserts every act, as it does for a single one.
"""

import asyncio
import hashlib
from typing import Final, NamedTuple

from aiohttp import web
from multidict import MultiDict

from exchange.correction import reasons
from exchange.delivery.answers import Move
from exchange.delivery.states import TRANSITIONS, Action
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.web.inbox import store
from exchange.web.inbox.acts import STALE, perform, why_of
from exchange.web.inbox.forms import decoded, form, is_piece, item
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
EVENTS: Final = {action: next(rule.event for (_, act), rule in TRANSITIONS.items() if act is action) for action in ACTS.values()}


EVERYTHING: Final = "all:"


class Asked(NamedTuple):
    """One item, the version that was shown, and what the person signed of the act; empty where the service asserts it."""

    submission: str
    version: int
    statement: bytes = b""
    signature: bytes = b""


class Result(NamedTuple):
    """What became of one item: done, or why not; `moved` says who was quicker, `own` that it was the person who asks."""

    submission: str
    row: Row | None
    problem: ProblemType | None = None
    moved: Moved | None = None
    own: bool = False

    @property
    def outcome(self) -> str:
        """`done`, `before` (done by the same person, whose answer was lost), `stale` (somebody else moved it first) or `impossible`."""
        if self.problem is None:
            return "done"
        if self.problem not in STALE:
            return "impossible"
        return "before" if self.own else "stale"


async def batch(request: web.Request) -> web.StreamResponse:
    """POST /inbox/batch: `act` on the `items` (submission:version), or, as `all:ACT`, on whatever the address's list has.

    Each item may have its place in `statements` and `signatures` (base64) too. For all, their number is shown first and
    confirmed; `seal` says what was shown, and anything else is shown again.
    """
    given, wanted = await form(request), Wanted.read(request.query)
    act = given.get("act", "")
    action = ACTS.get(act.removeprefix(EVERYTHING))
    if action is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "act")
    why = why_of(given) if action is Action.RETURN else Move()
    asked = _asked(given)
    if act.startswith(EVERYTHING):
        rows = await request.app[SERVICE].database.read(store.matching, request[CALLER], wanted, MOST)
        asked = [Asked(*item(row.item)) for row in rows]
        if given.get("seal") != seal(asked):
            return await _confirm(request, wanted, action, rows, changed="seal" in given)
    if len(asked) > MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"at most {MOST} items")
    if action is Action.RETURN and not why.reason and not why.codes and asked:
        raise Problem(ProblemType.REASON_REQUIRED)
    results = await act_on(request, asked, action, why)
    template = "inbox/results.html" if is_piece(request) else "inbox/results_page.html"
    own_word = bool(asked) and all(each.signature for each in asked)
    return request.app[DESK].render(request, template, results=results, action=action, wanted=wanted, own_word=own_word)


def _asked(given: MultiDict[str]) -> list[Asked]:
    """Return what a form names, each once. Raises Problem REQUEST_MALFORMED, also when not every item has its statement."""
    items = [item(text) for text in given.getall("items", [])]
    statements, signatures = ([decoded(text, name) for text in given.getall(name, [])] for name in ("statements", "signatures"))
    if not statements and not signatures:
        return [Asked(*named) for named in dict.fromkeys(items)]
    if not len(items) == len(statements) == len(signatures) or not all(statements) or not all(signatures):
        raise Problem(ProblemType.REQUEST_MALFORMED, "statements")
    signed = (Asked(*named, *word) for named, *word in zip(items, statements, signatures, strict=True))
    return list({each[:2]: each for each in signed}.values())


async def act_on(request: web.Request, asked: list[Asked], action: Action, why: Move) -> list[Result]:
    """Act on each, for the same reason, and return what became of each, in the order in which they were asked for."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(each: Asked) -> Result:
        async with places:
            own = Move(why.reason, each.version, each.statement, each.signature, why.codes)
            return await _result(request, each.submission, action, own)

    return await asyncio.gather(*map(one, asked))


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
    own = moved is not None and moved.person == person.id and moved.event is EVENTS[action]
    return Result(submission, row, problem, moved, own)


def seal(asked: list[Asked]) -> str:
    """Return what stands for just these items in just these versions."""
    return hashlib.sha256("\n".join(f"{each.submission}:{each.version}" for each in asked).encode()).hexdigest()[:32]


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
        seal=seal([Asked(*item(row.item)) for row in rows]),
        changed=changed,
        wanted=wanted,
        reasons=await request.app[SERVICE].database.read(reasons.listed),
    )


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [Page(id="inbox_batch", path="/inbox/batch", handler=batch, text=Label("批量办理", "act on many items"), method="POST")]
