"""The set is what it says, and a small sample of each class is decided rightly by the real readers, eyes and rules."""

import itertools
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from policy import marks, negatives_held_out, negatives_tuning, scans, templates_held_out, templates_tuning
from policy.cases import KEPT_OUT, LET_IN, REFUSED, Case, digest
from policy.decide import decide
from policy.papers import Paper
from policy.report import Tally, cases, classes, named_rightly, right, table
from policy.scans import Scanning
from policy.set_maker import TEXT_CLASSES, templates
from policy.set_of_scans import SCAN_CLASSES
from policy.uninspectable import UNREADABLE

from archive.reading.eyes.eyes import Eyes
from archive.reading.sandbox import Sandbox
from exchange.policy.rules import load

HALVES: Final = ("tuning", "held-out")
SAMPLED: Final = {"marks in text": 12, "evasions": 12, "ordinary papers": 12, "talk of secrecy": 12}
"""Cases a class of text in the suite; of the others two, and of scans the ones below. All are of the half that may be seen."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def _wrong(sandbox: Sandbox, eyes: Any, sample: list[Case]) -> list[str]:
    presets = {preset: load(preset) for preset in ("usual", "strict")}
    wrong = []
    for case in sample:
        decision = await decide(sandbox, eyes, presets[case.preset], case.file, case.media_type, case.make(), whole=case.whole)
        if not (right(case, decision) and named_rightly(case, decision)):
            wrong.append(f"{case.label}: {decision.outcome} {decision.rules}")
    return wrong


def _sample(kind: str) -> list[Case]:
    return [case for case in cases(kind, "tuning", SAMPLED.get(kind, 2)) if not case.pictures and case.carrier != "pdf without ToUnicode"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", [kind for kind in TEXT_CLASSES if kind != "uninspectable"])
async def test_a_sample_of_each_class_of_text_is_decided_rightly(sandbox: Sandbox, kind: str) -> None:
    assert await _wrong(sandbox, None, _sample(kind)) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_what_nobody_can_inspect_is_refused_with_its_own_problem(sandbox: Sandbox) -> None:
    slow = {"zip bomb", "Flate bomb", "12,000 pages"}
    sample = [case for case in cases("uninspectable", "tuning", len(UNREADABLE)) if not case.pictures and case.carrier not in slow]

    assert len(sample) > 30
    assert await _wrong(sandbox, None, sample) == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.skipif(not Eyes.available(), reason="recognition is not installed")
async def test_scans_are_decided_rightly(sandbox: Sandbox) -> None:
    eyes = Eyes(sandbox, workers=1)
    sample = [
        next(case for case in cases(kind, "tuning", 20) if case.carrier == "scan pdf") for kind in ("scans 150 dpi", "ordinary scans")
    ]
    try:
        assert await _wrong(sandbox, eyes, sample) == []
    finally:
        await eyes.stop()


def test_the_set_is_the_same_whenever_it_is_made() -> None:
    kinds = [kind for kind in TEXT_CLASSES if kind != "uninspectable"]

    def made() -> list[str]:
        return [digest(case) for kind in kinds for case in cases(kind, "held-out", 6)]

    assert made() == made()


def test_the_same_scan_has_the_same_pixels() -> None:
    paper = Paper(templates("held-out")[0], "秘密★1年", seed=5)
    scanning = Scanning(dots=72, skew=2, photo=True, stamped=True, watermark=True, seal="mark", seed=5)

    first, second = (scans.pictures(paper, scanning)[0].tobytes() for _ in range(2))

    assert first == second


def test_another_seed_makes_another_set() -> None:
    one, other = ([digest(case) for case in cases("evasions", "held-out", 5, seed)] for seed in (1, 2))

    assert not set(one) & set(other)


def test_no_template_nor_text_is_in_both_halves() -> None:
    tuning, held_out = templates_tuning.TEMPLATES, templates_held_out.TEMPLATES

    assert len(tuning) + len(held_out) >= 40
    for part in ("name", "title", "number", "issuer"):
        one, other = ({getattr(template, part) for template in half} - {""} for half in (tuning, held_out))
        assert not one & other, part
    assert not {text for template in tuning for text in template.body} & {text for template in held_out for text in template.body}
    assert not {template.style for template in tuning} & {template.style for template in held_out}
    assert not set(negatives_tuning.SENTENCES) & set(negatives_held_out.SENTENCES)
    assert not set(negatives_tuning.TITLES) & set(negatives_held_out.TITLES)
    assert not set(marks.DISGUISES) & set(marks.HELD_OUT_DISGUISES)


@pytest.mark.parametrize("half", HALVES)
def test_each_case_is_of_its_half_and_every_template_is_used(half: Any) -> None:
    names = {template.name for template in templates(half)}
    sample = list(cases("talk of secrecy", half, 60))

    assert {case.template for case in sample} == names
    assert {case.half for case in sample} == {half}


def test_every_class_has_cases_and_expects_one_kind_of_answer() -> None:
    for kind in classes(""):
        sample = list(itertools.islice(cases(kind, "tuning", 3), 3))

        assert len(sample) == 3, kind
        assert all(case.expected <= KEPT_OUT or case.expected <= LET_IN | {REFUSED} for case in sample), kind


def test_a_class_is_asked_for_by_a_part_of_its_name() -> None:
    assert classes("scans 1, evas") == ["evasions", "scans 150 dpi"]
    assert classes("") == [*TEXT_CLASSES, *SCAN_CLASSES]


def test_a_class_that_did_not_run_is_not_said_to_be_met() -> None:
    assert "not run" in table([Tally("scans 200 dpi", 80)])
