import json
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.client import cli, packing
from exchange.client.enrolment import base_url
from exchange.client.packing import Order
from schemas.problems import Problem, ProblemType
from schemas.words import Kind, Urgency


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit"],
        ["submit", "a.pdf", "--title", "t", "--kind", "信息"],
        ["submit", "a.pdf", "--from", "l.jsonl"],
        ["pack", "a.pdf", "--title", "t", "--kind", "信息", "--to", "county"],
        ["pack", "--from", "l.jsonl"],
        ["return", "a" * 64],
        ["open", "a" * 64],
        ["unknown"],
        [],
    ],
)
def test_an_incomplete_command_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--json", "--home", "{home}", "outbox"], ["outbox", "--json", "--home", "{home}"]])
def test_shared_options_stand_before_or_after_the_command(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main([argument.format(home=tmp_path) for argument in arguments])
    assert code == ProblemType.FOLDER_UNKNOWN.exit
    assert json.loads(capsys.readouterr().err)["type"] == "/problems/folder-unknown"


def test_the_home_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("YIZHAN_HOME", str(tmp_path / "someone"))
    cli.main(["inbox"])
    said = capsys.readouterr().err
    assert "someone" in said
    assert "Run init or enrol first" in said


def test_help_loads_neither_the_wire_nor_the_reader() -> None:
    script = (
        "import sys, contextlib\nfrom exchange.client import cli\n"
        "with contextlib.suppress(SystemExit):\n    cli.main(['--help'])\n"
        "print(sorted({'aiohttp', 'rich', 'pypdf', 'pypdfium2', 'sqlite3', 'http_message_signatures'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[3]
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("gw.example:8443", "https://gw.example:8443"),
        ("https://gw.example/", "https://gw.example"),
        ("https://127.0.0.1:8443/a?b", "https://127.0.0.1:8443"),
    ],
)
def test_an_address_is_https_host_and_port(typed: str, url: str) -> None:
    assert base_url(typed) == url


@pytest.mark.parametrize("typed", ["http://gw.example", "ftp://x", "https://", ""])
def test_nothing_but_https_is_spoken(typed: str) -> None:
    with pytest.raises(Problem) as caught:
        base_url(typed)
    assert caught.value.kind is ProblemType.CONFIG_INVALID


@pytest.mark.parametrize("typed", ["report", "报告", "REPORT"])
def test_a_kind_is_named_by_code_chinese_or_english(typed: str) -> None:
    assert packing.word(Kind, typed, "kind") is Kind.REPORT


def test_an_unknown_word_is_refused_with_the_choices() -> None:
    with pytest.raises(Problem) as caught:
        packing.word(Urgency, "火急", "urgency")
    assert caught.value.kind is ProblemType.METADATA_MALFORMED
    assert "特急" in caught.value.detail


def test_codes_may_come_several_times_or_with_commas() -> None:
    assert packing.codes(["T01,T02", "county"]) == packing.codes("T01，T02, county") == ["T01", "T02", "county"]


def test_a_list_is_read_line_by_line_and_paths_count_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    lines = [
        '\ufeff{"main": "a.txt", "title": "t", "kind": "信息", "to": "county"}',
        "",
        '{"main": "a.txt", "title": "t"}',
        '{"main": "a.txt", "title": "t", "kind": "信息", "to": ["county"], "colour": "red"}',
        "not json",
        '{"main": "elsewhere.txt", "title": "t", "kind": "信息", "to": ["county"]}',
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(lines), "utf-8")
    first, *bad, last = packing.orders(tmp_path / "list.jsonl")
    assert isinstance(first, Order)
    assert first.main == str(tmp_path / "a.txt")
    assert [problem.detail.split(":")[1] for problem in bad if isinstance(problem, Problem)] == ["3", "4", "5"]
    assert isinstance(last, Order)
    assert last.main == "elsewhere.txt"
