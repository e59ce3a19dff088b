"""What was typed wrongly is said in Chinese first, in a few short lines, by both commands."""

import argparse
import re
from importlib import metadata

import pytest

from exchange import county_cli
from exchange.arguments import Parser, in_chinese
from exchange.client import cli

WRONG = [
    (["nichts"], "COMMAND 没有 “nichts” 这一项"),
    ([], "缺少 COMMAND"),
    (["misdirect", "a" * 64], "缺少 --reason"),
    (["return", "a" * 64], "--code 或 --reason"),
    (["submit", "--patience"], "--patience 后面要跟一个值"),
    (["submit", "--patience", "lang"], "--patience 的值 “lang” 不对"),
    (["inbox", "--farbe"], "不认识 --farbe"),
    (["inbox", "--json=1"], "--json 不带值"),
    (["search", "--most", "0", "x"], "--most 的值不对，应为 1–1000"),
    (["search", "--order", "oldest", "x"], "--order 没有 “oldest” 这一项"),
    (["submit", "a.pdf", "--review", "x"], "--review 不明确"),
    (["submit"], "MAIN 或 --from LIST.jsonl，二者取一"),
]


@pytest.mark.parametrize(("arguments", "chinese"), WRONG)
def test_a_wrong_line_is_said_in_chinese_with_english_beside_it(arguments: list[str], chinese: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    first, english, where = capsys.readouterr().err.splitlines()
    assert caught.value.code == 2
    assert first.startswith(f"✗ {chinese}")
    assert not re.search("[\u4e00-\u9fff]", english)
    assert "--help" in where


def test_every_sentence_of_the_interpreters_parser_that_we_know_is_translated(capsys: pytest.CaptureFixture[str]):
    parser = argparse.ArgumentParser(exit_on_error=True)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--here", action="store_true")
    either.add_argument("--there", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--two", nargs=2)
    for wrong in (["--here", "--there"], ["--count", "x"], ["--two", "a"], ["--here=1"], ["--none"]):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)
        said = capsys.readouterr().err.strip().partition("error: ")[2]
        assert in_chinese(said) != said


def test_the_county_speaks_alike(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        county_cli.main(["office", "add", "county"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("✗ 缺少 --code, --name\n")


@pytest.mark.parametrize(("main", "program"), [(cli.main, "yizhan"), (county_cli.main, "yizhan-county")])
def test_each_command_says_its_version(main: object, program: str, capsys: pytest.CaptureFixture[str]):
    assert callable(main)
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"{program} {metadata.version('yizhan')}\n"


def test_help_has_one_list_of_options_and_chinese_headings(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        cli.main(["search", "--help"])
    said = capsys.readouterr().out
    assert said.count("选项 options") == 1
    assert "显示帮助" in said


def test_a_parser_without_help_lends_its_options():
    shared = Parser(add_help=False)
    shared.add_argument("--json", action="store_true")
    assert Parser(parents=[shared]).parse_args(["--json"]).json
