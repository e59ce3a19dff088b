"""Sends letters to a served county and acts on them, signed by the people of `desk_maker`: many at a time, for lists that are long.

one = send(visitor, Letter(sender="T01", title="…"))       # the submission's id
many = send_all(visitor, [Letter(…), …])
act(reviewer, one, "open")
act(reviewer, one, "return", reason="…")
"""

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from desk_maker import NARROW, WIDE, Visitor
from looks_maker import strange_words
from multidict import CIMultiDict
from submission_maker import Letter, pack

from exchange.client.home import open_home
from exchange.request_signature import Message, sign_request
from keys.custody import Signer

_ANY: ssl.SSLContext = ssl._create_unverified_context()  # noqa: S323 - a county of the test's own, on loopback
AT_ONCE = 8


def signer_of(visitor: Visitor) -> Signer:
    """Return what a person signs with."""
    assert visitor.home is not None
    return open_home(visitor.home.home).signer


def send(visitor: Visitor, letter: Letter) -> str:
    """Send one letter; returns its id."""
    return send_all(visitor, [letter])[0]


def send_all(visitor: Visitor, letters: Sequence[Letter]) -> list[str]:
    """Send letters, several at a time; returns their ids in this order."""
    signer, url = signer_of(visitor), f"{visitor.county.url}/api/v1/submissions"

    def one(letter: Letter) -> str:
        status, answer = _post(url, pack(letter, signer), {"Content-Type": "application/vnd.etsi.asic-e+zip"})
        assert status == 201, answer
        return str(answer["submission"])

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, letters))


def refuse(visitor: Visitor, letter: Letter) -> dict[str, Any]:
    """Send what is not let in; returns the problem."""
    status, answer = _post(f"{visitor.county.url}/api/v1/submissions", pack(letter, signer_of(visitor)), {})
    assert status in (400, 422), answer
    return dict(answer)


def ask(visitor: Visitor, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Ask the API with a signed request."""
    content = None if body is None else json.dumps(body).encode()
    headers = CIMultiDict({"Content-Type": "application/json"} if content is not None else {})
    message = Message(method, visitor.county.url + path, headers)
    sign_request(message, content, signer_of(visitor), datetime.now(UTC))
    return _post(visitor.county.url + path, content, dict(message.headers), method)


def act(visitor: Visitor, submission: str, action: str, **body: Any) -> None:
    """Open, sign-for or return."""
    status, answer = ask(visitor, "POST", f"/api/v1/inbox/{submission}/{action}", body)
    assert status == 200, answer


def settled(visitor: Visitor, seconds: float = 30) -> None:
    """Wait until the index has taken in what the ledger has."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status, answer = ask(visitor, "GET", "/api/v1/search?size=1&facets=0")
        if status == 200 and not answer["index"]["behind"]:
            return
        time.sleep(0.05)
    raise AssertionError("the index does not catch up")


def judge(visitor: Visitor, path: str, *, refused: bool = False) -> None:
    """Judge a page: no fault, no complaint, no scrolling sideways, and in neither language a word of the other; Chinese is what stays.

    With `refused` the page itself is a refusal, which browsers complain of.
    """
    joined = "&" if "?" in path else "?"
    page = visitor.open(f"{path}{joined}lang=en")
    assert (path, strange_words(page.content(), "en")) == (path, [])
    page.page.goto(f"{visitor.county.url}{path}{joined}lang=zh-CN")
    assert (path, strange_words(page.content(), "zh-CN")) == (path, [])
    assert (path, page.axe()) == (path, [])
    page.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    assert not page.is_wider_than_the_screen(), path
    page.page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    assert [each for each in page.complaints if not refused or "Failed to load resource" not in each] == [], path
    page.close()


def _post(url: str, body: bytes | None, headers: dict[str, str], method: str = "POST") -> tuple[int, Any]:
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - https alone
    try:
        with urllib.request.urlopen(request, context=_ANY, timeout=60) as answer:  # noqa: S310 - as above
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
