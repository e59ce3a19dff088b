"""Which problem an error number of the system is to a search index."""

from errno import EACCES, EDQUOT, EFBIG, EMFILE, ENFILE, ENOMEM, ENOSPC, EPERM, EROFS
from typing import Final

from schemas.problems import ProblemType

_FULL: Final = (ENOSPC, EDQUOT, EFBIG)
# an index that is made anew would meet the same refusal
_REFUSED: Final = (EACCES, EMFILE, ENFILE, ENOMEM, EPERM, EROFS)


def kind_of(number: int | None) -> ProblemType:
    """Return STORAGE_FULL, STORAGE_FAILED for what a new index would meet too, or INDEX_BROKEN for all that it would mend."""
    if number in _FULL:
        return ProblemType.STORAGE_FULL
    return ProblemType.STORAGE_FAILED if number in _REFUSED else ProblemType.INDEX_BROKEN
