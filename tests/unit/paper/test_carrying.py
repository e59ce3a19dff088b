"""What lies unopened for an office is sealed for those of its people who may read it, and for nobody else."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from ledger_maker import NOW, filled

from exchange.client import telling
from exchange.delivery import store as deliveries
from exchange.delivery.states import Action
from exchange.office import store as offices
from exchange.office.administration import COMMAND
from exchange.paper import carrying
from keys import carried
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Role


async def test_only_unopened_items_go_along_each_for_its_readers(tmp_path: Path) -> None:
    async with filled(tmp_path / "county") as ledger:
        colleague, leader = [await ledger.person("T02", role, name) for role, name in ((Role.CLERK, "李四"), (Role.LEADER, "王乡长"))]
        await ledger.person("T02", Role.AUDITOR, "审计")
        open_ = await ledger.send("county.1", "T02")
        await ledger.move("T02.1", open_, Action.OPEN)
        everybodys = await ledger.send("county.1", "T02")
        named = await ledger.send("county.1", "T02", addressees=[colleague])
        found = {one.submission: one for one in await ledger.database.read(carrying.lying, "T02", NOW)}
        assert set(found) > {everybodys, named}
        assert open_ not in found
        keys = {name: ledger.people[name].private_key for name in ("T02.1", colleague, leader)}
        assert len(found[everybodys].readers) == len(keys), "an auditor looks at what happened, not into papers"
        assert [key.public_numbers() for key in found[named].readers] == [keys[colleague].public_key().public_numbers()]
        with pytest.raises(Problem, match="office-unknown"):
            await ledger.database.read(carrying.lying, "T09", NOW)
        assert await ledger.database.read(carrying.lying, COUNTY, NOW) != []


async def test_the_sender_is_told_that_what_nobody_has_opened_yet_went_out_on_a_medium(tmp_path: Path) -> None:
    async with filled(tmp_path / "county") as ledger:
        carried_away = await ledger.send("county.1", "T02")
        sender = await ledger.database.read(offices.person, "county.1")

        async def told() -> list[str | None]:
            return [one.carried_at for one in await ledger.database.read(deliveries.deliveries, sender, carried_away)]

        assert await told() == [None]
        await ledger.database.write(carrying.note, "T02", [carried_away], COMMAND, NOW)
        assert await told() == [instants.write(NOW)]
        await ledger.move("T02.1", carried_away, Action.OPEN)
        assert await told() == [None], "then it is known"


def test_a_package_opens_with_one_of_its_keys_as_that_item_of_that_office_alone() -> None:
    mine, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    content = [b"container", b"x" * 600_000]
    said, records = carried.seal("ab" * 32, "T01", [], content, [mine.public_key()])
    package = b"".join(records)
    assert (carried.is_for(said, [other, mine]), carried.is_for(said, [other])) == (True, False)
    copy = io.BytesIO()
    assert carried.unseal(said, [package], [other, mine], copy) == []
    assert copy.getvalue() == b"".join(content)
    for forged in (
        carried.Carried(type="carried/v1", submission="cd" * 32, office="T01", keys=said.keys),
        carried.Carried(type="carried/v1", submission=said.submission, office="T02", keys=said.keys),
    ):
        with pytest.raises(Problem, match="key-unreadable"):
            carried.unseal(forged, [package], [mine], io.BytesIO())
    for damaged in (package[:-1], package[:300_000], package + b"0"):
        with pytest.raises(Problem, match="ledger-damaged"):
            carried.unseal(said, [damaged], [mine], io.BytesIO())


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (ProblemType.WITHDRAWN, True),
        (ProblemType.NETWORK, False),
        (ProblemType.REQUEST_SIGNATURE_INVALID, False),
        (ProblemType.NOT_ALLOWED, False),
    ],
)
async def test_an_opening_is_told_until_the_county_has_spoken_of_the_item_itself(tmp_path: Path, said: ProblemType, *, kept: bool) -> None:
    place = tmp_path / telling.BROUGHT / ("ab" * 32)
    place.mkdir(parents=True)

    async def refused(_: str, __: str) -> None:
        raise Problem(said)

    desk: Any = SimpleNamespace(home=SimpleNamespace(folder=tmp_path), move=refused)
    await telling.tell(desk)
    assert (place / telling.TOLD).exists() is kept
