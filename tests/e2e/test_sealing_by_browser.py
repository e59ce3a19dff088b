"""What is done to sealed items, destroying above all, is asked for with a person's own key: a browser's cookie does not do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sealing_maker import Sealed, sealing_county

from exchange.office import browsers
from exchange.sealing.states import Seal


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Sealed]:
    async with sealing_county(tmp_path / "county") as made:
        await made.send()
        yield made


async def by_browser(made: Sealed, method: str, path: str, who: str, body: dict[str, str] | None = None) -> int:
    """Ask as a page would, in a browser that was signed in with a password."""
    county = made.county
    token = await county.service.database.write(browsers.begin, made.who[who], "password", "Firefox", county.clock.now())
    headers = {"Cookie": f"{browsers.COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}
    answer = await county.client.request(method, path, json=body, headers=headers)
    return answer.status


async def test_a_cookie_seals_nothing_and_destroys_nothing(scene: Sealed) -> None:
    for who in ("officer", "administrator"):
        assert await by_browser(scene, "POST", "/api/v1/sealed", who, {"item": scene.submission, "reason": "有标志"}) == 401
    assert await scene.report() == 200
    await scene.until(Seal.SEALED)
    one = f"/api/v1/sealed/{scene.submission}"
    assert await by_browser(scene, "POST", f"{one}/look", "officer", {}) == 401
    assert await by_browser(scene, "GET", f"{one}/package", "officer") == 401
    assert await by_browser(scene, "POST", f"{one}/destroy", "officer", {"reason": "涉密"}) == 401
    assert (await scene.ask("POST", f"{one}/destroy", "officer", {"reason": "涉密"}))[0] == 200
    assert await by_browser(scene, "POST", f"{one}/confirm", "leader", {}) == 401
    assert (await scene.ask("POST", f"{one}/confirm", "leader", {}))[0] == 200
