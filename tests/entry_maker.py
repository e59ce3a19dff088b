"""Entries for the search index: one with a few words changed, and whole archives from a seed."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, Self

from archive.search import han
from archive.search.entry import Batch, Entry
from archive.search.number import number_of
from archive.search.question import MACHINES, And, Between, Keyword, Node, Not, Number, OneOf, Or, Span, Viewer, Words

COUNTY: Final = Viewer("county", "county.1")
TOWN: Final = Viewer("T01", "T01.1")
OFFICES: Final = ("T01", "T02", "T03", "T-_4")

# few different signs, so that pieces of one text stand by chance in others too; every fold has its case
_SIGNS: Final = "公文管理办法安全生产县镇政府發臺国国之一二三，。、（）〔〕《》ABab12１２ⅡA4Ｂ　 \n\t·-/.😀㐀𠀀é"
_KINDS: Final = ("notice", "request", "report", "information")
_URGENCIES: Final = ("normal", "urgent", "extra_urgent")
_STATES: Final = ("pending", "signed_for", "returned")


def entry(ordinal: int = 1, **changes: Any) -> Entry:
    """Return an ordinary entry from T01 to the county; `ordinal` makes its id and its place in the ledger."""
    told: dict[str, Any] = {
        "submission": f"{ordinal:064x}",
        "accepted": ordinal,
        "title": "关于做好安全生产工作的通知",
        "number": f"青政发〔2026〕{ordinal}号",
        "filing_number": f"T01-2026-{ordinal:06d}",
        "files": ("通知.pdf",),
        "texts": ("各村委会：现将有关事项通知如下。",),
        "office": "T01",
        "recipients": ("county",),
        "kind": "notice",
        "urgency": "normal",
        "date": 20261122,
        "received": 20261122,
        "readers": ("office:T01", "office:county"),
        "standings": ("county:received:pending", "T01:sent:pending"),
    }
    return Entry(**(told | changes))


def batch(*entries: Entry, gone: tuple[str, ...] = (), upto: int = 0) -> Batch:
    """Return a batch that covers the ledger to its newest entry, or to `upto`."""
    return Batch(entries, gone, upto or max((each.accepted for each in entries), default=0))


def text(chance: random.Random, most: int) -> str:
    """Return a text of at most `most` signs."""
    return "".join(chance.choices(_SIGNS, k=chance.randrange(most + 1)))


def random_entry(chance: random.Random, ordinal: int, longest: int = 60) -> Entry:
    """Return an entry in which everything is left to chance but its place in the ledger."""
    office, other = chance.sample(OFFICES, 2)
    named = chance.random() < 0.2
    year = chance.randrange(2024, 2027)
    day = year * 10_000 + chance.randrange(1, 13) * 100 + chance.randrange(1, 29)
    state = chance.choice(_STATES)
    from_before = {
        "office": chance.choice((office, "")),
        "recipients": (),
        "filing_number": "",
        "urgency": "",
        "date": chance.choice((0, day)),
        "received": 0,
        "readers": (f"office:{office}",),
        "standings": (f"{office}:received:legacy",),
    }
    made = entry(
        ordinal,
        title=text(chance, 12),
        number=chance.choice(("", f"青政发〔{year}〕{ordinal % 7 + 1}号", f"縣府[{year}]第０{ordinal % 5 + 1}号", text(chance, 5))),
        files=tuple(text(chance, 6) + ".pdf" for _ in range(chance.randrange(3))),
        texts=tuple(text(chance, longest) for _ in range(chance.randrange(3))),
        office=office,
        recipients=(other, "county"),
        kind=chance.choice(_KINDS),
        urgency=chance.choice(_URGENCIES),
        date=day,
        received=day + 1,
        readers=(
            *((f"person:{office}.1", "person:county.1") if named else (f"office:{office}", f"office:{other}", "office:county")),
            *((MACHINES,) if chance.random() < 0.7 else ()),
        ),
        standings=(f"{other}:received:{state}", f"county:received:{chance.choice(_STATES)}", f"{office}:sent:{state}"),
    )
    return replace(made, **from_before) if chance.random() < 0.15 else made  # type: ignore[arg-type]


def archive(seed: int, count: int, longest: int = 60) -> list[Entry]:
    """Return the same `count` entries for the same seed."""
    chance = random.Random(seed)
    return [random_entry(chance, ordinal, longest) for ordinal in range(1, count + 1)]


def piece(chance: random.Random, entries: list[Entry], longest: int = 8) -> str:
    """Return up to `longest` signs as they stand in one of the entries; at least one of them has ink."""
    while True:
        one = chance.choice(entries)
        whole = chance.choice((one.title, one.number, one.filing_number, *one.files, *one.texts))
        start = chance.randrange(len(whole) + 1)
        cut = whole[start : start + chance.randrange(1, longest + 1)]
        if han.fold(cut):
            return cut


def random_node(chance: random.Random, entries: list[Entry], depth: int = 3) -> Node:
    """Return a question's node over what stands in these entries, of any kind."""
    kind = chance.randrange(8 if depth else 5)
    if kind >= 5:
        inner = tuple(random_node(chance, entries, depth - 1) for _ in range(chance.randrange(1, 4)))
        return (Not(inner[0]), And(inner), Or(inner))[kind - 5]
    one = chance.choice(entries)
    match kind:
        case 0 | 1:
            return Words(piece(chance, entries, 4), chance.choice(("any", "any", "title", "number", "file")))
        case 2:
            written = number_of(one.number)
            if written is None:
                return Number(2026, chance.randrange(1, 8))
            return Number(written.year, written.ordinal, chance.choice(("", written.issuer)))
        case 3:
            state = one.standings[0].partition(":")[2] if one.standings else "pending"
            values: dict[Keyword, tuple[str, ...]] = {
                "from": (one.office,),
                "to": one.recipients[:1],
                "kind": (one.kind, "report"),
                "urgency": (one.urgency,),
                "reader": (MACHINES,),
                "state": (chance.choice((state, state.partition(":")[2])),),
            }
            keyword = chance.choice(tuple(values))
            return OneOf(keyword, values[keyword])
        case _:
            span: Span = chance.choice(("year", "date", "received"))
            first = {"year": one.date // 10_000, "date": one.date, "received": one.received}[span]
            return Between(span, first, first + chance.randrange(3))


class Halted(tuple[Entry, ...]):  # noqa: SLOT001 - a tuple's subclass can have no slots of its own
    """The entries of a batch, which call `meanwhile` before one of them is given: what happens there happens inside `apply`."""

    meanwhile: Callable[[], object]
    before: int

    @classmethod
    def over(cls, entries: Iterable[Entry], meanwhile: Callable[[], object], before: int = 0) -> Self:
        halted = cls(entries)
        halted.meanwhile, halted.before = meanwhile, before
        return halted

    def __iter__(self) -> Iterator[Entry]:
        for ordinal, each in enumerate(super().__iter__()):
            if ordinal == self.before:
                self.meanwhile()
            yield each
