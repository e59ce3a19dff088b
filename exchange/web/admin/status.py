"""How the county stands 系统状态: every matter in words; the page looks again by itself, every ten seconds for an hour."""

import asyncio
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiohttp import web
from cryptography import x509

from archive.ledger.database import Tx
from exchange import commands
from exchange.checking.last import last
from exchange.county import TRUST, County
from exchange.office import store as offices
from exchange.sealing import backups
from exchange.service import SERVICE
from exchange.web.admin import findings
from exchange.web.admin.acting import now_of, of_service, render, room
from exchange.web.admin.findings import Ending, Index, Queues, Standing
from exchange.web.admin.store import SOON
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.violations import VIOLATIONS
from schemas import instants
from schemas.words import Label

HERE: Final = "/admin"
PIECE: Final = "/admin/status"
MOST_LOOKS: Final = 360
"""After so many looks a page that nobody closed no longer asks: it must not keep a browser signed in over the night."""
ENDED: Final = 286
"""What htmx takes for the end of asking again."""
_NAMED: Final = 20
_KILO: Final = 1024


class Machine(NamedTuple):
    """What the machine says of itself."""

    disk_free: int
    memory_used: int | None
    memory_free: int | None
    last_backup: str | None
    tls: x509.Certificate | None


async def status(request: web.Request) -> web.Response:
    """GET /admin: the whole page."""
    return render(request, "status.html", HERE, **await looked(request), looks=1)


async def again(request: web.Request) -> web.Response:
    """GET /admin/status?looks=N: the piece of the page that changes."""
    text = request.query.get("looks", "1")
    looks = int(text) + 1 if re.fullmatch("[0-9]{1,4}", text) else MOST_LOOKS
    code = ENDED if looks > MOST_LOOKS else 200
    return request.app[DESK].render(request, "admin/status_piece.html", code, **await looked(request), looks=looks)


async def looked(request: web.Request) -> dict[str, Any]:
    """Return what the page says: every matter with its tone, the gravest tone, and what the county tells of itself."""
    service, now = request.app[SERVICE], now_of(request)
    told = await commands.status(of_service(service))
    machine = await asyncio.to_thread(_machine, service.county)
    ending, count = await service.database.read(people_ending, now)
    newest = await service.database.read(offices.newest_crl)
    kept = await asyncio.to_thread(last, service.county.folder)
    standing = _standing(told, machine)._replace(
        last_check=kept,
        services=_services(service.county, machine),
        people=ending,
        people_ending=count,
        lists_until=None if newest is None else newest.next_update,
        violations=request.app[VIOLATIONS].total,
        violated=request.app[VIOLATIONS].often(),
    )
    found = findings.judge(standing, now)
    return {
        "findings": found,
        "worst": findings.worst(found),
        "told": told,
        "at": now,
        "most": MOST_LOOKS,
    }


def _standing(told: dict[str, Any], machine: Machine) -> Standing:
    queues, index, looks = told["queues"], told["index"], told["whole_looks"]
    confinement = told["confinement"]
    return Standing(
        signing_stopped=told["signing_stopped"],
        queues=Queues(
            queues["inspections_running"],
            queues["inspections_waiting"],
            queues["scans_looking"],
            queues["scans_waiting"],
            looks["waiting"],
            len(looks["failed"]),
        ),
        search=Index(
            index["engine"],
            index["ready"],
            index["rebuilding"] is not None,
            index["lag"]["events"],
            index["lag"]["seconds"],
            index["problem"] or "",
        ),
        last_check=None,
        last_backup=machine.last_backup,
        disk_free=machine.disk_free,
        memory_used=machine.memory_used,
        memory_free=machine.memory_free,
        services=(),
        people=(),
        people_ending=0,
        missing=[
            Label(*text.split(" / ", 1))
            for text in dict.fromkeys(confinement["missing"] + confinement.get("missing_where_scans_are_looked_at", []))
        ],
        recognition=told["recognition"],
        officers=told["sealing"]["officers"],
        calendar_missing=told["calendar_missing"],
        wholly_known="missing_where_scans_are_looked_at" in confinement,
    )


def _services(county: County, machine: Machine) -> list[Ending]:
    """Return when the county's own certificates end; TLS is another's where it was given on the command line."""
    shown = {
        Label("县根证书", "the root certificate"): county.root,
        Label("签发证书", "the issuing certificate"): county.issuer.certificate,
        Label("回执证书", "the receipts' certificate"): county.notary.receipts.certificate,
        Label("时间戳证书", "the time stamps' certificate"): county.notary.timestamps.certificate,
    }
    if machine.tls is not None:
        shown[Label("网站证书", "the web site's certificate")] = machine.tls
    return [Ending(name, certificate.not_valid_after_utc) for name, certificate in shown.items()]


def people_ending(tx: Tx, now: datetime) -> tuple[list[Ending], int]:
    """Return whose newest enrolment ends within 60 days, the first of them by time, and how many there are in all."""
    rows = tx.rows(
        "SELECT now.name, office_period.name AS office, max(certificate.expires_at) AS until FROM certificate"
        " JOIN person_period AS now ON now.person = certificate.person AND now.valid_to IS NULL"
        " JOIN person ON person.id = certificate.person"
        " JOIN office_period ON office_period.office = person.office AND office_period.valid_to IS NULL"
        " WHERE revoked_at IS NULL GROUP BY certificate.person HAVING max(certificate.expires_at) BETWEEN :now AND :soon"
        " ORDER BY until, certificate.person",
        now=instants.write(now),
        soon=instants.write(now + SOON),
    )
    named = [(f"{row.office} {row.name}", instants.read(row.until)) for row in rows[:_NAMED]]
    return [Ending(Label(name, name), until) for name, until in named], len(rows)


def _machine(county: County) -> Machine:
    made = backups.made(county.folder)
    tls = county.folder / TRUST / "tls.pem"
    return Machine(
        disk_free=shutil.disk_usage(county.folder).free,
        memory_used=_kilobytes(Path("/proc/self/status"), "VmRSS"),
        memory_free=_kilobytes(Path("/proc/meminfo"), "MemAvailable"),
        last_backup=made[-1][1] if made else None,
        tls=x509.load_pem_x509_certificates(tls.read_bytes())[0] if tls.is_file() else None,
    )


def _kilobytes(path: Path, name: str) -> int | None:
    """Return a value of a file that the kernel writes, in bytes; None where there is no such file."""
    if not path.is_file():
        return None
    found = re.search(rf"^{name}:\s+(\d+) kB$", path.read_text(), re.MULTILINE)
    return int(found[1]) * _KILO if found else None


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        room(HERE, status, "admin", Label("系统状态", "how the county stands")),
        room(PIECE, again, "admin_status", Label("系统状态（片段）", "how the county stands, the piece that changes")),
    ]
