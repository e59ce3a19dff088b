"""The incident sheet 事件单 on A4, and once it was destroyed the certificate of destruction 销毁证明: Chinese first."""

import io
import re
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from exchange.sealing.incident import Incident, Someone
from exchange.sealing.late import REPORTED
from exchange.sealing.states import Seal
from exchange.sealing.typeface import typeface
from schemas import instants
from schemas.words import NOTICE_EN, NOTICE_ZH

_LATIN: Final = "Helvetica"
_LATIN_RUN: Final = re.compile(r"[!-~]+(?: +[!-~]+)*")
_GREY: Final = HexColor("#888888")
_PALE: Final = HexColor("#f0f0f0")
_WIDTH: Final = 170 * mm
_ACTS: Final = {"opened": "阅读 read", "container": "取出文件 fetched", "print": "打印 printed", "looked": "封存后查看 under seal"}


def pdf(found: Incident, county: str, now: datetime) -> bytes:
    """Return the sheet as a PDF. Nothing of the document's own text is on it."""
    out = io.BytesIO()
    destroyed = found.state is Seal.DESTROYED
    title = "封存件销毁证明" if destroyed else "封存事件单"
    page = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=20 * mm, title=title
    )
    english = "Certificate of destruction" if destroyed else "Incident sheet of a sealed submission"
    story: list[Any] = [
        Paragraph(title, _style(18, 24, alignment=1)),
        Paragraph(_mixed(f"{english} · {county} · 打印 printed {_at(instants.write(now))}"), _style(8.5, 12, alignment=1)),
        Spacer(1, 4 * mm),
        *_section("一、基本情况 The submission", _facts(found)),
        *_section("二、送达单位 Where it was sent", _reached(found), (20, 52, 22, 38, 38)),
        *_section("三、接触人员 Who had it before them", _people(found), (34, 40, 32, 30, 34)),
        *_section("四、经过与凭证 Events and their proofs", _events(found), (33, 32, 33, 56, 16)),
        *(_section("五、销毁 Destruction", _destruction(found)) if found.ordered_by else []),
        *_duty(found),
        Spacer(1, 3 * mm),
        _line(f"日志 log {found.log.origin}，共 {found.log.size} 条 leaves，根 root {found.log.root}", 8),
        _line("各回执（签名、时间戳、日志证明）见 incident 的 receipts。 The receipts themselves are in the JSON of this sheet.", 8),
    ]
    page.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _facts(found: Incident) -> list[list[str]]:
    rules = "、".join("人工报告 reported" if rule == REPORTED else rule for rule in found.rules) + (
        f"（规则版本 policy {found.policy}）" if found.policy else ""
    )
    return [
        ["报送编号 filing number", found.filing_number],
        ["标识 id", found.submission],
        ["报送单位 sender", f"{found.office_name}（{found.office}）"],
        ["报送人 sent by", _who(found.sent_by)],
        ["收到、接收 received, accepted", f"{_at(found.received_at)}　{_at(found.accepted_at)}"],
        ["发现方式 found by", _who(found.found_by) if found.found_by else "系统全文检查 the program, looking at whole pages"],
        ["触犯规则 rules", rules],
        ["封存时间、现状 sealed, now", f"{_at(found.since)}　{found.state.zh} {found.state.en}"],
        ["数据包 container", f"{found.size} 字节 bytes　SHA-256 {found.container}"],
        ["封存包 package", f"SHA-256 {found.package}" if found.package else "尚未形成 not made yet"],
    ]


def _reached(found: Incident) -> list[list[str]]:
    head = ["代码 code", "单位 office", "方式 as", "送达 consigned", "状态 state"]
    return [head] + [
        [
            each.office,
            each.office_name,
            "抄送 copy" if each.copy else "主送 to",
            _at(each.consigned_at),
            f"{each.opening.zh}，{each.review.zh}",
        ]
        for each in found.recipients
    ]


