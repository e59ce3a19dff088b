"""The papers of the demo: invented, seeded, laid out like official documents (elements after GB/T 9704-2012)."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from schemas.words import Kind

FONT: Final = "STSong-Light"
RED: Final = HexColor("#c8102e")
LEFT: Final = 79.0
"""Left margin in points: 28 mm."""
WIDTH: Final = 442.0
"""The type area's width in points: 156 mm, 28 characters of size 15.75."""
SIZE: Final = 15.75
LEADING: Final = 28.0
PER_LINE: Final = 28

COUNTY: Final = "云岭县人民政府办公室"
OFFICES: Final = (
    ("T01", "城关镇", "城政", "township"),
    ("T02", "青龙镇", "青政", "township"),
    ("T03", "白水镇", "白政", "township"),
    ("T04", "石门镇", "石政", "township"),
    ("T05", "柳河镇", "柳政", "township"),
    ("T06", "太平镇", "太政", "township"),
    ("T07", "双河镇", "双政", "township"),
    ("T08", "大坪镇", "坪政", "township"),
    ("T09", "黄泥乡", "黄政", "township"),
    ("T10", "红旗乡", "红政", "township"),
    ("T11", "新桥乡", "桥政", "township"),
    ("T12", "马鞍乡", "马政", "township"),
    ("T13", "竹园乡", "竹政", "township"),
    ("T14", "金沙乡", "金政", "township"),
    ("T15", "东城区", "东政", "district"),
    ("T16", "西城区", "西政", "district"),
    ("T17", "南湖区", "南政", "district"),
    ("T18", "高新区", "高政", "district"),
)
SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘"
GIVEN: Final = ("建国", "秀英", "志强", "玉兰", "海燕", "文斌", "晓东", "丽华", "国庆", "桂芳", "永福", "春梅")


@dataclass(frozen=True)
class Paper:
    """One document to be sent."""

    kind: Kind
    title: str
    body: tuple[str, ...]
    number: str | None = None
    dated: str = "2026年11月20日"

    @property
    def stem(self) -> str:
        """A file name without its ending."""
        return self.title[:40]


_NUMBERED: Final = (
    (
        Kind.REQUEST,
        "关于修缮{place}卫生院屋面的请示",
        "{place}卫生院建于2003年，屋面渗漏已影响门诊。经勘测，拟翻修屋面{a}平方米，概算{b}万元，恳请县财政给予补助。",
    ),
    (
        Kind.REPORT,
        "关于今年防汛准备工作的报告",
        "入汛以来，我单位完成{a}处隐患点排查，组建{c}支应急队伍，储备编织袋{b}百只，落实24小时值班。",
    ),
    (Kind.REQUEST, "关于调整村组道路建设计划的请示", "因线路调整，原计划硬化的{a}公里村组道路拟改为{b}公里，资金不变，工期顺延一个月。"),
    (Kind.LETTER, "关于商请派员指导档案整理工作的函", "我单位拟于下月整理近{c}年文书档案{a}卷，商请贵单位派员指导两天。"),
    (Kind.REPORT, "关于秋粮收购工作情况的报告", "截至目前共收购秋粮{a}百吨，涉及农户{b}户，售粮款均已兑付到卡。"),
)
_MATERIALS: Final = (
    (Kind.INFORMATION, "{place}开展敬老月走访活动", "重阳节期间，{place}走访八十岁以上老人{a}名，送去米油等生活物资，并为{b}名老人体检。"),
    (Kind.BULLETIN, "{place}人居环境整治简报第{c}期", "本期整治沟渠{a}米，清运垃圾{b}车，评出清洁户{c}户。"),
    (Kind.STATISTICS, "{place}农业生产情况报表", "播种面积{a}百亩，其中小麦{b}百亩；出栏生猪{a}头；新增大棚{c}座。"),
    (Kind.SUMMARY, "{place}安全生产月活动总结", "活动期间检查企业{a}家次，发现问题{b}个，已整改到位，开展培训{c}场。"),
    (Kind.PLAN, "{place}冬季森林防火工作方案", "划定责任区{c}个，设卡点{a}处，护林员{b}名，每日巡护不少于两次。"),
    (Kind.RESEARCH, "关于{place}电商发展的调研报告", "调研走访网店{a}家，快递网点{c}个，全年网上销售额约{b}万元，物流成本偏高。"),
    (Kind.NAME_LIST, "{place}村级后备人员名单", "共推荐{c}名，其中女性{b}名，平均年龄三十二岁，名单附后。"),
    (Kind.MEETING, "{place}季度工作例会材料", "本季度完成重点项目{c}个，化解矛盾纠纷{a}起，办结群众诉求{b}件。"),
)


