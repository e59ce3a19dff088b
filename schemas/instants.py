"""Instants as they are written: UTC, ISO 8601, milliseconds, `Z`. Text order is time order."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
"""Offices count their days and years by the time of the whole country."""


def write(moment: datetime) -> str:
    """Return `2026-11-22T01:31:40.123Z`; milliseconds are cut, not rounded, so that a written instant is never ahead."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def read(text: str) -> datetime:
    """Return the moment that `write` wrote. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
