"""What the county's confidentiality officers do: open what is sealed with their own key, release it, order its destruction.

The package's key is unwrapped here and nowhere else; the county holds it wrapped. `refusals` is for everybody whom they concern.
"""

import argparse
import asyncio
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from exchange.client import asking, speech
from exchange.client.asking import Desk, placed
from exchange.client.home import private_keys
from exchange.policy.labels import label_of
from exchange.terminal import columns, show
from keys import container, sealed
from schemas import filing
from schemas.messages import Digest, Envelope, canonical, decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Label

_STATES: Final = {
    "contained": "封存中 being sealed",
    "sealed": "已封存 sealed",
    "ordered": "待销毁 destruction ordered",
    "destroying": "销毁中 being destroyed",
    "destroyed": "已销毁 destroyed",
    "released": "已解除封存 released",
}
_REPORTED: Final = Label("人员报告", "reported by a person")
_CHUNK: Final = 1 << 18
_LIST: Final = "sealed"
_ALL: Final = f"/api/v1/{_LIST}"
_LOOKS: Final = 40
_PAUSE: Final = 0.25


class Key(msgspec.Struct, frozen=True):
    """The package's key as it is wrapped for one recipient."""

    recipient: Digest
    wrapped: bytes


class Officer(msgspec.Struct, frozen=True):
    """An officer's public key."""

    person: str
    recipient: Digest
    key: bytes


class Package(msgspec.Struct, frozen=True):
    """What the county says of a sealed package."""

    package: Digest
    size: int
    keys: list[Key]
    officers: list[Officer]


async def listed(args: argparse.Namespace) -> int:
    """`sealed`: what is sealed, without titles."""
    async with asking.desk(args.home) as desk:
        items, officers = await _items(desk)
    closed = [not item["openable"] and item["state"] in ("sealed", "ordered") for item in items]
    lines = columns(
        [
            (
                item["filing_number"],
                speech.local(item["since"]),
                _STATES.get(item["state"], item["state"]),
                _called(item["rules"]) + ("  （非本机密钥 not for this key）" if shut else ""),
            )
            for item, shut in zip(items, closed, strict=True)
        ]
    )
    if not officers:
        lines.append("！未登记县保密员 / no confidentiality officer of the county is enrolled")
    show({"items": items, "officers": officers}, args.json, "\n".join(lines) or "没有封存件 / nothing is sealed")
    return Exit.OK


async def report(args: argparse.Namespace) -> int:
    """`sealed report ITEM --reason R`: a find by a person; it is sealed at once."""
    async with asking.desk(args.home) as desk:
        # a whole id or number may be of an item that the reporter sees in no list: the county finds it by itself
        whole = filing.read(args.id)
        item = str(whole) if whole else await _known(desk, args.id)
        envelope = await _acted(desk, _ALL, {"item": item, "reason": args.reason})
        submission = envelope.submission or ""
        await _settled(desk, submission, "contained")
    show(
        {"submission": submission, "status": "sealed", "receipt": decode(canonical(envelope), dict[str, Any])},
        args.json,
        f"✓ 已封存 sealed  {submission}",
    )
    return Exit.OK


async def open_(args: argparse.Namespace) -> int:
    """`sealed open ID --out FOLDER`: record the look, then open the package here."""
    async with asking.desk(args.home) as desk:
        submission = await _known(desk, args.id)
        package = await _package(desk, submission)
        key = _key(desk, submission, package)  # whether it can be opened is known before a look is recorded
        envelope = await _acted(desk, f"{_ALL}/{submission}/look", {}, submission)
        title, written = await _write(desk, submission, key, args.out)
    answer: dict[str, Any] = {"submission": submission, "title": title, "documents": [str(path) for path in written]}
    answer["receipt"] = decode(canonical(envelope), dict[str, Any])
    show(answer, args.json, "\n".join([f"✓ 已打开，本次查看已登记 opened, and recorded  {title}", *(f"  {path}" for path in written)]))
    return Exit.OK


