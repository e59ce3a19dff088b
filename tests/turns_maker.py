"""Makes a county whose every awkward turn is about to be taken, and plays turns against its service, which dies on the way.

play = Play(await prepare(folder, now), forks)
answer = await play.turn(Turn(…))        # dies at each appointed step, is started again, and is asked the same once more
"""

import asyncio
import signal
import sqlite3
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import dying
import ledger_maker
from dying import Death
from forked_county import Forks
from forms_maker import MONTHLY
from ledger_maker import Filled
from msgspec.structs import replace
from multidict import CIMultiDict

from exchange.config import Limits, Mail, Settings
from exchange.control import run_there
from exchange.delivery import sender
from exchange.delivery.states import Action
from exchange.duty import messages
from exchange.duty.messages import Address
from exchange.founding import found_county
from exchange.office import browsers
from exchange.office import store as offices
from exchange.request_signature import Message, sign_request
from exchange.service import renew_crl
from keys.custody import KeySigner
from schemas.problems import Problem
from schemas.words import COUNTY, Kind, Role

TOWNSHIPS: Final = tuple(f"T{number:02}" for number in range(1, 31))
CLERK, LEADER, LEAVER, KEEPER, SECOND = "T01.1", "T01.2", "T01.3", "T01.4", "T02.1"
SENDER, ADMINISTRATOR = "county.2", "county.3"
TOLD: Final = "t02@example.cn"
LONGEST: Final = 30.0


@dataclass
class Town:
    """A county's folder, whose service does not run: people's keys, browsers' tokens, and what lies there by name."""

    folder: Path
    people: dict[str, KeySigner]
    items: dict[str, str]
    tokens: dict[str, str]
    period: str

    def counted(self, query: str, **named: object) -> int:
        """Return the number that a query gives, with the items by name and what else is named."""
        with closing(sqlite3.connect(f"file:{self.folder / 'ledger.db'}?mode=ro", uri=True, timeout=10)) as ledger:
            (found,) = ledger.execute(query, self.items | named).fetchone()
            return int(found)

    def told(self, query: str) -> str:
        """Return the text that a query gives."""
        with closing(sqlite3.connect(f"file:{self.folder / 'ledger.db'}?mode=ro", uri=True, timeout=10)) as ledger:
            return str(ledger.execute(query, self.items).fetchone()[0])


async def prepare(folder: Path, now: datetime) -> Town:
    """Found a county at the end of last year, and let it be today: what was sent then is overdue, and its books can be locked."""
    before = datetime(now.year - 1, 12, 20, 2, tzinfo=UTC)
    mail = Mail(host="127.0.0.1", port=9, security="none", sender="county@example.cn")
    settings = Settings(name="示例县人民政府办公室", mail=mail, limits=Limits(submissions_per_office_per_minute=100_000))
    county = await found_county(folder, settings, before)
    async with ledger_maker.opened(county, before) as filled:
        for code in TOWNSHIPS:
            await filled.office(code)
        await filled.person(COUNTY, Role.REVIEWER)
        await filled.person("T01")
        items = {"old": await filled.send("county.1", "T01"), "late": await filled.send("county.1", "T02", "T03")}
        await filled.move(CLERK, items["old"], Action.OPEN)
        await filled.move(CLERK, items["old"], Action.SIGN_FOR)
        filled.now = now
        await filled.database.write(renew_crl, county, now)
        people = ((COUNTY, Role.REVIEWER), (COUNTY, Role.ADMINISTRATOR), ("T01", Role.LEADER), ("T01", Role.CLERK), ("T01", Role.CLERK))
        for office, role in (*people, ("T02", Role.CLERK)):
            await filled.person(office, role, f"{office}{role.zh}")
        items |= await _sent(filled)
        await filled.database.write(messages.set_address, "T02", Address(TOLD), now)
        tokens = {id_: await filled.database.write(browsers.begin, id_, "password", "test", now) for id_ in (ADMINISTRATOR, KEEPER)}
        return Town(folder, filled.people, items, tokens, _due(now)[:7])


def _due(now: datetime) -> str:
    return (now + timedelta(days=9)).date().isoformat()


