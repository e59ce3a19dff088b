"""The description is what is served: every route is described, every answer is one that was announced, and strangers agree."""

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from answer_judge import Description
from county_maker import Running, found, serving
from explorer_maker import explore
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from submission_maker import Letter, pack

from exchange.app import operations
from exchange.clock import FakeClock
from exchange.openapi.document import TAGS
from exchange.operation import Operation
from exchange.web.desk import pages
from schemas.problems import ProblemType
from schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OFFERED = operations()
FINITE = [operation for operation in OFFERED if not operation.endless]
"""Answers without end have tests of their own."""
READ = [operation for operation in FINITE if operation.method == "GET"]
NOBODYS = "5" * 64
PLACES = {
    "path": "0/000",
    "size1": "0",
    "size2": "1",
    "index": "1",
    "type": "not-found",
    "token": "A" * 43,
    "book": "incoming",
    "office": "T01",
    "change": "0" * 32,
    "deputy": "0" * 32,
    "paper": "0" * 32,
    "code": "0000",
    "day": "2026-01-01",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def county(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("described") / "county"
    await found(folder, NOW)
    clock = FakeClock(NOW)
    async with serving(folder, clock) as running:
        await running.office("T01")
        await running.person("T01")
        await running.person("county", "李四", Role.REVIEWER)
        for _ in range(7):
            clock.advance(timedelta(seconds=1))
            await running.submit(pack(Letter(at=clock.now()), running.people["T01.1"]))
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def document(county: Running) -> dict[str, Any]:
    answer = await county.client.get("/api/v1/openapi.json")
    assert answer.content_type == "application/json"
    return Unquoted(await answer.json())


class Unquoted(dict[str, Any]):
    """A document that a failing test does not print."""

    def __repr__(self) -> str:
        return "the document"


async def first(county: Running) -> str:
    return str((await county.ask("GET", "/api/v1/inbox?size=1", "county.1"))[1]["items"][0]["submission"])


def path_of(operation: Operation, submission: str) -> str:
    places = PLACES | {"submission": submission}
    return re.sub(r"\{(\w+)\}", lambda match: places[match[1]], operation.template)


def reached(operation: Operation) -> str:
    query = {each.name: "2026-11-22T08:00:00.000Z" for each in operation.parameters if each.where == "query" and each.required}
    return "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""


# ---- the document


async def test_a_stranger_calls_the_document_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


async def test_every_reference_leads_somewhere(document: dict[str, Any]):
    registry: Registry[Any] = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    resolver = registry.resolver("urn:document")
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)))
    assert len(references) > 50
    for reference in references:
        resolver.lookup(reference)


async def test_the_routes_are_the_described_operations_and_nothing_else(county: Running, document: dict[str, Any]):
    routes = {(route.method, route.resource.canonical) for route in county.client.app.router.routes() if route.resource is not None}
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    shown = {(page.method, re.sub(r"{(\w+):(?:[^{}]|{[^{}]*})*}", r"{\1}", page.path)) for page in pages()}
    shown |= {("GET", "/static/{version}/{name}"), ("POST", "/csp-report")}  # a browser asks and tells there, nobody else
    assert {route for route in routes if route[0] != "HEAD"} == described | shown
    assert not described & shown
    read = {operation.template for operation in READ} | {path for method, path in shown if method == "GET"}
    assert {path for method, path in routes if method == "HEAD"} == read
    assert len({operation.id for operation in OFFERED}) == len(OFFERED)


@pytest.mark.parametrize("operation", OFFERED, ids=lambda operation: operation.id)
async def test_an_operation_says_what_it_is_in_both_languages_and_names_its_places(operation: Operation, document: dict[str, Any]):
    said = document["paths"][operation.template][operation.method.lower()]
    assert re.search(r"[\u4e00-\u9fff]", said["summary"])
    assert operation.text.en in said["description"]
    assert operation.tag in TAGS
    names = {each["name"] for each in said["parameters"] if each["in"] == "path"}
    assert names == set(re.findall(r"\{(\w+)\}", operation.template))
    assert all(kind.status for kind in operation.problems), "this problem never travels"
    assert {"400", "500", "503"} <= set(said["responses"])
    if operation.security == "signed":
        assert said["security"] == [{"httpMessageSignature": []}, {"browserSession": []}]
        assert {"401", "403"} <= set(said["responses"])


