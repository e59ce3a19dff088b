"""A code for the night: for whom it is given, by whom, what is kept of it, and that everything that came of it ends after twelve hours."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from ledger_maker import NOW, found
from tracking_maker import COUNTY, Ledger, ledger

from exchange.checking.duty import code_differences
from exchange.duty import codes, keeping
from exchange.duty.codes import LIFE, Given, Wanted
from exchange.office import enrol, store
from exchange.office.administration import Acting
from exchange.office.store import Person
from keys.trust import fingerprint
from schemas.messages import Receipt, decode
from schemas.problems import Problem, ProblemType
from schemas.words import PUBLIC_EVENTS, Event, Role

CALLED = ("李主任", "0999-7654321")


async def officer(made: Ledger) -> Person:
    return await made.person(COUNTY, Role.DUTY, "县值班")


async def give(made: Ledger, person: str, office: str = "T01", by: Person | None = None) -> Given:
    giver = by or await officer(made)
    wanted = Wanted(office, person, *CALLED)
    return await made.database.write(codes.give, made.notary, Acting(giver.id), wanted, NOW)


async def test_a_code_and_its_certificate_end_after_twelve_hours(tmp_path: Path):
    county = await found(tmp_path / "county")
    async with ledger() as made:
        clerk = await made.person("T01")
        given = await give(made, "张三")
        assert (given.person.id, given.deputy, given.ends_at) == (clerk.id, False, NOW + LIFE)
        code, key = given.invitation, ec.generate_private_key(ec.SECP256R1()).public_key()
        late = await made.database.write(enrol._try, code, NOW + LIFE)
        assert late is None
        hour = NOW + timedelta(hours=1)
        assert await made.database.write(enrol._try, code, hour) == clerk.id
        certificate = x509.load_der_x509_certificate(await made.database.write(enrol._certify, county, code, clerk.id, key, hour))
        assert certificate.not_valid_after_utc <= NOW + LIFE
        assert certificate.not_valid_after_utc > NOW + LIFE - timedelta(seconds=2)
        assert await made.database.read(store.is_temporary, fingerprint(certificate))


async def test_the_event_is_public_and_tells_nobody_s_number():
    async with ledger() as made:
        await made.person("T01")
        await give(made, "张三")
        row = await made.database.read(
            lambda tx: tx.row(
                "SELECT receipt, office, person, text FROM event JOIN reason USING (evidence_id) WHERE event = 'DutyCodeIssuance'"
            )
        )
        assert Event.DUTY_CODE_ISSUANCE in PUBLIC_EVENTS
        receipt = decode(row.receipt, Receipt)
        assert (row.office, receipt.subject, row.text) == ("T01", "T01.1", "李主任 0999-7654321")
        assert "0999" not in row.receipt.decode()
        (kept,) = await made.database.read(codes.given, 10)
        assert (kept.name, kept.called, kept.used_at) == ("张三", "李主任 0999-7654321", None)
        later = NOW + timedelta(days=11 * 366)
        assert [await made.database.write(keeping.erase, 10, later) for _ in range(2)] == [1, 0]
        still = await made.database.read(lambda tx: tx.row("SELECT receipt FROM event WHERE event = 'DutyCodeIssuance'"))
        assert (still.receipt, (await made.database.read(codes.given, 10))[0].called) == (row.receipt, None)


async def test_a_deputy_is_registered_for_the_night_alone():
    async with ledger() as made:
        given = await give(made, "代班员")
        assert (given.deputy, given.person.role) == (True, Role.CLERK)
        assert not await made.database.read(codes.has_ended, NOW + LIFE - timedelta(seconds=1))
        assert await made.database.write(codes.end, NOW + LIFE + timedelta(minutes=1)) == 1
        with pytest.raises(Problem):
            await made.database.read(store.person, given.person.id)


async def test_a_deputy_who_was_properly_invited_since_stays():
    async with ledger() as made:
        given = await give(made, "代班员")
        await made.database.write(enrol.invite, given.person.id, NOW + timedelta(hours=11))
        await made.database.write(codes.end, NOW + LIFE)
        assert (await made.database.read(store.person, given.person.id)).name == "代班员"


@pytest.mark.parametrize(
    ("office", "name", "kind"),
    [
        ("T09", "张三", ProblemType.OFFICE_UNKNOWN),
        (COUNTY, "县值班", ProblemType.NOT_ALLOWED),
        ("T01", "保密员", ProblemType.NOT_ALLOWED),
        ("T01", "同名", ProblemType.REQUEST_MALFORMED),
        ("T01", " ", ProblemType.REQUEST_MALFORMED),
    ],
)
async def test_who_gets_none(office: str, name: str, kind: ProblemType):
    async with ledger() as made:
        await made.person("T01", Role.CONFIDENTIALITY, "保密员")
        await made.person("T01", Role.CLERK, "同名")
        await made.person("T01", Role.LEADER, "同名")
        with pytest.raises(Problem) as caught:
            await give(made, name, office)
        assert caught.value.kind is kind
        assert await made.database.read(codes.given, 10) == []


async def test_only_the_county_s_duty_officers_and_administrators_give_codes():
    async with ledger() as made:
        codes.require_giver(await officer(made))
        for office, role in (("T01", Role.DUTY), (COUNTY, Role.CLERK), (COUNTY, Role.LEADER)):
            with pytest.raises(Problem):
                codes.require_giver(await made.person(office, role))


async def test_a_deputy_who_was_given_a_second_code_goes_when_that_has_ended():
    async with ledger() as made:
        given = await give(made, "代班员")
        again = NOW + timedelta(hours=6)
        giver = await officer(made)
        await made.database.write(codes.give, made.notary, Acting(giver.id), Wanted("T01", "代班员", *CALLED), again)
        await made.database.write(codes.end, NOW + LIFE)
        assert (await made.database.read(store.person, given.person.id)).name == "代班员"
        await made.database.write(codes.end, again + LIFE)
        with pytest.raises(Problem, match="person-unknown"):
            await made.database.read(store.person, given.person.id)


async def test_a_code_that_is_not_what_its_event_says_is_found_by_the_check():
    async with ledger() as made:
        await give(made, "代班员")
        assert await made.database.read(code_differences) == []
        for change in (
            "UPDATE duty_code SET ends_at = '2036-01-01T00:00:00.000Z'",
            "UPDATE duty_code SET person = (SELECT id FROM person WHERE office = 'county' LIMIT 1)",
            "DELETE FROM duty_code",
        ):
            await made.database.write(lambda tx, sql=change: tx.run(sql))
            assert await made.database.read(code_differences) != []
