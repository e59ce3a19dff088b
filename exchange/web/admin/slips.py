"""Code slips 注册单: what an invited person gets on paper. The codes are shown here once; the ledger keeps digests alone."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import segno
from aiohttp import web

from exchange.commands import Invited
from exchange.office.store import INVITATION_LIFE, Person
from exchange.service import SERVICE
from exchange.web.admin.acting import now_of, render
from schemas.words import Role

A_SHEET: Final = 6
"""Slips of a page of A4, in two columns."""
_GROUP: Final = 4
_LINE: Final = 32
_MASK: Final = 3


class Slip(NamedTuple):
    """One person's slip; `address` opens the page at which this computer is enrolled, with the code filled in."""

    person: Person
    code: str
    until: datetime
    address: str
    picture: str


def address(url: str, code: str) -> str:
    """Return where a code is brought: it stands behind the #, which browsers send to nobody."""
    return f"{url.rstrip('/')}/enrol#code={code}"


def picture(text: str) -> str:
    """Return the code of a text as an address of its own: SVG, black on white in the dark as well.

    The mask is fixed: trying all eight for hundreds of slips takes seconds, and every one of them is read alike.
    """
    return segno.make(text, error="m", micro=False, mask=_MASK).svg_data_uri(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


def grouped(fingerprint: str) -> list[str]:
    """Return a fingerprint in groups of four, line by line, as two people compare it."""
    lines = [fingerprint[at : at + _LINE] for at in range(0, len(fingerprint), _LINE)]
    return [" ".join(line[at : at + _GROUP] for at in range(0, len(line), _GROUP)) for line in lines]


def sheets(slips: Sequence[Slip]) -> list[Sequence[Slip]]:
    """Return slips page by page."""
    return [slips[at : at + A_SHEET] for at in range(0, len(slips), A_SHEET)]


def county_address(request: web.Request) -> str:
    """Return where the county is found: as its settings say, else as it was asked."""
    return request.app[SERVICE].county.settings.url or str(request.url.origin().with_scheme("https"))


async def shown(request: web.Request, invited: Sequence[Invited], here: str) -> web.Response:
    """Answer with the slips of those who were just invited: to be printed now, for the codes are not kept."""
    url, now = county_address(request), now_of(request)
    made = await asyncio.to_thread(_slips, invited, url, now)
    people = [slip for slip in made if slip.person.role is not Role.SERVICE]
    return render(
        request,
        "slips.html",
        here,
        slips=made,
        sheets=sheets(people),
        programs=[slip for slip in made if slip.person.role is Role.SERVICE],
        fingerprint=grouped(request.app[SERVICE].county.fingerprint),
        plain_fingerprint=request.app[SERVICE].county.fingerprint,
        url=url,
    )


def _slips(invited: Sequence[Invited], url: str, now: datetime) -> list[Slip]:
    return [_slip(one, url, now) for one in invited]


def _slip(one: Invited, url: str, now: datetime) -> Slip:
    where = address(url, one.invitation.shown)
    return Slip(one.person, one.invitation.shown, now + INVITATION_LIFE, where, picture(where))
