"""What the prover believes: receipts of a real log, its growth in either direction, and the own office's numbers."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authority_maker import make_county
from cryptography.hazmat.primitives.serialization import Encoding
from evidence_maker import FOUNDED, Book, Case, history, make_case, nodes, open_book, packed

from exchange.client import home as homes
from exchange.client.core import TrustAnswer
from exchange.client.home import Enrolled, Home
from exchange.client.outbox import Outbox
from exchange.client.proof import Prover
from keys import merkle
from schemas.messages import Envelope, canonical
from schemas.problems import Problem, ProblemType


class Wire:
    """A county's answers, as a line gives them."""

    def __init__(self) -> None:
        self.checkpoint = ""
        self.answers: dict[str, Callable[[], bytes]] = {}
        self.asked: list[str] = []

    async def get(self, path: str, *, signed: bool = True) -> bytes:
        self.asked.append(f"{path} {signed}")
        if path not in self.answers:
            raise Problem(ProblemType.NOT_FOUND, path)
        return self.answers[path]()

    def grows(self, book: Book, old: int, new: int) -> None:
        proof = merkle.consistency_proof(nodes(book.entries), old, new)
        self.answers[f"/log/consistency/{old}/{new}"] = lambda: b"".join(base64.b64encode(node) + b"\n" for node in proof)


def home_of(folder: Path, case: Case) -> Home:
    for part in ("trust", "receipts"):
        (folder / part).mkdir(parents=True)
    enrolled = Enrolled(
        type="identity/v1",
        url="https://county.example",
        tls="own",
        county="示例县",
        office="T01",
        office_name="城关镇",
        person="T01.1",
        name="张三",
        role="clerk",
        key="none",
        certificate=b"",
        issuing=case.county.chain[0].public_bytes(Encoding.DER),
        log=case.log.verifier,
    )
    homes.keep_root(folder, case.county.root)
    homes.keep_identity(folder, enrolled)
    return homes.open_home(folder)


class Township:
    def __init__(self, folder: Path) -> None:
        self.case = make_case()
        self.home = home_of(folder, self.case)
        self.wire = Wire()
        self.outbox = Outbox(folder)
        self.wire.answers["/trust"] = lambda: canonical(TrustAnswer(b"", list(self.case.crls), ""))
        self.book = open_book(self.case.county)
        self.book.fill(5)
        for receipt in history(self.case.container, self.book.log):
            self.book.write(receipt)
            self.book.fill(1)
        self.book.fill(6)
        self.prover = Prover(self.home, self.outbox, self.wire)  # type: ignore[arg-type]  # answers like a line


@pytest.fixture
def town(tmp_path: Path) -> Any:
    town = Township(tmp_path)
    with town.outbox:
        yield town


def list_of(envelopes: list[Envelope]) -> bytes:
    return b'{"receipts":[' + b",".join(map(canonical, envelopes)) + b"]}"


async def test_a_receipt_brings_revocation_lists_and_the_checkpoint_along(town: Township) -> None:
    checked = await town.prover.receipt(town.book.envelopes(13)[0], town.case.submission)
    assert checked.receipt.submission == town.case.submission
    assert town.wire.asked == ["/trust False"]
    assert base64.b64decode(town.wire.checkpoint) == town.outbox.checkpoint()
    await town.prover.receipt(town.book.envelopes(13)[1])
    assert town.wire.asked == ["/trust False"], "the lists are kept, the checkpoint is known"


@pytest.mark.parametrize("sizes", [(13, 16), (16, 13)])
async def test_the_log_must_have_grown_whichever_checkpoint_comes_first(town: Township, sizes: tuple[int, int]) -> None:
    town.wire.grows(town.book, 13, 16)
    for size in sizes:
        await town.prover.receipt(town.book.envelopes(size)[0])
    assert town.outbox.root_at(13) is not None
    assert b"\n16\n" in base64.b64decode(town.wire.checkpoint)


