"""A file that a form brings along: read in memory, bounded."""

from typing import Final

from aiohttp import BodyPartReader, web

from schemas.problems import Problem, ProblemType

_PIECE: Final = 64 * 1024


async def file_of(request: web.Request, name: str, most: int) -> bytes:
    """Return the file that a form's field holds, nothing where there is none. Raises Problem REQUEST_MALFORMED or BODY_TOO_LARGE."""
    if not request.content_type.startswith("multipart/"):
        raise Problem(ProblemType.REQUEST_MALFORMED, "file")
    try:
        parts = await request.multipart()
        async for part in parts:
            if isinstance(part, BodyPartReader) and part.name == name:
                return await _bounded(part, most)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "file") from error
    return b""


async def _bounded(part: BodyPartReader, most: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(_PIECE):
        content += chunk
        if len(content) > most:
            raise Problem(ProblemType.BODY_TOO_LARGE, f"{most}")
    return bytes(content)
