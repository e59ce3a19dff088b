"""Which answers of an authenticator count: good ones, and every kind of bad one."""

from typing import Any

import pytest
from authenticator_maker import HERE, PRESENT, VERIFIED, Authenticator, text
from hypothesis import given
from hypothesis import strategies as st

from exchange.office import passkeys
from exchange.office.passkeys import Party, Passkey
from exchange.office.store import Person
from schemas.problems import Problem, ProblemType
from schemas.words import Role

ZHANG = Person("T01.1", "T01", "张三", Role.CLERK, "城关镇")
USER = passkeys.handle("a" * 64, ZHANG.id)


def authenticator_of(**wrong: Any) -> Authenticator:
    return Authenticator(**({"user": USER} | wrong))


def registered(authenticator: Authenticator, **wrong: Any) -> Passkey:
    options, state = passkeys.begin_registration(HERE, ZHANG, USER, [])
    return passkeys.complete_registration(HERE, state, authenticator.register(options["challenge"], **wrong), ZHANG.id)


def asserted(authenticator: Authenticator, kept: Passkey, **wrong: Any) -> int:
    options, state = passkeys.begin_assertion(HERE)
    answer = authenticator.show(options["challenge"], **wrong)
    assert passkeys.credential_of(answer) == authenticator.credential
    return passkeys.complete_assertion(HERE, state, answer, kept, USER)


def test_a_passkey_is_made_and_shown_again() -> None:
    authenticator = authenticator_of()
    kept = registered(authenticator)
    assert kept[:3] == (authenticator.credential, ZHANG.id, HERE.rp)
    authenticator.counter = 7
    assert asserted(authenticator, kept) == 7


def test_what_is_asked_for_is_a_verified_user_and_a_passkey_that_needs_no_name() -> None:
    kept = registered(authenticator_of())
    options, _ = passkeys.begin_registration(HERE, ZHANG, USER, [kept])
    assert options["authenticatorSelection"]["userVerification"] == options["authenticatorSelection"]["residentKey"] == "required"
    assert [each["id"] for each in options["excludeCredentials"]] == [text(kept.credential)]
    assert {each["alg"] for each in options["pubKeyCredParams"]} == set(passkeys.SUITES)
    asked, _ = passkeys.begin_assertion(HERE)
    assert (asked["rpId"], asked["userVerification"], asked.get("allowCredentials")) == (HERE.rp, "required", None)
    again, _ = passkeys.begin_assertion(HERE, [kept])
    assert [each["id"] for each in again["allowCredentials"]] == [text(kept.credential)]


