"""Entries of a handling slip among the receipts of a submission: both verifiers follow them, and hold without them."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from bundle_maker import files_of, judged, refused
from evidence_maker import RECEIVED, Case, history, make_case, open_book
from msgspec import structs

from keys import evidence
from keys.bundle import Report
from keys.notes import LogKey
from schemas import instants
from schemas.messages import Receipt
from schemas.problems import Problem, ProblemType
from schemas.words import INNER_EVENTS, Event

LINKS = {
    Event.PROPOSAL: Event.CONSIGNMENT_ACCEPTANCE,
    Event.INSTRUCTION: Event.PROPOSAL,
    Event.CONSIGNMENT_REJECTION: Event.CONSIGNMENT_ACCEPTANCE,
}
"""What follows the signing-for, and what each names as the one before it: two entries on the slip, then it was returned."""
OUTER = frozenset(Event) - INNER_EVENTS


@pytest.fixture(scope="module")
def case() -> Case:
    return make_case()


def receipts_of(case: Case, log: LogKey, links: Mapping[Event, Event]) -> list[Receipt]:
    """Return the unsigned receipts of all that happened; where `links` say so, one names another than it should."""
    receipts = history(case.container, log)
    signed_for, ids = receipts[-1], {Event(each.event): each.evidence_id for each in receipts}
    for place, event in enumerate(LINKS, start=1):
        ids[event] = f"{place:032x}"
        changes = {"event": event.value, "evidence_id": ids[event], "office": "county" if event in INNER_EVENTS else "T01"}
        at = instants.write(RECEIVED + timedelta(days=6, hours=place))
        receipts.append(
            structs.replace(signed_for, **changes, sequence=signed_for.sequence + place, at=at, previous=ids[(LINKS | links)[event]])
        )
    return receipts


def told(case: Case, links: Mapping[Event, Event], events: Collection[Event]) -> Case:
    """Return the case with what followed, signed and logged; only those of `events` are in it."""
    book = open_book(case.county)
    book.fill(3)
    receipts = receipts_of(case, book.log, links)
    for receipt in receipts:
        book.write(receipt)
    chosen = [each for each, receipt in zip(book.envelopes(), receipts, strict=True) if receipt.event in events]
    return case.but(receipts=tuple(chosen), log=book.log)


WRONG = {
    "an entry left out": ({}, frozenset(Event) - {Event.PROPOSAL}),
    "an entry passed over": ({Event.INSTRUCTION: Event.CONSIGNMENT_ACCEPTANCE}, frozenset(Event)),
    "not after what happened there": ({Event.PROPOSAL: Event.SUBMISSION_ACCEPTANCE}, frozenset(Event)),
    "going on from a slip": ({Event.CONSIGNMENT_REJECTION: Event.INSTRUCTION}, frozenset(Event)),
    "a slip that is felt": ({Event.CONSIGNMENT_REJECTION: Event.INSTRUCTION}, OUTER),
}


def missing(receipts: list[Receipt]) -> bool:
    """Say whether these receipts are not what became of a submission, none left out."""
    try:
        return bool(evidence.gaps(receipts))
    except Problem as problem:
        return problem.kind is ProblemType.RECEIPT_CHAIN


def test_a_history_is_whole_with_the_slip_and_without_it_and_nothing_else_is(case: Case):
    honest = receipts_of(case, case.log, {})
    assert not missing(honest)
    assert not missing([each for each in honest if each.event in OUTER])
    for name, (links, events) in WRONG.items():
        assert missing([each for each in receipts_of(case, case.log, links) if each.event in events]), name


def test_an_entry_that_names_neither_a_recipient_nor_what_was_before_belongs_to_no_history(case: Case):
    honest = receipts_of(case, case.log, {})
    lost = [structs.replace(each, recipient=None, previous=None) if each.event == Event.PROPOSAL else each for each in honest]
    assert missing([each for each in lost if each.event != Event.INSTRUCTION])


def test_both_verifiers_follow_a_slip(case: Case, tmp_path: Path):
    report, verdict = judged(files_of(told(case, {}, frozenset(Event)), tmp_path), tmp_path)
    assert isinstance(report, Report), report
    assert verdict.status == 0, verdict.output
    assert (report.extract_for, verdict.output.count("批示")) == ("", 1)


@pytest.mark.parametrize("name", ["an entry left out", "going on from a slip"])
def test_both_verifiers_refuse_a_slip_with_a_gap_and_what_goes_on_from_one(case: Case, name: str, tmp_path: Path):
    found, line = refused(files_of(told(case, *WRONG[name]), tmp_path), tmp_path)
    assert found is ProblemType.RECEIPT_CHAIN
    assert "a receipt is missing before" in line
