"""Containers on their way in several parts, over lines that break: staged like everything else, and gone with the service.

An upload is no state of the ledger and says nothing of what it holds: bytes under a key in memory, how many were announced, and
whose they are. What it becomes is decided by `Intake.receive`, as if all had come at once.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from exchange.intake.staging import StagedItem, Staging
from exchange.office.store import Person
from keys.container import Limits
from schemas.problems import Problem, ProblemType

TOKEN_BYTES: Final = 32
MOST: Final[int] = Limits().container


@dataclass(frozen=True)
class Bounds:
    """How much may be on its way, counted as announced: uploads of one person and office, bytes of one office and of all.

    `idle` and `longest` are the seconds after which an upload is forgotten: without a further byte, and at all. After `stalled`
    seconds without a byte a line counts as dead when its own sender asks how much has come.
    """

    of_person: int = 8
    of_office: int = 32
    size_of_office: int = 2 * 2**30
    size: int = 4 * 2**30
    idle: float = 3600.0
    longest: float = 86_400.0
    stalled: float = 5.0


@dataclass(eq=False)
class Upload:
    """One container on its way: `offset` bytes of `length` have come. `cut` ends the line on which a part is coming, if any."""

    token: str
    person: str
    office: str
    length: int
    staged: StagedItem
    begun_at: float
    used_at: float
    gone: bool = False
    cut: Callable[[], None] | None = None

    @property
    def offset(self) -> int:
        """How many bytes have come."""
        return self.staged.size


class Uploads:
    """The uploads of one service; belongs to one event loop."""

    def __init__(self, elapsed: Callable[[], float], bounds: Bounds = Bounds()) -> None:
        """Start with none; `elapsed` gives the seconds of a clock that only goes forward."""
        self.bounds = bounds
        self._elapsed = elapsed
        self._uploads: dict[str, Upload] = {}

    def begin(self, person: Person, length: int, staging: Staging) -> Upload:
        """Begin an upload of `length` bytes. Raises Problem CONTAINER_TOO_LARGE, TOO_MANY_REQUESTS or BUSY."""
        self.sweep()
        if length > MOST:
            raise Problem(ProblemType.CONTAINER_TOO_LARGE)
        self._require_room(person, length)
        now = self._elapsed()
        upload = Upload(secrets.token_urlsafe(TOKEN_BYTES), person.id, person.office, length, staging.item(), now, now)
        self._uploads[upload.token] = upload
        return upload

    def find(self, token: str, person: Person) -> Upload:
        """Return a person's own upload. Raises Problem NOT_FOUND: gone, never there and another's look the same."""
        self.sweep()
        upload = self._uploads.get(token)
        if upload is None or upload.person != person.id:
            raise Problem(ProblemType.NOT_FOUND, "upload")
        return upload

    @contextmanager
    def part(self, upload: Upload, offset: int, cut: Callable[[], None]) -> Iterator[None]:
        """Take in one part, one at a time. Raises Problem TOO_MANY_REQUESTS while another one comes, or UPLOAD_OFFSET."""
        self.require_still(upload)
        if offset != upload.offset:
            raise Problem(ProblemType.UPLOAD_OFFSET, f"{upload.offset}")
        upload.cut = cut
        try:
            yield
        finally:
            upload.cut = None
            upload.used_at = self._elapsed()

    def require_still(self, upload: Upload) -> None:
        """Raise Problem TOO_MANY_REQUESTS while a part of it is coming."""
        if upload.cut is not None:
            raise Problem(ProblemType.TOO_MANY_REQUESTS, "another part of it is coming", retry_after=2)

    def write(self, upload: Upload, chunk: bytes) -> None:
        """Append a chunk. Raises Problem NOT_FOUND when it was given up meanwhile, BODY_TOO_LARGE, and what staging raises."""
        if upload.gone:
            raise Problem(ProblemType.NOT_FOUND, "upload")
        if upload.offset + len(chunk) > upload.length:
            raise Problem(ProblemType.BODY_TOO_LARGE, "more than Upload-Length")
        try:
            upload.staged.write(chunk)
        except Problem:  # its bytes are gone, and with them what it was
            self.drop(upload)
            raise
        upload.used_at = self._elapsed()

    def asked(self, upload: Upload) -> None:
        """Let a line go on which nothing has come for a while: its sender is asking where to go on, so it is dead at their end."""
        if upload.cut is not None and self._elapsed() - upload.used_at > self.bounds.stalled:
            upload.cut()

    @contextmanager
    def whole(self, upload: Upload) -> Iterator[StagedItem]:
        """Take an upload out, to be judged: whatever comes of it, it is gone afterwards.

        Raises Problem UPLOAD_OFFSET while a part of it is missing, TOO_MANY_REQUESTS while one is coming.
        """
        self.require_still(upload)
        if upload.offset != upload.length:
            raise Problem(ProblemType.UPLOAD_OFFSET, f"{upload.offset}")
        self._forget(upload)
        with upload.staged as staged:
            staged.seal()
            yield staged

    def drop(self, upload: Upload) -> None:
        """Give an upload up; nothing of it remains."""
        self._forget(upload)
        upload.staged.close()
        if upload.cut is not None:
            upload.cut()

    def sweep(self) -> None:
        """Give up what has waited too long."""
        now, bounds = self._elapsed(), self.bounds
        for upload in list(self._uploads.values()):
            if now - upload.used_at > bounds.idle or now - upload.begun_at > bounds.longest:
                self.drop(upload)

    def close(self) -> None:
        """Give up everything."""
        for upload in list(self._uploads.values()):
            self.drop(upload)

    def _forget(self, upload: Upload) -> None:
        upload.gone = True
        self._uploads.pop(upload.token, None)

    def _require_room(self, person: Person, length: int) -> None:
        bounds, everything = self.bounds, list(self._uploads.values())
        office = [upload for upload in everything if upload.office == person.office]
        own = [upload for upload in office if upload.person == person.id]
        if len(own) >= bounds.of_person or len(office) >= bounds.of_office or _size(office) + length > bounds.size_of_office:
            raise Problem(ProblemType.TOO_MANY_REQUESTS, "uploads under way", retry_after=30)
        if _size(everything) + length > bounds.size:
            raise Problem(ProblemType.BUSY, retry_after=30)


def _size(uploads: list[Upload]) -> int:
    return sum(upload.length for upload in uploads)
