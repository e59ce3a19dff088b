"""A workbook that a form brings along is opened in a process to be lost, as strangers' files are."""

import asyncio
import io
import zipfile
from typing import Final

from archive.reading import answer, sandbox
from archive.reading.workbook.shapes import Workbook
from exchange.forms.rules import XLSX
from exchange.service import Service
from exchange.web.duty.roster_sheet import NOT_A_WORKBOOK, WITH_MACROS, refused
from schemas.problems import Problem, ProblemType

_UNREADABLE: Final = answer.REFUSALS | {ProblemType.READER_KILLED, ProblemType.READER_TIMEOUT}


async def workbook_of(service: Service, content: bytes) -> Workbook:
    """Return what a workbook tells. Raises Problem REQUEST_MALFORMED whose member `label` says what is wrong with it as a whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # the names alone: nothing is unpacked here
            if any(name.casefold().endswith("vbaproject.bin") for name in archive.namelist()):
                raise refused(WITH_MACROS)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise refused(NOT_A_WORKBOOK) from error

    async def opened() -> int:
        return await asyncio.to_thread(sandbox.document_of, [content])

    try:
        return await service.sandbox.workbook("list.xlsx", XLSX, opened)
    except Problem as problem:
        if problem.kind not in _UNREADABLE:
            raise
        raise refused(NOT_A_WORKBOOK) from problem
