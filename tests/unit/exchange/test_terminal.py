"""What a Chinese line may hold of a detail: Chinese, file names and numbers; English stands with the English."""

import re
from pathlib import Path

import pytest

from exchange import checking
from exchange.checking.findings import COUNTED, Findings
from exchange.county_words import CHECKS, LABELS, checked, labelled
from exchange.terminal import at_beijing, columns, complain, described, spoken, uncaught, width
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
        ("请先打开阅读 / open it first", "请先打开阅读", "open it first"),
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
    sources = "".join(path.read_text("utf-8") for path in Path(checking.__file__).parent.glob("*.py"))
    assert set(re.findall(r"checked\[\"(\w+)\"\]", sources)) <= LABELS.keys()


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


def test_columns_stand_below_each_other_whatever_is_written_in_them():
    lines = columns([("T01", "城关镇", "乡镇 township"), ("county", "政府办", ""), ("é", "x", "尾")])
    assert len({width(line[: line.index(word)]) for line, word in zip(lines, ("城", "政", "x"), strict=True)}) == 1
    assert lines[1] == "county  政府办"
    assert (width("城关镇"), width("ＡＢ"), width("e\u0301"), width("a b")) == (6, 4, 1, 3)
    assert columns([]) == []


def test_instants_are_shown_by_beijing_time():
    assert at_beijing("2026-11-22T16:30:00.000Z") == "2026-11-23 00:30"
    assert described({"last_event": "2026-11-22T16:30:00.250Z", "note": "at 2026-11-22T16:30:00Z"}).splitlines() == [
        "last_event: 2026-11-23 00:30",
        "note: at 2026-11-22T16:30:00Z",
    ]


def test_an_error_of_the_program_is_said_without_its_text(capsys: pytest.CaptureFixture[str]):
    try:
        raise KeyError("某某同志的秘密")  # noqa: TRY301 - it is to have a traceback
    except KeyError as error:
        uncaught(KeyError, error, error.__traceback__)
    said = capsys.readouterr().err
    assert "系统内部错误" in said
    assert "KeyError" in said
    assert "秘密" not in said
    assert "Traceback" not in said
    uncaught(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == ""
