"""The set-up script on machines that have everything, something or nothing; programs are stand-ins that write down their calls."""

import os
import pathlib
import shutil
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "install.sh"
RECORD = 'echo "${0##*/} $*" >> "$CALLS"\n'
OPENSSL = 'echo "OpenSSL 3.0.19 27 Jan 2026"\n'
OLD_OPENSSL = 'echo "OpenSSL 1.1.1w  11 Sep 2023"\n'
PYTHON = RECORD + 'if [ "$2" = venv ]; then mkdir -p .venv/bin; cp "$0" .venv/bin/python; fi\n'
TOO_OLD = "exit 1\n"
THE_REST = {"python3": PYTHON, "openssl": OPENSSL, "xxd": "", "unzip": "", "npm": RECORD}


class Machine:
    """A folder of programs that is the whole PATH, and a checkout that holds the script only."""

    def __init__(self, folder: pathlib.Path, programs: dict[str, str]) -> None:
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._calls = folder / "calls"
        self._calls.touch()
        self.checkout = folder / "checkout"
        (self.checkout / "deploy").mkdir(parents=True)
        shutil.copy(SCRIPT, self.checkout / "deploy")
        for name in ("dirname", "mkdir", "cp", "chmod"):
            (self._programs / name).symlink_to(str(shutil.which(name)))
        for name, lines in programs.items():
            self.add(name, lines)

    def add(self, name: str, lines: str) -> None:
        program = self._programs / name
        program.write_text("#!/bin/sh\n" + lines)
        program.chmod(0o755)

    def install(self, *lock: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(shutil.which("bash")), str(self.checkout / "deploy" / "install.sh"), *lock],
            env={"PATH": str(self._programs), "CALLS": str(self._calls), "PROGRAMS": str(self._programs)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        return [call for call in self._calls.read_text().splitlines() if not call.startswith("python3 -c")]


def test_a_machine_that_has_everything_gets_the_lock_and_then_our_packages(tmp_path: pathlib.Path):
    machine = Machine(tmp_path, THE_REST)
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    environment, locked, ours, pages = machine.calls
    assert environment == "python3 -m venv --clear .venv"
    assert "--require-hashes" in locked
    assert "--only-binary :all:" in locked
    assert locked.endswith("--requirement requirements/dev.txt")
    assert "--no-deps --no-build-isolation --editable ." in ours
    assert pages.startswith("npm --prefix exchange/web ci --ignore-scripts")
    assert "://" not in SCRIPT.read_text()


def test_a_machine_without_npm_gets_node_from_the_python_registry(tmp_path: pathlib.Path):
    bring_npm = 'case "$*" in *node.txt*) printf "#!/bin/sh\\n%s" "$RECORD" > .venv/bin/npm; chmod +x .venv/bin/npm;; esac\n'
    machine = Machine(tmp_path, {**{name: lines for name, lines in THE_REST.items() if name != "npm"}, "python3": PYTHON + bring_npm})
    done = machine.install(RECORD=RECORD)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--require-hashes" in machine.calls[-2]
    assert machine.calls[-2].endswith("--requirement requirements/node.txt")
    assert machine.calls[-1].startswith("npm --prefix exchange/web ci --ignore-scripts")


def test_a_county_gets_no_tools_of_tests(tmp_path: pathlib.Path):
    machine = Machine(tmp_path, THE_REST)
    assert machine.install("requirements/server.txt").returncode == 0
    assert "--omit=dev" in machine.calls[-1]


@pytest.mark.parametrize(
    ("programs", "packages"),
    [
        ({}, "python3 python3-venv openssl xxd unzip "),
        ({**THE_REST, "openssl": OLD_OPENSSL}, "openssl "),
        ({**THE_REST, "openssl": 'echo "LibreSSL 3.3.6"\n'}, "openssl "),
        ({**THE_REST, "python3": TOO_OLD}, "python3 python3-venv "),
        ({name: lines for name, lines in THE_REST.items() if name != "xxd"}, "xxd "),
    ],
    ids=["nothing", "old-openssl", "libressl", "old-python", "no-xxd"],
)
def test_a_machine_that_lacks_something_is_told_in_one_sentence(tmp_path: pathlib.Path, programs: dict[str, str], packages: str):
    machine = Machine(tmp_path, programs)
    done = machine.install()
    assert done.returncode == 1
    assert done.stderr.startswith(f"Please install: {packages}(")
    assert len(done.stderr.splitlines()) == 1
    assert not (machine.checkout / ".venv").exists()


def test_a_newer_python_under_its_full_name_is_found(tmp_path: pathlib.Path):
    machine = Machine(tmp_path, {**THE_REST, "python3": TOO_OLD, "python3.12": PYTHON})
    assert machine.install().returncode == 0
    assert "python3.12 -m venv --clear .venv" in machine.calls


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_root_on_debian_installs_what_is_missing_and_goes_on(tmp_path: pathlib.Path):
    without_xxd = {name: lines for name, lines in THE_REST.items() if name != "xxd"}
    bring_xxd = 'if [ "$1" = install ]; then cp "$0" "$PROGRAMS/xxd"; fi\n'
    machine = Machine(tmp_path, {**without_xxd, "apt-get": RECORD + bring_xxd})
    assert machine.install().returncode == 0
    assert machine.calls[:2] == ["apt-get update -qq", "apt-get install -y -qq --no-install-recommends xxd"]
    assert machine.calls[2] == "python3 -m venv --clear .venv"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_packages_that_do_not_help_are_told_too(tmp_path: pathlib.Path):
    machine = Machine(tmp_path, {**THE_REST, "python3": TOO_OLD, "apt-get": RECORD})
    done = machine.install()
    assert done.returncode == 1
    assert "Please install: python3 python3-venv (" in done.stderr
