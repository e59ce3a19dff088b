"""The policy as data: the presets, a county's own file, and the form in which it is published to those who check before sending."""

import hashlib
import json
import pathlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from exchange.policy.labels import RULES
from exchange.policy.verdict import DECLARED
from schemas.problems import Problem, ProblemType
from schemas.words import Disclosure, Outcome

PRESETS: Final = ("usual", "strict")
FLOOR: Final = frozenset({DECLARED, "star-head", "star-line", "level-head", "field-head", "split-star"})
"""Rules that no policy may weaken: they block."""

EDITION: Final = 3
"""Of the patterns behind the rules: one more whenever they find something else, so that the version of every policy changes."""

FORMAT: Final = "policy/v1"
_FOLDER: Final = pathlib.Path(__file__).parent / "rules"
_PUBLIC: Final = frozenset(word.zh for word in Disclosure)
_MAXIMUM: Final = 1 << 16


@dataclass(frozen=True)
class Policy:
    """What follows from each rule and from each internal marking.

    `version` is the name and the first twelve hex digits of the SHA-256 of what is published: two policies of one version
    judge alike.
    """

    name: str
    title: str
    version: str
    outcomes: Mapping[str, Outcome]
    markings: Mapping[str, Outcome]

    def published(self) -> bytes:
        """Return the policy as it is served: JSON, UTF-8, sorted keys, no spaces. Equal policies give equal bytes."""
        return _written(self.name, self.title, self.outcomes, self.markings)


class _Published(Struct, frozen=True):
    """What `published` writes; a newer county may write more."""

    type: Literal["policy/v1"]
    name: str
    title: str
    outcomes: dict[str, Outcome]
    markings: dict[str, Outcome]


def load(name_or_path: str) -> Policy:
    """Load a preset (`usual`, `strict`) or a policy file of one's own, which may build on a preset with `base`.

    Raises Problem CONFIG_INVALID: not readable, a rule missing or unknown, one of `FLOOR` that does not block, or a
    disclosure (主动公开…) that does not pass.
    """
    path = _FOLDER / f"{name_or_path}.toml" if name_or_path in PRESETS else pathlib.Path(name_or_path)
    try:
        table = tomllib.loads(path.read_bytes().decode())
        base = _base(table)
        name = str(table["name"])
        outcomes = base["outcomes"] | _outcomes(table["outcomes"] if not base["outcomes"] else table.get("outcomes", {}))
        markings = base["markings"] | _outcomes(table["markings"] if not base["markings"] else table.get("markings", {}))
        return _made(path.name, name, str(table.get("title", name)), outcomes, markings)
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise Problem(ProblemType.CONFIG_INVALID, f"{name_or_path}: {_wrong(error)}") from error


def _wrong(error: Exception) -> str:
    """Return why a file is no policy, for who wrote it."""
    match error:
        case OSError():
            here, there = "、".join(PRESETS), ", ".join(PRESETS)
            return f"没有这个文件或不能读取，可用 {here} 或文件路径 / not there or not readable: give {there} or a file"
        case tomllib.TOMLDecodeError() | UnicodeDecodeError():
            return f"不是 UTF-8 的 TOML 文件 / no TOML file in UTF-8: {error}"
        case KeyError():
            return f"缺少 {error.args[0]} / without {error.args[0]}"
        case _:
            return f"内容不对 / not what it should hold: {error}"


def load_published(content: bytes) -> Policy:
    """Load what a county published. Its version is the county's, even where the county knows rules that this program does not.

    A rule that the county does not know yet blocks. Raises Problem CONFIG_INVALID like `load`.
    """
    try:
        told = msgspec.json.decode(content[: _MAXIMUM + 1], type=_Published)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(ProblemType.CONFIG_INVALID, f"published policy: {type(error).__name__}") from error
    outcomes = {rule: told.outcomes.get(rule, Outcome.BLOCK) for rule in RULES}
    _require_floor("published policy", outcomes, told.markings)
    version = _version(told.name, content)
    return Policy(told.name, told.title, version, MappingProxyType(outcomes), MappingProxyType(told.markings))


def _base(table: Mapping[str, Any]) -> dict[str, dict[str, Outcome]]:
    if "base" not in table:
        return {"outcomes": {}, "markings": {}}
    if table["base"] not in PRESETS:
        raise ValueError("base")
    base = load(table["base"])
    return {"outcomes": dict(base.outcomes), "markings": dict(base.markings)}


def _made(file: str, name: str, title: str, outcomes: dict[str, Outcome], markings: dict[str, Outcome]) -> Policy:
    wrong = sorted(RULES.keys() ^ outcomes.keys())
    if wrong:
        raise Problem(ProblemType.CONFIG_INVALID, f"policy {file}: {', '.join(wrong)}")
    _require_floor(f"policy {file}", outcomes, markings)
    version = _version(name, _written(name, title, outcomes, markings))
    return Policy(name, title, version, MappingProxyType(outcomes), MappingProxyType(markings))


def _require_floor(what: str, outcomes: Mapping[str, Outcome], markings: Mapping[str, Outcome]) -> None:
    wrong = sorted(rule for rule in FLOOR if outcomes[rule] is not Outcome.BLOCK)
    wrong += sorted(word for word in markings if word in _PUBLIC or not word.strip())
    if wrong:
        raise Problem(ProblemType.CONFIG_INVALID, f"{what}: {', '.join(wrong)}")


def _outcomes(table: Mapping[str, Any]) -> dict[str, Outcome]:
    return {str(rule): Outcome(value) for rule, value in table.items()}


def _written(name: str, title: str, outcomes: Mapping[str, Outcome], markings: Mapping[str, Outcome]) -> bytes:
    table = {"type": FORMAT, "edition": EDITION, "name": name, "title": title}
    told = {
        "outcomes": {rule: str(word) for rule, word in outcomes.items()},
        "markings": {text: str(word) for text, word in markings.items()},
    }
    return json.dumps(table | told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _version(name: str, published: bytes) -> str:
    return f"{name}-{hashlib.sha256(published).hexdigest()[:12]}"
