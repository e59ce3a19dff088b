"""My account in a real browser, with an authenticator that Chromium plays: every way in, and every way to show again that it is oneself."""

import io
import re
import time
from base64 import b32decode
from collections.abc import Iterator

import pytest
import zxingcpp
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from desk_maker import NARROW, WIDE, DeskCounty, Watched, desk
from entering_maker import enrol
from PIL import Image
from playwright.sync_api import expect

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PASSWORD = "correct horse battery"  # noqa: S105 - invented


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskCounty]:
    with desk(tmp_path_factory) as made:
        made.process.url = made.process.url.replace("127.0.0.1", "localhost")  # passkeys need a name
        yield made


def is_fit(page: Watched, *, said: str) -> None:
    """Judge a page in both languages, wide and narrow; what it answers to forms cannot be asked for again, and is judged as it is."""
    assert said in page.inner_text("main")
    assert page.axe() == []
    page.page.set_viewport_size(NARROW)
    assert not page.is_wider_than_the_screen()
    page.page.set_viewport_size(WIDE)


def in_both_languages(page: Watched, chinese: str, english: str) -> None:
    is_fit(page, said=chinese)
    address = page.url
    page.goto(f"{address}{'&' if '?' in address else '?'}lang=en")
    is_fit(page, said=english)
    page.goto(f"{address}{'&' if '?' in address else '?'}lang=zh-CN")


def digits(address: str) -> str:
    found = re.search(r"[?&]secret=([A-Z2-7]+)", address)
    assert found
    totp = TOTP(b32decode(found[1]), 6, SHA1(), 30)  # noqa: S303 - HMAC, as the apps expect it
    return totp.generate(int(time.time())).decode()


def leave(page: Watched) -> None:
    page.click("header >> text=退出")
    page.page.wait_for_url("**/signin")


def adds_a_passkey(county: DeskCounty, page: Watched) -> None:
    debugger = page.page.context.new_cdp_session(page.page)
    debugger.send("WebAuthn.enable")
    authenticator = debugger.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]
    page.goto(f"{county.url}/account")
    page.fill("#new-passkey [name=name]", "办公室的电脑")
    page.click("#new-passkey button")
    expect(page.page.locator("#main")).to_contain_text("办公室的电脑")
    (made,) = debugger.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)
    page.click("#new-passkey button")
    expect(page.page.locator("#messages")).to_contain_text("已经有了")


def sets_a_password(page: Watched) -> list[str]:
    """Set a password and return the recovery codes."""
    page.click("text=设置口令")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("form.entering button")
    is_fit(page, said="扫描此图")
    (scanned,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.page.locator(".qr").screenshot())))
    assert scanned.text.startswith("otpauth://totp/")
    page.fill("#code", digits(scanned.text))
    page.click("form.entering button")
    is_fit(page, said="备用码")
    codes = page.page.locator(".spare-codes code").all_inner_texts()
    page.click("text=已保存好")
    return list(codes)


def confirms_in_three_ways(county: DeskCounty, page: Watched, code: str) -> None:
    asked, account = f"{county.url}/confirm?next=%2Faccount", f"{county.url}/account"
    page.goto(asked)
    in_both_languages(page, "请确认是您本人", "Is it you?")
    for button in ("#with-key", "#with-passkey"):
        page.goto(asked)
        page.click(button)
        page.page.wait_for_url(account)
    page.goto(asked)
    page.fill("#password", PASSWORD)
    page.fill("#code", code)
    page.click("form.entering button")
    page.page.wait_for_url(account)


def test_every_way_in_and_every_way_to_confirm(county: DeskCounty) -> None:
    page = enrol(county.stranger(), "T01", "张三")
    adds_a_passkey(county, page)
    codes = sets_a_password(page)
    in_both_languages(page, "剩余备用码：8 个", "Spare codes left: 8")
    confirms_in_three_ways(county, page, codes[0])
    leave(page)
    expect(page.page.locator("#signin button")).to_be_visible()
    in_both_languages(page, "其他登录方式", "Other ways to sign in")
    page.click("#with-passkey")
    page.page.wait_for_url(f"{county.url}/")
    leave(page)
    page.click("text=口令和验证码登录")
    is_fit(page, said="口令登录")
    page.select_option("#office", "T01")
    page.fill("#name", "张三")
    page.fill("#password", PASSWORD)
    page.fill("#code", codes[1])
    page.click("form.entering button")
    page.page.wait_for_url(f"{county.url}/")
    leave(page)
    page.goto(f"{county.url}/signin/password")
    assert page.page.locator("#office").input_value() == "T01"  # chosen already, the next time
    assert page.complaints == []


def test_nobody_verified_cancelled_and_no_passkey_are_said_in_words(county: DeskCounty) -> None:
    visitor = county.stranger()
    page = visitor.open("/signin")
    debugger = visitor.context.new_cdp_session(page.page)
    debugger.send("WebAuthn.enable")
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | {"isUserVerified": False}})
    page.click("#with-passkey")
    expect(page.page.locator("#messages")).to_contain_text("未能确认")
    numbers = Watched(visitor.context.new_page())
    numbers.page.goto(county.url.replace("localhost", "127.0.0.1") + "/signin")
    expect(numbers.page.locator("#no-passkeys-here")).to_be_visible()
    assert numbers.page.locator("#with-passkey").is_hidden()
    assert page.complaints == numbers.complaints == []


def test_the_password_form_works_without_scripts(county: DeskCounty) -> None:
    page = county.stranger(java_script_enabled=False).open("/signin/password")
    page.select_option("#office", "T02")
    page.fill("#name", "查无此人")
    page.fill("#password", PASSWORD)
    page.fill("#code", "123456")
    page.click("form.entering button")
    assert "单位、姓名、口令或验证码不对" in page.inner_text("main")
    assert page.page.locator("#name").input_value() == "查无此人"
    assert page.page.locator("#password").input_value() == ""
