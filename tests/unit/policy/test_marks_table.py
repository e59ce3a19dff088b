"""The table of marks: what must be blocked, reviewed and let pass, each as the head of an ordinary document."""

import pytest

from archive.reading import plain
from archive.reading.reading import Reading
from exchange.policy.rules import Declared, Policy, judge, load
from schemas.words import UNCLASSIFIED, Handling, Outcome

HEAD = "\n临江县人民政府办公室文件\n临政办发〔2026〕12号\n关于做好2026年度农村低保动态管理工作的通知\n各乡镇人民政府:\n为进一步规范……"

BLOCKED = [
    "机密★1年",
    "秘密★长期",
    "绝密★",
    "机密",
    "秘密",
    "绝密",
    "机 密",
    "机　密",
    "机  密 ★ 1 年",
    "機密★1年",
    "絕密★30年",
    "祕密★1年",
    "机密☆1年",
    "机密*1年",
    "机密＊10年",
    "机密⭐1年",
    "机密✰1年",
    "秘密★6个月",
    "机密★会议开始前",
    "秘密★2027年3月",
    "秘密★2027年3月1日",
    "绝密★三十年",
    "机密★公开前",
    "机密★１０年",
    "机密★1 年",
    "秘密 ★ 10 年",
    "【机密】",
    "(秘密)",
    "〔绝密〕",
    "[机密]★1年",
    "机密★\n1年",
    "机密\n★1年",
    "机\u200b密★1年",
    "机\u2060密",
    "机·密★1年",
    "机-密★1年",
    "机 . 密★20年",
    "000012\n机密★1年",
    "000012 机密★1年",
    "000012\n机密★1年\n特急",
    "特急\n绝密",
    "密级:机密",
    "密级：秘密",
    "密 级： 机 密",
    "密级和保密期限:秘密★1年",
    "密级 机密",
    "保密等级：绝密",
    "ＪＩ机密★1年",
    "机\n密\n★\n1年",
    "秘\n密\n★\n长\n期",
    "机密级★1年",
    "机密级",
    "机密件",
    "秘密文件",
    "秘密★5年 特急",
    "特提 绝密★1年",
    "临江县人民政府办公室文件    机密★1年",
    "临江县人民政府办公室文件\t机密★1年",
    "»úÃÜ¡ï1Äê",
    "ÃØÃÜ",
    "¾øÃÜ",
    "⼀号\n机密★1年",
    "机\n密",
    "绝密 至★ 2030 年",
    "绝密★至2030年",
    "秘密★2030.12.31",
    "机密★半年",
    "机密★永久",
    "★机密 1年",
    "秘密 长★期",
    "机密 会议★ 开始前",
    "密别：机密",
    "份号：000001  机密★3年  紧急程度：特急",
    "密级：机密（□可公开）",
    "密级：机密 保密期限：□1年 □3年",
]
PASSED = [
    "",
    "特急",
    "平件",
    "急件",
    "公开",
    "主动公开",
    "依申请公开",
    "不予公开",
    "此件公开发布",
    "（此件主动公开）",
    "（此件依申请公开）",
    "信息公开选项：不予公开",
    "关于进一步加强保密工作的通知",
    "县委保密委员会文件\n关于开展保密宣传月活动的通知\n国家秘密分为绝密、机密、秘密三级。",
    "绝密、机密、秘密",
    "保守国家秘密法实施条例学习材料",
    "关于表彰保密工作先进集体的决定",
    "各单位严禁通过互联网传输国家秘密、机密文件和绝密文件。",
    "涉密材料一律通过机要渠道报送。",
    "秘密投票办法\n选举采用无记名投票(秘密投票)方式",
    "商业机密保护知识",
    "商业秘密保护条例宣传提纲",
    "工作秘密管理办法学习通知",
    "机密文件管理员培训通知",
    "省保密局国家秘密载体销毁中心",
    "★★★星级酒店评定结果",
    "五★级饭店",
    "*注:本表由乡镇填写",
    "★重点项目",
    "密级:无",
    "密级:公开",
    "密级：非涉密",
    "密级:普通",
    "机要局通知",
    "涉密人员管理办法",
    "涉密计算机自查表\n是否处理过机密、秘密信息:否",
    "□绝密 □机密 □秘密",
    "密级：□绝密 □机密 □秘密 ☑非密",
    "密级：□绝密□机密 □秘密 非密",
    "密级：绝密、机密、秘密、非密",
    "绝密  机密  秘密",
    "单位\t绝密\t机密\t秘密\t合计",
    "秘密花园★★★★★",
    "秘密花园★",
    "★2026年",
    "we protect state secrets",
    "发现秘密通道\n新闻稿",
    "关于《中华人民共和国保守国家秘密法》宣传的方案",
    "停机，密切关注水位",
    "司机、密码管理",
    "随机 密度测量",
    "解密历史：临江抗战故事",
    "关于内部资料管理的通知",
    "内部审计报告",
    "密件抄送：王五",
    "加密件",
    "军事秘密的保护",
    "军事绝密、机密、秘密",
    "《绝密543》",
    "关于观看电影《绝密543》的通知",
]
INTERNAL = ["内部资料", "内部资料 注意保存", "内部文件", "【内部资料】", "内部文件，不得外传", "内 部 资 料", "內部資料", "★内部资料★"]
REVIEWED = [
    "工作秘密",
    "商业秘密",
    "工作秘密★1年",
    "【工作秘密】",
    "工 作 秘 密",
    "标注为“机密★1年”的文件应按规定保管。",
    "关于公文格式培训的通知\n密级和保密期限标注为机密★1年,用3号黑体字顶格编排在版心左上角第二行。",
    "机密★10年\n解密",
    "机密★10年\n已解密",
    "☑机密 □秘密",
    "军事机密",
    "【军事绝密】",
    "密件",
    "【密件】",
    "密件 注意保存",
    "TOP SECRET",
    "TOP-SECRET",
    "Strictly Confidential",
    "State Secret",
    "Restricted",
    "密级：□绝密 ☑机密 □秘密",
    "密级：□绝密 机密 □秘密 □非密",
    "CONFIDENTIAL",
    "附表一\n\n\n\n\n\n\n\n\n说明\n甲\n乙\n丙\n丁\n戊\n己\n庚\n辛\n秘密",
    "附表一\n说明\n甲\n乙\n丙\n丁\n戊\n己\n庚\n辛\n密级：秘密",
]


