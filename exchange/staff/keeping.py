"""How long what is personal about people who left is kept 保存期限: their filing, and whom to call that nobody calls any more.

After the years that the county has set since they left, the filing (post, mobile, year of birth, training) and the texts of changes
about them are erased; ended rows of whom to call at an office too. Names stay in the record of people, in registers and in events: what
was done keeps who did it. Receipts hold salted digests alone. What was said of somebody who never came is kept for some weeks.
"""

from datetime import datetime
from typing import Final

from archive.ledger.database import Tx
from exchange.duty.keeping import until
from exchange.staff import requests, store
from schemas import instants
from schemas.instants import BEIJING

AT_ONCE: Final = 200
"""People in one transaction: others wait for it."""

_LEFT: Final = (
    "SELECT person.id FROM person WHERE (SELECT max(coalesce(valid_to, '9999')) FROM person_period WHERE person_period.person = person.id)"
    " < :at AND (EXISTS (SELECT 1 FROM staff_period WHERE staff_period.person = person.id) OR EXISTS (SELECT 1 FROM staff_request"
    " JOIN reason ON reason.evidence_id IN (staff_request.id, staff_request.settlement) WHERE staff_request.person = person.id))"
    " ORDER BY person.id LIMIT :most"
)


def erase(tx: Tx, years: int, now: datetime, most: int = AT_ONCE) -> int:
    """Erase what is older, of at most so many people; returns how many people and rows. Twice is once."""
    day = until(now, years)
    at = instants.write(datetime(day.year, day.month, day.day, tzinfo=BEIJING))
    people = [row.id for row in tx.rows(_LEFT, at=at, most=most)]
    for person in people:
        store.erase(tx, person)
    return len(people) + tx.run("DELETE FROM contact WHERE valid_to < :at", at=at) + requests.erase_returned(tx, now, most)
