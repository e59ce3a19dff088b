"""Everybody else in the crowd: `python -m parts.crowd PORT FOLDER` sends what FOLDER holds and prints, as JSON, what was answered.

`scan-NN` are sent all at once, each from its own connection, and asked for until there is a receipt; `hostile-N-NNN` are thrown
by sender N one after the other. A process of its own, so that its work is not taken for the service's.
"""

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import aiohttp

_PATH: Final = "/api/v1/submissions"


async def scan(session: aiohttp.ClientSession, file: Path) -> float:
    """Send one scan; returns the seconds to its receipt."""
    begin = time.perf_counter()
    with file.open("rb") as body:
        async with session.post(_PATH, data=body) as answer:
            status, place = answer.status, answer.headers["Location"]
    while status == 202:
        await asyncio.sleep(0.5)
        async with session.get(place) as answer:
            status = answer.status
    assert status == 201, status
    return time.perf_counter() - begin


async def throw(session: aiohttp.ClientSession, files: Sequence[Path], answered: Counter[int]) -> None:
    """Send what is hostile, one after the other."""
    for file in files:
        async with session.post(_PATH, data=file.read_bytes()) as answer:
            await answer.read()
            answered[answer.status] += 1


async def crowd(port: int, folder: Path) -> dict[str, object]:
    """Send everything."""
    scans, throwers = sorted(folder.glob("scan-*")), defaultdict(list)
    for file in sorted(folder.glob("hostile-*")):
        throwers[file.name.split("-")[1]].append(file)
    answered: Counter[int] = Counter()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=900)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout, connector=connector) as session:
        thrown = asyncio.gather(*(throw(session, files, answered) for files in throwers.values()))
        took = await asyncio.gather(*(scan(session, file) for file in scans))
        await thrown
    return {"scans": took, "refused": dict(answered)}


def main(arguments: list[str]) -> None:
    """Print what came of it."""
    port, folder = arguments
    print(json.dumps(asyncio.run(crowd(int(port), Path(folder)))))


if __name__ == "__main__":
    main(sys.argv[1:])
