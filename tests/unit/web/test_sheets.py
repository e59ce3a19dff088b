"""The sheets of the desk: every rule is for something that pages say, every measure that is used is named, and each comes in one answer."""

import re
from pathlib import Path
from typing import Final

from exchange.web.assets import OWN, ROOM, Assets

ASSETS: Final = Assets()
SHEETS: Final = sorted(OWN.rglob("*.css"))
FROM_ELSEWHERE: Final = {"htmx-request", "markedContent", "endOfContent", "selecting"}
"""What the installed scripts write into pages."""
COMPOSED: Final = ("preview/", "registers/print.css")
"""Previews (archive/reading/preview) and the columns of a printed register compose the names of their classes."""
ASIDE: Final = re.compile(r"/\*.*?\*/|url\([^)]*\)|@import [^;]*;", re.DOTALL)


def rules(path: Path) -> str:
    return ASIDE.sub("", path.read_text())


def said() -> set[str]:
    """Return every word that templates, scripts and the desk's Python hold: what a class or an id may come from."""
    sources = [*(ROOM / "templates").rglob("*.html"), *OWN.rglob("*.js"), *ROOM.glob("*.py"), *ROOM.glob("*/*.py")]
    return {word for path in sources for word in re.findall(r"[A-Za-z][\w-]*", path.read_text())}


def test_no_rule_is_for_what_no_page_says() -> None:
    names = {path: path.relative_to(OWN).as_posix() for path in SHEETS}
    heads = {name: re.findall(r"([^{}]*)\{", rules(path)) for path, name in names.items() if not name.startswith(COMPOSED)}
    named = {(name, sheet) for sheet, all_ in heads.items() for head in all_ for name in re.findall(r"[.#](-?[A-Za-z][\w-]*)", head)}
    known = said() | FROM_ELSEWHERE
    assert sorted(each for each in named if each[0] not in known) == []


def test_every_measure_that_is_used_is_named_and_every_named_one_is_used() -> None:
    text = "".join(rules(path) for path in SHEETS)
    scripts = "".join(path.read_text() for path in OWN.rglob("*.js"))
    used, named = set(re.findall(r"var\((--[\w-]+)", text)), set(re.findall(r"(?:^|[{;\s])(--[\w-]+):", text))
    given = set(re.findall(r"--[\w-]+", scripts))
    assert {each for each in used - named - given if not each.startswith("--pico-")} == set()
    assert {each for each in named - used - given if not each.startswith("--pico-")} == set()


def test_the_pieces_of_a_sheet_come_within_it() -> None:
    pieces = [path for path in SHEETS if path.parent.name == "looks"]
    whole = ASSETS.text("desk.css")
    assert "@import" not in whole
    for path in pieces:
        assert ASSETS.text(path.relative_to(OWN).as_posix()).strip() in whole, path.name
