"""The pictures of an Office document that must be looked at: scans, and what stands in the head of the first page.

They become pages of their own behind the pages of text, one for each picture, in the order in which the document shows them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from lxml import etree
from PIL import Image as Pixels

from archive.reading import image, ooxml_metafile, pixels
from archive.reading.frames import Frame
from archive.reading.image_bytes import kind_of
from archive.reading.nested import alone
from archive.reading.ooxml_names import EMU_PER_POINT, relation, short, whole
from archive.reading.ooxml_parts import Parts
from archive.reading.reading import Page, Picture
from schemas.problems import Problem, ProblemType

MAXIMUM_PICTURES: Final = 500
"""Pictures of one document that are looked at."""

_EMU_PER_INCH: Final = 72 * EMU_PER_POINT
_WHOLE: Final = 100_000
_QUARTER: Final = 90 * 60_000
_TURNS: Final = (None, Pixels.Transpose.ROTATE_270, Pixels.Transpose.ROTATE_180, Pixels.Transpose.ROTATE_90)
_NAMING: Final = ("embed", "id", "pict")
_OLD_NAMING: Final = "{urn:schemas-microsoft-com:office:office}relid"
_VECTOR: Final = "矢量图，请换成 PNG 或 JPG 图片 / a drawing: insert it as PNG or JPG"


class Image(NamedTuple):
    """A picture as the document shows it: its part, its width on paper in inches (0: unknown), clockwise quarter turns, mirrored or not."""

    part: str
    width: float = 0.0
    turn: int = 0
    mirrored: bool = False


class Looked(NamedTuple):
    """A picture that must be looked at, and why."""

    image: Image
    reason: Literal["scan", "head"]


def of(parts: Parts, source: str, element: etree._Element, width: float = 0.0) -> list[Image]:
    """Return the pictures that an element of the part `source` (`a:blip`, `v:imagedata`, `v:fill`) shows.

    `width` is that of the frame in English metric units. Of a drawing with a picture for older programs both are given.
    """
    found: list[Image] = []
    for one in element.iter():
        name = next((said for attribute in _NAMING if (said := relation(one, attribute))), "") or one.get(_OLD_NAMING, "")
        arrow = parts.of(source).get(name)
        if arrow is not None and arrow.kind in {"image", "hdphoto"} and not arrow.external and parts.has(arrow.target):
            found.append(_placed(arrow.target, element, width))
    return found


def filling(parts: Parts, name: str) -> list[Image]:
    """Return the pictures with which a chart or diagram is filled."""
    return [Image(target) for target in parts.targets(name, "image")]


def _placed(part: str, element: etree._Element, width: float) -> Image:
    holder = element.getparent()
    shape = next((one for one in element.iterancestors() if short(one) in {"pic:pic", "p:pic", "xdr:pic"}), None)
    transform = None if shape is None else next((one for one in shape.iter() if short(one) == "a:xfrm"), None)
    cut = None if holder is None else next((one for one in holder if short(one) == "a:srcRect"), None)
    shown = 1.0 if cut is None else 1 - (whole(cut.get("l", "")) + whole(cut.get("r", ""))) / _WHOLE
    if transform is None:
        return Image(part, width / _EMU_PER_INCH / max(0.01, shown))
    turn = round(whole(transform.get("rot", "")) / _QUARTER) % 4
    mirrored = (transform.get("flipH") in {"1", "true"}) != (transform.get("flipV") in {"1", "true"})
    turn = (turn + 2) % 4 if transform.get("flipV") in {"1", "true"} else turn
    own = next((whole(one.get("cx", "")) for one in transform if short(one) == "a:ext"), 0)  # before it is turned
    return Image(part, (own or width) / _EMU_PER_INCH / max(0.01, shown), turn, mirrored)


def chosen(looked: Iterable[Looked]) -> list[Looked]:
    """Return each part once, as a scan where it is one anywhere. Raises Problem TOO_MANY_PAGES."""
    found: dict[str, Looked] = {}
    for one in looked:
        if one.image.part not in found or (one.reason == "scan" and found[one.image.part].reason == "head"):
            found[one.image.part] = one
    if len(found) > MAXIMUM_PICTURES:
        raise Problem(ProblemType.TOO_MANY_PAGES, f"more than {MAXIMUM_PICTURES} pictures")
    return list(found.values())


def words(parts: Parts, name: str) -> str:
    """Return what a metafile writes, of whatever size; empty for every other picture, large enough ones of which are looked at."""
    content = parts.bytes_of(name)
    return ooxml_metafile.told(content).words if ooxml_metafile.is_metafile(content) else ""


def pages(parts: Parts, looked: Sequence[Looked], first: int, *, printed: bool) -> tuple[list[Page], list[tuple[Image, int]]]:
    """Return the pages of these pictures, numbered from `first`, and of each its picture and which page of the image file it is.

    What is `printed` is so fine as it stands on the paper; a slide has no paper, so nothing tells.
    Raises Problem FORMAT_NOT_INSPECTABLE for a drawing that fills a page or holds an image and for other kinds of pictures, and
    what `image.read` raises.
    """
    found: list[Page] = []
    sources: list[tuple[Image, int]] = []
    for one in looked:
        content = parts.bytes_of(one.image.part)
        if not _is_raster(content):
            if not _is_told(content, one.reason):
                raise Problem(ProblemType.FORMAT_NOT_INSPECTABLE, f"{_base(one.image.part)}: {_VECTOR}")
            continue
        for page in _read(content, one.image.part):
            dots = _dots(content, one.image) if printed and one.reason == "scan" else 0
            found.append(Page(first + len(found), (), Picture(one.reason, dots)))
            sources.append((one.image, page.number))
    return found, sources


def frames(parts: Parts, sources: Sequence[tuple[Image, int]], first: int, wanted: Sequence[int], path: str) -> Iterator[Frame]:
    """Draw the wanted pages of `pages`, turned as the document shows them."""
    for number in wanted:
        if first <= number < first + len(sources):
            shown, page = sources[number - first]
            for frame in image.frames(parts.bytes_of(shown.part), [page], path):
                yield _as_shown(frame, shown)._replace(page=number)


def _read(content: bytes, part: str) -> tuple[Page, ...]:
    try:
        return image.read(content, alone()).pages
    except Problem as problem:
        raise Problem(problem.kind, f"{_base(part)}: {problem.detail}") from problem


def _is_told(content: bytes, reason: Literal["scan", "head"]) -> bool:
    """Say whether a picture that is no raster image is a metafile that tells its words; a small one may hold lines, but no image."""
    if not ooxml_metafile.is_metafile(content):
        return False
    told = ooxml_metafile.told(content)
    return told.whole or (reason == "head" and not told.pictures)


def _is_raster(content: bytes) -> bool:
    try:
        kind_of(content[:16])
    except Problem:
        return False
    return True


def _dots(content: bytes, shown: Image) -> int:
    """Return the dots an inch in which a picture stands on the paper, 0 where nothing tells."""
    if not shown.width:
        return 0
    return round(pixels.size(content)[0] / shown.width)


def _as_shown(frame: Frame, shown: Image) -> Frame:
    """Turn a frame as the document turns the picture; its dots are those of the paper."""
    dots = round(frame.width / shown.width) if shown.width else frame.dots
    if not (shown.turn or shown.mirrored):
        return frame._replace(dots=dots)
    whole = Pixels.frombytes("RGB", (frame.width, frame.height), bytes(frame.pixels))
    if shown.mirrored:
        whole = whole.transpose(Pixels.Transpose.FLIP_LEFT_RIGHT)
    turn = _TURNS[shown.turn]
    whole = whole if turn is None else whole.transpose(turn)
    return frame._replace(width=whole.width, height=whole.height, dots=dots, pixels=whole.tobytes())


def _base(part: str) -> str:
    return part.rpartition("/")[2]
