"""The log for everyone: checkpoint, tiles, consistency, public events; and what a township needs to trust us."""

import base64

from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding

from archive.ledger import log
from archive.ledger.database import Tx
from archive.ledger.receipts import envelope
from exchange.office import store as offices
from exchange.office.answers import RevocationLists, TrustParts
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import INSTANT
from exchange.representation import answer
from exchange.service import SERVICE
from schemas import instants
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType
from schemas.words import PUBLIC_EVENTS, Label

_TILE = {"type": "string", "pattern": r"^[0-9a-z/.]{1,80}$", "examples": ["0/000.p/3", "entries/000.p/3"]}
_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


async def checkpoint(request: web.Request) -> web.Response:
    """GET /log/checkpoint."""
    published = await request.app[SERVICE].database.read(log.latest)
    return web.Response(body=published.note, content_type="text/plain", charset="utf-8")


async def tile(request: web.Request) -> web.Response:
    """GET /log/tile/…: tiles and entry bundles as C2SP tlog-tiles names them."""
    content = await request.app[SERVICE].database.read(log.tile, f"tile/{request.match_info['path']}")
    return web.Response(body=content, content_type="application/octet-stream", headers=_IMMUTABLE)


async def consistency(request: web.Request) -> web.Response:
    """GET /log/consistency/{size1}/{size2}: the RFC 9162 proof, base64 lines."""
    size1, size2 = int(request.match_info["size1"]), int(request.match_info["size2"])
    proof = await request.app[SERVICE].database.read(log.consistency, size1, size2)
    return web.Response(text="".join(base64.b64encode(node).decode() + "\n" for node in proof))


def _public_event(tx: Tx, leaf: int) -> Envelope:
    row = tx.row("SELECT event, submission, receipt, signature, timestamp, proof FROM event WHERE leaf = :leaf", leaf=leaf)
    if row is None or row.event not in PUBLIC_EVENTS:
        raise Problem(ProblemType.NOT_FOUND)
    return envelope(row)


async def event(request: web.Request) -> web.Response:
    """GET /log/events/{index}: receipts of registration, enrolment, revocation and policy are public."""
    found = await request.app[SERVICE].database.read(_public_event, int(request.match_info["index"]))
    return answer(found)


async def root(request: web.Request) -> web.Response:
    """GET /trust/root.pem: to be compared with the fingerprint on the code slip before anything else is sent."""
    county = request.app[SERVICE].county
    return web.Response(body=county.root.public_bytes(Encoding.PEM), content_type="application/x-pem-file")


async def trust(request: web.Request) -> web.Response:
    """GET /trust: issuing certificate, newest revocation lists, log key; every part is signed or checked against the root."""
    service = request.app[SERVICE]
    county = service.county
    return answer(
        TrustParts(
            county.issuer.certificate.public_bytes(Encoding.DER),
            [each.public_bytes(Encoding.DER) for each in service.trust.crls],
            county.notary.log.verifier,
        )
    )


async def crls(request: web.Request) -> web.Response:
    """GET /trust/crls?at=INSTANT: the list that covered an instant, for old receipts; every list is kept."""
    at = request.query.get("at", "")
    try:
        instants.read(at)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "at") from error
    found = await request.app[SERVICE].database.read(offices.crls_covering, [at])
    return answer(RevocationLists(found))


async def healthy(_request: web.Request) -> web.Response:
    """GET /healthz: the process answers."""
    return web.Response(text="ok\n")


def _halted(tx: Tx) -> str:
    return str(tx.row("SELECT halted FROM ledger").halted)


async def ready(request: web.Request) -> web.Response:
    """GET /readyz: the ledger answers and signing is not stopped."""
    service = request.app[SERVICE]
    reason = service.watch.stopped or await service.database.read(_halted)
    if reason:
        raise Problem(ProblemType.SIGNING_STOPPED, reason)
    return web.Response(text="ready\n")


def operations() -> list[Operation]:
    """Return the operations of this module; none needs a signature, for everything is signed itself."""
    return [*_log(), *_trust(), *_health()]


def _number(name: str, text: Label) -> Parameter:
    return Parameter(name, "path", text, {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}, required=True)


