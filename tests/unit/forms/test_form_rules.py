"""What a reply form must be, its periods, and where an office stands in each; and what an answer must be."""

from datetime import UTC, datetime
from typing import Any

import pytest
from finder_maker import message_of
from forms_maker import DUE, MEETING, MONTHLY, REPORT, SANDBAGS, answer, attendee
from msgspec import structs

from exchange.forms import answering, repetition, rules
from exchange.forms.rules import Extended, Filing, Given, Period, Upload
from exchange.policy.rules import Declared, judge, load
from schemas.messages import FormField, ReplyForm
from schemas.problems import Problem, ProblemType
from schemas.words import FieldType, Outcome, Repeat

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
TEXT = FieldType.TEXT


def wrong(form: ReplyForm, now: datetime = NOW) -> str:
    with pytest.raises(Problem) as caught:
        rules.require_sound(message_of("通知", "county", ("T01",), ("通知.txt",), {"reply_form": form}), now)
    assert caught.value.kind is ProblemType.REPLY_FORM_WRONG
    return caught.value.detail


def test_a_sound_form_is_let_in_also_on_its_last_day():
    for form in (MEETING, REPORT, MONTHLY):
        message = message_of("通知", "county", ("T01",), ("通知.txt",), {"reply_form": form})
        for now in (NOW, datetime(2026, 12, 5, 15, 59, tzinfo=UTC)):
            rules.require_sound(message, now)


def test_a_deadline_in_the_past_is_refused_by_the_day_in_beijing():
    assert wrong(MEETING, datetime(2026, 12, 5, 16, 0, tzinfo=UTC)) == "respond_by: is past"
    assert wrong(structs.replace(MEETING, respond_by="2026-02-30")) == "respond_by"


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": []},
        {"fields": [SANDBAGS, SANDBAGS]},
        {"fields": [SANDBAGS, structs.replace(SANDBAGS, key="other")]},
        {"fields": [FormField(key="a", label="选", type=FieldType.CHOICE)]},
        {"fields": [FormField(key="a", label="选", type=TEXT, choices=["甲"])]},
        {"fields": [FormField(key="a", label="选", type=FieldType.CHOICE, choices=["甲", "甲"])]},
        {"fields": [FormField(key="a", label="\u202e", type=TEXT)]},
        {"template": "表.xlsx"},
        {"template": "通知.txt"},
    ],
)
def test_a_form_that_cannot_be_filled_in_is_refused(changes: dict[str, Any]):
    wrong(structs.replace(REPORT, **changes))


def test_a_meeting_has_its_own_fields_and_neither_template_nor_repeat():
    wrong(structs.replace(MEETING, repeat=Repeat.MONTHLY))
    wrong(structs.replace(MEETING, template="通知.txt"))
    wrong(structs.replace(MEETING, fields=[FormField(key="name", label="姓名二", type=TEXT)]))
    wrong(structs.replace(MEETING, fields=[FormField(key="other", label="姓名", type=TEXT)]))


def test_a_mark_in_a_label_is_judged_as_any_declared_text():
    marked = structs.replace(REPORT, fields=[structs.replace(SANDBAGS, label="机密★10年")])
    message = message_of("通知", "county", ("T01",), ("通知.txt",), {"reply_form": marked})
    declared = Declared.of(message)
    verdict = judge(structs_without_names(declared), {}, load("usual"))
    assert verdict.outcome is Outcome.BLOCK


def structs_without_names(declared: Declared) -> Declared:
    return Declared(declared.classification, declared.title, others=declared.others)


def keys(form: ReplyForm, today: str, closed: str | None = None) -> list[tuple[str, str]]:
    return [tuple(each) for each in rules.periods(form, today, closed)]


def test_a_form_that_is_asked_once_has_one_period():
    assert keys(REPORT, "2027-06-01") == [("2026-12", DUE)]


def test_a_monthly_form_begins_a_period_on_the_day_after_the_last_was_due():
    assert keys(MONTHLY, "2026-11-20") == [("2026-12", DUE)]
    assert keys(MONTHLY, "2026-12-05") == [("2026-12", DUE)]
    assert keys(MONTHLY, "2026-12-06") == [("2026-12", DUE), ("2027-01", "2027-01-05")]
    assert len(keys(MONTHLY, "2027-12-01")) == 13


