"""A county's service that is started and killed many times: its program is imported once, and every start is a fork.

A fork dies of SIGKILL as any process does; and a kill soon after its start hits what a start does, not the import of modules.

    async with Forks.ready() as forks:
        await forks.start(folder)
        url = await forks.address()
        code = await forks.end(signal.SIGKILL)

`python -m forked_county` reads the words of a command a line, says the fork's id, waits for its end and says how it ended. With a file
of `dying` before them the fork dies where that says.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import dying

import exchange.serving  # noqa: F401 - every fork finds it imported
from exchange import county_cli

TESTS = Path(__file__).resolve().parent
ENDED = b"ended "


@dataclass
class Forks:
    """The process that forks, and the fork that runs, if any."""

    parent: asyncio.subprocess.Process
    running: int = 0

    @classmethod
    @asynccontextmanager
    async def ready(cls) -> AsyncIterator["Forks"]:
        """Import the program; at the end nothing runs any more."""
        # a library's own threads would not be forked along
        environment = {"PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS))), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        parent = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "forked_county"),
            env=os.environ | environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        forks = cls(parent)
        try:
            yield forks
        finally:
            await forks.end(signal.SIGKILL)
            assert parent.stdin is not None
            parent.stdin.close()
            await parent.wait()

    async def _line(self) -> bytes:
        assert self.parent.stdout is not None
        line = await self.parent.stdout.readline()
        assert line, "the process that forks has ended"
        return line.strip()

    async def start(self, folder: Path, dies: Path | None = None) -> None:
        """Start to serve the folder, on any port; it dies where the file `dies` says."""
        assert not self.running, "one at a time"
        assert self.parent.stdin is not None
        self.parent.stdin.write(json.dumps([dies and str(dies), "serve", str(folder), "--port", "0"]).encode() + b"\n")
        self.running = int(await self._line())

    async def address(self) -> str:
        """Wait until it serves; returns the address."""
        line = (await self._line()).decode()
        assert line.startswith("listening on https://"), line
        return line.split()[-1]

    async def end(self, number: signal.Signals) -> int:
        """Send the fork this signal, if it still runs, and wait; returns the exit code, or minus the number it died of."""
        if not self.running:
            return 0
        os.kill(self.running, number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end of the fork that runs; returns what `end` does."""
        while not (line := await self._line()).startswith(ENDED):
            continue  # what it still said
        self.running = 0
        return int(line.removeprefix(ENDED))


def main() -> None:
    """Fork for every line."""
    for line in sys.stdin.buffer:
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            os.close(tell)
            os.read(told, 1)  # its id is the first that is said
            os.close(told)
            dies, *words = json.loads(line)
            if dies:
                dying.install(Path(dies))
            sys.exit(county_cli.main(words))
        print(child, flush=True)
        os.close(told)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        print(f"\n{ENDED.decode()}{os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main()
