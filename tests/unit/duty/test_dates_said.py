"""By when a document asks for an answer, in the words that offices use."""

from datetime import date

import pytest

from exchange.duty.dates_said import propose
from exchange.duty.working_days import Adjustment, OfficeClock

ISSUED = date(2026, 11, 18)  # a Wednesday
SAID = [
    ("请于11月28日前将自查报告报县政府办公室。", "2026-11-28"),
    ("请各乡镇于12月5日（星期五）下班前报送。", "2026-12-05"),
    ("请各单位于2026年12月1日前反馈意见。", "2026-12-01"),
    ("请于二〇二六年十二月十日前书面报县委办。", "2026-12-10"),
    ("于２０２６年１１月３０日前报送", "2026-11-30"),
    ("请于１１月２８日１７时前上报。", "2026-11-28"),
    ("请于11月28日17:00前发至邮箱。", "2026-11-28"),
    ("请于11月 28 日 下午5时前报送", "2026-11-28"),
    ("报送截止时间：2026年11月27日", "2026-11-27"),
    ("报名截止日期为12月3日。", "2026-12-03"),
    ("最迟不晚于11月25日报送我办", "2026-11-25"),
    ("不得迟于11月26日上报。", "2026-11-26"),
    ("最迟11月26日报送", "2026-11-26"),
    ("限11月24日前整改到位并报告结果。", "2026-11-24"),
    ("收到后3个工作日内反馈。", "2026-11-23"),
    ("请在收到本通知后5个工作日内书面回复。", "2026-11-25"),
    ("自收到本函之日起15日内函复我单位", "2026-12-03"),
    ("自本通知印发之日起10个工作日内报送实施方案", "2026-12-02"),
    ("收文后24小时内上报", "2026-11-19"),
    ("请于三个工作日内报送。", "2026-11-23"),
    ("每月25日前报送上月报表。", "2026-11-25"),
    ("每月10日前报送。", "2026-12-10"),
    ("请每月月底前报送进展情况", "2026-11-30"),
    ("请每月底前报送进展情况", "2026-11-30"),
    ("次月5日前报送统计表", "2026-12-05"),
    ("于下月3日前报县统计局", "2026-12-03"),
    ("请于本月20日前报送", "2026-11-20"),
    ("请于本周五前报送名单。", "2026-11-20"),
    ("请于本周五（11月20日）下班前报送", "2026-11-20"),
    ("于下周一上午10点前反馈", "2026-11-23"),
    ("请于明日12时前报送", "2026-11-19"),
    ("请于今日下班前反馈", "2026-11-18"),
    ("请于11月底前报送总结。", "2026-11-30"),
    ("请于年底前将工作总结报送我局。", "2026-12-31"),
    ("请于1月10日前报送年度总结。", "2027-01-10"),
    ("请于明年1月15日前报送", "2027-01-15"),
    ("请于2026-12-08前回执", "2026-12-08"),
    ("请于2026.12.8前回执", "2026-12-08"),
    ("请于12.8前反馈", "2026-12-08"),
    ("请于11月28日将材料报送县政府办公室。", "2026-11-28"),
    ("请将参会回执于11月24日前发送至邮箱", "2026-11-24"),
    ("各乡镇务必于11月22日中午12点前将参会人员名单报县委办", "2026-11-22"),
    ("请于28日前报送", "2026-11-28"),
    ("请于十一月二十八日前报送", "2026-11-28"),
    ("12月31日止", "2026-12-31"),
    ("于11月30日以前报送", "2026-11-30"),
    ("请于11月30日之前报送", "2026-11-30"),
    # no deadlines
    ("定于11月28日召开全县安全生产工作会议。", None),
    ("截至11月20日，全县共完成造林3000亩。", None),
    ("2026年10月1日前已完成登记。", None),
    ("根据《条例》（2012年7月1日起施行）", None),
    ("自2026年12月1日起施行。", None),
    ("请于13月45日前报送", None),
    ("特此通知。", None),
    ("会议时间：11月28日上午9时", None),
]


@pytest.mark.parametrize(("text", "day"), SAID, ids=[f"{number:02}" for number in range(len(SAID))])
def test_words_say_a_day(text: str, day: str | None) -> None:
    said = propose([text], ISSUED)
    assert (None if said is None else said.day.isoformat()) == day


def test_an_answer_goes_before_a_plan() -> None:
    lines = ["各乡镇要在2026年12月20日前完成整治任务。", "请于11月2", "5日前将实施方案报县政府办公室（联系人：李四）。"]
    said = propose(lines, ISSUED)
    assert said is not None
    assert (said.day, said.line) == (date(2026, 11, 25), 1)
    assert said.words == "11月25日前"


def test_what_was_due_before_it_was_written_is_no_deadline() -> None:
    assert propose(["请于2026年11月1日前报送。"], ISSUED) is None


def test_a_monthly_one_is_said_to_be_monthly() -> None:
    said = propose(["每月25日前报送"], ISSUED)
    assert said is not None
    assert said.monthly


def test_working_days_are_the_county_s() -> None:
    said = propose(["收到后2个工作日内反馈"], ISSUED, OfficeClock([Adjustment(date(2026, 11, 19), works=False, note="县庆")]))
    assert said is not None
    assert said.day == date(2026, 11, 23)


def test_a_long_text_of_dates_is_read_in_no_time_worth_naming() -> None:
    assert propose(["11月28日" * 20_000], ISSUED) is None
