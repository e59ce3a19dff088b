"""What browsers report of our own content policy (CSP): how often, which rule, on which page; in memory, since the last start.

A report may quote a page and its address: of both only what we ourselves wrote is kept, the page's pattern among our routes and
the rule's name. `report-uri` alone is named in the policy: every browser knows it and sends at once, while `report-to` waits a minute,
and makes those that know it forget the other.
"""

from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web
from yarl import URL

from exchange.intake.limits import Rate
from exchange.office.browsers import require_same_site
from exchange.office.session import bounded_body
from exchange.operation import OPERATION, Operation
from exchange.service import SERVICE
from schemas.messages import decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

PATH: Final = "/csp-report"
A_MINUTE: Final = 30
"""Reports that an address may send; one broken page of one browser makes a handful."""
LARGEST: Final = 8 * 1024
MOST: Final = 100
"""Different violations that are told apart; further ones are counted together."""
MEDIA_TYPES: Final = frozenset({"application/csp-report", "application/json"})

DIRECTIVES: Final = frozenset(
    f"{name}-src{part}"
    for name in ("default", "script", "style", "img", "connect", "font", "worker", "manifest", "frame", "child", "media", "object")
    for part in ("", "-elem", "-attr")
) | {"form-action", "base-uri", "frame-ancestors"}
_KEYWORDS: Final = frozenset({"inline", "eval", "wasm-eval", "trusted-types-policy", "trusted-types-sink"})
_SCHEMES: Final = frozenset(
    {"data", "blob", "http", "https", "ws", "wss", "about", "file", "chrome-extension", "moz-extension", "safari-web-extension"}
)
_OTHER: Final = "other"


class Violation(NamedTuple):
    """What was not allowed: the rule, the page's pattern, and what kind of source it was: a keyword, `own`, or a scheme."""

    directive: str
    page: str
    source: str


REST: Final = Violation(_OTHER, _OTHER, _OTHER)


class _Report(msgspec.Struct, frozen=True, rename="kebab"):
    document_uri: str = ""
    violated_directive: str = ""
    effective_directive: str = ""
    blocked_uri: str = ""


class _Body(msgspec.Struct, frozen=True):
    report: _Report = msgspec.field(name="csp-report")


class Violations:
    """Counts of violations since the start."""

    def __init__(self) -> None:
        """Count from zero."""
        self.counts: Counter[Violation] = Counter()
        self.rate = Rate(A_MINUTE)

    def count(self, violation: Violation) -> None:
        """Count one; memory is bounded."""
        known = violation in self.counts or len(self.counts) < MOST
        self.counts[violation if known else REST] += 1

    @property
    def total(self) -> int:
        """How many there were."""
        return self.counts.total()

    def often(self, most: int = 3) -> list[tuple[Violation, int]]:
        """Return those that were reported most."""
        return self.counts.most_common(most)


VIOLATIONS: web.AppKey[Violations] = web.AppKey("violations", Violations)


async def take(request: web.Request) -> web.Response:
    """POST /csp-report, from a browser that shows a page of ours.

    Raises Problem CROSS_SITE, TOO_MANY_REQUESTS, MEDIA_TYPE_UNSUPPORTED, BODY_TOO_LARGE or REQUEST_MALFORMED.
    """
    request[OPERATION] = _NAMED
    require_same_site(request)
    violations = request.app[VIOLATIONS]
    violations.rate.spend(request.remote or "", request.app[SERVICE].watch.clock.elapsed())
    if request.content_type not in MEDIA_TYPES:
        raise Problem(ProblemType.MEDIA_TYPE_UNSUPPORTED, "application/csp-report")
    if (request.content_length or 0) > LARGEST:
        raise Problem(ProblemType.BODY_TOO_LARGE, f"{LARGEST // 1024} KiB")
    body = await bounded_body(request)
    if len(body) > LARGEST:
        raise Problem(ProblemType.BODY_TOO_LARGE, f"{LARGEST // 1024} KiB")
    report = decode(body, _Body, ProblemType.REQUEST_MALFORMED).report
    directive = (report.effective_directive or report.violated_directive).split(" ", 1)[0]
    violation = Violation(
        directive if directive in DIRECTIVES else _OTHER,
        await _pattern(request, report.document_uri),
        source(report.blocked_uri, request.host),
    )
    violations.count(violation)
    return web.Response(status=204)


def source(blocked: str, host: str) -> str:
    """Return what kind of source was blocked: a keyword of the standard, `own` for our own host, else the scheme alone."""
    if blocked in _KEYWORDS:
        return blocked
    if blocked.startswith((f"https://{host}/", f"http://{host}/")) or blocked == "self":
        return "own"
    scheme = blocked.partition(":")[0]
    return scheme if scheme in _SCHEMES else _OTHER


async def _pattern(request: web.Request, address: str) -> str:
    """Return the pattern of the route that an address leads to: names in braces in the place of what it says."""
    try:
        path = URL(address).raw_path
        asked = request.clone(method="GET", rel_url=URL(path, encoded=True))
    except ValueError:
        return _OTHER
    found: Any = await request.app.router.resolve(asked)
    resource = None if found.http_exception is not None else found.route.resource
    return _OTHER if resource is None else str(resource.canonical)


_NAMED: Final = Operation(
    id="csp_report", method="POST", path=PATH, handler=take, text=Label("浏览器安全报告", "a browser's report"), answers={}, tag="desk"
)


def add_violations(app: web.Application) -> None:
    """Add the place to which browsers report."""
    app[VIOLATIONS] = Violations()
    app.router.add_post(PATH, take)
