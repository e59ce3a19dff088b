"""The county's policy as this home last heard it, so that both ends judge alike; until then the preset that counties begin with."""

from pathlib import Path
from typing import Final

from exchange.client.home import keep
from exchange.client.http import Line
from exchange.policy.rules import Policy, load, load_published
from schemas.problems import Problem, ProblemType

PRESET: Final = "usual"
FILE: Final = "policy.json"


def policy_of(home: Path | None) -> Policy:
    """Return the policy to judge by. One that cannot be read is as none: the county judges anyway."""
    try:
        return load_published((home / FILE).read_bytes()) if home is not None else load(PRESET)
    except (OSError, Problem):
        return load(PRESET)


async def follow_policy(home: Path, line: Line) -> None:
    """Fetch and keep the policy in force when the last answer named another one. What goes wrong is left for the next time."""
    if not line.policy or line.policy == policy_of(home).version:
        return
    try:
        published = await line.get("/api/v1/policy", signed=False)
        load_published(published)  # nothing is kept that would not be understood
        keep(home / FILE, published)
    except Problem as problem:
        if problem.kind not in (ProblemType.NETWORK, ProblemType.CONFIG_INVALID, ProblemType.NOT_FOUND, ProblemType.FOLDER_READ_ONLY):
            raise
