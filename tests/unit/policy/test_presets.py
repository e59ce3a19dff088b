"""The policy as data: presets, a county's own file and what it may not weaken, and the form in which both ends have the same one."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading import plain
from exchange.policy import labels, presets
from exchange.policy.presets import EDITION, FLOOR, PRESETS, load, load_published
from exchange.policy.rules import Declared, judge
from schemas.problems import Problem, ProblemType
from schemas.words import UNCLASSIFIED, Disclosure, Handling, Outcome

OWN = """
name = "linjiang"
title = "临江县"
base = "usual"

[outcomes]
level-line = "BLOCK"

[markings]
"内部资料" = "REVIEW"
"县委传阅件" = "REVIEW"
"""


def own(folder: pathlib.Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def outcome(text: str, policy: presets.Policy) -> Outcome:
    return judge(Declared(UNCLASSIFIED), {"a.txt": plain.read(f"{text}\n关于做好防汛工作的通知\n".encode())}, policy).outcome


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_decides_about_every_rule_and_every_rule_has_a_label_in_both_languages(preset: str):
    policy = load(preset)
    assert set(policy.outcomes) == set(labels.RULES)
    assert policy.name == preset
    for label in labels.RULES.values():
        assert any("\u4e00" <= sign <= "\u9fff" for sign in label.zh)
        assert any("a" <= sign <= "z" for sign in label.en)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_version_changes_with_what_the_policy_says_and_with_nothing_else(preset: str, tmp_path: pathlib.Path):
    policy, text = load(preset), (presets._FOLDER / f"{preset}.toml").read_text("utf-8")
    assert load(own(tmp_path, text + "# only a comment\n")).version == policy.version
    assert load(own(tmp_path, text + '"县委传阅件" = "REVIEW"\n')).version != policy.version
    assert load(own(tmp_path, text.replace('"敏感信息" = "REVIEW"', '"敏感信息" = "PASS"'))).version != policy.version


def test_a_file_of_ones_own_may_build_on_a_preset(tmp_path: pathlib.Path):
    policy, usual = load(own(tmp_path, OWN)), load("usual")
    assert (policy.name, policy.title) == ("linjiang", "临江县")
    assert {rule for rule in usual.outcomes if usual.outcomes[rule] is not policy.outcomes[rule]} == {"level-line"}
    assert (outcome("内部资料", policy), outcome("县委传阅件", policy)) == (Outcome.REVIEW, Outcome.REVIEW)
    assert (outcome("内部资料", usual), outcome("县委传阅件", usual)) == (Outcome.PASS, Outcome.PASS)


@pytest.mark.parametrize("rule", sorted(FLOOR))
@pytest.mark.parametrize("word", ["PASS", "REVIEW"])
def test_no_file_weakens_the_floor(rule: str, word: str, tmp_path: pathlib.Path):
    with pytest.raises(Problem) as caught:
        load(own(tmp_path, f'name = "own"\nbase = "usual"\n[outcomes]\n{rule} = "{word}"\n'))
    assert caught.value.kind is ProblemType.CONFIG_INVALID
    assert rule in caught.value.detail
    weak = json.loads(load("usual").published())
    weak["outcomes"][rule] = word
    with pytest.raises(Problem) as caught:
        load_published(json.dumps(weak).encode())
    assert caught.value.kind is ProblemType.CONFIG_INVALID


@pytest.mark.parametrize("mark", ["机密★1年", "机密", "密级：机密", "绝密★"])
def test_no_marking_of_ones_own_weakens_the_floor_either(mark: str, tmp_path: pathlib.Path):
    policy = load(own(tmp_path, f'name = "own"\nbase = "usual"\n[markings]\n"{mark}" = "PASS"\n'))
    assert outcome(mark, policy) is Outcome.BLOCK


@pytest.mark.parametrize("word", [word.zh for word in Disclosure])
def test_no_file_stops_what_is_said_about_disclosure(word: str, tmp_path: pathlib.Path):
    with pytest.raises(Problem) as caught:
        load(own(tmp_path, f'name = "own"\nbase = "usual"\n[markings]\n"{word}" = "REVIEW"\n'))
    assert caught.value.kind is ProblemType.CONFIG_INVALID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('star-head = "BLOCK"', 'star-head = "PASS"'),
        ('declared = "BLOCK"', 'declared = "REVIEW"'),
        ('ticked = "REVIEW"', ""),
        ('ticked = "REVIEW"', 'tickled = "REVIEW"'),
        ('ticked = "REVIEW"', 'ticked = "MAYBE"'),
        ("[markings]", ""),
        ("[outcomes]", "[outcomes"),
        ('name = "usual"', ""),
        ('name = "usual"', 'name = "own"\nbase = "lax"'),
        ('name = "usual"', 'name = "own"\nbase = ["usual"]'),
    ],
)
def test_a_policy_that_is_laxer_than_allowed_or_malformed_is_refused(old: str, new: str, tmp_path: pathlib.Path):
    text = (presets._FOLDER / "usual.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(Problem) as caught:
        load(own(tmp_path, text.replace(old, new, 1)))
    assert caught.value.kind is ProblemType.CONFIG_INVALID


def test_an_unknown_policy_is_refused():
    with pytest.raises(Problem) as caught:
        load("no such file")
    assert caught.value.kind is ProblemType.CONFIG_INVALID


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_published_judges_alike_under_the_same_version(preset: str):
    policy = load(preset)
    again = load_published(policy.published())
    assert again == policy
    assert again.published() == policy.published()
    assert json.loads(policy.published())["edition"] == EDITION


def test_a_file_of_ones_own_is_published_whole(tmp_path: pathlib.Path):
    policy = load(own(tmp_path, OWN))
    assert load_published(policy.published()) == policy


def test_a_newer_countys_policy_keeps_its_version_and_an_older_countys_gaps_block():
    newer = json.loads(load("usual").published())
    newer["outcomes"]["rule-of-tomorrow"] = "REVIEW"
    del newer["outcomes"]["watermark"]
    content = json.dumps(newer, ensure_ascii=False).encode()
    policy = load_published(content)
    assert policy.version not in {load("usual").version, "usual-"}
    assert policy.outcomes["watermark"] is Outcome.BLOCK
    assert "rule-of-tomorrow" not in policy.outcomes


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"1", b"\xff", b"[" * 10_000, b'{"type":["policy/v1"]}', b'{"type":"policy/v2"}', b" " * 100_000 + b"{}"],
)
def test_what_is_no_published_policy_is_refused(content: bytes):
    with pytest.raises(Problem) as caught:
        load_published(content)
    assert caught.value.kind is ProblemType.CONFIG_INVALID


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_reading_a_published_policy_fails_in_one_way_only(value: object):
    for table in (value, {"type": "policy/v1", "name": value, "title": "", "outcomes": value, "markings": value}):
        with pytest.raises(Problem):
            load_published(json.dumps(table).encode())


def test_internal_markings_pass_with_internal_handling_by_the_published_policy_too():
    verdict = judge(
        Declared(UNCLASSIFIED), {"a.txt": plain.read("内部资料\n关于防汛\n".encode())}, load_published(load("usual").published())
    )
    assert (verdict.outcome, verdict.handling) == (Outcome.PASS, Handling.INTERNAL)
