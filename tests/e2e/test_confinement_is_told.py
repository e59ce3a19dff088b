"""What this machine cannot do to confine readers is said where people look: `serve`, `status`, `doctor`."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from county_process import county_process
from msgspec import structs

from archive.reading.confinement import Confinement
from exchange import commands, serving
from exchange.client import doctor
from exchange.client.doctor import Patient, Result


def test_status_of_a_running_county_says_how_its_readers_are_confined(tmp_path: Path):
    with county_process(tmp_path / "county") as county:
        told = county.status()["confinement"]
        missing = Confinement(**{name: told[name] for name in ("landlock", "network", "seccomp", "unprivileged", "empty_root")}).missing()
        assert told["missing"] == [f"{label.zh} / {label.en}" for label in missing]
        county.stop()
        assert county.status()["confinement"] == {}


def test_status_says_what_does_not_hold_the_processes_that_look_at_scans():
    whole = Confinement(landlock=7, network=True, seccomp=True, unprivileged=True, empty_root=True)
    eyes = structs.replace(whole, empty_root=False)
    for found, said in ((None, None), (whole, []), (eyes, [f"{label.zh} / {label.en}" for label in eyes.missing()])):
        service: Any = SimpleNamespace(sandbox=SimpleNamespace(confinement=whole), eyes=SimpleNamespace(confinement=found))
        told = commands._confinement(service)
        assert told["missing"] == []
        assert told.get("missing_where_scans_are_looked_at") == said


def test_serve_names_each_thing_that_is_missing_and_nothing_else():
    whole = Confinement(landlock=7, network=True, seccomp=True, unprivileged=True, empty_root=True)
    assert serving.lacking(whole, recognition=True, officer=True) == []
    part = Confinement(landlock=7, network=False, seccomp=True, unprivileged=False, empty_root=False)
    said = "".join(label.zh for label in serving.lacking(part, recognition=False, officer=False))
    names = ("独立的网络命名空间", "去除特权", "Landlock", "seccomp", "文字识别", "县保密员", "空的根目录")
    assert [said.count(name) for name in names] == [1, 1, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("lacking", [(), (Confinement().missing()[1],)])
async def test_doctor_warns_of_it_on_a_township_s_computer(lacking: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Confinement, "missing", lambda _: lacking)
    finding = await doctor._reading(Patient(tmp_path))
    assert finding.result is (Result.WARN if lacking else Result.OK)
    assert ("独立的网络命名空间" in finding.said) == bool(lacking)
