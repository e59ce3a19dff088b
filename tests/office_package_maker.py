"""Makes packages of parts as Office files are, whole ones and damaged ones, for tests."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from PIL import Image

OFFICE = "application/vnd.openxmlformats-officedocument"
OLD = "http://schemas.openxmlformats.org"
RELATIONS = f"{OLD}/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml"
MEDIA_TYPES = {
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pptx": f"{OFFICE}.presentationml.presentation",
}
MAIN = {
    "docx": ("word/document.xml", f"{OFFICE}.wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", f"{OFFICE}.spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", f"{OFFICE}.presentationml.presentation.main+xml"),
}
NAMESPACES = (
    f'xmlns:w="{OLD}/wordprocessingml/2006/main" xmlns:r="{RELATIONS}" xmlns:a="{OLD}/drawingml/2006/main"'
    f' xmlns:wp="{OLD}/drawingml/2006/wordprocessingDrawing" xmlns:pic="{OLD}/drawingml/2006/picture"'
    f' xmlns:c="{OLD}/drawingml/2006/chart" xmlns:dgm="{OLD}/drawingml/2006/diagram" xmlns:mc="{OLD}/markup-compatibility/2006"'
    f' xmlns:p="{OLD}/presentationml/2006/main" xmlns:xdr="{OLD}/drawingml/2006/spreadsheetDrawing"'
    f' xmlns:m="{OLD}/officeDocument/2006/math"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"'
)
SHEET_NAMESPACE = f'xmlns="{OLD}/spreadsheetml/2006/main" xmlns:r="{RELATIONS}"'


def _picture() -> bytes:
    """Return a PNG of a page's proportions; one as wide as a page has 150 dots an inch."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((1240, 1754)).convert("1").save(out, "PNG")
    return out.getvalue()


PICTURE = _picture()


@dataclass
class Part:
    """One part: its bytes, its content type, and its relationships as (id, kind, target, external)."""

    content: str | bytes
    type: str
    relations: list[tuple[str, str, str, bool]] = field(default_factory=list)


def package(
    parts: Mapping[str, Part], roots: Sequence[tuple[str, str]], others: Mapping[str, bytes] | None = None, **options: int
) -> bytes:
    """Return the package; `roots` are (kind, target) of the package's own relationships."""
    types = "".join(f'<Override PartName="/{name}" ContentType="{part.type}"/>' for name, part in parts.items())
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{OLD}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
        "_rels/.rels": relationships([(f"r{number}", kind, target, False) for number, (kind, target) in enumerate(roots)]),
    }
    for name, part in parts.items():
        folder, _, base = name.rpartition("/")
        files[name] = part.content
        if part.relations:
            files[f"{folder}/_rels/{base}.rels"] = relationships(part.relations)
    return zipped({**files, **(others or {})}, **options)


def zipped(files: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def relationships(rows: Sequence[tuple[str, str, str, bool]]) -> str:
    """Return a relationships part of rows (id, kind, target, external)."""
    modes = {True: ' TargetMode="External"', False: ""}
    body = "".join(
        f'<Relationship Id="{identifier}" Type="{RELATIONS}/{kind}" Target={quoteattr(target)}{modes[external]}/>'
        for identifier, kind, target, external in rows
    )
    return f'<Relationships xmlns="{OLD}/package/2006/relationships">{body}</Relationships>'


def strict(content: bytes) -> bytes:
    """Return the same package in the strict edition of the standard."""
    changed = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            text = archive.read(name)
            for old, new in (
                ("wordprocessingml/2006/main", "wordprocessingml/main"),
                ("spreadsheetml/2006/main", "spreadsheetml/main"),
                ("presentationml/2006/main", "presentationml/main"),
                ("drawingml/2006/main", "drawingml/main"),
                ("officeDocument/2006/relationships", "officeDocument/relationships"),
            ):
                text = text.replace(f"{OLD}/{old}".encode(), f"{STRICT}/{new}".encode())
            changed[name] = text
    return zipped(changed)


def patched(content: bytes, place: int, value: bytes, central: int = 0) -> bytes:
    """Return the zip with bytes of the first local header changed, and of the first row of the directory `central` - 2 further in."""
    changed = bytearray(content)
    changed[place : place + len(value)] = value
    row = content.index(b"PK\x01\x02")
    start = row + (central or place + 2)
    changed[start : start + len(value)] = value
    return bytes(changed)


def with_a_name_twice(content: bytes) -> bytes:
    """Return the zip with the name of its second member given to another of the same length."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = MAIN["docx"][0]
    return zipped({**files, "word/documen2.xml": files[name]}).replace(b"word/documen2.xml", name.encode())


def overlapping(content: bytes) -> bytes:
    """Return the zip with the second row of its directory pointing at the first member."""
    changed = bytearray(content)
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    changed[second + 42 : second + 46] = changed[first + 42 : first + 46]
    return bytes(changed)
