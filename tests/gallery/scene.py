"""A county whose pages are worth looking at: people in every role, then one of everything that can happen, then three hundred of it.

Names of offices, titles and files are as long as real ones get.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import paper_maker
import preview_maker
from county_process import county_process
from desk_maker import DeskCounty, Visitor, browser
from entering_maker import invite
from inbox_maker import fill
from letters_maker import act, ask, refuse, settled
from submission_maker import Letter, pack

from exchange.client.home import open_home
from schemas import instants
from schemas.messages import FormField, ReplyForm, SecrecyReview, SecrecySeries
from schemas.words import FieldType, FormKind, Handling, Kind, Urgency

LONG_OFFICE: Final = "青川市经济技术开发区管理委员会社会事务和基层综合治理办公室"
LONG_TITLE: Final = (
    "关于印发《河西乡2026—2027年度森林草原防灭火、防汛抗旱、地质灾害防治与安全生产专项整治行动实施方案》"
    "并报送责任清单、隐患台账和应急物资储备明细表的报告（修订后再次报送）"
)
LONG_FILE: Final = "附件3-2026年度森林草原防灭火与防汛抗旱应急物资储备明细表（各村汇总_final_version2_revised_20261118）.txt"
REASON: Final = "附件二缺盖章页；正文第三页金额与附表不一致，请核对后重报。\n联系人：县政府办公室秘书科 李四。"
READ: Final = "关于报送2026年度秋季防火工作方案的报告\n县人民政府：\n" + "现将我镇秋季防火工作方案报上，请审阅。" * 12
"""What the county read from documents that are no text."""
MANY: Final = 300


@dataclass
class Scene:
    """The county, who is there (by what they do), and the items by what became of them."""

    county: DeskCounty
    who: dict[str, Visitor]
    items: dict[str, str] = field(default_factory=dict)


@contextmanager
def scene() -> Iterator[Scene]:
    """Serve a county with its people and nothing sent; its folder goes away with it."""
    with tempfile.TemporaryDirectory(prefix="gallery-") as place, county_process(Path(place) / "county") as process, browser() as running:
        county = DeskCounty(process, running, Path(place))
        for code, name in (("T01", "城关镇"), ("T02", "河西乡"), ("T03", LONG_OFFICE), ("T04", "旧石乡"), ("T05", "山前乡")):
            county.order("office-add", code=code, name=name, kind="township")
        who = {
            "stranger": county.stranger(),
            "newcomer": county.visitor("T02", "陈新", "clerk"),
            "clerk": county.visitor("T01", "张三"),
            "neighbour": county.visitor("T03", "欧阳慧敏"),
            "reviewer": county.visitor("county", "李四", "reviewer"),
            "administrator": county.visitor("county", "赵六", "administrator"),
            "auditor": county.visitor("county", "钱七", "auditor"),
            "officer": county.visitor("county", "周密", "confidentiality"),
            "leader": county.visitor("county", "孙县长", "leader"),
        }
        who["sender"] = _with_a_key(county, "T01", "刘一")
        who["head"] = _with_a_key(county, "T01", "何书记", "leader")
        who["keyed"] = _with_a_key(county, "county", "吴九", "administrator")
        county.order("contact", office="county", person="周密", phone="0555-7654321")
        yield Scene(county, who)


def _with_a_key(county: DeskCounty, office: str, person: str, role: str = "clerk") -> Visitor:
    """Return a person whose browser signs for them."""
    visitor = county.stranger()
    page = visitor.open(f"/enrol#code={invite(county, office, person, role)}")
    page.click("#enrol button")
    page.click("#enter")
    page.wait_for_url(f"{county.url}/")
    page.close()
    return visitor


def one_of_each(scene: Scene) -> None:
    """Let one of everything happen."""
    now, clerk, reviewer = datetime.now(UTC), scene.who["clerk"], scene.who["reviewer"]
    soon, late = ((now + timedelta(days=days)).strftime("%Y-%m-%d") for days in (2, -3))
    documents = {
        "正文.pdf": paper_maker.pdf(),
        "说明.docx": preview_maker.official_docx(),
        "附表.xlsx": preview_maker.form_xlsx(),
        "版式.ofd": preview_maker.official_ofd(),
        LONG_FILE: "各村物资储备明细\n沙袋 2000 只\n".encode() * 20,
        "扫描.tiff": preview_maker.many_pages(3),
    }

    def letter(title: str, **fields: Any) -> Letter:
        return Letter(title=title, at=now, files=fields.pop("files", {"正文.txt": "正文第一行。\n".encode()}), fields=fields)

    sent = {
        "paper": letter(
            "关于报送2026年度秋季防火工作方案的报告",
            files=documents,
            kind=Kind.REPORT,
            number="城政发〔2026〕12号",
            urgency=Urgency.URGENT,
            notes="附清单一份，请于月底前批复。",
            respond_by=soon,
            signatory="李镇长",
            cc=["T02"],
        ),
        "long": letter(LONG_TITLE, files=documents, kind=Kind.PLAN, number="城政发〔2026〕13号", urgency=Urgency.EXTRA_URGENT),
        "returned": letter("关于申请拨付农村公路养护资金的请示", kind=Kind.REQUEST, number="城政请〔2026〕4号"),
        "both": letter("城关镇信息第3期", to=["county", "T02", "T03"]),
        "named": letter("给指定人员的预案", addressees=["county.1"]),
        "internal": letter("城关镇领导班子分工调整情况", handling=Handling.INTERNAL, kind=Kind.NOTE),
        "signed": letter("三季度固定资产投资报表", kind=Kind.STATISTICS),
        "to be sealed": letter("后来被封存的一件"),
    }
    assert clerk.home is not None
    scene.items |= zip(sent, fill(scene.county.process, clerk.home, list(sent.values()), dict.fromkeys(documents, READ)), strict=True)
    neighbour = scene.who["neighbour"]
    assert neighbour.home is not None
    far = [Letter(sender="T03", title=LONG_TITLE, at=now), Letter(sender="T03", title="Minutes of the coordination meeting", at=now)]
    fill(scene.county.process, neighbour.home, far)
    assert reviewer.home is not None
    down = {
        "down": Letter(sender="county", to=("T01", "T02", "T03"), title="关于报送三季度工作总结的通知", at=now),
        "late": Letter(sender="county", to=("T01",), title="关于开展安全生产自查的紧急通知", at=now),
    }
    down["down"].fields = {"kind": Kind.NOTICE, "number": "县政办发〔2026〕40号", "respond_by": soon}
    down["late"].fields = {"kind": Kind.NOTICE, "urgency": Urgency.URGENT, "respond_by": late}
    down["meeting"] = Letter(sender="county", to=("T01", "T02", "T03"), title="关于召开全县防汛工作会议的通知", at=now)
    asked = ReplyForm(kind=FormKind.MEETING, respond_by=soon, fields=[FormField(key="car", label="是否乘车", type=FieldType.YES_NO)])
    down["meeting"].fields = {"kind": Kind.MEETING, "respond_by": soon, "reply_form": asked}
    scene.items |= zip(down, fill(scene.county.process, reviewer.home, list(down.values())), strict=True)
    _what_became_of_them(scene)


def _what_became_of_them(scene: Scene) -> None:
    reviewer, clerk, items = scene.who["reviewer"], scene.who["clerk"], scene.items
    for name in ("paper", "returned", "signed", "to be sealed"):
        act(reviewer, items[name], "open")
    act(reviewer, items["signed"], "sign-for")
    act(reviewer, items["returned"], "return", reason=REASON)
    act(reviewer, items["signed"], "propose", reason="拟请县统计局核对并汇总，县发展改革委阅知。\n李四 拟办")
    act(scene.who["leader"], items["signed"], "instruct", reason="同意拟办意见，请统计局于周五前报结果。")
    act(reviewer, items["signed"], "conclude", reason="统计局已核对，结果见第 3 期通报。")
    for title in ("绝密★启用前 计划", "机密★1年 方案"):
        refuse(clerk, Letter(title=title))
    status, answer = ask(scene.who["officer"], "POST", "/api/v1/sealed", {"item": items["to be sealed"], "reason": "有标志"})
    assert status in (200, 202), answer
    settled(reviewer)


def to_be_countersigned(scene: Scene) -> bytes:
    """Return a package that a clerk has packed for a leader of the same office to sign."""
    clerk, now = scene.who["clerk"], datetime.now(UTC)
    assert clerk.home is not None
    series = SecrecySeries(name="每日值班情况", months=12)
    review = SecrecyReview(by="何书记", at=instants.write(now), conclusion="不涉及国家秘密，可以报送。", series=series)
    files = {"值班情况专报.txt": "工作秘密\n城关镇值班情况专报\n".encode(), "附表.pdf": paper_maker.pdf()}
    letter = Letter(title="城关镇防汛值班情况专报（第12期）", at=now, files=files, fields={"secrecy_review": review})
    return pack(letter, open_home(clerk.home.home).signer)


def three_hundred(scene: Scene) -> None:
    """Let much happen."""
    clerk, neighbour, county = scene.who["clerk"], scene.who["neighbour"], scene.county
    assert clerk.home is not None
    assert neighbour.home is not None
    urgencies, kinds = list(Urgency), (Kind.STATISTICS, Kind.REPORT, Kind.INFORMATION, Kind.LETTER)
    titles = ("报表第{}期", "关于第{}号提案办理情况的报告", "政务信息第{}期：防汛值守与隐患排查情况", "关于协助办理第{}批事项的函")
    begin = datetime.now(UTC) - timedelta(days=MANY / 10)

    def letter(number: int, sender: str) -> Letter:
        at = begin + timedelta(hours=number * 2)
        fields = {"kind": kinds[number % 4], "urgency": urgencies[0 if number % 9 else number % 3]}
        fields |= {"number": f"城政发〔2026〕{number + 20}号"} if number % 2 else {}
        return Letter(sender=sender, title=titles[number % 4].format(number), at=at, fields=fields)

    fill(county.process, clerk.home, [letter(number, "T01") for number in range(MANY)])
    fill(county.process, neighbour.home, [letter(number, "T03") for number in range(MANY // 3)])
    for number in range(MANY):
        county.order("invite", office="T02" if number % 3 else "T03", person=f"经办{number:03}", role="clerk", url="", scope=None)
    for number in range(60):
        refuse(clerk, Letter(title=f"绝密★启用前 计划{number}"))
    settled(scene.who["reviewer"], 120)
