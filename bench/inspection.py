"""Inspection of a two-page PDF of 200 KB: through the sandbox, beside the same libraries called bare in one process.

Bare is what has to be done by anyone: the gate over every object with pypdf, and pdfium's text of each page. Through the
sandbox there are also a sealed memory file, a child of its own with its limits, positions of lines, and the answer's way
back. The two take turns, document by document.
"""

import asyncio
import mmap
import os
import statistics
import time
from typing import Final

import pypdfium2
from parts import figures, papers

from archive.reading import gate
from archive.reading.reading import Reading
from archive.reading.sandbox import Sandbox, document_of

SIZE: Final = 200_000
EACH: Final = 120
ROUNDS: Final = 3
BUDGET: Final = 1.5


def bare(content: bytes) -> int:
    """Return the number of characters that pdfium finds, after the gate."""
    with mmap.mmap(-1, len(content)) as mapped:
        mapped[:] = content
        examined = gate.examine(mapped)
        document = pypdfium2.PdfDocument(content)
        characters = 0
        for page in document:
            text = page.get_textpage()
            characters += len(text.get_text_range())
            text.close()
            page.close()
        document.close()
        del examined
    return characters


async def sandboxed(sandbox: Sandbox, content: bytes) -> Reading:
    document = document_of([content])
    try:
        return await sandbox.read("报告.pdf", "application/pdf", document, len(content))
    finally:
        os.close(document)


async def one_round(sandbox: Sandbox, content: bytes) -> tuple[float, float]:
    ours, theirs = [], []
    for _ in range(EACH):
        begin = time.perf_counter()
        reading = await sandboxed(sandbox, content)
        between = time.perf_counter()
        assert bare(content) > 500
        theirs.append(time.perf_counter() - between)
        ours.append(between - begin)
        assert len(reading.pages) == 2
    return 1000 * statistics.median(ours), 1000 * statistics.median(theirs)


async def measure() -> list[tuple[float, float]]:
    content = papers.text_pdf(1, 2, SIZE)
    sandbox = Sandbox()
    await sandbox.start()
    try:
        await one_round(sandbox, content)  # warm
        return [await one_round(sandbox, content) for _ in range(ROUNDS)]
    finally:
        await sandbox.stop()


def main() -> None:
    runs = asyncio.run(measure())
    ours, theirs = [one for one, _ in runs], [other for _, other in runs]
    times = figures.ratios(ours, theirs)
    time_ = statistics.median(times)
    rows = [
        ["sandbox", figures.spread(ours, 2), figures.spread(times, 2), figures.verdict(time_, BUDGET, most=True)],
        ["bare", figures.spread(theirs, 2), "", ""],
    ]
    figures.show("Inspection of a 2-page PDF of 200 KB (median, least to most)", ["", "ms", "times bare", f"budget {BUDGET}"], rows)
    figures.keep(
        "inspection",
        {"budget": BUDGET, "sandbox_ms": figures.summary(ours), "bare_ms": figures.summary(theirs), "times": figures.summary(times)},
        [figures.Budget("inspection of a 2-page PDF of 200 KB", BUDGET, time_, "× bare", most=True)],
    )


if __name__ == "__main__":
    main()
