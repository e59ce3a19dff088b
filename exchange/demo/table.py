"""The table of what happened in the demo county."""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Tally:
    """What one office did."""

    name: str
    accepted: int = 0
    unnumbered: int = 0
    refused: int = 0
    broken: int = 0
    returned: int = 0
    resubmitted: int = 0
    signed: int = 0


@dataclass
class Day:
    """What happened in the county."""

    offices: dict[str, Tally] = field(default_factory=dict)
    enrolled: int = 0
    notices: int = 0
    notices_signed: int = 0
    searches: list[tuple[str, str, int]] = field(default_factory=list)
    proved: str = ""
    checked: dict[str, Any] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)


_COLUMNS = (
    ("已接收\naccepted", "accepted"),
    ("其中无文号\nunnumbered", "unnumbered"),
    ("未予接收\nrefused", "refused"),
    ("验签未过\nbroken", "broken"),
    ("退回\nreturned", "returned"),
    ("更正再报\nresubmitted", "resubmitted"),
    ("县已签收\nsigned for", "signed"),
)


def show(day: Day) -> None:
    """Print the table, office by office, and what the county's ledger says of itself."""
    console = Console(width=None if Console().is_terminal else 100)
    table = Table(title="演示县的一天 / the demo county's day", header_style="bold", title_style="bold", show_footer=True)
    tallies = day.offices.values()
    table.add_column("单位 office", footer="合计 total")
    for heading, name in _COLUMNS:
        table.add_column(heading, justify="right", footer=str(sum(getattr(tally, name) for tally in tallies)))
    for code, tally in day.offices.items():
        table.add_row(f"{code} {tally.name}", *(str(getattr(tally, name) or "·") for _, name in _COLUMNS))
    console.print(table)
    log = day.status["log"]
    checked = day.checked
    for line in (
        f"注册人员 enrolled: {day.enrolled}；县下发 notices: {day.notices} 件，乡镇已签收 signed for: {day.notices_signed} 次",
        f"回执 receipts: {day.status['receipts']}；日志 log: {log['size']} 条，根 root {log['root'][:16]}…",
        "检索 search: " + "；".join(f"{person} “{query}” {total} 件" for person, query, total in day.searches),
        "全面核对 fsck: "
        + (f"通过 clean（{checked.get('submissions')} 件，{checked.get('events')} 个回执）" if checked else "有问题 PROBLEMS"),
        f"证据包 evidence: {day.proved[:12]}… 仅用 bash、openssl、xxd 验证通过 verified",
    ):
        console.print(line, highlight=False)
