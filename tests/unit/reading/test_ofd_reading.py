"""Reading OFD in this very process: what is read, where it stands, and what is refused."""

import os

import ofd_maker
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ofd_maker import ofd, official, page, text
from paper_maker import TITLE

from archive.reading import ofd as reader
from archive.reading import ofd_page, read_document
from archive.reading.reading import Reading, flowing
from exchange.policy.rules import Declared, judge, load
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Outcome

MARK = "机密★1年"


def read(content: bytes, name: str = "正文.ofd", media_type: str = "application/ofd") -> Reading:
    document = os.memfd_create("test")
    try:
        os.write(document, content)
        return read_document.read(name, media_type, document, len(content))
    finally:
        os.close(document)


def refused(content: bytes) -> ProblemType:
    with pytest.raises(Problem) as caught:
        read(content)
    return caught.value.kind


def verdict(reading: Reading) -> Outcome:
    return judge(Declared(UNCLASSIFIED), {"正文.ofd": reading}, load("usual")).outcome


def line(reading: Reading, words: str):
    return next(found for page in reading.pages for found in page.lines if found.text == words)


def test_lines_have_their_place_on_the_page():
    reading = read(ofd(page(official(text(MARK, 28, 40)) + text("特急", 150, 33)), page(official())))
    mark, urgent = line(reading, MARK), line(reading, "特急")
    assert (reading.format, [page.number for page in reading.pages]) == ("ofd", [1, 2])
    assert mark.x == pytest.approx(28 / 210, abs=0.005)
    assert mark.y == pytest.approx(40 / 297, abs=0.01)
    assert (mark.width, mark.height) == pytest.approx((25 / 210, 5 / 297), abs=0.005)
    assert urgent.x == pytest.approx(150 / 210, abs=0.005)


def test_a_matrix_scales_and_moves_what_is_drawn():
    drawn = text("二级", 0, 0, attributes='CTM="2 0 0 2 10 20"')
    found = line(read(ofd(page(official(drawn)))), "二级")
    assert (found.x, found.width, found.height) == pytest.approx((10 / 210, 20 / 210, 10 / 297), abs=0.005)
    assert found.y == pytest.approx((20 + 2 * 0.6) / 297, abs=0.005)


def test_composite_objects_and_annotations_are_drawn_where_they_stand():
    for content in (ofd_maker.composed(text("附图", 0, 0)), ofd_maker.annotated(ofd_maker.annotation(text("附图", 0, 0)))):
        found = line(read(content), "附图")
        assert found.x < 0.15
        assert 0.09 < found.y < 0.15


def test_the_page_says_its_own_size():
    area = "<ofd:Area><ofd:PhysicalBox>0 0 420 297</ofd:PhysicalBox></ofd:Area>"
    assert line(read(ofd(page(official(text("右侧", 210, 50)), area))), "右侧").x == pytest.approx(0.5, abs=0.005)


def test_words_broken_over_line_ends_are_joined():
    assert "各乡镇要充分认识动态管理工作的重要性" in flowing(read(ofd()).pages)


def test_wide_gaps_part_a_line_and_narrow_ones_become_spaces():
    words = text("名称数量", 20, 30, code='X="0" Y="5" DeltaX="5 60 5"') + text("甲乙", 20, 40, code='X="0" Y="5" DeltaX="12"')
    found = [each.text for each in read(ofd(page(official(words)))).pages[0].lines]
    assert {"名称", "数量", "甲 乙"} <= set(found)


def test_the_last_step_goes_on_and_counts_are_bounded():
    words = text("一二三四", 20, 30, code='X="0" Y="5" DeltaX="5"') + text("五六", 20, 40, code='X="0" Y="5" DeltaX="g 99999999999 5"')
    found = read(ofd(page(official(words)))).pages[0].lines
    assert {"一二三四", "五六"} <= {each.text for each in found}


@pytest.mark.parametrize("measure", ["nan", "inf", "1e999", "-", "", "九"])
def test_measures_that_are_none_do_no_harm(measure: str):
    drawn = text("正常", attributes=f'HScale="{measure}"', code=f'X="{measure}" Y="{measure}" DeltaX="{measure}"')
    assert "正常" in flowing(read(ofd(page(official(drawn)))).pages)


