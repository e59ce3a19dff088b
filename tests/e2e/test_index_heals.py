"""The index of a real service: fed by itself, thrown away, broken, locked and made anew, while submissions go on."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from county_maker import Running, found, serving
from county_process import CountyProcess, run
from finder_maker import until
from submission_maker import Letter, pack

from archive.search.question import Question, Viewer, Words
from exchange import backup, reindexing
from exchange.clock import FakeClock
from exchange.control import call
from exchange.county import open_folder
from keys.custody import KeySigner
from schemas.problems import Problem

NOW = datetime.now(UTC)
HOLD = "import sys, tantivy; writer = tantivy.Index.open(sys.argv[1]).writer(15_000_000, 1); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, KeySigner]]:
    folder, people = tmp_path_factory.mktemp("founded") / "county", dict[str, KeySigner]()

    async def make() -> None:
        await found(folder, NOW)
        async with serving(folder, FakeClock(NOW), people) as county:
            await county.office("T01")
            await county.person("T01")
            await county.person("county")

    asyncio.run(make())
    shutil.rmtree(folder / "index")
    return folder, people


@pytest.fixture
def folder(founded: tuple[Path, dict[str, KeySigner]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(founded[0], tmp_path / "county"))


@pytest.fixture
def people(founded: tuple[Path, dict[str, KeySigner]]) -> dict[str, KeySigner]:
    return founded[1]


async def send(county: Running, title: str = "防汛工作简报", **letter: object) -> str:
    status, body = await county.submit(pack(Letter(at=NOW, title=title, **letter), county.people["T01.1"]))  # type: ignore[arg-type]
    assert status == 201, body
    return str(json.loads(body)["submission"])


async def search(county: Running, text: str, office: str = "T01") -> list[str]:
    question = Question(node=Words(text), viewer=Viewer(office, f"{office}.1"))
    return [hit.submission for hit in (await county.service.finder.ask(question)).hits]


async def caught_up(county: Running) -> None:
    newest = await county.service.database.read(lambda tx: tx.row("SELECT max(id) AS id FROM event").id)
    finder = county.service.finder
    await until(lambda: finder.state()["ready"] and finder.state()["upto"] >= newest)


@asynccontextmanager
async def another_writer(folder: Path) -> AsyncIterator[None]:
    """Hold the index's writer in another process."""
    (engine_folder,) = (folder / "index").glob("0*/engine")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(engine_folder), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert await process.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        process.stdin.close()
        await process.wait()


async def test_what_is_accepted_is_found_by_text_title_and_file_name(folder: Path, people: dict[str, KeySigner]):
    async with serving(folder, FakeClock(NOW), people) as county:
        submission = await send(county, files={"汛情通报.txt": "城关镇各村储备沙\n袋二千只。".encode()})
        await caught_up(county)
        for text in ("防汛工作", "沙袋二千", "汛情通报.txt", "T01-2026-000001"):
            for office in ("T01", "county"):
                assert await search(county, text, office) == [submission], text
        assert await search(county, "防汛", "T02") == []


async def test_nothing_of_a_refused_submission_is_kept_or_found(folder: Path, people: dict[str, KeySigner]):
    async with serving(folder, FakeClock(NOW), people) as county:
        marked = Letter(at=NOW, title="鹿鸣九皋", files={"鹿鸣.txt": "机密★1年\n声闻于野\n关于有关工作的情况。".encode()})
        before = await county.kept()
        assert (await county.submit(pack(marked, people["T01.1"])))[0] == 422
        after = await county.kept()
        await caught_up(county)
        assert county.service.finder.state()["entries"] == after.rows["kept_text"] == before.rows["kept_text"] == 0
        for text in ("鹿鸣", "声闻", "机密"):
            assert await search(county, text) == await search(county, text, "county") == []


async def test_a_deleted_folder_is_made_anew_while_running_and_at_start(folder: Path, people: dict[str, KeySigner]):
    async with serving(folder, FakeClock(NOW), people) as county:
        sent = [await send(county)]
        await caught_up(county)
        shutil.rmtree(folder / "index")
        sent.append(await send(county))
        await caught_up(county)
        assert sorted(await search(county, "防汛")) == sorted(sent)
    shutil.rmtree(folder / "index")
    async with serving(folder, FakeClock(NOW), people) as county:
        await caught_up(county)
        assert sorted(await search(county, "防汛")) == sorted(sent)


