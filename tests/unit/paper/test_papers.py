"""Papers in a small ledger: registered in one line, counted, refused, and never more than may be said of the confidential courier."""

from collections import Counter
from datetime import timedelta

import pytest
from finder_maker import NOW, small_ledger
from ledger_maker import notary
from msgspec import structs
from paper_leg_maker import LINE, checked, listed, paper, person, read, register

from archive.ledger.database import Tx
from archive.ledger.receipts import Stated
from exchange.checking.acts import check_acts
from exchange.checking.findings import Findings
from exchange.delivery.states import Action
from exchange.legacy import erasing
from exchange.office import store as offices
from exchange.office.administration import Acting
from exchange.paper import items, rate, scans, stops, store
from exchange.paper.items import Courier
from exchange.paper.words import ExchangeWay, PaperDirection, PaperReason
from exchange.policy.rules import load
from exchange.registers import changes, describing
from exchange.registers import store as registers
from exchange.registers.rules import Book, Column
from exchange.registers.store import Range
from exchange.sealing import content, late
from schemas import instants
from schemas.messages import Receipt, Statement, canonical, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Kind, Role


@pytest.mark.parametrize("text", ["T02", "T02 镇", "T02 T02 镇"])
def test_an_office_of_the_county_is_recognised_however_it_is_typed(text: str) -> None:
    found = paper(counterpart=text)
    assert (found.other_office, found.counterpart) == ("T02", "T02 镇")


def test_who_is_no_office_of_the_county_is_outside_and_needs_no_further_reason() -> None:
    found = paper(counterpart="市政府办", reason="")
    assert (found.other_office, found.reason) == (None, PaperReason.OUTSIDE)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("direction", "sideways"),
        ("counterpart", ""),
        ("counterpart", "T01"),
        ("title", " "),
        ("title", "字" * 301),
        ("title", "关于\u0000"),
        ("kind", "novel"),
        ("dated", "2026-02-30"),
        ("copies", "0"),
        ("copies", "１"),
        ("pages", "-1"),
        ("reason", ""),
        ("reason", "outside"),
    ],
)
def test_what_is_mistyped_is_told_by_its_field(field: str, text: str) -> None:
    with pytest.raises(Problem) as caught:
        read(**{field: text})
    assert (caught.value.kind, caught.value.detail) == (ProblemType.REQUEST_MALFORMED, field)


@pytest.mark.parametrize("field", ["title", "number", "counterpart"])
def test_nothing_but_a_count_may_be_said_of_the_courier(field: str) -> None:
    bare = {"title": "", "number": "", "counterpart": "", "reason": "courier"}
    assert read(**bare) == Courier(direction=PaperDirection.RECEIVED, count=2)
    with pytest.raises(Problem, match=items.COURIER_BARE):
        read(**bare | {field: "关于某事的请示"})


@pytest.mark.parametrize("field", ["title", "number", "counterpart"])
def test_a_secrecy_mark_in_what_is_typed_is_refused(field: str) -> None:
    with pytest.raises(Problem) as caught:
        items.require_unmarked(paper(**{"reason": "" if field == "counterpart" else "outage", field: "机密★1年"}), load("usual"))
    assert caught.value.kind is ProblemType.SECRECY_MARK
    assert "机密" not in (caught.value.detail or "")
    items.require_unmarked(paper(), load("usual"))


async def test_a_registered_paper_is_its_offices_alone_and_the_same_form_twice_is_one():
    async with small_ledger() as ledger:
        first = await register(ledger, paper(), once="form")
        assert await register(ledger, paper(title="别的"), once="form") == first
        (row,) = await listed(ledger)
        assert (row.evidence_id, row.title, row.counterpart, row.copies, row.pages) == (first, LINE["title"], "T02 镇", 2, 5)
        assert await listed(ledger, "T02.1") == []
        with pytest.raises(Problem) as caught:
            await ledger.database.read(store.paper, await person(ledger, "T02.1"), first)
        assert caught.value.kind is ProblemType.NOT_FOUND
        assert await checked(ledger) == []


