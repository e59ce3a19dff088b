"""What is said at the end of the year: what happened, and that every recount agrees."""

from typing import Any

from rich.console import Console
from rich.table import Table

from exchange.delivery.states import Opening, Recall, Review
from exchange.demo.year.recount import Recount
from schemas.words import Event


def as_told(found: Recount, checked: dict[str, int]) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "events": {str(event): count for event, count in found.events.most_common()},
        "deliveries": [
            dict(zip(("opening", "review", "recall"), key, strict=True), count=count) for key, count in found.states.most_common()
        ],
        "register_entries": found.entries,
        "paperless_rate": found.rate,
        "unreached": [each.value for each in found.unreached],
        "wrong": [*found.wrong],
        "checked": checked,
    }


def show(found: Recount, checked: dict[str, int]) -> None:
    """Print what happened, where deliveries stand, and the recount; `checked` is what fsck went through, empty if it failed."""
    console = Console(width=None if Console().is_terminal else 100)
    table = Table(title="演示县的一年 / the demo county's year", header_style="bold", title_style="bold")
    table.add_column("事件 event")
    table.add_column("回执 receipts", justify="right")
    for event, count in found.events.most_common():
        table.add_row(f"{Event(event).zh} {Event(event).en}", f"{count:,}")
    console.print(table)
    standing = Table(title="收件现状 / where deliveries stand", header_style="bold", title_style="bold")
    standing.add_column("阅读、签收 reading, signing")
    standing.add_column("件 deliveries", justify="right")
    for (opening, review, recall), count in found.states.most_common():
        words = [Opening(opening), Review(review), *([Recall(recall)] if recall != Recall.NONE else [])]
        standing.add_row("，".join(word.zh for word in words) + "  " + ", ".join(word.en for word in words), f"{count:,}")
    console.print(standing)
    for line in (
        f"登记簿 registers: {found.entries:,} 行，逐行与回执一致 line by line as the receipts have it",
        f"无纸化率 paperless rate: {found.rate}%，与脚本自记一致 as the script itself counted",
        "全面核对 fsck: "
        + (f"通过 clean（{checked.get('submissions'):,} 件，{checked.get('events'):,} 个回执）" if checked else "有问题 PROBLEMS"),
        *(f"未出现的状态 a state that nothing was in: {each.zh} {each.en}" for each in found.unreached),
        *(f"! 不一致 does not agree: {each}" for each in found.wrong),
    ):
        console.print(line, highlight=False)
