"""Takes evidence bundles apart, changes them, puts them together again, and lets both verifiers judge them."""

import atexit
import functools
import hashlib
import io
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from evidence_maker import Case

from keys.bundle import Report, check_bundle
from schemas.messages import Envelope
from schemas.problems import Problem, ProblemType

Files = dict[str, bytes]


@functools.cache
def bare_path() -> str:
    """Return a PATH on which there is nothing but bash, openssl and xxd."""
    folder = tempfile.mkdtemp(prefix="bare-path-")
    atexit.register(shutil.rmtree, folder)
    for program in ("bash", "openssl", "xxd"):
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"{program} is not installed")
        Path(folder, program).symlink_to(found)
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    if version.split()[1].split(".")[0] < "3":
        pytest.skip(f"verify.sh needs OpenSSL 3.0, here is {version}")
    return folder


@dataclass(frozen=True)
class Verdict:
    """What verify.sh says: exit status and output; `failed` is the line of the step that failed."""

    status: int
    output: str

    @property
    def failed(self) -> str:
        lines = self.output.splitlines()
        return next((" ".join(lines[i : i + 3]) for i, line in enumerate(lines) if "FAILED" in line), "")


def run_script(folder: Path, root: str | None = None, script: str = "verify.sh") -> Verdict:
    """Run the folder's own script, or another one, on the bare PATH."""
    bash = str(Path(bare_path(), "bash"))
    environment = {"PATH": bare_path(), **({} if root is None else {"ROOT": root})}
    done = subprocess.run([bash, script], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return Verdict(done.returncode, done.stdout)


def files_of(case: Case, folder: Path) -> Files:
    """Return the members of the case's bundle."""
    path = case.write(folder / "bundle.zip")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def summed(files: Mapping[str, bytes]) -> Files:
    """Return the files with checksums made anew, as a forger would."""
    others = {name: content for name, content in files.items() if name != "SHA256SUMS"}
    lines = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in others.items())
    return {"SHA256SUMS": lines.encode(), **others}


def zipped(files: Mapping[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return path


def unpacked(files: Mapping[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def judged(files: Mapping[str, bytes], folder: Path, root: str | None = None) -> tuple[ProblemType | Report, Verdict]:
    """Return what both verifiers say."""
    place = folder / os.urandom(8).hex()
    place.mkdir()
    verdict = run_script(unpacked(files, place / "unzipped"), root)
    try:
        return check_bundle(zipped(files, place / "bundle.zip"), root), verdict
    except Problem as problem:
        return problem.kind, verdict


def refused(files: Mapping[str, bytes], folder: Path, root: str | None = None) -> tuple[ProblemType, str]:
    """Return the problem and the line of verify.sh; both must refuse."""
    found, verdict = judged(files, folder, root)
    assert verdict.status == 1, verdict.output
    assert verdict.failed
    assert isinstance(found, ProblemType), found
    return found, verdict.failed


def with_receipt(files: Files, number: int, envelope: Envelope) -> Files:
    """Replace a receipt."""
    name = f"receipts/{number:03d}"
    parts = {"json": envelope.receipt, "p7s": envelope.signature, "tsr": envelope.timestamp, "tlog-proof": envelope.proof}
    return files | {f"{name}.{suffix}": content for suffix, content in parts.items()}


def with_receipts(files: Files, envelopes: list[Envelope]) -> Files:
    """Replace all receipts."""
    kept = {name: content for name, content in files.items() if not name.startswith("receipts/")}
    for number, envelope in enumerate(envelopes, start=1):
        kept = with_receipt(kept, number, envelope)
    return kept


def with_container(files: Files, content: bytes) -> Files:
    """Replace the container, and unpack it."""
    kept = {name: each for name, each in files.items() if not name.startswith("container")}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked_files = {f"container/{name}": archive.read(name) for name in archive.namelist()}
    return {**kept, "container.asice": content, **unpacked_files}
