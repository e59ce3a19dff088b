"""Numbers, boxes and matrices as OFD writes them: millimetres, `y` downwards, a matrix is "a b c d e f"."""

import math
from typing import Final, NamedTuple

_MOST: Final = 1e6
_BOX_NUMBERS: Final = 4
_MATRIX_NUMBERS: Final = 6


class Box(NamedTuple):
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Its size, never negative."""
        return max(0.0, self.width) * max(0.0, self.height)

    def within(self, other: "Box") -> "Box":
        """Return what of this box lies in the other."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, lower = min(self.x + self.width, other.x + other.width), min(self.y + self.height, other.y + other.height)
        return Box(x, y, max(0.0, right - x), max(0.0, lower - y))


class Matrix(NamedTuple):
    """A point (x, y) becomes (a x + c y + e, b x + d y + f)."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point comes to lie."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def box(self, box: Box) -> Box:
        """Return the upright box around where a box comes to lie."""
        corners = [self.point(x, y) for x in (box.x, box.x + box.width) for y in (box.y, box.y + box.height)]
        left, upper = min(x for x, _ in corners), min(y for _, y in corners)
        return Box(left, upper, max(x for x, _ in corners) - left, max(y for _, y in corners) - upper)

    def inside(self, own: "Matrix") -> "Matrix":
        """Return the matrix of what has a matrix of its own within this one."""
        origin = self.point(own.e, own.f)
        return Matrix(
            self.a * own.a + self.c * own.b,
            self.b * own.a + self.d * own.b,
            self.a * own.c + self.c * own.d,
            self.b * own.c + self.d * own.d,
            *origin,
        )


def number(text: str | None, otherwise: float = 0.0) -> float:
    """Return a finite number within ±1,000,000, or `otherwise` for what is none."""
    try:
        value = float(text or "")
    except ValueError:
        return otherwise
    return max(-_MOST, min(_MOST, value)) if math.isfinite(value) else otherwise


def box(text: str | None) -> Box | None:
    """Return the box that a text names; a text that names none has none."""
    parts = (text or "").split()
    return Box(*(number(part) for part in parts)) if len(parts) == _BOX_NUMBERS else None


def matrix(text: str | None) -> Matrix:
    """Return the matrix that a text names; a text that names none changes nothing."""
    parts = (text or "").split()
    return Matrix(*(number(part) for part in parts)) if len(parts) == _MATRIX_NUMBERS else Matrix()


def moved(place: Box | None, own: Matrix) -> Matrix:
    """Return the matrix of an object with its boundary and its own matrix, as seen from where it lies."""
    return Matrix(e=place.x, f=place.y).inside(own) if place else own
