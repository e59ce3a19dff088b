"""Another policy while the service runs: settings first, then the public event, then it is in force.

A kill between the first and the second leaves settings that the next start takes into use, with the event (`founding.note_policy`).
"""

import asyncio
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec import structs

from archive.blobs.store import storage_problems
from archive.ledger import log
from archive.ledger.database import Tx
from exchange import config
from exchange.commands import Desk
from exchange.county import County
from exchange.founding import OWN_POLICY, note_policy
from exchange.office import administration
from exchange.office.administration import Act
from exchange.policy.presets import PRESETS, Policy, load
from keys.custody import write_durably
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY

_LINE: Final = re.compile(r'^policy\s*=\s*(?:"[^"\n]*"|\'[^\'\n]*\')', re.MULTILINE)
_SETTINGS_MODE: Final = 0o644


def choices(county: County) -> dict[str, Policy]:
    """Return what may be chosen by the name that the settings call it: the presets, and the county's own file when it is valid."""
    found = {name: load(name) for name in PRESETS}
    own = county.folder / OWN_POLICY
    if own.is_file():
        try:
            found[OWN_POLICY] = load(str(own))
        except Problem:  # what cannot be used cannot be chosen; the command line says why
            return found
    return found


async def choose(desk: Desk, *, policy: str) -> dict[str, Any]:
    """Put another policy in force, which is a public event that names who did it.

    Raises Problem REQUEST_MALFORMED for one that is not there, CONFIG_INVALID, SIGNING_STOPPED, STORAGE_FULL or STORAGE_FAILED,
    and FOLDER_IN_USE without a running service: whoever changes the settings then starts it anew anyway.
    """
    service = desk.service
    if service is None:
        raise Problem(ProblemType.FOLDER_IN_USE, "no running service")
    chosen = choices(service.county).get(policy)
    if chosen is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "policy")
    now = desk.watch.signing_now()
    await desk.database.read(_require_signing, desk)
    await asyncio.to_thread(_write, service.county, policy)
    await service.sign(_note, desk, chosen.version, now)
    service.policy = chosen
    service.county = replace(service.county, settings=structs.replace(service.county.settings, policy=policy))
    return {"policy": policy, "version": chosen.version}


def _require_signing(tx: Tx, desk: Desk) -> None:
    administration.begin(tx, desk.acting)
    if log.halted(tx):
        raise Problem(ProblemType.SIGNING_STOPPED, log.halted(tx))


def _note(tx: Tx, desk: Desk, version: str, now: datetime) -> None:
    administration.begin(tx, desk.acting)
    note_policy(tx, desk.county, version, now, desk.acting.person)
    administration.note(tx, desk.acting, Act.POLICY_CHANGED, COUNTY, version, now)


def _write(county: County, policy: str) -> None:
    path = county.folder / config.FILE
    with storage_problems():
        write_durably(path, rewritten(path.read_text("utf-8"), policy).encode(), _SETTINGS_MODE)


def rewritten(text: str, policy: str) -> str:
    """Return the settings' file with another policy: that line alone is another, unless the file is written unusually.

    What somebody has changed in it since the service began stays changed. Raises Problem CONFIG_INVALID.
    """
    wanted = structs.replace(config.parse(text), policy=policy)
    changed = _LINE.sub(lambda _: f'policy = "{policy}"', text, count=1)
    return changed if config.parse(changed) == wanted else config.write(wanted).decode()
