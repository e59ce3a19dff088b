"""The description as it is served: the document, the pages about it, and their stylesheet; all of it is made once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Final

import msgspec
from aiohttp import web

from exchange.openapi import page, problem_pages
from exchange.openapi.document import document
from exchange.operation import HTML, JSON, Body, Operation, Parameter
from exchange.service import Service
from schemas.problems import Problem, ProblemType
from schemas.words import Label

POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_CSS: Final = "text/css"
_KEPT: Final = {"Cache-Control": "public, max-age=300"}


@dataclass(frozen=True)
class Interface:
    """What is served of these operations; made when it is first asked for, because starting must not wait for pages."""

    operations: Sequence[Operation]
    county: str
    url: str

    @cached_property
    def description(self) -> bytes:
        """The OpenAPI document."""
        return msgspec.json.encode(document(self.operations, self.county, self.url))

    @cached_property
    def bodies(self) -> Mapping[str, tuple[str, bytes]]:
        """Bodies by path, with their media types."""
        pages = {"/api/": page.page(self.operations, self.county, self.url), "/problems": problem_pages.index(self.county)}
        pages |= problem_pages.pages(self.operations, self.county)
        style = resources.files("exchange.openapi").joinpath("style.css").read_bytes()
        return {
            "/api/v1/openapi.json": (JSON, self.description),
            "/api/style.css": (_CSS, style),
            **{path: (HTML, text.encode()) for path, text in pages.items()},
        }


INTERFACE: web.AppKey[Interface] = web.AppKey("interface", Interface)


def build(operations: Sequence[Operation], service: Service) -> Interface:
    """Describe these operations as this county serves them."""
    return Interface(operations, service.county.settings.name, service.county.settings.url)


async def show(request: web.Request) -> web.Response:
    """Answer with what stands under this path. Raises Problem NOT_FOUND."""
    interface = request.app[INTERFACE]
    bodies = await asyncio.to_thread(lambda: interface.bodies)
    media_type, body = bodies.get(request.path, ("", b""))
    if not media_type:
        raise Problem(ProblemType.NOT_FOUND)
    security = {"Content-Security-Policy": POLICY} if media_type == HTML else {}
    charset = None if media_type == JSON else "utf-8"
    return web.Response(body=body, content_type=media_type, charset=charset, headers=_KEPT | security)


def operations() -> list[Operation]:
    """Return the operations of this room."""
    kind = Parameter("type", "path", Label("类型", "the type"), {"enum": [each.type for each in ProblemType]}, required=True)
    return [
        _shown("describe", "/api/v1/openapi.json", Label("本接口的 OpenAPI 3.1 说明", "this description, OpenAPI 3.1"), JSON),
        _shown("readInterface", "/api/", Label("接口说明（网页）", "this description as a page"), HTML),
        _shown("readProblems", "/problems", Label("问题一览（网页）", "every problem type, a page"), HTML),
        _shown(
            "readProblem",
            "/problems/{type}",
            Label("一种问题：含义和办法（网页）", "one problem type: meaning and advice, a page"),
            HTML,
            kind,
        ),
        _shown("readStyle", "/api/style.css", Label("网页样式", "the stylesheet of these pages"), _CSS),
    ]


def _shown(name: str, path: str, text: Label, media_type: str, *parameters: Parameter) -> Operation:
    return Operation(
        id=name,
        method="GET",
        path=path,
        handler=show,
        text=text,
        tag="interface",
        security="none",
        parameters=parameters,
        answers={200: Body(media_type)},
        problems=(ProblemType.NOT_FOUND,) if parameters else (),
    )
