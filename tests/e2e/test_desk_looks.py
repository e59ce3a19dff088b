"""Every page of the desk, as people see it: in both languages, light and dark, wide and narrow, for everyone who may see it.

Its words are read in both languages; in the browser everybody has one. What only a few steps or much content show is drawn and judged
by `python -m gallery` (tests/gallery), which is no part of the suite.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unicodedata import normalize

import pypdf
import pytest
from desk_maker import DeskCounty, Visitor, desk, printed
from looks_maker import Seen, Tab, nodes, spoken, strange_words

from exchange.web.desk import pages
from exchange.web.pages import Page
from schemas.words import NOTICE_EN, NOTICE_ZH

HEAVIEST: Final = 60_000
"""Bytes that a page's first load carries, compressed, without the viewer."""
LANGUAGES: Final = {"stranger": "zh-CN", "clerk": "zh-CN", "reviewer": "en", "administrator": "en"}
"""In which language somebody's browser looks."""
NOTICES: Final = {"zh-CN": NOTICE_ZH, "en": NOTICE_EN}
PLAIN: Final = [page for page in pages() if page.method == "GET" and "{" not in page.path]
HTML: Final = {"Accept": "text/html"}
OK: Final = 200


@dataclass
class Walk:
    """A county, its people, and what they saw on their way."""

    county: DeskCounty
    people: dict[str, Visitor]
    seen: list[Seen] = field(default_factory=list)
    looked_at: list[Seen] = field(default_factory=list)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Everyone asks for every page; each is looked at closely by the first who may see it, in that person's language."""
    with desk(tmp_path_factory) as county:
        people = {
            "stranger": county.stranger(),
            "clerk": county.visitor("T01", "张三"),
            "reviewer": county.visitor("county", "王五", "reviewer"),
            "administrator": county.visitor("county", "赵六", "administrator"),
        }
        walk, tabs = Walk(county, people), {name: Tab(visitor) for name, visitor in people.items()}
        for page in PLAIN:
            name = _first_who_may(walk, page)
            if name is not None:
                walk.looked_at += tabs[name].look(page.path, [LANGUAGES[name]])
        yield walk


def _first_who_may(walk: Walk, page: Page) -> str | None:
    """Return in whose browser a page is looked at, none for a piece or a file; everyone else asks for it too, and reads what they get."""
    found = None
    for name in walk.people:
        if name == "stranger" and page.roles is not None:
            continue
        seen = _read(walk, page, name, LANGUAGES[name])
        if found is None and seen.status == OK and seen.whole:
            found = name
            _read(walk, page, name, "en" if LANGUAGES[name] == "zh-CN" else "zh-CN")
    return found


def _read(walk: Walk, page: Page, name: str, language: str) -> Seen:
    request = walk.people[name].context.request
    answer = request.get(f"{walk.county.url}{page.path}?lang={language}", headers=HTML, max_redirects=0)
    html = answer.text() if answer.headers.get("content-type", "").startswith("text/html") else ""
    walk.seen.append(Seen(f"{page.path} ({name})", language, answer.status, answer.headers["content-security-policy"], html))
    return walk.seen[-1]


def test_every_page_is_there_or_says_why_not(walk: Walk) -> None:
    assert [(seen.name, seen.status) for seen in (*walk.seen, *walk.looked_at) if seen.status not in (OK, 303, 400, 403)] == []
    assert len({seen.path for seen in walk.looked_at}) >= len(PLAIN) // 2


def test_no_page_complains_on_the_console(walk: Walk) -> None:
    assert {seen.name: seen.complaints for seen in walk.looked_at if seen.complaints} == {}


def test_every_page_can_be_used_by_everybody(walk: Walk) -> None:
    assert {seen.name: seen.faults for seen in walk.looked_at if seen.faults} == {}


def test_no_page_scrolls_sideways_on_a_small_screen(walk: Walk) -> None:
    assert [seen.name for seen in walk.looked_at if seen.wide] == []


def test_every_page_speaks_one_language(walk: Walk) -> None:
    told = {seen.name: strange_words(seen.html, seen.language) for seen in (*walk.seen, *walk.looked_at) if seen.html}
    assert {name: strange for name, strange in told.items() if strange} == {}


def test_every_page_carries_the_notice(walk: Walk) -> None:
    whole = [seen for seen in (*walk.seen, *walk.looked_at) if seen.whole]
    assert [seen.name for seen in whole if NOTICES[seen.language] not in spoken(seen.html)] == []


def test_every_page_forbids_what_is_not_ours(walk: Walk) -> None:
    policies = {seen.policy for seen in (*walk.seen, *walk.looked_at)}
    assert [policy for policy in policies if not policy.startswith("default-src 'none';") or "unsafe" in policy] == []


def test_every_page_is_light(walk: Walk) -> None:
    assert all(seen.weight for seen in walk.looked_at)
    for seen in walk.looked_at:
        print(f"{seen.path:24} {seen.weight:7} B {seen.requests:3} requests, heads {seen.heads:6} B")
    assert [(seen.path, seen.weight) for seen in walk.looked_at if seen.weight > HEAVIEST] == []


def test_the_navigation_leads_to_pages(walk: Walk) -> None:
    for name in ("clerk", "reviewer", "administrator"):
        visitor = walk.people[name]
        led = nodes(visitor.context.request.get(walk.county.url, headers=HTML).text(), "//header//nav//a/@href")
        assert led, name
        for path in led:
            assert visitor.context.request.get(walk.county.url + path, headers=HTML).status == 200, (name, path)


