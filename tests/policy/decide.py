"""What becomes of one file when it is sent: read, looked at, judged, by the calls that intake makes; and how long that took."""

import os
import time
from dataclasses import dataclass

from policy.cases import REFUSED

from archive.reading.eyes.eyes import Eyes
from archive.reading.reading import Reading, unseen
from archive.reading.sandbox import Sandbox, document_of
from exchange.looking import look_for_verdict
from exchange.policy.rules import Declared, Policy, judge
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Handling


@dataclass(frozen=True)
class Decision:
    """`outcome` is PASS, REVIEW, BLOCK or refused; `rules` those that spoke; `ms` the time from the bytes to the verdict."""

    outcome: str
    problem: ProblemType | None
    rules: tuple[str, ...]
    ms: float
    handling: Handling | None = None
    detail: str = ""
    reading: Reading | None = None


async def decide(
    sandbox: Sandbox, eyes: Eyes | None, policy: Policy, name: str, media_type: str, content: bytes, *, whole: bool = False
) -> Decision:
    """Decide on a submission of this one file. With `whole`, all of its pictures are looked at, as happens after acceptance.

    Without eyes a file that must be looked at is refused.
    """
    document = document_of([content])
    started = time.perf_counter()
    reading: Reading | None = None
    try:
        reading = await sandbox.read(name, media_type, document, len(content))
        if unseen(reading, whole=whole):
            reading = await _looked_at(eyes, name, media_type, document, len(content), reading, whole=whole)
        verdict = judge(Declared(UNCLASSIFIED, names=(name,), main=name), {name: reading}, policy)
    except Problem as problem:
        return Decision(REFUSED, problem.kind, (problem.kind.type,), _since(started), detail=problem.detail, reading=reading)
    finally:
        os.close(document)
    rules = tuple(dict.fromkeys(hit.rule for hit in verdict.hits))
    return Decision(verdict.outcome.value, None, rules, _since(started), verdict.handling, reading=reading)


async def _looked_at(eyes: Eyes | None, name: str, media_type: str, document: int, size: int, reading: Reading, *, whole: bool) -> Reading:
    if eyes is None:
        raise Problem(ProblemType.RECOGNITION_MISSING)
    if whole:
        return await eyes.look(name, media_type, document, size, reading, whole=True)
    return await look_for_verdict(eyes, name, media_type, document, size, reading, told=_to_nobody)


def _to_nobody(_done: int, _pages: int) -> None:
    """Tell nobody how far it is."""


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
