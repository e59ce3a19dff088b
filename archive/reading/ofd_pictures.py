"""The pictures of OFD pages: which pages must be looked at, and their pixels, placed, turned and clipped as the page shows them."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from PIL import Image as Pixels

from archive.reading import image, pixels
from archive.reading.frames import MAXIMUM_PIXELS, MAXIMUM_SIDE, Frame
from archive.reading.geometry import Box, Matrix
from archive.reading.image_bytes import kind_of
from archive.reading.nested import alone
from archive.reading.reading import Page, Picture
from schemas.problems import Problem, ProblemType

INCH: Final = 25.4
PICTURE_SHARE: Final = 0.5
"""Share of a page from which its pictures make it a page that must be looked at."""

_PAPER_SHARE: Final = 1 / 8
_FIRST_SHARE: Final = 1 / 20
_LEAST: Final = (15.0, 3.0)
_ACROSS: Final = 1.2
_MOST_VIEWS: Final = 500
_STRAIGHT: Final = 1e-3
_LEAST_DOTS: Final = 150
_MOST_DOTS: Final = 200
_CURE: Final = "图片格式，请换成 JPG 或 PNG / the kind of its picture: use JPG or PNG"


class Placed(NamedTuple):
    """A picture on a page in millimetres: its resource, the matrix from the unit square, and the box outside which it is cut off."""

    resource: str
    place: Matrix
    clip: Box

    @property
    def shown(self) -> Box:
        """What of the page it covers."""
        return self.place.box(Box(0.0, 0.0, 1.0, 1.0)).within(self.clip)


@dataclass(frozen=True)
class View:
    """What is looked at as one page: pictures in the order of drawing, by their member's name, on paper of this area."""

    area: Box
    reason: Literal["scan", "head"]
    images: tuple[tuple[str, Placed], ...]


@dataclass
class Views:
    """The pages that must be looked at, by their number; those of single pictures are numbered behind the pages themselves."""

    media: Mapping[str, str]
    """The member of each picture, by the resource's id."""
    of_pages: dict[int, View] = field(default_factory=dict)
    further: list[View] = field(default_factory=list)

    def take(self, number: int, area: Box, images: Sequence[Placed], *, whole: bool, beneath_text: bool) -> None:
        """Take in a page's pictures. `whole`: the page is nothing but pictures, or they cover half of it.

        Those `beneath_text` are a background: the page stays one of text, and they are looked at as a page of their own.

        Of pictures that lie over one another each is also looked at alone, for programs differ in what they let shine through;
        so are such as could show a paper, and of the first page such as could hold a line of text.
        """
        named = tuple((self.media[one.resource], one) for one in images if one.resource in self.media)
        if whole:
            if not named:
                raise Problem(ProblemType.DOCUMENT_WITHOUT_TEXT, f"page {number} is a picture that is not there")
            if beneath_text:
                self.further.append(View(area, "scan", named))
            else:
                self.of_pages[number] = View(area, "scan", named)
            large = [one for one in named if one[1].shown.area > PICTURE_SHARE * area.area]
            self.further += [View(area, "scan", (one,)) for one in large if len(large) > 1]
        else:
            heads = tuple(one for one in named if _could_bear_a_mark(one[1].shown, area, first=number == 1))
            self.further += [View(area, "head", heads)] if heads else []
        if len(self.of_pages) + len(self.further) > _MOST_VIEWS:
            raise Problem(ProblemType.TOO_MANY_PAGES, f"more than {_MOST_VIEWS} pictures")


def _could_bear_a_mark(shown: Box, area: Box, *, first: bool) -> bool:
    """Say whether a picture could show a paper, small but legible, or, on the first page, hold a line of text."""
    line = shown.width >= _LEAST[0] and shown.height >= _LEAST[1] and shown.width >= _ACROSS * shown.height
    return shown.area > _PAPER_SHARE * area.area or (first and (line or shown.area >= _FIRST_SHARE * area.area))


def pages(texts: Sequence[Page], views: Views, content_of: Callable[[str], bytes]) -> tuple[Page, ...]:
    """Return the pages, those that must be looked at with their picture, and one more for each further view.

    Raises Problem FORMAT_NOT_INSPECTABLE for a kind of picture that cannot be decoded, and what `image.read` raises.
    """
    sizes: dict[str, tuple[int, int]] = {}

    def picture(view: View) -> Picture:
        for name, _ in view.images:
            if name not in sizes:
                sizes[name] = _size(name, content_of(name))
        name, largest = max(view.images, key=lambda one: one[1].shown.area)
        return Picture(view.reason, _dots(largest, sizes[name]) if view.reason == "scan" else 0)

    found = [
        Page(page.number, page.lines, picture(views.of_pages[page.number])) if page.number in views.of_pages else page for page in texts
    ]
    found += [Page(number, (), picture(view)) for number, view in enumerate(views.further, len(texts) + 1)]
    return tuple(found)


