"""Pages for people: whole without scripts, in both languages, with the notice; nothing but our own markup is markup."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from importlib import resources

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from lxml import html

from exchange.app import operations
from exchange.clock import FakeClock
from exchange.openapi import page as interface_page
from exchange.openapi import problem_pages
from exchange.openapi.html import beside, element, joined
from schemas.problems import ProblemType
from schemas.words import FORBIDDEN_WORDS, NOTICE_ZH, Label

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PAGES = ["/api/", "/problems", *(f"/problems/{kind.type}" for kind in ProblemType)]
STYLE = resources.files("exchange.openapi").joinpath("style.css").read_text("utf-8")
HOSTILE = "<script>alert(1)</script>&\"'<b>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("pages") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        yield running


async def shown(county: Running, path: str) -> html.HtmlElement:
    answer = await county.client.get(path)
    assert (answer.status, answer.content_type, answer.charset) == (200, "text/html", "utf-8")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script" not in policy
    return html.document_fromstring(await answer.text())


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole_in_itself_and_bears_the_notice(county: Running, path: str):
    page = await shown(county, path)
    assert NOTICE_ZH in page.text_content()
    assert page.get("lang") == "zh-CN"
    assert [one.get("href") for one in page.iter("link")] == ["/api/style.css"]
    assert page.xpath("//script|//style|//img|//form|//iframe|//*[@style or @onclick or @src]") == []
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//title")[0].text
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert not any(word in page.text_content() for word in FORBIDDEN_WORDS)


@pytest.mark.parametrize("kind", ProblemType, ids=lambda kind: kind.type)
async def test_a_problems_page_says_what_it_is_and_what_to_do(county: Running, kind: ProblemType):
    text = (await shown(county, f"/problems/{kind.type}")).text_content()
    for said in (*kind.title, *kind.advice, f"/problems/{kind.type}", str(kind.exit.value)):
        assert said in text


async def test_every_link_leads_somewhere(county: Running):
    for path in ("/api/", "/problems", "/problems/not-found", "/problems/folder-exists"):
        page = await shown(county, path)
        for link in set(page.xpath("//a/@href")):
            target, _, place = link.partition("#")
            aim = await shown(county, target) if target.startswith(("/problems", "/api/")) and "." not in target else page
            if target and aim is page:
                assert (await county.client.get(target)).status == 200
            assert not place or aim.xpath(f"//*[@id='{place}']"), link


async def test_every_operation_is_on_the_page_with_its_problems(county: Running):
    page = await shown(county, "/api/")
    for operation in operations():
        (article,) = page.xpath(f"//article[@id='{operation.id}']")
        text = article.text_content()
        assert f"{operation.method} {operation.template}" in text
        assert operation.text.zh in text
        for kind in operation.problems:
            assert article.xpath(f".//a[@href='/problems/{kind.type}']"), kind


async def test_whatever_a_county_is_called_stays_text():
    for page in (
        interface_page.page(operations(), HOSTILE, f"https://x/{HOSTILE}"),
        problem_pages.index(HOSTILE),
        problem_pages.page(ProblemType.NOT_FOUND, operations(), HOSTILE),
    ):
        parsed = html.document_fromstring(page)
        assert parsed.xpath("//script|//b") == []
        assert HOSTILE in parsed.text_content()


async def test_markup_is_what_was_written_as_markup():
    assert element("p", "<b>", element("i", "&")) == "<p>&lt;b&gt;<i>&amp;</i></p>"
    assert element("a", "x", href='"><b>', class_="y") == '<a href="&quot;&gt;&lt;b&gt;" class="y">x</a>'
    assert element("meta", name="a") == '<meta name="a">'
    assert joined("<", element("br-", ">")) == "&lt;<br->&gt;</br->"
    assert "&lt;zh&gt;" in beside(Label("<zh>", "<en>"))
    assert unescape(element("p", HOSTILE)) == f"<p>{HOSTILE}</p>"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours `#rrggbb` (WCAG 2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
async def test_every_text_stands_out_from_its_ground(scheme: int):
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", re.findall(r":root \{([^}]*)\}", STYLE)[scheme]))
    for ink in ("ink", "faint", "accent"):
        for ground in ("paper", "shade"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


async def test_the_stylesheet_fetches_nothing():
    assert "url(" not in STYLE
    assert "@import" not in STYLE
