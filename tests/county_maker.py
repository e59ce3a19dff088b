"""Makes a real county in a folder and runs its service in this process, with people whose keys the test holds."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from answer_judge import JudgingClient
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from multidict import CIMultiDict

from archive.ledger.database import Tx
from exchange.app import make_app, running
from exchange.clock import Clock
from exchange.commands import Desk, revoke
from exchange.config import Limits, Settings
from exchange.county import County, open_folder
from exchange.founding import found_county
from exchange.office import enrol, store
from exchange.request_signature import Message, sign_request
from exchange.service import Service
from keys.custody import KeySigner
from schemas.words import OfficeKind, Role


@dataclass(frozen=True)
class Kept:
    """All that can remain of a submission: rows by table, blobs, staged files named or not, the free budget of staging."""

    rows: dict[str, int]
    blobs: list[str]
    staged: list[str]
    free: int


CONTENT_TABLES = ("submission", "submission_text", "kept_text", "delivery", "answer", "addressee", "event", "reason", "checkpoint")


def _tables(tx: Tx) -> dict[str, int]:
    return {name: tx.row(f"SELECT count(*) AS count FROM {name}").count for name in CONTENT_TABLES}  # noqa: S608 - constants


def open_files_in(folder: Path) -> list[str]:
    """Return the descriptors of this process that lie in `folder`, named or not."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith(f"{folder}/"):
            found.append(target)
    return found


@dataclass
class Running:
    """A running county and the people who can act in it."""

    county: County
    service: Service
    client: TestClient[Any, Any]
    clock: Clock
    people: dict[str, KeySigner] = field(default_factory=dict)

    async def office(self, code: str, name: str = "城关镇") -> None:
        await self.service.sign(store.add_office, self.county.notary, code, name, OfficeKind.TOWNSHIP, self.clock.now())

    async def person(self, office: str, name: str = "张三", role: Role = Role.CLERK) -> str:
        """Register and enrol a person; returns the id, the key is in `people`."""
        now = self.clock.now()
        person_id = await self.service.database.write(store.add_person, office, name, role, now)
        invitation = await self.service.database.write(enrol.invite, person_id, now)
        key = ec.generate_private_key(ec.SECP256R1())
        der = await self.service.sign(enrol._certify, self.county, invitation, person_id, key.public_key(), now)
        self.people[person_id] = KeySigner(key, x509.load_der_x509_certificate(der), (self.county.issuer.certificate,))
        return person_id

    async def ask(self, method: str, path: str, person: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        """Send a signed request; returns status and decoded body (bytes when it is not JSON)."""
        url = self.client.make_url(path)
        headers = {"Content-Type": "application/json"} | headers if body else headers
        message = Message(method, str(url), CIMultiDict(headers))
        sign_request(message, body, self.people[person], self.clock.now())
        answer = await self.client.request(method, path, data=body, headers=message.headers)
        return answer.status, await answer.json() if "json" in answer.content_type else await answer.read()

    async def leave(self, person: str) -> None:
        """Revoke a person's certificates and end the period, as the administrator does."""
        desk = Desk(self.county, self.service.database, self.service.watch, self.service.reload_trust)
        await revoke(desk, person=person, left=True)

    async def kept(self) -> "Kept":
        """Return what the county holds now."""
        tables = await self.service.database.read(_tables)
        blobs = sorted(self.service.blobs.keys())
        files = sorted(str(path.relative_to(self.county.folder)) for path in (self.county.folder / "staging").rglob("*"))
        return Kept(tables, blobs, files + open_files_in(self.county.folder / "staging"), self.service.staging.free)

    async def submit(self, container: bytes, **headers: str) -> tuple[int, bytes]:
        answer = await self.client.post("/api/v1/submissions", data=io.BytesIO(container), headers=headers)
        return answer.status, await answer.read()


async def found(folder: Path, now: datetime, limits: Limits = Limits()) -> County:  # noqa: B008 - frozen
    return await found_county(folder, Settings(name="示例县人民政府办公室", limits=limits), now)


@asynccontextmanager
async def serving(folder: Path, clock: Clock, people: dict[str, KeySigner] | None = None) -> AsyncIterator[Running]:
    county = open_folder(folder)
    async with running(county, clock) as service, JudgingClient(TestServer(make_app(service))) as client:
        yield Running(county, service, client, clock, people if people is not None else {})


class RealServer(TestServer):
    """A server that runs as `serve` runs it: a client that goes away does not cancel its handler."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app)
        self.options = options

    async def _make_runner(self, **_keywords: Any) -> web.AppRunner:
        return web.AppRunner(self.app, access_log=None, **self.options)


@asynccontextmanager
async def really_serving(folder: Path, clock: Clock, people: dict[str, KeySigner] | None = None, **options: Any) -> AsyncIterator[Running]:
    """Serve without the test server's comforts; `options` are the runner's."""
    county = open_folder(folder)
    async with running(county, clock) as service:
        server = RealServer(make_app(service), **({"shutdown_timeout": 0.2} | options))
        async with JudgingClient(server) as client:
            yield Running(county, service, client, clock, people if people is not None else {})
