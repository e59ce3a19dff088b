"""What the pages show of a handling slip 文件处理笺: its entries, and a form for each entry that this person may write now."""

import secrets
from typing import Final, NamedTuple

from archive.ledger.database import Tx
from exchange.delivery import slip as slips
from exchange.delivery import store as deliveries
from exchange.delivery.answers import SlipEntry
from exchange.delivery.states import MAX_REASON, Action, Review
from exchange.office.store import Person
from schemas.problems import Problem
from schemas.words import Event, Label

PHRASES: Final[dict[Action, tuple[Label, ...]]] = {
    Action.PROPOSE: (
        Label("请…阅示", "For … to read and decide"),
        Label("拟请…阅处", "For … to read and handle"),
        Label("拟请…牵头办理，于…前报结果", "For … to lead on, and to report by …"),
        Label("拟存档备查", "To be filed for reference"),
    ),
    Action.INSTRUCT: (
        Label("阅", "Read"),
        Label("同意拟办意见", "The proposal is agreed to"),
        Label("请…阅处", "… is to read and handle it"),
        Label("请…牵头研究，于…前提出意见", "… is to look into it and to advise by …"),
    ),
    Action.CONCLUDE: (
        Label("已办结", "Done"),
        Label("已答复来文单位", "The sender was answered"),
        Label("已转…办理", "Passed on to …"),
        Label("已阅存", "Read and kept"),
    ),
}
"""What is written most often, to be taken with a press; … stands for what the person adds."""


class Form(NamedTuple):
    """The form of one entry: `event` is what the person signs that they bring about, `once` keeps it from being written twice."""

    action: Action
    event: Event
    phrases: tuple[Label, ...]
    once: str


class Shown(NamedTuple):
    """A slip on a page; `version` is the delivery's that was shown with it."""

    submission: str
    version: int
    entries: tuple[SlipEntry, ...]
    forms: tuple[Form, ...]
    most: int = MAX_REASON

    def of(self, event: str) -> list[SlipEntry]:
        """Return the entries of one kind, as the paper form has a field for each."""
        return [entry for entry in self.entries if entry.event == event]


def shown(tx: Tx, caller: Person, submission: str) -> Shown | None:
    """Return the slip of the caller's own delivery; None where there is none that they may read."""
    try:
        received = deliveries.received(tx, caller, submission)
        slip = slips.slip(tx, caller, submission)
    except Problem:
        return None
    if received.review is not Review.SIGNED_FOR and not slip.entries:
        return None
    forms = (Form(action, slips.WRITTEN[action], PHRASES[action], secrets.token_hex(16)) for action in slip.actions)
    return Shown(submission, received.version, slip.entries, tuple(forms))