async def test_a_changed_title_and_a_changed_counter_are_found_by_the_check():
    async with small_ledger() as ledger:
        await register(ledger, paper())
        await ledger.change("UPDATE paper_item SET title = '改过的标题'")
        await ledger.change("UPDATE exchange_count SET count = 7")
        assert {problem["check"] for problem in await checked(ledger)} == {"paper", "exchange-count"}


async def test_words_that_should_not_have_been_typed_are_erased_and_the_paper_still_counts() -> None:
    async with small_ledger() as ledger:
        evidence = await register(ledger, paper())
        await ledger.database.write(store.erase, evidence, NOW)
        (row,) = await listed(ledger)
        assert (row.title, row.number, row.counterpart, row.copies) == (None, None, None, 2)
        (left,) = await ledger.database.read(erasing.unpurged)  # the log of changes is cut behind it, and no index is made anew
        assert left.item is None
        assert await checked(ledger) == []
        assert sum((await ledger.database.read(rate.counted)).values()) == 1


async def test_senders_from_outside_are_typed_once():
    async with small_ledger() as ledger:
        for name in ("市水利局", "市政府办", "市政府办"):
            await register(ledger, paper(counterpart=name, reason=""))
        assert await ledger.database.read(store.senders, await person(ledger)) == ["市政府办", "市水利局"]
        assert await ledger.database.read(store.senders, await person(ledger, "T02.1")) == []


async def test_the_courier_is_a_number_a_month_and_no_event():
    async with small_ledger() as ledger:
        caller, before = await person(ledger), await ledger.database.read(_events)
        for _ in range(2):
            await ledger.database.write(store.count_courier, caller, Courier(direction=PaperDirection.SENT, count=3), NOW)
        assert (await ledger.database.read(store.courier_counts, caller, "2026-11"))[PaperDirection.SENT] == 6
        await ledger.database.write(store.set_courier, caller, "2026-11", Courier(direction=PaperDirection.SENT, count=5), NOW)
        assert (await ledger.database.read(store.courier_counts, caller, "2026-11"))[PaperDirection.SENT] == 5
        assert await ledger.database.read(_events) == before


def _events(tx: Tx) -> int:
    return int(tx.row("SELECT count(*) AS count FROM event").count)


async def test_a_scan_is_linked_by_its_filing_number_and_only_where_it_may_be_seen():
    async with small_ledger() as ledger:
        sent, paper_id = await ledger.accept("扫描件"), await register(ledger, paper())
        other = await ledger.accept("别人的", sender="T02")
        caller = await person(ledger)
        await ledger.database.write(scans.attach_filed, notary(), caller, paper_id, "T01-2026-000001", NOW)
        await ledger.database.write(scans.attach_filed, notary(), caller, paper_id, "T01-2026-1", NOW)
        (row,) = await listed(ledger)
        assert row.scans == (sent,)
        assert other not in row.scans
        for filed in ("T02-2026-000001", "T01-2026-000009", "随便"):
            with pytest.raises(Problem, match=scans.FILED):
                await ledger.database.write(scans.attach_filed, notary(), caller, paper_id, filed, NOW)


