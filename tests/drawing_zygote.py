"""The real zygote, whose children draw what a JSON document asks for: `python -m drawing_zygote FD PARENT CHILDREN`.

The document's members: `side` of each frame in pixels, `sleep` or `spin` for ever before the first, `problem` to end with.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence

from archive.reading import zygote
from archive.reading.frames import Frame
from schemas.problems import Problem, ProblemType


def show(_name: str, _media_type: str, document: int, size: int, pages: Sequence[tuple[str, int]]) -> Iterator[Frame]:
    """Stand in for `read_document.show`."""
    asked = json.loads(os.pread(document, size, 0))
    while asked.get("spin"):
        pass
    if asked.get("sleep"):
        time.sleep(3600)
    side = asked.get("side", 1)
    for path, number in pages:
        yield Frame(path, number, side, side, 200, bytes(3 * side * side))
    if asked.get("problem"):
        raise Problem(ProblemType.named(asked["problem"]), "not told")


if __name__ == "__main__":
    zygote.read_document.show = show
    sys.exit(zygote.main(sys.argv[1:]))
