"""Papers and the paperless rate, for programs: registered, listed and counted as on the pages."""

import re
from datetime import datetime
from typing import Final

from aiohttp import web

from archive.ledger import receipts
from archive.ledger.database import Tx
from archive.ledger.receipts import Notary
from exchange import idempotency
from exchange.delivery import own_act
from exchange.idempotency import KEY, Once, once
from exchange.office.session import BODY, caller
from exchange.office.store import Person
from exchange.operation import JSON, Body, Operation, Parameter
from exchange.paging import PAGED, window
from exchange.paper import items, rate, stops, store
from exchange.paper.answers import Attach, FiguresShown, NewPaper, Papers, PaperShown, RatesShown
from exchange.paper.items import COURIER_BARE, Courier, Paper
from exchange.paper.rate import Figures
from exchange.paper.store import PAPERS, Registered
from exchange.representation import answer
from exchange.service import SERVICE
from schemas.messages import Envelope, decode
from schemas.problems import Problem, ProblemType
from schemas.words import Label

HERE: Final = "/api/v1/paper"
_EVIDENCE: Final = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_MONTH: Final = "20[0-9]{2}-(0[1-9]|1[0-2])"


async def register(request: web.Request) -> web.Response:
    """POST /api/v1/paper: write one down; the answer is its receipt. Confidential courier is counted on the page alone."""
    person, service = await caller(request), request.app[SERVICE]
    wanted = decode(request[BODY], NewPaper, ProblemType.REQUEST_MALFORMED)
    fields = {name: str(getattr(wanted, name) or "") for name in NewPaper.__struct_fields__}
    typed = items.read(fields, await service.database.read(store.counterparts), person.office)
    if isinstance(typed, Courier):
        raise Problem(ProblemType.REQUEST_MALFORMED, COURIER_BARE)
    items.require_unmarked(typed, service.policy)
    key = once(request, request[BODY])
    evidence = await service.sign(_register, service.county.notary, person, typed, key, service.watch.signing_now())
    return answer(await service.database.read(receipts.envelope_of, evidence))


