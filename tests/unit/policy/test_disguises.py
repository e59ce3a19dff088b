"""Marks in disguise: other characters, gaps, encodings, company and places. Each stands in the head of an ordinary document."""

import base64

import pytest

from archive.reading import plain
from archive.reading.reading import Line, Page, Reading
from exchange.policy.rules import Declared, Policy, judge, load
from schemas.words import UNCLASSIFIED, Outcome

BODY = "关于今年防汛准备工作的情况。\n各村已完成隐患排查，储备沙袋二千只，请各单位按照要求抓好落实。\n" * 3
CLEAN = {"a.txt": plain.read(BODY.encode())}


def utf7(text: str) -> str:
    return "+" + base64.b64encode(text.encode("utf-16-be")).decode().rstrip("=") + "-"


BLOCKED = [
    *("絶密★长期", "机宻★长期", "機宻★长期", "⺎密★1年", "祕密★1年", "絕宻", "絶密★", "機密☆長期"),
    *("机\u302a密★长期", "秘\u0323密★长期", "機\u0336密★", "秘\ue000密★长期", "机\u2800密★长期", "机\U000f0001密"),
    *("机\ufff9密★长期", "机\ufffa密\ufffb★长期", "机\ufffc密★长期", "机\u3164密★长期", "机\x85密★长期", "机\u2028密★长期"),
    *("机" + "\u3000" * 7 + "密★长期", "机密" + "　" * 7 + "★长期", "机" + " " * 300 + "密", "机\t\t密★长期", "机" + " 　" * 40 + "密★"),
    *("机—密★长期", "机,密★长期", "机;密★长期", "机；密★长期", "机。密★长期", "机〇密★长期", "(机)(密)★长期", "机)密★长期"),
    *("【机】【密】★长期", '机"密★长期', "机“密★长期", "机”密★长期", "机│密★长期", "机|密★长期", "机★密★长期", "绝——密", "机…密"),
    *("机\n密★长期", "秘\n密★10年", "机 密\n★ 长 期", "机密\n\n长期", "绝\n密", "秘\n\n密", "机密\n关于印发", "密★10年\n秘"),
    *("机密 特急", "机密 第003号", "【机密】关于防汛工作的情况报告", "关于防汛工作的情况报告（机密）", "〖机密〗", "〔绝密〕"),
    *("机密。", "机密！", "机密：", "※机密※", "“机密”", "《机密》", "机密|特急", "机密★★★", "国家秘密", "国家秘密 机密"),
    *("密级：   特急 机密", "密级——机密", "密级—机密", "密级（机密）", "密级【秘密】", "密级：机　　　密", "密级=秘密", "密级|秘密"),
    *("保密期限：长期　密级机密", "密级和保密期限：（机密）", "本件密级为机密", "本文件属于机密级国家秘密，严禁复制", "此件系秘密"),
    *(
        "【机密 特急】关于防汛的报告",
        "(秘密★1年)关于防汛",
        "机密关于印发防汛预案的通知",
        "机密 关于印发防汛预案的通知",
        "特急 机密 第12345678号",
    ),
    *("机密★长期本件不得翻印复制摘抄本件不得翻印复制摘抄", "机密★10年 " + "关于防汛工作" * 300, "机密 1年", "秘密 长期 第000012号"),
    *("\u202e期长★密机", "\u2067密机\u2069", "㊙", "㊙密★长期", "㊙️", "㊙★长期", "JIMI机密★长期"),
    *(
        "机密".encode("hz").decode(),
        "甲 " + "秘密".encode("hz").decode(),
        utf7("机密★长期"),
        utf7("機密"),
        utf7("机") + utf7("密★"),
        "&#26426;&#23494;&#9733;长期",
        "&#x673a;&#x5bc6;",
    ),
    *("正文" * 30 + "　　机密★长期", "正文　　机密　　正文", "»úÃÜ"),
]
REVIEWED = [
    *("2026 秘密 方案", "Secret - do not distribute", "Top secret report", "机蜜★1年", "M密★长期", "JIMI★长期", "○机密"),
    *(
        "正文内容说明\n" * 9 + "机\n密",
        "正文内容说明\n" * 9 + "机密 特急",
        "正文内容说明\n" * 9 + "【机密】附件",
        "正文内容说明\n" * 9 + "国家秘密",
    ),
]
PASSED = [
    *(
        "关于严守国家秘密的通知",
        "各单位要严守国家机密，管好机密文件、秘密文件和绝密文件。",
        "商业秘密（经营信息）",
        "涉密人员离岗",
        "（一）绝密 （二）机密 （三）秘密",
    ),
    *(
        "绝密：泄露会使国家安全和利益遭受特别严重的损害；机密：严重的损害；秘密：损害。",
        "密级（绝密/机密/秘密）",
        "密级（机密级以上）的会议",
        "□机密",
    ),
    *(
        "各单位要把保密工作摆在突出位置，牢固树立保密意识，切实严守国家\n秘密。",
        "各单位要按照县委统一部署和要求，一律不得在互联网上传输绝密、\n机密，违者严肃处理。",
    ),
    *(
        "停机。密切关注水情",
        "司机；密码",
        "随机（密度）测量",
        "手机+密码",
        "计算机\n密级：公开",
        "计\n算\n机\n密级\n公开",
        "★2026年重点工作",
        "五★级饭店",
    ),
    *(
        "机密性、完整性、可用性",
        "秘密投票",
        "无记名（秘密）投票方式",
        "保密要害部门",
        "解密密钥",
        "信息安全（机密性）要求",
        "商业 秘密 保护",
        "工作秘密事项清单",
    ),
    *("A+B=C&D", "C++编程", "电话+86-571-88888888", "R&amp;D投入", "~{}", "+////-", "+++---", "“秘密”花园观后感", "揭秘密林深处"),
]
TITLES_BLOCKED = [
    *(
        "机密:防汛",
        "机密！防汛",
        "絶密★ 防汛",
        "【机密】防汛",
        "关于防汛(机密)",
        "机密关于防汛的报告",
        "机，密★防汛",
        "机密，防汛",
        "绝密★",
        "机密；防汛",
    ),
    *("机　　　　　　　密", "《机密》", "国家秘密", "〖秘密〗防汛", "机密|防汛", "\u202e讯防★密机", "㊙", utf7("机密"), "机密 特急"),
]
TITLES_FOUND = [
    "机密 关于防汛",
    "机　　　　　　　密 防汛",
    "机 密 关于防汛",
    "防汛-机密",
    "机密.防汛",
    "防汛（机密 特急）",
    "㊙ 防汛",
    "㊙防汛★",
    "防汛㊙",
]


