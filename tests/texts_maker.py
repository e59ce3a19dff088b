"""What the desk says, collected from where it stands: templates, scripts and the web's Python; the keys, with the files that use them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract
from jinja2.ext import babel_extract

WEB: Final = Path(__file__).parents[1] / "exchange/web"
KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2)}
JINJA: Final = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}


def _found(path: Path, messages: Iterable[Any], into: defaultdict[str, set[str]]) -> None:
    for _, function, *rest in messages:
        message = rest[0]
        said = message if isinstance(message, tuple) else (message,)
        if function is None and not isinstance(message, (str, tuple)):
            continue
        for key in said[:1]:
            if isinstance(key, str):
                into[key].add(path.relative_to(WEB).as_posix())


def in_templates() -> Mapping[str, set[str]]:
    """Return the keys that templates say, each with its files."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((WEB / "templates").rglob("*.html")):
        with path.open("rb") as file:
            _found(path, ((line, name, message) for line, name, message, _ in babel_extract(file, list(KEYWORDS), [], JINJA)), keys)
    return keys


def in_scripts() -> Mapping[str, set[str]]:
    """Return the keys that scripts say, each with its files."""
    return _in_code("static", "*.js", "javascript")


def in_python() -> Mapping[str, set[str]]:
    """Return the keys that the web's Python says, each with its files."""
    return _in_code(".", "*.py", "python")


def _in_code(folder: str, pattern: str, method: str) -> Mapping[str, set[str]]:
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((WEB / folder).rglob(pattern)):
        if "node_modules" in path.parts:
            continue
        with path.open("rb") as file:
            _found(path, ((line, method, message) for line, message, _, _ in extract(method, file, keywords=KEYWORDS)), keys)
    return keys
