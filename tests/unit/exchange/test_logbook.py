"""A line says what this program says, in a form that machines read; what libraries and exceptions say is left out."""

import fcntl
import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime

import pytest

from exchange import logbook
from exchange.access import request_id
from exchange.logbook import Form, Line, note, note_the_uncaught, open_logbook

WORD = "鹿鸣九皋声闻于野不可外传"


@pytest.fixture
def restored() -> Iterator[None]:
    root, ours = logging.getLogger(), logbook.LOG
    before = (list(root.handlers), root.level, ours.level, logging.raiseExceptions)
    hooks = threading.excepthook, sys.unraisablehook
    yield
    threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)
    root.handlers, root.level, ours.level, logging.raiseExceptions = list(before[0]), *before[1:]


def written(form: Form) -> io.StringIO:
    stream = io.StringIO()
    open_logbook(form, stream)
    return stream


@pytest.mark.usefixtures("restored")
def test_a_line_of_json_holds_its_fields_and_the_request_it_belongs_to():
    stream = written("json")
    mark = logbook.REQUEST.set("abc-1")
    note(logging.INFO, "request", operation="search", status=200, ms=1.5, office="", problem="")
    logbook.REQUEST.reset(mark)
    note(logging.WARNING, "later")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert {name: text for name, text in first.items() if name != "at"} == {
        "level": "info",
        "event": "request",
        "request": "abc-1",
        "operation": "search",
        "status": 200,
        "ms": 1.5,
    }
    assert datetime.fromisoformat(first["at"]).tzinfo is not None
    assert (second["level"], second["event"], "request" in second) == ("warning", "later", False)


@pytest.mark.usefixtures("restored")
def test_a_line_of_text_is_one_line_whatever_stands_in_it():
    stream = written("text")
    note(logging.INFO, "request", operation="search", place="a b\nc", kept="县")
    (line,) = stream.getvalue().splitlines()
    at, rest = line.split(" ", 1)
    assert datetime.fromisoformat(at).tzinfo is not None
    assert rest == 'INFO request operation=search place="a b\\nc" kept="县"'


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.usefixtures("restored")
def test_neither_a_librarys_words_nor_an_exceptions_message_are_written(form: Form):
    stream = written(form)
    try:
        int(WORD)
    except ValueError:
        logging.getLogger("asyncio").exception("Task failed: %s", WORD)
        logging.getLogger("yizhan").exception("incident")
        logging.getLogger("aiohttp.server").error(f"Error {WORD}", exc_info=True)  # noqa: G004, G201 - as a library may do it
    text = stream.getvalue()
    assert len(text.splitlines()) == 3
    assert WORD not in text
    assert json.dumps(WORD).strip('"') not in text
    assert text.count("ValueError") == 3
    assert "test_logbook" in text


@pytest.mark.usefixtures("restored")
def test_a_line_that_cannot_be_made_is_dropped_without_its_arguments(capsys: pytest.CaptureFixture[str]):
    stream = written("json")
    logging.getLogger("yizhan").info("%d", WORD)
    note(logging.INFO, "next")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["next"]
    assert WORD not in "".join(capsys.readouterr())


@pytest.mark.usefixtures("restored")
def test_what_libraries_tell_below_a_warning_is_not_written():
    stream = written("text")
    for name in ("asyncio", "aiohttp.access", "aiosqlite"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).debug("chatter")
    logbook.LOG.debug("ours, in detail")
    assert stream.getvalue() == ""


def test_a_record_can_be_formatted_twice():
    record = logging.makeLogRecord({"name": "yizhan", "msg": "x %s", "args": ("y",), "levelname": "INFO", "created": 0.0})
    assert Line("text").format(record) == Line("text").format(record) == "1970-01-01T00:00:00.000Z INFO x y"


@pytest.mark.parametrize("asked", ["a", "Z9_-", "0f" * 32])
def test_a_callers_own_request_id_is_kept_when_it_is_a_plain_token(asked: str):
    assert request_id(asked) == asked


@pytest.mark.parametrize("asked", ["", " ", "a b", "a" * 65, WORD, 'a"b', "a\nb", "a/b", "é"])
def test_any_other_request_id_is_replaced(asked: str):
    first, second = request_id(asked), request_id(asked)
    assert first != second
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in (first, second))


@pytest.mark.usefixtures("restored")
def test_whoever_stops_reading_the_log_stops_nothing_and_is_told_later_what_is_missing():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as reader, os.fdopen(writing, "w", encoding="utf-8") as stream:
        open_logbook("json", stream)
        room = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 8192)
        for number in range(room // 20):
            note(logging.INFO, "request", number=number)  # it would wait here for ever
        lines = reader.read(room).splitlines()
        note(logging.INFO, "request", number=-1)
        dropped, last = map(json.loads, reader.read(room).splitlines())
    assert [json.loads(line)["number"] for line in lines] == list(range(len(lines)))
    assert (dropped["event"], dropped["count"], last["number"]) == ("log lines dropped", room // 20 - len(lines), -1)


class Breaking:
    def __del__(self) -> None:
        raise ValueError(WORD)


def broken() -> None:
    raise ValueError(WORD)


@pytest.mark.usefixtures("restored")
def test_what_nobody_caught_leaves_a_line_without_its_text(capfd: pytest.CaptureFixture[str]):
    stream = written("json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        note_the_uncaught()
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        Breaking()
        warnings.warn(WORD, stacklevel=1)
        logging.captureWarnings(capture=False)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line.get("exception"), line.get("logger")) for line in lines] == [
        ("uncaught", "ValueError", None),
        ("uncaught", "ValueError", None),
        ("library", None, "py.warnings"),
    ]
    assert WORD not in stream.getvalue()
    assert capfd.readouterr() == ("", "")
