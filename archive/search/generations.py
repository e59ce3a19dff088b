"""The index's folder: whole indexes beside each other, and a pointer to the one in use.

    current               the name of the generation in use, replaced in one step
    000007/about.json     what it was made by and from: another engine, analysis or ledger does not fit
    000007/covered.json   the last event that it covers, with its evidence id: another ledger knows another one
    000007/engine/        the engine's own files

Whatever the pointer does not name is left over from a kill and is swept. The folder may be deleted at any time.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from archive.blobs.store import storage_problems
from archive.search import han
from archive.search.engines import Engine
from archive.search.entries import Changes, batch_of
from keys.custody import write_durably
from schemas.problems import Problem, ProblemType

SCHEMA: Final = 3
"""Counts what an entry holds and how the engines place it; raised with every change of either."""

_CURRENT: Final = "current"
_ABOUT: Final = "about.json"
_COVERED: Final = "covered.json"
_PRIVATE: Final = 0o700
_DIGITS: Final = 6


class About(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a generation was made by and from; `ledger` names the ledger by its log and root."""

    engine: str
    analysis: str
    schema: int
    ledger: str


class Covered(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An event that a generation has taken in. It may lag behind what the engine committed, and is never ahead of it."""

    sequence: int
    evidence_id: str


class Counts(NamedTuple):
    """What an index says of itself after its last commit."""

    upto: int = 0
    entries: int = 0


class Generation:
    """One whole index in its folder. Its methods block; `counts` are those after the last call."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """Open the engine's files. Raises what the engine raises."""
        self.folder = folder
        self.name = folder.name
        self.index = engine.open(folder / "engine")
        self.counts = Counts(self.index.upto(), self.index.count())
        self.place = 0  # inside the event behind `upto`; one that is begun is taken in again from its beginning after a kill
        self.ahead = 0  # the last event that was taken in before its turn, beside one that goes on

    def take(self, changes: Changes) -> None:
        """Take changes in and commit them. Raises what the engine raises, or STORAGE_FULL, STORAGE_FAILED."""
        self.index.apply(batch_of(changes))
        self.counts, self.place = Counts(self.index.upto(), self.index.count()), changes.place
        self.ahead = changes.ahead
        if changes.evidence_id:
            self._note(Covered(sequence=changes.upto, evidence_id=changes.evidence_id))

    def _note(self, covered: Covered) -> None:
        # not flushed: a note that is lost or torn by a loss of power is none, and nothing else leans on it
        beside = self.folder / f".{_COVERED}"
        with storage_problems():
            beside.write_bytes(msgspec.json.encode(covered))
            beside.replace(self.folder / _COVERED)

    def covered(self) -> Covered | None:
        """Return the event that was last noted; None when there is no such note."""
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self.folder / _COVERED).read_bytes(), type=Covered)
        return None

    def stands(self) -> bool:
        """Say whether the folder is still there, and still the one in use."""
        try:
            return (self.folder / _ABOUT).is_file() and (self.folder.parent / _CURRENT).read_text("utf-8").strip() == self.name
        except (OSError, UnicodeDecodeError):
            return False

    def close(self) -> None:
        """Let go of the engine's files."""
        self.index.close()


class Generations:
    """The generations of one folder, all for one engine. All methods block."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """Touch nothing yet."""
        self._folder = folder
        self.engine = engine

    def current(self, ledger: str, broken: str = "") -> Generation:
        """Open the generation in use, unless it is the one that is known to be broken, and sweep what is left beside it.

        Raises Problem INDEX_NOT_READY when there is none, INDEX_BROKEN when it does not fit or cannot be opened: either is
        mended by a new one. Anything else that the engine or the file system raises may pass by itself.
        """
        name = self._name()
        if name == broken:
            raise Problem(ProblemType.INDEX_BROKEN, name)
        self._sweep(name)
        folder = self._folder / name
        try:
            with storage_problems():
                about = msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About) if (folder / _ABOUT).is_file() else None
        except msgspec.DecodeError as error:
            raise Problem(ProblemType.INDEX_BROKEN, _ABOUT) from error
        if about != self._about(ledger):
            raise Problem(ProblemType.INDEX_BROKEN, "made by another program or from another ledger")
        return Generation(folder, self.engine)

    def begin(self, ledger: str) -> Generation:
        """Make a new, empty generation beside the one in use. Raises Problem STORAGE_FULL, STORAGE_FAILED."""
        with storage_problems():
            self._folder.mkdir(_PRIVATE, exist_ok=True)
            folder = self._new()
            (folder / "engine").mkdir(_PRIVATE)
            write_durably(folder / _ABOUT, msgspec.json.encode(self._about(ledger)))
        return Generation(folder, self.engine)

    def adopt(self, generation: Generation) -> None:
        """Let the pointer name this generation: from here on a kill leaves it in use."""
        with storage_problems():
            write_durably(self._folder / _CURRENT, f"{generation.name}\n".encode())

    def discard(self, generation: Generation) -> None:
        """Close a generation that is not in use and remove its folder."""
        with contextlib.suppress(Problem):
            generation.close()
        shutil.rmtree(generation.folder, ignore_errors=True)

    def sweep(self) -> None:
        """Remove whatever the pointer does not name. Raises Problem INDEX_NOT_READY, INDEX_BROKEN, STORAGE_FAILED."""
        self._sweep(self._name())

    def names(self) -> list[str]:
        """Return the generations that lie in the folder, in use or not."""
        with storage_problems():
            return sorted(path.name for path in self._folder.iterdir() if path.name.isdecimal())

    def _about(self, ledger: str) -> About:
        return About(engine=self.engine.name, analysis=han.ANALYSIS, schema=SCHEMA, ledger=ledger)

    def _name(self) -> str:
        """Return the name that the pointer holds. Raises Problem INDEX_NOT_READY, INDEX_BROKEN, STORAGE_FAILED."""
        with storage_problems():
            try:
                name = (self._folder / _CURRENT).read_bytes().decode("ascii", "replace").strip()
            except FileNotFoundError as error:
                raise Problem(ProblemType.INDEX_NOT_READY, "there is none yet") from error
        if len(name) != _DIGITS or not name.isdecimal():
            raise Problem(ProblemType.INDEX_BROKEN, _CURRENT)
        return name

    def _new(self) -> Path:
        numbers = [int(path.name) for path in self._folder.iterdir() if path.name.isdecimal()]
        folder = self._folder / f"{max(numbers, default=0) + 1:0{_DIGITS}}"
        folder.mkdir(_PRIVATE)
        return folder

    def _sweep(self, name: str) -> None:
        """Remove whatever the pointer does not name."""
        with storage_problems():
            for path in self._folder.iterdir():
                if path.name not in (_CURRENT, name):
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
