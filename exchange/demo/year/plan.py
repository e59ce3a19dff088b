"""The year's post as a plan: who sends what to whom on which working day, drawn from a seed before anything is sent."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from exchange.demo import papers
from exchange.demo.papers import Paper
from exchange.demo.year import chance as usual
from exchange.demo.year.chance import chance, weighted
from schemas import instants
from schemas.messages import ReplyForm
from schemas.words import COUNTY, FormKind, Urgency

OPENS, CLOSES = 8, 18
"""The hours in which an office works, Beijing time."""
DEPARTMENTS: Final = (("D01", "县财政局", "财"), ("D02", "县农业农村局", "农"), ("D03", "县教育局", "教"))
TOWNSHIPS: Final = tuple(office[:3] for office in papers.OFFICES)
PLACES: Final = {code: place for code, place, _ in (*TOWNSHIPS, *DEPARTMENTS)} | {COUNTY: "云岭县"}
_ISSUERS: Final = {code: issuer for code, _, issuer in (*TOWNSHIPS, *DEPARTMENTS)} | {COUNTY: "云政办"}


@dataclass(frozen=True, kw_only=True)
class Post:
    """One thing to be sent; `on_paper` things are registered by hand at whoever receives them."""

    name: str
    at: datetime
    sender: str
    to: tuple[str, ...]
    paper: Paper
    scanned: bool
    urgency: Urgency
    on_paper: bool = False

    @property
    def form(self) -> ReplyForm | None:
        """What the recipients are asked to answer: a meeting wants to know who comes."""
        if self.sender != COUNTY or "例会" not in self.paper.title or self.on_paper:
            return None
        day = (self.at + timedelta(days=3)).astimezone(instants.BEIJING).date()
        return ReplyForm(kind=FormKind.MEETING, respond_by=day.isoformat())


@dataclass
class Plan:
    """A year, drawn from a seed: how many documents go through the service, and what share of their mains are scans."""

    seed: int
    year: int
    documents: int
    working: Sequence[date]
    scanned: float = usual.SCANNED
    _numbers: Counter[str] = field(default_factory=Counter)

    def posts(self) -> Iterator[Post]:
        """Yield the year's post, day by day."""
        spread = chance(self.seed, "days")
        days = sorted(spread.choices(self.working, k=self.documents))
        for turn, day in enumerate(days):
            yield self._post(f"{self.seed}-{turn}", day)
            if spread.random() < usual.ON_PAPER[day.month - 1]:
                yield self._post(f"{self.seed}-{turn}-paper", day, on_paper=True)

    def _post(self, name: str, day: date, *, on_paper: bool = False) -> Post:
        random = chance(name)
        sender, to = _way(random)
        urgency = weighted(
            random,
            [
                (Urgency.EXTRA_URGENT, usual.EXTRA_URGENT),
                (Urgency.URGENT, usual.URGENT),
                (Urgency.NORMAL, 1 - usual.URGENT - usual.EXTRA_URGENT),
            ],
        )
        number = None if random.random() < usual.UNNUMBERED else self._number(sender)
        dated = f"{day.year}年{day.month}月{day.day}日"
        paper = papers.any_paper(random, PLACES[sender], number=number, upward=sender != COUNTY, dated=dated)
        minutes = random.randrange((CLOSES - OPENS) * 60 - 120)
        at = datetime.combine(day, time(OPENS), instants.BEIJING) + timedelta(minutes=minutes)
        scanned = random.random() < self.scanned
        return Post(name=name, at=at, sender=sender, to=to, paper=paper, scanned=scanned, urgency=urgency, on_paper=on_paper)

    def _number(self, sender: str) -> str:
        self._numbers[sender] += 1
        return f"{_ISSUERS[sender]}发〔{self.year}〕{self._numbers[sender]}号"


def _way(random: Random) -> tuple[str, tuple[str, ...]]:
    """Draw who sends and who receives."""
    codes = [code for code, *_ in TOWNSHIPS]
    way = weighted(random, [("up", usual.UPWARD), ("down", usual.DOWNWARD), ("side", usual.SIDEWAYS)])
    if way == "down":
        several = random.random()
        return COUNTY, tuple(codes) if several < 0.4 else tuple(sorted(random.sample(codes, random.randint(1, 6))))  # noqa: PLR2004
    everyone = [*codes, *(code for code, *_ in DEPARTMENTS)]
    sender = random.choice(codes if way == "up" else everyone)
    if way == "up":
        return sender, (COUNTY,)
    return sender, (random.choice([code for code in everyone if code != sender]),)
