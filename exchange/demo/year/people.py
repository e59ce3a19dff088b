"""The people of the story: each enrols through the service with a key of their own, and signs what they send and ask."""

import asyncio
import base64
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import ClientSession
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from multidict import CIMultiDict

from exchange.clock import Clock
from exchange.request_signature import Message, sign_request
from keys.authority import make_request
from keys.container import MEDIA_TYPE
from keys.custody import KeySigner, Signer
from schemas.problems import Problem, ProblemType
from schemas.words import Role

PATIENCE: Final = 0.2
"""Seconds between two questions after a scan."""


@dataclass(frozen=True)
class Actor:
    """Somebody who is enrolled."""

    id: str
    office: str
    name: str
    role: Role
    signer: Signer


@dataclass(frozen=True)
class Door:
    """The service as its users reach it: over HTTPS, by an address."""

    http: ClientSession
    tls: ssl.SSLContext
    url: str
    clock: Clock

    async def enrol(self, code: str, role: Role) -> Actor:
        """Turn a slip's code into a certificate. Raises Problem."""
        private = ec.generate_private_key(ec.SECP256R1())
        request = base64.b64encode(make_request(private, "yizhan")).decode()
        issued = await self._call("POST", "/api/v1/enrolments", msgspec.json.encode({"code": code, "csr": request}), _JSON)
        signer = KeySigner(private, _read(issued["certificate"]), (_read(issued["issuing"]),))
        return Actor(issued["person"], issued["office"], issued["name"], role, signer)

    async def ask(self, actor: Actor, method: str, path: str, body: object = None) -> Any:
        """Ask with a signed request. Raises Problem with what the county said."""
        content = None if body is None else msgspec.json.encode(body)
        headers = CIMultiDict(_JSON if content is not None else {})
        message = Message(method, self.url + path, headers)
        sign_request(message, content, actor.signer, self.clock.now())
        return await self._call(method, path, content, message.headers)

    async def send(self, packed: bytes) -> Any:
        """Send a container; a scan that is still being looked at is asked for until there is an answer. Raises Problem."""
        return await self._call("POST", "/api/v1/submissions", packed, {"Content-Type": MEDIA_TYPE})

    async def _call(self, method: str, path: str, content: bytes | None, headers: Any) -> Any:
        async with self.http.request(method, self.url + path, data=content, headers=headers, ssl=self.tls) as answer:
            body = await answer.read()
            status, where = answer.status, answer.headers.get("Location")
        if status == HTTPStatus.ACCEPTED and where is not None:
            return await self._looked_at(where)
        return _value(status, body)

    async def _looked_at(self, where: str) -> Any:
        """Ask after a scan until it has been looked at."""
        while True:
            async with self.http.get(self.url + where, ssl=self.tls) as answer:
                if answer.status != HTTPStatus.ACCEPTED:
                    return _value(answer.status, await answer.read())
            await asyncio.sleep(PATIENCE)


_JSON = {"Content-Type": "application/json"}


def _read(certificate: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(certificate))


def _value(status: int, body: bytes) -> Any:
    value = msgspec.json.decode(body) if body else {}
    if status < HTTPStatus.BAD_REQUEST:
        return value
    kind = next((each for each in ProblemType if each.type == value.get("type")), ProblemType.INTERNAL)
    raise Problem(kind, f"{status} {value.get('type')} {value.get('detail', '')}")
