"""A document that is a zip of XML parts (DOCX, XLSX, PPTX, OFD), read within bounds and without trusting it.

The XML parser loads nothing, knows no entities but the five of XML, and refuses a document type declaration.
"""

import re
from collections.abc import Callable
from mmap import mmap
from typing import Final

from lxml import etree

from archive.reading import zip_members
from schemas.problems import Problem, ProblemType

MAXIMUM_TOTAL: Final = 200 << 20
"""Bytes that all members that are read may unpack to."""

MAXIMUM_XML: Final = 32 << 20
"""Bytes of one XML part."""

MAXIMUM_TAGS: Final = 2_000_000
"""Tags, opening and closing, in all XML parts that are read; counted before they are parsed, for each costs memory."""

MAXIMUM_ATTRIBUTES: Final = 2_000_000

_DECLARATION: Final = re.compile(r"""<\?xml\s[^>]{0,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9._-]{1,40})["'][^>]{0,200}?\?>""")
_HEAD: Final = 512
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UNMARKED: Final = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}


class Package:
    """The parts of one document by name; a name is found whatever its case, as OPC and old OFD programs want it.

    Raises Problem DOCUMENT_BROKEN, _CUT_SHORT, _ENCRYPTED, _TOO_COMPLEX, _BOMB, FORMAT_NOT_INSPECTABLE: what cannot be read is
    not passed over.
    """

    def __init__(self, content: bytes | mmap, weigh: Callable[[int], None] | None = None) -> None:
        """Open the zip; nothing is unpacked yet. `weigh` is told how many bytes each file that is read unpacks to."""
        self._content = content
        self._weigh = weigh
        self._members = {member.name: member for member in zip_members.members(content)}
        self._spelled = {name.lower(): name for name in self._members}
        self._counted: set[str] = set()
        self._total = 0
        self._tags = 0
        self._attributes = 0

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, without a leading slash, in the order of the zip's directory."""
        return tuple(self._members)

    def __contains__(self, name: str) -> bool:
        """Say whether there is such a file; a leading slash is ignored."""
        return name.lstrip("/").lower() in self._spelled

    def size(self, name: str) -> int:
        """Return how many bytes a file unpacks to. Raises Problem DOCUMENT_BROKEN when there is none."""
        return self._member(name).size

    def read(self, name: str) -> bytes:
        """Return the bytes of a file. Raises Problem DOCUMENT_BROKEN (none there, damaged) and DOCUMENT_BOMB."""
        member = self._member(name)
        if member.name not in self._counted:
            self._counted.add(member.name)
            self._total += member.size
            if self._weigh is not None:
                self._weigh(member.size)
        if self._total > MAXIMUM_TOTAL:
            raise Problem(ProblemType.DOCUMENT_BOMB, "it unpacks to too much")
        return zip_members.unpacked(self._content, member)

    def xml(self, name: str) -> etree._Element:
        """Return the root element of an XML part, without comments and processing instructions. Each call parses anew.

        Raises the Problems of `read`, and DOCUMENT_BROKEN for what is no well-formed XML or has a document type declaration.
        """
        if self.size(name) > MAXIMUM_XML:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, f"an XML part over {MAXIMUM_XML >> 20} MiB")
        return self.parsed(self.read(name))

    def parsed(self, content: bytes) -> etree._Element:
        """Return the root element of XML that came out of a member. Raises the Problems of `xml`."""
        utf8 = _utf8(content)
        self._tags += utf8.count(b"<")
        self._attributes += utf8.count(b"=")
        if self._tags > MAXIMUM_TAGS or self._attributes > MAXIMUM_ATTRIBUTES:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too many XML elements")
        _refuse_type_declaration(utf8)
        parser = etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
            remove_comments=True, remove_pis=True, strip_cdata=True, collect_ids=False,
        )  # fmt: skip
        try:
            return etree.fromstring(utf8, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "an XML part cannot be parsed") from error
        except MemoryError as error:
            raise Problem(ProblemType.DOCUMENT_TOO_COMPLEX, "too many XML elements") from error

    def _member(self, name: str) -> zip_members.Member:
        name = name.lstrip("/")
        member = self._members.get(name) or self._members.get(self._spelled.get(name.lower(), ""))
        if member is None:
            raise Problem(ProblemType.DOCUMENT_BROKEN, "a part is missing")
        return member


def resolved(base: str, target: str) -> str:
    """Return the name of the file that `target` names when it stands in the file `base`; a leading slash means the root.

    Raises Problem DOCUMENT_BROKEN when it leads out of the package.
    """
    steps = [] if target.startswith(("/", "\\")) else base.split("/")[:-1]
    for step in target.replace("\\", "/").split("/"):
        if step == "..":
            if not steps:
                raise Problem(ProblemType.DOCUMENT_BROKEN, "a part outside the package")
            steps.pop()
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace; entity references have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _utf8(content: bytes) -> bytes:
    """Return the part as UTF-8 without a byte order mark; its mark and its declaration must not contradict each other."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    encoding = encoding or next((name for head, name in _UNMARKED if content.startswith(head)), "")
    content = content[len(mark) :]
    # a declaration is ASCII, so with its zero bytes left out it reads the same in every encoding
    head = content[:_HEAD].replace(b"\x00", b"").decode("latin-1")
    declaration = _DECLARATION.match(head)
    if declaration is None and head.startswith("<?xml") and "encoding" in (head.partition("?>")[0] if "?>" in head else "encoding"):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the encoding of an XML part is not clear")
    said = _ENCODINGS.get(declaration.group(1).lower(), "") if declaration else encoding or "utf-8"
    encoding = encoding or said
    if not said or (said != encoding and not (said == "utf-16" and encoding.startswith("utf-16-"))):
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the encoding of an XML part is not clear")
    if encoding == "utf-8":
        return content
    try:
        return content.decode(encoding).encode()
    except UnicodeError as error:
        raise Problem(ProblemType.DOCUMENT_BROKEN, "the encoding of an XML part is not clear") from error


def _refuse_type_declaration(utf8: bytes) -> None:
    """Refuse DOCTYPE, which can stand only before the root element, after comments and processing instructions."""
    position = 0
    while True:
        position = utf8.find(b"<", position)
        if utf8.startswith(b"<?", position):
            position = utf8.find(b"?>", position)
        elif utf8.startswith(b"<!--", position):
            position = utf8.find(b"-->", position)
        elif utf8.startswith(b"<!", position):
            raise Problem(ProblemType.DOCUMENT_BROKEN, "an XML part declares a document type")
        else:
            return
        if position < 0:
            return
