"""A level with what used to be written beside it, and forms whose boxes or rings stand where we do not expect them."""

import pytest

from exchange.policy import marks
from exchange.policy.spelling import canonical


@pytest.mark.parametrize(
    "text",
    [
        "机密（注意保存）",
        "机密，阅后即焚",
        "机密文件 共5份 第3份",
        "绝密资料 请妥善保管",
        "秘密文件（不得翻印）",
        "机密：请勿外传",
        "机密 发至县处级",
    ],
)
def test_a_level_with_a_tail_is_a_mark(text: str):
    assert marks.bare(canonical(text))


@pytest.mark.parametrize("text", ["机密文件不得复印", "涉密文件（不得复印）", "工作秘密（注意保存）", "商业秘密，不得外传"])
def test_a_rule_about_papers_is_none(text: str):
    assert not marks.bare(canonical(text))


@pytest.mark.parametrize("text", ["密级/期限：机密/5年", "涉密程度：机密", "保密级别为机密"])
def test_more_fields_are_known(text: str):
    assert marks.fielded(canonical(text)) or marks.bare(canonical(text))


@pytest.mark.parametrize("text", ["密级：○绝密 ●机密 ○秘密 ○非密", "绝密□ 机密☑ 秘密□", "绝密□ 机密□ 秘密√", "○机密", "绝密 ○机密 秘密"])
def test_a_level_that_is_chosen_is_ticked(text: str):
    assert marks.ticked(canonical(text))


@pytest.mark.parametrize("text", ["密级：○绝密 ○机密 ○秘密 ●非密", "密级：绝密□ 机密□ 秘密□ 公开☑"])
def test_a_level_that_is_offered_is_not(text: str):
    assert not marks.ticked(canonical(text))
