"""The year as it is lived: post goes out, is opened, signed for, returned and corrected, asked back, urged, and written on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from exchange.demo.year import chance as usual
from exchange.demo.year.acts import Act
from exchange.demo.year.chance import chance, fate, weighted
from exchange.demo.year.letters import Letter, pack
from exchange.demo.year.people import Actor, Door
from exchange.demo.year.plan import PLACES, Post
from schemas.instants import BEIJING
from schemas.words import COUNTY, Role

RECEIVED: Final = "/api/v1/inbox/{}"


@dataclass
class Life:
    """The county at work; `tally` counts what the script itself saw happen, for the recount at the end."""

    door: Door
    people: Mapping[str, Mapping[Role, Actor]]
    tally: Counter[tuple[str, ...]] = field(default_factory=Counter)
    opened: set[tuple[str, str]] = field(default_factory=set)

    def actor(self, office: str, role: Role = Role.CLERK) -> Actor:
        """Return who acts for an office."""
        return self.people[office].get(role) or self.people[office][Role.CLERK]

    def begin(self, post: Post) -> Act:
        """Return the act with which a piece of post sets out."""
        return Act(post.at, partial(self._register if post.on_paper else self._send, post))

    async def _register(self, post: Post) -> Iterable[Act]:
        """Register a paper at each of its recipients."""
        for office in post.to:
            body = {
                "direction": "received",
                "counterpart": post.sender,
                "title": post.paper.title,
                "number": post.paper.number or "",
                "kind": post.paper.kind.value,
                "pages": 1,
                "reason": "other",
            }
            await self.door.ask(self.actor(office), "POST", "/api/v1/paper", body)
            self.tally["paper", office, month(post.at)] += 1
        return ()

    async def _send(self, post: Post, **extra: Any) -> Iterable[Act]:
        sender = self.actor(post.sender)
        letter = Letter(
            sender=sender,
            place=PLACES[post.sender],
            to=post.to,
            paper=post.paper,
            scanned=post.scanned,
            urgency=post.urgency,
            extra=extra if post.form is None else {"reply_form": post.form} | extra,
        )
        now = self.door.clock.now()
        answer = await self.door.send(pack(letter, chance(post.name, "letter", *extra), now))
        self.tally["sent", month(now)] += 1
        self.tally["numbered" if letter.numbered else "unnumbered",] += 1
        self.tally["scanned" if post.scanned else "text",] += 1
        submission = answer["submission"]
        for office in post.to if "replaces" not in extra else ():
            self.tally["electronic", office, month(now)] += 1
            self.tally["electronic", post.sender, month(now)] += 1
        following = [self._received(post, submission, office, now) for office in post.to]
        return [act for acts in following for act in acts]

    def _received(self, post: Post, submission: str, office: str, now: datetime) -> list[Act]:
        """Return what becomes of one recipient's copy."""
        random = chance(post.name, office)  # nothing of what is sent: a seed tells one year, whenever it is played
        seen = now + timedelta(minutes=random.randint(5, 420))
        way = "signed" if "-again" in post.name else fate(random)
        case = Case(post, submission, office)
        if way == "withdrawn":
            return [Act(now + timedelta(minutes=3), partial(self._withdraw, case))]
        if way not in ("unsigned", "urged"):
            return [Act(seen, partial(self._open, case, timedelta(minutes=random.randint(2, 240)), way))]
        opened = [Act(seen, partial(self._open, case))] if random.random() < usual.OPENED_AND_LEFT else []
        late = now + timedelta(days=random.randint(3, 6))
        return opened if way == "unsigned" else [*opened, Act(late, partial(self._urge, case))]

    async def _open(self, case: "Case", then: timedelta | None = None, way: str = "") -> Iterable[Act]:
        await self._look(case)
        return [] if then is None else [Act(self.door.clock.now() + then, partial(self._decide, case, way))]

    async def _decide(self, case: "Case", way: str) -> Iterable[Act]:
        now = self.door.clock.now()
        if way == "returned":
            await self._move(case, "return", reason="缺少附件，请补正后重新报送")
            post = replace(case.post, name=f"{case.post.name}-{case.office}-again", at=now + timedelta(hours=2), to=(case.office,))
            return [Act(post.at, partial(self._send, post, replaces=case.submission))]
        if way == "misdirected":
            await self._move(case, "misdirect", reason="不属本单位职责")
            return ()
        await self._move(case, "sign-for")
        if way.startswith("asked_back"):
            return [Act(now + timedelta(hours=1), partial(self._ask_back, case, way))]
        if case.post.form and case.office != COUNTY:
            return [Act(now + timedelta(minutes=20), partial(self._answer_form, case))]
        if case.office == COUNTY and chance(case.post.name, "slip").random() < usual.SLIPPED:
            return [Act(now + timedelta(hours=hours), partial(self._write, case, *entry)) for hours, entry in enumerate(_SLIP, 1)]
        return ()

    async def _answer_form(self, case: "Case") -> Iterable[Act]:
        """Say who comes to the meeting; few forget to."""
        random = chance(case.post.name, case.office, "form")
        if random.random() < usual.UNANSWERED:
            return ()
        await self._look(case)
        clerk = self.actor(case.office)
        path = f"/api/v1/forms/{case.submission}"
        asked = await self.door.ask(clerk, "GET", path)
        comes = weighted(random, [("attend", 8), ("substitute", 1), ("leave", 1)])
        row = {"attendance": comes, "name": clerk.name, "post": "副镇长", "phone": "13900000000"}
        filled = {"type": "form-answer/v1", "period": asked["periods"][0]["period"], "rows": [row]}
        await self.door.ask(clerk, "POST", f"{path}/answers", {"answer": filled})
        self.tally["answered",] += 1
        return ()

    async def _write(self, case: "Case", act: str, words: str, role: Role) -> Iterable[Act]:
        await self._look(case)
        await self._move(case, act, role, reason=words)
        return ()

    async def _withdraw(self, case: "Case") -> Iterable[Act]:
        await self._as_sender(case, "withdraw", reason="附件有误，重新发送")
        return ()

    async def _ask_back(self, case: "Case", way: str) -> Iterable[Act]:
        await self._as_sender(case, "ask-back", reason="数据有误，请予撤回")
        consents = way.endswith("consented")
        answer = ("consent", "") if consents else ("refuse", "已按此件办理")
        return [Act(self.door.clock.now() + timedelta(hours=1), partial(self._answer, case, *answer))]

    async def _answer(self, case: "Case", act: str, words: str) -> Iterable[Act]:
        await self._move(case, act, reason=words)
        return ()

    async def _urge(self, case: "Case") -> Iterable[Act]:
        body = {"offices": [case.office], "way": "phone", "note": "值班员已接"}
        await self.door.ask(self.actor(case.post.sender), "POST", f"/api/v1/submissions/{case.submission}/urge", body)
        self.tally["moved", "urge"] += 1
        return [Act(self.door.clock.now() + timedelta(hours=3), partial(self._decide, case, "signed"))]

    async def _look(self, case: "Case") -> None:
        """Open it unless somebody has: who signed for it in a hurry looks at it later."""
        if (case.submission, case.office) not in self.opened:
            self.opened.add((case.submission, case.office))
            await self._move(case, "open")

    async def _move(self, case: "Case", act: str, role: Role = Role.REVIEWER, *, reason: str = "") -> None:
        body = {"reason": reason} if reason else {}
        await self.door.ask(self.actor(case.office, role), "POST", f"{RECEIVED.format(case.submission)}/{act}", body)
        self.tally["moved", act] += 1

    async def _as_sender(self, case: "Case", act: str, *, reason: str) -> None:
        path = f"/api/v1/submissions/{case.submission}/deliveries/{case.office}/{act}"
        await self.door.ask(self.actor(case.post.sender), "POST", path, {"reason": reason} if reason else {})
        self.tally["moved", act] += 1


@dataclass(frozen=True)
class Case:
    """One recipient's copy of a piece of post."""

    post: Post
    submission: str
    office: str


def month(moment: datetime) -> str:
    """Return the month as `MM`, Beijing time."""
    return f"{moment.astimezone(BEIJING):%m}"


_SLIP: Final = (
    ("propose", "拟请分管领导阅示。", Role.REVIEWER),
    ("instruct", "同意，请抓好落实。", Role.LEADER),
    ("conclude", "已办结，结果已反馈。", Role.REVIEWER),
)
