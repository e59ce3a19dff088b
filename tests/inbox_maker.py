"""Fills a county's inbox fast: letters are packed and signed as a client does, then accepted by the ledger's own unit, many in a group."""

import asyncio
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from county_process import CountyProcess, Township
from submission_maker import Letter, pack

from archive.blobs.files import FileBlobs
from archive.ledger import log
from archive.ledger.sqlite import SqliteDatabase
from archive.reading.kept import KeptPart
from archive.reading.kept import pack as pack_text
from exchange.client.home import open_home
from exchange.county import open_folder
from exchange.intake import store
from exchange.intake.store import Accepted
from keys import container
from keys.custody import Signer
from schemas import instants
from schemas.messages import Submission, decode
from schemas.words import Handling


def fill(county: CountyProcess, sender: Township, letters: Sequence[Letter], texts: dict[str, str] | None = None) -> list[str]:
    """Stop a county, accept the letters, serve it again; returns their ids. `texts` are what was read from files that are no text."""
    county.stop()
    try:
        with ThreadPoolExecutor(1) as thread:  # a browser's loop runs in this one
            return thread.submit(asyncio.run, accept_all(county.folder, open_home(sender.home).signer, letters, texts or {})).result()
    finally:
        county.serve()


async def accept_all(folder: Path, signer: Signer, letters: Sequence[Letter], texts: dict[str, str]) -> list[str]:
    """Accept letters in a folder that is not served."""
    county = open_folder(folder)
    blobs = FileBlobs(folder / "blobs")
    database = await SqliteDatabase.open(county.ledger, log.close_group(county.notary), now=instants.write(letters[0].at))
    try:
        accepted = [_accepted(blobs, signer, letter, texts) for letter in letters]
        await asyncio.gather(*(database.write(store.accept, county.notary, each, each.received_at) for each in accepted))
        return [each.submission for each in accepted]
    finally:
        await database.close()


def _accepted(blobs: FileBlobs, signer: Signer, letter: Letter, texts: dict[str, str]) -> Accepted:
    packed = pack(letter, signer)
    whole = container.read(io.BytesIO(packed))
    blobs.put(whole.sha256, whole.size, [packed], letter.at.date().isoformat())
    message = decode(whole.head.metadata, Submission)
    kept = tuple(KeptPart(name, texts.get(name) or content.decode("utf-8", "replace"), ((1, 0),)) for name, content in letter.files.items())
    return Accepted(
        submission=whole.head.manifest_sha256,
        container=whole.sha256,
        size=whole.size,
        message=message,
        metadata=whole.head.metadata,
        person=f"{message.from_}.1",
        received_at=letter.at,
        policy="usual-000000000000",
        handling=max(Handling.NORMAL, message.handling, key=list(Handling).index),
        kept=pack_text(kept),
    )


def stored(county: CountyProcess, submission: str) -> Path:
    """Return the file that holds an item's container."""
    for path in filter(Path.is_file, (county.folder / "blobs").rglob("*")):
        with path.open("rb") as file:
            if container.read(file).head.manifest_sha256 == submission:
                return path
    raise AssertionError(submission)
