"""/api/v1/uploads: a container comes in parts, as tus 1.0.0 (core protocol, creation, termination) writes them, then is judged as a whole.

Bytes that have come over a line that broke count: whoever asks is told where to go on. After a restart nothing is left of an
upload, and it begins anew.
"""

import asyncio
import base64
import binascii
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import hdrs, web
from msgspec import Struct

from exchange.edge import render
from exchange.intake.api import ANSWERS, INTAKE, arriving, refusals, taken_in
from exchange.intake.staging import StagedItem
from exchange.intake.uploads import Upload, Uploads
from exchange.office.session import SIGNATURE, caller, streaming_caller
from exchange.operation import JSON, OPERATION, Body, Operation, Parameter
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Scope

UPLOADS: web.AppKey[Uploads] = web.AppKey("uploads", Uploads)
PATH: Final = "/api/v1/uploads"
PART: Final = "application/offset+octet-stream"
VERSION: Final = "1.0.0"
SPEAKS: Final = "Tus-Resumable"
LENGTH: Final = "Upload-Length"
OFFSET: Final = "Upload-Offset"
SWEEP_SECONDS: Final = 60.0
OTHER_VERSION: Final = 412

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_DIGEST: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):")


class UploadStanding(Struct, frozen=True):
    """How much of an upload has come, in bytes."""

    offset: int
    length: int


async def begin(request: web.Request) -> web.Response:
    """POST: 201 with the place of a new upload. What `Upload-Metadata` says is not read: the container says it itself."""
    person = await caller(request)
    length = _number(request, LENGTH)
    if not _speaks(request):
        return _other_version()
    upload = request.app[UPLOADS].begin(person, length, request.app[SERVICE].staging)
    response = answer(UploadStanding(0, upload.length), status=201)
    response.headers[hdrs.LOCATION] = f"{PATH}/{upload.token}"
    return response


async def stand(request: web.Request) -> web.Response:
    """GET and HEAD: how much has come."""
    upload = request.app[UPLOADS].find(request.match_info["token"], await caller(request))
    if request.method == hdrs.METH_HEAD:
        if not _speaks(request):
            return _other_version()
        request.app[UPLOADS].asked(upload)
    response = answer(UploadStanding(upload.offset, upload.length))
    response.headers[OFFSET], response.headers[LENGTH] = str(upload.offset), str(upload.length)
    return response


async def take(request: web.Request) -> web.Response:
    """PATCH: one part, from where the upload stands; 204 with where it stands now."""
    person = await streaming_caller(request)
    uploads = request.app[UPLOADS]
    upload = uploads.find(request.match_info["token"], person)
    if not _speaks(request):
        return _other_version()
    if request.content_type != PART:
        raise Problem(ProblemType.MEDIA_TYPE_UNSUPPORTED, PART)
    offset, transport = _number(request, OFFSET), request.transport
    if offset + (request.content_length or 0) > upload.length:
        raise Problem(ProblemType.BODY_TOO_LARGE, f"more than {LENGTH}")

    def cut() -> None:
        if transport is not None:
            transport.abort()

    with uploads.part(upload, offset, cut), request.app[INTAKE].gate.bodies.one(request.remote or ""):
        await (_signed_part if SIGNATURE in request else _part)(request, upload)
    return web.Response(status=204, headers={OFFSET: str(upload.offset)})


async def _part(request: web.Request, upload: Upload) -> None:
    """Take in what comes, as it comes: when the line breaks, what has come counts."""
    async for chunk in arriving(request):
        request.app[UPLOADS].write(upload, chunk)


