"""The table of operations in docs/api.md, written from the operations: `make docs`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from exchange.app import operations
from exchange.operation import Operation

HEAD: Final = "| operation | request | scope | what |\n|---|---|---|---|\n"
_SIGNED: Final = {"signed": "–", "container": "by the container", "none": "public"}


def table(offered: Sequence[Operation]) -> str:
    """Return the table, one operation a line."""
    return HEAD + "".join(map(_row, offered))


def rewritten(page: str) -> str:
    """Return the page with its table as it should be; the table is the page's end."""
    return page[: page.index(HEAD)] + table(operations())


def _row(operation: Operation) -> str:
    scope = " / ".join(f"`{each.value}`" for each in (operation.scope, *operation.also)) if operation.scope else _SIGNED[operation.security]
    return f"| `{operation.id}` | `{operation.method} {operation.template}` | {scope} | {operation.text.zh} · {operation.text.en} |\n"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(rewritten(Path(name).read_text("utf-8")), "utf-8")
