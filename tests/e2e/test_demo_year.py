"""A small year of the demo county, played through the interface: what the service shows is what its receipts say."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from exchange import fsck
from exchange.demo.year.acts import Act, Course
from exchange.demo.year.plan import Plan
from exchange.demo.year.playing import Wanted, play
from exchange.demo.year.recount import Recount
from exchange.service import Service
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY


async def _check(service: Service, _url: str, _found: Recount) -> None:
    report = await fsck.check(service.county)
    assert report["ok"], report["problems"]


def test_a_years_registers_rates_and_states_are_those_of_its_receipts(tmp_path: Path) -> None:
    found = asyncio.run(play(tmp_path / "year", 0, Wanted(documents=100, scanned=0.0), _check))
    assert (found.wrong, found.unreached) == ((), ())
    assert found.entries > 100


def test_a_seed_tells_one_year_in_which_most_is_unnumbered_and_scanned() -> None:
    days = [date(2027, 1, 4) + timedelta(days=turn) for turn in range(0, 350, 7)]
    posts = list(Plan(7, 2027, 2000, days).posts())
    assert posts == list(Plan(7, 2027, 2000, days).posts())
    assert posts != list(Plan(8, 2027, 2000, days).posts())
    electronic = [post for post in posts if not post.on_paper]
    assert len(electronic) == 2000
    assert sum(post.paper.number is None for post in electronic) >= 0.6 * len(electronic)
    assert sum(post.scanned for post in electronic) > 0.5 * len(electronic)
    numbers = Counter(post.paper.number for post in posts if post.paper.number)
    assert set(numbers.values()) == {1}
    assert any(post.sender == COUNTY and post.form for post in posts)
    assert all(post.sender not in post.to for post in posts)


async def test_what_is_refused_is_told_and_the_story_goes_on() -> None:
    done: list[str] = []

    async def refused() -> Iterable[Act]:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "open it first")

    async def goes_on() -> Iterable[Act]:
        done.append("later")
        return ()

    async def move_to(_: datetime) -> None:
        done.append("clock")

    course, begin = Course(), datetime(2027, 1, 4, tzinfo=UTC)
    course.add([Act(begin, refused), Act(begin + timedelta(days=1), goes_on)])
    await course.run(move_to, begin + timedelta(days=2))
    assert done == ["clock", "clock", "later"]
    assert course.refused == ["2027-01-04 00:00Z action-not-possible: open it first"]
