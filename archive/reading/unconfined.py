"""Reading off Linux: a process of its own that can be killed, and no sandbox; the reading says so.

It serves the township's client only, on its own files; what counts is the county's verdict. `python -m
archive.reading.unconfined PATH MEDIA_TYPE` writes the framed answer to its standard output.
"""

import os
import pathlib
import subprocess
import sys
from typing import Final

import msgspec

from archive.reading import answer
from archive.reading.answer import LENGTH, Request
from archive.reading.reading import Reading
from schemas.problems import Problem, ProblemType

_ROOT: Final = pathlib.Path(__file__).resolve().parents[2]


def read_file(path: pathlib.Path, media_type: str, seconds: float) -> Reading:
    """Read one file in a new process that is killed after `seconds`; `sandboxed` is False.

    Raises the reader's Problems, READER_KILLED and READER_TIMEOUT.
    """
    command = [sys.executable, "-s", "-P", "-m", "archive.reading.unconfined", str(path.absolute()), media_type]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Problem(ProblemType.READER_TIMEOUT) from error
    return msgspec.structs.replace(answer.open_answer(done.stdout[: LENGTH.size + answer.MAXIMUM + 1]), sandboxed=False)


def main(arguments: list[str]) -> int:
    """Answer for one file."""
    path, media_type = pathlib.Path(arguments[0]), arguments[1]
    with path.open("rb") as file:
        request = Request(path.name, media_type, os.fstat(file.fileno()).st_size, 0.0)
        from archive.reading import read_document  # noqa: PLC0415 - the libraries belong to this process, not to the one that starts it

        sys.stdout.buffer.write(read_document.make(request, file.fileno()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
