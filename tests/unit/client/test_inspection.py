"""The client's own look: by the county's policy, with whom to call, and what it cannot look at left to the county."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from archive.reading import plain
from archive.reading.reading import Line, Page, Picture, Reading
from archive.reading.sandbox import Sandbox
from exchange.client import inspection
from exchange.client.inspection import CONTACT, NOBODY, Contact, Inspector, contact_in
from exchange.client.progress import Silent, _Bar
from exchange.policy.rules import Declared, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

OFFICER = Contact(name="王五", phone="0571-12345")


def judged(readings: Mapping[str, Reading], contact: Contact = NOBODY, **more: Any) -> Any:
    inspector = Inspector(load("usual"), Sandbox(), None, contact)
    return inspector.judge(Declared(UNCLASSIFIED, names=tuple(readings), main="正文.pdf"), readings, **more)


def scan(*before: Line, **more: Any) -> Reading:
    return Reading(format="pdf", pages=(*([Page(1, before)] if before else []), Page(2, (), Picture("scan", 200))), **more)


def test_a_scan_that_cannot_be_looked_at_here_is_left_to_the_county():
    assert judged({"正文.pdf": scan()}).outcome is Outcome.PASS
    assert judged({"正文.pdf": Reading(format="image", pages=(Page(1, (), Picture("scan", 200)),))}).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "reading",
    [
        scan(Line("机密★1年", 0.1, 0.1, 0.2, 0.02)),
        scan(properties={"Keywords": "机密"}),
        scan(texts=(("annotation", "机密★1年"),)),
        scan(parts=(("机密.txt", plain.read("关于防汛".encode())),)),
    ],
)
def test_what_the_file_says_beside_its_pictures_is_judged_here(reading: Reading):
    with pytest.raises(Problem) as caught:
        judged({"正文.pdf": reading})
    assert caught.value.kind is ProblemType.SECRECY_MARK


def test_a_file_without_a_word_is_refused_here_with_its_name():
    with pytest.raises(Problem) as caught:
        judged({"正文.pdf": scan(), "空.txt": Reading(format="text", pages=(Page(1, ()),))})
    assert caught.value.kind is ProblemType.DOCUMENT_WITHOUT_TEXT
    assert [(finding["rule"], finding["part"]) for finding in caught.value.members["findings"]] == [("document-without-text", "空.txt")]


def test_a_refusal_says_whom_to_call_and_where_the_mark_is():
    with pytest.raises(Problem) as caught:
        judged({"正文.pdf": plain.read("机密★1年\n关于防汛".encode())}, OFFICER)
    assert caught.value.members["contact"] == {"name": "王五", "phone": "0571-12345", "office_name": ""}
    assert caught.value.members["findings"][0]["place"] == "upper"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"phone": 7}', b"\xff"])
def test_a_contact_that_cannot_be_read_is_nobody(content: bytes, tmp_path: Path):
    assert contact_in(None) == contact_in(tmp_path) == NOBODY
    (tmp_path / CONTACT).write_bytes(content)
    assert contact_in(tmp_path) == NOBODY


def test_the_contact_is_read_from_the_home(tmp_path: Path):
    (tmp_path / CONTACT).write_text('{"name": "王五", "phone": "0571-12345", "hours": "8-17"}', encoding="utf-8")
    assert contact_in(tmp_path) == OFFICER
    items = '{"items": [{"office": "T01", "office_name": "城关镇", "name": "王五", "phone": "0571-12345"}, {"office": "county"}]}'
    (tmp_path / CONTACT).write_text(items, encoding="utf-8")
    assert contact_in(tmp_path) == Contact(name="王五", phone="0571-12345", office_name="城关镇", office="T01")


class Told(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []

    def reads(self, name: str, done: int, pages: int) -> None:
        self.said.append((name, done, pages))

    def has_read(self, name: str) -> None:
        self.said.append((name,))


@pytest.mark.parametrize(("patience", "said"), [(0.0, [("大.pdf", 0, 0), ("大.pdf",)]), (60.0, [("大.pdf",)])])
async def test_a_reading_that_takes_its_time_is_told_and_ended(
    patience: float, said: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
):
    told: Any = Told()
    inspector = Inspector(load("usual"), Sandbox(), progress=told)

    async def read(*_: object) -> Reading:
        await asyncio.sleep(0.01)
        raise Problem(ProblemType.DOCUMENT_BROKEN)

    monkeypatch.setattr(inspection, "PATIENCE", patience)
    monkeypatch.setattr(inspector, "_reading", read)
    with pytest.raises(Problem):
        await inspector.read("大.pdf", "application/pdf", list)
    assert told.said == said


def test_the_bar_goes_away_with_the_last_thing_that_is_read(capsys: pytest.CaptureFixture[str]):
    bar = _Bar()
    bar.reads("[red]a.pdf", 0, 0)
    bar.reads("b.pdf", 1, 3)
    bar.reads("b.pdf", 0, 0)
    bar.has_read("[red]a.pdf")
    assert bar._looking is not None
    assert [(task.completed, task.total) for task in bar._looking.tasks] == [(1, 3)]
    bar.has_read("b.pdf")
    bar.has_read("never.pdf")
    assert bar._looking is None
    assert capsys.readouterr().out == ""
