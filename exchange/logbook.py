"""The service's log: a line a fact, as text or as JSON, and never a word of what people sent, asked or are called.

Our own lines hold what this program says; a library's line is cut down to where it was written and what kind of exception
it is about, for its text may quote the wire or a document.
"""

import logging
import re
import select
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

import msgspec

from schemas import instants

Form = Literal["text", "json"]

LOG: Final = logging.getLogger("yizhan")

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered; every line that is written meanwhile carries it."""

PLACES: Final = 6
LONGEST: Final = 500
"""Characters of an event."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:+/-]+")


def note(level: int, event: str, **fields: str | float) -> None:
    """Write a line. `event` and `fields` are this program's words, codes and numbers; empty fields are left out."""
    LOG.log(level, event, extra={"fields": {name: value for name, value in fields.items() if value != ""}})


def where(error: BaseException) -> str:
    """Return the last places of a traceback, without any text of it."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-PLACES:])


def line(record: logging.LogRecord) -> dict[str, Any]:
    """Return what may be said of a record: at, level, event, request, and its own fields."""
    said: dict[str, Any] = {
        "at": instants.write(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
    }
    if record.name == LOG.name or record.name.startswith(f"{LOG.name}."):
        said["event"] = record.getMessage()[:LONGEST]
    else:
        said |= {"event": "library", "logger": record.name, "place": f"{record.module}:{record.lineno}"}
    request = REQUEST.get()
    if request:
        said["request"] = request
    said |= getattr(record, "fields", {})
    if record.exc_info and record.exc_info[1] is not None:
        said |= {"exception": type(record.exc_info[1]).__name__, "trace": where(record.exc_info[1])}
    return said


class Line(logging.Formatter):
    """Writes a record as one line."""

    def __init__(self, form: Form) -> None:
        """Write in this form."""
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        said = line(record)
        if self._form == "json":
            return msgspec.json.encode(said).decode()
        at, level, event = said.pop("at"), said.pop("level"), said.pop("event")
        return " ".join([at, level.upper(), event.replace("\n", " "), *(f"{name}={_written(value)}" for name, value in said.items())])


def _written(value: str | float) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else msgspec.json.encode(text).decode()


class Ready(logging.StreamHandler[TextIO]):
    """Writes a line where that is possible at once, else drops it: whoever stops reading the log must not stop the service.

    A pipe or socket that is ready takes at least 4096 bytes, which no line of ours reaches. How many were dropped is said as
    soon as a line can be written again.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to a file, a pipe, a socket, a terminal or a buffer in memory."""
        super().__init__(stream)
        self._dropped = 0
        self._room = select.poll()
        try:
            self._room.register(stream.fileno(), select.POLLOUT)
            self._may_block = True
        except (OSError, ValueError):  # a buffer in memory
            self._may_block = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write or drop."""
        if self._dropped and self._is_ready():
            count, self._dropped = self._dropped, 0
            said = {"name": LOG.name, "levelname": "WARNING", "msg": "log lines dropped", "fields": {"count": count}}
            super().emit(logging.makeLogRecord(said))
        if self._is_ready():
            super().emit(record)
        else:
            self._dropped += 1

    def _is_ready(self) -> bool:
        return not self._may_block or bool(self._room.poll(0))


def open_logbook(form: Form, stream: TextIO | None = None) -> None:
    """Let everything that is logged from now on go through `Line`, to standard error if nothing else is given.

    Ours is written from INFO on, a library's from WARNING on. A line that cannot be written is dropped: the standard
    library would print its arguments instead.
    """
    handler = Ready(stream or sys.stderr)
    handler.setFormatter(Line(form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(logging.INFO)
    logging.raiseExceptions = False


def note_the_uncaught() -> None:
    """Let what nobody caught, in a thread or while an object goes, leave a line of ours: Python would print its text.

    A warning becomes a library's line. Both hold for the whole process.
    """
    threading.excepthook = sys.unraisablehook = _uncaught
    logging.captureWarnings(capture=True)


def _uncaught(args: Any) -> None:
    trace = "" if args.exc_value is None else where(args.exc_value)
    note(logging.ERROR, "uncaught", exception=args.exc_type.__name__, trace=trace)
