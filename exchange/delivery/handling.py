"""What may be done with the content of an accepted item, by its handling 处理范围: one table, `(handling, use) -> Permission`.

Who may see an item at all is another question: the offices that sent or received it, or the persons named.
"""

from typing import Final, NamedTuple

from schemas.problems import Problem, ProblemType
from schemas.words import Handling, Role, Word


class Use(Word):
    """What somebody wants to do with the content."""

    FETCH = "fetch", "取出文件", "fetch the container"
    EXPORT = "export", "批量导出", "export it with others"
    PRINT = "print", "打印", "print it"


class Permission(NamedTuple):
    """Whether it may be done at all, who may not, and whether the copy must bear the reader's name and the time."""

    allowed: bool = True
    never: frozenset[Role] = frozenset()
    names_reader: bool = False


_MACHINES: Final = frozenset({Role.SERVICE})

PERMISSIONS: Final[dict[tuple[Handling, Use], Permission]] = {
    (Handling.NORMAL, Use.FETCH): Permission(),
    (Handling.NORMAL, Use.EXPORT): Permission(),
    (Handling.NORMAL, Use.PRINT): Permission(),
    # internal 内部: people alone, one item at a time, and whoever has a print in hand can be named
    (Handling.INTERNAL, Use.FETCH): Permission(never=_MACHINES),
    (Handling.INTERNAL, Use.EXPORT): Permission(allowed=False),
    (Handling.INTERNAL, Use.PRINT): Permission(never=_MACHINES, names_reader=True),
}


def require_permitted(handling: Handling, use: Use, role: Role) -> Permission:
    """Return the permission under which a role may use the content. Raises Problem NOT_ALLOWED."""
    permission = PERMISSIONS[handling, use]
    if not permission.allowed or role in permission.never:
        raise Problem(ProblemType.NOT_ALLOWED, f"{use.value} of {handling.value} items: {role.value}")
    return permission
