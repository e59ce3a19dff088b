"""What a running county service consists of; handlers get it from the application under `SERVICE`."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.blobs.files import FileBlobs
from archive.blobs.store import BlobStore
from archive.ledger.database import P, T, Tx, Unit
from archive.ledger.receipts import moment
from archive.ledger.sqlite import SqliteDatabase
from archive.reading.eyes.eyes import Eyes
from archive.reading.sandbox import Sandbox
from archive.search.apart import Apart
from archive.search.feeder import Finder
from archive.search.turns import Turns
from exchange.clock import Watch
from exchange.county import CRL_DAYS, County
from exchange.intake.inspections import Inspections
from exchange.intake.limits import Rate
from exchange.intake.readers import Readers
from exchange.intake.staging import Staging
from exchange.legacy.files import LegacyFiles
from exchange.office import store as offices
from exchange.policy.rules import Policy
from exchange.sealing.orphans import Orphans
from keys.authority import Revoked
from keys.trust import Trust
from schemas import instants

LEGACY: Final = "legacy"
SHOWN_AT_ONCE: Final = 4
"""Pages of found items that are made ready to be shown at the same time, one of an office; further ones wait."""


@dataclass
class Service:
    """The parts, wired in `app.py`.

    `counters` counts what leaves no event; `failures` and `guesses` what each
    address got wrong this minute: requests, and enrolment codes. `apart` is where pieces of found texts are looked up, in the
    turns of `showing`: not in the threads in which accepted documents are flushed.
    """

    county: County
    database: SqliteDatabase
    blobs: BlobStore
    staging: Staging
    sandbox: Sandbox
    policy: Policy
    watch: Watch
    trust: Trust
    failures: Rate
    guesses: Rate
    finder: Finder
    readers: Readers
    eyes: Eyes
    inspections: Inspections
    counters: Counter[str] = field(default_factory=Counter)
    apart: Apart = field(default_factory=Apart)
    showing: Turns = field(default_factory=lambda: Turns(SHOWN_AT_ONCE, 1))

    @cached_property
    def legacy(self) -> FileBlobs:
        """The files of documents from before 历史件, apart from containers, of which every one has a signed submission."""
        return FileBlobs(self.county.folder / LEGACY)

    @cached_property
    def legacy_files(self) -> LegacyFiles:
        """What writes and removes these files."""
        return LegacyFiles(self.legacy, Orphans(self.county.folder), self.database)

    async def sign(self, unit: Unit[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that records events. Raises Problem SIGNING_STOPPED after a jump of the clock."""
        self.watch.signing_now()
        return await self.database.write(unit, *args, **kwargs)

    async def renew_crl(self) -> None:
        """Issue a revocation list when half of the newest one's life is over, and take what is current into use."""
        await self.sign(renew_crl, self.county, self.watch.signing_now())
        await self.reload_trust()

    async def reload_trust(self) -> None:
        """Take the newest revocation lists into use."""
        ders = await self.database.read(offices.current_crls, self.watch.now())
        lists = tuple(map(x509.load_der_x509_crl, ders))
        self.trust = Trust(self.county.root, (self.county.issuer.certificate,), lists)


def renew_crl(tx: Tx, county: County, now: datetime) -> None:
    """Issue a revocation list if it is due. Nothing is issued while signing is stopped."""
    newest = offices.newest_crl(tx)
    stopped = tx.row("SELECT halted FROM ledger").halted != ""
    due = newest is None or now - instants.read(newest.this_update) >= timedelta(days=CRL_DAYS) / 2
    if due and not stopped:
        issue_crl(tx, county, now)


def issue_crl(tx: Tx, county: County, now: datetime) -> None:
    """Issue and keep the next revocation list. Raises Problem SIGNING_STOPPED.

    Lists count whole seconds: every list but the first begins with the next second, as the revocations in it do, so that
    no list speaks about an instant at which something was still accepted. Until then the one before it holds.
    """
    newest = offices.newest_crl(tx)
    now = moment(tx, now)
    over = newest is None or instants.read(newest.next_update) < now.replace(microsecond=0)
    begin = now if over else offices.next_second(now)
    number = 1 if newest is None else newest.number + 1
    revoked = [Revoked(int(row.serial, 16), instants.read(row.revoked_at)) for row in offices.revoked(tx)]
    crl = county.issuer.crl(number, revoked, begin, CRL_DAYS)
    offices.add_crl(tx, number, crl.public_bytes(Encoding.DER), crl.last_update_utc, _end(crl))


def _end(crl: x509.CertificateRevocationList) -> datetime:
    end = crl.next_update_utc
    if end is None:
        message = "a revocation list of ours has an end"
        raise ValueError(message)
    return end


SERVICE: web.AppKey[Service] = web.AppKey("service", Service)
