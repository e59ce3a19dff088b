"""An authenticator made of a test's own keys: it writes what WebAuthn 6 and 7 describe, by hand, and can be wrong in everything."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

from exchange.office.passkeys import Party

HERE = Party("gw.example", "https://gw.example:8443")
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Authenticator:
    """One authenticator with one passkey."""

    rp: str = HERE.rp
    origin: str = HERE.origin
    flags: int = PRESENT | VERIFIED
    counter: int = 1
    user: bytes | None = None
    cross_origin: bool = False
    credential: bytes = bytes(range(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def client(self, kind: str, challenge: str) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def spoken(self, flags: int, attested: bytes = b"") -> bytes:
        return hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big") + attested

    def register(self, challenge: str, kind: str = "create") -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        cose = cbor.encode({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cose
        statement = cbor.encode({"fmt": "none", "attStmt": {}, "authData": self.spoken(self.flags | ATTESTED, attested)})
        return self.written({"clientDataJSON": text(self.client(kind, challenge)), "attestationObject": text(statement)})

    def show(self, challenge: str, kind: str = "get") -> dict[str, Any]:
        client, spoken = self.client(kind, challenge), self.spoken(self.flags)
        signature = self.key.sign(spoken + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"clientDataJSON": text(client), "authenticatorData": text(spoken), "signature": text(signature)}
        return self.written(answer if self.user is None else answer | {"userHandle": text(self.user)})

    def written(self, response: dict[str, str]) -> dict[str, Any]:
        name = text(self.credential)
        return {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}, "response": response}
