"""One item 件: its elements, where its copies stand, what happened, its documents and its receipts, as far as the caller may see them."""

from datetime import datetime
from typing import Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.correction.same_number import Reuse
from exchange.delivery import describing, sender, store
from exchange.delivery.answers import Occurrence, ReceivedNow, Status
from exchange.delivery.api import submission_id
from exchange.delivery.describing import Described
from exchange.delivery.states import SENDERS, Review
from exchange.office import naming
from exchange.office.contacts import Contact, contacts, duty_desks
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.service import SERVICE
from exchange.staff import leaving
from exchange.supervision import urging
from exchange.supervision.urging import Said
from exchange.web.correction import beside
from exchange.web.directions.part import Sending, sending
from exchange.web.inbox import slip_part
from exchange.web.inbox.preview import way
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.supervision import telling
from exchange.web.township.standing import standing, tone
from schemas.problems import Problem
from schemas.words import COUNTY, Event, Label, Urgency

PATH: Final = "/items/{submission:[0-9a-f]{64}}"


class Returned(NamedTuple):
    """Why one copy was returned, who did that, and when."""

    reason: str
    who: str
    at: str


class Item(NamedTuple):
    """What stands on the page. `mine` is the own office's copy; `related` are items that the caller may see, by how they belong here."""

    status: Status
    described: Described | None
    mine: ReceivedNow | None
    related: dict[str, str]
    offices: dict[str, str]
    people: dict[str, str]
    contact: Contact | None
    duty_desks: dict[str, str]
    slip: slip_part.Shown | None
    sending: Sending | None
    said: dict[str, Said]

    def returns(self) -> list[Returned]:
        """Return why copies were returned, and by whom: all to the sender, its own to a recipient."""
        found = []
        for copy in self.status.deliveries:
            if copy.reason and copy.review is Review.RETURNED:
                moves = [each for each in self.status.events if (each.event, each.recipient) == (Event.CONSIGNMENT_REJECTION, copy.office)]
                who = self.who(moves[-1]) if moves else self.offices.get(copy.office, copy.office)
                found.append(Returned(copy.reason, who, copy.changed_at))
        return found

    def who(self, event: Occurrence) -> str:
        """Return who did it, as a person reads it: the office and the name."""
        if event.by is None:
            return "" if event.recipient is None else self.offices.get(event.recipient, event.recipient)
        office = event.by.rpartition(".")[0]
        return f"{self.offices.get(office, office)} {self.people.get(event.by, event.by)}"


async def item(request: web.Request) -> web.Response:
    """GET /items/{id}. Raises Problem NOT_FOUND, also for what the caller may not see."""
    person = request[CALLER]
    database = request.app[SERVICE].database
    shown = await database.read(_item, person, submission_id(request), request.app[SERVICE].watch.now())
    around = await database.read(beside.gathered, person, submission_id(request))
    status = shown.status
    acts = sender.may_act(person, status.from_, sealed=status.sealed)
    returned = any(copy.review is Review.RETURNED for copy in status.deliveries)
    return request.app[DESK].render(
        request,
        "item.html",
        shown=shown,
        one=status,
        message=None if shown.described is None else shown.described.message,
        readable=shown.described is not None and shown.described.readable,
        own=person.office in (status.from_, *status.joint),
        sends=sender.is_sender(person, status.from_),
        acts=acts,
        sending=shown.sending,
        correct=returned and sender.is_sender(person, status.from_) and status.replaced_by is None and not status.sealed,
        happened=telling.lines(status.events, person.office, shown.offices, shown.who, shown.said),
        chain=around.versions,
        same=around.same,
        uses=list(Reuse),
        may_say=sender.is_sender(person, status.from_) and person.role in SENDERS,
        redirected=around.redirected,
        may_redirect=acts,
        choices=await database.read(naming.today) if around.redirected else {},
        standing=standing,
        tone=tone,
        way=way,
    )


def _item(tx: Tx, person: Person, submission: str, now: datetime) -> Item:
    status = store.status(tx, person, submission)
    found = describing.described(tx, person, submission)
    message = None if found is None else found.message
    related = {"replaces": status.replaces, "replaced_by": status.replaced_by, "in_reply_to": message.in_reply_to if message else None}
    people = {event.by for event in status.events if event.by is not None} | {status.sent_by}
    codes = {status.from_, *status.joint} | {copy.office for copy in status.deliveries} | {each.rpartition(".")[0] for each in people}
    codes |= {event.recipient for event in status.events if event.recipient is not None}
    codes |= {*message.to, *message.cc} if message else set()
    return Item(
        status,
        found,
        _mine(tx, person, submission),
        {name: seen for name, wanted in related.items() if (seen := describing.visible(tx, person, wanted))},
        naming.offices(tx, codes, status.accepted_at),  # a paper keeps the name of its time
        naming.people(tx, people),
        next(iter(contacts(tx, COUNTY)), None) if status.sealed else None,
        duty_desks(tx, _waited_for(status)) if sender.is_sender(person, status.from_) and not status.sealed else {},
        slip_part.shown(tx, person, submission),
        sending(tx, person, status, now),
        urging.said(tx, person, submission) | leaving.noted(tx, submission),
    )


def _waited_for(status: Status) -> list[str]:
    """Return the offices that are to sign for something urgent and have not: they may be called."""
    return [] if status.urgency is Urgency.NORMAL else [copy.office for copy in status.deliveries if copy.review is Review.PENDING]


def _mine(tx: Tx, person: Person, submission: str) -> ReceivedNow | None:
    try:
        return store.received(tx, person, submission)
    except Problem:
        return None  # sent and not received, or sealed


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [Page(id="item", path=PATH, handler=item, text=Label("件", "one item"))]