async def release(args: argparse.Namespace) -> int:
    """`sealed release ID --reason R`: a false alarm; the key goes back to the county, which restores everything."""
    async with asking.desk(args.home) as desk:
        submission = await _known(desk, args.id)
        key = _key(desk, submission, await _package(desk, submission))
        envelope = await _acted(desk, f"{_ALL}/{submission}/release", {"key": key, "reason": args.reason}, submission)
    return _told(args, submission, "released", "✓ 已解除封存 released", envelope)


async def destroy(args: argparse.Namespace) -> int:
    """`sealed destroy ID --reason R`: the first of the two."""
    async with asking.desk(args.home) as desk:
        submission = await _known(desk, args.id)
        envelope = await _acted(desk, f"{_ALL}/{submission}/destroy", {"reason": args.reason}, submission)
    return _told(args, submission, "ordered", "✓ 已申请销毁，须由分管领导确认 ordered; a leader has to confirm it", envelope)


async def confirm(args: argparse.Namespace) -> int:
    """`sealed confirm ID`: the second of the two."""
    async with asking.desk(args.home) as desk:
        submission = await _known(desk, args.id)
        envelope = await _acted(desk, f"{_ALL}/{submission}/confirm", {}, submission)
        state = await _settled(desk, submission, "destroying")
    text = "✓ 已销毁 destroyed" if state == "destroyed" else "✓ 已确认销毁，正在清除 confirmed; it is being destroyed"
    return _told(args, submission, state, text, envelope)


async def incident(args: argparse.Namespace) -> int:
    """`sealed incident ID --out X.pdf|X.json`: the incident sheet; after a destruction, the certificate."""
    async with asking.desk(args.home) as desk:
        submission = await _known(desk, args.id)
        which = "incident" if args.out.suffix == ".json" else "sheet"
        with placed(args.out) as file:
            await desk.line.download(f"{_ALL}/{submission}/{which}", file)
    show({"submission": submission, "file": str(args.out)}, args.json, f"✓ 事件单 incident sheet  {args.out}")
    return Exit.OK


async def rewrap(args: argparse.Namespace) -> int:
    """`sealed rewrap`: wrap the key of every package that this home can open for the officers of now."""
    done: list[str] = []
    left: list[str] = []
    async with asking.desk(args.home) as desk:
        for item in (await _items(desk))[0]:
            if item["state"] not in ("sealed", "ordered"):
                continue
            submission = item["submission"]
            package = await _package(desk, submission)
            try:
                key = _key(desk, submission, package)
            except Problem:
                left.append(submission)
                continue
            keys = [Key(each.recipient, sealed.wrap(key, _public(each.key), bytes.fromhex(submission))) for each in package.officers]
            await desk.line.post(f"{_ALL}/{submission}/rewrap", msgspec.json.encode({"keys": keys}))
            done.append(submission)
    text = f"✓ 已为现任保密员重新加密 wrapped anew: {len(done)}" + (f"；非本机密钥 not for this key: {len(left)}" if left else "")
    show({"done": done, "left": left}, args.json, text)
    return Exit.REVIEW if left else Exit.OK


async def refusals(args: argparse.Namespace) -> int:
    """`refusals`: what was refused, as far as it concerns the person; `--months` counts."""
    async with asking.desk(args.home) as desk:
        rows = await desk.listed("refusals/months" if args.months else "refusals")
    if args.months:
        lines = columns([(row["month"], row["office"], str(row["count"])) for row in rows])
    else:
        lines = columns(
            [(speech.local(row["at"]), row["office"], row.get("person", ""), _called(row["rules"]), row["policy"]) for row in rows]
        )
    show(
        {"items": rows},
        args.json,
        "\n".join(lines) or "没有您可以查看的未予接收记录（本人报送的；领导、保密员可查看全单位的） / no refusals that are yours to see",
    )
    return Exit.OK


def _called(rules: list[str]) -> str:
    """Return rules for a person: what each is called, with its id."""
    told = [(rule, _REPORTED if rule == "reported" else label_of(rule)) for rule in rules]
    return "、".join(rule if label.zh == rule else f"{label.zh} {label.en}（{rule}）" for rule, label in told)


