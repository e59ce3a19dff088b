"""Passwords and their second step, as rules: what a good one is, how it is kept, and which codes count when.

Sources: NIST SP 800-63B (length instead of classes of characters, no expiry, paste allowed), RFC 9106 (Argon2id, section 4, second
recommendation), RFC 6238 (TOTP; SHA-1, 30 s and 6 digits are what every authenticator app expects).
"""

import hmac
import secrets
import unicodedata
from base64 import b32encode, b64encode
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidKey, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from schemas.words import Label

SHORTEST: Final = 12
LONGEST: Final = 128
STEP: Final = 30
"""Seconds for which a code stands; the one before and the one after count too, for clocks that differ."""
DIGITS: Final = 6
RECOVERY_CODES: Final = 8
_FEWEST_SIGNS: Final = 5
_SHORTEST_NAME: Final = 2
_CODE_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = 10
_NONCE: Final = 12
_SALT: Final = 16
_TAG: Final = 32


class Weakness(Enum):
    """Why a password is not taken, as its owner is told."""

    SHORT = Label("口令至少 12 个字符。", "A password has at least 12 characters.")
    LONG = Label("口令最多 128 个字符。", "A password has at most 128 characters.")
    NAMED = Label("口令里不要有姓名、单位名称或代码。", "Leave names of people and offices out of it.")
    SIMPLE = Label("口令过于简单：重复或连续的字符太多。", "It is too simple: the same signs, or signs in a row.")

    @property
    def zh(self) -> str:
        """The Chinese sentence."""
        return self.value.zh

    @property
    def en(self) -> str:
        """The English sentence."""
        return self.value.en


class Cost(NamedTuple):
    """What one guess costs: passes, lanes, and memory in KiB."""

    iterations: int = 3
    lanes: int = 4
    memory: int = 64 * 1024


def normal(password: str) -> str:
    """Return a password as it is kept and compared: however a keyboard composed its letters, they are the same."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, names: Iterable[str]) -> Weakness | None:
    """Return why a password is not taken, None for a good one. `names` are the person's and the offices', and their codes."""
    plain = normal(password).casefold()
    if len(plain) < SHORTEST:
        return Weakness.SHORT
    if len(plain) > LONGEST:
        return Weakness.LONG
    steps = [ord(after) - ord(before) for before, after in pairwise(plain)]
    in_a_row = sum(step in (-1, 0, 1) for step in steps)
    if len(set(plain)) < _FEWEST_SIGNS or in_a_row * 4 > len(steps) * 3:
        return Weakness.SIMPLE
    if any(len(name) >= _SHORTEST_NAME and normal(name).casefold() in plain for name in names):
        return Weakness.NAMED
    return None


class Keeper:
    """Keeps secrets so that the ledger, or a copy of it, is of no use without the county's key."""

    def __init__(self, key: bytes, cost: Cost = Cost()) -> None:  # noqa: B008 - frozen
        """Keep under a key of 32 bytes, each use with a key of its own."""
        self._pepper, self._sealing, self._codes = (_apart(key, use) for use in ("password", "totp", "recovery code"))
        self.cost = cost
        salt, tag = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_SALT, _TAG))
        self._nobodys = f"$argon2id$v=19$m={cost.memory},t={cost.iterations},p={cost.lanes}${salt}${tag}"

    def keep(self, password: str) -> str:
        """Return Argon2id of a password in PHC notation."""
        passes, lanes, memory = self.cost
        salt = secrets.token_bytes(_SALT)
        made = Argon2id(salt=salt, length=_TAG, iterations=passes, lanes=lanes, memory_cost=memory, secret=self._pepper)
        return made.derive_phc_encoded(normal(password).encode())

    def is_password(self, password: str, kept: str | None) -> bool:
        """Say whether a password is the one that is kept; for nobody's the work is the same, and the answer no."""
        try:
            Argon2id.verify_phc_encoded(normal(password[: LONGEST * 2]).encode(), kept or self._nobodys, secret=self._pepper)
        except InvalidKey:
            return False
        return kept is not None

    def seal(self, person: str, secret: bytes) -> bytes:
        """Return an authenticator's secret as it is kept, bound to its person."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._sealing).encrypt(nonce, secret, person.encode())

    def open(self, person: str, sealed: bytes) -> bytes | None:
        """Return the secret, or None when it was sealed under another key or for somebody else."""
        if len(sealed) <= _NONCE:
            return None
        try:
            return AESGCM(self._sealing).decrypt(sealed[:_NONCE], sealed[_NONCE:], person.encode())
        except InvalidTag:
            return None

    def recovery_digest(self, person: str, code: str) -> str:
        """Return what is kept of a recovery code."""
        return hmac.digest(self._codes, f"{person} {plain_code(code)}".encode(), "sha256").hex()


def make_secret() -> bytes:
    """Return a new authenticator's secret."""
    return secrets.token_bytes(20)


def address(secret: bytes, account: str, issuer: str) -> str:
    """Return what the QR code says to the authenticator app."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def typed(secret: bytes) -> str:
    """Return a secret as it is typed where no code can be scanned: base 32 in groups of four."""
    text = b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def matching_step(secret: bytes, code: str, now: datetime, last: int) -> int | None:
    """Return the step whose code this is, later than the last one used; None when it is no code of now."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    here = int(now.timestamp()) // STEP
    good = [step for step in (here - 1, here, here + 1) if hmac.compare_digest(_totp(secret).generate(step * STEP), digits.encode())]
    return max((step for step in good if step > last), default=None)


def make_recovery_codes() -> list[str]:
    """Return new recovery codes as they are shown, 50 bits each: ABCDE-FGHJK."""
    codes = ("".join(secrets.choice(_CODE_SIGNS) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def plain_code(code: str) -> str:
    """Return a recovery code without what people add or mistake when they copy it."""
    return code.upper().replace("-", "").replace(" ", "").replace("O", "0").replace("I", "1").replace("L", "1")[:64]


def is_recovery_code(code: str) -> bool:
    """Say whether this has the form of a recovery code."""
    return len(plain_code(code)) == _CODE_LENGTH


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 - HMAC, as the apps expect it


def _apart(key: bytes, use: str) -> bytes:
    return hmac.digest(key, f"yizhan sign-in {use}".encode(), "sha256")
