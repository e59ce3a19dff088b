"""Makes OFD files for tests: official-looking pages, marks in every place that can hold text, and hostile packages."""

import functools
import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from paper_maker import BODY, TITLE

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
SIZE = 5.0
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
BINARY = bytes(range(256))


def text(
    words: str, x: float = 28, y: float = 50, *, size: float = SIZE, attributes: str = "", code: str | None = None, inside: str = ""
) -> str:
    """Return a text object at millimetres from the left and the upper edge; `code` are the attributes of its characters."""
    steps = f'X="0" Y="{size}" DeltaX="g {len(words) - 1} {size}"' if code is None else code
    return (
        f'<ofd:TextObject ID="9" Font="1" Size="{size}" Boundary="{x} {y} 180 {size + 2}" {attributes}>{inside}'
        f"<ofd:TextCode {steps}>{escape(words)}</ofd:TextCode></ofd:TextObject>"
    )


def image(x: float = 0, y: float = 0, width: float = 210, height: float = 297, resource: int = 7, matrix: str = "") -> str:
    matrix = matrix or f"{width} 0 0 {height} 0 0"
    return f'<ofd:ImageObject ID="8" ResourceID="{resource}" Boundary="{x} {y} {width} {height}" CTM="{matrix}"/>'


def pictured(*pages: bytes, **files: bytes) -> bytes:
    """Return a document with these pages and pictures: `r7` is the file of the resource 7."""
    media = "".join(
        f'<ofd:MultiMedia ID="{name[1:]}" Type="Image"><ofd:MediaFile>{name}.dat</ofd:MediaFile></ofd:MultiMedia>' for name in files
    )
    members = {f"Doc_0/Res/{name}.dat": content for name, content in files.items()}
    return zipped(parts(*pages, resources=f"<ofd:MultiMedias>{media}</ofd:MultiMedias>") | members, zipfile.ZIP_STORED)


def path(steps: str = "M 0 0 L 9 9", x: float = 20, y: float = 20) -> str:
    return f'<ofd:PathObject ID="6" Boundary="{x} {y} 150 1"><ofd:AbbreviatedData>{steps}</ofd:AbbreviatedData></ofd:PathObject>'


def spread(words: str, x: float, y: float, step: float = 8, *, down: bool = False) -> str:
    """Return each character as a text object of its own."""
    return "".join(text(sign, x + (0 if down else step * at), y + (step * at if down else 0)) for at, sign in enumerate(words))


def official(*more: str, heading: str = TITLE) -> str:
    """Return the objects of an official document's page, and these."""
    lines = "".join(text(line, 28, 140 + 10 * row) for row, line in enumerate(BODY))
    return (
        text("临江县人民政府办公室文件", 50, 70, size=9)
        + text("临政办发〔2026〕12号", 75, 95)
        + text(heading, 40, 115)
        + lines
        + "".join(more)
    )


def layer(content: str, attributes: str = "") -> str:
    return f'<ofd:Content><ofd:Layer ID="5" Type="Body" {attributes}>{content}</ofd:Layer></ofd:Content>'


def page(content: str, before: str = "", *, attributes: str = "") -> bytes:
    """Return a page; `before` stands before its content: templates, area, resources, actions."""
    return f"<ofd:Page {NAMESPACE}>{before}{layer(content, attributes)}</ofd:Page>".encode()


