"""An office's registry 人员备案: who handles documents there, what waits for the county, deputies, and who has left."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from archive.ledger.database import Tx
from exchange import staff_changes
from exchange.delivery import own_act
from exchange.duty import settings
from exchange.office import naming
from exchange.office import store as directory
from exchange.office.administration import REPEATED, Acting
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.staff import deputies, leaving, requests, store
from exchange.staff.filing import FIELDS, PROPOSERS, Sight, differences, may_propose, require_sight, sight
from exchange.web.inbox.forms import form, said
from exchange.web.pages import Page, go
from exchange.web.rendering import DESK
from exchange.web.staff.fields import wrong
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Label, Role

HERE: Final = "/staff"
PERSON: Final = f"{{person:{CODE}\\.[0-9]{{1,9}}}}"
CHANGE: Final = "{change:[0-9a-f]{32}}"
KEEPERS: Final = PROPOSERS | {Role.ADMINISTRATOR}
_WRONG: Final = 422
_PAST: Final = 10
"""Deputies of before that are shown."""


class Shown(NamedTuple):
    """What stands on the page; what the caller may not see is empty."""

    office: str
    office_name: str
    sight: Sight
    entries: list[store.Entry]
    hints: list[Label]
    waiting: list[requests.Change]
    settled: list[requests.Change]
    deputies: list[deputies.Deputy]
    stood_in: list[deputies.Past]
    former: list[store.Former]
    unhanded: Mapping[str, int]
    taken: list[leaving.Taken]
    names: Mapping[str, str]
    offices: Mapping[str, str]
    others: list[Any]
    hands: bool
    """Whether the caller names successors of who left."""
    years: int
    """For how many years after somebody left what they were filed with is kept."""


def read(tx: Tx, caller: Person, office: str, now: datetime) -> Shown:
    """Gather it. Raises Problem NOT_ALLOWED."""
    seen, own = require_sight(caller, office, Sight.CONTACTS), caller.office == office
    store.require_office(tx, office)
    whole = seen is Sight.WHOLE
    waiting, settled = (requests.waiting(tx, office), requests.settled(tx, office)) if whole else ([], [])
    entries = store.entries(tx, [office])
    former, stood_in = (store.former(tx, office), deputies.past(tx, office, now, _PAST)) if whole else ([], [])
    taken, hands = leaving.taken_over(tx, caller) if own else [], leaving.may_hand(tx, caller, office)
    people = {each.by for each in (*waiting, *settled)} | {each.person for each in (*waiting, *settled) if each.person}
    targets = {each.kept.to for each in (*waiting, *settled) if each.kept and each.kept.to}
    moved = {each.after.rpartition(".")[0] for each in former if each.after}
    return Shown(
        office=office,
        office_name=naming.offices(tx, [office]).get(office, office),
        sight=seen,
        entries=entries,
        hints=store.hints(entries) if whole else [],
        waiting=waiting,
        settled=settled,
        deputies=deputies.of_office(tx, office, now),
        stood_in=stood_in,
        former=former,
        unhanded=leaving.unhanded(tx, caller, office) if whole and (own or hands) else {},
        taken=taken,
        names=naming.people(tx, people | {each.person for each in taken} | {each.person for each in former} | _both(stood_in)),
        offices=naming.offices(tx, targets | moved),
        others=directory.offices(tx) if caller.office == COUNTY and sight(caller, "") is not Sight.NONE else [],
        hands=hands,
        years=settings.settings(tx).staff_years,
    )


def _both(stood_in: list[deputies.Past]) -> set[str]:
    return {person for each in stood_in for person in (each.person, each.deputy)}


async def shown(request: web.Request) -> web.Response:
    """GET /staff?office=CODE: one's own office, or another one for those of the county who may."""
    return await show(request, {}, {})


