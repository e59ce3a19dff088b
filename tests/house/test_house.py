"""The house in order: packages, sizes of rooms, locks, pages written from tables, and nothing secret in git."""

import importlib
import importlib.metadata
import pathlib
import re
import subprocess
import tomllib
import zipfile

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from schemas.problems import ProblemType
from schemas.problems_page import page

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("exchange", "archive", "keys", "schemas")
LOCKS = ("client", "server", "dev")
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+))? \\$", re.MULTILINE)
LONGEST_ROOM = 600


def tracked() -> list[pathlib.Path]:
    """Return the files that are in git or would be added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def pins(name: str) -> dict[str, str]:
    return {match["name"]: match["version"] for match in PINNED.finditer(lock(name))}


@pytest.mark.parametrize("name", PACKAGES)
def test_our_packages_are_ours(name: str):
    claimed = importlib.metadata.packages_distributions().get(name, ["yizhan"])
    assert set(claimed) == {"yizhan"}
    package = importlib.import_module(name)
    assert pathlib.Path(str(package.__file__)).parent == ROOT / name


def test_the_wheel_holds_every_file_of_the_four_packages_and_the_two_commands(tmp_path: pathlib.Path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as members:
        names = members.namelist()
        commands = members.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    ours = {str(path.relative_to(ROOT)) for path in tracked() if path.relative_to(ROOT).parts[0] in PACKAGES}
    assert {name for name in names if ".dist-info/" not in name} == ours
    assert re.findall(r"^yizhan\S*", commands, re.MULTILINE) == ["yizhan", "yizhan-county"]


def test_no_room_is_too_large_to_live_in():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py" and (lines := len(path.read_text().splitlines())) > LONGEST_ROOM
    }
    assert long == {}


def test_no_private_key_or_certificate_is_in_git():
    armour = re.compile(rb"-{5}BEGIN [A-Z0-9 ]*(PRIVATE KEY|CERTIFICATE|X509 CRL)-{5}\s+[A-Za-z0-9+/=]{16}")
    files = tracked()
    assert [path for path in files if armour.search(path.read_bytes())] == []
    assert [path for path in files if path.suffix in {".pem", ".key", ".p12", ".pfx", ".crt", ".der", ".asice"}] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_exact_versions_with_digests_and_no_address(name: str):
    text = lock(name)
    assert "://" not in text
    assert "@" not in text
    for line in text.splitlines():
        assert PINNED.match(line) or re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?| +#.*", line), line
    for pinned in re.split(r"(?m)^(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in pinned


def test_the_locks_agree_with_each_other():
    client, server, dev = map(pins, LOCKS)
    assert client
    assert client.items() <= server.items() <= dev.items()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_whatever_its_wishes_name(name: str):
    wishes = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    for wish in (Requirement(line) for line in wishes if line and not line.startswith(("-r", "#"))):
        assert wish.specifier.contains(pins(name)[canonicalize_name(wish.name)])


def test_the_locks_satisfy_what_the_package_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [("client", text) for text in project["dependencies"]]
    declared += [("server", text) for text in project["optional-dependencies"]["server"]]
    for name, requirement in ((name, Requirement(text)) for name, text in declared):
        assert requirement.specifier.contains(pins(name)[canonicalize_name(requirement.name)]), requirement


def test_the_page_of_problems_is_the_table_of_problems():
    written = (ROOT / "docs" / "problems.md").read_text()
    assert [problem.type for problem in ProblemType if f"| `{problem.type}` |" not in written] == []
    assert written == page(), "run `make docs`"


def test_the_readme_names_the_commands_that_ci_and_everybody_run():
    readme = (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make test"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in ("run", "test", "install", "bench"):
        assert command in targets
        assert f"make {command}" in readme
