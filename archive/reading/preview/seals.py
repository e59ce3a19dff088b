"""The picture inside an electronic seal (a DER structure): found by what it begins with, for the standards nest it differently.

Nothing is verified here: neither the seal nor the signature that it belongs to.
"""

from typing import Final

_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"PK\x03\x04", b"II*\x00", b"MM\x00*")
_OCTETS: Final = 0x04
_CONSTRUCTED: Final = 0x20
_LONG: Final = 0x80
_MOST_NODES: Final = 5000
_MOST_LENGTH: Final = 4
_LEAST: Final = 16


def picture(content: bytes) -> bytes:
    """Return the bytes of the first picture, or small OFD, that an octet string holds; empty when there is none."""
    spans = [(0, len(content))]
    for _ in range(_MOST_NODES):
        if not spans:
            break
        start, end = spans.pop()
        if end - start < 2:  # noqa: PLR2004 - a tag and a length
            continue
        tag, body, after = _head(content, start, end)
        if body < 0:
            continue
        if after < end:
            spans.append((after, end))
        if tag == _OCTETS and content[body : body + 4].startswith(_PICTURES) and after - body >= _LEAST:
            return content[body:after]
        if tag & _CONSTRUCTED or tag == _OCTETS:
            spans.append((body, after))
    return b""


def _head(content: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Return the tag, where its content begins, and where it ends; -1 for what is no DER."""
    tag, length, body = content[start], content[start + 1], start + 2
    if length & _LONG:
        count = length & ~_LONG
        if not 0 < count <= _MOST_LENGTH or body + count > end:
            return tag, -1, end
        length = int.from_bytes(content[body : body + count], "big")
        body += count
    return (tag, body, body + length) if body + length <= end else (tag, -1, end)
