"""Messages by SMTP, with the standard library, in a thread: STARTTLS or TLS from the first byte (RFC 3207, RFC 8314), with a password."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from exchange.config import Mail
from exchange.duty.messages import Outgoing

TIMEOUT: Final = 20.0
_NOBODY: Final = frozenset({550, 551, 553, 554})
"""What a server answers who will never take a message for this address."""


class NotSentError(Exception):
    """A message did not go out. `fault` is a word of ours, without address or text; `final` says that trying again is in vain."""

    def __init__(self, fault: str, *, final: bool = False) -> None:
        """Say why."""
        super().__init__(fault)
        self.fault, self.final = fault, final


class MailServer:
    """One mail server, with its settings; blocking, and safe to call from one thread at a time."""

    def __init__(self, settings: Mail, password: str, context: ssl.SSLContext | None = None) -> None:
        """Take the settings; `context` is what TLS is judged by, the machine's own trust without one."""
        self._settings, self._password = settings, password
        self._context = context or ssl.create_default_context()

    def send(self, message: Outgoing, now: datetime) -> None:
        """Send one message. Its Message-ID is made of its id: a second copy can be told. Raises NotSentError."""
        letter = self._letter(message, now)
        try:
            with self._connected() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise NotSentError(f"smtp {code}", final=code in _NOBODY) from error
        except smtplib.SMTPResponseException as error:
            raise NotSentError(f"smtp {error.smtp_code}") from error
        except smtplib.SMTPException as error:
            raise NotSentError(type(error).__name__) from error
        except ssl.SSLError as error:
            raise NotSentError("tls") from error
        except (OSError, ValueError) as error:
            raise NotSentError(type(error).__name__) from error

    def _letter(self, message: Outgoing, now: datetime) -> EmailMessage:
        letter = EmailMessage()
        try:
            letter["From"], letter["To"], letter["Subject"] = self._settings.sender, message.address, "公文待签收提醒"
            meant = [each.addr_spec for each in letter["To"].addresses]
        except (ValueError, LookupError, AttributeError, TypeError) as error:  # the library's ways of saying that it is no address
            raise NotSentError("address", final=True) from error
        if meant != [message.address]:  # what reads as an empty group would go to nobody
            raise NotSentError("address", final=True)
        letter["Date"], letter["Message-ID"] = format_datetime(now), f"<{message.id}@{self._settings.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        return letter

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT, context=self._context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
        with server:
            if settings.security == "starttls":
                server.starttls(context=self._context)
            if settings.user:
                server.login(settings.user, self._password)
            yield server


def password(folder: Path, settings: Mail) -> str:
    """Return the password of the mailbox, which lies in a file beside the keys, never in the ledger; empty where there is none."""
    path = folder / settings.password_file
    return path.read_text("utf-8").strip() if settings.password_file and path.is_file() else ""
