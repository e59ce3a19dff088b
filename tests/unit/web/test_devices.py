"""A browser is told to its owner in words that they know."""

import pytest

from exchange.web.entering.devices import device

MOZILLA = "Mozilla/5.0"
WINDOWS = f"{MOZILLA} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome · Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge · Windows"),
        (f"{WINDOWS} Chrome/86.0 Safari/537.36 QIHU 360SE", "360 · Windows"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox · Linux"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1", "Safari · iPhone"),
        (f"{MOZILLA} (Linux; Android 14; V2227A) Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        (f"{MOZILLA} (X11; Linux x86_64; UOS Professional) Chrome/108.0 Safari/537.36", "Chrome · UOS"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_by_what_it_says_most_tellingly(agent: str, words: str) -> None:
    assert device(agent) == words
