"""Makes a county in this process and people who are signed in at its pages, for tests of the administration; and lists as workbooks."""

import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import openpyxl
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer
from county_maker import Running, found

from exchange.app import make_app, running
from exchange.clock import FakeClock
from exchange.county import open_folder
from exchange.office import browsers
from exchange.web.admin.sheet import COLUMNS
from schemas.words import Role

NOW: Final = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """A page, or where it leads."""

    status: int
    text: str
    location: str
    body: bytes

    @property
    def once(self) -> str:
        """The name of the first form on the page."""
        match = re.search(r'name="once" value="([0-9a-f]+)', self.text)
        return match[1] if match else ""

    def hidden(self, name: str) -> str:
        """A hidden field of a form."""
        match = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert match, self.text
        return match[1]

    @property
    def codes(self) -> list[str]:
        """The one-time codes on the page's slips."""
        return re.findall(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b", self.text)


@dataclass
class AtDesk:
    """Somebody at a browser."""

    county: Running
    id: str
    token: str

    async def get(self, path: str) -> Answer:
        return await self._ask("GET", path, None)

    async def post(self, path: str, data: Any = None) -> Answer:
        """Send a form; pairs for fields that come several times."""
        return await self._ask("POST", path, [] if data is None else data)

    async def bring(self, path: str, content: bytes) -> Answer:
        """Send a file, as the form for lists does."""
        form = FormData()
        form.add_field("list", content, filename="people.xlsx", content_type="application/octet-stream")
        return await self._ask("POST", path, form)

    async def _ask(self, method: str, path: str, data: Any) -> Answer:
        headers = {"Cookie": f"{browsers.COOKIE}={self.token}", "Sec-Fetch-Site": "same-origin"}
        answer = await self.county.client.request(method, path, data=data, headers=headers, allow_redirects=False)
        body = await answer.read()
        text = body.decode() if answer.content_type.startswith("text/") else ""
        return Answer(answer.status, text, answer.headers.get("Location", ""), body)


async def at_desk(county: Running, office: str, name: str, role: Role) -> AtDesk:
    """Register a person and sign a browser of theirs in."""
    id_ = await county.person(office, name, role)
    token = await county.service.database.write(browsers.begin, id_, "password", "test", county.clock.now())
    return AtDesk(county, id_, token)


@asynccontextmanager
async def county_with_township(folder: Path) -> AsyncIterator[Running]:
    """Serve a county with the township T01 城关镇."""
    await found(folder, NOW)
    county, clock = open_folder(folder), FakeClock(NOW)
    async with running(county, clock) as service, TestClient(TestServer(make_app(service))) as client:
        made = Running(county, service, client, clock)
        await made.office("T01")
        yield made


def workbook(rows: Iterable[Sequence[Any]], columns: Sequence[str] = COLUMNS) -> bytes:
    """Return a list as somebody fills it in; a text that begins with = becomes a formula, as in a spreadsheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(columns))
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
