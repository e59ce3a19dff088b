"""The commands that look at documents, pack them and send them, several at once and in the order in which they were named."""

import argparse
import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from exchange.client import core, countersigning, elements, inspection, offices, packing, sending, speech, watching
from exchange.client.asking import desk
from exchange.client.directions import Groups
from exchange.client.home import open_home
from exchange.client.outbox import Item, Outbox, State
from exchange.client.packing import Order
from exchange.client.progress import progress
from exchange.client.sending import Result, Sender
from exchange.terminal import show
from keys import container
from schemas.messages import Submission, canonical, decode
from schemas.problems import Exit, Problem, ProblemType

T = TypeVar("T")
U = TypeVar("U")
AT_ONCE: Final = 4
"""Containers that are packed and sent at the same time; the county reads two documents at once."""
_REVIEWING: Final = ("review_form", "review_by", "review_conclusion", "review_series", "review_months", "approved_by")
_WORDS: Final = {"BLOCK": "拦截 BLOCK", "REVIEW": "需审查 REVIEW"}
_NAMING: Final = ("replaces", "in_reply_to", "approved_by")
"""What names another item."""
_WHOLE: Final = 64
"""Digits of an id."""
_FATAL: Final = (Exit.INTEGRITY, Exit.SIGNATURE)


async def check(args: argparse.Namespace) -> int:
    """`check FILE…`: the county's rules, here; one object a file."""
    codes = []
    async with _looking(args) as inspector:
        for path in args.files:
            try:
                packed = path.suffix.lower() == ".asice"
                looked = await (inspector.container(path) if packed else inspector.document(path))
                left = looked.undecided
                shown, code = _left(path, left) if left else _passed(path)
                shown |= elements.members(looked.hints)
                text = f"? 待县端识别 the county will look at it  {path}" if left else f"✓ 通过 PASS  {path}"
            except Problem as problem:
                if problem.kind.exit not in (*inspection.SECRECY, Exit.UNEXPECTED):
                    codes.append(speech.refuse(problem, as_json=args.json))
                    continue
                shown, code = _verdict(path, problem)
                # nothing was sent, so nothing was refused: only what was found is said
                found_zh, found_en = problem.kind.title.zh.split("，")[0], problem.kind.title.en.removesuffix(": refused")
                word = _WORDS[shown["verdict"]] if problem.kind in speech.SECRECY else "不能接收 not acceptable"
                text = f"✗ {word}  {path}: {found_zh} {found_en}"
                more = [each for each in shown["findings"] if each["rule"] != problem.kind.type or each["part"] != path.name]
                text = "\n  · ".join([text, *map(speech.found, more)])
                text += f"\n  {problem.kind.advice.zh}\n  {problem.kind.advice.en}"
                text = "\n  ".join(filter(None, (text, speech.to_call(problem))))
            show(shown | {"policy": inspector.policy.version}, args.json, text)
            if not args.json:
                elements.tell(shown)
            codes.append(int(code))
        if not args.json:
            speech.note(f"规则 policy: {inspector.policy.title} {inspector.policy.version}")
    if int(Exit.POLICY) in codes:
        return Exit.POLICY
    return Exit.REVIEW if int(Exit.REVIEW) in codes else core.exit_code(codes)


def _passed(path: Path) -> tuple[dict[str, Any], Exit]:
    return {"file": str(path), "verdict": "PASS", "findings": []}, Exit.OK


def _left(path: Path, names: tuple[str, ...]) -> tuple[dict[str, Any], Exit]:
    """Say of scans that this computer cannot look at them: nothing is found, and nothing is decided."""
    findings = [{"rule": ProblemType.RECOGNITION_MISSING.type, "part": name, "page": 0, "text": ""} for name in names]
    return {"file": str(path), "verdict": "REVIEW", "findings": findings}, Exit.REVIEW


def _verdict(path: Path, problem: Problem) -> tuple[dict[str, Any], Exit]:
    """Call undecided what this computer failed to read; what cannot be read anywhere is refused as the county would."""
    undecided = problem.kind.exit is Exit.UNEXPECTED
    code = Exit.REVIEW if undecided or problem.kind.exit is Exit.REVIEW else Exit.POLICY
    findings = problem.members.get("findings") or [{"rule": problem.kind.type, "part": path.name, "page": 0, "text": ""}]
    return {"file": str(path), "verdict": "REVIEW" if code is Exit.REVIEW else "BLOCK", "findings": findings}, code


