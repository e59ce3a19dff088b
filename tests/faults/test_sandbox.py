"""The sandbox under attack and under faults: every bad document is a Problem, and the next good one is read."""

import asyncio
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import paper_maker
import pytest
from paper_maker import Mark

from archive.reading import answer, sandbox, unconfined
from archive.reading.answer import LENGTH
from archive.reading.reading import flowing
from archive.reading.sandbox import Sandbox, document_of, read_file
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

LOST = {ProblemType.READER_KILLED, ProblemType.READER_TIMEOUT}
UNREADABLE = answer.REFUSALS | LOST
GOOD = paper_maker.pdf()
SLOW = paper_maker.hostile()["forms that double"]


async def read(box: Sandbox, content: bytes, name: str = "正文.pdf", media_type: str = "application/pdf"):
    document = document_of([content])
    try:
        return await box.read(name, media_type, document, len(content))
    finally:
        os.close(document)


async def refused(box: Sandbox, content: bytes) -> ProblemType:
    with pytest.raises(Problem) as caught:
        await read(box, content)
    return caught.value.kind


@contextlib.asynccontextmanager
async def running(seconds: float = 3.0):
    box = Sandbox(seconds)
    await box.start()
    try:
        yield box
    finally:
        await box.stop()


def children_of(process: int) -> list[int]:
    return [int(child) for child in pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def descriptors() -> int:
    return len(list(pathlib.Path("/proc/self/fd").iterdir()))


async def child_of(box: Sandbox) -> int:
    """Wait for the child that works; one that was forked ahead has used hardly any processor time."""
    while True:
        for child in children_of(box._zygote.pid):
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                if int(fields[11]) + int(fields[12]) > 10:
                    return child
        await asyncio.sleep(0.005)


async def kill_zygote(box: Sandbox) -> None:
    process = box._zygote.pid
    os.kill(process, signal.SIGKILL)
    while _works(process):  # noqa: ASYNC110 - the kernel sends no event for it
        await asyncio.sleep(0.005)


async def test_a_document_is_read_with_its_lines():
    async with running() as box:
        reading = await read(box, paper_maker.pdf([Mark("机密★1年", *paper_maker.HEAD_LEFT)]))
    assert reading.sandboxed
    assert "机密★1年" in [line.text for line in reading.pages[0].lines]


@pytest.mark.parametrize("kind", sorted(paper_maker.hostile()))
async def test_a_hostile_document_is_a_problem_and_the_next_one_is_read(kind: str):
    async with running() as box:
        assert await refused(box, paper_maker.hostile()[kind]) in UNREADABLE
        assert paper_maker.TITLE in flowing((await read(box, GOOD)).pages)


async def test_a_killed_child_refuses_its_document_only():
    async with running() as box:
        slow = asyncio.create_task(refused(box, SLOW))
        os.kill(await child_of(box), signal.SIGKILL)
        assert await slow is ProblemType.READER_KILLED
        zygote = box._zygote.pid
        await read(box, GOOD)
        assert box._zygote.pid == zygote


async def test_a_killed_zygote_takes_its_children_along_and_is_replaced():
    async with running() as box:
        slow = asyncio.create_task(refused(box, SLOW))
        child, zygote = await child_of(box), box._zygote.pid
        os.kill(zygote, signal.SIGKILL)
        assert await slow is ProblemType.READER_RESTARTING
        await read(box, GOOD)
        assert box._zygote.pid != zygote
        assert not _works(child)


async def test_a_stopped_zygote_is_replaced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "_GRACE_SECONDS", 0.1)
    async with running(seconds=0.5) as box:
        os.kill(box._zygote.pid, signal.SIGSTOP)
        assert await refused(box, GOOD) is ProblemType.READER_RESTARTING
        await read(box, GOOD)


async def test_a_document_that_takes_too_long_is_refused_and_its_child_killed():
    async with running(seconds=0.5) as box:
        slow = asyncio.create_task(refused(box, SLOW))
        child = await child_of(box)
        assert await slow is ProblemType.READER_TIMEOUT
        assert not _works(child)


