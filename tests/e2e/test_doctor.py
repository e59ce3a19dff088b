"""`doctor` names what is wrong, and what to do; a healthy home is well."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from county_process import TOWNSHIP, CountyProcess, Township, county_process, run


class World:
    def __init__(self, folder: Path, county: CountyProcess) -> None:
        self.county = county
        county.office("T01", "城关镇")
        self.town = county.enrol(folder / "t01", "T01", "张三")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doctor")
    with county_process(folder / "county") as county:
        yield World(folder, county)


def examined(town: Township, expect: int) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in town.do("doctor", expect=expect).json["findings"]}


def test_a_healthy_home_is_well(world: World):
    found = examined(world.town, 0)
    assert {name for name, one in found.items() if one["result"] == "fail"} == set()
    assert {
        "program",
        "enrolment",
        "key",
        "room",
        "outbox",
        "alarms",
        "reading",
        "county",
        "clock",
        "service",
        "person",
        "receipts",
    } == set(found)


def test_a_home_in_which_nobody_is_enrolled_is_told_to_enrol(tmp_path: Path):
    found = examined(Township(tmp_path / "nobody"), 2)
    assert found["enrolment"]["result"] == "fail"
    assert found["reading"]["result"] in ("ok", "warn")  # as well confined as this machine allows
    assert "county" not in found
    assert not (tmp_path / "nobody").exists()


def test_a_county_that_cannot_be_reached_is_named(world: World):
    world.county.stop()
    found = examined(world.town, 6)
    assert found["county"]["result"] == "fail"
    assert found["key"]["result"] == "ok"
    world.county.serve()


def test_a_revoked_person_learns_it(world: World, tmp_path: Path):
    leaving = world.county.enrol(tmp_path / "leaving", "T01", "王五")
    people = world.county.ask("people")["people"]
    person = next(one["id"] for one in people if one["name"] == "王五")
    world.county.ask("revoke", person=person)
    end = time.monotonic() + 20
    while leaving.do("doctor", expect=None).code == 0:  # it holds from the next whole second on
        assert time.monotonic() < end
    assert examined(leaving, 5)["person"]["result"] == "fail"


def test_a_key_that_is_gone_is_named(world: World, tmp_path: Path):
    shutil.copytree(world.town.home, tmp_path / "copy")
    (tmp_path / "copy" / "keys" / "passphrase").unlink()
    found = examined(Township(tmp_path / "copy"), 5)
    assert found["key"]["result"] == "fail"


def test_an_alarm_is_never_passed_over(world: World, tmp_path: Path):
    shutil.copytree(world.town.home, tmp_path / "copy")
    (tmp_path / "copy" / "alarm" / "20261122T000000Z-consistency-proof").mkdir(parents=True)
    assert examined(Township(tmp_path / "copy"), 9)["alarms"]["result"] == "fail"


def test_a_person_reads_it_in_lines(world: World):
    ran = run([*TOWNSHIP, "--home", str(world.town.home)], "doctor")
    assert "✓ 连接县端" in ran.out
    well = {one["result"] for one in examined(world.town, 0).values()} == {"ok"}
    assert ran.out.rstrip().endswith("一切正常 / all is well") == well
