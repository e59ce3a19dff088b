"""What was opened here while there was no network is told to the county at the next contact: it records the opening then, not earlier.

brought/ID/told.json   its receipt, or what it refused, for instance because the item was withdrawn meanwhile
"""

from typing import TYPE_CHECKING, Final

from exchange.client import home as homes
from schemas.messages import canonical
from schemas.problems import Exit, Problem, ProblemType

if TYPE_CHECKING:
    from exchange.client.asking import Desk

BROUGHT: Final = "brought"
TOLD: Final = "told.json"
_FINAL: Final = frozenset(
    {ProblemType.NOT_FOUND, ProblemType.SEALED, ProblemType.WITHDRAWN, ProblemType.MISDIRECTED, ProblemType.ACTION_NOT_POSSIBLE}
)
"""What the county says of the item itself. Whatever it says of the asker or of itself is asked again: the opening is owed to the sender."""


async def tell(desk: "Desk") -> None:
    """Tell the county what was opened here while there was no network, once each; what it refuses is kept as it said it."""
    for place in sorted((desk.home.folder / BROUGHT).glob("[0-9a-f]*")):
        if (place / TOLD).exists():
            continue
        try:
            said: object = await desk.move(place.name, "open")
        except Problem as problem:
            if problem.kind.exit is Exit.NETWORK:
                return  # another time
            if problem.kind not in _FINAL:
                continue  # another time, too: a wrong clock or an ended certificate does not undo that it was read
            said = {"problem": problem.kind.type, "detail": problem.detail}
        homes.keep(place / TOLD, canonical(said))
