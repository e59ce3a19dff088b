"""Taking back what was sent, answering who asks for it back, sending it to further offices; and groups of recipients."""

import argparse
import asyncio
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import msgspec

from exchange.client import asking, speech
from exchange.client.asking import Desk
from exchange.client.core import Receipts
from exchange.client.http import Line
from exchange.client.packing import Order, codes
from exchange.terminal import columns, show
from schemas.messages import Envelope, Receipt, canonical, decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Event

MARK: Final = "@"
"""Stands before the name or the id of a group of recipients."""

_KEEPING: Final = {"built_in": "按类别 by kind", "county": "全县 county-wide", "own": "本单位 own office"}
_ANSWERS: Final = {"consent": "✓ 已同意撤回 consented", "refuse-recall": "✓ 已答复不同意撤回 refused"}
_PATHS: Final = {"consent": "consent", "refuse-recall": "refuse"}


async def recall(args: argparse.Namespace) -> int:
    """`recall ID --reason R [--office T01]`: at once where nobody has opened it, by asking where somebody has."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        path = f"/api/v1/submissions/{submission}"
        copies = (await desk.status(submission))["deliveries"]
        if args.office:
            receipts = [await _from_one(desk, submission, office, args.reason) for office in codes(args.office)]
        else:
            answer = await desk.line.act(f"{path}/recall", msgspec.json.encode({"reason": args.reason}), str(uuid.uuid4()))
            receipts = await _verified(desk, submission, answer)
    taken = {receipt.recipient for receipt in receipts if receipt.event == Event.WITHDRAWAL.value}
    carried = {copy["office"]: copy["carried_at"] for copy in copies if copy["office"] in taken and copy.get("carried_at")}
    return _told(args, submission, receipts, carried)


async def _from_one(desk: Desk, submission: str, office: str, reason: str) -> Receipt:
    copies = {copy["office"]: copy for copy in (await desk.status(submission))["deliveries"]}
    if office not in copies:
        raise Problem(ProblemType.NOT_FOUND, office)
    untouched = copies[office]["opening"] == "consigned" and copies[office]["review"] == "pending"
    action, event = ("withdraw", Event.WITHDRAWAL) if untouched else ("ask-back", Event.RECALL_REQUEST)
    body = canonical({"reason": reason} | desk.stated(submission, event, reason, recipient=office))
    answer = await desk.line.act(f"/api/v1/submissions/{submission}/deliveries/{quote(office)}/{action}", body, str(uuid.uuid4()))
    envelope = decode(answer, Envelope, ProblemType.RECEIPT_MALFORMED)
    return (await desk.prover.receipt(envelope, submission)).receipt


async def answer(args: argparse.Namespace) -> int:
    """`consent ID` and `refuse-recall ID --reason R`."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        envelope = await desk.move(submission, _PATHS[args.command], getattr(args, "reason", ""))
    shown = {"submission": submission, "status": args.command, "receipt": decode(canonical(envelope), dict[str, Any])}
    show(shown, args.json, f"{_ANSWERS[args.command]}  {submission}")
    return Exit.OK


async def add_recipient(args: argparse.Namespace) -> int:
    """`add-recipient ID OFFICE… [--copy] [--reason R] [--respond-by DAY]`: a supplementary delivery."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        offices = await Groups(args.home, desk.line).members(args.office)
        day = {"respond_by": args.respond_by} if args.respond_by else {}
        body = msgspec.json.encode({"offices": offices, "copy": args.copy, "reason": args.reason or ""} | day)
        reply = await desk.line.act(f"/api/v1/submissions/{submission}/deliveries", body, str(uuid.uuid4()))
        receipts = await _verified(desk, submission, reply)
    return _told(args, submission, receipts)


async def groups(args: argparse.Namespace) -> int:
    """List the groups: what `--to` and `--cc` take behind an @."""
    async with asking.desk(args.home) as desk:
        rows = await _groups(desk.line)
    lines = columns([(f"{MARK}{row['name']}", _KEEPING.get(row["keeping"], row["keeping"]), " ".join(row["members"])) for row in rows])
    show({"items": rows}, args.json, "\n".join(lines) or "没有单位组 / there are no groups")
    return Exit.OK


class Groups:
    """Turns groups among recipients into the offices that they mean now; the county is asked once, and only if need be."""

    def __init__(self, folder: Path, line: Line | None = None) -> None:
        """Take the home, and a line where one is open already."""
        self._folder, self._line = folder, line
        self._asked: asyncio.Task[list[dict[str, Any]]] | None = None

    async def resolved(self, order: Order) -> Order:
        """Return the order with offices alone. Raises Problem RECIPIENT_UNKNOWN for a group that there is not, and NETWORK."""
        to, cc = codes(order.to), codes(order.cc)
        if not any(code.startswith(MARK) for code in (*to, *cc)):
            return order
        first = await self.members(to)
        return msgspec.structs.replace(order, to=first, cc=[code for code in await self.members(cc) if code not in first])

    async def members(self, named: Sequence[str]) -> list[str]:
        """Return offices for offices and groups, none twice, without the own one where a group has it."""
        found: list[str] = []
        for code in codes([*named]):
            found += await self._members(code.removeprefix(MARK)) if code.startswith(MARK) else [code]
        return [*dict.fromkeys(found)]

    async def _members(self, name: str) -> list[str]:
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        row = next((row for row in await self._asked if name in (row["name"], row["id"])), None)
        if row is None:
            raise Problem(ProblemType.RECIPIENT_UNKNOWN, f"{MARK}{name}: 没有这个单位组（yizhan groups 列出） / no such group")
        return [code for code in row["members"] if code != row["own"]]

    async def _ask(self) -> list[dict[str, Any]]:
        async with asking.desk(self._folder) as desk:
            own = desk.home.enrolled.office
            return [row | {"own": own} for row in await _groups(self._line or desk.line)]


async def _groups(line: Line) -> list[dict[str, Any]]:
    return list(decode(await line.get("/api/v1/groups"), dict[str, Any], ProblemType.NETWORK)["items"])


async def _verified(desk: Desk, submission: str, answer: bytes) -> list[Receipt]:
    envelopes = decode(answer, Receipts, ProblemType.RECEIPT_MALFORMED).receipts
    return [(await desk.prover.receipt(envelope, submission)).receipt for envelope in envelopes]


def _told(
    args: argparse.Namespace, submission: str, receipts: list[Receipt], carried: Mapping[str | None, str] = MappingProxyType({})
) -> int:
    """Show what was done at each office; `carried` says since when it lies on a medium at some of them, where it may have been read."""
    rows = [
        {"office": each.recipient, "event": each.event, "at": each.at, "evidence_id": each.evidence_id}
        | ({"carried_at": carried[each.recipient]} if each.recipient in carried else {})
        for each in receipts
    ]
    lines = columns([(f"✓ {row['office']}", speech.both(Event, str(row["event"])), speech.local(str(row["at"]))) for row in rows])
    lines += [
        f"! {office} 已于 {speech.local(at)} 由断网介质送交，可能已阅看，请电话联系"
        " / went there on a medium and may have been read: call them"
        for office, at in carried.items()
    ]
    show({"submission": submission, "receipts": rows}, args.json, "\n".join(lines))
    return Exit.OK
