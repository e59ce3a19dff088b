"""A seeded corpus of official documents: text alone, for the index. Nothing here comes from a real document.

Sentences are built from patterns with slots for places, people, things, figures and days, so that words recur as they do in
office prose and every document still has names and figures of its own. One in ten is in traditional characters, one in five
wrapped after 28 characters as a page of print is, figures are sometimes full width. The number of a document decides it
wholly: any part of the corpus can be made anew without the rest.
"""

import functools
import random
from collections.abc import Callable, Iterator
from typing import Final

import opencc

from archive.reading.reading import Line, Page, flowing
from archive.search.entry import Entry

OFFICES: Final = tuple(f"T{number:02}" for number in range(1, 19))
ISSUERS: Final = ("青山政发", "城政发", "柳河政办发", "东林府发", "石桥政", "龙泉政字", "白云办发", "清溪政报", "双溪函")
KINDS: Final = ("notice", "report", "request", "letter", "opinion", "information", "bulletin", "plan", "summary", "statistics")
SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华建国文斌志玉梅海波晓燕红春林立新永福德贵成龙凤云飞翔宇航思雨佳欣子涵浩然梓轩一诺雅琴素珍秀荣金山水生根发财旺达"
PLACES: Final = "青山 柳河 东林 石桥 龙泉 白云 清溪 双溪 大坪 小湾 上坝 下坝 新民 和平 胜利 红星 团结 向阳 永安 长乐 太平 福寿 高峰 深塘 乌龙 金鸡 凤凰 莲花 桃源 杏林 竹园 松岭 梅坞 枫亭 榆树 槐荫 槽坊 窑头 渡口 码头".split()
SUFFIXES: Final = "村 社区 组 中心校 卫生院 水库 河段 园区 合作社 林场 敬老院 便民服务中心".split()
THINGS: Final = (
    "防汛抗旱 森林防火 安全生产 乡村振兴 环境整治 义务教育 医疗保障 养老服务 农村公路 饮水安全 耕地保护 秸秆禁烧 动物防疫 食品安全 信访维稳 消防安全 "
    "征兵工作 计划生育 档案管理 政务公开 财政预算 项目建设 招商引资 高标准农田 农机购置补贴 危房改造 最低生活保障 残疾人帮扶 退役军人服务 基层党建 "
    "道路交通安全 地质灾害防治 河长制 林长制 人居环境 厕所革命 垃圾分类 畜禽养殖污染 电商物流 文化下乡 普法宣传 禁毒宣传 电子公文传输 统计调查 经济普查"
).split()
DEEDS: Final = "开展排查 落实责任 组织培训 完善台账 加强巡查 限期整改 签订责任书 召开专题会议 制定实施方案 建立长效机制 强化督导 兑付补助资金 发放宣传资料 举办演练 更新设备 核实数据 公示名单 办理结算".split()
PATTERNS: Final = (
    "为进一步做好{thing}工作，切实维护人民群众切身利益，根据县委、县政府统一部署，结合我镇实际，现将有关情况报告如下。",
    "{place}于{day}{deed}，共出动{count}人次，检查点位{count}处，发现问题{count}个，已整改{count}个。",
    "{place}负责人{name}表示，将严格按照要求{deed}，确保{thing}各项任务按时完成。",
    "截至{day}，全镇累计投入资金{money}万元，完成率{percent}%，同比增长{percent}%。",
    "请各村（社区）于{day}前将{thing}自查表报镇政府办公室，联系人：{name}，联系电话：{phone}。",
    "{place}至{place}路段长{metres}米，路面破损严重，建议列入{year}年养护计划。",
    "会议由{name}主持，{name}、{name}等{count}人参加，会议听取了{place}关于{thing}的汇报。",
    "对{thing}中成绩突出的{place}予以通报表扬，对工作滞后的{place}进行约谈，并由{name}跟踪督办。",
    "经研究，同意{place}{deed}，所需经费{money}万元从{year}年度预算中列支，专款专用，不得挪用。",
    "{name}同志任{place}{thing}专干，试用期一年，自{day}起计算。",
    "按照GB/T 9704的要求规范公文格式，用纸为A4纸，附件{count}份，PM2.5平均浓度下降{percent}%。",
    "下一步，我镇将以{thing}为抓手，{deed}，{deed}，推动各项工作再上新台阶。",
    "现场发现{place}存在{thing}隐患{count}处，已责令{name}立即整改，并于{day}复查。",
    "妥否，请批示。",
    "特此报告。",
)
_DIGITS: Final = str.maketrans("0123456789", "０１２３４５６７８９")


