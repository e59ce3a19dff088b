"""A folder in which files are dropped, read as orders: what lies there, whether it is whole yet, where it goes afterwards.

One dropped thing is one submission: a document, a packed container, or a folder with a document and what belongs to it.

  报告.pdf                       the title is the file's name, everything else as `watch` was told
  X.asice                        sent as it is
  关于防汛的报告/                 the folder's name is the title; its one document is the main one,
    报告.pdf  附件/附表.xlsx       those in 附件/ or attachments/ are attached
    order.json                   optional: the fields of `pack`, as in LIST.jsonl; they count before everything else
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchange.client import packing
from exchange.client.packing import Order
from schemas.messages import canonical, decode
from schemas.problems import Problem, ProblemType

DONE: Final = "done"
REFUSED: Final = "refused"
ORDER: Final = "order.json"
CONTAINER: Final = ".asice"
REASON: Final = ".reason.txt"
RECEIPT: Final = ".receipt.json"
ATTACHMENTS: Final = ("附件", "attachments")
MOST_FILES: Final = 200
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".crdownload", ".download", ".lnk", ".url")
_HIDDEN: Final = (".", "~", "#")
_LARGEST_ORDER: Final = 64 * 1024


@dataclass(frozen=True)
class Look:
    """What a glance at a dropped thing shows; two equal ones, far enough apart, mean that nobody is writing any more."""

    entries: tuple[tuple[str, int, int], ...]


def dropped(folder: Path) -> list[Path]:
    """Return what lies in the folder and is not hidden, half-written or ours, oldest first. Raises Problem FOLDER_UNKNOWN."""
    try:
        found = [path for path in folder.iterdir() if _counts(path) and path.name not in (DONE, REFUSED)]
        return sorted(found, key=lambda path: (path.lstat().st_mtime, path.name))
    except FileNotFoundError as error:
        raise Problem(ProblemType.FOLDER_UNKNOWN, str(folder)) from error
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{folder}: {error.strerror}") from error


def _counts(path: Path) -> bool:
    """Leave out links (they would send what lies elsewhere), devices, temporary and hidden names."""
    mode = path.lstat().st_mode
    ordinary = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    return ordinary and not path.name.startswith(_HIDDEN) and not path.name.lower().endswith(_UNFINISHED)


def look(thing: Path) -> Look:
    """Return names, sizes and times of all that belongs to a thing. Raises Problem INPUT_UNREADABLE when it is going away."""
    try:
        return Look(tuple(_entries(thing)))
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{thing.name}: {error.strerror}") from error


def _entries(thing: Path) -> Iterator[tuple[str, int, int]]:
    members = [thing, *sorted(thing.rglob("*"))[: MOST_FILES + 1]] if thing.is_dir() else [thing]
    for path in members:
        seen = path.lstat()
        yield str(path.relative_to(thing.parent)), seen.st_size, seen.st_mtime_ns


def order_of(thing: Path, given: Mapping[str, Any]) -> Order:
    """Return the order that a dropped document or folder makes; `given` are the fields that `watch` was told.

    Raises Problem METADATA_MALFORMED: no main document, or several; too many files; a link; fields that cannot be.
    """
    fields: dict[str, Any] = {"title": thing.stem if thing.is_file() else thing.name, **given, "main": str(thing)}
    if thing.is_dir():
        fields |= _folder(thing)
    return decode(canonical({name: value for name, value in fields.items() if value is not None}), Order)


def _folder(thing: Path) -> dict[str, Any]:
    members = sorted(thing.rglob("*"))
    if len(members) > MOST_FILES or any(path.is_symlink() for path in members):
        raise Problem(ProblemType.METADATA_MALFORMED, f"{thing.name}: 文件过多或含快捷方式 / too many files, or links")
    attached = [
        path for path in members if path.is_file() and path.parent.name in ATTACHMENTS and path.parent.parent == thing and _counts(path)
    ]
    fields: dict[str, Any] = {"attach": [str(path) for path in attached]} if attached else {}
    if (thing / ORDER).is_file():
        fields |= _told(thing)
    if "main" not in fields:
        main = [path for path in thing.iterdir() if path.is_file() and path.name != ORDER and _counts(path)]
        if len(main) != 1:
            raise Problem(ProblemType.METADATA_MALFORMED, f"{thing.name}: {len(main)} 个正文，应为一个 / main documents, one is wanted")
        fields["main"] = str(main[0])
    return fields


def _told(thing: Path) -> dict[str, Any]:
    """Return the fields of `order.json`; its paths must stay inside the folder."""
    path = thing / ORDER
    if path.stat().st_size > _LARGEST_ORDER:
        raise Problem(ProblemType.METADATA_MALFORMED, ORDER)
    fields = decode(path.read_bytes(), dict[str, Any])
    for name in ("main", "editable"):
        if name in fields:
            fields[name] = _inside(thing, fields[name])
    if "attach" in fields:
        fields["attach"] = [_inside(thing, each) for each in packing.several(fields["attach"])]
    return fields


def _inside(thing: Path, name: object) -> str:
    path = thing / str(name)
    if not path.resolve().is_relative_to(thing.resolve()):
        raise Problem(ProblemType.METADATA_MALFORMED, f"{ORDER}: {name}")
    return str(path)


def free_name(folder: Path, name: str) -> Path:
    """Return a path in `folder` that nothing has yet: `报告.pdf`, else `报告 (2).pdf` and so on."""
    path, number = folder / name, 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
    return path
