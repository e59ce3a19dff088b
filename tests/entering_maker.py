"""People who enrol a browser of their own, and what its key is asked.

page = enrol(county.stranger(), "T01", "张三")      # by the slip's QR address, signed in, at home
module(page, "signing/keys.js", "k => k.current().then(key => key.person)")
"""

from typing import Any

from desk_maker import DeskCounty, Visitor, Watched
from playwright.sync_api import Page


def order(county: DeskCounty, command: str, **arguments: Any) -> dict[str, Any]:
    """Give the running service a command, as `yizhan-county` does, without starting a Python for it."""
    return county.order(command, **arguments)


def invite(county: DeskCounty, office: str, person: str, role: str = "clerk") -> str:
    """Return a fresh code for a person."""
    return str(order(county, "invite", office=office, person=person, role=role, url="", scope=None)["code"])


def enrol(visitor: Visitor, office: str, person: str, role: str = "clerk") -> Watched:
    """Bring a fresh code by the slip's QR address and enter."""
    page = visitor.open(f"/enrol#code={invite(visitor.county, office, person, role)}")
    page.click("#enrol button")
    page.click("#enter")
    page.wait_for_url(f"{visitor.county.url}/")
    return page


def module(page: Page | Watched, name: str, act: str, value: Any = None) -> Any:
    """Run `act(module, value)` on a page with one of the desk's modules, and return what comes of it."""
    here = "document.querySelector('script[src*=\"/core/page.js\"]').src"
    return page.evaluate(f"async ([name, value]) => ({act})(await import(new URL(`../${{name}}`, {here})), value)", [name, value])
