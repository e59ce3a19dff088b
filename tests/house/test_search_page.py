"""The page for people who search says what the tables of the language hold, and its examples work."""

import re
from pathlib import Path

import pytest

from archive.search.query import parse
from archive.search.syntax import (
    AND,
    CORNER,
    CORNER_END,
    DOUBLE,
    FIELDS,
    MAX_DEPTH,
    MAX_TERM,
    MAX_TERMS,
    MAX_TEXT,
    NOT,
    OR,
    SIDES,
    STATES,
    Field,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs/search.md").read_text()
ROWS = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
NARROW = {"|": "\\|", "｜": "\\|"}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.names[0])
def test_a_field_is_on_the_page_with_all_its_names_and_its_example(field: Field):
    names = " ".join(f"`{name}`" for name in field.names)
    (row,) = [row for row in PAGE.splitlines() if row.startswith(f"| `{field.example}` | {names} |")]
    assert ("＊" in row) == (field.sort in ("offices", "choice", "state"))


@pytest.mark.parametrize("operator", sorted({NARROW.get(word, word) for word in OR | AND | NOT}))
def test_an_operator_is_on_the_page(operator: str):
    assert re.search(rf"`[^`]*{re.escape(operator)}[^`]*`", PAGE)


@pytest.mark.parametrize("word", [word for table in (STATES, SIDES) for names in table.values() for word in names if " " not in word])
def test_a_word_of_states_is_on_the_page(word: str):
    assert f"`{word}`" in PAGE or f"`{word}:`" in PAGE


@pytest.mark.parametrize("limit", [MAX_DEPTH, MAX_TERM, MAX_TERMS, MAX_TEXT])
def test_a_limit_is_on_the_page(limit: int):
    assert PAGE.count(f" {limit} ") + PAGE.count(f" {limit:,} ") >= 1


def test_quotes_and_brackets_are_on_the_page():
    shown = set(re.findall(r"`(.)…(.)`", PAGE))
    assert {('"', '"'), ("“", "”"), ("「", "」"), ("『", "』")} == shown
    assert all(begin in DOUBLE + CORNER and end in DOUBLE + CORNER_END for begin, end in shown)


@pytest.mark.parametrize("example", [*ROWS, *re.findall(r"`(状态:[^`]+|日期:[^`]+|“[^`…]+”|办法[^`]+|关于[^`]+|时间[^`]+)`", PAGE)])
def test_an_example_is_understood(example: str):
    parse(example)


def test_there_are_examples():
    assert len(ROWS) >= len(FIELDS) + 5