async def test_what_an_example_shows_is_what_its_schema_allows(document: dict[str, Any]):
    judge = Description(document)
    for name, example in document["components"]["examples"].items():
        judge.conforms({"$ref": "#/components/schemas/Problem"}, json.dumps(example["value"]).encode(), name, "GET")
    for path, item in document["paths"].items():
        for method, said in item.items():
            for content in said.get("requestBody", {}).get("content", {}).values():
                if "example" in content:
                    judge.conforms(content["schema"], json.dumps(content["example"]).encode(), f"{method} {path}", method)


async def test_the_judge_of_these_tests_sees_a_lie(county: Running, document: dict[str, Any]):
    answer = await county.client.get("/trust")
    body = await answer.read()
    Description(document).judge("GET", "/trust", answer, body)
    lies: list[Callable[[dict[str, Any]], Any]] = [
        lambda answers: answers["200"]["content"]["application/json"]["schema"].update({"required": ["more"]}),
        lambda answers: answers["200"].update(content={"text/html": {}}),
        lambda answers: answers["200"].update(headers={"ETag": {}}),
        lambda answers: answers.pop("200"),
    ]
    for lie in lies:
        changed = json.loads(json.dumps(document))
        lie(changed["paths"]["/trust"]["get"]["responses"])
        judge = Description(changed)
        with pytest.raises(AssertionError):
            judge.judge("GET", "/trust", answer, body)


# ---- every route, judged by `JudgingClient`


@pytest.mark.parametrize("operation", FINITE, ids=lambda operation: operation.id)
async def test_every_route_answers_as_described_to_whoever_asks(county: Running, operation: Operation):
    ids = (await first(county), NOBODYS, "x") if "{submission}" in operation.template else ("",)
    for submission in ids:
        path = path_of(operation, submission) + reached(operation)
        for asked in (path, f"{path}{'&' if '?' in path else '?'}unknown=1"):
            unsigned = await county.client.request(operation.method, asked)
            assert unsigned.status == 401 if operation.security == "signed" else unsigned.status != 401
            if operation.security == "signed":
                status, _ = await county.ask(operation.method, asked, "county.1", b"{}" if operation.body else None)
                assert asked == path or status == 400
            elif asked != path and operation.security == "none":
                assert unsigned.status == 400
        served = {each.method for each in OFFERED if each.template == operation.template}
        for method in sorted({"OPTIONS", "PATCH", "TRACE"} - served):
            other = await county.client.request(method, path)
            assert other.status == 405
            assert operation.method in other.headers["Allow"].split(",")


@pytest.mark.parametrize("operation", READ, ids=lambda operation: operation.id)
async def test_head_answers_where_get_does_without_a_body(county: Running, operation: Operation):
    path = path_of(operation, await first(county)) + reached(operation)
    if operation.security == "signed":
        statuses = [(await county.ask(method, path, "T01.1"))[0] for method in ("GET", "HEAD")]
        assert (await county.ask("HEAD", path, "T01.1"))[1] in (b"", None)
    else:
        answers = [await county.client.request(method, path) for method in ("GET", "HEAD")]
        statuses = [answer.status for answer in answers]
        assert await answers[1].read() == b""
    assert statuses[0] == statuses[1]


async def test_what_is_somebodys_is_kept_by_no_cache_and_every_answer_is_hardened(county: Running):
    submission = await first(county)
    for operation in READ:
        answer = await county.client.get(path_of(operation, submission) + reached(operation))
        if operation.tag not in ("log", "interface"):
            assert answer.headers["Cache-Control"] == "no-store", operation.id
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]


