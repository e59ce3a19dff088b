"""How the county stands is said in words with a tone, and with the next step wherever something is to be done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange.checking import last
from exchange.checking.last import Last
from exchange.policy_choice import rewritten
from exchange.web.admin.findings import Ending, Finding, Index, Queues, Standing, judge, worst
from exchange.web.admin.store import Enrolment, Validity, code_state, enrolment, key_state
from exchange.web.violations import Violation
from schemas import instants
from schemas.words import Label

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
IDLE = Queues(0, 0, 0, 0, 0, 0)
CURRENT = Index("tantivy", ready=True, rebuilding=False, behind_events=0, behind_seconds=0.0, problem="")
WELL = Standing(
    signing_stopped="",
    queues=IDLE,
    search=CURRENT,
    last_check=Last(instants.write(NOW - timedelta(days=1)), ok=True, problems=0),
    last_backup=instants.write(NOW - timedelta(hours=20)),
    disk_free=100 << 30,
    memory_used=200 << 20,
    memory_free=2 << 30,
    services=[Ending(Label("回执证书", "the receipts' certificate"), NOW + timedelta(days=400))],
    people=[],
    people_ending=0,
    missing=[],
    recognition=True,
    officers=1,
    lists_until=instants.write(NOW + timedelta(days=6)),
)


def finding(topic: str, **changed: Any) -> Finding:
    return next(each for each in judge(WELL._replace(**changed), NOW) if each.topic.zh == topic)


def test_all_is_well_and_nothing_is_to_be_done():
    findings = judge(WELL, NOW)
    assert worst(findings) == "good"
    assert all(each.next is None for each in findings)


@pytest.mark.parametrize(
    ("topic", "tone", "changed"),
    [
        ("签发回执", "bad", {"signing_stopped": "clock-jump: +90 s"}),
        ("检查队列", "warn", {"queues": IDLE._replace(waiting=60)}),
        ("检查队列", "bad", {"queues": IDLE._replace(failed=1)}),
        ("检索库", "warn", {"search": CURRENT._replace(behind_events=9, behind_seconds=90.0)}),
        ("检索库", "bad", {"search": CURRENT._replace(behind_events=9, behind_seconds=900.0)}),
        ("检索库", "warn", {"search": CURRENT._replace(rebuilding=True)}),
        ("检索库", "warn", {"search": CURRENT._replace(ready=False)}),
        ("检索库", "bad", {"search": CURRENT._replace(problem="index-broken")}),
        ("全面核对", "warn", {"last_check": None}),
        ("全面核对", "warn", {"last_check": Last(instants.write(NOW - timedelta(days=40)), ok=True, problems=0)}),
        ("全面核对", "bad", {"last_check": Last(instants.write(NOW), ok=False, problems=2)}),
        ("备份", "bad", {"last_backup": None}),
        ("备份", "warn", {"last_backup": instants.write(NOW - timedelta(days=3))}),
        ("备份", "bad", {"last_backup": instants.write(NOW - timedelta(days=9))}),
        ("磁盘", "warn", {"disk_free": 10 << 30}),
        ("磁盘", "bad", {"disk_free": 1 << 30}),
        ("内存", "warn", {"memory_free": 100 << 20}),
        ("系统证书", "warn", {"services": [Ending(Label("网站证书", "the web site's"), NOW + timedelta(days=59))]}),
        ("系统证书", "bad", {"services": [Ending(Label("网站证书", "the web site's"), NOW)]}),
        ("人员登记", "warn", {"people": [Ending(Label("城关镇 张三", "城关镇 张三"), NOW + timedelta(days=9))], "people_ending": 7}),
        ("检查程序", "bad", {"recognition": False}),
        ("检查程序", "warn", {"missing": [Label("内核不支持 Landlock", "no Landlock")]}),
        ("保密员", "warn", {"officers": 0}),
        ("工作日历", "warn", {"calendar_missing": [2027]}),
        ("吊销列表", "warn", {"lists_until": instants.write(NOW + timedelta(days=1))}),
        ("吊销列表", "bad", {"lists_until": instants.write(NOW)}),
        ("页面防护", "warn", {"violations": 3, "violated": [(Violation("script-src", "/inbox", "inline"), 3)]}),
    ],
)
def test_what_is_not_well_has_its_tone_and_the_next_step(topic: str, tone: str, changed: dict[str, Any]):
    found = finding(topic, **changed)
    assert found.tone == tone
    assert found.next is not None
    assert worst(judge(WELL._replace(**changed), NOW)) == tone


def test_memory_that_is_not_known_is_not_spoken_of():
    assert "内存" not in [each.topic.zh for each in judge(WELL._replace(memory_used=None), NOW)]


def test_people_whose_enrolment_ends_are_named_and_the_others_counted():
    people = [Ending(Label(f"城关镇 人{number}", f"城关镇 人{number}"), NOW + timedelta(days=number)) for number in range(1, 10)]
    said = finding("人员登记", people=people, people_ending=12).said.zh
    assert "12 人" in said
    assert "城关镇 人5（2026-11-27）" in said
    assert "人6" not in said
    assert "另 7 人" in said


def test_an_enrolment_goes_from_nothing_to_its_end():
    later = [instants.write(NOW + timedelta(days=days)) for days in (1, 59, 61)]
    assert enrolment(None, None, NOW) == (Enrolment.NONE, None)
    assert enrolment(None, later[0], NOW) == (Enrolment.INVITED, later[0])
    assert enrolment(later[2], later[0], NOW) == (Enrolment.ENROLLED, later[2])
    assert enrolment(later[1], None, NOW) == (Enrolment.ENDING, later[1])
    past = instants.write(NOW - timedelta(days=1))
    assert enrolment(past, None, NOW) == (Enrolment.ENDED, past)
    assert enrolment(past, later[0], NOW) == (Enrolment.INVITED, later[0])


def test_codes_and_certificates_say_how_they_stand():
    before, after = instants.write(NOW - timedelta(hours=1)), instants.write(NOW + timedelta(hours=1))
    assert code_state(after, None, 0, NOW) is Validity.OPEN
    assert code_state(after, None, 5, NOW) is Validity.LOCKED
    assert code_state(before, None, 0, NOW) is Validity.EXPIRED
    assert code_state(before, before, 0, NOW) is Validity.USED
    assert key_state(after, None, NOW) is Validity.VALID
    assert key_state(before, None, NOW) is Validity.EXPIRED
    assert key_state(after, before, NOW) is Validity.REVOKED


def test_the_last_check_is_kept_and_a_torn_note_of_it_is_none(tmp_path: Path):
    assert last.last(tmp_path) is None
    last.note(tmp_path, problems=2, now=NOW)
    assert last.last(tmp_path) == Last(instants.write(NOW), ok=False, problems=2)
    (tmp_path / last.FILE).write_text('{"at": ')
    assert last.last(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    [
        'name = "县"\npolicy = "usual"  # 常用\nurl = "https://a"\n',
        "name = '县'\npolicy='usual'\n",
        'name = "县"\n',
        '"policy" = "usual"\nname = "县"\n',
    ],
)
def test_settings_keep_all_but_the_policy(text: str):
    changed = rewritten(text, "strict")
    assert "strict" in changed
    assert "usual" not in changed
    assert ("# 常用" in text) == ("# 常用" in changed)
