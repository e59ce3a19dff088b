"""The service's log: a line a fact, as text or as JSON, and never a word of what people sent, asked or are called.

Our own lines hold what this program says; a library's line is cut down to where it was written and what kind of exception
it is about, for its text may quote the wire or a document.
"""

import logging
import re
import sys
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
        said["event"] = record.getMessage()
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


def open_logbook(form: Form, stream: TextIO | None = None) -> None:
    """Let everything that is logged from now on go through `Line`, to standard error if nothing else is given.

    Ours is written from INFO on, a library's from WARNING on. A line that cannot be written is dropped: the standard
    library would print its arguments instead.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Line(form))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(logging.INFO)
    logging.raiseExceptions = False
