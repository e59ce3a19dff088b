"""The way out: a clerk chooses documents, confirms what was read off them, sees what is signed, and sends it."""

import hashlib
import json
import re
from typing import Annotated, Any, Final

from aiohttp import hdrs, web
from msgspec import Meta, Struct

from archive.ledger.database import Tx
from exchange.delivery import describing, numbered, store
from exchange.delivery.answers import Status
from exchange.delivery.describing import Described
from exchange.delivery.states import Review
from exchange.forms import store as forms
from exchange.office import naming
from exchange.office.contacts import contacts
from exchange.office.session import CALLER, bounded_body, require_json
from exchange.office.store import Person
from exchange.operation import JSON
from exchange.policy import patterns
from exchange.policy.labels import PLACES, RULES
from exchange.representation import Tags
from exchange.service import SERVICE
from exchange.web.entering.ceremonies import for_scripts
from exchange.web.pages import STAFF, Page
from exchange.web.rendering import DESK, day, language_of
from exchange.web.texts import CHINESE
from exchange.web.township import prefill
from schemas.messages import Digest, Submission, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, NUMBER, STATUTORY, DocumentRole, Handling, Kind, Label, Origin, Role, Urgency, Word

_ID: Final = re.compile("[0-9a-f]{64}")
_UNCHANGED: Final = 304
SENDERS: Final = STAFF - {Role.AUDITOR}
TOLD: Final = (ProblemType.SECRECY_MARK, ProblemType.CLASSIFIED_DECLARED, ProblemType.SECRECY_REVIEW_NEEDED, ProblemType.SIGNED_OUT)
"""Refusals that the page itself may come to; it says them in the words of the county."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A number 发文字号 that a clerk has typed, and the item that is about to be replaced, if any."""

    number: Annotated[str, Meta(max_length=100)]
    replaces: Digest | None = None


async def submit_page(request: web.Request) -> web.Response:
    """GET /submit, ?replaces=ID or ?answers=ID. Raises Problem NOT_FOUND for an item that is not the caller's to see."""
    person, service = request[CALLER], request.app[SERVICE]
    given = await service.database.read(_given, person, _id(request, "replaces"), _id(request, "answers"))
    told = (
        words(chinese=language_of(request) == CHINESE)
        | given
        | {"office": person.office, "officeName": person.office_name, "name": person.name}
    )
    kinds = [[kind for kind in Kind if kind in STATUTORY], [kind for kind in Kind if kind not in STATUTORY]]
    return request.app[DESK].render(
        request, "submit.html", told=told_to_page(told), kinds=kinds, urgencies=list(Urgency), handlings=list(Handling), given=given
    )


async def patterns_page(request: web.Request) -> web.Response:
    """GET /submit/patterns: the county's rules as the judge in the browser takes them; the tag is their digest."""
    body = patterns.published(request.app[SERVICE].policy)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: "private, no-cache"}
    known = Tags.read(request, hdrs.IF_NONE_MATCH)
    if known is not None and known.hold_weakly(tag):
        return web.Response(status=_UNCHANGED, headers=headers)
    response = web.Response(body=body, content_type=JSON, headers=headers)
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        response.enable_compression(web.ContentCoding.gzip)
    return response


async def number_used(request: web.Request) -> web.Response:
    """POST /submit/number: what the own office has sent under a number, which is in the body: addresses are written down in many places.

    Raises Problem REQUEST_MALFORMED.
    """
    body = await bounded_body(request)
    require_json(request)
    asked = decode(body, Asked, ProblemType.REQUEST_MALFORMED)
    found = await request.app[SERVICE].database.read(numbered.sent_as, request[CALLER], asked.number, asked.replaces)
    return web.json_response({"items": [_sent_before(status) for status in found]})


def _sent_before(status: Status) -> dict[str, Any]:
    returned = any(copy.review is Review.RETURNED for copy in status.deliveries)
    return {"submission": status.submission, "title": status.title, "day": day(status.accepted_at), "returned": returned}


def _id(request: web.Request, name: str) -> str | None:
    """Return a submission's id of the query. Raises Problem NOT_FOUND."""
    text = request.query.get(name)
    if text is not None and not _ID.fullmatch(text):
        raise Problem(ProblemType.NOT_FOUND)
    return text


