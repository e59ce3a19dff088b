"""Which backups were made, and when: whoever destroys something has to know where else it lies."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Final

from archive.blobs.store import storage_problems
from exchange.sums import sync_folder
from schemas import instants

LIST: Final = "backups.jsonl"
_MOST: Final = 10_000


def note(county: Path, out: Path, now: datetime) -> None:
    """Add a backup to the county's list, durably."""
    line = json.dumps({"out": str(out), "at": instants.write(now)}, ensure_ascii=False) + "\n"
    with storage_problems():
        descriptor = os.open(county / LIST, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(county)


def made(county: Path) -> list[tuple[str, str]]:
    """Return place and instant of every backup, oldest first; a torn line is passed over."""
    path = county / LIST
    with storage_problems():
        lines = path.read_text("utf-8", "replace").splitlines()[-_MOST:] if path.exists() else []
    found = []
    for line in lines:
        try:
            row = json.loads(line)
            found.append((str(row["out"]), instants.write(instants.read(row["at"]))))
        except (ValueError, KeyError, TypeError):
            continue
    return found
