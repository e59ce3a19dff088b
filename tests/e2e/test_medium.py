"""Without a network: containers travel on a medium, receipts travel back, and what comes twice is one."""

import json
import shutil
from pathlib import Path

import paper_maker
from county_process import CountyProcess, county_process

from schemas.problems import Exit


def test_a_medium_carries_the_outbox_there_and_the_receipts_back(tmp_path: Path) -> None:
    medium, main = tmp_path / "U盘", tmp_path / "正文.pdf"
    main.write_bytes(paper_maker.pdf())
    with county_process(tmp_path / "county") as county:
        county.office("T01", "城关镇")
        town = county.enrol(tmp_path / "t01", "T01", "张三")
        letter = [main, "--title", "防汛准备工作情况", "--kind", "信息", "--to", "county"]
        county.stop()
        kept = town.do("submit", *letter, "--patience", "0", expect=None).json["submission"]
        assert town.do("medium", medium).json["written"] == [str(medium / "to-county" / f"{kept}.asice")]
        assert town.do("outbox").lines  # it waits until its receipt is back

        (medium / "to-county" / "坏的.asice").write_bytes(b"PK\x03\x04")
        told = carried(county, medium, Exit.POLICY)  # by the command alone: nothing serves
        assert {one["file"]: one["state"] for one in told} == {f"{kept}.asice": "accepted", "坏的.asice": "refused"}
        first = (medium / "from-county" / "receipts" / f"{kept}.json").read_bytes()

        county.serve()
        (medium / "to-county" / "坏的.asice").unlink()
        shutil.rmtree(medium / "from-county")
        again = carried(county, medium, Exit.OK)  # by the service that runs: brought twice
        assert {one["state"] for one in again} == {"known"}
        assert (medium / "from-county" / "receipts" / f"{kept}.json").read_bytes() == first
        assert county.status()["submissions"] == 1

        forged = json.loads(first)
        forged["signature"] = forged["signature"][:-8] + "AAAAAAA="
        (tmp_path / "forged.json").write_text(json.dumps(forged, separators=(",", ":"), sort_keys=True))
        assert town.do("receipts", "--from", tmp_path / "forged.json", expect=None).code != 0
        assert kept in town.do("receipts", "--from", medium).json["verified"]
        assert (town.home / "receipts" / f"{kept}.json").read_bytes() == first
        assert list((town.home / "outbox").iterdir()) == []
        assert town.do("medium", medium).json["written"] == []
        assert town.do("status").json["receipts"]["gapless"]


def carried(county: CountyProcess, medium: Path, code: Exit) -> list[dict[str, str]]:
    return list(county.run("import-medium", county.folder, medium, expect=int(code)).json["containers"])
