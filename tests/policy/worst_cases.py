"""The worst cases as files with a picture each, so that a person can look at them."""

import io
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from policy.carriers_pdf import font_file
from policy.cases import BLOCK, PASS, REVIEW, Case
from policy.decide import Decision

from archive.reading.reading import within, words


def badness(case: Case, decision: Decision) -> int:
    """Order what went wrong: a marked paper let in, an ordinary one blocked, one held up, any other."""
    if decision.outcome == PASS:
        return 0
    return {BLOCK: 1, REVIEW: 2}.get(decision.outcome, 3) if PASS in case.expected else 4


def write_worst(folder: Path, wrong: Sequence[tuple[Case, Decision]], most: int) -> None:
    """Write the worst cases into the folder, which is emptied first: the file itself, its picture, and a line in `index.txt`."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    ordered = sorted(wrong, key=lambda each: badness(*each))
    lines = []
    for number, (case, decision) in enumerate(ordered[:most], 1):
        content = case.make()
        name = f"{number:02}-{decision.outcome}-{re.sub('[^a-z0-9]+', '-', case.kind.lower())}"
        (folder / f"{name}.{case.file.rpartition('.')[2]}").write_bytes(content)
        _picture(case, decision, content).save(folder / f"{name}-shown.png")
        said = decision.detail or ",".join(decision.rules)
        lines.append(f"{name}  {case.label}  expected {sorted(case.expected)}, was {decision.outcome} {said}")
    (folder / "index.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _picture(case: Case, decision: Decision, content: bytes) -> Any:
    """Return the first page as it is shown where we can show it, else what was read of it, written out."""
    ending = case.file.rpartition(".")[2]
    if ending == "pdf":
        try:
            with pypdfium2.PdfDocument(content) as document:
                return document[0].render(scale=1.3).to_pil()
        except pypdfium2.PdfiumError:
            return _written(["this PDF cannot be shown", decision.detail])
    if ending in ("jpg", "png"):
        image = Image.open(io.BytesIO(content))
        image.thumbnail((1200, 1200))
        return image.convert("RGB")
    return _written([case.label, f"{decision.outcome} {decision.detail}", "", *_lines(decision)])


def _lines(decision: Decision) -> list[str]:
    if decision.reading is None:
        return []
    found = []
    for path, reading in within(decision.reading):
        found += [f"[{path}] {place}: {text}" for place, text in (*reading.properties.items(), *reading.texts)]
        found += [f"{line.y:5.2f} {line.text}" for page in reading.pages for line in words(page)]
    return found


def _written(lines: Sequence[str]) -> Image.Image:
    image = Image.new("RGB", (1000, 40 + 26 * min(60, len(lines))), "white")
    font = ImageFont.truetype(str(font_file("paperang-p2-fonts-cjk", ".ttc")), 18)
    for row, line in enumerate(lines[:60]):
        ImageDraw.Draw(image).text((16, 16 + 26 * row), line[:90], font=font, fill="black")
    return image
