"""The desk's reading and judging modules in a real browser, without a county: files of the desk are served to it as they lie there.

with judging() as browser:
    told = browser.judge("a.pdf", content, load("usual"))      # what static/reading/judge.js says of one file
    browser.call("submit/fields.js", "mended", "城政发[2026]12号")
"""

import base64
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from desk_maker import browser
from playwright.sync_api import Page, Route

from exchange.policy import patterns
from exchange.policy.presets import Policy
from exchange.web.assets import INSTALLED, OWN, VENDOR

ADDRESS: Final = "https://desk.test/"
STATIC: Final = f"{ADDRESS}static/1/"
_EMPTY: Final = '<!doctype html><html lang="en"><script type="application/json" id="texts">{}</script><div id="messages"></div>'
_JUDGE: Final = """async ([root, name, content, rules]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const { load, forget } = await import(root + "reading/rules.js");
  forget();
  await load(async () => JSON.parse(rules));
  const { judge } = await import(root + "reading/judge.js");
  const { verdict, findings, unread, policy, readings } = await judge({}, [{ name, blob: new Blob([bytes]) }]);
  return { verdict, findings, unread, policy, scan: [...readings.values()][0].scan };
}"""
_CALL: Final = "async ([root, name, act, values]) => (await import(root + name))[act](...values)"


@dataclass(frozen=True)
class Judging:
    """A page that can load the desk's modules."""

    page: Page

    def judge(self, name: str, content: bytes, policy: Policy) -> dict[str, Any]:
        """Return what the judge in the browser says of one file under a policy."""
        values = [STATIC, name, base64.b64encode(content).decode(), patterns.published(policy).decode()]
        return dict(self.page.evaluate(_JUDGE, values))

    def call(self, module: str, name: str, *values: Any) -> Any:
        """Call an exported function."""
        return self.page.evaluate(_CALL, [STATIC, module, name, list(values)])


@contextmanager
def judging() -> Iterator[Judging]:
    """Open the page."""
    with browser() as running:
        page = running.new_page()
        page.route("**/*", _serve)
        page.goto(ADDRESS)
        yield Judging(page)


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(STATIC)
    if name == route.request.url:
        route.fulfill(status=200, content_type="text/html", body=_EMPTY)
        return
    folder, _, rest = name.partition("/")
    top, _, inside = rest.partition("/")
    path = INSTALLED / VENDOR[top] / inside if folder == "vendor" else OWN / name
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.is_file():
        route.fulfill(status=200, content_type=media_type, body=path.read_bytes())
    else:
        route.fulfill(status=404)
