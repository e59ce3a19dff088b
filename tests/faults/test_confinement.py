"""A reader that was taken over: what it can still do is tried from inside real children, protection by protection."""

import contextlib
import ctypes
import json
import os
import pathlib
import platform
import re
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator

import confinement_probe
import pytest

from archive.reading import sandbox, seccomp
from archive.reading.confinement import Confinement
from archive.reading.sandbox import Sandbox, document_of
from schemas.problems import Problem, ProblemType

TESTS = pathlib.Path(__file__).parents[1]
EVERYTHING = frozenset(confinement_probe.ATTEMPTS)

FILES = {
    "read a file",
    "read its own program",
    "read its own descriptors",
    "list a folder",
    "write a file",
    "write shared memory",
    "change a file",
    "delete a file",
    "start a program",
}
ASKED = "ask for a file's size as of an open one"
HELD_BY = {
    "limits": {"fill a memory file", "take 1 GiB", "open many files"},
    "landlock": FILES | {"reach a TCP port", "reach an abstract socket", "signal the zygote"},
    "seccomp": EVERYTHING - {"take 1 GiB", "open many files", ASKED},
    "files": FILES - {"list a folder"} | {ASKED, "ask for a file's size", "reach a socket in a folder"},
    "network": {"reach a TCP port", "send a datagram", "reach an abstract socket"},
    "privileges": {"become root", "trace the zygote"},
    "limits,privileges": {"start a process", "start a thread"},
}
"""What each protection holds back by itself; root is exempt from some limits."""

PROTECTIONS = set(confinement_probe.PROTECTIONS)
NEVER = {"trace the zygote"} | (set() if os.geteuid() == 0 else {"become root"})
"""Not for a user's processes, whatever else holds: the zygote has no trace (`confine.leave_no_trace`)."""


def granted() -> Confinement:
    """Return what this machine offers, asked in other ways than the program's own."""
    landlock = ctypes.CDLL(None).syscall(444, None, ctypes.c_long(0), ctypes.c_long(1))
    network = subprocess.run(["unshare", "--net" if os.geteuid() == 0 else "--map-root-user", "--net", "true"], check=False)
    seccomp = pathlib.Path("/proc/sys/kernel/seccomp/actions_avail").exists() and platform.machine() in HEADERS
    return Confinement(max(0, landlock), network.returncode == 0, seccomp, unprivileged=True, empty_root=network.returncode == 0)


def spawn(lifted: str):
    def started(descriptor: int, children: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", "-m", "confinement_probe", lifted, str(descriptor), str(os.getpid()), str(children)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(descriptor,),
            env={"PYTHONPATH": f"{sandbox._ROOT}:{TESTS}", "LANG": "C.UTF-8"},
            cwd="/",
        )

    return started


@contextlib.contextmanager
def doors(folder: pathlib.Path) -> Iterator[dict[str, object]]:
    """Hold open what a reader could reach if nothing held it back, whoever it is."""
    folder.chmod(0o777)
    (folder / "old").write_text("old")
    (folder / "old").chmod(0o666)
    name = f"yizhan-{uuid.uuid4().hex}"
    with contextlib.ExitStack() as stack:
        tcp, abstract, path = (stack.enter_context(socket.socket(family)) for family in (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX))
        tcp.bind(("127.0.0.1", 0))
        abstract.bind("\0" + name)
        path.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        for listening in (tcp, abstract, path):
            listening.listen(8)
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(tcp.getsockname())
        yield {
            "file": "/etc/passwd",
            "folder": str(folder),
            "abstract": name,
            "port": tcp.getsockname()[1],
            "service": os.getpid(),
        }
    pathlib.Path("/dev/shm", name).unlink(missing_ok=True)  # noqa: S108 - where the probe may have written


async def tried(box: Sandbox, attempts: list[str], aim: dict[str, object]) -> dict[str, str]:
    content = json.dumps({**aim, "attempts": attempts}).encode()
    document = document_of([content])
    try:
        reading = await box.read("probe.txt", "text/plain", document, len(content))
    finally:
        os.close(document)
    return dict(line.text.split(": ") for line in reading.pages[0].lines)


@pytest.fixture
def folder() -> Iterator[pathlib.Path]:
    with tempfile.TemporaryDirectory() as made:  # pytest's own folders are shut for other users
        yield pathlib.Path(made)


async def broken_out(lifted: set[str], folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Confinement, set[str]]:
    """Return what the zygote says of itself, and which attempts came off with those protections taken away."""
    monkeypatch.setattr(sandbox, "_spawn", spawn(",".join(sorted(lifted))))
    box, done = Sandbox(20), set()
    with doors(folder) as aim:
        await box.start()
        try:
            # each in a child of its own, so that none is held back by what another did
            for name in sorted(EVERYTHING):
                try:
                    done |= {attempt for attempt, outcome in (await tried(box, [name], aim)).items() if outcome == "done"}
                except Problem as problem:  # it became another program, which gives no answer
                    assert (name, problem.kind) == ("start a program", ProblemType.READER_KILLED)  # noqa: PT017 - the other ends well
                    done.add(name)
        finally:
            await box.stop()
    return box.confinement, done


def require(protections: set[str], machine: Confinement) -> None:
    lacking = {name for name in protections & {"landlock", "network", "seccomp"} if not getattr(machine, name)}
    if lacking:
        pytest.skip(f"this machine has no {', '.join(lacking)}")


