"""The Chinese typeface of the incident sheet: one of the machine's own, embedded; without one, a name that PDF readers know.

The program ships no font. An embedded one makes the sheet look alike and print everywhere, decades on too; the named one is
drawn by the reader's Chinese font, and a reader without any shows blanks in its place.
"""

import functools
import logging
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

NAMED: Final = "STSong-Light"
"""Of the Adobe-GB1 collection, which PDF readers replace by a font of their own."""
EMBEDDED: Final = "sheet"
FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FILES: Final = (
    *("uming.ttc", "wqy-zenhei.ttc", "wqy-microhei.ttc"),
    *("DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "simsun.ttc", "simfang.ttf", "fangsong.ttf"),
)
"""Fonts with TrueType outlines, the only ones that can be embedded here (Noto and Source Han have others), by name, the best first."""
_NEEDED: Final = "封存事件单销毁证明（）"


@functools.cache
def typeface() -> str:
    """Register the typeface, once a process, and return the name to draw with."""
    return register(FOLDERS)


def register(folders: tuple[Path, ...]) -> str:
    """Register the first of `FILES` below these folders that can be embedded and has our characters, else the named font."""
    found = {path.name: path for folder in folders for path in sorted(folder.rglob("*.tt[cf]"))}
    for path in (found[name] for name in FILES if name in found):
        try:
            font = TTFont(EMBEDDED, str(path), subfontIndex=0)
        except (TTFError, OSError):
            logging.getLogger(__name__).warning("a font of the machine cannot be embedded: %s", path.name)
            continue
        if all(ord(character) in font.face.charToGlyph for character in _NEEDED):
            pdfmetrics.registerFont(font)
            return EMBEDDED
    pdfmetrics.registerFont(UnicodeCIDFont(NAMED))
    return NAMED
