"""`register`: the office's own register of a year, listed, or saved as the file that the county makes of it."""

import argparse
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from exchange.client import asking, home, speech
from exchange.client.http import Line
from exchange.terminal import columns, show
from schemas.messages import decode
from schemas.problems import Exit, Problem, ProblemType

FORMS: Final = ("xlsx", "pdf")
_HIDDEN: Final = {
    "named": "（指定人员件 for named persons）",
    "sealed": "（封存 sealed）",
    "destroyed": "（已销毁 destroyed）",
}
_ENDINGS: Final = {
    "concluded": "办结 concluded",
    "returned": "退回 returned",
    "withdrawn": "撤回 withdrawn",
    "misdirected": "误投 misdirected",
}


async def register(args: argparse.Namespace) -> int:
    """`register incoming|outgoing [--year Y] [--month M] [--out FILE.xlsx|.pdf]`."""
    narrowed = {"year": args.year, "month": args.month}
    query = urlencode({name: value for name, value in narrowed.items() if value})
    path = f"/api/v1/registers/{args.book}"
    async with asking.desk(args.home) as desk:
        if args.out is not None:
            await _save(desk.line, f"{path}/{_form(args.out)}" + (f"?{query}" if query else ""), args.out)
            show({"file": str(args.out)}, args.json, f"✓ {args.out}")
            return Exit.OK
        found = await _whole(desk.line, path, query)
    show(found, args.json, "\n".join(_lines(found)))
    return Exit.OK


def _form(out: Path) -> str:
    form = out.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise Problem(ProblemType.REQUEST_MALFORMED, "--out X.xlsx | X.pdf")
    return form


async def _save(line: Line, path: str, out: Path) -> None:
    """Write the file, whole or not at all. Raises what the county says."""
    home.keep(out, await line.get(path), 0o600)


async def _whole(line: Line, path: str, query: str) -> dict[str, Any]:
    """Return the register with all its entries, however many pages it has."""
    after, found = "", dict[str, Any]()
    entries: list[dict[str, Any]] = []
    while True:
        asked = "&".join(filter(None, (query, urlencode({"after": after}) if after else "")))
        page = decode(await line.get(path + (f"?{asked}" if asked else "")), dict[str, Any], ProblemType.NETWORK)
        found, after = found or page, page.get("next") or ""
        entries += page["entries"]
        if not after:
            return {**found, "entries": entries, "next": None}


def _lines(found: dict[str, Any]) -> list[str]:
    book = {"incoming": "收文登记簿 incoming", "outgoing": "发文登记簿 outgoing"}[found["book"]]
    locked = f"，已封年 locked {speech.local(found['locked']['at'])}" if found["locked"] else ""
    head = f"{found['office_name']} {book} {found['year']}，{len(found['entries'])} 条 entries{locked}"
    return [head, *columns([_cells(entry) for entry in found["entries"]])]


def _cells(entry: dict[str, Any]) -> tuple[str, ...]:
    title = _HIDDEN.get(entry["hidden"]) or entry["title"]
    corrected = "更正 corrected" if entry["corrections"] else ""
    said = "  ".join(filter(None, (title, _ENDINGS.get(entry["ending"], ""), entry["place"], corrected)))
    parts = (f"{entry['number']:>5}", entry["day"], entry["document_number"] or "", entry["other"] or "", said)
    # what others wrote must not steer the terminal
    return tuple("".join(sign if sign.isprintable() else " " for sign in part) for part in parts)
