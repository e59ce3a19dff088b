"""Messages by an SMS gateway: a POST of a JSON body that the county's settings lay down, to an address of theirs, over HTTPS."""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import aiohttp

from exchange.config import Gateway
from exchange.duty.mail import NotSentError
from exchange.duty.messages import Outgoing

TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_REFUSED: Final = frozenset({400, 404, 405, 410, 413, 415, 422})
"""What a gateway answers who will never take this message."""
_MOST_READ: Final = 4096
_PLACE: Final = re.compile(r"\{(mobile|text|id|secret)\}")


class SmsGateway:
    """One gateway, with its settings. It holds no connection between messages: they are few."""

    def __init__(self, settings: Gateway, secret: str, context: ssl.SSLContext | None = None) -> None:
        """Take the settings; `context` is what TLS is judged by, the machine's own trust without one."""
        self._settings, self._secret, self._ssl = settings, secret, True if context is None else context

    async def send(self, message: Outgoing) -> None:
        """Send one message, its id in the body and as Idempotency-Key: a second copy can be told. Raises NotSentError."""
        values = {"mobile": message.address, "text": message.text, "id": message.id, "secret": self._secret}
        headers = {name: _filled(text, values) for name, text in self._settings.headers.items()} | {"Idempotency-Key": message.id}
        body = {name: _filled(text, values) for name, text in self._settings.body.items()}
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False) as session,
                session.post(self._settings.url, json=body, headers=headers, ssl=self._ssl, allow_redirects=False) as answer,
            ):
                await answer.content.read(_MOST_READ)
                if not answer.ok or answer.status >= 300:  # noqa: PLR2004 - a gateway that leads elsewhere is none
                    raise NotSentError(f"http {answer.status}", final=answer.status in _REFUSED)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise NotSentError(type(error).__name__) from error


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Return a text with the values in their places; nothing else in it means anything."""
    return _PLACE.sub(lambda found: values[found[1]], template)


def secret(folder: Path, settings: Gateway) -> str:
    """Return what the gateway knows the county by, which lies in a file beside the keys; empty where there is none."""
    path = folder / settings.secret_file
    return path.read_text("utf-8").strip() if settings.secret_file and path.is_file() else ""
