"""What the zygote reads before any stranger's document: one of each format, so that each child finds everything in place.

A child that imports a module at its first document does so for every document; and one that may open no file could not.
"""

import codecs
import io
import os
import zipfile
from typing import Final

from archive.reading import formats, read_document
from archive.reading.formats import Accepted

_CODECS: Final = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "gb2312",
    "gbk",
    "latin-1",
    "cp1252",
    "charmap",
    "big5",
)
_DECLARED: Final = '<?xml version="1.0" encoding="UTF-8"?>'


def read_one_of_each() -> None:
    """Load what is loaded lazily: codecs, fonts, the tables of CID fonts, the XML parser."""
    for codec in _CODECS:
        codecs.lookup(codec)  # decoding nothing looks nothing up
    for accepted, content in _documents().items():
        handle = os.memfd_create("warm-up", os.MFD_CLOEXEC)
        size = os.write(handle, content)
        read_document.read(f"warm-up{accepted.extension}", accepted.media_type, handle, size)
        os.close(handle)


def _documents() -> dict[Accepted, bytes]:
    return {
        formats.PDF: _pdf(),
        formats.OFD: _ofd(),
        formats.DOCX: _office("word/document.xml", "wordprocessingml.document", _WORD),
        formats.TEXT: "预热".encode(),
    }


def _zipped(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in members.items():
            package.writestr(name, _DECLARED + text)
    return out.getvalue()


_WORD: Final = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>预热</w:t></w:r></w:p></w:body></w:document>"
)


def _office(name: str, kind: str, main: str) -> bytes:
    """Make an office package of a single part."""
    office = "http://schemas.openxmlformats.org"
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{office}/officeDocument/2006/relationships/officeDocument" Target="{name}"/></Relationships>',
            name: main,
        }
    )


def _ofd() -> bytes:
    """Make a one-page OFD."""
    return _zipped(
        {
            "OFD.xml": "<OFD><DocBody><DocInfo><Title>预热</Title></DocInfo><DocRoot>D/Document.xml</DocRoot></DocBody></OFD>",
            "D/Document.xml": '<Document><Pages><Page ID="1" BaseLoc="P.xml"/></Pages></Document>',
            "D/P.xml": "<Page><Content><Layer>"
            '<TextObject Boundary="20 20 90 9" Size="5"><TextCode X="0" Y="5" DeltaX="5">预热</TextCode></TextObject>'
            "</Layer></Content></Page>",
        }
    )


def _pdf() -> bytes:
    """Make a one-page PDF with a Chinese font that is not embedded."""
    content = b"BT /F1 16 Tf 80 700 Td <" + "预热".encode("utf-16-be").hex().encode() + b"> Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo 8 0 R/FontDescriptor 7 0 R>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/Ascent 880/Descent -120/StemV 93>>",
        b"<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>",
    )
    document = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return document + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        table,
        count,
        len(document),
    )
