"""What a page loads beside itself, which is known only once it is written: the texts of its scripts, and htmx where it is used.

htmx is a third of what a page weighs, and most pages are plain.
"""

import re
import secrets
from functools import lru_cache
from typing import Final

from exchange.web.assets import Assets
from exchange.web.texts import Texts

ENOUGH: Final = 256
"""Different heads that are remembered: pages are few."""
_MARKED: Final = re.compile(r"\shx-[a-z]+=")
_CALLED: Final = re.compile(r"\bhtmx\.[a-z]")


class Loading:
    """Puts into the head of a page what its scripts need."""

    def __init__(self, assets: Assets, texts: Texts) -> None:
        """Choose the word that stands for it while a page is being written; no document can hold it."""
        self.here = f"loading-{secrets.token_hex(8)}"
        self._assets, self._texts = assets, texts
        self._scripts = re.compile(rf'<script [^>]*src="/static/{assets.version}/([^"]+)"')
        self._head = lru_cache(maxsize=ENOUGH)(self._written)

    def complete(self, page: str, language: str) -> str:
        """Return a page with what it loads; a piece of one is left as it is."""
        if self.here not in page:
            return page
        names = frozenset(self._scripts.findall(page))
        return page.replace(self.here, self._head(language, names, marked=_MARKED.search(page) is not None), 1)

    def _written(self, language: str, names: frozenset[str], *, marked: bool) -> str:
        loaded = self._assets.loaded(names)
        head = f'<script type="application/json" id="texts">{self._texts.for_scripts(language, loaded)}</script>'
        if marked or any(_CALLED.search(self._assets.text(name)) for name in loaded):
            head += f'\n  <script src="{self._assets.url("vendor/htmx.js")}" defer></script>'
        return head
