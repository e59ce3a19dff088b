"""The client's own look: by the county's policy, with whom to call, and what it cannot look at left to the county."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from archive.reading import plain
from archive.reading.reading import Line, Page, Picture, Reading
from archive.reading.sandbox import Sandbox
from exchange.client.inspection import CONTACT, NOBODY, Contact, Inspector, contact_in
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
    assert contact_in(tmp_path) == Contact(name="王五", phone="0571-12345", office_name="城关镇")
