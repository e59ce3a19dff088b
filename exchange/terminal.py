"""What both commands print: results to stdout, refusals to stderr in Chinese with English beside it."""

import json
import sys
from typing import Any

from schemas.problems import Problem


def show(answer: dict[str, Any], as_json: bool, text: str = "") -> None:  # noqa: FBT001 - the flag of the command line
    """Print a result: one line of JSON, or the text, or the fields one by one."""
    if as_json:
        print(json.dumps(answer, ensure_ascii=False), flush=True)  # noqa: T201 - a command prints
    else:
        print(text or "\n".join(_lines(answer, "")), flush=True)  # noqa: T201 - a command prints


def _lines(answer: dict[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in answer.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines += [f"{indent}{name}: {'-' if not value else ''}", *(f"{indent}  - {item}" for item in value)]
        else:
            lines.append(f"{indent}{name}: {'-' if value in ('', None) else value}")
    return lines


def complain(problem: Problem, *, as_json: bool = False) -> int:
    """Print a refusal and what to do next; returns the exit code."""
    kind = problem.kind
    if as_json:
        print(json.dumps(problem.render(), ensure_ascii=False), file=sys.stderr)  # noqa: T201 - a command prints
        return int(kind.exit)
    detail = f"（{problem.detail}）" if problem.detail else ""
    print(f"✗ {kind.title.zh}{detail}\n  {kind.advice.zh}", file=sys.stderr)  # noqa: T201 - a command prints
    print(f"  {kind.title.en}. {kind.advice.en}", file=sys.stderr)  # noqa: T201 - a command prints
    return int(kind.exit)
