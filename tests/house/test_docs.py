"""What the program has, the documents name: settings, commands, routes, states, problem types, commands of the Makefile."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.app import operations
from exchange.client import cli as township
from exchange.config import Limits, Settings
from exchange.county_cli import _parser as county_parser
from exchange.delivery.states import TRANSITIONS, Opening, Review
from exchange.metrics import GAUGES
from exchange.openapi.table import rewritten
from schemas.words import Role, Scope

ROOT = Path(__file__).resolve().parents[2]
READMES = [(ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md")]
OPERATE = (ROOT / "docs/operate.md").read_text()
API = (ROOT / "docs/api.md").read_text()
DESIGN = (ROOT / "DESIGN.md").read_text()


def commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


@pytest.mark.parametrize("name", [name for name in (*Settings.__struct_fields__, *Limits.__struct_fields__) if name != "limits"])
def test_a_setting_is_documented(name: str):
    assert f"`{name}`" in OPERATE


@pytest.mark.parametrize("name", sorted(commands(county_parser())))
def test_a_command_of_the_county_is_documented(name: str):
    assert f"`{name} " in OPERATE


@pytest.mark.parametrize("name", sorted(commands(township._parser())))
def test_a_command_of_the_township_is_documented(name: str):
    assert f"`{name}" in (ROOT / "docs/township.md").read_text()


def test_the_table_of_operations_is_the_operations():
    assert rewritten(API) == API, "run `make docs`"


@pytest.mark.parametrize(
    "name", sorted({each.name for operation in operations() for each in operation.parameters if each.where == "header"} - {"Last-Event-ID"})
)
def test_a_header_of_the_interface_is_documented(name: str):
    assert f"`{name}`" in API


def test_the_state_table_is_documented():
    for word in (*Opening, *Review):
        assert f"`{word.value}" in DESIGN or f" {word.value}" in DESIGN, word
    for rule in TRANSITIONS.values():
        assert rule.event.value in DESIGN or rule.to.value in DESIGN


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_documented(role: Role):
    assert f"`{role.value}`" in OPERATE


@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_is_documented(scope: Scope):
    assert f"| `{scope.value}` | {scope.zh} |" in OPERATE


@pytest.mark.parametrize("name", GAUGES)
def test_a_gauge_is_documented(name: str):
    assert f"`{name}`" in OPERATE


@pytest.mark.parametrize("readme", READMES, ids=["en", "zh"])
def test_a_readme_names_the_two_commands(readme: str):
    for target in ("make run", "make test", "make install", "make bench"):
        assert target in readme
