"""Signing in without the browser's own key, showing again that it is oneself, and being signed out: what the service says and keeps."""

import asyncio
import re
from base64 import b32decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer
from authenticator_maker import Authenticator
from county_maker import Running, found, running
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from msgspec import structs
from multidict import CIMultiDict

from archive.ledger.database import Tx
from exchange.app import make_app
from exchange.clock import FakeClock
from exchange.commands import Desk, revoke
from exchange.county import open_folder
from exchange.office import browsers, passwords, store
from exchange.office.passwords import Cost, Keeper
from exchange.office.passwords_store import Kept, keep
from exchange.office.signing_in import CEREMONY, ENTRANCE
from exchange.request_signature import Message, sign_request
from schemas.problems import ProblemType
from schemas.words import Role

# ruff: noqa: S106 - invented passwords
pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = bytes(range(20))
PASSWORD = "correct horse battery"  # noqa: S105
HOST = {"Host": "localhost:8443"}
HERE = "https://localhost:8443"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("signing-in") / "county"
    await found(folder, NOW)
    opened, clock = open_folder(folder), FakeClock(NOW)
    async with running(opened, clock) as service, TestClient(TestServer(make_app(service))) as client:
        made = Running(opened, service, client, clock)
        client.app[ENTRANCE].keeper = Keeper(opened.signin_key(), Cost(1, 1, 8))
        await made.office("T01")
        await made.office("T02", "河西乡")
        yield made


@pytest.fixture(autouse=True)
def pause(county: Running) -> None:
    """Every test begins with the counts of tries at nought."""
    county.clock.advance(timedelta(minutes=15))  # type: ignore[attr-defined]


