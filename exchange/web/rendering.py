"""Templates become pages: in one of two languages, escaped, with the frame and the notice around them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import brotli
import jinja2
from aiohttp import hdrs, web

from exchange.correction import written
from exchange.office import browsers
from exchange.service import Service
from exchange.web import frame, violations
from exchange.web.assets import ROOM, Assets, taken
from exchange.web.loading import Loading
from exchange.web.texts import CHINESE, ENGLISH, LANGUAGES, Texts
from schemas import instants
from schemas.words import NOTICE_EN, NOTICE_ZH, UNCLASSIFIED, Label, Word

LANGUAGE_COOKIE: Final = "language"
_YEAR: Final = 365 * 24 * 3600
_PLACE: Final = ZoneInfo("Asia/Shanghai")
_KIB: Final = 1024
_AT_ONCE: Final = 192 * _KIB
_QUICKLY: Final = 5
"""As quick as gzip, and an eighth smaller."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'; worker-src 'self'; manifest-src 'self';"
    f" report-uri {violations.PATH}"
)
"""Nothing inline, nothing from elsewhere: a script that somebody smuggles into a page is not run."""


class Desk:
    """What all pages share: templates, texts and files."""

    def __init__(self, service: Service) -> None:
        """Read everything once. Raises Problem DESK_INCOMPLETE."""
        self.assets, self.texts, self._service = Assets(), Texts(), service
        self._loading = Loading(self.assets, self.texts)
        self._environments = {language: self._environment(language) for language in LANGUAGES}

    def render(self, request: web.Request, template: str, status: int = 200, **context: Any) -> web.Response:
        """Return a page, or a piece of one, as an answer. `context` is what the template asks for."""
        language = language_of(request)
        text = self.written(request, template, **context)
        response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
        response.headers[hdrs.CONTENT_LANGUAGE] = language
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, path="/", secure=True, httponly=True, samesite="Lax")
        _squeeze(response, text, taken(request))
        return response

    def written(self, request: web.Request, template: str, **context: Any) -> str:
        """Return a page, or a piece of one, as it is read."""
        language = language_of(request)
        session = request.get(browsers.SESSION)
        around: Mapping[str, Any] = {
            "person": None if session is None else session.person,
            "session": session,
            "path": request.path,
            "request_url": str(request.rel_url),
            "places": frame.places(None if session is None else session.person),
            "switched": frame.in_language(
                request.rel_url, ENGLISH if language == CHINESE else CHINESE, readable=request.method in browsers.SAFE
            ),
            "now": self._service.watch.now(),
        }
        text = self._environments[language].get_template(template).render(**around, **context)
        return self._loading.complete(text, language)

    def _environment(self, language: str) -> jinja2.Environment:
        loader = jinja2.FileSystemLoader(ROOM / "templates")
        environment = jinja2.Environment(
            loader=loader,
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        vars(environment)["install_gettext_translations"](self.texts.translations(language), newstyle=True)
        chinese = language == CHINESE
        environment.globals.update(
            language=language,
            chinese=chinese,
            static=self.assets.url,
            viewer=f"/viewer/{self.assets.version}?lang={language}",
            loading=self._loading.here,
            county=self._service.county.settings.name,
            support=self._service.county.settings.support,
            is_here=frame.is_here,
            notice=NOTICE_ZH if chinese else NOTICE_EN,
            unclassified=UNCLASSIFIED if chinese else "not classified",
        )
        environment.filters.update(
            word=lambda word: _label(word, language),
            moment=moment,
            day=day,
            size=size,
            reason=lambda text: written.shown(text, chinese=chinese),
        )
        return environment


DESK: web.AppKey[Desk] = web.AppKey("desk", Desk)


def _squeeze(response: web.Response, text: str, codings: frozenset[str]) -> None:
    """Make an answer small: at once where that takes a millisecond or three, else in a thread while it is sent."""
    if "br" in codings and len(text) <= _AT_ONCE:
        response.body = brotli.compress(text.encode(), brotli.MODE_TEXT, quality=_QUICKLY)
        response.headers[hdrs.CONTENT_ENCODING] = "br"
    elif "gzip" in codings:
        response.enable_compression(web.ContentCoding.gzip)


def language_of(request: web.Request) -> str:
    """Return the language of an answer: what the address asks for, else what was chosen before, else what the browser prefers."""
    for wanted in (request.query.get("lang", ""), request.cookies.get(LANGUAGE_COOKIE, "")):
        if wanted in LANGUAGES:
            return wanted
    first = request.headers.get(hdrs.ACCEPT_LANGUAGE, "").split(",")[0].strip().lower()
    return ENGLISH if first.startswith("en") else CHINESE


def moment(value: str | datetime) -> str:
    """Write an instant as a person reads it, to the minute, in China's time."""
    return _local(value).strftime("%Y-%m-%d %H:%M")


def day(value: str | datetime) -> str:
    """Write the day of an instant, in China's time."""
    return _local(value).strftime("%Y-%m-%d")


def size(count: int) -> str:
    """Write a number of bytes as a person reads it."""
    amount = float(count)
    for unit in ("B", "KB", "MB"):
        if amount < _KIB:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"  # noqa: PLR2004 - three digits
        amount /= _KIB
    return f"{amount:.1f} GB"


def _local(value: str | datetime) -> datetime:
    return (instants.read(value) if isinstance(value, str) else value).astimezone(_PLACE)


def _label(word: Word | Label, language: str) -> str:
    return word.zh if language == CHINESE else word.en