@pytest.mark.parametrize("place", sorted(ofd_maker.on_pages(MARK)))
def test_a_mark_on_a_page_is_found_however_it_is_drawn(place: str):
    reading = read(ofd_maker.on_pages(MARK)[place])
    assert verdict(reading) is Outcome.BLOCK
    assert verdict(read(ofd_maker.on_pages("普通文件")[place])) is Outcome.PASS


@pytest.mark.parametrize("place", sorted(ofd_maker.beside_pages(MARK)))
def test_a_mark_beside_the_pages_is_found(place: str):
    reading = read(ofd_maker.beside_pages(MARK)[place])
    assert any(MARK in words for words in [*reading.properties.values(), *(words for _, words in reading.texts)])
    assert verdict(reading) is Outcome.BLOCK
    assert verdict(read(ofd_maker.beside_pages("普通文件")[place])) is Outcome.PASS


@given(st.text(alphabet="绝机秘密★临江县政府工作报告", min_size=1, max_size=30), st.data())
def test_a_line_reads_the_same_however_it_is_cut(words: str, data: st.DataObject):
    drawn, at = "", 0
    while at < len(words):
        length = data.draw(st.integers(1, len(words) - at))
        drawn += text(words[at : at + length], 20 + 5 * at, 40)
        at += length
    (line,) = reader.read(ofd(page(drawn))).pages[0].lines
    assert line.text.replace(" ", "") == words
    assert (line.x, line.width) == pytest.approx((20 / 210, 5 * len(words) / 210), abs=0.001)


def test_places_are_named_and_nothing_but_words_is_kept():
    reading = read(ofd_maker.annotated(ofd_maker.annotation(text("已阅", 0, 0), "<ofd:Remark>同意</ofd:Remark>", kind="Stamp")))
    assert set(reading.texts) == {("annotation", "同意"), ("annotation", "甲"), ("stamp", "已阅")}
    assert read(ofd(information="<ofd:Title>通知</ofd:Title><ofd:Author>甲</ofd:Author>")).properties == {"Title": "通知", "Author": "甲"}


def test_a_page_of_two_versions_is_read_once():
    version = ofd_maker.xml("DocVersion", "<ofd:DocRoot>Doc_0/Again.xml</ofd:DocRoot>")
    again = {"v.xml": version, "Doc_0/Again.xml": ofd_maker.parts()["Doc_0/Document.xml"]}
    reading = read(ofd(body='<ofd:Versions><ofd:Version BaseLoc="v.xml"/></ofd:Versions>', members=again))
    assert len(reading.pages) == 1


@pytest.mark.parametrize("kind", sorted(ofd_maker.unreadable()))
def test_a_page_that_cannot_be_judged_is_refused(kind: str):
    assert refused(ofd_maker.unreadable()[kind]) is ProblemType.DOCUMENT_WITHOUT_TEXT


@pytest.mark.parametrize("kind", sorted(ofd_maker.active()))
def test_what_could_act_or_carries_files_is_refused(kind: str):
    assert refused(ofd_maker.active()[kind]) is ProblemType.DOCUMENT_ACTIVE


@pytest.mark.parametrize("kind", sorted(ofd_maker.broken()))
def test_what_is_not_one_clear_document_is_refused(kind: str):
    assert refused(ofd_maker.broken()[kind]) is ProblemType.DOCUMENT_BROKEN


@pytest.mark.parametrize("kind", sorted(ofd_maker.heavy()))
def test_what_costs_too_much_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ofd_page, "MAXIMUM_OBJECTS", 20_000)
    assert refused(ofd_maker.heavy()[kind]) is ProblemType.DOCUMENT_TOO_COMPLEX


def test_a_file_that_is_cut_short_is_told_from_a_damaged_one():
    assert refused(ofd()[:-300]) is ProblemType.DOCUMENT_CUT_SHORT


def test_a_bomb_is_refused():
    assert refused(ofd(members={"Doc_0/Res/a.txt": b" " * (80 << 20)})) is ProblemType.DOCUMENT_BOMB


def test_more_pages_than_a_pdf_may_have_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "MAXIMUM_PAGES", 3)
    assert len(read(ofd(*[page(official())] * 3)).pages) == 3
    assert refused(ofd(*[page(official())] * 4)) is ProblemType.DOCUMENT_TOO_COMPLEX


