"""The policy 检查规则: what is in force, in words; every change there was; and another one, which everybody can see."""

from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange import policy_choice
from exchange.office import naming
from exchange.policy.labels import RULES
from exchange.policy.presets import FLOOR, Policy
from exchange.service import SERVICE
from exchange.web.admin.acting import act, commanding, confirm_first, is_confirmed, is_repetition, render, room
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Label, Outcome

HERE: Final = "/admin/policy"
TONES: Final = {Outcome.PASS: "good", Outcome.REVIEW: "warn", Outcome.BLOCK: "bad"}
TITLES: Final = {"usual": Label("常用", "usual"), "strict": Label("严格", "strict")}


class Change(NamedTuple):
    """A policy came into force; `by` is who chose it on these pages, and `leaf` where its receipt is public."""

    at: str
    version: str
    by: str | None
    leaf: int | None

    @property
    def title(self) -> Label:
        """What the policy was called: its version is its name and a piece of its check value."""
        name = self.version.rpartition("-")[0]
        return TITLES.get(name, Label(name, name))


class Ruling(NamedTuple):
    """What follows from a rule, or from an internal marking, now and under the policy compared; `fixed` where no policy may weaken it."""

    text: Label
    now: Outcome
    other: Outcome
    fixed: bool = False
    marking: bool = False


async def shown(request: web.Request) -> web.Response:
    """GET /admin/policy?choice=…: the policy in force, beside one that is chosen."""
    service = request.app[SERVICE]
    choices = policy_choice.choices(service.county)
    chosen = request.query.get("choice", "")
    other = choices.get(chosen, service.policy)
    changes = await service.database.read(history)
    return render(
        request,
        "policy.html",
        HERE,
        policy=service.policy,
        compared=other,
        rules=rulings(service.policy, other),
        choices={name: title(each) for name, each in choices.items()},
        here_now=service.county.settings.policy,
        chosen=chosen if chosen in choices else "",
        changes=changes,
        tones=TONES,
        title=title(service.policy),
        told="done" in request.query,
    )


async def changed(request: web.Request) -> web.StreamResponse:
    """POST /admin/policy: put another policy in force. Raises Problem REQUEST_MALFORMED for one that there is not."""
    fields = await form(request)
    policy = fields.get("policy", "")
    if policy not in policy_choice.choices(request.app[SERVICE].county):
        raise Problem(ProblemType.REQUEST_MALFORMED, "policy")
    if not is_confirmed(request):
        return confirm_first(HERE, {"choice": policy})
    try:
        await policy_choice.choose(commanding(request, fields.get("once", "")), policy=policy)
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{HERE}?done=1")


def title(policy: Policy) -> Label:
    """Return what a policy is called."""
    return TITLES.get(policy.name, Label(policy.title, policy.title))


def rulings(policy: Policy, other: Policy) -> list[Ruling]:
    """Return every rule and every internal marking with what follows from it under both."""
    rules = [Ruling(RULES[rule], outcome, other.outcomes[rule], rule in FLOOR) for rule, outcome in policy.outcomes.items()]
    words = dict.fromkeys([*policy.markings, *other.markings])
    marks = [Ruling(Label(f"“{word}”", f"“{word}”"), _of(policy, word), _of(other, word), marking=True) for word in words]
    return rules + marks


def _of(policy: Policy, marking: str) -> Outcome:
    return policy.markings.get(marking, Outcome.PASS)


def history(tx: Tx) -> list[Change]:
    """Return every change of the policy, the newest first; the first is the county's foundation."""
    rows = tx.rows("SELECT at, person, leaf, receipt FROM event WHERE event = :event ORDER BY id DESC", event=Event.POLICY_CHANGE.value)
    names = naming.people(tx, {row.person for row in rows if row.person})
    return [
        Change(
            row.at,
            decode(row.receipt, Receipt, ProblemType.LEDGER_DAMAGED).subject or "",
            names.get(row.person) if row.person else None,
            row.leaf,
        )
        for row in rows
    ]


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        room(HERE, shown, "admin_policy", Label("检查规则", "policy")),
        act(HERE, changed, "admin_change_policy", Label("变更检查规则", "put another policy in force")),
    ]
