"""Where the models for recognition lie: inside rapidocr's wheel, and nowhere else; nothing is ever downloaded."""

import importlib.util
import pathlib
from typing import Final

DETECTION: Final = "PP-OCRv6_det_small.onnx"
RECOGNITION: Final = "PP-OCRv6_rec_small.onnx"


def models() -> pathlib.Path | None:
    """Return the folder of the models, or None where the packages or the models are missing."""
    if any(importlib.util.find_spec(name) is None for name in ("cv2", "numpy", "onnxruntime", "pyclipper", "shapely")):
        return None
    found = importlib.util.find_spec("rapidocr")
    folders = [pathlib.Path(place) / "models" for place in (found.submodule_search_locations or [])] if found else []
    return next((folder for folder in folders if all((folder / name).is_file() for name in (DETECTION, RECOGNITION))), None)
