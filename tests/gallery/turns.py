"""The everyday turns beside sending and signing: what is asked, answered, corrected, urged, registered on paper, and who does it."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import paper_maker
from county_process import here
from forms_maker import TEMPLATE
from gallery.looking import Stop
from gallery.scene import Scene
from letters_maker import act, ask, send
from openpyxl import Workbook
from submission_maker import Letter

from exchange.control import run_there
from exchange.duty import roster
from exchange.legacy import command
from schemas.messages import FormField, ReplyForm
from schemas.words import FieldType, FormKind, Kind, Urgency

FIRST: Final = "全镇共有12个村。已完成三处隐患点的治理工作，投入资金15.5万元。各村储备沙袋二千只。下一步继续巡查。"
SECOND: Final = "全镇共有13个村。已完成三处隐患点的整治工作，投入资金25.5万元。各村储备沙袋二千只。下一步继续巡查，加强值守。"


def everyday(scene: Scene) -> None:
    """Let every turn happen once."""
    county = scene.county
    scene.who["duty"] = county.visitor("county", "县值班", "duty")
    scene.who["official"] = county.visitor("T01", "王镇长", "leader")
    _asked_and_answered(scene)
    _corrected_and_asked_back(scene)
    _on_paper(scene)
    _people(scene)


def _asked_and_answered(scene: Scene) -> None:
    reviewer, clerk, neighbour = (scene.who[name] for name in ("reviewer", "clerk", "neighbour"))
    soon = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%d")
    fields = [FormField(key="f1", label="沙袋（只）", type=FieldType.NUMBER), FormField(key="f2", label="负责人", type=FieldType.TEXT)]
    asked = {
        "notice": {"kind": Kind.NOTICE, "number": "县政办发〔2026〕41号", "urgency": Urgency.EXTRA_URGENT},
        "monthly": {
            "kind": Kind.NOTICE,
            "number": "县政办发〔2026〕42号",
            "reply_form": ReplyForm(kind=FormKind.REPORT, respond_by=soon, fields=fields),
        },
        "workbook": {
            "kind": Kind.NOTICE,
            "number": "县政办发〔2026〕43号",
            "reply_form": ReplyForm(kind=FormKind.REPORT, respond_by=soon, template="attachments/防汛物资表.xlsx"),
        },
    }
    titles = {
        "notice": "关于召开森林防火工作会议的紧急通知",
        "monthly": "关于报送防汛物资储备情况的通知",
        "workbook": "关于填报防汛物资表的通知",
    }
    offices = ("T01", "T02", "T03", "T04")
    for name, said in asked.items():
        files = {"通知.txt": "请按时报送。\n".encode()}
        files |= {"attachments/防汛物资表.xlsx": TEMPLATE} if name == "workbook" else {}
        scene.items[name] = send(reviewer, Letter(sender="county", to=offices, title=titles[name], files=files, fields=said))
    act(clerk, scene.items["notice"], "open")
    act(clerk, scene.items["notice"], "sign-for")
    act(neighbour, scene.items["notice"], "open")
    body = {"offices": ["T02"], "way": "phone", "note": "值班员王五已接，下午签收"}
    assert ask(reviewer, "POST", f"/api/v1/submissions/{scene.items['notice']}/urge", body)[0] == 200
    rows = [{"attendance": "attend", "name": "王镇长", "post": "镇长", "phone": "13800001234", "car": "yes"}]
    rows += [{"attendance": "leave", "name": "张三", "post": "党政办主任"}]
    for visitor, item, filled in (
        (clerk, "meeting", {"rows": rows}),
        (neighbour, "monthly", {"nil": True, "rows": []}),
        (clerk, "monthly", {"rows": [{"f1": "2000", "f2": "李四"}]}),
    ):
        act(visitor, scene.items[item], "open")
        path = f"/api/v1/forms/{scene.items[item]}"
        status, form = ask(visitor, "GET", path)
        assert status == 200, form
        period = form["periods"][0]["period"]
        answered = ask(visitor, "POST", f"{path}/answers", {"answer": {"type": "form-answer/v1", "period": period} | filled})
        assert answered[0] in (200, 201), answered


def _corrected_and_asked_back(scene: Scene) -> None:
    clerk, reviewer = scene.who["clerk"], scene.who["reviewer"]
    fields = {"kind": Kind.REPORT, "number": "城政发〔2026〕19号", "signatory": "王建国"}
    first = send(clerk, Letter(title="关于防汛工作的报告", files={"报告.txt": FIRST.encode()}, fields=fields))
    act(reviewer, first, "open")
    act(reviewer, first, "return", codes=["content-wrong", "attachment-missing"], reason="村数有误")
    fields |= {"replaces": first, "version": 2, "signatory": "李建国"}
    files = {"报告.txt": SECOND.encode(), "attachments/隐患点清单.txt": "清单".encode()}
    scene.items["corrected"] = send(clerk, Letter(title="关于防汛工作情况的报告", files=files, fields=fields))
    act(reviewer, scene.items["corrected"], "open")
    scene.items["faulty"] = send(clerk, Letter(title="召开会议", fields={"kind": Kind.REQUEST, "number": "城政发〔2025〕7号"}))
    act(reviewer, scene.items["faulty"], "open")
    scene.items["misdirected"] = send(
        clerk, Letter(title="关于河道采砂管理的函", to=("T03",), fields={"kind": Kind.LETTER, "number": "城政函〔2026〕8号"})
    )
    act(scene.who["neighbour"], scene.items["misdirected"], "open")
    act(scene.who["neighbour"], scene.items["misdirected"], "misdirect", reason="不属本单位职责")
    scene.items["asked back"] = send(clerk, Letter(title="关于三季度报表的补充说明", fields={"kind": Kind.NOTE}))
    act(reviewer, scene.items["asked back"], "open")
    path = f"/api/v1/submissions/{scene.items['asked back']}/deliveries/county/ask-back"
    status, answer = ask(clerk, "POST", path, {"reason": "附件有误，请予撤回"})
    assert status == 200, answer


def _on_paper(scene: Scene) -> None:
    for counterpart, title in (("T02", "关于清理界河的函"), ("市林业局办公室", "关于造林统计的函")):
        body = {"direction": "received", "counterpart": counterpart, "title": title, "number": "", "kind": "letter", "pages": 2}
        body |= {"reason": "outage"} if counterpart == "T02" else {}
        status, answer = ask(scene.who["clerk"], "POST", "/api/v1/paper", body)
        assert status == 200, answer
    with tempfile.TemporaryDirectory(prefix="gallery-legacy-") as place:
        folder, book = Path(place), Workbook()
        (folder / "通知.pdf").write_bytes(paper_maker.pdf())
        book.active.append(["文号", "标题", "文种", "来文单位", "收文日期", "页数", "文件名"])
        book.active.append(["县发〔2019〕1号", "关于开展春季植树造林工作的通知", "通知", "县林业局", "2019-03-01", 3, "通知.pdf"])
        book.active.append(["县发〔2019〕7号", "关于表彰先进集体的决定", "决定", "县人民政府", "2019-04-11", 2, ""])
        book.save(folder / "登记簿.xlsx")
        there = scene.county.process.folder

        async def asked(name: str, arguments: dict[str, object]) -> dict[str, object]:
            return dict(await run_there(there, name, arguments))

        done = here(command.import_all(asked, folder / "登记簿.xlsx", folder, "T01", dry=False, skip=False))
        assert done["done"], done


def _people(scene: Scene) -> None:
    training = [{"date": "2026-03-02", "subject": "公文处理与保密", "hours": 8}]
    filing = {"name": "张三", "role": "clerk", "post": "党政办干事", "mobile": "13800000001", "birth_year": 1990, "full_time": True}
    filing |= {"since": "2024-03", "in_charge": False, "training": training}
    proposal = {"kind": "correction", "person": "T01.1", "filing": filing}
    status, answer = ask(scene.who["clerk"], "POST", "/api/v1/staff/changes", proposal)
    assert status in (200, 201), answer
    today = roster.day_of(datetime.now(UTC))
    days = [
        {"day": (today + timedelta(days=turn)).isoformat(), "officer": "赵明", "officer_phone": "13800001111", "leader": "李镇长"}
        for turn in range(3)
    ]
    for visitor in (scene.who["clerk"], scene.who["duty"]):
        status, answer = ask(visitor, "PUT", "/api/v1/duty/roster", {"items": days})
        assert status == 200, answer


def stops(scene: Scene) -> list[Stop]:
    """Return the pages of these turns."""
    items, legacy = scene.items, _first_link(scene, "clerk", "/paper/legacy", "/paper/legacy/")
    entry = _first_link(scene, "reviewer", "/registers/incoming", "/registers/incoming/", 32)
    return [
        Stop("matrix", "reviewer", f"/sent/{items['notice']}/matrix"),
        Stop("matrix-of-a-meeting", "reviewer", f"/sent/{items['meeting']}/matrix"),
        Stop("extend", "reviewer", f"/sent/{items['meeting']}/extend"),
        Stop("watch", "reviewer", "/watch"),
        Stop("watch-received", "clerk", "/watch?side=received"),
        Stop("urged", "newcomer", f"/inbox/{items['notice']}"),
        Stop("roll-up-of-a-meeting", "reviewer", f"/forms/{items['meeting']}"),
        Stop("roll-up-of-figures", "reviewer", f"/forms/{items['monthly']}"),
        Stop("roll-up-of-workbooks", "reviewer", f"/forms/{items['workbook']}"),
        Stop("figures-to-answer", "newcomer", f"/forms/{items['monthly']}"),
        Stop("answered", "clerk", f"/forms/{items['meeting']}"),
        Stop("forms", "reviewer", "/forms"),
        Stop("differences", "reviewer", f"/items/{items['corrected']}/differences"),
        Stop("corrected", "reviewer", f"/inbox/{items['corrected']}?folder=all"),
        Stop("what-elements-lack", "reviewer", f"/inbox/{items['faulty']}?folder=all", lambda page: page.click(".hints summary")),
        Stop("misdirected", "clerk", f"/items/{items['misdirected']}"),
        Stop("asked-back", "reviewer", f"/inbox/{items['asked back']}?folder=all"),
        Stop("asking-back", "clerk", f"/items/{items['asked back']}"),
        Stop("returns", "clerk", "/returns"),
        Stop("groups", "clerk", "/groups"),
        Stop("paper", "clerk", "/paper"),
        Stop("one-paper", "clerk", _first_link(scene, "clerk", "/paper", "/paper/", 32)),
        Stop("rate", "administrator", "/paper/rate"),
        Stop("legacy", "clerk", "/paper/legacy"),
        Stop("one-from-before", "clerk", legacy),
        Stop("found-from-before", "clerk", "/search?q=植树造林"),
        Stop("medium", "reviewer", "/paper/medium"),
        Stop("printing", "clerk", f"/items/{items['signed']}/print"),
        Stop("staff", "official", "/staff"),
        Stop("filing", "clerk", "/staff/people/T01.1"),
        Stop("leaving", "official", "/staff/leaving/T01.1"),
        Stop("handover-sheet", "official", "/staff/leaving/T01.1/sheet"),
        Stop("staff-form", "official", "/staff/form"),
        Stop("proposals", "administrator", "/admin/staff"),
        Stop("staff-form-of-all", "administrator", "/admin/staff/form"),
        Stop("duty", "duty", "/duty"),
        Stop("roster", "duty", "/duty/roster"),
        Stop("codes", "duty", "/duty/codes"),
        Stop("incoming", "reviewer", "/registers/incoming"),
        Stop("one-entry", "reviewer", entry),
        Stop("incoming-print", "reviewer", "/registers/incoming/print"),
        Stop("outgoing-print", "clerk", "/registers/outgoing/print"),
    ]


def _first_link(scene: Scene, who: str, path: str, start: str, digits: int = 0) -> str:
    """Return the first address on a page that begins so."""
    page = scene.who[who].context.request.get(scene.county.url + path).text()
    found = [start + piece.partition('"')[0].partition("?")[0] for piece in page.split(f'href="{start}')[1:]]
    return next(each for each in found if len(each) >= len(start) + digits and each != start)
