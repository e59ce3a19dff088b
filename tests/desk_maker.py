"""A real county, a real browser, and people who use it: pages are judged by what Chromium makes of them.

    with desk(tmp_path_factory) as county:             # a module's fixture; sync tests only
        clerk = county.visitor("T01", "张三")           # enrolled by the command, signed in by a signed request
        page = clerk.open("/submit")                    # a page whose console and content policy are watched
        county.browser.new_context(...)                 # a browser that knows nobody

Chromium is Debian's, found on PATH; its Chinese letters come from the locked font package by a configuration of its own.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pypdfium2
import pytest
from county_process import CountyProcess, Township, county_process
from multidict import CIMultiDict
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from exchange.client.home import open_home
from exchange.control import run_there
from exchange.office.browsers import COOKIE
from exchange.request_signature import Message, sign_request

ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--process-per-site",  # pages of one person share a renderer: starting one for each takes longer than what is tested on it
]
AXE: Final = Path(__file__).parents[1] / "exchange/web/node_modules/axe-core/axe.min.js"
LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE: Final = {"width": 1280, "height": 800}
NARROW: Final = {"width": 320, "height": 700}


def chromium() -> str:
    """Return the browser's program."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no Chromium on PATH: make test installs it"
    return found


@cache
def font_configuration() -> str:
    """Return a configuration of fonts in which Chinese text is drawn with the locked package's."""
    spec = find_spec("manimgx_fonts_cjk") or find_spec("manimgx.fonts.cjk")
    roots = list(spec.submodule_search_locations or []) if spec else []
    assert roots, "the font package is not installed"
    folder = Path(tempfile.mkdtemp(prefix="desk-fonts-"))
    plain = "".join(
        f"<alias><family>{asked}</family><prefer><family>{drawn}</family></prefer></alias>"
        for asked, drawn in (("system-ui", "DejaVu Sans"), ("sans-serif", "DejaVu Sans"), ("monospace", "DejaVu Sans Mono"))
    )
    text = f"<fontconfig>{plain}<dir>{roots[0]}</dir><dir>/usr/share/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
    (folder / "fonts.conf").write_text(f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">{text}')
    return str(folder / "fonts.conf")


@dataclass
class Watched:
    """A page with what its console and its content policy complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the first byte."""
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def axe(self, tags: Sequence[str] = LEVELS) -> list[str]:
        """Return what axe-core finds wrong, a line a rule: WCAG 2.2 A and AA, or what else `tags` name."""
        # evaluated through the debugger, so the page's own policy stays as it is
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", list(tags))
        return [f"{rule['id']}: {[node['target'] for node in rule['nodes']][:4]}" for rule in found["violations"]]

    def is_wider_than_the_screen(self) -> bool:
        """Say whether a person has to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@dataclass
class Visitor:
    """A person at a browser of their own. `home` is the person's `yizhan` home, where they have one."""

    county: "DeskCounty"
    context: BrowserContext
    home: Township | None = None

    def open(self, path: str, **options: Any) -> Watched:
        """Open a page of the desk."""
        watched = Watched(self.context.new_page())
        watched.page.goto(self.county.url + path, **options)
        return watched


@dataclass
class DeskCounty:
    """A served county and a browser."""

    process: CountyProcess
    browser: Browser
    folder: Path
    count: int = 0

    @property
    def url(self) -> str:
        """The address of the service, without a slash at the end."""
        return self.process.url

    def stranger(self, language: str = "zh-CN", **options: Any) -> Visitor:
        """Return someone at a browser that knows nobody."""
        # a worker would need a certificate that the browser knows, and stand between the page and what a test holds up
        chosen: dict[str, Any] = {"viewport": WIDE, "locale": language, "ignore_https_errors": True, "service_workers": "block"} | options
        return Visitor(self, self.browser.new_context(**chosen))

    def visitor(self, office: str, person: str, role: str = "clerk", language: str = "zh-CN", **options: Any) -> Visitor:
        """Return a person who is enrolled by the command and signed in; the browser itself holds no key."""
        self.count += 1
        visitor = self.stranger(language, **options)
        visitor.home = Township(self.folder / f"home{self.count}")
        slip = self.order("invite", office=office, person=person, role=role, url="", scope=None)
        visitor.home.do("enrol", self.url, "--code", slip["code"], "--fingerprint", slip["fingerprint"])
        self.sign_in(visitor, visitor.home)
        return visitor

    def order(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Give the running service a command, as `yizhan-county` does, without starting a Python for it."""
        with ThreadPoolExecutor(1) as thread:  # the browser has the loop of this thread
            return thread.submit(lambda: asyncio.run(run_there(self.process.folder, command, arguments))).result()

    def sign_in(self, visitor: Visitor, home: Township) -> None:
        """Sign a person's browser in with the key of their home."""
        path = "/api/v1/sessions"
        message = Message("POST", self.url + path, CIMultiDict({"Sec-Fetch-Site": "same-origin"}))
        sign_request(message, None, open_home(home.home).signer, datetime.now(UTC))
        answer = visitor.context.request.post(self.url + path, headers=dict(message.headers))
        assert answer.status == 201, answer.text()
        assert any(cookie["name"] == COOKIE for cookie in visitor.context.cookies())


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium without a window."""
    with sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": font_configuration()}
        running = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS, env=environment)
        yield running
        running.close()


@contextmanager
def desk(factory: pytest.TempPathFactory, policy: str = "usual") -> Iterator[DeskCounty]:
    """Serve a county with the townships T01 城关镇 and T02 河西乡, beside a browser."""
    folder = factory.mktemp("desk")
    with county_process(folder / "county", policy=policy) as process, browser() as running:
        county = DeskCounty(process, running, folder)
        county.order("office-add", code="T01", name="城关镇", kind="township")
        county.order("office-add", code="T02", name="河西乡", kind="township")
        yield county


def printed(page: Page | Watched, to: Path) -> Path:
    """Print a page as a browser does, on A4; returns the PDF's path."""
    page.pdf(path=str(to), format="A4", print_background=True)
    return to


def rendered(pdf: Path, to: Path) -> list[Path]:
    """Draw a printed PDF as pictures beside `to`; returns their paths, page by page."""
    made = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number in range(len(document)):
            path = to.with_name(f"{to.name}-{number + 1}.png")
            document[number].render(scale=1.2).to_pil().save(path)
            made.append(path)
    return made
