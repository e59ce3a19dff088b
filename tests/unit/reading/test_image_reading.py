"""Image files: what is a page, how fine it is, what the file says of itself, and what is refused before anything is shown."""

import io
import struct
import zlib

import picture_maker
import pytest
from picture_maker import A4, SMALL, paper, saved
from PIL import Image, PngImagePlugin

from archive.reading import image
from archive.reading.frames import Frame
from archive.reading.nested import alone
from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType

MARK = "机密★1年"


def read(content: bytes) -> Reading:
    return image.read(content, alone())


def refused(content: bytes) -> ProblemType:
    with pytest.raises(Problem) as caught:
        read(content)
    return caught.value.kind


def frame(content: bytes, number: int = 1):
    (drawn,) = image.frames(content, [number], "附件/照片")
    assert len(drawn.pixels) == drawn.width * drawn.height * 3
    return drawn


def shade(drawn: Frame, across: float, down: float) -> tuple[int, ...]:
    start = 3 * (int(down * drawn.height) * drawn.width + int(across * drawn.width))
    return tuple(drawn.pixels[start : start + 3])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_an_image_is_a_page_to_be_looked_at(kind: str):
    content = saved(paper(A4), kind)
    (page,) = read(content).pages
    assert (page.number, page.lines, page.picture.reason, page.picture.dots) == (1, (), "scan", 200)
    drawn = frame(content)
    assert (drawn.path, drawn.page, drawn.width, drawn.height, drawn.dots) == ("附件/照片", 1, *A4, 200)
    assert shade(drawn, 0.15, 0.065) == pytest.approx((255, 0, 0), abs=4)
    assert shade(drawn, 0.85, 0.935) == (255, 255, 255)


@pytest.mark.parametrize(
    ("size", "density", "dots"),
    [
        pytest.param((2480, 3508), 300, 300, id="a scanner that says so"),
        pytest.param((1240, 1754), 150, 150, id="a coarse one"),
        pytest.param((827, 1169), 0, 100, id="no density"),
        pytest.param((1654, 2339), 72, 200, id="a density that means a screen"),
        pytest.param((1366, 768), 96, 117, id="a screenshot"),
        pytest.param((3000, 4000), 72, 363, id="a phone held upright"),
        pytest.param((4000, 3000), 300, 300, id="a credible photo"),
        pytest.param((1654, 2339), 5000, 200, id="no paper has so many dots"),
        pytest.param((600, 800), 600, 73, id="no paper is so small"),
    ],
)
def test_dots_are_the_files_own_if_they_make_a_sheet_of_paper(size: tuple[int, int], density: int, dots: int):
    content = saved(Image.new("L", size, 255), "PNG", **({"dpi": (density, density)} if density else {}))
    assert read(content).pages[0].picture.dots == dots


@pytest.mark.parametrize(("dots", "drawn"), [(600, 200), (300, 200), (170, 170), (110, 150)])
def test_pages_are_drawn_at_150_to_200_dots(dots: int, drawn: int):
    size = int(8.27 * dots), int(11.69 * dots)
    shown = frame(saved(Image.new("L", size, 255), "JPEG", dpi=(dots, dots)))
    assert (shown.dots, shown.width) == (drawn, pytest.approx(8.27 * drawn, abs=3))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("turn", "corner"), [(1, (0.15, 0.065)), (3, (0.85, 0.935)), (6, (0.935, 0.15)), (8, (0.065, 0.85)), (5, (0.065, 0.15))]
)
def test_a_photo_is_drawn_upright(kind: str, turn: int, corner: tuple[float, float]):
    exif = Image.Exif()
    exif[0x0112] = turn
    drawn = frame(saved(paper(), kind, exif=exif))
    assert (drawn.width < drawn.height) == (turn < 5)
    assert shade(drawn, *corner) == pytest.approx((255, 0, 0), abs=4)


@pytest.mark.parametrize("kind", sorted(picture_maker.colours()))
def test_every_kind_of_colour_is_drawn(kind: str):
    content, expected = picture_maker.colours()[kind]
    read(content)
    drawn = frame(content)
    assert shade(drawn, 0.15, 0.065) == pytest.approx(expected, abs=6)
    assert shade(drawn, 0.85, 0.935) == pytest.approx((255, 255, 255), abs=2)


def test_white_words_on_nothing_are_drawn_on_black():
    whole = Image.new("RGBA", SMALL, (255, 255, 255, 0))
    whole.paste((255, 255, 255, 255), (25, 25, 100, 50))
    drawn = frame(saved(whole, "PNG"))
    assert shade(drawn, 0.15, 0.065) == (255, 255, 255)
    assert shade(drawn, 0.85, 0.935) == (0, 0, 0)


