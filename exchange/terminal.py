"""What both commands print: results to stdout, refusals to stderr in Chinese with English beside it."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

from schemas.problems import Problem

_CHINESE: Final = re.compile("[\u3400-\u9fff]")
_FILE: Final = re.compile(r"(?:[/~]|[A-Za-z]:[\\/]).*|.*[^\s.]\.[A-Za-z0-9]{1,8}")
_PAGE: Final = re.compile(r": page (\d+)")
_NUMBER: Final = re.compile(r"\S*\d\S*")
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
    return "  ".join(map(_one, value.values())) if isinstance(value, dict) else str(value)


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
