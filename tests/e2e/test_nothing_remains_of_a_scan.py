"""Of a refused scan nothing remains, with real processes: county, readers, eyes and the township's own command (invariant 3).

Looked through: county folder, the person's home, temporary folders, what the processes said, core files, and swap.
"""

import base64
import http.client
import json
import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from county_process import COUNTY, ROOT, TOWNSHIP, CountyProcess, Township, run
from scan_maker import Sheet, png, scanned
from submission_maker import Letter, pack

from archive.reading.eyes.eyes import Eyes
from exchange.client.home import open_home

pytestmark = pytest.mark.skipif(not Eyes.available(), reason="recognition is not installed")

WORD = "鹿鸣九皋声闻于野"
"""Stands in what is refused and nowhere else."""
SPELLINGS = [
    spelling
    for name in ("utf-8", "utf-16-le", "gb18030")
    for octets in (WORD.encode(name),)
    for spelling in (octets, octets.hex().encode(), *(base64.b64encode(b"\0" * shift + octets)[4:-4] for shift in range(3)))
]
SHEET = Sheet(mark="机密★1年", title=f"关于{WORD}的报告", body=f"{WORD}。" * 30)


@dataclass
class Place:
    """Where everything of this test lies."""

    folder: Path
    county: CountyProcess

    @property
    def environment(self) -> dict[str, str]:
        return {"TMPDIR": str(self.folder / "temporary"), "HOME": str(self.folder / "person"), "PYTHONUNBUFFERED": "1"}

    def traces(self, *, but: Path) -> list[str]:
        """Return the files that hold the word, in content or name; `but` is the paper on the person's own desk."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path != but]
        return [str(path) for path in files if any(each in path.name.encode() + content_of(path) for each in SPELLINGS)]


def content_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # the index replaces its files while it follows
        return b""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    for name in ("temporary", "person"):
        (tmp_path / name).mkdir()
    county = CountyProcess(tmp_path / "county")
    here = Place(tmp_path, county)
    county.found()
    county.office("T01", "城关镇")
    with (tmp_path / "said").open("w") as said:
        command = [*COUNTY, "serve", str(county.folder), "--port", "0"]
        environment = os.environ | here.environment
        county.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=said, text=True)
        assert county.process.stdout is not None
        county.url = county.process.stdout.readline().split()[-1]
        try:
            yield here
        finally:
            county.stop()


def family(process: int) -> list[int]:
    """Return a process and all that it started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(member for child in children for member in family(int(child)))]


def status_of(process: int, name: str) -> str:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))


def test_nothing_of_a_refused_scan_is_anywhere(place: Place):
    county = place.county
    town = county.enrol(place.folder / "person" / "home", "T01", "张三")
    desk = place.folder / f"{WORD}.png"
    desk.write_bytes(png(scanned(SHEET)))
    # the township's own look stops it: the county never hears of it
    arguments = ["submit", desk, "--title", f"关于{WORD}的报告", "--kind", "信息", "--to", "county"]
    told = run([*TOWNSHIP, "--json", "--home", str(town.home)], *arguments, expect=4, **place.environment)
    assert json.loads(told.out)["status"] == "refused"
    assert county.status()["counters"].get("not accepted: secrecy-mark", 0) == 0
    assert place.traces(but=desk) == []

    # sent past it, the county's own look stops it
    status, problem = submitted(county, town, {f"{WORD}.png": desk.read_bytes()})
    assert (status, problem["type"]) == (422, "/problems/secrecy-mark")
    assert place.traces(but=desk) == []
    assert county.process is not None
    for process in family(county.process.pid):
        limits = Path(f"/proc/{process}/limits").read_text()
        assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
        assert status_of(process, "VmSwap") == "0 kB"
    county.stop()
    assert place.traces(but=desk) == []
    assert [path.name for folder in (ROOT, place.folder) for path in folder.glob("core*") if path.is_file()] == []


def test_the_same_search_finds_what_was_accepted(place: Place):
    county = place.county
    town = county.enrol(place.folder / "person" / "home", "T01", "张三")
    status, _ = submitted(county, town, {f"{WORD}.txt": f"{WORD}。请予支持为盼，特此函告。".encode() * 20})
    assert status == 201
    assert any("ledger.db" in path for path in place.traces(but=place.folder / "none"))


def submitted(county: CountyProcess, town: Township, files: dict[str, bytes]) -> tuple[int, Any]:
    """Send a container that no command would have sent, and ask until there is an answer."""
    letter = Letter(at=datetime.now(UTC), title=WORD, files=files)
    context = ssl.create_default_context(cafile=str(town.home / "trust" / "root.pem"))
    line = http.client.HTTPSConnection("127.0.0.1", county.url.rsplit(":", 1)[1], context=context, timeout=60)
    line.request("POST", "/api/v1/submissions", body=pack(letter, open_home(town.home).signer))
    answer = line.getresponse()
    body = json.loads(answer.read())
    while answer.status == 202:
        time.sleep(0.1)
        line.request("GET", answer.headers["Location"])
        answer = line.getresponse()
        body = json.loads(answer.read())
    line.close()
    return answer.status, body
