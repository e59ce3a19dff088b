"""`yizhan-county import-legacy`: a register and its folder, first looked through, then taken in whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from exchange.at_service import Ask, asking
from exchange.county import County
from exchange.legacy import register
from exchange.legacy.register import Entry
from exchange.terminal import show
from schemas.problems import Exit, Problem, ProblemType

AT_ONCE: Final = 200
FILES_AT_ONCE: Final = 20
"""Rows, and files among them, that are asked for together: a scan takes its time, and the answer must come."""


async def run(county: County, book: Path, folder: Path, office: str, *, dry: bool, skip: bool, as_json: bool) -> int:
    """Import, or only look with `dry`; say which rows were bad, and why; the exit code is POLICY where something was refused."""
    async with asking(county) as ask:
        done = await import_all(ask, book.absolute(), folder.absolute(), office, dry=dry, skip=skip)
    lines = [f"✗ 第 {line} 行 row  {why}" for line, why in sorted(done["faults"].items(), key=lambda pair: int(pair[0]))]
    word = "可导入 can be imported" if dry else "已导入 imported" if done["done"] else "未导入 nothing imported"
    again = "这份登记簿此前已导入，未重复导入 / this register was taken over before; nothing was done again"
    show(done, as_json, again if done["again"] else "\n".join([*lines, f"{word}: {done['good']}/{done['rows']}"]))
    return Exit.POLICY if done["faults"] else Exit.OK


async def import_all(ask: Ask, book: Path, folder: Path, office: str, *, dry: bool, skip: bool) -> dict[str, Any]:
    """Return `{"rows", "good", "faults": {line: why}, "done"}`. A batch that is complete is not done again.

    Of a register that breaks off nothing stays. Raises Problem INPUT_UNREADABLE, and what the commands raise.
    """
    name, faults, rows = register.name_of(book, office), dict[str, str](), 0
    if not dry and (await ask("legacy-begin", {"register": name, "office": office, "name": book.name}))["complete"]:
        return {"rows": 0, "good": 0, "faults": {}, "done": True, "again": True}
    try:
        for some in _some(register.entries(book, office)):
            rows += len(some)
            faults |= {str(each.line): each.fault for each in some if each.fault}
            good = [msgspec.to_builtins(each) for each in some if not each.fault]
            if good:
                faults |= (await ask("legacy-rows", {"register": name, "folder": str(folder), "entries": good, "dry": dry}))["faults"]
    except Problem as problem:
        if problem.kind is ProblemType.INPUT_UNREADABLE and not dry:  # it will never be whole
            await ask("legacy-abandon", {"register": name})
        raise
    done = not dry and (skip or not faults)
    if done:
        await ask("legacy-finish", {"register": name, "skipped": len(faults)})
    elif not dry:
        await ask("legacy-abandon", {"register": name})
    return {"rows": rows, "good": rows - len(faults), "faults": faults, "done": done, "again": False}


def _some(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    some: list[Entry] = []
    for each in entries:
        some.append(each)
        if len(some) == AT_ONCE or sum(bool(one.file) for one in some) == FILES_AT_ONCE:
            yield some
            some = []
    if some:
        yield some