def test_the_last_day_of_a_short_month_is_taken_and_the_day_comes_back():
    late = structs.replace(MONTHLY, respond_by="2026-12-31")
    assert [due for _, due in keys(late, "2027-03-05")] == ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]


def test_a_closed_form_begins_no_further_period():
    assert keys(MONTHLY, "2027-06-01", "2026-12-20") == [("2026-12", DUE), ("2027-01", "2027-01-05")]


def test_a_form_of_many_years_tells_the_last_sixty_periods():
    assert len(keys(MONTHLY, "2040-01-01")) == 60


ASKED = (Period("2026-12", DUE), Period("2027-01", "2027-01-05"))


def given(number: int, at: str, period: str = "2026-12", nil: bool = False) -> Given:  # noqa: FBT001, FBT002 - a row
    return Given(period, number, nil, f"{at}T02:00:00.000Z", f"{number:032x}")


def upload(name: str, at: str, replaces: str | None = None, standing: bool = True) -> Upload:  # noqa: FBT001, FBT002 - a row
    return Upload(name, f"{at}T02:00:00.000Z", replaces, standing)


def filings(answers: list[Given], uploads: list[Upload]) -> list[tuple[Filing, bool, int, str]]:
    return [(each.filing, each.late, each.number, each.upload) for each in rules.standings(ASKED, answers, uploads).values()]


def test_whoever_said_nothing_stands_open():
    assert filings([], []) == [(Filing.OPEN, False, 0, "")] * 2


def test_an_answer_after_its_day_counts_and_is_late():
    assert filings([given(1, "2026-12-05")], [])[0] == (Filing.FILED, False, 1, "")
    assert filings([given(1, "2026-12-06", nil=True)], [])[0] == (Filing.NIL, True, 1, "")


def test_a_workbook_counts_for_the_oldest_period_that_had_begun_and_had_nothing():
    assert filings([], [upload("a", "2026-12-01")])[0][3] == "a"
    both = filings([], [upload("a", "2026-12-01"), upload("b", "2026-12-20")])
    assert [each[3] for each in both] == ["a", "b"]
    assert [each[3] for each in filings([], [upload("late", "2026-12-20")])] == ["late", ""]


def test_a_workbook_that_replaces_another_counts_in_its_period_and_one_returned_does_not_count():
    assert [each[3] for each in filings([], [upload("a", "2026-12-01", standing=False), upload("b", "2026-12-20", "a")])] == ["b", ""]
    assert filings([], [upload("a", "2026-12-01", standing=False)])[0][0] is Filing.RETURNED
    kept = filings([given(1, "2026-12-01")], [upload("a", "2026-12-02", standing=False)])
    assert kept[0][0] is Filing.FILED


def test_what_came_last_in_a_period_counts_and_the_number_to_follow_stays():
    found = filings([given(1, "2026-12-01"), given(2, "2026-12-03", nil=True)], [])
    assert found[0] == (Filing.NIL, False, 2, "")


def extended(until: str, at: str) -> Extended:
    return Extended(until, f"{at}T01:00:00.000Z")


def days(answers: list[Given], *extensions: Extended) -> list[tuple[str, bool]]:
    return [(each.last_day, each.late) for each in rules.standings(ASKED, answers, [], extensions).values()]


def test_an_answer_within_the_extension_is_in_time_and_one_after_it_is_late():
    more = extended("2026-12-08", "2026-12-04")
    assert days([given(1, "2026-12-08")], more)[0] == ("2026-12-08", False)
    assert days([given(1, "2026-12-09")], more)[0] == ("2026-12-08", True)
    assert days([given(1, "2026-12-08")])[0] == (DUE, True)


def test_the_latest_extension_counts_and_none_takes_time_away():
    assert days([], extended("2026-12-20", "2026-12-01"), extended("2026-12-10", "2026-12-02"))[0][0] == "2026-12-10"
    assert days([], extended("2026-12-01", "2026-11-30"))[0][0] == DUE