def beyond(machine: Confinement) -> set[str]:
    """Return what this machine's Landlock is too old to hold back."""
    tcp, scopes = {"reach a TCP port"}, {"reach an abstract socket", "signal the zygote"}
    return (tcp if machine.landlock < 4 else set()) | (scopes if machine.landlock < 6 else set())


async def test_a_reader_can_do_nothing_of_all_this(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    machine = granted()
    confinement, done = await broken_out(set(), folder, monkeypatch)
    assert confinement == machine
    require({"seccomp"}, machine)
    assert done == set()
    assert (folder / "old").read_text() == "old"


async def test_without_protection_all_of_it_comes_off(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    """Or the other tests here would show nothing."""
    confinement, done = await broken_out(PROTECTIONS, folder, monkeypatch)
    assert confinement == Confinement()
    assert len(confinement.missing()) == 5
    assert EVERYTHING - done <= NEVER


@pytest.mark.parametrize("alone", sorted(HELD_BY))
async def test_each_protection_holds_by_itself(alone: str, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    protections, machine = set(alone.split(",")), granted()
    require(protections, machine)
    _, done = await broken_out(PROTECTIONS - protections, folder, monkeypatch)
    assert done & (HELD_BY[alone] - (beyond(machine) if alone == "landlock" else set())) == set()


def test_a_machine_says_what_it_lacks():
    whole = {"landlock": 7, "network": True, "seccomp": True, "unprivileged": True, "empty_root": True}
    assert set(whole) == set(Confinement.__struct_fields__)
    assert Confinement(**whole).missing() == ()
    for lacking in whole:
        given = whole | {lacking: 0 if lacking == "landlock" else False}
        (label,) = Confinement(**given).missing()
        assert label.zh
        assert label.en


HEADERS = {
    "x86_64": pathlib.Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": pathlib.Path("/usr/include/asm-generic/unistd.h"),
}
RENAMED = {"fstatat": "newfstatat"}
"""The generic header's names for what the same call is called here."""


@pytest.mark.parametrize("machine", sorted(HEADERS))
def test_the_numbers_of_the_calls_are_the_kernel_s(machine: str):
    if not HEADERS[machine].is_file():
        pytest.skip("the kernel's headers are not installed")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text())
    known = {RENAMED.get(name, name): int(number) for name, number in found}
    calls = seccomp._calls(machine)
    assert calls == {name: known.get(name) for name in calls}


@pytest.mark.parametrize("machine", sorted(HEADERS))
@pytest.mark.parametrize("threads", [False, True])
def test_the_filter_decides_each_call_as_the_list_says(machine: str, *, threads: bool):
    """The program is run by a small machine of its own, call by call."""
    steps = seccomp.program(machine, threads=threads)
    architecture = seccomp._ARCHITECTURES[machine][0]
    calls = seccomp._calls(machine)
    conditional = set(seccomp._CONDITIONS) | {"clone3"}
    plain = {number for name, number in calls.items() if name not in conditional}
    assert {number for number in range(1024) if run(steps, number, architecture, [0xFFFFFFFF] * 6) == ALLOW} - {
        calls[name] for name in conditional
    } == plain
    assert run(steps, calls["read"], architecture ^ 1, [0] * 6) == KILL
    assert run(steps, calls["read"] | 0x40000000, architecture, [0] * 6) == DENY
    assert run(steps, calls["clone3"], architecture, [0] * 6) == NOT_THERE
    for name, argument, allowed, denied in [
        ("mmap", 2, 3, 5),
        ("mprotect", 2, 1, 4),
        ("fcntl", 1, 3, 8),
        ("ioctl", 1, 0x5421, 0x8901),
        ("prctl", 0, 15, 4),
        ("prlimit64", 0, 0, 1),
        ("newfstatat", 3, 0x1000, 0x100),
        ("clone", 0, 0x3D0F00 if threads else -1, 0x1200011),
    ]:
        for value, answer in ((allowed, ALLOW), (denied, DENY)):
            if value >= 0:
                arguments = [0xABCDEF] * 6
                arguments[argument] = value
                assert run(steps, calls[name], architecture, arguments) == answer, (name, value)


ALLOW, KILL, DENY, NOT_THERE = 0x7FFF0000, 0x80000000, 0x50001, 0x50026


def run(program: bytes, number: int, architecture: int, arguments: list[int]) -> int:
    """Run a classic BPF program over one system call, as the kernel's documentation describes the machine."""
    words = {0: number, 4: architecture} | {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(arguments)}
    steps = [program[place : place + 8] for place in range(0, len(program), 8)]
    at, held = 0, 0
    while True:
        code, yes, no, value = int.from_bytes(steps[at][:2], "little"), steps[at][2], steps[at][3], int.from_bytes(steps[at][4:], "little")
        at += 1
        match code:
            case 0x06:
                return value
            case 0x20:
                held = words[value]
            case 0x15:
                at += yes if held == value else no
            case 0x35:
                at += yes if held >= value else no
            case 0x25:
                at += yes if held > value else no
            case 0x45:
                at += yes if held & value else no


def test_this_machine_has_a_filter():
    assert platform.machine() not in ("x86_64", "aarch64") or seccomp._PROGRAMS
