"""From rows to entries: what changed after a sequence, in batches, and what an index is told of it."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from finder_maker import NOW, SmallLedger, small_ledger
from ledger_maker import notary

from archive.reading.kept import KeptPart, pack
from archive.search import entries, legacy_entries
from archive.search.entry import Batch, Entry
from archive.search.legacy_entries import EXCHANGED
from exchange.delivery.states import Action
from exchange.legacy import store as legacy
from exchange.legacy.register import Entry as Line
from exchange.legacy.store import File
from schemas.problems import Problem
from schemas.words import Handling, Kind, Urgency


async def batches(ledger: SmallLedger, after: int = 0, **options: int) -> list[Batch]:
    """Return every batch until nothing is left."""
    made: list[Batch] = []
    place = ahead = 0
    while True:
        changes = await ledger.database.read(entries.changed, after, place=place, ahead=ahead, **options)
        if changes.upto == after and not changes.place:
            return made
        made.append(entries.batch_of(changes))
        after, place, ahead = changes.upto, changes.place, changes.ahead


def settled(made: list[Batch]) -> dict[str, Entry]:
    """Return what an index holds that took these batches in."""
    held: dict[str, Entry] = {}
    for batch in made:
        for gone in batch.gone:
            held.pop(gone, None)
        held.update({entry.submission: entry for entry in batch.entries})
    return held


async def only(ledger: SmallLedger) -> Entry:
    (entry,) = settled(await batches(ledger)).values()
    return entry


async def newest(ledger: SmallLedger) -> int:
    return (await ledger.database.read(entries.newest, 0)).sequence


async def test_an_entry_says_what_stands_in_rows_metadata_and_kept_text():
    async with small_ledger() as ledger:
        late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # past midnight in Beijing
        files = {"请示.txt": "恳请拨付资金。", "附件.txt": "预算表"}
        fields = {"number": "城政发〔2026〕12号", "cc": ["T02"], "urgency": Urgency.URGENT, "kind": Kind.REQUEST}
        submission = await ledger.accept("关于防汛的请示", files=files, received_at=late, **fields)
        entry = await only(ledger)
        accepted = await ledger.database.read(lambda tx: tx.row("SELECT id FROM event WHERE event = 'SubmissionAcceptance'").id)
    assert entry == Entry(
        submission=submission,
        accepted=EXCHANGED + accepted,
        title="关于防汛的请示",
        number="城政发〔2026〕12号",
        filing_number="T01-2026-000001",
        files=("请示.txt", "附件.txt"),
        texts=("恳请拨付资金。", "预算表"),
        office="T01",
        recipients=("T02", "county"),
        kind="request",
        urgency="urgent",
        date=20261119,
        received=20261121,
        readers=("office:T01", "office:T02", "office:county", "machines"),
        standings=("T02:received:pending", "county:received:pending", "T01:sent:pending"),
    )


async def test_an_item_with_named_addressees_is_read_by_these_and_its_sender_alone():
    async with small_ledger() as ledger:
        await ledger.accept(to=("county", "T02"), addressees=["county.1"])
        assert (await only(ledger)).readers == ("person:T01.1", "person:county.1", "machines")


async def test_no_machine_finds_an_internal_item_by_its_text():
    async with small_ledger() as ledger:
        await ledger.accept(handling=Handling.INTERNAL)
        assert "machines" not in (await only(ledger)).readers


async def test_the_sender_stands_once_for_every_state_of_some_copy():
    async with small_ledger() as ledger:
        submission = await ledger.accept(to=("county", "T02"))
        await ledger.move("county.1", submission, Action.OPEN)
        assert (await only(ledger)).standings == ("T02:received:pending", "county:received:pending", "T01:sent:pending")
        await ledger.move("county.1", submission, Action.RETURN, "缺少附件")
        standings = ("T02:received:pending", "county:received:returned", "T01:sent:pending", "T01:sent:returned")
        assert (await only(ledger)).standings == standings


async def test_only_what_changed_after_a_sequence_is_told_of_as_it_stands_now():
    async with small_ledger() as ledger:
        first, second = [await ledger.accept() for _ in range(2)]
        before = await newest(ledger)
        await ledger.move("county.1", second, Action.OPEN)
        await ledger.move("county.1", second, Action.SIGN_FOR)
        (batch,) = await batches(ledger, before)
        assert [entry.submission for entry in batch.entries] == [second]
        assert "county:received:signed_for" in batch.entries[0].standings
        assert batch.upto == await newest(ledger) == before + 2
        assert first in settled(await batches(ledger))


async def test_events_of_no_submission_are_covered_by_an_empty_batch():
    async with small_ledger() as ledger:
        (batch,) = await batches(ledger)
        assert batch == Batch((), (), await newest(ledger))
        assert await batches(ledger, batch.upto) == []


async def test_whatever_the_size_of_a_batch_the_end_is_the_same():
    async with small_ledger() as ledger:
        random_ = random.Random(7)
        for number in range(12):
            await ledger.accept(f"第{number}件", text="长" * random_.randrange(1, 900), to=("county", "T02"))
            moved = random_.choice(ledger.sent)
            await ledger.move(random_.choice(("county.1", "T02.1")), moved, Action.OPEN)
        whole = settled(await batches(ledger))
        assert len(whole) == 12
        for most in (1, 2, 5):
            for text in (1, 3000, 1 << 20):
                for fresh_upto in (0, 20, await newest(ledger)):
                    made = await batches(ledger, most=most, text=text, fresh_upto=fresh_upto)
                    assert settled(made) == whole
                    assert max(len(batch.entries) for batch in made) <= most
                    assert made[-1].upto == await newest(ledger)


async def test_an_index_that_is_made_anew_takes_every_submission_in_once():
    async with small_ledger() as ledger:
        for _ in range(6):
            submission = await ledger.accept()
            await ledger.move("county.1", submission, Action.OPEN)
        made = await batches(ledger, most=2, fresh_upto=await newest(ledger))
        assert sum(len(batch.entries) for batch in made) == 6


async def test_a_batch_holds_no_more_text_than_it_may_unless_one_submission_has_more():
    async with small_ledger() as ledger:
        for length in (900, 900, 2000, 10, 10):
            await ledger.accept(text="长" * length)
        made = await batches(ledger, text=5900)
        assert [[len(entry.texts[0]) for entry in batch.entries] for batch in made] == [[900, 900], [2000], [10, 10]]


async def test_a_submission_whose_erasable_rows_are_gone_is_taken_out():
    async with small_ledger() as ledger:
        kept, erased = [await ledger.accept() for _ in range(2)]
        for table in ("kept_text", "submission_text"):
            await ledger.change(f"DELETE FROM {table} WHERE submission = :id", id=erased)  # noqa: S608 - constants
        await ledger.move("county.1", erased, Action.OPEN)
        made = await batches(ledger)
        assert erased in made[-1].gone
        assert settled(made).keys() == {kept}


@pytest.mark.parametrize("change", ["DELETE FROM kept_text", "UPDATE kept_text SET body = x''", "UPDATE kept_text SET body = x'00'"])
async def test_a_submission_without_a_readable_text_is_found_by_the_rest(change: str):
    async with small_ledger() as ledger:
        await ledger.accept()
        whole = await only(ledger)
        await ledger.change(change)
        assert await only(ledger) == replace(whole, texts=())


async def test_a_submission_without_readable_metadata_is_found_by_the_rest():
    async with small_ledger() as ledger:
        await ledger.accept()
        whole = await only(ledger)
        await ledger.change("UPDATE submission_text SET metadata = x'7b7d'")
        assert await only(ledger) == replace(whole, files=(), date=20261120)


async def test_the_oldest_event_that_is_not_covered_tells_since_when_one_waits():
    async with small_ledger() as ledger:
        await ledger.accept()
        last = await newest(ledger)
        assert await ledger.database.read(entries.newest, last) == (last, "")
        assert await ledger.database.read(entries.newest, last - 1) == (last, "2026-11-20T01:00:00.250Z")


def line(at: int, **fields: object) -> Line:
    """Return a row of an old register."""
    given = {"title": f"旧件 {at}", "number": f"县发〔2019〕{at}号", "dated": "2019-03-01", "counterpart": "T02 镇"}
    return Line(line=at, office="T01", **(given | fields))  # type: ignore[arg-type]


async def test_a_document_from_before_says_what_its_row_and_kept_text_say_and_belongs_to_its_office_alone():
    async with small_ledger() as ledger:
        body = pack((KeptPart("文.pdf", "恳请拨付资金。", ((1, 0),)),))
        file = File("a" * 64, 1, "application/pdf", body, Handling.INTERNAL)
        sent = line(3, direction="sent", counterpart="县林业局", dated="", number="")
        await ledger.take_over("T01", line(2, file="甲/文.pdf", kind="notice"), sent, files=(file, None))
        first, second = settled(await batches(ledger)).values()
    assert first == Entry(
        submission="legacy-1",
        accepted=first.accepted,
        title="旧件 2",
        number="县发〔2019〕2号",
        files=("文.pdf",),
        texts=("T02 镇", "恳请拨付资金。"),
        office="T02",
        recipients=("T01",),
        kind="notice",
        urgency="",
        date=20190301,
        received=0,
        readers=("office:T01",),
        standings=("T01:received:legacy",),
    )
    assert (second.office, second.recipients, second.date, second.texts) == ("T01", (), 0, ("县林业局",))
    assert (second.readers, second.standings) == (("office:T01", "machines"), ("T01:sent:legacy",))
    assert second.accepted < first.accepted < EXCHANGED


async def test_nothing_of_a_batch_is_told_of_before_it_is_whole_and_nothing_ever_of_one_that_was_abandoned():
    async with small_ledger() as ledger:
        await ledger.database.write(legacy.begin, "b" * 64, "T01", "b.xlsx", NOW)
        await ledger.database.write(legacy.keep, "b" * 64, [(line(2), None)])
        await ledger.accept()
        assert len(settled(await batches(ledger))) == 1
        with pytest.raises(Problem):
            await ledger.database.write(legacy.erase, notary(), 1, NOW)
        await ledger.database.write(legacy.abandon, "b" * 64)
        assert len(settled(await batches(ledger))) == 1
        assert await ledger.database.read(entries.items) == 1


async def test_whatever_the_size_of_a_batch_documents_from_before_are_all_there_in_their_place_and_the_erased_are_gone():
    async with small_ledger() as ledger:
        random_ = random.Random(7)
        for start in (10, 20, 30):
            await ledger.accept()
            bodies = [pack((KeptPart("文.txt", "长" * random_.randrange(1, 900), ((1, 0),)),)) for _ in range(5)]
            files = [File(f"{start}", 1, "text/plain", body, Handling.NORMAL) for body in bodies]
            await ledger.take_over("T01", *(line(start + each) for each in range(5)), files=files)
        before = await newest(ledger)
        for item in (2, 3, 15):
            await ledger.database.write(legacy.erase, notary(), item, NOW)
        assert set(settled(await batches(ledger, before))) == set()
        assert {gone for batch in await batches(ledger, before) for gone in batch.gone} == {"legacy-2", "legacy-3", "legacy-15"}
        whole = settled(await batches(ledger))
        assert len(whole) == await ledger.database.read(entries.items) == 3 + 15 - 3
        for lines in (1, 2, 7):
            for text in (1, 3000, 1 << 20):
                for fresh_upto in (0, before, await newest(ledger)):
                    made = await batches(ledger, lines=lines, text=text, fresh_upto=fresh_upto)
                    assert settled(made) == whole
                    assert max(len([each for each in batch.entries if each.submission.startswith("legacy")]) for batch in made) <= lines
                    assert made[-1].upto == await newest(ledger)
        assert len({entry.accepted for entry in whole.values()}) == len(whole)


async def test_what_is_sent_while_many_documents_from_before_come_in_shares_their_first_batches_and_nothing_is_lost_of_it():
    async with small_ledger() as ledger:
        await ledger.take_over("T01", *(line(each) for each in range(2, 12)))
        sent = [await ledger.accept(f"防汛 {each}") for each in range(5)]
        await ledger.take_over("T02", *(line(each) for each in range(2, 6)), register="c" * 64)
        sent.append(await ledger.accept("在后"))
        await ledger.database.write(legacy.erase, notary(), 9, NOW)
        in_turn = settled(await batches(ledger, lines=100))
        for most in (1, 2, 50):
            made = await batches(ledger, lines=1, most=most)
            assert settled(made) == in_turn
            assert "legacy-9" not in in_turn
            first = [entry.submission for batch in made[: -(-len(sent) // most)] for entry in batch.entries]
            assert set(sent) <= set(first)
            assert made[-1].upto == await newest(ledger)
        assert {batch.upto for batch in made[:8]} == {made[0].upto}, "it is covered in its turn, not before"


async def test_an_id_names_a_document_from_before_or_a_submission():
    assert (legacy_entries.number_of("legacy-12"), legacy_entries.number_of("f" * 64)) == (12, None)
