"""To which offices something can be sent: those of today. Of one that was closed it is said so, and who has taken its place."""

import json
from collections.abc import Sequence

from archive.ledger.database import Tx
from exchange.office.store import known_offices
from schemas.problems import Problem, ProblemType


def require_open(tx: Tx, codes: Sequence[str]) -> None:
    """Raise Problem RECIPIENT_UNKNOWN for codes that no office ever had, RECIPIENT_CLOSED for those of offices that are no more."""
    missing = sorted({*codes} - known_offices(tx, [*codes]))
    if not missing:
        return
    ever = tx.rows("SELECT code FROM office WHERE code IN (SELECT value FROM json_each(:codes)) ORDER BY code", codes=json.dumps(missing))
    unknown = sorted({*missing} - {row.code for row in ever})
    if unknown:
        raise Problem(ProblemType.RECIPIENT_UNKNOWN, ", ".join(unknown))
    raise Problem(ProblemType.RECIPIENT_CLOSED, "; ".join(_gone(tx, code) for code in missing))


def successor(tx: Tx, code: str) -> tuple[str, str] | None:
    """Return code and name of the office of today that goes on with a closed one's business; None when none is known."""
    seen = {code}
    while True:
        row = tx.row("SELECT successor FROM office_successor WHERE office = :code ORDER BY since DESC LIMIT 1", code=code)
        if row is None or row.successor in seen:
            return None
        code = row.successor
        seen.add(code)
        present = tx.row("SELECT name FROM office_period WHERE office = :code AND valid_to IS NULL", code=code)
        if present is not None:
            return code, str(present.name)


def _gone(tx: Tx, code: str) -> str:
    last = tx.row("SELECT name FROM office_period WHERE office = :code ORDER BY valid_from DESC LIMIT 1", code=code)
    told = f"{code} {last.name}" if last is not None else code
    following = successor(tx, code)
    return told if following is None else f"{told} → {' '.join(following)}"
