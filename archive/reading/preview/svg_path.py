"""Outlines as OFD writes them (GB/T 33190, abbreviated data), as the steps that a path of SVG knows."""

from typing import Final

from archive.reading.geometry import number

_STEPS: Final = {"S": ("M", 2), "M": ("M", 2), "L": ("L", 2), "Q": ("Q", 4), "B": ("C", 6), "A": ("A", 7), "C": ("Z", 0)}
_ARC: Final = "A"


def steps_of(text: str) -> str:
    """Return the steps with every number written anew; they end before the first that is none."""
    parts = text.split()
    made: list[str] = []
    at = 0
    while at < len(parts):
        known = _STEPS.get(parts[at])
        if known is None or at + known[1] >= len(parts) + (known[1] == 0):
            break
        letter, count = known
        if not made and letter != "M":
            made.append("M 0 0")
        numbers = [number(part) for part in parts[at + 1 : at + 1 + count]]
        made.append(" ".join([letter, *(_arc(numbers) if letter == _ARC else map(short, numbers))]))
        at += 1 + count
    return " ".join(made)


def short(value: float) -> str:
    """Write a number in as few characters as it needs."""
    return f"{round(value, 3):g}" if abs(value) < 1e5 else str(round(value))  # noqa: PLR2004 - `g` would write an exponent


def _arc(numbers: list[float]) -> list[str]:
    """Write the seven numbers of an arc; two of them are flags."""
    return [*map(short, numbers[:3]), *("1" if one else "0" for one in numbers[3:5]), *map(short, numbers[5:])]
