"""docs/problems.md, written from the table of problems: `make docs`."""

import sys
from collections.abc import Iterator

from schemas.problems import ProblemType

HEAD = """# Problems 问题一览

Every way in which the county or a command says no. Written from `schemas/problems.py` by `make docs`; do not edit.

`type` is the last part of the problem's `type` in an answer (RFC 9457) and the word that `--json` prints. `HTTP` is the
status; – marks problems that never travel over HTTP. `exit` is the exit code of both commands.

| type | HTTP | exit | what it says | what to do next |
|---|---|---|---|---|"""


def page() -> str:
    """Return the whole page."""
    return "\n".join(lines()) + "\n"


def lines() -> Iterator[str]:
    """Yield the head, then one line for each problem."""
    yield HEAD
    for problem in ProblemType:
        said = f"{problem.title.zh} · {problem.title.en}"
        advice = f"{problem.advice.zh} {problem.advice.en}"
        yield f"| `{problem.type}` | {problem.status or '–'} | {problem.exit.value} | {said} | {advice} |"


if __name__ == "__main__":
    sys.stdout.write(page())
