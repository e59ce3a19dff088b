"""`matrix ID` and `urge ID`: who has signed for what the office sent, and a word to those who have not."""

import argparse
import uuid
from typing import Any, Final

from exchange.client import asking, speech
from exchange.terminal import columns, show
from schemas.messages import canonical, decode
from schemas.problems import Exit
from schemas.words import Event

_STATES: Final = {
    "pending": "待签收 to be signed for",
    "signed_for": "✓ 已签收 signed for",
    "returned": "! 已退回 returned",
    "misdirected": "! 误投已退 misdirected",
    "withdrawn": "已撤回 withdrawn",
}


async def matrix(args: argparse.Namespace) -> int:
    """`matrix ID [--waiting]`: a line an office."""
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        found = decode(await desk.line.get(f"/api/v1/submissions/{submission}/matrix"), dict[str, Any])
    if args.waiting:
        found["rows"] = [row for row in found["rows"] if row["review"] == "pending"]
    totals = found["totals"]
    head = (
        f"{found['filing_number']}  收文 recipients {totals['recipients']}，已签收 signed for {totals['signed_for']}，"
        f"待签收 waiting {totals['waiting']}，超期 overdue {totals['overdue']}"
    )
    show(found, args.json, "\n".join([head, *columns([_cells(row) for row in found["rows"]])]))
    return Exit.OK


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    words = list[str]()
    if row["review"] == "pending":
        words += ["已阅 opened" if row["opening"] == "opened" else "未阅 unread"]
        words += [f"期限 by {speech.local(row['sign_by'])}"] if row.get("sign_by") else []
        words += ["超期 overdue"] if row.get("overdue") else []
        words += [f"已催办 urged {row['urged']}"] if row.get("urged") else []
        words += [f"可再催 again from {speech.local(row['urge_from'])}"] if row.get("urge_from") else []
        words += [f"电话 call {row['phone']}"] if row.get("phone") else []
    elif at := next(filter(None, (row.get(name) for name in ("signed_at", "returned_at", "misdirected_at", "withdrawn_at"))), None):
        words.append(speech.local(at))
    return row["office"], row["name"], _STATES.get(row["review"], row["review"]), "  ".join(words)


async def urge(args: argparse.Namespace) -> int:
    """`urge ID [--office O] [--phone] [--note N]`: one office, some, or all that have not signed for it.

    A word to one office is said under the person's own key; what is said to many at once is on the service's word.
    """
    offices, way, note = list(dict.fromkeys(args.office or [])), "phone" if args.phone else "web", " ".join((args.note or "").split())
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        body: dict[str, Any] = {"way": way} | ({"offices": offices} if offices else {}) | ({"note": note} if note else {})
        if len(offices) == 1:
            body |= desk.stated(submission, Event.NOTIFICATION_FOR_ACCEPTANCE, f"{way} {note}", offices[0])
        answer = await desk.line.act(f"/api/v1/submissions/{submission}/urge", canonical(body), str(uuid.uuid4()))
    done = decode(answer, dict[str, Any])
    told = "✓ 已记下电话通知 told by telephone, noted" if args.phone else "✓ 已催办 urged"
    lines = [f"{told}  {one['office']}" for one in done["urged"]]
    lines += [f"· 近期已催办 urged of late  {office}" for office in done["before"]]
    show(done, args.json, "\n".join(lines))
    return Exit.OK
