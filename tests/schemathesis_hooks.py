"""Hooks for schemathesis: it signs its requests as a person of the test county, and knows what there is to ask for.

Schemathesis imports this file in a process of its own (SCHEMATHESIS_HOOKS); the other end is `explorer_maker.py`.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import schemathesis
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from multidict import CIMultiDict
from yarl import URL

from exchange.intake.uploads_api import PART
from exchange.request_signature import CHECKPOINT_HEADER, Message, sign_request
from keys.container import MEDIA_TYPE
from keys.custody import KeySigner

LONGEST = 4000
UNKNOWN = "x-schemathesis-unknown-property"
KNOWN = json.loads(Path(os.environ["YIZHAN_EXPLORER"]).read_text())
SIGNER = KeySigner(load_pem_private_key(KNOWN["key"].encode(), None), x509.load_pem_x509_certificate(KNOWN["certificate"].encode()), ())
SIGNED = ("Content-Digest", "Signature-Input", "Signature")


class Signed(requests.auth.AuthBase):
    """Signs what is sent, byte for byte."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.url = str(URL(str(request.url)))
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if not isinstance(body, bytes | None):
            return request  # a container in pieces: it bears its own signature
        for name in SIGNED:  # what is shown again was signed before
            request.headers.pop(name, None)
        message = Message(str(request.method), request.url, CIMultiDict(request.headers))
        sign_request(message, body, SIGNER, datetime.now(UTC))
        request.headers.update({name: message.headers[name] for name in SIGNED if name in message.headers})
        return request


schemathesis.auth.set_from_requests(Signed())


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Let every other id be one that there is."""
    submission = (path_parameters or {}).get("submission")
    if isinstance(submission, str) and len(submission) % 2 == 0 and submission[:1] in "01234567":
        path_parameters["submission"] = KNOWN["submissions"][int(submission[:1], 8) % len(KNOWN["submissions"])]
    return path_parameters


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Leave out request lines that no HTTP server reads to their end, and headers that nobody asked for: HTTP passes over them."""
    return len(str(case.query)) < LONGEST and UNKNOWN not in {name.lower() for name in case.headers or ()}


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Send a checkpoint that the county signed, if any: with another one every request would end there."""
    if case.headers and CHECKPOINT_HEADER in case.headers:
        case.headers[CHECKPOINT_HEADER] = KNOWN["checkpoint"]


@schemathesis.serializer(PART)
def part(_context: Any, value: Any) -> bytes:
    """Send what was thought of as one part of an upload."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.serializer(MEDIA_TYPE)
def container(_context: Any, value: Any) -> bytes:
    """Send what was thought of, or now and then a container that was accepted before."""
    content = value if isinstance(value, bytes) else str(value).encode()
    return Path(KNOWN["container"]).read_bytes() if len(content) % 3 == 0 else content
