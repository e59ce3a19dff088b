"""The interface for people: every operation by its subject, how to sign a request, and an example that runs."""

from collections.abc import Sequence
from typing import Final

from exchange.openapi.document import CONTAINER, SIGNATURE, TAGS, parameters_of, problems_of
from exchange.openapi.html import Markup, beside, element, joined, whole
from exchange.operation import Body, Operation, Parameter
from schemas.problems import ProblemType
from schemas.words import Label

EXAMPLE: Final = """\
import asyncio
from pathlib import Path

from exchange.client.asking import desk

HOME = Path.home() / ".yizhan"  # 由 yizhan enrol 建立 made by yizhan enrol


async def sign_for_what_is_new() -> None:
    async with desk(HOME) as at_desk:
        for row in await at_desk.listed("inbox"):
            if row["review"] == "pending":
                print(row["submission"], row["title"])
                # 回执已核验 its receipt is verified
                await at_desk.move(row["submission"], "sign-for")


asyncio.run(sign_for_what_is_new())
"""
"""A client in Python. A test runs it."""

_WORDS: Final = """\
GET /api/v1/inbox?size=20 HTTP/1.1
Signature-Input: yizhan=("@method" "@path" "@query");created=1795334400;keyid="9f…（64 位十六进制）";nonce="…";tag="yizhan"
Signature: yizhan=:…（base64，r‖s 共 64 字节 64 bytes）…:

签名的内容 what is signed:
"@method": GET
"@path": /api/v1/inbox
"@query": ?size=20
"@signature-params": ("@method" "@path" "@query");created=1795334400;keyid="9f…";nonce="…";tag="yizhan"
"""

_CURL: Final = """\
curl --cacert root.pem --data-binary @x.asice \\
  -H "Content-Type: application/vnd.etsi.asic-e+zip" \\
  """

_WHERE: Final = {"query": Label("查询", "query"), "path": Label("路径", "path"), "header": Label("请求头", "header")}
_SECURITY: Final = {
    "signed": Label("须签名", "signed request"),
    "container": Label("数据包自带签名", "the container's own signature"),
    "none": Label("公开", "public"),
}


def page(operations: Sequence[Operation], county: str, url: str) -> str:
    """Return the page."""
    tags = [tag for tag in TAGS if any(each.tag == tag for each in operations)]
    contents = [
        element("li", element("a", TAGS[tag].zh, " ", element("span", tag, lang="en"), href=f"#tag-{tag}"), ": ", _links(operations, tag))
        for tag in tags
    ]
    return whole(
        Label("接口说明", "The API"),
        county,
        _begin(url),
        element("nav", element("ul", *contents), class_="contents"),
        *(_group(tag, [each for each in operations if each.tag == tag]) for tag in tags),
    )


def _links(operations: Sequence[Operation], tag: str) -> Markup:
    links = [element("a", element("code", each.id), href=f"#{each.id}") for each in operations if each.tag == tag]
    return joined(*(part for link in links for part in (link, " ")))


def _begin(url: str) -> Markup:
    base = url or "https://…"
    return element(
        "section",
        element("h2", "如何调用 ", element("span", "How to call it", lang="en")),
        element("p", "机器可读的说明 for programs: ", element("a", "/api/v1/openapi.json", href="/api/v1/openapi.json"), f"（{base}）"),
        element("p", beside(SIGNATURE)),
        element("pre", _WORDS),
        element(
            "p", beside(Label("用我们的客户端，签名和回执核验都已做好：", "With our client signing and checking of receipts are done:"))
        ),
        element("pre", EXAMPLE),
        element("p", beside(CONTAINER)),
        element("pre", _CURL, f"{base}/api/v1/submissions"),
    )


def _group(tag: str, operations: Sequence[Operation]) -> Markup:
    heading = element("h2", TAGS[tag].zh, " ", element("span", TAGS[tag].en, lang="en"))
    return element("section", heading, *map(_operation, operations), id=f"tag-{tag}")


def _operation(operation: Operation) -> Markup:
    scope = "" if operation.scope is None else joined(" · 权限 scope ", element("code", " / ".join((operation.scope, *operation.also))))
    more = "" if operation.more is None else element("p", beside(operation.more))
    return element(
        "article",
        element("h3", element("code", f"{operation.method} {operation.template}")),
        element("p", beside(operation.text)),
        element("p", beside(_SECURITY[operation.security]), scope, class_="security"),
        more,
        _parameters(parameters_of(operation)),
        _bodies(operation),
        _problems(operation),
        id=operation.id,
    )


def _parameters(parameters: Sequence[Parameter]) -> Markup:
    if not parameters:
        return Markup()
    rows = [
        element(
            "div",
            element("dt", element("code", each.name), " ", _WHERE[each.where].zh, "（必填 required）" if each.required else ""),
            element("dd", beside(each.text)),
        )
        for each in parameters
    ]
    return element("dl", *rows)


def _bodies(operation: Operation) -> Markup:
    asked = [] if operation.body is None else [("请求内容 body", operation.body)]
    rows = [*asked, *((f"答复 {status}", body) for status, body in sorted(operation.answers.items()))]
    return element("dl", *(element("div", element("dt", name), element("dd", _said(body))) for name, body in rows))


def _said(body: Body) -> Markup:
    name = "" if body.type is None else joined(" ", element("code", getattr(body.type, "__name__", str(body.type))))
    return joined(element("code", body.media_type), name, *(() if body.text is None else (" ", beside(body.text))))


def _problems(operation: Operation) -> Markup:
    kinds: list[ProblemType] = [kind for found in problems_of(operation).values() for kind in found]
    links = [joined(element("a", f"{kind.status} {kind.title.zh}", href=f"/problems/{kind.type}"), " ") for kind in kinds]
    return element("details", element("summary", f"可能的拒绝 refusals ({len(kinds)})"), element("p", *links, class_="problems"))
