"""The everyday pages through their side doors: what is another office's, a named person's, sealed or refused is nowhere to be seen."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import openpyxl
import pytest
import pytest_asyncio
from sealing_maker import PHRASE, REASON, TITLE, Sealed, sealing_county
from submission_maker import Letter, pack

from exchange.office import browsers
from exchange.office.contacts import name_contact
from exchange.sealing.states import Seal
from schemas.words import Kind

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN, NAMED, FORMULA = "本镇自己的简报", "给指定人员的山洪预案", "=HYPERLINK(1)关于资金的函"
INTERNAL = "内部掌握的名单"
WORDS = (OWN, NAMED, FORMULA, INTERNAL, "山洪预案由专人掌握", "T01-2026", "城政发")
LISTS = (
    "/",
    "/sent",
    "/sent?state=pending",
    "/sent?to=county",
    "/search",
    "/search?order=newest",
    "/search?kind=bulletin",
    "/search?from=T01",
)
"""Pages that anybody may open: they must be empty of what is not theirs."""


@dataclass
class Scene:
    """T01 sent a bulletin, an internal list and a formula to the county, and something to one named person there; T02 nothing of it."""

    made: Sealed
    own: str
    named: str

    async def page(self, who: str, path: str) -> tuple[int, str]:
        """Open a page as a person's browser does."""
        status, body = await self.fetch(who, path)
        return status, body.decode()

    async def fetch(self, who: str, path: str) -> tuple[int, bytes]:
        county = self.made.county
        token = await county.service.database.write(browsers.begin, self.made.who[who], "passkey", "", county.clock.now())
        headers = {"Cookie": f"{browsers.COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}
        # a plain client: files that pages hand out are described to people only
        async with county.client.session.get(county.client.make_url(path), headers=headers) as answer:
            return answer.status, await answer.read()

    async def send(self, title: str, **fields: object) -> str:
        county = self.made.county
        files = {"正文.txt": (f"{title}\n山洪预案由专人掌握。\n" + ("内部资料\n" if title == INTERNAL else "")).encode()}
        letter = Letter(at=county.clock.now(), title=title, files=files, fields=fields)
        status, body = await county.submit(pack(letter, county.people[self.made.who["clerk"]]))
        assert status == 201, body
        county.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined] # a fake
        return str(json.loads(body)["submission"])

    async def settled(self) -> None:
        """Wait until the index has taken in what the ledger has, also what was sealed: until then it gives no answer."""
        async with asyncio.timeout(60):
            for who in ("clerk", "reader"):
                while True:
                    status, said = await self.page(who, "/search")
                    if status == HTTPStatus.OK and "正在收录" not in said:
                        break
                    await asyncio.sleep(0.02)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with sealing_county(tmp_path_factory.mktemp("doors") / "county") as made:
        scene = Scene(made, "", "")
        scene.own = await scene.send(OWN, kind=Kind.BULLETIN, number="城政发〔2026〕1号")
        scene.named = await scene.send(NAMED, addressees=[made.who["reviewer"]])
        await scene.send(FORMULA)
        await scene.send(INTERNAL)
        await scene.settled()
        yield scene


@pytest.mark.parametrize("path", LISTS)
async def test_another_township_finds_nothing_in_any_list(scene: Scene, path: str) -> None:
    status, said = await scene.page("reader", path)
    assert status == 200
    assert not [word for word in WORDS if word in said]
    assert "共 0 件" in said or not path.startswith("/search")


async def test_another_township_learns_nothing_from_an_error_or_a_file(scene: Scene) -> None:
    status, answer = await scene.made.ask("GET", f"/api/v1/submissions/{scene.own}/receipts", "clerk")
    assert status == 200
    _, own = await scene.page("clerk", f"/items/{scene.own}")
    evidence = own.partition("/receipts/")[2][:32]
    assert len(answer["receipts"]) == own.count("/receipts/")
    for path in (f"/items/{scene.own}", f"/items/{scene.own}/receipts/{evidence}", f"/items/{scene.own}/receipts/{evidence}/envelope.json"):
        nowhere = await scene.page("reader", path.replace(scene.own, "0" * 64))
        found = await scene.page("reader", path)
        assert found[0] == nowhere[0] == 404, path
        assert not [word for word in WORDS if word in found[1]], path
        assert (await scene.page("clerk", path))[0] == 200
    for path in ("/search/list.csv", "/search/list.csv?from=T01&q=山洪"):
        status, said = await scene.page("reader", path)
        assert status == 200
        assert not [word for word in WORDS if word in said], path


