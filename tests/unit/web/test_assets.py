"""The files of the desk: what a script loads is known, what is not there is refused, and nothing is served from elsewhere."""

import gzip
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import brotli
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from babel.messages.jslexer import tokenize
from yarl import URL

from exchange.access import observed
from exchange.edge import problems
from exchange.metrics import METRICS, Metrics
from exchange.web.assets import FOREVER, INSTALLED, OWN, VENDOR, Assets, imports
from schemas.problems import Problem, ProblemType

ASSETS: Final = Assets()


@pytest.fixture
def scripts(tmp_path: Path) -> Assets:
    for name, text in {
        "room/page.js": 'import { a } from "../core/a.js";\nimport {\n  b,\n} from "./b.js";\nconst late = await import("./late.js");\n',
        "room/b.js": 'export * from "../core/a.js";\nimport "./page.js";\n',
        "room/late.js": 'import { sha256 } from "../vendor/noble/sha2.js";\n',
        "core/a.js": "export const a = 1;\n",
        "room/lonely.js": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return Assets(own=tmp_path)


def test_what_a_script_loads_is_known_however_far(scripts: Assets) -> None:
    assert scripts.loaded(["room/page.js"]) == {"room/page.js", "room/b.js", "room/late.js", "core/a.js"}
    assert scripts.loaded(["room/lonely.js", "no/such.js"]) == {"room/lonely.js"}


def test_every_import_of_our_scripts_leads_to_a_file() -> None:
    wrong: dict[str, list[str]] = {}
    for path in sorted(OWN.rglob("*.js")):
        name = path.relative_to(OWN).as_posix()
        named = [each for each in imports(name, path.read_text()) if not ASSETS.holds(each)]
        wrong |= {name: named} if named else {}
    assert wrong == {}


def test_what_is_left_out_of_scripts_is_comments_alone() -> None:
    def said(text: str) -> list[tuple[str, str]]:
        return [(token.type, token.value) for token in tokenize(text, jsx=False) if not token.type.endswith("comment")]

    for path in sorted(OWN.rglob("*.js")):
        source, sent = path.read_text(), ASSETS.text(path.relative_to(OWN).as_posix())
        assert said(sent) == said(source), path.name
        assert sent.count("\n") == source.count("\n"), path.name
    assert len(ASSETS.text("core/keyboard.js")) < 0.9 * len((OWN / "core/keyboard.js").read_text())


def test_a_desk_that_was_not_installed_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(Problem) as told:
        Assets(installed=tmp_path)
    assert told.value.kind is ProblemType.DESK_INCOMPLETE


SQUEEZED: Final[dict[str | None, Callable[[bytes], bytes]]] = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}


@pytest.fixture
async def client() -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application(middlewares=[observed, problems])
    app[METRICS] = Metrics()
    app.router.add_get("/static/{version}/{name:.+}", ASSETS.serve)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_file_is_sent_squeezed_only_to_who_takes_it(client: TestClient[web.Request, web.Application]) -> None:
    address = ASSETS.url("vendor/htmx.js")
    for asked, coding in (
        ("gzip", "gzip"),
        ("br, gzip;q=0.8", "br"),
        ("identity", None),
        ("gzip;q=0", None),
        ("br;q=0, gzip", "gzip"),
        ("br", "br"),
    ):
        async with client.get(address, headers={"Accept-Encoding": asked}, auto_decompress=False) as answer:
            body = await answer.read()
            assert answer.headers.get("Content-Encoding") == coding, asked
            assert SQUEEZED[coding](body) == (INSTALLED / VENDOR["htmx.js"]).read_bytes()
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Cache-Control"] == FOREVER
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "name",
    [
        "nowhere.css",
        "vendor/htmx.js/x",
        "vendor/unknown.js",
        "vendor/pdfjs",
        "vendor/pdfjs/",
        "..%2fassets.py",
        "%2e%2e/%2e%2e/assets.py",
        "vendor/noble/..%2f..%2fpackage.json",
        "vendor/noble/%2e%2e%2f%2e%2e%2fhtmx.org%2fpackage.json",
        "vendor/noble//etc/passwd",
        "vendor/..%2fpackage-lock.json",
        "core/..%2f..%2fassets.py",
        "desk.css%00",
        "vendor/noble/sha2.js%00",
        "..%5c..%5cassets.py",
    ],
)
async def test_nothing_else_is_sent(client: TestClient[web.Request, web.Application], name: str) -> None:
    async with client.get(URL(f"/static/{ASSETS.version}/{name}", encoded=True)) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
        assert "immutable" not in answer.headers.get("Cache-Control", "")


async def test_an_older_page_gets_todays_file_and_does_not_keep_it(client: TestClient[web.Request, web.Application]) -> None:
    async with client.get(f"/static/{'0' * 16}/desk.css") as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_good_answer_is_counted_but_only_a_bad_one_is_worth_a_line(
    client: TestClient[web.Request, web.Application], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "yizhan")
    for name in ("desk.css", "nowhere.css"):
        async with client.get(f"/static/{ASSETS.version}/{name}") as answer:
            await answer.read()
    told = [(record.levelname, vars(record)["fields"]["operation"]) for record in caplog.records if record.message == "request"]
    assert told == [("DEBUG", "asset"), ("INFO", "asset")]