async def test_a_link_is_made_once_with_a_receipt_that_tells_neither_of_title_nor_item():
    async with small_ledger() as ledger:
        scan, evidence, clerk = await ledger.accept("扫描件"), await register(ledger, paper()), await person(ledger)
        said = Statement(
            type="statement/v1", event=Event.SCAN_ATTACHMENT.value, subject=evidence, office="T01", person="T01.1",
            at=instants.write(NOW), nonce="5a" * 16, reason=scan,
        )  # fmt: skip
        of_another = Stated(canonical(structs.replace(said, reason="0" * 64)), b"signature")
        before = await ledger.database.read(_events)
        with pytest.raises(Problem, match="another act"):
            await ledger.database.write(store.attach, notary(), clerk, evidence, scan, NOW, of_another)
        assert (await ledger.database.read(_events), (await listed(ledger))[0].scans) == (before, ()), "nothing half done"
        linking = (store.attach, notary(), clerk, evidence, scan)
        first = await ledger.database.write(*linking, NOW, Stated(canonical(said), b"signature"))
        assert await ledger.database.write(*linking, NOW + timedelta(days=1)) == first
        row = await ledger.database.read(lambda tx: tx.row("SELECT submission, receipt FROM event ORDER BY id DESC"))
        told = decode(row.receipt, Receipt)
        assert (told.evidence_id, told.event, told.subject, told.asserted_by) == (first, Event.SCAN_ATTACHMENT, evidence, "person")
        assert (row.submission, scan in row.receipt.decode()) == (None, False), "no part of the item's history"
        (shown,) = await ledger.database.read(scans.scans, clerk, await ledger.database.read(store.paper, clerk, evidence))
        assert (shown.person, shown.attachment) == ("T01.1", first)


async def test_fsck_holds_links_against_their_events_and_knows_those_of_before():
    async with small_ledger() as ledger:
        scan, older, evidence = await ledger.accept("扫描件"), await ledger.accept("早先的"), await register(ledger, paper())
        await ledger.database.write(store.attach, notary(), await person(ledger), evidence, scan, NOW + timedelta(days=1))
        await ledger.change(
            "INSERT INTO paper_scan (evidence_id, submission, at, person) VALUES (:paper, :scan, :at, 'T01.1')",
            paper=evidence, scan=older, at=instants.write(NOW - timedelta(days=1)),
        )  # fmt: skip
        for change, found in (
            ("UPDATE paper_scan SET at = at", 0),
            ("UPDATE paper_scan SET person = 'T02.1' WHERE attachment IS NOT NULL", 1),
            ("UPDATE paper_scan SET attachment = NULL", 2),
        ):
            findings = Findings()
            await ledger.change(change)
            await ledger.database.read(check_acts, findings)
            assert [each["check"] for each in findings.report()["problems"]] == ["scan"] * found, change


async def test_after_its_end_paper_of_a_kind_asks_why_inside_the_county_alone():
    async with small_ledger() as ledger:
        await ledger.database.write(stops.set_stop, Acting(None), Kind.NOTICE, "2026-11-20", NOW)
        with pytest.raises(Problem, match=store.LATE):
            await register(ledger, paper())
        await register(ledger, paper(late="停电"))
        await register(ledger, paper(counterpart="市政府办", reason=""))
        await register(ledger, paper(kind="report"))
        await ledger.database.write(stops.set_stop, Acting(None), Kind.NOTICE, "", NOW)
        await register(ledger, paper())
        assert await ledger.database.read(stops.stops) == {}
        assert len(await listed(ledger)) == 4


async def test_the_rate_counts_both_sides_once_and_leaves_the_outside_and_corrections_apart():
    async with small_ledger() as ledger:
        await ledger.accept(to=("county",), kind=Kind.REPORT, number="青政发〔2026〕1号")
        await ledger.accept(to=("county", "T02"))
        for fields in ({}, {"counterpart": "市政府办", "reason": ""}, {"direction": "sent"}):
            await register(ledger, paper(**fields))
        found = await ledger.database.read(rate.rates, await person(ledger), "2026-01", "2026-12")
        assert list(found.offices) == ["T01"]
        sent, received = found.offices["T01"][PaperDirection.SENT], found.offices["T01"][PaperDirection.RECEIVED]
        assert (sent.electronic, sent.paper, sent.rate, sent.above) == (3, 1, "75.0", False)
        assert (received.electronic, received.paper, received.outside, received.rate) == (0, 1, 1, "0.0")
        assert found.reasons == {PaperReason.OUTAGE: 2}
        everything = await ledger.database.read(rate.rates, await person(ledger, "county.1"), "2026-01", "2026-12")
        assert list(everything.offices) == ["T01", "T02", "county"]
        kept = await ledger.database.read(rate.counted)
        assert kept == await ledger.database.read(rate.recounted)
        assert sum(count for (*_, way), count in kept.items() if way == ExchangeWay.ELECTRONIC) == 6


