"""GET /metrics: shown to the monitoring's addresses alone; everybody else, and whoever comes through a proxy, finds nothing."""

import asyncio
import contextlib
import ipaddress
import shutil
from typing import Final

from aiohttp import web

from archive.ledger import log
from archive.ledger.database import Database, Tx
from exchange.county import County
from exchange.delivery import counts
from exchange.events.streams import STREAMS
from exchange.intake.inspections import Answer
from exchange.metrics import METRICS, Metrics
from exchange.office import store as offices
from exchange.operation import Body, Operation
from exchange.service import SERVICE, Service
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Label

FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""Headers that a proxy adds: its own address says nothing of who is behind it."""


async def metrics(request: web.Request) -> web.Response:
    """Answer with the numbers of now. Raises Problem NOT_FOUND for every address but those of `metrics_from`."""
    service, told = request.app[SERVICE], request.app[METRICS]
    require_monitoring(service.county.settings.metrics_from, request)
    standing = await service.database.read(_in_ledger) | await asyncio.to_thread(_on_disk, service.county) | _in_memory(service)
    standing["event_streams"] = len(request.app[STREAMS])
    told.stands(standing, _ends(service.county))
    body, content_type = told.written(request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


def require_monitoring(networks: tuple[str, ...], request: web.Request) -> None:
    """Raise Problem NOT_FOUND unless the peer itself is in one of the networks and forwards for nobody."""
    if any(name in request.headers for name in FORWARDED):
        raise Problem(ProblemType.NOT_FOUND)
    try:
        peer = ipaddress.ip_address((request.remote or "").partition("%")[0])
    except ValueError as error:
        raise Problem(ProblemType.NOT_FOUND) from error
    peer = getattr(peer, "ipv4_mapped", None) or peer
    if not any(peer in ipaddress.ip_network(network) for network in networks):
        raise Problem(ProblemType.NOT_FOUND)


def _in_ledger(tx: Tx) -> dict[str, float]:
    newest = offices.newest_crl(tx)
    return {
        "ledger_events": tx.row("SELECT coalesce(max(id), 0) AS count FROM event").count,  # numbered without gaps, and none ever goes
        "ledger_submissions": tx.row("SELECT count(*) AS count FROM submission").count,
        **{f"deliveries_{name}": count for name, count in counts.of_county(tx).items()},
        "whole_looks_waiting": tx.row("SELECT count(*) AS count FROM whole_look WHERE state = 'waiting'").count,
        "whole_looks_failed": tx.row("SELECT count(*) AS count FROM whole_look WHERE state = 'failed'").count,
        "log_leaves": log.latest(tx).size,
        "signing_stopped": float(log.halted(tx) != ""),
        "revocation_list_end_timestamp_seconds": 0 if newest is None else instants.read(newest.next_update).timestamp(),
    }


def _on_disk(county: County) -> dict[str, float]:
    size = 0
    for name in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            size += county.ledger.with_name(county.ledger.name + name).stat().st_size
    return {"ledger_bytes": size, "storage_free_bytes": shutil.disk_usage(county.folder).free}


def _in_memory(service: Service) -> dict[str, float]:
    index = service.finder.state()
    found: dict[str, float] = {
        "inspections_running": service.readers.reading,
        "inspections_waiting": service.readers.waiting,
        "scans_looking": service.inspections.looking,
        "scans_waiting": service.inspections.waiting,
        "scans_staged_bytes": service.inspections.staged,
        "staging_free_bytes": service.staging.free,
        "index_ready": float(index["ready"]),
        "index_entries": index["entries"],
        "index_lag_events": index["lag"]["events"],
        "index_lag_seconds": index["lag"]["seconds"],
        "index_rebuilding": float(index["rebuilding"] is not None),
    }
    return found | ({"signing_stopped": 1} if service.watch.stopped else {})


def _ends(county: County) -> dict[str, float]:
    """Return when the county's own certificates end, by use; the one of TLS is seen by connecting, and may be another's."""
    shown = {
        "root": county.root,
        "issuing": county.issuer.certificate,
        "receipt": county.notary.receipts.certificate,
        "timestamp": county.notary.timestamps.certificate,
    }
    return {use: certificate.not_valid_after_utc.timestamp() for use, certificate in shown.items()}


def count_commits(metrics: Metrics, database: Database) -> None:
    """Let every commit be counted from now on, with its size."""
    before = database.committed

    def committed() -> None:
        nonlocal before
        metrics.committed(database.committed - before)
        before = database.committed

    database.after_commit(committed)


def count_inspections(metrics: Metrics, service: Service) -> None:
    """Let every container with scans be counted from now on, when it gets its answer."""

    def noted(ended: Answer | Problem, seconds: float) -> None:
        problem = ended.kind if isinstance(ended, Problem) else None
        metrics.inspected(problem, seconds)
        if problem is not None:
            service.counters[f"not accepted: {problem.type}"] += 1

    service.inspections.noted = noted


def operations() -> list[Operation]:
    """Return the operation of this module."""
    return [
        Operation(
            id="readMetrics",
            method="GET",
            path="/metrics",
            handler=metrics,
            text=Label("监控指标", "numbers for monitoring"),
            answers={
                200: Body("text/plain", text=Label("Prometheus 文本格式", "the Prometheus text format, or OpenMetrics when asked for"))
            },
            tag="service",
            security="none",
            problems=(ProblemType.NOT_FOUND,),
        )
    ]