def _people(found: Incident) -> list[list[str]]:
    head = ["人员 person", "单位 office", "行为 what", "首次 first", "末次（次数） last"]
    rows = [
        [_who(each.who), each.who.office_name, _ACTS.get(each.act, each.act), _at(each.first_at), f"{_at(each.last_at)}（{each.times}）"]
        for each in found.people
    ]
    return [head, *(rows or [["无记录 nobody", "", "", "", ""]])]


def _events(found: Incident) -> list[list[str]]:
    head = ["事件 event", "时间 at", "人员 by", "回执编号 evidence id", "叶号 leaf"]
    return [head] + [
        [
            f"{each.event.zh}" + (f"（{each.recipient}）" if each.recipient else ""),
            _at(each.at),
            _who(each.by) if each.by else "县端服务 service",
            each.evidence_id,
            str(each.leaf),
        ]
        for each in found.events
    ]


def _destruction(found: Incident) -> list[list[str]]:
    reason = next((each.reason for each in reversed(found.events) if each.event.value == "DestructionOrder" and each.reason), "")
    rows = [["申请人（保密员） ordered by", _who(found.ordered_by) if found.ordered_by else ""], ["原因 reason", reason or ""]]
    if found.confirmed_by:
        rows.append(["确认人（分管领导） confirmed by", _who(found.confirmed_by)])
    if found.destroyed_at:
        rows += [
            ["清除完毕 done", _at(found.destroyed_at)],
            ["已清除 removed", "封存包及其全部密钥、标题、文号、正文留存、原因及盐值、检索库；台账变更记录已截断。"],
            ["保留 kept", "回执、日志、本证明。 Receipts, the log and this certificate stay."],
        ]
    return rows


def _duty(found: Incident) -> list[Any]:
    """Return what remains to be done by hand: media that hold it."""
    if not found.backups:
        return []
    rows = [["备份 backup", "时间 at", "内容 holds"]] + [
        [each.out, _at(each.at), "明文 in the open" if each.readable else "封存包 the sealed package"] for each in found.backups
    ]
    return [
        *_section("六、待办：含有此件的备份须一并处理 To do: backups that hold it", rows, (98, 34, 38)),
    ]


def _section(title: str, rows: list[list[str]], widths: tuple[float, ...] = (46, 124)) -> list[Any]:
    cells = [[_line(text, 8) for text in row] for row in rows]
    total = sum(widths)
    table = Table(cells, colWidths=[_WIDTH * width / total for width in widths], repeatRows=1 if len(widths) > len("甲乙") else 0)
    style = [("GRID", (0, 0), (-1, -1), 0.4, _GREY), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    style += [("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]
    style.append(("BACKGROUND", (0, 0), (-1, 0) if len(widths) > len("甲乙") else (0, -1), _PALE))
    table.setStyle(TableStyle(style))
    return [Paragraph(_mixed(title), _style(11, 18)), table, Spacer(1, 2 * mm)]


def _line(text: str, size: float) -> Paragraph:
    return Paragraph(_mixed(text), _style(size, size * 1.4))


def _mixed(text: str) -> str:
    """Return markup with Latin and digits in a font that every reader has, whatever the Chinese one is."""
    return _LATIN_RUN.sub(lambda run: f'<font name="{_LATIN}">{run[0]}</font>', escape(text))


def _style(size: float, leading: float, alignment: int = 0) -> ParagraphStyle:
    return ParagraphStyle("sheet", fontName=typeface(), fontSize=size, leading=leading, alignment=alignment, wordWrap="CJK")


def _foot(canvas: Any, page: Any) -> None:
    canvas.saveState()
    canvas.setFont(typeface(), 8)
    canvas.drawString(20 * mm, 12 * mm, NOTICE_ZH)
    canvas.drawRightString(190 * mm, 12 * mm, f"第 {page.page} 页")
    canvas.setFont(_LATIN, 6.5)
    canvas.drawString(20 * mm, 8.5 * mm, NOTICE_EN)
    canvas.restoreState()


def _who(someone: Someone | None) -> str:
    return "" if someone is None else f"{someone.name}（{someone.person}）"


def _at(text: str) -> str:
    return instants.read(text).astimezone(instants.BEIJING).strftime("%Y-%m-%d %H:%M:%S")