@pytest.mark.parametrize(("electronic", "paper_", "shown", "above"), [(9, 1, "90.0", False), (91, 9, "91.0", True), (2, 1, "66.6", False)])
def test_the_line_is_passed_only_beyond_it_and_no_rate_is_rounded_up(electronic: int, paper_: int, shown: str, above: bool) -> None:  # noqa: FBT001
    figures = rate.Figures(electronic, paper_)
    assert (figures.rate, figures.above) == (shown, above)
    assert rate.Figures().rate == ""


async def test_months_are_those_of_beijing():
    async with small_ledger() as ledger:
        late = instants.read("2026-11-30T17:00:00.000Z")
        await ledger.database.write(store.register, notary(), await person(ledger), paper(), late)
        months = Counter(key[0] for key in await ledger.database.read(rate.counted))
        assert months == {"2026-12": 1}
        assert store.month_of(late - timedelta(hours=1, seconds=1)) == "2026-11"


async def test_the_id_of_a_scan_is_told_to_those_alone_who_may_see_it():
    async with small_ledger() as ledger:
        await ledger.database.write(offices.add_person, "T01", "李四", Role.CLERK, NOW)
        named = await ledger.accept("指定人员", sender="county", to=("T01",), addressees=["T01.1"])
        paper_id, caller = await register(ledger, paper()), await person(ledger)
        await ledger.move("T01.1", named, Action.OPEN)
        await ledger.database.write(store.attach, notary(), caller, paper_id, named, NOW)
        assert [row.scans for row in await listed(ledger)] == [(named,)]
        assert [row.scans for row in await listed(ledger, "T01.2")] == [()]
        other = await ledger.database.read(store.paper, await person(ledger, "T01.2"), paper_id)
        assert other.scans == ()


async def test_nothing_is_left_of_words_that_were_erased():
    async with small_ledger() as ledger:
        evidence = await register(ledger, paper(counterpart="不该写的单位", title="不该写的标题", reason=""))
        clerk = await person(ledger)
        await ledger.database.write(
            changes.correct, notary(), clerk, changes.Change(evidence, {Column.TITLE: "还是不该写的标题"}, "不该写的原因"), NOW
        )
        await ledger.database.write(store.erase, evidence, NOW)
        assert await ledger.database.read(store.senders, clerk) == []
        reasons = await ledger.database.read(lambda tx: [row.text for row in tx.rows("SELECT text FROM reason")])
        assert not any("不该写" in text for text in reasons)
        rows = await ledger.database.read(registers.rows, clerk, Book.INCOMING, 2026, Range(0, 10))
        (entry,) = await ledger.database.read(describing.entries, clerk, Book.INCOMING, rows)
        assert (entry.title, entry.corrections[0].values) == ("", {})
        assert await checked(ledger) == []


async def test_a_sender_who_was_typed_more_than_once_stays_known():
    async with small_ledger() as ledger:
        first = await register(ledger, paper(counterpart="市政府办", reason=""))
        await register(ledger, paper(counterpart="市政府办", reason=""))
        await ledger.database.write(store.erase, first, NOW)
        assert await ledger.database.read(store.senders, await person(ledger)) == ["市政府办"]


async def test_a_correction_of_a_paper_goes_under_the_seal_with_its_scan():
    async with small_ledger() as ledger:
        scan, evidence, clerk = await ledger.accept("扫描件"), await register(ledger, paper()), await person(ledger)
        await ledger.database.write(changes.correct, notary(), clerk, changes.Change(evidence, {Column.TITLE: "更正的标题"}, "写错"), NOW)
        await ledger.database.write(store.attach, notary(), clerk, evidence, scan, NOW)
        body = await ledger.database.write(content.take, scan)
        reasons = await ledger.database.read(lambda tx: [row.text for row in tx.rows("SELECT text FROM reason")])
        assert not any("更正的标题" in text for text in reasons)
        await ledger.database.write(content.give_back, scan, body)
        reasons = await ledger.database.read(lambda tx: [row.text for row in tx.rows("SELECT text FROM reason")])
        assert any("更正的标题" in text for text in reasons)