async def test_an_unsigned_request_is_told_how_to_sign(county: Running):
    answer = await county.client.get("/api/v1/inbox")
    assert answer.headers["WWW-Authenticate"].startswith("Signature")
    assert '"@method" "@path" "@query"' in answer.headers["Accept-Signature"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonx", "", "{}"])
async def test_a_body_that_is_said_to_be_something_else_than_json_is_refused(county: Running, kind: str):
    path = f"/api/v1/inbox/{await first(county)}/open"
    status, problem = await county.ask("POST", path, "county.1", b"{}", **{"Content-Type": kind})
    assert (status, problem["type"]) == (415, "/problems/media-type-unsupported")


async def test_a_body_that_is_too_large_is_refused_and_json_with_a_charset_is_json(county: Running):
    path = f"/api/v1/inbox/{await first(county)}/open"
    assert (await county.ask("POST", path, "county.1", b" " * 65_537))[0] == 413
    status, _ = await county.ask("POST", path, "county.1", b"{}", **{"Content-Type": "application/json; charset=utf-8"})
    assert status == 200


async def test_a_path_that_is_none_is_a_problem_too(county: Running):
    for path in ("/none", "/api", "/api/v2/inbox", "/api/v1/inbox/", "/problems/none-such", "/problems/", "/api/v1/%00"):
        answer = await county.client.get(path)
        assert (answer.status, answer.content_type) == (404, "application/problem+json"), path


# ---- pages of a list


@pytest.mark.parametrize(
    ("path", "person", "members"),
    [
        ("/api/v1/inbox", "county.1", "items"),
        ("/api/v1/submissions", "T01.1", "items"),
        ("/api/v1/receipts", "T01.1", "receipts"),
        ("/api/v1/offices", "T01.1", "items"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
async def test_pages_make_up_the_list_though_something_arrives_meanwhile(county: Running, path: str, person: str, members: str, size: int):
    _, whole = await county.ask("GET", path, person)
    assert whole["next"] is None
    rows: list[Any] = []
    after = ""
    while True:
        _, page = await county.ask("GET", f"{path}?size={size}{after}", person)
        assert len(page[members]) <= size
        rows += page[members]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
        if len(rows) == 1:
            clock: Any = county.clock
            clock.advance(timedelta(seconds=1))
            await county.submit(pack(Letter(at=clock.now()), county.people["T01.1"]))
    assert rows[: len(whole[members])] == whole[members]
    assert len(rows) == len(whole[members]) or path == "/api/v1/receipts"  # what came is before the newest, or after the last


async def test_a_cursor_of_another_list_is_refused(county: Running):
    _, page = await county.ask("GET", "/api/v1/submissions?size=1", "T01.1")
    for path in ("/api/v1/inbox", "/api/v1/receipts", "/api/v1/offices"):
        assert (await county.ask("GET", f"{path}?after={page['next']}", "T01.1"))[0] == 400
    assert (await county.ask("GET", f"/api/v1/submissions?after={page['next']}", "T01.1"))[0] == 200


async def test_receipts_begin_behind_a_sequence_number_or_a_cursor_but_not_both(county: Running):
    _, page = await county.ask("GET", "/api/v1/receipts?size=2", "T01.1")
    _, behind = await county.ask("GET", "/api/v1/receipts?beyond=2", "T01.1")
    _, further = await county.ask("GET", f"/api/v1/receipts?after={page['next']}", "T01.1")
    assert behind == further
    assert (await county.ask("GET", f"/api/v1/receipts?beyond=2&after={page['next']}", "T01.1"))[0] == 400


# ---- someone who knows the document alone


async def test_schemathesis_finds_no_answer_that_was_not_announced(tmp_path: Path):
    explored = await explore(tmp_path, examples=5)
    assert explored.code == 0, explored.said[-8000:]


async def test_every_problem_that_travels_is_announced_by_an_operation(document: dict[str, Any]):
    announced = set(document["components"]["examples"])
    silent = {kind.type for kind in ProblemType if kind.status} - announced
    # of no operation's own, of a client's own, of the county's commands, of the pages
    assert silent <= {
        "method-not-allowed",
        "returned",
        "index-locked",
        "confirm-again",
        "passkey-refused",
        "passkey-not-here",
        "signed-in-for-the-night",
    }