def xml(name: str, content: str, attributes: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:{name} {NAMESPACE} {attributes}>{content}</ofd:{name}>'.encode()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in members.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 8, 0, 0)), content, method)
    return out.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    """Return the members of a package, to be changed and zipped again."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def parts(
    *pages: bytes,
    information: str = "",
    body: str = "",
    common: str = "",
    document: str = "",
    resources: str = "",
    area: str = "0 0 210 297",
) -> dict[str, bytes]:
    """Return the members of a package with these pages; the other arguments add to the file in which they stand."""
    pages = pages or (page(official()),)
    listed = "".join(f'<ofd:Page ID="{at + 1}" BaseLoc="Pages/Page_{at}/Content.xml"/>' for at in range(len(pages)))
    head = (
        f"<ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>{area}</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{common}</ofd:CommonData>"
    )
    described = f"<ofd:DocInfo><ofd:DocID>a1</ofd:DocID>{information}</ofd:DocInfo>"
    about = f"<ofd:DocBody>{described}<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{body}</ofd:DocBody>"
    return {
        "OFD.xml": xml("OFD", about, 'Version="1.0" DocType="OFD"'),
        "Doc_0/Document.xml": xml("Document", f"{head}<ofd:Pages>{listed}</ofd:Pages>{document}"),
        "Doc_0/PublicRes.xml": xml("Res", f'<ofd:Fonts><ofd:Font ID="1" FontName="宋体"/></ofd:Fonts>{resources}', 'BaseLoc="Res"'),
        **{f"Doc_0/Pages/Page_{at}/Content.xml": content for at, content in enumerate(pages)},
    }


def ofd(*pages: bytes, members: Mapping[str, bytes] | None = None, **places: str) -> bytes:
    """Return a package; `members` are added to it or replace its own."""
    return zipped(parts(*pages, **places) | dict(members or {}))


def annotated(annotation: str, *pages: bytes, number: str = "1") -> bytes:
    """Return a document with an annotation on its first page."""
    return ofd(
        *pages,
        document="<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
        members={
            "Doc_0/Annots/Annotations.xml": xml(
                "Annotations", f'<ofd:Page PageID="{number}"><ofd:FileLoc>Page_0/Annot.xml</ofd:FileLoc></ofd:Page>'
            ),
            "Doc_0/Annots/Page_0/Annot.xml": xml("PageAnnot", annotation),
        },
    )


def annotation(content: str = "", more: str = "", kind: str = "Watermark", attributes: str = "") -> str:
    return (
        f'<ofd:Annot ID="3" Type="{kind}" Creator="甲" LastModDate="2026-11-20" {attributes}>{more}'
        f'<ofd:Appearance Boundary="20 40 150 30">{content}</ofd:Appearance></ofd:Annot>'
    )


def templated(template: str, *pages: bytes, before: str = "") -> bytes:
    """Return a document whose page has a template with these objects; `before` stands before them."""
    return ofd(
        *(pages or (page(official(), '<ofd:Template TemplateID="2" ZOrder="Background"/>'),)),
        common='<ofd:TemplatePage ID="2" Name="红头" BaseLoc="Tpls/Tpl_0/Content.xml"/>',
        members={"Doc_0/Tpls/Tpl_0/Content.xml": page(template, before)},
    )


def composed(unit: str, more: str = "") -> bytes:
    """Return a document that draws a composite object with these objects."""
    drawing = page(official('<ofd:CompositeObject ID="21" ResourceID="20" Boundary="28 30 150 30"/>'))
    return ofd(drawing, resources=units(unit, more))


def units(content: str, more: str = "") -> str:
    first = f'<ofd:CompositeGraphicUnit ID="20" Width="150" Height="30"><ofd:Content>{content}</ofd:Content></ofd:CompositeGraphicUnit>'
    return f"<ofd:CompositeGraphicUnits>{first}{more}</ofd:CompositeGraphicUnits>"


def attached(name: str, content: bytes, listed: str = "file.dat") -> bytes:
    """Return a document with an attachment that is called `listed` and lies at `name`."""
    return ofd(
        document="<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        members={
            "Doc_0/Attachs/Attachments.xml": xml(
                "Attachments", f'<ofd:Attachment ID="4" Name="附件"><ofd:FileLoc>{listed}</ofd:FileLoc></ofd:Attachment>'
            ),
            name: content,
        },
    )


def signed() -> bytes:
    """Return a document with a signature whose value and seal are binary."""
    return ofd(
        body="<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>",
        members={
            "Doc_0/Signs/Signatures.xml": xml("Signatures", '<ofd:Signature ID="1" Type="Seal" BaseLoc="Sign_0/Signature.xml"/>'),
            "Doc_0/Signs/Sign_0/Signature.xml": xml(
                "Signature", '<ofd:SignedInfo><ofd:Provider ProviderName="签章软件"/></ofd:SignedInfo>'
            ),
            "Doc_0/Signs/Sign_0/Seal.esl": b"0\x82\x01\x00" + bytes(256),
            "Doc_0/Signs/Sign_0/SignedValue.dat": b"0\x82\x01\x00" + bytes(256),
        },
    )


def _old_version(mark: str) -> bytes:
    older = parts(page(official(text(mark))))
    return ofd(
        body='<ofd:Versions><ofd:Version ID="v1" Index="0" BaseLoc="Doc_0/Versions/v1.xml"/></ofd:Versions>',
        members={
            "Doc_0/Versions/v1.xml": xml("DocVersion", "<ofd:DocRoot>/Doc_0/Old/Document.xml</ofd:DocRoot>", 'ID="v1"'),
            "Doc_0/Old/Document.xml": older["Doc_0/Document.xml"],
            "Doc_0/Old/Pages/Page_0/Content.xml": older["Doc_0/Pages/Page_0/Content.xml"],
        },
    )


@functools.cache
def on_pages(mark: str) -> dict[str, bytes]:
    """Return documents that bear the mark in a line of a page, by the many ways to draw it."""
    steps = f'X="0" Y="5" DeltaX="g {len(mark) - 1} 5"'
    signs = "".join(f'<ofd:TextCode X="{5 * at}" Y="5">{sign}</ofd:TextCode>' for at, sign in enumerate(mark))
    code = f'<ofd:Text Boundary="0 0 90 9" Font="1" Size="5"><ofd:TextCode {steps}>{mark}</ofd:TextCode></ofd:Text>'
    clip = f"<ofd:Clips><ofd:Clip><ofd:Area>{code}</ofd:Area></ofd:Clip></ofd:Clips>"
    bare = f"<Page>{layer(official(text(mark)))}</Page>".replace("ofd:", "").encode()
    return {
        "text": ofd(page(official(text(mark)))),
        "second page": ofd(page(official()), page(official(text(mark)))),
        "a text code a character": ofd(page(official(f'<ofd:TextObject Boundary="28 50 90 9" Size="5">{signs}</ofd:TextObject>'))),
        "a text object a character": ofd(page(official(spread(mark, 28, 50)))),
        "downwards": ofd(page(official(text(mark, 15, 30, code=f'X="0" Y="5" DeltaY="g {len(mark) - 1} 6"')))),
        "backwards in the file": ofd(page(official(text(mark[::-1], 28, 50, code=f'X="60" Y="5" DeltaX="g {len(mark) - 1} -5"')))),
        "without steps": ofd(page(official(text(mark, code='X="0" Y="5"')))),
        "turned": ofd(page(official(text(mark, 60, 60, attributes='CTM="0.7 0.7 -0.7 0.7 0 0"')))),
        "invisible": ofd(page(official(text(mark, attributes='Visible="false"')))),
        "transparent": ofd(page(official(text(mark, attributes='Alpha="0"')))),
        "white": ofd(page(official(text(mark, inside='<ofd:FillColor Value="255 255 255"/>')))),
        "hidden layer": ofd(page(official(text(mark)), attributes='Visible="false"')),
        "block in blocks": ofd(page(official(f"<ofd:PageBlock><ofd:PageBlock>{text(mark)}</ofd:PageBlock></ofd:PageBlock>"))),
        "element of another program": ofd(page(official(f"<Holder>{text(mark)}</Holder>"))),
        "right to left": ofd(page(official(text(mark[::-1], attributes='ReadDirection="180"')))),
        "characters without an object": ofd(page(official(f"<ofd:PageBlock><ofd:TextCode>{mark}</ofd:TextCode></ofd:PageBlock>"))),
        "template": templated(text(mark)),
        "composite object": composed(text(mark, 0, 0)),
        "pattern": ofd(page(official(patterned(text(mark, 0, 0))))),
        "clip": ofd(page(official(path().replace("<ofd:Abb", f"{clip}<ofd:Abb")))),
        "annotation's drawing": annotated(annotation(text(mark, 0, 0))),
        "no prefix": ofd(bare),
        "UTF-16": ofd(page(official(text(mark))).decode().encode("utf-16")),
        "GBK": ofd(b'<?xml version="1.0" encoding="GBK"?>' + page(official(text(mark))).decode().encode("gb18030")),
        "GBK read as Latin": ofd(page(official(text(mark.encode("gbk").decode("latin-1"))))),
        "off the page": ofd(page(official(text(mark, 28, 900)))),
        "old version": _old_version(mark),
        "second document": zipped(
            parts(body="</ofd:DocBody><ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>")
            | {name.replace("Doc_0", "Doc_1"): content for name, content in parts(page(official(text(mark)))).items() if "Doc_0" in name}
        ),
        "folder as a place": zipped(
            {
                name: content.replace(b"Page_0/Content.xml", b"Page_0") if name.endswith("Document.xml") else content
                for name, content in parts(page(official(text(mark)))).items()
            }
        ),
        "path from the root": zipped(
            {
                name: content.replace(b'"Pages/', b'"/doc_0/pages/') if name.endswith("Document.xml") else content
                for name, content in parts(page(official(text(mark)))).items()
            }
        ),
        "path with steps up": zipped(
            {
                name: content.replace(b'"Pages/', b'"../Doc_0/./Pages/') if name.endswith("Document.xml") else content
                for name, content in parts(page(official(text(mark)))).items()
            }
        ),
    }  # fmt: skip


@functools.cache
def beside_pages(mark: str) -> dict[str, bytes]:
    """Return documents that bear the mark where no page shows it."""
    said = quoteattr(mark)
    outline = f"<ofd:Outlines><ofd:OutlineElem Title={said}>{acts('<ofd:Goto/>')}</ofd:OutlineElem></ofd:Outlines>"
    return {
        "title": ofd(information=f"<ofd:Title>{mark}</ofd:Title>"),
        "keyword": ofd(information=f"<ofd:Keywords><ofd:Keyword>正常</ofd:Keyword><ofd:Keyword>{mark}</ofd:Keyword></ofd:Keywords>"),
        "custom data": ofd(information=f'<ofd:CustomDatas><ofd:CustomData Name="level">{mark}</ofd:CustomData></ofd:CustomDatas>'),
        "custom data's name": ofd(information=f"<ofd:CustomDatas><ofd:CustomData Name={said}>a</ofd:CustomData></ofd:CustomDatas>"),
        "annotation's remark": annotated(annotation(text("已阅", 0, 0), f"<ofd:Remark>{mark}</ofd:Remark>")),
        "annotation's parameter": annotated(annotation("", f'<ofd:Parameter Name="text">{mark}</ofd:Parameter>')),
        "annotation without an appearance": annotated(f'<ofd:Annot ID="3" Type="Path">{text(mark)}</ofd:Annot>'),
        "characters beside an annotation": annotated(f"<ofd:TextCode>{mark}</ofd:TextCode>"),
        "characters in the document's own file": ofd(document=f"<ofd:X><ofd:TextCode>{mark}</ofd:TextCode></ofd:X>"),
        "stamp": annotated(annotation(text(mark, 0, 0), kind="Stamp")),
        "annotation of no page": annotated(annotation(text(mark, 0, 0)), number="77"),
        "bookmark": ofd(document=outline),
        "address": ofd(document=acts(f"<ofd:URI URI={said}/>")),
        "template nobody uses": templated(text(mark), page(official())),
        "page nobody names": ofd(members={"Doc_0/Pages/Page_9/Content.xml": page(text(mark))}),
        "composite object nobody draws": ofd(page(official()), resources=units(text(mark))),
        "custom tags": ofd(members={"Doc_0/Tags/CustomTag.xml": f"<a:x xmlns:a='urn:x'><level>{mark}</level></a:x>".encode()}),
        "custom tags that no parser takes": ofd(members={"Doc_0/Tags/CustomTag.xml": f"<:x><level name={said}/></:x>".encode()}),
        "extension": ofd(members={"Doc_0/Extensions.xml": xml("Extensions", f"<ofd:Data>{mark}</ofd:Data>")}),
        "text file": ofd(members={"Doc_0/Res/read.txt": mark.encode()}),
        "attached data": attached("Doc_0/Attachs/data.xml", f"<invoice><note>{mark}</note></invoice>".encode(), "data.xml"),
        "signature's words": ofd(members={"Doc_0/Signs/S.xml": xml("Signature", f"<ofd:Provider ProviderName={said}/>")}),
    }  # fmt: skip


def acts(action: str) -> str:
    return f'<ofd:Actions><ofd:Action Event="CLICK">{action}</ofd:Action></ofd:Actions>'


def patterned(cell: str) -> str:
    """Return a path over the whole page that is filled with a pattern."""
    colour = f"<ofd:FillColor><ofd:Pattern><ofd:CellContent>{cell}</ofd:CellContent></ofd:Pattern></ofd:FillColor>"
    return path().replace("20 20 150 1", "0 0 210 297").replace("<ofd:Abb", f"{colour}<ofd:Abb")


def glyphs(words: str, transforms: str) -> bytes:
    """Return a page whose text object names glyphs of its font."""
    return ofd(page(official(text(words, inside=transforms))))


def transform(position: int, codes: int, numbers: str) -> str:
    counts = f'CodePosition="{position}" CodeCount="{codes}" GlyphCount="{len(numbers.split())}"'
    return f"<ofd:CGTransform {counts}><ofd:Glyphs>{numbers}</ofd:Glyphs></ofd:CGTransform>"


@functools.cache
def unreadable() -> dict[str, bytes]:
    """Return documents of which a page shows what cannot be read."""
    outlines = "".join(path("M 0 0 " + "L 1 1 " * 300) for _ in range(8))
    return {
        "scan": ofd(page(image())),
        "scan with a caption": ofd(page(image(0, 0, 210, 200) + text("由扫描软件扫描创建"))),
        "picture with text": ofd(page(official(image()))),
        "picture with invisible text": ofd(page(image() + official().replace("<ofd:TextObject", '<ofd:TextObject Visible="false"'))),
        "picture in strips": ofd(page(official("".join(image(0, 25 * row, 210, 25) for row in range(8))))),
        "picture in a template": templated(image()),
        "picture in a composite object": composed(image().replace("0 0 210 297", "-28 -30 210 297")),
        "picture in an annotation": annotated(annotation(image().replace("0 0 210 297", "-20 -40 210 297"))),
        "picture as a pattern": ofd(page(official(patterned(image(0, 0, 9, 9))))),
        "small picture and nothing else": ofd(page(image(0, 0, 40, 40))),
        "outlines only": ofd(page(path())),
        "second page drawn without text": ofd(page(official()), page(path())),
        "outlines with a caption": ofd(page(outlines + text("附图一"))),
        "outlines beneath a watermark": annotated(annotation(text("县政府办公室" * 10, 0, 0)), page(outlines)),
        "first page blank": ofd(page(""), page(official())),
        "private characters": ofd(page(text("\ue001\ue002\ue003\ue004" * 20))),
        "a private line in a good page": ofd(page(official(text("\ue001\ue002\ue003")))),
        "another script": ofd(page(text("བོད་ཡིག" * 20))),
        "glyphs without text": glyphs("", transform(0, 4, "5 6 7 8")),
        "more glyphs than characters": glyphs("一", transform(0, 1, "5 6 7 8")),
        "glyphs beyond the text": glyphs("关于", transform(2, 4, "5 6 7 8")),
        "blanks that are glyphs": glyphs("    ", transform(0, 4, "5 6 7 8")),
    }  # fmt: skip


@functools.cache
def active() -> dict[str, bytes]:
    """Return documents that could act, or carry files."""

    media = '<ofd:MultiMedias><ofd:MultiMedia ID="7" Type="{}"><ofd:MediaFile>a.bin</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias>'
    return {
        "link to an attachment": ofd(document=acts('<ofd:GotoA AttachID="4"/>')),
        "sound": ofd(document=acts('<ofd:Sound ResourceID="7"/>')),
        "movie": ofd(document=acts('<ofd:Movie ResourceID="7"/>')),
        "script": ofd(document=acts("<ofd:JavaScript>alert(1)</ofd:JavaScript>")),
        "action of a page": ofd(page(official(), acts("<ofd:Sound/>"))),
        "action of a text": ofd(page(official(text("正文", inside=acts("<ofd:GotoA/>"))))),
        "video": ofd(resources=media.format("Video")),
        "audio": ofd(resources=media.format("Audio")),
        "file that nothing names": ofd(members={"Doc_0/Res/a.bin": BINARY}),
        "zip that nothing names": ofd(members={"Doc_0/Res/a.zip": zipped({"a": b"a"})}),
        "old word processor's file": ofd(members={"Doc_0/Res/a": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + BINARY}),
    }  # fmt: skip


@functools.cache
def broken() -> dict[str, bytes]:
    """Return packages that are not one clear document."""
    good = parts()
    loop = '<ofd:Template TemplateID="2"/>'
    looping = page(official(), loop)
    return {
        "attachment that is not there": attached("Doc_0/Attachs/other.dat", PNG),
        "no page": zipped(good | {"Doc_0/Document.xml": xml("Document", "<ofd:Pages/>")}),
        "no document": zipped({name: content for name, content in good.items() if not name.endswith("Document.xml")}),
        "page that is missing": zipped({name: content for name, content in good.items() if "Page_0" not in name}),
        "page that is no XML": zipped(good | {"Doc_0/Pages/Page_0/Content.xml": b"<Page><Content></Page>"}),
        "other root": zipped(good | {"OFD.xml": good["OFD.xml"].replace(b"ofd:OFD", b"ofd:ODF")}),
        "path out of the package": ofd(looping, common='<ofd:TemplatePage ID="2" BaseLoc="../../etc/passwd"/>'),
        "paper without a size": ofd(area="0 0 0 297"),
        "endless paper": ofd(area="0 0 210 1e300"),
        "template that is missing": ofd(page(official(), '<ofd:Template TemplateID="77"/>')),
        "template that holds itself": templated(text("红头"), before=loop),
        "composite object that holds itself": composed('<ofd:CompositeObject ResourceID="20" Boundary="0 0 9 9"/>'),
        "document type": zipped(good | {"Doc_0/Pages/Page_0/Content.xml": b'<!DOCTYPE a [<!ENTITY a "aa">]>' + page(official())}),
        "document type in custom tags": ofd(members={"Doc_0/Tags/C.xml": b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>'}),
    }  # fmt: skip


@functools.cache
def heavy() -> dict[str, bytes]:
    """Return packages that would cost too much; 20,000 objects count as too many here."""
    deep = "<ofd:PageBlock>" * 90 + text("正文") + "</ofd:PageBlock>" * 90
    units = "".join(
        f'<ofd:CompositeGraphicUnit ID="{40 + at}">'
        + f'<ofd:CompositeObject ResourceID="{41 + at}" Boundary="0 0 9 9"/>' * 10
        + "</ofd:CompositeGraphicUnit>"
        for at in range(7)
    )
    return {
        "blocks in blocks": ofd(page(official(deep))),
        "composite objects that multiply": composed('<ofd:CompositeObject ResourceID="40" Boundary="0 0 9 9"/>', units),
        "many objects": zipped(parts(page("<ofd:TextObject/>" * 20_001)), zipfile.ZIP_STORED),
        "much text outside the pages": zipped(parts(information=f"<ofd:Title>{'文' * 1_000_001}</ofd:Title>"), zipfile.ZIP_STORED),
    }
