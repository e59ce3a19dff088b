"""The shapes of a preview: what crosses from the reading process to the service, where our own writer makes a page of it.

Nothing in them is markup: words are words, numbers are numbers, and what names a kind is one of a few. Whoever writes the page
escapes the words and looks at the rest once more, for a reading process that was taken over could say anything of this shape.
"""

from typing import Final, Literal

from msgspec import Struct

Family = Literal["song", "hei", "kai", "fang", "title", "sans", "serif", "mono"]
"""宋体, 黑体, 楷体, 仿宋 and 小标宋, and the three kinds of other fonts; each reader's machine has its own of the kind."""

Left = Literal["objects", "pictures", "drawings", "rows", "columns", "text"]
"""What of a document a preview leaves out."""

Place = tuple[float, float, float, float, float, float]
"""A matrix a, b, c, d, e, f: a point (x, y) becomes (a x + c y + e, b x + d y + f)."""

UNMOVED: Final[Place] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Letters(Struct, frozen=True, array_like=True, tag="letters"):
    """Words on a page. `x` and `y` are where its characters stand: one number for the first, or one for each.

    `colour` is #rrggbb. All lengths are those of the page, within `place`.
    """

    text: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    size: float
    colour: str = "#000000"
    family: Family = "song"
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    opacity: float = 1.0
    place: Place = UNMOVED


class Outline(Struct, frozen=True, array_like=True, tag="outline"):
    """Lines and areas on a page. `steps` are letters (M L Q C A Z) and numbers, as a path of SVG has them; no colour is none."""

    steps: str
    fill: str = ""
    stroke: str = ""
    width: float = 0.353
    dashes: tuple[float, ...] = ()
    even_odd: bool = False
    opacity: float = 1.0
    place: Place = UNMOVED


class Image(Struct, frozen=True, array_like=True, tag="image"):
    """A picture on a page: the number of one of `Preview.pictures`, and how the unit square comes to lie; `box` cuts it off."""

    picture: int
    place: Place
    box: tuple[float, float, float, float] | None = None
    opacity: float = 1.0


Mark = Letters | Outline | Image


class Drawn(Struct, frozen=True, array_like=True, tag="drawn"):
    """A page on which everything has its place: `number` from 1, its size in millimetres."""

    number: int
    width: float
    height: float
    marks: tuple[Mark, ...]
    hidden: bool = False


class Span(Struct, frozen=True, array_like=True, tag="span"):
    """Words in a line. `size` is in points, 0 for that around; `kept` says that the document itself does not show them so."""

    text: str
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    struck: bool = False
    size: float = 0.0
    colour: str = ""
    family: Family | Literal[""] = ""
    raised: Literal["", "super", "sub"] = ""
    kept: Literal["", "deleted", "hidden"] = ""


class Inset(Struct, frozen=True, array_like=True, tag="inset"):
    """A picture in a line, `width` points wide; a number of -1 stands for one that cannot be drawn, `words` for what it says."""

    picture: int
    width: float
    words: str = ""


class Paragraph(Struct, frozen=True, array_like=True, tag="paragraph"):
    """Words that flow. `level` is that of a heading, 0 for none; `label` is the number or sign before it.

    `indent` and `first` are in characters, the latter of the first line alone; `above` and `below` are colours of rules.
    """

    pieces: tuple[Span | Inset, ...]
    align: Literal["left", "center", "right", "justify"] = "left"
    level: int = 0
    label: str = ""
    indent: float = 0.0
    first: float = 0.0
    above: str = ""
    below: str = ""


class Cell(Struct, frozen=True, array_like=True):
    """A cell of a table: `across` and `down` are how many it covers; `edges` are the sides that bear a line (t r b l)."""

    blocks: "tuple[Paragraph | Table | Rule | Box, ...]"
    across: int = 1
    down: int = 1
    edges: str = ""
    shade: str = ""
    middle: bool = False


class Row(Struct, frozen=True, array_like=True):
    """A row of a table; `name` is what a sheet calls it, and `hidden` that the program does not show it."""

    cells: tuple[Cell, ...]
    name: str = ""
    hidden: bool = False


class Table(Struct, frozen=True, array_like=True, tag="table"):
    """A table; `widths` are shares of its width, and `names` what a sheet calls its columns."""

    rows: tuple[Row, ...]
    widths: tuple[float, ...] = ()
    names: tuple[str, ...] = ()


class Rule(Struct, frozen=True, array_like=True, tag="rule"):
    """A line across the page."""

    colour: str


class Box(Struct, frozen=True, array_like=True, tag="box"):
    """What stands in a frame of its own: a text box, a header, a note."""

    kind: Literal["box", "head", "foot", "note"]
    blocks: "tuple[Paragraph | Table | Rule | Box, ...]"


Block = Paragraph | Table | Rule | Box


class Flowing(Struct, frozen=True, array_like=True, tag="flowing"):
    """A page or sheet whose words flow; its size in millimetres, 0 for a sheet as wide as its columns."""

    number: int
    blocks: tuple[Block, ...]
    name: str = ""
    width: float = 0.0
    hidden: bool = False


class Picture(Struct, frozen=True, array_like=True):
    """A picture drawn anew: PNG or JPEG, never the bytes of the document."""

    kind: Literal["png", "jpeg"]
    width: int
    height: int
    content: bytes


class Preview(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of a document: its sheets from number `first` on, of `total` in all (0: not known).

    `left_out` says what is missing of these sheets; `sealed` that pictures of seals are among them, which nobody has verified.
    """

    kind: Literal["ofd", "docx", "xlsx", "pptx", "image"]
    sheets: tuple[Drawn | Flowing, ...]
    pictures: tuple[Picture, ...] = ()
    first: int = 1
    total: int = 0
    left_out: tuple[Left, ...] = ()
    sealed: bool = False