async def test_items_for_named_persons_are_theirs_and_the_senders(scene: Scene) -> None:
    for who, sees in (("clerk", True), ("reviewer", True), ("leader of the sender", False), ("leader", False), ("administrator", False)):
        assert ((await scene.page(who, f"/items/{scene.named}"))[0] == 200) is sees, who
        for path in ("/", "/sent", "/search?q=" + quote("山洪预案")):
            _, said = await scene.page(who, path)
            assert sees or NAMED not in said, (who, path)
    assert NAMED in (await scene.page("clerk", "/sent"))[1]
    assert NAMED in (await scene.page("reviewer", "/search"))[1]


async def test_a_list_holds_texts_and_no_formulas_and_leaves_internal_items_out(scene: Scene) -> None:
    status, body = await scene.fetch("clerk", "/search/list.xlsx")
    assert status == 200
    rows = list(openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows())  # type: ignore[union-attr]
    titles = [row[2].value for row in rows]
    assert {OWN, NAMED, FORMULA} <= set(titles)
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n"}
    assert not [cell for row in rows for cell in row if cell.value is not None and cell.data_type != "s"]
    assert INTERNAL not in titles
    assert any("另有 1 件内部件" in str(row[0].value) for row in rows)
    _, said = await scene.page("clerk", "/search/list.csv")
    assert f'"\'{FORMULA}"' in said
    assert INTERNAL not in said
    assert INTERNAL in (await scene.page("clerk", "/search"))[1]


async def test_those_who_may_not_read_get_no_piece_of_the_text(scene: Scene) -> None:
    words = "/search?q=" + quote("专人掌握")
    assert "<mark>专人掌握</mark>" in (await scene.page("clerk", words))[1]
    _, unopened = await scene.page("reviewer", words)
    assert "共 0 件" not in unopened  # found, for the county received it; no piece of it before it was opened
    assert "<mark>" not in unopened
    _, administrator = await scene.page("administrator", words)
    assert "共 0 件" in administrator
    assert "您只按标题、文号、文件名检索。" in administrator


async def test_what_was_refused_is_the_senders_and_that_offices_officers(scene: Scene) -> None:
    county = scene.made.county
    letter = Letter(at=county.clock.now(), title="机密★一年 计划")
    status, _ = await county.submit(pack(letter, county.people[scene.made.who["clerk"]]))
    assert status == 422
    for who, lines in (("clerk", 1), ("leader of the sender", 1), ("officer", 1), ("reader", 0), ("machine", 0), ("reviewer", 0)):
        status, said = await scene.page(who, "/refused")
        assert status == 200, who
        assert said.count("报告本单位保密员") == lines, who
        assert "一年 计划" not in said
    assert (await scene.page("administrator", "/refused"))[0] == 403


async def test_a_sealed_item_has_no_text_anywhere_and_says_whom_to_call(scene: Scene) -> None:
    made = scene.made
    now = made.county.clock.now()
    await made.county.service.database.write(name_contact, "county", "周密", "0555-7654321", now)
    sealed = await made.send()
    assert (await made.ask("POST", f"/api/v1/inbox/{sealed}/open", "reader", {}))[0] == 200
    assert (await made.ask("POST", f"/api/v1/inbox/{sealed}/return", "reader", {"reason": REASON}))[0] == 200
    await scene.settled()
    assert REASON in (await scene.page("clerk", "/"))[1]
    assert await made.report() == 200
    await made.until(Seal.SEALED, purged=False)
    for who in ("clerk", "leader of the sender", "reader", "reviewer", "officer"):
        for path in (
            "/",
            "/sent",
            "/sent?state=sealed",
            f"/items/{sealed}",
            "/search",
            "/search?q=" + quote(PHRASE[:4]),
            "/search/list.csv",
        ):
            status, said = await scene.page(who, path)
            assert status == 200, (who, path)
            assert not [word for word in (TITLE, PHRASE, REASON) if word in said], (who, path)
    _, said = await scene.page("clerk", f"/items/{sealed}")
    assert "已封存" in said
    assert "周密" in said
    assert "0555-7654321" in said
    assert "/parts/" not in said
    assert "/container" not in said
    assert "（已封存）" in (await scene.page("clerk", "/sent?state=sealed"))[1]
    evidence = said.partition("/receipts/")[2][:32]
    status, paper = await scene.page("clerk", f"/items/{sealed}/receipts/{evidence}")
    assert status == 200
    assert TITLE not in paper