@functools.cache
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


_SLOTS: Final[dict[str, Callable[[random.Random], str]]] = {
    "thing": lambda chance: chance.choice(THINGS),
    "deed": lambda chance: chance.choice(DEEDS),
    "place": lambda chance: chance.choice(PLACES) + chance.choice(("", "", *"东西南北上下")) + chance.choice(SUFFIXES),
    "name": lambda chance: chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2)))),
    "day": lambda chance: f"{chance.randrange(2019, 2027)}年{chance.randrange(1, 13)}月{chance.randrange(1, 29)}日",
    "count": lambda chance: str(chance.randrange(1, 400)),
    "money": lambda chance: f"{chance.randrange(1, 900)}.{chance.randrange(10)}",
    "percent": lambda chance: f"{chance.randrange(1, 100)}.{chance.randrange(10)}",
    "phone": lambda chance: f"13{chance.randrange(10**9):09}",
    "metres": lambda chance: str(chance.randrange(100, 9000)),
    "year": lambda chance: str(chance.randrange(2019, 2027)),
}


def sentence(chance: random.Random) -> str:
    """Return one sentence with its slots filled."""
    pieces = chance.choice(PATTERNS).replace("}", "{").split("{")
    return "".join(piece if place % 2 == 0 else _SLOTS[piece](chance) for place, piece in enumerate(pieces))


def text(chance: random.Random, length: int) -> str:
    """Return running text of about `length` characters, as reading gives it."""
    sentences = [sentence(chance)]
    while sum(map(len, sentences)) < length:
        sentences.append(sentence(chance))
    whole = "".join(sentences)
    if chance.random() < 0.1:
        whole = _traditional().convert(whole)
    if chance.random() < 0.1:
        whole = whole.translate(_DIGITS)
    if chance.random() < 0.2:
        lines = (Line(whole[start : start + 28], 0.1, 0.5, 0.8, 0.02) for start in range(0, len(whole), 28))
        whole = flowing([Page(1, tuple(lines))])
    return whole


def _way(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return sender and recipients: mostly up, some to another township too, one in thirty from the county to all.

    The county therefore finds everything, and a township about a tenth.
    """
    office, other = chance.sample(OFFICES, 2)
    drawn = chance.random()
    if drawn < 1 / 30:
        return "county", OFFICES
    return office, (other, "county") if drawn < 0.2 else ("county",)


def entry(number: int, seed: int = 7) -> Entry:
    """Return document `number` (from 1) of the corpus: 300 to 3,000 characters of text, 1,200 in the middle."""
    chance = random.Random(f"{seed}/{number}")
    office, recipients = _way(chance)
    year, month, day = chance.randrange(2019, 2027), chance.randrange(1, 13), chance.randrange(1, 29)
    thing = chance.choice(THINGS)
    length = min(3000, max(300, int(chance.lognormvariate(7.0, 0.5))))
    review = chance.choice(("pending", "signed_for", "signed_for", "signed_for", "returned"))
    return Entry(
        submission=f"{number:064x}",
        accepted=number,
        title=f"关于{chance.choice(PLACES)}{thing}{chance.choice(DEEDS)}情况的{chance.choice(('报告', '请示', '通知', '函', '方案'))}",
        number=f"{chance.choice(ISSUERS)}〔{year}〕{chance.randrange(1, 400)}号" if chance.random() < 0.4 else "",
        filing_number=f"{office}-{year}-{number:06}",
        files=("正文.pdf",),
        texts=(text(chance, length),),
        office=office,
        recipients=recipients,
        kind=chance.choice(KINDS),
        urgency="normal",
        date=year * 10000 + month * 100 + day,
        received=year * 10000 + month * 100 + day,
        readers=tuple(f"office:{code}" for code in (office, *recipients)),
        standings=(f"{office}:sent:{review}", *(f"{code}:received:{review}" for code in recipients)),
    )


def entries(first: int, count: int, seed: int = 7) -> Iterator[Entry]:
    """Yield `count` documents from number `first` on."""
    return (entry(number, seed) for number in range(first, first + count))
