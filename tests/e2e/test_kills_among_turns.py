"""kill -9 of a real service at named steps of the everyday turns: every answer stands, nothing is done twice, and nobody is forgotten."""

import base64
import hashlib
import json
import signal
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import paper_maker
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from cryptography import x509
from dying import At
from forked_county import Forks
from submission_maker import Letter, pack
from turns_maker import ADMINISTRATOR, CLERK, KEEPER, LEADER, LEAVER, SECOND, SENDER, TOWNSHIPS, Answer, Play, Town, prepare

from exchange import fsck
from exchange.county import open_folder
from exchange.legacy import command
from schemas.instants import BEIJING
from schemas.words import Kind

BY_ITSELF = (
    ("exchange.supervision.overdue.expire", At.WRITTEN),
    ("exchange.supervision.overdue.expire", At.COMMITTED),
    ("exchange.duty.alarms.take", At.COMMITTED),
    ("exchange.duty.messages.take", At.COMMITTED),
)
"""Steps that the service takes unasked as soon as it runs."""

EVENTS = "SELECT count(*) FROM event WHERE event = '{}' AND submission = :{}"
ONCE = {
    EVENTS.format("AcceptanceRejectionExpiry", "late"): 2,
    "SELECT count(*) FROM alarm_step WHERE submission = :urgent": 1,
    "SELECT count(*) FROM message WHERE cause LIKE 'alarm:%' AND state = 'waiting'": 1,
    "SELECT count(*) FROM printing": 1,
    "SELECT count(*) FROM person WHERE office = 'T03'": 1,
    "SELECT count(*) FROM medium_import": 1,
    "SELECT count(*) FROM staff_handover WHERE submission = :named": 1,
    "SELECT count(*) FROM event WHERE event = 'LegacyImport'": 1,
}
"""What there is at the end of what was begun again and again."""


class Asked(NamedTuple):
    """A turn that a program asks for: the step at which the service dies, what the same request is answered at last, and what is counted.

    `key` goes with turns that are known by one.
    """

    person: str
    path: str
    body: dict[str, Any]
    step: str
    status: int
    query: str
    count: int
    key: str = ""

    async def ask(self, play: Play) -> Answer:
        """Ask for it."""
        key = {"Idempotency-Key": self.key} if self.key else {}
        return await play.signed(self.person, "POST", self.path.format(**play.town.items), json.dumps(self.body).encode(), **key)


def turns(town: Town, year: int, entry: str) -> dict[str, Asked]:
    answer = {"type": "form-answer/v1", "period": town.period, "rows": [{"sandbags": "2000"}]}
    away = (datetime.now(BEIJING).date() + timedelta(days=30)).isoformat()
    filing = {"name": "新来的", "role": "clerk", "mobile": "13800000009"}
    paper = {"direction": "received", "counterpart": "市政府办", "title": "关于防汛值班的通知", "kind": "notice", "copies": 2}
    return {
        "urging everybody": Asked(
            *(SENDER, "/api/v1/submissions/{notice}/urge", {}, "exchange.supervision.urging.urge", 200),
            *(EVENTS.format("NotificationForAcceptance", "notice"), len(TOWNSHIPS)),
        ),
        "a supplementary delivery": Asked(
            *(SENDER, "/api/v1/submissions/{further}/deliveries", {"offices": ["T05", "T06"], "reason": "请知悉"}),
            *("exchange.delivery.supplement.supplement", 409, EVENTS.format("SupplementaryDelivery", "further"), 2),
        ),
        "consent to a recall": Asked(
            *(KEEPER, "/api/v1/inbox/{asked_back}/consent", {}, "exchange.delivery.moves.act", 200),
            *(EVENTS.format("Withdrawal", "asked_back"), 1, "consent-to-a-recall"),
        ),
        "an answer to a form": Asked(
            *(CLERK, "/api/v1/forms/{form}/answers", {"answer": answer, "previous": 0, "sign_for": True}),
            *("exchange.forms.acting._once", 200, EVENTS.format("FormAnswer", "form"), 1, "an-answer-to-a-form"),
        ),
        "a correction of a register": Asked(
            *(KEEPER, "/api/v1/register-corrections", {"entry": entry, "values": {"place": "二号柜"}, "reason": "入库"}),
            *("exchange.registers.api._act_once", 200, "SELECT count(*) FROM register_correction", 1, "correction-of-entry"),
        ),
        "the lock of a year": Asked(
            *(LEADER, "/api/v1/registers/incoming/lock", {"year": year, "entries": 1}, "exchange.registers.api._act_once", 200),
            *("SELECT count(*) FROM register_lock", 1, "lock-of-a-whole-year"),
        ),
        "somebody new": Asked(
            *(CLERK, "/api/v1/staff/changes", {"kind": "arrival", "filing": filing}, "exchange.staff.requests.propose", 201),
            *("SELECT count(*) FROM staff_request WHERE kind = 'arrival'", 1),
        ),
        "who acts for whom": Asked(
            *(LEADER, "/api/v1/staff/deputies", {"person": CLERK, "deputy": KEEPER, "first_day": away, "last_day": away}),
            *("exchange.staff.deputies.name_deputy", 200, "SELECT count(*) FROM event WHERE event = 'DeputyAppointment'", 1),
        ),
        "a paper": Asked(
            *(CLERK, "/api/v1/paper", paper, "exchange.paper.api._register", 200),
            *("SELECT count(*) FROM paper_item JOIN register_entry USING (evidence_id)", 1, "a-paper-that-came-in"),
        ),
    }


