"""The recount: what receipts say of the year, read from their own bytes, against what the service shows through its interface.

None of the service's counters and register rows is read here: books are rebuilt from the receipts, the rate from what the script saw.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.delivery.states import Opening, Recall, Review
from exchange.demo.year.plan import DEPARTMENTS, TOWNSHIPS
from exchange.demo.year.story import Life
from exchange.demo.year.year_end import BOOKS, page
from exchange.service import Service
from schemas import instants
from schemas.messages import Receipt, decode
from schemas.words import COUNTY, Event, Role, Word

OFFICES: Final = (COUNTY, *(code for code, *_ in TOWNSHIPS), *(code for code, *_ in DEPARTMENTS))
Book = dict[tuple[str, str], list[str]]
"""Evidence ids in their order, by office and book."""


@dataclass(frozen=True)
class Recount:
    """What was counted, and what does not agree: `wrong` is empty when all is well.

    `unreached` are the states in which nothing ever was: a short year may have some.
    """

    events: Counter[str]
    states: Counter[tuple[str, str, str]]
    entries: int
    rate: str
    wrong: tuple[str, ...]
    unreached: tuple[Word, ...]


async def recount(service: Service, life: Life, year: int, refused: list[str]) -> Recount:
    """Recount the year; what the service `refused` of it does not agree with it either."""
    receipts = await service.database.read(_receipts)
    events = Counter(receipt.event for receipt in receipts)
    states = await service.database.read(_states)
    wrong = [f"refused: {each}" for each in refused] + _missing(events, life)
    books = _books(receipts, year)
    for office in OFFICES:
        for book in BOOKS:
            wrong += await _compare(life, office, book, year, books.get((office, book), []))
    rate, disagreeing = await _rate(life, year)
    return Recount(events, states, sum(map(len, books.values())), rate, (*wrong, *disagreeing), _unreached(receipts, states))


def _receipts(tx: Tx) -> list[Receipt]:
    return [decode(bytes(row.receipt), Receipt) for row in tx.rows("SELECT receipt FROM event ORDER BY id")]


def _states(tx: Tx) -> Counter[tuple[str, str, str]]:
    rows: list[Any] = tx.rows("SELECT opening, review, recall, count(*) AS count FROM delivery GROUP BY opening, review, recall")
    return Counter({(row.opening, row.review, row.recall): row.count for row in rows})


def _unreached(receipts: list[Receipt], states: Counter[tuple[str, str, str]]) -> tuple[Word, ...]:
    """Say which states nobody was ever in; a recall is asked for and ends, so its receipts tell of it."""
    reached = {each for state in states for each in state} | ({Recall.REQUESTED.value} if _any(receipts, Event.RECALL_REQUEST) else set())
    return tuple(each for axis in (Opening, Review, Recall) for each in axis if each.value not in reached)


def _any(receipts: list[Receipt], event: Event) -> bool:
    return any(receipt.event == event.value for receipt in receipts)


def _missing(events: Counter[str], life: Life) -> list[str]:
    """Compare what the script did with what was receipted."""
    sent = sum(count for key, count in life.tally.items() if key[0] == "sent")
    papers = sum(count for key, count in life.tally.items() if key[0] == "paper")
    done = {
        Event.SUBMISSION_ACCEPTANCE: sent,
        Event.RECEIVED_FROM_NON_ERDS: papers,
        Event.CONTENT_HANDOVER: life.tally["moved", "open"],
        Event.CONSIGNMENT_ACCEPTANCE: life.tally["moved", "sign-for"],
        Event.CONSIGNMENT_REJECTION: life.tally["moved", "return"],
        Event.MISDIRECTION: life.tally["moved", "misdirect"],
        Event.WITHDRAWAL: life.tally["moved", "withdraw"] + life.tally["moved", "consent"],
        Event.RECALL_REQUEST: life.tally["moved", "ask-back"],
        Event.RECALL_REFUSAL: life.tally["moved", "refuse"],
        Event.NOTIFICATION_FOR_ACCEPTANCE: life.tally["moved", "urge"],
        Event.FORM_ANSWER: life.tally["answered",],
        Event.REGISTER_CORRECTION: life.tally["corrected",],
        Event.REGISTER_LOCK: life.tally["locked",],
    }
    return [f"{event.value}: {events[event.value]} receipts, done {count}" for event, count in done.items() if events[event.value] != count]


def _books(receipts: list[Receipt], year: int) -> Book:
    """Rebuild every office's two books from the receipts of a year."""
    books: Book = defaultdict(list)
    for receipt in receipts:
        if instants.read(receipt.at).astimezone(instants.BEIJING).year != year:
            continue
        if receipt.event == Event.CONSIGNMENT_ACCEPTANCE and receipt.recipient is not None:
            books[receipt.recipient, "incoming"].append(receipt.evidence_id)
        elif receipt.event == Event.RECEIVED_FROM_NON_ERDS:
            books[receipt.office, "incoming"].append(receipt.evidence_id)
        elif receipt.event in (Event.SUBMISSION_ACCEPTANCE, Event.RELAY_TO_NON_ERDS):
            books[receipt.office, "outgoing"].append(receipt.evidence_id)
    return dict(books)


async def _compare(life: Life, office: str, book: str, year: int, expected: list[str]) -> list[str]:
    """Read a whole register through the interface: numbers from 1 without a gap, and entry by entry what the receipts say."""
    reader, shown, after = life.actor(office), [], None
    while True:
        found = await page(life, reader, book, year, after)
        shown += [(entry["number"], entry["evidence_id"]) for entry in found["entries"]]
        after = found.get("next")
        if after is None:
            break
    return [] if shown == list(enumerate(expected, 1)) else [f"register {office} {book}: {len(shown)} shown, {len(expected)} receipted"]


async def _rate(life: Life, year: int) -> tuple[str, list[str]]:
    """Compare the paperless rate of every office with what the script itself sent and registered, month by month."""
    shown = await life.door.ask(life.actor(COUNTY, Role.ARCHIVIST), "GET", f"/api/v1/paper/rate?first={year}-01&last={year}-12")
    wrong = []
    for office in OFFICES:
        ways = shown["offices"].get(office, {})
        for way in ("electronic", "paper"):
            counted = sum(count for key, count in life.tally.items() if key[0] == way and key[1] == office)
            told = sum(figures[way] for figures in ways.values())
            if told != counted:
                wrong.append(f"rate of {office}, {way}: {told} shown, {counted} counted")
    return shown["whole"]["rate"], wrong
