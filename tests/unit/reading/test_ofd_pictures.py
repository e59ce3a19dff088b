"""Pages of an OFD that are pictures: which must be looked at, and that their pixels stand as the page shows them."""

import functools
import io

import ofd_maker
import pytest
from ofd_maker import image, ofd, official, page, pictured, text
from PIL import Image, ImageDraw

from archive.reading import ofd as reader
from archive.reading.frames import Frame
from archive.reading.reading import Page, Reading, flowing, unseen
from schemas.problems import Problem, ProblemType

RED, GREEN, BLUE, WHITE = (200, 0, 0), (0, 160, 0), (0, 0, 200), (255, 255, 255)


@functools.cache
def picture(width: int = 1240, height: int = 1754, kind: str = "PNG") -> bytes:
    """Return a picture with a red, a green and a blue corner: upper left, upper right, lower left."""
    whole = Image.new("RGB", (width, height), WHITE)
    pen = ImageDraw.Draw(whole)
    for colour, (x, y) in zip((RED, GREEN, BLUE), ((0, 0), (width // 2, 0), (0, height // 2)), strict=True):
        pen.rectangle((x, y, x + width // 2 - 1, y + height // 2 - 1), fill=colour)
    out = io.BytesIO()
    whole.save(out, kind, quality=95)
    return out.getvalue()


def looked(reading: Reading) -> list[tuple[int, str]]:
    return [(one.number, one.picture.reason) for one in reading.pages if one.picture]


def drawn(content: bytes, number: int = 1) -> Image.Image:
    (frame,) = reader.frames(content, [number], "")
    assert (frame.page, frame.path) == (number, "")
    assert len(frame.pixels) == frame.width * frame.height * 3
    return Image.frombytes("RGB", (frame.width, frame.height), bytes(frame.pixels))


def corners(whole: Image.Image) -> list[str]:
    """Return which colour stands in the four quarters: upper left, upper right, lower left, lower right."""
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white"}
    found = []
    for x, y in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        pixel = whole.getpixel((int(whole.width * x), int(whole.height * y)))
        found.append(names[min(names, key=lambda one: sum(abs(one[at] - pixel[at]) for at in range(3)))])
    return found


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_a_scanned_page_is_looked_at_with_its_dots(kind: str):
    content = pictured(page(image()), page(official()), r7=picture(kind=kind))
    reading = reader.read(content)
    assert looked(reading) == [(1, "scan")]
    assert reading.pages[0].picture.dots == 150
    assert unseen(reading) == [("", 1)]
    whole = drawn(content)
    assert corners(whole) == ["red", "green", "blue", "white"]
    assert whole.size == (1240, 1753)


def test_what_the_file_claims_beneath_a_scan_is_kept_as_a_claim():
    reading = reader.read(pictured(page(official(image())), r7=picture()))
    assert looked(reading) == [(1, "scan")]
    assert reading.pages[0].lines
    assert reading.pages[0].look == ""


def test_a_picture_behind_visible_text_is_looked_at_beside_the_page_of_text():
    content = pictured(page(image() + official()), r7=picture())
    reading = reader.read(content)
    assert looked(reading) == [(2, "scan")]
    assert flowing(reading.pages[:1])
    assert corners(drawn(content, 2)) == ["red", "green", "blue", "white"]
    unseen_text = official().replace("<ofd:TextObject", '<ofd:TextObject Visible="false"')
    for layer in (unseen_text, text("由扫描软件扫描创建")):
        assert looked(reader.read(pictured(page(image() + layer), r7=picture()))) == [(1, "scan")]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("-210 0 0 -297 210 297", ["white", "blue", "green", "red"]),
        ("0 297 -210 0 210 0", ["blue", "red", "white", "green"]),
        ("-210 0 0 297 210 0", ["green", "red", "white", "blue"]),
    ],
    ids=["upside down", "a quarter clockwise", "mirrored"],
)
def test_a_turned_picture_is_drawn_as_the_page_turns_it(matrix: str, expected: list[str]):
    assert corners(drawn(pictured(page(image(matrix=matrix)), r7=picture()))) == expected


def test_pictures_that_tile_a_page_are_drawn_together():
    upper, lower = (Image.open(io.BytesIO(picture())).crop((0, top, 1240, top + 877)) for top in (0, 877))
    files = {}
    for name, strip in (("r7", upper), ("r8", lower)):
        out = io.BytesIO()
        strip.save(out, "PNG")
        files[name] = out.getvalue()
    content = pictured(page(image(0, 0, 210, 148.5) + image(0, 148.5, 210, 148.5, resource=8)), **files)
    assert looked(reader.read(content)) == [(1, "scan")]
    assert corners(drawn(content)) == ["red", "green", "blue", "white"]


def test_what_is_cut_off_by_the_boundary_is_not_drawn():
    half = image(0, 0, 105, 297, matrix="210 0 0 297 0 0")
    assert corners(drawn(pictured(page(half), r7=picture()))) == ["red", "white", "blue", "white"]


def test_a_picture_beneath_another_is_looked_at_on_its_own():
    blank = io.BytesIO()
    Image.new("RGB", (620, 877), WHITE).save(blank, "PNG")
    content = pictured(page(image() + image(resource=8)), r7=picture(), r8=blank.getvalue())
    assert looked(reader.read(content)) == [(1, "scan"), (2, "scan"), (3, "scan")]
    assert [corners(drawn(content, number)) for number in (1, 2)] == [["white"] * 4, ["red", "green", "blue", "white"]]


def test_a_picture_in_the_head_of_the_first_page_is_looked_at_if_it_could_hold_a_line():
    head = picture(600, 150)
    reading = reader.read(pictured(page(official(image(20, 15, 60, 15))), page(official(image(20, 15, 60, 15))), r7=head))
    assert looked(reading) == [(3, "head")]
    assert reading.pages[2].lines == ()
    for elsewhere in (image(20, 15, 20, 20), image(20, 15, 8, 1)):
        assert not looked(reader.read(pictured(page(official(elsewhere)), r7=head)))


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(90), b"\x97JB2\r\n\x1a\n" + bytes(90)], ids=["GIF", "JBIG2"])
def test_a_kind_of_picture_that_cannot_be_decoded_is_refused_with_the_cure(content: bytes):
    with pytest.raises(Problem) as caught:
        reader.read(pictured(page(image()), r7=content))
    assert caught.value.kind is ProblemType.FORMAT_NOT_INSPECTABLE
    assert caught.value.detail.startswith("r7.dat: ")
    assert "JPG" in caught.value.detail


def test_half_a_picture_is_refused():
    with pytest.raises(Problem) as caught:
        reader.read(pictured(page(image()), r7=picture()[:600]))
    assert caught.value.kind is ProblemType.DOCUMENT_CUT_SHORT


def test_an_id_that_stands_for_two_pictures_is_refused():
    members = ofd_maker.members_of(pictured(page(image()), r7=picture(), r8=picture(kind="JPEG")))
    members["Doc_0/PublicRes.xml"] = members["Doc_0/PublicRes.xml"].replace(b'ID="8"', b'ID="7"')
    with pytest.raises(Problem) as caught:
        reader.read(ofd_maker.zipped(members))
    assert caught.value.kind is ProblemType.DOCUMENT_BROKEN


def test_a_page_that_is_none_is_passed_over():
    content = pictured(page(image()), page(official()), r7=picture())
    assert [frame.page for frame in reader.frames(content, [0, 2, 9, 1], "")] == [1]


@pytest.mark.parametrize(
    "vertical",
    [
        text("机密", 180, 60, code='X="0" Y="5" DeltaY="8"'),
        text("机密", 180, 60, code='X="0" Y="5" DeltaX="0" DeltaY="-8"'),
        text("机密", 180, 60, code='X="0" Y="5" DeltaY="-8"', attributes='ReadDirection="270" CharDirection="90"'),
        text("机密", 180, 60, code='X="0" Y="5" DeltaX="90"', attributes='ReadDirection="90"'),
    ],
    ids=["downwards", "upwards", "upwards as told", "told downwards"],
)
def test_vertical_words_stand_in_one_line_in_their_order(vertical: str):
    (shown, *_) = reader.read(ofd(page(official(vertical)))).pages
    assert any(line.text == "机密" for line in shown.lines)


def test_frames_name_the_path_of_the_part():
    (frame,) = reader.frames(pictured(page(image()), r7=picture()), [1], "附件.zip/扫描.ofd")
    assert isinstance(frame, Frame)
    assert frame.path == "附件.zip/扫描.ofd"
    assert 150 <= frame.dots <= 200


def test_text_pages_stay_as_they_are():
    reading = reader.read(ofd())
    assert all(isinstance(one, Page) and one.picture is None for one in reading.pages)
    assert flowing(reading.pages)
