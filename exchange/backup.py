"""Backup and restore: ledger first, blobs after, keys apart; a restored ledger signs nothing until it is confirmed.

OUT/        ledger.db  blobs/<day>/<sha256>  legacy/  sealed/<sha256>  county.toml, a policy file, backups.jsonl  SHA256SUMS
OUT.keys/   keys/ (all but the keys of refusals)  trust/  README.txt  SHA256SUMS          to be kept on another medium

Each of the two appears whole, by one rename, OUT last: a folder of that name without SHA256SUMS is no backup.
"""

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from archive.blobs.files import FileBlobs
from archive.blobs.store import storage_problems
from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.snapshot import copy, snapshot
from exchange import config
from exchange.checking.findings import each
from exchange.clock import Clock, SystemClock
from exchange.confirmation import Ground, can_be_confirmed, confirm, ground_of, halt_restored, require_fits
from exchange.county import KEYS, LEDGER, PASSPHRASE, TRUST, County, open_folder
from exchange.sealing import backups, packages
from exchange.sealing.packages import Packages
from exchange.service import LEGACY
from exchange.sums import SUMS, Sums, copy_listed, listed, sync_folder, sync_folders
from schemas.problems import Problem, ProblemType

BLOBS: Final = "blobs"
SEALED: Final = packages.FOLDER
NOTE: Final = (
    "密钥单独备份在 {keys}，请移到另一介质并另行保管：得到它的人可以冒充本县签发回执。"
    " The keys are in {keys}: keep them on another medium, apart from the backup; whoever has them can sign in the county's name."
)
_SUBMISSIONS: Final = (
    "SELECT submission.id, container, size, received_at, package, package_size FROM submission"
    " LEFT JOIN sealing ON sealing.submission = submission.id AND sealing.state IN ('sealed', 'ordered')"
    " WHERE submission.id > :after AND NOT EXISTS (SELECT 1 FROM sealing AS gone WHERE gone.submission = submission.id"
    " AND gone.state IN ('destroying', 'destroyed')) ORDER BY submission.id LIMIT :page"
)
"""Every submission that there still is; one that lies in a sealed package names it."""


def keys_of(source: Path) -> Path:
    """Return the folder of keys that belongs to a backup."""
    return source.with_name(f"{source.name}.keys")


async def backup(county: County, out: Path, clock: Clock | None = None) -> dict[str, Any]:
    """Back a county up, beside its running service or without one.

    Returns `{"ok", "out", "keys", "submissions", "bytes", "log": {"size", "root"}, "missing", "note"}`. Blobs that are
    missing or damaged are named in `missing`, and `ok` is false: everything else is in the backup all the same. Raises
    Problem FOLDER_EXISTS, FOLDER_READ_ONLY, STORAGE_FULL, STORAGE_FAILED, and what a damaged ledger raises.
    """
    return await asyncio.to_thread(_backup, county, out.absolute(), (clock or SystemClock()).now())


def _backup(county: County, out: Path, now: datetime) -> dict[str, Any]:
    keys = keys_of(out)
    for wanted in (out, keys):
        if wanted.exists():
            raise Problem(ProblemType.FOLDER_EXISTS, str(wanted))
    backups.note(county.folder, out, now)  # before anything is copied: one that is not made after all does no harm in the list
    with _built(out) as building, _built(keys) as building_keys:
        answer = _copy_county(county, building)
        _copy_keys(county.folder, building_keys, keys.name)
        _appear(building_keys, keys)
        _appear(building, out)
    return answer | {"ok": not answer["missing"], "out": str(out), "keys": str(keys), "note": NOTE.format(keys=keys)}


@contextmanager
def _built(folder: Path) -> Iterator[Path]:
    """Give a folder beside the wanted one; what did not get its name is removed."""
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        building.mkdir(mode=0o700)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_READ_ONLY, f"{folder.parent}: {error.strerror}") from error
    try:
        with storage_problems():
            yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _appear(building: Path, folder: Path) -> None:
    """Give a whole folder its name, durably."""
    sync_folders(building)
    try:
        building.rename(folder)
    except OSError as error:
        raise Problem(ProblemType.FOLDER_EXISTS, str(folder)) from error
    sync_folder(folder.parent)


