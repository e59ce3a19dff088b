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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
_OF_SYSTEMS: Final = ("thumbs.db", "desktop.ini")
_LONGEST_NAME: Final = 255
_LONGEST_SUFFIX: Final = 16
_ROOM: Final = 60
"""Bytes that a receipt or a reason needs beside the name of its document, until it is there for good."""

_LARGEST_ORDER: Final = 64 * 1024


@dataclass(frozen=True)
class Look:
    """What a glance at a dropped thing shows; two equal ones, far enough apart, mean that nobody is writing any more.

    Names from the thing on, what they are, which file it is; of files also size and time. It is the same wherever the thing lies.
    """

    entries: tuple[tuple[str, int, int, int, int], ...]


def dropped(folder: Path) -> list[Path]:
    """Return what lies in the folder and is not hidden, half-written or ours, oldest first. Raises Problem FOLDER_UNKNOWN."""
    try:
        found = [path for path in folder.iterdir() if _counts(path) and path.name not in (DONE, REFUSED)]
        return sorted(found, key=lambda path: (_age(path), path.name))
    except FileNotFoundError as error:
        raise Problem(ProblemType.FOLDER_UNKNOWN, str(folder)) from error
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{folder}: {error.strerror}") from error


def _counts(path: Path) -> bool:
    """Leave out links (they would send what lies elsewhere), devices, temporary and hidden names, and what is gone already."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    ordinary = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    return ordinary and not path.name.startswith(_HIDDEN) and not path.name.lower().endswith((*_UNFINISHED, *_OF_SYSTEMS))


def _age(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def look(thing: Path) -> Look:
    """Return what a thing and all that belongs to it are. Raises Problem INPUT_UNREADABLE when it is going away, or became a link."""
    try:
        if thing.is_symlink():
            raise Problem(ProblemType.INPUT_UNREADABLE, printable(thing.name))
        return Look(tuple(_entries(thing)))
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{printable(thing.name)}: {error.strerror}") from error


def require_same(thing: Path, seen: Look) -> None:
    """Raise Problem INPUT_CHANGED for a thing that is no longer what was seen, be it that it is gone."""
    try:
        same = look(thing) == seen
    except Problem:
        same = False
    if not same:
        raise Problem(ProblemType.INPUT_CHANGED, printable(thing.name))


def _entries(thing: Path) -> Iterator[tuple[str, int, int, int, int]]:
    members = [thing, *sorted(thing.rglob("*"))[: MOST_FILES + 1]] if thing.is_dir() else [thing]
    for path in members:
        seen = path.lstat()
        measures = (0, 0) if stat.S_ISDIR(seen.st_mode) else (seen.st_size, seen.st_mtime_ns)  # moving a folder may touch it
        yield str(path.relative_to(thing)), stat.S_IFMT(seen.st_mode), seen.st_ino, *measures


def order_of(thing: Path, given: Mapping[str, Any]) -> Order:
    """Return the order that a dropped document or folder makes; `given` are the fields that `watch` was told.

    Raises Problem METADATA_MALFORMED: no main document, or several; too many files; a link; a file that would not be sent;
    fields or names that cannot be. INPUT_UNREADABLE: a folder that cannot be looked into.
    """
    if printable(thing.name) != thing.name:
        raise Problem(ProblemType.METADATA_MALFORMED, f"{printable(thing.name)}: 文件名编码有误 / a name that is no text")
    fields: dict[str, Any] = {"title": thing.stem if thing.is_file() else thing.name, **given, "main": str(thing)}
    try:
        if thing.is_dir():
            fields |= _folder(thing)
    except OSError as error:
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{thing.name}: {error.strerror}") from error
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
    _refuse_left_out(thing, members, [fields["main"], fields.get("editable"), *fields.get("attach", ())])
    return fields


def _refuse_left_out(thing: Path, members: list[Path], sent: Iterable[str | None]) -> None:
    """Refuse a folder with a file that would move to `done` without having been sent. Raises Problem METADATA_MALFORMED."""
    named = set(sent)
    for path in members:
        steps = [step for step in (path, *path.parents) if step.is_relative_to(thing) and step != thing]
        if not path.is_dir() and all(map(_counts, steps)) and path != thing / ORDER and str(path) not in named:
            name = printable(str(path.relative_to(thing)))
            raise Problem(ProblemType.METADATA_MALFORMED, f"{name}: 既非正文，也不在“附件”中 / neither main document nor attached")


def _told(thing: Path) -> dict[str, Any]:
    """Return the fields of `order.json`; its paths must stay inside the folder."""
    path = thing / ORDER
    if path.stat().st_size > _LARGEST_ORDER:
        raise Problem(ProblemType.METADATA_MALFORMED, ORDER)
    fields = decode(path.read_bytes(), dict[str, Any])
    for name in ("main", "editable"):
        if fields.get(name) is not None:
            fields[name] = _inside(thing, fields[name])
    if fields.get("attach") is not None:
        attached = fields["attach"] if isinstance(fields["attach"], list) else [fields["attach"]]
        fields["attach"] = [_inside(thing, each) for each in attached]
    return {name: value for name, value in fields.items() if value is not None}


def _inside(thing: Path, name: object) -> str:
    """Return the path of a file in the folder. Raises Problem METADATA_MALFORMED for anything else."""
    try:
        path = (thing / str(name)).resolve(strict=True)
        inside = isinstance(name, str) and path.is_file() and path.is_relative_to(thing.resolve())
    except (OSError, ValueError):  # not there, too long, a zero character
        inside = False
    if not inside:
        raise Problem(ProblemType.METADATA_MALFORMED, printable(f"{ORDER}: {name}"))
    return str(thing / path.relative_to(thing.resolve()))


def printable(name: str) -> str:
    """Return a name that can be written down, for one whose bytes are no text."""
    return name.encode("utf-8", "replace").decode()


def free_name(folder: Path, name: str) -> Path:
    """Return a path in `folder` that nothing has yet: `报告.pdf`, else `报告 (2).pdf` and so on."""
    return free_places(folder, name, "", b"")[0]


def free_places(folder: Path, name: str, ending: str, content: bytes) -> tuple[Path, Path]:
    """Return such a path, and where its receipt or reason lies: after its name, as far as names may be long.

    The second has no file yet either, or one with this very content, which a killed run left.
    """
    name = printable(name)
    suffix = Path(name).suffix if len(Path(name).suffix.encode()) <= _LONGEST_SUFFIX else ""  # 3.关于防汛的报告 has none
    stem = name.removesuffix(suffix)
    number = 1
    while True:
        last = f" ({number}){suffix}" if number > 1 else suffix
        path = folder / (_cut(stem, _LONGEST_NAME - len(last.encode())) + last)
        beside = folder / (_cut(stem, _LONGEST_NAME - _ROOM - len(last.encode())) + last + ending)
        if not os.path.lexists(path) and (not ending or _is_free(beside, content)):
            return path, beside
        number += 1


def _is_free(path: Path, content: bytes) -> bool:
    return not os.path.lexists(path) or (not path.is_symlink() and path.is_file() and path.read_bytes() == content)


def _cut(name: str, size: int) -> str:
    return name.encode()[: max(0, size)].decode("utf-8", "ignore")