async def _signed_part(request: web.Request, upload: Upload) -> None:
    """Take in what a signature covers: all of it or nothing, for of a piece nobody can say who sent it.

    Raises Problem REQUEST_SIGNATURE_INVALID when it is not what was signed.
    """
    found, digest = _DIGEST.search(request.headers.get("Content-Digest", "")), hashlib.sha256()
    with request.app[SERVICE].staging.item() as part:
        async for chunk in arriving(request):
            if part.size + len(chunk) > upload.length - upload.offset:
                raise Problem(ProblemType.BODY_TOO_LARGE, f"more than {LENGTH}")
            digest.update(chunk)
            part.write(chunk)
        if found is None or _decoded(found[1]) != digest.digest():
            raise Problem(ProblemType.REQUEST_SIGNATURE_INVALID, "Content-Digest")
        part.seal()
        async for chunk in _pieces(part):
            request.app[UPLOADS].write(upload, chunk)


async def give_up(request: web.Request) -> web.Response:
    """DELETE: nothing of it remains."""
    person, uploads = await caller(request), request.app[UPLOADS]
    upload = uploads.find(request.match_info["token"], person)
    if not _speaks(request):
        return _other_version()
    uploads.drop(upload)
    return web.Response(status=204)


async def submit_upload(request: web.Request) -> web.Response:
    """POST …/submission: judge what has come, as `submit` does; the upload is gone, whatever the answer."""
    uploads = request.app[UPLOADS]
    upload = uploads.find(request.match_info["token"], await caller(request))
    with uploads.whole(upload) as staged:
        return await taken_in(request, _pieces(staged, last=True))


async def _pieces(staged: StagedItem, *, last: bool = False) -> AsyncIterator[bytes]:
    """Yield what was staged, and let others be served between the pieces; `last` gives their room back at once."""
    for piece in staged.chunks():
        yield piece
        await asyncio.sleep(0)
    if last:
        staged.close()


async def sweeping(app: web.Application) -> AsyncIterator[None]:
    """Give up, while the service runs, what has waited too long; at the end everything."""

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            app[UPLOADS].sweep()

    task = asyncio.create_task(sweep())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    app[UPLOADS].close()


async def tell_version(request: web.Request, response: web.StreamResponse) -> None:
    """Say on every answer about uploads which version is spoken, as tus asks for."""
    if OPERATION in request and request[OPERATION].path.startswith(PATH):
        response.headers[SPEAKS] = VERSION
        if response.status == OTHER_VERSION:
            response.headers["Tus-Version"] = VERSION


def _speaks(request: web.Request) -> bool:
    return request.headers.get(SPEAKS) == VERSION


def _other_version() -> web.Response:
    return render(Problem(ProblemType.PRECONDITION_FAILED, SPEAKS))


def _number(request: web.Request, name: str) -> int:
    """Return what a header says. Raises Problem REQUEST_MALFORMED."""
    text = request.headers.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise Problem(ProblemType.REQUEST_MALFORMED, name)
    return int(text)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


_TOKEN: Final = Parameter(
    "token",
    "path",
    Label("建立上传时 Location 中的凭据", "the token in the Location of the upload"),
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
    required=True,
)
_SPOKEN: Final = Parameter(
    SPEAKS,
    "header",
    Label("所用 tus 协议版本，须为 1.0.0，否则 412", "the version of tus that is spoken: 1.0.0, else 412"),
    {"type": "string", "examples": [VERSION]},
)
_WHOLE: Final = Parameter(
    LENGTH,
    "header",
    Label("数据包的总字节数", "the bytes of the whole container"),
    {"type": "integer", "minimum": 0},
    required=True,
)
_FROM: Final = Parameter(
    OFFSET,
    "header",
    Label("这一段从第几字节开始，须等于已收到的字节数", "where this part begins, which is where the upload stands"),
    {"type": "integer", "minimum": 0},
    required=True,
)
_STANDS: Final = {OFFSET: Label("已收到的字节数", "how many bytes have come")}
_WHOSE: Final = ProblemType.NOT_FOUND


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [_begin(), _stand(), _take(), _give_up(), _submit()]