def _copy_county(county: County, building: Path) -> dict[str, Any]:
    ledger = building / LEDGER
    copy(county.ledger, ledger)
    with Sums(building) as sums:
        sums.add_file(LEDGER)
        for path in _settings(county):
            sums.copy(path, path.name)
        # blobs after the ledger: whatever the copy names was there when it was made, for blobs come before rows
        with snapshot(ledger) as tx:
            log.require_own(tx, county.notary)
            published = log.latest(tx)
            answer = _copy_blobs(tx, FileBlobs(county.folder / BLOBS, sweep=False), building, sums)
            answer["missing"] += _copy_packages(tx, Packages(county.folder), building, sums)
            answer["missing"] += _copy_legacy(tx, county, building, sums)
    return answer | {"log": {"size": published.size, "root": published.root.hex()}}


def _settings(county: County) -> Iterator[Path]:
    """Yield the settings, the policy when it is a file of the county's own beside them, and the list of backups."""
    yield county.folder / config.FILE
    if (county.folder / backups.LIST).is_file():  # a certificate of destruction names them all, after a restore as well
        yield county.folder / backups.LIST
    policy = county.folder / county.settings.policy
    if policy.parent == county.folder and policy.is_file():
        yield policy


def _copy_blobs(tx: Tx, source: FileBlobs, building: Path, sums: Sums) -> dict[str, Any]:
    """Copy the blob of every submission; a link would share the damage that a backup is for. Digests are checked on the way."""
    kept, missing, count, total = FileBlobs(building / BLOBS), list[str](), 0, 0
    for row in each(tx, _SUBMISSIONS, "id", ""):
        if row.package is not None:
            count += 1
            continue
        day = row.received_at[:10]
        try:
            kept.put(row.container, row.size, source.read(row.container), day)
        except Problem as problem:
            if not _is_the_blobs_fault(source, row):
                raise
            missing.append(f"{row.container}: {problem}")
            continue
        count, total = count + 1, total + row.size
        sums.add(f"{BLOBS}/{day}/{row.container}", row.container)
    (building / BLOBS / "incoming").rmdir()
    return {"submissions": count, "bytes": total, "missing": missing}


def _copy_packages(tx: Tx, source: Packages, building: Path, sums: Sums) -> list[str]:
    """Copy what is sealed, as ciphertext; returns what is missing or damaged."""
    missing = []
    for row in each(tx, _SUBMISSIONS, "id", ""):
        if row.package is None:
            continue
        try:
            whole = Sums.digest_of(source.read(row.package)) == row.package
        except Problem:
            whole = False
        if whole:
            (building / SEALED).mkdir(mode=0o700, exist_ok=True)
            sums.copy(source.folder / row.package, f"{SEALED}/{row.package}")
        else:
            missing.append(f"{SEALED}/{row.package}")
    return missing


def _copy_legacy(tx: Tx, county: County, building: Path, sums: Sums) -> list[str]:
    """Copy the files of documents from before; returns what is missing or damaged."""
    rows = tx.rows(
        "SELECT blob, size, min(begun_at) AS begun_at FROM legacy_item JOIN legacy_batch USING (register)"
        " WHERE blob IS NOT NULL AND title IS NOT NULL GROUP BY blob, size ORDER BY blob"
    )
    if not rows:
        return []
    source, kept, missing = FileBlobs(county.folder / LEGACY, sweep=False), FileBlobs(building / LEGACY), []
    there = set(source.keys())
    for row in rows:
        day = row.begun_at[:10]
        if row.blob in there and Sums.digest_of(source.read(row.blob)) == row.blob:
            kept.put(row.blob, row.size, source.read(row.blob), day)
            sums.add(f"{LEGACY}/{day}/{row.blob}", row.blob)
        else:
            missing.append(f"{LEGACY}/{row.blob}")
    (building / LEGACY / "incoming").rmdir()
    return missing


def _is_the_blobs_fault(source: FileBlobs, row: Any) -> bool:
    """Say whether a blob is gone or damaged; otherwise the medium to which it was to be copied failed."""
    try:
        whole = Sums.digest_of(source.read(row.container)) == row.container
        return not (whole and _is_kept(source, row))
    except Problem:
        return True


def _copy_keys(folder: Path, building: Path, name: str) -> None:
    """Copy keys and certificates. The keys of refusals stay behind: with them one could test which refused paper came."""
    with Sums(building) as sums:
        for part in (KEYS, TRUST):
            (building / part).mkdir(mode=0o700)
            for path in sorted((folder / part).iterdir()):
                if path.is_file() and not path.name.startswith("."):
                    sums.copy(path, f"{part}/{path.name}")
        (building / "README.txt").write_text(NOTE.format(keys=name) + "\n", "utf-8")
        sums.add_file("README.txt")


