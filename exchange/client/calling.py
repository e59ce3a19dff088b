"""Whom to call: the confidentiality officer's name and telephone, kept in the home for when something is refused here."""

import contextlib
import time
from pathlib import Path
from typing import Any, Final

from exchange.client import home
from exchange.client.http import Line
from exchange.client.inspection import CONTACT
from schemas.messages import canonical, decode
from schemas.problems import Problem, ProblemType

STALE: Final = 24 * 3600.0
"""Seconds after which the county is asked anew, with the next connection."""


async def keep_contact(folder: Path, line: Line) -> None:
    """Ask the county whom to call, and keep it; nothing is said when it does not answer: this is beside the person's own matter.

    The first is the own office's officer, or the county's where the office has named none.
    """
    if not _stale(folder / CONTACT):
        return
    with contextlib.suppress(Problem):
        items = decode(await line.get("/api/v1/contacts"), dict[str, Any], ProblemType.NETWORK)["items"]
        home.keep(folder / CONTACT, canonical({**(items[0] if items else {"name": "", "phone": ""}), "items": items}), 0o644)


def _stale(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > STALE
    except OSError:
        return True
