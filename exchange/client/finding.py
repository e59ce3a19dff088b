"""`search` and `doctor` as a person sees them: answers in lines, with what was found marked."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from exchange.client import asking, doctor, speech
from exchange.client.doctor import Finding, Result
from exchange.terminal import show
from schemas.messages import decode
from schemas.problems import Exit, Problem, ProblemType
from schemas.words import Kind

PAGE: Final = 100
_STATES: Final = {
    "pending": "待签收 pending",
    "signed_for": "已签收 signed for",
    "returned": "已退回 returned",
    "legacy": "历史件 from before",
}
_SIDES: Final = {"received": "收 received", "sent": "发 sent"}
_FACETS: Final = {"office": "发文单位 from", "kind": "文种 kind", "year": "年份 year", "state": "状态 state"}
_SIGNS: Final = {Result.OK: "✓", Result.WARN: "!", Result.FAIL: "✗", Result.SKIPPED: "-"}
_BOLD, _PLAIN = "\033[1;31m", "\033[0m"


async def search(args: argparse.Namespace) -> int:
    """`search QUERY`: what the office sent or received and holds these words; the newest `--most`."""
    async with asking.desk(args.home) as desk:
        hits, legacy = list[dict[str, Any]](), list[dict[str, Any]]()
        answer: dict[str, Any] = {}
        after = ""
        while (more := args.most - len(hits) - len(legacy)) > 0:
            asked = {"q": args.query, "order": args.order, "size": str(min(PAGE, more))}
            asked |= {"after": after} if after else {}
            asked |= {"facets": "0"} if after else {}
            try:
                page = decode(await desk.line.get(f"/api/v1/search?{urlencode(asked)}"), dict[str, Any])
            except Problem as problem:
                if problem.kind is ProblemType.QUERY_INVALID and not args.json:
                    return _point(args.query, problem)
                raise
            answer = answer or page
            # a county of before tells of none; on this list they stand behind the hits of the pages before as well
            legacy += [{**each, "place": each["place"] + len(hits)} for each in page.get("legacy", [])]
            hits += page["hits"]
            after = page.get("next") or ""
            if not after:
                break
    shown = {**answer, "hits": hits, "legacy": legacy, "next": after or None}
    show(shown, args.json, "\n".join(_lines(shown, coloured=not args.json and sys.stdout.isatty())))
    return Exit.OK


def _in_order(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the hits with each document from before at its place among them."""
    hits = list(answer["hits"])
    for each in reversed(answer.get("legacy", [])):
        hits.insert(each["place"], each)
    return hits


def _point(query: str, problem: Problem) -> int:
    """Show the query with a mark under the place that cannot be understood."""
    place = problem.members.get("position")
    code = speech.refuse(problem, as_json=False)
    if isinstance(place, int) and 0 <= place <= len(query) and query.isprintable():
        width = sum(2 if ord(sign) > 0x2E7F else 1 for sign in query[:place])  # noqa: PLR2004 - from the CJK radicals on, signs are wide
        speech.note(f"    {query}\n    {' ' * width}^")
    return code


def _lines(answer: dict[str, Any], *, coloured: bool) -> list[str]:
    total, hits = answer["total"], _in_order(answer)
    if not total:
        note = "；检索库尚未追上最新收发 / the index is behind" if answer.get("index", {}).get("behind") else ""
        return [f"没有找到 / nothing found{note}"]
    lines = [f"共 {total} 件，列出 {len(hits)} 件 / {total} found, {len(hits)} shown"]
    for hit in hits:
        lines += ["", *_hit(hit, coloured=coloured)]
    facets = [_facet(name, answer.get("facets", {}).get(name, [])) for name in _FACETS]
    return lines + [""] * any(facets) + [facet for facet in facets if facet]


def _hit(hit: dict[str, Any], *, coloured: bool) -> list[str]:
    title = _marked(hit.get("title") or "（指定人员件 for named persons）", hit.get("title_marks", []), coloured=coloured)
    number = _marked(hit.get("number") or "", hit.get("number_marks", []), coloured=coloured)
    if "item" in hit:
        other = _marked(hit["counterpart"], hit.get("counterpart_marks", []), coloured=coloured)
        told = ["历史件·无签名 from before, unsigned", str(hit["item"]), speech.both(Kind, hit["kind"]), other, hit["date"]]
    else:
        told = [hit.get("filing_number") or hit["submission"][:12], speech.both(Kind, hit["kind"]), hit["from"], hit["date"]]
    lines = [f"{title}  {number}".rstrip(), "  " + "  ".join(filter(None, told))]
    for snippet in hit.get("snippets", []):
        page = f"第 {snippet['page']} 页 " if snippet.get("page") else ""
        lines.append(f"    {snippet['part']} {page}…{_marked(snippet['text'], snippet['marks'], coloured=coloured)}…")
    return lines


def _marked(text: str, marks: Sequence[Sequence[int]], *, coloured: bool) -> str:
    """Return text with its marks in colour, or between 【】 where there is none."""
    begin, end = (_BOLD, _PLAIN) if coloured else ("【", "】")
    # what others wrote must not steer the terminal
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    for start, stop in reversed(marks):
        text = text[:start] + begin + text[start:stop] + end + text[stop:]
    return text


def _facet(name: str, counts: list[dict[str, Any]]) -> str:
    shown = [f"{_label(name, one)} {one['count']}" for one in counts[:6]]
    return f"{_FACETS[name]}：{'，'.join(shown)}" if shown else ""


def _label(name: str, one: dict[str, Any]) -> str:
    if name == "state":
        side, _, state = str(one["value"]).partition(":")
        return f"{_SIDES.get(side, side)} {_STATES.get(state, state)}"
    if name == "kind":
        return speech.both(Kind, str(one["value"]))
    return str(one.get("label") or one["value"])


async def look(args: argparse.Namespace) -> int:
    """`doctor`: look at everything; the exit code is that of the first thing that does not work."""
    code, found = Exit.OK, []
    async for finding in doctor.findings(args.home):
        found.append(finding.shown())
        code = finding.code if code is Exit.OK and finding.result is Result.FAIL else code
        if not args.json:
            show({}, as_json=False, text=_finding(finding))
    if args.json:
        show({"findings": found, "well": code is Exit.OK}, as_json=True)
    else:
        show({}, as_json=False, text="一切正常 / all is well" if code is Exit.OK else "有问题需要处理，见 ✗ / see ✗")
    return code


def _finding(finding: Finding) -> str:
    line = f"{_SIGNS[finding.result]} {finding.label.zh} {finding.label.en}  {finding.said}".rstrip()
    if finding.advice is None or finding.result is Result.OK:
        return line
    return f"{line}\n    {finding.advice.zh}\n    {finding.advice.en}"
