"""Draws every page of the desk in every state, and prints what is wrong with it and what it weighs. For maintainers; no part of the suite.

PYTHONPATH=.:tests .venv/bin/python -m gallery --into FOLDER [--only REGULAR-EXPRESSION] [--state empty|normal|error|turns|many ...]

Beside the pictures lie sheets of them, `sheet-<look>-<number>.png`. Ends with 1 when anything is wrong.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from gallery import stops, turns
from gallery.looking import Found, Stop, look_at
from gallery.scene import Scene, one_of_each, scene, three_hundred
from PIL import Image, ImageDraw

HEAVIEST: Final = 60_000
STATES: Final[dict[str, tuple[Callable[[Scene], None] | None, Callable[[Scene], list[Stop]]]]] = {
    "empty": (None, stops.empty),
    "normal": (one_of_each, stops.normal),
    "error": (None, stops.error),
    "turns": (turns.everyday, turns.stops),
    "many": (three_hundred, stops.many),
}
"""What happens before a state is looked at, and where; each stands on the one before."""
LOOKS: Final = {"zh-CN": 760, "en": 760, "dark": 760, "wide": 760, "narrow": 300, "print-1": 500, "print-2": 500}
"""How wide a look's pictures are on a sheet."""
SHEET: Final = (1540, 1540)


def main(argv: Sequence[str] | None = None) -> int:
    """Walk, draw, print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="gallery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="pages whose `state-who-name` matches")
    parser.add_argument("--state", choices=list(STATES), nargs="*", default=list(STATES))
    chosen = parser.parse_args(argv)
    chosen.into.mkdir(parents=True, exist_ok=True)
    for old in chosen.into.glob("sheet-*.png"):
        old.unlink()
    with scene() as county:
        found = list(_walk(county, chosen.into, chosen.only, chosen.state))
    for look, width in LOOKS.items():
        _sheets(chosen.into, look, width, [each.name for each in found])
    _print(found)
    return 1 if any(each.faults or each.weight > HEAVIEST for each in found) else 0


def _walk(county: Scene, into: Path, only: re.Pattern[str], states: Sequence[str]) -> Iterable[Found]:
    last = max(list(STATES).index(state) for state in states)
    for state, (happens, where) in list(STATES.items())[: last + 1]:
        if happens:
            happens(county)
        for stop in where(county) if state in states else ():
            if only.search(f"{state}-{stop.who}-{stop.name}"):
                found = look_at(county.who[stop.who], state, stop, into)
                print(f"{found.name}: {len(found.faults)} faults", file=sys.stderr, flush=True)
                yield found


def _print(found: Sequence[Found]) -> None:
    print("| page | bytes | heads | requests | faults |\n|---|---|---|---|---|")
    for each in found:
        figures = f"{each.weight} | {each.heads} | {each.requests}" if each.weight else "– | – | –"
        print(f"| {each.name} | {figures} | {len(each.faults) or '–'} |")
    for each in found:
        for fault in each.faults:
            print(f"{each.name}: {fault}")


def _sheets(into: Path, look: str, width: int, names: Sequence[str]) -> None:
    """Put the pictures of a look on sheets, each below its name."""
    columns = SHEET[0] // (width + 10)
    sheet, at, number = Image.new("RGB", SHEET, "#888"), [0] * columns, 1
    for name in names:
        path = next((into / f"{name}.{look}{end}" for end in (".jpg", ".png") if (into / f"{name}.{look}{end}").exists()), None)
        if path is None:
            continue
        with Image.open(path) as whole:
            picture = whole.convert("RGB").resize((width, whole.height * width // whole.width), Image.Resampling.LANCZOS)
        picture = picture.crop((0, 0, width, min(picture.height, SHEET[1] - 16)))
        column = min(range(columns), key=at.__getitem__)
        if at[column] + picture.height + 16 > SHEET[1]:
            sheet.save(into / f"sheet-{look}-{number:02}.png")
            sheet, at, number, column = Image.new("RGB", SHEET, "#888"), [0] * columns, number + 1, 0
        ImageDraw.Draw(sheet).text((column * (width + 10), at[column] + 2), name, fill="#fff")
        sheet.paste(picture, (column * (width + 10), at[column] + 16))
        at[column] += picture.height + 16
    sheet.save(into / f"sheet-{look}-{number:02}.png")


if __name__ == "__main__":
    sys.exit(main())
