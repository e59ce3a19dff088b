"""How the command speaks to a person: Chinese first with English beside it, results to stdout, everything else to stderr."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from exchange.correction import written
from exchange.policy.labels import label_of, where
from exchange.terminal import at_beijing, columns, complain
from schemas.problems import Problem, ProblemType
from schemas.words import COUNTY, Event, Handling, Kind, Urgency, Word

_REVIEWS: Final = {
    "pending": "待签收 pending",
    "signed_for": "已签收 signed for",
    "returned": "已退回 returned",
    "misdirected": "误投已退 misdirected",
    "withdrawn": "已撤回 withdrawn",
}
_CLOSED: Final = ("misdirected", "withdrawn")
"""What the recipient said, or was said to it, after which it is given no title any more."""
_RESULTS: Final = {"passed": "通过 passed", "failed": "未通过 failed", "unknown": "无法核对 unknown"}
_OPENINGS: Final = {"consigned": "已送达 consigned", "opened": "已阅 opened"}
_STATES: Final = {
    "accepted": "✓ 已接收 accepted",
    "returned": "! 已退回补正 returned",
    "sealed": "! 已封存 sealed",
    "kept": "… 在待发箱中 kept in the outbox",
    "inspecting": "… 县端正在识别检查，尚未接收 being looked at, not accepted yet",
    "refused": "✗ 未予接收 refused",
}


def note(text: str) -> None:
    """Say something beside the result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def refuse(problem: Problem, *, as_json: bool) -> int:
    """Say a refusal, where in which file it was found, and what to do next; returns the exit code."""
    code = complain(problem, as_json=as_json)
    if not as_json:
        for finding in findings(problem):
            note(f"  · {found(finding)}")
        if call := to_call(problem):
            note(f"  {call}")
    return code


SECRECY: Final = frozenset(
    {ProblemType.SECRECY_MARK, ProblemType.CLASSIFIED_DECLARED, ProblemType.SECRECY_REVIEW_NEEDED, ProblemType.SEALED}
)
"""Refusals that are the confidentiality officer's business; an empty or encrypted file is not."""


def to_call(problem: Problem) -> str:
    """Return whom to call about a refusal for secrecy, if anybody is known."""
    contact = problem.members.get("contact") if problem.kind in SECRECY else None
    return f"保密员 confidentiality officer: {contact['name']} {contact['phone']}" if contact else ""


def findings(problem: Problem) -> list[dict[str, Any]]:
    """Return the findings that say more than the problem itself; a file that is named in its detail needs no second line."""
    detail = problem.detail
    told = problem.members.get("findings", [])
    return [each for each in told if each["rule"] != problem.kind.type or (each.get("part") or "") not in detail]


def found(finding: dict[str, Any]) -> str:
    """Return one finding for a person: in which file, where, what it is called, and the text."""
    return where(finding)


def outcome(shown: dict[str, Any]) -> str:
    """Return the line of a container that was sent."""
    return f"{_STATES.get(shown['status'], shown['status'])}  {shown['submission'] or ''}".rstrip()


def received_as(status: dict[str, Any], names: Mapping[str, str]) -> str:
    """Return the line below an acceptance: the number by which the county speaks of it, what it is, and where it went."""
    to = "、".join(called(one["office"], names) for one in status.get("deliveries", []))
    return f"  报送编号 filing number  {status['filing_number']}  {status.get('title') or ''}".rstrip() + (f"  → {to}" if to else "")


def called(code: str, names: Mapping[str, str]) -> str:
    """Return an office for a person: its name with the code, or the code alone when no name is known."""
    return f"{names[code]}（{code}）" if names.get(code) else code


def withdrawn(item: dict[str, Any]) -> str:
    """Return what is said of an item that was taken from everybody: sealed, or destroyed since; empty for any other."""
    if item.get("destroyed"):
        return "已销毁 destroyed"
    return "已封存 sealed" if item.get("sealed") else ""


