"""The only place that wires things: county folder, ledger, blobs, sandbox and policy become one service."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from archive.blobs.files import FileBlobs
from archive.blobs.store import BlobStore
from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from archive.reading.eyes.eyes import Eyes
from archive.reading.sandbox import Sandbox
from archive.search.engines import engine
from archive.search.feeder import Finder
from exchange import clock as clocks
from exchange import log_api, logbook, metrics_api
from exchange.access import identify, observed
from exchange.background import round_of
from exchange.clock import Clock, SystemClock, Watch
from exchange.correction import api as correction_api
from exchange.county import County
from exchange.delivery import identifying, sender_api
from exchange.delivery import operations as delivery_operations
from exchange.duty import api as duty_api
from exchange.duty import watchman
from exchange.edge import checkpoints, harden, problems
from exchange.events import api as events_api
from exchange.events.streams import STREAMS, Streams, end_streams
from exchange.events.waking import waking
from exchange.finding import api as finding_api
from exchange.forms import operations as form_operations
from exchange.founding import note_policy
from exchange.intake import api as intake_api
from exchange.intake import inspections_api, policy_api, uploads_api
from exchange.intake import store as submissions
from exchange.intake.accept import Intake
from exchange.intake.afterwards import Afterwards
from exchange.intake.inspections import Inspections
from exchange.intake.limits import Rate
from exchange.intake.readers import CHILDREN, Readers
from exchange.intake.staging import Staging
from exchange.intake.uploads import Uploads
from exchange.legacy.files import LegacyFiles
from exchange.metrics import METRICS, Metrics
from exchange.office import browsers_api, contacts, directory, enrol, groups_api, refusals
from exchange.openapi import api as interface
from exchange.operation import Operation, add_operations
from exchange.paper import api as paper_api
from exchange.policy.rules import load
from exchange.registers import operations as register_operations
from exchange.sealing import operations as sealing_operations
from exchange.sealing.late import seal_late
from exchange.sealing.orphans import Orphans
from exchange.sealing.sealer import SEALER, Sealer, sealing
from exchange.sealing.store import Recipient
from exchange.service import LEGACY, SERVICE, Service
from exchange.staff import api as staff_api
from exchange.staff import settling
from exchange.supervision import api as supervision_api
from exchange.supervision import overdue
from exchange.web.desk import add_desk
from keys.trust import Trust
from schemas import instants

RENEWAL: Final = timedelta(minutes=10)
ASIDE: Final = timedelta(days=30)
FLUSHES_AT_ONCE: Final = 32
"""Threads for blocking work. They mostly wait for the disk, and flushes that wait together are made together."""


@asynccontextmanager
async def running(county: County, clock: Clock | None = None) -> AsyncIterator[Service]:
    """Open a county's service and close it at the end.

    Start wipes staging and sweeps orphan blobs before anything can come in, refuses a clock before the last event, and
    issues a revocation list when one is due. The index follows by itself: nothing waits for it. Raises Problem.
    """
    clock = clock or SystemClock()
    now = clock.now()
    index_engine = engine(county.settings.search.engine)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(FLUSHES_AT_ONCE, "blocking"))
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now))
    sandbox = Sandbox(county.settings.limits.inspection_seconds, children=CHILDREN)
    readers, eyes, inspections = Readers(sandbox), Eyes(sandbox), Inspections(clock.elapsed)
    finder = Finder(database, county.index, index_engine, clock.now)
    try:
        clocks.require_sane(now, instants.read(await database.read(log.last_instant)))
        await database.read(log.require_own, county.notary)
        staging = Staging(county.folder / "staging")
        staging.wipe()
        blobs = FileBlobs(county.folder / "blobs")
        sealer = Sealer.of(county, database, blobs, clock.now)
        await sweep(sealer, now)
        await sweep_legacy(sealer)
        await sealer.finish()
        policy = load(policy_file(county))
        trust = Trust(county.root, (county.issuer.certificate,), ())
        failures, guesses = (Rate(county.settings.limits.failures_per_address_per_minute) for _ in range(2))
        service = Service(
            county, database, blobs, staging, sandbox, policy, Watch(clock), trust, failures, guesses, finder, readers, eyes, inspections
        )
        await service.renew_crl()
        await service.sign(note_policy, county, policy.version, service.watch.signing_now())
        await sandbox.start()
        finder.start()
        yield service
    finally:
        await inspections.stop()
        await eyes.stop()
        await finder.close()
        await sandbox.stop()
        await database.close()


def policy_file(county: County) -> str:
    """Return the preset's name, or the path of the policy file beside the settings."""
    beside = county.folder / county.settings.policy
    return str(beside) if beside.is_file() else county.settings.policy


