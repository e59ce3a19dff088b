"""When the county was last checked as a whole, and how it ended: beside the ledger, for whoever asks how the county stands."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from archive.blobs.store import storage_problems
from keys.custody import write_durably
from schemas import instants

FILE: Final = "last-check.json"


class Last(NamedTuple):
    """The end of the last check: when, whether everything fitted, and how much did not."""

    at: str
    ok: bool
    problems: int


def note(county: Path, *, problems: int, now: datetime) -> None:
    """Keep how a check ended. Raises Problem STORAGE_FULL or STORAGE_FAILED; a check itself does not depend on it."""
    written = json.dumps({"at": instants.write(now), "problems": problems})
    with storage_problems():
        write_durably(county / FILE, written.encode())


def last(county: Path) -> Last | None:
    """Return how the last check ended, None when there was none or what is kept of it cannot be read."""
    try:
        kept = json.loads((county / FILE).read_bytes())
        return Last(instants.write(instants.read(kept["at"])), kept["problems"] == 0, int(kept["problems"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
