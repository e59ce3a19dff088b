"""Makes containers for tests: good ones with our writer, others member by member with `zipfile` or header by header."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

from keys import container
from keys.container import Limits, Part, Source
from schemas.problems import Problem, ProblemType

MAIN = "关于防汛工作的报告.pdf"
FILES = {MAIN: b"%PDF-1.7 main document", "attachments/rain.csv": b"day,mm\n1,20\n", "attachments/空.txt": b""}
MEDIA_TYPES = {".pdf": "application/pdf", ".csv": "text/csv", ".txt": "text/plain"}

USUAL = Limits()

Members = list[tuple[str, bytes]]


def sign(manifest: bytes) -> bytes:
    """Stand in for a CAdES signature: this room never looks into it."""
    return b"signature over " + hashlib.sha256(manifest).digest()


def media_type(name: str) -> str:
    return MEDIA_TYPES.get(name[-4:], "application/octet-stream")


def sources(files: dict[str, bytes]) -> list[Source]:
    return [Source(name, media_type(name), lambda content=content: io.BytesIO(content)) for name, content in files.items()]


def metadata_of(parts: Sequence[Part]) -> bytes:
    return json.dumps([[part.name, part.size, part.sha256] for part in parts], ensure_ascii=False).encode()


def packed(files: dict[str, bytes] = FILES, further: int = 0) -> bytes:
    out = io.BytesIO()
    container.pack(out, metadata_of, sources(files), sign, [sign] * further)
    return out.getvalue()


def manifest_xml(files: dict[str, bytes], signature: str = "META-INF/signature001.p7s", uri: Callable[[str], str] = quote) -> bytes:
    """Return a manifest in another spelling than our writer's: default namespace, other order of attributes."""
    references = "".join(
        f"<DataObjectReference MimeType='{media_type(name)}' URI='{uri(name)}'>"
        f"<d:DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256' />"
        f"<d:DigestValue>\n {base64.b64encode(hashlib.sha256(content).digest()).decode()} </d:DigestValue></DataObjectReference>"
        for name, content in files.items()
    )
    return (
        "<ASiCManifest xmlns='http://uri.etsi.org/02918/v1.2.1#' xmlns:d='http://www.w3.org/2000/09/xmldsig#'>"
        f"<SigReference URI='{signature}'/>{references}</ASiCManifest>"
    ).encode()


def members(files: dict[str, bytes] = FILES, listed: dict[str, bytes] | None = None, further: int = 0) -> Members:
    """Return all members in order; the manifest lists `listed` where that differs from the files."""
    metadata = {"metadata.json": b"{}"}
    found: Members = [("mimetype", container.MEDIA_TYPE.encode())]
    for number in range(1, further + 2):
        signature = container.signature_name(number)
        manifest = manifest_xml(metadata | (files if listed is None else listed), signature)
        found += [(container.manifest_name(number), manifest), (signature, sign(manifest))]
    return [*found, *metadata.items(), *files.items()]


def information(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.create_system = 3
    return made


def zipped(listed: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    """Write members with `zipfile`; a ZipInfo instead of a name carries a fault."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in listed:
            entry = name if isinstance(name, zipfile.ZipInfo) else information(name)
            archive.writestr(entry, content, entry.compress_type)
    return out.getvalue()


def verdict(content: bytes, sizes: Iterable[int] = (), limits: Limits = USUAL) -> ProblemType | str:
    """Return the problem's type, or the container's digest; fed in chunks of these sizes, the rest at once."""
    reader = container.Reader(limits)
    place = 0
    try:
        for size in sizes:
            reader.feed(content[place : place + size])
            place += size
        reader.feed(content[place:])
        return reader.finish().sha256
    except Problem as problem:
        return problem.kind


def refusal(content: bytes, limits: Limits = USUAL) -> tuple[ProblemType, int]:
    """Return the problem's type and how many bytes had come when it was raised, fed byte by byte."""
    reader = container.Reader(limits)
    for place in range(len(content)):
        try:
            reader.feed(content[place : place + 1])
        except Problem as problem:
            return problem.kind, place + 1
    try:
        reader.finish()
    except Problem as problem:
        return problem.kind, len(content)
    raise AssertionError("it was accepted")