async def sweep(sealer: Sealer, now: datetime) -> int:
    """Take blobs that no submission holds out of the store: their senders got no receipt and will send again.

    They passed the policy, of scans the heads alone; they are set aside for a month and then removed, because it may be the
    ledger that is wrong: an older one put in its place must not cost the blobs of the newer. Nobody but the confidentiality
    officers can open them meanwhile. Returns how many were found.
    """
    orphans = Orphans(sealer.county.folder)
    held = {row.container for row in await sealer.database.read(submissions.blobs)}
    found = [name for name in sealer.blobs.keys() if name not in held]  # noqa: SIM118 - a store, not a dict
    await asyncio.to_thread(orphans.forget, now.timestamp() - ASIDE.total_seconds())
    plain = await asyncio.to_thread(orphans.plain)
    if found or plain:
        await asyncio.to_thread(_set_aside, sealer.blobs, orphans, (found, plain), await sealer.recipients())
    return len(found)


async def sweep_legacy(sealer: Sealer) -> int:
    """Finish what was being erased of documents from before, and set aside, as `sweep` does, the files that none of them has.

    An import that was killed left them, or one that was taken out again. Returns how many were set aside.
    """
    folder = sealer.county.folder / LEGACY
    if not folder.is_dir():
        return 0
    files = LegacyFiles(FileBlobs(folder), Orphans(sealer.county.folder), sealer.database)
    found = await files.finish()
    if found:
        await asyncio.to_thread(_set_aside, files.blobs, files.orphans, (found, []), await sealer.recipients())
    return len(found)


def _set_aside(blobs: BlobStore, orphans: Orphans, names: tuple[list[str], list[str]], recipients: list[Recipient]) -> None:
    found, plain = names
    for name in plain:
        orphans.seal_plain(name, recipients)
    for name in found:
        orphans.keep(name, blobs.read(name), recipients)  # the copy's name is durable before the original goes
        blobs.discard(name)


def operations() -> list[Operation]:
    """Return everything that the service answers to, in the order in which it is described."""
    taking_in = (intake_api, uploads_api, inspections_api, policy_api)
    offices = (refusals, directory, groups_api, contacts, staff_api, settling, enrol, browsers_api)
    rooms = (
        *taking_in,
        delivery_operations,
        identifying,
        form_operations,
        register_operations,
        sender_api,
        correction_api,
        supervision_api,
        duty_api,
        paper_api,
        sealing_operations,
        finding_api,
        events_api,
        *offices,
        log_api,
        metrics_api,
        interface,
    )
    return [operation for room in rooms for operation in room.operations()]


def make_app(service: Service) -> web.Application:
    """Return the application: routes, and the middlewares around all of them."""
    app = web.Application(middlewares=[observed, problems, checkpoints], client_max_size=64 * 1024)
    app[SERVICE] = service
    app[intake_api.INTAKE] = Intake(service)
    app[uploads_api.UPLOADS] = Uploads(service.watch.clock.elapsed)
    app[METRICS] = Metrics()
    metrics_api.count_commits(app[METRICS], service.database)
    metrics_api.count_inspections(app[METRICS], service)
    app[SEALER] = Sealer.of(service.county, service.database, service.blobs, service.watch.now)
    app[browsers_api.SEEN] = browsers_api.Seen()
    app[STREAMS] = Streams(service.county.settings.limits)
    offered = operations()
    app[interface.INTERFACE] = interface.build(offered, service)
    add_operations(app, offered)
    add_desk(app)
    app.cleanup_ctx.append(_renewal)
    app.cleanup_ctx.append(waking)
    app.cleanup_ctx.append(_afterwards)
    app.cleanup_ctx.append(watchman.watching)
    app.cleanup_ctx.append(overdue.watching)
    app.cleanup_ctx.append(uploads_api.sweeping)
    app.cleanup_ctx.append(sealing)
    app.on_response_prepare.append(harden)
    app.on_response_prepare.append(identify)
    app.on_response_prepare.append(policy_api.tell_policy)
    app.on_response_prepare.append(uploads_api.tell_version)
    app.on_shutdown.append(end_streams)
    return app


async def _renewal(app: web.Application) -> AsyncIterator[None]:
    """Renew the revocation list at half life and watch the clock while the service runs."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEWAL.total_seconds())
            await round_of("revocation list", app[SERVICE].renew_crl)

    task = asyncio.create_task(renew())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _afterwards(app: web.Application) -> AsyncIterator[None]:
    """Look at the whole of scanned pages while the service runs."""
    task = asyncio.create_task(Afterwards(app[SERVICE], seal_late).run())
    task.add_done_callback(_note_the_end)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _note_the_end(task: asyncio.Task[None]) -> None:
    """Log a bug that ended a task of ours: where, never what."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        logbook.note(logging.ERROR, "uncaught", exception=type(error).__name__, trace=logbook.where(error))
