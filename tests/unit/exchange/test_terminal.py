"""What a Chinese line may hold of a detail: Chinese, file names and numbers; English stands with the English."""

import pytest

from exchange.checking.findings import COUNTED, Findings
from exchange.county_words import CHECKS, LABELS, checked, labelled
from exchange.terminal import complain, described, spoken
from schemas.problems import Problem, ProblemType


@pytest.mark.parametrize(
    ("detail", "chinese", "english"),
    [
        ("", "", ""),
        ("报告.pdf", "报告.pdf", ""),
        ("report 1.pdf", "report 1.pdf", ""),
        ("/srv/my papers", "/srv/my papers", ""),
        ("T09", "T09", ""),
        ("list.jsonl:3", "list.jsonl:3", ""),
        ("报告.pdf: No such file or directory", "报告.pdf", "No such file or directory"),
        ("报告.pdf: page 3", "报告.pdf 第 3 页", ""),
        ("abc: 至少 8 位 / at least 8 digits", "abc：至少 8 位", "at least 8 digits"),
        ("连接不上 / cannot connect", "连接不上", "cannot connect"),
        ("/home/a: 尚未注册 / nobody is enrolled here", "/home/a：尚未注册", "nobody is enrolled here"),
        ("HTTP 502: 不是县端的答复 / not the county's answer", "不是县端的答复", "HTTP 502: not the county's answer"),
        ("ServerDisconnectedError", "", "ServerDisconnectedError"),
        ("open it first", "", "open it first"),
        ("Expected `str`, got `int` - at `$.title`", "", "Expected `str`, got `int` - at `$.title`"),
    ],
)
def test_a_detail_is_told_apart(detail: str, chinese: str, english: str):
    assert spoken(detail) == (chinese, english)


def test_english_stands_at_the_end_of_the_english_line(capsys: pytest.CaptureFixture[str]):
    complain(Problem(ProblemType.INPUT_UNREADABLE, "报告.pdf: No such file or directory"))
    first, advice, english = capsys.readouterr().err.splitlines()
    assert first == "✗ 文件无法读取（报告.pdf）"
    assert advice == "  请核对路径。"
    assert english.endswith("Check the path. (detail: No such file or directory)")


def test_the_machine_still_reads_the_detail_as_it_is(capsys: pytest.CaptureFixture[str]):
    complain(Problem(ProblemType.INPUT_UNREADABLE, "报告.pdf: No such file or directory"), as_json=True)
    assert '"detail": "报告.pdf: No such file or directory"' in capsys.readouterr().err


def test_fields_are_shown_with_their_labels_and_values_as_people_read_them():
    answer = {"running": True, "log": {"size": 7}, "missing": [], "problem": None, "states": {}, "new": ["x"]}
    assert described(answer, LABELS).splitlines() == [
        "服务运行中 running: 是 yes",
        "日志 log:",
        "  条数 size: 7",
        "缺少 missing: 无 none",
        "问题 problem: 无 none",
        "各状态件数 states: 无 none",
        "new:",
        "  - x",
    ]


def test_whatever_a_check_counts_has_a_chinese_label():
    assert set(COUNTED) <= LABELS.keys()


def test_a_check_says_first_whether_all_is_well_and_names_what_is_not():
    findings = Findings()
    assert checked(findings.report()).startswith("✓ 全部相符")
    findings.problem("blob", "ab12 is missing")
    findings.problem("quite-new", "something")
    lines = checked(findings.report()).splitlines()
    assert lines[0].startswith("✗ 有 2 处不符")
    assert lines[1:3] == ["  · 数据块 blob: ab12 is missing", "  · 其他 quite-new: something"]


def test_every_check_that_the_manual_page_of_fsck_names_has_a_label():
    from exchange import fsck  # noqa: PLC0415 - the module's own text is the list

    for name in CHECKS:
        assert name in (fsck.__doc__ or ""), name
    assert "全部相符 ok: 是 yes" in labelled({"ok": True})
