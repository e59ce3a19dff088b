"""What a browser calls itself, as a person knows it: `Edge · Windows`. For recognising one's own computer, never for deciding."""

from typing import Final

_BROWSERS: Final = (
    ("MicroMessenger", "WeChat"),
    ("QIHU", "360"),
    ("360SE", "360"),
    ("360EE", "360"),
    ("QQBrowser", "QQ"),
    ("UBrowser", "UC"),
    ("UCBrowser", "UC"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Signs in a user agent, the tellings first: most browsers also say Chrome, and Chrome says Safari."""
_SYSTEMS: Final = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("UOS", "UOS"),
    ("Kylin", "Kylin"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """Return browser and system in a word each; empty for a browser that says neither."""
    return " · ".join(filter(None, (_first(_BROWSERS, agent), _first(_SYSTEMS, agent))))


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for sign, name in known if sign in agent), "")