@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) >= 10, reason="everything here gives way already")
async def test_a_document_that_takes_long_gives_way_to_others():
    async with running(seconds=10) as box:
        slow = asyncio.create_task(read(box, SLOW))
        child = await child_of(box)
        assert os.getpriority(os.PRIO_PROCESS, child) == os.getpriority(os.PRIO_PROCESS, 0)
        async with asyncio.timeout(9):
            while os.getpriority(os.PRIO_PROCESS, child) < 10:  # noqa: ASYNC110 - the kernel sends no event for it
                await asyncio.sleep(0.02)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow


async def test_a_cancelled_reading_kills_its_child_and_frees_its_place():
    async with running() as box:
        for _ in range(3):
            slow = asyncio.create_task(read(box, SLOW))
            child = await child_of(box)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            while _works(child):  # noqa: ASYNC110 - the kernel sends no event for it
                await asyncio.sleep(0.01)
        await read(box, GOOD)


async def test_many_readers_at_once_share_two_children():
    async with running(seconds=20) as box:
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, len(children_of(box._zygote.pid)))
                await asyncio.sleep(0.002)

        watcher = asyncio.create_task(watch())
        readings = await asyncio.gather(*(read(box, paper_maker.pdf(pages=1 + number % 3)) for number in range(12)))
        watcher.cancel()
    assert [len(reading.pages) for reading in readings] == [1 + number % 3 for number in range(12)]
    assert most <= 3  # two at work and one forked ahead


async def test_no_descriptor_and_no_process_is_left_behind():
    before, children = descriptors(), children_of(os.getpid())
    async with running(seconds=1.0) as box:
        await read(box, GOOD)
        await refused(box, b"%PDF-1.7\n")
        slow = asyncio.create_task(read(box, SLOW))
        await child_of(box)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        await kill_zygote(box)
        await read(box, GOOD)
    assert descriptors() == before
    assert children_of(os.getpid()) == children


