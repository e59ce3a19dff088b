"""`yizhan-county import-medium` and `export-medium`: by the service that runs, through its socket, or by one for as long as it takes."""

import base64
from pathlib import Path
from typing import Any

from exchange.at_service import asking
from exchange.county import County
from exchange.paper import medium
from exchange.terminal import show
from schemas.problems import Exit


async def bring_all(county: County, places: list[Path]) -> list[dict[str, Any]]:
    """Take in everything that was named. Raises Problem INPUT_UNREADABLE before anything is done."""
    paths = [path.absolute() for path in medium.containers(places)]
    async with asking(county) as ask:
        return [await ask("import-medium", {"path": str(path)}) for path in paths]


async def run(county: County, places: list[Path], out: Path | None, *, as_json: bool) -> int:
    """Take in what was named, write the receipts back onto the medium or to `out`, and say what became of each; the exit code."""
    answers = await bring_all(county, places)
    target = out or (places[0] if len(places) == 1 and places[0].is_dir() else None)
    written = [] if target is None else write_back(target, answers)
    words = {"accepted": "✓ 已接收 accepted", "known": "✓ 此前已接收 known", "inspecting": "… 识别中 inspecting"}
    lines = [
        f"{words.get(one['state'], '✗ 未予接收 refused')}  {one['file']}  {one.get('error', {}).get('title', one['submission'])}"
        for one in answers
    ]
    lines += [f"→ 回执 receipts: {len([path for path in written if path.suffix == '.json'])} → {target}"] if written else []
    show({"containers": answers, "written": [str(path) for path in written]}, as_json, "\n".join(lines) or "介质上没有数据包 / none")
    states = {one["state"] for one in answers}
    return Exit.POLICY if "refused" in states else Exit.REVIEW if "inspecting" in states else Exit.OK


async def export(county: County, office: str, place: Path, *, as_json: bool) -> int:
    """Put what lies unopened for an office onto a medium; the exit code. Raises Problem OFFICE_UNKNOWN and FOLDER_READ_ONLY."""
    async with asking(county) as ask:
        answer = await ask("export-medium", {"office": office, "path": str(place.absolute())})
    lines = [f"→ 已封装写入 sealed and written  {each}" for each in answer["written"]]
    lines += [f"✓ 介质上已有 there already  {each}" for each in answer["items"] if each not in answer["written"]]
    if left := answer["unreadable"]:
        lines.append(f"! {left} 件未封装：该单位尚无人登记可以开启 / left behind: nobody there can open it yet")
    show(answer, as_json, "\n".join(lines) or "该单位没有未阅的来文 / nothing lies unopened for it")
    return Exit.REVIEW if left else Exit.OK


def write_back(target: Path, answers: list[dict[str, Any]]) -> list[Path]:
    """Write the receipts and lists of these answers onto a medium. Raises Problem FOLDER_READ_ONLY."""
    receipts = {answer["submission"]: answer["receipt"].encode() for answer in answers if answer["receipt"]}
    lists = {base64.b64decode(each) for answer in answers for each in answer["lists"]}
    return medium.write_back(target, receipts, sorted(lists))
