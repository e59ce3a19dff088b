"""Which branch of `mc:AlternateContent` a reader is shown: programs differ in what they know, so the others are looked at too."""

from typing import Final, NamedTuple

from lxml import etree

from archive.reading.ooxml_names import short

_OFFICE: Final = "http://schemas.microsoft.com/office"
_KNOWN: Final = frozenset(
    {"urn:schemas-microsoft-com:vml"}
    | {f"{_OFFICE}/word/2010/wordprocessing{kind}" for kind in ("Shape", "Group", "Canvas", "Ink", "Drawing")}
    | {f"{_OFFICE}/{name}/main" for name in ("drawing/2010", "powerpoint/2010", "powerpoint/2012", "spreadsheetml/2009/9")}
    | {f"{_OFFICE}/{name}" for name in ("word/2010/wordml", "word/2012/wordml", "spreadsheetml/2010/11/main", "drawing/2007/8/2/chart")}
    | {f"{_OFFICE}/drawing/{name}/chartex" for name in ("2014", "2015/9/8", "2015/10/21", "2016/5/10")}
)
"""What a choice may require so that every usual program of today takes it."""


class Choice(NamedTuple):
    """Whether a branch of `mc:AlternateContent` is the one that is shown, and those that the oldest and newest programs take."""

    shown: bool = True
    oldest: bool = True
    newest: bool = True

    def within(self, inner: "Choice") -> "Choice":
        """Return what a branch within a branch is."""
        return Choice(self.shown and inner.shown, self.oldest and inner.oldest, self.newest and inner.newest)


def branch(alternates: etree._Element) -> etree._Element | None:
    """Return the branch of `mc:AlternateContent` that is shown: the first choice that needs only what is known, else the fallback."""
    return next((child for child in alternates if _can_be_shown(child)), None)


def choices(alternates: etree._Element) -> list[tuple[etree._Element, Choice]]:
    """Return the branches of `mc:AlternateContent` that some program shows, in their order."""
    branches = [child for child in alternates if short(child) in {"mc:Choice", "mc:Fallback"}]
    shown = branch(alternates)
    found = [(child, Choice(child is shown, child is branches[-1], child is branches[0])) for child in branches]
    return [(child, choice) for child, choice in found if any(choice)]


def _can_be_shown(child: etree._Element) -> bool:
    if short(child) != "mc:Choice":
        return short(child) == "mc:Fallback"
    return all(child.nsmap.get(prefix) in _KNOWN for prefix in child.get("Requires", "").split())
