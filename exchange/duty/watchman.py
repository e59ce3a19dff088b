"""What reminds and alarms while the service runs: it looks, writes down what is due, and sends what waits to be sent.

Everything it knows stands in the ledger; killed at any point it goes on from there. Its clock is the service's.
"""

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.background import round_of
from exchange.duty import alarms, codes, gateway, keeping, mail, messages, reminders, settings
from exchange.duty.gateway import SmsGateway
from exchange.duty.mail import MailServer, NotSentError
from exchange.duty.messages import Channel, Outgoing, Outlet
from exchange.duty.settings import Settings
from exchange.duty.working_days import OfficeClock
from exchange.events.streams import STREAMS
from exchange.service import SERVICE, Service
from exchange.staff import keeping as staff_keeping
from schemas.problems import Problem

EVERY: Final = 20.0
"""Seconds between two looks when nothing stirs."""
PAUSE: Final = 2.0
"""Seconds between two looks at least, however much comes in."""
REMINDED_EVERY: Final = timedelta(minutes=5)
SWEPT_EVERY: Final = timedelta(hours=6)


def _asked(tx: Tx) -> tuple[Settings, OfficeClock]:
    return settings.settings(tx), settings.clock(tx)


@dataclass
class Watchman:
    """Looks once whenever it is told to. `ring` wakes the streams of offices that have something new to show."""

    service: Service
    mail: MailServer | None = None
    sms: SmsGateway | None = None
    ring: Callable[[frozenset[str]], None] | None = None
    _reminded: float = field(default=float("-inf"))
    _swept: float = field(default=float("-inf"))

    @classmethod
    def of(cls, service: Service, ring: Callable[[frozenset[str]], None] | None, context: ssl.SSLContext | None = None) -> "Watchman":
        """Return the watchman of a county, with what its settings name."""
        wanted, folder = service.county.settings, service.county.folder
        by_mail = MailServer(wanted.mail, mail.password(folder, wanted.mail), context) if wanted.mail.host else None
        by_sms = SmsGateway(wanted.sms, gateway.secret(folder, wanted.sms), context) if wanted.sms.url else None
        return cls(service, by_mail, by_sms, ring)

    @property
    def outlet(self) -> Outlet:
        """What messages go out by."""
        channels = {Channel.MAIL: self.mail, Channel.SMS: self.sms}
        open_ = frozenset(channel for channel, adapter in channels.items() if adapter is not None)
        return Outlet(open_, self.service.county.settings.name, secrets.token_bytes)

    async def look(self) -> None:
        """Look once: alarms first, then reminders, then what is to be sent. Raises Problem."""
        database, now = self.service.database, self.service.watch.now()
        wanted, clock = await database.read(_asked)
        concerned: set[str] = set()
        for one in await database.read(alarms.waiting, wanted.alarm_minutes, now):
            if await database.write(alarms.take, self.outlet, one, now):
                concerned |= {one.office}
        elapsed = self.service.watch.clock.elapsed()
        if clock.is_at_work(now) and elapsed - self._reminded >= REMINDED_EVERY.total_seconds():
            due = await database.read(reminders.due, clock, wanted, now)
            if due:
                await database.write(reminders.note, due, now)
            if len(due) < reminders.MOST:
                self._reminded = elapsed
        if await database.read(reminders.is_untold):
            concerned |= set(await database.write(reminders.announce, self.outlet, now))
        if concerned and self.ring is not None:
            self.ring(frozenset(concerned))
        await self._send()
        if elapsed - self._swept >= SWEPT_EVERY.total_seconds():
            await self._sweep(wanted)
            self._swept = elapsed
        if await database.read(codes.has_ended, now):
            await database.write(codes.end, now)

    async def _sweep(self, wanted: Settings) -> None:
        """Forget what ended long ago, and the names that are not kept any more."""
        database, now = self.service.database, self.service.watch.now()
        await database.write(messages.sweep, now)
        erased = 0
        while (count := await database.write(keeping.erase, wanted.names_years, now)) >= keeping.AT_ONCE:
            erased += count  # others write in between
        while (more := await database.write(staff_keeping.erase, wanted.staff_years, now)) >= staff_keeping.AT_ONCE:
            erased += more
        if erased + count + more:
            with contextlib.suppress(Problem):  # while somebody reads an older state: the log is cut at its next turn
                await database.forget()

    async def _send(self) -> None:
        """Send what is due. A kill between taking and noting means that it is sent again later, under the same id."""
        database, now = self.service.database, self.service.watch.now()
        while await database.read(messages.is_due, now):
            for message in await database.write(messages.take, now):
                try:
                    await self._send_one(message)
                except NotSentError as error:
                    await database.write(messages.note_fault, message.id, error.fault, now, final=error.final)
                else:
                    await database.write(messages.note_sent, message.id, now)

    async def _send_one(self, message: Outgoing) -> None:
        if message.channel is Channel.MAIL and self.mail is not None:
            await asyncio.to_thread(self.mail.send, message, self.service.watch.now())
        elif message.channel is Channel.SMS and self.sms is not None:
            await self.sms.send(message)
        else:
            raise NotSentError("no longer set up")


async def watching(app: web.Application) -> AsyncIterator[None]:
    """Look after every commit, and every so often, while the application runs."""
    service, stirred = app[SERVICE], asyncio.Event()
    service.database.after_commit(stirred.set)
    watchman = Watchman.of(service, app[STREAMS].ring)
    task = asyncio.create_task(_run(watchman, stirred))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _run(watchman: Watchman, stirred: asyncio.Event) -> None:
    while True:
        stirred.clear()
        await round_of("reminders and alarms", watchman.look)
        await asyncio.sleep(PAUSE)
        try:
            async with asyncio.timeout(EVERY):
                await stirred.wait()
        except TimeoutError:
            continue
