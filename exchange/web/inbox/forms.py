"""What the inbox's forms send: URL-encoded, small, kept in memory."""

import base64
import hashlib
import re
from typing import Final

from aiohttp import web
from multidict import MultiDict

from exchange.idempotency import Once
from schemas.problems import Problem, ProblemType

ENCODED: Final = "application/x-www-form-urlencoded"
_KEY: Final = re.compile("[0-9a-f]{32}")
_ITEM: Final = re.compile("([0-9a-f]{64}):([1-9][0-9]{0,8})")


async def form(request: web.Request) -> MultiDict[str]:
    """Return the fields of a form. Raises Problem REQUEST_MALFORMED for any other kind of body: files would be put on the disk."""
    if request.content_type != ENCODED and request.body_exists and request.content_length != 0:
        raise Problem(ProblemType.REQUEST_MALFORMED, "form")
    return MultiDict((name, value) for name, value in (await request.post()).items() if isinstance(value, str))


def version(text: str) -> int | None:
    """Return the version that a form was shown with, None without one. Raises Problem REQUEST_MALFORMED."""
    if not text:
        return None
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise Problem(ProblemType.REQUEST_MALFORMED, "version")
    return int(text)


def once(person: str, key: str, *asked: str) -> Once | None:
    """Return the key that a form was shown with, bound to what it asks for; None without one. Raises Problem REQUEST_MALFORMED."""
    if not key:
        return None
    if not _KEY.fullmatch(key):
        raise Problem(ProblemType.REQUEST_MALFORMED, "once")
    return Once(key, hashlib.sha256("\n".join((person, *asked)).encode("utf-8", "surrogateescape")).hexdigest())


def said(given: MultiDict[str]) -> tuple[bytes, bytes]:
    """Return what the person signed of the act in a browser that holds their key, empty where nothing was. Raises REQUEST_MALFORMED."""
    return decoded(given.get("statement", ""), "statement"), decoded(given.get("signature", ""), "signature")


def item(text: str) -> tuple[str, int]:
    """Return the submission and the version that a row was shown with. Raises Problem REQUEST_MALFORMED."""
    found = _ITEM.fullmatch(text)
    if found is None:
        raise Problem(ProblemType.REQUEST_MALFORMED, "items")
    return found[1], int(found[2])


def decoded(text: str, name: str) -> bytes:
    """Return the bytes that a field holds as base64. Raises Problem REQUEST_MALFORMED with the field's name."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, name) from error


def is_piece(request: web.Request) -> bool:
    """Say whether a script asked for a piece of the page; what it asks for to restore the history is a whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"
