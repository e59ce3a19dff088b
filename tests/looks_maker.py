"""What a page looks like to a person, as data: its words, its weight, what is wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

import lxml.html
from desk_maker import AXE, NARROW, WIDE, Visitor, Watched

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


@dataclass
class Counted:
    """Bytes as they came over the wire: what the answers carried, and their heads beside it."""

    weight: int = 0
    heads: int = 0
    requests: int = 0

    def clear(self) -> None:
        """Begin anew."""
        self.weight = self.heads = self.requests = 0


class Tab:
    """A tab in which one page after the other is opened as if for the first time, with nothing in the browser's cache."""

    def __init__(self, visitor: Visitor) -> None:
        """Open it. What judges pages (axe-core) is put into every page at its beginning, which is quicker than bringing it each time."""
        self._visitor = visitor
        self.page = Watched(visitor.context.new_page())
        self.page.add_init_script(path=AXE)
        self._weights = counted(visitor, self.page)

    def look(self, path: str, languages: Sequence[str] = ("zh-CN", "en")) -> list[Seen]:
        """Open a page in each language; return what was seen.

        What everybody must be able to use is judged in the first of them, its colours by light and in the dark.
        """
        self._weights.clear()
        seen, weights = self._seen(path, languages[0]), self._weights
        seen.weight, seen.heads, seen.requests = weights.weight, weights.heads, weights.requests
        seen.faults = self.page.axe()
        self.page.emulate_media(color_scheme="dark")
        seen.faults += self.page.axe(["color-contrast"])
        self.page.emulate_media(color_scheme="light")
        return [seen, *(self._seen(path, language) for language in languages[1:])]

    def _seen(self, path: str, language: str) -> Seen:
        self.page.complaints.clear()
        answer = self.page.goto(f"{self._visitor.county.url}{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer is not None
        self.page.wait_for_timeout(100)  # what scripts add at once is part of the page
        seen = Seen(path, language, answer.status, answer.headers.get("content-security-policy", ""), self.page.content())
        self.page.set_viewport_size(NARROW)
        seen.wide = self.page.is_wider_than_the_screen()
        self.page.set_viewport_size(WIDE)
        seen.complaints = list(self.page.complaints)
        return seen


def look(visitor: Visitor, path: str) -> list[Seen]:
    """Look at one page, in 中文 and in English."""
    tab = Tab(visitor)
    try:
        return tab.look(path)
    finally:
        tab.page.close()


def counted(visitor: Visitor, watched: Watched) -> Counted:
    """Return what grows with each answer from now on; the viewer of documents, which comes with a document, is left out."""
    session = visitor.context.new_cdp_session(watched.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights, heads = Counted(), dict[str, int]()

    def received(event: dict[str, Any]) -> None:
        if event["response"]["url"].startswith("https:") and VIEWER not in event["response"]["url"]:
            heads[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def finished(event: dict[str, Any]) -> None:
        head = heads.get(event["requestId"])
        if head is not None:
            weights.heads += head
            weights.weight += int(event["encodedDataLength"]) - head
            weights.requests += 1

    session.on("Network.responseReceived", received)
    session.on("Network.loadingFinished", finished)
    return weights


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