async def test_a_writer_in_another_process_delays_search_and_nothing_else(folder: Path, people: dict[str, KeySigner]):
    async with serving(folder, FakeClock(NOW), people) as county:
        first = await send(county)
        await caught_up(county)
    async with serving(folder, FakeClock(NOW), people) as county:
        async with another_writer(folder):
            second = await send(county)
            await until(lambda: county.service.finder.state()["problem"] == "index-locked")
            assert county.service.finder.behind().events > 0
            assert await search(county, "防汛") == [first]
        await caught_up(county)
        assert await search(county, "防汛") == [second, first]


async def test_a_place_where_no_index_can_be_made_delays_search_and_nothing_else(folder: Path, people: dict[str, KeySigner]):
    (folder / "index").write_text("no folder")
    async with serving(folder, FakeClock(NOW), people) as county:
        submission = await send(county)
        await until(lambda: county.service.finder.state()["problem"] == "storage-failed")
        with pytest.raises(Problem, match="index-not-ready"):
            await search(county, "防汛")
        (folder / "index").unlink()
        await caught_up(county)
        assert await search(county, "防汛") == [submission]


async def test_an_older_ledger_put_in_place_gets_an_index_of_its_own(folder: Path, people: dict[str, KeySigner], tmp_path: Path):
    async with serving(folder, FakeClock(NOW), people) as county:
        kept = await send(county)
    shutil.copy(folder / "ledger.db", tmp_path / "older.db")
    async with serving(folder, FakeClock(NOW), people) as county:
        await send(county)
        await caught_up(county)
    shutil.copy(tmp_path / "older.db", folder / "ledger.db")
    async with serving(folder, FakeClock(NOW), people) as county:
        await caught_up(county)
        assert await search(county, "防汛") == [kept]


async def test_a_backup_holds_no_index_and_a_restored_county_makes_one(folder: Path, people: dict[str, KeySigner], tmp_path: Path):
    async with serving(folder, FakeClock(NOW), people) as county:
        submission = await send(county)
        await caught_up(county)
    await backup.backup(open_folder(folder), tmp_path / "out")
    assert not (tmp_path / "out" / "index").exists()
    await backup.restore(tmp_path / "out", tmp_path / "restored", checkpoint=None, waiver="演练", clock=FakeClock(NOW))
    assert not (tmp_path / "restored" / "index").exists()
    async with serving(tmp_path / "restored", FakeClock(NOW), people) as county:
        await caught_up(county)
        assert await search(county, "防汛") == [submission]


async def test_reindex_works_alone_and_beside_the_service_and_status_tells_of_it(folder: Path, people: dict[str, KeySigner]):
    async with serving(folder, FakeClock(NOW), people) as county:
        await send(county)
        await caught_up(county)
    drawn: list[dict[str, Any]] = []
    alone = await reindexing.reindex(open_folder(folder), drawn.append)
    assert (alone["entries"], alone["of"], alone["finished"], alone["generation"]) == (1, 1, True, "000002")
    assert drawn[-1] == alone
    told = await call(open_folder(folder), "status")
    assert (told["index"]["generation"], told["index"]["entries"], told["index"]["lag"]["events"]) == ("000002", 1, 0)
    assert {"yizhan", "python", "sqlite", "tantivy", "opencc", "analysis"} <= told["versions"].keys()
    assert told["queues"] == {}
    await asyncio.to_thread(_reindex_beside, CountyProcess(folder))


def _reindex_beside(county: CountyProcess) -> None:
    county.serve()
    try:
        spoken = run([sys.executable, "-m", "exchange.county_cli"], "reindex", county.folder)
        assert "entries/s" in spoken.out
        told = county.status()
        assert (told["index"]["generation"], told["index"]["entries"], told["index"]["ready"]) == ("000003", 1, True)
        assert told["queues"].keys() == {
            *("writer", "inspections_running", "inspections_waiting", "scans_looking", "scans_waiting", "staging_free_bytes")
        }
    finally:
        assert county.stop() == 0
