"""Plays the year: founds a county, enrols its people, lets the story run through the service, recounts, and keeps serving."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, TCPConnector, web
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from exchange.app import make_app, running
from exchange.clock import SystemClock
from exchange.commands import Desk, invite, office_add
from exchange.config import Settings
from exchange.control import hold, listening
from exchange.county import open_folder, server_tls
from exchange.demo import papers
from exchange.demo.year import recount, year_end
from exchange.demo.year.acts import Course
from exchange.demo.year.chance import SCANNED
from exchange.demo.year.clock import StoryClock
from exchange.demo.year.people import Actor, Door
from exchange.demo.year.plan import DEPARTMENTS, Plan
from exchange.demo.year.story import Life
from exchange.duty.working_days import OfficeClock
from exchange.founding import found_county
from exchange.service import Service
from schemas import instants
from schemas.words import COUNTY, Role

SEED: Final = 2027
STAFF: Final = (Role.REVIEWER, Role.LEADER, Role.CONFIDENTIALITY, Role.ARCHIVIST, Role.CLERK, Role.DUTY, Role.ADMINISTRATOR, Role.AUDITOR)
OFFICES: Final = (*papers.OFFICES, *((code, name, issuer, "department") for code, name, issuer in DEPARTMENTS))
SUMMER: Final = (7, 1)
Enrol = Callable[[], Awaitable[dict[str, Mapping[Role, Actor]]]]


@dataclass(frozen=True)
class Wanted:
    """How large a year, and drawn from which seed."""

    documents: int = 20_000
    seed: int = SEED
    scanned: float = SCANNED


Told = Callable[[Service, str, recount.Recount], Awaitable[None]]
"""What is done with a year that is over, while it is still served at an address."""


async def play(folder: Path, port: int, wanted: Wanted, told: Told) -> recount.Recount:
    """Play the year in a new folder and return what was recounted. Raises Problem."""
    home = folder / "county"
    clock = StoryClock(SystemClock().now())
    await found_county(home, Settings(name=papers.COUNTY), clock.now())
    county = open_folder(home)
    with hold(home):
        async with running(county, clock) as service, contextlib.AsyncExitStack() as stack:
            runner = web.AppRunner(make_app(service), access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", port, ssl_context=server_tls(county, ["127.0.0.1", "localhost"])).start()
            desk = Desk(county, service.database, service.watch, service.reload_trust, service.counters, service)
            await stack.enter_async_context(listening(home, desk))
            http = await stack.enter_async_context(ClientSession(connector=TCPConnector(limit=64)))
            tls = ssl.create_default_context(cafile=str(home / "trust" / "root.pem"))
            door = Door(http, tls, f"https://127.0.0.1:{runner.addresses[0][1]}", clock)
            year = clock.now().astimezone(instants.BEIJING).year + 1
            await _move_to(service, clock, datetime.combine(date(year, 1, 1), time(7), instants.BEIJING))
            calendar = OfficeClock()
            for code, name, _, kind in OFFICES:
                await office_add(desk, code=code, name=name, kind=kind)
            life = Life(door, await enrol_everyone(desk, door))
            plan = Plan(wanted.seed, year, wanted.documents, _working_days(calendar, year), wanted.scanned)
            refused = await _live(service, clock, life, plan, partial(enrol_everyone, desk, door))
            await year_end.end(life, year)
            found = await recount.recount(service, life, year, refused)
            clock.run_on()
            await told(service, door.url, found)
            return found


async def _live(service: Service, clock: StoryClock, life: Life, plan: Plan, enrol: Enrol) -> list[str]:
    """Let the plan happen, and show how far the year is; returns what was refused. Certificates last a year: all enrol anew in summer."""
    course = Course()
    course.add(life.begin(post) for post in plan.posts())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{plan.year}-01", total=plan.documents)

        async def move_to(moment: datetime) -> None:
            await _move_to(service, clock, moment)
            shown = moment.astimezone(instants.BEIJING)
            progress.update(task, description=f"{shown:%Y-%m-%d}", completed=sum(life.tally["sent", f"{each:02}"] for each in range(1, 13)))

        await course.run(move_to, datetime(plan.year, *SUMMER, tzinfo=instants.BEIJING))
        life.people = await enrol()
        await course.run(move_to, datetime(plan.year + 1, 1, 1, tzinfo=instants.BEIJING))
    await _move_to(service, clock, datetime(plan.year + 1, 1, 4, 9, tzinfo=instants.BEIJING))
    return course.refused


async def _move_to(service: Service, clock: StoryClock, moment: datetime) -> None:
    """Set the clock, and do what the service does by itself as time passes: day by day, as it would have."""
    while clock.now() < moment:
        clock.move_to(min(moment.astimezone(UTC), clock.now() + timedelta(days=1)))
        await service.renew_crl()


async def enrol_everyone(desk: Desk, door: Door) -> dict[str, Mapping[Role, Actor]]:
    """Give everybody a slip, and let each enrol or enrol anew; returns them by office and role."""
    wanted = [(COUNTY, role) for role in STAFF] + [(code, role) for code, *_ in OFFICES for role in (Role.CLERK, Role.LEADER)]
    slips = [
        (role, await invite(desk, office=office, person=papers.name_of(turn), role=role.value, url=door.url))
        for turn, (office, role) in enumerate(wanted)
    ]
    people: dict[str, dict[Role, Actor]] = {}
    for actor in await asyncio.gather(*(door.enrol(slip["code"], role) for role, slip in slips)):
        people.setdefault(actor.office, {})[actor.role] = actor
    return dict(people)


def _working_days(calendar: OfficeClock, year: int) -> list[date]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=turn) for turn in range((date(year + 1, 1, 1) - first).days))
    return [day for day in days if calendar.is_working_day(day)]
