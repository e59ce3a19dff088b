"""The commands that give an item back: for correction, by reasons of the county's list or in words, or because it was misdirected."""

import argparse
from typing import Any, Final

from exchange.client import asking
from exchange.client.asking import Desk
from exchange.correction.builtin import Reason
from exchange.correction.written import compose
from exchange.terminal import columns, show
from schemas.messages import canonical, decode
from schemas.problems import Exit, Problem, ProblemType

_LIST: Final = "/api/v1/return-reasons"
_SAID: Final = {"return": ("returned", "✓ 已退回 returned"), "misdirect": ("misdirected", "✓ 已按误投退件 given back as misdirected")}


async def give_back(args: argparse.Namespace) -> int:
    """`return ID --code C --reason R` and `misdirect ID --reason R`. Raises Problem RETURN_CODE_UNKNOWN."""
    word, text = _SAID[args.command]
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        reason = await _reason(desk, getattr(args, "code", None) or [], args.reason)
        envelope = await desk.move(submission, args.command, reason)
    answer = {"submission": submission, "status": word, "receipt": decode(canonical(envelope), dict[str, Any])}
    show(answer, args.json, f"{text}  {submission}")
    return Exit.OK


async def _reason(desk: Desk, codes: list[str], words: str) -> str:
    """Return the reason as it is kept: the person signs the whole of it, so it is written here."""
    if not codes:
        return words
    known = {each.code: each for each in await _listed(desk)}
    if unknown := [code for code in codes if code not in known]:
        raise Problem(ProblemType.RETURN_CODE_UNKNOWN, ", ".join(unknown))
    return compose((known[code] for code in dict.fromkeys(codes)), words)


async def reasons(args: argparse.Namespace) -> int:
    """`return-reasons`: the county's list of today."""
    async with asking.desk(args.home) as desk:
        items = await _listed(desk)
    lines = columns([(each.code, each.zh, each.en + (f"（{each.clause}）" if each.clause else "")) for each in items])
    show({"items": [each._asdict() for each in items]}, args.json, "\n".join(lines))
    return Exit.OK


async def _listed(desk: Desk) -> list[Reason]:
    page = decode(await desk.line.get(_LIST), dict[str, Any])
    return [Reason(each["code"], each["zh"], each["en"], each.get("clause", "")) for each in page["items"]]
