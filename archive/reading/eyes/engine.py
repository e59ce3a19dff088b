"""PP-OCR by onnxruntime, as rapidocr brings it: models from its wheel, nothing downloaded, one thread.

rapidocr's own steps around the two models (preparing, boxes out of a map, text out of probabilities) are used where they are
bounded; the arithmetic before them is done in single precision here, for in double it costs more memory than the models.
"""

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from archive.reading.eyes.colour import Pixels
from archive.reading.eyes.engine_models import DETECTION, RECOGNITION
from archive.reading.eyes.montage import Quad

MOST_BOXES: Final = 600
_HEIGHT: Final = 48
_NARROWEST: Final = 96
_WIDEST: Final = 2000
_LONG: Final = 9.0
_SQUEEZE: Final = 0.6


@dataclass(frozen=True)
class Words:
    """What one line was taken for; `score` is the mean certainty of its characters, 0 to 1."""

    text: str
    score: float


class Engine:
    """The two models; one belongs to one process and one thread."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Load the models of that folder."""
        from rapidocr.ch_ppocr_det.utils import DBPostProcess  # noqa: PLC0415 - brings much; whoever asks for the folder only is spared

        cv2.setNumThreads(1)
        self._detection = _session(folder / DETECTION)
        self._recognition = _session(folder / RECOGNITION)
        self._boxes_of = DBPostProcess(
            thresh=0.3, box_thresh=0.5, max_candidates=MOST_BOXES, unclip_ratio=1.6, score_mode="fast", use_dilation=True
        )

    @cached_property
    def _characters(self) -> list[str]:
        written = self._recognition.get_modelmeta().custom_metadata_map["character"]
        return ["", *written.splitlines(), " "]

    def lines(self, picture: Pixels) -> list[Quad]:
        """Return where lines of text stand in a grey picture whose sides are multiples of 32."""
        height, width = picture.shape
        blob = np.empty((1, 3, height, width), np.float32)
        blob[0, :] = picture.astype(np.float32) / 127.5 - 1.0
        (likely,) = self._detection.run(None, {self._detection.get_inputs()[0].name: blob})
        quads, _ = self._boxes_of(likely, (height, width))
        return [np.asarray(quad, np.float32) for quad in quads]

    def words(self, strips: Iterable[Pixels]) -> list[Words]:
        """Return what each strip, one upright line of text, says; one after the other, which bounds the memory and costs no time."""
        return [self._read(strip) for strip in strips]

    def _read(self, strip: Pixels) -> Words:
        (certain,) = self._recognition.run(None, {self._recognition.get_inputs()[0].name: _prepared(strip)})
        return self._spelled(certain[0])

    def _spelled(self, certain: NDArray[np.float32]) -> Words:
        """Read the likeliest path: repetitions are one character, the blank is none."""
        path = certain.argmax(axis=1)
        fresh = path != 0
        fresh[1:] &= path[1:] != path[:-1]
        scores = certain.max(axis=1)[fresh]
        text = "".join(self._characters[index] for index in path[fresh])
        return Words(text, float(scores.mean()) if text else 0.0)


def _prepared(strip: Pixels) -> NDArray[np.float32]:
    """Return the strip as the model wants it, long ones narrower: measured, six tenths of the width read as well as all of it."""
    height, width = strip.shape[:2]
    ratio = width / max(1, height)
    if ratio > _LONG:
        ratio = max(_LONG, ratio * _SQUEEZE)
    across = min(_WIDEST, max(8, round(_HEIGHT * ratio)))
    method = cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_LINEAR
    small = cv2.resize(strip, (across, _HEIGHT), interpolation=method).astype(np.float32) / 127.5 - 1.0
    blob = np.zeros((1, 3, _HEIGHT, max(_NARROWEST, across)), np.float32)
    blob[0, :, :, :across] = small
    return blob


def _session(path: pathlib.Path) -> Any:
    import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
