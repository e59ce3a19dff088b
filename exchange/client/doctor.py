"""`doctor`: what a person, or whoever helps them, would look at when sending does not work; nothing is changed by looking."""

import asyncio
import platform
import shutil
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.client import http, inspection
from exchange.client.asking import Desk
from exchange.client.core import TrustAnswer
from exchange.client.home import Home, open_home
from exchange.client.outbox import Outbox, State
from exchange.policy.rules import Declared
from exchange.terminal import said as told
from exchange.terminal import spoken
from keys import trust
from keys.custody import KeySigner
from schemas import instants
from schemas.messages import decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import UNCLASSIFIED, Label, Word

SKEW: Final = timedelta(minutes=5)
"""How far a computer's clock may be off before the county refuses its requests."""
SOON: Final = timedelta(days=30)
ROOM: Final = 1 << 30
"""Free bytes that a home should have: a container of 500 MB, twice."""
_CLEAN: Final = "本镇防汛准备工作已经就绪，请审阅。\n"
_MARKED: Final = "机密★1年\n"


class Result(Word):
    """How one look ended."""

    OK = "ok", "正常", "ok"
    WARN = "warn", "注意", "look at this"
    FAIL = "fail", "有问题", "not working"
    SKIPPED = "skipped", "未检查", "not looked at"


