"""`yizhan-county import-legacy`: a register and its folder, first looked through, then taken in whole or not at all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from exchange.at_service import Ask, asking
from exchange.county import County
from exchange.legacy import register
from exchange.legacy.register import COLUMNS, Book, Entry, Fault
from exchange.terminal import columns, show
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Label

MOST: Final = 200
"""Rows whose faults are told; of further ones, how many there are."""
_ORDER: Final = {name: number for number, name in enumerate(COLUMNS, 1)}
AT_ONCE: Final = 200
FILES_AT_ONCE: Final = 20
"""Rows, and files among them, that are asked for together: a scan takes its time, and the answer must come."""


async def run(county: County, book: Path, folder: Path, office: str, *, dry: bool, skip: bool, as_json: bool) -> int:
    """Import, or only look with `dry`; say which rows were bad, and why; the exit code is POLICY where something was refused."""
    if not folder.is_dir():  # else every file of it would be told to be missing
        raise Problem(ProblemType.INPUT_UNREADABLE, f"{folder}: 没有这个目录 / there is no such folder")
    async with asking(county) as ask:
        done = await import_all(ask, book.absolute(), folder.absolute(), office, dry=dry, skip=skip)
    show(done, as_json, "\n".join(_lines(done, dry=dry)))
    return Exit.POLICY if done["bad"] else Exit.OK


def _lines(done: Mapping[str, Any], *, dry: bool) -> list[str]:
    """Return what is said to a person: every fault with its cell, then how many rows there are, then what to do."""
    if done["again"]:
        return ["这份登记簿此前已导入，未重复导入 / this register was taken over before; nothing was done again"]
    lines = []
    for line, faults in done["faults"].items():
        lines.append(f"✗ 第 {line} 行 row {line}")
        lines += columns([(f"    {one['cell']}", one["column"], f"{one['zh']} / {one['en']}") for one in faults])
    if left := done["bad"] - len(done["faults"]):
        lines.append(f"… 另有 {left} 行有问题，未逐一列出 / {left} further rows have faults")
    word = "可导入 can be imported" if dry else "已导入 imported" if done["done"] else "未导入 nothing imported"
    lines.append(f"{word}: {done['good']}/{done['rows']} 行 rows" + (f"，有问题 bad: {done['bad']}" if done["bad"] else ""))
    if done["bad"] and not done["done"]:
        lines.append("请改正登记簿后重新运行；确需跳过这些行的，加 --skip-bad / mend the register and run it again, or leave these out")
    return lines


@dataclass
class _Faults:
    """What is wrong, by row: all that is wrong with the first `MOST` rows, and how many rows there are."""

    book: Book
    rows: dict[int, list[Fault]] = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)

    def add(self, line: int, faults: Iterable[Fault]) -> None:
        """Keep what is wrong with a row."""
        self.bad.add(line)
        if line in self.rows or len(self.rows) < MOST:
            self.rows.setdefault(line, []).extend(self.book.in_cell(fault, line) for fault in faults)

    def told(self) -> dict[str, list[dict[str, str]]]:
        """Return them as they are printed."""
        return {
            str(line): [
                {"cell": one.cell, "column": one.column, "field": one.name, "zh": one.said.zh, "en": one.said.en}
                for one in sorted(faults, key=lambda one: _ORDER.get(one.name, 0))
            ]
            for line, faults in sorted(self.rows.items())
        }


@dataclass(frozen=True)
class _Import:
    """One run over a register."""

    ask: Ask
    name: str
    folder: Path
    dry: bool
    faults: _Faults

    async def take(self, some: list[Entry]) -> None:
        """Judge some rows, and keep the good ones unless it is a dry run."""
        for each in some:
            if each.faults:
                self.faults.add(each.line, each.faults)
        await self._judge([each for each in some if not each.faults], dry=self.dry)
        # what is wrong with a row already is told together with what else is
        await self._judge([each for each in some if each.faults and each.line in self.faults.rows], dry=True)

    async def _judge(self, entries: list[Entry], *, dry: bool) -> None:
        if entries:
            asked = {"register": self.name, "folder": str(self.folder), "entries": msgspec.to_builtins(entries), "dry": dry}
            for line, wrong in (await self.ask("legacy-rows", asked))["faults"].items():
                self.faults.add(int(line), _read(wrong))

    async def end(self, *, skip: bool) -> bool:
        """Make the batch visible, or take it out again; says whether it is there now."""
        bad = len(self.faults.bad)
        done = not self.dry and (skip or not bad)
        if done:
            await self.ask("legacy-finish", {"register": self.name, "skipped": bad})
        elif not self.dry:
            await self.ask("legacy-abandon", {"register": self.name})
        return done


async def import_all(ask: Ask, path: Path, folder: Path, office: str, *, dry: bool, skip: bool) -> dict[str, Any]:
    """Return `{"rows", "good", "bad", "faults": {line: [fault, …]}, "done", "again"}`. A batch that is complete is not done again.

    Of a register that breaks off nothing stays. Raises Problem INPUT_UNREADABLE, and what the commands raise.
    """
    name, book, rows = register.name_of(path, office), Book(path, office), 0
    run = _Import(ask, name, folder, dry, _Faults(book))
    if not dry and (await ask("legacy-begin", {"register": name, "office": office, "name": path.name}))["complete"]:
        return {"rows": 0, "good": 0, "bad": 0, "faults": {}, "done": True, "again": True}
    try:
        for some in _some(book.entries()):
            rows += len(some)
            await run.take(some)
    except Problem as problem:
        if problem.kind is ProblemType.INPUT_UNREADABLE and not dry:  # it will never be whole
            await ask("legacy-abandon", {"register": name})
        raise
    done, bad = await run.end(skip=skip), len(run.faults.bad)
    return {"rows": rows, "good": rows - bad, "bad": bad, "faults": run.faults.told(), "done": done, "again": False}


def _read(wrong: Any) -> list[Fault]:
    """Return what the service says of a row; one that was started before this program was renewed says it in one line."""
    if isinstance(wrong, str):
        zh, _, en = wrong.partition(" / ")
        return [Fault("", Label(zh, en))]
    return msgspec.convert(wrong, list[Fault])


def _some(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    some: list[Entry] = []
    for each in entries:
        some.append(each)
        if len(some) == AT_ONCE or sum(bool(one.file) for one in some) == FILES_AT_ONCE:
            yield some
            some = []
    if some:
        yield some
