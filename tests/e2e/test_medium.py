"""Without a network: containers travel on a medium, receipts travel back, and what comes twice is one."""

import json
import shutil
from pathlib import Path

import paper_maker
from county_process import CountyProcess, Township, county_process

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
        to_the_township(county, medium, main, tmp_path)


def to_the_township(county: CountyProcess, medium: Path, main: Path, tmp_path: Path) -> None:
    """What lies for a township without a network: sealed for its readers, verified there, told to the county at the next contact."""
    town, clerk = Township(tmp_path / "t01"), county.enrol(tmp_path / "c", "county", "县经办")
    shutil.rmtree(medium / "from-county")
    letter = [main, "--title", "关于防汛值班的通知", "--kind", "信息", "--to", "T01", "--addressee", "T01.1"]
    sent = clerk.do("submit", *letter).json["submission"]
    told = county.run("export-medium", county.folder, medium, "--office", "T01").json
    assert told["written"] == told["items"] == [sent]
    assert county.run("export-medium", county.folder, medium, "--office", "T01").json["written"] == [], "it lies there already"
    lying = b"".join(path.read_bytes() for path in (medium / "from-county" / "items").iterdir())
    assert "防汛值班".encode() not in lying
    assert b"%PDF" not in lying
    county.office("T09", "山口乡")
    clerk.do("submit", main, "--title", "给山口乡的通知", "--kind", "信息", "--to", "T09")
    nobody = county.run("export-medium", county.folder, tmp_path / "other", "--office", "T09", expect=int(Exit.REVIEW)).json
    assert (nobody["written"], nobody["unreadable"]) == ([], 1), "nobody there could open it"
    county.stop()  # from here on there is no network
    torn = town.home / "brought" / f".{sent}"  # as a run that was killed leaves it
    (torn / "receipts").mkdir(parents=True)
    (torn / "半个.txt").write_text("未核验", "utf-8")
    damaged = medium / "from-county" / "items" / "0.json"
    damaged.write_text("{}")
    bad_spot = medium / "from-county" / "receipts" / "00.json"  # whatever the medium does not give
    bad_spot.mkdir(parents=True)
    first = town.do("medium", medium, expect=None)
    damaged.unlink()
    bad_spot.rmdir()
    (brought,) = first.json["brought"]
    assert (first.code != Exit.OK, [each["file"] for each in first.json["left"]]) == (True, ["00.json", "0.json"]), (
        "nothing else is kept back"
    )
    place = town.home / "brought" / sent
    assert not torn.exists()
    assert not (place / "半个.txt").exists()
    assert (brought["submission"], brought["again"], Path(brought["folder"])) == (sent, False, place)
    assert [path.read_bytes() for path in place.glob("*.pdf")] == [main.read_bytes()]
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert town.do("medium", medium).json["brought"] == [brought | {"again": True}]
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before, "twice is once"
    package = medium / "from-county" / "items" / f"{sent}.sealed"
    package.write_bytes(package.read_bytes()[:-1] + b"\0")
    place.rename(tmp_path / "aside")
    assert town.do("medium", medium, expect=None).code == Exit.INTEGRITY
    assert not place.exists()
    (tmp_path / "aside").rename(place)
    county.serve()
    town.do("sign-for", sent)  # that it was opened is told first
    events = [each["event"] for each in clerk.do("status", sent).json["events"] if each["recipient"] == "T01"]
    assert events == ["ContentConsignment", "ContentHandover", "ConsignmentAcceptance"]


def carried(county: CountyProcess, medium: Path, code: Exit) -> list[dict[str, str]]:
    return list(county.run("import-medium", county.folder, medium, expect=int(code)).json["containers"])
