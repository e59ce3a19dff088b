"""Scans of sealed papers: from the bytes of a PDF to what was recognised in it, alone and many at once, beside rapidocr called bare.

Twenty pages at 200 dots an inch: the first is looked at whole, of the others the heads, as a receipt needs it. Drawing in a
child of the sandbox and recognising in the workers are both in it. Bare is rapidocr as it comes, with all cores and its own
settings, on the same pages as pictures in memory, one page after the other; it is given a few pages, for it needs seconds each.

`python bench/scans.py [AT_ONCE]`, 18 by default.
"""

import asyncio
import gc
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
from parts import figures

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scan_maker import Scanner, Sheet, jpeg, opened, pdf, scanned

from archive.reading.eyes.eyes import Eyes
from archive.reading.reading import unseen
from archive.reading.sandbox import Sandbox, document_of

PAGES: Final = 20
AT_ONCE: Final = 18
BARE: Final = 3
ALONE_BUDGET: Final = 15.0
TOGETHER_BUDGET: Final = 180.0
MARK: Final = "机密★1年"
MEDIA_TYPE: Final = "application/pdf"


def papers() -> tuple[bytes, list[np.ndarray]]:
    """Return a PDF of twenty scanned pages, and some of the same pages as pictures."""
    pages = [scanned(Sheet(mark=MARK, seal_over_mark=True), Scanner(skew=0.8))]
    pages += [scanned(Sheet(page=number), Scanner(skew=0.5, seed=number)) for number in range(2, PAGES + 1)]
    return pdf(pages), [np.asarray(opened(jpeg(page)))[:, :, ::-1] for page in pages[:BARE]]


async def looked_at(sandbox: Sandbox, eyes: Eyes, content: bytes) -> float:
    """Return the seconds from bytes to recognised heads."""
    begin = time.perf_counter()
    document = document_of([content])
    try:
        reading = await sandbox.read("扫描件.pdf", MEDIA_TYPE, document, len(content))
        seen = await eyes.look("扫描件.pdf", MEDIA_TYPE, document, len(content), reading)
    finally:
        os.close(document)
    assert not unseen(seen)
    assert any(MARK in line.text for line in seen.pages[0].seen)
    return time.perf_counter() - begin


async def measure(content: bytes, at_once: int) -> tuple[list[float], float, float, int]:
    """Return seconds of single scans, of many at once, the workers' processor seconds for these, and the peak of a worker in MiB."""
    sandbox = Sandbox()
    eyes = Eyes(sandbox)
    await sandbox.start()
    await eyes.start()
    try:
        await looked_at(sandbox, eyes, content)  # warm
        alone = [await looked_at(sandbox, eyes, content) for _ in range(3)]
        workers = [worker.process for worker in eyes._workers]  # noqa: SLF001 - it looks at what it measures
        used, begin = sum(map(_processor, workers)), time.perf_counter()
        await asyncio.gather(*(looked_at(sandbox, eyes, content) for _ in range(at_once)))
        together = time.perf_counter() - begin
        used = sum(map(_processor, workers)) - used
        memory = max(map(_peak, workers))
    finally:
        await eyes.stop()
        await sandbox.stop()
    return alone, together, used, memory


def _peak(process: int) -> int:
    """Return the most memory a process has had in use, in MiB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM:"))


def _processor(process: int) -> float:
    """Return the processor seconds that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bare(pictures: list[np.ndarray]) -> list[float]:
    """Return the seconds that rapidocr needs for each page."""
    from rapidocr import RapidOCR  # noqa: PLC0415 - not loaded while the other side is measured

    engine = RapidOCR(params={"Global.log_level": "critical"})
    engine(pictures[0])
    seconds = []
    for picture in pictures:
        begin = time.perf_counter()
        assert engine(picture).txts
        seconds.append(time.perf_counter() - begin)
    del engine
    gc.collect()
    return seconds


def main(arguments: list[str]) -> None:
    at_once = int(arguments[0]) if arguments else AT_ONCE
    content, pictures = papers()
    alone, together, used, memory = asyncio.run(measure(content, at_once))
    page = statistics.median(bare(pictures))
    own = statistics.median(alone)
    scaled = together * AT_ONCE / at_once
    rows = [
        ["20 pages alone", figures.spread(alone), f"{own / PAGES:.2f}", "", figures.verdict(own, ALONE_BUDGET, most=True)],
        [
            f"{at_once} such at once",
            f"{together:.1f}",
            f"{together / at_once / PAGES:.2f}",
            f"{used / at_once / PAGES:.2f}",
            figures.verdict(scaled, TOGETHER_BUDGET, most=True),
        ],
        ["rapidocr bare, whole pages", "", f"{page:.2f}", "", f"{page * PAGES / own:.1f} x as long"],
    ]
    figures.show(f"Scans of 20 pages at 200 dpi (peak of a worker: {memory} MiB)", ["", "s", "s a page", "processor s a page", ""], rows)
    figures.keep(
        "scans",
        {
            "alone_s": figures.summary(alone),
            "together_s": together,
            "processor_s_a_page": used / at_once / PAGES,
            "at_once": at_once,
            "bare_page_s": page,
            "worker_peak_mib": memory,
        },
        [
            figures.Budget("sealed scan, 20 pages at 200 dpi, alone", ALONE_BUDGET, own, "s", most=True),
            figures.Budget(f"18 such scans at once ({at_once} measured)", TOGETHER_BUDGET, scaled, "s", most=True),
        ],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