def frames(count: int, views: Views, content_of: Callable[[str], bytes], wanted: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted pages of a document of `count` pages; one that is no picture is passed over."""
    for number in wanted:
        view = views.of_pages.get(number)
        if view is None and count < number <= count + len(views.further):
            view = views.further[number - count - 1]
        if view is not None:
            yield _drawn(view, content_of, path, number)


def _size(name: str, content: bytes) -> tuple[int, int]:
    base = name.rpartition("/")[2]
    try:
        kind_of(content[:16])
    except Problem as problem:
        raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"{base}: {_CURE}") from problem
    try:
        image.read(content, alone())
        return pixels.size(content)
    except Problem as problem:
        raise Problem(problem.kind, f"{base}: {problem.detail}") from problem


def _dots(placed: Placed, size: tuple[int, int]) -> int:
    """Return the dots an inch of a picture of this size in pixels as it stands on the page, along its coarser side."""
    across, down = math.hypot(placed.place.a, placed.place.b), math.hypot(placed.place.c, placed.place.d)
    return round(min(size[0] / max(0.01, across), size[1] / max(0.01, down)) * INCH)


def _drawn(view: View, content_of: Callable[[str], bytes], path: str, number: int) -> Frame:
    dots = _LEAST_DOTS
    for name, placed in view.images:
        dots = max(dots, min(_MOST_DOTS, _dots(placed, pixels.size(content_of(name)))))
    width, height = view.area.width / INCH, view.area.height / INCH
    scale = min(dots, MAXIMUM_SIDE / max(width, height), math.sqrt(MAXIMUM_PIXELS / (width * height)))
    canvas = Pixels.new("RGB", (max(1, int(width * scale)), max(1, int(height * scale))), "white")
    for name, placed in view.images:
        _paste(canvas, content_of(name), placed, view.area, scale / INCH)
    return Frame(path, number, canvas.width, canvas.height, round(scale), canvas.tobytes())


def _paste(canvas: Pixels.Image, content: bytes, placed: Placed, area: Box, scale: float) -> None:
    """Draw one picture; `scale` is pixels to the millimetre."""
    shown = placed.shown
    left, upper = max(0, math.floor((shown.x - area.x) * scale)), max(0, math.floor((shown.y - area.y) * scale))
    right = min(canvas.width, math.ceil((shown.x + shown.width - area.x) * scale))
    lower = min(canvas.height, math.ceil((shown.y + shown.height - area.y) * scale))
    if right <= left or lower <= upper:
        return
    place = placed.place
    across, down = math.hypot(place.a, place.b) * scale, math.hypot(place.c, place.d) * scale
    whole = _decoded(content, across, down)
    back = _inverse(place, whole.size, scale, area, (left, upper))
    if back is not None:
        piece = whole.transform((right - left, lower - upper), Pixels.Transform.AFFINE, back, Pixels.Resampling.BILINEAR)
        canvas.paste(piece, (left, upper), piece.getchannel("A"))


def _decoded(content: bytes, across: float, down: float) -> Pixels.Image:
    """Return the picture with its transparency, no larger than it will stand on the canvas."""
    with pixels.opened(content) as opened:
        opened.draft("RGB", (max(1, round(across)), max(1, round(down))))
        whole = opened.convert("RGBA")
    size = (max(1, min(whole.width, round(across))), max(1, min(whole.height, round(down))))
    return whole if size == whole.size else whole.resize(size, Pixels.Resampling.BOX)


def _inverse(
    place: Matrix, size: tuple[int, int], scale: float, area: Box, origin: tuple[int, int]
) -> tuple[float, float, float, float, float, float] | None:
    """Return how a pixel of the canvas, counted from `origin`, becomes one of the picture; None for a picture without extent."""
    determinant = place.a * place.d - place.b * place.c
    if abs(determinant) < _STRAIGHT:
        return None
    # millimetres of the page to the unit square, then to pixels of the picture
    a, c = place.d / determinant * size[0], -place.c / determinant * size[0]
    b, d = -place.b / determinant * size[1], place.a / determinant * size[1]
    x, y = origin[0] / scale + area.x - place.e, origin[1] / scale + area.y - place.f
    return a / scale, c / scale, a * x + c * y, b / scale, d / scale, b * x + d * y
