"""How long what is personal about duty is kept 保存期限: names and numbers of rosters, entries of diaries, who was told and called back.

After the years that the county has set, these are set NULL or erased, with what a change of a roster said; what stays says that a
day was entered, that somebody was told, and each event with its receipt, which holds salted digests alone.
"""

from datetime import date, datetime
from typing import Final

from archive.ledger.database import Tx
from schemas import instants
from schemas.instants import BEIJING

AT_ONCE: Final = 500
"""Rows of each table in one transaction: others wait for it."""

_ERASURES: Final = (
    (
        "UPDATE duty_roster SET officer = NULL, officer_phone = NULL, leader = NULL, leader_phone = NULL, person = NULL"
        " WHERE (office, day) IN (SELECT office, day FROM duty_roster WHERE day < :day AND officer IS NOT NULL LIMIT :most)"
    ),
    (
        "UPDATE duty_entry SET person = NULL, text = NULL"
        " WHERE id IN (SELECT id FROM duty_entry WHERE day < :day AND text IS NOT NULL LIMIT :most)"
    ),
    "UPDATE alarm_step SET name = NULL WHERE rowid IN (SELECT rowid FROM alarm_step WHERE name IS NOT NULL AND at < :at LIMIT :most)",
    # who was on which roster: what a change said goes with the first of its days, and is never kept longer than the roster itself
    (
        "DELETE FROM reason WHERE evidence_id IN (SELECT event.evidence_id FROM event JOIN reason USING (evidence_id)"
        " WHERE event.event = 'DutyRosterChange' AND EXISTS (SELECT 1 FROM json_each(reason.text) WHERE value ->> 0 < :day)"
        " LIMIT :most)"
    ),
    # who was called back at night, and at which number
    (
        "DELETE FROM reason WHERE evidence_id IN (SELECT evidence_id FROM duty_code JOIN reason USING (evidence_id)"
        " WHERE duty_code.at < :at LIMIT :most)"
    ),
)


def until(now: datetime, years: int) -> date:
    """Return the first day of which everything is still kept."""
    today = now.astimezone(BEIJING).date()
    return today.replace(year=today.year - years, day=min(today.day, 28))


def erase(tx: Tx, years: int, now: datetime, most: int = AT_ONCE) -> int:
    """Erase what is older, at most so many rows of each table; returns how many. Twice is once."""
    day = until(now, years)
    at = instants.write(datetime(day.year, day.month, day.day, tzinfo=BEIJING))
    return sum(tx.run(sql, day=day.isoformat(), at=at, most=most) for sql in _ERASURES)
