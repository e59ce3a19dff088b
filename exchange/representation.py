"""What is shown of a thing at one moment: its bytes, their tag, and the conditions that a caller may put on either (RFC 9110)."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import hdrs, web

from exchange.operation import JSON, Parameter
from schemas.messages import Envelope, canonical
from schemas.problems import Problem, ProblemType
from schemas.words import Label

_TAGS: Final = r'(?:W/)?"[^\x00-\x20"\x7f]*"'
_LIST: Final = re.compile(rf"[ \t,]*(?:{_TAGS}[ \t]*(?:,[ \t,]*|$))+")
_TAG: Final = re.compile(_TAGS)
_UNCHANGED: Final = 304
_ETAG_SCHEMA: Final = {"type": "string", "minLength": 1, "maxLength": 2000, "pattern": r'^(\*|"[!#-~]*")$'}

IF_MATCH: Final = Parameter(
    "If-Match",
    "header",
    Label("仅当仍是这一版（ETag）时才执行，否则 412", "act only while this is still the version (ETag), else 412"),
    _ETAG_SCHEMA,
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match",
    "header",
    Label("若仍是这一版（ETag）则答 304，不带内容", "304 without content while this is still the version"),
    _ETAG_SCHEMA,
)
CONDITIONS: Final = (IF_MATCH, IF_NONE_MATCH)


def encode(value: Any) -> bytes:
    """Return the JSON bytes of an answer; a receipt's envelope always has the same ones."""
    return canonical(value) if isinstance(value, Envelope) else msgspec.json.encode(value)


def tag(body: bytes) -> str:
    """Return the strong entity tag of these bytes: nothing else has it."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer(value: Any, status: int = 200) -> web.Response:
    """Return a value as JSON."""
    return web.Response(body=encode(value), status=status, content_type=JSON)


@dataclass(frozen=True)
class Tags:
    """The tags that a condition names; `anything` for `*`."""

    named: frozenset[str]
    anything: bool = False

    @classmethod
    def read(cls, request: web.Request, header: str) -> "Tags | None":
        """Return what a header names, None when it was not sent. Raises Problem REQUEST_MALFORMED."""
        lines = request.headers.getall(header, [])
        if not lines:
            return None
        text = ", ".join(lines).strip(" \t")
        if text == "*":
            return cls(frozenset(), anything=True)
        if not _LIST.fullmatch(text):
            raise Problem(ProblemType.REQUEST_MALFORMED, header)
        return cls(frozenset(_TAG.findall(text)))

    def hold_strongly(self, current: str) -> bool:
        """Say whether the current tag is named; a weak one never is (RFC 9110, 13.1.1)."""
        return self.anything or current in self.named

    def hold_weakly(self, current: str) -> bool:
        """Say whether the current tag is named, weak or strong (RFC 9110, 13.1.2)."""
        return self.anything or current in {each.removeprefix("W/") for each in self.named}


def require(wanted: Tags | None, body: bytes) -> None:
    """Let through what If-Match allows. Raises Problem PRECONDITION_FAILED."""
    if wanted is not None and not wanted.hold_strongly(tag(body)):
        raise Problem(ProblemType.PRECONDITION_FAILED)


def tagged(request: web.Request, value: Any) -> web.Response:
    """Answer with a value and its tag, or 304 when the caller has it. Raises Problem PRECONDITION_FAILED or REQUEST_MALFORMED."""
    wanted, known = Tags.read(request, hdrs.IF_MATCH), Tags.read(request, hdrs.IF_NONE_MATCH)
    body = encode(value)
    headers = {hdrs.ETAG: tag(body)}
    require(wanted, body)
    if known is not None and known.hold_weakly(tag(body)):
        return web.Response(status=_UNCHANGED, headers=headers)
    return web.Response(body=body, content_type=JSON, headers=headers)
