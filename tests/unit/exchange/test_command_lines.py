"""What was typed wrongly is said in Chinese first, in a few short lines, by both commands."""

import argparse
import contextlib
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from finder_maker import small_ledger
from ledger_maker import NOW, notary

from exchange import county_cli
from exchange.arguments import Parser, in_chinese
from exchange.client import cli
from exchange.office import store
from exchange.office.administration import COMMAND
from exchange.terminal import spoken
from exchange.typed_arguments import carry_out
from schemas.problems import Exit, Problem
from schemas.words import OfficeKind

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


@pytest.mark.parametrize("arguments", [["serve", "d", "--port", "abc"], ["serve", "d", "--port", "99999"], ["demo", "--port", "-1"]])
def test_a_wrong_port_is_said_without_the_names_of_our_functions(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        county_cli.main(arguments)
    said = capsys.readouterr().err
    assert "--port" in said
    assert "_port" not in said


@pytest.mark.parametrize("url", ["gw.example:8443", "ftp://gw.example", "https://gw.example:99999", "https://gw.example/x", "https://"])
def test_an_address_that_no_township_could_open_founds_no_county(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert county_cli.main(["init", str(tmp_path / "new"), "--name", "示例县", "--url", url]) == Exit.USAGE
    assert "如 https://gw.example:8443" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


OFFICES = {"T01": "城关镇", "T10": "红旗乡", "D01": "水务局"}
WRONGLY_TYPED = [
    ("office-add", {"code": "1镇", "name": "某镇", "kind": "township"}, "如 T01", "for instance T01"),
    ("office-add", {"code": "T99", "name": " ", "kind": "township"}, "名称、姓名为", "1 to 60 characters"),
    ("office-add", {"code": "T99", "name": "某镇", "kind": "村"}, "township 乡镇", "township (township)"),
    ("invite", {"office": "t1", "person": "张三", "role": "clerk"}, "T01 城关镇", "near it are T01"),
    ("invite", {"office": "水务", "person": "张三", "role": "clerk"}, "D01 水务局", "near it are D01"),
    ("invite", {"office": "zzzz", "person": "张三", "role": "clerk"}, "office list", "office list"),
    ("invite", {"office": "T01", "person": "门户", "role": "service"}, "须有 --scope", "needs --scope"),
    ("contact", {"office": "T01", "person": "张三", "phone": "abc"}, "电话号码只用", "a telephone number"),
    ("revoke", {"person": "T01.9"}, "people", "people"),
]


@pytest.mark.parametrize(("command", "arguments", "chinese", "english"), WRONGLY_TYPED)
async def test_a_wrong_argument_is_told_with_what_would_be_right(command: str, arguments: dict[str, Any], chinese: str, english: str):
    async with small_ledger() as ledger:
        for code, name in OFFICES.items():
            with contextlib.suppress(Problem):  # the small ledger has townships of its own
                await ledger.database.write(store.add_office, notary(), code, name, OfficeKind.TOWNSHIP, NOW)
        await ledger.change("UPDATE office_period SET name = '城关镇' WHERE office = 'T01'")
        watch = SimpleNamespace(now=lambda: NOW, signing_now=lambda: NOW)
        desk: Any = SimpleNamespace(
            database=ledger.database, watch=watch, county=SimpleNamespace(notary=notary()), acting=COMMAND, refresh=None
        )
        with pytest.raises(Problem) as caught:
            await carry_out(desk, command, arguments)
    here, beside = spoken(caught.value.detail)
    assert chinese in here
    assert english in beside


@pytest.mark.parametrize("parser", [cli._parser(), county_cli._parser()], ids=["yizhan", "yizhan-county"])
def test_everything_that_can_be_typed_is_explained_in_both_languages(parser: argparse.ArgumentParser):
    assert list(_unexplained(parser)) == []


def _unexplained(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _unexplained(one)
        elif not re.search("[\u4e00-\u9fff].* / .*[a-z]", action.help or ""):
            yield f"{parser.prog} {action.dest}"
