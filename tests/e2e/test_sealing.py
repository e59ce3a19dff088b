"""A late find: from the commit on nobody has it, its officers alone can open it, two people can destroy it, and then it is nowhere."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from county_maker import serving
from sealing_maker import FILE, NOW, PHRASE, TITLE, Sealed, holding, sealing_county

from exchange import backup, fsck
from exchange.clock import FakeClock
from exchange.county import open_folder
from exchange.sealing.late import seal_late
from exchange.sealing.states import Seal
from keys import sealed
from schemas.problems import Problem, ProblemType
from schemas.words import Role

REASON = "退回：请核对渐渐之石一句"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Sealed]:
    async with sealing_county(tmp_path / "county") as made:
        await made.send()
        await opened_everywhere(made)
        yield made


async def opened_everywhere(made: Sealed) -> None:
    inbox = f"/api/v1/inbox/{made.submission}"
    for who in ("reader", "reviewer"):
        assert (await made.ask("POST", f"{inbox}/open", who, {}))[0] == 200
    assert (await made.ask("GET", f"/api/v1/submissions/{made.submission}/container", "reader")) == (200, made.packed)
    assert (await made.ask("POST", f"{inbox}/return", "reviewer", {"reason": REASON}))[0] == 200
    await found_again(made)


async def found_again(made: Sealed) -> Any:
    """Wait until the index has followed; return what is found."""
    for _ in range(200):
        status, answer = await made.ask("GET", f"/api/v1/search?q={PHRASE[:9]}", "reader")
        if status == 200 and answer["total"] == 1:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("the index does not follow")


async def searched(made: Sealed, who: str, query: str) -> Any:
    status, found = await made.ask("GET", f"/api/v1/search?q={query}", who)
    assert status == 200, found
    return found


async def seal(made: Sealed) -> str:
    """Seal as the background look does, and let nobody work on it yet."""
    service = made.county.service
    return await service.sign(seal_late, service.county.notary, made.submission, ["mark.level"], "usual-1", made.county.clock.now())


async def test_from_the_commit_on_nobody_sees_it_and_everybody_is_told_that_it_is_sealed(scene: Sealed):
    evidence = await seal(scene)
    one = f"/api/v1/submissions/{scene.submission}"
    for who in ("clerk", "reader", "reviewer"):
        status, answer = await scene.ask("GET", one, who)
        assert (status, answer["sealed"], answer["title"], answer["number"]) == (200, True, "", None)
        assert all("reason" not in delivery for delivery in answer["deliveries"])
        status, answer = await scene.ask("GET", f"{one}/container", who)
        assert (status, answer["type"]) == (409, "/problems/sealed")
        assert (await searched(scene, who, PHRASE[:9]))["total"] == 0
        assert (await searched(scene, who, ""))["total"] == 0
        assert TITLE not in json.dumps(await scene.ask("GET", "/api/v1/submissions", who), ensure_ascii=False)
    for who in ("reader", "reviewer"):
        assert (await scene.ask("GET", "/api/v1/inbox", who))[1]["items"] == []
        assert (await scene.ask("GET", f"/api/v1/inbox/{scene.submission}", who))[0] == 409
        for action, body in (("open", {}), ("sign-for", {}), ("return", {"reason": "x"})):
            status, answer = await scene.ask("POST", f"/api/v1/inbox/{scene.submission}/{action}", who, body)
            assert (status, answer["type"]) == (409, "/problems/sealed")
    (sent,) = (await scene.ask("GET", "/api/v1/submissions", "clerk"))[1]["items"]
    assert (sent["sealed"], sent["title"]) == (True, "")
    assert (await scene.ask("GET", one, "leader"))[0] == 200  # of the county, which had a copy: no more than the others
    receipt = next(
        json.loads(base64.b64decode(each["receipt"]))
        for each in (await scene.ask("GET", f"{one}/receipts", "clerk"))[1]["receipts"]
        if evidence in base64.b64decode(each["receipt"]).decode()
    )
    assert (receipt["event"], receipt["office"]) == ("Sealing", "T01")
    assert "reason" in receipt
    assert scene.answer == (await scene.county.submit(scene.packed))[1]


async def test_a_search_never_counts_what_its_index_has_not_yet_heard_is_sealed(scene: Sealed, monkeypatch: pytest.MonkeyPatch):
    service = scene.county.service
    upto = service.finder.state()["upto"]
    monkeypatch.setattr("exchange.finding.api._HEARING_SECONDS", 0)
    monkeypatch.setattr("archive.search.entries.changed", lambda *_args, **_options: pytest.fail("the index does not follow now"))
    await seal(scene)
    assert service.finder.state()["upto"] == upto
    status, answer = await scene.ask("GET", f"/api/v1/search?q={PHRASE[:9]}", "reader")
    assert (status, answer["type"]) == (503, "/problems/index-not-ready")


async def test_a_sealed_item_lies_under_the_officers_key_and_nowhere_else(scene: Sealed, tmp_path: Path):
    await scene.report()
    await scene.until(Seal.SEALED)
    folder = scene.county.county.folder
    assert holding(folder, TITLE, FILE, PHRASE, REASON) == {}
    assert list(scene.county.service.blobs.keys()) == []
    for who in ("leader", "administrator", "clerk"):
        assert (await scene.ask("GET", f"/api/v1/sealed/{scene.submission}", who))[0] == 403
    assert (await scene.ask("GET", f"/api/v1/sealed/{scene.submission}/package", "officer"))[0] == 409
    assert (await scene.ask("POST", f"/api/v1/sealed/{scene.submission}/look", "officer", {}))[0] == 200
    status, package = await scene.ask("GET", f"/api/v1/sealed/{scene.submission}/package", "officer")
    assert status == 200
    plain = b"".join(sealed.unseal(await scene.key(), bytes.fromhex(scene.submission), [package]))
    assert plain.endswith(scene.packed)
    assert json.loads(plain[8 : -len(scene.packed)])["title"] == TITLE
    report = await fsck.check(open_folder(folder))
    assert report["problems"] == []
    assert (report["checked"]["sealed"], report["checked"]["orphan_blobs"]) == (1, 0)
    answer = await backup.backup(open_folder(folder), tmp_path / "out")
    assert (answer["ok"], answer["submissions"]) == (True, 1)
    restored = await backup.restore(tmp_path / "out", tmp_path / "restored", checkpoint=None, waiver="演练", clock=scene.county.clock)
    assert restored["missing"] == 0
    report = await fsck.check(open_folder(tmp_path / "restored"))
    assert report["problems"] == []
    assert report["checked"]["sealed"] == 1
    shutil.rmtree(tmp_path / "restored" / "sealed")
    assert {problem["check"] for problem in (await fsck.check(open_folder(tmp_path / "restored")))["problems"]} == {"sealed"}


async def test_a_false_alarm_puts_everything_back_as_it_was(scene: Sealed):
    look = ("GET", f"/api/v1/submissions/{scene.submission}")
    before = {who: (await scene.ask(*look, who))[1] for who in ("clerk", "reader", "reviewer")}
    inbox = (await scene.ask("GET", "/api/v1/inbox", "reader"))[1]
    await scene.report()
    await scene.until(Seal.SEALED)
    path, key = f"/api/v1/sealed/{scene.submission}/release", base64.b64encode(await scene.key()).decode()
    wrong = {"key": base64.b64encode(bytes(32)).decode(), "reason": "误报"}
    assert (await scene.ask("POST", path, "officer", wrong))[0] == 400
    assert list(scene.county.service.blobs.keys()) == []
    assert (await scene.ask("POST", path, "leader", {"key": key, "reason": "误报"}))[0] == 403
    assert (await scene.ask("POST", path, "officer", {"key": key, "reason": "误报"}))[0] == 200
    for who, shown in before.items():
        after = (await scene.ask(*look, who))[1]
        assert [event["event"] for event in after.pop("events")[-2:]] == ["Sealing", "SealRelease"]
        assert after == {name: value for name, value in shown.items() if name != "events"}
    assert (await scene.ask("GET", "/api/v1/inbox", "reader"))[1] == inbox
    assert (await scene.ask("GET", f"{look[1]}/container", "reader")) == (200, scene.packed)
    (hit,) = (await found_again(scene))["hits"]
    assert (hit["title"], len(hit["snippets"])) == (TITLE, 1)
    assert not list((scene.county.county.folder / "sealed").iterdir())
    assert (await fsck.check(open_folder(scene.county.county.folder)))["problems"] == []
    assert await scene.report() == 200  # and it can be sealed again


async def test_two_people_destroy_it_and_then_it_is_nowhere(scene: Sealed, tmp_path: Path):
    folder = scene.county.county.folder
    scene.county.clock.advance(timedelta(seconds=5))
    assert (await backup.backup(open_folder(folder), tmp_path / "before", scene.county.clock))["ok"]
    scene.county.clock.advance(timedelta(seconds=5))
    assert holding(tmp_path / "before", TITLE), "the search itself finds what is there"
    before_sealing = {path.name for path in (folder / "index").iterdir()}
    orphan = folder / "orphans" / (await container_of(scene))
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(scene.packed)
    await scene.report()
    await scene.until(Seal.SEALED)
    one = f"/api/v1/sealed/{scene.submission}"
    assert (await scene.ask("POST", f"{one}/confirm", "leader", {}))[0] == 409
    for who in ("leader", "administrator", "clerk", "reviewer"):
        assert (await scene.ask("POST", f"{one}/destroy", who, {"reason": "涉密"}))[0] == 403
    assert (await scene.ask("POST", f"{one}/destroy", "officer", {"reason": " "}))[0] in (400, 422)
    assert (await scene.ask("POST", f"{one}/destroy", "officer", {"reason": "经核实确属"}))[0] == 200
    for who in ("officer", "administrator", "leader of the sender"):
        assert (await scene.ask("POST", f"{one}/confirm", who, {}))[0] == 403
    assert (await scene.ask("POST", f"{one}/confirm", "leader", {}))[0] == 200
    await scene.until(Seal.DESTROYED)
    assert holding(folder, TITLE, FILE, PHRASE, REASON) == {}
    assert not list((folder / "sealed").iterdir())
    assert not orphan.exists()
    # an engine packs its words too tightly for a grep: only an index that was begun after the rows were gone never held them
    async with asyncio.timeout(60):  # another may be on its way beside it
        while True:
            generations = {path.name for path in (folder / "index").iterdir() if path.is_dir()}
            if generations == {scene.county.service.finder.state()["generation"]}:
                break
            await asyncio.sleep(0.02)
    assert generations.isdisjoint(before_sealing)
    answer = await backup.backup(open_folder(folder), tmp_path / "after", scene.county.clock)
    assert answer["ok"], answer
    assert holding(tmp_path / "after", TITLE, FILE, PHRASE, REASON) == {}
    certificate = (await scene.ask("GET", f"{one}/incident", "officer"))[1]
    assert certificate["state"] == "destroyed"
    assert [(Path(each["out"]).name, each["readable"]) for each in certificate["backups"]] == [("before", True)]
    assert (certificate["ordered_by"]["name"], certificate["confirmed_by"]["name"]) == ("officer", "leader")
    assert (await scene.county.submit(scene.packed)) == (200, scene.answer)
    assert (await scene.ask("GET", f"/api/v1/submissions/{scene.submission}", "clerk"))[1]["sealed"] is True
    assert (await fsck.check(open_folder(folder)))["problems"] == []
    status, sheet = await scene.ask("GET", f"{one}/sheet", "leader")
    assert (status, sheet[:5]) == (200, b"%PDF-")


async def container_of(made: Sealed) -> str:
    return (await made.county.service.database.read(lambda tx: tx.row("SELECT container FROM submission"))).container


async def test_without_an_officer_the_countys_key_stands_in_until_one_enrols(tmp_path: Path):
    folder = tmp_path / "county"
    async with sealing_county(folder, officer=False) as made:
        await made.send()
        assert await made.report("administrator") == 200
        await made.until(Seal.SEALED)
        assert holding(folder, TITLE, PHRASE) == {}
        made.who["officer"] = await made.county.person("county", "officer", Role.CONFIDENTIALITY)
        await made.until(Seal.SEALED)
        assert len(await made.key()) == 32
        (wrapped,) = (await made.ask("GET", f"/api/v1/sealed/{made.submission}", "officer"))[1]["keys"]
        assert wrapped["recipient"] == sealed.recipient(made.county.people[made.who["officer"]].private_key.public_key())


async def test_start_finishes_what_a_stop_left_half_done(tmp_path: Path):
    folder = tmp_path / "county"
    async with sealing_county(folder) as made:
        await made.send()
        people, who, submission, packed = made.county.people, made.who, made.submission, made.packed
    async with serving(folder, FakeClock(NOW.replace(hour=9)), people) as county:
        again = Sealed(county, who, packed, b"", submission)
        await seal(again)
    async with serving(folder, FakeClock(NOW.replace(hour=10)), people) as county:
        again = Sealed(county, who, packed, b"", submission)
        assert list(county.service.blobs.keys()) == []  # before anybody was listened to
        await again.until(Seal.SEALED)
        assert len(await again.key()) == 32


async def test_only_officers_report_and_look_and_the_sheet_names_who_had_it(scene: Sealed):
    for who in ("clerk", "reader", "reviewer", "leader"):
        assert await scene.report(who) == 403
    for item in ("T01-2026-000009", "T01-x-1", "5" * 64):
        assert (await scene.ask("POST", "/api/v1/sealed", "officer", {"item": item, "reason": "x"}))[0] == 404
    assert (await scene.ask("POST", "/api/v1/sealed", "administrator", {"item": "T01-2026-000001", "reason": "有标志"}))[0] == 200
    assert await scene.report("officer") == 409
    with pytest.raises(Problem) as refused:
        await seal(scene)
    assert refused.value.kind is ProblemType.SEALED
    await scene.until(Seal.SEALED, purged=False)
    one = f"/api/v1/sealed/{scene.submission}"
    await scene.ask("POST", f"{one}/look", "officer", {})
    for who in ("clerk", "reader", "reviewer", "administrator"):
        for path in (f"{one}/incident", f"{one}/sheet", "/api/v1/sealed"):
            assert (await scene.ask("GET", path, who))[0] == 403
    status, told = await scene.ask("GET", f"{one}/incident", "officer")
    assert status == 200
    acts = {(each["who"]["name"], each["act"]) for each in told["people"]}
    assert acts == {("reader", "opened"), ("reviewer", "opened"), ("reader", "container"), ("officer", "looked")}
    assert {each["office"] for each in told["recipients"]} == {"T02", "county"}
    assert len(told["receipts"]) == len(told["events"])
    text = json.dumps(told, ensure_ascii=False)
    assert not [word for word in (TITLE, FILE, PHRASE, REASON) if word in text]
    (item,) = (await scene.ask("GET", "/api/v1/sealed", "leader"))[1]["items"]
    assert (item["state"], item["openable"], item["from"]) == ("sealed", False, "T01")
    assert (await scene.ask("POST", f"{one}/destroy", "officer", {"reason": "涉密"}))[0] == 200

    def promote(tx: Any) -> None:
        tx.run("UPDATE person_period SET role = 'leader' WHERE person = :id", id=scene.who["officer"])

    await scene.county.service.database.write(promote)
    status, answer = await scene.ask("POST", f"{one}/confirm", "officer", {})
    assert (status, answer["detail"]) == (403, "the second person must be another one")


async def test_a_download_on_its_way_is_cut_when_the_item_is_sealed(scene: Sealed, monkeypatch: pytest.MonkeyPatch):
    service = scene.county.service
    read = service.blobs.read

    def slowly(*arguments: Any) -> Any:
        for chunk in read(*arguments):
            yield chunk[:10]
            asyncio.run_coroutine_threadsafe(seal(scene), loop).result(10)
            yield chunk[10:]

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(service.blobs, "read", slowly)
    with pytest.raises(Exception, match=r".*"):  # whatever the client calls a connection that was cut
        await scene.ask("GET", f"/api/v1/submissions/{scene.submission}/container", "reader")
