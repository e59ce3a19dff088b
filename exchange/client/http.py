"""The wire, and nothing but the wire: sends a request, returns the answer; what it means is decided in `core`."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from exchange.client.core import Answer, problem_of
from exchange.request_signature import CHECKPOINT_HEADER, IDEMPOTENCY_HEADER, Message, sign_request
from keys.container import MEDIA_TYPE
from keys.custody import Signer
from schemas import instants
from schemas.problems import Problem, ProblemType

CHUNK: Final = 2**18
SLOWEST: Final = 16 * 1024
"""Bytes a second that the county asks for at least."""
_ANSWER_SECONDS: Final = 300
_LONGEST_AFTER: Final = 3600.0
"""Seconds: nobody is told to come again in a year, or never."""
_MOST_ANSWER: Final = 64 << 20
"""Bytes of an answer that is held in memory."""
POLICY_HEADER: Final = "Yizhan-Policy"
"""The version of the county's policy, on every answer."""
_NOT_YET_VALID, _EXPIRED = 9, 10
_OK: Final = (200, 201)
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_ANSWER_SECONDS)
_PAUSES: Final = (0.5, 2.0)
"""Seconds before an act is sent a second and a third time."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

Tls = Literal["own", "system", "none"]
Told = Callable[[int], None]
"""Is told how many bytes have just been sent."""


@dataclass
class Line:
    """An open line to one county. `checkpoint` is the last verified note, base64, which goes with every request.

    `policy` is the version of the policy that the last answer named.
    """

    url: str
    session: aiohttp.ClientSession
    signer: Signer | None = None
    checkpoint: str = ""
    date: datetime | None = None
    policy: str = ""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def get(self, path: str, *, signed: bool = True) -> bytes:
        """Return the body of a good answer. Raises Problem: what the county says, or NETWORK."""
        return _good(await self._ask("GET", path, None, signed=signed))

    async def ask(self, path: str) -> Answer:
        """Return whatever is answered, unsigned: how far an inspection is, whose address is its own credential. Raises NETWORK."""
        return await self._ask("GET", path, None, signed=False)

    async def post(self, path: str, body: bytes = b"{}", *, signed: bool = True) -> bytes:
        """Send a small JSON body. Raises as `get` does."""
        return _good(await self._ask("POST", path, body, signed=signed))

    async def act(self, path: str, body: bytes, key: str) -> bytes:
        """Send a small JSON body that is acted on once: under its key it may be sent again when the answer did not come.

        Raises as `get` does, after three tries.
        """
        for pause in _PAUSES:
            try:
                return _good(await self._ask("POST", path, body, signed=True, key=key))
            except Problem as problem:
                if problem.kind is not ProblemType.NETWORK or "untrusted" in problem.members:
                    raise
            await self.pause(pause)
        return _good(await self._ask("POST", path, body, signed=True, key=key))

    async def _ask(self, method: str, path: str, body: bytes | None, *, signed: bool, key: str = "") -> Answer:
        url = URL(self.url + path)  # the spelling that goes over the wire is the one to sign
        headers = self._headers({"Content-Type": "application/json"} if body is not None else {})
        if key:
            headers[IDEMPOTENCY_HEADER] = key
        if signed and self.signer is not None:
            sign_request(Message(method, str(url), headers), body, self.signer, self.now())
        with _network():
            async with self.session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                return await self._answer(response)

    async def upload(self, path: str, container: Path, told: Told) -> Answer:
        """Send a container from its file. An answer that comes while the body is still on its way ends the sending."""
        size = container.stat().st_size
        headers = self._headers({"Content-Type": MEDIA_TYPE, "Content-Length": str(size)})
        answered = asyncio.Event()
        with _network(), container.open("rb") as file:
            async with (
                asyncio.timeout(_ANSWER_SECONDS + size / SLOWEST),
                self.session.post(
                    self.url + path,
                    data=_pieces(file, answered, told),
                    headers=headers,
                    expect100=True,
                    allow_redirects=False,
                ) as response,
            ):
                answered.set()
                answer = await self._answer(response)
                if file.tell() < size:  # the rest of the body never goes: the connection is of no more use
                    response.close()
                return answer

    async def download(self, path: str, out: BinaryIO) -> None:
        """Write a large body to an open file. Raises as `get` does."""
        headers = self._headers({})
        if self.signer is not None:
            sign_request(Message("GET", self.url + path, headers), None, self.signer, self.now())
        with _network():
            async with self.session.get(self.url + path, headers=headers, allow_redirects=False) as response:
                if response.status not in _OK:
                    raise problem_of(await self._answer(response))
                async for chunk in response.content.iter_chunked(CHUNK):
                    out.write(chunk)

    def _headers(self, more: dict[str, str]) -> CIMultiDict[str]:
        return CIMultiDict(more | ({CHECKPOINT_HEADER: self.checkpoint} if self.checkpoint else {}))

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        retry = response.headers.get("Retry-After", "")
        with suppress(ValueError, OverflowError):  # a gateway's own idea of a date
            self.date = parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
        self.policy = response.headers.get(POLICY_HEADER, self.policy)
        after = min(float(retry), _LONGEST_AFTER) if retry.isdecimal() else None
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > _MOST_ANSWER:
                raise Problem(ProblemType.NETWORK, "答复过长 / the answer is too long")
        return Answer(response.status, bytes(body), response.content_type, after, response.headers.get("Location", ""))


async def _pieces(file: BinaryIO, answered: asyncio.Event, told: Told) -> AsyncIterator[bytes]:
    while not answered.is_set() and (piece := file.read(CHUNK)):
        yield piece
        told(len(piece))
        await asyncio.sleep(0)  # lets an early answer be seen before the next piece


@asynccontextmanager
async def line(url: str, tls: Tls, root_pem: bytes = b"", signer: Signer | None = None, checkpoint: str = "") -> AsyncIterator[Line]:
    """Open a line. `own` believes the pinned root alone, `system` the computer's authorities, `none` nobody in particular."""
    connector = aiohttp.TCPConnector(ssl=_context(tls, root_pem), limit=8)
    proxied = urlsplit(url).hostname not in _LOOPBACK
    async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, trust_env=proxied) as session:
        yield Line(url, session, signer, checkpoint)


