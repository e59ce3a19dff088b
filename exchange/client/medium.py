"""A medium carries the outbox to the county while there is no network, and receipts and items back: verified without asking anybody.

The folders on it are those of the county's `import-medium`. What the county signed is believed only with the revocation lists that
came along, against the own container; that the log has grown without a gap is asked at the next contact, as always.
"""

import argparse
import asyncio
import filecmp
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import to_builtins

from exchange.client import brought
from exchange.client import home as homes
from exchange.client.brought import Fault
from exchange.client.home import Home, open_home
from exchange.client.outbox import Item, Outbox, State, keep_receipt
from exchange.terminal import complain, show
from keys import container, evidence
from keys.carried import FROM_COUNTY
from keys.evidence import Anchor
from schemas import instants
from schemas.messages import Envelope, Receipt, decode
from schemas.problems import Exit, Problem, ProblemType

TO_COUNTY: Final = "to-county"
RECEIPTS: Final = "receipts"
LISTS: Final = "crls"


async def medium(args: argparse.Namespace) -> int:
    """`medium DIR`: take the receipts and the items that came on it, then put what still waits onto it."""
    home = open_home(args.home)
    with Outbox(home.folder) as outbox:
        taken, unproved = await asyncio.to_thread(take, home, outbox, args.folder)
        opened, unopened = await asyncio.to_thread(brought.take, home, args.folder)
        given = await asyncio.to_thread(give, outbox, args.folder)
    lines = [f"✓ 回执核验通过，已离开待发箱 receipt verified  {one}" for one in taken]
    lines += [f"✓ 来文核验通过 {'known 此前已取' if one.again else 'verified'}  {_shown(one.title)} → {one.folder}" for one in opened]
    lines += [f"→ 已写入介质 written  {path.name}" for path in given]
    faults = unproved + unopened
    answer = _answer(taken, given, faults) | {"brought": to_builtins(opened)}
    show(answer, args.json, "\n".join(lines) or "待发箱没有待送的件 / nothing waits")
    return _told(faults)


async def receipts_from(args: argparse.Namespace) -> int:
    """`receipts --from PATH`: verify receipts that came on a medium, a folder of it, or one file; each clears its item."""
    home = open_home(args.home)
    with Outbox(home.folder) as outbox:
        taken, faults = await asyncio.to_thread(take, home, outbox, args.source)
    lines = [f"✓ 回执核验通过 receipt verified  {one}" for one in taken]
    show(_answer(taken, [], faults), args.json, "\n".join(lines) or "没有核验通过的回执 / no receipts")
    return _told(faults)


def _told(faults: list[Fault]) -> int:
    """Complain of every file that was left, after what was taken; returns the exit code of the first."""
    for name, problem in faults:
        complain(Problem(problem.kind, f"{name}: {problem.detail}" if problem.detail else name, **problem.members))
    return int(faults[0].problem.kind.exit) if faults else Exit.OK


def _shown(title: str) -> str:
    """Return a title as a terminal may show it: what others wrote must not steer it."""
    return "".join(sign if sign.isprintable() else " " for sign in title)


def _answer(taken: list[str], given: list[Path], faults: list[Fault]) -> dict[str, Any]:
    left = [{"file": name, "problem": problem.render()} for name, problem in faults]
    return {"verified": taken, "written": [str(path) for path in given], "left": left}


def give(outbox: Outbox, folder: Path) -> list[Path]:
    """Copy what waits onto a medium; it stays in the outbox until its receipt is back. Raises Problem FOLDER_READ_ONLY."""
    written = []
    place = folder / TO_COUNTY
    try:
        for item in outbox.waiting():
            place.mkdir(parents=True, exist_ok=True)
            path = place / f"{item.submission}.asice"
            if not _is_there(path, outbox.bytes_of(item.id)):
                _copy(outbox.bytes_of(item.id), place / f".{item.id}.new", path)
            written.append(path)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{folder}: {error.strerror}") from error
    return written


def _is_there(path: Path, original: Path) -> bool:
    """Say whether a container is on the medium, whole: one that was pulled out too early may hold a part under the name."""
    return path.is_file() and filecmp.cmp(path, original, shallow=False)


def _copy(original: Path, new: Path, path: Path) -> None:
    """Copy a container; it has its name only once all of it has reached the medium."""
    with original.open("rb") as source, new.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
    new.replace(path)


def take(home: Home, outbox: Outbox, source: Path) -> tuple[list[str], list[Fault]]:
    """Verify receipts and let go of what they are about; returns the submissions, and the files that did not verify and stay.

    Faults hold what `evidence.check_receipt` and `check_acceptance` raise, RECEIPT_MALFORMED, INPUT_UNREADABLE for a file that the
    medium does not give, and REVOCATION_UNKNOWN where no list came along that covers a receipt.
    """
    top = source if source.is_dir() else source.parent.parent.parent
    taken, faults = list[str](), list[Fault]()
    lists = [der for _, der in _readable(sorted((top / FROM_COUNTY / LISTS).glob("*.crl")), faults)]
    homes.keep_crls(home.folder, [der for der in lists if _is_ours(home, der)])
    anchor = Anchor(open_home(home.folder).trust, home.log)
    for path, body in _readable([source] if source.is_file() else sorted((top / FROM_COUNTY / RECEIPTS).glob("*.json")), faults):
        try:
            taken.append(_taken(home, outbox, anchor, body))
        except Problem as problem:
            faults.append(Fault(path.name, problem))
    return taken, faults


def _readable(paths: Iterable[Path], faults: list[Fault]) -> Iterator[tuple[Path, bytes]]:
    """Yield what the files hold; one that cannot be read, as on a bad spot of the medium, is a fault and keeps no other back."""
    for path in paths:
        try:
            body = path.read_bytes()
        except OSError:
            faults.append(Fault(path.name, Problem(ProblemType.INPUT_UNREADABLE)))
        else:
            yield path, body


def _taken(home: Home, outbox: Outbox, anchor: Anchor, body: bytes) -> str:
    envelope = decode(body, Envelope, ProblemType.RECEIPT_MALFORMED)
    said = decode(envelope.receipt, Receipt, ProblemType.RECEIPT_MALFORMED)
    submission = said.submission or ""
    checked = evidence.check_receipt(envelope, anchor, submission=submission)
    if said.office != home.enrolled.office:
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, said.office)
    item = outbox.known(submission)
    if item is not None and item.state is State.SAVED:
        evidence.check_acceptance(checked, _container(outbox, item), anchor.trust)
    outbox.hold_receipt(home.log.digest, said.sequence, said.evidence_id)
    keep_receipt(home.receipts, submission, body)
    if item is not None and item.state is State.SAVED:
        outbox.accept(item.id, instants.write(datetime.now(UTC)))
        outbox.told([submission])
    return submission


def _container(outbox: Outbox, item: Item) -> container.Container:
    with outbox.bytes_of(item.id).open("rb") as file:
        return container.read(file)


def _is_ours(home: Home, der: bytes) -> bool:
    """Say whether the county's authority signed a revocation list: a medium goes through many hands."""
    try:
        listed = x509.load_der_x509_crl(der)
        return any(_signed_by(listed, issuer) for issuer in home.trust.intermediates)
    except (ValueError, UnsupportedAlgorithm):
        return False


def _signed_by(listed: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) and listed.is_signature_valid(key)
