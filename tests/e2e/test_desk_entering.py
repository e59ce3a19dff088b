"""The way in, in a real browser: from a slip of paper to being signed in, and what is said when it does not work."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from desk_maker import ARGUMENTS, DeskCounty, Visitor, Watched, chromium, desk
from entering_maker import enrol, invite, module, order
from playwright.sync_api import Route, expect

CODE = "#code"
ENROL = "#enrol button"
MESSAGE = "#messages .message"
END = """async () => {
  const opening = indexedDB.open('signing');
  await new Promise((done) => (opening.onsuccess = done));
  const store = opening.result.transaction('keys', 'readwrite').objectStore('keys');
  const held = await new Promise((done) => (store.getAll().onsuccess = ({ target }) => done(target.result)));
  for (const key of held) store.put({ ...key, notAfter: new Date(Date.now() - 1000) });
  await new Promise((done) => (store.transaction.oncomplete = done));
  opening.result.close();
}"""
"""Lets every enrolment of a browser be over."""

EXPORT = """async (keys) => {
  const { privateKey } = await keys.current();
  const forms = ['pkcs8', 'jwk', 'raw'];
  const tried = forms.map((form) => crypto.subtle.exportKey(form, privateKey).then(() => 'exported', (error) => error.name));
  return [...(await Promise.all(tried)), privateKey.extractable];
}"""
KEPT = ["InvalidAccessError"] * 3 + [False]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        yield made


def current(page: Watched) -> str | None:
    """Return whose key counts on a page."""
    person = module(page, "signing/keys.js", "async (keys) => (await keys.current())?.person ?? null")
    return None if person is None else str(person)


def held(page: Watched) -> list[str]:
    """Return whose keys a browser holds."""
    return list(module(page, "signing/keys.js", "async (keys) => (await keys.all()).map((key) => key.person)"))


def said(page: Watched) -> str:
    expect(page.page.locator(MESSAGE)).to_be_visible()
    return str(page.inner_text(MESSAGE))


def test_from_the_slip_to_signed_in_with_two_clicks_back_with_one_and_off_the_computer_again(county: DeskCounty) -> None:
    visitor = county.stranger()
    code = invite(county, "T01", "张三")
    page = visitor.open(f"/enrol?next=%2Fkey#code={code}")
    assert page.axe() == []
    assert page.url.endswith("/enrol?next=%2Fkey")  # the code does not stay in the address
    page.click(ENROL)
    expect(page.page.locator("#found")).to_be_visible()
    assert "张三" in page.inner_text("#found")
    assert "城关镇" in page.inner_text("#found")
    assert "离开时请退出" in page.inner_text("#found")
    assert page.axe() == []
    page.click("#enter")
    page.wait_for_url("**/key")
    expect(page.page.locator("#key-state")).to_have_text("本机已登记")
    expect(page.page.locator("#enrolled")).to_contain_text("张三")
    assert page.axe() == []
    page.click("text=退出")
    page.wait_for_url("**/signin")
    expect(page.page.locator("#with-key")).to_contain_text("离开时请退出或锁屏")
    page.goto(f"{county.url}/key")  # whoever wants a page and is signed out comes back to it
    page.click("text=以 张三（城关镇）进入")
    page.wait_for_url("**/key")
    page.click("#forget")
    assert page.axe() == []
    page.click("text=保留登记")
    assert current(page) is not None
    page.click("#forget")
    page.click("#sure .danger")
    expect(page.page.locator("#not-enrolled")).to_be_visible()
    expect(page.page.locator("#key-state")).to_have_text("本机未登记")
    assert current(page) is None
    assert page.complaints == []


def test_codes_that_do_not_work_are_told_apart_from_a_network_that_does_not(county: DeskCounty) -> None:
    visitor, other = county.stranger(), county.stranger()
    code = invite(county, "T01", "李四")
    page = visitor.open("/enrol")
    page.fill(CODE, "K7MQ2")
    page.click(ENROL)
    assert "10 位" in said(page)
    assert page.complaints == []
    page.fill(CODE, "0000000000")
    page.click(ENROL)
    expect(page.page.locator(MESSAGE)).to_contain_text("索取新的注册码")

    def lose(route: Route) -> None:
        route.fetch()  # the county answered, and nobody heard it
        route.abort()

    visitor.context.route("**/api/v1/enrolments", lose)
    page.fill(CODE, f" {code.lower()} ".replace("-", " - "))
    page.click(ENROL)
    expect(page.page.locator(MESSAGE)).to_contain_text("连不上")
    visitor.context.unroute("**/api/v1/enrolments", lose)
    page.reload()
    page.fill(CODE, code)
    page.click(ENROL)
    expect(page.page.locator("#found")).to_contain_text("李四")
    page.click("#not-me")
    expect(page.page.locator("#someone-else")).to_be_visible()
    assert held(page) == []
    used = other.open(f"/enrol#code={code}")
    used.click(ENROL)
    assert "已用过" in said(used)


def test_a_browser_that_cannot_sign_is_told_why_and_what_to_do(county: DeskCounty) -> None:
    def plainly(route: Route) -> None:
        answer = visitor.context.request.get(route.request.url.replace("http://county.test", county.url))
        route.fulfill(status=answer.status, headers=dict(answer.headers), body=answer.body())

    visitor = county.stranger()
    visitor.context.route("http://county.test/**", plainly)
    insecure = Watched(visitor.context.new_page())
    insecure.page.goto("http://county.test/enrol?lang=zh-CN")
    assert "https" in said(insecure)
    assert insecure.page.locator(ENROL).is_disabled()

    for script, words in (
        ("Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined})", "版本过旧"),
        ("IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError') }", "无痕"),
    ):
        unfit = county.stranger()
        unfit.context.add_init_script(script)
        page = unfit.open("/enrol")
        assert words in said(page)
        assert page.page.locator(ENROL).is_disabled()
        page.goto(f"{county.url}/signin")
        assert words in said(page)
        expect(page.page.locator("#without-key")).to_be_visible()
        assert page.complaints == []


def test_an_enrolment_that_has_ended_is_said_in_words_with_the_way_on(county: DeskCounty) -> None:
    visitor = county.stranger()
    page = enrol(visitor, "T01", "王五")
    page.click("text=退出")
    page.wait_for_url("**/signin")
    order(county, "revoke", person=current(page), left=False)
    page.wait_for_timeout(1100)  # it counts from the next whole second on
    page.click("text=以 王五")
    assert "已失效" in said(page)
    assert "证书" not in page.inner_text("body")
    expect(page.page.locator("#without-key")).to_be_visible()

    page.evaluate(END)
    page.reload()
    expect(page.page.locator("#signin")).to_contain_text("到期")
    assert page.page.locator("#signin button").count() == 0
    again = enrol(visitor, "T01", "王五")  # a new code, a minute: the same person, one key
    assert len(held(again)) == 1
    expect(again.page.locator("#key-state")).to_have_text("本机已登记")
    again.evaluate(END)  # at work it is said before anything is typed, and what is typed stays
    again.goto(f"{county.url}/submit")
    expect(again.page.locator(MESSAGE)).to_contain_text("本机登记已到期")
    expect(again.page.locator(MESSAGE)).to_contain_text("一分钟即可")
    expect(again.page.locator(MESSAGE).get_by_role("link")).to_have_attribute("href", "/enrol?next=/submit")
    again = enrol(visitor, "T01", "王五")
    again.click("text=退出")
    again.wait_for_url("**/signin")
    slow = visitor.open("/signin")
    slow.clock.set_fixed_time(datetime.now() - timedelta(hours=3))  # noqa: DTZ005 - a computer whose battery is empty
    slow.click("text=以 王五")
    assert "本机时间不对" in said(slow)


def test_two_people_at_one_computer_have_a_key_each(county: DeskCounty) -> None:
    visitor = county.stranger(language="en-GB")
    enrol(visitor, "T01", "甲").close()
    page = enrol(visitor, "T02", "乙")
    second = current(page)
    page.click("text=Sign out")
    page.wait_for_url("**/signin")
    expect(page.page.locator("#signin button")).to_have_count(2)
    assert current(page) == second  # nobody is signed in: the one used last
    page.click("text=Enter as 甲")
    page.wait_for_url(f"{county.url}/")
    first = current(page)
    assert first != second
    assert held(page) == [first, second]
    assert page.axe() == []
    assert page.complaints == []


def test_a_key_cannot_be_read_and_stays_with_its_profile(county: DeskCounty, tmp_path: Path) -> None:
    def start() -> Visitor:
        context = county.browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=chromium(), args=ARGUMENTS, ignore_https_errors=True, locale="zh-CN"
        )
        return Visitor(county, context)

    visitor = start()
    page = enrol(visitor, "T01", "赵六")
    person = current(page)
    assert module(page, "signing/keys.js", EXPORT) == KEPT
    visitor.context.close()
    again = start()
    page = again.open("/signin")
    assert current(page) == person
    assert module(page, "signing/keys.js", EXPORT) == KEPT
    page.click("text=以 赵六")
    page.wait_for_url(f"{county.url}/")
    again.context.close()
    stranger = county.stranger().open("/signin")
    expect(stranger.page.locator("#without-key")).to_be_visible()
    assert held(stranger) == []
