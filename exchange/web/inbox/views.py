"""Saved views: a list of the inbox under a name, one's own or the whole office's, with how many items it has now."""

from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from aiohttp import web

from archive.ledger.database import Tx
from exchange.office.session import CALLER
from exchange.office.store import Person, require_name
from exchange.service import SERVICE
from exchange.web.inbox import store
from exchange.web.inbox.forms import form
from exchange.web.inbox.rows import Wanted
from exchange.web.pages import Page, go
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Label

MOST: Final = 20
"""Views of one person, and of one office."""


class View(NamedTuple):
    """A view, and how many items it has now."""

    id: int
    name: str
    query: str
    shared: bool
    items: int


def views(tx: Tx, caller: Person) -> list[View]:
    """Return the caller's views and the office's, in the order in which they were saved."""
    rows = tx.rows(
        "SELECT id, name, query, person FROM saved_view WHERE office = :office AND (person IS NULL OR person = :person) ORDER BY id",
        office=caller.office,
        person=caller.id,
    )
    return [View(row.id, row.name, row.query, row.person is None, store.count(tx, caller, _wanted(row.query))) for row in rows]


def save(tx: Tx, caller: Person, name: str, wanted: Wanted, now: datetime, *, shared: bool) -> None:
    """Keep a view. Raises Problem REQUEST_MALFORMED for a name that is none, and for one view too many."""
    person = None if shared else caller.id
    counted = "SELECT count(*) AS count FROM saved_view WHERE office = :office AND person IS :person"
    held = tx.row(counted, office=caller.office, person=person)
    if held.count >= MOST:
        raise Problem(ProblemType.REQUEST_MALFORMED, f"at most {MOST} views")
    tx.run(
        "INSERT INTO saved_view (office, person, name, query, created_at) VALUES (:office, :person, :name, :query, :now)",
        office=caller.office,
        person=person,
        name=require_name(name),
        query=wanted.query(),
        now=instants.write(now),
    )


def drop(tx: Tx, caller: Person, view: int) -> None:
    """Let go of a view, one's own or the office's; another's is left alone."""
    tx.run(
        "DELETE FROM saved_view WHERE id = :id AND office = :office AND (person IS NULL OR person = :person)",
        id=view,
        office=caller.office,
        person=caller.id,
    )


def _wanted(query: str) -> Wanted:
    """Return what a view asks for; what a later program no longer understands is everything."""
    try:
        return Wanted.read(dict(parse_qsl(query)))
    except Problem:
        return Wanted()


async def save_view(request: web.Request) -> web.StreamResponse:
    """POST /inbox/views: the list that the address names, under `name`; `shared` for the whole office."""
    given, service, wanted = await form(request), request.app[SERVICE], Wanted.read(request.query)
    await service.database.write(
        save, request[CALLER], given.get("name", ""), wanted, service.watch.now(), shared=given.get("shared") == "1"
    )
    return go(f"/inbox?{wanted.query()}")


async def drop_view(request: web.Request) -> web.StreamResponse:
    """POST /inbox/views/{view}/drop."""
    await request.app[SERVICE].database.write(drop, request[CALLER], int(request.match_info["view"]))
    return go(f"/inbox?{Wanted.read(request.query).query()}")


def pages() -> list[Page]:
    """Return the pages of this module."""
    return [
        Page(id="inbox_save_view", path="/inbox/views", handler=save_view, text=Label("保存视图", "save a view"), method="POST"),
        Page(
            id="inbox_drop_view",
            path="/inbox/views/{view:[0-9]{1,9}}/drop",
            handler=drop_view,
            text=Label("删除视图", "drop a view"),
            method="POST",
        ),
    ]
