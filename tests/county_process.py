"""Makes a real county: `yizhan-county` in a folder of its own, served by a process of its own, with townships that run `yizhan`.

Everything goes through the commands as a person would type them; each process is stopped by its own id.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


@dataclass
class Township:
    """One person's home."""

    home: Path

    def run(self, command: str, *arguments: object, expect: int | None = 0) -> Ran:
        """Run `yizhan --json COMMAND …` in this home."""
        return run([*TOWNSHIP, "--json", "--home", str(self.home)], command, *arguments, expect=expect)

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

    def office(self, code: str, name: str, kind: str = "township") -> None:
        self.run("office add", self.folder, "--code", code, "--name", name, "--kind", kind)

    def invite(self, office: str, person: str, role: str = "clerk") -> dict[str, Any]:
        return dict(self.run("invite", self.folder, "--office", office, "--person", person, "--role", role).json)

    def status(self) -> dict[str, Any]:
        return dict(self.run("status", self.folder).json)

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
        township = Township(home)
        township.run("enrol", self.url, "--code", slip["code"], "--fingerprint", slip["fingerprint"])
        return township


@contextmanager
def county_process(folder: Path, name: str = "示例县人民政府办公室", policy: str = "usual") -> Iterator[CountyProcess]:
    """Found a county in a new folder, serve it, and stop it at the end."""
    county = CountyProcess(folder)
    county.run("init", folder, "--name", name, "--policy", policy)
    county.serve()
    try:
        yield county
    finally:
        county.stop()