def _register(tx: Tx, notary: Notary, person: Person, typed: Paper, key: Once | None, now: datetime) -> str:
    return idempotency.once_only(tx, person.id, key, lambda: store.register(tx, notary, person, typed, now), now)


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/paper?after=CURSOR&size=N."""
    person = await caller(request)
    found = await request.app[SERVICE].database.read(store.listed, person, window(request, PAPERS))
    return answer(Papers([_shown(each) for each in found.rows], found.following))


async def attach(request: web.Request) -> web.Response:
    """POST /api/v1/paper/{paper}/scans: link a scan; the answer is its receipt, asked again the same one."""
    person, service = await caller(request), request.app[SERVICE]
    body, now = decode(request[BODY], Attach, ProblemType.REQUEST_MALFORMED), service.watch.signing_now()
    signed = own_act.stated(body.statement, body.signature, person, service.trust, now)
    wanted = (person, request.match_info["paper"], body.submission, now, signed)
    evidence = await service.sign(store.attach, service.county.notary, *wanted)
    if evidence is None:
        raise Problem(ProblemType.ACTION_NOT_POSSIBLE, "linked before such links had a receipt")
    return answer(await service.database.read(receipts.envelope_of, evidence))


async def rates(request: web.Request) -> web.Response:
    """GET /api/v1/paper/rate?first=2026-01&last=2026-12."""
    person, service = await caller(request), request.app[SERVICE]
    last = request.query.get("last", store.month_of(service.watch.now()))
    first = request.query.get("first", f"{last[:4]}-01")
    if not re.fullmatch(_MONTH, first) or not re.fullmatch(_MONTH, last):
        raise Problem(ProblemType.REQUEST_MALFORMED, "months")
    return answer(await service.database.read(_rates, person, first, last))


def _rates(tx: Tx, person: Person, first: str, last: str) -> RatesShown:
    found = rate.rates(tx, person, first, last)
    return RatesShown(
        first=first,
        last=last,
        line=rate.LINE,
        whole=_figures(found.whole),
        offices={code: {way: _figures(one) for way, one in ways.items()} for code, ways in found.offices.items()},
        kinds={kind: _figures(one) for kind, one in found.kinds.items()},
        months={month: _figures(one) for month, one in found.months.items()},
        reasons=found.reasons,
        courier=found.courier,
        stops=stops.stops(tx),
    )


def _figures(one: Figures) -> FiguresShown:
    return FiguresShown(**one._asdict(), rate=one.rate, above=one.above)


def _shown(one: Registered) -> PaperShown:
    said = {name: value for name, value in one._asdict().items() if name not in ("place", "person")}
    return PaperShown(**said, by=one.person)


def _month(name: str, text: Label) -> Parameter:
    return Parameter(name, "query", text, {"type": "string", "pattern": f"^{_MONTH}$"})


def operations() -> list[Operation]:
    """Return the operations of this module."""
    return [
        Operation(
            id="registerPaper",
            method="POST",
            path=HERE,
            handler=register,
            text=Label("登记一件纸质收发文", "register a paper that came or went beside the network"),
            more=Label(
                "标题、文号按同一规则检查；机要件只在网页按月计数。",
                "What is typed is judged as any declared text; confidential courier is counted on the page alone.",
            ),
            tag="paper",
            parameters=(KEY,),
            body=Body(
                JSON,
                NewPaper,
                example={"direction": "received", "counterpart": "市政府办", "title": "关于防汛值班的通知", "kind": "notice", "copies": 2},
            ),
            answers={200: Body(JSON, Envelope, Label("回执", "its receipt"))},
            problems=(
                ProblemType.REQUEST_MALFORMED,
                ProblemType.SECRECY_MARK,
                ProblemType.SECRECY_REVIEW_NEEDED,
                ProblemType.NOT_ALLOWED,
                ProblemType.IDEMPOTENCY_KEY_USED,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
        Operation(
            id="listPapers",
            method="GET",
            path=HERE,
            handler=listed,
            text=Label("本单位的纸质登记", "the office's papers"),
            tag="paper",
            parameters=PAGED,
            answers={200: Body(JSON, Papers, Label("一页", "one page"))},
            problems=(ProblemType.REQUEST_MALFORMED,),
        ),
        Operation(
            id="attachScan",
            method="POST",
            path=f"{HERE}/{{paper:[0-9a-f]{{32}}}}/scans",
            handler=attach,
            text=Label("关联扫描件", "link the scan of a paper"),
            more=Label(
                "扫描件先按普通件报送；paper 是登记回执的 evidence_id。重复关联得到同一回执，扫描件的其他单位不受影响。",
                "A scan comes in as a submission; `paper` is the evidence_id of the paper's receipt. Linked again it is the same receipt;"
                " the submission's other offices learn nothing of it.",
            ),
            tag="paper",
            parameters=(Parameter("paper", "path", Label("登记回执的 evidence_id", "evidence_id of the paper's receipt"), _EVIDENCE),),
            body=Body(JSON, Attach, example={"submission": "0" * 64}),
            answers={200: Body(JSON, Envelope, Label("回执", "its receipt"))},
            problems=(
                ProblemType.NOT_FOUND,
                ProblemType.NOT_ALLOWED,
                ProblemType.SEALED,
                ProblemType.MISDIRECTED,
                ProblemType.WITHDRAWN,
                ProblemType.ACTION_NOT_POSSIBLE,
                ProblemType.STATEMENT_INVALID,
                ProblemType.SIGNING_STOPPED,
            ),
        ),
        Operation(
            id="paperlessRate",
            method="GET",
            path=f"{HERE}/rate",
            handler=rates,
            text=Label("无纸化率", "the paperless rate"),
            more=Label(
                "无纸化率 = 网上 ÷（网上 + 纸质）；县外纸质和机要件另列。县里看各单位，其他单位只看本单位。",
                "Electronic ÷ (electronic + paper); paper outside the county and courier apart. The county sees all offices.",
            ),
            tag="paper",
            parameters=(
                _month("first", Label("起始月份，默认当年一月", "first month; January of the last one's year by default")),
                _month("last", Label("截止月份，默认本月", "last month; this one by default")),
            ),
            answers={200: Body(JSON, RatesShown, Label("各项比率", "the rates"))},
            problems=(ProblemType.REQUEST_MALFORMED,),
        ),
    ]