@pytest.fixture(scope="module", params=["usual", "strict"])
def policy(request: pytest.FixtureRequest) -> Policy:
    return load(request.param)


def outcome(text: str, policy: Policy) -> Outcome:
    return judge(Declared(UNCLASSIFIED), {"a.txt": plain.read((text + "\n" + BODY).encode())}, policy).outcome


@pytest.mark.parametrize("text", BLOCKED)
def test_a_disguised_mark_in_the_head_is_blocked(text: str, policy: Policy):
    assert outcome(text, policy) is Outcome.BLOCK


@pytest.mark.parametrize("text", REVIEWED)
def test_a_doubtful_disguise_is_not_let_pass(text: str, policy: Policy):
    assert outcome(text, policy) is not Outcome.PASS
    assert outcome(text, load("usual")) is Outcome.REVIEW


@pytest.mark.parametrize("text", PASSED)
def test_words_that_only_look_alike_pass(text: str, policy: Policy):
    found = judge(Declared(UNCLASSIFIED), {"a.txt": plain.read((text + "\n" + BODY).encode())}, policy)
    assert found.outcome is Outcome.PASS or text == "商业 秘密 保护", found.hits


@pytest.mark.parametrize("text", [text for text in BLOCKED if "\n" not in text and len(text) < 40])
def test_no_disguise_passes_on_a_later_page_or_outside_the_pages(text: str, policy: Policy):
    if text in {"机密。", "机密！"}:
        return  # the end of a sentence that a line break parted
    sheets = (Page(1, (Line("正文", 0.1, 0.5, 0.1, 0.02),)), Page(2, tuple(Line(row, 0.1, 0.6, 0.1, 0.02) for row in text.splitlines())))
    assert judge(Declared(UNCLASSIFIED), {"a.pdf": Reading(format="pdf", pages=sheets)}, policy).outcome is not Outcome.PASS
    assert (
        judge(Declared(UNCLASSIFIED), {"a.pdf": Reading(format="pdf", pages=sheets[:1], texts=(("annotation", text),))}, policy).outcome
        is Outcome.BLOCK
    )


@pytest.mark.parametrize("text", TITLES_BLOCKED)
def test_a_disguised_mark_in_a_title_file_name_or_folder_is_blocked(text: str, policy: Policy):
    assert judge(Declared(UNCLASSIFIED, title=text), CLEAN, policy).outcome is Outcome.BLOCK
    for path in (f"{text}.txt", f"attachments/{text}/a.txt", f"attachments/{text}.txt"):
        assert judge(Declared(UNCLASSIFIED, names=(path,)), {path: CLEAN["a.txt"]}, policy).outcome is Outcome.BLOCK
        assert judge(Declared(UNCLASSIFIED), {path: CLEAN["a.txt"]}, policy).outcome is Outcome.BLOCK


@pytest.mark.parametrize("text", TITLES_FOUND)
def test_a_level_in_a_title_is_never_let_pass(text: str, policy: Policy):
    assert judge(Declared(UNCLASSIFIED, title=text), CLEAN, policy).outcome is not Outcome.PASS


@pytest.mark.parametrize("text", ["絶密★长期", "机密 特急", "国家秘密", "机\n密★长期", "【机密】附件", "机密关于某项目", utf7("机密★")])
@pytest.mark.parametrize("place", ["signatory", "checked by", "paper annex", "review"])
def test_a_mark_in_any_declared_text_is_found(text: str, place: str, policy: Policy):
    assert judge(Declared(UNCLASSIFIED, others=((place, text),)), CLEAN, policy).outcome is not Outcome.PASS
    assert judge(Declared(UNCLASSIFIED, notes=text), CLEAN, policy).outcome is not Outcome.PASS
