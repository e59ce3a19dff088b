"""Items that a medium brought from the county: opened with the person's own key, verified without a network, kept in the home.

    brought/ID/   container.asice, the documents, metadata.json, receipts/; it has its name once all of it was verified

Reading it here is reading it: at the next contact the county is told (`telling`), and records the opening then.
"""

import contextlib
import shutil
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from exchange.client import asking
from exchange.client import home as homes
from exchange.client.home import Home, private_keys
from exchange.client.telling import BROUGHT
from keys import carried, container, evidence
from keys.carried import Carried
from keys.container import Container
from keys.evidence import Anchor
from schemas.messages import Envelope, Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event

_CHUNK: Final = 1 << 18


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An item that was brought: its id, its title, where its documents lie, and whether it was there before."""

    submission: str
    title: str
    folder: str
    again: bool


class Fault(NamedTuple):
    """A file on a medium of which nothing was taken, and why."""

    name: str
    problem: Problem


def take(home: Home, source: Path) -> tuple[list[Opened], list[Fault]]:
    """Open and verify what a medium brought for the own office; what was brought before stays as it is.

    What is for another office, or for named colleagues, is passed over. Of what does not verify nothing is left, and it keeps nothing
    else back: faults hold what `carried.unseal`, `container.read`, `evidence.check_receipt` and `check_acceptance` raise,
    RECEIPT_OTHER_SUBMISSION and INPUT_UNREADABLE.
    """
    found, faults = [], []
    for beside in sorted((source / carried.FROM_COUNTY / carried.ITEMS).glob("*.json")):
        try:
            if (opened := _take(home, beside)) is not None:
                found.append(opened)
        except Problem as problem:
            faults.append(Fault(beside.name, problem))
    return found, faults


def _take(home: Home, beside: Path) -> Opened | None:
    try:
        said = decode(beside.read_bytes(), Carried, ProblemType.INPUT_UNREADABLE)
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, beside.name) from error
    if said.office != home.enrolled.office or not carried.is_for(said, private_keys(home.folder)):
        return None
    place = home.folder / BROUGHT / said.submission
    again = place.is_dir()
    if not again:
        _open(home, said, beside.with_suffix(carried.SEALED), place)
    try:
        message = decode((place / "metadata.json").read_bytes(), Submission)
    except OSError as error:  # somebody tidied up there
        raise Problem(ProblemType.INPUT_UNREADABLE, str(place)) from error
    return Opened(submission=said.submission, title=message.title, folder=str(place), again=again)


def _open(home: Home, said: Carried, package: Path, place: Path) -> None:
    homes.make_folder(place.parent)
    with contextlib.ExitStack() as undone:
        making = place.with_name(f".{place.name}")
        shutil.rmtree(making, ignore_errors=True)  # of a run that was killed
        homes.make_folder(making)
        undone.callback(shutil.rmtree, making, ignore_errors=True)
        with asking.placed(making / "container.asice") as copy:
            receipts = _unsealed(home, said, package, copy)
            copy.seek(0)
            whole = container.read(copy)
            _require_genuine(home, said.submission, whole, receipts)
            for part in whole.parts:
                asking.write_part(copy, making, part)
        with asking.placed(making / "metadata.json") as file:
            file.write(whole.head.metadata)
        asking.write_receipts(receipts, making / "receipts")
        making.replace(place)
        undone.pop_all()


def _unsealed(home: Home, said: Carried, package: Path, copy: BinaryIO) -> list[Envelope]:
    try:
        with package.open("rb") as file:
            records = iter(lambda: file.read(_CHUNK), b"")
            return carried.unseal(said, records, private_keys(home.folder), copy)
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, package.name) from error


def _require_genuine(home: Home, submission: str, whole: Container, receipts: list[Envelope]) -> None:
    """Raise unless the county accepted this very container and consigned it to the own office."""
    anchor = Anchor(home.trust, home.log)
    checked = [evidence.check_receipt(each, anchor, submission=submission) for each in receipts]
    accepted = [one for one in checked if one.receipt.event == Event.SUBMISSION_ACCEPTANCE.value]
    consigned = {one.receipt.recipient for one in checked if one.receipt.event in _REACHED}
    if whole.head.manifest_sha256 != submission or len(accepted) != 1 or home.enrolled.office not in consigned:
        raise Problem(ProblemType.RECEIPT_OTHER_SUBMISSION, "brought on a medium")
    evidence.check_acceptance(accepted[0], whole, anchor.trust)


_REACHED: Final = frozenset({Event.CONTENT_CONSIGNMENT.value, Event.SUPPLEMENTARY_DELIVERY.value})
