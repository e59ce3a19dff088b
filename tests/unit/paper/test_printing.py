"""Prints are numbered over all prints of an office, recorded before the first sheet, and go with what is sealed; so do papers' words."""

import pytest
from finder_maker import NOW, SmallLedger, small_ledger
from ledger_maker import notary
from paper_leg_maker import checked, listed, paper, person, register

from archive.ledger.database import Tx
from exchange.checking.submissions import replay
from exchange.delivery import store as deliveries
from exchange.delivery.states import Action
from exchange.paper import printing, scans
from exchange.sealing import content
from schemas.problems import Problem, ProblemType
from schemas.words import Event


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
    return [row.text for row in tx.rows("SELECT text FROM reason ORDER BY evidence_id")]


async def test_what_was_typed_goes_and_comes_back_with_the_sealed_scan() -> None:
    async with small_ledger() as ledger:
        item = await ledger.accept()
        await printed(ledger, "T01.1", item, purpose="报某某事")
        evidence = await register(ledger, paper())
        await ledger.database.write(scans.attach_filed, await person(ledger), evidence, "T01-2026-000001", NOW)
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
