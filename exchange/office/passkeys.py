"""Passkeys (W3C Web Authentication): what is asked of an authenticator, and whether its answer counts.

The user is always verified, by finger, face or PIN, so a passkey stands for two factors; attestation is not asked for: which
make an authenticator is of is nobody's business here.
"""

import hashlib
import logging
import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from exchange.office.store import Person
from schemas.problems import Problem, ProblemType

logging.getLogger("fido2").setLevel(logging.WARNING)  # it would tell which passkey was used

NAME: Final = "电子公文传输系统"
LONGEST_CREDENTIAL: Final = 1023
SHORTEST_CREDENTIAL: Final = 16
SUITES: Final = frozenset({-7, -8, -257})
"""ES256, EdDSA and RS256, as COSE numbers them: what phones, computers and security keys have."""

_MALFORMED: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    struct.error,
)
"""What the library raises for an answer that is none: it is written for answers of browsers, not of attackers."""

State = dict[str, Any]
"""What the library keeps between question and answer: the challenge, and that the user must be verified."""


class Passkey(NamedTuple):
    """What is known of a passkey: how its authenticator calls it, whose it is, for which host, its public key, its last counter."""

    credential: bytes
    person: str
    rp: str
    public_key: bytes
    counter: int


class Party(NamedTuple):
    """For whom passkeys are made: a host name, and the one origin whose pages may ask for them."""

    rp: str
    origin: str

    def server(self) -> Fido2Server:
        """Return the library's server for it."""
        server = Fido2Server(PublicKeyCredentialRpEntity(id=self.rp, name=NAME), verify_origin=self.origin.__eq__)
        server.allowed_algorithms = [each for each in server.allowed_algorithms if each.alg in SUITES]
        return server


def party(published: str, host: str) -> Party:
    """Return for whom passkeys are made: the host of the address that the county has published, if it has a name.

    Where none is published, or an address in numbers, it is the host that the browser named. Raises Problem PASSKEY_NOT_HERE for
    an address in numbers, for which browsers make no passkeys, and for another name than the published one.
    """
    ours, asked = _name(urlsplit(published).netloc), _name(host)
    if asked is None or ours not in (None, "localhost", asked):
        raise Problem(ProblemType.PASSKEY_NOT_HERE)
    return Party(asked, f"https://{host.lower()}")


def _name(place: str) -> str | None:
    """Return the host of `host:port` when it is a name."""
    try:
        host = urlsplit(f"//{place}").hostname or ""
    except ValueError:
        return None
    return host if host and ":" not in host and not host.replace(".", "").isdigit() else None


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's parts that count, all of them text.

    The library would make a number into as many bytes. Raises Problem PASSKEY_REFUSED.
    """
    response = answer.get("response")
    parts = {name: answer.get(name) for name in ("id", "rawId", "type")}
    if not isinstance(response, dict) or not all(isinstance(part, str) for part in (*parts.values(), *response.values())):
        raise Problem(ProblemType.PASSKEY_REFUSED, "malformed")
    return parts | {"response": response}


def handle(county: str, person: str) -> bytes:
    """Return what authenticators call a person: it says nothing about them. `county` is the root's fingerprint."""
    return hashlib.sha256(f"yizhan passkey user {county} {person}".encode()).digest()


def begin_registration(at: Party, person: Person, user: bytes, known: Sequence[Passkey]) -> tuple[dict[str, Any], State]:
    """Return what `navigator.credentials.create` is asked, and what to keep until it answers; `known` ones are not made twice."""
    entity = PublicKeyCredentialUserEntity(id=user, name=f"{person.name}（{person.office_name}）", display_name=person.name)
    options, state = at.server().register_begin(
        entity,
        [AttestedCredentialData(each.public_key) for each in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options)["publicKey"], state


def complete_registration(at: Party, state: State, answer: dict[str, Any], person: str) -> Passkey:
    """Return the passkey that an answer brings. Raises Problem PASSKEY_REFUSED."""
    try:
        made = RegistrationResponse.from_dict(_plain(answer))
        brought = at.server().register_complete(state, made)
        attested = brought.credential_data
        if attested is None or made.response.client_data.cross_origin or made.raw_id != attested.credential_id:
            raise Problem(ProblemType.PASSKEY_REFUSED)
        if attested.public_key[3] not in SUITES or not SHORTEST_CREDENTIAL <= len(attested.credential_id) <= LONGEST_CREDENTIAL:
            raise Problem(ProblemType.PASSKEY_REFUSED)
        return Passkey(bytes(attested.credential_id), person, at.rp, bytes(attested), brought.counter)
    except _MALFORMED as error:
        raise Problem(ProblemType.PASSKEY_REFUSED) from error


def begin_assertion(at: Party, known: Sequence[Passkey] = ()) -> tuple[dict[str, Any], State]:
    """Return what `navigator.credentials.get` is asked: for any passkey of this host, or for one of those that are known."""
    allowed = [AttestedCredentialData(each.public_key) for each in known] or None
    options, state = at.server().authenticate_begin(allowed, user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options)["publicKey"], state


def credential_of(answer: dict[str, Any]) -> bytes:
    """Return which passkey an answer says that it is from. Raises Problem PASSKEY_REFUSED."""
    try:
        return bytes(AuthenticationResponse.from_dict(_plain(answer)).raw_id)
    except _MALFORMED as error:
        raise Problem(ProblemType.PASSKEY_REFUSED) from error


def complete_assertion(at: Party, state: State, answer: dict[str, Any], kept: Passkey, user: bytes) -> int:
    """Return the counter that a genuine answer shows. Raises Problem PASSKEY_REFUSED, also for a counter that went back.

    A counter that does not grow means that the passkey was copied; those that are kept in a cloud show 0 for ever.
    """
    try:
        shown = AuthenticationResponse.from_dict(_plain(answer))
        if kept.rp != at.rp or shown.response.client_data.cross_origin or shown.response.user_handle not in (None, user):
            raise Problem(ProblemType.PASSKEY_REFUSED)
        at.server().authenticate_complete(state, [AttestedCredentialData(kept.public_key)], shown)
        counter = shown.response.authenticator_data.counter
    except _MALFORMED as error:
        raise Problem(ProblemType.PASSKEY_REFUSED) from error
    if (counter or kept.counter) and counter <= kept.counter:
        raise Problem(ProblemType.PASSKEY_REFUSED, "counter")
    return counter
