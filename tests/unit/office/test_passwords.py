"""What a good password is, how it is kept, and which codes count when."""

from base64 import b32decode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.office import passwords
from exchange.office.passwords import Cost, Keeper, Weakness

CHEAP = Cost(1, 1, 8)
KEY = bytes(range(32))
NAMES = ("T01.1", "张三", "T01", "城关镇", "示例县")
VECTORS = {59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037"}
"""RFC 6238, appendix B, SHA-1; eight digits, of which ours are the last six."""
SECRET = b"12345678901234567890"


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("eleven sign", Weakness.SHORT),
        ("长" * 3, Weakness.SHORT),
        ("x1" * 65, Weakness.LONG),
        ("aaaaaaaaaaaaaaaa", Weakness.SIMPLE),
        ("1234567890123456", Weakness.SIMPLE),
        ("abababababababab", Weakness.SIMPLE),
        ("zyxwvutsrqponmlk", Weakness.SIMPLE),
        ("我是城关镇的张三今天上班去了", Weakness.NAMED),
        ("horse ｔ01 battery", Weakness.NAMED),
        ("correct horse battery", None),
        ("两个黄鹂鸣翠柳一行白鹭上青天", None),
    ],
)
def test_a_password_is_long_and_neither_simple_nor_a_name(password: str, why: Weakness | None) -> None:
    assert passwords.weakness(password, NAMES) == why


def test_a_kept_password_is_known_again_however_it_was_composed_and_only_under_its_key() -> None:
    keeper = Keeper(KEY, CHEAP)
    kept = keeper.keep("Ａmélie horse battery")
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert keeper.is_password("Ame\u0301lie horse battery", kept)
    assert not keeper.is_password("amélie horse battery", kept)
    assert not Keeper(bytes(32), CHEAP).is_password("Amélie horse battery", kept)
    assert keeper.keep("Amélie horse battery") != kept


def test_what_was_kept_at_another_cost_still_counts() -> None:
    kept = Keeper(KEY, Cost(2, 1, 16)).keep("correct horse battery")
    assert Keeper(KEY, CHEAP).is_password("correct horse battery", kept)


@given(st.text(max_size=300))
def test_nobodys_password_is_never_right_and_is_tried_like_anybodys(password: str) -> None:
    assert not Keeper(KEY, CHEAP).is_password(password, None)


def test_the_authenticators_secret_is_sealed_for_its_person() -> None:
    keeper = Keeper(KEY, CHEAP)
    sealed = keeper.seal("T01.1", SECRET)
    assert SECRET not in sealed
    assert keeper.open("T01.1", sealed) == SECRET
    assert keeper.open("T01.2", sealed) is None
    assert keeper.open("T01.1", b"") is None
    assert Keeper(bytes(32), CHEAP).open("T01.1", sealed) is None


@pytest.mark.parametrize(("seconds", "digits"), VECTORS.items())
def test_codes_are_those_of_the_standard(seconds: int, digits: str) -> None:
    assert passwords.matching_step(SECRET, digits[2:], at(seconds), 0) == seconds // 30


def test_a_code_counts_half_a_minute_around_its_own_and_once() -> None:
    code, step = VECTORS[1111111111][2:], 1111111111 // 30
    begins = step * 30
    good = [passwords.matching_step(SECRET, code, at(begins + late), 0) for late in (-31, -30, 0, 29, 59, 60)]
    assert good == [None, step, step, step, step, None]
    assert passwords.matching_step(SECRET, f" {code[:3]} {code[3:]}", at(begins), step - 1) == step
    assert passwords.matching_step(SECRET, code, at(begins), step) is None
    assert passwords.matching_step(SECRET, code, at(begins), step + 1) is None


@given(st.text(max_size=20))
def test_whatever_else_is_typed_is_no_code(text: str) -> None:
    if "".join(text.split()) != "050471":
        assert passwords.matching_step(SECRET, text, at(1111111111 + 5), 1111111111 // 30) is None


def test_a_secret_is_typed_as_apps_read_it() -> None:
    secret = passwords.make_secret()
    assert b32decode(passwords.typed(secret).replace(" ", "")) == secret
    assert "secret=" in passwords.address(secret, "张三 城关镇", "示例县")


def test_recovery_codes_are_eight_and_forgive_how_they_are_copied() -> None:
    keeper, codes = Keeper(KEY, CHEAP), passwords.make_recovery_codes()
    assert len(set(codes)) == 8
    assert all(passwords.is_recovery_code(code) for code in codes)
    assert not passwords.is_recovery_code("123456")
    sloppy = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert keeper.recovery_digest("T01.1", sloppy) == keeper.recovery_digest("T01.1", codes[0])
    assert keeper.recovery_digest("T01.2", codes[0]) != keeper.recovery_digest("T01.1", codes[0])