@pytest.mark.parametrize("then", ["released", "destroyed"])
async def test_a_paper_is_not_called_by_its_title_while_another_of_its_scans_is_sealed_or_was_destroyed(then: str):
    async with small_ledger() as ledger:
        first, second = await ledger.accept("扫描件"), await ledger.accept("扫描件背面")
        evidence, clerk = await register(ledger, paper(title="不公开的标题")), await person(ledger)
        bodies = {}
        for scan in (first, second):
            await ledger.database.write(store.attach, notary(), clerk, evidence, scan, NOW)
        for scan in (first, second):
            await ledger.database.write(late.seal_late, notary(), scan, ["level-head"], "usual-000000000000", NOW)
            held = await ledger.database.read(
                lambda tx, id_=scan: tx.row("SELECT body FROM sealing_content WHERE submission = :id", id=id_)
            )
            bodies[scan] = bytes(held.body)
        with pytest.raises(Problem, match="another scan of the same paper is sealed"):
            await ledger.database.write(content.give_back, first, bodies[first])
        assert (await ledger.database.read(store.paper, clerk, evidence)).title is None
        await ledger.change("UPDATE sealing SET state = :then WHERE submission = :id", then=then, id=second)
        await ledger.database.write(content.give_back, first, bodies[first])
        title = (await ledger.database.read(store.paper, clerk, evidence)).title
        assert title == ("不公开的标题" if then == "released" else None)


async def test_what_was_erased_while_its_scan_lay_under_seal_does_not_come_back_with_it():
    async with small_ledger() as ledger:
        scan, evidence, clerk = await ledger.accept("扫描件"), await register(ledger, paper(title="不该写的标题")), await person(ledger)
        await ledger.database.write(
            changes.correct, notary(), clerk, changes.Change(evidence, {Column.TITLE: "还是不该写的标题"}, "写错"), NOW
        )
        await ledger.database.write(store.attach, notary(), clerk, evidence, scan, NOW)
        body = await ledger.database.write(content.take, scan)
        await ledger.database.write(store.erase, evidence, NOW)
        await ledger.database.write(content.give_back, scan, body)
        assert [each.title for each in await listed(ledger)] == [None]
        reasons = await ledger.database.read(lambda tx: [row.text for row in tx.rows("SELECT text FROM reason")])
        assert not any("不该写" in text for text in reasons)
        assert await checked(ledger) == []


async def test_a_paper_whose_words_somebody_took_out_by_hand_is_found_by_the_check():
    async with small_ledger() as ledger:
        evidence = await register(ledger, paper())
        await ledger.change("DELETE FROM reason WHERE evidence_id = :id", id=evidence)
        await ledger.change("UPDATE paper_item SET title = NULL, number = NULL, counterpart = NULL, late = NULL")
        assert [problem["what"][34:] for problem in await checked(ledger)] == ["neither an erasure nor a seal took its words"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE paper_item SET other_office = NULL; UPDATE exchange_count SET way = 'outside'",
        "UPDATE paper_item SET other_office = 'county'",
        "UPDATE paper_item SET month = '2025-01'",
        "UPDATE paper_item SET person = 'T02.1'",
    ],
)
async def test_a_paper_whose_rate_was_changed_by_hand_is_found_by_the_check(change: str):
    async with small_ledger() as ledger:
        await register(ledger, paper())
        for sql in change.split("; "):
            await ledger.change(sql)
        assert "paper" in {problem["check"] for problem in await checked(ledger)}


async def test_a_day_on_which_paper_stops_is_kept_in_one_spelling():
    async with small_ledger() as ledger:
        await ledger.database.write(stops.set_stop, Acting(None), Kind.NOTICE, "20261120", NOW)
        assert await ledger.database.read(stops.stops) == {Kind.NOTICE: "2026-11-20"}
