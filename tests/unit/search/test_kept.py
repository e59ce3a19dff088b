"""What is kept of a submission's text, and that nothing but what was kept comes out again."""

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading import plain
from archive.reading.kept import HEAD, MAXIMUM, Allowance, KeptPart, keep, kept, length, pack, unpacked_size
from archive.reading.reading import Line, Page, Picture, Reading
from schemas.problems import Problem, ProblemType

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
NUMBERS = st.integers(0, 2**40)
PARTS = st.builds(
    KeptPart,
    name=TEXTS,
    text=TEXTS,
    pages=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3).map(tuple),
    others=st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
)


def line(text: str, y: float = 0.1) -> Line:
    return Line(text, 0.1, y, 0.8, 0.02)


@given(st.lists(PARTS, max_size=4).map(tuple))
def test_what_is_packed_is_unpacked(parts: tuple[KeptPart, ...]):
    assert kept(pack(parts)) == parts


def test_a_flow_is_kept_with_the_places_where_its_pages_begin():
    pages = (Page(1, (line("关于防汛准备"), line("工作的通"))), Page(2, (line("知"), line("各村：", 0.2), line("- 2 -", 0.95))))
    (part,) = kept(keep({"件.pdf": Reading(format="pdf", pages=pages)}))
    assert part.name == "件.pdf"
    assert part.text == "关于防汛准备工作的通知各村："
    assert [(number, part.text[begin:][:1]) for number, begin in part.pages] == [(1, "关"), (2, "知")]


def test_what_stands_outside_the_pages_is_kept_and_what_a_file_says_of_itself_is_not():
    reading = Reading(format="pdf", pages=(Page(1, (line("正文"),)),), properties={"Author": "李四"}, texts=(("annotation", "请尽快"),))
    (part,) = kept(keep({"件.pdf": reading}))
    assert part.others == (("annotation", "请尽快"),)
    assert "李四" not in repr(part)


def test_parts_keep_the_order_in_which_they_were_read():
    readings = {name: plain.read(f"{name}的内容，共一页。".encode()) for name in ("乙.txt", "甲.txt", "丙.txt")}
    assert [part.name for part in kept(keep(readings))] == list(readings)
    assert length(readings) == sum(len(f"{name}的内容，共一页。") for name in readings)


def test_files_inside_a_file_are_kept_under_both_names():
    inner = Reading(format="docx", pages=(Page(1, (line("统计表"),)),), texts=(("annotation", "请尽快"),))
    scan = Reading(format="image", pages=(Page(1, (), Picture("scan", 200), (line("扫描的通知"),), "whole"),))
    outer = Reading(
        format="zip", pages=(), parts=(("甲/内.zip", Reading(format="zip", pages=(), parts=(("表.docx", inner),))), ("扫描.jpg", scan))
    )
    parts = {part.name: part for part in kept(keep({"件.zip": outer, "件.txt": plain.read("正文在此。".encode())}))}
    assert list(parts) == ["件.zip", "件.zip/甲/内.zip", "件.zip/甲/内.zip/表.docx", "件.zip/扫描.jpg", "件.txt"]
    assert parts["件.zip/甲/内.zip/表.docx"].text == "统计表"
    assert parts["件.zip/甲/内.zip/表.docx"].others == (("annotation", "请尽快"),)
    assert parts["件.zip/扫描.jpg"].text == "扫描的通知"
    assert length({"件.zip": outer}) == len("统计表") + len("请尽快") + len("扫描的通知")


def test_what_was_recognised_takes_the_place_of_what_a_file_claims_once_all_of_it_was_looked_at():
    claimed = Page(1, (line("隐藏的文字层"),), Picture("scan", 200), (line("看到的标题"),), "head")
    seen = Page(1, (line("隐藏的文字层"),), Picture("scan", 200), (line("看到的标题"), line("和正文", 0.3)), "whole")
    texts = [kept(keep({"件.pdf": Reading(format="pdf", pages=(page,))}))[0].text for page in (claimed, seen)]
    assert texts == ["隐藏的文字层", "看到的标题和正文"]


