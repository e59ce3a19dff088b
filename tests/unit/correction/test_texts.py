"""Two texts side by side: nothing is lost, figures are changed whole, and whatever is in a text, it is compared in bounded work."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.correction import texts
from exchange.correction.differences import paired
from exchange.correction.texts import Compared, compared, matches, sentences
from schemas.messages import Document
from schemas.words import DocumentRole, Origin

WORDS = ("全镇共有12个村。", "已完成治理。", "投入15.5万元；", "一、", "\n", "继续巡查", "甲")
TEXT = st.lists(st.sampled_from(WORDS), max_size=30).map("".join)


def sides(found: Compared) -> tuple[str, str]:
    gone = "".join(piece.text for block in found.blocks for piece in block.before if piece.kind == "gone")
    new = "".join(piece.text for block in found.blocks for piece in block.after if piece.kind == "new")
    return gone, new


@given(TEXT)
def test_sentences_joined_are_the_text(text: str):
    assert "".join(sentences(text)) == text


@given(TEXT, TEXT)
def test_equal_stretches_are_equal_and_in_order(before: str, after: str):
    a, b = sentences(before), sentences(after)
    i = j = 0
    for start_a, start_b, length in matches(a, b):
        assert start_a >= i
        assert start_b >= j
        assert a[start_a : start_a + length] == b[start_b : start_b + length]
        i, j = start_a + length, start_b + length


@given(TEXT)
def test_a_text_beside_itself_has_no_changed_place(text: str):
    found = compared(text, text)
    assert found.blocks == ()
    assert found.same == len(sentences(text))


def test_a_figure_is_changed_as_a_whole():
    gone, new = sides(compared("全镇共有12个村，投入15.5万元。", "全镇共有13个村，投入25.5万元。"))
    assert (gone, new) == ("1215.5", "1325.5")


def test_a_word_within_a_sentence_is_told_apart_from_what_stays():
    found = compared("第一句。已完成三处隐患点的治理工作。第三句。", "第一句。已完成三处隐患点的整治工作。第三句。")
    (block,) = found.blocks
    assert [piece.text for piece in block.after if piece.kind == "new"] == ["整治"]
    assert block.before[0].text == "第一句。"  # what stands before it, to find the place
    assert (block.skipped, found.same) == (1, 1)


def test_what_was_put_in_stands_alone():
    gone, new = sides(compared("甲说。丙说。", "甲说。乙新说了一句。丙说。"))
    assert (gone, new) == ("", "乙新说了一句。")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("甲。乙。" * 80_000, "乙。丙。" * 80_000),
        ("甲" * 350_000, "乙" * 350_000),
        ("的。" * 170_000 + "终", "始" + "的。" * 170_000),
        ("".join(f"第{n}句话。" for n in range(40_000)), "".join(f"第{n}句话。" for n in reversed(range(40_000)))),
    ],
)
def test_texts_made_to_be_slow_are_compared_in_bounded_work(before: str, after: str, monkeypatch: pytest.MonkeyPatch):
    work = 0
    made = texts.SequenceMatcher

    def counting(isjunk: None, a: list[str], b: list[str], *, autojunk: bool) -> object:
        nonlocal work
        work += len(a) * len(b)
        return made(isjunk, a, b, autojunk=autojunk)

    monkeypatch.setattr(texts, "SequenceMatcher", counting)
    found = compared(before, after)
    assert found.blocks
    assert work <= 30_000_000


def test_a_page_has_bounded_places_and_says_how_many_there_are_more():
    rows = [f"第{n}件事情已经办理完毕并且报告过了。" for n in range(3000)]
    changed = [f"改{n}。" if n % 3 == 0 else row for n, row in enumerate(rows)]
    found = compared("".join(rows), "".join(changed))
    assert len(found.blocks) == texts.MOST_BLOCKS
    assert found.more == 1000 - texts.MOST_BLOCKS
    assert not found.cut
    assert compared("长" * (texts.LONGEST + 1), "长").cut


def document(name: str, digest: str, role: DocumentRole = DocumentRole.ATTACHMENT) -> Document:
    return Document(name=name, role=role, origin=Origin.BORN_DIGITAL, media_type="text/plain", size=1, sha256=digest * 64)


def test_documents_are_paired_by_digest_then_by_name_then_by_what_they_are():
    main, other = document("请示.pdf", "a", DocumentRole.MAIN), document("请示（改）.pdf", "b", DocumentRole.MAIN)
    before = [main, document("表.xlsx", "c"), document("图.png", "d"), document("旧.pdf", "e")]
    after = [other, document("表.xlsx", "f"), document("图（新名）.png", "d"), document("新.pdf", "1")]
    changes = {(new or old).name: change for change, old, new in paired(before, after)}
    assert changes == {
        "请示（改）.pdf": "changed", "表.xlsx": "changed", "图（新名）.png": "renamed", "新.pdf": "added", "旧.pdf": "removed",
    }  # fmt: skip


def test_every_document_is_named_once_on_either_side():
    source = random.Random(7)
    for _ in range(50):
        before = [document(f"{source.randrange(5)}{n}.pdf", source.choice("abc")) for n in range(source.randrange(6))]
        after = [document(f"{source.randrange(5)}{n}.pdf", source.choice("abc")) for n in range(source.randrange(6))]
        pairs = paired(before, after)
        assert sorted(old.name for _, old, _ in pairs if old) == sorted(each.name for each in before)
        assert sorted(new.name for _, _, new in pairs if new) == sorted(each.name for each in after)
