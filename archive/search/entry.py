"""What the index knows of one item; it can be made anew from ledger rows and kept text at any time."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One submission, or one document from before 历史件, for the index. Texts are as written: folding is the index's own business.

    `submission` is its id, that of a document from before `legacy-12`. `accepted` is its place in the order of answers: unique,
    the newest highest (`entries.EXCHANGED`). `readers` are who may find it: `office:T01` for every party of an ordinary item,
    `person:T01.3` for each person of one with named addressees; and `question.MACHINES` unless its handling is internal.
    `standings` are one office's view each: `T02:received:pending` (its own review state), `T01:sent:returned` (the sender,
    once for every state that some recipient's copy is in), `T01:received:legacy`. Days are 20261122, by Beijing time.
    What is not known of a document from before is "" or 0: no filter holds for it, and no facet counts it.
    """

    submission: str
    accepted: int
    title: str
    number: str = ""
    filing_number: str = ""
    files: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    office: str
    recipients: tuple[str, ...] = ()
    kind: str
    urgency: str
    date: int
    received: int
    readers: tuple[str, ...]
    standings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Entries to be put in place of what stands under their ids, ids to be taken out, and how far the ledger is then covered."""

    entries: tuple[Entry, ...]
    gone: tuple[str, ...]
    upto: int
