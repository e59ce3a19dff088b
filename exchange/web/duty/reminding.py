"""Deadlines and reminders 期限与提醒: what the county sets, where messages go, and how far the last ones are."""

import re
from typing import Any, Final

import msgspec
from aiohttp import web

from archive.ledger.database import Tx
from exchange.duty import messages, settings
from exchange.duty.messages import Address, Noted
from exchange.duty.settings import Settings
from exchange.duty.working_days import Limits
from exchange.office import administration, naming, store
from exchange.office.administration import Act, Acting
from exchange.paging import CODE
from exchange.service import SERVICE
from exchange.web.admin.acting import act, commanding, confirm_first, is_confirmed, is_repetition, render, room
from exchange.web.duty.calendar import SECTION
from exchange.web.inbox.forms import form
from exchange.web.pages import Page, go
from schemas.problems import Problem, ProblemType
from schemas.words import Label

SHOWN: Final = 30
_WRONG: Final = 422
_NUMBERS: Final = ("extra_urgent_minutes", "urgent_days", "normal_days", "alarm_minutes", "names_years", "staff_years")
_LISTS: Final = ("before_days", "after_days")
_RANGES: Final = {
    "extra_urgent_minutes": Label("请填 5 至 1440 分钟。", "5 to 1440 minutes."),
    "urgent_days": Label("请填 0 至 30 个工作日。", "0 to 30 working days."),
    "normal_days": Label("请填 0 至 60 个工作日。", "0 to 60 working days."),
    "alarm_minutes": Label("请填 1 至 240 分钟。", "1 to 240 minutes."),
    "names_years": Label("请填 1 至 100 年。", "1 to 100 years."),
    "staff_years": Label("请填 1 至 100 年。", "1 to 100 years."),
    "before_days": Label("请填至多 5 个 1 至 30 的数，用逗号分开。", "At most 5 numbers from 1 to 30, parted by commas."),
    "after_days": Label("请填至多 5 个 1 至 30 的数，用逗号分开。", "At most 5 numbers from 1 to 30, parted by commas."),
}
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,188}[A-Za-z0-9])?")
_MOBILE: Final = re.compile(r"\+?[0-9]{5,20}")
_WRONG_ADDRESS: Final = Label("邮箱或手机号有误。", "The e-mail address or the mobile number is wrong.")


async def shown(request: web.Request) -> web.Response:
    """GET /admin/deadlines: the settings, the addresses of the offices, the newest messages."""
    return await _shown(request, {}, {})


async def changed(request: web.Request) -> web.StreamResponse:
    """POST /admin/deadlines: set everything that the form has."""
    fields = await form(request)
    values = {name: str(fields.get(name, "")).strip() for name in (*_NUMBERS, *_LISTS, "on_the_day")}
    if not is_confirmed(request):
        return confirm_first(SECTION, values)
    wanted, errors = _read(values)
    if wanted is None:
        return await _shown(request, values, errors, _WRONG)
    desk = commanding(request, fields.get("once", ""))
    try:
        await request.app[SERVICE].database.write(settings.set_all, desk.acting, wanted, desk.watch.now())
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{SECTION}?done=1")


def _read(values: dict[str, str]) -> tuple[Settings | None, dict[str, Label]]:
    """Return what the form sets, or what is wrong with each field."""
    said: dict[str, Any] = {}
    errors = {}
    for name in (*_NUMBERS, *_LISTS):
        pieces = [each for each in re.split(r"[,，、\s]+", values[name]) if each]
        if any(not re.fullmatch("[0-9]{1,4}", each) for each in pieces) or (name in _NUMBERS and len(pieces) != 1):
            errors[name] = _RANGES[name]
            continue
        numbers = [int(each) for each in pieces]
        said[name] = sorted(set(numbers)) if name in _LISTS else numbers[0]
        try:
            kind = Limits if name in Limits.__struct_fields__ else Settings
            msgspec.convert({name: said[name]}, kind)
        except msgspec.ValidationError:
            errors[name] = _RANGES[name]
    if errors:
        return None, errors
    limits = Limits(**{name: said.pop(name) for name in Limits.__struct_fields__})
    said |= {name: tuple(said[name]) for name in _LISTS}
    return Settings(limits=limits, on_the_day=values["on_the_day"] == "1", **said), {}


async def addressed(request: web.Request) -> web.StreamResponse:
    """POST /admin/deadlines/addresses: where messages for an office go."""
    fields = await form(request)
    office, wanted = str(fields.get("office", "")), Address(*(str(fields.get(name, "")).strip() for name in ("mail", "mobile")))
    if (wanted.mail and not _MAIL.fullmatch(wanted.mail)) or (wanted.mobile and not _MOBILE.fullmatch(wanted.mobile)):
        return await _shown(request, {"office": office} | wanted._asdict(), {f"address-{office}": _WRONG_ADDRESS}, _WRONG)
    if not is_confirmed(request):
        return confirm_first(SECTION)
    desk = commanding(request, fields.get("once", ""))
    try:
        await request.app[SERVICE].database.write(set_address, desk.acting, office, wanted, desk.watch.now())
    except Problem as problem:
        if not is_repetition(problem):
            raise
    return go(f"{SECTION}?done=1#addresses")


def set_address(tx: Tx, acting: Acting, office: str, wanted: Address, now: Any) -> None:
    """Keep where messages for an office go; that it was set is kept, the address itself not. Raises Problem OFFICE_UNKNOWN."""
    administration.begin(tx, acting)
    if not re.fullmatch(CODE, office) or not store.known_offices(tx, [office]):
        raise Problem(ProblemType.OFFICE_UNKNOWN, office)
    messages.set_address(tx, office, wanted, now)
    administration.note(tx, acting, Act.NOTICE_ADDRESS_SET, office, office, now)


async def _shown(request: web.Request, values: dict[str, str], errors: dict[str, Label], status: int = 200) -> web.Response:
    service = request.app[SERVICE]
    now_set, addresses, noted, names = await service.database.read(_gather)
    county = service.county.settings
    standing = {name: str(getattr(now_set.limits, name)) for name in Limits.__struct_fields__}
    standing |= {name: str(getattr(now_set, name)) for name in ("alarm_minutes", "names_years", "staff_years")}
    standing |= {"on_the_day": "1" if now_set.on_the_day else ""}
    standing |= {name: "、".join(map(str, getattr(now_set, name))) for name in _LISTS}
    given = {name: text for name, text in request.query.items() if name in standing}
    return render(
        request,
        "deadlines.html",
        SECTION,
        status,
        values=standing | given | values,
        errors=errors,
        addresses=addresses,
        noted=noted,
        names=names,
        by_mail=bool(county.mail.host),
        by_sms=bool(county.sms.url),
    )


def _gather(tx: Tx) -> tuple[Settings, list[tuple[str, str, Address]], list[Noted], dict[str, str]]:
    offices = store.offices(tx)
    noted = messages.newest(tx, SHOWN)
    addresses = [(each.code, each.name, messages.address(tx, each.code)) for each in offices]
    return settings.settings(tx), addresses, noted, naming.offices(tx, {each.office for each in noted})


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        room(SECTION, shown, "admin_deadlines", Label("期限与提醒", "deadlines and reminders")),
        act(SECTION, changed, "admin_set_deadlines", Label("设定期限与提醒", "set deadlines and reminders")),
        act(f"{SECTION}/addresses", addressed, "admin_set_address", Label("登记通知地址", "set where messages go")),
    ]
