"""No font of this machine: what pdfium reads from a document must not depend on what is installed beside it.

Importing this module is what counts. pdfium then draws letters of fonts that a document does not bring with the few that are
built in, and Han characters not at all; their text and places come from the document. It also saves the time in which pdfium
would read a large font for each document.
"""

from typing import Final

import pypdfium2.raw as pdfium

_NONE: Final = pdfium.FPDF_SYSFONTINFO()
"""Answers no question: each member that pdfium may call is a null pointer, which it takes for "there is none"."""

_NONE.version = 1
pdfium.FPDF_SetSystemFontInfo(_NONE)