def papers_of(code: str, place: str, issuer: str, count: int = 3) -> list[Paper]:
    """Return an office's papers: one with a document number, the rest ordinary material without."""
    random = Random(f"yizhan demo {code}")  # noqa: S311 - invented papers
    turn = int(code[1:])
    made = []
    for place_in_list in range(count):
        numbers = {"a": random.randint(20, 99), "b": random.randint(10, 90), "c": random.randint(2, 9), "place": place}
        if place_in_list == 0:
            kind, title, body = _NUMBERED[turn % len(_NUMBERED)]
            number = f"{issuer}发〔2026〕{random.randint(1, 160)}号"
        else:
            kind, title, body = _MATERIALS[(turn * 3 + place_in_list) % len(_MATERIALS)]
            number = None
        text = (body.format(**numbers), "以上情况，请予审阅。" if number is None else "妥否，请批示。")
        made.append(Paper(kind, title.format(**numbers), text, number))
    return made


_DOWNWARD: Final = (
    (Kind.NOTICE, "关于做好{a}月重点工作的通知", "请各单位对照年度任务，梳理{c}项重点工作，明确责任人，于每月25日前报送进展。"),
    (Kind.NOTICE, "关于召开第{a}次工作例会的通知", "定于本周五上午九时召开工作例会，请各单位分管负责同志参加，会期{c}小时。"),
    (Kind.CIRCULAR, "关于第{a}期环境整治检查情况的通报", "本期检查{b}个村（社区），发现问题{c}类，请有关单位按期整改。"),
    (Kind.LETTER, "关于商请提供第{a}批统计资料的函", "因编制年鉴需要，商请提供{c}年来有关统计资料{b}份。"),
    (Kind.BULLETIN, "第{a}期政务信息简报", "本期刊发基层信息{c}条，经验做法{b}则，供各单位参阅。"),
)


def any_paper(random: Random, place: str, *, number: str | None, upward: bool, dated: str) -> Paper:
    """Return some paper: with a document number one of the statutory kinds, without one ordinary material."""
    numbers = {"a": random.randint(20, 99), "b": random.randint(10, 90), "c": random.randint(2, 9), "place": place}
    statutory = _NUMBERED if upward else [each for each in _DOWNWARD if each[0].statutory]
    kind, title, body = random.choice(_MATERIALS if number is None and upward else statutory if number else _DOWNWARD[-1:])
    closing = "以上情况，请予审阅。" if number is None else "妥否，请批示。" if upward else "特此函告。"
    return Paper(kind, title.format(**numbers), (body.format(**numbers), closing), number, dated)


def write_text(paper: Paper, place: str, path: Path) -> None:
    """Write a paper as UTF-8 text."""
    path.write_text(
        "\n".join([paper.title, "", f"{COUNTY}：", *(f"　　{part}" for part in paper.body), "", place, paper.dated, ""]), "utf-8"
    )


def write_pdf(paper: Paper, place: str, path: Path) -> None:
    """Write a paper as PDF: red head, number, title, text, issuer and date, page number."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle(paper.title)
    height = _head(canvas, paper, place, A4[1] - 120)
    canvas.setFont(FONT, 22)
    for line in _wrap(paper.title, 20):
        canvas.drawCentredString(A4[0] / 2, height, line)
        height -= 32
    height -= 14
    canvas.setFont(FONT, SIZE)
    for text in (f"{COUNTY}：", *(f"　　{part}" for part in paper.body)):
        for line in _wrap(text, PER_LINE):
            canvas.drawString(LEFT, height, line)
            height -= LEADING
    height -= LEADING
    for line in (f"{place}人民政府", paper.dated):
        canvas.drawRightString(LEFT + WIDTH - 4 * SIZE, height, line)
        height -= LEADING
    canvas.setFont(FONT, 14)
    canvas.drawCentredString(A4[0] / 2, 70, "— 1 —")
    canvas.showPage()
    canvas.save()


def _head(canvas: Canvas, paper: Paper, place: str, height: float) -> float:
    if paper.number is None:
        return height
    canvas.setFillColor(RED)
    canvas.setStrokeColor(RED)
    canvas.setFont(FONT, 36)
    canvas.drawCentredString(A4[0] / 2, height, f"{place}人民政府文件")
    canvas.setFillColor(HexColor("#000000"))
    canvas.setFont(FONT, SIZE)
    canvas.drawCentredString(A4[0] / 2, height - 62, paper.number)
    canvas.setLineWidth(1.6)
    canvas.line(LEFT, height - 74, LEFT + WIDTH, height - 74)
    return height - 130


def _wrap(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


def name_of(turn: int) -> str:
    """Return the invented name of the demo's n-th person."""
    return SURNAMES[turn % len(SURNAMES)] + GIVEN[turn % len(GIVEN)]