async def ask_all(play: Play, year: int) -> dict[str, Asked]:
    """Take every turn that a program asks for; the same asked a third time is answered in the same words."""
    listed = await play.signed(KEEPER, "GET", f"/api/v1/registers/incoming?year={year + 1}")
    table = turns(play.town, year, json.loads(listed.body)["entries"][0]["evidence_id"])
    for name, turn in table.items():
        answer = await play.turn(turn.ask, (turn.step, At.COMMITTED))
        assert answer.status == turn.status, (name, answer)
        assert (await turn.ask(play)).body == answer.body or turn.status != 200, name
    return table


async def bring_a_workbook(play: Play, folder: Path) -> None:
    """A filled workbook is durable before its row; what is merged is opened once."""
    filled = sheet(folder / "填好.xlsx", ["沙袋储备（只）"], ["35"])
    fields = {"kind": Kind.STATISTICS, "in_reply_to": play.town.items["form"]}
    packed = pack(Letter(sender="T02", files={filled.name: filled.read_bytes()}, fields=fields), play.town.people[SECOND])

    async def send(play: Play) -> Answer:
        return await play.sent(packed)

    async def merge(play: Play) -> Answer:
        body = json.dumps({"period": play.town.period}).encode()
        return await play.signed(SENDER, "POST", f"/api/v1/forms/{play.town.items['form']}/merged", body)

    answer = await play.turn(send, ("FileBlobs.put", At.AFTER), ("exchange.intake.store.accept", At.COMMITTED))
    assert answer.status == 200, answer
    merged = await play.turn(merge, ("exchange.forms.gathering._open_all", At.COMMITTED))
    origins = [cell.value for row in openpyxl.load_workbook(BytesIO(merged.body))["来源"].iter_rows() for cell in row]
    assert any(filled.name in str(origin) for origin in origins), origins
    assert play.town.counted(EVENTS.format("ContentHandover", "upload"), upload=json.loads(answer.body)["submission"]) == 1


async def let_somebody_go(play: Play) -> None:
    """Whoever leaves is let go with the commit: certificate, revocation list, and what was addressed to them by name."""
    asked = {"kind": "leaving", "person": LEAVER, "handing": {"others": KEEPER}}
    path, body = "/api/v1/staff/changes", json.dumps(asked).encode()

    async def propose(play: Play) -> Answer:
        return await play.signed(LEADER, "POST", path, body)

    again = await play.turn(propose, ("exchange.staff.requests.propose", At.COMMITTED))
    assert (again.status, json.loads(again.body)["type"]) == (409, "/problems/action-not-possible")
    change = play.town.told("SELECT id FROM staff_request WHERE kind = 'leaving'")

    async def confirm(play: Play) -> Answer:
        return await play.page(ADMINISTRATOR, f"/admin/staff/{change}/confirm", once="0" * 32)

    step = "exchange.staff_changes.confirm"
    confirmed = await play.turn(confirm, (step, At.WRITTEN), (step, At.COMMITTED))
    assert confirmed.status == 409, confirmed  # it was sent before: a code would be shown once
    assert (await play.signed(LEAVER, "GET", "/api/v1/inbox")).status in (401, 403)
    assert (await play.signed(KEEPER, "GET", f"/api/v1/inbox/{play.town.items['named']}")).status == 200
    serial = play.town.people[LEAVER].certificate.serial_number
    lists = json.loads((await play.signed(KEEPER, "GET", "/trust")).body)["crls"]
    assert any(x509.load_der_x509_crl(base64.b64decode(der)).get_revoked_certificate_by_serial_number(serial) for der in lists)


async def print_copies(play: Play) -> None:
    """A print that was recorded is shown; the form that recorded it records no other."""

    async def record(play: Play) -> Answer:
        return await play.page(KEEPER, f"/items/{play.town.items['kept']}/print", copies="2", purpose="领导阅示", once="1" * 32)

    first = await play.turn(record, ("exchange.paper.printing.print_once", At.COMMITTED))
    assert (first.status, (await record(play)).location) == (303, first.location)


