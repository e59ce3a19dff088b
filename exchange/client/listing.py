"""`inbox` and `status`: what the office received and sent, what has to be done first, and no more than a person reads."""

import argparse
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from exchange.client import asking, inspection, offices, speech
from exchange.client.asking import Desk
from exchange.terminal import columns, show
from schemas.messages import decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Urgency

SHOWN: Final = 40
"""Rows that a person is shown unless they ask for more."""
_PENDING: Final = "pending"
_RETURNED: Final = "returned"
_RANKS: Final = {Urgency.EXTRA_URGENT.value: 0, Urgency.URGENT.value: 1}
_NORMAL: Final = 2


async def status(args: argparse.Namespace) -> int:
    """`status [ID]`: one submission; or what the office sent, and its receipts held against the log."""
    if args.id is not None:
        return await _one(args)
    chosen = _RETURNED if args.returned else _PENDING if args.waiting else ""
    async with asking.desk(args.home) as desk:
        chain, enrolled = await desk.prover.chain(), desk.home.enrolled
        items, more = await _rows(_List(desk, "submissions", "standing", args.office), chosen, args, _RETURNED, _to_correct)
        names = {} if args.json else await offices.names(args.home, desk.line)
    items.sort(key=lambda item: not _to_correct(item))
    answer = {"office": enrolled.office, "person": enrolled.person, "county": enrolled.county, "receipts": chain, "items": items}
    head = [
        f"{enrolled.name}（{enrolled.person}）{enrolled.office_name} → {enrolled.county}",
        f"回执 {chain['count']} 份，连续无缺，均已核对 / {chain['count']} receipts, gapless, verified",
    ]
    if back := sum(map(_to_correct, items)):
        head.append(f"被退回、待更正 {back} 件，列在最前 / returned and to be corrected: {back}, first below")
    return _shown(args, answer, head, names, more=more)


async def _one(args: argparse.Namespace) -> int:
    async with asking.desk(args.home) as desk:
        found = await desk.status(await desk.known(args.id))
        names = {} if args.json else await offices.names(args.home, desk.line)
    show(found, args.json, "\n".join([speech.whole(found, names), *calls(args, [found])]))
    return Exit.OK


async def inbox(args: argparse.Namespace) -> int:
    """`inbox`: what the office received; what waits to be signed for first, the most urgent before the rest, then the newest."""
    async with asking.desk(args.home) as desk:
        items, more = await _rows(_List(desk, "inbox", "review", args.office), _PENDING if args.waiting else "", args, _PENDING, _waits)
        names = {} if args.json else await offices.names(args.home, desk.line)
        own = desk.home.enrolled.office_name
    items.sort(key=_turn)
    waiting = [item for item in items if _waits(item)]
    head = [f"{own}  待签收 to be signed for: {len(waiting)}{_urgent(waiting)}"] if items else []
    return _shown(args, {"items": items}, head, names, more=more)


def _shown(args: argparse.Namespace, answer: dict[str, Any], head: list[str], names: Mapping[str, str], *, more: bool) -> int:
    """Print the items, at most as many as are wanted, and say when there are more."""
    items = answer["items"]
    most = args.most or (len(items) if args.json else SHOWN)
    more, answer["items"] = more or len(items) > most, items[:most]
    if args.json:
        show(answer, as_json=True)
        return Exit.OK
    lines = [*head, *columns([speech.cells(item, names) for item in items[:most]])]
    if not items:
        lines.append("没有符合的件 / nothing to list")
    if more:
        lines.append(
            f"… 还有未列出的件：用 --most N 多列，用 --waiting、--office 缩小范围"
            f" / there are more than {len(items[:most])}: --most N lists more, --waiting and --office narrow it"
        )
    show({}, as_json=False, text="\n".join([*lines, *calls(args, items[:most])]))
    return Exit.OK


def calls(args: argparse.Namespace, items: list[dict[str, Any]]) -> list[str]:
    """Return whom to call, once, when something of this was sealed or destroyed; the desk has asked the county by now."""
    if not any(map(speech.withdrawn, items)):
        return []
    return list(filter(None, [speech.whom_to_call(inspection.contacts_in(args.home))]))


class _List(NamedTuple):
    """A list of the county's: its path, the parameter that narrows it, and the offices of which alone items are wanted."""

    desk: Desk
    path: str
    parameter: str
    offices: list[str] | None

    async def some(self, chosen: str, most: int) -> tuple[list[dict[str, Any]], bool]:
        """Return the newest items that stand as chosen, at most so many (0 is all), and whether there are more."""
        rows: list[dict[str, Any]] = []
        after, asked = "", chosen
        while True:
            query = urlencode({name: value for name, value in ((self.parameter, asked), ("after", after)) if value})
            try:
                page = decode(await self.desk.line.get(f"/api/v1/{self.path}" + (f"?{query}" if query else "")), dict[str, Any])
            except Problem as problem:
                if problem.kind is not ProblemType.REQUEST_MALFORMED or not asked:
                    raise
                asked = ""  # a county that is too old to choose: it is done here
                continue
            rows += [item for item in page["items"] if _stands(item, chosen) and _is_of(item, self.offices)]
            after = page.get("next") or ""
            if not after or (most and len(rows) >= most):
                return (rows[:most], bool(after) or len(rows) > most) if most else (rows, False)


async def _rows(
    listed: _List, chosen: str, args: argparse.Namespace, first: str, needed: Callable[[dict[str, Any]], bool]
) -> tuple[list[dict[str, Any]], bool]:
    """Return the items that are wanted, and whether there are more.

    A program is given all, unless it says how many. A person is shown some: what needs an act, which is among what stands as `first`,
    and the newest.
    """
    most = args.most or (0 if args.json else SHOWN)
    if chosen or not most:
        return await listed.some(chosen, most)
    urgent = [item for item in (await listed.some(first, 0))[0] if needed(item)]
    newest, more = await listed.some("", most)
    known = {item["submission"] for item in urgent}
    return [*urgent, *(item for item in newest if item["submission"] not in known)], more


def _stands(item: Mapping[str, Any], chosen: str) -> bool:
    """Say whether an item stands as chosen: the own copy, or one recipient's."""
    reviews = [item["review"]] if "review" in item else [one["review"] for one in item["deliveries"]]
    return not chosen or (chosen in reviews and not item.get("sealed"))


def _is_of(item: Mapping[str, Any], codes: list[str] | None) -> bool:
    """Say whether an item came from, or went to, one of these offices; all do when none is named."""
    others = {item["from"]} if "review" in item else {one["office"] for one in item["deliveries"]}
    return not codes or bool(others & set(codes))


def _waits(item: Mapping[str, Any]) -> bool:
    return bool(item["review"] == _PENDING)


def _turn(item: Mapping[str, Any]) -> int:
    """Return whose turn it is: what waits stands before everything else, the urgent first; each group stays newest first."""
    return _RANKS.get(item["urgency"], _NORMAL) if _waits(item) else _NORMAL + 1


def _to_correct(item: Mapping[str, Any]) -> bool:
    """Say whether an item came back and nothing has taken its place yet."""
    return any(one["review"] == _RETURNED for one in item["deliveries"]) and not item.get("replaced_by")


def _urgent(waiting: list[dict[str, Any]]) -> str:
    """Return how many of what waits are urgent, of each kind of which there are any."""
    counts = {word: sum(item["urgency"] == word for item in waiting) for word in (Urgency.EXTRA_URGENT, Urgency.URGENT)}
    said = "，".join(f"{word.zh} {word.en} {count}" for word, count in counts.items() if count)
    return f"（{said}）" if said else ""
