"""Writes that may be repeated: a caller's own key makes the same request, sent again, give the same answer.

The key is kept in the transaction of the act itself, so there is never one without the other, and of two requests at
once one acts and the other finds what it did. A refusal keeps nothing: its repetition is judged anew.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from archive.ledger.database import Tx
from exchange.operation import Parameter
from exchange.request_signature import IDEMPOTENCY_HEADER
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Label

KEPT: Final = timedelta(days=7)
"""How long a repetition is recognised, at least."""

_KEY: Final = re.compile("[!-~]{16,64}")

KEY: Final = Parameter(
    IDEMPOTENCY_HEADER,
    "header",
    Label(
        "幂等键：每个操作自选一个（如 UUID），重发同一请求时沿用，7 天内得到同样的答复，不会重复办理",
        "a key of your own for each act, a UUID for instance: the same request under it gets the same answer for 7 days and acts once",
    ),
    {"type": "string", "minLength": 16, "maxLength": 64, "pattern": "^[!-~]+$"},
)


@dataclass(frozen=True)
class Once:
    """A key, and the SHA-256 (hexadecimal) of the request that it was sent with."""

    key: str
    request: str


def once(request: web.Request, body: bytes) -> Once | None:
    """Return what the request asks to be done once, or None without the header. Raises Problem REQUEST_MALFORMED."""
    given = request.headers.getall(IDEMPOTENCY_HEADER, [])
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Problem(ProblemType.REQUEST_MALFORMED, IDEMPOTENCY_HEADER)
    digest = hashlib.sha256(f"{request.method}\n{request.raw_path}\n".encode("utf-8", "surrogateescape") + body)
    return Once(given[0], digest.hexdigest())


def recall(tx: Tx, person: str, asked: Once) -> str | None:
    """Return the evidence id of what was done under this key. Raises Problem IDEMPOTENCY_KEY_USED for another request's key."""
    row = tx.row("SELECT request, evidence_id FROM idempotency WHERE person = :person AND key = :key", person=person, key=asked.key)
    if row is None:
        return None
    if row.request != asked.request:
        raise Problem(ProblemType.IDEMPOTENCY_KEY_USED)
    return str(row.evidence_id)


def once_only(tx: Tx, person: str, asked: Once | None, do: Callable[[], str], now: datetime) -> str:
    """Do it, or find what was done under this key before; returns the evidence id. Raises what `recall` and `do` raise."""
    before = None if asked is None else recall(tx, person, asked)
    if before is not None:
        return before
    evidence = do()
    if asked is not None:
        remember(tx, person, asked, evidence, now)
    return evidence


def remember(tx: Tx, person: str, asked: Once, evidence: str, now: datetime) -> None:
    """Keep what was done under this key, and let go of what is older than `KEPT`."""
    tx.run("DELETE FROM idempotency WHERE at < :oldest", oldest=instants.write(now - KEPT))
    tx.run(
        "INSERT INTO idempotency (person, key, request, evidence_id, at) VALUES (:person, :key, :request, :evidence, :at)",
        person=person,
        key=asked.key,
        request=asked.request,
        evidence=evidence,
        at=instants.write(now),
    )