def test_each_image_of_a_tiff_is_a_page():
    one = paper().convert("1", dither=Image.Dither.NONE)
    content = saved(one, "TIFF", compression="group4", save_all=True, append_images=[one.rotate(180)] * 2)
    assert [page.number for page in read(content).pages] == [1, 2, 3]
    assert shade(frame(content, 1), 0.15, 0.065) == (0, 0, 0)
    assert shade(frame(content, 3), 0.85, 0.935) == (0, 0, 0)
    assert list(image.frames(content, [0, 4], "")) == []


def test_more_than_a_hundred_images_are_too_many_pages():
    tiny = Image.new("1", (8, 8))
    assert refused(saved(tiny, "TIFF", save_all=True, append_images=[tiny] * 100)) is ProblemType.TOO_MANY_PAGES
    assert len(read(saved(tiny, "TIFF", save_all=True, append_images=[tiny] * 99)).pages) == 100


def test_a_long_screenshot_becomes_pages_of_which_nothing_is_lost_between():
    whole = Image.new("RGB", (216, 1800), "white")
    for top in range(0, 1800, 10):
        whole.paste((top % 256, top // 256, 0), (0, top, 216, top + 10))
    content = saved(whole, "PNG")
    pages = read(content).pages
    assert len(pages) == 7
    seen = {shade(drawn, 0.5, row / 200)[:2] for drawn in image.frames(content, range(1, 8), "") for row in range(200)}
    assert {(top % 256, top // 256) for top in range(0, 1800, 10)} <= seen


@pytest.mark.parametrize("name", sorted(picture_maker.statements(MARK)))
def test_what_a_file_says_of_itself_is_read(name: str):
    assert any(MARK in text for text in read(picture_maker.statements(MARK)[name]).properties.values())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
@pytest.mark.parametrize("behind", [b"x", b"\0" * 70_000 + b"x", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"])
def test_nothing_may_lie_behind_an_image(kind: str, behind: bytes):
    content = saved(paper(), kind)
    assert refused(content + behind) in {ProblemType.FORMAT_NOT_INSPECTABLE, ProblemType.DOCUMENT_CUT_SHORT}
    assert len(read(content + b"\0" * 9).pages) == 1


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("name", sorted(picture_maker.documents()))
def test_no_second_document_may_lie_in_an_image(kind: str, name: str):
    other = picture_maker.documents()[name]
    if kind == "PNG":
        statement = PngImagePlugin.PngInfo()
        statement.add(b"prIv", other)
        content = saved(paper(), kind, pnginfo=statement)
        assert refused(content if name != "zip" else content + other) is ProblemType.FORMAT_NOT_INSPECTABLE
    else:
        assert refused(saved(paper(), kind) + other) is ProblemType.FORMAT_NOT_INSPECTABLE


def test_smaller_copies_behind_a_photo_are_pages_too():
    photo = saved(paper(), "JPEG") + saved(paper().resize((207, 292)), "JPEG")
    pages = read(photo).pages
    assert [page.picture.dots for page in pages] == [50, 50]
    assert shade(frame(photo, 2), 0.15, 0.065) == pytest.approx((255, 0, 0), abs=6)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_half_an_image_is_cut_short(kind: str, share: float):
    content = saved(picture_maker.noise(), kind, **({"compression": "tiff_lzw"} if kind == "TIFF" else {}))
    expected = {ProblemType.DOCUMENT_CUT_SHORT} | ({ProblemType.DOCUMENT_BROKEN} if kind == "TIFF" else set())
    assert refused(content[: int(share * len(content))]) in expected


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_a_flipped_byte_is_read_or_a_problem(kind: str):
    content = saved(picture_maker.noise(), kind)
    for place in range(0, len(content), max(1, len(content) // 25)):
        changed = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            for page in read(changed).pages:
                frame(changed, page.number)
        except Problem:
            continue


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded():
    huge = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    huge[16:24] = struct.pack(">II", 30_000, 30_000)
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    assert refused(bytes(huge)) is ProblemType.DOCUMENT_BOMB


def test_a_photo_of_more_pixels_than_are_drawn_is_drawn_smaller():
    drawn = frame(saved(Image.new("L", (9000, 7000), 255), "JPEG"))
    assert (drawn.width, drawn.dots) == (pytest.approx(2338, abs=3), 200)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str):
    out = io.BytesIO()
    paper().resize((80, 80)).save(out, kind, save_all=True, append_images=[Image.new("RGB", (80, 80))], duration=100)
    assert refused(out.getvalue()) is ProblemType.FORMAT_NOT_INSPECTABLE


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + bytes(60), b"\0\0\0\x18ftypheic" + bytes(60), b"\xff\xd8\xff", b"BM", b"RIFF\0\0\0\0WEBP", b"II*\0"]
)
def test_what_is_no_image_is_refused(content: bytes):
    assert refused(content) in {ProblemType.FORMAT_NOT_INSPECTABLE, ProblemType.DOCUMENT_CUT_SHORT, ProblemType.DOCUMENT_BROKEN}
