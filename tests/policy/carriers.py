"""All carriers of text, by name: how a paper becomes a file, and what of a mark's drawing the carrier can show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from office_package_maker import MEDIA_TYPES
from policy import carriers_ofd, carriers_office, carriers_pdf, carriers_pdf_beside, carriers_plain
from policy.papers import Paper

MEDIA: Final = {
    **MEDIA_TYPES,
    "pdf": "application/pdf",
    "ofd": "application/ofd",
    "txt": "text/plain",
    "zip": "application/zip",
    "jpg": "image/jpeg",
    "png": "image/png",
}


@dataclass(frozen=True)
class Carrier:
    """`drawn` says that it shows a mark as it is drawn; `words` that any character survives; `beside` that no page bears the mark.

    `may_refuse` is true where a refusal is as good an answer as finding the mark: nobody can read such a file for certain.
    """

    name: str
    ending: str
    make: Callable[[Paper], bytes]
    drawn: bool = False
    words: bool = True
    beside: bool = False
    may_refuse: bool = False


def _office(ending: str, places: dict[str, Callable[[Paper], bytes]], beside: set[str]) -> list[Carrier]:
    def settled(make: Callable[[Paper], bytes]) -> Callable[[Paper], bytes]:
        return lambda paper: carriers_office.settled(make(paper))

    return [Carrier(f"{ending} {place}", ending, settled(make), beside=place in beside) for place, make in places.items()]


_PDF: Final = (
    Carrier("pdf embedded font", "pdf", carriers_pdf.embedded, drawn=True),
    Carrier("pdf named font", "pdf", carriers_pdf.named_font, drawn=True, words=False),
    Carrier("pdf in pieces (as LibreOffice)", "pdf", carriers_pdf.in_pieces, drawn=True),
    Carrier("pdf by hand", "pdf", carriers_pdf.plain_by_hand, drawn=True),
    Carrier("pdf of an old driver", "pdf", carriers_pdf.old_driver, words=False),
    Carrier("pdf GBK in WinAnsi", "pdf", carriers_pdf.mojibake, words=False, may_refuse=True),
    Carrier("pdf without ToUnicode", "pdf", carriers_pdf.mapless, words=False, may_refuse=True),
    Carrier("pdf invisible text", "pdf", carriers_pdf.invisible),
    Carrier("pdf form value", "pdf", carriers_pdf_beside.form_value, beside=True),
    Carrier("pdf annotation", "pdf", carriers_pdf_beside.annotation, beside=True),
    Carrier("pdf stamp", "pdf", carriers_pdf_beside.stamp, beside=True),
    Carrier("pdf Info", "pdf", carriers_pdf_beside.information, beside=True),
    Carrier("pdf XMP", "pdf", carriers_pdf_beside.xmp, beside=True),
    Carrier("pdf layer name", "pdf", carriers_pdf_beside.layer_name, beside=True),
    Carrier("pdf layer content", "pdf", carriers_pdf_beside.layer_content),
    Carrier("pdf bookmark", "pdf", carriers_pdf_beside.bookmark, beside=True),
    Carrier("pdf file inside", "pdf", carriers_pdf_beside.file_inside, beside=True),
    Carrier("pdf text inside", "pdf", carriers_pdf_beside.text_inside, beside=True),
)

_OFD: Final = (
    Carrier("ofd text", "ofd", carriers_ofd.text, drawn=True),
    Carrier("ofd template page", "ofd", carriers_ofd.template_page),
    Carrier("ofd annotation", "ofd", carriers_ofd.annotation, beside=True),
    Carrier("ofd remark", "ofd", carriers_ofd.remark, beside=True),
    Carrier("ofd property", "ofd", carriers_ofd.information, beside=True),
    Carrier("ofd bookmark", "ofd", carriers_ofd.bookmark, beside=True),
    Carrier("ofd attachment", "ofd", carriers_ofd.attachment, beside=True),
)

_PLAIN: Final = (
    Carrier("txt UTF-8", "txt", carriers_plain.utf8),
    Carrier("txt UTF-8 signed", "txt", carriers_plain.utf8_signed),
    Carrier("txt GB18030", "txt", carriers_plain.gb18030),
    Carrier("txt UTF-16", "txt", carriers_plain.utf16),
    Carrier("zip of text", "zip", carriers_plain.zip_of_text),
    Carrier("zip of pdf", "zip", carriers_plain.zip_of_pdf, drawn=True),
    Carrier("zip in zip", "zip", carriers_plain.zip_in_zip, drawn=True),
)

CARRIERS: Final = (
    *_PDF,
    *_OFD,
    *_office("docx", carriers_office.DOCX, {"core properties", "category", "label", "comment", "footnote", "footer"}),
    *_office("xlsx", carriers_office.XLSX, {"comment", "name of a sheet", "header"}),
    *_office("pptx", carriers_office.PPTX, {"notes"}),
    *_PLAIN,
)

BY_NAME: Final = {carrier.name: carrier for carrier in CARRIERS}