def _begin() -> Operation:
    return Operation(
        id="beginUpload",
        method="POST",
        path=PATH,
        handler=begin,
        text=Label("分段上传数据包：建立（tus 1.0.0）", "begin to upload a container in parts (tus 1.0.0)"),
        more=Label(
            "线路易断时使用：断开后查询已收到多少，再从该处续传；全部传完后以 POST …/submission 报送。"
            "上传内容只在内存或无名加密暂存区中，一小时无进展、满一天或服务重新启动后即不存在（404），须重新开始。"
            "不读取 Upload-Metadata。",
            "For lines that break: ask how much has come and go on from there; once all has come, POST …/submission submits it. What is"
            " uploaded lives in memory or in nameless ciphertext; after an hour without progress, after a day, or when the service is"
            " started anew, it is gone (404) and begins anew. Upload-Metadata is not read.",
        ),
        tag="submissions",
        scope=Scope.SUBMIT,
        parameters=(_SPOKEN, _WHOLE),
        answers={201: Body(JSON, UploadStanding, headers={"Location": Label("上传地址", "where the upload is")})},
        problems=(ProblemType.CONTAINER_TOO_LARGE, ProblemType.TOO_MANY_REQUESTS, ProblemType.PRECONDITION_FAILED),
    )


def _stand() -> Operation:
    return Operation(
        id="showUpload",
        method="GET",
        path=PATH + "/{token}",
        handler=stand,
        text=Label("分段上传已收到多少字节", "how much of an upload has come"),
        tag="submissions",
        scope=Scope.SUBMIT,
        parameters=(_TOKEN,),
        answers={200: Body(JSON, UploadStanding, headers=_STANDS)},
        problems=(_WHOSE, ProblemType.PRECONDITION_FAILED),
    )


def _take() -> Operation:
    return Operation(
        id="uploadPart",
        method="PATCH",
        path=PATH + "/{token}",
        handler=take,
        text=Label("分段上传：一段", "one part of an upload"),
        more=Label(
            "一次只传一段。线路中断时已到的字节有效；签名请求的签名须覆盖 Content-Digest（sha-256），内容整段核对，不符或中断则整段不计。",
            "One part at a time. When the line breaks, what has come counts; of a signed request, whose signature must cover Content-Digest"
            " (sha-256), the part counts as a whole or not at all.",
        ),
        tag="submissions",
        scope=Scope.SUBMIT,
        parameters=(_TOKEN, _SPOKEN, _FROM),
        body=Body(PART, text=Label("从 Upload-Offset 起的字节", "the bytes from Upload-Offset on")),
        answers={204: Body("", text=Label("已收到", "it has come"), headers=_STANDS)},
        problems=(
            _WHOSE,
            ProblemType.UPLOAD_OFFSET,
            ProblemType.TOO_MANY_REQUESTS,
            ProblemType.TRUNCATED,
            ProblemType.PRECONDITION_FAILED,
        ),
    )


def _give_up() -> Operation:
    return Operation(
        id="giveUpUpload",
        method="DELETE",
        path=PATH + "/{token}",
        handler=give_up,
        text=Label("放弃分段上传，已收到的内容即不存在", "give an upload up: nothing of it remains"),
        tag="submissions",
        scope=Scope.SUBMIT,
        parameters=(_TOKEN, _SPOKEN),
        answers={204: Body("", text=Label("已放弃", "it is gone"))},
        problems=(_WHOSE, ProblemType.PRECONDITION_FAILED),
    )


def _submit() -> Operation:
    return Operation(
        id="submitUpload",
        method="POST",
        path=PATH + "/{token}/submission",
        handler=submit_upload,
        text=Label("报送分段上传的数据包", "submit the container that was uploaded"),
        more=Label(
            "答复与 POST /api/v1/submissions 完全相同；此后该上传即不存在，未收到答复时请重新上传，重发永远得到同样的回执。",
            "Answered exactly as POST /api/v1/submissions. The upload is gone afterwards: without an answer upload it again, a repetition"
            " gets the same receipt, for ever.",
        ),
        tag="submissions",
        scope=Scope.SUBMIT,
        parameters=(_TOKEN,),
        answers=ANSWERS,
        problems=(*refusals(), _WHOSE, ProblemType.UPLOAD_OFFSET),
    )
