"""The county's offices by code: what `offices` lists, and the names that stand beside the codes in what a person reads.

They are kept in the home for a day. A code without a known name stays a code.
"""

import argparse
import contextlib
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from exchange.client import asking, home, speech
from exchange.client.calling import STALE
from exchange.client.http import Line
from exchange.terminal import columns, show
from schemas.messages import canonical, decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import OfficeKind, Role

FILE: Final = "offices.json"
"""The county's answer, in the home."""


async def listed(line: Line) -> list[dict[str, Any]]:
    """Return code, name and kind of every office of today, by code. Raises what the county says, or NETWORK."""
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        page = decode(await line.get("/api/v1/offices" + (f"?after={quote(after)}" if after else "")), dict[str, Any], ProblemType.NETWORK)
        rows += page["items"]
        if not page.get("next"):
            return rows
        after = page["next"]


async def names(folder: Path, line: Line) -> dict[str, str]:
    """Return names by code, asked for once a day; what was known before, or nothing, when the county does not answer."""
    path = folder / FILE
    with contextlib.suppress(Problem):  # names are beside the person's own matter
        if not _fresh(path):
            home.keep(path, canonical({"items": await listed(line)}), 0o644)
    return known(folder)


def known(folder: Path) -> dict[str, str]:
    """Return the names that this home was told, by code; none when there is nothing that can be read."""
    try:
        rows = decode((folder / FILE).read_bytes(), dict[str, list[dict[str, str]]])["items"]
        return {row["code"]: row["name"] for row in rows}
    except (OSError, Problem, KeyError):
        return {}


def _fresh(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < STALE
    except OSError:
        return False


async def offices(args: argparse.Namespace) -> int:
    """`offices`: the codes that `--to` and `--cc` take, with names."""
    async with asking.desk(args.home) as desk:
        rows = await listed(desk.line)
    home.keep(args.home / FILE, canonical({"items": rows}), 0o644)
    lines = columns([(row["code"], row["name"], speech.both(OfficeKind, row["kind"])) for row in rows])
    show({"items": rows}, args.json, "\n".join(lines) or "还没有登记单位 / no office is registered")
    return Exit.OK


async def staff(args: argparse.Namespace) -> int:
    """`staff`: the office's staff registry, as far as the person sees it."""
    async with asking.desk(args.home) as desk:
        told = decode(await desk.line.get("/api/v1/staff"), dict[str, Any], ProblemType.NETWORK)
    times = {True: "专职 full-time", False: "兼职 part-time", None: ""}
    people = {one["person"]: one["name"] for one in told["items"]}
    leads = {True: "分管领导 leader in charge", False: ""}
    lines = columns(
        [
            (
                one["person"],
                one["name"],
                speech.both(Role, one["role"]),
                one["post"],
                one["mobile"],
                times[one["full_time"]],
                leads[one["in_charge"]],
            )
            for one in told["items"]
        ]
    )
    lines += [
        f"代班 deputy: {people.get(one['deputy'], one['deputy'])} → {people.get(one['person'], one['person'])}"
        f"  {one['first_day']} – {one['last_day']}"
        for one in told["deputies"]
    ]
    lines += [f"{hint['zh']} / {hint['en']}" for hint in told["hints"]]
    show(told, args.json, "\n".join([f"{told['office']}  {told['office_name']}", *lines]))
    return Exit.OK
