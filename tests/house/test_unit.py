"""The service's unit, judged by systemd itself; skipped where systemd's tools are not installed."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

UNIT = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "yizhan-county.service"
MOST_EXPOSED = 20
"""Tenths of systemd's exposure level that the unit may reach: 2.0 is "OK"."""


def analyzed(unit: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *arguments, str(unit)], capture_output=True, text=True, check=False)


@pytest.fixture
def unit(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return the unit with a command that exists here, as `verify` looks for it."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text()))
    return copy


def test_systemd_knows_every_line_of_the_unit(unit: pathlib.Path):
    verdict = analyzed(unit, "verify", "--man=no", "--recursive-errors=no")
    if re.search(r"Failed to (initialize|connect|create)", verdict.stderr):
        pytest.skip(f"systemd-analyze cannot run here: {verdict.stderr.strip()}")
    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_the_unit_is_hardened(unit: pathlib.Path):
    verdict = analyzed(unit, "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize("line", ["MemorySwapMax=0", "LimitCORE=0", "UMask=0077", "MemoryDenyWriteExecute=yes", "ProtectSystem=strict"])
def test_what_is_not_judged_yet_cannot_reach_a_disk_through_the_system(line: str):
    assert line in UNIT.read_text().splitlines()


def test_the_readers_of_documents_may_lock_themselves_in():
    allowed = re.findall(r"(?m)^SystemCallFilter=([^~].*)$", UNIT.read_text())
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} <= set(" ".join(allowed).split())
