"""Acts that a person signed, in a bundle: both verifiers believe the honest ones and refuse the same forged ones."""

import dataclasses
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from authority_maker import make_county
from bundle_maker import files_of, judged, refused, summed
from cryptography.hazmat.primitives.serialization import Encoding
from evidence_maker import FOUNDED, RECEIVED, Case, history, open_book, packed
from msgspec import structs

from keys import container, statement
from keys.bundle import Report
from keys.trust import Trust
from schemas import instants
from schemas.messages import Receipt, Statement, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event

SIGNED = RECEIVED + timedelta(days=6)
Change = Callable[[Statement], Statement]


CLOSED = {"event": Event.FORM_CLOSURE.value, "office": "T01", "recipient": None}
"""What a receipt says of a form that its sender closed, in place of a signing-for."""


def stated_case(change: Change = lambda said: said, *, by: str = "county.1", claimed: str = "person", **told: Any) -> Case:
    """Return a case whose last receipt, changed by what is given, names a statement, changed before somebody signs it."""
    county = make_county(FOUNDED)
    sender = county.person_signer()
    content = packed([sender])
    lists = tuple(county.issuing.crl(60 + number, (), RECEIVED + timedelta(days=5 * number - 2), 7) for number in range(2))
    county = dataclasses.replace(county, trust=Trust(county.root, county.chain, lists))
    actor = county.person_signer(by.partition(".")[0], by)
    book = open_book(county)
    *before, last = history(content, book.log)
    last = structs.replace(last, **told, by=by) if told else last
    said = Statement(
        type="statement/v1",
        event=Event.CONSIGNMENT_ACCEPTANCE.value,
        submission=str(last.submission),
        office="county",
        person="county.1",
        at=instants.write(SIGNED),
        nonce="5a" * 16,
        version=1,
    )
    body, signature = statement.sign(change(said), actor, SIGNED)
    named: Receipt = structs.replace(last, asserted_by=claimed, statement=statement.digest(body, signature))
    for receipt in (*before, named):
        book.write(receipt)
        book.fill(1)
    *others, final = book.envelopes()
    return Case(
        county=county,
        container=content,
        submission=container.read(io.BytesIO(content)).head.manifest_sha256,
        receipts=(*others, structs.replace(final, statement=body, statement_signature=signature)),
        crls=tuple(each.public_bytes(Encoding.DER) for each in lists),
        log=book.log,
    )


def closing(said: Statement) -> Statement:
    return structs.replace(said, event=Event.FORM_CLOSURE.value, office="T01", person="T01.1", version=None)


def said_at(at: datetime) -> Change:
    return lambda said: structs.replace(said, at=instants.write(at))


@pytest.mark.parametrize("case", [stated_case, lambda: stated_case(closing, by="T01.1", **CLOSED)], ids=["signed for", "form closed"])
def test_a_signed_act_is_believed(case: Callable[[], Case], tmp_path: Path):
    report, verdict = judged(files_of(case(), tmp_path), tmp_path)
    assert isinstance(report, Report), report
    assert verdict.status == 0, verdict.output
    assert report.receipts[-1].receipt.asserted_by == "person"


@pytest.mark.parametrize(
    "case",
    [
        lambda: stated_case(said_at(SIGNED - timedelta(minutes=20))),
        lambda: stated_case(said_at(SIGNED + timedelta(minutes=20))),
        lambda: stated_case(by="county.2"),
        lambda: stated_case(lambda said: structs.replace(said, event="ConsignmentRejection")),
        lambda: stated_case(lambda said: structs.replace(said, submission="0" * 64)),
        lambda: stated_case(lambda said: structs.replace(said, person="county.2"), by="county.2"),
        lambda: stated_case(claimed="county-service"),
        lambda: stated_case(lambda said: structs.replace(closing(said), recipient="county"), by="T01.1", **CLOSED),
        lambda: stated_case(closing, by="T01.1", **CLOSED | {"recipient": "county"}),
    ],
    ids=[
        "too early",
        "too late",
        "another key",
        "another act",
        "another item",
        "another person",
        "on the service's word",
        "closed to one",
        "said of one",
    ],
)
def test_what_the_person_did_not_sign_for_this_receipt_is_refused_by_both(case: Callable[[], Case], tmp_path: Path):
    kind, line = refused(files_of(case(), tmp_path), tmp_path)
    assert kind is ProblemType.RECEIPT_STATEMENT
    assert "receipts" in line


def test_a_bundle_without_what_was_signed_or_with_other_bytes_is_refused_by_both(tmp_path: Path):
    files = files_of(stated_case(), tmp_path)
    name = next(name for name in files if name.endswith(".statement.json"))
    without = {each: content for each, content in files.items() if ".statement." not in each}
    other = files | {name: files[name].replace(b'"version":1', b'"version":2')}
    for forged in (without, other):
        kind, _ = refused(summed(forged), tmp_path)
        assert kind is ProblemType.RECEIPT_STATEMENT


def test_a_statement_about_an_offices_own_matter_is_held_against_its_receipt():
    case, subject = stated_case(), "incoming/2026/12"
    said = Statement(
        type="statement/v1",
        event=Event.REGISTER_CORRECTION.value,
        subject=subject,
        office="county",
        person="county.1",
        at=instants.write(SIGNED),
        nonce="5a" * 16,
    )
    body, signature = statement.sign(said, case.county.person_signer("county", "county.1"), SIGNED)
    last = decode(case.receipts[-1].receipt, Receipt)
    receipt = structs.replace(
        last,
        event=said.event,
        submission=None,
        recipient=None,
        office="county",
        subject=subject,
        statement=statement.digest(body, signature),
    )
    trust = case.county.trust
    statement.check_in_receipt(receipt, body, signature, trust, at=SIGNED)
    for changes in ({"subject": "incoming/2026/13"}, {"office": "T01"}, {"submission": last.submission}, {"event": "RegisterLock"}):
        with pytest.raises(Problem, match="another act"):
            statement.check_in_receipt(structs.replace(receipt, **changes), body, signature, trust, at=SIGNED)