@pytest.mark.parametrize("proof", ["none", "wrong", "not base64"])
async def test_a_log_that_does_not_continue_is_an_alarm_and_both_notes_are_kept(town: Township, proof: str) -> None:
    await town.prover.receipt(town.book.envelopes(13)[0])
    town.book.entries[0] = bytes(32)
    if proof == "wrong":
        town.wire.grows(town.book, 13, 16)
    elif proof == "not base64":
        town.wire.answers["/log/consistency/13/16"] = lambda: b"***\n"
    before = town.wire.checkpoint
    with pytest.raises(Problem) as caught:
        await town.prover.receipt(town.book.envelopes(16)[0])
    assert caught.value.kind is ProblemType.CONSISTENCY_PROOF
    assert town.wire.checkpoint == before
    (alarm,) = town.home.alarm.iterdir()
    assert (alarm / "old.note").read_bytes() == base64.b64decode(before)
    assert (alarm / "new.note").read_bytes()


async def test_another_root_for_the_same_size_is_an_alarm(town: Township) -> None:
    await town.prover.receipt(town.book.envelopes(13)[0])
    town.book.entries[0] = bytes(32)
    with pytest.raises(Problem) as caught:
        await town.prover.receipt(town.book.envelopes(13)[0])
    assert caught.value.kind is ProblemType.CONSISTENCY_PROOF


async def test_trouble_of_the_network_while_the_growth_is_asked_for_is_no_alarm(town: Township) -> None:
    def fail() -> bytes:
        raise Problem(ProblemType.NETWORK)

    await town.prover.receipt(town.book.envelopes(13)[0])
    town.wire.answers["/log/consistency/13/16"] = fail
    with pytest.raises(Problem) as caught:
        await town.prover.receipt(town.book.envelopes(16)[0])
    assert caught.value.kind is ProblemType.NETWORK
    assert not town.home.alarm.exists()


async def test_a_receipt_of_another_county_is_not_believed_and_kept_for_the_auditor(town: Township) -> None:
    other = make_case(make_county(FOUNDED))
    with pytest.raises(Problem) as caught:
        await town.prover.receipt(other.receipts[0])
    assert caught.value.kind is ProblemType.RECEIPT_TIME_STAMP
    assert len(list(town.home.alarm.iterdir())) == 1


async def test_without_a_revocation_list_for_its_time_a_receipt_waits(town: Township) -> None:
    town.wire.answers["/trust"] = lambda: canonical(TrustAnswer(b"", [], ""))
    town.wire.answers[f"/api/v1/submissions/{town.case.submission}/crls"] = lambda: b'{"crls":[]}'
    with pytest.raises(Problem) as caught:
        await town.prover.receipt(town.book.envelopes(13)[0])
    assert caught.value.kind is ProblemType.REVOCATION_UNKNOWN
    assert f"/api/v1/submissions/{town.case.submission}/crls True" in town.wire.asked


def own(town: Township, size: int) -> list[Envelope]:
    return [
        envelope for envelope, (_, receipt, *_) in zip(town.book.envelopes(size), town.book.signed, strict=True) if receipt.office == "T01"
    ]


async def test_the_own_receipts_are_counted_without_a_gap(town: Township) -> None:
    mine = own(town, len(town.book.entries))
    town.wire.answers["/api/v1/receipts?beyond=0"] = lambda: list_of(mine)
    assert await town.prover.chain() == {"count": len(mine), "new": len(mine), "gapless": True}
    town.wire.answers[f"/api/v1/receipts?beyond={len(mine)}"] = lambda: list_of([])
    assert await town.prover.chain() == {"count": len(mine), "new": 0, "gapless": True}


async def test_a_receipt_that_is_held_and_not_listed_is_a_gap(town: Township) -> None:
    await town.prover.receipt(own(town, len(town.book.entries))[0])
    town.wire.answers["/api/v1/receipts?beyond=0"] = lambda: list_of([])
    with pytest.raises(Problem) as caught:
        await town.prover.chain()
    assert caught.value.kind is ProblemType.SEQUENCE_GAP


async def test_two_receipts_under_one_number_are_a_gap(town: Township) -> None:
    await town.prover.receipt(own(town, len(town.book.entries))[0])
    other = open_book(town.case.county)
    other.entries = list(town.book.entries)
    for receipt in history(packed([town.case.county.person_signer()], files={"另一件.txt": b"x"}), other.log):
        other.write(receipt)
    forged = [e for e, (_, r, *_) in zip(other.envelopes(), other.signed, strict=True) if r.office == "T01"]
    town.wire.grows(other, len(town.book.entries), len(other.entries))
    town.wire.answers["/api/v1/receipts?beyond=0"] = lambda: list_of(forged)
    with pytest.raises(Problem) as caught:
        await town.prover.chain()
    assert caught.value.kind is ProblemType.SEQUENCE_GAP
