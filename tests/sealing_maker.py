"""Makes a county with a confidentiality officer and a leader, and a submission that has gone everywhere a submission can go."""

import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from county_maker import Running, found, serving
from submission_maker import Letter, pack

from exchange.clock import FakeClock
from exchange.sealing.sealer import SEALER
from exchange.sealing.states import Seal
from keys import sealed
from schemas.words import Role

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TITLE = "鹤鸣于九皋声闻于天之件"
FILE = "渐渐之石维其高矣.txt"
PHRASE = "蒹葭苍苍白露为霜所谓伊人在水一方溯洄从之道阻且长"
REASON = "桃之夭夭灼灼其华之故"
PEOPLE = {
    "clerk": ("T01", Role.CLERK),
    "leader of the sender": ("T01", Role.LEADER),
    "reader": ("T02", Role.REVIEWER),
    "machine": ("T02", Role.CLERK),
    "officer": ("county", Role.CONFIDENTIALITY),
    "leader": ("county", Role.LEADER),
    "administrator": ("county", Role.ADMINISTRATOR),
    "reviewer": ("county", Role.REVIEWER),
}


@dataclass
class Sealed:
    """A running county; `who` are ids by the names of `PEOPLE`, `packed` is the container that was sent, `answer` what was said."""

    county: Running
    who: dict[str, str] = field(default_factory=dict)
    packed: bytes = b""
    answer: bytes = b""
    submission: str = ""

    async def ask(self, method: str, path: str, who: str, body: Any = None) -> tuple[int, Any]:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return await self.county.ask(method, path, self.who[who], content)

    async def send(self, title: str = TITLE, text: str = PHRASE) -> str:
        """Send it from T01 to T02, copied to the county."""
        letter = Letter(
            at=self.county.clock.now(),
            to=("T02",),
            title=title,
            files={FILE: f"{text}\n各村已完成排查。\n".encode()},
            fields={"cc": ["county"]},
        )
        self.packed = pack(letter, self.county.people[self.who["clerk"]])
        status, self.answer = await self.county.submit(self.packed)
        assert status == 201, self.answer
        self.submission = json.loads(self.answer)["submission"]
        return self.submission

    async def report(self, who: str = "officer") -> int:
        """Report a find of the submission, by hand."""
        return (await self.ask("POST", "/api/v1/sealed", who, {"item": self.submission, "reason": "有标志"}))[0]

    async def until(self, state: Seal, *, purged: bool = True) -> None:
        """Work until the sealing stands so, and nothing of it is left on the disk when that is wanted."""
        sealer, finder = self.county.client.app[SEALER], self.county.service.finder
        for _ in range(20):
            await sealer.lock_up()
            await sealer.purge(finder)
            row = await self.county.service.database.read(_standing, self.submission)
            if row.state == state and (row.purged or not purged):
                return
        raise AssertionError(row)

    async def key(self, who: str = "officer") -> bytes:
        """Return the package's key, as an officer's client unwraps it."""
        status, package = await self.ask("GET", f"/api/v1/sealed/{self.submission}", who)
        assert status == 200, package
        private = self.county.people[self.who[who]].private_key
        mine = {each["recipient"]: base64.b64decode(each["wrapped"]) for each in package["keys"]}
        return sealed.unwrap(mine[sealed.recipient(private.public_key())], private, bytes.fromhex(self.submission))


def _standing(tx: Any, submission: str) -> Any:
    return tx.row("SELECT state, purged FROM sealing WHERE submission = :id", id=submission)


@asynccontextmanager
async def sealing_county(folder: Path, *, officer: bool = True) -> AsyncIterator[Sealed]:
    """Give a county in which everybody of `PEOPLE` is enrolled, but the officer when that is not wanted."""
    await found(folder, NOW)
    clock = FakeClock(NOW)
    async with serving(folder, clock) as county:
        for code in ("T01", "T02"):
            await county.office(code)
        made = Sealed(county)
        for name, (office, role) in PEOPLE.items():
            if officer or name != "officer":
                made.who[name] = await county.person(office, name, role)
        clock.advance(timedelta(seconds=1))
        yield made


def holding(folder: Path, *texts: str) -> dict[str, list[str]]:
    """Return which files below a folder hold which of these texts, in UTF-8, UTF-16 or base64: the plainest of greps."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        for text in texts:
            if any(spelling in content for spelling in spellings(text)):
                found.setdefault(text, []).append(str(path.relative_to(folder)))
    return found


def spellings(text: str) -> list[bytes]:
    """Return a text as it may stand in a file: encoded, in base64 at any offset, and as the index's pairs of characters."""
    plain = text.encode()
    shifted = [base64.b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)]
    pairs = " ".join(first + second for first, second in itertools.pairwise(text))
    return [plain, text.encode("utf-16-le"), json.dumps(text).encode(), pairs.encode(), *shifted]