def whom_to_call(contacts: Iterable[Any]) -> str:
    """Return whom to call about what was sealed or destroyed: the county's officer before one's own; empty when nobody is known."""
    known = sorted((one for one in contacts if one.phone), key=lambda one: one.office != COUNTY)
    told = "；".join(f"{one.office_name} {one.name} {one.phone}".strip() for one in known)
    return f"封存、销毁事宜请联系保密员 confidentiality officer: {told}" if told else ""


def local(at: str) -> str:
    """Return an instant by Beijing time, to the minute: what one office reads to another over the telephone is the same."""
    return at_beijing(at)


def row(item: dict[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Return one line of a list of submissions; `names` are those of offices, by code."""
    return "  ".join(filter(None, cells(item, names)))


def cells(item: dict[str, Any], names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return what stands in the columns of a list: filing number, time, state, the other office, and what it is, with its urgency.

    The number is what other commands take, and what one office reads to another over the telephone.
    """
    names = names or {}
    copies = item.get("deliveries", [])
    number = item.get("filing_number") or item["submission"][:12]
    other = called(item["from"], names) if "review" in item or not copies else _recipients(copies, names)
    if gone := withdrawn(item):  # nobody waits for its being signed for
        return number, local(item["accepted_at"]), gone, other, ""
    return number, local(item["accepted_at"]), _standing(item, copies), other, _titled(item, names)


def _recipients(copies: list[dict[str, Any]], names: Mapping[str, str]) -> str:
    first = called(copies[0]["office"], names)
    return first if len(copies) == 1 else f"{first}等 {len(copies)} 家 offices"


def _standing(item: dict[str, Any], copies: list[dict[str, Any]]) -> str:
    """Return where the own copy stands, or the recipients' copies: what came back is said before who has signed."""
    if "review" in item:
        unread = item.get("opening") == "consigned" and item["review"] == "pending"
        return "未阅 unread" if unread else _REVIEWS.get(item["review"], str(item["review"]))
    reviews = [one["review"] for one in copies]
    if len(reviews) == 1:
        return _REVIEWS.get(reviews[0], str(reviews[0]))
    back = next((review for review in ("returned", "misdirected") if review in reviews), "signed_for")
    back = "withdrawn" if set(reviews) == {"withdrawn"} else back
    return f"{_REVIEWS[back]} {reviews.count(back)}/{len(reviews)}" if reviews else ""


def _titled(item: dict[str, Any], names: Mapping[str, str]) -> str:
    """Return what an item is called in a list, with what a person has to know of it first."""
    title = item.get("title") or "（指定人员件 for named persons）"
    if not item.get("title") and item.get("review") in _CLOSED:
        title = "（标题不再显示 no longer shown）"
    marks = "" if item["urgency"] == Urgency.NORMAL else f"【{both(Urgency, item['urgency'])}】"
    marks += "〔内部 internal〕" if item.get("handling") == Handling.INTERNAL else ""
    marks += "〔经保密审查 reviewed〕" if item.get("reviewed") else ""
    marks += f"〔联合发文 joint: {called(item['from'], names)}〕" if item.get("joint") else ""
    marks += "〔已更正 corrected〕" if item.get("replaced_by") else ""
    # what others wrote must not steer the terminal
    return marks + "".join(sign if sign.isprintable() else " " for sign in title)


def whole(status: dict[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Return everything about one submission; `names` are those of offices, by code."""
    names = names or {}
    gone = withdrawn(status)
    said = [
        ("报送编号 filing number", status["filing_number"]),
        ("编号 id", status["submission"]),
        ("文种 kind", both(Kind, status["kind"])),
        ("紧急程度 urgency", both(Urgency, status["urgency"])),
        ("发文单位 from", called(status["from"], names)),
        ("接收 accepted", local(status["accepted_at"])),
    ]
    if status.get("reviewed"):
        said.append(("经保密审查 let in after a secrecy review", "、".join(label_of(rule).zh for rule in status["reviewed"])))
    lines = [f"{_name(status)}  {status.get('number') or ''}".rstrip(), *(f"  {line}" for line in columns(said))]
    rows = [
        (called(one["office"], names), _copy(one, gone), local(one["changed_at"]), _because(one)) for one in status.get("deliveries", [])
    ]
    lines += [f"  → {line}" for line in columns(rows)]
    events = [
        (
            local(event["at"]),
            both(Event, event["event"]),
            " ".join(filter(None, (called(event.get("recipient") or "", names), event.get("by")))),
        )
        for event in status.get("events", [])
    ]
    lines += [f"  {line}" for line in columns(events)]
    if status.get("replaced_by"):
        lines.append(f"  已由下件更正 replaced by  {status['replaced_by']}")
    return "\n".join(lines)


def _copy(one: dict[str, Any], gone: str) -> str:
    """Return where a recipient's copy stands."""
    review = gone if gone and one["review"] == "pending" else _REVIEWS.get(one["review"], one["review"])
    return f"{_OPENINGS.get(one['opening'], one['opening'])}, {review}"


def _because(one: dict[str, Any]) -> str:
    carried = f"由断网介质送交，可能已阅 on a medium, perhaps read  {local(one['carried_at'])}" if one.get("carried_at") else ""
    why = f"原因 reason: {written.shown(one['reason'], chinese=True)}" if one.get("reason") else ""
    return "  ".join(filter(None, (carried, why)))


def _name(status: dict[str, Any]) -> str:
    """Return what an item is called: its title, unless that was taken from everybody."""
    if gone := withdrawn(status):
        stop = "" if status.get("destroyed") else "请立即停止处理，不要复制、转发或自行删除，并联系县保密员"
        return f"〔{gone}〕{stop or '如手中还有副本，请立即报告县保密员，不要自行处理'}"
    return (
        f"〔内部 internal〕{status['title']}" if status.get("handling") == Handling.INTERNAL else str(status["title"] or "（标题不再显示）")
    )


def refusal(ordinal: int, entry: str, row: dict[str, Any]) -> str:
    """Return the rows of a refused item of the outbox: nothing of the document is kept, so its number and entry tell it apart."""
    kind = ProblemType.named(row.get("problem", ""))
    rules = [rule for rule in row.get("rules", []) if rule != kind.type]
    said = f"：{'；'.join(label_of(rule).zh for rule in rules)}" if rules else ""
    lines = [f"{ordinal}. {local(row['changed_at'])}  未予接收 refused  条目 entry {entry[:ENTRY]}"]
    lines += [f"    规则 {kind.title.zh}{said}", f"    办法 {kind.advice.zh}", f"      {kind.title.en}. {kind.advice.en}"]
    return "\n".join(lines)


ENTRY: Final = 8
"""How much of an entry's id is shown."""
NO_TITLES: Final = (
    "注：未予接收的文件，本机不保留标题、文号和内容，只留时间、规则和办法；请按时间对照自己的原件。\n"
    "    Of what was refused no title, number or content is kept here, only time, rule and what to do."
)


def verified(report: dict[str, Any]) -> str:
    """Return what an offline verification found."""
    lines = [f"✓ 验签通过 verified  {report['file']}"]
    if any(step["result"] != "passed" for step in report["steps"]):
        lines = [f"! 部分无法核对 partly checked  {report['file']}"]
    lines += [f"  {step['name']} {step['name_en']}: {_RESULTS.get(step['result'], step['result'])}" for step in report["steps"]]
    lines += [f"  编号 submission  {report['submission']}"] if report.get("submission") else []
    lines += [f"  签名 signed by   {report['person']} ({report['office']})"] if report.get("person") else []
    lines += [f"  接收 received    {local(report['received_at'])}"] if report.get("received_at") else []
    lines += [f"  {local(one['at'])}  {both(Event, one['event'])}" for one in report["receipts"]]
    lines += [f"  根证书 root      {report['root']}"] if report.get("root") else []
    if report.get("root") and not report.get("root_compared"):
        lines.append("  ！请与可信来源（如注册单）的指纹核对根证书，或用 --root 指定")
        lines.append("    Compare the root with a trusted source, or give --root.")
    return "\n".join(lines)


def both(kind: type[Word], code: str) -> str:
    """Return a word in both languages; a newer county's word as it is."""
    return next((f"{word.zh} {word.en}" for word in kind if word == code), code)
