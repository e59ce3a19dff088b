"""A page loads what it uses: htmx where something is marked for it or a script calls it, and the texts of its own scripts."""

from pathlib import Path

import pytest

from exchange.web.assets import Assets
from exchange.web.loading import Loading
from exchange.web.texts import CHINESE, ENGLISH, Texts

HTMX = "vendor/htmx.js"


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    (tmp_path / "calls.js").write_text('await htmx.ajax("GET", "/");\n')
    (tmp_path / "imports.js").write_text('import "./calls.js";\n')
    (tmp_path / "listens.js").write_text('document.addEventListener("htmx:load", () => {});\n')
    return Loading(Assets(own=tmp_path), Texts())


def page(loading: Loading, body: str = "", script: str = "") -> str:
    address = loading._assets.url(script)
    return loading.complete(f'<head>{loading.here}<script type="module" src="{address}"></script></head>{body}', CHINESE)


def test_a_plain_page_does_without_htmx(loading: Loading) -> None:
    assert HTMX not in page(loading, "<p>hx-post=</p>")
    assert HTMX not in page(loading, script="listens.js")


def test_a_page_that_marks_something_or_calls_it_gets_htmx(loading: Loading) -> None:
    assert HTMX in page(loading, '<form hx-post="/a">')
    assert HTMX in page(loading, script="calls.js")
    assert HTMX in page(loading, script="imports.js")


def test_a_piece_of_a_page_is_left_as_it_is(loading: Loading) -> None:
    assert loading.complete('<p hx-get="/a">', CHINESE) == '<p hx-get="/a">'


def test_a_page_is_told_the_texts_of_its_scripts_alone() -> None:
    assets = Assets()
    loading = Loading(assets, Texts())

    def head(script: str, language: str) -> str:
        return loading.complete(f'{loading.here}<script src="{assets.url(script)}"></script>', language)

    assert "本页快捷键" in head("core/page.js", CHINESE), "by way of what it imports"
    assert "本页快捷键" not in head("core/api.js", CHINESE)
    assert "{}</script>" in head("core/page.js", ENGLISH)
