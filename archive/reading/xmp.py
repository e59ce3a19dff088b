"""XMP packets, which PDFs and images carry, read by their tags alone.

No XML parser to be attacked: entities of one's own are not resolved, and broken XMP is read too.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

_TEXT: Final = re.compile(r"""<([A-Za-z][\w.:-]*+)[^<>]*+>([^<>]++)<|\s([A-Za-z][\w.:-]*+)=["']([^"'<>]++)["']""")


def words(packet: bytes) -> Iterator[tuple[str, str]]:
    """Give (tag or attribute, its text) of everything that is written in a packet, namespaces left out."""
    wide = packet[:64].find(b"\x00") >= 0
    encoding = ("utf-16-le" if packet[1:2] == b"\x00" else "utf-16-be") if wide else "utf-8"
    for tag, text, name, value in _TEXT.findall(packet.decode(encoding, "replace")):
        found = html.unescape(text or value).strip()
        if found and not (tag or name).startswith("xmlns"):
            yield tag or name, found