async def test_nothing_is_written_to_disk(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    ordinary = set(pathlib.Path(tempfile.gettempdir()).iterdir())
    async with running(seconds=1.0) as box:
        await read(box, GOOD)
        await refused(box, SLOW)
    assert list(tmp_path.iterdir()) == []
    assert {path for path in set(pathlib.Path(tempfile.gettempdir()).iterdir()) - ordinary if "pdf" in path.name.lower()} == set()


async def test_the_reading_process_is_confined():
    async with running() as box:
        zygote = pathlib.Path(f"/proc/{box._zygote.pid}")
        slow = asyncio.create_task(refused(box, SLOW))
        child = pathlib.Path(f"/proc/{await child_of(box)}")
        while "1073741824" not in (limits := (child / "limits").read_text()):  # noqa: ASYNC110 - the kernel sends no event for it
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        limits = (child / "limits").read_text()
        table = {row[:26].strip(): row[26:].split()[0] for row in limits.splitlines()}
        assert table["Max file size"] == table["Max processes"] == table["Max core file size"] == "0"
        assert table["Max open files"] == "32"
        assert table["Max cpu time"] == "3"
        links = {str(link.readlink()) for link in (child / "fd").iterdir()}
        assert {link.partition(":")[0] for link in links} == {"/dev/null", "/memfd", "socket"}
        assert len([link for link in links if link.startswith("socket")]) == 1
        for process in (zygote, child):
            assert "NoNewPrivs:\t1" in (process / "status").read_text()
            if box.confinement.unprivileged:
                assert "CapEff:\t0000000000000000" in (process / "status").read_text()
            if box.confinement.network:
                assert (process / "ns/net").readlink() != pathlib.Path("/proc/self/ns/net").readlink()
        if box.confinement.seccomp:
            assert "Seccomp:\t2" in (child / "status").read_text()
        assert len(list((zygote / "task").iterdir())) == 1
        slow.cancel()


async def test_the_environment_of_the_service_is_not_handed_down(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("YIZHAN_PASSPHRASE", "not for strangers")
    async with running() as box:
        assert b"not for strangers" not in pathlib.Path(f"/proc/{box._zygote.pid}/environ").read_bytes()


async def test_a_reading_process_that_does_not_start_is_said_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox.sys, "executable", "/bin/false")
    with pytest.raises(Problem) as caught:
        await Sandbox().start()
    assert caught.value.kind is ProblemType.INTERNAL


async def test_only_a_sealed_document_of_the_said_size_is_taken():
    async with running() as box:
        loose = os.memfd_create("loose", os.MFD_ALLOW_SEALING)
        sealed = document_of([GOOD])
        with pytest.raises(ValueError, match="sealed"):
            await box.read("a.pdf", "application/pdf", loose, 0)
        with pytest.raises(ValueError, match="size"):
            await box.read("a.pdf", "application/pdf", sealed, 1)
        with pytest.raises(OSError, match="not permitted"):
            os.write(sealed, b"x")
        os.close(loose)
        os.close(sealed)


def test_a_part_of_more_than_200_mebibytes_is_no_document(monkeypatch: pytest.MonkeyPatch):
    before = descriptors()
    monkeypatch.setattr(sandbox, "MAXIMUM_PART", 10)
    with pytest.raises(Problem) as caught:
        document_of([b"12345", b"678901"])
    assert caught.value.kind is ProblemType.PART_TOO_LARGE
    assert descriptors() == before


@pytest.mark.parametrize(
    ("framed", "kind"),
    [
        (b"", ProblemType.READER_KILLED),
        (b"\0\0", ProblemType.READER_KILLED),
        (LENGTH.pack(10) + b"{}", ProblemType.READER_KILLED),
        (LENGTH.pack(answer.MAXIMUM + 1) + b"{}", ProblemType.READER_KILLED),
        (LENGTH.pack(1) + b"{}", ProblemType.DOCUMENT_BROKEN),
        (LENGTH.pack(2) + b"{}", ProblemType.DOCUMENT_BROKEN),
        (LENGTH.pack(4) + b"null", ProblemType.DOCUMENT_BROKEN),
        (LENGTH.pack(3) + b"\xff{}", ProblemType.DOCUMENT_BROKEN),
        (LENGTH.pack(27) + b'{"problem":"returned","x":1}'[:27], ProblemType.DOCUMENT_BROKEN),
        (LENGTH.pack(22) + b'{"problem":"returned"}', ProblemType.DOCUMENT_BROKEN),
    ],
)
def test_an_answer_that_is_none_is_never_an_empty_text(framed: bytes, kind: ProblemType):
    with pytest.raises(Problem) as caught:
        answer.open_answer(framed)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (signal.SIGKILL, ProblemType.READER_KILLED),
        (signal.SIGABRT, ProblemType.READER_KILLED),
        (signal.SIGXCPU, ProblemType.READER_TIMEOUT),
        (1 << 8, ProblemType.READER_KILLED),
        (255 << 8, ProblemType.READER_KILLED),
        *((answer.exit_code(kind) << 8, kind) for kind in sorted(answer.REFUSALS, key=lambda kind: kind.type)),
    ],
)
def test_how_a_reader_ended_is_told_by_its_problem(status: int, kind: ProblemType):
    with pytest.raises(Problem) as caught:
        answer.raise_fate(bytes([answer.fate(status)]))
    assert caught.value.kind is kind


def test_a_reader_that_ended_well_is_no_problem_and_one_that_nobody_tells_of_is():
    answer.raise_fate(bytes([answer.fate(0)]))
    with pytest.raises(Problem) as caught:
        answer.raise_fate(b"")
    assert caught.value.kind is ProblemType.READER_RESTARTING


