"""One page as everybody may meet it: pictures of it, and what is wrong with it."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from desk_maker import NARROW, WIDE, Visitor, Watched, printed, rendered
from looks_maker import counted, strange_words
from playwright.sync_api import Error

HUGE: Final = {"width": 1920, "height": 1080}
TALLEST: Final = 1700
"""A picture shows no more of a page than this many pixels."""
SHEETS: Final = 2
"""Of what is printed, so many sheets are drawn."""
STRANGERS_SECRETS: Final = re.compile(r"Failed to load resource")
LANGUAGES: Final = ("zh-CN", "en")


@dataclass(frozen=True)
class Stop:
    """A page that somebody opens, and what they do on it before it is looked at; without `prepare` its first load is weighed."""

    name: str
    who: str
    path: str
    prepare: Callable[[Watched], None] | None = None
    refused: bool = False


@dataclass
class Found:
    """What was found at a stop."""

    state: str
    stop: Stop
    weight: int = 0
    heads: int = 0
    requests: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What its pictures are called."""
        return f"{self.state}-{self.stop.who}-{self.stop.name}"


def look_at(visitor: Visitor, state: str, stop: Stop, into: Path) -> Found:
    """Look at a stop in every way; pictures are `into/<state>-<who>-<name>.<look>.jpg`."""
    found = Found(state, stop)
    for language in LANGUAGES:
        with contextlib.closing(Watched(visitor.context.new_page())) as page:
            try:
                _reach(visitor, page, stop, language, found if language == LANGUAGES[0] else None)
                _judge(page, stop, language, found)
                _draw(page, into / found.name, language)
                if language == LANGUAGES[0]:
                    _in_other_lights(page, into / found.name, found)
            except (Error, AssertionError) as problem:  # a page that cannot be reached is a finding, not the end of the walk
                found.faults.append(f"{language}: {str(problem).splitlines()[0]}")
    return found


def _reach(visitor: Visitor, page: Watched, stop: Stop, language: str, weighed: Found | None) -> None:
    visitor.context.request.get(f"{visitor.county.url}/style?lang={language}")  # chosen before: addresses stay as they are
    page.page.set_viewport_size(WIDE)
    weights = counted(visitor, page) if weighed else None
    page.goto(visitor.county.url + stop.path)
    page.wait_for_timeout(250)
    if weighed and weights and stop.prepare is None:
        weighed.weight, weighed.heads, weighed.requests = weights.weight, weights.heads, weights.requests
    if stop.prepare:
        stop.prepare(page)
        page.wait_for_timeout(250)


def _judge(page: Watched, stop: Stop, language: str, found: Found) -> None:
    found.faults += [f"{language}: {fault}" for fault in page.axe()]
    found.faults += [f"{language}: strange {text!r}" for text in strange_words(page.content(), language)]
    told = [each for each in page.complaints if not (stop.refused and STRANGERS_SECRETS.search(each))]
    found.faults += [f"{language}: console {each}" for each in told]


def _in_other_lights(page: Watched, name: Path, found: Found) -> None:
    page.emulate_media(color_scheme="dark")
    found.faults += [f"dark: {fault}" for fault in page.axe(["color-contrast"])]
    _draw(page, name, "dark")
    page.emulate_media(color_scheme="light")
    for look, size in (("wide", HUGE), ("narrow", NARROW)):
        page.page.set_viewport_size(size)
        page.wait_for_timeout(900 if page.locator("#viewer iframe").count() else 100)  # a document is drawn anew for its new width
        if page.is_wider_than_the_screen():
            found.faults.append(f"{look}: wider than the screen")
        _draw(page, name, look)
    page.page.set_viewport_size(WIDE)
    drawn = rendered(printed(page, name.with_name(f"{name.name}.pdf")), name.with_name(f"{name.name}.print"))
    for more in drawn[SHEETS:]:
        more.unlink()


def _draw(page: Watched, name: Path, look: str) -> None:
    size: dict[str, Any] = page.page.viewport_size
    tall = int(page.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(max(tall, size["height"]), TALLEST)}
    page.screenshot(path=str(name.with_name(f"{name.name}.{look}.jpg")), type="jpeg", quality=80, full_page=True, clip=clip)
