"""A mail server and an SMS gateway on loopback: real sockets, real TLS, kept as they came in.

with mail_server(context) as server: server.port, server.letters        # STARTTLS, AUTH PLAIN, one account
with gateway_server() as server: server.url, server.requests; server.answers = [503, 200]
"""

import base64
import contextlib
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, WORD = "yizhan@example.cn", "a-word"


@dataclass
class MailKept:
    """What a mail server was sent; `refused` are recipients that it answers with this code."""

    port: int = 0
    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    secure: bool = False


class _Session(socketserver.StreamRequestHandler):
    """One session of SMTP (RFC 5321), as far as a client of ours goes."""

    kept: MailKept
    context: ssl.SSLContext

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the one inside TLS is ours

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.tls = self.signed_in = False
        self.sender, self.recipient = "", ""
        with contextlib.suppress(ssl.SSLError):  # whoever does not believe us ends it
            self.go_on()

    def go_on(self) -> None:
        self.say("220 mail.example ESMTP")
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.partition(" ")
            if word.upper() == "QUIT":
                self.say("221 bye")
                return
            getattr(self, f"do_{word.lower()}", self.do_else)(rest)

    def do_ehlo(self, _rest: str) -> None:
        self.say("250-mail.example")
        self.say("250 AUTH PLAIN" if self.tls else "250 STARTTLS")

    def do_starttls(self, _rest: str) -> None:
        self.say("220 go on")
        self.connection = self.request = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.tls = self.kept.secure = True

    def do_auth(self, rest: str) -> None:
        said = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.signed_in = self.tls and said[1:] == [USER, WORD]
        self.say("235 welcome" if self.signed_in else "535 no")

    def do_mail(self, rest: str) -> None:
        self.sender = rest
        self.say("250 ok" if self.signed_in else "530 sign in")

    def do_rcpt(self, rest: str) -> None:
        self.recipient = rest.partition("<")[2].partition(">")[0]
        code = self.kept.refused.get(self.recipient, 250)
        self.say(f"{code} {'ok' if code == 250 else 'no'}")

    def do_data(self, _rest: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.kept.letters.append((self.sender, self.recipient, b"".join(lines)))
        self.say("250 taken")

    def do_else(self, _rest: str) -> None:
        self.say("250 ok")


@contextmanager
def mail_server(context: ssl.SSLContext) -> Iterator[MailKept]:
    kept = MailKept()
    handler = type("Session", (_Session,), {"kept": kept, "context": context})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        yield from _serving(server, kept)


@dataclass
class GatewayKept:
    """What a gateway was sent; `answers` are the codes that it gives, 200 when there are none left."""

    url: str = ""
    requests: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def gateway_server() -> Iterator[GatewayKept]:
    kept = GatewayKept()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.requests.append((dict(self.headers), json.loads(body)))
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/send"
        yield from _serving(server, kept)


def _serving(server: socketserver.BaseServer, kept: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
