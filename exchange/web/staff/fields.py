"""What the registry's forms send, read into a filing: and what to say of a field that is not right."""

from typing import Final

from multidict import MultiDict

from exchange.staff.filing import StaffFiling, Training
from schemas.problems import Problem, ProblemType
from schemas.words import Label, Role

BLANKS: Final = 3
"""Empty rows for trainings below those that are filed."""

RULES: Final = {
    "name": Label("请填写 1 至 60 个字的姓名。", "Give a name of 1 to 60 characters."),
    "role": Label("请选择角色；管理员和接口账号不在此变更。", "Choose a role; administrators and service accounts are not changed here."),
    "post": Label("职务至多 40 个字。", "A post has at most 40 characters."),
    "mobile": Label("请填写电话号码，只含数字、空格、- 和开头的 +。", "Give a telephone number: digits, spaces, - and a leading +."),
    "birth_year": Label("请填写四位年份，例如 1988。", "Give a year of four digits, for instance 1988."),
    "since": Label("请填写年月，例如 2024-03，不晚于本月。", "Give a month, for instance 2024-03, not later than this one."),
    "training": Label(
        "每条培训请填日期（不晚于今天）、内容和 1 至 500 学时，至多 20 条。",
        "Each training has a date (today at the latest), a subject, and 1 to 500 hours; at most 20.",
    ),
    "note": Label("说明至多 500 字。", "A note has at most 500 characters."),
    "to": Label("请选择另一个单位。", "Choose another office."),
    "days": Label(
        "请填写起止日期：止不早于起和今天，至多一年。",
        "Give the first and the last day: the last not before the first or today, a year at most.",
    ),
    "deputy": Label("请选择另一名人员代班。", "Choose somebody else as the deputy."),
    "successor": Label("请选择本单位现有人员接手。", "Choose a successor among the people of this office."),
    "words": Label("请写明退回原因（至多 500 字）。", "Say why it is returned (500 characters at most)."),
}
"""What to say of a field, by its name."""

ROLES: Final = tuple(role for role in Role if role not in (Role.ADMINISTRATOR, Role.SERVICE))


def filing(fields: MultiDict[str]) -> StaffFiling:
    """Return what a form says of a person. Raises Problem REQUEST_MALFORMED naming the field."""
    return StaffFiling(
        name=fields.get("name", ""),
        role=_role(fields.get("role", "")),
        post=fields.get("post", ""),
        mobile=fields.get("mobile", ""),
        birth_year=_number(fields.get("birth_year", ""), "birth_year"),
        full_time={"yes": True, "no": False}.get(fields.get("full_time", "")),
        since=fields.get("since", ""),
        in_charge=fields.get("in_charge") == "yes",
        training=trainings(fields),
    )


def trainings(fields: MultiDict[str]) -> tuple[Training, ...]:
    """Return the filled rows of the table of trainings. Raises Problem REQUEST_MALFORMED."""
    columns = [fields.getall(f"training_{name}", []) for name in ("date", "subject", "hours")]
    rows = [tuple(cell.strip() for cell in row) for row in zip(*columns, strict=False)]
    return tuple(Training(day, subject, _number(hours, "training") or 0) for day, subject, hours in rows if day or subject or hours)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise Problem(ProblemType.REQUEST_MALFORMED, "role") from error


def _number(text: str, field: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 4:  # noqa: PLR2004 - a year, or hours
        raise Problem(ProblemType.REQUEST_MALFORMED, field)
    return int(text)


def wrong(problem: Problem) -> dict[str, Label]:
    """Return what is wrong with which field. Raises the problem when it is not about one."""
    if problem.kind is ProblemType.REASON_REQUIRED:
        return {"words": RULES["words"]}
    if problem.kind is not ProblemType.REQUEST_MALFORMED or problem.detail not in RULES:
        raise problem
    return {problem.detail: RULES[problem.detail]}
