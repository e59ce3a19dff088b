"""The bare loop beside which the service is measured: `python -m parts.bare FOLDER COUNTY CORE`.

`POST /accept` does what no accept path can leave out, and nothing else: SHA-256 of the body, CMS signature and path of the
sender, AES-GCM over the body in 256 KiB pieces, a durable file, two receipts with CAdES and time stamp each, one row for
the submission and one for each receipt in SQLite (WAL, synchronous=FULL, commits in groups by one writer thread), and an
answer of the same size. Manifest digest and signature come in headers, so that no container is parsed.
`POST /sink` hashes the body; `POST /file` also writes it to a file and flushes that.
"""

import asyncio
import base64
import hashlib
import json
import os
import queue
import secrets
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvloop
from aiohttp import web
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pysqlite3 import dbapi2 as sqlite

from exchange.county import County, open_folder
from keys import cms, timestamp, trust
from parts.servers import pin

PIECE: Final = 256 * 1024
GROUP: Final = 256


class Writer(threading.Thread):
    """One thread that takes all that is queued and commits it at once."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        """Open the database."""
        super().__init__(daemon=True)
        self.queue: queue.SimpleQueue[tuple[tuple[Any, ...], list[tuple[Any, ...]], asyncio.Future[None]]] = queue.SimpleQueue()
        self.loop = loop
        self.connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
        for sql in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE submission (id TEXT PRIMARY KEY, container TEXT UNIQUE, office TEXT, size INTEGER, at TEXT)",
            "CREATE TABLE event (id INTEGER PRIMARY KEY, submission TEXT, receipt BLOB, signature BLOB, timestamp BLOB)",
            "CREATE INDEX event_by_submission ON event (submission)",
        ):
            self.connection.execute(sql)

    def run(self) -> None:
        """Commit groups for ever."""
        while True:
            group = [self.queue.get()]
            while len(group) < GROUP and not self.queue.empty():
                group.append(self.queue.get())
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany("INSERT INTO submission VALUES (?, ?, ?, ?, ?)", [row for row, _, _ in group])
            events = [event for _, rows, _ in group for event in rows]
            self.connection.executemany("INSERT INTO event (submission, receipt, signature, timestamp) VALUES (?, ?, ?, ?)", events)
            self.connection.execute("COMMIT")
            self.loop.call_soon_threadsafe(_resolve, [future for _, _, future in group])


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


class Bare:
    """The handlers."""

    def __init__(self, folder: Path, county: County) -> None:
        """Keep files under `folder`; the county lends its keys."""
        self.folder, self.county = folder, county
        self.trust = trust.Trust(county.root, (county.issuer.certificate,), (county.issuer.crl(1, (), datetime.now(UTC), 1),))
        self.cipher = AESGCM(AESGCM.generate_key(256))
        self.pool = ThreadPoolExecutor(32)
        self.writer = Writer(folder / "bare.db", asyncio.get_running_loop())
        self.writer.start()

    async def accept(self, request: web.Request) -> web.Response:
        """POST /accept."""
        digest, chunks, size = hashlib.sha256(), [], 0
        async for chunk in request.content.iter_any():
            digest.update(chunk)
            chunks.append(chunk)
            size += len(chunk)
        now, submission = datetime.now(UTC), request.headers["X-Manifest"]
        signed = cms.verify(base64.b64decode(request.headers["X-Signature"]), bytes.fromhex(submission))
        sender = trust.validate(signed.certificate, signed.certificates, self.trust, at=now, purpose=trust.Purpose.SUBMISSION)
        self._sealed(b"".join(chunks))
        name = digest.hexdigest()
        await asyncio.get_running_loop().run_in_executor(self.pool, self._put, name, chunks)
        events = [(submission, *self._receipt(submission, name, now)) for _ in range(2)]
        done = asyncio.get_running_loop().create_future()
        self.writer.queue.put(((submission, name, sender.office, size, now.isoformat()), events, done))
        await done
        _, receipt, signature, stamp = events[0]
        members = {"receipt": receipt, "signature": signature, "timestamp": stamp, "proof": bytes(900)}
        return web.json_response({name: base64.b64encode(value).decode() for name, value in members.items()}, status=201)

    def _sealed(self, body: bytes) -> list[bytes]:
        view = memoryview(body)
        starts = range(0, len(view), PIECE)
        return [self.cipher.encrypt(secrets.token_bytes(12), view[start : start + PIECE], None) for start in starts]

    def _put(self, name: str, chunks: list[bytes]) -> None:
        written, kept = self.folder / "incoming" / name, self.folder / "kept" / name
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.writev(descriptor, chunks[:1000])
        os.fsync(descriptor)
        os.close(descriptor)
        written.rename(kept)
        folder = os.open(kept.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)

    def _receipt(self, submission: str, name: str, now: datetime) -> tuple[bytes, bytes, bytes]:
        receipt = json.dumps({"submission": submission, "container": name, "at": now.isoformat(), "id": secrets.token_hex(200)}).encode()
        signature = cms.sign(hashlib.sha256(receipt).digest(), self.county.notary.receipts, now)
        return receipt, signature, timestamp.stamp(signature, self.county.notary.timestamps, now, secrets.randbits(120) | 1)

    async def sink(self, request: web.Request) -> web.Response:
        """POST /sink."""
        digest = hashlib.sha256()
        async for chunk in request.content.iter_any():
            digest.update(chunk)
        return web.Response(text=digest.hexdigest(), status=201)

    async def file(self, request: web.Request) -> web.Response:
        """POST /file."""
        digest, path = hashlib.sha256(), self.folder / "kept" / secrets.token_hex(8)
        with path.open("wb", buffering=0) as out:
            async for chunk in request.content.iter_any():
                digest.update(chunk)
                out.write(chunk)
            await asyncio.to_thread(os.fsync, out.fileno())
        path.unlink()
        return web.Response(text=digest.hexdigest(), status=201)


async def serve(folder: Path, county: County) -> None:
    """Serve until a signal to end."""
    for name in ("incoming", "kept"):
        (folder / name).mkdir(parents=True)
    bare = Bare(folder, county)
    application = web.Application(client_max_size=2**30)
    application.add_routes([web.post("/accept", bare.accept), web.post("/sink", bare.sink), web.post("/file", bare.file)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"listening on 127.0.0.1:{runner.addresses[0][1]}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await runner.cleanup()


def main(arguments: list[str]) -> None:
    """Serve, with the keys of the county in the second folder."""
    folder, county, core = arguments
    pin(core)
    uvloop.run(serve(Path(folder), open_folder(Path(county))))


if __name__ == "__main__":
    main(sys.argv[1:])
