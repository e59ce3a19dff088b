import asyncio
import random

import pytest

from archive.reading.eyes.turns import Place, Turns


async def use(turns: Turns[str], place: Place, order: list[Place], rest: int = 1) -> str:
    async with turns.turn(place) as tool:
        order.append(place)
        for _ in range(rest):
            await asyncio.sleep(0)
        return tool


async def test_smaller_ranks_go_first_and_among_equals_whoever_came_first() -> None:
    turns, order = Turns(["one"]), []
    places = [Place(rank, arrival) for arrival, rank in enumerate((9, 2, 0, 2, 0, 9))]
    await asyncio.gather(*(use(turns, place, order) for place in places))
    assert order == [places[0], *sorted(places[1:])]  # the first found nobody else there


async def test_no_tool_is_lent_twice_at_a_time_and_none_is_lost_however_users_are_cancelled() -> None:
    chance = random.Random(3)
    turns, lent = Turns(["one", "two"]), set[str]()

    async def user(place: Place) -> None:
        async with turns.turn(place) as tool:
            assert tool not in lent
            lent.add(tool)
            try:
                for _ in range(chance.randrange(4)):
                    await asyncio.sleep(0)
            finally:
                lent.discard(tool)

    tasks = [asyncio.create_task(user(Place(chance.randrange(3), arrival))) for arrival in range(200)]
    for task in chance.sample(tasks, 100):
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in done} == {asyncio.CancelledError, type(None)}
    order: list[Place] = []
    assert set(await asyncio.gather(*(use(turns, Place(0, one), order) for one in range(2)))) == {"one", "two"}


async def test_a_user_that_fails_gives_its_tool_back() -> None:
    turns = Turns(["one"])
    with pytest.raises(ValueError, match="mine"):
        async with turns.turn(Place(0, 0)):
            raise ValueError("mine")
    assert await use(turns, Place(0, 1), []) == "one"