async def restore(
    source: Path,
    folder: Path,
    *,
    checkpoint: str | None,
    waiver: str | None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Restore a backup into a new folder, or confirm a folder that was restored before and is not confirmed yet.

    `checkpoint` is a file with the last checkpoint that a township verified, `waiver` the reason why there is none; without
    either the ledger answers but signs nothing. Nothing is left of a restore that is refused.

    Returns `{"folder", "submissions", "log": {"size", "root"}, "missing", "signing_stopped", "confirmed"}`, `missing` being
    how many blobs were missing when the backup was made. Raises Problem FOLDER_EXISTS, BACKUP_DAMAGED (also where no backup is),
    BACKUP_DAMAGED, KEY_UNREADABLE (a key is missing), CHECKPOINT_REFUSED, REASON_REQUIRED, INPUT_UNREADABLE, FOLDER_IN_USE,
    SIGNING_STOPPED (a backup halted for a worse reason cannot be confirmed) or CLOCK_WRONG.
    """
    ground, clock = ground_of(checkpoint, waiver), clock or SystemClock()
    folder, source = folder.absolute(), source.absolute()
    if (folder / LEDGER).is_file():
        return await _confirm_restored(folder, ground, clock)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(ProblemType.FOLDER_EXISTS, str(folder))
    with _built(folder) as building:
        await asyncio.to_thread(_copy_back, source, building, ground)
        county = open_folder(building)
        await halt_restored(county, clock.now())
        confirmed = "" if ground is None else await confirm(county, ground, clock.now())
        answer = await asyncio.to_thread(_told, county)
        await asyncio.to_thread(_appear, building, folder)
    return {"folder": str(folder), **answer, "confirmed": confirmed}


async def _confirm_restored(folder: Path, ground: Ground | None, clock: Clock) -> dict[str, Any]:
    county = open_folder(folder)
    with snapshot(county.ledger) as tx:
        confirmable = ground is not None and can_be_confirmed(tx, ground)
    if ground is None or not confirmable:
        raise Problem(ProblemType.FOLDER_EXISTS, str(folder))
    confirmed = await confirm(county, ground, clock.now())
    return {"folder": str(folder), **await asyncio.to_thread(_told, county), "confirmed": confirmed}


def _copy_back(source: Path, building: Path, ground: Ground | None) -> None:
    """Copy keys, settings and ledger, see whether they belong together and to the checkpoint, and only then the blobs."""
    keys = keys_of(source)
    if not (source / SUMS).is_file():
        raise Problem(ProblemType.BACKUP_DAMAGED, f"{source}: 没有 {SUMS}，不是备份 / no {SUMS}, no backup")
    for name in (f"{KEYS}/{PASSPHRASE}", SUMS):
        if not (keys / name).is_file():
            raise Problem(ProblemType.KEY_UNREADABLE, f"{keys / name} is missing")
    copy_listed(keys, building, [file for file in listed(keys) if file.name.startswith((f"{KEYS}/", f"{TRUST}/"))])
    copy_listed(source, building, [file for file in listed(source) if not file.name.startswith(f"{BLOBS}/")])
    county = open_folder(building)
    with snapshot(county.ledger) as tx:
        log.require_own(tx, county.notary)
        require_fits(tx, county, ground)
    for name in (BLOBS, "staging"):
        (building / name).mkdir(mode=0o700, exist_ok=True)
    copy_listed(source, building, (file for file in listed(source) if file.name.startswith(f"{BLOBS}/")))


def _told(county: County) -> dict[str, Any]:
    blobs, kept = FileBlobs(county.folder / BLOBS, sweep=False), Packages(county.folder)
    with snapshot(county.ledger) as tx:
        published = log.latest(tx)
        return {
            "submissions": tx.row("SELECT count(*) AS count FROM submission").count,
            "log": {"size": published.size, "root": published.root.hex()},
            "missing": sum(1 for row in each(tx, _SUBMISSIONS, "id", "") if not _is_there(blobs, kept, row)),
            "signing_stopped": log.halted(tx),
        }


def _is_there(blobs: FileBlobs, kept: Packages, row: Any) -> bool:
    return row.package in kept.names() if row.package is not None else _is_kept(blobs, row)


def _is_kept(blobs: FileBlobs, row: Any) -> bool:
    try:
        return blobs.stat(row.container) == int(row.size)
    except Problem:
        return False