@dataclass
class Browser:
    """A browser with its cookies; what it sends comes from a page of ours unless a test says otherwise."""

    county: Running
    cookies: dict[str, str]

    async def ask(self, method: str, path: str, data: Any = None, json: Any = None, **headers: str) -> tuple[int, str, Any]:
        """Return status, body and headers."""
        sent = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "User-Agent": "Firefox/1 Windows"} | headers
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name: value for name, value in sent.items() if value}
        answer = await self.county.client.request(method, path, data=data, json=json, headers=sent, allow_redirects=False)
        for line in answer.headers.getall("Set-Cookie", []):
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
        return answer.status, await answer.text(), answer.headers

    @property
    def token(self) -> str:
        return self.cookies.get(browsers.COOKIE, "")

    async def is_signed_in(self) -> bool:
        return (await self.ask("GET", "/account"))[0] == 200

    async def form(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form; returns the status, and where it leads or the page."""
        status, body, headers = await self.ask("POST", path, data=fields)
        return status, headers.get("Location", "") or body


def stranger(county: Running) -> Browser:
    return Browser(county, {})


async def visitor(county: Running, office: str = "T01", name: str = "张三", role: Role = Role.CLERK) -> tuple[Browser, str]:
    """Return somebody new who has just signed in with a key."""
    person = await county.person(office, name, role)
    return await again(county, person), person


async def again(county: Running, person: str) -> Browser:
    """Return another browser of a person."""
    token = await county.service.database.write(browsers.begin, person, "key", "Chrome/1 Linux", county.clock.now())
    return Browser(county, {browsers.COOKIE: token})


def code(county: Running, steps: int = 0, secret: bytes = SECRET) -> str:
    moment = county.clock.now() + timedelta(seconds=30 * steps)
    return TOTP(secret, 6, SHA1(), 30).generate(int(moment.timestamp())).decode()  # noqa: S303 - HMAC, as the apps expect it


def secret_of(page: str) -> bytes:
    """Return the secret that a person types into an app that cannot scan."""
    found = re.search(r'class="secret"[^>]*>([^<]+)', page)
    assert found
    return b32decode("".join(found[1].split()))


async def with_password(county: Running, person: str) -> list[str]:
    """Give a person a password; returns the recovery codes."""
    keeper, codes = county.client.app[ENTRANCE].keeper, passwords.make_recovery_codes()
    kept = Kept(person, keeper.keep(PASSWORD), keeper.seal(person, SECRET), 0, "", 8)
    await county.service.database.write(keep, kept, [keeper.recovery_digest(person, each) for each in codes], county.clock.now())
    return codes


def typed(name: str, code: str, office: str = "T01", password: str = PASSWORD) -> dict[str, str]:
    return {"office": office, "name": name, "password": password, "code": code}


async def rows(county: Running, table: str, person: str) -> int:
    def count(tx: Tx) -> int:
        return int(tx.row(f"SELECT count(*) AS count FROM {table} WHERE person = :person", person=person).count)  # noqa: S608

    return await county.service.database.read(count)


# ---- password and code


async def test_a_password_is_set_in_two_steps_and_signs_in_from_then_on(county: Running) -> None:
    browser, person = await visitor(county, name="设口令")
    status, page = await browser.form("/account/password", password="设口令的口令很长很长很长", again="")
    assert status == 422
    assert passwords.Weakness.NAMED.zh in page
    assert (await browser.form("/account/password", password=PASSWORD, again="other"))[0] == 422
    status, page = await browser.form("/account/password", password=PASSWORD, again=PASSWORD)
    assert status == 200
    secret = secret_of(page)
    assert await rows(county, "password", person) == 0
    assert (await browser.form("/account/password/finish", code="000000"))[0] == 422
    now = code(county, secret=secret)
    status, page = await browser.form("/account/password/finish", code=now)
    codes = re.findall(r"[0-9A-Z]{5}-[0-9A-Z]{5}", page)
    assert (status, len(codes)) == (200, 8)
    new = stranger(county)
    assert (await new.form("/signin/password", **typed("设口令", now)))[0] == 403  # the code that set it up was used by that
    assert (await new.form("/signin/password?next=%2Fsent", **typed("设口令", codes[0].lower()))) == (303, "/sent")
    assert await new.is_signed_in()
    assert (await browser.form("/account/password/remove")) == (303, "/account")
    assert [await rows(county, table, person) for table in ("password", "recovery_code")] == [0, 0]


async def test_a_changed_password_signs_out_who_came_in_by_the_old_one(county: Running) -> None:
    browser, person = await visitor(county, name="换口令")
    await with_password(county, person)
    old = stranger(county)
    await old.form("/signin/password", **typed("换口令", code(county)))
    _, page = await browser.form("/account/password", password="another horse battery", again="another horse battery")
    secret = secret_of(page)
    now = code(county, secret=secret)
    assert await old.is_signed_in()
    await browser.form("/account/password/finish", code=now)
    assert not await old.is_signed_in()
    assert await browser.is_signed_in()


@pytest.mark.parametrize(("method", "path"), [("password", "/account/password/remove"), ("passkey", "/account/passkeys/remove")])
async def test_a_way_in_that_is_given_up_signs_out_who_came_in_by_it(county: Running, method: str, path: str) -> None:
    browser, person = await visitor(county, name="弃用")
    token = await county.service.database.write(browsers.begin, person, method, "Thief/1", county.clock.now())
    thief, other = Browser(county, {browsers.COOKIE: token}), await again(county, person)
    assert await thief.is_signed_in()
    assert await browser.form(path, passkey="00") == (303, "/account")
    assert [await each.is_signed_in() for each in (thief, other, browser)] == [False, True, True]


async def test_a_code_and_a_spare_code_work_once(county: Running) -> None:
    _, person = await visitor(county, name="一次")
    codes = await with_password(county, person)
    for used in (code(county), codes[0]):
        assert (await stranger(county).form("/signin/password", **typed("一次", used)))[0] == 303
        assert (await stranger(county).form("/signin/password", **typed("一次", used)))[0] == 403
    assert (await stranger(county).form("/signin/password", **typed("一次", code(county, 1))))[0] == 303
    assert (await stranger(county).form("/signin/password", **typed("一次", code(county))))[0] == 403  # an older one than the last


async def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(county: Running) -> None:
    _, person = await visitor(county, name="有口令")
    await visitor(county, name="无口令")
    await with_password(county, person)
    keeper = county.client.app[ENTRANCE].keeper
    worked: list[bool] = []

    def counting(password: str, kept: str | None) -> bool:
        worked.append(Keeper.is_password(keeper, password, kept))
        return worked[-1]

    keeper.is_password = counting
    wrong = [
        typed("有口令", code(county), password="wrong horse battery"),
        typed("有口令", "000000"),
        typed("有口令", "AAAAA-AAAAA"),
        typed("有口令", code(county), office="T02"),
        typed("无口令", code(county)),
        typed("查无此人", code(county)),
        {},
    ]
    said = []
    for fields in wrong:
        status, page = await stranger(county).form("/signin/password", **fields)
        said.append((status, re.search(r'<div class="message bad".*?</div>', page, re.DOTALL)[0]))  # type: ignore[index]
        assert PASSWORD not in page
    del keeper.is_password
    assert set(said) == {(403, said[0][1])}
    assert worked == [False, True, True, False, False, False, False]


async def test_five_wrong_tries_lock_a_name_for_a_quarter_of_an_hour_and_say_so(county: Running) -> None:
    _, person = await visitor(county, name="锁定")
    await with_password(county, person)
    for _ in range(5):
        assert (await stranger(county).form("/signin/password", **typed("锁定", "000000")))[0] == 403
    status, page = await stranger(county).form("/signin/password", **typed("锁定", code(county)))
    assert status == 429
    assert "错误次数过多" in page
    assert re.search(r"请 \d+ 分钟后再试", page)
    for _ in range(5):
        assert (await stranger(county).form("/signin/password", **typed("查无此人", "000000")))[0] == 403
    assert (await stranger(county).form("/signin/password", **typed("查无此人", "000000")))[0] == 429
    county.clock.advance(timedelta(minutes=15))  # type: ignore[attr-defined]
    assert (await stranger(county).form("/signin/password", **typed("锁定", code(county))))[0] == 303


async def test_tries_of_a_persons_id_count_together_whatever_office_is_chosen(county: Running) -> None:
    _, person = await visitor(county, name="一个人")
    await with_password(county, person)
    for number in range(5):
        assert (await stranger(county).form("/signin/password", **typed(person, "000000", office=f"T{number}")))[0] == 403
    for office in ("T01", "X9", ""):
        assert (await stranger(county).form("/signin/password", **typed(person, code(county), office=office)))[0] == 429


async def test_a_right_password_with_a_code_that_nobody_was_given_is_a_wrong_try(county: Running) -> None:
    _, person = await visitor(county, name="试码")
    await with_password(county, person)
    statuses = [(await stranger(county).form("/signin/password", **typed("试码", f"AAAAA-AAA{number:02}")))[0] for number in range(7)]
    assert statuses == [403] * 5 + [429] * 2


async def test_an_address_that_tries_one_name_after_the_other_is_locked_too(county: Running) -> None:
    statuses = [(await stranger(county).form("/signin/password", **typed(f"猜{number}", "000000")))[0] for number in range(101)]
    assert statuses == [403] * 100 + [429]


async def test_namesakes_sign_in_by_their_number(county: Running) -> None:
    people = [(await visitor(county, name="同名"))[1] for _ in range(2)]
    for person in people:
        await with_password(county, person)
    assert (await stranger(county).form("/signin/password", **typed("同名", code(county))))[0] == 403
    assert (await stranger(county).form("/signin/password", **typed(people[1], code(county))))[0] == 303
    assert "同名人员" in (await (await again(county, people[0])).ask("GET", "/account"))[1]


async def test_a_service_account_does_not_sign_in(county: Running) -> None:
    person = await county.service.database.write(store.add_person, "T01", "接口", Role.SERVICE, county.clock.now())
    await with_password(county, person)
    assert (await stranger(county).form("/signin/password", **typed("接口", code(county))))[0] == 403


# ---- sessions


async def test_every_sign_in_makes_a_token_of_its_own_and_ends_the_one_before(county: Running) -> None:
    browser, person = await visitor(county, name="新号")
    codes, old = await with_password(county, person), browser.token
    status, _, headers = await browser.ask("POST", "/signin/password", data=typed("新号", codes[0]))
    assert status == 303
    assert browser.token not in ("", old)
    assert not await Browser(county, {browsers.COOKIE: old}).is_signed_in()
    (given,) = headers.getall("Set-Cookie")
    assert given.startswith("__Host-desk=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(given.split("; "))
    assert "Domain" not in given
    planted = Browser(county, {browsers.COOKIE: "A" * 43})
    await planted.ask("POST", "/signin/password", data=typed("新号", codes[1]))
    assert planted.token != "A" * 43
    assert not await Browser(county, {browsers.COOKIE: "A" * 43}).is_signed_in()


async def test_a_person_sees_and_ends_their_own_sessions_only(county: Running) -> None:
    here, person = await visitor(county, name="多处")
    others = [await again(county, person) for _ in range(2)]
    foreign, _ = await visitor(county, "T02", "别人")
    page = (await here.ask("GET", "/account"))[1]
    ids = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert len(ids) == 3
    assert page.count("当前设备") == 1
    assert "Chrome · Linux" in page
    assert not any(each.token in page for each in (here, *others))
    await foreign.form("/account/sessions/end", session=ids[0])
    assert all([await each.is_signed_in() for each in (here, *others)])
    mine = browsers._digest(here.token)
    await here.form("/account/sessions/end", session=next(each for each in ids if each != mine))
    assert sorted([await each.is_signed_in() for each in others]) == [False, True]
    assert await here.form("/account/sessions/end-others") == (303, "/account")
    assert [await each.is_signed_in() for each in (here, *others)] == [True, False, False]
    assert await here.form("/account/sessions/end", session=mine) == (303, "/signin")
    assert here.token == ""
    assert await foreign.is_signed_in()


async def test_whoever_is_revoked_or_leaves_is_out_at_once_and_does_not_come_back(county: Running) -> None:
    desk = Desk(county.county, county.service.database, county.service.watch, county.service.reload_trust)
    browser, person = await visitor(county, name="离岗")
    await with_password(county, person)
    by_password = stranger(county)
    await by_password.form("/signin/password", **typed("离岗", code(county)))
    await revoke(desk, person=person)
    assert [await each.is_signed_in() for each in (browser, by_password)] == [False, False]
    assert (await by_password.form("/signin/password", **typed("离岗", code(county, 1))))[0] == 303  # only the computers were revoked
    await revoke(desk, person=person, left=True)
    assert not await by_password.is_signed_in()
    assert [await rows(county, table, person) for table in ("password", "recovery_code", "passkey", "browser_session")] == [0] * 4
    county.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert (await stranger(county).form("/signin/password", **typed("离岗", code(county))))[0] == 403


SITES = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}]
ORIGINS = [{"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "", "Origin": "null"}, {"Sec-Fetch-Site": ""}]


async def test_what_another_sites_page_sends_is_refused(county: Running) -> None:
    browser, person = await visitor(county, name="跨站")
    codes = await with_password(county, person)
    acts = [
        (browser, "/account/sessions/end-others"),
        (browser, "/account/password"),
        (browser, "/account/passkeys/remove"),
        (browser, "/confirm"),
        (browser, "/confirm/passkey/question"),
        (browser, "/signout"),
        (browser, f"/api/v1/inbox/{'5' * 64}/open"),
        (stranger(county), "/signin/password"),
        (stranger(county), "/signin/passkey/question"),
    ]
    for headers in SITES + ORIGINS:
        for who, path in acts:
            status, body, _ = await who.ask("POST", path, data=typed("跨站", codes[0]), **headers)
            said = "cross-site" in body or ProblemType.CROSS_SITE.title.zh in body  # a page says it in words
            assert (status, said) == (403, True), (path, headers)
    assert await browser.is_signed_in()
    assert (await browser.form("/signin/password", **typed("跨站", codes[0])))[0] == 303  # none of them used it up


# ---- showing again that it is oneself


@pytest.mark.parametrize("origin", ["http://[", "https://[::1", "https://\u2100.example"])
async def test_an_origin_that_is_no_address_is_anothers_and_no_bug(county: Running, origin: str) -> None:
    headers = {"Sec-Fetch-Site": "", "Origin": origin}
    status, body, _ = await stranger(county).ask("POST", "/signin/password", data=typed("谁", "000000"), **headers)
    assert (status, "incident" in body) == (403, False)
    browser, _ = await visitor(county, name="来源")
    county.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    status, _, headers = await browser.ask("POST", "/account/password/remove", Referer=origin)
    assert (status, headers.get("Location")) == (303, "/confirm?next=%2F")


async def test_a_form_without_end_and_a_file_are_not_waited_for(county: Running) -> None:
    limits = county.service.county.settings.limits
    assert limits.seconds_between_chunks > 1
    structs.force_setattr(limits, "seconds_between_chunks", 1)

    async def slow() -> AsyncIterator[bytes]:
        yield b"office=T01&name="
        await asyncio.sleep(3)
        yield b"x"

    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await stranger(county).ask("POST", "/signin/password", data=slow(), **headers))[0] == 408
    finally:
        structs.force_setattr(limits, "seconds_between_chunks", 30)
    form = FormData({"office": "T01", "name": "谁", "password": "x"})
    form.add_field("code", b"0" * 50_000, filename="a.bin")
    assert (await stranger(county).ask("POST", "/signin/password", data=form))[0] == 400


async def test_what_asks_for_it_leads_to_confirming_and_back(county: Running) -> None:
    browser, person = await visitor(county, name="再认")
    codes = await with_password(county, person)
    county.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    status, _, headers = await browser.ask("GET", "/account/password?lang=en")
    assert (status, headers["Location"]) == (303, "/confirm?next=%2Faccount%2Fpassword%3Flang%3Den")
    origin = str(county.client.make_url("/")).rstrip("/")
    for referer, back in ((f"{origin}/account", "%2Faccount"), ("https://evil.example/account", "%2F"), ("", "%2F")):
        status, _, headers = await browser.ask("POST", "/account/password/remove", Referer=referer)
        assert (status, headers["Location"]) == (303, f"/confirm?next={back}")
    status, piece, _ = await browser.ask("POST", "/account/password/remove", **{"HX-Request": "true"})
    assert (status, "/confirm?next=" in piece) == (403, True)
    assert await rows(county, "password", person) == 1
    assert (await browser.form("/confirm?next=%2Faccount", password="wrong", code=codes[0]))[0] == 403
    assert (await browser.form("/confirm?next=https%3A%2F%2Fevil.example", password=PASSWORD, code=codes[0])) == (303, "/")
    assert (await browser.ask("GET", "/account/password"))[0] == 200


async def test_the_browsers_key_confirms_for_its_own_person_once(county: Running) -> None:
    browser, person = await visitor(county, name="用钥")
    _, other = await visitor(county, name="他人")
    county.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]

    def signed(by: str, path: str = "/confirm/key") -> dict[str, str]:
        message = Message("POST", str(county.client.make_url(path)), CIMultiDict())
        sign_request(message, None, county.people[by], county.clock.now())
        return dict(message.headers)

    good = signed(person)
    for headers in ({}, signed(other), signed(person, "/api/v1/sessions")):
        assert (await browser.ask("POST", "/confirm/key", **headers))[0] == 401
        assert (await browser.ask("GET", "/account/password"))[0] == 303
    assert (await stranger(county).ask("POST", "/confirm/key", **good))[0] == 401  # it confirms a session, and begins none
    assert (await browser.ask("POST", "/confirm/key", **good))[0] == 200
    assert (await browser.ask("GET", "/account/password"))[0] == 200
    assert (await browser.ask("POST", "/confirm/key", **good))[0] == 401


# ---- passkeys


async def registered(browser: Browser, person: str, name: str = "") -> Authenticator:
    user = browser.county.client.app[ENTRANCE].user(person)
    authenticator = Authenticator("localhost", HERE, user=user, credential=person.encode().ljust(32, b"."))
    status, body, headers = await browser.ask("POST", "/account/passkeys/question", **HOST)
    assert status == 200, body
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=300"} <= set(headers["Set-Cookie"].split("; "))
    answer = authenticator.register(challenge(body))
    assert (await browser.ask("POST", "/account/passkeys", json={"answer": answer, "name": name}, **HOST))[0] == 201
    return authenticator


def challenge(body: str) -> str:
    found = re.search(r'"challenge": "([\w-]+)"', body)
    assert found
    return found[1]


async def show(browser: Browser, authenticator: Authenticator, path: str = "/signin/passkey") -> tuple[int, str, Any]:
    asked = (await browser.ask("POST", f"{path}/question", **HOST))[1]
    authenticator.counter += 1
    return await browser.ask("POST", path, json={"answer": authenticator.show(challenge(asked))}, **HOST)


async def test_a_passkey_signs_in_confirms_and_is_removed(county: Running) -> None:
    browser, person = await visitor(county, name="快捷")
    authenticator = await registered(browser, person, "办公室的电脑")
    new = stranger(county)
    assert (await show(new, authenticator))[0] == 201
    page = (await new.ask("GET", "/account"))[1]
    assert "办公室的电脑" in page
    county.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    (wanted,) = re.findall(r'name="passkey" value="([0-9a-f]+)"', page)
    assert (await new.form("/account/passkeys/remove", passkey=wanted))[1].startswith("/confirm")
    assert (await show(new, authenticator, "/confirm/passkey"))[0] == 200
    foreign, _ = await visitor(county, name="旁人")
    assert (await foreign.form("/account/passkeys/remove", passkey=wanted))[0] == 303
    assert await rows(county, "passkey", person) == 1
    assert (await new.form("/account/passkeys/remove", passkey=wanted)) == (303, "/account")
    assert (await show(stranger(county), authenticator))[0] == 403


async def test_an_answer_counts_once_in_time_and_in_the_browser_that_was_asked(county: Running) -> None:
    browser, person = await visitor(county, name="一答")
    authenticator = await registered(browser, person)

    async def asked() -> tuple[Browser, dict[str, Any]]:
        one = stranger(county)
        body = (await one.ask("POST", "/signin/passkey/question", **HOST))[1]
        authenticator.counter += 1
        return one, {"answer": authenticator.show(challenge(body))}

    one, answer = await asked()
    other, _ = await asked()
    token = one.cookies[CEREMONY]
    assert (await other.ask("POST", "/signin/passkey", json=answer, **HOST))[0] == 403
    assert (await stranger(county).ask("POST", "/signin/passkey", json=answer, **HOST))[0] == 403
    assert (await one.ask("POST", "/signin/passkey", json=answer, **HOST))[0] == 201
    assert (await Browser(county, {CEREMONY: token}).ask("POST", "/signin/passkey", json=answer, **HOST))[0] == 403
    late, answer = await asked()
    county.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    assert (await late.ask("POST", "/signin/passkey", json=answer, **HOST))[0] == 403
    authenticator.counter -= 3
    copied, answer = await asked()
    status, body, _ = await copied.ask("POST", "/signin/passkey", json=answer, **HOST)
    assert (status, "passkey-refused" in body) == (403, True)


async def test_a_question_of_one_purpose_is_no_answer_to_another(county: Running) -> None:
    browser, person = await visitor(county, name="专用")
    authenticator = await registered(browser, person)
    asked = (await browser.ask("POST", "/signin/passkey/question", **HOST))[1]
    authenticator.counter += 1
    answer = {"answer": authenticator.show(challenge(asked))}
    assert (await browser.ask("POST", "/confirm/passkey", json=answer, **HOST))[0] == 403
    foreign, _ = await visitor(county, name="无匙")
    assert (await foreign.ask("POST", "/confirm/passkey/question", **HOST))[0] == 403


async def test_where_passkeys_do_not_work_it_is_said(county: Running) -> None:
    browser, _ = await visitor(county, name="网址")
    numbers = {"Host": "10.1.2.3:8443"}
    for path in ("/account/passkeys/question", "/signin/passkey/question"):
        status, body, _ = await browser.ask("POST", path, **numbers)
        assert (status, "passkey-not-here" in body) == (403, True)
    assert "数字网址" in (await browser.ask("GET", "/account", **numbers))[1]
    county.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    status, body, _ = await browser.ask("POST", "/account/passkeys/question", **HOST)
    assert (status, "confirm-again" in body) == (403, True)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"answer": 1}', '{"answer": {"id": []}}', "{" * 2000])
async def test_what_is_no_answer_at_all_is_refused(county: Running, body: str) -> None:
    browser, _ = await visitor(county, name="乱答")
    for path in ("/signin/passkey", "/confirm/passkey", "/account/passkeys"):
        status = (await browser.ask("POST", path, data=body, **HOST, **{"Content-Type": "application/json"}))[0]
        assert status in (400, 403)
