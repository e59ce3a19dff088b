"""How much of a file is looked at before it is judged: the same at both ends."""

from collections.abc import Callable

from archive.reading.eyes.eyes import Eyes
from archive.reading.reading import Reading, unseen, within
from exchange.policy.pictures import wordless

Told = Callable[[int, int], None]
"""Is told how many pages are done, and how many there are in all."""


async def look_for_verdict(
    eyes: Eyes, name: str, media_type: str, document: int, size: int, reading: Reading, *, rank: int = 0, told: Told
) -> Reading:
    """Return the reading with as much looked at as a verdict needs: the heads, and the whole of what shows no word in them.

    Raises what `Eyes.look` raises.
    """
    pages = len(unseen(reading))
    if pages:
        reading = await eyes.look(name, media_type, document, size, reading, rank=rank, progress=told)
    if any(wordless(part) for _, part in within(reading)):
        more = len(unseen(reading, whole=True))

        def further(done: int, _pages: int) -> None:
            told(pages + done, pages + more)

        reading = await eyes.look(name, media_type, document, size, reading, whole=True, rank=rank, progress=further)
    return reading
