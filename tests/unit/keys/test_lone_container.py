"""A lone container is judged offline as far as the lists reach; and what a bundle says to people."""

import hashlib
import io
from pathlib import Path

import pytest
from authority_maker import make_county
from bundle_maker import Files, files_of
from evidence_maker import FILES, FOUNDED, Case, make_case, metadata_for, packed

from keys import container
from keys.bundle import Report, Result, Step, check_container
from keys.container import Source
from keys.evidence import Anchor
from keys.trust import Trust
from schemas.problems import Problem
from schemas.words import FORBIDDEN_WORDS, NOTICE_EN, NOTICE_ZH, Event


@pytest.fixture(scope="module")
def case() -> Case:
    return make_case()


@pytest.fixture(scope="module")
def files(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return files_of(case, tmp_path_factory.mktemp("case"))


def certificate_step(report: Report) -> Result:
    return next(outcome.result for outcome in report.outcomes if outcome.step is Step.CERTIFICATE)


def test_a_lone_container_is_judged_as_far_as_its_lists_reach(case: Case, tmp_path: Path):
    path = tmp_path / "x.asice"
    path.write_bytes(case.container)
    report = check_container(path, case.anchor)
    assert (report.submission, report.office, report.person) == (case.submission, "T01", "T01.1")
    assert certificate_step(report) is Result.PASSED
    without_lists = Anchor(Trust(case.county.root, case.county.chain, ()), None)
    for anchor in (without_lists, None):
        assert certificate_step(check_container(path, anchor)) is Result.UNKNOWN


def test_a_lone_container_of_a_stranger_or_another_office_is_refused(case: Case, tmp_path: Path):
    path = tmp_path / "x.asice"
    path.write_bytes(packed([make_county(FOUNDED).person_signer()]))
    with pytest.raises(Problem, match="signer-unknown"):
        check_container(path, case.anchor)
    path.write_bytes(packed([case.county.person_signer("T02", "T02.1")]))
    with pytest.raises(Problem, match="signer-other-office"):
        check_container(path, None)
    other = packed([case.county.person_signer()], files={"main.pdf": b"another"})
    signature = container.read(io.BytesIO(other)).head.signature
    out = io.BytesIO()
    sources = [Source(name, "text/csv", lambda content=content: io.BytesIO(content)) for name, content in FILES.items()]  # type: ignore[misc]  # a default binds the loop's value
    container.pack(out, metadata_for("T01", ["county"]), sources, lambda _: signature)
    path.write_bytes(out.getvalue())
    with pytest.raises(Problem, match="signature-invalid"):
        check_container(path, None)


# ---- what is written for people


def test_the_readme_says_how_in_both_languages_and_warns(files: Files):
    text = files["README.txt"].decode()
    for said in (NOTICE_ZH, NOTICE_EN, "bash verify.sh", "ROOT="):
        assert said in text
    assert "{" not in text


@pytest.mark.parametrize("name", ["README.txt", "verify.sh"])
def test_no_text_says_what_we_never_say(files: Files, name: str):
    text = files[name].decode()
    assert [word for word in FORBIDDEN_WORDS if word in text] == []


def test_the_script_knows_every_event_of_a_submission_and_no_clock(files: Files):
    script = files["verify.sh"].decode()
    for event in Event:
        if event.value.startswith(("Submission", "Con")):
            assert f"[{event.value}]={event.zh}" in script
    for clock in ("EPOCH", "SECONDS", "%(", "date "):
        assert clock not in script
    assert hashlib.sha256(script.encode()).hexdigest() in files["SHA256SUMS"].decode()
