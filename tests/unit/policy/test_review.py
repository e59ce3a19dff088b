"""The secrecy review: what lifts a REVIEW, on whose word, for how long, and what nothing lifts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading import plain
from archive.reading.reading import Line, Page, Picture, Reading
from exchange.policy import review
from exchange.policy.review import Approval, Basis, Reviewed, Signer, accept
from exchange.policy.rules import Declared, judge, load
from exchange.policy.verdict import Verdict
from schemas import instants
from schemas.messages import Document, SecrecyCheck, SecrecyReview, SecrecySeries, Submission
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, DocumentRole, Handling, Kind, Origin, Outcome, Role

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
USUAL = load("usual")
FIRST = "ab" * 32
LEADER = Signer("T01.2", "T01", Role.LEADER)
OFFICER = Signer("T01.3", "T01", Role.CONFIDENTIALITY)
FORM = "attachments/保密审查表.pdf"
REVIEW = SecrecyReview(by="王五", at=instants.write(NOW), conclusion="不涉及国家秘密，同意报送。")
SERIES = SecrecySeries(name="防汛值班周报", months=6)
WORK = plain.read("工作秘密\n关于防汛值班情况的报告".encode())


def document(name: str, role: DocumentRole) -> Document:
    return Document(name=name, role=role, origin=Origin.SCAN, media_type="application/pdf", size=1, sha256="cd" * 32)


def message(secrecy_review: SecrecyReview | None = REVIEW, *, form: bool = False, **more: Any) -> Submission:
    documents = [document("正文.pdf", DocumentRole.MAIN)] + ([document(FORM, DocumentRole.REVIEW_FORM)] if form else [])
    given = {"number": "城政发〔2026〕12号", "documents": documents, "secrecy_review": secrecy_review} | more
    return Submission(
        type="submission/v1",
        reference="0b6f2c1e-6f0b-4c7e-9a51-2d8a7c4e9f10",
        version=1,
        from_="T01",
        to=["county"],
        kind=Kind.REPORT,
        title="关于防汛值班情况的报告",
        date_issued="2026-11-20",
        classification=UNCLASSIFIED,
        secrecy_check=SecrecyCheck(by="张三", at=instants.write(NOW)),
        **given,
    )


def verdict(reading: Reading = WORK) -> Verdict:
    return judge(Declared(UNCLASSIFIED), {"正文.pdf": reading}, USUAL)


def accepted(
    message_: Submission,
    *further: Signer,
    found: Verdict | None = None,
    readings: dict[str, Reading] | None = None,
    approval: Approval | None = None,
    now: datetime = NOW,
) -> Reviewed:
    return accept(found or verdict(), message_, sender="T01.1", further=further, readings=readings or {}, approval=approval, now=now)


def refused(*args: Any, **named: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        accepted(*args, **named)
    return caught.value


@pytest.mark.parametrize("signer", [LEADER, OFFICER])
def test_a_countersignature_of_the_offices_leader_or_confidentiality_officer_lifts_a_review(signer: Signer):
    found = accepted(message(), signer)
    assert found == Reviewed(("marking:工作秘密",), USUAL.version, Basis.COUNTERSIGNATURE, signer.person)
    assert found.approval(FIRST, "T01") is None


@pytest.mark.parametrize(
    "signers",
    [
        (),
        (replace(LEADER, office="T02"),),
        (replace(LEADER, office="county"),),
        (replace(LEADER, person="T01.1"),),
        *((replace(LEADER, role=role),) for role in Role if role not in (Role.LEADER, Role.CONFIDENTIALITY)),
    ],
)
def test_no_other_signature_lifts_it(signers: tuple[Signer, ...]):
    problem = refused(message(), *signers)
    assert problem.kind is ProblemType.SECRECY_REVIEW_NEEDED
    assert "countersignature" in problem.detail
    assert problem.members["hits"]


def test_one_signer_of_several_is_enough():
    assert accepted(message(), replace(LEADER, office="T02"), OFFICER).approver == OFFICER.person


def test_a_countersignature_without_a_review_in_the_message_lifts_nothing():
    assert refused(message(None), LEADER).kind is ProblemType.SECRECY_REVIEW_NEEDED


@pytest.mark.parametrize("text", ["机密★1年", "绝密", "密级：秘密"])
def test_nothing_lifts_a_block(text: str):
    found = verdict(plain.read(f"{text}\n关于防汛".encode()))
    assert found.outcome is Outcome.BLOCK
    everything = message(form=True), LEADER, OFFICER
    approval = Approval(FIRST, "T01", "T01.2", "一切", tuple(USUAL.outcomes), NOW + timedelta(days=99))
    assert refused(*everything, found=found, readings={FORM: form()}, approval=approval).kind is ProblemType.SECRECY_MARK
    series = message(review_with(approved_by=FIRST))
    assert refused(series, LEADER, found=found, approval=approval).kind is ProblemType.SECRECY_MARK


def test_what_passes_needs_no_review():
    with pytest.raises(ValueError, match="PASS"):
        accepted(message(), LEADER, found=verdict(plain.read("关于防汛".encode())))


def review_with(**changes: Any) -> SecrecyReview:
    fields = {"by": REVIEW.by, "at": REVIEW.at, "conclusion": REVIEW.conclusion}
    return SecrecyReview(**fields | changes)


@pytest.mark.parametrize(
    "conclusion", ["不同意报送", "涉密，退回", "属于国家秘密", "经审查，涉及国家秘密事项，不得上网", "不宜报送", "该件涉密"]
)
def test_a_review_that_says_no_lifts_nothing(conclusion: str):
    assert "conclusion" in refused(message(review_with(conclusion=conclusion)), LEADER).detail


@pytest.mark.parametrize(
    "conclusion", ["不涉密", "非涉密，同意", "不涉及国家秘密", "未涉及国家秘密，可以报送", "无涉密内容", "不属于国家秘密"]
)
def test_a_review_that_says_yes_lifts_it(conclusion: str):
    assert accepted(message(review_with(conclusion=conclusion)), LEADER).basis is Basis.COUNTERSIGNATURE


def test_a_review_of_tomorrow_lifts_nothing():
    tomorrow = review_with(at=instants.write(NOW + timedelta(days=1)))
    assert "future" in refused(message(tomorrow), LEADER).detail


def form(*rows: str, picture: bool = True) -> Reading:
    rows = rows or ("城关镇人民政府保密审查表", "审查意见：不涉及国家秘密，同意报送。", "审查人：王五  2026年11月20日")
    lines = tuple(Line(row, 0.1, 0.1 + 0.05 * place, 0.5, 0.02) for place, row in enumerate(rows))
    page = Page(1, (), Picture("scan", 200), lines, "head") if picture else Page(1, lines)
    return Reading(format="pdf", pages=(page,))


@pytest.mark.parametrize("picture", [True, False])
@pytest.mark.parametrize(
    "row",
    [
        "涉密信息公开保密审查登记",
        "文件标题：关于防汛值班情况的报告（附表二份）",
        "文号：城政发〔2026〕12号，共二页，审查同意报送县里",
        "保密 审查表（乡镇用），文件共一件二页，同意报送",
    ],
)
def test_a_form_that_can_be_read_and_names_what_it_is_lifts_a_review(row: str, picture: bool):  # noqa: FBT001 - given by the parameters
    found = accepted(message(form=True), readings={FORM: form(row, "经办人：张三，审查人：王五，年月日", picture=picture)})
    assert (found.basis, found.approver) == (Basis.FORM, "王五")


@pytest.mark.parametrize(
    "reading",
    [
        form("会议签到表", "张三 李四 王五 赵六 孙七 周八 吴九 郑十 冯十一"),
        form("保密审查"),
        form("保密审查表", "审查意见：不同意公开发送，本件属于国家秘密，退回。"),
        form("保密审查表", "审查意见：不宜在本系统报送。审查人：王五"),
        form("关于防汛值班情况的报告", "各村已完成隐患排查，储备沙袋二千只，值班二十四小时。"),  # the very paper, once more
        Reading(format="pdf", pages=(Page(1, (), Picture("scan", 200), (), "whole"),)),
        Reading(format="pdf", pages=(Page(1, form(picture=False).pages[0].lines, Picture("scan", 200), (), "whole"),)),
    ],
)
def test_a_form_that_cannot_be_read_or_is_another_lifts_nothing(reading: Reading):
    assert "form" in refused(message(form=True), readings={FORM: reading}).detail


def test_a_form_on_which_both_answers_are_printed_is_not_taken_for_a_no():
    found = accepted(message(form=True), readings={FORM: form("保密审查表", "审查意见：□同意 □不同意。审查人：王五", "涉密信息不得上网")})
    assert found.basis is Basis.FORM


def test_a_form_must_be_among_the_documents_under_its_role():
    assert refused(message(), readings={FORM: form()}).kind is ProblemType.SECRECY_REVIEW_NEEDED
    assert refused(message(form=True)).kind is ProblemType.SECRECY_REVIEW_NEEDED


def first(months: int = 6, at: datetime = NOW) -> Approval:
    found = accepted(message(review_with(series=SecrecySeries(name="防汛值班周报", months=months))), LEADER, now=at)
    approval = found.approval(FIRST, "T01")
    assert approval is not None
    return approval


def test_a_review_of_a_series_covers_what_follows():
    approval = first()
    assert (approval.until, approval.rules) == (datetime(2027, 5, 22, 2, 0, tzinfo=UTC), ("marking:工作秘密",))
    found = accepted(message(review_with(approved_by=FIRST)), approval=approval, now=NOW + timedelta(days=100))
    assert found == Reviewed(("marking:工作秘密",), USUAL.version, Basis.SERIES, "T01.2", FIRST)
    assert found.approval("cd" * 32, "T01") is None


def test_a_series_ends_to_the_instant():
    approval = first()
    later = message(review_with(approved_by=FIRST))
    assert accepted(later, approval=approval, now=approval.until - timedelta(microseconds=1)).basis is Basis.SERIES
    assert "ended" in refused(later, approval=approval, now=approval.until).detail


def test_a_series_covers_no_other_office_no_other_approval_and_no_other_rule():
    later = message(review_with(approved_by=FIRST))
    assert "no such approval" in refused(later, LEADER).detail
    assert "no such approval" in refused(later, approval=replace(first(), office="T02")).detail
    assert "no such approval" in refused(later, approval=replace(first(), submission="cd" * 32)).detail
    other = verdict(plain.read("TOP SECRET\n工作秘密\n关于防汛".encode()))
    assert other.rules == ("english", "marking:工作秘密")
    assert "not covered by the approval: english" in refused(later, approval=first(), found=other).detail


def test_a_declassified_or_lying_document_is_never_part_of_a_series():
    old = verdict(plain.read("机密★10年\n解密\n关于防汛".encode()))
    assert old.outcome is Outcome.REVIEW
    assert accepted(message(), LEADER, found=old).basis is Basis.COUNTERSIGNATURE
    assert "not for a series" in refused(message(review_with(series=SERIES)), LEADER, found=old).detail
    approval = replace(first(), rules=old.rules)
    assert "not covered" in refused(message(review_with(approved_by=FIRST)), approval=approval, found=old).detail


def test_a_review_does_not_both_begin_a_series_and_belong_to_one():
    assert refused(message(review_with(series=SERIES, approved_by=FIRST)), LEADER).kind is ProblemType.METADATA_MALFORMED


@given(start=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), months=st.integers(1, 12))  # noqa: DTZ001 - given a zone
def test_months_later_is_later_and_never_in_the_month_after(start: datetime, months: int):
    end = review._months_after(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


def test_the_handling_of_an_internal_item_is_kept_beside_its_review():
    found = verdict(plain.read("内部资料\n工作秘密\n关于防汛".encode()))
    assert (found.outcome, found.handling) == (Outcome.REVIEW, Handling.INTERNAL)


def test_no_reason_repeats_a_text_of_the_document():
    assert "工作秘密" not in refused(message()).detail.replace("marking:工作秘密", "")
