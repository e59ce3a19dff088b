"""Browsers that send: documents packed and signed by a page's own modules, over a line that a test can cut.

with cut_line(county) as line:
    line.cut_after = 5_000_000                 # after so many bytes towards the county all connections break, once
    page = enrol(line.visitor(), "T01", "张三")
    submission = kept(page, "防汛", size=6_000_000)
"""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import paper_maker
from desk_maker import DeskCounty, Visitor, Watched
from entering_maker import module
from playwright.sync_api import Page

PATIENCE = 90_000
"""Milliseconds that a county which was just started may take for a scan on a busy machine."""

KEEP = """async (outbox, { title, head, filling, tail, origin }) => {
  const here = (name) => import(new URL(`../${name}`, document.querySelector('script[src*="/core/page.js"]').src));
  const [keys, { pack }] = [await here("signing/keys.js"), await here("signing/container.js")];
  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const blob = new Blob([bytes(head), "@".repeat(filling), bytes(tail)]);
  const chosen = [{ name: "件.pdf", blob, role: "main", origin, mediaType: "application/pdf" }];
  const key = await keys.current();
  const message = {
    to: ["county"], kind: "information", title, date_issued: "2026-11-20", classification: "非涉密",
    secrecy_check: { by: key.name, at: new Date().toISOString() },
  };
  const { blob: container, submission, reference } = await pack(key, message, chosen);
  await outbox.keep({ submission, reference, title, to: ["county"], blob: container });
  return submission;
}"""


def kept(page: Page | Watched, title: str, *, size: int = 100, scan: bytes | None = None) -> str:
    """Let a page pack, sign and keep a PDF: a little text in about `size` bytes, or a scan. Returns the submission's id."""
    head, tail = (scan, b"") if scan else paper_maker.small(more=[paper_maker.stream(b"@" * size)]).split(b"@" * size)
    parts = {name: base64.b64encode(part).decode() for name, part in (("head", head), ("tail", tail))}
    origin = "scan_of_sealed_paper" if scan else "born_digital"
    told = {"title": title, "filling": 0 if scan else size, "origin": origin} | parts
    return str(module(page, "sending/outbox.js", KEEP, told))


def sent(page: Page | Watched, submission: str, **options: Any) -> dict[str, Any]:
    """Send a kept document and return `{status, receipt, phases}`, or `{error, message}` when it was not accepted."""
    act = """async (sending, { submission, options }) => {
      const phases = [];
      try {
        const done = await sending.send(submission, { ...options, progress: (standing) => phases.push(standing) });
        return { ...done, phases };
      } catch (error) { return { error: error.type || error.name, message: error.message, step: error.step, phases }; }
    }"""
    return dict(module(page, "sending/send.js", act, {"submission": submission, "options": options}))


def begun(page: Page | Watched, submission: str) -> None:
    """Begin to send and do not wait; how far it is stands in `phases` of the page, what came of it in `outcome`."""
    act = """(sending, submission) => {
      globalThis.phases = [];
      globalThis.outcome = undefined;
      const ended = (value) => (globalThis.outcome = value);
      const progress = (standing) => phases.push(standing);
      sending.send(submission, { progress }).then(({ status }) => ended(status), (error) => ended(error.type || error.name));
    }"""
    module(page, "sending/send.js", act, submission)


def reached(page: Page | Watched, phase: str) -> None:
    """Wait until what was begun has come so far."""
    page.wait_for_function("(wanted) => phases.some(({ phase }) => phase === wanted)", arg=phase)


def outcome(page: Page | Watched) -> str:
    """Wait for the end of what was begun: a status, or the type of what was thrown."""
    return str(page.wait_for_function("() => globalThis.outcome", timeout=PATIENCE).json_value())


def everything(page: Page | Watched) -> str:
    """Return all that the sending part keeps in IndexedDB, as text."""
    act = """async () => {
      const opening = indexedDB.open("sending");
      const database = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
      const names = [...database.objectStoreNames];
      const transaction = database.transaction(names);
      const asked = names.map((name) => transaction.objectStore(name).getAll());
      await new Promise((done) => (transaction.oncomplete = done));
      const found = asked.map(({ result }) => result);
      database.close();
      return JSON.stringify(found);
    }"""
    return str(page.evaluate(act))


def listed(page: Page | Watched) -> list[dict[str, Any]]:
    """Return what has no receipt, as the outbox says."""
    return list(module(page, "sending/outbox.js", "async (o) => (await o.list()).map(({ anchor, ...rest }) => rest)"))


def files(page: Page | Watched) -> list[str]:
    """Return the names of all files of the browser's own."""
    act = """async () => {
      const found = [];
      const walk = async (folder) => {
        for await (const [name, entry] of folder) entry.kind === "file" ? found.push(name) : await walk(entry);
      };
      await walk(await navigator.storage.getDirectory());
      return found;
    }"""
    return list(page.evaluate(act))


@dataclass
class Line:
    """A way to a county that passes bytes on until it is cut; where it `closes` it stays so. `passed` counts bytes towards the county."""

    county: DeskCounty
    port: int = 0
    cut_after: int | None = None
    closes: bool = False
    closed: bool = False
    passed: int = 0
    cuts: int = 0
    open: set[socket.socket] = field(default_factory=set)

    def visitor(self, **options: Any) -> Visitor:
        """Return a stranger who comes this way."""
        there = replace(self.county, process=replace(self.county.process, url=f"https://127.0.0.1:{self.port}"))
        return replace(self.county.stranger(**options), county=there)

    def cut(self) -> None:
        """Break every connection in the middle of whatever it carries."""
        self.cuts += 1
        self.closed = self.closed or self.closes
        for each in list(self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            try:
                if self.closed:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", urlsplit(self.county.url).port or 0))
            except OSError:
                near.close()
                continue
            self.open |= {near, far}
            for one, other, up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self.carry, args=(one, other, up), daemon=True).start()

    def carry(self, one: socket.socket, other: socket.socket, up: bool) -> None:  # noqa: FBT001 - a thread's arguments
        with contextlib.suppress(OSError):
            while content := one.recv(16 * 1024):
                other.sendall(content)
                if up:
                    self.passed += len(content)
                    if self.cut_after is not None and self.passed > self.cut_after:
                        self.cut_after = None
                        self.cut()
        for each in (one, other):
            self.open.discard(each)
            each.close()


@contextmanager
def cut_line(county: DeskCounty) -> Iterator[Line]:
    """Stand between browsers and a county."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = Line(county, listening.getsockname()[1])
        thread = threading.Thread(target=line.serve, args=(listening,), daemon=True)
        thread.start()
        yield line
        line.cut()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
