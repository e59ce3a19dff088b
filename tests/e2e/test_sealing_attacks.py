"""Ways round a seal that were tried: each of them ends with the item sealed, or destroyed, and with whoever may still open it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sealing_maker import PHRASE, TITLE, Sealed, holding, sealing_county
from submission_maker import Letter, pack

from exchange import backup, fsck
from exchange.county import open_folder
from exchange.sealing import backups
from exchange.sealing.sealer import SEALER
from exchange.sealing.states import Seal
from keys import sealed
from schemas.problems import Problem, ProblemType
from schemas.words import Role


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Sealed]:
    async with sealing_county(tmp_path / "county") as made:
        yield made


async def destroy(made: Sealed) -> None:
    one = f"/api/v1/sealed/{made.submission}"
    assert (await made.ask("POST", f"{one}/destroy", "officer", {"reason": "涉密"}))[0] == 200
    assert (await made.ask("POST", f"{one}/confirm", "leader", {}))[0] == 200
    await made.until(Seal.DESTROYED)


async def test_a_slow_second_sending_does_not_bring_back_what_was_destroyed_meanwhile(scene: Sealed):
    letter = Letter(
        at=scene.county.clock.now(), to=("T02",), title=TITLE, files={"件.txt": f"{PHRASE}\n".encode() * 40}, fields={"cc": ["county"]}
    )
    scene.packed = pack(letter, scene.county.people[scene.who["clerk"]])
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield scene.packed[:-200]
        await go_on.wait()
        yield scene.packed[-200:]

    slow = asyncio.create_task(scene.county.client.post("/api/v1/submissions", data=slowly()))
    await asyncio.sleep(0.5)  # its head is admitted: it is not known yet
    status, scene.answer = await scene.county.submit(scene.packed)
    assert status == 201
    scene.submission = json.loads(scene.answer)["submission"]
    assert await scene.report() == 200
    await scene.until(Seal.SEALED)
    await destroy(scene)
    go_on.set()
    answer = await slow
    assert (answer.status, await answer.read()) == (200, scene.answer)
    folder = scene.county.county.folder
    assert list(scene.county.service.blobs.keys()) == []
    assert holding(folder, TITLE, PHRASE) == {}
    assert (await fsck.check(open_folder(folder)))["problems"] == []


async def test_one_officer_cannot_take_the_package_from_another_by_wrapping_noise(scene: Sealed):
    scene.who["second"] = await scene.county.person("county", "second", Role.CONFIDENTIALITY)
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    key = await scene.key()
    one = f"/api/v1/sealed/{scene.submission}"
    _, package = await scene.ask("GET", one, "second")
    noise = [{"recipient": each["recipient"], "wrapped": base64.b64encode(bytes(80)).decode()} for each in package["officers"]]
    status, _ = await scene.ask("POST", f"{one}/rewrap", "second", {"keys": noise})
    assert await scene.key("officer") == key, status


async def test_a_key_twice_in_a_rewrap_is_refused(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    one = f"/api/v1/sealed/{scene.submission}"
    _, package = await scene.ask("GET", one, "officer")
    keys = [{"recipient": each["recipient"], "wrapped": each["wrapped"]} for each in package["keys"] * 2]
    assert (await scene.ask("POST", f"{one}/rewrap", "officer", {"keys": keys}))[0] == 400


async def test_a_release_sent_again_gets_its_receipt_again(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    path, body = f"/api/v1/sealed/{scene.submission}/release", {"key": base64.b64encode(await scene.key()).decode(), "reason": "误报"}
    content = json.dumps(body).encode()
    headers = {"Idempotency-Key": "release-release-01"}
    first = await scene.county.ask("POST", path, scene.who["officer"], content, **headers)
    assert first[0] == 200
    assert await scene.county.ask("POST", path, scene.who["officer"], content, **headers) == first


async def test_a_container_that_could_not_be_removed_is_removed_later(scene: Sealed, monkeypatch: pytest.MonkeyPatch):
    await scene.send()
    blobs = scene.county.service.blobs
    discard = blobs.discard
    failing = [True]

    def discarding(name: str) -> None:
        if failing[0]:
            raise Problem(ProblemType.STORAGE_FAILED, "the disk does not want to")
        discard(name)

    monkeypatch.setattr(blobs, "discard", discarding)
    await scene.report()
    sealer = scene.county.client.app[SEALER]
    for _ in range(3):
        await sealer._patiently(sealer.lock_up)
        await sealer._patiently(lambda: sealer.purge(scene.county.service.finder))
    failing[0] = False
    await scene.until(Seal.SEALED)
    assert list(blobs.keys()) == []


async def test_the_work_goes_on_after_whatever_an_index_raises(scene: Sealed, monkeypatch: pytest.MonkeyPatch):
    await scene.send()
    finder = scene.county.service.finder
    purge, times = finder.purge, [0]

    async def raising() -> None:
        times[0] += 1
        if times[0] == 1:
            raise RuntimeError("a call raised PanicException")
        await purge()

    monkeypatch.setattr(finder, "purge", raising)
    monkeypatch.setattr("exchange.sealing.sealer.AGAIN", 0.1)
    await scene.report()
    for _ in range(100):
        row = await scene.county.service.database.read(lambda tx: tx.row("SELECT state, purged FROM sealing"))
        if row.purged:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(row)


def looks(tx: Any) -> list[Any]:
    return tx.rows("SELECT submission, rank, since, state FROM whole_look")


async def test_a_release_gives_back_the_look_at_the_whole_that_was_still_to_come(scene: Sealed):
    await scene.send()

    def wait(tx: Any) -> None:
        tx.run(
            "INSERT INTO whole_look (submission, rank, since, state) VALUES (:id, 1, '2026-11-22T08:00:00.000Z', 'failed')",
            id=scene.submission,
        )

    database = scene.county.service.database
    await database.write(wait)
    before = await database.read(looks)
    await scene.report()
    assert await database.read(looks) == []
    await scene.until(Seal.SEALED)
    body = {"key": base64.b64encode(await scene.key()).decode(), "reason": "误报"}
    assert (await scene.ask("POST", f"/api/v1/sealed/{scene.submission}/release", "officer", body))[0] == 200
    after = await database.read(looks)
    assert [(row.submission, row.rank) for row in after] == [(row.submission, row.rank) for row in before]


async def test_a_check_finds_what_lies_in_the_open_beside_the_store(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    folder = scene.county.county.folder
    container = (await scene.county.service.database.read(lambda tx: tx.row("SELECT container FROM submission"))).container
    (folder / "orphans").mkdir(exist_ok=True)
    (folder / "orphans" / container).write_bytes(scene.packed)
    assert {each["check"] for each in (await fsck.check(open_folder(folder)))["problems"]} == {"sealed"}


async def test_a_check_finds_a_destruction_of_which_somebody_kept_a_piece(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    await destroy(scene)

    def tamper(tx: Any) -> None:
        tx.run(
            "INSERT INTO secrecy_review (submission, rules, basis, approver, at)"
            " VALUES (:id, '[]', 'form', '王', '2026-11-22T08:00:00.000Z')",
            id=scene.submission,
        )

    await scene.county.service.database.write(tamper)
    assert {each["check"] for each in (await fsck.check(open_folder(scene.county.county.folder)))["problems"]} == {"sealed"}


async def test_whoever_is_registered_twice_does_not_destroy_alone(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    scene.who["officer as leader"] = await scene.county.person("county", "officer", Role.LEADER)
    one = f"/api/v1/sealed/{scene.submission}"
    assert (await scene.ask("POST", f"{one}/destroy", "officer", {"reason": "涉密"}))[0] == 200
    assert (await scene.ask("POST", f"{one}/confirm", "officer as leader", {}))[0] == 403
    assert (await scene.ask("POST", f"{one}/confirm", "leader", {}))[0] == 200


async def test_a_release_that_waited_is_judged_by_the_role_of_its_moment(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    body = {"key": base64.b64encode(await scene.key()).decode(), "reason": "误报"}

    def move(tx: Any) -> None:
        tx.run("UPDATE person_period SET role = 'clerk' WHERE person = :id", id=scene.who["officer"])

    async with scene.county.client.app[SEALER].turn:
        waiting = asyncio.create_task(scene.ask("POST", f"/api/v1/sealed/{scene.submission}/release", "officer", body))
        await asyncio.sleep(0.3)
        await scene.county.service.database.write(move)
    assert (await waiting)[0] == 403
    assert list(scene.county.service.blobs.keys()) == []


async def test_the_certificate_after_a_restore_names_the_backups_of_before(scene: Sealed, tmp_path: Path):
    folder = scene.county.county.folder
    await scene.send()
    assert (await backup.backup(open_folder(folder), tmp_path / "out"))["ok"]
    await backup.restore(tmp_path / "out", tmp_path / "restored", checkpoint=None, waiver="演练", clock=scene.county.clock)
    assert backups.made(tmp_path / "restored") == backups.made(folder) != []


async def test_a_rewrap_gives_to_who_has_none_and_takes_from_who_has_left(scene: Sealed):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    key, one = await scene.key(), f"/api/v1/sealed/{scene.submission}"

    async def rewrap(who: str) -> int:
        officers = (await scene.ask("GET", one, who))[1]["officers"]
        context = bytes.fromhex(scene.submission)
        keys = [
            {"recipient": each["recipient"], "wrapped": base64.b64encode(sealed.wrap(key, public(each["key"]), context)).decode()}
            for each in officers
        ]
        return (await scene.ask("POST", f"{one}/rewrap", who, {"keys": keys}))[0]

    scene.who["second"] = await scene.county.person("county", "second", Role.CONFIDENTIALITY)
    assert await rewrap("second") == 409  # holds none
    assert await rewrap("officer") == 200
    assert await scene.key("second") == key
    await scene.county.leave(scene.who["officer"])
    assert await rewrap("second") == 200
    (kept,) = (await scene.ask("GET", one, "second"))[1]["keys"]
    assert kept["recipient"] == sealed.recipient(scene.county.people[scene.who["second"]].private_key.public_key())


def public(der: str) -> Any:
    return load_der_public_key(base64.b64decode(der))


async def test_a_mistyped_filing_number_does_not_seal_another_item(scene: Sealed):
    await scene.send()
    for item in ("T01-20261-000001", "T01-2026-0000019999999999", "T01-２０２６-000002", "T01-2026-"):
        assert (await scene.ask("POST", "/api/v1/sealed", "officer", {"item": item, "reason": "有标志"}))[0] == 404
    # full width is how an input method writes the same digits: it is no other number
    assert (await scene.ask("POST", "/api/v1/sealed", "officer", {"item": "T01-２０２６-000001", "reason": "有标志"}))[0] == 200


async def test_nothing_is_left_by_which_an_erased_reason_could_be_guessed(scene: Sealed):
    await scene.send()
    body, inbox = json.dumps({"reason": "缺附件"}).encode(), f"/api/v1/inbox/{scene.submission}"
    assert (await scene.ask("POST", f"{inbox}/open", "reviewer", {}))[0] == 200
    key = {"Idempotency-Key": "return-return-0001"}
    assert (await scene.county.ask("POST", f"{inbox}/return", scene.who["reviewer"], body, **key))[0] == 200
    await scene.report()
    assert (await scene.county.service.database.read(lambda tx: tx.rows("SELECT * FROM idempotency"))) == []


async def test_a_release_that_a_full_disk_refused_leaves_nothing_in_the_open(scene: Sealed, monkeypatch: pytest.MonkeyPatch):
    await scene.send()
    await scene.report()
    await scene.until(Seal.SEALED)
    path, body = f"/api/v1/sealed/{scene.submission}/release", {"key": base64.b64encode(await scene.key()).decode(), "reason": "误报"}

    def full(*_arguments: Any) -> None:
        raise Problem(ProblemType.STORAGE_FULL)

    with monkeypatch.context() as patch:
        patch.setattr("exchange.sealing.content.give_back", full)
        assert (await scene.ask("POST", path, "officer", body))[0] == 507
    await scene.until(Seal.SEALED)
    assert list(scene.county.service.blobs.keys()) == []
    assert (await scene.ask("POST", path, "officer", body))[0] == 200
    assert len(list(scene.county.service.blobs.keys())) == 1
    assert (await fsck.check(open_folder(scene.county.county.folder)))["problems"] == []
