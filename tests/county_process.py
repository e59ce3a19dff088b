"""Makes a real county in a folder of its own, served by a process of its own, with townships that run `yizhan`.

A command's start takes longer than its work. So `run` types it as a person would, in a process of its own, and `do` gives the
same words to the same program in this process. What only prepares a test (the county, offices, people with their keys) is done
by what the commands do, over the same socket and the same line. Each process is stopped by its own id.
"""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchange.client import cli, enrolment
from exchange.config import Settings
from exchange.control import call, run_there
from exchange.county import open_folder
from exchange.founding import found_county

ROOT = Path(__file__).resolve().parents[1]
COUNTY = [sys.executable, "-m", "exchange.county_cli"]
TOWNSHIP = [sys.executable, "-m", "exchange.client.cli"]
_LISTENING = re.compile(r"listening on (https://\S+)")
SECONDS = 60


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object that it printed."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The objects that it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(command: list[str], *arguments: object, expect: int | None = 0, **environment: str) -> Ran:
    """Run a command to its end; `expect` is its exit code, None takes any."""
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert expect is None or ran.code == expect, f"{arguments[0]}: {ran}"
    return ran


def apart(work: Callable[[], Any]) -> Any:
    """Do it with a command's file modes, in a thread of its own: a browser's test has a loop running in this one."""
    before = os.umask(0o077)
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(work).result(SECONDS)
    finally:
        os.umask(before)


def here(work: Coroutine[Any, Any, Any]) -> Any:
    """Do what a command does, without its words."""
    return apart(lambda: asyncio.run(work))


@dataclass
class Township:
    """One person's home."""

    home: Path

    def run(self, command: str, *arguments: object, expect: int | None = 0) -> Ran:
        """Run `yizhan --json COMMAND …` in this home."""
        return run([*TOWNSHIP, "--json", "--home", str(self.home)], command, *arguments, expect=expect)

    def do(self, command: str, *arguments: object, expect: int | None = 0) -> Ran:
        """Give `--json COMMAND …` to the program in this process."""
        words = ["--json", "--home", str(self.home), command, *map(str, arguments)]
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            code = apart(lambda: cli.main(words))
        ran = Ran(code, out.getvalue(), err.getvalue())
        assert expect is None or ran.code == expect, f"{command}: {ran}"
        return ran

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*TOWNSHIP, "--json", "--home", str(self.home), *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass
class CountyProcess:
    """A county folder and, while it is served, its process."""

    folder: Path
    url: str = ""
    port: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def run(self, command: str, *arguments: object, expect: int | None = 0) -> Ran:
        """Run `yizhan-county COMMAND … --json`."""
        return run(COUNTY, *command.split(), *arguments, "--json", expect=expect)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Do what `yizhan-county COMMAND` does, through the socket of the serving process if there is one."""
        there = self.process is not None and self.process.poll() is None
        work = run_there(self.folder, command, arguments) if there else call(open_folder(self.folder), command, **arguments)
        return dict(here(work))

    def found(self, name: str = "示例县人民政府办公室", policy: str = "usual") -> None:
        here(found_county(self.folder, Settings(name=name, policy=policy), datetime.now(UTC)))

    def office(self, code: str, name: str, kind: str = "township") -> None:
        self.ask("office-add", code=code, name=name, kind=kind)

    def invite(self, office: str, person: str, role: str = "clerk") -> dict[str, Any]:
        return self.ask("invite", office=office, person=person, role=role)

    def status(self) -> dict[str, Any]:
        return self.ask("status")

    def serve(self) -> str:
        """Start the service, on the same port as before if it was served before; returns its address."""
        command = [*COUNTY, "serve", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = _LISTENING.search(line)
        assert found, f"the service did not start: {line!r}, exit code {self.process.poll()}"
        self.url = found[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        return self.url

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop the service by its own process id; returns its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(timeout=SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    def enrol(self, home: Path, office: str, person: str, role: str = "clerk") -> Township:
        """Invite a person and enrol their home."""
        slip = self.invite(office, person, role)
        here(enrolment.enrol(home, self.url, slip["code"], slip["fingerprint"]))
        return Township(home)


@contextmanager
def county_process(folder: Path, name: str = "示例县人民政府办公室", policy: str = "usual") -> Iterator[CountyProcess]:
    """Found a county in a new folder, serve it, and stop it at the end."""
    county = CountyProcess(folder)
    county.found(name, policy)
    county.serve()
    try:
        yield county
    finally:
        county.stop()
