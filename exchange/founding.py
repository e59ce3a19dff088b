"""Found a county: keys, ledger, its own office, the policy in force and the first revocation list, in one folder that appears whole."""

from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import structs

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.receipts import Fact, record
from archive.ledger.sqlite import SqliteDatabase
from exchange.config import Settings
from exchange.county import County, found
from exchange.office import store
from exchange.policy.rules import PRESETS, load
from exchange.service import issue_crl
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.words import COUNTY, Event, OfficeKind

OWN_POLICY: Final = "policy.toml"


async def found_county(folder: Path, settings: Settings, now: datetime) -> County:
    """Make a county folder. Raises Problem FOLDER_EXISTS, FOLDER_READ_ONLY or CONFIG_INVALID."""
    version, beside = load(settings.policy).version, {}
    if settings.policy not in PRESETS:  # a county's own policy is kept, and backed up, with its settings
        beside = {OWN_POLICY: Path(settings.policy).read_bytes()}
        settings = structs.replace(settings, policy=OWN_POLICY)

    async def complete(county: County) -> None:
        database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(now), readers=0, create=True)
        try:
            await database.write(_begin, county, version, now)
        finally:
            await database.close()

    return await found(folder, settings, beside, now, complete)


def note_policy(tx: Tx, county: County, version: str, now: datetime, by: str | None = None) -> None:
    """Record a change of the policy, which is public, and who made it; nothing while signing is stopped, nor when it is in force."""
    newest = tx.row("SELECT receipt FROM event WHERE event = :event ORDER BY id DESC LIMIT 1", event=Event.POLICY_CHANGE.value)
    if log.halted(tx) or decode(newest.receipt, Receipt).subject == version:
        return
    record(tx, county.notary, Fact(event=Event.POLICY_CHANGE, office=COUNTY, subject=version, by=by), now)


def _begin(tx: Tx, county: County, policy: str, now: datetime) -> None:
    log.found(tx, county.settings.name, county.notary, county.fingerprint, instants.write(now))
    store.add_office(tx, county.notary, COUNTY, county.settings.name, OfficeKind.COUNTY, now)
    record(tx, county.notary, Fact(event=Event.POLICY_CHANGE, office=COUNTY, subject=policy), now)
    issue_crl(tx, county, now)
