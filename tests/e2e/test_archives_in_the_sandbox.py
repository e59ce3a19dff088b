"""Hostile archives in the real sandbox: each is refused for its own reason within a child's memory and time; pages come out drawn."""

import asyncio
import os
import socket
import zipfile
from collections.abc import AsyncIterator

import ofd_maker
import ooxml_maker
import pytest
import pytest_asyncio
from archive_maker import zipped

from archive.reading import formats
from archive.reading.frames import received
from archive.reading.reading import Reading, unseen
from archive.reading.sandbox import Sandbox, document_of
from schemas.problems import Problem, ProblemType

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOMB, NESTED = ProblemType.DOCUMENT_BOMB, ProblemType.NESTED_TOO_DEEP
LONG = ("防汛值班安排。\n" * 900).encode()


def levels() -> bytes:
    content = zipped({"a.txt": "报告"})
    for _ in range(50):
        content = zipped({"r.zip": content})
    return content


HOSTILE = {
    "members of zeros": (lambda: zipped({f"{number}.txt": bytes(15 << 20) for number in range(14)}), "zip", BOMB),
    "levels": (levels, "zip", NESTED),
    "members": (lambda: zipped({f"{number}.txt": b"" for number in range(20_000)}, zipfile.ZIP_STORED), "zip", NESTED),
    "entities in a zip": (
        lambda: zipped({"a.docx": ooxml_maker.hostile()["a billion laughs"]}),
        "zip",
        ProblemType.DOCUMENT_BROKEN,
    ),
    "deep XML in a zip": (lambda: zipped({"a.docx": ooxml_maker.hostile()["deeper nesting"]}), "zip", ProblemType.DOCUMENT_BROKEN),
    "half a zip": (lambda: zipped({"a.txt": LONG})[:-50], "zip", ProblemType.DOCUMENT_CUT_SHORT),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    await sandbox.stop()


async def read(sandbox: Sandbox, name: str, content: bytes) -> Reading:
    document = document_of([content])
    try:
        return await sandbox.read(name, formats.media_type_of(name), document, len(content))
    finally:
        os.close(document)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_archive_is_refused_for_its_own_reason(sandbox: Sandbox, name: str):
    made, ending, kind = HOSTILE[name]
    with pytest.raises(Problem) as caught:
        await read(sandbox, f"件.{ending}", made())
    assert caught.value.kind is kind
    assert caught.value.detail.startswith("件.zip")


async def test_pages_of_files_inside_are_drawn_by_a_confined_child(sandbox: Sandbox):
    picture = ooxml_maker.PICTURE
    content = zipped(
        {
            "扫描.png": picture,
            "文.docx": ooxml_maker.with_picture(ooxml_maker.BODY + ooxml_maker.picture(160, 226)),
            "红头.ofd": ofd_maker.pictured(ofd_maker.page(ofd_maker.image()), r7=picture),
        }
    )
    wanted = tuple(unseen(await read(sandbox, "件.zip", content)))
    assert len(wanted) == 3
    ours, theirs = socket.socketpair()
    document = document_of([content])
    try:
        drawing = asyncio.to_thread(lambda: [(frame.path, frame.page) for frame in received(ours)])
        shown, _ = await asyncio.gather(drawing, sandbox.show("件.zip", "application/zip", document, len(content), wanted, theirs, 20.0))
    finally:
        ours.close()
        os.close(document)
    assert tuple(shown) == wanted
