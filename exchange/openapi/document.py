"""The OpenAPI 3.1 description, built once from the operations: what it says is what is served."""

import inspect
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from exchange.edge import PROBLEM_JSON, UNAUTHORIZED
from exchange.office.browsers import COOKIE
from exchange.openapi import components
from exchange.openapi.components import Schema
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.request_signature import CHECKPOINT_HEADER
from schemas.problems import Problem, ProblemType
from schemas.words import NOTICE_EN, NOTICE_ZH, Label

TAGS: Final = {
    "submissions": Label("报送", "What one's office sends."),
    "forms": Label("回执单", "What documents ask their recipients to reply, and the answers."),
    "inbox": Label("收件", "What one's office receives, and what it does with it."),
    "registers": Label("登记簿", "Registers of what an office received and sent, by year."),
    "paper": Label("纸质", "What still comes and goes beside the network, and the paperless rate."),
    "receipts": Label("回执", "Signed, time-stamped and logged facts that a stranger can verify."),
    "search": Label("检索", "Searching what one's office sent and received."),
    "sealing": Label("封存", "What should not have been let in: the county's confidentiality officers."),
    "events": Label("动态", "What happens, as it happens."),
    "offices": Label("单位", "Who can be written to."),
    "staff": Label("人员备案", "Who handles documents at an office."),
    "enrolment": Label("注册", "How a person gets a certificate."),
    "log": Label("防篡改日志", "The public Merkle log over all receipts."),
    "trust": Label("信任", "What is needed to believe the county."),
    "service": Label("服务", "Whether it runs."),
    "interface": Label("接口说明", "This description, for programs and for people."),
}

CHECKPOINT: Final = Parameter(
    CHECKPOINT_HEADER,
    "header",
    Label(
        "调用方最后核验过的检查点（base64）：与台账不符时县端停止签发",
        "base64 of the last checkpoint note that the caller verified: a genuine one that does not fit the ledger stops signing",
    ),
    {"type": "string", "contentEncoding": "base64"},
)

ALWAYS: Final = (
    ProblemType.REQUEST_MALFORMED,
    ProblemType.INTERNAL,
    ProblemType.BUSY,
    ProblemType.STORAGE_FAILED,
    ProblemType.STORAGE_FULL,
    ProblemType.SIGNING_STOPPED,
)
"""What every operation may answer: an unknown parameter, a checkpoint that does not fit, and what happens to any service."""

SIGNED: Final = (
    ProblemType.SIGNED_OUT,
    ProblemType.CROSS_SITE,
    ProblemType.REQUEST_NOT_SIGNED,
    ProblemType.REQUEST_SIGNATURE_INVALID,
    ProblemType.REQUEST_OUT_OF_TIME,
    ProblemType.SIGNER_UNKNOWN,
    ProblemType.SIGNER_EXPIRED,
    ProblemType.SIGNER_NOT_YET_VALID,
    ProblemType.SIGNER_REVOKED,
    ProblemType.SIGNER_PURPOSE,
    ProblemType.SUITE_NOT_ALLOWED,
    ProblemType.REVOCATION_UNKNOWN,
    ProblemType.NOT_ALLOWED,
    ProblemType.BODY_TOO_LARGE,
    ProblemType.BODY_TOO_SLOW,
)
"""What every signed request may be told of its signature."""

SESSION: Final = Label(
    "仅供本系统网页使用的登录会话；写操作还须由浏览器说明出自本系统页面（Sec-Fetch-Site 或 Origin）。程序请签名。",
    "For the pages of this system alone; an act must also be said by the browser to come from one (Sec-Fetch-Site or Origin)."
    " Programs sign their requests.",
)

SIGNATURE: Final = Label(
    "按 RFC 9421 签名的请求：标签和 tag 均为 yizhan，ECDSA P-256/SHA-256，覆盖 @method、@path、@query，有内容时覆盖 Content-Digest，"
    "带 Yizhan-Checkpoint、Idempotency-Key、If-Match 时一并覆盖；keyid 为本人证书 DER 的 SHA-256（小写十六进制）；时差不超过 5 分钟。",
    "A request signed as RFC 9421 says: label and tag `yizhan`, ECDSA P-256/SHA-256, covering `@method`, `@path`, `@query`, Content-Digest"
    " when there is a body, and Yizhan-Checkpoint, Idempotency-Key and If-Match when they are sent; `keyid` is the SHA-256 of the person's"
    " certificate (DER, lower-case hexadecimal), `created` within five minutes.",
)
CONTAINER: Final = Label(
    "公文数据包自带的报送签名（CAdES）；请求本身不必另签。", "The container's own signature (CAdES); the request itself needs none."
)
_ABOUT: Final = Label(
    "乡镇与县之间收发公文的接口。所有答复可核验；拒绝一律为 RFC 9457 的 application/problem+json，并写明下一步怎么办。",
    "Sending and receiving official documents between townships and their county. Refusals are RFC 9457 application/problem+json and say"
    " what to do next. Readers ignore members that they do not know. Query parameters that are not described are refused.",
)
_UNCHANGED: Final = 304