ACTS: Final[dict[str, Callable[[argparse.Namespace], Awaitable[int]]]] = {
    "list": listed,
    "report": report,
    "open": open_,
    "release": release,
    "destroy": destroy,
    "confirm": confirm,
    "incident": incident,
    "rewrap": rewrap,
}


async def run(args: argparse.Namespace) -> int:
    """`sealed [ACT …]`."""
    return await ACTS[args.act or "list"](args)


def _told(args: argparse.Namespace, submission: str, status: str, text: str, envelope: Envelope) -> int:
    answer = {"submission": submission, "status": status, "receipt": decode(canonical(envelope), dict[str, Any])}
    show(answer, args.json, f"{text}  {submission}")
    return Exit.OK


async def _items(desk: Desk) -> tuple[list[dict[str, Any]], int]:
    first = decode(await desk.line.get(f"{_ALL}?size=1"), dict[str, Any])
    return await desk.listed(_LIST), int(first["officers"])


async def _known(desk: Desk, text: str) -> str:
    """Return the whole id of a sealed item: what is sealed is in no other list of an officer's. Raises what `Desk.known` raises."""
    return await desk.known(text, (_LIST,))


async def _settled(desk: Desk, submission: str, passing: str) -> str:
    """Wait a while for the county to finish what follows an act by itself; returns the state.

    An administrator may report a find and not look at the list: for them it is left at that.
    """
    for _ in range(_LOOKS):
        try:
            items = (await _items(desk))[0]
        except Problem as problem:
            if problem.kind is not ProblemType.NOT_ALLOWED:
                raise
            return passing
        state = next((str(item["state"]) for item in items if item["submission"] == submission), passing)
        if state != passing:
            return state
        await asyncio.sleep(_PAUSE)
    return passing


async def _package(desk: Desk, submission: str) -> Package:
    return decode(await desk.line.get(f"{_ALL}/{submission}"), Package, ProblemType.NETWORK)


async def _acted(desk: Desk, path: str, body: dict[str, Any], submission: str | None = None) -> Envelope:
    answer = await desk.line.act(path, msgspec.json.encode(body), str(uuid.uuid4()))
    envelope = decode(answer, Envelope, ProblemType.RECEIPT_MALFORMED)
    await desk.prover.receipt(envelope, submission)
    return envelope


def _key(desk: Desk, submission: str, package: Package) -> bytes:
    """Return the package's key. An officer's older keys are kept for this. Raises Problem KEY_UNREADABLE."""
    wrapped = {each.recipient: each.wrapped for each in package.keys}
    for private in private_keys(desk.home.folder):
        mine = wrapped.get(sealed.recipient(private.public_key()))
        if mine is not None:
            return sealed.unwrap(mine, private, bytes.fromhex(submission))
    raise Problem(
        ProblemType.KEY_UNREADABLE, "本机没有能打开此件的密钥 / no key in this home opens it: another officer runs `sealed rewrap`"
    )


def _public(der: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(der)
    except ValueError as error:
        raise Problem(ProblemType.KEY_UNREADABLE, "an officer's public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Problem(ProblemType.KEY_UNREADABLE, "an officer's public key")
    return key


async def _write(desk: Desk, submission: str, key: bytes, out: Path) -> tuple[str, list[Path]]:
    """Fetch the package, open it, and write rows, container and documents into a folder; returns title and documents."""
    asking.make(out)
    with tempfile.TemporaryFile() as package:  # ciphertext
        await desk.line.download(f"{_ALL}/{submission}/package", package)
        package.seek(0)
        plain = sealed.unseal(key, bytes.fromhex(submission), iter(lambda: package.read(_CHUNK), b""))
        with placed(out / "container.asice") as copy:
            rows = sealed.split(plain, copy)
            copy.seek(0)
            whole = container.read(copy)
            if whole.head.manifest_sha256 != submission:
                raise Problem(ProblemType.LEDGER_DAMAGED, "another submission's package")
            written = [asking.write_part(copy, out, part) for part in whole.parts]
    with placed(out / "rows.json") as file:
        file.write(rows)
    return str(decode(rows, dict[str, Any], ProblemType.LEDGER_DAMAGED)["title"]), written
