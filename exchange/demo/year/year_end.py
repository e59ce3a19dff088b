"""The turn of the year: a few lines of the books are corrected, archivists and leaders lock them."""

from typing import Any

from exchange.demo.year.people import Actor
from exchange.demo.year.plan import TOWNSHIPS
from exchange.demo.year.story import Life
from schemas.words import COUNTY, Role

BOOKS = ("incoming", "outgoing")


async def end(life: Life, year: int) -> None:
    """Correct one line of each office's incoming register, and lock the county's books and the first township's. Raises Problem."""
    for office in (COUNTY, *(code for code, *_ in TOWNSHIPS)):
        clerk = life.actor(office)
        entries = (await page(life, clerk, "incoming", year))["entries"]
        if entries:
            body = {"entry": entries[0]["evidence_id"], "values": {"place": "文书柜三层", "pages": "2"}, "reason": "核对后更正"}
            await life.door.ask(clerk, "POST", "/api/v1/register-corrections", body)
            life.tally["corrected",] += 1
    for keeper in (life.actor(COUNTY, Role.ARCHIVIST), life.actor(TOWNSHIPS[0][0], Role.LEADER)):
        for book in BOOKS:
            count = (await page(life, keeper, book, year))["count"]
            if count:  # a book without a line is no book
                await life.door.ask(keeper, "POST", f"/api/v1/registers/{book}/lock", {"year": year, "entries": count})
                life.tally["locked",] += 1


async def page(life: Life, actor: Actor, book: str, year: int, after: str | None = None) -> Any:
    """Return a page of a register of the actor's office."""
    further = "" if after is None else f"&after={after}"
    return await life.door.ask(actor, "GET", f"/api/v1/registers/{book}?year={year}&size=100{further}")
