"""The judge in the browser and the county's judge look at the same files by the same rules, and say the same."""

import asyncio
import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest
import scan_maker
from judging_maker import Judging, judging
from policy import carriers_pdf
from policy.carriers import BY_NAME
from policy.cases import BLOCK, PASS, REFUSED, REVIEW, Case
from policy.decide import decide
from policy.papers import Paper, Run
from policy.report import cases
from policy.set_maker import TEXT_CLASSES
from policy.templates_tuning import TEMPLATES
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from archive.reading.sandbox import Sandbox
from exchange.policy import patterns
from exchange.policy.rules import load

POLICIES: Final = {preset: load(preset) for preset in ("usual", "strict")}
SAMPLED: Final = {"marks in text": 10, "evasions": 10}
"""Cases a class, of others two; the whole tuning half is compared by hand when the rules change."""


@pytest.fixture(scope="module")
def sample() -> list[tuple[Case, str]]:
    """Return cases with what the county says of them; made before there is a browser, which takes this thread's loop."""
    chosen = [case for kind in TEXT_CLASSES if kind != "uninspectable" for case in cases(kind, "tuning", SAMPLED.get(kind, 2))]

    async def decided() -> list[tuple[Case, str]]:
        sandbox = Sandbox()
        await sandbox.start()
        try:
            return [
                (case, (await decide(sandbox, None, POLICIES[case.preset], case.file, case.media_type, case.make())).outcome)
                for case in chosen
            ]
        finally:
            await sandbox.stop()

    return asyncio.run(decided())


@pytest.fixture(scope="module")
def browser(sample: list[tuple[Case, str]]) -> Iterator[Judging]:
    assert sample
    with judging() as page:
        yield page


def test_both_judges_say_the_same_of_the_test_set(browser: Judging, sample: list[tuple[Case, str]]) -> None:
    tally: Counter[tuple[str, str]] = Counter()
    differ = []
    for case, county in sample:
        told = browser.judge(case.file, case.make(), POLICIES[case.preset])
        tally[county, told["verdict"]] += 1
        same = told["verdict"] == county or (told["verdict"] == "UNREAD" and county == PASS) or county == REFUSED
        if not same:
            differ.append(f"{case.label}: county {county}, browser {told['verdict']} {told['findings'][:2]}")
    print(dict(tally))
    assert [line for line in differ if f"county {BLOCK}" in line] == []
    assert differ == []


def test_every_pattern_of_the_county_is_one_in_the_browser(browser: Judging) -> None:
    told = json.loads(patterns.published(POLICIES["usual"]))
    sources = [rule for module in told.values() if isinstance(module, dict) for rule in module.values() if isinstance(rule, dict)]
    wrong = browser.page.evaluate(
        "rules => rules.filter(({source}) => source !== undefined).filter(({source, flags}) =>"
        " { try { new RegExp(source, flags); return false } catch { return true } })",
        sources,
    )
    assert len(sources) > 40
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"[\W_]{1,3}密", ["★密", "a密", "\u3000 密", "_密", "二密"]),
        (r"^\w\d\s$", ["a1 ", "字٣\u3000", "_1\x1c", "é2\ufeff"]),
        (r"(?<!工作)秘密(?:$|\b)", ["工作秘密", "秘密", "秘密件", "秘密\n"]),
        (r"[^\s\d〔〕\[\]]{1,4}〔(?P<year>\d{4})〕", ["城政〔2026〕", "城[政〔2026〕", "城 〔2026〕"]),
        (r"[☑\-*]{0,2}[Nn][Oo].", ["-NO.", "☑no\u2028", "nO\n"]),
        (r"(?i:top) secret", ["TOP secret", "Top secret", "TOP SECRET"]),
        (r"a{2}[{<]b{x", ["aa{b{x", "aa<b{x", "a{b{x"]),
    ],
)
def test_a_translated_pattern_finds_the_same(browser: Judging, pattern: str, texts: list[str]) -> None:
    found = browser.page.evaluate(
        "([source, texts]) => texts.map((text) => new RegExp(source, 'u').exec(text)?.[0] ?? null)", [patterns.translated(pattern), texts]
    )
    assert found == [match.group() if (match := re.search(pattern, text)) else None for text in texts]


def test_what_cannot_be_translated_is_no_pattern() -> None:
    with pytest.raises(ValueError, match="Z"):
        patterns.translated(r"secret\Z")


def test_a_scan_is_left_to_the_county_and_known_as_one(browser: Judging) -> None:
    scan = scan_maker.pdf([scan_maker.scanned(scan_maker.Sheet(mark="机密★1年"), scan_maker.Scanner(dots=60))], dots=60)
    told = browser.judge("扫描件.pdf", scan, POLICIES["usual"])
    assert (told["verdict"], told["scan"], told["unread"]) == ("UNREAD", True, [{"part": "扫描件.pdf", "why": "picture"}])
    assert browser.judge("机密★1年.pdf", scan, POLICIES["usual"])["verdict"] == BLOCK


def test_a_text_is_known_not_to_be_a_scan(browser: Judging) -> None:
    told = browser.judge("正文.pdf", BY_NAME["pdf embedded font"].make(Paper(TEMPLATES[0])), POLICIES["usual"])
    assert (told["verdict"], told["scan"], told["policy"]) == (PASS, False, POLICIES["usual"].version)


