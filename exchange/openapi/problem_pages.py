"""A page for every problem type: `type` in a refusal is the path of its page."""

from collections.abc import Sequence
from typing import Final

from exchange.openapi.document import problems_of
from exchange.openapi.html import Markup, beside, element, joined, whole
from exchange.operation import Operation
from schemas.problems import Exit, ProblemType
from schemas.words import Label

_EXITS: Final = {
    Exit.OK: Label("成功", "done"),
    Exit.UNEXPECTED: Label("意外错误", "unexpected"),
    Exit.USAGE: Label("用法或内容有误", "usage"),
    Exit.REVIEW: Label("需审查、未决或部分成功", "needs review, undecided or partial"),
    Exit.POLICY: Label("按规则拒收", "refused by policy"),
    Exit.SIGNATURE: Label("签名或证书问题", "signature or certificate"),
    Exit.NETWORK: Label("网络或服务暂不可用", "network or service"),
    Exit.NOT_ALLOWED: Label("无权办理", "not allowed"),
    Exit.CONFLICT: Label("状态冲突", "conflict"),
    Exit.INTEGRITY: Label("完整性问题", "integrity"),
}


def pages(operations: Sequence[Operation], county: str) -> dict[str, str]:
    """Return the page of every problem by its path."""
    giving: dict[ProblemType, list[Operation]] = {kind: [] for kind in ProblemType}
    for operation in operations:
        for kind in (kind for kinds in problems_of(operation).values() for kind in kinds):
            giving[kind].append(operation)
    return {f"/problems/{kind.type}": page(kind, found, county) for kind, found in giving.items()}


def page(kind: ProblemType, giving: Sequence[Operation], county: str) -> str:
    """Return one problem's page: what it says, what to do next, and which operations give it."""
    status = str(kind.status) if kind.status else "–"
    facts = [
        (Label("类型", "type"), element("code", f"/problems/{kind.type}")),
        (Label("HTTP 状态", "HTTP status"), joined(element("code", status), "" if kind.status else " 不经网络传输 · never travels")),
        (Label("退出码", "exit code"), joined(element("code", str(kind.exit.value)), " ", beside(_EXITS[kind.exit]))),
    ]
    return whole(
        kind.title,
        county,
        element("section", element("h2", "怎么办 ", element("span", "What to do next", lang="en")), element("p", beside(kind.advice))),
        element("section", element("dl", *(_fact(name, value) for name, value in facts))),
        _given(giving),
    )


def index(county: str) -> str:
    """Return the page of all problem types."""
    rows = [
        element(
            "tr",
            element("td", element("a", element("code", kind.type), href=f"/problems/{kind.type}")),
            element("td", str(kind.status) if kind.status else "–"),
            element("td", str(kind.exit.value)),
            element("td", beside(kind.title)),
        )
        for kind in ProblemType
    ]
    head = element("tr", *(element("th", name, scope="col") for name in ("类型 type", "HTTP", "退出码 exit", "含义 meaning")))
    return whole(
        Label("问题一览", "Problems"),
        county,
        element("p", beside(Label("每一种拒绝都有编号、含义和办法。", "Every refusal has a type, a meaning and an advice."))),
        element("div", element("table", element("thead", head), element("tbody", *rows)), class_="wide"),
    )


def _fact(name: Label, value: Markup) -> Markup:
    return element("div", element("dt", beside(name)), element("dd", value))


def _given(operations: Sequence[Operation]) -> Markup:
    heading = element("h2", "哪些接口会给出 ", element("span", "Given by", lang="en"))
    if not operations:
        nobody = Label("不经接口给出：由命令行或离线核验给出。", "No operation: a command or an offline check gives it.")
        return element("section", heading, element("p", beside(nobody)))
    items = [
        element("li", element("a", element("code", f"{each.method} {each.template}"), href=f"/api/#{each.id}"), " ", beside(each.text))
        for each in operations
    ]
    return element("section", heading, element("ul", *items))
