"""Enrolment: a one-time code and a certificate request become a person's certificate; the subject comes from the registry."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from archive.ledger.database import Tx
from exchange.county import PERSON_DAYS, County
from exchange.office import store, taking_back
from exchange.office.answers import Enrolled
from exchange.office.session import bounded_body, require_json
from exchange.office.store import Issued
from exchange.operation import JSON, Body, Operation
from exchange.representation import answer
from exchange.service import SERVICE
from keys import trust
from keys.authority import Subject, read_request
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_SELECTOR: Final = 4
_LENGTH: Final = 10
_ALIKE: Final = str.maketrans("ILO", "110")


class Invitation(NamedTuple):
    """A code as it is handed over on paper: the first four characters name it, the last six are secret."""

    code: str

    @property
    def selector(self) -> str:
        """The part that names the invitation."""
        return self.code[:_SELECTOR]

    @property
    def digest(self) -> str:
        """What the ledger keeps. Five tries stand between 30 secret bits and a guesser, so a plain digest is enough."""
        return hashlib.sha256(f"yizhan enrolment code {self.code}".encode()).hexdigest()

    @property
    def shown(self) -> str:
        """The code as a person reads it."""
        return f"{self.code[:5]}-{self.code[5:]}"

    @classmethod
    def parse(cls, text: str) -> "Invitation":
        """Read what a person typed: any case, spaces and dashes, I L O taken for 1 1 0. Raises Problem CODE_WRONG."""
        code = _typed(text)
        if len(code) != _LENGTH or set(code) - set(ALPHABET):
            raise Problem(ProblemType.CODE_WRONG)
        return cls(code)


def _typed(text: str) -> str:
    return "".join(text.upper().split()).replace("-", "").translate(_ALIKE)


def selector_of(text: str) -> str:
    """Return the part that names a code, of the whole of it or of that part alone, as a person typed it. Raises Problem CODE_WRONG."""
    typed = _typed(text)
    if len(typed) not in (_SELECTOR, _LENGTH) or set(typed) - set(ALPHABET):
        raise Problem(ProblemType.CODE_WRONG)
    return typed[:_SELECTOR]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of an enrolment: the code and a PKCS#10 request, base64 of DER."""

    code: str
    csr: str


def invite(tx: Tx, person: str, now: datetime, life: timedelta = store.INVITATION_LIFE) -> Invitation:
    """Make an invitation for a registered person; it works once, for 24 hours, and ends those before it that nobody has used."""
    while True:
        invitation = Invitation("".join(secrets.choice(ALPHABET) for _ in range(_LENGTH)))
        if tx.row("SELECT 1 AS found FROM invitation WHERE selector = :selector", selector=invitation.selector) is None:
            store.add_invitation(tx, person, invitation.selector, invitation.digest, now, life)
            taking_back.end_unused(tx, person, now, followed_by=invitation.selector)
            return invitation


def _try(tx: Tx, invitation: Invitation, now: datetime) -> str | None:
    person = store.try_invitation(tx, invitation.selector, invitation.digest, now)
    if person is None and taking_back.is_withdrawn(tx, invitation.selector, invitation.digest):
        raise Problem(ProblemType.CODE_WITHDRAWN)  # it was the right code, so no try was counted
    return person


def _certify(tx: Tx, county: County, invitation: Invitation, person_id: str, public_key: ec.EllipticCurvePublicKey, now: datetime) -> bytes:
    """Issue, keep and record the certificate and use up the code, in one transaction; returns DER.

    Whoever lost the answer may ask again with the same code and the same key, and gets the same certificate; another key
    is refused with CODE_WRONG. Raises Problem CODE_WITHDRAWN for a code that was taken back while this was under way.
    """
    taking_back.require_in_force(tx, invitation.selector)
    try:
        holder = store.person(tx, person_id)
    except Problem as problem:  # one who has left since
        raise Problem(ProblemType.CODE_WRONG) from problem
    before = store.used_invitation(tx, invitation.selector)
    if before is not None:
        if x509.load_der_x509_certificate(before).public_key() != public_key:
            raise Problem(ProblemType.CODE_WRONG)
        return before
    subject = Subject(name=holder.name, office=holder.office, office_name=holder.office_name, person=holder.id)
    ends = store.temporary_until(tx, invitation.selector)
    days = PERSON_DAYS if ends is None else (ends - now) / timedelta(days=1)
    made = county.issuer.issue(subject, public_key, trust.Purpose.SUBMISSION, now, days)
    der = made.public_bytes(Encoding.DER)
    issued = Issued(der, trust.fingerprint(made), f"{made.serial_number:x}", made.not_valid_after_utc)
    store.add_certificate(tx, county.notary, holder, issued, now)
    store.use_invitation(tx, invitation.selector, issued.sha256, now)
    return der


async def enrol(request: web.Request) -> web.Response:
    """POST /api/v1/enrolments. A wrong try is counted in a transaction of its own, before the answer."""
    service, address = request.app[SERVICE], request.remote or ""
    service.guesses.require(address, service.watch.clock.elapsed())
    body = await bounded_body(request)
    require_json(request)
    asked = decode(body, Request, ProblemType.REQUEST_MALFORMED)
    invitation = Invitation.parse(asked.code)
    try:
        public_key = read_request(base64.b64decode(asked.csr, validate=True))
    except ValueError as error:
        raise Problem(ProblemType.CSR_MALFORMED) from error
    now = service.watch.signing_now()
    person = await service.database.write(_try, invitation, now)
    if person is None:
        service.guesses.spend(address, service.watch.clock.elapsed())
        service.counters["enrolment refused"] += 1
        raise Problem(ProblemType.CODE_WRONG)
    der = await service.sign(_certify, service.county, invitation, person, public_key, now)
    holder = await service.database.read(store.person, person)
    return answer(
        Enrolled(
            certificate=der,
            issuing=service.county.issuer.certificate.public_bytes(Encoding.DER),
            office=holder.office,
            office_name=holder.office_name,
            person=holder.id,
            name=holder.name,
            role=holder.role,
            county=service.county.settings.name,
            log=service.county.notary.log.verifier,
        ),
        status=201,
    )


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="enrol",
            method="POST",
            path="/api/v1/enrolments",
            handler=enrol,
            text=Label("凭注册码领取证书", "bring a one-time code and a certificate request, get a certificate"),
            more=Label(
                "私钥在本机生成、不出本机；姓名、单位、角色以县端登记为准。丢了答复可用同一注册码和同一密钥再要一次。",
                "The key is made and stays where the person is; name, office and role are the register's. Whoever lost the answer"
                " asks again with the same code and the same key.",
            ),
            tag="enrolment",
            security="none",
            body=Body(JSON, Request, example={"code": "K7MQ2-9TX4B", "csr": "MIHSMHoCAQAwGDEWMBQGA1UEAwwNeWl6aGFu"}),
            answers={201: Body(JSON, Enrolled)},
            problems=(
                ProblemType.CODE_WRONG,
                ProblemType.CODE_WITHDRAWN,
                ProblemType.CSR_MALFORMED,
                ProblemType.NAME_NOT_ALLOWED,
                ProblemType.MEDIA_TYPE_UNSUPPORTED,
                ProblemType.BODY_TOO_LARGE,
                ProblemType.BODY_TOO_SLOW,
                ProblemType.TOO_MANY_REQUESTS,
                ProblemType.SIGNING_STOPPED,
            ),
        )
    ]
