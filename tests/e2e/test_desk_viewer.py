"""Documents in a real browser: they are drawn in a frame that has no origin, and nothing in them reaches the page around it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import ofd_maker
import paper_maker
import pytest
import scanned_page_maker
from desk_maker import AXE, NARROW, DeskCounty, Visitor, Watched, desk
from inbox_maker import fill
from playwright.sync_api import Frame, FrameLocator
from submission_maker import Letter

SCANS: Final = ("JBIG2", "JPEG 2000", "fax")
HOSTILE: Final = paper_maker.small(
    catalog=b"/OpenAction 6 0 R",
    on_page=b"/AA<</O 6 0 R>>/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 900 900]/A<</S/URI/URI(https://example.org/)>>>>]",
    more=[b"<</S/JavaScript/JS(app.alert(1); app.launchURL('https://example.org/', true))>>"],
)
FILES: Final = {
    "报告.pdf": paper_maker.pdf(pages=3),
    "恶意.pdf": HOSTILE,
    **{f"{packing}.pdf": scanned_page_maker.scan(scanned_page_maker.sheet((620, 877)), packing) for packing in SCANS},
    "版式.ofd": ofd_maker.ofd(),
    "坏.pdf": b"%PDF-1.7 nothing",
}
DARK: Final = """() => {
  const canvas = document.querySelector(".sheet canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] < 128 && data[at + 3] > 0) dark += 1;
  return dark / (data.length / 4);
}"""
REACHED: Final = """() => {
  const tried = (act) => { try { return String(act()); } catch (error) { return error.name; } };
  return [window.origin, ...[() => document.cookie, () => indexedDB.open("keys"), () => localStorage, () => parent.document.title,
    () => navigator.serviceWorker.getRegistrations].map(tried)];
}"""

CALLS: Final = """() => {
  const here = [typeof RTCPeerConnection, typeof webkitRTCPeerConnection];
  const within = document.body.appendChild(document.createElement("iframe"));
  try { return [...here, typeof within.contentWindow.RTCPeerConnection]; } catch (error) { return [...here, error.name]; }
  finally { within.remove(); }
}"""

JUDGED: Final = """() => axe.run(document, {preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).then(
  (told) => told.violations.map((each) => each.id))"""
"""axe in the frame, which may fetch nothing, not even its own styles once more."""


@dataclass
class Shelf:
    """A county with one item to read, and its people."""

    county: DeskCounty
    clerk: Visitor
    first: Visitor
    second: Visitor
    item: str
    other: str


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with desk(tmp_path_factory) as county:
        clerk = county.visitor("T01", "张三")
        assert clerk.home is not None
        now = datetime.now(UTC)
        item, other = fill(county.process, clerk.home, [Letter(title="有附件的一件", at=now, files=FILES), Letter(title="另一件", at=now)])
        first, second = (county.visitor("county", name, "reviewer") for name in ("王五", "赵六"))
        yield Shelf(county, clerk, first, second, item, other)


@pytest.fixture(scope="module")
def reading(shelf: Shelf) -> Watched:
    """A reviewer who has the item open."""
    return shelf.first.open(f"/inbox/{shelf.item}")


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def choose(page: Watched, name: str) -> FrameLocator:
    """Show a document; returns its frame, in which the first page is drawn."""
    page.locator(".documents a.show", has_text=name).click()
    page.locator(f"#viewer iframe[title='{name}']").wait_for()
    frame = page.frame_locator("#viewer iframe")
    frame.locator(".sheet canvas").first.wait_for()
    return frame


def inside(page: Watched) -> Frame:
    """Return the frame itself."""
    handle = page.locator("#viewer iframe").element_handle()
    assert handle is not None
    frame: Frame = handle.content_frame()
    return frame


def test_what_shows_a_document_has_no_origin_and_reaches_nothing(shelf: Shelf, reading: Watched) -> None:
    page = reading
    page.complaints.clear()
    choose(page, "报告.pdf")
    assert page.complaints == []  # the policies of the page and of the frame are kept by what we load ourselves
    frame = inside(page)
    assert frame.evaluate(REACHED) == ["null", *["SecurityError"] * 5]
    for address in ("/api/v1/events", f"/items/{shelf.item}/parts/1", frame.url):
        assert frame.evaluate("address => fetch(address).then(() => 'answered', (error) => error.name)", address) == "TypeError"
    assert frame.evaluate("window.open('/account') === null")
    assert frame.evaluate(CALLS) == ["undefined", "undefined", "SecurityError"]  # from browser to browser: no policy forbids it
    answer = shelf.county.stranger().context.request.get(frame.url)
    policy = answer.headers["content-security-policy"]
    assert (answer.status, policy.split("; ")[:2]) == (200, ["sandbox allow-scripts", "default-src 'none'"])
    assert {"connect-src 'none'", "frame-ancestors 'self'"} <= set(policy.split("; "))


def test_a_file_that_took_the_frame_over_says_nothing_that_the_page_does(reading: Watched) -> None:
    page = reading
    page.complaints.clear()
    choose(page, "报告.pdf")
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    address = page.url
    inside(page).evaluate("""() => {
      for (const said of ["a", {is: "key", key: "a"}, {is: "key", key: "Tab"}, {is: "part", name: "../../api/v1/events"},
        {is: "height", pixels: 1e9}, {is: "open", url: "/"}, {is: "shown", page: 9, of: 1}, null]) parent.postMessage(said, "*");
      try { top.location = "https://example.org/"; } catch { /* refused */ }
      location = "https://example.org/";
    }""")
    until(lambda: page.evaluate("true") and all(any(word in each for each in page.complaints) for word in ("frame-src", "top-level")))
    assert (page.evaluate("window.heard"), page.url) == ([], address)  # nobody's finger was in the frame
    assert page.locator("#viewer iframe").bounding_box()["height"] < 800


def test_a_hostile_paper_is_only_drawn(shelf: Shelf, reading: Watched) -> None:
    page = reading
    page.complaints.clear()
    opened: list[Any] = []
    shelf.first.context.on("page", lambda made: opened.append(made.url))
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    frame = choose(page, "恶意.pdf")
    address = page.url
    frame.locator(".sheet").first.click()
    assert inside(page).locator("a, form, iframe, object, embed, .sheet :is(input, button, script)").count() == 0
    assert (opened, page.url, page.complaints) == ([], address, [])


def test_scans_are_drawn_however_they_are_packed(reading: Watched) -> None:
    page = reading
    page.complaints.clear()
    for packing in SCANS:
        choose(page, f"{packing}.pdf")
        assert 0.01 < inside(page).evaluate(DARK) < 0.05, packing
    page.locator(".documents a.show", has_text="版式.ofd").click()  # what the service draws is shown in the frame as well
    frame = page.frame_locator("#viewer iframe[title='版式.ofd']")
    until(lambda: "农村低保" in frame.locator(".sheet").first.inner_text())
    page.locator(".documents a.show", has_text="坏.pdf").click()
    until(lambda: "无法在此显示" in page.locator("#viewer").inner_text())
    assert page.complaints == []


def test_the_pages_keys_work_in_the_frame_and_fields_keep_theirs(shelf: Shelf) -> None:
    page = shelf.first.open(f"/inbox/{shelf.item}")
    frame = choose(page, "报告.pdf")
    frame.locator(".sheet").first.click()
    page.keyboard.press("?")
    page.locator("dialog.keys[open]").wait_for()
    page.keyboard.press("Escape")
    words = frame.get_by_role("searchbox")
    words.fill("各 乡镇人民政府")
    page.keyboard.press("s")
    assert words.input_value().endswith("府s")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    until(lambda: inside(page).evaluate("CSS.highlights.size") == 1)
    frame.get_by_role("button", name="放大").click()
    frame.get_by_role("button", name="旋转").click()
    frame.locator(".sheet canvas").first.wait_for()
    assert inside(page).evaluate("(({ width, height }) => width > height)(document.querySelector('.sheet canvas'))")
    frame.locator(".sheet").first.click()
    page.keyboard.press("e")
    until(lambda: page.locator("#item-title").inner_text() == "另一件")
    assert page.complaints == []
    page.close()


def test_everybody_can_use_a_document_that_is_open(shelf: Shelf, reading: Watched) -> None:
    sent = shelf.clerk.open(f"/items/{shelf.item}?lang=en")
    for page in (reading, sent):
        page.complaints.clear()
        page.set_viewport_size(NARROW)
        page.locator(".documents a.show").first.click()
        page.locator("#viewer iframe").scroll_into_view_if_needed()
        page.frame_locator("#viewer iframe").locator(".textLayer span").first.wait_for(state="attached")
        found = page.axe()
        inside(page).evaluate(AXE.read_text())
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += page.axe(["color-contrast"]) + inside(page).evaluate(JUDGED)
        assert (found, page.is_wider_than_the_screen(), page.complaints) == ([], False, []), page.url
    sent.close()


def test_colleagues_see_who_is_at_an_item_and_that_they_left_without_reloading(shelf: Shelf, reading: Watched) -> None:
    watching = shelf.second.open("/inbox")
    row = watching.locator(f"#row-{shelf.item}")
    reading.goto(f"{shelf.county.url}/sent")
    until(lambda: watching.locator("[data-claim]").count() == 0)
    reading.goto(f"{shelf.county.url}/inbox/{shelf.item}")
    until(lambda: "王五 正在办理" in row.inner_text())
    row.locator("a.title").click()
    until(lambda: "王五 正在办理此件" in watching.locator("#claim").inner_text())
    reading.goto(f"{shelf.county.url}/inbox")
    until(lambda: watching.locator("#claim").inner_text() == "" and row.locator("[data-claim]").count() == 0)
    # whoever still has it open is the one who is at it now
    until(lambda: "赵六 正在办理" in reading.locator(f"#row-{shelf.item}").inner_text())
    assert watching.complaints == []
    watching.close()
