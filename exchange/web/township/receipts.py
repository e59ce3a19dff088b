"""A receipt 回执 as a person reads and prints it: what it proves in plain words, the proof to take away, a code that leads back."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import segno
from aiohttp import hdrs, web
from yarl import URL

from archive.ledger.database import Tx
from exchange.delivery import store
from exchange.delivery.answers import Status
from exchange.delivery.api import submission_id
from exchange.office import naming
from exchange.office.session import CALLER
from exchange.office.store import Person
from exchange.paper.printing import Print
from exchange.representation import encode
from exchange.service import SERVICE
from exchange.web.pages import Page
from exchange.web.rendering import DESK
from exchange.web.township import items
from schemas.messages import Envelope, Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Event, Label

PATH: Final = f"{items.PATH}/receipts/{{evidence:[0-9a-f]{{32}}}}"
PARTS: Final = {
    "receipt.json": ("receipt", "application/json"),
    "receipt.p7s": ("signature", "application/pkcs7-signature"),
    "receipt.tsr": ("timestamp", "application/timestamp-reply"),
    "receipt.tlog-proof": ("proof", "text/plain"),
    "statement.json": ("statement", "application/json"),
    "statement.p7s": ("statement_signature", "application/pkcs7-signature"),
}
"""What a receipt consists of: a member of its envelope and a media type for each file; a statement where a person signed one."""
WHOLE: Final = "envelope.json"

PROVES: Final[dict[Event, Label]] = {
    Event.SUBMISSION_ACCEPTANCE: Label(
        "本系统于上述时间完整收到并接收了{sender}报送的这一件。此后内容如有任何改动，凭本回执都能发现。",
        "The county's system received this item from {sender} in full and accepted it at the time above. Any later change of its"
        " content can be found out with this receipt.",
    ),
    Event.CONTENT_CONSIGNMENT: Label("本件于上述时间送达{recipient}。", "The item reached {recipient} at the time above."),
    Event.CONTENT_HANDOVER: Label(
        "{recipient}的工作人员于上述时间首次阅看了本件。",
        "A person of {recipient} read the item for the first time at the time above.",
    ),
    Event.CONSIGNMENT_ACCEPTANCE: Label("{recipient}于上述时间签收了本件。", "{recipient} signed for the item at the time above."),
    Event.CONSIGNMENT_REJECTION: Label(
        "{recipient}于上述时间将本件退回补正。退回原因见系统中的这一件。",
        "{recipient} returned the item for correction at the time above. The reason stands with the item in the system.",
    ),
    Event.NOTIFICATION_FOR_ACCEPTANCE: Label(
        "{sender}于上述时间就本件向{recipient}催办签收。",
        "{sender} urged {recipient} at the time above to sign for the item.",
    ),
    Event.ACCEPTANCE_REJECTION_EXPIRY: Label(
        "至上述时间，{recipient}的签收期限已过，本件尚未签收，也未退回。此后仍可签收。",
        "At the time above the limit of {recipient} for signing had passed; the item was neither signed for nor returned. It can still be"
        " signed for.",
    ),
    Event.MISDIRECTION: Label(
        "{recipient}于上述时间表示本件不属其办理，误投退回；其后不能再查看本件内容。",
        "{recipient} said at the time above that the item was not meant for it; it can no longer read the content.",
    ),
    Event.SUPPLEMENTARY_DELIVERY: Label(
        "{sender}于上述时间将本件补发给{recipient}。", "{sender} delivered the item to {recipient} as well at the time above."
    ),
    Event.RECALL_REQUEST: Label(
        "{sender}于上述时间向{recipient}申请撤回本件。", "{sender} asked {recipient} at the time above to give the item back."
    ),
    Event.RECALL_REFUSAL: Label(
        "{recipient}于上述时间表示不同意撤回本件。", "{recipient} refused at the time above to give the item back."
    ),
    Event.WITHDRAWAL: Label(
        "{sender}发给{recipient}的这一件于上述时间撤回，{recipient}不能再查看本件内容。",
        "What {sender} had sent to {recipient} was withdrawn at the time above; {recipient} can no longer read the content.",
    ),
    Event.DEADLINE_EXTENSION: Label(
        "{sender}于上述时间就本件给予{recipient}延期。", "{sender} gave {recipient} more time for the item at the time above."
    ),
    Event.FORM_ANSWER: Label("{recipient}于上述时间就本件填报了回执单。", "{recipient} answered the item's reply form at the time above."),
    Event.FORM_CLOSURE: Label(
        "{sender}于上述时间停止按月收取本件的回执单；此后各月不再填报。",
        "{sender} closed the item's monthly reply form at the time above; later months are not asked for.",
    ),
    Event.PRINTING: Label("{recipient}于上述时间打印了本件。", "{recipient} printed the item at the time above."),
    Event.RELAY_TO_NON_ERDS: Label(
        "{sender}于上述时间登记本件以纸质发出。", "{sender} registered at the time above that the item was sent on paper."
    ),
    Event.RECEIVED_FROM_NON_ERDS: Label(
        "本件于上述时间登记为纸质收到。", "It was registered at the time above that the item was received on paper."
    ),
    Event.PROPOSAL: Label(
        "{recipient}的工作人员于上述时间在本单位文件处理笺上写了拟办意见。",
        "A person of {recipient} wrote a proposed action on the office's handling slip at the time above.",
    ),
    Event.INSTRUCTION: Label(
        "{recipient}的领导于上述时间在本单位文件处理笺上作了批示。",
        "A leader of {recipient} wrote an instruction on the office's handling slip at the time above.",
    ),
    Event.CONCLUSION: Label(
        "{recipient}的工作人员于上述时间在本单位文件处理笺上写了办理结果。",
        "A person of {recipient} wrote the result of handling on the office's handling slip at the time above.",
    ),
    Event.INSPECTION_COMPLETION: Label("本件各页于上述时间全部检查完毕。", "All pages of the item had been inspected at the time above."),
    Event.SEALING: Label(
        "本件于上述时间封存，各单位均不能再查看。", "The item was sealed at the time above; no office can read it any more."
    ),
    Event.SEAL_RELEASE: Label("本件于上述时间解除封存。", "The item was released from its seal at the time above."),
    Event.DESTRUCTION: Label(
        "本件内容于上述时间销毁，只保留回执。", "The content of the item was destroyed at the time above; its receipts remain."
    ),
}
"""What each receipt says, for whoever holds the paper in their hands."""


class Shown(NamedTuple):
    """A receipt with what is needed around it."""

    status: Status
    envelope: Envelope
    receipt: Receipt
    offices: dict[str, str]
    people: dict[str, str]

    @property
    def event(self) -> Event:
        """What it is a receipt of."""
        return Event(self.receipt.event)

    @property
    def heading(self) -> Label:
        """What stands at its head: what happened, and that this is a receipt of it."""
        event = self.event
        return Label(event.zh if event.zh.endswith("回执") else f"{event.zh}回执", f"Receipt: {event.en}")

    @property
    def digest(self) -> str:
        """The SHA-256 of its exact bytes: whoever knows it holds the receipt."""
        return hashlib.sha256(self.envelope.receipt).hexdigest()

    @property
    def proves(self) -> Label:
        """What it says in plain words, with places for `sender` and `recipient`."""
        return PROVES.get(self.event, Label(self.event.zh, self.event.en))


async def receipt(request: web.Request) -> web.Response:
    """GET /items/{id}/receipts/{evidence}: a receipt as it will lie on paper. Raises Problem NOT_FOUND."""
    return await page(request)


async def page(request: web.Request, printed: Print | None = None, numbers: Sequence[int] = (), copy: int = 0) -> web.Response:
    """Return a receipt's page; of a print that was recorded one copy, among the numbers of all (`exchange/web/paper/receipts.py`)."""
    shown = await _shown(request)
    address = str(_base(request) / "verify" / shown.status.submission / shown.digest)
    by = shown.receipt.by
    return request.app[DESK].render(
        request,
        "receipt.html",
        printed=printed,
        numbers=numbers,
        copy=copy,
        shown=shown,
        receipt=shown.receipt,
        one=shown.status,
        address=address,
        code=picture(address),
        parts=[*(name for name, (member, _) in PARTS.items() if getattr(shown.envelope, member)), WHOLE],
        by="" if by is None else f"{shown.offices[by.rpartition('.')[0]]} {shown.people.get(by, by)}",
    )


