"""The county's policy as a home keeps it: fetched when an answer names another one, and never trusted to be weaker than the floor."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.client.policy import FILE, follow_policy, policy_of
from exchange.policy.rules import FLOOR, load
from schemas.problems import Problem, ProblemType


class Wire:
    """Names a policy and gives bytes for it; notes what was asked."""

    def __init__(self, policy: str, published: bytes | Problem) -> None:
        self.policy, self.published = policy, published
        self.asked: list[str] = []

    async def get(self, path: str, *, signed: bool) -> bytes:
        assert not signed
        self.asked.append(path)
        if isinstance(self.published, Problem):
            raise self.published
        return self.published


async def follow(home: Path, wire: Any) -> None:
    await follow_policy(home, wire)


STRICT = load("strict")


async def test_another_policy_is_fetched_once_and_judged_by_from_then_on(tmp_path: Path) -> None:
    wire = Wire(STRICT.version, STRICT.published())
    assert policy_of(tmp_path).version == load("usual").version
    for _ in range(2):
        await follow(tmp_path, wire)
    assert wire.asked == ["/api/v1/policy"]
    assert policy_of(tmp_path) == STRICT


@pytest.mark.parametrize("version", ["", load("usual").version])
async def test_nothing_is_asked_for_while_the_county_names_no_other(tmp_path: Path, version: str) -> None:
    wire = Wire(version, b"")
    await follow(tmp_path, wire)
    assert wire.asked == []


def weaker() -> bytes:
    table = json.loads(STRICT.published())
    table["outcomes"][min(FLOOR)] = "PASS"
    return json.dumps(table).encode()


@pytest.mark.parametrize("published", [b"", b"{}", b"<html>", weaker(), Problem(ProblemType.NETWORK), Problem(ProblemType.NOT_FOUND)])
async def test_what_cannot_be_judged_by_changes_nothing(tmp_path: Path, published: bytes | Problem) -> None:
    await follow(tmp_path, Wire("another-000000000000", published))
    assert not (tmp_path / FILE).exists()
    assert policy_of(tmp_path) == load("usual")


def test_a_copy_that_was_damaged_is_as_none(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(STRICT.published()[:-9])
    assert policy_of(tmp_path) == load("usual")
    assert policy_of(None) == load("usual")
