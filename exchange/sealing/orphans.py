"""The folder `orphans/`: containers that no submission holds, each as ciphertext for a month, and the way back from it.

`NAME.sealed` is one line of JSON (`About`), then the records of `keys.sealed`. Its key is wrapped for the confidentiality officers
of the moment, or for the county's own key while there are none. To open some of them, with the keys of an officer's home or of
the county: `python -m exchange.sealing.orphans FILE… --keys HOME/keys --out FOLDER`.
"""

import argparse
import contextlib
import hashlib
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Meta, Struct

from archive.blobs.store import CHUNK, storage_problems
from exchange.sealing.answers import WrappedKey
from exchange.sealing.store import Recipient
from exchange.sums import sync_folder
from exchange.terminal import complain, show
from keys import custody, sealed
from schemas.messages import Digest
from schemas.problems import Problem, ProblemType

FOLDER: Final = "orphans"
SUFFIX: Final = ".sealed"
_NEW: Final = ".new"
_NAME: Final = re.compile("[0-9a-f]{64}")
_LONGEST: Final = 1 << 20
_CONTEXT: Final = b"orphan\0"


class About(Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: which container it is, and the package's key as it is wrapped for each recipient."""

    type: Literal["orphan/v1"]
    container: Digest
    keys: Annotated[tuple[WrappedKey, ...], Meta(min_length=1)]


class Orphans:
    """The folder of one county. All methods block; one process writes. Errors: STORAGE_FULL, STORAGE_FAILED."""

    def __init__(self, county: Path) -> None:
        """Use the county folder's `orphans/`, which is made with the first of them."""
        self.folder = county / FOLDER

    def keep(self, container: str, chunks: Iterable[bytes], recipients: Sequence[Recipient]) -> None:
        """Write a container as ciphertext; it is durable under its name when this returns. One that is there is replaced."""
        with storage_problems():
            if not self.folder.exists():
                self.folder.mkdir(mode=0o700)
                sync_folder(self.folder.parent)
            written = self.folder / f"{container}{_NEW}"
            with open(written, "wb", opener=_private) as file:
                file.writelines(_package(container, chunks, recipients))
                file.flush()
                os.fsync(file.fileno())
            written.replace(self._path(container))
            sync_folder(self.folder)

    def plain(self) -> list[str]:
        """Return the containers that lie there in the open: an earlier edition of the program left them."""
        with storage_problems():
            return sorted(path.name for path in self._paths() if _NAME.fullmatch(path.name))

    def seal_plain(self, container: str, recipients: Sequence[Recipient]) -> None:
        """Put a package in the place of a container that lies in the open; its month goes on."""
        plain = self.folder / container
        with storage_problems():
            before = plain.stat().st_mtime
            with plain.open("rb") as file:
                self.keep(container, iter(lambda: file.read(CHUNK), b""), recipients)
            os.utime(self._path(container), (before, before))
            plain.unlink()
            sync_folder(self.folder)

    def holds(self, container: str) -> bool:
        """Say whether a container is there, in whatever form."""
        return any(path.exists() for path in (self._path(container), self.folder / container))

    def discard(self, container: str) -> None:
        """Remove a container in whatever form it is there, durably; one that is not there is removed already."""
        for path in (self._path(container), self.folder / container):
            with storage_problems(), contextlib.suppress(FileNotFoundError):
                path.unlink()
                sync_folder(self.folder)

    def forget(self, before: float) -> None:
        """Remove what was set aside before an instant (Unix time), and what a kill left half written."""
        with storage_problems():
            for path in self._paths():
                if path.name.endswith(_NEW) or path.stat().st_mtime < before:
                    path.unlink()

    def _paths(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.exists() else []

    def _path(self, container: str) -> Path:
        return self.folder / f"{container}{SUFFIX}"


def opened(file: Path, private_keys: Iterable[ec.EllipticCurvePrivateKey]) -> tuple[str, Iterator[bytes]]:
    """Return a container's SHA-256 and its bytes, which are checked against it to the last before they end.

    Raises Problem KEY_UNREADABLE when none of the keys opens it, LEDGER_DAMAGED for what is no such file or was changed; the
    iterator raises LEDGER_DAMAGED too.
    """
    pieces = _pieces(file)
    about, rest = _about(pieces)
    wrapped = {each.recipient: each.wrapped for each in about.keys}
    for private in private_keys:
        mine = wrapped.get(sealed.recipient(private.public_key()))
        if mine is not None:
            context = _context(about.container)
            key = sealed.unwrap(mine, private, context)
            return about.container, _checked(about.container, sealed.unseal(key, context, itertools.chain([rest], pieces)))
    raise Problem(ProblemType.KEY_UNREADABLE, "none of the keys opens it")


def _package(container: str, chunks: Iterable[bytes], recipients: Sequence[Recipient]) -> Iterator[bytes]:
    key, context = sealed.make_key(), _context(container)
    wrapped = tuple(WrappedKey(each.name, sealed.wrap(key, each.key, context)) for each in recipients)
    yield msgspec.json.encode(About("orphan/v1", container, wrapped)) + b"\n"
    yield from sealed.seal(key, context, chunks)


def _context(container: str) -> bytes:
    return _CONTEXT + bytes.fromhex(container)


def _about(pieces: Iterator[bytes]) -> tuple[About, bytes]:
    begin = b""
    while b"\n" not in begin and len(begin) < _LONGEST and (piece := next(pieces, b"")):
        begin += piece
    line, _, rest = begin.partition(b"\n")
    try:
        return msgspec.json.decode(line, type=About), rest
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(ProblemType.LEDGER_DAMAGED, "not a container that was set aside") from error


def _checked(container: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != container:
        raise Problem(ProblemType.LEDGER_DAMAGED, "other bytes than its name says")


def _pieces(file: Path) -> Iterator[bytes]:
    with storage_problems(), file.open("rb") as source:
        while piece := source.read(CHUNK):
            yield piece


def _private(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_CLOEXEC, 0o600)


def _keys_in(folder: Path) -> list[ec.EllipticCurvePrivateKey]:
    passphrase = custody.read_passphrase(folder / "passphrase")
    keys = (custody.load_key(path, passphrase) for path in sorted(folder.glob("*.key.pem")))
    return [key for key in keys if isinstance(key, ec.EllipticCurvePrivateKey)]


def main(arguments: Sequence[str]) -> int:
    """Open containers that were set aside; each is written under its SHA-256, whole or not at all."""
    parser = argparse.ArgumentParser("python -m exchange.sealing.orphans", description="打开搁置件 / open what was set aside")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="orphans/*.sealed")
    parser.add_argument("--keys", required=True, type=Path, help="密钥目录 / the folder keys/ of an officer's home or of the county")
    parser.add_argument("--out", required=True, type=Path, help="输出目录 / a folder to write to")
    asked = parser.parse_args(arguments)
    try:
        keys = _keys_in(asked.keys)
        for file in asked.files:
            container, chunks = opened(file, keys)
            with storage_problems():
                asked.out.mkdir(mode=0o700, parents=True, exist_ok=True)
                written = asked.out / f"{container}{_NEW}"
                with open(written, "wb", opener=_private) as target:
                    target.writelines(chunks)
                written.replace(asked.out / container)
            show({"container": container}, as_json=False, text=str(asked.out / container))
    except Problem as problem:
        return complain(problem)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
