"""What a check finds: counts of what was looked at, and problems by the check's name. Nothing is ever repaired."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from archive.ledger.database import Tx
from archive.ledger.snapshot import StorageError
from exchange.county import County
from exchange.office.store import crls_covering
from keys.trust import Trust
from schemas import instants
from schemas.problems import Problem, ProblemType

SHOWN: Final = 100
"""Problems that are told of one check; the others are counted."""
COUNTED: Final = (
    *("submissions", "bytes", "deliveries", "moves", "events", "signatures", "reasons", "leaves", "checkpoints", "tiles"),
    *("certificates", "revocation_lists", "orphan_blobs", "texts", "sealed"),
)
"""What is counted, also when there is none of it."""
PAGE: Final = 200
"""Rows in memory at once."""


@dataclass
class Findings:
    """Counts and problems, in an amount of memory that does not grow with the ledger."""

    checked: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTED, 0)))
    problems: list[dict[str, str]] = field(default_factory=list)
    _told: Counter[str] = field(default_factory=Counter)

    def problem(self, check: str, what: str) -> None:
        """Tell of something that does not fit."""
        self._told[check] += 1
        if self._told[check] <= SHOWN:
            self.problems.append({"check": check, "what": what})

    def expect(self, holds: object, check: str, what: str) -> None:
        """Tell of it unless it holds."""
        if not holds:
            self.problem(check, what)

    @contextmanager
    def guard(self, check: str, what: str) -> Iterator[None]:
        """Turn a refusal inside the block into a problem of `check`, and go on after it.

        ValueError too: what stands in a damaged row may be unreadable in ways that only a parser finds.
        """
        try:
            yield
        except Problem as problem:
            self.problem(check, f"{what}: {problem}")
        except ValueError as error:
            self.problem(check, f"{what}: unreadable ({type(error).__name__})")

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Go on with the next section when the engine cannot read on in this one."""
        try:
            yield
        except StorageError as error:
            self.problem("database", f"{name}: {getattr(error, 'sqlite_errorname', '') or type(error).__name__}")

    def report(self) -> dict[str, Any]:
        """Return the answer of `fsck`."""
        left_out = {check: count - SHOWN for check, count in self._told.items() if count > SHOWN}
        more = [{"check": check, "what": f"… and {count} more"} for check, count in sorted(left_out.items())]
        return {"ok": not self.problems, "checked": dict(self.checked), "problems": self.problems + more}


def each(tx: Tx, sql: str, key: str, after: Any, **parameters: Any) -> Iterator[Any]:
    """Yield the rows of a query page by page; it says `… > :after ORDER BY KEY LIMIT :page` of a unique key."""
    while rows := tx.rows(sql, after=after, page=PAGE, **parameters):
        yield from rows
        after = getattr(rows[-1], key)


def instant(text: str) -> datetime:
    """Return the moment of a stored text. Raises Problem LEDGER_DAMAGED."""
    try:
        return instants.read(text)
    except ValueError as error:
        raise Problem(ProblemType.LEDGER_DAMAGED, "not an instant") from error


def whole_second(moment: datetime) -> datetime:
    """Return the second in which a moment lies: certificates, lists and time stamps count so."""
    return moment.replace(microsecond=0)


class TrustThen:
    """Whom the county believed at a moment: root, issuing authority, and the revocation list that covered it."""

    def __init__(self, tx: Tx, county: County) -> None:
        """Start with no list at hand."""
        self._tx = tx
        self._county = county
        self._held: tuple[list[bytes], Trust] | None = None

    def at(self, moment: datetime) -> Trust:
        """Return the trust of a moment; without a list when none covers it, so that nothing validates."""
        lists = crls_covering(self._tx, [instants.write(whole_second(moment))])
        if self._held is None or self._held[0] != lists:
            read = tuple(crl for der in lists for crl in _readable(der))
            self._held = lists, Trust(self._county.root, (self._county.issuer.certificate,), read)
        return self._held[1]


def _readable(der: bytes) -> Iterator[x509.CertificateRevocationList]:
    try:
        yield x509.load_der_x509_crl(der)
    except ValueError:
        return  # the check of the lists tells of it
