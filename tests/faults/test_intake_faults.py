"""A full or failing disk, a full ledger, a cancelled request: the sender is told, nothing half is there, and sending again works."""

import asyncio
import errno
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Kept, Running, found, serving
from faulty_disk import FaultyDisk
from msgspec import to_builtins
from pysqlite3 import dbapi2 as sqlite
from submission_maker import TEXT, Letter, pack

from exchange.app import running, sweep_legacy
from exchange.clock import FakeClock
from exchange.commands import COMMANDS, Desk
from exchange.county import open_folder
from exchange.intake import admission, store
from exchange.intake.accept import Intake
from exchange.intake.staging import Staging
from exchange.legacy import store as documents_before
from exchange.legacy.register import Entry
from exchange.sealing.sealer import Sealer
from exchange.service import Service
from keys.custody import KeySigner
from schemas.problems import Problem, ProblemType

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def folder(tmp_path: Path) -> Path:
    await found(tmp_path / "county", NOW)
    return tmp_path / "county"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("faults") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as made:
        await populate(made)
        yield made


async def populate(county: Running) -> None:
    await county.office("T01")
    await county.person("T01")
    on_disk(county.service)


def on_disk(service: Service) -> None:
    service.staging = Staging(service.county.folder / "staging", memory=0)


def good(people: dict[str, KeySigner]) -> bytes:
    return pack(Letter(at=NOW, files={"件.txt": TEXT, "attachments/附.txt": TEXT * 20}), people["T01.1"])


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def assert_nothing_but_a_whole_blob(before: Kept, after: Kept, content: bytes) -> None:
    """See that no row was added; the blob alone may be there, it is whole or not there at all."""
    assert after.rows == before.rows
    assert set(after.blobs) - set(before.blobs) <= {name_of(content)}
    assert (after.staged, after.free) == ([], before.free)


def assert_one_more(before: Kept, after: Kept) -> None:
    assert after.rows["submission"] == before.rows["submission"] + 1
    assert after.rows["answer"] == before.rows["answer"] + 1
    assert after.rows["event"] == before.rows["event"] + 2
    assert len(after.blobs) == len(before.blobs) + 1
    assert after.staged == []


async def calls_of_an_acceptance(county: Running, disk: FaultyDisk) -> list[str]:
    content = good(county.people)
    with disk.armed():
        assert (await county.submit(content))[0] == 201
    return list(disk.done)


KINDS = {errno.ENOSPC: (507, "storage-full"), errno.EIO: (503, "storage-failed"), errno.EROFS: (503, "storage-failed")}


@pytest.mark.parametrize(("error", "persisted"), [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EIO, False), (errno.EROFS, False)])
async def test_a_fault_at_any_write_of_an_acceptance_is_told_and_sending_again_makes_one_submission(
    county: Running,
    monkeypatch: pytest.MonkeyPatch,
    error: int,
    persisted: bool,  # noqa: FBT001 - a parameter of the table
):
    disk = FaultyDisk(monkeypatch)
    calls = await calls_of_an_acceptance(county, disk)
    assert {"open", "pwrite", "pread", "write", "fsync", "rename"} <= set(calls)
    told = 0
    for at in range(len(calls)):
        before, content = await county.kept(), good(county.people)
        with disk.armed(at, persisted=persisted, error=error):
            status, body = await county.submit(content)
        if status != 201:
            told += 1
            assert (status, json.loads(body)["type"]) == (KINDS[error][0], f"/problems/{KINDS[error][1]}"), calls[at]
            assert_nothing_but_a_whole_blob(before, await county.kept(), content)
            assert (await county.submit(content))[0] == 201
        assert_one_more(before, await county.kept())
        assert b"".join(county.service.blobs.read(name_of(content))) == content
        assert not list((county.county.folder / "blobs" / "incoming").iterdir())
    assert told >= len(calls) // 2


