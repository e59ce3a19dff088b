"""Signing in without the browser's own key: who shows what, how often, and what begins then.

Whatever is wrong, strangers hear one refusal, and it took the same work: nobody learns who is known here.
"""

import asyncio
import re
import secrets
from collections import OrderedDict
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple

from aiohttp import web

from archive.ledger.database import Tx
from exchange.intake.limits import Rate
from exchange.office import browsers, passkeys, passkeys_store, passwords, passwords_store, store
from exchange.office.passkeys import Party, Passkey, State
from exchange.office.passwords import Keeper
from exchange.office.passwords_store import Kept
from exchange.office.store import Person
from exchange.paging import CODE
from exchange.service import Service
from schemas.problems import Problem, ProblemType
from schemas.words import Role

CEREMONY: Final = "__Host-ceremony"
ANSWERED_WITHIN: Final = 300
"""Seconds that a challenge waits for its answer."""
LOCKED_FOR: Final = 900.0
"""Seconds in which wrong tries are counted together."""
TRIES_OF_ONE_ADDRESS_FOR_ONE_NAME: Final = 5
TRIES_FOR_ONE_NAME: Final = 30
TRIES_OF_ONE_ADDRESS: Final = 100
"""A whole township may stand behind one address, and behind a gateway everybody does."""
QUESTIONS_A_MINUTE: Final = 600
_MOST_CEREMONIES: Final = 10_000
_MOST_WAITING: Final = 16
_ID: Final = re.compile(rf"{CODE}\.[0-9]+", re.IGNORECASE)


class Typed(NamedTuple):
    """What somebody typed to be let in; `name` may be a person's id, `code` the authenticator's or a recovery code."""

    office: str
    name: str
    password: str
    code: str


class Shown(NamedTuple):
    """What a person showed in the end, to be used up in the transaction that lets them in."""

    person: str
    password: str
    step: int | None
    recovery: str


class Ceremonies:
    """Challenges that wait for their answer, each for the browser that has its cookie; they are gone with the service."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: OrderedDict[str, tuple[float, str, State]] = OrderedDict()

    def begin(self, purpose: str, state: State, elapsed: float) -> str:
        """Keep a challenge; returns what its browser's cookie says. The oldest one gives way when there are too many."""
        token = secrets.token_urlsafe(32)
        while self._waiting and (len(self._waiting) >= _MOST_CEREMONIES or next(iter(self._waiting.values()))[0] <= elapsed):
            self._waiting.popitem(last=False)
        self._waiting[token] = (elapsed + ANSWERED_WITHIN, purpose, state)
        return token

    def take(self, token: str, purpose: str, elapsed: float) -> State:
        """Return what was kept, once. Raises Problem PASSKEY_REFUSED: too late, taken before, of another browser or purpose."""
        until, meant, state = self._waiting.pop(token, (0.0, "", {}))
        if until <= elapsed or meant != purpose:
            raise Problem(ProblemType.PASSKEY_REFUSED, "challenge")
        return state