async def _sent(filled: Filled) -> dict[str, str]:
    form = replace(MONTHLY, respond_by=_due(filled.now))
    items = {
        "notice": await filled.send(SENDER, *TOWNSHIPS),
        "further": await filled.send(SENDER, "T04"),
        "asked_back": await filled.send(SENDER, "T01"),
        "form": await filled.send(SENDER, "T01", "T02", reply_form=form, kind=Kind.NOTE),
        "named": await filled.send(SENDER, "T01", addressees=[LEAVER]),
        "urgent": await filled.send(SENDER, "T02", urgency="extra_urgent"),
        "kept": await filled.send(SENDER, "T01"),
    }
    await filled.move(KEEPER, items["asked_back"], Action.OPEN)
    caller = await filled.database.read(offices.person, SENDER)
    await filled.database.write(
        sender.act_as_sender, filled.county.notary, caller, items["asked_back"], "T01", Action.ASK_BACK, filled.now, reason="附件有误"
    )
    await filled.move(KEEPER, items["kept"], Action.OPEN)
    await filled.move(KEEPER, items["kept"], Action.SIGN_FOR)
    return items


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes
    location: str = ""


Ask = Callable[["Play"], Awaitable[Any]]


@dataclass
class Play:
    """The service of a town, started again whenever it died. `deaths` counts how often that was."""

    town: Town
    forks: Forks
    url: str = ""
    deaths: int = 0
    session: aiohttp.ClientSession = field(init=False)

    @asynccontextmanager
    async def begun(self) -> AsyncIterator["Play"]:
        """Give the play with a line to the service, whose certificate stays the same."""
        tls = ssl.create_default_context(cafile=str(self.town.folder / "trust" / "root.pem"))
        connector = aiohttp.TCPConnector(ssl=tls, force_close=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as self.session:
            yield self

    @property
    def appointed(self) -> Path:
        """The file that says where the service dies."""
        return self.town.folder.parent / "dies"

    async def start(self) -> None:
        """Start the service, and wait until it listens."""
        await self.forks.start(self.town.folder, self.appointed)
        self.url = await self.forks.address()

    async def dies_by_itself(self, *deaths: Death) -> None:
        """Start the service until it has died at each of these steps, which it takes unasked, in whatever order."""
        dying.appoint(self.appointed, *deaths)
        while left := dying.to_come(self.appointed):
            await self.forks.start(self.town.folder, self.appointed)
            await self._died()
            assert dying.to_come(self.appointed) != left

    async def _died(self) -> None:
        async with asyncio.timeout(LONGEST):
            code = await self.forks.ended()
        assert code == -signal.SIGKILL, code
        self.deaths += 1

    async def turn(self, ask: Ask, *deaths: Death) -> Any:
        """Ask while the service dies at each step, start it again each time, and return what is answered to the same at last."""
        for death in deaths:
            dying.appoint(self.appointed, death)
            with suppress(aiohttp.ClientError, ConnectionError, Problem):
                answer = await ask(self)
                raise AssertionError(f"{death} was not reached: {answer}")
            await self._died()
            await self.start()
        return await ask(self)

    async def signed(self, person: str, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask as a program does: each request is signed anew."""
        url = f"{self.url}{path}"
        message = Message(method, url, CIMultiDict(({"Content-Type": "application/json"} if body else {}) | headers))
        sign_request(message, body, self.town.people[person], datetime.now(UTC))
        return await self._asked(method, url, body, message.headers)

    async def sent(self, container: bytes) -> Answer:
        """Send a container, which is signed itself."""
        return await self._asked("POST", f"{self.url}/api/v1/submissions", container, None)

    async def page(self, person: str, path: str, **fields: str) -> Answer:
        """Send a form, as a browser that is signed in does."""
        headers = {"Cookie": f"{browsers.COOKIE}={self.town.tokens[person]}", "Sec-Fetch-Site": "same-origin"}
        return await self._asked("POST", f"{self.url}{path}", fields, headers)

    async def _asked(self, method: str, url: str, data: Any, headers: Any) -> Answer:
        async with self.session.request(method, url, data=data, headers=headers, allow_redirects=False) as answer:
            return Answer(answer.status, await answer.read(), answer.headers.get("Location", ""))

    async def commanded(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Ask as a command on the county's machine does."""
        return await run_there(self.town.folder, command, arguments)

    async def until(self, query: str, count: int) -> None:
        """Wait until the ledger counts so many."""
        async with asyncio.timeout(LONGEST):
            while self.town.counted(query) != count:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.02)
