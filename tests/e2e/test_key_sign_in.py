"""A browser signs in by a request that its key signed, once with each; who was signed in there is out; what a revocation takes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import aiohttp
import pytest
import pytest_asyncio
from county_maker import Running, found, really_serving
from multidict import CIMultiDict

from archive.ledger.database import Tx
from exchange.clock import FakeClock
from exchange.commands import Desk, revoke
from exchange.config import Limits
from exchange.office import browsers, passkeys_store
from exchange.office.passkeys import Passkey
from exchange.request_signature import Message, sign_request
from schemas.problems import Problem, ProblemType
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PATH = "/api/v1/sessions"
OURS = {"Sec-Fetch-Site": "same-origin"}
A_MINUTE = 5
"""Documents that an office of this county may have read in a minute."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("keys") / "county"
    await found(folder, NOW, Limits(submissions_per_office_per_minute=A_MINUTE))
    async with really_serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        yield running


def signed(county: Running, person: str, **headers: str) -> dict[str, str]:
    """Return the headers of a signed request to sign in."""
    message = Message("POST", str(county.client.make_url(PATH)), CIMultiDict(OURS | headers))
    sign_request(message, None, county.people[person], county.clock.now())
    return dict(message.headers)


async def sign_in(county: Running, headers: dict[str, str]) -> tuple[int, str]:
    """Return the status, and the token that was given."""
    answer = await county.client.post(PATH, headers=headers)
    cookies = SimpleCookie(answer.headers.get("Set-Cookie", ""))
    return answer.status, cookies[browsers.COOKIE].value if browsers.COOKIE in cookies else ""


async def is_signed_in(county: Running, token: str) -> bool:
    try:
        await county.service.database.read(browsers.find, token, county.clock.now())
    except Problem as problem:
        assert problem.kind is ProblemType.SIGNED_OUT  # noqa: PT017 - the other outcome is the answer
        return False
    return True


async def test_a_signed_request_signs_in_once_and_never_again(county: Running):
    person = await county.person("T01")
    headers = signed(county, person)
    status, token = await sign_in(county, headers)
    assert (status, await is_signed_in(county, token)) == (201, True)
    assert await sign_in(county, headers) == (401, "")
    assert (await sign_in(county, signed(county, person)))[0] == 201


async def test_whoever_was_signed_in_at_this_browser_is_no_longer(county: Running):
    person = await county.person("T01")
    _, before = await sign_in(county, signed(county, person))
    _, elsewhere = await sign_in(county, signed(county, person))
    status, after = await sign_in(county, signed(county, person) | {"Cookie": f"{browsers.COOKIE}={before}"})
    assert status == 201
    assert [await is_signed_in(county, token) for token in (before, elsewhere, after)] == [False, True, True]


async def test_a_session_begins_no_session_and_another_sites_page_none_either(county: Running):
    person = await county.person("T01")
    _, token = await sign_in(county, signed(county, person))
    assert await sign_in(county, OURS | {"Cookie": f"{browsers.COOKIE}={token}"}) == (401, "")
    assert (await sign_in(county, signed(county, person) | {"Sec-Fetch-Site": "cross-site"}))[0] == 403


async def test_a_service_account_has_no_browser(county: Running):
    account = await county.person("T01", "接口", Role.SERVICE)
    status, token = await sign_in(county, signed(county, account))
    assert (status, token) == (403, "")


async def test_a_revocation_ends_sessions_and_passkeys_for_a_lost_computer_may_be_one(county: Running):
    person, other = await county.person("T01"), await county.person("T01")
    tokens = [(await sign_in(county, signed(county, each)))[1] for each in (person, other)]
    for each in (person, other):
        passkey = Passkey(each.encode().rjust(16), each, "localhost", b"key", 0)
        await county.service.database.write(passkeys_store.add, passkey, "笔记本", county.clock.now())
    desk = Desk(county.county, county.service.database, county.service.watch, county.service.reload_trust)
    await revoke(desk, person=person)

    def passkeys(tx: Tx) -> list[int]:
        return [len(passkeys_store.of_person(tx, each)) for each in (person, other)]

    assert await county.service.database.read(passkeys) == [0, 1]
    assert [await is_signed_in(county, token) for token in tokens] == [False, True]


async def test_no_office_has_documents_read_for_its_forms_without_end(county: Running):
    person = await county.person("T01")
    _, token = await sign_in(county, signed(county, person))
    headers = OURS | {"Cookie": f"{browsers.COOKIE}={token}", "Yizhan-Document-Name": "a.txt", "Content-Type": "text/plain"}
    body = "关于防汛准备工作情况的报告".encode()
    url = county.client.make_url("/submit/reading")  # a page's own address, which the description does not judge
    async with aiohttp.ClientSession() as plain:
        answers = [(await plain.post(url, data=body, headers=headers)).status for _ in range(A_MINUTE + 1)]
    assert answers == [200] * A_MINUTE + [429]