@dataclass(frozen=True)
class Finding:
    """One look: what was looked at, how it is, and what to do when it is not well."""

    name: str
    label: Label
    result: Result
    said: str
    advice: Label | None = None
    code: Exit = Exit.OK

    def shown(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        told = {"name": self.name, "result": self.result.value, "said": self.said}
        return told | ({} if self.advice is None else {"advice": self.advice.zh, "advice_en": self.advice.en})


@dataclass
class Patient:
    """What the looks share: the home when there is one, the desk once the county was reached."""

    folder: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    home: Home | None = None
    signer: KeySigner | None = None
    desk: Desk | None = None


Look = Callable[[Patient], Awaitable[Finding]]


async def findings(folder: Path) -> AsyncIterator[Finding]:
    """Look at everything, one thing after the other; a look that fails does not end the others."""
    patient = Patient(folder)
    for look in (_program, _enrolment, _key, _room, _waiting, _alarms, _reading):
        yield await look(patient)
    if patient.home is None:
        return
    pem = patient.home.root.public_bytes(Encoding.PEM)
    with Outbox(folder) as box:
        async with http.line(patient.home.enrolled.url, patient.home.enrolled.tls, pem, patient.signer) as line:
            patient.desk = Desk(patient.home, box, line)
            mine = () if patient.signer is None else (_person, _receipts)
            for look in (_county, _clock, _signing, *mine):
                finding = await look(patient)
                yield finding
                if finding.code is Exit.NETWORK and look is _county:
                    return


def _of(name: str, label: Label, problem: Problem) -> Finding:
    _, english = spoken(problem.detail)
    said = told(problem) + (f" (detail: {english})" if english else "")
    return Finding(name, label, Result.FAIL, said, problem.kind.advice, problem.kind.exit)


async def _program(_patient: Patient) -> Finding:
    said = f"yizhan {metadata.version('yizhan')}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    return Finding("program", Label("程序", "program"), Result.OK, said)


async def _enrolment(patient: Patient) -> Finding:
    label = Label("注册", "enrolment")
    try:
        home = open_home(patient.folder)
    except Problem as problem:
        return _of("enrolment", label, problem)
    patient.home, one = home, home.enrolled
    said = f"{one.name}（{one.person}）{one.office_name} → {one.county}"
    mode = stat.S_IMODE(patient.folder.stat().st_mode)
    if sys.platform != "win32" and mode & 0o077:
        advice = Label(f"请运行 chmod 700 {patient.folder}", f"Run chmod 700 {patient.folder}")
        return Finding("enrolment", label, Result.WARN, f"{said}；本机目录他人可读 / the home can be read by others", advice)
    return Finding("enrolment", label, Result.OK, said)


async def _key(patient: Patient) -> Finding:
    label = Label("签名密钥与证书", "key and certificate")
    if patient.home is None:
        return Finding("key", label, Result.SKIPPED, "")
    try:
        patient.signer = patient.home.signer
    except Problem as problem:
        return _of("key", label, problem)
    certificate = patient.signer.certificate
    until = certificate.not_valid_after_utc
    said = f"有效期至 valid until {until.astimezone(instants.BEIJING):%Y-%m-%d}"
    if until <= patient.now:
        return _of("key", label, Problem(ProblemType.SIGNER_EXPIRED, said))
    if until - patient.now < SOON:
        return Finding("key", label, Result.WARN, said, ProblemType.SIGNER_EXPIRED.advice)
    return Finding("key", label, Result.OK, said)


async def _room(patient: Patient) -> Finding:
    label = Label("磁盘空间", "disk space")
    place = next(path for path in (patient.folder, *patient.folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / (1 << 30):.1f} GiB"
    if free < ROOM:
        return Finding("room", label, Result.WARN, said, Label("请清理磁盘后再报送大件。", "Make room before sending something large."))
    return Finding("room", label, Result.OK, said)


async def _waiting(patient: Patient) -> Finding:
    label = Label("待发箱", "outbox")
    if patient.home is None:
        return Finding("outbox", label, Result.SKIPPED, "")
    with Outbox(patient.folder) as box:
        waiting = [item for item in box.listed() if item.state is State.SAVED]
    if not waiting:
        return Finding("outbox", label, Result.OK, "尚未取得回执 0 件 / nothing waits for its receipt")
    said = f"尚未取得回执 {len(waiting)} 件 / {len(waiting)} without a receipt"
    return Finding("outbox", label, Result.WARN, said, Label("请运行 yizhan outbox --retry", "Run yizhan outbox --retry"))


async def _alarms(patient: Patient) -> Finding:
    label = Label("警报", "alarms")
    found = sorted(path.name for path in patient.home.alarm.iterdir()) if patient.home and patient.home.alarm.is_dir() else []
    if not found:
        return Finding("alarms", label, Result.OK, "无 / none")
    advice = Label(
        "请保留该目录并立即告知县管理员和审计人员。", "Keep that folder; tell the county's administrator and an auditor at once."
    )
    return Finding("alarms", label, Result.FAIL, "；".join(found[-3:]), advice, Exit.INTEGRITY)


async def _reading(_patient: Patient) -> Finding:
    """Read and judge two made-up texts: the one must pass, the other must not."""
    label = Label("发送前检查", "checking before sending")
    try:
        async with inspection.inspector() as inspector:
            clean = await inspector.read("检查.txt", "text/plain", lambda: [_CLEAN.encode()])
            inspector.judge(Declared(UNCLASSIFIED), {"检查.txt": clean.reading})
            marked = await inspector.read("检查.txt", "text/plain", lambda: [_MARKED.encode()])
    except Problem as problem:
        return _of("reading", label, problem)
    try:
        inspector.judge(Declared(UNCLASSIFIED), {"检查.txt": marked.reading})
    except Problem as problem:
        if problem.kind.exit is not Exit.POLICY:
            return _of("reading", label, problem)
    else:
        return _of("reading", label, Problem(ProblemType.INTERNAL, "a mark was not found"))
    if not marked.reading.sandboxed:
        advice = Label("以县端检查为准。", "What the county finds is what counts.")
        said = "可用，但本机没有隔离 / works, without the kernel's limits on this system"
        return Finding("reading", label, Result.WARN, said, advice)
    missing = inspector.confinement.missing()
    if missing:
        said = f"可用，但隔离不完整，缺少 / works, but lacks {'；'.join(f'{one.zh} / {one.en}' for one in missing)}"
        advice = Label("请升级系统内核，或请县管理员看一下。", "Bring the system's kernel up to date, or ask the county's administrator.")
        return Finding("reading", label, Result.WARN, said, advice)
    return Finding("reading", label, Result.OK, f"可用 / works; {inspector.policy.version}")


async def _county(patient: Patient) -> Finding:
    label = Label("连接县端", "the county")
    desk = _desk(patient)
    begun = asyncio.get_running_loop().time()
    try:
        await desk.line.get("/healthz", signed=False)
    except Problem as problem:
        return _of("county", label, problem)
    took = asyncio.get_running_loop().time() - begun
    return Finding("county", label, Result.OK, f"{desk.home.enrolled.url}  {took * 1000:.0f} ms")


async def _clock(patient: Patient) -> Finding:
    label = Label("本机时间", "clock")
    told = _desk(patient).line.date
    if told is None:
        return Finding("clock", label, Result.SKIPPED, "")
    off = abs(datetime.now(UTC) - told)
    said = f"与县端相差 {off.total_seconds():.0f} 秒 / seconds from the county's"
    if off > SKEW:
        return Finding("clock", label, Result.FAIL, said, ProblemType.CLOCK_WRONG.advice, ProblemType.CLOCK_WRONG.exit)
    return Finding("clock", label, Result.WARN if off > SKEW / 2 else Result.OK, said)


async def _signing(patient: Patient) -> Finding:
    label = Label("县端服务", "the county's service")
    try:
        await _desk(patient).line.get("/readyz", signed=False)
    except Problem as problem:
        return _of("service", label, problem)
    return Finding("service", label, Result.OK, "正常出具回执 / receipts are issued")


async def _person(patient: Patient) -> Finding:
    """Hold the own certificate against the newest revocation lists, then make one signed request."""
    label = Label("身份", "who you are to the county")
    desk = _desk(patient)
    try:
        answer = decode(await desk.line.get("/trust", signed=False), TrustAnswer, ProblemType.NETWORK)
        known = trust.Trust(desk.home.root, (desk.home.issuing,), (*desk.home.trust.crls, *map(_crl, answer.crls)))
        certificate = desk.home.signer.certificate
        trust.validate(certificate, (), known, at=datetime.now(UTC), purpose=trust.Purpose.REQUEST)
        await desk.line.get("/api/v1/inbox")
    except Problem as problem:
        return _of("person", label, problem)
    return Finding("person", label, Result.OK, "证书有效，请求被接受 / certificate valid, requests accepted")


async def _receipts(patient: Patient) -> Finding:
    label = Label("回执", "receipts")
    try:
        chain = await _desk(patient).prover.chain()
    except Problem as problem:
        return _of("receipts", label, problem)
    return Finding("receipts", label, Result.OK, f"{chain['count']} 份，连续无缺，均已核对 / receipts, gapless, verified")


def _desk(patient: Patient) -> Desk:
    if patient.desk is None:
        raise Problem(ProblemType.FOLDER_UNKNOWN, str(patient.folder))
    return patient.desk


def _crl(der: bytes) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(der)
