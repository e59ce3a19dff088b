"""A code for the night: for whom it is given, by whom, what is kept of it, and that everything that came of it ends after twelve hours."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from ledger_maker import NOW, found
from tracking_maker import COUNTY, Ledger, ledger

from archive.ledger.database import Tx
from exchange import commands
from exchange.checking.duty import code_differences, withdrawal_differences
from exchange.county import County
from exchange.duty import codes, keeping
from exchange.duty.codes import LIFE, Given, Wanted
from exchange.office import browsers, enrol, passkeys_store, passwords_store, signing_in, store, taking_back
from exchange.office.administration import Acting
from exchange.office.browsers import Session
from exchange.office.passkeys import Passkey
from exchange.office.passwords_store import Kept
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
        (kept,) = await made.database.read(codes.given, 10, NOW)
        assert (kept.name, kept.called, kept.used_at) == ("张三", "李主任 0999-7654321", None)
        later = NOW + timedelta(days=11 * 366)
        assert [await made.database.write(keeping.erase, 10, later) for _ in range(2)] == [1, 0]
        still = await made.database.read(lambda tx: tx.row("SELECT receipt FROM event WHERE event = 'DutyCodeIssuance'"))
        assert (still.receipt, (await made.database.read(codes.given, 10, NOW))[0].called) == (row.receipt, None)


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
        assert await made.database.read(codes.given, 10, NOW) == []


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


async def enrolled(made: Ledger, county: County, given: Given) -> str:
    """Enrol with a code; returns the certificate's SHA-256."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = await made.database.write(enrol._certify, county, given.invitation, given.person.id, key, NOW)
    return fingerprint(x509.load_der_x509_certificate(der))


async def test_a_new_code_ends_the_one_before_it_that_nobody_has_used():
    async with ledger() as made:
        await made.person("T01")
        first, second = await give(made, "张三"), await give(made, "张三")
        with pytest.raises(Problem) as caught:
            await made.database.write(enrol._try, first.invitation, NOW)
        assert caught.value.kind is ProblemType.CODE_WITHDRAWN
        assert await made.database.write(enrol._try, second.invitation, NOW) == second.person.id
        found = {each.selector: each for each in await made.database.read(codes.given, 10, NOW)}
        assert found[first.invitation.selector].followed_by == second.invitation.selector
        assert (found[first.invitation.selector].in_force, found[second.invitation.selector].in_force) == (False, True)
        again = await made.database.write(enrol.invite, first.person.id, NOW)  # an ordinary one does the same
        with pytest.raises(Problem, match="code-withdrawn"):
            await made.database.write(enrol._try, second.invitation, NOW)
        assert await made.database.write(enrol._try, again, NOW) == first.person.id
        assert await made.database.read(withdrawal_differences) == []


async def test_an_unused_code_that_was_taken_back_enrols_nobody_and_its_deputy_goes(tmp_path: Path):
    county = await found(tmp_path / "county")
    async with ledger() as made:
        given, giver = await give(made, "代班员"), await officer(made)
        selector = given.invitation.selector
        taken = await made.database.write(codes.take_back, county, Acting(giver.id), selector, NOW)
        assert taken == (given.person.id, 0)
        with pytest.raises(Problem, match="person-unknown"):
            await made.database.read(store.person, given.person.id)
        # an enrolment that had been let in before, and comes second
        with pytest.raises(Problem, match="code-withdrawn"):
            await enrolled(made, county, given)
        with pytest.raises(Problem, match="code-withdrawn"):
            await made.database.write(codes.take_back, county, Acting(giver.id), selector, NOW)
        row = await made.database.read(lambda tx: tx.row("SELECT receipt, office FROM event WHERE event = 'DutyCodeWithdrawal'"))
        assert (row.office, decode(row.receipt, Receipt).subject.split()[0]) == ("T01", given.person.id)
        noted = await made.database.read(lambda tx: tx.row("SELECT person, subject FROM administration WHERE act = 'code_taken_back'"))
        assert (noted.person, noted.subject) == (giver.id, given.person.id)


async def test_a_used_code_that_is_taken_back_ends_its_own_certificate_alone(tmp_path: Path):
    county = await found(tmp_path / "county")
    async with ledger() as made:
        clerk, giver = await made.person("T01"), await officer(made)
        invitation = await made.database.write(enrol.invite, clerk.id, NOW)
        lasting = await enrolled(made, county, Given(clerk, invitation, NOW, deputy=False))
        given = await give(made, "张三")
        of_night = await enrolled(made, county, given)
        taken = await made.database.write(codes.take_back, county, Acting(giver.id), given.invitation.selector, NOW)
        assert taken == (clerk.id, 1)
        ended = {sha: (await made.database.read(store.certificate, sha)).revoked_at is not None for sha in (lasting, of_night)}
        assert ended == {lasting: False, of_night: True}
        (revoked,) = await made.database.read(store.revoked)
        newest = (await made.database.read(store.current_crls, NOW + timedelta(seconds=2)))[0]
        assert [f"{each.serial_number:x}" for each in x509.load_der_x509_crl(newest)] == [revoked.serial]
        (kept,) = await made.database.read(codes.given, 10, NOW)
        assert (kept.in_force, kept.used_at is not None, kept.withdrawn_at is not None) == (False, True, True)
        assert await made.database.read(withdrawal_differences) == []
        await made.database.write(lambda tx: tx.run("UPDATE certificate SET revoked_at = NULL"))
        await made.database.write(lambda tx: tx.run("UPDATE invitation SET expires_at = '2099-01-01T00:00:00.000Z'"))
        assert await made.database.read(withdrawal_differences) != []


