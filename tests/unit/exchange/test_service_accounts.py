"""A service account does what its scopes say, at this moment, and nothing else; people are asked for no scope."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from county_maker import Running, found, serving
from submission_maker import Letter, pack

from archive.ledger.database import Tx
from exchange import commands
from exchange.app import operations
from exchange.clock import FakeClock
from exchange.commands import Desk
from exchange.office import scopes
from exchange.operation import Operation
from schemas.problems import Exit, Problem
from schemas.words import Role, Scope

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SIGNED = [operation for operation in operations() if operation.security == "signed"]
MOVES = ("open", "sign-for", "return")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("accounts") / "county"
    await found(folder, NOW)
    async with serving(folder, FakeClock(NOW)) as running:
        for office in ("T01", "T02"):
            await running.office(office)
            await running.person(office, "经办人甲")
            await running.person(office, "OA接口", Role.SERVICE)
        yield running


def desk(county: Running) -> Desk:
    return Desk(county.county, county.service.database, county.service.watch)


PLACES = {
    "submission": "0" * 64,
    "action": "open",
    "token": "A" * 43,
    "book": "incoming",
    "office": "T02",
    "change": "0" * 32,
    "deputy": "0" * 32,
    "paper": "0" * 32,
    "code": "0000",
    "day": "2026-01-01",
}


async def grant(county: Running, person: str, *held: Scope) -> None:
    await county.service.database.write(scopes.grant, person, frozenset(held), county.clock.now())


async def asked(county: Running, operation: Operation, person: str) -> tuple[int, Any]:
    path = re.sub(r"\{(\w+)\}", lambda match: PLACES[match[1]], operation.template)
    return await county.ask(operation.method, path, person, b"" if operation.method in ("POST", "PATCH") else None)


async def sent(county: Running, person: str, **more: Any) -> tuple[int, dict[str, Any]]:
    sender = person.split(".", maxsplit=1)[0]
    letter = Letter(sender=sender, to=more.pop("to", ("T02",)), at=county.clock.now(), fields=more)
    status, body = await county.submit(pack(letter, county.people[person]))
    return status, json.loads(body)


@pytest.mark.parametrize("operation", SIGNED, ids=lambda operation: operation.id)
async def test_an_account_without_the_operations_scope_is_refused(county: Running, operation: Operation):
    await grant(county, "T01.2", *set(Scope) - {operation.scope, *operation.also})
    status, problem = await asked(county, operation, "T01.2")
    assert (status, problem["type"]) == (403, "/problems/not-allowed")
    assert problem["detail"] == (f"scope {operation.scope.value}" if operation.scope else "not for role service")


@pytest.mark.parametrize("operation", [each for each in SIGNED if each.scope and each.id != "followEvents"], ids=lambda each: each.id)
async def test_an_account_with_that_one_scope_is_let_through_and_a_person_needs_none(county: Running, operation: Operation):
    assert operation.scope is not None
    await grant(county, "T01.2", operation.scope)
    for person in ("T01.2", "T01.1"):
        status, problem = await asked(county, operation, person)
        assert status != 403, problem


async def test_an_account_sends_when_its_scopes_say_so_and_the_receipt_names_it(county: Running):
    await grant(county, "T01.2", *set(Scope) - {Scope.SUBMIT})
    before = await county.kept()
    status, problem = await sent(county, "T01.2")
    assert (status, problem["type"], problem["detail"]) == (403, "/problems/not-allowed", "scope submit")
    assert await county.kept() == before
    await grant(county, "T01.2", Scope.SUBMIT)
    status, answer = await sent(county, "T01.2")
    assert status == 201
    _, status_ = await county.ask("GET", f"/api/v1/submissions/{answer['submission']}", "T01.1")
    assert status_["events"][0]["by"] == status_["sent_by"] == "T01.2"


async def test_an_account_opens_fetches_and_signs_for_and_each_receipt_names_it(county: Running):
    _, answer = await sent(county, "T01.1")
    submission = answer["submission"]
    await grant(county, "T02.2", Scope.MOVE, Scope.CONTENT)
    assert (await county.ask("POST", f"/api/v1/inbox/{submission}/open", "T02.2", b""))[0] == 200
    assert (await county.ask("GET", f"/api/v1/submissions/{submission}/container", "T02.2"))[0] == 200
    assert (await county.ask("POST", f"/api/v1/inbox/{submission}/sign-for", "T02.2", b""))[0] == 200
    _, status = await county.ask("GET", f"/api/v1/submissions/{submission}", "T02.1")
    assert [event["by"] for event in status["events"]][-2:] == ["T02.2", "T02.2"]


async def test_an_item_with_named_addressees_is_nothing_to_an_account_that_is_not_named(county: Running):
    _, answer = await sent(county, "T01.1", addressees=["T02.1"])
    submission = answer["submission"]
    await grant(county, "T02.2", *Scope)
    await grant(county, "T01.2", *Scope)
    for account in ("T02.2", "T01.2"):
        for path in ("", "/receipts", "/container"):
            assert (await county.ask("GET", f"/api/v1/submissions/{submission}{path}", account))[0] == 404
    for move in MOVES:
        assert (await county.ask("POST", f"/api/v1/inbox/{submission}/{move}", "T02.2", b'{"reason":"x"}'))[0] == 404
    for path in ("/api/v1/inbox", "/api/v1/submissions"):
        for account in ("T02.2", "T01.2"):
            assert submission not in json.dumps((await county.ask("GET", path, account))[1])


def _history(tx: Tx, person: str) -> list[tuple[str, str, str | None]]:
    rows = tx.rows("SELECT scope, valid_from, valid_to FROM service_scope WHERE person = :person ORDER BY valid_from, scope", person=person)
    return [(row.scope, row.valid_from[11:19], row.valid_to and row.valid_to[11:19]) for row in rows]


async def test_scopes_are_replaced_at_once_and_what_was_allowed_stays_answerable(county: Running):
    first = await commands.invite(desk(county), office="T01", person="门户", role="接口账号", scope=["inbox", "检索"])
    account = first["person"]
    county.clock.advance(timedelta(hours=1))
    assert await commands.grant(desk(county), person=account, scope=["search", "events"]) == {
        "person": account,
        "scopes": ["events", "search"],
    }
    county.clock.advance(timedelta(hours=1))
    again = await commands.invite(desk(county), office="T01", person="门户", role="service", scope=["search", "search"])
    assert again["person"] == account
    assert await county.service.database.read(_history, account) == [
        ("inbox", "08:00:00", "09:00:00"),
        ("search", "08:00:00", None),
        ("events", "09:00:00", "10:00:00"),
    ]
    (listed,) = [each for each in (await commands.people(desk(county)))["people"] if each["id"] == account]
    assert (listed["role"], listed["scopes"]) == ("service", ["search"])


async def test_a_scope_taken_and_given_back_within_one_moment_is_held(county: Running):
    for held in ({Scope.INBOX, Scope.SEARCH}, {Scope.SEARCH}, {Scope.INBOX}, {Scope.INBOX, Scope.SEARCH}):
        await grant(county, "T01.2", *held)
        assert await county.service.database.read(scopes.granted, "T01.2") == held


@pytest.mark.parametrize(
    ("role", "scope"),
    [("service", []), ("clerk", ["search"]), ("administrator", ["events"]), ("service", ["everything"]), ("service", ["search", ""])],
)
async def test_scopes_belong_to_service_accounts_and_these_have_some(county: Running, role: str, scope: list[str]):
    people = await commands.people(desk(county))
    with pytest.raises(Problem) as caught:
        await commands.invite(desk(county), office="T01", person="某人", role=role, scope=scope)
    assert caught.value.kind.exit is Exit.USAGE
    assert await commands.people(desk(county)) == people


async def test_scopes_are_given_to_service_accounts_of_today_alone(county: Running):
    for person, kind in (("T01.1", "request-malformed"), ("T01.99", "person-unknown")):
        with pytest.raises(Problem, match=kind):
            await commands.grant(desk(county), person=person, scope=["search"])
    with pytest.raises(Problem, match="request-malformed"):
        await commands.grant(desk(county), person="T01.2", scope=[])
