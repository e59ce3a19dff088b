"""The load generator: `python -m parts.load PORT PATH FOLDER FIRST COUNT CLIENTS CORE` prints rates and latencies as JSON.

`ended` is when the last answer came, by the machine's monotonic clock, which all processes share.
Raw sockets with keep-alive, every request prepared beforehand. FOLDER holds `NNNN.head` (further header lines, may be empty)
and `NNNN.body`; each is sent once. Any answer but 201 ends the run.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop

from parts.figures import percentile
from parts.servers import pin


def prepared(folder: Path, path: str, first: int, count: int) -> list[tuple[bytes, bytes]]:
    """Return head and body of each request."""
    requests = []
    for number in range(first, first + count):
        body = (folder / f"{number:04}.body").read_bytes()
        further = (folder / f"{number:04}.head").read_bytes() if path == "/accept" else b""
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        requests.append((head.encode() + further + b"\r\n", body))
    return requests


async def client(port: int, waiting: list[tuple[bytes, bytes]], times: list[float]) -> None:
    """Send what waits, one after the other, over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    while waiting:
        head, body = waiting.pop()
        begin = time.perf_counter()
        writer.write(head)
        writer.write(body)
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
        content = await reader.readexactly(int(length.split(b":")[1]))
        assert b" 201 " in answer[:20], content[:400]
        times.append(time.perf_counter() - begin)
    writer.close()


async def run(port: int, requests: list[tuple[bytes, bytes]], clients: int) -> dict[str, float]:
    """Send all requests from so many clients at once."""
    times: list[float] = []
    begin = time.perf_counter()
    await asyncio.gather(*[client(port, requests, times) for _ in range(clients)])
    elapsed = time.perf_counter() - begin
    times.sort()
    return {
        "requests": len(times),
        "seconds": elapsed,
        "per_second": len(times) / elapsed,
        "ended": begin + elapsed,
        "p50_ms": 1000 * percentile(times, 0.5),
        "p99_ms": 1000 * percentile(times, 0.99),
    }


def main(arguments: list[str]) -> None:
    """Print one run."""
    port, path, folder, first, count, clients, core = arguments
    pin(core)
    requests = prepared(Path(folder), path, int(first), int(count))
    print(json.dumps(uvloop.run(run(int(port), requests, int(clients)))))


if __name__ == "__main__":
    main(sys.argv[1:])