def document(operations: Sequence[Operation], county: str, url: str) -> Schema:
    """Return the description of these operations, as one county serves them under `url`."""
    bodies = [body for each in operations for body in (*each.answers.values(), *([each.body] if each.body else []))]
    places, schemas = components.components(body.type for body in bodies if body.type is not None)
    paths: dict[str, Schema] = {}
    for each in operations:
        paths.setdefault(each.template, {})[each.method.lower()] = _operation(each, places)
    used = dict.fromkeys(each.tag for each in operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"公文驿站 Yizhan · {county}",
            "version": version("yizhan"),
            "description": f"{_both(_ABOUT)}\n\n{NOTICE_ZH} {NOTICE_EN}",
        },
        "servers": [{"url": url or "/"}],
        "tags": [{"name": name, "description": f"{TAGS[name].zh} · {TAGS[name].en}"} for name in TAGS if name in used],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "examples": {kind.type: {"value": Problem(kind).render()} for kind in sorted(_told(operations), key=lambda kind: kind.type)},
            "securitySchemes": {
                # OpenAPI has no kind of its own for a signature: the words describe it
                "httpMessageSignature": {"type": "apiKey", "in": "header", "name": "Signature", "description": _both(SIGNATURE)},
                "browserSession": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": _both(SESSION)},
            },
        },
    }


def problems_of(operation: Operation) -> dict[int, list[ProblemType]]:
    """Return every problem that an operation may answer with, by status; those without a status never travel."""
    body = (ProblemType.MEDIA_TYPE_UNSUPPORTED,) if operation.body and operation.security == "signed" else ()
    condition = (ProblemType.PRECONDITION_FAILED,) if operation.tagged else ()
    signed = SIGNED if operation.security == "signed" else ()
    found: dict[int, list[ProblemType]] = {}
    for kind in dict.fromkeys((*operation.problems, *condition, *body, *signed, *ALWAYS)):
        if kind.status:
            found.setdefault(kind.status, []).append(kind)
    return dict(sorted(found.items()))


def _told(operations: Sequence[Operation]) -> set[ProblemType]:
    return {kind for each in operations for kinds in problems_of(each).values() for kind in kinds}


def _operation(operation: Operation, places: dict[Any, Schema]) -> Schema:
    said: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.text.zh,
        "description": _both(operation.more) if operation.more else operation.text.en,
        "parameters": [_parameter(each) for each in parameters_of(operation)],
        "responses": _answers(operation, places) | _refusals(operation),
        "security": _SECURITY[operation.security],
    }
    if operation.more:
        said["description"] = f"{operation.text.en}\n\n{said['description']}"
    if operation.security == "container":
        said["x-yizhan-signature"] = _both(CONTAINER)
    if operation.scope is not None:
        said["x-yizhan-scope"] = operation.scope.value
    if operation.also:
        said["x-yizhan-scope-or"] = [scope.value for scope in operation.also]
    body = operation.body
    if body is not None:
        said["requestBody"] = {"required": body.required, "content": _content(body, places)} | _described(body)
    return said


_SECURITY: Final[dict[str, list[Schema]]] = {
    "signed": [{"httpMessageSignature": []}, {"browserSession": []}],
    "container": [],
    "none": [],
}


def parameters_of(operation: Operation) -> tuple[Parameter, ...]:
    """Return an operation's parameters, with the one that every signed request may have."""
    return (*operation.parameters, *((CHECKPOINT,) if operation.security == "signed" else ()))


def _parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required or parameter.where == "path",
        "description": _both(parameter.text),
        "schema": dict(parameter.schema),
    }


def _answers(operation: Operation, places: dict[Any, Schema]) -> Schema:
    answers: Schema = {}
    for status, body in sorted(operation.answers.items()):
        headers = dict(body.headers) | (_TAG if operation.tagged else {})
        content = {"content": _content(body, places)} if body.media_type else {}
        answers[str(status)] = _described(body, HTTPStatus(status).phrase) | content | _headers(headers)
    if operation.tagged:
        answers[str(_UNCHANGED)] = {"description": "仍是这一版 · still this version"} | _headers(_TAG)
    return answers


def _refusals(operation: Operation) -> Schema:
    answers: Schema = {}
    for status, kinds in problems_of(operation).items():
        headers = (_RETRY if status in _RETRIED else {}) | (_CHALLENGE if status == UNAUTHORIZED else {})
        answers[str(status)] = {
            "description": "\n\n".join(f"`{kind.type}` {kind.title.zh} · {kind.title.en}" for kind in kinds),
            "content": {
                PROBLEM_JSON: {
                    "schema": components.refusals(kinds),
                    "examples": {kind.type: {"$ref": f"#/components/examples/{kind.type}"} for kind in kinds},
                }
            },
        } | _headers(headers)
    return answers


_RETRIED: Final = (429, 503)
_TAG: Final = {"ETag": Label("这一版的标记", "the tag of this version")}
_RETRY: Final = {"Retry-After": Label("几秒后再试（有时才有）", "seconds to wait, when it is known")}
_CHALLENGE: Final = {
    "WWW-Authenticate": Label("请求须签名", "that a request must be signed"),
    "Accept-Signature": Label("签名须覆盖的内容（RFC 9421）", "what a signature must cover (RFC 9421)"),
}


def _headers(headers: dict[str, Label]) -> Schema:
    if not headers:
        return {}
    return {"headers": {name: {"description": _both(text), "schema": {"type": "string"}} for name, text in headers.items()}}


def _content(body: Body, places: dict[Any, Schema]) -> Schema:
    """Return what a body is; one that is no JSON has no schema, as OpenAPI 3.1 wants it for bytes."""
    content: Schema = {"schema": places[body.type]} if body.media_type == JSON and body.type is not None else {}
    if body.example is not None:
        content["example"] = body.example
    return {body.media_type: content}


def _described(body: Body, otherwise: str = "") -> Schema:
    said = _both(body.text) if body.text else inspect.cleandoc(body.type.__doc__ or "") if body.type is not None else otherwise
    return {"description": said} if said else {}


def _both(text: Label) -> str:
    return f"{text.zh} · {text.en}"