def test_the_client_reads_a_file_of_its_own(tmp_path: pathlib.Path):
    path = tmp_path / "报告.pdf"
    path.write_bytes(GOOD)
    assert paper_maker.TITLE in flowing(read_file(path).pages)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(Problem) as caught:
        read_file(tmp_path / "没有.pdf")
    assert caught.value.kind is ProblemType.INPUT_UNREADABLE
    with pytest.raises(Problem) as caught:
        read_file(tmp_path / "报告.wps")
    assert caught.value.kind is ProblemType.FORMAT_OLD


def test_the_module_can_be_imported_where_linux_is_not():
    program = (
        "import asyncio, mmap, pathlib, socket, subprocess, sys, tempfile, msgspec, pypdf, pypdfium2\n"
        "sys.modules['fcntl'] = sys.modules['resource'] = None\n"
        "sys.platform = 'win32'\n"
        "import archive.reading.sandbox\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=sandbox._ROOT)


def test_off_linux_a_process_of_its_own_reads_and_says_that_it_is_no_sandbox(tmp_path: pathlib.Path):
    path = tmp_path / "报告.pdf"
    path.write_bytes(GOOD)
    reading = unconfined.read_file(path, "application/pdf", 20)
    assert (reading.sandboxed, paper_maker.TITLE in flowing(reading.pages)) == (False, True)
    path.write_bytes(SLOW)
    with pytest.raises(Problem) as caught:
        unconfined.read_file(path, "application/pdf", 1.0)
    assert caught.value.kind is ProblemType.READER_TIMEOUT


CARRIERS = {
    "upper left": (paper_maker.pdf([Mark("机密★1年", *paper_maker.HEAD_LEFT)]), Outcome.BLOCK),
    "upper right": (paper_maker.pdf([Mark("秘密", *paper_maker.HEAD_RIGHT)]), Outcome.BLOCK),
    "with spaces": (paper_maker.pdf([Mark("绝  密 ★ 长 期", *paper_maker.HEAD_LEFT)]), Outcome.BLOCK),
    "second page": (paper_maker.pdf([Mark("机密★1年", page=2)], pages=2), Outcome.BLOCK),
    "at the foot": (paper_maker.pdf([Mark("机密", *paper_maker.BODY_PLACE)]), Outcome.REVIEW),
    "one by one across": (paper_maker.pdf(paper_maker.spread("机密★", 28, 45)), Outcome.BLOCK),
    "one by one, far apart": (paper_maker.pdf(paper_maker.spread("机密★", 28, 45, step=20)), Outcome.BLOCK),
    "downwards": (paper_maker.pdf(paper_maker.spread("机密★", 15, 25)), Outcome.BLOCK),
    "GBK in a Latin font": (paper_maker.gbk_in_winansi("机密★1年"), Outcome.BLOCK),
    "internal": (paper_maker.pdf([Mark("内部资料", *paper_maker.HEAD_LEFT)]), Outcome.PASS),
    "work secret": (paper_maker.pdf([Mark("工作秘密", *paper_maker.HEAD_LEFT)]), Outcome.REVIEW),
    "none": (GOOD, Outcome.PASS),
    "about secrecy": (paper_maker.pdf(title="关于机密文件管理员培训的通知"), Outcome.PASS),
    "title property": (paper_maker.pdf(information={"Title": "机密★1年"}), Outcome.BLOCK),
    **{f"{place} outside the page": (content, Outcome.BLOCK) for place, content in paper_maker.carriers("机密★1年").items()},
}


async def test_a_mark_is_found_in_every_carrier_through_the_sandbox():
    policy, found = load("usual"), {}
    async with running(seconds=20) as box:
        for carrier, (content, _) in CARRIERS.items():
            found[carrier] = judge(Declared(UNCLASSIFIED), {"正文.pdf": await read(box, content)}, policy).outcome
    assert found == {carrier: outcome for carrier, (_, outcome) in CARRIERS.items()}


def _works(process: int) -> bool:
    try:
        return ") Z " not in pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
