"""An item on its way to an office on a medium 介质: sealed for those who may read it, its receipts enclosed. Pure but for the file given.

    from-county/items/ID.sealed   AES-256-GCM records (`keys.sealed`): the receipts, then the container, byte for byte
    from-county/items/ID.json     for whose keys, `Carried`; written last, so that what has it is whole

Whoever carries or loses the medium reads nothing of it, not even whose item it is: only the office and the id stand open.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from keys import sealed
from schemas.messages import Digest, Envelope, OfficeCode, canonical, decode
from schemas.problems import Problem, ProblemType

FROM_COUNTY: Final = "from-county"
ITEMS: Final = "items"
SEALED: Final = ".sealed"


class CarriedKey(Struct, frozen=True, forbid_unknown_fields=True):
    """The package's key, wrapped for one reader (HPKE)."""

    recipient: Digest
    wrapped: bytes


class Carried(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands beside a package: which item it is, for which office, and the key for each who may read it."""

    type: Literal["carried/v1"]
    submission: Digest
    office: OfficeCode
    keys: list[CarriedKey]


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    receipts: list[Envelope]


def seal(
    submission: str, office: str, receipts: list[Envelope], container: Iterable[bytes], readers: Iterable[ec.EllipticCurvePublicKey]
) -> tuple[Carried, Iterator[bytes]]:
    """Return what stands beside the package, and its records."""
    key, context = sealed.make_key(), _context(submission, office)
    wrapped = {sealed.recipient(each): sealed.wrap(key, each, context) for each in readers}
    keys = [CarriedKey(name, each) for name, each in sorted(wrapped.items())]
    records = sealed.seal(key, context, sealed.joined(canonical(_Head(receipts)), container))
    return Carried(type="carried/v1", submission=submission, office=office, keys=keys), records


def is_for(carried: Carried, own: Iterable[ec.EllipticCurvePrivateKey]) -> bool:
    """Say whether a package is sealed for one of these keys."""
    return not {each.recipient for each in carried.keys}.isdisjoint(sealed.recipient(private.public_key()) for private in own)


def unseal(carried: Carried, records: Iterable[bytes], own: Iterable[ec.EllipticCurvePrivateKey], container: BinaryIO) -> list[Envelope]:
    """Write the container to a file and return the receipts; nothing of either is verified yet.

    Raises Problem KEY_UNREADABLE for what is sealed for others, and LEDGER_DAMAGED for what was changed or cut.
    """
    wrapped, context = {each.recipient: each.wrapped for each in carried.keys}, _context(carried.submission, carried.office)
    for private in own:
        mine = wrapped.get(sealed.recipient(private.public_key()))
        if mine is not None:
            head = sealed.split(sealed.unseal(sealed.unwrap(mine, private, context), context, records), container)
            return decode(head, _Head, ProblemType.LEDGER_DAMAGED).receipts
    raise Problem(ProblemType.KEY_UNREADABLE, "sealed for others")


def _context(submission: str, office: str) -> bytes:
    return b"carried" + bytes.fromhex(submission) + office.encode()
