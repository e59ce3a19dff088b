"""What the index knows of one submission; it can be made anew from ledger rows and kept text at any time."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One submission for the index. Texts are as written, not folded: folding is the index's own, versioned business.

    `accepted` is the ledger sequence of its acceptance: unique, growing, the order of answers. `readers` are who may find
    it: `office:T01` for every party of an ordinary item, `person:T01.3` for each person of one with named addressees; and
    `question.MACHINES` unless its handling is internal.
    `standings` are one office's view each: `T02:received:pending` (its own review state), `T01:sent:returned` (the sender,
    once for every state that some recipient's copy is in). Days are 20261122, by Beijing time.
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