async def test_after_a_fault_at_any_write_the_service_starts_again_and_has_forgotten_the_blob(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    disk = FaultyDisk(monkeypatch)
    async with serving(folder, FakeClock(NOW)) as county:
        await populate(county)
        calls, people = await calls_of_an_acceptance(county, disk), county.people
    ours = [calls.index("pwrite"), *(at for at, call in enumerate(calls) if call in {"fsync", "rename"})]
    for at in ours:
        content = good(people)
        async with running(open_folder(folder), FakeClock(NOW)) as service:
            on_disk(service)
            with disk.armed(at, persisted=True, error=errno.ENOSPC), pytest.raises(Exception, match="storage-full"):
                await Intake(service).receive(as_stream(content))
        async with running(open_folder(folder), FakeClock(NOW)) as service:
            assert name_of(content) not in set(service.blobs.keys())
            on_disk(service)
            assert (await Intake(service).receive(as_stream(content))).status == 201


async def as_stream(content: bytes, size: int = 4096) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def legacy(county: Running, act: str, **arguments: Any) -> dict[str, Any]:
    """Do what the command of this name does beside the running service."""
    service = county.service
    desk = Desk(county.county, service.database, service.watch, service.reload_trust, service.counters, service)
    return await COMMANDS[f"legacy-{act}"](desk, **arguments)


async def begun(county: Running, folder: Path) -> dict[str, Any]:
    """Begin to take over a folder's one document from before; returns what `rows` is asked for."""
    (folder / "件.txt").write_bytes(TEXT)
    await legacy(county, "begin", register="a" * 64, office="T01", name="登记簿.xlsx")
    entry = to_builtins(Entry(line=2, office="T01", title="防汛准备", file="件.txt"))
    return {"register": "a" * 64, "folder": str(folder), "entries": [entry], "dry": False}


async def kept_lines(county: Running) -> set[int]:
    return await county.service.database.read(documents_before.kept_lines, "a" * 64, 0, 9)


@pytest.mark.parametrize("persisted", [False, True])
async def test_a_fault_at_any_write_of_a_document_from_before_is_told_and_asking_again_keeps_it_once(
    county: Running,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    persisted: bool,  # noqa: FBT001 - a parameter of the table
):
    disk, files = FaultyDisk(monkeypatch), county.service.legacy
    await legacy(county, "abandon", register="a" * 64)
    wanted = await begun(county, tmp_path)
    with disk.armed():
        assert await legacy(county, "rows", **wanted) == {"faults": {}}
    calls, told = list(disk.done), 0
    assert {"pwrite", "write", "fsync", "rename"} <= set(calls)
    for at in range(len(calls)):
        await legacy(county, "abandon", register="a" * 64)
        assert list(files.keys()) == []
        wanted = await begun(county, tmp_path)
        with disk.armed(at, persisted=persisted):
            (answer,) = await asyncio.gather(legacy(county, "rows", **wanted), return_exceptions=True)
        if answer != {"faults": {}}:
            told += 1
            assert isinstance(answer, Problem), (calls[at], answer)
            assert (answer.kind, await kept_lines(county)) == (ProblemType.STORAGE_FAILED, set())
        assert await legacy(county, "rows", **wanted) == {"faults": {}}
        assert await kept_lines(county) == {2}
        assert b"".join(files.read(name_of(TEXT))) == TEXT
        assert not list((county.county.folder / "legacy" / "incoming").iterdir())
    assert told >= len(calls) // 2


async def test_a_file_that_could_not_be_removed_is_set_aside_at_start(county: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def fails(_name: str) -> None:
        raise Problem(ProblemType.STORAGE_FAILED)

    files, aside = county.service.legacy, county.county.folder / "orphans"
    await legacy(county, "rows", **await begun(county, tmp_path))
    with monkeypatch.context() as failing:
        failing.setattr(files, "discard", fails)
        with pytest.raises(Problem, match="storage-failed"):
            await legacy(county, "abandon", register="a" * 64)
    assert (await kept_lines(county), list(files.keys())) == (set(), [name_of(TEXT)])
    assert await legacy(county, "abandon", register="a" * 64) == {"removed": 0}
    sealer = Sealer.of(county.county, county.service.database, county.service.blobs, county.clock.now)
    assert await sweep_legacy(sealer) == 1
    assert list(files.keys()) == []
    (package,) = aside.iterdir()
    assert TEXT[:30] not in package.read_bytes()
    await legacy(county, "rows", **await begun(county, tmp_path))  # the operator imports it once more, and takes it out again
    await legacy(county, "abandon", register="a" * 64)
    assert (list(files.keys()), list(aside.iterdir())) == ([], [])


async def test_a_file_that_is_brought_again_while_it_is_taken_out_stays(county: Running):
    files, name = county.service.legacy_files, name_of(b"again")
    with files.arrival() as arrival:
        await arrival.put(name, 5, [b"again"], "2026-11-22")
        await files.discard([name])
        assert b"".join(files.blobs.read(name)) == b"again"
    await files.discard([name])
    assert name not in set(files.blobs.keys())


async def pragma(service: Service, text: str) -> int:
    def run(connection: Any) -> int:
        row = connection.execute(f"PRAGMA {text}").fetchone()
        return int(row[0]) if row else 0

    database: Any = service.database
    return int(await database._writer.call(run))


async def test_a_ledger_that_is_full_at_any_page_is_told_and_sending_again_works(county: Running):
    refused = 0
    for spare in range(60):
        content, before = good(county.people), await county.kept()
        await pragma(county.service, f"max_page_count = {await pragma(county.service, 'page_count') + spare}")
        status, body = await county.submit(content)
        await pragma(county.service, "max_page_count = 1000000")
        if status == 201:
            break
        refused += 1
        assert (status, json.loads(body)["type"]) == (507, "/problems/storage-full")
        assert_nothing_but_a_whole_blob(before, await county.kept(), content)
        assert (await county.submit(content))[0] == 201
        assert_one_more(before, await county.kept())
    assert refused >= 1
    assert status == 201


async def test_a_refusal_that_cannot_be_recorded_is_no_refusal(county: Running):
    await county.submit(pack(Letter(at=NOW, fields={"notes": "绝密★"}), county.people["T01.1"]))
    before = await county.kept()
    await pragma(county.service, f"max_page_count = {await pragma(county.service, 'page_count')}")
    answers = []
    for _ in range(20):  # the free room of the last pages may take a few
        answers.append((await county.submit(pack(Letter(at=NOW, fields={"notes": "绝密★"}), county.people["T01.1"])))[0])
        if answers[-1] == 507:
            break
    await pragma(county.service, "max_page_count = 1000000")
    assert answers[-1] == 507
    after = await county.kept()
    assert after.rows["event"] == before.rows["event"] + len(answers) - 1
    assert (await county.submit(pack(Letter(at=NOW, fields={"notes": "绝密★"}), county.people["T01.1"])))[0] == 422


async def test_a_ledger_that_may_not_be_written_is_told(county: Running):
    content, before = good(county.people), await county.kept()
    await pragma(county.service, "query_only = 1")
    status, body = await county.submit(content)
    assert (status, json.loads(body)["type"]) == (503, "/problems/storage-failed")
    await pragma(county.service, "query_only = 0")
    assert_nothing_but_a_whole_blob(before, await county.kept(), content)
    assert (await county.submit(content))[0] == 201
    assert_one_more(before, await county.kept())


async def test_a_ledger_that_another_process_holds_is_told_as_busy(county: Running):
    content, before = good(county.people), await county.kept()
    await pragma(county.service, "busy_timeout = 50")
    other = sqlite.connect(str(county.county.ledger), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    status, body = await county.submit(content)
    other.execute("ROLLBACK")
    other.close()
    assert (status, json.loads(body)["type"]) == (503, "/problems/busy")
    assert_nothing_but_a_whole_blob(before, await county.kept(), content)
    assert (await county.submit(content))[0] == 201


async def test_memory_or_descriptors_that_run_out_while_reading_are_told_as_storage(county: Running, monkeypatch: pytest.MonkeyPatch):
    def exhausted(*_arguments: Any) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    content, before = good(county.people), await county.kept()
    with monkeypatch.context() as patched:
        patched.setattr("archive.reading.sandbox.os.memfd_create", exhausted)
        status, body = await county.submit(content)
    assert (status, json.loads(body)["type"]) == (503, "/problems/storage-failed")
    assert await county.kept() == before
    assert (await county.submit(content))[0] == 201


async def test_an_orphan_blob_is_swept_at_start_and_a_held_one_stays(folder: Path):
    async with serving(folder, FakeClock(NOW)) as county:
        await populate(county)
        content = good(county.people)
        assert (await county.submit(content))[0] == 201
        orphan = b"nobody's"
        county.service.blobs.put(name_of(orphan), len(orphan), [orphan], "2026-11-22")
        (folder / "blobs" / "incoming" / "half").write_bytes(b"ha")
        assert len((await county.kept()).blobs) == 2
    async with serving(folder, FakeClock(NOW)) as county:
        assert (await county.kept()).blobs == [name_of(content)]
        assert not list((folder / "blobs" / "incoming").iterdir())


class Halt:
    """Lets a coroutine function wait, once it is reached, until it is released."""

    def __init__(self, call: Any, *, after: bool = False, unit: Any = None) -> None:
        self.call, self.after, self.unit = call, after, unit
        self.reached, self.released = asyncio.Event(), asyncio.Event()

    async def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if self.unit is not None and self.unit not in arguments:
            return await self.call(*arguments, **keywords)
        answer = await self.call(*arguments, **keywords) if self.after else None
        self.reached.set()
        await self.released.wait()
        return answer if self.after else await self.call(*arguments, **keywords)


@pytest.mark.parametrize(
    ("place", "after", "unit"),
    [
        ("database.glance", False, store.known_container),
        ("database.glance", False, admission.require_admissible),
        ("sandbox.read", False, None),
        ("sandbox.read", True, None),
        ("database.write", False, store.accept),
        ("database.write", True, store.accept),
    ],
)
async def test_a_request_cancelled_at_any_place_leaves_all_or_nothing(
    county: Running,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    after: bool,  # noqa: FBT001 - a parameter of the table
    unit: Any,
):
    content, before, intake = good(county.people), await county.kept(), Intake(county.service)
    owner, method = place.split(".")
    part = getattr(county.service, owner)
    halt = Halt(getattr(part, method), after=after, unit=unit)
    with monkeypatch.context() as patched:
        patched.setattr(part, method, halt)
        request = asyncio.create_task(intake.receive(as_stream(content)))
        async with asyncio.timeout(10):
            await halt.reached.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    committed = (unit, after) == (store.accept, True)
    between = await county.kept()
    if committed:
        assert_one_more(before, between)
    else:
        assert_nothing_but_a_whole_blob(before, between, content)
    assert (await intake.receive(as_stream(content))).status == (200 if committed else 201)
    assert_one_more(before, await county.kept())


async def test_a_request_cancelled_while_the_blob_is_written_leaves_no_part_of_it(county: Running, monkeypatch: pytest.MonkeyPatch):
    content, before, intake = good(county.people), await county.kept(), Intake(county.service)
    writing, loop, blobs = asyncio.Event(), asyncio.get_running_loop(), county.service.blobs
    put = blobs.put

    def slow(*arguments: Any) -> None:
        loop.call_soon_threadsafe(writing.set)
        put(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(blobs, "put", slow)
        request = asyncio.create_task(intake.receive(as_stream(content)))
        async with asyncio.timeout(10):
            await writing.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert (await intake.receive(as_stream(content))).status == 201
    assert_one_more(before, await county.kept())
    assert b"".join(blobs.read(name_of(content))) == content


async def test_a_cancelled_commit_is_finished_by_the_ledger(county: Running, monkeypatch: pytest.MonkeyPatch):
    content, before, intake = good(county.people), await county.kept(), Intake(county.service)
    committing, loop, really = asyncio.Event(), asyncio.get_running_loop(), store.accept

    def told(*arguments: Any) -> None:
        loop.call_soon_threadsafe(committing.set)
        really(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(store, "accept", told)
        request = asyncio.create_task(intake.receive(as_stream(content)))
        async with asyncio.timeout(10):
            await committing.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert (await intake.receive(as_stream(content))).status in (200, 201)
    assert_one_more(before, await county.kept())
