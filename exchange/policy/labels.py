"""What each rule is called before a person: a clerk must see at once what was found and where."""

from typing import Any, Final

from schemas.problems import ProblemType
from schemas.words import Label

RULES: Final[dict[str, Label]] = {
    "declared": Label("申报的密级不是“非涉密”", "declared as classified"),
    "star-head": Label("首页上部有“密级★期限”标志", "level, star and term in the head of page 1"),
    "star-line": Label("有单独成行的“密级★期限”标志", "level, star and term on a line of their own"),
    "star-sentence": Label(
        "句中或引号中有“密级★期限”，或标志残缺", "level and star within a sentence, or a mark of which a piece is missing"
    ),
    "level-head": Label("首页上部有单独的密级", "a level alone in the head of page 1"),
    "level-line": Label("有单独成行的密级", "a level on a line of its own"),
    "field-head": Label("首页上部的密级栏填有密级", "a secrecy field with a level in the head of page 1"),
    "field-line": Label("密级栏填有密级", "a secrecy field with a level"),
    "ticked": Label("勾选了密级", "a level is ticked"),
    "split-star": Label("竖排或拆开的“密级★”标志", "level and star, written downwards or taken apart"),
    "split-level": Label("竖排或拆开的密级", "a level, written downwards or taken apart"),
    "watermark": Label("水印或逐页重复的密级", "a level as a watermark or repeated page by page"),
    "name-bracket": Label("标题或文件名首尾标有密级", "a level at the edge of a title or file name"),
    "name-token": Label("标题、文件名或首页上部夹有密级", "a level within a title, a file name or the head"),
    "label": Label("文件属性中的敏感度标签", "a sensitivity label in the properties"),
    "english": Label("英文密级标志", "an English secrecy mark"),
    "layer-differs": Label("扫描件的隐藏文字与所见不符", "the hidden text of a scan differs from what is seen"),
    "declassified": Label("有“解密”标志，须核对", "marked as declassified: to be checked"),
}
"""Every rule that a policy decides about."""

PLACES: Final = {"upper": Label("上部", "upper third"), "middle": Label("中部", "middle"), "lower": Label("下部", "lower third")}

MARKING: Final = "marking"


def label_of(rule: str) -> Label:
    """Return the label of a rule, of an internal marking (`marking:工作秘密`), or of the problem that stopped the reading.

    The id itself stands for one that a newer county names.
    """
    if rule in RULES:
        return RULES[rule]
    marking = rule.removeprefix(f"{MARKING}:")
    if marking != rule:
        return Label(f"内部标志“{marking}”", f"the internal marking {marking}")
    return next((kind.title for kind in ProblemType if kind.type == rule), Label(rule, rule))


def where(finding: dict[str, Any]) -> str:
    """Return a finding (rule, part, page, place, text) as one line for a person, Chinese first."""
    place = PLACES.get(finding.get("place", ""))
    beside = bool(finding.get("part")) and finding["rule"] in RULES and not finding.get("page")
    page = f" 第 {finding['page']} 页{place.zh if place else ''}" if finding.get("page") else "（文件名、属性或批注）" if beside else ""
    text = f"：{finding['text']}" if finding.get("text") else ""
    label = label_of(finding["rule"])
    page_en = (
        f", page {finding['page']}{f', {place.en}' if place else ''}"
        if finding.get("page")
        else ", in its name, properties or notes"
        if beside
        else ""
    )
    return f"{finding.get('part') or '报送信息 metadata'}{page}  {label.zh}{text}\n      {label.en}{page_en} [{finding['rule']}]"
