"""What was typed wrongly at the county's command line, said so that it can be typed right: what the argument is, and what comes near.

The rules themselves stand where the acts are; they name the field, as the pages want it. Here it is said to a person.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

from archive.ledger.database import Tx
from exchange.commands import COMMANDS, Desk
from exchange.office import store
from schemas.problems import Problem, ProblemType
from schemas.words import Label

_NEAR: Final = 3
"""Codes that are proposed for one that there is not."""
_ALIKE: Final = 0.5
_PHONE: Final = Label("电话号码只用数字、空格和 + - ( ) * #", "a telephone number: digits, spaces, + - ( ) * #")
_MEANT: Final[Mapping[str, Label]] = {
    "code": Label(
        "单位代码以字母开头，只用字母、数字、- 和 _，最多 32 个，如 T01",
        "an office code begins with a letter and has letters, digits, - and _ alone, 32 at most, for instance T01",
    ),
    "name": Label(
        f"名称、姓名为 1–{store.MAX_NAME} 个字，不含换行等控制字符", f"a name: 1 to {store.MAX_NAME} characters, no line breaks or the like"
    ),
    "phone": _PHONE,
    "number": _PHONE,
    "--scope": Label(
        "接口账号（--role service）须有 --scope，其他人员没有", "a service account (--role service) needs --scope, and nobody else has any"
    ),
    "several people of this name": Label("有几人同名，请写人员编号", "several people have this name: give the person's id"),
    "legacy": Label("没有这件历史件", "there is no legacy item of this number"),
    "paper": Label("没有这件纸质登记", "there is no registered paper of this id"),
    "one-time code": Label("没有这个注册码", "there is no one-time code that begins so"),
}
"""What is wrong, by the field that a rule names."""
_TYPED: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("code",),
    "name": ("name", "person"),
    "phone": ("phone",),
    "number": ("called",),
    "legacy": ("item",),
    "paper": ("item",),
    "several people of this name": ("person",),
}
"""The arguments that hold such a field."""


async def carry_out(desk: Desk, command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run a command and return its answer. Raises Problem, its detail in both languages where an argument is at fault."""
    try:
        return await COMMANDS[command](desk, **arguments)
    except Problem as problem:
        detail = await _detail(desk, problem, arguments)
        if not detail:
            raise
        raise Problem(problem.kind, detail, **problem.members) from problem


async def _detail(desk: Desk, problem: Problem, arguments: Mapping[str, Any]) -> str:
    """Return what is to be said of a refusal instead; empty for one that says enough by itself."""
    if problem.kind is ProblemType.OFFICE_UNKNOWN:
        near = await desk.database.read(nearest, problem.detail)
        return f"{problem.detail}: {near.zh} / {near.en}"
    if problem.kind is ProblemType.PERSON_UNKNOWN:
        return f"{problem.detail}: 人员编号用 people 命令列出 / `people` lists the ids"
    field = problem.detail.partition(":")[0]
    if (problem.kind, field) == (ProblemType.NOT_FOUND, "code"):  # an office that is not there is OFFICE_UNKNOWN
        field = "one-time code"
    said = _MEANT.get(field) if problem.kind in (ProblemType.REQUEST_MALFORMED, ProblemType.NOT_FOUND) else None
    if said is None:
        return ""
    typed = next((str(arguments[name]) for name in _TYPED.get(field, ()) if arguments.get(name)), "")
    return f"{typed}: {said.zh} / {said.en}" if typed.isprintable() and typed else f"{said.zh} / {said.en}"


def nearest(tx: Tx, text: str) -> Label:
    """Return the offices that somebody may have meant by a code that is none: of that name, or of a code that is alike."""
    known = {row.code: row.name for row in store.offices(tx)}
    folded = {code.lower(): code for code in known}
    codes = [code for code in known if _bare(code) == _bare(text)]
    codes += [code for code, name in known.items() if text and text in name]
    codes += [folded[each] for each in difflib.get_close_matches(text.lower(), list(folded), _NEAR, _ALIKE)]
    codes = list(dict.fromkeys(codes))[:_NEAR]
    if not codes:
        return Label("单位代码用 office list 命令列出", "`office list` lists the codes")
    named = "、".join(f"{code} {known[code]}" for code in codes)
    return Label(f"相近的有 {named}；全部用 office list 命令列出", f"near it are {', '.join(codes)}; `office list` lists all")


def _bare(code: str) -> str:
    """Return a code as it is spoken: in small letters, and without the zeros in front of its number."""
    return re.sub("0+(?=[0-9])", "", code.lower())
