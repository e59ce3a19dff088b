"""What a secrecy mark says, and the ways in which its letters are disguised. Invented papers only: none of these marks is one."""

import random
from collections.abc import Callable
from typing import Final

LEVELS: Final = ("秘密", "机密", "绝密")

TERMS: Final = ("1年", "10年", "6个月", "长期", "2031年12月31日", "至2029年6月", "会议开始前", "公布前", "30年", "任务完成前")

BARE: Final = "bare"
STAR: Final = "star"
TERM: Final = "term"

FORMS: Final[dict[str, Callable[[str, str], str]]] = {
    BARE: lambda level, _: level,
    STAR: lambda level, _: f"{level}★",
    TERM: lambda level, term: f"{level}★{term}",
}
"""The forms that the layout of official papers knows."""

OTHER_FORMS: Final[dict[str, Callable[[str, str], str]]] = {
    "level word": lambda level, term: f"{level}级★{term}",
    "field": lambda level, _: f"密级：{level}",
    "field with term": lambda level, term: f"密级和保密期限：{level}★{term}",
    "square brackets": lambda level, _: f"【{level}】",
    "round brackets": lambda level, _: f"（{level}）",
    "with urgency": lambda level, term: f"{level}★{term}　特急",
    "as a kind of paper": lambda level, _: f"{level}文件",
    "level alone with its word": lambda level, _: f"{level}级",
}

_TRADITIONAL: Final = str.maketrans("机密绝级长开会议务", "機密絕級長開會議務")
_WIDE: Final = {number: chr(number + 0xFEE0) for number in range(0x21, 0x7F)}


def _between(gap: str) -> Callable[[str, random.Random], str]:
    return lambda mark, _: gap.join(mark)


def _starred(star: str) -> Callable[[str, random.Random], str]:
    return lambda mark, _: (mark if "★" in mark else f"{mark}★").replace("★", star)


def _scattered(gaps: str) -> Callable[[str, random.Random], str]:
    def change(mark: str, choice: random.Random) -> str:
        return "".join(sign + choice.choice(gaps) * choice.randrange(1, 3) for sign in mark[:-1]) + mark[-1]

    return change


DISGUISES: Final[dict[str, Callable[[str, random.Random], str]]] = {
    "spaces": _between(" "),
    "two spaces": _between("  "),
    "wide spaces": _between("\u3000"),
    "many spaces": _between("      "),
    "tabs": _between("\t"),
    "spaces of many kinds": _scattered(" \u00a0\u2002\u2003\u2009\u202f\u205f\u3000"),
    "wide digits": lambda mark, _: mark.translate(_WIDE),
    "traditional": lambda mark, _: mark.translate(_TRADITIONAL),
    "variant of secret": lambda mark, _: mark.replace("秘", "祕").replace("绝", "絶"),
    "zero width": _between("\u200b"),
    "joiners": _scattered("\u200c\u200d\u2060\ufeff"),
    "soft hyphens": _between("\u00ad"),
    "marks of direction": _scattered("\u200e\u200f\u202a\u202c"),
    "variation selectors": _between("\ufe00"),
    "line beneath": _between("\u0332"),
    "hollow star": _starred("☆"),
    "asterisk": _starred("*"),
    "wide asterisk": _starred("＊"),
    "drawn star": _starred("⭐"),
    "small star": _starred("⋆"),
    "pointed star": _starred("✭"),
    "six points": _starred("✶"),
    "star with spaces": _starred(" ★ "),
    "dots": _between("·"),
    "full stops": _between("."),
    "hyphens": _between("-"),
    "ideographic dots": _between("・"),
    "square brackets": lambda mark, _: f"【{mark}】",
    "angle brackets": lambda mark, _: f"〈{mark}〉",
    "wrapped in stars": lambda mark, _: f"★{mark}★",
    "compatibility letters": lambda mark, _: mark.replace("年", "\uf98e").replace("1", "①"),
    "circled secret": lambda mark, _: (
        mark.replace("秘密", "㊙密").replace("机密", "机㊙").replace("绝密", "绝㊙") if "秘密" in mark else f"【{mark}】"
    ),
    "copy number before": lambda mark, _: f"000012 {mark}",
    "words after": lambda mark, _: f"{mark} 注意保存",
}
"""Of the letters alone; every carrier can show them."""

HELD_OUT_DISGUISES: Final[dict[str, Callable[[str, random.Random], str]]] = {
    "underscores": _between("_"),
    "thin strokes": _between("|"),
    "hair spaces": _between("\u200a"),
    "Hangul filler": _between("\u3164"),
    "invisible times": _between("\u2062"),
    "star in a ring": _starred("✪"),
    "black small star": _starred("⭑"),
    "full star beside hollow": _starred("★☆"),
    "Chinese figures": lambda mark, _: mark.translate(str.maketrans("1306", "一三〇六")),
    "tortoise brackets": lambda mark, _: f"〔{mark}〕",
    "quotation corners": lambda mark, _: f"「{mark}」",
    "level as a prefix of the copy number": lambda mark, _: f"{mark} 第0037号",
    "traditional with spaces": lambda mark, _: " ".join(mark.translate(_TRADITIONAL)),
    "zero width and dots": lambda mark, _: "\u200b·".join(mark),
}
"""Those that nobody has tried rules on."""


def mark_of(level: str, term: str, form: str) -> str:
    """Return the mark in one of the forms."""
    return (FORMS | OTHER_FORMS)[form](level, term)