def test_files_inside_and_recognised_lines_count_against_the_allowance(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archive.reading.kept.LONGEST", 10)
    inner = Reading(format="text", pages=(Page(1, (line("一二三"),), Picture("scan", 0), (line("四五六"),)),))
    outer = Reading(format="zip", pages=(), parts=(("内.txt", inner),))
    allowance = Allowance()
    assert allowance.take(outer) is outer
    with pytest.raises(Problem) as caught:
        allowance.take(outer)
    assert caught.value.kind is ProblemType.DOCUMENT_TOO_COMPLEX


def long(text: str) -> Reading:
    return Reading(format="text", pages=(Page(1, (line(text), line(text))),), texts=(("annotation", text),))


def test_a_submission_may_have_as_much_text_as_its_longest_document_and_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archive.reading.kept.LONGEST", 300)
    allowance, reading = Allowance(), long("字" * 100)
    assert allowance.take(reading) is reading
    with pytest.raises(Problem, match="document-too-complex"):
        allowance.take(long("字"))


@pytest.mark.parametrize("sign", ["\ufdfa", "\u3316"])
def test_signs_that_the_index_writes_out_count_as_what_they_become(sign: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archive.reading.kept.LONGEST", 300)
    with pytest.raises(Problem, match="document-too-complex"):
        Allowance().take(long(sign * 30))


def refusal(body: bytes) -> ProblemType:
    with pytest.raises(Problem) as refused:
        kept(body)
    return refused.value.kind


def test_no_flipped_byte_gives_another_text():
    parts = (KeptPart("件.txt", "防汛准备工作情况" * 9, ((1, 0),)),)
    body = pack(parts)
    read: list[object] = []
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 0x20
        try:
            read.append(kept(bytes(changed)))
        except Problem as problem:
            read.append(problem.kind)
    assert [each for each in read if each not in (ProblemType.LEDGER_DAMAGED, ProblemType.LEDGER_NEWER)] in (
        [],
        [parts],  # a bit that fills up the last byte says nothing
    )


def test_no_cut_and_nothing_added_goes_unnoticed():
    body = pack((KeptPart("件.txt", "防汛准备工作情况", ((1, 0),)),))
    for end in range(len(body)):
        assert refusal(body[:end]) is ProblemType.LEDGER_DAMAGED
    assert refusal(body + b"\0") is ProblemType.LEDGER_DAMAGED


def made(version: int, size: int, packed: bytes) -> bytes:
    return HEAD.pack(b"YZKT", version, size) + zlib.compress(packed)


def test_a_version_of_a_newer_program_is_told_apart_from_damage():
    assert refusal(made(2, 1, b"\x90")) is ProblemType.LEDGER_NEWER


@pytest.mark.parametrize("row", [[], {}, [["件.txt"]], [["件.txt", 1, [], []]], [["件.txt", "", [["1", 0]], []]], None])
def test_what_is_no_list_of_parts_is_refused(row: object):
    packed = msgspec.msgpack.encode(row)
    if row != []:
        assert refusal(made(1, len(packed), packed)) is ProblemType.LEDGER_DAMAGED


def test_a_body_never_unpacks_to_more_than_it_announces():
    bomb = zlib.compress(b"\0" * (64 << 20), 9)
    assert refusal(HEAD.pack(b"YZKT", 1, 100) + bomb) is ProblemType.LEDGER_DAMAGED
    assert refusal(HEAD.pack(b"YZKT", 1, MAXIMUM + 1) + bomb) is ProblemType.LEDGER_DAMAGED


def test_the_size_is_known_from_the_head_alone():
    body = pack((KeptPart("件.txt", "长" * 1000, ((1, 0),)),))
    assert 3000 < unpacked_size(body[: HEAD.size]) < 3100