def test_the_other_language_is_the_same_page(walk: Walk) -> None:
    page = walk.people["clerk"].open("/search?q=防火&lang=zh-CN")
    page.click("a.language")
    assert page.url.startswith(f"{walk.county.url}/search?")
    assert "lang=en" in page.url
    assert page.input_value("main [type=search]") == "防火"
    assert page.locator("html").get_attribute("lang") == "en"
    page.close()


def test_an_unknown_address_is_told_in_words_and_to_programs_as_a_problem(walk: Walk) -> None:
    request = walk.people["clerk"].context.request
    page = request.get(f"{walk.county.url}/nowhere?lang=zh-CN", headers=HTML)
    assert page.status == 404
    assert NOTICE_ZH in spoken(page.text())
    assert "张三" in page.text()
    assert "没有这个页面" in page.text()
    assert "not-found" not in page.text()
    assert strange_words(page.text(), "zh-CN") == []
    assert "unsafe" not in page.headers["content-security-policy"]
    piece = request.get(f"{walk.county.url}/nowhere", headers=HTML | {"HX-Request": "true"})
    assert piece.status == 404
    assert "<html" not in piece.text()
    assert piece.headers["hx-retarget"] == "#messages"
    wrong_way = request.get(f"{walk.county.url}/signout", headers=HTML)
    assert wrong_way.status == 405
    assert wrong_way.headers["allow"] == "POST"
    assert "<html" in wrong_way.text()
    for path, accept in (("/api/v1/nowhere", HTML), ("/log/nowhere", HTML), ("/static/0/nowhere", HTML), ("/nowhere", {"Accept": "*/*"})):
        answer = request.get(walk.county.url + path, headers=accept)
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (404, "application/problem+json"), path


def test_who_was_signed_out_while_typing_keeps_the_page_and_signs_in_beside_it(walk: Walk) -> None:
    headers = HTML | {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    answer = walk.county.stranger().context.request.post(f"{walk.county.url}/signout", headers=headers)
    assert answer.status == 401
    assert answer.headers["hx-retarget"] == "#messages"
    assert "hx-redirect" not in answer.headers
    assert nodes(answer.text(), "//a/@target") == ["_blank"]


def test_keys_are_listed_heard_outside_fields_and_can_be_switched_off(walk: Walk) -> None:
    page = walk.people["stranger"].open("/style?lang=zh-CN")
    keyboard, message, dialog = page.keyboard, page.locator("#messages .message"), page.locator("dialog[open]")
    keyboard.press("m")
    assert message.count() == 1
    page.evaluate("document.getElementById('messages').replaceChildren()")
    page.focus("#style-notes")
    keyboard.press("m")
    keyboard.press("?")
    assert (message.count(), dialog.count(), page.input_value("#style-notes")) == (0, 0, "m?")
    keyboard.press("Control+Enter")
    assert message.count() == 1, "a chord is heard in a field"
    page.locator("#style-notes").blur()
    keyboard.press("?")
    assert "显示一条提示" in dialog.inner_text()
    assert "Ctrl" in dialog.inner_text()
    assert page.axe() == []
    page.uncheck("dialog [type=checkbox]")
    keyboard.press("Escape")
    page.reload()
    keyboard.press("m")
    keyboard.press("?")
    assert (message.count(), dialog.count()) == (0, 0)
    page.click("[data-keys]")
    page.check("dialog [type=checkbox]")
    keyboard.press("Escape")
    keyboard.press("m")
    assert message.count() == 1
    assert page.complaints == []
    page.close()


def test_the_slash_leads_to_the_search_box(walk: Walk) -> None:
    page = walk.people["clerk"].open("/")
    with page.expect_navigation():
        page.keyboard.press("/")
    assert page.url == f"{walk.county.url}/search"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.close()


def test_every_sheet_of_paper_carries_the_notice_and_no_navigation(walk: Walk, tmp_path: Path) -> None:
    page = walk.people["clerk"].open("/style?lang=zh-CN")
    sheets = [
        normalize("NFKC", sheet.extract_text()).replace("\n", "") for sheet in pypdf.PdfReader(printed(page, tmp_path / "style.pdf")).pages
    ]
    assert len(sheets) >= 2
    for sheet in sheets:
        assert normalize("NFKC", NOTICE_ZH) in sheet
        assert "退出" not in sheet
    page.close()


def test_pages_are_sent_as_they_are_asked_for(walk: Walk) -> None:
    request = walk.people["stranger"].context.request
    answers = {
        coding: request.get(f"{walk.county.url}/offline?lang=en", headers=HTML | {"Accept-Encoding": coding})
        for coding in ("identity", "gzip", "gzip, br", "br;q=0")
    }
    assert [answer.headers.get("content-encoding") for answer in answers.values()] == [None, "gzip", "br", None]
    assert len({tuple(nodes(answer.text(), "//h1/text()")) for answer in answers.values()}) == 1


def test_files_are_sent_as_they_are_asked_for(walk: Walk) -> None:
    request = walk.people["stranger"].context.request
    page = request.get(f"{walk.county.url}/style", headers=HTML).text()
    address = walk.county.url + nodes(page, "//link[@rel='stylesheet']/@href")[-1]
    plain, squeezed = (request.get(address, headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip"))
    assert plain.body() == squeezed.body()
    assert "content-encoding" not in plain.headers
    assert squeezed.headers["content-encoding"] == "gzip"
    for answer in (plain, squeezed):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
    older = request.get(address.replace(address.split("/")[4], "0" * 16))
    assert older.status == 200
    assert older.headers["cache-control"] == "no-cache"
    counted = request.get(f"{walk.county.url}/metrics").text()
    assert 'operation="asset"' in counted
