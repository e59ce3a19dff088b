"""Founding a county: whole or not at all, with its own policy beside its settings; a change of policy is public."""

import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from county_maker import serving

from exchange import commands, config, county
from exchange.clock import FakeClock
from exchange.commands import Desk
from exchange.config import Settings
from exchange.county import open_folder
from exchange.founding import found_county
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Role

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def policies(tx: Any) -> list[str | None]:
    rows = tx.rows("SELECT receipt FROM event WHERE event = :event ORDER BY id", event=Event.POLICY_CHANGE.value)
    return [decode(row.receipt, Receipt).subject for row in rows]


async def test_a_policy_of_its_own_is_copied_beside_the_settings(tmp_path: Path):
    own = tmp_path / "ours.toml"
    own.write_bytes(resources.files("exchange.policy").joinpath("rules/strict.toml").read_bytes())
    made = await found_county(tmp_path / "county", Settings(name="示例县", policy=str(own)), NOW)
    own.unlink()
    assert made.settings.policy == "policy.toml"
    async with serving(tmp_path / "county", FakeClock(NOW)) as running:
        assert running.service.policy.name == "strict"


async def test_a_change_of_policy_is_recorded_once_and_publicly(tmp_path: Path):
    folder = tmp_path / "county"
    await found_county(folder, Settings(name="示例县"), NOW)
    for turn, policy in enumerate(("usual", "strict", "strict")):
        settings = config.read(folder)
        (folder / config.FILE).write_bytes(config.write(config.Settings(name=settings.name, policy=policy)))
        async with serving(folder, FakeClock(NOW + timedelta(minutes=turn))) as running:
            recorded = await running.service.database.read(policies)
    assert [(name or "").split("-")[0] for name in recorded] == ["usual", "strict"]


@pytest.mark.parametrize("policy", ["nowhere.toml", "lenient"])
async def test_a_policy_that_is_not_there_founds_nothing(tmp_path: Path, policy: str):
    with pytest.raises(Problem) as caught:
        await found_county(tmp_path / "county", Settings(name="示例县", policy=policy), NOW)
    assert caught.value.kind is ProblemType.CONFIG_INVALID
    assert list(tmp_path.iterdir()) == []


async def test_a_county_that_could_not_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(county, "_make_authority", full)
    with pytest.raises(OSError, match="No space"):
        await found_county(tmp_path / "county", Settings(name="示例县"), NOW)
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_with_something_in_it_is_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Problem) as caught:
        await found_county(tmp_path, Settings(name="示例县"), NOW)
    assert caught.value.kind is ProblemType.FOLDER_EXISTS


async def test_keys_are_encrypted_and_nobody_elses_to_read(tmp_path: Path):
    await found_county(tmp_path / "county", Settings(name="示例县"), NOW)
    keys = sorted((tmp_path / "county" / "keys").iterdir())
    assert [key.name for key in keys if key.name.endswith(".key.pem")] == [
        f"{n}.key.pem" for n in ("issuing", "log", "receipt", "root", "timestamp")
    ]
    assert all(b"ENCRYPTED PRIVATE KEY" in key.read_bytes() for key in keys if key.name.endswith(".pem"))
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    (tmp_path / "county" / "keys" / "passphrase").write_text("0" * 64)
    with pytest.raises(Problem) as caught:
        open_folder(tmp_path / "county")
    assert caught.value.kind is ProblemType.KEY_UNREADABLE


async def test_people_are_listed_with_what_revoke_takes(tmp_path: Path):
    await found_county(tmp_path / "county", Settings(name="示例县"), NOW)
    async with serving(tmp_path / "county", FakeClock(NOW)) as running:
        await running.office("T01")
        await running.person("T01", "张三")
        desk = Desk(running.county, running.service.database, running.service.watch)
        (person,) = (await commands.people(desk))["people"]
        assert (person["id"], person["name"], person["role"], person["certificates"]) == ("T01.1", "张三", "clerk", 1)
        await commands.revoke(desk, person="T01.1", left=True)
        assert (await commands.people(desk))["people"] == []


async def test_staff_changes_are_listed_confirmed_and_returned_by_signed_requests_of_those_who_may(tmp_path: Path):
    await found_county(tmp_path / "county", Settings(name="示例县"), NOW)
    clock = FakeClock(NOW)
    async with serving(tmp_path / "county", clock) as running:
        await running.office("T01")
        clerk, reviewer = await running.person("T01", "张三"), await running.person(COUNTY, "收文岗", Role.REVIEWER)
        administrator = await running.person(COUNTY, "管理员", Role.ADMINISTRATOR)
        here = "/api/v1/staff/changes"

        async def ask(method: str, path: str, person: str, body: dict[str, object] | None = None) -> tuple[int, dict[str, Any]]:
            clock.advance(timedelta(seconds=2))
            sent = None if body is None else json.dumps(body).encode()
            status, said = await running.ask(method, here + path, person, sent)
            return status, said

        arrives = {"kind": "arrival", "filing": {"name": "李四", "role": "clerk", "mobile": "13800000001"}}
        leaves = {"kind": "leaving", "person": clerk}
        ids = [(await ask("POST", "", clerk, body))[1]["id"] for body in (arrives, leaves)]
        for person, status in ((clerk, 403), (reviewer, 403)):
            for act in ("confirm", "return"):
                assert (await ask("POST", f"/{ids[0]}/{act}", person, {"words": "x"} if act == "return" else {}))[0] == status
        assert (await ask("GET", "", reviewer))[0] == 403
        assert (await ask("GET", "?office=county", clerk))[0] == 403
        assert (await ask("GET", "?state=nowhere", clerk))[0] == 400
        _, page = await ask("GET", "?size=1", administrator)
        _, rest = await ask("GET", f"?size=1&after={page['next']}", administrator)
        assert [one["id"] for one in (*page["items"], *rest["items"])] == ids[::-1], "of all offices, the newest first"
        assert (rest["items"][0]["name"], rest["items"][0]["after"]["mobile"], rest["next"]) == ("李四", "13800000001", None)
        status, done = await ask("POST", f"/{ids[0]}/confirm", administrator, {"code": True})
        assert (status, done["person"], done["arrival"]["fingerprint"]) == (200, "T01.2", running.county.fingerprint)
        status, refused = await ask("POST", f"/{ids[0]}/confirm", administrator)
        assert (status, refused["type"]) == (409, "/problems/state-changed"), "and no second code"
        assert (await ask("POST", f"/{ids[1]}/return", administrator, {"words": " "}))[1]["type"].endswith("reason-required")
        assert (await ask("POST", f"/{ids[1]}/return", administrator, {"words": "请先交接"}))[0] == 200
        _, page = await ask("GET", "?state=all", clerk)
        assert [(one["state"], one["words"]) for one in page["items"]] == [("returned", "请先交接"), ("confirmed", None)]