def _given(tx: Tx, person: Person, replaces: str | None, answers: str | None) -> dict[str, Any]:
    """Return what the page starts from: whom to call, and what an earlier item said. Raises Problem NOT_FOUND."""
    nothing = {"replaces": None, "answers": None, "fields": None}
    given: dict[str, Any] = nothing | {
        "contacts": whom_to_call(tx, person),
        "county": {"code": COUNTY, "name": naming.offices(tx, [COUNTY]).get(COUNTY, COUNTY)},
    }
    if replaces is not None:
        own = _own(tx, person, replaces)
        message = own.message
        reasons = _reasons(tx, person, replaces)
        given["replaces"] = {"submission": replaces, "title": message.title, "version": message.version, "reasons": reasons}
        given["fields"] = _fields(message, naming.offices(tx, [*message.to, *message.cc, *message.joint]), readable=own.readable)
    if answers is not None:
        status = store.status(tx, person, answers)
        given["answers"] = {"submission": answers, "title": status.title}
        given["fields"] = given["fields"] or {"to": _named([status.from_], naming.offices(tx, [status.from_])), "cc": []}
        if forms.asks_for_report(tx, answers):
            given["fields"] = {"kind": Kind.STATISTICS.value} | given["fields"]
    return given


def whom_to_call(tx: Tx, person: Person) -> list[dict[str, str]]:
    """Return the confidentiality officers of one's own office and of the county."""
    return [
        {"code": each.office, "office": each.office_name, "name": each.name, "phone": each.phone} for each in contacts(tx, person.office)
    ]


def _reasons(tx: Tx, person: Person, submission: str) -> list[dict[str, str]]:
    """Return why recipients returned what the caller's own office sent."""
    copies = store.deliveries(tx, person, submission)
    returned = {each.office: each.reason for each in copies if each.reason and each.review is Review.RETURNED}
    names = naming.offices(tx, list(returned))
    return [{"office": names.get(office, office), "reason": reason} for office, reason in returned.items()]


def _own(tx: Tx, person: Person, submission: str) -> Described:
    """Return what the caller's own office wrote about a submission. Raises Problem NOT_FOUND for another's."""
    described = describing.described(tx, person, submission)
    if described is None or described.message.from_ != person.office:
        raise Problem(ProblemType.NOT_FOUND)
    return described


def _fields(message: Submission, names: dict[str, str], *, readable: bool) -> dict[str, Any]:
    """Return what the form is filled with; notes are a part of the content, which administrators do not get."""
    return {
        "to": _named(message.to, names),
        "cc": _named(message.cc, names),
        "joint": _named(message.joint, names),
        "kind": message.kind.value,
        "number": message.number or "",
        "title": message.title,
        "date_issued": message.date_issued,
        "signatory": message.signatory or "",
        "urgency": message.urgency.value,
        "handling": message.handling.value,
        "notes": (message.notes or "") if readable else "",
    }


def _named(codes: list[str], names: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": names.get(code, code)} for code in codes]


def words(*, chinese: bool) -> dict[str, Any]:
    """Return the county's own words for rules, places, roles and refusals, in one language."""

    def said(label: Label | Word) -> str:
        return label.zh if chinese else label.en

    problems = {kind.type: {"title": said(kind.title), "advice": said(kind.advice)} for kind in TOLD}
    return {
        "rules": {rule: said(label) for rule, label in RULES.items()},
        "places": {place: said(label) for place, label in PLACES.items()},
        "roles": {role.value: said(role) for role in DocumentRole},
        "origins": {origin.value: said(origin) for origin in Origin},
        "number": patterns.translated(NUMBER.pattern),
        "statutory": [kind.value for kind in Kind if kind in STATUTORY],
        "problems": problems,
    }


def told_to_page(told: dict[str, Any]) -> str:
    """Return what scripts are told, fit to stand within a page."""
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")


def pages() -> list[Page]:
    """Return the pages of this room."""
    return [
        Page(id="submit_page", path="/submit", handler=submit_page, text=Label("报送公文", "submit"), roles=SENDERS),
        Page(id="submit_patterns", path="/submit/patterns", handler=patterns_page, text=Label("检查规则", "rules"), roles=STAFF),
        Page(
            id="number_used",
            path="/submit/number",
            handler=for_scripts(number_used),
            text=Label("文号是否用过", "is a number used"),
            method="POST",
            roles=SENDERS,
        ),
        *prefill.pages(),
    ]
