"""The commands of `yizhan`, from options to exit code. Those that pack and send stand in `dispatch`, all decisions elsewhere."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from exchange.client import (
    asking,
    directions,
    dispatch,
    enrolment,
    finding,
    forms,
    giving_back,
    listing,
    medium,
    officer,
    offices,
    offline,
    registers,
    speech,
    urging,
)
from exchange.client.asking import write_receipts
from exchange.terminal import show
from schemas.messages import canonical, decode
from schemas.problems import Exit, Problem
from schemas.words import Event


async def enrol(args: argparse.Namespace) -> int:
    """`enrol URL --code C --fingerprint F`."""
    done = await enrolment.enrol(args.home, args.url, args.code, args.fingerprint)
    answer = {name: getattr(done, name) for name in ("county", "office", "office_name", "person", "name", "role", "url")}
    text = f"✓ 已注册 enrolled  {done.name}（{done.person}），{done.office_name}（{done.office}）→ {done.county}"
    show(answer | {"home": str(args.home)}, args.json, text)
    return Exit.OK


async def receipts(args: argparse.Namespace) -> int:
    """`receipts ID --out DIR`: every receipt of a submission, verified, four files each; `receipts --from PATH` takes a medium's."""
    if args.source is not None:
        return await medium.receipts_from(args)
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        found = await desk.receipts(submission)
    files = write_receipts([envelope for envelope, _ in found], args.out)
    rows = [
        {"file": str(path), "event": one.receipt.event, "at": one.receipt.at, "evidence_id": one.receipt.evidence_id}
        for path, (_, one) in zip(files, found, strict=True)
    ]
    lines = [f"✓ {speech.local(row['at'])}  {speech.both(Event, row['event'])}  {row['file']}" for row in rows]
    show({"submission": submission, "receipts": rows}, args.json, "\n".join(lines))
    return Exit.OK


async def open_(args: argparse.Namespace) -> int:
    """`open ID --out DIR`: record the first reading, then write the documents."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        envelope, message, files = await desk.open(submission, args.out)
    answer: dict[str, Any] = {"submission": submission, "status": "opened", "from": message.from_, "title": message.title}
    answer |= {"documents": [str(path) for path in files], "receipt": decode(canonical(envelope), dict[str, Any])}
    show(answer, args.json, "\n".join([f"✓ 已阅 opened  {message.from_}  {message.title}", *(f"  {path}" for path in files)]))
    return Exit.OK


async def move(args: argparse.Namespace) -> int:
    """`sign-for ID`."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        envelope = await desk.move(submission, args.command)
        called = await _called(desk, submission)
    answer = {"submission": submission, "status": "signed_for", "receipt": decode(canonical(envelope), dict[str, Any])}
    show(answer, args.json, f"✓ 已签收 signed for  {called}")
    return Exit.OK


async def _called(desk: asking.Desk, submission: str) -> str:
    """Return an item as two offices name it to each other, so that a wrong number is seen at once; its id where it may not be asked."""
    try:
        found = await desk.status(submission)
    except Problem:
        return submission
    return f"{found['filing_number']}  {found['title']}\n  {submission}"


async def evidence(args: argparse.Namespace) -> int:
    """`evidence ID --out X.zip [--slip]`."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        report = await desk.evidence(submission, args.out, slip=args.slip)
    answer = {"submission": submission, "file": str(args.out), "receipts": len(report.receipts), "root": report.root}
    text = f"✓ 证据包 evidence  {args.out}（{len(report.receipts)} 份回执 receipts）"
    show(answer, args.json, f"{text}\n  核对 check:  解压后运行 bash verify.sh / unzip, then bash verify.sh")
    return Exit.OK


async def verify(args: argparse.Namespace) -> int:
    """`verify FILE`, offline."""
    report = await asyncio.to_thread(offline.verify, args.file, args.home, args.root)
    show(report, args.json, speech.verified(report))
    return Exit.OK if all(step["result"] == "passed" for step in report["steps"]) else Exit.REVIEW


COMMANDS: Final[dict[str, Callable[[argparse.Namespace], Awaitable[int]]]] = {
    "enrol": enrol,
    "check": dispatch.check,
    "pack": dispatch.pack,
    "countersign": dispatch.countersign,
    "submit": dispatch.submit,
    "send": dispatch.send,
    "outbox": dispatch.outbox,
    "status": listing.status,
    "receipts": receipts,
    "medium": medium.medium,
    "inbox": listing.inbox,
    "register": registers.register,
    "offices": offices.offices,
    "staff": offices.staff,
    "open": open_,
    "sign-for": move,
    "return": giving_back.give_back,
    "misdirect": giving_back.give_back,
    "return-reasons": giving_back.reasons,
    "recall": directions.recall,
    "consent": directions.answer,
    "refuse-recall": directions.answer,
    "add-recipient": directions.add_recipient,
    "groups": directions.groups,
    "forms": forms.forms,
    "answer": forms.answer,
    "matrix": urging.matrix,
    "urge": urging.urge,
    "evidence": evidence,
    "verify": verify,
    "search": finding.search,
    "watch": dispatch.watch,
    "sealed": officer.run,
    "refusals": officer.refusals,
    "doctor": finding.look,
}


def run(args: argparse.Namespace) -> int:
    """Run the command that was named. Raises Problem."""

    async def whole() -> int:
        return await COMMANDS[args.command](args)

    return int(asyncio.run(whole()))