@pytest.mark.parametrize(("later", "selector", "kind"), [(LIFE, "", "action-not-possible"), (timedelta(0), "0000", "not-found")])
async def test_what_cannot_be_taken_back(tmp_path: Path, later: timedelta, selector: str, kind: str):
    county = await found(tmp_path / "county")
    async with ledger() as made:
        given, giver = await give(made, "代班员"), await officer(made)
        with pytest.raises(Problem, match=kind):
            await made.database.write(codes.take_back, county, Acting(giver.id), selector or given.invitation.selector, NOW + later)


async def test_an_ordinary_code_is_taken_back_as_well_and_ending_enrolments_ends_what_is_on_its_way(tmp_path: Path):
    county, watch = await found(tmp_path / "county"), SimpleNamespace(now=lambda: NOW, signing_now=lambda: NOW)
    async with ledger() as made:
        clerk, boss = await made.person("T01"), await made.person(COUNTY, Role.ADMINISTRATOR, "管理员")
        desk: Any = commands.Desk(county, made.database, watch, acting=Acting(boss.id))  # type: ignore[arg-type]
        used = await made.database.write(enrol.invite, clerk.id, NOW)
        certificate = await enrolled(made, county, Given(clerk, used, NOW, deputy=False))
        open_ = await made.database.write(enrol.invite, clerk.id, NOW)
        assert await commands.take_back(desk, code=f" {open_.shown.lower()[:4]}") == {
            "code": open_.selector,
            "person": clerk.id,
            "revoked": 0,
        }
        with pytest.raises(Problem, match="code-withdrawn"):
            await made.database.write(enrol._try, open_, NOW)
        assert (await made.database.read(store.certificate, certificate)).revoked_at is None
        assert (await commands.take_back(desk, code=used.shown))["revoked"] == 1
        with pytest.raises(Problem, match="code-withdrawn"):  # not with the same key either
            await enrolled(made, county, Given(clerk, used, NOW, deputy=False))
        with pytest.raises(Problem, match="code-wrong"):
            await commands.take_back(desk, code="K7")
        third = await made.database.write(enrol.invite, clerk.id, NOW)
        await commands.revoke(desk, person=clerk.id)
        with pytest.raises(Problem, match="code-withdrawn"):
            await made.database.write(enrol._try, third, NOW)
        assert await made.database.read(withdrawal_differences) == []


def ways_in(tx: Tx, person: str) -> tuple[set[str], bool, int]:
    names = {row.name for row in passkeys_store.of_person(tx, person)}
    return names, passwords_store.find(tx, person) is not None, len(browsers.sessions(tx, person, NOW))


def signed_in(tx: Tx, session: Session) -> list[str]:
    """What a request hears that wants to set up a way in, and has been under way since before the browser was signed out."""
    try:
        browsers.require_signed_in(tx, session, NOW)
    except Problem as problem:
        return [problem.kind.type]
    return []


def set_up(tx: Tx, person: str, name: str, at: datetime) -> Session:
    """Set up every way to sign in that there is beside a certificate."""
    passkeys_store.add(tx, Passkey(name.encode().ljust(16), person, "county.invalid", b"key", 0), name, at)
    passwords_store.keep(tx, Kept(person, f"digest of {name}", b"secret", 0, "", 1), ["0" * 64], at)
    return browsers.find(tx, browsers.begin(tx, person, "passkey", "Firefox", at), at)


async def test_nobody_signs_in_any_more_by_what_was_set_up_with_a_code_that_is_taken_back(tmp_path: Path):
    county, hour = await found(tmp_path / "county"), timedelta(hours=1)
    async with ledger() as made:
        clerk, boss = await made.person("T01"), await made.person(COUNTY, Role.ADMINISTRATOR, "管理员")
        for before, left in ((True, ({"own"}, False, 1)), (False, ({"own"}, True, 1))):
            await made.database.write(set_up, clerk.id, "own", NOW - hour)
            code = await made.database.write(enrol.invite, clerk.id, NOW - hour)
            await enrolled(made, county, Given(clerk, code, NOW, deputy=False))
            if before:  # whoever had the code made themselves at home: the password that the person had is gone in any case
                stranger = await made.database.write(set_up, clerk.id, "stranger", NOW)
            await made.database.write(taking_back.take_back, county, Acting(boss.id), code.selector, NOW)
            assert await made.database.read(ways_in, clerk.id) == left
            assert (not before) or await made.database.read(signed_in, stranger) == ["signed-out"]
            await made.database.write(signing_in.forget, clerk.id)


async def test_whoever_has_left_or_changed_roles_since_they_asked_gives_and_takes_back_nothing(tmp_path: Path):
    county = await found(tmp_path / "county")
    async with ledger() as made:
        await made.person("T01")
        giver = await officer(made)
        given = await give(made, "张三", by=giver)
        back = (codes.take_back, county, Acting(giver.id), given.invitation.selector, NOW)
        for change in ("role = 'clerk'", "valid_to = '2026-11-20T00:59:00.000Z'"):
            sql = f"UPDATE person_period SET {change} WHERE person = :id"  # noqa: S608 - constants
            await made.database.write(lambda tx, sql=sql: tx.run(sql, id=giver.id))
            with pytest.raises(Problem, match="not-allowed"):
                await made.database.write(*back)
            with pytest.raises(Problem, match="not-allowed"):
                await give(made, "张三", by=giver)
        (kept,) = await made.database.read(codes.given, 10, NOW)
        assert kept.in_force