async def pack(args: argparse.Namespace) -> int:
    """`pack MAIN …  --out X.asice`, or `pack --from LIST.jsonl --out-dir D`."""
    home = open_home(args.home)
    if args.list is not None:
        args.out_dir.mkdir(parents=True, exist_ok=True)
    groups = Groups(args.home)
    async with _looking(args) as inspector:

        async def one(numbered: tuple[int, Order | Problem]) -> Result:
            number, order = numbered
            out = args.out if args.list is None else args.out_dir / f"{number:04}.asice"
            try:
                draft = await packing.draft(
                    home, await groups.resolved(await _named(args.home, _good(order))), inspector, datetime.now(UTC)
                )
                submission = await packing.write_to(draft, home, out, datetime.now(UTC))
            except Problem as problem:
                failed = _failed(problem)
                return replace(failed, shown={"file": None} | failed.shown)
            shown = {"file": str(out), "submission": submission, "reference": draft.message.reference, "status": "packed"}
            return Result(shown | elements.members(draft.hints), Exit.OK)

        return await _report(_in_order(enumerate(_orders(args), 1), one), args, lambda shown: f"✓ 已打包 packed  {shown['file']}")


async def _named(folder: Path, order: Order) -> Order:
    """Return the order with whole ids where it names another item otherwise. Raises what `Desk.known` and the line raise."""
    named = {name: text for name in _NAMING if 0 < len(text := getattr(order, name) or "") < _WHOLE}
    if not named:
        return order
    async with desk(folder) as asked:
        return msgspec.structs.replace(order, **{name: await asked.known(text) for name, text in named.items()})


async def submit(args: argparse.Namespace) -> int:
    """`submit`: as pack, then send."""
    async with _sending(args) as sender, inspection.inspector(args.home, sender.progress) as inspector:
        groups = Groups(args.home, sender.line)

        async def one(order: Order | Problem) -> Result:
            try:
                return await sender.submit(await groups.resolved(await _named(args.home, _good(order))), inspector)
            except Problem as problem:
                return _failed(problem)

        return await _report(_in_order(_orders(args), one), args, speech.outcome, sender)


async def send(args: argparse.Namespace) -> int:
    """`send X.asice…`."""
    async with _sending(args) as sender, inspection.inspector(args.home, sender.progress) as inspector:

        async def one(path: Path) -> Result:
            try:
                return await sender.take(path, inspector)
            except Problem as problem:
                return _failed(problem)

        return await _report(_in_order(args.files, one), args, speech.outcome, sender)


async def countersign(args: argparse.Namespace) -> int:
    """`countersign X.asice`: look at a packed container as the county will, then add one's own signature to it, in its place."""
    home = open_home(args.home)
    async with _looking(args) as inspector:
        for path in args.files:
            looked = await inspector.container(path)
            message = decode(looked.whole.head.metadata, Submission)
            countersigning.require_entitled(home, looked.whole, message)
            await asyncio.to_thread(countersigning.countersign, path, looked.whole, home.signer, datetime.now(UTC))
            shown = {"file": str(path), "submission": looked.whole.head.manifest_sha256, "status": "countersigned"}
            review = message.secrecy_review
            conclusion = f"\n  审查结论 conclusion: {review.conclusion}（{review.by}）" if review else ""
            show(shown, args.json, f"✓ 已会签 countersigned  {path}  {message.title}{conclusion}")
    return Exit.OK


