"""Lets schemathesis explore a county over a real connection, with requests that a person of it signs.

The suite does so briefly; `make explore` for as long as one likes.
"""

import argparse
import asyncio
import base64
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from county_maker import Running, found, really_serving
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from submission_maker import Letter, pack

from archive.ledger import log
from exchange.app import operations
from exchange.clock import SystemClock
from exchange.config import Limits
from schemas.words import Role

TESTS = Path(__file__).parent
SETTINGS = Path(__file__).with_name("schemathesis.toml")
TAKEN_OUT = "positive_data_acceptance"
"""A cursor, a tag or a code of the right form need not be one that was issued."""


@dataclass(frozen=True)
class Explored:
    """What came of it: the exit code, and what was printed."""

    code: int
    said: str


async def explore(folder: Path, *, examples: int, seed: int | None = None, phases: str = "examples,coverage,fuzzing") -> Explored:
    """Found a county with a few submissions in `folder`, serve it, and let schemathesis ask whatever it thinks of.

    Without a seed it always thinks of the same.
    """
    clock = SystemClock()
    await found(folder / "county", clock.now(), Limits(failures_per_address_per_minute=1_000_000))
    async with really_serving(folder / "county", clock) as county:
        known = await _people_and_papers(county, folder / "known.asice")
        (folder / "known.json").write_text(json.dumps(known))
        url = str(county.client.make_url("/")).rstrip("/")
        return await _asked(folder, url, examples, seed, phases)


async def _people_and_papers(county: Running, kept: Path) -> dict[str, object]:
    await county.office("T01")
    await county.person("T01")
    reviewer = await county.person("county", "李四", Role.REVIEWER)
    submissions = []
    for _ in range(4):
        kept.write_bytes(pack(Letter(at=county.clock.now()), county.people["T01.1"]))
        _, body = await county.submit(kept.read_bytes())
        submissions.append(json.loads(body)["submission"])
    signer = county.people[reviewer]
    return {
        "key": signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "certificate": signer.certificate.public_bytes(Encoding.PEM).decode(),
        "submissions": submissions,
        "container": str(kept),
        "checkpoint": base64.b64encode((await county.service.database.read(log.latest)).note).decode(),
    }


async def _asked(folder: Path, url: str, examples: int, seed: int | None, phases: str) -> Explored:
    command = [
        *(
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            str(SETTINGS),
            "run",
            f"{url}/api/v1/openapi.json",
            "--url",
            url,
            "--no-color",
        ),
        *("--checks", "all", "--exclude-checks", TAKEN_OUT),
        *(option for each in operations() if each.endless for option in ("--exclude-operation-id", each.id)),
        *("--phases", phases, "--max-examples", str(examples)),
        *(("--generation-deterministic",) if seed is None else ("--seed", str(seed), "--generation-database", "none")),
        *("--continue-on-failure", "--no-shrink", "--request-timeout", "20"),
    ]
    known = {
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        "YIZHAN_EXPLORER": str(folder / "known.json"),
        "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS))),
    }
    child = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | known, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await child.communicate()
    return Explored(child.returncode or 0, said.decode(errors="replace"))


def main() -> int:
    """Explore for longer, and print what schemathesis says."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        explored = asyncio.run(explore(Path(folder), examples=args.examples, seed=args.seed))
    print(explored.said)
    return explored.code


if __name__ == "__main__":
    sys.exit(main())
