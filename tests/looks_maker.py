"""What a page looks like to a person, as data: its words, its weight, what is wrong with it."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

import lxml.html
from desk_maker import Visitor, Watched

from exchange.web.texts import catalogue
from schemas import words
from schemas.words import Word

HAN: Final = re.compile(r"[\u3400-\u9fff]")
PHRASE: Final = re.compile(r"\b[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}\b")
"""Two words of English in a row: what is no name, no code and no abbreviation."""
COMMAND: Final = re.compile(r"\byizhan(?:-county)?(?: [a-z-]+)*")
"""What is typed at a command line is the same in both languages."""
ASIDE: Final = "//*[@data-content or @hreflang]|//script|//style|//kbd|//code|//template|//noscript"
SPOKEN: Final = ("aria-label", "title", "placeholder", "alt")
VIEWER: Final = "/vendor/pdfjs/"


@dataclass
class Seen:
    """One page, as one person saw it in one language."""

    path: str
    language: str
    status: int
    policy: str
    html: str
    weight: int = 0
    heads: int = 0
    requests: int = 0
    complaints: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    wide: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is a page, and neither a piece of one nor a file."""
        return "<html" in self.html

    @property
    def name(self) -> str:
        """What a list of faults calls it."""
        return f"{self.path} {self.language}"


def look(visitor: Visitor, path: str) -> list[Seen]:
    """Open a page for the first time, with nothing in the browser's cache, in 中文 and in English; return what was seen.

    What everybody must be able to use is judged on the Chinese page, its colours by light and in the dark.
    """
    page = visitor.context.new_page()
    watched = Watched(page)
    counted = _counted(visitor, watched)
    chinese = _seen(visitor, watched, path, "zh-CN")
    chinese.weight, chinese.heads, chinese.requests = counted.weight, counted.heads, counted.requests
    chinese.faults = watched.axe()
    page.emulate_media(color_scheme="dark")
    chinese.faults += watched.axe(["color-contrast"])
    page.emulate_media(color_scheme="light")
    english = _seen(visitor, watched, path, "en")
    page.close()
    return [chinese, english]


def _seen(visitor: Visitor, watched: Watched, path: str, language: str) -> Seen:
    watched.complaints.clear()
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    answer = watched.page.goto(f"{visitor.county.url}{path}{'&' if '?' in path else '?'}lang={language}")
    assert answer is not None
    watched.page.wait_for_timeout(100)  # what scripts add at once is part of the page
    seen = Seen(path, language, answer.status, answer.headers.get("content-security-policy", ""), watched.page.content())
    watched.page.set_viewport_size({"width": 320, "height": 700})
    seen.wide = watched.is_wider_than_the_screen()
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    seen.complaints = list(watched.complaints)
    return seen


@dataclass
class Counted:
    """Bytes as they came over the wire: what the answers carried, and their heads beside it."""

    weight: int = 0
    heads: int = 0
    requests: int = 0


def _counted(visitor: Visitor, watched: Watched) -> Counted:
    """Return what grows with each answer from now on; the viewer of documents, which comes with a document, is left out."""
    session = visitor.context.new_cdp_session(watched.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    counted, heads = Counted(), dict[str, int]()

    def received(event: dict[str, Any]) -> None:
        if event["response"]["url"].startswith("https:") and VIEWER not in event["response"]["url"]:
            heads[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def finished(event: dict[str, Any]) -> None:
        head = heads.get(event["requestId"])
        if head is not None:
            counted.heads += head
            counted.weight += int(event["encodedDataLength"]) - head
            counted.requests += 1

    session.on("Network.responseReceived", received)
    session.on("Network.loadingFinished", finished)
    return counted


def nodes(html: str, path: str) -> list[Any]:
    """Return what an XPath finds on a page."""
    return list(cast("Any", lxml.html.fromstring(html)).xpath(path))


def spoken(html: str) -> list[str]:
    """Return what the desk itself says on a page: its texts and labels, without what people wrote."""
    tree: Any = lxml.html.fromstring(html)
    written = sorted({element.text_content().strip() for element in tree.xpath("//*[@data-content]")} - {""}, key=len, reverse=True)
    for element in tree.xpath(ASIDE):
        element.drop_tree()
    texts = [text.strip() for text in tree.itertext() if isinstance(text, str)]
    labels = [element.get(name, "") for element in tree.iter() for name in SPOKEN if isinstance(element.tag, str)]
    buttons = [element.get("value", "") for element in tree.iter("input") if element.get("type") in ("submit", "button", "reset")]
    for name in written:  # a label may name what somebody wrote beside it
        labels = [label.replace(name, "") for label in labels]
    return [text for text in (*texts, *labels, *buttons) if text]


def strange_words(html: str, language: str) -> list[str]:
    """Return what does not belong on a page of this language: 中文 on an English one, English on a Chinese one."""
    said = spoken(html)
    said = [COMMAND.sub("", text) for text in said]
    if language == "en":
        return [text for text in said if HAN.search(text)]
    return [text for text in said if text in english() or PHRASE.search(text)]


@cache
def english() -> frozenset[str]:
    """Return what the desk says in English: the keys of its catalogue, and the labels of its words."""
    keys = {str(message.id) for message in catalogue() if message.id and message.string != message.id}
    labels = {word.en for kind in vars(words).values() if isinstance(kind, type) and issubclass(kind, Word) for word in kind}
    return frozenset(text for text in keys | labels if HAN.search(text) is None and len(text) > 1)
