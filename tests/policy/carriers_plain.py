"""Plain carriers: text files in several encodings, and ZIPs that hold any other carrier, one within the other."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from policy.carriers_pdf import embedded
from policy.papers import Paper

_DAY: Final = (2026, 11, 20, 8, 0, 0)


def _words(paper: Paper) -> str:
    lines = ([paper.mark] if paper.mark else []) + list(paper.paragraphs)
    return "\r\n".join(lines) + "\r\n"


def utf8(paper: Paper) -> bytes:
    return _words(paper).encode()


def utf8_signed(paper: Paper) -> bytes:
    return _words(paper).encode("utf-8-sig")


def gb18030(paper: Paper) -> bytes:
    return _words(paper).encode("gb18030")


def utf16(paper: Paper) -> bytes:
    return _words(paper).encode("utf-16")


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip of these files, the same at any time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def zip_of_text(paper: Paper) -> bytes:
    return zipped({"说明.txt": "附件目录\r\n一、正文\r\n二、附表\r\n".encode(), "附件/正文.txt": _words(paper).encode()})


def zip_of_pdf(paper: Paper) -> bytes:
    return zipped({"附件1.pdf": embedded(paper)})


def zip_in_zip(paper: Paper) -> bytes:
    return zipped({"材料.zip": zipped({"正文.pdf": embedded(paper)}), "目录.txt": "材料目录：正文一份。".encode()})