def test_an_extension_moves_what_was_asked_for_when_it_was_given():
    # in January what December asked for is open still, in the second case it was answered long ago; February is asked of all
    assert [each[0] for each in days([], extended("2027-01-20", "2026-12-30"))] == ["2027-01-20", "2027-01-20"]
    assert [each[0] for each in days([given(1, "2026-12-01")], extended("2027-01-20", "2026-12-30"))] == [DUE, "2027-01-20"]
    assert [each[0] for each in days([], extended("2026-12-08", "2026-12-01"))] == ["2026-12-08", "2027-01-05"]


def test_what_came_late_before_more_time_was_given_stays_late_and_a_correction_is_in_time():
    more = extended("2026-12-10", "2026-12-07")
    assert days([given(1, "2026-12-06")], more)[0] == (DUE, True)
    corrected = [given(1, "2026-12-01"), given(2, "2026-12-08")]
    assert days(corrected, extended("2026-12-10", "2026-12-03"))[0] == ("2026-12-10", False)


# ---- answers


def settled(form: ReplyForm, given_: Any) -> Any:
    return answering.settled(form, rules.periods(form, "2026-11-20"), given_)


def refused(form: ReplyForm, given_: Any) -> dict[str, Any]:
    with pytest.raises(Problem) as caught:
        settled(form, given_)
    assert caught.value.kind is ProblemType.ANSWER_WRONG
    return dict(caught.value.members["fields"])


def test_an_answer_is_kept_in_one_spelling():
    kept = settled(REPORT, answer({"sandbags": " １，２００ ", "leader": " 李四 "}))
    assert kept.rows == [{"sandbags": "1200", "leader": "李四"}]
    again = answering.read(answering.written(kept))
    assert again == kept
    assert answering.written(again) == answering.written(kept)
    assert '"type":"form-answer/v1"' in answering.written(kept)


def test_what_is_missing_or_wrong_is_said_of_each_place():
    both = refused(MEETING, answer(attendee(phone="不知道"), {"attendance": "attend"}))
    assert set(both) == {"rows.0.phone", "rows.1.name", "rows.1.phone"}
    assert set(refused(REPORT, answer({"sandbags": "一百"}))) == {"rows.0.sandbags"}
    assert set(refused(REPORT, answer({"leader": "李四"}))) == {"rows.0.sandbags"}
    assert set(refused(REPORT, answer({"sandbags": "1", "leader": "长" * 501}))) == {"rows.0.leader"}


def test_whoever_is_excused_need_give_a_name_alone():
    assert settled(MEETING, answer({"attendance": "leave", "name": "李四"})).rows == [{"attendance": "leave", "name": "李四"}]


@pytest.mark.parametrize("given_", [answer(period="2027-01"), answer(), answer({"x": "1"}), answer({"sandbags": "1"}, {"sandbags": "2"})])
def test_an_answer_to_another_question_is_refused(given_: Any):
    assert refused(REPORT, given_) == {}


def test_nothing_to_report_is_said_of_reports_alone_and_with_no_row():
    assert settled(REPORT, answer(nil=True)).nil
    refused(MEETING, answer(nil=True))
    refused(REPORT, answer({"sandbags": "1"}, nil=True))


def test_a_mark_in_an_answer_is_refused():
    with pytest.raises(Problem) as caught:
        answering.require_unmarked(answer(attendee(remarks="机密★10年")), load("usual"))
    assert caught.value.kind is ProblemType.SECRECY_MARK
    answering.require_unmarked(answer(attendee(remarks="住宿一晚")), load("usual"))


# ---- the same figures


def test_the_same_figures_are_found_whatever_unit_and_signs_they_are_written_with():
    before = structs.replace(REPORT, template="防汛报表（10月）.xlsx")
    same, sheet = repetition.alike(["沙袋 储备", "备注", "新增耕地"], "附件/2026年11月防汛报表.xlsx", before)
    assert (same, sheet) == (("沙袋 储备",), True)
    assert repetition.alike(["备注", "姓名"], None, REPORT) == ((), False)


def test_a_quarter_begins_in_beijing():
    assert repetition.quarter_begin(datetime(2026, 9, 30, 17, tzinfo=UTC)).isoformat() == "2026-10-01T00:00:00+08:00"
