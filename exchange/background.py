"""What the service does by itself while it runs: a round that goes wrong is told in the log, and the next one comes."""

import logging
import secrets
from collections.abc import Awaitable, Callable

from exchange import logbook
from schemas.problems import Problem


async def round_of(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do one round of the work of this name; whatever is raised is logged: by its kind, or by where it was, never by what it says."""
    try:
        await work()
    except Problem as problem:
        logbook.note(logging.WARNING, f"{name} put off", problem=problem.kind.type)
    except Exception as error:  # noqa: BLE001 - a bug, a broken row or a full disk: what else there is to do must not end with it
        incident = secrets.token_hex(4)
        logbook.note(logging.ERROR, "incident", incident=incident, exception=type(error).__name__, trace=logbook.where(error))