class Entrance:
    """The ways in of one service beside the browser's own key."""

    def __init__(self, service: Service) -> None:
        """Open it."""
        self.service = service
        self.ceremonies = Ceremonies()
        self.questions = Rate(QUESTIONS_A_MINUTE)
        self._pairs = Rate(TRIES_OF_ONE_ADDRESS_FOR_ONE_NAME, LOCKED_FOR)
        self._names = Rate(TRIES_FOR_ONE_NAME, LOCKED_FOR)
        self._addresses = Rate(TRIES_OF_ONE_ADDRESS, LOCKED_FOR)
        self._work = asyncio.Semaphore(1)
        self._waiting = 0

    @cached_property
    def keeper(self) -> Keeper:
        """What keeps this county's passwords; its key is made when first needed."""
        return Keeper(self.service.county.signin_key())

    # ---- password and code

    async def try_password(self, typed: Typed, address: str, now: datetime) -> Shown | None:
        """Return what a person showed, None when anything is wrong. Raises Problem TOO_MANY_REQUESTS for a name or an address.

        Every try counts from its beginning, so that many at once are no more than many in a row; `let_in` gives a good one back.
        """
        elapsed, counted = self.service.watch.clock.elapsed(), self._counted(typed, address)
        for rate, key in counted:
            rate.require(key, elapsed)
        for rate, key in counted:
            rate.count(key, elapsed)
        kept = await self.service.database.read(_kept, typed.office, typed.name.strip())
        return await self._compare(typed, kept, now)

    def let_in(self, typed: Typed, address: str) -> None:
        """Give a try back once what was shown was used up: a code that only looks like one must not undo what was counted."""
        elapsed = self.service.watch.clock.elapsed()
        for rate, key in self._counted(typed, address):
            rate.count(key, elapsed, -1)

    def _counted(self, typed: Typed, address: str) -> tuple[tuple[Rate, str], ...]:
        """Return what a try counts for. A person's id says who it is, whatever office is chosen beside it."""
        name = typed.name.strip().casefold()
        if not _ID.fullmatch(name):
            name = f"{typed.office} {name}"
        return (self._pairs, f"{address} {name}"), (self._names, name), (self._addresses, address)

    async def _compare(self, typed: Typed, kept: Kept | None, now: datetime) -> Shown | None:
        good = await self.work(self.keeper.is_password, typed.password, None if kept is None else kept.password)
        person = "" if kept is None else kept.person
        secret = self.keeper.open(person, b"" if kept is None else kept.secret) or bytes(20)
        step = passwords.matching_step(secret, typed.code, now, 0 if kept is None else kept.step)
        digest = self.keeper.recovery_digest(person, typed.code) if passwords.is_recovery_code(typed.code) else ""
        if kept is None or not good or (step is None and not digest):
            return None
        return Shown(person, kept.password, step, digest)

    async def work(self, of: Any, *arguments: Any) -> Any:
        """Do one costly thing after another in a thread. Raises Problem BUSY when too many wait."""
        if self._waiting >= _MOST_WAITING:
            raise Problem(ProblemType.BUSY, retry_after=5)
        self._waiting += 1
        try:
            async with self._work:
                return await asyncio.to_thread(of, *arguments)
        finally:
            self._waiting -= 1

    # ---- passkeys

    def party(self, host: str) -> Party:
        """Return for whom passkeys are made at a host. Raises Problem PASSKEY_NOT_HERE."""
        return passkeys.party(self.service.county.settings.url, host)

    def user(self, person: str) -> bytes:
        """Return what authenticators call a person."""
        return passkeys.handle(self.service.county.fingerprint, person)

    def ask(self, purpose: str, state: State, address: str) -> str:
        """Keep a challenge and return its token. Raises Problem TOO_MANY_REQUESTS."""
        elapsed = self.service.watch.clock.elapsed()
        self.questions.spend(address, elapsed)
        return self.ceremonies.begin(purpose, state, elapsed)

    async def heed(self, at: Party, token: str, purpose: str, answer: dict[str, Any]) -> tuple[Passkey, int]:
        """Return whose passkey answered a challenge, and its counter, which is to be kept. Raises Problem PASSKEY_REFUSED."""
        state = self.ceremonies.take(token, purpose, self.service.watch.clock.elapsed())
        kept = await self.service.database.read(passkeys_store.find, passkeys.credential_of(answer))
        if kept is None:
            raise Problem(ProblemType.PASSKEY_REFUSED)
        return kept, passkeys.complete_assertion(at, state, answer, kept, self.user(kept.person))


ENTRANCE: web.AppKey[Entrance] = web.AppKey("entrance", Entrance)


class Arrival(NamedTuple):
    """From where a person comes in: the browser's own words for itself, and the token that it had until now."""

    agent: str
    before: str


def enter_with_passkey(tx: Tx, passkey: Passkey, counter: int, arrival: Arrival, now: datetime) -> str:
    """Sign a browser in with a passkey; returns its new token. Raises Problem PASSKEY_REFUSED, also for a person who has left."""
    _admitted(tx, passkey.person)
    passkeys_store.use(tx, passkey, counter, now)
    return _begin(tx, passkey.person, "passkey", arrival, now)


def enter_with_password(tx: Tx, shown: Shown, arrival: Arrival, now: datetime) -> str | None:
    """Sign a browser in with a password and a code, which is used up; None when it was used meanwhile."""
    if not use_up(tx, shown):
        return None
    return _begin(tx, shown.person, "password", arrival, now)


def use_up(tx: Tx, shown: Shown) -> bool:
    """Use the code that a person showed; False when it does not count, or the person may not come in at all."""
    try:
        _admitted(tx, shown.person)
    except Problem:
        return False
    if shown.step is not None:
        return passwords_store.use_step(tx, shown.person, shown.password, shown.step)
    return passwords_store.use_code(tx, shown.person, shown.password, shown.recovery)


def forget(tx: Tx, person: str) -> None:
    """Erase every way in of a person who has left, and sign their browsers out."""
    passkeys_store.remove_all(tx, person)
    passwords_store.remove(tx, person)
    browsers.end_all(tx, person)


def _kept(tx: Tx, office: str, name: str) -> Kept | None:
    person = passwords_store.named(tx, office, name)
    return None if person is None else passwords_store.find(tx, person)


def _admitted(tx: Tx, person_id: str) -> Person:
    """Return a person of today who may use a browser. Raises Problem PASSKEY_REFUSED."""
    try:
        person = store.person(tx, person_id)
    except Problem as problem:
        raise Problem(ProblemType.PASSKEY_REFUSED, "left") from problem
    if person.role is Role.SERVICE:
        raise Problem(ProblemType.PASSKEY_REFUSED, person.role.value)
    return person


def _begin(tx: Tx, person: str, method: str, arrival: Arrival, now: datetime) -> str:
    """Begin a session with a token of its own, and end the one that the browser had: nobody goes on under a token of before."""
    if arrival.before:
        browsers.end_token(tx, arrival.before)
    return browsers.begin(tx, person, method, arrival.agent, now)
