"""Styles, scripts and pictures: read once at start, sent compressed, kept by browsers for ever under a name that changes with them.

What is ours lies in `static/`, what is not is installed beside it from the npm lockfile and served as it comes. All of it is
under one folder whose name is the digest of the whole, so modules may import each other by relative names.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from schemas.problems import Problem, ProblemType

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

    def url(self, name: str) -> str:
        """Return the address of a file: `desk.css`, `submit/page.js`, or `vendor/htmx.js`."""
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /static/{version}/{name}. An older version's name gets today's file, but is not to be kept."""
        name = request.match_info["name"]
        kept = self._kept.get(name)
        path = None if kept else self._vendor(name)
        if kept is None and path is not None and path.stat().st_size <= SMALL:
            kept = self._kept[name] = _kept(path)
        current = request.match_info["version"] == self.version
        headers = {hdrs.CACHE_CONTROL: FOREVER if current else "no-cache", hdrs.VARY: hdrs.ACCEPT_ENCODING}
        if kept is None:
            if path is None:
                raise Problem(ProblemType.NOT_FOUND, "file")
            return web.FileResponse(path, headers=headers)
        body = kept.plain
        if kept.squeezed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            body = kept.squeezed
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=body, content_type=kept.media_type, charset="utf-8" if kept.squeezed else None, headers=headers)

    def _vendor(self, name: str) -> Path | None:
        folder, _, rest = name.partition("/")
        top, _, inside = rest.partition("/")
        if folder != "vendor" or top not in VENDOR:
            return None
        root = (self._installed / VENDOR[top]).resolve()
        path = (root / inside).resolve() if inside else root
        return path if path.is_file() and path.is_relative_to(root) else None


def _kept(path: Path) -> Kept:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    plain = path.read_bytes()
    squeezed = gzip.compress(plain, 9, mtime=0) if media_type in _SQUEEZED else None
    return Kept(media_type, plain, squeezed)
