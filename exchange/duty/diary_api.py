"""The diary of duty of one's own office over HTTP."""

from datetime import date
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta, Struct

from archive.ledger.database import Tx
from exchange.duty import roster
from exchange.duty.calendar_api import DAY, day_of
from exchange.office.session import BODY, caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Date, Instant, PersonId, decode
from schemas.problems import ProblemType
from schemas.words import Label

_DIARY: Final = "/api/v1/duty/diary"


class DiaryEntry(Struct, frozen=True):
    """An entry of the diary; who wrote it and what is absent where it is not kept any more."""

    at: Instant
    person: PersonId | None
    text: str | None


class Diary(Struct, frozen=True):
    """The entries of a day of duty, which lasts from 8:00 to 8:00 of the next, the oldest first."""

    day: Date
    items: list[DiaryEntry]


class DiaryBody(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry for the diary of today: it is never changed, only followed by another."""

    text: Annotated[str, Meta(max_length=roster.LONGEST_ENTRY)]


async def diary(request: web.Request) -> web.Response:
    """GET /api/v1/duty/diary."""
    person, service = await caller(request), request.app[SERVICE]
    text = request.query.get("day")
    day = roster.day_of(service.watch.now()) if text is None else day_of(text, "day")
    return answer(await service.database.read(_diary, person, day))


async def write_diary(request: web.Request) -> web.Response:
    """POST /api/v1/duty/diary."""
    person, service = await caller(request), request.app[SERVICE]
    body, now = decode(request[BODY], DiaryBody, ProblemType.REQUEST_MALFORMED), service.watch.now()
    await service.database.write(roster.write_entry, person, body.text, now)
    return answer(await service.database.read(_diary, person, roster.day_of(now)))


def _diary(tx: Tx, person: Person, day: date) -> Diary:
    return Diary(day.isoformat(), [DiaryEntry(each.at, each.person, each.text) for each in roster.entries(tx, person.office, day)])


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="showDiary",
            method="GET",
            path=_DIARY,
            handler=diary,
            text=Label("本单位值班日志", "the diary of duty of one's own office"),
            tag="offices",
            parameters=(Parameter("day", "query", Label("哪一天，默认当前值班日", "which day; the present day of duty without it"), DAY),),
            answers={200: Body(JSON, Diary)},
        ),
        Operation(
            id="writeDiary",
            method="POST",
            path=_DIARY,
            handler=write_diary,
            text=Label("写本单位值班日志", "add an entry to the diary of duty of one's own office"),
            tag="offices",
            body=Body(JSON, DiaryBody, example={"text": "22:40 接县值班室电话，已通知防汛办。"}),
            answers={200: Body(JSON, Diary)},
            problems=(ProblemType.NOT_ALLOWED, ProblemType.WORDS_REQUIRED),
        ),
    ]