@pytest.mark.parametrize("name", ["Encryptions.xml", "Doc_0/encryptions.xml", "decryptseed.dat"])
def test_an_encrypted_package_is_refused(name: str):
    assert refused(ofd(members={name: b"<x/>"})) is ProblemType.DOCUMENT_ENCRYPTED


def test_a_signed_document_is_read_and_its_seal_let_through():
    reading = read(ofd_maker.signed())
    assert TITLE in flowing(reading.pages)
    assert ("file", "签章软件") in reading.texts


def test_what_is_no_danger_passes():
    none, font = ofd_maker.xml("Attachments", ""), b"\x00\x01\x00\x00" + bytes(9)
    harmless = {
        "blank last page": ofd(page(official()), page("")),
        "logo": ofd(page(official(ofd_maker.image(150, 20, 30, 30)))),
        "logo in a wide box": ofd(page(official(ofd_maker.image().replace('CTM="210 0 0 297 0 0"', 'CTM="30 0 0 30 9 9"')))),
        "link": ofd(document=ofd_maker.acts('<ofd:URI URI="http://example.org/"/>')),
        "files that were never written": ofd(document="<ofd:Annotations>A.xml</ofd:Annotations><ofd:Attachments>B.xml</ofd:Attachments>"),
        "no attachment": ofd(document="<ofd:Attachments>B.xml</ofd:Attachments>", members={"Doc_0/B.xml": none}),
        "attached data": ofd_maker.attached("Doc_0/Attachs/data.xml", "<发票><号码>12</号码></发票>".encode(), "data.xml"),
        "pictures and fonts": ofd(members={"Doc_0/Res/a.png": ofd_maker.PNG, "Doc_0/Res/f.ttf": font, "Doc_0/Res/": b""}),
        "spaces as glyphs": ofd_maker.glyphs("关于 工作", ofd_maker.transform(0, 5, "5 6 3 7 8")),
        "a ligature": ofd_maker.glyphs("office", ofd_maker.transform(1, 3, "191")),
        "rare characters": ofd_maker.glyphs("𠮷村", ofd_maker.transform(2, 1, "7")),
    }  # fmt: skip
    for name, content in harmless.items():
        assert verdict(read(content)) is Outcome.PASS, name


def between(first: str, second: str) -> dict[str, bytes]:
    """Return documents that show two characters beside each other, and draw a third between them that nobody sees."""
    hiders = {
        "transparent": {"attributes": 'Alpha="0"'},
        "nearly transparent": {"inside": '<ofd:FillColor Value="0 0 0" Alpha="3"/>'},
        "invisible": {"attributes": 'Visible="false"'},
        "white": {"inside": '<ofd:FillColor Value="255 255 255"/>'},
        "flat": {"attributes": 'HScale="0.01"'},
    }
    drawn = {name: text(first, 28, 40) + text("的", 33, 40, **hider) + text(second, 38, 40) for name, hider in hiders.items()}
    drawn["beneath an invisible block"] = (
        text(first, 28, 40) + f'<ofd:PageBlock Visible="false">{text("的", 33, 40)}</ofd:PageBlock>' + text(second, 38, 40)
    )
    return {name: ofd(page(official(words))) for name, words in drawn.items()}


@pytest.mark.parametrize("hidden", sorted(between("一", "二")))
def test_what_nobody_sees_does_not_part_a_mark(hidden: str):
    assert verdict(read(between("机", "密")[hidden])) is not Outcome.PASS
    assert verdict(read(between("通", "知")[hidden])) is Outcome.PASS


def stamped(*boundaries: str) -> bytes:
    """Return a document with seals of these sizes on its page, in a signature each."""
    return ofd(
        members={
            f"Doc_0/Signs/S{number}/Signature.xml": ofd_maker.xml(
                "Signature", f'<ofd:SignedInfo><ofd:StampAnnot ID="1" PageRef="1" Boundary="{boundary}"/></ofd:SignedInfo>'
            )
            for number, boundary in enumerate(boundaries)
        }
    )


def test_a_page_beneath_the_pictures_of_seals_is_refused():
    for boundaries in (["0 0 210 297"], ["0 0 210 100", "0 100 210 100"]):
        assert refused(stamped(*boundaries)) is ProblemType.DOCUMENT_WITHOUT_TEXT
    assert verdict(read(stamped("120 200 42 42", "60 200 42 42", "205 100 5 42"))) is Outcome.PASS