def test_a_text_that_cannot_be_read_is_no_scan(browser: Judging) -> None:
    few = browser.judge("一行.pdf", single("已阅"), POLICIES["usual"])
    assert (few["verdict"], few["scan"]) == ("UNREAD", False)
    assert browser.judge("空白.pdf", single(""), POLICIES["usual"])["scan"] is True


def single(text: str) -> bytes:
    """Return a PDF of one page with a line, or nothing, on it."""
    pdfmetrics.registerFont(UnicodeCIDFont(carriers_pdf.SONG))
    return carriers_pdf.written([(Run(text, 30, 30),) if text else ()], carriers_pdf.SONG)


def test_a_page_that_could_not_be_drawn_is_not_asked_about(browser: Judging) -> None:
    act = """async ([root, content, mediaType]) => {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      const { ask } = await import(root + "submit/looking.js");
      const answer = ask(document.body, { name: "a", blob: new Blob([bytes]), mediaType });
      while (!document.querySelector("dialog.look")) await new Promise((done) => setTimeout(done, 10));
      const said = document.querySelector("dialog.look").innerText;
      document.querySelector("dialog.look .none").click();
      return [said, await answer];
    }"""

    def asked(content: bytes, media_type: str) -> list[str]:
        return list(browser.page.evaluate(act, ["https://desk.test/static/1/", base64.b64encode(content).decode(), media_type]))

    for content, media_type in ((single(""), "application/pdf"), (b"no picture", "image/tiff"), (b"PK", "application/ofd")):
        said, answer = asked(content, media_type)
        assert "could not be shown" in said
        assert "I have opened the file" in said
        assert "No, there is none" not in said
        assert answer == "no"
    said, answer = asked(single("已阅"), "application/pdf")
    assert "Is there a secrecy mark" in said
    assert "No, there is none" in said


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"%PDF-1.7 nothing", b"\x00\x01\x02", b"<xml"])
def test_what_the_browser_cannot_read_is_the_countys_to_judge(browser: Judging, content: bytes) -> None:
    assert browser.judge("文件.bin", content, POLICIES["usual"])["verdict"] in {"UNREAD", PASS}
    assert browser.judge("绝密.bin", content, POLICIES["usual"])["verdict"] in {BLOCK, REVIEW}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("城政发〔2026〕12号", "城政发〔2026〕12号"),
        ("城政发[2026]12号", "城政发〔2026〕12号"),
        ("城政发（2026）第012号", "城政发〔2026〕12号"),
        ("城政发2026 12", "城政发〔2026〕12号"),
        ("城政发 【2026】 7 号", "城政发〔2026〕7号"),
        ("第17期", ""),
        ("", ""),
    ],
)
def test_a_number_is_put_into_its_form(browser: Judging, typed: str, meant: str) -> None:
    assert browser.call("submit/fields.js", "mended", typed) == meant


def test_what_each_file_is_is_guessed_from_name_and_kind(browser: Judging) -> None:
    act = """async ([root, names]) => {
      const { guessRoles } = await import(root + "submit/documents.js");
      const files = names.map((name) => ({ name }));
      guessRoles(files);
      return files.map((file) => file.role);
    }"""

    def roles(*names: str) -> list[str]:
        return list(browser.page.evaluate(act, ["https://desk.test/static/1/", list(names)]))

    assert roles("报告.docx", "报告.pdf", "附表.xlsx") == ["editable", "main", "attachment"]
    assert roles("附表.xlsx") == ["main"]
    assert roles("正文.ofd", "保密审查表.jpg") == ["main", "review_form"]
    assert roles("报告.docx", "别的.pdf") == ["attachment", "main"]


def test_offices_are_found_by_name_or_code_and_those_used_last_come_first(browser: Judging) -> None:
    offices = [
        {"code": code, "name": name} for code, name in (("T01", "城关镇"), ("T02", "河西乡"), ("T03", "东城镇"), ("county", "县府办"))
    ]

    def found(typed: str, recent: tuple[str, ...] = (), chosen: tuple[str, ...] = ()) -> list[str]:
        return [each["code"] for each in browser.call("submit/recipients.js", "fitting", offices, typed, list(recent), list(chosen))]

    assert found("城") == ["T01", "T03"]
    assert found("t02") == ["T02"]
    assert found("", ("T03", "T02")) == ["T03", "T02", "county", "T01"]
    assert found("", (), ("T01", "T02")) == ["county", "T03"]


def test_a_group_offers_those_of_its_members_that_are_not_chosen_yet(browser: Judging) -> None:
    offices = [{"code": code, "name": code} for code in ("T01", "T02")]
    group = browser.call("submit/recipients.js", "withMembers", {"name": "全体乡镇", "members": ["T01", "T02", "T99"]}, offices)
    assert [each["code"] for each in group["members"]] == ["T01", "T02"], "a closed office is in no group"

    def found(typed: str, *chosen: str) -> list[list[str]]:
        fitting = browser.call("submit/recipients.js", "fittingGroups", [group], typed, list(chosen))
        return [[each["code"] for each in one["members"]] for one in fitting]

    assert found("@乡镇", "T01") == [["T02"]]
    assert found("别的") == found("", "T01", "T02") == []
