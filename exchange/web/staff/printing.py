"""The filing form 备案表 on paper and as a workbook: of one office, and of the whole county. Who takes it is recorded."""

import asyncio
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from exchange.office.administration import List, Taking, note_taking
from exchange.office.session import CALLER
from exchange.service import SERVICE
from exchange.staff import sheet
from exchange.staff.filing import Sight, require_sight
from exchange.web.admin.acting import room
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.staff.registry import HERE, KEEPERS
from schemas.words import Label

COUNTY: Final = "/admin/staff"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ALL: Final = "全县"


async def _told(request: web.Request, *, whole: bool) -> list[sheet.OfficeForm]:
    """Return what the caller may take. Raises Problem NOT_ALLOWED."""
    person, service = request[CALLER], request.app[SERVICE]
    office = request.query.get("office", person.office)
    if not whole:
        require_sight(person, office, Sight.WHOLE)
    return await service.database.read(sheet.forms, None if whole else [office], service.watch.now())


async def _printed(request: web.Request, *, whole: bool) -> web.Response:
    told = await _told(request, whole=whole)
    filled = [(form, [sheet.cells(each.filing, number, form.now) for number, each in enumerate(form.entries, 1)]) for form in told]
    columns, signed = [name for name, _ in sheet.COLUMNS], sheet.SIGNED
    return request.app[DESK].render(
        request,
        "staff/form.html",
        filled=filled,
        columns=columns,
        signed=signed,
        title=sheet.TITLE,
        day=sheet.chinese_day(told[0].day),
        whole=whole,
        back=COUNTY if whole else f"{HERE}?office={told[0].code}",
    )


async def _taken(request: web.Request, *, whole: bool) -> web.Response:
    told, person, service = await _told(request, whole=whole), request[CALLER], request.app[SERVICE]
    if request.method == hdrs.METH_GET:
        narrowed = {} if whole else {"office": told[0].code}
        kept = Taking(List.STAFF, "xlsx", sum(len(each.entries) for each in told), narrowed)
        await service.database.write(note_taking, person.id, person.office, kept, service.watch.now())
    body = await asyncio.to_thread(sheet.workbook, service.county.settings.name, told)
    name = f"{sheet.TITLE}-{ALL if whole else told[0].name}.xlsx"
    saved = f"attachment; filename=\"staff.xlsx\"; filename*=UTF-8''{quote(name)}"
    return web.Response(body=body, content_type=XLSX, headers={hdrs.CONTENT_DISPOSITION: saved})


async def form(request: web.Request) -> web.Response:
    """GET /staff/form?office=CODE."""
    return await _printed(request, whole=False)


async def workbook(request: web.Request) -> web.Response:
    """GET /staff/form.xlsx?office=CODE."""
    return await _taken(request, whole=False)


async def county_form(request: web.Request) -> web.Response:
    """GET /admin/staff/form."""
    return await _printed(request, whole=True)


async def county_workbook(request: web.Request) -> web.Response:
    """GET /admin/staff/form.xlsx."""
    return await _taken(request, whole=True)


def pages() -> list[Page]:
    """Return the pages of this module."""
    one, all_ = Label("人员备案表", "the filing form"), Label("人员备案表（全县）", "the county's filing form")
    return [
        Page(id="staff_form", path=f"{HERE}/form", handler=form, text=one, roles=KEEPERS),
        Page(id="staff_workbook", path=f"{HERE}/form.xlsx", handler=workbook, text=one, roles=KEEPERS),
        room(f"{COUNTY}/form", county_form, "admin_staff_form", all_),
        room(f"{COUNTY}/form.xlsx", county_workbook, "admin_staff_workbook", all_),
    ]
