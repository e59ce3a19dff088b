"""An older or forked ledger put back in secret: the first client that knows better stops it for good."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from county_maker import Running, found, serving
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ledger_maker import NOW
from pysqlite3 import dbapi2 as sqlite
from submission_maker import Letter, pack

from archive.ledger import log
from exchange import fsck
from exchange.backup import backup, restore
from exchange.clock import FakeClock
from exchange.commands import COMMANDS, Desk
from exchange.county import open_folder
from exchange.office import store
from exchange.request_signature import CHECKPOINT_HEADER
from keys import notes
from keys.custody import KeySigner
from schemas.problems import Problem, ProblemType
from schemas.words import Role

STOPPED = "/problems/signing-stopped"


@asynccontextmanager
async def county(folder: Path, people: dict[str, KeySigner], later: timedelta = timedelta()) -> AsyncIterator[Running]:
    async with serving(folder, FakeClock(NOW + later), people) as running:
        yield running


async def begin(folder: Path, people: dict[str, KeySigner]) -> None:
    await found(folder, NOW)
    async with county(folder, people) as running:
        await running.office("T01")
        await running.person("T01")
        await running.person("county", "李四")


def letter(running: Running, person: str = "T01.1") -> bytes:
    return pack(Letter(at=running.clock.now()), running.people[person])


async def accepted(running: Running) -> bytes:
    """Submit once; returns the container."""
    container = letter(running)
    status, body = await running.submit(container)
    assert status == 201, body
    return container


async def checkpoint(running: Running) -> bytes:
    return await (await running.client.get("/log/checkpoint")).read()


def header(note: bytes) -> dict[str, str]:
    return {CHECKPOINT_HEADER: base64.b64encode(note).decode()}


def copy_at_rest(folder: Path, target: Path) -> None:
    """Keep what a person would take away: the ledger of a stopped service, with everything that belongs to it."""
    target.mkdir()
    for part in folder.glob("ledger.db*"):
        shutil.copy2(part, target / part.name)


def put_back(source: Path, folder: Path) -> None:
    for part in folder.glob("ledger.db*"):
        part.unlink()
    for part in source.iterdir():
        shutil.copy2(part, folder / part.name)


def signed_rows(folder: Path) -> list[int]:
    """Count everything in the ledger that bears a signature."""
    connection = sqlite.connect(str(folder / "ledger.db"))
    try:
        return list(
            connection.execute(
                "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM checkpoint), (SELECT count(*) FROM crl),"
                " (SELECT count(*) FROM certificate)"
            ).fetchone()
        )
    finally:
        connection.close()


async def reason_of(running: Running) -> str:
    return await running.service.database.read(log.halted)


async def refuses_to_sign(running: Running, repeated: bytes = b"") -> None:
    """Ask for everything that would be signed, and for what would not."""
    folder = running.county.folder
    before = signed_rows(folder)
    answer = await running.client.post("/api/v1/submissions", data=letter(running))
    assert (answer.status, (await answer.json())["type"]) == (ProblemType.SIGNING_STOPPED.status, STOPPED)
    ready = await running.client.get("/readyz")
    assert (await ready.json())["type"] == STOPPED
    desk = Desk(running.county, running.service.database, running.service.watch, running.service.reload_trust)
    for command, arguments in (
        ("office-add", {"code": "T98", "name": "新镇", "kind": "township"}),
        ("revoke", {"person": "T01.1", "left": False}),
    ):
        with pytest.raises(Problem) as stopped:
            await COMMANDS[command](desk, **arguments)
        assert stopped.value.kind is ProblemType.SIGNING_STOPPED
    await running.service.renew_crl()
    if repeated:
        again, _ = await running.submit(repeated)
        assert again == 200
    assert (await running.client.get("/log/checkpoint")).status == 200
    assert (await running.ask("GET", "/api/v1/inbox", "county.1"))[0] == 200
    assert signed_rows(folder) == before


async def test_no_revocation_list_is_signed_while_signing_is_stopped(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    async with county(folder, people) as running:
        nobody = await running.service.database.write(store.add_person, "T01", "王五", Role.CLERK, running.clock.now())
        await running.service.database.write(log.halt, "ledger-behind: 1 < 2")
        before = signed_rows(folder)
        desk = Desk(running.county, running.service.database, running.service.watch, running.service.reload_trust)
        with pytest.raises(Problem) as stopped:
            await COMMANDS["revoke"](desk, person=nobody)
        assert stopped.value.kind is ProblemType.SIGNING_STOPPED
        await running.service.renew_crl()
        assert signed_rows(folder) == before


async def test_an_older_ledger_is_stopped_for_good_by_the_first_client_that_knows_better(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    async with county(folder, people) as running:
        first = await accepted(running)
    copy_at_rest(folder, tmp_path / "older")
    async with county(folder, people) as running:
        lost = await accepted(running)
        newest = await checkpoint(running)
    put_back(tmp_path / "older", folder)

    async with county(folder, people, timedelta(minutes=1)) as running:
        status, body = await running.submit(letter(running), **header(newest))
        assert status == ProblemType.SIGNING_STOPPED.status
        assert STOPPED.encode() in body
        assert (await reason_of(running)).startswith("ledger-behind: ")
        await refuses_to_sign(running, first)
        assert (await running.submit(lost))[0] == ProblemType.SIGNING_STOPPED.status
    async with county(folder, people, timedelta(days=5)) as running:
        assert (await reason_of(running)).startswith("ledger-behind: ")
        await refuses_to_sign(running, first)
    report = await fsck.check(open_folder(folder))
    assert report["problems"] == []
    assert report["signing_stopped"].startswith("ledger-behind: ")


async def test_a_request_for_reading_stops_it_as_well(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    copy_at_rest(folder, tmp_path / "older")
    async with county(folder, people) as running:
        await accepted(running)
        newest = await checkpoint(running)
    put_back(tmp_path / "older", folder)
    async with county(folder, people) as running:
        status, problem = await running.ask("GET", "/api/v1/inbox", "T01.1", **header(newest))
        assert (status, problem["type"]) == (ProblemType.SIGNING_STOPPED.status, STOPPED)
        await refuses_to_sign(running)


async def test_a_forked_ledger_of_the_same_size_is_stopped(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    copy_at_rest(folder, tmp_path / "older")
    async with county(folder, people) as running:
        await accepted(running)
        ours = await checkpoint(running)
    put_back(tmp_path / "older", folder)
    async with county(folder, people) as running:
        await accepted(running)
        other = await checkpoint(running)
        key = running.county.notary.log
        assert notes.open_checkpoint(ours, key).size == notes.open_checkpoint(other, key).size
        assert notes.open_checkpoint(ours, key).root != notes.open_checkpoint(other, key).root
        status, _ = await running.submit(letter(running), **header(other))
        assert status == 201
        status, body = await running.submit(letter(running), **header(ours))
        assert status == ProblemType.SIGNING_STOPPED.status, body
        assert (await reason_of(running)).startswith("ledger-forked: ")
        await refuses_to_sign(running)
    async with county(folder, people) as running:
        await refuses_to_sign(running)


async def test_a_fork_that_has_outgrown_the_lost_ledger_is_stopped(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    copy_at_rest(folder, tmp_path / "older")
    async with county(folder, people) as running:
        await accepted(running)
        ours = await checkpoint(running)
    put_back(tmp_path / "older", folder)
    async with county(folder, people) as running:
        await asyncio.gather(*(accepted(running) for _ in range(4)))
        status, _ = await running.submit(letter(running), **header(ours))
        assert status == ProblemType.SIGNING_STOPPED.status
        assert (await reason_of(running)).startswith("ledger-forked: ")


async def test_an_invented_checkpoint_stops_nothing(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    async with county(folder, people) as running:
        key = running.county.notary.log
        stranger = Ed25519PrivateKey.generate()
        forged = notes.sign_checkpoint(notes.Checkpoint(key.origin, 10**6, b"\1" * 32), stranger)
        good = await checkpoint(running)
        for text in (
            base64.b64encode(forged).decode(),
            base64.b64encode(good.replace(b"\n", b"\n9", 1)).decode(),
            base64.b64encode(good[:-10]).decode(),
            base64.b64encode(b"").decode(),
            "not base64!",
            "A" * 4000,
        ):
            status, body = await running.submit(letter(running), **{CHECKPOINT_HEADER: text})
            assert status == ProblemType.REQUEST_MALFORMED.status, body
            assert await reason_of(running) == ""
        await accepted(running)
        assert (await running.client.get("/readyz")).status == 200


async def test_older_checkpoints_of_this_very_ledger_stop_nothing(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    async with county(folder, people) as running:
        seen = [await checkpoint(running)]
        for _ in range(3):
            await accepted(running)
            seen.append(await checkpoint(running))
        for note in seen:
            status, _ = await running.submit(letter(running), **header(note))
            assert status == 201


async def test_a_restored_county_answers_and_signs_nothing_until_it_is_confirmed(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    async with county(folder, people) as running:
        first = await accepted(running)
        _, stored = await running.submit(first)
        note = await checkpoint(running)
        await backup(running.county, tmp_path / "out")
    clock = FakeClock(NOW + timedelta(minutes=5))
    await restore(tmp_path / "out", tmp_path / "new", checkpoint=None, waiver=None, clock=clock)
    for later in (timedelta(minutes=6), timedelta(days=6)):
        async with county(tmp_path / "new", people, later) as running:
            assert (await reason_of(running)).startswith("restored-unconfirmed")
            assert (await running.submit(first))[1] == stored
            await refuses_to_sign(running, first)
            status, _ = await running.submit(letter(running), **header(note))
            assert status == ProblemType.SIGNING_STOPPED.status
            assert (await reason_of(running)).startswith("restored-unconfirmed")
    (tmp_path / "checkpoint").write_bytes(note)
    clock = FakeClock(NOW + timedelta(days=6))
    await restore(tmp_path / "out", tmp_path / "new", checkpoint=str(tmp_path / "checkpoint"), waiver=None, clock=clock)
    async with county(tmp_path / "new", people, timedelta(days=6, minutes=1)) as running:
        await accepted(running)
        assert (await running.client.get("/readyz")).status == 200
    assert (await fsck.check(open_folder(tmp_path / "new")))["problems"] == []


async def test_a_restored_ledger_that_a_client_proves_behind_goes_on_by_a_public_waiver_alone(tmp_path: Path):
    folder, people = tmp_path / "county", {}
    await begin(folder, people)
    async with county(folder, people) as running:
        old = await checkpoint(running)
        await backup(running.county, tmp_path / "out")
        await accepted(running)
        newest = await checkpoint(running)
    clock = FakeClock(NOW + timedelta(minutes=5))
    await restore(tmp_path / "out", tmp_path / "new", checkpoint=None, waiver=None, clock=clock)
    async with county(tmp_path / "new", people, timedelta(minutes=6)) as running:
        assert (await running.submit(letter(running), **header(newest)))[0] == ProblemType.SIGNING_STOPPED.status
    (tmp_path / "checkpoint").write_bytes(old)
    with pytest.raises(Problem) as refused:
        await restore(tmp_path / "out", tmp_path / "new", clock=clock, checkpoint=str(tmp_path / "checkpoint"), waiver=None)
    assert refused.value.kind is ProblemType.FOLDER_EXISTS
    answer = await restore(tmp_path / "out", tmp_path / "new", clock=clock, checkpoint=None, waiver="the disk is lost")
    seen = notes.open_checkpoint(newest, open_folder(tmp_path / "new").notary.log)
    assert answer["confirmed"] == f"waived: the disk is lost; {seen.size} {seen.root.hex()}"
    async with county(tmp_path / "new", people, timedelta(minutes=7)) as running:
        assert (await running.submit(letter(running), **header(newest)))[0] == 201  # this one is explained from now on
        again = await checkpoint(running)
    shutil.copytree(tmp_path / "new", tmp_path / "older")
    async with county(tmp_path / "new", people, timedelta(minutes=8)) as running:
        await accepted(running)
        later = await checkpoint(running)
    async with county(tmp_path / "older", people, timedelta(minutes=9)) as running:
        assert (await running.submit(letter(running), **header(again)))[0] == 201
        assert (await running.submit(letter(running), **header(later)))[0] == ProblemType.SIGNING_STOPPED.status  # and no other
