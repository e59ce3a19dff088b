"""Which item a person means: an id, its first digits, or the filing number 报送编号; asked of the county in one question."""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from exchange.client.http import Line
from exchange.client.outbox import Outbox
from schemas import filing
from schemas.messages import decode
from schemas.problems import Problem, ProblemType

LISTS: Final = ("submissions", "inbox")
_ID: Final = re.compile("[0-9a-f]{64}")
_DIGITS: Final = re.compile("[0-9a-f]{8,63}")
_TOO_OLD: Final = (ProblemType.NOT_FOUND, ProblemType.REQUEST_MALFORMED)
"""What a county says that does not know the question: what is asked was looked at here, and nothing found is no refusal."""
_SHOWN: Final = 12
"""Digits of an id that has no filing number yet."""
_NAMED: Final = 5
"""Items that are named of several which begin so."""


async def identified(text: str, line: Line, outbox: Outbox, lists: Sequence[str] = LISTS) -> str:
    """Return the whole id of what is meant. `lists` are those that are gone through where the county is too old for the question.

    Raises Problem NOT_FOUND, ITEM_AMBIGUOUS where several begin so, and what the line raises.
    """
    wanted = filing.typed(text)
    number, digits = filing.read(wanted), wanted.lower()
    if _ID.fullmatch(digits):
        return digits
    if number is None and not _DIGITS.fullmatch(digits):
        raise Problem(
            ProblemType.NOT_FOUND,
            f"{text.strip()}: 应为报送编号（如 T01-2026-000012）或编号前 8 位以上"
            " / give a filing number, as T01-2026-000012, or 8 or more digits of the id",
        )
    if number is None and (own := outbox.starting_with(digits)):
        return _the_one(text, [(each, each[:_SHOWN]) for each in own])
    return _the_one(text, await _asked(line, digits if number is None else str(number), lists))


def _the_one(text: str, found: Sequence[tuple[str, str]], *, more: bool = False) -> str:
    """Return the id of the only one. Raises Problem NOT_FOUND and ITEM_AMBIGUOUS."""
    if not found:
        raise Problem(ProblemType.NOT_FOUND, text.strip())
    if len(found) > 1:
        named = "、".join(sorted(name for _, name in found)[:_NAMED])
        beyond = "等" if more or len(found) > _NAMED else ""
        raise Problem(ProblemType.ITEM_AMBIGUOUS, f"{text.strip()}: {named}{beyond}")
    return found[0][0]


async def _asked(line: Line, text: str, lists: Sequence[str]) -> list[tuple[str, str]]:
    """Return id and filing number of what is meant."""
    try:
        answer = decode(await line.get(f"/api/v1/submissions/find?text={quote(text)}"), dict[str, Any])
    except Problem as problem:
        if problem.kind not in _TOO_OLD:
            raise
    else:
        return [(row["submission"], row["filing_number"]) for row in answer["items"]]
    found = {pair for which in lists for pair in await _gone_through(line, which, text)}
    return sorted(found)


async def _gone_through(line: Line, which: str, text: str) -> list[tuple[str, str]]:
    """Return what is meant of a whole list; nothing where a service account may not see that list."""
    try:
        rows = await listed(line, which)
    except Problem as problem:
        if problem.kind is not ProblemType.NOT_ALLOWED or not problem.detail.startswith("scope "):
            raise
        return []
    pairs = [(str(row["submission"]), str(row["filing_number"])) for row in rows]
    return [pair for pair in pairs if pair[0].startswith(text) or pair[1].lower() == text.lower()]


async def listed(line: Line, which: str) -> list[dict[str, Any]]:
    """Return all rows of a list of the county's, in its order."""
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        page = decode(await line.get(f"/api/v1/{which}" + (f"?after={quote(after)}" if after else "")), dict[str, Any])
        rows += page["items"]
        if not page.get("next"):
            return rows
        after = page["next"]