async def part(request: web.Request) -> web.Response:
    """GET /items/{id}/receipts/{evidence}/{part}: one file of the receipt, or the envelope with all. Raises Problem NOT_FOUND."""
    shown, name = await _shown(request), request.match_info["part"]
    if name == WHOLE:
        body, media_type = encode(shown.envelope), "application/json"
    else:
        member, media_type = PARTS[name]
        body = getattr(shown.envelope, member)
        if not body:
            raise Problem(ProblemType.NOT_FOUND)
    stem = f"{shown.status.filing_number}-{shown.receipt.evidence_id[:8]}"
    saved = f'attachment; filename="{stem}-{name}"'
    return web.Response(body=body, content_type=media_type, headers={hdrs.CONTENT_DISPOSITION: saved})


def picture(address: str) -> str:
    """Return the code of an address as an address of its own: SVG, black on white in the dark as well."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


def _base(request: web.Request) -> URL:
    """Return where the county is found: as its settings say, else as it was asked."""
    told = request.app[SERVICE].county.settings.url
    return URL(told) if told else request.url.origin()


async def _shown(request: web.Request) -> Shown:
    return await request.app[SERVICE].database.read(_read, request[CALLER], submission_id(request), request.match_info["evidence"])


def _read(tx: Tx, person: Person, submission: str, evidence: str) -> Shown:
    status = store.status(tx, person, submission)
    for envelope in store.receipts_of(tx, person, submission):
        receipt = decode(envelope.receipt, Receipt, ProblemType.LEDGER_DAMAGED)
        if receipt.evidence_id == evidence:
            by = {receipt.by} if receipt.by else set()
            codes = {status.from_, *status.joint, receipt.office, receipt.recipient, *(each.rpartition(".")[0] for each in by)}
            return Shown(status, envelope, receipt, naming.offices(tx, filter(None, codes), receipt.at), naming.people(tx, by))
    raise Problem(ProblemType.NOT_FOUND)


def pages() -> list[Page]:
    """Return the pages of this room."""
    names = "|".join(map(re.escape, (*PARTS, WHOLE)))
    return [
        Page(id="receipt", path=PATH, handler=receipt, text=Label("回执", "receipt")),
        Page(id="receipt_part", path=f"{PATH}/{{part:{names}}}", handler=part, text=Label("回执文件", "file of a receipt")),
    ]
