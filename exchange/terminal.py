"""What both commands print: results to stdout, refusals to stderr in Chinese with English beside it."""

import json
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final

from exchange.logbook import where
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Word

_CHINESE: Final = re.compile("[\u3400-\u9fff]")
_FILE: Final = re.compile(r"(?:[/~]|[A-Za-z]:[\\/]).*|.*[^\s.]\.[A-Za-z0-9]{1,8}")
_PAGE: Final = re.compile(r": page (\d+)")
_NUMBER: Final = re.compile(r"\S*\d\S*")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_BESIDE: Final = " / "
_DIM, _PLAIN = "\033[2m", "\033[0m"


def show(answer: dict[str, Any], as_json: bool, text: str = "") -> None:  # noqa: FBT001 - the flag of the command line
    """Print a result: one line of JSON, or the text, or the fields one by one."""
    if as_json:
        print(json.dumps(answer, ensure_ascii=False), flush=True)  # noqa: T201 - a command prints
    else:
        print(text or described(answer), flush=True)  # noqa: T201 - a command prints


def described(answer: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> str:
    """Return the fields of an answer one by one, each with its Chinese label before its name where there is one."""
    return "\n".join(_lines(answer, "", labels or {}))


def _lines(answer: Mapping[str, Any], indent: str, labels: Mapping[str, str]) -> list[str]:
    lines = []
    for name, value in answer.items():
        called = f"{indent}{labels[name]} {name}" if name in labels else f"{indent}{name}"
        if isinstance(value, dict) and value:
            lines += [f"{called}:", *_lines(value, indent + "  ", labels)]
        elif isinstance(value, list) and value:
            lines += [f"{called}:", *(f"{indent}  - {_one(item)}" for item in value)]
        else:
            lines.append(f"{called}: {_one(value)}")
    return lines


def _one(value: Any) -> str:
    """Return a value as a person reads it."""
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if value in ("", None, [], {}):
        return "无 none"
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return at_beijing(value)
    return "  ".join(map(_one, value.values())) if isinstance(value, dict) else str(value)


def at_beijing(instant: str) -> str:
    """Return an instant as a person reads it: by Beijing time, to the minute."""
    return instants.read(instant).astimezone(instants.BEIJING).strftime("%Y-%m-%d %H:%M")


def both(word: Word) -> str:
    """Return a word in both languages."""
    return f"{word.zh} {word.en}"


def width(text: str) -> int:
    """Return how many places a text takes on a terminal: Chinese characters take two, marks above others none."""
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return wide - sum(unicodedata.combining(sign) != 0 for sign in text)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines whose columns stand below each other; the last of a row is as long as it is."""
    most = [max((width(row[at]) for row in rows if at < len(row) - 1), default=0) for at in range(max(map(len, rows), default=0))]
    return ["  ".join(_padded(cell, most[at], last=at == len(row) - 1) for at, cell in enumerate(row)).rstrip() for row in rows]


def _padded(cell: str, places: int, *, last: bool) -> str:
    return cell if last else cell + " " * (places - width(cell))


def spoken(detail: str) -> tuple[str, str]:
    """Return what of a problem's detail a Chinese line may hold (Chinese text, file names, numbers), and the English that is left.

    A detail is in pieces `what: why`, and a piece may be `Chinese / English`.
    """
    here: list[str] = []
    beside: list[str] = []
    named = bool(_CHINESE.search(detail))  # then a piece of one word is what the Chinese ones speak of: a field, an id
    for piece in _PAGE.sub(r" 第 \1 页", detail).split(": ") if detail else ():
        chinese, _, english = piece.partition(_BESIDE) if _CHINESE.search(piece.partition(_BESIDE)[0]) else (piece, "", "")
        (here if _may_stand(chinese) or (named and chinese.split() == [chinese]) else beside).append(chinese)
        beside += [english] if english else []
    return "：".join(here), ": ".join(beside)


def _may_stand(piece: str) -> bool:
    return bool(_CHINESE.search(piece) or _FILE.fullmatch(piece) or _NUMBER.fullmatch(piece))


def said(problem: Problem) -> str:
    """Return a problem in one Chinese line: its title, and of its detail what is Chinese, a file name or a number."""
    chinese, _ = spoken(problem.detail)
    return problem.kind.title.zh + (f"（{chinese}）" if chinese else "")


def complain(problem: Problem, *, as_json: bool = False) -> int:
    """Print a refusal and what to do next; returns the exit code."""
    kind = problem.kind
    if as_json:
        print(json.dumps(problem.render(), ensure_ascii=False), file=sys.stderr)  # noqa: T201 - a command prints
        return int(kind.exit)
    _, english = spoken(problem.detail)
    detail = f" (detail: {english})" if english else ""
    if detail and sys.stderr.isatty():
        detail = f"{_DIM}{detail}{_PLAIN}"
    print(f"✗ {said(problem)}\n  {kind.advice.zh}", file=sys.stderr)  # noqa: T201 - a command prints
    print(f"  {kind.title.en}. {kind.advice.en}{detail}", file=sys.stderr)  # noqa: T201 - a command prints
    return int(kind.exit)


def uncaught(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Say an error of the program itself to a person (`sys.excepthook`): where it happened, and nothing of what was being read."""
    if issubclass(kind, KeyboardInterrupt):
        return
    complain(Problem(ProblemType.INTERNAL, f"{kind.__name__}: {where(error)}"), as_json="--json" in sys.argv)