async def give_a_code(play: Play) -> None:
    """A code that nobody was shown is of no use: asked for again, there is another one, and nobody is registered twice."""

    async def give(play: Play) -> dict[str, Any]:
        return await play.commanded("duty-code", office="T03", person="夜班员", called="13800000002")

    assert (await play.turn(give, ("exchange.duty.codes.give", At.COMMITTED)))["code"]


async def bring_a_medium(play: Play, folder: Path) -> None:
    """What a medium brought is taken in whole: accepted, and noted as brought."""
    file = folder / "一.asice"
    file.write_bytes(pack(Letter(title="介质带来"), play.town.people[CLERK]))

    async def bring(play: Play) -> dict[str, Any]:
        return await play.commanded("import-medium", path=str(file))

    assert (await play.turn(bring, ("exchange.paper.medium.note", At.WRITTEN)))["state"] == "known"
    assert (await bring(play))["state"] == "known"


async def fill_a_medium(play: Play, folder: Path) -> None:
    """What leaves on a medium is noted before it is there: a death between leaves nothing of which nobody knows."""
    place = folder / "U盘"
    place.mkdir()

    async def fill(play: Play) -> dict[str, Any]:
        return await play.commanded("export-medium", office="T02", path=str(place))

    filled = await play.turn(fill, ("exchange.paper.carrying.note", At.COMMITTED))
    assert set(filled["items"]) == set(filled["written"]) >= {play.town.items["notice"]}
    assert len(list((place / "from-county" / "items").glob("*.json"))) == len(filled["items"])
    assert play.town.counted("SELECT count(DISTINCT submission) FROM medium_export") == len(filled["items"])


def sheet(path: Path, *rows: list[str]) -> Path:
    made = xlsxwriter.Workbook(path)
    page = made.add_worksheet()
    for number, cells in enumerate(rows):
        page.write_row(number, 0, cells)
    made.close()
    return path


def register(path: Path, *files: str) -> Path:
    return sheet(path, ["标题", "文种", "收文日期", "文件名"], *(["植树", "通知", "2019-03-01", name] for name in files))


async def take_over(play: Play, folder: Path) -> None:
    """Documents from before: gone on with after each death; what is taken out again or erased leaves no file that anybody could read."""
    for name in ("一.pdf", "二.pdf", "三.pdf"):
        (folder / name).write_bytes(paper_maker.pdf([paper_maker.Mark(name)]))
    whole, half = register(folder / "甲.xlsx", "一.pdf", "二.pdf"), register(folder / "乙.xlsx", "三.pdf", "没有.pdf")

    def importing(path: Path) -> Any:
        async def ask(play: Play) -> Any:
            return await command.import_all(lambda name, given: play.commanded(name, **given), path, folder, "T01", dry=False, skip=False)

        return ask

    done = await play.turn(importing(whole), ("FileBlobs.put", At.AFTER), ("exchange.legacy.store.finish", At.COMMITTED))
    assert (done["done"], done["again"]) == (True, True)
    left = await play.turn(importing(half), ("exchange.legacy.store.keep", At.COMMITTED), ("FileBlobs.discard", At.BEFORE))
    assert (left["done"], len(left["faults"])) == (False, 1)

    async def erase(play: Play) -> dict[str, Any]:
        return await play.commanded("erase", item="1")

    assert await play.turn(erase, ("FileBlobs.discard", At.BEFORE)) == {"erased": "1"}


@pytest.mark.asyncio
async def test_dying_at_any_step_of_a_turn_loses_and_doubles_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    town = await prepare(tmp_path / "county", now)
    async with Forks.ready() as forks, Play(town, forks).begun() as play:
        await play.dies_by_itself(*BY_ITSELF)
        await play.start()
        table = await ask_all(play, now.year - 1)
        await bring_a_workbook(play, tmp_path)
        await let_somebody_go(play)
        await print_copies(play)
        await give_a_code(play)
        await bring_a_medium(play, tmp_path)
        await fill_a_medium(play, tmp_path)
        await take_over(play, tmp_path)
        await play.until(EVENTS.format("AcceptanceRejectionExpiry", "late"), 2)
        assert await forks.end(signal.SIGTERM) == 0
    with capsys.disabled():
        print(f"\n[{play.deaths} deaths]", end=" ")
    assert {name: town.counted(turn.query) for name, turn in table.items()} == {name: turn.count for name, turn in table.items()}
    assert {query: town.counted(query) for query in ONCE} == ONCE
    report = await fsck.check(open_folder(town.folder))
    assert report["ok"], report["problems"]
    assert (report["checked"]["legacy_files"], report["checked"]["legacy_orphans"]) == (1, 0)
    gone = {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("一.pdf", "三.pdf")}  # erased, and taken out again
    assert not gone & {path.name.removesuffix(".sealed") for path in (town.folder / "orphans").iterdir()}
    assert list((town.folder / "staging").iterdir()) == []
    assert [path for path in town.folder.rglob("incoming/*") if path.is_file()] == []