@pytest.fixture(scope="module")
def usual() -> Policy:
    return load("usual")


def read(text: str) -> Reading:
    return plain.read((text + HEAD).encode())


def outcome(text: str, policy: Policy) -> Outcome:
    return judge(Declared(UNCLASSIFIED), {"正文.txt": read(text)}, policy).outcome


@pytest.mark.parametrize("text", BLOCKED)
def test_a_mark_is_blocked(text: str, usual: Policy):
    assert outcome(text, usual) is Outcome.BLOCK


@pytest.mark.parametrize("text", PASSED)
def test_ordinary_words_pass(text: str, usual: Policy):
    verdict = judge(Declared(UNCLASSIFIED), {"正文.txt": read(text)}, usual)
    assert (verdict.outcome, verdict.handling) == (Outcome.PASS, Handling.NORMAL), verdict.hits


@pytest.mark.parametrize("text", REVIEWED)
def test_a_doubtful_case_is_reviewed(text: str, usual: Policy):
    assert outcome(text, usual) is Outcome.REVIEW


@pytest.mark.parametrize("text", INTERNAL)
def test_an_internal_marking_passes_with_internal_handling_by_the_usual_policy(text: str, usual: Policy):
    verdict = judge(Declared(UNCLASSIFIED), {"正文.txt": read(text)}, usual)
    assert (verdict.outcome, verdict.handling, verdict.hits) == (Outcome.PASS, Handling.INTERNAL, ())


@pytest.mark.parametrize("text", INTERNAL)
def test_an_internal_marking_is_reviewed_by_the_strict_policy(text: str):
    assert outcome(text, load("strict")) is Outcome.REVIEW


@pytest.mark.parametrize("text", ["主动公开", "依申请公开", "不予公开", "（此件主动公开）"])
@pytest.mark.parametrize("preset", ["usual", "strict"])
def test_disclosure_words_pass_by_every_policy(text: str, preset: str):
    assert outcome(text, load(preset)) is Outcome.PASS


@pytest.mark.parametrize("text", BLOCKED)
def test_no_mark_is_softer_by_the_strict_policy(text: str):
    assert outcome(text, load("strict")) is Outcome.BLOCK
