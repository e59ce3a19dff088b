"""Servers as processes of their own on 127.0.0.1: started, measured from outside through /proc, ended by their id."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

BENCH: Final = Path(__file__).resolve().parents[1]
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: int

    def seconds(self) -> float:
        """Processor seconds of the process with all its threads, children that it has waited for not included."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def reading_seconds(self) -> float:
        """Processor seconds of the processes below, with those of their own children that have ended."""
        total = 0
        for process in self.descendants():
            with contextlib.suppress(OSError):  # it has ended meanwhile, and its parent has its time
                fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
                total += sum(map(int, fields[11:15]))
        return total / _TICKS

    def memory(self, key: str = "VmRSS") -> float:
        """Resident memory in MiB, now (`VmRSS`) or at most so far (`VmHWM`)."""
        for line in Path(f"/proc/{self.process}/status").read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) / 1024
        raise LookupError(key)

    def descendants(self) -> set[int]:
        """Return the ids of children and their children."""
        found: set[int] = set()
        fresh = {self.process}
        while fresh:
            fresh = {child for parent in fresh for child in _children(parent)} - found
            found |= fresh
        return found


def _children(parent: int) -> list[int]:
    try:
        lists = [task / "children" for task in Path(f"/proc/{parent}/task").iterdir()]
        return [int(word) for path in lists for word in path.read_text().split()]
    except OSError:
        return []  # it has ended meanwhile


@contextmanager
def started(module: str, *arguments: object) -> Iterator[Server]:
    """Run `parts.MODULE` as a server until the end of the block; it prints its port when it is ready."""
    command = [sys.executable, "-m", f"parts.{module}", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=BENCH, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), f"{module} does not start"
        yield Server(int(line.rpartition(":")[2]), process.pid)
    finally:
        process.terminate()
        process.wait(30)


def asked(module: str, *arguments: object) -> dict[str, Any]:
    """Run `parts.MODULE` to its end and return the JSON that it prints."""
    command = [sys.executable, "-m", f"parts.{module}", *map(str, arguments)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, cwd=BENCH, stdout=subprocess.PIPE, check=True).stdout)
    return answer


@dataclass
class Watched:
    """What a server grew to while it was watched: most resident MiB, most processes below the zygote at once."""

    memory: float = 0.0
    children: int = 0


@contextmanager
def watched(server: Server, zygotes: int = 1) -> Iterator[Watched]:
    """Sample a server every 20 ms until the end of the block; `zygotes` of its descendants read no documents themselves."""
    seen, done = Watched(), threading.Event()

    def sample() -> None:
        while not done.wait(0.02):
            seen.memory = max(seen.memory, server.memory())
            seen.children = max(seen.children, len(server.descendants()) - zygotes)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def pin(core: str) -> None:
    """Bind this process to one core where the machine has it; `-` leaves it free."""
    if core != "-" and int(core) in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {int(core)})
