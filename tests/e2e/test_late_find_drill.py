"""The drill of docs/late-find.md, its commands as they stand there, on a county made for the purpose."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from county_process import CountyProcess

from exchange import county_cli
from exchange.client import cli as township

PAGE = (Path(__file__).resolve().parents[2] / "docs/late-find.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
PROGRAMS = {"yizhan": township.main, "yizhan-county": county_cli.main}


class Drill:
    """Runs commands one after the other, each in place of whoever would type it, and puts in what the one before said."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture, self.said, self.told = capture, dict[str, str](), list[tuple[str, Any]]()

    def run(self, line: str) -> None:
        program, *words = [self.said.get(word, word) for word in shlex.split(line)]
        assert PROGRAMS[program]([*words, "--json"]) == 0, f"{line}: {self.capture.readouterr()}"
        answer = json.loads(self.capture.readouterr().out)
        self.told.append((line, answer))
        for name, member in (("CODE", "code"), ("FINGERPRINT", "fingerprint"), ("ID", "submission")):
            if member in answer:
                self.said[name] = answer[member]

    def after(self, words: str) -> list[Any]:
        """Return what was said to the commands that hold these words."""
        return [answer for line, answer in self.told if words in line]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CountyProcess]:
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o077)
    county = CountyProcess(tmp_path / "演练县")
    yield county
    county.stop()
    os.umask(before)


def test_the_drill_runs_as_it_is_written(served: CountyProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "演练文件.txt").write_text("演练用的普通文件，与任何秘密无关。\n", "utf-8")
    drill = Drill(capsys)
    for line in COMMANDS:
        if line.startswith("yizhan-county serve "):
            drill.said["URL"] = served.serve()
        else:
            drill.run(line)
    assert json.loads((tmp_path / "张三/contact.json").read_text("utf-8"))["phone"] == "0555-7654321"
    assert json.loads((tmp_path / "陈收/contact.json").read_text("utf-8"))["phone"] == "0555-1234567"
    (status,) = drill.after("status ID")
    assert (status["sealed"], status["title"]) == (True, "")
    assert [len(answer["items"]) for answer in drill.after("陈收 inbox")] == [0, 1]
    (listed,) = [answer for line, answer in drill.told if line.endswith("sealed")]
    assert [(item["openable"], item["rules"]) for item in listed["items"]] == [(True, ["reported"])]
    opened = drill.after("sealed open")
    assert [each["title"] for each in opened] == ["演练文件一"] * 2
    assert {Path(each["documents"][0]).read_bytes() for each in opened} == {(tmp_path / "演练文件.txt").read_bytes()}
    incident = json.loads((tmp_path / "事件单.json").read_bytes())
    assert {(person["who"]["name"], person["act"]) for person in incident["people"]} == {("陈收", "opened"), ("陈收", "container")}
    assert [(tmp_path / name).read_bytes()[:5] for name in ("事件单.pdf", "销毁证明.pdf")] == [b"%PDF-"] * 2
    (report,) = drill.after("fsck")
    assert report["ok"], report
