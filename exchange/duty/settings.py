"""The county's settings of deadlines and nights, and its own calendar, in the ledger."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from archive.ledger.database import Tx
from exchange.duty.working_days import Adjustment, Limits, OfficeClock, Rules, is_arranged
from exchange.office import administration
from exchange.office.administration import Act, Acting
from schemas import instants
from schemas.instants import BEIJING
from schemas.problems import Problem, ProblemType

MOST_ADJUSTMENTS: Final = 400
"""How many days one list may lay down: a year's."""
LONGEST_NOTE: Final = 60
NEXT_YEAR_FROM: Final = (12, 1)
"""Month and day from which next year's calendar is asked for: the State Council's notice is mostly out by then."""

Days = Annotated[tuple[Annotated[int, Meta(ge=1, le=30)], ...], Meta(max_length=5)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an administrator sets: limits; when to remind, in working days; after how many minutes the next person is told of 特急.

    `names_years` is for how many years the names and words of rosters and diaries of duty are kept, `staff_years` for how many years
    after somebody left what they were filed with is.
    """

    limits: Limits = Limits()
    before_days: Days = (1,)
    on_the_day: bool = True
    after_days: Days = (1, 3)
    alarm_minutes: Annotated[int, Meta(ge=1, le=240)] = 15
    names_years: Annotated[int, Meta(ge=1, le=100)] = 10
    staff_years: Annotated[int, Meta(ge=1, le=100)] = 3


def settings(tx: Tx) -> Settings:
    """Return what is set, or what holds until something is."""
    row = tx.row("SELECT body FROM duty_setting WHERE one = 1")
    return Settings() if row is None else msgspec.json.decode(row.body, type=Settings)


def set_all(tx: Tx, acting: Acting, wanted: Settings, now: datetime) -> None:
    """Put these in the place of what was set. Raises Problem ACTION_NOT_POSSIBLE for a form that was sent before."""
    administration.begin(tx, acting)
    body = msgspec.json.encode(wanted).decode()
    tx.run(
        "INSERT INTO duty_setting (one, body, person, at) VALUES (1, :body, :person, :at)"
        " ON CONFLICT (one) DO UPDATE SET body = :body, person = :person, at = :at",
        body=body,
        person=acting.person,
        at=instants.write(now),
    )
    administration.note(tx, acting, Act.DUTY_SET, None, "", now)


def adjustments(tx: Tx) -> list[Adjustment]:
    """Return the days that the county has laid down, by day."""
    rows = tx.rows("SELECT day, works, note FROM calendar_adjustment WHERE valid_to IS NULL ORDER BY day")
    return [Adjustment(date.fromisoformat(row.day), bool(row.works), row.note) for row in rows]


def clock(tx: Tx) -> OfficeClock:
    """Return the county's office clock."""
    return OfficeClock(adjustments(tx))


def missing_years(tx: Tx, now: datetime) -> list[int]:
    """Return the years whose calendar is to be entered: this one, and from 1 December on the next.

    Of a year it is known which days are off when the package has the arrangement, or as soon as the county has laid a day of it down.
    """
    today = now.astimezone(BEIJING).date()
    asked = [today.year, today.year + 1] if today >= date(today.year, *NEXT_YEAR_FROM) else [today.year]
    entered = {each.day.year for each in adjustments(tx)}
    return [year for year in asked if not is_arranged(year) and year not in entered]


def rules(tx: Tx) -> Rules:
    """Return what limits follow from."""
    return Rules(clock(tx), settings(tx).limits)


def lay_down(tx: Tx, acting: Acting, wanted: Sequence[Adjustment], now: datetime) -> None:
    """Lay down days, all or none; a day that was laid down before is now as given here.

    Raises Problem ACTION_NOT_POSSIBLE for a form that was sent before, REQUEST_MALFORMED for too many, a note that is too long.
    """
    administration.begin(tx, acting)
    if len(wanted) > MOST_ADJUSTMENTS or any(len(each.note) > LONGEST_NOTE or not each.note.isprintable() for each in wanted):
        raise Problem(ProblemType.REQUEST_MALFORMED, "days")
    for each in wanted:
        _end(tx, each.day, now)
        tx.run(
            "INSERT INTO calendar_adjustment (day, works, note, person, valid_from) VALUES (:day, :works, :note, :person, :at)",
            day=each.day.isoformat(),
            works=int(each.works),
            note=each.note.strip(),
            person=acting.person,
            at=instants.write(now),
        )
    if wanted:
        days = f"{min(wanted).day} … {max(wanted).day}" if len(wanted) > 1 else str(wanted[0].day)
        administration.note(tx, acting, Act.CALENDAR_CHANGED, None, f"{len(wanted)}: {days}", now)


def take_back(tx: Tx, acting: Acting, day: date, now: datetime) -> None:
    """Let a day be again what the nation's calendar makes of it. Raises Problem NOT_FOUND, or as `lay_down` for a repetition."""
    administration.begin(tx, acting)
    if not _end(tx, day, now):
        raise Problem(ProblemType.NOT_FOUND, day.isoformat())
    administration.note(tx, acting, Act.CALENDAR_CHANGED, None, f"− {day}", now)


def _end(tx: Tx, day: date, now: datetime) -> int:
    at = instants.write(now)
    tx.run("DELETE FROM calendar_adjustment WHERE day = :day AND valid_from = :at", day=day.isoformat(), at=at)  # twice within a moment
    return tx.run("UPDATE calendar_adjustment SET valid_to = :at WHERE day = :day AND valid_to IS NULL", day=day.isoformat(), at=at)
