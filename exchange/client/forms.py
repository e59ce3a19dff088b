"""`forms` and `answer`: reply forms 回执单 as a script meets them: what is asked, the answer, and the merged workbook."""

import argparse
import base64
import secrets
import uuid
from pathlib import Path
from typing import Any, Final

from exchange.client import asking, speech
from exchange.client.asking import Desk
from exchange.forms import answering, rules
from exchange.forms.answering import Answer
from exchange.forms.rules import Filing, Period
from exchange.terminal import columns, show
from keys import statement
from schemas import instants
from schemas.messages import Envelope, ReplyForm, Statement, canonical, decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Event, FormKind

_OPEN: Final = (Filing.OPEN, Filing.RETURNED)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, path.name) from error


async def forms(args: argparse.Namespace) -> int:
    """`forms`, `forms ID [--period P]`, `forms ID --out X.xlsx`, `forms ID --close`."""
    async with asking.desk(args.home) as desk:
        if args.id is None:
            found = decode(await desk.line.get("/api/v1/forms"), dict[str, Any])
            none = ["  无 none"]
            lines = ["待回复 to answer:", *(columns([_row(row) for row in found["to_answer"]]) or none)]
            lines += ["本单位发出 sent:", *(columns([_row(row) for row in found["sent"]]) or none)]
            show(found, args.json, "\n".join(lines))
            return Exit.OK
        submission = await desk.known(args.id)
        if args.close:
            return await _close(desk, submission, in_json=args.json)
        found = await _form(desk, submission)
        if args.out is None:
            show(found, args.json, "\n".join(_told(found)))
            return Exit.OK
        period = args.period or _period(found)
        content = await desk.line.post(f"/api/v1/forms/{submission}/merged", canonical({"period": period}))
        asking.make(args.out.parent)
        with asking.placed(args.out) as file:
            file.write(content)
    show({"submission": submission, "period": period, "file": str(args.out)}, args.json, f"✓ 已汇总 merged  {period}  {args.out}")
    return Exit.OK


async def _close(desk: Desk, submission: str, *, in_json: bool) -> int:
    """Ask for a monthly form no more, on the person's own word; what was closed before there was a receipt of it has none."""
    body = canonical(_stated(desk, submission, Event.FORM_CLOSURE))
    found = decode(await desk.line.post(f"/api/v1/forms/{submission}/close", body), dict[str, Any])
    if "closure" in found:
        await desk.prover.receipt(decode(canonical(found["closure"]), Envelope, ProblemType.RECEIPT_MALFORMED), submission)
    show(found, in_json, f"✓ 已停止收取 closed  {found['closed_at']}  {submission}")
    return Exit.OK


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    state = f"{row['answered']}/{row['asked']}" if "asked" in row else speech.both(Filing, row.get("state", Filing.OPEN.value))
    return f"  {row['submission'][:12]}", row["due"], state, f"{row['title']}  {row.get('number') or ''}".rstrip()


def _told(found: dict[str, Any]) -> list[str]:
    form = found["form"]
    lines = [f"{found['title']}  {speech.both(FormKind, form['kind'])}  依据 basis: {found['based_on']}"]
    fields = rules.fields_of(decode(canonical(form), ReplyForm))
    lines += [f"  {field.key}: {field.label} ({field.type.value}{'，必填 required' if field.required else ''})" for field in fields]
    for office in [*found.get("offices", ()), *([found["mine"]] if found.get("mine") else [])]:
        said = "  ".join(map(_stand, office["periods"]))
        lines.append(f"{office['office']}  {office['name']}  {said}")
    return lines


def _stand(each: dict[str, Any]) -> str:
    return f"{each['period']} {speech.both(Filing, each['state'])}{' 逾期 late' if each.get('late') else ''}"


async def _form(desk: Desk, submission: str) -> dict[str, Any]:
    return decode(await desk.line.get(f"/api/v1/forms/{submission}"), dict[str, Any])


def _period(found: dict[str, Any]) -> str:
    """Return the period that is meant: the oldest that the own office has not answered, else the newest."""
    mine = (found.get("mine") or {}).get("periods", ())
    return next((each["period"] for each in mine if each["state"] in _OPEN), str(found["periods"][-1]["period"]))


async def answer(args: argparse.Namespace) -> int:
    """`answer ID --form ANSWER.json [--sign-for]`: the file holds `rows`, or `nil`; `period` and `remarks` where they are needed."""
    said = decode(_content(args.form), dict[str, Any])
    async with asking.desk(args.home) as desk:
        submission = await desk.known(args.id)
        try:
            found = await _form(desk, submission)
        except Problem as problem:
            if problem.kind is not ProblemType.ACTION_NOT_POSSIBLE:
                raise
            await desk.move(submission, "open")  # who answers reads it
            found = await _form(desk, submission)
        given = decode(canonical({"type": "form-answer/v1", "period": _period(found)} | said), Answer)
        form = decode(canonical(found["form"]), ReplyForm)
        asked = [Period(each["period"], each["due"]) for each in found["periods"]]
        kept = answering.settled(form, asked, given)
        mine = (found.get("mine") or {}).get("periods", ())
        previous = next((each["number"] for each in mine if each["period"] == kept.period), 0)
        body: dict[str, Any] = {"answer": decode(answering.written(kept).encode(), dict[str, Any]), "previous": previous}
        body |= {"sign_for": True} if args.sign_for else {}
        body |= _stated(desk, submission, Event.FORM_ANSWER, answering.digest(answering.written(kept)))
        envelope = decode(
            await desk.line.act(f"/api/v1/forms/{submission}/answers", canonical(body), str(uuid.uuid4())),
            Envelope,
            ProblemType.RECEIPT_MALFORMED,
        )
        await desk.prover.receipt(envelope, submission)
    told = {"submission": submission, "period": kept.period, "number": previous + 1, "receipt": decode(canonical(envelope), dict[str, Any])}
    show(told, args.json, f"✓ 已填报 answered  {kept.period}  {submission}")
    return Exit.OK


def _stated(desk: Desk, submission: str, event: Event, reason: str | None = None) -> dict[str, str]:
    """Return what the person signs of the act; a home without a key has it on the service's word."""
    if desk.line.signer is None:
        return {}
    now = desk.line.now()
    said = Statement(
        type="statement/v1",
        event=event.value,
        submission=submission,
        office=desk.home.enrolled.office,
        person=desk.home.enrolled.person,
        at=instants.write(now),
        nonce=secrets.token_hex(16),
        reason=reason,
    )
    signed = statement.sign(said, desk.line.signer, now)
    return dict(zip(("statement", "signature"), (base64.b64encode(part).decode() for part in signed), strict=True))