async def show(request: web.Request, values: Mapping[str, str], errors: Mapping[str, Label], status: int = 200) -> web.Response:
    """Return the page. Raises Problem NOT_ALLOWED."""
    person, service = request[CALLER], request.app[SERVICE]
    office = request.query.get("office", person.office)
    now = service.watch.now()
    found = await service.database.read(read, person, office, now)
    return request.app[DESK].render(
        request,
        "staff/registry.html",
        status,
        shown=found,
        proposes=may_propose(person, office),
        settles=person.role is Role.ADMINISTRATOR,
        today=deputies.today(now),
        kept_days=requests.RETURNED_FOR.days,
        fields=FIELDS,
        differences=differences,
        values=values,
        errors=errors,
        told=request.query.get("done", ""),
        once=secrets.token_hex(16),
    )


async def withdrawn(request: web.Request) -> web.Response:
    """POST /staff/changes/{change}/withdraw."""
    service = request.app[SERVICE]
    now = service.watch.signing_now()
    await service.sign(requests.withdraw, service.county.notary, request[CALLER], request.match_info["change"], now)
    return go(f"{HERE}?done=withdrawn")


async def erased(request: web.Request) -> web.Response:
    """POST /staff/changes/{change}/erase: what was said of somebody whose arrival the county returned."""
    fields, service, person = await form(request), request.app[SERVICE], request[CALLER]
    acting, id_ = Acting(person.id, str(fields.get("once", ""))[:64]), request.match_info["change"]
    try:
        await service.database.write(staff_changes.erase_who_never_came, acting, person, id_, service.watch.now())
    except Problem as problem:
        if problem.detail != REPEATED:
            raise
    await service.database.forget()  # nor in the ledger's files
    office = str(fields.get("office", ""))
    return go(f"{HERE}?{urlencode(({'office': office} if office else {}) | {'done': 'cleared'})}#settled")


async def deputy_named(request: web.Request) -> web.Response:
    """POST /staff/deputies: who acts for whom, on which days."""
    fields, service = await form(request), request.app[SERVICE]
    values = {name: fields.get(name, "") for name in ("away", "deputy", "first_day", "last_day")}
    days, person, now = (values["first_day"], values["last_day"]), request[CALLER], service.watch.signing_now()
    signed = own_act.stated(*said(fields), person, service.trust, now)
    try:
        await service.sign(deputies.name_deputy, service.county.notary, person, values["away"], values["deputy"], days, now, signed)
    except Problem as problem:
        if problem.kind is ProblemType.ACTION_NOT_POSSIBLE:
            return await show(request, values, {"days": OVERLAPS}, _WRONG)
        return await show(request, values, wrong(problem), _WRONG)
    return go(f"{HERE}?done=deputy#deputies")


OVERLAPS: Final = Label("这几天已有人代班，请先结束原安排。", "Somebody acts for them on these days already: end that first.")


async def deputy_ended(request: web.Request) -> web.Response:
    """POST /staff/deputies/{deputy}/end: `deputy` is the event that named them."""
    fields, service, person = await form(request), request.app[SERVICE], request[CALLER]
    now = service.watch.signing_now()
    signed = own_act.stated(*said(fields), person, service.trust, now)
    await service.sign(deputies.end_deputy, service.county.notary, person, request.match_info["deputy"], now, signed)
    return go(f"{HERE}?done=back#deputies")


def pages() -> list[Page]:
    """Return the pages of this module."""

    def act(path: str, handler: object, id_: str, text: Label) -> Page:
        return Page(id=id_, path=f"{HERE}/{path}", handler=handler, text=text, method="POST", roles=KEEPERS)  # type: ignore[arg-type]

    return [
        Page(id="staff", path=HERE, handler=shown, text=Label("人员备案", "the staff registry")),
        act(f"changes/{CHANGE}/withdraw", withdrawn, "staff_withdraw", Label("撤回人员变动申报", "take back a change")),
        act(f"changes/{CHANGE}/erase", erased, "staff_erase_returned", Label("清除未到岗人员资料", "erase the data of who never came")),
        act("deputies", deputy_named, "staff_deputy", Label("登记代班", "name a deputy")),
        act("deputies/{deputy:[0-9a-f]{32}}/end", deputy_ended, "staff_deputy_end", Label("结束代班", "end a deputy's time")),
    ]