def _log() -> list[Operation]:
    tile_path = Label("层级和编号，按 C2SP tlog-tiles 的写法，含斜线", "level and number as C2SP tlog-tiles writes them, slashes included")
    return [
        Operation(
            id="showCheckpoint",
            method="GET",
            path="/log/checkpoint",
            handler=checkpoint,
            text=Label("最新检查点（C2SP 签名文本）", "the newest checkpoint, a C2SP signed note"),
            tag="log",
            security="none",
            answers={200: Body("text/plain")},
        ),
        Operation(
            id="showTile",
            method="GET",
            path="/log/tile/{path:.+}",
            handler=tile,
            text=Label("日志的散列块和条目块（C2SP tlog-tiles）", "tiles and entry bundles (C2SP tlog-tiles)"),
            tag="log",
            security="none",
            parameters=(Parameter("path", "path", tile_path, _TILE, required=True),),
            answers={200: Body("application/octet-stream")},
            problems=(ProblemType.NOT_FOUND,),
        ),
        Operation(
            id="proveConsistency",
            method="GET",
            path=r"/log/consistency/{size1:\d{1,15}}/{size2:\d{1,15}}",
            handler=consistency,
            text=Label("两个检查点之间的一致性证明，每行一个 base64 散列", "the consistency proof between two sizes, a base64 hash a line"),
            tag="log",
            security="none",
            parameters=(
                _number("size1", Label("较小的条目数", "the smaller size")),
                _number("size2", Label("较大的条目数", "the larger size")),
            ),
            answers={200: Body("text/plain")},
            problems=(ProblemType.NOT_FOUND,),
        ),
        Operation(
            id="showPublicEvent",
            method="GET",
            path=r"/log/events/{index:\d{1,15}}",
            handler=event,
            text=Label(
                "公开事件的回执：登记、发证、吊销、规则变更、台账确认", "the receipt of a public event: registration, certificates, policy"
            ),
            tag="log",
            security="none",
            parameters=(_number("index", Label("日志条目序号，从 0 起", "index of the log entry, from 0")),),
            answers={200: Body(JSON, Envelope)},
            problems=(ProblemType.NOT_FOUND,),
        ),
    ]


def _trust() -> list[Operation]:
    at = {"type": "string", "pattern": f"^{INSTANT}$", "examples": ["2026-11-22T08:00:00.000Z"]}
    return [
        Operation(
            id="showRoot",
            method="GET",
            path="/trust/root.pem",
            handler=root,
            text=Label("县根证书，须与注册单上的指纹核对", "the county's root, to be compared with the fingerprint on the code slip"),
            tag="trust",
            security="none",
            answers={200: Body("application/x-pem-file")},
        ),
        Operation(
            id="showTrust",
            method="GET",
            path="/trust",
            handler=trust,
            text=Label("签发证书、最新吊销列表、日志公钥", "issuing certificate, newest revocation lists, log key"),
            tag="trust",
            security="none",
            answers={200: Body(JSON, TrustParts)},
        ),
        Operation(
            id="findRevocationLists",
            method="GET",
            path="/trust/crls",
            handler=crls,
            text=Label("某一时刻有效的吊销列表", "the revocation list that covered an instant"),
            tag="trust",
            security="none",
            parameters=(Parameter("at", "query", Label("时刻，UTC，毫秒", "the instant, UTC with milliseconds"), at, required=True),),
            answers={200: Body(JSON, RevocationLists)},
        ),
    ]


def _health() -> list[Operation]:
    return [
        Operation(
            id="healthy",
            method="GET",
            path="/healthz",
            handler=healthy,
            text=Label("服务在运行", "the process answers"),
            tag="service",
            security="none",
            answers={200: Body("text/plain")},
        ),
        Operation(
            id="ready",
            method="GET",
            path="/readyz",
            handler=ready,
            text=Label("台账可用且未停止签发", "the ledger answers and signing is not stopped"),
            tag="service",
            security="none",
            answers={200: Body("text/plain")},
            problems=(ProblemType.SIGNING_STOPPED,),
        ),
    ]
