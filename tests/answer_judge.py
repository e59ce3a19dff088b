"""Holds every answer of a county against its own description: a client for tests that believes nothing of it."""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from aiohttp import ClientError, ClientResponse
from aiohttp.test_utils import TestClient

from exchange.openapi.api import INTERFACE

PROBLEM = "application/problem+json"
NO_OPERATION = {400, 404, 405}
"""Answers to what no operation is: a path that is none, a method that a path has not, with a checkpoint that is none."""


@cache
def described(document: bytes) -> "Description":
    return Description(json.loads(document))


class Description:
    """An OpenAPI document that judges answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.paths = [(re.compile(_pattern(template)), item) for template, item in document["paths"].items()]
        self.paths.sort(key=lambda pair: pair[0].pattern.count("(?P"))  # the most literal template first
        self._validators: dict[str, Any] = {}

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """Return what a request is described by."""
        for pattern, item in self.paths:
            if pattern.fullmatch(path) and (found := item.get("get" if method == "HEAD" else method.lower())):
                return dict(found)
        return None

    def judge(self, method: str, path: str, answer: ClientResponse, body: bytes) -> None:
        """Assert that an answer is one that the description announces."""
        asked, media_type = f"{method} {path} -> {answer.status}", answer.content_type
        operation = self.operation(method, path)
        if operation is None:
            if media_type == "text/html":  # a page, which is described to people only
                return
            assert answer.status in NO_OPERATION, asked
            self.conforms({"$ref": "#/components/schemas/Problem"}, body, asked, method)
            return
        assert str(answer.status) in operation["responses"], f"{asked} is not described: {body[:300]!r}"
        said = operation["responses"][str(answer.status)]
        if "content" not in said:
            assert not body, asked
            return
        assert media_type in said["content"], f"{asked}: {media_type} is not described"
        for name in said.get("headers", {}):
            assert name in answer.headers or name == "Retry-After", f"{asked} lacks {name}"
        if "schema" in said["content"][media_type] and method != "HEAD":
            self.conforms(said["content"][media_type]["schema"], body, asked, method)

    def conforms(self, schema: dict[str, Any], body: bytes, asked: str, method: str) -> None:
        if method == "HEAD":
            return
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = schema | {"components": self.document["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        errors = [f"{error.message} at {list(error.instance_path)}" for error in self._validators[key].iter_errors(json.loads(body))]
        assert not errors, f"{asked}: {errors[:3]} in {body[:300]!r}"


class JudgingClient(TestClient[Any, Any]):
    """A test client for which an answer that is not described is a failure."""

    __test__ = False

    async def _request(self, method: str, path: Any, **options: Any) -> ClientResponse:
        answer = await super()._request(method, path, **options)
        if "json" in answer.content_type:
            try:
                body = await answer.read()
            except ClientError:
                return answer  # the test is about connections that break
        else:
            body = b""
        described(self.app[INTERFACE].description).judge(method, answer.url.path, answer, body)
        return answer


def _pattern(template: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda match: "(?P<path>.+)" if match[1] == "path" else f"(?P<{match[1]}>[^/]+)", re.escape(template))