def _context(tls: Tls, root_pem: bytes) -> ssl.SSLContext | bool:
    if tls == "none":
        return False
    context = ssl.create_default_context(cadata=root_pem.decode() if tls == "own" else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _good(answer: Answer) -> bytes:
    if answer.status not in _OK:
        raise problem_of(answer)
    return answer.body


class _network:  # noqa: N801 - used like a word of the language
    """Turns what can go wrong on the wire into a Problem."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise Problem CLOCK_WRONG, SIGNER_UNKNOWN (not the county's server) or NETWORK."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            raise _certificate(error.certificate_error) from error
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ServerDisconnectedError | TimeoutError):
            reason = "连接不上 / cannot connect" if isinstance(error, aiohttp.ClientConnectorError) else "连接中断 / connection lost"
            raise Problem(ProblemType.NETWORK, reason) from error
        if isinstance(error, aiohttp.InvalidURL):
            raise Problem(ProblemType.CONFIG_INVALID, "URL") from error
        if isinstance(error, aiohttp.ClientError | ConnectionError | ssl.SSLError):
            raise Problem(ProblemType.NETWORK, type(error).__name__) from error


def _certificate(error: Exception) -> Problem:
    code = getattr(error, "verify_code", 0)
    if code in (_NOT_YET_VALID, _EXPIRED):
        what = "尚未生效 / not yet valid" if code == _NOT_YET_VALID else "已过期 / expired"
        here = f"{datetime.now(instants.BEIJING):%Y-%m-%d %H:%M}"
        return Problem(
            ProblemType.CLOCK_WRONG, f"服务器证书{what}，本机时间为北京时间 {here} / this computer's clock says {here}, Beijing time"
        )
    message = getattr(error, "verify_message", "") or type(error).__name__
    return Problem(ProblemType.NETWORK, f"服务器证书不可信 / the server's certificate is not trusted: {message}", untrusted=True)
