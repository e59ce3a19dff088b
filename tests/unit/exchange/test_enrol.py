"""A one-time code becomes a certificate once, for the one key that asked first, and for nobody who guesses."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from exchange.clock import FakeClock
from exchange.config import Limits
from exchange.office import enrol, store
from exchange.office.enrol import ALPHABET, Invitation
from keys.authority import make_request
from keys.custody import KeySigner
from keys.trust import Purpose, validate
from schemas.problems import Problem
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("enrol") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        await running.office("T01")
        yield running


AS_JSON = {"Content-Type": "application/json"}


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


async def invited(county: Running, name: str = "张三", role: Role = Role.CLERK) -> tuple[str, Invitation]:
    person = await county.service.database.write(store.add_person, "T01", name, role, county.clock.now())
    return person, await county.service.database.write(enrol.invite, person, county.clock.now())


async def asked(county: Running, code: str, csr: bytes | str) -> tuple[int, dict[str, Any]]:
    text = csr if isinstance(csr, str) else base64.b64encode(csr).decode()
    answer = await county.client.post("/api/v1/enrolments", json={"code": code, "csr": text})
    return answer.status, dict(await answer.json())


async def refused(county: Running, code: str, csr: bytes | str) -> str:
    before = await county.kept()
    status, problem = await asked(county, code, csr)
    assert 400 <= status < 500
    assert await county.kept() == before
    return str(problem["type"]).removeprefix("/problems/")


async def test_a_code_brings_a_certificate_whose_names_come_from_the_register(county: Running):
    key, (person, invitation) = new_key(), await invited(county, "李四", Role.REVIEWER)
    status, answer = await asked(county, invitation.shown, make_request(key, "another name"))
    assert (status, answer["person"], answer["office"], answer["name"], answer["role"]) == (201, person, "T01", "李四", "reviewer")
    certificate = x509.load_der_x509_certificate(base64.b64decode(answer["certificate"]))
    identity = validate(certificate, (), county.service.trust, at=NOW, purpose=Purpose.SUBMISSION)
    assert (identity.office, identity.person) == ("T01", person)
    assert certificate.public_key() == key.public_key()
    assert "another name" not in certificate.subject.rfc4514_string()
    county.people[person] = KeySigner(key, certificate, ())
    assert (await county.ask("GET", "/api/v1/inbox", person))[0] == 200


async def test_who_lost_the_answer_gets_the_same_certificate_with_the_same_key_and_another_key_gets_none(county: Running):
    key, (_, invitation) = new_key(), await invited(county)
    first = await asked(county, invitation.code, make_request(key, "x"))
    before = await county.kept()
    assert await asked(county, invitation.code, make_request(key, "x")) == first
    assert await county.kept() == before
    assert await refused(county, invitation.code, make_request(new_key(), "x")) == "code-wrong"


async def test_five_wrong_tries_lock_a_code_for_its_owner_too(county: Running):
    _, invitation = await invited(county)
    for last in "01234":
        wrong = invitation.code[:-1] + (last if last != invitation.code[-1] else "Z")
        assert await refused(county, wrong, make_request(new_key(), "x")) == "code-wrong"
    assert await refused(county, invitation.code, make_request(new_key(), "x")) == "code-wrong"


async def test_four_wrong_tries_do_not(county: Running):
    _, invitation = await invited(county)
    for last in "0123":
        await refused(county, invitation.code[:-1] + (last if last != invitation.code[-1] else "Z"), make_request(new_key(), "x"))
    assert (await asked(county, invitation.code, make_request(new_key(), "x")))[0] == 201


@pytest.mark.parametrize(("hours", "status"), [(23.99, 201), (24, 403), (48, 403)])
async def test_a_code_lives_for_a_day(county: Running, hours: float, status: int):
    _, invitation = await invited(county)
    clock: Any = county.clock
    clock.advance(timedelta(hours=hours))
    assert (await asked(county, invitation.code, make_request(new_key(), "x")))[0] == status


@pytest.mark.parametrize(
    "code", ["", "0", "00000-00000", "ZZZZZ-ZZZZZ", "U" * 10, "*" * 10, "０" * 10, "1" * 11, "\ud800" * 10, "1\u00002345678"]
)
async def test_a_code_that_is_none_is_wrong(county: Running, code: str):
    answer = await county.client.post(
        "/api/v1/enrolments", data=b'{"code":"' + code.encode("utf-8", "backslashreplace") + b'","csr":"AA=="}', headers=AS_JSON
    )
    assert (answer.status, (await answer.json())["type"]) in (
        (403, "/problems/code-wrong"),
        (400, "/problems/csr-malformed"),
        (400, "/problems/request-malformed"),
    )


def other_keys() -> dict[str, bytes | str]:
    def request(key: Any) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
        return x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    good = make_request(new_key(), "x")
    return {
        "P-384": request(ec.generate_private_key(ec.SECP384R1())),
        "secp256k1": request(ec.generate_private_key(ec.SECP256K1())),
        "RSA": request(rsa.generate_private_key(65537, 2048)),
        "bad signature": good[:-1] + bytes([good[-1] ^ 1]),
        "cut": good[:-5],
        "nothing": b"",
        "too much": bytes(20_000),
        "no base64": "!!!",
        "not ASCII": "é" * 8,
        "base64 with a line end": base64.b64encode(good).decode() + "\n",
    }


KEYS = other_keys()


@pytest.mark.parametrize("name", KEYS)
async def test_a_request_without_proof_or_with_another_kind_of_key_is_refused_and_costs_no_try(county: Running, name: str):
    _, invitation = await invited(county)
    for _ in range(6):
        assert await refused(county, invitation.code, KEYS[name]) == "csr-malformed"
    assert (await asked(county, invitation.code, make_request(new_key(), "x")))[0] == 201


async def test_one_who_has_left_gets_no_certificate_neither_new_nor_again(county: Running):
    person, again = await invited(county, "王五")
    key = new_key()
    assert (await asked(county, again.code, make_request(key, "x")))[0] == 201
    fresh = await county.service.database.write(enrol.invite, person, county.clock.now())
    await county.service.database.write(store.leave, person, county.clock.now())
    assert await refused(county, fresh.code, make_request(new_key(), "x")) == "code-wrong"
    assert await refused(county, again.code, make_request(key, "x")) == "code-wrong"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"code":"x"}', b'{"code":1,"csr":2}', b'{"code":"a","csr":"b","role":"administrator"}', b"\xff"]
)
async def test_a_body_that_is_none_is_malformed(county: Running, body: bytes):
    answer = await county.client.post("/api/v1/enrolments", data=body, headers=AS_JSON)
    assert (answer.status, (await answer.json())["type"]) == (400, "/problems/request-malformed")


async def test_a_body_without_end_is_not_read(county: Running):
    answer = await county.client.post("/api/v1/enrolments", data=b'{"code":"' + b"0" * 100_000 + b'"}', headers=AS_JSON)
    assert (answer.status, (await answer.json())["type"]) == (413, "/problems/body-too-large")


@given(st.text(ALPHABET, min_size=10, max_size=10), st.sampled_from([str.lower, str.upper]), st.integers(0, 10))
async def test_a_code_is_read_however_it_is_typed(code: str, case: Any, place: int):
    typed = case(code[:place] + " -" + code[place:]).replace("0", "O").replace("1", "l")
    assert Invitation.parse(typed) == Invitation(code)
    assert Invitation.parse(Invitation(code).shown) == Invitation(code)


@given(st.text(max_size=14))
async def test_any_other_text_is_refused_or_read_as_a_code(text: str):
    try:
        assert set(Invitation.parse(text).code) <= set(ALPHABET)
    except Problem as problem:
        assert problem.kind.type == "code-wrong"  # noqa: PT017 - one of the two right answers


async def test_guessing_codes_from_one_address_is_slowed_down(tmp_path: Path):
    await found(tmp_path / "county", NOW, Limits(failures_per_address_per_minute=3))
    async with serving(tmp_path / "county", FakeClock(NOW)) as county:
        csr = base64.b64encode(make_request(ec.generate_private_key(ec.SECP256R1()), "x")).decode()
        statuses = []
        for turn in range(5):
            answer = await county.client.post("/api/v1/enrolments", json={"code": f"000{turn}000000", "csr": csr})
            statuses.append(answer.status)
        assert statuses == [403, 403, 403, 429, 429]


async def test_right_tries_do_not_use_up_a_code(county: Running):
    person, invitation = await invited(county)
    for _ in range(7):
        assert await county.service.database.write(enrol._try, invitation, county.clock.now()) == person
