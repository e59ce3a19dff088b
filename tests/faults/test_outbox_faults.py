"""A client that is killed, and a disk that fails, at every step between the signed bytes and the verified receipt."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from county_process import ROOT, CountyProcess, Township, county_process
from faulty_disk import FaultyDisk

from exchange.client.medium import give
from exchange.client.outbox import Outbox, State
from exchange.paper.medium import write_back
from schemas.problems import Problem, ProblemType

TEXT = "关于今年防汛准备工作的情况。\n各村已完成隐患排查，储备沙袋二千只。\n"
NOW = "2026-11-22T08:00:00.000Z"

KILLED = """
import os, signal, sys
from exchange.client import cli, http, outbox, sending

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

{place}
sys.exit(cli.main(sys.argv[1:]))
"""
PLACES = {
    "bytes-durable-row-missing": "outbox._settle = lambda *_: die()",
    "saved-not-sent": "http.Line.upload = die",
    "while-sending": """
async def pieces(file, answered, told):
    yield file.read(1000)
    die()
http._pieces = pieces""",
    "sent-answer-not-heard": "http.Line._answer = die",
    "receipt-verified-not-kept": "sending.keep_receipt = die",
    "receipt-kept-row-not-changed": "outbox.Outbox.accept = die",
    "row-changed-bytes-still-there": "outbox.Outbox._drop = die",
    "finished-nobody-told": "outbox.Outbox.told = die",
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CountyProcess, Township]]:
    folder = tmp_path_factory.mktemp("killed")
    with county_process(folder / "county") as county:
        county.office("T01", "城关镇")
        yield county, county.enrol(folder / "t01", "T01", "张三")


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_client_loses_nothing_and_sends_nothing_twice(county: tuple[CountyProcess, Township], place: str, tmp_path: Path) -> None:
    served, town = county
    letter = tmp_path / "正文.txt"
    letter.write_text(TEXT, "utf-8")
    command = ["submit", letter, "--title", place, "--kind", "信息", "--to", "county"]
    before = served.status()["submissions"]
    script = KILLED.format(place=PLACES[place])
    arguments = [sys.executable, "-c", script, "--json", "--home", town.home, *command]
    killed = subprocess.run(list(map(str, arguments)), cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    with Outbox(town.home) as box:
        waiting = box.waiting()
    sent = town.do(*command).json
    assert sent["status"] == "accepted"
    assert [item.submission for item in waiting] in ([], [sent["submission"]])
    assert served.status()["submissions"] == before + 1
    assert town.do("outbox", "--retry").out == ""


def packed(box: Outbox, content: bytes = b"container") -> Path:
    path = box.folder / ".fresh.new"
    path.write_bytes(content)
    return path


def whole(home: Path) -> None:
    """Every row that waits has its bytes, and no accepted or refused row has."""
    with Outbox(home) as box:
        for item in box.waiting():
            assert box.bytes_of(item.id).read_bytes() == b"container"
        for item in box.listed():
            assert item.state is State.SAVED or not box.bytes_of(item.id).exists()


@pytest.mark.parametrize("persisted", [False, True])
def test_a_failing_disk_never_leaves_a_row_without_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, persisted: bool) -> None:
    disk = FaultyDisk(monkeypatch)
    with Outbox(tmp_path) as box:
        source = packed(box)
        with disk.armed():
            box.add("first", source, "a" * 64, "b" * 64, "", NOW)
        for at in range(len(disk.done)):
            source = packed(box)
            with disk.armed(at, persisted=persisted, error=errno.ENOSPC), pytest.raises(Problem) as caught:
                box.add(f"{at}", source, f"{at:064}", "b" * 64, "", NOW)
            assert caught.value.kind is ProblemType.FOLDER_READ_ONLY
    whole(tmp_path)


@pytest.mark.parametrize("persisted", [False, True])
def test_a_medium_that_fails_or_is_pulled_out_holds_no_part_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, persisted: bool
) -> None:
    disk, path = FaultyDisk(monkeypatch), tmp_path / "U盘" / "to-county" / f"{'a' * 64}.asice"
    with Outbox(tmp_path) as box:
        box.add("first", packed(box), "a" * 64, "b" * 64, "", NOW)
        with disk.armed():
            assert give(box, tmp_path / "U盘") == [path]
        for at in range(len(disk.done)):
            shutil.rmtree(tmp_path / "U盘")
            with disk.armed(at, persisted=persisted), suppress(Problem):
                give(box, tmp_path / "U盘")
            assert not path.exists() or path.read_bytes() == b"container"
            give(box, tmp_path / "U盘")
        path.write_bytes(b"contai")  # what the file system made of it when it was pulled out
        give(box, tmp_path / "U盘")
        assert path.read_bytes() == b"container"


def test_receipts_of_an_earlier_journey_keep_their_revocation_lists_on_the_medium(tmp_path: Path) -> None:
    for receipt, lists in (("a", [b"first"]), ("b", [b"second", b"third"]), ("b", [b"second", b"third"])):
        write_back(tmp_path, {receipt: b"{}"}, lists)
    assert {path.read_bytes() for path in (tmp_path / "from-county" / "crls").iterdir()} == {b"first", b"second", b"third"}


def test_a_full_disk_in_the_database_refuses_the_item_and_keeps_the_others(tmp_path: Path) -> None:
    with Outbox(tmp_path) as box:
        box.add("first", packed(box), "a" * 64, "b" * 64, "", NOW)
        pages = box._connection.execute("PRAGMA page_count").fetchone()[0]
        box._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Problem) as caught:  # noqa: PT012 - which of them finds the disk full is not ours to say
            for number in range(1000):
                box.add(f"{number}", packed(box), f"{number:064}", "b" * 64, "x" * 200, NOW)
        assert caught.value.kind is ProblemType.FOLDER_READ_ONLY
        assert not box._connection.in_transaction
        box._connection.execute(f"PRAGMA max_page_count = {pages * 100}")
        box.add("last", packed(box), "c" * 64, "b" * 64, "", NOW)
    whole(tmp_path)


def test_bytes_that_no_row_waits_for_are_swept_when_they_are_old(tmp_path: Path) -> None:
    with Outbox(tmp_path) as box:
        box.add("first", packed(box), "a" * 64, "b" * 64, "", NOW)
        stray, young = box.folder / ".stray.new", box.folder / "young.asice"
        for path in (stray, young):
            path.write_bytes(b"x")
        os.utime(stray, (0, 0))
        os.utime(box.bytes_of("first"), (0, 0))
        box.sweep()
        assert not stray.exists()
        assert young.exists()
    whole(tmp_path)


def test_a_refusal_leaves_nothing_of_the_content_in_row_or_file(tmp_path: Path) -> None:
    with Outbox(tmp_path) as box:
        box.add("first", packed(box), "5ec4e7" * 10 + "abcd", "b" * 64, "intent-digest", NOW)
        box.refuse("first", Problem(ProblemType.SECRECY_MARK), "star-head", NOW)
        (item,) = box.listed()
        assert (item.state, item.submission, item.container, item.rules) == (State.REFUSED, None, None, "star-head")
        assert list(box.folder.iterdir()) == []
    content = (tmp_path / "outbox.db").read_bytes()
    assert not any(trace in content for trace in (b"5ec4e75ec4e7", b"intent-digest"))


def test_the_database_has_a_rollback_journal_and_syncs_in_full(tmp_path: Path) -> None:
    with Outbox(tmp_path) as box:
        asked = {name: box._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "secure_delete")}
    assert asked == {"journal_mode": "delete", "synchronous": 2, "secure_delete": 1}


def test_a_damaged_database_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(Problem) as caught:
        Outbox(tmp_path)
    assert caught.value.kind is ProblemType.LEDGER_DAMAGED
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