async def watch(args: argparse.Namespace) -> int:
    """`watch DIR`: send what is dropped there, until interrupted, or with `--once` until it is done."""
    names = ("to", "cc", "kind", "urgency", "origin", "checked_by")
    given = {"to": ["county"]} | {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    codes: list[int] = []
    with watching.alone(args.folder):
        async with _sending(args) as sender, inspection.inspector(args.home, sender.progress) as inspector:
            if not args.json and not args.once:
                speech.note(f"正在监视 {args.folder}，按 Ctrl+C 结束 / watching; Ctrl+C ends it")
            async for end in watching.Watcher(args.folder, given, sender, inspector, args.settle).ends(once=args.once):
                shown = {"file": end.thing, **end.shown, "moved": None if end.moved is None else str(end.moved)}
                more = "" if args.json else await _received_as(sender, end.shown)
                show(shown, args.json, f"{speech.outcome(dict(end.shown))}  {end.thing}{more}")
                if end.problem is not None and not args.json:
                    speech.refuse(end.problem, as_json=False)
                codes.append(end.code)
    return core.exit_code(codes)


async def outbox(args: argparse.Namespace) -> int:
    """`outbox`: what waits and what was refused; with `--retry`, send what waits."""
    if args.retry:
        async with _sending(args) as sender:
            waiting = sender.outbox.waiting()
            if not waiting and not args.json:
                speech.note("待发箱是空的 / nothing is waiting")
            return await _report(_in_order(waiting, sender.send), args, speech.outcome, sender)
    open_home(args.home)
    with Outbox(args.home) as box:
        items = box.listed()
        rows = [_outbox_row(box, item) for item in items]
    lines = [_outbox_line(number, item, row) for number, (item, row) in enumerate(zip(items, rows, strict=True), 1)]
    lines += [speech.NO_TITLES] if any(item.state is State.REFUSED for item in items) else []
    show({"items": rows}, args.json, "\n".join(lines) or "待发箱是空的 / the outbox is empty")
    return Exit.OK


def _outbox_row(box: Outbox, item: Item) -> dict[str, Any]:
    problem = None if item.problem is None else ProblemType.named(item.problem)
    row: dict[str, Any] = {
        "status": str(item.state),
        "submission": item.submission,
        "created_at": item.created_at,
        "changed_at": item.changed_at,
    }
    if item.state is State.SAVED:
        row |= {"title": "", "attempts": item.attempts, "next_at": item.next_at}
        with suppress(FileNotFoundError):  # another process may just have sent it
            row |= _addressed(box.bytes_of(item.id))
    if problem is not None:
        row |= {"problem": item.problem, "says": problem.title.zh, "advice": problem.advice.zh, "advice_en": problem.advice.en}
    return row | ({"rules": item.rules.split(",")} if item.rules else {})


def _addressed(path: Path) -> dict[str, Any]:
    """Return what the waiting bytes say themselves: the row knows nothing of a title."""
    with path.open("rb") as file:
        message = decode(container.read(file).head.metadata, Submission)
    return {"title": message.title, "to": message.to}


def _outbox_line(number: int, item: Item, row: dict[str, Any]) -> str:
    if item.state is State.REFUSED:
        return speech.refusal(number, item.id, row)
    line = f"{number}. {speech.local(row['changed_at'])}  {item.state.zh} {item.state.en}  {(item.submission or '')[:12]}  {row['title']}"
    return line.rstrip() + (f"\n    {row['says']}。{row['advice']}\n      {row['advice_en']}" if "problem" in row else "")


@asynccontextmanager
async def _looking(args: argparse.Namespace) -> AsyncIterator[inspection.Inspector]:
    with progress(wanted=not args.json) as bar:
        async with inspection.inspector(args.home, bar) as inspector:
            yield inspector


@asynccontextmanager
async def _sending(args: argparse.Namespace) -> AsyncIterator[Sender]:
    with progress(wanted=not args.json) as bar:
        async with desk(args.home) as at:
            yield Sender(at.home, at.outbox, at.line, at.prover, args.patience, bar, waits=not getattr(args, "no_wait", False))


def _orders(args: argparse.Namespace) -> Iterable[Order | Problem]:
    if args.list is not None:
        return packing.orders(args.list)
    names = ("main", "title", "kind", "to", "attach", "editable", "number", "cc", "urgency", "classification", "date", "signatory")
    more = ("addressee", "joint", "replaces", "in_reply_to", "reply_form", "origin", "handling", "notes", "checked_by", *_REVIEWING)
    given = {name: getattr(args, name) for name in (*names, *more) if getattr(args, name) is not None}
    return [decode(canonical(given), Order)]


def _good(order: Order | Problem) -> Order:
    if isinstance(order, Problem):
        raise order
    return order


def _failed(problem: Problem) -> Result:
    """One item's own trouble stops no others; a county that contradicts itself, or a key that is not there, stops all."""
    if problem.kind.exit in _FATAL and problem.kind.status == 0:
        raise problem
    return sending.refused(problem)


async def _in_order(things: Iterable[T], work: Callable[[T], Awaitable[U]]) -> AsyncIterator[U]:
    """Do a few at once, and yield the results in the order of the things."""
    running: deque[asyncio.Task[U]] = deque()

    async def one(thing: T) -> U:
        return await work(thing)

    try:
        for thing in things:
            running.append(asyncio.create_task(one(thing)))
            if len(running) >= AT_ONCE:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _report(
    results: AsyncIterator[Result], args: argparse.Namespace, text: Callable[[dict[str, Any]], str], sender: Sender | None = None
) -> int:
    """Print results as they come, refusals with what to do next, and return the exit code of it all."""
    codes, told = [], []
    async for result in results:
        if args.json or result.problem is None:
            more = "" if args.json or sender is None else await _received_as(sender, result.shown)
            show(result.shown, args.json, text(result.shown) + more)
            if not args.json:
                elements.tell(result.shown)
        else:
            speech.refuse(result.problem, as_json=False)
            if result.shown["status"] in ("kept", "inspecting", "returned"):
                speech.note(text(result.shown))
        codes.append(int(result.code))
        if result.shown["submission"] is not None:
            told.append(str(result.shown["submission"]))
    if sender is not None:  # at the end: a list that was killed half-way and is given again sends nothing twice
        sender.outbox.told(told)
    return core.exit_code(codes)


async def _received_as(sender: Sender, shown: Mapping[str, Any]) -> str:
    """Return the line with the county's number and the names of the recipients; empty when that cannot be asked for.

    The receipt names no number, and it is what counts: whatever goes wrong here is beside it.
    """
    if shown["status"] != "accepted":
        return ""
    with suppress(Problem, KeyError):
        status = decode(await sender.line.get(f"/api/v1/submissions/{shown['submission']}"), dict[str, Any])
        return "\n" + speech.received_as(status, await offices.names(sender.home.folder, sender.line))
    return ""
