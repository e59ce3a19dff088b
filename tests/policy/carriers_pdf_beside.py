"""PDF carriers that hold the mark beside their page text: in a form, an annotation, a property, a layer, a bookmark, a file inside."""

import zlib
from dataclasses import replace
from typing import Final

from paper_maker import pdf_text, stream
from policy.carriers_pdf import FIRST, NEUTRAL, by_hand, embedded, shown
from policy.drawings import drawn
from policy.papers import Paper, Run, mark_place

_OBJECT: Final = b"%d 0 R" % FIRST


def _pages(paper: Paper) -> list[bytes]:
    return [shown(page) for page in drawn(replace(paper, mark=""))]


def _said(paper: Paper) -> str:
    return paper.mark or NEUTRAL


def form_value(paper: Paper) -> bytes:
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(field)/V %s/Rect[60 700 200 720]/F 4>>" % pdf_text(_said(paper))
    catalog = b"/AcroForm<</Fields[%s]/DA(/F0 12 Tf)>>" % _OBJECT
    return by_hand(_pages(paper), catalog=catalog, on_first=b"/Annots[%s]" % _OBJECT, more=[field])


def annotation(paper: Paper) -> bytes:
    note = b"<</Type/Annot/Subtype/FreeText/Rect[60 700 200 720]/DA(/F0 12 Tf)/Contents %s/F 4>>" % pdf_text(_said(paper))
    return by_hand(_pages(paper), on_first=b"/Annots[%s]" % _OBJECT, more=[note])


def stamp(paper: Paper) -> bytes:
    """Return a PDF with a stamp whose drawing alone shows the mark."""
    x, y = mark_place(paper.template)
    look = shown([Run(_said(paper), 1, 290, 14)])
    form = stream(look, b"/Type/XObject/Subtype/Form/BBox[0 0 200 40]/Resources<</Font<</F0 3 0 R>>>>")
    place = b"%.0f %.0f %.0f %.0f" % (x * 2.83, 842 - y * 2.83, x * 2.83 + 200, 842 - y * 2.83 + 40)
    note = b"<</Type/Annot/Subtype/Stamp/Rect[%s]/F 4/AP<</N %d 0 R>>>>" % (place, FIRST + 1)
    return by_hand(_pages(paper), on_first=b"/Annots[%s]" % _OBJECT, more=[note, form])


def information(paper: Paper) -> bytes:
    entry = b"<</Title %s/Keywords %s>>" % (pdf_text(paper.template.title), pdf_text(_said(paper)))
    return by_hand(_pages(paper), more=[entry], trailer=b"/Info %s" % _OBJECT)


def xmp(paper: Paper) -> bytes:
    packet = (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>'
        f"{_said(paper)}</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    )
    return by_hand(_pages(paper), catalog=b"/Metadata %s" % _OBJECT, more=[stream(packet.encode(), b"/Type/Metadata/Subtype/XML")])


def layer_name(paper: Paper) -> bytes:
    catalog = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]/Order[%s]>>>>" % (_OBJECT, _OBJECT, _OBJECT)
    return by_hand(_pages(paper), catalog=catalog, more=[b"<</Type/OCG/Name %s>>" % pdf_text(_said(paper))])


def layer_content(paper: Paper) -> bytes:
    """Return a PDF whose mark is drawn in a layer that is switched off."""
    first, *others = drawn(paper)
    marks = [run for run in first if run.role == "mark"]
    rest = [run for run in first if run.role != "mark"]
    content = b"/OC /L BDC\n%s\nEMC\n%s" % (shown(marks), shown(rest))
    catalog = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]>>>>" % (_OBJECT, _OBJECT)
    layer = b"<</Type/OCG/Name %s>>" % pdf_text("图层一")
    resources = b"/Properties<</L %s>>" % _OBJECT
    return by_hand([content, *(shown(page) for page in others)], catalog=catalog, more=[layer], resources=resources)


def bookmark(paper: Paper) -> bytes:
    outline = b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count 1>>" % (FIRST + 1, FIRST + 1)
    entry = b"<</Title %s/Parent %s/Dest[%d 0 R/Fit]>>" % (pdf_text(_said(paper)), _OBJECT, FIRST + 2)
    return by_hand(_pages(paper), catalog=b"/Outlines %s" % _OBJECT, more=[outline, entry])


def file_inside(paper: Paper) -> bytes:
    """Return an unmarked PDF in which a marked one is embedded."""
    inner = embedded(paper)
    holder = b"<</Type/Filespec/F(fujian.pdf)/UF(fujian.pdf)/EF<</F %d 0 R>>>>" % (FIRST + 1)
    content = stream(zlib.compress(inner), b"/Type/EmbeddedFile/Subtype/application#2Fpdf/Filter/FlateDecode")
    names = b"/Names<</EmbeddedFiles<</Names[(fujian.pdf) %s]>>>>" % _OBJECT
    return by_hand(_pages(paper), catalog=names, more=[holder, content])


def text_inside(paper: Paper) -> bytes:
    """Return an unmarked PDF with an attached text file that begins with the mark."""
    holder = b"<</Type/Filespec/F(shuoming.txt)/UF(shuoming.txt)/EF<</F %d 0 R>>>>" % (FIRST + 1)
    content = stream(f"{_said(paper)}\n{paper.template.body[0]}\n".encode(), b"/Type/EmbeddedFile")
    note = b"/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[500 700 510 710]/FS %s>>]" % _OBJECT
    return by_hand(_pages(paper), on_first=note, more=[holder, content])