WRONG: dict[str, dict[str, Any]] = {
    "another site's page": {"origin": "https://evil.example"},
    "another port": {"origin": "https://gw.example"},
    "a page below": {"origin": "https://www.gw.example:8443"},
    "without TLS": {"origin": "http://gw.example:8443"},
    "another host": {"rp": "evil.example"},
    "within another site's frame": {"cross_origin": True},
    "user not verified": {"flags": PRESENT},
    "user not there": {"flags": VERIFIED},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_neither_a_new_one_nor_an_answer_counts_from(wrong: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="passkey-refused"):
        registered(authenticator_of(**wrong))
    good = authenticator_of()
    kept = registered(good)
    with pytest.raises(Problem, match="passkey-refused"):
        asserted(authenticator_of(key=good.key, counter=2, **wrong), kept)


def test_an_answer_does_not_count_for_another_challenge_purpose_key_host_or_person() -> None:
    authenticator = authenticator_of(counter=0)
    kept = registered(authenticator)
    _, state = passkeys.begin_assertion(HERE)
    bad = [
        lambda: passkeys.complete_assertion(HERE, state, authenticator.show(text(bytes(32))), kept, USER),
        lambda: asserted(authenticator, kept, kind="create"),
        lambda: registered(authenticator_of(), kind="get"),
        lambda: asserted(authenticator_of(), kept),
        lambda: asserted(authenticator, kept._replace(rp="other.example")),
        lambda: asserted(authenticator_of(key=authenticator.key, user=bytes(32)), kept),
        lambda: registered(authenticator_of(credential=b"short")),
    ]
    for attempt in bad:
        with pytest.raises(Problem) as caught:
            attempt()
        assert caught.value.kind is ProblemType.PASSKEY_REFUSED
    assert asserted(authenticator_of(key=authenticator.key, user=None, counter=0), kept) == 0


def test_a_counter_that_does_not_grow_is_a_copy() -> None:
    authenticator = authenticator_of(counter=5)
    kept = registered(authenticator)
    for counter in (5, 4, 0):
        authenticator.counter = counter
        with pytest.raises(Problem, match="counter"):
            asserted(authenticator, kept)


@given(
    st.dictionaries(st.sampled_from(["id", "rawId", "type", "response", "x"]), st.one_of(st.none(), st.text(), st.integers(), st.just({})))
)
def test_what_is_no_answer_is_refused(answer: dict[str, Any]) -> None:
    _, state = passkeys.begin_registration(HERE, ZHANG, USER, [])
    for attempt in (lambda: passkeys.credential_of(answer), lambda: passkeys.complete_registration(HERE, state, answer, ZHANG.id)):
        with pytest.raises(Problem, match="passkey-refused"):
            attempt()


def test_a_number_in_place_of_text_is_not_made_into_as_many_bytes() -> None:
    authenticator = authenticator_of()
    options, state = passkeys.begin_registration(HERE, ZHANG, USER, [])
    good = authenticator.register(options["challenge"])
    for bad in (good | {"rawId": 2**40}, good | {"response": good["response"] | {"attestationObject": 2**40}}, good | {"response": 2**40}):
        with pytest.raises(Problem, match="malformed"):
            passkeys.complete_registration(HERE, state, bad, ZHANG.id)
        with pytest.raises(Problem, match="malformed"):
            passkeys.credential_of(bad)


@given(st.data())
def test_a_changed_answer_is_refused_and_never_a_bug(data: st.DataObject) -> None:
    authenticator = authenticator_of()
    kept = registered(authenticator)
    part = data.draw(st.sampled_from(["clientDataJSON", "attestationObject", "authenticatorData", "signature"]))
    options, state = passkeys.begin_registration(HERE, ZHANG, USER, []) if part == "attestationObject" else passkeys.begin_assertion(HERE)
    made = authenticator.register if part == "attestationObject" else authenticator.show
    authenticator.counter += 1
    answer = made(options["challenge"])
    answer["response"][part] = data.draw(st.one_of(st.binary(max_size=200).map(text), st.text(max_size=40)))

    def complete() -> None:
        if part == "attestationObject":
            passkeys.complete_registration(HERE, state, answer, ZHANG.id)
        else:
            passkeys.complete_assertion(HERE, state, answer, kept, USER)

    with pytest.raises(Problem, match="passkey-refused"):
        complete()


@pytest.mark.parametrize(
    ("published", "host", "rp"),
    [
        ("", "localhost:8443", "localhost"),
        ("https://gw.example", "gw.example", "gw.example"),
        ("https://gw.example:8443", "GW.example:8443", "gw.example"),
        ("https://127.0.0.1:8443", "gw.example", "gw.example"),
        ("https://localhost:8443", "gw.example", "gw.example"),
        ("https://gw.example", "other.example", None),
        ("https://gw.example", "10.1.2.3:8443", None),
        ("", "10.1.2.3:8443", None),
        ("", "[::1]:8443", None),
        ("", "1.2.3", None),
        ("", "", None),
        ("", "[", None),
    ],
)
def test_passkeys_are_for_the_published_name_and_never_for_numbers(published: str, host: str, rp: str | None) -> None:
    if rp is None:
        with pytest.raises(Problem, match="passkey-not-here"):
            passkeys.party(published, host)
    else:
        assert passkeys.party(published, host) == Party(rp, f"https://{host.lower()}")
