"""kill -9 of a real service while scans are looked at, let in, and looked at whole: nothing lost, invented, or left readable."""

import http.client
import signal
import sqlite3
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from county_process import CountyProcess, Township, county_process
from scan_maker import Scanner, Sheet, pdf, scanned
from submission_maker import Letter, pack

from archive.reading.eyes.eyes import Eyes
from exchange.client.home import open_home
from exchange.client.outbox import Outbox
from keys import container
from schemas import instants

pytestmark = pytest.mark.skipif(not Eyes.available(), reason="recognition is not installed")

DOTS = 150
SAID = "各村已完成隐患排查，储备沙袋二千只。"
SCANS = 2
LONGEST = 60.0


@dataclass
class Load:
    """Containers that were sent, by number; where to ask for those that are looked at, and every receipt that was ever given."""

    county: CountyProcess
    tls: ssl.SSLContext
    sent: list[bytes]
    places: dict[int, str] = field(default_factory=dict)
    receipts: dict[int, bytes] = field(default_factory=dict)

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes, str]:
        with closing(http.client.HTTPSConnection("127.0.0.1", self.county.port, context=self.tls, timeout=30)) as line:
            line.request(method, path, body=body)
            answer = line.getresponse()
            return answer.status, answer.read(), answer.headers.get("Location", "")

    def post(self) -> None:
        """Send all that has no receipt."""
        for number, packed in enumerate(self.sent):
            if number not in self.receipts:
                status, body, self.places[number] = self.call("POST", "/api/v1/submissions", packed)
                self._heard(number, status, body)

    def ask(self) -> None:
        """Ask for each that has no receipt."""
        for number in [number for number in self.places if number not in self.receipts]:
            self._heard(number, *self.call("GET", self.places[number])[:2])

    def _heard(self, number: int, status: int, body: bytes) -> None:
        assert status in (200, 201, 202), body
        if status != 202:
            self.receipts[number] = body

    def kill(self) -> None:
        """End the service where it stands; before that and after it nobody can read what was not let in."""
        assert self.county.process is not None
        for entry in Path(f"/proc/{self.county.process.pid}/fd").iterdir():
            if "/staging/" in str(entry.readlink() if entry.is_symlink() else ""):
                self._require_unreadable(entry)
        assert self.county.stop(signal.SIGKILL) == -signal.SIGKILL
        blobs = {path.name for path in (self.county.folder / "blobs").rglob("*")}
        for path in self.county.folder.rglob("*"):
            if path.is_file() and self.county.folder / "blobs" not in path.parents:
                self._require_unreadable(path)
        assert {self.digest(number) for number in self.receipts} <= blobs

    def digest(self, number: int) -> str:
        return sha256(self.sent[number]).hexdigest()

    def _require_unreadable(self, path: Path) -> None:
        said = path.read_bytes()
        assert not [number for number, packed in enumerate(self.sent) if packed[len(packed) // 2 :][:64] in said], path


def until(holds: Callable[[], bool], pause: float = 0.02) -> None:
    end = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(pause)


def counted(county: CountyProcess, query: str) -> int:
    with closing(sqlite3.connect(f"file:{county.folder / 'ledger.db'}?mode=ro", uri=True, timeout=10)) as ledger:
        return int(ledger.execute(query).fetchone()[0])


def still_to_be_looked_at(county: CountyProcess) -> int:
    return counted(county, "SELECT count(*) FROM whole_look")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[tuple[CountyProcess, Township]]:
    with county_process(tmp_path / "county") as county:
        county.office("T01", "城关镇")
        yield county, county.enrol(tmp_path / "home", "T01", "张三")


def scans(town: Township) -> list[bytes]:
    signer, at = open_home(town.home).signer, datetime.now(UTC)
    papers = [
        pdf(
            [scanned(Sheet(page=page, body=SAID, seal=False, signed=False, head=""), Scanner(dots=DOTS, seed=seed)) for page in (1, 2)],
            DOTS,
        )
        for seed in range(SCANS)
    ]
    return [pack(Letter(at=at, files={"扫描件.pdf": paper}), signer) for paper in papers]


def put_into_the_outbox(town: Township, packed: bytes, submission: str) -> None:
    with Outbox(town.home) as outbox:
        new = outbox.folder / ".new"
        new.write_bytes(packed)
        outbox.add(uuid.uuid4().hex, new, submission, sha256(packed).hexdigest(), "", instants.write(datetime.now(UTC)))


def test_what_was_receipted_stays_and_what_was_begun_is_done(town: tuple[CountyProcess, Township]):
    county, person = town
    load = Load(county, ssl.create_default_context(cafile=str(person.home / "trust" / "root.pem")), scans(person))
    blobs = county.folder / "blobs"

    def blobs_there() -> int:
        return sum(path.is_file() for path in blobs.rglob("*"))

    load.post()
    load.kill()  # none has had more than its first look
    assert (load.receipts, blobs_there()) == ({}, 0)

    county.serve()
    assert load.call("GET", load.places[0])[0] == 404
    load.post()
    until(lambda: blobs_there() > 0, 0.002)
    load.kill()  # the bytes of one are there; whether its receipt is, only the ledger knows
    let_in = counted(county, "SELECT count(*) FROM submission")

    county.serve()
    assert blobs_there() == let_in
    load.post()
    until(lambda: (load.ask() or len(load.receipts)) >= SCANS - 1)
    load.kill()  # where all have their receipts, one is being looked at whole; where not, the last one's turn had come

    put_into_the_outbox(person, load.sent[-1], submission_of(load.sent[-1]))
    county.serve()
    (sent,) = person.do("outbox", "--retry").lines
    assert (sent["status"], sent["submission"]) == ("accepted", submission_of(load.sent[-1]))
    until(lambda: still_to_be_looked_at(county) < SCANS)
    load.kill()  # while the second is looked at whole, or shortly before

    county.serve()
    load.post()  # whichever was not the first may have been killed each time
    until(lambda: (load.ask() or len(load.receipts)) == SCANS)
    for number, packed in enumerate(load.sent):
        status, body, _ = load.call("POST", "/api/v1/submissions", packed)
        assert (status, body) == (200, load.receipts[number])
    until(lambda: still_to_be_looked_at(county) == 0)
    assert counted(county, "SELECT count(*) FROM event WHERE event = 'InspectionCompletion'") == SCANS
    county.stop()
    report = county.run("fsck", county.folder).json
    assert (report["ok"], report["checked"]["submissions"]) == (True, SCANS), report
    assert list((county.folder / "staging").iterdir()) == []


def submission_of(packed: bytes) -> str:
    return container.read(BytesIO(packed)).head.manifest_sha256
