"""The few things that go from a shape into an attribute: numbers, colours, classes. What is none of these becomes nothing."""

import math
import re
from typing import Final

_MOST: Final = 1e6
_COLOUR: Final = re.compile("#[0-9a-f]{6}")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FAMILIES: Final = frozenset({"song", "hei", "kai", "fang", "title", "sans", "serif", "mono"})


def figure(value: float) -> str:
    """Write a number within ±1,000,000 in as few characters as it needs; no exponent, and 0 for what is none."""
    if not math.isfinite(value):
        return "0"
    value = round(max(-_MOST, min(_MOST, value)), 3)
    return str(int(value)) if value == int(value) else f"{value:.3f}".rstrip("0")


def figures(values: tuple[float, ...], joint: str = " ") -> str:
    """Write numbers one after the other."""
    return joint.join(map(figure, values))


def colour(name: str) -> str:
    """Return a colour as #rrggbb; empty for anything else."""
    return name if _COLOUR.fullmatch(name) else ""


def family(name: str) -> str:
    """Return the class of a family of fonts; empty for anything else."""
    return f"f-{name}" if name in _FAMILIES else ""


def plain(text: str) -> str:
    """Return a text without the characters that no page may hold."""
    return _CONTROLS.sub("", text)
