"""What recognition misreads in a mark, put right; only for lines that were recognised in a picture, never for text.

Measured misreadings: the star comes as 大, 女, 六, * or not at all, 密 as 蜜 or 宓, 机 as 札 or 杌, 秘 as 祕 or 秒, a figure one as I or l,
and a seal or red head leaves a character beside it. Only a line that is a mark and nothing else is put right.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from archive.reading.reading import Line
from exchange.policy.layout import MAXIMUM_PIECES
from exchange.policy.spelling import STARS, canonical

LONGEST: Final = 30
"""Characters of the longest line that is looked at."""

_LONGEST_PIECE: Final = 12
_PROPORTION: Final = 210 / 297
_NEAR: Final = 1.5
_FIRSTS: Final = {"绝": "绝艳绚纶", "机": "机札杌枧矶朳柷", "秘": "秘秒袐泌柲"}
_SECONDS: Final = "密蜜宓窑窒蔤"
_FIRST: Final = "".join(_FIRSTS.values())
_LIKE_STAR: Final = "大女娘太六食公交木夹夫天犬文火水永术安央衣" + r"xX×+＋#※" + re.escape(STARS)
_ALONE_LIKE_STAR: Final = "大女娘太六夹犬" + r"x×+＋#※" + re.escape(STARS)
_LEVEL: Final = rf"(?P<first>(?<!工作)(?<!商业)[{_FIRST}])[\W_]{{0,3}}(?P<second>[{_SECONDS}])[级件]?"
_SPAN: Final = (
    r"(?P<term>[\dIlOo|丨一二三四五六七八九十]{1,3} ?(?:年|牛|午|个?月|日|天)|长 ?[期朋斯]|\d{4} ?年(?: ?\d{1,2} ?月)?(?: ?\d{1,2} ?日)?"
    r"|[^\W\d_]{1,8}(?:前|后|结束|解密))"
)
_URGENT: Final = r"(?:特急|加急|急件|平急|特提|平件|紧急)"
_BEFORE: Final = rf"[\W\d_A-Za-z]{{0,12}}(?:{_URGENT}[\W\d_]{{0,6}})?"
_AFTER: Final = rf"[\W_]{{0,3}}(?:{_URGENT})?[\W_]{{0,3}}"
_WITH_TERM: Final = re.compile(
    rf"{_BEFORE}[^\W\d_]?{_LEVEL}[\W_]{{0,3}}(?P<star>[{_LIKE_STAR}]{{0,2}})[\W_至]{{0,3}}{_SPAN}.{{0,2}}{_AFTER}"
)
_WITHOUT_TERM: Final = re.compile(rf"{_BEFORE}{_LEVEL}[\W_]{{0,3}}(?P<star>[{_ALONE_LIKE_STAR}]{{0,2}}){_AFTER}")
_BEHEADED: Final = re.compile(rf"{_BEFORE}[^\W\d_]?(?P<second>[{_SECONDS}])[\W_]{{0,3}}[{_LIKE_STAR}]{{1,2}}[\W_至]{{0,3}}{_SPAN}{_AFTER}")
_PIECE: Final = re.compile(rf"[\W_]{{0,2}}[{_FIRST}]?[{_SECONDS}]?[级件]?(?:[{re.escape(STARS)}].{{0,8}})?[\W_]{{0,2}}")
_TELLS: Final = re.compile(f"[{_SECONDS}]")
_COMPOUNDS: Final = re.compile("[手司飞随停耕危]$")
_TO_FIRST: Final = {sign: level for level, signs in _FIRSTS.items() for sign in signs}
_FIGURES: Final = str.maketrans("IlOo|丨牛午朋斯", "110011年年期期")


def mended(text: str) -> Iterator[str]:
    """Give what a recognised line was meant to be, if it is a mark and nothing else; nothing for any other line."""
    if len(text) > LONGEST or not _TELLS.search(text):
        return
    plain = canonical(text)
    whole = _WITH_TERM.fullmatch(plain)
    if whole is not None and not _COMPOUNDS.search(plain[: whole.start("first")]):
        true = whole["first"] in _FIRSTS or whole["second"] == "密" or whole["star"]
        if true:
            yield f"{_TO_FIRST[whole['first']]}密★{whole['term'].translate(_FIGURES)}"
        return
    whole = _WITHOUT_TERM.fullmatch(plain)
    if whole is not None:
        if whole["first"] in _FIRSTS or whole["second"] == "密":
            yield f"{_TO_FIRST[whole['first']]}密{'★' if whole['star'] else ''}"
        return
    whole = _BEHEADED.fullmatch(plain)
    if whole is not None:
        yield f"密★{whole['term'].translate(_FIGURES)}"


def pieces(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that could be pieces of one mark, misread characters put right: each has another one near.

    The characters of a seal come one by one as well, all around it: 机 and 密 of an office's name stand apart there.
    """
    found = [row for row in lines if len(row.text) <= _LONGEST_PIECE and _PIECE.fullmatch(row.text)][:MAXIMUM_PIECES]
    near = [row for row in found if any(row is not other and _are_near(row, other) for other in found)]
    return [msgspec.structs.replace(row, text="".join(map(_right, row.text))) for row in near]


def _right(sign: str) -> str:
    return _TO_FIRST.get(sign, "密" if sign in _SECONDS else sign)


def _are_near(one: Line, other: Line) -> bool:
    """Say whether the gap between two lines is at most one and a half characters, across or down, on an upright A4 page."""
    height = max(one.height, other.height)
    across = max(other.x - one.x - one.width, one.x - other.x - other.width) * _PROPORTION
    down = max(other.y - one.y - one.height, one.y - other.y - other.height)
    return max(across, down) <= _NEAR * height
