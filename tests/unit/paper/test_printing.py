"""Prints are numbered over all prints of an office, recorded before the first sheet, and go with what is sealed; so do papers' words."""

from pathlib import Path

import pytest
from finder_maker import NOW, SmallLedger, small_ledger
from ledger_maker import notary
from paper_leg_maker import checked, listed, paper, person, register

from archive.ledger.database import Tx
from exchange.checking.findings import Findings
from exchange.checking.paper import check_legacy
from exchange.checking.submissions import replay
from exchange.delivery import store as deliveries
from exchange.delivery.states import Action, Opening
from exchange.idempotency import Once
from exchange.legacy import store as legacy
from exchange.legacy.register import Entry
from exchange.legacy.store import File
from exchange.office.store import Person
from exchange.paper import medium, printing, scans
from exchange.paper.printing import Printed, Wanted
from exchange.sealing import content
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Handling


async def printed(ledger: SmallLedger, name: str, submission: str, copies: int = 1, purpose: str = "会议用") -> str:
    return await ledger.database.write(printing.print_item, notary(), await person(ledger, name), submission, copies, purpose, NOW)


async def test_copies_are_numbered_over_all_prints_of_the_office_and_of_no_other() -> None:
    async with small_ledger() as ledger:
        item = await ledger.accept()
        await printed(ledger, "T01.1", item, 3)
        await printed(ledger, "T01.1", item, 2, "存档")
        await ledger.move("county.1", item, Action.OPEN)
        await printed(ledger, "county.1", item)
        mine = await ledger.database.read(printing.prints, await person(ledger, "T01.1"), item)
        assert [(each.first, each.copies, each.purpose) for each in mine] == [(1, 3, "会议用"), (4, 2, "存档")]
        (theirs,) = await ledger.database.read(printing.prints, await person(ledger, "county.1"), item)
        assert theirs.first == 1


async def test_nobody_prints_before_reception_and_a_print_is_none() -> None:
    async with small_ledger() as ledger:
        item = await ledger.accept()
        with pytest.raises(Problem) as caught:
            await printed(ledger, "county.1", item)
        assert caught.value.kind is ProblemType.ACTION_NOT_POSSIBLE
        before = await ledger.database.read(deliveries.status, await person(ledger, "T01.1"), item)
        await ledger.move("county.1", item, Action.OPEN)
        await printed(ledger, "county.1", item)
        await printed(ledger, "T01.1", item)
        status = await ledger.database.read(deliveries.status, await person(ledger, "T01.1"), item)
        assert status.deliveries[0].opening != before.deliveries[0].opening
        events = [each.event for each in status.events if each.recipient == "county"]
        assert events == [Event.CONTENT_CONSIGNMENT, Event.CONTENT_HANDOVER, Event.PRINTING]
        assert [each.event for each in status.events if each.event is Event.PRINTING and each.by == "T01.1"] == []  # its own matter
        assert replay([each.value for each in events]).moves == 2


@pytest.mark.parametrize(
    ("copies", "purpose", "field"), [(0, "会议", "copies"), (101, "会议", "copies"), (1, " ", "purpose"), (1, "字" * 201, "purpose")]
)
async def test_a_print_says_how_many_and_what_for(copies: int, purpose: str, field: str) -> None:
    async with small_ledger() as ledger:
        item = await ledger.accept()
        with pytest.raises(Problem, match=field):
            await printed(ledger, "T01.1", item, copies, purpose)


def _said(tx: Tx) -> list[str]:
    """Return every text that tells of content: which submission a scan is does not."""
    return [row.text for row in tx.rows("SELECT text FROM reason WHERE text NOT IN (SELECT id FROM submission) ORDER BY evidence_id")]


async def test_what_was_typed_goes_and_comes_back_with_the_sealed_scan() -> None:
    async with small_ledger() as ledger:
        item = await ledger.accept()
        await printed(ledger, "T01.1", item, purpose="报某某事")
        evidence = await register(ledger, paper())
        await ledger.database.write(scans.attach_filed, notary(), await person(ledger), evidence, "T01-2026-000001", NOW)
        before, said = await listed(ledger), await ledger.database.read(_said)
        assert len(said) == 2
        rows = await ledger.database.write(content.take, item)
        (row,) = await listed(ledger)
        assert (row.title, row.number, row.counterpart, row.kind, row.copies) == (None, None, None, before[0].kind, 2)
        assert await ledger.database.read(_said) == []
        assert await checked(ledger) == []
        await ledger.database.write(content.give_back, item, rows)
        assert await listed(ledger) == before
        assert await ledger.database.read(_said) == said
        assert await checked(ledger) == []


