"""Styles, scripts and pictures: read once at start, sent compressed, kept by browsers for ever under a name that changes with them.

What is ours lies in `static/`, what is not is installed beside it from the npm lockfile and served as it comes. All of it is
under one folder whose name is the digest of the whole, so modules may import each other by relative names.
"""

import asyncio
import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import brotli
from aiohttp import hdrs, web

from exchange.operation import OPERATION, Operation
from schemas.problems import Problem, ProblemType
from schemas.words import Label

ROOM: Final = Path(__file__).parent
OWN: Final = ROOM / "static"
INSTALLED: Final = ROOM / "node_modules"
VENDOR: Final = {
    "pico.css": "@picocss/pico/css/pico.classless.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "noble": "@noble/hashes",
    "pdfjs": "pdfjs-dist",
}
"""What pages may load of what is installed: a file, or a folder."""

FOREVER: Final = "public, max-age=31536000, immutable"
SMALL: Final = 512 * 1024
"""Files up to this size are kept in memory compressed; larger ones (the viewer's) are read when they are asked for."""
_IMPORT: Final = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
"""Where a script names another, at its head or where it needs it; a comment that shows how is taken for one, which does no harm."""
_PIECE: Final = re.compile(rb'^@import "([^"]+)";$', re.MULTILINE)
"""Where a sheet names a piece of itself: pieces are sent within it, in one answer."""
_TAKEN: Final = re.compile(r"(gzip|br)(?:\s*;\s*q=(?!0(?:\.0*)?$)[0-9.]+)?", re.IGNORECASE)
_ASIDE: Final = {
    "text/css": re.compile(rb"/\*.*?\*/|(?<=\n)[ \t]+", re.DOTALL),
    "text/javascript": re.compile(rb"""^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*$)|(?<=[;{,)}])[ \t]+//[ ][^\n"`]*$""", re.DOTALL | re.MULTILINE),
}
"""What our files say to their readers, a fifth of their weight: it is left out on the way, and every line keeps its number. What
might be within a string, which a quotation mark after it shows, stays."""
_SQUEEZED: Final = frozenset({"text/css", "text/javascript", "image/svg+xml", "application/json"})

mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")


@dataclass(frozen=True)
class Kept:
    """A small file as it is sent."""

    media_type: str
    plain: bytes
    squeezed: bytes | None


class Assets:
    """The files of the desk."""

    def __init__(self, own: Path = OWN, installed: Path = INSTALLED) -> None:
        """Read what is ours. Raises Problem DESK_INCOMPLETE when what is not ours was not installed."""
        self._own, self._installed = own, installed
        self._small: dict[str, bytes] = {}
        for place in VENDOR.values():
            if not (installed / place).exists():
                raise Problem(ProblemType.DESK_INCOMPLETE, place)
        digest = hashlib.sha256((ROOM / "package-lock.json").read_bytes())
        self._kept: dict[str, Kept] = {}
        for path in sorted(path for path in own.rglob("*") if path.is_file()):
            name = path.relative_to(own).as_posix()
            self._kept[name] = _kept(path)
            digest.update(name.encode() + b"\0" + self._kept[name].plain)
        self.version = digest.hexdigest()[:16]
        self._named = Operation(
            id="asset",
            method="GET",
            path="/static/{version}/{name}",
            handler=self.serve,
            text=Label("界面文件", "file"),
            answers={},
            tag="desk",
        )

    def url(self, name: str) -> str:
        """Return the address of a file: `desk.css`, `submit/page.js`, or `vendor/htmx.js`."""
        return f"/static/{self.version}/{name}"

    def text(self, name: str) -> str:
        """Return a file of ours as it is sent. Raises KeyError."""
        return self._kept[name].plain.decode()

    def holds(self, name: str) -> bool:
        """Say whether there is a file of this name."""
        return name in self._kept or self._vendor(name) is not None

    def loaded(self, names: Iterable[str]) -> frozenset[str]:
        """Return these scripts of ours, and all that they import, however far."""
        found: set[str] = set()
        waiting = [name for name in names if name in self._kept]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [each for each in imports(name, self.text(name)) if each in self._kept]
        return frozenset(found)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /static/{version}/{name}. An older version's name gets today's file, but is not to be kept."""
        request[OPERATION] = self._named
        name = request.match_info["name"]
        kept = self._kept.get(name)
        path = None if kept else self._vendor(name)
        if kept is None and path is not None and path.stat().st_size <= SMALL:
            kept = self._kept[name] = _kept(path)
        current = request.match_info["version"] == self.version
        headers = {
            hdrs.CACHE_CONTROL: FOREVER if current else "no-cache",
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",  # the viewer's frame has no origin; what lies here is everybody's
        }
        if kept is None:
            if path is None:
                raise Problem(ProblemType.NOT_FOUND, "file")
            return web.FileResponse(path, headers=headers)
        body, codings = kept.plain, taken(request) if kept.squeezed is not None else frozenset()
        if "br" in codings:
            body, headers[hdrs.CONTENT_ENCODING] = await self._smallest(name, kept), "br"
        elif "gzip" in codings and kept.squeezed is not None:
            body, headers[hdrs.CONTENT_ENCODING] = kept.squeezed, "gzip"
        return web.Response(body=body, content_type=kept.media_type, charset="utf-8" if kept.squeezed else None, headers=headers)

    async def _smallest(self, name: str, kept: Kept) -> bytes:
        """Return a file as small as it gets, a sixth less than gzip; made when it is first asked for, for it takes its time."""
        if name not in self._small:
            self._small[name] = await asyncio.to_thread(brotli.compress, kept.plain, brotli.MODE_TEXT)
        return self._small[name]

    def _vendor(self, name: str) -> Path | None:
        folder, _, rest = name.partition("/")
        top, _, inside = rest.partition("/")
        if folder != "vendor" or top not in VENDOR or "\0" in inside:
            return None
        root = (self._installed / VENDOR[top]).resolve()
        path = (root / inside).resolve() if inside else root
        return path if path.is_file() and path.is_relative_to(root) else None


def taken(request: web.Request) -> frozenset[str]:
    """Return how an answer may be squeezed, of `gzip` and `br` (RFC 9110, 12.5.3; RFC 7932): a coding of no weight is refused."""
    asked = map(_TAKEN.fullmatch, map(str.strip, request.headers.get(hdrs.ACCEPT_ENCODING, "").split(",")))
    return frozenset(coding[1].lower() for coding in asked if coding)


def imports(name: str, text: str) -> list[str]:
    """Return the names of the files that a script imports; those of the vendors begin with `vendor/`."""
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), named)) for named in _IMPORT.findall(text)]


def _kept(path: Path) -> Kept:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    plain = path.read_bytes()
    if media_type == "text/css":
        plain = _PIECE.sub(lambda piece: (path.parent / piece[1].decode()).read_bytes(), plain)
    if media_type in _ASIDE and OWN in path.parents:
        plain = _ASIDE[media_type].sub(lambda aside: b"\n" * aside[0].count(b"\n"), plain)
    squeezed = gzip.compress(plain, 9, mtime=0) if media_type in _SQUEEZED else None
    return Kept(media_type, plain, squeezed)
