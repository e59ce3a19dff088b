"""What was destroyed is called destroyed wherever its sender and its recipients ask for it, and nobody is left waiting for it."""

from pathlib import Path

from sealing_maker import sealing_county

from exchange.client import speech
from exchange.sealing.states import Seal


async def test_the_sender_reads_sealed_and_then_destroyed(tmp_path: Path):
    async with sealing_county(tmp_path / "county") as made:
        one = f"/api/v1/submissions/{await made.send()}"
        item = (await made.ask("GET", one, "clerk"))[1]
        assert "destroyed" not in item
        assert speech.withdrawn(item) == ""

        assert await made.report() == 200
        await made.until(Seal.SEALED)
        item = (await made.ask("GET", one, "clerk"))[1]
        assert "destroyed" not in item
        assert "已封存" in speech.row(item)

        assert (await made.ask("POST", f"/api/v1/sealed/{made.submission}/destroy", "officer", {"reason": "经核实确属"}))[0] == 200
        assert (await made.ask("POST", f"/api/v1/sealed/{made.submission}/confirm", "leader", {}))[0] == 200
        await made.until(Seal.DESTROYED)
        (listed,) = (await made.ask("GET", "/api/v1/submissions", "clerk"))[1]["items"]
        for item in (listed, (await made.ask("GET", one, "clerk"))[1], (await made.ask("GET", one, "reader"))[1]):
            assert (item["sealed"], item["destroyed"]) == (True, True)
            for said in (speech.row(item), speech.whole({"events": [], **item})):
                assert "已销毁" in said
                assert "待签收" not in said
                assert "已封存" not in said