async def test_a_receipt_is_printed_by_whoever_is_shown_it_and_nobody_has_received_anything_by_it() -> None:
    async with small_ledger() as ledger:
        item = await ledger.accept()
        sender, recipient, stranger = [await person(ledger, name) for name in ("T01.1", "county.1", "T02.1")]
        before = await ledger.database.read(deliveries.status, sender, item)
        of = Printed(item, before.events[0].evidence_id)

        async def record(who: Person, copies: int, key: str | None = None, purpose: str = "存档") -> str:
            once = None if key is None else Once(key, "0" * 64)
            evidence: str = await ledger.database.write(printing.print_once, notary(), who, of, Wanted(copies, purpose), once, NOW)
            return evidence

        first = await record(sender, 2, "a" * 32)
        assert await record(sender, 2, "a" * 32) == first, "the same form prints once"
        await record(sender, 1)
        await printed(ledger, "T01.1", item)
        mine = await ledger.database.read(printing.prints, sender, item, of.receipt)
        assert [(each.first, each.copies) for each in mine] == [(1, 2), (3, 1)]
        assert [each.first for each in await ledger.database.read(printing.prints, sender, item)] == [1], "the item is numbered by itself"
        after = await ledger.database.read(deliveries.status, sender, item)
        assert (after.deliveries, after.events) == (before.deliveries, before.events), "no reception, and no event of the item"
        for who, purpose, refusal in ((stranger, "存档", "not-found"), (sender, " ", "purpose")):
            with pytest.raises(Problem, match=refusal):
                await record(who, 1, purpose=purpose)
        assert (await ledger.database.read(deliveries.received, recipient, item)).opening is Opening.CONSIGNED
        assert await checked(ledger) == []
        await ledger.database.write(content.take, item)
        assert await ledger.database.read(_said) == [], "what it was printed for may tell what it is about"
        await ledger.database.write(lambda tx: tx.run("UPDATE printing SET first = 7 WHERE receipt IS NOT NULL AND first = 3"))
        assert len(await checked(ledger)) == 1


_SHRUNK = "UPDATE legacy_batch SET rows = (SELECT count(*) FROM legacy_item)"


@pytest.mark.parametrize(
    "changes",
    [["DELETE FROM legacy_item WHERE line = 3", _SHRUNK], ["DELETE FROM legacy_item", "DELETE FROM legacy_batch"]],
    ids=["rows", "batch"],
)
async def test_a_batch_of_old_documents_that_shrank_is_found_by_the_check(changes: list[str]) -> None:
    async with small_ledger() as ledger:
        await ledger.database.write(legacy.begin, "a" * 64, "T01", "a.xlsx", NOW)
        rows = [(Entry(line=line, office="T01", title="通知"), None) for line in (2, 3)]
        await ledger.database.write(legacy.keep, "a" * 64, rows)
        await ledger.database.write(legacy.finish, notary(), "a" * 64, 0, NOW)
        assert await _legacy_faults(ledger) == []
        for sql in changes:
            await ledger.change(sql)
        assert set(await _legacy_faults(ledger)) == {"legacy"}


async def test_files_of_old_documents_that_are_gone_with_their_folder_are_missed() -> None:
    async with small_ledger() as ledger:
        await ledger.database.write(legacy.begin, "a" * 64, "T01", "a.xlsx", NOW)
        file = File("b" * 64, 1, "text/plain", b"", Handling.NORMAL)
        await ledger.database.write(legacy.keep, "a" * 64, [(Entry(line=2, office="T01", title="通知", file="a.txt"), file)])
        assert await _legacy_faults(ledger) == ["legacy"]


async def _legacy_faults(ledger: SmallLedger) -> list[str]:
    findings = Findings()
    await ledger.database.read(check_legacy, None, findings)
    return [problem["check"] for problem in findings.report()["problems"]]


def test_receipts_are_written_onto_the_medium_and_through_no_link_of_somebody_else(tmp_path: Path) -> None:
    elsewhere, plain, linked, at_last = (tmp_path / name for name in ("elsewhere", "plain", "linked", "last"))
    (elsewhere / "receipts").mkdir(parents=True)
    assert [path.suffix for path in medium.write_back(plain, {"a" * 64: b"{}"}, [b"crl"])] == [".json", ".crl"]
    linked.mkdir()
    (linked / medium.FROM_COUNTY).symlink_to(elsewhere)
    (at_last / medium.FROM_COUNTY / medium.RECEIPTS).mkdir(parents=True)
    (at_last / medium.FROM_COUNTY / medium.RECEIPTS / f"{'a' * 64}.json").symlink_to(elsewhere / "b")
    for place in (linked, at_last):
        with pytest.raises(Problem) as caught:
            medium.write_back(place, {"a" * 64: b"{}"}, [])
        assert caught.value.kind is ProblemType.FOLDER_READ_ONLY
    assert list((elsewhere / "receipts").iterdir()) == []
    assert not (elsewhere / "b").exists()
